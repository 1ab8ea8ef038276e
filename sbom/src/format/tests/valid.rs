//! What is written of the documents of other tools is valid: what a format has no place for is a loss in the list.

use super::super::validate::validate_bytes;
use super::*;

/// The structure that is wrong in `bytes`, by its reasons.
fn wrong(bytes: &[u8]) -> BTreeSet<String> {
    let validation = validate_bytes(bytes, None, &Limits::default(), &[]).unwrap();
    assert!(validation.has_schema, "{}", validation.format);
    let of_schema = validation.violations.into_iter().filter(|violation| violation.rule == "schema");
    of_schema.map(|violation| violation.reason).collect()
}

/// `text` as `name`, which is valid, and its losses: path, count and example.
fn converted(text: &str, name: &str) -> (String, Vec<String>) {
    let document = read(text.as_bytes(), &Limits::default()).unwrap();
    let mut written = Vec::new();
    let losses = document.write(&by_name(name).unwrap(), &OPTIONS, &mut written).unwrap();
    assert_eq!(wrong(&written), BTreeSet::new(), "{name}: {}", String::from_utf8_lossy(&written));
    let losses = losses.iter().map(|loss| format!("{} {} {}", loss.path, loss.count, loss.example)).collect();
    (String::from_utf8(written).unwrap(), losses)
}

#[track_caller]
fn check(text: &str, name: &str, lost: &[&str], gone: &str) {
    let (written, losses) = converted(text, name);
    assert_eq!(losses, lost, "{name}");
    assert!(gone.is_empty() || !written.contains(gone), "{name}: {written}");
}

/// A CycloneDX document of `version` with one component, which has `members`.
fn component(version: &str, members: &str) -> String {
    format!(
        r#"{{"bomFormat":"CycloneDX","specVersion":"{version}","version":1,
        "components":[{{"type":"library","name":"a",{members}}}]}}"#
    )
}

#[test]
fn what_only_the_json_of_cyclonedx_allows_is_lost_in_xml() {
    let mixed = component(
        "1.4",
        r#""version":"1","licenses":[{"license":{"id":"MIT"}},{"expression":"ISC OR MIT"}]"#,
    );
    let (written, losses) = converted(&mixed, "cyclonedx-xml@1.4");
    assert_eq!(losses, [""; 0]);
    assert!(written.contains("<name>ISC OR MIT</name>") && !written.contains("expression"), "{written}");
    // JSON of the same version has it as it is.
    check(&mixed, "cyclonedx-json@1.4", &[], "<name>");

    let data =
        component("1.6", r#""data":[{"type":"dataset","name":"first"},{"type":"other","name":"second"}]"#);
    let lost = ["components[].data[].name 1 second", "components[].data[].type 1 other"];
    check(&data, "cyclonedx-xml@1.5", &lost, "second");
    check(&data, "cyclonedx-json@1.5", &[], "");
    check(&data, "cyclonedx-xml@1.6", &[], "");
    check(&data, "cyclonedx-xml@1.7", &[], "");

    for cpe in ["cpe:2.3:a:acme:demo:1", r"cpe:2.3:a:ac\\-me:demo:1:*:*:*:*:*:*:*", "cpe:/a:ac me"] {
        let text = component("1.6", &format!(r#""cpe":"{cpe}""#));
        let plain = cpe.replace(r"\\", r"\");
        check(&text, "cyclonedx-xml@1.6", &[&format!("components[].cpe 1 {plain}")], "cpe>");
        check(&text, "cyclonedx-json@1.5", &[], "");
    }
    let hash = component("1.6", r#""hashes":[{"alg":"SHA-1","content":"00"}]"#);
    check(
        &hash,
        "cyclonedx-xml@1.6",
        &["components[].hashes[].alg 1 SHA-1", "components[].hashes[].content 1 00"],
        "SHA",
    );
}

#[test]
fn what_is_xml_already_stays_as_it_is() {
    let text = r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.6" version="1"><components><component type="library">
        <name>a</name><cpe>none</cpe></component></components></bom>"#;
    let document = read(text.as_bytes(), &Limits::default()).unwrap();
    let write = |name: &str| {
        let mut written = Vec::new();
        let losses = document.write(&by_name(name).unwrap(), &OPTIONS, &mut written).unwrap();
        (String::from_utf8(written).unwrap().contains(">none<"), losses.len())
    };
    assert_eq!(write("cyclonedx-xml@1.6"), (true, 0));
    assert_eq!(write("cyclonedx-xml@1.5"), (false, 1));
}

/// An SPDX document of `version` with one package, which has `members`, and all that is in `beside`.
fn package(version: &str, members: &str, beside: &str) -> String {
    format!(
        r#"{{"spdxVersion":"SPDX-{version}","SPDXID":"SPDXRef-DOCUMENT","name":"d","dataLicense":"CC0-1.0",
        "documentNamespace":"https://a.example/d",
        "creationInfo":{{"created":"2024-01-02T03:04:05Z","creators":["Tool: t"]}},
        "packages":[{{"SPDXID":"SPDXRef-a","name":"a"{members}}}]{beside}}}"#
    )
}

#[test]
fn what_spdx_2_never_allowed_is_lost_in_another_version() {
    for (from, to) in [("2.2", "2.3"), ("2.3", "2.2")] {
        let check = |members: &str, beside: &str, lost: &[&str], gone: &str| {
            let text = package(from, members, beside);
            check(&text, &format!("spdx-json@{to}"), lost, gone);
            check(&text, &format!("spdx-tag-value@{to}"), lost, gone);
        };
        check("", "", &[], "");
        check(
            "",
            r#","relationships":[{"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBE","relatedSpdxElement":"SPDXRef-a"}]"#,
            &["relationships[].relationshipType 1 DESCRIBE"],
            "DESCRIBE",
        );
        check(
            r#","checksums":[{"algorithm":"SHA1","checksumValue":"00"},{"algorithm":"CRC","checksumValue":"11"},
               {"algorithm":"MD5","checksumValue":"00112233445566778899aabbccddeeff"}]"#,
            "",
            &["packages[].checksums[].algorithm 2 CRC", "packages[].checksums[].checksumValue 2 11"],
            "CRC",
        );
        check(
            r#","externalRefs":[{"referenceCategory":"SECURITY","referenceType":"purl","referenceLocator":"pkg:npm/a@1"}]"#,
            "",
            &["packages[].externalRefs[].referenceCategory 1 SECURITY"],
            "SECURITY",
        );
        check(r#","licenseInfoFromFiles":null"#, "", &["packages[].licenseInfoFromFiles 1 null"], "null");
        check(
            r#","externalRefs":[{"referenceCategory":"SECURITY","referenceType":"cpe23Type","referenceLocator":"cpe:2.3:a:b"},
               {"referenceCategory":"WRONG","referenceType":"x","referenceLocator":"y"}]"#,
            "",
            &[
                "packages[].externalRefs[].referenceCategory 2 WRONG",
                "packages[].externalRefs[].referenceLocator 1 cpe:2.3:a:b",
                "packages[].externalRefs[].referenceType 1 cpe23Type",
            ],
            "WRONG",
        );
        check(
            r#","annotations":[{"annotator":"Tool: t","annotationType":"NOTE","comment":"c","annotationDate":"2024-01-02T03:04:05.678Z"}]"#,
            "",
            &[
                "packages[].annotations[].annotationDate 1 2024-01-02T03:04:05.678Z",
                "packages[].annotations[].annotationType 1 NOTE",
            ],
            "05.678",
        );
    }
}

/// In another model nothing of that is left.
#[test]
fn a_deprecated_licence_with_an_exception_is_words_in_spdx() {
    let text = component(
        "1.6",
        r#""purl":"pkg:npm/a@1","version":"1","licenses":[{"license":{"id":"GPL-2.0-with-classpath-exception"}}]"#,
    );
    for name in ["spdx-json@2.2", "spdx-tag-value@2.3", "spdx-json@3.0"] {
        let (written, _) = converted(&text, name);
        assert!(written.contains("LicenseRef-"), "{name}: {written}");
        let licences = &read_back(written.as_bytes()).packages[0].licenses;
        assert_eq!(*licences, ["GPL-2.0-with-classpath-exception"], "{name}");
    }
    let (written, _) = converted(&text, "cyclonedx-json@1.5");
    assert!(written.contains(r#""id": "GPL-2.0-with-classpath-exception""#), "{written}");
}

/// The largest document of others that is converted, and how many there are of each kind, for the sake of time.
const BYTES_MAX: usize = if cfg!(debug_assertions) { 40_000 } else { 400_000 };
const N_OF_A_KIND: usize = if cfg!(debug_assertions) { 1 } else { 10 };

/// Documents of every format and version, and of every tool that wrote some.
fn documents_of_others(data: &Path) -> Vec<(String, Vec<u8>)> {
    let index = fs::read_to_string(data.join("sboms/index.tsv")).unwrap();
    let mut kinds: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    let mut found = Vec::new();
    for line in index.lines().skip(1).filter(|line| !line.ends_with("\tinvalid")) {
        let fields: Vec<&str> = line.split('\t').collect();
        let tool = fields[3].split([' ', '-', '@']).next().unwrap_or_default();
        let count = kinds.entry((fields[1], fields[2], tool)).or_default();
        if *count == N_OF_A_KIND {
            continue;
        }
        let name = fields[0].strip_suffix(".zst").unwrap_or(fields[0]);
        let bytes = testkit::data::read(&data.join("sboms").join(name));
        if bytes.len() <= BYTES_MAX && read(&bytes, &Limits::default()).is_ok() {
            *count += 1;
            found.push((name.to_owned(), bytes));
        }
    }
    found
}

/// The official JSON schema that `name` has to be valid for; none for documents that are no JSON.
fn official(data: &Path, name: &str) -> Option<jsonschema::Validator> {
    let (format, version) = name.split_once('@')?;
    let spdx = |version: &str| {
        let path = data.join(format!("schemas/spdx/{version}/spdx-schema.json"));
        let schema: serde_json::Value = serde_json::from_slice(&testkit::data::read(&path)).unwrap();
        jsonschema::validator_for(&schema).unwrap()
    };
    match (format, version) {
        ("cyclonedx-json", version) => {
            Some(cyclonedx::schema::tests::official(data, cyclonedx::schema::Version::of(version)?))
        }
        ("spdx-json", "2.2") => Some(spdx("2.2.2")),
        ("spdx-json", "2.3") => Some(spdx("2.3.1")),
        ("spdx-json", "3.0") => Some(spdx("3.0.1")),
        _ => None,
    }
}

/// What is wrong in a document of the same model stays so where only its author could mend it: what it lacks. All else is
/// valid for our judge and for the official JSON schemas.
#[test]
fn real_documents_are_valid_in_every_format() {
    let Some(data) = testkit::data::require("real_documents_are_valid_in_every_format") else { return };
    let sources = documents_of_others(&data);
    assert!(sources.len() > 80, "only {} documents", sources.len());
    let mut problems = Vec::new();
    let mut n_valid = 0;
    for name in documents() {
        let choice = by_name(&name).unwrap();
        let schema = official(&data, &name);
        for (path, bytes) in &sources {
            let document = read(bytes, &Limits::default()).unwrap();
            let mut written = Vec::new();
            document.write(&choice, &OPTIONS, &mut written).unwrap();
            let found = wrong(&written);
            if found.is_empty() {
                n_valid += 1;
                let is_valid = schema
                    .as_ref()
                    .is_none_or(|schema| schema.is_valid(&serde_json::from_slice(&written).unwrap()));
                if !is_valid {
                    problems.push(format!("{path} as {name}: the official schema refuses it"));
                }
                continue;
            }
            let is_of_same_model = choice
                .format
                .model
                .is_some_and(|model| std::ptr::eq(model(choice.version.unwrap_or_default()), document.model));
            // There is one version of SPDX 3.
            let is_whole = name == "spdx-json@3.0" || document.version == choice.version.unwrap_or_default();
            let before = if is_of_same_model { wrong(bytes) } else { BTreeSet::new() };
            for reason in found {
                let was_there = before.contains(&reason);
                if !was_there
                    || !is_whole && !reason.starts_with("lacks") && !reason.starts_with("has nothing in")
                {
                    problems.push(format!("{path} as {name}: {reason}"));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}\n{}", problems.len(), problems.join("\n"));
    assert!(n_valid > sources.len() * 10, "only {n_valid} documents were valid");
}

#[test]
fn spdx_2_in_another_version_loses_what_has_no_right_form_and_lacks_nothing() {
    let document = |package: &str, document: &str| {
        format!(
            r#"{{"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "dataLicense": "CC0-1.0", "name": "n",
                "documentNamespace": "https://example.com/n", "documentDescribes": ["SPDXRef-a"],
                "creationInfo": {{"created": "2024-01-01T00:00:00Z", "creators": ["Tool: t"]}}{document},
                "packages": [{{"SPDXID": "SPDXRef-a", "name": "a", "versionInfo": "1",
                "downloadLocation": "NOASSERTION"{package}}}]}}"#
        )
    };
    for (package, beside, lost) in [
        (r#", "copyrightText": null, "licenseDeclared": null"#, "", "packages[].copyrightText"),
        (r#", "checksums": [{"algorithm": "SHA-1", "checksumValue": "00"}]"#, "", "packages[].checksums[]"),
        ("", r#", "comment": {"a": "b"}"#, "comment.a"),
        ("", r#", "revieweds": {}"#, ""),
        (
            "",
            r#", "externalDocumentRefs": [{"externalDocumentId": "DocumentRef-x", "spdxDocument": "https://x.example/y",
                "checksum": {"algorithm": "SHA-1", "checksumValue": "00"}}]"#,
            "externalDocumentRefs[]",
        ),
    ] {
        // It is valid, or `converted` fails.
        let (_, losses) = converted(&document(package, beside), "spdx-json@2.2");
        assert!(losses.iter().any(|loss| loss.starts_with(lost)), "{package}{beside}: {losses:?}");
    }
}
