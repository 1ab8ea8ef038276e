//! The table against the official schemas, on real documents.

use std::path::Path;

use super::table::{Type, Value};
use super::*;
use crate::format::wire::tree::Tree;

const ALL: [Version; 6] =
    [Version::V1_2, Version::V1_3, Version::V1_4, Version::V1_5, Version::V1_6, Version::V1_7];

/// The official schema of `version`; nothing is fetched.
pub(in crate::format) fn official(data: &Path, version: Version) -> jsonschema::Validator {
    let load = |name: &str| -> serde_json::Value {
        serde_json::from_slice(&testkit::data::read(&data.join("schemas/cyclonedx").join(name))).unwrap()
    };
    let mut registry = jsonschema::Registry::new();
    for name in ["spdx.schema.json", "jsf-0.82.schema.json", "cryptography-defs.schema.json"] {
        let resource = jsonschema::Resource::from_contents(load(name));
        registry = registry.add(format!("http://cyclonedx.org/schema/{name}"), resource).unwrap();
    }
    let registry = registry.prepare().unwrap();
    let schema = load(&format!("bom-{}.schema.json", version.text()));
    jsonschema::options().with_registry(&registry).build(&schema).unwrap()
}

fn files_below(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Every CycloneDX JSON document, with its name, its text and its version.
fn documents(data: &Path) -> Vec<(String, String, Version)> {
    let mut files = Vec::new();
    files_below(&data.join("sboms"), &mut files);
    files.sort();
    let document = |path: std::path::PathBuf| {
        let text = String::from_utf8(testkit::data::read(
            &path.with_extension(path.extension().filter(|end| *end != "zst").unwrap_or_default()),
        ))
        .ok()?;
        let json: serde_json::Value = serde_json::from_str(&text).ok()?;
        let _: Tree = serde_json::from_str(&text).ok()?;
        (json.get("bomFormat")? == "CycloneDX").then_some(())?;
        Some((path.display().to_string(), text, Version::of(json.get("specVersion")?.as_str()?)?))
    };
    files.into_iter().filter_map(document).collect()
}

/// Calls `take` with every kind of value of the table, each type once.
fn each_value(
    kind: &'static Type,
    seen: &mut std::collections::HashSet<*const Type>,
    take: &mut dyn FnMut(&Value),
) {
    fn below(
        value: &'static Value,
        seen: &mut std::collections::HashSet<*const Type>,
        take: &mut dyn FnMut(&Value),
    ) {
        take(value);
        match value {
            Value::Object(kind) => each_value(kind, seen, take),
            Value::List { of, .. } => below(of, seen, take),
            Value::OneOf(choices) | Value::AnyOf(choices) => {
                choices.iter().for_each(|choice| below(choice, seen, take));
            }
            _ => {}
        }
    }
    if seen.insert(std::ptr::from_ref(kind)) {
        kind.fields.iter().for_each(|field| below(&field.value, seen, take));
    }
}

#[test]
fn every_pattern_compiles_and_every_format_is_known() {
    let (mut patterns, mut formats) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
    let mut seen = std::collections::HashSet::new();
    each_value(&document::BOM, &mut seen, &mut |value| {
        if let Value::Text { pattern, format, .. } = value {
            patterns.extend(*pattern);
            formats.extend(*format);
        }
    });
    assert!(seen.len() > 100 && patterns.len() > 3);
    for pattern in patterns {
        assert!(regex::Regex::new(pattern).is_ok(), "{pattern}");
    }
    for format in formats {
        let examples = ["2024-01-31", "2024-01-31T00:00:00Z", "https://a.test/", "a@b.test"];
        assert!(examples.iter().any(|text| syntax::is(format, text)), "{format}");
    }
}

#[test]
fn the_verdict_is_that_of_the_official_schema() {
    let Some(data) = testkit::data::require("the_verdict_is_that_of_the_official_schema") else { return };
    let schemas = ALL.map(|version| official(&data, version));
    let mut differing = Vec::new();
    let documents = documents(&data);
    assert!(documents.len() > 100, "only {} documents", documents.len());
    for (name, text, version) in documents {
        let schema = &schemas[ALL.iter().position(|one| *one == version).unwrap()];
        let official: Vec<_> = schema
            .iter_errors(&serde_json::from_str(&text).unwrap())
            .map(|error| format!("{error:.200} at {}", error.instance_path()))
            .collect();
        let ours = check(&serde_json::from_str(&text).unwrap(), version);
        if official.is_empty() != ours.is_empty() {
            let ours: Vec<_> = ours.iter().map(|one| format!("{} {}", one.place(), one.reason)).collect();
            differing.push(format!("{name}: official {:?}, ours {:?}", official.first(), ours.first()));
        }
    }
    assert!(differing.is_empty(), "{}\n{}", differing.len(), differing.join("\n"));
}

#[test]
fn what_is_fitted_is_valid_and_every_loss_is_listed() {
    let Some(data) = testkit::data::require("what_is_fitted_is_valid_and_every_loss_is_listed") else {
        return;
    };
    let schemas = ALL.map(|version| official(&data, version));
    let mut wrong = Vec::new();
    for (name, text, version) in documents(&data) {
        let before: Tree = serde_json::from_str(&text).unwrap();
        if !schemas[ALL.iter().position(|one| *one == version).unwrap()]
            .is_valid(&serde_json::from_str(&text).unwrap())
        {
            continue;
        }
        for target in &ALL[2..] {
            let (after, losses) = fit(before.clone(), *target, false);
            let json = serde_json::to_value(&after).unwrap();
            if let Some(error) =
                schemas[ALL.iter().position(|one| one == target).unwrap()].iter_errors(&json).next()
            {
                wrong.push(format!("{name} {target:?}: {error:.200} at {}", error.instance_path()));
            }
            let mut values = std::collections::HashSet::new();
            after.leaves(&mut |_, leaf| values.extend([leaf.to_string()]));
            before.leaves(&mut |path, leaf| {
                let listed = losses.iter().any(|loss| loss.path == path);
                if !matches!(path, "$schema" | "specVersion")
                    && !listed
                    && !values.contains(&leaf.to_string())
                {
                    wrong.push(format!("{name} {target:?}: {path} is lost and not listed"));
                }
            });
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}
