//! Ways in which an image cannot be read.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::SourceKind;
use model::digest::{Digest, InvalidDigest};

/// Why an image could not be opened or read. Each names where; the cause is the source.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The file or directory itself cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The path that was given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file has no bytes.
    #[error("`{}` is an empty file", path.display())]
    Empty {
        /// The path that was given.
        path: PathBuf,
    },
    /// No kind of image was recognised.
    #[error("`{}` is not an image: {}", path.display(), spell(attempts))]
    NotAnImage {
        /// The path that was given.
        path: PathBuf,
        /// What was tried, in order.
        attempts: Vec<Attempt>,
    },
    /// The image says which part it consists of, and that part is not there.
    #[error("`{image}` lacks {part}, which it refers to")]
    Missing {
        /// The image's name.
        image: String,
        /// The part: `the manifest sha256:…`, `layer 2 of 3 (sha256:…)`.
        part: String,
    },
    /// A part of the image cannot be read.
    #[error("cannot read {part} of `{image}`")]
    Part {
        /// The image's name.
        image: String,
        /// The part.
        part: String,
        /// What went wrong.
        source: io::Error,
    },
    /// A JSON document of the image is not what the specification says.
    #[error("cannot understand {part} of `{image}`")]
    Json {
        /// The image's name.
        image: String,
        /// The document.
        part: String,
        /// Where it went wrong.
        source: serde_json::Error,
    },
    /// A document of the image names something by a digest that cannot be verified.
    #[error("cannot understand {part} of `{image}`")]
    Digest {
        /// The image's name.
        image: String,
        /// The document that names it.
        part: String,
        /// The text that is no digest.
        source: InvalidDigest,
    },
    /// A document of the image is well-formed and says something that cannot be.
    #[error("{part} of `{image}` makes no sense: {reason}")]
    Nonsense {
        /// The image's name.
        image: String,
        /// The document.
        part: String,
        /// What cannot be.
        reason: String,
    },
    /// The bytes of a part are not those that the image refers to.
    #[error("{part} of `{image}` is damaged: its digest is {found} and should be {expected}")]
    DigestMismatch {
        /// The image's name.
        image: String,
        /// The part.
        part: String,
        /// The digest that the image states.
        expected: Digest,
        /// The digest of the bytes that are there.
        found: Digest,
    },
    /// A part has another size than the image says.
    #[error("{part} of `{image}` is damaged: it has {found} bytes and should have {expected}")]
    SizeMismatch {
        /// The image's name.
        image: String,
        /// The part.
        part: String,
        /// The size that the image states.
        expected: u64,
        /// The size that is there.
        found: u64,
    },
    /// The image has no variant for the platform.
    #[error("`{image}` has no variant for {asked}; it has {}", list(available))]
    PlatformAbsent {
        /// The image's name.
        image: String,
        /// The platform asked for, or that of this machine.
        asked: String,
        /// The platforms that are there, sorted.
        available: Vec<String>,
    },
    /// The archive or layout holds several images, and nothing says which is meant.
    #[error("`{image}` holds several images: {}", list(available))]
    SeveralImages {
        /// The archive's name.
        image: String,
        /// Their tags or references, sorted.
        available: Vec<String>,
    },
    /// The archive or layout holds no image of the name asked for.
    #[error("`{image}` holds no image `{asked}`; it holds {}", list(available))]
    ImageAbsent {
        /// The archive's name.
        image: String,
        /// The tag or reference asked for.
        asked: String,
        /// The tags or references that are there, sorted.
        available: Vec<String>,
    },
    /// The archive or layout holds no image at all.
    #[error("`{image}` holds no image: {reason}")]
    NoImage {
        /// The archive's name.
        image: String,
        /// What it holds instead.
        reason: String,
    },
    /// A limit was passed.
    #[error("{part} of `{image}` exceeds the limit {limit} of {value}")]
    LimitExceeded {
        /// The image's name.
        image: String,
        /// The part.
        part: String,
        /// The name of the limit, as in [`Limits`](model::limits::Limits).
        limit: &'static str,
        /// Its value.
        value: u64,
    },
}

impl ImageError {
    /// The error of reading `part`; a passed limit inside `source` becomes [`ImageError::LimitExceeded`].
    pub(crate) fn part(image: &str, part: impl fmt::Display, source: io::Error) -> Self {
        let (image, part) = (image.to_owned(), part.to_string());
        match source.get_ref().and_then(|inner| inner.downcast_ref::<LimitPassed>()) {
            Some(&LimitPassed { limit, value }) => Self::LimitExceeded { image, part, limit, value },
            None if source.kind() == io::ErrorKind::NotFound => Self::Missing { image, part },
            None => Self::Part { image, part, source },
        }
    }
}

/// A kind of image that was tried, and why it was not that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The kind.
    pub kind: SourceKind,
    /// A sentence fragment.
    pub reason: String,
}

fn spell(attempts: &[Attempt]) -> String {
    let parts: Vec<String> =
        attempts.iter().map(|attempt| format!("{} ({})", attempt.kind.name(), attempt.reason)).collect();
    format!("tried {}", parts.join(", "))
}

/// Names of a list that are spelt out; an archive may hold thousands of images.
const NAMES_MAX: usize = 50;

fn list(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        names if names.len() > NAMES_MAX => {
            format!("{} and {} more", names[..NAMES_MAX].join(", "), names.len() - NAMES_MAX)
        }
        names => names.join(", "),
    }
}

/// A limit that a reader passed, carried inside an `io::Error` through readers that know no other.
#[derive(Debug, thiserror::Error)]
#[error("the limit {limit} of {value} is exceeded")]
pub(crate) struct LimitPassed {
    pub(crate) limit: &'static str,
    pub(crate) value: u64,
}

impl LimitPassed {
    pub(crate) fn error(limit: &'static str, value: u64) -> io::Error {
        io::Error::other(Self { limit, value })
    }
}
