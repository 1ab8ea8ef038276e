//! VEX that is attached to an image in its registry: whoever may push may attach, so only what somebody trusted signed
//! for this image counts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use registry::client::{Options, Registry, Repository};
use registry::push::Artifact;
use registry::reference::{Pointer, Reference};
use serde_json::{Value, json};
use testkit::feeds::{Mirror, osv_record};
use testkit::image::{Image, IndexShape, oci_files, sha256};
use testkit::real::{ListingRegistry, program};
use testkit::server::{Behaviour, Reply, Request, Server};

use crate::harness::{AS_OF, Place, Ran, make_key, signed};
use crate::vex::{findings, openvex};

const IMAGE: &str = "\
//- layer
//- /app/node_modules/demo/package.json
{\"name\": \"demo\", \"version\": \"1.0.0\"}
//- /app/node_modules/other/package.json
{\"name\": \"other\", \"version\": \"2.0.0\"}
";

const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const OPENVEX: &str = "application/vnd.openvex+json";
pub(crate) const IN_TOTO: &str = "application/vnd.in-toto+json";
const DSSE: &str = "application/vnd.dsse.envelope.v1+json";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const PREDICATE: &str = "https://openvex.dev/ns/v0.2.0";

pub(crate) const OPEN: [&str; 2] = ["CVE-2025-10001 counts", "CVE-2025-10002 counts"];
pub(crate) const SUPPRESSED: [&str; 2] = ["CVE-2025-10001 vex-not-affected", "CVE-2025-10002 counts"];

/// A place with feeds that say that both packages are affected, and with the keys `ours` and `theirs`.
pub(crate) fn place() -> Place {
    let place = Place::new();
    let mirror = Mirror::at(place.path("mirror"));
    mirror.osv_records(
        "npm",
        &[
            osv_record("GHSA-aaaa-bbbb-cccc", &["CVE-2025-10001"], "npm", "demo", "introduced 0"),
            osv_record("GHSA-dddd-eeee-ffff", &["CVE-2025-10002"], "npm", "other", "introduced 0"),
        ],
    );
    make_key(&place, "ours");
    make_key(&place, "theirs");
    place
}

/// A registry in memory that lists referrers, with the image `app:1` in it.
pub(crate) struct Shelf {
    pub(crate) server: Server,
    content: Arc<Mutex<Content>>,
    /// The digest that the tag leads to.
    root: String,
    /// The digest of the image's own manifest.
    pub(crate) manifest: String,
}

#[derive(Default)]
struct Content {
    /// Media type and bytes, by digest and by tag.
    manifests: BTreeMap<String, (String, Vec<u8>)>,
    blobs: BTreeMap<String, Vec<u8>>,
    /// By the digest of their subject.
    referrers: BTreeMap<String, Vec<Value>>,
}

impl Content {
    fn blob(&mut self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = format!("sha256:{}", sha256(bytes));
        self.blobs.insert(digest.clone(), bytes.to_vec());
        json!({"mediaType": media_type, "digest": digest, "size": bytes.len()})
    }

    fn manifest(&mut self, tag: Option<&str>, media_type: &str, bytes: Vec<u8>) -> String {
        let digest = format!("sha256:{}", sha256(&bytes));
        for name in [Some(digest.as_str()), tag].into_iter().flatten() {
            self.manifests.insert(name.to_owned(), (media_type.to_owned(), bytes.clone()));
        }
        digest
    }

    fn answer(&self, request: &Request) -> Option<Behaviour> {
        let typed = |media_type: &str, bytes: &[u8]| {
            Behaviour::Reply(Reply::new(200).header("Content-Type", media_type).body(bytes))
        };
        let (kind, name) = request.path.strip_prefix("/v2/app/")?.split_once('/')?;
        let found = match kind {
            "manifests" => self.manifests.get(name).map(|(media_type, bytes)| typed(media_type, bytes)),
            "blobs" => self.blobs.get(name).map(|bytes| typed("application/octet-stream", bytes)),
            "referrers" => {
                let listed = self.referrers.get(name).cloned().unwrap_or_default();
                let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed});
                Some(typed(OCI_INDEX, index.to_string().as_bytes()))
            }
            _ => None,
        };
        Some(found.unwrap_or(Behaviour::Status { code: 404, retry_after: None }))
    }
}

impl Shelf {
    pub(crate) fn new(shape: IndexShape) -> Self {
        let files = oci_files(&[Image::parse(IMAGE).tagged("app:1")], shape);
        let mut content = Content::default();
        for bytes in files.values() {
            content.blob("", bytes);
        }
        let index: Value = serde_json::from_slice(&files["index.json"]).unwrap();
        let root = index["manifests"][0].clone();
        let digest = |descriptor: &Value| descriptor["digest"].as_str().unwrap().to_owned();
        let bytes = content.blobs[&digest(&root)].clone();
        content.manifest(Some("1"), root["mediaType"].as_str().unwrap(), bytes.clone());
        let mut manifest = digest(&root);
        if shape == IndexShape::Nested {
            let index: Value = serde_json::from_slice(&bytes).unwrap();
            manifest = digest(&index["manifests"][0]);
            let bytes = content.blobs[&manifest].clone();
            content.manifest(None, OCI_MANIFEST, bytes);
        }
        let content = Arc::new(Mutex::new(content));
        let server = Server::new();
        let shared = Arc::clone(&content);
        server.handle(move |request| shared.lock().unwrap().answer(request));
        Self { server, content, root: digest(&root), manifest }
    }

    /// Attaches `bytes` to the manifest `subject`, as an artifact of the kind `artifact_type` with these annotations.
    pub(crate) fn attach(&self, subject: &str, artifact_type: &str, annotations: Value, bytes: &str) {
        let mut content = self.content.lock().unwrap();
        let layer = content.blob(artifact_type, bytes.as_bytes());
        let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": artifact_type,
            "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": layer["digest"], "size": 2},
            "layers": [layer], "subject": {"mediaType": OCI_MANIFEST, "digest": subject, "size": 1}});
        let bytes = manifest.to_string().into_bytes();
        let size = bytes.len();
        let digest = content.manifest(None, OCI_MANIFEST, bytes);
        let listed = json!({"mediaType": OCI_MANIFEST, "digest": digest, "size": size,
            "artifactType": artifact_type, "annotations": annotations});
        content.referrers.entry(subject.to_owned()).or_default().push(listed);
    }

    /// Keeps `envelopes` where cosign keeps attestations of `subject`, each with its predicate type.
    fn attest(&self, subject: &str, envelopes: &[(&str, &str)]) {
        let mut content = self.content.lock().unwrap();
        let mut layer = |predicate: &str, bytes: &str| {
            let mut layer = content.blob(DSSE, bytes.as_bytes());
            layer["annotations"] = json!({"predicateType": predicate});
            layer
        };
        let layers: Vec<Value> = envelopes.iter().map(|(predicate, bytes)| layer(predicate, bytes)).collect();
        let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "layers": layers});
        let tag = format!("{}.att", subject.replace(':', "-"));
        content.manifest(Some(&tag), OCI_MANIFEST, manifest.to_string().into_bytes());
    }

    fn scan(&self, place: &Place, words: &[&str]) -> Ran {
        scan(place, &self.server.host(), words)
    }
}

fn scan(place: &Place, host: &str, words: &[&str]) -> Ran {
    let mirror = place.path("mirror").display().to_string();
    let source = format!("registry:{host}/app:1");
    let fixed = ["scan", &source, "--as-of", AS_OF, "-o", "json", "--no-cache", "--mirror", &mirror];
    place.run(fixed.iter().copied().chain(words.iter().copied()))
}

/// What a run reported.
#[track_caller]
fn report(ran: &Ran) -> Value {
    ran.expect_code(0);
    serde_json::from_str(&ran.stdout).unwrap()
}

/// The gaps of a report about VEX, each as `kind detail`.
fn gaps(report: &Value) -> Vec<String> {
    let gaps = report["coverage"]["gaps"].as_array().unwrap().iter();
    let about_vex = gaps.filter(|gap| gap["kind"].as_str().unwrap().ends_with("-vex"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    about_vex.map(|gap| format!("{} {}", text(&gap["kind"]), text(&gap["detail"]))).collect()
}

pub(crate) fn document() -> String {
    openvex("https://acme.example/1", "CVE-2025-10001", "pkg:npm/demo")
}

/// A statement that `predicate` is about the image whose manifest has the digest `subject`.
fn statement(subject: &str, predicate: &str) -> String {
    let digest = subject.strip_prefix("sha256:").unwrap();
    format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","predicateType":"{PREDICATE}",
        "subject":[{{"name":"app","digest":{{"sha256":"{digest}"}}}}],"predicate":{predicate}}}"#
    )
}

pub(crate) fn envelope(place: &Place, key: &str, subject: &str, predicate: &str) -> String {
    signed(place, key, IN_TOTO, &statement(subject, predicate)).to_string()
}

fn bundle(envelope: &str) -> String {
    let content: Value = serde_json::from_str(envelope).unwrap();
    json!({"mediaType": BUNDLE, "verificationMaterial": {"publicKey": {"hint": ""}}, "dsseEnvelope": content})
        .to_string()
}

const ASKED: [&str; 2] = ["--vex", "referrers"];
const WITH_KEY: [&str; 4] = ["--vex", "referrers", "--vex-key", "ours.pub"];

#[test]
fn what_nobody_signed_suppresses_nothing_and_is_told() {
    let (place, shelf) = (place(), Shelf::new(IndexShape::Flat));
    let none = shelf.scan(&place, &ASKED);
    none.expect_stderr(&["vex: none is attached to `registry:"]);
    assert_eq!(findings(&report(&none)), OPEN);

    shelf.attach(&shelf.manifest, OPENVEX, json!({}), &document());
    // Without a word of it nothing that is attached is asked for.
    let silent = report(&shelf.scan(&place, &[]));
    assert_eq!(
        (findings(&silent), &silent["vex"]["documents"]),
        (OPEN.map(str::to_owned).to_vec(), &json!([]))
    );

    for words in [&ASKED[..], &WITH_KEY] {
        let ran = shelf.scan(&place, words);
        ran.expect_stderr(&[
            "gap: unverified-vex: sha256:",
            "it is not signed, so what it says suppresses nothing",
        ]);
        let report = report(&ran);
        assert_eq!(findings(&report), OPEN);
        assert_eq!(gaps(&report).len(), 1, "{:?}", gaps(&report));
        assert_eq!(report["vex"]["documents"][0]["trust"], "unverified");
        assert_eq!(report["vex"]["unapplied"][0]["reason"], "unverified");
        // It is no part of the SBOM.
        assert_eq!(report["subject"]["sbom_digest"], silent["subject"]["sbom_digest"]);
    }
    shelf.scan(&place, &ASKED).expect_stderr(&["hint: `--vex-key FILE`"]);
    // The user's own word is another matter, also where the same is attached.
    place.write("vex.json", document());
    let named = report(&shelf.scan(&place, &["--vex", "referrers", "--vex", "vex.json"]));
    assert_eq!(findings(&named), SUPPRESSED);
    assert_eq!(named["vex"]["documents"][0]["trust"], "user");
}

/// An image that was found by the index of its platforms goes by that one's digest too, and so does its SBOM.
#[test]
fn what_is_said_of_the_index_holds_for_the_image() {
    let (place, shelf) = (place(), Shelf::new(IndexShape::Nested));
    assert_ne!(shelf.root, shelf.manifest);
    for digest in [&shelf.root, &shelf.manifest] {
        let product = format!("pkg:oci/app@{digest}");
        place.write("vex.json", openvex("https://acme.example/1", "CVE-2025-10001", &product));
        let report = report(&shelf.scan(&place, &["--vex", "vex.json"]));
        assert_eq!(findings(&report), SUPPRESSED, "{digest}");
    }
    place.write(
        "vex.json",
        openvex("https://acme.example/1", "CVE-2025-10001", &format!("pkg:oci/app@{}", shelf.root)),
    );
    let source = format!("registry:{}/app:1", shelf.server.host());
    let sbom =
        place.run(["sbom", &source, "--no-cache", "-o", "cyclonedx-json"]).expect_code(0).stdout.clone();
    let heard = |sbom: &str| {
        place.write("sbom.json", sbom);
        let words = ["match", "sbom.json", "--offline", "--as-of", AS_OF, "-o", "json", "--vex", "vex.json"];
        let report = report(&place.run(words));
        (findings(&report), report["vex"]["unapplied"][0]["reason"].clone())
    };
    assert_eq!(heard(&sbom), (SUPPRESSED.map(str::to_owned).to_vec(), Value::Null));
    // An SBOM that does not know it cannot tell.
    let without = sbom.replace("plimsoll:subject:index-digest", "somebody:else");
    assert_eq!(heard(&without), (OPEN.map(str::to_owned).to_vec(), json!("index-unknown")));
}

#[test]
fn what_a_trusted_key_signed_for_the_image_counts_however_it_is_attached() {
    let place = place();
    type Attach = fn(&Shelf, &str);
    let ways: [(&str, Attach); 5] = [
        ("an envelope, listed", |shelf, envelope| {
            shelf.attach(&shelf.manifest, IN_TOTO, json!({}), envelope)
        }),
        ("an envelope with what it is of", |shelf, envelope| {
            let annotations = json!({"in-toto.io/predicate-type": PREDICATE});
            shelf.attach(&shelf.manifest, DSSE, annotations, envelope);
        }),
        ("a bundle", |shelf, envelope| {
            let annotations = json!({"dev.sigstore.bundle.predicateType": PREDICATE});
            shelf.attach(&shelf.manifest, BUNDLE, annotations, &bundle(envelope));
        }),
        ("a bundle of the index", |shelf, envelope| {
            shelf.attach(&shelf.root, BUNDLE, json!({}), &bundle(envelope));
        }),
        ("the tag of cosign", |shelf, envelope| shelf.attest(&shelf.root, &[(PREDICATE, envelope)])),
    ];
    for shape in [IndexShape::Flat, IndexShape::Nested] {
        for (way, attach) in ways {
            let shelf = Shelf::new(shape);
            // Some sign the index of all platforms, some the manifest of one.
            let subject = if way.contains("index") { &shelf.root } else { &shelf.manifest };
            attach(&shelf, &envelope(&place, "ours", subject, &document()));
            let report = report(&shelf.scan(&place, &WITH_KEY));
            assert_eq!(findings(&report), SUPPRESSED, "{way} {shape:?}");
            assert_eq!(report["vex"]["documents"][0]["trust"], "attached", "{way}");
            assert_eq!(gaps(&report), Vec::<String>::new(), "{way}");
        }
    }
}

#[test]
fn a_statement_without_products_is_about_the_image_it_was_signed_for() {
    let (place, shelf) = (place(), Shelf::new(IndexShape::Nested));
    let bare = json!({"@context": PREDICATE, "@id": "https://acme.example/2", "author": "Acme", "version": 1,
        "timestamp": "2025-06-01T00:00:00Z", "statements": [{"vulnerability": {"name": "CVE-2025-10001"},
        "status": "not_affected", "justification": "vulnerable_code_not_present"}]});
    shelf.attest(&shelf.root, &[(PREDICATE, &envelope(&place, "ours", &shelf.root, &bare.to_string()))]);
    assert_eq!(findings(&report(&shelf.scan(&place, &WITH_KEY))), SUPPRESSED);
}

#[test]
fn what_is_signed_by_others_or_for_others_suppresses_nothing() {
    let place = place();
    let other = format!("sha256:{}", "0".repeat(64));
    let check = |attach: &dyn Fn(&Shelf) -> String, words: &[&str], doubt: &str| {
        let shelf = Shelf::new(IndexShape::Flat);
        let bytes = attach(&shelf);
        shelf.attach(&shelf.manifest, IN_TOTO, json!({}), &bytes);
        let report = report(&shelf.scan(&place, words));
        assert_eq!(findings(&report), OPEN, "{doubt}");
        let gaps = gaps(&report);
        assert!(
            gaps.len() == 1 && gaps[0].starts_with(&format!("unverified-vex {doubt}")),
            "{doubt}: {gaps:?}"
        );
    };
    let ours = |shelf: &Shelf| envelope(&place, "ours", &shelf.manifest, &document());
    let theirs = |shelf: &Shelf| envelope(&place, "theirs", &shelf.manifest, &document());
    check(&ours, &ASKED, "it is signed, and no key was given");
    check(&theirs, &WITH_KEY, "none of the given keys signed it");
    // What was signed for one image cannot be carried to another.
    check(
        &|_| envelope(&place, "ours", &other, &document()),
        &WITH_KEY,
        "it is signed, and is about another image",
    );
    let plain = |_: &Shelf| signed(&place, "ours", OPENVEX, &document()).to_string();
    check(&plain, &WITH_KEY, "it is signed, and does not say of which image it is");
    // A subject that is not signed says nothing.
    let around = |shelf: &Shelf| statement(&shelf.manifest, &plain(shelf));
    check(&around, &WITH_KEY, "none of the given keys signed it");
    let tampered = |shelf: &Shelf| {
        let mut envelope: Value = serde_json::from_str(&ours(shelf)).unwrap();
        let other: Value = serde_json::from_str(&envelope_of_other(&place, shelf)).unwrap();
        envelope["payload"] = other["payload"].clone();
        envelope.to_string()
    };
    check(&tampered, &WITH_KEY, "none of the given keys signed it");
}

fn envelope_of_other(place: &Place, shelf: &Shelf) -> String {
    let other = openvex("https://acme.example/3", "CVE-2025-10002", "pkg:npm/other");
    envelope(place, "theirs", &shelf.manifest, &other)
}

#[test]
fn other_attachments_are_passed_over_and_damaged_ones_are_told() {
    let (place, shelf) = (place(), Shelf::new(IndexShape::Flat));
    let sbom = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[]}"#;
    shelf.attach(&shelf.manifest, "application/vnd.cyclonedx+json", json!({}), sbom);
    shelf.attach(&shelf.manifest, "application/spdx+json", json!({}), "{}");
    let provenance = statement(&shelf.manifest, "{}").replace(PREDICATE, "https://slsa.dev/provenance/v1");
    shelf.attach(&shelf.manifest, IN_TOTO, json!({}), &provenance);
    let annotated = json!({"in-toto.io/predicate-type": "https://slsa.dev/provenance/v1"});
    shelf.attach(&shelf.manifest, IN_TOTO, annotated, "not to be read");
    let seen = report(&shelf.scan(&place, &WITH_KEY));
    assert_eq!(gaps(&seen), Vec::<String>::new());
    assert_eq!(seen["vex"]["documents"], json!([]));

    // Whoever may attach cannot keep the image from being judged; what is attached beside it counts.
    shelf.attach(&shelf.manifest, OPENVEX, json!({}), "{\"@context\": 7}");
    shelf.attest(
        &shelf.manifest,
        &[
            (PREDICATE, &envelope(&place, "ours", &shelf.manifest, &document())),
            ("https://slsa.dev/provenance/v1", "not to be read"),
        ],
    );
    let seen = report(&shelf.scan(&place, &WITH_KEY));
    assert_eq!(findings(&seen), SUPPRESSED);
    assert_eq!(gaps(&seen).len(), 1);
    assert!(
        gaps(&seen)[0].starts_with("unreadable-vex it is JSON, and neither OpenVEX"),
        "{:?}",
        gaps(&seen)
    );

    // A list that cannot be had may have been a longer one.
    let path = format!("/v2/app/referrers/{}", shelf.manifest);
    shelf.server.next(&path, Behaviour::Reply(Reply::new(403)));
    shelf.scan(&place, &WITH_KEY).expect_code(2).expect_stderr(&["cannot fetch image"]);
}

/// Whoever may attach can damage the lists as well as what is in them.
#[test]
fn damaged_lists_are_told_and_what_else_is_attached_counts() {
    let (place, shelf) = (place(), Shelf::new(IndexShape::Flat));
    shelf.attach(
        &shelf.manifest,
        BUNDLE,
        json!({}),
        &bundle(&envelope(&place, "ours", &shelf.manifest, &document())),
    );
    let tag = format!("{}.att", shelf.manifest.replace(':', "-"));
    for (media_type, bytes, expected) in [
        (OCI_MANIFEST, b"{\"layers\":[{}]}".to_vec(), "unreadable-vex what is attached cannot be read"),
        (OCI_MANIFEST, b"7".to_vec(), "unreadable-vex what is attached cannot be read"),
        ("text/plain", b"{}".to_vec(), "unreadable-vex what is attached cannot be read"),
    ] {
        shelf.content.lock().unwrap().manifest(Some(&tag), media_type, bytes);
        let seen = report(&shelf.scan(&place, &WITH_KEY));
        assert_eq!(findings(&seen), SUPPRESSED);
        assert_eq!(gaps(&seen).len(), 1, "{:?}", gaps(&seen));
        assert!(gaps(&seen)[0].starts_with(expected), "{:?}", gaps(&seen));
    }
    // One that is larger than any registry takes.
    let large = format!("{{\"layers\":[],\"x\":\"{}\"}}", "x".repeat(5 << 20));
    shelf.content.lock().unwrap().manifest(Some(&tag), OCI_MANIFEST, large.into_bytes());
    assert_eq!(findings(&report(&shelf.scan(&place, &WITH_KEY))), SUPPRESSED);

    // Very many documents that are something else are not all asked for.
    let (place, shelf) = (self::place(), Shelf::new(IndexShape::Flat));
    let envelopes: Vec<String> = (0..150).map(|n| format!("{{\"n\":{n}}}")).collect();
    let envelopes: Vec<(&str, &str)> = envelopes.iter().map(|bytes| (PREDICATE, bytes.as_str())).collect();
    shelf.attest(&shelf.manifest, &envelopes);
    report(&shelf.scan(&place, &WITH_KEY));
    let blobs = shelf.server.requests();
    let of_envelopes = blobs.iter().filter(|request| {
        envelopes.iter().any(|(_, bytes)| request.path.ends_with(&sha256(bytes.as_bytes())))
    });
    assert_eq!(of_envelopes.count(), 100);
}

#[test]
fn an_image_that_is_in_no_registry_has_nothing_attached() {
    let place = place();
    testkit::image::write_dir(
        &oci_files(&[Image::parse(IMAGE).tagged("app:1")], IndexShape::Flat),
        &place.path("layout"),
    );
    let words = ["scan", "oci-dir:layout", "--offline", "--as-of", AS_OF, "--vex", "referrers"];
    place.run(words).expect_code(2).expect_stderr(&["`oci-dir:layout` lies in no registry"]);
    // Nor is what lies in the image itself VEX that counts: whoever made it may have written it.
    let inside = format!("{IMAGE}//- /app/vex.openvex.json\n{}\n", document());
    let layout = place.path("inside");
    testkit::image::write_dir(
        &oci_files(&[Image::parse(&inside).tagged("app:1")], IndexShape::Flat),
        &layout,
    );
    let mirror = place.path("mirror").display().to_string();
    let words = ["scan", "oci-dir:inside", "--as-of", AS_OF, "-o", "json", "--no-cache", "--mirror", &mirror];
    assert_eq!(findings(&place.json(words)), OPEN);
}

/// The same against a registry that others wrote.
#[test]
fn attached_vex_is_found_in_a_real_registry() {
    let test = "attached_vex_is_found_in_a_real_registry";
    let Some(listing) = program("referrers-registry", Some("PLIMSOLL_REFERRERS_REGISTRY"), test) else {
        return;
    };
    let (place, shelf) = (place(), Shelf::new(IndexShape::Flat));
    let real = ListingRegistry::start(&listing);
    let reference: Reference = format!("{}/app:1", real.host).parse().unwrap();
    let repository: Repository = Registry::new(Options::default()).repository(&reference);
    let (media_type, bytes) = shelf.content.lock().unwrap().manifests["1"].clone();
    for blob in shelf.content.lock().unwrap().blobs.values() {
        repository.push_blob("application/octet-stream", blob).unwrap();
    }
    let pushed = repository.push_manifest(&media_type, &bytes, &Pointer::Tag("1".to_owned())).unwrap();
    let attach = |artifact_type: &str, bytes: &str| {
        let annotations = BTreeMap::new();
        let bytes = bytes.as_bytes();
        let artifact = Artifact { artifact_type, media_type: artifact_type, bytes, annotations };
        repository.attach(&pushed.descriptor, &artifact).unwrap();
    };
    attach(OPENVEX, &document());
    let ran = scan(&place, &real.host, &WITH_KEY);
    assert_eq!(findings(&report(&ran)), OPEN);
    ran.expect_stderr(&["gap: unverified-vex"]);
    attach(BUNDLE, &bundle(&envelope(&place, "ours", &shelf.manifest, &document())));
    assert_eq!(findings(&report(&scan(&place, &real.host, &WITH_KEY))), SUPPRESSED);

    // At the tag of cosign beside it: a second document, for the other finding.
    let other = openvex("https://acme.example/3", "CVE-2025-10002", "pkg:npm/other");
    let content = envelope(&place, "ours", &shelf.manifest, &other);
    let mut layer = serde_json::to_value(repository.push_blob(DSSE, content.as_bytes()).unwrap()).unwrap();
    layer["annotations"] = json!({"predicateType": PREDICATE});
    let config = repository.push_blob("application/vnd.oci.image.config.v1+json", b"{}").unwrap();
    let manifest =
        json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [layer]});
    let tag = Pointer::Tag(format!("{}.att", shelf.manifest.replace(':', "-")));
    repository.push_manifest(OCI_MANIFEST, manifest.to_string().as_bytes(), &tag).unwrap();
    let both = ["CVE-2025-10001 vex-not-affected", "CVE-2025-10002 vex-not-affected"];
    assert_eq!(findings(&report(&scan(&place, &real.host, &WITH_KEY))), both);
}
