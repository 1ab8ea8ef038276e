//! Every rule is broken once; the table of SPDX 2 judges real documents as the official schemas do.

use super::*;
use crate::format::spdx2::schema::Version;

fn judged(text: &str) -> Validation {
    validate_bytes(text.as_bytes(), None, &Limits::default(), &[]).unwrap()
}

/// The violations, a line each: rule, path, line.
fn broken(text: &str) -> Vec<String> {
    let shown = |it: &Violation| format!("{} {} {}", it.rule, it.path, it.line.map_or(0, |line| line));
    judged(text).violations.iter().map(shown).collect()
}

const CYCLONEDX: &str = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
"serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
"metadata": {"timestamp": "2024-01-02T03:04:05Z", "tools": [{"name": "t"}],
 "component": {"type": "application", "name": "app", "version": "1", "bom-ref": "app"}},
"components": [
 {"type": "library", "name": "a", "version": "1", "bom-ref": "a", "purl": "pkg:npm/a@1",
  "cpe": "cpe:2.3:a:x:a:1:*:*:*:*:*:*:*",
  "hashes": [{"alg": "MD5", "content": "00112233445566778899aabbccddeeff"}],
  "licenses": [{"license": {"id": "MIT"}}],
  "components": [
   {"type": "library", "name": "b", "bom-ref": "b", "supplier": {"name": "B"}, "licenses": [{"expression": "MIT OR ISC"}]}]}],
"dependencies": [
 {"ref": "app", "dependsOn": ["a"]},
 {"ref": "a", "dependsOn": ["app"]}],
"compositions": [{"aggregate": "complete", "assemblies": ["a", "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#b"]}],
"vulnerabilities": [{"id": "CVE-2024-0001", "affects": [{"ref": "a"}]}],
"annotations": [{"subjects": ["a"], "annotator": {"individual": {"name": "n"}}, "timestamp": "2024-01-02T03:04:05Z", "text": "t"}]
}"#;

#[test]
fn what_cyclonedx_allows_breaks_no_rule() {
    assert_eq!(broken(CYCLONEDX), [""; 0]);
    assert!(judged(CYCLONEDX).is_valid());
}

#[test]
fn each_rule_of_cyclonedx_can_be_broken() {
    let check = |from: &str, to: &str, expected: &str| {
        assert!(CYCLONEDX.contains(from), "{from}");
        let found = broken(&CYCLONEDX.replacen(from, to, 1));
        assert!(found.contains(&expected.to_owned()), "{expected} not in {found:?}");
    };
    check("urn:uuid:3e67", "urn:uuid:3", "cyclonedx-serial-number serialNumber 2");
    assert_eq!(broken(&CYCLONEDX.replacen("urn:uuid:3e67", "urn:uuid:3", 1)).len(), 1);
    check(
        r#""bom-ref": "b""#,
        r#""bom-ref": "a""#,
        "cyclonedx-ref-unique components[0].components[0].bom-ref 11",
    );
    check(r#"["app"]"#, r#"["gone"]"#, "cyclonedx-dependency dependencies[1].dependsOn[0] 14");
    check(r#"{"ref": "a","#, r#"{"ref": "app","#, "cyclonedx-dependency-once dependencies[1].ref 14");
    check("/1#b", "/1#c", "cyclonedx-composition compositions[0].assemblies[1] 15");
    check("/1#b", "/x#b", "cyclonedx-composition compositions[0].assemblies[1] 15");
    check(
        r#""subjects": ["a"]"#,
        r#""subjects": ["z"]"#,
        "cyclonedx-annotation annotations[0].subjects[0] 17",
    );
    check(r#"[{"ref": "a"}]"#, r#"[{"ref": "z"}]"#, "cyclonedx-affects vulnerabilities[0].affects[0].ref 16");
    check("pkg:npm/a@1", "npm/a@1", "cyclonedx-purl components[0].purl 6");
    check("cpe:2.3:a:x:a", "cpe:2.3:a:x", "cyclonedx-cpe components[0].cpe 7");
    check("00112233", "0011", "cyclonedx-hash components[0].hashes[0].content 8");
    check(r#""MIT""#, r#""mit""#, "schema components[0].licenses[0].license.id 9");
    check(
        "MIT OR",
        "MIT or",
        "cyclonedx-license-expression components[0].components[0].licenses[0].expression 11",
    );
    check("03:04:05Z", "03:04", "schema metadata.timestamp 3");
}

const SPDX2: &str = r#"{"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": "d",
"documentNamespace": "https://example.test/d",
"creationInfo": {"created": "2024-01-02T03:04:05Z", "creators": ["Person: A (a@b.test)", "Tool: t-1"]},
"externalDocumentRefs": [
 {"externalDocumentId": "DocumentRef-x", "spdxDocument": "https://example.test/x",
  "checksum": {"algorithm": "SHA1", "checksumValue": "00112233445566778899aabbccddeeff00112233"}}],
"hasExtractedLicensingInfos": [{"licenseId": "LicenseRef-own", "extractedText": "words"}],
"packages": [
 {"name": "a", "SPDXID": "SPDXRef-a", "versionInfo": "1", "downloadLocation": "NOASSERTION", "filesAnalyzed": false,
  "supplier": "Organization: A", "licenseConcluded": "MIT AND LicenseRef-own",
  "externalRefs": [
   {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:npm/a@1"}]},
 {"name": "b", "SPDXID": "SPDXRef-b", "downloadLocation": "git+https://example.test/b.git@main"}],
"files": [
 {"fileName": "./f", "SPDXID": "SPDXRef-f",
  "checksums": [{"algorithm": "SHA1", "checksumValue": "00112233445566778899aabbccddeeff00112233"}]}],
"relationships": [
 {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-a"},
 {"spdxElementId": "SPDXRef-a", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "DocumentRef-x:SPDXRef-z"},
 {"spdxElementId": "SPDXRef-a", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "NONE"}]
}"#;

#[test]
fn what_spdx_2_allows_breaks_no_rule() {
    assert_eq!(broken(SPDX2), [""; 0]);
}

#[test]
fn each_rule_of_spdx_2_can_be_broken() {
    let check = |from: &str, to: &str, expected: &str| {
        assert!(SPDX2.contains(from), "{from}");
        let found = broken(&SPDX2.replacen(from, to, 1));
        assert!(found.contains(&expected.to_owned()), "{expected} not in {found:?}");
    };
    check("SPDX-2.3", "SPDX-2.9", "spdx2-version  1");
    check("CC0-1.0", "MIT", "spdx2-data-license dataLicense 1");
    check("SPDXRef-DOCUMENT", "SPDXRef-Document", "spdx2-id-form SPDXID 1");
    check(r#""SPDXRef-b""#, r#""SPDXRef-ä""#, "spdx2-id-form packages[1].SPDXID 13");
    check(r#""SPDXRef-b""#, r#""SPDXRef-a""#, "spdx2-id-unique packages[1].SPDXID 13");
    check("https://example.test/d", "example/d#", "spdx2-namespace documentNamespace 2");
    check("https://example.test/x", "x", "spdx2-external-document externalDocumentRefs[0].spdxDocument 5");
    check("Tool: t-1", "t-1", "spdx2-agent creationInfo.creators[1] 3");
    check("Organization: A", "A", "spdx2-agent packages[0].supplier 10");
    check("03:04:05Z", "03:04:05", "spdx2-date creationInfo.created 3");
    check("git+https:", "somewhere ", "spdx2-download-location packages[1].downloadLocation 13");
    check(
        r#""filesAnalyzed": false"#,
        r#""filesAnalyzed": false, "packageVerificationCode": {"packageVerificationCodeValue": "1"}"#,
        "spdx2-verification-code packages[0] 9",
    );
    check(
        "00112233445566778899aabbccddeeff00112233",
        "00",
        "spdx2-checksum externalDocumentRefs[0].checksum.checksumValue 6",
    );
    check("MIT AND", "MIT plus", "spdx2-license-expression packages[0].licenseConcluded 10");
    check(
        "AND LicenseRef-own",
        "AND LicenseRef-o",
        "spdx2-license-expression packages[0].licenseConcluded 10",
    );
    check("pkg:npm/a@1", "a@1", "spdx2-external-reference packages[0].externalRefs[0] 12");
    check("PACKAGE-MANAGER", "SECURITY", "spdx2-external-reference packages[0].externalRefs[0] 12");
    check(r#"[{"algorithm": "SHA1""#, r#"[{"algorithm": "MD6""#, "spdx2-file-sha1 files[0] 15");
    check(
        r#""LicenseRef-own""#,
        r#""own""#,
        "spdx2-extracted-license hasExtractedLicensingInfos[0].licenseId 7",
    );
    check("DocumentRef-x:", "DocumentRef-y:", "spdx2-relationship relationships[1].relatedSpdxElement 19");
    check(r#""DESCRIBES""#, r#""CONTAINS""#, "spdx2-describes  1");
    check(
        r#""packages""#,
        r#""documentDescribes": ["SPDXRef-gone"], "packages""#,
        "spdx2-reference documentDescribes[0] 8",
    );
    check(r#""name": "b", "#, "", "schema packages[1] 13");
    check(r#""name": "b", "#, r#""name": 7, "#, "schema packages[1].name 13");
    check(r#""name": "b", "#, r#""name": "b", "nom": 1, "#, "schema packages[1] 13");
    check("DEPENDS_ON", "NEEDS", "schema relationships[1].relationshipType 19");
    check("SPDX-2.3", "SPDX-2.2", "schema packages[1] 13");
}

const SPDX3: &str = r#"{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [
{"type": "CreationInfo", "@id": "_:c", "specVersion": "3.0.1", "created": "2024-01-02T03:04:05Z", "createdBy": ["urn:x:o"]},
{"type": "Organization", "spdxId": "urn:x:o", "creationInfo": "_:c", "name": "O"},
{"type": "SpdxDocument", "spdxId": "urn:x:d", "creationInfo": "_:c", "rootElement": ["urn:x:p"],
 "import": [{"type": "ExternalMap", "externalSpdxId": "urn:y:q"}]},
{"type": "software_Package", "spdxId": "urn:x:p", "creationInfo": "_:c", "name": "p", "software_packageUrl": "pkg:npm/p@1"},
{"type": "Relationship", "spdxId": "urn:x:r", "creationInfo": "_:c", "from": "urn:x:p", "relationshipType": "dependsOn",
 "to": ["urn:y:q", "NoneElement"]}
]}"#;

#[test]
fn each_rule_of_spdx_3_can_be_broken() {
    assert_eq!(broken(SPDX3), [""; 0]);
    let check = |from: &str, to: &str, expected: &str| {
        assert!(SPDX3.contains(from), "{from}");
        let found = broken(&SPDX3.replacen(from, to, 1));
        assert!(found.contains(&expected.to_owned()), "{expected} not in {found:?}");
    };
    check("SpdxDocument", "Bundle", "spdx3-document  1");
    check(r#""spdxId": "urn:x:p""#, r#""spdxId": "1:p""#, "spdx3-id-form @graph[3].spdxId 6");
    check(r#""spdxId": "urn:x:p""#, r#""spdxId": "urn:x:o""#, "spdx3-id-unique @graph[3].spdxId 6");
    check(
        r#""creationInfo": "_:c", "name": "O""#,
        r#""creationInfo": "urn:x:p""#,
        "spdx3-creation-info @graph[1].creationInfo 3",
    );
    check(r#"["urn:y:q","#, r#"["urn:z:q","#, "spdx3-reference @graph[4].to[0] 8");
    check(
        r#""createdBy": ["urn:x:o"]"#,
        r#""createdBy": ["urn:x:p"]"#,
        "spdx3-reference-class @graph[0].createdBy[0] 2",
    );
    check(
        r#""type": "software_Package","#,
        r#""type": "software_Package", "suppliedBy": "urn:x:d","#,
        "spdx3-reference-class @graph[3].suppliedBy 6",
    );
    check("2024-01", "2024-13", "spdx3-date @graph[0].created 2");
    check("pkg:npm/p@1", "p@1", "spdx3-package-url @graph[3].software_packageUrl 6");
    check(r#""type": "Organization", "#, "", "schema @graph[1] 3");
    check(r#""from": "urn:x:p", "#, "", "schema @graph[4] 7");
    check("dependsOn", "DEPENDS_ON", "schema @graph[4].relationshipType 7");
}

/// What the structure says where it is known, rules say of versions whose structure is not.
#[test]
fn a_version_of_spdx_3_that_is_not_known_is_judged_by_rules() {
    let new = SPDX3.replacen("rdf/3.0.1", "rdf/3.1", 1);
    assert_eq!(broken(&new), [""; 0]);
    assert!(!judged(&new).has_schema && judged(SPDX3).has_schema);
    let check = |from: &str, to: &str, expected: &str| {
        assert!(new.contains(from), "{from}");
        let found = broken(&new.replacen(from, to, 1));
        assert!(found.contains(&expected.to_owned()), "{expected} not in {found:?}");
    };
    check("rdf/3.1", "rdf/2", "spdx3-context @context 1");
    check(r#""type": "Organization", "#, "", "spdx3-type @graph[1] 3");
    check(r#""spdxId": "urn:x:p""#, r#""spdxId": "p""#, "spdx3-id-form @graph[3].spdxId 6");
    check(r#""spdxId": "urn:x:p", "#, "", "spdx3-id-form @graph[3] 6");
    check(r#""urn:x:o", "creationInfo": "_:c""#, r#""urn:x:o""#, "spdx3-creation-info @graph[1] 3");
    check(r#""created": "2024-01-02T03:04:05Z", "#, "", "spdx3-creation-info @graph[0] 2");
    check(r#""from": "urn:x:p", "#, "", "spdx3-relationship @graph[4] 7");
    check("05Z", "05", "spdx3-date @graph[0].created 2");
}

/// The lines of the violations of a document in another syntax than JSON, by path.
#[track_caller]
fn check_lines(text: &str, expected: &[&str]) {
    let found: Vec<_> = broken(text).into_iter().filter(|line| !line.starts_with("schema")).collect();
    assert_eq!(found, expected);
}

#[test]
fn violations_have_lines_in_tags() {
    let text = "SPDXVersion: SPDX-2.3
DataLicense: CC0-1.0
SPDXID: SPDXRef-DOCUMENT
DocumentName: d
DocumentNamespace: urn:x:d
# a comment
Creator: Tool: t
Creator: t
Created: 2024-01-02
PackageName: a
SPDXID: SPDXRef-a
PackageComment: <text>one

two</text>
PackageDownloadLocation: none at all
PackageChecksum: MD5: 00112233445566778899aabbccddeeff
PackageChecksum: MD5: 00
Annotator: Person: p
AnnotationDate: 2024-01-02T03:04:05Z
AnnotationType: OTHER
SPDXREF: SPDXRef-b
AnnotationComment: c
PackageName: b
SPDXID: SPDXRef-b
PackageDownloadLocation: NONE
# plimsoll: documentDescribes
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-gone
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-a
Relationship: SPDXRef-a DEPENDS_ON SPDXRef-gone
Annotator: p
AnnotationDate: 2024
SPDXREF: SPDXRef-b
";
    check_lines(
        text,
        &[
            "spdx2-agent creationInfo.creators[1] 8",
            "spdx2-date creationInfo.created 9",
            "spdx2-download-location packages[0].downloadLocation 15",
            "spdx2-checksum packages[0].checksums[1].checksumValue 17",
            "spdx2-reference documentDescribes[0] 27",
            "spdx2-relationship relationships[1].relatedSpdxElement 29",
            "spdx2-agent packages[1].annotations[1].annotator 30",
            "spdx2-date packages[1].annotations[1].annotationDate 31",
        ],
    );
}

#[test]
fn violations_have_lines_in_yaml_xml_and_rdf() {
    check_lines(
        "spdxVersion: SPDX-2.3\nSPDXID: SPDXRef-DOCUMENT\ndocumentNamespace: x#\npackages:\n- name: a\n  SPDXID: SPDXRef-a\n- SPDXID: a\n  name: >\n    b\n  supplier:\n    who",
        &[
            "spdx2-describes  1",
            "spdx2-namespace documentNamespace 3",
            "spdx2-id-form packages[1].SPDXID 7",
            "spdx2-agent packages[1].supplier 10",
        ],
    );
    check_lines(
        "<Document>\n<spdxVersion>SPDX-2.3</spdxVersion>\n<SPDXID>SPDXRef-DOCUMENT</SPDXID><documentNamespace>\nx#</documentNamespace>\n<packages><SPDXID>SPDXRef-a</SPDXID></packages><packages>\n<SPDXID>a</SPDXID></packages></Document>",
        &["spdx2-describes  1", "spdx2-namespace documentNamespace 3", "spdx2-id-form packages[1].SPDXID 6"],
    );
    check_lines(
        "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://spdx.org/rdf/terms#\">
<SpdxDocument rdf:about=\"urn:x:d#SPDXRef-DOCUMENT\"><specVersion>SPDX-2.3</specVersion>
<relationship><Relationship><relationshipType rdf:resource=\"http://spdx.org/rdf/terms#relationshipType_describes\"/>
<relatedSpdxElement><Package rdf:about=\"urn:x:d#SPDXRef-a\"><name>a</name>
<supplier>who</supplier></Package></relatedSpdxElement></Relationship></relationship>
<creationInfo><CreationInfo>
<created>never</created></CreationInfo></creationInfo></SpdxDocument></rdf:RDF>",
        &["spdx2-agent packages[0].supplier 5", "spdx2-date creationInfo.created 7"],
    );
}

#[test]
fn a_score_says_what_lacks() {
    let score = |text: &str, set| {
        let validation = judged(text);
        let score = validation.scores.into_iter().find(|score| score.set == set).unwrap();
        let shown =
            |it: &Element| format!("{} {}/{} {}", it.name, it.present, it.total, it.lacking.join(","));
        score.elements.iter().map(shown).collect::<Vec<_>>()
    };
    assert_eq!(
        score(SPDX2, MinimumSet::Ntia),
        [
            "Supplier Name 1/2 packages[1]",
            "Component Name 2/2 ",
            "Version of the Component 1/2 packages[1]",
            "Other Unique Identifiers 2/2 ",
            "Dependency Relationship 1/2 packages[1]",
            "Author of SBOM Data 1/1 ",
            "Timestamp 1/1 ",
        ]
    );
    assert_eq!(
        score(CYCLONEDX, MinimumSet::Cisa2025),
        [
            "SBOM Author 0/1 ",
            "Software Producer 1/3 metadata.component,components[0]",
            "Component Name 3/3 ",
            "Component Version 2/3 components[0].components[0]",
            "Software Identifiers 1/3 metadata.component,components[0].components[0]",
            "Component Hash 1/3 metadata.component,components[0].components[0]",
            "License 2/3 metadata.component",
            "Dependency Relationship 3/3 ",
            "Tool Name 1/1 ",
            "Timestamp 1/1 ",
            "Generation Context 0/1 ",
        ]
    );
    let validation = judged(SPDX3);
    assert!(!validation.scores[0].is_met());
    assert!(validation.scores[0].elements[0].lacking == ["@graph[3]"]);
}

#[test]
fn what_others_were_made_from_is_no_component() {
    let element =
        |id: &str| format!(r#"{{"type": "software_Package", "spdxId": "urn:x:{id}", "name": "{id}"}}"#);
    let relation = |from: &str, kind: &str, to: &str| {
        format!(
            r#"{{"type": "Relationship", "from": "urn:x:{from}", "relationshipType": "{kind}", "to": ["urn:x:{to}"]}}"#
        )
    };
    let spdx3 = [
        element("a"),
        element("b"),
        element("s"),
        relation("a", "contains", "b"),
        relation("s", "generates", "b"),
        relation("a", "generates", "b"),
    ];
    let context = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld";
    let spdx3 = format!(r#"{{"@context": "{context}", "@graph": [{}]}}"#, spdx3.join(","));
    let package = |id: &str| format!(r#"{{"SPDXID": "SPDXRef-{id}", "name": "{id}"}}"#);
    let relation = |from: &str, kind: &str, to: &str| {
        format!(
            r#"{{"spdxElementId": "SPDXRef-{from}", "relationshipType": "{kind}", "relatedSpdxElement": "SPDXRef-{to}"}}"#
        )
    };
    let spdx2 = |relations: [String; 3]| {
        let packages = ["a", "b", "s"].map(package).join(",");
        format!(
            r#"{{"spdxVersion": "SPDX-2.3", "packages": [{packages}], "relationships": [{}]}}"#,
            relations.join(",")
        )
    };
    let from_source = spdx2([
        relation("a", "CONTAINS", "b"),
        relation("b", "GENERATED_FROM", "s"),
        relation("b", "GENERATED_FROM", "a"),
    ]);
    let to_product = spdx2([
        relation("a", "CONTAINS", "b"),
        relation("s", "GENERATES", "b"),
        relation("a", "GENERATES", "b"),
    ]);
    for text in [spdx3, from_source, to_product] {
        assert_eq!(judged(&text).scores[0].components, 2, "{text}");
    }
}

#[test]
fn a_schema_in_a_file_is_applied_with_those_beside_it() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    write(
        "main.json",
        r##"{"$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "http://example.test/main.json", "properties": {"name": {"$ref": "other.json#/definitions/short"}}}"##,
    );
    write(
        "other.json",
        r#"{"$id": "http://example.test/other.json", "definitions": {"short": {"maxLength": 1}}}"#,
    );
    write("gone.json", r#"{"properties": {"name": {"$ref": "http://example.test/no.json"}}}"#);
    write("text.json", "text");
    let open = |name: &str| SchemaFile::open(&directory.path().join(name));
    let schema = open("main.json").unwrap();
    let judged =
        |text: &str| validate_bytes(text.as_bytes(), Some(&schema), &Limits::default(), &[]).unwrap();
    assert!(judged(SPDX2).is_valid());
    let found = judged(&SPDX2.replacen(r#""name": "d""#, r#""name": "dd""#, 1)).violations;
    assert_eq!((found[0].rule, found[0].path.as_str(), found[0].line), ("schema", "name", Some(1)));
    assert!(open("gone.json").unwrap_err().to_string().contains("cannot be used"));
    assert!(matches!(open("text.json"), Err(SchemaError::Json { .. })));
    assert!(matches!(open("nowhere.json"), Err(SchemaError::Read { .. })));
}

#[test]
fn what_is_no_sbom_is_refused() {
    let refused =
        |text: &str| validate_bytes(text.as_bytes(), None, &Limits::default(), &[]).unwrap_err().to_string();
    assert!(refused(r#"{"@context": "https://openvex.dev/ns/v0.2.0"}"#).contains("JSON-LD of no SPDX"));
    assert!(refused("").contains("empty"));
    assert!(refused("hello").contains("plain text"));
    assert!(
        refused(r#"{"bomFormat": "CycloneDX", "version": 1, "version": 2}"#).contains("duplicate member")
    );
}

#[test]
fn a_version_that_there_is_not_is_a_violation() {
    let found = judged(r#"{"bomFormat": "CycloneDX", "specVersion": "9.9", "version": 1}"#);
    assert!(found.violations.iter().any(|one| one.rule == "cyclonedx-version"), "{found:?}");
    assert!(!found.has_schema);
}

#[test]
fn xml_may_have_elements_of_others_and_none_that_cyclonedx_does_not_know() {
    let verdict = |more: &str| {
        let text = format!(
            r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.6" version="1"><components>
               <component type="library"><name>a</name></component></components>{more}</bom>"#
        );
        validate_bytes(text.as_bytes(), None, &Limits::default(), &[]).unwrap().violations
    };
    assert_eq!(verdict(""), []);
    assert_eq!(verdict(r#"<x:y xmlns:x="urn:x" a="1"><x:z/></x:y>"#), []);
    assert_eq!(verdict(r#"<y xmlns="urn:x">z</y>"#), []);
    assert_eq!(verdict("<unknown>z</unknown>").len(), 1);
    assert_eq!(verdict("text").len(), 1);
}

/// What the XML schema refuses in the document of `version` with one component of which `inside` is said.
fn xml_refused(version: &str, inside: &str) -> Vec<String> {
    let text = format!(
        "<bom xmlns=\"http://cyclonedx.org/schema/bom/{version}\" version=\"1\" xmlns:x=\"urn:x\">\n\
         <components><component type=\"library\">\n{inside}</component></components></bom>"
    );
    let shown = |it: &Violation| format!("{} {} {}", it.path, it.line.unwrap_or_default(), it.reason);
    judged(&text).violations.iter().map(shown).collect()
}

#[test]
fn xml_is_judged_by_the_xml_schema_of_its_version() {
    let allowed = |version: &str, inside: &str| assert_eq!(xml_refused(version, inside), [""; 0], "{inside}");
    let refused = |version: &str, inside: &str, expected: &str| {
        let found = xml_refused(version, inside);
        assert!(found.iter().any(|one| one.contains(expected)), "{expected} not in {found:#?}");
    };
    let named = "<name>a</name>\n<version>1</version>";
    let with = |more: &str| format!("{named}\n{more}");
    allowed("1.0", &with("<modified>false</modified>"));
    refused("1.0", named, "components[0] 2 lacks modified");
    refused("1.0", &with("<pedigree/>"), "components[0].pedigree 5 is no member of `component` in 1.0");
    refused("1.0", &with("<x:y/>"), "components[0] 5 has `y` of another namespace");
    allowed("1.1", &with("<pedigree><notes>n</notes></pedigree><x:y/>"));
    refused("1.1", &with("<swid tagId=\"t\" name=\"n\"/>"), "components[0].swid 5 is no member");
    refused("1.1", "<version>1</version>\n<name>a</name>", "components[0] 4 has `name` after `version`");
    refused("1.1", "<name>a</name>", "components[0] 2 lacks version");
    allowed("1.4", "<name>a</name>");
    refused("1.4", "<name>a</name>\n<name>b</name>", "components[0] 4 has `name` twice");
    refused("1.4", &with("<x:y/>\n<purl>pkg:npm/a@1</purl>"), "6 has `purl` after an element of another");
    refused("1.4", "<name a=\"b\">a</name>", "components[0].name 3 has the attribute `a`");
    refused("1.4", "<name>a<b/></name>", "components[0].name 3 has `b`");
    refused("1.4", "between<name>a</name>", "components[0] 2 has text in `component`");
    refused("1.4", "<name>a</name>\n<scope>all</scope>", "components[0].scope 4 is `all`, none of the words");
    refused("1.4", "<name>a</name>\n<tags><tag>t</tag></tags>", "components[0].tags 4 is no member");
    allowed("1.6", "<name>a</name>\n<tags><tag>t</tag></tags>");
    let licence = "<license><name>L</name></license>";
    let licences = |more: &str| format!("<name>a</name>\n<licenses>\n{licence}\n{more}</licenses>");
    allowed("1.2", &licences(licence).replace("<licenses>", "<version/><licenses>"));
    refused("1.4", &licences("<expression>MIT</expression>"), "licenses 6 has `expression` beside other");
    allowed("1.7", &licences("<expression>MIT</expression>"));
    refused("1.6", &licences("<license/>"), "components[0].licenses[1].license 6 has members that exclude");
    let notes =
        |more: &str| format!("<name>a</name>\n<releaseNotes>\n<type>major</type>{more}</releaseNotes>");
    allowed("1.4", &notes("<title>t</title><type>minor</type><title>t</title>"));
    refused("1.4", &notes("<title>t</title><title>t</title>"), "releaseNotes 5 has `title` twice");
}

#[test]
fn a_document_is_judged_as_its_bytes_are() {
    let text = CYCLONEDX.replacen("pkg:npm/a@1", "npm/a@1", 1);
    let validation = judged(&text);
    assert_eq!(validation.violations[0].line, Some(6));
}

#[test]
fn violations_are_bounded() {
    let purls = vec![r#"{"purl": "x"}"#; VIOLATIONS_MAX + 7].join(",");
    let validation =
        judged(&format!(r#"{{"bomFormat": "CycloneDX", "specVersion": "1.0", "components": [{purls}]}}"#));
    assert_eq!((validation.violations.len(), validation.omitted), (VIOLATIONS_MAX, 7));
}

#[test]
fn long_names_and_texts_are_cut_off() {
    let name = "n".repeat(100_000);
    let purls = vec![r#"{"purl": "x"}"#; 2_000].join(",");
    let text = format!(
        r#"{{"bomFormat": "CycloneDX", "specVersion": "1.0", "{name}": [{purls}], "a": {{"cpe": "cpe:2.3:{}"}}, "purl": "{name}"}}"#,
        ":".repeat(100_000)
    );
    let validation = judged(&text);
    assert_eq!(validation.violations.len(), 2_002);
    assert!(validation.violations.iter().all(|it| it.path.len() < 5_000 && it.reason.len() < 2_000));
    let members: Vec<_> = (0..1_000).map(|index| format!(r#""m{index}": 1"#)).collect();
    let text = SPDX2.replacen(r#""name": "b""#, &format!(r#""name": "b", {}"#, members.join(",")), 1);
    assert_eq!(judged(&text).violations.len(), 101);
}

#[test]
fn damaged_documents_never_panic() {
    for text in [CYCLONEDX, SPDX2, SPDX3] {
        for damaged in testkit::mutate::mutations(text.as_bytes(), 400) {
            let _ = validate_bytes(&damaged, None, &Limits::default(), &[]);
        }
    }
}

// ---- real documents

/// Documents of which our table says something else than the official schema, and why we are right.
const ARGUED: &[(&str, &str)] = &[];

#[test]
fn xml_is_judged_as_it_is_stated_to_be() {
    let Some(data) = testkit::data::require("xml_is_judged_as_it_is_stated_to_be") else { return };
    let index = std::fs::read_to_string(data.join("sboms/index.tsv")).unwrap();
    let (mut wrong, mut judged) = (Vec::new(), [0, 0]);
    for line in index.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        if fields[1] != "CycloneDX XML" || fields[5].is_empty() {
            continue;
        }
        let is_valid = fields[5] == "valid";
        let bytes = testkit::data::read(&data.join("sboms").join(fields[0].trim_end_matches(".zst")));
        match validate_bytes(&bytes, None, &Limits::default(), &[]) {
            // What is not well-formed, or of no namespace of CycloneDX, is refused with its line.
            Err(_) if !is_valid => {}
            Err(error) => wrong.push(format!("{}: {error}", fields[0])),
            Ok(validation) => {
                let has_lines = validation.violations.iter().all(|one| one.line.is_some());
                if validation.is_valid() != is_valid || !has_lines || is_valid && !validation.has_schema {
                    wrong.push(format!("{} is {}: {:#?}", fields[0], fields[5], validation.violations));
                }
            }
        }
        judged[usize::from(is_valid)] += 1;
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
    assert!(judged[0] > 100 && judged[1] > 150, "{judged:?} documents were invalid and valid");
}

#[test]
fn real_documents_are_judged_as_by_the_official_schemas() {
    let Some(data) = testkit::data::require("real_documents_are_judged_as_by_the_official_schemas") else {
        return;
    };
    let schema = |version: &str| {
        let path = data.join(format!("schemas/spdx/{version}/spdx-schema.json"));
        let schema: serde_json::Value = serde_json::from_slice(&testkit::data::read(&path)).unwrap();
        jsonschema::validator_for(&schema).unwrap()
    };
    let schemas = [(Version::V2_2, schema("2.2.2")), (Version::V2_3, schema("2.3.1"))];
    let index = std::fs::read_to_string(data.join("sboms/index.tsv")).unwrap();
    let mut judged = [0, 0];
    for line in index.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        if fields[1] != "SPDX JSON" {
            continue;
        }
        let bytes = testkit::data::read(&data.join("sboms").join(fields[0].trim_end_matches(".zst")));
        let Ok(text) = text::decode(&bytes) else { continue };
        let Ok(tree) = serde_json::from_str::<Tree>(text) else { continue };
        if tree.get("spdxVersion").is_none() {
            continue;
        }
        let document: serde_json::Value = serde_json::from_str(text).unwrap();
        // Each by both schemas: what is valid in one version only tells the columns of the table apart.
        for (version, schema) in &schemas {
            let mut ours = Vec::new();
            spdx2_schema::check(&tree, *version, &mut |path, reason| ours.push(format!("{path} {reason}")));
            let theirs: Vec<_> = schema
                .iter_errors(&document)
                .take(3)
                .map(|error| format!("{} {error:.200}", error.instance_path()))
                .collect();
            let is_argued = ARGUED.iter().any(|(path, _)| *path == fields[0]);
            assert!(
                is_argued || ours.is_empty() == theirs.is_empty(),
                "{} by {version:?}: {ours:#?} but {theirs:#?}",
                fields[0]
            );
            judged[usize::from(theirs.is_empty())] += 1;
        }
    }
    assert!(judged[0] > 20 && judged[1] > 100, "{judged:?} documents were invalid and valid");
}

/// Documents that are stated invalid and may pass: CycloneDX XML, of which only the XSD says why. 1.0 and 1.1 have no
/// table; a licence of two names, and an expression beside licences, are nothing else in JSON.
const PASSED: &[&str] = &[
    "cyclonedx-spec/1.1/invalid-component-type-1.1.xml",
    "cyclonedx-spec/1.1/invalid-empty-component-1.1.xml",
    "cyclonedx-spec/1.1/invalid-license-choice-1.1.xml",
    "cyclonedx-spec/1.1/invalid-license-encoding-1.1.xml",
    "cyclonedx-spec/1.1/invalid-license-name-count-1.1.xml",
    "cyclonedx-spec/1.1/invalid-missing-component-type-1.1.xml",
    "cyclonedx-spec/1.2/invalid-license-choice-1.2.xml",
    "cyclonedx-spec/1.2/invalid-license-name-count-1.2.xml",
    "cyclonedx-spec/1.3/invalid-license-choice-1.3.xml",
    "cyclonedx-spec/1.3/invalid-license-name-count-1.3.xml",
    "cyclonedx-spec/1.4/invalid-license-choice-1.4.xml",
    "cyclonedx-spec/ext/invalid-depgraph-1.0.xml",
];

#[test]
fn every_document_that_is_stated_invalid_is_refused_or_violates_a_rule() {
    let Some(data) = testkit::data::require("every_document_that_is_stated_invalid") else { return };
    let index = std::fs::read_to_string(data.join("sboms/index.tsv")).unwrap();
    let mut n_invalid = 0;
    for line in index.lines().skip(1).filter(|line| line.ends_with("\tinvalid")) {
        let path = line.split('\t').next().unwrap();
        let bytes = testkit::data::read(&data.join("sboms").join(path.trim_end_matches(".zst")));
        n_invalid += 1;
        let passed =
            validate_bytes(&bytes, None, &Limits::default(), &[]).is_ok_and(|found| found.is_valid());
        assert!(!passed || PASSED.contains(&path), "{path} passes");
    }
    assert!(n_invalid >= 223, "{n_invalid} documents");
}
