//! Whether a document is as its specification says, and how much of the minimum elements it has.
//!
//! - [`cyclonedx`], [`spdx2`], [`spdx3`]: rules that no schema can say, a row each
//! - `spdx2_schema`: what the official schema of SPDX 2.2 and 2.3 says
//! - `spdx3_schema`: what that of SPDX 3.0.1 says
//! - [`schema_file`]: a JSON schema out of a file
//! - [`minimum`]: the minimum elements of the NTIA (2021) and of the CISA (draft of 2025)
//! - [`walk`]: every value of a document, with the path to it
//! - [`lines`]: the line a path stands on
//! - [`terms`]: package URLs, dates, hashes and licence expressions
//!
//! Everything is judged on the JSON of the document's model, whatever syntax it was written in.

use model::limits::Limits;
use serde::Serialize;

use super::cyclonedx::xml;
use super::wire::json::Source;
use super::wire::text;
use super::wire::tree::Tree;
use super::{DocumentError, PublicKey, SYNTAXES, Signature, accepted, envelope};

mod cyclonedx;
mod lines;
mod minimum;
mod schema_file;
mod spdx2;
pub(super) mod spdx2_schema;
mod spdx3;
mod spdx3_schema;
pub(super) mod terms;
mod walk;

pub use minimum::{Element, MinimumSet, Score};
pub use schema_file::{SchemaError, SchemaFile};

/// The most violations that are listed of one document.
const VIOLATIONS_MAX: usize = 10_000;

/// The most unknown members that are named of one object.
const UNKNOWN_MAX: usize = 100;

/// The most characters of a reason.
const REASON_CHARS_MAX: usize = 400;

/// Something in a document that its specification does not allow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// The rule, by an id that stays: `spdx2-id-unique`; `schema` for what an official or given schema says.
    pub rule: &'static str,
    /// The section of the specification that says so.
    pub section: &'static str,
    /// Where: `components[3].licenses[0]`; empty for the document as a whole.
    pub path: String,
    /// The line of the original text, from 1.
    pub line: Option<usize>,
    /// What is wrong.
    pub reason: String,
}

/// What judging a document came to.
#[derive(Clone, Debug, Serialize)]
pub struct Validation {
    /// What the document is, for people: `SPDX 2.3`.
    pub format: String,
    /// Whether it came in a signed envelope, and whose signature on that was verified.
    pub signature: Signature,
    /// Whether its structure was judged; otherwise only rules were.
    pub has_schema: bool,
    /// What is not allowed, by path in the order of the document.
    pub violations: Vec<Violation>,
    /// How many more there are, which are not listed.
    pub omitted: usize,
    /// How much of the minimum elements it has, a score for each [`MinimumSet`].
    pub scores: Vec<Score>,
}

impl Validation {
    /// Whether nothing is wrong.
    pub fn is_valid(&self) -> bool {
        self.violations.is_empty()
    }
}

/// A rule that a schema cannot say.
struct Rule {
    /// Stays for ever: what people silence and search for.
    id: &'static str,
    section: &'static str,
    /// What it demands, in a sentence.
    #[cfg_attr(not(test), expect(dead_code, reason = "the reference page is written from it, by a test"))]
    demands: &'static str,
}

impl Rule {
    /// Everything that a schema demands.
    const fn schema(section: &'static str) -> Self {
        Self { id: "schema", section, demands: "Members, their types and values are as the schema says." }
    }
}

/// Violations as they are found, before their lines are known.
#[derive(Default)]
struct Found {
    violations: Vec<Violation>,
    omitted: usize,
}

impl Found {
    fn add(&mut self, rule: &Rule, path: String, reason: String) {
        self.add_at(rule, path, None, reason);
    }

    fn add_at(&mut self, rule: &Rule, path: String, line: Option<usize>, reason: String) {
        if self.violations.len() == VIOLATIONS_MAX {
            self.omitted += 1;
            return;
        }
        let Rule { id, section, .. } = rule;
        let reason = match reason.char_indices().nth(REASON_CHARS_MAX) {
            Some((end, _)) => format!("{}…", &reason[..end]),
            None => reason,
        };
        self.violations.push(Violation { rule: id, section, path, line, reason });
    }
}

/// What models there are to judge by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    CycloneDx,
    Spdx2,
    Spdx3,
}

/// Judges the document in `bytes`. It need not be as its format is, only be of one that is read: what makes an
/// inventory impossible is a violation here.
///
/// # Errors
/// When the bytes are no document of a format that is read, or are not well-formed in its syntax; and when there are
/// `keys`, and the bytes are no envelope that one of these signed.
pub fn validate_bytes(
    bytes: &[u8],
    schema: Option<&SchemaFile>,
    limits: &Limits,
    keys: &[PublicKey],
) -> Result<Validation, DocumentError> {
    if bytes.len() as u64 > limits.document_bytes_max {
        return Err(DocumentError::LimitExceeded {
            limit: "document_bytes_max",
            max: limits.document_bytes_max,
        });
    }
    let text = text::decode(bytes)?;
    if text.trim_ascii().is_empty() {
        return Err(DocumentError::Empty { accepted: accepted() });
    }
    let envelope::Contents { kind, text, signature, .. } = envelope::open(text, limits, keys)?;
    let Some(syntax) = SYNTAXES.iter().find(|syntax| syntax.kind == kind) else {
        return Err(DocumentError::NotAccepted { looks_like: kind.to_string(), accepted: accepted() });
    };
    // These have no specification to be judged by.
    if matches!(kind, text::Kind::SyftJson | text::Kind::PurlList) {
        let accepted = "CycloneDX and SPDX; `convert` makes one of it".to_owned();
        return Err(DocumentError::NotAccepted { looks_like: kind.to_string(), accepted });
    }
    let name = if kind == text::Kind::Spdx3Json { "SPDX 3 JSON-LD" } else { syntax.model.name };
    let json = (syntax.to_json)(&text, limits)?;
    let validation = judge(&json, (&text, &kind), name, schema)?;
    Ok(Validation { signature, ..validation })
}

fn judge(
    json: &str,
    (text, kind): (&str, &text::Kind),
    format: &'static str,
    schema: Option<&SchemaFile>,
) -> Result<Validation, DocumentError> {
    let mut tree: Tree = Source { format, text: json }.parse()?;
    let is_xml = *kind == text::Kind::CycloneDxXml;
    if is_xml {
        xml::without_beyond(&mut tree);
    }
    let mut found = Found::default();
    let family = family(&tree);
    if family == Family::Spdx3 && !spdx3::is_of_spdx(&tree) {
        return Err(DocumentError::NotAccepted {
            looks_like: "JSON-LD of no SPDX".to_owned(),
            accepted: accepted(),
        });
    }
    let (name, has_schema) = match family {
        Family::CycloneDx => {
            (format!("CycloneDX {}", word(&tree, "specVersion")), cyclonedx::check(&tree, is_xml, &mut found))
        }
        Family::Spdx2 => {
            let version = word(&tree, "spdxVersion");
            let version = version.strip_prefix("SPDX-").unwrap_or(version);
            (format!("SPDX {version}"), spdx2::check(&tree, &mut found))
        }
        Family::Spdx3 => (format!("SPDX {}", spdx3::version(&tree)), spdx3::check(&tree, &mut found)),
    };
    if let Some(schema) = schema {
        match is_xml {
            true => schema.check(&serde_json::to_string(&tree).unwrap_or_default(), &mut found),
            false => schema.check(json, &mut found),
        }
    }
    if is_xml {
        cyclonedx::check_xml(text, &mut found)?;
    } else {
        lines::fill(&mut found.violations, json, text, kind);
    }
    let Found { mut violations, omitted } = found;
    violations
        .sort_by(|one, other| (one.line, &one.path, one.rule).cmp(&(other.line, &other.path, other.rule)));
    let scores = minimum::scores(&tree, family);
    let has_schema = has_schema || schema.is_some();
    Ok(Validation { format: name, signature: Signature::None, has_schema, violations, omitted, scores })
}

fn family(tree: &Tree) -> Family {
    if tree.get("bomFormat").is_some() {
        Family::CycloneDx
    } else if tree.get("@context").is_some() {
        Family::Spdx3
    } else {
        Family::Spdx2
    }
}

/// The text of a member; empty where there is none.
fn word<'t>(tree: &'t Tree, name: &str) -> &'t str {
    tree.get(name).and_then(Tree::as_str).unwrap_or_default()
}

/// `text` as it is shown in a reason: quoted, and cut off where it is long.
fn shown(text: &str) -> String {
    if text.chars().nth(120).is_none() {
        return format!("`{text}`");
    }
    let start: String = text.chars().take(120).collect();
    format!("`{start}…`")
}

/// What a value is, for people.
fn kind_of(tree: &Tree) -> &'static str {
    match tree {
        Tree::Null => "null",
        Tree::Bool(_) => "true or false",
        Tree::Number(_) => "a number",
        Tree::Text(_) => "a text",
        Tree::List(_) => "a list",
        Tree::Object(_) => "an object",
    }
}

/// Why the members of `tree` that are not known are wrong.
fn unknown_members(tree: &Tree, is_known: impl Fn(&str) -> bool) -> Vec<String> {
    let mut unknown = tree.members().iter().filter(|(name, _)| !is_known(name));
    let named = unknown.by_ref().take(UNKNOWN_MAX);
    let mut reasons: Vec<_> =
        named.map(|(name, _)| format!("has the member {}, which is not known", shown(name))).collect();
    match unknown.count() {
        0 => {}
        more => reasons.push(format!("has {more} more members that are not known")),
    }
    reasons
}

#[cfg(test)]
mod page_tests;
#[cfg(test)]
mod tests;
