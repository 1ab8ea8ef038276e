//! What besides the version decides whether a row applies.

use crate::version::VersionText;

/// What must hold besides the version; all of it together (feeds.md E1, `condition`). What is empty asks nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Conditions {
    /// The module that the package is of, as `name:stream`.
    pub module: Option<Box<str>>,
    /// The package is of one of these architectures, in the distribution's words.
    pub architectures: Vec<Box<str>>,
    /// The package is of this build: `fips`, `ksplice`, `livepatch`.
    pub flavour: Option<Box<str>>,
    /// The installation gets this channel besides the release: `esm`, `eus:9.2`, `ltss`.
    pub channel: Option<Box<str>>,
    /// The installation is one of these products (CPE of the stream).
    pub products: Vec<Box<str>>,
    /// What else has to be there (NVD's configurations).
    pub platform: Option<Platform>,
    /// The program was linked with one of these packages.
    pub imports: Vec<Import>,
    /// The program calls one of these functions, as paths (RustSec).
    pub functions: Vec<Box<str>>,
    /// The operating system is one of these, in the words of the ecosystem.
    pub systems: Vec<Box<str>>,
    /// The software that the package is made for (`target_sw` of its CPE).
    pub target_software: Option<Box<str>>,
    /// The installed version is at least this one: the row is about one line of a package that has several.
    pub line: Option<VersionText>,
    /// The installed version bears this mark of the vendor: `.root.io`, `+cgr`.
    pub version_mark: Option<Box<str>>,
    /// Who made the package.
    pub vendor: Option<Box<str>>,
}

impl Conditions {
    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A package of a Go module, and what of it is vulnerable (feeds.md A21).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Import {
    /// Its import path.
    pub path: Box<str>,
    /// Its symbols that are; none where all of it is.
    pub symbols: Vec<Box<str>>,
    /// The target systems; none where all are.
    pub systems: Vec<Box<str>>,
    /// The target architectures; none where all are.
    pub architectures: Vec<Box<str>>,
}

/// What has to be installed besides the vulnerable software, as NVD's nodes say it (feeds.md A22).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Platform {
    /// Each of these.
    All(Vec<Self>),
    /// One of these.
    Any(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// A product of this name within these bounds.
    Product(CpeBounds),
}

/// A CPE name and the versions meant (`cpeMatch`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CpeBounds {
    /// The name, CPE 2.3 as written.
    pub criteria: Box<str>,
    /// Whether it is itself the vulnerable software.
    pub is_vulnerable: bool,
    /// `versionStartIncluding`.
    pub start_including: Option<VersionText>,
    /// `versionStartExcluding`.
    pub start_excluding: Option<VersionText>,
    /// `versionEndIncluding`.
    pub end_including: Option<VersionText>,
    /// `versionEndExcluding`.
    pub end_excluding: Option<VersionText>,
}
