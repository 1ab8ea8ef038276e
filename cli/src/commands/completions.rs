//! `plimsoll completions`.

use clap::Args;
use clap_complete::Shell;

use crate::args;
use crate::error::CommandError;
use crate::exit_code::Exit;
use crate::output::{self, Output};

/// Print the completion script of a shell
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(args: &CompletionsArgs) -> Result<Exit, CommandError> {
    let stdout = Output { format: String::new(), target: None };
    output::write(&stdout, "", |mut out| {
        clap_complete::generate(args.shell, &mut args::command(), "plimsoll", &mut out);
        Ok(())
    })?;
    Ok(Exit::Acceptable)
}
