//! Packages that were in the image when only some of its layers were applied.

use std::collections::BTreeMap;

use model::ecosystem::Ecosystem;
use model::inventory::SubjectLayer;
use model::package::{Package, PackageIndex};

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
    /// The state, from 0, that it was last seen in.
    state: usize,
}

impl AllLayers {
    /// Notes the packages of the next state.
    pub(super) fn see(&mut self, found: &Found) {
        let state = self.n_states;
        self.n_states += 1;
        for package in &found.packages {
            let owner = package.owner.map(|owner| key(&found.packages[owner.as_usize()]));
            self.seen.insert(key(package), Seen { package: package.clone(), owner, state });
        }
    }

    /// `packages`, those of the last state, and behind them those that a layer deleted; each of these names the layer.
    pub(super) fn with_deleted(self, mut packages: Vec<Package>, layers: &[SubjectLayer]) -> Vec<Package> {
        let mut positions: BTreeMap<Key, usize> =
            packages.iter().enumerate().map(|(position, package)| (key(package), position)).collect();
        let mut owned = Vec::new();
        for (key, Seen { mut package, owner, state }) in self.seen {
            if positions.contains_key(&key) {
                continue;
            }
            package.removed_by = layers.get(state + 1).map(|layer| layer.diff_id.clone());
            package.owner = None;
            owned.extend(owner.map(|owner| (packages.len(), owner)));
            positions.insert(key, packages.len());
            packages.push(package);
        }
        for (position, owner) in owned {
            let owner = positions.get(&owner).and_then(|owner| u32::try_from(*owner).ok());
            packages[position].owner = owner.map(PackageIndex);
        }
        packages
    }
}
