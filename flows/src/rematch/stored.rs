//! Which files below a directory are stored SBOMs, and which look as if they were and are not read.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::FlowError;

/// How the names of SBOMs end that [`read_sbom_file`](crate::source::read_sbom_file) reads: any JSON, and what CycloneDX and
/// SPDX recommend for their other syntaxes.
const ENDINGS: [&str; 9] = [
    ".json",
    "bom.xml",
    ".cdx.xml",
    ".spdx",
    ".spdx.xml",
    ".spdx.rdf",
    ".spdx.rdf.xml",
    ".spdx.yaml",
    ".spdx.yml",
];

/// How compressed files end, which are no SBOMs before somebody unpacks them.
const COMPRESSED: [&str; 4] = [".gz", ".zst", ".xz", ".bz2"];

/// The stored SBOMs below a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredSboms {
    /// The files that are SBOMs by their names, sorted by path. Never empty.
    pub sboms: Vec<StoredSbom>,
    /// What somebody may take for stored and is not read, sorted by path.
    pub passed_over: Vec<PassedOver>,
    /// How many other files there are.
    pub n_others: usize,
}

/// An SBOM file below the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSbom {
    /// The path below the directory, with `/` between its parts.
    pub file: String,
    /// The path to open.
    pub path: PathBuf,
}

/// Something below the directory that is not read though it looks like SBOMs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PassedOver {
    /// The path below the directory, with `/` between its parts.
    pub file: String,
    /// What it is.
    pub why: NotRead,
}

/// Why something that looks like SBOMs is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotRead {
    /// A directory by a symbolic link, which may lead anywhere, also back.
    LinkedDirectory,
    /// A link that leads nowhere, a device or a pipe, by the name of an SBOM.
    NoFile,
    /// An SBOM that is compressed.
    Compressed,
    /// What plimsoll itself writes about SBOMs: a report, a change set.
    OwnOutput,
}

impl NotRead {
    /// What it is, for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LinkedDirectory => "a directory by a symbolic link",
            Self::NoFile => "no regular file",
            Self::Compressed => "compressed",
            Self::OwnOutput => "what plimsoll itself wrote",
        }
    }
}

/// What is stored below `directory`, hidden files and folders left out, and the state with them.
///
/// # Errors
/// The directory cannot be listed, or nothing in it is an SBOM by its name.
pub fn stored_sboms(directory: &Path) -> Result<StoredSboms, FlowError> {
    let mut stored = StoredSboms::default();
    let mut pending = vec![directory.to_owned()];
    while let Some(folder) = pending.pop() {
        let failed = |source| FlowError::File { action: "list", path: folder.clone(), source };
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            if entry.file_type().map_err(failed)?.is_dir() {
                pending.push(entry.path());
            } else {
                stored.add(directory, entry.path());
            }
        }
    }
    if stored.sboms.is_empty() {
        let passed_over = stored.passed_over.into_iter().min();
        return Err(FlowError::NoSboms { directory: directory.to_owned(), passed_over });
    }
    stored.sboms.sort_by(|left, right| left.file.cmp(&right.file));
    stored.passed_over.sort();
    Ok(stored)
}

impl StoredSboms {
    /// Adds what is at `path`, which is no directory itself.
    fn add(&mut self, directory: &Path, path: PathBuf) {
        let below = path.strip_prefix(directory).expect("the walk stays below its directory");
        let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
        let file = parts.join("/");
        let name = parts.last().map(|name| name.to_ascii_lowercase()).unwrap_or_default();
        let is_sbom = |name: &str| ENDINGS.iter().any(|ending| name.ends_with(ending));
        let unpacked = COMPRESSED.iter().find_map(|ending| name.strip_suffix(ending));

        let found = fs::metadata(&path);
        let why = match found {
            Ok(found) if found.is_dir() => NotRead::LinkedDirectory,
            Ok(found) if found.is_file() && is_sbom(&name) => {
                return self.sboms.push(StoredSbom { file, path });
            }
            _ if is_sbom(&name) => NotRead::NoFile,
            _ if unpacked.is_some_and(is_sbom) => NotRead::Compressed,
            _ => return self.n_others += 1,
        };
        self.passed_over.push(PassedOver { file, why });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn what_is_an_sbom_by_its_name_is_read_and_what_looks_like_one_is_named() {
        use std::os::unix::fs::symlink;

        let dir = tempfile::tempdir().unwrap();
        let place = |name: &str| dir.path().join("sboms").join(name);
        fs::create_dir_all(place("team")).unwrap();
        fs::create_dir_all(place(".git")).unwrap();
        let names = ["b.json", "team/a.CDX.JSON", "x.cdx.xml", "y.spdx", "z.spdx.yml", "old.json.gz"];
        for name in names.iter().chain(&["README.md", "pom.xml", "notes.gz", ".git/a.json"]) {
            fs::write(place(name), "{}").unwrap();
        }
        fs::create_dir(dir.path().join("elsewhere")).unwrap();
        fs::write(dir.path().join("elsewhere/c.json"), "{}").unwrap();
        symlink(dir.path().join("elsewhere"), place("linked")).unwrap();
        symlink(place(""), place("loop")).unwrap();
        symlink(dir.path().join("elsewhere/c.json"), place("c.json")).unwrap();
        symlink("/dev/zero", place("endless.json")).unwrap();
        symlink("nowhere", place("gone.json")).unwrap();

        let stored = stored_sboms(&place("")).unwrap();
        let files: Vec<&str> = stored.sboms.iter().map(|sbom| sbom.file.as_str()).collect();
        assert_eq!(files, ["b.json", "c.json", "team/a.CDX.JSON", "x.cdx.xml", "y.spdx", "z.spdx.yml"]);
        let passed_over: Vec<String> =
            stored.passed_over.iter().map(|it| format!("{}: {}", it.file, it.why.as_str())).collect();
        assert_eq!(
            passed_over,
            [
                "endless.json: no regular file",
                "gone.json: no regular file",
                "linked: a directory by a symbolic link",
                "loop: a directory by a symbolic link",
                "old.json.gz: compressed"
            ]
        );
        assert_eq!(stored.n_others, 3);

        let named = stored_sboms(&place(".git")).unwrap();
        assert_eq!(named.sboms.len(), 1, "a directory that is named is read, be it hidden");
        fs::rename(place(".git/a.json"), place(".git/a.json.zst")).unwrap();
        let error = stored_sboms(&place(".git")).unwrap_err().to_string();
        assert!(
            error.starts_with("no SBOM in ") && error.ends_with(": `a.json.zst` is compressed"),
            "{error}"
        );
    }
}
