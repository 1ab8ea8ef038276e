//! What was judged, what was not, and why.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use model::advisory::AdvisorySet;
use model::ecosystem::Ecosystem;
use model::facts::{CoverageClass, FeedFacts, is_supplement};
use model::gap::{Gap, GapKind};
use model::inventory::Inventory;
use model::key::Namespace;
use model::package::PackageIndex;
use model::report::{Coverage, Unmatched, UnmatchedReason};
use model::text::counted;

use crate::case::{Case, Consulted, Role};
use crate::channel::{self, release_of};
use crate::cpe;
use crate::namespace;
use crate::runtime;

/// Counts the packages of `cases` as judged or not, and adds to the inventory's gaps those of the matching:
/// no distribution named, support of releases and runtimes ended by `as_of`, versions that cannot be read, feeds not held, feeds that
/// publish only fixes.
pub fn coverage(
    inventory: &Inventory,
    cases: &[Case],
    facts: &FeedFacts,
    advisories: &AdvisorySet,
    as_of: Timestamp,
) -> Coverage {
    let mut matched = 0;
    let mut unmatched: BTreeMap<(UnmatchedReason, &Namespace), Vec<&Case>> = BTreeMap::new();
    for case in cases {
        match unmatched_reason(case, advisories) {
            None => matched += case.packages.len(),
            Some(reason) => unmatched.entry(reason).or_default().push(case),
        }
    }
    let mut gaps: BTreeSet<Gap> = inventory.gaps.iter().cloned().collect();
    gaps.extend(
        unmatched.iter().filter_map(|(&(reason, namespace), cases)| gap(reason, namespace, cases, facts)),
    );
    let (disclosing, unasked): (BTreeSet<&Namespace>, BTreeSet<&Namespace>) = disclosures(cases, advisories);
    // Of what is not held at all one gap is enough: what its feed would say, and leave unsaid, is not known either.
    let is_lacking =
        |namespace: &Namespace| unmatched.contains_key(&(UnmatchedReason::NotFetched, namespace));
    gaps.extend(unasked.into_iter().filter(|namespace| !is_lacking(namespace)).map(|namespace| {
        let detail =
            "the feed is not held, so what is not fixed is not known of packages built anew from its own";
        Gap::new(GapKind::FEED_NOT_FETCHED, namespace.as_str(), detail)
    }));
    let unfixed = Unfixed { disclosing, by_name: looked_up_by_name(cases, advisories) };
    let release_gaps = release_gaps(inventory, cases, facts, &unfixed, as_of);
    let is_of_feed = |gap: &Gap| gap.kind == GapKind::FIX_ONLY_FEED;
    gaps.extend(
        release_gaps
            .into_iter()
            .filter(|gap| !(is_of_feed(gap) && is_lacking(&Namespace::new(gap.place.as_str())))),
    );
    gaps.extend(by_name_gaps(cases, advisories));
    gaps.extend(names_not_looked_up(cases, advisories));
    let runtimes = runtime::runtimes(inventory, facts, &third_parties(cases));
    gaps.extend(runtime::gaps(&runtimes, facts, &as_of.strftime("%Y-%m-%d").to_string()));
    Coverage {
        packages: inventory.packages.len(),
        matched,
        unmatched: unmatched
            .iter()
            .map(|(&(reason, namespace), cases)| Unmatched {
                reason,
                namespace: namespace.clone(),
                packages: n_packages(cases),
            })
            .collect(),
        runtimes,
        gaps: gaps.into_iter().collect(),
    }
}

/// The namespaces that are asked what is not fixed of packages that were built anew: those held, and those not.
fn disclosures<'a>(
    cases: &'a [Case],
    advisories: &AdvisorySet,
) -> (BTreeSet<&'a Namespace>, BTreeSet<&'a Namespace>) {
    let asked = cases.iter().flat_map(|case| &case.consulted).filter(|it| it.role == Role::Disclosure);
    let (held, absent): (Vec<_>, Vec<_>) = asked.partition(|it| advisories.rows.contains_key(&it.key));
    let namespaces = |of: Vec<&'a Consulted>| of.into_iter().map(|it| &it.key.namespace).collect();
    (namespaces(held), namespaces(absent))
}

/// Why no feed that is held has judged the case; the namespaces that should must all be held. Whose packages were built
/// anew is asked besides, and so is who speaks of CPE names where somebody speaks of the package by its own.
pub(crate) fn unmatched_reason<'a>(
    case: &'a Case,
    advisories: &AdvisorySet,
) -> Option<(UnmatchedReason, &'a Namespace)> {
    let is_absent = |key| !advisories.rows.contains_key(key);
    let is_by_name_only = is_by_name_only(case);
    let is_besides = |it: &&Consulted| it.role == Role::Disclosure || !is_by_name_only && cpe::is_by_name(it);
    let asked = || case.consulted.iter().filter(|consulted| !is_besides(consulted));
    let not_held = || asked().find(|consulted| is_absent(&consulted.key));
    match &case.unmatched {
        // Nobody speaks of it by its own name, but what bears its CPE name was looked up.
        Some((reason, _)) if *reason != UnmatchedReason::UnknownVersion && is_by_name_only => {
            not_held().map(|consulted| (UnmatchedReason::NotFetched, &consulted.key.namespace))
        }
        Some((reason, namespace)) => Some((*reason, namespace)),
        None => not_held().map(|consulted| (UnmatchedReason::NotFetched, &consulted.key.namespace)),
    }
}

fn is_by_name_only(case: &Case) -> bool {
    !case.consulted.is_empty() && case.consulted.iter().all(cpe::is_by_name)
}

fn n_packages(cases: &[&Case]) -> usize {
    cases.iter().map(|case| case.packages.len()).sum()
}

fn gap(reason: UnmatchedReason, namespace: &Namespace, cases: &[&Case], facts: &FeedFacts) -> Option<Gap> {
    let n_packages = n_packages(cases);
    let packages = counted(n_packages, "package");
    let either = |one: &'static str, several: &'static str| if n_packages == 1 { one } else { several };
    match reason {
        UnmatchedReason::NoDistro => Some(Gap::new(
            GapKind::NO_DISTRO,
            namespace.as_str(),
            format!(
                "nothing says which distribution {packages} {}",
                either("belongs to, so it was not judged", "belong to, so none of them was judged")
            ),
        )),
        // Told once for all names.
        UnmatchedReason::NotFetched if namespace.is_cpe() => None,
        UnmatchedReason::NotFetched => Some(Gap::new(
            GapKind::FEED_NOT_FETCHED,
            namespace.as_str(),
            format!("the feed is not held, so {packages} {} not judged", either("was", "were")),
        )),
        UnmatchedReason::UnknownVersion => {
            // A main module that states no version is the normal case in Go; it consults nothing.
            let cases: Vec<&Case> = cases.iter().copied().filter(|case| !case.consulted.is_empty()).collect();
            let (n_packages, first) = (self::n_packages(&cases), cases.first()?);
            let detail = format!(
                "the versions of {} cannot be compared, the first is `{}` of `{}`",
                counted(n_packages, "package"),
                first.version,
                first.name
            );
            Some(Gap::new(GapKind::UNREADABLE_VERSION, namespace.as_str(), detail))
        }
        UnmatchedReason::ThirdParty => {
            let first = &cases.first()?.name;
            let so = either(
                "was built by somebody else, so it was",
                "were built by somebody else, so none of them was",
            );
            let detail = format!("{packages} {so} {}judged; the first is `{first}`", either("not ", ""));
            Some(Gap::new(GapKind::THIRD_PARTY, namespace.as_str(), detail))
        }
        // A feed that is known, and that lacked it when it was asked: a mirror may.
        UnmatchedReason::NoFeed if facts.namespaces.contains_key(namespace) => Some(Gap::new(
            GapKind::FEED_NOT_FETCHED,
            namespace.as_str(),
            format!(
                "whoever answers it was asked and does not have it, so {packages} {} not judged",
                either("was", "were")
            ),
        )),
        UnmatchedReason::NoFeed | UnmatchedReason::NoVersionScheme | UnmatchedReason::NoCode => None,
    }
}

/// The packages that say that somebody else than their distribution built them. A deb does not say it: who is known to pack
/// for others is known by name, and what a derivative built itself is the distribution's own, though nobody speaks of it.
fn third_parties(cases: &[Case]) -> BTreeSet<PackageIndex> {
    let is_of_other = |case: &&Case| {
        let reason = case.unmatched.as_ref().map(|(reason, _)| *reason);
        case.ecosystem == Ecosystem::Rpm && reason == Some(UnmatchedReason::ThirdParty)
    };
    cases.iter().filter(is_of_other).flat_map(|case| case.packages.iter().copied()).collect()
}

/// What was judged by CPE names alone, since nobody speaks of it by its own: of packages of an operating system, and of others
/// whose names were only guessed. The names of programs are stated, and nobody else would speak of them.
fn by_name_gaps(cases: &[Case], advisories: &AdvisorySet) -> Vec<Gap> {
    let mut by_reason: BTreeMap<(UnmatchedReason, &Namespace), Vec<&Case>> = BTreeMap::new();
    for case in cases {
        let Some((reason, namespace)) = &case.unmatched else { continue };
        let is_guessed = || case.consulted.iter().all(|consulted| consulted.role == Role::Guess);
        let is_told = is_by_name_only(case)
            && (case.ecosystem.is_os() || is_guessed())
            && unmatched_reason(case, advisories).is_none();
        if is_told {
            by_reason.entry((*reason, namespace)).or_default().push(case);
        }
    }
    let gap = |((reason, namespace), cases): ((UnmatchedReason, &Namespace), Vec<&Case>)| {
        let (n_packages, first) = (n_packages(&cases), &cases[0].name);
        let packages = counted(n_packages, "package");
        let either = |one: &'static str, several: &'static str| if n_packages == 1 { one } else { several };
        let (kind, what) = match reason {
            UnmatchedReason::ThirdParty => {
                (GapKind::THIRD_PARTY, format!("{packages} {} built by somebody else", either("was", "were")))
            }
            UnmatchedReason::NoDistro => {
                let belongs = either("belongs to", "belong to");
                (GapKind::NO_DISTRO, format!("nothing says which distribution {packages} {belongs}"))
            }
            UnmatchedReason::NoVersionScheme => (
                GapKind::UNREADABLE_VERSION,
                format!("how the versions of {packages} are ordered is not known"),
            ),
            _ => (GapKind::FIX_ONLY_FEED, format!("no feed speaks of {packages}")),
        };
        let were = either("it was", "they were");
        let detail = format!("{what}: {were} looked up by CPE names alone; the first is `{first}`");
        Gap::new(kind, namespace.as_str(), detail)
    };
    by_reason.into_iter().filter(|((_, namespace), _)| !namespace.is_cpe()).map(gap).collect()
}

/// Said of CPE names that were to be looked up where what NVD says of them is not held: once, because the namespaces that
/// names are split into mean nothing to people.
fn names_not_looked_up(cases: &[Case], advisories: &AdvisorySet) -> Option<Gap> {
    let is_absent = |it: &Consulted| cpe::is_by_name(it) && !advisories.rows.contains_key(&it.key);
    let absent: Vec<&Case> = cases.iter().filter(|case| case.consulted.iter().any(is_absent)).collect();
    let packages = match n_packages(&absent) {
        0 => return None,
        1 => "1 package".to_owned(),
        n => format!("{n} packages"),
    };
    let detail = format!(
        "CPE names of {packages} were not looked up: NVD is not held (`plimsoll feeds sync --only nvd`)"
    );
    Some(Gap::new(GapKind::FEED_NOT_FETCHED, "nvd", detail))
}

/// Who tells what is not fixed in releases whose feeds publish only fixes.
#[derive(Default)]
struct Unfixed<'a> {
    /// The namespaces that tell it of packages that were built anew from theirs, and are held.
    disclosing: BTreeSet<&'a Namespace>,
    /// The releases of which CPE names find it: all of their packages' names could be looked up.
    by_name: BTreeSet<&'a Namespace>,
}

/// The namespaces of packages of operating systems that were looked up by CPE name, but those of which a name could not be.
fn looked_up_by_name<'a>(cases: &'a [Case], advisories: &AdvisorySet) -> BTreeSet<&'a Namespace> {
    let named = |is_meant: &dyn Fn(&Consulted) -> bool| -> BTreeSet<&'a Namespace> {
        let is_named = |case: &&Case| case.consulted.iter().any(|it| cpe::is_by_name(it) && is_meant(it));
        let named = cases.iter().filter(|case| case.ecosystem.is_os()).filter(is_named);
        named.flat_map(|case| case.consulted.iter().map(|consulted| &consulted.key.namespace)).collect()
    };
    let is_held = |consulted: &Consulted| advisories.rows.contains_key(&consulted.key);
    let lacking = named(&|consulted| !is_held(consulted));
    named(&is_held).into_iter().filter(|namespace| !lacking.contains(namespace)).collect()
}

/// What there is to know about the releases that were asked, and about the image's own when none was.
fn release_gaps(
    inventory: &Inventory,
    cases: &[Case],
    facts: &FeedFacts,
    unfixed: &Unfixed<'_>,
    as_of: Timestamp,
) -> Vec<Gap> {
    let is_by_hand = |namespace: &Namespace| {
        let facts = facts.namespaces.get(namespace);
        facts.is_some_and(|facts| facts.providers.iter().all(|provider| is_supplement(provider)))
    };
    let mut releases: BTreeSet<Namespace> = cases
        .iter()
        .flat_map(|case| case.consulted.iter().map(|consulted| (case.ecosystem.is_os(), consulted)))
        .filter(|(_, consulted)| matches!(consulted.role, Role::Own | Role::Changed))
        // The feeds of languages publish more than fixes.
        .filter(|(is_os, consulted)| *is_os || is_by_hand(&consulted.key.namespace))
        .map(|(_, consulted)| consulted)
        .map(|consulted| consulted.key.namespace.clone())
        .collect();
    let distros = inventory.distros().filter_map(|distro| namespace::resolve(distro, facts).ok());
    releases.extend(distros.flat_map(|resolved| resolved.namespaces));

    let today = as_of.strftime("%Y-%m-%d").to_string();
    // Extended maintenance that the installation gets goes on after the release's own support.
    let is_extended = |release: &Namespace| {
        releases.iter().any(|channel| {
            let end = facts.namespaces.get(channel).and_then(|facts| facts.end_of_life.as_ref());
            channel != release
                && release_of(channel) == release.as_str()
                && end.is_some_and(|end| **end >= *today)
        })
    };
    let mut gaps = Vec::new();
    gaps.extend(red_hat_gaps(inventory, facts));
    for (release, facts) in
        releases.iter().filter_map(|release| Some((release, facts.namespaces.get(release)?)))
    {
        let end = facts.end_of_life.as_ref().filter(|end| **end < today);
        if let Some(end) = end.filter(|_| !is_extended(release)) {
            let detail = format!("support ended on {end}; that nothing is found means little");
            gaps.push(Gap::new(GapKind::ENDED_DISTRO, release.as_str(), detail));
        }
        let is_disclosed = channel::disclosing(release).is_some_and(|it| unfixed.disclosing.contains(&it));
        if facts.coverage == CoverageClass::FixOnly && !facts.providers.is_empty() {
            let detail = match facts.providers.iter().all(|provider| is_supplement(provider)) {
                true => "no feed is held but those named by hand: only what they speak of is known",
                // What the vendor has fixed by versions of his own says nothing of the rebuild's (feeds.md A9).
                false if is_disclosed => {
                    "the feed publishes only fixes: of vulnerabilities without one is known what Red Hat has not fixed \
                     either, and not what waits for the rebuild of a fix"
                }
                false if unfixed.by_name.contains(release) => {
                    "the feed publishes only fixes: of vulnerabilities without one is known what CPE names find"
                }
                false => "the feed publishes only fixes: vulnerabilities without one are not known to it",
            };
            gaps.push(Gap::new(GapKind::FIX_ONLY_FEED, release.as_str(), detail));
        }
    }
    gaps
}

/// What of Red Hat's streams and layered products could not be asked.
fn red_hat_gaps(inventory: &Inventory, facts: &FeedFacts) -> Vec<Gap> {
    const LISTED_MAX: usize = 8;
    let mut gaps = Vec::new();
    let unknown: BTreeSet<String> =
        inventory.distros().flat_map(|distro| channel::unknown_repositories(distro, facts)).collect();
    if !unknown.is_empty() {
        let mut names = unknown.iter().take(LISTED_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = unknown.len().saturating_sub(LISTED_MAX);
        if more > 0 {
            names.push_str(&format!(" and {more} more"));
        }
        let detail = format!(
            "what these repositories of the image stand for is not held, so extended streams and layered products of \
             them were not asked: {names}"
        );
        gaps.push(Gap::new(GapKind::FEED_NOT_FETCHED, "repository-to-cpe", detail));
    }
    let n_left_out: usize =
        inventory.distros().map(|distro| channel::n_layered_left_out(distro, facts)).sum();
    if n_left_out > 0 {
        let detail = format!("the image names too many layered products; {n_left_out} were not asked");
        gaps.push(Gap::new(GapKind::LIMIT_EXCEEDED, "redhat", detail));
    }
    gaps
}

#[cfg(test)]
mod tests;
