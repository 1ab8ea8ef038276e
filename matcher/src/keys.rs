//! Under which keys a vendor speaks of an operating-system package, and which version to compare under each
//! (feeds.md B3, B4).

use model::ecosystem::Ecosystem;
use model::finding::MatchType;
use model::key::{KeyKind, Namespace, PackageKey, normalise_name};
use model::package::{Package, PackageKind};
use model::version::VersionText;

use crate::case::{Consulted, Role};

/// A Go program of its own whose version was never stated, or was made up from a commit (feeds.md D3).
pub(crate) fn is_unversioned_main_module(package: &Package) -> bool {
    let version = package.version.as_str();
    package.ecosystem == Ecosystem::Golang
        && package.kind == PackageKind::Application
        && (matches!(version, "" | "(devel)" | "v0.0.0") || is_pseudo_version(version))
}

/// Whether the version ends in `yyyymmddhhmmss-abcdefabcdef` (golang.org/ref/mod#pseudo-versions).
fn is_pseudo_version(version: &str) -> bool {
    let version = version.split('+').next().unwrap_or_default();
    let Some((rest, revision)) = version.rsplit_once('-') else { return false };
    let date = rest.rsplit(['-', '.']).next().unwrap_or_default();
    revision.len() == 12
        && revision.bytes().all(|byte| byte.is_ascii_hexdigit())
        && date.len() == 14
        && date.bytes().all(|byte| byte.is_ascii_digit())
}

/// Under which names a package of a language's ecosystem is spoken of. A flaw anywhere in Tomcat is often told of its
/// distribution, `org.apache.tomcat:tomcat`, which nobody depends on: its core is there where it is.
pub(crate) fn language_keys(namespace: &Namespace, package: &Package) -> Vec<Consulted> {
    let key = |name: &str, match_type| Consulted {
        key: PackageKey::new(namespace.clone(), KeyKind::Language, normalise_name(package.ecosystem, name)),
        match_type,
        version: package.version.clone(),
        role: Role::Own,
        lacks_update: false,
    };
    let own = key(&package.name, MatchType::Direct);
    match (package.ecosystem, package.name.as_str()) {
        (Ecosystem::Maven, "org.apache.tomcat:tomcat-catalina") => {
            vec![key("org.apache.tomcat:tomcat", MatchType::Indirect), own]
        }
        _ => vec![own],
    }
}

/// The source key and the binary key of an operating-system package (feeds.md B3).
pub(crate) fn os_keys(namespace: &Namespace, package: &Package, role: Role) -> Vec<Consulted> {
    let ecosystem = package.ecosystem;
    let binary = Consulted {
        key: PackageKey::new(namespace.clone(), KeyKind::Binary, normalise_name(ecosystem, &package.name)),
        match_type: MatchType::Direct,
        version: package.version.clone(),
        role,
        lacks_update: false,
    };
    let Some((name, version)) = source(namespace, package) else {
        return vec![binary];
    };
    let match_type = if name == package.name { MatchType::Direct } else { MatchType::Indirect };
    let key = PackageKey::new(namespace.clone(), KeyKind::Source, normalise_name(ecosystem, &name));
    vec![Consulted { key, match_type, version, role, lacks_update: false }, binary]
}

/// The source package under which the vendor speaks of `package`, and the version to compare with it.
fn source(namespace: &Namespace, package: &Package) -> Option<(String, VersionText)> {
    let stated = package.source.as_ref();
    let name = stated.map_or(package.name.as_str(), |source| source.name.as_str());
    match package.ecosystem {
        Ecosystem::Deb => {}
        // The version of the source is that of its archive, which has no epoch; sub-packages may have versions of their own.
        Ecosystem::Rpm => {
            let version = stated.and_then(|source| source.version.clone());
            return Some((name.to_owned(), version.unwrap_or_else(|| package.version.clone())));
        }
        // An apk package has its origin's version.
        _ => return Some((name.to_owned(), package.version.clone())),
    }
    let version = match stated.and_then(|source| source.version.clone()) {
        Some(version) => version,
        None => without_binary_rebuild(&package.version),
    };
    match namespace.distro_id() {
        Some("debian") if name.starts_with("linux-signed-") => {
            Some(("linux".to_owned(), of_unsigned(&version)))
        }
        // A meta package has a version of its own kind, which says nothing of the kernel's (feeds.md B4).
        Some("ubuntu") if name.starts_with("linux-meta") => None,
        Some("ubuntu") if name.starts_with("linux-signed") => {
            Some((name.replacen("-signed", "", 1), version))
        }
        _ => Some((name.to_owned(), version)),
    }
}

/// Signed kernels are packed anew from `linux`, whose `-N` becomes `+N` (feeds.md A3): `6.1.115+1` is `6.1.115-1`. What a
/// backport or a security update adds stands behind it, with a `+` of its own (`+1~bpo12+1`, `+2+deb10u1`).
fn of_unsigned(version: &VersionText) -> VersionText {
    match version.as_str().split_once('+') {
        // The version of a binary package has the revision where it was.
        Some((base, revision)) if !version.as_str().contains('-') => format!("{base}-{revision}").into(),
        _ => version.clone(),
    }
}

/// What a rebuild adds to a version of Debian's, before a number: a backport for an older release, whose own number follows
/// it (`~bpo12+1`), and builds for the Raspberry Pi (feeds.md A3, B6).
const BACKPORT: &str = "~bpo";
const RASPBERRY_PI: [&str; 2] = ["+rpi", "+rpt"];

/// The release of Debian for which a package was built from the one after it; none for what is no backport.
pub(crate) fn backported_to(version: &VersionText) -> Option<&str> {
    let (_, number, _) = around(version.as_str(), BACKPORT)?;
    Some(number)
}

/// Whether a package of Debian's was changed and built anew for the Raspberry Pi.
pub(crate) fn is_for_raspberry_pi(version: &VersionText) -> bool {
    RASPBERRY_PI.iter().any(|mark| around(version.as_str(), mark).is_some())
}

/// The version of Debian's that a backport or a build for the Raspberry Pi was made from: `1.2-3~bpo12+1` is below `1.2-3`
/// and holds all that it does.
pub(crate) fn built_from(version: &VersionText) -> VersionText {
    let mut text = version.as_str().to_owned();
    for mark in RASPBERRY_PI {
        if let Some((before, _, after)) = around(&text, mark) {
            text = format!("{before}{after}");
        }
    }
    if let Some((before, _, after)) = around(&text, BACKPORT) {
        let rest =
            after.strip_prefix('+').map(|rest| rest.trim_start_matches(|next: char| next.is_ascii_digit()));
        text = format!("{before}{}", rest.unwrap_or(after));
    }
    text.into()
}

/// What stands before the last `mark` that a number follows, the number, and what stands behind it.
fn around<'v>(version: &'v str, mark: &str) -> Option<(&'v str, &'v str, &'v str)> {
    let (before, rest) = version.rsplit_once(mark)?;
    let end = rest.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
    (end > 0).then(|| (before, &rest[..end], &rest[end..]))
}

/// `1.0-1+b2` is the second rebuild of `1.0-1`, from the same source.
fn without_binary_rebuild(version: &VersionText) -> VersionText {
    match version.as_str().rsplit_once("+b") {
        Some((source, build)) if !build.is_empty() && build.bytes().all(|byte| byte.is_ascii_digit()) => {
            source.into()
        }
        _ => version.clone(),
    }
}

/// Whether a package holds no code that a feed could speak of: keys, debug information, the names that `apk` gives to what
/// was asked for together (feeds.md B3).
pub(crate) fn has_no_code(package: &Package) -> bool {
    let name = package.name.as_str();
    match package.ecosystem {
        Ecosystem::Rpm => {
            name == "gpg-pubkey" || name.ends_with("-debuginfo") || name.ends_with("-debugsource")
        }
        Ecosystem::Apk => name.starts_with('.'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_unsigned_kernels_and_of_what_was_built_anew() {
        for (version, expected) in [
            ("6.1.115+1", "6.1.115-1"),
            ("6.12.9+1~bpo12+1", "6.12.9-1~bpo12+1"),
            ("4.19.67+2+deb10u1", "4.19.67-2+deb10u1"),
            ("6.12.9-1~bpo12+1", "6.12.9-1~bpo12+1"),
        ] {
            assert_eq!(of_unsigned(&version.into()).as_str(), expected);
        }
        for (version, expected) in [
            ("1.2-3~bpo12+1", "1.2-3"),
            ("1.2-3~bpo12+1+b1", "1.2-3+b1"),
            ("1.2-3~bpo", "1.2-3~bpo"),
            ("1.2-3+rpt1", "1.2-3"),
            ("1.2-3+rpi1+deb12u4", "1.2-3+deb12u4"),
            ("1.2-3+deb12u4", "1.2-3+deb12u4"),
        ] {
            assert_eq!(built_from(&version.into()).as_str(), expected);
        }
    }

    #[test]
    fn what_is_told_of_tomcat_is_told_of_its_core() {
        let row = "maven|language|org.apache.tomcat:tomcat osv GHSA-1 >=9.0.0 <9.0.2";
        for (package, expected) in [
            (
                "maven org.apache.tomcat:tomcat-catalina 9.0.1",
                "GHSA-1 | org.apache.tomcat:tomcat-catalina | affected | fixed 9.0.2",
            ),
            ("maven org.apache.tomcat:tomcat-catalina 9.0.2", ""),
            ("maven org.apache.tomcat:tomcat-jni 9.0.1", ""),
        ] {
            crate::fixture::check_by_cpe("off", "", package, row, expected);
        }
    }

    #[test]
    fn pseudo_versions_are_told_from_releases() {
        for version in ["v0.0.0-20240102030405-abcdefabcdef", "v1.2.4-0.20240102030405-abcdefabcdef+dirty"] {
            assert!(is_pseudo_version(version), "{version}");
        }
        for version in ["v1.2.3", "v1.2.3-rc.1", "v1.2.3-20240102030405", "1.2.3-4-abcdefabcdef"] {
            assert!(!is_pseudo_version(version), "{version}");
        }
    }
}
