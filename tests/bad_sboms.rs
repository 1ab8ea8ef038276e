//! SBOMs made to harm end with exit code 2, say what is wrong and where, and take no memory to speak of.

use std::fmt::Write as _;

use crate::bad_input::limited;
use crate::harness::Place;

/// Deeper than any stack would bear.
const DEPTH: usize = 100_000;

const CYCLONEDX: &str = "<bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\">";
const RDF: &str = "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" \
                   xmlns:spdx=\"http://spdx.org/rdf/terms#\">";

/// `name` and its content are refused in the words, by every command that reads an SBOM.
#[track_caller]
fn refused(name: &str, content: impl AsRef<[u8]>, words: &[&str]) {
    let place = Place::new();
    place.write(name, content);
    for command in [&["convert", name, "-o", "cyclonedx-json=out.json"][..], &["match", name, "--offline"]] {
        let ran = limited(&place, command);
        ran.expect_code(2).expect_stderr(&["error: ", name]).expect_stderr(words);
        assert!(ran.stderr.len() < 2_000, "{name}: {} bytes are said", ran.stderr.len());
        assert_eq!(ran.stdout, "", "{name}");
    }
    assert!(!place.path("out.json").exists(), "{name}");
}

/// Ten entities, each of ten of the one before.
fn entities() -> String {
    let mut entities = "<!ENTITY e0 \"aaaaaaaaaa\">".to_owned();
    for level in 1..10 {
        let before = format!("&e{};", level - 1).repeat(10);
        write!(entities, "<!ENTITY e{level} \"{before}\">").unwrap();
    }
    entities
}

#[test]
fn what_is_nested_too_deep_is_refused() {
    let component = "[{\"type\": \"library\", \"name\": \"a\", \"components\": ";
    let json = format!(
        "{{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.6\", \"components\": {}",
        component.repeat(DEPTH)
    );
    refused("deep.cdx.json", json, &["CycloneDX JSON document, components[0].components[0]"]);
    let spdx3 = format!(
        "{{\"@context\": \"https://spdx.org/rdf/3.0.1/spdx-context.jsonld\", \"@graph\": {}",
        "[{\"type\": \"x\", \"a\": ".repeat(DEPTH)
    );
    refused("deep.spdx3.json", spdx3, &["SPDX 3 JSON-LD document, @graph[0].a[0]"]);
    let dsse = format!("{{\"payloadType\": \"a\", \"payload\": {}", "[".repeat(DEPTH));
    refused("deep.dsse", dsse, &["DSSE envelope document, payload"]);

    let xml =
        format!("{CYCLONEDX}{}", "<components><component type=\"library\"><name>a</name>".repeat(DEPTH));
    refused(
        "deep.cdx.xml",
        xml,
        &["CycloneDX XML document, bom/components/component", "more than", "(line 1"],
    );
    let unknown = format!("{CYCLONEDX}{}{}</bom>", "<a>".repeat(DEPTH), "</a>".repeat(DEPTH));
    refused("unknown.cdx.xml", unknown, &["CycloneDX XML document, bom/a/a", "more than"]);
    let rdf = format!("{RDF}<spdx:SpdxDocument>{}", "<spdx:relationship><spdx:Relationship>".repeat(DEPTH));
    refused("deep.rdf", rdf, &["SPDX RDF/XML document, RDF/SpdxDocument/relationship", "more than"]);
    let spdx = format!("<Document><spdxVersion>SPDX-2.3</spdxVersion>{}", "<packages>".repeat(DEPTH));
    refused("deep.spdx.xml", spdx, &["SPDX XML document, Document/packages", "more than"]);

    let flow = format!("spdxVersion: SPDX-2.3\nx: {}\n", "[".repeat(DEPTH));
    refused("flow.yaml", flow, &["SPDX YAML document, x[0]", "(line 2"]);
    let blocks: String = (0..1_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    refused(
        "blocks.yaml",
        format!("spdxVersion: SPDX-2.3\n{blocks}"),
        &["SPDX YAML document, a.a.a", "levels"],
    );
}

#[test]
fn what_stands_for_more_than_it_is_is_refused() {
    let document = |name: &str, body: &str| format!("<!DOCTYPE {name} [{}]>{body}", entities());
    let body = "<components><component type=\"library\"><name>&e9;</name></component></components></bom>";
    let declared = &["it has a document type with declarations, which are not read"];
    refused("bomb.cdx.xml", document("bom", &format!("{CYCLONEDX}{body}")), declared);
    let body =
        "<spdx:SpdxDocument rdf:about=\"a#SPDXRef-DOCUMENT\"><spdx:name>&e9;</spdx:name></spdx:SpdxDocument>";
    refused("bomb.rdf", document("rdf:RDF", &format!("{RDF}{body}</rdf:RDF>")), declared);
    let body = "<Document><spdxVersion>SPDX-2.3</spdxVersion><name>&e9;</name></Document>";
    refused("bomb.spdx.xml", document("Document", body), declared);
    // A file of this machine.
    let outside = "<!DOCTYPE bom [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>";
    let body = "<components><component type=\"library\"><name>&a;</name></component></components></bom>";
    refused("outside.cdx.xml", format!("{outside}{CYCLONEDX}{body}"), declared);

    let mut aliases = "spdxVersion: SPDX-2.3\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..10 {
        let before = vec![format!("*a{}", level - 1); 10].join(",");
        writeln!(aliases, "a{level}: &a{level} [{before}]").unwrap();
    }
    refused("bomb.yaml", aliases, &["SPDX YAML document, a", "its aliases stand for more than"]);
    refused("self.yaml", "spdxVersion: SPDX-2.3\na: &a [*a]\n", &["SPDX YAML document, a[0]", "(line 2"]);
}

#[test]
fn what_is_long_is_read_or_refused() {
    let long = "x".repeat(8 << 20);
    let json =
        format!("{{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.6\", \"serialNumber\": \"{long}");
    refused("long.cdx.json", json, &["CycloneDX JSON document, serialNumber", "EOF"]);
    refused(
        "open.spdx",
        format!("SPDXVersion: SPDX-2.3\nDocumentComment: <text>{long}"),
        &["SPDX tag-value document, DocumentComment (line 2", "is not closed"],
    );
    let typed =
        format!("{{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.6\", \"components\": \"{long}\"}}");
    refused("typed.cdx.json", typed, &["CycloneDX JSON document, components", "xxx"]);
    refused("long.txt", format!("pkg:npm/a@1\n{long}"), &["line 2", "xxx…"]);
    let rdf =
        format!("{RDF}<spdx:File><spdx:name rdf:parseType=\"{long}\">a</spdx:name></spdx:File></rdf:RDF>");
    refused("long.rdf", rdf, &["SPDX RDF/XML document", "xxx…"]);
    let attributes: String = (0..100_000).map(|n| format!("a{n}=\"x\" ")).collect();
    refused("wide.cdx.xml", CYCLONEDX.replace('>', &format!(" {attributes}/>")), &["attributes"]);
}

#[test]
fn what_is_no_utf_8_is_refused() {
    let json = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6"}"#;
    let utf16: Vec<u8> = json.encode_utf16().flat_map(u16::to_le_bytes).collect();
    refused("a.cdx.json", [b"\xFF\xFE", utf16.as_slice()].concat(), &["it is UTF-16; save it as UTF-8"]);
    refused("a.cdx.json", utf16, &["it is UTF-16 without a byte order mark"]);
    let utf32: Vec<u8> = json.chars().flat_map(|one| u32::from(one).to_le_bytes()).collect();
    refused("a.cdx.json", [b"\xFF\xFE\0\0", utf32.as_slice()].concat(), &["it is UTF-32; save it as UTF-8"]);
    let stated = format!("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>{CYCLONEDX}</bom>");
    refused("a.cdx.xml", stated, &["its encoding is stated to be `ISO-8859-1`; only UTF-8 is read"]);
    refused("a.spdx", b"SPDXVersion: SPDX-2.3\nDocumentName: \xE9\n", &["byte 36 begins no character"]);
    refused("a.yaml", b"spdxVersion: SPDX-2.3\nname: \xE9\n", &["byte 28 begins no character"]);
}

#[test]
fn what_contradicts_itself_is_refused() {
    refused(
        "twice.cdx.json",
        r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [], "components": []}"#,
        &["CycloneDX JSON document", "duplicate field `components`"],
    );
    refused("twice.yaml", "spdxVersion: SPDX-2.3\nname: a\nname: b\n", &["SPDX YAML document", "(line 3"]);
    refused("some.txt", "pkg:npm/a@1\nnope\n", &["line 2", "`nope` is not a package URL"]);
    refused(
        "lacking.cdx.xml",
        format!("{CYCLONEDX}<components><component type=\"library\"/></components></bom>"),
        &["CycloneDX XML document, components[0]: missing field `name`"],
    );
}
