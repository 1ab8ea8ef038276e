//! SPDX 3: the graph holds together (<https://spdx.github.io/spdx-spec/v3.0.1/>).
//!
//! Which members a class has is the matter of `spdx3_schema`.

use std::collections::{HashMap, HashSet};

use super::super::wire::cpe;
use super::walk::{Spot, walk};
use super::{Found, Rule, Tree, shown, spdx3_schema, terms, word};

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

pub(super) static SCHEMA: Rule = Rule::schema("JSON schema of SPDX 3.0.1");

pub(super) static RULES: &[Row] = &[
    row("spdx3-context", "Serialization, JSON-LD", "`@context` is one of SPDX 3.", context),
    row("spdx3-type", "Core/Element", "Every object of the graph has a `type`.", type_of),
    row("spdx3-document", "Core/SpdxDocument", "There is one `SpdxDocument`.", document),
    row("spdx3-id-form", "Core/Element/spdxId", "Every element has an `spdxId`, which is an IRI.", id_form),
    row(
        "spdx3-id-unique",
        "Core/Element/spdxId",
        "No two objects have the same `spdxId` or `@id`.",
        id_unique,
    ),
    row(
        "spdx3-creation-info",
        "Core/CreationInfo",
        "Every element has a `creationInfo` that names one, and that has `specVersion`, `created` and `createdBy`.",
        creation_info,
    ),
    row(
        "spdx3-relationship",
        "Core/Relationship",
        "A relationship has `from`, `relationshipType` and `to`.",
        relationship,
    ),
    row(
        "spdx3-reference",
        "Core/Element",
        "What an element refers to is in the document, imported, or defined by SPDX.",
        reference,
    ),
    row(
        "spdx3-reference-class",
        "Core/Element",
        "What an element refers to is of the class that the member demands.",
        reference_class,
    ),
    row("spdx3-date", "Core/DateTime", "Times are `YYYY-MM-DDThh:mm:ssZ`.", date),
    row("spdx3-hash", "Core/Hash", "`hashValue` is hexadecimal, and as long as its `algorithm` gives.", hash),
    row("spdx3-package-url", "Software/packageUrl", "`software_packageUrl` is a package URL.", package_url),
    row(
        "spdx3-external-identifier",
        "Core/ExternalIdentifier",
        "Identifiers of the types `packageUrl`, `cpe23` and `cpe22` are what they say.",
        external_identifier,
    ),
    row(
        "spdx3-license-expression",
        "SimpleLicensing/licenseExpression",
        "`simplelicensing_licenseExpression` is an SPDX licence expression, `NONE` or `NOASSERTION`.",
        license_expression,
    ),
];

/// What a document defines.
struct Known<'t> {
    /// Every element and blank node by its id, and the first object that has it.
    ids: HashMap<&'t str, &'t Tree>,
    /// Ids that the document says other documents define.
    imported: HashSet<&'t str>,
    documents: usize,
}

/// Judges structure and rules; whether there is a schema for the version.
pub(super) fn check(tree: &Tree, found: &mut Found) -> bool {
    let has_schema = spdx3_schema::is_of_version(tree);
    if has_schema {
        spdx3_schema::check(tree, &mut |path, reason| found.add(&SCHEMA, path.to_owned(), reason));
    }
    // What is not even as its class has it is told once.
    let told: HashSet<String> = found.violations.iter().map(|it| it.path.clone()).collect();
    let known = known(tree);
    walk(tree, &mut |spot| {
        for row in RULES {
            if let Some(reason) = (row.check)(&known, spot) {
                let path = spot.path();
                if path.is_empty() || !told.contains(&path) {
                    found.add(&row.rule, path, reason);
                }
            }
        }
    });
    has_schema
}

/// The version that the creation information of the document states.
pub(super) fn version(tree: &Tree) -> &str {
    let mut version = "";
    walk(tree, &mut |spot| {
        if version.is_empty() && spot.name() == "specVersion" {
            version = spot.text().unwrap_or_default();
        }
    });
    if version.is_empty() { "3" } else { version }
}

/// Whether the context of `tree` is one of SPDX, among others perhaps.
pub(super) fn is_of_spdx(tree: &Tree) -> bool {
    let mut is_of_spdx = false;
    let context = tree.get("@context");
    context.into_iter().for_each(|context| {
        context.leaves(&mut |_, leaf| {
            is_of_spdx |= leaf.as_str().is_some_and(|text| text.starts_with("https://spdx.org/rdf/"));
        });
    });
    is_of_spdx
}

fn known(tree: &Tree) -> Known<'_> {
    let mut known = Known { ids: HashMap::new(), imported: HashSet::new(), documents: 0 };
    walk(tree, &mut |spot| {
        if !spot.is_object() {
            return;
        }
        if let Some(id) = id(spot.tree) {
            known.ids.entry(id).or_insert(spot.tree);
        }
        if spot.name() == "import" {
            known.imported.insert(word(spot.tree, "externalSpdxId"));
        }
        if type_name(spot.tree) == "SpdxDocument" {
            known.documents += 1;
        }
    });
    known
}

fn id(tree: &Tree) -> Option<&str> {
    ["spdxId", "@id"].iter().find_map(|name| tree.get(name)).and_then(Tree::as_str)
}

fn type_name(tree: &Tree) -> &str {
    let name = word(tree, "type");
    if name.is_empty() { word(tree, "@type") } else { name }
}

/// Whether the value is an object of the graph itself, or the only one of the document.
fn is_node(spot: &Spot<'_, '_>) -> bool {
    spot.is_object() && (spot.is_at(&["@graph"]) || (spot.is_at(&[]) && spot.tree.get("@graph").is_none()))
}

/// Whether the value is an element: it is in the graph, and of no class that has no id of its own.
fn is_element(spot: &Spot<'_, '_>) -> bool {
    is_node(spot) && (spot.tree.get("spdxId").is_some() || spot.tree.get("creationInfo").is_some())
}

fn context(_: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let text = spot.text().filter(|_| spot.is_at(&["@context"]))?;
    let is_known = text.starts_with("https://spdx.org/rdf/3.") && text.ends_with("/spdx-context.jsonld");
    (!is_known).then(|| format!("is {}, no context of SPDX 3", shown(text)))
}

fn type_of(_: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    (is_node(spot) && type_name(spot.tree).is_empty()).then(|| "lacks `type`".to_owned())
}

fn document(known: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let is_wrong = spot.is_at(&[]) && known.documents != 1;
    is_wrong.then(|| format!("has {} elements of the type `SpdxDocument`, not one", known.documents))
}

fn id_form(_: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    if spot.name() == "spdxId" {
        let text = spot.text()?;
        return (!terms::is_absolute_uri(text)).then(|| format!("is {}, no IRI", shown(text)));
    }
    let is_missing =
        is_node(spot) && spot.tree.get("creationInfo").is_some() && spot.tree.get("spdxId").is_none();
    is_missing.then(|| "lacks `spdxId`".to_owned())
}

fn id_unique(known: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let id = spot.text().filter(|_| matches!(spot.name(), "spdxId" | "@id"))?;
    let is_first =
        known.ids.get(id).zip(spot.holder).is_some_and(|(first, holder)| std::ptr::eq(*first, holder));
    // An object with both is known by `spdxId`.
    let is_other = spot.holder.and_then(|holder| self::id(holder)).is_some_and(|known| known != id);
    (!is_first && !is_other).then(|| format!("is {}, as that of another element", shown(id)))
}

fn creation_info(known: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    if is_element(spot) && type_name(spot.tree) != "CreationInfo" && spot.tree.get("creationInfo").is_none() {
        return Some("lacks `creationInfo`".to_owned());
    }
    if spot.is_object() && type_name(spot.tree) == "CreationInfo" {
        let missing =
            ["specVersion", "created", "createdBy"].into_iter().find(|name| spot.tree.get(name).is_none());
        return missing.map(|name| format!("lacks `{name}`"));
    }
    let id = spot.text().filter(|_| spot.name() == "creationInfo")?;
    let leads_to = known.ids.get(id).map(|found| type_name(found));
    leads_to
        .filter(|name| *name != "CreationInfo")
        .map(|name| format!("names {}, which is of the type {}", shown(id), shown(name)))
}

fn relationship(_: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let is_relationship = spot.is_object() && type_name(spot.tree).ends_with("Relationship");
    if !is_relationship {
        return None;
    }
    let has_some = |name| match spot.tree.get(name) {
        None => false,
        Some(Tree::List(elements)) => !elements.is_empty(),
        Some(_) => true,
    };
    ["from", "relationshipType", "to"]
        .into_iter()
        .find(|name| !has_some(name))
        .map(|name| format!("lacks `{name}`"))
}

/// The id of an object that the value is, and the class that the object has to be of.
fn referred<'t>(spot: &Spot<'_, 't>) -> Option<(&'t str, &'static str)> {
    let id = spot.text()?;
    spdx3_schema::wanted(type_name(spot.holder?), spot.name()).map(|wanted| (id, wanted))
}

fn reference(known: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let (id, _) = referred(spot)?;
    let is_defined = known.ids.contains_key(id)
        || known.imported.contains(id)
        || spdx3_schema::individual(id).is_some()
        || id.starts_with("https://spdx.org/licenses/")
        || id.starts_with("https://spdx.org/rdf/3.");
    (!is_defined).then(|| format!("names {}, which is neither an element here nor imported", shown(id)))
}

fn reference_class(known: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let (id, wanted) = referred(spot)?;
    let class = known.ids.get(id).map(|found| type_name(found)).or_else(|| spdx3_schema::individual(id))?;
    // What creation information is has a rule of its own.
    let is_wrong = wanted != "CreationInfo" && spdx3_schema::is_a(class, wanted) == Some(false);
    is_wrong.then(|| {
        format!("names {}, which is of the class {}, not {}", shown(id), shown(class), shown(wanted))
    })
}

fn date(_: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let is_date = matches!(
        spot.name(),
        "created"
            | "builtTime"
            | "releaseTime"
            | "validUntilTime"
            | "startTime"
            | "endTime"
            | "build_buildStartTime"
            | "build_buildEndTime"
            | "security_publishedTime"
            | "security_modifiedTime"
            | "security_withdrawnTime"
    );
    let text = spot.text().filter(|_| is_date)?;
    terms::spdx_date(text).err().map(|reason| format!("is {}, which {reason}", shown(text)))
}

fn hash(_: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let text = spot.text().filter(|_| spot.name() == "hashValue")?;
    terms::hash(word(spot.holder?, "algorithm"), text).err()
}

fn package_url(_: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let text = spot.text().filter(|_| spot.name() == "software_packageUrl")?;
    terms::purl(text).err().map(|reason| format!("is {}, which {reason}", shown(text)))
}

fn external_identifier(_: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let text = spot.text().filter(|_| spot.name() == "identifier")?;
    let checked = match word(spot.holder?, "externalIdentifierType") {
        "packageUrl" => terms::purl(text),
        "cpe23" => cpe::check_string(text),
        "cpe22" => cpe::check_uri(text),
        _ => return None,
    };
    checked.err().map(|reason| format!("is {}, which {reason}", shown(text)))
}

fn license_expression(_: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let text = spot.text().filter(|_| spot.name() == "simplelicensing_licenseExpression")?;
    if matches!(text, "NONE" | "NOASSERTION") {
        return None;
    }
    terms::expression(text).err().map(|reason| format!("is {}, which {reason}", shown(text)))
}
