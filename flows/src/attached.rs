//! SBOMs that are attached to an image in a registry (OCI distribution specification 1.1, "Listing Referrers").

use std::collections::BTreeMap;
use std::io::Read;

use model::digest::Digest;
use model::gap::{Gap, GapKind};
use model::inventory::Inventory;
use model::limits::Limits;
use registry::descriptor::Descriptor;
use registry::error::RegistryError;
use registry::push::Artifact;
use registry::reference::Pointer;
use registry::verified::Verified;
use sbom::format::PublicKey;
use sbom::image::Image;
use serde::Deserialize;

use crate::error::FlowError;
use crate::open::Remote;
use crate::source::{Source, read_sbom};

/// The SBOM attached to `image`, and its bytes: CycloneDX before SPDX, the newest of several.
///
/// Nobody's signature on it is verified, and a gap of the inventory says so.
///
/// # Errors
/// The image lies in no registry, has no SBOM attached, or one that cannot be read.
pub fn attached_sbom(
    source: &Source,
    image: &Image,
    remote: Option<&Remote>,
    limits: &Limits,
    keys: &[PublicKey],
) -> Result<(Inventory, Vec<u8>), FlowError> {
    let (remote, manifest) = place(source, image, remote)?;
    let failed = |error| FlowError::Registry { source_text: source.text.clone(), source: error };
    let mut found = remote.repository.referrers(&manifest, None).map_err(failed)?;
    if manifest != remote.root.digest {
        // A tool that does not look into indexes attaches to the index itself.
        found.extend(remote.repository.referrers(&remote.root.digest, None).map_err(failed)?);
    }
    let mut kinds: Vec<String> = found.iter().filter_map(|found| found.artifact_type.clone()).collect();
    // The list grows at its end: of several that state the same time the last is the newest.
    let mut candidates: Vec<Descriptor> =
        found.into_iter().rev().filter(|found| rank(found).is_some()).collect();
    candidates.sort_by(|left, right| {
        let newest_first = created(right).cmp(&created(left));
        rank(left).cmp(&rank(right)).then(newest_first)
    });
    let Some(chosen) = candidates.first() else {
        kinds.sort();
        kinds.dedup();
        return Err(FlowError::NothingAttached { source_text: source.text.clone(), found: kinds });
    };
    let bytes = document(remote, chosen, limits).map_err(failed)?;
    let mut inventory = read_sbom(&format!("the SBOM attached as {}", chosen.digest), &bytes, limits, keys)?;
    for doubt in doubts(&inventory, image, chosen) {
        inventory.add_gap(doubt);
    }
    Ok((inventory, bytes))
}

/// Attaches `bytes`, an SBOM of `image` as `media_type`, and gives the digest of the manifest that says so.
///
/// # Errors
/// The image lies in no registry, or the registry refuses.
pub fn attach(
    source: &Source,
    image: &Image,
    remote: Option<&Remote>,
    media_type: &str,
    bytes: &[u8],
    annotations: BTreeMap<String, String>,
) -> Result<Digest, FlowError> {
    let (remote, manifest) = place(source, image, remote)?;
    let failed = |error| FlowError::Registry { source_text: source.text.clone(), source: error };
    let pointer = Pointer::Digest(manifest);
    let subject = remote.repository.manifest(&pointer, MANIFEST_BYTES_MAX).map_err(failed)?;
    let artifact = Artifact { artifact_type: media_type, media_type, bytes, annotations };
    let attached = remote.repository.attach(&subject.descriptor(), &artifact).map_err(failed)?;
    Ok(attached.digest)
}

/// Bytes of the manifest of an artifact, or of an image that something is attached to.
const MANIFEST_BYTES_MAX: u64 = 4 << 20;

fn place<'a>(
    source: &Source,
    image: &Image,
    remote: Option<&'a Remote>,
) -> Result<(&'a Remote, Digest), FlowError> {
    let no_registry = || FlowError::NoRegistry { source_text: source.text.clone() };
    let remote = remote.ok_or_else(no_registry)?;
    let digest = image.subject().manifest_digest.as_deref().ok_or_else(no_registry)?;
    Ok((remote, digest.parse().expect("the digest that the image was found by")))
}

/// Which of several is preferred: CycloneDX carries more of what matching wants. None for what is no SBOM.
fn rank(found: &Descriptor) -> Option<u8> {
    let kind = found.artifact_type.as_deref()?;
    if kind.starts_with("application/vnd.cyclonedx+json") {
        Some(0)
    } else if kind.starts_with("application/spdx+json") || kind.starts_with("text/spdx+json") {
        Some(1)
    } else {
        None
    }
}

fn created(found: &Descriptor) -> Option<&String> {
    found.annotations.get("org.opencontainers.image.created")
}

/// The manifest of an artifact, as far as it matters.
#[derive(Deserialize)]
pub(crate) struct ArtifactManifest {
    #[serde(default)]
    layers: Option<Vec<Descriptor>>,
    /// Before artifacts were manifests (OCI 1.1 release candidates).
    #[serde(default)]
    blobs: Option<Vec<Descriptor>>,
    /// What else is said of it.
    #[serde(default)]
    pub(crate) annotations: Option<BTreeMap<String, String>>,
}

impl ArtifactManifest {
    /// The manifest that `artifact` points at.
    pub(crate) fn of(remote: &Remote, artifact: &Descriptor) -> Result<Self, RegistryError> {
        let pointer = Pointer::Digest(artifact.digest.clone());
        let manifest = remote.repository.manifest(&pointer, MANIFEST_BYTES_MAX)?;
        serde_json::from_slice(&manifest.bytes).map_err(|source| RegistryError::Malformed {
            what: called(artifact),
            kind: "manifest",
            source,
        })
    }

    /// What it holds.
    pub(crate) fn into_layers(self) -> Vec<Descriptor> {
        self.layers.or(self.blobs).unwrap_or_default()
    }
}

fn called(artifact: &Descriptor) -> String {
    format!("the artifact {}", artifact.digest)
}

/// The bytes of the document that `artifact` holds.
fn document(remote: &Remote, artifact: &Descriptor, limits: &Limits) -> Result<Vec<u8>, RegistryError> {
    let layers = ArtifactManifest::of(remote, artifact)?.into_layers();
    let [layer] = &layers[..] else {
        return Err(RegistryError::Malformed {
            what: called(artifact),
            kind: "manifest of one document",
            source: serde::de::Error::custom(format!("it has {} layers", layers.len())),
        });
    };
    layer_bytes(remote, layer, called(artifact), limits.document_bytes_max)
}

/// The bytes of `layer`, which are as its digest says, called `what` in errors.
pub(crate) fn layer_bytes(
    remote: &Remote,
    layer: &Descriptor,
    what: String,
    bytes_max: u64,
) -> Result<Vec<u8>, RegistryError> {
    if layer.size > bytes_max {
        return Err(RegistryError::TooLarge { what, bytes_max });
    }
    let reader = remote.repository.blob(&layer.digest, Some(layer.size))?;
    let mut bytes = Vec::new();
    let mut reader = Verified::new(reader, layer.digest.clone());
    match reader.read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(RegistryError::of_io(error).unwrap_or_else(|source| RegistryError::Malformed {
            what,
            kind: "document",
            source: serde::de::Error::custom(source),
        })),
    }
}

/// Why the SBOM may not be that of the image.
fn doubts(inventory: &Inventory, image: &Image, artifact: &Descriptor) -> Vec<Gap> {
    let place = artifact.digest.to_string();
    let unverified = "the SBOM was attached to the image and believed; nobody's signature on it was verified";
    let mut gaps = vec![Gap::new(GapKind::UNVERIFIED_SBOM, place.as_str(), unverified)];
    let (of_sbom, of_image) = (&inventory.subject, image.subject());
    let differs = |stated: &Option<String>, known: &Option<String>| matches!((stated, known), (Some(stated), Some(known)) if stated != known);
    if differs(&of_sbom.digest, &of_image.digest)
        || differs(&of_sbom.manifest_digest, &of_image.manifest_digest)
    {
        let detail = "the SBOM states another digest than that of the image it is attached to";
        gaps.push(Gap::new(GapKind::UNVERIFIED_SBOM, place, detail));
    }
    gaps
}
