//! `plimsoll merge`: several SBOMs as one, each still judged by its own distribution.

use clap::Args;
use flows::documents;
use model::limits::Limits;
use sbom::merge::Repeated;

use super::convert::{place_name, write_all};
use super::match_sbom;
use super::sbom::write_options;
use crate::args::Global;
use crate::error::CommandError;
use crate::exit_code::Exit;
use crate::keys::KeyArgs;
use crate::output::{self, Output};
use crate::ui::Ui;

/// Make one SBOM of several
///
/// Each of them becomes a part of the merged SBOM and keeps its subject, its distribution and its packages, so that
/// matching it finds what matching each of them would. Their order makes no difference. What of them has no place
/// in the merged SBOM is listed on standard error, one line a path.
#[derive(Debug, Args)]
pub(crate) struct MergeArgs {
    /// The SBOMs (CycloneDX, SPDX, Syft JSON, a list of package URLs), several; `-` is standard input
    #[arg(required = true, value_name = "SBOM")]
    sbom: Vec<String>,
    /// A format (`cyclonedx-json`, `cyclonedx-xml`, `spdx-json`, `spdx-tag-value`, perhaps with a version: `@1.4`; `table`, `purls`), and a file for it; may be repeated
    #[arg(short, long = "output", value_name = "FORMAT[=FILE]")]
    output: Vec<Output>,
    /// The merged subject's name [default: the names of its parts]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Make the exit code 1 when anything is lost; what was asked for is written all the same
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    keys: KeyArgs,
}

pub(crate) fn run(args: &MergeArgs, _global: &Global, ui: &Ui) -> Result<Exit, CommandError> {
    let outputs = output::resolve(&args.output, "cyclonedx-json", 1, sbom::format::by_name)?;
    if args.sbom.iter().filter(|place| *place == "-").count() > 1 {
        return Err(CommandError::new("standard input can be only one of the SBOMs"));
    }
    let limits = Limits::default();
    let keys = args.keys.read()?;
    let read = |place| match_sbom::read(place).map(|bytes| (place_name(place), bytes));
    let files: Vec<(&str, Vec<u8>)> = args.sbom.iter().map(|place| read(place)).collect::<Result<_, _>>()?;
    let mut sboms = Vec::with_capacity(files.len());
    for (place, bytes) in &files {
        sboms.push((*place, bytes.as_slice(), documents::read(place, bytes, &limits, &keys)?));
    }
    let merged = documents::merge(&sboms, args.name.as_deref(), &limits)?;
    for repeated in &merged.repeated {
        ui.say(&sentence(repeated));
    }
    ui.gaps(&merged.inventory.gaps);
    let options = write_options(&merged.inventory)?;
    write_all(&outputs, &merged.inventory.subject.name, args.strict, ui, |choice| {
        Ok(documents::write_merged(&sboms, &merged, choice, &options)?)
    })
}

fn sentence(repeated: &Repeated) -> String {
    match repeated {
        Repeated::LeftOut { place, other } => {
            format!("`{place}` says the same as `{other}`: it is taken once")
        }
        Repeated::Twice { document, subject } => {
            format!(
                "the SBOM of `{subject}` ({document}) was given by itself and in another: it is there twice"
            )
        }
    }
}
