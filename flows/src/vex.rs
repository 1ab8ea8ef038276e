//! VEX from files and directories.
//!
//! A file that is named is the user's own word. A directory is a repository: one with a list of its documents
//! (`index.json`, the VEX Repository Specification 0.1) carries what others say, each of them of the packages that he is
//! listed under; any other directory is a number of files.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use matcher::vex::{Given, Identity, Trust, bom_id};
use model::limits::Limits;
use serde::Deserialize;

use crate::error::FlowError;
use crate::match_sbom::digest;

/// The list of documents of a repository.
const INDEX: &str = "index.json";

/// The file in which a repository says what it is, beside the folders of the versions of the specification.
const DESCRIPTION: &str = "vex-repository.json";

/// The folder of the one version of the specification there is.
const SPECIFICATION: &str = "0.1";

/// The documents at `paths`, in their order.
///
/// # Errors
/// One of them cannot be read: then nothing is judged, because what should suppress would not.
pub fn read(paths: &[PathBuf], limits: &Limits) -> Result<Vec<Given>, FlowError> {
    let mut reader = Reader { limits, bytes_left: limits.document_bytes_max, given: Vec::new() };
    for path in paths {
        if !path.is_dir() {
            reader.add(path, Trust::User, None)?;
        } else if let Some(folder) = indexed(path) {
            reader.add_repository(&folder)?;
        } else {
            reader.add_folder(path)?;
        }
    }
    Ok(reader.given)
}

/// The folder with the list of documents of the repository in `path`, if it is one.
fn indexed(path: &Path) -> Option<PathBuf> {
    let folders = [path.to_owned(), path.join(SPECIFICATION)];
    folders.into_iter().find(|folder| folder.join(INDEX).is_file())
}

struct Reader<'a> {
    limits: &'a Limits,
    /// Of all documents together.
    bytes_left: u64,
    given: Vec<Given>,
}

impl Reader<'_> {
    fn add(&mut self, path: &Path, trust: Trust, only_about: Option<Vec<Identity>>) -> Result<(), FlowError> {
        let bytes = self.bytes(path)?;
        self.bytes_left = self.bytes_left.checked_sub(bytes.len() as u64).ok_or_else(|| {
            let what = format!("the documents take more than {} bytes", self.limits.document_bytes_max);
            FlowError::VexRepository { path: path.to_owned(), what }
        })?;
        let document = matcher::vex::read(&bytes, self.limits)
            .map_err(|source| FlowError::Vex { path: path.to_owned(), source })?;
        self.given.push(Given { document, digest: digest(&bytes), trust, only_about });
        Ok(())
    }

    /// The bytes of a file, one more than are allowed at most.
    fn bytes(&self, path: &Path) -> Result<Vec<u8>, FlowError> {
        let failed = |source| FlowError::File { action: "read", path: path.to_owned(), source };
        let mut bytes = Vec::new();
        let bytes_max = self.limits.vex_bytes_max.saturating_add(1);
        File::open(path).and_then(|file| file.take(bytes_max).read_to_end(&mut bytes)).map_err(failed)?;
        Ok(bytes)
    }

    /// Every `*.json` below a directory, hidden ones and descriptions left out; none at all is an error.
    fn add_folder(&mut self, path: &Path) -> Result<(), FlowError> {
        let mut found = Vec::new();
        let mut pending = vec![path.to_owned()];
        while let Some(folder) = pending.pop() {
            let failed = |source| FlowError::File { action: "list", path: folder.clone(), source };
            for entry in fs::read_dir(&folder).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                let path = entry.path();
                let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
                if is_hidden || entry.file_name() == DESCRIPTION {
                    continue;
                }
                if entry.file_type().map_err(failed)?.is_dir() {
                    pending.push(path);
                } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
                    found.push(path);
                }
                self.enough(&folder, found.len() + pending.len())?;
            }
        }
        if found.is_empty() {
            let what = "no `*.json` is in it".to_owned();
            return Err(FlowError::VexRepository { path: path.to_owned(), what });
        }
        found.sort();
        found.iter().try_for_each(|path| self.add(path, Trust::User, None))
    }

    /// The documents that the list of a repository names.
    fn add_repository(&mut self, folder: &Path) -> Result<(), FlowError> {
        let path = folder.join(INDEX);
        let wrong = |what: String| FlowError::VexRepository { path: path.clone(), what };
        let bytes = self.bytes(&path)?;
        let index: Index = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
        if index.packages.is_empty() {
            return Err(wrong("it lists no package".to_owned()));
        }
        self.enough(&path, index.packages.len())?;
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
        for (location, packages) in by_location {
            self.add(&folder.join(location), Trust::Hub, Some(packages))?;
        }
        Ok(())
    }

    fn enough(&self, path: &Path, n_documents: usize) -> Result<(), FlowError> {
        let max = self.limits.vex_documents_max;
        let what = || format!("it holds more than {max} documents");
        match n_documents > max {
            true => Err(FlowError::VexRepository { path: path.to_owned(), what: what() }),
            false => Ok(()),
        }
    }
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

/// How the CycloneDX document that `reader` gives is known to others; none for any other, and for one without a serial
/// number.
pub fn bom_of(reader: impl Read) -> Option<String> {
    let head: BomHead = serde_json::from_reader(std::io::BufReader::new(reader)).ok()?;
    Some(bom_id(&head.serial_number, head.version.map(|version| version.to_string()).as_deref()))
}

#[derive(Deserialize)]
struct BomHead {
    #[serde(rename = "serialNumber")]
    serial_number: String,
    version: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::report::VexReason;
    use tempfile::TempDir;

    fn document(purl: &str) -> String {
        serde_json::json!({"@context": "https://openvex.dev/ns/v0.2.0", "@id": purl, "author": "A",
            "timestamp": "2025-01-01T00:00:00Z", "version": 1, "statements": [
            {"vulnerability": {"name": "CVE-1"}, "products": [{"@id": purl}], "status": "not_affected",
             "justification": "component_not_present"}]})
        .to_string()
    }

    fn place(files: &[(&str, &str)]) -> TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }

    #[track_caller]
    fn error(files: &[(&str, &str)], limits: &Limits) -> String {
        let dir = place(files);
        let error = read(&[dir.path().to_owned()], limits).unwrap_err();
        let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        format!("{error}: {cause}").replace(&dir.path().display().to_string(), "DIR")
    }

    #[test]
    fn a_directory_is_a_number_of_files() {
        let (one, two) = (document("pkg:npm/a"), document("pkg:npm/b"));
        let dir = place(&[
            ("b.json", &*one),
            ("deep/a.JSON", &*two),
            (".hidden/c.json", "{"),
            ("readme.md", ""),
            ("vex-repository.json", "{}"),
        ]);
        let given = read(&[dir.path().to_owned()], &Limits::default()).unwrap();
        let said: Vec<_> = given.iter().map(|one| (one.document.id.as_deref(), one.trust)).collect();
        assert_eq!(said, [(Some("pkg:npm/a"), Trust::User), (Some("pkg:npm/b"), Trust::User)]);
        assert_eq!(given[0].digest, digest(one.as_bytes()));
    }

    #[test]
    fn a_repository_is_what_its_list_names_each_under_its_packages() {
        let index = r#"{"updated_at": "2025-01-01T00:00:00Z", "packages": [
            {"id": "pkg:npm/a", "location": "pkg/a.json", "format": "openvex"},
            {"id": "pkg:npm/c", "location": "pkg/a.json"}]}"#;
        for below in ["", "0.1/"] {
            let dir = place(&[
                (&format!("{below}index.json"), index),
                (&format!("{below}pkg/a.json"), &document("pkg:npm/b")),
                (&format!("{below}pkg/unlisted.json"), "{"),
            ]);
            let given = read(&[dir.path().to_owned()], &Limits::default()).unwrap();
            assert_eq!((given.len(), given[0].trust), (1, Trust::Hub));
            assert_eq!(given[0].only_about.as_ref().unwrap().len(), 2);
        }
    }

    #[test]
    fn what_cannot_be_read_says_which_file_and_why() {
        let limits = Limits::default();
        let listed =
            |location: &str| format!(r#"{{"packages": [{{"id": "pkg:npm/a", "location": "{location}"}}]}}"#);
        for (files, expected) in [
            (&[("a.json", "{}")][..], "cannot read VEX document `DIR/a.json`: it is JSON, and neither"),
            (&[("a.txt", "")], "no `*.json` is in it"),
            (&[("index.json", "[")], "cannot read `DIR/index.json` as a repository of VEX: EOF"),
            // Documents beside a file of that name that is no list would be left out.
            (&[("index.json", "{}"), ("a.json", "{}")], "missing field `packages`"),
            (&[("index.json", r#"{"packages": []}"#)], "it lists no package"),
            (&[("index.json", &*listed("../a.json"))], "`../a.json` leads out of it"),
            (&[("index.json", &*listed("/etc/passwd"))], "`/etc/passwd` leads out of it"),
            (&[("index.json", &*listed("a.json"))], "cannot read `DIR/a.json`"),
            (&[("index.json", r#"{"packages": [{"id": "a", "location": "b"}]}"#)], "`a` is no package URL"),
        ] {
            let error = error(files, &limits);
            assert!(error.contains(expected), "{error}");
        }
        let document = document("pkg:npm/a");
        let files = [("a.json", &*document), ("b.json", &*document)];
        let few = Limits { vex_documents_max: 1, ..Limits::default() };
        assert!(error(&files, &few).contains("it holds more than 1 documents"));
        let short = Limits { document_bytes_max: document.len() as u64 + 1, ..Limits::default() };
        assert!(error(&files, &short).contains("the documents take more than"));
        let small = Limits { vex_bytes_max: 10, ..Limits::default() };
        assert!(error(&files, &small).contains("it is larger than 10 bytes"));
    }

    #[test]
    fn a_bom_is_known_by_serial_number_and_version() {
        let bom = |text: &str| bom_of(text.as_bytes());
        assert_eq!(
            bom(r#"{"bomFormat": "CycloneDX", "serialNumber": "urn:uuid:AB", "version": 3}"#).as_deref(),
            Some("ab/3")
        );
        assert_eq!(bom(r#"{"serialNumber": "urn:uuid:ab"}"#).as_deref(), Some("ab/1"));
        assert_eq!(bom("{}"), None);
        assert_eq!(bom("<bom/>"), None);
    }

    #[test]
    fn the_page_lists_every_reason() {
        let page = include_str!("../../docs/reference/vex.md");
        let listed: Vec<&str> =
            page.lines().filter(|line| line.starts_with("| `") && line.matches('|').count() == 3).collect();
        let row = |reason: &VexReason| format!("| `{}` | {} |", reason.as_str(), reason.sentence());
        assert_eq!(listed, VexReason::ALL.iter().map(row).collect::<Vec<_>>());
    }

    /// The words of reasons are a contract: none may be there twice.
    #[test]
    fn reasons_have_a_word_each() {
        let words: std::collections::BTreeSet<&str> =
            VexReason::ALL.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(words.len(), VexReason::ALL.len());
        assert!(VexReason::ALL.iter().all(|reason| reason.sentence().ends_with('.')));
    }
}
