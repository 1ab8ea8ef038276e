//! What a VEX document says, whatever its kind.

use std::sync::Arc;

use jiff::Timestamp;
use model::limits::Limits;
use model::report::VexReason;
use percent_encoding::percent_decode_str;

use super::product::{Identity, ImagePattern};
use super::weigh::weigh;
use super::{csaf, cyclonedx, openvex};

/// The kind of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum VexKind {
    /// OpenVEX, versions 0.0.1 and 0.2.0.
    OpenVex,
    /// CSAF 2.0 and 2.1.
    Csaf,
    /// CycloneDX 1.4 to 1.7 with vulnerabilities.
    CycloneDx,
}

impl VexKind {
    /// The word in every contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenVex => "openvex",
            Self::Csaf => "csaf",
            Self::CycloneDx => "cyclonedx",
        }
    }
}

impl VexKind {
    /// Whether documents of this kind have the justification `word`.
    pub(super) fn has_justification(self, word: &str) -> bool {
        match self {
            Self::OpenVex | Self::Csaf => openvex::JUSTIFICATIONS.contains(&word),
            // That it was found by mistake is a reason by itself.
            Self::CycloneDx => word == cyclonedx::FALSE_POSITIVE || cyclonedx::JUSTIFICATIONS.contains(&word),
        }
    }
}

/// What is said of a vulnerability in a product.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum VexStatus {
    /// It is not affected. Suppresses.
    NotAffected,
    /// This very version holds the fix. Suppresses.
    Fixed,
    /// It is affected.
    Affected,
    /// It is not known yet.
    UnderInvestigation,
    /// A word that no version of the kind has.
    Unknown(Arc<str>),
}

impl VexStatus {
    /// The status that the word `text` is, which is none.
    pub(super) fn unknown(text: &str) -> Self {
        Self::Unknown(shortened(text, WORD_BYTES_MAX).into())
    }

    /// The status in words.
    pub(super) fn words(&self) -> &str {
        match self {
            Self::NotAffected => "not affected",
            Self::Fixed => "fixed",
            Self::Affected => "affected",
            Self::UnderInvestigation => "under investigation",
            Self::Unknown(word) => word,
        }
    }

    /// Whether it suppresses findings.
    pub fn suppresses(&self) -> bool {
        matches!(self, Self::NotAffected | Self::Fixed)
    }
}

/// A document.
#[derive(Clone, Debug)]
pub struct VexDocument {
    /// Its kind.
    pub kind: VexKind,
    /// Its id: the IRI, the tracking id with its publisher's namespace, the serial number.
    pub id: Option<String>,
    /// Who made it, as stated.
    pub author: Option<String>,
    /// Its version, number by number; of two documents of one id the higher counts. Empty where none is stated.
    pub version: Vec<u64>,
    /// When it last changed.
    pub updated: Option<Timestamp>,
    /// Whether it calls itself a draft: then nothing in it suppresses.
    pub is_draft: bool,
    /// The products and parts that it names.
    pub components: Vec<Component>,
    /// What it says, in its order.
    pub statements: Vec<Statement>,
    /// What was not understood, with its place; at most [`REMARKS_MAX`].
    pub remarks: Vec<String>,
}

/// As many bytes of a word are kept as tell which it is: a document may have one word in millions of places.
pub(super) const WORD_BYTES_MAX: usize = 100;

/// How many remarks are kept of a document.
pub const REMARKS_MAX: usize = 20;

impl VexDocument {
    /// A document of which nothing is known.
    pub(super) fn new(kind: VexKind) -> Self {
        Self {
            kind,
            id: None,
            author: None,
            version: Vec::new(),
            updated: None,
            is_draft: false,
            components: Vec::new(),
            statements: Vec::new(),
            remarks: Vec::new(),
        }
    }

    /// Keeps `what` was not understood, unless there is enough already.
    pub(super) fn remark(&mut self, what: impl FnOnce() -> String) {
        if self.remarks.len() < REMARKS_MAX {
            self.remarks.push(shortened(&what(), 300));
        }
    }

    /// Adds a component and gives its position.
    pub(super) fn add(&mut self, component: Component) -> ComponentIndex {
        self.components.push(component);
        ComponentIndex(u32::try_from(self.components.len() - 1).expect("documents are far smaller"))
    }

    /// The component at `index`.
    pub(super) fn component(&self, index: ComponentIndex) -> &Component {
        &self.components[index.0 as usize]
    }
}

/// The beginning of a text of at most `bytes_max` bytes, and `…` where that is not all.
pub(super) fn shortened(text: &str, bytes_max: usize) -> String {
    match text.char_indices().find(|(at, character)| at + character.len_utf8() > bytes_max) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// A component's position in [`VexDocument::components`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComponentIndex(pub(super) u32);

/// A product or a part of one, by whatever names the document gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Component {
    /// Its names, each enough by itself; of those that can be compared the strongest decides.
    pub identities: Vec<Identity>,
    /// The versions that are meant, as written (`vers:npm/>=1|<2`): whatever fits must be in each.
    pub ranges: Vec<Arc<str>>,
    /// The version that CycloneDX says it has, beside its names: those that state none mean it.
    pub version: Option<Arc<str>>,
    /// The BOM that it is a component of, where that is another than the document ([`bom_id`](super::bom_id)).
    pub bom: Option<String>,
    /// The BOM whose subject it is, likewise: where that BOM is judged, it is what is judged.
    pub subject_of: Option<String>,
    /// Why what it names cannot be what is judged, where that is known beforehand.
    pub doubt: Option<VexReason>,
}

impl Component {
    /// Whether it is an image and nothing else: a package URL or a digest says so. Any text may be read as a reference.
    pub(super) fn is_image(&self) -> bool {
        let says_so = |image: &ImagePattern| image.written.is_none() || image.digest.is_some();
        self.identities.iter().any(|identity| matches!(identity, Identity::Image(image) if says_so(image)))
    }

    /// Whether a package URL says that it is a package.
    pub(super) fn is_package(&self) -> bool {
        self.identities.iter().any(|identity| matches!(identity, Identity::Package(_)))
    }
}

/// One thing that a document says.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Where it stands: `statements[3]`.
    pub place: Arc<str>,
    /// The names of the vulnerability, its own first; never empty.
    pub ids: Arc<[Arc<str>]>,
    /// What is said.
    pub status: VexStatus,
    /// Why it is not affected, a word.
    pub justification: Option<Arc<str>>,
    /// Why, in a sentence.
    pub detail: Option<Arc<str>>,
    /// What else is said of it, which is no reason.
    pub notes: Option<Arc<str>>,
    /// When it was said. Where nobody can tell: before all others if it suppresses, else after all others.
    pub said_at: Option<Timestamp>,
    /// Of what.
    pub products: Vec<Product>,
}

/// What a statement is about: some parts of something, or all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// What has the parts, the innermost first: each must be there. Never empty.
    pub wholes: Vec<ComponentIndex>,
    /// The parts that are meant, one of which is enough; empty where the whole is meant.
    pub parts: Vec<ComponentIndex>,
}

impl Product {
    /// All of `whole`.
    pub(super) fn all_of(whole: ComponentIndex) -> Self {
        Self { wholes: vec![whole], parts: Vec::new() }
    }
}

/// Why a document cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum VexError {
    /// It is larger than a document may be.
    #[error("it is larger than {bytes_max} bytes")]
    TooLarge {
        /// The limit.
        bytes_max: u64,
    },
    /// It names more products than a document may.
    #[error("it names more than {products_max} products")]
    TooManyProducts {
        /// The limit.
        products_max: usize,
    },
    /// Its lists hold more than a document may.
    #[error("its lists have more than {values_max} entries")]
    TooMuch {
        /// The limit.
        values_max: usize,
    },
    /// It is no JSON, or no object.
    #[error("it is no JSON object")]
    NotJson(#[source] serde_json::Error),
    /// It is XML, and not CycloneDX, which whoever calls makes JSON of.
    #[error("it is XML, and not CycloneDX")]
    Xml,
    /// It is JSON, and no kind of VEX.
    #[error(
        "it is JSON, and neither OpenVEX (`@context`), nor CSAF (`document.csaf_version`), nor CycloneDX (`bomFormat`)"
    )]
    UnknownKind,
    /// It is an envelope around a document, which whoever calls takes off.
    #[error("it is an in-toto statement or a DSSE envelope without its document")]
    Envelope,
    /// It is of a kind that is known, and of another shape.
    #[error("it is {kind}, and not of its shape")]
    Malformed {
        /// `OpenVEX`.
        kind: &'static str,
        /// What is wrong, with line and column.
        #[source]
        source: serde_json::Error,
    },
}

/// The document that `bytes` are; its kind is found by its content.
///
/// # Errors
/// It is none, or larger than `limits` allow.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<VexDocument, VexError> {
    read_attested(bytes, &[], limits)
}

/// The document that `bytes` are, which came in an attestation about `subjects` (`sha256:…`). A statement of OpenVEX that
/// names no product is about these (OpenVEX specification, "Data Inheritance").
///
/// # Errors
/// As of [`read`].
pub fn read_attested(bytes: &[u8], subjects: &[String], limits: &Limits) -> Result<VexDocument, VexError> {
    if bytes.len() as u64 > limits.vex_bytes_max {
        return Err(VexError::TooLarge { bytes_max: limits.vex_bytes_max });
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if text.trim_ascii_start().starts_with(b"<") {
        return Err(VexError::Xml);
    }
    let head: Head<'_> = serde_json::from_slice(text).map_err(VexError::NotJson)?;
    let kind = head.kind()?;
    let kept = match kind {
        VexKind::OpenVex => &openvex::KEPT,
        VexKind::Csaf => &csaf::KEPT,
        VexKind::CycloneDx => &cyclonedx::KEPT,
    };
    weigh(text, kept, limits.vex_values_max)?;
    let document = match kind {
        VexKind::OpenVex => openvex::read(text, subjects, limits)?,
        VexKind::Csaf => csaf::read(text, limits)?,
        VexKind::CycloneDx => cyclonedx::read(text, limits)?,
    };
    Ok(document)
}

/// What tells the kinds apart.
#[derive(serde::Deserialize)]
struct Head<'a> {
    #[serde(borrow, rename = "@context")]
    context: Option<&'a serde_json::value::RawValue>,
    #[serde(borrow, rename = "bomFormat")]
    bom_format: Option<&'a serde_json::value::RawValue>,
    #[serde(borrow)]
    document: Option<&'a serde_json::value::RawValue>,
    #[serde(borrow, rename = "payloadType")]
    payload_type: Option<&'a serde_json::value::RawValue>,
    #[serde(borrow, rename = "predicateType")]
    predicate_type: Option<&'a serde_json::value::RawValue>,
}

#[derive(serde::Deserialize)]
struct CsafHead {
    #[serde(rename = "csaf_version")]
    _csaf_version: String,
}

impl Head<'_> {
    fn kind(&self) -> Result<VexKind, VexError> {
        let is = |value: Option<&serde_json::value::RawValue>, wanted: fn(&str) -> bool| {
            let text = value.and_then(|value| serde_json::from_str::<String>(value.get()).ok());
            text.is_some_and(|text| wanted(&text))
        };
        if is(self.context, |context| context.starts_with(openvex::CONTEXT)) {
            return Ok(VexKind::OpenVex);
        }
        if is(self.bom_format, |format| format == "CycloneDX") {
            return Ok(VexKind::CycloneDx);
        }
        if self.document.is_some_and(|head| serde_json::from_str::<CsafHead>(head.get()).is_ok()) {
            return Ok(VexKind::Csaf);
        }
        match self.payload_type.or(self.predicate_type) {
            Some(_) => Err(VexError::Envelope),
            None => Err(VexError::UnknownKind),
        }
    }
}

/// Counts the products that a document names, up to the limit.
pub(super) struct Budget {
    n_left: usize,
    products_max: usize,
}

impl Budget {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { n_left: limits.vex_products_max, products_max: limits.vex_products_max }
    }

    /// Takes `n` of what is left.
    pub(super) fn take(&mut self, n: usize) -> Result<(), VexError> {
        let left = self.n_left.checked_sub(n);
        self.n_left = left.ok_or(VexError::TooManyProducts { products_max: self.products_max })?;
        Ok(())
    }
}

/// The numbers of a version: `2`, `1.4.0`. What is after them does not count.
pub(super) fn numbers(version: &str) -> Vec<u64> {
    let numbers = version.split(['-', '+']).next().unwrap_or_default();
    numbers.split('.').map_while(|number| number.parse().ok()).take(8).collect()
}

/// The moment that `text` is; RFC 3339 with any offset.
pub(super) fn time(text: Option<&str>) -> Option<Timestamp> {
    text?.trim().parse().ok()
}

/// When something was said whose own times are `own`, the later kind first, in a document that was made at `issued`.
///
/// A time that cannot be read is never taken for a later one: what suppresses is of the next that can be read, and whatever
/// else is of no time, which stands against every time ([`Statement::said_at`]).
pub(super) fn said_at(
    own: [Option<&str>; 2],
    issued: Option<Timestamp>,
    suppresses: bool,
) -> Option<Timestamp> {
    let mut stated = own.into_iter().flatten().peekable();
    if stated.peek().is_none() {
        return issued;
    }
    match suppresses {
        true => stated.find_map(|text| time(Some(text))),
        false => time(stated.next()),
    }
}

/// The id in the name of a vulnerability: the last part of an IRI, else the name.
pub(super) fn tail(name: &str) -> &str {
    match name.contains("://") {
        true => name.trim_end_matches('/').rsplit('/').next().unwrap_or(name),
        false => name,
    }
    .trim()
}

/// The ids of a vulnerability by its names, each once, in their order.
pub(super) fn ids<'a>(names: impl IntoIterator<Item = &'a str>) -> Arc<[Arc<str>]> {
    let mut ids: Vec<Arc<str>> = Vec::new();
    let mut known = std::collections::HashSet::new();
    for id in names.into_iter().map(tail).filter(|id| !id.is_empty()) {
        if known.insert(id) {
            ids.push(id.into());
        }
    }
    ids.into()
}

/// `text` without percent-encoding; what is no UTF-8 then is replaced.
pub(super) fn percent_decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
