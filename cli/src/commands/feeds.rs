//! `plimsoll feeds`: what the vendors say, kept as a cached database.

mod check;
mod diff;
pub(crate) mod publish;
mod search;
mod status;

use std::collections::{BTreeMap, BTreeSet};

use advisory_db::FeedsDir;
use clap::{Args, Subcommand};
use feeds_sync::report::{SourceOutcome, SyncReport};
use feeds_sync::selection::Selection;
use flows::error::FlowError;
use flows::match_sbom::{Besides, Question, facts};
use flows::source::read_sbom_file;
use jiff::SignedDuration;
use model::key::Namespace;
use model::limits::Limits;
use model::text::counted;

use crate::args::Global;
use crate::environment;
use crate::error::CommandError;
use crate::exit_code::Exit;
use crate::feeds::FeedArgs;
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
    Status(status::StatusArgs),
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
    /// What cannot be had is then an error, and so is a namespace of which its feeds have nothing
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
        FeedsCommand::Status(args) => status::run(args, global, ui),
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
    for (name, providers) in &report.unheld {
        let providers: Vec<&str> = providers.iter().copied().collect();
        let providers = providers.join("`, `");
        ui.warn(&format!(
            "nothing could be had of `{name}`: what `{providers}` published was read, and has nothing of it"
        ));
    }
    let is_lacking = !report.unanswered.is_empty() || !report.unheld.is_empty();
    Ok(if failed || is_lacking { Exit::NotJudged } else { Exit::Acceptable })
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
        let subject = read_sbom_file(std::path::Path::new(place), &Limits::default(), &[])?;
        let question = Question::with(&subject.inventory, &facts, snapshot.as_ref(), besides)?;
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
                let records = counted(source.records as usize, "record");
                format!("updated: {} ({}, {records})", source.url, bytes(*size))
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
        ui.say(&format!("unchanged: {}", counted(unchanged, "source")));
    }
    if let Some(oldest) = fresh.iter().flatten().min() {
        let age = status::age(*oldest, environment::now());
        ui.say(&format!(
            "not asked again: {}, asked up to {age} ago (`--max-age 0s` asks again)",
            counted(fresh.len(), "source")
        ));
    }
    ui.gaps(&report.gaps);
    for (feed, remarks) in &report.remarks {
        for (word, count) in &remarks.unknown_words {
            ui.say(&format!("unknown word: {feed}: {word} ({})", counted(*count as usize, "time")));
        }
        for (reason, count) in &remarks.left_out {
            ui.say_more(&format!("left out: {feed}: {reason} ({})", counted(*count as usize, "time")));
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

fn gc(args: &GcArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandError> {
    let feeds_dir = FeedArgs::default().open(global)?;
    // To lock it would make it.
    if !feeds_dir.path().exists() {
        return Err(FlowError::NoFeeds { feeds: feeds_dir.path().to_owned() }.into());
    }
    let lock = feeds_dir.lock().map_err(FlowError::from)?;
    let outcome = feeds_dir.gc(&lock, args.keep, environment::now()).map_err(FlowError::from)?;
    ui.say(&format!(
        "removed {} and {}, {}",
        counted(outcome.snapshots, "snapshot"),
        counted(outcome.files, "file"),
        bytes(outcome.bytes)
    ));
    Ok(Exit::Acceptable)
}
