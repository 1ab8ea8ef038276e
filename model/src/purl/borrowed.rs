//! A package URL that borrows from its text what is not encoded there.
//!
//! Documents hold hundreds of thousands of them, and most are plain: of a common type, spelt as the type's rules want it.
//! Those are taken apart here, without a copy. Of any other, `packageurl` says what it is.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{InvalidPurl, Purl};

/// A parsed package URL; the same that [`Purl`] says of the same text.
#[derive(Clone, Debug)]
pub struct BorrowedPurl<'t> {
    /// The type, in lower case: `apk`, `npm` …
    pub kind: Cow<'t, str>,
    /// The namespace, decoded: `alpine`, `@acme`, `github.com/org`.
    pub namespace: Option<Cow<'t, str>>,
    /// The name, decoded.
    pub name: Cow<'t, str>,
    /// The version, decoded.
    pub version: Option<Cow<'t, str>>,
    /// The subpath, decoded.
    pub subpath: Option<Cow<'t, str>>,
    qualifiers: Qualifiers<'t>,
}

#[derive(Clone, Debug)]
enum Qualifiers<'t> {
    /// As they stand after the question mark; each is valid, its key in lower case.
    Text(&'t str),
    Parsed(BTreeMap<String, String>),
}

impl<'t> BorrowedPurl<'t> {
    /// The package URL that `text` is.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &'t str) -> Result<Self, InvalidPurl> {
        Self::plain(text).map_or_else(|| super::parsed(text).map(Self::from), Ok)
    }

    /// The value of the qualifier `key`, decoded.
    pub fn qualifier(&self, key: &str) -> Option<Cow<'_, str>> {
        match &self.qualifiers {
            Qualifiers::Text("") => None,
            Qualifiers::Parsed(all) => all.get(key).map(|value| Cow::Borrowed(value.as_str())),
            // Of several the last counts.
            Qualifiers::Text(text) => {
                let value = pairs(text).filter(|(known, _)| *known == key).last();
                value.map(|(_, value)| decoded(value).expect("every value was decoded once"))
            }
        }
    }

    /// The package URL that `text` is, where it is a plain one.
    pub(super) fn plain(text: &'t str) -> Option<Self> {
        let rest = text.strip_prefix("pkg:")?;
        if rest.starts_with('/') || has(rest, b'#') {
            return None;
        }
        let (rest, qualifiers) = split_at_last(rest, b'?').unwrap_or((rest, ""));
        if !qualifiers.is_empty()
            && !pairs(qualifiers).all(|(key, value)| is_plain_key(key) && decoded(value).is_some())
        {
            return None;
        }
        let (rest, version) = match split_at_last(rest, b'@') {
            Some((rest, version)) if !has(version, b'/') => (rest, Some(decoded(version)?)),
            _ => (rest, None),
        };
        let (kind, rest) = rest.split_once('/')?;
        let rules = Rules::of(kind)?;
        let (namespace, name) = match split_at_last(rest, b'/') {
            Some((namespace, name)) => (Some(plain_namespace(namespace)?), name),
            None => (None, rest),
        };
        let name = decoded(name).filter(|name| !name.is_empty())?;
        let is_plain = rules.allow_namespace(namespace.as_deref())
            && (!rules.lower_name || is_lower(&name))
            && (!rules.dashed_name || !name.contains('_'))
            && (!rules.lower_namespace || namespace.as_deref().is_none_or(is_lower));
        is_plain.then_some(Self {
            kind: Cow::Borrowed(kind),
            namespace,
            name,
            version,
            subpath: None,
            qualifiers: Qualifiers::Text(qualifiers),
        })
    }
}

impl From<Purl> for BorrowedPurl<'_> {
    fn from(purl: Purl) -> Self {
        Self {
            kind: purl.kind.into(),
            namespace: purl.namespace.map(Into::into),
            name: purl.name.into(),
            version: purl.version.map(Into::into),
            subpath: purl.subpath.map(Into::into),
            qualifiers: Qualifiers::Parsed(purl.qualifiers),
        }
    }
}

impl From<BorrowedPurl<'_>> for Purl {
    fn from(purl: BorrowedPurl<'_>) -> Self {
        let qualifiers = match purl.qualifiers {
            Qualifiers::Parsed(all) => all,
            Qualifiers::Text(text) => pairs(text)
                .filter_map(|(key, value)| Some((key.to_owned(), decoded(value)?.into_owned())))
                .collect(),
        };
        Self {
            kind: purl.kind.into_owned(),
            namespace: purl.namespace.map(Cow::into_owned),
            name: purl.name.into_owned(),
            version: purl.version.map(Cow::into_owned),
            qualifiers,
            subpath: purl.subpath.map(Cow::into_owned),
        }
    }
}

/// What a type asks of its package URLs.
#[derive(Clone, Copy)]
struct Rules {
    namespace: Namespace,
    lower_name: bool,
    lower_namespace: bool,
    /// Whether `_` in a name stands for `-`.
    dashed_name: bool,
}

#[derive(Clone, Copy)]
enum Namespace {
    Optional,
    Required,
    Prohibited,
}

impl Rules {
    /// The rules of the common types. Any other is not plain.
    fn of(kind: &str) -> Option<Self> {
        use Namespace::{Optional, Prohibited, Required};
        let (namespace, lower_name, lower_namespace) = match kind {
            "generic" | "maven" => (Optional, false, false),
            "apk" | "golang" | "rpm" => (Optional, false, true),
            "npm" => (Optional, true, false),
            "deb" | "github" | "hex" => (Optional, true, true),
            "composer" => (Required, true, true),
            "cargo" | "gem" | "nuget" => (Prohibited, false, false),
            "pypi" => (Prohibited, true, false),
            _ => return None,
        };
        Some(Self { namespace, lower_name, lower_namespace, dashed_name: kind == "pypi" })
    }

    fn allow_namespace(self, namespace: Option<&str>) -> bool {
        match self.namespace {
            Namespace::Optional => true,
            Namespace::Required => namespace.is_some(),
            Namespace::Prohibited => namespace.is_none(),
        }
    }
}

/// The qualifiers in `text` that have a value.
fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = Some(text);
    let next = move || {
        let text = rest?;
        let end = text.bytes().position(|byte| byte == b'&');
        rest = end.map(|end| &text[end + 1..]);
        Some(&text[..end.unwrap_or(text.len())])
    };
    std::iter::from_fn(next).filter_map(|pair| {
        let equals = pair.bytes().position(|byte| byte == b'=')?;
        Some((&pair[..equals], &pair[equals + 1..])).filter(|(_, value)| !value.is_empty())
    })
}

fn is_plain_key(key: &str) -> bool {
    let begins = key.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
    begins && key.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_'))
}

/// The namespace in `text`, where all its segments count and none hides a slash.
fn plain_namespace(text: &str) -> Option<Cow<'_, str>> {
    if text.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        return None;
    }
    let slashes = |text: &str| text.bytes().filter(|byte| *byte == b'/').count();
    decoded(text).filter(|decoded| slashes(decoded) == slashes(text))
}

/// `text` without percent-encoding; none where that is no UTF-8.
fn decoded(text: &str) -> Option<Cow<'_, str>> {
    if !has(text, b'%') {
        return Some(Cow::Borrowed(text));
    }
    percent_encoding::percent_decode_str(text).decode_utf8().ok()
}

/// Whether the ASCII character `wanted` is in `text`. Texts are short: no search pays here.
fn has(text: &str, wanted: u8) -> bool {
    text.bytes().any(|byte| byte == wanted)
}

/// What is before and after the last `separator`, an ASCII character.
fn split_at_last(text: &str, separator: u8) -> Option<(&str, &str)> {
    let at = text.bytes().rposition(|byte| byte == separator)?;
    Some((&text[..at], &text[at + 1..]))
}

/// Whether `text` is ASCII without capital letters.
fn is_lower(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every text made of one of each of these says the same here as to `packageurl`.
    #[test]
    fn a_purl_is_what_packageurl_says_it_is() {
        let kinds = [
            "npm", "NPM", "deb", "apk", "rpm", "pypi", "maven", "cargo", "golang", "composer", "generic",
            "swift", "cpan", "github", "hex", "gem", "nuget", "1a", "",
        ];
        let namespaces =
            ["", "acme/", "%40Acme/", "@acme/", "a.b/c/", "a//b/", "./a/", "a%2Fb/", "/", "%FF/", "É/"];
        let names = ["demo", "demo_x", "Demo_x", "d%C3%A9", "%ff", "", "a%2Fb", "a%zz", "a:b"];
        let rests = [
            "",
            "@",
            "@1.0",
            "@1%2B2",
            "@1/2",
            "@%FF",
            "?a=b",
            "@1?arch=x&distro=d-1&arch=",
            "@1?a=%FF",
            "@1?a=1&a=2",
            "@1?A=1",
            "?=1",
            "?1=2",
            "?a",
            "#sub",
            "@1#s/../t",
            "?a=b?c=d",
            "@1@2",
            "?a=b%26c",
        ];
        let (mut n_plain, mut n_valid) = (0, 0);
        for kind in kinds {
            for namespace in namespaces {
                for name in names {
                    for rest in rests {
                        let text = format!("pkg:{kind}/{namespace}{name}{rest}");
                        let expected = super::super::parsed(&text).ok();
                        n_valid += usize::from(expected.is_some());
                        if let Some(plain) = BorrowedPurl::plain(&text) {
                            n_plain += 1;
                            let keys = expected.iter().flat_map(|purl| purl.qualifiers.clone());
                            for (key, value) in keys {
                                assert_eq!(plain.qualifier(&key).as_deref(), Some(value.as_str()), "{text}");
                            }
                            assert_eq!(plain.qualifier("none"), None);
                            assert_eq!(Some(Purl::from(plain)), expected, "{text}");
                        }
                        assert_eq!(BorrowedPurl::parse(&text).ok().map(Purl::from), expected, "{text}");
                    }
                }
            }
        }
        assert!(n_plain > 1_000 && n_valid > n_plain, "{n_plain} of {n_valid}");
        for text in ["", "npm/a", "pkg:npm", "pkg:npm/", "pkg://npm/a@1", "PKG:npm/a", "pkg:npm/a/"] {
            let expected = super::super::parsed(text).ok();
            assert_eq!(BorrowedPurl::parse(text).ok().map(Purl::from), expected, "{text}");
        }
    }
}
