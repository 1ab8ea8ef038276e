//! The minimum elements of an SBOM: how much of them a document has.
//!
//! - NTIA: “The Minimum Elements For a Software Bill of Materials (SBOM)”, 12 July 2021, the data fields
//! - CISA: “2025 Minimum Elements for a Software Bill of Materials (SBOM)”, draft for public comment, August 2025, the
//!   data fields
//!
//! What is said not to be known (`NOASSERTION`) does not count as said. Other elements of the two documents (automation,
//! practices and processes) are no property of a document.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::walk::walk;
use super::{Family, Tree, word};

/// The most components that an element names as lacking it.
const LACKING_MAX: usize = 20;

/// A list of minimum elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MinimumSet {
    /// NTIA, 2021.
    Ntia,
    /// CISA, draft of 2025.
    #[serde(rename = "cisa-2025")]
    Cisa2025,
}

/// How much of a set of minimum elements a document has.
#[derive(Clone, Debug, Serialize)]
pub struct Score {
    /// The set.
    pub set: MinimumSet,
    /// How many components the document lists.
    pub components: usize,
    /// A data field each, in the order of the set.
    pub elements: Vec<Element>,
}

/// A data field, and how much of it a document has.
#[derive(Clone, Debug, Serialize)]
pub struct Element {
    /// Its name in the set.
    pub name: &'static str,
    /// What counts as it in this document.
    pub counted: &'static str,
    /// How many components have it; 1 or 0 for what is of the document.
    pub present: usize,
    /// How many components there are; 1 for what is of the document.
    pub total: usize,
    /// The paths of the first components without it.
    pub lacking: Vec<String>,
}

impl Score {
    /// Whether every component has every element; never without components.
    pub fn is_met(&self) -> bool {
        self.components > 0 && self.elements.iter().all(Element::is_met)
    }
}

impl Element {
    /// Whether nothing lacks it.
    pub fn is_met(&self) -> bool {
        self.present == self.total
    }
}

/// A component, and what is said of it.
#[derive(Default)]
struct Part {
    path: String,
    name: bool,
    version: bool,
    supplier: bool,
    producer: bool,
    /// Anything that tells it from the other components of the document.
    id: bool,
    /// An identifier that others know: a package URL, a CPE, …
    identifier: bool,
    hash: bool,
    license: bool,
    relation: bool,
}

/// What a document says of itself and its components.
#[derive(Default)]
struct Facts {
    creator: bool,
    /// A creator that is no tool.
    author: bool,
    tool: bool,
    timestamp: bool,
    context: bool,
    parts: Vec<Part>,
}

/// What the relationships of an SPDX document are between.
#[derive(Default)]
struct Relations<'t> {
    /// What others were made from.
    sources: HashSet<&'t str>,
    /// All else.
    parts: HashSet<&'t str>,
}

impl<'t> Relations<'t> {
    /// `products` were made from `source`.
    fn made(&mut self, source: &'t str, products: impl IntoIterator<Item = &'t str>) {
        self.sources.insert(source);
        self.parts.extend(products);
    }

    /// Whether the element is in the document only to say what others were made from: it is no component of what the
    /// document describes.
    fn is_only_source(&self, id: &str) -> bool {
        self.sources.contains(id) && !self.parts.contains(id)
    }
}

/// The texts that say that nothing is said.
fn is_said(text: &str) -> bool {
    !text.trim().is_empty() && text != "NOASSERTION"
}

/// The score for each set.
pub(super) fn scores(tree: &Tree, family: Family) -> Vec<Score> {
    let facts = match family {
        Family::CycloneDx => cyclonedx(tree),
        Family::Spdx2 => spdx2(tree),
        Family::Spdx3 => spdx3(tree),
    };
    let of_document = |name, counted, has: bool| Element {
        name,
        counted,
        present: usize::from(has),
        total: 1,
        lacking: Vec::new(),
    };
    let of_parts = |name, counted, has: fn(&Part) -> bool| {
        let lacking = facts.parts.iter().filter(|part| !has(part));
        Element {
            name,
            counted,
            present: facts.parts.iter().filter(|part| has(part)).count(),
            total: facts.parts.len(),
            lacking: lacking.take(LACKING_MAX).map(|part| part.path.clone()).collect(),
        }
    };
    let [supplier, id, software_id, hash, license, relation, author, ntia_author, tool, context] =
        counted(family);
    let ntia = vec![
        of_parts("Supplier Name", supplier, |part| part.supplier),
        of_parts("Component Name", "a name", |part| part.name),
        of_parts("Version of the Component", "a version", |part| part.version),
        of_parts("Other Unique Identifiers", id, |part| part.id),
        of_parts("Dependency Relationship", relation, |part| part.relation),
        of_document("Author of SBOM Data", ntia_author, facts.creator),
        of_document("Timestamp", "when the document was made", facts.timestamp),
    ];
    let cisa = vec![
        of_document("SBOM Author", author, facts.author),
        of_parts("Software Producer", supplier, |part| part.producer),
        of_parts("Component Name", "a name", |part| part.name),
        of_parts("Component Version", "a version", |part| part.version),
        of_parts("Software Identifiers", software_id, |part| part.identifier),
        of_parts("Component Hash", hash, |part| part.hash),
        of_parts("License", license, |part| part.license),
        of_parts("Dependency Relationship", relation, |part| part.relation),
        of_document("Tool Name", tool, facts.tool),
        of_document("Timestamp", "when the document was made", facts.timestamp),
        of_document("Generation Context", context, facts.context),
    ];
    let components = facts.parts.len();
    vec![
        Score { set: MinimumSet::Ntia, components, elements: ntia },
        Score { set: MinimumSet::Cisa2025, components, elements: cisa },
    ]
}

/// What counts, for people: supplier, id, identifier, hash, licence, relationship, author, author of the NTIA, tool and
/// generation context.
fn counted(family: Family) -> [&'static str; 10] {
    match family {
        Family::CycloneDx => [
            "`supplier`, `manufacturer` or `publisher`",
            "`bom-ref`, `purl`, `cpe`, `swid`, `swhid` or `omniborId`",
            "`purl`, `cpe`, `swid`, `swhid` or `omniborId`",
            "`hashes`",
            "`licenses`",
            "a place in `dependencies`, or within another component",
            "`metadata.authors`, `manufacturer` or `supplier`",
            "`metadata.authors`, `manufacturer`, `supplier` or `tools`",
            "`metadata.tools`",
            "`metadata.lifecycles`",
        ],
        Family::Spdx2 => [
            "`supplier`; for the CISA also `originator`",
            "`SPDXID`",
            "an external reference: purl, CPE, SWID, SWHID or gitoid",
            "`checksums` or `packageVerificationCode`",
            "`licenseConcluded` or `licenseDeclared`",
            "an end of a relationship",
            "a person or an organization among the creators",
            "a creator",
            "a tool among the creators",
            "nothing: SPDX 2 has no member for it",
        ],
        Family::Spdx3 => [
            "`suppliedBy`; for the CISA also `originatedBy`",
            "`spdxId`",
            "`software_packageUrl`, or an external or content identifier",
            "`verifiedUsing`",
            "a relationship `hasConcludedLicense` or `hasDeclaredLicense`",
            "an end of a relationship",
            "`createdBy`",
            "`createdBy`",
            "`createdUsing`",
            "`software_sbomType`",
        ],
    }
}

/// Whether the member says something: it is no empty text, list or object.
fn has(tree: &Tree, name: &str) -> bool {
    match tree.get(name) {
        None | Some(Tree::Null) => false,
        Some(Tree::Text(text)) => is_said(text),
        Some(Tree::List(elements)) => !elements.is_empty(),
        Some(Tree::Object(members)) => !members.is_empty(),
        Some(_) => true,
    }
}

fn elements<'t>(tree: &'t Tree, name: &str) -> &'t [Tree] {
    tree.get(name).map_or(&[], Tree::elements)
}

fn cyclonedx(tree: &Tree) -> Facts {
    const IDENTIFIERS: &[&str] = &["purl", "cpe", "swid", "swhid", "omniborId"];
    let empty = Tree::Object(Vec::new());
    let metadata = tree.get("metadata").unwrap_or(&empty);
    let mut related = HashSet::new();
    for dependency in elements(tree, "dependencies") {
        related.insert(word(dependency, "ref"));
        related.extend(elements(dependency, "dependsOn").iter().filter_map(Tree::as_str));
    }
    let author =
        ["authors", "manufacturer", "manufacture", "supplier"].iter().any(|name| has(metadata, name));
    let tool = has(metadata, "tools");
    let mut facts = Facts {
        creator: author || tool,
        author,
        tool,
        timestamp: has(metadata, "timestamp"),
        context: has(metadata, "lifecycles"),
        parts: Vec::new(),
    };
    walk(tree, &mut |spot| {
        let is_main = spot.is_at(&["metadata", "component"]);
        let is_listed =
            spot.is_nested(&[], "components") || spot.is_nested(&["metadata", "component"], "components");
        if !spot.is_object() || !(is_main || is_listed) {
            return;
        }
        let component = spot.tree;
        // The files of a component are what it consists of, and no components in the sense of the minimum elements.
        if spot.is_nested(&[], "components") && spot.depth() > 1 && word(component, "type") == "file" {
            return;
        }
        let organization =
            |name| component.get(name).is_some_and(|organization| is_said(word(organization, "name")));
        let supplier =
            organization("supplier") || organization("manufacturer") || has(component, "publisher");
        let identifier = IDENTIFIERS.iter().any(|name| has(component, name));
        facts.parts.push(Part {
            path: spot.path(),
            name: has(component, "name"),
            version: has(component, "version"),
            supplier,
            producer: supplier,
            id: identifier || has(component, "bom-ref"),
            identifier,
            hash: has(component, "hashes"),
            license: has(component, "licenses"),
            relation: related.contains(word(component, "bom-ref")) || spot.depth() > 1 && !is_main,
        });
    });
    facts
}

fn spdx2(tree: &Tree) -> Facts {
    const IDENTIFIERS: &[&str] = &["purl", "cpe22Type", "cpe23Type", "swid", "swh", "gitoid"];
    let empty = Tree::Object(Vec::new());
    let creation = tree.get("creationInfo").unwrap_or(&empty);
    let creators: Vec<_> = elements(creation, "creators").iter().filter_map(Tree::as_str).collect();
    let is_of = |kind: &str| creators.iter().any(|it| it.strip_prefix(kind).is_some_and(is_said));
    let mut relations = Relations::default();
    relations.parts.extend(elements(tree, "documentDescribes").iter().filter_map(Tree::as_str));
    for relationship in elements(tree, "relationships") {
        let [from, kind, to] =
            ["spdxElementId", "relationshipType", "relatedSpdxElement"].map(|name| word(relationship, name));
        match kind {
            "GENERATED_FROM" => relations.made(to, [from]),
            "GENERATES" => relations.made(from, [to]),
            _ => relations.parts.extend([from, to]),
        }
    }
    let part = |(index, package): (usize, &Tree)| {
        let kinds =
            elements(package, "externalRefs").iter().map(|reference| word(reference, "referenceType"));
        Part {
            path: format!("packages[{index}]"),
            name: has(package, "name"),
            version: has(package, "versionInfo"),
            supplier: has(package, "supplier"),
            producer: has(package, "supplier") || has(package, "originator"),
            id: has(package, "SPDXID"),
            identifier: kinds.into_iter().any(|kind| IDENTIFIERS.contains(&kind)),
            hash: has(package, "checksums") || has(package, "packageVerificationCode"),
            license: has(package, "licenseConcluded") || has(package, "licenseDeclared"),
            relation: relations.parts.contains(word(package, "SPDXID")),
        }
    };
    let packages = elements(tree, "packages").iter().enumerate();
    let packages = packages.filter(|(_, package)| !relations.is_only_source(word(package, "SPDXID")));
    Facts {
        creator: creators.iter().any(|creator| is_said(creator)),
        author: is_of("Person:") || is_of("Organization:"),
        tool: is_of("Tool:"),
        timestamp: has(creation, "created"),
        context: false,
        parts: packages.map(part).collect(),
    }
}

fn spdx3(tree: &Tree) -> Facts {
    let mut relations = Relations::default();
    let mut licensed: HashMap<&str, bool> = HashMap::new();
    let mut facts = Facts::default();
    let mut packages = Vec::new();
    walk(tree, &mut |spot| {
        if !spot.is_object() {
            return;
        }
        let object = spot.tree;
        match word(object, "type") {
            "CreationInfo" => {
                facts.author |= has(object, "createdBy");
                facts.tool |= has(object, "createdUsing");
                facts.timestamp |= has(object, "created");
            }
            "software_Sbom" => facts.context |= has(object, "software_sbomType"),
            "Relationship" | "LifecycleScopedRelationship" => {
                let from = word(object, "from");
                let to = elements(object, "to").iter().filter_map(Tree::as_str);
                match word(object, "relationshipType") {
                    "generates" => relations.made(from, to),
                    _ => relations.parts.extend(to.chain([from])),
                }
                if matches!(word(object, "relationshipType"), "hasConcludedLicense" | "hasDeclaredLicense") {
                    let says = |to: &Tree| to.as_str().is_none_or(|to| !to.contains("NoAssertion"));
                    *licensed.entry(from).or_default() |= elements(object, "to").iter().any(says);
                }
            }
            "software_Package" | "ai_AIPackage" | "dataset_DatasetPackage" => {
                packages.push((spot.path(), object))
            }
            _ => {}
        }
    });
    facts.creator = facts.author;
    facts.parts = packages
        .into_iter()
        .filter(|(_, package)| !relations.is_only_source(word(package, "spdxId")))
        .map(|(path, package)| Part {
            path,
            name: has(package, "name"),
            version: has(package, "software_packageVersion"),
            supplier: has(package, "suppliedBy"),
            producer: has(package, "suppliedBy") || has(package, "originatedBy"),
            id: has(package, "spdxId"),
            identifier: ["software_packageUrl", "externalIdentifier", "software_contentIdentifier"]
                .iter()
                .any(|name| has(package, name)),
            hash: has(package, "verifiedUsing"),
            license: licensed.get(word(package, "spdxId")).copied().unwrap_or_default(),
            relation: relations.parts.contains(word(package, "spdxId")),
        })
        .collect();
    facts
}
