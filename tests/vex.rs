//! VEX: what somebody answered is suppressed, and a report says who did and on what grounds.

use serde_json::{Value, json};
use testkit::feeds::{Mirror, osv_record};
use testkit::image::{Compression, Files, archive, compress};
use testkit::server::Server;

use crate::harness::{AS_OF, Place, make_key, read_json, signed};

/// An SBOM with two packages of npm, and feeds that say that both are affected.
fn place() -> Place {
    let place = Place::new();
    let mirror = Mirror::at(place.path("mirror"));
    mirror.osv_records(
        "npm",
        &[
            osv_record("GHSA-aaaa-bbbb-cccc", &["CVE-2025-10001"], "npm", "demo", "introduced 0"),
            osv_record("GHSA-dddd-eeee-ffff", &["CVE-2025-10002"], "npm", "other", "introduced 0"),
        ],
    );
    place.write(
        "sbom.json",
        r#"{"bomFormat":"CycloneDX","specVersion":"1.6","serialNumber":"urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
            "version":2,"metadata":{"component":{"type":"container","name":"registry.example/acme/app:1.2"}},"components":[
            {"type":"library","name":"demo","version":"1.0.0","purl":"pkg:npm/demo@1.0.0"},
            {"type":"library","name":"other","version":"2.0.0","purl":"pkg:npm/other@2.0.0"}]}"#,
    );
    let mirror = mirror.dir().display().to_string();
    place.run(["feeds", "sync", "--only", "npm", "--mirror", &mirror]).expect_code(0);
    place
}

pub(crate) fn openvex(id: &str, vulnerability: &str, product: &str) -> String {
    json!({"@context": "https://openvex.dev/ns/v0.2.0", "@id": id, "author": "Acme Security", "version": 1,
        "timestamp": "2025-06-01T00:00:00Z", "statements": [{"vulnerability": {"name": vulnerability},
        "products": [{"@id": product}], "status": "not_affected", "justification": "vulnerable_code_not_present"}]})
    .to_string()
}

const CSAF: &str = r#"{"document": {"category": "csaf_vex", "csaf_version": "2.0",
    "publisher": {"name": "Acme", "namespace": "https://acme.example"},
    "tracking": {"id": "A-1", "version": "1", "status": "final", "current_release_date": "2025-06-01T00:00:00Z"}},
  "product_tree": {"full_product_names": [{"name": "o", "product_id": "o",
    "product_identification_helper": {"purl": "pkg:npm/other@2.0.0"}}]},
  "vulnerabilities": [{"cve": "CVE-2025-10002", "product_status": {"fixed": ["o"]}}]}"#;

const CYCLONEDX: &str = r#"{"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "vulnerabilities": [
    {"id": "CVE-2025-10001", "analysis": {"state": "not_affected", "justification": "code_not_reachable"},
     "affects": [{"ref": "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/2#pkg:npm/demo@1.0.0"}]}]}"#;

/// The report of a match with `words`.
fn report(place: &Place, words: &[&str]) -> Value {
    let words = [&["match", "sbom.json", "--offline", "--as-of", AS_OF, "-o", "json"], words].concat();
    place.json(words)
}

/// Each finding as `id reason`.
pub(crate) fn findings(report: &Value) -> Vec<String> {
    let line = |finding: &Value| {
        let reason = finding["suppressed"]["reason"].as_str().unwrap_or("counts");
        format!("{} {reason}", finding["id"].as_str().unwrap())
    };
    let mut lines: Vec<String> = report["findings"].as_array().unwrap().iter().map(line).collect();
    lines.sort();
    lines
}

#[test]
fn every_kind_of_document_suppresses_and_the_report_says_so() {
    let place = place();
    place.write("open.json", openvex("https://acme.example/1", "GHSA-aaaa-bbbb-cccc", "pkg:npm/demo"));
    place.write("csaf.json", CSAF);
    place.write("cyclonedx.json", CYCLONEDX);
    let none = report(&place, &[]);
    assert_eq!(findings(&none), ["CVE-2025-10001 counts", "CVE-2025-10002 counts"]);
    assert_eq!(none["vex"], json!({"documents": [], "unapplied": [], "left_out": 0}));

    let one = report(&place, &["--vex", "open.json"]);
    assert_eq!(findings(&one), ["CVE-2025-10001 vex-not-affected", "CVE-2025-10002 counts"]);
    let suppressed = |report: &Value| {
        report["findings"].as_array().unwrap().iter().find(|one| one["id"] == "CVE-2025-10001").unwrap()["suppressed"]
            .clone()
    };
    assert_eq!(
        suppressed(&one),
        json!({"reason": "vex-not-affected", "source": "https://acme.example/1",
            "justification": "vulnerable_code_not_present", "detail": null, "author": "Acme Security",
            "timestamp": "2025-06-01T00:00:00Z"})
    );
    let document = &one["vex"]["documents"][0];
    assert_eq!(
        [&document["id"], &document["kind"], &document["trust"], &document["suppressed"]],
        [&json!("https://acme.example/1"), &json!("openvex"), &json!("user"), &json!(1)]
    );
    assert_eq!(document["digest"].as_str().map(str::len), Some("sha256:".len() + 64));

    // The link is to this very BOM.
    let linked = report(&place, &["--vex", "cyclonedx.json", "--vex", "csaf.json"]);
    assert_eq!(findings(&linked), ["CVE-2025-10001 vex-not-affected", "CVE-2025-10002 vex-fixed"]);
    assert_eq!(suppressed(&linked)["justification"], "code_not_reachable");
    let turned = report(&place, &["--vex", "csaf.json", "--vex", "cyclonedx.json"]);
    assert_eq!(linked, turned, "the order of documents does not matter");

    // What does not count fails no build, and the table counts it.
    let gate = ["match", "sbom.json", "--offline", "--as-of", AS_OF, "--fail-on", "severity >= UNKNOWN"];
    place.run(gate).expect_code(1);
    let words = [&gate[..], &["--vex", "open.json", "--vex", "csaf.json"]].concat();
    let table = place.run(words);
    let table = &table.expect_code(0).stdout;
    assert!(table.contains("Suppressed: 2 findings (1 vex-fixed, 1 vex-not-affected)"), "{table}");
    assert!(!table.contains("VEX:"), "{table}");

    // What suppresses nothing is said, and the command that it names says more.
    place.write("old.json", openvex("https://acme.example/2", "CVE-2025-10001", "pkg:npm/demo@0.9.0"));
    let words = [&gate[..], &["--vex", "old.json"]].concat();
    let ran = place.run(words);
    let table = &ran.expect_code(1).stdout;
    let line = "VEX: 1 statement suppresses nothing (1 other-version: it is about another version); \
                `plimsoll explain CVE-2025-10001 SBOM --vex …` says why\n";
    assert!(table.contains(line), "{table}");
    let told = place.run(["explain", "CVE-2025-10001", "sbom.json", "--vex", "old.json"]);
    assert!(told.expect_code(0).stdout.contains("It is about another version."), "{}", told.stdout);
}

#[test]
fn directories_are_files_or_repositories() {
    let place = place();
    place.write("own/a.json", openvex("https://acme.example/1", "CVE-2025-10001", "pkg:npm/demo"));
    place.write("own/deep/b.json", CSAF);
    let own = report(&place, &["--vex", "own"]);
    assert_eq!(findings(&own), ["CVE-2025-10001 vex-not-affected", "CVE-2025-10002 vex-fixed"]);

    // Of a repository each document speaks of what it is listed under.
    let both = openvex("https://hub.example/1", "CVE-2025-10001", "pkg:npm/demo");
    place.write("hub/pkg/demo.json", both);
    place.write("hub/pkg/other.json", openvex("https://hub.example/2", "CVE-2025-10002", "pkg:npm/other"));
    let index = |package: &str| {
        json!({"packages": [{"id": "pkg:npm/demo", "location": "pkg/demo.json"},
            {"id": package, "location": "pkg/other.json"}]})
        .to_string()
    };
    place.write("hub/index.json", index("pkg:npm/demo"));
    let hub = report(&place, &["--vex", "hub"]);
    assert_eq!(findings(&hub), ["CVE-2025-10001 vex-not-affected", "CVE-2025-10002 counts"]);
    let unapplied = &hub["vex"]["unapplied"][0];
    assert_eq!(
        [&unapplied["reason"], &unapplied["statement"]],
        [&json!("other-product"), &json!("statements[0]")]
    );
    place.write("hub/index.json", index("pkg:npm/other"));
    assert_eq!(
        findings(&report(&place, &["--vex", "hub"])),
        ["CVE-2025-10001 vex-not-affected", "CVE-2025-10002 vex-not-affected"]
    );
    // The user's own word stands above it.
    let affected = openvex("https://acme.example/2", "CVE-2025-10001", "pkg:npm/demo")
        .replace("not_affected", "affected")
        .replace("2025-06-01", "2020-01-01");
    place.write("affected.json", affected);
    assert_eq!(
        findings(&report(&place, &["--vex", "hub", "--vex", "affected.json"])),
        ["CVE-2025-10001 counts", "CVE-2025-10002 vex-not-affected"]
    );
}

#[test]
fn a_document_that_cannot_be_read_ends_the_run() {
    let place = place();
    place.write("broken.json", "{\"@context\": \"https://openvex.dev/ns/v0.2.0\",\n \"statements\": [1]}");
    place.write("unknown.json", "{}");
    let run = |vex: &str| place.run(["match", "sbom.json", "--offline", "--as-of", AS_OF, "--vex", vex]);
    run("broken.json").expect_code(2).expect_stderr(&[
        "cannot read VEX document `broken.json`",
        "it is OpenVEX, and not of its shape",
        "line 2 column",
        "nothing was judged",
    ]);
    run("unknown.json").expect_code(2).expect_stderr(&["neither OpenVEX"]);
    run("nowhere.json").expect_code(2).expect_stderr(&["cannot read `nowhere.json`"]);
    // A word that is not known is told, and suppresses nothing.
    let text = openvex("https://acme.example/1", "CVE-2025-10001", "pkg:npm/demo");
    place.write("word.json", text.replace("not_affected", "resolved"));
    run("word.json").expect_code(0).expect_stderr(&["`statements[0].status`: `resolved` is no status"]);
}

const CYCLONEDX_XML: &str = r#"<?xml version="1.0"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.5" version="1"><vulnerabilities><vulnerability><id>CVE-2025-10001</id>
<analysis><state>not_affected</state><justification>code_not_reachable</justification></analysis>
<affects><target><ref>urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/2#pkg:npm/demo@1.0.0</ref></target></affects>
</vulnerability></vulnerabilities></bom>"#;

#[test]
fn a_document_may_come_in_xml_in_a_statement_or_in_an_envelope() {
    let place = place();
    place.write("cyclonedx.xml", CYCLONEDX_XML);
    let document = openvex("https://acme.example/1", "CVE-2025-10001", "pkg:npm/demo");
    let statement = format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://openvex.dev/ns/v0.2.0",
        "subject":[{{"name":"elsewhere","digest":{{"sha256":"{}"}}}}],"predicate":{document}}}"#,
        "0".repeat(64)
    );
    place.write("statement.json", &statement);
    make_key(&place, "theirs");
    let envelope = signed(&place, "theirs", "application/vnd.in-toto+json", &statement);
    place.write("vex.intoto.json", envelope.to_string());
    let bundle = json!({"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {}, "dsseEnvelope": envelope});
    place.write("bundle.json", bundle.to_string());
    // Whoever names a file believes it: nobody's signature is asked for.
    for file in ["cyclonedx.xml", "statement.json", "vex.intoto.json", "bundle.json"] {
        let report = report(&place, &["--vex", file]);
        assert_eq!(findings(&report), ["CVE-2025-10001 vex-not-affected", "CVE-2025-10002 counts"], "{file}");
        assert_eq!(report["vex"]["documents"][0]["trust"], "user", "{file}");
    }
    place.write("provenance.json", statement.replace(&document, "{\"buildType\":\"x\"}"));
    let words = ["match", "sbom.json", "--offline", "--as-of", AS_OF, "--vex", "provenance.json"];
    place.run(words).expect_code(2).expect_stderr(&["cannot read VEX document `provenance.json`"]);
}

#[test]
fn a_document_at_an_address_is_asked_for_as_feeds_are() {
    let place = place();
    let mirror = place.path("mirror");
    let document = openvex("https://acme.example/1", "CVE-2025-10001", "pkg:npm/demo");
    let server = Server::of_dir(&mirror);
    server.serve("/acme.example/vex/1.json", document.as_bytes());
    let root = server.url("");
    let base = ["match", "sbom.json", "--as-of", AS_OF, "-o", "json", "--mirror", &root];
    let url = "https://acme.example/vex/1.json";
    let run = |words: &[&str]| place.run(base.iter().copied().chain(words.iter().copied()));
    let report: Value = serde_json::from_str(&run(&["--vex", url]).expect_code(0).stdout).unwrap();
    assert_eq!(findings(&report), ["CVE-2025-10001 vex-not-affected", "CVE-2025-10002 counts"]);
    let document = &report["vex"]["documents"][0];
    assert_eq!([&document["trust"], &document["id"]], [&json!("user"), &json!("https://acme.example/1")]);

    // What cannot be had ends the run: what it answers would count as open.
    run(&["--vex", "https://acme.example/none.json"]).expect_code(2).expect_stderr(&[
        "cannot download a VEX document",
        "none.json` does not exist",
        "nothing was judged",
    ]);
    server.serve("/acme.example/page", "<html>");
    run(&["--vex", "https://acme.example/page"])
        .expect_code(2)
        .expect_stderr(&["cannot read VEX document `https://acme.example/page`"]);
    let offline = ["match", "sbom.json", "--offline", "--as-of", AS_OF, "--vex", url];
    place.run(offline).expect_code(2).expect_stderr(&["was not asked for: offline"]);
    run(&["--vex", "http://acme.example/vex/1.json"])
        .expect_code(2)
        .expect_stderr(&["begins with `https://`"]);
    place
        .run(["explain", "CVE-2025-10001", "sbom.json", "--vex", url])
        .expect_code(2)
        .expect_stderr(&["was not asked for: this command asks no host", "hint: download the document"]);
}

/// A mirror with a repository of VEX at `hub.example`, whose archive has it below `below`.
fn hub(below: &str, archive: impl Fn(&Files) -> Vec<u8>) -> Server {
    let document = openvex("https://hub.example/1", "CVE-2025-10001", "pkg:npm/demo");
    let index = json!({"updated_at": "2025-06-01T00:00:00Z", "packages": [
        {"id": "pkg:npm/demo", "location": "pkg/npm/demo/vex.json", "format": "openvex"}]});
    let files: Files = [
        ("index.json", index.to_string()),
        ("pkg/npm/demo/vex.json", document),
        // Nobody lists it.
        ("pkg/npm/other/vex.json", "{".to_owned()),
    ]
    .into_iter()
    .map(|(path, text)| (format!("{below}{path}"), text.into_bytes()))
    .collect();
    let server = Server::new();
    server.serve("/hub.example/vex.tar.gz", archive(&files));
    for (path, bytes) in files {
        server.serve(&format!("/hub.example/{path}"), bytes);
    }
    server
}

/// What is kept of a repository is what belongs together.
#[test]
fn a_repository_of_which_a_document_does_not_come_is_kept_as_it_was() {
    let place = place();
    let server = Server::new();
    let serve = |list: &[&str], vulnerability: &str| {
        let packages: Vec<Value> =
            list.iter().map(|location| json!({"id": "pkg:npm/demo", "location": location})).collect();
        server.serve("/hub.example/list/index.json", json!({"packages": packages}).to_string());
        server.serve(
            "/hub.example/list/a.json",
            openvex("https://hub.example/a", vulnerability, "pkg:npm/demo"),
        );
    };
    let url = "https://hub.example/list/vex-repository.json";
    server.serve("/hub.example/list/vex-repository.json", manifest("https://hub.example/list/index.json"));
    let root = server.url("");
    let base = ["match", "sbom.json", "--as-of", AS_OF, "-o", "json", "--vex", url];
    let run = |words: &[&str]| place.run(base.iter().copied().chain(words.iter().copied()));
    let heard = |words: &[&str]| {
        let report: Value = serde_json::from_str(&run(words).expect_code(0).stdout).unwrap();
        let n_documents = report["vex"]["documents"].as_array().unwrap().len();
        (findings(&report), n_documents)
    };
    serve(&["a.json"], "CVE-2025-10001");
    let before = heard(&["--mirror", &root]);
    assert_eq!(before.0, ["CVE-2025-10001 vex-not-affected", "CVE-2025-10002 counts"]);
    assert_eq!(heard(&["--offline"]), before);
    // The first document is another by now, and the second is not there yet.
    serve(&["a.json", "b.json"], "CVE-2025-10003");
    run(&["--mirror", &root]).expect_code(2).expect_stderr(&["b.json` does not exist"]);
    assert_eq!(heard(&["--offline"]), before);
    server.serve(
        "/hub.example/list/b.json",
        openvex("https://hub.example/b", "CVE-2025-10009", "pkg:npm/demo"),
    );
    let after = heard(&["--mirror", &root]);
    let open = ["CVE-2025-10001 counts", "CVE-2025-10002 counts"].map(str::to_owned).to_vec();
    assert_eq!(after, (open, 2));
    assert_eq!(heard(&["--offline"]), after);
}

fn manifest(location: &str) -> String {
    json!({"name": "Hub", "description": "", "versions": [{"spec_version": "0.1", "update_interval": "24h",
        "locations": [{"url": location}]}]})
    .to_string()
}

fn tar_gz(files: &Files) -> Vec<u8> {
    compress(&archive(files), Compression::Gzip)
}

#[test]
fn a_repository_at_an_address_is_brought_and_kept() {
    let place = place();
    let server = hub("hub-main/", tar_gz);
    let well_known = "/hub.example/.well-known/vex-repository.json";
    server.serve(well_known, manifest("https://hub.example/vex.tar.gz//hub-main"));
    let root = server.url("");
    let base = ["match", "sbom.json", "--as-of", AS_OF, "-o", "json"];
    let run = |words: &[&str]| place.run(base.iter().copied().chain(words.iter().copied()));
    let heard = |words: &[&str]| {
        let ran = run(words);
        let report: Value = serde_json::from_str(&ran.expect_code(0).stdout).unwrap();
        assert_eq!(findings(&report), ["CVE-2025-10001 vex-not-affected", "CVE-2025-10002 counts"]);
        report["vex"]["documents"][0]["trust"].as_str().unwrap().to_owned()
    };
    // What was never brought cannot be heard without network.
    run(&["--offline", "--vex", "https://hub.example"]).expect_code(2).expect_stderr(&["offline"]);
    assert_eq!(heard(&["--mirror", &root, "--vex", "https://hub.example"]), "hub");
    assert_eq!(heard(&["--mirror", &root, "--vex", "supplier:https://hub.example"]), "supplier");
    // It is asked whether anything changed, and not sent again.
    let asked = server.requests_for("/hub.example/vex.tar.gz");
    assert_eq!(asked.len(), 2);
    assert!(asked[1].header("if-none-match").is_some() || asked[1].header("if-modified-since").is_some());
    // What is kept counts where nobody may be asked, for `explain` too.
    assert_eq!(heard(&["--offline", "--vex", "https://hub.example"]), "hub");
    assert_eq!(server.requests_for("/hub.example/vex.tar.gz").len(), 2);
    let explained = ["explain", "CVE-2025-10001", "sbom.json", "--vex", "https://hub.example"];
    assert!(place.run(explained).expect_code(0).stdout.contains("hub.example"));

    // A list by itself names documents beside it.
    let list = hub("", tar_gz);
    let words = ["--mirror", &list.url(""), "--vex", "https://hub.example/index.json"];
    assert_eq!(heard(&words), "hub");
    assert!(list.requests_for("/hub.example/vex.tar.gz").is_empty());
}

#[test]
fn a_repository_that_is_not_whole_ends_the_run() {
    let place = place();
    let run = |server: &Server| {
        let root = server.url("");
        let url = "https://hub.example/vex-repository.json";
        place.run(["match", "sbom.json", "--as-of", AS_OF, "--mirror", &root, "--vex", url])
    };
    let serve = |server: &Server, location: &str| {
        server.serve("/hub.example/vex-repository.json", manifest(location));
    };
    let server = hub("", |files| {
        let listed = files.iter().filter(|(path, _)| path.ends_with("index.json"));
        tar_gz(&listed.map(|(path, bytes)| (path.clone(), bytes.clone())).collect())
    });
    serve(&server, "https://hub.example/vex.tar.gz");
    let lacking = "`pkg/npm/demo/vex.json` is listed, and not in the archive";
    run(&server).expect_code(2).expect_stderr(&[lacking, "nothing was judged"]);
    let server = hub("", tar_gz);
    serve(&server, "https://hub.example/vex.tar.gz//elsewhere");
    run(&server).expect_code(2).expect_stderr(&["the archive has no `index.json`"]);
    serve(&server, "http://hub.example/vex.tar.gz");
    run(&server).expect_code(2).expect_stderr(&["names no place that begins with `https://`"]);
    let server = hub("", |_| b"no archive".to_vec());
    serve(&server, "https://hub.example/vex.tar.gz");
    run(&server).expect_code(2).expect_stderr(&["as a repository of VEX: its archive"]);
}

#[test]
fn what_is_attached_to_an_image_is_asked_for_where_there_is_one() {
    let place = place();
    for command in ["match", "explain"] {
        let id = (command == "explain").then_some("CVE-2025-10001");
        let words = [command].into_iter().chain(id).chain(["sbom.json", "--vex", "referrers"]);
        place.run(words).expect_code(2).expect_stderr(&[&format!("`{command}` opens none"), "plimsoll scan"]);
    }
    place
        .run(["scan", "sbom:sbom.json", "--offline", "--vex", "referrers"])
        .expect_code(2)
        .expect_stderr(&["`sbom:sbom.json` has no image"]);
    place.write("key.pub", "");
    place
        .run(["scan", "sbom:sbom.json", "--offline", "--vex-key", "key.pub"])
        .expect_code(2)
        .expect_stderr(&["add `--vex referrers`"]);
}

#[test]
fn a_rematch_hears_vex_and_judges_nothing_for_it() {
    let place = place();
    std::fs::create_dir(place.path("sboms")).unwrap();
    std::fs::copy(place.path("sbom.json"), place.path("sboms/app.json")).unwrap();
    place.write("cyclonedx.json", CYCLONEDX);
    let rematch = |words: &[&str]| {
        let fixed = ["rematch", "sboms", "--offline", "--as-of", AS_OF, "-o", "json", "-o", "json=reports/"];
        let changes = place.json(fixed.iter().copied().chain(words.iter().copied()));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let line = |change: &Value| {
            let words = [&change["kind"], &change["cause"], &change["reason"], &change["finding"]["id"]];
            words.map(text).join(" ")
        };
        let lines: Vec<String> = changes["changes"].as_array().unwrap().iter().map(line).collect();
        (changes["sboms"]["judged"].as_u64().unwrap(), lines)
    };
    let (judged, lines) = rematch(&[]);
    let first = ["appeared sbom first_run CVE-2025-10001", "appeared sbom first_run CVE-2025-10002"];
    assert_eq!((judged, lines), (1, first.map(str::to_owned).to_vec()));

    // The document links to this very BOM.
    let answered = "disappeared vex suppressed CVE-2025-10001".to_owned();
    assert_eq!(rematch(&["--vex", "cyclonedx.json"]), (0, vec![answered]));
    assert_eq!(read_json(&place.path("reports/app.json")), report(&place, &["--vex", "cyclonedx.json"]));
    assert_eq!(rematch(&["--vex", "cyclonedx.json"]), (0, vec![]));
    assert_eq!(rematch(&[]), (0, vec!["appeared vex unsuppressed CVE-2025-10001".to_owned()]));
    place
        .run(["rematch", "sboms", "--offline", "--vex", "referrers"])
        .expect_code(2)
        .expect_stderr(&["`rematch` opens none"]);
}

#[test]
fn scan_hears_vex_too() {
    let place = place();
    place.write(
        "open.json",
        openvex("https://acme.example/1", "CVE-2025-10001", "registry.example/acme/app:1.2"),
    );
    let words = ["scan", "sbom:sbom.json", "--offline", "--as-of", AS_OF, "-o", "json", "--vex", "open.json"];
    let report = place.json(words);
    assert_eq!(findings(&report), ["CVE-2025-10001 vex-not-affected", "CVE-2025-10002 counts"]);
}

#[test]
fn of_each_alias_the_report_says_which_record_has_it() {
    let place = place();
    let report = report(&place, &[]);
    let sources: Vec<&Value> =
        report["findings"].as_array().unwrap().iter().map(|it| &it["alias_sources"]).collect();
    let of_osv = |id: &str| json!([{"id": id, "provider": "osv", "record": id}]);
    assert_eq!(sources, [&of_osv("GHSA-aaaa-bbbb-cccc"), &of_osv("GHSA-dddd-eeee-ffff")]);
}
