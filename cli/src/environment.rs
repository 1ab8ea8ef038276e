//! The one place that reads the environment and the clock, beside clap's own reading of `PLIMSOLL_*`.

use std::path::PathBuf;
use std::time::SystemTime;

use ::registry::credentials::FilePlaces;
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

/// The current time as file systems note it.
pub(crate) fn system_time() -> SystemTime {
    SystemTime::now()
}

/// The value of an environment variable, when it is set, not empty, and text.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The user's home directory.
pub(crate) fn home() -> Option<PathBuf> {
    variable("HOME").or_else(|| variable("USERPROFILE").filter(|_| cfg!(windows))).map(PathBuf::from)
}

/// The user's netrc file: `$NETRC`, else `~/.netrc` if it is there.
pub(crate) fn netrc() -> Option<PathBuf> {
    let in_home = || home().map(|home| home.join(".netrc")).filter(|path| path.is_file());
    variable("NETRC").map(PathBuf::from).or_else(in_home)
}

/// docker's own directory: `$DOCKER_CONFIG`, else `~/.docker`.
pub(crate) fn docker_dir() -> Option<PathBuf> {
    variable("DOCKER_CONFIG").map(PathBuf::from).or_else(|| home().map(|home| home.join(".docker")))
}

/// Where docker and podman keep credentials for registries.
pub(crate) fn credential_files() -> Vec<PathBuf> {
    let path = |name: &str| variable(name).map(PathBuf::from);
    let home = home();
    ::registry::credentials::default_files(&FilePlaces {
        registry_auth_file: path("REGISTRY_AUTH_FILE").as_deref(),
        xdg_runtime_dir: path("XDG_RUNTIME_DIR").as_deref(),
        xdg_config_home: path("XDG_CONFIG_HOME").as_deref(),
        docker_config: path("DOCKER_CONFIG").as_deref(),
        home: home.as_deref(),
    })
}

/// Where feeds are kept when nobody says: `feeds` in [`default_cache_dir`].
pub(crate) fn default_feeds_dir() -> Option<PathBuf> {
    default_cache_dir().map(|cache| cache.join("feeds"))
}

/// Where what can be had again is kept when nobody says: `$XDG_CACHE_HOME/plimsoll`, else `~/.cache/plimsoll`
/// (on macOS `~/Library/Caches`, on Windows `%LOCALAPPDATA%`).
pub(crate) fn default_cache_dir() -> Option<PathBuf> {
    let cache = if let Some(xdg) = variable("XDG_CACHE_HOME") {
        Some(PathBuf::from(xdg))
    } else if cfg!(target_os = "macos") {
        home().map(|home| home.join("Library/Caches"))
    } else if cfg!(windows) {
        variable("LOCALAPPDATA").map(PathBuf::from)
    } else {
        home().map(|home| home.join(".cache"))
    };
    cache.map(|cache| cache.join("plimsoll"))
}
