//! OpenVEX, in the forms of its versions 0.0.1 and 0.2.0 (feeds.md A28).
//!
//! A document is read whole and once: its text is bounded by `record_bytes_max`, and what is made of it borrows from
//! the text.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use model::advisory::Status;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, de};

use crate::advisories::Remarks;
use crate::error::ParseError;
use crate::schema::{null_as_default, within_memory};

/// What stands before the version in `@context`.
const CONTEXT: &str = "https://openvex.dev/ns";

/// A document, with its statements in the order of their times.
#[derive(Debug)]
pub struct VexDocument<'a> {
    /// Its IRI.
    pub id: Option<Cow<'a, str>>,
    /// Who says so.
    pub author: Option<Cow<'a, str>>,
    /// What is said: of two statements about the same the later one stands.
    pub statements: Vec<Statement<'a>>,
}

/// One statement.
#[derive(Debug)]
pub struct Statement<'a> {
    /// About which vulnerability.
    pub vulnerability: Vulnerability<'a>,
    /// About which products.
    pub products: Vec<Product<'a>>,
    /// What is said.
    pub status: Status,
    /// When it was said; the document's time where the statement has none.
    pub effective_at: Option<Timestamp>,
    /// Why it is not affected, in a word.
    pub justification: Option<Cow<'a, str>>,
    /// Why it is not affected, in words.
    pub impact_statement: Option<Cow<'a, str>>,
    /// What is to be done.
    pub action_statement: Option<Cow<'a, str>>,
    /// What else is said of the status.
    pub status_notes: Option<Cow<'a, str>>,
}

/// A vulnerability: the name alone in version 0.0.1, an object later.
#[derive(Debug, Default)]
pub struct Vulnerability<'a> {
    /// Its id; the IRI where nothing else is given.
    pub name: Cow<'a, str>,
    /// Other names of it.
    pub aliases: Vec<Cow<'a, str>>,
    /// What it is.
    pub description: Option<Cow<'a, str>>,
}

/// A product or a part of one: the id alone in version 0.0.1, an object later.
#[derive(Debug, Default)]
pub struct Product<'a> {
    /// Its id, which is a purl more often than not.
    pub id: Cow<'a, str>,
    /// Its purl, where that is stated apart.
    pub purl: Option<Cow<'a, str>>,
    /// The parts of it that are meant; none where it is meant itself.
    pub subcomponents: Vec<Self>,
}

impl Product<'_> {
    /// Its purl: the one stated, else the id when it is one.
    pub fn purl(&self) -> Option<&str> {
        self.purl.as_deref().or(Some(&*self.id)).filter(|purl| purl.starts_with("pkg:"))
    }
}

/// Reads one document. A statement with an unknown status or without a vulnerability is left out, and counted.
///
/// # Errors
/// When `text` is no OpenVEX document, or passes a limit.
pub fn read<'a>(text: &'a [u8], remarks: &mut Remarks) -> Result<VexDocument<'a>, ParseError> {
    within_memory(text)?;
    let document: Document<'a> = serde_json::from_slice(text)?;
    if !document.context.starts_with(CONTEXT) {
        return Err(ParseError::NotTheFeed("JSON, but no OpenVEX document".to_owned()));
    }
    let time = |text: &Option<Cow<'_, str>>| text.as_ref().and_then(|text| text.parse::<Timestamp>().ok());
    let of_document = time(&document.last_updated).or(time(&document.timestamp));
    let mut statements: Vec<Statement<'a>> = Vec::new();
    for said in document.statements {
        let effective_at = time(&said.last_updated).or(time(&said.timestamp)).or(of_document);
        let status = match &*said.status {
            "not_affected" => Status::NotAffected,
            "affected" => Status::Affected,
            "fixed" => Status::Fixed,
            "under_investigation" => Status::UnderInvestigation,
            other => {
                remarks.unknown_word("status", other);
                continue;
            }
        };
        if said.vulnerability.0.name.is_empty() {
            remarks.leave_out("statement about no vulnerability");
            continue;
        }
        statements.push(Statement {
            vulnerability: said.vulnerability.0,
            products: said.products.into_iter().map(|product| product.0).collect(),
            status,
            effective_at,
            justification: said.justification,
            impact_statement: said.impact_statement,
            action_statement: said.action_statement,
            status_notes: said.status_notes,
        });
    }
    // Of the same time the later in the file stands, so the order among them is kept.
    statements.sort_by_key(|statement| statement.effective_at);
    Ok(VexDocument { id: document.id, author: document.author, statements })
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow, rename = "@context")]
    context: Cow<'a, str>,
    #[serde(borrow, rename = "@id")]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    author: Option<Cow<'a, str>>,
    #[serde(borrow)]
    timestamp: Option<Cow<'a, str>>,
    #[serde(borrow)]
    last_updated: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    statements: Vec<StatementText<'a>>,
}

#[derive(Deserialize)]
struct StatementText<'a> {
    #[serde(borrow, default)]
    vulnerability: VulnerabilityText<'a>,
    #[serde(borrow)]
    timestamp: Option<Cow<'a, str>>,
    #[serde(borrow)]
    last_updated: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    products: Vec<ProductText<'a>>,
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(borrow)]
    justification: Option<Cow<'a, str>>,
    #[serde(borrow)]
    impact_statement: Option<Cow<'a, str>>,
    #[serde(borrow)]
    action_statement: Option<Cow<'a, str>>,
    #[serde(borrow)]
    status_notes: Option<Cow<'a, str>>,
}

/// A vulnerability in either form.
#[derive(Default)]
struct VulnerabilityText<'a>(Vulnerability<'a>);

/// A product in either form.
struct ProductText<'a>(Product<'a>);

#[derive(Deserialize)]
struct VulnerabilityObject<'a> {
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "@id")]
    id: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    aliases: Vec<Cow<'a, str>>,
    #[serde(borrow)]
    description: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct ProductObject<'a> {
    #[serde(borrow, rename = "@id")]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    identifiers: Option<Identifiers<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    subcomponents: Vec<ProductText<'a>>,
}

#[derive(Deserialize)]
struct Identifiers<'a> {
    #[serde(borrow)]
    purl: Option<Cow<'a, str>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for VulnerabilityText<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let either = deserializer.deserialize_any(Either::<VulnerabilityObject<'a>>::new())?;
        Ok(Self(match either {
            Named::Alone(name) => Vulnerability { name, ..Vulnerability::default() },
            Named::Object(object) => {
                let VulnerabilityObject { name, id, aliases, description } = object;
                let name = name.filter(|name| !name.is_empty()).or(id).unwrap_or_default();
                Vulnerability { name, aliases, description }
            }
        }))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for ProductText<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let either = deserializer.deserialize_any(Either::<ProductObject<'a>>::new())?;
        Ok(Self(match either {
            Named::Alone(id) => Product { id, ..Product::default() },
            Named::Object(object) => Product {
                id: object.id.unwrap_or_default(),
                purl: object.identifiers.and_then(|identifiers| identifiers.purl),
                subcomponents: object.subcomponents.into_iter().map(|part| part.0).collect(),
            },
        }))
    }
}

/// What may be a text or an object.
enum Named<'a, T> {
    Alone(Cow<'a, str>),
    Object(T),
}

struct Either<T>(std::marker::PhantomData<T>);

impl<T> Either<T> {
    fn new() -> Self {
        Self(std::marker::PhantomData)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
    type Value = Named<'de, T>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a text or an object")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Named::Alone(Cow::Borrowed(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Named::Alone(Cow::Owned(text.to_owned())))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Named::Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `status vulnerability: product [subcomponents]` of each statement, in order.
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut remarks = Remarks::default();
        let document = read(text.as_bytes(), &mut remarks).unwrap();
        let parts = |product: &Product<'_>| {
            product.subcomponents.iter().filter_map(Product::purl).collect::<Vec<_>>().join(" ")
        };
        let mut lines: Vec<String> = Vec::new();
        for statement in &document.statements {
            for product in &statement.products {
                let (name, purl) = (&statement.vulnerability.name, product.purl().unwrap_or("-"));
                lines.push(format!("{:?} {name}: {purl} [{}]", statement.status, parts(product)));
            }
        }
        lines.extend(remarks.unknown_words.keys().map(|word| format!("unknown {word}")));
        lines.extend(remarks.left_out.keys().map(|reason| format!("left out {reason}")));
        assert_eq!(lines.join("\n"), expected);
    }

    #[test]
    fn the_first_form_names_vulnerabilities_and_products_by_text() {
        check(
            r#"{"@context": "https://openvex.dev/ns", "author": "Acme", "statements": [
                {"vulnerability": "CVE-2025-10001", "products": ["pkg:npm/demo@1", "acme"], "status": "fixed"}]}"#,
            "Fixed CVE-2025-10001: pkg:npm/demo@1 []\nFixed CVE-2025-10001: - []",
        );
    }

    #[test]
    fn the_second_form_names_them_by_objects() {
        check(
            r#"{"@context": "https://openvex.dev/ns/v0.2.0", "statements": [
                {"vulnerability": {"name": "CVE-2025-10001", "aliases": ["GHSA-aaaa-bbbb-cccc"]}, "products": [
                  {"@id": "acme", "identifiers": {"purl": "pkg:oci/demo", "cpe23": "cpe:2.3:a:acme"},
                   "subcomponents": [{"@id": "pkg:npm/demo@1"}, {"@id": "x"}]}], "status": "not_affected"},
                {"vulnerability": {"@id": "CVE-2025-2"}, "products": [{"@id": "pkg:npm/b"}], "status": "affected"}]}"#,
            "NotAffected CVE-2025-10001: pkg:oci/demo [pkg:npm/demo@1]\nAffected CVE-2025-2: pkg:npm/b []",
        );
    }

    #[test]
    fn later_statements_come_last_whatever_their_place() {
        check(
            r#"{"@context": "https://openvex.dev/ns/v0.2.0", "timestamp": "2025-06-02T00:00:00Z", "statements": [
                {"vulnerability": {"name": "C"}, "products": ["pkg:a/c"], "status": "fixed",
                 "timestamp": "2025-06-03T00:00:00Z"},
                {"vulnerability": {"name": "B"}, "products": ["pkg:a/b"], "status": "affected"},
                {"vulnerability": {"name": "A"}, "products": ["pkg:a/a"], "status": "fixed",
                 "timestamp": "2025-06-03T01:00:00+02:00"},
                {"vulnerability": {"name": "B"}, "products": ["pkg:a/b"], "status": "fixed"}]}"#,
            "Affected B: pkg:a/b []\nFixed B: pkg:a/b []\nFixed A: pkg:a/a []\nFixed C: pkg:a/c []",
        );
    }

    #[test]
    fn what_is_not_understood_is_counted() {
        check(
            r#"{"@context": "https://openvex.dev/ns/v0.2.0", "statements": [
                {"vulnerability": {"name": "A"}, "products": null, "status": "resolved"},
                {"vulnerability": {}, "status": "fixed"}, {"status": "fixed"}]}"#,
            "unknown status=resolved\nleft out statement about no vulnerability",
        );
        assert!(read(b"{\"@context\": \"https://spdx.org\"}", &mut Remarks::default()).is_err());
        assert!(read(b"{\"statements\": []}", &mut Remarks::default()).is_err());
    }
}
