//! Kills a sync at random moments: whatever the moment, what is left is a readable snapshot, old or new.

use std::fmt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::feeds::{Mirror, osv_record};
use crate::mutate::Random;

/// What was seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outcome {
    /// Syncs that were killed before they ended.
    pub killed: usize,
    /// Syncs that had ended before the blow.
    pub ended: usize,
    /// After which the old snapshot was there.
    pub old: usize,
    /// After which the new one was.
    pub new: usize,
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{} syncs: {} killed, {} had ended; afterwards {} old snapshots, {} new ones, 0 unreadable",
            self.killed + self.ended,
            self.killed,
            self.ended,
            self.old,
            self.new
        )
    }
}

/// Starts `kills` syncs with `binary` (two mirrors in turn, so that each has something new), kills each after a
/// random time, and reads what is left: its shards verified, its id one of the two.
///
/// # Errors
/// A text that says what was left behind, when it is not readable or neither old nor new.
pub fn kill_syncs(binary: &Path, kills: usize, seed: u64) -> Result<Outcome, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let feeds = folder.path().join("feeds");
    let mirrors = [folder.path().join("a"), folder.path().join("b")];
    for (index, mirror) in mirrors.iter().enumerate() {
        write_mirror(mirror, index);
    }
    let mut known = Vec::new();
    let mut whole = Duration::ZERO;
    for mirror in mirrors.iter().rev() {
        let started = Instant::now();
        let status = sync(binary, &feeds, mirror)?.wait().map_err(|error| error.to_string())?;
        whole = whole.max(started.elapsed());
        if !status.success() {
            return Err(format!("an undisturbed sync ended with {status}"));
        }
        known.push(snapshot(binary, &feeds)?);
    }
    if known[0] == known[1] {
        return Err("the two mirrors give the same snapshot: nothing would be proven".to_owned());
    }

    let mut random = Random::new(seed);
    let mut outcome = Outcome::default();
    let mut before = known[1].clone();
    for round in 0..kills {
        // The snapshot that is there decides which mirror has something new.
        let mirror = if before == known[1] { &mirrors[1] } else { &mirrors[0] };
        let mut child = sync(binary, &feeds, mirror)?;
        let micros = usize::try_from(whole.as_micros()).unwrap_or(usize::MAX).max(1);
        thread::sleep(Duration::from_micros(random.below(micros) as u64));
        let had_ended = child.try_wait().map_err(|error| error.to_string())?.is_some();
        child.kill().map_err(|error| error.to_string())?;
        child.wait().map_err(|error| error.to_string())?;
        let after = snapshot(binary, &feeds).map_err(|error| format!("after kill {}: {error}", round + 1))?;
        if !known.contains(&after) {
            return Err(format!("after kill {}: snapshot {after} is neither old nor new", round + 1));
        }
        outcome.killed += usize::from(!had_ended);
        outcome.ended += usize::from(had_ended);
        outcome.old += usize::from(after == before);
        outcome.new += usize::from(after != before);
        before = after;
    }
    Ok(outcome)
}

fn sync(binary: &Path, feeds: &Path, mirror: &Path) -> Result<Child, String> {
    command(binary, feeds)
        .args(["sync", "--only", "pypi", "--only", "kev", "--only", "epss", "--max-age", "0s", "--mirror"])
        .arg(mirror)
        .spawn()
        .map_err(|error| format!("cannot start `{}`: {error}", binary.display()))
}

/// The id of the snapshot that is there, every shard of it read and verified.
fn snapshot(binary: &Path, feeds: &Path) -> Result<String, String> {
    let output = command(binary, feeds)
        .args(["status", "--verify", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("the snapshot is not readable: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let status: serde_json::Value =
        serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    status["snapshot"].as_str().map(str::to_owned).ok_or_else(|| "the status names no snapshot".to_owned())
}

fn command(binary: &Path, feeds: &Path) -> Command {
    let mut command = Command::new(binary);
    command
        .arg("--feeds")
        .arg(feeds)
        .arg("feeds")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// A mirror of a few hundred records, different for each `index`.
fn write_mirror(dir: &Path, index: usize) {
    let records: Vec<_> = (0..400)
        .map(|number| {
            let events = format!("introduced 0, fixed {}.{}", number % 7 + 1, index);
            osv_record(&format!("PYSEC-2024-{number}"), &[], "PyPI", &format!("package-{number}"), &events)
        })
        .collect();
    let mirror = Mirror::at(dir);
    mirror.osv_records("PyPI", &records);
    mirror.kev_entries("2024-01-01", &[json!({"cveID": "CVE-2024-0001", "dateAdded": "2024-01-01"})]);
    mirror.epss("2024-01-01", &[("CVE-2024-0001", "0.5", "0.9")]);
}
