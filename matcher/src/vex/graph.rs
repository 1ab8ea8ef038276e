//! Which packages need which, for products that are libraries inside what is judged (feeds.md D7).

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use model::ecosystem::Ecosystem;
use model::inventory::Inventory;
use model::package::PackageIndex;
use model::report::VexReason;

use super::target::Fit;

/// How many steps from package to package may be taken in one run. Beyond it nothing more is known of dependencies.
const STEPS_MAX: usize = 10_000_000;

/// The relations of an inventory. What is inside another package is there because of it, as if that one needed it.
pub(super) struct Graph<'a> {
    inventory: &'a Inventory,
    needs: Vec<Vec<u32>>,
    needed_by: Vec<Vec<u32>>,
    /// The packages that do not say what they need.
    silent: BTreeMap<Ecosystem, Vec<u32>>,
    /// The parts, by their positions, of whose subject it is known what it needs itself; none is what is no part.
    said_of_subjects: BTreeSet<Option<usize>>,
    steps_left: usize,
    above: BTreeMap<PackageIndex, Option<BTreeSet<u32>>>,
    /// Those that [`Graph::below`] has left: what it leaves open costs time and decides nothing.
    steps_below_left: usize,
    below: BTreeMap<u32, Option<Rc<[PackageIndex]>>>,
}

impl<'a> Graph<'a> {
    pub(super) fn new(inventory: &'a Inventory) -> Self {
        let n_packages = inventory.packages.len();
        let mut graph = Self {
            inventory,
            needs: vec![Vec::new(); n_packages],
            needed_by: vec![Vec::new(); n_packages],
            silent: BTreeMap::new(),
            said_of_subjects: BTreeSet::new(),
            steps_left: STEPS_MAX,
            above: BTreeMap::new(),
            steps_below_left: STEPS_MAX,
            below: BTreeMap::new(),
        };
        for (index, package) in inventory.packages.iter().enumerate() {
            let index = u32::try_from(index).expect("packages are limited to far fewer than 2^32");
            if !package.depends_on.is_known() {
                graph.silent.entry(package.ecosystem).or_default().push(index);
            }
            if package.is_needed_by_subject {
                graph.said_of_subjects.insert(package.part.map(|part| part.as_usize()));
            }
            package.depends_on.iter().for_each(|needed| graph.link(index, needed.0));
            if let Some(parent) = package.parent {
                graph.link(parent.0, index);
            }
        }
        graph
    }

    /// A package outside the inventory is damage in the document, and no package.
    fn link(&mut self, from: u32, to: u32) {
        let n_packages = self.needs.len();
        if (from as usize) < n_packages && (to as usize) < n_packages {
            self.needs[from as usize].push(to);
            self.needed_by[to as usize].push(from);
        }
    }

    /// Every package that needs `package`, itself or by way of others; none where too much was asked before.
    pub(super) fn above(&mut self, package: PackageIndex) -> Option<&BTreeSet<u32>> {
        if !self.above.contains_key(&package) {
            let found = self.up(package, &BTreeSet::new()).map(|mut found| {
                found.remove(&package.0);
                found
            });
            self.above.insert(package, found);
        }
        self.above[&package].as_ref()
    }

    /// Every package that `package` needs, itself or by way of others; none where too much was asked before.
    pub(super) fn below(&mut self, package: u32) -> Option<Rc<[PackageIndex]>> {
        if !self.below.contains_key(&package) {
            let found = self.all_below(package);
            self.below.insert(package, found.map(|found| found.into_iter().map(PackageIndex).collect()));
        }
        self.below[&package].clone()
    }

    fn all_below(&mut self, package: u32) -> Option<BTreeSet<u32>> {
        let mut found = BTreeSet::new();
        let mut pending = vec![package];
        while let Some(next) = pending.pop() {
            for &needed in self.needs.get(next as usize)? {
                self.steps_below_left = self.steps_below_left.checked_sub(1)?;
                if found.insert(needed) {
                    pending.push(needed);
                }
            }
        }
        Some(found)
    }

    /// `package` and those above it, without going through any of `closed`; none where too much was asked.
    fn up(&mut self, package: PackageIndex, closed: &BTreeSet<u32>) -> Option<BTreeSet<u32>> {
        let mut found = BTreeSet::from([package.0]);
        let mut pending = vec![package.0];
        while let Some(next) = pending.pop() {
            for &above in self.needed_by.get(next as usize)? {
                self.steps_left = self.steps_left.checked_sub(1)?;
                if !closed.contains(&above) && found.insert(above) {
                    pending.push(above);
                }
            }
        }
        Some(found)
    }

    /// Those of `among` that one of `products` needs, itself or by way of others of them.
    fn down(&mut self, products: &BTreeSet<u32>, among: &BTreeSet<u32>) -> Option<BTreeSet<u32>> {
        let mut found = BTreeSet::new();
        let mut pending: Vec<u32> = products.iter().copied().collect();
        while let Some(next) = pending.pop() {
            for &needed in self.needs.get(next as usize)? {
                self.steps_left = self.steps_left.checked_sub(1)?;
                if among.contains(&needed) && found.insert(needed) {
                    pending.push(needed);
                }
            }
        }
        Some(found)
    }

    /// Whether everything that brings `package` in goes through one of `products`, which are above it.
    ///
    /// Where not everything does, what is said of the products is not enough to suppress, and enough to stand against what
    /// does. While it is not known what the subject needs itself (docs/decisions/0039), or a package of the same ecosystem does
    /// not say what it needs, it may be that one that needs it; unless the package lies inside another.
    pub(super) fn only_through(&mut self, package: PackageIndex, products: &BTreeSet<u32>) -> Fit {
        let unknown = Fit::Unknown(VexReason::DependenciesUnknown);
        let one = self.inventory.package(package);
        let mut silent = self.silent.get(&one.ecosystem).into_iter().flatten();
        let is_subject_silent = !self.said_of_subjects.contains(&one.part.map(|part| part.as_usize()));
        let is_open =
            is_subject_silent || silent.any(|other| *other != package.0 && !products.contains(other));
        if is_open && one.parent.is_none() {
            return unknown;
        }
        let Some(open) = self.up(package, products) else { return unknown };
        if open.iter().any(|&one| self.inventory.package(PackageIndex(one)).is_needed_by_subject) {
            return Fit::Unknown(VexReason::OtherPath);
        }
        // Each of them must be there because of a product: else it is there by itself, or in a circle of its own.
        let Some(because) = self.down(products, &open) else { return unknown };
        if open.is_subset(&because) { Fit::Among } else { Fit::Unknown(VexReason::OtherPath) }
    }
}
