//! What an installation gets besides the packages of its release, and who else has something to say of them: extended
//! maintenance, other builds, streams and layered products, and the distribution that a rebuild was made from
//! (feeds.md A4, A5, A8, A9, B7, D1).

use std::collections::{BTreeMap, BTreeSet};
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
const FIPS: [&str; 3] = ["fips-updates", "fips", "fips-preview"];

/// Kernels that have a channel of their own beside the release's, by the end of their source's name.
const KERNELS: [(&str, &str); 2] = [("-realtime", "realtime"), ("-bluefield", "nvidia-bluefield")];

/// The namespace of a release's channel: `ubuntu:20.04` and `esm` give `ubuntu:20.04+esm`.
fn with_channel(release: &Namespace, channel: &str) -> Namespace {
    Namespace::new(format!("{release}+{channel}"))
}

/// The release that a namespace is a channel of: `ubuntu:20.04` of `ubuntu:20.04+esm`; itself, where it is none.
pub(crate) fn release_of(namespace: &Namespace) -> &str {
    let text = namespace.as_str();
    text.split_once('+').map_or(text, |(release, _)| release)
}

/// Whether the client of an installation of Ubuntu says that it gets extended maintenance.
pub(crate) fn has_esm(distro: &Distro) -> bool {
    let is_enabled =
        |hint: &String| hint.strip_prefix("UBUNTU_PRO=").is_some_and(|service| service.starts_with(ESM));
    distro.hints.iter().any(is_enabled)
}

/// Whether a package was built for extended maintenance: `1.0-1ubuntu1~esm1`. Where one is, the installation gets it.
pub(crate) fn is_esm_build(package: &Package) -> bool {
    let is_number = |rest: &str| rest.starts_with(|next: char| next.is_ascii_digit());
    package.ecosystem == Ecosystem::Deb && is_marked(package.version.as_str(), ESM, is_number)
}

/// Whether a package of Ubuntu has certified cryptography: its version says so, or the name of a kernel's source.
fn is_fips_build(package: &Package, source: &str) -> bool {
    source.ends_with("-fips") || is_marked(package.version.as_str(), "fips", |_| true)
}

/// Whether `version` has `mark`, in small or capital letters (`+Fips1.1`), behind a `+`, `~` or `.`, with what `is_meant`
/// accepts after it.
fn is_marked(version: &str, mark: &str, is_meant: impl Fn(&str) -> bool) -> bool {
    let version = version.to_ascii_lowercase();
    version.match_indices(mark).any(|(at, _)| {
        let before = version[..at].chars().next_back();
        before.is_some_and(|before| matches!(before, '+' | '~' | '.'))
            && is_meant(&version[at + mark.len()..])
    })
}

/// Who speaks of a package of Ubuntu's release `release`: the release and, where the installation has it, its extended
/// maintenance; of a FIPS build its channels alone, because it is built from other code; of a kernel for real time or for
/// BlueField its channel besides, because the release may have one of the name too (feeds.md B7).
pub(crate) fn of_ubuntu(release: &Namespace, package: &Package, has_esm: bool) -> Vec<Namespace> {
    let source = package.source.as_ref().map_or(package.name.as_str(), |source| source.name.as_str());
    if is_fips_build(package, source) {
        return FIPS.map(|channel| with_channel(release, channel)).to_vec();
    }
    // A document that names the distribution only in package URLs tells nothing of the installation, but the build does.
    let esm = (has_esm || is_esm_build(package)).then(|| with_channel(release, ESM));
    let kernel = KERNELS.iter().find(|(end, _)| source.starts_with("linux-") && source.ends_with(end));
    let kernel = kernel.map(|(_, channel)| with_channel(release, channel));
    [release.clone()].into_iter().chain(esm).chain(kernel).collect()
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

/// The repositories of Red Hat Enterprise Linux that `distro` names and of which nothing is known: then nothing tells of the
/// extended streams and layered products that they stand for. Rebuilds, CentOS among them, have repositories of their own.
pub(crate) fn unknown_repositories(distro: &Distro, facts: &FeedFacts) -> BTreeSet<String> {
    let is_red_hat = matches!(distro.id.to_lowercase().as_str(), "rhel" | "redhat");
    let mut names = if is_red_hat { repositories_of(distro) } else { BTreeSet::new() };
    // `@commandline`: what was installed of a file.
    names.retain(|name| !name.starts_with('@') && !facts.repository_cpes.contains_key(name));
    names
}

/// How many layered products of one installation are asked; real images have a handful.
const LAYERED_MAX: usize = 64;

/// The streams and layered products that an installation of Red Hat Enterprise Linux is on, added to `installation`; the
/// first [`LAYERED_MAX`] namespaces of the products.
pub(crate) fn of_red_hat(
    distro: &Distro,
    facts: &FeedFacts,
    installation: &mut Installation,
) -> Vec<Namespace> {
    let mut layered: BTreeMap<Namespace, BTreeSet<Box<str>>> = BTreeMap::new();
    for stream in streams(distro, facts) {
        if stream.is_layered && layered.len() == LAYERED_MAX && !layered.contains_key(&stream.namespace) {
            continue;
        }
        installation.channels.extend(stream.channel);
        match stream.is_layered {
            true => layered.entry(stream.namespace).or_default().extend(stream.product),
            false => installation.products.extend(stream.product),
        }
    }
    let (layered, products): (Vec<_>, Vec<_>) = layered.into_iter().unzip();
    installation.products.extend(products.into_iter().flatten());
    let minor = distro.version.as_deref().and_then(|version| version.split('.').nth(1));
    installation.minor = minor.and_then(|minor| minor.parse().ok());
    layered
}

/// How many layered products that `distro` names are too many to be asked.
pub(crate) fn n_layered_left_out(distro: &Distro, facts: &FeedFacts) -> usize {
    let is_layered = |stream: Stream| stream.is_layered.then_some(stream.namespace);
    let layered: BTreeSet<Namespace> = streams(distro, facts).filter_map(is_layered).collect();
    layered.len().saturating_sub(LAYERED_MAX)
}

/// What the repositories of `distro` stand for, then what its image says that it is.
fn streams<'a>(distro: &'a Distro, facts: &'a FeedFacts) -> impl Iterator<Item = Stream> + 'a {
    let known: &RepositoryCpes = &facts.repository_cpes;
    let of_repositories = repositories_of(distro).into_iter().filter_map(|name| known.get(&name)).flatten();
    let of_image = distro.hints.iter().filter_map(|hint| hint.strip_prefix("cpe="));
    of_repositories.map(String::as_str).chain(of_image).filter_map(Stream::of)
}

/// Who signs as vendor of a distribution's own RPMs, in small letters; nobody is listed for those of which that is not known.
const VENDORS: &[(&str, &[&str])] = &[
    ("almalinux", &["almalinux"]),
    ("amazon", &["amazon"]),
    ("azurelinux", &["microsoft"]),
    ("fedora", &["fedora project"]),
    ("mariner", &["microsoft"]),
    ("opensuse-leap", &["suse"]),
    ("opensuse-tumbleweed", &["suse"]),
    ("oracle", &["oracle"]),
    ("photon", &["vmware", "broadcom"]),
    ("redhat", &["red hat", "redhat", "centos"]),
    ("rocky", &["rocky"]),
    ("sl-micro", &["suse"]),
    ("sle-micro", &["suse"]),
    ("sles", &["suse"]),
];

/// Whose packages are on other distributions than his own: EPEL's share names with Red Hat's, and no version with them.
const OTHER_VENDOR: &str = "fedora project";

/// Whether an RPM says that the vendor of `namespace` built it; of no namespace, that a vendor of any distribution did.
///
/// Where no package of an installation says so, what is said of suppliers is not the vendors of the headers: a document may
/// name one party for all that is in it.
pub(crate) fn is_of_vendor(namespace: Option<&Namespace>, package: &Package) -> bool {
    let Some(supplier) = supplier(package) else { return false };
    let mut vendors =
        VENDORS.iter().filter(|(id, _)| namespace.is_none_or(|namespace| Some(*id) == namespace.distro_id()));
    vendors.any(|(_, vendors)| is_one_of(&supplier, vendors))
}

/// Whether somebody else than the distribution of `namespace` built an RPM (feeds.md B3). Derivatives sign with names of their
/// own, so of `derived` ones only EPEL is known. What stands in a document counts where it `tells_vendors`.
pub(crate) fn is_of_third_party(
    namespace: &Namespace,
    package: &Package,
    is_derived: bool,
    tells_vendors: bool,
) -> bool {
    let Some(supplier) = supplier(package) else { return false };
    let Some((_, vendors)) = VENDORS.iter().find(|(id, _)| Some(*id) == namespace.distro_id()) else {
        return false;
    };
    !is_one_of(&supplier, vendors) && (supplier.contains(OTHER_VENDOR) || tells_vendors && !is_derived)
}

/// The vendor of an RPM, in small letters.
fn supplier(package: &Package) -> Option<String> {
    let supplier = package.supplier.as_deref().filter(|_| package.ecosystem == Ecosystem::Rpm)?;
    Some(supplier.to_lowercase()).filter(|supplier| !supplier.trim().is_empty())
}

fn is_one_of(supplier: &str, vendors: &[&str]) -> bool {
    // The Open Build Service builds for everybody: `obs://build.opensuse.org/home:somebody`.
    let name = match supplier.strip_prefix("obs://") {
        Some(place) => {
            let project = place.split_once('/').map_or("", |(_, project)| project);
            if ["suse:", "opensuse:"].iter().any(|own| project.starts_with(own)) { project } else { "" }
        }
        None => supplier,
    };
    vendors.iter().any(|vendor| name.contains(vendor))
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
        assert!(has_esm(&pro("UBUNTU_PRO=esm-infra")));
        assert!(!has_esm(&pro("UBUNTU_PRO=fips")));
        for (version, expected) in [
            ("1.0-1ubuntu1~esm1", true),
            ("1.0+esm2", true),
            ("1.0.esm1", true),
            ("1.0esm1", false),
            ("1.0~esm", false),
        ] {
            let package = packages(&format!("deb demo {version}")).remove(0);
            assert_eq!(is_esm_build(&package), expected, "{version}");
        }
        // Packages of npm called so are none of the distribution's.
        assert!(!is_esm_build(&packages("npm demo 1.0.0+esm1")[0]));
    }

    #[test]
    fn builds_with_certified_cryptography_ask_their_channels_alone() {
        let release = Namespace::distro("ubuntu", "20.04");
        let asked = |package: &str, has_esm: bool| {
            let package = packages(&format!("deb demo {package}")).remove(0);
            let namespaces = of_ubuntu(&release, &package, has_esm);
            namespaces.iter().map(Namespace::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(asked("1.0-1", false), "ubuntu:20.04");
        assert_eq!(asked("1.0-1", true), "ubuntu:20.04 ubuntu:20.04+esm");
        assert_eq!(asked("1.0-1~esm1", false), "ubuntu:20.04 ubuntu:20.04+esm");
        let fips = "ubuntu:20.04+fips-updates ubuntu:20.04+fips ubuntu:20.04+fips-preview";
        assert_eq!(asked("1.0-1+fips.1", true), fips);
        assert_eq!(asked("1.0-1+Fips1.1", false), fips);
        assert_eq!(asked("5.4.0-1026.30 source=linux-signed-aws-fips", true), fips);
        assert_eq!(asked("1.0-1 source=linux-realtime", false), "ubuntu:20.04 ubuntu:20.04+realtime");
        assert_eq!(
            asked("1.0-1 source=linux-signed-bluefield", true),
            "ubuntu:20.04 ubuntu:20.04+esm ubuntu:20.04+nvidia-bluefield"
        );
        assert_eq!(asked("1.0-1 source=demo-realtime", false), "ubuntu:20.04");
    }

    #[test]
    fn vendors_are_told_from_others() {
        let is_third = |release: &str, supplier: &str, is_derived: bool, tells_vendors: bool| {
            let package = packages(&format!("rpm demo 1.0-1 supplier={supplier}")).remove(0);
            is_of_third_party(&Namespace::new(release), &package, is_derived, tells_vendors)
        };
        for supplier in ["Red+Hat,+Inc.", "RED+HAT", "CentOS"] {
            assert!(!is_third("redhat:9", supplier, false, true), "{supplier}");
        }
        assert!(is_third("redhat:9", "Acme", false, true));
        // One party for everything that a document has is nobody's header.
        assert!(!is_third("redhat:9", "Acme", false, false));
        for (is_derived, tells_vendors) in [(false, true), (false, false), (true, false)] {
            assert!(is_third("redhat:9", "Fedora+Project", is_derived, tells_vendors));
        }
        assert!(!is_third("fedora:42", "Fedora+Project", false, true));
        assert!(!is_third("opensuse-leap:15.6", "openSUSE", false, true));
        assert!(!is_third("sles:15.6", "SUSE+LLC+<https://www.suse.com/>", false, true));
        assert!(!is_third("opensuse-leap:15.6", "obs://build.opensuse.org/openSUSE:Leap:15.6", false, true));
        assert!(is_third("opensuse-leap:15.6", "obs://build.opensuse.org/home:acme:SUSE", false, true));
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
