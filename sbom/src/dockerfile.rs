//! Which line of a Dockerfile made which layer: its instructions laid beside the image's history, from the end.
//!
//! Nothing is guessed. A command must be the same text, white space aside; `COPY` and `ADD` must have the same destination,
//! unless a variable stands in it; and the order must agree. What the history tells below the first instruction belongs
//! to the base image.
//!
//! - `parse`: the syntax of a Dockerfile; `history`: the forms of a line of history

mod history;
mod parse;

use model::gap::{Gap, GapKind};
use model::image::{HistoryEntry, Made};
use model::inventory::{DockerfileLine, Subject};

use crate::image::redact::user_info;

use history::{Command, Destination, Step, exec_form, normal};
use parse::{Instruction, without_flags, words};

/// Bytes of the largest Dockerfile that is read.
pub const BYTES_MAX: usize = 1 << 20;

/// A Dockerfile, and which of its stages made the image.
#[derive(Clone, Copy, Debug)]
pub struct Dockerfile<'a> {
    /// Its name, which is shown.
    pub name: &'a str,
    /// What it says.
    pub text: &'a str,
    /// The name or number of the stage; none for the last.
    pub target: Option<&'a str>,
}

/// Gives every layer of `subject` the line that made it, as far as that can be told, and takes away what earlier calls
/// gave it. The gap says why not all of it could.
pub fn attribute(dockerfile: &Dockerfile<'_>, subject: &mut Subject) -> Option<Gap> {
    for layer in &mut subject.layers {
        layer.dockerfile = None;
    }
    let gap = |kind, detail: String| Some(Gap::new(kind, dockerfile.name, detail));
    if dockerfile.text.len() > BYTES_MAX {
        return gap(GapKind::LIMIT_EXCEEDED, format!("it has more than {BYTES_MAX} bytes and was not read"));
    }
    let Some(instructions) = parse::instructions_of(dockerfile.text, dockerfile.target) else {
        let detail = match dockerfile.target {
            Some(target) => format!("it has no stage `{target}`; which line made a layer cannot be told"),
            None => "it has no FROM; which line made a layer cannot be told".to_owned(),
        };
        return gap(GapKind::MISSING_FACT, detail);
    };
    if !subject.image.history.iter().any(|entry| matches!(entry.made, Made::Layer(_))) {
        let detail = "the image has no history of its layers; which line made a layer cannot be told";
        return gap(GapKind::MISSING_FACT, detail.to_owned());
    }
    let instructions: Vec<&Instruction> =
        instructions.iter().filter(|instruction| makes_files(instruction)).collect();
    let aligned = align(&subject.image.history, &instructions);
    if aligned.is_whole || aligned.n_commands > 0 {
        for (layer, line) in aligned.lines {
            if let Some(layer) = subject.layers.get_mut(layer as usize) {
                layer.dockerfile = Some(DockerfileLine { file: dockerfile.name.to_owned(), line });
            }
        }
    }
    match (aligned.is_whole, aligned.n_commands) {
        (true, _) => None,
        (false, 0) => gap(
            GapKind::MISSING_FACT,
            "it does not describe this image; which line made a layer cannot be told".to_owned(),
        ),
        (false, _) => gap(
            GapKind::MISSING_FACT,
            format!(
                "it describes only the last {} of the {} steps that it holds; which line made an earlier layer cannot \
                 be told",
                aligned.n_steps,
                instructions.len()
            ),
        ),
    }
}

fn makes_files(instruction: &Instruction) -> bool {
    ["RUN", "COPY", "ADD", "WORKDIR"].contains(&instruction.keyword.as_str())
}

/// Instructions beside the steps of the history that they are.
struct Aligned {
    /// Layer, and line of the instruction that made it.
    lines: Vec<(u32, u32)>,
    n_steps: usize,
    /// How many of them are commands of the same text, which no other Dockerfile is likely to have.
    n_commands: usize,
    /// Whether every instruction has its step.
    is_whole: bool,
}

fn align(history: &[HistoryEntry], instructions: &[&Instruction]) -> Aligned {
    let mut aligned = Aligned { lines: Vec::new(), n_steps: 0, n_commands: 0, is_whole: true };
    let steps = history.iter().rev().map(|entry| (entry, history::step(&entry.created_by)));
    let mut steps = steps.filter(|(_, step)| *step != Step::Configuration).peekable();
    for instruction in instructions.iter().rev() {
        match steps.next_if(|(_, step)| fits(instruction, step)) {
            Some((entry, step)) => {
                aligned.n_steps += 1;
                let is_hidden = step == Step::Run(Command::Hidden);
                aligned.n_commands += usize::from(matches!(step, Step::Run(_)) && !is_hidden);
                if let (Made::Layer(layer), false) = (entry.made, is_hidden) {
                    aligned.lines.push((layer, instruction.line));
                }
            }
            // Kaniko tells of it only where the directory had to be made.
            None if instruction.keyword == "WORKDIR" => {}
            None => {
                aligned.is_whole = false;
                break;
            }
        }
    }
    aligned
}

/// Whether `step` may be what `instruction` did.
fn fits(instruction: &Instruction, step: &Step) -> bool {
    match step {
        Step::Run(command) => instruction.keyword == "RUN" && is_command(instruction, command),
        Step::Files { keyword, destination } => {
            instruction.keyword == *keyword && is_destination(&instruction.text, destination)
        }
        Step::Workdir(directory) => {
            instruction.keyword == "WORKDIR"
                && (instruction.text.contains('$') || is_same_path(&unquoted(&instruction.text), directory))
        }
        Step::Configuration => false,
    }
}

fn is_command(instruction: &Instruction, command: &Command) -> bool {
    let texts = command_texts(instruction);
    match command {
        Command::Hidden => true,
        Command::Whole { with_shell, alone } => {
            texts.iter().any(|text| text == with_shell || Some(text) == alone.as_ref())
        }
        Command::Start { with_shell, alone } => texts.iter().any(|text| {
            text.starts_with(with_shell) || alone.as_ref().is_some_and(|alone| text.starts_with(alone))
        }),
    }
}

/// The texts that a builder may tell of a `RUN`: as written, the words of its exec form, and with its documents as
/// BuildKit passes them to a shell (`dispatchRun`).
fn command_texts(instruction: &Instruction) -> Vec<String> {
    let written = without_flags(&instruction.text);
    let mut texts = vec![written.to_owned()];
    texts.extend(exec_form(written).map(|words| words.join(" ")));
    if let Some(first) = instruction.heredocs.first() {
        if parse::is_heredoc_alone(written) {
            texts.push(first.body.clone());
            if first.body.starts_with("#!") {
                texts.push(format!("/dev/pipes/{}", first.name));
            }
        }
        let documents = instruction.heredocs.iter().map(|one| format!("\n{}{}", one.body, one.name));
        texts.push(format!("{written}{}", documents.collect::<String>()));
    }
    texts.iter().map(|text| normal(&user_info(text))).filter(|text| !text.is_empty()).collect()
}

/// Whether the text of a `COPY` or `ADD` has this destination, or one that only the build knows.
fn is_destination(text: &str, destination: &Destination) -> bool {
    let text = without_flags(text);
    let own = match exec_form(text) {
        Some(words) => words.last().cloned(),
        None => words(text).last().map(|word| unquoted(word)),
    };
    let Some(own) = own else { return false };
    if own.contains('$') {
        return true;
    }
    match destination {
        Destination::At(path) => is_same_path(&own, path),
        Destination::EndOf(told) => {
            let own = normal(&own);
            *told == own
                || told.strip_suffix(own.as_str()).is_some_and(|sources| sources.ends_with(' '))
                || told.rsplit(' ').next().is_some_and(|last| is_same_path(&own, last))
        }
    }
}

/// Whether `told`, which a builder may have made absolute, is the path `written`.
fn is_same_path(written: &str, told: &str) -> bool {
    let plain = |path: &str| path.strip_prefix("./").unwrap_or(path).trim_end_matches('/').to_owned();
    let (own, told_plain) = (plain(written), plain(told));
    let own = if own == "." { String::new() } else { own };
    own == told_plain
        || (told_plain == "." && own.is_empty() && !written.starts_with('/'))
        || (!written.starts_with('/')
            && told.starts_with('/')
            && (own.is_empty() || told_plain.ends_with(&format!("/{own}"))))
}

fn unquoted(word: &str) -> String {
    word.trim().replace(['"', '\''], "")
}

#[cfg(test)]
mod tests;
