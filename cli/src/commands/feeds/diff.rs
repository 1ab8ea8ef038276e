//! `plimsoll feeds diff`: what differs between two snapshots.

use std::collections::BTreeMap;
use std::io;

use advisory_db::delta::{Delta, KeyChange};
use advisory_db::{FeedsDir, Snapshot};
use clap::{Args, ValueEnum};
use flows::error::FlowError;
use model::key::{Namespace, PackageKey};
use serde_json::json;

use crate::args::Global;
use crate::error::CommandError;
use crate::exit_code::Exit;
use crate::feeds::{FeedArgs, kept_snapshot};
use crate::output::{self, Output};

/// Lines of one kind that are written for people, unless all are asked for: the feeds of a day change tens of thousands of keys.
const LINES_MAX: usize = 20;

/// Say what differs between two snapshots that are kept
///
/// The keys are those under which a verdict may differ: `debian:12|source|openssl`. They are counted by namespace, and the
/// first of them listed.
#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// The older snapshot: its id or the beginning of it, or a date for the newest one then
    #[arg(value_name = "A")]
    old: String,
    /// The newer one; the current one when it is left out
    #[arg(value_name = "B")]
    new: Option<String>,
    /// How to say it
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = DiffFormat::Table)]
    format: DiffFormat,
    /// List everything, however much it is; JSON always does
    #[arg(long)]
    all: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DiffFormat {
    /// For people
    Table,
    /// For programs
    Json,
}

pub(super) fn run(args: &DiffArgs, global: &Global) -> Result<Exit, CommandError> {
    let feeds_dir = FeedArgs::default().open(global)?;
    let old = snapshot(&feeds_dir, Some(&args.old))?;
    let new = snapshot(&feeds_dir, args.new.as_deref())?;
    let delta = Delta::between(&old, &new).map_err(FlowError::from)?;
    let changes = delta.key_changes(&old, &new).map_err(FlowError::from)?;
    let stdout = Output { format: String::new(), target: None };
    let lines_max = if args.all { usize::MAX } else { LINES_MAX };
    output::write(&stdout, "", |out| match args.format {
        DiffFormat::Table => table(&old, &new, &delta, &changes, lines_max, out),
        DiffFormat::Json => as_json(&old, &new, &delta, &changes, out),
    })?;
    Ok(Exit::Acceptable)
}

fn snapshot(feeds_dir: &FeedsDir, wanted: Option<&str>) -> Result<Snapshot, CommandError> {
    match wanted {
        Some(wanted) => kept_snapshot(feeds_dir, wanted),
        None => Ok(flows::feeds::held(feeds_dir)?),
    }
}

/// How many keys of a namespace came, changed and went.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    added: usize,
    changed: usize,
    removed: usize,
}

fn counts(changes: &BTreeMap<&PackageKey, KeyChange>) -> BTreeMap<Namespace, Counts> {
    let mut counts: BTreeMap<Namespace, Counts> = BTreeMap::new();
    for (key, change) in changes {
        let of_namespace = counts.entry(key.namespace.clone()).or_default();
        let count = match change {
            KeyChange::Added => &mut of_namespace.added,
            KeyChange::Changed => &mut of_namespace.changed,
            KeyChange::Removed => &mut of_namespace.removed,
        };
        *count += 1;
    }
    counts
}

/// The counts as people read them: one line for all that the rows of one kind are split into.
fn folded(counts: BTreeMap<Namespace, Counts>) -> BTreeMap<String, Counts> {
    let mut folded: BTreeMap<String, Counts> = BTreeMap::new();
    for (namespace, counts) in counts {
        let of_name = folded.entry(namespace.family().unwrap_or(namespace.as_str()).to_owned()).or_default();
        of_name.added += counts.added;
        of_name.changed += counts.changed;
        of_name.removed += counts.removed;
    }
    folded
}

fn table(
    old: &Snapshot,
    new: &Snapshot,
    delta: &Delta,
    changes: &BTreeMap<&PackageKey, KeyChange>,
    lines_max: usize,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    writeln!(out, "from  {} ({})", old.id(), old.created())?;
    writeln!(out, "to    {} ({})", new.id(), new.created())?;
    writeln!(
        out,
        "{}, {} of records, {} of KEV",
        count(delta.keys.len(), "key", "keys"),
        count(delta.texts.len(), "text", "texts"),
        count(delta.kev.len(), "entry", "entries")
    )?;
    let folded = folded(counts(changes));
    if !folded.is_empty() {
        writeln!(out)?;
        writeln!(out, "{:<24} {:>9} {:>9} {:>9}", "keys of", "added", "changed", "removed")?;
        for (name, Counts { added, changed, removed }) in folded {
            writeln!(out, "{name:<24} {added:>9} {changed:>9} {removed:>9}")?;
        }
    }
    let names = |names: &mut dyn Iterator<Item = String>| names.collect::<Vec<_>>();
    let keys_that = |wanted: KeyChange| {
        let keys = changes.iter().filter(|(_, change)| **change == wanted);
        keys.map(|(key, _)| key.to_string()).collect::<Vec<_>>()
    };
    let states = delta.states.iter();
    let states = states.map(|it| format!("{} {} -> {}", it.id, it.from.as_str(), it.to.as_str()));
    let lists = [
        ("appeared", names(&mut delta.appeared.iter().map(ToString::to_string))),
        ("vanished", names(&mut delta.vanished.iter().map(ToString::to_string))),
        ("facts", names(&mut delta.releases.iter().map(ToString::to_string))),
        ("aliases", names(&mut delta.groups.iter().cloned())),
        ("state", states.collect()),
        ("added", keys_that(KeyChange::Added)),
        ("changed", keys_that(KeyChange::Changed)),
        ("removed", keys_that(KeyChange::Removed)),
    ];
    for (what, lines) in lists.iter().filter(|(_, lines)| !lines.is_empty()) {
        writeln!(out)?;
        for line in lines.iter().take(lines_max) {
            writeln!(out, "{what:<9} {line}")?;
        }
        let more = lines.len().saturating_sub(lines_max);
        if more > 0 {
            writeln!(out, "{what:<9} and {more} more (`--all` or `--format json` lists all)")?;
        }
    }
    Ok(())
}

fn count(number: usize, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

fn as_json(
    old: &Snapshot,
    new: &Snapshot,
    delta: &Delta,
    changes: &BTreeMap<&PackageKey, KeyChange>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let names = |names: &mut dyn Iterator<Item = String>| names.collect::<Vec<_>>();
    let states = delta.states.iter();
    let states = states.map(|it| json!({"id": it.id, "from": it.from.as_str(), "to": it.to.as_str()}));
    let keys_that = |wanted: KeyChange| {
        let keys = changes.iter().filter(|(_, change)| **change == wanted);
        keys.map(|(key, _)| key.to_string()).collect::<Vec<_>>()
    };
    let counts = counts(changes).into_iter().map(|(namespace, Counts { added, changed, removed })| {
        json!({"name": namespace.as_str(), "added": added, "changed": changed, "removed": removed})
    });
    let document = json!({
        "from": old.id(),
        "to": new.id(),
        "match_keys": names(&mut delta.keys.iter().map(ToString::to_string)),
        "keys_added": keys_that(KeyChange::Added),
        "keys_removed": keys_that(KeyChange::Removed),
        "keys_by_namespace": counts.collect::<Vec<_>>(),
        "namespaces_appeared": names(&mut delta.appeared.iter().map(ToString::to_string)),
        "namespaces_vanished": names(&mut delta.vanished.iter().map(ToString::to_string)),
        "groups_changed": delta.groups,
        "states_changed": states.collect::<Vec<_>>(),
        "decorations": {"texts": delta.texts, "kev": delta.kev, "epss": if delta.has_other_epss { "all" } else { "none" }},
        "releases_changed": names(&mut delta.releases.iter().map(ToString::to_string)),
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}
