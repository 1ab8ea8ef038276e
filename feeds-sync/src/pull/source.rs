//! One download of a feed: what came of it, and whether that is what the feed may be read from.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use fetch::validators::Validators;
use jiff::Timestamp;
use model::limits::Limits;
use sha2::{Digest, Sha512};

use super::Had;
use crate::directory;
use crate::document::Document;
use crate::engine::SyncOptions;
use crate::kept::Kept;
use crate::provider::{Content, HELD_STANDS, Role, Signed, Source};
use crate::signed;

/// One source on its way.
pub(crate) struct SourcePull {
    pub(crate) provider: &'static str,
    pub(crate) source: Source,
    pub(crate) kept: PathBuf,
    pub(crate) staged: PathBuf,
    pub(crate) is_asked: bool,
    pub(crate) had: Had,
    /// When the bytes held were last the provider's state; none when no bytes are held.
    pub(crate) held_at: Option<Timestamp>,
    /// Whether that is what another sync got, which this one waited for.
    pub(crate) is_told: bool,
    /// Whether the bytes held cannot be read any more.
    pub(crate) is_spoilt: bool,
    /// What came, where that is not accepted: another feed that is read from it may accept it.
    refused: Option<Had>,
    /// Whether the feed accepted what is held when it came; another one may have brought it.
    is_accepted: bool,
    /// Whether what is held was found to be signed by its publisher when it came.
    pub(super) is_signed: bool,
    /// Whether that was found of what is read.
    pub(crate) is_verified: bool,
}

/// What came of a URL, for all feeds that are read from it.
#[derive(Clone)]
pub(super) struct Came {
    pub(super) had: Had,
    /// Whether another sync got it, which this one waited for.
    pub(super) is_told: bool,
}

impl SourcePull {
    pub(super) fn new(provider: &'static str, feed: &str, source: &Source, kept: &Kept) -> Self {
        let path = kept.path(&source.url);
        let is_held = kept.validators(&source.url).is_some();
        let had = match path {
            Some(_) => Had::Fresh,
            None => Had::Failed(format!("`{}` is refused: no file can be called so", source.url)),
        };
        Self {
            provider,
            source: source.clone(),
            // What cannot be kept is not asked for.
            is_asked: path.is_none(),
            kept: path.unwrap_or_default(),
            staged: kept.staged_path(&source.url),
            had,
            held_at: kept.fetched_at(&source.url).filter(|_| is_held),
            is_told: false,
            is_spoilt: false,
            refused: None,
            is_accepted: kept.is_accepted(&source.url, feed),
            is_signed: is_held && kept.is_signed(&source.url, feed),
            is_verified: false,
        }
    }

    /// Whether it is of its feed alone.
    pub(crate) fn is_own(&self) -> bool {
        self.source.role != Role::Shared
    }

    /// Whether it would lead to others, does not exist (any more), and the feed knows what that means: what is held of it
    /// counts for nothing.
    pub(crate) fn leads_nowhere(&self) -> bool {
        self.source.role == Role::Index
            && self.source.missing_means.is_some()
            && matches!(self.had, Had::Missing | Had::StillMissing)
    }

    /// Takes what came of its URL, unless that is not what other documents of its feed state, or not signed as they say:
    /// where several feeds are read from one download, each has its own terms.
    pub(super) fn take(&mut self, came: Came, kept: &Kept, options: &SyncOptions<'_>) {
        self.is_told = came.is_told;
        let came = match came.had {
            // What is to be known of new bytes is not known yet: once it is, they are asked for.
            Had::New(_) if self.source.max_age == Some(HELD_STANDS) && self.held_at.is_some() => Had::Fresh,
            came => came,
        };
        let refused = match &came {
            Had::New(validators) => self.refuse(validators, &self.staged, options),
            Had::Unchanged(validators) => self.refuse_sha256(validators),
            _ => None,
        };
        self.is_asked = true;
        self.is_verified = matches!(came, Had::New(_)) && refused.is_none() && self.is_to_be_signed();
        match refused {
            Some(refused) => (self.had, self.refused) = (refused, Some(came)),
            None => self.had = came,
        }
        self.check_accepted(kept, options);
        self.check_held(options.now);
    }

    /// What came of its URL, accepted or not; none where it was not asked.
    pub(super) fn came(&self) -> Option<Came> {
        let had = self.refused.as_ref().unwrap_or(&self.had);
        let is_news = self.is_asked && !matches!(had, Had::Fresh | Had::StillMissing);
        is_news.then(|| Came { had: had.clone(), is_told: self.is_told })
    }

    fn is_to_be_signed(&self) -> bool {
        matches!(self.source.signed, Signed::By { .. })
    }

    /// Why bytes at `path` are not accepted, if they are not.
    fn refuse(&self, validators: &Validators, path: &Path, options: &SyncOptions<'_>) -> Option<Had> {
        if validators.bytes > self.source.bytes_max {
            let Source { url, bytes_max, .. } = &self.source;
            return Some(Had::Failed(format!("`{url}` is larger than {bytes_max} bytes")));
        }
        self.refuse_sha256(validators)
            .or_else(|| refuse_sha512(&self.source, path))
            .or_else(|| refuse_content(&self.source, path, options.limits))
            .or_else(|| signed::refuse(&self.source, path, options.now))
    }

    fn refuse_sha256(&self, validators: &Validators) -> Option<Had> {
        let expected = self.source.sha256.as_ref().filter(|expected| **expected != validators.sha256)?;
        let url = &self.source.url;
        let actual = &validators.sha256;
        Some(Had::Failed(format!("`{url}` has the SHA-256 {actual}, and its index states {expected}")))
    }

    /// Takes away held bytes that another feed brought, where they are not what this one may be read from. They stay for the
    /// other.
    fn check_accepted(&mut self, kept: &Kept, options: &SyncOptions<'_>) {
        let validators =
            kept.validators(&self.source.url).filter(|_| self.held_at.is_some() && !self.is_accepted);
        let Some(refused) = validators.and_then(|held| self.refuse(&held, &self.kept, options)) else {
            return;
        };
        self.held_at = None;
        if matches!(self.had, Had::Fresh | Had::Unchanged(_)) {
            self.refused = Some(std::mem::replace(&mut self.had, refused));
        }
    }

    /// Refuses held bytes that none of the keys which must have signed them has. Those that were once found to be signed
    /// stand; others came when no key was named.
    fn check_held(&mut self, now: Timestamp) {
        let is_due = match self.had {
            Had::Fresh => !self.is_signed,
            Had::Unchanged(_) => true,
            _ => return,
        };
        if self.held_at.is_none() || !self.is_to_be_signed() {
            return;
        }
        match is_due.then(|| signed::refuse(&self.source, &self.kept, now)).flatten() {
            Some(refused) => self.refuse_held(refused),
            None => self.is_verified = true,
        }
    }

    pub(super) fn refuse_held(&mut self, refused: Had) {
        self.had = refused;
        if !self.is_signed {
            self.is_spoilt = true;
            self.held_at = None;
        }
    }

    /// Whether what is held is the provider's state, as far as this sync was to find out.
    pub(crate) fn is_confirmed(&self) -> bool {
        let is_settled = matches!(self.had, Had::Fresh) && self.source.max_age.is_some();
        matches!(self.had, Had::Unchanged(_)) || is_settled
    }

    /// The bytes to read: new ones, else those held.
    pub(crate) fn document(&self) -> Option<&PathBuf> {
        match self.had {
            Had::New(_) => Some(&self.staged),
            _ => self.held_at.map(|_| &self.kept),
        }
    }
}

/// What the bytes at `path` come to, if their content is not what another document states.
fn refuse_content(source: &Source, path: &Path, limits: &Limits) -> Option<Had> {
    let Content::Sha256(expected) = &source.content else { return None };
    let url = source.url.as_str();
    let document = Document { url, path, limits };
    match document.content_sha256() {
        Ok(actual) if actual == *expected => None,
        Ok(actual) => {
            let what =
                format!("`{url}` has content of the SHA-256 {actual}, and its index states {expected}");
            Some(Had::Failed(what))
        }
        Err(error) => Some(Had::Failed(format!("`{url}` {error}"))),
    }
}

/// What the bytes at `path` come to, when they have not the SHA-512 that is stated.
fn refuse_sha512(source: &Source, path: &Path) -> Option<Had> {
    let expected = source.sha512.as_ref()?;
    let sha512 = || -> io::Result<String> {
        let (mut file, mut hash) = (File::open(path)?, Sha512::new());
        let mut window = vec![0; 128 << 10];
        loop {
            match file.read(&mut window)? {
                0 => return Ok(directory::hex(&hash.finalize())),
                n_read => hash.update(&window[..n_read]),
            }
        }
    };
    match sha512() {
        Ok(actual) if actual == *expected => None,
        Ok(actual) => {
            Some(Had::Failed(format!("`{}` has another SHA-512 than is stated: {actual}", source.url)))
        }
        Err(error) => Some(Had::Failed(format!("`{}` cannot be read again: {error}", source.url))),
    }
}
