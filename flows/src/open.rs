//! A source becomes an opened image, or an inventory that needs none.
//!
//! This is where images meet registries and daemons: `sbom` knows neither, and `registry` knows no image.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use fetch::client::ClientOptions;
use model::digest::Digest;
use model::inventory::Inventory;
use registry::client::{Registry, Repository};
use registry::context::daemon_of_context;
use registry::daemon::{Daemon, DaemonTls};
use registry::error::RegistryError;
use registry::manifest::Manifest;
use registry::reference::{Pointer, Reference};
use sbom::format::PublicKey;
use sbom::image::blob::{Blob, BlobAddress, BlobSource};
use sbom::image::{Called, Image, OpenOptions, Root, SourceKind};
use serde::Deserialize;

use crate::error::{Attempt, FlowError};
use crate::match_sbom::{Subject, digest};
use crate::source::{DaemonKind, Place, Source, read_sbom, read_sbom_file};

/// What sources are opened with.
#[derive(Clone, Debug)]
pub struct Opening {
    /// What to open, where a source leaves a choice.
    pub image: OpenOptions,
    /// Who must have signed SBOMs, one of these; none where nobody need have.
    pub keys: Vec<PublicKey>,
    /// Asks registries.
    pub registry: Registry,
    /// How daemons are asked.
    pub http: ClientOptions,
    /// Where docker may listen.
    pub docker: DaemonSettings,
    /// Where podman may listen.
    pub podman: DaemonSettings,
    /// Whether registries and daemons on other machines may be asked.
    pub network: Network,
}

/// What says where a daemon listens; the first of these that says it.
#[derive(Clone, Debug, Default)]
pub struct DaemonSettings {
    /// An address, as `DOCKER_HOST` has it.
    pub host: Option<String>,
    /// Its certificates, where it is asked over TLS.
    pub tls: Option<DaemonTls>,
    /// docker's own directory, and the context in it that is asked for.
    pub contexts: Option<(PathBuf, Option<String>)>,
    /// Sockets; the first that is there is asked.
    pub sockets: Vec<PathBuf>,
}

impl DaemonSettings {
    fn places(&self) -> Result<Vec<Daemon>, RegistryError> {
        if let Some(host) = &self.host {
            return Ok(vec![Daemon::parse(host, self.tls.clone())?]);
        }
        if let Some((dir, context)) = &self.contexts
            && let Some(daemon) = daemon_of_context(dir, context.as_deref())?
        {
            return Ok(vec![daemon]);
        }
        Ok(self.sockets.iter().cloned().map(Daemon::Unix).collect())
    }
}

/// Whether the network may be touched. A socket on this machine is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// It may.
    Allowed,
    /// It may not, ever.
    Never,
}

/// What a source turned out to be.
pub enum Opened {
    /// An image, and the registry that it lies in, if it does.
    Image(Box<Image>, Option<Box<Remote>>),
    /// All that is known, without any image; and the digest of the document it was read from.
    Inventory(Box<Inventory>, String),
}

/// Where an image lies in a registry.
#[derive(Clone, Debug)]
pub struct Remote {
    /// Its repository.
    pub repository: Repository,
    /// The manifest or index that its name leads to.
    pub root: Manifest,
}

/// Where an archive comes from that is not a file, and who hears what happens meanwhile.
pub struct Arrival<'a> {
    /// Standard input, which is read only when the source says so.
    pub stdin: &'a mut dyn Read,
    /// Told how many bytes more have arrived.
    pub arrived: &'a dyn Fn(u64),
    /// Told of a daemon that is there and could not be asked, before the next place is.
    pub passed_over: &'a dyn Fn(&Attempt),
}

/// A reader that tells how many bytes pass.
struct Told<'a, R> {
    reader: R,
    arrived: &'a dyn Fn(u64),
}

impl<R: Read> Read for Told<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n_bytes = self.reader.read(out)?;
        (self.arrived)(n_bytes as u64);
        Ok(n_bytes)
    }
}

/// Opens `source`. Layers are not read yet.
///
/// # Errors
/// As [`FlowError`] says; for a name without a prefix, with every place that was asked.
pub fn open(source: &Source, opening: &Opening, arrival: &mut Arrival<'_>) -> Result<Opened, FlowError> {
    match &source.place {
        Place::Path(path, None) if is_document(path) => document(path, opening, arrival),
        Place::Path(path, kind) => {
            let image = sbom::image::open(path, *kind, &opening.image);
            Ok(Opened::Image(Box::new(image.map_err(image_error(source))?), None))
        }
        Place::Stdin => {
            let called = Called { source: "standard input".to_owned(), subject: "standard input".to_owned() };
            let mut stdin = Told { reader: &mut *arrival.stdin, arrived: arrival.arrived };
            let image = sbom::image::open_stream(&called, &mut stdin, None, &opening.image);
            Ok(Opened::Image(Box::new(image.map_err(image_error(source))?), None))
        }
        Place::Registry(reference) => in_registry(source, reference, opening),
        Place::Daemon(kind, name) => in_daemon(source, *kind, name, opening, arrival.arrived),
        Place::Name(reference) => anywhere(source, reference, opening, arrival),
        Place::Sbom(path) => document(path, opening, arrival),
        Place::Purl(text) => {
            let inventory = sbom::format::of_purl(text).map_err(|source| FlowError::Purl { source })?;
            Ok(Opened::Inventory(Box::new(inventory), digest(text.as_bytes())))
        }
    }
}

fn image_error(source: &Source) -> impl FnOnce(sbom::image::ImageError) -> FlowError {
    let source_text = source.text.clone();
    move |source| FlowError::Image { source_text, source }
}

fn registry_error(source: &Source) -> impl FnOnce(RegistryError) -> FlowError {
    let source_text = source.text.clone();
    move |source| FlowError::Registry { source_text, source }
}

/// How much of a file is looked at to tell whether it is an SBOM.
const DOCUMENT_HEAD_BYTES: u64 = 64 << 10;

/// Whether the file at `path` begins as a document; no archive begins so.
fn is_document(path: &Path) -> bool {
    if !path.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return false;
    }
    let mut head = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(DOCUMENT_HEAD_BYTES).read_to_end(&mut head));
    read.is_ok() && sbom::format::is_document(&head)
}

fn document(path: &Path, opening: &Opening, arrival: &mut Arrival<'_>) -> Result<Opened, FlowError> {
    let limits = &opening.image.limits;
    let subject = if path == Path::new("-") {
        let bytes = read_stdin(limits.document_bytes_max, arrival.stdin)
            .map_err(|source| FlowError::File { action: "read", path: path.to_owned(), source })?;
        Subject::new(read_sbom("-", &bytes, limits, &opening.keys)?, &bytes)
    } else {
        read_sbom_file(path, limits, &opening.keys)?
    };
    Ok(Opened::Inventory(Box::new(subject.inventory), subject.sbom_digest))
}

fn read_stdin(bytes_max: u64, stdin: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stdin.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > bytes_max {
        true => Err(io::Error::other(format!("it is larger than document_bytes_max of {bytes_max}"))),
        false => Ok(bytes),
    }
}

/// A name without a prefix, and no file: daemons are asked before the registry, because what is there needs no download.
fn anywhere(
    source: &Source,
    reference: &Reference,
    opening: &Opening,
    arrival: &Arrival<'_>,
) -> Result<Opened, FlowError> {
    let mut attempts = Vec::new();
    for kind in DaemonKind::ALL {
        match in_daemon(source, kind, &source.text, opening, arrival.arrived) {
            Ok(opened) => return Ok(opened),
            Err(error) if is_not_there(&error) => attempts.push(Attempt::of(kind.name(), &error)),
            // The image may be in there, and the one of the same name in a registry may be another.
            Err(error) if cannot_be_asked(&error) => {
                let attempt = Attempt::of(kind.name(), &error);
                (arrival.passed_over)(&attempt);
                attempts.push(attempt);
            }
            Err(error) => return Err(error),
        }
    }
    match in_registry(source, reference, opening) {
        Ok(opened) => Ok(opened),
        // What a registry has and cannot be read is not looked for elsewhere, and was not in the daemons.
        Err(error @ FlowError::Image { .. }) => Err(error),
        Err(error) => {
            attempts.push(Attempt::of("registry", &error));
            Err(FlowError::Nowhere { source_text: source.text.clone(), attempts })
        }
    }
}

/// Whether a daemon has no such image, or there is no daemon.
fn is_not_there(error: &FlowError) -> bool {
    matches!(
        error,
        FlowError::NoDaemon { .. }
            | FlowError::Offline { .. }
            | FlowError::Registry { source: RegistryError::NoSuchImage { .. }, .. }
    )
}

/// Whether a daemon is there and gives no answer: its socket may belong to others.
fn cannot_be_asked(error: &FlowError) -> bool {
    use RegistryError as E;
    let FlowError::Registry { source, .. } = error else { return false };
    matches!(
        source,
        E::Transport { .. } | E::TimedOut { .. } | E::DaemonAddress { .. } | E::Client(_) | E::File { .. }
    )
}

/// The longest wait for the first bytes of an image: docker before version 25 writes the whole archive before it sends any.
const DAEMON_WAIT_MAX: Duration = Duration::from_secs(600);

fn in_daemon(
    source: &Source,
    kind: DaemonKind,
    name: &str,
    opening: &Opening,
    arrived: &dyn Fn(u64),
) -> Result<Opened, FlowError> {
    let settings = match kind {
        DaemonKind::Docker => &opening.docker,
        DaemonKind::Podman => &opening.podman,
    };
    let places = settings.places().map_err(registry_error(source))?;
    let is_there = |daemon: &&Daemon| match daemon {
        Daemon::Unix(path) => path.exists(),
        Daemon::Tcp { .. } => true,
    };
    let Some(daemon) = places.iter().find(is_there) else {
        let places = places.iter().map(ToString::to_string).collect();
        return Err(FlowError::NoDaemon { kind: kind.name(), places });
    };
    if matches!(daemon, Daemon::Tcp { .. }) && opening.network == Network::Never {
        return Err(FlowError::Offline { source_text: source.text.clone() });
    }
    let limits = &opening.image.limits;
    let http = ClientOptions { read_timeout: DAEMON_WAIT_MAX, ..opening.http.clone() };
    let export = daemon.export(name, limits.layer_bytes_max, &http).map_err(registry_error(source))?;
    let mut archive = Told { reader: export, arrived };
    let called = Called { source: format!("{}:{name}", kind.name()), subject: name.to_owned() };
    let options = OpenOptions { image: None, ..opening.image.clone() };
    let kind = Some(SourceKind::DockerArchive);
    let image = sbom::image::open_stream(&called, &mut archive, kind, &options);
    Ok(Opened::Image(Box::new(image.map_err(image_error(source))?), None))
}

fn in_registry(source: &Source, reference: &Reference, opening: &Opening) -> Result<Opened, FlowError> {
    if opening.network == Network::Never {
        return Err(FlowError::Offline { source_text: source.text.clone() });
    }
    let repository = opening.registry.repository(reference);
    let bytes_max = opening.image.limits.manifest_bytes_max;
    let root = repository.manifest(&reference.pointer(), bytes_max).map_err(registry_error(source))?;
    let called = Called { source: source.text.clone(), subject: reference.to_string() };
    let sbom_root = Root { called, media_type: root.media_type.clone(), digest: root.digest.clone() };
    let blobs = RepositoryBlobs::new(repository.clone(), root.clone(), bytes_max);
    let image = sbom::image::open_root(&sbom_root, SourceKind::Registry, Box::new(blobs), &opening.image)
        .map_err(image_error(source))?;
    Ok(Opened::Image(Box::new(image), Some(Box::new(Remote { repository, root }))))
}

/// The blobs of a repository, as an image reads them.
struct RepositoryBlobs {
    repository: Repository,
    root: Manifest,
    manifest_bytes_max: u64,
    /// Where else layers may be had, by digest, as the manifests that were read say.
    urls: Mutex<BTreeMap<String, Vec<String>>>,
}

/// The part of a manifest that says where its layers are.
#[derive(Deserialize)]
struct WithUrls {
    #[serde(default)]
    layers: Option<Vec<LayerUrls>>,
}

#[derive(Deserialize)]
struct LayerUrls {
    digest: String,
    #[serde(default)]
    urls: Option<Vec<String>>,
}

impl RepositoryBlobs {
    fn new(repository: Repository, root: Manifest, manifest_bytes_max: u64) -> Self {
        Self { repository, root, manifest_bytes_max, urls: Mutex::new(BTreeMap::new()) }
    }

    fn manifest(&self, digest: &Digest) -> Result<Vec<u8>, RegistryError> {
        if *digest == self.root.digest {
            return Ok(self.root.bytes.clone());
        }
        let pointer = Pointer::Digest(digest.clone());
        Ok(self.repository.manifest(&pointer, self.manifest_bytes_max)?.bytes)
    }

    fn remember_urls(&self, manifest: &[u8]) {
        // What is no manifest, its reader will refuse.
        let Ok(WithUrls { layers: Some(layers) }) = serde_json::from_slice(manifest) else { return };
        let mut known = self.urls.lock().unwrap_or_else(PoisonError::into_inner);
        for layer in layers {
            if let Some(urls) = layer.urls.filter(|urls| !urls.is_empty()) {
                known.insert(layer.digest, urls);
            }
        }
    }

    fn urls(&self, digest: &str) -> Vec<String> {
        let known = self.urls.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(digest).cloned().unwrap_or_default()
    }
}

impl BlobSource for RepositoryBlobs {
    fn open(&self, address: &BlobAddress) -> io::Result<Blob> {
        match address {
            BlobAddress::Path(_) => Err(io::ErrorKind::NotFound.into()),
            BlobAddress::Manifest(digest) => {
                let bytes = self.manifest(digest).map_err(io_error)?;
                self.remember_urls(&bytes);
                Ok(Blob { size: Some(bytes.len() as u64), reader: Box::new(io::Cursor::new(bytes)) })
            }
            BlobAddress::Digest(digest) => {
                let urls = self.urls(digest.as_str());
                let reader = self.repository.foreign_blob(digest, &urls, None).map_err(io_error)?;
                Ok(Blob { size: reader.size(), reader: Box::new(reader) })
            }
        }
    }
}

fn io_error(error: RegistryError) -> io::Error {
    let kind = if error.is_not_found() { io::ErrorKind::NotFound } else { io::ErrorKind::Other };
    io::Error::new(kind, error)
}
