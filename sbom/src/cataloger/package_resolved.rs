//! The lock file of Swift's package manager, versions 1 to 3: pins of repositories and of a registry's packages.

use model::ecosystem::Ecosystem;
use model::package::{Certainty, Mark, Package};
use model::purl::Purl;
use serde::Deserialize;

use super::records::is_identified;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "package-resolved",
    version: 1,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/Package.resolved", "**/.package.resolved"]),
    read,
    assemble,
};

#[derive(Deserialize)]
struct Resolved {
    /// Versions 2 and 3.
    #[serde(default)]
    pins: Vec<Pin>,
    /// Version 1.
    object: Option<Pins>,
}

#[derive(Deserialize)]
struct Pins {
    #[serde(default)]
    pins: Vec<Pin>,
}

#[derive(Deserialize)]
struct Pin {
    #[serde(alias = "package")]
    identity: Option<String>,
    kind: Option<String>,
    #[serde(alias = "repositoryURL")]
    location: Option<String>,
    #[serde(default)]
    state: State,
}

#[derive(Default, Deserialize)]
struct State {
    revision: Option<String>,
    branch: Option<String>,
    version: Option<String>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let resolved: Resolved = match serde_json::from_str(&text) {
        Ok(resolved) => resolved,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    let pins = resolved.pins.iter().chain(resolved.object.iter().flat_map(|object| &object.pins));
    for pin in pins {
        let package = package(pin);
        if is_identified(file, facts, &package.name, package.version.as_str()) {
            facts.package(package);
        }
    }
}

fn package(pin: &Pin) -> Package {
    let identity = pin.identity.as_deref().unwrap_or_default();
    let location = pin.location.as_deref().unwrap_or_default();
    // Who asks for a branch that is called like a version wants that version.
    let branch = pin.state.branch.as_deref().filter(|branch| is_version(branch));
    let version = pin.state.version.as_deref().or(branch).unwrap_or_default();
    let (ecosystem, name) = match (pin.kind.as_deref(), repository(location), identity.split_once('.')) {
        // A registry knows packages as `scope.name` and has no location.
        (Some("registry"), None, Some((scope, name))) => (Ecosystem::Swift, format!("{scope}/{name}")),
        (_, Some(name), _) => (Ecosystem::Swift, name),
        // A directory of this machine; package URLs of Swift have to say where a package is from.
        (_, None, _) => (Ecosystem::Generic, identity.to_owned()),
    };
    let (namespace, last) = name.rsplit_once('/').unwrap_or(("", &name));
    let mut purl = Purl::new(ecosystem.name(), last).with_namespace(namespace).with_version(version);
    if let (true, true, Some(revision)) =
        (pin.state.version.is_none(), location.contains("://"), &pin.state.revision)
    {
        purl = purl.with_qualifier("vcs_url", &format!("git+{location}@{revision}"));
    }
    let mut package = Package::new(ecosystem, &name, version, purl.to_string());
    // A branch or a commit was asked for.
    if pin.state.version.is_none() {
        package.marks.push(Mark::Unreleased);
    }
    if branch.is_some() && pin.state.version.is_none() {
        package.certainty = Certainty::Inferred;
    }
    package
}

/// `1.2`, `v1.2.0-rc.1`.
fn is_version(branch: &str) -> bool {
    let branch = branch.strip_prefix('v').unwrap_or(branch);
    branch.contains('.') && branch.starts_with(|first: char| first.is_ascii_digit())
}

/// `github.com/acme/demo` of `https://github.com/acme/demo.git`, `git@github.com:acme/demo.git` and the like; none of a path.
fn repository(location: &str) -> Option<String> {
    let (rest, separator) = match location.split_once("://") {
        Some(("file", _)) => return None,
        Some((_, rest)) => (rest, '/'),
        None => (location, ':'),
    };
    let (host, path) = rest.split_once(separator)?;
    let host = host.rsplit('@').next().unwrap_or(host);
    let host = host.split(':').next().unwrap_or(host).to_ascii_lowercase();
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    (host.contains('.') && !path.is_empty()).then(|| format!("{host}/{path}"))
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_known_by_host_and_path() {
        for (location, expected) in [
            ("https://github.com/Acme/Demo.git", Some("github.com/Acme/Demo")),
            ("https://token@GitHub.com:443/acme/demo/", Some("github.com/acme/demo")),
            ("git@github.com:acme/demo.git", Some("github.com/acme/demo")),
            ("ssh://git@git.example.org:2222/acme/demo.git", Some("git.example.org/acme/demo")),
            ("file:///srv/demo", None),
            ("/srv/demo", None),
            ("", None),
        ] {
            assert_eq!(repository(location).as_deref(), expected, "{location}");
        }
    }
}
