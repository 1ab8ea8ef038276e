//! [`Names`]: hosts whose names cannot be resolved, the same for all threads.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::Url;

use crate::error::{FetchError, Whose, redact};
use crate::lookup::LookupError;
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
    unknown: Unknown,
}

/// A name that cannot be resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unknown {
    name: String,
    whose: Whose,
}

impl Unknown {
    /// What was looked up in vain, if that is what `error` is.
    pub(crate) fn of(error: &reqwest::Error) -> Option<Self> {
        let name = &LookupError::of(error)?.name;
        let host = error.url().and_then(Url::host_str);
        // Where there is a proxy, only its name is looked up.
        let is_host = host.is_none_or(|host| host.eq_ignore_ascii_case(name));
        Some(Self { name: name.clone(), whose: if is_host { Whose::Host } else { Whose::Proxy } })
    }

    /// The error of a download of `url`.
    pub(crate) fn into_error(self, url: String) -> FetchError {
        FetchError::Unresolved { url, name: self.name, whose: self.whose }
    }
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

    /// The error of a download of `url`, whose host is not asked any more.
    pub(crate) fn error(&self, url: &str) -> FetchError {
        let host = host_of(url).unwrap_or_default();
        let state = self.state();
        let known = state.failed.get(&host).or_else(|| {
            // The one proxy that all would be asked through.
            state.failed.values().find(|failures| failures.unknown.whose == Whose::Proxy)
        });
        let unknown = known.map(|failures| failures.unknown.clone());
        unknown.unwrap_or(Unknown { name: host, whose: Whose::Host }).into_error(redact(url))
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
        match error.and_then(Unknown::of) {
            Some(unknown) => self.unresolved(attempt, host.to_owned(), unknown),
            None => self.reached(host),
        }
    }

    fn unresolved(&self, attempt: Attempt, host: String, unknown: Unknown) {
        let now = (self.clock)();
        let mut state = self.state();
        match state.failed.get_mut(&host) {
            Some(failures) if attempt.begun < failures.last.saturating_add(PAUSE_MIN) => {}
            Some(failures) => *failures = Failures { count: failures.count + 1, last: now, unknown },
            None => {
                state.failed.insert(host, Failures { count: 1, last: now, unknown });
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

/// The host of `url`, as the client looks it up.
pub(crate) fn host_of(url: &str) -> Option<String> {
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

    fn unknown(name: &str) -> Unknown {
        Unknown { name: name.to_owned(), whose: Whose::Host }
    }

    /// Four downloads of each of `hosts` begin at once, and none finds its host.
    fn stumble(names: &Names, hosts: &[&str]) {
        let begun: Vec<_> = hosts.iter().flat_map(|host| [(names.begin(), *host); 4]).collect();
        for (attempt, host) in begun {
            names.unresolved(attempt, host.to_owned(), unknown(host));
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
            names.unresolved(attempt, "a.example".to_owned(), unknown("a.example"));
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

    #[test]
    fn without_a_network_the_name_is_that_of_the_host_or_of_the_proxy_that_all_are_asked_through() {
        for (whose, expected) in [
            (None, "the name `d.example` cannot be resolved"),
            (Some(Whose::Proxy), "the name of the proxy, `proxy.example`, cannot be resolved"),
        ] {
            let (names, now) = names();
            for host in HOSTS.repeat(LOOKUPS_MAX as usize) {
                let through = whose.map(|whose| Unknown { name: "proxy.example".to_owned(), whose });
                *now.lock().unwrap() += PAUSE_MIN;
                names.unresolved(names.begin(), host.to_owned(), through.unwrap_or_else(|| unknown(host)));
            }
            assert!(names.is_given_up(&url("d.example")));
            let error = names.error(&url("d.example")).to_string();
            assert_eq!(error, format!("`https://d.example/feed.json` was not reached: {expected}"));
        }
    }
}
