//! Debian's security tracker: one JSON object for every supported release, testing and unstable
//! (feeds.md A3). It is read as a stream: 60 to 70 MB on the wire hold far less that matters.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use model::advisory::{Affected, AffectedRange, FixState, RangeEvent, Reference, SeverityWord, Status};
use model::ecosystem::Ecosystem;
use model::key::{KeyKind, Namespace, PackageKey, normalise_name};
use model::version::VersionText;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};

use super::{Feed, MIB, Parse, Provider, Release, Scope, Source};
use crate::advisories::{Advisories, Remarks, push_once};
use crate::document::Document;
use crate::error::ParseError;
use crate::schema::null_as_default;

pub(super) static PROVIDER: Provider = Provider {
    name: "debian",
    attribution: Some("Debian Security Tracker, https://security-tracker.debian.org/"),
    feeds: || vec![feed()],
    answering,
    releases: RELEASES,
    follow: None,
    parse: Parse::Advisories(parse),
};

/// End of long-term support, which the tracker covers (feeds.md A26, <https://wiki.debian.org/LTS>).
static RELEASES: &[Release] = &[
    release("debian:6", "squeeze", "2016-02-29"),
    release("debian:7", "wheezy", "2018-05-31"),
    release("debian:8", "jessie", "2020-06-30"),
    release("debian:9", "stretch", "2022-06-30"),
    release("debian:10", "buster", "2024-06-30"),
    release("debian:11", "bullseye", "2026-08-31"),
    release("debian:12", "bookworm", "2028-06-30"),
    release("debian:13", "trixie", "2030-06-30"),
    Release { codename: Some("forky"), ..Release::open("debian:14") },
    Release { codename: Some("sid"), ..Release::open(UNSTABLE) },
];

const UNSTABLE: &str = "debian:unstable";

const fn release(namespace: &'static str, codename: &'static str, end_of_life: &'static str) -> Release {
    Release { codename: Some(codename), ..Release::ends(namespace, end_of_life) }
}

fn feed() -> Feed {
    Feed {
        name: "debian".to_owned(),
        sources: vec![Source::records(
            "https://security-tracker.debian.org/tracker/data/json".to_owned(),
            512 * MIB,
        )],
        scope: Scope::Distro("debian"),
        license: "MIT",
        is_redistributable: true,
        is_alternate: false,
    }
}

fn answering(namespace: &Namespace) -> Option<Feed> {
    let is_release = namespace.release()?.parse::<u32>().is_ok();
    let is_ours = namespace.distro_id() == Some("debian") && is_release || namespace.as_str() == UNSTABLE;
    is_ours.then(feed)
}

fn parse(_feed: &Feed, document: &Document<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    let namespaces = RELEASES
        .iter()
        .filter_map(|release| Some((release.codename?, Namespace::new(release.namespace))))
        .collect();
    document.json(Sources { namespaces: &namespaces, advisories })
}

/// The outermost object: source package → issues.
struct Sources<'a> {
    namespaces: &'a BTreeMap<&'static str, Namespace>,
    advisories: &'a mut Advisories,
}

impl<'de> DeserializeSeed<'de> for Sources<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Sources<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object of source packages")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            let name = normalise_name(Ecosystem::Deb, &name);
            map.next_value_seed(Issues {
                name: &name,
                namespaces: self.namespaces,
                advisories: &mut *self.advisories,
            })?;
        }
        Ok(())
    }
}

/// The object of one source package: id → issue.
struct Issues<'a> {
    name: &'a str,
    namespaces: &'a BTreeMap<&'static str, Namespace>,
    advisories: &'a mut Advisories,
}

impl<'de> DeserializeSeed<'de> for Issues<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Issues<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object of issues")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(id) = map.next_key::<String>()? {
            let issue: Issue = map.next_value()?;
            add(self.name, &id, issue, self.namespaces, self.advisories);
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Issue {
    description: Option<String>,
    debianbug: Option<u64>,
    #[serde(default, deserialize_with = "null_as_default")]
    releases: BTreeMap<String, IssueInRelease>,
}

#[derive(Deserialize)]
struct IssueInRelease {
    status: String,
    fixed_version: Option<String>,
    urgency: Option<String>,
    /// Present when the security team will issue no advisory of its own.
    nodsa: Option<String>,
    nodsa_reason: Option<String>,
}

fn add(
    name: &str,
    id: &str,
    issue: Issue,
    namespaces: &BTreeMap<&'static str, Namespace>,
    advisories: &mut Advisories,
) {
    for (codename, state) in issue.releases {
        let Some(namespace) = namespaces.get(codename.as_str()) else {
            advisories.remarks.unknown_word("codename", &codename);
            continue;
        };
        if !advisories.wants(namespace) {
            continue;
        }
        let row = row(name, namespace, &state, &mut advisories.remarks);
        let advisory = advisories.record(namespace, id);
        if advisory.title.is_none() {
            advisory.title.clone_from(&issue.description);
        }
        if let Some(bug) = issue.debianbug {
            let link = format!("https://bugs.debian.org/{bug}");
            let link = Reference::new(link);
            if !advisory.references.contains(&link) {
                advisory.references.push(link);
            }
        }
        push_once(advisory, row);
    }
}

/// What one release says of one source package and issue (feeds.md §0.2). A fixed version is trusted over a
/// "no advisory" note: such notes stay behind when a point release brings the fix.
fn row(name: &str, namespace: &Namespace, state: &IssueInRelease, remarks: &mut Remarks) -> Affected {
    let (status, fix_state, ranges, reason) = match (state.status.as_str(), state.fixed_version.as_deref()) {
        ("resolved", Some("0")) => (Status::NotAffected, FixState::Unknown, Vec::new(), None),
        ("resolved", Some(fixed)) => (Status::Affected, FixState::Fixed, vec![below(fixed)], None),
        ("resolved", None) => {
            remarks.unknown_word("status", "resolved without fixed_version");
            let reason = Some(Cow::Borrowed("resolved"));
            (Status::Undetermined, FixState::Unknown, Vec::new(), reason)
        }
        ("open", _) => {
            let (fix_state, reason) = open_state(state, remarks);
            (Status::Affected, fix_state, Vec::new(), reason)
        }
        ("undetermined", _) => {
            (Status::Undetermined, FixState::Unknown, Vec::new(), Some(Cow::Borrowed("undetermined")))
        }
        (other, _) => {
            remarks.unknown_word("status", other);
            (Status::Undetermined, FixState::Unknown, Vec::new(), Some(Cow::Owned(other.to_owned())))
        }
    };
    Affected {
        fix_state,
        ranges,
        severity: severity(state, remarks),
        reason: reason.map(Cow::into_owned),
        ..Affected::new(PackageKey::new(namespace.clone(), KeyKind::Source, name), status)
    }
}

fn below(fixed: &str) -> AffectedRange {
    AffectedRange {
        events: vec![
            RangeEvent::Introduced(VersionText::from("0")),
            RangeEvent::Fixed(VersionText::from(fixed)),
        ],
    }
}

const END_OF_LIFE: &str = "end-of-life";

fn open_state(state: &IssueInRelease, remarks: &mut Remarks) -> (FixState, Option<Cow<'static, str>>) {
    if state.urgency.as_deref() == Some(END_OF_LIFE) {
        return (FixState::EndOfLife, Some(Cow::Borrowed(END_OF_LIFE)));
    }
    match state.nodsa_reason.as_deref() {
        Some("postponed") => (FixState::Deferred, Some(Cow::Borrowed("postponed"))),
        Some("ignored") => (FixState::WontFix, Some(Cow::Borrowed("ignored"))),
        Some("") | None => {
            let reason = state.nodsa.as_ref().map(|_| Cow::Borrowed("no-dsa"));
            (FixState::NotFixed, reason)
        }
        Some(other) => {
            remarks.unknown_word("nodsa_reason", other);
            (FixState::Unknown, Some(Cow::Owned(other.to_owned())))
        }
    }
}

/// The urgency, which belongs to this source, id and release together: the same CVE may be unimportant in one
/// package and urgent in another.
fn severity(state: &IssueInRelease, remarks: &mut Remarks) -> Option<SeverityWord> {
    let word = state.urgency.as_deref().filter(|word| *word != END_OF_LIFE)?;
    Some(remarks.severity("urgency", word))
}
