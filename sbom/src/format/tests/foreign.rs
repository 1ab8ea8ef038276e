//! What is understood of the documents of other tools, and what they lack.

use super::*;

/// What a reader sees, a package a line, then gaps.
fn seen(text: &str) -> String {
    let document = read(text.as_bytes(), &Limits::default()).unwrap();
    let inventory = &document.inventory;
    let distro = inventory.distro.as_ref().map_or("-".to_owned(), |distro| {
        format!("{} {}", distro.id, distro.version.as_deref().unwrap_or("-"))
    });
    let mut lines = vec![format!("{} | {} | {distro}", document.format, inventory.subject.name)];
    for package in &inventory.packages {
        let source = package.source.as_ref().map_or("-".to_owned(), |source| {
            format!("{}@{}", source.name, source.version.as_ref().map_or("-", |version| version.as_str()))
        });
        let locations: Vec<_> = package
            .locations
            .iter()
            .map(|location| format!("{}@{}", location.path, location.layer.as_deref().unwrap_or("-")))
            .collect();
        let owner = package.owner.map_or("-", |owner| &inventory.package(owner).name);
        lines.push(format!(
            "{} {} {} {source} [{}] {owner} {}",
            package.ecosystem,
            package.name,
            package.version,
            locations.join(" "),
            package.cataloger
        ));
    }
    lines.extend(inventory.gaps.iter().map(ToString::to_string));
    lines.join("\n")
}

#[test]
fn syft_cyclonedx_is_understood() {
    let text = r#"{"bomFormat":"CycloneDX","specVersion":"1.4",
      "metadata":{"tools":[{"vendor":"anchore","name":"syft","version":"0.58.0"}],
        "component":{"type":"container","name":"app:1","version":"sha256:aa"}},
      "components":[
        {"type":"operating-system","name":"alpine","version":"3.16.2","description":"Alpine Linux v3.16"},
        {"type":"library","name":"ssl_client","version":"1.35.0-r17",
         "purl":"pkg:alpine/ssl_client@1.35.0-r17?arch=x86_64&upstream=busybox&distro=alpine-3.16.2",
         "properties":[{"name":"syft:package:foundBy","value":"apkdb-cataloger"},
           {"name":"syft:location:0:path","value":"/lib/apk/db/installed"},
           {"name":"syft:location:0:layerID","value":"sha256:11"}]}]}"#;
    assert_eq!(
        seen(text),
        "CycloneDX 1.4 JSON | app:1 | alpine 3.16.2\n\
         apk ssl_client 1.35.0-r17 busybox@- [lib/apk/db/installed@sha256:11] - apkdb-cataloger"
    );
}

#[test]
fn trivy_cyclonedx_is_understood() {
    let text = r#"{"bomFormat":"CycloneDX","specVersion":"1.6",
      "metadata":{"tools":{"components":[{"type":"application","name":"trivy"}]},
        "component":{"type":"container","name":"app"}},
      "components":[
        {"type":"operating-system","name":"redhat","version":"9.4"},
        {"type":"application","name":"app/package-lock.json",
         "properties":[{"name":"aquasecurity:trivy:Class","value":"lang-pkgs"}]},
        {"type":"library","name":"openssl-libs","version":"3.0.7-28.el9",
         "purl":"pkg:rpm/redhat/openssl-libs@3.0.7-28.el9?arch=x86_64&epoch=1",
         "properties":[{"name":"aquasecurity:trivy:SrcName","value":"openssl"},
           {"name":"aquasecurity:trivy:SrcVersion","value":"3.0.7"},
           {"name":"aquasecurity:trivy:SrcRelease","value":"28.el9"},
           {"name":"aquasecurity:trivy:SrcEpoch","value":"1"}]},
        {"type":"library","group":"@acme","name":"demo","version":"1.0.0","purl":"pkg:npm/%40acme/demo@1.0.0",
         "properties":[{"name":"aquasecurity:trivy:FilePath","value":"app/package.json"},
           {"name":"aquasecurity:trivy:LayerDiffID","value":"sha256:22"}]}]}"#;
    assert_eq!(
        seen(text),
        "CycloneDX 1.6 JSON | app | redhat 9.4\n\
         npm @acme/demo 1.0.0 - [app/package.json@sha256:22] - trivy\n\
         rpm openssl-libs 1:3.0.7-28.el9 openssl@1:3.0.7-28.el9 [] - trivy\n\
         missing-fact|document|location of 1 package: where in the image they are cannot be said\n\
         missing-fact|document|owner of 1 package: those that the distribution installed and patched are judged \
         as if they came from upstream"
    );
}

#[test]
fn syft_spdx_is_understood() {
    let text = r#"{"spdxVersion":"SPDX-2.3","name":"app","creationInfo":{"creators":["Organization: Anchore, Inc","Tool: syft-1.4.1"]},
      "packages":[
        {"name":"app","SPDXID":"SPDXRef-DocumentRoot","versionInfo":"sha256:aa","primaryPackagePurpose":"CONTAINER"},
        {"name":"py3-demo","SPDXID":"SPDXRef-a","versionInfo":"1-r0","sourceInfo":"acquired package info from APK DB: /lib/apk/db/installed",
         "supplier":"NOASSERTION","originator":"Person: A B","licenseDeclared":"NOASSERTION","licenseConcluded":"MIT",
         "externalRefs":[{"referenceCategory":"PACKAGE_MANAGER","referenceType":"purl",
           "referenceLocator":"pkg:apk/alpine/py3-demo@1-r0?upstream=demo&distro=alpine-3.20.1"}]},
        {"name":"demo","SPDXID":"SPDXRef-b","versionInfo":"1",
         "externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":"pkg:pypi/demo@1"}]}],
      "relationships":[
        {"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBES","relatedSpdxElement":"SPDXRef-DocumentRoot"},
        {"spdxElementId":"SPDXRef-DocumentRoot","relationshipType":"CONTAINS","relatedSpdxElement":"SPDXRef-a"},
        {"spdxElementId":"SPDXRef-a","relationshipType":"OTHER","relatedSpdxElement":"SPDXRef-b","comment":"ownership-by-file-overlap: …"}]}"#;
    assert_eq!(
        seen(text),
        "SPDX 2.3 JSON | app | alpine 3.20.1\n\
         apk py3-demo 1-r0 demo@- [lib/apk/db/installed@-] - syft\n\
         pypi demo 1 - [] py3-demo syft\n\
         missing-fact|document|location of 1 package: where in the image they are cannot be said"
    );
}

#[test]
fn what_a_foreign_document_lacks_is_said() {
    let text = r#"{"bomFormat":"CycloneDX","specVersion":"9.9","components":[
        {"type":"library","name":"a"},
        {"type":"library","name":"b","version":"1","purl":"pkg:deb/debian/b@1"},
        {"type":"library","name":"c","version":"1","purl":"not a purl","bom-ref":"x"},
        {"type":"library","name":"d","version":"1","purl":"pkg:npm/d@1","bom-ref":"x"},
        {"type":"operating-system","name":"debian"},
        {"type":"operating-system","name":"alpine"},
        {"type":"alien","name":"e","version":"1","purl":"pkg:npm/e@1"}]}"#;
    let seen = seen(text);
    for words in [
        "unreadable-record|specVersion|version 9.9 is not known",
        "unreadable-record|x|several elements carry this reference",
        "unreadable-record|e|component type `alien` is not known",
        "missing-fact|document|package URL of 1 package",
        "missing-fact|document|package URL of a known type of 1 package",
        "missing-fact|document|version of 1 package",
        "unreadable-record|document|1 more operating systems are described",
        "missing-fact|document|release of the distribution of 1 package",
        "missing-fact|document|source package of 1 package",
        "missing-fact|document|owner of 2 packages",
        "missing-fact|document|location of 5 packages",
    ] {
        assert!(seen.contains(words), "{words} not in {seen}");
    }
}

#[test]
fn owners_in_a_circle_or_missing_are_gaps() {
    let component = |name: &str, owner: &str| {
        format!(
            r#"{{"type":"library","name":"{name}","bom-ref":"{name}","purl":"pkg:npm/{name}@1",
            "properties":[{{"name":"plimsoll:owner","value":"{owner}"}}]}}"#
        )
    };
    let text = format!(
        r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{{"tools":{{"components":[{{"type":"application","name":"plimsoll"}}]}}}},
        "components":[{},{},{},{}]}}"#,
        component("a", "b"),
        component("b", "a"),
        component("c", "c"),
        component("d", "gone"),
    );
    let inventory = read_back(text.as_bytes());
    let owned: Vec<_> = inventory.packages.iter().map(|package| package.owner.is_some()).collect();
    assert_eq!(owned, [true, false, false, false]);
    assert_eq!(inventory.gaps.len(), 3);
    for name in documents() {
        assert_eq!(read_back(&write(&name, &inventory)), inventory, "{name}");
    }
}

#[test]
fn who_wrote_an_rpm_is_not_its_vendor() {
    let supplier = |text: &str| read_back(text.as_bytes()).packages[0].supplier.clone();
    let cyclonedx = |purl: &str, stated: &str| {
        supplier(&format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[
            {{"type":"library","name":"demo","version":"1.0-1","purl":"{purl}",{stated}}}]}}"#
        ))
    };
    let (rpm, apk) = ("pkg:rpm/redhat/demo@1.0-1", "pkg:apk/alpine/demo@1.0-1");
    assert_eq!(cyclonedx(rpm, r#""author":"Ann""#), None);
    assert_eq!(cyclonedx(apk, r#""author":"Ann""#).as_deref(), Some("Ann"));
    assert_eq!(cyclonedx(rpm, r#""author":"Ann","publisher":"Acme""#).as_deref(), Some("Acme"));
    assert_eq!(cyclonedx(rpm, r#""supplier":{"name":"Acme"}"#).as_deref(), Some("Acme"));
    let spdx = |purl: &str, stated: &str| {
        supplier(&format!(
            r#"{{"spdxVersion":"SPDX-2.3","name":"app","packages":[{{"name":"demo","SPDXID":"SPDXRef-a",
            "versionInfo":"1.0-1",{stated},"externalRefs":[{{"referenceCategory":"PACKAGE-MANAGER",
            "referenceType":"purl","referenceLocator":"{purl}"}}]}}]}}"#
        ))
    };
    assert_eq!(spdx(rpm, r#""supplier":"NOASSERTION","originator":"Person: Ann""#), None);
    assert_eq!(spdx(apk, r#""originator":"Person: Ann""#).as_deref(), Some("Ann"));
    assert_eq!(spdx(rpm, r#""originator":"Organization: Acme""#).as_deref(), Some("Acme"));
    assert_eq!(
        spdx(rpm, r#""supplier":"Organization: Acme","originator":"Person: Ann""#).as_deref(),
        Some("Acme")
    );
    let spdx_3 = |purl: &str, agent: &str| {
        supplier(&format!(
            r#"{{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[{{"type":"software_Package",
            "spdxId":"urn:a","name":"demo","software_packageVersion":"1.0-1","software_packageUrl":"{purl}",{agent}}}]}}"#
        ))
    };
    let agent =
        |member: &str, kind: &str| format!(r#""{member}":{{"type":"{kind}","spdxId":"urn:p","name":"Ann"}}"#);
    assert_eq!(spdx_3(rpm, &agent("originatedBy", "Person")), None);
    assert_eq!(spdx_3(apk, &agent("originatedBy", "Person")).as_deref(), Some("Ann"));
    assert_eq!(spdx_3(rpm, &agent("originatedBy", "Organization")).as_deref(), Some("Ann"));
    assert_eq!(spdx_3(rpm, &agent("suppliedBy", "Person")).as_deref(), Some("Ann"));
}
