//! Trivy's databases as the rows that our providers would make of the same statements: the same namespaces, kinds of keys
//! (feeds.md B3), statuses (§0.2) and ranges.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use model::advisory::{
    Affected, AffectedRange, Aside, Conditions, FixState, PublishedFix, RangeEvent, RecordKind, RecordState,
    Row, Status,
};
use model::ecosystem::Ecosystem;
use model::facts::{CoverageClass, FeedFacts, NamespaceFacts};
use model::key::{KeyKind, Namespace, PackageKey, normalise_name};
use model::version::VersionText;
use serde_json::Value;

use super::buckets::{Pair, pairs};
use super::constraint::{all_but, range};
use super::redhat;

/// What the databases say.
#[derive(Debug, Default)]
pub struct Database {
    /// The rows, in the order of the fixtures.
    pub rows: Vec<Row>,
    /// The namespaces that they are of.
    pub facts: FeedFacts,
    /// What cannot be a row, and how often: by why.
    pub left_out: BTreeMap<&'static str, usize>,
}

/// Reads every fixture of `directory`, which is `match/trivy-integration/db` of the real data.
///
/// # Panics
///
/// A fixture says something in words that are not known here.
pub fn database(directory: &Path) -> Database {
    let files = crate::case::files_below(directory).expect("the fixtures of the database");
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).expect("UTF-8").to_owned();
    let pairs: Vec<Pair> = files.iter().flat_map(|(_, bytes)| pairs(&text(bytes))).collect();
    of_pairs(&pairs)
}

/// What `pairs` say.
fn of_pairs(pairs: &[Pair]) -> Database {
    let cpes = redhat::cpes(pairs);
    let mut database = Database::default();
    for pair in pairs {
        let package = match &pair.buckets[..] {
            // What people read, and where it comes from; and what stands for Red Hat's products.
            [bucket, ..] if matches!(&**bucket, "vulnerability" | "data-source" | "Red Hat CPE") => continue,
            [bucket, package] => (bucket.as_str(), package.as_str()),
            other => panic!("{other:?} are no buckets of an advisory"),
        };
        match package {
            ("Red Hat", name) => redhat::add(name, pair, &cpes, &mut database),
            (bucket, name) => match bucket.split_once("::") {
                Some((ecosystem, source)) => of_language(ecosystem, source, name, pair, &mut database),
                None => of_distribution(bucket, name, pair, &mut database),
            },
        }
    }
    database
}

impl Database {
    /// Adds a row, and its namespace.
    pub(super) fn add(&mut self, provider: &str, coverage: CoverageClass, record: &str, affected: Affected) {
        let namespace = affected.key.namespace.clone();
        let facts = self.facts.namespaces.entry(namespace).or_insert(NamespaceFacts {
            coverage,
            providers: Vec::new(),
            end_of_life: None,
        });
        if !facts.providers.iter().any(|known| known == provider) {
            facts.providers.push(provider.to_owned());
            facts.providers.sort();
        }
        self.rows.push(Row {
            provider: provider.to_owned().into(),
            record: record.to_owned().into(),
            kind: RecordKind::Vulnerability,
            aliases: Vec::new().into(),
            state: RecordState::Published,
            affected,
        });
    }

    /// Counts something that is no row.
    pub(super) fn leave_out(&mut self, reason: &'static str) {
        *self.left_out.entry(reason).or_default() += 1;
    }
}

/// How a distribution's bucket is called, and how its provider keys what it says.
struct Distribution {
    /// What comes before the release.
    bucket: &'static str,
    namespace: &'static str,
    provider: &'static str,
    kinds: &'static [KeyKind],
    coverage: CoverageClass,
}

const fn distribution(
    bucket: &'static str,
    namespace: &'static str,
    provider: &'static str,
    kinds: &'static [KeyKind],
    coverage: CoverageClass,
) -> Distribution {
    Distribution { bucket, namespace, provider, kinds, coverage }
}

use CoverageClass::{Complete, FixOnly};
use KeyKind::{Binary, Source};

/// The longer of two names with the same start stands first.
const DISTRIBUTIONS: &[Distribution] = &[
    distribution("alma ", "almalinux", "alma", &[Binary], FixOnly),
    distribution("alpine ", "alpine", "alpine", &[Source], FixOnly),
    distribution("amazon linux ", "amazon", "amazon", &[Binary], FixOnly),
    distribution("CBL-Mariner ", "mariner", "azure", &[Source], Complete),
    distribution("debian ", "debian", "debian", &[Source], Complete),
    distribution("openSUSE Leap ", "opensuse-leap", "suse", &[Binary], FixOnly),
    distribution("openSUSE ", "opensuse-tumbleweed", "suse", &[Binary], FixOnly),
    distribution("Oracle Linux ", "oracle", "oracle", &[Binary], FixOnly),
    distribution("Photon OS ", "photon", "photon", &[Source, Binary], Complete),
    distribution("rocky ", "rocky", "rocky", &[Binary], FixOnly),
    distribution("SUSE Linux Enterprise Micro ", "sle-micro", "suse", &[Binary], FixOnly),
    distribution("SUSE Linux Enterprise ", "sles", "suse", &[Binary], FixOnly),
    distribution("ubuntu ", "ubuntu", "ubuntu", &[Source], Complete),
];

fn of_distribution(bucket: &str, name: &str, pair: &Pair, database: &mut Database) {
    let known = DISTRIBUTIONS.iter().find_map(|known| Some((known, bucket.strip_prefix(known.bucket)?)));
    let Some((known, release)) = known else { panic!("`{bucket}` is no distribution") };
    let release = match release {
        "Tumbleweed" => "rolling".to_owned(),
        // `15-SP3` is what its own VERSION_ID calls `15.3`.
        release => release.replace("-SP", "."),
    };
    let namespace = Namespace::distro(known.namespace, &release);
    let whole = Statement::read(&pair.value);
    // Where builds differ, each has an entry of its own, and what stands beside them is the highest.
    let statements = if whole.entries.is_empty() { vec![whole] } else { whole.entries };
    for statement in &statements {
        for kind in known.kinds {
            let key = PackageKey::new(namespace.clone(), *kind, name);
            if let Some(affected) = statement.affected(key, database) {
                database.add(known.provider, known.coverage, &pair.key, affected);
            }
        }
    }
}

/// What an advisory says of a package of a distribution.
#[derive(Debug, Default)]
pub(super) struct Statement {
    fixed: Option<String>,
    affected_from: Option<String>,
    status: u8,
    bulletins: Vec<String>,
    architectures: Vec<String>,
    entries: Vec<Self>,
}

impl Statement {
    pub(super) fn read(value: &Value) -> Self {
        let mut statement = Self::default();
        for (word, value) in value.as_object().into_iter().flatten() {
            let text = || value.as_str().map(str::to_owned);
            match word.as_str() {
                "FixedVersion" => statement.fixed = text(),
                "AffectedVersion" => statement.affected_from = text(),
                "Status" => statement.status = number(value),
                "VendorIDs" | "VendorIds" => statement.bulletins = texts(value),
                "Arches" => statement.architectures = texts(value),
                "Entries" => {
                    statement.entries = value.as_array().expect("entries").iter().map(Self::read).collect();
                }
                // Nothing of these decides; `State` is of an older form of the database, which has `Status` now.
                "Severity" | "State" | "Affected" | "Cves" => {}
                other => panic!("`{other}` is no word of an advisory"),
            }
        }
        statement
    }

    /// What it says of the package `key`; none where it only takes note of it.
    pub(super) fn affected(&self, key: PackageKey, database: &mut Database) -> Option<Affected> {
        let start = RangeEvent::Introduced(self.affected_from.as_deref().unwrap_or("0").into());
        let (status, fix_state) = match (&self.fixed, self.status) {
            (Some(_), _) => (Status::Affected, FixState::Fixed),
            (None, 0 | 2) => (Status::Affected, FixState::NotFixed),
            (None, 1) => (Status::NotAffected, FixState::Unknown),
            (None, 4) => (Status::UnderInvestigation, FixState::Unknown),
            (None, 5) => (Status::Affected, FixState::WontFix),
            (None, 6) => (Status::Affected, FixState::Deferred),
            (None, 7) => (Status::Affected, FixState::EndOfLife),
            (None, 3) => {
                database.leave_out("fixed, and in no version");
                return None;
            }
            (None, other) => panic!("{other} is no status"),
        };
        let version = self.fixed.as_deref().map(VersionText::from);
        let end = version.clone().map(RangeEvent::Fixed);
        let is_range = end.is_some() || self.affected_from.is_some();
        let fix = |advisory: Option<&String>| PublishedFix {
            version: version.clone(),
            advisory: advisory.map(|id| id.as_str().into()),
            ..PublishedFix::default()
        };
        let mut fixes: Vec<PublishedFix> = self.bulletins.iter().map(|id| fix(Some(id))).collect();
        if fixes.is_empty() && version.is_some() {
            fixes.push(fix(None));
        }
        let conditions = Conditions {
            architectures: self.architectures.iter().map(|it| it.as_str().into()).collect(),
            ..Conditions::default()
        };
        Some(Affected {
            fix_state,
            ranges: is_range
                .then(|| AffectedRange { events: [Some(start), end].into_iter().flatten().collect() })
                .into_iter()
                .collect(),
            conditions: (!conditions.is_empty()).then(|| Arc::new(conditions)),
            aside: Aside { fixes, ..Aside::default() }.into(),
            ..Affected::new(key, status)
        })
    }

    /// Whether a fix is published.
    pub(super) fn is_fixed(&self) -> bool {
        self.fixed.is_some()
    }

    /// The same statement as part of `bulletin`.
    pub(super) fn in_bulletin(mut self, bulletin: &str) -> Self {
        self.bulletins.push(bulletin.to_owned());
        self
    }
}

/// The languages by the word before `::`, which is Trivy's own.
const LANGUAGES: &[(&str, Ecosystem)] = &[
    ("cargo", Ecosystem::Cargo),
    ("cocoapods", Ecosystem::CocoaPods),
    ("composer", Ecosystem::Composer),
    ("conan", Ecosystem::Conan),
    ("erlang", Ecosystem::Hex),
    ("go", Ecosystem::Golang),
    // The components of a cluster, which are of no ecosystem that we know.
    ("k8s", Ecosystem::Unknown),
    ("maven", Ecosystem::Maven),
    ("npm", Ecosystem::Npm),
    ("nuget", Ecosystem::NuGet),
    ("pip", Ecosystem::PyPi),
    ("pub", Ecosystem::Pub),
    ("rubygems", Ecosystem::Gem),
    ("swift", Ecosystem::Swift),
];

fn of_language(language: &str, source: &str, name: &str, pair: &Pair, database: &mut Database) {
    let known = LANGUAGES.iter().find(|(word, _)| *word == language);
    let (_, ecosystem) = known.unwrap_or_else(|| panic!("`{language}` is no language"));
    let provider = match source {
        "Open Source Vulnerability" => "rustsec",
        "GitLab Advisory Database Community" => "gitlab",
        "Official Kubernetes CVE Feed" => "kubernetes",
        source if source.starts_with("GitHub Security Advisory ") => "ghsa",
        other => panic!("`{other}` is no source"),
    };
    let list = |word: &str| texts(pair.value.get(word).unwrap_or(&Value::Null));
    for word in pair.value.as_object().into_iter().flatten().map(|(word, _)| word) {
        assert!(matches!(&**word, "VulnerableVersions" | "PatchedVersions"), "`{word}` is no word");
    }
    let (vulnerable, patched) = (list("VulnerableVersions"), list("PatchedVersions"));
    let ranges = match vulnerable.is_empty() {
        true => all_but(&patched.iter().map(String::as_str).collect::<Vec<_>>()),
        false => vulnerable.iter().map(|constraint| range(constraint)).collect(),
    };
    let ranges = match vulnerable.len() == patched.len() {
        true => ranges.into_iter().zip(&patched).map(|(range, patch)| ending_at(range, patch)).collect(),
        false => ranges,
    };
    let is_fixed = |range: &AffectedRange| matches!(range.events.last(), Some(RangeEvent::Fixed(_)));
    let fix_state = if ranges.iter().any(is_fixed) { FixState::Fixed } else { FixState::NotFixed };
    let namespace = Namespace::language(*ecosystem);
    let key = PackageKey::new(namespace, KeyKind::Language, &*normalise_name(*ecosystem, name));
    let affected = Affected { fix_state, ranges: ranges.into(), ..Affected::new(key, Status::Affected) };
    database.add(provider, FixOnly, &pair.key, affected);
}

/// GitHub states for each range the last version that is known to be affected and the first that is patched. What it
/// publishes as OSV ends at the patch, which is what our providers read (feeds.md A17).
fn ending_at(mut range: AffectedRange, patch: &str) -> AffectedRange {
    if let Some(last @ RangeEvent::LastAffected(_)) = range.events.last_mut() {
        *last = RangeEvent::Fixed(patch.into());
    }
    range
}

/// A number as its text, which may have a fraction: `5`, `1.0`.
fn number(value: &Value) -> u8 {
    let text = value.as_str().expect("a number");
    text.trim_end_matches(".0").parse().unwrap_or_else(|_| panic!("`{text}` is no number"))
}

/// The texts of a list.
pub(super) fn texts(value: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    value.as_array().into_iter().flatten().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows as text, one a line: key, provider, record, fix state, ranges, architectures and bulletins.
    fn text(fixture: &str) -> String {
        let of_event = |event: &RangeEvent| match event {
            RangeEvent::Introduced(version) => format!(" >={version}"),
            RangeEvent::Fixed(version) => format!(" <{version}"),
            other => format!(" {other:?}"),
        };
        let line = |row: &Row| {
            let affected = &row.affected;
            let ranges: String =
                affected.ranges.iter().flat_map(|range| &range.events).map(of_event).collect();
            let conditions = affected.conditions.iter();
            let architectures: String =
                conditions.flat_map(|it| &it.architectures).map(|it| format!(" {it}")).collect();
            let bulletins: String = affected
                .aside
                .fixes
                .iter()
                .flat_map(|fix| &fix.advisory)
                .map(|id| format!(" {id}"))
                .collect();
            let state = affected.fix_state.as_str();
            format!(
                "{} {} {} {state}{ranges}{architectures}{bulletins}\n",
                affected.key, row.provider, row.record
            )
        };
        of_pairs(&pairs(fixture)).rows.iter().map(line).collect()
    }

    #[test]
    fn a_distribution_speaks_of_source_or_binary_packages() {
        let fixture = "
- bucket: debian 12
  pairs:
    - bucket: demo
      pairs:
        - key: CVE-1
          value: {FixedVersion: 1.0-1+deb12u1, VendorIDs: [DSA-1-1]}
        - key: CVE-2
          value: {Severity: 1.0, Status: 7}
        - key: CVE-3
          value: {}
        - key: CVE-4
- bucket: SUSE Linux Enterprise 15-SP9
  pairs:
    - bucket: libdemo1
      pairs:
        - key: SUSE-SU-1
          value: {FixedVersion: 1.0-1}
- bucket: Oracle Linux 9
  pairs:
    - bucket: demo
      pairs:
        - key: CVE-1
          value:
            FixedVersion: 2-1.el9
            Entries:
              - {FixedVersion: 1-1.el9, Arches: [x86_64, aarch64], VendorIds: [ELSA-1]}
- bucket: vulnerability
  pairs:
    - key: CVE-1
      value: {Title: demo}
";
        let expected = "\
debian:12|source|demo debian CVE-1 fixed >=0 <1.0-1+deb12u1 DSA-1-1
debian:12|source|demo debian CVE-2 end-of-life
debian:12|source|demo debian CVE-3 not-fixed
debian:12|source|demo debian CVE-4 not-fixed
sles:15.9|binary|libdemo1 suse SUSE-SU-1 fixed >=0 <1.0-1
oracle:9|binary|demo oracle CVE-1 fixed >=0 <1-1.el9 x86_64 aarch64 ELSA-1
";
        assert_eq!(text(fixture), expected);
    }

    #[test]
    fn red_hat_speaks_of_products_by_their_numbers() {
        let fixture = "
- bucket: Red Hat CPE
  pairs:
    - bucket: cpe
      pairs:
        - key: \"7\"
          value: cpe:/o:redhat:enterprise_linux:9::baseos
        - key: \"8\"
          value: cpe:/a:redhat:enterprise_linux:9::appstream
- bucket: Red Hat
  pairs:
    - bucket: demo
      pairs:
        - key: RHSA-1
          value:
            Entries:
              - Affected: [7, 8, 9]
                Cves: [{ID: CVE-1, Severity: 2.0}, {ID: CVE-2}]
                FixedVersion: 1:1-1.el9
        - key: CVE-3
          value:
            Entries:
              - {Affected: [8], Cves: [{Severity: 1.0}], Arches: [x86_64], Status: 5}
";
        let expected = "\
redhat:9|binary|demo redhat CVE-1 fixed >=0 <1:1-1.el9 RHSA-1
redhat:9|binary|demo redhat CVE-2 fixed >=0 <1:1-1.el9 RHSA-1
redhat:9|source|demo redhat CVE-3 wont-fix x86_64
redhat:9|binary|demo redhat CVE-3 wont-fix x86_64
";
        assert_eq!(text(fixture), expected);
        assert_eq!(of_pairs(&pairs(fixture)).left_out, [("a product of Red Hat's without a name", 1)].into());
    }

    #[test]
    fn a_language_speaks_of_ranges() {
        let fixture = "
- bucket: \"npm::GitHub Security Advisory Npm\"
  pairs:
    - bucket: demo
      pairs:
        - key: CVE-1
          value:
            PatchedVersions: [1.2.4, 2.0.1]
            VulnerableVersions: [\"<= 1.2.3\", \">= 2.0.0, < 2.0.1\"]
        - key: CVE-2
          value: {VulnerableVersions: [\">= 0\"]}
- bucket: cargo::Open Source Vulnerability
  pairs:
    - bucket: demo
      pairs:
        - key: CVE-3
          value: {PatchedVersions: [\">= 2.0.0\", \">= 1.0.1, < 1.1.0\"]}
";
        let expected = "\
npm|language|demo ghsa CVE-1 fixed >=0 <1.2.4 >=2.0.0 <2.0.1
npm|language|demo ghsa CVE-2 not-fixed >=0
cargo|language|demo rustsec CVE-3 fixed >=0 <1.0.1 >=1.1.0 <2.0.0
";
        assert_eq!(text(fixture), expected);
    }
}
