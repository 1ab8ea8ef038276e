//! Rows in the making: statements about the same package that differ only in the architecture become one.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::advisory::{
    Advisory, Affected, AffectedRange, Aside, Conditions, Events, PublishedFix, RangeEvent, Status,
};
use model::key::{Namespace, PackageKey};
use model::version::VersionText;

use super::header::{day, vector};
use super::statements::Statements;
use crate::advisories::{Advisories, Remarks};
use crate::records::{HashMap, HashSet};

/// The rows of one vulnerability.
#[derive(Debug, Default)]
pub struct Rows {
    drafts: Vec<Draft>,
    /// Where the drafts about one package are, and what is asked of it.
    places: HashMap<String, Vec<usize>>,
    /// The draft that the last statement became, or became part of.
    last: usize,
}

#[derive(Debug)]
struct Draft {
    affected: Affected,
    /// Without architectures.
    conditions: Conditions,
    architectures: Vec<Box<str>>,
}

impl Draft {
    /// Whether `other` differs from it in the architecture only.
    fn is_same(&self, other: &Self) -> bool {
        self.affected == other.affected
            && self.conditions == other.conditions
            && self.architectures.is_empty() == other.architectures.is_empty()
    }
}

/// How many rows of one package are looked through for one that says the same; more are of an attack.
const COMPARED_MAX: usize = 32;

impl Rows {
    /// Adds `affected` under `conditions`; of the architectures there is at most one.
    pub fn add(&mut self, affected: Affected, mut conditions: Conditions) {
        let architectures = std::mem::take(&mut conditions.architectures);
        let new = Draft { affected, conditions, architectures };
        // The statements about all architectures of a build mostly stand together.
        if let Some(last) = self.drafts.get_mut(self.last).filter(|last| last.is_same(&new)) {
            return last.architectures.extend(new.architectures);
        }
        let Conditions { module, channel, products, .. } = &new.conditions;
        let version = new.affected.aside.fixes.first().and_then(|fix| fix.version.as_ref());
        // Two of the same text are compared in full below, so it need not be unambiguous.
        let place = format!("{} {module:?} {channel:?} {products:?} {version:?}", new.affected.key);
        let places = self.places.entry(place).or_default();
        let mut recent = places.iter().rev().take(COMPARED_MAX).copied();
        if let Some(same) = recent.find(|place| self.drafts[*place].is_same(&new)) {
            self.drafts[same].architectures.extend(new.architectures);
            self.last = same;
            return;
        }
        self.last = self.drafts.len();
        places.push(self.last);
        self.drafts.push(new);
    }

    /// The drafts in the order of what they are about.
    fn into_drafts(self) -> impl Iterator<Item = Draft> {
        let Self { drafts, places, .. } = self;
        let mut places: Vec<(String, Vec<usize>)> = places.into_iter().collect();
        places.sort();
        let mut drafts: Vec<Option<Draft>> = drafts.into_iter().map(Some).collect();
        places.into_iter().flat_map(|(_, places)| places).filter_map(move |place| drafts[place].take())
    }

    /// Adds to `advisories` the record `header` in each namespace that there are rows of.
    pub fn push(self, header: &Advisory, advisories: &mut Advisories) {
        let mut records: BTreeMap<Namespace, Advisory> = BTreeMap::new();
        // The packages of one build are dozens, and ask the same.
        let mut shared: HashSet<Arc<Conditions>> = HashSet::default();
        for Draft { mut affected, mut conditions, mut architectures } in self.into_drafts() {
            architectures.sort();
            architectures.dedup();
            conditions.architectures = architectures;
            if !conditions.is_empty() {
                let held = shared.get(&conditions).cloned();
                affected.conditions = Some(held.unwrap_or_else(|| {
                    let new = Arc::new(conditions);
                    shared.insert(Arc::clone(&new));
                    new
                }));
            }
            let namespace = affected.key.namespace.clone();
            records.entry(namespace).or_insert_with(|| header.clone()).affected.push(affected);
        }
        for (namespace, record) in records {
            advisories.push(&namespace, record);
        }
    }
}

/// A row of `status` with what is said of how bad the vulnerability is in the product `id`; `source` states the scores.
pub fn rated(
    statements: &Statements<'_, '_>,
    id: &str,
    key: PackageKey,
    status: Status,
    source: &str,
    remarks: &mut Remarks,
) -> Affected {
    let mut cvss: Vec<_> = statements.cvss(id).filter_map(|cvss| vector(cvss, source)).collect();
    cvss.sort();
    cvss.dedup();
    let severity = statements.impact(id).map(|word| remarks.severity("impact", word));
    Affected { aside: Aside { severity, cvss, ..Aside::default() }.into(), ..Affected::new(key, status) }
}

/// Everything below `version`.
pub fn below(version: &VersionText) -> AffectedRange {
    AffectedRange {
        events: Events::from_buf([
            RangeEvent::Introduced(VersionText::from("0")),
            RangeEvent::Fixed(version.clone()),
        ]),
    }
}

/// The publications of `version` as the fix of the product `id`; the version alone where none is named.
pub fn fixes(
    statements: &Statements<'_, '_>,
    id: &str,
    version: &VersionText,
    channel: Option<&str>,
) -> Vec<PublishedFix> {
    let bare = PublishedFix {
        version: Some(version.clone()),
        channel: channel.map(Into::into),
        ..PublishedFix::default()
    };
    let remedies = statements.remediations(id).filter(|remedy| &*remedy.category == "vendor_fix");
    let mut fixes: Vec<PublishedFix> = Vec::new();
    for remedy in remedies {
        let url = remedy.url.as_deref().filter(|url| !url.is_empty());
        let advisory = url.and_then(|url| url.trim_end_matches('/').rsplit('/').next());
        let fix = PublishedFix {
            date: day(remedy.date.as_ref()),
            advisory: advisory.filter(|name| is_bulletin(name)).map(Into::into),
            url: url.map(Into::into),
            ..bare.clone()
        };
        if (fix.url.is_some() || fix.date.is_some()) && !fixes.contains(&fix) {
            fixes.push(fix);
        }
    }
    if fixes.is_empty() { vec![bare] } else { fixes }
}

/// Whether `name`, the end of a URL, is the id of a bulletin: `RHSA-2025:9001`.
fn is_bulletin(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.contains('-') && name.contains(':')
}
