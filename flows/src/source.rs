//! SOURCE as a person types it: a path or a reference, with or without a prefix that forces its kind.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use model::inventory::Inventory;
use model::limits::Limits;
use registry::reference::{InvalidReference, Reference};
use sbom::format::{DocumentError, PublicKey};
use sbom::image::SourceKind;

use crate::error::FlowError;
use crate::match_sbom::{Subject, digest_of_file};

/// What was typed, and where that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The whole text, for messages.
    pub text: String,
    /// What it says.
    pub place: Place,
}

/// Where a subject is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file or directory, of the kind that a prefix forced; without one the content decides.
    Path(PathBuf, Option<SourceKind>),
    /// Standard input: an archive.
    Stdin,
    /// A repository of a registry.
    Registry(Reference),
    /// The name of an image in a daemon.
    Daemon(DaemonKind, String),
    /// No prefix, and no such path: the daemons and the registry are asked, in this order.
    Name(Reference),
    /// A document, which needs no image.
    Sbom(PathBuf),
    /// One package.
    Purl(String),
}

/// Whose daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DaemonKind {
    /// Docker's, or what answers at its socket.
    Docker,
    /// Podman's.
    Podman,
}

impl DaemonKind {
    /// Both, in the order in which they are asked.
    pub const ALL: [Self; 2] = [Self::Docker, Self::Podman];

    /// Its name, which is also the prefix that forces it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
        }
    }
}

/// Why what was typed is no source.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidSource {
    /// containerd has no way of its own to hand out an image.
    #[error("`containerd:` is not a source: plimsoll speaks to no containerd")]
    Containerd,
    /// The reference is malformed.
    #[error("`{text}` is not the name of an image")]
    Reference {
        /// What was typed.
        text: String,
        /// What is wrong with it.
        source: InvalidReference,
    },
    /// There is no such path, and it is not the name of an image either.
    #[error("`{text}` is neither a file or directory that is there nor the name of an image")]
    Nothing {
        /// What was typed.
        text: String,
        /// Why it is no name.
        source: InvalidReference,
    },
}

impl Source {
    /// Reads what was typed. A prefix counts only when it is one of the contract's, so that `C:` or a file
    /// with a colon in its name stays a path. Whether a path is there is looked up.
    pub fn parse(text: &str) -> Result<Self, InvalidSource> {
        Ok(Self { text: shown(text), place: Place::parse(text)? })
    }
}

/// `text` without what may be a password: somebody may type an address with one, and everything that is said later
/// quotes what was typed.
fn shown(text: &str) -> String {
    let Some(at) = text.rfind('@') else { return text.to_owned() };
    if text.contains("pkg:") {
        return text.to_owned();
    }
    let behind = &text[at + 1..];
    if behind.starts_with("sha256:") || behind.starts_with("sha512:") || !text[..at].contains(':') {
        return text.to_owned();
    }
    let start =
        text.find("://").map_or_else(|| text.find(':').map_or(0, |colon| colon + 1), |scheme| scheme + 3);
    let start = if start <= at { start } else { 0 };
    format!("{}…{}", &text[..start], &text[at..])
}

impl Place {
    fn parse(text: &str) -> Result<Self, InvalidSource> {
        if text == "-" {
            return Ok(Self::Stdin);
        }
        if let Some((prefix, rest)) = text.split_once(':') {
            let reference =
                || rest.parse().map_err(|source| InvalidSource::Reference { text: shown(text), source });
            match prefix {
                "registry" => return Ok(Self::Registry(reference()?)),
                "docker" => return Ok(Self::Daemon(DaemonKind::Docker, rest.to_owned())),
                "podman" => return Ok(Self::Daemon(DaemonKind::Podman, rest.to_owned())),
                "containerd" => return Err(InvalidSource::Containerd),
                "sbom" => return Ok(Self::Sbom(rest.into())),
                "purl" => return Ok(Self::Purl(rest.to_owned())),
                "pkg" => return Ok(Self::Purl(text.to_owned())),
                _ => {}
            }
            if let Some(kind) = SourceKind::from_prefix(prefix) {
                return Ok(Self::Path(rest.into(), Some(kind)));
            }
        }
        if Path::new(text).exists() || looks_like_a_path(text) {
            return Ok(Self::Path(text.into(), None));
        }
        let name = text.parse().map_err(|source| InvalidSource::Nothing { text: shown(text), source })?;
        Ok(Self::Name(name))
    }
}

/// Whether somebody who typed this can only have meant a file: a registry should not be asked for a typing mistake.
fn looks_like_a_path(text: &str) -> bool {
    let is_archive = [".tar", ".tgz", ".gz", ".zst", ".xz", ".json"].iter().any(|end| text.ends_with(end));
    is_archive || text.starts_with(['/', '.', '~']) || text.contains('\\')
}

/// Reads an SBOM from bytes, which one of `keys` signed where there are any; `place` names it in errors.
///
/// # Errors
/// It is no SBOM that can be read, or none that one of `keys` signed.
pub fn read_sbom(
    place: &str,
    bytes: &[u8],
    limits: &Limits,
    keys: &[PublicKey],
) -> Result<Inventory, FlowError> {
    sbom::format::read_signed(bytes, limits, keys)
        .map(|document| document.inventory)
        .map_err(|source| FlowError::Document { place: place.to_owned(), source })
}

/// Reads the SBOM in the file at `path`, which one of `keys` signed where there are any, and of which no more is in memory at once than must be.
///
/// # Errors
/// As [`FlowError`] says.
pub fn read_sbom_file(path: &Path, limits: &Limits, keys: &[PublicKey]) -> Result<Subject, FlowError> {
    let input_error = |source| FlowError::File { action: "read", path: path.to_owned(), source };
    let file = File::open(path).map_err(input_error)?;
    let place = path.display().to_string();
    let metadata = file.metadata().map_err(input_error)?;
    if !metadata.is_file() {
        // A pipe is read once; its end is not known before.
        let mut bytes = Vec::new();
        let bytes_max = limits.document_bytes_max.saturating_add(1);
        file.take(bytes_max).read_to_end(&mut bytes).map_err(input_error)?;
        return Ok(Subject::new(read_sbom(&place, &bytes, limits, keys)?, &bytes));
    }
    let inventory = sbom::format::read_file(&file, limits, keys).map_err(|source| match source {
        DocumentError::Input { source } => input_error(source),
        source => FlowError::Document { place, source },
    })?;
    let sbom_digest = digest_of_file(&file).map_err(input_error)?;
    let state = |metadata: &fs::Metadata| (metadata.len(), metadata.modified().ok());
    if state(&file.metadata().map_err(input_error)?) != state(&metadata) {
        return Err(input_error(io::Error::other("it was changed while it was read")));
    }
    Ok(Subject { inventory, sbom_digest, bom: None, vex: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn place(text: &str) -> Place {
        Source::parse(text).unwrap().place
    }

    #[test]
    fn a_prefix_forces_the_kind() {
        assert_eq!(place("oci-dir:images/app"), Place::Path("images/app".into(), Some(SourceKind::OciDir)));
        assert_eq!(place("docker:nginx"), Place::Daemon(DaemonKind::Docker, "nginx".to_owned()));
        assert_eq!(
            place("podman:a/b@sha256:1"),
            Place::Daemon(DaemonKind::Podman, "a/b@sha256:1".to_owned())
        );
        assert_eq!(place("registry:nginx"), Place::Registry("nginx".parse().unwrap()));
        assert_eq!(place("sbom:a.json"), Place::Sbom("a.json".into()));
        assert_eq!(place("purl:pkg:npm/a@1"), Place::Purl("pkg:npm/a@1".to_owned()));
        assert_eq!(place("pkg:npm/a@1"), Place::Purl("pkg:npm/a@1".to_owned()));
        assert_eq!(place("-"), Place::Stdin);
        assert_eq!(Source::parse("containerd:nginx").unwrap_err(), InvalidSource::Containerd);
        assert!(matches!(
            Source::parse("registry:a.test/UPPER").unwrap_err(),
            InvalidSource::Reference { .. }
        ));
    }

    #[test]
    fn a_file_has_the_inventory_and_the_digest_of_its_bytes() {
        let limits = Limits::default();
        let bytes =
            br#"{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"type":"library","name":"a"}]}"#;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sbom.json");
        fs::write(&path, bytes).unwrap();
        let subject = read_sbom_file(&path, &limits, &[]).unwrap();
        assert_eq!(subject.inventory, read_sbom("x", bytes, &limits, &[]).unwrap());
        assert_eq!(subject.sbom_digest, crate::match_sbom::digest(bytes));
        fs::write(&path, "{").unwrap();
        let error = read_sbom_file(&path, &limits, &[]).unwrap_err();
        assert!(matches!(error, FlowError::Document { .. }), "{error}");
        let error = read_sbom_file(&dir.path().join("none"), &limits, &[]).unwrap_err();
        assert!(matches!(error, FlowError::File { .. }), "{error}");
    }

    #[test]
    fn what_may_be_a_password_is_not_repeated() {
        for (text, expected) in [
            ("registry:https://ann:hunter2@r.example/app", "registry:https://…@r.example/app"),
            ("https://ann:hunter2@r.example/app", "https://…@r.example/app"),
            ("registry:ann:hunter2@r.example/app", "registry:…@r.example/app"),
            ("r.example:5000/app:1@sha256:00", "r.example:5000/app:1@sha256:00"),
            ("a@b.tar", "a@b.tar"),
            ("purl:pkg:npm/a@1", "purl:pkg:npm/a@1"),
        ] {
            assert_eq!(shown(text), expected);
        }
        let error = Source::parse("registry:https://ann:hunter2@r.example/app").unwrap_err();
        let mut said = format!("{error} {error:?}");
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            said.push_str(&format!("{error} {error:?}"));
            cause = error.source();
        }
        assert!(!said.contains("hunter2"), "{said}");
    }

    #[test]
    fn without_a_prefix_a_path_that_is_there_or_looks_like_one_is_a_path() {
        for text in ["Cargo.toml", "src", "no/such/file.tar", "./nginx", "/nginx", "a.tar.gz", "x:y.tar"] {
            assert_eq!(place(text), Place::Path(text.into(), None), "{text}");
        }
        for text in ["nginx", "nginx:1.27", "ghcr.io/a/b@sha256:", "localhost:5000/a"] {
            match Source::parse(text) {
                Ok(source) => assert_eq!(source.place, Place::Name(text.parse().unwrap()), "{text}"),
                Err(error) => assert!(matches!(error, InvalidSource::Nothing { .. }), "{text}: {error}"),
            }
        }
        assert!(matches!(Source::parse("No Such Thing").unwrap_err(), InvalidSource::Nothing { .. }));
    }
}
