//! Whole syncs of distributions with one document a release, and of Amazon's repositories, from a server that does what
//! their hosts do.

use std::io::Write as _;

use super::*;

/// A feed of one document: two states of it, and what each has under a key. The newer state lacks a record of the
/// older one.
struct OneDocument {
    namespace: &'static str,
    /// Where it lies, `/<host>/<path>`.
    path: &'static str,
    older: Vec<u8>,
    newer: Vec<u8>,
    key: &'static str,
    older_records: &'static [&'static str],
    newer_records: &'static [&'static str],
}

fn oval(records: &[(u32, &str)]) -> Vec<u8> {
    let part = |write: &dyn Fn(u32, &str) -> String| -> String {
        records.iter().map(|(id, cve)| write(*id, cve)).collect()
    };
    let definitions = part(&|id, cve| {
        format!(
            "<definition class=\"vulnerability\" id=\"d:{id}\" version=\"1\"><metadata><title>t</title>\
             <reference ref_id=\"{cve}\" source=\"CVE\"/><patchable>true</patchable><severity>Low</severity></metadata>\
             <criteria operator=\"AND\"><criterion comment=\"c\" test_ref=\"t:{id}\"/></criteria></definition>"
        )
    });
    let tests = part(&|id, _| {
        format!(
            "<l:rpminfo_test id=\"t:{id}\"><l:object object_ref=\"o:{id}\"/><l:state state_ref=\"s:{id}\"/></l:rpminfo_test>"
        )
    });
    let objects =
        part(&|id, _| format!("<l:rpminfo_object id=\"o:{id}\"><l:name>libdemo</l:name></l:rpminfo_object>"));
    let states = part(&|id, _| {
        format!(
            "<l:rpminfo_state id=\"s:{id}\"><l:evr operation=\"less than\">0:1.{id}-1</l:evr></l:rpminfo_state>"
        )
    });
    format!(
        "<oval_definitions xmlns:l=\"urn:l\"><definitions>{definitions}</definitions><tests>{tests}</tests>\
         <objects>{objects}</objects><states>{states}</states></oval_definitions>"
    )
    .into_bytes()
}

fn elsa(ids: &[&str]) -> Vec<u8> {
    let definition = |id: &&str| {
        format!(
            "<definition class=\"patch\" id=\"d:{id}\" version=\"501\"><metadata><title>{id}: demo (LOW)</title>\
             <advisory><severity>LOW</severity><issued date=\"2025-06-01\"/></advisory></metadata>\
             <criteria operator=\"AND\"><criterion comment=\"Oracle Linux 9 is installed\"/>\
             <criterion comment=\"libdemo is earlier than 0:1.4-1.el9\"/></criteria></definition>"
        )
    };
    let definitions: String = ids.iter().map(definition).collect();
    let document = format!("<oval_definitions><definitions>{definitions}</definitions></oval_definitions>");
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(document.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn errata(ids: &[&str]) -> Vec<u8> {
    let erratum = |id: &&str| {
        json!({"updateinfo_id": id, "type": "security", "severity": "Low", "issued_date": {"$date": 1_748_736_000_000_u64},
            "pkglist": {"packages": [{"name": "libdemo", "epoch": "0", "version": "1.4", "release": "1.el9"}]}})
    };
    Value::Array(ids.iter().map(erratum).collect()).to_string().into_bytes()
}

fn groups(ids: &[&str]) -> Vec<u8> {
    let group = |id: &&str| {
        json!({"name": "AVG-9001", "packages": ["libdemo"], "status": "Vulnerable", "severity": "Low", "type": "x",
            "affected": "1-1", "fixed": null, "issues": [id], "advisories": []})
    };
    Value::Array(ids.iter().map(group).collect()).to_string().into_bytes()
}

fn entries(ids: &[&str]) -> Vec<u8> {
    let entry = |id: &&str| {
        json!({"cve_id": id, "pkg": "libdemo", "cve_score": 7.5, "aff_ver": "some", "res_ver": "1.4-1.ph5",
            "status": "Fixed"})
    };
    Value::Array(ids.iter().map(entry).collect()).to_string().into_bytes()
}

/// Packed bulletins, each an id and a package.
fn updateinfo(bulletins: &[(&str, &str)]) -> Vec<u8> {
    let update = |(id, package): &(&str, &str)| {
        format!(
            "<update type=\"security\"><id>{id}</id><title>t</title><issued date=\"2025-06-01 10:00\"/>\
             <severity>low</severity><pkglist><collection><package name=\"{package}\" version=\"5.10.9\" \
             release=\"1\" epoch=\"0\" arch=\"x86_64\"/></collection></pkglist></update>"
        )
    };
    let text: String = bulletins.iter().map(update).collect();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(format!("<updates>{text}</updates>").as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn documents() -> Vec<OneDocument> {
    vec![
        OneDocument {
            namespace: "azurelinux:3.0",
            path: "/raw.githubusercontent.com/microsoft/AzureLinuxVulnerabilityData/main/azurelinux-3.0-oval.xml",
            older: oval(&[(1, "CVE-2025-10001"), (2, "CVE-2025-10002")]),
            newer: oval(&[(1, "CVE-2025-10001"), (3, "CVE-2025-10003")]),
            key: "azurelinux:3.0|source|libdemo",
            older_records: &["CVE-2025-10001", "CVE-2025-10002"],
            newer_records: &["CVE-2025-10001", "CVE-2025-10003"],
        },
        OneDocument {
            namespace: "bottlerocket:rolling",
            path: "/advisories.bottlerocket.aws/updateinfo.xml.gz",
            older: updateinfo(&[("BRSA-1", "libdemo"), ("BRSA-2", "libdemo")]),
            newer: updateinfo(&[("BRSA-1", "libdemo"), ("BRSA-3", "libdemo")]),
            key: "bottlerocket:rolling|binary|libdemo",
            older_records: &["BRSA-1", "BRSA-2"],
            newer_records: &["BRSA-1", "BRSA-3"],
        },
        OneDocument {
            namespace: "oracle:9",
            path: "/linux.oracle.com/security/oval/com.oracle.elsa-all.xml.bz2",
            older: elsa(&["ELSA-2025-9001", "ELSA-2025-9002"]),
            newer: elsa(&["ELSA-2025-9001", "ELSA-2025-9003"]),
            key: "oracle:9|binary|libdemo",
            older_records: &["ELSA-2025-9001", "ELSA-2025-9002"],
            newer_records: &["ELSA-2025-9001", "ELSA-2025-9003"],
        },
        OneDocument {
            namespace: "almalinux:9",
            path: "/errata.almalinux.org/9/errata.json",
            older: errata(&["ALSA-2025:9001", "ALSA-2025:9002"]),
            newer: errata(&["ALSA-2025:9001", "ALSA-2025:9003"]),
            key: "almalinux:9|binary|libdemo",
            older_records: &["ALSA-2025:9001", "ALSA-2025:9002"],
            newer_records: &["ALSA-2025:9001", "ALSA-2025:9003"],
        },
        OneDocument {
            namespace: "arch:rolling",
            path: "/security.archlinux.org/all.json",
            older: groups(&["CVE-2025-10001", "CVE-2025-10002"]),
            newer: groups(&["CVE-2025-10001", "CVE-2025-10003"]),
            key: "arch:rolling|binary|libdemo",
            older_records: &["CVE-2025-10001", "CVE-2025-10002"],
            newer_records: &["CVE-2025-10001", "CVE-2025-10003"],
        },
        OneDocument {
            namespace: "photon:5.0",
            path: "/packages.broadcom.com/photon/photon_cve_metadata/cve_data_photon5.0.json",
            older: entries(&["CVE-2025-10001", "CVE-2025-10002"]),
            newer: entries(&["CVE-2025-10001", "CVE-2025-10003"]),
            key: "photon:5.0|source|libdemo",
            older_records: &["CVE-2025-10001", "CVE-2025-10002"],
            newer_records: &["CVE-2025-10001", "CVE-2025-10003"],
        },
    ]
}

fn source_outcome<'a>(report: &'a SyncReport, path: &str) -> &'a SourceOutcome {
    let url = format!("https:/{path}");
    outcome(report, &url)
}

#[test]
fn a_document_of_one_release_is_asked_conditionally_and_replaced_as_a_whole() {
    for document in documents() {
        let mut bench = Bench::new();
        let server = bench.serve();
        server.serve(document.path, document.older);
        let first = bench.namespaces(&[document.namespace]);
        assert!(first.gaps.is_empty(), "{:#?}", first.gaps);
        assert_eq!(bench.records(document.key), document.older_records, "{}", document.namespace);

        // Not changed: one conditional request, and no byte read.
        bench.later(1);
        let second = bench.namespaces(&[document.namespace]);
        assert_eq!(source_outcome(&second, document.path), &SourceOutcome::Unchanged);
        assert_eq!((second.snapshot, second.changed), (first.snapshot, false));
        let requests = server.requests_for(document.path);
        assert!(requests.len() == 2 && requests[1].header("if-none-match").is_some(), "{requests:?}");

        // The new state lacks a record, which goes, and has another.
        server.serve(document.path, document.newer);
        bench.later(1);
        let third = bench.namespaces(&[document.namespace]);
        assert!(is_updated(source_outcome(&third, document.path)));
        assert_eq!(bench.records(document.key), document.newer_records, "{}", document.namespace);
    }
}

#[test]
fn a_document_that_is_cut_gone_or_another_page_leaves_the_last_good_state() {
    for document in documents() {
        let mut bench = Bench::new();
        let server = bench.serve();
        server.serve(document.path, document.older);
        bench.namespaces(&[document.namespace]);
        let half = document.newer[..document.newer.len() / 2].to_vec();
        server.serve(document.path, document.newer);
        for (behaviour, is_failure) in [
            (Behaviour::Cut { after: 10 }, true),
            (Behaviour::Instead(testkit::server::Resource::new(half)), true),
            (Behaviour::Html, true),
            (Behaviour::Status { code: 503, retry_after: None }, true),
            (Behaviour::Status { code: 404, retry_after: None }, false),
        ] {
            server.always(document.path, behaviour.clone());
            bench.later(50);
            let report = bench.namespaces(&[document.namespace]);
            let had = source_outcome(&report, document.path);
            assert_eq!(matches!(had, SourceOutcome::Failed { .. }), is_failure, "{behaviour:?}: {had:?}");
            assert_eq!(bench.records(document.key), document.older_records, "{}", document.namespace);
            let stale: Vec<_> = report.gaps.iter().filter(|gap| gap.kind == GapKind::STALE_FEED).collect();
            assert_eq!(stale.len(), 1, "{behaviour:?}: {:#?}", report.gaps);
        }
        server.always(document.path, Behaviour::Well);
        bench.namespaces(&[document.namespace]);
        assert_eq!(bench.records(document.key), document.newer_records, "{}", document.namespace);
    }
}

/// As in March 2026: the files of releases are gone, and a folder of documents without release stands in their place.
#[test]
fn d11_34_photon_files_that_give_way_to_another_schema_leave_what_is_held() {
    const PLACE: &str = "/packages.broadcom.com/photon/photon_cve_metadata";
    let path = format!("{PLACE}/cve_data_photon5.0.json");
    let mut bench = Bench::new();
    let server = bench.serve();
    server.serve(&path, entries(&["CVE-2025-10001"]));
    bench.namespaces(&["photon:5.0"]);
    server.always(&path, Behaviour::Status { code: 404, retry_after: None });
    server.serve(&format!("{PLACE}/cve/CVE-2025-10001.json"), r#"{"document": {"category": "csaf_vex"}}"#);
    bench.later(50);
    let report = bench.namespaces(&["photon:5.0", "photon:4.0"]);
    let gaps = |kind: &GapKind| -> Vec<String> {
        report.gaps.iter().filter(|gap| gap.kind == *kind).map(ToString::to_string).collect()
    };
    let (stale, lacking) = (gaps(&GapKind::STALE_FEED), gaps(&GapKind::FEED_NOT_FETCHED));
    assert!(stale.len() == 1 && stale[0].contains("photon5.0.json"), "{:#?}", report.gaps);
    let is_told = |gap: &String| gap.contains("the schema of the feed has changed");
    assert!(stale.iter().all(is_told), "{stale:#?}");
    assert!(lacking.iter().any(|gap| gap.contains("photon4.0.json") && is_told(gap)), "{lacking:#?}");
    // What is held goes on answering, and its silence means what it meant before.
    assert_eq!(bench.records("photon:5.0|source|libdemo"), ["CVE-2025-10001"]);

    // The files came back: so is the state of the feed.
    server.always(&path, Behaviour::Well);
    server.serve(&path, entries(&["CVE-2025-10001", "CVE-2025-10003"]));
    bench.later(1);
    let report = bench.namespaces(&["photon:5.0"]);
    assert!(!report.gaps.iter().any(|gap| gap.to_string().contains("photon5.0")), "{:#?}", report.gaps);
    assert_eq!(bench.records("photon:5.0|source|libdemo"), ["CVE-2025-10001", "CVE-2025-10003"]);
}

#[test]
fn a_release_that_leaves_the_document_of_all_releases_keeps_its_rows() {
    let mut bench = Bench::new();
    let server = bench.serve();
    let path = "/linux.oracle.com/security/oval/com.oracle.elsa-all.xml.bz2";
    server.serve(path, elsa(&["ELSA-2025-9001"]));
    bench.namespaces(&["oracle:9"]);
    let other = "<oval_definitions><definitions><definition class=\"patch\" id=\"d:2\"><metadata>\
        <title>ELSA-2025-9002: demo (LOW)</title></metadata><criteria><criterion comment=\"Oracle Linux 10 is installed\"/>\
        <criterion comment=\"libdemo is earlier than 0:2\"/></criteria></definition></definitions></oval_definitions>";
    server.serve(path, other);
    bench.later(1);
    bench.namespaces(&["oracle:9"]);
    assert_eq!(bench.records("oracle:9|binary|libdemo"), ["ELSA-2025-9001"]);
    assert_eq!(bench.records("oracle:10|binary|libdemo"), ["ELSA-2025-9002"]);
}

#[test]
fn an_update_of_the_real_azure_document_gives_what_a_fresh_sync_gives() {
    let Some(data) =
        testkit::data::require("an_update_of_the_real_azure_document_gives_what_a_fresh_sync_gives")
    else {
        return;
    };
    let path = &documents()[0].path[1..];
    let state = |name: &str| testkit::data::read(&data.join("feeds/azure-oval").join(name));
    let updated = Bench::new();
    updated.mirror.file(path, state("older-2024-08-08/azurelinux-3.0-oval.xml"));
    let older = updated.namespaces(&["azurelinux:3.0"]);
    let fresh = Bench::new();
    for mirror in [&updated.mirror, &fresh.mirror] {
        mirror.file(path, state("azurelinux-3.0-oval.xml"));
    }
    let (newer, fresh) = (updated.namespaces(&["azurelinux:3.0"]), fresh.namespaces(&["azurelinux:3.0"]));
    assert!(newer.changed && older.gaps.is_empty() && newer.gaps.is_empty(), "{:#?}", newer.gaps);
    assert_eq!(newer.snapshot, fresh.snapshot);
}

/// A repository below `base`, found by the list of mirrors at `list`; both without `https://`.
fn repository(mirror: &Mirror, list: &str, base: &str, bulletins: Option<&[(&str, &str)]>) {
    mirror.file(&format!("{list}/mirror.list"), format!("https://{base}/\nhttps://second.example/x/\n"));
    repository_at(mirror, base, bulletins);
}

/// A repository below `base`, without `https://`.
fn repository_at(mirror: &Mirror, base: &str, bulletins: Option<&[(&str, &str)]>) {
    let data = bulletins.map(updateinfo);
    let stated = data.as_ref().map(|data| {
        let sha256 = testkit::image::sha256(data);
        format!(
            "<data type=\"updateinfo\"><checksum type=\"sha256\">{sha256}</checksum>\
             <location href=\"repodata/updateinfo.xml.gz\"/></data>"
        )
    });
    let index = format!("<repomd><data type=\"primary\"/>{}</repomd>", stated.unwrap_or_default());
    mirror.file(&format!("{base}/repodata/repomd.xml"), index);
    if let Some(data) = data {
        mirror.file(&format!("{base}/repodata/updateinfo.xml.gz"), data);
    }
}

const CORE: &str = "cdn.amazonlinux.com/2/core/latest/x86_64";
const CORE_BASE: &str = "cdn.amazonlinux.com/2/core/2.0/x86_64/aaaa";
const EXTRA: &str = "cdn.amazonlinux.com/2/extras/kernel-5.10/latest/x86_64";
const EXTRA_BASE: &str = "cdn.amazonlinux.com/2/extras/kernel-5.10/stable/x86_64/bbbb";

fn amazon() -> Bench {
    let bench = Bench::new();
    let mirror = &bench.mirror;
    repository(mirror, CORE, CORE_BASE, Some(&[("ALAS2-2025-001", "libdemo"), ("ALAS2-2025-002", "kernel")]));
    repository(mirror, EXTRA, EXTRA_BASE, Some(&[("ALASKERNEL-5.10-2025-001", "kernel")]));
    repository(
        mirror,
        "cdn.amazonlinux.com/2/extras/quiet/latest/x86_64",
        "cdn.amazonlinux.com/2/extras/quiet/stable",
        None,
    );
    let topics = json!({"topics": [{"n": "kernel-5.10", "inst": ["kernel"]}, {"n": "quiet"}], "version": 1});
    mirror.file("cdn.amazonlinux.com/2/extras-catalog-x86_64.json", topics.to_string());
    bench
}

#[test]
fn amazon_repositories_are_found_by_lists_of_mirrors_and_the_catalogue_of_extras() {
    let mut bench = amazon();
    let server = bench.serve();
    let first = bench.namespaces(&["amazon:2"]);
    assert!(first.gaps.is_empty() && first.unanswered.is_empty(), "{:#?}", first.gaps);
    assert_eq!(bench.records("amazon:2|binary|libdemo"), ["ALAS2-2025-001"]);
    assert_eq!(bench.records("amazon:2|binary|kernel"), ["ALAS2-2025-002", "ALASKERNEL-5.10-2025-001"]);
    // The calendars are asked once a day.
    let requests = || {
        let of_feeds = |request: &testkit::server::Request| {
            !["distro-info", "endoflife"].iter().any(|calendar| request.path.contains(calendar))
        };
        server.requests().into_iter().filter(of_feeds).collect::<Vec<_>>()
    };
    let n_requests = requests().len();

    bench.later(1);
    let second = bench.namespaces(&["amazon:2"]);
    assert!(feeds_of(&second).all(|source| source.outcome == SourceOutcome::Unchanged), "{second:#?}");
    assert_eq!(second.snapshot, first.snapshot);
    let again = requests();
    assert_eq!(again.len(), 2 * n_requests);
    assert!(again[n_requests..].iter().all(|request| request.header("if-none-match").is_some()));

    // The vendor's next state lies elsewhere, and lacks a bulletin.
    let moved = "cdn.amazonlinux.com/2/core/2.0/x86_64/cccc";
    repository(&bench.mirror, CORE, moved, Some(&[("ALAS2-2025-003", "libdemo")]));
    bench.loss_percent_max = 100;
    bench.later(1);
    let third = bench.namespaces(&["amazon:2"]);
    assert!(third.gaps.is_empty(), "{:#?}", third.gaps);
    assert_eq!(bench.records("amazon:2|binary|libdemo"), ["ALAS2-2025-003"]);
    assert_eq!(bench.records("amazon:2|binary|kernel"), ["ALASKERNEL-5.10-2025-001"]);
    let downloads = bench.feeds().path().join("downloads");
    assert!(
        downloads.join(moved).exists() && !downloads.join(CORE_BASE).join("repodata/repomd.xml").exists()
    );
}

#[test]
fn bulletins_that_are_not_those_of_the_index_are_refused() {
    let mut bench = amazon();
    let server = bench.serve();
    bench.namespaces(&["amazon:2"]);
    let newer = [("ALAS2-2025-001", "libdemo"), ("ALAS2-2025-003", "libdemo"), ("ALAS2-2025-002", "kernel")];
    repository(&bench.mirror, CORE, CORE_BASE, Some(&newer));
    let bulletins = format!("/{CORE_BASE}/repodata/updateinfo.xml.gz");
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(b"<updates></updates>").unwrap();
    let forged = encoder.finish().unwrap();
    for (behaviour, words) in [
        (Behaviour::Instead(testkit::server::Resource::new(forged)), Some("SHA-256")),
        (Behaviour::Html, Some("SHA-256")),
        // The index is newer than what a front end still holds.
        (Behaviour::Reply(testkit::server::Reply::new(304)), Some("SHA-256")),
        (Behaviour::Cut { after: 10 }, Some("")),
        (Behaviour::Status { code: 404, retry_after: None }, None),
    ] {
        server.always(&bulletins, behaviour.clone());
        bench.later(1);
        let report = bench.namespaces(&["amazon:2"]);
        match (source_outcome(&report, &bulletins), words) {
            (SourceOutcome::Failed { error }, Some(words)) => assert!(error.contains(words), "{error}"),
            (SourceOutcome::Missing, None) => {}
            (other, _) => panic!("{behaviour:?}: {other:?}"),
        }
        assert_eq!(report.gaps.len(), 1, "{behaviour:?}: {:#?}", report.gaps);
        assert_eq!(bench.records("amazon:2|binary|libdemo"), ["ALAS2-2025-001"], "{behaviour:?}");
    }
    server.always(&bulletins, Behaviour::Well);
    bench.later(1);
    let report = bench.namespaces(&["amazon:2"]);
    assert!(report.gaps.is_empty(), "{:#?}", report.gaps);
    assert_eq!(bench.records("amazon:2|binary|libdemo"), ["ALAS2-2025-001", "ALAS2-2025-003"]);
}

#[test]
fn pointers_that_lead_nowhere_leave_the_last_good_state() {
    let mut bench = amazon();
    let server = bench.serve();
    bench.namespaces(&["amazon:2"]);
    let list = format!("/{CORE}/mirror.list");
    let catalogue = "/cdn.amazonlinux.com/2/extras-catalog-x86_64.json".to_owned();
    let index = format!("/{CORE_BASE}/repodata/repomd.xml");
    for (path, body) in [
        (&list, "<html>"),
        (&list, "not a URL\n"),
        (&catalogue, "{\"topics\": [{\"n\": \"../../etc\"}]}"),
        (&catalogue, "{\"topics\":"),
        (&index, "<repomd><data type=\"updateinfo\"><location href=\"../../x.gz\"/></data></repomd>"),
        (&index, "<repomd><data type=\"updateinfo\"><location href=\"repodata/x.gz\"/></data></repomd>"),
        (&index, "<repomd><data"),
    ] {
        server.always(path, Behaviour::Instead(testkit::server::Resource::new(body)));
        bench.later(1);
        let report = bench.namespaces(&["amazon:2"]);
        let had = source_outcome(&report, path);
        assert!(matches!(had, SourceOutcome::Failed { .. }), "{path} {body}: {had:?}");
        assert_eq!(report.gaps.len(), 1, "{body}: {:#?}", report.gaps);
        assert_eq!(bench.records("amazon:2|binary|libdemo"), ["ALAS2-2025-001"]);
        assert_eq!(bench.records("amazon:2|binary|kernel"), ["ALAS2-2025-002", "ALASKERNEL-5.10-2025-001"]);
        server.always(path, Behaviour::Well);
    }
}

#[test]
fn rocky_keeps_the_bulletins_of_every_minor_release() {
    const PUBLISHED: &str = "download.rockylinux.org/pub/rocky";
    let repository = |minor: &str| format!("{minor}/BaseOS/x86_64/os");
    let mut bench = Bench::new();
    let newest = repository(&format!("{PUBLISHED}/9"));
    let (second, second_in_vault) =
        (repository(&format!("{PUBLISHED}/9.1")), repository("dl.rockylinux.org/vault/rocky/9.1"));
    let mirror = bench.mirror.clone();
    repository_at(
        &mirror,
        &repository("dl.rockylinux.org/vault/rocky/9.0"),
        Some(&[("RLSA-2022:9000", "libdemo")]),
    );
    for base in [&newest, &second] {
        repository_at(&mirror, base, Some(&[("RLSA-2023:9001", "libdemo"), ("RXSA-2023:9001", "libdemo")]));
    }
    let aarch64 = format!("{PUBLISHED}/9/AppStream/aarch64/os");
    repository_at(&mirror, &aarch64, Some(&[("RLSA-2023:9001", "libdemo-arm")]));
    let server = bench.serve();
    let first = bench.namespaces(&["rocky:9"]);
    // Four repositories of the newest minor release are missing in this mirror; of others that is no gap.
    assert_eq!(first.gaps.len(), 4, "{:#?}", first.gaps);
    assert_eq!(bench.records("rocky:9|binary|libdemo"), ["RLSA-2022:9000", "RLSA-2023:9001"]);
    assert_eq!(bench.records("rocky:9|binary|libdemo-arm"), ["RLSA-2023:9001"]);

    // Within a day only the newest is asked again, conditionally.
    let n_requests = server.requests().len();
    bench.later(2);
    let second_report = bench.namespaces(&["rocky:9"]);
    assert_eq!((second_report.snapshot, second_report.changed), (first.snapshot, false));
    let requests = server.requests();
    let asked = requests[n_requests..].iter().filter(|request| request.path.contains("rocky"));
    assert!(asked.clone().count() > 0);
    assert!(asked.clone().all(|request| request.path.starts_with("/download.rockylinux.org/pub/rocky/9/")));

    // The next minor release comes; the one before has left its place and is not yet in the vault.
    let removed = bench.mirror.dir().join(format!("{PUBLISHED}/9.1"));
    fs::remove_dir_all(removed).unwrap();
    repository_at(&mirror, &newest, Some(&[("RLSA-2024:9002", "libdemo")]));
    bench.later(25);
    bench.namespaces(&["rocky:9"]);
    let all = ["RLSA-2022:9000", "RLSA-2023:9001", "RLSA-2024:9002"];
    assert_eq!(bench.records("rocky:9|binary|libdemo"), all);
    // Then it is.
    repository_at(&mirror, &second_in_vault, Some(&[("RLSA-2023:9001", "libdemo")]));
    bench.later(25);
    bench.namespaces(&["rocky:9"]);
    assert_eq!(bench.records("rocky:9|binary|libdemo"), all);

    // Bulletins that are cut leave what is held.
    let bulletins = format!("/{newest}/repodata/updateinfo.xml.gz");
    repository_at(&mirror, &newest, Some(&[("RLSA-2024:9003", "libdemo")]));
    server.always(&bulletins, Behaviour::Cut { after: 10 });
    bench.later(1);
    let report = bench.namespaces(&["rocky:9"]);
    assert!(matches!(source_outcome(&report, &bulletins), SourceOutcome::Failed { .. }));
    assert_eq!(bench.records("rocky:9|binary|libdemo"), all);
}

#[test]
fn an_index_that_states_no_bulletins_is_none_of_a_repository_without_any() {
    let repository = |minor: &str| format!("{minor}/BaseOS/x86_64/os");
    let newest = repository("download.rockylinux.org/pub/rocky/9");
    let index = format!("/{newest}/repodata/repomd.xml");
    let mut bench = Bench::new();
    let mirror = bench.mirror.clone();
    let in_vault = repository("dl.rockylinux.org/vault/rocky/9.0");
    repository_at(&mirror, &in_vault, Some(&[("RLSA-2022:9000", "libdemo")]));
    repository_at(&mirror, &newest, None);
    repository_at(&mirror, "download.rockylinux.org/pub/rocky/9/extras/x86_64/os", None);
    let _server = bench.serve();
    // What the older minor releases have is not the state of the release.
    let report = bench.namespaces(&["rocky:9"]);
    assert!(matches!(source_outcome(&report, &index), SourceOutcome::Failed { .. }));
    let told = report.gaps.iter().filter(|gap| gap.to_string().contains("states no bulletins")).count();
    assert_eq!(told, 1, "{:#?}", report.gaps);
    assert!(!bench.held().contains(&"rocky:9".to_owned()));

    repository_at(&mirror, &newest, Some(&[("RLSA-2023:9001", "libdemo")]));
    bench.later(1);
    bench.namespaces(&["rocky:9"]);
    let all = ["RLSA-2022:9000", "RLSA-2023:9001"];
    assert_eq!(bench.records("rocky:9|binary|libdemo"), all);
    repository_at(&mirror, &newest, None);
    bench.later(1);
    let report = bench.namespaces(&["rocky:9"]);
    assert!(matches!(source_outcome(&report, &index), SourceOutcome::Failed { .. }));
    assert_eq!(bench.records("rocky:9|binary|libdemo"), all);
}

#[test]
fn the_core_of_amazon_linux_has_bulletins_and_its_extras_may_have_none() {
    let mut bench = amazon();
    let _server = bench.serve();
    bench.namespaces(&["amazon:2"]);
    let held = bench.records("amazon:2|binary|libdemo");
    assert!(!held.is_empty());
    let mirror = bench.mirror.clone();
    repository_at(&mirror, CORE_BASE, None);
    bench.later(1);
    let report = bench.namespaces(&["amazon:2"]);
    let index = format!("/{CORE_BASE}/repodata/repomd.xml");
    assert!(matches!(source_outcome(&report, &index), SourceOutcome::Failed { .. }));
    assert_eq!(bench.records("amazon:2|binary|libdemo"), held);
}

#[test]
fn releases_are_answered_by_form_and_by_one_provider() {
    for (namespace, provider) in [
        ("almalinux:9", Some("alma")),
        ("almalinux:9.4", None),
        ("amazon:1", Some("amazon")),
        ("amazon:2", Some("amazon")),
        ("amazon:2023", Some("amazon")),
        // It was renamed before it was released.
        ("amazon:2022", None),
        ("arch:rolling", Some("arch")),
        ("azurelinux:3.0", Some("azure")),
        ("azurelinux:3", None),
        ("mariner:2.0", Some("azure")),
        ("bottlerocket:rolling", Some("bottlerocket")),
        ("oracle:9", Some("oracle")),
        ("oracle:", None),
        ("oracle:9.4", None),
        ("photon:5.0", Some("photon")),
        ("photon:5", None),
        ("rocky:9", Some("rocky")),
        ("rocky:../9", None),
    ] {
        let answering: Vec<&str> = crate::provider::PROVIDERS
            .iter()
            .filter(|provider| (provider.answering)(&Namespace::new(namespace)).is_some())
            .map(|provider| provider.name)
            .collect();
        assert_eq!(answering, Vec::from_iter(provider), "{namespace}");
    }
    let facts = crate::facts::builtin_facts();
    let end = |namespace: &str| facts.namespaces[&Namespace::new(namespace)].end_of_life.clone();
    assert_eq!(end("amazon:2").as_deref(), Some("2026-06-30"));
    assert_eq!(end("photon:4.0").as_deref(), Some("2026-03-31"));
}
