//! An image is opened once, to write its SBOM; from then on only the SBOM is needed.

use jiff::Timestamp;
use model::inventory::Inventory;
use registry::reference::Reference;
use sbom::format::WriteOptions;
use sbom::image::Image;
use sbom::inventory::{InventoryOptions, Progress};

use crate::attached::attached_sbom;
use crate::error::FlowError;
use crate::match_sbom::Subject;
use crate::open::{Arrival, Opened, Opening, Remote, open};
use crate::source::{Place, Source};

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

/// What else is asked about an image.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Where packages are looked for.
    pub look_in: LookIn,
    /// A Dockerfile, by name and text, whose lines the layers came from.
    pub dockerfile: Option<(String, String)>,
    /// The image, or its SBOM, that this one was built on.
    pub base: Option<Source>,
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
    pub remote: Option<Box<Remote>>,
}

/// Opens `source` and reads its inventory.
///
/// # Errors
/// As [`FlowError`] says.
pub fn inventory(
    source: &Source,
    opening: &Opening,
    asked: &Asked,
    options: &InventoryOptions,
    arrival: &mut Arrival<'_>,
    progress: &dyn Progress,
) -> Result<Known, FlowError> {
    match (open(source, opening, arrival)?, asked.look_in) {
        (Opened::Image(image, remote), LookIn::Layers) => {
            let inventory = sbom::inventory::inventory(&image, options, progress)
                .map_err(|error| FlowError::Image { source_text: source.text.clone(), source: error })?;
            let inventory = attributed(inventory, remote.as_deref(), opening, asked)?;
            Ok(Known { inventory, document: None, image: Some(image), remote })
        }
        (Opened::Image(image, remote), LookIn::AttachedSbom) => {
            let limits = &opening.image.limits;
            let (inventory, document) = attached_sbom(source, &image, remote.as_deref(), limits)?;
            Ok(Known { inventory, document: Some(document), image: Some(image), remote })
        }
        (Opened::Inventory(inventory, document), LookIn::Layers) => {
            Ok(Known { inventory: *inventory, document: Some(document), image: None, remote: None })
        }
        (Opened::Inventory(..), LookIn::AttachedSbom) => {
            Err(FlowError::NoRegistry { source_text: source.text.clone() })
        }
    }
}

/// The inventory with what its layers came from: a line of a Dockerfile, the base image.
fn attributed(
    mut inventory: Inventory,
    remote: Option<&Remote>,
    opening: &Opening,
    asked: &Asked,
) -> Result<Inventory, FlowError> {
    let mut gaps = Vec::new();
    if let Some((name, text)) = &asked.dockerfile {
        let dockerfile = sbom::dockerfile::Dockerfile { name, text, target: None };
        gaps.extend(sbom::dockerfile::attribute(&dockerfile, &mut inventory.subject));
    }
    if let Some(base) = &asked.base {
        let base = subject_of(base, opening)?;
        gaps.extend(sbom::base::from_chain(&base, &mut inventory.subject));
    } else if let Some(base) = named_base(&inventory.subject, remote, opening) {
        gaps.extend(sbom::base::from_chain(&base, &mut inventory.subject));
    }
    gaps.into_iter().for_each(|gap| inventory.add_gap(gap));
    Ok(inventory)
}

/// What `source` says of itself; none of its layers is read.
fn subject_of(source: &Source, opening: &Opening) -> Result<model::inventory::Subject, FlowError> {
    match open(source, opening, &mut Arrival { stdin: &mut std::io::empty(), arrived: &|_| {} })? {
        Opened::Image(image, _) => Ok(image.subject().clone()),
        Opened::Inventory(inventory, _) => Ok(inventory.subject),
    }
}

/// The base image that the labels of `subject` name by digest, if it lies in the registry that the image itself came
/// from: no other place is asked unasked. One that is not there any more leaves it untold which layers are the base's.
fn named_base(
    subject: &model::inventory::Subject,
    remote: Option<&Remote>,
    opening: &Opening,
) -> Option<model::inventory::Subject> {
    let base = subject.base.as_ref()?;
    let name: Reference = base.name.as_deref()?.parse().ok()?;
    let reference = name.at(base.digest.as_deref()?.parse().ok()?);
    if remote?.repository.reference().host() != reference.host() {
        return None;
    }
    let source = Source { text: reference.to_string(), place: Place::Registry(reference) };
    // The platform is that of the image, which decided it.
    let mut opening = opening.clone();
    opening.image.platform = subject.platform.as_deref().and_then(|platform| platform.parse().ok());
    subject_of(&source, &opening).ok()
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

/// The inventory as a subject of matching, identified by the SBOM that `plimsoll sbom` would write for it had it read
/// every layer: what the cache happens to hold changes no report.
///
/// # Errors
/// The SBOM cannot be written.
pub fn subject(mut inventory: Inventory, options: &WriteOptions<'_>) -> Result<Subject, FlowError> {
    for layer in &mut inventory.subject.layers {
        layer.is_from_cache = false;
    }
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
