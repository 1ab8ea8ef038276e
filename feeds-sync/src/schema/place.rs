//! Under which key a package stands that a document names by its purl, its CPE or its ecosystem in OSV: for publishers
//! who speak of any namespace (feeds.md B1, B2, B5).

use std::borrow::Cow;
use std::sync::OnceLock;

use model::advisory::Conditions;
use model::cpe::{Attribute, Cpe};
use model::ecosystem::Ecosystem;
use model::facts::FeedFacts;
use model::key::{KeyKind, Namespace, PackageKey, normalise_name};
use model::purl::Purl;
use percent_encoding::percent_decode_str;

use crate::facts;
use crate::schema::configuration::written;
use crate::schema::osv;

/// How much of a version names the release.
#[derive(Clone, Copy)]
enum Release {
    /// `9` of `9.4`.
    Major,
    /// `3.22` of `3.22.1`.
    MajorMinor,
    Whole,
    /// There is but one.
    Rolling,
}

/// A distribution: its names in purls and in OSV, its namespace, and how its releases are told.
struct Distribution {
    ecosystem: Ecosystem,
    /// In `distro` qualifiers, and where there is none, as the namespace of a purl.
    ids: &'static [&'static str],
    /// In OSV; none where OSV has none.
    osv: &'static str,
    namespace: &'static str,
    release: Release,
}

const fn distribution(
    ecosystem: Ecosystem,
    ids: &'static [&'static str],
    osv: &'static str,
    namespace: &'static str,
    release: Release,
) -> Distribution {
    Distribution { ecosystem, ids, osv, namespace, release }
}

const DISTRIBUTIONS: &[Distribution] = &[
    distribution(Ecosystem::Alpm, &["arch", "archlinux"], "", "arch", Release::Rolling),
    distribution(Ecosystem::Apk, &["alpine"], "Alpine", "alpine", Release::MajorMinor),
    distribution(Ecosystem::Apk, &["chainguard"], "Chainguard", "chainguard", Release::Rolling),
    distribution(Ecosystem::Apk, &["minimos"], "MinimOS", "minimos", Release::Rolling),
    distribution(Ecosystem::Apk, &["secureos"], "", "secureos", Release::Rolling),
    distribution(Ecosystem::Apk, &["wolfi"], "Wolfi", "wolfi", Release::Rolling),
    distribution(Ecosystem::Deb, &["debian"], "Debian", "debian", Release::Major),
    distribution(Ecosystem::Deb, &["echo"], "Echo", "echo", Release::Whole),
    distribution(Ecosystem::Deb, &["ubuntu"], "Ubuntu", "ubuntu", Release::MajorMinor),
    distribution(Ecosystem::Rpm, &["almalinux", "alma"], "AlmaLinux", "almalinux", Release::Major),
    distribution(Ecosystem::Rpm, &["amzn", "amazon"], "", "amazon", Release::Major),
    distribution(
        Ecosystem::Rpm,
        &["azurelinux", "azure-linux"],
        "Azure Linux",
        "azurelinux",
        Release::MajorMinor,
    ),
    distribution(Ecosystem::Rpm, &["bottlerocket"], "", "bottlerocket", Release::Rolling),
    distribution(Ecosystem::Rpm, &["fedora"], "", "fedora", Release::Major),
    distribution(Ecosystem::Rpm, &["mariner"], "", "mariner", Release::MajorMinor),
    distribution(Ecosystem::Rpm, &["ol", "oracle"], "", "oracle", Release::Major),
    distribution(Ecosystem::Rpm, &["opensuse-leap"], "openSUSE", "opensuse-leap", Release::MajorMinor),
    distribution(Ecosystem::Rpm, &["opensuse-tumbleweed"], "", "opensuse-tumbleweed", Release::Rolling),
    distribution(Ecosystem::Rpm, &["photon"], "Photon OS", "photon", Release::MajorMinor),
    distribution(Ecosystem::Rpm, &["rhel", "redhat", "centos"], "Red Hat", "redhat", Release::Major),
    distribution(Ecosystem::Rpm, &["rocky", "rocky-linux"], "Rocky Linux", "rocky", Release::Major),
    distribution(Ecosystem::Rpm, &["sles"], "SUSE", "sles", Release::MajorMinor),
];

/// The languages of OSV (feeds.md A16).
const LANGUAGES: &[(&str, Ecosystem)] = &[
    ("Bitnami", Ecosystem::Bitnami),
    ("CRAN", Ecosystem::Cran),
    ("ConanCenter", Ecosystem::Conan),
    ("GitHub Actions", Ecosystem::GithubActions),
    ("Go", Ecosystem::Golang),
    ("Hackage", Ecosystem::Hackage),
    ("Hex", Ecosystem::Hex),
    ("Julia", Ecosystem::Julia),
    ("Maven", Ecosystem::Maven),
    ("NuGet", Ecosystem::NuGet),
    ("Packagist", Ecosystem::Composer),
    ("Pub", Ecosystem::Pub),
    ("PyPI", Ecosystem::PyPi),
    ("RubyGems", Ecosystem::Gem),
    ("SwiftURL", Ecosystem::Swift),
    (concat!("crates", ".io"), Ecosystem::Cargo),
    ("npm", Ecosystem::Npm),
];

impl Distribution {
    /// The namespace of a release that is written `text`.
    fn namespace(&self, text: Option<&str>) -> Option<Namespace> {
        let numbers = |text: &str, count: usize| {
            let parts: Vec<&str> = text.split('.').take(count).collect();
            let are_numbers =
                parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
            are_numbers.then(|| parts.join("."))
        };
        let text = text.map(|text| text.trim_start_matches('v')).filter(|text| !text.is_empty());
        let release = match self.release {
            Release::Rolling => Some("rolling".to_owned()),
            Release::Whole => text.map(str::to_owned),
            Release::Major => numbers(text?, 1),
            Release::MajorMinor => numbers(text?, 2),
        };
        let named = || match (self.namespace, text?) {
            ("alpine", "edge") => Some(Namespace::distro("alpine", "edge")),
            ("debian" | "ubuntu", codename) => codename_of(self.namespace, codename),
            _ => None,
        };
        release.map(|release| Namespace::distro(self.namespace, &release)).or_else(named)
    }
}

fn codename_of(distribution: &str, codename: &str) -> Option<Namespace> {
    let namespace = builtin().codenames.get(codename)?.clone();
    (namespace.distro_id() == Some(distribution)).then_some(namespace)
}

/// Every release of a distribution that is known without asking.
fn releases_of(distribution: &str) -> Vec<Namespace> {
    let releases = builtin().namespaces.keys();
    releases.filter(|release| release.distro_id() == Some(distribution)).cloned().collect()
}

fn builtin() -> &'static FeedFacts {
    static FACTS: OnceLock<FeedFacts> = OnceLock::new();
    FACTS.get_or_init(facts::builtin_facts)
}

/// The keys of the package `name` of an ecosystem of OSV. Those of distributions name source packages or binary ones, and
/// nothing says which.
pub fn osv_keys(ecosystem: &osv::Ecosystem<'_>, name: &str) -> Vec<PackageKey> {
    if let Some((_, language)) = LANGUAGES.iter().find(|(known, _)| *known == ecosystem.name) {
        return vec![language_key(*language, name)];
    }
    let known = DISTRIBUTIONS.iter().find(|known| !known.osv.is_empty() && known.osv == ecosystem.name);
    // `22.04:LTS`.
    let release = ecosystem.suffix.map(|suffix| suffix.split(':').next().unwrap_or_default());
    let Some((known, namespace)) = known.and_then(|known| Some((known, known.namespace(release)?))) else {
        return Vec::new();
    };
    let key = |kind| PackageKey::new(namespace.clone(), kind, normalise_name(known.ecosystem, name));
    vec![key(KeyKind::Source), key(KeyKind::Binary)]
}

fn language_key(ecosystem: Ecosystem, name: &str) -> PackageKey {
    PackageKey::new(Namespace::language(ecosystem), KeyKind::Language, normalise_name(ecosystem, name))
}

/// A package as a document names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// Its key.
    pub key: PackageKey,
    /// Its version, if one is meant.
    pub version: Option<String>,
    /// The module that it is of, as `name:stream` (rpm).
    pub module: Option<String>,
    /// The one architecture that is meant, of a package of a distribution.
    pub architecture: Option<Box<str>>,
    /// Its CPE name as written, where that says more than the key.
    pub name: Option<Box<str>>,
    /// The software that it is made for, where its CPE name says so.
    pub target_software: Option<Box<str>>,
}

/// A package, its name where that says more, and the software that it is made for.
pub type Subject<'p> = (&'p PackageKey, Option<&'p str>, Option<&'p str>);

impl Place {
    /// What it is, whatever its version.
    pub fn subject(&self) -> Subject<'_> {
        (&self.key, self.name.as_deref(), self.target_software.as_deref())
    }

    /// All versions of what stands under `key`.
    fn of(key: PackageKey) -> Self {
        Self { key, version: None, module: None, architecture: None, name: None, target_software: None }
    }

    /// Which packages of its key are meant, besides the version.
    pub fn conditions(&self) -> Conditions {
        Conditions {
            module: self.module.as_deref().map(Into::into),
            architectures: self.architecture.iter().cloned().collect(),
            target_software: self.target_software.clone(),
            ..Conditions::default()
        }
    }
}

/// The product that the CPE name `text` means.
///
/// # Errors
/// It can be looked up nowhere; the text says why, for the count of what is left out.
pub fn of_cpe(text: &str) -> Result<Place, &'static str> {
    let cpe = Cpe::parse(text.trim()).ok_or("a CPE name that cannot be read")?;
    let key = cpe.key().ok_or("CPE of any vendor or product")?;
    let version = match cpe.version {
        // It is what has no version.
        Attribute::NotApplicable => Some("-".to_owned()),
        Attribute::Any | Attribute::Is(_) => cpe.full_version().map(Cow::into_owned),
    };
    let target_software = cpe.target_software.value().map(Box::from);
    Ok(Place { version, name: written(&cpe), target_software, ..Place::of(key) })
}

/// The package that the purl `text` means, in each release where it names none; `cpes` are the products that it is said to be part of.
///
/// # Errors
/// It can be looked up nowhere; the text says why, for the count of what is left out.
pub fn of_purl(text: &str, cpes: &[&str]) -> Result<Vec<Place>, &'static str> {
    let Ok(purl) = text.parse::<Purl>() else { return Err("a purl that cannot be read") };
    let ecosystem = Ecosystem::from_purl_type(&purl.kind);
    let version = purl.version.clone().filter(|version| !version.is_empty());
    if ecosystem.is_os() {
        let namespaces = distribution_of(&purl, ecosystem, cpes)?;
        let architecture = purl.qualifiers.get("arch").map(String::as_str).filter(|arch| !arch.is_empty());
        let is_source = matches!(architecture, Some("src" | "nosrc" | "source"));
        // What is built for no architecture is the same on each.
        let architecture =
            architecture.filter(|arch| !is_source && !matches!(*arch, "noarch" | "all" | "any"));
        let kind = if is_source { KeyKind::Source } else { KeyKind::Binary };
        let epoch = purl.qualifiers.get("epoch").filter(|epoch| *epoch != "0");
        let version = version.map(|version| match epoch {
            Some(epoch) if !version.contains(':') => format!("{epoch}:{version}"),
            _ => version,
        });
        let module =
            purl.qualifiers.get("rpmmod").map(|label| label.split(':').take(2).collect::<Vec<_>>().join(":"));
        let name = normalise_name(ecosystem, &purl.name);
        let place = |namespace| Place {
            version: version.clone(),
            module: module.clone(),
            architecture: architecture.map(Into::into),
            ..Place::of(PackageKey::new(namespace, kind, name.clone()))
        };
        return Ok(namespaces.into_iter().map(place).collect());
    }
    let is_known = LANGUAGES.iter().any(|(_, known)| *known == ecosystem);
    match (is_known, purl.kind.as_str()) {
        (true, _) => {}
        (false, "oci" | "docker") => return Err("a container image, no package"),
        (false, "rpmmod") => return Err("a module as a whole, no package of it"),
        (false, _) => return Err("a package of an ecosystem that is not matched"),
    }
    if !cpes.is_empty() {
        return Err("a part of a product, and nothing tells which images are it");
    }
    let name = match (&purl.namespace, ecosystem) {
        // Reading a purl makes it lower case, and the paths of modules are told apart by it.
        (_, Ecosystem::Golang) => go_module(text),
        (Some(namespace), Ecosystem::Maven) => format!("{namespace}:{}", purl.name),
        (Some(namespace), _) => format!("{namespace}/{}", purl.name),
        (None, _) => purl.name.clone(),
    };
    Ok(vec![Place { version, ..Place::of(language_key(ecosystem, &name)) }])
}

/// The path of a module as the purl `text` writes it.
fn go_module(text: &str) -> String {
    let path = text.split_once('/').map_or(text, |(_, path)| path);
    percent_decoded(path.split(['@', '?', '#']).next().unwrap_or_default().trim_matches('/'))
}

/// The release that a package is of: that of its purl, else that of the one product that it is part of; else it is each
/// release of the distribution that the purl names.
fn distribution_of(purl: &Purl, ecosystem: Ecosystem, cpes: &[&str]) -> Result<Vec<Namespace>, &'static str> {
    let by_id =
        |id: &str| DISTRIBUTIONS.iter().find(|known| known.ecosystem == ecosystem && known.ids.contains(&id));
    if let Some(distro) = purl.qualifiers.get("distro") {
        let whole = by_id(distro).map(|known| (known, None));
        let split = || {
            let (id, release) = distro.rsplit_once('-')?;
            Some((by_id(id)?, Some(release)))
        };
        let found = whole.or_else(split).and_then(|(known, release)| known.namespace(release));
        return found.map(|found| vec![found]).ok_or("a package of a release that is not known");
    }
    let mut releases = cpes.iter().filter_map(|cpe| release_of_cpe(cpe));
    if let Some(namespace) = releases.next() {
        return Ok(vec![namespace]);
    }
    if !cpes.is_empty() {
        return Err("a part of a product, and nothing tells which images are it");
    }
    let known =
        purl.namespace.as_deref().and_then(by_id).ok_or("a package of no distribution that is known")?;
    match known.namespace(None) {
        Some(rolling) => Ok(vec![rolling]),
        None => Ok(releases_of(known.namespace)),
    }
}

/// The release of a distribution that a CPE names.
fn release_of_cpe(cpe: &str) -> Option<Namespace> {
    let cpe = Cpe::parse(cpe.trim())?;
    let id = match (cpe.part.value()?, cpe.vendor.value()?, cpe.product.value()?) {
        ("o", "debian", "debian_linux") => "debian",
        ("o", "canonical", "ubuntu_linux") => "ubuntu",
        ("o", "alpinelinux", "alpine_linux") => "alpine",
        ("o" | "a", "redhat", "enterprise_linux") => "redhat",
        ("o", "fedoraproject", "fedora") => "fedora",
        ("o", "suse", "sles") => "sles",
        ("o", "opensuse", "leap") => "opensuse-leap",
        ("o", "rocky", "rocky") => "rocky",
        ("o", "almalinux", "almalinux") => "almalinux",
        _ => return None,
    };
    let known = DISTRIBUTIONS.iter().find(|known| known.namespace == id)?;
    known.namespace(Some(cpe.version.value()?))
}

/// `text` with `%XX` decoded, where that gives text.
pub(crate) fn percent_decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8().map_or_else(|_| text.to_owned(), Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purl_stands_under_the_key_that_an_inventory_asks() {
        for (purl, cpe, expected) in [
            ("pkg:npm/%40acme/demo@1.0.0", "", "npm|language|@acme/demo 1.0.0"),
            ("pkg:maven/org.acme/demo@1.0?type=jar", "", "maven|language|org.acme:demo 1.0"),
            (
                "pkg:golang/GitHub.com/Acme/Demo/v2@v2.1.0",
                "",
                "golang|language|github.com/Acme/Demo/v2 v2.1.0",
            ),
            ("pkg:pypi/Foo_Bar", "", "pypi|language|foo-bar"),
            (
                "pkg:deb/debian/libdemo@1.0-1?arch=amd64&distro=debian-12.5",
                "",
                "debian:12|binary|libdemo 1.0-1",
            ),
            ("pkg:deb/debian/demo?arch=source&distro=debian-bookworm", "", "debian:12|source|demo"),
            ("pkg:rpm/redhat/demo@1.0-1.el9?epoch=2&distro=rhel-9.4", "", "redhat:9|binary|demo 2:1.0-1.el9"),
            (
                "pkg:rpm/redhat/demo@1.0-1.el9",
                "cpe:/o:redhat:enterprise_linux:9",
                "redhat:9|binary|demo 1.0-1.el9",
            ),
            (
                "pkg:rpm/redhat/demo",
                "cpe:/a:redhat:openshift:4",
                "a part of a product, and nothing tells which images are it",
            ),
            (
                "pkg:npm/demo",
                "cpe:/a:acme:shop:1",
                "a part of a product, and nothing tells which images are it",
            ),
            ("pkg:apk/wolfi/demo@1-r0", "", "wolfi:rolling|binary|demo 1-r0"),
            ("pkg:apk/alpine/demo?distro=alpine-3.22.1", "", "alpine:3.22|binary|demo"),
            ("pkg:apk/alpine/demo?distro=alpine-edge", "", "alpine:edge|binary|demo"),
            ("pkg:deb/demo", "", "a package of no distribution that is known"),
            ("pkg:deb/debian/demo?distro=debian-potato9", "", "a package of a release that is not known"),
            ("pkg:oci/demo@sha256%3Aabc", "", "a container image, no package"),
            ("pkg:nix/demo@1", "", "a package of an ecosystem that is not matched"),
            ("npm/demo", "", "a purl that cannot be read"),
        ] {
            let cpes: Vec<&str> = [cpe].into_iter().filter(|cpe| !cpe.is_empty()).collect();
            let text = |place: &Place| match &place.version {
                Some(version) => format!("{} {version}", place.key),
                None => place.key.to_string(),
            };
            let text = match of_purl(purl, &cpes) {
                Ok(places) => places.iter().map(text).collect::<Vec<_>>().join(", "),
                Err(reason) => reason.to_owned(),
            };
            assert_eq!(text, expected, "{purl}");
        }
    }

    #[test]
    fn a_purl_without_a_release_is_of_each() {
        let places = of_purl("pkg:apk/alpine/demo@1-r0", &[]).unwrap();
        let keys: Vec<String> = places.iter().map(|place| place.key.to_string()).collect();
        assert!(keys.contains(&"alpine:3.20|binary|demo".to_owned()), "{keys:?}");
        assert!(keys.contains(&"alpine:edge|binary|demo".to_owned()), "{keys:?}");
        assert!(keys.iter().all(|key| key.starts_with("alpine:")), "{keys:?}");
    }

    #[test]
    fn a_cpe_name_keeps_what_it_says_beside_vendor_product_and_version() {
        for (cpe, expected) in [
            ("cpe:/a:Acme:de%3amo%2B:1.0", "acme:de:mo+ 1.0"),
            ("cpe:2.3:a:acme:de\\:mo\\+:1\\.0:*:*:*:*:*:*:*", "acme:de:mo+ 1.0"),
            ("cpe:2.3:a:acme:demo:*:*:*:*:*:*:*:*", "acme:demo"),
            ("cpe:2.3:a:acme:demo:-:*:*:*:*:*:*:*", "acme:demo -"),
            ("cpe:2.3:a:openssl:openssl:1.0.2:k:*:*:*:*:*:*", "openssl:openssl 1.0.2k"),
            ("cpe:2.3:a:acme:demo:1:*:*:*:*:wordpress:*:*", "acme:demo 1 for wordpress"),
            ("cpe:/h:acme:demo", "acme:demo as cpe:2.3:h:acme:demo:*:*:*:*:*:*:*:*"),
            (
                "cpe:2.3:a:acme:demo:1:*:*:*:pro:*:x64:*",
                "acme:demo 1 as cpe:2.3:a:acme:demo:*:*:*:*:pro:*:x64:*",
            ),
            ("cpe:/a:acme", "CPE of any vendor or product"),
            ("cpe:2.3:a:*:demo:1:*:*:*:*:*:*:*", "CPE of any vendor or product"),
            ("cpe:2.3:a:acme:demo:1", "a CPE name that cannot be read"),
            ("acme", "a CPE name that cannot be read"),
        ] {
            let text = match of_cpe(cpe) {
                Ok(Place { key, version, name, target_software, .. }) => {
                    let with = |word: &str, text: Option<&str>| text.map(|text| format!("{word}{text}"));
                    let parts = [
                        Some(key.name.to_string()),
                        with(" ", version.as_deref()),
                        with(" as ", name.as_deref()),
                        with(" for ", target_software.as_deref()),
                    ];
                    parts.into_iter().flatten().collect::<String>()
                }
                Err(reason) => reason.to_owned(),
            };
            assert_eq!(text, expected, "{cpe}");
        }
    }
}
