//! Where bytes come from.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::error::{FetchError, redact};

/// Where the bytes of a URL come from.
///
/// In a mirror every file lies at `<host>/<path>`, the layout that `wget -x` writes; with a query at
/// `<host>/<path>?<query>`, where an empty last segment is called `index.html`.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Origin {
    /// The URL's own host.
    #[default]
    Network,
    /// A directory that holds `<host>/<path>`; it is the only origin, the network is never asked.
    MirrorDir(PathBuf),
    /// A URL under which `<host>/<path>` lies; it is the only origin.
    MirrorUrl(String),
    /// Several mirrors: each file comes from the first of them that has it.
    Mirrors(Vec<Self>),
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
            Self::Mirrors(mirrors) => {
                let texts: Vec<String> = mirrors.iter().map(Self::to_string).collect();
                out.write_str(&texts.join(", "))
            }
            Self::Offline => out.write_str("offline"),
        }
    }
}

/// As for people: a mirror's URL may hold a password.
impl fmt::Debug for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Origin {
    /// The origins that are asked, in order.
    pub fn parts(&self) -> &[Self] {
        match self {
            Self::Mirrors(mirrors) => mirrors,
            one => std::slice::from_ref(one),
        }
    }

    /// Whether all bytes lie in directories, where asking for many of them costs nothing.
    pub fn is_near(&self) -> bool {
        self.parts().iter().all(|part| matches!(part, Self::MirrorDir(_)))
    }

    /// Whether `text`, as [`crate::validators::Validators::origin`] has it, is one of those that are asked.
    pub fn includes(&self, text: &str) -> bool {
        self.parts().iter().any(|part| part.to_string() == text)
    }
}

/// A URL taken apart into host, path and query, none of which can climb out of a directory.
pub(crate) struct Place<'a> {
    host: &'a str,
    path: Cow<'a, str>,
    query: Option<&'a str>,
}

/// How long a query may be: it is part of a file's name, and others are derived from that.
const QUERY_BYTES_MAX: usize = 180;

impl<'a> Place<'a> {
    /// The host, path and query of `url`; a fragment has no place in a mirror.
    pub(crate) fn of(url: &'a str) -> Result<Self, FetchError> {
        let bad = || FetchError::BadUrl { url: redact(url) };
        let (scheme, rest) = url.split_once("://").ok_or_else(bad)?;
        let (host, rest) = rest.split_once('/').ok_or_else(bad)?;
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        let path = match (path, query) {
            ("", Some(_)) => Cow::Borrowed("index.html"),
            (path, Some(_)) if path.ends_with('/') => Cow::Owned(format!("{path}index.html")),
            (path, _) => Cow::Borrowed(path),
        };
        let plain = |segment: &str| {
            !segment.is_empty() && segment != "." && segment != ".." && !segment.contains(['\\', '\0'])
        };
        // A query is never decoded, so that it stays one file name.
        let is_query = |query: &str| {
            query.len() <= QUERY_BYTES_MAX
                && query.bytes().all(|byte| byte.is_ascii_graphic() && !b"/\\#?\"<>".contains(&byte))
        };
        let is_plain = matches!(scheme, "http" | "https")
            && plain(host)
            && !host.contains(['?', '#'])
            && !path.contains('#')
            && query.is_none_or(is_query)
            && decode(&path).is_some_and(|decoded| decoded.split('/').all(plain))
            && path.split('/').all(plain);
        is_plain.then_some(Self { host, path, query }).ok_or_else(bad)
    }

    /// The files that may hold it in a mirror directory: `wget -x` decodes `%20`, other tools keep it.
    pub(crate) fn in_dir(&self, dir: &Path) -> Vec<PathBuf> {
        let decoded = decode(&self.path).unwrap_or_default();
        let file = |path: &str| {
            let query = self.query.map(|query| format!("?{query}")).unwrap_or_default();
            dir.join(self.host).join(format!("{path}{query}"))
        };
        let mut files = vec![file(&decoded)];
        if decoded != self.path {
            files.push(file(&self.path));
        }
        files
    }

    /// Its URL under a mirror's `base`: a mirror serves files, so what was a query is part of the file's name.
    pub(crate) fn under(&self, base: &str) -> String {
        let query = self.query.map(|query| format!("%3F{}", query.replace('%', "%25"))).unwrap_or_default();
        format!("{}/{}/{}{query}", base.trim_end_matches('/'), self.host, self.path)
    }
}

/// Where the bytes of `url` are kept below a directory of downloads: `<host>/<path>`, percent-decoded, and the query as
/// it is.
///
/// # Errors
/// [`FetchError::BadUrl`] when the URL has a fragment, or segments that would climb out.
pub fn relative_path(url: &str) -> Result<PathBuf, FetchError> {
    let place = Place::of(url)?;
    Ok(place.in_dir(Path::new("")).swap_remove(0))
}

/// `path` with every `%XX` decoded; none when that is no UTF-8 or no escape.
pub(crate) fn decode(path: &str) -> Option<String> {
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
            ("https://osv.example/a?b", Some("osv.example/a?b")),
            (
                "https://bodhi.example/updates/?page=2&since=1%3A0",
                Some("bodhi.example/updates/index.html?page=2&since=1%3A0"),
            ),
            ("https://bodhi.example/?page=2", Some("bodhi.example/index.html?page=2")),
            ("https://bodhi.example/updates/", None),
            ("https://osv.example/a?b/../../c", None),
            ("https://osv.example/a?b?c", None),
            ("https://osv.example/a?b#c", None),
            ("https://osv.example?a/b", None),
            ("https://osv.example/../a?b", None),
            ("https://osv.example/a#b", None),
            ("https://osv.example/a%zz", None),
            ("file:///etc/passwd", None),
        ] {
            assert_eq!(relative_path(url).ok(), path.map(PathBuf::from), "{url}");
        }
        let long = format!("https://osv.example/a?{}", "b".repeat(QUERY_BYTES_MAX + 1));
        assert!(relative_path(&long).is_err(), "the name of its file would be too long");
    }

    #[test]
    fn a_query_is_part_of_the_name_of_a_file_of_a_mirror() {
        for (url, under) in [
            ("https://osv.example/a%20b/all.zip", "http://mirror/x/osv.example/a%20b/all.zip"),
            (
                "https://bodhi.example/updates/?page=2",
                "http://mirror/x/bodhi.example/updates/index.html%3Fpage=2",
            ),
            ("https://bodhi.example/list?since=1%3A0", "http://mirror/x/bodhi.example/list%3Fsince=1%253A0"),
        ] {
            assert_eq!(Place::of(url).unwrap().under("http://mirror/x/"), under);
        }
    }
}
