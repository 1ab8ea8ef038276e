//! CycloneDX: what the specification says and no schema can (<https://cyclonedx.org/docs/1.7/json/>).

use std::collections::HashMap;

use super::super::DocumentError;
use super::super::cyclonedx::{schema, xml};
use super::super::wire::cpe as cpe_name;
use super::lines::outwards;
use super::walk::{Spot, walk};
use super::{Found, Rule, Tree, shown, terms, word};

/// A rule, and what it says of a value: the reason, where the value breaks it.
pub(super) struct Row {
    pub(super) rule: Rule,
    check: fn(&Known<'_>, &Spot<'_, '_>) -> Option<String>,
}

const fn row(
    id: &'static str,
    section: &'static str,
    demands: &'static str,
    check: fn(&Known<'_>, &Spot<'_, '_>) -> Option<String>,
) -> Row {
    Row { rule: Rule { id, section, demands }, check }
}

pub(super) static RULES: &[Row] = &[
    row("cyclonedx-version", "specVersion", "`specVersion` is a version of CycloneDX.", version),
    row(
        "cyclonedx-serial-number",
        "serialNumber",
        "`serialNumber` is `urn:uuid:` and a UUID.",
        serial_number,
    ),
    row(
        "cyclonedx-ref-unique",
        "components[].bom-ref",
        "No two elements have the same `bom-ref`.",
        ref_unique,
    ),
    row(
        "cyclonedx-dependency",
        "dependencies",
        "What `ref`, `dependsOn` and `provides` name is the `bom-ref` of something, or a BOM-Link.",
        dependency,
    ),
    row(
        "cyclonedx-dependency-once",
        "dependencies[].ref",
        "The dependencies of a component are listed once.",
        dependency_once,
    ),
    row(
        "cyclonedx-composition",
        "compositions",
        "What a composition names is the `bom-ref` of something, or a BOM-Link.",
        composition,
    ),
    row(
        "cyclonedx-annotation",
        "annotations[].subjects",
        "What `subjects` name is the `bom-ref` of something, or a BOM-Link.",
        annotation,
    ),
    row(
        "cyclonedx-affects",
        "vulnerabilities[].affects[].ref",
        "What `ref` names is the `bom-ref` of something, or a BOM-Link.",
        affects,
    ),
    row("cyclonedx-purl", "components[].purl", "`purl` is a package URL.", purl),
    row("cyclonedx-cpe", "components[].cpe", "`cpe` is a CPE name, 2.2 or 2.3.", cpe),
    row(
        "cyclonedx-license-expression",
        "licenses[].expression",
        "`expression` is an SPDX licence expression.",
        license_expression,
    ),
    row(
        "cyclonedx-hash",
        "hashes[].content",
        "`content` is hexadecimal, and as long as its `alg` gives.",
        hash,
    ),
];

/// What a document defines.
struct Known<'t> {
    /// Every reference, and the first object that has it.
    refs: HashMap<&'t str, &'t Tree>,
    /// Whose dependencies are listed, and the first object that does.
    dependencies: HashMap<&'t str, &'t Tree>,
    /// The UUID and version of the document, as its own links name it.
    link: Option<String>,
}

/// The structure that the JSON schema of a version demands.
pub(super) static SCHEMA: Rule = Rule::schema("JSON schema of CycloneDX 1.2 to 1.7");

/// The structure that the XML schema of a version demands.
pub(super) static XML_SCHEMA: Rule = Rule::schema("XML schema of CycloneDX 1.0 to 1.7");

/// Judges the rules; whether the structure was judged as well. Of a document in XML, `tree` is its JSON.
pub(super) fn check(tree: &Tree, is_xml: bool, found: &mut Found) -> bool {
    let version = tree.get("specVersion").and_then(Tree::as_str).and_then(schema::Version::of);
    let version = version.filter(|version| is_xml || version.has_json());
    let (rule, judge): (_, fn(_, _) -> _) =
        if is_xml { (&XML_SCHEMA, schema::check_xml) } else { (&SCHEMA, schema::check) };
    // The rule says better what is wrong with it.
    let is_told = |place: &str| {
        place == "serialNumber"
            && tree.get(place).and_then(Tree::as_str).is_some_and(|text| !is_serial_number(text))
    };
    for violation in version.map(|version| judge(tree, version)).unwrap_or_default() {
        let place = violation.place();
        if !is_told(&place) {
            found.add(rule, place, violation.reason);
        }
    }
    let known = known(tree);
    walk(tree, &mut |spot| {
        for row in RULES {
            if let Some(reason) = (row.check)(&known, spot) {
                found.add(&row.rule, spot.path(), reason);
            }
        }
    });
    version.is_some()
}

/// Judges what only the XML of a document shows, its `text`, and fills in the lines of what is found already.
///
/// # Errors
/// It is no XML.
pub(super) fn check_xml(text: &str, found: &mut Found) -> Result<(), DocumentError> {
    let paths = found.violations.iter().flat_map(|violation| outwards(&violation.path));
    let mut lines: xml::Lines = paths.map(|path| (path.to_owned(), None)).collect();
    let findings = xml::check(text, &mut lines)?;
    for violation in &mut found.violations {
        violation.line = outwards(&violation.path).find_map(|path| lines.get(path).copied().flatten());
    }
    for xml::Finding { path, line, reason } in findings {
        found.add_at(&XML_SCHEMA, path, Some(line), reason);
    }
    Ok(())
}

/// The versions there are; the first two only in XML.
const VERSIONS: &[&str] = &["1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7"];

fn version(_: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let stated = spot.is_at(&[]).then(|| word(spot.tree, "specVersion"))?;
    (!VERSIONS.contains(&stated))
        .then(|| format!("has the version {}, which is none of CycloneDX", shown(stated)))
}

fn known(tree: &Tree) -> Known<'_> {
    let mut refs = HashMap::new();
    walk(tree, &mut |spot| {
        if spot.name() == "bom-ref"
            && !is_signature(spot)
            && let Some((id, holder)) = spot.text().zip(spot.holder)
        {
            refs.entry(id).or_insert(holder);
        }
    });
    let mut dependencies = HashMap::new();
    for dependency in tree.get("dependencies").map_or(&[][..], Tree::elements) {
        dependencies.entry(word(dependency, "ref")).or_insert(dependency);
    }
    let uuid = word(tree, "serialNumber").strip_prefix("urn:uuid:");
    let version = tree.get("version").map_or_else(|| "1".to_owned(), ToString::to_string);
    Known { refs, dependencies, link: uuid.map(|uuid| format!("urn:cdx:{uuid}/{version}#")) }
}

/// Whether a value is in a signature, whose members are of another specification.
fn is_signature(spot: &Spot<'_, '_>) -> bool {
    spot.ends(&["signature", "bom-ref"])
}

/// Why `id` leads nowhere: it is neither a reference of this document nor a link to another one (BOM-Link).
fn unresolved(known: &Known<'_>, id: &str) -> Option<String> {
    if known.refs.contains_key(id) {
        return None;
    }
    let Some(link) = id.strip_prefix("urn:cdx:") else {
        return Some(format!("names {}, which is the `bom-ref` of nothing", shown(id)));
    };
    let (uuid, rest) = link.split_once('/').unwrap_or((link, ""));
    let version = rest.split_once('#').map_or(rest, |(version, _)| version);
    let is_version =
        !version.is_empty() && !version.starts_with('0') && version.bytes().all(|b| b.is_ascii_digit());
    if !terms::is_uuid(uuid) || !is_version {
        return Some(format!("is {}, no BOM-Link (`urn:cdx:UUID/VERSION#REF`)", shown(id)));
    }
    let own = known.link.as_deref().and_then(|own| id.strip_prefix(own));
    own.filter(|inside| !known.refs.contains_key(decoded(inside).as_str()))
        .map(|inside| format!("names {} of this document, which is the `bom-ref` of nothing", shown(inside)))
}

/// `text` without percent-encoding.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| *byte == b'%').and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(decoded) => {
                bytes.push(decoded);
                rest = &after[2..];
            }
            None => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn serial_number(_: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let text = spot.text().filter(|_| spot.is_at(&["serialNumber"]))?;
    (!is_serial_number(text)).then(|| format!("is {}, not `urn:uuid:` and a UUID", shown(text)))
}

fn is_serial_number(text: &str) -> bool {
    text.strip_prefix("urn:uuid:").is_some_and(terms::is_uuid)
}

fn ref_unique(known: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    if spot.name() != "bom-ref" || is_signature(spot) {
        return None;
    }
    let id = spot.text()?;
    let is_first =
        known.refs.get(id).zip(spot.holder).is_some_and(|(first, holder)| std::ptr::eq(*first, holder));
    (!is_first).then(|| format!("is {}, as that of another element", shown(id)))
}

fn dependency(known: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let is_reference =
        ["ref", "dependsOn", "provides"].iter().any(|name| spot.is_at(&["dependencies", name]));
    let id = spot.text().filter(|_| is_reference)?;
    unresolved(known, id)
}

fn dependency_once(known: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let id = spot.text().filter(|_| spot.is_at(&["dependencies", "ref"]))?;
    let is_first = known
        .dependencies
        .get(id)
        .zip(spot.holder)
        .is_some_and(|(first, holder)| std::ptr::eq(*first, holder));
    (!is_first).then(|| format!("is {}, whose dependencies are listed already", shown(id)))
}

fn composition(known: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let names = ["assemblies", "dependencies", "vulnerabilities"];
    let id = spot.text().filter(|_| names.iter().any(|name| spot.is_at(&["compositions", name])))?;
    unresolved(known, id)
}

fn annotation(known: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let id = spot.text().filter(|_| spot.is_at(&["annotations", "subjects"]))?;
    unresolved(known, id)
}

fn affects(known: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let id = spot.text().filter(|_| spot.is_at(&["vulnerabilities", "affects", "ref"]))?;
    unresolved(known, id)
}

fn purl(_: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let text = spot.text().filter(|_| spot.name() == "purl")?;
    terms::purl(text).err().map(|reason| format!("is {}, which {reason}", shown(text)))
}

fn cpe(_: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let text = spot.text().filter(|_| spot.name() == "cpe")?;
    cpe_name::check(text).err().map(|reason| format!("is {}, which {reason}", shown(text)))
}

fn license_expression(_: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let text = spot.text().filter(|_| spot.ends(&["licenses", "expression"]))?;
    terms::expression(text).err().map(|reason| format!("is {}, which {reason}", shown(text)))
}

fn hash(_: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let text = spot.text().filter(|_| spot.ends(&["hashes", "content"]))?;
    terms::hash(word(spot.holder?, "alg"), text).err()
}
