//! Which packages the names mean that other packages require.

use std::collections::{BTreeMap, BTreeSet};

use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::key::normalise_name;
use model::package::{Package, PackageIndex};

use super::facts::{Found, Named};

/// Packages of one name that a requirement can mean; real images have a few copies.
const CANDIDATES_MAX: usize = 16;

/// Edges of one inventory; real ones have some ten for each package.
const EDGES_MAX: usize = 2_000_000;

/// Names by which packages can be required, and those that answer to them.
type Providers = BTreeMap<(Ecosystem, Box<str>), Vec<PackageIndex>>;

/// Adds to each package's dependencies those that it requires by name, as far as they are there.
///
/// A name that several packages have means, in an ecosystem that installs into directories (npm, Python, Ruby), the one
/// whose directory encloses the requiring package's most closely; in the others all of them that can be meant, up to
/// [`CANDIDATES_MAX`].
pub(super) fn resolve(found: &mut Found) {
    let named = std::mem::take(&mut found.named);
    if named.is_empty() {
        return;
    }
    let providers = providers(&found.packages, &named);
    let mut n_edges = 0;
    for Named { index, requires, .. } in &named {
        let package = &found.packages[index.as_usize()];
        let mut needed: BTreeSet<PackageIndex> = package.depends_on.iter().copied().collect();
        for name in requires {
            let key = (package.ecosystem, normalise_name(package.ecosystem, name));
            let candidates = providers.get(&key).map_or(&[][..], Vec::as_slice);
            needed.extend(meant(package, candidates, &found.packages));
        }
        needed.remove(index);
        n_edges += needed.len();
        if n_edges > EDGES_MAX {
            let detail =
                format!("packages need each other in more than {EDGES_MAX} ways; the rest was left out");
            found.gaps.push(Gap::new(GapKind::LIMIT_EXCEEDED, "", detail));
            return;
        }
        found.need(*index, needed.into_iter().collect(), !requires.is_empty());
    }
}

fn providers(packages: &[Package], named: &[Named]) -> Providers {
    let mut providers = Providers::new();
    let mut provide = |ecosystem: Ecosystem, name: &str, index| {
        let answering: &mut Vec<PackageIndex> =
            providers.entry((ecosystem, normalise_name(ecosystem, name))).or_default();
        // Of a name that everybody answers to nobody is meant.
        if answering.len() < CANDIDATES_MAX {
            answering.push(index);
        }
    };
    for (index, package) in (0..).map(PackageIndex).zip(packages) {
        provide(package.ecosystem, &package.name, index);
    }
    for Named { index, provides, .. } in named {
        for name in provides {
            provide(packages[index.as_usize()].ecosystem, name, *index);
        }
    }
    providers
}

/// Which of `candidates` the requiring `package` means.
fn meant(package: &Package, candidates: &[PackageIndex], packages: &[Package]) -> Vec<PackageIndex> {
    if !matches!(package.ecosystem, Ecosystem::Npm | Ecosystem::PyPi | Ecosystem::Gem)
        || candidates.len() == 1
    {
        return candidates.to_vec();
    }
    let own = place(package);
    let enclosing = |index: &&PackageIndex| {
        let root = install_root(place(&packages[index.as_usize()]));
        own.starts_with(root).then_some(root.len())
    };
    let closest = candidates.iter().filter(|index| enclosing(index).is_some()).max_by_key(enclosing);
    closest.into_iter().copied().collect()
}

fn place(package: &Package) -> &str {
    package.locations.first().map_or("", |location| location.path.as_str())
}

/// The directory that packages were installed into, of one whose evidence lies at `path`: what precedes the last
/// `node_modules/`, or the directory two above (`site-packages/a.dist-info/METADATA`).
fn install_root(path: &str) -> &str {
    if let Some(at) = path.rfind("node_modules/") {
        return &path[..at];
    }
    let mut components = path.rsplitn(3, '/').skip(2);
    components.next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hostile database could make every package need every other, which no memory would hold.
    #[test]
    fn a_name_that_everybody_answers_to_leads_to_few() {
        let mut found = Found::new(&model::limits::Limits::default(), 0);
        found.packages =
            (0..200).map(|n| Package::new(Ecosystem::Deb, &format!("p{n}"), "1", String::new())).collect();
        found.named = (0..200)
            .map(|n| Named {
                index: PackageIndex(n),
                requires: vec!["x".to_owned()],
                provides: vec!["x".to_owned()],
            })
            .collect();
        resolve(&mut found);
        let most = found.packages.iter().map(|package| package.depends_on.len()).max();
        assert_eq!(most, Some(CANDIDATES_MAX));
    }

    /// `a` needs `b` and something that is not there, `b` nothing, `c` only what is not there; `d` does not say.
    #[test]
    fn nothing_is_needed_only_where_that_is_said() {
        let record = |name: &str, rest: &str| {
            format!("Package: {name}\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n{rest}\n")
        };
        let status =
            [record("a", "Depends: b, gone\n"), record("b", ""), record("c", "Depends: gone\n")].concat();
        let files: super::super::testing::Files = [
            ("etc/os-release", "ID=debian\nVERSION_ID=12\n"),
            ("var/lib/dpkg/status", status.as_str()),
            ("usr/lib/python3/d-1.egg-info", "Name: d\nVersion: 1\n"),
        ]
        .map(|(path, content)| (path.to_owned(), content.into()))
        .into();
        let found = super::super::testing::found_where(&files, &|path: &str| Some(path.to_owned()));
        let needs = |package: &Package| {
            let known = package.depends_on.known().map(<[PackageIndex]>::len);
            format!("{} {}", package.name, known.map_or("?".to_owned(), |n| n.to_string()))
        };
        assert_eq!(found.packages.iter().map(needs).collect::<Vec<_>>(), ["a 1", "b 0", "c ?", "d ?"]);
    }

    #[test]
    fn the_closest_directory_that_encloses_wins() {
        let at = |path: &str| {
            let mut package = Package::new(Ecosystem::Npm, "b", "1", String::new());
            package.locations = vec![model::package::Location::new(path)];
            package
        };
        let packages = [
            at("app/node_modules/b/package.json"),
            at("app/node_modules/a/node_modules/b/package.json"),
            at("app/node_modules/c/node_modules/b/package.json"),
            at("other/node_modules/b/package.json"),
        ];
        let all: Vec<PackageIndex> = (0..4).map(PackageIndex).collect();
        for (from, expected) in [
            ("app/node_modules/a/package.json", Some(1)),
            ("app/node_modules/d/package.json", Some(0)),
            ("app/package.json", Some(0)),
            ("elsewhere/node_modules/a/package.json", None),
        ] {
            let meant = meant(&at(from), &all, &packages);
            assert_eq!(meant, expected.map(PackageIndex).into_iter().collect::<Vec<_>>(), "{from}");
        }
    }
}
