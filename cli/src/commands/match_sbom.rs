//! `plimsoll match`: stored SBOMs against the feeds, now or years later, with no image.

use std::cell::RefCell;
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use advisory_db::FeedsDir;
use clap::Args;
use flows::error::FlowError;
use flows::match_sbom::{Question, Subject, Terms, before_feeds, facts};
use flows::source::{read_sbom, read_sbom_file};
use flows::vex::{VexPlace, bom_of};
use jiff::Timestamp;
use matcher::vex::Given;
use model::distro::Distro;
use model::gap::GapKind;
use model::inventory::Inventory;
use model::limits::Limits;
use model::report::{Report, UnmatchedReason};
use model::text::counted;
use policy::{FailOn, Judgement, Unjudged};

use crate::args::Global;
use crate::environment;
use crate::error::{CommandError, is_archive, visible};
use crate::exit_code::Exit;
use crate::feeds::{NeededFeeds, kept_snapshot};
use crate::keys::KeyArgs;
use crate::output::{self, Names, Output, Resolved};
use crate::risk::RiskArgs;
use crate::ui::Ui;
use crate::vex;

/// Match SBOMs against the feeds and judge them
///
/// Unless `--offline`, the feeds that answer an SBOM's packages are synced first when they are missing or old.
#[derive(Debug, Args)]
pub(crate) struct MatchArgs {
    /// The SBOMs (CycloneDX, SPDX, Syft JSON, a list of package URLs); `-` is standard input
    #[arg(required = true)]
    sbom: Vec<String>,
    #[command(flatten)]
    keys: KeyArgs,
    #[command(flatten)]
    judge: JudgeArgs,
    #[command(flatten)]
    feeds: NeededFeeds,
}

/// Options of every command that judges.
#[derive(Clone, Debug, Args)]
pub(crate) struct JudgeArgs {
    /// The distribution to assume where an SBOM or an image names none, as in `debian:12`
    #[arg(long, value_name = "ID:VERSION", value_parser = distro)]
    pub(crate) distro: Option<Distro>,
    /// A format (`table`, `json`, `sarif`), and a file for it; may be repeated
    ///
    /// With several SBOMs the file is a directory (`reports/`)
    #[arg(short, long = "output", value_name = "FORMAT[=FILE]")]
    pub(crate) output: Vec<Output>,
    /// What makes the exit code 1: a severity (`high` = high or worse) or an expression such as
    /// `kev || (severity >= HIGH && fix == "fixed")`
    ///
    /// It hides nothing from the report
    #[arg(long, value_name = "EXPR")]
    pub(crate) fail_on: Option<String>,
    #[command(flatten)]
    pub(crate) risk: RiskArgs,
    /// Judge against a snapshot that is kept: its id or the beginning of it, or a date for the newest one then
    #[arg(long, value_name = "ID|DATE")]
    pub(crate) snapshot: Option<String>,
    /// The time that stands for "now" in the report [default: `SOURCE_DATE_EPOCH`, else now]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) as_of: Option<Timestamp>,
    /// VEX (OpenVEX, CSAF, CycloneDX): what it answers is suppressed. A file, a directory, an `https` URL, also of a repository of VEX; or `referrers`, what
    /// is attached to the images that are scanned in their registries; may be repeated
    ///
    /// `supplier:` or `hub:` before a path or an address says that it is less trusted than what you give yourself
    #[arg(long, value_name = "PLACE", value_parser = vex::place(), hide_env_values = true, hide_default_value = true)]
    pub(crate) vex: Vec<VexPlace>,
    /// Accept that there is nothing to judge, or that a gate is asked with nothing held of the distribution
    #[arg(long)]
    pub(crate) allow_empty: bool,
}

pub(crate) fn run(args: &MatchArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandError> {
    let keys = args.keys.read()?;
    vex::without_images(&args.judge.vex, "match")?;
    judge_all(&args.sbom, &args.judge, &args.feeds, global, ui, |place, vex| {
        // Which BOM it is matters only to documents that are about components of one.
        let is_bom_asked = vex.iter().any(Given::links_to_boms);
        let limits = Limits::default();
        let subject = if place == "-" {
            let bytes = read(place)?;
            let bom = is_bom_asked.then(|| bom_of(|| Some(&*bytes), &limits)).flatten();
            let inventory = read_sbom("standard input", &bytes, &limits, &keys)?;
            Subject { bom, ..Subject::new(inventory, &bytes) }
        } else {
            let subject = read_sbom_file(Path::new(place), &limits, &keys);
            let subject = subject.map_err(|error| not_an_sbom(place, error))?;
            let bom = is_bom_asked.then(|| bom_of(|| fs::File::open(place).ok(), &limits)).flatten();
            Subject { bom, ..subject }
        };
        ui.gaps(&subject.inventory.gaps);
        Ok(subject)
    })
}

/// The failure to read `place` as an SBOM, with what judges it instead.
fn not_an_sbom(place: &str, error: FlowError) -> CommandError {
    let is_unread = matches!(error, FlowError::File { .. });
    let error = CommandError::from(error);
    match is_unread {
        true if place.starts_with("pkg:") => {
            error.hint("a list of package URLs is an SBOM: `echo PURL | plimsoll match -`")
        }
        true if Path::new(place).is_dir() => error.hint("`plimsoll scan DIR` judges a directory or a layout"),
        true => error.hint("`plimsoll scan IMAGE` judges an image by its name or archive"),
        false => error,
    }
}

/// Judges each of `places`, which `open` turns into subjects one at a time. One that cannot be judged is told
/// and does not keep the others from being judged.
pub(crate) fn judge_all(
    places: &[String],
    args: &JudgeArgs,
    feeds: &NeededFeeds,
    global: &Global,
    ui: &Ui,
    open: impl Fn(&str, &[Given]) -> Result<Subject, CommandError>,
) -> Result<Exit, CommandError> {
    let judge = Judge::new(args, feeds, global, ui, places.len())?;
    let one = |place: &String| judge.conclude(&judge.report(open(place, &judge.vex)?)?)?.into_exit();
    let mut exit = Exit::Acceptable;
    for place in places {
        match one(place) {
            Ok(found) => exit = worse(exit, found),
            Err(error) if places.len() == 1 => return Err(error),
            Err(error) => exit = worse(exit, error.report()),
        }
    }
    Ok(exit)
}

/// Everything that judging a subject needs, checked before the first one is opened.
pub(crate) struct Judge<'a> {
    args: &'a JudgeArgs,
    feeds: &'a NeededFeeds,
    global: &'a Global,
    ui: &'a Ui,
    feeds_dir: FeedsDir,
    outputs: Vec<Resolved<report::Choice>>,
    fail_on: Option<FailOn>,
    pub(crate) vex: Vec<Given>,
    as_of: Timestamp,
    /// What the reports so far are called.
    names: RefCell<Names>,
}

impl<'a> Judge<'a> {
    /// As the options ask, for that many subjects.
    pub(crate) fn new(
        args: &'a JudgeArgs,
        feeds: &'a NeededFeeds,
        global: &'a Global,
        ui: &'a Ui,
        subjects: usize,
    ) -> Result<Self, CommandError> {
        let outputs = output::resolve(&args.output, "table", subjects, report::by_name)?;
        let fail_on = fail_on(args.fail_on.as_deref())?;
        let as_of = as_of(args.as_of)?;
        let vex = vex::read(&args.vex, &feeds.feeds.access, global, ui)?;
        let (feeds_dir, names) = (feeds.open(global)?, RefCell::default());
        Ok(Self { args, feeds, global, ui, feeds_dir, outputs, fail_on, vex, as_of, names })
    }

    /// Matches a subject, its feeds synced first.
    pub(crate) fn report(&self, mut subject: Subject) -> Result<Report, CommandError> {
        // An image is asked as its SBOM is, which is what was read of it and says nothing of what is assumed.
        if let Some(warning) = not_assumed(&subject.inventory, self.args.distro.as_ref()) {
            self.ui.warn(&warning);
        }
        assume_distro(&mut subject.inventory, self.args.distro.as_ref());
        let fallback = self.feeds.fallback();
        let besides = self.feeds.besides(&fallback);
        let (snapshot, gaps) = match &self.args.snapshot {
            Some(wanted) => (kept_snapshot(&self.feeds_dir, wanted)?, Vec::new()),
            None => {
                let needed = || -> Result<_, FlowError> {
                    let snapshot = self.feeds_dir.current()?;
                    let facts = facts(snapshot.as_ref())?;
                    Ok(Question::with(&subject.inventory, &facts, snapshot.as_ref(), besides)?.namespaces())
                };
                self.feeds.ensure(&self.feeds_dir, needed, self.global, self.ui)?
            }
        };
        self.ui.gaps(&gaps);
        let terms = Terms { vex: &self.vex, besides, as_of: self.as_of, weights: &self.args.risk.weights() };
        let report = flows::match_sbom::match_sbom(subject, &snapshot, terms)?;
        self.ui.say_more(&format!("matched with {} opened", counted(snapshot.shards_opened(), "shard")));
        Ok(report)
    }

    /// Writes the outputs of one report and says what it came to. An error is one of writing, or of the gate: no output need be there.
    pub(crate) fn conclude(&self, report: &Report) -> Result<Conclusion, CommandError> {
        let judgement = policy::judge(report, self.fail_on.as_ref(), self.args.allow_empty);
        let judgement = judgement.map_err(FlowError::from)?;
        let options = report::RenderOptions {
            tool_version: env!("CARGO_PKG_VERSION"),
            color: self.ui.colors_stdout(),
            width: self.ui.stdout_width(),
            stored: None,
        };
        let subject = &report.inventory.subject.name;
        let rename = |from: &str, to: &str| output::rename(&self.outputs, from, to);
        let name = self.names.borrow_mut().of(subject, &report.sbom_digest, rename)?;
        for resolved in &self.outputs {
            output::write(&resolved.output, &name, |out| {
                resolved.format.render(report, &judgement, &options, out)
            })?;
        }
        if let Some(warning) = wrong_time(report, self.args.as_of) {
            self.ui.warn(&warning);
        }
        for warning in
            blind(self.fail_on.as_ref(), report).into_iter().chain(unrated(n_waiting(&judgement, report)))
        {
            self.ui.warn(&warning);
        }
        let is_sarif = self.outputs.iter().any(|resolved| resolved.format.format().name == "sarif");
        if let Some(warning) = file_name(&report.inventory.subject.name).filter(|_| is_sarif) {
            self.ui.warn(&warning);
        }
        let not_judged = judgement.not_judged().map(|unjudged| not_judged(report, unjudged, subject));
        if not_judged.is_some() {
            return Ok(Conclusion { judgement, not_judged });
        }
        if let Some(warning) = unseen(report, &judgement, subject) {
            self.ui.warn(&warning);
        }
        Ok(Conclusion { judgement, not_judged })
    }
}

/// What a report came to whose outputs are written.
#[derive(Debug)]
pub(crate) struct Conclusion {
    pub(crate) judgement: Judgement,
    /// That there is no judgement, and why. It was not told yet.
    pub(crate) not_judged: Option<CommandError>,
}

impl Conclusion {
    /// What scripts read of it.
    pub(crate) fn exit(&self) -> Exit {
        match self.not_judged {
            Some(_) => Exit::NotJudged,
            None if self.judgement.acceptable => Exit::Acceptable,
            None => Exit::NotAcceptable,
        }
    }

    /// The same, where that there is no judgement is an error as any other.
    fn into_exit(self) -> Result<Exit, CommandError> {
        let exit = self.exit();
        self.not_judged.map_or(Ok(exit), Err)
    }
}

/// What to say where the alerts of SARIF are told apart by `name`, and that is of a file.
fn file_name(name: &str) -> Option<String> {
    is_archive(name).then(|| {
        let name = visible(name);
        format!("SARIF names the image after the file `{name}`: another image in a file called so would close its alerts; `--name NAME` tells them apart")
    })
}

/// What to say of a gate that asks for what is not held.
pub(crate) fn blind(gate: Option<&FailOn>, report: &Report) -> Option<String> {
    let gate = gate?;
    if gate.lacks_base(report) {
        let text = "the gate asks for `origin`, and it is `unknown` of everything: `scan --base IMAGE` and `sbom --base IMAGE` tell it";
        return Some(text.to_owned());
    }
    let blind = gate.blind(report);
    let names = blind.join("`, `");
    (!blind.is_empty()).then(|| {
        format!("the gate asks for `{names}`, and that is not held: it cannot fire by it; see the gaps of the report")
    })
}

/// What to say of findings for which the gate cannot fire, because what would rate them is not held.
pub(crate) fn unrated(n_waiting: usize) -> Option<String> {
    let text = policy::blindness(n_waiting)?;
    Some(format!("{text}: `plimsoll feeds sync --only nvd` brings what NVD and others rated"))
}

/// How many findings of `report` the gate cannot fire for, because what would rate them is not held.
pub(crate) fn n_waiting(judgement: &Judgement, report: &Report) -> usize {
    let mut gaps = report.coverage.gaps.iter();
    let is_missing = gaps.any(|gap| gap.kind == GapKind::FEED_NOT_FETCHED && gap.place == "cve");
    if is_missing { judgement.unrated } else { 0 }
}

/// The gate that `text` says.
pub(crate) fn fail_on(text: Option<&str>) -> Result<Option<FailOn>, CommandError> {
    text.map(FailOn::parse)
        .transpose()
        .map_err(|error| CommandError::Failed { error: Box::new(error), hints: Vec::new() })
}

/// The time that stands for "now".
pub(crate) fn as_of(typed: Option<Timestamp>) -> Result<Timestamp, CommandError> {
    match typed {
        Some(time) => Ok(time),
        None => Ok(environment::source_date_epoch()?.unwrap_or_else(environment::now)),
    }
}

/// What to say of packages of what is called `name` that the gate could not see.
pub(crate) fn unseen(report: &Report, judgement: &Judgement, name: &str) -> Option<String> {
    let (n_unseen, packages) = (judgement.n_unseen, report.coverage.packages);
    let unmatched = &report.coverage.unmatched;
    let is_not_fetched = unmatched.iter().any(|group| group.reason == UnmatchedReason::NotFetched);
    // What a mirror lacks is asked, and has no feed.
    let (word, value) = match is_not_fetched {
        true => ("unmatched", "not-fetched"),
        false => ("gap", "feed-not-fetched"),
    };
    (n_unseen > 0).then(|| {
        format!(
            "the gate did not see {n_unseen} of the {packages} packages of `{name}`: the feed that answers is not held; \
             `{word} == \"{value}\"` in `--fail-on` makes that a violation"
        )
    })
}

/// What to say of a time from the environment that is before the feeds: it was set for builds, and silences what is old.
pub(crate) fn wrong_time(report: &Report, typed: Option<Timestamp>) -> Option<String> {
    let gap = before_feeds(&report.snapshot, report.as_of).filter(|_| typed.is_none())?;
    let variable = environment::SOURCE_DATE_EPOCH;
    Some(format!("{}; it is that of `{variable}`: `--as-of` gives another", gap.detail))
}

/// The error that there is no judgement of what is called `name`.
pub(crate) fn not_judged(report: &Report, unjudged: &Unjudged, name: &str) -> CommandError {
    let packages = report.coverage.packages;
    let error = match unjudged {
        Unjudged::Nothing if packages == 0 => {
            CommandError::new(format!("no verdict was reached: no package was found in `{name}`"))
        }
        Unjudged::Nothing => CommandError::new(format!(
            "no verdict was reached: of the {} of `{name}` none could be judged",
            counted(packages, "package")
        ))
        .hint("the coverage summary says why"),
        Unjudged::Distro(namespace) => CommandError::new(format!(
            "no verdict was reached: the gate could see {} of the {packages} packages of `{name}`, and nothing is held of its \
             distribution ({namespace})",
            report.coverage.matched
        ))
        .hint("the log of the sync says why, and `plimsoll feeds status --check` which hosts answer"),
    };
    let error = match by_cpe_name(report).filter(|_| *unjudged == Unjudged::Nothing) {
        Some(hint) => error.hint(hint),
        None => error,
    };
    error.hint("`--allow-empty` accepts this")
}

/// What would answer, where that is NVD by the CPE names of packages that no feed speaks of. A report does not say which packages are in
/// which group that was not judged: it is said only where all of them are such.
fn by_cpe_name(report: &Report) -> Option<&'static str> {
    let has_name = report.inventory.packages.iter().any(|package| !package.cpes.is_empty());
    let is_without_feed = report.coverage.unmatched.iter().all(|one| one.reason == UnmatchedReason::NoFeed);
    (has_name && is_without_feed).then_some(
        "NVD speaks of their CPE names: `plimsoll feeds sync --only nvd`, or `--fallback cpe` at this command",
    )
}

/// Of two exit codes the one that says more.
pub(crate) fn worse(left: Exit, right: Exit) -> Exit {
    if left.code() >= right.code() { left } else { right }
}

/// The bytes of an SBOM; `-` is standard input.
pub(crate) fn read(place: &str) -> Result<Vec<u8>, CommandError> {
    let limit = Limits::default().document_bytes_max;
    let mut bytes = Vec::new();
    let read = if place == "-" {
        io::stdin().lock().take(limit + 1).read_to_end(&mut bytes)
    } else {
        fs::File::open(place).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes))
    };
    match read {
        Err(error) => Err(CommandError::new(format!("cannot read SBOM `{place}`: {error}"))),
        Ok(length) if length as u64 > limit => {
            Err(CommandError::new(format!("SBOM `{place}` is larger than {limit} bytes")))
        }
        Ok(_) => Ok(bytes),
    }
}

/// Sets the distribution wherever `inventory` names none: in itself, or in the parts that it was merged from.
pub(crate) fn assume_distro(inventory: &mut Inventory, assumed: Option<&Distro>) {
    let parts = inventory.parts.iter_mut().map(|part| &mut part.distro);
    for distro in std::iter::once(&mut inventory.distro).chain(parts) {
        if distro.is_none() {
            *distro = assumed.cloned();
        }
    }
}

/// What to say where `inventory` names another distribution than the `assumed` one, which is then not heeded.
fn not_assumed(inventory: &Inventory, assumed: Option<&Distro>) -> Option<String> {
    let (assumed, named) = (assumed?, inventory.distro.as_ref()?);
    let text = |distro: &Distro| match &distro.version {
        Some(version) => format!("{}:{version}", distro.id),
        None => distro.id.clone(),
    };
    // A release is asked of, whichever of its points the SBOM names.
    let is_of = |release: &String, version: &String| {
        version.strip_prefix(release.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let is_same_version =
        assumed.version.iter().zip(&named.version).any(|(release, version)| is_of(release, version));
    let is_same = named.id == assumed.id && is_same_version;
    let named = visible(&text(named));
    (!is_same).then(|| format!("`--distro {}` is not heeded: the SBOM names {named}", text(assumed)))
}

/// A distribution as `--distro` takes it.
pub(crate) fn distro(text: &str) -> Result<Distro, String> {
    let (id, version) = text.split_once(':').ok_or("not of the form ID:VERSION")?;
    if id.is_empty() || version.is_empty() {
        return Err("not of the form ID:VERSION".to_owned());
    }
    Ok(Distro { id: id.to_lowercase(), version: Some(version.to_owned()), ..Distro::default() })
}

/// A moment in RFC 3339, or the start of a day in UTC.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment);
    }
    let day: jiff::civil::Date =
        text.parse().map_err(|_| "neither a time like 2026-01-31T12:00:00Z nor a date".to_owned())?;
    day.at(0, 0, 0, 0)
        .to_zoned(jiff::tz::TimeZone::UTC)
        .map(|zoned| zoned.timestamp())
        .map_err(|error| error.to_string())
}
