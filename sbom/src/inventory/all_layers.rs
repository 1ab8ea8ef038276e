//! Packages that were in the image when only some of its layers were applied.

use std::collections::BTreeMap;

use model::ecosystem::Ecosystem;
use model::inventory::SubjectLayer;
use model::package::{Dependencies, Package, PackageIndex};

use crate::cataloger::Found;

/// What makes two packages of different states the same: not the purl, which names a distribution that another layer
/// may have changed, nor the layers of the locations.
type Key = (Ecosystem, String, String, Option<String>, Vec<String>);

fn key(package: &Package) -> Key {
    let paths = package.locations.iter().map(|location| location.path.clone()).collect();
    let version = package.version.as_str().to_owned();
    (package.ecosystem, package.name.clone(), version, package.architecture.clone(), paths)
}

/// The packages of every state of an image, from its lowest layer alone to all of them.
#[derive(Default)]
pub(super) struct AllLayers {
    n_states: usize,
    seen: BTreeMap<Key, Seen>,
}

/// A package as it was when it was last there.
struct Seen {
    package: Package,
    owner: Option<Key>,
    parent: Option<Key>,
    /// The state, from 0, that it was last seen in.
    state: usize,
}

impl AllLayers {
    /// Notes the packages of the next state.
    pub(super) fn see(&mut self, found: &Found) {
        let state = self.n_states;
        self.n_states += 1;
        for package in &found.packages {
            let key_of = |other: PackageIndex| key(&found.packages[other.as_usize()]);
            let (owner, parent) = (package.owner.map(key_of), package.parent.map(key_of));
            self.seen.insert(key(package), Seen { package: package.clone(), owner, parent, state });
        }
    }

    /// `packages`, those of the last state, and behind them those that a layer deleted; each of these names the layer.
    pub(super) fn with_deleted(self, mut packages: Vec<Package>, layers: &[SubjectLayer]) -> Vec<Package> {
        let mut positions: BTreeMap<Key, usize> =
            packages.iter().enumerate().map(|(position, package)| (key(package), position)).collect();
        let mut related = Vec::new();
        for (key, Seen { mut package, owner, parent, state }) in self.seen {
            if positions.contains_key(&key) {
                continue;
            }
            package.removed_by = layers.get(state + 1).map(|layer| layer.diff_id.clone());
            // What a deleted package needed may be deleted too, or be there in another version: it is left out.
            (package.owner, package.parent, package.depends_on) = (None, None, Dependencies::UNKNOWN);
            related.push((packages.len(), owner, parent));
            positions.insert(key, packages.len());
            packages.push(package);
        }
        for (position, owner, parent) in related {
            let index_of =
                |key: &Key| positions.get(key).and_then(|index| u32::try_from(*index).ok()).map(PackageIndex);
            packages[position].owner = owner.as_ref().and_then(index_of);
            packages[position].parent = parent.as_ref().and_then(index_of);
        }
        packages
    }
}
