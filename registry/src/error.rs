//! The ways that asking a registry or a daemon can go wrong.

use std::io;
use std::path::PathBuf;

use fetch::error::FetchError;

use model::digest::{Digest, InvalidDigest};

/// What a client's error is kept as.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a registry or a daemon was of no use. Every URL in it has lost its user name, password and query, and no
/// credential is ever part of it.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The registry has no such manifest, blob or repository.
    #[error("`{what}` does not exist")]
    NotFound {
        /// What was asked for: a reference.
        what: String,
    },
    /// The registry wants to know who asks, and was not content with the answer.
    #[error("`{what}` is refused: {sent}")]
    Unauthorized {
        /// What was asked for.
        what: String,
        /// Whether a credential was sent, and where it came from.
        sent: String,
    },
    /// The registry knows who asks, or does not care, and does not allow it.
    #[error("`{what}` is denied{}: {sent}", code_text(code.as_deref()))]
    Denied {
        /// What was asked for.
        what: String,
        /// The registry's own error code: `DENIED`.
        code: Option<String>,
        /// Whether a credential was sent, and where it came from.
        sent: String,
    },
    /// The registry asks for a kind of authentication that is not known, or for none at all with status 401.
    #[error("`{host}` asks for authentication in no way that is known (Bearer, Basic)")]
    Challenge {
        /// The registry.
        host: String,
    },
    /// The place that gives out tokens is on plain HTTP, and the registry is not.
    #[error("`{host}` asks for the credential to be sent to `{realm}`, without encryption")]
    InsecureRealm {
        /// The registry.
        host: String,
        /// The place that gives out tokens.
        realm: String,
    },
    /// The place that gives out tokens gave none.
    #[error("`{realm}` gave no token: {reason}")]
    Token {
        /// The place that gives out tokens.
        realm: String,
        /// What it did instead.
        reason: &'static str,
    },
    /// A file of credentials, or a credential helper, cannot be used.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// What answered is not a registry.
    #[error("`{url}` answered with `{content_type}`: is this a registry?")]
    NotARegistry {
        /// What was asked for.
        url: String,
        /// `Content-Type`.
        content_type: String,
    },
    /// The manifest is of a kind that cannot be read.
    #[error("`{what}` is a manifest of the kind `{media_type}`{}", kind_text(media_type))]
    ManifestKind {
        /// What was asked for.
        what: String,
        /// What it is.
        media_type: String,
    },
    /// The document is not what the specification says.
    #[error("`{what}` is not a {kind}")]
    Malformed {
        /// What was asked for.
        what: String,
        /// What it should be.
        kind: &'static str,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The bytes are not those that were asked for.
    #[error("`{what}` has the digest `{found}` instead of `{expected}`")]
    DigestMismatch {
        /// What was asked for.
        what: String,
        /// The digest asked for, or announced.
        expected: Digest,
        /// The digest of what came.
        found: Digest,
    },
    /// Text that should be a digest is none.
    #[error(transparent)]
    InvalidDigest(#[from] InvalidDigest),
    /// More bytes than the caller allows, or than were announced.
    #[error("`{what}` is larger than {bytes_max} bytes")]
    TooLarge {
        /// What was asked for.
        what: String,
        /// The limit.
        bytes_max: u64,
    },
    /// More of something than is looked through.
    #[error("there are more than {n_max} {what}")]
    TooMany {
        /// Of what.
        what: String,
        /// The limit.
        n_max: usize,
    },
    /// There is more of a list, and it is not to be had.
    #[error("the list of {what} is incomplete: {reason}")]
    Incomplete {
        /// Of what.
        what: String,
        /// Why the rest is missing.
        reason: &'static str,
    },
    /// The size is not the one stated.
    #[error("`{what}` has {found} bytes instead of {expected}")]
    Size {
        /// What was asked for.
        what: String,
        /// The size stated.
        expected: u64,
        /// The size announced or found.
        found: u64,
    },
    /// The body ended early, at the last try.
    #[error("`{what}` ended after {bytes} of {expected} bytes")]
    Truncated {
        /// What was asked for.
        what: String,
        /// How many bytes came.
        bytes: u64,
        /// How many were announced.
        expected: u64,
    },
    /// The host answered with a status that is no answer, at the last try.
    #[error("`{url}` answered with status {status}{}", code_text(code.as_deref()))]
    Status {
        /// What was asked for.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The registry's own error code: `TOOMANYREQUESTS`.
        code: Option<String>,
    },
    /// The host wants a longer pause than allowed.
    #[error("`{url}` answered with status {status} and asks for a pause of {seconds} seconds")]
    Busy {
        /// What was asked for.
        url: String,
        /// The HTTP status.
        status: u16,
        /// `Retry-After`, in seconds.
        seconds: u64,
    },
    /// More redirects than are followed, or one that may not be followed.
    #[error("`{url}` {reason}")]
    Redirect {
        /// What was asked for.
        url: String,
        /// What is wrong with the redirect.
        reason: &'static str,
    },
    /// No answer, or no next bytes, within the limit, at the last try.
    #[error("`{url}` did not answer in time")]
    TimedOut {
        /// What was asked for.
        url: String,
    },
    /// The bytes of a body come, and so few of them that it would never end.
    #[error("`{url}` is too slow: {bytes} bytes in {seconds} seconds")]
    TooSlow {
        /// What was asked for.
        url: String,
        /// How many bytes came.
        bytes: u64,
        /// Within how many seconds of waiting.
        seconds: u64,
    },
    /// No connection, no TLS, or the connection broke, at the last try.
    #[error("`{url}` could not be reached")]
    Transport {
        /// What was asked for.
        url: String,
        /// The client's error.
        source: Cause,
    },
    /// The HTTP client cannot be made.
    #[error(transparent)]
    Client(#[from] FetchError),
    /// Neither a mirror nor the host itself had an answer.
    #[error("neither the mirrors of `{host}` nor the host itself can give it ({})", mirrors.join("; "))]
    EveryEndpoint {
        /// The host.
        host: String,
        /// What each mirror answered, in the order asked.
        mirrors: Vec<String>,
        /// What the host answered.
        source: Box<Self>,
    },
    /// None of the URLs of a foreign layer can be asked for.
    #[error("`{what}` is kept elsewhere, at no URL of http or https")]
    NoUrl {
        /// What was asked for.
        what: String,
    },
    /// A daemon's address that is of no use.
    #[error("`{address}` is not the address of a daemon that can be asked: {reason}")]
    DaemonAddress {
        /// The address.
        address: String,
        /// Why not, and what to do.
        reason: &'static str,
    },
    /// The daemon has no such image.
    #[error("no image `{name}` in the daemon at `{daemon}`")]
    NoSuchImage {
        /// The image.
        name: String,
        /// The daemon.
        daemon: String,
    },
    /// A local file cannot be read, or is not what it should be.
    #[error("cannot read `{}`", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: io::Error,
    },
}

/// Why a credential could not be looked up. Nothing of a file, and nothing that a helper printed, is part of it.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The file is there and cannot be read.
    #[error("cannot read the credentials in `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// The file is not JSON of the known shape.
    #[error("`{}` is not a file of credentials: line {line}, column {column}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where it is wrong, counted from 1.
        line: usize,
        /// Where it is wrong, counted from 1.
        column: usize,
    },
    /// An entry's `auth` is not the base64 of `user:password`.
    #[error("the entry for `{key}` in `{}` is not base64 of a user and a password", path.display())]
    Entry {
        /// The file.
        path: PathBuf,
        /// The entry.
        key: String,
    },
    /// The name of a helper is none.
    #[error("`{}` names a credential helper that is no program's name", path.display())]
    HelperName {
        /// The file.
        path: PathBuf,
    },
    /// The helper does not start.
    #[error("cannot run the credential helper `{program}`")]
    HelperStart {
        /// The program.
        program: String,
        /// The operating system's error.
        source: io::Error,
    },
    /// The helper took too long and was ended.
    #[error("the credential helper `{program}` did not answer within {seconds} seconds")]
    HelperTimedOut {
        /// The program.
        program: String,
        /// The limit.
        seconds: u64,
    },
    /// The helper ended badly. What it printed may be a secret and is not shown.
    #[error("the credential helper `{program}` failed ({status}); what it printed is not shown")]
    HelperFailed {
        /// The program.
        program: String,
        /// How it ended.
        status: String,
    },
    /// The helper's answer is not JSON of the known shape, or too long.
    #[error("the credential helper `{program}` gave an answer that cannot be read; it is not shown")]
    HelperAnswer {
        /// The program.
        program: String,
    },
}

impl RegistryError {
    /// The error that a reader of this crate wrapped in an [`io::Error`].
    ///
    /// # Errors
    /// The error itself, when it is another one.
    pub fn of_io(error: io::Error) -> Result<Self, io::Error> {
        error.downcast::<Self>()
    }

    /// Whether the registry answered, and what it has there cannot be read: who asks again has the same.
    pub fn is_of_contents(&self) -> bool {
        matches!(
            self,
            Self::Malformed { .. }
                | Self::DigestMismatch { .. }
                | Self::Size { .. }
                | Self::TooLarge { .. }
                | Self::ManifestKind { .. }
                | Self::NotARegistry { .. }
        )
    }

    /// Whether the host answered that there is no such manifest, blob or repository.
    pub fn is_not_found(&self) -> bool {
        match self {
            Self::NotFound { .. } => true,
            Self::EveryEndpoint { source, .. } => source.is_not_found(),
            _ => false,
        }
    }
}

fn code_text(code: Option<&str>) -> String {
    code.map(|code| format!(" ({code})")).unwrap_or_default()
}

fn kind_text(media_type: &str) -> &'static str {
    if media_type.starts_with("application/vnd.docker.distribution.manifest.v1+") {
        ", schema 1, which is no longer supported: push the image again with a current tool"
    } else {
        ", which is no image"
    }
}
