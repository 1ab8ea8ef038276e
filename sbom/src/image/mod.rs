//! An image, from whatever it is kept in: opened, its parts verified, its layers streamed and squashed.
//!
//! - [`open`]: finds out what a path holds and reads its manifest and configuration
//! - `docker_archive`, `oci_layout`, `rootfs`: one file a kind
//! - `manifest`, `config`: the documents; `supplier`: who they name; `redact`: secrets taken out of them
//! - [`blob`]: where bytes come from; `stream`: one layer, hashed and inflated; `compression`, `xz`, `tar_stream`
//! - `listing`, `squash`, `tree`: what a layer holds, what all of them together hold, and finding paths in it
//!
//! Nothing of an image is ever unpacked. Plain archives are indexed by seeking and their blobs opened by place; an
//! archive that is itself compressed is decompressed once into an unlinked temporary file, within limits.

pub mod blob;
pub mod platform;

mod compression;
mod config;
mod docker_archive;
mod error;
pub(crate) mod listing;
mod manifest;
pub(crate) mod mode;
mod oci_layout;
mod parts;
pub(crate) mod path;
pub(crate) mod redact;
mod reference;
mod rootfs;
mod source;
pub(crate) mod squash;
pub(crate) mod stream;
mod supplier;
pub(crate) mod tar_stream;
pub(crate) mod tree;

use std::path::Path;

use model::gap::Gap;
use model::inventory::Subject;
use model::limits::Limits;

use blob::{BlobAddress, BlobSource};
use model::digest::Digest;
use platform::Platform;

pub(crate) use compression::{Checksums, Inflated};
pub(crate) use error::LimitPassed;
pub use error::{Attempt, ImageError};
pub use oci_layout::{Root, open_root};
pub use source::{open, open_stream};

/// What a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceKind {
    /// What `docker save` writes, old form or new.
    DockerArchive,
    /// An OCI image layout in a tar archive.
    OciArchive,
    /// An OCI image layout in a directory.
    OciDir,
    /// A directory: a root filesystem, or any other.
    Dir,
    /// A tar archive of a root filesystem.
    RootfsArchive,
    /// A repository of a registry. [`open`] opens none; [`open_root`] does.
    Registry,
}

impl SourceKind {
    /// Every kind that a path can hold, in the order in which they are tried.
    pub const ALL: [Self; 5] =
        [Self::DockerArchive, Self::OciArchive, Self::OciDir, Self::Dir, Self::RootfsArchive];

    /// Its name, which is also the prefix that forces it: `docker-archive`.
    pub fn name(self) -> &'static str {
        match self {
            Self::DockerArchive => "docker-archive",
            Self::OciArchive => "oci-archive",
            Self::OciDir => "oci-dir",
            Self::Dir => "dir",
            Self::RootfsArchive => "rootfs-archive",
            Self::Registry => "registry",
        }
    }

    /// The kind that `prefix` (without its colon) forces.
    pub fn from_prefix(prefix: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == prefix)
    }
}

/// What to open, where a source leaves a choice.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    /// The platform; without one, Linux on this machine's architecture, or the only one there is.
    pub platform: Option<Platform>,
    /// The tag or reference of the image, in an archive or layout that holds several.
    pub image: Option<String>,
    /// What may be used.
    pub limits: Limits,
}

/// An opened image. Its manifest and configuration were read and verified; its layers were not read yet.
pub struct Image {
    name: String,
    kind: SourceKind,
    subject: Subject,
    gaps: Vec<Gap>,
    content: Content,
}

/// What there is to read.
pub(crate) enum Content {
    /// Layers, lowest first; the archive of a root filesystem is one layer without a diff-id.
    Layers { layers: Vec<Layer>, blobs: Box<dyn BlobSource> },
    /// A directory, whose files are read in place.
    Directory(std::path::PathBuf),
}

impl Image {
    /// What kind of source it came from.
    pub fn kind(&self) -> SourceKind {
        self.kind
    }

    /// What it says of itself.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// What of its documents could not be read, and was not needed to open it.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// Its layers, lowest first. The archive of a root filesystem is one; a directory has none.
    pub fn layers(&self) -> &[Layer] {
        match &self.content {
            Content::Layers { layers, .. } => layers,
            Content::Directory(_) => &[],
        }
    }

    /// What errors call it: the path as it was given.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn content(&self) -> &Content {
        &self.content
    }
}

/// One layer: a stream of changes to the layers below it.
#[derive(Clone, Debug)]
pub struct Layer {
    /// What errors call it: `layer 2 of 3 (sha256:…)`.
    place: String,
    address: BlobAddress,
    /// Of the blob as stored, where the image states it.
    digest: Option<Digest>,
    /// Bytes as stored, where known before the blob is opened.
    size: Option<u64>,
    diff_id: Option<Digest>,
}

impl Layer {
    /// The digest of the uncompressed layer; none for the archive of a root filesystem.
    pub fn diff_id(&self) -> Option<&Digest> {
        self.diff_id.as_ref()
    }

    /// The digest of the layer as stored, where the image states it.
    pub(crate) fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// Bytes as stored, where the image states them.
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    /// Bytes as stored, where the source of the blobs knows them.
    pub(crate) fn stored_size(&self, blobs: &dyn BlobSource) -> Option<u64> {
        self.size.or_else(|| blobs.open(&self.address).ok()?.size)
    }
}

/// What an image is called before it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// What errors call it: the source as it was given.
    pub source: String,
    /// The name of the subject, where the image states none.
    pub subject: String,
}

impl Called {
    /// The image at `path`: a person would use the last part of it.
    pub(crate) fn of(path: &Path) -> Self {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let name = absolute.file_name().unwrap_or(absolute.as_os_str());
        Self { source: path.display().to_string(), subject: name.to_string_lossy().into_owned() }
    }
}

#[cfg(test)]
mod tests;
