//! [`Names`]: hosts whose names cannot be resolved, the same for all threads.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};

use reqwest::Url;

/// How often a name is looked up before its host is given up for the rest of the run: resolvers stumble, and one that
/// found nothing thrice in a row is not there.
const LOOKUPS_MAX: u32 = 3;

/// After how many hosts that were given up, when no other has answered yet, there is no network at all.
const HOSTS_MAX: usize = 3;

/// What became of looking up names.
#[derive(Debug, Default)]
pub(crate) struct Names {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// How often each host was looked up in vain, the last times in a row.
    failed: BTreeMap<String, u32>,
    has_reached_one: bool,
}

impl Names {
    /// Whether the host of `url` is not asked any more.
    pub(crate) fn is_given_up(&self, url: &str) -> bool {
        let Some(host) = host_of(url) else { return false };
        let state = self.state();
        let is_over = |failures: &u32| *failures >= LOOKUPS_MAX;
        let n_given_up = state.failed.values().filter(|failures| is_over(failures)).count();
        state.failed.get(&host).is_some_and(is_over) || !state.has_reached_one && n_given_up >= HOSTS_MAX
    }

    /// Whether the host of `url` was looked up in vain, perhaps less often.
    pub(crate) fn is_doubtful(&self, url: &str) -> bool {
        host_of(url).is_some_and(|host| self.state().failed.contains_key(&host)) || self.is_given_up(url)
    }

    /// Notes what an exchange with the host of `url` showed: an answer, or `error`.
    pub(crate) fn note(&self, url: &str, error: Option<&reqwest::Error>) {
        let is_unresolved = error.is_some_and(is_unresolved);
        // After a redirect it is another host.
        let host = error.and_then(reqwest::Error::url).and_then(Url::host_str).map(str::to_owned);
        let Some(host) = host.or_else(|| host_of(url)) else { return };
        let mut state = self.state();
        match is_unresolved {
            true => *state.failed.entry(host).or_default() += 1,
            false => {
                state.failed.remove(&host);
                state.has_reached_one = true;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere cannot leave counts in a state that matters.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether `error` is that a name cannot be resolved. The client has no type for it that others could see.
pub(crate) fn is_unresolved(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.to_string().starts_with("dns error") {
            return true;
        }
        cause = error.source();
    }
    false
}

fn host_of(url: &str) -> Option<String> {
    Url::parse(url).ok()?.host_str().map(str::to_owned)
}
