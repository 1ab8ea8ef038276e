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
    // The generator panics where it cannot write, as to a pipe that was closed.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut args::command(), "plimsoll", &mut script);
    output::write(&stdout, "", |out| out.write_all(&script))?;
    Ok(Exit::Acceptable)
}
