//! `plimsoll feeds diff`: what differs between two snapshots.

use std::io;

use advisory_db::delta::Delta;
use advisory_db::{FeedsDir, Snapshot};
use clap::{Args, ValueEnum};
use flows::error::FlowError;
use serde_json::json;

use crate::args::Global;
use crate::error::CommandError;
use crate::exit_code::Exit;
use crate::feeds::{FeedArgs, kept_snapshot};
use crate::output::{self, Output};

/// Say what differs between two snapshots that are kept
///
/// The keys are those under which a verdict may differ: `debian:12|source|openssl`.
#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// The older snapshot: its id, or a date for the newest one then
    #[arg(value_name = "A")]
    old: String,
    /// The newer one; the current one when it is left out
    #[arg(value_name = "B")]
    new: Option<String>,
    /// How to say it
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = DiffFormat::Table)]
    format: DiffFormat,
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
    let stdout = Output { format: String::new(), target: None };
    output::write(&stdout, "", |out| match args.format {
        DiffFormat::Table => table(&old, &new, &delta, out),
        DiffFormat::Json => as_json(&old, &new, &delta, out),
    })?;
    Ok(Exit::Acceptable)
}

fn snapshot(feeds_dir: &FeedsDir, wanted: Option<&str>) -> Result<Snapshot, CommandError> {
    match wanted {
        Some(wanted) => kept_snapshot(feeds_dir, wanted),
        None => Ok(flows::feeds::held(feeds_dir)?),
    }
}

fn table(old: &Snapshot, new: &Snapshot, delta: &Delta, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "from  {} ({})", old.id(), old.created())?;
    writeln!(out, "to    {} ({})", new.id(), new.created())?;
    writeln!(
        out,
        "{} keys, {} texts of records, {} entries of KEV",
        delta.keys.len(),
        delta.texts.len(),
        delta.kev.len()
    )?;
    let lines = [
        ("appeared", delta.appeared.iter().map(ToString::to_string).collect::<Vec<_>>()),
        ("vanished", delta.vanished.iter().map(ToString::to_string).collect()),
        ("facts", delta.releases.iter().map(ToString::to_string).collect()),
        ("aliases", delta.groups.iter().cloned().collect()),
        ("key", delta.keys.iter().map(ToString::to_string).collect()),
    ];
    for (what, names) in lines {
        for name in names {
            writeln!(out, "{what:<9} {name}")?;
        }
    }
    for change in &delta.states {
        writeln!(out, "state     {} {} -> {}", change.id, change.from.as_str(), change.to.as_str())?;
    }
    Ok(())
}

fn as_json(old: &Snapshot, new: &Snapshot, delta: &Delta, out: &mut dyn io::Write) -> io::Result<()> {
    let names = |names: &mut dyn Iterator<Item = String>| names.collect::<Vec<_>>();
    let states = delta.states.iter();
    let states = states.map(|it| json!({"id": it.id, "from": it.from.as_str(), "to": it.to.as_str()}));
    let document = json!({
        "from": old.id(),
        "to": new.id(),
        "match_keys": names(&mut delta.keys.iter().map(ToString::to_string)),
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
