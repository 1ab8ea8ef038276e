//! Where bytes come from.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::error::{FetchError, redact};

/// Where the bytes of a URL come from.
///
/// In a mirror every file lies at `<host>/<path>`, the layout that `wget -x` writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// The URL's own host.
    #[default]
    Network,
    /// A directory that holds `<host>/<path>`; it is the only origin, the network is never asked.
    MirrorDir(PathBuf),
    /// A URL under which `<host>/<path>` lies; it is the only origin.
    MirrorUrl(String),
    /// None: every request is answered with [`FetchError::Offline`].
    Offline,
}

/// The origin for people and for comparison, without credentials.
impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network => out.write_str("network"),
            Self::MirrorDir(dir) => write!(out, "mirror {}", dir.display()),
            Self::MirrorUrl(base) => write!(out, "mirror {}", redact(base)),
            Self::Offline => out.write_str("offline"),
        }
    }
}

/// A URL taken apart into host and path, neither of which can climb out of a directory.
pub(crate) struct Place<'a> {
    host: &'a str,
    path: &'a str,
}

impl<'a> Place<'a> {
    /// The host and path of `url`; a query or a fragment has no place in a mirror.
    pub(crate) fn of(url: &'a str) -> Result<Self, FetchError> {
        let bad = || FetchError::BadUrl { url: redact(url) };
        let (scheme, rest) = url.split_once("://").ok_or_else(bad)?;
        let (host, path) = rest.split_once('/').ok_or_else(bad)?;
        let plain = |segment: &str| {
            !segment.is_empty() && segment != "." && segment != ".." && !segment.contains(['\\', '\0'])
        };
        let is_plain = matches!(scheme, "http" | "https")
            && plain(host)
            && !path.contains(['?', '#'])
            && decode(path).is_some_and(|decoded| decoded.split('/').all(plain))
            && path.split('/').all(plain);
        is_plain.then_some(Self { host, path }).ok_or_else(bad)
    }

    /// The files that may hold it in a mirror directory: `wget -x` decodes `%20`, other tools keep it.
    pub(crate) fn in_dir(&self, dir: &Path) -> Vec<PathBuf> {
        let decoded = decode(self.path).unwrap_or_default();
        let mut files = vec![dir.join(self.host).join(&decoded)];
        if decoded != self.path {
            files.push(dir.join(self.host).join(self.path));
        }
        files
    }

    /// Its URL under a mirror's `base`.
    pub(crate) fn under(&self, base: &str) -> String {
        format!("{}/{}/{}", base.trim_end_matches('/'), self.host, self.path)
    }
}

/// Where the bytes of `url` are kept below a directory of downloads: `<host>/<path>`, percent-decoded.
///
/// # Errors
/// [`FetchError::BadUrl`] when the URL has a query, or segments that would climb out.
pub fn relative_path(url: &str) -> Result<PathBuf, FetchError> {
    let place = Place::of(url)?;
    Ok(place.in_dir(Path::new("")).swap_remove(0))
}

/// `path` with every `%XX` decoded; none when that is no UTF-8 or no escape.
fn decode(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = after.get(2..)?;
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_lies_at_host_and_path() {
        for (url, path) in [
            ("https://secdb.example/v3.20/main.json", Some("secdb.example/v3.20/main.json")),
            ("https://osv.example/Rocky%20Linux/all.zip", Some("osv.example/Rocky Linux/all.zip")),
            ("https://osv.example/a/../../etc/passwd", None),
            ("https://osv.example/a/%2e%2e/b", None),
            ("https://osv.example/a%2f..%2fb", None),
            ("https://osv.example/", None),
            ("https://../a", None),
            ("https://osv.example/a?b", None),
            ("https://osv.example/a%zz", None),
            ("file:///etc/passwd", None),
        ] {
            assert_eq!(relative_path(url).ok(), path.map(PathBuf::from), "{url}");
        }
    }
}
