//! The runtimes of an inventory, and how long their releases have support (feeds.md D10, A26).

use std::collections::BTreeSet;

use model::cpe::Cpe;
use model::ecosystem::Ecosystem;
use model::facts::{FeedFacts, RUNTIMES};
use model::gap::{Gap, GapKind};
use model::inventory::Inventory;
use model::key::Namespace;
use model::package::{Mark, Package, PackageIndex};
use model::purl::Purl;
use model::report::Runtime;

use crate::maker::is_by_its_maker;

/// The runtimes that the inventory names, sorted, each once. How long one has support that came in a package of the
/// distribution, the distribution says; of those in packages of `third_parties`, and of makers on a system that nobody answers
/// for, it says nothing.
pub(crate) fn runtimes(
    inventory: &Inventory,
    facts: &FeedFacts,
    third_parties: &BTreeSet<PackageIndex>,
) -> Vec<Runtime> {
    let is_of_distro = |owner: PackageIndex| {
        let owning = inventory.packages.get(owner.as_usize());
        !third_parties.contains(&owner) && !owning.is_some_and(is_by_its_maker)
    };
    let unowned = inventory.packages.iter().filter(|package| !package.owner.is_some_and(is_of_distro));
    let runtimes: BTreeSet<Runtime> = unowned
        .filter(|package| !package.version.as_str().is_empty())
        .filter_map(|package| {
            let name = product(package)?;
            let version = package.version.as_str();
            let end_of_life = end_of_life(name, version, facts, Namespace::runtime);
            Some(Runtime { name: name.to_owned(), version: version.to_owned(), end_of_life })
        })
        .collect();
    runtimes.into_iter().collect()
}

/// A gap for each whose support had ended before `today`.
pub(crate) fn gaps<'a>(
    runtimes: &'a [Runtime],
    facts: &'a FeedFacts,
    today: &'a str,
) -> impl Iterator<Item = Gap> + 'a {
    runtimes.iter().filter_map(move |runtime| {
        let end = runtime.end_of_life.as_deref().filter(|end| *end < today)?;
        let place = format!("{} {}", runtime.name, runtime.version);
        let paid = end_of_life(&runtime.name, &runtime.version, facts, Namespace::paid_runtime);
        let detail = match paid.filter(|paid| **paid > *end) {
            Some(paid) if *paid >= *today => {
                format!("support ended on {end}; support that is paid for goes on until {paid}")
            }
            Some(paid) => format!("support ended on {end}, and that which is paid for on {paid}"),
            None => format!("support ended on {end}; what is found in it since may never be fixed"),
        };
        Some(Gap::new(GapKind::ENDED_RUNTIME, place, detail))
    })
}

/// The end of the support that `namespace` is of.
fn end_of_life(
    product: &str,
    version: &str,
    facts: &FeedFacts,
    namespace: fn(&str, &str) -> Namespace,
) -> Option<String> {
    release_names(product, version)
        .into_iter()
        .find_map(|release| facts.namespaces.get(&namespace(product, &release))?.end_of_life.clone())
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
    matches!(product, "oracle-graalvm" | "oracle-jdk" | "openjdk-builds-from-oracle")
        || OF_JAVA.iter().any(|(_, known)| *known == product)
}

/// The builders of Java runtimes by the namespaces of package URLs.
const OF_JAVA: [(&str, &str); 9] = [
    ("amazon", "amazon-corretto"),
    ("azul", "azul-zulu"),
    ("bellsoft", "bellsoft-liberica"),
    ("eclipse", "eclipse-temurin"),
    ("graalvm", "graalvm-ce"),
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
        // As other tools list the programs of one.
        (Ecosystem::Generic, "php-cli" | "php-fpm") => named("php"),
        (Ecosystem::Generic, name @ ("go" | "php" | "python" | "ruby")) => named(name),
        (Ecosystem::Generic, name @ ("jdk" | "jre" | "openjdk")) => {
            let purl: Purl = package.purl.parse().ok()?;
            match purl.namespace.as_deref() {
                Some("oracle") if name == "openjdk" => named("openjdk-builds-from-oracle"),
                Some("oracle") if package.cpes.iter().any(is_graalvm) => named("oracle-graalvm"),
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

fn is_graalvm(name: &str) -> bool {
    Cpe::parse(name).and_then(|cpe| cpe.key()).is_some_and(|key| &*key.name == "oracle:graalvm")
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
        let facts = facts(ends);
        let found = runtimes(&inventory("debian 12", packages), &facts, &BTreeSet::new());
        let line = |runtime: &Runtime| {
            let end = runtime.end_of_life.as_deref().unwrap_or("unknown");
            format!("{} {} {end}", runtime.name, runtime.version)
        };
        let gaps =
            gaps(&found, &facts, "2026-01-01").map(|gap| format!("{} {}", gap.kind.as_str(), gap.place));
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
             generic php-fpm 8.3.1
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
    fn each_builder_of_java_has_its_own_ends_of_support() {
        let of = |vendor: &str, name: &str| {
            format!("generic {name} 17.0.2+8 purl=pkg:generic/{vendor}/{name}@17.0.2%2B8")
        };
        for (package, product) in [
            (of("amazon", "openjdk"), "amazon-corretto"),
            (of("azul", "openjdk"), "azul-zulu"),
            (of("bellsoft", "openjdk"), "bellsoft-liberica"),
            (of("eclipse", "openjdk"), "eclipse-temurin"),
            (of("graalvm", "openjdk"), "graalvm-ce"),
            (of("ibm", "openjdk"), "ibm-semeru-runtime"),
            (of("microsoft", "openjdk"), "microsoft-build-of-openjdk"),
            (of("oracle", "openjdk"), "openjdk-builds-from-oracle"),
            (of("oracle", "jdk"), "oracle-jdk"),
            (format!("{} cpe=a:oracle:graalvm:23.1.2", of("oracle", "jdk")), "oracle-graalvm"),
            (of("redhat", "openjdk"), "redhat-build-of-openjdk"),
            (of("sap", "openjdk"), "sapmachine"),
        ] {
            let ended = format!("{product} 17.0.2+8 2025-01-01\nended-runtime {product} 17.0.2+8");
            check(&package, &[(product, "17", "2025-01-01")], &ended);
        }
    }

    #[test]
    fn support_that_is_paid_for_is_said_to_go_on() {
        let java = "generic jdk 1.8.0_451-b10 purl=pkg:generic/oracle/jdk@1.8.0_451-b10";
        let detail = |ends: &[(&str, &str, &str)]| {
            let facts = facts(ends);
            let found = runtimes(&inventory("", java), &facts, &BTreeSet::new());
            gaps(&found, &facts, "2026-01-01").map(|gap| gap.detail).collect::<Vec<_>>()
        };
        let own = ("oracle-jdk", "8", "2022-03-31");
        assert_eq!(
            detail(&[own]),
            ["support ended on 2022-03-31; what is found in it since may never be fixed"]
        );
        assert_eq!(
            detail(&[own, ("oracle-jdk", "8+paid", "2030-12-31")]),
            ["support ended on 2022-03-31; support that is paid for goes on until 2030-12-31"]
        );
        assert_eq!(
            detail(&[own, ("oracle-jdk", "8+paid", "2025-12-31")]),
            ["support ended on 2022-03-31, and that which is paid for on 2025-12-31"]
        );
        assert_eq!(Namespace::paid_runtime("oracle-jdk", "8"), Namespace::runtime("oracle-jdk", "8+paid"));
    }

    #[test]
    fn what_a_distribution_brought_has_its_support() {
        check("deb golang 2:1.19~1\ngolang stdlib 1.19.8 owner=0", &[("go", "1.19", "2023-08-08")], "");
    }

    #[test]
    fn what_its_makers_packed_for_a_distribution_has_not() {
        let ends = [("nodejs", "16", "2023-09-11"), ("eclipse-temurin", "17", "2023-01-01")];
        let node = "nodejs 16.20.2 2023-09-11\nended-runtime nodejs 16.20.2";
        check("deb nodejs 16.20.2-1nodesource1\ngeneric node 16.20.2 owner=0", &ends, node);
        check("deb nodejs 16.20.2+dfsg-1\ngeneric node 16.20.2 owner=0", &ends, "");
        let temurin = "generic openjdk 17.0.9 purl=pkg:generic/eclipse/openjdk@17.0.9 owner=0";
        let ended = "eclipse-temurin 17.0.9 2023-01-01\nended-runtime eclipse-temurin 17.0.9";
        check(&format!("deb temurin-17-jdk 17.0.9.0.0+9\n{temurin}"), &ends, ended);
        check(&format!("deb openjdk-17-jdk 17.0.9+9-1~deb12u1\n{temurin}"), &ends, "");
        let ends = [("dotnet", "6", "2024-11-12")];
        let dotnet = "nuget Microsoft.NETCore.App.Runtime.linux-x64 6.0.36 framework owner=0";
        let ended = "dotnet 6.0.36 2024-11-12\nended-runtime dotnet 6.0.36";
        check(&format!("deb dotnet-runtime-6.0 6.0.36-1\n{dotnet}"), &ends, ended);
        check(&format!("deb dotnet-runtime-6.0 6.0.136-0ubuntu1~22.04.1\n{dotnet}"), &ends, "");
        // An RPM of somebody else.
        let ends = [("nodejs", "16", "2023-09-11")];
        let inventory = inventory("rhel 9.4", "rpm nodejs 16.20.2-1\ngeneric node 16.20.2 owner=0");
        let third_parties = BTreeSet::from([PackageIndex(0)]);
        assert_eq!(runtimes(&inventory, &facts(&ends), &third_parties).len(), 1);
        assert!(runtimes(&inventory, &facts(&ends), &BTreeSet::new()).is_empty());
    }

    #[test]
    fn every_runtime_of_a_builder_is_one_of_which_ends_are_read() {
        assert!(RUNTIMES.is_sorted());
        assert!(OF_JAVA.iter().all(|(_, product)| RUNTIMES.contains(product)));
    }
}
