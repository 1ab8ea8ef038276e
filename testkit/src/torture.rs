//! Kills a sync, a pull and a `gc` at random moments: whatever the moment, what is left is a readable snapshot, the old one
//! or the new one, and the next run comes to its end.
//!
//! Each round begins from a copy of one prepared feeds directory, so that each has all of the work before it, and ends with
//! an undisturbed run on what the blow left behind. What is left is judged twice: by the program itself (`feeds status
//! --verify`), and by reading the manifests as JSON and comparing each file that they name with its SHA-256.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::feeds::{Mirror, osv_record};
use crate::mutate::Random;

/// What is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// `feeds sync` from a mirror that has news.
    Sync,
    /// `feeds pull` from a directory, by edits and whole shards, and `feeds import` of one file, in turn.
    Pull,
    /// `feeds gc`, with snapshots and shards to remove.
    Gc,
}

impl Deed {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Sync, Self::Pull, Self::Gc];

    fn name(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Pull => "pull",
            Self::Gc => "gc",
        }
    }
}

/// What was seen.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// What was killed.
    pub deed: Deed,
    /// Runs that were killed before they ended.
    pub killed: usize,
    /// Runs that had ended before the blow.
    pub ended: usize,
    /// Killed runs that had changed nothing yet: neither the snapshot nor the names of shards and manifests.
    pub untouched: usize,
    /// Killed runs that had done some of their work.
    pub amid: usize,
    /// Killed runs that had done all of it, and had not ended.
    pub done: usize,
    /// Blows after which the old snapshot was current. A `gc` makes no new one.
    pub old: usize,
    /// Blows after which the new one was.
    pub new: usize,
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{}: {} blows, {} killed it ({} before it changed anything, {} amid its work, {} after it), {} came after its \
             end; afterwards {} old snapshots, {} new ones, 0 unreadable; every next run completed",
            self.deed.name(),
            self.killed + self.ended,
            self.killed,
            self.untouched,
            self.amid,
            self.done,
            self.ended,
            self.old,
            self.new
        )
    }
}

/// Does `deed` with `binary` `kills` times, kills each run after a random time between its start and a little after its usual
/// end, judges what is left, and does it again undisturbed.
///
/// # Errors
/// A text that says what was left behind, when it is not readable, neither old nor new, or stops the next run.
pub fn kill(binary: &Path, deed: Deed, kills: usize, seed: u64) -> Result<Outcome, String> {
    let folder = tempfile::tempdir().map_err(text)?;
    let stage = Stage::new(binary, deed, folder.path())?;
    let mut random = Random::new(seed);
    let mut outcome = Outcome { deed, killed: 0, ended: 0, untouched: 0, amid: 0, done: 0, old: 0, new: 0 };
    let mut usual = stage.usual_duration()?;
    for round in 0..kills {
        let words = &stage.deeds[round % stage.deeds.len()];
        let span = usize::try_from((usual * 9 / 8).as_micros()).unwrap_or(usize::MAX);
        let moment = Duration::from_micros(random.below(span) as u64);
        stage.begin()?;
        let ended_after = struck(stage.program(words).spawn().map_err(text)?, moment)?;
        // A machine is busy at one time and idle at another: the blows follow what the runs take now.
        usual = match ended_after {
            Some(duration) => duration,
            None if moment > usual => moment,
            None => usual,
        };
        let context = |error: String| format!("{}, after blow {}: {error}", deed.name(), round + 1);
        let left = stage.judged().map_err(context)?;
        outcome.count(&stage, &left, ended_after.is_none());
        stage.completed(words).map_err(context)?;
    }
    Ok(outcome)
}

impl Outcome {
    fn count(&mut self, stage: &Stage, left: &State, was_killed: bool) {
        self.old += usize::from(left.id == stage.before.id);
        self.new += usize::from(left.id != stage.before.id);
        let met = match was_killed {
            false => &mut self.ended,
            true if *left == stage.before => &mut self.untouched,
            true if *left == stage.after => &mut self.done,
            true => &mut self.amid,
        };
        *met += 1;
        self.killed += usize::from(was_killed);
    }
}

/// Kills `child` at `moment` after now; how long it took, if it ends before that.
fn struck(mut child: Child, moment: Duration) -> Result<Option<Duration>, String> {
    let started = Instant::now();
    loop {
        if child.try_wait().map_err(text)?.is_some() {
            return Ok(Some(started.elapsed()));
        }
        let left = moment.saturating_sub(started.elapsed());
        if left.is_zero() {
            break;
        }
        thread::sleep(left.min(Duration::from_millis(1)));
    }
    child.kill().map_err(text)?;
    child.wait().map_err(text)?;
    Ok(None)
}

/// What a feeds directory is: its current snapshot, and the names of its shards and manifests.
#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    id: String,
    names: BTreeSet<String>,
}

/// A deed, and the feeds directory that it is done to.
struct Stage {
    binary: PathBuf,
    /// The feeds directory.
    feeds: PathBuf,
    /// What it is a copy of when a round begins.
    prepared: PathBuf,
    /// The command lines that do it, in turn.
    deeds: Vec<Vec<OsString>>,
    before: State,
    after: State,
}

impl Stage {
    fn new(binary: &Path, deed: Deed, folder: &Path) -> Result<Self, String> {
        let prepared = folder.join("prepared");
        let deeds = match deed {
            Deed::Sync => prepare_sync(binary, folder, &prepared)?,
            Deed::Pull => prepare_pull(binary, folder, &prepared)?,
            Deed::Gc => prepare_gc(binary, folder, &prepared)?,
        };
        let nothing = State { id: String::new(), names: BTreeSet::new() };
        let mut stage = Self {
            binary: binary.to_owned(),
            feeds: folder.join("feeds"),
            prepared,
            deeds,
            before: nothing.clone(),
            after: nothing,
        };
        stage.begin()?;
        stage.before = stage.judged()?;
        for words in &stage.deeds.clone() {
            stage.begin()?;
            run(&mut stage.program(words))?;
            let after = stage.judged()?;
            if after.names == stage.before.names || (deed != Deed::Gc && after.id == stage.before.id) {
                return Err("there is nothing to do: nothing would be proven".to_owned());
            }
            stage.after = after;
        }
        Ok(stage)
    }

    /// What an undisturbed run takes.
    fn usual_duration(&self) -> Result<Duration, String> {
        let mut durations = Vec::new();
        for round in 0..3 {
            self.begin()?;
            let started = Instant::now();
            run(&mut self.program(&self.deeds[round % self.deeds.len()]))?;
            durations.push(started.elapsed());
        }
        durations.sort();
        Ok(durations[1])
    }

    fn program(&self, words: &[OsString]) -> Command {
        program(&self.binary, &self.feeds, words)
    }

    /// Makes the feeds directory what it was before the deed.
    fn begin(&self) -> Result<(), String> {
        if self.feeds.exists() {
            fs::remove_dir_all(&self.feeds).map_err(text)?;
        }
        copy(&self.prepared, &self.feeds).map_err(text)
    }

    /// What is there, if all of it is sound: the current snapshot, and every snapshot that can still be named.
    fn judged(&self) -> Result<State, String> {
        let state = State { id: snapshot(&self.binary, &self.feeds)?, names: names(&self.feeds)? };
        let mut manifests = vec![self.feeds.join("manifest.json")];
        let retained = state.names.iter().filter(|name| name.ends_with(".json"));
        manifests.extend(retained.map(|name| self.feeds.join("manifests").join(name)));
        for manifest in manifests {
            let bytes = fs::read(&manifest).map_err(|error| format!("{}: {error}", manifest.display()))?;
            let document: Value =
                serde_json::from_slice(&bytes).map_err(|error| format!("{}: {error}", manifest.display()))?;
            check_files(&document, "", &self.feeds.join("shards"))
                .map_err(|error| format!("{}: {error}", manifest.display()))?;
        }
        let is_set_up = !self.after.names.is_empty();
        if is_set_up && state.id != self.before.id && state.id != self.after.id {
            return Err(format!("snapshot {} is neither the old one nor the new one", state.id));
        }
        Ok(state)
    }

    /// Does the deed on what is there, which must come to the same end as if nothing had been there before it.
    fn completed(&self, words: &[OsString]) -> Result<(), String> {
        run(&mut self.program(words)).map_err(|error| format!("the next run: {error}"))?;
        let state = self.judged().map_err(|error| format!("the next run left: {error}"))?;
        match state == self.after {
            true => Ok(()),
            false => Err(format!("the next run left {state:?}, not {:?}", self.after)),
        }
    }
}

/// A mirror with news, and a directory that holds what was there before them.
fn prepare_sync(binary: &Path, folder: &Path, prepared: &Path) -> Result<Vec<Vec<OsString>>, String> {
    let [old, new] = [0, 1].map(|state| mirror(folder, state));
    run(&mut program(binary, prepared, &sync(&old)))?;
    Ok(vec![sync(&new)])
}

/// A published snapshot, in a directory and in one file, and a directory that holds the one published before it.
fn prepare_pull(binary: &Path, folder: &Path, prepared: &Path) -> Result<Vec<Vec<OsString>>, String> {
    let (publisher, published, file) =
        (folder.join("publisher"), folder.join("published"), folder.join("published.tar"));
    let push = words(["push"], &published);
    let pull = words(["pull"], &published);
    let import = words(["import"], &file);
    run(&mut program(binary, &publisher, &sync(&mirror(folder, 0))))?;
    run(&mut program(binary, &publisher, &push))?;
    run(&mut program(binary, prepared, &pull))?;
    run(&mut program(binary, &publisher, &sync(&mirror(folder, 1))))?;
    run(&mut program(binary, &publisher, &push))?;
    run(&mut program(binary, &publisher, &words(["export"], &file)))?;

    let trial = folder.join("trial");
    copy(prepared, &trial).map_err(text)?;
    let said = run(&mut program(binary, &trial, &pull))?.stderr;
    let said = String::from_utf8_lossy(&said);
    if said.contains(": 0 shards whole") || said.contains(" 0 by edits") || !said.contains(" by edits") {
        return Err(format!("the pull is not by whole shards and by edits: {said}"));
    }
    Ok(vec![pull, import])
}

/// A directory with snapshots that nobody needs any more, and with shards that none of them names.
fn prepare_gc(binary: &Path, folder: &Path, prepared: &Path) -> Result<Vec<Vec<OsString>>, String> {
    const SNAPSHOTS: usize = 6;
    const ORPHANS: usize = 400;
    let mut ids = Vec::new();
    for state in 0..SNAPSHOTS {
        run(&mut program(binary, prepared, &sync(&mirror(folder, state))))?;
        ids.push(snapshot(binary, prepared)?);
    }
    for number in 0..ORPHANS {
        fs::write(prepared.join(format!("shards/{number:064x}.rows.sqlite")), "").map_err(text)?;
    }
    make_old(prepared, &ids)?;
    Ok(vec![["gc", "--keep", "1h"].map(OsString::from).to_vec()])
}

/// Makes all of a feeds directory old enough to be collected, as far as nothing needs it: its snapshots, `ids` in their order, the
/// current one last, are then of the first days of 2020, and its files were written two days ago.
///
/// # Errors
/// A text that says what could not be read or written.
pub fn make_old(feeds: &Path, ids: &[String]) -> Result<(), String> {
    for (day, id) in ids.iter().enumerate() {
        date(&feeds.join("manifests").join(format!("{id}.json")), day)?;
    }
    date(&feeds.join("manifest.json"), ids.len().saturating_sub(1))?;
    let past = SystemTime::now() - Duration::from_secs(48 * 3600);
    for folder in ["shards", "manifests"] {
        for entry in fs::read_dir(feeds.join(folder)).map_err(text)? {
            let file = File::options().append(true).open(entry.map_err(text)?.path()).map_err(text)?;
            file.set_modified(past).map_err(text)?;
        }
    }
    Ok(())
}

/// Makes a manifest one of a day long ago.
fn date(manifest: &Path, day: usize) -> Result<(), String> {
    let bytes = fs::read(manifest).map_err(text)?;
    let mut document: Value = serde_json::from_slice(&bytes).map_err(text)?;
    document["created"] = json!(format!("2020-01-{:02}T00:00:00Z", day + 1));
    fs::write(manifest, document.to_string()).map_err(text)
}

fn words<const N: usize>(first: [&str; N], last: &Path) -> Vec<OsString> {
    let last = last.as_os_str().to_owned();
    first.into_iter().map(OsString::from).chain([last]).collect()
}

fn sync(mirror: &Path) -> Vec<OsString> {
    let first =
        ["sync", "--only", "pypi", "--only", "npm", "--only", "kev", "--only", "epss", "--max-age", "0s"];
    words(first, Path::new("--mirror")).into_iter().chain([mirror.as_os_str().to_owned()]).collect()
}

/// The id of the snapshot that is there, every shard of it read and verified by the program.
fn snapshot(binary: &Path, feeds: &Path) -> Result<String, String> {
    let words = ["status", "--verify", "--format", "json"].map(OsString::from);
    let output = run(&mut program(binary, feeds, &words))?;
    let status: Value = serde_json::from_slice(&output.stdout).map_err(text)?;
    status["snapshot"].as_str().map(str::to_owned).ok_or_else(|| "the status names no snapshot".to_owned())
}

fn program(binary: &Path, feeds: &Path, words: &[OsString]) -> Command {
    let mut command = Command::new(binary);
    command.arg("--feeds").arg(feeds).arg("feeds").args(words);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn run(command: &mut Command) -> Result<Output, String> {
    let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().map_err(text)?;
    match output.status.success() {
        true => Ok(output),
        false => Err(format!(
            "{command:?} ended with {}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}

/// The names of shards and manifests, those of unfinished ones among them.
fn names(feeds: &Path) -> Result<BTreeSet<String>, String> {
    let mut names = BTreeSet::new();
    for folder in ["shards", "manifests"] {
        for entry in fs::read_dir(feeds.join(folder)).map_err(text)? {
            names.insert(entry.map_err(text)?.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(names)
}

/// Compares every file that a part of a manifest names with its size and SHA-256; `kind` is the word that leads to the part.
fn check_files(part: &Value, kind: &str, shards: &Path) -> Result<(), String> {
    let Some(fields) = part.as_object() else { return Ok(()) };
    if let (Some(hash), Some(sha256)) = (part["hash"].as_str(), part["sha256"].as_str()) {
        let name = format!("{hash}.{kind}.sqlite");
        let bytes = fs::read(shards.join(&name)).map_err(|error| format!("{name}: {error}"))?;
        let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        if found != sha256 || Some(bytes.len() as u64) != part["bytes"].as_u64() {
            return Err(format!("{name} is another file than the manifest names"));
        }
    }
    fields.iter().try_for_each(|(word, part)| check_files(part, word, shards))
}

/// Copies a directory with all that is below it, and when its files were written.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
            File::options().append(true).open(&target)?.set_modified(entry.metadata()?.modified()?)?;
        }
    }
    Ok(())
}

/// Writes a mirror of some hundred records in a folder of its own. From one `state` to the next a tenth of one namespace
/// changes, and all of the other.
fn mirror(folder: &Path, state: usize) -> PathBuf {
    let record = |id: String, ecosystem, package: String, fixed: String| {
        let events = format!("introduced 0, fixed {fixed}");
        let mut record = osv_record(
            &id,
            &[&id.replace("PYSEC", "CVE").replace("GHSA", "CVE")],
            ecosystem,
            &package,
            &events,
        );
        record["summary"] = json!(format!("what {package} did wrong before {fixed}"));
        record
    };
    let python: Vec<_> = (0..400)
        .map(|number| {
            let patch = if number % 10 == 0 { state } else { 0 };
            let fixed = format!("{}.{patch}", number % 7 + 1);
            record(format!("PYSEC-2024-{number}"), "PyPI", format!("package-{number}"), fixed)
        })
        .collect();
    let script: Vec<_> = (0..150)
        .map(|number| {
            let module = format!("module{state}x{number}");
            record(format!("GHSA-2024-{state}{number:03}"), "npm", module, "1.2.3".to_owned())
        })
        .collect();
    let dir = folder.join(format!("mirror-{state}"));
    let score = format!("0.{}", state + 1);
    let mirror = Mirror::at(&dir);
    mirror.osv_records("PyPI", &python).osv_records("npm", &script);
    mirror.kev_entries("2024-01-01", &[json!({"cveID": "CVE-2024-1", "dateAdded": "2024-01-01"})]);
    mirror.epss("2024-01-01", &[("CVE-2024-1", score.as_str(), "0.9"), ("CVE-2024-2", "0.5", "0.9")]);
    dir
}

fn text(error: impl fmt::Display) -> String {
    error.to_string()
}
