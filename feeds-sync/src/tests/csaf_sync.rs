//! Whole syncs of the publishers of CSAF, from a server that behaves as their hosts do.

use std::collections::BTreeSet;
use std::fs;

use model::gap::Gap;
use serde_json::json;
use testkit::server::{Behaviour, Resource, Server};

use super::csaf::archive;
use super::engine::Bench;
use crate::report::{SourceOutcome, SyncReport};

const HOST: &str = "security.access.redhat.com";
const VEX_PLACE: &str = "security.access.redhat.com/data/csaf/v2/vex";

/// A document that says of `release` that it has the unfixed package `name`.
fn unfixed(cve: &str, release: &str, name: &str, modified: &str) -> String {
    unfixed_in(cve, &format!("cpe:/o:redhat:enterprise_linux:{release}"), name, modified)
}

fn unfixed_in(cve: &str, cpe: &str, name: &str, modified: &str) -> String {
    json!({"document": {"tracking": {"id": cve, "current_release_date": modified}},
        "product_tree": {"full_product_names": [
            {"name": "p", "product_id": "p", "product_identification_helper": {"cpe": cpe}},
            {"name": name, "product_id": name, "product_identification_helper": {"purl": format!("pkg:rpm/redhat/{name}")}}],
            "relationships": [{"category": "default_component_of", "product_reference": name,
                "relates_to_product_reference": "p", "full_product_name": {"name": "x", "product_id": "p:x"}}]},
        "vulnerabilities": [{"cve": cve, "product_status": {"known_affected": ["p:x"]}}]})
    .to_string()
}

/// Red Hat's host: the documents of an archive, and lists of lines `path time`.
fn red_hat(bench: &Bench, day: &str, documents: &[(&str, String)]) {
    let members: Vec<(String, String)> =
        documents.iter().map(|(path, text)| ((*path).to_owned(), text.clone())).collect();
    let name = format!("csaf_vex_{day}.tar.zst");
    vex_file(bench, &name, archive(&members));
    bench.mirror.file(&format!("{VEX_PLACE}/archive_latest.txt"), format!("{name}\n"));
    let repositories =
        json!({"data": {"demo-9-baseos": {"cpes": ["cpe:/o:redhat:enterprise_linux:9::baseos"]}}});
    bench.mirror.file(&format!("{HOST}/data/metrics/repository-to-cpe.json"), repositories.to_string());
}

/// A file of the host, and its checksum beside it.
fn vex_file(bench: &Bench, name: &str, content: impl AsRef<[u8]>) {
    let sum = testkit::image::sha256(content.as_ref());
    bench.mirror.file(&format!("{VEX_PLACE}/{name}"), content.as_ref());
    bench.mirror.file(&format!("{VEX_PLACE}/{name}.sha256"), format!("{sum}  {name}\n"));
}

fn list(bench: &Bench, name: &str, lines: &[(&str, &str)]) {
    let lines: Vec<String> = lines.iter().map(|(path, time)| format!("\"{path}\",\"{time}\"\n")).collect();
    bench.mirror.file(&format!("{VEX_PLACE}/{name}"), lines.concat());
}

/// The names of the files below `place` that were asked for since the last `n_seen` requests.
fn asked(server: &Server, n_seen: &mut usize) -> BTreeSet<String> {
    let requests = server.requests();
    let names = requests[*n_seen..].iter().filter_map(|request| request.path.rsplit('/').next());
    let names = names.map(str::to_owned).collect();
    *n_seen = requests.len();
    names
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn red_hat_is_brought_up_to_date_by_what_changed_and_what_was_taken_away() {
    let mut bench = Bench::new();
    let old = "2025-05-30T10:00:00Z";
    red_hat(
        &bench,
        "2025-06-01",
        &[
            ("2025/cve-2025-1.json", unfixed("CVE-2025-1", "9", "kept", old)),
            ("2025/cve-2025-2.json", unfixed("CVE-2025-2", "9", "moves", old)),
            ("2025/cve-2025-3.json", unfixed("CVE-2025-3", "9", "gone", old)),
            ("2025/cve-2025-6.json", unfixed("CVE-2025-6", "9", "not-there", old)),
        ],
    );
    let changes = [
        ("2025/cve-2025-4.json", "2025-06-06T11:30:00+00:00"),
        ("2025/cve-2025-6.json", "2025-06-04T10:00:00+00:00"),
        ("2025/cve-2025-3.json", "2025-06-03T10:00:00+00:00"),
        ("2025/cve-2025-2.json", "2025-05-31T20:00:00+00:00"),
        ("2025/cve-2025-1.json", "2025-05-31T17:00:00+00:00"),
    ];
    list(&bench, "changes.csv", &changes);
    list(&bench, "deletions.csv", &[("2025/cve-2025-3.json", "2025-06-04T10:00:00+00:00")]);
    let document = |bench: &Bench, name: &str, text: String| vex_file(bench, &format!("2025/{name}"), text);
    document(&bench, "cve-2025-2.json", unfixed("CVE-2025-2", "8", "moves", "2025-05-31T20:00:00Z"));
    document(&bench, "cve-2025-4.json", unfixed("CVE-2025-4", "9", "new", "2025-06-06T11:30:00Z"));
    let server = bench.serve();
    let mut n_seen = 0;

    // The list is read from six hours before the archive's day; what was taken away later is not asked for.
    let report = bench.only(&["redhat"]);
    assert_eq!(
        asked(&server, &mut n_seen),
        names(&[
            "archive_latest.txt",
            "csaf_vex_2025-06-01.tar.zst",
            "csaf_vex_2025-06-01.tar.zst.sha256",
            "changes.csv",
            "deletions.csv",
            "cve-2025-2.json",
            "cve-2025-2.json.sha256",
            "cve-2025-4.json",
            "cve-2025-4.json.sha256",
            "cve-2025-6.json",
            "cve-2025-6.json.sha256",
            "repository-to-cpe.json",
        ])
    );
    assert_eq!(report.gaps.len(), 2, "{:#?}", report.gaps);
    let is_of_the_missing = |gap: &Gap| gap.to_string().contains("cve-2025-6.json");
    assert!(report.gaps.iter().all(is_of_the_missing), "{:#?}", report.gaps);
    assert_eq!(bench.held(), ["redhat:8", "redhat:9"]);
    let has = |bench: &Bench, key: &str| !bench.records(key).is_empty();
    assert!(has(&bench, "redhat:9|source|kept") && has(&bench, "redhat:9|binary|new"));
    assert!(has(&bench, "redhat:8|source|moves") && !has(&bench, "redhat:9|source|moves"));
    assert!(!has(&bench, "redhat:9|source|gone"));
    // A document that is listed and cannot be had is no deletion.
    assert!(has(&bench, "redhat:9|source|not-there"));

    // An hour later: the archive is not asked for again, nor a document that was had long after its change.
    bench.later(1);
    document(&bench, "cve-2025-6.json", unfixed("CVE-2025-6", "9", "there-now", "2025-06-04T10:00:00Z"));
    let report = bench.only(&["redhat"]);
    assert_eq!(
        asked(&server, &mut n_seen),
        names(&[
            "archive_latest.txt",
            "changes.csv",
            "deletions.csv",
            "cve-2025-4.json",
            "cve-2025-4.json.sha256",
            "cve-2025-6.json",
            "cve-2025-6.json.sha256",
        ])
    );
    assert!(report.gaps.is_empty(), "{:#?}", report.gaps);
    assert!(has(&bench, "redhat:9|source|there-now") && !has(&bench, "redhat:9|source|not-there"));

    // With nothing new the rows stay as they are, and so does the snapshot.
    bench.later(1);
    let same = bench.only(&["redhat"]);
    assert_eq!((same.snapshot, same.changed), (report.snapshot.clone(), false));
    let is_as_it_was =
        |outcome: &SourceOutcome| matches!(outcome, SourceOutcome::Unchanged | SourceOutcome::Fresh);
    assert!(same.sources.iter().all(|source| is_as_it_was(&source.outcome)), "{:#?}", same.sources);
    asked(&server, &mut n_seen);

    // A first sync of the same host gives the same.
    let mut fresh = Bench::new();
    fresh.mirror = bench.mirror.clone();
    fresh.origin = bench.origin.clone();
    fresh.now = bench.now;
    assert_eq!(fresh.only(&["redhat"]).snapshot, report.snapshot);
    asked(&server, &mut n_seen);

    // A newer archive is not downloaded before the one that is held is a week old.
    let newer = [("2025/cve-2025-1.json", unfixed("CVE-2025-1", "9", "kept-on", "2025-06-06T10:00:00Z"))];
    red_hat(&bench, "2025-06-07", &newer);
    bench.later(6);
    bench.only(&["redhat"]);
    assert!(!asked(&server, &mut n_seen).contains("csaf_vex_2025-06-07.tar.zst"));
    assert!(has(&bench, "redhat:9|source|kept"));
    bench.later(48);
    let newest = ("2025/cve-2025-1.json", "2025-06-06T10:00:00+00:00");
    list(&bench, "changes.csv", &[&[newest], &changes[..]].concat());
    document(&bench, "cve-2025-1.json", newer[0].1.clone());
    // It is announced before it is there: what is held stands, and is brought up to date.
    let path = format!("/{VEX_PLACE}/csaf_vex_2025-06-07.tar.zst");
    server.always(&path, Behaviour::Status { code: 404, retry_after: None });
    let report = bench.only(&["redhat"]);
    assert!(asked(&server, &mut n_seen).contains("csaf_vex_2025-06-07.tar.zst"));
    assert!(!report.gaps.is_empty() && has(&bench, "redhat:9|source|kept-on"), "{:#?}", report.gaps);
    // It is cut on the way: what is held stands, and a gap says so.
    bench.later(1);
    server.always(&path, Behaviour::Cut { after: 40 });
    let report = bench.only(&["redhat"]);
    assert!(!report.gaps.is_empty() && has(&bench, "redhat:9|source|there-now"), "{:#?}", report.gaps);
    // Once it is there, it is all that counts.
    bench.later(1);
    server.always(&path, Behaviour::Well);
    let report = bench.only(&["redhat"]);
    assert!(report.gaps.is_empty(), "{:#?}", report.gaps);
    assert!(has(&bench, "redhat:9|source|kept-on") && !has(&bench, "redhat:9|source|there-now"));
}

#[test]
fn what_red_hat_publishes_is_checked_by_the_sums_beside_it() {
    let mut bench = Bench::new();
    let old = "2025-05-30T10:00:00Z";
    red_hat(
        &bench,
        "2025-06-01",
        &[
            ("2025/cve-2025-1.json", unfixed("CVE-2025-1", "9", "before", old)),
            ("2025/cve-2025-2.json", unfixed("CVE-2025-2", "9", "unsummed-before", old)),
        ],
    );
    list(
        &bench,
        "changes.csv",
        &[
            ("2025/cve-2025-1.json", "2025-06-06T11:30:00+00:00"),
            ("2025/cve-2025-2.json", "2025-06-06T11:30:00+00:00"),
        ],
    );
    list(&bench, "deletions.csv", &[("2024/cve-2024-1.json", "2025-05-30T10:00:00+00:00")]);
    let archive = format!("{VEX_PLACE}/csaf_vex_2025-06-01.tar.zst.sha256");
    let sum_of_archive = fs::read(bench.mirror.dir().join(&archive)).unwrap();
    bench.mirror.file(&archive, format!("{}  other\n", "0".repeat(64)));
    let newer = unfixed("CVE-2025-1", "9", "after", "2025-06-06T11:30:00Z");
    let forged = unfixed("CVE-2025-1", "9", "forged", "2025-06-06T11:30:00Z");
    vex_file(&bench, "2025/cve-2025-1.json", &newer);
    bench.mirror.file(&format!("{VEX_PLACE}/2025/cve-2025-1.json"), &forged);
    let unsummed = unfixed("CVE-2025-2", "9", "unsummed-after", "2025-06-06T11:30:00Z");
    bench.mirror.file(&format!("{VEX_PLACE}/2025/cve-2025-2.json"), unsummed);
    let _server = bench.serve();
    let has = |bench: &Bench, name: &str| !bench.records(&format!("redhat:9|source|{name}")).is_empty();
    let gaps = |report: &SyncReport| -> Vec<String> { report.gaps.iter().map(ToString::to_string).collect() };

    // Another archive than was published is not read at all.
    let report = bench.only(&["redhat"]);
    assert!(report.snapshot.is_none(), "{report:#?}");
    let refused = |gap: &String| gap.contains(".tar.zst` has the SHA-256") && gap.contains(&"0".repeat(64));
    assert!(gaps(&report).iter().any(refused), "{:#?}", gaps(&report));

    // Nor is another document: what the archive says stands. One without a sum is read, and a gap says so.
    bench.mirror.file(&archive, sum_of_archive);
    bench.later(1);
    let report = bench.only(&["redhat"]);
    assert!(has(&bench, "before") && !has(&bench, "forged"), "{:#?}", gaps(&report));
    assert!(has(&bench, "unsummed-after") && !has(&bench, "unsummed-before"), "{:#?}", gaps(&report));
    let told: Vec<bool> = ["cve-2025-1.json` has the SHA-256", "cve-2025-2.json.sha256` does not exist"]
        .map(|words| gaps(&report).iter().any(|gap| gap.contains(words)))
        .to_vec();
    assert_eq!((told, report.gaps.len()), (vec![true, true], 2), "{:#?}", gaps(&report));

    // What has the sum is read, though it was asked for only a moment ago.
    vex_file(&bench, "2025/cve-2025-1.json", &newer);
    bench.mirror.file(&format!("{VEX_PLACE}/2025/cve-2025-2.json.sha256"), "nothing of the kind\n");
    bench.later(1);
    let report = bench.only(&["redhat"]);
    assert!(has(&bench, "after") && has(&bench, "unsummed-after"), "{:#?}", gaps(&report));
    assert!(
        report.gaps.len() == 1 && gaps(&report)[0].contains("no checksum of 64 digits"),
        "{:#?}",
        gaps(&report)
    );
    vex_file(&bench, "2025/cve-2025-2.json", unfixed("CVE-2025-2", "9", "summed", "2025-06-06T11:40:00Z"));
    bench.later(1);
    let report = bench.only(&["redhat"]);
    assert!(report.gaps.is_empty() && has(&bench, "summed"), "{:#?}", gaps(&report));
}

#[test]
fn layered_products_are_filled_once_they_are_asked_for_and_kept_up_to_date() {
    const OPENSHIFT: &str = "cpe:/a:redhat:openshift:4.12::el9";
    let mut bench = Bench::new();
    let old = "2025-05-30T10:00:00Z";
    let changed = ("2025/cve-2025-3.json", "2025-06-06T11:30:00+00:00");
    red_hat(
        &bench,
        "2025-06-01",
        &[
            ("2025/cve-2025-1.json", unfixed("CVE-2025-1", "9", "kept", old)),
            ("2025/cve-2025-2.json", unfixed_in("CVE-2025-2", OPENSHIFT, "layered", old)),
            ("2025/cve-2025-3.json", unfixed_in("CVE-2025-3", OPENSHIFT, "moves", old)),
            ("2025/cve-2025-4.json", unfixed_in("CVE-2025-4", "cpe:/a:redhat:quay:3", "other", old)),
        ],
    );
    list(&bench, "changes.csv", &[("2025/cve-2025-1.json", "2025-05-30T10:00:00+00:00")]);
    list(&bench, "deletions.csv", &[("2024/cve-2024-1.json", "2025-05-30T10:00:00+00:00")]);
    let server = bench.serve();
    let mut n_seen = 0;
    let of_red_hat = |bench: &Bench| -> Vec<String> {
        bench.held().into_iter().filter(|namespace| namespace.starts_with("redhat:")).collect()
    };

    let report = bench.namespaces(&["redhat:9"]);
    assert_eq!(of_red_hat(&bench), ["redhat:9"]);
    let counted = report.remarks["redhat:redhat"].left_out["of a layered product that nobody asked for"];
    assert_eq!(counted, 3);
    asked(&server, &mut n_seen);

    // What is held is read again for it, though nothing has changed, and its archive not downloaded again.
    bench.later(1);
    bench.namespaces(&["redhat:9", "redhat:openshift", "redhat:demo_without_rows"]);
    assert!(!asked(&server, &mut n_seen).contains("csaf_vex_2025-06-01.tar.zst"));
    assert_eq!(of_red_hat(&bench), ["redhat:9", "redhat:demo_without_rows", "redhat:openshift"]);
    assert_eq!(bench.records("redhat:openshift|source|layered"), ["CVE-2025-2"]);
    assert_eq!(bench.records("redhat:openshift|source|moves"), ["CVE-2025-3"]);
    let rows = bench.rows("redhat:openshift|binary|layered").rows;
    let products = &rows.values().flatten().next().unwrap().affected.conditions.as_ref().unwrap().products;
    assert_eq!(products, &["cpe:/a:redhat:openshift:4.12".into()]);
    assert!(bench.records("redhat:9|source|layered").is_empty());

    // From then on each sync keeps it up to date, also one that does not ask for it.
    bench.later(1);
    list(&bench, "changes.csv", &[changed]);
    vex_file(&bench, changed.0, unfixed_in("CVE-2025-3", OPENSHIFT, "moved", "2025-06-06T11:30:00Z"));
    let report = bench.only(&["redhat"]);
    assert!(report.gaps.is_empty(), "{:#?}", report.gaps);
    assert_eq!(bench.records("redhat:openshift|source|moved"), ["CVE-2025-3"]);
    assert!(bench.records("redhat:openshift|source|moves").is_empty());
    assert_eq!(bench.records("redhat:openshift|source|layered"), ["CVE-2025-2"]);
    // By its name alone it is asked for as well; what has no rows is not asked for anew each time.
    bench.later(1);
    assert!(bench.only(&["redhat:quay"]).changed);
    assert_eq!(bench.records("redhat:quay|source|other"), ["CVE-2025-4"]);
    bench.later(1);
    assert!(!bench.namespaces(&["redhat:demo_without_rows", "redhat:quay"]).changed);
}

#[test]
fn without_its_archive_red_hat_holds_nothing() {
    let mut bench = Bench::new();
    red_hat(&bench, "2025-06-01", &[]);
    fs::remove_file(bench.mirror.dir().join(VEX_PLACE).join("csaf_vex_2025-06-01.tar.zst")).unwrap();
    list(&bench, "changes.csv", &[("2025/cve-2025-4.json", "2025-06-06T11:30:00+00:00")]);
    let text = unfixed("CVE-2025-4", "9", "new", "2025-06-06T11:30:00Z");
    bench.mirror.file(&format!("{VEX_PLACE}/2025/cve-2025-4.json"), text);
    let _server = bench.serve();
    let report = bench.only(&["redhat"]);
    assert!(report.snapshot.is_none(), "{report:#?}");
    assert!(
        report.gaps.iter().any(|gap| gap.to_string().contains("csaf_vex_2025-06-01")),
        "{:#?}",
        report.gaps
    );
}

#[test]
fn a_pointer_that_is_no_name_leaves_the_last_good_state() {
    let mut bench = Bench::new();
    let text = unfixed("CVE-2025-1", "9", "kept", "2025-05-30T10:00:00Z");
    red_hat(&bench, "2025-06-01", &[("2025/cve-2025-1.json", text)]);
    list(&bench, "changes.csv", &[("2025/cve-2025-1.json", "2025-05-30T10:00:00+00:00")]);
    list(&bench, "deletions.csv", &[("2024/cve-2024-1.json", "2025-05-30T10:00:00+00:00")]);
    bench.only(&["redhat"]);
    bench.mirror.file(&format!("{VEX_PLACE}/archive_latest.txt"), "../../etc/passwd\n");
    bench.later(1);
    let report = bench.only(&["redhat"]);
    assert!(
        report.gaps.iter().any(|gap| gap.to_string().contains("no name of an archive")),
        "{:#?}",
        report.gaps
    );
    assert_eq!(bench.records("redhat:9|source|kept"), ["CVE-2025-1"]);
}

/// A document of SUSE that says that `name` of Leap 15.6 is affected.
fn suse_unfixed(cve: &str, name: &str, modified: &str) -> String {
    json!({"document": {"tracking": {"id": cve, "current_release_date": modified}},
        "product_tree": {"full_product_names": [
            {"name": "openSUSE Leap 15.6", "product_id": "openSUSE Leap 15.6"},
            {"name": name, "product_id": name, "product_identification_helper": {"purl": format!("pkg:rpm/suse/{name}@?upstream={name}.src.rpm")}}],
            "relationships": [{"category": "default_component_of", "product_reference": name,
                "relates_to_product_reference": "openSUSE Leap 15.6",
                "full_product_name": {"name": "x", "product_id": "x"}}]},
        "vulnerabilities": [{"cve": cve, "product_status": {"known_affected": ["x"]}}]})
    .to_string()
}

#[test]
fn suse_is_brought_up_to_date_by_the_documents_that_changed() {
    const PLACE: &str = "ftp.suse.com/pub/projects/security";
    let packed = |documents: &[(&str, String)]| {
        let members: Vec<(String, String)> =
            documents.iter().map(|(name, text)| (format!("csaf-vex/{name}"), text.clone())).collect();
        let tar = zstd::decode_all(&*archive(&members)).unwrap();
        let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        std::io::Write::write_all(&mut encoder, &tar).unwrap();
        encoder.finish().unwrap()
    };
    let resource =
        |body: Vec<u8>, time: &str| Resource { last_modified: Some(time.to_owned()), ..Resource::new(body) };
    let old = "2025-05-30T10:00:00Z";
    let whole = packed(&[
        ("cve-2025-1.json", suse_unfixed("CVE-2025-1", "kept", old)),
        ("cve-2025-2.json", suse_unfixed("CVE-2025-2", "before", old)),
    ]);
    let mut bench = Bench::new();
    let server = bench.serve();
    let archive_path = format!("/{PLACE}/csaf-vex.tar.bz2");
    server.serve_resource(&archive_path, resource(whole.clone(), "Sun, 01 Jun 2025 02:00:00 GMT"));
    let lines = "\"cve-2025-2.json\",\"2025-06-03T01:00:00+00:00\"\n\"cve-2025-1.json\",\"2025-05-30T10:00:00+00:00\"\n";
    server.serve(&format!("/{PLACE}/csaf-vex/changes.csv"), lines);
    let newer = suse_unfixed("CVE-2025-2", "after", "2025-06-03T01:00:00Z");
    server.serve(&format!("/{PLACE}/csaf-vex/cve-2025-2.json"), newer.clone());
    let mut n_seen = 0;

    let report = bench.namespaces(&["opensuse-leap:15.6"]);
    let first = asked(&server, &mut n_seen);
    assert!(first.is_superset(&names(&["csaf-vex.tar.bz2", "changes.csv", "cve-2025-2.json"])), "{first:?}");
    assert!(!first.contains("cve-2025-1.json"));
    assert_eq!(
        report.gaps.iter().filter(|gap| gap.to_string().contains("suse")).count(),
        0,
        "{:#?}",
        report.gaps
    );
    assert_eq!(bench.records("opensuse-leap:15.6|binary|kept"), ["CVE-2025-1"]);
    assert_eq!(bench.records("opensuse-leap:15.6|binary|after"), ["CVE-2025-2"]);
    assert!(bench.records("opensuse-leap:15.6|binary|before").is_empty());

    // The day after, nothing but the list is asked for.
    bench.later(24);
    bench.only(&["suse"]);
    assert_eq!(asked(&server, &mut n_seen), names(&["changes.csv"]));
    // When more changed than is worth the requests, the archive is asked for instead.
    let many: Vec<String> =
        (0..=5_000).map(|n| format!("cve-2025-9{n}.json,2025-06-07T01:00:00+00:00\n")).collect();
    server.serve(&format!("/{PLACE}/csaf-vex/changes.csv"), many.concat());
    server.serve_resource(&archive_path, resource(whole, "Sun, 08 Jun 2025 02:00:00 GMT"));
    bench.later(24);
    bench.only(&["suse"]);
    assert_eq!(asked(&server, &mut n_seen), names(&["csaf-vex.tar.bz2", "changes.csv"]));
    // After a month the archive is asked for anew; cut on the way, it leaves the last good state.
    bench.later(31 * 24);
    server.serve_resource(
        &archive_path,
        resource(packed(&[("cve-2025-2.json", newer)]), "Tue, 01 Jul 2025 02:00:00 GMT"),
    );
    server.always(&archive_path, Behaviour::Cut { after: 60 });
    let report = bench.only(&["suse"]);
    assert!(!report.gaps.is_empty());
    assert_eq!(bench.records("opensuse-leap:15.6|binary|kept"), ["CVE-2025-1"]);
    server.always(&archive_path, Behaviour::Well);
    let report = bench.only(&["suse"]);
    assert!(report.gaps.is_empty(), "{:#?}", report.gaps);
    // What the new archive lacks was taken away.
    assert!(bench.records("opensuse-leap:15.6|binary|kept").is_empty());
    assert_eq!(bench.records("opensuse-leap:15.6|binary|after"), ["CVE-2025-2"]);
}
