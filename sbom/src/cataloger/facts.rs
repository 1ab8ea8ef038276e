//! What `read` leaves behind, and what `assemble` makes of it.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use model::distro::Distro;
use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::image::Account;
use model::inventory::SubjectLayer;
use model::limits::Limits;
use model::package::{Dependencies, Location, Package, PackageIndex, Provenance, SourcePackage};
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
    /// The file is a program or shared library of so many bytes; who recognises it says so by a package.
    Program(u64),
    /// Something that the cataloger's own `assemble` wants to know of this file.
    Text {
        /// What it is, in kebab case.
        name: String,
        /// As written.
        value: String,
    },
    /// Something that could not be read.
    Gap(Gap),
}

impl Fact {
    /// About how many bytes it takes, what it refers to included.
    pub(crate) fn n_bytes(&self) -> usize {
        let refers_to = match self {
            Self::Distro(_) => 0,
            Self::Repositories(lines) => lines.iter().map(|line| size_of::<String>() + line.len()).sum(),
            Self::Package(PackageFact { package, owned, depends_on, requires, provides, parent: _ }) => {
                let texts = [&package.licenses, &package.cpes, &package.digests];
                let texts: usize =
                    texts.into_iter().flatten().map(|text| size_of::<u64>() + text.len()).sum();
                let lists: usize = [&package.imports, requires, provides]
                    .into_iter()
                    .flatten()
                    .map(|text| size_of::<String>() + text.len())
                    .sum();
                let supplier = package.supplier.as_ref().map_or(0, String::len);
                let indices = size_of_val(depends_on.as_slice());
                package.name.len() + package.purl.len() + supplier + texts + lists + indices + owned.0.len()
            }
            Self::Program(_) => 0,
            Self::Text { name, value } => name.len() + value.len(),
            Self::OwnedFiles(owned) => owned.0.len(),
            Self::Account(account) => account.name.len() + account.home.len() + account.shell.len(),
            Self::Gap(gap) => gap.place.len() + gap.detail.len(),
        };
        size_of::<Self>() + refers_to
    }
}

/// A package, the files it says it owns, and how it says it relates to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageFact {
    /// The package.
    pub package: Package,
    /// Its files; empty when its record lists none.
    pub owned: PathList,
    /// The package of the same file that carries it: its position among the file's packages, from 0.
    pub parent: Option<u32>,
    /// The packages of the same file that it needs: positions among the file's packages.
    pub depends_on: Vec<u32>,
    /// Names of packages that it needs and that other files record, as its ecosystem writes them. Which packages
    /// these are is found out when assembled (`relations.rs`).
    pub requires: Vec<String>,
    /// Names, other than its own, under which others may require it.
    pub provides: Vec<String>,
}

impl PackageFact {
    /// `package`, which owns no files and is related to nothing.
    pub fn new(package: Package) -> Self {
        Self {
            package,
            owned: PathList::default(),
            parent: None,
            depends_on: Vec::new(),
            requires: Vec::new(),
            provides: Vec::new(),
        }
    }

    /// Notes that the record says what the package needs: where its lists are empty, that is nothing.
    pub(super) fn stating_needs(mut self) -> Self {
        let needs_nothing = self.requires.is_empty() && self.depends_on.is_empty();
        self.package.depends_on = Dependencies::none_if(needs_nothing);
        self
    }
}

/// The facts of one file, as they are read.
#[derive(Debug)]
pub struct Facts {
    facts: Vec<Fact>,
    n_packages: usize,
    packages_max: usize,
    n_gaps: usize,
    /// The first of the gaps that were only counted.
    first_counted: Option<Gap>,
}

/// Gaps of one file that are kept; of a file with a damaged record in every few bytes no memory would hold them all.
const GAPS_MAX: usize = 1_000;

impl Facts {
    /// No facts yet.
    pub fn new(limits: &Limits) -> Self {
        let packages_max = limits.packages_max;
        Self { facts: Vec::new(), n_packages: 0, packages_max, n_gaps: 0, first_counted: None }
    }

    /// Adds a fact. Packages beyond [`Limits::packages_max`] are dropped; assembling says so. Gaps beyond a thousand are
    /// counted.
    pub fn push(&mut self, fact: Fact) {
        if let Fact::Gap(gap) = fact {
            self.n_gaps += 1;
            if self.n_gaps <= GAPS_MAX {
                self.facts.push(Fact::Gap(gap));
            } else {
                self.first_counted.get_or_insert(gap);
            }
            return;
        }
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
        self.push(Fact::Package(PackageFact::new(package)));
    }

    /// How many packages there are so far: the position of the next one.
    pub(super) fn n_packages(&self) -> usize {
        self.n_packages
    }

    /// The facts in the order they were pushed.
    pub fn into_vec(mut self) -> Vec<Fact> {
        if let Some(gap) = self.first_counted {
            let detail = format!(
                "{} more gaps of this file, the first of them: {}",
                self.n_gaps - GAPS_MAX,
                gap.detail
            );
            self.facts.push(Fact::Gap(Gap::new(gap.kind, gap.place, detail)));
        }
        // Most files say one thing, for which a list that grew has room for four.
        self.facts.shrink_to_fit();
        self.facts
    }
}

/// Paths of files, grouped by directory in one text, so that a hundred thousand of them stay small: a line that
/// ends in `/` is a directory, and the lines below it are names in it, each perhaps with a zero and a digest behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathList(Arc<str>);

impl PathList {
    /// Directory (without a `/` at either end; empty for the root) and name of each file.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.with_digests().map(|(directory, name, _)| (directory, name))
    }

    /// The same with the digest that is stated of each: hexadecimal, or as apk writes it.
    pub(crate) fn with_digests(&self) -> impl Iterator<Item = (&str, &str, Option<&str>)> {
        let mut directory = "";
        self.0.lines().filter_map(move |line| match (line.strip_suffix('/'), line.split_once('\0')) {
            (Some(name), _) => {
                directory = name;
                None
            }
            (None, Some((name, digest))) => Some((directory, name, Some(digest))),
            (None, None) => Some((directory, line, None)),
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
    root: String,
    text: String,
    directory: String,
    /// Whether the last line is a name without a digest.
    ends_in_name: bool,
}

impl PathListBuilder {
    /// An empty list of paths that are meant from `root` on: nothing, or a directory that holds a root filesystem.
    pub(super) fn below(root: &str) -> Self {
        Self { root: root.trim_end_matches('/').to_owned(), ..Self::default() }
    }

    /// Names that follow lie in `directory`.
    pub(super) fn directory(&mut self, directory: &str) {
        let directory = relative(directory).trim_end_matches('/');
        let directory = match (self.root.as_str(), directory) {
            ("", directory) => Cow::Borrowed(directory),
            (root, "") => Cow::Owned(root.to_owned()),
            (root, directory) => Cow::Owned(format!("{root}/{directory}")),
        };
        if directory != self.directory {
            self.text.push_str(&directory);
            self.text.push_str("/\n");
            self.directory = directory.into_owned();
        }
        self.ends_in_name = false;
    }

    /// A file called `name` lies in the directory named last.
    pub(super) fn name(&mut self, name: &str) {
        // No file system has a name with a zero.
        self.ends_in_name = !name.is_empty() && !name.ends_with('/') && !name.contains('\0');
        if self.ends_in_name {
            self.text.push_str(name);
            self.text.push('\n');
        }
    }

    /// The file named last has this digest: hexadecimal, or as apk writes it.
    pub(super) fn digest(&mut self, digest: &str) {
        let is_digest = !digest.is_empty()
            && !digest.ends_with('/')
            && digest.bytes().all(|byte| byte.is_ascii_graphic());
        if self.ends_in_name && is_digest {
            self.text.pop();
            self.text.push('\0');
            self.text.push_str(digest);
            self.text.push('\n');
            self.ends_in_name = false;
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
    pub layer: Option<Arc<str>>,
    /// The cataloger that read it.
    pub cataloger: &'static str,
    /// Its SHA-256, `sha256:…`, where a package of a language was found in it.
    pub digest: Option<Arc<str>>,
    /// The layer since which it has these bytes, where a later one wrote the same again (as `chown -R` does).
    pub since: Option<Arc<str>>,
    /// What it says.
    pub facts: Arc<[Fact]>,
    /// The layers that brought records of operating-system packages, where another than [`FactFile::layer`] did: a database is
    /// written anew as a whole.
    pub brought: BTreeMap<Record, Arc<str>>,
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
        let provenance = Provenance { layer: self.layer.clone(), digest: self.digest.clone() };
        Location { path: self.path.clone(), provenance: provenance.into() }
    }

    /// Its packages.
    pub(super) fn packages(&self) -> impl Iterator<Item = &PackageFact> {
        self.facts.iter().filter_map(|fact| match fact {
            Fact::Package(package) => Some(package),
            _ => None,
        })
    }
}

/// Where facts come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin<'a> {
    /// The layers of an image, lowest first, or the archive of a root filesystem.
    Layers(&'a [SubjectLayer]),
    /// A directory: sources, or a root filesystem that was unpacked.
    Directory,
}

/// The facts of all files that survive in the squashed image.
pub struct FactTree<'a> {
    files: &'a [FactFile],
    origin: Origin<'a>,
    resolve: &'a dyn Fn(&str) -> Option<String>,
    distro: OnceCell<Option<Distro>>,
}

impl<'a> FactTree<'a> {
    /// The tree of `files`. `resolve` gives a path with its symbolic links followed, and none when nothing is
    /// there.
    pub fn new(
        files: &'a [FactFile],
        origin: Origin<'a>,
        resolve: &'a dyn Fn(&str) -> Option<String>,
    ) -> Self {
        Self { files, origin, resolve, distro: OnceCell::new() }
    }

    /// Whether it is of an image or a root filesystem, and no directory of sources: a directory with a distribution is a
    /// root filesystem.
    pub fn is_image(&self) -> bool {
        matches!(self.origin, Origin::Layers(_)) || self.distro().is_some()
    }

    /// The position of the layer `diff_id`, lowest first; of one that occurs several times, the lowest.
    pub(super) fn layer_position(&self, diff_id: &str) -> Option<usize> {
        let Origin::Layers(layers) = self.origin else { return None };
        layers.iter().position(|layer| layer.diff_id == diff_id)
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

/// What a package requires and provides by name.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) index: PackageIndex,
    pub(super) requires: Vec<String>,
    pub(super) provides: Vec<String>,
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
    /// What packages require and provide by name.
    pub(super) named: Vec<Named>,
    packages_max: usize,
}

impl Found {
    /// Nothing yet, of about `n_packages` that there will be.
    pub(super) fn new(limits: &Limits, n_packages: usize) -> Self {
        Self {
            packages: Vec::with_capacity(n_packages.min(limits.packages_max)),
            gaps: Vec::new(),
            distro: None,
            accounts: Vec::new(),
            owned: Vec::new(),
            named: Vec::new(),
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

    /// Adds every package that `cataloger` read, as it was read, with its relations.
    pub(super) fn packages_of(&mut self, tree: &FactTree<'_>, cataloger: &str) {
        for file in tree.of(cataloger) {
            self.packages_in(file, |fact| Some(fact.package.clone()));
        }
    }

    /// Adds what `each` makes of every package of `file`, with the relations between them. Where it makes none of a
    /// package, relations to that one are left out.
    pub(super) fn packages_in(
        &mut self,
        file: &FactFile,
        mut each: impl FnMut(&PackageFact) -> Option<Package>,
    ) {
        let indices: Vec<Option<PackageIndex>> =
            file.packages().map(|fact| each(fact).and_then(|package| self.package(file, package))).collect();
        let index_of = |position: u32| indices.get(position as usize).copied().flatten();
        for (fact, index) in file.packages().zip(&indices) {
            let Some(index) = *index else { continue };
            let package = &mut self.packages[index.as_usize()];
            package.parent = fact.parent.and_then(index_of).filter(|parent| *parent != index);
            let needed = fact.depends_on.iter().filter_map(|position| index_of(*position)).collect();
            self.need(index, needed, !fact.depends_on.is_empty());
            self.relate(index, fact);
        }
    }

    /// Says that the package at `index` needs `needed`, what is there of what it states to need. Where it states some and
    /// nothing is there, it is not known what it needs; where it states none, what is known already stays.
    pub(super) fn need(&mut self, index: PackageIndex, needed: Vec<PackageIndex>, states_some: bool) {
        let depends_on = &mut self.packages[index.as_usize()].depends_on;
        if !needed.is_empty() {
            *depends_on = needed.into();
        } else if states_some {
            *depends_on = Dependencies::UNKNOWN;
        }
    }

    /// Notes what the package at `index` requires and provides by name.
    pub(super) fn relate(&mut self, index: PackageIndex, fact: &PackageFact) {
        if !fact.requires.is_empty() || !fact.provides.is_empty() {
            let (requires, provides) = (fact.requires.clone(), fact.provides.clone());
            self.named.push(Named { index, requires, provides });
        }
    }

    /// The files that packages say they own, as they say it: the position of the package, and the paths.
    pub(crate) fn take_owned(&mut self) -> Vec<(PackageIndex, PathList)> {
        std::mem::take(&mut self.owned)
    }

    /// Drops the packages that `keep` does not want, and relations to them.
    pub(super) fn retain(&mut self, keep: impl Fn(&Package) -> bool) {
        if self.packages.iter().all(&keep) {
            return;
        }
        let mut n_kept = 0;
        let position: Vec<Option<PackageIndex>> = self
            .packages
            .iter()
            .map(|package| {
                let index = PackageIndex(n_kept);
                keep(package).then(|| n_kept += 1).map(|()| index)
            })
            .collect();
        let mut kept = position.iter();
        self.packages.retain(|_| kept.next().is_some_and(Option::is_some));
        let moved = |index: PackageIndex| position[index.as_usize()];
        for package in &mut self.packages {
            package.owner = package.owner.and_then(moved);
            package.parent = package.parent.and_then(moved);
            package.depends_on.renumber(moved);
        }
        let owned = std::mem::take(&mut self.owned).into_iter();
        self.owned = owned.filter_map(|(index, paths)| Some((moved(index)?, paths))).collect();
        // Positions of packages that are gone, in a list that has served its purpose.
        self.named.clear();
    }

    /// Adds an operating-system package that owns `files`, its purl completed with the distribution.
    pub(super) fn os_package(
        &mut self,
        tree: &FactTree<'_>,
        file: &FactFile,
        fact: &PackageFact,
        files: impl IntoIterator<Item = PathList>,
    ) -> Option<PackageIndex> {
        let mut package = fact.package.clone();
        package.purl = os_purl(&package, tree.distro());
        let brought = file.brought.get(&Record::of(&package)).cloned();
        let index = self.package(file, package)?;
        if let Some(layer) = brought {
            self.packages[index.as_usize()].locations[0].layer = Some(layer);
        }
        self.owned.extend(files.into_iter().map(|paths| (index, paths)));
        self.relate(index, fact);
        Some(index)
    }
}

/// `pkg:deb/debian/libssl3@3.0.15-1?arch=amd64&distro=debian-12&upstream=openssl` (feeds.md B2). Without a
/// distribution there is neither namespace nor `distro`; without a source of another name or version, no
/// `upstream`.
///
/// Of an RPM the name keeps its case, the epoch is a qualifier, `upstream` is the file of the source package, and `rpmmod`
/// the module.
pub(super) fn os_purl(package: &Package, distro: Option<&Distro>) -> String {
    let kind = package.ecosystem.purl_type().unwrap_or(Ecosystem::Generic.name());
    let is_rpm = package.ecosystem == Ecosystem::Rpm;
    let name = if is_rpm { package.name.clone() } else { package.name.to_lowercase() };
    let version = package.version.as_str();
    let (epoch, version) = match version.split_once(':') {
        Some(parts) if is_rpm => parts,
        _ => ("", version),
    };
    let mut purl = Purl::new(kind, &name)
        .with_version(version)
        .with_qualifier("epoch", epoch)
        .with_qualifier("arch", package.architecture.as_deref().unwrap_or_default())
        .with_qualifier("rpmmod", package.module.as_deref().unwrap_or_default());
    match &package.source {
        Some(SourcePackage { name, version: Some(version) }) if is_rpm => {
            purl = purl.with_qualifier("upstream", &format!("{name}-{version}.src.rpm"));
        }
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
        purl = purl.with_qualifier("distro", &release);
        // The vendor's name, where its own documents use another than the distribution's.
        let namespace = match distro.id.as_str() {
            "rhel" if is_rpm => "redhat",
            id if is_rpm && id.starts_with("opensuse") => "opensuse",
            id => id,
        };
        // Of Portage's the name begins with the category, where others have the distribution.
        if package.ecosystem != Ecosystem::Portage {
            purl = purl.with_namespace(namespace);
        }
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
    fn a_purl_of_an_rpm_has_its_epoch_source_file_and_module_as_qualifiers() {
        let distro =
            |id: &str| Distro { id: id.to_owned(), version: Some("8.10".to_owned()), ..Distro::default() };
        let mut package = Package::new(Ecosystem::Rpm, "Demo-Libs", "2:1.2-7.module+el8", String::new());
        package.architecture = Some("x86_64".to_owned());
        package.module = Some("demo:1.2:8030:229f".to_owned());
        package.source =
            Some(SourcePackage { name: "demo".to_owned(), version: Some("1.2-7.module+el8".into()) });
        assert_eq!(
            os_purl(&package, Some(&distro("rhel"))),
            "pkg:rpm/redhat/Demo-Libs@1.2-7.module%2Bel8?arch=x86_64&distro=rhel-8.10&epoch=2\
             &rpmmod=demo:1.2:8030:229f&upstream=demo-1.2-7.module%2Bel8.src.rpm"
        );
        let package = Package::new(Ecosystem::Rpm, "a", "1-2", String::new());
        assert_eq!(os_purl(&package, Some(&distro("rocky"))), "pkg:rpm/rocky/a@1-2?distro=rocky-8.10");
        assert_eq!(os_purl(&package, None), "pkg:rpm/a@1-2");
    }

    #[test]
    fn gaps_of_one_file_are_counted_beyond_a_thousand() {
        let mut facts = Facts::new(&Limits::default());
        for number in 0..5_000 {
            facts.push(Fact::Gap(Gap::new(GapKind::UNREADABLE_RECORD, "a", format!("record {number}"))));
        }
        let facts = facts.into_vec();
        let Some(Fact::Gap(last)) = facts.last() else { panic!("{facts:?}") };
        assert_eq!(facts.len(), GAPS_MAX + 1);
        assert_eq!(last.detail, "4000 more gaps of this file, the first of them: record 1000");
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
        let file = FactFile {
            path: "a".into(),
            layer: None,
            cataloger: "npm",
            digest: None,
            since: None,
            facts: facts.into(),
            brought: BTreeMap::new(),
        };
        let mut found = Found::new(&limits, 0);
        for fact in file.packages() {
            found.package(&file, fact.package.clone());
            found.package(&file, fact.package.clone());
        }
        assert_eq!((found.packages.len(), found.gaps.len()), (2, 1));
        assert!(found.gaps[0].detail.contains("packages_max"));
    }
}
