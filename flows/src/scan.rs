//! An image is opened once, to write its SBOM; from then on only the SBOM is needed.

use jiff::Timestamp;
use model::gap::{Gap, GapKind};
use model::inventory::{Inventory, Subject};
use registry::reference::Reference;
use sbom::format::WriteOptions;
use sbom::image::Image;
use sbom::inventory::{InventoryOptions, Progress, Scope};

use crate::attached::attached_sbom;
use crate::error::FlowError;
use crate::match_sbom;
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
    /// The digest of the document that says so, `sha256:…`, where the inventory was not made here.
    pub sbom_digest: Option<String>,
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
    let needs_layers = options.scope == Scope::AllLayers || options.lists_files;
    let no_layers = || FlowError::NoLayers { source_text: source.text.clone() };
    match (open(source, opening, arrival)?, asked.look_in) {
        (Opened::Image(..), LookIn::AttachedSbom) | (Opened::Inventory(..), _) if needs_layers => {
            Err(no_layers())
        }
        (Opened::Image(image, remote), LookIn::Layers) => {
            let inventory = sbom::inventory::inventory(&image, options, progress)
                .map_err(|error| FlowError::Image { source_text: source.text.clone(), source: error })?;
            let inventory = attributed(inventory, remote.as_deref(), opening, asked)?;
            Ok(Known { inventory, sbom_digest: None, image: Some(image), remote })
        }
        (Opened::Image(image, remote), LookIn::AttachedSbom) => {
            let limits = &opening.image.limits;
            let (inventory, document) =
                attached_sbom(source, &image, remote.as_deref(), limits, &opening.keys)?;
            let inventory = attributed(named(inventory, options), remote.as_deref(), opening, asked)?;
            let sbom_digest = Some(match_sbom::digest(&document));
            Ok(Known { inventory, sbom_digest, image: Some(image), remote })
        }
        (Opened::Inventory(inventory, digest), LookIn::Layers) => {
            let inventory = attributed(named(*inventory, options), None, opening, asked)?;
            Ok(Known { inventory, sbom_digest: Some(digest), image: None, remote: None })
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
        let base = subject_of(base, &inventory.subject, opening)?;
        gaps.extend(sbom::base::from_chain(&base, &mut inventory.subject));
    } else {
        match named_base(&inventory.subject, remote, opening) {
            None => {}
            Some(Ok(base)) => gaps.extend(sbom::base::from_chain(&base, &mut inventory.subject)),
            Some(Err(error)) => {
                let detail = format!(
                    "the base image that its labels name could not be asked for, so that what came with it cannot be told: {error}"
                );
                gaps.push(Gap::new(GapKind::MISSING_FACT, "base image", detail));
            }
        }
    }
    gaps.into_iter().for_each(|gap| inventory.add_gap(gap));
    Ok(inventory)
}

/// The inventory under the name that was asked for.
fn named(mut inventory: Inventory, options: &InventoryOptions) -> Inventory {
    if let Some(name) = &options.name {
        inventory.subject.name.clone_from(name);
    }
    inventory
}

/// What `source`, the base of `above`, says of itself; none of its layers is read.
fn subject_of(source: &Source, above: &Subject, opening: &Opening) -> Result<Subject, FlowError> {
    // The platform is that of the image, which decided it; which image of an archive was meant does not concern its base.
    let mut opening = opening.clone();
    opening.image.image = None;
    if let Some(platform) = above.platform.as_deref().and_then(|platform| platform.parse().ok()) {
        opening.image.platform = Some(platform);
    }
    let mut nothing = Arrival { stdin: &mut std::io::empty(), arrived: &|_| {}, passed_over: &|_| {} };
    match open(source, &opening, &mut nothing)? {
        Opened::Image(image, _) => Ok(image.subject().clone()),
        Opened::Inventory(inventory, _) => Ok(inventory.subject),
    }
}

/// The base image that the labels of `subject` name by digest, if it lies in the registry that the image itself came
/// from: no other place is asked unasked.
fn named_base(
    subject: &Subject,
    remote: Option<&Remote>,
    opening: &Opening,
) -> Option<Result<Subject, FlowError>> {
    let base = subject.base.as_ref().filter(|base| base.layers.is_none())?;
    let name: Reference = base.name.as_deref()?.parse().ok()?;
    let reference = name.at(base.digest.as_deref()?.parse().ok()?);
    if remote?.repository.reference().host() != reference.host() {
        return None;
    }
    let source = Source { text: reference.to_string(), place: Place::Registry(reference) };
    Some(subject_of(&source, subject, opening))
}

impl Known {
    /// It as a subject of matching, identified by its document, or by the SBOM that `plimsoll sbom --no-cache` would write
    /// for it: scanning an image and matching that SBOM give the same report.
    ///
    /// # Errors
    /// The SBOM cannot be written.
    pub fn subject(self, options: &WriteOptions<'_>) -> Result<match_sbom::Subject, FlowError> {
        match self.sbom_digest {
            Some(sbom_digest) => {
                let inventory = self.inventory;
                Ok(match_sbom::Subject { inventory, sbom_digest, bom: None, vex: Vec::new() })
            }
            None => subject(self.inventory, options),
        }
    }
}

/// The inventory as a subject of matching, identified by the SBOM that `plimsoll sbom` would write for it.
///
/// # Errors
/// The SBOM cannot be written.
pub fn subject(inventory: Inventory, options: &WriteOptions<'_>) -> Result<match_sbom::Subject, FlowError> {
    let format = sbom::format::by_name(CANONICAL_FORMAT).expect("the canonical format is in the table");
    let mut bytes = Vec::new();
    format.write(&inventory, options, &mut bytes).map_err(FlowError::Render)?;
    Ok(match_sbom::Subject::new(inventory, &bytes))
}

/// The time an SBOM states: `epoch` when given, else the image's own creation time, else 1970. The current
/// time is never taken, so that the same image gives the same bytes.
pub fn created(inventory: &Inventory, epoch: Option<Timestamp>) -> Timestamp {
    epoch
        .or_else(|| inventory.subject.created.as_deref().and_then(|text| text.parse().ok()))
        .unwrap_or(Timestamp::UNIX_EPOCH)
}
