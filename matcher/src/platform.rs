//! What NVD's configurations ask to be there besides the vulnerable software (feeds.md A22).
//!
//! A configuration is a tree of products that is held against the inventory as it is: what an SBOM does not list is not
//! there. Three things it cannot tell:
//!
//! - **Hardware and firmware** are in no image. A tree that needs them, or that needs them to be absent, does not hold: NVD
//!   means a device, and the package is not one.
//! - **The system**, where neither a platform nor a distribution is stated. Then a tree that asks for one may hold.
//! - **The kernel** of a container is that of its host: "on Linux" holds for every image of Linux, "on Linux before 5.4"
//!   may hold, unless the image brings a kernel of its own.
//!
//! What may hold lets a row apply with less confidence. Below a negation it does not: that something is absent has to be
//! known (A22, rule 4).

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use model::advisory::{CpeBounds, Platform};
use model::cpe::{Attribute, Cpe};
use model::distro::Distro;
use model::inventory::Inventory;
use model::package::Package;
use model::version::VersionText;

use crate::cpe::{StatedVersion, known, stated, upstream};
use crate::gate::{Holds, Installation, architecture};
use crate::version;

/// What is installed together, as platforms ask for it: one for all packages of an inventory, or of a part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Neighbours {
    /// The versions of products whose names are stated, by `vendor:product`.
    products: BTreeMap<Box<str>, Versions>,
    /// The same of packages, by their names in lower case: a product may be one of them.
    names: BTreeMap<Box<str>, Versions>,
    /// The version of the distribution, by the names that NVD has for it.
    distros: BTreeMap<Box<str>, Option<VersionText>>,
}

/// How many versions of one product are looked at, for each row that asks for it; real inventories have a handful.
const VERSIONS_MAX: usize = 64;

/// Versions of one product; sorted, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Versions {
    some: Vec<VersionText>,
    /// Whether there are others, which are not looked at.
    has_more: bool,
}

impl Versions {
    fn keep_some(&mut self) {
        self.some.sort_by(|left, right| left.as_str().cmp(right.as_str()));
        self.some.dedup();
        self.has_more = self.some.len() > VERSIONS_MAX;
        self.some.truncate(VERSIONS_MAX);
    }
}

/// Distributions as NVD names them.
const DISTROS: &[(&str, &str)] = &[
    ("almalinux", "almalinux:almalinux"),
    ("alpine", "alpinelinux:alpine_linux"),
    ("amzn", "amazon:linux"),
    ("arch", "archlinux:arch_linux"),
    ("azurelinux", "microsoft:azure_linux"),
    ("centos", "centos:centos"),
    ("debian", "debian:debian_linux"),
    ("fedora", "fedoraproject:fedora"),
    ("gentoo", "gentoo:linux"),
    ("mariner", "microsoft:cbl-mariner"),
    ("ol", "oracle:linux"),
    ("opensuse-leap", "opensuse:leap"),
    ("opensuse-tumbleweed", "opensuse:tumbleweed"),
    ("photon", "vmware:photon_os"),
    ("rhel", "redhat:enterprise_linux"),
    ("rhel", "redhat:enterprise_linux_eus"),
    ("rhel", "redhat:enterprise_linux_server"),
    ("rhel", "redhat:enterprise_linux_workstation"),
    ("rocky", "resf:rocky_linux"),
    ("sles", "suse:linux_enterprise_server"),
    ("sles", "suse:suse_linux_enterprise_server"),
    ("ubuntu", "canonical:ubuntu_linux"),
];

impl Neighbours {
    /// What `packages`, which were installed on `distro`, are to each other.
    pub(crate) fn of<'p>(distro: Option<&Distro>, packages: impl Iterator<Item = &'p Package>) -> Self {
        let mut neighbours = Self::default();
        for package in packages {
            let version = upstream(package.ecosystem, package.version.as_str());
            let name = match &package.source {
                Some(source) if package.ecosystem.is_os() => source.name.to_lowercase(),
                _ => package.name.to_lowercase(),
            };
            let mut add =
                |name: &str| neighbours.names.entry(name.into()).or_default().some.push(version.clone());
            add(&name);
            if known::known_name(&name) != name {
                add(known::known_name(&name));
            }
            for stated in stated(package) {
                if let StatedVersion::Whole(version) = stated.version {
                    let versions = neighbours.products.entry((&*stated.key.name).into()).or_default();
                    versions.some.push((*version).into());
                }
            }
        }
        for versions in neighbours.names.values_mut().chain(neighbours.products.values_mut()) {
            versions.keep_some();
        }
        if let Some(distro) = distro {
            let names = DISTROS.iter().filter(|(id, _)| *id == distro.id).map(|(_, name)| (*name).into());
            let version = distro.version.as_deref().map(VersionText::from);
            neighbours.distros.extend(names.map(|name| (name, version.clone())));
            let stated = distro.hints.iter().filter_map(|hint| Cpe::parse(hint.strip_prefix("cpe=")?));
            for cpe in stated {
                let Some(key) = cpe.key() else { continue };
                let version = cpe.version.value().map(VersionText::from);
                neighbours.distros.entry((&*key.name).into()).or_insert(version);
            }
        }
        neighbours
    }
}

/// What is installed together in `inventory`, each once, and the position among them of what is of no part, and of each part.
pub(crate) fn neighbourhoods(inventory: &Inventory) -> (Vec<Arc<Neighbours>>, Vec<usize>) {
    let mut members: Vec<Vec<&Package>> = vec![Vec::new(); inventory.parts.len() + 1];
    for package in &inventory.packages {
        let position = package.part.map_or(0, |part| part.as_usize() + 1);
        let position = if position < members.len() { position } else { 0 };
        members[position].push(package);
    }
    let distros = std::iter::once(&inventory.distro).chain(inventory.parts.iter().map(|part| &part.distro));
    let mut known: HashMap<Arc<Neighbours>, usize> = HashMap::new();
    let mut all = Vec::new();
    let positions = distros.zip(members).map(|(distro, packages)| {
        let neighbours = Arc::new(Neighbours::of(distro.as_ref(), packages.into_iter()));
        *known.entry(neighbours).or_insert_with_key(|neighbours| {
            all.push(neighbours.clone());
            all.len() - 1
        })
    });
    let positions = positions.collect();
    (all, positions)
}

/// Whether what `platform` asks for is there. It takes time linear in the platform.
pub(crate) fn holds(platform: &Platform, neighbours: &Neighbours, installation: &Installation) -> Holds {
    evaluate(platform, false, &|product| is_there(product, neighbours, installation))
}

/// Whether a product is there; what is more so is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Presence {
    Absent,
    /// No inventory tells, of any image.
    Untold,
    /// This one does not tell.
    Unknown,
    Present,
}

/// The tree with its negations moved down to the products, so that what is not told holds neither way.
fn evaluate(platform: &Platform, is_negated: bool, is_there: &dyn Fn(&CpeBounds) -> Presence) -> Holds {
    let all = |parts: &[Platform]| least(parts, |part| evaluate(part, is_negated, is_there));
    let any = |parts: &[Platform]| most(parts, |part| evaluate(part, is_negated, is_there));
    match (platform, is_negated) {
        (Platform::All(parts), false) | (Platform::Any(parts), true) => all(parts),
        (Platform::Any(parts), false) | (Platform::All(parts), true) => any(parts),
        (Platform::Not(inner), _) => evaluate(inner, !is_negated, is_there),
        (Platform::Product(product), _) => match (is_there(product), is_negated) {
            (Presence::Present, false) | (Presence::Absent, true) => Holds::Yes,
            (Presence::Unknown, false) => Holds::Unknown,
            (Presence::Absent | Presence::Untold, false)
            | (Presence::Present | Presence::Untold | Presence::Unknown, true) => Holds::No,
        },
    }
}

/// The least of all; nothing more is looked at once one does not hold.
fn least(parts: &[Platform], holds: impl Fn(&Platform) -> Holds) -> Holds {
    let mut least = Holds::Yes;
    for part in parts {
        least = least.min(holds(part));
        if least == Holds::No {
            break;
        }
    }
    least
}

/// The most of any; none of nothing.
fn most(parts: &[Platform], holds: impl Fn(&Platform) -> Holds) -> Holds {
    let mut most = Holds::No;
    for part in parts {
        most = most.max(holds(part));
        if most == Holds::Yes {
            break;
        }
    }
    most
}

fn is_there(product: &CpeBounds, neighbours: &Neighbours, installation: &Installation) -> Presence {
    let Some(cpe) = Cpe::parse(&product.criteria) else { return Presence::Untold };
    let (Some(key), Some(name)) = (cpe.key(), cpe.product.value()) else { return Presence::Untold };
    if cpe.part.value() == Some("h") || name.ends_with("_firmware") {
        return Presence::Untold;
    }
    let of = |versions: &Versions| best(versions, |version| within(product, &cpe, &key.name, version));
    let asked_besides = asked_besides(&cpe, installation);
    if let Some(versions) = neighbours.products.get(&*key.name) {
        return of(versions).min(asked_besides);
    }
    if cpe.part.value() == Some("o") {
        return system(product, &cpe, &key.name, neighbours, installation);
    }
    // Somebody else's product may have the same name.
    let names = std::iter::once(name).chain(known::packages(&key.name));
    let is_perhaps = names
        .filter_map(|name| neighbours.names.get(name))
        .any(|versions| of(versions).min(asked_besides) > Presence::Untold);
    if is_perhaps { Presence::Unknown } else { Presence::Absent }
}

/// What is most there of several versions; nothing more is looked at once one is.
fn best(versions: &Versions, within: impl Fn(&VersionText) -> Presence) -> Presence {
    let mut best = if versions.has_more { Presence::Unknown } else { Presence::Absent };
    for version in &versions.some {
        best = best.max(within(version));
        if best == Presence::Present {
            break;
        }
    }
    best
}

/// Whether what `cpe` asks of a product besides its version is so: software for another system or other hardware than the
/// installation's is another; an edition, a language and what else it is made for are not known of neighbours.
fn asked_besides(cpe: &Cpe<'_>, installation: &Installation) -> Presence {
    let is_own = |own: Option<&str>, asked: &str| match own {
        None => Presence::Unknown,
        Some(own) if own == asked => Presence::Present,
        Some(_) => Presence::Absent,
    };
    let of_system = match cpe.target_software.value().map(system_of_target) {
        None => Presence::Present,
        Some(None) => Presence::Unknown,
        Some(Some(system)) => is_own(installation.system.as_deref(), system),
    };
    let of_hardware = match cpe.target_hardware.value() {
        None => Presence::Present,
        Some(asked) => is_own(installation.architecture.as_deref().map(architecture), architecture(asked)),
    };
    let others = [&cpe.edition, &cpe.language, &cpe.software_edition, &cpe.other];
    let of_others = match others.into_iter().any(|attribute| attribute.value().is_some()) {
        true => Presence::Unknown,
        false => Presence::Present,
    };
    of_system.min(of_hardware).min(of_others)
}

/// Systems in the words of Go, by vendor and the beginning of the product.
const SYSTEMS: &[(&str, &str)] = &[
    ("apple:ipad", "ios"),
    ("apple:iphone_os", "ios"),
    ("apple:mac_os", "darwin"),
    ("apple:macos", "darwin"),
    ("freebsd:freebsd", "freebsd"),
    ("google:android", "android"),
    ("linux:linux", "linux"),
    ("microsoft:windows", "windows"),
    ("netbsd:netbsd", "netbsd"),
    ("opengroup:unix", "linux"),
    ("openbsd:openbsd", "openbsd"),
    ("oracle:solaris", "solaris"),
    ("sun:solaris", "solaris"),
];

/// The system that a CPE's `target_sw` stands for, in the words of Go.
pub(crate) fn system_of_target(target: &str) -> Option<&'static str> {
    Some(match target {
        "linux" | "linux_kernel" | "unix" => "linux",
        "android" => "android",
        "freebsd" => "freebsd",
        "ios" | "iphone_os" | "ipados" | "ipad_os" => "ios",
        "mac_os" | "mac_os_x" | "macos" | "os_x" => "darwin",
        _ if target.starts_with("windows") => "windows",
        _ => return None,
    })
}

fn system(
    product: &CpeBounds,
    cpe: &Cpe<'_>,
    name: &str,
    neighbours: &Neighbours,
    installation: &Installation,
) -> Presence {
    if let Some(version) = neighbours.distros.get(name) {
        return version
            .as_ref()
            .map_or(Presence::Unknown, |version| release_within(product, cpe, name, version));
    }
    let system = SYSTEMS.iter().find(|(prefix, _)| name.starts_with(prefix)).map(|(_, system)| *system);
    match (system, installation.system.as_deref()) {
        (_, None) => Presence::Unknown,
        (Some(asked), Some(own)) if asked == own => {
            match is_bounded(product) || cpe.version.value().is_some() {
                true => Presence::Unknown,
                false => Presence::Present,
            }
        }
        // Another system, another distribution of it, or an appliance.
        (_, Some(_)) => Presence::Absent,
    }
}

fn is_bounded(product: &CpeBounds) -> bool {
    bounds(product).iter().any(|(bound, _)| bound.is_some())
}

/// A bound, and what the installed version must be to it.
type Bound<'a> = (Option<&'a VersionText>, fn(Ordering) -> bool);

fn bounds(product: &CpeBounds) -> [Bound<'_>; 4] {
    [
        (product.start_including.as_ref(), Ordering::is_ge),
        (product.start_excluding.as_ref(), Ordering::is_gt),
        (product.end_including.as_ref(), Ordering::is_le),
        (product.end_excluding.as_ref(), Ordering::is_lt),
    ]
}

/// Whether `version` is one that is meant.
fn within(product: &CpeBounds, cpe: &Cpe<'_>, name: &str, version: &VersionText) -> Presence {
    let scheme = version::for_cpe(name);
    let stands = |bound: &str, is_meant: fn(Ordering) -> bool| match (scheme.compare)(version.as_str(), bound)
    {
        None => Presence::Unknown,
        Some(order) if is_meant(order) => Presence::Present,
        Some(_) => Presence::Absent,
    };
    if !is_bounded(product) {
        return match cpe.full_version() {
            Some(meant) => stands(&meant, Ordering::is_eq),
            None => Presence::Present,
        };
    }
    let stated = bounds(product).into_iter();
    let stated = stated.filter_map(|(bound, is_meant)| Some(stands(bound?.as_str(), is_meant)));
    let mut all = Presence::Present;
    for presence in stated {
        match presence {
            Presence::Absent => return Presence::Absent,
            Presence::Present => {}
            Presence::Unknown | Presence::Untold => all = Presence::Unknown,
        }
    }
    all
}

/// Whether the release `version` of a distribution is one that is meant: `9.0` and `9` stand for all of `9.4`'s line, and
/// an update (`sp3`, `esm`) is not looked at where none can be told. What is installed may be known by its line alone: `9`
/// may be `9.4`.
fn release_within(product: &CpeBounds, cpe: &Cpe<'_>, name: &str, version: &VersionText) -> Presence {
    let Some(meant) = cpe.version.value().filter(|_| !is_bounded(product)) else {
        let is_within_line = |bound: &VersionText| is_of_line(bound.as_str(), version.as_str());
        let is_unknown = bounds(product).iter().filter_map(|(bound, _)| *bound).any(is_within_line);
        let presence = within(product, cpe, name, version);
        return if is_unknown { Presence::Unknown } else { presence };
    };
    let meant = meant.strip_suffix(".0").unwrap_or(meant);
    if is_of_line(meant, version.as_str()) {
        return Presence::Unknown;
    }
    if meant != version.as_str() && !is_of_line(version.as_str(), meant) {
        return Presence::Absent;
    }
    match cpe.update {
        Attribute::Is(_) => Presence::Unknown,
        Attribute::Any | Attribute::NotApplicable => Presence::Present,
    }
}

/// Whether `version` is one of the line `line`, and more than that.
fn is_of_line(version: &str, line: &str) -> bool {
    version.strip_prefix(line).is_some_and(|rest| rest.starts_with('.'))
}

#[cfg(test)]
mod tests;
