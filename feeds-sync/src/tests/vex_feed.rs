//! Whole syncs from the newer of Red Hat's trees, from a server that behaves as its host does.

use std::collections::BTreeSet;

use serde_json::json;
use testkit::server::{Behaviour, Resource, Server};

use super::csaf::archive;
use super::engine::Bench;
use super::{provider, read_named};
use crate::report::SyncReport;

pub(super) const OLD: &str = "/security.access.redhat.com/data/csaf/v2/vex";
pub(super) const NEW: &str = "/security.access.redhat.com/data/csaf/v2/vex-feed";
pub(super) const HARDENED: &str = "cpe:/a:redhat:hummingbird:1";
pub(super) const RHEL: &str = "cpe:/a:redhat:enterprise_linux:9";

/// A document that says of each product, by its CPE name, that it has the unfixed package `name`.
pub(super) fn unfixed(cve: &str, cpes: &[&str], name: &str, modified: &str) -> String {
    let product =
        |cpe: &&str| json!({"name": cpe, "product_id": cpe, "product_identification_helper": {"cpe": cpe}});
    let related = |cpe: &&str| {
        json!({"category": "default_component_of", "product_reference": name, "relates_to_product_reference": cpe,
            "full_product_name": {"name": "x", "product_id": format!("{cpe}:x")}})
    };
    let ids: Vec<String> = cpes.iter().map(|cpe| format!("{cpe}:x")).collect();
    let component = json!({"name": name, "product_id": name,
        "product_identification_helper": {"purl": format!("pkg:rpm/redhat/{name}")}});
    let products: Vec<_> = cpes.iter().map(product).chain([component]).collect();
    json!({"document": {"tracking": {"id": cve, "current_release_date": modified,
            "initial_release_date": "2026-05-09T00:00:00Z"}},
        "product_tree": {"full_product_names": products,
            "relationships": cpes.iter().map(related).collect::<Vec<_>>()},
        "vulnerabilities": [{"cve": cve, "discovery_date": "2026-05-08T00:00:00Z",
            "product_status": {"known_affected": ids}}]})
    .to_string()
}

/// A file of the host, and its checksum beside it.
pub(super) fn file(server: &Server, path: &str, content: impl AsRef<[u8]>, modified: Option<&str>) {
    let sum = testkit::image::sha256(content.as_ref());
    let resource = Resource::new(content.as_ref().to_vec());
    server.serve_resource(path, Resource { last_modified: modified.map(str::to_owned), ..resource });
    server.serve(&format!("{path}.sha256"), format!("{sum}  x\n"));
}

/// The newer tree: an archive whose name says nothing, made at `made`, and its lists.
/// Without `made` its host does not say when.
pub(super) fn newer_tree<'a>(
    server: &Server,
    made: impl Into<Option<&'a str>>,
    documents: &[(&str, String)],
) {
    let members: Vec<(String, String)> =
        documents.iter().map(|(path, text)| ((*path).to_owned(), text.clone())).collect();
    file(server, &format!("{NEW}/vex-archive.tar.zst"), archive(&members), made.into());
    server.serve(&format!("{NEW}/archive_latest.txt"), "vex-archive.tar.zst\n");
    let index: Vec<String> = documents.iter().map(|(path, _)| format!("{path}\n")).collect();
    server.serve(&format!("{NEW}/index.txt"), index.concat());
}

pub(super) fn list(server: &Server, path: &str, lines: &[(&str, &str)]) {
    let lines: Vec<String> = lines.iter().map(|(path, time)| format!("\"{path}\",\"{time}\"\n")).collect();
    server.serve(path, lines.concat());
}

/// The paths that were asked for since the last `n_seen` requests, without checksums.
pub(super) fn asked(server: &Server, n_seen: &mut usize) -> BTreeSet<String> {
    let requests = server.requests();
    let paths = requests[*n_seen..].iter().map(|request| request.path.clone());
    let paths = paths.filter(|path| !path.ends_with(".sha256")).collect();
    *n_seen = requests.len();
    paths
}

fn paths(paths: &[&str]) -> BTreeSet<String> {
    paths.iter().map(|path| format!("{NEW}/{path}")).collect()
}

pub(super) fn gaps(report: &SyncReport) -> Vec<String> {
    report.gaps.iter().map(ToString::to_string).collect()
}

#[test]
fn hummingbird_is_read_from_the_newer_tree_and_kept_up_to_date() {
    let mut bench = Bench::new();
    let server = bench.serve();
    let old = "2025-05-30T10:00:00Z";
    let documents = [
        ("2025/cve-2025-1.json", unfixed("CVE-2025-1", &[HARDENED, RHEL], "kept", old)),
        ("2025/cve-2025-2.json", unfixed("CVE-2025-2", &[HARDENED], "before", old)),
        ("2025/cve-2025-3.json", unfixed("CVE-2025-3", &[HARDENED], "gone", old)),
    ];
    newer_tree(&server, "Sun, 01 Jun 2025 02:00:00 GMT", &documents);
    let changes = [
        ("2025/cve-2025-4.json", "2025-06-04T10:00:00+00:00"),
        ("2025/cve-2025-2.json", "2025-06-03T10:00:00+00:00"),
        ("2025/cve-2025-1.json", "2025-05-30T10:00:00+00:00"),
    ];
    list(&server, &format!("{NEW}/changes.csv"), &changes);
    list(&server, &format!("{NEW}/deletions.csv"), &[("2025/cve-2025-3.json", "2025-06-02T10:00:00+00:00")]);
    let after = unfixed("CVE-2025-2", &[HARDENED], "after", "2025-06-03T10:00:00Z");
    file(&server, &format!("{NEW}/2025/cve-2025-2.json"), after, None);
    let mut n_seen = 0;

    // What changed is told by when the host says that the archive was made. One document that is listed is not there.
    bench.only(&["hummingbird:rolling"]);
    let first = asked(&server, &mut n_seen);
    let lists = ["archive_latest.txt", "changes.csv", "deletions.csv"];
    let rest = ["vex-archive.tar.zst", "2025/cve-2025-2.json", "2025/cve-2025-4.json"];
    assert_eq!(first, paths(&[lists, rest].concat()));
    let has =
        |bench: &Bench, name: &str| !bench.records(&format!("hummingbird:rolling|binary|{name}")).is_empty();
    assert!(has(&bench, "kept") && has(&bench, "after") && !has(&bench, "before") && !has(&bench, "gone"));
    assert_eq!(bench.held(), ["hummingbird:rolling"]);

    // An hour later the archive is not asked for, and with nothing new the snapshot stays.
    bench.later(1);
    let again = bench.only(&["hummingbird"]);
    assert_eq!(asked(&server, &mut n_seen), paths(&[&lists[..], &["2025/cve-2025-4.json"]].concat()));
    // Neither the document nor its checksum.
    let lacking = gaps(&again);
    assert!(
        lacking.len() == 2 && lacking.iter().all(|gap| gap.contains("2025/cve-2025-4.json")),
        "{lacking:#?}"
    );
    assert!(!again.changed);

    // After a week it is, and refused where it is cut on the way or its sum is another: what is held stands.
    bench.later(7 * 24);
    let newer =
        [("2025/cve-2025-1.json", unfixed("CVE-2025-1", &[HARDENED], "newer", "2025-06-12T10:00:00Z"))];
    newer_tree(&server, "Fri, 13 Jun 2025 02:00:00 GMT", &newer);
    let archive_path = format!("{NEW}/vex-archive.tar.zst");
    server.always(&archive_path, Behaviour::Cut { after: 40 });
    let report = bench.only(&["hummingbird"]);
    assert!(gaps(&report).iter().any(|gap| gap.contains("vex-archive")), "{:#?}", gaps(&report));
    assert!(has(&bench, "kept") && has(&bench, "after") && !has(&bench, "newer"));
    server.always(&archive_path, Behaviour::Well);
    server.serve(&format!("{archive_path}.sha256"), format!("{}  x\n", "0".repeat(64)));
    bench.later(1);
    let report = bench.only(&["hummingbird"]);
    assert!(gaps(&report).iter().any(|gap| gap.contains("has the SHA-256")), "{:#?}", gaps(&report));
    assert!(has(&bench, "kept") && has(&bench, "after") && !has(&bench, "newer"));
    // Once it is whole, it is all that counts: nothing changed since it was made.
    newer_tree(&server, "Fri, 13 Jun 2025 02:00:00 GMT", &newer);
    asked(&server, &mut n_seen);
    bench.later(1);
    let report = bench.only(&["hummingbird"]);
    assert!(report.gaps.is_empty(), "{:#?}", gaps(&report));
    assert!(has(&bench, "newer") && !has(&bench, "kept") && !has(&bench, "after"));
    assert_eq!(asked(&server, &mut n_seen), paths(&[&lists[..], &["vex-archive.tar.zst"]].concat()));
}

#[test]
fn an_archive_of_which_nobody_says_when_it_was_made_is_as_old_as_it_was_when_it_came() {
    let mut bench = Bench::new();
    let server = bench.serve();
    let path = "2025/cve-2025-1.json";
    let kept = [(path, unfixed("CVE-2025-1", &[HARDENED], "archived", "2025-05-20T10:00:00Z"))];
    newer_tree(&server, None, &kept);
    let changed = unfixed("CVE-2025-1", &[HARDENED], "changed", "2025-05-27T10:00:00Z");
    file(&server, &format!("{NEW}/{path}"), changed, None);
    list(&server, &format!("{NEW}/deletions.csv"), &[("2024/cve-2024-1.json", "2025-05-20T10:00:00+00:00")]);
    // Asked for again after a week and after another one, the host says that it is the same: it is no newer for that.
    // Another document makes all be read again.
    for at in ["2025-06-05T10:00:00Z", "2025-06-13T10:00:00Z", "2025-06-21T10:00:00Z"] {
        let other = "2025/cve-2025-2.json";
        file(&server, &format!("{NEW}/{other}"), unfixed("CVE-2025-2", &[HARDENED], &at[..10], at), None);
        list(&server, &format!("{NEW}/changes.csv"), &[(other, at), (path, "2025-05-27T10:00:00Z")]);
        let report = bench.only(&["hummingbird"]);
        assert!(report.gaps.is_empty(), "{:#?}", gaps(&report));
        for (name, record) in [("changed", "CVE-2025-1"), (&at[..10], "CVE-2025-2")] {
            assert_eq!(bench.records(&format!("hummingbird:rolling|binary|{name}")), [record], "{at}");
        }
        bench.later(8 * 24);
    }
    let archives = server.requests_for(&format!("{NEW}/vex-archive.tar.zst"));
    assert_eq!(archives.iter().filter(|request| request.headers.contains_key("if-none-match")).count(), 2);
}

#[test]
fn a_page_instead_of_a_checksum_leaves_what_is_held() {
    let mut bench = Bench::new();
    let server = bench.serve();
    let path = "2025/cve-2025-1.json";
    let old = [(path, unfixed("CVE-2025-1", &[HARDENED], "archived", "2025-05-30T10:00:00Z"))];
    newer_tree(&server, "Sun, 01 Jun 2025 02:00:00 GMT", &old);
    let document = |name: &str, at: &str| unfixed("CVE-2025-1", &[HARDENED], name, at);
    file(&server, &format!("{NEW}/{path}"), document("changed", "2025-06-03T10:00:00Z"), None);
    list(&server, &format!("{NEW}/changes.csv"), &[(path, "2025-06-03T10:00:00+00:00")]);
    list(&server, &format!("{NEW}/deletions.csv"), &[("2024/cve-2024-1.json", "2025-05-20T10:00:00+00:00")]);
    bench.only(&["hummingbird"]);
    let has =
        |bench: &Bench, name: &str| !bench.records(&format!("hummingbird:rolling|binary|{name}")).is_empty();
    assert!(has(&bench, "changed"));

    // Of a document that changed again, and a week later of a new archive.
    file(&server, &format!("{NEW}/{path}"), document("again", "2025-06-06T13:00:00Z"), None);
    list(&server, &format!("{NEW}/changes.csv"), &[(path, "2025-06-06T13:00:00+00:00")]);
    let archive = format!("{NEW}/vex-archive.tar.zst");
    let mut is_first = true;
    for checked in [format!("{NEW}/{path}"), archive.clone()] {
        bench.later(if is_first { 2 } else { 8 * 24 });
        let before = if is_first { "changed" } else { "again" };
        if !is_first {
            let newer = [(path, document("newer", "2025-06-13T10:00:00Z"))];
            newer_tree(&server, "Fri, 13 Jun 2025 12:00:00 GMT", &newer);
        }
        server.always(&format!("{checked}.sha256"), Behaviour::Html);
        let mut n_seen = server.requests().len();
        let report = bench.only(&["hummingbird"]);
        assert!(gaps(&report).iter().any(|gap| gap.contains(&format!("{checked}.sha256"))), "{report:#?}");
        assert!(has(&bench, before), "{report:#?}");
        // Bytes that cannot be checked are not fetched, nor the archive that is held.
        let fetched = asked(&server, &mut n_seen);
        assert!(!fetched.contains(&checked) && !fetched.contains(&archive), "{fetched:#?}");

        server.always(&format!("{checked}.sha256"), Behaviour::Well);
        bench.later(1);
        let report = bench.only(&["hummingbird"]);
        assert!(report.gaps.is_empty(), "{:#?}", gaps(&report));
        assert!(has(&bench, if is_first { "again" } else { "newer" }));
        is_first = false;
    }
}

#[test]
fn when_much_changed_the_archive_is_asked_for_and_not_each_document() {
    let mut bench = Bench::new();
    let server = bench.serve();
    let document = |name: &str| {
        let path = format!("2025/cve-2025-{}.json", name.len());
        (path, unfixed("CVE-2025-1", &[HARDENED], name, "2025-05-30T10:00:00Z"))
    };
    let (path, text) = document("kept");
    newer_tree(&server, "Sun, 01 Jun 2025 02:00:00 GMT", &[(&path, text)]);
    list(&server, &format!("{NEW}/changes.csv"), &[(&path, "2025-05-30T10:00:00+00:00")]);
    list(&server, &format!("{NEW}/deletions.csv"), &[(&path, "2025-05-30T09:00:00+00:00")]);
    bench.only(&["hummingbird"]);
    let many: Vec<String> =
        (0..=5_000).map(|n| format!("2025/cve-2025-9{n}.json,2025-06-06T13:00:00+00:00\n")).collect();
    server.serve(&format!("{NEW}/changes.csv"), many.concat());
    let (path, text) = document("newer");
    newer_tree(&server, "Fri, 06 Jun 2025 20:00:00 GMT", &[(&path, text)]);
    let mut n_seen = server.requests().len();
    bench.later(24);
    let report = bench.only(&["hummingbird"]);
    assert!(report.gaps.is_empty(), "{:#?}", gaps(&report));
    let lists = ["archive_latest.txt", "changes.csv", "deletions.csv", "vex-archive.tar.zst"];
    assert_eq!(asked(&server, &mut n_seen), paths(&lists));
    assert_eq!(bench.records("hummingbird:rolling|binary|newer"), ["CVE-2025-1"]);
}

#[test]
fn without_its_archive_hummingbird_holds_nothing() {
    let mut bench = Bench::new();
    let server = bench.serve();
    let old = "2025-05-30T10:00:00Z";
    let kept = [("2025/cve-2025-1.json", unfixed("CVE-2025-1", &[HARDENED], "kept", old))];
    newer_tree(&server, "Sun, 01 Jun 2025 02:00:00 GMT", &kept);
    list(&server, &format!("{NEW}/changes.csv"), &[("2025/cve-2025-1.json", "2025-06-03T10:00:00+00:00")]);
    file(&server, &format!("{NEW}/2025/cve-2025-1.json"), &kept[0].1, None);
    server.always(&format!("{NEW}/vex-archive.tar.zst"), Behaviour::Status { code: 404, retry_after: None });
    let report = bench.only(&["hummingbird"]);
    assert!(report.snapshot.is_none(), "{report:#?}");
    assert!(gaps(&report).iter().any(|gap| gap.contains("vex-archive")), "{:#?}", gaps(&report));
}

#[test]
fn once_the_older_tree_has_ended_the_newer_one_is_read_for_both() {
    let mut bench = Bench::new();
    let server = bench.serve();
    let old = "2025-05-30T10:00:00Z";
    let name = "csaf_vex_2025-06-01.tar.zst";
    let documents = [("2025/cve-2025-1.json".to_owned(), unfixed("CVE-2025-1", &[RHEL], "older", old))];
    file(&server, &format!("{OLD}/{name}"), archive(&documents), None);
    server.serve(&format!("{OLD}/archive_latest.txt"), name);
    list(&server, &format!("{OLD}/changes.csv"), &[("2025/cve-2025-1.json", "2025-05-30T10:00:00+00:00")]);
    list(&server, &format!("{OLD}/deletions.csv"), &[("2024/cve-2024-1.json", "2025-05-30T10:00:00+00:00")]);
    let newer = [("2025/cve-2025-1.json", unfixed("CVE-2025-1", &[HARDENED, RHEL], "newer", old))];
    newer_tree(&server, "Thu, 05 Jun 2025 02:00:00 GMT", &newer);
    list(&server, &format!("{NEW}/changes.csv"), &[("2025/cve-2025-1.json", "2025-05-30T10:00:00+00:00")]);
    list(&server, &format!("{NEW}/deletions.csv"), &[("2024/cve-2024-1.json", "2025-05-30T10:00:00+00:00")]);
    let repositories = json!({"data": {"demo": {"cpes": [RHEL]}}}).to_string();
    server.serve("/security.access.redhat.com/data/metrics/repository-to-cpe.json", repositories);
    let has = |bench: &Bench, key: &str| !bench.records(key).is_empty();
    let report = bench.only(&["redhat", "hummingbird"]);
    assert!(report.gaps.is_empty(), "{:#?}", gaps(&report));
    assert!(has(&bench, "redhat:9|binary|older") && !has(&bench, "redhat:9|binary|newer"));

    // That its host has trouble is no end.
    let pointer = format!("{OLD}/archive_latest.txt");
    server.always(&pointer, Behaviour::Status { code: 500, retry_after: None });
    bench.later(1);
    let report = bench.only(&["redhat", "hummingbird"]);
    assert_eq!(report.gaps.len(), 1, "{:#?}", gaps(&report));
    assert!(has(&bench, "redhat:9|binary|older"));

    // What the other feed has read already is read again for this one; the archive is not downloaded again.
    server.always(&pointer, Behaviour::Status { code: 404, retry_after: None });
    let mut n_seen = server.requests().len();
    bench.later(1);
    let report = bench.only(&["redhat"]);
    let [gap] = &gaps(&report)[..] else { panic!("{:#?}", report.gaps) };
    assert!(
        gap.contains(
            "archive_latest.txt` does not exist in any mirror; if its host lacks it too: the older tree"
        ),
        "{gap}"
    );
    assert!(!asked(&server, &mut n_seen).contains(&format!("{NEW}/vex-archive.tar.zst")));
    assert!(has(&bench, "redhat:9|binary|newer") && !has(&bench, "redhat:9|binary|older"));
    assert!(has(&bench, "hummingbird:rolling|binary|newer"));
    assert_eq!(bench.data_as_of("redhat:9"), bench.now);

    // The older tree is asked for its pointer only, and both feeds are kept up to date by one download of each file.
    bench.later(1);
    let report = bench.only(&["redhat", "hummingbird"]);
    assert!(!report.changed, "{report:#?}");
    let mut lists = paths(&["archive_latest.txt", "changes.csv", "deletions.csv", "index.txt"]);
    lists.insert(pointer.clone());
    assert_eq!(asked(&server, &mut n_seen), lists);
    assert_eq!(bench.data_as_of("redhat:9"), bench.now);
    let changed = unfixed("CVE-2025-1", &[HARDENED, RHEL], "changed", "2025-06-06T13:30:00Z");
    file(&server, &format!("{NEW}/2025/cve-2025-1.json"), changed, None);
    list(&server, &format!("{NEW}/changes.csv"), &[("2025/cve-2025-1.json", "2025-06-06T13:30:00+00:00")]);
    bench.later(1);
    bench.only(&["hummingbird"]);
    assert!(has(&bench, "hummingbird:rolling|binary|changed") && has(&bench, "redhat:9|binary|newer"));
    bench.later(1);
    bench.only(&["redhat"]);
    assert!(has(&bench, "redhat:9|binary|changed") && !has(&bench, "redhat:9|binary|newer"));
    assert!(has(&bench, "hummingbird:rolling|binary|changed"));

    // A first sync of the same host gives the same.
    let report = bench.only(&["redhat", "hummingbird"]);
    let mut fresh = Bench::new();
    (fresh.origin, fresh.now) = (bench.origin.clone(), bench.now);
    assert_eq!(fresh.only(&["hummingbird", "redhat"]).snapshot, report.snapshot);
}

#[test]
fn a_later_minor_release_says_nothing_of_another_module() {
    let product =
        |id: &str| json!({"name": id, "product_id": id, "product_identification_helper": {"cpe": RHEL}});
    let component = |stream: &str| {
        let purl = format!("pkg:rpm/redhat/demo?rpmmod=demo:{stream}");
        json!({"name": "demo", "product_id": stream, "product_identification_helper": {"purl": purl}})
    };
    let statements = [("rhel-9.6.z", "1"), ("rhel-9.7.z", "2"), ("rhel-9.6.z", "2")];
    let relationships = statements.map(|(release, stream)| {
        json!({"category": "default_component_of", "product_reference": stream,
            "relates_to_product_reference": release,
            "full_product_name": {"name": "x", "product_id": format!("{release}:{stream}")}})
    });
    let ids = statements.map(|(release, stream)| format!("{release}:{stream}"));
    let text = json!({"document": {"tracking": {"id": "CVE-2026-1", "current_release_date": "2026-06-01T00:00:00Z"}},
        "product_tree": {"relationships": relationships, "full_product_names":
            [product("rhel-9.6.z"), product("rhel-9.7.z"), component("1"), component("2")]},
        "vulnerabilities": [{"cve": "CVE-2026-1", "product_status": {"known_affected": ids}}]})
    .to_string();
    let documents = [("cve-2026-1.json", text.as_bytes())];
    let limits = model::limits::Limits::default();
    let (namespaces, remarks) = read_named(provider("redhat"), "redhat", &documents, &limits).unwrap();
    let rows = namespaces.values().flat_map(|records| records.values()).flat_map(|record| &record.affected);
    let modules: BTreeSet<String> =
        rows.filter_map(|row| Some(row.conditions.as_ref()?.module.as_deref()?.to_owned())).collect();
    assert_eq!(modules, ["demo:1", "demo:2"].map(str::to_owned).into());
    assert_eq!(remarks.left_out.values().sum::<u64>(), 1, "{remarks:?}");
}

#[test]
fn a_vulnerability_is_as_old_as_the_newer_documents_say() {
    let text = unfixed("CVE-2026-1", &[RHEL], "demo", "2026-06-01T00:00:00Z");
    let documents = [("cve-2026-1.json", text.as_bytes())];
    let limits = model::limits::Limits::default();
    let (namespaces, _) = read_named(provider("redhat"), "redhat", &documents, &limits).unwrap();
    let published = namespaces.values().flat_map(|records| records.values()).next().unwrap().published;
    assert_eq!(published, Some("2026-05-08T00:00:00Z".parse().unwrap()));
}
