//! One file a command; each holds its arguments, whose doc comments are the help, and one function.

pub(crate) mod action;
pub(crate) mod completions;
pub(crate) mod convert;
pub(crate) mod explain;
pub(crate) mod feeds;
pub(crate) mod match_sbom;
pub(crate) mod merge;
pub(crate) mod rematch;
pub(crate) mod sbom;
pub(crate) mod scan;
pub(crate) mod validate;
pub(crate) mod versions;

use crate::args::{Arguments, Command};
use crate::error::CommandError;
use crate::exit_code::Exit;
use crate::ui::Ui;

/// Runs the command that was typed.
pub(crate) fn run(arguments: &Arguments, ui: &Ui) -> Result<Exit, CommandError> {
    let global = &arguments.global;
    match &arguments.command {
        Command::Action(args) => action::fenced(|| action::steps(args, global, ui)),
        Command::Completions(args) => completions::run(args),
        Command::Convert(args) => convert::run(args, global, ui),
        Command::Explain(args) => explain::run(args, global, ui),
        Command::Feeds(args) => feeds::run(args, global, ui),
        Command::Match(args) => match_sbom::run(args, global, ui),
        Command::Merge(args) => merge::run(args, global, ui),
        Command::Rematch(args) => rematch::run(args, global, ui),
        Command::Sbom(args) => sbom::run(args, global, ui),
        Command::Scan(args) => scan::run(args, global, ui),
        Command::Validate(args) => validate::run(args),
        Command::Versions(args) => versions::run(args),
    }
}
