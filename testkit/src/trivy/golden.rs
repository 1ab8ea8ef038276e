//! Trivy's reports of its integration tests: what was scanned, the packages as far as they are listed, and what was found.

use std::collections::BTreeMap;
use std::path::Path;

use model::advisory::FixState;
use model::distro::Distro;
use model::ecosystem::Ecosystem;
use model::package::{Package, SourcePackage};
use model::purl::Purl;
use serde_json::Value;

use super::list::package;

/// The reports of a directory.
#[derive(Debug, Default)]
pub struct Goldens {
    /// Those that list what was found, by name.
    pub read: Vec<Golden>,
    /// The names of the others, and what they are.
    pub others: Vec<(String, &'static str)>,
}

/// A report.
#[derive(Debug)]
pub struct Golden {
    /// Its file's name up to the first dot.
    pub name: String,
    /// What was scanned, as a path below Trivy's integration tests; empty where the report does not say.
    pub artifact: String,
    /// The distribution.
    pub distro: Option<Distro>,
    /// Its parts.
    pub targets: Vec<Target>,
}

/// A part of what was scanned: the distribution's packages, or those of one file or language.
#[derive(Debug)]
pub struct Target {
    /// Its name: a file's path, say.
    pub name: String,
    /// Whether the packages are the distribution's.
    pub is_os: bool,
    /// The packages, where the report lists them.
    pub packages: Vec<Package>,
    /// What was found.
    pub expected: Vec<Expected>,
}

/// A vulnerability that was found in a package.
#[derive(Debug)]
pub struct Expected {
    /// The package, of which a finding does not tell the source.
    pub package: Package,
    /// The vulnerability's id.
    pub id: String,
    /// The versions with the fix, of every line that the package has.
    pub fixes: Vec<String>,
    /// What the vendor does; none where the report does not say.
    pub state: Option<FixState>,
}

/// Reads every report of `directory`, which is `match/trivy-integration/goldens` of the real data.
///
/// # Panics
///
/// A report is damaged, or of a form that is not known here.
pub fn goldens(directory: &Path) -> Goldens {
    let mut goldens = Goldens::default();
    for (file, bytes) in crate::case::files_below(directory).expect("the goldens") {
        let report: Value = serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{file}: {error}"));
        let name = file.trim_end_matches(".golden").trim_end_matches(".json").to_owned();
        let has = |word: &str| report.get(word).is_some();
        if has("Results") {
            goldens.read.push(of_report(name, &report));
        } else if has("vulnerabilities") {
            goldens.read.push(of_cyclonedx(name, &report));
        } else {
            let what = match () {
                () if has("SchemaVersion") => "a report without results",
                () if has("bomFormat") || has("spdxVersion") => "an SBOM without vulnerabilities",
                () if has("runs") => "the findings of another report, as SARIF",
                () if has("detector") => "a snapshot of dependencies",
                () => panic!("{file} is of no known form"),
            };
            goldens.others.push((name, what));
        }
    }
    goldens
}

fn of_report(name: String, report: &Value) -> Golden {
    let os = report["Metadata"].get("OS");
    let distro = os.map(|os| distro(text(&os["Family"]), text(&os["Name"])));
    let targets =
        list(&report["Results"]).filter(|result| result["Class"] != "custom").map(|result| Target {
            name: text(&result["Target"]).to_owned(),
            is_os: result["Class"] == "os-pkgs",
            packages: list(&result["Packages"])
                .map(|listed| {
                    package(listed, listed["Identifier"]["PURL"].as_str().unwrap_or_default(), None)
                })
                .collect(),
            expected: list(&result["Vulnerabilities"]).map(expected).collect(),
        });
    Golden { name, artifact: text(&report["ArtifactName"]).to_owned(), distro, targets: targets.collect() }
}

/// A finding of Trivy's own report.
fn expected(finding: &Value) -> Expected {
    let purl = text(&finding["PkgIdentifier"]["PURL"]);
    let state = match text(&finding["Status"]) {
        "fixed" => FixState::Fixed,
        "affected" => FixState::NotFixed,
        "will_not_fix" => FixState::WontFix,
        "fix_deferred" => FixState::Deferred,
        "end_of_life" => FixState::EndOfLife,
        "under_investigation" => FixState::Unknown,
        other => panic!("`{other}` is no status"),
    };
    Expected {
        package: found_package(text(&finding["PkgName"]), text(&finding["InstalledVersion"]), purl),
        id: text(&finding["VulnerabilityID"]).to_owned(),
        fixes: fixes(finding["FixedVersion"].as_str().unwrap_or_default()),
        state: Some(state),
    }
}

/// A package as a finding names it. Its purl tells ecosystem and architecture.
fn found_package(name: &str, version: &str, purl: &str) -> Package {
    let parsed: Purl = purl.parse().unwrap_or_else(|error| panic!("{purl}: {error}"));
    let ecosystem = Ecosystem::from_purl_type(&parsed.kind);
    let mut package = Package::new(ecosystem, name, version, purl.to_owned());
    if let Some(architecture) = parsed.qualifiers.get("arch") {
        package.architecture = Some(architecture.clone());
    }
    package
}

/// The versions of `3.1.0`, `1.0, 2.1` or (where only what holds the fix is known) `>= 3.1.0, >= 2.1.3, < 3.0.0`.
fn fixes(text: &str) -> Vec<String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty() && !part.starts_with('<'));
    parts.map(|part| part.trim_start_matches(">=").trim().to_owned()).collect()
}

fn of_cyclonedx(name: String, report: &Value) -> Golden {
    let components = || list(&report["components"]);
    let os = components().find(|component| component["type"] == "operating-system");
    let distro = os.map(|os| distro(text(&os["name"]), text(&os["version"])));
    let packages: BTreeMap<&str, Package> = components()
        .filter(|component| component.get("purl").is_some())
        .map(|component| (text(&component["bom-ref"]), of_component(component)))
        .collect();
    let expected = list(&report["vulnerabilities"]).flat_map(|vulnerability| {
        let (id, packages) = (text(&vulnerability["id"]), &packages);
        let advice = vulnerability["recommendation"].as_str().unwrap_or_default();
        let fixed = advice.split_once(" to version ").map_or("", |(_, versions)| versions);
        list(&vulnerability["affects"]).map(move |affected| Expected {
            package: packages[text(&affected["ref"])].clone(),
            id: id.to_owned(),
            fixes: fixes(fixed),
            state: None,
        })
    });
    let expected: Vec<Expected> = expected.collect();
    let target = Target {
        name: "components".to_owned(),
        is_os: false,
        packages: packages.into_values().collect(),
        expected,
    };
    Golden { name, artifact: String::new(), distro, targets: vec![target] }
}

/// A component of CycloneDX, with what Trivy writes of its source.
fn of_component(component: &Value) -> Package {
    let group = component["group"].as_str();
    let purl = text(&component["purl"]);
    let separator = if purl.starts_with("pkg:maven/") { ":" } else { "/" };
    let name = text(&component["name"]);
    let name = group.map_or_else(|| name.to_owned(), |group| format!("{group}{separator}{name}"));
    let mut package = found_package(&name, component["version"].as_str().unwrap_or_default(), purl);
    let source = list(&component["properties"])
        .find(|property| property["name"] == "aquasecurity:trivy:SrcName")
        .map(|property| text(&property["value"]).to_owned());
    if let Some(name) = source {
        package.source = Some(SourcePackage { name, version: None });
    }
    package
}

/// The distribution that Trivy calls `family`.
fn distro(family: &str, name: &str) -> Distro {
    // Of Amazon's, Trivy reads the sentence in `system-release`.
    let version = name.trim_start_matches("AMI release ").split(' ').next().unwrap_or_default();
    Distro { id: family.to_owned(), version: Some(version.to_owned()), ..Distro::default() }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_report_tells_what_was_found() {
        let report = json!({
            "ArtifactName": "images/demo.tar.gz",
            "Metadata": {"OS": {"Family": "alma", "Name": "9.4"}},
            "Results": [{"Target": "demo (alma 9.4)", "Class": "os-pkgs", "Vulnerabilities": [{
                "VulnerabilityID": "CVE-1", "PkgName": "demo", "InstalledVersion": "1:1.0-1.el9",
                "PkgIdentifier": {"PURL": "pkg:rpm/alma/demo@1.0-1.el9?arch=x86_64&epoch=1"},
                "FixedVersion": "1:1.0-2.el9", "Status": "fixed"}]},
                {"Target": "a.lock", "Class": "lang-pkgs", "Packages": [
                    {"Name": "b", "Version": "1.0", "Identifier": {"PURL": "pkg:npm/b@1.0"}}]}]
        });
        let golden = of_report("demo".to_owned(), &report);
        assert_eq!(golden.distro.as_ref().unwrap().id, "alma");
        let [os, language] = &golden.targets[..] else { panic!("{golden:?}") };
        let [expected] = &os.expected[..] else { panic!("{os:?}") };
        assert_eq!(
            (os.is_os, expected.id.as_str(), &expected.fixes[..]),
            (true, "CVE-1", &["1:1.0-2.el9".into()][..])
        );
        assert_eq!(expected.package.ecosystem, Ecosystem::Rpm);
        assert_eq!(expected.package.architecture.as_deref(), Some("x86_64"));
        assert_eq!(expected.state, Some(FixState::Fixed));
        assert_eq!(
            (language.packages[0].name.as_str(), language.packages[0].ecosystem),
            ("b", Ecosystem::Npm)
        );
    }

    #[test]
    fn an_sbom_with_vulnerabilities_tells_it_too() {
        let report = json!({
            "components": [
                {"type": "operating-system", "bom-ref": "os", "name": "debian", "version": "12.5"},
                {"type": "library", "bom-ref": "x", "group": "org.demo", "name": "a", "version": "1",
                 "purl": "pkg:maven/org.demo/a@1"},
                {"type": "library", "bom-ref": "y", "name": "liba", "version": "1-1", "purl": "pkg:deb/debian/liba@1-1",
                 "properties": [{"name": "aquasecurity:trivy:SrcName", "value": "a"}]}],
            "vulnerabilities": [{"id": "CVE-1", "affects": [{"ref": "x"}],
                                 "recommendation": "Upgrade org.demo:a to version 1.1, 2.0"}]
        });
        let golden = of_cyclonedx("demo".to_owned(), &report);
        let target = &golden.targets[0];
        assert_eq!(golden.distro.unwrap().version.as_deref(), Some("12.5"));
        assert_eq!(target.packages[1].source.as_ref().unwrap().name, "a");
        assert_eq!(target.expected[0].package.name, "org.demo:a");
        assert_eq!(target.expected[0].fixes, ["1.1", "2.0"]);
    }

    #[test]
    fn fixes_and_releases_are_read_in_every_form() {
        assert_eq!(fixes(">= 3.1.0, >= 2.1.3, < 3.0.0"), ["3.1.0", "2.1.3"]);
        assert!(fixes("").is_empty());
        assert_eq!(distro("amazon", "AMI release 2018.03").version.as_deref(), Some("2018.03"));
        assert_eq!(distro("amazon", "2 (Karoo)").version.as_deref(), Some("2"));
    }
}
