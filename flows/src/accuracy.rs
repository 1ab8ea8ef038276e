//! How often we are right: real feeds and real images, held against what people found when they looked at each finding.
//!
//! `docs/reference/accuracy.md` is written from what this test measures. It says what could not be measured too, which is
//! most of it: a label counts only where a feed that is held knows the vulnerability.

mod argued;
mod labels;
mod page;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use advisory_db::search::Wanted;
use advisory_db::{FeedsDir, Snapshot};
use feeds_sync::engine::{LOSS_PERCENT_MAX, NoProgress, SyncOptions, sync};
use feeds_sync::schedule::MaxAge;
use feeds_sync::selection::{Named, Selection};
use fetch::fetcher::{FetchOptions, Fetcher};
use fetch::origin::Origin;
use jiff::Timestamp;
use model::advisory::AdvisorySet;
use model::ecosystem::Ecosystem;
use model::finding::{Finding, Verdict};
use model::key::Namespace;
use model::limits::Limits;
use model::package::Package;
use serde_json::Value;
use tempfile::TempDir;
use testkit::feeds::Mirror;

use self::argued::{ARGUED, Argued};
use self::labels::{Image, Label, Word};
use crate::find::find;
use crate::match_sbom::{Question, facts};

/// At least so many of a hundred true positives are found.
const FOUND_PERCENT_MIN: usize = 98;

/// The newest state of each feed of the data that says something of an image with labels, and the names it is asked by.
fn fill(mirror: &Mirror, data: &Path) -> Vec<String> {
    const RUST: &str = concat!("crates", ".io");
    // The one document of Red Hat's that is about a vulnerability with labels.
    let document = data.join("feeds/csaf/claircore/rhel/vex/testdata/cve-2023-38545.json");
    mirror
        .alma(data, "8", "2026-01-01")
        .alpine(data, &["3.6"], None)
        .debian(data, "2023-04-02")
        .osv(data, "Go", "2026-01-01")
        .osv(data, "Packagist-friendsofphp", "2026-01-01")
        .osv(data, "PyPI", "2024-01-01")
        .osv(data, "RubyGems-rubysec", "2026-01-01")
        .osv(data, RUST, "2026-01-01")
        .red_hat("2025-01-01", &[("2023/cve-2023-38545.json", testkit::data::read(&document))])
        .wolfi(data, "2025-01-01");
    let languages = ["Go", "Packagist", "PyPI", "RubyGems", RUST].map(|name| format!("osv:{name}"));
    let distributions = ["almalinux:8", "alpine:3.6", "debian", "redhat", "wolfi"].map(str::to_owned);
    languages.into_iter().chain(distributions).collect()
}

/// Feeds, synced from a mirror, and which vulnerabilities occur in them.
struct Feeds {
    _dir: TempDir,
    snapshot: Snapshot,
    names: HashMap<(Namespace, String), BTreeSet<String>>,
    /// AlmaLinux's bulletins by the CVEs that they fix: a bulletin is no other name of what it fixes (feeds.md D5).
    bulletins: HashMap<String, Vec<String>>,
}

impl Feeds {
    fn of(data: &Path) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mirror = Mirror::at(dir.path().join("mirror"));
        let names = fill(&mirror, data);
        let origin = Origin::MirrorDir(mirror.dir().to_owned());
        let fetcher = Fetcher::new(FetchOptions { origin, ..FetchOptions::default() });
        let options = SyncOptions {
            selection: Selection::Only(&names),
            named: Named::NONE,
            max_age: MaxAge::ZERO,
            now: Timestamp::UNIX_EPOCH,
            jobs: 1,
            limits: &Limits::default(),
            loss_percent_max: LOSS_PERCENT_MAX,
        };
        let feeds = FeedsDir::open(&dir.path().join("feeds"));
        let report = sync(&feeds, &fetcher, &options, &NoProgress).unwrap();
        assert!(report.gaps.is_empty(), "{:#?}", report.gaps);
        let snapshot = feeds.current().unwrap().unwrap();
        let errata = fs::read(mirror.dir().join("errata.almalinux.org/8/errata.json")).unwrap();
        Self { _dir: dir, snapshot, names: HashMap::new(), bulletins: bulletins(&errata) }
    }

    /// The ids that a record about the label's vulnerability in `package` may have.
    fn ids(&self, package: &Package, label: &Label) -> Vec<String> {
        let mut ids = label.ids.clone();
        if package.ecosystem == Ecosystem::Rpm {
            ids.extend(label.ids.iter().filter_map(|id| self.bulletins.get(id)).flatten().cloned());
        }
        ids
    }

    /// The names under which `namespace` has rows that go by one of `ids`.
    fn names(&mut self, namespace: &Namespace, ids: &[String]) -> BTreeSet<String> {
        ids.iter().flat_map(|id| self.names_of(namespace, id)).collect()
    }

    fn names_of(&mut self, namespace: &Namespace, id: &str) -> BTreeSet<String> {
        let key = (namespace.clone(), id.to_owned());
        if let Some(known) = self.names.get(&key) {
            return known.clone();
        }
        let held = self.snapshot.namespaces().into_iter().find(|held| held.name == *namespace);
        let providers = held.into_iter().flat_map(|held| held.providers);
        let rows = providers
            .flat_map(|provider| self.snapshot.search(namespace, &provider.name, Wanted::Text(id)).unwrap());
        let names: BTreeSet<String> = rows.map(|row| row.text("name").to_owned()).collect();
        self.names.insert(key, names.clone());
        names
    }
}

fn bulletins(errata: &[u8]) -> HashMap<String, Vec<String>> {
    let errata: Vec<Value> = serde_json::from_slice(errata).unwrap();
    let mut bulletins: HashMap<String, Vec<String>> = HashMap::new();
    for erratum in &errata {
        for cve in erratum["references"].as_array().unwrap() {
            let (cve, id) = (cve["id"].as_str().unwrap(), erratum["updateinfo_id"].as_str().unwrap());
            bulletins.entry(cve.to_owned()).or_default().push(id.to_owned());
        }
    }
    bulletins
}

/// What became of a label.
enum Outcome {
    /// It cannot be measured; why.
    Unmeasured(String),
    /// The feeds know the vulnerability.
    Measured(Measured),
}

/// What we say where the feeds know the vulnerability.
struct Measured {
    /// Who knows it: `debian`, `golang`.
    ecosystem: String,
    /// Whether we report it.
    is_reported: bool,
    /// Whether the feed has it for other packages only.
    is_of_others: bool,
    /// Our answer, for people.
    ours: String,
}

/// How the labels of an ecosystem came out.
#[derive(Default)]
struct Score {
    /// True positives that are reported.
    found: usize,
    /// Those that are not, although the feed speaks of the package.
    missed: usize,
    /// Those of which the feed speaks for other packages only.
    of_others: usize,
    /// False positives that are not reported.
    quiet: usize,
    /// Those that are.
    reported: usize,
    /// Labels that cannot be measured, by the reason.
    unmeasured: BTreeMap<String, usize>,
}

impl Score {
    fn n_unmeasured(&self) -> usize {
        self.unmeasured.values().sum()
    }
}

/// An image, judged.
struct Judged<'a> {
    image: &'a Image,
    /// By the purl of the package, as the findings are.
    cases: HashMap<String, matcher::Case>,
    findings: HashMap<String, Vec<Finding>>,
    advisories: AdvisorySet,
}

impl<'a> Judged<'a> {
    fn of(image: &'a Image, snapshot: &Snapshot) -> Self {
        let inventory = image.inventory();
        let question = Question::of(&inventory, &facts(Some(snapshot)).unwrap(), Some(snapshot)).unwrap();
        let advisories = snapshot.load(&question.keys).unwrap();
        let mut findings: HashMap<String, Vec<Finding>> = HashMap::new();
        for finding in find(&question.cases, &advisories) {
            let purl = &inventory.packages[finding.packages[0].as_usize()].purl;
            findings.entry(purl.clone()).or_default().push(finding);
        }
        let cases = question.cases.into_iter().map(|case| (case.purl.clone(), case)).collect();
        Self { image, cases, findings, advisories }
    }

    fn outcome(&self, label: &Label, feeds: &mut Feeds) -> Outcome {
        let unmeasured = |why: &str| Outcome::Unmeasured(why.to_owned());
        if label.word == Word::Open {
            return unmeasured("people could not tell, or said both");
        }
        let packages = self.image.packages(label);
        let [package] = packages.as_slice() else {
            let named = packages.iter().find(|package| self.has_row(package, &label.ids));
            return match named {
                Some(package) => self.outcome_of(package, label, feeds),
                None => unmeasured(
                    "no language whose feed is held knows the vulnerability in a package of that name",
                ),
            };
        };
        self.outcome_of(package, label, feeds)
    }

    fn outcome_of(&self, package: &Package, label: &Label, feeds: &mut Feeds) -> Outcome {
        let unmeasured = |why: &str| Outcome::Unmeasured(why.to_owned());
        let ids = feeds.ids(package, label);
        let case = &self.cases[&package.purl];
        let namespaces: BTreeSet<&Namespace> = case
            .consulted
            .iter()
            .map(|consulted| &consulted.key.namespace)
            .chain(case.unmatched.iter().map(|(_, namespace)| namespace))
            .collect();
        let held: Vec<&Namespace> =
            namespaces.iter().copied().filter(|namespace| feeds.snapshot.holds(namespace)).collect();
        if held.is_empty() {
            let names: Vec<&str> = namespaces.iter().map(|namespace| namespace.as_str()).collect();
            return Outcome::Unmeasured(format!("no feed of {} is held", names.join(", ")));
        }
        let names: BTreeSet<String> =
            held.iter().flat_map(|namespace| feeds.names(namespace, &ids)).collect();
        if names.is_empty() {
            return unmeasured("the feed does not have the vulnerability");
        }
        // The copies of the errata have none (`testkit::feeds::Mirror::alma`).
        let has_epoch = label.version.split_once(':').is_some_and(|(epoch, _)| epoch != "0");
        if held.iter().any(|namespace| namespace.distro_id() == Some("almalinux")) && has_epoch {
            return unmeasured("the copy of the feed has no epochs, and the package has one");
        }
        let is_of_others = !self.has_row(package, &ids);
        let finding = self.finding(package, &ids);
        // That it cannot be told is not what people found; of what is not there, it is too much.
        let is_told =
            |finding: &Finding| label.word == Word::Negative || finding.verdict == Verdict::Affected;
        let is_reported = finding.is_some_and(is_told);
        let ours = match finding {
            Some(finding) => shown(finding),
            None if is_of_others => {
                let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                format!("not reported: the feed has it for {}", names.join(", "))
            }
            None => "not reported".to_owned(),
        };
        let ecosystem = self.image.group(package);
        Outcome::Measured(Measured { ecosystem, is_reported, is_of_others, ours })
    }

    /// The finding in `package` that goes by one of `ids` and is not suppressed.
    fn finding(&self, package: &Package, ids: &[String]) -> Option<&Finding> {
        let findings = self.findings.get(&package.purl)?;
        findings
            .iter()
            .filter(|finding| finding.suppressed.is_none())
            .find(|finding| ids.iter().any(|id| finding.ids().any(|own| *own == *id)))
    }

    /// Whether a row under the package's own keys goes by one of the label's ids.
    fn has_row(&self, package: &Package, ids: &[String]) -> bool {
        let Some(case) = self.cases.get(&package.purl) else { return false };
        let rows = case.consulted.iter().filter_map(|consulted| self.advisories.rows.get(&consulted.key));
        rows.flatten().any(|row| {
            ids.iter().any(|id| row.record == *id || row.aliases.iter().any(|alias| *alias == *id))
        })
    }
}

/// A finding, with the first record that says so.
fn shown(finding: &Finding) -> String {
    let word = match &finding.verdict {
        Verdict::Undetermined { .. } => "undetermined",
        _ => "affected",
    };
    let evidence = finding.evidence.first();
    evidence.map_or_else(String::new, |evidence| format!("{word}: {} {}", evidence.record, evidence.range))
}

/// A label that we answer otherwise.
struct Difference {
    image: String,
    package: String,
    id: String,
    word: Word,
    ours: String,
    why: Option<&'static str>,
}

/// All labels, counted and compared.
#[derive(Default)]
struct Measurement {
    scores: BTreeMap<String, Score>,
    differences: Vec<Difference>,
    argued: BTreeSet<usize>,
}

impl Measurement {
    fn add(&mut self, image: &Image, label: &Label, outcome: Outcome) {
        let measured = match outcome {
            Outcome::Unmeasured(why) => {
                let packages = image.packages(label);
                let ecosystem = match packages.as_slice() {
                    [package] => image.group(package),
                    _ => "of a language".to_owned(),
                };
                *self.scores.entry(ecosystem).or_default().unmeasured.entry(why).or_default() += 1;
                return;
            }
            Outcome::Measured(measured) => measured,
        };
        let score = self.scores.entry(measured.ecosystem).or_default();
        let count = match (label.word, measured.is_reported) {
            (Word::Positive, true) => &mut score.found,
            (Word::Positive, false) if measured.is_of_others => &mut score.of_others,
            (Word::Positive, false) => &mut score.missed,
            (_, false) => &mut score.quiet,
            (_, true) => &mut score.reported,
        };
        *count += 1;
        if (label.word == Word::Positive) == measured.is_reported {
            return;
        }
        let position = ARGUED.iter().position(|argued| argued.is_about(image, label));
        self.argued.extend(position);
        self.differences.push(Difference {
            image: image.name.clone(),
            package: format!("{} {}", label.package, label.version),
            id: label.ids.join(" "),
            word: label.word,
            ours: measured.ours,
            why: position.map(|position| ARGUED[position].why),
        });
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the score is for whoever asks for the output of tests")]
fn most_of_what_people_found_is_found_and_every_difference_is_argued() {
    let test = "most_of_what_people_found_is_found_and_every_difference_is_argued";
    let Some(data) = testkit::data::require(test) else { return };
    let mut feeds = Feeds::of(&data);
    let images = labels::images(&data);
    let mut measurement = Measurement::default();
    for image in &images {
        let judged = Judged::of(image, &feeds.snapshot);
        for label in &image.labels {
            measurement.add(image, label, judged.outcome(label, &mut feeds));
        }
    }
    let Measurement { scores, differences, argued } = &measurement;
    println!("{}{}", page::score(scores), page::unmeasured(scores));
    let unargued: Vec<String> = differences
        .iter()
        .filter(|difference| difference.why.is_none())
        .map(|Difference { image, package, id, word, ours, .. }| {
            format!("{image} | {package} | {id} | {} | {ours}", word.as_str())
        })
        .collect();
    assert!(
        unargued.is_empty(),
        "{} differences without an argument:\n{}",
        unargued.len(),
        unargued.join("\n")
    );
    let is_stale = |position: &usize| !argued.contains(position);
    let stale: Vec<&Argued> = (0..ARGUED.len()).filter(is_stale).map(|position| &ARGUED[position]).collect();
    assert!(stale.is_empty(), "arguments without a difference: {stale:#?}");
    let found: usize = scores.values().map(|score| score.found).sum();
    let missed: usize = scores.values().map(|score| score.missed).sum();
    assert!(found * 100 >= FOUND_PERCENT_MIN * (found + missed), "{found} found, {missed} missed");
    page::check(&images, scores, differences);
}
