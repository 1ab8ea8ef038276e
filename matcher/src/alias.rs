//! Which rows speak of the same vulnerability (feeds.md D5).
//!
//! Groups are made anew from the rows at hand, by union-find over their ids. The guard: two different CVE ids
//! never end up in one group. A record that names several CVEs joins none of them. Where a chain of records
//! would join two CVEs, the link that is last in the order of the ids is left out, after all links to a CVE
//! itself. Either way such a record is evidence in each group that it names. Nothing depends on the order of
//! the rows.

use std::collections::{BTreeSet, HashMap, HashSet};

use foldhash::quality::RandomState;
use smallvec::{SmallVec, smallvec};

use model::advisory::{RecordState, Row};
use model::text::ShortText;

/// One vulnerability.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Group<'a> {
    /// The id that stands for it: its CVE, else a GHSA, else another.
    pub(crate) primary: &'a str,
    /// Every other id, sorted.
    pub(crate) others: SmallVec<[&'a str; 2]>,
    /// The rows that speak of it, as positions in the rows given; ascending.
    pub(crate) rows: SmallVec<[usize; 4]>,
}

/// The groups of `rows` in which at least one row `counts`, sorted by primary id. Time is that of sorting the
/// ids that have to do with those rows; the others cost a few look-ups each.
pub(crate) fn groups<'a>(rows: &[&'a Row], counts: impl Fn(usize) -> bool) -> Vec<Group<'a>> {
    let near = near(rows, &counts);
    if near.iter().all(|&position| rows[position].aliases.is_empty()) {
        return by_record(rows, near);
    }
    match of_one_each(rows, &near) {
        Some(groups) => groups,
        None => joined(rows, &near, counts),
    }
}

/// The groups of few rows that share no id, which is what most packages have.
fn of_one_each<'a>(rows: &[&'a Row], near: &[usize]) -> Option<Vec<Group<'a>>> {
    const ROWS_MAX: usize = 8;
    let nobody = BTreeSet::new();
    let is_plain = |row: &Row| {
        row.aliases.len() < ROWS_MAX && row.state != RecordState::Rejected && !is_container(row, &nobody)
    };
    if near.len() > ROWS_MAX || !near.iter().all(|&position| is_plain(rows[position])) {
        return None;
    }
    let share = |&left: &usize, &right: &usize| {
        bytes_of_ids(rows[left]).any(|id| bytes_of_ids(rows[right]).any(|other| id == other))
    };
    if near.iter().enumerate().any(|(index, left)| near[..index].iter().any(|right| share(left, right))) {
        return None;
    }
    let group = |&position: &usize| Group::of(ids_of(rows[position]), &nobody, smallvec![position]);
    let mut groups: Vec<Group<'a>> = near.iter().map(group).collect();
    sort(&mut groups);
    Some(groups)
}

fn sort(groups: &mut [Group<'_>]) {
    groups
        .sort_by(|left, right| left.primary.cmp(right.primary).then_with(|| left.others.cmp(&right.others)));
}

/// The groups of `near`, where ids join rows.
fn joined<'a>(rows: &[&'a Row], near: &[usize], counts: impl Fn(usize) -> bool) -> Vec<Group<'a>> {
    let near = || near.iter().map(|&position| (position, rows[position]));
    let rejected: BTreeSet<&str> = near()
        .filter(|(_, row)| row.state == RecordState::Rejected && is_cve(&row.record))
        .map(|(_, row)| row.record.as_str())
        .collect();
    let mut ids = Ids::default();
    let mut links: Vec<(usize, usize)> = Vec::new();
    for (position, row) in near() {
        if row.aliases.is_empty() && !counts(position) {
            continue;
        }
        let record = ids.number(&row.record, &rejected);
        let is_container = is_container(row, &rejected);
        for alias in &row.aliases {
            let alias = ids.number(alias, &rejected);
            if !is_container {
                links.push((record, alias));
            }
        }
    }
    links.sort_by_cached_key(|&(left, right)| {
        let names_cve = ids.guarded[left].is_some() || ids.guarded[right].is_some();
        let (left, right) = (ids.texts[left], ids.texts[right]);
        (!names_cve, left.min(right), left.max(right))
    });
    for (left, right) in links {
        ids.join(left, right);
    }

    let mut members: Vec<(usize, usize)> = Vec::new();
    let mut roots: Vec<usize> = Vec::new();
    for (position, row) in near() {
        ids.roots_of(row, &mut roots);
        members.extend(roots.iter().map(|&root| (root, position)));
    }
    members.sort_unstable();
    let mut groups: Vec<Group<'a>> = members
        .chunk_by(|(left, _), (right, _)| left == right)
        .filter(|members| members.iter().any(|&(_, position)| counts(position)))
        .map(|members| ids.group(rows, members, &rejected))
        .collect();
    sort(&mut groups);
    groups
}

/// The groups of rows that go by one id each.
fn by_record<'a>(rows: &[&'a Row], mut positions: Vec<usize>) -> Vec<Group<'a>> {
    positions.sort_by_key(|&position| &rows[position].record);
    let same = positions.chunk_by(|&left, &right| rows[left].record == rows[right].record);
    let group = |positions: &[usize]| Group {
        primary: rows[positions[0]].record.as_str(),
        others: SmallVec::new(),
        rows: positions.into(),
    };
    same.map(group).collect()
}

/// The positions, ascending, of all rows that share an id with one that `counts`, or with one that does, and so on: no other
/// can be in its group or have a say in what that is.
fn near(rows: &[&Row], counts: impl Fn(usize) -> bool) -> Vec<usize> {
    // Chains are short; a feed that links thousands of records in a row costs what grouping everything costs.
    const TURNS_MAX: usize = 4;
    let mut ids = NearIds::default();
    let mut is_near: Vec<bool> = (0..rows.len()).map(counts).collect();
    for (row, _) in rows.iter().zip(&is_near).filter(|(_, is_near)| **is_near) {
        ids.add(row);
    }
    let mut n_turns = 0;
    loop {
        let n_ids = ids.texts.len();
        for (row, is_near) in rows.iter().zip(&mut is_near) {
            if !*is_near && ids.has_one_of(row) {
                *is_near = true;
                ids.add(row);
            }
        }
        n_turns += 1;
        match ids.texts.len() == n_ids {
            true => return (0..rows.len()).filter(|&position| is_near[position]).collect(),
            false if n_turns == TURNS_MAX => return (0..rows.len()).collect(),
            false => {}
        }
    }
}

/// The ids of rows. Nearly every other is told apart by its last two bytes, which costs less than to hash it.
#[derive(Default)]
struct NearIds<'a> {
    texts: HashSet<&'a [u8], RandomState>,
    /// One bit for some of the ends of ids.
    ends: u64,
}

impl<'a> NearIds<'a> {
    fn add(&mut self, row: &'a Row) {
        for id in bytes_of_ids(row) {
            self.ends |= Self::end(id);
            self.texts.insert(id);
        }
    }

    fn has_one_of(&self, row: &Row) -> bool {
        self.has(&row.record) || row.aliases.iter().any(|id| self.has(id))
    }

    fn has(&self, id: &ShortText) -> bool {
        let id = id.as_bytes();
        self.ends & Self::end(id) != 0 && self.texts.contains(id)
    }

    fn end(id: &[u8]) -> u64 {
        let [.., tens, ones] = id else { return 1 };
        1 << ((tens & 7) << 3 | ones & 7)
    }
}

fn bytes_of_ids(row: &Row) -> impl Iterator<Item = &[u8]> {
    std::iter::once(&row.record).chain(&row.aliases).map(ShortText::as_bytes)
}

/// Whether a record names several CVEs.
fn is_container(row: &Row, rejected: &BTreeSet<&str>) -> bool {
    let mut cves = ids_of(row).filter(|id| is_cve(id) && !rejected.contains(id));
    let first = cves.next();
    cves.any(|cve| Some(cve) != first)
}

impl<'a> Group<'a> {
    /// The one that goes by `names`, of which there is at least one.
    fn of(
        names: impl Iterator<Item = &'a str>,
        rejected: &BTreeSet<&str>,
        rows: SmallVec<[usize; 4]>,
    ) -> Self {
        let mut names: SmallVec<[&'a str; 2]> = names.collect();
        names.sort_unstable();
        names.dedup();
        let primary = names
            .iter()
            .enumerate()
            .min_by_key(|(_, id)| (rejected.contains(*id), rank(id)))
            .map(|(index, _)| index)
            .expect("a row belongs to the group of an id that it names");
        let primary = names.remove(primary);
        Self { primary, others: names, rows }
    }

    /// Every id.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &'a str> {
        std::iter::once(self.primary).chain(self.others.iter().copied())
    }
}

fn ids_of(row: &Row) -> impl Iterator<Item = &str> {
    std::iter::once(&row.record).chain(&row.aliases).map(ShortText::as_str)
}

pub(crate) fn is_cve(id: &str) -> bool {
    id.starts_with("CVE-")
}

/// Where an id's kind stands among those that may stand for a group; the lowest does.
fn rank(id: &str) -> usize {
    const KINDS: [&str; 5] = ["CVE-", "GHSA-", "GO-", "RUSTSEC-", "PYSEC-"];
    KINDS.iter().position(|kind| id.starts_with(kind)).unwrap_or(KINDS.len())
}

/// Ids by number, with a union-find over them.
#[derive(Default)]
struct Ids<'a> {
    /// Its hash is keyed: ids are foreign text, and most of the work of grouping is looking them up.
    numbers: HashMap<&'a str, usize, RandomState>,
    texts: Vec<&'a str>,
    parents: Vec<usize>,
    sizes: Vec<usize>,
    /// By root: the CVE in the group that no other may join.
    guarded: Vec<Option<usize>>,
}

impl<'a> Ids<'a> {
    fn number(&mut self, id: &'a str, rejected: &BTreeSet<&str>) -> usize {
        let next = self.texts.len();
        let number = *self.numbers.entry(id).or_insert(next);
        if number == next {
            self.texts.push(id);
            self.parents.push(number);
            self.sizes.push(1);
            self.guarded.push((is_cve(id) && !rejected.contains(id)).then_some(number));
        }
        number
    }

    fn root(&self, id: usize) -> usize {
        let mut root = id;
        while self.parents[root] != root {
            root = self.parents[root];
        }
        root
    }

    fn cve_of(&self, id: usize) -> Option<usize> {
        self.guarded[self.root(id)]
    }

    /// The groups that a row belongs to: every vulnerability that it names, several where the guard kept them
    /// apart. None for a row whose id nobody else speaks of.
    fn roots_of(&self, row: &'a Row, roots: &mut Vec<usize>) {
        let all = ids_of(row).filter_map(|id| self.numbers.get(id)).map(|&id| self.root(id));
        roots.clear();
        roots.extend(all);
        roots.sort_unstable();
        roots.dedup();
        if roots.len() > 1 && roots.iter().any(|&root| self.guarded[root].is_some()) {
            roots.retain(|&root| self.guarded[root].is_some());
        }
    }

    /// The group of `members`, which are pairs of its root and a row's position.
    fn group(&self, rows: &[&'a Row], members: &[(usize, usize)], rejected: &BTreeSet<&str>) -> Group<'a> {
        let root = members[0].0;
        // An id that was kept out of this group by the guard names another vulnerability.
        let belongs = |id: &&'a str| {
            let cve = self.numbers.get(id).and_then(|&id| self.cve_of(id));
            cve.is_none() || cve == self.guarded[root]
        };
        let names = members.iter().flat_map(|&(_, position)| ids_of(rows[position])).filter(belongs);
        Group::of(names, rejected, members.iter().map(|&(_, position)| position).collect())
    }

    /// Joins by size, which keeps every path logarithmic.
    fn join(&mut self, left: usize, right: usize) {
        let (left, right) = (self.root(left), self.root(right));
        let both = (self.guarded[left], self.guarded[right]);
        if left == right || matches!(both, (Some(left), Some(right)) if left != right) {
            return;
        }
        let (small, large) = if self.sizes[left] < self.sizes[right] { (left, right) } else { (right, left) };
        self.parents[small] = large;
        self.sizes[large] += self.sizes[small];
        self.guarded[large] = both.0.or(both.1);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fixture::row;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn rows_that_share_nothing_are_grouped_as_all_rows_are(
            records in proptest::collection::vec("(CVE|GHSA|OSV)-[0-9](,(CVE|GHSA|OSV)-[0-9]){0,2}", 1..5),
        ) {
            let rows: Vec<Row> =
                records.iter().map(|ids| row(&format!("npm|language|demo osv {ids} all"))).collect();
            let rows: Vec<&Row> = rows.iter().collect();
            let all: Vec<usize> = (0..rows.len()).collect();
            if let Some(groups) = of_one_each(&rows, &all) {
                prop_assert_eq!(groups, joined(&rows, &all, |_| true));
            }
        }
    }

    #[track_caller]
    fn check(records: &[&str], expected: &str) {
        let rows: Vec<Row> = records
            .iter()
            .map(|record| {
                let mut ids = record.split_whitespace();
                let mut row = row(&format!("npm|language|demo osv {} all", ids.next().unwrap()));
                row.aliases = ids.map(Into::into).collect();
                row
            })
            .collect();
        for turn in 0..rows.len() {
            let mut turned: Vec<&Row> = rows.iter().collect();
            turned.rotate_left(turn);
            let text: Vec<String> = groups(&turned, |_| true)
                .iter()
                .map(|group| {
                    let mut records: Vec<&str> =
                        group.rows.iter().map(|&row| turned[row].record.as_str()).collect();
                    records.sort_unstable();
                    format!("{} = {} <- {}", group.primary, group.others.join(" "), records.join(" "))
                })
                .collect();
            assert_eq!(text.join("\n"), expected, "turned by {turn}");
        }
    }

    #[test]
    fn long_chains_are_one_vulnerability() {
        check(
            &["OSV-1 OSV-2", "OSV-3 OSV-2", "OSV-3 GHSA-1", "PYSEC-1 GHSA-1", "PYSEC-1 CVE-1"],
            "CVE-1 = GHSA-1 OSV-1 OSV-2 OSV-3 PYSEC-1 <- OSV-1 OSV-3 OSV-3 PYSEC-1 PYSEC-1",
        );
    }

    #[test]
    fn a_record_of_two_cves_joins_neither_and_belongs_to_both() {
        check(
            &["PYSEC-1 CVE-1 CVE-2", "GHSA-1 CVE-1", "GHSA-2 CVE-2"],
            "CVE-1 = GHSA-1 PYSEC-1 <- GHSA-1 PYSEC-1\nCVE-2 = GHSA-2 PYSEC-1 <- GHSA-2 PYSEC-1",
        );
        check(&["PYSEC-1 CVE-1 CVE-2"], "CVE-1 = PYSEC-1 <- PYSEC-1\nCVE-2 = PYSEC-1 <- PYSEC-1");
    }

    #[test]
    fn a_chain_that_would_join_two_cves_is_cut_in_the_same_place_whatever_the_order() {
        check(
            &["GHSA-1 CVE-1", "GHSA-2 CVE-2", "OSV-1 GHSA-1", "OSV-1 GHSA-2"],
            "CVE-1 = GHSA-1 OSV-1 <- GHSA-1 OSV-1 OSV-1\nCVE-2 = GHSA-2 <- GHSA-2 OSV-1",
        );
    }

    #[test]
    fn rows_that_do_not_count_make_no_group_and_join_those_that_do() {
        let rows = ["CVE-1", "CVE-2", "CVE-2", "GHSA-3,CVE-3"]
            .map(|ids| row(&format!("npm|language|demo osv {ids} all")));
        let rows: Vec<&Row> = rows.iter().collect();
        let groups = groups(&rows, |position| position == 2);
        assert_eq!(groups, [Group { primary: "CVE-2", others: SmallVec::new(), rows: smallvec![1, 2] }]);
    }

    #[test]
    fn cycles_and_self_references_are_harmless() {
        check(&["A-1 A-2", "A-2 A-3", "A-3 A-1", "A-3 A-3"], "A-1 = A-2 A-3 <- A-1 A-2 A-3 A-3");
    }

    #[test]
    fn ten_thousand_records_in_one_chain_are_one_group() {
        let rows: Vec<Row> = (0..10_000)
            .map(|number| {
                let mut row = row(&format!("npm|language|demo osv OSV-{number:05} all"));
                row.aliases = [format!("OSV-{:05}", number + 1).into()].into();
                row
            })
            .collect();
        let rows: Vec<&Row> = rows.iter().collect();
        let groups = groups(&rows, |_| true);
        assert_eq!(groups.len(), 1);
        assert_eq!((groups[0].others.len(), groups[0].rows.len()), (10_000, 10_000));
    }

    #[test]
    fn a_rejected_cve_does_not_hold_its_replacement_apart() {
        let mut old = row("npm|language|demo osv CVE-1 all");
        old.state = RecordState::Rejected;
        let mut new = row("npm|language|demo osv CVE-2 all");
        new.aliases = ["CVE-1".to_owned().into()].into();
        let groups = groups(&[&old, &new], |_| true);
        assert_eq!((groups.len(), groups[0].primary), (1, "CVE-2"));
    }
}
