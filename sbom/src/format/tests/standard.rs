//! What the standards have fields for stands in them: written out as JSON, one version after the other.

use serde_json::{Value, json};

use super::*;

fn written(name: &str, inventory: &Inventory) -> Value {
    serde_json::from_slice(&write(name, inventory)).unwrap()
}

/// Elements of `list` whose member `name` is `value`.
fn of<'v>(list: &'v Value, name: &str, value: &str) -> Vec<&'v Value> {
    list.as_array().unwrap().iter().filter(|element| element[name] == value).collect()
}

#[test]
fn cyclonedx_says_how_and_where_a_package_was_found() {
    let component = |version: &str, name: &str| {
        let document = written(&format!("cyclonedx-json@{version}"), &image());
        of(&document["components"], "name", name)[0].clone()
    };
    assert_eq!(component("1.4", "libssl3")["evidence"], Value::Null);
    let method = json!({"technique": "manifest-analysis", "confidence": 1.0});
    let identity = json!({"field": "purl", "methods": [method]});
    let occurrences =
        json!([{"location": "var/lib/dpkg/info/libssl3.list"}, {"location": "var/lib/dpkg/status"}]);
    assert_eq!(
        component("1.5", "libssl3")["evidence"],
        json!({"identity": identity, "occurrences": occurrences})
    );
    for version in ["1.6", "1.7"] {
        assert_eq!(
            component(version, "libssl3")["evidence"],
            json!({"identity": [identity], "occurrences": occurrences})
        );
    }
}

#[test]
fn cyclonedx_names_the_technique_of_each_cataloger() {
    let evidence = |cataloger: &str, certainty| {
        let mut package = Package::new(Ecosystem::Golang, "a", "1", "pkg:golang/a@1".to_owned());
        package.cataloger = cataloger.to_owned();
        package.certainty = certainty;
        let inventory = Inventory { packages: vec![package], ..Inventory::default() };
        let document = written("cyclonedx-json@1.6", &inventory);
        let method = document["components"][0]["evidence"]["identity"][0]["methods"][0].clone();
        format!("{} {}", method["technique"], method["confidence"])
    };
    assert_eq!(evidence("go-binary", Certainty::Stated), r#""binary-analysis" 1.0"#);
    assert_eq!(evidence("kernel", Certainty::Inferred), r#""binary-analysis" 0.75"#);
    assert_eq!(evidence("java-archive", Certainty::Guessed), r#""filename" 0.25"#);
    assert_eq!(evidence("a tool of others", Certainty::Stated), "null null");
}

/// How a package was found follows from the cataloger, which every format carries: nothing is lost.
#[test]
fn what_follows_from_other_facts_is_no_loss() {
    let bytes = write("cyclonedx-json", &image());
    let mut written = Vec::new();
    let read = read(&bytes, &Limits::default()).unwrap();
    let losses = read.write(&by_name("spdx-json").unwrap(), &OPTIONS, &mut written).unwrap();
    let paths: Vec<&str> = losses.iter().map(|loss| loss.path.as_str()).collect();
    assert!(paths.iter().all(|path| !path.contains("evidence")), "{paths:?}");
}

#[test]
fn cyclonedx_says_when_it_looked_and_how_complete_it_is() {
    let document =
        |version: &str, inventory: &Inventory| written(&format!("cyclonedx-json@{version}"), inventory);
    let complete = Inventory { gaps: Vec::new(), ..image() };
    for version in ["1.4", "1.5", "1.6", "1.7"] {
        let lifecycles = document(version, &image())["metadata"]["lifecycles"].clone();
        let expected = if version == "1.4" { Value::Null } else { json!([{"phase": "post-build"}]) };
        assert_eq!(lifecycles, expected, "{version}");
        for (inventory, aggregate) in [(&image(), "incomplete"), (&complete, "unknown")] {
            let compositions = json!([{"aggregate": aggregate, "assemblies": ["subject"]}]);
            assert_eq!(document(version, inventory)["compositions"], compositions, "{version}");
        }
    }
    assert_eq!(document("1.6", &Inventory::default())["metadata"]["lifecycles"], Value::Null, "no image");
}

#[test]
fn spdx_2_says_what_is_contained_built_and_for_what() {
    for (version, has_purposes) in [("2.2", false), ("2.3", true)] {
        let document = written(&format!("spdx-json@{version}"), &image());
        let id = |name: &str| of(&document["packages"], "name", name)[0]["SPDXID"].clone();
        let purposes: Vec<_> = ["registry.test/app", "debian", "libssl3", "Demo_App", "openssl"]
            .iter()
            .map(|name| of(&document["packages"], "name", name)[0]["primaryPackagePurpose"].clone())
            .collect();
        let all = ["CONTAINER", "OPERATING_SYSTEM", "LIBRARY", "APPLICATION", "SOURCE"];
        let expected = all.map(|purpose| if has_purposes { json!(purpose) } else { Value::Null });
        assert_eq!(purposes, expected, "{version}");
        let relations: Vec<_> = document["relationships"]
            .as_array()
            .unwrap()
            .iter()
            .map(|relation| {
                let member = |name: &str| relation[name].as_str().unwrap().to_owned();
                (member("spdxElementId"), member("relationshipType"), member("relatedSpdxElement"))
            })
            .collect();
        for (from, kind, to) in [
            (json!("SPDXRef-DOCUMENT"), "DESCRIBES", id("registry.test/app")),
            (id("registry.test/app"), "CONTAINS", id("debian")),
            (id("registry.test/app"), "CONTAINS", id("libssl3")),
            (id("libssl3"), "CONTAINS", id("Demo_App")),
            (id("libssl3"), "GENERATED_FROM", id("openssl")),
        ] {
            let text = |id: Value| id.as_str().unwrap().to_owned();
            assert!(
                relations.contains(&(text(from.clone()), kind.to_owned(), text(to.clone()))),
                "{from} {kind} {to}"
            );
        }
        let manager = if has_purposes { "PACKAGE-MANAGER" } else { "PACKAGE_MANAGER" };
        assert_eq!(
            of(&document["packages"], "name", "libssl3")[0]["externalRefs"],
            json!([
                {
                    "referenceCategory": manager,
                    "referenceType": "purl",
                    "referenceLocator":
                        "pkg:deb/debian/libssl3@1:3.0.15-1~deb12u1?arch=amd64&distro=debian-12&upstream=openssl",
                },
                {
                    "referenceCategory": "SECURITY",
                    "referenceType": "cpe23Type",
                    "referenceLocator": "cpe:2.3:a:openssl:openssl:3.0.15:*:*:*:*:*:*:*",
                },
            ])
        );
    }
}

#[test]
fn spdx_3_says_what_is_contained_built_and_for_what() {
    let document = written("spdx-json@3.0", &image());
    let graph = &document["@graph"];
    let element = |name: &str| {
        let named = of(graph, "name", name);
        named.into_iter().find(|element| element["type"] == "software_Package").unwrap().clone()
    };
    let purpose = |name: &str| element(name)["software_primaryPurpose"].as_str().unwrap().to_owned();
    let purposes = ["registry.test/app", "debian", "libssl3", "Demo_App", "openssl"].map(purpose);
    assert_eq!(purposes, ["container", "operatingSystem", "library", "application", "source"]);
    let leads = |from: &str, kind: &str, to: &str| {
        of(graph, "relationshipType", kind).into_iter().any(|relation| {
            relation["from"] == element(from)["spdxId"]
                && relation["to"].as_array().unwrap().contains(&element(to)["spdxId"])
        })
    };
    assert!(leads("registry.test/app", "contains", "libssl3"));
    assert!(leads("libssl3", "contains", "Demo_App"));
    assert!(leads("openssl", "generates", "libssl3"));
    let sbom = of(graph, "type", "software_Sbom");
    assert_eq!(sbom[0]["software_sbomType"], json!(["analyzed"]));
}
