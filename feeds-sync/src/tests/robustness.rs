//! Damaged documents: an error or other rows, never a panic, never memory without bound.

use model::limits::Limits;
use testkit::mutate::{mutations, prefixes};

use super::{provider, read, read_table, read_within};

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

fn archive() -> Vec<u8> {
    testkit::feeds::zip(&[("GHSA-aaaa-bbbb-cccc.json".to_owned(), RECORD.as_bytes().to_vec())])
}

#[test]
fn a_document_cut_anywhere_is_refused() {
    for (name, feed, document) in [
        ("alpine", "alpine:3.20", SECDB.as_bytes().to_vec()),
        ("debian", "debian", TRACKER.as_bytes().to_vec()),
        ("osv", "PyPI", archive()),
    ] {
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
    for (name, feed, document) in [
        ("alpine", "alpine:3.20", SECDB.as_bytes().to_vec()),
        ("debian", "debian", TRACKER.as_bytes().to_vec()),
        ("osv", "PyPI", archive()),
    ] {
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
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, &vec![b' '; 4 << 20]).unwrap();
    let bomb = encoder.finish().unwrap();
    let limits = Limits { feed_bytes_max: 1 << 20, ..Limits::default() };
    for (name, feed) in [("alpine", "alpine:3.20"), ("debian", "debian")] {
        let error = read_within(provider(name), feed, std::slice::from_ref(&bomb), &limits).unwrap_err();
        assert!(error.to_string().contains("feed_bytes_max"), "{error}");
    }
}
