//! NVD's configurations: which versions of which products are vulnerable, and beside what (feeds.md A22). The CVE list has
//! them too, as `cpeApplicability` (A23).
//!
//! A configuration is a tree. Each leaf is a CPE name with bounds; one that is vulnerable gives a row, and all that the
//! nodes above it ask besides is that row's platform.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use model::advisory::{
    Affected, AffectedRange, Aside, Conditions, CpeBounds, FixState, Platform, RangeEvent, Status,
};
use model::cpe::{Attribute, Cpe};
use model::key::{Namespace, PackageKey};
use model::version::VersionText;
use serde::Deserialize;

use crate::advisories::Remarks;
use crate::schema::{Text, null_as_default};

/// How many products all platforms of one record may name. A configuration that asks for more is left out, and counted:
/// in real ones a platform has tens.
const PLATFORM_PRODUCTS_MAX: usize = 200_000;

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
    let mut rows = Rows {
        fixes: Fixes::of(configurations),
        rows: Vec::new(),
        places: HashMap::new(),
        n_products: 0,
        remarks,
    };
    for configuration in configurations {
        rows.add_node(configuration, &[]);
    }
    let mut rows = rows.rows;
    for row in &mut rows {
        row.versions.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        row.versions.dedup();
        let mut seen = HashSet::new();
        row.ranges.retain(|range| seen.insert(range.clone()));
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

/// What stands beside a leaf below a node that asks for all.
#[derive(Clone, Copy)]
enum Beside<'a> {
    Node(&'a Node<'a>),
    Leaf(&'a Leaf<'a>),
}

/// What makes a row one of its own: its product, the name where that says more, and what is asked besides.
type Place = (PackageKey, Option<Box<str>>, Option<Arc<Conditions>>);

struct Rows<'r> {
    fixes: Fixes,
    rows: Vec<Affected>,
    /// Where the row of a product, name and conditions is.
    places: HashMap<Place, usize>,
    n_products: usize,
    remarks: &'r mut Remarks,
}

impl Rows<'_> {
    /// Adds the rows below `node`, of which all of `gates` is asked besides.
    fn add_node(&mut self, node: &Node<'_>, gates: &[Beside<'_>]) {
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
            for inner in &node.nodes {
                self.add_node(inner, gates);
            }
            self.add_leaves(&node.leaves.iter().collect::<Vec<_>>(), gates);
            return;
        }
        let nodes = node.nodes.iter().map(Beside::Node);
        let parts: Vec<Beside<'_>> = nodes.chain(node.leaves.iter().map(Beside::Leaf)).collect();
        for (index, part) in parts.iter().enumerate() {
            if !part.has_vulnerable() {
                continue;
            }
            if self.n_products + parts.len() > PLATFORM_PRODUCTS_MAX {
                self.remarks.leave_out(TOO_LARGE);
                return;
            }
            self.n_products += parts.len();
            let others = parts.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, it)| *it);
            let gates: Vec<Beside<'_>> = gates.iter().copied().chain(others).collect();
            match part {
                Beside::Node(inner) => self.add_node(inner, &gates),
                Beside::Leaf(leaf) => self.add_leaves(&[*leaf], &gates),
            }
        }
    }

    fn add_leaves(&mut self, leaves: &[&Leaf<'_>], gates: &[Beside<'_>]) {
        if self.n_products > PLATFORM_PRODUCTS_MAX {
            return self.remarks.leave_out(TOO_LARGE);
        }
        let leaves = leaves.iter().filter(|leaf| leaf.vulnerable);
        let mut vulnerable = HashSet::new();
        gates.iter().for_each(|gate| gate.vulnerable_keys(&mut vulnerable));
        // The platform of every leaf that is not itself among the gates.
        let mut shared: Option<Option<Platform>> = None;
        let mut conditions: HashMap<Option<Box<str>>, Option<Arc<Conditions>>> = HashMap::new();
        for leaf in leaves {
            let Some(cpe) = Cpe::parse(&leaf.criteria) else {
                self.remarks.unknown_word("criteria", &leaf.criteria);
                continue;
            };
            let Some(key) = cpe.key() else {
                self.remarks.leave_out("CPE of any vendor or product");
                continue;
            };
            let target: Option<Box<str>> = cpe.target_software.value().map(Box::from);
            let conditions = if vulnerable.contains(&key) {
                let Some(platform) = self.platform(gates, Some(&key)) else { continue };
                conditions_of(platform, target)
            } else if let Some(known) = conditions.get(&target) {
                known.clone()
            } else {
                let platform = match &shared {
                    Some(platform) => platform.clone(),
                    None => {
                        let Some(platform) = self.platform(gates, None) else { return };
                        shared.insert(platform).clone()
                    }
                };
                let new = conditions_of(platform, target.clone());
                conditions.insert(target, new.clone());
                new
            };
            self.add_leaf(leaf, &cpe, key, conditions);
        }
    }

    /// What all of `gates` ask for, without what is `own`; none when that is too much.
    fn platform(&mut self, gates: &[Beside<'_>], own: Option<&PackageKey>) -> Option<Option<Platform>> {
        let n_products: usize = gates.iter().map(Beside::len).sum();
        self.n_products = self.n_products.saturating_add(n_products);
        if self.n_products > PLATFORM_PRODUCTS_MAX {
            self.remarks.leave_out(TOO_LARGE);
            return None;
        }
        let mut all: Vec<Platform> = gates.iter().map(|gate| gate.platform(own)).collect();
        Some(if all.len() > 1 { Some(Platform::All(all)) } else { all.pop() })
    }

    fn add_leaf(
        &mut self,
        leaf: &Leaf<'_>,
        cpe: &Cpe<'_>,
        key: PackageKey,
        conditions: Option<Arc<Conditions>>,
    ) {
        let name = written(cpe);
        let fix = self.fixes.of_key(&key);
        let place = match self.places.entry((key, name, conditions)) {
            std::collections::hash_map::Entry::Occupied(entry) => *entry.get(),
            std::collections::hash_map::Entry::Vacant(entry) => {
                let (key, name, conditions) = entry.key().clone();
                self.rows.push(Affected {
                    conditions,
                    aside: Aside { name, ..Aside::default() }.into(),
                    ..Affected::new(key, Status::Affected)
                });
                *entry.insert(self.rows.len() - 1)
            }
        };
        let row = &mut self.rows[place];
        match leaf.said(cpe, fix.as_deref(), self.remarks) {
            Said::Version(version) => row.versions.push(version),
            Said::Range(range) => {
                if range.events.iter().any(|event| matches!(event, RangeEvent::Fixed(_))) {
                    row.fix_state = FixState::Fixed;
                }
                row.ranges.push(range);
            }
        }
    }
}

const TOO_LARGE: &str = "configuration that is too large";

fn conditions_of(platform: Option<Platform>, target_software: Option<Box<str>>) -> Option<Arc<Conditions>> {
    let conditions = Conditions { platform, target_software, ..Conditions::default() };
    (!conditions.is_empty()).then(|| Arc::new(conditions))
}

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
            Self::Node(node) => has_vulnerable(node),
            Self::Leaf(leaf) => leaf.vulnerable,
        }
    }

    /// How many products it names, itself counted.
    fn len(&self) -> usize {
        match self {
            Self::Leaf(_) => 1,
            Self::Node(node) => {
                1 + node.leaves.len()
                    + node.nodes.iter().map(|inner| Beside::Node(inner).len()).sum::<usize>()
            }
        }
    }

    fn vulnerable_keys(&self, keys: &mut HashSet<PackageKey>) {
        match self {
            Self::Leaf(leaf) if leaf.vulnerable => keys.extend(leaf.key()),
            Self::Leaf(_) => {}
            Self::Node(node) => {
                node.nodes.iter().for_each(|inner| Beside::Node(inner).vulnerable_keys(keys));
                node.leaves.iter().for_each(|leaf| Beside::Leaf(leaf).vulnerable_keys(keys));
            }
        }
    }

    /// It as a platform, without the vulnerable product `own`: nothing is its own platform.
    fn platform(&self, own: Option<&PackageKey>) -> Platform {
        let node = match self {
            Self::Leaf(leaf) if leaf.is(own) => return Platform::Any(Vec::new()),
            Self::Leaf(leaf) => return Platform::Product(leaf.bounds()),
            Self::Node(node) => node,
        };
        let nodes = node.nodes.iter().map(|inner| Beside::Node(inner).platform(own));
        let leaves =
            node.leaves.iter().filter(|leaf| !leaf.is(own)).map(|leaf| Platform::Product(leaf.bounds()));
        let mut parts: Vec<Platform> = nodes.chain(leaves).collect();
        let platform = match asks_all(node) {
            Some(true) if node.leaves.iter().any(|leaf| leaf.is(own)) => Platform::Any(Vec::new()),
            Some(true) => Platform::All(parts),
            Some(false) if parts.len() == 1 => parts.swap_remove(0),
            Some(false) => Platform::Any(parts),
            // What is not understood holds nowhere, negated or not.
            None => return Platform::Any(Vec::new()),
        };
        if node.negate { Platform::Not(Box::new(platform)) } else { platform }
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

    fn is(&self, own: Option<&PackageKey>) -> bool {
        own.is_some() && self.vulnerable && self.key().as_ref() == own
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
        let mut events = vec![match starts {
            (Some(from), _) => RangeEvent::Introduced(from.into()),
            (None, Some(above)) => RangeEvent::IntroducedAfter(above.into()),
            (None, None) => RangeEvent::Introduced("0".into()),
        }];
        events.extend(match ends {
            (Some(last), _) => Some(RangeEvent::LastAffected(last.into())),
            (None, Some(end)) if fix == Some(end) => Some(RangeEvent::Fixed(end.into())),
            (None, Some(end)) => Some(RangeEvent::Limit(end.into())),
            (None, None) => None,
        });
        Said::Range(AffectedRange { events: events.into() })
    }
}

/// A bound; `*` and `-` are none.
fn stated<'a>(bound: &'a Option<Text<'_>>) -> Option<&'a str> {
    bound.as_deref().map(str::trim).filter(|bound| !matches!(*bound, "" | "*" | "-"))
}

/// The version that holds the fix of each product, where that can be told: NVD states the first version that is no longer
/// affected, not where it came from. There is one only where a record ends at a single such version, and does not itself
/// list it as vulnerable (feeds.md A22, "Fix inference").
#[derive(Default)]
struct Fixes(HashMap<PackageKey, Fix>);

#[derive(Default)]
struct Fix {
    ends: HashSet<Box<str>>,
    vulnerable: HashSet<Box<str>>,
}

impl Fixes {
    fn of(configurations: &[Node<'_>]) -> Self {
        let mut fixes = Self::default();
        configurations.iter().for_each(|node| fixes.add(node));
        fixes
    }

    fn add(&mut self, node: &Node<'_>) {
        node.nodes.iter().for_each(|inner| self.add(inner));
        for leaf in node.leaves.iter().filter(|leaf| leaf.vulnerable) {
            let Some(cpe) = Cpe::parse(&leaf.criteria) else { continue };
            let Some(key) = cpe.key() else { continue };
            let fix = self.0.entry(key).or_default();
            fix.ends.extend(stated(&leaf.version_end_excluding).map(Box::from));
            let (start, end) = (stated(&leaf.version_start_including), stated(&leaf.version_end_including));
            fix.vulnerable.extend(start.into_iter().chain(end).chain(cpe.version.value()).map(Box::from));
        }
    }

    fn of_key(&self, key: &PackageKey) -> Option<Box<str>> {
        let fix = self.0.get(key)?;
        let mut clean = fix.ends.iter().filter(|end| !fix.vulnerable.contains(*end));
        match (clean.next(), clean.next()) {
            (Some(only), None) => Some(only.clone()),
            _ => None,
        }
    }
}
