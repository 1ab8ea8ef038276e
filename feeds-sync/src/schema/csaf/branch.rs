//! Which versions a product of a document is: by its package URL or CPE name, else by the branch that it hangs on.

use model::version::VersionText;

use super::tree::BranchVersion;
use crate::schema::place::Place;
use crate::schema::vers::{self, Versions};

/// Of which versions.
#[derive(Debug)]
pub(super) enum SaidOf<'v> {
    Every,
    One(VersionText),
    Range(Versions),
    /// In words that cannot be compared.
    Words(&'v str),
}

/// The versions of what lies at `place`, whose branch says `branch`.
pub(super) fn versions<'v>(place: &Place, branch: Option<BranchVersion<'v>>) -> SaidOf<'v> {
    match (branch, &place.version) {
        (Some(BranchVersion::Range(text)), _) => match vers::read(text) {
            Some(Versions { is_all: true, excepted, .. }) if excepted.is_empty() => SaidOf::Every,
            Some(versions) => SaidOf::Range(versions),
            None => SaidOf::Words(text),
        },
        (_, Some(version)) => SaidOf::One(VersionText::from(version.as_str())),
        (Some(BranchVersion::One(text)), None) => named_version(text, &place.key.name),
        (None, None) => SaidOf::Every,
    }
}

/// What the name of a branch says, which often has the package's `name` before the version. A package of no certain version
/// is called by its name alone there, or with the module that it is of or its architecture (Red Hat): `demo (demo:1)`,
/// `demo.src`.
fn named_version<'v>(text: &'v str, name: &str) -> SaidOf<'v> {
    let rest = without_name(text.trim(), name).unwrap_or(text.trim());
    let is_module = rest
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
        .is_some_and(|module| module.split(':').count() == 2 && !module.contains([' ', '(', ')', '<', '>']));
    if rest.is_empty() || is_module || ARCHITECTURES.contains(&rest) {
        return SaidOf::Every;
    }
    match vers::read(rest) {
        Some(Versions { is_all: false, ranges, excepted, listed }) => {
            SaidOf::Range(Versions { is_all: false, ranges, excepted, listed })
        }
        _ if is_version(rest) => SaidOf::One(VersionText::from(rest)),
        _ => SaidOf::Words(text),
    }
}

/// What may stand behind the name of an RPM for what it is built for.
const ARCHITECTURES: [&str; 8] =
    [".src", ".nosrc", ".noarch", ".x86_64", ".aarch64", ".ppc64le", ".s390x", ".i686"];

/// What stands in `text` behind the package's `name`, or behind the last part of it (`demo` of `@acme/demo`); none where
/// `text` begins otherwise.
fn without_name<'v>(text: &'v str, name: &str) -> Option<&'v str> {
    let last = name.rsplit(['/', ':']).next().unwrap_or(name);
    let behind = |name: &str| {
        let (start, rest) = text.split_at_checked(name.len())?;
        // Names of CPE have no spaces.
        let is_same = |(a, b): (char, char)| a.eq_ignore_ascii_case(&b) || a == ' ' && b == '_';
        let is_name =
            start.chars().count() == name.chars().count() && start.chars().zip(name.chars()).all(is_same);
        match rest.strip_prefix([' ', '-', '@', ':']) {
            _ if !is_name => None,
            None => (rest.is_empty() || ARCHITECTURES.contains(&rest)).then_some(rest),
            Some(behind) => Some(behind.trim()),
        }
    };
    behind(name).or_else(|| behind(last))
}

/// Whether a text is one version, as `1.4` and `V2.0` are, and no words about several: `4.x`, `1.0, 1.1`.
fn is_version(text: &str) -> bool {
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let is_open = |part: &str| part.eq_ignore_ascii_case("x");
    let is_odd = |character: char| character.is_whitespace() || ",;<>=()|*".contains(character);
    text.starts_with(|first: char| first.is_ascii_digit())
        && !text.contains(is_odd)
        && !text.split(['.', '-']).any(is_open)
}
