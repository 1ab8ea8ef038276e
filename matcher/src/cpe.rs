//! Packages by their CPE names (feeds.md A22, C13, D1, D3).
//!
//! NVD and the CVE list speak of products, not of packages. A package is looked up there by the names that are stated for
//! it and, where a [`Fallback`] was asked for, by names that are guessed of its own: what is found so is a guess with less
//! confidence, and what a vendor or an advisory database says of the package always comes before it.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use model::advisory::{Conditions, RangeEvent, Row};
use model::cpe::{Attribute, Cpe};
use model::ecosystem::Ecosystem;
use model::finding::MatchType;
use model::key::{Namespace, PackageKey};
use model::package::{Mark, Package};
use model::report::UnmatchedReason;

use crate::authority::Statement;
use crate::case::{Consulted, Role};
use crate::gate::{Check, Holds, Installation, architecture, is_when};
use crate::platform::{self, Neighbours};
use crate::range::{Containment, names_version};
use crate::version::{self, VersionScheme};

/// The provider of what is said by vendor and product alone.
const CVE_LIST: &str = "cve-list";

mod guess;
pub(crate) mod known;
mod stated;

pub(crate) use guess::is_same_target;
use guess::{guesses, is_module, own_vendor, targets_of};
pub(crate) use stated::{StatedVersion, stated, upstream};

/// Which packages are looked up by CPE name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fallback {
    /// None.
    #[default]
    Off,
    /// What states a name and has nobody else to speak of it: programs, Java runtimes, WordPress plugins, components of
    /// Bitnami.
    Stated,
    /// Those; packages of distributions whose feeds publish only fixes and name no CPE (Alpine, Wolfi, Chainguard); and
    /// whatever has no feed at all.
    All,
    /// Those of [`Fallback::Stated`], and packages of these: distributions by id (`alpine`), ecosystems by name (`conan`).
    Of(BTreeSet<Box<str>>),
}

/// Who is asked besides a package's own vendor.
#[derive(Clone, Copy, Debug)]
pub struct Besides<'a> {
    /// Which packages are looked up by CPE name.
    pub fallback: &'a Fallback,
    /// Whether Red Hat is asked what is not fixed in packages that AlmaLinux and Rocky Linux built anew (feeds.md A8, A9).
    pub unfixed_from_rhel: bool,
}

impl<'a> Besides<'a> {
    /// Whoever is asked unless it is switched off.
    pub(crate) fn of(fallback: &'a Fallback) -> Self {
        Self { fallback, unfixed_from_rhel: true }
    }
}

/// A text that names no fallback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidFallback(String);

impl fmt::Display for InvalidFallback {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}` is no fallback: write `cpe`, `cpe:alpine,wolfi` or `off`", self.0)
    }
}

impl std::error::Error for InvalidFallback {}

impl FromStr for Fallback {
    type Err = InvalidFallback;

    fn from_str(text: &str) -> Result<Self, InvalidFallback> {
        let invalid = || InvalidFallback(text.to_owned());
        match text.split_once(':') {
            None if text == "off" => Ok(Self::Off),
            None if text == "cpe" => Ok(Self::All),
            Some(("cpe", names)) => {
                let is_name = |name: &str| {
                    let is_legal = |byte: u8| {
                        byte.is_ascii_lowercase()
                            || byte.is_ascii_digit()
                            || matches!(byte, b'-' | b'_' | b'.')
                    };
                    !name.is_empty() && name.bytes().all(is_legal)
                };
                let names: Vec<&str> = names.split(',').map(str::trim).collect();
                let is_valid = names.iter().all(|name| is_name(name));
                is_valid.then(|| Self::Of(names.into_iter().map(Box::from).collect())).ok_or_else(invalid)
            }
            _ => Err(invalid()),
        }
    }
}

impl fmt::Display for Fallback {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => out.write_str("off"),
            Self::Stated => out.write_str("stated"),
            Self::All => out.write_str("cpe"),
            Self::Of(names) => {
                write!(out, "cpe:{}", names.iter().map(|name| &**name).collect::<Vec<_>>().join(","))
            }
        }
    }
}

/// Distributions that publish only fixes, and whose versions are those of the software itself (feeds.md D1).
const FIX_ONLY: [&str; 3] = ["alpine", "chainguard", "wolfi"];

impl Fallback {
    /// Whether it may ask for `package`, whoever else speaks of it.
    pub(crate) fn may_ask(&self, package: &Package) -> bool {
        match self {
            Self::Off => false,
            Self::Stated => is_unspoken(package) && !package.cpes.is_empty(),
            Self::All | Self::Of(_) => true,
        }
    }

    /// The keys of `package`'s CPE names. `vendor` is the namespace that speaks of it, or would, and `unmatched` why it does
    /// not.
    pub(crate) fn keys(
        &self,
        package: &Package,
        vendor: Option<&Namespace>,
        unmatched: Option<UnmatchedReason>,
    ) -> Vec<Consulted> {
        use UnmatchedReason::{NoCode, NoDistro, NoFeed, NoVersionScheme, ThirdParty, UnknownVersion};
        // A program whose version was never stated is no release of anything.
        if matches!(unmatched, Some(NoCode)) || unmatched == Some(UnknownVersion) && !is_unspoken(package) {
            return Vec::new();
        }
        let is_unheard = matches!(unmatched, Some(NoFeed | NoDistro | ThirdParty | NoVersionScheme));
        let id = vendor.map(|vendor| vendor.distro_id().unwrap_or(vendor.as_str()));
        let is_asked = match self {
            Self::Off => return Vec::new(),
            Self::Stated => false,
            Self::All => is_unheard || id.is_some_and(|id| FIX_ONLY.contains(&id)),
            Self::Of(names) => {
                names.contains(package.ecosystem.name()) || id.is_some_and(|id| names.contains(id))
            }
        };
        if !is_asked && !is_unspoken(package) {
            return Vec::new();
        }
        let stated = stated(package);
        let known: BTreeSet<PackageKey> = stated.iter().map(|stated| stated.key.clone()).collect();
        let mut keys: Vec<Consulted> =
            stated.into_iter().map(|stated| consulted(stated.key, stated.version, Role::Cpe)).collect();
        if is_asked {
            let guessed = guesses(package).into_iter().filter(|key| !known.contains(key));
            keys.extend(guessed.flat_map(|key| {
                let versions = stated::of_guess(package, &key);
                versions.into_iter().map(move |version| consulted(key.clone(), version, Role::Guess))
            }));
        }
        keys
    }
}

/// Whether nobody but NVD and the CVE list speaks of such software, or hardly anybody (feeds.md D3, "On for"). Of the shared
/// frameworks of .NET GitHub speaks too, by the packages that they are published as; what it says comes first.
fn is_unspoken(package: &Package) -> bool {
    matches!(package.ecosystem, Ecosystem::Generic | Ecosystem::WordPress | Ecosystem::Bitnami)
        || package.marks.contains(&Mark::SharedFramework)
}

fn consulted(key: PackageKey, version: StatedVersion, role: Role) -> Consulted {
    let (version, lacks_update) = match version {
        StatedVersion::Whole(version) => (version, false),
        StatedVersion::WithoutUpdate(version) => (version, true),
    };
    Consulted { key, match_type: MatchType::Cpe, version: (*version).into(), role, lacks_update }
}

/// Whether what `row` says of a version that stands at `containment` counts. Of one without its update only what names it
/// does, unless that is said of what has no update: NVD leaves the update open in most of its names.
#[inline]
pub(crate) fn counts(
    row: &Row,
    consulted: &Consulted,
    containment: Containment,
    scheme: &VersionScheme,
) -> bool {
    let is_of_none = || {
        let meant = row.affected.aside.name.as_deref().and_then(Cpe::parse);
        meant.is_some_and(|meant| meant.update == Attribute::NotApplicable)
    };
    !consulted.lacks_update
        || names_version(&row.affected, consulted.version.as_str(), containment, scheme) && !is_of_none()
}

/// How many names of one product are looked at; real packages have a handful.
const NAMES_MAX: usize = 64;

const TOO_MANY: usize = NAMES_MAX + 1;

/// What of a package and of what is installed beside it rows of CPE names are compared with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Names {
    /// The names stated for it, of any version as [`Cpe::unversioned`] writes them, behind `vendor:product`; sorted.
    stated: Vec<(Arc<str>, Box<str>)>,
    /// The software that it is made for.
    targets: &'static [&'static str],
    /// Of a module of a language, the vendor that its name states.
    module_of: Option<Option<Box<str>>>,
    neighbours: Arc<Neighbours>,
}

impl Names {
    pub(crate) fn new(package: &Package, neighbours: Arc<Neighbours>) -> Self {
        let names = package.cpes.iter().filter_map(Cpe::parse);
        let names = names.filter_map(|cpe| Some((cpe.key()?.name, cpe.unversioned().into())));
        let names: BTreeSet<(Arc<str>, Box<str>)> = names.collect();
        let mut stated: Vec<(Arc<str>, Box<str>)> = Vec::new();
        let mut n_of_product = 0;
        for (product, name) in names {
            let is_next = stated.last().is_some_and(|(last, _)| *last == product);
            n_of_product = if is_next { n_of_product + 1 } else { 1 };
            match n_of_product {
                ..=NAMES_MAX => stated.push((product, name)),
                // Of so many nothing is known but vendor and product.
                TOO_MANY => stated.push((product, "cpe:2.3:*:*:*:*:*:*:*:*:*:*:*".into())),
                _ => {}
            }
        }
        let targets = targets_of(package);
        let module_of = is_module(package).then(|| own_vendor(package).map(Box::from));
        Self { stated, targets, module_of, neighbours }
    }

    /// Whether what a row of a CPE name says beside vendor, product and version is so.
    pub(crate) fn check(&self, row: &Row, installation: &Installation) -> Check {
        let asked = row.affected.conditions.as_deref();
        let platform = |platform| platform::holds(platform, &self.neighbours, installation);
        let of_name = Check { holds: self.is_called(row, asked, installation), condition: "cpe" };
        match asked.and_then(|asked| asked.platform.as_ref()) {
            Some(_) if of_name.holds == Holds::No => of_name,
            Some(asked) => of_name.or_less(Check { holds: platform(asked), condition: "platform" }),
            None => of_name,
        }
    }

    /// Whether each part of that holds, and what it is about: the name, and what is installed beside it.
    pub(crate) fn answers(&self, row: &Row, installation: &Installation) -> [(Holds, &'static str); 2] {
        let asked = row.affected.conditions.as_deref();
        let platform = asked.and_then(|asked| asked.platform.as_ref());
        let of_platform =
            platform.map_or(Holds::Yes, |asked| platform::holds(asked, &self.neighbours, installation));
        [(self.is_called(row, asked, installation), "cpe"), (of_platform, "platform")]
    }

    /// Whether one of the stated names is among those that the row names; of a package that states none of this vendor and
    /// product, whether its name may be.
    fn is_called(&self, row: &Row, asked: Option<&Conditions>, installation: &Installation) -> Holds {
        let meant = row.affected.aside.name.as_deref().and_then(Cpe::parse);
        let target = asked.and_then(|asked| asked.target_software.as_deref());
        let asked_for = &row.affected.key.name;
        let start = self.stated.partition_point(|(product, _)| product < asked_for);
        let own = self.stated[start..].iter().take_while(|(product, _)| product == asked_for);
        let own = own.filter_map(|(_, name)| Cpe::parse(name));
        let of_own = own.map(|own| {
            let of_target = match &own.target_software {
                Attribute::Is(own) if target.is_some() => {
                    is_when(target.is_some_and(|target| is_same_target(target, own)))
                }
                _ => self.is_made_for(target, installation),
            };
            of_target.min(
                meant
                    .as_ref()
                    .map_or_else(|| is_application(&own, row), |meant| meet(meant, &own, installation)),
            )
        });
        of_own.max().unwrap_or_else(|| {
            let guess = Cpe { part: Attribute::Is("a".into()), ..Cpe::default() };
            let of_name = meant.as_ref().map_or(Holds::Yes, |meant| meet(meant, &guess, installation));
            let of_target = match target {
                None if self.needs_target(asked_for) => Holds::No,
                _ => self.is_made_for(target, installation),
            };
            of_target.min(of_name)
        })
    }

    /// Whether a guess has to be confirmed by what software a row is for: `redis:redis` is the server, and a module of that name
    /// its client, unless the row is for the module's language or the vendor is the module's own (feeds.md D1, D3).
    fn needs_target(&self, software: &str) -> bool {
        let Some(vendor) = &self.module_of else { return false };
        software
            .split_once(':')
            .is_some_and(|(meant, product)| meant == product && vendor.as_deref() != Some(meant))
    }

    /// Software for something else never matches (feeds.md D3); a system is compared with the installation's.
    fn is_made_for(&self, target: Option<&str>, installation: &Installation) -> Holds {
        let Some(target) = target else { return Holds::Yes };
        if self.targets.contains(&target) {
            return Holds::Yes;
        }
        match platform::system_of_target(target) {
            Some(system) => {
                installation.system.as_deref().map_or(Holds::Unknown, |own| is_when(own == system))
            }
            None => Holds::No,
        }
    }
}

/// A row whose name says no more than vendor and product is of an application. Those of the CVE list that were found by vendor
/// and product alone say nothing of it.
fn is_application(own: &Cpe<'_>, row: &Row) -> Holds {
    match own.part.value().is_none_or(|part| part == "a") {
        true => Holds::Yes,
        false if row.provider == CVE_LIST => Holds::Unknown,
        false => Holds::No,
    }
}

/// Whether `own` may be what `meant` names (NIST IR 7696, without wildcards): a value that only `meant` has may be `own`'s.
fn meet(meant: &Cpe<'_>, own: &Cpe<'_>, installation: &Installation) -> Holds {
    let attribute = |meant: &Attribute<'_>, own: &Attribute<'_>| match (meant, own) {
        (Attribute::Any, _) | (Attribute::NotApplicable, Attribute::Any | Attribute::NotApplicable) => {
            Holds::Yes
        }
        (Attribute::NotApplicable, Attribute::Is(_)) | (Attribute::Is(_), Attribute::NotApplicable) => {
            Holds::No
        }
        (Attribute::Is(_), Attribute::Any) => Holds::Unknown,
        (Attribute::Is(meant), Attribute::Is(own)) => is_when(meant == own),
    };
    let hardware = match (&meant.target_hardware, &own.target_hardware, installation.architecture.as_deref())
    {
        (Attribute::Is(meant), Attribute::Any, Some(own)) => {
            is_when(architecture(meant) == architecture(own))
        }
        (meant, own, _) => attribute(meant, own),
    };
    [
        (&meant.part, &own.part),
        // That of an installed version belongs to the version.
        (&meant.update, &Attribute::Any),
        (&meant.edition, &own.edition),
        (&meant.language, &own.language),
        (&meant.software_edition, &own.software_edition),
        // What software it is made for is a condition of the row; that it is for none is not.
        (target_if_none(meant), &own.target_software),
        (&meant.other, &own.other),
    ]
    .into_iter()
    .map(|(meant, own)| attribute(meant, own))
    .fold(hardware, Holds::min)
}

/// The software that `meant` is made for, where that is none.
fn target_if_none<'m>(meant: &'m Cpe<'_>) -> &'m Attribute<'m> {
    match &meant.target_software {
        none @ Attribute::NotApplicable => none,
        _ => &Attribute::Any,
    }
}

/// Whether a key was made of a CPE name.
pub(crate) fn is_by_name(consulted: &Consulted) -> bool {
    matches!(consulted.role, Role::Cpe | Role::Guess)
}

/// How sure it is that what was found by a CPE name is so (feeds.md D4): less where the name was guessed, or where the
/// versions that decided are of no order that is known.
pub(crate) fn confidence(statement: &Statement<'_>) -> f64 {
    const BY_NAME: f64 = 0.7;
    const FUZZY: f64 = 0.6;
    let is_guess = statement.consulted.role == Role::Guess;
    let has_order = version::for_cpe(&statement.consulted.key.name).name != version::GENERIC;
    let is_by_order = !matches!(statement.containment, Containment::Everywhere | Containment::Listed);
    let bounds = match statement.containment {
        Containment::Inside { range } => statement.row.affected.ranges.get(range),
        _ => None,
    };
    let mut bounds = bounds.into_iter().flat_map(|range| &range.events).map(|event| match event {
        RangeEvent::Introduced(version)
        | RangeEvent::IntroducedAfter(version)
        | RangeEvent::Fixed(version)
        | RangeEvent::LastAffected(version)
        | RangeEvent::Limit(version) => version,
    });
    let mut is_odd =
        || is_fuzzy(statement.consulted.version.as_str()) || bounds.any(|it| is_fuzzy(it.as_str()));
    if is_guess || !has_order && is_by_order && is_odd() { FUZZY } else { BY_NAME }
}

/// Whether an order of `version` among others is a guess: it does not look like Semantic Versioning (feeds.md C13).
pub(crate) fn is_fuzzy(version: &str) -> bool {
    let version = version.strip_prefix(['v', 'V']).unwrap_or(version);
    let end = version.find(['-', '+']).unwrap_or(version.len());
    let (numbers, rest) = version.split_at(end);
    let is_number = |number: &str| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'+');
    !numbers.split('.').all(is_number)
        || numbers.split('.').take(4).count() > 3
        || !rest.bytes().all(is_legal)
}

#[cfg(test)]
mod tests;
