//! The JSON documents of an image as they are written: OCI index, manifest and configuration, and docker-save's
//! `manifest.json`. Go programs write `null` for an empty list, so every list may be null.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use super::config::Raw;
use super::platform::Platform;
use model::digest::Digest;

/// The media type of a nested index, and its Docker equivalent.
const INDEX_TYPES: [&str; 2] =
    ["application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"];

/// An absent value for `null`.
pub(super) fn null_is_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// An index or a manifest: the two are told apart by what they hold, because `mediaType` is optional in both.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct IndexOrManifest {
    #[serde(default)]
    pub(super) manifests: Option<Vec<Descriptor>>,
    #[serde(default)]
    pub(super) config: Option<Descriptor>,
    #[serde(default)]
    pub(super) layers: Option<Vec<Descriptor>>,
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) annotations: BTreeMap<String, String>,
}

/// A reference to a blob (image-spec, descriptor.md).
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) media_type: String,
    pub(super) digest: String,
    #[serde(default)]
    pub(super) size: Option<u64>,
    #[serde(default)]
    pub(super) platform: Option<WirePlatform>,
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) annotations: BTreeMap<String, String>,
}

impl Descriptor {
    /// A reference to the document of `media_type` with `digest`, nothing else known.
    pub(super) fn of(media_type: &str, digest: &Digest) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest: digest.to_string(),
            size: None,
            platform: None,
            annotations: BTreeMap::new(),
        }
    }

    pub(super) fn is_index(&self) -> bool {
        INDEX_TYPES.contains(&self.media_type.as_str())
    }

    /// Whether it is a statement about another manifest (provenance, SBOM) rather than an image (BuildKit,
    /// "Image attestation storage").
    pub(super) fn is_attestation(&self) -> bool {
        self.annotations.contains_key("vnd.docker.reference.type")
            || self.platform.as_ref().is_some_and(|platform| platform.to_platform().is_unknown())
    }

    /// The reference that the descriptor is known by: containerd's annotation holds the whole name, OCI's
    /// (annotations.md) often only a tag.
    pub(super) fn reference(&self) -> Option<&str> {
        ["io.containerd.image.name", "org.opencontainers.image.ref.name"]
            .iter()
            .find_map(|key| self.annotations.get(*key))
            .map(String::as_str)
            .filter(|reference| !reference.is_empty())
    }
}

/// The platform of a descriptor (image-index.md).
#[derive(Clone, Deserialize)]
pub(super) struct WirePlatform {
    #[serde(default, deserialize_with = "null_is_default")]
    os: String,
    #[serde(default, deserialize_with = "null_is_default")]
    architecture: String,
    #[serde(default)]
    variant: Option<String>,
}

impl WirePlatform {
    pub(super) fn to_platform(&self) -> Platform {
        Platform::new(&self.os, &self.architecture, self.variant.as_deref())
    }
}

/// The configuration of an image (config.md).
#[derive(Deserialize)]
pub(super) struct Config {
    #[serde(default, deserialize_with = "null_is_default")]
    os: String,
    #[serde(default, deserialize_with = "null_is_default")]
    architecture: String,
    #[serde(default)]
    variant: Option<String>,
    #[serde(default)]
    pub(super) created: Option<String>,
    #[serde(default)]
    pub(super) rootfs: Option<RootFs>,
    /// Read by [`config::author`](super::config::author).
    #[serde(default)]
    pub(super) author: Raw,
    /// The object `config`, which [`config::facts`](super::config::facts) reads.
    #[serde(default, rename = "config")]
    pub(super) run: Raw,
    #[serde(default)]
    pub(super) history: Raw,
}

#[derive(Deserialize)]
pub(super) struct RootFs {
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) diff_ids: Vec<String>,
}

impl Config {
    /// The platform, if it states an operating system and an architecture.
    pub(super) fn platform(&self) -> Option<Platform> {
        let stated = !self.os.is_empty() && !self.architecture.is_empty();
        stated.then(|| Platform::new(&self.os, &self.architecture, self.variant.as_deref()))
    }
}

/// One image of a docker-save archive (moby, image/spec: "Combined Image JSON + Filesystem Changeset Format").
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SavedImage {
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) config: String,
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) repo_tags: Vec<String>,
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) layers: Vec<String>,
}
