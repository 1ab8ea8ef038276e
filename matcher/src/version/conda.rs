//! The order of conda: `1!2.3rc1.post2+local` (VersionOrder in conda's `models/version.py`; feeds.md C12).

use std::cmp::Ordering;

use model::ecosystem::Ecosystem;

use super::semver::compare_lists;
use super::{Scheme, VersionScheme, compare_numbers, split_once};

pub(super) static SCHEME: VersionScheme = VersionScheme::of::<Conda>("conda", &[Ecosystem::Conda]);

struct Conda;

impl Scheme for Conda {
    type Version<'a> = Version<'a>;

    fn read(text: &str) -> Option<Version<'_>> {
        let text = text.trim();
        let is_legal = |byte: u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'+' | b'!' | b'*')
        };
        // conda takes hyphens for underscores, but only where there are no underscores.
        let is_mixed = text.contains('-') && text.contains('_');
        if is_mixed || !text.bytes().all(is_legal) {
            return None;
        }
        let (epoch, rest) = split_once(text, b'!').unwrap_or(("0", text));
        let (public, local) = match split_once(rest, b'+') {
            Some((public, local)) => (public, Some(local)),
            None => (rest, None),
        };
        // An underscore at the end belongs to the last component, so that `1.1_` comes before `1.1a`.
        let (public, is_open) =
            public.strip_suffix(['_', '-']).map_or((public, false), |public| (public, true));
        let is_split =
            |text: &str| components(text).all(|part| !part.is_empty() && !part.contains(['!', '+']));
        // That last component may be the underscore alone.
        let closed = if is_open { public.strip_suffix(['.', '_', '-']).unwrap_or(public) } else { public };
        let is_valid = !epoch.is_empty()
            && epoch.bytes().all(|byte| byte.is_ascii_digit())
            && (is_split(closed) || (is_open && public.is_empty()))
            && local.is_none_or(is_split);
        is_valid.then_some(Version { epoch, public, is_open, local: local.unwrap_or_default() })
    }
}

/// The parts of a version. No component of `public` is empty, but the last one where an underscore belongs to it.
struct Version<'a> {
    /// Digits.
    epoch: &'a str,
    public: &'a str,
    /// Whether an underscore ended `public`.
    is_open: bool,
    /// Empty where there is none.
    local: &'a str,
}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_numbers(self.epoch, other.epoch)
            .then_with(|| compare_components((self.public, self.is_open), (other.public, other.is_open)))
            .then_with(|| compare_components((self.local, false), (other.local, false)))
    }
}

ordered_by_cmp!(Version<'_>);

fn components(text: &str) -> impl Iterator<Item = &str> {
    text.split(['.', '_', '-'])
}

/// A missing component is zero. Each text comes with whether an underscore belongs to its end.
fn compare_components(left: (&str, bool), right: (&str, bool)) -> Ordering {
    let (left, right) = (with_end(left), with_end(right));
    compare_lists(left, right, |left, right| {
        compare_lists(runs(left.unwrap_or_default()), runs(right.unwrap_or_default()), |left, right| {
            left.unwrap_or(Run::ZERO).compare(right.unwrap_or(Run::ZERO))
        })
    })
}

/// A component, and whether an underscore belongs to its end.
type Component<'a> = (&'a str, bool);

fn with_end<'a>((text, is_open): (&'a str, bool)) -> impl Iterator<Item = Component<'a>> {
    let mut parts = components(text).peekable();
    std::iter::from_fn(move || {
        let part = parts.next()?;
        Some((part, is_open && parts.peek().is_none()))
    })
}

/// A run of a component, in its order.
#[derive(Clone, Copy, Debug)]
enum Run<'a> {
    Stars(&'a str),
    /// The word `dev`.
    Dev,
    /// Any other text, and whether an underscore belongs to its end.
    Text(&'a str, bool),
    Number(&'a str),
    /// The word `post`.
    Post,
}

impl Run<'_> {
    const ZERO: Self = Self::Number("");

    fn rank(self) -> u8 {
        match self {
            Self::Stars(_) => 0,
            Self::Dev => 1,
            Self::Text(..) => 2,
            Self::Number(_) => 3,
            Self::Post => 4,
        }
    }

    fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Number(left), Self::Number(right)) => compare_numbers(left, right),
            (Self::Stars(left), Self::Stars(right)) => left.len().cmp(&right.len()),
            (Self::Text(left, left_is_open), Self::Text(right, right_is_open)) => {
                lower_case(left, left_is_open).cmp(lower_case(right, right_is_open))
            }
            (left, right) => left.rank().cmp(&right.rank()),
        }
    }
}

fn lower_case(text: &str, is_open: bool) -> impl Iterator<Item = u8> {
    text.bytes().map(|byte| byte.to_ascii_lowercase()).chain(is_open.then_some(b'_'))
}

/// The runs of a component. One that starts with text has a zero before it, so that numbers meet numbers.
fn runs<'a>((mut rest, is_open): Component<'a>) -> impl Iterator<Item = Run<'a>> {
    let starts_with_digit = rest.starts_with(|first: char| first.is_ascii_digit());
    let zero = (!starts_with_digit && (is_open || !rest.is_empty())).then_some(Run::ZERO);
    let mut is_open = is_open;
    let others = std::iter::from_fn(move || {
        let Some(&first) = rest.as_bytes().first() else {
            return std::mem::take(&mut is_open).then_some(Run::Text("", true));
        };
        let kind = |byte: u8| (byte.is_ascii_digit(), byte == b'*');
        let end = rest.bytes().position(|byte| kind(byte) != kind(first)).unwrap_or(rest.len());
        let run;
        (run, rest) = rest.split_at(end);
        Some(match first {
            b'0'..=b'9' => Run::Number(run),
            b'*' => Run::Stars(run),
            _ if rest.is_empty() && std::mem::take(&mut is_open) => Run::Text(run, true),
            _ if run.eq_ignore_ascii_case("dev") => Run::Dev,
            _ if run.eq_ignore_ascii_case("post") => Run::Post,
            _ => Run::Text(run, false),
        })
    });
    zero.into_iter().chain(others)
}
