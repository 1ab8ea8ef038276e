//! The reference page of `validate` is what the rules say.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use super::minimum::{self, Score};
use super::{Family, Rule, Tree, cyclonedx, schema_file, spdx2, spdx3};

/// The rules that are applied to a row's family, in order.
fn rules() -> [(&'static str, Vec<&'static Rule>); 3] {
    [
        ("cyclonedx", cyclonedx::RULES.iter().map(|row| &row.rule).collect()),
        ("spdx2", spdx2::RULES.iter().map(|row| &row.rule).collect()),
        ("spdx3", spdx3::RULES.iter().map(|row| &row.rule).collect()),
    ]
}

#[test]
fn every_rule_has_a_name_of_its_own_and_a_sentence() {
    let mut ids = BTreeSet::new();
    for (family, rules) in rules() {
        for rule in rules {
            assert!(ids.insert(rule.id), "{} is there twice", rule.id);
            assert!(rule.id.starts_with(&format!("{family}-")), "{}", rule.id);
            assert!(rule.demands.ends_with('.') && !rule.demands.contains('|'), "{}", rule.demands);
            assert!(!rule.section.is_empty() && !rule.section.contains('|'), "{}", rule.section);
        }
    }
}

#[test]
fn the_reference_lists_every_rule_and_element() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/validate.md");
    let page = include_str!("page.md");
    assert!(page.contains("{schemas}\n"));
    let mut page = page.replace("{schemas}\n", &schemas());
    for (family, rules) in rules() {
        let place = format!("{{{family}}}\n");
        assert!(page.contains(&place), "the page has no place for {place}");
        page = page.replace(&place, &table_of_rules(&rules));
    }
    let families = [Family::CycloneDx, Family::Spdx2, Family::Spdx3];
    let scores = families.map(|family| minimum::scores(&Tree::Object(Vec::new()), family));
    for set in 0..scores[0].len() {
        let [cyclonedx, spdx2, spdx3] = scores.each_ref().map(|scores| &scores[set]);
        let name = serde_json::to_value(cyclonedx.set).unwrap();
        let place = format!("{{{}}}\n", name.as_str().unwrap());
        assert!(page.contains(&place), "the page has no place for {place}");
        page = page.replace(&place, &table_of_elements([cyclonedx, spdx2, spdx3]));
    }
    if testkit::bless() {
        fs::write(path, &page).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap(), page, "{path} (left) is not what the rules say");
}

fn schemas() -> String {
    let schemas =
        [&cyclonedx::SCHEMA, &cyclonedx::XML_SCHEMA, &spdx2::SCHEMA, &spdx3::SCHEMA, &schema_file::RULE];
    schemas.map(|rule| format!("- {}\n", rule.section)).concat() + "\n"
}

fn table_of_rules(rules: &[&Rule]) -> String {
    let mut table = "| rule | demands | section |\n|---|---|---|\n".to_owned();
    for Rule { id, section, demands } in rules {
        // Sections of CycloneDX are members.
        let section =
            if id.starts_with("cyclonedx-") { format!("`{section}`") } else { (*section).to_owned() };
        writeln!(table, "| `{id}` | {demands} | {section} |").unwrap();
    }
    table + "\n"
}

fn table_of_elements(scores: [&Score; 3]) -> String {
    let mut table =
        "| data field | counts in CycloneDX | in SPDX 2 | in SPDX 3 |\n|---|---|---|---|\n".to_owned();
    let [cyclonedx, spdx2, spdx3] = scores.map(|score| &score.elements);
    for ((one, two), three) in cyclonedx.iter().zip(spdx2).zip(spdx3) {
        assert_eq!([one.name, two.name], [three.name; 2]);
        writeln!(table, "| {} | {} | {} | {} |", one.name, one.counted, two.counted, three.counted).unwrap();
    }
    table + "\n"
}
