//! The packages of one lock file: collected one place after another, then told once each.
//!
//! A lock file may name one package in several places (nested copies, other peers), each with its own needs. What a place
//! needs decides whether it is only for development; the package is so when all of its places are.

use std::collections::HashMap;

use model::package::{Dependencies, DependencyScope, Package};

use super::facts::{Fact, Facts, PackageFact};

/// Places that one requirement by name can mean: a package for each of some platforms.
pub(super) const CANDIDATES_MAX: usize = 16;

/// A place of a package in a lock file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(u32);

#[derive(Debug)]
struct Node {
    package: Package,
    parent: Option<Place>,
    needs: Vec<Place>,
}

/// The places of a lock file.
#[derive(Debug, Default)]
pub(super) struct Locked {
    nodes: Vec<Node>,
}

impl Locked {
    /// Adds a place of `package`. Places of one purl are one package. That a place needs nothing the package itself says.
    pub(super) fn add(&mut self, package: Package) -> Place {
        let place = Place(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(Node { package, parent: None, needs: Vec::new() });
        place
    }

    /// The package at `from` needs the one at `to`.
    pub(super) fn need(&mut self, from: Place, to: Place) {
        if let Some(node) = self.nodes.get_mut(from.0 as usize) {
            node.needs.push(to);
        }
    }

    /// The package at `place` lies inside the one at `parent`, which was added before it.
    pub(super) fn set_parent(&mut self, place: Place, parent: Place) {
        if let Some(node) = self.nodes.get_mut(place.0 as usize)
            && parent.0 < place.0
        {
            node.parent = Some(parent);
        }
    }

    /// Decides what each place is needed for by what leads to it: what only `development` leads to is for development. What
    /// nothing leads to is left as it is.
    pub(super) fn settle_scopes(&mut self, runtime: &[Place], development: &[Place]) {
        let for_runtime = self.reached(runtime);
        let for_development = self.reached(development);
        for (index, node) in self.nodes.iter_mut().enumerate() {
            if for_development[index] && !for_runtime[index] {
                node.package.scope = DependencyScope::Development;
            }
        }
    }

    fn reached(&self, roots: &[Place]) -> Vec<bool> {
        reached(self.nodes.len(), roots.iter().map(|place| place.0), |index| {
            self.nodes[index].needs.iter().map(|place| place.0)
        })
    }

    /// Tells each package once, with the needs of all of its places, and where each place went.
    pub(super) fn finish(self, facts: &mut Facts) -> Positions {
        let mut merged: Vec<PackageFact> = Vec::new();
        let mut positions: Vec<u32> = Vec::new();
        let mut known: HashMap<(String, Option<u32>), u32> = HashMap::new();
        let mut needs: Vec<(u32, Vec<Place>)> = Vec::new();
        for Node { package, parent, needs: needed } in self.nodes {
            let parent = parent.and_then(|place| positions.get(place.0 as usize).copied());
            let next = u32::try_from(merged.len()).unwrap_or(u32::MAX);
            let position = *known.entry((package.purl.clone(), parent)).or_insert(next);
            match merged.get_mut(position as usize) {
                Some(fact) => merge(&mut fact.package, package),
                None => merged.push(PackageFact { parent, ..PackageFact::new(package) }),
            }
            positions.push(position);
            needs.push((position, needed));
        }
        for (position, needed) in needs {
            let to = needed.iter().filter_map(|place| positions.get(place.0 as usize));
            merged[position as usize].depends_on.extend(to.filter(|to| **to != position));
        }
        for mut fact in merged {
            fact.depends_on.sort_unstable();
            fact.depends_on.dedup();
            facts.push(Fact::Package(fact));
        }
        Positions(positions)
    }
}

/// Which positions of the file's packages the places of a [`Locked`] became.
pub(super) struct Positions(Vec<u32>);

impl Positions {
    /// The position of the package at `place`.
    pub(super) fn of(&self, place: Place) -> u32 {
        self.0.get(place.0 as usize).copied().unwrap_or(u32::MAX)
    }
}

/// Which of `n` nodes can be reached from `roots`, these included.
pub(super) fn reached<I: Iterator<Item = u32>>(
    n: usize,
    roots: impl Iterator<Item = u32>,
    needs: impl Fn(usize) -> I,
) -> Vec<bool> {
    let mut reached = vec![false; n];
    let mut open: Vec<u32> = roots.collect();
    while let Some(index) = open.pop() {
        if let Some(seen) = reached.get_mut(index as usize)
            && !std::mem::replace(seen, true)
        {
            open.extend(needs(index as usize));
        }
    }
    reached
}

/// Adds what another place says of the same package.
fn merge(package: &mut Package, mut other: Package) {
    if other.scope == DependencyScope::Runtime {
        package.scope = DependencyScope::Runtime;
    }
    package.certainty = package.certainty.min(other.certainty);
    if package.licenses.is_empty() {
        package.licenses = std::mem::take(&mut other.licenses);
    }
    package.supplier = package.supplier.take().or(other.supplier.take());
    if !other.depends_on.is_known() {
        package.depends_on = Dependencies::UNKNOWN;
    }
    package.digests.append(&other.digests);
    package.digests.sort();
    package.marks.append(&mut other.marks);
    package.marks.sort();
    package.marks.dedup();
}

#[cfg(test)]
mod tests {
    use model::ecosystem::Ecosystem;
    use model::limits::Limits;

    use super::*;

    #[test]
    fn a_package_is_for_development_when_all_of_its_places_are() {
        let mut locked = Locked::default();
        let mut add = |name: &str| {
            let package = Package::new(Ecosystem::Npm, name, "1", format!("pkg:npm/{name}@1"));
            locked.add(package)
        };
        let (test, tool, app, shared, other_shared, loose) =
            (add("test"), add("tool"), add("app"), add("shared"), add("shared"), add("loose"));
        for (from, to) in [(test, tool), (tool, test), (test, shared), (app, other_shared)] {
            locked.need(from, to);
        }
        locked.settle_scopes(&[app], &[test]);
        let mut facts = Facts::new(&Limits::default());
        let positions = locked.finish(&mut facts);
        assert_eq!(positions.of(shared), positions.of(other_shared));
        let _ = loose;
        let lines: Vec<String> = facts
            .into_vec()
            .iter()
            .filter_map(|fact| match fact {
                Fact::Package(PackageFact { package, depends_on, .. }) => {
                    Some(format!("{} {:?} {depends_on:?}", package.name, package.scope))
                }
                _ => None,
            })
            .collect();
        assert_eq!(
            lines,
            [
                "test Development [1, 3]",
                "tool Development [0]",
                "app Runtime [3]",
                "shared Runtime []",
                "loose Runtime []"
            ]
        );
    }
}
