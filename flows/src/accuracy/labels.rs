//! The label files: what was in an image, and what people said of each finding in it.
//!
//! A label names a package by its name and version alone. What else a cataloger would have read is stated here: the
//! distribution, told from the builds of its packages where the index does not say it; and the source package of a binary
//! one, which is a fact of the distribution's archive.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use model::distro::Distro;
use model::ecosystem::Ecosystem;
use model::inventory::{Inventory, Subject};
use model::package::{Package, SourcePackage};

/// An image with labels.
pub(super) struct Image {
    /// Its name and the first twelve digits of its digest.
    pub(super) name: String,
    /// The distribution.
    pub(super) distro: Option<&'static Distribution>,
    /// What was said, each thing once.
    pub(super) labels: Vec<Label>,
}

/// What was said of one vulnerability in one package.
pub(super) struct Label {
    /// The names of the vulnerability: what the tool said, and the CVE that people found to be the same.
    pub(super) ids: Vec<String>,
    /// The package's name.
    pub(super) package: String,
    /// Its version.
    pub(super) version: String,
    /// The judgement.
    pub(super) word: Word,
}

/// A judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// The vulnerability is in the package.
    Positive,
    /// It is not.
    Negative,
    /// People could not tell, or said both.
    Open,
}

impl Word {
    /// As the label files write it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Positive => "TP",
            Self::Negative => "FP",
            Self::Open => "?",
        }
    }
}

/// The distribution of an image, and what shows it.
pub(super) struct Distribution {
    /// The first twelve digits of the image's digest.
    image: &'static str,
    /// `ID`.
    pub(super) id: &'static str,
    /// `VERSION_ID`.
    pub(super) version: &'static str,
    /// What of the labels shows it.
    pub(super) shown_by: &'static str,
}

const fn distribution(
    image: &'static str,
    id: &'static str,
    version: &'static str,
    shown_by: &'static str,
) -> Distribution {
    Distribution { image, id, version, shown_by }
}

/// The index guesses the release of Debian only, and of the others the format of their packages.
static DISTRIBUTIONS: &[Distribution] = &[
    distribution("04d4219d5dfb", "ubuntu", "20.04", "shadow 1:4.8.1-1ubuntu5.20.04.2"),
    distribution("0825acea611c", "alpine", "3.12", "busybox 1.31.1-r22, python3 3.8.10-r0"),
    distribution("08dbfad2d6af", "rhel", "9", "openssl 1:3.0.7-25.el9_3, nodejs of a module of el9.2.0.z"),
    distribution("09354ca0891f", "alpine", "3.15", "libcap 2.61-r0"),
    distribution("10008791acbc", "alpine", "3.14", "busybox 1.33.1-r3"),
    distribution("18305429afa1", "ubuntu", "12.04", "glibc 2.15-0ubuntu10.18"),
    distribution("1a67ab960138", "debian", "10", "the index; glibc 2.28-10"),
    distribution("42137b9bd1fa", "debian", "11", "the index; glibc 2.31-13+deb11u3"),
    distribution("55c9ba4e24e1", "alpine", "3.12", "busybox 1.31.1-r22, nghttp2 1.41.0-r0"),
    distribution("58637f273108", "alpine", "3.6", "busybox 1.26.2-r11, musl 1.1.16-r15"),
    distribution("6341c688b4b0", "ubuntu", "14.10", "glibc 2.19-10ubuntu2.3"),
    distribution("68fecea0d255", "rhel", "8", "the image's name; glibc 2.28-189.5.el8_6"),
    distribution("69ae7f133d33", "debian", "11", "the index; the image's name"),
    distribution("6fd5699ab182", "debian", "11", "the index; glibc 2.31-13+deb11u5"),
    distribution("754eb641a1ba", "ubuntu", "20.10", "glibc 2.32-0ubuntu3"),
    distribution(
        "808f6cf3cf44",
        "centos",
        "8",
        "httpd of a module_el8.6.0+1111, as CentOS Stream builds them",
    ),
    distribution("86a072278135", "alpine", "3.16", "python3 3.10.11-r0"),
    distribution("9cd85ee84e40", "debian", "10", "the index; glibc 2.28-10"),
    distribution("a11c6829cdfe", "alpine", "3.15", "openssl 1.1.1q-r0"),
    distribution("be3834598c3c", "wolfi", "20230201", "the image's name"),
    distribution("c8d664b0e728", "ol", "8", "ids of Oracle Linux (ELSA) among the labels"),
    distribution("cd49d7250ed7", "almalinux", "8", "the image's name; python3 3.6.8-41.el8.alma"),
    distribution("d8a88e8e15fd", "debian", "9", "the index; glibc 2.24-11+deb9u4"),
    distribution("ddac200f3ebc", "alpine", "3.2", "busybox 1.23.2-r3, openssl 1.0.2k-r0"),
    distribution("e8fea6b4279f", "rhel", "8", "glibc 2.28-127.el8_3.2"),
    distribution("fe242a3a6369", "alpine", "3.14", "busybox 1.33.1-r7"),
    distribution("fc6f7a37d7e3", "rhel", "9", "openssl 1:3.0.7-25.el9_3"),
];

/// Images of language packages only.
const WITHOUT_DISTRIBUTION: &[&str] = &["7536ee345532", "da2a59314b9c"];

impl Distribution {
    fn distro(&self) -> Distro {
        let name = (self.id == "centos").then(|| "CentOS Stream".to_owned());
        Distro { id: self.id.to_owned(), version: Some(self.version.to_owned()), name, ..Distro::default() }
    }

    fn ecosystem(&self) -> Ecosystem {
        match self.id {
            "alpine" | "wolfi" => Ecosystem::Apk,
            "debian" | "ubuntu" => Ecosystem::Deb,
            _ => Ecosystem::Rpm,
        }
    }
}

/// The source packages of Debian's binary packages.
static DEBIAN: &[(&str, &[&str])] = &[
    ("apt", &["apt", "apt-transport-https", "libapt-pkg5.0", "libapt-pkg6.0"]),
    ("bash", &["bash"]),
    ("bzip2", &["libbz2-1.0"]),
    ("coreutils", &["coreutils"]),
    ("curl", &["curl", "libcurl3-gnutls", "libcurl4"]),
    ("db5.3", &["libdb5.3"]),
    ("dpkg", &["dpkg"]),
    ("e2fsprogs", &["e2fslibs", "e2fsprogs", "libcom-err2", "libcomerr2", "libext2fs2", "libss2", "logsave"]),
    ("elfutils", &["libelf1"]),
    ("expat", &["libexpat1"]),
    ("freetype", &["libfreetype6"]),
    // One a major version: `gcc-8`.
    (GCC, &["gcc-6-base", "gcc-8-base", "libatomic1", "libgcc1", "libstdc++6"]),
    ("git", &["git", "git-man"]),
    ("glibc", &["libc-bin", "libc-l10n", "libc6", "locales", "multiarch-support"]),
    ("gmp", &["libgmp10"]),
    (
        "gnupg2",
        &[
            "dirmngr",
            "gnupg",
            "gnupg-l10n",
            "gnupg-utils",
            "gpg",
            "gpg-agent",
            "gpg-wks-client",
            "gpg-wks-server",
            "gpgconf",
            "gpgsm",
            "gpgv",
        ],
    ),
    ("gnutls28", &["libgnutls30"]),
    ("grep", &["grep"]),
    ("gzip", &["gzip"]),
    ("icu", &["libicu63"]),
    ("iproute2", &["iproute2"]),
    ("iptables", &["libxtables12"]),
    ("krb5", &["libgssapi-krb5-2", "libk5crypto3", "libkrb5-3", "libkrb5support0"]),
    ("less", &["less"]),
    ("libbsd", &["libbsd0"]),
    ("libgcrypt20", &["libgcrypt20"]),
    ("libidn2", &["libidn2-0"]),
    ("libpng1.6", &["libpng16-16"]),
    ("libseccomp", &["libseccomp2"]),
    ("libsepol", &["libsepol1"]),
    ("libssh2", &["libssh2-1"]),
    ("libtasn1-6", &["libtasn1-6"]),
    ("libtirpc", &["libtirpc-common", "libtirpc3"]),
    ("libxml2", &["libxml2"]),
    ("libxslt", &["libxslt1.1"]),
    ("lz4", &["liblz4-1"]),
    (
        "ncurses",
        &[
            "libncurses6",
            "libncursesw5",
            "libncursesw6",
            "libtinfo5",
            "libtinfo6",
            "ncurses-base",
            "ncurses-bin",
        ],
    ),
    ("nettle", &["libhogweed4", "libnettle6"]),
    ("nghttp2", &["libnghttp2-14"]),
    ("openldap", &["libldap-2.4-2", "libldap-common"]),
    ("openssh", &["openssh-client"]),
    ("openssl", &["libssl1.1", "openssl"]),
    ("p11-kit", &["libp11-kit0", "p11-kit", "p11-kit-modules"]),
    ("pcre2", &["libpcre2-8-0"]),
    ("pcre3", &["libpcre3"]),
    ("perl", &["libperl5.28", "libperl5.32", "perl", "perl-base", "perl-modules-5.28", "perl-modules-5.32"]),
    ("postgresql-13", &["postgresql-13"]),
    (
        "python-defaults",
        &["libpython-stdlib", "libpython2-stdlib", "python", "python-minimal", "python2", "python2-minimal"],
    ),
    ("python2.7", &["libpython2.7-minimal", "libpython2.7-stdlib", "python2.7", "python2.7-minimal"]),
    ("python3.9", &["libpython3.9-minimal", "libpython3.9-stdlib", "python3.9-minimal"]),
    ("shadow", &["login", "passwd"]),
    ("sqlite3", &["libsqlite3-0"]),
    ("subversion", &["libsvn1", "subversion"]),
    ("systemd", &["libsystemd0", "libudev1"]),
    ("tar", &["tar"]),
    ("unzip", &["unzip"]),
    (
        "util-linux",
        &[
            "bsdutils",
            "fdisk",
            "libblkid1",
            "libfdisk1",
            "libmount1",
            "libsmartcols1",
            "libuuid1",
            "mount",
            "util-linux",
        ],
    ),
    ("wget", &["wget"]),
    ("xz-utils", &["liblzma5", "xz-utils"]),
    ("zlib", &["zlib1g"]),
];

const GCC: &str = "gcc-";

/// Debian's packages whose versions have no revision: they are of Debian alone.
const NATIVE: &[&str] = &["apt", "dpkg"];

/// Binary packages with an epoch that their source package has not.
const EPOCH_OF_THEIR_OWN: &[&str] = &["bsdutils", "libgcc1"];

/// The origins of Alpine's packages, where they are not called like them.
const ALPINE: &[(&str, &str)] = &[
    ("libcrypto1.0", "openssl"),
    ("libcrypto1.1", "openssl"),
    ("libssl1.0", "openssl"),
    ("libssl1.1", "openssl"),
    ("nghttp2-libs", "nghttp2"),
    ("ruby-libs", "ruby"),
    ("ruby-rake", "ruby"),
    ("sqlite-libs", "sqlite"),
    ("ssl_client", "busybox"),
];

/// The ecosystems that a package with nothing but a name and a version may be of.
pub(super) const LANGUAGES: &[Ecosystem] =
    &[Ecosystem::Cargo, Ecosystem::Composer, Ecosystem::Gem, Ecosystem::Npm, Ecosystem::PyPi];

/// Every image, in the order of the index.
#[track_caller]
pub(super) fn images(data: &Path) -> Vec<Image> {
    let dir = data.join("match/labels");
    let index = table(&dir.join("index.tsv"));
    index.iter().map(|row| image(row, &table(&dir.join(&row["file"])))).collect()
}

type Cells = BTreeMap<String, String>;

fn table(path: &Path) -> Vec<Cells> {
    let text = fs::read_to_string(path).unwrap();
    let mut lines = text.lines().map(|line| line.split('\t').map(str::to_owned));
    let heading: Vec<String> = lines.next().unwrap().collect();
    lines.map(|cells| heading.iter().cloned().zip(cells).collect()).collect()
}

#[track_caller]
fn image(row: &Cells, labels: &[Cells]) -> Image {
    let (name, digest) = row["image"].split_once("@sha256:").unwrap();
    let digest = &digest[..12];
    let distro = DISTRIBUTIONS.iter().find(|known| known.image == digest);
    assert!(
        distro.is_some() || WITHOUT_DISTRIBUTION.contains(&digest),
        "the distribution of {name}@{digest}"
    );
    if let (Some(release), Some(distro)) = (row["distro_guess"].strip_prefix("debian "), distro) {
        assert_eq!((distro.id, distro.version), ("debian", release), "{name}");
    }

    let is_contradictory = contradictions(labels);
    let n_contradictory = is_contradictory.iter().filter(|id| id.0 == "tool").count();
    assert_eq!(n_contradictory.to_string(), row["contradictory"], "{name}: labelled both ways");
    let mut seen = BTreeSet::new();
    let labels = labels.iter().filter_map(|cells| {
        let tool_id = &cells["vulnerability_id"];
        let cve = Some(&cells["effective_cve"]).filter(|cve| !cve.is_empty() && *cve != tool_id);
        let word = match cells["label"].as_str() {
            _ if keys(cells).iter().any(|key| is_contradictory.contains(key)) => Word::Open,
            "TP" => Word::Positive,
            "FP" => Word::Negative,
            "??" => Word::Open,
            other => panic!("{name}: the label `{other}`"),
        };
        let label = Label {
            ids: [tool_id].into_iter().chain(cve).cloned().collect(),
            package: cells["package"].clone(),
            version: cells["version"].clone(),
            word,
        };
        let is_new = seen.insert((tool_id.clone(), label.package.clone(), label.version.clone()));
        is_new.then_some(label)
    });
    Image { name: format!("{name}@{digest}"), distro, labels: labels.collect() }
}

/// What a label is about, by the tool's name of the vulnerability and by its CVE.
fn keys(cells: &Cells) -> Vec<(&'static str, String, String, String)> {
    let key = |kind, id: &str| (kind, id.to_owned(), cells["package"].clone(), cells["version"].clone());
    let cve = Some(&cells["effective_cve"]).filter(|cve| !cve.is_empty());
    [key("tool", &cells["vulnerability_id"])].into_iter().chain(cve.map(|cve| key("cve", cve))).collect()
}

/// What was labelled both ways.
fn contradictions(labels: &[Cells]) -> BTreeSet<(&'static str, String, String, String)> {
    let mut words: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
    for cells in labels {
        for key in keys(cells) {
            words.entry(key).or_default().insert(&cells["label"]);
        }
    }
    let both = words.into_iter().filter(|(_, words)| words.contains("TP") && words.contains("FP"));
    both.map(|(key, _)| key).collect()
}

impl Image {
    /// The inventory of the packages that the labels name; those of a language that cannot be told are there once for each
    /// that they may be of.
    pub(super) fn inventory(&self) -> Inventory {
        let mut packages: BTreeMap<String, Package> = BTreeMap::new();
        for label in &self.labels {
            for package in self.packages(label) {
                packages.insert(package.purl.clone(), package);
            }
        }
        let subject = Subject { name: self.name.clone(), ..Subject::default() };
        let distro = self.distro.map(Distribution::distro);
        Inventory::new(subject, distro, packages.into_values().collect(), Vec::new())
    }

    /// The package that `label` is about, as each of the ecosystems that it may be of.
    pub(super) fn packages(&self, label: &Label) -> Vec<Package> {
        let (name, version) = (label.package.as_str(), label.version.as_str());
        if let Some(distro) =
            self.distro.filter(|distro| is_of_distribution(distro.ecosystem(), name, version))
        {
            return vec![of_distribution(distro, name, version)];
        }
        if let Some(version) = version.strip_prefix("go").filter(|_| name == "stdlib") {
            return vec![of_language(Ecosystem::Golang, name, version)];
        }
        let host = name.split_once('/').map(|(host, _)| host);
        if host.is_some_and(|host| host.contains('.')) {
            return vec![of_language(Ecosystem::Golang, name, version)];
        }
        // No cataloger of a language finds a version that the language cannot read.
        let is_readable = |ecosystem: &&Ecosystem| {
            matcher::version::for_ecosystem(**ecosystem).is_none_or(|scheme| (scheme.is_readable)(version))
        };
        let languages = LANGUAGES.iter().filter(is_readable);
        languages.map(|ecosystem| of_language(*ecosystem, name, version)).collect()
    }

    /// The ecosystem by which a package is counted: its distribution, or its language.
    pub(super) fn group(&self, package: &Package) -> String {
        let distro = self.distro.filter(|_| package.ecosystem.is_os());
        distro.map_or(package.ecosystem.name(), |distro| distro.id).to_owned()
    }
}

fn is_of_distribution(ecosystem: Ecosystem, name: &str, version: &str) -> bool {
    let revision = version.rsplit_once('-').map(|(_, revision)| revision);
    match ecosystem {
        Ecosystem::Apk => revision.and_then(|revision| revision.strip_prefix('r')).is_some_and(is_number),
        Ecosystem::Deb => {
            let source = debian_source(name, version);
            let is_native = source.is_some_and(|source| NATIVE.contains(&source.as_str()));
            is_native
                || version.contains("ubuntu")
                || (revision.is_some() && debian_source(name, version).is_some())
        }
        _ => revision.is_some_and(|revision| ["el8", "el9"].iter().any(|mark| revision.contains(mark))),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn debian_source(name: &str, version: &str) -> Option<String> {
    let (source, _) = DEBIAN.iter().find(|(_, binaries)| binaries.contains(&name))?;
    let version = version.split_once(':').map_or(version, |(_, version)| version);
    let major = version.split('.').next().unwrap_or_default();
    Some(if *source == GCC { format!("{GCC}{major}") } else { (*source).to_owned() })
}

fn of_distribution(distro: &Distribution, name: &str, version: &str) -> Package {
    let ecosystem = distro.ecosystem();
    let mut package = Package::new(ecosystem, name, version, purl(ecosystem, Some(distro.id), name, version));
    let source = match ecosystem {
        Ecosystem::Apk => {
            ALPINE.iter().find(|(binary, _)| *binary == name).map(|(_, origin)| (*origin).to_owned())
        }
        Ecosystem::Deb => debian_source(name, version),
        _ => None,
    };
    package.source = source.map(|source| SourcePackage {
        name: source,
        version: EPOCH_OF_THEIR_OWN
            .contains(&name)
            .then(|| version.split_once(':').map_or(version, |(_, version)| version).into()),
    });
    package
}

fn of_language(ecosystem: Ecosystem, name: &str, version: &str) -> Package {
    Package::new(ecosystem, name, version, purl(ecosystem, None, name, version))
}

fn purl(ecosystem: Ecosystem, namespace: Option<&str>, name: &str, version: &str) -> String {
    let escape = |text: &str| text.replace('%', "%25").replace('@', "%40").replace('+', "%2B");
    let namespace = namespace.map(|namespace| format!("{namespace}/")).unwrap_or_default();
    format!("pkg:{}/{namespace}{}@{}", ecosystem.name(), escape(name), escape(version))
}

#[test]
fn source_packages_are_those_that_real_databases_state() {
    let test = "source_packages_are_those_that_real_databases_state";
    let Some(data) = testkit::data::require(test) else { return };
    let golden = fs::read(data.join("package-lists/trivy-goldens/debian-buster.json")).unwrap();
    let golden: Vec<serde_json::Value> = serde_json::from_slice(&golden).unwrap();
    let mut n_compared = 0;
    for package in &golden {
        let text = |field: &str| package[field].as_str().unwrap();
        if let Some(source) = debian_source(text("Name"), text("Version")) {
            assert_eq!(source, text("SrcName"), "{}", text("Name"));
            n_compared += 1;
        }
    }
    let installed = table(&data.join("rootfs/dpkg/texlive/packages.tsv"));
    for package in &installed {
        let (name, stated) = (&package["name"], package["source"].split(' ').next().unwrap());
        let stated = if stated.is_empty() { name.as_str() } else { stated };
        // Ubuntu 18.04 takes its compiler's library from the next version.
        if let Some(source) =
            debian_source(name, &package["version"]).filter(|source| !source.starts_with(GCC))
        {
            assert_eq!(source, stated, "{name}");
            n_compared += 1;
        }
    }
    assert!(n_compared > 80, "{n_compared}");
}
