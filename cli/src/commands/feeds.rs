//! `plimsoll feeds`: what the vendors say, kept as a cached database.

mod check;
mod diff;
pub(crate) mod publish;
mod search;

use std::collections::{BTreeMap, BTreeSet};

use advisory_db::{FeedsDir, Snapshot};
use clap::{Args, Subcommand, ValueEnum};
use feeds_sync::distribution::bring::known_publishers;
use feeds_sync::kept::{remarks, source_status};
use feeds_sync::report::{SourceOutcome, SyncReport};
use feeds_sync::selection::Selection;
use flows::error::FlowError;
use flows::match_sbom::{Besides, Question, facts};
use flows::source::read_sbom;
use jiff::{SignedDuration, Timestamp};
use model::key::Namespace;
use model::limits::Limits;
use serde_json::json;

use crate::args::Global;
use crate::environment;
use crate::error::{CommandError, visible};
use crate::exit_code::Exit;
use crate::feeds::{AccessArgs, FeedArgs};
use crate::output::{self, Output};
use crate::ui::{Ui, bytes};

/// Sync the feeds, and see what is there
#[derive(Debug, Args)]
pub(crate) struct FeedsArgs {
    #[command(subcommand)]
    command: FeedsCommand,
}

#[derive(Debug, Subcommand)]
enum FeedsCommand {
    Sync(SyncArgs),
    Status(StatusArgs),
    Search(search::SearchArgs),
    Diff(diff::DiffArgs),
    Push(Box<publish::PushArgs>),
    Pull(Box<publish::PullArgs>),
    Export(publish::ExportArgs),
    Import(publish::ImportArgs),
    Gc(GcArgs),
}

/// Bring the feed database up to date
///
/// Without `--only` and `--for`, every feed is synced. A feed that cannot be had leaves its last good state in
/// place, and the report says its age and the cause.
#[derive(Debug, Args)]
struct SyncArgs {
    /// A namespace (`alpine:3.20`, `pypi`) or a provider (`debian`, `osv`, `nvd`); may be repeated
    ///
    /// What cannot be had is then an error
    #[arg(long, value_name = "NAMESPACE|PROVIDER")]
    only: Vec<String>,
    /// Only what this SBOM needs; may be repeated
    #[arg(long = "for", value_name = "SBOM")]
    for_sbom: Vec<String>,
    /// Forget the advisories of your own that are held
    #[arg(long, conflicts_with = "private")]
    no_private: bool,
    #[command(flatten)]
    feeds: FeedArgs,
}

/// Say what is there, from when, and how many records
#[derive(Debug, Args)]
struct StatusArgs {
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

/// Remove snapshots beyond the retention time, and shards that none of the others names
#[derive(Debug, Args)]
struct GcArgs {
    /// How long a snapshot is kept (`30d`)
    #[arg(long, value_name = "T", value_parser = crate::feeds::duration, default_value = "30d")]
    keep: SignedDuration,
}

pub(crate) fn run(args: &FeedsArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandError> {
    match &args.command {
        FeedsCommand::Sync(args) => sync(args, global, ui),
        FeedsCommand::Status(args) => status(args, global, ui),
        FeedsCommand::Search(args) => search::run(args, global, ui),
        FeedsCommand::Diff(args) => diff::run(args, global),
        FeedsCommand::Push(args) => publish::push(args, global, ui),
        FeedsCommand::Pull(args) => publish::pull(args, global, ui),
        FeedsCommand::Export(args) => publish::export(args, global, ui),
        FeedsCommand::Import(args) => publish::import(args, global, ui),
        FeedsCommand::Gc(args) => gc(args, global, ui),
    }
}

fn sync(args: &SyncArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandError> {
    let feeds_dir = args.feeds.open(global)?;
    let needed = needed(&args.for_sbom, &feeds_dir, args.feeds.besides(&args.feeds.fallback))?;
    let selection = match (&args.only[..], needed.is_empty()) {
        ([], true) => Selection::All,
        ([], false) => Selection::Namespaces(&needed),
        (only, true) => Selection::Only(only),
        (_, false) => return Err(CommandError::new("`--only` and `--for` cannot be combined")),
    };
    let mut named = args.feeds.named()?;
    if args.no_private {
        named.private = Some(Vec::new());
    }
    let report = args.feeds.sync(&feeds_dir, selection, &named, global, ui)?;
    tell(&report, ui);
    let is_failed = |outcome: &SourceOutcome| matches!(outcome, SourceOutcome::Failed { .. });
    let failed = report.sources.iter().any(|source| is_failed(&source.outcome));
    // What was asked for by name and could not be had is a failure; what rode along is a stated gap.
    for name in &report.unanswered {
        ui.warn(&format!("nothing could be had of `{name}`"));
    }
    Ok(if failed || !report.unanswered.is_empty() { Exit::NotJudged } else { Exit::Acceptable })
}

fn needed(
    sboms: &[String],
    feeds_dir: &FeedsDir,
    besides: Besides<'_>,
) -> Result<BTreeSet<Namespace>, CommandError> {
    let snapshot = feeds_dir.current().map_err(FlowError::from)?;
    let facts = facts(snapshot.as_ref())?;
    let mut namespaces = BTreeSet::new();
    for place in sboms {
        let bytes = std::fs::read(place)
            .map_err(|error| CommandError::new(format!("cannot read SBOM `{place}`: {error}")))?;
        let inventory = read_sbom(place, &bytes, &Limits::default(), &[])?;
        let question = Question::with(&inventory, &facts, snapshot.as_ref(), besides)?;
        namespaces.extend(question.namespaces());
    }
    Ok(namespaces)
}

/// How many missing files of a provider are named: a mirror may be of a few feeds only.
const MISSING_TOLD_MAX: usize = 2;

fn tell(report: &SyncReport, ui: &Ui) {
    let (mut unchanged, mut fresh) = (0, Vec::new());
    let mut missing: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for source in &report.sources {
        let line = match &source.outcome {
            SourceOutcome::Updated { bytes: size } => {
                format!("updated: {} ({}, {} records)", source.url, bytes(*size), source.records)
            }
            SourceOutcome::Missing => {
                missing.entry(source.provider).or_default().push(&source.url);
                continue;
            }
            SourceOutcome::Failed { error } if error.contains(&source.url) => format!("failed: {error}"),
            SourceOutcome::Failed { error } => format!("failed: {}: {error}", source.url),
            SourceOutcome::Unchanged => {
                unchanged += 1;
                continue;
            }
            SourceOutcome::Fresh => {
                fresh.push(source.answered_at);
                continue;
            }
        };
        ui.say(&line);
    }
    for (provider, urls) in missing {
        match urls.len() {
            n if n > MISSING_TOLD_MAX && !ui.says_more() => {
                ui.say(&format!("missing: {n} files of {provider} (`-v` lists them)"));
            }
            _ => urls.iter().for_each(|url| ui.say(&format!("missing: {url}"))),
        }
    }
    if unchanged > 0 {
        ui.say(&format!("unchanged: {unchanged} sources"));
    }
    if let Some(oldest) = fresh.iter().flatten().min() {
        let age = age(*oldest, environment::now());
        ui.say(&format!(
            "not asked again: {} sources, asked up to {age} ago (`--max-age 0s` asks them)",
            fresh.len()
        ));
    }
    ui.gaps(&report.gaps);
    for (feed, remarks) in &report.remarks {
        for (word, count) in &remarks.unknown_words {
            ui.say(&format!("unknown word: {feed}: {word} ({count} times)"));
        }
        for (reason, count) in &remarks.left_out {
            ui.say_more(&format!("left out: {feed}: {reason} ({count} times)"));
        }
        for record in &remarks.unreadable {
            ui.say(&format!("unreadable: {feed}: {record}"));
        }
    }
    match &report.snapshot {
        Some(id) if report.changed => ui.say(&format!("new snapshot: {id}")),
        Some(id) => ui.say(&format!("snapshot unchanged: {id}")),
        None => ui.say("no snapshot: nothing was read"),
    }
}

fn status(args: &StatusArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandError> {
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
    output::write(&stdout, "", |out| match args.format {
        StatusFormat::Table => {
            if let Some(snapshot) = &snapshot {
                status_table(&feeds_dir, snapshot, now, out)?;
            }
            if let (Some(_), Some(_)) = (&snapshot, &checked) {
                writeln!(out)?;
            }
            checked.as_ref().map_or(Ok(()), |checked| check::table(checked, now, out))
        }
        StatusFormat::Json => status_json(&feeds_dir, snapshot.as_ref(), checked.as_deref(), out),
    })?;
    if let Some(error) = damaged.into_iter().next() {
        return Err(FlowError::from(error).into());
    }
    let is_well = checked.iter().flatten().all(check::Checked::is_well);
    Ok(if is_well { Exit::Acceptable } else { Exit::NotAcceptable })
}

fn status_table(
    feeds_dir: &FeedsDir,
    snapshot: &Snapshot,
    now: Timestamp,
    out: &mut dyn std::io::Write,
) -> std::io::Result<()> {
    writeln!(out, "feeds     {}", feeds_dir.path().display())?;
    writeln!(out, "snapshot  {}", snapshot.id())?;
    writeln!(out, "created   {} ({} ago)", snapshot.created(), age(snapshot.created(), now))?;
    let publishers = match known_publishers(feeds_dir) {
        Ok(publishers) => publishers,
        Err(error) => {
            let why = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
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
    writeln!(out)?;
    writeln!(
        out,
        "{:<24} {:>9} {:>10}  {:<20} {:>8}  provider",
        "namespace", "records", "size", "as of", "age"
    )?;
    for entry in snapshot.namespaces() {
        for provider in &entry.providers {
            writeln!(
                out,
                "{:<24} {:>9} {:>10}  {:<20} {:>8}  {}",
                entry.name.as_str(),
                provider.records,
                bytes(entry.bytes),
                provider.data_as_of.to_string(),
                age(provider.data_as_of, now),
                provider.name
            )?;
        }
    }
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
            "{feed}: {} records unreadable, {} left out, {} words unknown",
            remarks.n_unreadable,
            remarks.left_out.values().sum::<u64>(),
            remarks.unknown_words.values().sum::<u64>()
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
            "KEV lists {} exploited vulnerabilities, the newest of {}",
            kev.entries,
            visible(newest)
        )?;
    }
    Ok(())
}

fn status_json(
    feeds_dir: &FeedsDir,
    snapshot: Option<&Snapshot>,
    checked: Option<&[check::Checked]>,
    out: &mut dyn std::io::Write,
) -> std::io::Result<()> {
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
                           "records": provider.records})
                })
                .collect();
            json!({"name": entry.name.as_str(), "rows": entry.rows, "bytes": entry.bytes,
                   "providers": providers})
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
        "epss": snapshot.and_then(Snapshot::epss),
        "kev": snapshot.and_then(Snapshot::kev),
        "namespaces": namespaces,
        "published": published,
        "remarks": remarks(feeds_dir),
    });
    if let Some(checked) = checked {
        document["hosts"] = check::json(checked);
    }
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// How long ago, in the largest whole unit.
fn age(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second().saturating_sub(then.as_second()).max(0);
    match seconds {
        0..3600 => format!("{} min", seconds / 60),
        3600..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

fn gc(args: &GcArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandError> {
    let feeds_dir = FeedArgs::default().open(global)?;
    // To lock it would make it.
    if !feeds_dir.path().exists() {
        return Err(FlowError::NoFeeds { feeds: feeds_dir.path().to_owned() }.into());
    }
    let lock = feeds_dir.lock().map_err(FlowError::from)?;
    let outcome = feeds_dir.gc(&lock, args.keep, environment::now()).map_err(FlowError::from)?;
    ui.say(&format!(
        "removed {} snapshots and {} files, {}",
        outcome.snapshots,
        outcome.files,
        bytes(outcome.bytes)
    ));
    Ok(Exit::Acceptable)
}
