//! The table against the official schemas, on real documents.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use super::table::{Field, Type, Value};
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

/// Calls `take` with every type of the table once.
fn each_type(kind: &'static Type, seen: &mut HashSet<*const Type>, take: &mut dyn FnMut(&'static Type)) {
    fn below(value: &'static Value, seen: &mut HashSet<*const Type>, take: &mut dyn FnMut(&'static Type)) {
        match value {
            Value::Object(kind) => each_type(kind, seen, take),
            Value::List { of, .. } => below(of, seen, take),
            Value::OneOf(choices) | Value::AnyOf(choices) => {
                choices.iter().for_each(|choice| below(choice, seen, take));
            }
            _ => {}
        }
    }
    if seen.insert(std::ptr::from_ref(kind)) {
        take(kind);
        kind.fields.iter().for_each(|field| below(&field.value, seen, take));
    }
}

/// Calls `take` with `value` and every value in it, objects left aside.
fn each_value(value: &'static Value, take: &mut dyn FnMut(&'static Value)) {
    take(value);
    match value {
        Value::List { of, .. } => each_value(of, take),
        Value::OneOf(choices) | Value::AnyOf(choices) => {
            choices.iter().for_each(|choice| each_value(choice, take));
        }
        _ => {}
    }
}

#[test]
fn every_pattern_compiles_and_every_format_is_known() {
    let (mut patterns, mut formats) = (BTreeSet::new(), BTreeSet::new());
    let mut seen = HashSet::new();
    each_type(&document::BOM, &mut seen, &mut |kind| {
        for field in kind.fields {
            each_value(&field.value, &mut |value| {
                if let Value::Text { pattern, format, .. } = value {
                    patterns.extend(*pattern);
                    formats.extend(*format);
                }
            });
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

/// What a value may be.
fn alternatives(value: &'static Value) -> Vec<&'static Value> {
    match value {
        Value::OneOf(choices) | Value::AnyOf(choices) => choices.iter().flat_map(alternatives).collect(),
        value => vec![value],
    }
}

/// The kinds of object that `rows` hold, those in lists too; `member` leads to what is held by a member of these.
fn objects(rows: &[&'static Field], member: Option<&str>) -> Vec<&'static Type> {
    let held = rows.iter().flat_map(|row| alternatives(&row.value)).flat_map(|value| match value {
        Value::List { of, .. } => alternatives(of),
        value => vec![value],
    });
    let held = held.filter_map(|value| match value {
        Value::Object(kind) => Some(*kind),
        _ => None,
    });
    match member {
        None => held.collect(),
        Some(member) => {
            let rows = held.flat_map(|kind| kind.fields).filter(|row| row.name == member);
            objects(&rows.collect::<Vec<_>>(), None)
        }
    }
}

#[test]
fn rows_of_one_member_agree_on_its_place_in_xml() {
    let (mut wrong, mut n_items) = (Vec::new(), 0);
    each_type(&document::BOM, &mut HashSet::new(), &mut |kind| {
        for row in kind.fields {
            let rows: Vec<_> = kind.fields.iter().filter(|other| other.name == row.name).collect();
            let is_alike = |other: &&Field| {
                std::mem::discriminant(&other.xml.place) == std::mem::discriminant(&row.xml.place)
                    && other.xml.name == row.xml.name
            };
            if !rows.iter().all(is_alike) {
                wrong.push(format!("{}.{} stands in two ways", kind.name, row.name));
            }
            let (Place::Items(items) | Place::Choice(items)) = row.xml.place else { continue };
            for item in items {
                n_items += 1;
                let Value::Object(of) = &item.value else { continue };
                if !objects(&rows, item.member).iter().any(|held| std::ptr::eq(*held, *of)) {
                    wrong.push(format!("{}.{} holds no {}", kind.name, row.name, of.name));
                }
                let knows = |name: &&&str| of.fields.iter().any(|field| field.name == **name);
                if !item.when.iter().all(|name| knows(&name)) {
                    wrong.push(format!("{}.{}: {} lacks a member", kind.name, row.name, of.name));
                }
            }
        }
    });
    assert!(n_items > 10);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
            let mut values = HashSet::new();
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
