//! Real documents in every syntax of SPDX 2, and bad ones.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use model::limits::Limits;

use super::super::validate::validate_bytes;
use super::super::wire::text::Kind;
use super::super::wire::tree::Tree;
use super::super::{Document, DocumentError, WriteOptions, by_name, read};
use super::fit;

const OPTIONS: WriteOptions<'_> =
    WriteOptions { tool_version: "0.0.0-test", created: jiff::Timestamp::constant(1_700_000_000, 5) };

/// In debug builds only documents up to this size are written and read again, for the sake of time.
const BYTES_MAX: usize = if cfg!(debug_assertions) { 300 << 10 } else { usize::MAX };

/// A document of the index.
struct Entry {
    path: String,
    is_invalid: bool,
    bytes: Vec<u8>,
}

/// The documents of the index of which `wanted` holds the format.
fn entries(data: &Path, wanted: &dyn Fn(&str) -> bool) -> Vec<Entry> {
    let index = std::fs::read_to_string(data.join("sboms/index.tsv")).unwrap();
    let lines = index.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    lines
        .filter(|fields| wanted(fields[1]))
        .map(|fields| Entry {
            path: fields[0].to_owned(),
            is_invalid: fields[5] == "invalid",
            bytes: bytes(data, fields[0]),
        })
        .collect()
}

fn bytes(data: &Path, path: &str) -> Vec<u8> {
    let path: PathBuf = data.join("sboms").join(path.strip_suffix(".zst").unwrap_or(path));
    testkit::data::read(&path)
}

fn parse(bytes: &[u8]) -> Result<Document<'_>, DocumentError> {
    read(bytes, &Limits::default())
}

/// The document's JSON, with the members of objects sorted: their order says nothing.
fn tree(bytes: &[u8]) -> Tree {
    sorted(serde_json::from_str(&parse(bytes).unwrap().json).unwrap())
}

fn sorted(tree: Tree) -> Tree {
    match tree {
        Tree::Object(members) => {
            let members = members.into_iter().map(|(name, value)| (name, sorted(value)));
            Tree::Object(members.collect::<BTreeMap<_, _>>().into_iter().collect())
        }
        Tree::List(elements) => Tree::List(elements.into_iter().map(sorted).collect()),
        tree => tree,
    }
}

/// `document` in the format called `name`.
fn written(document: &Document<'_>, name: &str) -> Vec<u8> {
    let mut written = Vec::new();
    document.write(&by_name(name).unwrap(), &OPTIONS, &mut written).unwrap();
    written
}

/// How documents are written down that are no JSON.
const SYNTAXES: &[&str] = &["SPDX tag-value", "SPDX YAML", "SPDX XML", "SPDX RDF/XML"];

/// Documents that the index does not call invalid, and that are refused all the same: what each lacks.
const REFUSED: &[(&str, &str)] = &[
    ("spdx-ntia-checker/data/missing_component_name/SPDXRdfExample.rdf", "missing field `name`"),
    (
        "spdx-ntia-checker/data/missing_unique_identifiers/SPDXRdfExample-v2.3.spdx.rdf.xml",
        "missing field `SPDXID`",
    ),
    // These are of no SBOM.
    ("spdx-ntia-checker/doc_fest/REA/AppBOM-inationVDR.xml", "looks like XML"),
    ("spdx-ntia-checker/doc_fest/REA/PyYamlVDR.xml.zst", "looks like XML"),
];

#[test]
fn every_real_document_in_another_syntax_than_json_is_read() {
    let Some(data) = testkit::data::require("every_real_document_in_another_syntax") else { return };
    let mut n_read = 0;
    for entry in entries(&data, &|format| SYNTAXES.contains(&format)).iter().filter(|entry| !entry.is_invalid)
    {
        match (parse(&entry.bytes), REFUSED.iter().find(|(path, _)| *path == entry.path)) {
            (Ok(_), None) => n_read += 1,
            (Err(error), Some((_, words))) => {
                assert!(error.to_string().contains(words), "{}: {error}", entry.path);
            }
            (Ok(_), Some(_)) => panic!("{} is read", entry.path),
            (Err(error), None) => panic!("{}: {error}", entry.path),
        }
    }
    assert!(n_read > 80, "only {n_read} documents were read");
}

#[test]
fn every_real_document_survives_as_tag_value() {
    let Some(data) = testkit::data::require("every_real_document_survives_as_tag_value") else { return };
    let mut n_written = 0;
    for entry in entries(&data, &|format| format.starts_with("SPDX") && !format.contains('3')) {
        if entry.bytes.len() > BYTES_MAX {
            continue;
        }
        let Ok(document) = parse(&entry.bytes) else { continue };
        if document.version != "2.2" && document.version != "2.3" {
            continue;
        }
        let mut bytes = Vec::new();
        let choice = by_name(&format!("spdx-tag-value@{}", document.version)).unwrap();
        assert_eq!(document.write(&choice, &OPTIONS, &mut bytes).unwrap(), [], "{}", entry.path);
        assert_eq!(tree(&bytes), tree(&entry.bytes), "{}", entry.path);
        let again = parse(&bytes).unwrap();
        assert_eq!(again.inventory, document.inventory, "{}", entry.path);
        assert_eq!(again.format, format!("SPDX {} tag-value", document.version));
        assert_eq!(written(&again, &format!("spdx-tag-value@{}", document.version)), bytes, "{}", entry.path);
        n_written += 1;
    }
    assert!(n_written > 200, "only {n_written} documents were written");
}

/// What an inventory says, whatever the order: sets have none in RDF.
fn said(document: &Document<'_>) -> Vec<String> {
    let inventory = &document.inventory;
    let packages = inventory.packages.iter().map(|package| {
        let licenses: Vec<Vec<&str>> = package
            .licenses
            .iter()
            .map(|license| {
                let mut words: Vec<&str> =
                    license.split([' ', '(', ')']).filter(|word| !word.is_empty()).collect();
                words.sort_unstable();
                words
            })
            .collect();
        let mut cpes = package.cpes.clone();
        cpes.sort();
        format!(
            "{} {} {} {licenses:?} {cpes:?} {:?} {:?}",
            package.name,
            package.version.as_str(),
            package.purl,
            package.digests,
            package.supplier
        )
    });
    let mut said: Vec<String> = packages.collect();
    said.sort();
    said.insert(0, inventory.subject.name.clone());
    said
}

/// The same documents in several syntaxes. Those that differ among themselves in what they say are not here.
const SAME: &[&[&str]] = &[
    &[
        "spdx-tools-python/data/SPDXJSONExample-v2.3.spdx.json",
        "spdx-tools-python/data/SPDXYAMLExample-v2.3.spdx.yaml",
        "spdx-tools-python/data/SPDXRdfExample-v2.3.spdx.rdf.xml",
        "spdx-tools-python/data/SPDXTagExample-v2.3.spdx",
    ],
    &[
        "spdx-tools-python/data/SPDXYAMLExample-v2.2.spdx.yaml",
        "spdx-tools-python/data/SPDXTagExample-v2.2.spdx",
    ],
    &[
        "spdx-ntia-checker/data/no_elements_missing/SPDXYAMLExample-v2.3.spdx.yaml",
        "spdx-ntia-checker/data/no_elements_missing/SPDXRdfExample-v2.3.spdx.rdf.xml",
        "spdx-ntia-checker/data/no_elements_missing/SPDXXMLExample-v2.3.spdx.xml",
        "spdx-ntia-checker/data/no_elements_missing/SPDXTagExample-v2.3.spdx",
    ],
    &[
        "spdx-ntia-checker/data/missing_timestamp/SPDXJSONExample-v2.3.spdx.json",
        "spdx-ntia-checker/data/missing_timestamp/SPDXXMLExample-v2.3.spdx.xml",
        "spdx-ntia-checker/data/missing_timestamp/SPDXTagExample-v2.3.spdx",
        "spdx-ntia-checker/data/missing_timestamp/SPDXYAMLExample-v2.3.spdx.yaml",
    ],
    &[
        "spdx-ntia-checker/data/missing_supplier_name/SPDXJSONExample-v2.3.spdx.json",
        "spdx-ntia-checker/data/missing_supplier_name/SPDXRdfExample-v2.3.spdx.rdf.xml",
        "spdx-ntia-checker/data/missing_supplier_name/SPDXXMLExample-v2.3.spdx.xml",
    ],
    &[
        "spdx-ntia-checker/data/missing_component_version/SPDXJSONExample-v2.3.spdx.json",
        "spdx-ntia-checker/data/missing_component_version/SPDXRdfExample-v2.3.spdx.rdf.xml",
        "spdx-ntia-checker/data/missing_component_version/SPDXYAMLExample-v2.3.spdx.yaml",
    ],
    &[
        "spdx-ntia-checker/doc_fest/SourceAuditor/AppBomInation-SourceAndDependency.spdx (1).json",
        "spdx-ntia-checker/doc_fest/SourceAuditor/AppBomInation-SourceAndDependency.spdx.yaml",
        "spdx-ntia-checker/doc_fest/SourceAuditor/AppBomInation-SourceAndDependency.spdx.rdf.xml",
        "spdx-ntia-checker/doc_fest/SourceAuditor/AppBomInation-SourceAndDependency.spdx.tag",
    ],
    &[
        "spdx-ntia-checker/doc_fest/SourceAuditor/AppBomInation-SourceOnly.spdx.yaml",
        "spdx-ntia-checker/doc_fest/SourceAuditor/AppBomInation-SourceOnly.spdx.rdf.xml",
    ],
    &[
        "spdx-ntia-checker/doc_fest/SourceAuditor/pyyamll-6.spdx.yaml",
        "spdx-ntia-checker/doc_fest/SourceAuditor/pyyamll-6.spdx.rdf.xml",
        "spdx-ntia-checker/doc_fest/SourceAuditor/pyyamll-6.spdx.tag",
    ],
    &[
        "spdx-ntia-checker/doc_fest/SourceAuditor/SourceAuditor-time-1.9.spdx.tag",
        "spdx-ntia-checker/doc_fest/SourceAuditor/SourceAuditor-time-1.9.spdx.rdf.xml",
    ],
];

#[test]
fn the_same_document_in_several_syntaxes_says_the_same() {
    let Some(data) = testkit::data::require("the_same_document_in_several_syntaxes") else { return };
    for paths in SAME {
        let all: Vec<_> = paths.iter().map(|path| bytes(&data, path)).collect();
        let first = said(&parse(&all[0]).unwrap());
        for (path, bytes) in paths.iter().zip(&all) {
            assert_eq!(said(&parse(bytes).unwrap()), first, "{path}");
        }
    }
}

/// Whether `spdx-rs` reads `text`, and what: it stops the program at words and expressions that it does not know.
fn read_by_another(text: &str) -> Option<spdx_rs::models::SPDX> {
    std::panic::catch_unwind(|| spdx_rs::parsers::spdx_from_tag_value(text).ok()).ok().flatten()
}

#[test]
fn another_reader_reads_what_is_written_as_tag_value() {
    let Some(data) = testkit::data::require("another_reader_reads_tag_value") else { return };
    let (mut n_read, mut n_refused) = (0, 0);
    for entry in entries(&data, &|format| format.starts_with("SPDX") && !format.contains('3')) {
        if entry.bytes.len() > BYTES_MAX {
            continue;
        }
        let Ok(document) = parse(&entry.bytes) else { continue };
        let bytes = written(&document, "spdx-tag-value@2.3");
        let Some(other) = read_by_another(std::str::from_utf8(&bytes).unwrap()) else {
            n_refused += 1;
            continue;
        };
        let others = other.package_information.iter();
        let others: Vec<_> = others
            .map(|package| {
                (package.package_name.clone(), package.package_version.clone().unwrap_or_default())
            })
            .collect();
        let tree: Tree = serde_json::from_str(&document.json).unwrap();
        let packages = tree.get("packages").map_or(&[][..], Tree::elements);
        // It takes white space from around texts.
        let text = |package: &Tree, name: &str| {
            package.get(name).and_then(Tree::as_str).unwrap_or_default().trim().to_owned()
        };
        let packages: Vec<_> = packages
            .iter()
            .map(|package| {
                // A tag for a name of nothing would be none.
                let name = Some(text(package, "name")).filter(|name| !name.is_empty());
                (name.unwrap_or_else(|| "unnamed".to_owned()), text(package, "versionInfo"))
            })
            .collect();
        assert_eq!(others, packages, "{}", entry.path);
        let files = tree.get("files").map_or(0, |files| files.elements().len());
        assert_eq!(other.file_information.len(), files, "{}", entry.path);
        n_read += 1;
    }
    assert!(n_read > 200 && n_refused < 30, "{n_read} documents were read, {n_refused} were not");
}

/// The official schema of `version`.
fn schema(data: &Path, version: &str) -> jsonschema::Validator {
    let path = data.join(format!("schemas/spdx/{version}/spdx-schema.json"));
    jsonschema::validator_for(&serde_json::from_slice(&testkit::data::read(&path)).unwrap()).unwrap()
}

#[test]
fn what_is_valid_in_one_version_is_valid_when_fitted_to_the_other() {
    let Some(data) = testkit::data::require("what_is_valid_when_fitted") else { return };
    let versions = [("2.2", schema(&data, "2.2.1")), ("2.3", schema(&data, "2.3"))];
    let mut n_fitted = 0;
    for entry in entries(&data, &|format| format.starts_with("SPDX") && !format.contains('3')) {
        if entry.bytes.len() > BYTES_MAX {
            continue;
        }
        let Ok(document) = parse(&entry.bytes) else { continue };
        let before: Tree = serde_json::from_str(&document.json).unwrap();
        let json = |tree: &Tree| serde_json::to_value(tree).unwrap();
        let Some((_, own)) = versions.iter().find(|(version, _)| *version == document.version) else {
            continue;
        };
        let (clean, _) = fit::fit(before.clone(), &document.version);
        if !own.is_valid(&json(&clean)) {
            continue;
        }
        for (version, schema) in &versions {
            let (after, losses) = fit::fit(before.clone(), version);
            let after_json = json(&after);
            let errors = schema.iter_errors(&after_json);
            let errors = errors.map(|error| format!("{error} at {}", error.instance_path()));
            // 2.3 wants a checksum of every file, which nobody can invent.
            let errors: Vec<_> = errors
                .filter(|error| !error.starts_with("\"checksums\" is a required property at /files/"))
                .collect();
            assert!(errors.is_empty(), "{} as {version}: {errors:#?}", entry.path);
            assert_eq!(
                lost(&before, &after),
                losses.iter().map(|loss| loss.count).sum::<usize>(),
                "{}",
                entry.path
            );
            n_fitted += 1;
        }
    }
    assert!(n_fitted > 400, "only {n_fitted} documents were fitted");
}

/// How many values of `before` are neither in `after` nor spelt otherwise there.
fn lost(before: &Tree, after: &Tree) -> usize {
    let count = |tree: &Tree| {
        let mut values: BTreeMap<String, usize> = BTreeMap::new();
        tree.leaves(&mut |path, value| {
            if path != "spdxVersion" {
                let value = value.to_string();
                let value = if path.ends_with("referenceCategory") { value.replace('_', "-") } else { value };
                *values.entry(format!("{path}={value}")).or_insert(0) += 1;
            }
        });
        values
    };
    let after = count(after);
    count(before).iter().map(|(value, n)| n.saturating_sub(after.get(value).copied().unwrap_or(0))).sum()
}

// ---- what goes differently in each syntax

const TAGS: &str = "\
# A comment
SPDXVersion: SPDX-2.3
DataLicense: CC0-1.0
SPDXID: SPDXRef-DOCUMENT
DocumentName:  demo
DocumentNamespace: https://a.test/demo
ExternalDocumentRef: DocumentRef-o https://a.test/o SHA1: d6a770ba38583ed4bb4525bd96e50461655d2759
Colour: red
Colour: <text>dark
blue</text>
Creator: Person: A (a@b.test)
Creator: Tool: maker-1
Created: 2024-01-02T03:04:05Z

PackageName: p
SPDXID: SPDXRef-p
PackageVersion: 1.10
PackageDownloadLocation: NONE
FilesAnalyzed: TRUE
PackageVerificationCode: 00ff (excludes: ./a, ./b)
PackageChecksum: SHA1: 85ed0817af83a24ad8da68c2b5094de69833983c
PrimaryPackagePurpose: OPERATING-SYSTEM
PackageLicenseDeclared: MIT
PackageComment: <text>  one
two </text>
ExternalRef: PACKAGE-MANAGER purl pkg:npm/p@1.10
ExternalRefComment: where it is from
Shape: round

FileName: ./a
SPDXID: SPDXRef-a
FileChecksum: SHA1:85ed0817af83a24ad8da68c2b5094de69833983c
LicenseInfoInFile: MIT
ArtifactOfProjectName: x
ArtifactOfProjectHomePage: https://x.test
ArtifactOfProjectName: y

FileName: ./b
SPDXID: SPDXRef-b

SnippetSPDXID: SPDXRef-s
SnippetFromFileSPDXID: SPDXRef-a
SnippetByteRange: 3:10
SnippetLineRange: 1:2

LicenseID: LicenseRef-1
ExtractedText: <text></text>
LicenseCrossReference: https://l.test

Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-p
RelationshipComment: said
Relationship: SPDXRef-p CONTAINS SPDXRef-b

Annotator: Person: A
AnnotationDate: 2024-01-02T03:04:05Z
AnnotationType: OTHER
SPDXREF: SPDXRef-p
AnnotationComment: of p
Annotator: Person: B
AnnotationComment: of the document
Annotator: Person: C
SPDXREF: SPDXRef-gone
AnnotationComment: of nothing

Reviewer: Person: D
ReviewDate: 2024-01-02T03:04:05Z
";

/// What [`TAGS`] are in JSON.
fn json_of_tags() -> serde_json::Value {
    let sha1 = "85ed0817af83a24ad8da68c2b5094de69833983c";
    let stamp = "2024-01-02T03:04:05Z";
    serde_json::json!({
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": "demo",
        "documentNamespace": "https://a.test/demo",
        "externalDocumentRefs": [{"externalDocumentId": "DocumentRef-o", "spdxDocument": "https://a.test/o",
            "checksum": {"algorithm": "SHA1", "checksumValue": "d6a770ba38583ed4bb4525bd96e50461655d2759"}}],
        "plimsoll:tags": {"Colour": ["red", "dark\nblue"]},
        "creationInfo": {"creators": ["Person: A (a@b.test)", "Tool: maker-1"], "created": stamp},
        "packages": [{
            "name": "p", "SPDXID": "SPDXRef-p", "versionInfo": "1.10", "downloadLocation": "NONE", "filesAnalyzed": true,
            "packageVerificationCode": {"packageVerificationCodeValue": "00ff",
                "packageVerificationCodeExcludedFiles": ["./a", "./b"]},
            "checksums": [{"algorithm": "SHA1", "checksumValue": sha1}],
            "primaryPackagePurpose": "OPERATING_SYSTEM", "licenseDeclared": "MIT", "comment": "  one\ntwo ",
            "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                "referenceLocator": "pkg:npm/p@1.10", "comment": "where it is from"}],
            "plimsoll:tags": {"Shape": ["round"]},
            "hasFiles": ["SPDXRef-a"],
            "annotations": [{"annotator": "Person: A", "annotationDate": stamp, "annotationType": "OTHER", "comment": "of p"}],
        }],
        "files": [
            {"fileName": "./a", "SPDXID": "SPDXRef-a", "checksums": [{"algorithm": "SHA1", "checksumValue": sha1}],
                "licenseInfoInFiles": ["MIT"],
                "artifactOfs": [{"name": "x", "homePage": "https://x.test"}, {"name": "y"}]},
            {"fileName": "./b", "SPDXID": "SPDXRef-b"},
        ],
        "snippets": [{"SPDXID": "SPDXRef-s", "snippetFromFile": "SPDXRef-a", "ranges": [
            {"startPointer": {"offset": 3, "reference": "SPDXRef-a"}, "endPointer": {"offset": 10, "reference": "SPDXRef-a"}},
            {"startPointer": {"lineNumber": 1, "reference": "SPDXRef-a"},
                "endPointer": {"lineNumber": 2, "reference": "SPDXRef-a"}},
        ]}],
        "hasExtractedLicensingInfos": [{"licenseId": "LicenseRef-1", "extractedText": "", "seeAlsos": ["https://l.test"]}],
        "relationships": [
            {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-p",
                "comment": "said"},
            {"spdxElementId": "SPDXRef-p", "relationshipType": "CONTAINS", "relatedSpdxElement": "SPDXRef-b"},
        ],
        "annotations": [
            {"annotator": "Person: B", "comment": "of the document"},
            {"annotator": "Person: C", "comment": "of nothing", "plimsoll:tags": {"SPDXREF": ["SPDXRef-gone"]}},
        ],
        "revieweds": [{"reviewer": "Person: D", "reviewDate": stamp}],
    })
}

#[test]
fn tags_have_their_members_and_unknown_ones_survive() {
    let json = json_of_tags().to_string();
    let crlf = TAGS.replace('\n', "\r\n");
    for text in [TAGS, &crlf] {
        assert_eq!(tree(text.as_bytes()), tree(json.as_bytes()));
    }
    let document = parse(TAGS.as_bytes()).unwrap();
    assert_eq!(document.format, "SPDX 2.3 tag-value");
    let again = written(&document, "spdx-tag-value");
    assert_eq!(tree(&again), tree(TAGS.as_bytes()));
    let again = String::from_utf8(again).unwrap();
    for line in ["Colour: red", "SPDXREF: SPDXRef-gone", "PackageComment: <text>  one\ntwo </text>"] {
        assert!(again.contains(line), "{line} not in {again}");
    }
    assert!(!again.contains("# plimsoll: {"), "{again}");
    // JSON has no place for unknown tags.
    let mut other = Vec::new();
    let losses = document.write(&by_name("spdx-json@2.3").unwrap(), &OPTIONS, &mut other).unwrap();
    let listed: Vec<_> =
        losses.iter().map(|loss| format!("{} {} {}", loss.path, loss.count, loss.example)).collect();
    assert_eq!(
        listed,
        [
            "annotations[].plimsoll:tags.SPDXREF[] 1 SPDXRef-gone",
            "packages[].plimsoll:tags.Shape[] 1 round",
            "plimsoll:tags.Colour[] 2 red",
        ]
    );
    // An id that two elements have leads nowhere.
    assert!(!String::from_utf8(other).unwrap().contains("plimsoll:tags"));
}

/// `document`, which is of `version`, as tag-value.
fn as_tags(document: &Tree, version: &str) -> String {
    let mut bytes = Vec::new();
    let rewrite = super::tag_value::FORMAT.rewrite.unwrap();
    assert_eq!(rewrite(document.clone(), &Kind::Spdx2TagValue, version, &mut bytes).unwrap(), []);
    String::from_utf8(bytes).unwrap()
}

#[test]
fn what_no_tag_can_hold_survives_in_a_comment() {
    let json = r#"{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"a\r\nb","comment":"x</text>y\n","unknown":{"a":[1,null]},
      "documentDescribes":["SPDXRef-p"],"creationInfo":{},"annotations":[],"files":null,"snippets":[{"name":"s"},7],
      "packages":[{"name":"","SPDXID":"SPDXRef-p","hasFiles":["SPDXRef-a b"],"filesAnalyzed":"true","checksums":[],
          "externalRefs":[{"referenceCategory":"PACKAGE_MANAGER","referenceType":"a b","referenceLocator":" c "}],
          "annotations":[{"comment":"<text>","extra":1.5}]},
        {"SPDXID":"SPDXRef-p","name":" q\u0000","annotations":[{"comment":"c"}],"hasFiles":["SPDXRef-f"]},
        {"name":"r","SPDXID":"SPDXRef-r","hasFiles":["SPDXRef-f"],"primaryPackagePurpose":"A-B_C"}],
      "hasExtractedLicensingInfos":[{"licenseId":"LicenseRef-1","extractedText":"t","crossRefs":[{"url":"u","order":1}]}],
      "relationships":[{"spdxElementId":"a b","relationshipType":"","relatedSpdxElement":"c"},{"comment":null}]}"#;
    let before: Tree = serde_json::from_str(json).unwrap();
    let text = as_tags(&before, "2.3");
    let after = (super::tag_value::SYNTAX.to_json)(&text, &Limits::default()).unwrap();
    assert_eq!(sorted(serde_json::from_str(&after).unwrap()), sorted(before), "{text}");
    assert!(text.contains("ExternalRef") == text.contains("ExternalRef: PACKAGE-MANAGER"), "{text}");
}

#[test]
fn yaml_keeps_texts_and_knows_flags_and_numbers() {
    let text = "SPDXID: SPDXRef-DOCUMENT\nname: no\nunknown: 1.50\npackages:\n- &p\n  SPDXID: SPDXRef-p\n  name: 'n'\n  versionInfo: 1.10\n\
                \x20 filesAnalyzed: false\n  comment: 'true'\n  supplier: ~\nsnippets:\n- ranges: [{startPointer: {offset: 3}}]\n\
                spdxVersion: SPDX-2.3\n";
    let json = r#"{"SPDXID":"SPDXRef-DOCUMENT","name":"no","unknown":"1.50","packages":[{"SPDXID":"SPDXRef-p","name":"n",
      "versionInfo":"1.10","filesAnalyzed":false,"comment":"true","supplier":null}],
      "snippets":[{"ranges":[{"startPointer":{"offset":3}}]}],"spdxVersion":"SPDX-2.3"}"#;
    assert_eq!(tree(text.as_bytes()), tree(json.as_bytes()));
    assert_eq!(parse(text.as_bytes()).unwrap().format, "SPDX 2.3 YAML");
}

#[test]
fn xml_keeps_lists_of_one_and_what_is_foreign() {
    let text = r#"<?xml version="1.0"?><Document xmlns:x="urn:x" x:at="v"><SPDXID>SPDXRef-DOCUMENT</SPDXID><spdxVersion> SPDX-2.3 </spdxVersion>
      <creationInfo><creators>Tool: a-1</creators></creationInfo><annotations/>
      <packages><SPDXID>SPDXRef-p</SPDXID><name>n</name><filesAnalyzed>false</filesAnalyzed><comment> c
</comment><x:colour>red</x:colour></packages></Document>"#;
    let json = r##"{"@{urn:x}at":"v","SPDXID":"SPDXRef-DOCUMENT","spdxVersion":"SPDX-2.3","creationInfo":{"creators":["Tool: a-1"]},
      "annotations":[],"packages":[{"SPDXID":"SPDXRef-p","name":"n","filesAnalyzed":false,"comment":" c\n","{urn:x}colour":"red"}]}"##;
    assert_eq!(tree(text.as_bytes()), tree(json.as_bytes()));
    assert_eq!(parse(text.as_bytes()).unwrap().format, "SPDX 2.3 XML");
}

const RDF: &str = r##"<rdf:RDF xmlns="http://spdx.org/rdf/terms#" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
  xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#" xmlns:x="urn:x#">
<SpdxDocument rdf:about="https://a.test/d#SPDXRef-DOCUMENT">
  <specVersion>SPDX-2.3</specVersion><dataLicense rdf:resource="http://spdx.org/licenses/CC0-1.0"/><name>d</name>
  <externalDocumentRef><ExternalDocumentRef rdf:about="https://a.test/d#DocumentRef-o">
    <spdxDocument rdf:resource="https://a.test/o"/></ExternalDocumentRef></externalDocumentRef>
  <relationship><Relationship><relationshipType rdf:resource="http://spdx.org/rdf/terms#relationshipType_buildToolOf"/>
    <relatedSpdxElement rdf:resource="https://a.test/o#SPDXRef-q"/><rdfs:comment>c</rdfs:comment></Relationship></relationship>
  <describesPackage><Package rdf:about="https://a.test/d#SPDXRef-p"><name>n</name><versionInfo>1</versionInfo>
    <filesAnalyzed>false</filesAnalyzed><downloadLocation rdf:resource="http://spdx.org/rdf/terms#noassertion"/>
    <checksum rdf:nodeID="c"/><x:colour>red</x:colour><primaryPackagePurpose rdf:resource="http://spdx.org/rdf/terms#purpose_operating_system"/>
    <externalRef><ExternalRef><referenceCategory rdf:resource="http://spdx.org/rdf/terms#referenceCategory_packageManager"/>
      <referenceType rdf:resource="http://spdx.org/rdf/references/purl"/><referenceLocator>pkg:npm/n@1</referenceLocator></ExternalRef></externalRef>
    <licenseConcluded><DisjunctiveLicenseSet><member><ListedLicense rdf:about="http://spdx.org/licenses/MIT"><licenseText>Permission</licenseText>
      <licenseId>MIT</licenseId></ListedLicense></member><member><WithExceptionOperator>
      <licenseException rdf:resource="http://spdx.org/licenses/Classpath-exception-2.0"/><member><OrLaterOperator>
      <member rdf:resource="http://spdx.org/licenses/GPL-2.0"/></OrLaterOperator></member></WithExceptionOperator></member>
      <member rdf:resource="https://a.test/d#LicenseRef-1"/></DisjunctiveLicenseSet></licenseConcluded></Package></describesPackage>
</SpdxDocument>
<ExtractedLicensingInfo rdf:about="https://a.test/d#LicenseRef-1"><extractedText> t</extractedText></ExtractedLicensingInfo>
<Checksum rdf:nodeID="c"><algorithm rdf:resource="http://spdx.org/rdf/terms#checksumAlgorithm_blake2b256"/><checksumValue>00</checksumValue></Checksum>
</rdf:RDF>"##;

#[test]
fn rdf_has_the_members_of_json() {
    let json = r#"{"SPDXID":"SPDXRef-DOCUMENT","documentNamespace":"https://a.test/d","spdxVersion":"SPDX-2.3","dataLicense":"CC0-1.0","name":"d",
      "externalDocumentRefs":[{"spdxDocument":"https://a.test/o","externalDocumentId":"DocumentRef-o"}],"documentDescribes":["SPDXRef-p"],
      "packages":[{"SPDXID":"SPDXRef-p","name":"n","versionInfo":"1","filesAnalyzed":false,"downloadLocation":"NOASSERTION",
        "checksums":[{"algorithm":"BLAKE2b-256","checksumValue":"00"}],"plimsoll:rdf":{"urn:x#colour":["red"]},
        "primaryPackagePurpose":"OPERATING_SYSTEM",
        "externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":"pkg:npm/n@1"}],
        "licenseConcluded":"(MIT OR GPL-2.0+ WITH Classpath-exception-2.0 OR LicenseRef-1)"}],
      "hasExtractedLicensingInfos":[{"extractedText":" t","licenseId":"LicenseRef-1"}],
      "relationships":[{"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"BUILD_TOOL_OF","relatedSpdxElement":"DocumentRef-o:SPDXRef-q","comment":"c"}],
      "plimsoll:rdf":{"rdf:nodes":[{"rdf:type":"ListedLicense","rdf:about":"http://spdx.org/licenses/MIT","licenseText":["Permission"],"licenseId":["MIT"]}]}}"#;
    assert_eq!(tree(RDF.as_bytes()), tree(json.as_bytes()));
    assert_eq!(parse(RDF.as_bytes()).unwrap().format, "SPDX 2.3 RDF/XML");
    let judged = validate_bytes(RDF.as_bytes(), None, &Limits::default(), &[]).unwrap();
    assert!(judged.violations.iter().all(|violation| !violation.reason.contains("plimsoll")), "{judged:?}");
}

#[test]
fn a_fitted_document_says_what_it_lost() {
    let json = r#"{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"d","mine":{"a":1},
      "packages":[{"name":"p","SPDXID":"SPDXRef-p","primaryPackagePurpose":"LIBRARY",
        "checksums":[{"algorithm":"BLAKE3","checksumValue":"aa"},
          {"algorithm":"SHA1","checksumValue":"0123456789012345678901234567890123456789"}],
        "externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":"pkg:npm/p@1"},
          {"referenceCategory":"PERSISTENT-ID","referenceType":"swh","referenceLocator":"x"},
          {"referenceCategory":"SECURITY","referenceType":"advisory","referenceLocator":"y"}]}],
      "files":[{"SPDXID":"SPDXRef-f","fileName":"./f"}],
      "relationships":[{"spdxElementId":"a","relationshipType":"AMENDS","relatedSpdxElement":"b"}]}"#;
    let (tree, losses) = fit::fit(serde_json::from_str(json).unwrap(), "2.2");
    let listed: Vec<_> =
        losses.iter().map(|loss| format!("{} {} {}", loss.path, loss.count, loss.example)).collect();
    assert_eq!(
        listed,
        [
            "mine.a 1 1",
            "packages[].checksums[].algorithm 1 BLAKE3",
            "packages[].checksums[].checksumValue 1 aa",
            "packages[].externalRefs[].referenceCategory 2 PERSISTENT-ID",
            "packages[].primaryPackagePurpose 1 LIBRARY",
            "relationships[].relationshipType 1 AMENDS",
        ]
    );
    let fitted = r#"{"spdxVersion":"SPDX-2.2","SPDXID":"SPDXRef-DOCUMENT","name":"d",
      "packages":[{"name":"p","SPDXID":"SPDXRef-p",
        "checksums":[{"algorithm":"SHA1","checksumValue":"0123456789012345678901234567890123456789"}],
        "externalRefs":[{"referenceCategory":"PACKAGE_MANAGER","referenceType":"purl","referenceLocator":"pkg:npm/p@1"},
          {"referenceCategory":"OTHER","referenceType":"swh","referenceLocator":"x"},
          {"referenceCategory":"OTHER","referenceType":"advisory","referenceLocator":"y"}],
        "downloadLocation":"NOASSERTION","copyrightText":"NOASSERTION","licenseConcluded":"NOASSERTION",
        "licenseDeclared":"NOASSERTION"}],
      "files":[{"SPDXID":"SPDXRef-f","fileName":"./f","copyrightText":"NOASSERTION","licenseConcluded":"NOASSERTION",
        "licenseInfoInFiles":["NOASSERTION"]}],
      "relationships":[{"spdxElementId":"a","relationshipType":"OTHER","relatedSpdxElement":"b"}]}"#;
    assert_eq!(sorted(tree.clone()), sorted(serde_json::from_str(fitted).unwrap()));
    let (tree, losses) = fit::fit(tree, "2.3");
    assert_eq!(losses, []);
    assert!(tree.to_string().contains("PACKAGE-MANAGER"), "{tree}");
}

// ---- bad documents

#[track_caller]
fn refused(text: &str, words: &str) {
    let error = parse(text.as_bytes()).unwrap_err().to_string();
    assert!(error.contains(words), "{error}");
}

#[test]
fn bad_tags_are_refused_with_their_line() {
    let after = |lines: &str| format!("SPDXVersion: SPDX-2.3\n\n{lines}");
    refused(&after("hello"), "line (line 3, column 1): it is neither a tag");
    refused(&after("two words: 1"), "line (line 3, column 1): what is before `:` is no tag");
    refused(
        &after("  PackageComment: <text>a\nb"),
        "PackageComment (line 3, column 3): its `<text>` is not closed",
    );
    refused(
        &after("DocumentComment: <text>a\nb</text> c"),
        "DocumentComment (line 4, column 9): there is more",
    );
    refused(
        &after("PackageVersion: 1"),
        "PackageVersion (line 3, column 1): it stands where no `PackageName` is",
    );
    refused(&after("RelationshipComment: 1"), "no `Relationship` is before it");
    refused(&after("AnnotationComment: 1"), "no `Annotator` is before it");
    refused(&after("LicenseID: LicenseRef-1\nSPDXID: a"), "SPDXID (line 4, column 1)");
    refused(
        &after("PackageName: a\nPackageVersion: 1\nPackageVersion: 1"),
        "PackageVersion (line 5, column 1): it is stated twice",
    );
    refused(&after("PackageName: a\nPackageChecksum: 12"), "it is not `algorithm: digest`");
    refused(&after("PackageName: a\nFilesAnalyzed: yes"), "neither `true` nor `false`");
    refused(&after("PackageName: a\nExternalRefComment: c"), "nothing that it could be about");
    refused(&after("Relationship: a b"), "it is not `element type element`");
    refused(&after("SnippetSPDXID: a\nSnippetByteRange: 1-2"), "it is not `number:number`");
    refused(&after("# plimsoll: {\"set\":"), "comment (line 3, column 1)");
    refused(&after("# plimsoll: {}\n# plimsoll: {}"), "the second of one object");
}

#[test]
fn a_document_that_is_cut_off_before_anything_is_described_is_refused() {
    let header = "SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\nSPDXID: SPDXRef-DOCUMENT\nDocumentName: d\n\
        DocumentNamespace: urn:x:d\nCreator: Tool: t\nCreated: 2024-01-02T03:04:05Z\n";
    assert!(parse(header.as_bytes()).is_ok());
    for (at, _) in header.match_indices('\n').filter(|(at, _)| at + 1 < header.len()) {
        refused(&header[..=at], "the document seems cut off");
    }
    refused(
        "SPDXVersion: SPDX-2.3",
        "top level (line 1, column 22): it ends with nothing described and without",
    );
    for text in ["SPDXVersion:", "SPDXVersion:\nPackageName: a\n"] {
        refused(text, "`SPDXVersion` has no value");
    }
    // What describes something may lack the rest, as documents of some tools do.
    assert!(parse(b"SPDXVersion: SPDX-2.3\nPackageName: a\nSPDXID: SPDXRef-a\n").is_ok());
}

#[test]
fn bad_yaml_xml_and_rdf_are_refused_with_their_line() {
    refused(
        "spdxVersion: SPDX-2.3\nname: a\nname: b\n",
        "top level (line 3, column 1): duplicate member `name`",
    );
    refused("spdxVersion: SPDX-2.3\npackages:\n- name: [a\n", "packages[0].name");
    refused("spdxVersion: SPDX-2.3\n? [a]\n: b\n", "a name is no text");
    refused("spdxVersion: SPDX-2.3\n---\nspdxVersion: SPDX-2.3\n", "more than one document");
    refused(&format!("spdxVersion: SPDX-2.3\nname: {}", "[".repeat(100)), "more than 64 levels");
    let bomb: String = (1..12)
        .map(|level| {
            format!("a{level}: &a{level} [{}]\n", [format!("*a{}", level - 1).as_str(); 9].join(","))
        })
        .collect();
    refused(&format!("spdxVersion: SPDX-2.3\na0: &a0 [x,x,x,x]\n{bomb}"), "stand for more than");

    let xml =
        |inner: &str| format!("<?xml version=\"1.0\"?>\n<Document><SPDXID>a</SPDXID>\n{inner}</Document>");
    refused(&xml("<name>"), "SPDX XML document");
    refused(&xml("&bomb;"), "(line 3,");
    refused(
        "<!DOCTYPE D [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>\n<Document><SPDXID>&b;</SPDXID></Document>",
        "declarations, which are not read",
    );
    refused(&xml(&"<a>".repeat(200)), "levels of elements");
    refused("<Documents><SPDXID>a</SPDXID></Documents>", "the root is `Documents`");

    let rdf = |inner: &str| {
        format!(
            "<rdf:RDF xmlns=\"http://spdx.org/rdf/terms#\"\n xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n\
             <SpdxDocument rdf:about=\"d#SPDXRef-DOCUMENT\"><specVersion>SPDX-2.3</specVersion></SpdxDocument>\n{inner}</rdf:RDF>"
        )
    };
    assert!(parse(rdf("").as_bytes()).is_ok());
    refused(&rdf("<SpdxDocument/>"), "more than one document");
    refused(
        &rdf("<File><name>a<File/></name></File>"),
        "name (line 4, column 7): it holds both text and elements",
    );
    refused(&rdf("<File><name rdf:parseType=\"Literal\">a</name></File>"), "values of the type `Literal`");
    refused(
        "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://spdx.org/rdf/terms#\"/>",
        "no document",
    );
    // A licence in itself.
    let circle = "<ConjunctiveLicenseSet rdf:nodeID=\"a\"><member rdf:nodeID=\"a\"/></ConjunctiveLicenseSet>\
                  <Package rdf:about=\"d#p\"><licenseDeclared rdf:nodeID=\"a\"/></Package>";
    refused(&rdf(circle), "levels of licences");
    // Sets of sets, each twice: 2^31 licences.
    let sets = (1..31).map(|level| {
        let member = format!("<member rdf:nodeID=\"s{}\"/>", level - 1);
        format!("<ConjunctiveLicenseSet rdf:nodeID=\"s{level}\">{member}{member}</ConjunctiveLicenseSet>")
    });
    let sets: String = sets.collect();
    refused(
        &rdf(&format!("{sets}<Package rdf:about=\"d#p\"><licenseDeclared rdf:nodeID=\"s30\"/></Package>")),
        "too much",
    );
    // One long text, in many places.
    let long = format!(
        "<Annotation rdf:nodeID=\"l\"><annotator>{}</annotator></Annotation><Package rdf:about=\"d#p\">{}</Package>",
        "x".repeat(1 << 20),
        "<annotation rdf:nodeID=\"l\"/>".repeat(1_000)
    );
    refused(&rdf(&long), "too much");
}

#[test]
fn damaged_documents_panic_no_reader() {
    let yaml = "SPDXID: a\nname: no\npackages:\n- &p\n  SPDXID: SPDXRef-p\n  name: 'n'\n- *p\nspdxVersion: SPDX-2.3\n";
    let xml = "<Document x=\"1\"><SPDXID>a</SPDXID><spdxVersion>SPDX-2.3</spdxVersion><packages><name>&amp;</name></packages></Document>";
    for text in [TAGS, RDF, yaml, xml] {
        for prefix in testkit::mutate::prefixes(text.as_bytes()) {
            let _ = parse(prefix);
        }
        for damaged in testkit::mutate::mutations(text.as_bytes(), 3_000) {
            let Ok(document) = parse(&damaged) else { continue };
            let before = sorted(serde_json::from_str(&document.json).unwrap());
            let written = as_tags(&before, &document.version);
            let after = (super::tag_value::SYNTAX.to_json)(&written, &Limits::default()).unwrap();
            assert_eq!(sorted(serde_json::from_str(&after).unwrap()), before, "{written}");
        }
    }
}

/// Nothing of a long document is lost, and each annotation finds its file among all the others.
#[test]
fn long_documents_are_read_whole() {
    const N: usize = 20_000;
    let mut tags = String::from("SPDXVersion: SPDX-2.3\n");
    let mut yaml = String::from("spdxVersion: SPDX-2.3\nname: a\nmine:\n");
    for index in 0..N {
        tags += &format!(
            "Tag{index}: <text>a</text>\nFileName: f{index}\nSPDXID: SPDXRef-{index}\nAnnotator: a\nSPDXREF: SPDXRef-{index}\n"
        );
        yaml += &format!("  k{index}: v\n");
    }
    let tags = tree(tags.as_bytes());
    let files = tags.get("files").map_or(&[][..], Tree::elements);
    assert_eq!(files.len(), N);
    assert!(files.iter().all(|file| file.get("annotations").is_some_and(|all| all.elements().len() == 1)));
    let yaml = tree(yaml.as_bytes());
    assert_eq!(yaml.get("mine").map_or(0, |mine| mine.members().len()), N);
}
