//! Debian's security tracker: one JSON object for every supported release, testing and unstable
//! (feeds.md A3). It is read as a stream: 60 to 70 MB on the wire hold far less that matters.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use model::advisory::{Affected, Aside, FixState, Reference, SeverityWord, Status};
use model::ecosystem::Ecosystem;
use model::key::{KeyKind, Namespace, PackageKey, normalise_name};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::{Feed, MIB, Parse, Provider, Release, Scope, Source};
use crate::advisories::{Advisories, Remarks, push_once};
use crate::document::Document;
use crate::error::ParseError;
use crate::records;
use crate::schema::{Text, below};

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
    let releases = RELEASES
        .iter()
        .filter_map(|release| {
            let namespace = Namespace::new(release.namespace);
            let is_wanted = advisories.wants(&namespace);
            Some(KnownRelease { codename: release.codename?, namespace, is_wanted })
        })
        .collect();
    document.json(Sources { context: Context { releases, advisories } })
}

/// A release that the tracker may speak of.
struct KnownRelease {
    codename: &'static str,
    namespace: Namespace,
    is_wanted: bool,
}

/// What reading needs at every level.
struct Context<'a> {
    releases: Vec<KnownRelease>,
    advisories: &'a mut Advisories,
}

/// The outermost object: source package → issues.
struct Sources<'a> {
    context: Context<'a>,
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

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<Text<'de>>()? {
            let name = normalise_name(Ecosystem::Deb, &name).into();
            map.next_value_seed(Issues { name: &name, context: &mut self.context })?;
        }
        Ok(())
    }
}

/// The object of one source package: id → issue.
struct Issues<'a, 'c> {
    name: &'a Arc<str>,
    context: &'a mut Context<'c>,
}

impl<'de> DeserializeSeed<'de> for Issues<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Issues<'_, '_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object of issues")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(id) = map.next_key::<Text<'de>>()? {
            let issue = map.next_value_seed(IssueSeed { context: &mut *self.context })?;
            add(self.name, &id, &issue, self.context);
        }
        Ok(())
    }
}

#[derive(Default)]
struct Issue<'de> {
    description: Option<Text<'de>>,
    debianbug: Option<u64>,
    /// What it says of known releases, each by its place among them and once.
    releases: Vec<(usize, IssueInRelease<'de>)>,
}

struct IssueSeed<'a, 'c> {
    context: &'a mut Context<'c>,
}

impl<'de> DeserializeSeed<'de> for IssueSeed<'_, '_> {
    type Value = Issue<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Issue<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for IssueSeed<'_, '_> {
    type Value = Issue<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an issue")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Issue<'de>, A::Error> {
        let mut issue = Issue::default();
        while let Some(field) = map.next_key::<IssueField>()? {
            match field {
                IssueField::Description => issue.description = map.next_value()?,
                IssueField::Debianbug => issue.debianbug = map.next_value()?,
                IssueField::Releases => map.next_value_seed(InReleases {
                    context: &mut *self.context,
                    releases: &mut issue.releases,
                })?,
                IssueField::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(issue)
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum IssueField {
    Description,
    Debianbug,
    Releases,
    #[serde(other)]
    Other,
}

/// The object of one issue: codename → what holds there; `null` where it is empty.
struct InReleases<'a, 'c, 'de> {
    context: &'a mut Context<'c>,
    releases: &'a mut Vec<(usize, IssueInRelease<'de>)>,
}

impl<'de> DeserializeSeed<'de> for InReleases<'_, '_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for InReleases<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object of releases")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(codename) = map.next_key::<Text<'de>>()? {
            let known = self.context.releases.iter().position(|release| *release.codename == *codename);
            match known {
                Some(place) if self.context.releases[place].is_wanted => {
                    let state = map.next_value()?;
                    self.releases.retain(|(held, _)| *held != place);
                    self.releases.push((place, state));
                }
                Some(_) => drop(map.next_value::<IgnoredAny>()?),
                None => {
                    self.context.advisories.remarks.unknown_word("codename", &codename);
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct IssueInRelease<'a> {
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow)]
    fixed_version: Option<Text<'a>>,
    #[serde(borrow)]
    urgency: Option<Text<'a>>,
    /// Present when the security team will issue no advisory of its own.
    #[serde(borrow)]
    nodsa: Option<Text<'a>>,
    #[serde(borrow)]
    nodsa_reason: Option<Text<'a>>,
}

fn add(name: &Arc<str>, id: &str, issue: &Issue<'_>, context: &mut Context<'_>) {
    let Context { releases, advisories } = context;
    for (place, state) in &issue.releases {
        let release = &releases[*place];
        let key = PackageKey::new(release.namespace.clone(), KeyKind::Source, Arc::clone(name));
        let row = row(key, state, &mut advisories.remarks);
        let advisory = advisories.record(&release.namespace, id);
        if advisory.title.is_none() {
            advisory.title = issue.description.as_deref().map(str::to_owned);
        }
        if let Some(bug) = issue.debianbug {
            let link = Reference::new(format!("https://bugs.debian.org/{bug}"));
            if !records::is_recent(&advisory.references, &link) {
                advisory.references.push(link);
            }
        }
        push_once(advisory, row);
    }
}

/// What one release says of one source package and issue (feeds.md §0.2). A fixed version is trusted over a
/// "no advisory" note: such notes stay behind when a point release brings the fix.
fn row(key: PackageKey, state: &IssueInRelease<'_>, remarks: &mut Remarks) -> Affected {
    let (status, fix_state, ranges, reason) = match (&*state.status, state.fixed_version.as_deref()) {
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
        ranges: ranges.into(),
        aside: Aside {
            severity: severity(state, remarks),
            reason: reason.map(Cow::into_owned),
            ..Aside::default()
        }
        .into(),
        ..Affected::new(key, status)
    }
}

const END_OF_LIFE: &str = "end-of-life";

fn open_state(state: &IssueInRelease<'_>, remarks: &mut Remarks) -> (FixState, Option<Cow<'static, str>>) {
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
fn severity(state: &IssueInRelease<'_>, remarks: &mut Remarks) -> Option<SeverityWord> {
    let word = state.urgency.as_deref().filter(|word| *word != END_OF_LIFE)?;
    Some(remarks.severity("urgency", word))
}
