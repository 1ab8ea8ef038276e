//! Packages that were judged, those that were not, and what is said of it.

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
            &AdvisorySet::default(),
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
    check(
        "debian 12",
        "deb nodejs 16.20.2-1nodesource1\ndeb own 1.0-1",
        &["debian:12"],
        "1 of 2; 1 third-party debian:12; gap third-party debian:12",
    );
    // The base's feed does not speak of what a derivative built itself.
    check(
        "devuan 5",
        "deb demo 1.0-1\ndeb dbus 1.14.10-1~deb12u1devuan1",
        &["debian:12"],
        "1 of 2; 1 third-party debian:12; gap third-party debian:12",
    );
    // A document may name one party for everything.
    check("rhel 9.4", "rpm demo 1.0-1.el9 supplier=Acme", &["redhat:9"], "1 of 1");
}

#[test]
fn how_long_a_derivatives_own_runtime_has_support_the_derivative_says() {
    let n_runtimes = |version: &str| {
        let inventory = inventory("kali", &format!("deb ruby3.1 {version}\ngeneric ruby 3.1.2 owner=0"));
        let cases = cases(&inventory, &facts());
        let as_of = "2025-07-01T00:00:00Z".parse().unwrap();
        coverage(&inventory, &cases, &facts(), &advisories(&inventory, ""), as_of).runtimes.len()
    };
    assert_eq!(n_runtimes("3.1.2-7kali1"), 0);
    assert_eq!(n_runtimes("3.1.2-7"), 0);
    assert_eq!(n_runtimes("3.1.2-1nodesource1"), 1);
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
        release_gaps(
            &inventory,
            &cases,
            &facts,
            &AdvisorySet::default(),
            &BTreeSet::new(),
            as_of.parse().unwrap(),
        )
    };
    let (during, after) = ("2030-01-01T00:00:00Z", "2033-01-01T00:00:00Z");
    assert_eq!(gaps_of("ubuntu 22.04 UBUNTU_PRO=esm-infra", during), []);
    assert_eq!(gaps_of("ubuntu 22.04 UBUNTU_PRO=esm-infra", after).len(), 2);
    assert_eq!(gaps_of("ubuntu 22.04", during)[0].kind, GapKind::ENDED_DISTRO);
}

#[test]
fn a_rebuild_is_judged_by_its_own_feed_and_asks_another_besides() {
    // What Red Hat has fixed, and the rebuild not yet, neither of the two tells.
    check(
        "almalinux 9.4",
        "rpm demo 1.0-1.el9",
        &["almalinux:9", "redhat:9"],
        "1 of 1; gap fix-only-feed almalinux:9",
    );
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
        "0 of 1; 1 not-fetched almalinux:9; gap feed-not-fetched almalinux:9; gap fix-only-feed almalinux:9",
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
        let expected = "the feed publishes only fixes: of vulnerabilities without one is known what Red Hat has not fixed \
                        either, and not what waits for the rebuild of a fix";
        assert_eq!(gaps_of(Besides::of(&Fallback::Off)), [expected], "{distro}");
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
        &AdvisorySet::default(),
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
        let unmatched = coverage.unmatched.iter().map(|it| format!("{} {}", it.packages, it.reason.as_str()));
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
    check(
        "photon 3.0",
        "rpm a 1.0",
        &[],
        "0 of 1; 1 no-feed photon:3.0; gap ended-distro photon:3.0; gap feed-not-fetched photon:3.0",
    );
    check("debian 11", "", &[], "0 of 0; gap ended-distro debian:11");
}
