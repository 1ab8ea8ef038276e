//! Files, directories and repositories, and what is wrong with them.

use super::*;
use model::report::VexReason;
use tempfile::TempDir;

fn document(purl: &str) -> String {
    serde_json::json!({"@context": "https://openvex.dev/ns/v0.2.0", "@id": purl, "author": "A",
        "timestamp": "2025-01-01T00:00:00Z", "version": 1, "statements": [
        {"vulnerability": {"name": "CVE-1"}, "products": [{"@id": purl}], "status": "not_affected",
         "justification": "component_not_present"}]})
    .to_string()
}

fn place(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn read_dir(dir: &TempDir, limits: &Limits) -> Result<Vec<Given>, FlowError> {
    read(&[VexPlace::Path(dir.path().to_owned(), None)], &VexAccess::default(), limits)
}

#[track_caller]
fn error(files: &[(&str, &str)], limits: &Limits) -> String {
    let dir = place(files);
    let error = read_dir(&dir, limits).unwrap_err();
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    format!("{error}: {cause}").replace(&dir.path().display().to_string(), "DIR")
}

#[test]
fn a_directory_is_a_number_of_files() {
    let (one, two) = (document("pkg:npm/a"), document("pkg:npm/b"));
    let dir = place(&[
        ("b.json", &*one),
        ("deep/a.JSON", &*two),
        (".hidden/c.json", "{"),
        ("readme.md", ""),
        ("vex-repository.json", "{}"),
    ]);
    let given = read_dir(&dir, &Limits::default()).unwrap();
    let said: Vec<_> = given.iter().map(|one| (one.document.id.as_deref(), one.trust)).collect();
    assert_eq!(said, [(Some("pkg:npm/a"), Trust::User), (Some("pkg:npm/b"), Trust::User)]);
    assert_eq!(given[0].digest, digest(one.as_bytes()));
}

#[test]
fn a_repository_is_what_its_list_names_each_under_its_packages() {
    let index = r#"{"updated_at": "2025-01-01T00:00:00Z", "packages": [
        {"id": "pkg:npm/a", "location": "pkg/a.json", "format": "openvex"},
        {"id": "pkg:npm/c", "location": "pkg/a.json"}]}"#;
    for below in ["", "0.1/"] {
        let dir = place(&[
            (&format!("{below}index.json"), index),
            (&format!("{below}pkg/a.json"), &document("pkg:npm/b")),
            (&format!("{below}pkg/unlisted.json"), "{"),
        ]);
        let given = read_dir(&dir, &Limits::default()).unwrap();
        assert_eq!((given.len(), given[0].trust), (1, Trust::Hub));
        // It is about what it is not listed under.
        assert!(given[0].is_listed() && given[0].document.statements[0].products.is_empty());
    }
    // One document may be listed in several places, and then speaks of what either of them lists.
    let both = r#"{"@context": "https://openvex.dev/ns/v0.2.0", "statements": [{"vulnerability": "CVE-1",
        "products": ["pkg:npm/a", "pkg:npm/b", "pkg:npm/c"], "status": "affected"}]}"#;
    let index = r#"{"packages": [{"id": "pkg:npm/a", "location": "1.json"}, {"id": "pkg:npm/c", "location": "2.json"}]}"#;
    let dir = place(&[("index.json", index), ("1.json", both), ("2.json", both)]);
    let given = read_dir(&dir, &Limits::default()).unwrap();
    assert_eq!((given.len(), given[0].document.statements[0].products.len()), (1, 2));
}

/// Documents may be called as lists are.
#[test]
fn a_document_of_the_name_of_a_list_is_a_document() {
    let (one, two) = (document("pkg:npm/a"), document("pkg:npm/b"));
    let dir = place(&[("index.json", &*one), ("other.json", &*two)]);
    let given = read_dir(&dir, &Limits::default()).unwrap();
    let said: Vec<_> = given.iter().map(|one| (one.document.id.as_deref(), one.trust)).collect();
    assert_eq!(said, [(Some("pkg:npm/a"), Trust::User), (Some("pkg:npm/b"), Trust::User)]);
    assert!(given.iter().all(|one| !one.is_listed()));
}

#[test]
fn what_cannot_be_read_says_which_file_and_why() {
    let limits = Limits::default();
    let listed =
        |location: &str| format!(r#"{{"packages": [{{"id": "pkg:npm/a", "location": "{location}"}}]}}"#);
    for (files, expected) in [
        (&[("a.json", "{}")][..], "cannot read VEX document `DIR/a.json`: it is JSON, and neither"),
        (&[("a.txt", "")], "no `*.json` is in it"),
        (&[("index.json", "[")], "cannot read `DIR/index.json` as a repository of VEX: EOF"),
        // Documents beside a file of that name that is no list would be left out.
        (&[("index.json", "{}"), ("a.json", "{}")], "missing field `packages`"),
        (&[("index.json", r#"{"packages": []}"#)], "it lists no package"),
        (&[("index.json", &*listed("../a.json"))], "`../a.json` leads out of it"),
        (&[("index.json", &*listed("/etc/passwd"))], "`/etc/passwd` leads out of it"),
        (&[("index.json", &*listed("a.json"))], "cannot read `DIR/a.json`"),
        (&[("index.json", r#"{"packages": [{"id": "a", "location": "b"}]}"#)], "`a` is no package URL"),
    ] {
        let error = error(files, &limits);
        assert!(error.contains(expected), "{error}");
    }
    let document = document("pkg:npm/a");
    let files = [("a.json", &*document), ("b.json", &*document)];
    let few = Limits { vex_documents_max: 1, ..Limits::default() };
    assert!(error(&files, &few).contains("it holds more than 1 documents"));
    let short = Limits { document_bytes_max: document.len() as u64 + 1, ..Limits::default() };
    assert!(error(&files, &short).contains("the documents take more than"));
    let small = Limits { vex_bytes_max: 10, ..Limits::default() };
    assert!(error(&files, &small).contains("it is larger than 10 bytes"));
}

#[test]
fn a_bom_is_known_by_serial_number_and_version() {
    let bom = |text: &str| bom_of(|| Some(text.as_bytes()), &Limits::default());
    assert_eq!(
        bom(r#"{"bomFormat": "CycloneDX", "serialNumber": "urn:uuid:AB", "version": 3}"#).as_deref(),
        Some("ab/3")
    );
    assert_eq!(bom(r#"{"serialNumber": "urn:uuid:ab"}"#).as_deref(), Some("ab/1"));
    assert_eq!(bom("{}"), None);
    assert_eq!(bom("<bom/>"), None);
    // However it travels.
    let xml = r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.5" serialNumber="urn:uuid:AB" version="3"/>"#;
    assert_eq!(bom(xml).as_deref(), Some("ab/3"));
    let statement = r#"{"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://cyclonedx.org/bom",
        "subject": [{"name": "a", "digest": {"sha256": "ab"}}],
        "predicate": {"bomFormat": "CycloneDX", "specVersion": "1.5", "serialNumber": "urn:uuid:AB", "version": 3}}"#;
    assert_eq!(bom(statement).as_deref(), Some("ab/3"));
}

#[test]
fn the_page_lists_every_reason() {
    let page = include_str!("../../../docs/reference/vex.md");
    let listed: Vec<&str> =
        page.lines().filter(|line| line.starts_with("| `") && line.matches('|').count() == 3).collect();
    let row = |reason: &VexReason| format!("| `{}` | {} |", reason.as_str(), reason.sentence());
    assert_eq!(listed, VexReason::ALL.iter().map(row).collect::<Vec<_>>());
}

/// The words of reasons are a contract: none may be there twice.
#[test]
fn reasons_have_a_word_each() {
    let words: std::collections::BTreeSet<&str> =
        VexReason::ALL.iter().map(|reason| reason.as_str()).collect();
    assert_eq!(words.len(), VexReason::ALL.len());
    assert!(VexReason::ALL.iter().all(|reason| reason.sentence().ends_with('.')));
}

#[test]
fn a_place_is_an_address_a_path_or_what_is_attached() {
    let place = |text: &str| VexPlace::parse(OsString::from(text));
    let path = |text: &str, trust| Ok(VexPlace::Path(text.into(), trust));
    let url = "https://a.example/v.json";
    assert_eq!(place("referrers"), Ok(VexPlace::Referrers));
    assert_eq!(place("./referrers"), path("./referrers", None));
    assert_eq!(place(url), Ok(VexPlace::Url(url.to_owned(), None)));
    assert_eq!(place("http://a.example/v.json"), Err(InvalidVexPlace::Insecure));
    assert_eq!(place("vex/"), path("vex/", None));
    assert_eq!(place("supplier:vex/"), path("vex/", Some(Trust::Supplier)));
    assert_eq!(place("hub:vex/"), path("vex/", Some(Trust::Hub)));
    assert_eq!(place("./hub:vex/"), path("./hub:vex/", None));
    assert_eq!(place(&format!("supplier:{url}")), Ok(VexPlace::Url(url.to_owned(), Some(Trust::Supplier))));
    assert_eq!(place("hub:http://a.example/v.json"), Err(InvalidVexPlace::Insecure));
    assert_eq!(place("supplier:referrers"), Err(InvalidVexPlace::LevelOfReferrers));
}

#[test]
fn whose_documents_they_are_may_be_said() {
    let document = document("pkg:npm/a");
    let index = r#"{"packages": [{"id": "pkg:npm/a", "location": "a.json"}]}"#;
    let (folder, repository) =
        (place(&[("a.json", &document)]), place(&[("a.json", &document), ("index.json", index)]));
    for (dir, said, expected) in [
        (&folder, None, Trust::User),
        (&folder, Some(Trust::Supplier), Trust::Supplier),
        (&repository, None, Trust::Hub),
        (&repository, Some(Trust::Supplier), Trust::Supplier),
    ] {
        let path = VexPlace::Path(dir.path().to_owned(), said);
        assert_eq!(read(&[path], &VexAccess::default(), &Limits::default()).unwrap()[0].trust, expected);
    }
}
