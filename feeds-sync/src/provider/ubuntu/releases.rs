//! Ubuntu's releases, and the words for them in OSV (`Ubuntu:Pro:18.04:LTS`) and in purls (`esm-apps/bionic`).

use model::key::Namespace;

use super::super::Release;

/// What extended maintenance is called in namespaces: `ubuntu:22.04+esm`.
pub(super) const ESM: &str = "esm";

/// Since 14.04, when the feeds begin. General support of releases (feeds.md A26; `ubuntu.csv` of distro-info-data). A
/// release between two with long support is swept out of the feed after its end, so it is frozen then.
pub(super) static RELEASES: &[Release] = &[
    lts("ubuntu:14.04", "trusty", "2019-04-25"),
    interim("ubuntu:14.10", "utopic", "2015-07-23"),
    interim("ubuntu:15.04", "vivid", "2016-02-04"),
    interim("ubuntu:15.10", "wily", "2016-07-28"),
    lts("ubuntu:16.04", "xenial", "2021-04-30"),
    interim("ubuntu:16.10", "yakkety", "2017-07-20"),
    interim("ubuntu:17.04", "zesty", "2018-01-13"),
    interim("ubuntu:17.10", "artful", "2018-07-19"),
    lts("ubuntu:18.04", "bionic", "2023-05-31"),
    interim("ubuntu:18.10", "cosmic", "2019-07-18"),
    interim("ubuntu:19.04", "disco", "2020-01-23"),
    interim("ubuntu:19.10", "eoan", "2020-07-17"),
    lts("ubuntu:20.04", "focal", "2025-05-31"),
    interim("ubuntu:20.10", "groovy", "2021-07-22"),
    interim("ubuntu:21.04", "hirsute", "2022-01-20"),
    interim("ubuntu:21.10", "impish", "2022-07-14"),
    lts("ubuntu:22.04", "jammy", "2027-04-30"),
    interim("ubuntu:22.10", "kinetic", "2023-07-20"),
    interim("ubuntu:23.04", "lunar", "2024-01-25"),
    interim("ubuntu:23.10", "mantic", "2024-07-11"),
    lts("ubuntu:24.04", "noble", "2029-05-31"),
    interim("ubuntu:24.10", "oracular", "2025-07-10"),
    interim("ubuntu:25.04", "plucky", "2026-01-31"),
    interim("ubuntu:25.10", "questing", "2026-07-31"),
    lts("ubuntu:26.04", "resolute", "2031-05-31"),
    Release::ends("ubuntu:14.04+esm", "2024-04-25"),
    Release::ends("ubuntu:16.04+esm", "2026-04-30"),
    Release::ends("ubuntu:18.04+esm", "2028-03-31"),
    Release::ends("ubuntu:20.04+esm", "2030-04-30"),
];

const fn lts(namespace: &'static str, codename: &'static str, end_of_life: &'static str) -> Release {
    Release { codename: Some(codename), ..Release::ends(namespace, end_of_life) }
}

const fn interim(namespace: &'static str, codename: &'static str, end_of_life: &'static str) -> Release {
    Release { freezes: true, ..lts(namespace, codename, end_of_life) }
}

/// The channels beside a release: OSV's words before the version, the words of purls, and the one of namespaces.
const CHANNELS: &[Channel] = &[
    Channel {
        osv: "Pro",
        purl: &["esm-infra", "esm-apps", "esm-infra-legacy", "esm-apps-legacy", ESM],
        name: ESM,
    },
    Channel { osv: "Pro:FIPS", purl: &["fips"], name: "fips" },
    Channel { osv: "Pro:FIPS-updates", purl: &["fips-updates"], name: "fips-updates" },
    Channel { osv: "Pro:FIPS-preview", purl: &["fips-preview"], name: "fips-preview" },
    Channel { osv: "Pro:Realtime", purl: &["realtime"], name: "realtime" },
    Channel { osv: "Nvidia-BlueField", purl: &["bluefield", "nvidia-bluefield"], name: "nvidia-bluefield" },
];

/// Channels that OSV names behind the version: `Pro:24.04:LTS:Realtime:Kernel`.
const ENDINGS: [(&str, &str); 2] =
    [(":Realtime:Kernel", "realtime"), (":for:NVIDIA:BlueField", "nvidia-bluefield")];

struct Channel {
    osv: &'static str,
    purl: &'static [&'static str],
    name: &'static str,
}

/// Whether `text` is a version of Ubuntu: `22.04`.
pub(super) fn is_version(text: &str) -> bool {
    let is_two = |digits: &str| digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_digit());
    // The first releases had years of one digit.
    text.split_once('.').is_some_and(|(year, month)| (is_two(year) || year.len() == 1) && is_two(month))
}

/// Whether `text` is a channel's name in namespaces.
pub(super) fn is_channel(text: &str) -> bool {
    CHANNELS.iter().any(|channel| channel.name == text)
}

/// The namespace of what follows `Ubuntu:` in the name of an ecosystem. `:LTS` is added to a release on the day it
/// comes out, so both are the same.
pub(super) fn of_ecosystem(suffix: &str) -> Option<Namespace> {
    let ending = ENDINGS.iter().find_map(|(end, channel)| Some((suffix.strip_suffix(end)?, channel)));
    if let Some((release, channel)) = ending {
        let release = release.strip_suffix(":LTS").unwrap_or(release);
        let version = release.strip_prefix("Pro:").unwrap_or(release);
        return is_version(version).then(|| Namespace::distro("ubuntu", &format!("{version}+{channel}")));
    }
    let suffix = suffix.strip_suffix(":LTS").unwrap_or(suffix);
    match suffix.rsplit_once(':') {
        None => is_version(suffix).then(|| Namespace::distro("ubuntu", suffix)),
        Some((words, version)) if is_version(version) => {
            let channel = CHANNELS.iter().find(|channel| channel.osv == words)?;
            Some(Namespace::distro("ubuntu", &format!("{version}+{}", channel.name)))
        }
        Some(_) => None,
    }
}

/// The namespace of `distro=` in a purl: `jammy`, `esm-infra/xenial`; `trusty/esm` is an older spelling of
/// `esm-infra-legacy/trusty`.
pub(super) fn of_token(token: &str) -> Option<Namespace> {
    let of_codename = |codename: &str| {
        let release = RELEASES.iter().find(|release| release.codename == Some(codename))?;
        Some(Namespace::new(release.namespace))
    };
    let Some((pocket, codename)) = token.split_once('/') else { return of_codename(token) };
    let (pocket, codename) = if codename == ESM { (codename, pocket) } else { (pocket, codename) };
    let channel = CHANNELS.iter().find(|channel| channel.purl.contains(&pocket))?;
    Some(Namespace::new(format!("{}+{}", of_codename(codename)?, channel.name)))
}

/// The namespaces of the release of `namespace` itself and of its extended maintenance, when it is one of the two.
pub(super) fn base_and_esm(namespace: &Namespace) -> Option<(Namespace, Namespace)> {
    let base = match namespace.as_str().split_once('+') {
        None => namespace.as_str(),
        Some((base, ESM)) => base,
        Some(_) => return None,
    };
    Some((Namespace::new(base), Namespace::new(format!("{base}+{ESM}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ecosystems_are_namespaces() {
        for (suffix, namespace) in [
            ("22.04:LTS", Some("ubuntu:22.04")),
            ("22.04", Some("ubuntu:22.04")),
            ("25.10", Some("ubuntu:25.10")),
            ("Pro:18.04:LTS", Some("ubuntu:18.04+esm")),
            ("Pro:FIPS:20.04:LTS", Some("ubuntu:20.04+fips")),
            ("Pro:FIPS-updates:20.04:LTS", Some("ubuntu:20.04+fips-updates")),
            ("Pro:FIPS-preview:22.04:LTS", Some("ubuntu:22.04+fips-preview")),
            ("Pro:Realtime:22.04:LTS", Some("ubuntu:22.04+realtime")),
            ("Nvidia-BlueField:22.04:LTS", Some("ubuntu:22.04+nvidia-bluefield")),
            ("Pro:24.04:LTS:Realtime:Kernel", Some("ubuntu:24.04+realtime")),
            ("22.04:LTS:for:NVIDIA:BlueField", Some("ubuntu:22.04+nvidia-bluefield")),
            ("24.04:LTS:for:NVIDIA:Tomorrow", None),
            ("Pro:jammy:Realtime:Kernel", None),
            ("Pro:Tomorrow:22.04:LTS", None),
            ("jammy", None),
            ("LTS", None),
            ("", None),
        ] {
            assert_eq!(of_ecosystem(suffix).as_ref().map(Namespace::as_str), namespace, "{suffix}");
        }
    }

    #[test]
    fn tokens_are_namespaces() {
        for (token, namespace) in [
            ("jammy", Some("ubuntu:22.04")),
            ("esm-infra/xenial", Some("ubuntu:16.04+esm")),
            ("esm-apps/bionic", Some("ubuntu:18.04+esm")),
            ("esm-infra-legacy/trusty", Some("ubuntu:14.04+esm")),
            ("trusty/esm", Some("ubuntu:14.04+esm")),
            ("fips-updates/focal", Some("ubuntu:20.04+fips-updates")),
            ("realtime/jammy", Some("ubuntu:22.04+realtime")),
            ("ros-esm/xenial", None),
            ("esm-infra/nobody", None),
            ("upstream", None),
        ] {
            assert_eq!(of_token(token).as_ref().map(Namespace::as_str), namespace, "{token}");
        }
    }

    #[test]
    fn only_plain_extended_maintenance_is_the_twin_of_a_release() {
        let pair = |namespace: &str| {
            base_and_esm(&Namespace::new(namespace)).map(|(base, esm)| format!("{base} {esm}"))
        };
        assert_eq!(pair("ubuntu:22.04").as_deref(), Some("ubuntu:22.04 ubuntu:22.04+esm"));
        assert_eq!(pair("ubuntu:22.04+esm").as_deref(), Some("ubuntu:22.04 ubuntu:22.04+esm"));
        assert_eq!(pair("ubuntu:22.04+fips"), None);
    }
}
