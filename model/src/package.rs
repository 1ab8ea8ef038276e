//! A package as found in an image or stated by an SBOM.

use crate::ecosystem::Ecosystem;
use crate::version::VersionText;

/// A package's position in [`Inventory::packages`](crate::inventory::Inventory::packages).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageIndex(pub u32);

impl PackageIndex {
    /// The position as a number for indexing.
    pub fn as_usize(self) -> usize {
        self.0 as usize
    }
}

/// What a package is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PackageKind {
    /// Something that other software uses, or that an operating system installs.
    Library,
    /// A program of its own, such as the main module of a Go binary.
    Application,
}

/// The source package that a binary package was built from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SourcePackage {
    /// Its name.
    pub name: String,
    /// Its version when it differs from the binary's, or when it was stated.
    pub version: Option<VersionText>,
}

/// Where the evidence for a package lies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The path inside the image, without a leading `/`.
    pub path: String,
    /// The diff-id (`sha256:…`) of the layer that brought the evidence; none for a directory. Of a record in a database that
    /// later layers wrote anew it is the layer since which the record stands there unchanged.
    pub layer: Option<String>,
}

/// A package: all that a verdict may depend on, and what people need to find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Whether it is a library or a program of its own.
    pub kind: PackageKind,
    /// The packaging ecosystem; it decides how versions are ordered.
    pub ecosystem: Ecosystem,
    /// The name as its ecosystem writes it: `libssl3`, `@acme/demo`, `golang.org/x/net`.
    pub name: String,
    /// The full version, epoch included; empty when none was stated.
    pub version: VersionText,
    /// The canonical package URL, or the text that a foreign SBOM had.
    pub purl: String,
    /// The architecture the package states: `x86_64`, `amd64`, `all`.
    pub architecture: Option<String>,
    /// The source package, where the ecosystem has the notion and it was stated.
    pub source: Option<SourcePackage>,
    /// Licences as stated, sorted; expressions are kept whole.
    pub licenses: Vec<String>,
    /// Who supplies or maintains it, as stated.
    pub supplier: Option<String>,
    /// CPE names stated for it, sorted.
    pub cpes: Vec<String>,
    /// Where it was found, sorted.
    pub locations: Vec<Location>,
    /// The operating-system package whose file list holds this package's evidence.
    pub owner: Option<PackageIndex>,
    /// The cataloger or foreign tool that found it.
    pub cataloger: String,
    /// The diff-id of the layer that deleted it or put something else in its place; none for what is there to the end.
    pub removed_by: Option<String>,
}

impl Package {
    /// A library of `ecosystem` with nothing but its name, version and purl.
    pub fn new(ecosystem: Ecosystem, name: &str, version: &str, purl: String) -> Self {
        Self {
            kind: PackageKind::Library,
            ecosystem,
            name: name.to_owned(),
            version: version.into(),
            purl,
            architecture: None,
            source: None,
            licenses: Vec::new(),
            supplier: None,
            cpes: Vec::new(),
            locations: Vec::new(),
            owner: None,
            cataloger: String::new(),
            removed_by: None,
        }
    }
}
