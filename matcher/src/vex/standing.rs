//! Which documents count at all, and as far as what.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::document::{Component, ComponentIndex, VexDocument};
use super::product::Identity;
use super::{Given, Trust, VexKind};

/// The documents by digest, each once, as far as it is trusted most; each says only what it may.
pub(super) fn in_order(mut order: Vec<&Given>) -> Vec<Cow<'_, Given>> {
    order.sort_by(|left, right| (&left.digest, left.trust).cmp(&(&right.digest, right.trust)));
    let same = order.chunk_by(|left, right| left.digest == right.digest);
    let most_trusted = same.map(|same| {
        let trusted = same.iter().take_while(|one| one.trust == same[0].trust);
        let (listed, free): (Vec<&Given>, Vec<&Given>) = trusted.partition(|one| one.only_about.is_some());
        match free.first() {
            Some(free) => Cow::Borrowed(*free),
            // What is listed several times may speak of all that it is listed under.
            None => Cow::Owned(restricted(
                same[0],
                listed.iter().filter_map(|one| one.only_about.clone()).flatten().collect(),
            )),
        }
    });
    most_trusted.collect()
}

/// `given` with the products alone under which its repository lists it.
///
/// A product is known by any of its names, so that names of other things beside the one that is listed are left out:
/// else whoever is listed for his own package could speak of everybody's (docs/reference/vex.md, "Directories").
fn restricted(given: &Given, mut listed: Vec<Identity>) -> Given {
    listed.sort_by_cached_key(|identity| format!("{identity:?}"));
    listed.dedup();
    let mut restricted = given.clone();
    let document = &mut restricted.document;
    let mut statements = std::mem::take(&mut document.statements);
    let mut known: BTreeMap<ComponentIndex, Vec<ComponentIndex>> = BTreeMap::new();
    for statement in &mut statements {
        statement.products.retain_mut(|product| {
            let of_wholes = product.wholes.iter().map(|&whole| {
                known.entry(whole).or_insert_with(|| listed_names(whole, &listed, document)).clone()
            });
            let of_wholes: Vec<Vec<ComponentIndex>> = of_wholes.collect();
            let is_listed = of_wholes.iter().all(|wholes| !wholes.is_empty());
            product.wholes = of_wholes.concat();
            is_listed
        });
    }
    document.statements = statements;
    restricted.only_about = Some(listed);
    restricted
}

/// What `whole` is by its listed names, each of which must fit; nothing where it has none.
fn listed_names(
    whole: ComponentIndex,
    listed: &[Identity],
    document: &mut VexDocument,
) -> Vec<ComponentIndex> {
    let component = document.component(whole);
    let is_listed = |identity: &&Identity| listed.iter().any(|listed| identity.is_of(listed));
    let identities: Vec<Identity> = component.identities.iter().filter(is_listed).cloned().collect();
    if identities.is_empty() {
        return Vec::new();
    }
    // A digest is known whatever name stands before it: the image must have the listed name too.
    let without_digest = |identity: &Identity| match identity {
        Identity::Image(image) if image.digest.is_some() => {
            let mut image = image.clone();
            image.digest = None;
            Some(Identity::Image(image))
        }
        _ => None,
    };
    let names: Vec<Identity> = identities.iter().filter_map(without_digest).collect();
    // Nor is it listed under the BOM that it says it is of.
    let component = Component { subject_of: None, ..component.clone() };
    let by_names = (!names.is_empty()).then(|| Component { identities: names, ..component.clone() });
    let restricted = Component { identities, ..component };
    [Some(restricted), by_names].into_iter().flatten().map(|component| document.add(component)).collect()
}

/// The documents of which there is a newer version of the same trust. Of versions that are the same all count.
///
/// A draft replaces nothing (feeds.md A27). In a repository only what is listed under the same packages does: else whoever is
/// listed for his own package could take back what others say.
pub(super) fn superseded(given: &[&Given]) -> BTreeSet<usize> {
    type Key = (Trust, VexKind, Option<String>, String);
    type State = (Vec<u64>, Option<Timestamp>);
    let state = |one: &Given| (one.document.version.clone(), one.document.updated);
    let key = |one: &Given| {
        let listed = one.only_about.as_ref().map(|listed| format!("{listed:?}"));
        Some((one.trust, one.document.kind, listed, one.document.id.clone()?))
    };
    let mut newest: BTreeMap<Key, State> = BTreeMap::new();
    for one in given.iter().filter(|one| !one.document.is_draft) {
        if let Some(key) = key(one) {
            let known = newest.entry(key).or_insert_with(|| state(one));
            *known = state(one).max(known.clone());
        }
    }
    let is_older =
        |one: &Given| key(one).and_then(|key| newest.get(&key)).is_some_and(|newest| state(one) < *newest);
    given.iter().enumerate().filter(|(_, one)| is_older(one)).map(|(position, _)| position).collect()
}
