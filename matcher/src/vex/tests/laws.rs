//! What holds for every document: its order never matters, damage never panics, giants are bounded.

use model::package::Dependencies;
use serde_json::{Value, json};
use testkit::mutate::{Random, mutations, some_prefixes};

use super::rules::DIGEST;
use super::*;
use crate::vex::effort::{ALLOWANCE, Effort};
use crate::vex::heard::{Heard, Source};
use crate::vex::judge::Judge;
use crate::vex::reach::counted;
use crate::vex::{OUTCOMES_MAX, REMARKS_MAX, VexError};

fn shuffled<T>(list: &mut [T], random: &mut Random) {
    for last in (1..list.len()).rev() {
        list.swap(last, random.below(last + 1));
    }
}

/// Statements of every status, about packages and images, at few times, so that many meet and contradict each other.
fn statements(random: &mut Random, n: usize) -> Vec<Value> {
    let products = [
        json!("pkg:apk/alpine/a"),
        json!("pkg:apk/alpine/a@1"),
        json!("pkg:apk/alpine/b@2"),
        json!({"@id": "pkg:oci/app"}),
        json!({"@id": "pkg:oci/app?tag=1", "subcomponents": ["pkg:apk/alpine/b"]}),
        json!("pkg:npm/c"),
        json!("nothing at all"),
    ];
    let statuses = ["not_affected", "fixed", "affected", "under_investigation", "gone"];
    let one = |random: &mut Random| {
        let mut statement = json!({
            "vulnerability": {"name": format!("CVE-{}", random.below(4))},
            "products": [(products[random.below(7)].clone()), (products[random.below(7)].clone())],
            "status": (statuses[[0, 0, 0, 1, 2, 3, 4][random.below(7)]]),
            "justification": (["component_not_present", "inline_mitigations_already_exist"][random.below(2)]),
        });
        if random.below(3) > 0 {
            statement["timestamp"] = json!(format!("2025-01-0{}T00:00:00Z", 1 + random.below(3)));
        }
        statement
    };
    (0..n).map(|_| one(random)).collect()
}

#[test]
fn the_order_of_documents_and_statements_never_matters() {
    let inventory = inventory(
        "app:1",
        "alpine 3.18",
        "apk a 1 purl=pkg:apk/alpine/a@1\napk b 2 purl=pkg:apk/alpine/b@2\nnpm c 3 purl=pkg:npm/c@3",
    );
    let lines = "CVE-0 0\nCVE-0 1\nCVE-1 0\nCVE-1,CVE-2 1\nCVE-2 2\nCVE-3 0";
    let levels = [Trust::User, Trust::User, Trust::Hub, Trust::Unverified];
    let mut random = Random::new(7);
    let mut n_suppressed = 0;
    for round in 0..150 {
        let mut documents: Vec<(Value, Trust)> = Vec::new();
        for nth in 0..1 + random.below(4) {
            let n = 1 + random.below(5);
            let id = format!("D-{}", random.below(3));
            let mut document = openvex(&id, json!(statements(&mut random, n)));
            document["version"] = json!(1 + random.below(2));
            document["author"] = json!(format!("author {nth}"));
            documents.push((document, levels[random.below(levels.len())]));
        }
        let outcome = |documents: &[(Value, Trust)]| {
            let given: Vec<Given> =
                documents.iter().map(|(document, trust)| given_as(document, *trust)).collect();
            let mut found = findings(lines);
            let used = apply(&mut found, &given, &inventory, None);
            let mut reasons: Vec<(String, &str)> =
                used.unapplied.iter().map(|one| (one.vulnerability.clone(), one.reason.as_str())).collect();
            reasons.sort();
            (found, reasons, used)
        };
        let (found, reasons, used) = outcome(&documents);
        n_suppressed += found.iter().filter(|finding| finding.suppressed.is_some()).count();
        for _ in 0..4 {
            shuffled(&mut documents, &mut random);
            let (again, _, used_again) = outcome(&documents);
            assert_eq!((&again, &used_again), (&found, &used), "round {round}: documents in another order");
        }
        for (document, _) in &mut documents {
            let Some(Value::Array(list)) = document.get_mut("statements") else { panic!("no statements") };
            shuffled(list, &mut random);
        }
        let (again, reasons_again, _) = outcome(&documents);
        assert_eq!((again, reasons_again), (found, reasons), "round {round}: statements in another order");
    }
    assert!(n_suppressed > 100, "{n_suppressed}");
}

/// Packages that need each other, merged from two images or from one, and statements about all of them.
#[test]
fn what_is_not_compared_would_change_nothing() {
    let mut one = inventory(
        "app:1",
        "alpine 3.18",
        "apk a 1 purl=pkg:apk/alpine/a@1 source=s@1\napk b 2 purl=pkg:apk/alpine/b@2 source=s@1
         npm c 3 purl=pkg:npm/c@3\nnpm d 1 purl=pkg:npm/d@1\nnpm c 4 purl=pkg:npm/c@4\nnpm e 1 purl=pkg:npm/e@1",
    );
    one.packages[5].depends_on = vec![PackageIndex(2), PackageIndex(3)].into();
    one.packages[5].is_needed_by_subject = true;
    one.packages[3].depends_on = vec![PackageIndex(4)].into();
    for leaf in [2, 4] {
        one.packages[leaf].depends_on = Dependencies::NONE;
    }
    one.packages[4].cpes = vec!["cpe:2.3:a:c:c:4:*:*:*:*:*:*:*".to_owned()].into();
    one.packages[4].digests = vec![format!("sha256:{}", "ab".repeat(32))].into();
    let lines =
        "CVE-0 0\nCVE-0 1\nCVE-1 0\nCVE-1,CVE-2 1\nCVE-2 2 4\nCVE-3 0\nCVE-1 3\nCVE-0 4\nCVE-0 2\nCVE-3 3 2";
    let products = [
        json!("pkg:apk/alpine/s?arch=source"),
        json!("pkg:apk/alpine/s@1?arch=source"),
        json!("pkg:npm/e"),
        json!("pkg:npm/e@1"),
        json!("pkg:npm/d"),
        json!("pkg:npm/c@3"),
        json!({"@id": "pkg:npm/e", "subcomponents": ["pkg:npm/c", "pkg:npm/x"]}),
        json!({"@id": "pkg:npm/x", "subcomponents": ["pkg:npm/c@4"]}),
        json!({"@id": "app:2"}),
        json!({"@id": "app:1", "subcomponents": ["cpe:/a:c:c", "pkg:apk/alpine/s?arch=source"]}),
        json!({"@id": DIGEST, "identifiers": {"purl": "pkg:npm/d"}}),
        json!("cpe:/o:alpinelinux:alpine_linux:3.18"),
        json!("pkg:npm/nothing"),
        json!("cpe:/a:x:c"),
        json!({"hashes": {"sha-256": "ab"}}),
    ];
    let mut random = Random::new(11);
    let (mut n_held, mut n_everywhere, mut n_suppressed) = (0, 0, 0);
    for _ in 0..400 {
        let n = 1 + random.below(4);
        let mut list = statements(&mut random, n);
        for statement in &mut list {
            let n_products = 1 + random.below(2);
            statement["products"] =
                (0..n_products).map(|_| products[random.below(products.len())].clone()).collect();
        }
        let given = [given(&openvex("V", json!(list)))];
        let outcome = || {
            let mut found = findings(lines);
            let used = apply(&mut found, &given, &one, None);
            (found, used)
        };
        let (some, n) = counted::comparisons(outcome);
        let (all, n_all) = counted::comparisons(|| counted::everything(outcome));
        assert_eq!(some, all, "{list:#?}");
        n_held += n;
        n_everywhere += n_all;
        n_suppressed += some.0.iter().filter(|finding| finding.suppressed.is_some()).count();
    }
    assert!(n_suppressed > 200 && n_held < n_everywhere, "{n_suppressed} {n_held} {n_everywhere}");
}

/// A repository against a large SBOM: time is that of what fits, not of all statements times all packages.
#[test]
fn statements_are_held_against_what_they_name_alone() {
    let packages: String = (0..2_000).map(|nth| format!("npm p{nth} 1 purl=pkg:npm/p{nth}@1\n")).collect();
    let mut inventory = inventory("app:1", "alpine 3.18", &packages);
    inventory.subject.manifest_digest = Some(DIGEST.to_owned());
    let lines: String = (0..2_000).map(|nth| format!("CVE-1 {nth}\n")).collect();
    let of_package = |nth: usize| not_affected("CVE-1", json!(format!("pkg:npm/p{nth}")));
    let of_image = |nth: usize| not_affected("CVE-1", json!(format!("pkg:oci/app@sha256:{nth:064x}")));
    let of_part = |nth: usize| {
        let part = format!("pkg:npm/p{nth}");
        not_affected("CVE-1", json!({"@id": DIGEST, "subcomponents": [part]}))
    };
    let kinds: [&dyn Fn(usize) -> Value; 3] = [&of_package, &of_image, &of_part];
    for (kind, expected) in kinds.iter().zip([2_000, 0, 2_000]) {
        let document = given(&openvex("V", json!((0..4_000).map(kind).collect::<Vec<_>>())));
        let mut found = findings(&lines);
        let (used, n) = counted::comparisons(|| apply(&mut found, [&document], &inventory, None));
        assert!(n <= 2 * 4_000, "{n}");
        assert_eq!(used.documents[0].n_suppressed, expected);
        assert_eq!(used.unapplied.len() + used.n_left_out, 4_000 - expected);
    }
}

/// Of statements that claim nothing only so many are kept as are reported, and all are counted.
#[test]
fn nothing_is_held_of_statements_about_other_things() {
    let inventory = inventory("app:1", "alpine 3.18", "npm a 1 purl=pkg:npm/a@1");
    let other = |nth: usize| not_affected(&format!("CVE-{}", nth % 3), json!(format!("pkg:npm/p{nth}")));
    let mut list: Vec<Value> = (0..5_000).map(other).collect();
    list.push(not_affected("CVE-1", json!("pkg:npm/a")));
    let document = given(&openvex("V", json!(list)));
    let documents = [&document];
    let mut heard = Heard::new(&documents);
    let found = findings("CVE-1 0");
    let mut judge = Judge::new(&found, &inventory, None);
    judge.open();
    let mut effort = Effort::new(ALLOWANCE);
    for statement in 0..list.len() {
        judge.hear(&document, Source { document: 0, statement }, Ok(()), &mut effort, &mut heard);
        assert!(heard.n_held() <= OUTCOMES_MAX + 1, "{}", heard.n_held());
    }
    assert_eq!(heard.claims.len(), 1);
    let (unapplied, n_left_out) = heard.outcomes();
    assert_eq!((unapplied.len(), n_left_out), (OUTCOMES_MAX, 5_000 - OUTCOMES_MAX));
}

/// Every kind of document, each with most of what it may say.
fn examples() -> Vec<Value> {
    vec![
        openvex(
            "V",
            json!([
                not_affected("CVE-1", json!({"@id": "pkg:oci/app@sha256%3Aab?repository_url=a.b/c&tag=1",
                    "hashes": {"sha-256": "ab"}, "identifiers": {"purl": "pkg:npm/a@1", "cpe23": "cpe:2.3:a:b:c:1:*:*:*:*:*:*:*"},
                    "subcomponents": [{"@id": "pkg:apk/alpine/a?distro=alpine-3.18&upstream=b"}]})),
                {"vulnerability": "CVE-2", "products": ["nginx:1@sha256:00"], "status": "fixed", "timestamp": "2025-01-01T00:00:00Z"}
            ]),
        ),
        json!({"document": {"csaf_version": "2.0", "publisher": {"name": "A", "namespace": "https://a.example"},
                "tracking": {"id": "A-1", "version": "1.2.3", "status": "final", "current_release_date": "2025-01-01T00:00:00Z"}},
            "product_tree": {
                "branches": [{"category": "product_version_range", "name": "vers:npm/1|2",
                    "product": {"product_id": "P", "product_identification_helper": {"purl": "pkg:npm/a", "cpe": "cpe:/a:b:c"}}}],
                "full_product_names": [{"product_id": "W", "product_identification_helper": {"purls": ["pkg:oci/app"],
                    "hashes": [{"file_hashes": [{"algorithm": "sha256", "value": "ab"}]}]}}],
                "relationships": [{"product_reference": "P", "relates_to_product_reference": "W",
                    "full_product_name": {"product_id": "P:W"}}],
                "product_groups": [{"group_id": "G", "product_ids": ["P", "P:W"]}]},
            "vulnerabilities": [{"cve": "CVE-1", "ids": [{"text": "GHSA-1"}],
                "product_status": {"known_not_affected": ["P:W", "P"], "fixed": ["W"], "other": ["P"]},
                "flags": [{"label": "component_not_present", "group_ids": ["G"]}],
                "threats": [{"category": "impact", "details": "x", "product_ids": ["P"]}]}]}),
        json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 2, "serialNumber": "urn:uuid:1",
            "metadata": {"timestamp": "2025-01-01T00:00:00Z", "authors": [{"name": "A"}],
                "component": {"type": "container", "bom-ref": "r", "name": "app", "version": "sha256:ab", "purl": "pkg:oci/app"}},
            "components": [{"bom-ref": "a", "name": "a", "purl": "pkg:npm/a@1", "cpe": "cpe:/a:b:c", "hashes": [{"alg": "SHA-256", "content": "ab"}]}],
            "vulnerabilities": [{"id": "CVE-1", "references": [{"id": "GHSA-1"}], "updated": "2025-01-01T00:00:00Z",
                "analysis": {"state": "not_affected", "justification": "code_not_present", "detail": "x", "firstIssued": "2025-01-01T00:00:00Z"},
                "affects": [{"ref": "a", "versions": [{"version": "1", "status": "unaffected"}, {"range": "vers:npm/1", "status": "affected"}]},
                    {"ref": "urn:cdx:2/1#pkg:npm/a@1"}, {"ref": "r"}]}]}),
    ]
}

#[test]
fn damage_never_panics() {
    let inventory = inventory(
        "app:1",
        "alpine 3.18",
        "apk a 1 purl=pkg:apk/alpine/a@1 source=b@1\nnpm a 1 purl=pkg:npm/a@1\nnpm b 2 purl=no-purl",
    );
    let (mut n_read, mut n_suppressed) = (0, 0);
    let mut hear = |text: &[u8]| {
        let Ok(document) = read(text, &Limits::default()) else { return };
        n_read += 1;
        assert!(document.remarks.len() <= REMARKS_MAX);
        let mut found = findings("CVE-1,GHSA-1 0\nCVE-1 1\nCVE-2 0 1 2");
        let given = Given::new(document, "sha256:0".to_owned(), Trust::User);
        apply(&mut found, &[given], &inventory, Some("2/1"));
        n_suppressed += found.iter().filter(|finding| finding.suppressed.is_some()).count();
    };
    for example in examples() {
        let text = example.to_string();
        read(text.as_bytes(), &Limits::default()).unwrap();
        hear(text.as_bytes());
        some_prefixes(text.as_bytes(), 300).for_each(&mut hear);
        mutations(text.as_bytes(), 2_000).for_each(|damaged| hear(&damaged));
    }
    assert!(n_read > 500 && n_suppressed > 100, "{n_read} {n_suppressed}");
}

#[test]
fn strange_texts_are_only_texts() {
    let inventory = inventory("app:1", "alpine 3.18", "apk a 1 purl=pkg:apk/alpine/a@1");
    let long = "1".repeat(1 << 20);
    for name in [
        format!("pkg:apk/alpine/a@{long}"),
        format!("pkg:apk/alpine/a?distro={long}"),
        format!("pkg:oci/{long}@sha256:{long}?repository_url={long}&tag={long}"),
        format!("cpe:2.3:a:{long}:b:*:*:*:*:*:*:*:*"),
        format!("{long}@{long}"),
        "/".repeat(1 << 20),
        ":".repeat(1 << 20),
        "\u{202e}\u{0}\u{7f}".to_owned(),
    ] {
        let document = openvex(
            &name,
            json!([not_affected("CVE-1", json!({"@id": name.clone(), "subcomponents": [name.clone()]}))]),
        );
        let mut found = findings("CVE-1 0");
        let used = apply(&mut found, &[given(&document)], &inventory, None);
        assert!(found[0].suppressed.is_none());
        assert!(used.documents[0].id.as_ref().unwrap().len() < 600);
        assert!(used.documents[0].remarks.iter().all(|remark| remark.len() < 400));
    }
}

#[test]
fn giants_are_heard_and_their_outcomes_bounded() {
    let inventory = inventory("app:1", "alpine 3.18", "apk a 1 purl=pkg:apk/alpine/a@1");
    let mut list: Vec<Value> =
        (0..5_000).map(|nth| not_affected(&format!("CVE-{nth}"), json!(format!("pkg:npm/p{nth}")))).collect();
    let products: Vec<String> = (0..20_000).map(|nth| format!("pkg:apk/alpine/a@{nth}")).collect();
    list.push(json!({"vulnerability": "CVE-7", "products": products, "status": "fixed"}));
    let mut found = findings("CVE-7 0");
    let used = apply(&mut found, &[given(&openvex("V", json!(list)))], &inventory, None);
    assert_eq!(found[0].suppressed.as_ref().unwrap().reason, "vex-fixed");
    assert_eq!((used.unapplied.len(), used.n_left_out), (OUTCOMES_MAX, 5_000 - OUTCOMES_MAX));
    // What came closest is kept.
    assert_eq!(used.unapplied[0].reason.as_str(), "other-product");
}

/// Limits: what a group stands for counts wherever the group is named.
#[test]
fn a_group_that_is_named_again_and_again_uses_up_what_a_document_may_name() {
    let group: Vec<String> = (0..1_000).map(|nth| format!("P{nth}")).collect();
    let flags = |n| vec![json!({"label": "component_not_present", "group_ids": ["G"]}); n];
    let document = |n| {
        json!({"document": {"csaf_version": "2.0"},
            "product_tree": {"product_groups": [{"group_id": "G", "product_ids": group}]},
            "vulnerabilities": [{"cve": "CVE-1", "flags": flags(n),
                "threats": [{"category": "impact", "details": "x", "group_ids": ["G"]}]}]})
    };
    let limits = Limits { vex_products_max: 10_000, ..Limits::default() };
    read(document(8).to_string().as_bytes(), &limits).unwrap();
    let error = read(document(9).to_string().as_bytes(), &limits).unwrap_err();
    assert!(error.to_string().contains("10000 products"), "{error}");
}

/// Limits: how much there is is looked at before any of it is kept, so that what is wrong with it otherwise is not found.
#[test]
fn lists_are_counted_before_they_are_read() {
    let limits = Limits { vex_values_max: 1_000, ..Limits::default() };
    let refused = |document: &Value, n: usize| {
        let error = read(document.to_string().as_bytes(), &limits).unwrap_err();
        match error {
            VexError::TooMuch { values_max } => assert_eq!((values_max, n > 1_000), (1_000, true)),
            VexError::Malformed { .. } => assert!(n <= 1_000, "{n}"),
            error => panic!("{error}"),
        }
    };
    for n in [900, 1_100] {
        // The last entry cannot be read as what it should be.
        let entries = |one: Value| Value::Array([vec![one; n - 20], vec![json!(0)]].concat());
        refused(&openvex("V", json!([{"vulnerability": "CVE-1", "products": entries(json!(""))}])), n);
        refused(&openvex("V", json!([{"vulnerability": {"aliases": entries(json!(""))}}])), n);
        refused(&openvex("V", json!([{"products": [{"subcomponents": entries(json!({}))}]}])), n);
        let hashes: serde_json::Map<String, Value> =
            (0..n).map(|nth| (nth.to_string(), json!(if nth == 0 { json!(0) } else { json!("") }))).collect();
        refused(&openvex("V", json!([{"products": [{"hashes": hashes}]}])), n);
        let csaf = |tree: Value, vulnerability: Value| json!({"document": {"csaf_version": "2.0"}, "product_tree": tree, "vulnerabilities": [vulnerability]});
        refused(&csaf(json!({"branches": entries(json!({}))}), json!({})), n);
        refused(&csaf(json!({"relationships": entries(json!({}))}), json!({})), n);
        refused(&csaf(json!({}), json!({"product_status": {"fixed": entries(json!(""))}})), n);
        refused(&csaf(json!({}), json!({"flags": [{"product_ids": entries(json!(""))}]})), n);
        let cyclonedx = |name: &str, list: Value| json!({"bomFormat": "CycloneDX", (name): list});
        refused(&cyclonedx("components", entries(json!({}))), n);
        refused(&cyclonedx("vulnerabilities", json!([{"affects": entries(json!({}))}])), n);
        refused(&cyclonedx("metadata", json!({"authors": entries(json!({}))})), n);
    }
    // What is not read is not counted: remedies of CSAF name every product again.
    let mut document = openvex("V", json!([]));
    document["notes"] = json!(vec![""; 5_000]);
    read(document.to_string().as_bytes(), &limits).unwrap();
}

#[test]
fn nesting_has_an_end() {
    let nested = |depth: usize| {
        let parts = r#"{"subcomponents":["#.repeat(depth);
        let text = format!(
            r#"{{"@context":"https://openvex.dev/ns/v0.2.0","statements":[{{"products":[{parts}{}]}}]}}"#,
            "]}".repeat(depth)
        );
        read(text.as_bytes(), &Limits::default()).map(drop)
    };
    nested(50).unwrap();
    assert!(matches!(nested(10_000), Err(VexError::Malformed { .. })));
}
