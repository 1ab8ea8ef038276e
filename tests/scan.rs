//! The main job: image → SBOM → feeds → findings, against real images and real feeds.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use testkit::feeds::Mirror;

use crate::harness::{AS_OF, Place, read_json, read_tsv, root};
use crate::images::{RealImage, real_images, unpacked};

/// Releases of Alpine whose feed is among the real data.
const FEEDS: &[&str] = &["3.3", "3.4", "3.6", "3.7", "3.8", "3.10", "3.11"];

/// Scans `image` against `mirror` and gives the report.
fn scan(place: &Place, image: &RealImage, mirror: &Mirror) -> Value {
    let source = unpacked(&image.source, place);
    let mut words = vec!["scan".to_owned(), source.display().to_string()];
    words.extend(image.platform_words());
    words.extend(["-o", "json", "--as-of", AS_OF, "--allow-empty", "--mirror"].map(str::to_owned));
    words.push(mirror.dir().display().to_string());
    place.json(&words)
}

#[test]
fn findings_of_alpine_images_are_what_the_feed_says() {
    let Some(data) = testkit::data::require("findings_of_alpine_images_are_what_the_feed_says") else {
        return;
    };
    let place = Place::new();
    let mirror = Mirror::at(place.path("mirror"));
    mirror.alpine(&data, FEEDS, None);
    let (mut with_feed, mut without_feed) = (0, 0);
    for image in real_images(&data).iter().filter(|image| !image.name.contains("dpkg")) {
        let report = scan(&place, image, &mirror);
        let release = report["subject"]["distro"]["version"].as_str().unwrap_or_default();
        let release: Vec<&str> = release.split('.').take(2).collect();
        let release = release.join(".");
        let found: BTreeSet<(String, String)> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|finding| finding["suppressed"].is_null())
            .map(|finding| (text(&finding["package"]["name"]).to_owned(), text(&finding["id"]).to_owned()))
            .collect();
        if FEEDS.contains(&release.as_str()) {
            with_feed += 1;
            let packages = read_tsv(&image.packages());
            let expected = expected(&data, &release, &packages);
            assert_eq!(found, expected, "{}", image.name);
        } else {
            without_feed += 1;
            assert_eq!(found, BTreeSet::new(), "{}", image.name);
            let reasons: BTreeSet<&str> = report["coverage"]["unmatched"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|unmatched| text(&unmatched["namespace"]).starts_with("alpine:"))
                .map(|unmatched| text(&unmatched["reason"]))
                .collect();
            assert_eq!(reasons, BTreeSet::from(["no-feed"]), "{}", image.name);
        }
    }
    assert!(with_feed >= 6 && without_feed >= 4, "{with_feed} with a feed, {without_feed} without");
}

/// A root filesystem without `os-release`, as a stage of a build may be.
#[test]
fn a_distribution_is_assumed_of_an_image_as_of_its_sbom() {
    let place = Place::new();
    let mirror = Mirror::at(place.path("mirror"));
    mirror.secdb("3.20", "main", "openssl\n  3.3.2-r0 CVE-2024-6119\n").secdb("3.20", "community", "");
    let mirror = mirror.dir().display().to_string();
    place.write("root/lib/apk/db/installed", "P:openssl\nV:3.3.1-r0\nA:x86_64\n\n");
    let ending = ["--mirror", &mirror, "--as-of", AS_OF, "--allow-empty", "-o", "json"];
    let scanned = |words: &[&str]| place.json([&["scan", "dir:root"], words, &ending].concat());
    let without = scanned(&[]);
    assert_eq!(without["findings"], serde_json::json!([]));
    assert_eq!(without["coverage"]["unmatched"][0]["reason"], "no-distro");
    let assumed = scanned(&["--distro", "alpine:3.20"]);
    assert_eq!(assumed["findings"][0]["id"], "CVE-2024-6119");
    assert_eq!(assumed["subject"]["distro"], serde_json::json!({"id": "alpine", "version": "3.20"}));
    place.run(["sbom", "dir:root", "-o", "cyclonedx-json@1.6=sbom.json"]).expect_code(0);
    let matched = ["match", "sbom.json", "--distro", "alpine:3.20"];
    assert_eq!(place.json([&matched[..], &ending].concat()), assumed);
    // What an image says of itself is not overruled.
    place.write("root/etc/os-release", "ID=alpine\nVERSION_ID=3.20.1\n");
    assert_eq!(scanned(&["--distro", "debian:12"])["subject"]["distro"]["id"], "alpine");
}

/// The findings by another route than the matcher: the feed as JSON, versions compared by [`compare`].
fn expected(data: &Path, release: &str, packages: &[Vec<String>]) -> BTreeSet<(String, String)> {
    let mut expected = BTreeSet::new();
    for repository in ["main", "community"] {
        let feed = read_json(&data.join(format!("feeds/alpine-secdb/v{release}/{repository}.json")));
        for entry in feed["packages"].as_array().unwrap() {
            let origin = text(&entry["pkg"]["name"]);
            let Some(fixes) = entry["pkg"]["secfixes"].as_object() else { continue };
            for row in packages.iter().filter(|row| row[3] == origin) {
                for (fixed, ids) in fixes.iter().filter(|(fixed, _)| *fixed != "0") {
                    if compare(&row[1], fixed) != Ordering::Less {
                        continue;
                    }
                    for element in ids.as_array().into_iter().flatten() {
                        expected.insert((row[0].clone(), primary(text(element)).to_owned()));
                    }
                }
            }
        }
    }
    expected
}

/// The CVE of an element, else its first id.
fn primary(element: &str) -> &str {
    let mut ids = element.split_whitespace();
    ids.clone().find(|id| id.starts_with("CVE-")).or_else(|| ids.next()).unwrap_or_default()
}

/// A second, simpler order of Alpine versions: good for the versions in these feeds, and no part of the matcher.
fn compare(left: &str, right: &str) -> Ordering {
    let split = |version: &str| {
        let (version, revision) = version.rsplit_once("-r").unwrap_or((version, "0"));
        (parts(version), revision.parse::<u64>().unwrap())
    };
    split(left).cmp(&split(right))
}

/// Each part as (rank, number): a suffix before a release ranks below the end, a later part above it.
fn parts(version: &str) -> Vec<(i8, u64)> {
    let mut parts = Vec::new();
    let mut rest = version;
    while let Some(first) = rest.chars().next() {
        let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (rank, number, next) = if first.is_ascii_digit() {
            let end = digits(rest);
            (3, rest[..end].parse().unwrap(), &rest[end..])
        } else if first == '.' {
            rest = &rest[1..];
            continue;
        } else if first == '_' {
            let end = rest[1..].find(|c: char| !c.is_ascii_lowercase()).map_or(rest.len(), |end| end + 1);
            let rank = match &rest[1..end] {
                "alpha" => -4,
                "beta" => -3,
                "pre" => -2,
                "rc" => -1,
                _ => 1,
            };
            let number_end = end + digits(&rest[end..]);
            (rank, rest[end..number_end].parse().unwrap_or(0), &rest[number_end..])
        } else {
            (2, u64::from(u32::from(first)), &rest[first.len_utf8()..])
        };
        parts.push((rank, number));
        rest = next;
    }
    parts.push((0, 0));
    parts
}

/// Every format that an SBOM is written in and read again, in every version: `cyclonedx-json@1.6`.
fn written_documents() -> Vec<String> {
    let documents = sbom::format::FORMATS.iter().filter(|format| !format.versions.is_empty());
    documents
        .flat_map(|format| format.versions.iter().map(|version| format!("{}@{version}", format.name)))
        .collect()
}

#[test]
fn matching_the_stored_sbom_equals_matching_the_image() {
    let Some(data) = testkit::data::require("matching_the_stored_sbom_equals_matching_the_image") else {
        return;
    };
    let place = Place::new();
    let mirror = Mirror::at(place.path("mirror"));
    mirror.alpine(&data, FEEDS, None).debian(&data, "2023-04-02").osv(&data, "PyPI", "2024-01-01");
    for image in &real_images(&data) {
        let source = unpacked(&image.source, &place);
        let mut words = vec!["sbom".to_owned(), source.display().to_string()];
        words.extend(image.platform_words());
        for format in written_documents() {
            words.extend(["-o".to_owned(), format!("{format}={}", place.path(&format).display())]);
        }
        place.run(&words).expect_code(0);
        let from_image = scan(&place, image, &mirror);
        for format in written_documents() {
            let sbom = place.path(&format);
            let mirror = mirror.dir().display().to_string();
            let ran = place.run([
                "match",
                &sbom.display().to_string(),
                "-o",
                "json",
                "--as-of",
                AS_OF,
                "--allow-empty",
                "--mirror",
                &mirror,
            ]);
            ran.expect_code(0);
            let mut from_sbom: Value = serde_json::from_str(&ran.stdout).unwrap();
            // The digest names the document that was read; every other document is another than the canonical one.
            if format != "cyclonedx-json@1.6" {
                from_sbom["subject"]["sbom_digest"] = from_image["subject"]["sbom_digest"].clone();
            }
            let (left, right) = (pretty(&from_sbom), pretty(&from_image));
            assert!(left == right, "{} {format}: {}", image.name, first_difference(&left, &right));
        }
        let _ = fs::remove_dir_all(place.path("tree"));
    }
}

#[test]
fn the_example_shows_every_kind_of_answer() {
    let place = Place::new();
    let report = place.path("report.json");
    let ran = place.run([
        "scan",
        &root().join("examples/image").display().to_string(),
        "--mirror",
        &root().join("examples/mirror").display().to_string(),
        "--as-of",
        AS_OF,
        "--fail-on",
        "kev",
        "-o",
        "table",
        "-o",
        &format!("json={}", report.display()),
        "-o",
        &format!("sarif={}", place.path("report.sarif").display()),
    ]);
    ran.expect_code(1);
    let report = read_json(&report);
    let findings = report["findings"].as_array().unwrap();
    let any = |is: &dyn Fn(&Value) -> bool| findings.iter().any(is);
    assert!(any(&|finding| finding["fix"]["state"] == "fixed"));
    assert!(any(&|finding| finding["fix"]["state"] == "not-fixed"));
    assert!(any(&|finding| finding["verdict"] == "undetermined"));
    assert!(any(&|finding| !finding["suppressed"].is_null()));
    assert!(any(&|finding| !finding["kev"].is_null()));
    assert!(any(&|finding| !finding["aliases"].as_array().unwrap().is_empty()));
    assert!(!report["coverage"]["unmatched"].as_array().unwrap().is_empty());
    assert_eq!(report["judgement"]["acceptable"], false);
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let image = root().join("examples/image").display().to_string();
    let mirror = root().join("examples/mirror").display().to_string();
    let feeds = Place::new();
    feeds.run(["feeds", "sync", "--mirror", &mirror]).expect_code(0);
    let feeds = feeds.path("feeds").display().to_string();
    for format in ["table", "json", "sarif"] {
        let runs: Vec<String> = (0..2)
            .map(|_| {
                // A place of its own each time: nothing may depend on where it stands.
                let words = ["scan", &image, "--offline", "--feeds", &feeds, "--as-of", AS_OF, "-o", format];
                let ran = Place::new().run(words);
                ran.expect_code(0);
                ran.stdout
            })
            .collect();
        assert!(runs[0] == runs[1], "{format}: {}", first_difference(&runs[0], &runs[1]));
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

fn first_difference(left: &str, right: &str) -> String {
    left.lines()
        .zip(right.lines())
        .find(|(left, right)| left != right)
        .map_or_else(|| "one is longer".to_owned(), |(left, right)| format!("`{left}` is not `{right}`"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
