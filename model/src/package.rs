//! A package as found in an image or stated by an SBOM.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use crate::ecosystem::Ecosystem;
use crate::sparse::{Nothing, Sparse};
use crate::texts::Texts;
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

/// A part's position in [`Inventory::parts`](crate::inventory::Inventory::parts).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartIndex(pub u32);

impl PartIndex {
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

/// What a package is needed for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DependencyScope {
    /// For running what is there; also where nothing is said.
    #[default]
    Runtime,
    /// Only for building or testing it.
    Development,
}

/// How sure it is that the package is there under this name and version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// The record of a package manager, or what a build wrote down, says so.
    #[default]
    Stated,
    /// Concluded from texts that software carries: the version string in a program, a manifest's title.
    Inferred,
    /// Concluded from little, such as a file's name.
    Guessed,
}

impl Certainty {
    /// The certainties with the word for each.
    const ALL: [(Self, &'static str); 3] =
        [(Self::Stated, "stated"), (Self::Inferred, "inferred"), (Self::Guessed, "guessed")];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stated => "stated",
            Self::Inferred => "inferred",
            Self::Guessed => "guessed",
        }
    }

    /// The certainty that `word` stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == word).map(|(certainty, _)| certainty)
    }
}

/// Something about a package that changes how a match of it is to be read (feeds.md D2, D3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// A gem that came with Ruby itself: its version is the interpreter's affair.
    DefaultGem,
    /// Code copied into another package's archive, perhaps under other names.
    Shaded,
    /// A copy that another package carries inside itself.
    Vendored,
    /// Installed from a working copy or a version control system, so that its version says little.
    Unreleased,
    /// A module that was replaced by another source than the name says.
    Replaced,
    /// It comes with a framework that other software shares.
    SharedFramework,
}

impl Mark {
    /// The marks with the word for each.
    const ALL: [(Self, &'static str); 6] = [
        (Self::DefaultGem, "default-gem"),
        (Self::Shaded, "shaded"),
        (Self::Vendored, "vendored"),
        (Self::Unreleased, "unreleased"),
        (Self::Replaced, "replaced"),
        (Self::SharedFramework, "shared-framework"),
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        let known = Self::ALL.into_iter().find(|(mark, _)| *mark == self);
        known.expect("every mark is in the table").1
    }

    /// The mark that `word` stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == word).map(|(mark, _)| mark)
    }
}

/// The packages that a package needs, sorted; or that this is not known.
///
/// It reads as a list, which is empty both where it is known that nothing is needed and where nothing is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependencies(Option<Vec<PackageIndex>>);

impl Dependencies {
    /// What it needs is not known: nobody says it, or nothing is there of what it needs.
    pub const UNKNOWN: Self = Self(None);

    /// It is known to need nothing.
    pub const NONE: Self = Self(Some(Vec::new()));

    /// [`Dependencies::NONE`] where a record states that nothing is needed, else [`Dependencies::UNKNOWN`].
    pub fn none_if(needs_nothing: bool) -> Self {
        if needs_nothing { Self::NONE } else { Self::UNKNOWN }
    }

    /// Whether it is known what is needed.
    pub fn is_known(&self) -> bool {
        self.0.is_some()
    }

    /// The packages, where it is known which.
    pub fn known(&self) -> Option<&[PackageIndex]> {
        self.0.as_deref()
    }

    /// Adds a package that is needed.
    pub fn push(&mut self, package: PackageIndex) {
        self.0.get_or_insert_default().push(package);
    }

    /// Gives every package the position that `moved` says; those of which it says none are left out. Where none of
    /// several is left, it is no longer known what is needed.
    pub fn renumber(&mut self, moved: impl FnMut(PackageIndex) -> Option<PackageIndex>) {
        if let Some(known) = self.0.take_if(|known| !known.is_empty()) {
            self.0 =
                Some(known.into_iter().filter_map(moved).collect()).filter(|left: &Vec<_>| !left.is_empty());
        }
    }

    /// Sorts them, each once.
    pub fn sort(&mut self) {
        if let Some(known) = &mut self.0 {
            known.sort_unstable();
            known.dedup();
            known.shrink_to_fit();
        }
    }
}

impl Deref for Dependencies {
    type Target = [PackageIndex];

    fn deref(&self) -> &[PackageIndex] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl From<Vec<PackageIndex>> for Dependencies {
    fn from(known: Vec<PackageIndex>) -> Self {
        Self(Some(known))
    }
}

impl FromIterator<PackageIndex> for Dependencies {
    fn from_iter<I: IntoIterator<Item = PackageIndex>>(known: I) -> Self {
        Self(Some(known.into_iter().collect()))
    }
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
///
/// The fields of its [`Provenance`] are read and set as if they were its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The path inside the image, without a leading `/`.
    pub path: String,
    /// What foreign SBOMs seldom say.
    pub provenance: Sparse<Provenance>,
}

/// Which evidence lies at a [`Location`].
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Provenance {
    /// The diff-id (`sha256:…`) of the layer that brought the evidence; none for a directory. Of a record in a database that
    /// later layers wrote anew it is the layer since which the record stands there unchanged.
    pub layer: Option<Arc<str>>,
    /// The SHA-256 of the file, `sha256:…`; none for the databases of operating systems, which change with every
    /// installation.
    pub digest: Option<Arc<str>>,
}

impl Location {
    /// The location `path`, of which no more is known.
    pub fn new(path: impl Into<String>) -> Self {
        Self { path: path.into(), provenance: Sparse::NOTHING }
    }

    /// The same location, brought by `layer`.
    #[must_use]
    pub fn in_layer(mut self, layer: Option<Arc<str>>) -> Self {
        if self.layer != layer {
            self.layer = layer;
        }
        self
    }

    /// Gives back the memory that was set aside for more than is known of it.
    fn shrink(&mut self) {
        self.path.shrink_to_fit();
        self.provenance.shrink();
    }
}

impl Nothing for Provenance {
    fn nothing() -> &'static Self {
        static NOTHING: Provenance = Provenance { layer: None, digest: None };
        &NOTHING
    }
}

impl Deref for Location {
    type Target = Provenance;

    fn deref(&self) -> &Provenance {
        &self.provenance
    }
}

impl DerefMut for Location {
    fn deref_mut(&mut self) -> &mut Provenance {
        &mut self.provenance
    }
}

/// A package: all that a verdict may depend on, and what people need to find it.
///
/// The fields of its [`Details`] are read and set as if they were its own.
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
    /// Licences as stated, sorted; expressions are kept whole.
    pub licenses: Texts,
    /// CPE names stated for it, sorted.
    pub cpes: Texts,
    /// Where it was found, sorted.
    pub locations: Vec<Location>,
    /// The operating-system package whose file list holds this package's evidence.
    pub owner: Option<PackageIndex>,
    /// The package that carries this one inside itself: a jar in a jar, a copy in a `_vendor` folder.
    pub parent: Option<PackageIndex>,
    /// The packages that it says it needs, as far as they are there.
    pub depends_on: Dependencies,
    /// What it is needed for.
    pub scope: DependencyScope,
    /// Whether an SBOM says that what it is of needs it itself, beside the packages that do.
    pub is_needed_by_subject: bool,
    /// How sure it is.
    pub certainty: Certainty,
    /// The cataloger or foreign tool that found it.
    pub cataloger: String,
    /// The part of a merged inventory that it is of; none in the inventory of one image.
    pub part: Option<PartIndex>,
    /// What many packages have none of.
    pub details: Sparse<Details>,
}

/// What many packages have none of.
///
/// The fields of [`Rarities`] are read and set as if they were its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// The architecture the package states: `x86_64`, `amd64`, `all`.
    pub architecture: Option<String>,
    /// The source package, where the ecosystem has the notion and it was stated.
    pub source: Option<SourcePackage>,
    /// Who supplies or maintains it, as stated.
    pub supplier: Option<String>,
    /// Digests of the package as it is distributed, `algorithm:hex`, sorted.
    pub digests: Texts,
    /// What few packages have any of.
    pub rarities: Sparse<Rarities>,
}

/// What few packages have any of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rarities {
    /// What changes how a match of it is to be read, sorted.
    pub marks: Vec<Mark>,
    /// The module and stream an RPM was built for, `name:stream:version:context`.
    pub module: Option<String>,
    /// When it was installed, RFC 3339, where its database says.
    pub installed_at: Option<String>,
    /// The packages of a Go module that were linked in, sorted; empty where that cannot be told.
    pub imports: Vec<String>,
    /// The diff-id of the layer that deleted it or put something else in its place; none for what is there to the end.
    pub removed_by: Option<String>,
    /// The package URL of the shared framework whose code runs in place of all of this package's (feeds.md D3); none for what
    /// runs itself, and where that is not known.
    pub overridden_by: Option<String>,
    /// The files of the image that its record names as its own, sorted; empty unless that was asked for.
    pub files: Vec<OwnedFile>,
    /// What an SBOM says of it beside.
    pub about: Option<Box<About>>,
}

/// A file that a package owns.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnedFile {
    /// The path inside the image, without a leading `/`.
    pub path: String,
    /// The digests that the package's record states, `algorithm:hex`, sorted.
    pub digests: Vec<String>,
}

impl OwnedFile {
    /// The file at `path`, of which no digest is stated.
    pub fn new(path: impl Into<String>) -> Self {
        Self { path: path.into(), digests: Vec::new() }
    }
}

/// What people want to know of a package, and no verdict depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// What it is, in a sentence.
    pub summary: Option<String>,
    /// What it is, in as many words as it takes.
    pub description: Option<String>,
    /// Whose it is, as stated.
    pub copyright: Option<String>,
    /// Who made it, as stated; [`Details::supplier`] is who hands it out.
    pub originator: Option<String>,
    /// Where more is to be found, sorted.
    pub references: Vec<Reference>,
}

/// A place where more is to be found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// What is there, in the words of CycloneDX (`vcs`, `website`, `issue-tracker`) where these have one for it.
    pub kind: String,
    /// The address, as stated.
    pub url: String,
}

impl Nothing for Details {
    fn nothing() -> &'static Self {
        static NOTHING: Details = Details {
            architecture: None,
            source: None,
            supplier: None,
            digests: Texts::NONE,
            rarities: Sparse::NOTHING,
        };
        &NOTHING
    }
}

impl Nothing for Rarities {
    fn nothing() -> &'static Self {
        static NOTHING: Rarities = Rarities {
            marks: Vec::new(),
            module: None,
            installed_at: None,
            imports: Vec::new(),
            removed_by: None,
            overridden_by: None,
            files: Vec::new(),
            about: None,
        };
        &NOTHING
    }
}

/// Of a package that nothing is said of.
static NOTHING_ABOUT: About =
    About { summary: None, description: None, copyright: None, originator: None, references: Vec::new() };

impl Deref for Package {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.details
    }
}

impl DerefMut for Package {
    fn deref_mut(&mut self) -> &mut Details {
        &mut self.details
    }
}

impl Deref for Details {
    type Target = Rarities;

    fn deref(&self) -> &Rarities {
        &self.rarities
    }
}

impl DerefMut for Details {
    fn deref_mut(&mut self) -> &mut Rarities {
        &mut self.rarities
    }
}

impl Details {
    /// Gives back the memory that was set aside for more than there is.
    fn shrink(&mut self) {
        self.digests.shrink_to_fit();
        if let Some(rarities) = self.rarities.said_mut() {
            rarities.about.take_if(|about| **about == NOTHING_ABOUT);
            rarities.marks.shrink_to_fit();
            rarities.imports.shrink_to_fit();
            rarities.files.shrink_to_fit();
        }
        self.rarities.shrink();
    }
}

impl Rarities {
    /// What an SBOM says of it beside; all of it empty where that is nothing.
    pub fn about(&self) -> &About {
        self.about.as_deref().unwrap_or(&NOTHING_ABOUT)
    }
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
            licenses: Texts::NONE,
            cpes: Texts::NONE,
            locations: Vec::new(),
            owner: None,
            parent: None,
            depends_on: Dependencies::UNKNOWN,
            scope: DependencyScope::default(),
            is_needed_by_subject: false,
            certainty: Certainty::default(),
            cataloger: String::new(),
            details: Sparse::NOTHING,
            part: None,
        }
    }

    /// Forgets what an SBOM says of it beside.
    pub fn leave_out_about(&mut self) {
        if self.about.is_some() {
            self.about = None;
            self.shrink();
        }
    }

    /// Gives back the memory that was set aside for more than the package has.
    pub fn shrink(&mut self) {
        if let Some(details) = self.details.said_mut() {
            details.shrink();
        }
        self.details.shrink();
        self.name.shrink_to_fit();
        self.purl.shrink_to_fit();
        self.licenses.shrink_to_fit();
        self.cpes.shrink_to_fit();
        self.locations.iter_mut().for_each(Location::shrink);
        self.locations.shrink_to_fit();
        self.depends_on.0.iter_mut().for_each(Vec::shrink_to_fit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An inventory of 400,000 packages is to stay below 300 MB.
    #[test]
    fn a_package_is_small() {
        let sizes = [size_of::<Package>(), size_of::<Details>(), size_of::<Location>()];
        assert!(sizes[0] <= 232 && sizes[1] <= 128 && sizes[2] <= 32, "{sizes:?}");
    }

    #[test]
    fn to_need_nothing_is_known_and_to_have_lost_everything_is_not() {
        let mut needs: Dependencies =
            [PackageIndex(3), PackageIndex(1), PackageIndex(3)].into_iter().collect();
        needs.sort();
        assert_eq!(*needs, [PackageIndex(1), PackageIndex(3)]);
        needs.renumber(|index| index.0.checked_sub(2).map(PackageIndex));
        assert_eq!(needs.known(), Some(&[PackageIndex(1)][..]));
        needs.renumber(|_| None);
        assert_eq!(needs, Dependencies::UNKNOWN);
        let mut nothing = Dependencies::none_if(true);
        nothing.renumber(|_| None);
        assert_eq!((nothing.is_known(), nothing.len()), (true, 0));
        assert!(!Dependencies::none_if(false).is_known());
    }

    #[test]
    fn details_that_say_nothing_are_none() {
        let plain = Package::new(Ecosystem::Npm, "a", "1", "pkg:npm/a@1".to_owned());
        let mut package = plain.clone();
        package.supplier = None;
        assert!(package.details.said_mut().is_some());
        assert_eq!(package, plain);
        package.shrink();
        assert!(package.details.said_mut().is_none());
        package.supplier = Some("b".to_owned());
        package.shrink();
        assert_eq!(package.supplier.as_deref(), Some("b"));
        assert_ne!(package, plain);
    }
}
