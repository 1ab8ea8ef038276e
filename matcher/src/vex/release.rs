//! Releases of distributions, as package URLs name them (feeds.md A4, B2).

use model::distro::Distro;

use super::product::vendor;

/// A release of a distribution as a URL names it, and the archive beside its main one that is meant: `debian-12`, `jammy`,
/// `ubuntu/jammy`, `esm-infra/xenial`.
pub(super) struct Release {
    name: String,
    pocket: Option<String>,
}

/// Archives of Ubuntu whose packages are built from other code than the release's (feeds.md A4); those of extended support
/// (`esm-infra`, `esm-apps`) carry on with the release's own.
const REBUILT: [&str; 4] = ["fips", "realtime", "bluefield", "nvidia"];

impl Release {
    pub(super) fn of(text: &str) -> Self {
        let text = text.to_lowercase();
        let (pocket, name) = match (of_archive(&text), text.split_once('/')) {
            (Some((pocket, name)), _) => (Some(pocket), name.to_owned()),
            // The distribution may stand before it: `ubuntu/jammy`, `ubuntu/esm-infra/xenial`.
            (None, Some((id, rest))) => match of_archive(rest) {
                Some((pocket, name)) => (Some(pocket), format!("{id}-{name}")),
                None => (None, format!("{id}-{rest}")),
            },
            (None, None) => (None, text.clone()),
        };
        let pocket = pocket.map(str::to_owned);
        let name = match name.rsplit_once('-') {
            Some((id, release)) => format!("{}-{release}", vendor(id)),
            None => name,
        };
        Self { name, pocket }
    }

    /// The kind of the archive, if what is in it is built from other code than the release's.
    pub(super) fn rebuilt(&self) -> Option<&'static str> {
        self.pocket.as_deref().and_then(rebuilt)
    }
}

/// The archive and the name in `esm-infra/xenial`.
fn of_archive(text: &str) -> Option<(&str, &str)> {
    let is_pocket = |word: &str| word.starts_with("esm") || rebuilt(word).is_some();
    match text.split_once('/')? {
        // An older spelling of `esm-infra-legacy/trusty`.
        (name, pocket @ "esm") => Some((pocket, name)),
        (pocket, name) => is_pocket(pocket).then_some((pocket, name)),
    }
}

/// `fips` of `fips-updates`.
fn rebuilt(pocket: &str) -> Option<&'static str> {
    REBUILT.into_iter().find(|start| pocket.starts_with(start))
}

/// Where a package says by its version that it is such a build (feeds.md C3): `1.1.1f-1ubuntu2.fips.7.1`.
pub(super) fn rebuilt_by_version(version: &str) -> Option<&'static str> {
    [".fips", "+fips", "~fips"].iter().any(|word| version.contains(word)).then_some("fips")
}

/// Whether a package whose URL states the distribution `stated` and which is installed on `distro` is of the distribution
/// `wanted` (feeds.md B2). What the URL states counts; the system only says by which other names that is known, and stands
/// in where the URL states nothing.
pub(super) fn is_distro(wanted: &Release, stated: Option<&Release>, distro: Option<&Distro>) -> bool {
    let of_system = distro.map(names_of).unwrap_or_default();
    let is_system = |one: &str| of_system.iter().any(|name| is_within(one, name));
    match stated {
        Some(stated) => {
            is_within(&wanted.name, &stated.name) || (is_system(&stated.name) && is_system(&wanted.name))
        }
        None => is_system(&wanted.name),
    }
}

/// The names by which a release of a distribution is known: `debian-12`, `debian-bookworm`, `bookworm`.
fn names_of(distro: &Distro) -> Vec<String> {
    let id = vendor(&distro.id);
    let releases = [&distro.version, &distro.codename].into_iter().flatten();
    let names = releases.map(|one| format!("{id}-{one}")).chain(distro.codename.clone());
    let names: Vec<String> = names.map(|name| name.to_lowercase()).collect();
    if names.is_empty() { vec![id.to_owned()] } else { names }
}

/// Whether `known` is `wanted` or a release of it: 9.4 of 9.
pub(super) fn is_within(wanted: &str, known: &str) -> bool {
    known.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_release_and_perhaps_an_archive_beside_it() {
        for (text, name, pocket) in [
            ("debian-12", "debian-12", None),
            ("Jammy", "jammy", None),
            ("ubuntu/jammy", "ubuntu-jammy", None),
            ("esm-infra/xenial", "xenial", Some("esm-infra")),
            ("trusty/esm", "trusty", Some("esm")),
            ("ubuntu/fips-updates/focal", "ubuntu-focal", Some("fips-updates")),
            ("a/b/c", "a-b/c", None),
        ] {
            let release = Release::of(text);
            assert_eq!((release.name.as_str(), release.pocket.as_deref()), (name, pocket), "{text}");
        }
        // Foreign text may have as many slashes as it likes.
        assert_eq!(Release::of(&"a/".repeat(1_000_000)).pocket, None);
    }
}
