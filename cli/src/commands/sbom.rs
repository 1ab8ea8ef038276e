//! `plimsoll sbom`: an image is opened once, to write its bill of materials.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Args;
use flows::error::FlowError;
use flows::open::{Arrival, Opening};
use flows::scan::{Asked, Known, LookIn};
use flows::source::{Place, Source};
use model::inventory::Inventory;
use model::limits::Limits;
use sbom::cache::{CacheOptions, LayerCache};
use sbom::cataloger::Classifiers;
use sbom::format::{Choice, WriteOptions};
use sbom::image::OpenOptions;
use sbom::image::platform::Platform;
use sbom::inventory::{InventoryOptions, Progress, Scope};

use crate::args::Global;
use crate::environment;
use crate::error::CommandError;
use crate::exit_code::Exit;
use crate::hosts::TlsArgs;
use crate::keys::KeyArgs;
use crate::output::{self, Output, Resolved};
use crate::registry::RegistryArgs;
use crate::ui::{Bars, Ui, parse_bytes};

/// Write the bill of materials of an image
///
/// SOURCE is a path to an image: a `docker save` archive, an OCI layout (a directory or a tar), a root
/// filesystem (a directory or a tar); or `-` for an archive on standard input. Archives may be plain, gzip, zstd
/// or xz. The kind is found by looking at the content. What is no path is the name of an image, which is looked
/// for in docker, podman and its registry. A prefix forces the kind: `docker-archive:`, `oci-archive:`,
/// `oci-dir:`, `dir:`, `rootfs-archive:`, `registry:`, `docker:`, `podman:`, `sbom:`, `purl:`.
#[derive(Debug, Args)]
pub(crate) struct SbomArgs {
    /// The image
    source: String,
    /// A format (`cyclonedx-json`, `cyclonedx-xml`, `spdx-json`, `spdx-tag-value`, perhaps with a version: `@1.4`; `table`, `purls`), and a file for it; may be repeated
    #[arg(short, long = "output", value_name = "FORMAT[=FILE]")]
    output: Vec<Output>,
    /// Use the SBOM that is attached to the image in its registry, instead of opening the image
    #[arg(long)]
    referrers: bool,
    /// Attach the SBOM to the image in its registry, in every format that is written
    #[arg(long, conflicts_with = "referrers")]
    attach: bool,
    /// List the files of each package too, where its package manager records them
    #[arg(long, conflicts_with = "referrers")]
    files: bool,
    #[command(flatten)]
    tls: TlsArgs,
    #[command(flatten)]
    image: ImageArgs,
}

/// Options of every command that opens an image.
#[derive(Clone, Debug, Args)]
pub(crate) struct ImageArgs {
    /// The platform to take from a multi-platform image, as in `linux/arm64` [default: Linux on this machine's
    /// architecture]
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    platform: Option<Platform>,
    /// The image to take from an archive that holds several
    #[arg(long, value_name = "NAME")]
    image: Option<String>,
    /// The subject's name in the SBOM and in reports [default: the image's reference or file name]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The Dockerfile that built the image: layers are told by its lines
    #[arg(long, value_name = "FILE")]
    dockerfile: Option<PathBuf>,
    /// The image that this one was built on, or its SBOM: what came with it is told from what was added
    ///
    /// Findings are then `base` or `yours`
    #[arg(long, value_name = "REF|SBOM")]
    base: Option<String>,
    /// Which packages are listed
    #[arg(long, value_name = "SCOPE", value_enum, default_value_t = ScopeArg::Squashed)]
    scope: ScopeArg,
    /// Read every layer anew, whatever is known of it, and keep nothing
    #[arg(long)]
    no_cache: bool,
    /// Where the facts of layers are kept [default: `plimsoll` in the user's cache directory]
    #[arg(long, value_name = "DIR")]
    cache_dir: Option<PathBuf>,
    /// How large the facts of layers may become (`500MB`, `2GiB`); what was not used for the longest time goes first
    #[arg(long, value_name = "SIZE", value_parser = parse_bytes, default_value = CACHE_SIZE)]
    cache_size: u64,
    #[command(flatten)]
    keys: KeyArgs,
    #[command(flatten)]
    registry: RegistryArgs,
}

/// Which packages of an image are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ScopeArg {
    /// Those that are there when all layers are applied
    Squashed,
    /// Also those that a later layer deleted
    AllLayers,
}

impl From<ScopeArg> for Scope {
    fn from(scope: ScopeArg) -> Self {
        match scope {
            ScopeArg::Squashed => Self::Squashed,
            ScopeArg::AllLayers => Self::AllLayers,
        }
    }
}

/// A layer takes some ten or hundred kilobytes of it.
const CACHE_SIZE: &str = "1GB";

pub(crate) fn run(args: &SbomArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandError> {
    let outputs = output::resolve(&args.output, "cyclonedx-json", 1, sbom::format::by_name)?;
    let formats = if args.attach { attachable(&outputs)? } else { Vec::new() };
    let source = Source::parse(&args.source)?;
    let sources = std::slice::from_ref(&source);
    let mut images = args.image.images(sources, look_in(args.referrers), &args.tls, global)?;
    images.options.lists_files = args.files;
    let known = images.known(&source, ui)?;
    let inventory = &known.inventory;
    let options = write_options(inventory)?;
    // Before anything is written: a reader that goes away ends the command.
    for format in formats {
        attach(&source, &known, format, &options, ui)?;
    }
    for resolved in &outputs {
        output::write(&resolved.output, &inventory.subject.name, |out| {
            resolved.format.write(inventory, &options, out)
        })?;
    }
    Ok(Exit::Acceptable)
}

/// Where `--referrers` says that packages are looked for.
pub(crate) fn look_in(referrers: bool) -> LookIn {
    if referrers { LookIn::AttachedSbom } else { LookIn::Layers }
}

/// The formats among `outputs` that an SBOM can be attached in, each once.
fn attachable(outputs: &[Resolved<Choice>]) -> Result<Vec<&Choice>, CommandError> {
    let formats: BTreeMap<_, _> = outputs
        .iter()
        .map(|resolved| &resolved.format)
        .filter(|format| format.version().is_some())
        .map(|format| ((format.format().name, format.version()), format))
        .collect();
    if formats.is_empty() {
        return Err(CommandError::new("`--attach` attaches SBOMs, and no format that is written is one")
            .hint("add `-o cyclonedx-json=FILE`"));
    }
    Ok(formats.into_values().collect())
}

/// Attaches the SBOM, in one format, to the image it is of.
fn attach(
    source: &Source,
    known: &Known,
    format: &Choice,
    options: &WriteOptions<'_>,
    ui: &Ui,
) -> Result<(), CommandError> {
    let Some(image) = &known.image else {
        return Err(FlowError::NoRegistry { source_text: source.text.clone() }.into());
    };
    let mut bytes = Vec::new();
    format.write(&known.inventory, options, &mut bytes).map_err(FlowError::Render)?;
    let created = options.created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let annotations = BTreeMap::from([("org.opencontainers.image.created".to_owned(), created)]);
    let media_type = format.format().media_type;
    let digest =
        flows::attached::attach(source, image, known.remote.as_deref(), media_type, &bytes, annotations)?;
    ui.say(&format!("attached {} as {digest}", format.format().name));
    Ok(())
}

/// How this binary writes the SBOM of `inventory`.
pub(crate) fn write_options(inventory: &Inventory) -> Result<WriteOptions<'static>, CommandError> {
    let created = flows::scan::created(inventory, environment::source_date_epoch()?);
    Ok(WriteOptions { tool_version: env!("CARGO_PKG_VERSION"), created })
}

impl ImageArgs {
    /// The same with another platform and name of the subject, where they are given.
    pub(crate) fn over(self, platform: Option<Platform>, name: Option<String>) -> Self {
        Self { platform: platform.or(self.platform), name: name.or(self.name), ..self }
    }

    /// The keys of which one must have signed an SBOM.
    pub(crate) fn sbom_keys(&self) -> Result<Vec<signing::PublicKey>, CommandError> {
        self.keys.read()
    }

    /// All that is needed to open `sources` one after the other: what is typed is read once, and a registry keeps its
    /// connections and tokens.
    pub(crate) fn images(
        &self,
        sources: &[Source],
        look_in: LookIn,
        tls: &TlsArgs,
        global: &Global,
    ) -> Result<Images, CommandError> {
        let limits = Limits::default();
        let image = OpenOptions {
            platform: self.platform.clone(),
            image: self.image.clone(),
            limits: limits.clone(),
        };
        let asked = Asked {
            look_in,
            dockerfile: self.dockerfile.as_deref().map(read_dockerfile).transpose()?,
            base: self.base.as_deref().map(Source::parse).transpose()?,
        };
        let opening = self.registry.opening(sources, image, self.keys.read()?, tls, global)?;
        let options = InventoryOptions {
            name: self.name.clone(),
            cache: self.cache(&limits, &global.classifiers),
            classifiers: Arc::clone(&global.classifiers),
            limits,
            scope: self.scope.into(),
            ..InventoryOptions::default()
        };
        Ok(Images { opening, asked, options })
    }

    /// The facts of layers that are kept, unless there is no place for them.
    fn cache(&self, limits: &Limits, classifiers: &Classifiers) -> Option<Arc<LayerCache>> {
        if self.no_cache {
            return None;
        }
        let dir = self.cache_dir.clone().or_else(environment::default_cache_dir)?;
        let options = CacheOptions { dir, bytes_max: self.cache_size, now: environment::system_time() };
        Some(Arc::new(LayerCache::new(options, limits, classifiers)))
    }
}

/// How images are opened and read.
pub(crate) struct Images {
    opening: Opening,
    asked: Asked,
    options: InventoryOptions,
}

impl Images {
    /// Opens the image and reads its inventory, saying its gaps.
    pub(crate) fn known(&self, source: &Source, ui: &Ui) -> Result<Known, CommandError> {
        let is_one = matches!(source.place, Place::Registry(_) | Place::Daemon(..) | Place::Name(_));
        if is_one && self.opening.image.image.is_some() {
            let error = format!("`--image` chooses from an archive, and `{}` names one image", source.text);
            return Err(CommandError::new(error).hint("leave `--image` out"));
        }
        let watch = WatchLayers::new(ui);
        let mut arrival = Arrival {
            stdin: &mut std::io::stdin(),
            arrived: &|bytes| watch.arrived(bytes),
            passed_over: &|attempt| {
                ui.warn(&format!("{} could not be asked: {}", attempt.place, attempt.reason));
            },
        };
        let (opening, options) = (&self.opening, &self.options);
        let known = flows::scan::inventory(source, opening, &self.asked, options, &mut arrival, &watch)?;
        ui.say_more(&watch.summary());
        if let Some(trouble) = options.cache.as_ref().and_then(|cache| cache.take_trouble()) {
            ui.warn(&format!("{trouble}: {}; layers are read anew", trouble.source));
        }
        ui.gaps(&known.inventory.gaps);
        Ok(known)
    }
}

/// The name that is shown of a Dockerfile, and its text.
fn read_dockerfile(path: &Path) -> Result<(String, String), CommandError> {
    let mut bytes = Vec::new();
    let limit = sbom::dockerfile::BYTES_MAX as u64;
    let read = std::fs::File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes));
    read.map_err(|error| CommandError::new(format!("cannot read `{}`: {error}", path.display())))?;
    if bytes.len() as u64 > limit {
        return Err(CommandError::new(format!("`{}` is larger than {limit} bytes", path.display()))
            .hint("give the Dockerfile of the image"));
    }
    let name = path.display().to_string();
    Ok((name, String::from_utf8_lossy(&bytes).into_owned()))
}

/// A bar for each layer that is being read.
struct WatchLayers<'a> {
    ui: &'a Ui,
    bars: Bars<usize>,
    /// Of an archive that arrives from a daemon or on standard input.
    archive: Bars<()>,
    n_read: AtomicUsize,
    n_known: AtomicUsize,
    n_files: AtomicUsize,
}

impl<'a> WatchLayers<'a> {
    fn new(ui: &'a Ui) -> Self {
        Self {
            ui,
            bars: Bars::default(),
            archive: Bars::default(),
            n_read: AtomicUsize::new(0),
            n_known: AtomicUsize::new(0),
            n_files: AtomicUsize::new(0),
        }
    }

    fn arrived(&self, bytes: u64) {
        if !self.archive.has(&()) {
            self.archive.insert((), self.ui.bar("archive", None));
        }
        self.archive.with(&(), |bar| bar.inc(bytes));
    }

    fn summary(&self) -> String {
        let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        let (n_read, n_known, n_files) = (count(&self.n_read), count(&self.n_known), count(&self.n_files));
        format!("layers: {n_read} read, {n_known} known from the cache; catalogers read {n_files} files")
    }
}

impl Progress for WatchLayers<'_> {
    fn layer_started(&self, index: usize, bytes: Option<u64>) {
        self.archive.finish(&());
        self.n_read.fetch_add(1, Ordering::Relaxed);
        self.bars.insert(index, self.ui.bar(&format!("layer {}", index + 1), bytes));
    }

    fn advanced(&self, index: usize, bytes: u64) {
        self.bars.with(&index, |bar| bar.inc(bytes));
    }

    fn layer_finished(&self, index: usize) {
        self.bars.finish(&index);
    }

    fn layer_known(&self, index: usize) {
        self.n_known.fetch_add(1, Ordering::Relaxed);
        self.ui.say_even_more(&format!("layer {} is known from the cache", index + 1));
    }

    fn files_read(&self, count: usize) {
        self.n_files.fetch_add(count, Ordering::Relaxed);
    }
}
