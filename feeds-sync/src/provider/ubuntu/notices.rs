//! Ubuntu's security notices (USN): when a fix came out, and what its bulletin is called. They are no records of their
//! own, because they would repeat those of the CVEs (feeds.md A4).

use std::collections::BTreeMap;
use std::sync::Arc;

use model::advisory::{PublishedFix, RangeEvent};
use model::key::Namespace;

use super::records;
use super::releases::{self, ESM};
use crate::advisories::{Advisories, Remarks};
use crate::error::ParseError;
use crate::schema::osv::{self, Reading};

/// The notices by release, source package and fixed version: about 100,000 of them, some 15 MB.
#[derive(Default)]
pub(super) struct Notices(BTreeMap<Namespace, Fixes>);

/// The notices of a release, by source package and fixed version.
type Fixes = BTreeMap<(Arc<str>, Box<str>), Vec<Notice>>;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Notice {
    /// The day, `YYYY-MM-DD`; none where it is not stated.
    date: Option<Box<str>>,
    id: Box<str>,
}

impl Notices {
    /// Reads one notice.
    pub(super) fn add(&mut self, text: &[u8], remarks: &mut Remarks) -> Result<(), ParseError> {
        // A name that is unknown here is so in the records, where it is counted.
        let reading = Reading { key: &records::key };
        let parts = osv::parts(text, &reading, remarks)?;
        let date = parts.header.published.map(|time| time.strftime("%F").to_string().into());
        let notice = Notice { date, id: parts.header.id.into() };
        for entry in parts.entries {
            let of_release = self.0.entry(entry.affected.key.namespace.clone()).or_default();
            for version in entry.affected.ranges.iter().flat_map(|range| &range.events) {
                let RangeEvent::Fixed(version) = version else { continue };
                let fix = (entry.affected.key.name.clone(), version.as_str().into());
                of_release.entry(fix).or_default().push(notice.clone());
            }
        }
        Ok(())
    }

    /// Gives every fix of the records its date and notice, and takes away fixes of which nothing but the version is
    /// known: the range says that.
    pub(super) fn date_fixes(mut self, advisories: &mut Advisories) {
        for notices in self.0.values_mut().flat_map(BTreeMap::values_mut) {
            notices.sort();
        }
        for (namespace, advisory) in advisories.all_held() {
            let related: Vec<&str> = advisory.links.iter().map(|link| link.other.as_str()).collect();
            for affected in &mut advisory.affected {
                for fix in &mut affected.aside.fixes {
                    if let Some(notice) = self.of(namespace, &affected.key.name, fix, &related) {
                        fix.date.clone_from(&notice.date);
                        fix.advisory = Some(notice.id.clone());
                    }
                }
                affected.aside.fixes.retain(|fix| fix.advisory.is_some() || fix.channel.is_some());
                affected.aside.fixes.shrink_to_fit();
            }
        }
    }

    /// The notice of a fix: one that the record names, else the first that brought it.
    fn of(&self, namespace: &Namespace, name: &str, fix: &PublishedFix, related: &[&str]) -> Option<&Notice> {
        let is_esm = fix.channel.as_deref().is_some_and(|channel| channel.starts_with(ESM));
        let twin = releases::base_and_esm(namespace).map(|(_, esm)| esm).filter(|_| is_esm);
        let of_release = self.0.get(twin.as_ref().unwrap_or(namespace))?;
        let notices = of_release.get(&(name.into(), fix.version.as_ref()?.as_str().into()))?;
        notices.iter().find(|notice| related.contains(&&*notice.id)).or(notices.first())
    }
}
