//! The unit of look-up and of deltas: namespace, kind and name.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::ecosystem::Ecosystem;

/// Who speaks for a package: `debian:12`, `alpine:3.20`, or a language ecosystem such as `npm`. Its clones share the
/// text: hundreds of thousands of keys are of one namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Namespace(Arc<str>);

impl Namespace {
    /// The namespace spelt `text`.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The namespace of a distribution's release, `alpine` and `3.20` giving `alpine:3.20`.
    pub fn distro(id: &str, release: &str) -> Self {
        Self(format!("{id}:{release}").into())
    }

    /// The namespace under which it is known when the support of a runtime's release ends, `python` and `3.12` giving
    /// `runtime:python@3.12`. No row is of it.
    pub fn runtime(product: &str, release: &str) -> Self {
        Self(format!("runtime:{product}@{release}").into())
    }

    /// What is known of the support of a runtime's release that is paid for, after its own has ended.
    pub fn paid_runtime(product: &str, release: &str) -> Self {
        Self(format!("runtime:{product}@{release}+paid").into())
    }

    /// Whether it is that of a runtime's release.
    pub fn is_runtime(&self) -> bool {
        self.distro_id() == Some("runtime")
    }

    /// The namespace of a language ecosystem.
    pub fn language(ecosystem: Ecosystem) -> Self {
        Self(ecosystem.name().into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The distribution's id, when this is a distribution's release.
    pub fn distro_id(&self) -> Option<&str> {
        self.0.split_once(':').map(|(id, _)| id)
    }

    /// The release, when this is a distribution's release.
    pub fn release(&self) -> Option<&str> {
        self.0.split_once(':').map(|(_, release)| release)
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// What kind of name a key looks up. Look-up never mixes them silently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyKind {
    /// A distribution's source package.
    Source,
    /// A distribution's binary package.
    Binary,
    /// A package of a language ecosystem.
    Language,
    /// A CPE's vendor and product.
    Cpe,
    /// An OCI repository.
    Oci,
}

impl KeyKind {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Source, "source"),
        (Self::Binary, "binary"),
        (Self::Language, "language"),
        (Self::Cpe, "cpe"),
        (Self::Oci, "oci"),
    ];

    /// The kind of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == word).map(|(kind, _)| kind)
    }

    /// The word in a key's text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Binary => "binary",
            Self::Language => "language",
            Self::Cpe => "cpe",
            Self::Oci => "oci",
        }
    }
}

/// One key, spelt `debian:12|source|openssl`. The name is normalised for its ecosystem.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageKey {
    /// Who speaks for the package.
    pub namespace: Namespace,
    /// What kind of name it is.
    pub kind: KeyKind,
    /// The normalised name; clones share it.
    pub name: Arc<str>,
}

impl PackageKey {
    /// The key of a `kind` called `name` in `namespace`; `name` is taken as already normalised.
    pub fn new(namespace: Namespace, kind: KeyKind, name: impl Into<Arc<str>>) -> Self {
        Self { namespace, kind, name: name.into() }
    }
}

impl fmt::Display for PackageKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}|{}|{}", self.namespace, self.kind.as_str(), self.name)
    }
}

/// A text that is no key.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a key of the form namespace|kind|name")]
pub struct InvalidKey(String);

impl FromStr for PackageKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let invalid = || InvalidKey(text.to_owned());
        let mut parts = text.splitn(3, '|');
        let (Some(namespace), Some(kind), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(invalid());
        };
        let kind = KeyKind::from_word(kind).ok_or_else(invalid)?;
        Ok(Self::new(Namespace::new(namespace), kind, name))
    }
}

/// The name under which `ecosystem` looks up a package written `name` (feeds.md B2).
pub fn normalise_name(ecosystem: Ecosystem, name: &str) -> Box<str> {
    match ecosystem {
        // PEP 503: lower case, runs of `-`, `_` and `.` become one `-`.
        Ecosystem::PyPi => {
            let mut out = String::with_capacity(name.len());
            for character in name.chars() {
                match character {
                    '-' | '_' | '.' if out.ends_with('-') => {}
                    '-' | '_' | '.' => out.push('-'),
                    other => out.extend(other.to_lowercase()),
                }
            }
            out.into()
        }
        Ecosystem::Apk
        | Ecosystem::Deb
        | Ecosystem::Alpm
        | Ecosystem::NuGet
        | Ecosystem::Composer
        | Ecosystem::Hex
        | Ecosystem::Pub
        | Ecosystem::Conda
        | Ecosystem::Conan
        | Ecosystem::Bitnami
        | Ecosystem::Homebrew
        | Ecosystem::LuaRocks
        | Ecosystem::Opkg
        | Ecosystem::Pear
        | Ecosystem::Terraform
        | Ecosystem::Vcpkg
        | Ecosystem::WordPress
        | Ecosystem::GithubActions => name.to_lowercase().into(),
        // Only the host part of a Go module path is compared without case.
        Ecosystem::Golang => match name.split_once('/') {
            Some((host, path)) => format!("{}/{path}", host.to_lowercase()).into(),
            None => name.into(),
        },
        // Feeds write a repository's URL where a package URL has host and path.
        Ecosystem::Swift => {
            let name = name.strip_prefix("https://").or(name.strip_prefix("http://")).unwrap_or(name);
            let name = name.strip_suffix(".git").unwrap_or(name);
            match name.split_once('/') {
                Some((host, path)) => format!("{}/{path}", host.to_lowercase()).into(),
                None => name.into(),
            }
        }
        Ecosystem::Rpm
        | Ecosystem::Npm
        | Ecosystem::Maven
        | Ecosystem::Cargo
        | Ecosystem::Gem
        | Ecosystem::Cran
        | Ecosystem::Cpan
        | Ecosystem::Hackage
        | Ecosystem::Julia
        | Ecosystem::Bioconductor
        | Ecosystem::CocoaPods
        | Ecosystem::Nix
        | Ecosystem::Opam
        | Ecosystem::Otp
        | Ecosystem::Portage
        | Ecosystem::Snap
        | Ecosystem::Generic
        | Ecosystem::Unknown => name.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_as_written() {
        let key = PackageKey::new(Namespace::distro("debian", "12"), KeyKind::Source, "a|b");
        assert_eq!(key.to_string(), "debian:12|source|a|b");
        assert_eq!(key.to_string().parse::<PackageKey>().unwrap(), key);
        assert!("debian:12|sauce|x".parse::<PackageKey>().is_err());
        assert!("debian:12".parse::<PackageKey>().is_err());
    }

    #[test]
    fn names_are_normalised_by_their_ecosystem() {
        for (ecosystem, written, key) in [
            (Ecosystem::PyPi, "Foo__Bar.-baz", "foo-bar-baz"),
            (Ecosystem::Npm, "@Acme/Demo", "@Acme/Demo"),
            (Ecosystem::Golang, "GitHub.com/Acme/Demo", "github.com/Acme/Demo"),
            (Ecosystem::Golang, "stdlib", "stdlib"),
            (Ecosystem::NuGet, "Acme.Demo", "acme.demo"),
            (Ecosystem::Apk, "Demo", "demo"),
            (Ecosystem::Deb, "LibDemo", "libdemo"),
            (Ecosystem::Rpm, "LibDemo", "LibDemo"),
            (Ecosystem::Alpm, "Demo", "demo"),
            (Ecosystem::Maven, "com.Acme:Demo", "com.Acme:Demo"),
            (Ecosystem::Cargo, "demo_x-Y", "demo_x-Y"),
            (Ecosystem::Gem, "Demo_x", "Demo_x"),
            (Ecosystem::Composer, "Acme/Demo", "acme/demo"),
            (Ecosystem::Hex, "Org/Demo", "org/demo"),
            (Ecosystem::Pub, "Demo_x", "demo_x"),
            (Ecosystem::Swift, "https://GitHub.com/Acme/Demo.git", "github.com/Acme/Demo"),
            (Ecosystem::Swift, "github.com/Acme/Demo", "github.com/Acme/Demo"),
            (Ecosystem::Conda, "Demo", "demo"),
            (Ecosystem::Cran, "Demo", "Demo"),
            (Ecosystem::Hackage, "Demo-x", "Demo-x"),
            (Ecosystem::Conan, "Demo", "demo"),
            (Ecosystem::Bitnami, "WordPress", "wordpress"),
            (Ecosystem::GithubActions, "Acme/Demo", "acme/demo"),
            (Ecosystem::Generic, "Demo", "Demo"),
        ] {
            assert_eq!(&*normalise_name(ecosystem, written), key);
        }
    }
}
