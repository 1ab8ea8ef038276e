//! `plimsoll scan`: `sbom` and `match` in one process.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use flows::source::Source;

use crate::args::Global;
use crate::commands::match_sbom::{self, JudgeArgs};
use crate::commands::sbom::{ImageArgs, look_in, write_options};
use crate::error::CommandError;
use crate::exit_code::Exit;
use crate::feeds::NeededFeeds;
use crate::ui::Ui;
use crate::vex::{AttachedVex, VexKeyArgs};

/// Open images, match them against the feeds and judge them
///
/// The same as `plimsoll sbom` followed by `plimsoll match`, without the file between them.
#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    /// The images; see `plimsoll sbom --help`
    #[arg(required_unless_present = "images")]
    source: Vec<String>,
    /// A file of more images, one a line; empty lines and lines that begin with `#` are passed over
    #[arg(long, value_name = "FILE")]
    images: Option<PathBuf>,
    /// Use the SBOM that is attached to an image in its registry, instead of opening the image
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

pub(crate) fn run(args: &ScanArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandError> {
    let mut sources = args.source.clone();
    if let Some(file) = &args.images {
        sources.extend(listed(file)?);
    }
    // One that cannot be read is told in its turn and does not keep the others from being judged.
    let parsed: Vec<Source> = sources.iter().filter_map(|text| Source::parse(text).ok()).collect();
    let look_in = look_in(args.referrers);
    let attached_vex = AttachedVex::new(&args.judge.vex, &args.vex_keys)?;
    let images = args.image.images(&parsed, look_in, &args.feeds.feeds.access.tls, global)?;
    match_sbom::judge_all(&sources, &args.judge, &args.feeds, global, ui, |source, _| {
        let known = images.known(&Source::parse(source)?, ui)?;
        let options = write_options(&known.inventory)?;
        let attached = attached_vex.of(source, &known, ui)?;
        let mut subject = known.subject(&options)?;
        subject.vex = attached.given;
        // After the SBOM has its digest: what is attached to an image is no part of it.
        attached.gaps.into_iter().for_each(|gap| subject.inventory.add_gap(gap));
        Ok(subject)
    })
}

/// The images that the file at `path` lists.
fn listed(path: &Path) -> Result<Vec<String>, CommandError> {
    let text = fs::read_to_string(path)
        .map_err(|error| CommandError::new(format!("cannot read `{}`: {error}", path.display())))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let sources: Vec<String> = lines.map(str::to_owned).collect();
    if sources.is_empty() {
        return Err(CommandError::new(format!("`{}` lists no image", path.display()))
            .hint("write a path or the name of an image on each line"));
    }
    Ok(sources)
}
