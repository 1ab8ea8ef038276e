//! What an installation gets besides the packages of its release, and who else has something to say of them: extended
//! maintenance, other builds, streams and layered products, and the distribution that a rebuild was made from
//! (feeds.md A4, A5, A8, A9, B7, D1).

use std::collections::BTreeSet;
use std::sync::Arc;

use model::distro::Distro;
use model::ecosystem::Ecosystem;
use model::facts::{FeedFacts, RepositoryCpes};
use model::inventory::Inventory;
use model::key::Namespace;
use model::package::Package;
use model::red_hat::Stream;

use crate::gate::Installation;

/// The channel of Ubuntu's extended maintenance, behind a release: `ubuntu:20.04+esm`.
const ESM: &str = "esm";

/// Builds with certified cryptography have channels of their own; the first is the one that is kept up to date.
const FIPS: [&str; 2] = ["fips-updates", "fips"];

/// The namespace of a release's channel: `ubuntu:20.04` and `esm` give `ubuntu:20.04+esm`.
fn with_channel(release: &Namespace, channel: &str) -> Namespace {
    Namespace::new(format!("{release}+{channel}"))
}

/// The release that a namespace is a channel of: `ubuntu:20.04` of `ubuntu:20.04+esm`; itself, where it is none.
pub(crate) fn release_of(namespace: &Namespace) -> &str {
    let text = namespace.as_str();
    text.split_once('+').map_or(text, |(release, _)| release)
}

/// Whether an installation of Ubuntu gets extended maintenance: its client says so, or a package has such a build.
pub(crate) fn has_esm<'p>(distro: Option<&Distro>, packages: impl Iterator<Item = &'p Package>) -> bool {
    let is_enabled =
        |hint: &String| hint.strip_prefix("UBUNTU_PRO=").is_some_and(|service| service.starts_with(ESM));
    distro.is_some_and(|distro| distro.hints.iter().any(is_enabled))
        || packages.filter(|package| package.ecosystem == Ecosystem::Deb).any(is_esm_build)
}

/// Whether a package was built for extended maintenance: `1.0-1ubuntu1~esm1`.
fn is_esm_build(package: &Package) -> bool {
    is_marked(package.version.as_str(), ESM, |rest| rest.starts_with(|next: char| next.is_ascii_digit()))
}

/// Whether `version` has `mark` behind a `+`, `~` or `.`, with what `is_meant` accepts after it.
fn is_marked(version: &str, mark: &str, is_meant: impl Fn(&str) -> bool) -> bool {
    version.match_indices(mark).any(|(at, _)| {
        let before = version[..at].chars().next_back();
        before.is_some_and(|before| matches!(before, '+' | '~' | '.'))
            && is_meant(&version[at + mark.len()..])
    })
}

/// Who speaks of a package of Ubuntu's release `release`: the release and, where the installation has it, its extended
/// maintenance; of a FIPS build its channels alone, because it is built from other code.
pub(crate) fn of_ubuntu(release: &Namespace, package: &Package, has_esm: bool) -> Vec<Namespace> {
    if is_marked(package.version.as_str(), "fips", |_| true) {
        return FIPS.map(|channel| with_channel(release, channel)).to_vec();
    }
    // A document that names the distribution only in package URLs tells nothing of the installation, but the build does.
    let esm = (has_esm || is_esm_build(package)).then(|| with_channel(release, ESM));
    [release.clone()].into_iter().chain(esm).collect()
}

/// The release of Red Hat Enterprise Linux that a rebuild's was made from: its vendor publishes what is not fixed, which
/// the rebuild's does not.
pub(crate) fn disclosing(namespace: &Namespace) -> Option<Namespace> {
    let is_rebuild = matches!(namespace.distro_id(), Some("almalinux" | "rocky"));
    Some(Namespace::distro("redhat", namespace.release().filter(|_| is_rebuild)?))
}

/// The repositories that the packages of `inventory`'s distributions come from, in Red Hat's words: what its builds wrote
/// down; else, or where they say so, what dnf knows.
pub fn repositories(inventory: &Inventory) -> BTreeSet<String> {
    inventory.distros().flat_map(repositories_of).collect()
}

fn repositories_of(distro: &Distro) -> BTreeSet<String> {
    let stated = |key: &'static str| distro.hints.iter().filter_map(move |hint| hint.strip_prefix(key));
    let mut names: BTreeSet<String> = stated("content-set=").map(str::to_owned).collect();
    if names.is_empty() || stated("content-set-from-dnf=").any(|it| it == "true") {
        names.extend(distro.repositories.iter().cloned());
    }
    // A suffix of the major release is no part of the name, one of a minor release (`__9_DOT_2`) is.
    let plain = |name: &String| match name.rsplit_once("__") {
        Some((name, major)) if major.bytes().all(|byte| byte.is_ascii_digit()) => name.to_owned(),
        _ => name.clone(),
    };
    names.iter().map(plain).collect()
}

/// Whether `distro` names repositories of which nothing is known: then nothing tells of extended streams and layered
/// products.
pub(crate) fn has_unknown_repositories(distro: &Distro, facts: &FeedFacts) -> bool {
    let names = repositories_of(distro);
    !names.is_empty() && !names.iter().any(|name| facts.repository_cpes.contains_key(name))
}

/// The streams and layered products that an installation of Red Hat Enterprise Linux is on, added to `installation`.
pub(crate) fn of_red_hat(
    distro: &Distro,
    facts: &FeedFacts,
    installation: &mut Installation,
) -> Vec<Namespace> {
    let known: &RepositoryCpes = &facts.repository_cpes;
    let of_repositories = repositories_of(distro).into_iter().filter_map(|name| known.get(&name)).flatten();
    let of_image = distro.hints.iter().filter_map(|hint| hint.strip_prefix("cpe="));
    let mut layered = BTreeSet::new();
    for stream in of_repositories.map(String::as_str).chain(of_image).filter_map(Stream::of) {
        installation.channels.extend(stream.channel);
        installation.products.extend(stream.product);
        if stream.is_layered {
            layered.insert(stream.namespace);
        }
    }
    let minor = distro.version.as_deref().and_then(|version| version.split('.').nth(1));
    installation.minor = minor.and_then(|minor| minor.parse().ok());
    layered.into_iter().collect()
}

/// Who signs as vendor of a distribution's own RPMs; nobody is listed for those of which that is not known.
const VENDORS: &[(&str, &[&str])] = &[
    ("almalinux", &["AlmaLinux"]),
    ("amazon", &["Amazon"]),
    ("azurelinux", &["Microsoft"]),
    ("fedora", &["Fedora Project"]),
    ("mariner", &["Microsoft"]),
    ("opensuse-leap", &["SUSE"]),
    ("opensuse-tumbleweed", &["SUSE"]),
    ("oracle", &["Oracle America", "Oracle"]),
    ("photon", &["VMware", "Broadcom"]),
    ("redhat", &["Red Hat", "CentOS"]),
    ("rocky", &["Rocky"]),
    ("sl-micro", &["SUSE"]),
    ("sle-micro", &["SUSE"]),
    ("sles", &["SUSE"]),
];

/// Whether somebody else than the distribution of `namespace` built an RPM: EPEL's packages share names with Red Hat's, and
/// no version with them (feeds.md B3). Derivatives sign with names of their own, so of `derived` ones only EPEL is known.
pub(crate) fn is_of_third_party(namespace: &Namespace, package: &Package, is_derived: bool) -> bool {
    let Some(supplier) = package.supplier.as_deref().filter(|_| package.ecosystem == Ecosystem::Rpm) else {
        return false;
    };
    let vendors = VENDORS.iter().find(|(id, _)| Some(*id) == namespace.distro_id());
    match vendors {
        _ if is_derived => supplier.contains("Fedora Project"),
        Some((_, vendors)) => !vendors.iter().any(|vendor| supplier.contains(vendor)),
        None => false,
    }
}

/// A shared [`Installation`].
pub(crate) type SharedInstallation = Arc<Installation>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::packages;

    #[test]
    fn extended_maintenance_shows_in_hints_and_versions() {
        let pro = |hint: &str| Distro { hints: vec![hint.to_owned()], ..Distro::default() };
        assert!(has_esm(Some(&pro("UBUNTU_PRO=esm-infra")), std::iter::empty()));
        assert!(!has_esm(Some(&pro("UBUNTU_PRO=fips")), std::iter::empty()));
        for (version, expected) in [
            ("1.0-1ubuntu1~esm1", true),
            ("1.0+esm2", true),
            ("1.0.esm1", true),
            ("1.0esm1", false),
            ("1.0~esm", false),
        ] {
            let packages = packages(&format!("deb demo {version}"));
            assert_eq!(has_esm(None, packages.iter()), expected, "{version}");
        }
        // Packages of npm called so are none of the distribution's.
        assert!(!has_esm(None, packages("npm demo 1.0.0+esm1").iter()));
    }

    #[test]
    fn builds_with_certified_cryptography_ask_their_channels_alone() {
        let release = Namespace::distro("ubuntu", "20.04");
        let asked = |version: &str, has_esm: bool| {
            let package = packages(&format!("deb demo {version}")).remove(0);
            let namespaces = of_ubuntu(&release, &package, has_esm);
            namespaces.iter().map(Namespace::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(asked("1.0-1", false), "ubuntu:20.04");
        assert_eq!(asked("1.0-1", true), "ubuntu:20.04 ubuntu:20.04+esm");
        assert_eq!(asked("1.0-1~esm1", false), "ubuntu:20.04 ubuntu:20.04+esm");
        assert_eq!(asked("1.0-1+fips.1", true), "ubuntu:20.04+fips-updates ubuntu:20.04+fips");
    }

    #[test]
    fn repositories_are_what_the_build_wrote_down_else_what_dnf_knows() {
        let distro = |hints: &[&str]| Distro {
            hints: hints.iter().map(|hint| (*hint).to_owned()).collect(),
            repositories: vec!["dnf-repository__8".to_owned(), "eus__9_DOT_2".to_owned()],
            ..Distro::default()
        };
        let names =
            |hints: &[&str]| repositories_of(&distro(hints)).into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(names(&["content-set=baseos__9"]), "baseos");
        assert_eq!(names(&[]), "dnf-repository eus__9_DOT_2");
        assert_eq!(
            names(&["content-set=baseos", "content-set-from-dnf=true"]),
            "baseos dnf-repository eus__9_DOT_2"
        );
    }
}
