//! Package URLs (purl): the identity of a package as other tools write it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

pub use borrowed::BorrowedPurl;

mod borrowed;
#[cfg(test)]
mod suite;

/// A parsed package URL. Displaying it gives the canonical text, with sorted qualifiers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Purl {
    /// The type, in lower case: `apk`, `npm` …
    pub kind: String,
    /// The namespace, decoded: `alpine`, `@acme`, `github.com/org`.
    pub namespace: Option<String>,
    /// The name, decoded.
    pub name: String,
    /// The version, decoded.
    pub version: Option<String>,
    /// The qualifiers, decoded; none has an empty value.
    pub qualifiers: BTreeMap<String, String>,
    /// The subpath, decoded.
    pub subpath: Option<String>,
}

/// A text that is no package URL.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is not a package URL")]
pub struct InvalidPurl {
    /// What was to be read.
    pub text: String,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl Purl {
    /// A package URL of `kind` called `name`, with nothing else.
    pub fn new(kind: &str, name: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            namespace: None,
            name: name.to_owned(),
            version: None,
            qualifiers: BTreeMap::new(),
            subpath: None,
        }
    }

    /// The same with a namespace; an empty one is none.
    #[must_use]
    pub fn with_namespace(mut self, namespace: &str) -> Self {
        self.namespace = (!namespace.is_empty()).then(|| namespace.to_owned());
        self
    }

    /// The same with a version; an empty one is none.
    #[must_use]
    pub fn with_version(mut self, version: &str) -> Self {
        self.version = (!version.is_empty()).then(|| version.to_owned());
        self
    }

    /// The same with a qualifier; an empty value is none.
    #[must_use]
    pub fn with_qualifier(mut self, key: &str, value: &str) -> Self {
        if !value.is_empty() {
            self.qualifiers.insert(key.to_owned(), value.to_owned());
        }
        self
    }
}

impl FromStr for Purl {
    type Err = InvalidPurl;

    fn from_str(text: &str) -> Result<Self, InvalidPurl> {
        BorrowedPurl::plain(text).map_or_else(|| parsed(text), |plain| Ok(plain.into()))
    }
}

/// The package URL that `text` is, whatever its type.
fn parsed(text: &str) -> Result<Purl, InvalidPurl> {
    match text.strip_prefix("pkg:").map(|rest| rest.trim_start_matches('/')) {
        Some(rest) if starts_with_cpan(rest) => parsed_cpan(text, &rest[CPAN.len()..]),
        _ => parsed_by_rules(text, text),
    }
}

const CPAN: &str = "cpan";

fn starts_with_cpan(rest: &str) -> bool {
    let kind = rest.split_once('/').map(|(kind, _)| kind);
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case(CPAN))
}

/// A distribution of CPAN needs no namespace any more; `packageurl` still has the rules of the time when it did.
fn parsed_cpan(text: &str, rest: &str) -> Result<Purl, InvalidPurl> {
    let purl = parsed_by_rules(text, &format!("pkg:generic{rest}"))?;
    match purl.name.contains("::") {
        true => Err(InvalidPurl { text: text.to_owned(), source: "a module is no distribution".into() }),
        false => Ok(Purl { kind: CPAN.to_owned(), ..purl }),
    }
}

/// What `packageurl` makes of `spelling`, which stands for `text`.
fn parsed_by_rules(text: &str, spelling: &str) -> Result<Purl, InvalidPurl> {
    let parsed = packageurl::PackageUrl::from_str(spelling)
        .map_err(|error| InvalidPurl { text: text.to_owned(), source: error.into() })?;
    Ok(Purl {
        kind: parsed.ty().to_owned(),
        namespace: parsed.namespace().map(str::to_owned),
        name: parsed.name().to_owned(),
        version: parsed.version().map(str::to_owned),
        qualifiers: parsed
            .qualifiers()
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect(),
        subpath: parsed.subpath().map(str::to_owned),
    })
}

impl fmt::Display for Purl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "pkg:{}/", self.kind)?;
        if let Some(namespace) = &self.namespace {
            for segment in namespace.split('/').filter(|segment| !segment.is_empty()) {
                write!(out, "{}/", Encoded(segment))?;
            }
        }
        write!(out, "{}", Encoded(&self.name))?;
        if let Some(version) = &self.version {
            write!(out, "@{}", Encoded(version))?;
        }
        for (index, (key, value)) in self.qualifiers.iter().enumerate() {
            write!(out, "{}{key}={}", if index == 0 { '?' } else { '&' }, Encoded(value))?;
        }
        if let Some(subpath) = &self.subpath {
            write!(out, "#")?;
            for (index, segment) in subpath.split('/').enumerate() {
                write!(out, "{}{}", if index == 0 { "" } else { "/" }, Encoded(segment))?;
            }
        }
        Ok(())
    }
}

/// Percent-encodes all but the unreserved characters of RFC 3986 and `:`, which purl leaves as it is.
struct Encoded<'a>(&'a str);

impl fmt::Display for Encoded<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' => {
                    write!(out, "{}", byte as char)?;
                }
                other => write!(out, "%{other:02X}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_canonical_text_reads_back() {
        let purl = Purl::new("deb", "libssl3")
            .with_namespace("debian")
            .with_version("1:3.0.15-1~deb12u1+b1")
            .with_qualifier("upstream", "openssl@3.0.15-1")
            .with_qualifier("arch", "amd64")
            .with_qualifier("distro", "");
        let text = purl.to_string();
        assert_eq!(
            text,
            "pkg:deb/debian/libssl3@1:3.0.15-1~deb12u1%2Bb1?arch=amd64&upstream=openssl%403.0.15-1"
        );
        assert_eq!(text.parse::<Purl>().unwrap(), purl);
    }

    #[test]
    fn a_scoped_name_is_a_namespace() {
        let purl: Purl = "pkg:npm/%40acme/demo@1.0.0".parse().unwrap();
        assert_eq!(purl.namespace.as_deref(), Some("@acme"));
        assert_eq!(purl.to_string(), "pkg:npm/%40acme/demo@1.0.0");
        assert!("npm/demo".parse::<Purl>().is_err());
    }
}
