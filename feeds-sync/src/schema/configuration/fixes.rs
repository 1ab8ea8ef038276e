//! Which version holds the fix of a product.

use model::cpe::Cpe;
use model::key::PackageKey;

use super::{Branch, Leaf, Named, stated};
use crate::records::{HashMap, HashSet};

/// The version that holds the fix of each product, where that can be told: NVD states the first version that is no longer
/// affected, not where it came from. There is one only where a record ends at a single such version, and does not itself
/// list it as vulnerable (feeds.md A22, "Fix inference").
pub(super) fn fixes<'b>(branches: &'b [Branch<'_>]) -> HashMap<&'b PackageKey, &'b str> {
    let mut ends: HashMap<&PackageKey, HashSet<&str>> = HashMap::default();
    each_named(branches, &mut |named, _, key| {
        if let Some(end) = stated(&named.leaf.version_end_excluding) {
            ends.entry(key).or_default().insert(end);
        }
    });
    if !ends.is_empty() {
        each_named(branches, &mut |named, cpe, key| {
            let Some(ends) = ends.get_mut(key) else { return };
            let Leaf { version_start_including: start, version_end_including: end, .. } = named.leaf;
            let listed = [stated(start), stated(end), cpe.version.value()];
            for version in listed.into_iter().flatten() {
                ends.remove(version);
            }
        });
    }
    let only = |(key, ends): (_, HashSet<&'b str>)| {
        Some((key, ends.iter().next().copied()?)).filter(|_| ends.len() == 1)
    };
    ends.into_iter().filter_map(only).collect()
}

/// Takes a leaf, what its name says, and the key that it has by that.
type TakeNamed<'t, 'b> = dyn FnMut(&'b Named<'b>, &'b Cpe<'b>, &'b PackageKey) + 't;

fn each_named<'b>(branches: &'b [Branch<'b>], take: &mut TakeNamed<'_, 'b>) {
    for Branch { branches, leaves, .. } in branches {
        each_named(branches, take);
        for named in leaves {
            if let (Some(cpe), Some(key)) = (&named.cpe, &named.key) {
                take(named, cpe, key);
            }
        }
    }
}
