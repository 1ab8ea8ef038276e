//! Statements held against the packages in findings (feeds.md D7).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use model::finding::Finding;
use model::inventory::Inventory;
use model::package::PackageIndex;
use model::report::VexReason;

use super::Given;
use super::document::{Component, ComponentIndex, Product, Statement, VexDocument, VexStatus};
use super::graph::Graph;
use super::heard::{Claim, Heard, Place, Source};
use super::product::Identity;
#[cfg(test)]
use super::reach::counted;
use super::reach::{Names, Reach};
use super::target::{Fit, ImageTarget, PackageTarget};

/// A finding as far as statements are held against it.
struct Judged {
    packages: Vec<PackageIndex>,
    id: String,
    is_suppressed: bool,
}

/// The number of an id in findings.
type IdNumber = usize;

/// Where an id is found, in the order of findings.
#[derive(Default)]
struct Found {
    everywhere: Vec<Place>,
    of_package: HashMap<PackageIndex, Vec<Place>>,
}

/// What is judged, made ready to be compared with.
pub(super) struct Judge<'a> {
    inventory: &'a Inventory,
    bom: Option<&'a str>,
    findings: Vec<Judged>,
    /// The ids of findings, in lower case, with their numbers.
    ids: HashMap<String, IdNumber>,
    found: Vec<Found>,
    packages: HashMap<PackageIndex, PackageTarget<'a>>,
    names: Names,
    /// The image, then the parts that it was merged from.
    images: Vec<ImageTarget<'a>>,
    graph: Option<Graph<'a>>,
    /// Every package by its purl's key, made when a product may be a library inside the image.
    by_key: Option<HashMap<String, Vec<PackageTarget<'a>>>>,
    /// What the components of the open document reach as a part, and as a whole.
    reach: HashMap<(ComponentIndex, bool), Reach>,
    /// The packages that they are as libraries of others, and how.
    libraries: HashMap<ComponentIndex, Rc<BTreeMap<u32, Fit>>>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(findings: &[Finding], inventory: &'a Inventory, bom: Option<&'a str>) -> Self {
        let mut ids: HashMap<String, IdNumber> = HashMap::new();
        let mut found: Vec<Found> = Vec::new();
        let mut packages = HashMap::new();
        let mut judged = Vec::with_capacity(findings.len());
        for (position, finding) in findings.iter().enumerate() {
            let own = std::iter::once(&finding.id).chain(&finding.aliases);
            let own: BTreeSet<IdNumber> = own
                .map(|id| {
                    let next = ids.len();
                    *ids.entry(id.to_ascii_lowercase()).or_insert(next)
                })
                .collect();
            found.resize_with(ids.len(), Found::default);
            for (nth, &index) in finding.packages.iter().enumerate() {
                packages.entry(index).or_insert_with(|| PackageTarget::new(index, inventory.package(index)));
                for &id in &own {
                    found[id].everywhere.push((position, nth));
                    found[id].of_package.entry(index).or_default().push((position, nth));
                }
            }
            judged.push(Judged {
                packages: finding.packages.to_vec(),
                id: finding.id.to_string(),
                is_suppressed: finding.suppressed.is_some(),
            });
        }
        let parts = inventory.parts.iter().map(|part| ImageTarget::new(&part.subject, part.distro.as_ref()));
        let images =
            [ImageTarget::new(&inventory.subject, inventory.distro.as_ref())].into_iter().chain(parts);
        Self {
            inventory,
            bom,
            findings: judged,
            ids,
            found,
            names: Names::of(packages.values()),
            packages,
            images: images.collect(),
            graph: None,
            by_key: None,
            reach: HashMap::new(),
            libraries: HashMap::new(),
        }
    }

    /// Begins with the statements of another document.
    pub(super) fn open(&mut self) {
        self.reach.clear();
        self.libraries.clear();
    }

    /// Holds a statement against the findings of its vulnerability. `standing` says why the document does not count.
    pub(super) fn hear(
        &mut self,
        given: &Given,
        source: Source,
        standing: Result<(), VexReason>,
        heard: &mut Heard<'_>,
    ) {
        let document = &given.document;
        let statement = &document.statements[source.statement];
        let ids = statement.ids.iter().filter_map(|id| self.ids.get(&id.to_ascii_lowercase()));
        let ids: BTreeSet<IdNumber> = ids.copied().collect();
        let standing = match ids.is_empty() {
            true => Err(VexReason::NoFinding),
            false => standing.and_then(|()| sound(document, statement)),
        };
        if let Err(reason) = standing {
            heard.note(source, reason, String::new);
            return heard.end(source);
        }
        let reach = statement.products.iter().map(|product| self.reach(document, product));
        let reach = reach.fold(Reach::NONE, Reach::or);
        #[cfg(test)]
        let reach = counted::of_all(reach);
        let mut claims = false;
        for place in self.places(&ids, &reach) {
            claims |= self.hold(given, source, place, heard);
        }
        if !claims {
            heard.end(source);
        }
    }

    /// The packages in findings of `ids` that `reach` names. The first of all is one: what is to be said of those that it does not
    /// name is said of it.
    fn places(&self, ids: &BTreeSet<IdNumber>, reach: &Reach) -> BTreeSet<Place> {
        let found = ids.iter().map(|&id| &self.found[id]);
        let everywhere = || found.clone().flat_map(|found| &found.everywhere).copied();
        let n_everywhere: usize = found.clone().map(|found| found.everywhere.len()).sum();
        let Reach::Only(reached) = reach else { return everywhere().collect() };
        if n_everywhere <= reached.iter().map(|some| some.len()).sum() {
            return everywhere().collect();
        }
        let first = found.clone().filter_map(|found| found.everywhere.first()).min().copied();
        let reached = reached.iter().flat_map(|some| &**some);
        let reached = reached.flat_map(|index| found.clone().filter_map(|one| one.of_package.get(index)));
        reached.flatten().copied().chain(first).collect()
    }

    /// Holds a statement against one package in a finding. Whether it claims something of it.
    fn hold(&mut self, given: &Given, source: Source, (position, nth): Place, heard: &mut Heard<'_>) -> bool {
        #[cfg(test)]
        counted::one();
        let statement = &given.document.statements[source.statement];
        let suppresses = statement.status.suppresses();
        let index = self.findings[position].packages[nth];
        let mut fit = self.fit_any(given, statement, index);
        if fit == Fit::Not(VexReason::OtherDigest) && self.may_be_index(given, statement, index) {
            fit = Fit::Not(VexReason::IndexUnknown);
        }
        let finding = &self.findings[position];
        let detail = || format!("{} in {}", finding.id, self.inventory.package(index).purl);
        // What cannot be told suppresses nothing, but stands against what does.
        let counts = fit.is_fit() || (!suppresses && matches!(fit, Fit::Unknown(_)));
        match fit {
            Fit::Unknown(reason) | Fit::Not(reason) => heard.note(source, reason, detail),
            _ if finding.is_suppressed => heard.note(source, VexReason::AlreadySuppressed, detail),
            _ if !suppresses => {
                let reason = match statement.status {
                    VexStatus::Unknown(_) => VexReason::UnknownStatus,
                    _ => VexReason::KeepsFinding,
                };
                heard.note(source, reason, detail);
            }
            Fit::Exact | Fit::Among => {}
        }
        let claims = counts && !finding.is_suppressed;
        if claims {
            let claim = Claim { source, trust: given.trust, said_at: statement.said_at, suppresses };
            heard.claims.entry((position, nth)).or_default().push(claim);
        }
        claims
    }

    /// The packages that `product` may be about.
    ///
    /// Where that is not [`Reach::Every`], [`Judge::fit`] gives the same for every package that is not named: that its parts
    /// are others, or what the first of its wholes is not.
    fn reach(&mut self, document: &VexDocument, product: &Product) -> Reach {
        match (&product.parts[..], product.wholes.first()) {
            ([], None) => Reach::NONE,
            ([], Some(&whole)) => self.reach_of(document, whole, false),
            (parts, _) => {
                let parts = parts.iter().map(|&part| self.reach_of(document, part, true));
                parts.fold(Reach::NONE, Reach::or)
            }
        }
    }

    fn reach_of(&mut self, document: &VexDocument, index: ComponentIndex, is_part: bool) -> Reach {
        if let Some(known) = self.reach.get(&(index, is_part)) {
            return known.clone();
        }
        let component = document.component(index);
        let reach = match is_part {
            true => self.reach_of_part(component),
            false => self.reach_of_whole(component, index),
        };
        self.reach.insert((index, is_part), reach.clone());
        reach
    }

    fn reach_of_part(&self, component: &Component) -> Reach {
        match self.cannot_be(component) {
            Some(_) => Reach::NONE,
            None => self.names.of_component(component),
        }
    }

    fn reach_of_whole(&mut self, component: &Component, at: ComponentIndex) -> Reach {
        if self.is_subject(component) {
            return Reach::Every;
        }
        if self.cannot_be(component).is_some() {
            return Reach::NONE;
        }
        // Of one image the same is to be said for all packages; of several the closest decides.
        let [image] = &self.images[..] else { return Reach::Every };
        if !matches!(image.fit(component), Fit::Not(_)) {
            return Reach::Every;
        }
        let itself = match component.is_image() {
            true => Reach::NONE,
            false if !component.is_package() && image.fit_system(component).is_some() => return Reach::Every,
            false => self.names.of_component(component),
        };
        itself.or(self.reach_below(component, at))
    }

    /// The packages that libraries need which `component` names.
    fn reach_below(&mut self, component: &Component, at: ComponentIndex) -> Reach {
        let libraries = self.libraries(component, at);
        if libraries.is_empty() {
            return Reach::NONE;
        }
        let graph = self.graph.get_or_insert_with(|| Graph::new(self.inventory));
        libraries.keys().fold(Reach::NONE, |reach, library| match graph.below(*library) {
            Some(below) => reach.or(Reach::Only(vec![below])),
            None => Reach::Every,
        })
    }

    /// Whether a product may be the index of the image that the package is in.
    fn may_be_index(&self, given: &Given, statement: &Statement, index: PackageIndex) -> bool {
        let part = self.inventory.package(index).part.map(|part| part.as_usize() + 1);
        let images = || [Some(0), part].into_iter().flatten().filter_map(|image| self.images.get(image));
        let mut wholes = statement.products.iter().flat_map(|product| &product.wholes);
        wholes.any(|&whole| images().any(|image| image.may_be_index(given.document.component(whole))))
    }

    /// How the package fits any product of the statement.
    fn fit_any(&mut self, given: &Given, statement: &Statement, index: PackageIndex) -> Fit {
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
                    self.checked(part, || self.packages[&index].fit(part, distro))
                });
                match parts.min() {
                    Some(Fit::Not(VexReason::OtherProduct)) => return Fit::Not(VexReason::OtherPart),
                    Some(fit @ (Fit::Not(_) | Fit::Unknown(_))) => return fit,
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
    fn cannot_be(&self, component: &Component) -> Option<VexReason> {
        match &component.bom {
            Some(bom) if self.bom != Some(bom.as_str()) => Some(VexReason::OtherBom),
            _ => component.doubt,
        }
    }

    /// What `fit` says, unless the component cannot be what is judged.
    fn checked(&self, component: &Component, fit: impl FnOnce() -> Fit) -> Fit {
        self.cannot_be(component).map_or_else(fit, Fit::Not)
    }

    /// Whether the component is what the SBOM that is judged is about, as it says itself.
    fn is_subject(&self, component: &Component) -> bool {
        component.subject_of.is_some() && component.subject_of.as_deref() == self.bom
    }

    /// How what has the package fits: the image, its operating system, the package itself, or a library that needs it.
    fn fit_whole(&mut self, component: &Component, at: ComponentIndex, index: PackageIndex) -> Fit {
        let inventory = self.inventory;
        let package = inventory.package(index);
        let part = package.part.map(|part| part.as_usize() + 1);
        let images = || [Some(0), part].into_iter().flatten().filter_map(|image| self.images.get(image));
        let fit = self.checked(component, || {
            let of_images = images().map(|image| image.fit(component)).min();
            let of_images = of_images.unwrap_or(Fit::Not(VexReason::UnknownProduct));
            if component.is_image() {
                return of_images;
            }
            let itself = self.packages[&index].fit(component, inventory.distro_of(package));
            // The CPE name of a system is the weakest name: it counts where no other says what is meant.
            let is_system = package.ecosystem.is_os()
                && !component.is_package()
                && of_images != Fit::Not(VexReason::OtherDigest);
            let of_system = images().filter(|_| is_system).filter_map(|image| image.fit_system(component));
            of_system.chain([of_images, itself]).min().unwrap_or(of_images)
        });
        match fit {
            _ if self.is_subject(component) => fit.min(Fit::Among),
            // The hash of a library is no other image's.
            Fit::Not(VexReason::OtherProduct | VexReason::OtherDigest) => {
                match self.fit_above(component, at, index) {
                    Fit::Not(VexReason::OtherProduct) => fit,
                    above => above,
                }
            }
            fit => fit,
        }
    }

    /// The packages that the component `at` is by its package URLs, as libraries of others, and how.
    fn libraries(&mut self, component: &Component, at: ComponentIndex) -> Rc<BTreeMap<u32, Fit>> {
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

/// Whether the statement may count at all.
fn sound(document: &VexDocument, statement: &Statement) -> Result<(), VexReason> {
    // A word that the kind of document does not have says nothing by itself (feeds.md A27, A28).
    let is_known = |word: &str| document.kind.has_justification(word);
    let has_reason = statement.detail.is_some() || statement.justification.as_deref().is_some_and(is_known);
    match statement.status {
        _ if document.is_draft => Err(VexReason::Draft),
        VexStatus::NotAffected if !has_reason => Err(VexReason::NoJustification),
        _ => Ok(()),
    }
}
