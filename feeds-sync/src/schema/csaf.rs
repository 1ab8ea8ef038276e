//! CSAF documents, versions 2.0 and 2.1 (docs.oasis-open.org/csaf; feeds.md A27): the shape as JSON has it.
//!
//! What version 2.1 renamed is read side by side with the older names. Fields that plimsoll has no use for are passed
//! over. The ids of products are opaque: [`tree::Products`] resolves them, and nobody splits them.

mod branch;
pub mod changes;
pub mod component;
pub mod generic;
pub mod header;
pub mod rows;
pub mod service;
pub mod statements;
pub mod tree;

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;

use crate::error::ParseError;
pub use crate::schema::Text;
use crate::schema::{from_json, null_as_default, within_memory};
use tree::Tree;

/// A document.
#[derive(Debug, Deserialize)]
pub struct Csaf<'a> {
    /// About the document itself.
    #[serde(borrow)]
    pub document: Head<'a>,
    /// The products that it speaks of.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub product_tree: Tree<'a>,
    /// What it says of each vulnerability.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub vulnerabilities: Vec<Vulnerability<'a>>,
}

impl<'a> Csaf<'a> {
    /// The document that `text` is.
    ///
    /// # Errors
    /// It is no JSON, or of another shape, or passes a limit. Nesting is bounded by the reader of JSON (128 levels).
    pub fn read(text: &'a [u8]) -> Result<Self, ParseError> {
        within_memory(text)?;
        let mut document: Self = from_json(text)?;
        for vulnerability in &mut document.vulnerabilities {
            vulnerability.product_status.values_mut().flatten().for_each(keep_first);
        }
        Ok(document)
    }
}

/// Keeps each id of a list once: readers look at all that is said of each.
fn keep_first(ids: &mut Vec<Text<'_>>) {
    let is_first: Vec<bool> = {
        let mut seen = HashSet::with_capacity(ids.len());
        ids.iter().map(|id| seen.insert(&**id)).collect()
    };
    let mut is_first = is_first.into_iter();
    ids.retain(|_| is_first.next().unwrap_or(true));
}

/// `document`.
#[derive(Debug, Deserialize)]
pub struct Head<'a> {
    /// Who may read it.
    #[serde(borrow)]
    pub distribution: Option<Distribution<'a>>,
    /// How bad all of it is, in the publisher's word.
    #[serde(borrow)]
    pub aggregate_severity: Option<AggregateSeverity<'a>>,
    /// One line for people.
    #[serde(borrow)]
    pub title: Option<Text<'a>>,
    /// Texts for people.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub notes: Vec<Note<'a>>,
    /// Which document it is, and of when.
    #[serde(borrow)]
    pub tracking: Tracking<'a>,
}

/// `document.distribution`.
#[derive(Debug, Deserialize)]
pub struct Distribution<'a> {
    #[serde(borrow)]
    tlp: Option<Tlp<'a>>,
}

#[derive(Debug, Deserialize)]
struct Tlp<'a> {
    #[serde(borrow)]
    label: Option<Text<'a>>,
}

impl Head<'_> {
    /// Who may read it, in the words of the Traffic Light Protocol.
    pub fn tlp(&self) -> Option<&str> {
        self.distribution.as_ref()?.tlp.as_ref()?.label.as_deref()
    }
}

/// Whether a label of the Traffic Light Protocol lets anybody read: `CLEAR` since version 2, `WHITE` before.
pub fn is_for_everybody(label: &str) -> bool {
    ["CLEAR", "WHITE"].iter().any(|word| label.trim().eq_ignore_ascii_case(word))
}

/// `document.aggregate_severity`.
#[derive(Debug, Deserialize)]
pub struct AggregateSeverity<'a> {
    /// The word.
    #[serde(borrow)]
    pub text: Option<Text<'a>>,
}

/// `document.tracking`.
#[derive(Debug, Deserialize)]
pub struct Tracking<'a> {
    /// The document's id: `CVE-2025-10001`, `RHSA-2025:9001`.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// `draft`, `interim`, `final`; `deleted` stands in documents that some tools leave in place of one.
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    /// Which state of it this is: a number, or three with dots between.
    #[serde(borrow)]
    pub version: Option<Text<'a>>,
    /// When it was first published, RFC 3339.
    #[serde(borrow)]
    pub initial_release_date: Option<Text<'a>>,
    /// When it last changed, RFC 3339.
    #[serde(borrow)]
    pub current_release_date: Option<Text<'a>>,
}

/// An element of `vulnerabilities`.
#[derive(Debug, Default, Deserialize)]
pub struct Vulnerability<'a> {
    /// The CVE id, where it has one.
    #[serde(borrow)]
    pub cve: Option<Text<'a>>,
    /// Ids of other systems.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub ids: Vec<OtherId<'a>>,
    /// One line for people.
    #[serde(borrow)]
    pub title: Option<Text<'a>>,
    /// The weakness (2.0).
    #[serde(borrow)]
    pub cwe: Option<Weakness<'a>>,
    /// The weaknesses (2.1).
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub cwes: Vec<Weakness<'a>>,
    /// Texts for people.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub notes: Vec<Note<'a>>,
    /// Links.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub references: Vec<Link<'a>>,
    /// When it was found. In Red Hat's newer documents it is when it became public.
    #[serde(borrow)]
    pub discovery_date: Option<Text<'a>>,
    /// When it became public (2.0).
    #[serde(borrow)]
    pub release_date: Option<Text<'a>>,
    /// When it became public (2.1).
    #[serde(borrow)]
    pub disclosure_date: Option<Text<'a>>,
    /// The ids of products by what is said of them; [`ProductStatus`] is what a word means.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub product_status: BTreeMap<Text<'a>, Option<Vec<Text<'a>>>>,
    /// What is or will be done.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub remediations: Vec<Remediation<'a>>,
    /// How bad it is, and whether it is exploited.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub threats: Vec<Threat<'a>>,
    /// Why products are not affected.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub flags: Vec<Flag<'a>>,
    /// CVSS (2.0).
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub scores: Vec<Score<'a>>,
    /// CVSS and others (2.1).
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub metrics: Vec<Score<'a>>,
    /// Whom it thanks.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub acknowledgments: Vec<Acknowledgment<'a>>,
}

/// The lists of `product_status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProductStatus {
    /// The first that is affected.
    FirstAffected,
    /// The first that has the fix.
    FirstFixed,
    /// It has the fix.
    Fixed,
    /// It is affected.
    KnownAffected,
    /// It is not affected.
    KnownNotAffected,
    /// The last that is affected.
    LastAffected,
    /// What to install.
    Recommended,
    /// Not decided yet.
    UnderInvestigation,
    /// Not known (2.1).
    Unknown,
}

impl ProductStatus {
    /// What the name of a list means; none for a word that no version of CSAF has.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "first_affected" => Self::FirstAffected,
            "first_fixed" => Self::FirstFixed,
            "fixed" => Self::Fixed,
            "known_affected" => Self::KnownAffected,
            "known_not_affected" => Self::KnownNotAffected,
            "last_affected" => Self::LastAffected,
            "recommended" => Self::Recommended,
            "under_investigation" => Self::UnderInvestigation,
            "unknown" => Self::Unknown,
            _ => return None,
        })
    }
}

impl<'a> Vulnerability<'a> {
    /// Each list that has a known name, with its products.
    pub fn statuses(&self) -> impl Iterator<Item = (ProductStatus, &[Text<'a>])> {
        let known = |(word, ids): (&Text<'_>, _)| Some((ProductStatus::from_word(word)?, ids));
        let lists = self.product_status.iter().filter_map(move |(word, ids)| known((word, ids)));
        lists.map(|(status, ids)| (status, ids.as_deref().unwrap_or_default()))
    }

    /// The names of lists that no version of CSAF has.
    pub fn unknown_statuses(&self) -> impl Iterator<Item = &str> {
        let words = self.product_status.keys().map(|word| &**word);
        words.filter(|word| ProductStatus::from_word(word).is_none())
    }
}

/// An element of `ids`.
#[derive(Debug, Deserialize)]
pub struct OtherId<'a> {
    /// Whose it is: `Red Hat Bugzilla ID`.
    #[serde(borrow)]
    pub system_name: Option<Text<'a>>,
    /// The id.
    #[serde(borrow)]
    pub text: Option<Text<'a>>,
}

/// A weakness.
#[derive(Debug, Deserialize)]
pub struct Weakness<'a> {
    /// `CWE-79`.
    #[serde(borrow)]
    pub id: Option<Text<'a>>,
}

/// A text for people.
#[derive(Debug, Deserialize)]
pub struct Note<'a> {
    /// `description`, `summary`, `details`, `general`, …
    #[serde(borrow)]
    pub category: Option<Text<'a>>,
    /// The text.
    #[serde(borrow)]
    pub text: Option<Text<'a>>,
}

/// A link.
#[derive(Debug, Deserialize)]
pub struct Link<'a> {
    /// `self` or `external`.
    #[serde(borrow)]
    pub category: Option<Text<'a>>,
    /// Where it leads.
    #[serde(borrow)]
    pub url: Option<Text<'a>>,
}

/// An element of `remediations`.
#[derive(Debug, Default, Deserialize)]
pub struct Remediation<'a> {
    /// `vendor_fix`, `no_fix_planned`, `none_available`, `workaround`, `mitigation`; 2.1 adds `fix_planned` and
    /// `optional_patch`.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub category: Text<'a>,
    /// When it came, RFC 3339.
    #[serde(borrow)]
    pub date: Option<Text<'a>>,
    /// In words.
    #[serde(borrow)]
    pub details: Option<Text<'a>>,
    /// Where it is described.
    #[serde(borrow)]
    pub url: Option<Text<'a>>,
    /// Of these products.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub product_ids: Vec<Text<'a>>,
    /// And of those of these groups.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub group_ids: Vec<Text<'a>>,
}

/// An element of `threats`.
#[derive(Debug, Default, Deserialize)]
pub struct Threat<'a> {
    /// `impact`, `exploit_status`, `target_set`.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub category: Text<'a>,
    /// In words; of an impact, the severity.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub details: Text<'a>,
    /// Of these products.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub product_ids: Vec<Text<'a>>,
    /// And of those of these groups.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub group_ids: Vec<Text<'a>>,
}

/// An element of `flags`.
#[derive(Debug, Default, Deserialize)]
pub struct Flag<'a> {
    /// Why products are not affected: `vulnerable_code_not_present`.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub label: Text<'a>,
    /// Of these products.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub product_ids: Vec<Text<'a>>,
    /// And of those of these groups.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub group_ids: Vec<Text<'a>>,
}

/// An element of `scores` (2.0) or `metrics` (2.1), which differ in where the vectors stand.
#[derive(Debug, Default, Deserialize)]
pub struct Score<'a> {
    /// Version 2.
    #[serde(borrow)]
    cvss_v2: Option<Cvss<'a>>,
    /// Versions 3.0 and 3.1.
    #[serde(borrow)]
    cvss_v3: Option<Cvss<'a>>,
    /// The vectors, since 2.1.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    content: Vectors<'a>,
    /// Of these products.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub products: Vec<Text<'a>>,
}

#[derive(Debug, Default, Deserialize)]
struct Vectors<'a> {
    #[serde(borrow)]
    cvss_v2: Option<Cvss<'a>>,
    #[serde(borrow)]
    cvss_v3: Option<Cvss<'a>>,
    #[serde(borrow)]
    cvss_v4: Option<Cvss<'a>>,
}

impl<'a> Score<'a> {
    /// The vectors stated.
    pub fn vectors(&self) -> impl Iterator<Item = &Cvss<'a>> {
        let Vectors { cvss_v2, cvss_v3, cvss_v4 } = &self.content;
        [&self.cvss_v2, &self.cvss_v3, cvss_v2, cvss_v3, cvss_v4].into_iter().flatten()
    }
}

/// A CVSS object.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cvss<'a> {
    /// The vector as written.
    #[serde(borrow)]
    pub vector_string: Option<Text<'a>>,
    /// The base score; a number, though templates have a text there.
    base_score: Option<serde_json::Value>,
}

impl Cvss<'_> {
    /// The base score as written.
    pub fn score(&self) -> Option<&serde_json::Number> {
        self.base_score.as_ref()?.as_number()
    }
}

/// Whom a vulnerability thanks.
#[derive(Debug, Deserialize)]
pub struct Acknowledgment<'a> {
    /// People.
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub names: Vec<Text<'a>>,
    /// Their organization.
    #[serde(borrow)]
    pub organization: Option<Text<'a>>,
}
