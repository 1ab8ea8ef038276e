//! VEX from files, directories and addresses, and what is attached to an image.
//!
//! A document that is named is the user's own word, be it a file or a URL. A [`repository`] carries what others say, each of
//! them of the packages that he is listed under; any other directory is a number of files. What is [attached](attached()) to an image is the word of
//! whoever signed it, if that is somebody whose key was given.

mod attached;
mod brought;
mod contents;
mod repository;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use fetch::error::redact;
use matcher::vex::{Given, Identity, Trust, VexDocument, bom_id};
use model::limits::Limits;
use serde::Deserialize;

pub use self::attached::{Attached, attached};
pub use self::brought::VexAccess;
pub use self::contents::UnreadableVex;
use self::repository::Content;
use crate::error::FlowError;
use crate::match_sbom::digest;

/// The word for what is attached to an image.
pub const REFERRERS: &str = "referrers";

/// Where documents are taken from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VexPlace {
    /// A file or a directory, and how far it is trusted where that was said.
    Path(PathBuf, Option<Trust>),
    /// An address, `https` only, and how far it is trusted where that was said.
    Url(String, Option<Trust>),
    /// Beside each image that is judged, in its registry.
    Referrers,
}

/// The words before a place that say whose it is.
const LEVELS: [(&str, Trust); 2] = [("supplier:", Trust::Supplier), ("hub:", Trust::Hub)];

/// A place that no document is taken from.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidVexPlace {
    /// It is an address of plain HTTP.
    #[error("an address of VEX begins with `https://`: whoever stands between could suppress findings")]
    Insecure,
    /// It says how far what is attached to images is trusted, which its signatures say.
    #[error("what is attached to images is trusted by its signatures: `referrers` stands alone")]
    LevelOfReferrers,
}

impl VexPlace {
    /// The place that `text` is: an address, the word [`REFERRERS`], or else a path; a file of that name is `./referrers`.
    /// `supplier:` or `hub:` before an address or a path says how far it is trusted.
    ///
    /// # Errors
    /// It is an address of plain HTTP, or says so of [`REFERRERS`].
    pub fn parse(text: OsString) -> Result<Self, InvalidVexPlace> {
        // A path that is no UTF-8 has no such word before it.
        let Some(word) = text.to_str() else { return Ok(Self::Path(text.into(), None)) };
        let leveled = LEVELS.iter().find_map(|(prefix, trust)| Some((word.strip_prefix(prefix)?, *trust)));
        let (place, trust) = leveled.map_or((word, None), |(place, trust)| (place, Some(trust)));
        match place {
            REFERRERS if trust.is_some() => Err(InvalidVexPlace::LevelOfReferrers),
            REFERRERS => Ok(Self::Referrers),
            url if url.starts_with("https://") => Ok(Self::Url(url.to_owned(), trust)),
            url if url.starts_with("http://") => Err(InvalidVexPlace::Insecure),
            path => Ok(Self::Path(path.into(), trust)),
        }
    }
}

/// The documents at `places`, in their order; what is attached to images is left to [`attached()`].
///
/// # Errors
/// One of them cannot be read: then nothing is judged, because what should suppress would not.
pub fn read(places: &[VexPlace], access: &VexAccess<'_>, limits: &Limits) -> Result<Vec<Given>, FlowError> {
    let bytes_left = limits.document_bytes_max;
    let mut reader = Reader { limits, bytes_left, documents: Vec::new(), listed: HashMap::new() };
    for place in places {
        match place {
            VexPlace::Referrers => {}
            VexPlace::Url(url, trust) => reader.add_url(url, access, *trust)?,
            VexPlace::Path(path, trust) if !path.is_dir() => {
                reader.add(path, trust.unwrap_or(Trust::User), None)?;
            }
            VexPlace::Path(path, trust) => match repository::folder(path, limits) {
                Some(folder) => reader.add_repository(&folder, trust.unwrap_or(Trust::Hub))?,
                None => reader.add_folder(path, trust.unwrap_or(Trust::User))?,
            },
        }
    }
    Ok(reader.documents.into_iter().map(Read::given).collect())
}

/// A document that was read.
struct Read {
    document: VexDocument,
    digest: String,
    trust: Trust,
    /// What it is listed under, where it is in a repository.
    packages: Option<Vec<Identity>>,
}

impl Read {
    fn given(self) -> Given {
        match self.packages {
            None => Given::new(self.document, self.digest, self.trust),
            Some(packages) => Given::listed(self.document, self.digest, self.trust, packages),
        }
    }
}

/// The bytes of a file, one more than a document may have at most.
fn bytes_of(path: &Path, limits: &Limits) -> Result<Vec<u8>, FlowError> {
    let failed = |source| FlowError::File { action: "read", path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let bytes_max = limits.vex_bytes_max.saturating_add(1);
    File::open(path).and_then(|file| file.take(bytes_max).read_to_end(&mut bytes)).map_err(failed)?;
    Ok(bytes)
}

struct Reader<'a> {
    limits: &'a Limits,
    /// Of all documents together.
    bytes_left: u64,
    documents: Vec<Read>,
    /// The positions of those that are listed. What is listed several times may speak of all that it is listed under.
    listed: HashMap<(String, Trust), usize>,
}

impl Reader<'_> {
    fn add(&mut self, path: &Path, trust: Trust, packages: Option<Vec<Identity>>) -> Result<(), FlowError> {
        let bytes = bytes_of(path, self.limits)?;
        self.take(&path.display().to_string(), &bytes, trust, packages)
    }

    /// Takes the document `bytes`, which lay at `place`, and is listed under `packages` where it is in a repository. Nobody's
    /// signature on it is asked for.
    fn take(
        &mut self,
        place: &str,
        bytes: &[u8],
        trust: Trust,
        packages: Option<Vec<Identity>>,
    ) -> Result<(), FlowError> {
        self.bytes_left = self.bytes_left.checked_sub(bytes.len() as u64).ok_or_else(|| {
            let what = format!("the documents take more than {} bytes", self.limits.document_bytes_max);
            FlowError::VexRepository { path: PathBuf::from(place), what }
        })?;
        let digest = digest(bytes);
        if let Some(packages) = &packages {
            match self.listed.entry((digest.clone(), trust)) {
                Entry::Vacant(new) => drop(new.insert(self.documents.len())),
                Entry::Occupied(known) => {
                    let known = &mut self.documents[*known.get()].packages;
                    known.get_or_insert_default().extend(packages.iter().cloned());
                    return Ok(());
                }
            }
        }
        let document = contents::read(bytes, self.limits)
            .map_err(|source| FlowError::Vex { place: place.to_owned(), source })?;
        self.documents.push(Read { document, digest, trust, packages });
        Ok(())
    }

    /// The document at an address, or those of the repository there.
    fn add_url(&mut self, url: &str, access: &VexAccess<'_>, trust: Option<Trust>) -> Result<(), FlowError> {
        let url = repository::manifest_of(url).unwrap_or_else(|| url.to_owned());
        let brought = access.bring(&url, self.limits.vex_bytes_max)?;
        let bytes = bytes_of(&brought.path, self.limits)?;
        match Content::of(&bytes) {
            Content::Other => return self.take(&redact(&url), &bytes, trust.unwrap_or(Trust::User), None),
            Content::Manifest => self.add_by_manifest(&url, &bytes, access, trust.unwrap_or(Trust::Hub))?,
            Content::List => self.add_by_list(&url, &bytes, access, trust.unwrap_or(Trust::Hub))?,
        }
        brought.keep()
    }

    /// Every `*.json` below a directory, hidden ones and descriptions left out; none at all is an error.
    fn add_folder(&mut self, path: &Path, trust: Trust) -> Result<(), FlowError> {
        let mut found = Vec::new();
        let mut pending = vec![path.to_owned()];
        while let Some(folder) = pending.pop() {
            let failed = |source| FlowError::File { action: "list", path: folder.clone(), source };
            for entry in fs::read_dir(&folder).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                let path = entry.path();
                let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
                if is_hidden || entry.file_name() == repository::MANIFEST {
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
        found.iter().try_for_each(|path| self.add(path, trust, None))
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

/// How the CycloneDX document that `open` gives is known to others, be it JSON, XML, or in an envelope; none for any other, and
/// for one without a serial number.
pub fn bom_of<R: io::Read>(open: impl Fn() -> Option<R>, limits: &Limits) -> Option<String> {
    // Most are bare JSON, of which nothing else need be kept.
    if let Ok(head) = serde_json::from_reader::<_, BomHead>(io::BufReader::new(open()?)) {
        return Some(head.id());
    }
    let mut bytes = Vec::new();
    open()?.take(limits.document_bytes_max).read_to_end(&mut bytes).ok()?;
    let contents = sbom::format::contents(&bytes, limits, &[]).ok()?;
    serde_json::from_str(&contents.text).ok().map(|head: BomHead| head.id())
}

#[derive(Deserialize)]
struct BomHead {
    #[serde(rename = "serialNumber")]
    serial_number: String,
    version: Option<u64>,
}

impl BomHead {
    fn id(&self) -> String {
        bom_id(&self.serial_number, self.version.map(|version| version.to_string()).as_deref())
    }
}

#[cfg(test)]
mod tests;
