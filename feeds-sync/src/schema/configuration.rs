//! NVD's configurations: which versions of which products are vulnerable, and beside what (feeds.md A22). The CVE list has
//! them too, as `cpeApplicability` (A23).
//!
//! A configuration is a tree. Each leaf is a CPE name with bounds; one that is vulnerable gives a row, and all that the
//! nodes above it ask besides is that row's platform.

mod fixes;

use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use model::advisory::{
    Affected, AffectedRange, Aside, Conditions, CpeBounds, Events, FixState, Platform, RangeEvent, Status,
};
use model::cpe::{Attribute, Cpe};
use model::key::{Namespace, PackageKey};
use model::version::VersionText;
use serde::Deserialize;

use self::fixes::fixes;
use crate::advisories::Remarks;
use crate::records::{self, HashMap, HashSet};
use crate::schema::{Text, null_as_default};

/// How many products all platforms of one record may name. A configuration that asks for more is left out, and counted:
/// in real ones a platform has tens.
const PLATFORM_PRODUCTS_MAX: usize = 200_000;

/// How many products the platforms of all rows of one record may name, where rows share them: each row is compared and
/// written with what it asks.
const ROW_PRODUCTS_MAX: usize = 5_000_000;

/// A configuration, or a node of one.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Node<'a> {
    #[serde(borrow, default)]
    operator: Option<Text<'a>>,
    #[serde(default, deserialize_with = "null_as_default")]
    negate: bool,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    nodes: Vec<Self>,
    #[serde(borrow, default, rename = "cpeMatch", deserialize_with = "null_as_default")]
    leaves: Vec<Leaf<'a>>,
}

/// A CPE name and the versions meant.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Leaf<'a> {
    vulnerable: bool,
    #[serde(borrow)]
    criteria: Cow<'a, str>,
    #[serde(borrow, default)]
    version_start_including: Option<Text<'a>>,
    #[serde(borrow, default)]
    version_start_excluding: Option<Text<'a>>,
    #[serde(borrow, default)]
    version_end_including: Option<Text<'a>>,
    #[serde(borrow, default)]
    version_end_excluding: Option<Text<'a>>,
}

/// The rows of `configurations`: one for each product and what is asked besides its version.
pub(crate) fn rows(configurations: &[Node<'_>], remarks: &mut Remarks) -> Vec<Affected> {
    let mut last_key = None;
    let branches: Vec<Branch<'_>> =
        configurations.iter().map(|node| Branch::new(node, &mut last_key)).collect();
    let mut rows = Rows {
        fixes: fixes(&branches),
        rows: Vec::new(),
        places: HashMap::default(),
        asked: HashSet::default(),
        n_products: 0,
        n_products_of_rows: 0,
        remarks,
    };
    for branch in &branches {
        rows.add_branch(branch, &[]);
    }
    let mut rows = rows.rows;
    for row in &mut rows {
        row.versions.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
        row.versions.dedup();
        if row.ranges.len() > 1 {
            let mut ranges = std::mem::take(&mut row.ranges).into_vec();
            records::dedup(&mut ranges);
            row.ranges = ranges.into();
        }
    }
    rows
}

/// Whether `is_meant` says so of the namespace of any vulnerable product in `configurations`.
pub(crate) fn any_namespace(configurations: &[Node<'_>], is_meant: &dyn Fn(&Namespace) -> bool) -> bool {
    configurations.iter().any(|node| {
        let is_meant_leaf = |leaf: &Leaf<'_>| leaf.key().is_some_and(|key| is_meant(&key.namespace));
        node.leaves.iter().any(|leaf| leaf.vulnerable && is_meant_leaf(leaf))
            || any_namespace(&node.nodes, is_meant)
    })
}

/// Whether all that a node holds must be there, or one of it is enough; none when its operator is not known.
fn asks_all(node: &Node<'_>) -> Option<bool> {
    match node.operator.as_deref() {
        Some("AND") => Some(true),
        Some("OR") | None => Some(false),
        Some(_) => None,
    }
}

/// A node with the names of its vulnerable products taken apart, which is done once.
struct Branch<'n> {
    node: &'n Node<'n>,
    branches: Vec<Self>,
    leaves: Vec<Named<'n>>,
    /// How many products it names, itself and the nodes below it counted.
    len: usize,
}

/// A leaf, and what its name says where it is vulnerable.
struct Named<'n> {
    leaf: &'n Leaf<'n>,
    cpe: Option<Cpe<'n>>,
    key: Option<PackageKey>,
}

impl<'n> Branch<'n> {
    /// `node`; `last_key` is the key of the leaf before it: leaves of one product stand together, and share theirs.
    fn new(node: &'n Node<'n>, last_key: &mut Option<PackageKey>) -> Self {
        let branches: Vec<Self> = node.nodes.iter().map(|inner| Self::new(inner, last_key)).collect();
        let leaves = node.leaves.iter().map(|leaf| {
            let cpe = if leaf.vulnerable { Cpe::parse(&leaf.criteria) } else { None };
            let key = cpe.as_ref().and_then(|cpe| match last_key {
                Some(key) if is_key_of(key, cpe) => Some(key.clone()),
                _ => cpe.key(),
            });
            if key.is_some() {
                last_key.clone_from(&key);
            }
            Named { leaf, cpe, key }
        });
        let leaves: Vec<Named<'_>> = leaves.collect();
        let len = 1 + leaves.len() + branches.iter().map(|inner| inner.len).sum::<usize>();
        Self { node, branches, leaves, len }
    }
}

/// Whether `key` is for sure that of `cpe`.
fn is_key_of(key: &PackageKey, cpe: &Cpe<'_>) -> bool {
    let (Some(vendor), Some(product)) = (cpe.vendor.value(), cpe.product.value()) else { return false };
    key.name.strip_prefix(vendor).and_then(|rest| rest.strip_prefix(':')) == Some(product)
}

/// What stands beside a leaf below a node that asks for all.
#[derive(Clone, Copy)]
enum Beside<'a> {
    Branch(&'a Branch<'a>),
    Leaf(&'a Named<'a>),
}

/// What makes a row one of its own: its product, the name where that says more, and what is asked besides, which is kept
/// once: to hash it for each leaf would take as long as it is large.
type Place = (PackageKey, Option<Box<str>>, Option<*const Conditions>);

struct Rows<'r> {
    fixes: HashMap<&'r PackageKey, &'r str>,
    rows: Vec<Affected>,
    /// Where the row of a product, name and conditions is.
    places: HashMap<Place, usize>,
    /// What any leaf asks besides.
    asked: HashSet<Arc<Conditions>>,
    n_products: usize,
    n_products_of_rows: usize,
    remarks: &'r mut Remarks,
}

impl Rows<'_> {
    /// Adds the rows of `branch`, of which all of `gates` is asked besides.
    fn add_branch(&mut self, branch: &Branch<'_>, gates: &[Beside<'_>]) {
        let node = branch.node;
        let Some(asks_all) = asks_all(node) else {
            self.remarks.unknown_word("operator", node.operator.as_deref().unwrap_or_default());
            return;
        };
        if node.negate {
            // What is vulnerable where something is absent cannot be told from what is there.
            if has_vulnerable(node) {
                self.remarks.leave_out("vulnerable software of a negated node");
            }
            return;
        }
        if !asks_all {
            for inner in &branch.branches {
                self.add_branch(inner, gates);
            }
            self.add_leaves(&branch.leaves, gates);
            return;
        }
        let branches = branch.branches.iter().map(Beside::Branch);
        let parts: Vec<Beside<'_>> = branches.chain(branch.leaves.iter().map(Beside::Leaf)).collect();
        for (index, part) in parts.iter().enumerate() {
            if !part.has_vulnerable() {
                continue;
            }
            if !self.has_room(gates.len() + parts.len()) {
                return;
            }
            let others = parts.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, it)| *it);
            let gates: Vec<Beside<'_>> = gates.iter().copied().chain(others).collect();
            match part {
                Beside::Branch(inner) => self.add_branch(inner, &gates),
                Beside::Leaf(leaf) => self.add_leaves(std::slice::from_ref(*leaf), &gates),
            }
        }
    }

    fn add_leaves(&mut self, leaves: &[Named<'_>], gates: &[Beside<'_>]) {
        let leaves = || leaves.iter().filter(|named| named.leaf.vulnerable);
        if leaves().next().is_none() {
            return;
        }
        if !self.has_room(0) {
            return;
        }
        let n_products: usize = gates.iter().map(Beside::len).sum();
        if !self.has_room(n_products) {
            return;
        }
        let mut vulnerable: HashSet<&PackageKey> = HashSet::default();
        gates.iter().for_each(|gate| gate.vulnerable_keys(&mut vulnerable));
        let mut is_first = true;
        // The platform of every leaf that is not itself among the gates.
        let mut shared: Option<Option<Platform>> = None;
        let mut conditions: HashMap<Option<Box<str>>, Option<Arc<Conditions>>> = HashMap::default();
        for Named { leaf, cpe, key } in leaves() {
            let Some(cpe) = cpe else {
                self.remarks.unknown_word("criteria", &leaf.criteria);
                continue;
            };
            let Some(key) = key else {
                self.remarks.leave_out("CPE of any vendor or product");
                continue;
            };
            let target: Option<Box<str>> = cpe.target_software.value().map(Box::from);
            let is_gate = vulnerable.contains(key);
            let known = conditions.get(&target).filter(|_| !is_gate);
            let conditions = if let Some(known) = known {
                known.clone()
            } else {
                // Each names all products anew; those of the first are counted.
                if !std::mem::take(&mut is_first) && !self.has_room(n_products) {
                    return;
                }
                if is_gate {
                    self.conditions(platform(gates, Some(key)), target)
                } else {
                    let platform = shared.get_or_insert_with(|| platform(gates, None)).clone();
                    let new = self.conditions(platform, target.clone());
                    conditions.insert(target, new.clone());
                    new
                }
            };
            self.add_leaf(leaf, cpe, key, conditions, n_products);
        }
    }

    /// Whether so many products more may be named; it is counted where they may not.
    fn has_room(&mut self, n_products: usize) -> bool {
        self.n_products = self.n_products.saturating_add(n_products);
        let has_room = self.n_products <= PLATFORM_PRODUCTS_MAX;
        if !has_room {
            self.remarks.leave_out(TOO_LARGE);
        }
        has_room
    }

    /// What is asked besides the version, the same for all who ask the same.
    fn conditions(
        &mut self,
        platform: Option<Platform>,
        target_software: Option<Box<str>>,
    ) -> Option<Arc<Conditions>> {
        let conditions = Conditions { platform, target_software, ..Conditions::default() };
        if conditions.is_empty() {
            return None;
        }
        if let Some(held) = self.asked.get(&conditions) {
            return Some(Arc::clone(held));
        }
        let new = Arc::new(conditions);
        self.asked.insert(Arc::clone(&new));
        Some(new)
    }

    fn add_leaf(
        &mut self,
        leaf: &Leaf<'_>,
        cpe: &Cpe<'_>,
        key: &PackageKey,
        conditions: Option<Arc<Conditions>>,
        n_products: usize,
    ) {
        let fix = self.fixes.get(key).copied();
        let Some(row) = self.row(key, written(cpe), conditions, n_products) else {
            return self.remarks.leave_out(TOO_LARGE);
        };
        let row = &mut self.rows[row];
        match leaf.said(cpe, fix, self.remarks) {
            Said::Version(version) => row.versions.push(version),
            Said::Range(range) => {
                if range.events.iter().any(|event| matches!(event, RangeEvent::Fixed(_))) {
                    row.fix_state = FixState::Fixed;
                }
                row.ranges.push(range);
            }
        }
    }

    /// Where the row is of what is asked so, made empty at its first mention; none where all rows ask for too much.
    fn row(
        &mut self,
        key: &PackageKey,
        name: Option<Box<str>>,
        conditions: Option<Arc<Conditions>>,
        n_products: usize,
    ) -> Option<usize> {
        let asked = conditions.as_ref().map(Arc::as_ptr);
        // Most leaves are of the row that the one before them is of.
        let is_of = |row: &Affected| {
            row.key == *key && row.aside.name == name && row.conditions.as_ref().map(Arc::as_ptr) == asked
        };
        if self.rows.last().is_some_and(is_of) {
            return Some(self.rows.len() - 1);
        }
        match self.places.entry((key.clone(), name, asked)) {
            Entry::Occupied(entry) => Some(*entry.get()),
            Entry::Vacant(entry) => {
                self.n_products_of_rows = self.n_products_of_rows.saturating_add(n_products);
                if self.n_products_of_rows > ROW_PRODUCTS_MAX {
                    return None;
                }
                let (key, name, _) = entry.key().clone();
                self.rows.push(Affected {
                    conditions,
                    aside: Aside { name, ..Aside::default() }.into(),
                    ..Affected::new(key, Status::Affected)
                });
                Some(*entry.insert(self.rows.len() - 1))
            }
        }
    }
}

/// What all of `gates` ask for, without what is `own`.
fn platform(gates: &[Beside<'_>], own: Option<&PackageKey>) -> Option<Platform> {
    let mut all: Vec<Platform> = gates.iter().map(|gate| gate.platform(own)).collect();
    if all.len() > 1 { Some(Platform::All(all)) } else { all.pop() }
}

const TOO_LARGE: &str = "configuration that is too large";

/// The name of `cpe` without its version, where it says more than its key does.
pub(crate) fn written(cpe: &Cpe<'_>) -> Option<Box<str>> {
    (!cpe.is_plain()).then(|| cpe.unversioned().into())
}

fn has_vulnerable(node: &Node<'_>) -> bool {
    node.leaves.iter().any(|leaf| leaf.vulnerable) || node.nodes.iter().any(has_vulnerable)
}

impl<'a> Beside<'a> {
    fn has_vulnerable(&self) -> bool {
        match self {
            Self::Branch(branch) => has_vulnerable(branch.node),
            Self::Leaf(named) => named.leaf.vulnerable,
        }
    }

    /// How many products it names, itself counted.
    fn len(&self) -> usize {
        match self {
            Self::Leaf(_) => 1,
            Self::Branch(branch) => branch.len,
        }
    }

    fn vulnerable_keys(&self, keys: &mut HashSet<&'a PackageKey>) {
        match self {
            Self::Leaf(named) => keys.extend(&named.key),
            Self::Branch(Branch { branches, leaves, .. }) => {
                branches.iter().for_each(|inner| Beside::Branch(inner).vulnerable_keys(keys));
                leaves.iter().for_each(|named| keys.extend(&named.key));
            }
        }
    }

    /// It as a platform, without the vulnerable product `own`: nothing is its own platform.
    fn platform(&self, own: Option<&PackageKey>) -> Platform {
        let branch = match self {
            Self::Leaf(named) if named.is(own) => return Platform::Any(Vec::new()),
            Self::Leaf(named) => return Platform::Product(named.leaf.bounds()),
            Self::Branch(branch) => branch,
        };
        let Branch { node, branches, leaves, .. } = branch;
        let nodes = branches.iter().map(|inner| Beside::Branch(inner).platform(own));
        let others = leaves.iter().filter(|named| !named.is(own));
        let products = others.map(|named| Platform::Product(named.leaf.bounds()));
        let mut parts: Vec<Platform> = nodes.chain(products).collect();
        let platform = match asks_all(node) {
            Some(true) if leaves.iter().any(|named| named.is(own)) => Platform::Any(Vec::new()),
            Some(true) => Platform::All(parts),
            Some(false) if parts.len() == 1 => parts.swap_remove(0),
            Some(false) => Platform::Any(parts),
            // What is not understood holds nowhere, negated or not.
            None => return Platform::Any(Vec::new()),
        };
        if node.negate { Platform::Not(Box::new(platform)) } else { platform }
    }
}

impl Named<'_> {
    fn is(&self, own: Option<&PackageKey>) -> bool {
        own.is_some() && self.key.as_ref() == own
    }
}

/// What a leaf says of versions.
enum Said {
    Version(VersionText),
    Range(AffectedRange),
}

impl Leaf<'_> {
    fn key(&self) -> Option<PackageKey> {
        Cpe::parse(&self.criteria)?.key()
    }

    fn bounds(&self) -> CpeBounds {
        let bound = |text: &Option<Text<'_>>| stated(text).map(VersionText::from);
        CpeBounds {
            criteria: (&*self.criteria).into(),
            is_vulnerable: self.vulnerable,
            start_including: bound(&self.version_start_including),
            start_excluding: bound(&self.version_start_excluding),
            end_including: bound(&self.version_end_including),
            end_excluding: bound(&self.version_end_excluding),
        }
    }

    fn said(&self, cpe: &Cpe<'_>, fix: Option<&str>, remarks: &mut Remarks) -> Said {
        let starts = (stated(&self.version_start_including), stated(&self.version_start_excluding));
        let ends = (stated(&self.version_end_including), stated(&self.version_end_excluding));
        if matches!(starts, (Some(_), Some(_))) || matches!(ends, (Some(_), Some(_))) {
            remarks.unknown_word("cpeMatch", "two bounds of one side");
        }
        let is_bounded = starts != (None, None) || ends != (None, None);
        match (&cpe.version, is_bounded) {
            (Attribute::Is(version), false) => {
                let full = cpe.full_version();
                return Said::Version(full.as_deref().unwrap_or(version).into());
            }
            // It is of what has no version.
            (Attribute::NotApplicable, false) => return Said::Version("-".into()),
            (Attribute::Is(_) | Attribute::NotApplicable, true) => {
                remarks.unknown_word("cpeMatch", "version and bounds");
            }
            (Attribute::Any, _) => {}
        }
        let mut events = Events::new();
        events.push(match starts {
            (Some(from), _) => RangeEvent::Introduced(from.into()),
            (None, Some(above)) => RangeEvent::IntroducedAfter(above.into()),
            (None, None) => RangeEvent::Introduced("0".into()),
        });
        events.extend(match ends {
            (Some(last), _) => Some(RangeEvent::LastAffected(last.into())),
            (None, Some(end)) if fix == Some(end) => Some(RangeEvent::Fixed(end.into())),
            (None, Some(end)) => Some(RangeEvent::Limit(end.into())),
            (None, None) => None,
        });
        Said::Range(AffectedRange { events })
    }
}

/// A bound; `*` and `-` are none.
fn stated<'a>(bound: &'a Option<Text<'_>>) -> Option<&'a str> {
    bound.as_deref().map(str::trim).filter(|bound| !matches!(*bound, "" | "*" | "-"))
}
