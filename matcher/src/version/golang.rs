//! Go modules and toolchains: `v1.2.3`, `v2.0.0+incompatible`, `go1.21rc2` (feeds.md C8).

use model::ecosystem::Ecosystem;

use super::semver::{self, Version};
use super::{Scheme, VersionScheme, split, split_digits};

pub(super) static SCHEME: VersionScheme = VersionScheme::of::<Golang>("golang", &[Ecosystem::Golang]);

struct Golang;

impl Scheme for Golang {
    type Version<'a> = Version<'a>;

    fn read(text: &str) -> Option<Version<'_>> {
        match text.strip_prefix("go") {
            Some(toolchain) => read_toolchain(toolchain).map(|(version, _)| version),
            None => match read_toolchain(text) {
                Some((version, "")) => Some(version),
                _ => read_module(text),
            },
        }
    }
}

/// A module's version. Whatever follows `+` (`+incompatible`, `+dirty`) has no place in the order, and a
/// pre-release needs all three numbers (golang.org/x/mod/semver).
fn read_module(text: &str) -> Option<Version<'_>> {
    let version = semver::read(text)?;
    let is_full = split(version.numbers, b'.').count() == 3;
    (is_full || (version.prerelease.is_empty() && !text.contains('+'))).then_some(version)
}

/// A toolchain's version without its `go`: `1.21`, `1.21rc2`, `1.22.9 X:boringcrypto`, `1.23-fips`. Advisories
/// write the second as `1.21.0-rc.2`. Also gives what follows the version without a space: after `go` a
/// vendor's word, but in a module's version the pre-release.
fn read_toolchain(text: &str) -> Option<(Version<'_>, &str)> {
    let text = text.split_whitespace().next()?;
    let end = text.bytes().position(|byte| !matches!(byte, b'0'..=b'9' | b'.')).unwrap_or(text.len());
    let (numbers, rest) = text.split_at(end);
    let name = ["rc", "beta"].into_iter().find(|name| rest.starts_with(name));
    let (prerelease, rest) = rest.split_at(name.map_or(0, str::len));
    let (prerelease_number, rest) = split_digits(rest);
    let is_toolchain = split(numbers, b'.').all(|number| !number.is_empty())
        && prerelease.is_empty() == prerelease_number.is_empty()
        && (rest.is_empty() || rest.starts_with('-'));
    is_toolchain
        .then_some((Version { numbers, prerelease, prerelease_number, build: "", packed: None }, rest))
}
