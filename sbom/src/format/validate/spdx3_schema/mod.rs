//! The structure of SPDX 3.0.1: every class with its members, a file a profile (`lite` has none of its own).
//!
//! The table is ours; tests hold its verdict against the official JSON schema on every real document there is, and on
//! damaged ones.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::Tree;

mod ai;
mod build;
mod check;
mod core;
mod core_words;
mod dataset;
mod expanded_licensing;
mod extension;
mod security;
mod simple_licensing;
mod software;
mod table;

pub(super) use check::check;
use table::{Class, Of};

/// The context of documents that the table judges.
pub(super) const CONTEXT: &str = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld";

/// What the contexts of a document of this version begin with.
const CONTEXT_START: &str = "https://spdx.org/rdf/3.0.1/";

/// Every class with members, by profile.
static CLASSES: &[&[&Class]] = &[
    ai::CLASSES,
    build::CLASSES,
    core::CLASSES,
    dataset::CLASSES,
    expanded_licensing::CLASSES,
    extension::CLASSES,
    security::CLASSES,
    simple_licensing::CLASSES,
    software::CLASSES,
];

/// Every class with members, by its name.
static BY_NAME: LazyLock<HashMap<&str, &Class>> = LazyLock::new(|| {
    CLASSES.iter().flat_map(|profile| profile.iter()).map(|class| (class.name, *class)).collect()
});

/// Every class of words, by profile.
static VOCABULARIES: &[&[&str]] = &[
    ai::VOCABULARIES,
    core::VOCABULARIES,
    dataset::VOCABULARIES,
    security::VOCABULARIES,
    software::VOCABULARIES,
];

/// What the specification itself defines, and the class it is of.
static INDIVIDUALS: &[(&str, &Class)] = &[
    ("NoAssertionElement", &core::INDIVIDUAL_ELEMENT),
    ("NoneElement", &core::INDIVIDUAL_ELEMENT),
    ("SpdxOrganization", &core::ORGANIZATION),
    ("expandedlicensing_NoAssertionLicense", &expanded_licensing::INDIVIDUAL_LICENSING_INFO),
    ("expandedlicensing_NoneLicense", &expanded_licensing::INDIVIDUAL_LICENSING_INFO),
];

/// Whether a context of `tree` is of this version.
pub(super) fn is_of_version(tree: &Tree) -> bool {
    let mut is_of_version = false;
    if let Some(context) = tree.get("@context") {
        context.leaves(&mut |_, leaf| {
            is_of_version |= leaf.as_str().is_some_and(|text| text.starts_with(CONTEXT_START));
        });
    }
    is_of_version
}

/// The class of what the member `name` of an object of `class` holds, or names by its id; none where it is no object.
pub(super) fn wanted(class: &str, name: &str) -> Option<&'static str> {
    let member = BY_NAME.get(class)?.all_members().find(|member| member.name == name)?;
    match member.of {
        Of::Object(class) => Some(class.name),
        _ => None,
    }
}

/// Whether objects of `class` are objects of `wanted` too; none where one of them is not known.
pub(super) fn is_a(class: &str, wanted: &str) -> Option<bool> {
    Some(BY_NAME.get(class)?.is_a(BY_NAME.get(wanted)?))
}

/// The class of what the specification itself defines as `name`.
pub(super) fn individual(name: &str) -> Option<&'static str> {
    INDIVIDUALS.iter().find(|(known, _)| *known == name).map(|(_, class)| class.name)
}

#[cfg(test)]
mod tests;
