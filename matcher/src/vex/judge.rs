//! Statements held against the packages in findings (feeds.md D7): which are held against which, and what they claim. How
//! a product fits a package is in [`fit`].

mod fit;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use model::finding::Finding;
use model::inventory::Inventory;
use model::package::PackageIndex;
use model::report::VexReason;

use super::Given;
use super::document::{Component, ComponentIndex, Product, Statement, VexDocument, VexStatus};
use super::effort::{Effort, TooMuch};
use super::graph::Graph;
use super::heard::{Claim, Heard, Place, Source};
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

/// The names of a vulnerability.
type Ids = Arc<[Arc<str>]>;

/// The number of an id in findings.
type IdNumber = usize;

/// Where an id is found, in the order of findings.
#[derive(Default)]
struct Found {
    everywhere: Vec<Place>,
    of_package: HashMap<PackageIndex, Vec<Place>>,
}

/// As what a component is named.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Role {
    Part,
    /// With its parts, or all of it, by a statement that suppresses or one that does not.
    Whole {
        suppresses: bool,
    },
}

/// What is judged, made ready to be compared with.
pub(super) struct Judge<'a> {
    inventory: &'a Inventory,
    bom: Option<&'a str>,
    findings: Vec<Judged>,
    /// The ids of findings, in lower case, with their numbers.
    ids: HashMap<String, IdNumber>,
    /// The names of the last vulnerability, and the numbers of those that are found.
    last_ids: Option<(Ids, Rc<BTreeSet<IdNumber>>)>,
    found: Vec<Found>,
    packages: HashMap<PackageIndex, PackageTarget<'a>>,
    names: Names,
    /// The image, then the parts that it was merged from.
    images: Vec<ImageTarget<'a>>,
    graph: Option<Graph<'a>>,
    /// Every package by its purl's key, made when a product may be a library inside the image.
    by_key: Option<HashMap<String, Vec<PackageTarget<'a>>>>,
    /// What the components of the open document reach.
    reach: HashMap<(ComponentIndex, Role), Reach>,
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
            last_ids: None,
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

    /// Holds a statement against the findings of its vulnerability. `standing` says why the document does not count. What is
    /// more than `effort` has left is not held, and said to be so.
    pub(super) fn hear(
        &mut self,
        given: &Given,
        source: Source,
        standing: Result<(), VexReason>,
        effort: &mut Effort,
        heard: &mut Heard<'_>,
    ) {
        let document = &given.document;
        let statement = &document.statements[source.statement];
        let ids = self.ids_of(statement);
        let standing = match ids.is_empty() {
            true => Err(VexReason::NoFinding),
            false => standing.and_then(|()| sound(document, statement)),
        };
        if let Err(reason) = standing {
            heard.note(source, reason, String::new);
            return heard.end(source);
        }
        let mut claims = false;
        if self.hold_everywhere(given, source, &ids, effort, heard, &mut claims).is_err() {
            heard.note(source, VexReason::TooMuch, String::new);
        }
        if !claims {
            heard.end(source);
        }
    }

    /// The ids of the statement that are in findings. The statements about one vulnerability share its names.
    fn ids_of(&mut self, statement: &Statement) -> Rc<BTreeSet<IdNumber>> {
        if let Some((names, ids)) = &self.last_ids
            && Arc::ptr_eq(names, &statement.ids)
        {
            return Rc::clone(ids);
        }
        let ids = statement.ids.iter().filter_map(|id| self.ids.get(&id.to_ascii_lowercase()));
        let ids: Rc<BTreeSet<IdNumber>> = Rc::new(ids.copied().collect());
        self.last_ids = Some((Arc::clone(&statement.ids), Rc::clone(&ids)));
        ids
    }

    /// Holds a statement against the packages that it may be about, and says in `claims` whether it claims something of one.
    fn hold_everywhere(
        &mut self,
        given: &Given,
        source: Source,
        ids: &BTreeSet<IdNumber>,
        effort: &mut Effort,
        heard: &mut Heard<'_>,
        claims: &mut bool,
    ) -> Result<(), TooMuch> {
        let document = &given.document;
        let products = &document.statements[source.statement].products;
        let components = || products.iter().flat_map(|product| product.wholes.iter().chain(&product.parts));
        let n_names: usize = components().map(|&component| document.component(component).n_compared()).sum();
        effort.compare(n_names.max(1))?;
        let n_libraries: usize = components().map(|&at| self.n_namesakes(document.component(at))).sum();
        effort.compare(n_libraries.saturating_mul(LIBRARY_COMPARISONS))?;
        let suppresses = document.statements[source.statement].status.suppresses();
        let reach = products.iter().map(|product| self.reach(document, product, suppresses));
        let reach = reach.fold(Reach::NONE, Reach::or);
        #[cfg(test)]
        let reach = counted::of_all(reach);
        let places = self.places(ids, &reach, effort)?;
        effort.compare(places.len().saturating_mul(n_names.saturating_add(n_libraries)))?;
        for place in places {
            if self.hold(given, source, place, effort, heard)? {
                *claims = true;
            }
        }
        Ok(())
    }

    /// The packages in findings of `ids` that `reach` names. The first of all is one: what is to be said of those that it does not
    /// name is said of it.
    fn places(
        &self,
        ids: &BTreeSet<IdNumber>,
        reach: &Reach,
        effort: &mut Effort,
    ) -> Result<BTreeSet<Place>, TooMuch> {
        effort.compare(ids.len())?;
        let found = ids.iter().map(|&id| &self.found[id]);
        let everywhere = || found.clone().flat_map(|found| &found.everywhere).copied();
        let n_everywhere: usize = found.clone().map(|found| found.everywhere.len()).sum();
        let reached = match reach {
            Reach::Every => None,
            Reach::Only(reached) => Some(reached),
        };
        let n_looked_up = reached.map(|reached| reached.iter().map(|some| some.len()).sum::<usize>());
        let n_looked_up = n_looked_up.map(|n| n.saturating_mul(ids.len())).filter(|n| *n < n_everywhere);
        effort.compare(n_looked_up.unwrap_or(n_everywhere))?;
        let Some(reached) = reached.filter(|_| n_looked_up.is_some()) else {
            return Ok(everywhere().collect());
        };
        let first = found.clone().filter_map(|found| found.everywhere.first()).min().copied();
        let reached = reached.iter().flat_map(|some| &**some);
        let reached = reached.flat_map(|index| found.clone().filter_map(|one| one.of_package.get(index)));
        Ok(reached.flatten().copied().chain(first).collect())
    }

    /// Holds a statement against one package in a finding. Whether it claims something of it.
    fn hold(
        &mut self,
        given: &Given,
        source: Source,
        (position, nth): Place,
        effort: &mut Effort,
        heard: &mut Heard<'_>,
    ) -> Result<bool, TooMuch> {
        #[cfg(test)]
        counted::one();
        let statement = &given.document.statements[source.statement];
        let suppresses = statement.status.suppresses();
        let index = self.findings[position].packages[nth];
        let fit = self.fit_any(given, statement, index);
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
            effort.claim()?;
            let claim = Claim { source, trust: given.trust, said_at: statement.said_at, suppresses };
            heard.claims.entry((position, nth)).or_default().push(claim);
        }
        Ok(claims)
    }

    /// The packages that `product` may be about.
    ///
    /// Where that is not [`Reach::Every`], [`Judge::fit`] gives the same for every package that is not named: that its parts
    /// are others, or what the first of its wholes is not.
    fn reach(&mut self, document: &VexDocument, product: &Product, suppresses: bool) -> Reach {
        match (&product.parts[..], product.wholes.first()) {
            ([], None) => Reach::NONE,
            ([], Some(&whole)) => self.reach_of(document, whole, Role::Whole { suppresses }),
            (parts, _) => {
                let parts = parts.iter().map(|&part| self.reach_of(document, part, Role::Part));
                parts.fold(Reach::NONE, Reach::or)
            }
        }
    }

    fn reach_of(&mut self, document: &VexDocument, index: ComponentIndex, role: Role) -> Reach {
        if let Some(known) = self.reach.get(&(index, role)) {
            return known.clone();
        }
        let component = document.component(index);
        let reach = match role {
            Role::Part => self.reach_of_part(component),
            Role::Whole { suppresses } => self.reach_of_whole(component, index, suppresses),
        };
        self.reach.insert((index, role), reach.clone());
        reach
    }

    fn reach_of_part(&self, component: &Component) -> Reach {
        match self.cannot_be(component) {
            Some(_) => Reach::NONE,
            None => self.names.of_component(component),
        }
    }

    fn reach_of_whole(&mut self, component: &Component, at: ComponentIndex, suppresses: bool) -> Reach {
        if self.is_subject(component) {
            return Reach::Every;
        }
        if self.cannot_be(component).is_some() {
            return Reach::NONE;
        }
        // Of one image the same is to be said for all packages; of several the closest decides.
        let [image] = &self.images[..] else { return Reach::Every };
        // Of an image that may be this one nothing is suppressed, whatever the package: one tells of all.
        let stands = !suppresses && matches!(image.fit_as_index(component), Some(Fit::Unknown(_)));
        if stands || !matches!(image.fit(component), Fit::Not(_)) {
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
}

/// What a library is remembered with takes as much as so many comparisons.
const LIBRARY_COMPARISONS: usize = 8;

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
