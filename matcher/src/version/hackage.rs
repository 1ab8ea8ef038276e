//! The order of Haskell's packages: `1.2.3`, integers with dots between them (Cabal; feeds.md C11). A missing
//! number is lower than any: `1.0 < 1.0.0`.

use model::ecosystem::Ecosystem;

use super::{Numbers, Scheme, VersionScheme};

pub(super) static SCHEME: VersionScheme = VersionScheme::of::<Hackage>("hackage", &[Ecosystem::Hackage]);

struct Hackage;

impl Scheme for Hackage {
    type Version<'a> = Numbers<'a>;

    fn read(text: &str) -> Option<Numbers<'_>> {
        Numbers::read(text, |byte| byte == b'.')
    }
}
