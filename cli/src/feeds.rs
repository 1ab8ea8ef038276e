//! Options of every command that needs feeds, and how a sync is told to people.

use std::collections::BTreeSet;
use std::path::PathBuf;

use advisory_db::{FeedsDir, Snapshot};
use clap::Args;
use feeds_sync::engine::{LOSS_PERCENT_MAX, Progress, SyncOptions};
use feeds_sync::plan::Plan;
use feeds_sync::report::{SourceOutcome, SyncReport};
use feeds_sync::selection::Selection;
use fetch::fetcher::{FetchOptions, Fetcher};
use fetch::origin::Origin;
use flows::error::FlowError;
use flows::feeds::SyncObserver;
use jiff::{SignedDuration, Timestamp};
use model::gap::Gap;
use model::key::Namespace;
use model::limits::Limits;

use crate::args::Global;
use crate::environment;
use crate::error::CommandError;
use crate::ui::{Bars, Ui, bytes};

/// Where feeds come from and how old they may be.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Feeds")]
pub(crate) struct FeedArgs {
    /// Take feeds from a mirror instead of the network: a directory or a URL under which every file lies at
    /// `<host>/<path>`
    #[arg(long, value_name = "DIR|URL")]
    pub(crate) mirror: Option<String>,
    /// Do not ask again for what was asked within this time (`90m`, `6h`, `2d`)
    #[arg(long, value_name = "T", value_parser = duration, default_value = "6h")]
    pub(crate) max_age: Option<SignedDuration>,
    /// Downloads at the same time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) jobs: u16,
    /// A file of certificates to trust beside the system's
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
}

impl FeedArgs {
    /// What is taken when nothing is typed.
    pub(crate) fn standard() -> Self {
        Self { mirror: None, max_age: Some(SignedDuration::from_hours(6)), jobs: 4, ca_file: None }
    }

    /// The feeds directory of this run.
    pub(crate) fn open(&self, global: &Global) -> Result<FeedsDir, CommandError> {
        let dir = global.feeds.clone().or_else(environment::default_feeds_dir).ok_or_else(|| {
            CommandError::new("no place for the feed database is known").hint("give one with `--feeds DIR`")
        })?;
        Ok(FeedsDir::open(&dir))
    }

    /// Whether only what is held may be used: a mirror directory is no network.
    fn is_held(&self, global: &Global) -> bool {
        global.offline && self.mirror.as_deref().is_none_or(is_url)
    }

    /// The snapshot that answers the namespaces that `needed` gives, synced first unless the run is offline.
    pub(crate) fn ensure(
        &self,
        feeds_dir: &FeedsDir,
        needed: impl FnOnce() -> Result<BTreeSet<Namespace>, FlowError>,
        global: &Global,
        ui: &Ui,
    ) -> Result<(Snapshot, Vec<Gap>), CommandError> {
        if self.is_held(global) {
            return Ok((flows::feeds::held(feeds_dir)?, Vec::new()));
        }
        let limits = Limits::default();
        let options = self.options(Selection::All, &limits);
        let fetcher = self.fetcher(global);
        Ok(flows::feeds::ensure(feeds_dir, &fetcher, &options, &needed()?, &Watch::new(ui))?)
    }

    /// Syncs what is selected.
    pub(crate) fn sync(
        &self,
        feeds_dir: &FeedsDir,
        selection: Selection<'_>,
        global: &Global,
        ui: &Ui,
    ) -> Result<SyncReport, CommandError> {
        let limits = Limits::default();
        let options = self.options(selection, &limits);
        Ok(flows::feeds::sync(feeds_dir, &self.fetcher(global), &options, &Watch::new(ui))?)
    }

    fn options<'a>(&self, selection: Selection<'a>, limits: &'a Limits) -> SyncOptions<'a> {
        SyncOptions {
            selection,
            max_age: self.max_age,
            now: environment::now(),
            jobs: usize::from(self.jobs),
            limits,
            loss_percent_max: LOSS_PERCENT_MAX,
        }
    }

    fn fetcher(&self, global: &Global) -> Fetcher {
        let origin = match &self.mirror {
            Some(mirror) if is_url(mirror) && global.offline => Origin::Offline,
            Some(mirror) if is_url(mirror) => Origin::MirrorUrl(mirror.clone()),
            Some(directory) => Origin::MirrorDir(directory.into()),
            None if global.offline => Origin::Offline,
            None => Origin::Network,
        };
        Fetcher::new(FetchOptions {
            origin,
            user_agent: concat!("plimsoll/", env!("CARGO_PKG_VERSION")).to_owned(),
            ca_file: self.ca_file.clone(),
            ..FetchOptions::default()
        })
    }
}

fn is_url(mirror: &str) -> bool {
    mirror.starts_with("https://") || mirror.starts_with("http://")
}

/// `90m`, `6h`, `2d`; a number alone is seconds.
pub(crate) fn duration(text: &str) -> Result<SignedDuration, String> {
    let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let seconds: i64 = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        "w" => 7 * 24 * 60 * 60,
        _ => return Err(format!("`{unit}` is no unit: use s, m, h, d or w")),
    };
    let number: i64 = number.parse().map_err(|_| "a time is a number and a unit, as in `6h`".to_owned())?;
    number
        .checked_mul(seconds)
        .map(SignedDuration::from_secs)
        .ok_or_else(|| "that is too long a time".to_owned())
}

/// Tells a sync to whoever watches standard error.
struct Watch<'a> {
    ui: &'a Ui,
    bars: Bars<String>,
}

impl<'a> Watch<'a> {
    fn new(ui: &'a Ui) -> Self {
        Self { ui, bars: Bars::default() }
    }
}

impl Progress for Watch<'_> {
    fn source_started(&self, url: &str, offset: u64, size: Option<u64>) {
        let bar = self.ui.bar(&short(url), size);
        bar.set_position(offset);
        self.bars.insert(url.to_owned(), bar);
    }

    fn source_advanced(&self, url: &str, count: u64) {
        self.bars.with(&url.to_owned(), |bar| bar.inc(count));
    }

    fn source_finished(&self, url: &str, _outcome: &SourceOutcome) {
        self.bars.finish(&url.to_owned());
    }

    fn reading(&self, provider: &str, feed: &str) {
        self.ui.say_more(&format!("feeds: reading {provider}:{feed}"));
    }
}

/// The last two parts of a URL's path: what tells one source of a provider from another.
fn short(url: &str) -> String {
    let mut parts: Vec<&str> = url.rsplit('/').take(2).collect();
    parts.reverse();
    parts.join("/")
}

impl SyncObserver for Watch<'_> {
    fn planned(&self, plan: &Plan) {
        if plan.sources.is_empty() {
            return;
        }
        let providers: BTreeSet<&str> = plan.sources.iter().map(|source| source.provider).collect();
        let providers: Vec<&str> = providers.into_iter().collect();
        let unknown = plan.sources.iter().filter(|source| source.bytes.is_none()).count();
        let mut sizes = format!("{} to download", bytes(plan.new_bytes()));
        if plan.bytes_max() > plan.new_bytes() {
            sizes = format!("{sizes}, at most {} if all has changed", bytes(plan.bytes_max()));
        }
        if unknown > 0 {
            sizes = format!("{sizes}, and {unknown} of unknown size");
        }
        let count = plan.sources.len();
        let noun = if count == 1 { "source" } else { "sources" };
        self.ui.say(&format!("feeds: asking {count} {noun} of {}: {sizes}", providers.join(", ")));
    }
}

/// The snapshot called `wanted`, or the newest that was made before the end of that day.
pub(crate) fn kept_snapshot(feeds_dir: &FeedsDir, wanted: &str) -> Result<Snapshot, CommandError> {
    let find = || -> Result<Option<Snapshot>, advisory_db::DbError> {
        if let Some(snapshot) = feeds_dir.snapshot(wanted)? {
            return Ok(Some(snapshot));
        }
        let Some(until) = end_of(wanted) else { return Ok(None) };
        let newest = feeds_dir
            .retained()?
            .into_iter()
            .filter(|kept| kept.created < until)
            .max_by_key(|kept| kept.created);
        newest.map_or(Ok(None), |kept| feeds_dir.snapshot(&kept.id))
    };
    let found = find().map_err(FlowError::from)?;
    Ok(found.ok_or_else(|| FlowError::NoSuchSnapshot {
        id: wanted.to_owned(),
        feeds: feeds_dir.path().to_owned(),
    })?)
}

/// The end of a day, or just after a moment.
fn end_of(text: &str) -> Option<Timestamp> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Timestamp::from_nanosecond(moment.as_nanosecond() + 1).ok();
    }
    let day: jiff::civil::Date = text.parse().ok()?;
    let next = day.tomorrow().ok()?;
    next.at(0, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_and_a_unit() {
        for (text, seconds) in [("90", 90), ("90m", 5400), ("6h", 21_600), ("2d", 172_800), ("0s", 0)] {
            assert_eq!(duration(text), Ok(SignedDuration::from_secs(seconds)));
        }
        for text in ["", "h", "6x", "-1h", "99999999999999999999d", "9223372036854775807d"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
