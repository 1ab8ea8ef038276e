//! `plimsoll explain`: why a package is, or is not, affected.

use std::fs::File;
use std::path::Path;

use advisory_db::{FeedsDir, Snapshot};
use clap::Args;
use flows::error::FlowError;
use flows::explain::{Asked, Told, explain, read, read_file};
use flows::match_sbom::Besides;
use flows::vex::{VexAccess, VexPlace, bom_of};
use matcher::Fallback;
use matcher::vex::Given;
use model::distro::Distro;
use model::limits::Limits;

use crate::args::Global;
use crate::commands::match_sbom::{assume_distro, distro, read as read_bytes};
use crate::error::CommandError;
use crate::exit_code::Exit;
use crate::feeds::{FeedArgs, kept_snapshot};
use crate::keys::KeyArgs;
use crate::output::{self, Output};
use crate::ui::Ui;
use crate::vex;

/// Say why packages are, or are not, affected
///
/// Every row of the feeds that names the id is told: which one decided and by which bound, which were passed over or kept
/// away, and why. It asks no host: what `match`, `scan` or `feeds sync` brought answers.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The id, or another that the vulnerability goes by: `CVE-2024-6119`
    id: String,
    /// The SBOM, or the report that `-o json` wrote; `-` is standard input
    #[arg(value_name = "SBOM|REPORT")]
    document: String,
    /// Only the package of this name or package URL, and whatever there is to say of it
    #[arg(long, value_name = "NAME|PURL")]
    package: Option<String>,
    /// `text` or `json`, and a file for it; may be repeated
    #[arg(short, long = "output", value_name = "FORMAT[=FILE]")]
    output: Vec<Output>,
    /// Explain by a snapshot that is kept: its id or the beginning of it, or a date for the newest one then [default: that which a report names, else
    /// the current one]
    #[arg(long, value_name = "ID|DATE")]
    snapshot: Option<String>,
    /// The distribution to assume where the document names none, as in `debian:12`
    #[arg(long, value_name = "ID:VERSION", value_parser = distro)]
    distro: Option<Distro>,
    /// A VEX document, or a directory of them, as `match` takes it; may be repeated
    ///
    /// What they answer is explained as suppressed, and of statements that suppress nothing it is said why
    #[arg(long, value_name = "FILE|DIR", value_parser = vex::place())]
    vex: Vec<VexPlace>,
    /// What to look up by CPE name, as `match` takes it: `cpe`, `cpe:alpine,debian`, `off`
    #[arg(long, value_name = "FALLBACK")]
    fallback: Option<Fallback>,
    /// Whether Red Hat is asked what is not fixed in AlmaLinux and Rocky Linux, as `match` takes it [default: true]
    #[arg(long, value_name = "BOOL")]
    unfixed_from_rhel: Option<bool>,
    #[command(flatten)]
    keys: KeyArgs,
}

pub(crate) fn run(args: &ExplainArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandError> {
    let outputs = output::resolve(&args.output, "text", 1, ExplanationFormat::by_name)?;
    let keys = args.keys.read()?;
    let limits = Limits::default();
    vex::without_images(&args.vex, "explain")?;
    // What a repository said when it was asked last is there still.
    let cache = vex::cache();
    let access = VexAccess { fetcher: None, cache: cache.as_deref() };
    let vex = flows::vex::read(&args.vex, &access, &limits)?;
    let is_bom_asked = vex.iter().any(Given::links_to_boms);
    let mut told = match args.document.as_str() {
        "-" => {
            let bytes = read_bytes("-")?;
            let bom = is_bom_asked.then(|| bom_of(|| Some(&*bytes), &limits)).flatten();
            Told { bom, ..read("standard input", &bytes, &limits, &keys)? }
        }
        path => {
            let told = read_file(Path::new(path), &limits, &keys)?;
            let bom = is_bom_asked.then(|| bom_of(|| File::open(path).ok(), &limits)).flatten();
            Told { bom, ..told }
        }
    };
    assume_distro(&mut told.inventory, args.distro.as_ref());
    let feeds_dir = FeedArgs::default().open(global)?;
    let snapshot = snapshot(args, &told, &feeds_dir, ui)?;
    let unfixed_from_rhel = args.unfixed_from_rhel.unwrap_or(Besides::default().unfixed_from_rhel);
    let besides = Besides { fallback: args.fallback.as_ref(), unfixed_from_rhel };
    let asked = Asked { id: args.id.trim(), package: args.package.as_deref(), besides };
    let explanation = explain(&told, asked, &snapshot, &vex)?;
    let options = report::RenderOptions {
        tool_version: env!("CARGO_PKG_VERSION"),
        color: ui.colors_stdout(),
        width: ui.stdout_width(),
        stored: None,
    };
    for resolved in &outputs {
        output::write(&resolved.output, &args.id, |out| match resolved.format {
            ExplanationFormat::Text => {
                report::explanation::text(&explanation, &told.inventory, &options, out)
            }
            ExplanationFormat::Json => report::explanation::json(&explanation, &told.inventory, out),
        })?;
    }
    Ok(Exit::Acceptable)
}

/// The snapshot that was asked for, else that which the report was made with, else the current one.
fn snapshot(
    args: &ExplainArgs,
    told: &Told,
    feeds_dir: &FeedsDir,
    ui: &Ui,
) -> Result<Snapshot, CommandError> {
    if let Some(wanted) = &args.snapshot {
        return kept_snapshot(feeds_dir, wanted);
    }
    let current = || flows::feeds::held(feeds_dir);
    let Some(report) = &told.report else { return Ok(current()?) };
    match feeds_dir.snapshot(&report.snapshot).map_err(FlowError::from)? {
        Some(snapshot) => Ok(snapshot),
        None => {
            let snapshot = current()?;
            ui.warn(&format!(
                "the report was made with snapshot {}, which is not held: explained by {}",
                report.snapshot,
                snapshot.id()
            ));
            Ok(snapshot)
        }
    }
}

/// How an explanation is written.
#[derive(Clone, Copy, Debug)]
enum ExplanationFormat {
    Text,
    Json,
}

/// A name that is no format of an explanation.
#[derive(Debug, thiserror::Error)]
#[error("`{name}` is no format for an explanation: use `text` or `json`")]
struct UnknownExplanationFormat {
    name: String,
}

impl ExplanationFormat {
    fn by_name(name: &str) -> Result<Self, UnknownExplanationFormat> {
        match name {
            "json" => Ok(Self::Json),
            "text" => Ok(Self::Text),
            _ => Err(UnknownExplanationFormat { name: name.to_owned() }),
        }
    }
}
