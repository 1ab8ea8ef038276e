//! Which documents count at all, and as far as what.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::document::{Component, ComponentIndex, VexDocument};
use super::product::Identity;
use super::{Given, Trust, VexKind};

/// The documents by digest, each once, as far as it is trusted most. One that is listed several times says what it may under each.
pub(super) fn in_order(mut order: Vec<&Given>) -> Vec<&Given> {
    order.sort_by(|left, right| {
        (&left.digest, left.trust, &left.listed).cmp(&(&right.digest, right.trust, &right.listed))
    });
    order.dedup_by(|left, right| (&left.digest, &left.listed) == (&right.digest, &right.listed));
    let same = order.chunk_by(|left, right| left.digest == right.digest);
    let most_trusted = same.flat_map(|same| {
        // What is not listed is before what is, and says all that it does.
        let (trust, is_free) = (same[0].trust, same[0].listed.is_none());
        let n = if is_free { 1 } else { same.len() };
        same.iter().copied().take_while(move |one| one.trust == trust).take(n)
    });
    most_trusted.collect()
}

/// `document` with the products alone that its repository lists it under, and these as text.
///
/// A product is known by any of its names, so that names of other things beside the one that is listed are left out:
/// else whoever is listed for his own package could speak of everybody's (docs/reference/vex.md, "Directories").
pub(super) fn restricted(mut document: VexDocument, packages: Vec<Identity>) -> (VexDocument, Arc<str>) {
    let listed = Listed::of(&packages);
    let mut statements = std::mem::take(&mut document.statements);
    let mut known: HashMap<ComponentIndex, Vec<ComponentIndex>> = HashMap::new();
    for statement in &mut statements {
        statement.products.retain_mut(|product| {
            let of_wholes = product.wholes.iter().map(|&whole| {
                known.entry(whole).or_insert_with(|| listed_names(whole, &listed, &mut document)).clone()
            });
            let of_wholes: Vec<Vec<ComponentIndex>> = of_wholes.collect();
            let is_listed = of_wholes.iter().all(|wholes| !wholes.is_empty());
            product.wholes = of_wholes.concat();
            is_listed
        });
    }
    document.statements = statements;
    let texts: BTreeSet<String> = packages.iter().map(|identity| format!("{identity:?}")).collect();
    (document, texts.into_iter().collect::<Vec<_>>().join("\n").into())
}

/// The packages and the repositories of images that a document is listed under, in whatever version.
#[derive(Default)]
struct Listed<'a> {
    keys: HashSet<&'a str>,
    repositories: HashSet<&'a str>,
    /// Of images, the last part of a repository, where no more is listed.
    names: HashSet<&'a str>,
}

impl<'a> Listed<'a> {
    fn of(packages: &'a [Identity]) -> Self {
        let mut listed = Self::default();
        for identity in packages {
            match identity {
                Identity::Package(pattern) => drop(listed.keys.insert(&pattern.key)),
                Identity::Image(image) if image.repositories.is_empty() => {
                    listed.names.insert(&image.name);
                }
                Identity::Image(image) => {
                    listed.repositories.extend(image.repositories.iter().map(|one| &**one))
                }
                Identity::Digest(_) | Identity::Cpe(_) | Identity::Name(..) => {}
            }
        }
        listed
    }

    /// Whether `identity` names one of them.
    fn has(&self, identity: &Identity) -> bool {
        match identity {
            Identity::Package(pattern) => self.keys.contains(&*pattern.key),
            Identity::Image(image) => {
                self.names.contains(&*image.name)
                    || image.repositories.iter().any(|repository| self.repositories.contains(&**repository))
            }
            Identity::Digest(_) | Identity::Cpe(_) | Identity::Name(..) => false,
        }
    }
}

/// What `whole` is by its listed names, each of which must fit; nothing where it has none.
fn listed_names(
    whole: ComponentIndex,
    listed: &Listed<'_>,
    document: &mut VexDocument,
) -> Vec<ComponentIndex> {
    let component = document.component(whole);
    let is_listed = |identity: &&Identity| listed.has(identity);
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
    type Key<'a> = (Trust, VexKind, Option<&'a str>, &'a str);
    type State<'a> = (&'a [u64], Option<Timestamp>);
    fn state(one: &Given) -> State<'_> {
        (&one.document.version, one.document.updated)
    }
    fn key(one: &Given) -> Option<Key<'_>> {
        Some((one.trust, one.document.kind, one.listed.as_deref(), one.document.id.as_deref()?))
    }
    let mut newest: BTreeMap<Key<'_>, State<'_>> = BTreeMap::new();
    for one in given.iter().filter(|one| !one.document.is_draft) {
        if let Some(key) = key(one) {
            let known = newest.entry(key).or_insert_with(|| state(one));
            *known = state(one).max(*known);
        }
    }
    let is_older =
        |one: &Given| key(one).and_then(|key| newest.get(&key)).is_some_and(|newest| state(one) < *newest);
    given.iter().enumerate().filter(|(_, one)| is_older(one)).map(|(position, _)| position).collect()
}
