//! What can be typed. Every option also has an environment variable (`PLIMSOLL_` and its name in capitals)
//! and a key in `plimsoll.toml`; both are derived here, so that none can be forgotten.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use clap::builder::{BoolishValueParser, ValueParser};
use clap::{
    Arg, ArgAction, Args, Command as ClapCommand, CommandFactory, FromArgMatches, Parser, Subcommand,
};

use sbom::cataloger::Classifiers;

use crate::commands;
use crate::config;
use crate::error::CommandError;
use crate::hosts::HostText;
use crate::unused;

/// Write a container image's bill of materials once, judge it for ever
///
/// An image is opened once, to write its SBOM. From then on only the SBOM is needed: it is matched against a
/// cached feed database, and matched again whenever the feeds change.
#[derive(Debug, Parser)]
#[command(name = "plimsoll", version, arg_required_else_help = true, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 judged and acceptable, 1 judged and not acceptable, 2 not judged";

/// Options of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// The feed database's directory [default: `plimsoll/feeds` in the user's cache directory]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) feeds: Option<PathBuf>,
    /// The configuration file [default: `plimsoll.toml`, found upwards from the working directory]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Touch no network, ever; a mirror directory is no network
    #[arg(long, global = true)]
    pub(crate) offline: bool,
    /// Say nothing but errors, warnings and what a conversion loses on standard error
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Say more on standard error; twice for even more
    #[arg(long, short, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// When to colour
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
    /// Draw no progress bars
    #[arg(long, global = true)]
    pub(crate) no_progress: bool,
    /// The classifiers of the configuration file, which cannot be typed
    #[arg(skip)]
    pub(crate) classifiers: Arc<Classifiers>,
    /// What the configuration file says of hosts of feeds, which cannot be typed
    #[arg(skip)]
    pub(crate) hosts: Arc<Vec<HostText>>,
    /// What of the configuration file has no effect in this run
    #[arg(skip)]
    pub(crate) unused: Arc<Vec<String>>,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Color {
    /// When standard output is a terminal and `NO_COLOR` is not set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The commands, one file each.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Sbom(commands::sbom::SbomArgs),
    Feeds(commands::feeds::FeedsArgs),
    Match(Box<commands::match_sbom::MatchArgs>),
    Scan(Box<commands::scan::ScanArgs>),
    Rematch(commands::rematch::RematchArgs),
    Explain(commands::explain::ExplainArgs),
    Convert(commands::convert::ConvertArgs),
    Merge(commands::merge::MergeArgs),
    Validate(commands::validate::ValidateArgs),
    Versions(commands::versions::VersionsArgs),
    Completions(commands::completions::CompletionsArgs),
    #[command(hide = true)]
    Action(Box<commands::action::ActionArgs>),
}

/// The command line as clap knows it, with an environment variable for every option.
pub(crate) fn command() -> ClapCommand {
    with_environment(Arguments::command())
}

/// Reads the command line, the environment and the configuration file.
///
/// Precedence: default < file < environment < flag, because the file only replaces defaults.
pub(crate) fn parse(words: Vec<OsString>) -> Result<Arguments, CommandError> {
    let configured = config::apply(command(), &words)?;
    let matches = configured.command.try_get_matches_from(words)?;
    if let Some(found) = &configured.found {
        config::believed(found, &matches)?;
    }
    let unused = unused::check(&matches)?;
    let mut arguments = Arguments::from_arg_matches(&matches)?;
    arguments.global.classifiers = Arc::new(configured.classifiers);
    arguments.global.hosts = Arc::new(configured.hosts);
    arguments.global.unused = Arc::new(unused);
    Ok(arguments)
}

fn with_environment(command: ClapCommand) -> ClapCommand {
    command
        .mut_args(|arg| {
            let is_switch = matches!(arg.get_action(), ArgAction::SetTrue);
            match environment_variable(&arg) {
                Some(name) if is_switch => {
                    arg.env(name).value_parser(ValueParser::new(BoolishValueParser::new()))
                }
                Some(name) => arg.env(name),
                None => arg,
            }
        })
        .mut_subcommands(with_environment)
}

/// `PLIMSOLL_FAIL_ON` for `--fail-on`; none for what is typed without a name, help and version.
fn environment_variable(arg: &Arg) -> Option<String> {
    let long = arg.get_long().filter(|long| !matches!(*long, "help" | "version"))?;
    Some(format!("PLIMSOLL_{}", long.replace('-', "_").to_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        command().debug_assert();
    }
}
