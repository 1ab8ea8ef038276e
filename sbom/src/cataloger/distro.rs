//! The distribution as the image states it: `os-release`, its older kin, and the apk repositories in use.
//!
//! Everything is kept as written; which feed answers for it is not decided here.

use std::ops::ControlFlow;

use model::distro::Distro;
use model::gap::{Gap, GapKind};

use super::{Cataloger, Content, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "distro",
    version: 4,
    finds: Finds::Installed,
    wants: Wants::Paths(&[
        "etc/os-release",
        "usr/lib/os-release",
        "etc/lsb-release",
        "etc/alpine-release",
        "etc/debian_version",
        "etc/devuan_version",
        "etc/almalinux-release",
        "etc/amazon-linux-release",
        "etc/azurelinux-release",
        "etc/centos-release",
        "etc/fedora-release",
        "etc/mariner-release",
        "etc/openEuler-release",
        "etc/oracle-release",
        "etc/photon-release",
        "etc/rocky-release",
        "etc/redhat-release",
        "etc/system-release",
        "etc/system-release-cpe",
        "etc/SuSE-release",
        "etc/issue",
        "etc/openwrt_release",
        "etc/arch-release",
        "etc/gentoo-release",
        "etc/slackware-version",
        "etc/apk/repositories",
        "etc/apk/repositories.d/*.list",
        "bin/busybox",
        "usr/bin/busybox",
    ]),
    read,
    assemble,
};

/// What one file says of the distribution; none when it says nothing.
type Parse = fn(&str) -> Option<Distro>;

/// How each file is read, by file name, in the order of trust; the first that names a distribution decides, and
/// later ones that name the same fill in what it leaves out. Of two equal names `etc/` goes before `usr/lib/`.
const STATEMENTS: &[(&str, Parse)] = &[
    ("os-release", os_release),
    ("lsb-release", lsb_release),
    ("alpine-release", alpine_release),
    // Before Debian's, which it may stand beside.
    ("devuan_version", devuan_version),
    ("debian_version", debian_version),
    ("almalinux-release", release_line),
    ("amazon-linux-release", release_line),
    ("azurelinux-release", vendor_release),
    ("centos-release", release_line),
    ("fedora-release", release_line),
    ("mariner-release", vendor_release),
    ("openEuler-release", release_line),
    ("oracle-release", release_line),
    ("photon-release", vendor_release),
    ("rocky-release", release_line),
    // Derivatives write this one too, some of them with Red Hat's name.
    ("redhat-release", release_line),
    ("system-release", release_line),
    ("system-release-cpe", release_cpe),
    ("SuSE-release", suse_release),
    ("issue", issue),
    ("openwrt_release", lsb_release),
    ("arch-release", arch_release),
    ("gentoo-release", gentoo_release),
    ("slackware-version", slackware_version),
    ("busybox", busybox),
];

/// Keys of `os-release` that are kept as hints: feeds.md B5 to B7 and D10 read them.
const HINTS: &[&str] = &[
    "BUILD_ID",
    "CPE_NAME",
    "DEBIAN_CODENAME",
    "OPENSHIFT_VERSION",
    "REDHAT_SUPPORT_PRODUCT",
    "REDHAT_SUPPORT_PRODUCT_VERSION",
    "RHEL_VERSION",
    "SUPPORT_END",
    "UBUNTU_CODENAME",
    "VARIANT",
    "VERSION",
];

/// How the names that distributions write begin, in lower case, and their `ID`. Longer ones first.
const NAMES: &[(&str, &str)] = &[
    ("opensuse leap", "opensuse-leap"),
    ("opensuse tumbleweed", "opensuse-tumbleweed"),
    ("suse linux enterprise desktop", "sled"),
    ("suse linux enterprise", "sles"),
    ("red hat enterprise linux", "rhel"),
    ("scientific linux", "scientific"),
    ("vmware photon", "photon"),
    ("microsoft azure linux", "azurelinux"),
    ("cbl-mariner", "mariner"),
    ("amazon linux", "amzn"),
    ("alpine linux", "alpine"),
    ("oracle linux", "ol"),
    ("arch linux", "arch"),
    ("rocky linux", "rocky"),
    ("azure linux", "azurelinux"),
    ("almalinux", "almalinux"),
    ("openeuler", "openeuler"),
    ("debian", "debian"),
    ("devuan", "devuan"),
    ("centos", "centos"),
    ("fedora", "fedora"),
    ("ubuntu", "ubuntu"),
];

/// Bytes of a statement; the real ones have a few hundred.
const STATEMENT_BYTES_MAX: usize = 64 << 10;

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let name = file_name(file.path);
    let Some((_, parse)) = STATEMENTS.iter().find(|(statement, _)| *statement == name) else {
        let repositories = statement_lines(text_of(file, facts).as_str()).map(str::to_owned).collect();
        return facts.push(Fact::Repositories(repositories));
    };
    let distro = match (name, file.content) {
        // The one statement that is a program. Even static builds with every applet have two megabytes.
        ("busybox", Content::Bytes(bytes)) => busybox(&String::from_utf8_lossy(bytes)),
        ("busybox", Content::Spooled(_)) => None,
        _ => parse(&text_of(file, facts)),
    };
    match distro {
        Some(distro) => facts.push(Fact::Distro(distro)),
        None if name == "os-release" => {
            let gap = file.unreadable(&"it states neither ID nor NAME");
            facts.push(Fact::Gap(gap));
        }
        None => {}
    }
}

fn text_of(file: &File<'_>, facts: &mut Facts) -> String {
    let mut text = String::new();
    file.for_each_line(facts, |facts, _, line| {
        if text.len() + line.len() > STATEMENT_BYTES_MAX {
            let detail = format!("more than {STATEMENT_BYTES_MAX} bytes; the rest was not read");
            facts.push(Fact::Gap(Gap::new(GapKind::LIMIT_EXCEEDED, file.path, detail)));
            return ControlFlow::Break(());
        }
        text.push_str(line);
        text.push('\n');
        ControlFlow::Continue(())
    });
    text
}

fn statement_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The keys and values of a file of shell assignments (os-release(5)), in the file's order.
fn assignments(text: &str) -> impl Iterator<Item = (&str, String)> {
    statement_lines(text).filter_map(|line| {
        let (key, value) = line.split_once('=')?;
        let value = unquoted(value.trim());
        (!value.is_empty()).then(|| (key.trim(), value))
    })
}

/// A value with its shell quotes removed. As in systemd's reader, white space needs no quotes.
fn unquoted(value: &str) -> String {
    let mut text = String::new();
    let mut quote = None;
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match (character, quote) {
            ('"' | '\'', None) => quote = Some(character),
            ('"', Some('"')) | ('\'', Some('\'')) => quote = None,
            ('\\', None) => text.extend(characters.next()),
            // Between double quotes a backslash escapes only these; before others it stands for itself.
            ('\\', Some('"')) => match characters.next() {
                Some(escaped @ ('"' | '\\' | '$' | '`')) => text.push(escaped),
                other => text.extend(std::iter::once('\\').chain(other)),
            },
            _ => text.push(character),
        }
    }
    text
}

fn os_release(text: &str) -> Option<Distro> {
    let mut distro = Distro::default();
    let mut version_text = None;
    for (key, value) in assignments(text) {
        if HINTS.contains(&key) {
            distro.hints.push(format!("{key}={value}"));
        }
        match key {
            "ID" => distro.id = value.to_lowercase(),
            "ID_LIKE" => distro.id_like = value.split_whitespace().map(str::to_lowercase).collect(),
            "VERSION_ID" => distro.version = Some(value),
            "VERSION_CODENAME" => distro.codename = Some(value),
            "VARIANT_ID" => distro.variant = Some(value),
            "PRETTY_NAME" => distro.pretty_name = Some(value),
            "NAME" => distro.name = Some(value),
            "VENDOR_NAME" => distro.supplier = Some(value),
            "VERSION" => version_text = Some(value),
            _ => {}
        }
    }
    distro.hints.sort();
    distro.hints.dedup();
    if distro.pretty_name.is_none() {
        distro.pretty_name = match (&distro.name, version_text) {
            (Some(name), Some(version)) => Some(format!("{name} {version}")),
            (name, _) => name.clone(),
        };
    }
    if distro.id.is_empty() {
        distro.id = id_of_name(distro.name.as_deref().unwrap_or_default())?;
    }
    Some(distro)
}

fn lsb_release(text: &str) -> Option<Distro> {
    let mut distro = Distro::default();
    for (key, value) in assignments(text) {
        match key {
            "DISTRIB_ID" => {
                distro.id = id_of_name(&value)?;
                distro.name = Some(value);
            }
            "DISTRIB_RELEASE" => distro.version = Some(value),
            "DISTRIB_CODENAME" => distro.codename = Some(value),
            "DISTRIB_DESCRIPTION" => distro.pretty_name = Some(value),
            _ => {}
        }
    }
    (!distro.id.is_empty()).then_some(distro)
}

/// `3.20.3`.
fn alpine_release(text: &str) -> Option<Distro> {
    let version = statement_lines(text).next()?;
    Some(Distro { id: "alpine".to_owned(), version: Some(version.to_owned()), ..Distro::default() })
}

/// `12.5`, or `forky/sid` before a release.
fn debian_version(text: &str) -> Option<Distro> {
    number_or_codename("debian", text)
}

/// `daedalus`, or `excalibur/ceres` before a release.
fn devuan_version(text: &str) -> Option<Distro> {
    number_or_codename("devuan", text)
}

fn number_or_codename(id: &str, text: &str) -> Option<Distro> {
    let stated = statement_lines(text).next()?;
    let id = id.to_owned();
    Some(if stated.starts_with(|first: char| first.is_ascii_digit()) {
        Distro { id, version: Some(stated.to_owned()), ..Distro::default() }
    } else {
        let codename = stated.split('/').next().unwrap_or(stated);
        Distro { id, codename: Some(codename.to_owned()), ..Distro::default() }
    })
}

/// `CentOS release 6.10 (Final)`.
fn release_line(text: &str) -> Option<Distro> {
    let line = statement_lines(text).next()?;
    let (name, rest) = line.split_once(" release ")?;
    Some(Distro {
        id: id_of_name(name)?,
        version: rest.split_whitespace().next().map(str::to_owned),
        pretty_name: Some(line.to_owned()),
        name: Some(name.to_owned()),
        ..Distro::default()
    })
}

/// `VMware Photon OS 4.0`, `CBL-Mariner 2.0.20220226`, then a line about the build.
fn vendor_release(text: &str) -> Option<Distro> {
    let line = statement_lines(text).next()?;
    let is_version = |word: &&str| word.starts_with(|first: char| first.is_ascii_digit());
    Some(Distro {
        id: id_of_name(line)?,
        version: line.split_whitespace().find(is_version).map(str::to_owned),
        pretty_name: Some(line.to_owned()),
        ..Distro::default()
    })
}

/// `cpe:/o:amazon:linux:2014.03:ga`; an old CentOS leaves the product out.
fn release_cpe(text: &str) -> Option<Distro> {
    let line = statement_lines(text).next()?;
    let mut parts = line.strip_prefix("cpe:/o:")?.split(':');
    let id = match parts.next()? {
        "amazon" => "amzn",
        "fedoraproject" => "fedora",
        "oracle" => "ol",
        "redhat" => "rhel",
        vendor => vendor,
    };
    let version = parts.find(|part| part.starts_with(|first: char| first.is_ascii_digit()));
    Some(Distro {
        id: Some(id).filter(|id| !id.is_empty())?.to_lowercase(),
        version: version.map(str::to_owned),
        hints: vec![format!("CPE_NAME={line}")],
        ..Distro::default()
    })
}

/// `SUSE Linux Enterprise Server 11 (x86_64)`, then `VERSION = 11` and `PATCHLEVEL = 4`.
fn suse_release(text: &str) -> Option<Distro> {
    let line = statement_lines(text).next()?;
    let value = |wanted: &str| assignments(text).find(|(key, _)| *key == wanted).map(|(_, value)| value);
    let version = match (value("VERSION"), value("PATCHLEVEL")) {
        (Some(version), Some(level)) if level != "0" => Some(format!("{version}.{level}")),
        (version, _) => version,
    };
    Some(Distro { id: id_of_name(line)?, version, pretty_name: Some(line.to_owned()), ..Distro::default() })
}

/// `Welcome to Alpine Linux 3.19 (edge)`: for years the only file that told edge from a release.
fn issue(text: &str) -> Option<Distro> {
    let line = statement_lines(text).next()?;
    (line.contains("Alpine Linux") && line.contains("(edge)")).then(|| Distro {
        id: "alpine".to_owned(),
        hints: vec![format!("ISSUE={line}")],
        ..Distro::default()
    })
}

/// Nothing, or some words: that the file is there says it all. Derivatives, which copy it, have an `os-release`.
fn arch_release(_: &str) -> Option<Distro> {
    Some(Distro { id: "arch".to_owned(), ..Distro::default() })
}

/// `Gentoo Base System release 2.14`.
fn gentoo_release(text: &str) -> Option<Distro> {
    let distro = release_line(text)?;
    distro.id.starts_with("gentoo").then(|| Distro { id: "gentoo".to_owned(), ..distro })
}

/// `Slackware 15.0`.
fn slackware_version(text: &str) -> Option<Distro> {
    let line = statement_lines(text).next()?;
    let version = line.strip_prefix("Slackware ")?.split_whitespace().next()?;
    let (id, pretty_name) = ("slackware".to_owned(), Some(line.to_owned()));
    Some(Distro { id, version: Some(version.to_owned()), pretty_name, ..Distro::default() })
}

/// The banner inside the program: `BusyBox v1.31.1`. An image with nothing else is a distribution of its own.
fn busybox(text: &str) -> Option<Distro> {
    let version = text.split("BusyBox v").skip(1).find_map(|rest| {
        let end = rest.find(|character: char| !character.is_ascii_digit() && character != '.')?;
        Some(rest[..end].trim_end_matches('.')).filter(|version| !version.is_empty())
    })?;
    let id = "busybox".to_owned();
    let pretty_name = Some(format!("BusyBox v{version}"));
    Some(Distro { id, version: Some(version.to_owned()), pretty_name, ..Distro::default() })
}

/// The `ID` of a distribution that writes its name as `name`; an unknown name in lower case, its words joined
/// by `-`. None when it has no letters or digits.
fn id_of_name(name: &str) -> Option<String> {
    let lower = name.trim().to_lowercase();
    if let Some((_, id)) = NAMES.iter().find(|(start, _)| lower.starts_with(start)) {
        return Some((*id).to_owned());
    }
    let words: Vec<&str> =
        lower.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    (!words.is_empty()).then(|| words.join("-"))
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.distro = tree.distro().cloned();
}

/// The distribution that all statements together make.
pub(super) fn stated(tree: &FactTree<'_>) -> Option<Distro> {
    let mut statements: Vec<(usize, &str, &Distro)> = Vec::new();
    let mut repositories: Vec<String> = Vec::new();
    // What others than this cataloger know names no distribution: repositories and hints.
    let mut hints: Vec<String> = Vec::new();
    for file in tree.all() {
        let rank = STATEMENTS.iter().position(|(name, _)| *name == file_name(&file.path));
        for fact in file.facts.iter() {
            match fact {
                Fact::Distro(distro) if distro.id.is_empty() => hints.extend_from_slice(&distro.hints),
                Fact::Distro(distro) => {
                    statements.push((rank.unwrap_or(STATEMENTS.len()), &file.path, distro));
                }
                Fact::Repositories(lines) => repositories.extend_from_slice(lines),
                _ => {}
            }
        }
    }
    statements.sort_by_key(|(rank, path, _)| (*rank, *path));
    let mut statements = statements.into_iter().map(|(_, _, distro)| distro);
    let mut distro = statements.next()?.clone();
    for other in statements.filter(|other| other.id == distro.id).cloned().collect::<Vec<_>>() {
        distro.version = distro.version.or(other.version);
        distro.codename = distro.codename.or(other.codename);
        distro.pretty_name = distro.pretty_name.or(other.pretty_name);
        distro.name = distro.name.or(other.name);
        distro.supplier = distro.supplier.or(other.supplier);
        distro.hints.extend(other.hints);
    }
    // Who makes a distribution hands it out, and is known by its name.
    distro.supplier = distro.supplier.or_else(|| distro.name.clone());
    distro.hints.extend(hints);
    distro.hints.sort();
    distro.hints.dedup();
    repositories.sort();
    repositories.dedup();
    distro.repositories = repositories;
    Some(distro)
}
