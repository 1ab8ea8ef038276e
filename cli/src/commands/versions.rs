//! `plimsoll versions`: the version orders by which packages are judged, to ask and to test them.

use std::cmp::Ordering;
use std::io::{self, BufRead, Read as _, Write};

use clap::{Args, Subcommand};
use matcher::version::{SCHEMES, VersionScheme, by_name, for_ecosystem};
use model::ecosystem::Ecosystem;

use crate::error::CommandError;
use crate::exit_code::Exit;
use crate::output::{self, Output};

/// A line of a batch may not be longer, in bytes: far beyond any version, and a bound on memory.
const LINE_BYTES_MAX: u64 = 16 << 20;

/// Compare versions as packages are judged, and list the orders
#[derive(Debug, Args)]
pub(crate) struct VersionsArgs {
    #[command(subcommand)]
    command: VersionsCommand,
}

#[derive(Debug, Subcommand)]
enum VersionsCommand {
    Compare(CompareArgs),
    List,
}

/// Say how two versions stand: `<`, `=` or `>`, and `!` where one cannot be read
///
/// With `--batch` the pairs are lines of standard input, a tab between the two, and each gets a line. Without it what
/// is no version is an error, also where the tools of the ecosystem order it all the same.
#[derive(Debug, Args)]
struct CompareArgs {
    /// A version scheme (`versions list` names them), an ecosystem or the type of a package URL
    #[arg(value_name = "SCHEME")]
    scheme: String,
    /// A version
    #[arg(value_name = "A", required_unless_present = "batch", conflicts_with = "batch")]
    left: Option<String>,
    /// The version to compare it with
    #[arg(value_name = "B", required_unless_present = "batch", conflicts_with = "batch")]
    right: Option<String>,
    /// Compare the pairs on standard input, a tab between the two
    ///
    /// Each gives a line of the output, `!` where one cannot be read; a line that is no pair is an error
    #[arg(long)]
    batch: bool,
}

pub(crate) fn run(args: &VersionsArgs) -> Result<Exit, CommandError> {
    match &args.command {
        VersionsCommand::Compare(args) => {
            let scheme = scheme(&args.scheme)?;
            match (&args.left, &args.right) {
                (Some(left), Some(right)) => compare(scheme, left, right),
                _ => compare_batch(scheme),
            }
        }
        VersionsCommand::List => list(),
    }
}

fn scheme(word: &str) -> Result<&'static VersionScheme, CommandError> {
    let lower = word.to_ascii_lowercase();
    by_name(&lower)
        .or_else(|| for_ecosystem(Ecosystem::from_name(&lower)))
        .or_else(|| for_ecosystem(Ecosystem::from_purl_type(&lower)))
        .ok_or_else(|| {
            let known: Vec<_> = SCHEMES.iter().map(|scheme| scheme.name).collect();
            CommandError::new(format!("no version scheme `{word}`; known are {}", known.join(", ")))
                .hint("`plimsoll versions list` names the ecosystems of each, which are taken as well")
        })
}

fn sign(order: Option<Ordering>) -> &'static str {
    match order {
        Some(Ordering::Less) => "<",
        Some(Ordering::Equal) => "=",
        Some(Ordering::Greater) => ">",
        None => "!",
    }
}

fn to_stdout(render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), CommandError> {
    output::write(&Output { format: String::new(), target: None }, "", render)
}

fn compare(scheme: &VersionScheme, left: &str, right: &str) -> Result<Exit, CommandError> {
    let order = (scheme.order_of_texts)(left, right);
    to_stdout(|out| writeln!(out, "{}", sign(order)))?;
    let Some(text) = [left, right].into_iter().find(|text| !(scheme.is_readable)(text)) else {
        return Ok(Exit::Acceptable);
    };
    let error = CommandError::new(format!("`{text}` is no version that `{}` can read", scheme.name));
    Err(match order {
        Some(_) => error.hint(
            "the order is that in which the ecosystem's own tools have had such texts; packages are not judged by it",
        ),
        None => error,
    })
}

fn compare_batch(scheme: &VersionScheme) -> Result<Exit, CommandError> {
    let mut input = io::stdin().lock();
    let mut failure = None;
    to_stdout(|out| {
        failure = write_batch(scheme, &mut input, out)?;
        Ok(())
    })?;
    failure.map_or(Ok(Exit::Acceptable), Err)
}

/// Answers each line of `input`; what is wrong with the line that is none, if one is.
fn write_batch(
    scheme: &VersionScheme,
    input: &mut impl BufRead,
    out: &mut dyn Write,
) -> io::Result<Option<CommandError>> {
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        let wrong = |what: &str| Some(CommandError::new(format!("standard input, line {number}: {what}")));
        match input.by_ref().take(LINE_BYTES_MAX + 1).read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(length) if length as u64 > LINE_BYTES_MAX => {
                return Ok(wrong(&format!("longer than {LINE_BYTES_MAX} bytes")));
            }
            Ok(_) => {}
            Err(error) => return Ok(wrong(&format!("cannot be read: {error}"))),
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let Ok(text) = std::str::from_utf8(text) else { return Ok(wrong("not UTF-8")) };
        let Some((left, right)) = text.split_once('\t').filter(|(_, right)| !right.contains('\t')) else {
            return Ok(wrong("not two versions with a tab between them"));
        };
        writeln!(out, "{}", sign((scheme.order_of_texts)(left, right)))?;
    }
    Ok(None)
}

fn list() -> Result<Exit, CommandError> {
    to_stdout(|out| {
        for scheme in SCHEMES {
            let ecosystems: Vec<_> = scheme.ecosystems.iter().map(|ecosystem| ecosystem.name()).collect();
            writeln!(out, "{}\t{}", scheme.name, ecosystems.join(" "))?;
        }
        Ok(())
    })?;
    Ok(Exit::Acceptable)
}
