//! Which documents count at all, and as far as what.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::document::{Component, ComponentIndex, VexDocument};
use super::product::Identity;
use super::{Given, Trust, VexKind};

/// The documents by digest, each once, as far as it is trusted most; each says only what it may.
pub(super) fn in_order(given: &[Given]) -> Vec<Cow<'_, Given>> {
    let mut order: Vec<&Given> = given.iter().collect();
    order.sort_by(|left, right| (&left.digest, left.trust).cmp(&(&right.digest, right.trust)));
    order.dedup_by(|later, earlier| later.digest == earlier.digest);
    order.into_iter().map(restricted).collect()
}

/// `given` with the products alone under which its repository lists it.
///
/// A product is known by any of its names, so that names of other things beside the one that is listed are left out:
/// else whoever is listed for his own package could speak of everybody's (docs/reference/vex.md, "Directories").
fn restricted(given: &Given) -> Cow<'_, Given> {
    let Some(listed) = &given.only_about else { return Cow::Borrowed(given) };
    let mut restricted = given.clone();
    let document = &mut restricted.document;
    let mut statements = std::mem::take(&mut document.statements);
    let mut known: BTreeMap<ComponentIndex, Vec<ComponentIndex>> = BTreeMap::new();
    for statement in &mut statements {
        statement.products.retain_mut(|product| {
            let of_wholes = product.wholes.iter().map(|&whole| {
                known.entry(whole).or_insert_with(|| listed_names(whole, listed, document)).clone()
            });
            let of_wholes: Vec<Vec<ComponentIndex>> = of_wholes.collect();
            let is_listed = of_wholes.iter().all(|wholes| !wholes.is_empty());
            product.wholes = of_wholes.concat();
            is_listed
        });
    }
    document.statements = statements;
    Cow::Owned(restricted)
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
    let by_names = (!names.is_empty()).then(|| Component { identities: names, ..component.clone() });
    let restricted = Component { identities, ..component.clone() };
    [Some(restricted), by_names].into_iter().flatten().map(|component| document.add(component)).collect()
}

/// The documents of which there is a newer version of the same trust. Of versions that are the same all count.
pub(super) fn superseded(given: &[&Given]) -> BTreeSet<usize> {
    type Key = (Trust, VexKind, String);
    type State = (Vec<u64>, Option<Timestamp>);
    let state = |one: &Given| (one.document.version.clone(), one.document.updated);
    let key = |one: &Given| Some((one.trust, one.document.kind, one.document.id.clone()?));
    let mut newest: BTreeMap<Key, State> = BTreeMap::new();
    for one in given {
        if let Some(key) = key(one) {
            let known = newest.entry(key).or_insert_with(|| state(one));
            *known = state(one).max(known.clone());
        }
    }
    let is_older = |one: &Given| key(one).is_some_and(|key| state(one) < newest[&key]);
    given.iter().enumerate().filter(|(_, one)| is_older(one)).map(|(position, _)| position).collect()
}
