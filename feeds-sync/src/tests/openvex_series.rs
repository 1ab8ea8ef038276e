//! What stands of statements of OpenVEX that are about builds, or go by several ids of one vulnerability.

use std::collections::BTreeMap;

use model::advisory::{Affected, Status};
use serde_json::{Value, json};

use crate::advisories::Advisories;
use crate::error::ParseError;
use crate::schema::openvex_rows;

const OLD: &str = "2024-05-01T00:00:00Z";
const NEW: &str = "2025-06-01T00:00:00Z";

/// Of one statement: the ids of its vulnerability, when it was made, its status, and its package.
type Said<'a> = (&'a str, &'a str, &'a str, &'a str);

fn document(said: &[Said<'_>]) -> String {
    let statement = |(ids, at, status, purl): &Said<'_>| {
        let mut ids = ids.split(' ');
        let name = ids.next().unwrap();
        json!({"vulnerability": {"name": name, "aliases": ids.collect::<Vec<_>>()}, "timestamp": at,
            "products": [{"@id": purl}], "status": status, "justification": "component_not_present"})
    };
    let statements: Vec<Value> = said.iter().map(statement).collect();
    json!({"@context": "https://openvex.dev/ns/v0.2.0", "statements": statements}).to_string()
}

fn read(documents: &[&[Said<'_>]]) -> Result<Advisories, ParseError> {
    let mut advisories = Advisories::default();
    for said in documents {
        openvex_rows::read(document(said).as_bytes(), &mut advisories)?;
    }
    Ok(advisories)
}

/// `id status versions [module architectures] but what it excepts` of each row.
fn rows(documents: &[&[Said<'_>]]) -> String {
    let row = |id: &str, affected: &Affected| {
        let versions: Vec<String> = affected.versions.iter().map(ToString::to_string).collect();
        let build = affected.conditions.as_deref().map(|asked| {
            let module = asked.module.as_deref().unwrap_or_default();
            format!(" [{module}{}]", asked.architectures.join(","))
        });
        let excepted = match affected.aside.unaffected.len() {
            0 => String::new(),
            n_excepted => format!(" but {n_excepted}"),
        };
        let versions = if versions.is_empty() { "all".to_owned() } else { versions.join(",") };
        format!("{id} {:?} {versions}{}{excepted}", affected.status, build.unwrap_or_default())
    };
    let namespaces = read(documents).unwrap().into_namespaces();
    let records = namespaces.values().flat_map(BTreeMap::values);
    let rows = records.flat_map(|record| record.affected.iter().map(|affected| row(&record.id, affected)));
    rows.collect::<Vec<_>>().join("; ")
}

/// What two statements in two documents come to, in whichever order these are read.
#[track_caller]
fn check(one: Said<'_>, other: Said<'_>, expected: &str) {
    assert_eq!(rows(&[&[one], &[other]]), expected);
    assert_eq!(rows(&[&[other], &[one]]), expected);
}

const AMD64: &str = "pkg:deb/debian/demo@1.0?distro=debian-12&arch=amd64";
const ARM64: &str = "pkg:deb/debian/demo@1.0?distro=debian-12&arch=arm64";
const EACH: &str = "pkg:deb/debian/demo@1.0?distro=debian-12";
const EACH_OF_ALL: &str = "pkg:deb/debian/demo?distro=debian-12";

#[test]
fn what_is_said_of_one_build_says_nothing_of_another() {
    let id = "CVE-2025-1";
    assert_eq!(
        rows(&[&[(id, NEW, "affected", AMD64), (id, NEW, "not_affected", ARM64)]]),
        "CVE-2025-1 Affected 1.0 [amd64]; CVE-2025-1 NotAffected 1.0 [arm64]"
    );
    let module = "pkg:rpm/redhat/demo?distro=rhel-9&rpmmod=demo:1:20250101:abc";
    assert_eq!(rows(&[&[(id, NEW, "not_affected", module)]]), "CVE-2025-1 NotAffected all [demo:1]");
    let noarch = "pkg:rpm/redhat/demo?distro=rhel-9&arch=noarch";
    assert_eq!(rows(&[&[(id, NEW, "affected", noarch)]]), "CVE-2025-1 Affected all");
}

#[test]
fn what_is_said_of_all_builds_takes_the_place_of_what_was_said_of_some() {
    let id = "CVE-2025-1";
    let (cleared, affected) = ("not_affected", "affected");
    check((id, OLD, cleared, AMD64), (id, NEW, affected, EACH), "CVE-2025-1 Affected 1.0");
    check((id, OLD, cleared, AMD64), (id, NEW, affected, EACH_OF_ALL), "CVE-2025-1 Affected all");
    check((id, OLD, affected, AMD64), (id, NEW, cleared, EACH), "CVE-2025-1 NotAffected 1.0");
    // One that clears some builds stands beside what holds for the others.
    check(
        (id, OLD, affected, EACH),
        (id, NEW, cleared, AMD64),
        "CVE-2025-1 Affected 1.0; CVE-2025-1 NotAffected 1.0 [amd64]",
    );
    // One that clears all of them cannot leave out some.
    check((id, OLD, cleared, EACH), (id, NEW, affected, AMD64), "CVE-2025-1 Affected 1.0 [amd64]");
    check(
        (id, OLD, cleared, EACH_OF_ALL),
        (id, NEW, affected, AMD64),
        "CVE-2025-1 NotAffected all but 1; CVE-2025-1 Affected 1.0 [amd64]",
    );
    check(
        (id, OLD, cleared, EACH_OF_ALL),
        (id, NEW, affected, EACH),
        "CVE-2025-1 NotAffected all but 1; CVE-2025-1 Affected 1.0",
    );
}

#[test]
fn of_one_time_what_suppresses_gives_way() {
    let (id, demo) = ("CVE-2025-1", "pkg:npm/demo@1.0.0");
    for cleared in ["not_affected", "fixed"] {
        check((id, NEW, cleared, demo), (id, NEW, "affected", demo), "CVE-2025-1 Affected 1.0.0");
        check(
            (id, NEW, cleared, demo),
            (id, NEW, "under_investigation", demo),
            "CVE-2025-1 UnderInvestigation 1.0.0",
        );
    }
    check((id, NEW, "fixed", demo), (id, NEW, "not_affected", demo), "CVE-2025-1 Fixed 1.0.0");
    // Neither does the place in a document decide.
    assert_eq!(
        rows(&[&[(id, NEW, "affected", demo), (id, NEW, "not_affected", demo)]]),
        "CVE-2025-1 Affected 1.0.0"
    );
}

#[test]
fn what_suppresses_gives_way_under_each_id_of_the_vulnerability() {
    let (demo, ghsa) = ("pkg:npm/demo", "GHSA-2222-2222-2222 CVE-2025-1");
    check(
        (ghsa, OLD, "not_affected", demo),
        ("CVE-2025-1", NEW, "affected", demo),
        "CVE-2025-1 Affected all",
    );
    check(
        (ghsa, OLD, "not_affected", demo),
        ("CVE-2025-1", NEW, "affected", "pkg:npm/demo@1.0.0"),
        "CVE-2025-1 Affected 1.0.0; GHSA-2222-2222-2222 NotAffected all but 1",
    );
    // What is affected is never taken away under another id: that two ids mean the same is somebody's word.
    check(
        (ghsa, OLD, "affected", demo),
        ("CVE-2025-1", NEW, "not_affected", demo),
        "CVE-2025-1 NotAffected all; GHSA-2222-2222-2222 Affected all",
    );
    check(
        (ghsa, OLD, "not_affected", demo),
        ("CVE-2025-2", NEW, "affected", demo),
        "CVE-2025-2 Affected all; GHSA-2222-2222-2222 NotAffected all",
    );
}

#[test]
fn spellings_of_one_version_are_one() {
    let id = "CVE-2025-1";
    for (old, new, expected) in [
        ("pkg:golang/acme.example/demo@1.2.3", "pkg:golang/acme.example/demo@v1.2.3", "v1.2.3"),
        ("pkg:pypi/demo@1.0", "pkg:pypi/demo@1.0.0", "1.0.0"),
        ("pkg:maven/acme/demo@1.0.0", "pkg:maven/acme/demo@1", "1"),
    ] {
        check(
            (id, OLD, "not_affected", old),
            (id, NEW, "affected", new),
            &format!("{id} Affected {expected}"),
        );
    }
    let (one, other) =
        ("pkg:deb/debian/demo@1.0?distro=debian-12", "pkg:deb/debian/demo@1.0.0?distro=debian-12");
    check(
        (id, OLD, "not_affected", one),
        (id, NEW, "affected", other),
        "CVE-2025-1 NotAffected 1.0; CVE-2025-1 Affected 1.0.0",
    );
}

#[test]
fn builds_of_one_package_without_end_are_refused() {
    let purls: Vec<String> =
        (0..1_000).map(|build| format!("pkg:deb/debian/demo?distro=debian-12&arch=of{build}")).collect();
    let said: Vec<Said<'_>> = purls.iter().map(|purl| ("CVE-2025-1", NEW, "affected", &**purl)).collect();
    let error = read(&[&said]).unwrap_err().to_string();
    assert!(error.contains("builds of one package"), "{error}");
    assert!(read(&[&said[..100]]).is_ok());
}

/// How many rows there are that suppress, that except versions, and others, and how many versions are excepted, where each of
/// `packages` is not affected under `n_ids` ids of one vulnerability, and then affected in `n_versions` versions.
fn excepted(packages: &[&str], n_ids: usize, n_versions: usize) -> [usize; 4] {
    let ids: Vec<String> = (0..n_ids).map(|id| format!("X-{id} CVE-2025-1")).collect();
    let named = |package: &&str| (0..n_versions).map(|it| format!("{package}@{it}")).collect::<Vec<String>>();
    let purls: Vec<String> = packages.iter().flat_map(named).collect();
    let cleared = packages.iter().flat_map(|purl| ids.iter().map(|id| (&**id, OLD, "not_affected", *purl)));
    let affected = purls.iter().map(|purl| ("CVE-2025-1", NEW, "affected", &**purl));
    let said: Vec<Said<'_>> = cleared.chain(affected).collect();
    let namespaces = read(&[&said]).unwrap().into_namespaces();
    let mut counts = [0; 4];
    for row in namespaces.values().flat_map(BTreeMap::values).flat_map(|record| &record.affected) {
        let n_excepted = row.aside.unaffected.len();
        let is_clearing = row.status == Status::NotAffected;
        counts[0] += usize::from(is_clearing);
        counts[1] += usize::from(n_excepted > 0);
        counts[2] += usize::from(!is_clearing);
        counts[3] += n_excepted;
    }
    counts
}

#[test]
fn what_suppresses_under_many_ids_but_for_many_versions_stands_no_more() {
    assert_eq!(excepted(&["pkg:npm/demo"], 20, 30), [20, 20, 30, 600]);
    assert_eq!(excepted(&["pkg:npm/demo"], 600, 600), [0, 0, 600, 0]);
    // Of one package there may be as many, of all together not.
    let packages = ["a", "b", "c", "d", "e", "f"].map(|name| format!("pkg:npm/{name}"));
    let packages = packages.each_ref().map(|purl| &**purl);
    assert_eq!(excepted(&packages, 500, 400), [2_500, 2_500, 2_400, 1_000_000]);
}

#[test]
fn what_is_said_of_many_builds_but_for_many_versions_suppresses_nothing() {
    let rows_of = |package: usize| {
        let purl = move |version: String, arch: String| {
            format!("pkg:deb/debian/demo-{package}{version}?distro=debian-12{arch}")
        };
        let builds =
            (0..300).map(move |it| ("not_affected", OLD, purl(String::new(), format!("&arch=of{it}"))));
        builds.chain((0..500).map(move |it| ("affected", NEW, purl(format!("@{it}"), String::new()))))
    };
    let purls: Vec<_> = (0..8).flat_map(rows_of).collect();
    let said: Vec<Said<'_>> =
        purls.iter().map(|(status, at, purl)| ("CVE-2025-1", *at, *status, &**purl)).collect();
    let namespaces = read(&[&said]).unwrap().into_namespaces();
    let rows = || namespaces.values().flat_map(BTreeMap::values).flat_map(|record| &record.affected);
    // 150,000 of each package, of which six are within a million.
    assert_eq!(rows().map(|row| row.aside.unaffected.len()).sum::<usize>(), 900_000);
    let is_affected = |row: &&Affected| row.status == Status::Affected;
    assert_eq!((rows().count(), rows().filter(is_affected).count()), (6 * 300 + 8 * 500, 8 * 500));
}
