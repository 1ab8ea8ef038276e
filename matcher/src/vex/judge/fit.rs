//! How products fit a package in a finding: as itself, as what has it, as what needs it.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use model::inventory::Inventory;
use model::package::PackageIndex;
use model::report::VexReason;

use super::Judge;
use crate::vex::Given;
use crate::vex::document::{Component, ComponentIndex, Product, Statement, VexDocument, VexStatus};
use crate::vex::graph::Graph;
use crate::vex::product::Identity;
use crate::vex::target::{Fit, ImageTarget, PackageTarget};

impl<'a> Judge<'a> {
    /// How the package fits any product of the statement.
    pub(super) fn fit_any(&mut self, given: &Given, statement: &Statement, index: PackageIndex) -> Fit {
        let document = &given.document;
        let is_fixed = statement.status == VexStatus::Fixed;
        let mut best = match given.listed {
            Some(_) => Fit::Not(VexReason::OtherProduct),
            None => Fit::Not(VexReason::UnknownProduct),
        };
        for product in &statement.products {
            let fit = match self.fit(document, product, index) {
                // A rebuild holds the fix; of other versions that says nothing.
                Fit::Among if is_fixed => Fit::Not(VexReason::FixedWithoutVersion),
                fit => fit,
            };
            best = best.min(fit);
            if best == Fit::Exact {
                break;
            }
        }
        best
    }

    fn fit(&mut self, document: &VexDocument, product: &Product, index: PackageIndex) -> Fit {
        let inventory = self.inventory;
        let distro = inventory.distro_of(inventory.package(index));
        let of_part = match product.parts.is_empty() {
            true => None,
            false => {
                let parts = product.parts.iter().map(|&part| {
                    let part = document.component(part);
                    match self.cannot_be(part) {
                        Some(reason) => Fit::Not(reason),
                        None => self.of_bom(part, self.packages[&index].fit(part, distro)),
                    }
                });
                match parts.min() {
                    Some(Fit::Not(VexReason::OtherProduct)) => return Fit::Not(VexReason::OtherPart),
                    Some(fit @ Fit::Not(_)) => return fit,
                    fit => fit,
                }
            }
        };
        let mut fit = of_part;
        for &whole in &product.wholes {
            let one = self.fit_whole(document.component(whole), whole, index);
            fit = Some(fit.map_or(one, |fit| fit.and(one)));
        }
        fit.unwrap_or(Fit::Not(VexReason::UnknownProduct))
    }

    /// Why the component cannot be what is judged, whatever its names are.
    pub(super) fn cannot_be(&self, component: &Component) -> Option<VexReason> {
        match (&component.bom, self.bom) {
            (Some(bom), Some(judged)) if bom != judged => Some(VexReason::OtherBom),
            _ => component.doubt,
        }
    }

    /// What comes of `fit`, by the names of the component: of one in a certain BOM it cannot be told where nobody knows which is
    /// judged.
    fn of_bom(&self, component: &Component, fit: Fit) -> Fit {
        match (&component.bom, self.bom) {
            (None, _) | (Some(_), Some(_)) => fit,
            (Some(_), None) => match fit {
                Fit::Exact | Fit::Among | Fit::Unknown(_) => Fit::Unknown(VexReason::OtherBom),
                Fit::Not(_) => Fit::Not(VexReason::OtherBom),
            },
        }
    }

    /// Whether the component is what the SBOM that is judged is about, as it says itself.
    pub(super) fn is_subject(&self, component: &Component) -> bool {
        component.subject_of.is_some() && component.subject_of.as_deref() == self.bom
    }

    /// How what has the package fits: the image, its operating system, the package itself, or a library that needs it.
    fn fit_whole(&mut self, component: &Component, at: ComponentIndex, index: PackageIndex) -> Fit {
        if let Some(reason) = self.cannot_be(component) {
            return Fit::Not(reason);
        }
        let fit = self.fit_names(component, index);
        let fit = match fit {
            _ if self.is_subject(component) => fit.min(Fit::Among),
            // The hash of a library is no other image's.
            Fit::Not(VexReason::OtherProduct | VexReason::OtherDigest) => {
                match self.fit_above(component, at, index) {
                    Fit::Not(VexReason::OtherProduct) => fit,
                    above => above,
                }
            }
            fit => fit,
        };
        let fit = match fit {
            Fit::Not(VexReason::OtherDigest) => {
                let as_index = self.images_of(index).filter_map(|image| image.fit_as_index(component)).min();
                as_index.unwrap_or(fit)
            }
            fit => fit,
        };
        self.of_bom(component, fit)
    }

    /// How the image fits by its names, its operating system, or the package itself.
    fn fit_names(&self, component: &Component, index: PackageIndex) -> Fit {
        let package = self.inventory.package(index);
        let of_images = self.images_of(index).map(|image| image.fit(component)).min();
        let of_images = of_images.unwrap_or(Fit::Not(VexReason::UnknownProduct));
        if component.is_image() {
            return of_images;
        }
        let itself = self.packages[&index].fit(component, self.inventory.distro_of(package));
        // The CPE name of a system is the weakest name: it counts where no other says what is meant.
        let is_system = package.ecosystem.is_os()
            && !component.is_package()
            && of_images != Fit::Not(VexReason::OtherDigest);
        let of_system =
            self.images_of(index).filter(|_| is_system).filter_map(|image| image.fit_system(component));
        of_system.chain([of_images, itself]).min().unwrap_or(of_images)
    }

    /// What is judged, and the part of it that the package is in.
    fn images_of(&self, index: PackageIndex) -> impl Iterator<Item = &ImageTarget<'a>> {
        let part = self.inventory.package(index).part.map(|part| part.as_usize() + 1);
        [Some(0), part].into_iter().flatten().filter_map(|image| self.images.get(image))
    }

    /// How many packages bear the package URLs of `component`, of any version.
    pub(super) fn n_namesakes(&mut self, component: &Component) -> usize {
        let inventory = self.inventory;
        let by_key = self.by_key.get_or_insert_with(|| by_key(inventory));
        let of_name = |identity: &Identity| match identity {
            Identity::Package(pattern) => by_key.get(&*pattern.key).map_or(0, Vec::len),
            _ => 0,
        };
        component.identities.iter().map(of_name).sum()
    }

    /// The packages that the component `at` is by its package URLs, as libraries of others, and how.
    pub(super) fn libraries(&mut self, component: &Component, at: ComponentIndex) -> Rc<BTreeMap<u32, Fit>> {
        if let Some(known) = self.libraries.get(&at) {
            return Rc::clone(known);
        }
        let inventory = self.inventory;
        let by_key = self.by_key.get_or_insert_with(|| by_key(inventory));
        let named = component.identities.iter().filter_map(|identity| match identity {
            Identity::Package(pattern) => by_key.get(&*pattern.key),
            _ => None,
        });
        let fits =
            named.flatten().map(|one| (one.index.0, one.fit(component, inventory.distro_of(one.package))));
        let libraries: Rc<BTreeMap<u32, Fit>> = Rc::new(fits.filter(|(_, fit)| fit.is_fit()).collect());
        self.libraries.insert(at, Rc::clone(&libraries));
        libraries
    }

    /// How a library fits that needs the package. Libraries are known by their package URLs.
    fn fit_above(&mut self, component: &Component, at: ComponentIndex, index: PackageIndex) -> Fit {
        let inventory = self.inventory;
        let libraries = self.libraries(component, at);
        if libraries.is_empty() {
            return Fit::Not(VexReason::OtherProduct);
        }
        let graph = self.graph.get_or_insert_with(|| Graph::new(inventory));
        let Some(above) = graph.above(index) else { return Fit::Unknown(VexReason::DependenciesUnknown) };
        let products = libraries.iter().filter(|(one, _)| above.contains(one));
        let products: BTreeMap<u32, Fit> = products.map(|(one, fit)| (*one, *fit)).collect();
        if products.is_empty() {
            return Fit::Not(VexReason::OtherProduct);
        }
        let is_exact = products.values().all(|fit| *fit == Fit::Exact);
        match graph.only_through(index, &products.into_keys().collect()) {
            Fit::Among if is_exact => Fit::Exact,
            fit => fit,
        }
    }
}

/// The packages of `inventory` by the keys of their URLs.
fn by_key(inventory: &Inventory) -> HashMap<String, Vec<PackageTarget<'_>>> {
    let mut by_key: HashMap<String, Vec<PackageTarget<'_>>> = HashMap::new();
    for (index, package) in inventory.packages.iter().enumerate() {
        let index = u32::try_from(index).expect("packages are limited to far fewer than 2^32");
        let target = PackageTarget::new(PackageIndex(index), package);
        by_key.entry(target.key.clone()).or_default().push(target);
    }
    by_key
}
