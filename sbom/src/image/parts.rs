//! What layered images have in common: documents read and verified, layers and subject made from them.

use std::collections::BTreeMap;
use std::io::{self, Read};

use model::gap::Gap;
use model::inventory::{Subject, SubjectLayer};
use model::limits::Limits;
use serde::Deserialize;

use crate::base;

use super::blob::{BlobAddress, BlobSource};
use super::error::LimitPassed;
use super::manifest::{Config, Descriptor};
use super::{Called, Content, Image, ImageError, Layer, SourceKind, config, redact, supplier};
use model::digest::Digest;

/// A document of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Index,
    Manifest,
    Configuration,
}

impl Part {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Index => "index",
            Self::Manifest => "manifest",
            Self::Configuration => "configuration",
        }
    }
}

/// An archive, layout or repository whose documents are being read.
pub(super) struct Parts<'a> {
    pub(super) called: &'a Called,
    pub(super) blobs: &'a dyn BlobSource,
    pub(super) limits: &'a Limits,
}

impl Parts<'_> {
    pub(super) fn name(&self) -> String {
        self.called.source.clone()
    }

    /// The JSON document at `path` inside the archive or layout.
    pub(super) fn json_at<T: for<'de> Deserialize<'de>>(&self, path: &str) -> Result<T, ImageError> {
        let part = format!("`{path}`");
        let bytes = self.bytes(&part, &BlobAddress::Path(path.to_owned()), None)?;
        self.parse(part, &bytes)
    }

    /// The JSON document that `descriptor` refers to, verified.
    pub(super) fn json<T: for<'de> Deserialize<'de>>(
        &self,
        what: Part,
        descriptor: &Descriptor,
    ) -> Result<T, ImageError> {
        let digest = self.digest(what.name(), &descriptor.digest)?;
        let part = format!("the {} {digest}", what.name());
        let address = match what {
            Part::Index | Part::Manifest => BlobAddress::Manifest(digest),
            Part::Configuration => BlobAddress::Digest(digest),
        };
        let bytes = self.bytes(&part, &address, descriptor.size)?;
        self.parse(part, &bytes)
    }

    /// The digest that the `what` states.
    pub(super) fn digest(&self, what: &str, text: &str) -> Result<Digest, ImageError> {
        text.parse().map_err(|source| ImageError::Digest {
            image: self.name(),
            part: format!("the reference to the {what}"),
            source,
        })
    }

    pub(super) fn parse<T: for<'de> Deserialize<'de>>(
        &self,
        part: String,
        bytes: &[u8],
    ) -> Result<T, ImageError> {
        serde_json::from_slice(bytes).map_err(|source| ImageError::Json { image: self.name(), part, source })
    }

    /// The bytes of a document: no more than `manifest_bytes_max`, of the size and digest that are stated.
    pub(super) fn bytes(
        &self,
        part: &str,
        address: &BlobAddress,
        size: Option<u64>,
    ) -> Result<Vec<u8>, ImageError> {
        let fail = |source: io::Error| ImageError::part(&self.name(), part, source);
        let blob = self.blobs.open(address).map_err(fail)?;
        let bytes_max = self.limits.manifest_bytes_max;
        let mut bytes = Vec::new();
        blob.reader.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes).map_err(fail)?;
        let found = bytes.len() as u64;
        if found > bytes_max {
            return Err(fail(LimitPassed::error("manifest_bytes_max", bytes_max)));
        }
        if let BlobAddress::Digest(expected) | BlobAddress::Manifest(expected) = address {
            let mut hasher = expected.hasher();
            hasher.update(&bytes);
            let found = hasher.finish();
            if found != *expected {
                let (image, part) = (self.name(), part.to_owned());
                return Err(ImageError::DigestMismatch { image, part, expected: expected.clone(), found });
            }
        }
        match size {
            Some(expected) if expected != found => {
                Err(ImageError::SizeMismatch { image: self.name(), part: part.to_owned(), expected, found })
            }
            _ => Ok(bytes),
        }
    }

    /// Fails when there are more than `manifests_max` of them.
    pub(super) fn check_manifests(&self, n_manifests: usize) -> Result<(), ImageError> {
        let limit = self.limits.manifests_max;
        if n_manifests > limit {
            let source = LimitPassed::error("manifests_max", limit as u64);
            return Err(ImageError::part(&self.name(), "the list of manifests", source));
        }
        Ok(())
    }

    fn nonsense(&self, part: &str, reason: String) -> ImageError {
        ImageError::Nonsense { image: self.name(), part: part.to_owned(), reason }
    }
}

/// A layer as the manifest refers to it.
pub(super) struct LayerReference {
    pub(super) address: BlobAddress,
    /// The digest of the blob as stored, where stated.
    pub(super) digest: Option<Digest>,
    pub(super) size: Option<u64>,
}

/// What a manifest and its place say of an image.
pub(super) struct Found {
    /// A reference such as `registry/name:tag`, or a tag alone.
    pub(super) reference: Option<String>,
    pub(super) config_digest: Digest,
    pub(super) manifest_digest: Option<Digest>,
    /// Of the index that led to the manifest.
    pub(super) index_digest: Option<Digest>,
    /// Of the manifest.
    pub(super) annotations: BTreeMap<String, String>,
    pub(super) config: Config,
    pub(super) layers: Vec<LayerReference>,
}

/// What documents say of an image.
pub(super) struct Described {
    subject: Subject,
    layers: Vec<Layer>,
    gaps: Vec<Gap>,
}

/// The image that `found` describes.
pub(super) fn image(parts: &Parts<'_>, found: Found) -> Result<Described, ImageError> {
    let part = format!("the configuration {}", found.config_digest);
    let diff_ids = match &found.config.rootfs {
        Some(rootfs) => &rootfs.diff_ids[..],
        None => &[],
    };
    let n_layers = found.layers.len();
    if diff_ids.len() != n_layers {
        let reason = format!("it names {} layers and the manifest {n_layers}", diff_ids.len());
        return Err(parts.nonsense(&part, reason));
    }
    let mut layers = Vec::with_capacity(n_layers);
    for ((reference, diff_id), number) in found.layers.into_iter().zip(diff_ids).zip(1..) {
        layers.push(Layer {
            place: format!("layer {number} of {n_layers} ({})", reference.address),
            address: reference.address,
            digest: reference.digest,
            size: reference.size,
            diff_id: Some(parts.digest("uncompressed layer", diff_id)?),
        });
    }
    let (name, version) = match found.reference.as_deref().map(split_reference) {
        Some((Some(name), version)) => (name.to_owned(), version),
        Some((None, version)) => (parts.called.subject.clone(), version),
        None => (parts.called.subject.clone(), None),
    };
    let (image, mut gaps) = config::facts(&found.config, n_layers, parts.limits);
    let (author, of_author) = config::author(&found.config, parts.limits);
    gaps.extend(of_author);
    let subject = Subject {
        name,
        version: version.map(str::to_owned),
        digest: Some(found.config_digest.to_string()),
        manifest_digest: found.manifest_digest.map(|digest| digest.to_string()),
        index_digest: found.index_digest.map(|digest| digest.to_string()),
        platform: found.config.platform().map(|platform| platform.to_string()),
        supplier: supplier::stated(&[&image.labels, &found.annotations], author.as_deref()),
        created: found.config.created.clone().map(|text| redact::cut(text, CREATED_BYTES_MAX)),
        layers: diff_ids.iter().map(SubjectLayer::new).collect(),
        base: base::from_labels([&image.labels, &found.annotations]),
        image,
    };
    Ok(Described { subject, layers, gaps })
}

/// Bytes of a time; RFC 3339 has some thirty.
const CREATED_BYTES_MAX: usize = 100;

/// Name and tag of a reference; a word with neither `/` nor `:` is a tag, as in an OCI layout.
fn split_reference(reference: &str) -> (Option<&str>, Option<&str>) {
    let named = reference.split_once('@').map_or(reference, |(named, _)| named);
    match named.rfind(':') {
        // A colon before the last slash belongs to a port.
        Some(colon) if !named[colon..].contains('/') => (Some(&named[..colon]), Some(&named[colon + 1..])),
        None if !named.contains('/') => (None, Some(named)),
        _ => (Some(named), None),
    }
}

/// An opened image of layers.
pub(super) fn opened(
    called: &Called,
    kind: SourceKind,
    Described { subject, layers, gaps }: Described,
    blobs: Box<dyn BlobSource>,
) -> Image {
    let content = Content::Layers { layers, blobs };
    Image { name: called.source.clone(), kind, subject, gaps, content }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_split_into_name_and_tag() {
        for (reference, name, tag) in [
            ("big", None, Some("big")),
            ("app:1", Some("app"), Some("1")),
            ("example.test:5000/app", Some("example.test:5000/app"), None),
            ("example.test:5000/app:1.2", Some("example.test:5000/app"), Some("1.2")),
            ("app:1@sha256:00", Some("app"), Some("1")),
        ] {
            assert_eq!(split_reference(reference), (name, tag), "{reference}");
        }
    }
}
