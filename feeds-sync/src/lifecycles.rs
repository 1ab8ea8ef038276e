//! When the support of releases ends, as calendars that were downloaded say (feeds.md A26). They win over the dates that
//! are built in.

use std::collections::BTreeMap;

use jiff::civil::Date;
use model::key::Namespace;

use crate::advisories::Remarks;

/// Whose word a calendar is; the higher one stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Authority {
    /// It follows what vendors say.
    Follower,
    /// It is the vendor's own.
    Vendor,
}

/// What calendars say of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lifecycle {
    /// The last day of support, `YYYY-MM-DD`.
    pub end_of_life: String,
    /// From that day on what is held of it is never replaced (feeds.md A4).
    pub freezes: bool,
    /// Its codename, where images may name it by that alone.
    pub codename: Option<String>,
    /// Whose word that is.
    pub authority: Authority,
}

/// Collects what calendars say.
#[derive(Debug, Default)]
pub struct Lifecycles {
    releases: BTreeMap<Namespace, Lifecycle>,
    /// What was left out or not understood.
    pub remarks: Remarks,
}

impl Lifecycles {
    /// Takes what is said of `namespace`, unless somebody of higher authority said something; of equal authority the
    /// first word stands. What is no day is counted. Says whether it is a day.
    pub fn add(&mut self, namespace: Namespace, lifecycle: Lifecycle) -> bool {
        if lifecycle.end_of_life.parse::<Date>().is_err() {
            self.remarks.unknown_word("end of life", &lifecycle.end_of_life);
            return false;
        }
        self.put(namespace, lifecycle);
        true
    }

    /// Takes what `other` says likewise; its remarks are left to the caller.
    pub(crate) fn join(&mut self, other: Self) {
        for (namespace, lifecycle) in other.releases {
            self.put(namespace, lifecycle);
        }
    }

    fn put(&mut self, namespace: Namespace, lifecycle: Lifecycle) {
        let held = self.releases.get(&namespace);
        if held.is_none_or(|held| held.authority < lifecycle.authority) {
            self.releases.insert(namespace, lifecycle);
        }
    }

    /// What is said of `namespace`.
    pub fn get(&self, namespace: &Namespace) -> Option<&Lifecycle> {
        self.releases.get(namespace)
    }

    /// Everything that is said.
    pub fn iter(&self) -> impl Iterator<Item = (&Namespace, &Lifecycle)> {
        self.releases.iter()
    }
}
