//! `plimsoll`: arguments in, bytes out. Everything it does is done by the crates beside it.
//!
//! - [`args`]: what can be typed; [`config`]: what `plimsoll.toml` says instead; [`unused`]: what of it has no effect
//! - [`commands`]: one file a command
//! - [`feeds`]: what every command that needs feeds does; [`hosts`]: who asks; [`progress`]: how a sync is told to people
//! - [`vex`]: where VEX is taken from, and who is believed
//! - [`output`]: `-o FORMAT[=FILE]`; [`ui`]: streams, colour and progress; [`error`]: what people read when
//!   something failed; [`exit_code`]: what scripts read

mod args;
mod commands;
mod config;
mod environment;
mod error;
mod exit_code;
mod feeds;
mod hosts;
mod keys;
mod output;
mod progress;
mod published;
#[cfg(test)]
mod reference;
mod registry;
mod risk;
mod ui;
mod unused;
mod vex;

use std::ffi::OsString;
use std::process::ExitCode;

use crate::args::Arguments;
use crate::error::CommandError;
use crate::ui::Ui;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let result = match commands::action::is_asked(&words) {
        true => commands::action::fenced(|| {
            let (arguments, ui) = begin(words)?;
            let args::Command::Action(args) = &arguments.command else {
                return Err(CommandError::new("the action takes no other command"));
            };
            commands::action::steps(args, &arguments.global, &ui)
        }),
        false => begin(words).and_then(|(arguments, ui)| commands::run(&arguments, &ui)),
    };
    match result {
        Ok(code) => code.into(),
        Err(error) => error.report().into(),
    }
}

/// What was asked, and where it is told of.
fn begin(words: Vec<OsString>) -> Result<(Arguments, Ui), CommandError> {
    let arguments = args::parse(words)?;
    let ui = Ui::new(&arguments.global);
    arguments.global.unused.iter().for_each(|line| ui.warn(line));
    Ok((arguments, ui))
}
