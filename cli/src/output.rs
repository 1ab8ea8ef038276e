//! `-o FORMAT[=FILE]`: any number of outputs in one run, at most one of them on standard output.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use model::digest::Digest;

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

    /// The file that what is called `name` goes to; none for standard output.
    fn path(&self, name: &str) -> Option<PathBuf> {
        let target = self.target.as_ref()?;
        Some(match self.is_directory() {
            true => target.join(format!("{}.{}", file_stem(name), self.extension())),
            false => target.clone(),
        })
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
    if let Some(target) = shared(outputs) {
        let error = format!("two outputs go to `{}`, and only the last would be left", target.display());
        return Err(CommandError::new(error).hint("give each a file or a directory of its own"));
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

/// A target that two of `outputs` would write to.
fn shared(outputs: &[Output]) -> Option<&Path> {
    let mut taken = BTreeMap::new();
    for output in outputs {
        let Some(target) = &output.target else { continue };
        let is_directory = output.is_directory();
        // A terminal or a named pipe takes what comes, one after the other.
        if !is_directory && fs::metadata(target).is_ok_and(|found| !found.is_file()) {
            continue;
        }
        let path = std::path::absolute(target).unwrap_or_else(|_| target.clone());
        let kind = if is_directory { output.extension() } else { "" };
        if taken.insert((path, kind), ()).is_some() {
            return Some(target);
        }
    }
    None
}

/// What the reports of a run are called in the directories that they go to. No two subjects have one name: where two would,
/// both have the first digits of their SBOM's digest behind it, whichever came first.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeMap<String, Taken>);

#[derive(Debug)]
enum Taken {
    /// The name as it was written, and the digest of the subject that has it.
    One(String, String),
    /// Several subjects would have it, so that each has its digest behind it.
    Several,
}

impl Names {
    /// The names of stored SBOMs, by what their files are called: all are known beforehand, so that [`Names::of`] renames none.
    pub(crate) fn of_files<'a>(files: impl Iterator<Item = &'a str>) -> Self {
        let mut names = Self::default();
        for file in files {
            names.of_file(file).expect("nothing was written that is renamed");
        }
        names
    }

    /// The name for the reports of the stored SBOM called `file`.
    pub(crate) fn of_file(&mut self, file: &str) -> Result<String, CommandError> {
        let shown = file.strip_suffix(".json").unwrap_or(file);
        self.of(shown, &digest_of(file), |_, _| Ok(()))
    }

    /// The name for the reports of the subject called `subject`, whose SBOM has `digest` (`sha256:…`); `rename` gives those
    /// of an earlier subject, written under a name that turns out to be shared, another.
    ///
    /// # Errors
    ///
    /// Those of `rename`.
    pub(crate) fn of(
        &mut self,
        subject: &str,
        digest: &str,
        rename: impl FnOnce(&str, &str) -> Result<(), CommandError>,
    ) -> Result<String, CommandError> {
        let stem = file_stem(subject);
        // Some file systems take upper and lower case for the same.
        match self.0.entry(stem.to_lowercase()) {
            Entry::Vacant(free) => {
                free.insert(Taken::One(stem.clone(), digest.to_owned()));
                Ok(stem)
            }
            Entry::Occupied(mut taken) => match taken.get() {
                Taken::One(_, first) if first == digest => Ok(stem),
                Taken::One(name, first) => {
                    rename(name, &with_digest(name, first))?;
                    taken.insert(Taken::Several);
                    Ok(with_digest(&stem, digest))
                }
                Taken::Several => Ok(with_digest(&stem, digest)),
            },
        }
    }
}

/// What tells stored SBOMs of one name apart: two files may hold the same SBOM, and be reported apart.
fn digest_of(file: &str) -> String {
    Digest::sha256(file.as_bytes()).to_string()
}

fn with_digest(stem: &str, digest: &str) -> String {
    /// Enough that the SBOMs of one run do not share them.
    const N_DIGITS: usize = 16;
    let digits: String = digest.rsplit(':').next().unwrap_or_default().chars().take(N_DIGITS).collect();
    let stem: String = stem.chars().take(STEM_CHARS_MAX - 1 - N_DIGITS).collect();
    format!("{stem}-{digits}")
}

/// Gives the files called `from` in the directories among `outputs` the name `to`.
pub(crate) fn rename<F>(outputs: &[Resolved<F>], from: &str, to: &str) -> Result<(), CommandError> {
    for output in outputs.iter().map(|resolved| &resolved.output).filter(|output| output.is_directory()) {
        let (from, to) = (output.path(from), output.path(to));
        if let (Some(from), Some(to)) = (from, to)
            && let Err(error) = fs::rename(&from, &to)
            // It could not be written, and that was said.
            && error.kind() != io::ErrorKind::NotFound
        {
            let (from, to) = (from.display(), to.display());
            return Err(CommandError::new(format!("cannot rename `{from}` to `{to}`: {error}")));
        }
    }
    Ok(())
}

/// Writes one output: to standard output, to the file, or into the directory as `<name>.<extension>`.
/// A file is written beside its place and renamed, so that nobody reads half of one.
///
/// A closed standard output is no error: whoever reads it has seen enough, and that says nothing of the other outputs and
/// of the exit code.
pub(crate) fn write(
    output: &Output,
    name: &str,
    render: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
) -> Result<(), CommandError> {
    let Some(path) = output.path(name) else {
        let mut out = io::BufWriter::new(io::stdout().lock());
        return match render(&mut out).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(CommandError::new(format!("cannot write to standard output: {error}")))
            }
            _ => Ok(()),
        };
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

/// Characters of a file name without its extension: file systems take 255 bytes.
const STEM_CHARS_MAX: usize = 150;

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
    if safe.is_empty() { "subject".to_owned() } else { safe.chars().take(STEM_CHARS_MAX).collect() }
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
    fn two_outputs_do_not_share_a_target() {
        let target = |words: &[&str]| {
            let outputs: Vec<Output> = words.iter().map(|word| word.parse().unwrap()).collect();
            shared(&outputs).map(Path::to_owned)
        };
        assert_eq!(target(&["json=x", "sarif=./x"]), Some("./x".into()));
        assert_eq!(target(&["sarif=d/", "sarif@full=d/"]), Some("d/".into()));
        assert_eq!(target(&["json=d/", "sarif=d/", "table=d/x", "table"]), None);
        assert_eq!(target(&["json=/dev/null", "sarif=/dev/null"]), None);
    }

    #[test]
    fn subjects_of_one_name_have_their_digests_behind_it() {
        let mut names = Names::default();
        let mut renamed = Vec::new();
        let mut name = |subject: &str, digit: char| {
            let digest = format!("sha256:{}", String::from(digit).repeat(64));
            let rename = |from: &str, to: &str| {
                renamed.push(format!("{from} {to}"));
                Ok(())
            };
            names.of(subject, &digest, rename).unwrap()
        };
        assert_eq!(name("team/app:1", 'a'), "team-app-1");
        assert_eq!(name("team/app:1", 'a'), "team-app-1");
        assert_eq!(name("other", 'a'), "other");
        assert_eq!(name("Team-app:1", 'b'), "Team-app-1-bbbbbbbbbbbbbbbb");
        assert_eq!(name("team/app:1", 'c'), "team-app-1-cccccccccccccccc");
        assert_eq!(name("team/app:1", 'a'), "team-app-1-aaaaaaaaaaaaaaaa");
        assert_eq!(renamed, ["team-app-1 team-app-1-aaaaaaaaaaaaaaaa"]);
    }

    #[test]
    fn stored_sboms_of_one_name_are_told_apart_by_their_paths() {
        let files = [
            "team/app.json",
            "team-app.json",
            "other.json",
            "日本.json",
            "中国.json",
            "a.spdx",
            "a.spdx.json",
        ];
        let mut names = Names::of_files(files.into_iter());
        let written: Vec<String> = files.iter().map(|file| names.of_file(file).unwrap()).collect();
        let all: std::collections::BTreeSet<&String> = written.iter().collect();
        assert_eq!(all.len(), files.len());
        assert_eq!(written[2], "other");
        assert!(written[0].starts_with("team-app-") && written[3].starts_with("subject-"), "{written:?}");
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
