//! Where VEX is taken from, and who is believed.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser, ValueParser};
use flows::scan::Known;
use flows::vex::{Attached, VexAccess, VexPlace};
use matcher::vex::Given;
use model::gap::GapKind;
use model::limits::Limits;
use signing::PublicKey;

use crate::args::Global;
use crate::environment;
use crate::error::CommandError;
use crate::feeds::AccessArgs;
use crate::keys::read_key;
use crate::ui::Ui;

/// A place as `--vex` takes it.
pub(crate) fn place() -> ValueParser {
    ValueParser::new(OsStringValueParser::new().try_map(|text: OsString| VexPlace::parse(text)))
}

/// The documents at `places`, saying what in them was not understood. Addresses are asked as those of feeds are.
pub(crate) fn read(
    places: &[VexPlace],
    access: &AccessArgs,
    global: &Global,
    ui: &Ui,
) -> Result<Vec<Given>, CommandError> {
    let has_url = places.iter().any(|place| matches!(place, VexPlace::Url(..)));
    let fetcher = has_url.then(|| access.fetcher(global, ui)).transpose()?;
    let cache = cache();
    let vex_access = VexAccess { fetcher: fetcher.as_ref(), cache: cache.as_deref() };
    let given = flows::vex::read(places, &vex_access, &Limits::default())?;
    tell(&given, ui);
    Ok(given)
}

/// Where repositories of VEX are kept: `vex` in the user's cache directory.
pub(crate) fn cache() -> Option<PathBuf> {
    environment::default_cache_dir().map(|cache| cache.join("vex"))
}

/// Refuses what only images have, for a command that opens none.
pub(crate) fn without_images(places: &[VexPlace], command: &str) -> Result<(), CommandError> {
    match places.contains(&VexPlace::Referrers) {
        false => Ok(()),
        true => Err(CommandError::new(format!(
            "`--vex referrers` is what is attached to an image, and `{command}` opens none"
        ))
        .hint("use `plimsoll scan registry:HOST/NAME:TAG --vex referrers`; a file of that name is `./referrers`")),
    }
}

/// Whose word of an image counts.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct VexKeyArgs {
    /// A public key (PEM) of somebody whose attached VEX (`--vex referrers`) counts, where he signed it for the image; may
    /// be repeated, one of them is enough
    #[arg(long, value_name = "FILE")]
    vex_key: Vec<PathBuf>,
}

impl VexKeyArgs {
    /// The keys in the files at `paths`.
    pub(crate) fn of<'a>(paths: impl Iterator<Item = &'a str>) -> Self {
        Self { vex_key: paths.map(PathBuf::from).collect() }
    }
}

/// What is attached to images, if that is asked for.
pub(crate) struct AttachedVex {
    is_asked: bool,
    keys: Vec<PublicKey>,
}

impl AttachedVex {
    /// As `places` and the keys ask.
    pub(crate) fn new(places: &[VexPlace], args: &VexKeyArgs) -> Result<Self, CommandError> {
        let is_asked = places.contains(&VexPlace::Referrers);
        if !is_asked && !args.vex_key.is_empty() {
            return Err(CommandError::new(
                "`--vex-key` is for what is attached to images, which is not asked for",
            )
            .hint("add `--vex referrers`; a document that is named counts without a key"));
        }
        let keys = args.vex_key.iter().map(|path| read_key(path)).collect::<Result<_, _>>()?;
        Ok(Self { is_asked, keys })
    }

    /// What is attached to the image that `place` named, saying what of it does not count.
    pub(crate) fn of(&self, place: &str, known: &Known, ui: &Ui) -> Result<Attached, CommandError> {
        if !self.is_asked {
            return Ok(Attached::default());
        }
        let (image, remote) = (known.image.as_deref(), known.remote.as_deref());
        let attached = flows::vex::attached(place, image, remote, &self.keys, &Limits::default())?;
        if attached.given.is_empty() && attached.gaps.is_empty() {
            ui.say(&format!("vex: none is attached to `{place}`"));
        }
        tell(&attached.given, ui);
        ui.gaps(&attached.gaps);
        let is_unverified = attached.gaps.iter().any(|gap| gap.kind == GapKind::UNVERIFIED_VEX);
        if is_unverified && self.keys.is_empty() {
            ui.say("hint: `--vex-key FILE` gives the public key of somebody whose attached VEX counts");
        }
        Ok(attached)
    }
}

fn tell(given: &[Given], ui: &Ui) {
    for one in given {
        let name = one.document.id.as_deref().unwrap_or(&one.digest);
        one.document.remarks.iter().for_each(|remark| ui.say(&format!("vex: {name}: {remark}")));
    }
}
