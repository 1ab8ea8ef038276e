//! `-o FORMAT[=FILE]`: any number of outputs in one run, at most one of them on standard output.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::error::CommandError;

/// One `-o` as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    /// The format's name, with its version if one was typed.
    pub(crate) format: String,
    /// Where it goes; standard output when none.
    pub(crate) target: Option<PathBuf>,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((_, "")) => Err("no file after `=`".to_owned()),
            Some((format, file)) => Ok(Self { format: format.to_owned(), target: Some(file.into()) }),
            None => Ok(Self { format: text.to_owned(), target: None }),
        }
    }
}

impl Output {
    /// How files in this format end.
    fn extension(&self) -> &'static str {
        match self.format.split('@').next().unwrap_or_default() {
            "sarif" => "sarif",
            name if name.ends_with("json") => "json",
            _ => "txt",
        }
    }

    /// Whether the target is a directory that gets one file a subject: it ends in `/`, or is one.
    pub(crate) fn is_directory(&self) -> bool {
        self.target
            .as_deref()
            .is_some_and(|target| target.as_os_str().as_encoded_bytes().ends_with(b"/") || target.is_dir())
    }
}

/// An output whose format was understood.
#[derive(Debug)]
pub(crate) struct Resolved<F> {
    /// The format.
    pub(crate) format: F,
    /// As typed.
    pub(crate) output: Output,
}

/// The outputs with their formats looked up, before any work is done. `default` is taken when none was typed.
/// With several subjects each output is standard output or a directory.
pub(crate) fn resolve<F, E: std::error::Error + Send + Sync + 'static>(
    outputs: &[Output],
    default: &str,
    subjects: usize,
    look_up: impl Fn(&str) -> Result<F, E>,
) -> Result<Vec<Resolved<F>>, CommandError> {
    let fallback = [Output { format: default.to_owned(), target: None }];
    let outputs = if outputs.is_empty() { &fallback } else { outputs };
    if outputs.iter().filter(|output| output.target.is_none()).count() > 1 {
        return Err(CommandError::new("at most one output can go to standard output")
            .hint("give the others a file, as in `-o sarif=report.sarif`"));
    }
    outputs
        .iter()
        .map(|output| {
            if subjects > 1 && output.target.is_some() && !output.is_directory() {
                let name = &output.format;
                return Err(CommandError::new(format!(
                    "{subjects} subjects cannot share the file of `-o {name}`"
                ))
                .hint(format!("give a directory, as in `-o {name}=reports/`")));
            }
            let format = look_up(&output.format)
                .map_err(|error| CommandError::Failed { error: Box::new(error), hints: Vec::new() })?;
            Ok(Resolved { format, output: output.clone() })
        })
        .collect()
}

/// Writes one output: to standard output, to the file, or into the directory as `<subject>.<extension>`.
/// A file is written beside its place and renamed, so that nobody reads half of one.
pub(crate) fn write(
    output: &Output,
    subject: &str,
    render: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
) -> Result<(), CommandError> {
    let Some(target) = &output.target else {
        let mut out = io::BufWriter::new(io::stdout().lock());
        return match render(&mut out).and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(CommandError::BrokenPipe),
            Err(error) => Err(CommandError::new(format!("cannot write to standard output: {error}"))),
            Ok(()) => Ok(()),
        };
    };
    let path = if output.is_directory() {
        target.join(format!("{}.{}", file_stem(subject), output.extension()))
    } else {
        target.clone()
    };
    replace(&path, render)
        .map_err(|error| CommandError::new(format!("cannot write `{}`: {error}", path.display())))
}

fn replace(path: &Path, render: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    // What is not a regular file (a terminal, `/dev/null`, a named pipe) cannot be replaced by rename.
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        let mut out = io::BufWriter::new(fs::OpenOptions::new().write(true).open(path)?);
        render(&mut out)?;
        return out.flush();
    }
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let written = (|| {
        let mut out = io::BufWriter::new(fs::File::create(&part)?);
        render(&mut out)?;
        out.flush()?;
        fs::rename(&part, path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written
}

/// A subject's name as a file name: letters, digits, `.`, `_` and `-`; all else becomes `-`.
pub(crate) fn file_stem(subject: &str) -> String {
    let safe: String = subject
        .chars()
        .map(|character| match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '_' | '-' => character,
            _ => '-',
        })
        .collect();
    let safe = safe.trim_start_matches(['.', '-']);
    if safe.is_empty() { "subject".to_owned() } else { safe.chars().take(150).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_is_a_format_and_perhaps_a_file() {
        assert_eq!("sarif".parse(), Ok(Output { format: "sarif".into(), target: None }));
        assert_eq!("sarif=a=b".parse(), Ok(Output { format: "sarif".into(), target: Some("a=b".into()) }));
        assert!("sarif=".parse::<Output>().is_err());
    }

    #[test]
    fn a_subject_makes_a_file_name_that_stays_in_its_folder() {
        for (subject, stem) in [
            ("registry.example/team/app:1.2", "registry.example-team-app-1.2"),
            ("../../etc/passwd", "etc-passwd"),
            ("", "subject"),
            (".hidden", "hidden"),
        ] {
            assert_eq!(file_stem(subject), stem);
        }
    }
}
