//! OpenVEX, versions 0.0.1 and 0.2.0 (feeds.md A28).
//!
//! In 0.0.1 a vulnerability and a product are texts, later they are objects; either is read in any version.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use jiff::Timestamp;
use model::limits::Limits;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};

use super::document::{
    Budget, Component, ComponentIndex, Product, Statement, VexDocument, VexError, VexKind, VexStatus, ids,
    said_at, time,
};
use super::product::Identity;
use super::weigh::Kept;

/// What stands before the version in `@context`.
pub(super) const CONTEXT: &str = "https://openvex.dev/ns";

/// The words that a justification may be.
pub(super) const JUSTIFICATIONS: [&str; 5] = [
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
];

/// What is kept of a document.
pub(super) const KEPT: Kept = Kept {
    kind: "OpenVEX",
    members: &["aliases", "identifiers", "products", "statements", "subcomponents", "vulnerability"],
    tables: &["hashes"],
};

/// Reads the document `text`, which came in an attestation about `subjects`.
pub(super) fn read(text: &[u8], subjects: &[String], limits: &Limits) -> Result<VexDocument, VexError> {
    let malformed = |source| VexError::Malformed { kind: KEPT.kind, source };
    let said: DocumentText = serde_json::from_slice(text).map_err(malformed)?;
    let mut document = VexDocument::new(VexKind::OpenVex);
    document.id = said.id.filter(|id| !id.is_empty());
    document.author = said.author.filter(|author| !author.is_empty());
    document.updated = time(said.last_updated.as_deref()).or(time(said.timestamp.as_deref()));
    document.version = said.version.map(|version| version.0).unwrap_or_default();
    if document.updated.is_none() {
        document.remark(|| "`timestamp`: no time is stated".to_owned());
    }
    // A document that says when it was made and when it changed changed in some statement, not in all (feeds.md A28).
    let issued = time(said.timestamp.as_deref());
    let mut budget = Budget::new(limits);
    budget.take(subjects.len())?;
    let subject = |digest: &String| {
        let identities = vec![Identity::Digest(digest.clone())];
        document.add(Component { identities, ..Component::default() })
    };
    let inherited: Vec<Product> = subjects.iter().map(subject).map(Product::all_of).collect();
    for (position, statement) in said.statements.unwrap_or_default().into_iter().enumerate() {
        add(statement, position, issued, &inherited, &mut document, &mut budget)?;
    }
    Ok(document)
}

fn add(
    said: StatementText,
    position: usize,
    issued: Option<Timestamp>,
    inherited: &[Product],
    document: &mut VexDocument,
    budget: &mut Budget,
) -> Result<(), VexError> {
    let place: Arc<str> = format!("statements[{position}]").into();
    let named = said.vulnerability.map(|vulnerability| vulnerability.0);
    let names = match &named {
        None => Vec::new(),
        Some(TextOr::Text(name)) => vec![name.as_str()],
        Some(TextOr::Object(object)) => {
            let own = [object.name.as_deref(), object.id.as_deref()].into_iter().flatten();
            own.chain(object.aliases.iter().flatten().map(String::as_str)).collect()
        }
    };
    let ids = ids(names);
    if ids.is_empty() {
        document.remark(|| format!("`{place}.vulnerability`: no vulnerability is named"));
        return Ok(());
    }
    let status = match said.status.as_deref().unwrap_or_default() {
        "not_affected" => VexStatus::NotAffected,
        "fixed" => VexStatus::Fixed,
        "affected" => VexStatus::Affected,
        "under_investigation" => VexStatus::UnderInvestigation,
        other => {
            document.remark(|| format!("`{place}.status`: `{other}` is no status"));
            VexStatus::unknown(other)
        }
    };
    let justification = said.justification.filter(|word| !word.is_empty());
    if let Some(word) = justification.as_deref().filter(|word| !document.kind.has_justification(word)) {
        document.remark(|| format!("`{place}.justification`: `{word}` is no justification"));
    }
    let own = [&said.last_updated, &said.timestamp].map(Option::as_deref);
    for text in own.into_iter().flatten().filter(|text| time(Some(text)).is_none()) {
        document.remark(|| format!("`{place}.timestamp`: `{text}` is no time"));
    }
    let said_at = said_at(own, issued, status.suppresses());
    let mut products = Vec::new();
    for (nth, product) in said.products.unwrap_or_default().into_iter().enumerate() {
        let place = || format!("{place}.products[{nth}]");
        budget.take(1)?;
        let (whole, subcomponents) = component(product, &place, document);
        let mut parts = Vec::new();
        for (nth, part) in subcomponents.into_iter().enumerate() {
            budget.take(1)?;
            let place = || format!("{}.subcomponents[{nth}]", place());
            let (index, within) = component(part, &place, document);
            if within.is_empty() {
                parts.push(index);
                continue;
            }
            document.remark(|| format!("`{}`: a part with parts of its own is not read", place()));
            // Which of them are meant is not known. What is said not to be affected may be less than the part.
            parts.push(if status.suppresses() { document.add(Component::default()) } else { index });
        }
        products.push(Product { wholes: vec![whole], parts });
    }
    if products.is_empty() {
        budget.take(inherited.len())?;
        products = inherited.to_vec();
    }
    if products.is_empty() {
        document.remark(|| format!("`{place}.products`: no product is named"));
    }
    document.statements.push(Statement {
        place,
        ids,
        status,
        justification: justification.map(Into::into),
        detail: stated(said.impact_statement),
        notes: stated(said.status_notes),
        said_at,
        products,
    });
    Ok(())
}

/// The text, unless it is blank.
fn stated(text: Option<String>) -> Option<Arc<str>> {
    text.filter(|text| !text.trim().is_empty()).map(Into::into)
}

/// Adds a product or a part, and gives what it has of parts.
fn component(
    said: ProductText,
    place: &dyn Fn() -> String,
    document: &mut VexDocument,
) -> (ComponentIndex, Vec<ProductText>) {
    let mut component = Component::default();
    let mut wrong = Vec::new();
    let mut parts = Vec::new();
    match said.0 {
        TextOr::Text(id) => {
            if !component.add_text(&id) {
                wrong.push(id);
            }
        }
        TextOr::Object(object) => {
            let identifiers = object.identifiers.unwrap_or_default();
            for (algorithm, hex) in object.hashes.unwrap_or_default() {
                component.add_digest(&algorithm, hex.as_deref().unwrap_or_default());
            }
            for id in object.id.into_iter().chain(identifiers.purl) {
                if !component.add_text(&id) {
                    wrong.push(id);
                }
            }
            for cpe in identifiers.cpe23.into_iter().chain(identifiers.cpe22) {
                if !component.add_cpe(&cpe) {
                    wrong.push(cpe);
                }
            }
            parts = object.subcomponents.unwrap_or_default();
        }
    }
    for text in wrong {
        document.remark(|| format!("`{}`: `{text}` names no product", place()));
    }
    (document.add(component), parts)
}

#[derive(Deserialize)]
struct DocumentText {
    #[serde(rename = "@id")]
    id: Option<String>,
    author: Option<String>,
    timestamp: Option<String>,
    last_updated: Option<String>,
    version: Option<VersionText>,
    statements: Option<Vec<StatementText>>,
}

/// The numbers of a version, which is a number, or a text with one in early documents. Of anything else nothing is kept,
/// however large it is.
struct VersionText(Vec<u64>);

impl<'de> Deserialize<'de> for VersionText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(VersionVisitor).map(Self)
    }
}

struct VersionVisitor;

impl<'de> Visitor<'de> for VersionVisitor {
    type Value = Vec<u64>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a number or a text")
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(vec![number])
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(super::document::numbers(text))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<de::IgnoredAny>()?.is_some() {}
        Ok(Vec::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        while object.next_entry::<de::IgnoredAny, de::IgnoredAny>()?.is_some() {}
        Ok(Vec::new())
    }
}

#[derive(Deserialize)]
struct StatementText {
    vulnerability: Option<VulnerabilityText>,
    timestamp: Option<String>,
    last_updated: Option<String>,
    products: Option<Vec<ProductText>>,
    status: Option<String>,
    justification: Option<String>,
    impact_statement: Option<String>,
    status_notes: Option<String>,
}

struct VulnerabilityText(TextOr<VulnerabilityObject>);

struct ProductText(TextOr<ProductObject>);

#[derive(Deserialize)]
struct VulnerabilityObject {
    name: Option<String>,
    #[serde(rename = "@id")]
    id: Option<String>,
    aliases: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct ProductObject {
    #[serde(rename = "@id")]
    id: Option<String>,
    identifiers: Option<Identifiers>,
    hashes: Option<std::collections::BTreeMap<String, Option<String>>>,
    subcomponents: Option<Vec<ProductText>>,
}

#[derive(Default, Deserialize)]
struct Identifiers {
    purl: Option<String>,
    cpe22: Option<String>,
    cpe23: Option<String>,
}

/// What may be a text or an object.
enum TextOr<T> {
    Text(String),
    Object(T),
}

impl<'de> Deserialize<'de> for VulnerabilityText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Either(PhantomData)).map(Self)
    }
}

impl<'de> Deserialize<'de> for ProductText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Either(PhantomData)).map(Self)
    }
}

struct Either<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
    type Value = TextOr<T>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a text or an object")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(TextOr::Text(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(TextOr::Object)
    }
}
