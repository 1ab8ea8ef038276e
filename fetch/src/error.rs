//! The ways a download can go wrong.

use std::io;
use std::path::PathBuf;

/// Why a download did not happen. Every URL in it has lost its user name, password and query.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The host or the mirror has no such file.
    #[error("`{url}` does not exist")]
    NotFound {
        /// What was asked for.
        url: String,
    },
    /// The network may not be touched.
    #[error("`{url}` was not asked for: offline")]
    Offline {
        /// What was to be asked for.
        url: String,
    },
    /// More bytes than the caller allows.
    #[error("`{url}` is larger than {bytes_max} bytes")]
    TooLarge {
        /// What was asked for.
        url: String,
        /// The caller's limit.
        bytes_max: u64,
    },
    /// The host answered with a status that is no answer, at the last try.
    #[error("`{url}` answered with status {status}{}", tries_text(*tries))]
    Status {
        /// What was asked for.
        url: String,
        /// The HTTP status.
        status: u16,
        /// How often it was tried.
        tries: u32,
    },
    /// The host wants a longer pause than the fetcher is willing to make.
    #[error("`{url}` answered with status {status} and asks for a pause of {seconds} seconds")]
    Busy {
        /// What was asked for.
        url: String,
        /// The HTTP status.
        status: u16,
        /// `Retry-After`, in seconds.
        seconds: u64,
    },
    /// The host does not let us in.
    #[error("`{url}` {}", refusal_text(*status, sent.as_deref()))]
    Unauthorized {
        /// What was asked for.
        url: String,
        /// The HTTP status.
        status: u16,
        /// Where the credential that was sent came from; none when none was.
        sent: Option<String>,
    },
    /// A mirror of several, which could not be reached for an earlier file.
    #[error("`{url}` was not asked for: its mirror could not be reached before")]
    Down {
        /// What was to be asked for.
        url: String,
    },
    /// A name cannot be resolved: it was looked up a few times, or nobody's name could be resolved before.
    #[error("`{url}` was not reached: {} cannot be resolved", whose.named(name))]
    Unresolved {
        /// What was asked for.
        url: String,
        /// The name.
        name: String,
        /// Whose it is.
        whose: Whose,
    },
    /// A credential cannot be sent.
    #[error("the credential from {origin} holds characters that cannot be sent")]
    BadCredential {
        /// Where it came from.
        origin: String,
    },
    /// The body ended early, at the last try.
    #[error("`{url}` ended after {bytes} of {expected} bytes{}", tries_text(*tries))]
    Truncated {
        /// What was asked for.
        url: String,
        /// How many bytes came, earlier tries included.
        bytes: u64,
        /// How many were announced.
        expected: u64,
        /// How often it was tried.
        tries: u32,
    },
    /// More redirects than are followed, or one from HTTPS to HTTP.
    #[error("`{url}` redirects without end, or away from https")]
    Redirect {
        /// What was asked for.
        url: String,
    },
    /// No connection, no TLS, or the connection broke, at the last try.
    #[error("`{url}` could not be reached{}", tries_text(*tries))]
    Transport {
        /// What was asked for.
        url: String,
        /// How often it was tried.
        tries: u32,
        /// The client's error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The HTTP client could not be built.
    #[error("the HTTP client cannot be set up")]
    Client {
        /// The client's error.
        source: reqwest::Error,
    },
    /// The file of additional certificates cannot be used.
    #[error("`{}` holds no PEM certificates", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// The client's error.
        source: reqwest::Error,
    },
    /// The files of the client's own certificate cannot be used.
    #[error("`{}` and `{}` hold no PEM certificate and its key", path.display(), key.display())]
    ClientCertificate {
        /// The file of the certificate.
        path: PathBuf,
        /// The file of its key.
        key: PathBuf,
        /// The client's error.
        source: reqwest::Error,
    },
    /// The URL cannot lie in a mirror or be asked for.
    #[error("`{url}` is not a URL of a host and a plain path")]
    BadUrl {
        /// The URL.
        url: String,
    },
    /// A local file cannot be read or written.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// What was attempted.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
}

/// Whose name cannot be resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// That of the URL's host, or of one that it redirects to.
    Host,
    /// That of the mirror that is asked instead.
    Mirror,
    /// That of the proxy through which hosts are asked.
    Proxy,
}

impl Whose {
    /// `name` and whose it is, as a part of a sentence.
    pub fn named(self, name: &str) -> String {
        match self {
            Self::Host => format!("the name `{name}`"),
            Self::Mirror => format!("the name of the mirror, `{name}`,"),
            Self::Proxy => format!("the name of the proxy, `{name}`,"),
        }
    }
}

impl FetchError {
    /// The function that makes an [`FetchError::Io`] of an [`io::Error`].
    pub(crate) fn io(action: &'static str, path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}

fn tries_text(tries: u32) -> String {
    match tries {
        1 => String::new(),
        tries => format!(", tried {tries} times"),
    }
}

fn refusal_text(status: u16, sent: Option<&str>) -> String {
    match sent {
        Some(origin) => format!("refused the credential from {origin} with status {status}"),
        None => format!("wants a credential (status {status}), and there is none for its host"),
    }
}

/// `url` without user name, password, query and fragment.
pub fn redact(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = authority.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}{path}")
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_in_an_error_holds_no_credential() {
        for (url, shown) in [
            ("https://user:p%40ss@mirror.example/a/b?token=x#y", "https://mirror.example/a/b"),
            ("https://user:p@ss@mirror.example", "https://mirror.example"),
            ("https://mirror.example/a@b/c", "https://mirror.example/a@b/c"),
            ("mirror.example", "mirror.example"),
        ] {
            assert_eq!(redact(url), shown);
        }
    }
}
