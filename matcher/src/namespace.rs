//! Which namespaces answer for a distribution's packages (feeds.md B5, B6). The tables are the data; the code
//! below only reads them.

use std::collections::BTreeSet;

use model::distro::Distro;
use model::ecosystem::Ecosystem;
use model::facts::FeedFacts;
use model::key::Namespace;
use model::package::Package;
use model::purl::Purl;

/// Who answers for the operating-system packages of an image.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Resolved {
    /// The ecosystem of the distribution's packages; packages of another are not its own.
    pub(crate) ecosystem: Ecosystem,
    /// The namespaces, sorted. More than one where packages of several releases are mixed and nothing says
    /// which came from where.
    pub(crate) namespaces: Vec<Namespace>,
    /// How sure this is, 0 to 1 (feeds.md D4).
    pub(crate) confidence: f64,
    /// Words in a version by which a derivative marks packages that it built itself: the base distribution's
    /// feed does not answer for these.
    pub(crate) own_builds: &'static [&'static str],
}

impl Resolved {
    /// Whether another distribution's feed answers.
    pub(crate) fn is_derived(&self) -> bool {
        self.confidence <= DERIVED
    }
}

const CERTAIN: f64 = 1.0;
/// The release or channel is inferred from something else than its own statement.
const INFERRED: f64 = 0.9;
/// Another distribution's feed answers.
pub(crate) const DERIVED: f64 = 0.8;

/// How `VERSION_ID` becomes a release.
#[derive(Clone, Copy)]
enum Release {
    /// `9.4` is `9`.
    Major,
    /// `3.22.1` is `3.22`.
    MajorMinor,
    /// As written.
    Whole,
    /// Whatever it says, there is one release.
    Rolling,
    /// `3.22.1` is `3.22`, and pre-releases are `edge`.
    Alpine,
    /// `12.5` is `12`; testing and unstable have no number.
    Debian,
    /// `2018.03` is `1`, which had its year and month for a version.
    Amazon,
}

struct Distribution {
    ids: &'static [&'static str],
    ecosystem: Ecosystem,
    namespace: &'static str,
    release: Release,
}

const fn distribution(
    ids: &'static [&'static str],
    ecosystem: Ecosystem,
    namespace: &'static str,
    release: Release,
) -> Distribution {
    Distribution { ids, ecosystem, namespace, release }
}

const SLES: &[&str] = &["sles", "sles_sap", "sled", "suse linux enterprise server"];
const TUMBLEWEED: &[&str] = &["opensuse-tumbleweed", "opensuse.tumbleweed"];

/// Beside the values of `ID` stand the names that other scanners' documents have (`alma`, `opensuse.leap`).
const DISTRIBUTIONS: &[Distribution] = &[
    distribution(&["alpine"], Ecosystem::Apk, "alpine", Release::Alpine),
    distribution(&["wolfi"], Ecosystem::Apk, "wolfi", Release::Rolling),
    distribution(&["chainguard"], Ecosystem::Apk, "chainguard", Release::Rolling),
    distribution(&["minimos"], Ecosystem::Apk, "minimos", Release::Rolling),
    distribution(&["secureos"], Ecosystem::Apk, "secureos", Release::Rolling),
    distribution(&["debian", "debian-gnu/linux"], Ecosystem::Deb, "debian", Release::Debian),
    distribution(&["ubuntu"], Ecosystem::Deb, "ubuntu", Release::MajorMinor),
    distribution(&["echo"], Ecosystem::Deb, "echo", Release::Whole),
    distribution(&["rhel", "redhat", "centos"], Ecosystem::Rpm, "redhat", Release::Major),
    distribution(&["fedora"], Ecosystem::Rpm, "fedora", Release::Major),
    distribution(&["ol", "oracle"], Ecosystem::Rpm, "oracle", Release::Major),
    distribution(&["amzn", "amazon"], Ecosystem::Rpm, "amazon", Release::Amazon),
    distribution(&["rocky", "rocky-linux"], Ecosystem::Rpm, "rocky", Release::Major),
    distribution(&["almalinux", "alma"], Ecosystem::Rpm, "almalinux", Release::Major),
    distribution(SLES, Ecosystem::Rpm, "sles", Release::MajorMinor),
    distribution(&["sle-micro", "suse-microos"], Ecosystem::Rpm, "sle-micro", Release::MajorMinor),
    distribution(&["sl-micro"], Ecosystem::Rpm, "sl-micro", Release::MajorMinor),
    distribution(&["opensuse-leap", "opensuse.leap"], Ecosystem::Rpm, "opensuse-leap", Release::MajorMinor),
    distribution(TUMBLEWEED, Ecosystem::Rpm, "opensuse-tumbleweed", Release::Rolling),
    distribution(&["photon"], Ecosystem::Rpm, "photon", Release::MajorMinor),
    distribution(&["mariner", "cbl-mariner"], Ecosystem::Rpm, "mariner", Release::MajorMinor),
    distribution(&["azurelinux", "azure-linux"], Ecosystem::Rpm, "azurelinux", Release::MajorMinor),
    distribution(&["openeuler"], Ecosystem::Rpm, "openeuler", Release::Whole),
    distribution(&["bottlerocket"], Ecosystem::Rpm, "bottlerocket", Release::Rolling),
    distribution(&["hummingbird"], Ecosystem::Rpm, "hummingbird", Release::Rolling),
    distribution(&["arch", "archarm", "manjaro"], Ecosystem::Alpm, "arch", Release::Rolling),
];

/// How a derivative's release becomes its base's.
#[derive(Clone, Copy)]
enum Base {
    /// The base has the same major version.
    SameMajor,
    /// `os-release` names the base's codename under this key, else under `VERSION_CODENAME`.
    Codename(&'static str),
    /// It always follows this release.
    Always(&'static str),
    /// Its releases and the base's, pair by pair.
    Pairs(&'static [(&'static str, &'static str)]),
}

struct Derivative {
    ids: &'static [&'static str],
    namespace: &'static str,
    base: Base,
    own_builds: &'static [&'static str],
}

const DERIVATIVES: &[Derivative] = &[
    Derivative {
        ids: &["postmarketos"],
        namespace: "alpine",
        base: Base::Pairs(&[
            ("edge", "edge"),
            ("25.12", "3.23"),
            ("25.06", "3.22"),
            ("24.12", "3.21"),
            ("24.06", "3.20"),
            ("23.12", "3.19"),
            ("23.06", "3.18"),
            ("22.12", "3.17"),
            ("22.06", "3.16"),
            ("21.12", "3.15"),
            ("21.06", "3.14"),
            ("21.03", "3.13"),
            ("20.05", "3.12"),
        ]),
        own_builds: &[],
    },
    Derivative {
        ids: &["raspbian"],
        namespace: "debian",
        base: Base::SameMajor,
        // Its changed builds say so in their versions, also on a system that calls itself Debian: see `keys`.
        own_builds: &[],
    },
    Derivative { ids: &["kali"], namespace: "debian", base: Base::Always("unstable"), own_builds: &["kali"] },
    Derivative {
        ids: &["parrot", "pureos", "devuan", "mx", "antix", "deepin", "tails", "siduction", "lmde"],
        namespace: "debian",
        base: Base::Codename("DEBIAN_CODENAME"),
        own_builds: &["parrot", "pureos", "devuan", "mx", "antix", "deepin", "tails", "siduction", "lmde"],
    },
    Derivative {
        ids: &["linuxmint", "pop", "elementary", "zorin", "neon", "lubuntu"],
        namespace: "ubuntu",
        base: Base::Codename("UBUNTU_CODENAME"),
        own_builds: &["+mint", "~pop", "elementary", "zorin", "neon"],
    },
    Derivative {
        ids: &["scientific", "eurolinux", "springdale", "nethserver", "clearos", "xcp-ng", "navy"],
        namespace: "redhat",
        base: Base::SameMajor,
        own_builds: &[],
    },
];

/// Distributions that look like one above, by `ID_LIKE`, and yet build and fix on their own.
const ON_THEIR_OWN: &[&str] = &[
    "alinux",
    "altlinux",
    "anolis",
    "astra",
    "buildroot",
    "busybox",
    "coreos",
    "cos",
    "flatcar",
    "gentoo",
    "guix",
    "kylin",
    "miraclelinux",
    "nixos",
    "opencloudos",
    "redos",
    "tencentos",
    "uos",
    "void",
];

/// Which base an unknown distribution's `ID_LIKE` word leads to, and how.
const LIKENESSES: &[(&str, &str, Base)] = &[
    ("alpine", "alpine", Base::SameMajor),
    ("ubuntu", "ubuntu", Base::Codename("UBUNTU_CODENAME")),
    ("debian", "debian", Base::Codename("DEBIAN_CODENAME")),
    ("rhel", "redhat", Base::SameMajor),
];

/// Who answers for `distro`; else the name under which the absence of an answer is reported.
pub(crate) fn resolve(distro: &Distro, facts: &FeedFacts) -> Result<Resolved, Namespace> {
    let unanswered = || match &distro.version {
        Some(version) => Namespace::distro(&distro.id, version),
        None => Namespace::new(distro.id.as_str()),
    };
    let id = id(distro);
    if ON_THEIR_OWN.contains(&id.as_str()) {
        return Err(unanswered());
    }
    let derivative = DERIVATIVES.iter().find(|known| known.ids.contains(&id.as_str()));
    match (by_id(&id, distro, facts), derivative) {
        (Some(Some(resolved)), _) => return Ok(resolved),
        (Some(None), None) => return Err(unanswered()),
        // An edition may have another base than the others have: Linux Mint's of Debian (feeds.md B6).
        (Some(None), Some(_)) | (None, _) => {}
    }
    let by_likeness = || {
        let own_builds = derivative.map_or(&[][..], |known| known.own_builds);
        let is_other = |namespace: &str| derivative.is_none_or(|known| known.namespace != namespace);
        let words = distro.id_like.iter();
        words
            .filter_map(|word| LIKENESSES.iter().find(|(name, _, _)| name == word))
            .filter(|(_, namespace, _)| is_other(namespace))
            .find_map(|(_, namespace, base)| derived(namespace, *base, own_builds, distro, facts))
    };
    let by_name = || {
        let resolved = by_id(&slug(distro.name.as_deref()?), distro, facts)??;
        Some(Resolved { confidence: resolved.confidence.min(INFERRED), ..resolved })
    };
    by_likeness().or_else(by_name).ok_or_else(unanswered)
}

/// The name in the tables. Trivy has one for both families of SUSE's micro system, which changed its name with version 6.
fn id(distro: &Distro) -> String {
    match distro.id.to_lowercase() {
        id if id == "slem" => {
            let is_newer =
                version(distro).and_then(|version| numbers(&version, 1)?.parse::<u32>().ok()) >= Some(6);
            if is_newer { "sl-micro" } else { "sle-micro" }.to_owned()
        }
        id => id,
    }
}

/// Who answers for the distribution called `id`: none when no table knows it, none inside when its release
/// cannot be told.
fn by_id(id: &str, distro: &Distro, facts: &FeedFacts) -> Option<Option<Resolved>> {
    if let Some(known) = DISTRIBUTIONS.iter().find(|known| known.ids.contains(&id)) {
        return Some(known.resolve(distro, facts));
    }
    let known = DERIVATIVES.iter().find(|known| known.ids.contains(&id))?;
    Some(derived(known.namespace, known.base, known.own_builds, distro, facts))
}

/// The distribution that a package's purl names in its `distro` qualifier, for documents that state none as a whole:
/// `debian-12`, `debian-bookworm`, or a codename alone with the pocket that it came from (`jammy`, `esm-infra/xenial`), whose
/// distribution is the purl's namespace.
pub(crate) fn distro_of_purl(package: &Package) -> Option<Distro> {
    let purl: Purl = package.purl.parse().ok()?;
    let qualifier = purl.qualifiers.get("distro")?.as_str();
    // `trusty/esm` is an older spelling of `esm-infra-legacy/trusty`.
    let release = match qualifier.rsplit_once('/') {
        Some((codename, "esm")) => codename,
        Some((_, codename)) => codename,
        None => qualifier,
    };
    let (id, release) = match release.rsplit_once('-') {
        Some((id, release)) => (id, release),
        None => (purl.namespace.as_deref()?, release),
    };
    if id.is_empty() || release.is_empty() {
        return None;
    }
    let is_version = release == "edge" || release.starts_with(|first: char| first.is_ascii_digit());
    // `distro=arch` of a purl in the namespace `arch` names no release.
    let release = (release != id).then(|| release.to_owned());
    let (version, codename) = if is_version { (release, None) } else { (None, release) };
    Some(Distro { id: id.to_owned(), version, codename, ..Distro::default() })
}

impl Distribution {
    fn resolve(&self, distro: &Distro, facts: &FeedFacts) -> Option<Resolved> {
        let mut confidence = CERTAIN;
        let version = || self.of_codename(distro, facts).or_else(|| version(distro));
        let releases: BTreeSet<String> = match self.release {
            Release::Rolling => BTreeSet::from(["rolling".to_owned()]),
            Release::Alpine => {
                let releases = alpine_releases(distro, facts)?;
                if releases.len() > 1 {
                    confidence = INFERRED;
                }
                releases
            }
            Release::Debian => BTreeSet::from([debian_release(distro, facts)?]),
            Release::Amazon => BTreeSet::from([match numbers(&version()?, 1) {
                Some(year) if year.starts_with("201") => "1".to_owned(),
                release => release?,
            }]),
            Release::Whole => BTreeSet::from([version()?]),
            Release::Major => BTreeSet::from([numbers(&version()?, 1)?]),
            Release::MajorMinor => BTreeSet::from([numbers(&version()?, 2)?]),
        };
        // Stream is ahead of the release whose feed answers for it.
        if distro.name.as_deref().is_some_and(|name| name.contains("Stream")) {
            confidence = INFERRED;
        }
        let mut namespaces: Vec<Namespace> =
            releases.iter().map(|release| Namespace::distro(self.namespace, release)).collect();
        namespaces.extend(self.guests(distro));
        namespaces.sort();
        namespaces.dedup();
        Some(Resolved { ecosystem: self.ecosystem, namespaces, confidence, own_builds: &[] })
    }

    /// The release of the codename, where that is all that is stated (`jammy`).
    fn of_codename(&self, distro: &Distro, facts: &FeedFacts) -> Option<String> {
        let codename = distro.codename.as_deref().filter(|_| distro.version.is_none())?;
        let release = facts.codenames.get(codename)?;
        let is_own = release.distro_id() == Some(self.namespace);
        release.release().filter(|_| is_own).map(str::to_owned)
    }

    /// Wolfi and Chainguard share packages: an image of one may take some from the other's repository.
    fn guests(&self, distro: &Distro) -> Vec<Namespace> {
        const REPOSITORIES: &[(&str, &str)] = &[("wolfi", "wolfi"), ("chainguard", "chainguard")];
        if !REPOSITORIES.iter().any(|(namespace, _)| *namespace == self.namespace) {
            return Vec::new();
        }
        let is_in_use = |word: &str| distro.repositories.iter().any(|line| line.contains(word));
        REPOSITORIES
            .iter()
            .filter(|(_, word)| is_in_use(word))
            .map(|(namespace, _)| Namespace::distro(namespace, "rolling"))
            .collect()
    }
}

fn derived(
    namespace: &str,
    base: Base,
    own_builds: &'static [&'static str],
    distro: &Distro,
    facts: &FeedFacts,
) -> Option<Resolved> {
    let answer = match base {
        Base::Always(release) => Namespace::distro(namespace, release),
        Base::Pairs(pairs) => {
            let version = version(distro)?;
            let (_, release) = pairs.iter().find(|(own, _)| version.trim_start_matches('v') == *own)?;
            Namespace::distro(namespace, release)
        }
        Base::SameMajor if namespace == "alpine" => Namespace::distro(namespace, &alpine_release(distro)?),
        Base::SameMajor => Namespace::distro(namespace, &numbers(&version(distro)?, 1)?),
        Base::Codename(key) => {
            let codename = hint(distro, key).or(distro.codename.as_deref())?;
            let answer = facts.codenames.get(codename)?;
            if answer.distro_id() != Some(namespace) {
                return None;
            }
            answer.clone()
        }
    };
    let ecosystem = DISTRIBUTIONS.iter().find(|known| known.namespace == namespace)?.ecosystem;
    Some(Resolved { ecosystem, namespaces: vec![answer], confidence: DERIVED, own_builds })
}

fn hint<'a>(distro: &'a Distro, key: &str) -> Option<&'a str> {
    distro.hints.iter().find_map(|hint| hint.strip_prefix(key)?.strip_prefix('='))
}

/// `VERSION_ID`, else the first number that the name for people holds.
fn version(distro: &Distro) -> Option<String> {
    let stated = distro.version.clone().filter(|version| !version.is_empty());
    stated.or_else(|| {
        let name = distro.pretty_name.as_deref()?;
        let start = name.find(|first: char| first.is_ascii_digit())?;
        name[start..].split_whitespace().next().map(str::to_owned)
    })
}

/// The first `count` numbers of a version; fewer if it has no more; none if it starts with something else.
fn numbers(version: &str, count: usize) -> Option<String> {
    let numbers: Vec<&str> = version
        .split(|end: char| end != '.' && !end.is_ascii_digit())
        .next()?
        .split('.')
        .filter(|number| !number.is_empty())
        .take(count)
        .collect();
    (!numbers.is_empty()).then(|| numbers.join("."))
}

fn alpine_release(distro: &Distro) -> Option<String> {
    let version = version(distro);
    let names_edge = |text: &Option<String>| text.as_deref().is_some_and(|text| text.contains("edge"));
    let is_prerelease = |text: &Option<String>| text.as_deref().is_some_and(|text| text.contains('_'));
    if names_edge(&distro.pretty_name) || names_edge(&version) || is_prerelease(&version) {
        return Some("edge".to_owned());
    }
    numbers(&version?, 2)
}

/// The releases that packages of an Alpine come from. What the lines of `/etc/apk/repositories` point at wins over
/// `os-release`; lines that name no release (`latest-stable`, somebody's own) are of the installation's own, and so are all
/// where nobody answers for what they name.
fn alpine_releases(distro: &Distro, facts: &FeedFacts) -> Option<BTreeSet<String>> {
    let lines = distro.repositories.iter().map(|line| line.trim());
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let named: Vec<Option<&str>> = lines.map(repository_release).collect();
    let mut releases: BTreeSet<String> = named.iter().flatten().map(|&release| release.to_owned()).collect();
    let is_answered = |release: &String| {
        let facts = facts.namespaces.get(&Namespace::distro("alpine", release));
        facts.is_some_and(|facts| !facts.providers.is_empty())
    };
    match alpine_release(distro) {
        Some(own) if !releases.iter().any(is_answered) => return Some(BTreeSet::from([own])),
        Some(own) if named.contains(&None) => {
            releases.insert(own);
        }
        _ => {}
    }
    (!releases.is_empty()).then_some(releases)
}

/// The release in the path of a repository: `https://host/alpine/v3.19/main` has 3.19.
fn repository_release(line: &str) -> Option<&str> {
    let place = line.split_whitespace().last()?;
    let path = match place.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_host, path)| path),
        None => place,
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    path.split('/').rev().find_map(|segment| {
        let release = segment.strip_prefix('v').filter(|release| {
            release.split_once('.').is_some_and(|(major, minor)| is_number(major) && is_number(minor))
        });
        release.or_else(|| (segment == "edge").then_some(segment))
    })
}

/// A number; without one, the number that the feeds' calendar gives to the codename; else testing or
/// unstable, which have no number yet and share one feed.
fn debian_release(distro: &Distro, facts: &FeedFacts) -> Option<String> {
    if let Some(release) = distro.version.as_deref().and_then(|version| numbers(version, 1)) {
        return Some(release);
    }
    if let Some(codename) = &distro.codename {
        let known = facts.codenames.get(codename).filter(|namespace| namespace.distro_id() == Some("debian"));
        return Some(known.and_then(Namespace::release).unwrap_or("unstable").to_owned());
    }
    let names_unstable = distro.pretty_name.as_deref().is_some_and(|name| name.contains("sid"));
    names_unstable.then(|| "unstable".to_owned())
}

fn slug(name: &str) -> String {
    name.to_lowercase().split_whitespace().collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{distro, facts};

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let distro = distro(text).unwrap();
        let answer = match resolve(&distro, &facts()) {
            Ok(resolved) => {
                let names: Vec<&str> = resolved.namespaces.iter().map(Namespace::as_str).collect();
                format!("{} {}", names.join(" "), resolved.confidence)
            }
            Err(namespace) => format!("nobody for {namespace}"),
        };
        assert_eq!(answer, expected, "{text}");
    }

    #[test]
    fn releases_are_named_as_their_feeds_name_them() {
        check("alpine 3.22.1", "alpine:3.22 1");
        check("alpine 3.23_alpha20250612", "alpine:edge 1");
        check("alpine 3.21.0 pretty=Alpine+Linux+edge", "alpine:edge 1");
        check("alpine pretty=Alpine+Linux+v3.18", "alpine:3.18 1");
        check("wolfi 20230201", "wolfi:rolling 1");
        check("debian 12", "debian:12 1");
        check("debian 12.5", "debian:12 1");
        check("ubuntu 22.04", "ubuntu:22.04 1");
        check("rhel 9.4", "redhat:9 1");
        check("centos 9 name=CentOS+Stream", "redhat:9 0.9");
        check("amzn 2", "amazon:2 1");
        check("amzn 2018.03", "amazon:1 1");
        check("amzn 2023", "amazon:2023 1");
        check("sles 15.6", "sles:15.6 1");
        check("opensuse-tumbleweed 20250101", "opensuse-tumbleweed:rolling 1");
        check("azurelinux 3.0.20250102", "azurelinux:3.0 1");
        check("azure-linux 3.0", "azurelinux:3.0 1");
        check("ubuntu codename=jammy", "ubuntu:22.04 1");
        check("ubuntu codename=bookworm", "nobody for ubuntu");
        check("manjaro", "arch:rolling 1");
    }

    #[test]
    fn the_names_of_other_scanners_are_known() {
        check("alma 9.4", "almalinux:9 1");
        check("cbl-mariner 2.0.20250101", "mariner:2.0 1");
        check("opensuse.leap 15.6", "opensuse-leap:15.6 1");
        check("opensuse.tumbleweed 20250101", "opensuse-tumbleweed:rolling 1");
        check("slem 5.4", "sle-micro:5.4 1");
        check("slem 6.1", "sl-micro:6.1 1");
        let mut spaced = distro("sles 15.6").unwrap();
        spaced.id = "SUSE Linux Enterprise Server".to_owned();
        assert_eq!(resolve(&spaced, &facts()).unwrap().namespaces, [Namespace::new("sles:15.6")]);
    }

    #[test]
    fn debian_without_a_number_is_its_codenames_release_else_unstable() {
        check("debian codename=bookworm", "debian:12 1");
        check("debian codename=forky pretty=Debian+GNU/Linux+forky/sid", "debian:unstable 1");
        check("debian codename=sid", "debian:unstable 1");
        check("debian pretty=Debian+GNU/Linux+bookworm/sid", "debian:unstable 1");
        check("debian", "nobody for debian");
    }

    #[test]
    fn alpine_repositories_win_and_are_all_asked_when_mixed() {
        let repository = |line: &str| format!("repository={line}");
        let stable = repository("https://mirror/alpine/v3.19/main");
        let edge = repository("@testing+https://mirror/alpine/edge/testing");
        let comment = repository("#https://mirror/alpine/edge/main");
        check(&format!("alpine 3.20.1 {stable}"), "alpine:3.19 1");
        check(&format!("alpine 3.20.1 {stable} {edge}"), "alpine:3.19 alpine:edge 0.9");
        check(&format!("alpine 3.20.1 {comment}"), "alpine:3.20 1");
        check("alpine 3.20.1 repository=https://mirror/company/main", "alpine:3.20 1");
        // Whose release nobody answers for is somebody's own; and a host is no release.
        let latest = repository("https://mirror/alpine/latest-stable/main");
        let other = repository("https://apk.example.com/v1.2/main");
        check(&format!("alpine 3.20.1 {latest} {other}"), "alpine:3.20 1");
        check(&format!("alpine 3.20.1 {stable} {latest}"), "alpine:3.19 alpine:3.20 0.9");
        check(&format!("alpine 3.20.1 {}", repository("https://v3.19/alpine/main")), "alpine:3.20 1");
        check(
            &format!("alpine 3.20.1 {}", repository("https://v3.mirror.example/alpine/v3.19/main")),
            "alpine:3.19 1",
        );
        check(&format!("alpine {other}"), "alpine:1.2 1");
        check(
            "wolfi 20230201 repository=https://mirror/chainguard/extras",
            "chainguard:rolling wolfi:rolling 1",
        );
    }

    #[test]
    fn derivatives_ask_their_base_with_less_confidence() {
        check("postmarketos 24.06", "alpine:3.20 0.8");
        check("postmarketos v23.12", "alpine:3.19 0.8");
        check("postmarketos 99.12", "nobody for postmarketos:99.12");
        check("raspbian 12", "debian:12 0.8");
        check("kali 2024.1", "debian:unstable 0.8");
        check("linuxmint 21.3 UBUNTU_CODENAME=jammy", "ubuntu:22.04 0.8");
        check("lmde 6 DEBIAN_CODENAME=bookworm", "debian:12 0.8");
        check("linuxmint 6 like=debian codename=faye DEBIAN_CODENAME=bookworm", "debian:12 0.8");
        check("linuxmint 6 codename=faye", "nobody for linuxmint:6");
        check("postmarketos 99.12 like=alpine", "nobody for postmarketos:99.12");
        check("unheard-of 7 like=debian codename=bookworm", "debian:12 0.8");
        check("unheard-of 7 like=ubuntu like=debian UBUNTU_CODENAME=jammy", "ubuntu:22.04 0.8");
        check("unheard-of 9.1 like=rhel like=fedora", "redhat:9 0.8");
        check("unheard-of 3.20.1 like=alpine", "alpine:3.20 0.8");
        check("unheard-of 7 like=debian codename=own", "nobody for unheard-of:7");
        check("unheard-of 8 like=debian name=Debian+GNU/Linux", "debian:8 0.9");
        check("tencentos 4 like=rhel", "nobody for tencentos:4");
        check("nixos 24.05", "nobody for nixos:24.05");
    }

    #[test]
    fn every_id_is_in_one_table_once() {
        let ids: Vec<&str> = DISTRIBUTIONS
            .iter()
            .flat_map(|known| known.ids)
            .chain(DERIVATIVES.iter().flat_map(|known| known.ids))
            .chain(ON_THEIR_OWN)
            .copied()
            .collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
        let is_known = |name: &str| DISTRIBUTIONS.iter().any(|known| known.namespace == name);
        assert!(DERIVATIVES.iter().all(|known| is_known(known.namespace)));
        assert!(LIKENESSES.iter().all(|(_, namespace, _)| is_known(namespace)));
    }

    #[test]
    fn every_real_os_release_is_answered_or_refused_by_name() {
        let test = "every_real_os_release_is_answered_or_refused_by_name";
        let Some(data) = testkit::data::require(test) else { return };
        let mut unknown = BTreeSet::new();
        let mut n_known = 0;
        for path in os_releases(&data.join("rootfs/os-release")) {
            let text = String::from_utf8_lossy(&testkit::data::read(&path)).into_owned();
            let field = |key: &str| {
                let value = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
                Some(value.trim().trim_matches(['"', '\'']).to_owned())
            };
            let Some(id) = field("ID") else { continue };
            let distro = Distro {
                id,
                version: field("VERSION_ID"),
                codename: field("VERSION_CODENAME"),
                name: field("NAME"),
                pretty_name: field("PRETTY_NAME"),
                id_like: field("ID_LIKE").unwrap_or_default().split(' ').map(str::to_owned).collect(),
                hints: ["UBUNTU_CODENAME", "DEBIAN_CODENAME"]
                    .iter()
                    .filter_map(|key| Some(format!("{key}={}", field(key)?)))
                    .collect(),
                ..Distro::default()
            };
            match resolve(&distro, &facts()) {
                Ok(_) => n_known += 1,
                Err(_) if ON_THEIR_OWN.contains(&distro.id.as_str()) => {}
                Err(namespace) => {
                    unknown.insert(namespace.to_string());
                }
            }
        }
        assert!(n_known > 30, "{n_known}");
        // A distroless image that states its release nowhere but in `debian_version`.
        assert_eq!(unknown.into_iter().collect::<Vec<_>>(), ["debian"]);
    }

    fn os_releases(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
        #[expect(clippy::disallowed_methods, reason = "a test may list the real data")]
        let entries = std::fs::read_dir(folder).unwrap();
        let mut paths = Vec::new();
        for path in entries.map(|entry| entry.unwrap().path()) {
            match path.is_dir() {
                true => paths.extend(os_releases(&path)),
                false => paths.push(path),
            }
        }
        paths.sort();
        paths
    }
}
