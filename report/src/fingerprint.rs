//! The identity of a finding across runs, tags and versions.

use std::str::FromStr as _;

use model::finding::Finding;
use model::purl::Purl;
use model::report::Report;

use crate::found;
use crate::subject;

/// The identity of `finding`: 32 hexadecimal digits made of its primary id, its package's purl without version
/// and qualifiers, and the subject's name without tag or digest.
///
/// It stays when the image gets a new tag, the package a new version, the feed another alias or another
/// severity. It changes when the vulnerability gets a CVE id that it did not have: no earlier run could know
/// it. Two versions of one package in one image share it; whoever needs them apart takes their paths too.
pub fn fingerprint(report: &Report, finding: &Finding) -> String {
    let package = found::package(report, finding);
    let name = subject::stable_name(&report.inventory.subject);
    let mut hasher = blake3::Hasher::new();
    // A length before each part keeps `a` + `bc` apart from `ab` + `c`.
    for part in [finding.id.as_str(), &without_version(&package.purl), name] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

/// The purl without its version and qualifiers, which carry versions too (`upstream`, `distro`). A text that is no
/// purl is cut at its version by the same signs.
fn without_version(purl: &str) -> String {
    match Purl::from_str(purl) {
        Ok(purl) => Purl { version: None, qualifiers: Default::default(), ..purl }.to_string(),
        Err(_) => {
            let path = purl.split_once('?').map_or(purl, |(path, _)| path);
            path.rsplit_once('@').map_or(path, |(name, _)| name).to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use model::ecosystem::Ecosystem;
    use model::severity::Severity;

    use super::*;
    use crate::testing::{empty, package};

    fn of(image: &str, id: &str, name: &str, version: &str, level: Severity) -> String {
        let mut report = empty(image);
        report.inventory.packages =
            vec![package(Ecosystem::Npm, name, version, "srv/package.json", "sha256:00")];
        fingerprint(&report, &crate::testing::finding(id, 0, level))
    }

    #[test]
    fn it_stays_across_tags_versions_and_ratings() {
        let one = of("team/app:1", "CVE-1", "demo", "1.0.0", Severity::Low);
        assert_eq!(one, of("team/app:2", "CVE-1", "demo", "1.0.0", Severity::Low));
        assert_eq!(one, of("team/app@sha256:00ff", "CVE-1", "demo", "1.0.1", Severity::Critical));
        assert_eq!(one.len(), 32);
    }

    #[test]
    fn it_differs_by_vulnerability_package_and_image() {
        let all = [
            of("app", "CVE-1", "demo", "1", Severity::Low),
            of("app", "CVE-2", "demo", "1", Severity::Low),
            of("app", "CVE-1", "demo2", "1", Severity::Low),
            of("app2", "CVE-1", "demo", "1", Severity::Low),
        ];
        assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), all.len());
    }

    #[test]
    fn the_version_leaves_the_purl_wherever_it_stands() {
        for (purl, expected) in [
            ("pkg:deb/debian/libssl3@3.0.1?arch=amd64&upstream=openssl%403.0.1", "pkg:deb/debian/libssl3"),
            ("pkg:npm/%40acme/demo@1.0.0#lib", "pkg:npm/%40acme/demo#lib"),
            ("pkg:npm/demo", "pkg:npm/demo"),
            ("odd/name@1?x", "odd/name"),
        ] {
            assert_eq!(without_version(purl), expected);
        }
    }
}
