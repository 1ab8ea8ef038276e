//! What the lock files of JavaScript's package managers have in common.

use std::borrow::Cow;

use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::package::{Certainty, Mark, Package};
use model::purl::Purl;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::file::is_legible;
use super::{Fact, Facts, File};

/// Bytes of the path of an installed package whose needs are looked up; each look-up makes such a path anew, so that paths
/// without bound would make reading quadratic. Real ones have some hundred bytes.
pub(super) const PLACE_BYTES_MAX: usize = 1 << 10;

/// Where a package comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A registry, or an archive that a registry would also give.
    Registry,
    /// The same, changed by a patch of the project.
    Patched,
    /// A version control system, or an archive made from it: the address, without credentials.
    Repository(String),
    /// A file or directory of the project.
    Local,
}

/// The source that an address, or the range of a dependency, stands for. None when its protocol is no known one.
pub(super) fn source(address: &str) -> Option<Source> {
    let repository = || Some(Source::Repository(without_credentials(address)));
    if address.starts_with("git@") {
        return repository();
    }
    let Some((protocol, rest)) = address.split_once(':') else {
        // `owner/repository#branch` is one of GitHub; anything else is a range or a tag.
        let path = address.split('#').next().unwrap_or(address);
        let is_repository = path.split('/').count() == 2 && !path.starts_with(['@', '.', '/', '~']);
        return if is_repository { repository() } else { Some(local_or_registry(address)) };
    };
    match protocol {
        "npm" | "jsr" | "catalog" => Some(Source::Registry),
        "file" | "link" | "portal" | "workspace" | "exec" => Some(Source::Local),
        // A patched package is still the package it patches, though not as it was published.
        "patch" => Some(Source::Patched),
        "virtual" => Some(Source::Registry),
        "http" | "https" => Some(if is_repository(rest) {
            Source::Repository(without_credentials(address))
        } else {
            Source::Registry
        }),
        "git" | "ssh" | "github" | "gitlab" | "bitbucket" | "gist" => repository(),
        _ if protocol.starts_with("git+") => repository(),
        // A range with a colon is none; a Windows path begins with a drive.
        _ if protocol.len() == 1 => Some(Source::Local),
        _ => None,
    }
}

fn local_or_registry(address: &str) -> Source {
    if address.starts_with(['.', '/']) || address.starts_with("~/") {
        Source::Local
    } else {
        Source::Registry
    }
}

/// Whether what follows `https:` is a repository, or an archive that a forge makes of a commit.
fn is_repository(rest: &str) -> bool {
    let path = rest.split(['#', '?']).next().unwrap_or(rest);
    let host = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or(host);
    path.ends_with(".git")
        || host == "codeload.github.com"
        || (matches!(host, "github.com" | "gitlab.com" | "bitbucket.org") && !path.contains("/releases/"))
}

/// `address` without a user and password; the user `git` is none.
pub(super) fn without_credentials(address: &str) -> String {
    let Some((protocol, rest)) = address.split_once("://") else { return address.to_owned() };
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    match authority.rsplit_once('@') {
        Some((user, host)) if user != "git" => format!("{protocol}://{host}{path}"),
        _ => address.to_owned(),
    }
}

/// `name@version`, split at the `@` that does not begin a scope.
pub(super) fn split_version(text: &str) -> Option<(&str, &str)> {
    let at = 1 + text.get(1..)?.find('@')?;
    Some((&text[..at], &text[at + 1..]))
}

/// The package that `npm:NAME@VERSION` means; the version may be left out. A range (`npm:^1`) is none.
pub(super) fn alias(specifier: &str) -> Option<(&str, &str)> {
    let target = specifier.strip_prefix("npm:")?;
    let is_name = target.starts_with(|first: char| first == '@' || first.is_alphabetic());
    split_version(target).or_else(|| is_name.then_some((target, "")))
}

/// A package as a lock file states it. One that comes from a version control system or the project itself is
/// [`Mark::Unreleased`], and its purl says where from.
pub(super) fn package(name: &str, version: &str, source: &Source) -> Package {
    let purl = match name.rsplit_once('/') {
        Some((scope, rest)) => Purl::new("npm", rest).with_namespace(scope),
        None => Purl::new("npm", name),
    };
    let purl = purl.with_version(version);
    let purl = match source {
        Source::Repository(address) => purl.with_qualifier("vcs_url", address),
        Source::Registry | Source::Patched | Source::Local => purl,
    };
    let mut package = Package::new(Ecosystem::Npm, name, version, purl.to_string());
    match source {
        Source::Registry => {}
        Source::Patched => package.marks.push(Mark::Replaced),
        Source::Repository(_) | Source::Local => package.marks.push(Mark::Unreleased),
    }
    package
}

/// The package, when it can be identified; a gap otherwise. Without a version it is listed when it comes from a
/// repository, because it is there, and a gap says that it cannot be judged. A directory of the project that states
/// no version is the project's own, and is neither.
pub(super) fn identified(
    file: &File<'_>,
    facts: &mut Facts,
    name: &str,
    version: &str,
    source: &Source,
) -> Option<Package> {
    if name.is_empty() {
        facts.push(Fact::Gap(file.unreadable_record(&"a package has no name")));
        return None;
    }
    if !is_legible(name) || !is_legible(version) {
        facts.push(Fact::Gap(file.unreadable_record(&"a package has an illegible name or version")));
        return None;
    }
    if version.is_empty() {
        if *source == Source::Local {
            return None;
        }
        let detail = format!("`{name}` states no version; it cannot be judged");
        facts.push(Fact::Gap(Gap::new(GapKind::MISSING_FACT, file.path, detail)));
        if *source == Source::Registry {
            return None;
        }
    }
    Some(package(name, version, source))
}

/// The version in the name of a registry's archive, `…/-/name-1.2.3.tgz`, which is inferred rather than stated.
pub(super) fn version_of_archive<'a>(name: &str, address: &'a str) -> Option<(&'a str, Certainty)> {
    let archive = address.split(['#', '?']).next()?.rsplit('/').next()?;
    let base = name.rsplit('/').next()?;
    let version = archive.strip_suffix(".tgz")?.strip_prefix(base)?.strip_prefix('-')?;
    version.starts_with(|first: char| first.is_ascii_digit()).then_some((version, Certainty::Inferred))
}

/// The digests of a subresource-integrity text, `sha512-BASE64 sha1-BASE64`, as `sha512:hex`, sorted.
pub(super) fn digests(integrity: &str) -> Vec<String> {
    let mut digests: Vec<String> = integrity
        .split_ascii_whitespace()
        .filter_map(|part| {
            let (algorithm, encoded) = part.split_once('-')?;
            let n_bytes = match algorithm {
                "sha1" => 20,
                "sha256" => 32,
                "sha384" => 48,
                "sha512" => 64,
                _ => return None,
            };
            let bytes = base64(encoded.split('?').next()?)?;
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            (bytes.len() == n_bytes).then(|| format!("{algorithm}:{hex}"))
        })
        .collect();
    digests.sort();
    digests.dedup();
    digests
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    let mut bytes = Vec::with_capacity(text.len());
    let (mut bits, mut n_bits) = (0_u32, 0_u32);
    for character in text.bytes() {
        let value = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        n_bits += 6;
        if n_bits >= 8 {
            n_bits -= 8;
            bytes.push(u8::try_from(bits >> n_bits & 0xff).ok()?);
            bits &= (1 << n_bits) - 1;
        }
    }
    Some(bytes)
}

/// A licence in any of the forms that were ever allowed.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum License {
    Expression(String),
    Object {
        #[serde(rename = "type")]
        kind: Option<String>,
        name: Option<String>,
    },
    Several(Vec<Self>),
    Other(IgnoredAny),
}

impl License {
    /// Adds the names that it states.
    pub(super) fn names(self, names: &mut Vec<String>) {
        match self {
            Self::Expression(name) => names.extend(Some(name).filter(|name| !name.is_empty())),
            Self::Object { kind, name } => names.extend(kind.or(name).filter(|name| !name.is_empty())),
            Self::Several(several) => several.into_iter().for_each(|license| license.names(names)),
            Self::Other(_) => {}
        }
    }
}

/// JSON with comments and trailing commas as plain JSON. What is no JSON at all stays none.
pub(super) fn plain_json(text: &str) -> Cow<'_, str> {
    let mut plain = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut at = 0;
    // Where the last comma stands in `plain`, when nothing but white space and comments has followed.
    let mut comma = None;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let start = at;
                at += 1;
                while let Some(&inside) = bytes.get(at) {
                    at += if inside == b'\\' { 2 } else { 1 };
                    if inside == b'"' {
                        break;
                    }
                }
                at = at.min(bytes.len());
                plain.extend(&bytes[start..at]);
                comma = None;
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end);
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at = memchr::memmem::find(&bytes[at + 2..], b"*/").map_or(bytes.len(), |end| at + end + 4);
                continue;
            }
            b']' | b'}' => {
                if let Some(comma) = comma.take() {
                    plain[comma] = b' ';
                }
            }
            b',' => comma = Some(plain.len()),
            _ if byte.is_ascii_whitespace() => {}
            _ => comma = None,
        }
        plain.push(byte);
        at += 1;
    }
    // Only whole ASCII characters were left out or replaced.
    String::from_utf8(plain).map_or(Cow::Borrowed(text), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_told_by_protocol() {
        let repository = |address: &str| Some(Source::Repository(address.to_owned()));
        for (address, expected) in [
            ("^1.0.0", Some(Source::Registry)),
            ("~1.2", Some(Source::Registry)),
            ("1.x || >=2.5.0 <3", Some(Source::Registry)),
            ("latest", Some(Source::Registry)),
            ("npm:@acme/a@^1", Some(Source::Registry)),
            ("https://registry.example.org/a/-/a-1.0.0.tgz", Some(Source::Registry)),
            ("file:./a", Some(Source::Local)),
            ("./a", Some(Source::Local)),
            ("../a.tgz", Some(Source::Local)),
            ("acme/a#main", repository("acme/a#main")),
            ("github:acme/a#main", repository("github:acme/a#main")),
            ("git@example.org:acme/a.git", repository("git@example.org:acme/a.git")),
            ("git+https://token@example.org/a.git#1234", repository("git+https://example.org/a.git#1234")),
            ("git+ssh://git@example.org/a.git", repository("git+ssh://git@example.org/a.git")),
            ("https://example.org/a.git#v1", repository("https://example.org/a.git#v1")),
            ("unheard:1", None),
        ] {
            assert_eq!(source(address), expected, "{address}");
        }
    }

    #[test]
    fn names_and_aliases_are_split_at_the_right_sign() {
        assert_eq!(split_version("a@1"), Some(("a", "1")));
        assert_eq!(split_version("@acme/a@npm:b@1"), Some(("@acme/a", "npm:b@1")));
        assert_eq!(split_version("@acme/a"), None);
        assert_eq!(split_version(""), None);
        assert_eq!(split_version("é@1"), None, "the first character is of two bytes");
        assert_eq!(alias("npm:@acme/b@^2"), Some(("@acme/b", "^2")));
        assert_eq!(alias("npm:^2"), None);
    }

    #[test]
    fn integrity_becomes_hexadecimal() {
        assert_eq!(
            digests("sha1-AAECAwQFBgcICQoLDA0ODxAREhM= md5-AAAA sha512-short"),
            ["sha1:000102030405060708090a0b0c0d0e0f10111213"]
        );
    }

    #[test]
    fn comments_and_trailing_commas_are_left_out() {
        let text = "{\"a\": [1, 2,], // c\n /* , */ \"b\": \"//,]\\\"\", }";
        let value: serde_json::Value = serde_json::from_str(&plain_json(text)).unwrap();
        assert_eq!(value, serde_json::json!({"a": [1, 2], "b": "//,]\""}));
        assert_eq!(plain_json("[\"\\"), "[\"\\");
        assert_eq!(plain_json("/*"), "");
    }
}
