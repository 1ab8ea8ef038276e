//! `plimsoll validate`: whether an SBOM is as its specification says, and how much of the minimum elements it has.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use model::limits::Limits;
use sbom::format::Signature;
use sbom::format::validate::{MinimumSet, SchemaFile, Score, Validation, validate_bytes};
use serde::Serialize;

use crate::commands::match_sbom::read;
use crate::error::{CommandError, visible};
use crate::exit_code::Exit;
use crate::keys::KeyArgs;
use crate::output::{self, Output};

/// Judge whether an SBOM is as its specification says
///
/// Structure, references, identifiers, dates, hashes and licences are judged, and how much of the minimum elements of
/// an SBOM the document has. The exit code is 0 when nothing is wrong, 1 when something is, 2 when the document could
/// not be read.
#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    /// The SBOM; `-` is standard input
    document: String,
    /// A JSON schema to judge by as well; those it refers to are looked for beside it, and nothing is
    /// fetched
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    /// Minimum elements that every component must have; may be repeated
    #[arg(long, value_name = "SET", value_enum)]
    minimum: Vec<MinimumArg>,
    /// A format (`text`, `json`), and a file for it; may be repeated
    #[arg(short, long = "output", value_name = "FORMAT[=FILE]")]
    output: Vec<Output>,
    #[command(flatten)]
    keys: KeyArgs,
}

/// A set of minimum elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum MinimumArg {
    /// Those of the NTIA, 2021
    Ntia,
    /// Those of the CISA, draft of 2025
    #[value(name = "cisa-2025")]
    Cisa2025,
}

impl MinimumArg {
    fn is_of(self, score: &Score) -> bool {
        match self {
            Self::Ntia => score.set == MinimumSet::Ntia,
            Self::Cisa2025 => score.set == MinimumSet::Cisa2025,
        }
    }
}

/// How a verdict is written.
#[derive(Clone, Copy, Debug)]
enum Form {
    Text,
    Json,
}

/// A form that there is none of.
#[derive(Debug, thiserror::Error)]
#[error("a verdict is not written as `{0}`; known are json, text")]
struct UnknownForm(String);

/// A verdict as JSON.
#[derive(Serialize)]
struct Verdict<'a> {
    document: &'a str,
    valid: bool,
    acceptable: bool,
    #[serde(flatten)]
    validation: &'a Validation,
}

pub(crate) fn run(args: &ValidateArgs) -> Result<Exit, CommandError> {
    let outputs = output::resolve(&args.output, "text", 1, |name| match name {
        "text" => Ok(Form::Text),
        "json" => Ok(Form::Json),
        _ => Err(UnknownForm(name.to_owned())),
    })?;
    let failed =
        |error: Box<dyn std::error::Error + Send + Sync>| CommandError::Failed { error, hints: Vec::new() };
    let schema =
        args.schema.as_deref().map(SchemaFile::open).transpose().map_err(|error| failed(error.into()))?;
    let keys = args.keys.read()?;
    let bytes = read(&args.document)?;
    let name = if args.document == "-" { "standard input" } else { &args.document };
    let validation = validate_bytes(&bytes, schema.as_ref(), &Limits::default(), &keys)
        .map_err(|source| flows::error::FlowError::Document { place: name.to_owned(), source })?;
    let is_met = validation
        .scores
        .iter()
        .all(|score| score.is_met() || !args.minimum.iter().any(|set| set.is_of(score)));
    let acceptable = validation.is_valid() && is_met;
    for resolved in &outputs {
        output::write(&resolved.output, name, |out| match resolved.format {
            Form::Text => write_text(name, &validation, &args.minimum, out),
            Form::Json => {
                let valid = validation.is_valid();
                serde_json::to_writer_pretty(
                    &mut *out,
                    &Verdict { document: name, valid, acceptable, validation: &validation },
                )?;
                writeln!(out)
            }
        })?;
    }
    Ok(if acceptable { Exit::Acceptable } else { Exit::NotAcceptable })
}

fn write_text(
    name: &str,
    validation: &Validation,
    demanded: &[MinimumArg],
    out: &mut dyn Write,
) -> io::Result<()> {
    let name = visible(name);
    for violation in &validation.violations {
        let line = violation.line.map_or_else(String::new, |line| format!(":{line}"));
        let place = if violation.path.is_empty() { "the document" } else { &violation.path };
        let (place, reason) = (visible(place), visible(&violation.reason));
        writeln!(out, "{name}{line}: {place} {reason} [{}]", violation.rule)?;
    }
    if validation.omitted > 0 {
        writeln!(out, "{name}: {} more, which are not listed", validation.omitted)?;
    }
    let count = validation.violations.len() + validation.omitted;
    let verdict = match count {
        0 => "nothing is wrong".to_owned(),
        1 => "1 violation".to_owned(),
        count => format!("{count} violations"),
    };
    let format = visible(&validation.format);
    let structure =
        if validation.has_schema { "" } else { "; its structure was not judged, give `--schema`" };
    writeln!(out, "{name}: {format}, {verdict}{structure}")?;
    match &validation.signature {
        Signature::None => {}
        Signature::Unverified { .. } => {
            writeln!(
                out,
                "{name}: it came in a signed envelope, and nobody's signature was verified; give `--key`"
            )?;
        }
        Signature::Verified { key_id } => writeln!(out, "{name}: signed by the key {key_id}")?,
    }
    for score in &validation.scores {
        let is_demanded = demanded.iter().any(|set| set.is_of(score));
        write_score(score, is_demanded, out)?;
    }
    Ok(())
}

fn write_score(score: &Score, is_demanded: bool, out: &mut dyn Write) -> io::Result<()> {
    let title = match score.set {
        MinimumSet::Ntia => "minimum elements of the NTIA (2021)",
        MinimumSet::Cisa2025 => "minimum elements of the CISA (draft of 2025)",
    };
    let verdict = if score.is_met() { "met" } else { "not met" };
    writeln!(out, "\n{title}: {verdict}, {} components", score.components)?;
    let width = score.elements.iter().map(|element| element.name.len()).max().unwrap_or_default();
    for element in &score.elements {
        let share = format!("{}/{}", element.present, element.total);
        write!(out, "  {:width$}  {share:>11}", element.name)?;
        if !element.is_met() {
            write!(out, "  counts: {}", element.counted)?;
        }
        writeln!(out)?;
        if !is_demanded || element.lacking.is_empty() {
            continue;
        }
        let places: Vec<_> = element.lacking.iter().map(|path| visible(path)).collect();
        let more = element.total - element.present - element.lacking.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        writeln!(out, "  {:width$}  lacking: {}{more}", "", places.join(", "))?;
    }
    Ok(())
}
