//! What `docker save` writes: `manifest.json`, and the configuration and layers that it names.
//!
//! Since version 25 the archive is an OCI layout as well, and the paths in `manifest.json` are those of blobs
//! (`blobs/sha256/…`), which state their digest; before, a layer is verified by the diff-id in the configuration.

use std::collections::{BTreeMap, BTreeSet};

use super::blob::{BlobAddress, BlobSource};
use super::manifest::{Config, SavedImage};
use super::oci_layout;
use super::parts::{self, Found, LayerReference, Parts};
use super::path;
use super::reference;
use super::{Called, Image, ImageError, OpenOptions, SourceKind};
use model::digest::Digest;

const MANIFEST: &str = "manifest.json";

/// Opens the archive whose files `blobs` holds.
pub(super) fn open(
    called: &Called,
    blobs: Box<dyn BlobSource>,
    options: &OpenOptions,
) -> Result<Image, ImageError> {
    let parts = Parts { called, blobs: &*blobs, limits: &options.limits };
    let images: Option<Vec<SavedImage>> = parts.json_at(MANIFEST)?;
    let images = images.unwrap_or_default();
    parts.check_manifests(images.len())?;
    let saved = choose(&parts, images, options)?;
    let found = read(&parts, saved, options)?;
    let image = parts::image(&parts, found)?;
    Ok(parts::opened(called, SourceKind::DockerArchive, image, blobs))
}

/// The one image that is meant.
fn choose(
    parts: &Parts<'_>,
    mut images: Vec<SavedImage>,
    options: &OpenOptions,
) -> Result<SavedImage, ImageError> {
    let image = parts.name();
    images.retain(|saved| !saved.config.is_empty());
    if images.is_empty() {
        return Err(ImageError::NoImage { image, reason: format!("its {MANIFEST} names none") });
    }
    if let Some(asked) = &options.image {
        let available = tags(&images);
        reference::retain_fitting(&mut images, asked, names);
        if images.is_empty() {
            return Err(ImageError::ImageAbsent { image, asked: asked.clone(), available });
        }
    }
    // With containerd's store one tag may be saved for several platforms.
    if images.len() > 1 && (options.platform.is_some() || tags(&images).len() == 1) {
        let mut platforms = Vec::new();
        for saved in &images {
            platforms.push(config(parts, saved)?.1.platform());
        }
        let fits = oci_layout::fitting(&image, &platforms, options.platform.as_ref())?;
        let mut keep = fits.iter();
        images.retain(|_| keep.next().copied().unwrap_or(false));
    }
    match <[SavedImage; 1]>::try_from(images) {
        Ok([saved]) => Ok(saved),
        Err(images) => Err(ImageError::SeveralImages { image, available: tags(&images) }),
    }
}

/// What an image may be asked for by: its tags, the name of its configuration, and its id.
fn names(saved: &SavedImage) -> Vec<&str> {
    let config = saved.config.as_str();
    let id = config.strip_suffix(".json").unwrap_or(config);
    saved.repo_tags.iter().map(String::as_str).chain([config, id]).collect()
}

/// Every tag, or the configuration of an image that has none; sorted.
fn tags(images: &[SavedImage]) -> Vec<String> {
    let mut names = BTreeSet::new();
    for saved in images {
        if saved.repo_tags.is_empty() {
            names.insert(saved.config.clone());
        }
        names.extend(saved.repo_tags.iter().cloned());
    }
    names.into_iter().collect()
}

fn read(parts: &Parts<'_>, saved: SavedImage, options: &OpenOptions) -> Result<Found, ImageError> {
    let (config_digest, config) = config(parts, &saved)?;
    if let Some(asked) = &options.platform {
        oci_layout::fitting(&parts.name(), &[config.platform()], Some(asked))?;
    }
    let reference = match (&options.image, &saved.repo_tags[..]) {
        (_, [tag]) => Some(tag.clone()),
        // Of several names the one that was asked for, as the archive has it.
        (Some(asked), tags) => {
            let fits = tags.iter().filter_map(|tag| Some((reference::fit(asked, tag)?, tag)));
            fits.min().map(|(_, tag)| tag.clone())
        }
        (None, _) => None,
    };
    let mut layers = Vec::new();
    for layer in &saved.layers {
        let inside = inside(parts, layer)?;
        let digest = Digest::from_layout_path(&inside);
        layers.push(LayerReference { address: BlobAddress::Path(inside), digest, size: None });
    }
    Ok(Found {
        reference,
        manifest_digest: oci_layout::manifest_of(parts, &config_digest),
        index_digest: None,
        annotations: BTreeMap::new(),
        config_digest,
        config,
        layers,
    })
}

/// The configuration and its digest, which is the image's id. Its name states the digest, in every form that
/// docker has written: `<hex>.json`, `blobs/sha256/<hex>`, `sha256:<hex>`.
fn config(parts: &Parts<'_>, saved: &SavedImage) -> Result<(Digest, Config), ImageError> {
    let inside = inside(parts, &saved.config)?;
    let part = format!("the configuration `{inside}`");
    let bytes = parts.bytes(&part, &BlobAddress::Path(inside.clone()), None)?;
    let found = Digest::sha256(&bytes);
    let stem = inside.strip_suffix(".json").unwrap_or(&inside);
    let stated = Digest::from_layout_path(stem)
        .or_else(|| stem.parse().ok())
        .or_else(|| format!("sha256:{stem}").parse().ok());
    match stated {
        Some(expected) if expected != found && expected.as_str().starts_with("sha256:") => {
            Err(ImageError::DigestMismatch { image: parts.name(), part, expected, found })
        }
        _ => Ok((found, parts.parse(part, &bytes)?)),
    }
}

fn inside(parts: &Parts<'_>, stated: &str) -> Result<String, ImageError> {
    path::normal(stated.as_bytes()).map_err(|path::Escapes| ImageError::Nonsense {
        image: parts.name(),
        part: format!("`{MANIFEST}`"),
        reason: format!("the path `{stated}` leads out of the archive"),
    })
}
