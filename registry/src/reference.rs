//! [`Reference`]: the name of an image, read as docker reads it.

use std::fmt;
use std::str::FromStr;

use fetch::error::redact;

use model::digest::{Digest, InvalidDigest};

/// The host that a name without one lies at.
pub const DOCKER_HOST: &str = "docker.io";
/// The host that is asked for what lies at [`DOCKER_HOST`].
pub(crate) const DOCKER_API_HOST: &str = "registry-1.docker.io";

/// The longest repository with its host (distribution, `reference.NameTotalLengthMax`).
const NAME_CHARS_MAX: usize = 255;
/// The longest tag (distribution specification, "Pulling manifests").
const TAG_CHARS_MAX: usize = 128;

/// The name of an image: a host, a repository there, and a tag or a digest, or both.
///
/// `nginx` reads as `docker.io/library/nginx:latest`; its text is always the full one. When there is a digest, it
/// alone says which manifest is meant. A tag is there unless there is a digest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    host: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

/// Which manifest of a repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pointer {
    /// The one that is tagged so, today.
    Tag(String),
    /// The one that has this digest.
    Digest(Digest),
}

impl fmt::Display for Pointer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => out.write_str(tag),
            Self::Digest(digest) => write!(out, "{digest}"),
        }
    }
}

impl Reference {
    /// The host, with its port if there is one: `docker.io`, `localhost:5000`, `[::1]:5000`.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The repository at the host: `library/nginx`.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest.
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// The manifest that is meant: the one of the digest, else the one of the tag.
    pub fn pointer(&self) -> Pointer {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => Pointer::Digest(digest.clone()),
            (None, Some(tag)) => Pointer::Tag(tag.clone()),
            (None, None) => Pointer::Tag("latest".to_owned()),
        }
    }

    /// Host and repository: `docker.io/library/nginx`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.host, self.repository)
    }

    /// The same repository at `digest`, whatever it is tagged.
    pub fn at(&self, digest: Digest) -> Self {
        Self { tag: None, digest: Some(digest), ..self.clone() }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.host, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(out, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(out, "@{digest}")?;
        }
        Ok(())
    }
}

/// Why text is no reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReference {
    /// There is no name.
    #[error("`{text}` names no repository")]
    NoRepository {
        /// The text.
        text: String,
    },
    /// The host is none.
    #[error("`{host}` in `{text}` is not a host name, with or without a port")]
    Host {
        /// The text.
        text: String,
        /// The part that is wrong.
        host: String,
    },
    /// The repository has an upper-case letter.
    #[error("`{repository}` in `{text}` has an upper-case letter: names of repositories are lower-case")]
    UpperCase {
        /// The text.
        text: String,
        /// The part that is wrong.
        repository: String,
    },
    /// The repository is otherwise none.
    #[error(
        "`{part}` in `{text}` is not a part of a repository's name: a-z, 0-9, and `.`, `_`, `__` or `-` between them"
    )]
    Repository {
        /// The text.
        text: String,
        /// The part that is wrong.
        part: String,
    },
    /// The repository is 64 hexadecimal digits, which docker takes for the id of an image.
    #[error("`{text}` is the id of an image, not the name of one")]
    ImageId {
        /// The text.
        text: String,
    },
    /// The name is too long.
    #[error("the name in `{text}` is longer than {NAME_CHARS_MAX} characters")]
    TooLong {
        /// The text.
        text: String,
    },
    /// The tag is none.
    #[error(
        "`{tag}` in `{text}` is not a tag: up to {TAG_CHARS_MAX} of A-Z, a-z, 0-9, `_`, `.`, `-`, not `.` or `-` first"
    )]
    Tag {
        /// The text.
        text: String,
        /// The part that is wrong.
        tag: String,
    },
    /// The digest is none.
    #[error("`{text}` has no digest after its `@`")]
    Digest {
        /// The text.
        text: String,
        /// What is wrong with it.
        source: InvalidDigest,
    },
}

impl FromStr for Reference {
    type Err = InvalidReference;

    /// Reads a reference by the grammar of distribution's `reference` package, and completes it as docker does.
    fn from_str(text: &str) -> Result<Self, InvalidReference> {
        // A URL with a password may stand where a reference should.
        let owned = || redact(text);
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => {
                let digest =
                    digest.parse().map_err(|source| InvalidReference::Digest { text: owned(), source })?;
                (rest, Some(digest))
            }
            None => (text, None),
        };
        // A colon after the last slash starts a tag; one before it, a port.
        let path_at = rest.rfind('/').map_or(0, |slash| slash + 1);
        let (name, tag) = match rest[path_at..].split_once(':') {
            Some((last, tag)) => (&rest[..path_at + last.len()], Some(tag)),
            None => (rest, None),
        };
        if let Some(tag) = tag.filter(|tag| !is_tag(tag)) {
            return Err(InvalidReference::Tag { text: owned(), tag: tag.to_owned() });
        }
        let (host, repository) = split_host(name);
        if repository.is_empty() {
            return Err(InvalidReference::NoRepository { text: owned() });
        }
        if !is_host(host) {
            return Err(InvalidReference::Host { text: owned(), host: host.to_owned() });
        }
        if let Some(part) = repository.split('/').find(|part| !is_part(part)) {
            if part.bytes().any(|byte| byte.is_ascii_uppercase()) && is_part(&part.to_ascii_lowercase()) {
                let repository = repository.to_owned();
                return Err(InvalidReference::UpperCase { text: owned(), repository });
            }
            return Err(InvalidReference::Repository { text: owned(), part: part.to_owned() });
        }
        if name == repository && is_image_id(repository) {
            return Err(InvalidReference::ImageId { text: owned() });
        }
        let repository = match host {
            DOCKER_HOST if !repository.contains('/') => format!("library/{repository}"),
            _ => repository.to_owned(),
        };
        if host.len() + 1 + repository.len() > NAME_CHARS_MAX {
            return Err(InvalidReference::TooLong { text: owned() });
        }
        let tag = match (tag, &digest) {
            (None, None) => Some("latest".to_owned()),
            (tag, _) => tag.map(str::to_owned),
        };
        Ok(Self { host: host.to_owned(), repository, tag, digest })
    }
}

/// The host of a name, and the rest. The first part is a host when it could be no other (distribution,
/// `splitDockerDomain`): it has a dot, a colon or an upper-case letter, or is `localhost`.
fn split_host(name: &str) -> (&str, &str) {
    match name.split_once('/') {
        Some((first, rest))
            if first.contains(['.', ':']) || first == "localhost" || first.to_lowercase() != first =>
        {
            match first {
                "index.docker.io" => (DOCKER_HOST, rest),
                host => (host, rest),
            }
        }
        _ => (DOCKER_HOST, name),
    }
}

/// Whether `host` is a domain name, an IPv4 address or an IPv6 address in brackets, with or without a port.
pub(crate) fn is_host(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => {
            if address.parse::<std::net::Ipv6Addr>().is_err() {
                return false;
            }
            match port.strip_prefix(':') {
                Some(port) => ("", Some(port)),
                None if port.is_empty() => ("", None),
                None => return false,
            }
        }
        None => match host.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (host, None),
        },
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_name = host.starts_with('[') || name.split('.').all(is_label);
    is_name
        && port
            .is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok())
}

/// Whether `part` is a `path-component`: runs of a-z and 0-9, joined by `.`, `_`, `__` or dashes.
fn is_part(part: &str) -> bool {
    let is_run = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let mut separators = part.split(|char: char| char.is_ascii() && is_run(char as u8));
    let ends_are_runs = part.bytes().next().is_some_and(is_run) && part.bytes().last().is_some_and(is_run);
    ends_are_runs
        && separators.all(|separator| {
            matches!(separator, "" | "." | "_" | "__") || separator.bytes().all(|byte| byte == b'-')
        })
}

fn is_tag(tag: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    tag.len() <= TAG_CHARS_MAX
        && tag.bytes().next().is_some_and(is_word)
        && tag.bytes().all(|byte| is_word(byte) || byte == b'.' || byte == b'-')
}

fn is_image_id(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[track_caller]
    fn check(text: &str, full: &str) {
        let text = text.replace("HASH", HASH);
        let reference: Reference = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(reference.to_string(), full.replace("HASH", HASH), "{text}");
        assert_eq!(reference.to_string().parse(), Ok(reference), "the full text reads as the same");
    }

    #[test]
    fn names_are_completed_as_docker_does() {
        check("nginx", "docker.io/library/nginx:latest");
        check("nginx:1.27", "docker.io/library/nginx:1.27");
        check("nginx@HASH", "docker.io/library/nginx@HASH");
        check("nginx:1@HASH", "docker.io/library/nginx:1@HASH");
        check("a/b", "docker.io/a/b:latest");
        check("a/b/c", "docker.io/a/b/c:latest");
        check("docker.io/nginx", "docker.io/library/nginx:latest");
        check("index.docker.io/nginx", "docker.io/library/nginx:latest");
        check("localhost/a", "localhost/a:latest");
        check("localhost:5000/a/b:1.2@HASH", "localhost:5000/a/b:1.2@HASH");
        check("localhost:5000", "docker.io/library/localhost:5000");
        check("[::1]:5000/a", "[::1]:5000/a:latest");
        check("[2001:db8::1]/a", "[2001:db8::1]/a:latest");
        check("127.0.0.1/a", "127.0.0.1/a:latest");
        check("ghcr.io/Abc/x".to_lowercase().as_str(), "ghcr.io/abc/x:latest");
        check("Registry/a", "Registry/a:latest");
        check("a--b/c__d/e.f_g-h", "docker.io/a--b/c__d/e.f_g-h:latest");
        check("r.example:443/a:V_1.-x", "r.example:443/a:V_1.-x");
    }

    #[test]
    fn what_is_no_reference_is_refused_with_its_reason() {
        let long = format!("r.example/{}", "a".repeat(250));
        let id = "a".repeat(64);
        let long_tag = format!("a:{}", "t".repeat(129));
        for (text, reason) in [
            ("", "names no repository"),
            ("r.example/", "names no repository"),
            ("Nginx", "upper-case"),
            ("ghcr.io/Abc/x", "upper-case"),
            ("a//b", "not a part"),
            ("a/", "not a part"),
            ("-a", "not a part"),
            ("a___b", "not a part"),
            ("a..b", "not a part"),
            ("a b", "not a part"),
            ("ä", "not a part"),
            ("a:", "not a tag"),
            ("a:.b", "not a tag"),
            ("a:b:c", "not a tag"),
            (&long_tag, "not a tag"),
            ("a@", "no digest"),
            ("a@sha256:abc", "no digest"),
            ("a@b@c", "no digest"),
            ("-r.example/a", "not a host"),
            ("r.example:x/a", "not a host"),
            ("r.example:99999/a", "not a host"),
            ("[::1/a", "not a host"),
            ("[::g]:1/a", "not a host"),
            ("https://r.example/a", "not a host"),
            (&long, "longer than 255"),
            (&id, "id of an image"),
        ] {
            let error = text.parse::<Reference>().expect_err(text);
            assert!(error.to_string().contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn a_password_in_a_url_is_not_shown() {
        let error = "https://ann:hunter2@r.example/a".parse::<Reference>().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }

    #[test]
    fn no_text_makes_the_reader_panic_or_change_its_mind() {
        let text = format!("[2001:db8::1]:5000/a__b/c-d:1.2_x@{HASH}");
        let prefixes = testkit::mutate::prefixes(text.as_bytes()).map(<[u8]>::to_vec);
        for bytes in prefixes.chain(testkit::mutate::mutations(text.as_bytes(), 3000)) {
            if let Ok(reference) = String::from_utf8_lossy(&bytes).parse::<Reference>() {
                assert_eq!(reference.to_string().parse(), Ok(reference));
            }
        }
    }

    #[test]
    fn a_digest_says_more_than_a_tag() {
        let reference: Reference = format!("a:1@{HASH}").parse().unwrap();
        assert_eq!(reference.pointer().to_string(), HASH);
        assert_eq!("a".parse::<Reference>().unwrap().pointer(), Pointer::Tag("latest".to_owned()));
    }
}
