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

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let result = args::parse(std::env::args_os()).and_then(|arguments| {
        let ui = ui::Ui::new(&arguments.global);
        arguments.global.unused.iter().for_each(|line| ui.warn(line));
        commands::run(&arguments, &ui)
    });
    match result {
        Ok(code) => code.into(),
        Err(error) => error.report().into(),
    }
}
