//! The structure of SPDX 2 documents in JSON, as [`schema`](crate::format::spdx2::schema) says it.

use std::fmt::Write as _;

use super::{Tree, kind_of, unknown_members};
use crate::format::spdx2::rdf::BEYOND;
use crate::format::spdx2::schema::{DOCUMENT, Member, Of, Version};

/// Calls `take` with the path and the reason of everything that is not as the schema of `version` says.
pub(in crate::format) fn check(tree: &Tree, version: Version, take: &mut dyn FnMut(&str, String)) {
    below(tree, Of::Record(DOCUMENT), version, &mut String::new(), take);
}

/// The paths of the values that are of another kind than the schema of `version` says, or of no known word. What an
/// object lacks is not among them.
pub(in crate::format) fn misfits(tree: &Tree, version: Version) -> Vec<String> {
    let mut paths = Vec::new();
    check(tree, version, &mut |path, reason| {
        if reason.starts_with(IS) {
            paths.push(path.to_owned());
        }
    });
    paths
}

/// How a reason begins that is about a value itself, not about what an object has or lacks.
const IS: &str = "is ";

// Not deeper than the table.
fn below(tree: &Tree, of: Of, version: Version, path: &mut String, take: &mut dyn FnMut(&str, String)) {
    for reason in wrong(tree, of, version) {
        take(path, reason);
    }
    let length = path.len();
    if let Of::Record(members) = of {
        for (name, value) in tree.members() {
            if let Some(member) = members.iter().find(|member| member.name == name) {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
                below(value, member.of, version, path, take);
                path.truncate(length);
            }
        }
    }
    let element = match of {
        Of::Records(members) => Of::Record(members),
        Of::Texts => Of::Text,
        Of::Words(words) => Of::Word(words, &[]),
        Of::Objects => Of::Object,
        _ => return,
    };
    for (index, value) in tree.elements().iter().enumerate() {
        // Writing to a string does not fail.
        let _ = write!(path, "[{index}]");
        below(value, element, version, path, take);
        path.truncate(length);
    }
}

/// What is wrong with `tree` itself, what is inside it aside.
fn wrong(tree: &Tree, of: Of, version: Version) -> Vec<String> {
    let is_kind = |fits: bool, kind: &str| {
        if fits { Vec::new() } else { vec![format!("{IS}{}, not {kind}", kind_of(tree))] }
    };
    match of {
        Of::Text => is_kind(tree.as_str().is_some(), "a text"),
        Of::Flag => is_kind(matches!(tree, Tree::Bool(_)), "true or false"),
        Of::Integer => {
            let fits = matches!(tree, Tree::Number(number)
                if !number.is_f64() || number.as_f64().is_some_and(|number| number.fract() == 0.0));
            is_kind(fits, "an integer")
        }
        Of::Word(words, new) => match tree.as_str() {
            None => is_kind(false, "a text"),
            Some(word) if words.contains(&word) => Vec::new(),
            Some(word) if version == Version::V2_3 && new.contains(&word) => Vec::new(),
            Some(word) => vec![format!("{IS}{}, which is none of the known words", super::shown(word))],
        },
        Of::Texts | Of::Words(_) | Of::Records(_) | Of::Objects => {
            is_kind(matches!(tree, Tree::List(_)), "a list")
        }
        Of::Object => is_kind(matches!(tree, Tree::Object(_)), "an object"),
        Of::Record(members) => {
            if !matches!(tree, Tree::Object(_)) {
                return is_kind(false, "an object");
            }
            wrong_members(tree, members, version)
        }
    }
}

fn wrong_members(tree: &Tree, members: &[Member], version: Version) -> Vec<String> {
    let mut reasons = Vec::new();
    for member in members {
        match tree.get(member.name) {
            None if member.required.has(version) => reasons.push(format!("lacks `{}`", member.name)),
            Some(Tree::List(elements)) if elements.is_empty() && member.filled.has(version) => {
                reasons.push(format!("has nothing in `{}`", member.name));
            }
            _ => {}
        }
    }
    // In RDF anything may be said of anything.
    let is_known = |name: &str| {
        name == BEYOND || members.iter().any(|member| member.name == name && member.known.has(version))
    };
    reasons.extend(unknown_members(tree, is_known));
    reasons
}
