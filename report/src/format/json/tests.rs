use std::fs;
use std::path::Path;

use model::advisory::FixState;
use model::finding::{
    Answered, Label, MatchType, NotAffectedReason, Suppression, UndeterminedReason, Verdict, VexGrounds,
};
use model::image::Origin;
use model::severity::Severity;
use serde_json::{Value, json};

use crate::testing::{cases, judgement, many, parsed, rendered, vex};

fn schema() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/report-v1.schema.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The published schema lets later versions add properties. Here every property must be in it.
fn closed(mut schema: Value) -> Value {
    match &mut schema {
        Value::Object(object) => {
            if object.contains_key("properties") {
                object.insert("additionalProperties".into(), json!(false));
            }
            object.values_mut().for_each(|value| *value = closed(value.take()));
        }
        Value::Array(array) => array.iter_mut().for_each(|value| *value = closed(value.take())),
        _ => {}
    }
    schema
}

#[track_caller]
fn assert_valid(schema: &Value, document: &Value) {
    let validator = jsonschema::draft202012::new(schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(document)
        .take(5)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn the_schema_is_one_and_every_property_is_described() {
    let schema = schema();
    jsonschema::meta::validate(&schema).unwrap();
    fn walk(value: &Value, path: &str) {
        let Value::Object(object) = value else { return };
        if let Some(Value::Object(properties)) = object.get("properties") {
            for (name, property) in properties {
                let described = property.get("description").is_some() || property.get("$ref").is_some();
                assert!(described, "{path}/{name} has no description");
            }
            let required: Vec<&str> =
                object["required"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
            let mut all: Vec<&str> = properties.keys().map(String::as_str).collect();
            let mut sorted = required.clone();
            sorted.sort_unstable();
            all.sort_unstable();
            assert_eq!(sorted, all, "{path}: everything is always there, absent values are null");
        }
        for (name, value) in object {
            walk(value, &format!("{path}/{name}"));
        }
    }
    walk(&schema, "");
}

#[test]
fn every_report_is_valid() {
    let (open, closed) = (schema(), closed(schema()));
    for case in cases() {
        let document = parsed("json", &case.report, case.fail_on);
        assert_valid(&open, &document);
        assert_valid(&closed, &document);
    }
    assert_valid(&closed, &parsed("json", &many(50), Some("medium")));
}

#[test]
fn the_schema_refuses_what_is_no_report() {
    let validator = jsonschema::draft202012::new(&schema()).unwrap();
    let good = parsed("json", &cases().pop().unwrap().report, None);
    for (pointer, wrong) in [
        ("/schema", json!("plimsoll-report/2")),
        ("/findings/0/verdict", json!("maybe")),
        ("/findings/0/risk", json!(101)),
        ("/findings/0/severity/level", json!("HIGH")),
        ("/findings/0/fix/state", json!("soon")),
        ("/findings/0/fingerprint", json!("zz")),
        ("/coverage/packages", json!(-1)),
        ("/as_of", json!("yesterday")),
    ] {
        let mut document = good.clone();
        *document.pointer_mut(pointer).unwrap() = wrong;
        assert!(!validator.is_valid(&document), "{pointer}");
    }
}

#[test]
fn the_schema_has_every_word_that_a_report_can_say() {
    let schema = schema();
    let words = |pointer: &str| -> Vec<String> {
        let all = schema.pointer(pointer).unwrap().as_array().unwrap();
        all.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let finding = "/$defs/finding/properties";
    assert_eq!(words(&format!("{finding}/fix/properties/state/enum")), FixState::ALL.map(FixState::as_str));
    assert_eq!(
        words(&format!("{finding}/severity/properties/level/enum")),
        Severity::ALL.map(Severity::as_str)
    );
    let stated = "severity/properties/stated/items/properties/level/enum";
    assert_eq!(words(&format!("{finding}/{stated}")), Severity::ALL.map(Severity::as_str));
    assert_eq!(words(&format!("{finding}/labels/items/enum")), Label::ALL.map(Label::as_str));
    let reasons = NotAffectedReason::ALL.map(NotAffectedReason::as_str).into_iter();
    let reasons: Vec<&str> = reasons.chain(UndeterminedReason::ALL.map(UndeterminedReason::as_str)).collect();
    assert_eq!(words(&format!("{finding}/verdict_reason/enum")), reasons);
    let items = "/properties/evidence/items/properties/match/enum";
    assert_eq!(words(&format!("/$defs/finding{items}")), MatchType::ALL.map(MatchType::as_str));
    assert_eq!(words(&format!("{finding}/origin/enum")), Origin::ALL.map(Origin::as_str));
}

#[test]
fn it_is_said_which_vex_was_heard_and_on_what_grounds_it_suppresses() {
    let mut report = many(1);
    report.vex = vex();
    let because = NotAffectedReason::VexNotAffected;
    report.findings[0].verdict = Verdict::NotAffected { because };
    let grounds = VexGrounds {
        justification: Some("component_not_present".into()),
        detail: None,
        author: Some("Acme".into()),
        timestamp: Some(report.as_of),
    };
    let suppression = Suppression {
        reason: because.as_str().into(),
        source: "https://acme.example/vex-1".into(),
        statement: Some(Box::new(grounds)),
    };
    report.findings[0].suppressed = Some(suppression.into());
    let document = parsed("json", &report, None);
    assert_valid(&closed(schema()), &document);
    assert_eq!(document["vex"]["documents"][0]["digest"], format!("sha256:{}", "ec".repeat(32)));
    assert_eq!(document["vex"]["unapplied"][0]["reason"], "unknown-status");
    assert_eq!(
        document["findings"][0]["suppressed"],
        json!({"reason": "vex-not-affected", "source": "https://acme.example/vex-1",
            "justification": "component_not_present", "detail": null, "author": "Acme",
            "timestamp": "2023-06-02T00:00:00Z"})
    );
}

#[test]
fn packages_that_are_answered_alone_are_named() {
    let mut report = many(1);
    let because = Suppression {
        reason: NotAffectedReason::VexNotAffected.as_str().into(),
        source: "https://acme.example/vex-1".into(),
        statement: None,
    };
    let package = report.findings[0].packages[0];
    report.findings[0].decoration.answered = vec![Answered { package, because }];
    let document = parsed("json", &report, None);
    assert_valid(&closed(schema()), &document);
    let package = report.inventory.package(package);
    assert_eq!(
        document["findings"][0]["answered"],
        json!([{"purl": package.purl, "name": package.name, "reason": "vex-not-affected",
            "source": "https://acme.example/vex-1", "justification": null, "detail": null, "author": null,
            "timestamp": null}])
    );
}

#[test]
fn a_violation_points_to_its_finding() {
    let case = cases().into_iter().find(|case| case.name == "two-ecosystems").unwrap();
    let document = parsed("json", &case.report, case.fail_on);
    let violations = document["judgement"]["violations"].as_array().unwrap();
    assert_eq!(violations.len(), 1);
    assert_eq!(violations[0]["fingerprint"], document["findings"][0]["fingerprint"]);
    assert_eq!(violations[0]["id"], "CVE-2023-0002");
}

#[test]
fn every_finding_is_written_however_many() {
    let report = many(1_000);
    let text = rendered("json", &report, &judgement(&report, None), &crate::testing::OPTIONS);
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["findings"].as_array().unwrap().len(), 1_000);
}
