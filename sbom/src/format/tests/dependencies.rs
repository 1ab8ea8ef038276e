//! That a package needs nothing is another thing than that nobody knows what it needs, in every format.

use model::package::Dependencies;

use super::*;

/// Three packages: `a` needs `b`, `b` needs nothing, of `c` nothing is known.
fn inventory() -> Inventory {
    let package = |name: &str| Package::new(Ecosystem::Npm, name, "1", format!("pkg:npm/{name}@1"));
    let (mut a, mut b) = (package("a"), package("b"));
    a.depends_on.push(PackageIndex(1));
    b.depends_on = Dependencies::NONE;
    let subject = Subject { name: "x".to_owned(), ..Subject::default() };
    Inventory::new(subject, None, vec![a, b, package("c")], Vec::new())
}

/// `<name>: <what it needs, or ?>` of every package.
fn needs(inventory: &Inventory) -> Vec<String> {
    let needs = |package: &Package| match package.depends_on.known() {
        None => "?".to_owned(),
        Some(known) => known.iter().map(|other| inventory.package(*other).name.as_str()).collect(),
    };
    inventory.packages.iter().map(|package| format!("{}: {}", package.name, needs(package))).collect()
}

#[test]
fn every_format_tells_needing_nothing_from_not_knowing() {
    let written =
        |name: &str| -> serde_json::Value { serde_json::from_slice(&write(name, &inventory())).unwrap() };
    for version in ["1.4", "1.5", "1.6", "1.7"] {
        assert_eq!(
            written(&format!("cyclonedx-json@{version}"))["dependencies"],
            serde_json::json!([
                {"ref": "pkg:npm/a@1", "dependsOn": ["pkg:npm/b@1"]},
                {"ref": "pkg:npm/b@1", "dependsOn": []},
            ]),
        );
    }
    let xml = String::from_utf8(write("cyclonedx-xml", &inventory())).unwrap();
    assert!(xml.contains("<dependency ref=\"pkg:npm/b@1\"/>"), "{xml}");
    assert!(!xml.contains("<dependency ref=\"pkg:npm/c@1\""), "{xml}");
    let text = String::from_utf8(write("spdx-tag-value", &inventory())).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("DEPENDS_ON")).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("-a-") && lines[0].contains(" DEPENDS_ON SPDXRef-Package-npm-b-"), "{lines:?}");
    assert!(lines[1].contains("-b-") && lines[1].ends_with(" DEPENDS_ON NONE"), "{lines:?}");
    let graph = written("spdx-json@3.0");
    let of_needs: Vec<_> = graph["@graph"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|element| element["relationshipType"] == "dependsOn")
        .map(|element| element["to"].to_string())
        .collect();
    assert_eq!((of_needs.len(), of_needs[1].as_str()), (2, r#"["NoneElement"]"#));
    for name in documents() {
        assert_eq!(needs(&read_back(&write(&name, &inventory()))), ["a: b", "b: ", "c: ?"], "{name}");
    }
}

/// What other tools write: an entry without a list, and one whose list leads to nothing in the document.
#[test]
fn a_foreign_document_needs_nothing_only_where_it_says_so() {
    let package = |name: &str| {
        format!(r#"{{"type": "library", "bom-ref": "{name}", "name": "{name}", "purl": "pkg:npm/{name}@1"}}"#)
    };
    let components = ["a", "b", "c", "d"].map(package).join(",");
    let text = format!(
        r#"{{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [{components}], "dependencies": [
            {{"ref": "a", "dependsOn": ["b", "gone"]}}, {{"ref": "b"}}, {{"ref": "c", "dependsOn": ["gone"]}}]}}"#
    );
    assert_eq!(needs(&read_back(text.as_bytes())), ["a: b", "b: ", "c: ?", "d: ?"]);

    let package = |name: &str| {
        format!(
            r#"{{"SPDXID": "SPDXRef-{name}", "name": "{name}", "externalRefs": [{{"referenceType": "purl",
                "referenceCategory": "PACKAGE-MANAGER", "referenceLocator": "pkg:npm/{name}@1"}}]}}"#
        )
    };
    let packages = ["a", "b", "c", "d"].map(package).join(",");
    let relation = |from: &str, kind: &str, to: &str| {
        format!(
            r#"{{"spdxElementId": "{from}", "relationshipType": "{kind}", "relatedSpdxElement": "{to}"}}"#
        )
    };
    let relations = [
        relation("SPDXRef-b", "DEPENDENCY_OF", "SPDXRef-a"),
        relation("SPDXRef-a", "DEPENDS_ON", "NONE"),
        relation("SPDXRef-b", "DEPENDS_ON", "NONE"),
        relation("SPDXRef-c", "DEPENDS_ON", "NOASSERTION"),
        relation("SPDXRef-d", "CONTAINS", "NONE"),
    ]
    .join(",");
    let text =
        format!(r#"{{"spdxVersion": "SPDX-2.3", "packages": [{packages}], "relationships": [{relations}]}}"#);
    assert_eq!(needs(&read_back(text.as_bytes())), ["a: b", "b: ", "c: ?", "d: ?"]);
}

/// What the subject needs itself, as other tools say it: by its own entry, or by that of a lock file. It is kept in every format.
#[test]
fn what_the_subject_needs_itself_is_told() {
    let direct = |inventory: &Inventory| -> String {
        let needed = inventory.packages.iter().filter(|package| package.is_needed_by_subject);
        needed.map(|package| package.name.as_str()).collect()
    };
    let component = |name: &str| {
        format!(r#"{{"type": "library", "bom-ref": "{name}", "name": "{name}", "purl": "pkg:npm/{name}@1"}}"#)
    };
    let cyclonedx = format!(
        r#"{{"bomFormat": "CycloneDX", "specVersion": "1.5",
            "metadata": {{"component": {{"type": "application", "bom-ref": "root", "name": "app"}}}},
            "components": [{}], "dependencies": [
            {{"ref": "root", "dependsOn": ["a", "c"]}}, {{"ref": "a", "dependsOn": ["b"]}}]}}"#,
        ["a", "b", "c"].map(component).join(",")
    );
    let package = |name: &str| {
        format!(
            r#"{{"SPDXID": "SPDXRef-{name}", "name": "{name}", "externalRefs": [{{"referenceType": "purl",
                "referenceCategory": "PACKAGE-MANAGER", "referenceLocator": "pkg:npm/{name}@1"}}]}}"#
        )
    };
    let spdx = format!(
        r#"{{"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "app",
            "packages": [{{"SPDXID": "SPDXRef-root", "name": "app"}}, {}], "relationships": [
            {{"spdxElementId": "SPDXRef-DOCUMENT", "relatedSpdxElement": "SPDXRef-root", "relationshipType": "DESCRIBES"}},
            {{"spdxElementId": "SPDXRef-root", "relatedSpdxElement": "SPDXRef-a", "relationshipType": "DEPENDS_ON"}},
            {{"spdxElementId": "SPDXRef-c", "relatedSpdxElement": "SPDXRef-root", "relationshipType": "DEPENDENCY_OF"}},
            {{"spdxElementId": "SPDXRef-a", "relatedSpdxElement": "SPDXRef-b", "relationshipType": "DEPENDS_ON"}}]}}"#,
        ["a", "b", "c"].map(package).join(",")
    );
    for text in [cyclonedx, spdx] {
        let inventory = read_back(text.as_bytes());
        assert_eq!(direct(&inventory), "ac", "{text}");
        for name in documents() {
            assert_eq!(direct(&read_back(&write(&name, &inventory))), "ac", "{name}");
        }
    }
}
