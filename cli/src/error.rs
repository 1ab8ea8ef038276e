//! What people read when something failed: what, where, the chain of causes, what to do.

use std::error::Error;
use std::io;

use feeds_sync::error::SyncError;
use sbom::image::ImageError;

use crate::exit_code::Exit;

/// A failure of a command.
#[derive(Debug)]
pub(crate) enum CommandError {
    /// clap's own: usage errors, and `--help` and `--version`, which are none.
    Usage(clap::Error),
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

    /// What happened, in one line, without its causes.
    pub(crate) fn what(&self) -> String {
        match self {
            Self::Usage(error) => error.to_string(),
            Self::Failed { error, .. } => error.to_string(),
        }
    }

    /// Tells the user, and gives the exit code.
    pub(crate) fn report(&self) -> Exit {
        match self {
            Self::Usage(error) => {
                let shown = error.print();
                let is_failure = error.use_stderr();
                // Who closed the pipe had read enough of the help.
                let is_told = shown.err().is_none_or(|error| error.kind() == io::ErrorKind::BrokenPipe);
                if is_told && !is_failure { Exit::Acceptable } else { Exit::NotJudged }
            }
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

impl From<flows::source::InvalidSource> for CommandError {
    fn from(error: flows::source::InvalidSource) -> Self {
        use flows::source::InvalidSource as E;
        let hint = match &error {
            E::Containerd => {
                "export the image first: `ctr images export image.tar IMAGE`, or `nerdctl save IMAGE -o image.tar`"
            }
            E::Reference { .. } => {
                "a name is like `nginx:1.27`, `ghcr.io/owner/app:1` or `host:5000/app@sha256:…`"
            }
            E::Nothing { .. } => {
                "give a path to an image archive, an OCI layout or a directory, or the name of an image"
            }
        };
        Self::Failed { error: Box::new(error), hints: vec![hint.to_owned()] }
    }
}

impl From<flows::error::FlowError> for CommandError {
    fn from(error: flows::error::FlowError) -> Self {
        use flows::error::FlowError as E;
        let hints = match &error {
            E::Image { source, .. } if is_from_registry(source) => Vec::new(),
            E::Image { source_text, source } => image_hints(source_text, source),
            E::Registry { source, .. } => registry_hints(source),
            E::Offline { .. } => vec!["leave out `--offline`, or give an archive of the image".to_owned()],
            E::NoDaemon { kind, .. } => vec![match *kind {
                "podman" => {
                    "start it with `systemctl --user start podman.socket`, or set CONTAINER_HOST".to_owned()
                }
                _ => "is it running, and may you use its socket? DOCKER_HOST says where it is; or give what \
                      `docker save IMAGE -o image.tar` writes"
                    .to_owned(),
            }],
            E::Nowhere { .. } => vec![
                "a prefix says where it is: `registry:`, `docker:`, `podman:`; `-v` says more".to_owned(),
            ],
            E::NothingAttached { .. } => {
                vec!["leave out `--referrers` to open the image; `--attach` attaches an SBOM".to_owned()]
            }
            E::NoRegistry { .. } => {
                vec!["SBOMs and VEX are attached to images in registries: `registry:HOST/NAME:TAG`".to_owned()]
            }
            E::NoLayers { .. } => vec!["give the image itself, or leave out `--scope all-layers`".to_owned()],
            E::Purl { .. } => vec!["a package URL is like `pkg:npm/lodash@4.17.21`".to_owned()],
            E::Document { .. } => vec![
                "write an SBOM with `plimsoll sbom IMAGE -o cyclonedx-json=sbom.json`; `plimsoll scan IMAGE` judges an image itself"
                    .to_owned(),
            ],
            E::NoFeeds { .. } => vec![
                "`plimsoll feeds sync` fills it, and so do `scan` and `match` without `--offline`; `--feeds DIR` names another"
                    .to_owned(),
            ],
            E::NotSynced { .. } => {
                vec!["`plimsoll feeds status --check` says which hosts answer; `--mirror` takes feeds from elsewhere".to_owned()]
            }
            E::NotBrought { .. } => vec![
                "`plimsoll feeds pull PLACE` tries one place; without `feeds.sources` and `--feeds-source` the vendors are asked"
                    .to_owned(),
            ],
            E::NoSuchSnapshot { .. } => {
                vec!["`plimsoll feeds status` lists the snapshots that are kept".to_owned()]
            }
            E::Database(_) => vec![
                "the database is only a cache: remove the directory and run `plimsoll feeds sync`".to_owned(),
            ],
            E::Sync(error) if error.not_writable().is_some() => vec![
                "give a directory that can be written with `--feeds DIR`; `--offline` takes what is held and writes nothing"
                    .to_owned(),
            ],
            E::Sync(source) => sync_hints(source),
            E::Vex { .. } | E::VexDownload(_) | E::VexRepository { .. } => {
                vec!["nothing was judged, because what the document answers would count as open".to_owned()]
            }
            E::VexNotAsked { .. } => vec!["download the document, and give the file; a repository is kept once `match` or `scan` has asked it".to_owned()],
            E::NoImage { .. } => vec!["VEX is attached to images in registries: `registry:HOST/NAME:TAG`".to_owned()],
            E::NoSboms { .. } => {
                vec!["store one with `plimsoll sbom IMAGE -o cyclonedx-json=DIR/NAME.json`".to_owned()]
            }
            E::StoredReport { .. } => {
                vec!["write a report with `plimsoll match SBOM -o json=report.json`".to_owned()]
            }
            E::NoSuchPackage { .. } => vec![
                "give the name as a report has it, or a package URL, of which version and qualifiers may be left out"
                    .to_owned(),
            ],
            E::NobodySpeaks { id, .. } => vec![
                format!("`plimsoll feeds search {id}` looks under every key that is held"),
                "`--package NAME` says what was asked for a package".to_owned(),
            ],
            E::Merge(_) => vec!["merge fewer of them".to_owned()],
            E::Convert { .. } | E::File { .. } | E::Render(_) | E::Policy(_) => Vec::new(),
        };
        Self::Failed { error: Box::new(error), hints }
    }
}

/// What to do about an image that could not be opened.
fn image_hints(source_text: &str, error: &ImageError) -> Vec<String> {
    let hint = match error {
        ImageError::SeveralImages { available, .. } | ImageError::ImageAbsent { available, .. } => {
            return choices(source_text, "--image", available).into_iter().collect();
        }
        ImageError::PlatformAbsent { available, .. } => {
            return choices(source_text, "--platform", available).into_iter().collect();
        }
        ImageError::NotAnImage { .. } if source_text == "-" => {
            "standard input is read as an archive of an image; `plimsoll match -` reads an SBOM from there"
        }
        ImageError::NotAnImage { .. } if !is_archive(source_text) => {
            "`--help` lists the accepted kinds; of sources, as of a lock file, give the directory that they lie in"
        }
        ImageError::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
            "check the path; an image of a registry is named as `nginx:1.27` is, without `./` or a suffix of files"
        }
        ImageError::Read { .. } => "may you read it?",
        _ => "if the archive was copied or downloaded, fetch it again; `--help` lists the accepted kinds",
    };
    vec![hint.to_owned()]
}

/// Commands of choices that are spelt out.
const CHOICES_MAX: usize = 3;

/// The commands that say by `option` which of `names` is meant; none where there is nothing to choose.
fn choices(source_text: &str, option: &str, names: &[String]) -> Option<String> {
    let command = |name: &String| {
        // Of what has no name of its own the platform stands behind its digest.
        let name = name.split_once(" (").map_or(name.as_str(), |(digest, _)| digest);
        // What begins so would be an option itself.
        let between = if name.starts_with('-') { "=" } else { " " };
        format!("`plimsoll sbom {} {option}{between}{}`", in_shell(source_text), in_shell(name))
    };
    let commands: Vec<String> = names.iter().take(CHOICES_MAX).map(command).collect();
    let more = match names.len().saturating_sub(CHOICES_MAX) {
        0 => String::new(),
        1 => ", and so the other one".to_owned(),
        n => format!(", and so the {n} others"),
    };
    let commands = commands.join(", ");
    (!names.is_empty()).then(|| format!("choose one: {commands}{more}; `scan` takes `{option}` too"))
}

/// `text` as one word of a shell's command line.
fn in_shell(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@+=%,".contains(&byte);
    match !text.is_empty() && text.bytes().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// Whether `name` is that of a file in which images are kept.
pub(crate) fn is_archive(name: &str) -> bool {
    let suffixes = [".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.zst", ".oci"];
    suffixes.iter().any(|suffix| name.ends_with(suffix))
}

/// What to do about a sync that did not even begin.
fn sync_hints(error: &SyncError) -> Vec<String> {
    match error {
        SyncError::UnknownName { name, known } => {
            let far = 1 + name.chars().count() / 3;
            let near = known.split(", ").map(|known| (strsim::damerau_levenshtein(name, known), known));
            let nearest = near.filter(|(distance, _)| *distance <= far).min();
            vec![match nearest {
                Some((_, known)) => format!("did you mean `{known}`?"),
                None => "a namespace is like `debian:12` or `pypi`".to_owned(),
            }]
        }
        SyncError::Io { .. } | SyncError::Db(_) => vec![
            "the last good state was left in place: `--offline` judges by what is held".to_owned(),
            "`--feeds DIR` names a directory that can be written to".to_owned(),
        ],
        SyncError::BadPlace { .. } | SyncError::Changed { .. } => {
            vec!["the last good state was left in place".to_owned()]
        }
    }
}

/// What to do about a registry or daemon that did not give what was asked for.
pub(crate) fn registry_hints(error: &::registry::error::RegistryError) -> Vec<String> {
    use ::registry::error::RegistryError as E;
    let hint = match error {
        E::Unauthorized { .. } | E::Denied { .. } => {
            "log in with `docker login` or `podman login`, or give `--registry-username` and `--registry-password-stdin`; \
             registries also answer so for images that do not exist"
        }
        E::NotFound { .. } => "check the name and the tag; private images may need `docker login` first",
        E::Transport { .. } | E::TimedOut { .. } => {
            "check the host and the network; `--ca-file` trusts a private authority, `--insecure` any certificate and plain HTTP"
        }
        E::InsecureRealm { .. } => "`--insecure` sends it all the same",
        E::Busy { .. } => {
            "the registry limits how often it is asked: log in, or ask a mirror with `--registry-mirror`"
        }
        E::NoSuchImage { .. } => "pull it first, or ask its registry with the prefix `registry:`",
        E::ManifestKind { .. } => "plimsoll reads OCI and Docker schema 2 images",
        E::EveryEndpoint { source, .. } => return registry_hints(source),
        _ => return Vec::new(),
    };
    vec![hint.to_owned()]
}

/// Whether an image could not be read because its registry did not give a part of it.
fn is_from_registry(error: &ImageError) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    cause.is_some_and(|cause| {
        cause.get_ref().is_some_and(|inner| inner.is::<::registry::error::RegistryError>())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_commands_that_a_shell_takes_as_they_are() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        for (source, option, available, expected) in [
            (
                "a b.tar",
                "--image",
                &["app:1", "it's", "-x", "y"][..],
                r"choose one: `plimsoll sbom 'a b.tar' --image app:1`, `plimsoll sbom 'a b.tar' --image 'it'\''s'`, `plimsoll sbom 'a b.tar' --image=-x`, and so the other one; `scan` takes `--image` too",
            ),
            (
                "app.tar",
                "--image",
                &["sha256:aa (linux/arm64)"],
                "choose one: `plimsoll sbom app.tar --image sha256:aa`; `scan` takes `--image` too",
            ),
            (
                "registry:app:1",
                "--platform",
                &["linux/arm/v7"],
                "choose one: `plimsoll sbom registry:app:1 --platform linux/arm/v7`; `scan` takes `--platform` too",
            ),
        ] {
            assert_eq!(choices(source, option, &names(available)).as_deref(), Some(expected));
        }
        assert_eq!(choices("a.tar", "--image", &[]), None);
    }
}
