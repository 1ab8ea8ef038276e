//! Packages, and rows of their keys, that are made up.

use std::collections::BTreeMap;

use matcher::consulted_keys;
use model::advisory::{
    AdvisorySet, Affected, AffectedRange, FixState, RangeEvent, RecordKind, RecordState, Row, Status,
};
use model::distro::Distro;
use model::ecosystem::Ecosystem;
use model::facts::{CoverageClass, FeedFacts, NamespaceFacts};
use model::inventory::Inventory;
use model::key::{KeyKind, Namespace, PackageKey};
use model::package::{Package, SourcePackage};
use testkit::mutate::Random;

/// Rows under each key: as many as a package of Debian has on average among those that an image holds.
const ROWS_PER_KEY: usize = 40;

/// Of so many rows one says that the installed version is affected.
const AFFECTED_EVERY: usize = 20;

/// Half of the packages are of Debian, three from each source; the others of npm.
pub(crate) fn inventory(n_packages: usize) -> (Inventory, FeedFacts) {
    let mut random = Random::new(1);
    let mut version = |tail: &str| {
        let numbers = [random.below(9), random.below(30), random.below(30)];
        format!("{}.{}.{}{tail}", numbers[0], numbers[1], numbers[2])
    };
    let package = |index: usize| match index % 2 {
        0 => {
            let (name, version) = (format!("libdemo{index}"), version("-2+deb12u1"));
            let purl = format!("pkg:deb/debian/{name}@{version}?distro=debian-12");
            let mut package = Package::new(Ecosystem::Deb, &name, &version, purl);
            let source = SourcePackage { name: format!("demo{}", index / 6), version: None };
            package.source = Some(source);
            package
        }
        _ => {
            let (name, version) = (format!("demo-{index}"), version(""));
            Package::new(Ecosystem::Npm, &name, &version, format!("pkg:npm/{name}@{version}"))
        }
    };
    let distro = Distro { id: "debian".to_owned(), version: Some("12".to_owned()), ..Distro::default() };
    let packages = (0..n_packages).map(package).collect();
    let namespace = |name: &str, coverage| {
        let providers = vec!["somebody".to_owned()];
        (Namespace::new(name), NamespaceFacts { coverage, providers, end_of_life: None })
    };
    let namespaces =
        [namespace("debian:12", CoverageClass::Complete), namespace("npm", CoverageClass::Complete)];
    let facts = FeedFacts { namespaces: namespaces.into(), ..FeedFacts::default() };
    (Inventory { distro: Some(distro), packages, ..Inventory::default() }, facts)
}

/// The rows of every key but those of binary packages, of which Debian says nothing.
pub(crate) fn rows(cases: &[matcher::Case]) -> AdvisorySet {
    let mut random = Random::new(2);
    let keys = consulted_keys(cases).into_iter();
    let with_rows = keys.map(|key| {
        let n_rows = if key.kind == KeyKind::Binary { 0 } else { ROWS_PER_KEY };
        let rows = (0..n_rows).map(|index| row(&key, index, &mut random)).collect();
        (key, rows)
    });
    AdvisorySet { rows: with_rows.collect::<BTreeMap<_, _>>() }
}

fn row(key: &PackageKey, index: usize, random: &mut Random) -> Row {
    let is_affected = index.is_multiple_of(AFFECTED_EVERY);
    // Below every version that is made here, or above it.
    let fixed = match is_affected {
        true => format!("{}.{}.1", 20 + random.below(9), random.below(30)),
        false => format!("0.0.{}", random.below(9)),
    };
    let record = format!("CVE-{}-{}", 2015 + random.below(11), 10_000 + random.below(40_000));
    let range = [RangeEvent::Introduced("0".into()), RangeEvent::Fixed(fixed.as_str().into())];
    let is_language = key.kind == KeyKind::Language;
    Row {
        provider: if is_language { "osv" } else { "debian" }.to_owned().into(),
        aliases: if is_language { vec![format!("GHSA-{record}").into()].into() } else { Vec::new().into() },
        record: record.into(),
        kind: RecordKind::Vulnerability,
        state: RecordState::Published,
        affected: Affected {
            fix_state: FixState::Fixed,
            ranges: vec![AffectedRange { events: range.into() }].into(),
            ..Affected::new(key.clone(), Status::Affected)
        },
    }
}
