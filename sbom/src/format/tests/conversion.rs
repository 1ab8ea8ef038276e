//! Documents in other formats and versions: what is kept, and what is in the list of losses.

use super::*;

/// Which format writes what is read as one.
fn format_of(document: &Document<'_>) -> Option<Choice> {
    let name = match document.format.rsplit_once(' ')?.1 {
        "JSON" if document.format.starts_with("CycloneDX") => "cyclonedx-json",
        "XML" if document.format.starts_with("CycloneDX") => "cyclonedx-xml",
        "JSON" | "JSON-LD" if document.format.starts_with("SPDX") => "spdx-json",
        "tag-value" => "spdx-tag-value",
        _ => return None,
    };
    // The written SPDX 3.0 is 3.0.1.
    let version = if document.version == "3.0.1" { "3.0" } else { &document.version };
    by_name(&format!("{name}@{version}")).ok()
}

/// Every value with its path, sorted: in which order an object has its members says nothing.
fn leaves(bytes: &[u8]) -> Vec<(String, String)> {
    let document = read(bytes, &Limits::default()).unwrap();
    let tree: wire::tree::Tree = serde_json::from_str(&document.json).unwrap();
    let mut leaves = Vec::new();
    tree.leaves(&mut |path, value| leaves.push((path.to_owned(), value.to_string())));
    leaves.sort();
    leaves
}

/// Documents of which CycloneDX 1.6 cannot hold a value, which then is in the list of losses: two have references whose
/// address is none (`https://a.example/${name}`), one has a digest of an algorithm of 1.7, the others have digests that are no
/// hexadecimal number of their algorithm's length.
const VALUES_LOST: &[&str] = &[
    "cyclonedx-bom-examples/OBOM/Example-1-Decoupled/bom.json.zst",
    "cyclonedx-bom-examples/OBOM/Example-1-Standalone/bom.json.zst",
    "guac/exampledata/cyclonedx-1.7.json",
    "guac/exampledata/small-legal-cyclonedx.json",
    "sbomqs/testdata/fixtures/cdx-no-dependencies.json",
];

#[test]
fn a_real_document_loses_nothing_when_it_is_written_again_as_what_it_is() {
    let Some(data) = testkit::data::require("a_real_document_loses_nothing") else { return };
    let index = fs::read_to_string(data.join("sboms/index.tsv")).unwrap();
    let (mut written, mut converted) = (BTreeMap::new(), BTreeMap::new());
    let mut changed = Vec::new();
    for line in index.lines().skip(1).filter(|line| !line.ends_with("\tinvalid")) {
        let path = line.split('\t').next().unwrap();
        let name = path.strip_suffix(".zst").unwrap_or(path);
        let bytes = testkit::data::read(&data.join("sboms").join(name));
        let Ok(document) = read(&bytes, &Limits::default()) else { continue };
        let mut other = Vec::new();
        document.write(&by_name("cyclonedx-json@1.6").unwrap(), &OPTIONS, &mut other).unwrap();
        let other = read(&other, &Limits::default()).unwrap();
        let mut expected = document.inventory.clone();
        if (document.signature != Signature::None) && document.format.starts_with("CycloneDX") {
            expected.gaps.retain(|gap| gap.kind != GapKind::UNVERIFIED_SBOM);
        }
        if other.inventory != expected {
            changed.push(path);
        }
        *converted.entry(document.format.clone()).or_insert(0) += 1;
        // An envelope cannot be written again; that is a loss.
        let Some(choice) = format_of(&document).filter(|_| document.signature == Signature::None) else {
            continue;
        };
        let mut again = Vec::new();
        let losses = document.write(&choice, &OPTIONS, &mut again).unwrap();
        assert_eq!(losses, [], "{path}");
        assert_eq!(leaves(&again), leaves(&bytes), "{path}");
        let reread = read(&again, &Limits::default()).unwrap();
        assert_eq!(reread.inventory, document.inventory, "{path}");
        assert_eq!(reread.format, document.format, "{path}");
        *written.entry(format!("{choice:?}")).or_insert(0) += 1;
    }
    assert_eq!(written.keys().cloned().collect::<BTreeSet<_>>(), documents().collect(), "{written:?}");
    assert!(written.values().sum::<usize>() > 800, "{written:?}");
    for (model, syntax) in [
        ("CycloneDX", "JSON"),
        ("CycloneDX", "XML"),
        ("SPDX", "JSON"),
        ("SPDX", "JSON-LD"),
        ("SPDX", "RDF/XML"),
        ("SPDX", "XML"),
        ("SPDX", "YAML"),
        ("SPDX", "tag-value"),
        ("Syft", "JSON"),
    ] {
        let is_one = |format: &&String| format.starts_with(model) && format.ends_with(&format!(" {syntax}"));
        assert!(converted.keys().any(|format| is_one(&format)), "no {model} {syntax}: {converted:?}");
    }
    assert_eq!(changed, VALUES_LOST, "as CycloneDX 1.6 another inventory");
}

/// Its own documents plimsoll converts into any version of their model and loses nothing that a verdict asks for.
#[test]
fn an_own_document_keeps_its_inventory_in_every_version() {
    for from in documents() {
        let bytes = write(&from, &image());
        let document = read(&bytes, &Limits::default()).unwrap();
        for to in documents() {
            let mut written = Vec::new();
            document.write(&by_name(&to).unwrap(), &OPTIONS, &mut written).unwrap();
            assert_eq!(read_back(&written), image(), "{from} as {to}");
        }
    }
}

/// A value that is in no list of losses is in what was written.
#[test]
fn what_a_conversion_loses_is_listed() {
    let text = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":{"type":"container","name":"app"}},
      "components":[{"type":"library","name":"a","version":"1","purl":"pkg:npm/a@1","publisher":"P Q","copyright":"C 2024",
        "supplier":{"name":"Sup"},"externalReferences":[{"type":"vcs","url":"https://a.test","comment":"primary"}],
        "properties":[{"name":"cdx:x","value":"unheard-of"}],
        "components":[{"type":"library","name":"b","copyright":"D 2025"}]}]}"#;
    let document = read(text.as_bytes(), &Limits::default()).unwrap();
    let mut written = Vec::new();
    let losses = document.write(&by_name("spdx-json").unwrap(), &OPTIONS, &mut written).unwrap();
    let listed: Vec<_> =
        losses.iter().map(|loss| format!("{} {} {}", loss.path, loss.count, loss.example)).collect();
    assert_eq!(
        listed,
        [
            "components[].externalReferences[].comment 1 primary",
            "components[].properties[].name 1 cdx:x",
            "components[].properties[].value 1 unheard-of",
            "components[].publisher 1 P Q",
            // A subject without a digest is written as a file.
            "metadata.component.type 1 container",
        ]
    );
}

/// What people read of a package goes into the fields of the other model, and comes back.
#[test]
fn what_people_read_is_in_the_fields_of_every_model() {
    let text = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library","name":"a","purl":"pkg:npm/a@1",
      "version":"1","description":"An a.","copyright":"2024 Ann","authors":[{"name":"Ann"}],"externalReferences":[
        {"type":"website","url":"https://a.example"},{"type":"vcs","url":"git+https://a.example/a"},
        {"type":"distribution","url":"https://a.example/a.tgz"},{"type":"issue-tracker","url":"https://a.example/issues"},
        {"type":"advisories","url":"https://a.example/advisories"}]}]}"#;
    let document = read(text.as_bytes(), &Limits::default()).unwrap();
    let converted = |name: &str| -> serde_json::Value {
        let mut written = Vec::new();
        document.write(&by_name(name).unwrap(), &OPTIONS, &mut written).unwrap();
        assert_eq!(read_back(&written).packages, document.inventory.packages, "{name}");
        serde_json::from_slice(&written).unwrap()
    };
    let spdx = converted("spdx-json");
    let packages = spdx["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "a").unwrap();
    assert_eq!(package["description"], "An a.");
    assert_eq!(package["copyrightText"], "2024 Ann");
    assert_eq!(package["originator"], "Organization: Ann");
    assert_eq!(package["homepage"], "https://a.example");
    assert_eq!(package["downloadLocation"], "https://a.example/a.tgz");
    let references: Vec<_> = package["externalRefs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reference| {
            ["referenceCategory", "referenceType", "referenceLocator"]
                .map(|name| reference[name].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        references,
        [
            ["PACKAGE-MANAGER", "purl", "pkg:npm/a@1"],
            ["SECURITY", "advisory", "https://a.example/advisories"],
            ["OTHER", "issue-tracker", "https://a.example/issues"],
            ["OTHER", "vcs", "git+https://a.example/a"],
        ]
    );
    assert!(!spdx.to_string().contains("plimsoll:reference"));

    let spdx = converted("spdx-json@3.0");
    let elements = spdx["@graph"].as_array().unwrap();
    let package = elements.iter().find(|element| element["name"] == "a").unwrap();
    assert_eq!(package["description"], "An a.");
    assert_eq!(package["software_copyrightText"], "2024 Ann");
    assert_eq!(package["software_homePage"], "https://a.example");
    assert_eq!(package["software_downloadLocation"], "https://a.example/a.tgz");
    let originator = elements.iter().find(|element| element["spdxId"] == package["originatedBy"][0]).unwrap();
    assert_eq!(originator["name"], "Ann");
    let kinds: Vec<_> = package["externalRef"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reference| &reference["externalRefType"])
        .collect();
    assert_eq!(kinds, ["securityAdvisory", "issueTracker", "vcs"]);
    assert!(!spdx.to_string().contains("plimsoll:reference"));
}

/// What begins as a fact of plimsoll and is none is a loss like any other.
#[test]
fn a_fact_that_is_not_known_is_listed_where_it_is_lost() {
    let text = r#"{"spdxVersion":"SPDX-2.3","packages":[{"name":"a","SPDXID":"SPDXRef-a","annotations":[
      {"annotationDate":"2024-01-02T03:04:05Z","annotationType":"OTHER","annotator":"Tool: x","comment":"plimsoll:supplier=Ann"},
      {"annotationDate":"2024-01-02T03:04:05Z","annotationType":"OTHER","annotator":"Tool: x","comment":"plimsoll:never=heard"}]}]}"#;
    let document = read(text.as_bytes(), &Limits::default()).unwrap();
    let losses = document.write(&by_name("cyclonedx-json").unwrap(), &OPTIONS, &mut Vec::new()).unwrap();
    let lost: Vec<_> =
        losses.iter().map(|loss| (loss.path.as_str(), loss.count, loss.example.as_str())).collect();
    assert_eq!(lost, [("packages[].annotations[].comment", 1, "plimsoll:never=heard")]);
}
