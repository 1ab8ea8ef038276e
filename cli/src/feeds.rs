//! Options of every command that needs feeds.

use std::collections::BTreeSet;
use std::path::Path;

use advisory_db::{FeedsDir, Snapshot};
use clap::Args;
use feeds_sync::directory;
use feeds_sync::distribution::bring::BringOptions;
use feeds_sync::engine::{LOSS_PERCENT_MAX, SyncOptions};
use feeds_sync::report::SyncReport;
use feeds_sync::schedule::MaxAge;
use feeds_sync::selection::{Named, Selection};
use fetch::fetcher::{FetchOptions, Fetcher};
use fetch::origin::Origin;
use flows::error::FlowError;
use flows::match_sbom::Besides;
use jiff::{SignedDuration, Timestamp};
use matcher::Fallback;
use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::key::Namespace;
use model::limits::Limits;
use signing::PublicKey;

use crate::args::Global;
use crate::environment;
use crate::error::{CommandError, visible};
use crate::hosts::{TlsArgs, hosts};
use crate::progress::Watch;
use crate::published::{PublishedArgs, Reach, Spelt, tell_unexpected};
use crate::registry::RegistryArgs;
use crate::ui::Ui;

/// The age of what was published that is taken without asking again.
const PUBLISHED_AGE: SignedDuration = SignedDuration::from_hours(6);

/// Where feeds come from and how old they may be.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Feeds")]
pub(crate) struct FeedArgs {
    #[command(flatten)]
    pub(crate) access: AccessArgs,
    /// Do not ask again for what was asked within this time (`90m`, `6h`, `2d`; `0s` asks everything). Unless it is given, each
    /// feed has a time of its own, of 1 to 24 hours
    ///
    /// What is older by nature, as dated archives are, is not asked again
    #[arg(long, value_name = "T", value_parser = duration)]
    pub(crate) max_age: Option<SignedDuration>,
    /// Look packages up by CPE name in NVD, and in the CVE list where that is held, if feeds publish only fixes (Alpine, Wolfi,
    /// Chainguard) or nothing: `cpe`, or `cpe:alpine,debian` for these distributions and ecosystems; `off` looks up none. It
    /// downloads all of NVD. Unless it is given, programs, Java runtimes and WordPress plugins are, if NVD is held
    #[arg(long, value_name = "FALLBACK")]
    pub(crate) fallback: Option<Fallback>,
    /// Whether Red Hat is asked what is not fixed in AlmaLinux and Rocky Linux, which publish only fixes [default: true]
    ///
    /// `false` fetches no feed of Red Hat for them, and the coverage says that only fixes are known. `alma.unfixed_from_rhel` in
    /// the configuration
    #[arg(long, value_name = "BOOL")]
    pub(crate) unfixed_from_rhel: Option<bool>,
    /// Advisories of your own, which decide before all others: a directory or a URL of OSV, CSAF or OpenVEX files; may be repeated.
    /// What was read of them stays until other places are named
    ///
    /// A directory is read with `--offline` too. A URL is that of a file, of an archive, or, ending in `/`, of an `index.txt`.
    /// As `feeds.private` in the configuration they hold for every command
    #[arg(long, value_name = "DIR|URL")]
    pub(crate) private: Vec<String>,
    /// A publisher of CSAF documents, by its domain or the URL of its metadata; may be repeated
    ///
    /// The metadata is a `provider-metadata.json` or an `aggregator.json`. `feeds.csaf` in the configuration
    #[arg(long, value_name = "DOMAIN|URL")]
    pub(crate) csaf: Vec<String>,
    /// OpenVEX by URL: a document, a list of them, or the `vex-repository.json` of a repository; may be repeated
    ///
    /// A list is an `index.json`. `feeds.openvex` in the configuration
    #[arg(long, value_name = "URL")]
    pub(crate) openvex: Vec<String>,
}

/// Where feeds come from, and how they are asked for.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Feeds")]
pub(crate) struct AccessArgs {
    /// Take feeds from a mirror instead of the network: a directory or a URL under which every file lies at
    /// `<host>/<path>`; may be repeated, the first that has a file serves it
    #[arg(long, value_name = "DIR|URL", hide_env_values = true, hide_default_value = true)]
    pub(crate) mirror: Vec<String>,
    /// Downloads at the same time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) jobs: u16,
    #[command(flatten)]
    pub(crate) tls: TlsArgs,
}

impl AccessArgs {
    /// Whether only what is held may be used: a mirror directory is no network.
    fn is_held(&self, global: &Global) -> bool {
        self.origin(global) == Origin::Offline
    }

    /// Where bytes come from. Offline, of the mirrors only directories are left.
    pub(crate) fn origin(&self, global: &Global) -> Origin {
        let usable = self.mirror.iter().filter(|mirror| !(global.offline && is_url(mirror)));
        let mut mirrors: Vec<Origin> = usable
            .map(|mirror| match is_url(mirror) {
                true => Origin::MirrorUrl(mirror.clone()),
                false => Origin::MirrorDir(mirror.into()),
            })
            .collect();
        match mirrors.len() {
            0 if global.offline => Origin::Offline,
            0 => Origin::Network,
            1 => mirrors.remove(0),
            _ => Origin::Mirrors(mirrors),
        }
    }

    /// What brings the downloads.
    pub(crate) fn fetcher(&self, global: &Global, ui: &Ui) -> Result<Fetcher, CommandError> {
        let is_missing = |mirror: &&String| !is_url(mirror) && !Path::new(mirror.as_str()).is_dir();
        if let Some(missing) = self.mirror.iter().find(is_missing) {
            return Err(CommandError::new(format!("the mirror `{}` is no directory", visible(missing)))
                .hint(
                    "`--mirror` takes a directory or a URL, under which files lie as `wget -x` writes them",
                ));
        }
        self.fetcher_of(self.origin(global), global, ui)
    }

    /// What brings downloads from somewhere else.
    pub(crate) fn fetcher_of(
        &self,
        origin: Origin,
        global: &Global,
        ui: &Ui,
    ) -> Result<Fetcher, CommandError> {
        Ok(Fetcher::new(FetchOptions {
            origin,
            user_agent: concat!("plimsoll/", env!("CARGO_PKG_VERSION")).to_owned(),
            ca_file: self.tls.ca_file.clone(),
            certificate: self.tls.certificate(),
            hosts: hosts(global, ui)?,
            ..FetchOptions::default()
        }))
    }
}

impl FeedArgs {
    /// The feeds directory of this run.
    pub(crate) fn open(&self, global: &Global) -> Result<FeedsDir, CommandError> {
        let dir = global.feeds.clone().or_else(environment::default_feeds_dir).ok_or_else(|| {
            CommandError::new("no place for the feed database is known").hint("give one with `--feeds DIR`")
        })?;
        Ok(FeedsDir::open(&dir))
    }

    /// Syncs what is selected.
    pub(crate) fn sync(
        &self,
        feeds_dir: &FeedsDir,
        selection: Selection<'_>,
        named: &Named,
        global: &Global,
        ui: &Ui,
    ) -> Result<SyncReport, CommandError> {
        let limits = Limits::default();
        let options = self.options(selection, named, &limits);
        Ok(flows::feeds::sync(feeds_dir, &self.access.fetcher(global, ui)?, &options, &Watch::new(ui))?)
    }

    /// Who is asked besides a package's vendor, with `fallback`.
    pub(crate) fn besides<'a>(&self, fallback: &'a Option<Fallback>) -> Besides<'a> {
        Besides {
            fallback: fallback.as_ref(),
            unfixed_from_rhel: self.unfixed_from_rhel.unwrap_or(Besides::default().unfixed_from_rhel),
        }
    }

    /// The sources that are named by hand.
    pub(crate) fn named(&self) -> Result<Named, CommandError> {
        let place = |text: &String| match text.contains("://") {
            true => Ok(text.clone()),
            // The directory must be known again from another working directory.
            false => std::path::absolute(text).map(|path| directory::url_of(&path)),
        };
        let private = self.private.iter().map(place).collect::<Result<Vec<String>, _>>();
        let private = private
            .map_err(|error| CommandError::new(format!("`--private`: no path of a directory: {error}")))?;
        let csaf = self.csaf.iter().map(|place| format!("csaf:{place}"));
        let openvex = self.openvex.iter().map(|url| format!("openvex:{url}"));
        Ok(Named {
            private: (!private.is_empty()).then_some(private),
            publishers: csaf.chain(openvex).collect(),
        })
    }

    fn options<'a>(&self, selection: Selection<'a>, named: &'a Named, limits: &'a Limits) -> SyncOptions<'a> {
        SyncOptions {
            selection,
            named,
            max_age: self.max_age.map_or(MaxAge::OfProvider, MaxAge::Of),
            now: environment::now(),
            jobs: usize::from(self.access.jobs),
            limits,
            loss_percent_max: LOSS_PERCENT_MAX,
        }
    }
}

/// Where what a command needs to judge comes from: the vendors, or what was published.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct NeededFeeds {
    #[command(flatten)]
    pub(crate) feeds: FeedArgs,
    #[command(flatten)]
    pub(crate) published: PublishedArgs,
}

impl NeededFeeds {
    /// The feeds directory of this run.
    pub(crate) fn open(&self, global: &Global) -> Result<FeedsDir, CommandError> {
        self.feeds.open(global)
    }

    /// What is looked up by CPE name, where that is said. Of what was published no more is taken than is asked, so it is asked
    /// what nobody else speaks of.
    pub(crate) fn fallback(&self) -> Option<Fallback> {
        let is_published = !self.published.feeds_source.is_empty();
        self.feeds.fallback.clone().or(is_published.then_some(Fallback::Stated))
    }

    /// Who is asked besides a package's vendor, with the `fallback` of this run.
    pub(crate) fn besides<'a>(&self, fallback: &'a Option<Fallback>) -> Besides<'a> {
        self.feeds.besides(fallback)
    }

    /// The snapshot that answers the namespaces that `needed` gives, synced first unless the run is offline.
    pub(crate) fn ensure(
        &self,
        feeds_dir: &FeedsDir,
        needed: impl FnOnce() -> Result<BTreeSet<Namespace>, FlowError>,
        global: &Global,
        ui: &Ui,
    ) -> Result<(Snapshot, Vec<Gap>), CommandError> {
        let limits = Limits::default();
        if let Some(Fallback::Of(names)) = &self.feeds.fallback {
            unknown_names(names).iter().for_each(|line| ui.warn(line));
        }
        let fetcher = self.feeds.access.fetcher(global, ui)?;
        let named = self.feeds.named()?;
        let is_published = !self.published.feeds_source.is_empty();
        if is_published || self.feeds.access.is_held(global) {
            let mut gaps = Vec::new();
            if is_published {
                gaps = self.bring(feeds_dir, &needed()?, global, ui)?.1;
            }
            let named = if global.offline { named.offline() } else { named };
            if !named.is_empty() {
                let options = self.feeds.options(Selection::Only(&[]), &named, &limits);
                gaps.extend(flows::feeds::sync_if_writable(feeds_dir, &fetcher, &options, &Watch::new(ui))?);
            }
            return Ok((flows::feeds::held(feeds_dir)?, gaps));
        }
        let options = self.feeds.options(Selection::All, &named, &limits);
        Ok(flows::feeds::ensure(feeds_dir, &fetcher, &options, &needed()?, &Watch::new(ui))?)
    }

    /// The snapshot after what is needed of the published ones was taken, of the places that may be asked.
    fn bring(
        &self,
        feeds_dir: &FeedsDir,
        needed: &BTreeSet<Namespace>,
        global: &Global,
        ui: &Ui,
    ) -> Result<(Snapshot, Vec<Gap>), CommandError> {
        let fetcher = self.feeds.access.fetcher_of(Origin::Network, global, ui)?;
        let registry = RegistryArgs::default().registry(&self.feeds.access.tls, None)?;
        let reach = Reach { fetcher: &fetcher, registry: &registry, feeds: feeds_dir };
        let (mut places, mut left_out) = (Vec::new(), Vec::new());
        for text in &self.published.feeds_source {
            let spelt = Spelt::of(text)?;
            match spelt.is_local() || !global.offline {
                true => places.push(spelt.place(&reach)?),
                false => left_out.push(spelt.place(&reach)?.name()),
            }
        }
        let keys = self.published.keys()?;
        let options = BringOptions {
            wanted: Some(needed),
            keys: &keys,
            max_age: self.feeds.max_age.or(Some(PUBLISHED_AGE)),
            now: environment::now(),
            jobs: usize::from(self.feeds.access.jobs),
            allow_older: false,
        };
        let (snapshot, report) = flows::feeds::bring(feeds_dir, &places, &options, &Watch::new(ui))?;
        if let (Some(place), None) = (&report.place, &report.signed_by) {
            ui.warn(&format!("feeds from {place} are not verified: no key was given"));
        }
        tell_unexpected(&report, ui);
        let mut gaps = report.gaps;
        if places.is_empty() {
            gaps.extend(left_out.into_iter().map(|place| not_asked(place, &keys)));
        }
        Ok((snapshot, gaps))
    }
}

/// Said of a place that an offline run did not ask.
fn not_asked(place: String, keys: &[PublicKey]) -> Gap {
    let not_verified = if keys.is_empty() { "" } else { ", and no key was asked whose it is" };
    let detail = format!("not asked, because the run is offline: what is held is used{not_verified}");
    Gap::new(GapKind::STALE_FEED, place, detail)
}

/// What to say of names of `--fallback` that are of no ecosystem, and of no distribution that a feed is known of: one that is
/// misspelt looks up nothing.
fn unknown_names(names: &BTreeSet<Box<str>>) -> Vec<String> {
    let facts = feeds_sync::facts::builtin_facts();
    let distros = facts.namespaces.keys().map(|name| name.distro_id().unwrap_or(name.as_str()));
    let known: BTreeSet<&str> = distros.chain(Ecosystem::ALL.iter().map(|it| it.name())).collect();
    let unknown = names.iter().map(|name| &**name).filter(|name| !known.contains(name));
    let told = unknown.map(|name| {
        let far = 1 + name.chars().count() / 3;
        let near = known.iter().map(|known| (strsim::damerau_levenshtein(name, known), known));
        let nearest = near.filter(|(distance, _)| *distance <= far).min();
        let meant = nearest.map_or_else(String::new, |(_, known)| format!("; did you mean `{known}`?"));
        format!("`--fallback`: no feed is of a distribution or ecosystem called `{}`{meant}", visible(name))
    });
    told.collect()
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

/// Digits of an id of a snapshot that must be given.
const ID_DIGITS_MIN: usize = 6;

/// The snapshot whose id is `wanted` or begins so, or the newest that was made before the end of that day.
pub(crate) fn kept_snapshot(feeds_dir: &FeedsDir, wanted: &str) -> Result<Snapshot, CommandError> {
    let is_beginning = wanted.bytes().all(|digit| digit.is_ascii_hexdigit());
    let is_short = is_beginning && wanted.len() < ID_DIGITS_MIN;
    let mut ids = feeds_dir.ids().map_err(FlowError::from)?;
    ids.retain(|id| is_beginning && !is_short && id.starts_with(&wanted.to_ascii_lowercase()));
    if ids.len() > 1 {
        let listed = ids.join("`, `");
        return Err(CommandError::new(format!(
            "`{wanted}` is the beginning of the ids of {} snapshots that are kept: `{listed}`",
            ids.len()
        ))
        .hint("give more digits of the one that is meant"));
    }
    let find = || -> Result<Option<Snapshot>, advisory_db::DbError> {
        if let Some(id) = ids.first() {
            return feeds_dir.snapshot(id);
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
    found.ok_or_else(|| {
        let (id, feeds) = (wanted.to_owned(), feeds_dir.path().to_owned());
        let error = CommandError::from(FlowError::NoSuchSnapshot { id, feeds });
        match is_short {
            true => error.hint(format!("of an id at least {ID_DIGITS_MIN} digits are needed")),
            false => error,
        }
    })
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
