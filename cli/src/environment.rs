//! The one place that reads the environment and the clock, beside clap's own reading of `PLIMSOLL_*`.

use std::path::PathBuf;

use jiff::Timestamp;

use crate::error::CommandError;

/// `SOURCE_DATE_EPOCH` (reproducible-builds.org): seconds since 1970 that stand for "now" in outputs.
pub(crate) const SOURCE_DATE_EPOCH: &str = "SOURCE_DATE_EPOCH";

/// The time of `SOURCE_DATE_EPOCH`, when it is set.
pub(crate) fn source_date_epoch() -> Result<Option<Timestamp>, CommandError> {
    let Some(text) = variable(SOURCE_DATE_EPOCH) else { return Ok(None) };
    let seconds = text.trim().parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    match seconds {
        Some(time) => Ok(Some(time)),
        None => Err(CommandError::new(format!("`{SOURCE_DATE_EPOCH}` is `{text}`, not seconds since 1970"))),
    }
}

/// The current time, to the second.
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// The value of an environment variable, when it is set, not empty, and text.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Where feeds are kept when nobody says: `$XDG_CACHE_HOME/plimsoll/feeds`, else `~/.cache/plimsoll/feeds`
/// (on macOS `~/Library/Caches`, on Windows `%LOCALAPPDATA%`).
pub(crate) fn default_feeds_dir() -> Option<PathBuf> {
    let home = || variable("HOME").map(PathBuf::from);
    let cache = if let Some(xdg) = variable("XDG_CACHE_HOME") {
        Some(PathBuf::from(xdg))
    } else if cfg!(target_os = "macos") {
        home().map(|home| home.join("Library/Caches"))
    } else if cfg!(windows) {
        variable("LOCALAPPDATA").map(PathBuf::from)
    } else {
        home().map(|home| home.join(".cache"))
    };
    cache.map(|cache| cache.join("plimsoll").join("feeds"))
}
