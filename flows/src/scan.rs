//! An image is opened once, to write its SBOM; from then on only the SBOM is needed.

use std::io::Read;

use jiff::Timestamp;
use model::inventory::Inventory;
use sbom::format::WriteOptions;
use sbom::image::Image;
use sbom::inventory::{InventoryOptions, Progress};

use crate::attached::attached_sbom;
use crate::error::FlowError;
use crate::match_sbom::Subject;
use crate::open::{Opened, Opening, Remote, open};
use crate::source::Source;

/// The format whose bytes identify an inventory that was never stored.
const CANONICAL_FORMAT: &str = "cyclonedx-json@1.6";

/// Where the packages of an image are looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LookIn {
    /// In the image itself.
    #[default]
    Layers,
    /// In the SBOM that is attached to it in its registry.
    AttachedSbom,
}

/// What is known of a source.
pub struct Known {
    /// What was found.
    pub inventory: Inventory,
    /// The document that says so, where the inventory was not made here.
    pub document: Option<Vec<u8>>,
    /// The image, where there is one.
    pub image: Option<Box<Image>>,
    /// Where the image lies, if in a registry.
    pub remote: Option<Remote>,
}

/// Opens `source` and reads its inventory.
///
/// # Errors
/// As [`FlowError`] says.
pub fn inventory(
    source: &Source,
    opening: &Opening,
    look_in: LookIn,
    options: &InventoryOptions,
    stdin: &mut dyn Read,
    progress: &dyn Progress,
) -> Result<Known, FlowError> {
    match (open(source, opening, stdin)?, look_in) {
        (Opened::Image(image, remote), LookIn::Layers) => {
            let inventory = sbom::inventory::inventory(&image, options, progress)
                .map_err(|error| FlowError::Image { source_text: source.text.clone(), source: error })?;
            Ok(Known { inventory, document: None, image: Some(image), remote })
        }
        (Opened::Image(image, remote), LookIn::AttachedSbom) => {
            let limits = &opening.image.limits;
            let (inventory, document) = attached_sbom(source, &image, remote.as_ref(), limits)?;
            Ok(Known { inventory, document: Some(document), image: Some(image), remote })
        }
        (Opened::Inventory(inventory, document), LookIn::Layers) => {
            Ok(Known { inventory, document: Some(document), image: None, remote: None })
        }
        (Opened::Inventory(..), LookIn::AttachedSbom) => {
            Err(FlowError::NoRegistry { source_text: source.text.clone() })
        }
    }
}

impl Known {
    /// It as a subject of matching, identified by its document, or by the SBOM that `plimsoll sbom` would write for
    /// it: scanning an image and matching its stored SBOM give the same report.
    ///
    /// # Errors
    /// The SBOM cannot be written.
    pub fn subject(self, options: &WriteOptions<'_>) -> Result<Subject, FlowError> {
        match self.document {
            Some(document) => Ok(Subject::new(self.inventory, &document)),
            None => subject(self.inventory, options),
        }
    }
}

/// The inventory as a subject of matching, identified by the SBOM that `plimsoll sbom` would write for it.
///
/// # Errors
/// The SBOM cannot be written.
pub fn subject(inventory: Inventory, options: &WriteOptions<'_>) -> Result<Subject, FlowError> {
    let format = sbom::format::by_name(CANONICAL_FORMAT).expect("the canonical format is in the table");
    let mut bytes = Vec::new();
    format.write(&inventory, options, &mut bytes).map_err(FlowError::Render)?;
    Ok(Subject::new(inventory, &bytes))
}

/// The time an SBOM states: `epoch` when given, else the image's own creation time, else 1970. The current
/// time is never taken, so that the same image gives the same bytes.
pub fn created(inventory: &Inventory, epoch: Option<Timestamp>) -> Timestamp {
    epoch
        .or_else(|| inventory.subject.created.as_deref().and_then(|text| text.parse().ok()))
        .unwrap_or(Timestamp::UNIX_EPOCH)
}
