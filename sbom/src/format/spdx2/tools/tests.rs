//! Fixtures of our own, in the ways of other tools.

use model::inventory::Inventory;
use model::limits::Limits;

use super::super::super::read;
use super::*;

/// The inventory of a document that `tool` wrote, with more members in `members`.
fn inventory(tool: &str, members: &str) -> Inventory {
    let text = format!(
        r#"{{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"d",
        "creationInfo":{{"creators":["Tool: {tool}"]}},{members}}}"#
    );
    read(text.as_bytes(), &Limits::default()).unwrap().inventory
}

fn package(id: &str, purl: &str, members: &str) -> String {
    format!(
        r#"{{"SPDXID":"SPDXRef-{id}","name":"{id}","versionInfo":"1"{members},
        "externalRefs":[{{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":"{purl}"}}]}}"#
    )
}

fn relation(from: &str, kind: &str, to: &str) -> String {
    format!(
        r#"{{"spdxElementId":"SPDXRef-{from}","relationshipType":"{kind}","relatedSpdxElement":"SPDXRef-{to}"}}"#
    )
}

/// Paths with layers, scope and cataloger of each package.
fn found(inventory: &Inventory) -> Vec<String> {
    let located =
        |location: &Location| format!("{}@{}", location.path, location.layer.as_deref().unwrap_or("-"));
    let line = |package: &Package| {
        let locations: Vec<_> = package.locations.iter().map(located).collect();
        let scope = if package.scope == DependencyScope::Development { " development" } else { "" };
        format!("{} [{}]{scope} {}", package.name, locations.join(" "), package.cataloger)
    };
    inventory.packages.iter().map(line).collect()
}

#[test]
fn syft_names_the_layer_in_a_file_that_shows_a_package() {
    let shown = r#"{"spdxElementId":"SPDXRef-a","relationshipType":"OTHER","relatedSpdxElement":"SPDXRef-File-a",
        "comment":"evident-by: indicates the package's existence is evident by the given file"},
        {"spdxElementId":"SPDXRef-b","relationshipType":"OTHER","relatedSpdxElement":"SPDXRef-File-b","comment":"evident-by: x"}"#;
    let inventory = inventory(
        "syft-1.0.0",
        &format!(
            r#""packages":[{},{}],"relationships":[{shown},{}],"files":[
            {{"SPDXID":"SPDXRef-File-a","fileName":"/lib/apk/db/installed","comment":"layerID: sha256:01"}},
            {{"SPDXID":"SPDXRef-File-b","fileName":"usr/bin/b","comment":"of no layer"}},
            {{"SPDXID":"SPDXRef-File-c","fileName":"bin/c","comment":"layerID: sha256:02"}}]"#,
            package(
                "a",
                "pkg:apk/alpine/a@1",
                r#","sourceInfo":"acquired package info from APK DB: /lib/apk/db/installed""#
            ),
            package("b", "pkg:golang/b@1", ""),
            relation("a", "CONTAINS", "File-c"),
        ),
    );
    assert_eq!(found(&inventory), ["a [lib/apk/db/installed@sha256:01] syft", "b [usr/bin/b@-] syft"]);
}

#[test]
fn trivy_relates_packages_to_lock_files_and_to_what_they_are() {
    let inventory = inventory(
        "trivy-0.50.0",
        &format!(
            r#""packages":[
            {{"SPDXID":"SPDXRef-Application-1","name":"composer","sourceInfo":"app/composer.lock"}},
            {{"SPDXID":"SPDXRef-Application-2","name":"node-pkg","sourceInfo":"Node.js"}},{},{},{}],
            "relationships":[{},{},{},{}],
            "files":[{{"SPDXID":"SPDXRef-File-b","fileName":"./node_modules/b/package.json"}}]"#,
            package("a", "pkg:composer/a/a@1", ""),
            package("b", "pkg:npm/b@1", ""),
            package("c", "pkg:composer/a/c@1", ""),
            relation("Application-1", "DEPENDS_ON", "a"),
            relation("Application-2", "CONTAINS", "b"),
            relation("b", "CONTAINS", "File-b"),
            relation("a", "DEPENDS_ON", "c"),
        ),
    );
    assert_eq!(
        found(&inventory),
        ["a/a [app/composer.lock@-] trivy", "a/c [] trivy", "b [node_modules/b/package.json@-] trivy"]
    );
}

#[test]
fn layers_of_tern_are_no_packages() {
    let layer = |id: &str, comment: &str| {
        format!(
            r#"{{"SPDXID":"SPDXRef-{id}","name":"{id}","comment":"{comment}",
            "checksums":[{{"algorithm":"SHA256","checksumValue":"{id}"}}]}}"#
        )
    };
    let members = format!(
        r#""packages":[{},{},{}]"#,
        layer("0B", "Layer 2:\\n\\tinfo: x"),
        layer("0A", "Layer 1:\\n"),
        layer("0C", "a package"),
    );
    let inventory = inventory("tern-abcdef", &members);
    let layers: Vec<_> = inventory.subject.layers.iter().map(|layer| layer.diff_id.as_str()).collect();
    assert_eq!(found(&inventory).len(), 3, "of an unknown tool");
    assert!(layers.is_empty());
    let inventory = self::inventory("tern-2.9.1", &members);
    let layers: Vec<_> = inventory.subject.layers.iter().map(|layer| layer.diff_id.as_str()).collect();
    assert_eq!(layers, ["sha256:0a", "sha256:0b"]);
    assert_eq!(found(&inventory), ["0C [] tern"]);
}

#[test]
fn claircore_and_hermeto_are_understood() {
    let inventory = inventory(
        "Claircore-v1.5.0",
        &format!(
            r#""packages":[{},{},{}]"#,
            package("a", "pkg:rpm/redhat/a@1", r#","packageFileName":"sqlite:usr/lib/sysimage/rpm""#),
            package("b", "pkg:deb/debian/b@1", r#","packageFileName":"/var/lib/dpkg/status""#),
            package(
                "c",
                "pkg:pypi/c@1",
                r#","annotations":[{"annotator":"Tool: x","comment":"{\"name\":\"hermeto:found_by\",\"value\":\"hermeto\"}"}]"#
            ),
        ),
    );
    assert_eq!(
        found(&inventory),
        ["b [var/lib/dpkg/status@-] Claircore", "c [] hermeto", "a [usr/lib/sysimage/rpm@-] Claircore"]
    );
}

#[test]
fn what_only_development_needs_is_for_development() {
    let inventory = inventory(
        "t-1.0.0",
        &format!(
            r#""packages":[{},{},{}],"relationships":[{},{},{},{},{}]"#,
            package("a", "pkg:npm/a@1", ""),
            package("b", "pkg:npm/b@1", ""),
            package("c", "pkg:npm/c@1", ""),
            relation("a", "DEV_DEPENDENCY_OF", "image"),
            relation("b", "TEST_DEPENDENCY_OF", "c"),
            relation("b", "DEPENDENCY_OF", "c"),
            relation("c", "CONTAINED_BY", "image"),
            relation("c", "DEV_DEPENDENCY_OF", "image"),
        ),
    );
    assert_eq!(found(&inventory), ["a [] development t", "b [] t", "c [] t"]);
    let needs: Vec<_> = inventory.packages[2].depends_on.iter().map(|index| index.0).collect();
    assert_eq!(needs, [1]);
}

#[test]
fn the_repository_that_a_package_was_made_from_is_no_package() {
    let inventory = inventory(
        "melange-1.0.0",
        &format!(
            r#""packages":[{},{},{}],"relationships":[{},{}]"#,
            package("a", "pkg:apk/wolfi/a@1-r0?arch=x86_64&distro=wolfi", ""),
            package("repository", "pkg:github/a/a@v1", ""),
            package("archive", "pkg:generic/a@1?download_url=https%3A%2F%2Fa.test", ""),
            relation("a", "GENERATED_FROM", "repository"),
            relation("a", "GENERATED_FROM", "archive"),
        ),
    );
    assert_eq!(found(&inventory), ["a [] melange"]);
    assert_eq!(inventory.packages[0].source, None);
}
