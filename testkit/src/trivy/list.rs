//! Packages as Trivy lists them.

use model::ecosystem::Ecosystem;
use model::package::{Package, SourcePackage};
use model::purl::Purl;
use model::version::VersionText;
use serde_json::Value;

/// The packages of `list`, a file of `package-lists/trivy-goldens` of the real data, whose packages are `ecosystem`'s.
///
/// # Panics
///
/// It is no such list.
pub fn package_list(list: &[u8], ecosystem: Ecosystem) -> Vec<Package> {
    let list: Vec<Value> = serde_json::from_slice(list).expect("a list of packages");
    list.iter().map(|listed| package(listed, "", Some(ecosystem))).collect()
}

/// The package that `listed` is; its ecosystem is `ecosystem`, else that of its purl.
pub(super) fn package(listed: &Value, purl: &str, ecosystem: Option<Ecosystem>) -> Package {
    let text = |word: &str| listed[word].as_str().unwrap_or_default();
    let kind =
        || purl.parse::<Purl>().map_or(Ecosystem::Unknown, |purl| Ecosystem::from_purl_type(&purl.kind));
    let ecosystem = ecosystem.unwrap_or_else(kind);
    let version = version(listed["Epoch"].as_u64(), text("Version"), text("Release"));
    let name = text("Name");
    let purl = if purl.is_empty() { format!("pkg:{ecosystem}/{name}@{version}") } else { purl.to_owned() };
    let mut package = Package::new(ecosystem, name, version.as_str(), purl);
    if !text("Arch").is_empty() {
        package.architecture = Some(text("Arch").to_owned());
    }
    if !text("SrcName").is_empty() {
        // The name of an RPM's source does not tell its epoch.
        let epoch = listed["SrcEpoch"].as_u64().filter(|_| ecosystem != Ecosystem::Rpm);
        let version = self::version(epoch, text("SrcVersion"), text("SrcRelease"));
        let version = Some(VersionText::from(version)).filter(|version| !version.is_empty());
        package.source = Some(SourcePackage { name: text("SrcName").to_owned(), version });
    }
    if !text("Modularitylabel").is_empty() {
        package.module = Some(text("Modularitylabel").to_owned());
    }
    package
}

/// `2:1.0-1` of its parts.
fn version(epoch: Option<u64>, version: &str, release: &str) -> String {
    let epoch = epoch.filter(|epoch| *epoch > 0).map(|epoch| format!("{epoch}:")).unwrap_or_default();
    let release = if release.is_empty() { String::new() } else { format!("-{release}") };
    format!("{epoch}{version}{release}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listed_package_has_its_parts_put_together() {
        let list = br#"[{"Name": "perl-a", "Version": "1.0", "Release": "3.el8", "Epoch": 1, "Arch": "noarch", "SrcName": "perl",
            "SrcVersion": "5.26", "SrcRelease": "9.el8", "SrcEpoch": 4, "Modularitylabel": "perl:5.26:80:abc"}]"#;
        for (ecosystem, source) in [(Ecosystem::Rpm, "5.26-9.el8"), (Ecosystem::Deb, "4:5.26-9.el8")] {
            let [package] = &package_list(list, ecosystem)[..] else { panic!("one package") };
            assert_eq!(package.version.as_str(), "1:1.0-3.el8");
            assert_eq!(package.source.as_ref().unwrap().version.as_ref().unwrap().as_str(), source);
            assert_eq!(package.module.as_deref(), Some("perl:5.26:80:abc"));
            assert_eq!(package.architecture.as_deref(), Some("noarch"));
        }
    }
}
