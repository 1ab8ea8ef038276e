//! What kind of image a path holds.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;
use std::sync::Arc;

use model::limits::Limits;

use super::blob::{Archive, Directory, WholeFile};
use super::compression::{Checksums, Compression, Inflated};
use super::manifest::IndexOrManifest;
use super::{Attempt, Called, Image, ImageError, OpenOptions, SourceKind};
use super::{docker_archive, oci_layout, rootfs};
use model::digest::Digest;

/// Opens the image at `path`.
///
/// Without a `kind` the content decides: a directory with an `oci-layout` file is a layout, any other a root
/// filesystem; an archive with a `manifest.json` is what docker wrote, one with an `index.json` a layout, and any
/// other that of a root filesystem, unless it holds pieces of an image. What is recognised and damaged is an error,
/// never taken for something else.
///
/// An archive that is compressed as a whole is decompressed once, into a temporary file without a name.
///
/// # Errors
/// As [`ImageError`] says; when nothing was recognised, with every kind that was tried and why it was not that.
pub fn open(path: &Path, kind: Option<SourceKind>, options: &OpenOptions) -> Result<Image, ImageError> {
    let metadata = fs::metadata(path).map_err(|source| ImageError::Read { path: path.into(), source })?;
    if metadata.is_dir() {
        open_directory(path, kind, options)
    } else if !metadata.is_file() {
        let source = io::Error::new(io::ErrorKind::InvalidInput, "neither a regular file nor a directory");
        Err(ImageError::Read { path: path.into(), source })
    } else if metadata.len() == 0 {
        Err(ImageError::Empty { path: path.into() })
    } else {
        open_file(path, kind, options)
    }
}

/// Opens the archive that `stream` delivers, which is kept in a temporary file without a name, uncompressed.
///
/// # Errors
/// As [`open`].
pub fn open_stream(
    called: &Called,
    stream: &mut dyn Read,
    kind: Option<SourceKind>,
    options: &OpenOptions,
) -> Result<Image, ImageError> {
    let mut input = BufReader::with_capacity(INPUT_BYTES, stream);
    let fail = |part: &dyn std::fmt::Display, error| ImageError::part(&called.source, part, error);
    let start = input.fill_buf().map_err(|error| fail(&"the stream", error))?;
    if start.is_empty() {
        return Err(ImageError::Empty { path: called.source.clone().into() });
    }
    let compression = Compression::of(start);
    let (file, size) = spool(input, &options.limits)
        .map_err(|error| fail(&format_args!("the {compression} stream"), error))?;
    open_plain(called, Plain { file: Arc::new(file), size, compression }, kind, options)
}

fn open_directory(path: &Path, kind: Option<SourceKind>, options: &OpenOptions) -> Result<Image, ImageError> {
    if kind.is_none() && is_transport_directory(path) {
        let kind = SourceKind::OciDir;
        let reason = "it has the form that `skopeo copy … dir:` writes; copy it to `oci:` instead".to_owned();
        return Err(ImageError::NotAnImage { path: path.into(), attempts: vec![Attempt { kind, reason }] });
    }
    let is_layout = path.join("oci-layout").exists()
        || (path.join("index.json").exists() && (path.join("blobs").is_dir() || names_manifests(path)));
    match kind.unwrap_or(if is_layout { SourceKind::OciDir } else { SourceKind::Dir }) {
        SourceKind::OciDir => {
            let blobs = Box::new(Directory { root: path.into() });
            oci_layout::open(&Called::of(path), SourceKind::OciDir, blobs, options)
        }
        SourceKind::Dir => rootfs::open_directory(path),
        kind @ (SourceKind::DockerArchive
        | SourceKind::OciArchive
        | SourceKind::RootfsArchive
        | SourceKind::Registry) => Err(not_that(path, kind, "it is a directory")),
    }
}

fn not_that(path: &Path, kind: SourceKind, reason: &str) -> ImageError {
    ImageError::NotAnImage { path: path.into(), attempts: vec![Attempt { kind, reason: reason.to_owned() }] }
}

/// Whether the directory at `path` is an image in a form that is not read (containers/image, "directory transport").
/// Without a word about it, it would be a root filesystem in which nothing is found.
fn is_transport_directory(path: &Path) -> bool {
    let mut start = String::new();
    let version = File::open(path.join("version")).map(|file| file.take(100).read_to_string(&mut start));
    matches!(version, Ok(Ok(_))) && start.starts_with("Directory Transport Version")
}

/// Whether the `index.json` in `path` is that of a layout, even if its blobs are gone.
fn names_manifests(path: &Path) -> bool {
    const BYTES_MAX: u64 = 1 << 20;
    let mut bytes = Vec::new();
    let read =
        File::open(path.join("index.json")).and_then(|file| file.take(BYTES_MAX).read_to_end(&mut bytes));
    let index = read.ok().and_then(|_| serde_json::from_slice::<IndexOrManifest>(&bytes).ok());
    index.and_then(|index| index.manifests).is_some_and(|manifests| !manifests.is_empty())
}

const ARCHIVE_KINDS: [SourceKind; 3] =
    [SourceKind::DockerArchive, SourceKind::OciArchive, SourceKind::RootfsArchive];

fn open_file(path: &Path, kind: Option<SourceKind>, options: &OpenOptions) -> Result<Image, ImageError> {
    if let Some(kind @ (SourceKind::OciDir | SourceKind::Dir | SourceKind::Registry)) = kind {
        return Err(not_that(path, kind, "it is a file"));
    }
    open_plain(&Called::of(path), plain_file(path, &options.limits)?, kind, options)
}

fn open_plain(
    called: &Called,
    plain: Plain,
    kind: Option<SourceKind>,
    options: &OpenOptions,
) -> Result<Image, ImageError> {
    let not_an_image = |reason: &dyn Fn(SourceKind) -> String| ImageError::NotAnImage {
        path: called.source.clone().into(),
        attempts: ARCHIVE_KINDS
            .into_iter()
            .filter(|tried| kind.is_none_or(|kind| kind == *tried))
            .map(|kind| Attempt { kind, reason: reason(kind) })
            .collect(),
    };
    let Plain { file, size, compression } = plain;
    let mut found = ArchiveContent::default();
    let archive = match Archive::index(Arc::clone(&file), size, &options.limits, &mut |path| found.see(path))
    {
        Ok(archive) => archive,
        Err((error, false)) => {
            return Err(not_an_image(&|_| match compression {
                Compression::None => format!("not a tar archive: {error}"),
                packed => format!("what the {packed} stream holds is not a tar archive: {error}"),
            }));
        }
        Err((error, true)) => return Err(ImageError::part(&called.source, "the archive", error)),
    };
    let Some(kind) = kind.or(found.kind()) else {
        return Err(not_an_image(&|kind| found.why_not(kind).to_owned()));
    };
    if found.lacks(kind) {
        return Err(not_an_image(&|kind| found.why_not(kind).to_owned()));
    }
    if kind != SourceKind::RootfsArchive {
        archive.check_index().map_err(|error| ImageError::part(&called.source, "the archive", error))?;
    }
    match kind {
        SourceKind::DockerArchive => docker_archive::open(called, Box::new(archive), options),
        SourceKind::OciArchive => {
            oci_layout::open(called, SourceKind::OciArchive, Box::new(archive), options)
        }
        SourceKind::RootfsArchive => {
            Ok(rootfs::open_archive(called, Box::new(WholeFile { file, size }), size))
        }
        SourceKind::OciDir | SourceKind::Dir | SourceKind::Registry => {
            unreachable!("`lacks` says that no archive is of that kind")
        }
    }
}

/// What the members of an archive say about its kind.
#[derive(Default)]
struct ArchiveContent {
    has_members: bool,
    has_manifest: bool,
    has_index: bool,
    has_pieces: bool,
    has_root: bool,
}

impl ArchiveContent {
    fn see(&mut self, path: &str) {
        self.has_members |= !path.is_empty();
        self.has_manifest |= path == "manifest.json";
        self.has_index |= path == "index.json";
        self.has_pieces |= path == "oci-layout" || is_piece(path);
        self.has_root |= path.starts_with("etc/") || path.starts_with("usr/");
    }

    fn kind(&self) -> Option<SourceKind> {
        // A root filesystem may well have a file of that name.
        if self.has_manifest && (self.has_pieces || !self.has_root) {
            Some(SourceKind::DockerArchive)
        } else if self.has_index && self.has_pieces {
            Some(SourceKind::OciArchive)
        } else if self.has_pieces || !self.has_members {
            None
        } else {
            Some(SourceKind::RootfsArchive)
        }
    }

    fn lacks(&self, kind: SourceKind) -> bool {
        match kind {
            SourceKind::DockerArchive => !self.has_manifest,
            SourceKind::OciArchive => !self.has_index,
            SourceKind::RootfsArchive => !self.has_members,
            SourceKind::OciDir | SourceKind::Dir | SourceKind::Registry => true,
        }
    }

    fn why_not(&self, kind: SourceKind) -> &'static str {
        match kind {
            SourceKind::DockerArchive if self.has_pieces => "it has layers but no manifest.json",
            SourceKind::DockerArchive => "it has no manifest.json",
            SourceKind::OciArchive if self.has_pieces => "it has blobs but no index.json",
            SourceKind::OciArchive => "it has no index.json",
            SourceKind::RootfsArchive if self.has_pieces => "it holds pieces of an image",
            SourceKind::RootfsArchive => "it has no entries",
            SourceKind::OciDir | SourceKind::Dir | SourceKind::Registry => "it is a file",
        }
    }
}

/// Whether a path is that of a blob of a layout, or of a layer or configuration as docker-save names them.
fn is_piece(path: &str) -> bool {
    let is_hex = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match path.split_once('/') {
        Some((directory, "layer.tar")) => is_hex(directory),
        Some(_) => Digest::from_layout_path(path).is_some(),
        None => [".json", ".tar", ".tar.gz"].iter().any(|end| path.strip_suffix(end).is_some_and(is_hex)),
    }
}

/// A file whose bytes are those of the archive, uncompressed.
struct Plain {
    file: Arc<File>,
    size: u64,
    compression: Compression,
}

/// The file at `path`, or a temporary one with its uncompressed content.
fn plain_file(path: &Path, limits: &Limits) -> Result<Plain, ImageError> {
    let read = |source| ImageError::Read { path: path.into(), source };
    let mut file = File::open(path).map_err(read)?;
    let mut start = Vec::new();
    Read::by_ref(&mut file).take(8).read_to_end(&mut start).map_err(read)?;
    file.rewind().map_err(read)?;
    let compression = Compression::of(&start);
    if compression == Compression::None {
        let size = file.metadata().map_err(read)?.len();
        return Ok(Plain { file: Arc::new(file), size, compression });
    }
    let (file, size) = spool(BufReader::with_capacity(INPUT_BYTES, file), limits).map_err(|error| {
        ImageError::part(&path.display().to_string(), format_args!("the {compression} stream"), error)
    })?;
    Ok(Plain { file: Arc::new(file), size, compression })
}

/// Bytes of compressed input read at a time.
const INPUT_BYTES: usize = 256 << 10;

fn spool(input: impl BufRead, limits: &Limits) -> io::Result<(File, u64)> {
    // Nothing else is in memory yet. `xz -9` and `zstd -22`, with which whole archives are packed, have windows of 64
    // and 128 MiB.
    let limits = Limits { window_bytes_max: limits.window_bytes_max.saturating_mul(4), ..limits.clone() };
    let mut inflated = Inflated::new(input, Checksums::Verify, &limits)?;
    let mut spool = BufWriter::with_capacity(1 << 20, tempfile::tempfile()?);
    io::copy(&mut inflated, &mut spool)?;
    spool.flush()?;
    let bytes = inflated.bytes_out();
    let file = spool.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok((file, bytes))
}
