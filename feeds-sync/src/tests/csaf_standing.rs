//! Which of several CSAF documents about one vulnerability stands.

use std::collections::BTreeMap;
use std::fs;

use model::advisory::Advisory;
use model::key::Namespace;
use model::limits::Limits;
use serde_json::{Value, json};

use super::provider;
use crate::advisories::Advisories;
use crate::document::Document;
use crate::error::ParseError;
use crate::provider::Parse;
use crate::schema::csaf::generic;
use crate::schema::{redhat_vex, suse_vex};

pub(super) const VEX: &str = r#"{"document":{"tracking":{"id":"CVE-2025-10001","current_release_date":"2025-06-02T10:00:00Z"}},
"product_tree":{"branches":[{"product":{"product_id":"r9","product_identification_helper":{"cpe":"cpe:/o:redhat:enterprise_linux:9"}}},
{"product":{"product_id":"l","product_identification_helper":{"purl":"pkg:rpm/redhat/libdemo@1-2.el9?arch=x86_64"}}}],
"relationships":[{"product_reference":"l","relates_to_product_reference":"r9","full_product_name":{"product_id":"r9:l"}}]},
"vulnerabilities":[{"cve":"CVE-2025-10001","product_status":{"fixed":["r9:l"]}}]}"#;

#[test]
fn a_document_that_is_gone_or_older_is_in_no_namespace_however_it_is_read() {
    let limits = Limits::default();
    let newer = VEX.replace("06-02", "06-03").replace("enterprise_linux:9", "enterprise_linux:8");
    let gone = r#""2025/cve-2025-10001.json","2025-06-02T12:00:00Z""#;
    let later = r#"2025/cve-2025-10001.json,2025-06-03T12:00:00Z"#;
    let file = |name: &'static str, text: &str| (name, text.as_bytes().to_vec());
    let old = file("cve-2025-10001.json", VEX);
    let tombstone =
        VEX.replace("\"tracking\":{", "\"tracking\":{\"status\":\"deleted\",").replace("T10", "T11");
    let tombstone = file("cve-2025-10001.json", &tombstone);
    let listed = "2025/cve-2025-10001.json,2025-06-02T11:00:00Z";
    for (documents, expected) in [
        (vec![old.clone()], vec!["redhat:9"]),
        (vec![old.clone(), file("cve-2025-10001.json", &newer)], vec!["redhat:8"]),
        (vec![old.clone(), file("deletions.csv", gone)], vec![]),
        (vec![file("deletions.csv", gone), old.clone()], vec![]),
        (vec![old.clone(), file("deletions.csv", gone), file("changes.csv", later)], vec!["redhat:9"]),
        (
            vec![file("cve-2025-10001.json", &newer), file("deletions.csv", gone), old.clone()],
            vec!["redhat:8"],
        ),
        // One that stands in place of what was taken away is listed as any other.
        (vec![old.clone(), tombstone.clone(), file("changes.csv", listed)], vec![]),
        (vec![file("changes.csv", listed), tombstone.clone(), old], vec![]),
        (vec![file("cve-2025-10001.json", &newer), tombstone], vec!["redhat:8"]),
    ] {
        let redhat = provider("redhat");
        let Parse::Advisories(parse) = redhat.parse else { panic!("a provider of advisories") };
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("document");
        let read = |mut advisories: Advisories| {
            for (name, text) in &documents {
                fs::write(&path, text).unwrap();
                let url = format!("https://feeds.example/{name}");
                let document = Document { url: &url, path: &path, limits: &limits };
                parse(&(redhat.feeds)()[0], &document, &mut advisories).unwrap();
            }
            advisories
        };
        let filled = |counts: BTreeMap<Namespace, u64>| -> Vec<String> {
            let filled = counts.into_iter().filter(|(_, n_records)| *n_records > 0);
            filled.map(|(namespace, _)| namespace.to_string()).collect()
        };
        assert_eq!(filled(read(Advisories::default()).counts()), expected);
        assert_eq!(filled(read(Advisories::survey()).counts()), expected);
        let whole = read(Advisories::default()).into_namespaces();
        let records = whole.into_iter().filter(|(_, records)| !records.is_empty());
        assert_eq!(records.map(|(namespace, _)| namespace.to_string()).collect::<Vec<_>>(), expected);
    }
}

/// A reader of documents.
type Read = fn(&[u8], &mut Advisories) -> Result<(), ParseError>;

#[test]
fn a_document_that_is_refused_takes_no_others_place() {
    let old: Value = serde_json::from_str(VEX).unwrap();
    let mut new = old.clone();
    new["document"]["tracking"]["current_release_date"] = json!("2025-06-03T10:00:00Z");
    let score = json!({"cvss_v3": {"vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}});
    let ids: Vec<String> = (0..5_000).map(|n| format!("product:{n}")).collect();
    // The second vulnerability passes a limit.
    let second = json!({"cve": "CVE-2025-10002", "scores": vec![score; 4_001], "product_status": {"known_affected": ids}});
    new["vulnerabilities"].as_array_mut().unwrap().push(second);
    let of_suse = |document: &Value| {
        let text =
            document.to_string().replace("cpe:/o:redhat:enterprise_linux:9", "cpe:/o:suse:sles:15:sp6");
        text.replace(
            "\"product_id\":\"r9\"",
            "\"product_id\":\"r9\",\"name\":\"SUSE Linux Enterprise Server 15 SP6\"",
        )
    };
    let generic: Read = |text, advisories| {
        generic::read(text, generic::Reading { source: "somebody", is_private: true }, advisories)
    };
    for (read, old, new) in [
        (redhat_vex::read as Read, old.to_string(), new.to_string()),
        (suse_vex::read, of_suse(&old), of_suse(&new)),
        (generic, old.to_string(), new.to_string()),
    ] {
        let mut advisories = Advisories::default();
        read(old.as_bytes(), &mut advisories).unwrap();
        let error = read(new.as_bytes(), &mut advisories).unwrap_err().to_string();
        assert!(error.contains("statements about all products"), "{error}");
        let records: Vec<Advisory> =
            advisories.into_namespaces().into_values().flat_map(BTreeMap::into_values).collect();
        let held: Vec<(&str, String)> = records
            .iter()
            .map(|record| (&*record.id, record.modified.unwrap_or_default().to_string()))
            .collect();
        assert_eq!(held, [("CVE-2025-10001", "2025-06-02T10:00:00Z".to_owned())]);
    }
}
