//! Which findings statements suppress.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use model::finding::{Finding, NotAffectedReason, Suppression, Verdict, VexGrounds};
use model::inventory::Inventory;
use model::package::PackageIndex;
use model::report::{VexOutcome, VexReason, VexStamp, VexUse};

use super::document::{Component, Product, Statement, VexDocument, VexStatus, shortened};
use super::graph::Graph;
use super::product::Identity;
use super::standing::{in_order, superseded};
use super::target::{Fit, ImageTarget, PackageTarget};
use super::{Given, Trust};

/// How many outcomes are kept of statements that suppressed nothing.
pub const OUTCOMES_MAX: usize = 1_000;

/// Suppresses the findings that the documents answer.
///
/// `bom` is how the SBOM that was judged is known ([`bom_id`](super::bom_id)), where it is. The outcome is the same for
/// any order of documents and of the statements in them. Time is that of the findings of each statement's vulnerability
/// times its products, and bounded in what it walks over dependencies.
pub fn apply<'g>(
    findings: &mut [Finding],
    given: impl IntoIterator<Item = &'g Given>,
    inventory: &Inventory,
    bom: Option<&str>,
) -> VexUse {
    let standing = in_order(given.into_iter().collect());
    let given: Vec<&Given> = standing.iter().map(|one| &**one).collect();
    apply_in_order(findings, &given, inventory, bom)
}

fn apply_in_order(
    findings: &mut [Finding],
    given: &[&Given],
    inventory: &Inventory,
    bom: Option<&str>,
) -> VexUse {
    if given.is_empty() {
        return VexUse::default();
    }
    let superseded = superseded(given);
    let mut judge = Judge::new(findings, inventory, bom);
    let mut heard = Heard::default();
    for (position, one) in given.iter().enumerate() {
        for statement in 0..one.document.statements.len() {
            let source = Source { document: position, statement };
            let reason = match one.trust {
                Trust::Unverified => Err(VexReason::Unverified),
                _ if superseded.contains(&position) => Err(VexReason::Superseded),
                _ => Ok(()),
            };
            judge.hear(one, source, reason, &mut heard);
        }
    }
    let mut n_suppressed = vec![0; given.len()];
    let decisions = decide(&mut heard, given, findings);
    for (position, decision) in decisions {
        let one = given[decision.source.document];
        n_suppressed[decision.source.document] += 1;
        suppress(&mut findings[position], decision, one);
    }
    let (unapplied, n_left_out) = heard.outcomes(given);
    let documents = given.iter().zip(n_suppressed).map(|(one, n)| stamp(one, n)).collect();
    VexUse { documents, unapplied, n_left_out }
}

fn stamp(given: &Given, n_suppressed: usize) -> VexStamp {
    let document = &given.document;
    VexStamp {
        digest: given.digest.clone(),
        id: document.id.as_deref().map(|id| shortened(id, 500)),
        author: document.author.as_deref().map(|author| shortened(author, 200)),
        kind: document.kind.as_str(),
        trust: given.trust.as_str(),
        n_statements: document.statements.len(),
        n_suppressed,
        remarks: document.remarks.clone(),
    }
}

/// A statement by its document's position and its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Source {
    document: usize,
    statement: usize,
}

/// A statement that speaks of a package in a finding.
#[derive(Clone, Copy, Debug)]
struct Claim {
    source: Source,
    trust: Trust,
    said_at: Option<Timestamp>,
    suppresses: bool,
}

/// When something counts as said: what is of no time is before all others if it suppresses, else after all others
/// (docs/decisions/0032: what cannot be decided suppresses nothing).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Moment {
    First,
    At(Timestamp),
    Last,
}

impl Claim {
    fn moment(&self) -> Moment {
        match (self.said_at, self.suppresses) {
            (Some(time), _) => Moment::At(time),
            (None, true) => Moment::First,
            (None, false) => Moment::Last,
        }
    }

    /// Whether it was said when `other` was, as far as is stated.
    fn is_of_time_of(&self, other: &Self) -> bool {
        self.trust == other.trust && self.said_at == other.said_at
    }
}

/// What was heard of every finding, and of every statement how close it came.
#[derive(Default)]
struct Heard {
    /// By finding and by the position of the package in it.
    claims: BTreeMap<(usize, usize), Vec<Claim>>,
    /// The best reason of each statement so far, and what it was held against.
    reasons: BTreeMap<Source, (VexReason, String)>,
    applied: BTreeSet<Source>,
}

impl Heard {
    fn note(&mut self, source: Source, reason: VexReason, detail: impl FnOnce() -> String) {
        let is_better = self.reasons.get(&source).is_none_or(|(known, _)| reason < *known);
        if is_better {
            self.reasons.insert(source, (reason, detail()));
        }
    }

    /// The outcomes that are kept, and how many are not.
    fn outcomes(self, given: &[&Given]) -> (Vec<VexOutcome>, usize) {
        let unapplied = self.reasons.into_iter().filter(|(source, _)| !self.applied.contains(source));
        let mut outcomes: Vec<VexOutcome> = unapplied
            .map(|(source, (reason, detail))| {
                let one = given[source.document];
                let statement = &one.document.statements[source.statement];
                VexOutcome {
                    reason,
                    document: one.digest.clone(),
                    statement: statement.place.to_string(),
                    vulnerability: shortened(&statement.ids[0], 200),
                    detail: shortened(&detail, 300),
                }
            })
            .collect();
        outcomes.sort();
        let n_left_out = outcomes.len().saturating_sub(OUTCOMES_MAX);
        outcomes.truncate(OUTCOMES_MAX);
        (outcomes, n_left_out)
    }
}

/// A finding as far as statements are held against it.
struct Judged {
    packages: Vec<PackageIndex>,
    id: String,
    is_suppressed: bool,
}

/// What is judged, made ready to be compared with.
struct Judge<'a> {
    inventory: &'a Inventory,
    bom: Option<&'a str>,
    findings: Vec<Judged>,
    /// The findings by any of their ids, in lower case.
    by_id: HashMap<String, Vec<usize>>,
    packages: HashMap<PackageIndex, PackageTarget<'a>>,
    /// The image, then the parts that it was merged from.
    images: Vec<ImageTarget<'a>>,
    graph: Option<Graph<'a>>,
    /// Every package by its purl's key, made when a product may be a library inside the image.
    by_key: Option<HashMap<String, Vec<PackageTarget<'a>>>>,
}

impl<'a> Judge<'a> {
    fn new(findings: &[Finding], inventory: &'a Inventory, bom: Option<&'a str>) -> Self {
        let mut by_id: HashMap<String, Vec<usize>> = HashMap::new();
        let mut packages = HashMap::new();
        let mut judged = Vec::with_capacity(findings.len());
        for (position, finding) in findings.iter().enumerate() {
            for id in std::iter::once(&finding.id).chain(&finding.aliases) {
                by_id.entry(id.to_ascii_lowercase()).or_default().push(position);
            }
            for &index in &finding.packages {
                packages.entry(index).or_insert_with(|| PackageTarget::new(index, inventory.package(index)));
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
            by_id,
            packages,
            images: images.collect(),
            graph: None,
            by_key: None,
        }
    }

    /// Holds a statement against every finding of its vulnerability. `standing` says why the document does not count.
    fn hear(&mut self, given: &Given, source: Source, standing: Result<(), VexReason>, heard: &mut Heard) {
        let document = &given.document;
        let statement = &document.statements[source.statement];
        let ids = statement.ids.iter().filter_map(|id| self.by_id.get(&id.to_ascii_lowercase()));
        let found: BTreeSet<usize> = ids.flatten().copied().collect();
        if found.is_empty() {
            return heard.note(source, VexReason::NoFinding, String::new);
        }
        if let Err(reason) = standing.and_then(|()| sound(document, statement)) {
            return heard.note(source, reason, String::new);
        }
        let suppresses = statement.status.suppresses();
        for position in found {
            for nth in 0..self.findings[position].packages.len() {
                let index = self.findings[position].packages[nth];
                let fit = self.fit_any(given, statement, index);
                let detail =
                    || format!("{} in {}", self.findings[position].id, self.inventory.package(index).purl);
                // What cannot be told suppresses nothing, but stands against what does.
                let counts = fit.is_fit() || (!suppresses && matches!(fit, Fit::Unknown(_)));
                match fit {
                    Fit::Unknown(reason) | Fit::Not(reason) => heard.note(source, reason, detail),
                    _ if self.findings[position].is_suppressed => {
                        heard.note(source, VexReason::AlreadySuppressed, detail);
                    }
                    _ if !suppresses => {
                        let reason = match statement.status {
                            VexStatus::Unknown(_) => VexReason::UnknownStatus,
                            _ => VexReason::KeepsFinding,
                        };
                        heard.note(source, reason, detail);
                    }
                    Fit::Exact | Fit::Among => {}
                }
                if counts && !self.findings[position].is_suppressed {
                    let claim = Claim { source, trust: given.trust, said_at: statement.said_at, suppresses };
                    heard.claims.entry((position, nth)).or_default().push(claim);
                }
            }
        }
    }

    /// How the package fits any product of the statement.
    fn fit_any(&mut self, given: &Given, statement: &Statement, index: PackageIndex) -> Fit {
        let document = &given.document;
        let is_fixed = statement.status == VexStatus::Fixed;
        let mut best = match given.only_about {
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
            let one = self.fit_whole(document.component(whole), index);
            fit = Some(fit.map_or(one, |fit| fit.and(one)));
        }
        fit.unwrap_or(Fit::Not(VexReason::UnknownProduct))
    }

    /// What `fit` says, unless the component cannot be what is judged.
    fn checked(&self, component: &Component, fit: impl FnOnce() -> Fit) -> Fit {
        match (&component.bom, component.doubt) {
            (Some(bom), _) if self.bom != Some(bom.as_str()) => Fit::Not(VexReason::OtherBom),
            (_, Some(doubt)) => Fit::Not(doubt),
            _ => fit(),
        }
    }

    /// How what has the package fits: the image, its operating system, the package itself, or a library that needs it.
    fn fit_whole(&mut self, component: &Component, index: PackageIndex) -> Fit {
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
        let is_subject = component.subject_of.is_some() && component.subject_of.as_deref() == self.bom;
        match fit {
            _ if is_subject => fit.min(Fit::Among),
            // The hash of a library is no other image's.
            Fit::Not(VexReason::OtherProduct | VexReason::OtherDigest) => {
                match self.fit_above(component, index) {
                    Fit::Not(VexReason::OtherProduct) => fit,
                    above => above,
                }
            }
            fit => fit,
        }
    }

    /// How a library fits that needs the package. Libraries are known by their package URLs.
    fn fit_above(&mut self, component: &Component, index: PackageIndex) -> Fit {
        let inventory = self.inventory;
        let by_key = self.by_key.get_or_insert_with(|| by_key(inventory));
        let named = component.identities.iter().filter_map(|identity| match identity {
            Identity::Package(pattern) => by_key.get(&*pattern.key),
            _ => None,
        });
        let fits =
            named.flatten().map(|one| (one.index.0, one.fit(component, inventory.distro_of(one.package))));
        let mut products: BTreeMap<u32, Fit> = fits.filter(|(_, fit)| fit.is_fit()).collect();
        if products.is_empty() {
            return Fit::Not(VexReason::OtherProduct);
        }
        let graph = self.graph.get_or_insert_with(|| Graph::new(inventory));
        let Some(above) = graph.above(index) else { return Fit::Unknown(VexReason::DependenciesUnknown) };
        products.retain(|one, _| above.contains(one));
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

/// What suppresses a finding.
struct Decision {
    source: Source,
}

/// The findings that are suppressed: those of which each package is.
fn decide(heard: &mut Heard, given: &[&Given], findings: &[Finding]) -> BTreeMap<usize, Decision> {
    let claims = std::mem::take(&mut heard.claims);
    // By finding, the statements that suppress it in every package so far.
    let mut agreed: BTreeMap<usize, (usize, Vec<Source>, BTreeSet<Source>)> = BTreeMap::new();
    for ((position, _), claims) in claims {
        let detail = || findings[position].id.to_string();
        let rank = |claim: &Claim| (std::cmp::Reverse(claim.trust), claim.moment());
        let last = claims.iter().map(rank).max();
        let is_last = |claim: &&Claim| Some(rank(claim)) == last;
        let suppressing = || claims.iter().filter(|claim| claim.suppresses);
        if let Some(against) = claims.iter().filter(is_last).find(|claim| !claim.suppresses) {
            for claim in suppressing() {
                let reason = match claim.is_of_time_of(against) {
                    true => VexReason::Contradicted,
                    false => VexReason::Overruled,
                };
                heard.note(claim.source, reason, detail);
            }
            continue;
        }
        let (n_packages, deciding, all) = agreed.entry(position).or_default();
        *n_packages += 1;
        let last = claims.iter().filter(is_last).map(|claim| claim.source);
        deciding.extend(last.min_by_key(|source| content(given, *source)));
        all.extend(suppressing().map(|claim| claim.source));
    }
    let mut decisions = BTreeMap::new();
    for (position, (n_packages, deciding, all)) in agreed {
        if n_packages < findings[position].packages.len() {
            for source in all {
                heard.note(source, VexReason::OnlySomeInstances, || findings[position].id.to_string());
            }
            continue;
        }
        heard.applied.extend(all);
        let first = deciding.into_iter().min_by_key(|source| content(given, *source));
        decisions.extend(first.map(|source| (position, Decision { source })));
    }
    decisions
}

/// What orders statements that decide alike, so that it does not matter in which order they came.
fn content<'a>(given: &[&'a Given], source: Source) -> impl Ord + use<'a> {
    let one = given[source.document];
    let statement = &one.document.statements[source.statement];
    (
        &statement.status,
        statement.said_at,
        statement.justification.as_deref(),
        (statement.detail.as_deref(), statement.notes.as_deref()),
        (one.document.id.as_deref(), one.document.author.as_deref()),
        one.digest.as_str(),
    )
}

fn suppress(finding: &mut Finding, decision: Decision, given: &Given) {
    let statement = &given.document.statements[decision.source.statement];
    let because = match statement.status {
        VexStatus::Fixed => NotAffectedReason::VexFixed,
        _ => NotAffectedReason::VexNotAffected,
    };
    let detail = statement.detail.as_deref().or(statement.notes.as_deref());
    finding.verdict = Verdict::NotAffected { because };
    let suppression = Suppression {
        reason: because.as_str().to_owned(),
        source: shortened(given.document.id.as_deref().unwrap_or(&given.digest), 500),
        statement: Some(Box::new(VexGrounds {
            justification: statement.justification.as_deref().map(|text| shortened(text, 200)),
            detail: detail.map(|text| shortened(text, 2_000)),
            author: given.document.author.as_deref().map(|text| shortened(text, 200)),
            timestamp: statement.said_at,
        })),
    };
    finding.suppressed = Some(Box::new(suppression));
}
