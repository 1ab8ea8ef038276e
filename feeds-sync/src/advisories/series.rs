//! Statements that are a time series: of two about the same the later stands (feeds.md A28).

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use model::advisory::{Advisory, Affected, AffectedRange, Conditions, RangeEvent, Status};
use model::ecosystem::Ecosystem;
use model::key::{Namespace, PackageKey};
use model::version::VersionText;

use crate::error::ParseError;
use crate::records::{HashMap, HashSet, Records};

/// What was stated, by record and package.
pub(super) type Stated = HashMap<(Box<str>, PackageKey), Series>;

/// What one record was stated to say of one package, by the versions that are listed and the builds that are meant.
#[derive(Debug, Default)]
pub(super) struct Series {
    said: HashMap<Scope, Said>,
    builds: HashSet<Option<Arc<Conditions>>>,
}

/// What a statement is about besides the package. Of no version it is about all of them, and without conditions about each
/// build.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Scope {
    versions: Vec<Box<str>>,
    build: Option<Arc<Conditions>>,
}

#[derive(Clone, Debug)]
struct Said {
    at: Option<Timestamp>,
    affected: Affected,
}

/// How many pairs of a build and a statement may be weighed against each other; those who name builds name a dozen.
const PAIRS_MAX: usize = 250_000;

fn within_limit(n_builds: usize, n_statements: usize) -> bool {
    n_builds < 2 || n_builds.saturating_mul(n_statements) <= PAIRS_MAX
}

/// How many versions all that is read at once may except from what is said of all; of one package no more than pairs are
/// weighed.
const EXCEPTIONS_MAX: usize = 1_000_000;

/// How many versions may be excepted still.
struct Exceptions(usize);

impl Exceptions {
    /// Whether each of `n_of_all` statements about all versions may except `n_versions`. One excepts no more than was stated.
    fn take(&mut self, n_of_all: usize, n_versions: usize) -> bool {
        let n_exceptions = n_of_all.saturating_mul(n_versions);
        if n_of_all < 2 {
            return true;
        }
        let left = self.0.checked_sub(n_exceptions).filter(|_| n_exceptions <= PAIRS_MAX);
        self.0 = left.unwrap_or(self.0);
        left.is_some()
    }
}

impl Series {
    /// Adds a row that was said at `at`.
    ///
    /// # Errors
    /// More is said of the builds of one package than can be weighed against each other.
    pub(super) fn add(&mut self, affected: Affected, at: Option<Timestamp>) -> Result<(), ParseError> {
        let said = Said { at, affected };
        if !self.builds.contains(&said.affected.conditions) {
            self.builds.insert(said.affected.conditions.clone());
        }
        match self.said.entry(said.scope()) {
            Entry::Vacant(entry) => drop(entry.insert(said)),
            Entry::Occupied(mut entry) => {
                if said.takes_the_place_of(entry.get()) {
                    entry.insert(said);
                }
            }
        }
        match within_limit(self.builds.len(), self.said.len()) {
            true => Ok(()),
            false => Err(ParseError::Limit { limit: "builds of one package", max: PAIRS_MAX as u64 }),
        }
    }
}

/// Adds to the records of `namespaces` the rows that stand of what was stated.
pub(super) fn settle(stated: Stated, namespaces: &mut BTreeMap<Namespace, Records>) {
    let vulnerabilities = vulnerabilities(namespaces.values().flat_map(Records::iter));
    let mut groups: BTreeMap<(PackageKey, usize), BTreeMap<Box<str>, Series>> = BTreeMap::new();
    for ((id, key), series) in stated {
        let vulnerability = vulnerabilities.get(&id).copied().unwrap_or_default();
        groups.entry((key, vulnerability)).or_default().insert(id, series);
    }
    let mut exceptions = Exceptions(EXCEPTIONS_MAX);
    for ((key, _), series) in groups {
        let Some(records) = namespaces.get_mut(&key.namespace) else { continue };
        for (id, affected) in standing(series, &mut exceptions) {
            records.named(&id).affected.push(affected);
        }
    }
}

/// A number for the vulnerability of each record: the same where their ids or aliases meet.
fn vulnerabilities<'r>(records: impl Iterator<Item = &'r Advisory>) -> HashMap<Box<str>, usize> {
    fn first_of(firsts: &mut [usize], mut number: usize) -> usize {
        while firsts[number] != number {
            firsts[number] = firsts[firsts[number]];
            number = firsts[number];
        }
        number
    }
    let mut numbers: HashMap<&str, usize> = HashMap::default();
    let (mut firsts, mut ids): (Vec<usize>, BTreeSet<&str>) = (Vec::new(), BTreeSet::new());
    for record in records {
        ids.insert(&record.id);
        let mut first = None;
        for id in std::iter::once(&record.id).chain(&record.aliases) {
            let number = *numbers.entry(id).or_insert_with(|| {
                firsts.push(firsts.len());
                firsts.len() - 1
            });
            let number = first_of(&mut firsts, number);
            firsts[number] = *first.get_or_insert(number);
        }
    }
    ids.into_iter().map(|id| (id.into(), first_of(&mut firsts, numbers[id]))).collect()
}

/// The rows that stand of what records say of one package, by record, in the order in which they were said. The records
/// speak of one vulnerability under several ids.
///
/// Within a record the later takes the place of what was said before of the same, or of a part of it; and what is said of
/// all versions does not hold for those of which something else was said later. A record takes nothing from another
/// but what suppresses where it says otherwise later (docs/decisions/0043).
fn standing(series: BTreeMap<Box<str>, Series>, exceptions: &mut Exceptions) -> Vec<(Box<str>, Affected)> {
    let is_alone = series.len() < 2;
    let mut standing: Vec<(Box<str>, Said)> = Vec::new();
    for (id, Series { said, .. }) in series {
        let said: Vec<Said> = said.into_values().collect();
        let n_of_all = said.iter().filter(|said| said.is_of_all()).count();
        let weighing = Weighing::of(&said, n_of_all, exceptions);
        let fates: Vec<Fate> = said.iter().map(|said| weighing.fate(said)).collect();
        drop(weighing);
        let after = said.into_iter().zip(fates).filter_map(|(said, fate)| said.after(fate));
        standing.extend(after.map(|said| (id.clone(), said)));
    }
    if !is_alone {
        standing = contradicted(standing, exceptions);
    }
    standing.sort_by_cached_key(|(id, said)| (said.order(), id.clone()));
    standing.into_iter().map(|(id, said)| (id, said.affected)).collect()
}

/// What stands of what several records say: nothing that suppresses where another says otherwise later.
fn contradicted(said: Vec<(Box<str>, Said)>, exceptions: &mut Exceptions) -> Vec<(Box<str>, Said)> {
    let mut latest: HashMap<Scope, Said> = HashMap::default();
    for (_, said) in said.iter().filter(|(_, said)| !said.clears()) {
        let held = latest.entry(said.scope()).or_insert_with(|| said.clone());
        held.at = held.at.max(said.at);
    }
    let latest: Vec<Said> = latest.into_values().collect();
    let builds: HashSet<_> = latest.iter().map(|said| &said.affected.conditions).collect();
    // What cannot be weighed suppresses nothing.
    let is_weighed = within_limit(builds.len(), said.len());
    let n_of_all = said.iter().filter(|(_, said)| said.clears() && said.is_of_all()).count();
    let weighing = Weighing::of(&latest, n_of_all, exceptions);
    let stands = |said: Said| match (said.clears(), is_weighed) {
        (false, _) => Some(said),
        (true, false) => None,
        (true, true) => {
            let fate = weighing.fate(&said);
            said.after(fate)
        }
    };
    said.into_iter().filter_map(|(id, said)| Some((id, stands(said)?))).collect()
}

/// Statements that others are held against, by the versions that they name.
struct Weighing<'s> {
    of_all: Vec<&'s Said>,
    of_some: HashMap<Vec<Box<str>>, Vec<&'s Said>>,
    /// Whether what is said of all versions may stand but for some.
    may_except: bool,
}

/// What becomes of a statement.
enum Fate {
    /// Something said later takes its place, or it suppresses and cannot be weighed.
    Gone,
    /// It stands, but not for these versions.
    Stands { except: Vec<VersionText> },
}

impl<'s> Weighing<'s> {
    /// Those to hold statements against, `n_of_all` of which are about all versions.
    fn of(said: &'s [Said], n_of_all: usize, exceptions: &mut Exceptions) -> Self {
        let n_versions = said.iter().map(|said| said.affected.versions.len()).sum();
        let may_except = exceptions.take(n_of_all, n_versions);
        let mut weighing = Self { of_all: Vec::new(), of_some: HashMap::default(), may_except };
        for said in said {
            match said.is_of_all() {
                true => weighing.of_all.push(said),
                false => weighing.of_some.entry(said.scope().versions).or_default().push(said),
            }
        }
        weighing
    }

    fn fate(&self, said: &Said) -> Fate {
        let same = self.of_some.get(&said.scope().versions).filter(|_| !said.is_of_all());
        if self.of_all.iter().chain(same.into_iter().flatten()).any(|other| said.gives_way(other)) {
            return Fate::Gone;
        }
        if said.is_of_all() && !self.may_except {
            // What cannot be weighed suppresses nothing.
            return match said.clears() {
                true => Fate::Gone,
                false => Fate::Stands { except: Vec::new() },
            };
        }
        let of_parts = self.of_some.values().flatten().filter(|_| said.is_of_all());
        let otherwise =
            of_parts.filter(|other| said.affected.status != other.affected.status && said.gives_way(other));
        let mut except: Vec<VersionText> =
            otherwise.flat_map(|other| &other.affected.versions).cloned().collect();
        except.sort_by_cached_key(ToString::to_string);
        except.dedup();
        Fate::Stands { except }
    }
}

impl Said {
    fn is_of_all(&self) -> bool {
        self.affected.versions.is_empty()
    }

    fn clears(&self) -> bool {
        matches!(self.affected.status, Status::NotAffected | Status::Fixed)
    }

    fn scope(&self) -> Scope {
        let Affected { key, versions, conditions, .. } = &self.affected;
        let ecosystem = Ecosystem::from_name(key.namespace.as_str());
        let versions = versions.iter().map(|version| spelling(ecosystem, version.as_str()).into()).collect();
        Scope { versions, build: conditions.clone() }
    }

    /// The order in which statements come that nothing else orders.
    fn order(&self) -> (Option<Timestamp>, bool, Vec<String>, String) {
        let versions = self.affected.versions.iter().map(ToString::to_string).collect();
        (self.at, !self.is_of_all(), versions, format!("{:?}", self.affected.conditions))
    }

    /// Whether it stands of two about the same. Of one time it is the one that does not suppress, because contradictions
    /// suppress nothing (docs/decisions/0032); else the graver, and of two that are equally grave any, but always the same.
    fn takes_the_place_of(&self, held: &Self) -> bool {
        let gravity = |said: &Self| match said.affected.status {
            Status::Affected => 4,
            Status::Undetermined => 3,
            Status::UnderInvestigation => 2,
            Status::Fixed => 1,
            Status::NotAffected => 0,
        };
        let rank = |said: &Self| (said.at, gravity(said));
        match rank(self).cmp(&rank(held)) {
            std::cmp::Ordering::Equal if self.affected != held.affected => {
                format!("{:?}", self.affected) > format!("{:?}", held.affected)
            }
            order => order.is_gt(),
        }
    }

    /// Whether it does not hold where `other` says something of the same versions: that was said later, of at least its
    /// builds. What suppresses gives way in all its builds also to what is said of some of them, because a row cannot
    /// leave out builds.
    fn gives_way(&self, other: &Self) -> bool {
        let contradicts = self.clears() && !other.clears();
        let is_later = other.at > self.at || other.at == self.at && contradicts;
        is_later
            && match Builds::of(self, other) {
                Builds::Among => true,
                Builds::Meet => contradicts,
                Builds::Apart => false,
            }
    }

    fn after(mut self, fate: Fate) -> Option<Self> {
        let Fate::Stands { except } = fate else { return None };
        if !except.is_empty() {
            self.affected.aside.unaffected.extend(except.into_iter().map(exactly));
        }
        Some(self)
    }
}

/// How the builds that one statement is about lie to those of another.
enum Builds {
    /// Each is one of the other's.
    Among,
    /// Some may be.
    Meet,
    Apart,
}

impl Builds {
    fn of(said: &Said, other: &Said) -> Self {
        let none = Conditions::default();
        let [of, others] = [said, other].map(|said| said.affected.conditions.as_deref().unwrap_or(&none));
        if of == others || others.is_empty() {
            return Self::Among;
        }
        let is_apart = |of: &[Box<str>], others: &[Box<str>]| {
            !of.is_empty() && !others.is_empty() && !of.iter().any(|one| others.contains(one))
        };
        let [module, others_module] = [of, others].map(|conditions| conditions.module.as_slice());
        let [architectures, others_architectures] =
            [of, others].map(|conditions| conditions.architectures.as_slice());
        if is_apart(module, others_module) || is_apart(architectures, others_architectures) {
            return Self::Apart;
        }
        let is_among = |of: &[Box<str>], others: &[Box<str>]| {
            others.is_empty() || !of.is_empty() && of.iter().all(|one| others.contains(one))
        };
        match is_among(module, others_module) && is_among(architectures, others_architectures) {
            true => Self::Among,
            false => Self::Meet,
        }
    }
}

/// The one spelling of versions that are equal in each order of their language: `v1.0` of Go is `1.0`, and 1.0.0 of
/// Python 1. Others are what they are written as.
fn spelling(language: Ecosystem, version: &str) -> &str {
    match language {
        Ecosystem::Golang | Ecosystem::Npm => version.strip_prefix('v').unwrap_or(version),
        Ecosystem::PyPi | Ecosystem::Maven | Ecosystem::NuGet | Ecosystem::Gem
            if version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') =>
        {
            let mut shortest = version;
            while let Some(shorter) = shortest.strip_suffix(".0") {
                shortest = shorter;
            }
            shortest
        }
        _ => version,
    }
}

fn exactly(version: VersionText) -> AffectedRange {
    AffectedRange {
        events: [RangeEvent::Introduced(version.clone()), RangeEvent::LastAffected(version)]
            .into_iter()
            .collect(),
    }
}
