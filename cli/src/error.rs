//! What people read when something failed: what, where, the chain of causes, what to do.

use std::error::Error;
use std::io;

use crate::exit_code::Exit;

/// A failure of a command.
#[derive(Debug)]
pub(crate) enum CommandError {
    /// clap's own: usage errors, and `--help` and `--version`, which are none.
    Usage(clap::Error),
    /// Somebody closed our standard output; that is success.
    BrokenPipe,
    /// Anything else.
    Failed {
        /// What happened, with its causes.
        error: Box<dyn Error + Send + Sync>,
        /// What to do about it, a sentence fragment each.
        hints: Vec<String>,
    },
}

impl CommandError {
    /// A failure without a cause of its own.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self::Failed { error: message.into().into(), hints: Vec::new() }
    }

    /// The same with one more hint.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Self::Failed { hints, .. } = &mut self {
            hints.push(hint.into());
        }
        self
    }

    /// Tells the user, and gives the exit code.
    pub(crate) fn report(&self) -> Exit {
        match self {
            Self::Usage(error) => {
                let shown = error.print();
                let is_failure = error.use_stderr();
                if shown.is_ok() && !is_failure { Exit::Acceptable } else { Exit::NotJudged }
            }
            Self::BrokenPipe => Exit::Acceptable,
            Self::Failed { error, hints } => {
                eprint(&format!("error: {error}"));
                let mut cause = error.source();
                while let Some(error) = cause {
                    eprint(&format!("  caused by: {error}"));
                    cause = error.source();
                }
                for hint in hints {
                    eprint(&format!("  hint: {hint}"));
                }
                Exit::NotJudged
            }
        }
    }
}

/// Writes a line to standard error, control characters of foreign names made visible; a closed standard
/// error is nobody to tell.
pub(crate) fn eprint(line: &str) {
    use io::Write as _;
    let _ = writeln!(io::stderr().lock(), "{}", visible(line));
}

/// `text` with control characters and the marks that turn the direction of writing spelt as escapes.
pub(crate) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        let turns =
            matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if character.is_control() || turns {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    out
}

impl From<clap::Error> for CommandError {
    fn from(error: clap::Error) -> Self {
        Self::Usage(error)
    }
}

impl From<flows::source::UnsupportedSource> for CommandError {
    fn from(error: flows::source::UnsupportedSource) -> Self {
        let hint = match error.prefix.as_str() {
            "docker" | "podman" | "containerd" => {
                "export the image first, for example with `docker save IMAGE -o image.tar`"
            }
            "registry" => {
                "copy the image to a folder first, for example with `skopeo copy docker://IMAGE oci:image`"
            }
            "sbom" => "use `plimsoll match FILE` for an SBOM",
            _ => "give a path to an image archive, an OCI layout or a directory",
        };
        Self::Failed { error: Box::new(error), hints: vec![hint.to_owned()] }
    }
}

impl From<flows::error::FlowError> for CommandError {
    fn from(error: flows::error::FlowError) -> Self {
        use flows::error::FlowError as E;
        let is_broken_pipe = matches!(
            &error,
            E::Render(source) | E::File { source, .. } if source.kind() == io::ErrorKind::BrokenPipe
        );
        if is_broken_pipe {
            return Self::BrokenPipe;
        }
        let hints = match &error {
            E::Image { .. } => vec![
                "if the archive was copied or downloaded, fetch it again; `--help` lists the accepted kinds"
                    .to_owned(),
            ],
            E::Document { .. } => {
                vec!["write an SBOM with `plimsoll sbom IMAGE -o cyclonedx-json=sbom.json`".to_owned()]
            }
            E::NoFeeds { .. } => vec!["run `plimsoll feeds sync`, or leave out `--offline`".to_owned()],
            E::NoSuchSnapshot { .. } => {
                vec!["`plimsoll feeds status` lists the snapshots that are kept".to_owned()]
            }
            E::Database(_) => vec![
                "the database is only a cache: remove the directory and run `plimsoll feeds sync`".to_owned(),
            ],
            E::Sync(_) => vec!["the last good state was left in place".to_owned()],
            E::NoSboms { .. } => {
                vec!["store one with `plimsoll sbom IMAGE -o cyclonedx-json=DIR/NAME.json`".to_owned()]
            }
            E::File { .. } | E::Render(_) | E::Policy(_) => Vec::new(),
        };
        Self::Failed { error: Box::new(error), hints }
    }
}
