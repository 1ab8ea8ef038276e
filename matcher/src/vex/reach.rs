//! Which of the packages in findings a product may be about at all, so that a statement is not held against each of them.
//!
//! A repository has a hundred thousand statements and a large SBOM ten thousand packages; nearly all statements name a package that is
//! another, or not there at all. What is known beforehand to be another product is not compared with. It is never left out who
//! might fit, or might not fit for a better reason than that it is another product: what is left out decides nothing.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use model::cpe::Cpe;
use model::package::{Package, PackageIndex};
use model::purl::Purl;

use super::document::Component;
use super::product::{Identity, key};
use super::target::PackageTarget;

/// The packages that something may be.
#[derive(Clone, Debug)]
pub(super) enum Reach {
    /// Any of them.
    Every,
    /// These alone, in any order, some of them perhaps twice. Of all others the same is to be said.
    Only(Vec<Rc<[PackageIndex]>>),
}

impl Reach {
    /// None of them, all for the same reason.
    pub(super) const NONE: Self = Self::Only(Vec::new());

    /// Those of either.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Only(mut one), Self::Only(other)) => {
                one.extend(other);
                Self::Only(one)
            }
            _ => Self::Every,
        }
    }
}

/// The packages in findings, by what names may be compared with.
#[derive(Default)]
pub(super) struct Names {
    /// By the keys of their URLs, and of those of what they were built from.
    by_key: HashMap<String, Rc<[PackageIndex]>>,
    /// By the products of their CPE names.
    by_cpe_product: HashMap<String, Rc<[PackageIndex]>>,
}

impl Names {
    pub(super) fn of<'a>(targets: impl Iterator<Item = &'a PackageTarget<'a>>) -> Self {
        let mut by_key: HashMap<String, BTreeSet<PackageIndex>> = HashMap::new();
        let mut by_cpe_product: HashMap<String, BTreeSet<PackageIndex>> = HashMap::new();
        for target in targets {
            let of_source = target.purl().map(|purl| source_key(target.package, purl));
            for key in [Some(target.key.clone()), of_source].into_iter().flatten() {
                by_key.entry(key).or_default().insert(target.index);
            }
            for cpe in target.package.cpes.iter().filter_map(Cpe::parse) {
                if let Some(product) = cpe.product.value() {
                    by_cpe_product.entry(product.to_owned()).or_default().insert(target.index);
                }
            }
        }
        Self { by_key: shared(by_key), by_cpe_product: shared(by_cpe_product) }
    }

    /// Which of the packages `component` may itself be, by its names.
    pub(super) fn of_component(&self, component: &Component) -> Reach {
        let mut found = Vec::new();
        for identity in &component.identities {
            let of_name = match identity {
                // Where a digest differs that is a better reason than that the name does.
                Identity::Digest(_) => return Reach::Every,
                Identity::Package(pattern) => self.by_key.get(&*pattern.key),
                Identity::Cpe(text) => Cpe::parse(text)
                    .and_then(|cpe| cpe.product.value().and_then(|product| self.by_cpe_product.get(product))),
                Identity::Image(_) | Identity::Name(..) => None,
            };
            found.extend(of_name.cloned());
        }
        Reach::Only(found)
    }
}

fn shared(names: HashMap<String, BTreeSet<PackageIndex>>) -> HashMap<String, Rc<[PackageIndex]>> {
    names.into_iter().map(|(name, found)| (name, found.into_iter().collect())).collect()
}

/// The key of the URL of what `package` was built from.
pub(super) fn source_key(package: &Package, purl: &Purl) -> String {
    let name = package.source.as_ref().map_or(&*package.name, |source| &source.name);
    key(&Purl { name: name.to_owned(), ..purl.clone() })
}

/// How much is compared, for tests that count it; and whether everything is to be, for those that ask whether that differs.
#[cfg(test)]
pub(super) mod counted {
    use std::cell::Cell;

    use super::Reach;

    thread_local! {
        static COMPARISONS: Cell<usize> = const { Cell::new(0) };
        static IS_EVERYTHING: Cell<bool> = const { Cell::new(false) };
    }

    /// Counts a statement held against a package.
    pub(in crate::vex) fn one() {
        COMPARISONS.set(COMPARISONS.get() + 1);
    }

    pub(in crate::vex) fn of_all(reach: Reach) -> Reach {
        if IS_EVERYTHING.get() { Reach::Every } else { reach }
    }

    /// What `run` gives, and how many statements it held against how many packages.
    pub(in crate::vex) fn comparisons<T>(run: impl FnOnce() -> T) -> (T, usize) {
        let before = COMPARISONS.get();
        let outcome = run();
        (outcome, COMPARISONS.get() - before)
    }

    /// What `run` gives where every statement is held against every package.
    pub(in crate::vex) fn everything<T>(run: impl FnOnce() -> T) -> T {
        IS_EVERYTHING.set(true);
        let outcome = run();
        IS_EVERYTHING.set(false);
        outcome
    }
}
