//! `plimsoll sbom`: an image is opened once, to write its bill of materials.

use clap::Args;
use flows::source::Source;
use indicatif::ProgressBar;
use model::inventory::Inventory;
use model::limits::Limits;
use sbom::format::WriteOptions;
use sbom::image::OpenOptions;
use sbom::image::platform::Platform;
use sbom::inventory::{InventoryOptions, Progress};

use crate::environment;
use crate::error::CommandError;
use crate::exit_code::Exit;
use crate::output::{self, Output};
use crate::ui::Ui;

/// Write the bill of materials of an image
///
/// SOURCE is a path to an image: a `docker save` archive, an OCI layout (a directory or a tar), a root
/// filesystem (a directory or a tar). Archives may be plain, gzip, zstd or xz. The kind is found by looking at
/// the content, and can be forced by a prefix: `docker-archive:`, `oci-archive:`, `oci-dir:`, `dir:`,
/// `rootfs-archive:`.
#[derive(Debug, Args)]
pub(crate) struct SbomArgs {
    /// The image
    source: String,
    /// A format (`cyclonedx-json`, `spdx-json`, `table`, `purls`), and a file for it; may be repeated
    #[arg(short, long = "output", value_name = "FORMAT[=FILE]")]
    output: Vec<Output>,
    #[command(flatten)]
    image: ImageArgs,
}

/// Options of every command that opens an image.
#[derive(Debug, Args)]
pub(crate) struct ImageArgs {
    /// The platform to take from a multi-platform image, as in `linux/arm64`
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    platform: Option<Platform>,
    /// The image to take from an archive that holds several
    #[arg(long, value_name = "NAME")]
    image: Option<String>,
    /// The subject's name in the SBOM and in reports [default: the image's reference or file name]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

pub(crate) fn run(args: &SbomArgs, ui: &Ui) -> Result<Exit, CommandError> {
    let outputs = output::resolve(&args.output, "cyclonedx-json", 1, sbom::format::by_name)?;
    let inventory = args.image.inventory(&args.source, ui)?;
    let options = write_options(&inventory)?;
    for resolved in &outputs {
        output::write(&resolved.output, &inventory.subject.name, |out| {
            resolved.format.write(&inventory, &options, out)
        })?;
    }
    Ok(Exit::Acceptable)
}

/// How this binary writes the SBOM of `inventory`.
pub(crate) fn write_options(inventory: &Inventory) -> Result<WriteOptions<'static>, CommandError> {
    let created = flows::scan::created(inventory, environment::source_date_epoch()?);
    Ok(WriteOptions { tool_version: env!("CARGO_PKG_VERSION"), created })
}

impl ImageArgs {
    /// Options that name only the platform and the subject's name.
    pub(crate) fn new(platform: Option<Platform>, name: Option<String>) -> Self {
        Self { platform, image: None, name }
    }

    /// Opens the image and reads its inventory, saying its gaps.
    pub(crate) fn inventory(&self, source: &str, ui: &Ui) -> Result<Inventory, CommandError> {
        let source = Source::parse(source)?;
        let limits = Limits::default();
        let open = OpenOptions {
            platform: self.platform.clone(),
            image: self.image.clone(),
            limits: limits.clone(),
        };
        let options = InventoryOptions { name: self.name.clone(), limits };
        let bars = LayersBar(ui.bar("layers", Some(0)));
        let inventory = flows::scan::inventory(&source, &open, &options, &bars)?;
        ui.gaps(&inventory.gaps);
        Ok(inventory)
    }
}

/// One bar for all layers, which are read side by side.
struct LayersBar(ProgressBar);

impl Progress for LayersBar {
    fn layer_started(&self, _index: usize, bytes: Option<u64>) {
        self.0.inc_length(bytes.unwrap_or(0));
    }

    fn advanced(&self, bytes: u64) {
        self.0.inc(bytes);
    }

    fn layer_finished(&self, _index: usize) {}
}

impl Drop for LayersBar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
