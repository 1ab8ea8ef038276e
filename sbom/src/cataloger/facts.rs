//! What `read` leaves behind, and what `assemble` makes of it.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use model::distro::Distro;
use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::image::Account;
use model::limits::Limits;
use model::package::{Location, Package, PackageIndex, SourcePackage};
use model::purl::Purl;

use super::distro;

/// One thing that one file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The distribution, as far as this file knows it.
    Distro(Distro),
    /// Package repositories in use, as written.
    Repositories(Vec<String>),
    /// A package. Locations, owner and cataloger are filled in when assembled, and so is the purl of an
    /// operating-system package, which names the distribution.
    Package(PackageFact),
    /// The files of an operating-system package whose own record lies in another file; the path of this one says
    /// which.
    OwnedFiles(PathList),
    /// An account of the image.
    Account(Account),
    /// Something that could not be read.
    Gap(Gap),
}

impl Fact {
    /// About how many bytes it takes, what it refers to included.
    pub(crate) fn n_bytes(&self) -> usize {
        let refers_to = match self {
            Self::Distro(_) => 0,
            Self::Repositories(lines) => lines.iter().map(|line| size_of::<String>() + line.len()).sum(),
            Self::Package(PackageFact { package, owned }) => {
                let lists: usize = package
                    .licenses
                    .iter()
                    .chain(&package.cpes)
                    .map(|text| size_of::<String>() + text.len())
                    .sum();
                let supplier = package.supplier.as_ref().map_or(0, String::len);
                package.name.len() + package.purl.len() + supplier + lists + owned.0.len()
            }
            Self::OwnedFiles(owned) => owned.0.len(),
            Self::Account(account) => account.name.len() + account.home.len() + account.shell.len(),
            Self::Gap(gap) => gap.place.len() + gap.detail.len(),
        };
        size_of::<Self>() + refers_to
    }
}

/// A package and the files it says it owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageFact {
    /// The package.
    pub package: Package,
    /// Its files; empty when its record lists none.
    pub owned: PathList,
}

/// The facts of one file, as they are read.
#[derive(Debug)]
pub struct Facts {
    facts: Vec<Fact>,
    n_packages: usize,
    packages_max: usize,
}

impl Facts {
    /// No facts yet.
    pub fn new(limits: &Limits) -> Self {
        Self { facts: Vec::new(), n_packages: 0, packages_max: limits.packages_max }
    }

    /// Adds a fact. Packages beyond [`Limits::packages_max`] are dropped; assembling says so.
    pub fn push(&mut self, fact: Fact) {
        if let Fact::Package(_) = fact {
            // One more than the limit is kept, so that assembling meets the limit too and says so.
            if self.n_packages > self.packages_max {
                return;
            }
            self.n_packages += 1;
        }
        self.facts.push(fact);
    }

    /// Adds a package that lists no files.
    pub(super) fn package(&mut self, package: Package) {
        self.push(Fact::Package(PackageFact { package, owned: PathList::default() }));
    }

    /// The facts in the order they were pushed.
    pub fn into_vec(mut self) -> Vec<Fact> {
        // Most files say one thing, for which a list that grew has room for four.
        self.facts.shrink_to_fit();
        self.facts
    }
}

/// Paths of files, grouped by directory in one text, so that a hundred thousand of them stay small: a line that
/// ends in `/` is a directory, and the lines below it are names in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathList(Arc<str>);

impl PathList {
    /// Directory (without a `/` at either end; empty for the root) and name of each file.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut directory = "";
        self.0.lines().filter_map(move |line| match line.strip_suffix('/') {
            Some(name) => {
                directory = name;
                None
            }
            None => Some((directory, line)),
        })
    }

    /// The text that it is.
    pub(crate) fn as_text(&self) -> &str {
        &self.0
    }

    /// The list whose text is `text`.
    pub(crate) fn from_text(text: &str) -> Self {
        Self(text.into())
    }

    /// Whether it holds no path.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

/// A [`PathList`] in the making. It never grows beyond the text it is made from, line by line.
#[derive(Debug, Default)]
pub(super) struct PathListBuilder {
    text: String,
    directory: String,
}

impl PathListBuilder {
    /// Names that follow lie in `directory`.
    pub(super) fn directory(&mut self, directory: &str) {
        let directory = relative(directory).trim_end_matches('/');
        if directory != self.directory {
            directory.clone_into(&mut self.directory);
            self.text.push_str(directory);
            self.text.push_str("/\n");
        }
    }

    /// A file called `name` lies in the directory named last.
    pub(super) fn name(&mut self, name: &str) {
        if !name.is_empty() && !name.ends_with('/') {
            self.text.push_str(name);
            self.text.push('\n');
        }
    }

    /// A file at `path`.
    pub(super) fn path(&mut self, path: &str) {
        let path = relative(path);
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        self.directory(directory);
        self.name(name);
    }

    pub(super) fn finish(self) -> PathList {
        PathList(self.text.into())
    }
}

fn relative(path: &str) -> &str {
    path.strip_prefix('.').filter(|rest| rest.starts_with('/')).unwrap_or(path).trim_start_matches('/')
}

/// The facts of one file that survives in the squashed image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactFile {
    /// The path inside the image, without a leading `/`.
    pub path: String,
    /// The diff-id of the layer that brought it; none for a directory.
    pub layer: Option<String>,
    /// The cataloger that read it.
    pub cataloger: &'static str,
    /// What it says.
    pub facts: Vec<Fact>,
    /// The layers that brought records of operating-system packages, where another than [`FactFile::layer`] did: a database is
    /// written anew as a whole.
    pub brought: BTreeMap<Record, String>,
}

/// What makes two records of a package database the same: name, version, architecture.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record(String, String, Option<String>);

impl Record {
    /// The record of `package`.
    pub fn of(package: &Package) -> Self {
        Self(package.name.clone(), package.version.as_str().to_owned(), package.architecture.clone())
    }
}

impl FactFile {
    /// Where this file lies.
    pub fn location(&self) -> Location {
        Location { path: self.path.clone(), layer: self.layer.clone() }
    }

    /// Its packages.
    pub(super) fn packages(&self) -> impl Iterator<Item = &PackageFact> {
        self.facts.iter().filter_map(|fact| match fact {
            Fact::Package(package) => Some(package),
            _ => None,
        })
    }
}

/// The facts of all files that survive in the squashed image.
pub struct FactTree<'a> {
    files: &'a [FactFile],
    resolve: &'a dyn Fn(&str) -> Option<String>,
    distro: OnceCell<Option<Distro>>,
}

impl<'a> FactTree<'a> {
    /// The tree of `files`. `resolve` gives a path with its symbolic links followed, and none when nothing is
    /// there.
    pub fn new(files: &'a [FactFile], resolve: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { files, resolve, distro: OnceCell::new() }
    }

    /// The files that `cataloger` read.
    pub fn of(&self, cataloger: &str) -> impl Iterator<Item = &'a FactFile> {
        self.files.iter().filter(move |file| file.cataloger == cataloger)
    }

    /// All files.
    pub fn all(&self) -> impl Iterator<Item = &'a FactFile> {
        self.files.iter()
    }

    /// `path` with its symbolic links followed; none when nothing is there.
    pub fn resolve(&self, path: &str) -> Option<String> {
        (self.resolve)(path)
    }

    /// The distribution, when any file states one.
    pub fn distro(&self) -> Option<&Distro> {
        self.distro.get_or_init(|| distro::stated(self)).as_ref()
    }
}

/// What assembling has found so far.
#[derive(Debug)]
pub struct Found {
    /// The packages; owners are positions in this list.
    pub packages: Vec<Package>,
    /// What could not be known.
    pub gaps: Vec<Gap>,
    /// The distribution, when any file states one.
    pub distro: Option<Distro>,
    /// The accounts, in the order of their file.
    pub accounts: Vec<Account>,
    pub(super) owned: Vec<(PackageIndex, PathList)>,
    packages_max: usize,
}

impl Found {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            packages: Vec::new(),
            gaps: Vec::new(),
            distro: None,
            accounts: Vec::new(),
            owned: Vec::new(),
            packages_max: limits.packages_max,
        }
    }

    /// Adds `package`, found in `file`. Beyond [`Limits::packages_max`] it is dropped, and a gap says so once.
    pub(super) fn package(&mut self, file: &FactFile, mut package: Package) -> Option<PackageIndex> {
        if self.packages.len() >= self.packages_max {
            let detail =
                format!("more than {} packages (packages_max); the rest was not read", self.packages_max);
            let gap = Gap::new(GapKind::LIMIT_EXCEEDED, &*file.path, detail);
            if !self.gaps.iter().any(|known| known.detail == gap.detail) {
                self.gaps.push(gap);
            }
            return None;
        }
        let index = PackageIndex(u32::try_from(self.packages.len()).ok()?);
        package.locations = vec![file.location()];
        file.cataloger.clone_into(&mut package.cataloger);
        self.packages.push(package);
        Some(index)
    }

    /// Adds every package that `cataloger` read, as it was read.
    pub(super) fn packages_of(&mut self, tree: &FactTree<'_>, cataloger: &str) {
        for file in tree.of(cataloger) {
            for fact in file.packages() {
                self.package(file, fact.package.clone());
            }
        }
    }

    /// Adds an operating-system package that owns `files`, its purl completed with the distribution.
    pub(super) fn os_package(
        &mut self,
        tree: &FactTree<'_>,
        file: &FactFile,
        package: &Package,
        files: impl IntoIterator<Item = PathList>,
    ) {
        let mut package = package.clone();
        package.purl = os_purl(&package, tree.distro());
        let brought = file.brought.get(&Record::of(&package)).cloned();
        if let Some(index) = self.package(file, package) {
            if let Some(layer) = brought {
                self.packages[index.as_usize()].locations[0].layer = Some(layer);
            }
            self.owned.extend(files.into_iter().map(|paths| (index, paths)));
        }
    }
}

/// `pkg:deb/debian/libssl3@3.0.15-1?arch=amd64&distro=debian-12&upstream=openssl` (feeds.md B2). Without a
/// distribution there is neither namespace nor `distro`; without a source of another name or version, no
/// `upstream`.
fn os_purl(package: &Package, distro: Option<&Distro>) -> String {
    let kind = package.ecosystem.purl_type().unwrap_or(Ecosystem::Generic.name());
    let mut purl = Purl::new(kind, &package.name.to_lowercase())
        .with_version(package.version.as_str())
        .with_qualifier("arch", package.architecture.as_deref().unwrap_or_default());
    match &package.source {
        Some(SourcePackage { name, version: Some(version) }) => {
            purl = purl.with_qualifier("upstream", &format!("{name}@{version}"));
        }
        Some(SourcePackage { name, version: None }) if *name != package.name => {
            purl = purl.with_qualifier("upstream", name);
        }
        Some(_) | None => {}
    }
    if let Some(distro) = distro {
        let release = match distro.version.as_ref().or(distro.codename.as_ref()) {
            Some(release) => format!("{}-{release}", distro.id),
            None => distro.id.clone(),
        };
        purl = purl.with_namespace(&distro.id).with_qualifier("distro", &release);
    }
    purl.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_list_gives_back_what_was_put_in() {
        let mut builder = PathListBuilder::default();
        builder.name("at-root");
        builder.directory("/usr/bin/");
        builder.name("a");
        builder.path("./usr/bin/b");
        builder.path("/etc/c");
        builder.path("d");
        builder.name("");
        let list = builder.finish();
        let pairs: Vec<_> = list.iter().collect();
        assert_eq!(pairs, [("", "at-root"), ("usr/bin", "a"), ("usr/bin", "b"), ("etc", "c"), ("", "d")]);
        assert!(PathList::default().is_empty());
        let mut builder = PathListBuilder::default();
        builder.directory("usr");
        assert!(builder.finish().is_empty());
    }

    #[test]
    fn passing_the_package_limit_is_said_once() {
        let limits = Limits { packages_max: 2, ..Limits::default() };
        let mut facts = Facts::new(&limits);
        for _ in 0..9 {
            facts.package(Package::new(Ecosystem::Npm, "a", "1", String::new()));
        }
        let facts = facts.into_vec();
        assert_eq!(facts.len(), 3);
        let file =
            FactFile { path: "a".into(), layer: None, cataloger: "npm", facts, brought: BTreeMap::new() };
        let mut found = Found::new(&limits);
        for fact in file.packages() {
            found.package(&file, fact.package.clone());
            found.package(&file, fact.package.clone());
        }
        assert_eq!((found.packages.len(), found.gaps.len()), (2, 1));
        assert!(found.gaps[0].detail.contains("packages_max"));
    }
}
