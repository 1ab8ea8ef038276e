//! The law of the family, on generated inventories and on real documents.

mod conversion;
mod counts;
mod dependencies;
mod files;
mod foreign;
pub(in crate::format) mod generated;
mod independent;
mod merged;
mod standard;
mod valid;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use model::distro::Distro;
use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::image::{Account, BaseImage, GuardedPath, Healthcheck, HistoryEntry, ImageFacts, Made};
use model::inventory::{DockerfileLine, Inventory, Subject, SubjectLayer};
use model::limits::Limits;
use model::package::{Certainty, Location, OwnedFile, Package, PackageIndex, PackageKind, SourcePackage};

use super::*;
use generated::for_inventories;

const OPTIONS: WriteOptions<'_> =
    WriteOptions { tool_version: "0.0.0-test", created: jiff::Timestamp::constant(1_700_000_000, 5) };

fn write(name: &str, inventory: &Inventory) -> Vec<u8> {
    let mut bytes = Vec::new();
    by_name(name).unwrap().write(inventory, &OPTIONS, &mut bytes).unwrap();
    bytes
}

fn read_back(bytes: &[u8]) -> Inventory {
    read(bytes, &Limits::default()).unwrap().inventory
}

/// The formats that can be read back, in every version.
fn documents() -> impl Iterator<Item = String> {
    FORMATS
        .iter()
        .filter(|format| format.model.is_some())
        .flat_map(|format| format.versions.iter().map(|version| format!("{}@{version}", format.name)))
}

fn image_facts_of_an_image() -> ImageFacts {
    let step = |created_by: &str, made| HistoryEntry {
        created: Some("2024-01-02T03:04:05Z".to_owned()),
        created_by: created_by.to_owned(),
        comment: Some("buildkit.dockerfile.v0".to_owned()),
        made,
    };
    let path = |mode, path: &str| GuardedPath { mode, path: path.to_owned() };
    ImageFacts {
        user: Some("app".to_owned()),
        env: vec!["PATH".to_owned(), "TOKEN".to_owned()],
        ports: vec!["80/tcp".to_owned()],
        entrypoint: vec!["/init".to_owned(), "--".to_owned()],
        command: vec!["run".to_owned()],
        workdir: Some("/srv".to_owned()),
        volumes: vec!["/data".to_owned()],
        stop_signal: Some("SIGQUIT".to_owned()),
        healthcheck: Some(Healthcheck::Disabled),
        labels: [("maintainer".to_owned(), "A <a@b.test>".to_owned())].into(),
        history: vec![
            step("ADD rootfs.tar /", Made::Layer(0)),
            step("ENV TOKEN=…", Made::Nothing),
            step("COPY . /srv # buildkit", Made::Layer(1)),
        ],
        bytes: Some(123_456_789),
        set_id: vec![path(0o4755, "usr/bin/su")],
        world_writable: vec![path(0o1777, "tmp")],
        accounts: vec![Account {
            name: "root".to_owned(),
            uid: 0,
            gid: 0,
            home: "/root".to_owned(),
            shell: "/bin/sh".to_owned(),
        }],
    }
}

/// An inventory that fills every field as a real image does.
fn image() -> Inventory {
    let layer = |digit: &str| format!("sha256:{}", digit.repeat(64));
    let subject = Subject {
        name: "registry.test/app".to_owned(),
        version: Some("1.2".to_owned()),
        digest: Some(layer("a")),
        manifest_digest: Some(layer("b")),
        index_digest: Some(layer("c")),
        platform: Some("linux/amd64".to_owned()),
        supplier: Some("Acme".to_owned()),
        created: Some("2024-01-02T03:04:05Z".to_owned()),
        layers: vec![
            SubjectLayer {
                diff_id: layer("1"),
                is_from_cache: false,
                dockerfile: Some(DockerfileLine { file: "Dockerfile".to_owned(), line: 3 }),
            },
            SubjectLayer::new(layer("2")),
        ],
        base: Some(BaseImage { name: Some("debian:12".to_owned()), digest: None, layers: Some(1) }),
        image: image_facts_of_an_image(),
    };
    let distro = Distro {
        id: "debian".to_owned(),
        version: Some("12".to_owned()),
        codename: Some("bookworm".to_owned()),
        pretty_name: Some("Debian GNU/Linux 12 (bookworm)".to_owned()),
        name: Some("Debian GNU/Linux".to_owned()),
        supplier: Some("Debian GNU/Linux".to_owned()),
        id_like: Vec::new(),
        variant: None,
        hints: vec!["DEBIAN_CODENAME=bookworm".to_owned()],
        repositories: vec!["https://deb.test/debian bookworm main".to_owned()],
    };
    let found = |path: &str, digit: &str| Location::new(path).in_layer(Some(layer(digit).into()));
    let mut openssl = Package::new(
        Ecosystem::Deb,
        "libssl3",
        "1:3.0.15-1~deb12u1",
        "pkg:deb/debian/libssl3@1:3.0.15-1~deb12u1?arch=amd64&distro=debian-12&upstream=openssl".to_owned(),
    );
    openssl.architecture = Some("amd64".to_owned());
    openssl.source =
        Some(SourcePackage { name: "openssl".to_owned(), version: Some("1:3.0.15-1~deb12u1".into()) });
    openssl.licenses = vec!["Apache-2.0".to_owned(), "Artistic or GPL-1+".to_owned()].into();
    openssl.supplier = Some("Debian OpenSSL Team <openssl@lists.test>".to_owned());
    openssl.cpes = vec!["cpe:2.3:a:openssl:openssl:3.0.15:*:*:*:*:*:*:*".to_owned()].into();
    openssl.locations = vec![found("var/lib/dpkg/status", "1"), found("var/lib/dpkg/info/libssl3.list", "2")];
    openssl.cataloger = "dpkg-status".to_owned();
    let mut child = Package::new(Ecosystem::PyPi, "Demo_App", "1.0", "pkg:pypi/demo-app@1.0".to_owned());
    child.kind = PackageKind::Application;
    child.licenses = vec!["MIT OR Apache-2.0".to_owned()].into();
    child.locations = vec![found("usr/lib/python3/dist-packages/demo_app-1.0.dist-info/METADATA", "2")];
    child.owner = Some(PackageIndex(0));
    child.cataloger = "python".to_owned();
    let gaps = vec![Gap::new(GapKind::UNREADABLE_FILE, "opt/a.json", "ends early")];
    Inventory::new(subject, Some(distro), vec![openssl, child], gaps)
}

#[test]
fn every_inventory_reads_back_as_written() {
    for_inventories(if cfg!(debug_assertions) { 300 } else { 5_000 }, |inventory| {
        for name in documents() {
            assert_eq!(read_back(&write(&name, inventory)), *inventory, "{name}");
        }
    });
    for name in documents() {
        assert_eq!(read_back(&write(&name, &image())), image(), "{name}");
        assert_eq!(read_back(&write(&name, &Inventory::default())), Inventory::default(), "{name}");
    }
}

#[test]
fn the_same_inventory_gives_the_same_bytes_and_the_ids_know_no_time() {
    for name in documents() {
        let bytes = write(&name, &image());
        assert_eq!(bytes, write(&name, &image()), "{name}");
        let later = WriteOptions { tool_version: "9", created: jiff::Timestamp::constant(1_800_000_000, 0) };
        let mut other = Vec::new();
        by_name(&name).unwrap().write(&image(), &later, &mut other).unwrap();
        let id = |bytes: &[u8]| {
            let document: serde_json::Value =
                serde_json::from_str(&read(bytes, &Limits::default()).unwrap().json).unwrap();
            let of_element = || {
                let elements = document["@graph"].as_array()?;
                elements.iter().find(|element| element["type"] == "SpdxDocument")?.get("spdxId")
            };
            let stated = document.get("serialNumber").or(document.get("documentNamespace"));
            stated.or_else(of_element).unwrap().clone()
        };
        assert_eq!(id(&bytes), id(&other), "{name}");
    }
}

#[test]
fn a_name_may_carry_a_version() {
    let shown = |name: &str| match by_name(name) {
        Ok(choice) => format!("{choice:?}"),
        Err(error) => error.to_string(),
    };
    let known = "cyclonedx-json, cyclonedx-xml, purls, spdx-json, spdx-tag-value, table";
    assert_eq!(shown("cyclonedx-json"), "cyclonedx-json@1.6");
    assert_eq!(shown("spdx-json@2.3"), "spdx-json@2.3");
    assert_eq!(shown("table"), "table");
    assert_eq!(shown("json"), format!("no SBOM format is called `json`; known are {known}"));
    assert_eq!(shown("spdx-json@9"), "`spdx-json` is not written in version `9`; known are 2.3, 2.2, 3.0");
    assert_eq!(shown("purls@1"), "`purls` is not written in version `1`; known are none");
}

#[test]
fn formats_are_sorted_by_name() {
    assert!(FORMATS.is_sorted_by_key(|format| format.name));
}

#[test]
fn the_reference_page_names_every_fact() {
    use wire::facts::{GAP, NONE, Noun, OWNER};
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/sbom-facts.md");
    let page = fs::read_to_string(page).unwrap();
    let facts = [Package::FACTS, Distro::FACTS, Subject::FACTS, &[GAP, NONE, OWNER]].concat();
    for fact in facts {
        assert!(page.contains(&format!("`{fact}`")), "docs/reference/sbom-facts.md does not name `{fact}`");
    }
}

#[test]
fn exports_are_lines_for_people() {
    let mut inventory = image();
    inventory.packages[1].name = "evil\u{1b}[2J\nname".to_owned();
    let text = |name| String::from_utf8(write(name, &inventory)).unwrap();
    assert_eq!(
        text("table"),
        "NAME                 VERSION             TYPE  LOCATION\n\
         evil\\u{1b}[2J\\nname  1.0                 pypi  usr/lib/python3/dist-packages/demo_app-1.0.dist-info/METADATA\n\
         libssl3              1:3.0.15-1~deb12u1  deb   var/lib/dpkg/info/libssl3.list\n"
    );
    assert_eq!(
        text("purls"),
        "pkg:deb/debian/libssl3@1:3.0.15-1~deb12u1?arch=amd64&distro=debian-12&upstream=openssl\n\
         pkg:pypi/demo-app@1.0\n"
    );
}

// ---- the standards

/// The official schema at `path` under the data directory, with the schemas it refers to; nothing is fetched.
fn schema(data: &Path, path: &str) -> jsonschema::Validator {
    let load = |path: &str| -> serde_json::Value {
        serde_json::from_slice(&testkit::data::read(&data.join("schemas").join(path))).unwrap()
    };
    let mut registry = jsonschema::Registry::new();
    for name in ["spdx.schema.json", "jsf-0.82.schema.json", "cryptography-defs.schema.json"] {
        let resource = jsonschema::Resource::from_contents(load(&format!("cyclonedx/{name}")));
        registry = registry.add(format!("http://cyclonedx.org/schema/{name}"), resource).unwrap();
    }
    let registry = registry.prepare().unwrap();
    jsonschema::options().with_registry(&registry).build(&load(path)).unwrap()
}

const SCHEMAS: &[(&str, &str)] = &[
    ("cyclonedx-json@1.4", "cyclonedx/bom-1.4.schema.json"),
    ("cyclonedx-json@1.5", "cyclonedx/bom-1.5.schema.json"),
    ("cyclonedx-json@1.6", "cyclonedx/bom-1.6.schema.json"),
    ("cyclonedx-json@1.7", "cyclonedx/bom-1.7.schema.json"),
    ("spdx-json@2.2", "spdx/2.2.1/spdx-schema.json"),
    ("spdx-json@2.3", "spdx/2.3/spdx-schema.json"),
    ("spdx-json@3.0", "spdx/3.0.1/spdx-schema.json"),
];

#[test]
fn everything_written_is_valid_by_the_official_schemas() {
    let Some(data) = testkit::data::require("everything_written_is_valid_by_the_official_schemas") else {
        return;
    };
    for (name, path) in SCHEMAS {
        let schema = schema(&data, path);
        let check = |inventory: &Inventory| {
            let document = serde_json::from_slice(&write(name, inventory)).unwrap();
            let errors: Vec<_> = schema
                .iter_errors(&document)
                .map(|error| format!("{} at {}", error, error.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{name}: {errors:#?}");
        };
        check(&image());
        check(&Inventory::default());
        for_inventories(if cfg!(debug_assertions) { 60 } else { 2_000 }, check);
    }
}

#[test]
fn spdx_written_is_read_alike_by_another_reader() {
    let inventory = image();
    let bytes = write("spdx-json", &inventory);
    let document: spdx_rs::models::SPDX = serde_json::from_slice(&bytes).unwrap();
    let names: Vec<_> = document
        .package_information
        .iter()
        .map(|package| {
            let version = package.package_version.as_deref().unwrap_or("");
            format!("{} {version} {}", package.package_name, package.external_reference.len())
        })
        .collect();
    let digest = inventory.subject.version.unwrap();
    assert_eq!(
        names,
        [
            format!("registry.test/app {digest} 0"),
            "debian 12 0".to_owned(),
            "libssl3 1:3.0.15-1~deb12u1 2".to_owned(),
            "Demo_App 1.0 1".to_owned(),
            "openssl 1:3.0.15-1~deb12u1 0".to_owned(),
        ]
    );
    assert_eq!(document.relationships.len(), 1 + 1 + 2 + 1 + 1);
    let license = document.package_information[3].declared_license.as_ref().unwrap();
    assert_eq!(license.to_string(), "MIT OR Apache-2.0");
}

// ---- what is no SBOM, or a bad one

#[track_caller]
fn refused(bytes: &[u8], words: &str) {
    let error = read(bytes, &Limits::default()).unwrap_err().to_string();
    assert!(error.contains(words), "{error}");
}

#[test]
fn what_is_no_sbom_is_refused_and_named() {
    refused(
        b"",
        "the document is empty; accepted are CycloneDX 1.2 to 1.7 JSON, CycloneDX 1.0 to 1.7 XML, SPDX 2.2 to 2.3 JSON, \
         SPDX 2.1 to 2.3 RDF/XML, SPDX 2.1 to 2.3 tag-value, SPDX 2.2 to 2.3 XML, SPDX 2.2 to 2.3 YAML, \
         SPDX 3.0 JSON-LD, Syft JSON and lists of package URLs",
    );
    refused(b" \n\t", "empty");
    refused(b"<!DOCTYPE html><html></html>", "looks like an HTML page");
    refused(b"{}", "neither `bomFormat` nor `spdxVersion`");
    refused(b"{\"schema\":\"plimsoll-report/1\"}", "a plimsoll report");
    for (document, is_own) in
        [("{\"schema\":\"plimsoll-changes/1\"}", true), ("{\"schema\":\"other/1\"}", false)]
    {
        let error = read(document.as_bytes(), &Limits::default()).unwrap_err();
        assert_eq!(error.is_own_output(), is_own, "{error}");
    }
    refused(b"hello", "plain text");
    refused(b"\xFF\xFE{\0}\0", "UTF-16");
    refused(&[b'['; 100_000], "JSON array");
    refused(&[b"{\"a\":".as_slice(), &[b'['; 100_000]].concat(), "cut off or malformed");
}

#[test]
fn a_bad_sbom_is_refused_with_path_and_reason() {
    refused(
        b"{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\n \"components\":[{\"type\":\"library\",\"name\":\"a\"},{\"type\":\"library\"}]}",
        "CycloneDX JSON document, components[1] (line 2, column 63): missing field `name`",
    );
    refused(
        br#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library","name":"a","licenses":[{"license":{"id":7}}]}]}"#,
        "components[0].licenses[0].license.id",
    );
    refused(br#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":{}}"#, "components");
    refused(br#"{"bomFormat":"CycloneDX"}"#, "missing field `specVersion`");
    refused(br#"{"bomFormat":"CycloneDX","specVersion":"1.6","specVersion":"1.5"}"#, "duplicate field");
    refused(br#"{"spdxVersion":"SPDX-2.3","packages":[{"SPDXID":"SPDXRef-a"}]}"#, "packages[0]");
    refused(br#"{"spdxVersion":"SPDX-2.3","packages":[]"#, "EOF");
    refused(
        b"<bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\"><components><component type=\"library\"/></components></bom>",
        "CycloneDX XML document, components[0]: missing field `name`",
    );
    refused(
        b"spdxVersion: SPDX-2.3\npackages:\n- SPDXID: SPDXRef-a\n",
        "SPDX YAML document, packages[0]: missing field `name`",
    );
    let nested = |depth: usize| {
        let open = r#"{"type":"library","name":"a","components":["#.repeat(depth);
        format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{open}{}]}}"#,
            "]}".repeat(depth)
        )
    };
    refused(nested(5_000).as_bytes(), "limit nesting of components of 32");
    assert_eq!(read_back(nested(20).as_bytes()).packages.len(), 20);
    let deep = format!(r#"{{"spdxVersion":"SPDX-2.3","packages":[{}{}]}}"#, "[".repeat(500), "]".repeat(500));
    refused(deep.as_bytes(), "expected a string");
}

#[test]
fn limits_are_kept_and_named() {
    for name in documents() {
        let bytes = write(&name, &image());
        let refused = |limits: Limits| read(&bytes, &limits).unwrap_err().to_string();
        let limits = Limits { document_bytes_max: 100, ..Limits::default() };
        assert_eq!(refused(limits), "the document exceeds the limit document_bytes_max of 100");
        let limits = Limits { packages_max: 1, ..Limits::default() };
        assert_eq!(refused(limits), "the document exceeds the limit packages_max of 1");
        let limits = Limits { packages_max: 2, ..Limits::default() };
        assert!(read(&bytes, &limits).is_ok());
    }
}

#[test]
fn damaged_documents_never_panic_the_reader() {
    for name in documents() {
        let bytes = write(&name, &image());
        for prefix in testkit::mutate::some_prefixes(&bytes, 2_000) {
            let is_ok = read(prefix, &Limits::default()).is_ok();
            // Only the end of line at the end may be missing; tag-value has no end.
            if !name.starts_with("spdx-tag-value") {
                assert_eq!(is_ok, prefix.len() + 1 == bytes.len(), "{}", prefix.len());
            }
        }
        for damaged in testkit::mutate::mutations(&bytes, 500) {
            let _ = read(&damaged, &Limits::default());
        }
    }
}

// ---- documents of other tools

/// Documents that the index does not call invalid, and that are refused all the same: what each lacks.
const REFUSED: &[(&str, &str)] = &[
    ("grype/grype/pkg/testdata/alpine-tampered.cdx.att.json", "in-toto statement document, predicateType"),
    ("guac/exampledata/small-spdx.json", "creationInfo.creators[0]"),
    ("sbomqs/testdata/sboms/metadata-required-violations.cdx.json", "missing field `name`"),
    ("spdx-ntia-checker/data/missing_component_name/SPDXRdfExample.rdf", "missing field `name`"),
    (
        "spdx-ntia-checker/data/missing_unique_identifiers/SPDXJSONExample-v2.3.spdx.json",
        "missing field `SPDXID`",
    ),
    (
        "spdx-ntia-checker/data/missing_unique_identifiers/SPDXRdfExample-v2.3.spdx.rdf.xml",
        "missing field `SPDXID`",
    ),
    // Called SPDX XML by the index, and a report on vulnerabilities of another make.
    ("spdx-ntia-checker/doc_fest/REA/AppBOM-inationVDR.xml", "looks like XML"),
    ("spdx-ntia-checker/doc_fest/REA/PyYamlVDR.xml.zst", "looks like XML"),
    ("spdx-tools-golang/json/test_fixtures/spdx2_2_null_package.json", "packages[0]"),
    ("spdx-tools-golang/json/test_fixtures/spdx2_3_null_package.json", "packages[0]"),
    ("syft/syft/format/spdxjson/testdata/spdx/bad/example7-third-party-modules.spdx.json", "creators[0]"),
];

/// The index's names of what is read.
const READ: &[&str] = &[
    "CycloneDX JSON",
    "CycloneDX XML",
    "SPDX 3 JSON-LD",
    "SPDX JSON",
    "SPDX RDF/XML",
    "SPDX XML",
    "SPDX YAML",
    "SPDX tag-value",
    "Syft JSON",
    "in-toto envelope",
];

/// In debug builds only documents up to this size are written and read again, for the sake of time.
const ROUND_TRIP_BYTES_MAX: usize = 100 << 10;

#[test]
fn real_documents_are_read_or_refused_and_what_was_read_survives_writing() {
    let Some(data) = testkit::data::require("real_documents_are_read_or_refused") else { return };
    let index = fs::read_to_string(data.join("sboms/index.tsv")).unwrap();
    let mut n_read = 0;
    for line in index.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [path, format, .., validity] = fields[..] else { panic!("{line}") };
        // Compressed otherwise than the data directory does it: refused by what they are.
        let name = path.strip_suffix(".zst").unwrap_or(path);
        let packed = name.ends_with(".xz") || name.ends_with(".bz2");
        let bytes = testkit::data::read(&data.join("sboms").join(name));
        let document = match read(&bytes, &Limits::default()) {
            Ok(document) => document,
            Err(error) => {
                let known = REFUSED.iter().find(|(refused, _)| *refused == path);
                let ours = READ.contains(&format) && validity != "invalid" && !packed;
                match known {
                    Some((_, words)) => assert!(error.to_string().contains(words), "{path}: {error}"),
                    None => assert!(!ours, "{path}: {error}"),
                }
                continue;
            }
        };
        n_read += 1;
        if cfg!(debug_assertions) && bytes.len() > ROUND_TRIP_BYTES_MAX {
            continue;
        }
        let stated = format.rsplit_once(' ').map_or(format, |(stated, _)| stated);
        assert!(
            format.ends_with("other")
                || (document.signature != Signature::None)
                || document.format.starts_with(stated),
            "{path}: {}",
            document.format
        );
        for name in documents() {
            let bytes = write(&name, &document.inventory);
            assert_eq!(read_back(&bytes), document.inventory, "{path} as {name}");
        }
    }
    assert!(n_read > 1_100, "only {n_read} documents were read");
}
