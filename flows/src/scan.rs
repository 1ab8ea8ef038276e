//! An image is opened once, to write its SBOM; from then on only the SBOM is needed.

use jiff::Timestamp;
use model::inventory::Inventory;
use sbom::format::WriteOptions;
use sbom::image::OpenOptions;
use sbom::inventory::{InventoryOptions, Progress};

use crate::error::FlowError;
use crate::match_sbom::Subject;
use crate::source::Source;

/// The format whose bytes identify an inventory that was never stored.
const CANONICAL_FORMAT: &str = "cyclonedx-json@1.6";

/// Opens `source` and reads its inventory.
pub fn inventory(
    source: &Source,
    open: &OpenOptions,
    options: &InventoryOptions,
    progress: &dyn Progress,
) -> Result<Inventory, FlowError> {
    let image = source.open(open)?;
    sbom::inventory::inventory(&image, options, progress)
        .map_err(|error| FlowError::Image { source_text: source.text.clone(), source: error })
}

/// The inventory as a subject of matching, identified by the SBOM that `plimsoll sbom` would write for it:
/// scanning an image and matching its stored SBOM give the same report.
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
