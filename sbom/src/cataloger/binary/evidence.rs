//! How the version of a program is found in its bytes, in one pass and bounded memory.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, Read, Seek};
use std::ops::ControlFlow;
use std::sync::{LazyLock, Mutex, PoisonError};

use memchr::memmem;
use regex::bytes::{Regex, RegexBuilder};

use super::super::Content;
use super::super::file::is_legible;
use super::classifiers::Classifier;

/// One way in which a program says its version. In each pattern the first group is the version; patterns see bytes, not
/// Unicode, and `^` and `$` are of no use in them but for small files.
#[derive(Clone, Copy, Debug)]
pub(in crate::cataloger) enum Evidence {
    /// The pattern matches near a place where the text stands: [`BEFORE_BYTES`] before it to [`AFTER_BYTES`] behind.
    Near(&'static str, &'static str),
    /// The pattern matches somewhere and the text stands somewhere else. A program may hold versions of other software in
    /// the same form: if matches differ, nothing is known.
    Alone {
        /// The text; empty if none need be there.
        with: &'static str,
        /// The pattern, which no text stands next to.
        pattern: &'static str,
    },
    /// The first pattern matches many versions, since the program tells what came when; its own is the longest that the
    /// name of its build, which the second pattern matches, begins with.
    Built(&'static str, &'static str),
    /// As [`Evidence::Alone`], for software of which many releases are installed side by side: the first pattern is of the file's name,
    /// and what its group matches stands for `{name}` in the other.
    OfRelease(&'static str, &'static str),
    /// The text stands somewhere and the pattern matches the file's name.
    Name(&'static str, &'static str),
}

/// Bytes looked at before a text.
const BEFORE_BYTES: usize = 96;
/// Bytes looked at behind a text.
const AFTER_BYTES: usize = 256;
/// Bytes of a large file that are in memory at a time.
const PIECE_BYTES: usize = 4 << 20;
/// Bytes at the end of a piece that are seen again at the start of the next one.
const OVERLAP_BYTES: usize = 4 << 10;
/// Places of one text that are looked at. Real programs have some dozens.
const PLACES_MAX: usize = 10_000;
/// Bytes of a version. The longest known have some thirty.
const VERSION_BYTES_MAX: usize = 64;
/// Bytes that a compiled pattern may take.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// A part of a file.
#[derive(Clone, Copy)]
pub(in crate::cataloger) struct Piece<'a> {
    bytes: &'a [u8],
    /// Where what is found had better be found in the next piece.
    tail: usize,
    /// Whether it is all of the file.
    is_whole: bool,
}

impl<'a> Piece<'a> {
    /// The first match of `pattern` that another piece does not see better.
    pub(in crate::cataloger) fn find(self, pattern: &Regex) -> Option<regex::bytes::Captures<'a>> {
        self.matches(pattern).next()
    }

    fn matches<'p>(
        self,
        pattern: &'p Regex,
    ) -> impl Iterator<Item = regex::bytes::Captures<'a>> + use<'a, 'p> {
        let starts_before = move |captures: &regex::bytes::Captures<'_>| {
            captures.get(0).is_some_and(|whole| whole.start() < self.tail)
        };
        pattern.captures_iter(self.bytes).take_while(starts_before)
    }
}

/// Hands the bytes of `content` to `visit`, piece by piece, until it breaks.
pub(in crate::cataloger) fn for_each_piece(
    content: Content<'_>,
    mut visit: impl FnMut(Piece<'_>) -> ControlFlow<()>,
) -> io::Result<()> {
    let mut spool = match content {
        Content::Bytes(bytes) => {
            let _ = visit(Piece { bytes, tail: bytes.len(), is_whole: true });
            return Ok(());
        }
        Content::Spooled(spool) => spool,
    };
    spool.rewind()?;
    let mut buffer = Vec::new();
    loop {
        let wanted = PIECE_BYTES.saturating_sub(buffer.len());
        let n_read = spool.take(wanted as u64).read_to_end(&mut buffer)?;
        let is_last = n_read < wanted;
        let tail = if is_last { buffer.len() } else { buffer.len() - OVERLAP_BYTES / 2 };
        if visit(Piece { bytes: &buffer, tail, is_whole: false }).is_break() || is_last {
            return Ok(());
        }
        buffer.drain(..buffer.len() - OVERLAP_BYTES);
    }
}

/// A pattern on bytes. The size of what it compiles to is limited; matching takes linear time.
pub(in crate::cataloger) fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern)
        .unicode(false)
        .dot_matches_new_line(true)
        .size_limit(PATTERN_BYTES_MAX)
        .dfa_size_limit(2 * PATTERN_BYTES_MAX)
        .build()
}

/// The patterns of the table, each compiled when it is first needed.
fn known(pattern: &'static str) -> Regex {
    static KNOWN: LazyLock<Mutex<HashMap<&'static str, Regex>>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let regex = known
        .entry(pattern)
        .or_insert_with(|| compile(pattern).expect("a test compiles every pattern of the table"));
    regex.clone()
}

/// The text of a version, if it can be one.
pub(in crate::cataloger) fn version_text(bytes: &[u8]) -> Option<String> {
    let text =
        std::str::from_utf8(bytes).ok().filter(|text| !text.is_empty() && text.len() <= VERSION_BYTES_MAX)?;
    is_legible(text).then(|| text.to_owned())
}

/// The versions that the file called `name` states for those of `classifiers` that recognise it, with their positions.
pub(super) fn versions(
    content: Content<'_>,
    name: &str,
    classifiers: &[&'static Classifier],
) -> io::Result<Vec<(usize, String)>> {
    let mut searches: Vec<Vec<Search>> = classifiers
        .iter()
        .map(|classifier| {
            classifier.evidence.iter().filter_map(|evidence| Search::new(evidence, name)).collect()
        })
        .collect();
    for_each_piece(content, |piece| {
        for of_one in &mut searches {
            for search in of_one {
                search.see(piece);
                // Those that follow count only if this one found nothing.
                if search.is_settled() {
                    break;
                }
            }
        }
        let is_done = searches.iter().all(|of_one| of_one.first().is_none_or(Search::is_settled));
        if is_done { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    let version = |of_one: Vec<Search>| of_one.into_iter().find_map(Search::version);
    Ok((0..).zip(searches).filter_map(|(position, of_one)| Some((position, version(of_one)?))).collect())
}

/// One way of saying a version, looked for in one file.
struct Search {
    evidence: Evidence,
    pattern: Regex,
    text: memmem::Finder<'static>,
    has_text: bool,
    n_places: usize,
    found: Option<String>,
    /// Whether different versions match.
    is_ambiguous: bool,
    /// For [`Evidence::Built`] only.
    builds: Option<Builds>,
}

/// What matched of [`Evidence::Built`].
struct Builds {
    pattern: Regex,
    versions: BTreeSet<String>,
    names: BTreeSet<Vec<u8>>,
}

/// Versions that a program may tell the history of, and names of builds that it may have.
const HISTORY_MAX: usize = 1_000;

impl Search {
    /// None when the name already says that this is not the way.
    fn new(evidence: &Evidence, name: &str) -> Option<Self> {
        let evidence = *evidence;
        let of_name = |pattern: &'static str| {
            known(pattern).captures(name.as_bytes())?.get(1).and_then(|group| version_text(group.as_bytes()))
        };
        let (mut found, mut builds) = (None, None);
        let (text, pattern) = match evidence {
            Evidence::Near(text, pattern) => (text, known(pattern)),
            Evidence::Alone { with, pattern } => (with, known(pattern)),
            Evidence::Built(pattern, build) => {
                builds =
                    Some(Builds { pattern: known(build), versions: BTreeSet::new(), names: BTreeSet::new() });
                ("", known(pattern))
            }
            Evidence::OfRelease(release, pattern) => {
                let release = regex::escape(&of_name(release)?);
                ("", compile(&pattern.replace("{name}", &release)).ok()?)
            }
            Evidence::Name(text, pattern) => {
                found = Some(of_name(pattern)?);
                (text, known(pattern))
            }
        };
        let text = memmem::Finder::new(text).into_owned();
        Some(Self {
            evidence,
            pattern,
            text,
            has_text: false,
            n_places: 0,
            found,
            is_ambiguous: false,
            builds,
        })
    }

    fn see(&mut self, piece: Piece<'_>) {
        match self.evidence {
            Evidence::Near(..) => self.look_near(piece),
            Evidence::Alone { .. } | Evidence::OfRelease(..) => self.look_everywhere(piece),
            Evidence::Built(..) => self.look_for_builds(piece),
            Evidence::Name(..) => self.has_text = self.has_text || self.text.find(piece.bytes).is_some(),
        }
    }

    fn look_near(&mut self, piece: Piece<'_>) {
        if self.found.is_some() {
            return;
        }
        for at in self.text.find_iter(piece.bytes).take_while(|at| *at < piece.tail) {
            if self.n_places >= PLACES_MAX {
                return;
            }
            self.n_places += 1;
            let end = (at + self.text.needle().len() + AFTER_BYTES).min(piece.bytes.len());
            let around = &piece.bytes[at.saturating_sub(BEFORE_BYTES)..end];
            let version = self.pattern.captures(around).and_then(|captures| captures.get(1));
            self.found = version.and_then(|group| version_text(group.as_bytes()));
            if self.found.is_some() {
                self.has_text = true;
                return;
            }
        }
    }

    fn look_everywhere(&mut self, piece: Piece<'_>) {
        self.has_text = self.has_text || self.text.find(piece.bytes).is_some();
        if self.is_ambiguous || (piece.is_whole && !self.has_text) {
            return;
        }
        for captures in piece.matches(&self.pattern) {
            let Some(version) = captures.get(1).and_then(|group| version_text(group.as_bytes())) else {
                continue;
            };
            self.is_ambiguous = self.found.as_ref().is_some_and(|found| *found != version);
            if self.is_ambiguous {
                return;
            }
            self.found = Some(version);
        }
    }

    fn look_for_builds(&mut self, piece: Piece<'_>) {
        let Some(builds) = &mut self.builds else { return };
        let group =
            |captures: regex::bytes::Captures<'_>| captures.get(1).map(|group| group.as_bytes().to_vec());
        let room = HISTORY_MAX.saturating_sub(builds.versions.len());
        let versions = piece.matches(&self.pattern).filter_map(group).take(room);
        builds.versions.extend(versions.filter_map(|bytes| version_text(&bytes)));
        let room = HISTORY_MAX.saturating_sub(builds.names.len());
        builds.names.extend(piece.matches(&builds.pattern).filter_map(group).take(room));
    }

    /// Whether the rest of the file cannot change what was found.
    fn is_settled(&self) -> bool {
        match self.evidence {
            Evidence::Near(..) => self.found.is_some(),
            Evidence::Name(..) => self.has_text,
            Evidence::Alone { .. } | Evidence::Built(..) | Evidence::OfRelease(..) => false,
        }
    }

    fn version(self) -> Option<String> {
        if let Some(builds) = self.builds {
            return builds.version();
        }
        self.found.filter(|_| self.has_text && !self.is_ambiguous)
    }
}

impl Builds {
    fn version(self) -> Option<String> {
        let begins = |version: &String| {
            let version = version.as_bytes();
            // What happens to stand before the name of a build may look like a part of it.
            let is_of = |name: &Vec<u8>| {
                name.starts_with(version) || name.get(1..).is_some_and(|rest| rest.starts_with(version))
            };
            self.names.iter().any(is_of)
        };
        self.versions.iter().filter(|version| begins(version)).max_by_key(|version| version.len()).cloned()
    }
}
