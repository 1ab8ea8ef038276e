//! Licences as nodes, and as expressions (annex D of 2.3).

use super::graph::{Graph, Value};
use super::object::Reading;

/// Levels of sets in sets.
const DEPTH_MAX: usize = 32;

/// What the ids of listed licences and exceptions begin with.
const LISTED: &[&str] = &["http://spdx.org/licenses/", "https://spdx.org/licenses/"];

/// The class of licences of no list.
pub(super) const EXTRACTED: &str = "ExtractedLicensingInfo";

/// Properties of licences that an expression says.
pub(super) const SAID: &[&str] = &["licenseException", "licenseExceptionId", "licenseId", "member"];

/// Whether nodes of `class` are licences, or exceptions of them, of which expressions say something.
pub(super) fn is_license(class: &str) -> bool {
    matches!(
        class,
        "License"
            | "ListedLicense"
            | "LicenseException"
            | "ListedLicenseException"
            | "ConjunctiveLicenseSet"
            | "DisjunctiveLicenseSet"
            | "WithExceptionOperator"
            | "OrLaterOperator"
            | "SpdxNoAssertionLicense"
            | "SpdxNoneLicense"
    )
}

/// The expression that `value` is; none where it is no licence.
pub(super) fn expression(reading: &mut Reading<'_>, value: &Value) -> Result<Option<String>, String> {
    below(reading, value, 0)
}

fn below(reading: &mut Reading<'_>, value: &Value, depth: usize) -> Result<Option<String>, String> {
    if depth > DEPTH_MAX {
        return Err(format!("more than {DEPTH_MAX} levels of licences, or a licence in itself"));
    }
    let graph: &Graph<'_> = reading.graph;
    if let Value::Text(text) = value {
        return reading.text(text.trim_ascii()).map(Some);
    }
    if let Some(word) = graph.id(value).and_then(known) {
        graph.node(value).into_iter().for_each(|node| reading.said(node));
        return reading.text(word).map(Some);
    }
    let Some((at, node)) = graph.node(value).and_then(|node| Some((node, graph.nodes.get(node)?))) else {
        // A licence that is not described, such as one of another document.
        let id = graph.id(value).unwrap_or_default();
        return reading.element_id(id).map(Some);
    };
    if is_license(&node.class) {
        reading.said(at);
    }
    let mut members = Vec::new();
    for (name, value) in &node.properties {
        if name == "member" || name == "licenseException" {
            let Some(member) = below(reading, value, depth + 1)? else { return Ok(None) };
            members.push((name.as_str(), member));
        }
    }
    let joined = |word: &str| match members.as_slice() {
        [] => None,
        [(_, one)] => Some(one.clone()),
        _ => {
            let members: Vec<&str> = members.iter().map(|(_, member)| member.as_str()).collect();
            Some(format!("({})", members.join(word)))
        }
    };
    let stated = |name: &str| {
        node.properties.iter().find_map(|(known, value)| match value {
            Value::Text(text) if known == name => Some(text.trim_ascii().to_owned()),
            _ => None,
        })
    };
    let expression = match node.class.as_str() {
        "ConjunctiveLicenseSet" => joined(" AND "),
        "DisjunctiveLicenseSet" => joined(" OR "),
        // The licence and the exception may stand in either order.
        "WithExceptionOperator" => {
            let part = |wanted: &str| members.iter().find(|(name, _)| *name == wanted).map(|(_, said)| said);
            let parts = part("member").zip(part("licenseException"));
            parts.map(|(member, exception)| format!("{member} WITH {exception}"))
        }
        "OrLaterOperator" => joined("").map(|license| format!("{license}+")),
        "SpdxNoAssertionLicense" => Some("NOASSERTION".to_owned()),
        "SpdxNoneLicense" => Some("NONE".to_owned()),
        _ => stated("licenseId").or_else(|| stated("licenseExceptionId")),
    };
    match (expression, graph.id(value)) {
        (Some(expression), _) => reading.text(&expression).map(Some),
        (None, Some(id)) => reading.element_id(id).map(Some),
        (None, None) => Ok(None),
    }
}

/// What an id says that needs no description.
fn known(id: &str) -> Option<&str> {
    match id.strip_prefix("http://spdx.org/rdf/terms#") {
        Some("noassertion") => return Some("NOASSERTION"),
        Some("none") => return Some("NONE"),
        _ => {}
    }
    LISTED.iter().find_map(|prefix| id.strip_prefix(prefix)).map(|id| id.trim_end_matches(".html"))
}
