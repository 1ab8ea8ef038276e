//! The versions under which the CPE names of a package are looked up (feeds.md C13, D1).

use std::cmp::Ordering;

use model::cpe::{Attribute, Cpe};
use model::ecosystem::Ecosystem;
use model::key::PackageKey;
use model::package::Package;
use model::version::VersionText;

use super::known;
use crate::version;

/// A vendor and product that a package's names state, and a version to compare under it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stated {
    pub(crate) key: PackageKey,
    pub(crate) version: StatedVersion,
}

/// A version, and what of rows it is compared with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StatedVersion {
    /// All that they say.
    Whole(Box<str>),
    /// It lacks the update, which NVD keeps apart and most of its names leave open: only what they list, or end with.
    WithoutUpdate(Box<str>),
}

/// How many versions of one product are compared; real packages have one, or two. Of more the package's own is.
const VERSIONS_MAX: usize = 64;

/// What the package's names state; sorted, each once.
pub(crate) fn stated(package: &Package) -> Vec<Stated> {
    let version = Version::of(package);
    let names: Vec<(Cpe<'_>, PackageKey)> = package
        .cpes
        .iter()
        .filter_map(Cpe::parse)
        .filter_map(|cpe| {
            let key = cpe.key()?;
            Some((cpe, key))
        })
        .collect();
    let agrees = |cpe: &Cpe<'_>, key: &PackageKey| agrees(cpe, key, package.ecosystem, version.under(key).0);
    let is_confirmed = names.iter().any(|(cpe, key)| agrees(cpe, key));
    let mut all: Vec<Stated> = Vec::new();
    for (cpe, key) in &names {
        let (own, without_patch) = version.under(key);
        let compare = version::for_cpe(&key.name).compare;
        let of_name = cpe.full_version().filter(|version| is_readable(key, version));
        let has_update = cpe.update.value().is_some();
        let lacks_update = has_update
            && cpe.version.value().and_then(|version| compare(version, own)) == Some(Ordering::Equal);
        // What the package states comes first; its name may have been made by somebody who had only half of it.
        let whole: &str = match &of_name {
            Some(of_name) if !is_readable(key, own) || lacks_update => of_name,
            // One package may be several products, each with a version of its own: GraalVM's and that of its Java.
            Some(of_name) if is_confirmed && !agrees(cpe, key) => of_name,
            // NVD's `-`: of what has no version.
            None if own.is_empty() && cpe.version == Attribute::NotApplicable => "-",
            _ => own,
        };
        let is_named = of_name.as_deref().is_some_and(|name| compare(name, whole) == Some(Ordering::Equal));
        let bare = cpe.version.value().filter(|_| has_update && is_named).map(Box::from);
        let bare = bare.or_else(|| without_patch.map(Box::from));
        all.push(Stated { key: key.clone(), version: StatedVersion::Whole(whole.into()) });
        all.extend(bare.map(|bare| Stated { key: key.clone(), version: StatedVersion::WithoutUpdate(bare) }));
    }
    let besides: Vec<Stated> = all.iter().flat_map(also_known).collect();
    all.extend(besides);
    all.sort();
    all.dedup();
    let limited = all.chunk_by(|left, right| left.key == right.key).flat_map(|of_key| match of_key {
        [first, ..] if of_key.len() > VERSIONS_MAX => {
            let own = version.under(&first.key).0;
            vec![Stated { key: first.key.clone(), version: StatedVersion::Whole(own.into()) }]
        }
        _ => of_key.to_vec(),
    });
    limited.collect()
}

/// What is said of a stated name under other names of the same software.
fn also_known(stated: &Stated) -> impl Iterator<Item = Stated> {
    let names = known::besides(&stated.key.name);
    names.map(|(vendor, product)| Stated { key: PackageKey::of_cpe(vendor, product), ..stated.clone() })
}

/// The versions to compare under a name that is guessed.
pub(crate) fn of_guess(package: &Package, key: &PackageKey) -> Vec<StatedVersion> {
    let version = Version::of(package);
    let (own, without_patch) = version.under(key);
    let bare = without_patch.map(|bare| StatedVersion::WithoutUpdate(bare.into()));
    std::iter::once(StatedVersion::Whole(own.into())).chain(bare).collect()
}

/// A package's version, as its software has it.
struct Version {
    upstream: VersionText,
    /// That without its patch, where it has one.
    without_patch: Option<VersionText>,
}

impl Version {
    fn of(package: &Package) -> Self {
        let upstream = upstream(package.ecosystem, package.version.as_str());
        Self { upstream, without_patch: without_patch(package) }
    }

    /// What is compared under `key`, and that without its patch. Where the software has no patches, what apk writes as one is
    /// something else that counts for nothing: the build of Java's `17.0.18_p8`.
    fn under(&self, key: &PackageKey) -> (&str, Option<&str>) {
        let bare = self.without_patch.as_ref().map(VersionText::as_str);
        match bare {
            Some(bare) if !is_readable(key, self.upstream.as_str()) => (bare, None),
            _ => (self.upstream.as_str(), bare),
        }
    }
}

/// Whether the version that `cpe` names is `own`, also where it is written as that of the package, or lacks its build.
fn agrees(cpe: &Cpe<'_>, key: &PackageKey, ecosystem: Ecosystem, own: &str) -> bool {
    let compare = version::for_cpe(&key.name).compare;
    let without_build = own.split_once('+').map_or(own, |(release, _)| release);
    let is_own =
        |version: &str| [own, without_build].iter().any(|own| compare(version, own) == Some(Ordering::Equal));
    let full = cpe.full_version();
    [cpe.version.value(), full.as_deref()]
        .into_iter()
        .flatten()
        .any(|version| is_own(version) || is_own(upstream(ecosystem, version).as_str()))
}

fn is_readable(key: &PackageKey, version: &str) -> bool {
    (version::for_cpe(&key.name).is_readable)(version)
}

/// The version of the software itself in that of its package: without epoch, revision and what a distribution adds
/// (feeds.md D1). What has no such parts is left as it is.
pub(crate) fn upstream(ecosystem: Ecosystem, version: &str) -> VersionText {
    match ecosystem {
        Ecosystem::Apk | Ecosystem::Portage => {
            let without = version.rsplit_once("-r").filter(|(_, revision)| is_number(revision));
            let plain = without.map_or(version, |(plain, _)| plain);
            // OpenSSH's 9.3p2 is `9.3_p2` there.
            match split_patch(plain) {
                Some((before, patch)) => format!("{before}p{patch}").into(),
                None => plain.into(),
            }
        }
        Ecosystem::Deb | Ecosystem::Rpm | Ecosystem::Alpm | Ecosystem::Opkg => {
            let without_epoch = version.split_once(':').filter(|(epoch, _)| is_number(epoch));
            let version = without_epoch.map_or(version, |(_, rest)| rest);
            let version = version.rsplit_once('-').map_or(version, |(plain, _)| plain);
            // `2.12.7+really2.9.14`: the package went back to what it names last.
            let really = version.rsplit_once("+really").map(|(_, really)| really);
            let version = really.filter(|really| !really.is_empty()).unwrap_or(version);
            const ADDED: [&str; 9] =
                ["+dfsg", "+ds", "+git", "+nmu", "+repack", "+~", ".dfsg", "~dfsg", "~ds"];
            let end = ADDED.iter().filter_map(|added| version.find(added)).min().unwrap_or(version.len());
            version[..end].into()
        }
        // `go1.22.4` and `go1.22.9 (Red Hat 1.22.9-1.el9)`, of the toolchain.
        Ecosystem::Golang => {
            let toolchain = version.strip_prefix("go").and_then(|rest| rest.split_whitespace().next());
            toolchain.unwrap_or(version).into()
        }
        Ecosystem::Bitnami => {
            let revision = version.rsplit_once('-').filter(|(_, revision)| is_number(revision));
            revision.map_or(version, |(plain, _)| plain).into()
        }
        _ => version.into(),
    }
}

/// `9.3` and `2` of `9.3_p2`.
fn split_patch(version: &str) -> Option<(&str, &str)> {
    version.split_once("_p").filter(|(_, patch)| is_number(patch))
}

/// The version without the patch that some say in an attribute of its own, as apk writes it: `9.3` of `9.3_p2-r1`.
pub(super) fn without_patch(package: &Package) -> Option<VersionText> {
    let is_written_so = matches!(package.ecosystem, Ecosystem::Apk | Ecosystem::Portage);
    let version = package.version.as_str();
    let plain = version.rsplit_once("-r").map_or(version, |(plain, _)| plain);
    split_patch(plain).filter(|_| is_written_so).map(|(before, _)| before.into())
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
