//! What a line of an image's history says was done, in the forms that builders write.
//!
//! | builder | `RUN` | others |
//! |---|---|---|
//! | BuildKit | `RUN \|1 A=… /bin/sh -c make # buildkit` | `COPY a b # buildkit`, `WORKDIR /app` |
//! | classic, Buildah | `\|1 A=… /bin/sh -c make` | `/bin/sh -c #(nop) COPY file:… in /b ` |
//! | Kaniko | `RUN make` | `COPY a b` |

use crate::image::redact::{ELLIPSIS, is_shell};

use super::parse::without_flags;

/// What was done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A command was run.
    Run(Command),
    /// Files were added, by `COPY` or `ADD`.
    Files { keyword: &'static str, destination: Destination },
    /// The directory was changed to this one.
    Workdir(String),
    /// Only the configuration changed.
    Configuration,
}

/// A command, white space made one.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// As a builder passed it on, and the same without the shell that ran it.
    Whole { with_shell: String, alone: Option<String> },
    /// It begins so; the rest was cut off.
    Start { with_shell: String, alone: Option<String> },
    /// It was hidden with the build's arguments.
    Hidden,
}

/// Where files were added.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Destination {
    /// Here.
    At(String),
    /// Where this text, sources and destination, ends.
    EndOf(String),
}

/// Instructions that make no files.
const CONFIGURATION: [&str; 13] = [
    "ENV",
    "ARG",
    "LABEL",
    "MAINTAINER",
    "EXPOSE",
    "CMD",
    "ENTRYPOINT",
    "VOLUME",
    "USER",
    "STOPSIGNAL",
    "HEALTHCHECK",
    "SHELL",
    "ONBUILD",
];

/// Bytes from which a text that ends in `…` is taken for one that was cut. One that merely ends so is shorter.
const CUT_BYTES_MIN: usize = 1 << 10;

/// The step that `line` tells of.
pub(super) fn step(line: &str) -> Step {
    let line = line.trim();
    let line = line.strip_suffix("# buildkit").map_or(line, str::trim_end);
    let body = line.split_once("#(nop)").map_or(line, |(_, body)| body).trim();
    let (keyword, rest) = body.split_at(body.find(char::is_whitespace).unwrap_or(body.len()));
    match keyword {
        "COPY" => Step::Files { keyword: "COPY", destination: destination(rest) },
        "ADD" => Step::Files { keyword: "ADD", destination: destination(rest) },
        "WORKDIR" => Step::Workdir(rest.trim().to_owned()),
        "RUN" => Step::Run(command(without_flags(rest))),
        keyword if CONFIGURATION.contains(&keyword) => Step::Configuration,
        _ => Step::Run(command(body)),
    }
}

fn destination(text: &str) -> Destination {
    let text = without_flags(text);
    let hashed = ["file:", "dir:", "multi:"].iter().any(|kind| text.starts_with(kind));
    match text.split_once(" in ") {
        Some((_, destination)) if hashed => Destination::At(destination.trim().to_owned()),
        _ => match exec_form(text).as_deref() {
            Some([.., last]) => Destination::At(last.clone()),
            _ => Destination::EndOf(normal(text)),
        },
    }
}

fn command(text: &str) -> Command {
    let Some(text) = without_arguments(text) else { return Command::Hidden };
    let start = text.strip_suffix(ELLIPSIS).filter(|_| text.len() >= CUT_BYTES_MIN);
    let whole = start.unwrap_or(text);
    let (with_shell, alone) = (normal(whole), without_shell(whole).map(normal));
    match start {
        Some(_) => Command::Start { with_shell, alone },
        None => Command::Whole { with_shell, alone },
    }
}

/// `text` after `|2 A=… B=… `; none when nobody can tell where the arguments end.
fn without_arguments(text: &str) -> Option<&str> {
    let Some((count, mut rest)) = text.strip_prefix('|').and_then(|text| text.split_once(' ')) else {
        return Some(text);
    };
    if count.parse::<usize>().is_err() {
        return Some(text);
    }
    while let Some((word, after)) = rest.split_once(' ')
        && word.strip_suffix(ELLIPSIS).is_some_and(|name| name.ends_with('='))
    {
        rest = after;
    }
    (rest != ELLIPSIS).then_some(rest)
}

/// `text` after `/bin/sh -c `, `/bin/bash -euo pipefail -c `, `cmd /S /C `; none when it begins with no shell.
fn without_shell(text: &str) -> Option<&str> {
    let (shell, mut rest) = text.split_once(' ')?;
    if !is_shell(shell) {
        return None;
    }
    loop {
        let (option, after) = rest.trim_start().split_once(' ')?;
        let is_short = option.starts_with('-') && !option.starts_with("--");
        match option {
            "-Command" | "/C" | "/c" => return Some(after),
            _ if is_short && option.ends_with('c') => return Some(after),
            // The option takes a word: `-o pipefail`.
            _ if is_short && option.ends_with('o') => rest = after.split_once(' ')?.1,
            _ if option.starts_with('-') || option == "/S" || option == "/s" => rest = after,
            _ => return None,
        }
    }
}

/// The words of `["a", "b"]`.
pub(super) fn exec_form(text: &str) -> Option<Vec<String>> {
    text.starts_with('[').then(|| serde_json::from_str(text).ok()).flatten()
}

/// `text` with every run of white space made one space.
pub(super) fn normal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}
