use std::fs;
use std::path::PathBuf;

use advisory_db::{FeedsDir, Publication};
use model::advisory::{Advisory, Affected};
use model::facts::CoverageClass;
use tempfile::TempDir;

use super::*;

const SBOM: &str = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6",
    "metadata": {"component": {"type": "container", "name": "app"}}, "components": [
    {"type": "library", "name": "quiet", "version": "1.0", "purl": "pkg:npm/quiet@1.0"},
    {"type": "library", "name": "demo", "version": "1.0", "purl": "pkg:npm/demo@1.0"}]}"#;

/// A directory with one SBOM, and feeds that say something of one of its two packages.
struct Stored {
    dir: TempDir,
    snapshot: Snapshot,
}

impl Stored {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("sboms")).unwrap();
        fs::write(dir.path().join("sboms/app.json"), SBOM).unwrap();
        let feeds = FeedsDir::open(&dir.path().join("feeds"));
        let lock = feeds.lock().unwrap();
        let mut writer = feeds.writer(&lock).unwrap();
        writer.set_facts(&feeds_sync::facts::builtin_facts()).unwrap();
        let affected = Affected::new("npm|language|demo".parse().unwrap(), Status::Affected);
        let record = Advisory { affected: vec![affected], ..Advisory::new("GHSA-1") };
        let publication = Publication {
            namespace: &Namespace::new("npm"),
            provider: "osv",
            feed: "npm",
            license: "MIT",
            coverage: CoverageClass::Complete,
            data_as_of: Timestamp::UNIX_EPOCH,
        };
        writer.replace_provider(&publication, &[record]).unwrap();
        writer.swap(Timestamp::UNIX_EPOCH).unwrap();
        let snapshot = feeds.current().unwrap().unwrap();
        Self { dir, snapshot }
    }

    fn sboms(&self) -> PathBuf {
        self.dir.path().join("sboms")
    }

    fn state_file(&self) -> PathBuf {
        self.sboms().join(".plimsoll-rematch/state.json")
    }

    /// A run that is told and not yet remembered.
    #[track_caller]
    fn run(&self, dry_run: bool) -> Rematch {
        self.tried(dry_run).unwrap()
    }

    fn tried(&self, dry_run: bool) -> Result<Rematch, FlowError> {
        let weights = RiskWeights::default();
        let limits = Limits::default();
        let options = RematchOptions {
            full: false,
            dry_run,
            vex: &[],
            besides: Besides::default(),
            as_of: Timestamp::UNIX_EPOCH,
            weights: &weights,
            limits: &limits,
        };
        let sboms = stored_sboms(&self.sboms()).unwrap().sboms;
        rematch(&self.sboms(), &sboms, &self.snapshot, &options, |_, _| Ok(()))
    }

    /// The counts of a run that is remembered, how many changes it told, and the packages of its findings.
    #[track_caller]
    fn told(&self) -> (usize, usize, Vec<Value>) {
        let Rematch { changes, failures, state, .. } = self.run(false);
        assert!(failures.is_empty(), "{failures:?}");
        state.keep().unwrap();
        let state: Value = serde_json::from_slice(&fs::read(self.state_file()).unwrap()).unwrap();
        let findings = state["entries"]["app.json"]["findings"].as_array().unwrap();
        let packages = findings.iter().map(|finding| finding["packages"].clone()).collect();
        (changes.sboms.judged, changes.changes.len(), packages)
    }
}

#[test]
fn what_is_not_kept_is_told_again_and_no_other_run_begins_before() {
    let stored = Stored::new();
    let n_changes = |run: &Rematch| run.changes.changes.len();
    let first = stored.run(false);
    let lock = File::open(stored.sboms().join(".plimsoll-rematch/lock")).unwrap();
    assert!(lock.try_lock().is_err(), "the directory is taken until the state is kept or dropped");
    assert_eq!(n_changes(&first), 1);
    drop(first);
    lock.try_lock().unwrap();
    lock.unlock().unwrap();

    let again = stored.run(false);
    assert_eq!(n_changes(&again), 1);
    again.state.keep().unwrap();
    let third = stored.run(false);
    assert_eq!((n_changes(&third), third.changes.sboms.judged), (0, 0));
    drop(third);
    let left = fs::read_dir(stored.state_file().parent().unwrap()).unwrap().count();
    assert_eq!(left, 2, "the state and the lock, no part of a state");
}

#[test]
fn a_dry_run_leaves_nothing_behind() {
    let stored = Stored::new();
    stored.run(true).state.keep().unwrap();
    assert!(!stored.sboms().join(".plimsoll-rematch").exists());
}

#[test]
fn findings_that_do_not_fit_their_sbom_are_made_anew() {
    let stored = Stored::new();
    let right = vec![serde_json::json!([0])];
    assert_eq!(stored.told(), (1, 1, right.clone()));
    for packages in ["[]", "[2]", "[4294967295]", "[0,7]"] {
        let state = fs::read_to_string(stored.state_file()).unwrap();
        assert!(state.contains(r#""packages":[0]"#), "{state}");
        fs::write(
            stored.state_file(),
            state.replace(r#""packages":[0]"#, &format!(r#""packages":{packages}"#)),
        )
        .unwrap();
        assert_eq!(stored.told(), (1, 0, right.clone()), "{packages}");
    }
    assert_eq!(stored.told(), (0, 0, right));
}

#[test]
#[cfg(unix)]
fn a_state_that_is_no_file_is_none() {
    let stored = Stored::new();
    fs::create_dir(stored.sboms().join(".plimsoll-rematch")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", stored.state_file()).unwrap();
    let run = stored.run(false);
    assert!(run.is_state_discarded);
    run.state.keep().unwrap();
    assert!(fs::symlink_metadata(stored.state_file()).unwrap().is_file());
}

#[test]
#[cfg(unix)]
fn what_stands_in_the_place_of_the_lock_or_the_state_is_named_and_not_waited_for() {
    for (name, is_link) in [("lock", false), ("lock", true), ("state.json", false)] {
        let stored = Stored::new();
        let folder = stored.sboms().join(".plimsoll-rematch");
        fs::create_dir(&folder).unwrap();
        let outside = stored.dir.path().join("outside");
        match is_link {
            true => std::os::unix::fs::symlink(&outside, folder.join(name)).unwrap(),
            false => fs::create_dir(folder.join(name)).unwrap(),
        }
        let Err(FlowError::File { path, source, .. }) = stored.tried(false) else { panic!("{name}") };
        assert_eq!(path, folder.join(name));
        assert!(source.to_string().ends_with("remove it"), "{source}");
        assert!(!outside.exists(), "nothing is written where a link leads");
    }
}

#[test]
fn an_sbom_that_a_report_took_the_place_of_is_a_failure_and_stays_known() {
    let stored = Stored::new();
    fs::write(stored.sboms().join("other.json"), SBOM).unwrap();
    stored.told();
    let report = r#"{"schema": "plimsoll-report/1", "findings": []}"#;
    fs::write(stored.sboms().join("app.json"), report).unwrap();
    fs::write(stored.sboms().join("new.json"), report).unwrap();
    let run = stored.run(false);
    let failed: Vec<String> = run.failures.iter().map(ToString::to_string).collect();
    assert!(failed.len() == 1 && failed[0].contains("app.json"), "{failed:?}");
    assert_eq!(run.own_outputs.iter().map(|it| it.file.as_str()).collect::<Vec<_>>(), ["new.json"]);
    assert_eq!(run.changes.changes.len(), 0, "what was found in it has not disappeared");
    run.state.keep().unwrap();
    fs::write(stored.sboms().join("app.json"), SBOM).unwrap();
    let run = stored.run(false);
    assert_eq!((run.changes.changes.len(), run.changes.sboms.judged), (0, 0));
}

#[test]
fn where_nothing_but_reports_lies_the_error_names_one() {
    let stored = Stored::new();
    fs::write(stored.sboms().join("app.json"), r#"{"schema": "plimsoll-report/1"}"#).unwrap();
    let error = stored.tried(false).unwrap_err().to_string();
    assert!(error.contains("app.json") && error.contains("plimsoll itself"), "{error}");
}

/// The keys and their hashes are the same, and a finding would be said of another package.
#[test]
fn a_question_is_another_one_when_its_cases_are_of_other_packages() {
    let stored = Stored::new();
    let facts = facts(Some(&stored.snapshot)).unwrap();
    let subject = read_sbom_file(&stored.sboms().join("app.json"), &Limits::default(), &[]).unwrap();
    let asked_of = |inventory| {
        let question = Question::with(inventory, &facts, Some(&stored.snapshot), Besides::default()).unwrap();
        let hashes = stored.snapshot.key_hashes(&question.keys).unwrap();
        (question.keys.clone(), asked(&question, &hashes))
    };
    let (keys, as_it_is) = asked_of(&subject.inventory);
    let mut reordered = subject.inventory.clone();
    reordered.packages.reverse();
    let (same_keys, otherwise) = asked_of(&reordered);
    assert_eq!(keys, same_keys);
    assert_ne!(as_it_is, otherwise);
    assert_eq!(as_it_is, asked_of(&subject.inventory).1);
}
