//! `plimsoll feeds status`: what is held, from when and how much, and which snapshots are kept.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::io;

use advisory_db::{FeedsDir, NamespaceEntry, Snapshot};
use clap::{Args, ValueEnum};
use feeds_sync::distribution::bring::known_publishers;
use feeds_sync::kept::{remarks, source_status};
use flows::error::FlowError;
use jiff::Timestamp;
use model::text::counted;
use serde_json::{Value, json};

use super::check;
use crate::args::Global;
use crate::environment;
use crate::error::{CommandError, visible};
use crate::exit_code::Exit;
use crate::feeds::{AccessArgs, FeedArgs};
use crate::output::{self, Output};
use crate::ui::{Ui, bytes};

/// Kept snapshots that are listed for people.
const SNAPSHOTS_MAX: usize = 10;

/// Say what is there, from when, and how much
///
/// Also which snapshots are kept, with the ids by which other commands take them.
#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// How to say it
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = StatusFormat::Table)]
    format: StatusFormat,
    /// Read every shard and compare its digest with the manifest
    #[arg(long)]
    verify: bool,
    /// Ask each host of feeds, or the mirrors, whether it answers and accepts the credential
    ///
    /// How fast it answers is told too. The exit code is 1 when one does not, and no database is needed
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    access: AccessArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StatusFormat {
    /// For people
    Table,
    /// For programs
    Json,
}

pub(super) fn run(args: &StatusArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandError> {
    let feeds_dir = FeedArgs::default().open(global)?;
    let snapshot = feeds_dir.current().map_err(FlowError::from)?;
    // Whether hosts let us in is asked before the first sync too.
    if snapshot.is_none() && !args.check {
        return Err(FlowError::NoFeeds { feeds: feeds_dir.path().to_owned() }.into());
    }
    let checked = match args.check {
        true => Some(check::check(&args.access, &feeds_dir, global, ui)?),
        false => None,
    };
    let damaged = match &snapshot {
        Some(snapshot) if args.verify => snapshot.verify(),
        _ => Vec::new(),
    };
    let (stdout, now) = (Output { format: String::new(), target: None }, environment::now());
    let kept = kept(&feeds_dir, snapshot.as_ref().map(Snapshot::id))?;
    output::write(&stdout, "", |out| match args.format {
        StatusFormat::Table => {
            if let Some(snapshot) = &snapshot {
                table(&feeds_dir, snapshot, &kept, now, out)?;
            }
            if let (Some(_), Some(_)) = (&snapshot, &checked) {
                writeln!(out)?;
            }
            checked.as_ref().map_or(Ok(()), |checked| check::table(checked, now, out))
        }
        StatusFormat::Json => as_json(&feeds_dir, snapshot.as_ref(), &kept, checked.as_deref(), out),
    })?;
    if let Some(error) = damaged.into_iter().next() {
        return Err(FlowError::from(error).into());
    }
    let is_well = checked.iter().flatten().all(check::Checked::is_well);
    Ok(if is_well { Exit::Acceptable } else { Exit::NotAcceptable })
}

/// A snapshot that is kept.
struct Kept {
    id: String,
    /// Or why it cannot be opened: one that is damaged keeps nobody from seeing the others.
    state: Result<KeptState, String>,
}

/// What there is to say of a snapshot that is kept.
struct KeptState {
    created: Timestamp,
    namespaces: usize,
    rows: u64,
    bytes: u64,
}

/// The snapshots that are kept, the newest first and those that cannot be opened last.
fn kept(feeds_dir: &FeedsDir, current: Option<&str>) -> Result<Vec<Kept>, CommandError> {
    let state = |snapshot: Snapshot| {
        let namespaces = snapshot.namespaces();
        KeptState {
            created: snapshot.created(),
            namespaces: namespaces.len(),
            rows: namespaces.iter().map(|entry| entry.rows).sum(),
            bytes: snapshot.sizes().total(),
        }
    };
    let mut kept = Vec::new();
    for id in feeds_dir.ids().map_err(FlowError::from)? {
        let state = match feeds_dir.snapshot(&id) {
            Ok(Some(snapshot)) => Ok(state(snapshot)),
            Ok(None) => Err("it is of an older version of plimsoll".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        kept.push(Kept { id, state });
    }
    // Two may be of one second, and the current one is the newer of them.
    let newness = |kept: &Kept| {
        let created = kept.state.as_ref().ok().map(|state| state.created);
        (created, current == Some(kept.id.as_str()))
    };
    kept.sort_by(|a, b| newness(b).cmp(&newness(a)).then_with(|| a.id.cmp(&b.id)));
    Ok(kept)
}

fn table(
    feeds_dir: &FeedsDir,
    snapshot: &Snapshot,
    kept: &[Kept],
    now: Timestamp,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    writeln!(out, "feeds     {}", feeds_dir.path().display())?;
    writeln!(out, "snapshot  {}", snapshot.id())?;
    writeln!(out, "created   {} ({} ago)", snapshot.created(), age(snapshot.created(), now))?;
    let sizes = snapshot.sizes();
    writeln!(
        out,
        "size      {} (rows {}; of all namespaces together: texts {}, EPSS and KEV {}, facts {})",
        bytes(sizes.total()),
        bytes(sizes.rows),
        bytes(sizes.texts),
        bytes(sizes.daily),
        bytes(sizes.facts)
    )?;
    publishers(feeds_dir, now, out)?;
    writeln!(out)?;
    namespaces(snapshot.namespaces(), now, out)?;
    writeln!(out)?;
    kept_table(kept, snapshot.id(), now, out)?;
    let failures: Vec<_> = source_status(feeds_dir)
        .into_iter()
        .filter_map(|source| source.failure.map(|(when, why)| (source.url, when, why)))
        .collect();
    if !failures.is_empty() {
        writeln!(out)?;
        for (url, when, why) in failures {
            writeln!(out, "failed {} ago: {url}: {}", age(when, now), visible(&why))?;
        }
    }
    let remarks = remarks(feeds_dir);
    if !remarks.is_empty() {
        writeln!(out)?;
    }
    for (feed, remarks) in &remarks {
        writeln!(
            out,
            "{feed}: {} unreadable, {} left out, {} unknown",
            counted(remarks.n_unreadable as usize, "record"),
            remarks.left_out.values().sum::<u64>(),
            counted(remarks.unknown_words.values().sum::<u64>() as usize, "word")
        )?;
    }
    if let Some(epss) = snapshot.epss() {
        writeln!(out)?;
        writeln!(out, "EPSS scores of {} (model {})", epss.score_date, epss.model_version)?;
    }
    if let Some(kev) = snapshot.kev() {
        writeln!(out)?;
        let newest = kev.newest.as_deref().unwrap_or("no day");
        writeln!(
            out,
            "KEV lists {} exploited {}, the newest of {}",
            kev.entries,
            if kev.entries == 1 { "vulnerability" } else { "vulnerabilities" },
            visible(newest)
        )?;
    }
    Ok(())
}

fn publishers(feeds_dir: &FeedsDir, now: Timestamp, out: &mut dyn io::Write) -> io::Result<()> {
    let publishers = match known_publishers(feeds_dir) {
        Ok(publishers) => publishers,
        Err(error) => {
            let why = error.source().map(ToString::to_string).unwrap_or_default();
            writeln!(out, "published {error}: {why}")?;
            BTreeMap::new()
        }
    };
    for (publisher, (published, asked)) in publishers {
        let ago = |at: &str| at.parse().map_or_else(|_| "?".to_owned(), |at| age(at, now));
        let publisher = visible(&publisher);
        writeln!(
            out,
            "published {published} ({} ago) by {publisher}, asked {} ago",
            ago(&published),
            ago(&asked)
        )?;
    }
    Ok(())
}

/// A line of the table: what a provider gave to a namespace, or to all that the rows of one kind are split into.
struct Line {
    name: String,
    provider: String,
    n_namespaces: usize,
    records: u64,
    rows: u64,
    bytes: u64,
    /// The oldest of them.
    data_as_of: Timestamp,
}

/// A line for each provider of each namespace; those of one family are one line a provider, where the first stood.
fn lines(entries: Vec<NamespaceEntry>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut families: BTreeMap<(&'static str, String), usize> = BTreeMap::new();
    for entry in entries {
        for stamp in entry.providers {
            let family = entry.name.family();
            let position =
                family.map(|family| *families.entry((family, stamp.name.clone())).or_insert(lines.len()));
            match position.and_then(|position| lines.get_mut(position)) {
                Some(line) => {
                    line.n_namespaces += 1;
                    line.records += stamp.records;
                    line.rows += stamp.rows;
                    line.bytes += stamp.rows_bytes;
                    line.data_as_of = line.data_as_of.min(stamp.data_as_of);
                }
                None => lines.push(Line {
                    name: family.unwrap_or(entry.name.as_str()).to_owned(),
                    provider: stamp.name,
                    n_namespaces: 1,
                    records: stamp.records,
                    rows: stamp.rows,
                    bytes: stamp.rows_bytes,
                    data_as_of: stamp.data_as_of,
                }),
            }
        }
    }
    lines
}

fn namespaces(entries: Vec<NamespaceEntry>, now: Timestamp, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(
        out,
        "{:<24} {:>9} {:>9} {:>10}  {:<20} {:>8}  provider",
        "namespace", "records", "rows", "rows' size", "as of", "age"
    )?;
    for line in lines(entries) {
        let (name, records) = match line.n_namespaces {
            1 => (line.name, line.records.to_string()),
            // A record may be in several of them.
            n => (format!("{} ({n} namespaces)", line.name), format!("<={}", line.records)),
        };
        writeln!(
            out,
            "{name:<24} {records:>9} {:>9} {:>10}  {:<20} {:>8}  {}",
            line.rows,
            bytes(line.bytes),
            line.data_as_of.to_string(),
            age(line.data_as_of, now),
            line.provider
        )?;
    }
    Ok(())
}

fn kept_table(kept: &[Kept], current: &str, now: Timestamp, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(
        out,
        "{:<32}  {:<20} {:>8} {:>10} {:>9} {:>10}",
        "snapshots that are kept", "created", "age", "namespaces", "rows", "size"
    )?;
    for Kept { id, state } in kept.iter().take(SNAPSHOTS_MAX) {
        match state {
            Err(why) => writeln!(out, "{id}  cannot be opened: {}", visible(why))?,
            Ok(KeptState { created, namespaces, rows, bytes: size }) => {
                let mark = if id == current { "  current" } else { "" };
                writeln!(
                    out,
                    "{id}  {:<20} {:>8} {namespaces:>10} {rows:>9} {:>10}{mark}",
                    created.to_string(),
                    age(*created, now),
                    bytes(*size),
                )?;
            }
        }
    }
    let more = kept.len().saturating_sub(SNAPSHOTS_MAX);
    if more > 0 {
        writeln!(out, "and {more} more (`--format json` lists all)")?;
    }
    Ok(())
}

fn as_json(
    feeds_dir: &FeedsDir,
    snapshot: Option<&Snapshot>,
    kept: &[Kept],
    checked: Option<&[check::Checked]>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let namespaces: Vec<_> = snapshot
        .map(Snapshot::namespaces)
        .unwrap_or_default()
        .into_iter()
        .map(|entry| {
            let providers: Vec<_> = entry
                .providers
                .iter()
                .map(|provider| {
                    json!({"name": provider.name, "data_as_of": provider.data_as_of.to_string(),
                           "records": provider.records, "rows": provider.rows, "bytes": provider.rows_bytes})
                })
                .collect();
            json!({"name": entry.name.as_str(), "records": entry.records, "rows": entry.rows,
                   "bytes": entry.rows_bytes, "providers": providers})
        })
        .collect();
    let published: Vec<_> = known_publishers(feeds_dir)
        .unwrap_or_default()
        .into_iter()
        .map(|(publisher, (published, asked))| {
            json!({"publisher": publisher, "published": published, "asked": asked})
        })
        .collect();
    let mut document = json!({
        "feeds": feeds_dir.path().display().to_string(),
        "snapshot": snapshot.map(Snapshot::id),
        "created": snapshot.map(|snapshot| snapshot.created().to_string()),
        "bytes": snapshot.map(Snapshot::sizes),
        "epss": snapshot.and_then(Snapshot::epss),
        "kev": snapshot.and_then(Snapshot::kev),
        "namespaces": namespaces,
        "snapshots": kept.iter().map(kept_json).collect::<Vec<_>>(),
        "published": published,
        "remarks": remarks(feeds_dir),
    });
    if let Some(checked) = checked {
        document["hosts"] = check::json(checked);
    }
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn kept_json(kept: &Kept) -> Value {
    match &kept.state {
        Ok(state) => {
            json!({"id": kept.id, "created": state.created.to_string(), "namespaces": state.namespaces,
            "rows": state.rows, "bytes": state.bytes, "error": null})
        }
        Err(error) => json!({"id": kept.id, "created": null, "namespaces": null, "rows": null, "bytes": null,
            "error": error}),
    }
}

/// How long ago, in the largest whole unit.
pub(super) fn age(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second().saturating_sub(then.as_second()).max(0);
    match seconds {
        0..3600 => format!("{} min", seconds / 60),
        3600..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}
