//! What the name of a branch in a product tree of CSAF says of a product's versions (CSAF 2.0, 3.1.2; feeds.md A27).
//!
//! It often has the package's name before the version. A package of no certain version is called by its name alone there, or
//! with the module that it is of or its architecture, as Red Hat does.

/// What may stand behind the name of an RPM for what it is built for.
const ARCHITECTURES: [&str; 8] =
    [".src", ".nosrc", ".noarch", ".x86_64", ".aarch64", ".ppc64le", ".s390x", ".i686"];

/// What a branch says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said<'t> {
    /// Nothing of versions: every one is meant.
    Every,
    /// This, without the package's name.
    Of(&'t str),
}

/// What the branch called `text` says of the versions of the package `name`: `demo`, `demo.src`, `demo (demo:1)` and
/// `demo:1/demo` are about every one, `demo 2.0` and `2.0` about one.
pub fn said<'t>(text: &'t str, name: &str) -> Said<'t> {
    let text = text.trim();
    let last = name.rsplit(['/', ':']).next().unwrap_or(name);
    let rest = behind(text, name).or_else(|| behind(text, last)).unwrap_or(text);
    let in_module = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let before_name =
        text.rsplit_once('/').filter(|(_, end)| end.eq_ignore_ascii_case(last)).map(|(module, _)| module);
    let is_of_module = in_module.or(before_name).is_some_and(is_stream);
    match rest.is_empty() || is_of_module || ARCHITECTURES.contains(&rest) {
        true => Said::Every,
        false => Said::Of(rest),
    }
}

/// Whether `text` is the stream of a module, `nodejs:18`.
fn is_stream(text: &str) -> bool {
    text.split(':').count() == 2 && !text.contains([' ', '/', '(', ')', '<', '>'])
}

/// What stands in `text` behind `name`; none where it begins otherwise.
fn behind<'t>(text: &'t str, name: &str) -> Option<&'t str> {
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
}

/// Whether a text is one version, as `1.4` and `V2.0` are, and no words about several: `4.x`, `1.0, 1.1`.
pub fn is_version(text: &str) -> bool {
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let is_open = |part: &str| part.eq_ignore_ascii_case("x");
    let is_odd = |character: char| character.is_whitespace() || ",;<>=()|*/".contains(character);
    text.starts_with(|first: char| first.is_ascii_digit())
        && !text.contains(is_odd)
        && !text.split(['.', '-']).any(is_open)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_is_about_every_version_or_says_of_which() {
        for (text, name, expected) in [
            ("demo", "demo", Said::Every),
            ("Demo ", "demo", Said::Every),
            ("demo.src", "demo", Said::Every),
            ("demo (demo:1)", "demo", Said::Every),
            ("nodejs:18/nodejs", "nodejs", Said::Every),
            ("nodejs:18/npm", "npm", Said::Every),
            ("demo", "@acme/demo", Said::Every),
            ("demo 2.0", "demo", Said::Of("2.0")),
            ("demo-2.0", "demo", Said::Of("2.0")),
            ("demo@2.0", "@acme/demo", Said::Of("2.0")),
            ("demo before 7.1.2", "demo", Said::Of("before 7.1.2")),
            ("demo <7.1.2", "demo", Said::Of("<7.1.2")),
            ("2.0", "demo", Said::Of("2.0")),
            ("Acme Server 4.2", "server", Said::Of("Acme Server 4.2")),
            ("demonstration", "demo", Said::Of("demonstration")),
            ("a b/demo", "demo", Said::Of("a b/demo")),
        ] {
            assert_eq!(said(text, name), expected, "{text} {name}");
        }
    }

    #[test]
    fn one_version_is_told_from_words_about_several() {
        for text in ["1.4", "V2.0", "v2", "7.1.2-3.el9"] {
            assert!(is_version(text), "{text}");
        }
        for text in ["", "x", "4.x", "1.0, 1.1", "3.0 and earlier", "<2", "18/nodejs", "1.*", "next"] {
            assert!(!is_version(text), "{text}");
        }
    }
}
