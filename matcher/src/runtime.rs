//! The runtimes of an inventory, and how long their releases have support (feeds.md D10, A26).

use std::collections::BTreeSet;

use model::ecosystem::Ecosystem;
use model::facts::{FeedFacts, RUNTIMES};
use model::gap::{Gap, GapKind};
use model::inventory::Inventory;
use model::key::Namespace;
use model::package::{Mark, Package};
use model::purl::Purl;
use model::report::Runtime;

/// The runtimes that the inventory names, sorted, each once. How long one has support that came in a package of a
/// distribution, the distribution says.
pub(crate) fn runtimes(inventory: &Inventory, facts: &FeedFacts) -> Vec<Runtime> {
    let unowned = inventory.packages.iter().filter(|package| package.owner.is_none());
    let runtimes: BTreeSet<Runtime> = unowned
        .filter(|package| !package.version.as_str().is_empty())
        .filter_map(|package| {
            let name = product(package)?;
            let version = package.version.as_str();
            let end_of_life = end_of_life(name, version, facts);
            Some(Runtime { name: name.to_owned(), version: version.to_owned(), end_of_life })
        })
        .collect();
    runtimes.into_iter().collect()
}

/// A gap for each whose support had ended before `today`.
pub(crate) fn gaps<'a>(runtimes: &'a [Runtime], today: &'a str) -> impl Iterator<Item = Gap> + 'a {
    runtimes.iter().filter_map(move |runtime| {
        let end = runtime.end_of_life.as_deref().filter(|end| *end < today)?;
        let place = format!("{} {}", runtime.name, runtime.version);
        let detail = format!("support ended on {end}; what is found in it since is not fixed");
        Some(Gap::new(GapKind::ENDED_RUNTIME, place, detail))
    })
}

fn end_of_life(product: &str, version: &str, facts: &FeedFacts) -> Option<String> {
    release_names(product, version)
        .into_iter()
        .find_map(|release| facts.namespaces.get(&Namespace::runtime(product, &release))?.end_of_life.clone())
}

/// How the release that a version is of may be called, the longest name first: `3.12.1`, `3.12` and `3` of `v3.12.1+build`.
/// Java counted in the second number until it was at 8.
fn release_names(product: &str, version: &str) -> Vec<String> {
    let version = version.trim_start_matches(['v', 'V']);
    let version = version.strip_prefix("go").unwrap_or(version);
    let end = version.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(version.len());
    let numbers: Vec<&str> = version[..end].split('.').take(3).collect();
    match numbers.as_slice() {
        ["1", second, ..] if is_java(product) => vec![(*second).to_owned()],
        numbers => (1..=numbers.len()).rev().map(|n_numbers| numbers[..n_numbers].join(".")).collect(),
    }
}

fn is_java(product: &str) -> bool {
    matches!(product, "oracle-jdk" | "openjdk-builds-from-oracle")
        || OF_JAVA.iter().any(|(_, known)| *known == product)
}

/// The builders of Java runtimes by the namespaces of package URLs.
const OF_JAVA: [(&str, &str); 9] = [
    ("amazon", "amazon-corretto"),
    ("azul", "azul-zulu"),
    ("bellsoft", "bellsoft-liberica"),
    ("eclipse", "eclipse-temurin"),
    ("graalvm", "oracle-graalvm"),
    ("ibm", "ibm-semeru-runtime"),
    ("microsoft", "microsoft-build-of-openjdk"),
    ("redhat", "redhat-build-of-openjdk"),
    ("sap", "sapmachine"),
];

/// Which of [`RUNTIMES`] a package is, if it is one.
fn product(package: &Package) -> Option<&'static str> {
    let named = |name: &str| RUNTIMES.into_iter().find(|known| *known == name);
    match (package.ecosystem, package.name.as_str()) {
        (Ecosystem::Golang, "stdlib") => named("go"),
        (Ecosystem::NuGet, name) if package.marks.contains(&Mark::SharedFramework) || is_framework(name) => {
            named("dotnet")
        }
        (Ecosystem::Generic, "node") => named("nodejs"),
        (Ecosystem::Generic, name @ ("go" | "php" | "python" | "ruby")) => named(name),
        (Ecosystem::Generic, name @ ("jdk" | "jre" | "openjdk")) => {
            let purl: Purl = package.purl.parse().ok()?;
            match purl.namespace.as_deref() {
                Some("oracle") if name == "openjdk" => named("openjdk-builds-from-oracle"),
                Some("oracle") => named("oracle-jdk"),
                vendor => {
                    let (_, product) = OF_JAVA.iter().find(|(known, _)| vendor == Some(*known))?;
                    named(product)
                }
            }
        }
        _ => None,
    }
}

/// As other tools list a shared framework, which state no mark.
fn is_framework(name: &str) -> bool {
    ["Microsoft.NETCore.App", "Microsoft.AspNetCore.App", "Microsoft.WindowsDesktop.App"]
        .iter()
        .any(|framework| name.strip_prefix(framework).is_some_and(|rest| rest.starts_with(".Runtime.")))
}

#[cfg(test)]
mod tests {
    use model::facts::{CoverageClass, NamespaceFacts};

    use super::*;
    use crate::fixture::{inventory, lines};

    fn facts(ends: &[(&str, &str, &str)]) -> FeedFacts {
        let mut facts = FeedFacts::default();
        for (product, release, end) in ends {
            let end_of_life = Some((*end).to_owned());
            let of = NamespaceFacts { coverage: CoverageClass::Complete, providers: Vec::new(), end_of_life };
            facts.namespaces.insert(Namespace::runtime(product, release), of);
        }
        facts
    }

    /// Compares the runtimes with their ends of support, and the gaps of 2026, as text.
    #[track_caller]
    fn check(packages: &str, ends: &[(&str, &str, &str)], expected: &str) {
        let found = runtimes(&inventory("debian 12", packages), &facts(ends));
        let line = |runtime: &Runtime| {
            let end = runtime.end_of_life.as_deref().unwrap_or("unknown");
            format!("{} {} {end}", runtime.name, runtime.version)
        };
        let gaps = gaps(&found, "2026-01-01").map(|gap| format!("{} {}", gap.kind.as_str(), gap.place));
        let found: Vec<String> = found.iter().map(line).chain(gaps).collect();
        assert_eq!(found, lines(expected).collect::<Vec<_>>());
    }

    #[test]
    fn a_runtime_has_support_as_long_as_its_release() {
        check(
            "generic node 20.11.1
             generic node 20.11.1
             generic python 3.8.19
             generic python 3.12.4
             generic php 8.3.1
             generic ruby 3.2.2
             generic go 1.22.3
             golang stdlib 1.21.0
             golang stdlib v1.20.1
             nuget Microsoft.NETCore.App.Runtime.linux-x64 8.0.1
             nuget Microsoft.AspNetCore.App.Runtime.linux-x64 3.1.32
             npm node 1.0.0
             generic perl 5.36.0",
            &[
                ("nodejs", "20", "2026-04-30"),
                ("python", "3.8", "2024-10-07"),
                ("python", "3.12", "2028-10-31"),
                ("php", "8.3", "2027-12-31"),
                ("go", "1.21", "2024-08-13"),
                ("go", "1.20", "2024-02-06"),
                ("dotnet", "8", "2026-11-10"),
                ("dotnet", "3.1", "2022-12-13"),
            ],
            "dotnet 3.1.32 2022-12-13
             dotnet 8.0.1 2026-11-10
             go 1.21.0 2024-08-13
             go 1.22.3 unknown
             go v1.20.1 2024-02-06
             nodejs 20.11.1 2026-04-30
             php 8.3.1 2027-12-31
             python 3.12.4 2028-10-31
             python 3.8.19 2024-10-07
             ruby 3.2.2 unknown
             ended-runtime dotnet 3.1.32
             ended-runtime go 1.21.0
             ended-runtime go v1.20.1
             ended-runtime python 3.8.19",
        );
    }

    #[test]
    fn who_built_a_java_runtime_says_how_long_it_has_support() {
        check(
            "generic openjdk 21.0.4+7-LTS purl=pkg:generic/eclipse/openjdk@21.0.4%2B7-LTS
             generic openjdk 1.8.0_392-b08 purl=pkg:generic/amazon/openjdk@1.8.0_392-b08
             generic jre 17.0.9+11 purl=pkg:generic/oracle/jre@17.0.9%2B11
             generic openjdk 17.0.9+9 purl=pkg:generic/debian/openjdk@17.0.9%2B9
             generic openjdk 17.0.9+9 purl=pkg:generic/openjdk@17.0.9%2B9",
            &[
                ("eclipse-temurin", "21", "2029-12-31"),
                ("amazon-corretto", "8", "2030-12-31"),
                ("amazon-corretto", "1", "1999-01-01"),
                ("oracle-jdk", "17", "2029-09-30"),
            ],
            "amazon-corretto 1.8.0_392-b08 2030-12-31
             eclipse-temurin 21.0.4+7-LTS 2029-12-31
             oracle-jdk 17.0.9+11 2029-09-30",
        );
    }

    #[test]
    fn what_a_distribution_brought_has_its_support() {
        check("deb golang 2:1.19~1\ngolang stdlib 1.19.8 owner=0", &[("go", "1.19", "2023-08-08")], "");
    }

    #[test]
    fn every_runtime_of_a_builder_is_one_of_which_ends_are_read() {
        assert!(RUNTIMES.is_sorted());
        assert!(OF_JAVA.iter().all(|(_, product)| RUNTIMES.contains(product)));
    }
}
