//! [`Names`]: hosts whose names cannot be resolved, the same for all threads.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::Url;

use crate::pace::Clock;

/// How often a name is looked up before its host is given up for the rest of the run: resolvers stumble, and one that
/// found nothing thrice, each time after a pause, is not there.
const LOOKUPS_MAX: u32 = 3;

/// After how many hosts that were given up, when no other has answered yet, there is no network at all.
const HOSTS_MAX: usize = 3;

/// The shortest pause between two tries of a download. Of a host that is asked by several at once all fail when the resolver
/// stumbles once: what failed, and was begun before such a pause was over, says no more than the failure that counted.
pub(crate) const PAUSE_MIN: Duration = Duration::from_secs(1);

/// What became of looking up names.
pub(crate) struct Names {
    clock: Clock,
    state: Mutex<State>,
}

/// An exchange that was begun.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt {
    begun: Duration,
}

#[derive(Debug, Default)]
struct State {
    /// The hosts whose last answer was that they are not known.
    failed: BTreeMap<String, Failures>,
    has_reached_one: bool,
}

/// How often a host was looked up in vain, the last times in a row and at least [`PAUSE_MIN`] apart.
#[derive(Debug)]
struct Failures {
    count: u32,
    /// When the last one that counted was seen.
    last: Duration,
}

impl Failures {
    fn is_final(&self) -> bool {
        self.count >= LOOKUPS_MAX
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Names").field("state", &self.state).finish_non_exhaustive()
    }
}

impl Names {
    /// Of no host anything is known.
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, state: Mutex::default() }
    }

    /// Whether the host of `url` is not asked any more.
    pub(crate) fn is_given_up(&self, url: &str) -> bool {
        let Some(host) = host_of(url) else { return false };
        let state = self.state();
        let n_given_up = state.failed.values().filter(|failures| failures.is_final()).count();
        state.failed.get(&host).is_some_and(Failures::is_final)
            || !state.has_reached_one && n_given_up >= HOSTS_MAX
    }

    /// Whether the host of `url` was looked up in vain, perhaps less often.
    pub(crate) fn is_doubtful(&self, url: &str) -> bool {
        host_of(url).is_some_and(|host| self.state().failed.contains_key(&host)) || self.is_given_up(url)
    }

    /// To be called before an exchange, of which [`Names::note`] is told.
    pub(crate) fn begin(&self) -> Attempt {
        Attempt { begun: (self.clock)() }
    }

    /// Notes what an exchange with the host of `url` showed: an answer, or `error`.
    pub(crate) fn note(&self, attempt: Attempt, url: &str, error: Option<&reqwest::Error>) {
        let Some(asked) = host_of(url) else { return };
        let failed = error.and_then(reqwest::Error::url).and_then(Url::host_str);
        let host = failed.unwrap_or(&asked);
        if host != asked {
            // It was reached: it redirected to the other.
            self.reached(&asked);
        }
        match error.is_some_and(is_unresolved) {
            true => self.unresolved(attempt, host.to_owned()),
            false => self.reached(host),
        }
    }

    fn unresolved(&self, attempt: Attempt, host: String) {
        let now = (self.clock)();
        let mut state = self.state();
        match state.failed.get_mut(&host) {
            Some(failures) if attempt.begun < failures.last.saturating_add(PAUSE_MIN) => {}
            Some(failures) => *failures = Failures { count: failures.count + 1, last: now },
            None => {
                state.failed.insert(host, Failures { count: 1, last: now });
            }
        }
    }

    fn reached(&self, host: &str) {
        let mut state = self.state();
        state.failed.remove(host);
        state.has_reached_one = true;
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const HOSTS: [&str; 3] = ["a.example", "b.example", "c.example"];

    /// Names whose clock the test moves, and the clock.
    fn names() -> (Names, Arc<Mutex<Duration>>) {
        let now = Arc::new(Mutex::new(Duration::ZERO));
        let read = Arc::clone(&now);
        (Names::new(Arc::new(move || *read.lock().unwrap())), now)
    }

    fn url(host: &str) -> String {
        format!("https://{host}/feed.json")
    }

    /// Four downloads of each of `hosts` begin at once, and none finds its host.
    fn stumble(names: &Names, hosts: &[&str]) {
        let begun: Vec<_> = hosts.iter().flat_map(|host| [(names.begin(), *host); 4]).collect();
        for (attempt, host) in begun {
            names.unresolved(attempt, host.to_owned());
        }
    }

    #[test]
    fn a_resolver_that_stumbles_once_gives_no_host_up_however_many_ask_it() {
        let (names, now) = names();
        stumble(&names, &HOSTS);
        // Others begin before anybody has made a pause.
        *now.lock().unwrap() += PAUSE_MIN / 2;
        stumble(&names, &HOSTS);
        assert!(!HOSTS.iter().any(|host| names.is_given_up(&url(host))));
        assert!(!names.is_given_up(&url("d.example")), "there is a network");
        assert!(names.is_doubtful(&url("a.example")));

        *now.lock().unwrap() += PAUSE_MIN;
        names.reached("a.example");
        assert!(!names.is_doubtful(&url("a.example")));
    }

    #[test]
    fn a_failure_that_was_begun_before_the_pause_and_seen_after_it_does_not_count() {
        let (names, now) = names();
        let slow = [names.begin(), names.begin()];
        stumble(&names, &["a.example"]);
        *now.lock().unwrap() += 5 * PAUSE_MIN;
        for attempt in slow {
            names.unresolved(attempt, "a.example".to_owned());
        }
        assert!(!names.is_given_up(&url("a.example")));
    }

    #[test]
    fn hosts_that_are_not_found_after_pauses_either_are_given_up_and_then_nobody_is_asked() {
        let (names, now) = names();
        for lookup in 1..=LOOKUPS_MAX {
            stumble(&names, &HOSTS[..2]);
            assert_eq!(names.is_given_up(&url("a.example")), lookup == LOOKUPS_MAX);
            *now.lock().unwrap() += PAUSE_MIN;
        }
        assert!(!names.is_given_up(&url("d.example")), "two are not enough");
        for lookup in 1..=LOOKUPS_MAX {
            stumble(&names, &HOSTS[2..]);
            assert_eq!(names.is_given_up(&url("d.example")), lookup == LOOKUPS_MAX);
            *now.lock().unwrap() += PAUSE_MIN;
        }
        // The answer to what was asked before shows that there is a network.
        names.reached("e.example");
        assert!(!names.is_given_up(&url("d.example")));
        assert!(names.is_given_up(&url("c.example")));
    }
}
