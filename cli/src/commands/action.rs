//! `plimsoll action`: the GitHub Action's one step, hidden. It reads `INPUT_*` and writes `GITHUB_*`.
//!
//! The contract is `docs/reference/action.md`. Foreign text (package names, titles) never reaches the runner as
//! a command: the log is fenced with `stop-commands`, and outputs are written with a random delimiter.

mod summary;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use flows::match_sbom::Subject;
use flows::source::{Source, read_sbom};
use flows::vex::{VexPlace, bom_of};
use matcher::vex::Given;
use matcher::{Fallback, InvalidFallback};
use model::limits::Limits;
use model::report::Report;
use model::severity::Severity;
use policy::Unjudged;
use sbom::image::platform::{InvalidPlatform, Platform};
use signing::PublicKey;

use crate::args::Global;
use crate::commands::match_sbom::{Conclusion, Judge, JudgeArgs, read};
use crate::commands::sbom::{ImageArgs, look_in, write_options};
use crate::environment;
use crate::error::CommandError;
use crate::exit_code::Exit;
use crate::feeds::NeededFeeds;
use crate::output::{self, Output};
use crate::published::PublishedArgs;
use crate::risk::RiskArgs;
use crate::ui::Ui;
use crate::unused::KEY_ALONE;
use crate::vex::{AttachedVex, VexKeyArgs};

/// The steps of the GitHub Action
///
/// The options are there for what the environment and the configuration file say of them; the action types none.
#[derive(Debug, Args)]
pub(crate) struct ActionArgs {
    /// As `scan` takes it
    #[arg(long)]
    referrers: bool,
    #[command(flatten)]
    image: ImageArgs,
    #[command(flatten)]
    judge: JudgeArgs,
    #[command(flatten)]
    vex_keys: VexKeyArgs,
    #[command(flatten)]
    feeds: NeededFeeds,
}

/// The outputs of the step, by name.
type Outputs = BTreeMap<&'static str, String>;

/// How this command is called.
pub(crate) const NAME: &str = "action";

/// The command whose section of the configuration file holds here too: an image is scanned, and an SBOM matched.
pub(crate) fn stands_for() -> &'static str {
    if environment::variable("INPUT_SBOM").is_some() { "match" } else { "scan" }
}

/// Whether `words` are those of this command: what is wrong with its environment is said inside the fence too.
pub(crate) fn is_asked(words: &[OsString]) -> bool {
    words.get(1).is_some_and(|word| word == NAME)
}

/// Runs `steps` where the runner takes no line of the log for a command, and writes the outputs that they give, or that nothing
/// was judged.
pub(crate) fn fenced(
    steps: impl FnOnce() -> Result<(Outputs, Exit), CommandError>,
) -> Result<Exit, CommandError> {
    let fence = Fence::raise();
    let (outputs, exit) = match steps() {
        Ok(done) => done,
        // Said inside the fence: an error quotes foreign names.
        Err(error) => {
            let exit = error.report();
            let code = Exit::NotJudged.code().to_string();
            (BTreeMap::from([("acceptable", "false".to_owned()), ("exit-code", code)]), exit)
        }
    };
    fence.lower();
    write_outputs(&outputs)?;
    Ok(exit)
}

/// Judges what the inputs name and gives the step's outputs and its own end. The judgement is among the outputs; the action's last
/// step turns it into the job's result, after the feeds were kept. Only where nothing at all was judged the step itself fails.
pub(crate) fn steps(args: &ActionArgs, global: &Global, ui: &Ui) -> Result<(Outputs, Exit), CommandError> {
    let inputs = Inputs::from_environment()?;
    let (report, conclusion) = judge(&inputs, args, &inputs.global(global), ui)?;
    if let Some(error) = &conclusion.not_judged {
        error.report();
    }
    write_summary(&report, &conclusion)?;
    let exit = match conclusion.judgement.not_judged() {
        Some(Unjudged::Nothing) => Exit::NotJudged,
        Some(Unjudged::Distro(_)) | None => Exit::Acceptable,
    };
    Ok((inputs.outputs(&report, conclusion.exit()), exit))
}

fn judge(
    inputs: &Inputs,
    args: &ActionArgs,
    global: &Global,
    ui: &Ui,
) -> Result<(Report, Conclusion), CommandError> {
    let judge_args = inputs.judge_args(&args.judge);
    let feeds = inputs.needed_feeds(args, &judge_args, ui)?;
    let vex_keys = inputs.vex_keys.clone().unwrap_or_else(|| args.vex_keys.clone());
    if matches!(inputs.what, What::Sbom(_)) && judge_args.vex.contains(&VexPlace::Referrers) {
        return Err(CommandError::new(
            "`referrers` of the input `vex`, or of `PLIMSOLL_VEX`, is what is attached to an image, and an SBOM was given",
        ));
    }
    if inputs.vex_keys.is_some() && !judge_args.vex.contains(&VexPlace::Referrers) {
        return Err(CommandError::new("the input `vex-key` goes with `referrers` in the input `vex`"));
    }
    let attached_vex = AttachedVex::new(&judge_args.vex, &vex_keys)?;
    let judge = Judge::new(&judge_args, &feeds, global, ui, 1)?;
    let subject = match &inputs.what {
        What::Image(place) => inputs.image(place, args, &feeds, &attached_vex, global, ui)?,
        What::Sbom(place) => inputs.stored(place, args, &judge.vex, ui)?,
    };
    let report = judge.report(subject)?;
    let conclusion = judge.conclude(&report)?;
    Ok((report, conclusion))
}

/// What the action was given. An empty input is none.
#[derive(Debug)]
struct Inputs {
    what: What,
    name: Option<String>,
    platform: Option<Platform>,
    fail_on: Option<String>,
    risk: Option<RiskArgs>,
    vex: Vec<VexPlace>,
    vex_keys: Option<VexKeyArgs>,
    fallback: Option<Fallback>,
    mirror: Option<String>,
    /// Places, one a line.
    feeds_source: Option<String>,
    /// The key itself, or files, one a line; or [`NO_KEY`].
    feeds_key: Option<String>,
    feeds: Option<PathBuf>,
    offline: bool,
    sarif: PathBuf,
    report: PathBuf,
    sbom: PathBuf,
}

/// What the input `feeds-key` says where nobody is to verify whose the feeds are: an empty one may be a variable that
/// was not set.
const NO_KEY: &str = "none";

#[derive(Debug)]
enum What {
    Image(String),
    Sbom(String),
}

impl Inputs {
    fn from_environment() -> Result<Self, CommandError> {
        let input = |name: &str| environment::variable(&format!("INPUT_{name}"));
        let what = match (input("IMAGE"), input("SBOM")) {
            (Some(image), None) => What::Image(image),
            (None, Some(sbom)) => What::Sbom(sbom),
            _ => return Err(CommandError::new("give exactly one of the inputs `image` and `sbom`")),
        };
        if let (What::Sbom(_), Some(_)) = (&what, input("PLATFORM")) {
            return Err(CommandError::new(
                "the input `platform` goes with `image`: an SBOM has one platform",
            ));
        }
        let platform = input("PLATFORM").map(|text| text.parse()).transpose();
        let platform = platform.map_err(|error: InvalidPlatform| CommandError::Failed {
            error: Box::new(error),
            hints: vec!["the input `platform` is like `linux/arm64`".to_owned()],
        })?;
        let risk = input("RISK").map(|text| RiskArgs::of(lines(Some(&text)))).transpose();
        let risk = risk.map_err(|error| CommandError::new(format!("the input `risk`: {error}")))?;
        let places = input("VEX");
        let places = lines(places.as_deref()).map(|line| VexPlace::parse(line.into()));
        let vex = places.collect::<Result<_, _>>();
        let vex: Vec<VexPlace> =
            vex.map_err(|error| CommandError::new(format!("the input `vex`: {error}")))?;
        let fallback = input("FALLBACK").map(|text| text.trim().parse()).transpose();
        let fallback = fallback
            .map_err(|error: InvalidFallback| CommandError::new(format!("the input `fallback`: {error}")))?;
        let offline = match input("OFFLINE").as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(other) => {
                return Err(CommandError::new(format!(
                    "the input `offline` is `{other}`, not true or false"
                )));
            }
        };
        let file =
            |name: &str, default: &str| PathBuf::from(input(name).unwrap_or_else(|| default.to_owned()));
        Ok(Self {
            name: input("NAME"),
            platform,
            fail_on: input("FAIL_ON"),
            risk,
            vex,
            vex_keys: input("VEX_KEY").map(|text| VexKeyArgs::of(lines(Some(&text)))),
            fallback,
            mirror: input("MIRROR"),
            feeds_source: input("FEEDS_SOURCE"),
            feeds_key: input("FEEDS_KEY"),
            feeds: input("FEEDS").map(PathBuf::from),
            offline,
            sarif: file("SARIF_FILE", "plimsoll.sarif"),
            report: file("REPORT_FILE", "plimsoll-report.json"),
            sbom: match &what {
                What::Image(_) => file("SBOM_FILE", "plimsoll.cdx.json"),
                What::Sbom(place) => PathBuf::from(place),
            },
            what,
        })
    }

    fn global(&self, global: &Global) -> Global {
        Global {
            feeds: self.feeds.clone().or_else(|| global.feeds.clone()),
            offline: self.offline || global.offline,
            no_progress: true,
            ..global.clone()
        }
    }

    /// What is judged and how: the inputs over what the environment and the configuration file say.
    fn judge_args(&self, said: &JudgeArgs) -> JudgeArgs {
        let file =
            |format: &str, path: &Path| Output { format: format.to_owned(), target: Some(path.to_owned()) };
        let mut output = said.output.clone();
        if output.iter().all(|output| output.target.is_some()) {
            output.push(Output { format: "table".to_owned(), target: None });
        }
        output.extend([file("sarif", &self.sarif), file("json", &self.report)]);
        JudgeArgs {
            output,
            fail_on: self.fail_on.clone().or_else(|| said.fail_on.clone()),
            risk: self.risk.clone().unwrap_or_else(|| said.risk.clone()),
            vex: if self.vex.is_empty() { said.vex.clone() } else { self.vex.clone() },
            ..said.clone()
        }
    }

    /// Where feeds come from: the inputs over what the environment and the configuration file say.
    fn needed_feeds(
        &self,
        args: &ActionArgs,
        judge: &JudgeArgs,
        ui: &Ui,
    ) -> Result<NeededFeeds, CommandError> {
        let mut needed = args.feeds.clone();
        let feeds = &mut needed.feeds;
        if let Some(mirror) = &self.mirror {
            feeds.access.mirror = vec![mirror.clone()];
        }
        if self.fallback.is_some() {
            feeds.fallback.clone_from(&self.fallback);
        }
        let asks_besides =
            [&feeds.private, &feeds.csaf, &feeds.openvex].iter().any(|places| !places.is_empty())
                || !judge.vex.is_empty();
        let has_mirror = !feeds.access.mirror.is_empty();
        needed.published = self.published(&args.feeds.published)?;
        let is_published = !needed.published.feeds_source.is_empty();
        if has_mirror && is_published && !asks_besides {
            let what = "a mirror has no effect with published feeds: they are taken from their own place";
            if self.mirror.is_some() {
                let hint = "leave out the input `mirror`, or `feeds-source`";
                return Err(CommandError::new(what).hint(hint));
            }
            // The inputs are nearer than the environment and the configuration file.
            ui.warn(what);
        }
        if judge.snapshot.is_some() && (self.mirror.is_some() || self.feeds_source.is_some()) {
            return Err(CommandError::new(
                "the inputs `mirror` and `feeds-source` have no effect with `--snapshot`, which the environment or the \
                 configuration file gives: a snapshot that is kept is taken as it is",
            ));
        }
        Ok(needed)
    }

    /// Where published feeds are taken from, and who must have signed them.
    fn published(&self, said: &PublishedArgs) -> Result<PublishedArgs, CommandError> {
        let owned = |text: &Option<String>| lines(text.as_deref()).map(str::to_owned).collect::<Vec<_>>();
        let (mut feeds_source, key_lines) = (owned(&self.feeds_source), owned(&self.feeds_key));
        if self.feeds_key.is_none() && feeds_source.is_empty() {
            if said.feeds_source.is_empty() && !said.feeds_key.is_empty() {
                return Err(CommandError::new(KEY_ALONE)
                    .hint("`PLIMSOLL_FEEDS_KEY` or the configuration file has one"));
            }
            return Ok(said.clone());
        }
        // A file that was only found may name a place because a key was given elsewhere: `none` must not take that key away.
        if feeds_source.is_empty() && key_lines == [NO_KEY] {
            return Err(CommandError::new("`feeds-key: none` goes with the input `feeds-source`")
                .hint("name the place as an input too: nobody verifies what is taken from there"));
        }
        if feeds_source.is_empty() {
            feeds_source.clone_from(&said.feeds_source);
        }
        if feeds_source.is_empty() {
            return Err(CommandError::new("the input `feeds-key` goes with `feeds-source`"));
        }
        if key_lines.is_empty() {
            return Err(CommandError::new(
                "the input `feeds-key` is empty: nobody would verify whose the feeds of `feeds-source` are",
            )
            .hint("give the publisher's public key, or say `feeds-key: none` if you mean it"));
        }
        if key_lines == [NO_KEY] {
            return Ok(PublishedArgs { feeds_source, ..PublishedArgs::default() });
        }
        let is_key = |text: &&String| text.trim_start().starts_with("-----BEGIN");
        let Some(text) = self.feeds_key.as_ref().filter(is_key) else {
            let feeds_key = key_lines.into_iter().map(PathBuf::from).collect();
            return Ok(PublishedArgs { feeds_source, feeds_key, known_keys: Vec::new() });
        };
        let key = PublicKey::from_pem(text).map_err(|error| {
            CommandError::new(format!("the input `feeds-key` is no public key in PEM: {error}"))
        })?;
        Ok(PublishedArgs { feeds_source, feeds_key: Vec::new(), known_keys: vec![key] })
    }

    /// The image's inventory, its SBOM written.
    fn image(
        &self,
        place: &str,
        args: &ActionArgs,
        feeds: &NeededFeeds,
        attached_vex: &AttachedVex,
        global: &Global,
        ui: &Ui,
    ) -> Result<Subject, CommandError> {
        let image = args.image.clone().over(self.platform.clone(), self.name.clone());
        let source = Source::parse(place)?;
        let tls = &feeds.feeds.access.tls;
        let images = image.images(std::slice::from_ref(&source), look_in(args.referrers), tls, global)?;
        let known = images.known(&source, ui)?;
        let attached = attached_vex.of(place, &known, ui)?;
        let options = write_options(&known.inventory)?;
        let format = sbom::format::by_name("cyclonedx-json").expect("CycloneDX is in the table of formats");
        let target = Output { format: String::new(), target: Some(self.sbom.clone()) };
        output::write(&target, "", |out| format.write(&known.inventory, &options, out))?;
        let mut subject = known.subject(&options)?;
        subject.vex = attached.given;
        // After the SBOM has its digest: what is attached to an image is no part of it.
        attached.gaps.into_iter().for_each(|gap| subject.inventory.add_gap(gap));
        Ok(subject)
    }

    /// The SBOM that was given.
    fn stored(
        &self,
        place: &str,
        args: &ActionArgs,
        vex: &[Given],
        ui: &Ui,
    ) -> Result<Subject, CommandError> {
        let bytes = read(place)?;
        let limits = Limits::default();
        let mut inventory = read_sbom(place, &bytes, &limits, &args.image.sbom_keys()?)?;
        if let Some(name) = &self.name {
            inventory.subject.name.clone_from(name);
        }
        ui.gaps(&inventory.gaps);
        // Which BOM it is matters only to documents that are about components of one.
        let is_bom_asked = vex.iter().any(Given::links_to_boms);
        let bom = is_bom_asked.then(|| bom_of(|| Some(&*bytes), &limits)).flatten();
        Ok(Subject { bom, ..Subject::new(inventory, &bytes) })
    }

    fn outputs(&self, report: &Report, exit: Exit) -> BTreeMap<&'static str, String> {
        let counts = counts(report);
        let count = |levels: &[Severity]| -> String {
            levels.iter().filter_map(|level| counts.get(level)).sum::<usize>().to_string()
        };
        BTreeMap::from([
            ("sarif", self.sarif.display().to_string()),
            ("report", self.report.display().to_string()),
            ("sbom", self.sbom.display().to_string()),
            ("acceptable", (exit == Exit::Acceptable).to_string()),
            ("exit-code", exit.code().to_string()),
            ("snapshot", report.snapshot.id.clone()),
            ("findings", count(&Severity::ALL)),
            ("critical", count(&[Severity::Critical])),
            ("high", count(&[Severity::High])),
            ("medium", count(&[Severity::Medium])),
            ("low", count(&[Severity::Low, Severity::Negligible, Severity::None])),
            ("unknown", count(&[Severity::Unknown])),
        ])
    }
}

/// The lines of an input that takes several values, one a line.
fn lines(text: Option<&str>) -> impl Iterator<Item = &str> {
    text.into_iter().flat_map(str::lines).map(str::trim).filter(|line| !line.is_empty())
}

/// Findings that count, by severity.
fn counts(report: &Report) -> BTreeMap<Severity, usize> {
    let mut counts = BTreeMap::new();
    for finding in report.findings.iter().filter(|finding| finding.suppressed.is_none()) {
        *counts.entry(finding.decoration.severity.level).or_default() += 1;
    }
    counts
}

/// A word that nobody outside this process can guess.
fn random_word() -> String {
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    let first = hasher.finish();
    format!("plimsoll-{first:016x}{:016x}", RandomState::new().build_hasher().finish())
}

/// Keeps the runner from taking a line of the log for a workflow command.
struct Fence(String);

impl Fence {
    fn raise() -> Self {
        let word = random_word();
        // Standard output may be closed; then nobody reads commands either.
        let _ = writeln!(io::stdout().lock(), "::stop-commands::{word}");
        Self(word)
    }

    fn lower(self) {
        let _ = writeln!(io::stdout().lock(), "::{}::", self.0);
    }
}

/// Appends `name<<delimiter`, the value and the delimiter to the file of step outputs.
fn write_outputs(outputs: &BTreeMap<&str, String>) -> Result<(), CommandError> {
    let Some(file) = environment::variable("GITHUB_OUTPUT").map(PathBuf::from) else { return Ok(()) };
    let mut text = String::new();
    for (name, value) in outputs {
        let delimiter = random_word();
        writeln!(text, "{name}<<{delimiter}\n{value}\n{delimiter}").expect("writing to a string cannot fail");
    }
    append(&file, &text)
}

/// Appends what the report came to to the job's summary page.
fn write_summary(report: &Report, conclusion: &Conclusion) -> Result<(), CommandError> {
    let Some(file) = environment::variable("GITHUB_STEP_SUMMARY").map(PathBuf::from) else { return Ok(()) };
    append(&file, &summary::of(report, conclusion))
}

fn append(path: &Path, text: &str) -> Result<(), CommandError> {
    let appended = (|| {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder)?;
        }
        OpenOptions::new().create(true).append(true).open(path)?.write_all(text.as_bytes())
    })();
    appended
        .map_err(|error: io::Error| CommandError::new(format!("cannot write `{}`: {error}", path.display())))
}
