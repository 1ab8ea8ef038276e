//! What the catalogers of .NET share: the form of a NuGet package, hashes in base64, and lists of packages that name each
//! other.

use std::collections::HashMap;

use model::ecosystem::Ecosystem;
use model::package::Package;
use model::purl::Purl;

use super::facts::PackageFact;
use super::file::is_legible;
use super::{Fact, Facts, File};

/// The NuGet package `name` in `version`.
pub(super) fn package(name: &str, version: &str) -> Package {
    let purl = Purl::new("nuget", name).with_version(version);
    Package::new(Ecosystem::NuGet, name, version, purl.to_string())
}

/// The digest that a hash in base64, with or without `sha512-` before it, stands for: `sha512:<hex>`. None where it is no
/// SHA-512.
pub(super) fn sha512(text: &str) -> Option<String> {
    const DIGEST_BYTES: usize = 64;
    let text = text.strip_prefix("sha512-").unwrap_or(text).trim_end_matches('=');
    let mut out = String::from("sha512:");
    let (mut bits, mut n_bits) = (0_u32, 0);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xffff;
        n_bits += 6;
        if n_bits >= 8 {
            n_bits -= 8;
            out.push_str(&format!("{:02x}", (bits >> n_bits) & 0xff));
        }
    }
    (out.len() == "sha512:".len() + 2 * DIGEST_BYTES).then_some(out)
}

/// Packages of one file in the making, each name and version once. NuGet compares names without regard to case.
#[derive(Default)]
pub(super) struct Listed {
    packages: Vec<PackageFact>,
    positions: HashMap<(String, String), u32>,
}

impl Listed {
    /// The position of `package`, which is added unless it is there.
    pub(super) fn add(&mut self, package: Package) -> u32 {
        let key = (package.name.to_lowercase(), package.version.as_str().to_owned());
        let next = u32::try_from(self.packages.len()).unwrap_or(u32::MAX);
        let position = *self.positions.entry(key).or_insert(next);
        if position == next {
            self.packages.push(PackageFact::new(package));
        }
        position
    }

    /// The package at `position`.
    pub(super) fn at(&mut self, position: u32) -> Option<&mut PackageFact> {
        self.packages.get_mut(position as usize)
    }

    /// The position of `name` in `version`, when it is there.
    pub(super) fn position(&self, name: &str, version: &str) -> Option<u32> {
        self.positions.get(&(name.to_lowercase(), version.to_owned())).copied()
    }

    /// Adds them to `facts`, relations sorted.
    pub(super) fn finish(self, facts: &mut Facts) {
        for mut fact in self.packages {
            fact.depends_on.sort_unstable();
            fact.depends_on.dedup();
            facts.push(Fact::Package(fact));
        }
    }
}

/// Whether `name` and `version` can be shown as they are; a gap otherwise.
pub(super) fn is_identified(name: &str, version: &str, file: &File<'_>, facts: &mut Facts) -> bool {
    let legible = !name.is_empty() && !version.is_empty() && is_legible(name) && is_legible(version);
    if !legible {
        facts.push(Fact::Gap(file.unreadable_record(&"a package has an illegible name or version")));
    }
    legible
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_becomes_hex() {
        let hash = format!("sha512-{}==", "A".repeat(86));
        assert_eq!(sha512(&hash), Some(format!("sha512:{}", "00".repeat(64))));
        let hash = format!("/+8{}==", "A".repeat(83));
        assert!(sha512(&hash).is_some_and(|digest| digest.starts_with("sha512:ffef00")));
        for other in ["", "sha512-", "AAAA", "not base64", &"A".repeat(100)] {
            assert_eq!(sha512(other), None, "{other}");
        }
    }
}
