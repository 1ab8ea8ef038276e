//! What was judged, what was not, and why.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use model::advisory::AdvisorySet;
use model::facts::{CoverageClass, FeedFacts, is_supplement};
use model::gap::{Gap, GapKind};
use model::inventory::Inventory;
use model::key::Namespace;
use model::package::PackageIndex;
use model::report::{Coverage, Unmatched, UnmatchedReason};

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
    gaps.extend(unmatched.iter().filter_map(|(&(reason, namespace), cases)| gap(reason, namespace, cases)));
    let (disclosing, unasked): (BTreeSet<&Namespace>, BTreeSet<&Namespace>) = disclosures(cases, advisories);
    gaps.extend(unasked.into_iter().map(|namespace| {
        let detail =
            "the feed is not held, so what is not fixed is not known of packages built anew from its own";
        Gap::new(GapKind::FEED_NOT_FETCHED, namespace.as_str(), detail)
    }));
    gaps.extend(release_gaps(inventory, cases, facts, &disclosing, as_of));
    gaps.extend(by_name_gaps(cases, advisories));
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
/// anew is asked besides.
pub(crate) fn unmatched_reason<'a>(
    case: &'a Case,
    advisories: &AdvisorySet,
) -> Option<(UnmatchedReason, &'a Namespace)> {
    let is_absent = |key| !advisories.rows.contains_key(key);
    let asked = || case.consulted.iter().filter(|consulted| consulted.role != Role::Disclosure);
    let not_held = || asked().find(|consulted| is_absent(&consulted.key));
    match &case.unmatched {
        // Nobody speaks of it by its own name, but what bears its CPE name was looked up.
        Some((reason, _)) if *reason != UnmatchedReason::UnknownVersion && is_by_name_only(case) => {
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

fn gap(reason: UnmatchedReason, namespace: &Namespace, cases: &[&Case]) -> Option<Gap> {
    let n_packages = n_packages(cases);
    match reason {
        UnmatchedReason::NoDistro => Some(Gap::new(
            GapKind::NO_DISTRO,
            namespace.as_str(),
            format!(
                "nothing says which distribution {n_packages} packages belong to, so none of them was judged"
            ),
        )),
        UnmatchedReason::NotFetched => Some(Gap::new(
            GapKind::FEED_NOT_FETCHED,
            namespace.as_str(),
            format!("the feed is not held, so {n_packages} packages were not judged"),
        )),
        UnmatchedReason::UnknownVersion => {
            // A main module that states no version is the normal case in Go; it consults nothing.
            let cases: Vec<&Case> = cases.iter().copied().filter(|case| !case.consulted.is_empty()).collect();
            let (n_packages, first) = (self::n_packages(&cases), cases.first()?);
            let detail = format!(
                "the versions of {n_packages} packages cannot be compared, the first is `{}` of `{}`",
                first.version, first.name
            );
            Some(Gap::new(GapKind::UNREADABLE_VERSION, namespace.as_str(), detail))
        }
        UnmatchedReason::ThirdParty => {
            let first = &cases.first()?.name;
            let detail = format!(
                "{n_packages} packages were built by somebody else, so none of them was judged; the first is `{first}`"
            );
            Some(Gap::new(GapKind::THIRD_PARTY, namespace.as_str(), detail))
        }
        UnmatchedReason::NoFeed | UnmatchedReason::NoVersionScheme | UnmatchedReason::NoCode => None,
    }
}

/// The packages that somebody else than their distribution built.
fn third_parties(cases: &[Case]) -> BTreeSet<PackageIndex> {
    let is_of_other = |case: &&Case| {
        case.unmatched.as_ref().is_some_and(|(reason, _)| *reason == UnmatchedReason::ThirdParty)
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
        let (kind, what) = match reason {
            UnmatchedReason::ThirdParty => {
                (GapKind::THIRD_PARTY, format!("{n_packages} packages were built by somebody else"))
            }
            UnmatchedReason::NoDistro => (
                GapKind::NO_DISTRO,
                format!("nothing says which distribution {n_packages} packages belong to"),
            ),
            UnmatchedReason::NoVersionScheme => (
                GapKind::UNREADABLE_VERSION,
                format!("how the versions of {n_packages} packages are ordered is not known"),
            ),
            _ => (GapKind::FIX_ONLY_FEED, format!("no feed speaks of {n_packages} packages")),
        };
        let detail = format!("{what}: they were looked up by CPE names alone; the first is `{first}`");
        Gap::new(kind, namespace.as_str(), detail)
    };
    by_reason.into_iter().filter(|((_, namespace), _)| !namespace.is_cpe()).map(gap).collect()
}

/// What there is to know about the releases that were asked, and about the image's own when none was. `disclosing` tell
/// what is not fixed of those that were built anew from them.
fn release_gaps(
    inventory: &Inventory,
    cases: &[Case],
    facts: &FeedFacts,
    disclosing: &BTreeSet<&Namespace>,
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

    let by_name: BTreeSet<&Namespace> = cases
        .iter()
        .filter(|case| case.ecosystem.is_os() && case.consulted.iter().any(cpe::is_by_name))
        .flat_map(|case| case.consulted.iter().map(|consulted| &consulted.key.namespace))
        .collect();

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
        let is_disclosed = channel::disclosing(release).is_some_and(|it| disclosing.contains(&it));
        if facts.coverage == CoverageClass::FixOnly && !facts.providers.is_empty() && !is_disclosed {
            let detail = match facts.providers.iter().all(|provider| is_supplement(provider)) {
                true => "no feed is held but those named by hand: only what they speak of is known",
                false if by_name.contains(release) => {
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
mod tests {
    use model::facts::NamespaceFacts;

    use super::*;
    use crate::fixture::{advisories, facts, held, inventory};
    use crate::{Besides, Fallback, cases, cases_with};

    /// Compares counts and gaps as text; `held` are the namespaces whose rows are there.
    #[track_caller]
    fn check(distro: &str, packages: &str, held: &[&str], expected: &str) {
        let mut facts = facts();
        facts.namespaces.get_mut(&Namespace::new("debian:11")).unwrap().end_of_life =
            Some("2025-06-30".to_owned());
        let unanswered = NamespaceFacts {
            coverage: CoverageClass::FixOnly,
            providers: Vec::new(),
            end_of_life: Some("2024-03-31".to_owned()),
        };
        facts.namespaces.insert(Namespace::new("photon:3.0"), unanswered);
        let inventory = inventory(distro, packages);
        let cases = cases(&inventory, &facts);
        let mut advisories = advisories(&inventory, "");
        advisories.rows.retain(|key, _| held.contains(&key.namespace.as_str()));
        let as_of = "2025-07-01T00:00:00Z".parse().unwrap();
        let coverage = coverage(&inventory, &cases, &facts, &advisories, as_of);
        let n_unmatched: usize = coverage.unmatched.iter().map(|unmatched| unmatched.packages).sum();
        assert_eq!(coverage.packages, coverage.matched + n_unmatched);

        let mut text = format!("{} of {}", coverage.matched, coverage.packages);
        for Unmatched { reason, namespace, packages } in &coverage.unmatched {
            text.push_str(&format!("; {packages} {} {namespace}", reason.as_str()));
        }
        for gap in &coverage.gaps {
            text.push_str(&format!("; gap {} {}", gap.kind.as_str(), gap.place));
        }
        assert_eq!(text, expected);
    }

    #[test]
    fn every_package_is_counted_as_judged_or_not() {
        let packages = "
            deb a 1.0
            deb b 1.0é
            npm c 1.0.0
            npm c 1.0.0
            gem d 1.0
            homebrew e 1.0
            apk g 1.0
            golang example.com/app (devel) application";
        check(
            "debian 12",
            packages,
            &["debian:12", "golang"],
            "1 of 8; 1 no-feed gem; 2 not-fetched npm; 1 no-distro apk; 1 unknown-version debian:12; \
             1 unknown-version golang; 1 no-version-scheme homebrew; gap feed-not-fetched npm; gap no-distro apk; \
             gap unreadable-version debian:12",
        );
    }

    #[test]
    fn repositories_that_nobody_explains_are_a_gap() {
        let gaps_of = |distro: &str, known: &[&str]| {
            let mut facts = facts();
            let known = known.iter().map(|name| ((*name).to_owned(), Vec::new()));
            facts.repository_cpes = known.collect();
            let inventory = inventory(distro, "rpm demo 1.0-1");
            let cases = cases(&inventory, &facts);
            release_gaps(
                &inventory,
                &cases,
                &facts,
                &BTreeSet::new(),
                "2025-01-01T00:00:00Z".parse().unwrap(),
            )
        };
        assert_eq!(gaps_of("rhel 9.4 content-set=baseos", &[])[0].place, "repository-to-cpe");
        assert_eq!(gaps_of("rhel 9.4 content-set=baseos", &["baseos"]), []);
        assert_eq!(gaps_of("rhel 9.4", &[]), []);
        // One that is known explains no other.
        let gaps = gaps_of("rhel 9.4 content-set=baseos content-set=rhocp-4.18", &["baseos"]);
        assert!(gaps[0].detail.ends_with("were not asked: rhocp-4.18"), "{}", gaps[0].detail);
        // CentOS has repositories of its own.
        assert_eq!(gaps_of("centos 9 content-set=baseos", &[]), []);
        let products: String = (0..80).map(|n| format!(" cpe=cpe:/a:redhat:demo{n:02}:1")).collect();
        let gaps = gaps_of(&format!("rhel 9.4{products}"), &[]);
        assert_eq!(gaps[0].detail, "the image names too many layered products; 16 were not asked");
    }

    #[test]
    fn what_somebody_else_built_is_a_gap() {
        check(
            "rhel 9.4",
            "rpm own 1.0-1.el9 supplier=Red+Hat,+Inc.\nrpm demo 1.0-1.el9 supplier=Acme",
            &["redhat:9"],
            "1 of 2; 1 third-party redhat:9; gap third-party redhat:9",
        );
        // A document may name one party for everything.
        check("rhel 9.4", "rpm demo 1.0-1.el9 supplier=Acme", &["redhat:9"], "1 of 1");
    }

    #[test]
    fn support_that_was_bought_goes_on_after_the_releases_own() {
        let mut facts = facts();
        let mut ends = |name: &str, end: &str| {
            let providers = vec!["ubuntu".to_owned()];
            let end_of_life = Some(end.to_owned());
            let of_release = NamespaceFacts { coverage: CoverageClass::Complete, providers, end_of_life };
            facts.namespaces.insert(Namespace::new(name), of_release);
        };
        ends("ubuntu:22.04", "2027-04-30");
        ends("ubuntu:22.04+esm", "2032-04-30");
        let gaps_of = |distro: &str, as_of: &str| {
            let inventory = inventory(distro, "deb demo 1.0-1");
            let cases = cases(&inventory, &facts);
            release_gaps(&inventory, &cases, &facts, &BTreeSet::new(), as_of.parse().unwrap())
        };
        let (during, after) = ("2030-01-01T00:00:00Z", "2033-01-01T00:00:00Z");
        assert_eq!(gaps_of("ubuntu 22.04 UBUNTU_PRO=esm-infra", during), []);
        assert_eq!(gaps_of("ubuntu 22.04 UBUNTU_PRO=esm-infra", after).len(), 2);
        assert_eq!(gaps_of("ubuntu 22.04", during)[0].kind, GapKind::ENDED_DISTRO);
    }

    #[test]
    fn a_rebuild_is_judged_by_its_own_feed_and_asks_another_besides() {
        check("almalinux 9.4", "rpm demo 1.0-1.el9", &["almalinux:9", "redhat:9"], "1 of 1");
        check(
            "almalinux 9.4",
            "rpm demo 1.0-1.el9",
            &["almalinux:9"],
            "1 of 1; gap feed-not-fetched redhat:9; gap fix-only-feed almalinux:9",
        );
        check(
            "almalinux 9.4",
            "rpm demo 1.0-1.el9",
            &["redhat:9"],
            "0 of 1; 1 not-fetched almalinux:9; gap feed-not-fetched almalinux:9",
        );
    }

    #[test]
    fn a_rebuild_that_asks_nobody_besides_does_not_know_what_is_not_fixed() {
        for distro in ["almalinux 9.4", "rocky 9.4"] {
            let inventory = inventory(distro, "rpm demo 1.0-1.el9");
            let mut facts = facts();
            let of_alma = facts.namespaces[&Namespace::new("almalinux:9")].clone();
            facts.namespaces.insert(Namespace::new("rocky:9"), of_alma);
            let gaps_of = |besides: Besides<'_>| {
                let cases = cases_with(&inventory, &facts, besides);
                let advisories = held(&cases, "");
                let as_of = "2025-07-01T00:00:00Z".parse().unwrap();
                let coverage = coverage(&inventory, &cases, &facts, &advisories, as_of);
                assert_eq!(coverage.matched, 1);
                coverage.gaps.iter().map(|gap| gap.detail.clone()).collect::<Vec<_>>()
            };
            let alone = Besides { fallback: &Fallback::Off, unfixed_from_rhel: false };
            let expected = "the feed publishes only fixes: vulnerabilities without one are not known to it";
            assert_eq!(gaps_of(alone), [expected], "{distro}");
            assert!(gaps_of(Besides::of(&Fallback::Off)).is_empty(), "{distro}");
        }
    }

    #[test]
    fn namespaces_that_only_named_sources_fill_are_not_covered() {
        let mut facts = facts();
        let inventory = inventory("debian 12", "npm a 1.0.0\ngem b 1.0");
        let providers = vec!["csaf:www.example.com".to_owned(), "private".to_owned()];
        let by_hand = NamespaceFacts { coverage: CoverageClass::FixOnly, providers, end_of_life: None };
        facts.namespaces.insert(Namespace::new("npm"), by_hand);
        let cases = cases(&inventory, &facts);
        let gaps = release_gaps(
            &inventory,
            &cases,
            &facts,
            &BTreeSet::new(),
            "2025-07-01T00:00:00Z".parse().unwrap(),
        );
        let gaps: Vec<String> = gaps.iter().map(Gap::to_string).collect();
        let expected =
            "fix-only-feed|npm|no feed is held but those named by hand: only what they speak of is known";
        assert_eq!(gaps, [expected]);
    }

    #[test]
    fn what_is_looked_up_by_cpe_name_alone_is_judged_where_that_is_held() {
        let coverage_of = |fallback: &Fallback, distro: &str, is_held: bool| {
            let packages = "apk demo 1.0-r1\ngeneric tool 1.0 cpe=a:acme:tool\ngeneric bare 1.0";
            let inventory = inventory(distro, packages);
            let cases = cases_with(&inventory, &facts(), Besides::of(fallback));
            let advisories = if is_held { held(&cases, "") } else { AdvisorySet::default() };
            let as_of = "2025-07-01T00:00:00Z".parse().unwrap();
            let coverage = coverage(&inventory, &cases, &facts(), &advisories, as_of);
            let unmatched =
                coverage.unmatched.iter().map(|it| format!("{} {}", it.packages, it.reason.as_str()));
            let gaps = coverage.gaps.iter().filter(|gap| gap.kind == GapKind::FIX_ONLY_FEED);
            let gaps = gaps.map(|gap| format!("{} {}", gap.place, gap.detail));
            let all: Vec<String> = unmatched.chain(gaps).collect();
            format!("{} of 3; {}", coverage.matched, all.join("; "))
        };
        assert_eq!(
            coverage_of(&Fallback::All, "alpine 3.5", true),
            "3 of 3; alpine:3.5 no feed speaks of 1 packages: they were looked up by CPE names alone; the first is `demo`; \
             generic no feed speaks of 1 packages: they were looked up by CPE names alone; the first is `bare`"
        );
        assert_eq!(
            coverage_of(&Fallback::All, "alpine 3.20", true),
            "3 of 3; alpine:3.20 the feed publishes only fixes: of vulnerabilities without one is known what CPE names find; \
             generic no feed speaks of 1 packages: they were looked up by CPE names alone; the first is `bare`"
        );
        let of_fixes = "the feed publishes only fixes: vulnerabilities without one are not known to it";
        assert_eq!(
            coverage_of(&Fallback::Stated, "alpine 3.20", true),
            format!("2 of 3; 1 no-feed; alpine:3.20 {of_fixes}")
        );
        assert_eq!(
            coverage_of(&Fallback::Stated, "alpine 3.20", false),
            format!("0 of 3; 1 no-feed; 1 not-fetched; 1 not-fetched; alpine:3.20 {of_fixes}")
        );
    }

    #[test]
    fn why_packages_were_looked_up_by_name_alone_stays_said() {
        let gaps_of = |distro: &str, packages: &str| {
            let inventory = inventory(distro, packages);
            let cases = cases_with(&inventory, &facts(), Besides::of(&Fallback::All));
            let advisories = held(&cases, "");
            let as_of = "2025-01-01T00:00:00Z".parse().unwrap();
            let coverage = coverage(&inventory, &cases, &facts(), &advisories, as_of);
            assert_eq!(coverage.matched, coverage.packages);
            coverage.gaps.iter().map(Gap::to_string).collect::<Vec<_>>()
        };
        let end = "they were looked up by CPE names alone; the first is `demo`";
        assert_eq!(
            gaps_of(
                "rhel 9.4",
                "rpm own 1.0-1.el9 supplier=Red+Hat,+Inc.\nrpm demo 1.0-1.el9 supplier=Fedora+Project"
            ),
            [format!("third-party|redhat:9|1 packages were built by somebody else: {end}")]
        );
        assert_eq!(
            gaps_of("", "deb demo 1.0-1"),
            [format!("no-distro|deb|nothing says which distribution 1 packages belong to: {end}")]
        );
        assert_eq!(
            gaps_of("debian 12", "deb own 1.0-1\nhomebrew demo 1.0"),
            [format!(
                "unreadable-version|homebrew|how the versions of 1 packages are ordered is not known: {end}"
            )]
        );
        assert_eq!(
            gaps_of("debian 12", "gem demo 1.0"),
            [format!("fix-only-feed|gem|no feed speaks of 1 packages: {end}")]
        );
        assert!(gaps_of("debian 12", "generic demo 1.0 cpe=a:acme:demo").is_empty());
    }

    #[test]
    fn ended_releases_and_fix_only_feeds_are_said() {
        check("debian 11", "deb a 1.0", &["debian:11"], "1 of 1; gap ended-distro debian:11");
        check("debian 12", "deb a 1.0", &["debian:12"], "1 of 1");
        check("alpine 3.20", "apk a 1.0", &["alpine:3.20"], "1 of 1; gap fix-only-feed alpine:3.20");
        check("alpine 3.5", "apk a 1.0", &[], "0 of 1; 1 no-feed alpine:3.5");
        check("photon 3.0", "rpm a 1.0", &[], "0 of 1; 1 no-feed photon:3.0; gap ended-distro photon:3.0");
        check("debian 11", "", &[], "0 of 0; gap ended-distro debian:11");
    }
}
