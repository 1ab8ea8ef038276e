//! CSAF 2.0 and 2.1 as a user's VEX (docs.oasis-open.org/csaf; feeds.md A27, D7).
//!
//! The ids of products are opaque: [`tree`] resolves them.

mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::limits::Limits;
use serde::Deserialize;

use self::tree::{Tree, TreeText};
use super::document::{
    Budget, Statement, VexDocument, VexError, VexKind, VexStatus, WORD_BYTES_MAX, ids, numbers, shortened,
    time,
};
use super::weigh::Kept;

/// What is kept of a document.
pub(super) const KEPT: Kept = Kept {
    kind: "CSAF",
    members: &[
        "branches",
        "file_hashes",
        "flags",
        "full_product_name",
        "full_product_names",
        "group_ids",
        "hashes",
        "ids",
        "product",
        "product_groups",
        "product_identification_helper",
        "product_ids",
        "product_tree",
        "purls",
        "relationships",
        "threats",
        "vulnerabilities",
    ],
    tables: &["product_status"],
};

/// Reads the document `text`.
pub(super) fn read(text: &[u8], limits: &Limits) -> Result<VexDocument, VexError> {
    let malformed = |source| VexError::Malformed { kind: KEPT.kind, source };
    let said: DocumentText = serde_json::from_slice(text).map_err(malformed)?;
    let mut document = VexDocument::new(VexKind::Csaf);
    let publisher = said.document.publisher.unwrap_or_default();
    let tracking = said.document.tracking.unwrap_or_default();
    // An id is one only among those of its publisher.
    document.id = tracking.id.map(|id| match &publisher.namespace {
        Some(namespace) => format!("{}/{id}", namespace.trim_end_matches('/')),
        None => id,
    });
    document.author = publisher.name;
    document.version = numbers(tracking.version.as_deref().unwrap_or_default());
    document.updated = time(tracking.current_release_date.as_deref());
    document.is_draft = tracking.status.as_deref() == Some("draft");
    if document.updated.is_none() {
        document.remark(|| "`document.tracking.current_release_date`: no time is stated".to_owned());
    }
    let mut budget = Budget::new(limits);
    let mut tree = Tree::new(said.product_tree.unwrap_or_default(), &mut document, &mut budget)?;
    for (position, vulnerability) in said.vulnerabilities.unwrap_or_default().into_iter().enumerate() {
        add(vulnerability, position, &mut tree, &mut document, &mut budget)?;
    }
    Ok(document)
}

/// Why a product is not affected: a word and a sentence.
type Grounds = (Option<Arc<str>>, Option<Arc<str>>);

fn add(
    said: VulnerabilityText,
    position: usize,
    tree: &mut Tree,
    document: &mut VexDocument,
    budget: &mut Budget,
) -> Result<(), VexError> {
    let place = format!("vulnerabilities[{position}]");
    let others = said.ids.unwrap_or_default();
    let ids = ids(said.cve.as_deref().into_iter().chain(others.iter().filter_map(|id| id.text.as_deref())));
    if ids.is_empty() {
        document.remark(|| format!("`{place}`: no vulnerability is named"));
        return Ok(());
    }
    let (flags, threats) = (said.flags.unwrap_or_default(), said.threats.unwrap_or_default());
    let grounds = Reasons::of(&flags, &threats, tree, budget)?;
    for (list, products) in said.product_status.unwrap_or_default() {
        let place: Arc<str> = format!("{place}.product_status.{}", shortened(&list, WORD_BYTES_MAX)).into();
        let status = match &*list {
            "known_not_affected" => VexStatus::NotAffected,
            "fixed" | "first_fixed" | "recommended" => VexStatus::Fixed,
            "known_affected" | "first_affected" | "last_affected" => VexStatus::Affected,
            "under_investigation" => VexStatus::UnderInvestigation,
            // CSAF 2.1 has a list of that name.
            "unknown" => VexStatus::UnderInvestigation,
            other => {
                document.remark(|| format!("`{place}`: `{other}` is no status"));
                VexStatus::unknown(other)
            }
        };
        let mut by_grounds: BTreeMap<Grounds, BTreeSet<String>> = BTreeMap::new();
        for product in products.unwrap_or_default() {
            budget.take(1)?;
            by_grounds.entry(grounds.of_product(&product)).or_default().insert(product);
        }
        for ((justification, detail), products) in by_grounds {
            if let Some(word) = justification.as_deref().filter(|word| !document.kind.has_justification(word))
            {
                document.remark(|| format!("`{place}`: `{word}` is no justification"));
            }
            let products = products.iter().map(|id| tree.product(id, &place, document)).collect();
            document.statements.push(Statement {
                place: Arc::clone(&place),
                ids: Arc::clone(&ids),
                status: status.clone(),
                justification,
                detail,
                notes: None,
                said_at: document.updated,
                products,
            });
        }
    }
    Ok(())
}

/// The grounds that flags and threats give, by product.
#[derive(Default)]
struct Reasons {
    flags: BTreeMap<String, Arc<str>>,
    impacts: BTreeMap<String, Arc<str>>,
    /// What names no product is about all.
    flag_of_all: Option<Arc<str>>,
    impact_of_all: Option<Arc<str>>,
}

impl Reasons {
    fn of(
        flags: &[FlagText],
        threats: &[ThreatText],
        tree: &Tree,
        budget: &mut Budget,
    ) -> Result<Self, VexError> {
        let mut reasons = Self::default();
        for flag in flags {
            let Some(label) = said(&flag.label) else { continue };
            let of = (&mut reasons.flags, &mut reasons.flag_of_all);
            place(label, &flag.product_ids, &flag.group_ids, (tree, budget), of)?;
        }
        for threat in threats.iter().filter(|threat| threat.category.as_deref() == Some("impact")) {
            let Some(details) = said(&threat.details) else { continue };
            let of = (&mut reasons.impacts, &mut reasons.impact_of_all);
            place(details, &threat.product_ids, &threat.group_ids, (tree, budget), of)?;
        }
        Ok(reasons)
    }

    fn of_product(&self, id: &str) -> Grounds {
        let one =
            |of: &BTreeMap<String, Arc<str>>, all: &Option<Arc<str>>| of.get(id).or(all.as_ref()).cloned();
        (one(&self.flags, &self.flag_of_all), one(&self.impacts, &self.impact_of_all))
    }
}

/// The text, unless it is blank: that is no reason.
fn said(text: &Option<String>) -> Option<Arc<str>> {
    text.as_deref().filter(|text| !text.trim().is_empty()).map(Arc::from)
}

/// Of several about one product the first by text is kept, whatever their order. A group counts each time it is named.
fn place(
    text: Arc<str>,
    products: &Option<Vec<String>>,
    groups: &Option<Vec<String>>,
    (tree, budget): (&Tree, &mut Budget),
    (by_product, of_all): (&mut BTreeMap<String, Arc<str>>, &mut Option<Arc<str>>),
) -> Result<(), VexError> {
    let smaller = |known: &mut Arc<str>| {
        if text < *known {
            known.clone_from(&text);
        }
    };
    if products.is_none() && groups.is_none() {
        of_all.as_mut().map(smaller).unwrap_or_else(|| *of_all = Some(Arc::clone(&text)));
        return Ok(());
    }
    let groups = || groups.iter().flatten().filter_map(|group| tree.group(group));
    for group in groups() {
        budget.take(group.len())?;
    }
    let grouped = groups().flatten();
    for product in products.iter().flatten().chain(grouped) {
        match by_product.get_mut(product) {
            Some(known) => smaller(known),
            None => {
                by_product.insert(product.clone(), Arc::clone(&text));
            }
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct DocumentText {
    document: HeadText,
    product_tree: Option<TreeText>,
    vulnerabilities: Option<Vec<VulnerabilityText>>,
}

#[derive(Deserialize)]
struct HeadText {
    publisher: Option<PublisherText>,
    tracking: Option<TrackingText>,
}

#[derive(Default, Deserialize)]
struct PublisherText {
    name: Option<String>,
    namespace: Option<String>,
}

#[derive(Default, Deserialize)]
struct TrackingText {
    id: Option<String>,
    status: Option<String>,
    version: Option<String>,
    current_release_date: Option<String>,
}

#[derive(Deserialize)]
struct VulnerabilityText {
    cve: Option<String>,
    ids: Option<Vec<OtherId>>,
    product_status: Option<BTreeMap<String, Option<Vec<String>>>>,
    flags: Option<Vec<FlagText>>,
    threats: Option<Vec<ThreatText>>,
}

#[derive(Deserialize)]
struct OtherId {
    text: Option<String>,
}

#[derive(Deserialize)]
struct FlagText {
    label: Option<String>,
    product_ids: Option<Vec<String>>,
    group_ids: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct ThreatText {
    category: Option<String>,
    details: Option<String>,
    product_ids: Option<Vec<String>>,
    group_ids: Option<Vec<String>>,
}
