//! The order of R's packages: `1.2-3`, integers with dots or hyphens between them (numeric_version of R;
//! feeds.md C11). A missing number is lower than any: `1.0 < 1.0.0`.

use model::ecosystem::Ecosystem;

use super::{Numbers, Scheme, VersionScheme};

pub(super) static SCHEME: VersionScheme =
    VersionScheme::of::<Cran>("cran", &[Ecosystem::Cran, Ecosystem::Bioconductor]);

struct Cran;

impl Scheme for Cran {
    type Version<'a> = Numbers<'a>;

    fn read(text: &str) -> Option<Numbers<'_>> {
        Numbers::read(text, |byte| matches!(byte, b'.' | b'-'))
    }
}
