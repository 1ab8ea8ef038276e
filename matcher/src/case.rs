//! From an inventory to cases: each package with all that its verdict may depend on.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use foldhash::quality::RandomState;
use model::distro::Distro;
use model::ecosystem::Ecosystem;
use model::facts::{CoverageClass, FeedFacts};
use model::finding::MatchType;
use model::inventory::Inventory;
use model::key::{Namespace, PackageKey};
use model::package::{Package, PackageIndex, PackageKind, SourcePackage};
use model::report::UnmatchedReason;
use model::version::VersionText;

use crate::channel::{self, SharedInstallation};
use crate::cpe::{Besides, Fallback, Names};
use crate::epoch;
use crate::find;
use crate::gate::{Gate, Installation};
use crate::kernel::KernelBuild;
use crate::keys::{self, is_unversioned_main_module, os_keys};
use crate::maker::is_by_its_maker;
use crate::namespace::{self, Resolved};
use crate::platform::{self, Neighbours};
use crate::version;

/// A package and everything a verdict on it may read. Findings are a function of the case and the rows under
/// its keys alone, so equal cases of different images have equal findings.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The instances of the package: same purl, same facts. Ascending, never empty.
    pub packages: Vec<PackageIndex>,
    /// The package URL.
    pub purl: String,
    /// The ecosystem, which says how versions are ordered.
    pub ecosystem: Ecosystem,
    /// The package's name as its ecosystem writes it.
    pub name: String,
    /// The installed version.
    pub version: VersionText,
    /// The keys to look up, misses included; sorted. Empty for a package that nothing can answer for.
    pub consulted: Vec<Consulted>,
    /// Why the package cannot be judged, or not by all that should, and the namespace that would have answered.
    pub unmatched: Option<(UnmatchedReason, Namespace)>,
    /// How sure it is that the namespaces are the right ones, 0 to 1 (feeds.md D4).
    pub confidence: f64,
    /// What conditions of rows are compared with.
    pub gate: Gate,
    /// The operating-system package whose files these are.
    pub owner: Option<Owner>,
    /// The shared framework whose code runs in place of the package's.
    pub overridden_by: Option<String>,
    /// The kernel that the package is one of several of.
    pub kernel: Option<KernelBuild>,
}

/// A key to look up and the version to compare under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consulted {
    /// The key.
    pub key: PackageKey,
    /// How rows under the key concern the package.
    pub match_type: MatchType,
    /// The version to compare: the source package's under a source key.
    pub version: VersionText,
    /// What the word of who speaks there is worth.
    pub role: Role,
    /// Whether the version lacks its update, which CPE names keep apart: only what names the version itself is said of it.
    pub lacks_update: bool,
}

/// What the word of who speaks under a key is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// It is that of the package's own vendor, or of its ecosystem.
    #[default]
    Own,
    /// It is that of the vendor whose package somebody else changed: his denials say nothing of the changed one
    /// (feeds.md B6).
    Changed,
    /// It is that of the vendor whose package was built anew: it tells what is vulnerable and not fixed, and its versions say
    /// nothing (feeds.md A8, A9).
    Disclosure,
    /// It is about a product that bears a CPE name stated for the package.
    Cpe,
    /// It is about a product that bears a CPE name that the package may have.
    Guess,
}

/// The operating-system package that owns a language package's files (feeds.md D2).
#[derive(Clone, Debug, PartialEq)]
pub struct Owner {
    /// Its package URL.
    pub purl: String,
    /// Its ecosystem.
    pub ecosystem: Ecosystem,
    /// The keys under which its vendor speaks of it.
    pub consulted: Vec<Consulted>,
    /// What conditions of its rows are compared with.
    pub gate: Gate,
    /// What the vendor's silence means.
    pub coverage: CoverageClass,
}

/// The distinct cases of `inventory`, in the order of their first package. Nothing is looked up by CPE name.
pub fn cases(inventory: &Inventory, facts: &FeedFacts) -> Vec<Case> {
    cases_with(inventory, facts, Besides::of(&Fallback::Off))
}

/// The same, with the keys under which `besides` asks.
pub fn cases_with(inventory: &Inventory, facts: &FeedFacts, besides: Besides<'_>) -> Vec<Case> {
    let mut resolver = Resolver::new(inventory, facts, besides);
    let mut cases: Vec<Case> = Vec::new();
    let mut positions: HashMap<Identity<'_>, usize, RandomState> = HashMap::default();
    for (index, package) in inventory.packages.iter().enumerate() {
        let index = PackageIndex(u32::try_from(index).expect("packages are limited to far fewer than 2^32"));
        // An owner outside the inventory is damage in the document; it owns nothing.
        let owner = package.owner.and_then(|owner| inventory.packages.get(owner.as_usize()));
        let identity = Identity::of(package, owner, &resolver);
        match positions.get(&identity) {
            Some(&position) => cases[position].packages.push(index),
            None => {
                positions.insert(identity, cases.len());
                cases.push(resolver.case(index, package, owner));
            }
        }
    }
    cases
}

/// Every key that `cases` consult, their owners' included.
pub fn consulted_keys(cases: &[Case]) -> BTreeSet<PackageKey> {
    let keys = cases.iter().flat_map(|case| {
        let owned = case.owner.iter().flat_map(|owner| &owner.consulted);
        case.consulted.iter().chain(owned).map(|consulted| &consulted.key)
    });
    // References first: most keys of an image are consulted by one case, but owners repeat.
    keys.collect::<BTreeSet<_>>().into_iter().cloned().collect()
}

/// Every namespace that `cases` consult.
pub fn namespaces(cases: &[Case]) -> BTreeSet<Namespace> {
    let namespaces = cases.iter().flat_map(|case| {
        let owned = case.owner.iter().flat_map(|owner| &owner.consulted);
        case.consulted.iter().chain(owned).map(|consulted| &consulted.key.namespace)
    });
    namespaces.collect::<BTreeSet<_>>().into_iter().cloned().collect()
}

/// All that the case of a package depends on.
#[derive(PartialEq, Eq, Hash)]
struct Identity<'a> {
    package: Facts<'a>,
    owner: Option<Facts<'a>>,
    /// What rows of CPE names are compared with: the names, and which neighbours. Nothing where none is asked.
    names: Option<(Vec<&'a str>, usize)>,
}

#[derive(PartialEq, Eq, Hash)]
struct Facts<'a> {
    kind: PackageKind,
    ecosystem: Ecosystem,
    name: &'a str,
    version: &'a str,
    purl: &'a str,
    source: Option<&'a SourcePackage>,
    architecture: Option<&'a str>,
    module: Option<&'a str>,
    supplier: Option<&'a str>,
    imports: &'a [String],
    overridden_by: Option<&'a str>,
    /// The position of who answers for its distribution; 0 for what no distribution matters to.
    distro: usize,
}

impl<'a> Identity<'a> {
    fn of(package: &'a Package, owner: Option<&'a Package>, resolver: &Resolver<'_>) -> Self {
        let facts = |package: &'a Package| Facts {
            kind: package.kind,
            ecosystem: package.ecosystem,
            name: &package.name,
            version: package.version.as_str(),
            purl: &package.purl,
            source: package.source.as_ref(),
            architecture: package.architecture.as_deref(),
            module: package.module.as_deref(),
            supplier: package.supplier.as_deref(),
            imports: &package.imports,
            overridden_by: package.overridden_by.as_deref(),
            distro: if package.ecosystem.is_os() { resolver.distro_of(package) } else { 0 },
        };
        let names = resolver.fallback.may_ask(package).then(|| {
            let names = package.cpes.iter().collect();
            (names, resolver.neighbourhood_of(package))
        });
        Self { package: facts(package), owner: owner.map(facts), names }
    }
}

/// Who would answer for a package, before anything of it but its origin is known.
#[derive(Clone)]
enum Answer {
    By(Resolved),
    Nobody(UnmatchedReason, Namespace),
}

/// A distribution that packages of an inventory were installed on.
struct Site {
    /// Who answers for its packages; nobody knows where none is named.
    answer: Option<Answer>,
    installation: SharedInstallation,
    /// Namespaces of products that are layered upon it.
    layered: Vec<Namespace>,
    /// Whether it is an Ubuntu that gets extended maintenance.
    has_esm: bool,
    /// Whether an RPM says that the distribution built it, so that those which say otherwise are others'.
    tells_vendors: bool,
    /// Whether the epochs of its RPMs are told, so that one without has epoch 0.
    tells_epochs: bool,
}

impl Site {
    fn of(distro: Option<&Distro>, inventory: &Inventory, facts: &FeedFacts) -> Self {
        let answer = distro.map(|distro| match namespace::resolve(distro, facts) {
            Ok(resolved) => Answer::By(asked_at_most(resolved, facts)),
            Err(namespace) => Answer::Nobody(UnmatchedReason::NoFeed, namespace),
        });
        let mut site = Self {
            answer,
            installation: SharedInstallation::default(),
            layered: Vec::new(),
            has_esm: false,
            tells_vendors: false,
            tells_epochs: false,
        };
        let mut installation = Installation::of(inventory);
        match (site.release().and_then(Namespace::distro_id), distro) {
            (Some("redhat"), Some(distro)) => {
                site.layered = channel::of_red_hat(distro, facts, &mut installation);
            }
            (Some("ubuntu"), Some(distro)) => site.has_esm = channel::has_esm(distro),
            _ => {}
        }
        site.installation = installation.into();
        site
    }

    /// The first release that answers; none where nobody knows who does.
    fn release(&self) -> Option<&Namespace> {
        match &self.answer {
            Some(Answer::By(resolved)) => resolved.namespaces.first(),
            Some(Answer::Nobody(..)) | None => None,
        }
    }

    /// Learns what a package that was installed there tells of all others.
    fn learn_from(&mut self, package: &Package) {
        match package.ecosystem {
            Ecosystem::Deb => self.has_esm = self.has_esm || channel::is_esm_build(package),
            Ecosystem::Rpm => {
                self.tells_vendors = self.tells_vendors || channel::is_of_vendor(self.release(), package);
                self.tells_epochs = self.tells_epochs || epoch::is_told(package);
            }
            _ => {}
        }
    }
}

/// Of several releases all that somebody answers for, and one of the others: it says that they are not answered. A hostile
/// list of repositories names thousands, and each package would carry them.
fn asked_at_most(mut resolved: Resolved, facts: &FeedFacts) -> Resolved {
    let mut n_absent = 0;
    resolved.namespaces.retain(|namespace| {
        let is_absent = !is_answered(facts, namespace);
        n_absent += usize::from(is_absent);
        !is_absent || n_absent == 1
    });
    resolved
}

struct Resolver<'a> {
    facts: &'a FeedFacts,
    fallback: &'a Fallback,
    /// Whether rebuilds ask the vendor whose packages were built anew.
    is_disclosing: bool,
    /// What is installed together, each once; empty where nothing is looked up by CPE name.
    neighbourhoods: Vec<Arc<Neighbours>>,
    /// The position in `neighbourhoods` of each part, behind that of what is of none.
    neighbourhoods_of_parts: Vec<usize>,
    /// The distributions that the inventory names, or none where it names none. Each is there once.
    sites: Vec<Site>,
    /// The position in `sites` of the inventory itself.
    main: usize,
    /// The same of each of its parts.
    parts: Vec<usize>,
    /// The same by the text of a purl's `distro` qualifier, for inventories that do not.
    qualifiers: BTreeMap<String, Answer>,
}

impl<'a> Resolver<'a> {
    fn new(inventory: &Inventory, facts: &'a FeedFacts, besides: Besides<'a>) -> Self {
        let Besides { fallback, unfixed_from_rhel: is_disclosing } = besides;
        let is_asked = inventory.packages.iter().any(|package| fallback.may_ask(package));
        let (neighbourhoods, neighbourhoods_of_parts) =
            if is_asked { platform::neighbourhoods(inventory) } else { (Vec::new(), Vec::new()) };
        let mut known: Vec<Option<&Distro>> = Vec::new();
        let mut positions: HashMap<Option<&Distro>, usize> = HashMap::new();
        let mut position = |distro| {
            *positions.entry(distro).or_insert_with(|| {
                known.push(distro);
                known.len() - 1
            })
        };
        let main = position(inventory.distro.as_ref());
        let parts = inventory.parts.iter().map(|part| position(part.distro.as_ref())).collect();
        let sites = known.into_iter().map(|distro| Site::of(distro, inventory, facts)).collect();
        let qualifiers = BTreeMap::new();
        let mut resolver = Self {
            facts,
            fallback,
            is_disclosing,
            neighbourhoods,
            neighbourhoods_of_parts,
            sites,
            main,
            parts,
            qualifiers,
        };
        for package in &inventory.packages {
            let site = resolver.distro_of(package);
            resolver.sites[site].learn_from(package);
        }
        resolver
    }

    /// The position in `neighbourhoods` of what was installed together with `package`.
    fn neighbourhood_of(&self, package: &Package) -> usize {
        let position = package.part.map_or(0, |part| part.as_usize() + 1);
        self.neighbourhoods_of_parts
            .get(position)
            .or(self.neighbourhoods_of_parts.first())
            .copied()
            .unwrap_or(0)
    }

    /// The position in `sites` of the distribution that `package` was installed on.
    fn distro_of(&self, package: &Package) -> usize {
        package.part.and_then(|part| self.parts.get(part.as_usize()).copied()).unwrap_or(self.main)
    }

    fn case(&mut self, index: PackageIndex, package: &Package, owner: Option<&Package>) -> Case {
        let Keys { mut consulted, confidence, unmatched } = self.keys(package);
        let mut gate = self.gate(package);
        let vendor = consulted.first().map(|consulted| consulted.key.namespace.clone());
        let vendor = vendor.as_ref().or(unmatched.as_ref().map(|(_, namespace)| namespace));
        let by_name = self.fallback.keys(package, vendor, unmatched.as_ref().map(|(reason, _)| *reason));
        let is_by_name_only = consulted.is_empty() && !by_name.is_empty();
        if let Some(neighbours) =
            self.neighbourhoods.get(self.neighbourhood_of(package)).filter(|_| !by_name.is_empty())
        {
            gate = gate.with_names(Names::new(package, neighbours.clone()));
            consulted.extend(by_name);
            consulted.sort_by(|left, right| left.key.cmp(&right.key));
        }
        let unreadable = || {
            let scheme = version::for_package(package.ecosystem);
            let is_readable = |consulted: &Consulted| {
                (version::for_key(scheme, &consulted.key).is_readable)(consulted.version.as_str())
            };
            let unreadable = consulted.iter().find(|consulted| !is_readable(consulted))?;
            Some((UnmatchedReason::UnknownVersion, unreadable.key.namespace.clone()))
        };
        let unmatched = match is_by_name_only {
            true => unreadable().or(unmatched),
            false => unmatched.or_else(unreadable),
        };
        Case {
            packages: vec![index],
            purl: package.purl.clone(),
            ecosystem: package.ecosystem,
            name: package.name.clone(),
            version: package.version.clone(),
            consulted,
            unmatched,
            confidence,
            gate,
            owner: owner.filter(|_| !package.ecosystem.is_os()).and_then(|owner| self.owner(owner)),
            overridden_by: package.overridden_by.clone(),
            kernel: KernelBuild::of(package),
        }
    }

    /// The owner as far as its vendor can be asked; an owner that no feed covers, or that somebody else than the distribution
    /// built, says nothing.
    fn owner(&mut self, owner: &Package) -> Option<Owner> {
        let Keys { consulted, .. } = self.keys(owner);
        let coverage = consulted
            .iter()
            .filter_map(|consulted| self.facts.namespaces.get(&consulted.key.namespace))
            .map(|facts| facts.coverage)
            .max()?;
        let gate = self.gate(owner);
        Some(Owner { purl: owner.purl.clone(), ecosystem: owner.ecosystem, consulted, gate, coverage })
    }

    fn gate(&self, package: &Package) -> Gate {
        let site = &self.sites[self.distro_of(package)];
        let gate = Gate::new(package, site.installation.clone());
        let lacks_epoch = package.ecosystem == Ecosystem::Rpm && !site.tells_epochs;
        if lacks_epoch { gate.without_epoch() } else { gate }
    }

    fn keys(&mut self, package: &Package) -> Keys {
        let resolved = match self.answer(package) {
            Answer::By(resolved) => resolved,
            Answer::Nobody(reason, namespace) => return Keys::none(reason, &namespace),
        };
        let ecosystem = package.ecosystem;
        let namespaces = self.asked(&resolved, package);
        // Who answers for a release answers for its channels, listed or not.
        let has_feed = |namespace: &&Namespace| {
            is_answered(self.facts, namespace)
                || is_answered(self.facts, &Namespace::new(channel::release_of(namespace)))
        };
        let (answered, absent): (Vec<_>, Vec<_>) = namespaces.iter().partition(has_feed);
        let Some(namespace) = answered.first() else {
            return Keys::none(UnmatchedReason::NoFeed, absent[0]);
        };
        if keys::has_no_code(package) {
            return Keys::none(UnmatchedReason::NoCode, namespace);
        }
        let tells_vendors = self.sites[self.distro_of(package)].tells_vendors;
        if is_by_its_maker(package)
            || channel::is_of_third_party(namespace, package, resolved.is_derived(), tells_vendors)
        {
            return Keys::none(UnmatchedReason::ThirdParty, namespace);
        }
        if version::for_ecosystem(ecosystem).is_none() {
            return Keys::none(UnmatchedReason::NoVersionScheme, namespace);
        }
        if is_unversioned_main_module(package) {
            return Keys::none(UnmatchedReason::UnknownVersion, namespace);
        }
        let is_of_debian = ecosystem == Ecosystem::Deb && namespace.distro_id() == Some("debian");
        let is_changed = is_of_debian && keys::is_for_raspberry_pi(&package.version);
        let role = if is_changed { Role::Changed } else { Role::Own };
        let mut consulted: Vec<Consulted> = Vec::new();
        for &namespace in &answered {
            match ecosystem.is_os() {
                true => consulted.extend(os_keys(namespace, package, role)),
                false => consulted.extend(keys::language_keys(namespace, package)),
            }
        }
        // Debian's rows hold versions of Debian's own.
        for consulted in consulted.iter_mut().filter(|_| is_of_debian) {
            consulted.version = keys::built_from(&consulted.version);
        }
        let rebuilds = answered.iter().filter(|_| self.is_disclosing);
        let disclosing = rebuilds.filter_map(|namespace| channel::disclosing(namespace));
        for namespace in disclosing.filter(|namespace| is_answered(self.facts, namespace)) {
            consulted.extend(os_keys(&namespace, package, Role::Disclosure));
        }
        let layered = &self.sites[self.distro_of(package)].layered;
        for namespace in layered.iter().filter(|_| ecosystem == Ecosystem::Rpm) {
            consulted.extend(os_keys(namespace, package, Role::Own));
        }
        consulted.sort_by(|left, right| left.key.cmp(&right.key));
        let unmatched = absent.first().map(|absent| (UnmatchedReason::NoFeed, (*absent).clone()));
        let most = if is_changed { namespace::DERIVED } else { 1.0 };
        Keys { consulted, confidence: resolved.confidence.min(most), unmatched }
    }

    /// The namespaces that speak of a package of the release that was resolved.
    fn asked(&self, resolved: &Resolved, package: &Package) -> Vec<Namespace> {
        match resolved.namespaces.as_slice() {
            [release] if release.distro_id() == Some("ubuntu") => {
                channel::of_ubuntu(release, package, self.sites[self.distro_of(package)].has_esm)
            }
            namespaces => namespaces.to_vec(),
        }
    }

    fn answer(&mut self, package: &Package) -> Answer {
        let ecosystem = package.ecosystem;
        if !ecosystem.is_os() {
            // Of most Go programs only modules are known, not which of their packages are linked.
            let is_module_only = ecosystem == Ecosystem::Golang && package.imports.is_empty();
            let confidence = if is_module_only { find::MODULE_ONLY } else { 1.0 };
            let namespaces = vec![Namespace::language(ecosystem)];
            return Answer::By(Resolved { ecosystem, namespaces, confidence, own_builds: &[] });
        }
        let answer = match &self.sites[self.distro_of(package)].answer {
            Some(answer) => answer.clone(),
            None => self.answer_of_purl(package),
        };
        match answer {
            Answer::By(mut resolved) if resolved.ecosystem == ecosystem => {
                if resolved.own_builds.iter().any(|mark| package.version.as_str().contains(mark)) {
                    return Answer::Nobody(UnmatchedReason::ThirdParty, resolved.namespaces[0].clone());
                }
                self.follow_backport(package, &mut resolved);
                Answer::By(resolved)
            }
            // A package of another distribution's format: nothing says where it comes from.
            Answer::By(_) => Answer::Nobody(UnmatchedReason::NoDistro, Namespace::language(ecosystem)),
            nobody => nobody,
        }
    }

    fn answer_of_purl(&mut self, package: &Package) -> Answer {
        let nobody = || Answer::Nobody(UnmatchedReason::NoDistro, Namespace::language(package.ecosystem));
        let Some(distro) = namespace::distro_of_purl(package) else {
            return nobody();
        };
        let text = format!(
            "{}-{}{}",
            distro.id,
            distro.version.as_deref().unwrap_or_default(),
            distro.codename.as_deref().unwrap_or_default()
        );
        let facts = self.facts;
        let resolve = || namespace::resolve(&distro, facts).map_or_else(|_| nobody(), Answer::By);
        self.qualifiers.entry(text).or_insert_with(resolve).clone()
    }

    /// Debian's backports are built from the next release: its rows say whether they hold a fix, not those of
    /// the release that they are installed on (feeds.md A3, D11 case 5).
    fn follow_backport(&self, package: &Package, resolved: &mut Resolved) {
        let [namespace] = resolved.namespaces.as_mut_slice() else { return };
        let release = keys::backported_to(&package.version);
        let Some(release) = release.filter(|_| namespace.distro_id() == Some("debian")) else { return };
        let next = release.parse::<u32>().ok().and_then(|release| release.checked_add(1));
        let next = next.map(|next| Namespace::distro("debian", &next.to_string()));
        *namespace = next
            .filter(|next| is_answered(self.facts, next))
            .unwrap_or_else(|| Namespace::distro("debian", "unstable"));
        resolved.confidence = resolved.confidence.min(0.9);
    }
}

/// A namespace may be listed for its end of life alone.
fn is_answered(facts: &FeedFacts, namespace: &Namespace) -> bool {
    facts.namespaces.get(namespace).is_some_and(|facts| !facts.providers.is_empty())
}

struct Keys {
    consulted: Vec<Consulted>,
    confidence: f64,
    unmatched: Option<(UnmatchedReason, Namespace)>,
}

impl Keys {
    fn none(reason: UnmatchedReason, namespace: &Namespace) -> Self {
        Self { consulted: Vec::new(), confidence: 1.0, unmatched: Some((reason, namespace.clone())) }
    }
}

#[cfg(test)]
mod tests;
