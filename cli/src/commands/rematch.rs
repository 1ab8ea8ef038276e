//! `plimsoll rematch`: stored SBOMs against newer feeds; only what changed is judged again.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;

use clap::Args;
use flows::changes::{Change, ChangeKind, ChangeSet};
use flows::rematch::{RematchOptions, StoredSboms, is_running, needed, rematch, stored_sboms};
use flows::vex::VexPlace;
use jiff::Timestamp;
use model::limits::Limits;
use model::text::counted;
use policy::Judgement;

use crate::args::Global;
use crate::commands::match_sbom::{
    as_of, blind, fail_on, n_waiting, not_judged, unrated, unseen, worse, wrong_time,
};
use crate::error::{CommandError, visible};
use crate::exit_code::Exit;
use crate::feeds::NeededFeeds;
use crate::output::{self, Names, Output};
use crate::risk::RiskArgs;
use crate::ui::Ui;
use crate::vex;

/// Match stored SBOMs again, where the feeds say something new
///
/// Every `*.json` below DIR is an SBOM, and what is named `*.cdx.xml`, `bom.xml` or `*.spdx`. What was found the last time is
/// kept in `DIR/.plimsoll-rematch`; an SBOM whose questions have the same answers as then is not judged again. No image is
/// opened.
#[derive(Debug, Args)]
pub(crate) struct RematchArgs {
    /// The directory of SBOMs
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// `table` or `json` for what changed, and a file for it; or a report format (`sarif`, `json`, `table`)
    /// with a directory (`sarif=reports/`) for a report of every SBOM; may be repeated
    #[arg(short, long = "output", value_name = "FORMAT[=FILE]")]
    output: Vec<Output>,
    /// What makes the exit code 1: a severity or an expression, asked of every SBOM
    #[arg(long, value_name = "EXPR")]
    fail_on: Option<String>,
    #[command(flatten)]
    risk: RiskArgs,
    /// VEX, as `match` takes it: what it answers is suppressed in every SBOM; may be repeated
    #[arg(long, value_name = "PLACE", value_parser = vex::place(), hide_env_values = true, hide_default_value = true)]
    vex: Vec<VexPlace>,
    /// The time that stands for "now" [default: `SOURCE_DATE_EPOCH`, else now]
    #[arg(long, value_name = "TIME", value_parser = crate::commands::match_sbom::time)]
    as_of: Option<Timestamp>,
    /// Say what changed without remembering it
    #[arg(long)]
    dry_run: bool,
    /// Judge every SBOM
    #[arg(long)]
    full: bool,
    /// Accept SBOMs of which no package can be judged, or nothing held of the distribution that a gate is asked of
    #[arg(long)]
    allow_empty: bool,
    #[command(flatten)]
    feeds: NeededFeeds,
}

pub(crate) fn run(args: &RematchArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandError> {
    let (reports, changes): (Vec<Output>, Vec<Output>) =
        args.output.iter().cloned().partition(Output::is_directory);
    let changes = output::resolve(&changes, "table", 1, ChangeFormat::by_name)?;
    let reports = if reports.is_empty() {
        Vec::new()
    } else {
        output::resolve(&reports, "sarif", usize::MAX, report::by_name)?
    };
    let fail_on = fail_on(args.fail_on.as_deref())?;
    let as_of = as_of(args.as_of)?;

    let limits = Limits::default();
    vex::without_images(&args.vex, "rematch")?;
    let vex = vex::read(&args.vex, &args.feeds.feeds.access, global, ui)?;
    let feeds_dir = args.feeds.open(global)?;
    let stored = stored_sboms(&args.dir)?;
    tell_passed_over(&stored, ui);
    let sboms = &stored.sboms;
    let fallback = args.feeds.fallback();
    let besides = args.feeds.besides(&fallback);
    let asked = || needed(sboms, feeds_dir.current()?.as_ref(), besides, &limits);
    let (snapshot, gaps) = args.feeds.ensure(&feeds_dir, asked, global, ui)?;
    ui.gaps(&gaps);

    let weights = args.risk.weights();
    let options = RematchOptions {
        full: args.full,
        dry_run: args.dry_run,
        vex: &vex,
        besides,
        as_of,
        weights: &weights,
        limits: &limits,
    };
    let not_acceptable = RefCell::new(0_usize);
    let of_nothing = RefCell::new(Vec::new());
    let has_warned = Cell::new(false);
    let n_unrated = Cell::new(0_usize);
    let has_warned_of_time = Cell::new(false);
    let unwritten = RefCell::new(None);
    let names = RefCell::new(Names::of_files(sboms.iter().map(|sbom| sbom.file.as_str())));
    if !args.dry_run && is_running(&args.dir) {
        ui.say(&format!("another re-match of `{}` runs: waiting for it", args.dir.display()));
    }
    let outcome = rematch(&args.dir, sboms, &snapshot, &options, |sbom, found| {
        let judgement = policy::judge(found, fail_on.as_ref(), args.allow_empty)?;
        // Tables are of the snapshot, so it is said once for all SBOMs.
        if let Some(warning) = blind(fail_on.as_ref(), found)
            && !has_warned.replace(true)
        {
            ui.warn(&warning);
        }
        if let Some(unjudged) = judgement.not_judged() {
            of_nothing.borrow_mut().push(not_judged(found, unjudged, &sbom.file));
        } else if let Some(warning) = unseen(found, &judgement, &sbom.file) {
            ui.warn(&warning);
        }
        n_unrated.set(n_unrated.get() + n_waiting(&judgement, found));
        if let Some(warning) = wrong_time(found, args.as_of)
            && !has_warned_of_time.replace(true)
        {
            ui.warn(&warning);
        }
        if judgement.not_judged().is_none() && !judgement.acceptable {
            *not_acceptable.borrow_mut() += 1;
            violations(&sbom.file, &judgement).iter().for_each(|line| ui.say(line));
        }
        let options = report::RenderOptions {
            tool_version: env!("CARGO_PKG_VERSION"),
            color: false,
            width: None,
            stored: Some(&sbom.file),
        };
        for resolved in &reports {
            let name = names.borrow_mut().of_file(&sbom.file);
            let written = name.and_then(|name| {
                output::write(&resolved.output, &name, |out| {
                    resolved.format.render(found, &judgement, &options, out)
                })
            });
            if let Err(error) = written {
                unwritten.borrow_mut().get_or_insert(error);
            }
        }
        Ok(())
    })?;
    if let Some(warning) = unrated(n_unrated.get()) {
        ui.warn(&warning);
    }
    if outcome.is_state_discarded {
        ui.warn("what the last run left in `.plimsoll-rematch` is damaged or of another version: every finding appears as new");
    }
    if !outcome.own_outputs.is_empty() {
        let names: Vec<String> = outcome.own_outputs.iter().map(|it| format!("`{}`", it.file)).collect();
        let names = some(&names);
        ui.say(&format!("passed over, as what plimsoll itself wrote: {names}"));
    }
    let (mut unwritten, is_cut) = (unwritten.into_inner(), Cell::new(false));
    for resolved in &changes {
        let written = output::write(&resolved.output, "changes", |out| {
            let rendered = match resolved.format {
                ChangeFormat::Json => outcome.changes.write_json(out),
                ChangeFormat::Table => table(&outcome.changes, out),
            };
            // A closed pipe is no error of the program's, and took not all.
            rendered.and_then(|()| out.flush()).inspect_err(|_| is_cut.set(true))
        });
        unwritten = unwritten.or(written.err());
    }
    // What was not told is not remembered, so that the next run tells it.
    if unwritten.is_none() && !is_cut.get() {
        unwritten = outcome.state.keep().err().map(CommandError::from);
    } else if !args.dry_run {
        ui.warn("not all of what changed was written: nothing is remembered, and the next run says it again");
    }

    let is_acceptable = not_acceptable.into_inner() == 0;
    let judged = if is_acceptable { Exit::Acceptable } else { Exit::NotAcceptable };
    let failures = outcome.failures.into_iter().map(CommandError::from);
    let errors = failures.chain(of_nothing.into_inner()).chain(unwritten);
    Ok(errors.map(|error| error.report()).fold(judged, worse))
}

/// What is below the directory and not read.
fn tell_passed_over(stored: &StoredSboms, ui: &Ui) {
    let named: Vec<String> =
        stored.passed_over.iter().map(|it| format!("`{}` ({})", it.file, it.why.as_str())).collect();
    if !named.is_empty() {
        ui.warn(&format!("passed over: {}", some(&named)));
    }
    if stored.n_others > 0 {
        let (files, are) =
            (counted(stored.n_others, "file"), if stored.n_others == 1 { "is" } else { "are" });
        ui.say(&format!("passed over: {files} whose name {are} not that of an SBOM"));
    }
}

/// How many names are told in a line.
const NAMED_MAX: usize = 5;

/// The first of `names`, and how many more there are.
fn some(names: &[String]) -> String {
    let told = names[..names.len().min(NAMED_MAX)].join(", ");
    let n_more = names.len().saturating_sub(NAMED_MAX);
    if n_more == 0 { told } else { format!("{told} and {n_more} more") }
}

/// How many violations of an SBOM are told; reports list all.
const TOLD_MAX: usize = 5;

/// What of an SBOM the gate does not accept, for people.
fn violations(file: &str, judgement: &Judgement) -> Vec<String> {
    let Some(first) = judgement.violations.first() else { return Vec::new() };
    let (n_violations, rule) = (judgement.violations.len(), visible(&first.rule));
    let mut lines =
        vec![format!("`{}`: `{rule}` is violated {}:", visible(file), counted(n_violations, "time"))];
    let told = judgement.violations.iter().take(TOLD_MAX);
    lines.extend(told.map(|violation| format!("  {}", visible(&violation.message))));
    if n_violations > TOLD_MAX {
        lines.push(format!("  and {} more; `-o json=DIR/` writes them all", n_violations - TOLD_MAX));
    }
    lines
}

/// How a change set is written.
#[derive(Clone, Copy, Debug)]
enum ChangeFormat {
    Json,
    Table,
}

/// A name that is no format of a change set.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{name}` is no format for what changed: use `table` or `json`; a report format needs a directory, as in `sarif=reports/`"
)]
struct UnknownChangeFormat {
    name: String,
}

impl ChangeFormat {
    fn by_name(name: &str) -> Result<Self, UnknownChangeFormat> {
        match name {
            "json" => Ok(Self::Json),
            "table" => Ok(Self::Table),
            _ => Err(UnknownChangeFormat { name: name.to_owned() }),
        }
    }
}

/// Why a finding changed, and what its severity does not tell: that it could not be decided, or is known to be exploited.
fn why(change: &Change) -> String {
    let mut words = change.reason.to_string();
    if let Some(verdict) = change.finding["verdict"].as_str().filter(|verdict| *verdict != "affected") {
        words.push_str(&format!(", {}", visible(verdict)));
    }
    if change.finding["kev"].is_object() {
        words.push_str(", known to be exploited");
    }
    words
}

fn table(changes: &ChangeSet, out: &mut dyn std::io::Write) -> std::io::Result<()> {
    for change in &changes.changes {
        let sign = match change.kind {
            ChangeKind::Appeared => '+',
            ChangeKind::Disappeared => '-',
            ChangeKind::Changed => '~',
        };
        let text = |value: &serde_json::Value| visible(value.as_str().unwrap_or_default());
        writeln!(
            out,
            "{sign} {:<20} {:<10} {} {}  {} ({})",
            text(&change.finding["id"]),
            text(&change.finding["severity"]["level"]),
            text(&change.finding["package"]["name"]),
            text(&change.finding["package"]["version"]),
            visible(&change.sbom.file),
            why(change)
        )?;
    }
    let counts = changes.sboms;
    let from = changes.from.as_ref().map_or("nothing", |name| name.snapshot.as_str());
    writeln!(
        out,
        "{} from {from} to {}: {} stored, {} judged, {} did not have to be",
        counted(changes.changes.len(), "change"),
        changes.to.snapshot,
        counted(counts.stored, "SBOM"),
        counts.judged,
        counts.unchanged
    )
}
