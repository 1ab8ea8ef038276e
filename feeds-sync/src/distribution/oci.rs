//! A registry: the snapshot is an artifact (OCI image specification 1.1, "Guidelines for Artifact Usage") whose layers are
//! the sealed index and the blobs.

use std::collections::BTreeSet;
use std::io::Read;
use std::sync::OnceLock;

use model::digest::Digest;
use registry::client::Repository;
use registry::descriptor::Descriptor;
use registry::error::RegistryError;
use serde::{Deserialize, Serialize};

use super::index::{Blob, ENVELOPE_BYTES_MAX};
use super::place::{Failure, Place, Shelf};

/// What kind of artifact it is.
const ARTIFACT: &str = "application/vnd.plimsoll.snapshot.v1";

/// The layer with the sealed index.
const ENVELOPE: &str = "application/vnd.plimsoll.snapshot.v1.dsse+json";

/// A layer with a shard or an edit.
const BLOB: &str = "application/vnd.plimsoll.blob.v1+zstd";

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// The configuration that an artifact without one has.
const EMPTY: (&str, &[u8]) = ("application/vnd.oci.empty.v1+json", b"{}");

/// Registries refuse larger manifests.
const MANIFEST_BYTES_MAX: u64 = 4 << 20;

/// A published snapshot in a registry.
#[derive(Debug)]
pub struct Oci {
    repository: Repository,
    /// What was published when the index was read.
    before: OnceLock<Before>,
}

/// What was published, and is built on.
#[derive(Debug, Default)]
struct Before {
    /// The digest of its manifest; none where nothing was published.
    manifest: Option<Digest>,
    /// The digests of its blobs: a registry keeps what a manifest names, and takes no manifest that names what it has not.
    blobs: BTreeSet<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    schema_version: u64,
    media_type: String,
    #[serde(default)]
    artifact_type: String,
    config: Descriptor,
    layers: Vec<Descriptor>,
}

impl Oci {
    /// The one that the reference of `repository` names. Asks nothing yet.
    pub fn new(repository: Repository) -> Self {
        Self { repository, before: OnceLock::new() }
    }

    /// The manifest that is there now.
    fn manifest(&self) -> Result<Option<registry::manifest::Manifest>, RegistryError> {
        match self.repository.manifest(&self.repository.reference().pointer(), MANIFEST_BYTES_MAX) {
            Err(error) if error.is_not_found() => Ok(None),
            manifest => manifest.map(Some),
        }
    }
}

fn descriptor(media_type: &str, blob: &Blob) -> Result<Descriptor, Failure> {
    let digest: Digest = format!("sha256:{}", blob.sha256).parse()?;
    Ok(Descriptor::new(media_type, digest, blob.bytes))
}

impl Place for Oci {
    fn name(&self) -> String {
        self.repository.reference().to_string()
    }

    fn envelope(&self) -> Result<Option<Vec<u8>>, Failure> {
        let Some(manifest) = self.manifest()? else {
            let _ = self.before.set(Before::default());
            return Ok(None);
        };
        let digest = manifest.digest;
        let manifest: Manifest =
            serde_json::from_slice(&manifest.bytes).map_err(|error| format!("it is no artifact: {error}"))?;
        let layer = manifest.layers.iter().find(|layer| layer.media_type == ENVELOPE);
        let layer =
            layer.ok_or_else(|| format!("it is no feed snapshot, but `{}`", manifest.artifact_type))?;
        if layer.size > ENVELOPE_BYTES_MAX {
            return Err(format!("its index has {} bytes", layer.size).into());
        }
        let blobs = manifest.layers.iter().map(|layer| layer.digest.to_string()).collect();
        // Read once: what was published then is what counts.
        let _ = self.before.set(Before { manifest: Some(digest), blobs });
        let mut bytes = Vec::new();
        self.repository.blob(&layer.digest, Some(layer.size))?.read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    fn blob(&self, blob: &Blob) -> Result<Box<dyn Read + '_>, Failure> {
        let descriptor = descriptor(BLOB, blob)?;
        Ok(Box::new(self.repository.blob(&descriptor.digest, Some(blob.bytes))?))
    }
}

impl Shelf for Oci {
    fn has(&self, blob: &Blob) -> Result<bool, Failure> {
        let descriptor = descriptor(BLOB, blob)?;
        let is_published = |before: &Before| before.blobs.contains(&descriptor.digest.to_string());
        Ok(self.before.get().is_some_and(is_published) || self.repository.has_blob(&descriptor)?)
    }

    fn put(&self, _: &Blob, bytes: &[u8]) -> Result<(), Failure> {
        self.repository.push_blob(BLOB, bytes)?;
        Ok(())
    }

    fn publish(&self, envelope: &[u8], blobs: &[Blob]) -> Result<(), Failure> {
        let (media_type, bytes) = EMPTY;
        let config = self.repository.push_blob(media_type, bytes)?;
        let mut layers = vec![self.repository.push_blob(ENVELOPE, envelope)?];
        for blob in blobs {
            layers.push(descriptor(BLOB, blob)?);
        }
        let manifest = Manifest {
            schema_version: 2,
            media_type: MANIFEST.to_owned(),
            artifact_type: ARTIFACT.to_owned(),
            config,
            layers,
        };
        let bytes = serde_json::to_vec(&manifest)?;
        let pointer = self.repository.reference().pointer();
        // A registry takes the last of two: what is replaced must be what was built on, and what is newer must say so.
        let now = self.manifest()?.map(|manifest| manifest.digest);
        if self.before.get().is_some_and(|before| before.manifest != now) {
            return Err("somebody else published there meanwhile: publish once more".into());
        }
        self.repository.push_manifest(MANIFEST, &bytes, &pointer).map(drop).map_err(RegistryError::into)
    }
}
