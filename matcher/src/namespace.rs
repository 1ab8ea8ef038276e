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
    /// Its releases by number and codename, each with the codename of the base's.
    Named(&'static [(&'static str, &'static str, &'static str)]),
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
        ids: &["devuan"],
        namespace: "debian",
        base: Base::Named(&[
            ("1", "jessie", "jessie"),
            ("2", "ascii", "stretch"),
            ("3", "beowulf", "buster"),
            ("4", "chimaera", "bullseye"),
            ("5", "daedalus", "bookworm"),
            ("6", "excalibur", "trixie"),
            ("7", "freia", "forky"),
            ("", "ceres", "sid"),
        ]),
        own_builds: &["devuan"],
    },
    Derivative {
        ids: &["parrot", "pureos", "mx", "antix", "deepin", "tails", "siduction", "lmde"],
        namespace: "debian",
        base: Base::Codename("DEBIAN_CODENAME"),
        own_builds: &["parrot", "pureos", "mx", "antix", "deepin", "tails", "siduction", "lmde"],
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
        Base::Named(releases) => named_release(namespace, releases, distro, facts)?,
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

/// The base's release by the number, else by the codename, which may have the name of what has no number behind it
/// (`excalibur/ceres`). What the base's codename stands for the feeds know: of testing, which has no number yet, unstable.
fn named_release(
    namespace: &str,
    releases: &[(&str, &str, &str)],
    distro: &Distro,
    facts: &FeedFacts,
) -> Option<Namespace> {
    let (_, unreleased, _) = releases.last()?;
    let names_unreleased = || distro.pretty_name.as_deref().is_some_and(|name| name.contains(unreleased));
    let number = version(distro).and_then(|version| numbers(&version, 1));
    let (.., base) = match (number, &distro.codename) {
        (Some(number), _) => releases.iter().find(|(own, ..)| *own == number)?,
        (None, Some(codename)) => {
            let own = codename.split('/').next()?;
            releases.iter().find(|(_, name, _)| *name == own)?
        }
        (None, None) => releases.last().filter(|_| names_unreleased())?,
    };
    facts.codenames.get(*base).filter(|answer| answer.distro_id() == Some(namespace)).cloned()
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
mod tests;
