//! An inventory and a snapshot make a report.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use advisory_db::Snapshot;
use feeds_sync::facts::is_spoken_for;
use jiff::{SignedDuration, Timestamp};
use matcher::vex::Given;
use matcher::{CveFacts, Fallback, Known};
use model::advisory::{AdvisorySet, PRIVATE, Row};
use model::cpe::CPE_NAMESPACES;
use model::facts::{FeedFacts, is_supplement};
use model::finding::Finding;
use model::gap::{Gap, GapKind};
use model::inventory::Inventory;
use model::key::{Namespace, PackageKey};
use model::report::{NamespaceStamp, Report, SnapshotStamp};
use model::risk::RiskWeights;
use sha2::{Digest, Sha256};

use crate::error::FlowError;
use crate::find::find;

/// An inventory that was read, and the identity of the document it came from.
#[derive(Clone, Debug)]
pub struct Subject {
    /// What matching sees.
    pub inventory: Inventory,
    /// `sha256:…` of the SBOM's bytes.
    pub sbom_digest: String,
    /// How the SBOM is known to others ([`matcher::vex::bom_id`]), where that was looked up: only VEX asks for it.
    pub bom: Option<String>,
    /// VEX that came with it, beside what is given for all.
    pub vex: Vec<Given>,
}

impl Subject {
    /// The subject whose SBOM is `bytes`.
    pub fn new(inventory: Inventory, bytes: &[u8]) -> Self {
        Self { inventory, sbom_digest: digest(bytes), bom: None, vex: Vec::new() }
    }
}

/// `sha256:` and the hex digest of `bytes`.
pub fn digest(bytes: &[u8]) -> String {
    hex(Sha256::new_with_prefix(bytes))
}

/// `sha256:` and the hex digest of all of `file`.
pub(crate) fn digest_of_file(mut file: &File) -> io::Result<String> {
    file.seek(SeekFrom::Start(0))?;
    let mut hash = Sha256::new();
    let mut window = vec![0; 256 << 10];
    loop {
        match file.read(&mut window)? {
            0 => return Ok(hex(hash)),
            n_bytes => hash.update(&window[..n_bytes]),
        }
    }
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().fold("sha256:".to_owned(), |mut text, byte| {
        use std::fmt::Write as _;
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

/// What a report depends on beside the SBOM and the snapshot.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// What others say of findings.
    pub vex: &'a [Given],
    /// Who is asked besides a package's vendor.
    pub besides: Besides<'a>,
    /// The time that stands for "now".
    pub as_of: Timestamp,
    /// How findings are ranked.
    pub weights: &'a RiskWeights,
}

/// Who is asked besides a package's vendor.
#[derive(Clone, Copy, Debug)]
pub struct Besides<'a> {
    /// Which packages are looked up by CPE name, where somebody said so: see [`fallback`].
    pub fallback: Option<&'a Fallback>,
    /// Whether Red Hat is asked what is not fixed in AlmaLinux and Rocky Linux.
    pub unfixed_from_rhel: bool,
}

impl Default for Besides<'_> {
    /// Where nobody said anything.
    fn default() -> Self {
        Self { fallback: None, unfixed_from_rhel: true }
    }
}

/// Judges `subject` against `snapshot`.
///
/// What a sync before it could not do is no part of the report, which is a function of SBOM, snapshot and `terms`; that data
/// is old or absent is, because the snapshot says so.
pub fn match_sbom(subject: Subject, snapshot: &Snapshot, terms: Terms<'_>) -> Result<Report, FlowError> {
    let facts = facts(Some(snapshot))?;
    let question = Question::with(&subject.inventory, &facts, Some(snapshot), terms.besides)?;
    let advisories = load(snapshot, &question.keys)?;
    let findings = find(&question.cases, &advisories);
    let answer = Answer { question, advisories, findings };
    answer.report(subject, snapshot, terms)
}

/// The rows under `keys`. A key of a namespace that nobody whose rows are held speaks for is as good as not held, unless
/// there is something under it.
pub(crate) fn load(snapshot: &Snapshot, keys: &BTreeSet<PackageKey>) -> Result<AdvisorySet, FlowError> {
    let mut advisories = snapshot.load(keys)?;
    let unspoken = unspoken(snapshot);
    advisories.rows.retain(|key, rows| !rows.is_empty() || !unspoken.contains(&key.namespace));
    Ok(advisories)
}

/// The namespaces that nobody whose rows are held speaks for.
pub(crate) fn unspoken(snapshot: &Snapshot) -> BTreeSet<Namespace> {
    let entries = snapshot.namespaces().into_iter();
    entries.filter(|entry| !is_spoken_for(entry)).map(|entry| entry.name).collect()
}

/// What the facts shard says, or what is built in before there is one.
pub fn facts(snapshot: Option<&Snapshot>) -> Result<FeedFacts, FlowError> {
    match snapshot {
        Some(snapshot) => Ok(snapshot.facts()?),
        None => Ok(feeds_sync::facts::builtin_facts()),
    }
}

/// Which packages are looked up by CPE name: those that were asked for. Where nobody said, those that nobody else speaks of,
/// if all namespaces of CPE names are held; for them alone nothing is downloaded (`docs/decisions/0033`).
pub fn fallback(asked: Option<&Fallback>, snapshot: Option<&Snapshot>) -> Fallback {
    let are_held = |snapshot: &Snapshot| {
        let names = snapshot.namespaces().into_iter().filter(|entry| entry.name.is_cpe());
        let of_feeds =
            names.filter(|entry| entry.providers.iter().any(|provider| !is_supplement(&provider.name)));
        of_feeds.count() == usize::from(CPE_NAMESPACES)
    };
    match asked {
        Some(asked) => asked.clone(),
        None if snapshot.is_some_and(are_held) => Fallback::Stated,
        None => Fallback::Off,
    }
}

/// What has to be looked up to judge an inventory.
#[derive(Debug)]
pub struct Question {
    /// The facts under which the cases were resolved.
    pub facts: FeedFacts,
    /// The distinct cases.
    pub cases: Vec<matcher::Case>,
    /// Every key they consult, misses included.
    pub keys: BTreeSet<PackageKey>,
}

impl Question {
    /// The question that `inventory` asks under `facts`, to which is added what `snapshot` knows of the repositories that
    /// the inventory names.
    pub fn of(
        inventory: &Inventory,
        facts: &FeedFacts,
        snapshot: Option<&Snapshot>,
    ) -> Result<Self, FlowError> {
        Self::with(inventory, facts, snapshot, Besides::default())
    }

    /// The same, with what was said of who is asked besides.
    pub fn with(
        inventory: &Inventory,
        facts: &FeedFacts,
        snapshot: Option<&Snapshot>,
        besides: Besides<'_>,
    ) -> Result<Self, FlowError> {
        let mut facts = facts.clone();
        let repositories = matcher::repositories(inventory);
        if let Some(snapshot) = snapshot.filter(|_| !repositories.is_empty()) {
            facts.repository_cpes = snapshot.repository_cpes(&repositories)?;
        }
        let besides = matcher::Besides {
            fallback: &fallback(besides.fallback, snapshot),
            unfixed_from_rhel: besides.unfixed_from_rhel,
        };
        let cases = matcher::cases_with(inventory, &facts, besides);
        let keys = matcher::consulted_keys(&cases);
        Ok(Self { facts, cases, keys })
    }

    /// The namespaces of the keys.
    pub fn namespaces(&self) -> BTreeSet<Namespace> {
        matcher::namespaces(&self.cases)
    }
}

/// Findings before they are decorated, with what they were made from.
pub(crate) struct Answer {
    pub(crate) question: Question,
    pub(crate) advisories: AdvisorySet,
    pub(crate) findings: Vec<Finding>,
}

impl Answer {
    /// The report: findings that VEX answers suppressed, all decorated and sorted, coverage counted, snapshot stamped.
    pub(crate) fn report(
        self,
        subject: Subject,
        snapshot: &Snapshot,
        terms: Terms<'_>,
    ) -> Result<Report, FlowError> {
        let Terms { vex, as_of, weights, .. } = terms;
        let Self { question, advisories, mut findings } = self;
        let vex = matcher::vex::apply(
            &mut findings,
            vex.iter().chain(&subject.vex),
            &subject.inventory,
            subject.bom.as_deref(),
        );
        let asked = question.namespaces();
        let mut described = records(&findings);
        described.extend(matcher::github_records(&findings, &subject.inventory));
        let texts = snapshot.texts(&described)?;
        let cve_keys = matcher::cve_keys(&findings);
        let cves = cve_facts(snapshot, &cve_keys)?;
        let daily = snapshot.daily(&asked, &ids(&findings))?;
        let known = Known { texts: &texts, cves: &cves, daily: &daily, weights };
        matcher::decorate(&mut findings, &subject.inventory, &known);

        let mut coverage =
            matcher::coverage(&subject.inventory, &question.cases, &question.facts, &advisories, as_of);
        coverage.gaps.extend(stale(snapshot, &asked, as_of));
        coverage.gaps.extend(partial(snapshot, &asked, &question.facts));
        coverage.gaps.extend(unranked(snapshot));
        coverage.gaps.extend(undescribed(snapshot, &cve_keys));
        let stamp = stamp(snapshot, &asked, &question.facts);
        coverage.gaps.extend(before_feeds(&stamp, as_of));
        coverage.gaps.sort();
        coverage.gaps.dedup();

        Ok(Report {
            as_of,
            sbom_digest: subject.sbom_digest,
            snapshot: stamp,
            inventory: subject.inventory,
            vex,
            coverage,
            findings,
            risk: weights.clone(),
        })
    }
}

/// After how many days the state of a feed is old: vendors publish daily or more often.
const STALE_AFTER_DAYS: i64 = 7;

/// The feeds asked whose state is older than that on the day of the report.
fn stale(snapshot: &Snapshot, asked: &BTreeSet<Namespace>, as_of: Timestamp) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for entry in snapshot.namespaces().into_iter().filter(|entry| asked.contains(&entry.name)) {
        // Nobody publishes his own advisories daily.
        for provider in entry.providers.iter().filter(|provider| provider.name != PRIVATE) {
            let days = as_of.duration_since(provider.data_as_of).as_hours() / 24;
            if days > STALE_AFTER_DAYS {
                let detail = format!(
                    "what `{}` says is of {}, {days} days before this report",
                    provider.name,
                    provider.data_as_of.strftime("%Y-%m-%d")
                );
                gaps.push(Gap::new(GapKind::STALE_FEED, entry.name.as_str(), detail));
            }
        }
    }
    gaps
}

/// How much later than a report its feeds may be before its time is taken for a wrong one: a run takes its time before it syncs.
const AHEAD_MAX: SignedDuration = SignedDuration::from_hours(24);

/// Said of a report whose time is before its feeds: by it no feed is old and no support has ended.
pub fn before_feeds(stamp: &SnapshotStamp, as_of: Timestamp) -> Option<Gap> {
    let newest = stamp.namespaces.iter().filter_map(|stamp| stamp.data_as_of).max()?;
    let day = |time: Timestamp| time.strftime("%Y-%m-%d").to_string();
    let (of_report, of_feeds) = (day(as_of), day(newest));
    let detail = format!(
        "the time of this report, {of_report}, is before that of its feeds, {of_feeds}: whether they are old, and whose support has \
         ended, cannot be told"
    );
    (newest.duration_since(as_of) > AHEAD_MAX).then(|| Gap::new(GapKind::STALE_FEED, "report", detail))
}

/// Said of namespaces of which something is held, and not what one of the feeds says that answer them.
fn partial(snapshot: &Snapshot, asked: &BTreeSet<Namespace>, facts: &FeedFacts) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for entry in snapshot.namespaces().into_iter().filter(|entry| asked.contains(&entry.name)) {
        let held: Vec<&str> = entry.providers.iter().map(|stamp| stamp.name.as_str()).collect();
        let answering = facts.namespaces.get(&entry.name).into_iter().flat_map(|facts| &facts.providers);
        let missing: Vec<&str> = answering.map(String::as_str).filter(|name| !held.contains(name)).collect();
        if !missing.is_empty() {
            let (missing, held) = (missing.join("`, `"), held.join("`, `"));
            let detail = format!("what `{missing}` says is not held: only `{held}` was asked");
            gaps.push(Gap::new(GapKind::FEED_NOT_FETCHED, entry.name.as_str(), detail));
        }
    }
    gaps
}

/// Said of tables that rank findings and are not held: findings are ranked without them, and a gate that asks for them finds
/// nothing.
fn unranked(snapshot: &Snapshot) -> impl Iterator<Item = Gap> {
    let epss = ("epss", "no EPSS scores are held: findings are ranked without them");
    let kev = (
        "kev",
        "the catalogue of exploited vulnerabilities (KEV) is not held: which are exploited is not known",
    );
    let missing = [snapshot.epss().is_none().then_some(epss), snapshot.kev().is_none().then_some(kev)];
    missing.into_iter().flatten().map(|(place, detail)| Gap::new(GapKind::FEED_NOT_FETCHED, place, detail))
}

/// What is said of the CVEs under `keys` themselves, as far as it is held.
fn cve_facts(snapshot: &Snapshot, keys: &BTreeSet<PackageKey>) -> Result<CveFacts, FlowError> {
    let rows = snapshot.load(keys)?;
    let of_key = |(key, rows): (&PackageKey, &Vec<Row>)| -> Vec<(Namespace, String)> {
        rows.iter().map(|row| (key.namespace.clone(), row.record.to_string())).collect()
    };
    let records: BTreeSet<(Namespace, String)> = rows.rows.iter().flat_map(of_key).collect();
    Ok(CveFacts { texts: snapshot.texts(&records)?, rows })
}

/// Said when nothing is held that describes the CVEs of findings themselves: what their vendors did not rate has no severity.
fn undescribed(snapshot: &Snapshot, keys: &BTreeSet<PackageKey>) -> Option<Gap> {
    let missing: BTreeSet<&Namespace> = keys.iter().map(|key| &key.namespace).collect();
    let missing: Vec<&str> = missing
        .into_iter()
        .filter(|namespace| !snapshot.holds(namespace))
        .filter_map(Namespace::release)
        .collect();
    let detail = format!(
        "severities and disputes of CVEs of {} from NVD and the CVE list are not held: what no vendor rated has no severity, and a \
         gate of severities does not fire for it (`plimsoll feeds sync --only nvd`)",
        missing.join(", ")
    );
    (!missing.is_empty()).then(|| Gap::new(GapKind::FEED_NOT_FETCHED, "cve", detail))
}

/// Which state of the feeds answered for the namespaces asked.
pub(crate) fn stamp(snapshot: &Snapshot, asked: &BTreeSet<Namespace>, facts: &FeedFacts) -> SnapshotStamp {
    let namespaces = snapshot
        .namespaces()
        .into_iter()
        .filter(|entry| asked.contains(&entry.name))
        .map(|entry| NamespaceStamp {
            end_of_life: facts.namespaces.get(&entry.name).and_then(|facts| facts.end_of_life.clone()),
            data_as_of: entry.providers.iter().map(|provider| provider.data_as_of).min(),
            name: entry.name,
            records: entry.records,
        })
        .collect();
    SnapshotStamp { id: snapshot.id().to_owned(), created: Some(snapshot.created()), namespaces }
}

fn records(findings: &[Finding]) -> BTreeSet<(Namespace, String)> {
    findings
        .iter()
        .flat_map(|finding| &finding.evidence)
        .map(|evidence| (evidence.namespace.clone(), evidence.record.to_string()))
        .collect()
}

fn ids(findings: &[Finding]) -> BTreeSet<String> {
    findings.iter().flat_map(Finding::ids).map(ToString::to_string).collect()
}

/// The rows under any of `keys` that speak of `id`, under its own name or an alias.
pub(crate) fn rows_about<'a>(
    advisories: &'a AdvisorySet,
    keys: &'a BTreeSet<PackageKey>,
    id: &'a str,
) -> impl Iterator<Item = &'a Row> {
    keys.iter()
        .filter_map(|key| advisories.rows.get(key))
        .flatten()
        .filter(move |row| row.record == id || row.aliases.iter().any(|alias| alias == id))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use advisory_db::{FeedsDir, Publication};
    use model::advisory::{Advisory, Affected, RecordState, SeverityWord, Status};
    use model::distro::Distro;
    use model::ecosystem::Ecosystem;
    use model::facts::CoverageClass;
    use model::finding::Label;
    use model::inventory::Subject as Image;
    use model::package::Package;
    use model::severity::Severity;

    use super::*;

    /// A record of `id` about `key`.
    fn record(id: &str, key: &str, status: Status) -> Advisory {
        Advisory { affected: vec![Affected::new(key.parse().unwrap(), status)], ..Advisory::new(id) }
    }

    /// Alpine says that its package is affected by two CVEs, and rates none; NVD rates the one of 2025 and has no other
    /// year.
    fn snapshot(dir: &Path) -> Snapshot {
        let feeds = FeedsDir::open(dir);
        let lock = feeds.lock().unwrap();
        let mut writer = feeds.writer(&lock).unwrap();
        writer.set_facts(&feeds_sync::facts::builtin_facts()).unwrap();
        let of_alpine =
            ["CVE-2024-1", "CVE-2025-1"].map(|id| record(id, "alpine:3.20|source|demo", Status::Affected));
        let of_nvd = Advisory {
            state: RecordState::Disputed,
            severity: Some(SeverityWord { word: "HIGH".to_owned(), level: Severity::High }),
            ..record("CVE-2025-1", "cve:2025|cpe|CVE-2025-1", Status::Undetermined)
        };
        for (namespace, provider, records) in
            [("alpine:3.20", "alpine", &of_alpine[..]), ("cve:2025", "nvd", &[of_nvd][..])]
        {
            let publication = Publication {
                namespace: &Namespace::new(namespace),
                provider,
                feed: provider,
                license: "MIT",
                coverage: CoverageClass::FixOnly,
                data_as_of: Timestamp::UNIX_EPOCH,
            };
            writer.replace_provider(&publication, records).unwrap();
        }
        writer.swap(Timestamp::UNIX_EPOCH).unwrap();
        feeds.current().unwrap().unwrap()
    }

    #[test]
    fn a_derivative_of_a_release_that_has_no_number_yet_asks_what_that_asks() {
        let facts = feeds_sync::facts::builtin_facts();
        let asked = |id: &str, codename: &str| {
            let codename = Some(codename.to_owned());
            let distro = Distro { id: id.to_owned(), codename, ..Distro::default() };
            let package = Package::new(Ecosystem::Deb, "demo", "1.0-1", "pkg:deb/demo@1.0-1".into());
            let inventory = Inventory::new(Image::default(), Some(distro), vec![package], Vec::new());
            matcher::namespaces(&matcher::cases(&inventory, &facts))
        };
        for (own, base, expected) in [
            ("freia", "forky", "debian:unstable"),
            ("ceres", "sid", "debian:unstable"),
            ("excalibur", "trixie", "debian:13"),
            ("jessie", "jessie", "debian:8"),
        ] {
            assert_eq!(asked("devuan", own), [Namespace::new(expected)].into(), "{own}");
            assert_eq!(asked("debian", base), asked("devuan", own), "{own}");
        }
    }

    /// Nobody speaks for npm here, and the CVE list names one of its packages.
    #[test]
    fn what_a_list_of_products_says_of_some_packages_judges_no_others() {
        let dir = tempfile::tempdir().unwrap();
        let feeds = FeedsDir::open(dir.path());
        let lock = feeds.lock().unwrap();
        let mut writer = feeds.writer(&lock).unwrap();
        writer.set_facts(&feeds_sync::facts::builtin_facts()).unwrap();
        let publication = Publication {
            namespace: &Namespace::new("npm"),
            provider: "cve-list",
            feed: "cve-list",
            license: "x",
            coverage: CoverageClass::Complete,
            data_as_of: Timestamp::UNIX_EPOCH,
        };
        let named = record("CVE-2025-1", "npm|language|named", Status::Affected);
        writer.replace_provider(&publication, std::slice::from_ref(&named)).unwrap();
        writer.swap(Timestamp::UNIX_EPOCH).unwrap();
        let packages = ["named", "other"]
            .map(|name| Package::new(Ecosystem::Npm, name, "1.0.0", format!("pkg:npm/{name}@1.0.0")));
        let inventory = Inventory::new(Image::default(), None, packages.to_vec(), Vec::new());
        let weights = RiskWeights::default();
        let terms =
            Terms { vex: &[], besides: Besides::default(), as_of: Timestamp::UNIX_EPOCH, weights: &weights };
        let report = || {
            let snapshot = feeds.current().unwrap().unwrap();
            let report = match_sbom(Subject::new(inventory.clone(), b""), &snapshot, terms).unwrap();
            let unmatched = report.coverage.unmatched.iter();
            let unmatched: Vec<_> = unmatched.map(|it| (it.reason.as_str(), it.packages)).collect();
            (report.findings.len(), report.coverage.matched, unmatched)
        };
        assert_eq!(report(), (1, 1, vec![("not-fetched", 1)]));
        let mut writer = feeds.writer(&lock).unwrap();
        writer.replace_provider(&Publication { provider: "osv", feed: "npm", ..publication }, &[]).unwrap();
        writer.swap(Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(report(), (1, 2, vec![]));
    }

    #[test]
    fn what_nvd_says_of_a_cve_reaches_a_distributions_finding_or_is_a_gap() {
        let dir = tempfile::tempdir().unwrap();
        let snapshot = snapshot(dir.path());
        let distro = Distro { id: "alpine".into(), version: Some("3.20.1".into()), ..Distro::default() };
        let package = Package::new(Ecosystem::Apk, "demo", "1.0-r0", "pkg:apk/alpine/demo@1.0-r0".into());
        let inventory = Inventory::new(Image::default(), Some(distro), vec![package], Vec::new());
        let weights = RiskWeights::default();
        let terms =
            Terms { vex: &[], besides: Besides::default(), as_of: Timestamp::UNIX_EPOCH, weights: &weights };
        let report = match_sbom(Subject::new(inventory, b""), &snapshot, terms).unwrap();
        let said: Vec<String> = report
            .findings
            .iter()
            .map(|finding| {
                let decoration = &finding.decoration;
                let labels: Vec<&str> = decoration.labels.iter().copied().map(Label::as_str).collect();
                let severity = &decoration.severity;
                format!("{} {} {} {labels:?}", finding.id, severity.level, severity.source)
            })
            .collect();
        assert_eq!(said, ["CVE-2025-1 high nvd [\"disputed\"]", "CVE-2024-1 unknown  []"]);
        let gaps: Vec<&str> = report
            .coverage
            .gaps
            .iter()
            .filter(|gap| gap.place == "cve")
            .map(|gap| gap.detail.as_str())
            .collect();
        assert_eq!(
            gaps,
            [
                "severities and disputes of CVEs of 2024 from NVD and the CVE list are not held: what no vendor rated has no \
              severity, and a gate of severities does not fire for it (`plimsoll feeds sync --only nvd`)"
            ]
        );
        // Feeds of a later day than the report say nothing of how old they are.
        let of_time = |as_of: Timestamp| {
            let stamp = SnapshotStamp {
                namespaces: vec![NamespaceStamp {
                    data_as_of: Some(as_of),
                    ..report.snapshot.namespaces[0].clone()
                }],
                ..report.snapshot.clone()
            };
            before_feeds(&stamp, Timestamp::UNIX_EPOCH)
        };
        assert_eq!(of_time(Timestamp::from_second(24 * 3600).unwrap()), None);
        let gap = of_time(Timestamp::from_second(24 * 3600 + 1).unwrap()).unwrap();
        assert_eq!((gap.kind, gap.place.as_str()), (GapKind::STALE_FEED, "report"));
        assert!(gap.detail.contains("1970-01-01, is before that of its feeds, 1970-01-02"), "{}", gap.detail);
        // A release that ended says so where it answers.
        let stamp = &report.snapshot.namespaces[0];
        assert_eq!(stamp.name.as_str(), "alpine:3.20");
        assert!(stamp.end_of_life.as_deref().is_some_and(|day| day.starts_with("2026-")), "{stamp:?}");
    }
}
