//! Fedora: the security updates of Bodhi, a release's by pages (feeds.md A11). They say what is fixed, in which source
//! package; what is not fixed is not published.
//!
//! The listing of a release is asked for whole once a week. In between one query gives what was pushed since: stable
//! updates are never taken back, so nothing else can change.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use jiff::{SignedDuration, Timestamp, ToSpan};
use model::advisory::{
    Advisory, Affected, AffectedRange, FixState, PublishedFix, RangeEvent, RecordKind, RecordLink, Reference,
    Relation, Status,
};
use model::key::{KeyKind, Namespace, PackageKey};
use model::version::VersionText;
use serde::Deserialize;

use super::{Feed, MIB, Parse, Provider, Release, Role, Scope, Source};
use crate::advisories::{Advisories, Remarks};
use crate::document::Document;
use crate::error::ParseError;
use crate::lead::{LeadError, Leads};
use crate::schema::null_as_default;

pub(super) static PROVIDER: Provider = Provider {
    name: "fedora",
    attribution: Some("Fedora updates, https://bodhi.fedoraproject.org/"),
    feeds: || RELEASES.iter().filter_map(|release| answering(&Namespace::new(release.namespace))).collect(),
    answering,
    releases: RELEASES,
    follow: Some(follow),
    parse: Parse::Advisories(parse),
};

/// End of support (<https://docs.fedoraproject.org/en-US/releases/eol/>).
static RELEASES: &[Release] = &[
    Release::ends("fedora:38", "2024-05-21"),
    Release::ends("fedora:39", "2024-11-26"),
    Release::ends("fedora:40", "2025-05-13"),
    Release::ends("fedora:41", "2025-12-15"),
    Release::open("fedora:42"),
    Release::open("fedora:43"),
    Release::open("fedora:44"),
];

const UPDATES: &str = "https://bodhi.fedoraproject.org/updates/";

fn answering(namespace: &Namespace) -> Option<Feed> {
    let ("fedora", release) = (namespace.distro_id()?, namespace.release()?) else { return None };
    let is_number =
        !release.is_empty() && release.len() <= 3 && release.bytes().all(|it| it.is_ascii_digit());
    is_number.then(|| Feed {
        name: namespace.to_string(),
        sources: vec![page(&listing(release), 1)],
        scope: Scope::One(namespace.clone()),
        license: "CC-BY-SA-4.0",
        is_redistributable: false,
        is_alternate: false,
    })
}

/// The query for everything that was ever pushed to `release`.
fn listing(release: &str) -> String {
    format!("{UPDATES}?releases=F{release}&status=stable&type=security&rows_per_page=100")
}

fn page(query: &str, number: u64) -> Source {
    Source { role: Role::Page, ..Source::records(format!("{query}&page={number}"), 64 * MIB) }
}

/// The whole listing is asked for anew after so long.
const LISTING_AGE_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A release has some 2,000 security updates in its life, which are 20 pages.
const PAGES_MAX: u64 = 5_000;

fn follow(feed: &Feed, leads: &Leads<'_>) -> Result<Vec<Source>, LeadError> {
    let Scope::One(namespace) = &feed.scope else { return Ok(Vec::new()) };
    let query = listing(namespace.release().unwrap_or_default());
    let first = page(&query, 1);
    let is_of_use = |at: Timestamp| !leads.is_near && leads.now.duration_since(at) < LISTING_AGE_MAX;
    let held = leads.held.get(&first.url).filter(|held| held.fetched_at.is_some_and(is_of_use));
    let whole = pages(&query, leads)?;
    let Some(newest) = held.and_then(|held| held.newest) else { return Ok(whole) };
    // Days, not moments: what is pushed late in a day that has begun is among them.
    let since = newest.checked_sub(24.hours()).unwrap_or(Timestamp::MIN).strftime("%F").to_string();
    let query = format!("{query}&pushed_since={since}");
    let recent = pages(&query, leads)?;
    let is_missing =
        |source: &Source| leads.asked.contains(source.url.as_str()) && leads.found(&source.url).is_none();
    if recent.iter().any(is_missing) {
        // A mirror may have the listing alone.
        return Ok(whole);
    }
    let whole = whole.into_iter().map(|source| Source { max_age: Some(LISTING_AGE_MAX), ..source });
    Ok(whole.chain(recent).collect())
}

/// The pages of `query`, as far as the first of them tells how many there are. Pages of different moments may lack an
/// update that moved from one to the next, so once all were asked for they must hold as many as they say.
fn pages(query: &str, leads: &Leads<'_>) -> Result<Vec<Source>, LeadError> {
    let first = page(query, 1);
    let Some(listed) = leads.read(&first.url, listed)? else { return Ok(vec![first]) };
    let n_pages = listed.pages.clamp(1, PAGES_MAX);
    let pages: Vec<Source> = (1..=n_pages).map(|number| page(query, number)).collect();
    let mut aliases = BTreeSet::new();
    for page in &pages {
        if !leads.asked.contains(page.url.as_str()) {
            return Ok(pages);
        }
        let listed = leads.read(&page.url, self::listed)?;
        aliases.extend(listed.into_iter().flat_map(|listed| listed.updates).map(|update| update.alias));
    }
    if (aliases.len() as u64) < listed.total {
        let what = format!("a listing of {} updates whose pages hold {}", listed.total, aliases.len());
        return Err(LeadError { url: first.url, error: ParseError::NotTheFeed(what) });
    }
    Ok(pages)
}

/// What a page says of the listing that it is of.
#[derive(Deserialize)]
struct Listed {
    pages: u64,
    #[serde(default)]
    total: u64,
    updates: Vec<ListedUpdate>,
}

#[derive(Deserialize)]
struct ListedUpdate {
    alias: String,
}

fn listed(document: &Document<'_>) -> Result<Listed, ParseError> {
    document.json(PhantomData)
}

#[derive(Deserialize)]
struct Page {
    updates: Vec<Update>,
}

#[derive(Deserialize)]
struct Update {
    alias: String,
    status: Option<String>,
    severity: Option<String>,
    title: Option<String>,
    display_name: Option<String>,
    notes: Option<String>,
    url: Option<String>,
    date_pushed: Option<String>,
    release: BodhiRelease,
    #[serde(default, deserialize_with = "null_as_default")]
    builds: Vec<Build>,
    #[serde(default, deserialize_with = "null_as_default")]
    bugs: Vec<Bug>,
}

#[derive(Deserialize)]
struct BodhiRelease {
    name: String,
    version: String,
}

#[derive(Deserialize)]
struct Build {
    nvr: String,
    epoch: Option<u64>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Bug {
    title: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    security: bool,
}

fn parse(feed: &Feed, document: &Document<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    let Scope::One(namespace) = &feed.scope else { return Ok(()) };
    let page: Page = document.json(PhantomData)?;
    advisories.namespace(namespace);
    for update in page.updates {
        add(&update, namespace, advisories);
    }
    Ok(())
}

fn add(update: &Update, namespace: &Namespace, advisories: &mut Advisories) {
    // Modules are of `F31M`, flatpaks of `F40F`, EPEL of `EPEL-9`.
    if update.release.name != format!("F{}", update.release.version) {
        return advisories.remarks.leave_out("of no release of Fedora: EPEL, ELN, modules, flatpaks");
    }
    if namespace.release() != Some(&*update.release.version) {
        return advisories.remarks.leave_out("of another release");
    }
    if update.status.as_deref().is_some_and(|status| status != "stable") {
        return advisories.remarks.leave_out("not in the stable repository");
    }
    let pushed = update.date_pushed.as_ref().and_then(|text| time(text));
    advisories.newest = advisories.newest.max(pushed);
    let builds: Vec<(&str, VersionText)> =
        update.builds.iter().filter_map(|build| package(build, &mut advisories.remarks)).collect();
    for (id, title) in subjects(update) {
        for (name, version) in &builds {
            let key = PackageKey::new(namespace.clone(), KeyKind::Source, *name);
            let fix = PublishedFix {
                version: Some(version.clone()),
                date: pushed.map(|time| time.strftime("%F").to_string().into()),
                advisory: Some(update.alias.as_str().into()),
                ..PublishedFix::default()
            };
            let severity = update.severity.as_ref().map(|word| advisories.remarks.severity("severity", word));
            let advisory = advisories.record(namespace, &id);
            describe(advisory, update, title, pushed);
            add_fix(advisory, key, fix, severity);
        }
    }
}

/// `2025-06-02 01:00:00`, which is UTC.
fn time(text: &str) -> Option<Timestamp> {
    format!("{}Z", text.trim().replacen(' ', "T", 1)).parse().ok()
}

/// Name and epoch:version-release of a build; the epoch where it is not 0.
fn package<'a>(build: &'a Build, remarks: &mut Remarks) -> Option<(&'a str, VersionText)> {
    if build.kind.as_deref().is_some_and(|kind| kind != "rpm") {
        remarks.leave_out("a build that is no rpm");
        return None;
    }
    let mut parts = build.nvr.rsplitn(3, '-');
    let (Some(release), Some(version), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
        remarks.unreadable(&build.nvr, "no name, version and release");
        return None;
    };
    let epoch = build.epoch.filter(|epoch| *epoch != 0).map(|epoch| format!("{epoch}:")).unwrap_or_default();
    Some((name, VersionText::from(&*format!("{epoch}{version}-{release}"))))
}

/// The ids that an update is about, each with a line that says what it is: the CVEs of the bugs that are marked as
/// about security, else those of its name, else those of its title, else its own alias.
fn subjects(update: &Update) -> Vec<(String, Option<&str>)> {
    let bugs = update.bugs.iter().filter(|bug| bug.security).filter_map(|bug| bug.title.as_deref());
    let places = [
        bugs.collect(),
        Vec::from_iter(update.display_name.as_deref()),
        Vec::from_iter(update.title.as_deref()),
    ];
    for texts in places {
        let mut subjects: Vec<(String, Option<&str>)> =
            texts.into_iter().flat_map(|text| cves(text).map(move |cve| (cve, Some(text)))).collect();
        subjects.sort();
        subjects.dedup_by(|a, b| a.0 == b.0);
        if !subjects.is_empty() {
            return subjects;
        }
    }
    let names = [&update.display_name, &update.title].into_iter().flatten();
    let mut names = names.map(String::as_str).filter(|name| !name.is_empty());
    vec![(update.alias.clone(), names.next())]
}

/// The ids of CVEs in a text.
fn cves(text: &str) -> impl Iterator<Item = String> {
    text.match_indices("CVE-").filter_map(|(at, _)| {
        let rest = &text[at + 4..];
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let number = rest.get(5..).filter(|_| digits(rest) == 4 && rest.as_bytes()[4] == b'-')?;
        let n_digits = digits(number);
        (n_digits >= 4).then(|| format!("CVE-{}-{}", &rest[..4], &number[..n_digits]))
    })
}

/// Adds what an update says about a record, so that the order of updates does not matter.
fn describe(advisory: &mut Advisory, update: &Update, title: Option<&str>, pushed: Option<Timestamp>) {
    let title = title.map(str::to_owned);
    if advisory.title.is_none() || title.as_ref().is_some_and(|title| Some(title) < advisory.title.as_ref()) {
        advisory.title = title;
    }
    advisory.published = [advisory.published, pushed].into_iter().flatten().min();
    advisory.modified = advisory.modified.max(pushed);
    if advisory.id == update.alias {
        advisory.kind = RecordKind::Advisory;
        advisory.description = update.notes.clone().filter(|notes| !notes.is_empty());
    } else {
        let link = RecordLink { relation: Relation::Related, other: update.alias.clone() };
        insert(&mut advisory.links, link);
    }
    if let Some(url) = update.url.as_ref().filter(|url| !url.is_empty()) {
        insert(&mut advisory.references, Reference { url: url.clone(), tags: vec!["ADVISORY".to_owned()] });
    }
}

fn insert<T: Ord>(sorted: &mut Vec<T>, item: T) {
    if let Err(at) = sorted.binary_search(&item) {
        sorted.insert(at, item);
    }
}

/// Adds one fix. Of several updates for one vulnerability the first that was pushed has the lowest version, because
/// versions only grow within a release; the later ones are fixes too, and move no bound.
fn add_fix(
    advisory: &mut Advisory,
    key: PackageKey,
    fix: PublishedFix,
    severity: Option<model::advisory::SeverityWord>,
) {
    let row = match advisory.affected.iter().position(|row| row.key == key) {
        Some(at) => &mut advisory.affected[at],
        None => {
            advisory
                .affected
                .push(Affected { fix_state: FixState::Fixed, ..Affected::new(key, Status::Affected) });
            advisory.affected.last_mut().expect("one was just pushed")
        }
    };
    if row.aside.fixes.contains(&fix) {
        return;
    }
    // An update without a date comes last.
    let order = |fix: &PublishedFix| (fix.date.is_none(), fix.date.clone(), fix.advisory.clone());
    let at = row.aside.fixes.partition_point(|held| order(held) <= order(&fix));
    if at == 0 {
        row.ranges = vec![AffectedRange {
            events: vec![
                RangeEvent::Introduced(VersionText::from("0")),
                RangeEvent::Fixed(fix.version.clone().unwrap_or_else(|| VersionText::from("0"))),
            ]
            .into(),
        }]
        .into();
        row.aside.severity = severity;
    }
    row.aside.fixes.insert(at, fix);
}
