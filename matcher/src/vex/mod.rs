//! VEX: what others say of findings (feeds.md D7).
//!
//! - [`read`] makes a [`VexDocument`] of bytes: OpenVEX, CSAF or CycloneDX, told apart by content. What these travelled in
//!   (envelopes, XML) is taken off before; [`read_attested`] is told what a statement around them was about.
//! - [`apply`] suppresses the findings that documents answer, and says of each statement that suppressed nothing why.
//!
//! A statement never adds a finding and never takes one away: what it overrules stays, as suppressed.
//!
//! What decides, in this order: how far a document is trusted ([`Trust`]); of one document the newest version; the time
//! of a statement. Of statements of the same trust and time that say different things those that suppress count for
//! nothing, within one document as across several. So nothing depends on the order of documents or statements, and what
//! cannot be decided suppresses nothing.

mod apply;
mod csaf;
mod cyclonedx;
mod document;
mod effort;
mod graph;
mod heard;
mod judge;
mod openvex;
mod product;
mod reach;
mod release;
mod standing;
mod stated;
mod target;
#[cfg(test)]
mod tests;
mod weigh;

use std::sync::Arc;

use self::standing::restricted;

pub use apply::apply;
pub use cyclonedx::bom_id;
pub use document::{
    Component, ComponentIndex, Product, REMARKS_MAX, Statement, VexDocument, VexError, VexKind, VexStatus,
    read, read_attested,
};
pub use heard::OUTCOMES_MAX;
pub use product::{Identity, ImagePattern, PurlPattern};

/// How far a document is trusted. A statement of a higher level always wins, whatever its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trust {
    /// The user named the file.
    User,
    /// It is attached to the image, and the signature on it was verified.
    Attached,
    /// It is from a repository of somebody who supplies products.
    Supplier,
    /// It is from a repository of somebody who collects what others say.
    Hub,
    /// It lay in what is judged, or beside it unsigned: whoever made the image may have written it. It suppresses nothing.
    Unverified,
}

impl Trust {
    /// The word in every contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Attached => "attached",
            Self::Supplier => "supplier",
            Self::Hub => "hub",
            Self::Unverified => "unverified",
        }
    }
}

/// A document with where it came from, as far as it may speak.
#[derive(Clone, Debug)]
pub struct Given {
    /// What it says.
    pub document: VexDocument,
    /// `sha256:…` of its bytes.
    pub digest: String,
    /// How far it is trusted.
    pub trust: Trust,
    /// What its repository lists it under, as text: nothing else is left in it.
    listed: Option<Arc<str>>,
}

impl Given {
    /// A document that may speak of everything.
    pub fn new(document: VexDocument, digest: String, trust: Trust) -> Self {
        Self { document, digest, trust, listed: None }
    }

    /// A document that a repository lists under `packages`, which may be images: it counts for nothing else.
    pub fn listed(document: VexDocument, digest: String, trust: Trust, packages: Vec<Identity>) -> Self {
        let (document, listed) = restricted(document, packages);
        Self { document, digest, trust, listed: Some(listed) }
    }

    /// Whether a repository lists it.
    pub fn is_listed(&self) -> bool {
        self.listed.is_some()
    }

    /// Whether some product is a component or the subject of a BOM, so that it matters which BOM is judged.
    pub fn links_to_boms(&self) -> bool {
        let of_bom = |component: &Component| component.bom.is_some() || component.subject_of.is_some();
        self.document.components.iter().any(of_bom)
    }
}
