//! SBOM documents: one file a format, from an inventory to bytes and from bytes to an inventory.
//!
//! A format that is [read](read) keeps the law `read(write(inventory)).inventory == inventory` for every
//! inventory whose owners form no cycle. Standard fields carry what they can; what they cannot say, or would
//! say differently, travels beside them in a documented set of `plimsoll:*` facts (`docs/reference/sbom-facts.md`).
//! Exports are written only.
//!
//! Documents of other tools are read for what matching needs of them. What they lack is a
//! [`MISSING_FACT`](model::gap::GapKind::MISSING_FACT) gap that says which fact and what it costs. Fields that
//! matching does not need are not kept.

use std::borrow::Cow;
use std::fmt;
use std::io;

use model::inventory::Inventory;
use model::limits::Limits;

pub use convert::{ConvertError, Said};
pub use envelope::Attested;
pub use file::read_file;
pub use signature::Signature;
pub use signing::PublicKey;
pub(crate) use wire::identity::full_name;
use wire::text::Kind;
use wire::tree::Tree;

mod convert;
mod cyclonedx;
mod envelope;
mod file;
mod purl_list;
mod purls;
mod signature;
mod spdx2;
mod spdx3;
mod syft;
mod table;
pub mod validate;
mod wire;

/// Every format that is written, sorted by name.
pub static FORMATS: &[&Format] = &[
    &cyclonedx::FORMAT,
    &cyclonedx::xml::FORMAT,
    &purls::FORMAT,
    &spdx2::FORMAT,
    &spdx2::tag_value::FORMAT,
    &table::FORMAT,
];

/// The most parts a merged document may have.
pub(crate) const PARTS_MAX: usize = 1 << 16;

/// Every syntax that is read.
static SYNTAXES: &[&Syntax] = &[
    &cyclonedx::SYNTAX,
    &cyclonedx::xml::SYNTAX,
    &spdx2::SYNTAX,
    &spdx2::rdf::SYNTAX,
    &spdx2::tag_value::SYNTAX,
    &spdx2::xml::SYNTAX,
    &spdx2::yaml::SYNTAX,
    &spdx3::SYNTAX,
    &syft::SYNTAX,
    &purl_list::SYNTAX,
];

/// A document format.
pub struct Format {
    /// Its name, as given to `-o`: kebab case.
    pub name: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// The versions of its specification that can be written, the default first; none for an export.
    pub versions: &'static [&'static str],
    /// Writes an inventory, in one of `versions` (empty for an export).
    write: fn(&Inventory, &str, &WriteOptions<'_>, &mut dyn io::Write) -> io::Result<()>,
    /// What documents in one of `versions` are of; none for an export.
    model: Option<fn(&str) -> &'static Model>,
    rewrite: Option<Rewrite>,
}

/// Writes a document of the format's model, which was read from a syntax, in a version, and says what it had to leave out.
type Rewrite = fn(Tree, &Kind, &str, &mut dyn io::Write) -> io::Result<Vec<Loss>>;

/// What documents of several syntaxes are of: CycloneDX, SPDX 2, …
///
/// A document is brought into the JSON of its model first, whatever its syntax, with nothing lost. Everything else
/// (reading an inventory, converting, merging, validating) sees only that.
struct Model {
    /// For people: `CycloneDX`.
    name: &'static str,
    /// The inventory in the JSON of a document.
    inventory: fn(&str, &Limits) -> Result<Seen, DocumentError>,
    /// Whether a document of one version is written in another by [`Format::rewrite`]; else it goes through the inventory.
    fits_versions: bool,
    /// Where values lie that `inventory` looks at, without positions: `components[].name`.
    understood: &'static [&'static str],
}

/// What is seen in the JSON of a document.
struct Seen {
    /// The version of the specification, as written.
    version: String,
    inventory: Inventory,
    /// Whether plimsoll wrote it.
    is_own: bool,
}

/// How documents are written down, and told from others.
struct Syntax {
    kind: Kind,
    /// What is accepted, for people: `CycloneDX 1.2 to 1.7 JSON`.
    accepts: &'static str,
    /// For people, after the version: `JSON`.
    suffix: &'static str,
    model: &'static Model,
    /// The document as JSON of its model.
    to_json: for<'a> fn(&'a str, &Limits) -> Result<Cow<'a, str>, DocumentError>,
}

/// Something in a document that another format, or another version, has no place for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Loss {
    /// Where it is, without positions: `components[].releaseNotes.title`.
    pub path: String,
    /// How many values are lost there.
    pub count: usize,
    /// The first of them, shortened.
    pub example: String,
}

/// A format and the version of it that was asked for.
#[derive(Clone, Copy)]
pub struct Choice {
    format: &'static Format,
    version: Option<&'static str>,
}

/// What a document says besides its inventory.
#[derive(Clone, Copy, Debug)]
pub struct WriteOptions<'a> {
    /// The version of plimsoll that writes.
    pub tool_version: &'a str,
    /// When the document is made; written in whole seconds.
    pub created: jiff::Timestamp,
}

/// A document as read, with nothing lost.
#[derive(Clone, Debug)]
pub struct Document<'a> {
    /// What it is, for people: `CycloneDX 1.6 JSON`.
    pub format: String,
    /// The inventory seen in it.
    pub inventory: Inventory,
    model: &'static Model,
    /// What it was written down in.
    kind: Kind,
    /// The version of the specification, as written.
    version: String,
    /// All of it, as JSON of its model.
    json: Cow<'a, str>,
    /// Whether it came in a signed envelope, and whose signature on that was verified.
    pub signature: Signature,
    /// Whether plimsoll wrote it.
    is_own: bool,
}

/// The inventory of the one package that `text`, a package URL, names.
///
/// # Errors
/// The text is no package URL.
pub fn of_purl(text: &str) -> Result<Inventory, model::purl::InvalidPurl> {
    text.parse::<model::purl::Purl>()?;
    let package = wire::identity::package("", "", text);
    let distro = wire::identity::distro(text);
    let subject = model::inventory::Subject { name: text.to_owned(), ..Default::default() };
    Ok(Inventory::new(subject, distro, vec![package], Vec::new()))
}

/// What a text says, without what it travelled in.
#[derive(Clone, Debug)]
pub struct Contents<'a> {
    /// What it says; CycloneDX in XML as the JSON of its model.
    pub text: Cow<'a, str>,
    /// Whether it came in a signed envelope, and whose signature on that was verified.
    pub signature: Signature,
    /// What the in-toto statement around it says of it, where there is one.
    pub statement: Option<Attested>,
}

/// A format or version that cannot be written.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownFormat {
    /// No format has this name.
    #[error("no SBOM format is called `{name}`; known are {known}")]
    Name {
        /// What was asked for.
        name: String,
        /// The names of all formats, comma-separated.
        known: String,
    },
    /// The format is not written in this version.
    #[error("`{name}` is not written in version `{version}`; known are {known}")]
    Version {
        /// The format.
        name: &'static str,
        /// What was asked for.
        version: String,
        /// The versions it has, comma-separated; `none` for an export.
        known: String,
    },
}

/// A document that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// There is nothing in it.
    #[error("the document is empty; accepted are {accepted}")]
    Empty {
        /// What can be read.
        accepted: String,
    },
    /// It is no SBOM, or one in a form that is not read.
    #[error("the document looks like {looks_like}; accepted are {accepted}")]
    NotAccepted {
        /// What its first bytes or members say it is.
        looks_like: String,
        /// What can be read.
        accepted: String,
    },
    /// Its file gives an error.
    #[error("the document cannot be read")]
    Input {
        /// The error.
        source: io::Error,
    },
    /// It is not UTF-8.
    #[error("the document is not UTF-8: {reason}")]
    Encoding {
        /// Where, or what it is instead.
        reason: String,
    },
    /// It claims to be of a format, and is not as that format is.
    #[error("{format} document, {place} (line {line}, column {column}): {reason}")]
    Malformed {
        /// What it claims to be.
        format: &'static str,
        /// The path of members that leads there: `components[3].purl`.
        place: String,
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1.
        column: usize,
        /// What is wrong.
        reason: String,
    },
    /// It is written down in another way than JSON, and says something else than its format wants said.
    #[error("{format} document, {place}: {reason}")]
    Misfit {
        /// What it claims to be.
        format: String,
        /// The path that leads there in the JSON of the format: `components[3].purl`.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// None of the keys it has to be signed with signed it.
    #[error("the document is not signed with one of the given keys: {reason}")]
    NotSigned {
        /// What it is instead.
        reason: String,
    },
    /// It passes a limit.
    #[error("the document exceeds the limit {limit} of {max}")]
    LimitExceeded {
        /// The limit's name.
        limit: &'static str,
        /// Its value.
        max: u64,
    },
}

/// The format called `name`, in the version after an `@` or in its default version.
pub fn by_name(name: &str) -> Result<Choice, UnknownFormat> {
    let (base, wanted) = match name.split_once('@') {
        Some((base, version)) => (base, Some(version)),
        None => (name, None),
    };
    let format = FORMATS.iter().copied().find(|format| format.name == base).ok_or_else(|| {
        let known: Vec<_> = FORMATS.iter().map(|format| format.name).collect();
        UnknownFormat::Name { name: base.to_owned(), known: known.join(", ") }
    })?;
    let version = match wanted {
        None => format.versions.first().copied(),
        Some(wanted) => {
            Some(format.versions.iter().copied().find(|known| *known == wanted).ok_or_else(|| {
                let known =
                    if format.versions.is_empty() { "none".to_owned() } else { format.versions.join(", ") };
                UnknownFormat::Version { name: format.name, version: wanted.to_owned(), known }
            })?)
        }
    };
    Ok(Choice { format, version })
}

impl Choice {
    /// The format.
    pub fn format(&self) -> &'static Format {
        self.format
    }

    /// The version of its specification; none for an export.
    pub fn version(&self) -> Option<&'static str> {
        self.version
    }

    /// Writes `inventory` to `out`. The same inventory and options give the same bytes.
    pub fn write(
        &self,
        inventory: &Inventory,
        options: &WriteOptions<'_>,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        (self.format.write)(inventory, self.version.unwrap_or_default(), options, out)
    }
}

impl fmt::Debug for Choice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.format.name)?;
        self.version.map_or(Ok(()), |version| write!(out, "@{version}"))
    }
}

/// The document in `bytes`, whichever format they are in.
///
/// # Errors
/// When the bytes are no document of a format that is read, are not as that format is, or pass
/// `document_bytes_max` or `packages_max`.
pub fn read<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Document<'a>, DocumentError> {
    read_signed(bytes, limits, &[])
}

/// The document in `bytes`, whichever format it is in, where one of `keys` signed it: the envelope that everything else is
/// in. Without keys as [`read`]: what a signature is worth is not said.
///
/// # Errors
/// As of [`read`]; and when there are keys, and the bytes are no envelope, or none that one of these signed.
pub fn read_signed<'a>(
    bytes: &'a [u8],
    limits: &Limits,
    keys: &[PublicKey],
) -> Result<Document<'a>, DocumentError> {
    if bytes.len() as u64 > limits.document_bytes_max {
        return Err(DocumentError::LimitExceeded {
            limit: "document_bytes_max",
            max: limits.document_bytes_max,
        });
    }
    let text = wire::text::decode(bytes)?;
    if text.trim_ascii().is_empty() {
        return Err(DocumentError::Empty { accepted: accepted() });
    }
    let envelope::Contents { kind, text, signature, .. } = envelope::open(text, limits, keys)?;
    let Some(syntax) = SYNTAXES.iter().find(|syntax| syntax.kind == kind) else {
        return Err(DocumentError::NotAccepted { looks_like: kind.to_string(), accepted: accepted() });
    };
    let json = match text {
        Cow::Borrowed(text) => (syntax.to_json)(text, limits),
        Cow::Owned(text) => (syntax.to_json)(&text, limits).map(|json| Cow::Owned(json.into_owned())),
    };
    let json = json.map_err(DocumentError::shortened)?;
    let seen = (syntax.model.inventory)(&json, limits).map_err(|error| syntax.error(error))?;
    let Seen { version, mut inventory, is_own } = seen;
    if matches!(signature, Signature::Unverified { .. }) {
        inventory.add_gap(envelope::unverified());
    }
    let said = [syntax.model.name, &version, syntax.suffix];
    let format = said.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    Ok(Document { format, inventory, model: syntax.model, kind, version, json, signature, is_own })
}

/// What `bytes` say, an SBOM or another document: envelopes, statements and bundles around it are taken off, where one of
/// `keys` signed them if there are any.
///
/// # Errors
/// It is no text; what is around it is malformed, or has no such signature; it is XML that begins as CycloneDX, and is none.
pub fn contents<'a>(
    bytes: &'a [u8],
    limits: &Limits,
    keys: &[PublicKey],
) -> Result<Contents<'a>, DocumentError> {
    let text = wire::text::decode(bytes)?;
    let envelope::Contents { kind, text, signature, statement } = envelope::open(text, limits, keys)?;
    let text = match kind {
        Kind::CycloneDxXml => {
            let json = (cyclonedx::xml::SYNTAX.to_json)(&text, limits);
            Cow::Owned(json.map_err(DocumentError::shortened)?.into_owned())
        }
        _ => text,
    };
    Ok(Contents { text, signature, statement })
}

/// Whether a file that begins with `head` is a document, be it one that is read or not: JSON, XML, or a text that only an
/// SBOM begins with.
pub fn is_document(head: &[u8]) -> bool {
    let Ok(text) = wire::text::decode_head(head) else { return false };
    let text = text.trim_ascii_start();
    // An archive has zeros soon, and may hold documents.
    let is_text = !text.is_empty() && !text.contains('\0');
    is_text
        && (text.starts_with(['{', '<'])
            || SYNTAXES.iter().any(|syntax| syntax.kind == wire::text::kind(text)))
}

impl DocumentError {
    /// Whether it is refused for being something that plimsoll itself writes about SBOMs: a report, an explanation, or a
    /// change set.
    pub fn is_own_output(&self) -> bool {
        let is_own = |looks_like: &str| wire::json::OWN.iter().any(|(_, words)| *words == looks_like);
        matches!(self, Self::NotAccepted { looks_like, .. } if is_own(looks_like))
    }

    fn shortened(mut self) -> Self {
        if let Self::Malformed { place, reason, .. } = &mut self {
            *place = wire::text::shortened(place);
            *reason = wire::text::shortened(reason);
        }
        self
    }
}

impl Syntax {
    /// What is wrong in the JSON of a document: its lines are those of no document where that is written in another way.
    fn error(&self, error: DocumentError) -> DocumentError {
        match error {
            DocumentError::Malformed { place, reason, .. } if !self.suffix.starts_with("JSON") => {
                let format = format!("{} {}", self.model.name, self.suffix);
                DocumentError::Misfit { format: format.trim_end().to_owned(), place, reason }
            }
            error => error,
        }
    }
}

fn accepted() -> String {
    let mut accepted: Vec<_> = SYNTAXES.iter().map(|syntax| syntax.accepts).collect();
    let last = accepted.pop().unwrap_or_default();
    if accepted.is_empty() { last.to_owned() } else { format!("{} and {last}", accepted.join(", ")) }
}

impl fmt::Debug for Model {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name)
    }
}

#[cfg(test)]
mod tests;
