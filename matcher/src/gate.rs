//! What besides the version decides whether a row applies: module, architecture, build, channel, product, what was linked
//! in, the system (feeds.md A5 to A10, A21, B7, B8).
//!
//! A [`Gate`] is what of a package and its installation conditions are compared with. A condition that cannot be checked,
//! because the SBOM does not say, lets the row apply with less confidence (feeds.md D4): silence would be worse.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;

use model::advisory::{Conditions, Import, RangeEvent, Row};
use model::ecosystem::Ecosystem;
use model::inventory::Inventory;
use model::key::{KeyKind, PackageKey};
use model::package::Package;
use model::purl::Purl;
use model::version::VersionText;

use crate::cpe::Names;
use crate::epoch;
use crate::version::{self, VersionScheme};

/// Whether what a row asks besides the version holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Holds {
    No,
    /// The SBOM does not say.
    Unknown,
    Yes,
}

/// What came of comparing a row's conditions with a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Check {
    pub(crate) holds: Holds,
    /// The condition that holds least.
    pub(crate) condition: &'static str,
}

impl Check {
    /// The one that holds less.
    pub(crate) fn or_less(self, other: Self) -> Self {
        if other.holds < self.holds { other } else { self }
    }
}

/// The standing of a row of no minor release and no extended stream: see [`Gate::stream_rank`].
pub(crate) const MAIN_STREAM: u32 = 500;

/// The installation that packages are part of, as far as conditions read it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Installation {
    /// The operating system in the words of Go: `linux`. None where nothing tells.
    pub system: Option<Box<str>>,
    /// The architecture of its platform, in the words of Go: `amd64`.
    pub architecture: Option<Box<str>>,
    /// The channels that it gets besides its release: `eus:9.2`.
    pub channels: BTreeSet<Box<str>>,
    /// The products that it is, as the first five segments of their CPE names.
    pub products: BTreeSet<Box<str>>,
    /// The minor release: 4 of Red Hat Enterprise Linux 9.4.
    pub minor: Option<u32>,
}

impl Installation {
    /// What the subject of `inventory` runs on; a system is known where a platform or a distribution is stated.
    pub(crate) fn of(inventory: &Inventory) -> Self {
        let platform = inventory.subject.platform.as_deref().filter(|platform| !platform.is_empty());
        let mut words = platform.unwrap_or_default().split('/');
        let system = words.next().filter(|word| !word.is_empty()).map(Box::from);
        let is_distribution = inventory.distros().next().is_some();
        Self {
            system: system.or_else(|| is_distribution.then(|| "linux".into())),
            architecture: words.next().map(Box::from),
            ..Self::default()
        }
    }

    /// Whether it is `product`, or a version of it: of what has no fix Red Hat names the major version alone, and images
    /// name the minor one (docs/decisions/0035).
    fn has_product(&self, product: &str) -> bool {
        let is_version_of_it = || {
            let major = format!("{product}.");
            let next = self.products.range::<str, _>((Bound::Included(&*major), Bound::Unbounded)).next();
            next.is_some_and(|own| own.starts_with(&major))
        };
        self.products.contains(product) || is_version_of_it()
    }
}

/// The module of an RPM.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
enum Module {
    /// It is of none.
    #[default]
    None,
    /// Its release says that it is of one, and nothing says of which.
    Unknown,
    /// `name:stream`.
    Stream(Box<str>),
}

/// What conditions are compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Gate {
    installation: Arc<Installation>,
    module: Module,
    architecture: Option<Box<str>>,
    flavour: Option<&'static str>,
    imports: Vec<Box<str>>,
    /// The platform of a gem, the software that it is made for.
    platform: Option<Box<str>>,
    supplier: Option<Box<str>>,
    /// What rows of CPE names are compared with; none where none is consulted.
    names: Option<Arc<Names>>,
    /// Whether nothing tells the epoch of the RPM.
    lacks_epoch: bool,
}

impl Gate {
    pub(crate) fn new(package: &Package, installation: Arc<Installation>) -> Self {
        Self {
            installation,
            module: module(package),
            architecture: package
                .architecture
                .as_deref()
                .filter(|_| package.ecosystem.is_os())
                .map(Box::from),
            flavour: flavour(package),
            imports: package.imports.iter().map(|path| path.as_str().into()).collect(),
            platform: platform(package),
            supplier: package.supplier.as_deref().map(Box::from),
            names: None,
            lacks_epoch: false,
        }
    }

    /// The gate of a package of which nothing tells the epoch.
    pub(crate) fn without_epoch(self) -> Self {
        Self { lacks_epoch: true, ..self }
    }

    /// How versions of the package are compared with what rows under `key` say.
    pub(crate) fn scheme(&self, scheme: &'static VersionScheme, key: &PackageKey) -> &'static VersionScheme {
        if self.lacks_epoch { epoch::scheme_without(scheme, key) } else { version::for_key(scheme, key) }
    }

    /// Whether the epoch that `row` asks for may be the package's.
    pub(crate) fn has_epoch_of(&self, row: &Row) -> Check {
        let is_unknown = self.lacks_epoch && epoch::asked(row).is_some();
        Check { holds: if is_unknown { Holds::Unknown } else { Holds::Yes }, condition: "epoch" }
    }

    /// The gate of a package that is looked up by CPE name too.
    pub(crate) fn with_names(self, names: Names) -> Self {
        Self { names: Some(names.into()), ..self }
    }

    /// Whether all that `row` asks holds of the package, of which `installed` is the version; and the condition of which
    /// that is least true.
    #[inline]
    pub(crate) fn check(&self, row: &Row, installed: &VersionText, scheme: &VersionScheme) -> Check {
        let check = self.check_of_package(row, installed, scheme).or_less(self.has_epoch_of(row));
        match self.names.as_deref().filter(|_| row.affected.key.kind == KeyKind::Cpe) {
            Some(names) if check.holds != Holds::No => check.or_less(names.check(row, &self.installation)),
            _ => check,
        }
    }

    /// All of it but what a CPE name and NVD's configurations ask.
    #[inline]
    fn check_of_package(&self, row: &Row, installed: &VersionText, scheme: &VersionScheme) -> Check {
        let Some(asked) = row.affected.conditions.as_deref() else {
            return self.check_of_nothing(row, installed);
        };
        let answers = self.answers(asked, row, installed, scheme);
        let (holds, condition) =
            answers.into_iter().min_by_key(|(holds, _)| *holds).unwrap_or((Holds::Yes, ""));
        Check { holds, condition }
    }

    /// Whether each condition holds, and what it is about.
    pub(crate) fn answers(
        &self,
        asked: &Conditions,
        row: &Row,
        installed: &VersionText,
        scheme: &VersionScheme,
    ) -> [(Holds, &'static str); 10] {
        let is_of_build = row.affected.key.kind != KeyKind::Cpe;
        let of_build = |holds: Holds| if is_of_build { holds } else { Holds::Yes };
        let has_mark = asked.version_mark.as_deref().is_none_or(|mark| installed.as_str().contains(mark));
        [
            (of_build(self.is_of_module(asked.module.as_deref(), row, installed)), "module"),
            (of_build(self.is_of_flavour(asked.flavour.as_deref())), "flavour"),
            (self.is_of_architecture(&asked.architectures), "architecture"),
            (self.gets_channel(asked), "channel"),
            (self.runs_on(&asked.systems), "system"),
            (self.has_linked(&asked.imports), "imports"),
            (self.is_made_for(asked.target_software.as_deref(), row), "target-software"),
            (is_of_line(asked.line.as_ref(), installed, scheme), "line"),
            (is_when(has_mark), "version-mark"),
            (self.is_from(asked.vendor.as_deref()), "vendor"),
        ]
    }

    /// The same of what a row of a CPE name asks besides: the name, and what is installed beside it.
    pub(crate) fn answers_of_name(&self, row: &Row) -> Option<[(Holds, &'static str); 2]> {
        let names = self.names.as_deref().filter(|_| row.affected.key.kind == KeyKind::Cpe)?;
        Some(names.answers(row, &self.installation))
    }

    /// What the package or its installation has of what the condition called `name` is about, where that is one thing.
    pub(crate) fn has(&self, name: &str) -> Option<String> {
        let installation = &self.installation;
        let text = match name {
            "module" => match &self.module {
                Module::Stream(stream) => stream,
                Module::None | Module::Unknown => return None,
            },
            "flavour" => self.flavour?,
            "architecture" => self.architecture.as_deref().or(installation.architecture.as_deref())?,
            "system" => installation.system.as_deref()?,
            "target-software" => self.platform.as_deref()?,
            "vendor" => self.supplier.as_deref()?,
            "channel" => {
                let of = installation.channels.iter().chain(&installation.products);
                let texts: Vec<&str> = of.map(|it| &**it).collect();
                return (!texts.is_empty()).then(|| texts.join(", "));
            }
            _ => return None,
        };
        Some(text.to_owned())
    }

    /// A row that asks nothing may yet be for other packages than those of a module or flavour. What is said of software by its
    /// CPE name is said whoever built it.
    fn check_of_nothing(&self, row: &Row, installed: &VersionText) -> Check {
        if self.module == Module::None && self.flavour.is_none() || row.affected.key.kind == KeyKind::Cpe {
            return Check { holds: Holds::Yes, condition: "" };
        }
        let of_module = self.is_of_module(None, row, installed);
        let of_flavour = self.is_of_flavour(None);
        match of_module <= of_flavour {
            true => Check { holds: of_module, condition: "module" },
            false => Check { holds: of_flavour, condition: "flavour" },
        }
    }

    /// Where the stream that a row is of stands, seen from the installation: the lowest is the nearest.
    ///
    /// An extended stream that the installation is on comes before the main one. Where rows are of minor releases, that of
    /// the nearest one up to the installation's counts, else of the next after it (feeds.md A5).
    pub(crate) fn stream_rank(&self, conditions: &Conditions) -> u32 {
        if conditions.channel.as_deref().is_some_and(is_stream) {
            return 0;
        }
        let ranks = conditions.products.iter().map(|product| self.product_rank(product));
        ranks.min().unwrap_or(MAIN_STREAM)
    }

    /// Versions of a layered product are alternatives where several are installed: nothing tells which of them a package is
    /// from. What is said of all versions of a major one comes behind what is said of an installed one.
    fn product_rank(&self, product: &str) -> u32 {
        if !is_release(product) {
            return if self.installation.products.contains(product) { 0 } else { MAIN_STREAM };
        }
        self.minor_rank(product.rsplit_once('.').and_then(|(_, minor)| minor.parse().ok()))
    }

    /// Where what is said of a minor release stands, seen from the installation's; of none it is said of all.
    pub(crate) fn minor_rank(&self, minor: Option<u32>) -> u32 {
        match (minor, self.installation.minor) {
            (Some(of_row), Some(own)) if of_row <= own => 1 + (own - of_row).min(MAIN_STREAM - 2),
            (Some(of_row), Some(own)) => MAIN_STREAM + 1 + (of_row - own).min(MAIN_STREAM),
            (Some(of_row), None) => MAIN_STREAM + 1 + (MAIN_STREAM - of_row.min(MAIN_STREAM)),
            (None, _) => MAIN_STREAM,
        }
    }

    /// A row of a module is for packages of that module alone; where a feed tells modules apart, its rows without one are
    /// not for packages of a module (feeds.md B8). Some rows do not say of which module their fix is: they may be for a
    /// package of the same version.
    fn is_of_module(&self, asked: Option<&str>, row: &Row, installed: &VersionText) -> Holds {
        const TELLING_APART: [&str; 4] = ["almalinux", "oracle", "redhat", "rocky"];
        let namespace = row.affected.key.namespace.distro_id().unwrap_or_default();
        match (asked, &self.module) {
            (None, Module::None) => Holds::Yes,
            (None, _) if !TELLING_APART.contains(&namespace) => Holds::Yes,
            (None, Module::Stream(_)) if has_fix_of_some_module(row, installed) => Holds::Unknown,
            (None, Module::Stream(_)) => Holds::No,
            (_, Module::Unknown) => Holds::Unknown,
            (Some(asked), Module::Stream(own)) => is_when(asked == &**own),
            (Some(_), Module::None) => Holds::No,
        }
    }

    /// Builds of a flavour (FIPS, Ksplice, UEK) have versions of their own: they are compared with rows of that flavour only
    /// (feeds.md A6, A7).
    fn is_of_flavour(&self, asked: Option<&str>) -> Holds {
        is_when(asked == self.flavour)
    }

    fn is_of_architecture(&self, asked: &[Box<str>]) -> Holds {
        if asked.is_empty() {
            return Holds::Yes;
        }
        let Some(own) = self.architecture.as_deref().or(self.installation.architecture.as_deref()) else {
            return Holds::Unknown;
        };
        let own = architecture(own);
        let is_any = |architecture: &str| matches!(architecture, "noarch" | "all" | "any");
        is_when(
            is_any(own)
                || asked.iter().map(|asked| architecture(asked)).any(|asked| is_any(asked) || asked == own),
        )
    }

    /// Extended streams and layered products are asked only of an installation that is on them. What a long-term channel
    /// fixes in the release itself is of the same line of versions, so it says something to everybody (feeds.md A10).
    fn gets_channel(&self, asked: &Conditions) -> Holds {
        let installation = &self.installation;
        match asked.channel.as_deref() {
            Some(channel) if is_stream(channel) => is_when(installation.channels.contains(channel)),
            Some(_) => Holds::Yes,
            None => {
                let is_own = |product: &str| is_release(product) || installation.has_product(product);
                is_when(asked.products.is_empty() || asked.products.iter().any(|product| is_own(product)))
            }
        }
    }

    /// What a record says of systems is in words of people's own (`Linux`, `x64-based Systems`): only words that are
    /// systems for certain, and none of them the installation's, keep the row away.
    fn runs_on(&self, asked: &[Box<str>]) -> Holds {
        if asked.is_empty() {
            return Holds::Yes;
        }
        let words: Vec<String> = asked.iter().map(|word| word.to_lowercase()).collect();
        let Some(own) = self.installation.system.as_deref() else { return Holds::Unknown };
        if words.iter().any(|word| word == own) {
            return Holds::Yes;
        }
        match words.iter().all(|word| OTHER_SYSTEMS.contains(&word.as_str())) {
            true => Holds::No,
            false => Holds::Unknown,
        }
    }

    /// One of the packages that a Go record names was linked in, for a target that it names (feeds.md A21). Where the SBOM
    /// does not say what was linked in, any may have been: the case itself is less sure for it.
    fn has_linked(&self, asked: &[Import]) -> Holds {
        if asked.is_empty() {
            return Holds::Yes;
        }
        let installation = &self.installation;
        let is_or_unknown = |own: Option<&str>, asked: &[Box<str>]| {
            asked.is_empty() || own.is_none_or(|own| asked.iter().any(|asked| &**asked == own))
        };
        let mut for_target = asked.iter().filter(|import| {
            is_or_unknown(installation.system.as_deref(), &import.systems)
                && is_or_unknown(installation.architecture.as_deref(), &import.architectures)
        });
        let is_linked = |import: &Import| {
            self.imports.is_empty() || self.imports.binary_search_by(|own| (**own).cmp(&import.path)).is_ok()
        };
        is_when(for_target.any(is_linked))
    }

    /// A record may be about the build of a package for one platform alone: a gem for JRuby (feeds.md A20). Rows of CPE
    /// names are told apart when they are asked for.
    fn is_made_for(&self, asked: Option<&str>, row: &Row) -> Holds {
        let Some(asked) = asked.filter(|_| !row.affected.key.namespace.is_cpe()) else { return Holds::Yes };
        // Of no other ecosystem is it known what its packages are made for.
        if row.affected.key.namespace.as_str() != Ecosystem::Gem.name() {
            return Holds::Unknown;
        }
        let own = self.platform.as_deref().unwrap_or("ruby");
        let is_java = |word: &str| matches!(word, "java" | "jruby");
        is_when(asked == own || is_java(asked) && is_java(own))
    }

    fn is_from(&self, asked: Option<&str>) -> Holds {
        match (asked, self.supplier.as_deref()) {
            (None, _) => Holds::Yes,
            (Some(_), None) => Holds::Unknown,
            (Some(asked), Some(own)) => is_when(own.to_lowercase().contains(&asked.to_lowercase())),
        }
    }
}

/// Systems that container images for Linux are none of.
const OTHER_SYSTEMS: [&str; 20] = [
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "illumos",
    "ios",
    "iphone_os",
    "js",
    "mac os",
    "mac_os",
    "macos",
    "netbsd",
    "openbsd",
    "plan9",
    "redox",
    "solaris",
    "wasip1",
    "wasm",
    "windows",
];

pub(crate) fn is_when(holds: bool) -> Holds {
    if holds { Holds::Yes } else { Holds::No }
}

/// Whether a channel is a stream of its own beside the release's (`eus:9.2`), and not more of the same (`ltss`).
fn is_stream(channel: &str) -> bool {
    channel.contains(':')
}

/// Whether a product is a minor release of the distribution itself, and none that is layered upon it.
fn is_release(product: &str) -> bool {
    product.contains(":redhat:enterprise_linux:")
}

/// The one word for an architecture that has several (feeds.md B2).
pub(crate) fn architecture(word: &str) -> &str {
    match word {
        "amd64" | "x64" => "x86_64",
        "arm64" | "arm64v8" => "aarch64",
        "386" | "i386" | "i486" | "i586" | "i686" => "x86",
        "arm" | "armhf" | "armv7hl" | "arm/v7" => "armv7l",
        "ppc64el" => "ppc64le",
        other => other,
    }
}

/// `name:stream` of a label `name:stream:version:context`; without a label, what the release tells.
fn module(package: &Package) -> Module {
    if package.ecosystem != Ecosystem::Rpm {
        return Module::None;
    }
    match package.module.as_deref().filter(|label| !label.is_empty()) {
        // A name alone tells no stream.
        Some(label) if !label.contains(':') => Module::Unknown,
        Some(label) => {
            let end = label.match_indices(':').nth(1).map_or(label.len(), |(end, _)| end);
            Module::Stream(label[..end].into())
        }
        None if package.version.as_str().contains(".module") => Module::Unknown,
        None => Module::None,
    }
}

/// The flavour that an RPM was built in, as its name or version says.
fn flavour(package: &Package) -> Option<&'static str> {
    let version = package.version.as_str();
    match package.ecosystem {
        Ecosystem::Rpm if package.name.starts_with("kernel-livepatch") => Some("livepatch"),
        Ecosystem::Rpm if version.contains(".ksplice") => Some("ksplice"),
        Ecosystem::Rpm if version.contains("_fips") => Some("fips"),
        // Oracle's unbreakable kernel, and the tools that are built with it under names of the other kernel's: `bpftool`.
        Ecosystem::Rpm if release_of(version).contains("uek") => Some("uek"),
        _ => None,
    }
}

fn release_of(version: &str) -> &str {
    version.rsplit_once('-').map_or("", |(_, release)| release)
}

/// The platform that a gem was built for, `java`.
fn platform(package: &Package) -> Option<Box<str>> {
    if package.ecosystem != Ecosystem::Gem {
        return None;
    }
    let purl: Purl = package.purl.parse().ok()?;
    purl.qualifiers.get("platform").map(|platform| platform.as_str().into())
}

/// Whether a fix of `row` was built in a module, as its release says (`142.module+el8.7.0`), and is of the same major and
/// minor version as `installed`. Streams of a module have versions of their own (ruby 2.7 and 3.0), so it is of its stream.
fn has_fix_of_some_module(row: &Row, installed: &VersionText) -> bool {
    let line = |text: &str| -> Option<String> {
        let text = text.split_once(':').map_or(text, |(_, rest)| rest);
        let (version, _) = text.rsplit_once('-')?;
        Some(version.split('.').take(2).collect::<Vec<_>>().join("."))
    };
    let installed = line(installed.as_str());
    let mut fixes =
        row.affected.ranges.iter().flat_map(|range| &range.events).filter_map(|event| match event {
            RangeEvent::Fixed(version) => Some(version.as_str()),
            _ => None,
        });
    fixes.any(|fixed| fixed.contains(".module") && line(fixed) == installed)
}

/// A row may be about one of several lines of a package: versions below it are of an older one (feeds.md A6).
fn is_of_line(asked: Option<&VersionText>, installed: &VersionText, scheme: &VersionScheme) -> Holds {
    let Some(line) = asked else { return Holds::Yes };
    match (scheme.compare)(installed.as_str(), line.as_str()) {
        None => Holds::Unknown,
        Some(Ordering::Less) => Holds::No,
        Some(Ordering::Equal | Ordering::Greater) => Holds::Yes,
    }
}
