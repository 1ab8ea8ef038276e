//! `plimsoll scan`: `sbom` and `match` in one process.

use clap::Args;
use flows::scan::LookIn;
use flows::source::Source;

use crate::args::Global;
use crate::commands::match_sbom::{self, JudgeArgs};
use crate::commands::sbom::{ImageArgs, write_options};
use crate::error::CommandError;
use crate::exit_code::Exit;
use crate::feeds::FeedArgs;
use crate::ui::Ui;

/// Open images, match them against the feeds and judge them
///
/// The same as `plimsoll sbom` followed by `plimsoll match`, without the file between them.
#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    /// The images; see `plimsoll sbom --help`
    #[arg(required = true)]
    source: Vec<String>,
    #[command(flatten)]
    image: ImageArgs,
    #[command(flatten)]
    judge: JudgeArgs,
    #[command(flatten)]
    feeds: FeedArgs,
}

pub(crate) fn run(args: &ScanArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandError> {
    match_sbom::judge_all(&args.source, &args.judge, &args.feeds, global, ui, |source| {
        let source = Source::parse(source)?;
        let ca_file = args.feeds.ca_file.clone();
        let known = args.image.known(&source, LookIn::Layers, ca_file, global, ui)?;
        let options = write_options(&known.inventory)?;
        Ok(known.subject(&options)?)
    })
}
