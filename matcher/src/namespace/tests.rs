//! Who answers for which distribution, and by which release.

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
    check("wolfi 20230201 repository=https://mirror/chainguard/extras", "chainguard:rolling wolfi:rolling 1");
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
    check("devuan 5 like=debian codename=daedalus", "debian:12 0.8");
    check("devuan 4.0", "debian:11 0.8");
    check("devuan codename=daedalus", "debian:12 0.8");
    check("devuan codename=daedalus/ceres", "debian:12 0.8");
    check("devuan codename=freia/ceres like=debian", "debian:unstable 0.8");
    check("devuan codename=freia", "debian:unstable 0.8");
    check("devuan 7", "debian:unstable 0.8");
    check("devuan codename=ceres", "debian:unstable 0.8");
    check("devuan like=debian pretty=Devuan+GNU/Linux+ceres", "debian:unstable 0.8");
    check("devuan 99 like=debian", "nobody for devuan:99");
    check("devuan like=debian codename=own", "nobody for devuan");
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
