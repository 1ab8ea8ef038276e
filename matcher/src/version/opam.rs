//! opam's order: that of dpkg's upstream versions, without epoch or revision (feeds.md C11): `1.0~beta1 < 1.0 < 1.0-1`.

use std::cmp::Ordering;

use model::ecosystem::Ecosystem;

use super::deb::compare_parts;
use super::{Scheme, VersionScheme};

pub(super) static SCHEME: VersionScheme = VersionScheme::of::<Opam>("opam", &[Ecosystem::Opam]);

struct Opam;

impl Scheme for Opam {
    type Version<'a> = Version<'a>;

    /// opam allows letters, digits and `-_+.~`. A version without a digit (`dev`, `master`) names a branch.
    fn read(text: &str) -> Option<Version<'_>> {
        let is_legal =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+' | b'.' | b'~');
        let is_version = text.bytes().all(is_legal)
            && text.bytes().any(|byte| byte.is_ascii_digit())
            && text.starts_with(|first: char| first.is_ascii_alphanumeric());
        is_version.then_some(Version(text))
    }
}

struct Version<'a>(&'a str);

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_parts(self.0, other.0)
    }
}

ordered_by_cmp!(Version<'_>);
