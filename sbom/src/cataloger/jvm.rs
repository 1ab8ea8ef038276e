//! Java runtimes, by the file `release` at the root of a JDK or JRE.

use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::package::{Package, PackageKind};
use model::purl::Purl;

use super::file::is_legible;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "jvm",
    version: 2,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/release"]),
    read,
    assemble,
};

/// Bytes of a `release` file that are looked at; the list of modules makes up most of real ones.
const RELEASE_BYTES_MAX: u64 = 256 << 10;

/// Who builds runtimes: a beginning of `IMPLEMENTOR` in lower case, the vendor in package URLs, and the vendor and products
/// of CPE names; `jdk` and `jre` stand for themselves, so that a JRE is not taken for a JDK.
const VENDORS: &[(&str, &str, &str, &[&str])] = &[
    ("oracle", "oracle", "oracle", &["jdk", "jre", "java_se"]),
    ("eclipse", "eclipse", "eclipse", &["temurin"]),
    ("adoptium", "eclipse", "eclipse", &["temurin"]),
    ("adoptopenjdk", "adoptopenjdk", "eclipse", &["temurin"]),
    ("azul", "azul", "azul", &["zulu"]),
    ("amazon", "amazon", "amazon", &["corretto"]),
    ("bellsoft", "bellsoft", "bell-sw", &["liberica"]),
    ("sap", "sap", "sap", &["sapmachine"]),
    ("microsoft", "microsoft", "microsoft", &["openjdk"]),
    ("ibm", "ibm", "ibm", &["semeru_runtime"]),
    ("international business machines", "ibm", "ibm", &["semeru_runtime"]),
    ("graalvm", "graalvm", "oracle", &["graalvm"]),
    ("red hat", "redhat", "redhat", &["openjdk"]),
    ("debian", "debian", "oracle", &["openjdk"]),
    ("ubuntu", "ubuntu", "oracle", &["openjdk"]),
    ("private build", "openjdk", "oracle", &["openjdk"]),
    ("homebrew", "homebrew", "oracle", &["openjdk"]),
    ("alpine", "alpine", "oracle", &["openjdk"]),
    ("wolfi", "wolfi", "oracle", &["openjdk"]),
];

/// The lines `KEY="value"` that matter.
#[derive(Default)]
struct Release {
    implementor: Option<String>,
    java_version: Option<String>,
    /// With the build: `21.0.4+7-LTS`, `1.8.0_411-b25`.
    full_version: Option<String>,
    image_type: Option<String>,
    source_repo: Option<String>,
    architecture: Option<String>,
    build_type: Option<String>,
    graalvm_version: Option<String>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    if file.size > RELEASE_BYTES_MAX {
        return;
    }
    let Some(text) = file.text(facts) else { return };
    let Some(release) = Release::parse(&text) else { return };
    let Some(version) = release.full_version.as_deref().or(release.java_version.as_deref()) else {
        let why = "a Java runtime that states no version; it cannot be judged";
        return facts.push(Fact::Gap(Gap::new(GapKind::MISSING_FACT, file.path, why)));
    };
    if !is_legible(version) || version.contains(char::is_whitespace) {
        return facts.push(Fact::Gap(file.unreadable(&"it has an illegible version")));
    }
    facts.package(release.package(version, file.path));
}

impl Release {
    /// None when the text is no such file: others are called `release` too.
    fn parse(text: &str) -> Option<Self> {
        let mut release = Self::default();
        let mut is_java = false;
        for line in text.lines() {
            let Some((key, value)) = line.split_once('=') else { continue };
            let value = value.trim().trim_matches('"').trim();
            is_java |= key.starts_with("JAVA_");
            let field = match key.trim() {
                "IMPLEMENTOR" => &mut release.implementor,
                "JAVA_VERSION" => &mut release.java_version,
                "JAVA_RUNTIME_VERSION" => {
                    release.full_version = Some(value.to_owned()).filter(|value| !value.is_empty());
                    continue;
                }
                "FULL_VERSION" if release.full_version.is_none() => &mut release.full_version,
                "IMAGE_TYPE" => &mut release.image_type,
                "SOURCE_REPO" => &mut release.source_repo,
                "OS_ARCH" => &mut release.architecture,
                "BUILD_TYPE" => &mut release.build_type,
                "GRAALVM_VERSION" => &mut release.graalvm_version,
                _ => continue,
            };
            *field = Some(value.to_owned()).filter(|value| !value.is_empty() && value != "N/A");
        }
        is_java.then_some(release)
    }

    fn package(&self, version: &str, path: &str) -> Package {
        let implementor = self.implementor.as_deref().unwrap_or_default();
        let lower = implementor.to_lowercase();
        let known = VENDORS.iter().find(|(beginning, ..)| lower.starts_with(beginning));
        // Oracle wrote no implementor before Java 9, but the type of the build, which others left out.
        let of_oracle = VENDORS.first().filter(|_| self.build_type.as_deref() == Some("commercial"));
        let known = if implementor.is_empty() { of_oracle } else { known };
        let kind = self.kind(path);
        // Only Oracle's own runtimes are called so; all others are builds of OpenJDK, of which Oracle makes some too.
        let is_of_oracle = known.is_some_and(|(_, vendor, ..)| *vendor == "oracle");
        let is_oracle = is_of_oracle && !self.is_open(version);
        let name = if is_oracle { kind } else { "openjdk" };
        let vendor = known.map_or_else(String::new, |(_, vendor, ..)| (*vendor).to_owned());
        let purl = Purl::new(Ecosystem::Generic.name(), name)
            .with_namespace(&vendor)
            .with_version(version)
            .with_qualifier("repository_url", self.source_repo.as_deref().unwrap_or_default());
        let mut package = Package::new(Ecosystem::Generic, name, version, purl.to_string());
        package.kind = PackageKind::Application;
        package.supplier = self.implementor.clone();
        package.architecture = self.architecture.clone();
        let (vendor, products) = match known {
            Some((_, _, vendor, products)) if is_oracle || !is_of_oracle => (*vendor, *products),
            _ => ("oracle", &["openjdk"][..]),
        };
        let other = if kind == "jre" { "jdk" } else { "jre" };
        let mut cpes: Vec<String> = products
            .iter()
            .filter(|product| **product != other)
            .map(|product| cpe(vendor, product, version))
            .collect();
        if let Some(graalvm) = self.graalvm_version.as_deref().filter(|version| is_legible(version)) {
            cpes.push(cpe("oracle", "graalvm", graalvm));
        }
        cpes.sort();
        cpes.dedup();
        package.cpes = cpes.into();
        package
    }

    /// Whether a runtime by Oracle is one of its builds of OpenJDK, as most images called `openjdk` have them. What it sells
    /// calls itself a commercial build or a release with long support, or is GraalVM; up to Java 8 it built no other.
    fn is_open(&self, version: &str) -> bool {
        let is_sold = self.build_type.as_deref() == Some("commercial") || version.contains("-LTS");
        !is_sold && self.graalvm_version.is_none() && !version.starts_with("1.")
    }

    /// `jdk` or `jre`: as the file says, or as the folder is called.
    fn kind(&self, path: &str) -> &'static str {
        let stated = self.image_type.as_deref().unwrap_or_default();
        let folder = path.rsplit('/').nth(1).unwrap_or_default().to_lowercase();
        match stated.eq_ignore_ascii_case("jre") || (stated.is_empty() && folder.contains("jre")) {
            true => "jre",
            false => "jdk",
        }
    }
}

/// The CPE name of a version. NVD has the update of old versions in the field behind the version (feeds.md C15).
fn cpe(vendor: &str, product: &str, version: &str) -> String {
    let without_build = version.split(['-', '+']).next().unwrap_or(version);
    let (version, update) = match without_build.split_once('_') {
        Some((version, update)) => (version, format!("update{}", update.trim_start_matches('0'))),
        None => (without_build, "*".to_owned()),
    };
    let escaped = |text: &str| {
        let mut out = String::new();
        for character in text.chars() {
            if !character.is_alphanumeric() && !matches!(character, '.' | '_' | '-') {
                out.push('\\');
            }
            out.push(character);
        }
        out
    };
    let update = if update == "*" { update } else { escaped(&update) };
    format!("cpe:2.3:a:{vendor}:{product}:{}:{update}:*:*:*:*:*:*", escaped(version))
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_update_of_an_old_version_has_a_field_of_its_own() {
        assert_eq!(cpe("oracle", "jdk", "1.8.0_411-b25"), "cpe:2.3:a:oracle:jdk:1.8.0:update411:*:*:*:*:*:*");
        assert_eq!(
            cpe("eclipse", "temurin", "21.0.4+7-LTS"),
            "cpe:2.3:a:eclipse:temurin:21.0.4:*:*:*:*:*:*:*"
        );
    }
}
