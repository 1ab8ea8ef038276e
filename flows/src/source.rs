//! SOURCE as a person types it: a path, with or without a prefix that forces its kind.

use std::path::{Path, PathBuf};

use model::inventory::Inventory;
use model::limits::Limits;
use sbom::image::{Image, OpenOptions, SourceKind};

use crate::error::FlowError;

/// What was typed, and which kind it was said to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The whole text, for messages.
    pub text: String,
    /// The path behind the prefix.
    pub path: PathBuf,
    /// The kind that a prefix forced; none when the content decides.
    pub kind: Option<SourceKind>,
}

/// A prefix of the contract that this version cannot open.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{prefix}:` is not a source that this version can open")]
pub struct UnsupportedSource {
    /// The prefix as typed.
    pub prefix: String,
}

/// Prefixes of the contract whose sources later versions open.
const NOT_YET: &[&str] = &["registry", "docker", "podman", "containerd", "sbom", "purl"];

impl Source {
    /// Reads what was typed. A prefix counts only when it is one of the contract's, so that `C:` or a file
    /// with a colon in its name stays a path.
    pub fn parse(text: &str) -> Result<Self, UnsupportedSource> {
        if let Some((prefix, rest)) = text.split_once(':') {
            if let Some(kind) = SourceKind::from_prefix(prefix) {
                return Ok(Self { text: text.to_owned(), path: PathBuf::from(rest), kind: Some(kind) });
            }
            if NOT_YET.contains(&prefix) && !Path::new(text).exists() {
                return Err(UnsupportedSource { prefix: prefix.to_owned() });
            }
        }
        Ok(Self { text: text.to_owned(), path: PathBuf::from(text), kind: None })
    }

    /// Opens the image.
    pub fn open(&self, options: &OpenOptions) -> Result<Image, FlowError> {
        sbom::image::open(&self.path, self.kind, options)
            .map_err(|source| FlowError::Image { source_text: self.text.clone(), source })
    }
}

/// Reads an SBOM from bytes; `place` names it in errors.
pub fn read_sbom(place: &str, bytes: &[u8], limits: &Limits) -> Result<Inventory, FlowError> {
    sbom::format::read(bytes, limits)
        .map(|document| document.inventory)
        .map_err(|source| FlowError::Document { place: place.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_forces_the_kind_and_an_unknown_one_is_part_of_the_path() {
        let forced = Source::parse("oci-dir:images/app").unwrap();
        assert_eq!((forced.path, forced.kind), (PathBuf::from("images/app"), Some(SourceKind::OciDir)));
        let plain = Source::parse("odd:name.tar").unwrap();
        assert_eq!((plain.path, plain.kind), (PathBuf::from("odd:name.tar"), None));
        assert_eq!(
            Source::parse("docker:nginx").unwrap_err(),
            UnsupportedSource { prefix: "docker".to_owned() }
        );
    }
}
