//! Damaged documents: an error or other rows, never a panic, never memory without bound.

use model::limits::Limits;
use testkit::mutate::{mutations, prefixes};

use super::{provider, read, read_calendar, read_table, read_within};
use crate::advisories::Advisories;
use crate::error::ParseError;
use crate::schema::{cve5, openvex_rows, osv, redhat_vex};

const SECDB: &str = r#"{"distroversion":"v3.20","packages":[{"pkg":{"name":"libdemo","secfixes":
{"1.4-r1":["CVE-2025-10001 GHSA-aaaa-bbbb-cccc"],"0":["CVE-2024-20002"],"2-r0":null}}}]}"#;

const TRACKER: &str = r#"{"libdemo":{"CVE-2025-10001":{"debianbug":1,"description":"x","releases":
{"bookworm":{"status":"open","urgency":"low","nodsa":"n","nodsa_reason":""},"sid":{"status":"resolved","fixed_version":"1-1"}}}}}"#;

const KEV: &str = r#"{"count":1,"vulnerabilities":[{"cveID":"CVE-2025-10001","dateAdded":"2025-06-05",
"dueDate":"2025-06-26","knownRansomwareCampaignUse":"Known"}]}"#;

const EPSS: &str =
    "#model_version:v1,score_date:2025-06-06T00:00:00Z\ncve,epss,percentile\nCVE-2025-10001,0.1,0.2\n";

const RECORD: &str = r#"{"id":"GHSA-aaaa-bbbb-cccc","aliases":["CVE-2025-10001"],"affected":[{"package":
{"ecosystem":"PyPI","name":"demo"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1.4"}]}]}]}"#;

const UPDATES: &str = r#"<?xml version="1.0"?><updates><update type="security"><id>ALAS2-2025-1</id><title>a &amp; b</title>
<issued date="2025-06-01 10:00"/><severity>low</severity><references><reference id="CVE-2025-10001" type="cve"/></references>
<pkglist><collection><module name="m" stream="1"/><package name="a" epoch="1" version="1" release="1" arch="x86_64"/>
</collection></pkglist></update></updates>"#;

const OVAL: &str = r#"<oval_definitions xmlns:l="urn:l"><definitions><definition class="vulnerability" id="d"><metadata>
<reference source="CVE" ref_id="CVE-2025-10001"/><patchable>true</patchable></metadata><criteria operator="AND">
<criterion test_ref="t"/></criteria></definition></definitions><l:rpminfo_test id="t"><l:object object_ref="o"/>
<l:state state_ref="s"/></l:rpminfo_test><l:rpminfo_object id="o"><l:name>a</l:name></l:rpminfo_object>
<l:rpminfo_state id="s"><l:evr operation="less than">0:1-1</l:evr></l:rpminfo_state></oval_definitions>"#;

const ELSA: &str = r#"<oval_definitions><definition class="patch" id="d" version="2"><metadata><title>ELSA-2025-1: a</title>
<advisory><severity>LOW</severity><issued date="2025-06-01"/><cve cvss3="1.0/CVSS:3.1/AV:N">CVE-2025-10001</cve></advisory>
</metadata><criteria operator="AND"><criterion comment="Oracle Linux 9 is installed"/><criteria operator="OR">
<criterion comment="Oracle Linux arch is x86_64"/></criteria><criterion comment="a is earlier than 0:1-1"/></criteria>
</definition></oval_definitions>"#;

const ERRATA: &str = r#"[{"updateinfo_id":"ALSA-2025:1","type":"security","severity":"Low","issued_date":{"$date":1748736000000},
"references":[{"id":"CVE-2025-10001","type":"cve"}],"pkglist":{"module":{"name":"m","stream":"1"},
"packages":[{"name":"a","epoch":"1","version":"1","release":"1"}]}}]"#;

const GROUPS: &str = r#"[{"name":"AVG-1","packages":["a"],"status":"Fixed","severity":"Low","affected":"1","fixed":"2",
"issues":["CVE-2025-10001"],"advisories":["ASA-1"]}]"#;

const ENTRIES: &str = r#"[{"cve_id":"CVE-2025-10001","pkg":"a","cve_score":7.5,"aff_ver":"x","res_ver":"1-1","status":"Fixed"}]"#;

/// A document of each provider that reads one as a whole.
fn documents() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let plain = [
        ("alma", "almalinux:9", ERRATA),
        ("alpine", "alpine:3.20", SECDB),
        ("amazon", "amazon:2", UPDATES),
        ("arch", "arch", GROUPS),
        ("azure", "azurelinux:3.0", OVAL),
        ("debian", "debian", TRACKER),
        ("echo", "echo", ECHO),
        ("fedora", "fedora:42", PAGE),
        ("nvd", "nvd", NVD),
        ("oracle", "oracle", ELSA),
        ("photon", "photon:5.0", ENTRIES),
        ("rocky", "rocky:9", UPDATES),
        ("wolfi", "wolfi:rolling", SECDB),
    ];
    let plain = plain.into_iter().map(|(name, feed, text)| (name, feed, text.as_bytes().to_vec()));
    plain.chain([("osv", "PyPI", archive())]).collect()
}

const NVD: &str = r#"{"totalResults":1,"format":"NVD_CVE","vulnerabilities":[{"cve":{"id":"CVE-2025-10001",
"lastModified":"2025-06-02T10:15:07.123","configurations":[{"operator":"AND","nodes":[{"operator":"OR","negate":false,"cpeMatch":[
{"vulnerable":true,"criteria":"cpe:2.3:a:acme:de\\:mo:1:p1:*:*:*:x:*:*"},{"vulnerable":true,"criteria":"cpe:2.3:a:b:c:*:*:*:*:*:*:*:*",
"versionEndExcluding":"2"}]},{"negate":true,"cpeMatch":[{"vulnerable":false,"criteria":"cpe:2.3:o:a:b:-:*:*:*:*:*:*:*"}]}]}]}}]}"#;

const CVE: &str = r#"{"dataVersion":"5.1","cveMetadata":{"cveId":"CVE-2025-10001","state":"PUBLISHED"},"containers":{"cna":{"affected":[
{"vendor":"é","product":"demo","defaultStatus":"affected","versions":[{"version":"1.*","status":"affected","lessThan":"2.*","changes":[
{"at":"1.5","status":"unaffected"}]},{"version":">= 1, < 2","status":"affected"}]},{"packageURL":"pkg:npm/%40a/b","versions":[
{"version":"0","lessThan":"3","status":"affected"}]}]}}}"#;

const ECHO: &str = r#"{"demo":{"CVE-2025-10001":{"fixed_version":"1.4-2"},"CVE-2025-10002":{}}}"#;

const PAGE: &str = r#"{"updates":[{"alias":"FEDORA-2025-1","severity":"high","title":"é CVE-2025-1","date_pushed":"2025-06-02 01:00:00",
"release":{"name":"F42","version":"42"},"builds":[{"nvr":"demo-1.4-3.fc42","epoch":0,"type":"rpm"}],
"bugs":[{"security":true,"title":"CVE-2025-10001 é"}]}],"page":1,"pages":1,"total":1}"#;

const UBUNTU_RECORD: &str = r#"{"id":"UBUNTU-CVE-2025-10001","details":"é","upstream":["CVE-2025-10001"],"affected":[{"package":
{"ecosystem":"Ubuntu:Pro:22.04:LTS","name":"demo","purl":"pkg:deb/ubuntu/demo@1?arch=source&distro=esm-apps/jammy"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1.4"}]}]}]}"#;

const UBUNTU_STATEMENTS: &str = r#"{"@context":"https://openvex.dev/ns/v0.2.0","statements":[{"vulnerability":{"name":"CVE-2025-10001"},
"products":[{"@id":"pkg:deb/ubuntu/demo@1?arch=source&distro=jammy"}],"status":"affected","action_statement":"needs fixing"}]}"#;

const REJECTIONS: &str = "# why\nlibdemo:\n  - CVE-2025-10001 # é\n'é':\n- CVE-2025-2\n";

fn ubuntu_archive(record: &[u8], statements: &[u8]) -> Vec<u8> {
    let members = [("osv/cve/2025/a.json", record), ("vex/cve/2025/b.json", statements)];
    super::providers::tar(&members.map(|(name, content)| (name.to_owned(), content.to_vec())))
}

fn archive() -> Vec<u8> {
    testkit::feeds::zip(&[("GHSA-aaaa-bbbb-cccc.json".to_owned(), RECORD.as_bytes().to_vec())])
}

#[test]
fn a_document_cut_anywhere_is_refused() {
    for (name, feed, document) in documents() {
        for prefix in prefixes(&document).filter(|prefix| prefix.len() < document.len()) {
            let outcome = read(provider(name), feed, &[prefix.to_vec()]);
            assert!(outcome.is_err(), "{name} accepts {} bytes", prefix.len());
        }
    }
    for prefix in prefixes(KEV.as_bytes()).filter(|prefix| prefix.len() < KEV.len()) {
        assert!(read_table(provider("kev"), prefix).is_err());
    }
    for prefix in prefixes(EPSS.as_bytes()) {
        // A table of lines cannot know that it was cut between two of them; its gzip trailer does.
        let _ = read_table(provider("epss"), prefix);
    }
}

#[test]
fn a_damaged_document_is_no_panic() {
    let halves = [
        ("alpine", "alpine:3.20", REJECTIONS.as_bytes().to_vec()),
        ("ubuntu", "ubuntu", ubuntu_archive(UBUNTU_RECORD.as_bytes(), UBUNTU_STATEMENTS.as_bytes())),
    ];
    for (name, feed, document) in documents().into_iter().chain(halves) {
        for mutation in mutations(&document, 400) {
            let _ = read(provider(name), feed, &[mutation]);
        }
    }
    for mutation in mutations(KEV.as_bytes(), 200) {
        let _ = read_table(provider("kev"), &mutation);
    }
    for mutation in mutations(EPSS.as_bytes(), 200) {
        let _ = read_table(provider("epss"), &mutation);
    }
}

#[test]
fn a_damaged_record_is_no_panic_and_the_others_are_read() {
    for mutation in mutations(RECORD.as_bytes(), 300) {
        let archive = testkit::feeds::zip(&[
            ("GHSA-aaaa-bbbb-cccc.json".to_owned(), mutation),
            (
                "GHSA-dddd-eeee-ffff.json".to_owned(),
                RECORD.replace("GHSA-aaaa-bbbb-cccc", "GHSA-dddd-eeee-ffff").into_bytes(),
            ),
        ]);
        let (namespaces, _) = read(provider("osv"), "PyPI", &[archive]).unwrap();
        assert!(namespaces.values().next().unwrap().contains_key("GHSA-dddd-eeee-ffff"));
    }
}

#[test]
fn a_damaged_record_of_the_cve_list_is_no_panic_and_the_others_are_read() {
    for mutation in mutations(CVE.as_bytes(), 400) {
        let archive = testkit::feeds::zip(&[
            ("CVE-2025-10001.json".to_owned(), mutation),
            ("CVE-2025-10002.json".to_owned(), CVE.replace("CVE-2025-10001", "CVE-2025-10002").into_bytes()),
        ]);
        let (namespaces, _) = read(provider("cve-list"), "cve-list", &[archive]).unwrap();
        assert!(namespaces[&model::key::Namespace::new("cve:2025")].contains_key("CVE-2025-10002"));
    }
}

#[test]
fn a_record_of_nvd_beyond_a_limit_is_refused_and_many_small_ones_are_not() {
    let record = |n: usize, text: &str| {
        format!(
            r#"{{"cve":{{"id":"CVE-2025-{}","descriptions":[{{"lang":"en","value":"{text}"}}]}}}}"#,
            10_000 + n
        )
    };
    let document = |records: Vec<String>| {
        let (n_records, records) = (records.len(), records.join(","));
        format!(r#"{{"totalResults":{n_records},"format":"NVD_CVE","vulnerabilities":[{records}]}}"#)
            .into_bytes()
    };
    let limits = Limits { record_bytes_max: 100 << 10, ..Limits::default() };
    let many = document((0..2_000).map(|n| record(n, &"a".repeat(500))).collect());
    assert!(read_within(provider("nvd"), "nvd", &[many], &limits).is_ok());
    let large = document(vec![record(0, &"a".repeat(600 << 10))]);
    let error = read_within(provider("nvd"), "nvd", &[large], &limits).unwrap_err();
    assert!(error.to_string().contains("record_bytes_max"), "{error}");
}

#[test]
fn a_damaged_record_or_statement_of_ubuntu_is_no_panic() {
    for mutation in mutations(UBUNTU_RECORD.as_bytes(), 300) {
        let archive = ubuntu_archive(&mutation, UBUNTU_STATEMENTS.as_bytes());
        let (namespaces, _) = read(provider("ubuntu"), "ubuntu", &[archive]).unwrap();
        assert!(
            namespaces.values().any(|records| records.contains_key("CVE-2025-10001")),
            "of the statements"
        );
    }
    for mutation in mutations(UBUNTU_STATEMENTS.as_bytes(), 300) {
        let archive = ubuntu_archive(UBUNTU_RECORD.as_bytes(), &mutation);
        let (namespaces, _) = read(provider("ubuntu"), "ubuntu", &[archive]).unwrap();
        assert!(namespaces[&model::key::Namespace::new("ubuntu:22.04+esm")].contains_key("CVE-2025-10001"));
    }
}

const RUBYSEC: &str = "---
gem: demo
cve: 2025-10001
ghsa: aaaa-bbbb-cccc
cvss_v3: 7.5
date: 2025-06-01
description: |
  a
  é
patched_versions:
  - \"~> 1.3.9, >= 1.3.10\"
  - &a '>= 2.0.0.rc1'
unaffected_versions: [< 1.2, *a]
related: {url: [https://a.example/ x]}
";

const PYPA: &str = "id: PYSEC-2025-1
affected:
- package: {name: demo, ecosystem: PyPI}
  ranges:
  - type: ECOSYSTEM
    events:
    - introduced: 0
    - fixed: 3.10
  versions:
  - 3.9
modified: 2025-06-02T00:00:00Z
";

const BITNAMI: &str = r#"{"id":"BIT-demo-2025-1","affected":[{"package":{"ecosystem":"Bitnami","name":"demo"},"ranges":
[{"type":"SEMVER","events":[{"introduced":"0"}]}]}],"database_specific":{"severity":"Low","cpes":["cpe:2.3:a:acme:demo:*"]}}"#;

#[test]
fn a_damaged_record_of_a_repository_is_no_panic_and_the_others_are_read() {
    for (name, feed, place, record) in [
        ("rubysec", "rubysec", "gems/demo", RUBYSEC),
        ("pypa", "pypa", "vulns/demo", PYPA),
        ("bitnami", "bitnami", "data/demo", BITNAMI),
    ] {
        let file = |n: usize, content: Vec<u8>| (format!("x-main/{place}/{n}.{}", ending(name)), content);
        let other = record.replace("2025", "2024").into_bytes();
        for mutation in mutations(record.as_bytes(), 400) {
            let archive = super::providers::tar(&[file(1, mutation), file(2, other.clone())]);
            let (namespaces, _) = read(provider(name), feed, &[archive]).unwrap();
            let is_other = |id: &String| id.contains("-2024-");
            assert!(namespaces.values().flat_map(|records| records.keys()).any(is_other), "{name}");
        }
    }
}

fn ending(provider: &str) -> &'static str {
    match provider {
        "rubysec" => "yml",
        "pypa" => "yaml",
        _ => "json",
    }
}

#[test]
fn a_damaged_calendar_is_no_panic_and_one_that_is_cut_is_refused() {
    let catalogue = r#"{"result":[{"name":"rhel","releases":[{"name":"9","isEol":false,"eolFrom":"2032-05-31","eoesFrom":null}]}]}"#;
    assert!(read_calendar(provider("endoflife"), "full", catalogue.as_bytes()).is_ok());
    for prefix in prefixes(catalogue.as_bytes()).filter(|prefix| prefix.len() < catalogue.len()) {
        assert!(read_calendar(provider("endoflife"), "full", prefix).is_err());
    }
    let table = "version,codename,series,created,release,eol,eol-server,eol-esm\n\
                 24.04 LTS,Noble é,noble,2023-10-12,2024-04-25,2029-05-31,2029-05-31,2034-04-25\n";
    for mutation in mutations(catalogue.as_bytes(), 300) {
        let _ = read_calendar(provider("endoflife"), "full", &mutation);
    }
    for mutation in mutations(table.as_bytes(), 300) {
        let _ = read_calendar(provider("distro-info"), "ubuntu.csv", &mutation);
        let _ = read_calendar(provider("distro-info"), "debian.csv", &mutation);
    }
}

#[test]
fn an_xz_archive_that_is_cut_is_refused_and_so_is_one_beyond_a_limit() {
    let archive = ubuntu_archive(UBUNTU_RECORD.as_bytes(), UBUNTU_STATEMENTS.as_bytes());
    let packed = testkit::image::compress(&archive, testkit::image::Compression::Xz);
    let whole = read(provider("ubuntu"), "ubuntu", std::slice::from_ref(&packed)).unwrap();
    assert_eq!(whole.0.len(), 2);
    for n_bytes in 0..packed.len() {
        assert!(
            read(provider("ubuntu"), "ubuntu", &[packed[..n_bytes].to_vec()]).is_err(),
            "{n_bytes} bytes"
        );
    }
    for (limits, name) in [
        (Limits { entries_max: 1, ..Limits::default() }, "entries_max"),
        (Limits { record_bytes_max: 10, ..Limits::default() }, "record_bytes_max"),
        (Limits { feed_bytes_max: 10, ..Limits::default() }, "feed_bytes_max"),
    ] {
        let error =
            read_within(provider("ubuntu"), "ubuntu", std::slice::from_ref(&packed), &limits).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn an_archive_beyond_a_limit_is_refused_by_its_name() {
    for (limits, name) in [
        (Limits { entries_max: 0, ..Limits::default() }, "entries_max"),
        (Limits { record_bytes_max: 10, ..Limits::default() }, "record_bytes_max"),
        (Limits { feed_bytes_max: 10, ..Limits::default() }, "feed_bytes_max"),
    ] {
        let error = read_within(provider("osv"), "PyPI", &[archive()], &limits).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn a_document_that_inflates_without_end_is_refused() {
    let bomb = |document: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut encoder, &[document, &vec![b' '; 4 << 20]].concat()).unwrap();
        encoder.finish().unwrap()
    };
    let limits = Limits { feed_bytes_max: 1 << 20, ..Limits::default() };
    for (name, feed, document) in documents().into_iter().filter(|(name, _, _)| *name != "osv") {
        let error = read_within(provider(name), feed, &[bomb(&document)], &limits).unwrap_err();
        assert!(error.to_string().contains("feed_bytes_max"), "{error}");
    }
}

#[test]
fn a_record_of_xml_beyond_a_limit_is_refused() {
    let limits = Limits { record_bytes_max: 200, ..Limits::default() };
    let long = format!("<updates><update type=\"security\"><id>{}", "a".repeat(400 << 10));
    let between = format!("<updates><!--{}--></updates>", " ".repeat(400 << 10));
    let tag = format!("<updates><update type=\"{}\"/></updates>", "a".repeat(400 << 10));
    for document in [long, between, tag] {
        let read = read_within(provider("amazon"), "amazon:2", &[document.into_bytes()], &limits);
        assert!(read.unwrap_err().to_string().contains("record_bytes_max"));
    }
    let deep = format!("<updates>{}", "<update>".repeat(1_000));
    let error = read(provider("amazon"), "amazon:2", &[deep.into_bytes()]).unwrap_err();
    assert!(error.to_string().contains("levels of elements"), "{error}");
    let bomb = "<!DOCTYPE updates [<!ENTITY a \"aaaa\">]><updates><update><id>&a;</id></update></updates>";
    assert!(read(provider("amazon"), "amazon:2", &[bomb.as_bytes().to_vec()]).is_err());
    let undeclared = "<updates><update><id>&a;</id></update></updates>";
    assert!(read(provider("amazon"), "amazon:2", &[undeclared.as_bytes().to_vec()]).is_err());
}

/// A reader of one document.
type Read = fn(&[u8], &mut Advisories) -> Result<(), ParseError>;

#[test]
fn empty_objects_are_refused_before_they_take_many_times_their_room() {
    let osv: Read = |text, advisories| {
        let key = |_: &osv::Ecosystem<'_>, _: &str| None;
        osv::parts(text, &osv::Reading { key: &key }, &mut advisories.remarks).map(drop)
    };
    let documents: [(Read, &str); 4] = [
        (
            cve5::read,
            r#"{"dataVersion":"5.1","cveMetadata":{"cveId":"CVE-2025-10001","state":"PUBLISHED"},"containers":{"cna":{"affected":[{"vendor":"a","product":"b","versions":[]}]}}}"#,
        ),
        (redhat_vex::read, r#"{"document":{"tracking":{"id":"A"}},"product_tree":{"branches":[]}}"#),
        (
            openvex_rows::read,
            r#"{"@context":"https://openvex.dev/ns/v0.2.0","statements":[{"vulnerability":"CVE-2025-1","status":"affected","products":[]}]}"#,
        ),
        (osv, r#"{"id":"A","affected":[{"severity":[]}]}"#),
    ];
    for (read, document) in documents {
        let of = |elements: &str| document.replacen("[]", &format!("[{elements}]"), 1);
        let outcome = |text: &str| read(text.as_bytes(), &mut Advisories::default());
        outcome(&of("")).unwrap();
        for (element, n_elements) in [("{},", 1_000_001), ("[],", 1_000_001), ("0,", 8_000_001)] {
            let mut elements = element.repeat(n_elements);
            elements.pop();
            let error = outcome(&of(&elements)).unwrap_err().to_string();
            assert!(error.contains("of a document"), "{error}");
        }
    }
}
