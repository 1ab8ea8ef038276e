//! An OCI image layout (image-spec, image-layout.md), in a directory or an archive.

use std::collections::{BTreeSet, VecDeque};

use super::blob::{BlobAddress, BlobSource};
use super::manifest::{Config, Descriptor, IndexOrManifest};
use super::parts::{self, Found, LayerReference, Part, Parts};
use super::platform::Platform;
use super::reference;
use super::{Called, Image, ImageError, OpenOptions, SourceKind};
use model::digest::Digest;

/// Opens the layout whose files `blobs` holds.
pub(super) fn open(
    called: &Called,
    kind: SourceKind,
    blobs: Box<dyn BlobSource>,
    options: &OpenOptions,
) -> Result<Image, ImageError> {
    let parts = Parts { called, blobs: &*blobs, limits: &options.limits };
    let chosen = choose(&parts, manifests(&parts)?, options)?;
    let found = read(&parts, &chosen)?;
    let image = parts::image(&parts, found)?;
    Ok(parts::opened(called, kind, image, blobs))
}

/// The one document that a name in a registry leads to.
#[derive(Clone, Debug)]
pub struct Root {
    /// What the image is called; the subject's name is its reference, `registry/name:tag`.
    pub called: Called,
    /// What the registry says the document is.
    pub media_type: String,
    /// Its digest, which was verified.
    pub digest: Digest,
}

/// Opens the image that `root`, a manifest or an index, describes; `blobs` holds all of its parts, the root too.
///
/// # Errors
/// As [`open`](super::open).
pub fn open_root(
    root: &Root,
    kind: SourceKind,
    blobs: Box<dyn BlobSource>,
    options: &OpenOptions,
) -> Result<Image, ImageError> {
    let parts = Parts { called: &root.called, blobs: &*blobs, limits: &options.limits };
    let descriptor = Descriptor::of(&root.media_type, &root.digest);
    let candidates = below(&parts, vec![(descriptor, Some(root.called.subject.clone()))])?;
    // The reference names one image; that archives hold several of other names does not concern it.
    let options = OpenOptions { image: None, ..options.clone() };
    let chosen = choose(&parts, candidates, &options)?;
    let found = read(&parts, &chosen)?;
    let image = parts::image(&parts, found)?;
    Ok(parts::opened(&root.called, kind, image, blobs))
}

/// A manifest of the layout, and what the indexes above it say of it.
struct Candidate {
    descriptor: Descriptor,
    platform: Option<Platform>,
    reference: Option<String>,
    /// The digest of the outermost index that names it and has one; what lists a layout has none.
    index: Option<String>,
}

/// The image manifests of the layout, those of nested indexes included, attestations left out.
fn manifests(parts: &Parts<'_>) -> Result<Vec<Candidate>, ImageError> {
    let index: IndexOrManifest = parts.json_at("index.json")?;
    let top = index.manifests.unwrap_or_default();
    let named = |descriptor: Descriptor| {
        let reference = descriptor.reference().map(str::to_owned);
        (descriptor, reference)
    };
    below(parts, top.into_iter().map(named).collect())
}

/// The image manifests among `top` and below the indexes among them.
fn below(parts: &Parts<'_>, top: Vec<(Descriptor, Option<String>)>) -> Result<Vec<Candidate>, ImageError> {
    let top = top.into_iter().map(|(descriptor, reference)| (descriptor, reference, None));
    let mut waiting: VecDeque<(Descriptor, Option<String>, Option<String>)> = top.collect();
    let mut indexes_read = BTreeSet::new();
    let mut candidates = Vec::new();
    while let Some((descriptor, reference, above)) = waiting.pop_front() {
        parts.check_manifests(candidates.len() + waiting.len())?;
        if descriptor.is_attestation() {
            continue;
        }
        if descriptor.is_index() {
            // Each is read once, however often the indexes refer to each other.
            if indexes_read.insert(descriptor.digest.clone()) {
                let index: IndexOrManifest = parts.json(Part::Index, &descriptor)?;
                let nested = index.manifests.unwrap_or_default();
                let above = above.or(Some(descriptor.digest));
                let named = |descriptor| (descriptor, reference.clone(), above.clone());
                waiting.extend(nested.into_iter().map(named));
            }
        } else {
            let platform = descriptor.platform.as_ref().map(super::manifest::WirePlatform::to_platform);
            candidates.push(Candidate { descriptor, platform, reference, index: above });
        }
    }
    Ok(candidates)
}

/// The digest of the manifest whose configuration is `config`, if the layout has an index that leads to it.
pub(super) fn manifest_of(parts: &Parts<'_>, config: &Digest) -> Option<Digest> {
    let candidates = manifests(parts).ok()?;
    candidates.iter().find_map(|candidate| {
        let manifest: IndexOrManifest = parts.json(Part::Manifest, &candidate.descriptor).ok()?;
        (manifest.config?.digest == config.as_str()).then(|| candidate.descriptor.digest.parse().ok())?
    })
}

/// The one candidate that is meant.
fn choose(
    parts: &Parts<'_>,
    mut candidates: Vec<Candidate>,
    options: &OpenOptions,
) -> Result<Candidate, ImageError> {
    let image = parts.name();
    if candidates.is_empty() {
        let reason = "its index refers to no image manifest".to_owned();
        return Err(ImageError::NoImage { image, reason });
    }
    if let Some(asked) = &options.image {
        let available = names(&candidates);
        reference::retain_fitting(&mut candidates, asked, |candidate| {
            candidate.reference.as_deref().into_iter().chain([candidate.descriptor.digest.as_str()]).collect()
        });
        if candidates.is_empty() {
            return Err(ImageError::ImageAbsent { image, asked: asked.clone(), available });
        }
    }
    // One manifest may be known by several names.
    let mut digests = BTreeSet::new();
    let n_names = candidates.len();
    candidates.retain(|candidate| digests.insert(candidate.descriptor.digest.clone()));
    if candidates.len() < n_names && options.image.is_none() {
        for candidate in &mut candidates {
            candidate.reference = None;
        }
    }
    if candidates.len() > 1 || options.platform.is_some() {
        for candidate in &mut candidates {
            if candidate.platform.is_none() {
                candidate.platform = stated_platform(parts, &candidate.descriptor)?;
            }
        }
        let platforms: Vec<Option<Platform>> =
            candidates.iter().map(|candidate| candidate.platform.clone()).collect();
        let fits = fitting(&image, &platforms, options.platform.as_ref())?;
        let mut keep = fits.iter();
        candidates.retain(|_| keep.next().copied().unwrap_or(false));
    }
    match <[Candidate; 1]>::try_from(candidates) {
        Ok([candidate]) => Ok(candidate),
        Err(candidates) => Err(ImageError::SeveralImages { image, available: names(&candidates) }),
    }
}

/// Which of `platforms` fit: the one asked for, or that of this machine.
///
/// # Errors
/// None fits; the error lists what there is.
pub(super) fn fitting(
    image: &str,
    platforms: &[Option<Platform>],
    asked: Option<&Platform>,
) -> Result<Vec<bool>, ImageError> {
    let wanted = asked.cloned().unwrap_or_else(Platform::host);
    let exact: Vec<bool> = platforms.iter().map(|platform| platform.as_ref() == Some(&wanted)).collect();
    if exact.contains(&true) {
        return Ok(exact);
    }
    // An index may name a variant where nobody asks for one: `linux/amd64/v2`.
    let without_variant = |platform: &Platform| {
        (platform.os == wanted.os && platform.architecture == wanted.architecture) && wanted.variant.is_none()
    };
    let close: Vec<bool> =
        platforms.iter().map(|platform| platform.as_ref().is_some_and(without_variant)).collect();
    if close.contains(&true) {
        return Ok(close);
    }
    let available: BTreeSet<String> = platforms.iter().flatten().map(ToString::to_string).collect();
    Err(ImageError::PlatformAbsent {
        image: image.to_owned(),
        asked: wanted.to_string(),
        available: available.into_iter().collect(),
    })
}

fn names(candidates: &[Candidate]) -> Vec<String> {
    let names: BTreeSet<String> = candidates
        .iter()
        .map(|candidate| match (&candidate.reference, &candidate.platform) {
            (Some(reference), _) => reference.clone(),
            (None, Some(platform)) => format!("{} ({platform})", candidate.descriptor.digest),
            (None, None) => candidate.descriptor.digest.clone(),
        })
        .collect();
    names.into_iter().collect()
}

/// The platform that the configuration behind `descriptor` states.
fn stated_platform(parts: &Parts<'_>, descriptor: &Descriptor) -> Result<Option<Platform>, ImageError> {
    let manifest: IndexOrManifest = parts.json(Part::Manifest, descriptor)?;
    match &manifest.config {
        Some(config) => Ok(parts.json::<Config>(Part::Configuration, config)?.platform()),
        None => Ok(None),
    }
}

/// Reads the manifest that was chosen, and its configuration.
fn read(parts: &Parts<'_>, chosen: &Candidate) -> Result<Found, ImageError> {
    let manifest_digest = parts.digest("manifest", &chosen.descriptor.digest)?;
    let index = chosen.index.as_deref();
    let manifest: IndexOrManifest = parts.json(Part::Manifest, &chosen.descriptor)?;
    let nonsense = |reason: &str| ImageError::Nonsense {
        image: parts.name(),
        part: format!("the manifest {manifest_digest}"),
        reason: reason.to_owned(),
    };
    let config = manifest.config.ok_or_else(|| nonsense("it names no configuration"))?;
    if !is_image_config(&config.media_type) {
        return Err(nonsense(&format!("it is not of an image but of `{}`", config.media_type)));
    }
    let mut layers = Vec::new();
    for layer in manifest.layers.unwrap_or_default() {
        let digest: Digest = parts.digest("layer", &layer.digest)?;
        let address = BlobAddress::Digest(digest.clone());
        layers.push(LayerReference { address, digest: Some(digest), size: layer.size });
    }
    Ok(Found {
        reference: chosen.reference.clone(),
        config_digest: parts.digest("configuration", &config.digest)?,
        manifest_digest: Some(manifest_digest),
        index_digest: index.map(|index| parts.digest("index", index)).transpose()?,
        annotations: manifest.annotations,
        config: parts.json(Part::Configuration, &config)?,
        layers,
    })
}

/// Manifests also carry charts, signatures and other artifacts; their configuration has another type.
fn is_image_config(media_type: &str) -> bool {
    matches!(
        media_type,
        "" | "application/vnd.oci.image.config.v1+json" | "application/vnd.docker.container.image.v1+json"
    )
}
