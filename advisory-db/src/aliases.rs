//! Which ids name the same vulnerability, as far as one provider's records in one namespace tell.
//!
//! A row carries the closure, so that a record which does not name its CVE is still known by it when
//! another record of the provider links the two, even if that one is about another package and is never
//! loaded. The matcher joins groups over all loaded rows again (feeds.md D5); what is written here must
//! therefore not claim more than it may.

use std::collections::{BTreeSet, HashMap};

use model::advisory::{Advisory, RecordState};

/// The largest group that is closed. A hub that thousands of records name as their alias says nothing
/// about any of them, and writing the group into each row would be quadratic.
const GROUP_MAX: usize = 64;

/// What the advisories with one id say about other ids.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    /// Every alias that they name.
    named: BTreeSet<Box<str>>,
    /// Those that an advisory which still stands names; only these link groups.
    linked: BTreeSet<Box<str>>,
}

impl Claims {
    pub(crate) fn add(&mut self, advisory: &Advisory) {
        let others = advisory.aliases.iter().filter(|alias| **alias != advisory.id);
        for alias in others {
            self.named.insert(alias.as_str().into());
            if advisory.state == RecordState::Published {
                self.linked.insert(alias.as_str().into());
            }
        }
    }
}

/// The other ids of each record, in the order given, each list sorted.
///
/// Links are followed in both directions, over any number of records. A group that would hold two CVE ids
/// is not closed (feeds.md D5: such a link is refused), nor is one larger than [`GROUP_MAX`]: its records
/// keep the aliases that they name themselves. The result does not depend on the order of the records.
pub(crate) fn close<'a>(records: impl Iterator<Item = (&'a str, &'a Claims)> + Clone) -> Vec<Vec<&'a str>> {
    let mut groups = Groups::default();
    for (id, claims) in records.clone() {
        for alias in &claims.linked {
            groups.join(id, alias);
        }
    }
    let members = groups.members();
    records
        .map(|(id, claims)| {
            let mut ids: BTreeSet<&str> = claims.named.iter().map(|alias| &**alias).collect();
            let group = groups.root_of(id).and_then(|root| members.get(&root));
            if let Some(group) = group.filter(|group| may_close(group)) {
                ids.extend(group.iter().filter(|member| **member != id));
            }
            ids.into_iter().collect()
        })
        .collect()
}

fn may_close(group: &[&str]) -> bool {
    group.len() <= GROUP_MAX && group.iter().filter(|id| id.starts_with("CVE-")).count() <= 1
}

/// Union-find over ids.
#[derive(Default)]
struct Groups<'a> {
    nodes: HashMap<&'a str, usize>,
    parents: Vec<usize>,
}

impl<'a> Groups<'a> {
    fn join(&mut self, a: &'a str, b: &'a str) {
        let (a, b) = (self.node(a), self.node(b));
        let (a, b) = (self.root(a), self.root(b));
        self.parents[a] = b;
    }

    fn node(&mut self, id: &'a str) -> usize {
        *self.nodes.entry(id).or_insert_with(|| {
            self.parents.push(self.parents.len());
            self.parents.len() - 1
        })
    }

    fn root(&mut self, mut node: usize) -> usize {
        while self.parents[node] != node {
            self.parents[node] = self.parents[self.parents[node]];
            node = self.parents[node];
        }
        node
    }

    fn root_of(&mut self, id: &str) -> Option<usize> {
        self.nodes.get(id).copied().map(|node| self.root(node))
    }

    fn members(&mut self) -> HashMap<usize, Vec<&'a str>> {
        let mut members: HashMap<usize, Vec<&'a str>> = HashMap::new();
        for (id, node) in self.nodes.clone() {
            members.entry(self.root(node)).or_default().push(id);
        }
        members
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records as `id alias alias`, a leading `-` marking a withdrawn one; expected the same way.
    #[track_caller]
    fn check(records: &[&str], expected: &[&str]) {
        let claims: Vec<(&str, Claims)> = records
            .iter()
            .map(|record| {
                let standing = record.strip_prefix('-');
                let mut words = standing.unwrap_or(record).split(' ');
                let id = words.next().unwrap();
                let mut claims = Claims::default();
                claims.add(&Advisory {
                    aliases: words.map(str::to_owned).collect(),
                    state: if standing.is_some() { RecordState::Withdrawn } else { RecordState::Published },
                    ..Advisory::new(id)
                });
                (id, claims)
            })
            .collect();
        let lines = |pairs: Vec<(&str, Vec<&str>)>| -> BTreeSet<String> {
            pairs
                .into_iter()
                .map(|(id, aliases)| [id].into_iter().chain(aliases).collect::<Vec<_>>().join(" "))
                .collect()
        };
        let expected: BTreeSet<String> = expected.iter().map(|&line| line.to_owned()).collect();
        let forward = close(claims.iter().map(|(id, claims)| (*id, claims)));
        let backward = close(claims.iter().rev().map(|(id, claims)| (*id, claims)));
        let ids = claims.iter().map(|(id, _)| *id);
        assert_eq!(lines(ids.clone().zip(forward).collect()), expected);
        assert_eq!(lines(ids.rev().zip(backward).collect()), expected);
    }

    #[test]
    fn links_are_followed_in_both_directions_and_over_chains() {
        check(&["A X", "B X Y", "C Y"], &["A B C X Y", "B A C X Y", "C A B X Y"]);
        check(&["GHSA-1", "PYSEC-1 GHSA-1 CVE-1"], &["GHSA-1 CVE-1 PYSEC-1", "PYSEC-1 CVE-1 GHSA-1"]);
    }

    #[test]
    fn a_group_with_two_cves_is_not_closed() {
        check(&["CVE-1 X", "CVE-2 X", "G CVE-1"], &["CVE-1 X", "CVE-2 X", "G CVE-1"]);
    }

    #[test]
    fn a_withdrawn_record_keeps_its_aliases_and_links_nothing() {
        check(&["-A X", "B X"], &["A X", "B X"]);
    }

    #[test]
    fn a_hub_of_many_records_is_not_closed() {
        let records: Vec<String> = (0..GROUP_MAX).map(|n| format!("R{n:02} HUB")).collect();
        let records: Vec<&str> = records.iter().map(String::as_str).collect();
        check(&records, &records);
    }

    #[test]
    fn a_record_is_never_its_own_alias() {
        check(&["A A B"], &["A B"]);
    }
}
