//! Each rule of judgement as packages, rows and the findings they give; the regression cases of feeds.md D11
//! have a file of their own.

use std::collections::BTreeSet;

use model::advisory::{AffectedRange, PublishedFix, RangeEvent};
use model::finding::{MatchType, Verdict};
use model::inventory::{Inventory, Part};
use model::key::Namespace;
use model::package::{Package, PackageIndex, PartIndex};
use proptest::prelude::*;

use super::*;
use crate::fixture::{advisories, check, facts, inventory, text};
use crate::{Besides, Fallback, cases, cases_with, namespaces};

const DEMO: &str = "deb libdemo1 1.0-2+b1 source=demo@1.0-2";

#[test]
fn ranges_decide() {
    let check = |row: &str, expected: &str| {
        check("debian 12", DEMO, &format!("debian:12|source|demo debian {row}"), expected);
    };
    check("CVE-1 >=0 <1.0-3", "CVE-1 | libdemo1 | affected | fixed 1.0-3");
    // The source's version is compared, not the rebuilt binary's, which is above this fix.
    check("CVE-1 >=0 <1.0-2+b0", "CVE-1 | libdemo1 | affected | fixed 1.0-2+b0");
    check("CVE-1 >=0 <1.0-2", "");
    check("CVE-1 >=0 <=1.0-2", "CVE-1 | libdemo1 | affected | not-fixed");
    check("CVE-1 >=0 <=1.0-1", "");
    check("CVE-1 >=1.0-3", "");
    check("CVE-1 >=0 <0.9 or >=1.0 <1.1", "CVE-1 | libdemo1 | affected | fixed 1.1");
    check("CVE-1 >=0 <0.9 >=1.0 <1.1", "CVE-1 | libdemo1 | affected | fixed 1.1");
    check("CVE-1 >=0 wont-fix", "CVE-1 | libdemo1 | affected | wont-fix");
    check("CVE-1 all", "CVE-1 | libdemo1 | affected | not-fixed");
    check("CVE-1 never", "");
    check("CVE-1 =1.0-2 =1.0-1", "CVE-1 | libdemo1 | affected | not-fixed");
    check("CVE-1 =1.0-1", "");
    check("CVE-1 >=0 limit=1.0-2", "");
    check("CVE-1 >=0 limit=1.0-3", "CVE-1 | libdemo1 | affected | not-fixed");
    check("CVE-1 >=0 investigating", "CVE-1 | libdemo1 | under-investigation | not-fixed");
    check("CVE-1 >=0 undetermined", "CVE-1 | libdemo1 | vendor-undetermined | not-fixed");
}

#[test]
fn events_need_no_order_and_damaged_ranges_warn() {
    let check = |row: &str, expected: &str| {
        check("debian 12", DEMO, &format!("debian:12|source|demo debian {row}"), expected);
    };
    check("CVE-1 <1.1 >=1.0 <0.9 >=0", "CVE-1 | libdemo1 | affected | fixed 1.1");
    // Adjacent: fixed in 1.0-2 and broken again by it.
    check("CVE-1 >=0 <1.0-2 >=1.0-2 <2", "CVE-1 | libdemo1 | affected | fixed 2");
    // Empty: broken and fixed by the same version.
    check("CVE-1 >=1.0-2 <1.0-2", "");
    // Inverted.
    check("CVE-1 >=1.0 <0.5", "CVE-1 | libdemo1 | affected | not-fixed");
    check("CVE-1 >=0 <0", "");
    check("CVE-1 <2.0", "");
}

#[test]
fn what_cannot_be_read_is_undetermined_and_never_silent() {
    let rows = "
        debian:12|source|demo debian CVE-1 >=0 <1.0-3
        debian:12|source|demo debian CVE-2 >=0
        debian:12|source|demo debian CVE-3 =1.0_é
        debian:12|source|demo debian CVE-4 =1.0
        debian:12|source|demo debian CVE-5 never";
    check(
        "debian 12",
        "deb demo 1.0_é",
        rows,
        "CVE-1 | demo | unreadable-version | fixed 1.0-3
         CVE-2 | demo | affected | not-fixed
         CVE-3 | demo | affected | not-fixed",
    );
    let rows = "
        debian:12|source|demo debian CVE-1 >=0 <1.0-é
        debian:12|source|demo debian CVE-2 >=0 <1.0-é or >=1.0 <3.0";
    check(
        "debian 12",
        "deb demo 2.0",
        rows,
        "CVE-1 | demo | unreadable-bound | fixed 1.0-é
         CVE-2 | demo | affected | fixed 3.0",
    );
}

#[test]
fn binary_rows_come_before_source_rows_and_a_denial_before_a_fix() {
    check(
        "debian 12",
        DEMO,
        "debian:12|source|demo debian CVE-1 >=0 <2.0
         debian:12|binary|libdemo1 debian CVE-1 >=0 <1.0-2",
        "CVE-1 | libdemo1 | vendor-fixed by CVE-1 | fixed 1.0-2",
    );
    check(
        "debian 12",
        DEMO,
        "debian:12|source|demo debian CVE-1 >=0 <2.0
         debian:12|source|demo debian CVE-1 never",
        "CVE-1 | libdemo1 | vendor-not-affected by CVE-1 | not-fixed",
    );
}

#[test]
fn a_rebuild_asks_whom_it_was_made_from_what_is_not_fixed() {
    let package = "rpm demo 1.0-3.el9_4";
    let open = "redhat:9|source|demo redhat CVE-1 >=0 wont-fix";
    check("almalinux 9.4", package, open, "CVE-1 | demo | affected | wont-fix");
    // Versions of its fixes are not the rebuild's.
    check("almalinux 9.4", package, "redhat:9|binary|demo redhat CVE-1 >=0 <1.0-4.el9_4", "");
    // What the rebuild's own vendor fixed is fixed, and its fix is the one that is shown.
    let own = "almalinux:9|binary|demo almalinux CVE-1 >=0 <1.0-3.el9_4.alma.1";
    check(
        "almalinux 9.4",
        package,
        &format!("{open}\n{own}"),
        "CVE-1 | demo | affected | fixed 1.0-3.el9_4.alma.1",
    );
    check(
        "almalinux 9.4",
        "rpm demo 1.0-3.el9_4.alma.1",
        &format!("{open}\n{own}"),
        "CVE-1 | demo | vendor-fixed by CVE-1 | fixed 1.0-3.el9_4.alma.1",
    );
}

#[test]
fn a_rebuild_asks_nobody_else_where_that_is_switched_off() {
    let inventory = inventory("almalinux 9.4", "rpm demo 1.0-3.el9_4");
    let besides = Besides { fallback: &Fallback::Off, unfixed_from_rhel: false };
    let cases = cases_with(&inventory, &facts(), besides);
    assert!(namespaces(&cases).iter().map(Namespace::as_str).eq(["almalinux:9"]));
    let rows = "redhat:9|source|demo redhat CVE-1 >=0 wont-fix
                almalinux:9|binary|demo almalinux CVE-2 >=0 <1.0-4.el9_4";
    let findings = find(&cases, &advisories(&inventory, rows));
    assert_eq!(findings.iter().map(|finding| finding.id.as_str()).collect::<Vec<_>>(), ["CVE-2"]);
}

#[test]
fn a_fix_has_its_day_and_one_that_must_be_bought_is_told() {
    let inventory = inventory("ubuntu 22.04", "deb demo 1.0-1");
    let mut advisories = advisories(&inventory, "ubuntu:22.04|source|demo ubuntu CVE-1 >=0 <1.0-2");
    let row = advisories.rows.values_mut().flatten().next().unwrap();
    let fix = |version: &str, date: &str, channel: Option<&str>| PublishedFix {
        version: Some(version.into()),
        date: Some(date.into()),
        channel: channel.map(Into::into),
        ..PublishedFix::default()
    };
    row.affected.aside.fixes = vec![
        fix("1.0-2", "2026-02-02", None),
        fix("1.0-2", "2026-02-01", None),
        fix("1.0-1+esm1", "2026-01-01", Some("esm-infra")),
    ];
    let findings = find(&cases(&inventory, &facts()), &advisories);
    let found = &findings[0].fix;
    assert_eq!(found.date.as_deref(), Some("2026-02-01"));
    assert_eq!((found.elsewhere.len(), found.elsewhere[0].channel.as_str()), (1, "esm-infra"));
    assert_eq!(found.elsewhere[0].version.as_deref(), Some("1.0-1+esm1"));
}

#[test]
fn architectures_systems_and_marks_keep_rows_away() {
    let row = "redhat:9|binary|demo redhat CVE-1 >=0 <2.0-1.el9 arch=x86_64,s390x";
    let affected = "CVE-1 | demo | affected | fixed 2.0-1.el9";
    check("rhel 9.4", "rpm demo 1.0-1.el9 arch=x86_64", row, affected);
    check("rhel 9.4", "rpm demo 1.0-1.el9 arch=aarch64", row, "");
    check("rhel 9.4", "rpm demo 1.0-1.el9 arch=noarch", row, affected);
    check("rhel 9.4", "rpm demo 1.0-1.el9", row, affected);

    let on = |system: &str| format!("cargo|language|demo osv RUSTSEC-1 >=0 <2.0.0 system={system}");
    let affected = "RUSTSEC-1 | demo | affected | fixed 2.0.0";
    check("debian 12", "cargo demo 1.0.0", &on("windows"), "");
    check("debian 12", "cargo demo 1.0.0", &on("windows,linux"), affected);
    check("debian 12", "cargo demo 1.0.0", &on("x64-based-systems"), affected);
    // Nothing says which system it is for.
    check("", "cargo demo 1.0.0", &on("windows"), affected);

    let rows = "
        pypi|language|demo osv GHSA-1,CVE-1 >=0 <2.0
        pypi|language|demo osv CGA-1,CVE-1 =1.0+cgr.1 mark=+cgr holds-fix";
    check("", "pypi demo 1.0+cgr.1", rows, "CVE-1 CGA-1 GHSA-1 | demo | vendor-fixed by CGA-1 | not-fixed");
    check("", "pypi demo 1.0", rows, "CVE-1 GHSA-1 | demo | affected | fixed 2.0");
}

#[test]
fn rows_of_minor_releases_yield_to_the_nearest() {
    let rows = "
        redhat:10|binary|demo redhat CVE-1 >=0 <1.0-3.el10_0 product=cpe:/o:redhat:enterprise_linux:10.0
        redhat:10|binary|demo redhat CVE-1 >=0 <1.0-4.el10_1 product=cpe:/o:redhat:enterprise_linux:10.1";
    let package = "rpm demo 1.0-2.el10";
    check("rhel 10.0", package, rows, "CVE-1 | demo | affected | fixed 1.0-3.el10_0");
    check("rhel 10.1", package, rows, "CVE-1 | demo | affected | fixed 1.0-4.el10_1");
    check("rhel 10.2", package, rows, "CVE-1 | demo | affected | fixed 1.0-4.el10_1");
    check("rhel 10", package, rows, "CVE-1 | demo | affected | fixed 1.0-4.el10_1");
}

#[test]
fn layered_products_are_asked_by_images_that_are_them() {
    let row = "redhat:openshift|source|demo redhat CVE-1 >=0 product=cpe:/a:redhat:openshift:4.14";
    let package = "rpm demo 1.0-2.rhaos4.14.el9";
    check("rhel 9.2", package, row, "");
    let image = |version: &str| format!("rhel 9.2 cpe=cpe:/a:redhat:openshift:{version}::el9");
    check(&image("4.14"), package, row, "CVE-1 | demo | affected | not-fixed");
    check(&image("4.15"), package, row, "");
}

#[test]
fn the_preferred_source_decides_both_ways() {
    check(
        "",
        "pypi demo 1.5",
        "pypi|language|demo osv GHSA-1,CVE-1 >=0 <1.4
         pypi|language|demo osv PYSEC-1,CVE-1 >=0 <1.6",
        "CVE-1 GHSA-1 PYSEC-1 | demo | vendor-fixed by GHSA-1 | fixed 1.4",
    );
    check(
        "",
        "golang example.com/m v1.5.0",
        "golang|language|example.com/m osv GHSA-1,CVE-1 >=0 <1.4.0
         golang|language|example.com/m osv GO-1,CVE-1 >=0 <1.6.0",
        "CVE-1 GHSA-1 GO-1 | example.com/m | affected | fixed 1.6.0",
    );
    check(
        "",
        "golang example.com/m v1.5.0",
        "golang|language|example.com/m osv GHSA-1,CVE-1 >=0 <1.4.0
         golang|language|example.com/m osv GO-1,CVE-1 >=0 reason=UNREVIEWED",
        "CVE-1 GHSA-1 GO-1 | example.com/m | vendor-fixed by GHSA-1 | fixed 1.4.0",
    );
    // That an unreadable version is not on a list does not clear it.
    check(
        "",
        "pypi demo latest",
        "pypi|language|demo osv GHSA-1,CVE-1 >=0 <1.4
         pypi|language|demo osv PYSEC-1,CVE-1 =1.6",
        "CVE-1 GHSA-1 PYSEC-1 | demo | unreadable-version | fixed 1.4",
    );
    // A source that cannot be read leaves the answer to the next.
    check(
        "",
        "pypi demo 1.5",
        "pypi|language|demo osv GHSA-1,CVE-1 >=0 <x.y
         pypi|language|demo osv PYSEC-1,CVE-1 >=0 <1.6",
        "CVE-1 GHSA-1 PYSEC-1 | demo | affected | fixed 1.6",
    );
}

#[test]
fn go_versions_meet_records_in_every_spelling() {
    let rows = "golang|language|stdlib osv GO-1 >=0 <1.21.0-rc.3";
    for (version, is_affected) in
        [("go1.21rc2", true), ("go1.21rc10", false), ("1.21.0", false), ("go1.20.5 X:boringcrypto", true)]
    {
        let inventory = inventory("", "golang stdlib 0");
        let mut cases = cases(&inventory, &facts());
        cases[0].consulted[0].version = version.into();
        let findings = find(&cases, &advisories(&inventory, rows));
        assert_eq!(!findings.is_empty(), is_affected, "{version}");
    }
    check(
        "",
        "golang example.com/m v2.0.0+incompatible",
        "golang|language|example.com/m osv GO-1 >=0 <2.0.0",
        "",
    );
}

#[test]
fn withdrawn_records_say_nothing_and_rejected_ones_stay_visible_in_distributions() {
    check("", "npm demo 1.0.0", "npm|language|demo osv GHSA-1,CVE-1 >=0 withdrawn", "");
    check("", "npm demo 1.0.0", "npm|language|demo osv CVE-1 >=0 rejected", "");
    check(
        "debian 12",
        "deb demo 1.0",
        "debian:12|source|demo debian CVE-1 >=0 rejected",
        "CVE-1 | demo | record-rejected by CVE-1 | not-fixed",
    );
    check(
        "",
        "npm demo 1.0.0",
        "npm|language|demo osv GHSA-1,CVE-1 >=0 withdrawn
         npm|language|demo osv GHSA-2,CVE-1 >=0 <2.0.0",
        "CVE-1 GHSA-2 | demo | affected | fixed 2.0.0",
    );
}

#[test]
fn a_complete_vendor_answers_for_the_language_packages_it_owns() {
    let packages = "deb python3-demo 1.0-1\npypi demo 1.0 owner=0";
    let row = "pypi|language|demo osv GHSA-1,CVE-1 >=0 <2.0";
    check(
        "debian 12",
        packages,
        row,
        "CVE-1 GHSA-1 | demo | owned-by-distro-package by pkg:deb/python3-demo@1.0-1 | fixed 2.0",
    );
    // Where the vendor's feed is not held, nobody answers for it.
    let inventory = inventory("debian 12", packages);
    let mut advisories = advisories(&inventory, row);
    advisories.rows.retain(|key, _| key.namespace.as_str() != "debian:12");
    let findings = find(&cases(&inventory, &facts()), &advisories);
    assert_eq!(text(&findings, &inventory), "CVE-1 GHSA-1 | demo | affected | fixed 2.0");
}

#[test]
fn a_fix_only_vendor_answers_where_it_speaks() {
    let packages = "apk py3-demo 1.0-r1\npypi demo 1.0 owner=0";
    let upstream = "pypi|language|demo osv GHSA-1,CVE-1 >=0 <2.0";
    check("alpine 3.20", packages, upstream, "CVE-1 GHSA-1 | demo | affected | fixed 2.0");
    check(
        "alpine 3.20",
        packages,
        &format!("{upstream}\nalpine:3.20|source|py3-demo alpine CVE-1 >=0 <1.0-r1"),
        "CVE-1 GHSA-1 | demo | vendor-fixed by CVE-1 | fixed 2.0",
    );
    check(
        "alpine 3.20",
        packages,
        &format!("{upstream}\nalpine:3.20|source|py3-demo alpine CVE-1 never"),
        "CVE-1 GHSA-1 | demo | vendor-not-affected by CVE-1 | fixed 2.0",
    );
    check(
        "alpine 3.20",
        packages,
        &format!("{upstream}\nalpine:3.20|source|py3-demo alpine CVE-1 >=0 <1.0-r2"),
        "CVE-1 | py3-demo | affected | fixed 1.0-r2
         CVE-1 GHSA-1 | demo | affected | fixed 2.0",
    );
}

#[test]
fn modules_inside_an_owned_binary_are_kept() {
    check(
        "debian 12",
        "deb tool 1.0-1\ngolang example.com/m v1.0.0 owner=0",
        "golang|language|example.com/m osv GO-1,CVE-1 >=0 <2.0.0",
        "CVE-1 GO-1 | example.com/m | affected | fixed 2.0.0",
    );
    check(
        "debian 12",
        "deb tool 1.0-1\ngolang example.com/m v1.0.0 owner=0",
        "golang|language|example.com/m osv GO-1,CVE-1 >=0 <2.0.0
         debian:12|source|tool debian CVE-1 >=0 <1.0-1",
        "CVE-1 GO-1 | example.com/m | vendor-fixed by CVE-1 | fixed 2.0.0",
    );
}

#[test]
fn kernel_headers_hold_no_kernel() {
    let rows = "debian:12|source|linux debian CVE-1 >=0";
    for name in ["linux-libc-dev", "linux-headers-6.1.0-28-amd64", "linux-kbuild-6.1"] {
        let expected = format!("CVE-1 | {name} | kernel-headers by CVE-1 | not-fixed");
        check("debian 12", &format!("deb {name} 6.1.119-1 source=linux"), rows, &expected);
    }
    check(
        "debian 12",
        "deb linux-image-6.1.0-28-amd64 6.1.119-1 source=linux",
        rows,
        "CVE-1 | linux-image-6.1.0-28-amd64 | affected | not-fixed",
    );
}

#[test]
fn instances_of_one_package_are_one_finding() {
    check(
        "",
        "npm demo 1.0.0\nnpm other 1.0.0\nnpm demo 1.0.0",
        "npm|language|demo osv GHSA-1 >=0 <2.0.0",
        "GHSA-1 | demo demo | affected | fixed 2.0.0",
    );
}

#[test]
fn packages_of_mixed_releases_are_judged_by_each() {
    check(
        "alpine 3.20 repository=https://mirror/alpine/v3.20/main repository=@testing+https://mirror/alpine/edge/testing",
        "apk demo 1.0-r1",
        "alpine:3.20|source|demo alpine CVE-1 >=0 <1.0-r1
         alpine:edge|source|demo alpine CVE-1 >=0 <1.1-r0",
        "CVE-1 | demo | affected | fixed 1.1-r0",
    );
}

#[test]
fn evidence_says_what_was_compared_with_what() {
    let inventory = inventory("debian 12", DEMO);
    let rows = "debian:12|source|demo debian CVE-1 >=0 <0.5 or >=0.9 <1.0-3";
    let findings = find(&cases(&inventory, &facts()), &advisories(&inventory, rows));
    let evidence = &findings[0].evidence[0];
    assert_eq!(evidence.range, ">= 0.9, < 1.0-3");
    assert_eq!(evidence.compared.as_str(), "1.0-2");
    assert_eq!(evidence.match_type, MatchType::Indirect);
    assert!((evidence.confidence - 1.0).abs() < f64::EPSILON);
}

#[test]
fn absurd_versions_and_giant_groups_are_judged_like_any_other() {
    let absurd = [
        "9".repeat(1 << 20),
        "1.".repeat(1 << 15) + "1",
        format!("1.0-{}", "a.".repeat(1 << 15) + "a"),
        "1.0\u{0}\u{7}".to_owned(),
        "\u{202e}0.1\u{200f}".to_owned(),
        "-".repeat(1 << 16),
        "\u{1f6a2}".to_owned(),
    ];
    for ecosystem in ["deb", "apk", "npm", "pypi", "golang", "pub", "cargo"] {
        let mut inventory = inventory("", &format!("{ecosystem} demo 1.0"));
        inventory.distro = crate::fixture::distro(match ecosystem {
            "deb" => "debian 12",
            _ => "alpine 3.20",
        });
        let cases = cases(&inventory, &facts());
        let key = cases[0].consulted.last().unwrap().key.clone();
        for version in &absurd {
            let mut cases = cases.clone();
            for consulted in &mut cases[0].consulted {
                consulted.version = version.as_str().into();
            }
            let mut row = crate::fixture::row("npm|language|demo osv CVE-1 >=0 <2.0");
            row.affected.key = key.clone();
            row.affected.ranges.push(model::advisory::AffectedRange {
                events: vec![RangeEvent::Introduced(version.as_str().into())].into(),
            });
            let advisories = AdvisorySet { rows: [(key.clone(), vec![row])].into() };
            // A number of any size is at its own bound; what is no version is undetermined. Never silent.
            assert_eq!(find(&cases, &advisories).len(), 1, "{ecosystem} {:.20}", version);
        }
    }

    let aliases: String = (0..10_000).map(|number| format!(",OSV-{number}")).collect();
    let rows = format!("npm|language|demo osv GHSA-1{aliases} >=0\n");
    let inventory = inventory("", "npm demo 1.0.0");
    let findings = find(&cases(&inventory, &facts()), &advisories(&inventory, &rows));
    assert_eq!((findings.len(), findings[0].aliases.len()), (1, 10_000));
}

/// Small worlds in which ids, sources, ranges and owners meet in many ways.
fn world() -> impl Strategy<Value = (Vec<String>, Vec<String>)> {
    let package = (0..4_usize, 0..4_usize, 0..3_usize).prop_map(|(name, version, kind)| match kind {
        0 => format!("deb demo{name} 1.{version}-1"),
        1 => format!("pypi demo{name} 1.{version}"),
        _ => format!("pypi demo{name} 1.{version} owner=0"),
    });
    let row = (0..4_usize, 0..5_usize, 0..5_usize, 0..5_usize, 0..6_usize).prop_map(
        |(name, id, alias, version, kind)| {
            let (key, provider) = match kind % 3 {
                0 => ("debian:12|source", "debian"),
                1 => ("debian:12|binary", "osv"),
                _ => ("pypi|language", "osv"),
            };
            let kinds = ["CVE", "GHSA", "PYSEC", "OSV", "CVE"];
            let says = match kind {
                0..4 => format!(">=0 <1.{version}"),
                4 => "never".to_owned(),
                _ => "all".to_owned(),
            };
            let (id_kind, alias_kind) = (kinds[id], kinds[alias]);
            format!("{key}|demo{name} {provider} {id_kind}-{id},{alias_kind}-{alias} {says}")
        },
    );
    let packages = proptest::collection::vec(package, 1..8);
    (packages, proptest::collection::vec(row, 0..24))
}

fn findings_of(packages: &[String], rows: &[String], turn: usize) -> BTreeSet<String> {
    let inventory = inventory("debian 12", &format!("deb demo0 1.0-1\n{}", packages.join("\n")));
    let mut turned = cases(&inventory, &facts());
    let length = turned.len();
    turned.rotate_left(turn % length);
    let mut advisories = advisories(&inventory, &rows.join("\n"));
    for rows in advisories.rows.values_mut() {
        let length = rows.len().max(1);
        rows.rotate_left(turn % length);
    }
    let findings = find(&turned, &advisories);
    text(&findings, &inventory).lines().map(str::to_owned).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_order_of_packages_and_rows_does_not_matter((packages, rows) in world(), turn in 1..7_usize) {
        let straight = findings_of(&packages, &rows, 0);
        prop_assert_eq!(&straight, &findings_of(&packages, &rows, turn));
        let reversed: Vec<String> = packages.iter().rev().cloned().collect();
        prop_assert_eq!(&straight, &findings_of(&reversed, &rows, turn));
    }

    #[test]
    fn it_does_not_matter_how_cases_are_shared_out((packages, rows) in world(), n_parts in 1..5_usize) {
        let inventory = inventory("debian 12", &format!("deb demo0 1.0-1\n{}", packages.join("\n")));
        let (cases, advisories) = (cases(&inventory, &facts()), advisories(&inventory, &rows.join("\n")));
        let parts = (0..n_parts).rev().map(|number| {
            let mut finder = Finder::new(&advisories);
            cases.chunks(2).skip(number).step_by(n_parts).for_each(|cases| finder.add(cases));
            finder.finish()
        });
        prop_assert!(gather(parts) == find(&cases, &advisories));
    }

    #[test]
    fn one_package_and_vulnerability_have_one_finding((packages, rows) in world()) {
        let inventory = inventory("debian 12", &format!("deb demo0 1.0-1\n{}", packages.join("\n")));
        let findings = find(&cases(&inventory, &facts()), &advisories(&inventory, &rows.join("\n")));
        let keys: BTreeSet<_> =
            findings.iter().map(|finding| (&finding.id, &finding.packages)).collect();
        prop_assert_eq!(keys.len(), findings.len());
        for finding in &findings {
            let is_denied = matches!(finding.verdict, Verdict::NotAffected { .. });
            prop_assert_eq!(finding.suppressed.is_some(), is_denied);
        }
    }
}

/// Packages of several distributions in one inventory, as `sbom::merge` makes it.
fn merged(parts: &[Inventory]) -> Inventory {
    let mut merged = Inventory::default();
    for (number, part) in parts.iter().enumerate() {
        let first = merged.packages.len() as u32;
        merged.packages.extend(part.packages.iter().map(|package| Package {
            part: Some(PartIndex(number as u32)),
            owner: package.owner.map(|owner| PackageIndex(first + owner.0)),
            ..package.clone()
        }));
        merged.parts.push(Part { distro: part.distro.clone(), ..Part::default() });
    }
    merged
}

/// Each finding of each package, with the number of its part.
fn of_packages(inventory: &Inventory, rows: &str, part: u32) -> BTreeSet<String> {
    let findings = find(&cases(inventory, &facts()), &advisories(inventory, rows));
    let line = |finding: &Finding, index: PackageIndex| {
        let package = inventory.package(index);
        let part = package.part.map_or(part, |part| part.0);
        let Finding { id, verdict, fix, .. } = finding;
        format!("{part} {} {} {id} {verdict:?} {fix:?}", package.name, package.version)
    };
    let lines =
        findings.iter().flat_map(|finding| finding.packages.iter().map(move |&index| line(finding, index)));
    lines.collect()
}

#[test]
fn a_merged_inventory_has_the_findings_of_its_parts() {
    let rows = "
        debian:12|source|demo debian CVE-1 >=0 <1.0-3
        debian:11|source|demo debian CVE-1 >=0 <1.0-1
        debian:11|source|demo debian CVE-2 >=0 wont-fix
        debian:12|source|node-lib debian CVE-3 never
        alpine:3.20|source|demo alpine CVE-4 >=0 <1.1-r0
        alpine:3.19|source|demo alpine CVE-4 >=0 <0.9-r0
        npm|language|lib osv CVE-3 >=0 <2.0.0";
    let debian = format!("{DEMO}\ndeb node-lib 1.0\nnpm lib 1.0.0 owner=1");
    let parts = [
        inventory("debian 12", &debian),
        inventory("alpine 3.20", "apk demo 1.0-r0"),
        inventory("debian 11", &debian),
        inventory("alpine 3.19", "apk demo 1.0-r0"),
        // A source tree: nothing of a distribution, and the same package without its owner.
        inventory("", "npm lib 1.0.0"),
        // The same image twice: equal cases, both packages.
        inventory("debian 12", &debian),
    ];
    let all = of_packages(&merged(&parts), rows, 0);
    let numbered = parts.iter().zip(0..);
    let each: BTreeSet<String> =
        numbered.flat_map(|(part, number)| of_packages(part, rows, number)).collect();
    assert_eq!(all, each);
    assert_eq!(all.len(), 8, "{all:#?}");
}

#[test]
fn coverage_of_a_merged_inventory_is_that_of_its_parts() {
    let parts = [inventory("debian 12", DEMO), inventory("", DEMO), inventory("alpine 3.5", "apk a 1.0-r0")];
    let merged = merged(&parts);
    let reasons = |inventory: &Inventory| {
        let cases = cases(inventory, &facts());
        let reasons = cases.iter().map(|case| case.unmatched.as_ref().map(|(reason, _)| *reason));
        reasons.collect::<Vec<_>>()
    };
    assert_eq!(reasons(&merged), parts.iter().flat_map(reasons).collect::<Vec<_>>());
}

#[test]
fn private_advisories_decide_before_a_vendor() {
    let check = |private: &str, vendor: &str, expected: &str| {
        let rows = format!(
            "debian:12|binary|libdemo1 private P-1,CVE-1 {private}\ndebian:12|source|demo debian CVE-1 {vendor}"
        );
        check("debian 12", DEMO, &rows, expected);
    };
    check("never", "all", "CVE-1 P-1 | libdemo1 | private-not-affected by P-1 | not-fixed");
    check("all", "never", "CVE-1 P-1 | libdemo1 | affected | not-fixed");
    check("all", "rejected", "P-1 CVE-1 | libdemo1 | affected | not-fixed");
    check(">=0 <1.0-2", "all", "CVE-1 P-1 | libdemo1 | private-fixed by P-1 | fixed 1.0-2");
    check(">=0 <1.0-9", ">=0 <1.0-2", "CVE-1 P-1 | libdemo1 | affected | fixed 1.0-9");
    check(">=2", "all", "CVE-1 P-1 | libdemo1 | private-not-affected by P-1 | not-fixed");
    // Nothing is decided by what is not decided.
    check("investigating", "all", "CVE-1 P-1 | libdemo1 | affected | not-fixed");
    check("investigating", "never", "CVE-1 P-1 | libdemo1 | vendor-not-affected by CVE-1 | not-fixed");
    // What may be for another build clears nothing; that something is affected counts.
    check("never arch=aarch64", "all", "CVE-1 P-1 | libdemo1 | affected | not-fixed");
    check(">=0 <1.0-1 arch=aarch64", "all", "CVE-1 P-1 | libdemo1 | affected | not-fixed");
    check("all arch=aarch64", "never", "CVE-1 P-1 | libdemo1 | affected | not-fixed");
}

#[test]
fn a_statement_about_some_versions_says_nothing_of_others() {
    let check = |private: &str, expected: &str| {
        let rows = format!(
            "npm|language|demo private P-1,CVE-1 {private}\nnpm|language|demo osv GHSA-1,CVE-1 >=0 <2.0.0"
        );
        check("debian 12", "npm demo 1.0.0", &rows, expected);
    };
    check("never =1.0.0", "CVE-1 GHSA-1 P-1 | demo | private-not-affected by P-1 | not-fixed");
    check("never =1.0.1", "CVE-1 GHSA-1 | demo | affected | fixed 2.0.0");
    check("never >=0.9.0 limit=1.1.0", "CVE-1 GHSA-1 P-1 | demo | private-not-affected by P-1 | not-fixed");
    check("holds-fix =1.0.0", "CVE-1 GHSA-1 P-1 | demo | private-fixed by P-1 | not-fixed");
    check("holds-fix =1.0.1", "CVE-1 GHSA-1 | demo | affected | fixed 2.0.0");
    // The statement about the very build comes before the one about all.
    let rows = "npm|language|demo private P-1 all\nnpm|language|demo private P-2,P-1 never =1.0.0";
    crate::fixture::check(
        "debian 12",
        "npm demo 1.0.0",
        rows,
        "P-1 P-2 | demo | private-not-affected by P-2 | not-fixed",
    );
}

#[test]
fn private_advisories_decide_before_the_owner_of_the_files() {
    let packages = "deb python3-demo 1.0-1 source=demo@1.0-1\npypi demo 1.0 owner=0";
    let rows = "
        debian:12|source|demo debian CVE-1 >=0 <1.0-1
        pypi|language|demo private P-1,CVE-1 all";
    check("debian 12", packages, rows, "CVE-1 P-1 | demo | affected | not-fixed");
    let rows = "
        debian:12|binary|python3-demo private P-1,CVE-1 never
        debian:12|source|demo debian CVE-1 all
        golang|language|demo osv CVE-1 all";
    let packages = "deb python3-demo 1.0-1 source=demo@1.0-1\ngolang demo v1.0.0 owner=0";
    check(
        "debian 12",
        packages,
        rows,
        "CVE-1 P-1 | python3-demo | private-not-affected by P-1 | not-fixed
         CVE-1 | demo | private-not-affected by P-1 | not-fixed",
    );
}

#[test]
fn publishers_named_by_hand_add_and_never_contradict() {
    let check = |named: &str, vendor: &str, expected: &str| {
        let rows = format!(
            "debian:12|binary|libdemo1 csaf:acme.example CVE-1 {named}\ndebian:12|source|demo debian CVE-1 {vendor}"
        );
        check("debian 12", DEMO, &rows, expected);
        let rows = rows.replace(" debian CVE", " another-name-of-the-vendor CVE");
        crate::fixture::check("debian 12", DEMO, &rows, expected);
    };
    check("never", "all", "CVE-1 | libdemo1 | affected | not-fixed");
    check("all", "never", "CVE-1 | libdemo1 | vendor-not-affected by CVE-1 | not-fixed");
    check("all", ">=0 <1.0-1", "CVE-1 | libdemo1 | vendor-fixed by CVE-1 | fixed 1.0-1");
    let rows = "debian:12|binary|libdemo1 csaf:acme.example CVE-1 all";
    crate::fixture::check("debian 12", DEMO, rows, "CVE-1 | libdemo1 | affected | not-fixed");
    let rows = "
        npm|language|demo openvex:vex.example/a.json CVE-1 never
        npm|language|demo osv MAL-1,CVE-1 all";
    crate::fixture::check("debian 12", "npm demo 1.0.0", rows, "CVE-1 MAL-1 | demo | affected | not-fixed");
}

#[test]
fn a_bulletin_about_several_cves_is_a_finding_for_each() {
    check(
        "almalinux 9.4",
        "rpm demo 1.0-3.el9_4",
        "almalinux:9|binary|demo almalinux ALSA-1,CVE-1,CVE-2 >=0 <1.0-4.el9_4
         almalinux:9|binary|demo almalinux ALSA-2,CVE-2 >=0 <1.0-5.el9_4
         redhat:9|source|demo redhat CVE-1 >=0 wont-fix",
        "CVE-1 ALSA-1 | demo | affected | fixed 1.0-4.el9_4
         CVE-2 ALSA-1 ALSA-2 | demo | affected | fixed 1.0-4.el9_4 1.0-5.el9_4",
    );
    // Of one that is held and one that is not, the second counts.
    check(
        "almalinux 9.4",
        "rpm demo 1.0-4.el9_4",
        "almalinux:9|binary|demo almalinux ALSA-1,CVE-1,CVE-2 >=0 <1.0-4.el9_4
         almalinux:9|binary|demo almalinux ALSA-2,CVE-2 >=0 <1.0-5.el9_4",
        "CVE-2 ALSA-1 ALSA-2 | demo | affected | fixed 1.0-5.el9_4",
    );
}

#[test]
fn an_exception_that_cannot_be_read_is_told_as_such() {
    let inventory = inventory("", "pypi demo 1.5");
    let mut advisories = advisories(&inventory, "pypi|language|demo osv GHSA-1 >=0 <2.0");
    let exception = RangeEvent::Introduced("x y".into());
    let row = advisories.rows.values_mut().flatten().next().unwrap();
    row.affected.aside.unaffected = vec![AffectedRange { events: vec![exception].into() }];
    let findings = find(&cases(&inventory, &facts()), &advisories);
    assert_eq!(text(&findings, &inventory), "GHSA-1 | demo | unreadable-bound | fixed 2.0");
    assert_eq!(findings[0].evidence[0].range, ">= x y");
}
