//! Repositories of VEX: documents, each listed under the packages that it is of (VEX Repository Specification 0.1).
//!
//! One lies in a directory, or at an address: its list (`index.json`) with the documents beside it, or a manifest
//! (`vex-repository.json`) that names an archive of both.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use feeds_sync::document::{Document, Visit};
use feeds_sync::error::ParseError;
use feeds_sync::schema::vex_manifest::{self, SPECIFICATION};
use fetch::error::redact;
use matcher::vex::{Identity, Trust};
use model::limits::Limits;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Reader;
use super::brought::{Brought, VexAccess};
use crate::error::FlowError;

/// The list of documents of a repository.
pub(super) const INDEX: &str = "index.json";

/// The file in which a repository says what it is.
pub(super) const MANIFEST: &str = "vex-repository.json";

/// What lies at a place: the kinds are told apart by content.
pub(super) enum Content {
    /// A manifest, which names an archive.
    Manifest,
    /// A list of documents.
    List,
    /// Anything else: a document, or nothing that is known.
    Other,
}

impl Content {
    pub(super) fn of(bytes: &[u8]) -> Self {
        match serde_json::from_slice::<Head>(bytes) {
            Ok(head) if head.is_vex() => Self::Other,
            Ok(Head { packages: Some(_), .. }) => Self::List,
            Ok(Head { versions: Some(_), .. }) => Self::Manifest,
            _ => Self::Other,
        }
    }
}

/// Whether `bytes` say that they are a document of VEX, or what one travels in.
pub(super) fn is_vex(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Head>(bytes).is_ok_and(|head| head.is_vex())
}

/// What tells documents, lists and manifests apart.
#[derive(Deserialize)]
struct Head {
    #[serde(rename = "@context")]
    context: Option<IgnoredAny>,
    #[serde(rename = "bomFormat")]
    bom_format: Option<IgnoredAny>,
    document: Option<IgnoredAny>,
    #[serde(rename = "payloadType")]
    payload_type: Option<IgnoredAny>,
    #[serde(rename = "predicateType")]
    predicate_type: Option<IgnoredAny>,
    packages: Option<IgnoredAny>,
    versions: Option<IgnoredAny>,
}

impl Head {
    fn is_vex(&self) -> bool {
        let marks =
            [&self.context, &self.bom_format, &self.document, &self.payload_type, &self.predicate_type];
        marks.iter().any(|mark| mark.is_some())
    }
}

/// The folder with the list of documents of the repository in `path`, if it is one. A document of VEX may be called as
/// a list is.
pub(super) fn folder(path: &Path, limits: &Limits) -> Option<PathBuf> {
    let folders = [path.to_owned(), path.join(SPECIFICATION)];
    let is_list = |folder: &PathBuf| {
        let index = folder.join(INDEX);
        index.is_file() && !super::bytes_of(&index, limits).is_ok_and(|bytes| is_vex(&bytes))
    };
    folders.into_iter().find(is_list)
}

/// Where the manifest of the repository at `url` is asked for: at its host's well-known place where only the host is named, in the
/// main branch where a repository of GitHub is.
pub(super) fn manifest_of(url: &str) -> Option<String> {
    let rest = url.strip_prefix("https://")?.trim_end_matches('/');
    match &rest.split('/').collect::<Vec<_>>()[..] {
        [host] => Some(format!("https://{host}/.well-known/{MANIFEST}")),
        ["github.com", owner, name] => {
            let name = name.strip_suffix(".git").unwrap_or(name);
            Some(format!("https://raw.githubusercontent.com/{owner}/{name}/main/{MANIFEST}"))
        }
        _ => None,
    }
}

impl Reader<'_> {
    /// The documents of the archive that the manifest `bytes` at `url` names.
    pub(super) fn add_by_manifest(
        &mut self,
        url: &str,
        bytes: &[u8],
        access: &VexAccess<'_>,
        trust: Trust,
    ) -> Result<(), FlowError> {
        let location = vex_manifest::location(bytes).map_err(|error| wrong(url, error.to_string()))?;
        let (location, below) = vex_manifest::parted(&location);
        if location.ends_with(INDEX) {
            let list = access.bring(location, self.limits.vex_bytes_max)?;
            let bytes = super::bytes_of(&list.path, self.limits)?;
            self.add_by_list(location, &bytes, access, trust)?;
            return list.keep();
        }
        let archive = access.bring(location, self.limits.document_bytes_max)?;
        self.add_archive(location, &archive.path, below, trust)?;
        archive.keep()
    }

    /// The documents that the list `bytes` at `url` names, each asked for beside it. They are kept once all of them were read, and
    /// the list after them: where one of them does not come, what is kept stays what belongs together.
    pub(super) fn add_by_list(
        &mut self,
        url: &str,
        bytes: &[u8],
        access: &VexAccess<'_>,
        trust: Trust,
    ) -> Result<(), FlowError> {
        let listed = self.listed(url, bytes)?;
        let base = url.rsplit_once('/').map_or(url, |(base, _)| base);
        let mut brought = Vec::new();
        for (location, packages) in listed {
            let url = format!("{base}/{location}");
            let document = access.bring(&url, self.limits.vex_bytes_max)?;
            let bytes = super::bytes_of(&document.path, self.limits)?;
            self.take(&redact(&url), &bytes, trust, Some(packages))?;
            brought.push(document);
        }
        brought.iter().try_for_each(Brought::keep)
    }

    /// The documents that the list of a repository in `folder` names.
    pub(super) fn add_repository(&mut self, folder: &Path, trust: Trust) -> Result<(), FlowError> {
        let path = folder.join(INDEX);
        let bytes = super::bytes_of(&path, self.limits)?;
        for (location, packages) in self.listed(&path.display().to_string(), &bytes)? {
            self.add(&folder.join(location), trust, Some(packages))?;
        }
        Ok(())
    }

    /// The documents of the repository in the archive at `path`, which came from `url`; `below` is its folder in there. Without one it
    /// is where the outermost list is.
    fn add_archive(
        &mut self,
        url: &str,
        path: &Path,
        below: Option<&str>,
        trust: Trust,
    ) -> Result<(), FlowError> {
        let mut list: Option<(String, Vec<u8>)> = None;
        let depth = |folder: &str| folder.matches('/').count();
        each(url, path, self.limits, &mut |name, bytes| {
            let Some(folder) = name.strip_suffix(INDEX) else { return };
            let is_it = match below {
                Some(below) => folder.trim_end_matches('/') == below,
                None => {
                    (folder.is_empty() || folder.ends_with('/'))
                        && list.as_ref().is_none_or(|(known, _)| depth(folder) < depth(known))
                }
            };
            if is_it {
                list = Some((folder.to_owned(), bytes.to_vec()));
            }
        })?;
        let missing = || wrong(url, format!("the archive has no `{INDEX}`"));
        let (folder, bytes) = list.ok_or_else(missing)?;
        let listed = self.listed(url, &bytes)?;
        let mut wanted: BTreeMap<String, Vec<Identity>> = listed
            .into_iter()
            .map(|(location, packages)| (format!("{folder}{location}"), packages))
            .collect();
        let mut failed = None;
        let limits = self.limits;
        each(url, path, limits, &mut |name, bytes| {
            let Some(packages) = wanted.remove(name).filter(|_| failed.is_none()) else { return };
            failed = self.take(&format!("{} ({name})", redact(url)), bytes, trust, Some(packages)).err();
        })?;
        match (failed, wanted.keys().next()) {
            (Some(error), _) => Err(error),
            (None, Some(name)) => Err(wrong(url, format!("`{name}` is listed, and not in the archive"))),
            (None, None) => Ok(()),
        }
    }

    /// What the list `bytes` at `place` names: each document with the packages that it is of.
    fn listed(&self, place: &str, bytes: &[u8]) -> Result<BTreeMap<String, Vec<Identity>>, FlowError> {
        let wrong = |what: String| wrong(place, what);
        let index: Index = serde_json::from_slice(bytes).map_err(|error| wrong(error.to_string()))?;
        if index.packages.is_empty() {
            return Err(wrong("it lists no package".to_owned()));
        }
        self.enough(Path::new(place), index.packages.len())?;
        let mut by_location: BTreeMap<String, Vec<Identity>> = BTreeMap::new();
        for package in index.packages {
            let identity = Identity::of_purl(&package.id);
            let identity = identity.ok_or_else(|| wrong(format!("`{}` is no package URL", package.id)))?;
            // Nothing outside of the repository is its document.
            let is_below =
                Path::new(&package.location).components().all(|part| matches!(part, Component::Normal(_)));
            if !is_below || package.location.is_empty() {
                return Err(wrong(format!("`{}` leads out of it", package.location)));
            }
            by_location.entry(package.location).or_default().push(identity);
        }
        Ok(by_location)
    }
}

/// Calls `visit` with each `*.json` of an archive.
fn each(
    url: &str,
    path: &Path,
    limits: &Limits,
    visit: &mut dyn FnMut(&str, &[u8]),
) -> Result<(), FlowError> {
    let limits = Limits {
        feed_bytes_max: limits.document_bytes_max,
        record_bytes_max: limits.vex_bytes_max,
        ..*limits
    };
    let document = Document { url, path, limits: &limits };
    let visit: &mut Visit<'_> = &mut |name, bytes| {
        let name = name.strip_prefix("./").unwrap_or(name);
        if name.ends_with(".json") {
            visit(name, bytes);
        }
        Ok(())
    };
    let is_zip = fs::File::open(path).and_then(|mut file| {
        let mut start = [0; 2];
        std::io::Read::read_exact(&mut file, &mut start).map(|()| start == *b"PK")
    });
    let visited = match is_zip.unwrap_or_default() {
        true => document.zip_entries(visit),
        false => document.tar_entries(visit),
    };
    visited.map_err(|error: ParseError| wrong(url, format!("its archive {error}")))
}

fn wrong(place: &str, what: String) -> FlowError {
    FlowError::VexRepository { path: PathBuf::from(redact(place)), what }
}

/// The list of documents of a repository.
#[derive(Deserialize)]
struct Index {
    packages: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    /// A package URL without a version.
    id: String,
    location: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_may_be_named_by_its_host() {
        for (url, expected) in [
            ("https://acme.example", "https://acme.example/.well-known/vex-repository.json"),
            ("https://acme.example/", "https://acme.example/.well-known/vex-repository.json"),
            ("https://github.com/a/b", "https://raw.githubusercontent.com/a/b/main/vex-repository.json"),
            ("https://github.com/a/b.git", "https://raw.githubusercontent.com/a/b/main/vex-repository.json"),
        ] {
            assert_eq!(manifest_of(url).as_deref(), Some(expected), "{url}");
        }
        for url in
            ["https://acme.example/vex.json", "https://acme.example/a/b", "https://github.com/a/b/c.json"]
        {
            assert_eq!(manifest_of(url), None, "{url}");
        }
    }

    #[test]
    fn what_lies_at_a_place_is_told_by_its_content() {
        let kind = |text: &str| match Content::of(text.as_bytes()) {
            Content::Manifest => "manifest",
            Content::List => "list",
            Content::Other => "other",
        };
        for (text, expected) in [
            (r#"{"name":"a","versions":[]}"#, "manifest"),
            (r#"{"updated_at":"","packages":[]}"#, "list"),
            (r#"{"@context":"https://openvex.dev/ns/v0.2.0","packages":[]}"#, "other"),
            (r#"{"document":{},"versions":[]}"#, "other"),
            ("<bom/>", "other"),
            ("[]", "other"),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
    }
}
