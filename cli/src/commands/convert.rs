//! `plimsoll convert`: an SBOM in another format or version, and what that has no place for.

use clap::Args;
use flows::documents::{self, Written};
use model::limits::Limits;
use sbom::format::Choice;

use super::match_sbom;
use super::sbom::write_options;
use crate::args::Global;
use crate::error::CommandError;
use crate::exit_code::Exit;
use crate::keys::KeyArgs;
use crate::output::{self, Output, Resolved};
use crate::ui::Ui;

/// Write an SBOM in another format or version
///
/// Within one model (CycloneDX, SPDX 2) the document itself is written again, with all that the target version
/// knows. What has no place in the target is listed on standard error, one line a path.
#[derive(Debug, Args)]
pub(crate) struct ConvertArgs {
    /// The SBOM (CycloneDX, SPDX, Syft JSON, a list of package URLs); `-` is standard input
    #[arg(value_name = "SBOM")]
    sbom: String,
    /// A format (`cyclonedx-json`, `cyclonedx-xml`, `spdx-json`, `spdx-tag-value`, perhaps with a version: `@1.4`; `table`, `purls`), and a file for it; may be repeated
    #[arg(short, long = "output", value_name = "FORMAT[=FILE]")]
    output: Vec<Output>,
    /// Make the exit code 1 when anything is lost; what was asked for is written all the same
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    keys: KeyArgs,
}

pub(crate) fn run(args: &ConvertArgs, _global: &Global, ui: &Ui) -> Result<Exit, CommandError> {
    let outputs = output::resolve(&args.output, "cyclonedx-json", 1, sbom::format::by_name)?;
    let bytes = match_sbom::read(&args.sbom)?;
    let place = place_name(&args.sbom);
    let document = documents::read(place, &bytes, &Limits::default(), &args.keys.read()?)?;
    let options = write_options(&document.inventory)?;
    let subject = &document.inventory.subject.name;
    write_all(&outputs, subject, args.strict, ui, |choice| {
        Ok(documents::convert(place, &document, choice, &options)?)
    })
}

/// What an SBOM is called in messages.
pub(crate) fn place_name(place: &str) -> &str {
    if place == "-" { "standard input" } else { place }
}

/// Writes each of `outputs` as `write` makes it and says what it loses, which is not acceptable when `strict`.
pub(crate) fn write_all(
    outputs: &[Resolved<Choice>],
    subject: &str,
    strict: bool,
    ui: &Ui,
    write: impl Fn(&Choice) -> Result<Written, CommandError>,
) -> Result<Exit, CommandError> {
    let mut is_lossless = true;
    for resolved in outputs {
        let Written { bytes, losses } = write(&resolved.format)?;
        is_lossless &= losses.is_empty();
        for loss in &losses {
            let values = if loss.count == 1 { "value" } else { "values" };
            // The document itself cannot say what it lacks, so that quiet is not silent here.
            ui.must_say(&format!(
                "not in {}: {} ({} {values}, such as `{}`)",
                resolved.output.format, loss.path, loss.count, loss.example
            ));
        }
        output::write(&resolved.output, subject, |out| out.write_all(&bytes))?;
    }
    Ok(if strict && !is_lossless { Exit::NotAcceptable } else { Exit::Acceptable })
}
