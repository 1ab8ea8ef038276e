//! [`Pacer`]: when a host may be asked next, the same for all threads.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::Url;

use crate::error::{FetchError, redact};
use crate::hosts::place;

/// How far apart those are let go who waited for a host that was busy.
const SPREAD: Duration = Duration::from_millis(200);

/// Time as the pacer knows it: since some moment, whichever.
pub(crate) type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;
/// What makes a pause.
pub(crate) type Pause = Arc<dyn Fn(Duration) + Send + Sync>;

/// Hands out turns to ask hosts.
pub(crate) struct Pacer {
    clock: Clock,
    pause: Pause,
    pause_max: Duration,
    hosts: Mutex<BTreeMap<String, HostState>>,
}

#[derive(Default)]
struct HostState {
    /// When the next turn is.
    next: Duration,
    /// Until when it is to be left alone, and the status that said so.
    busy: Option<(Duration, u16)>,
}

impl fmt::Debug for Pacer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Pacer").finish_non_exhaustive()
    }
}

impl Pacer {
    /// A pacer that nobody has asked yet. Whoever would have to wait longer than `pause_max` is sent away.
    pub(crate) fn new(clock: Clock, pause: Pause, pause_max: Duration) -> Self {
        Self { clock, pause, pause_max, hosts: Mutex::default() }
    }

    /// Waits until the host of `url` may be asked: `interval` after the last turn, and not while it is busy.
    ///
    /// # Errors
    /// [`FetchError::Busy`] when it is busy for longer than anybody waits.
    pub(crate) fn wait(&self, url: &Url, interval: Duration) -> Result<(), FetchError> {
        let host = place(url);
        let mut now = (self.clock)();
        let mut turn: Option<Duration> = None;
        loop {
            let at = {
                let mut hosts = self.hosts();
                let state = hosts.entry(host.clone()).or_default();
                let busy = state.busy.filter(|(until, _)| *until > now);
                if let Some((until, status)) = busy.filter(|(until, _)| *until - now > self.pause_max) {
                    let seconds = (until - now).as_secs();
                    return Err(FetchError::Busy { url: redact(url.as_str()), status, seconds });
                }
                match (turn, busy) {
                    (Some(turn), None) => turn,
                    (Some(turn), Some((until, _))) if turn >= until => turn,
                    // It became busy, so the turn is void; all that waited must not come at once.
                    (_, Some((until, _))) => state.turn(until, interval.max(SPREAD)),
                    (None, None) => state.turn(now, interval),
                }
            };
            if at <= now {
                return Ok(());
            }
            (self.pause)(at - now);
            (now, turn) = (at, Some(at));
        }
    }

    /// Leaves the host of `url` alone for `pause`, because it answered with `status`.
    pub(crate) fn leave_alone(&self, host: &str, pause: Duration, status: u16) {
        let until = (self.clock)().saturating_add(pause);
        let mut hosts = self.hosts();
        let state = hosts.entry(host.to_owned()).or_default();
        if state.busy.is_none_or(|(known, _)| known < until) {
            state.busy = Some((until, status));
        }
    }

    /// A pause of whoever asked alone.
    pub(crate) fn pause(&self, pause: Duration) {
        (self.pause)(pause);
    }

    /// How long `work` takes, and what it gives.
    pub(crate) fn timed<T>(&self, work: impl FnOnce() -> T) -> (Duration, T) {
        let begun = (self.clock)();
        let result = work();
        ((self.clock)().saturating_sub(begun), result)
    }

    fn hosts(&self) -> MutexGuard<'_, BTreeMap<String, HostState>> {
        // A panic elsewhere cannot leave a map of times in a state that matters.
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HostState {
    /// Takes the next turn from `earliest` on; the one after it comes `gap` later.
    fn turn(&mut self, earliest: Duration, gap: Duration) -> Duration {
        let turn = self.next.max(earliest);
        self.next = turn.saturating_add(gap);
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// A pacer whose clock only pauses move, and the clock.
    fn pacer() -> (Pacer, Arc<Mutex<Duration>>) {
        let now = Arc::new(Mutex::new(Duration::ZERO));
        let (read, moved) = (Arc::clone(&now), Arc::clone(&now));
        let clock = Arc::new(move || *read.lock().unwrap());
        let pause = Arc::new(move |pause| *moved.lock().unwrap() += pause);
        (Pacer::new(clock, pause, 120 * SECOND), now)
    }

    fn url(host: &str) -> Url {
        Url::parse(&format!("https://{host}/a?key=s3cret")).unwrap()
    }

    #[test]
    fn a_host_is_asked_once_in_its_interval() {
        let (pacer, now) = pacer();
        for turn in 0..3 {
            pacer.wait(&url("slow.example"), 6 * SECOND).unwrap();
            assert_eq!(*now.lock().unwrap(), turn * 6 * SECOND);
            pacer.wait(&url("quick.example"), Duration::ZERO).unwrap();
            assert_eq!(*now.lock().unwrap(), turn * 6 * SECOND, "other hosts do not wait");
        }
        *now.lock().unwrap() += 60 * SECOND;
        pacer.wait(&url("slow.example"), 6 * SECOND).unwrap();
        assert_eq!(*now.lock().unwrap(), 72 * SECOND, "turns that nobody took are not owed");
    }

    #[test]
    fn a_busy_host_is_left_alone_by_all_and_then_asked_one_by_one() {
        let (pacer, now) = pacer();
        pacer.leave_alone("a.example:443", 7 * SECOND, 429);
        pacer.leave_alone("a.example:443", 2 * SECOND, 503);
        pacer.wait(&url("b.example"), Duration::ZERO).unwrap();
        assert_eq!(*now.lock().unwrap(), Duration::ZERO);
        pacer.wait(&url("a.example"), Duration::ZERO).unwrap();
        assert_eq!(*now.lock().unwrap(), 7 * SECOND, "the longer pause counts");

        // Two that begin to wait at the same moment are let go one after the other.
        let (pacer, now) = self::pacer();
        pacer.leave_alone("a.example:443", 7 * SECOND, 429);
        pacer.wait(&url("a.example"), Duration::ZERO).unwrap();
        *now.lock().unwrap() = Duration::ZERO;
        pacer.wait(&url("a.example"), Duration::ZERO).unwrap();
        assert_eq!(*now.lock().unwrap(), 7 * SECOND + SPREAD);
    }

    #[test]
    fn who_waits_for_a_turn_heeds_that_the_host_became_busy() {
        let now = Arc::new(Mutex::new(Duration::ZERO));
        let pauses = Arc::new(Mutex::new(Vec::new()));
        let hosts: Arc<Mutex<Option<Arc<Pacer>>>> = Arc::default();
        let (read, moved, noted, busy) =
            (Arc::clone(&now), Arc::clone(&now), Arc::clone(&pauses), Arc::clone(&hosts));
        let pacer = Arc::new(Pacer::new(
            Arc::new(move || *read.lock().unwrap()),
            Arc::new(move |pause| {
                noted.lock().unwrap().push(pause);
                *moved.lock().unwrap() += pause;
                // While the first one waits, another thread is told to come back later.
                if let Some(pacer) = busy.lock().unwrap().take() {
                    pacer.leave_alone("a.example:443", 10 * SECOND, 403);
                }
            }),
            120 * SECOND,
        ));
        *hosts.lock().unwrap() = Some(Arc::clone(&pacer));
        pacer.wait(&url("a.example"), 6 * SECOND).unwrap();
        pacer.wait(&url("a.example"), 6 * SECOND).unwrap();
        assert_eq!(*pauses.lock().unwrap(), [6 * SECOND, 10 * SECOND]);
    }

    #[test]
    fn nobody_waits_for_hours() {
        let (pacer, now) = pacer();
        pacer.leave_alone("a.example:443", 7200 * SECOND, 429);
        let error = pacer.wait(&url("a.example"), Duration::ZERO).unwrap_err();
        assert!(matches!(error, FetchError::Busy { status: 429, seconds: 7200, .. }), "{error:?}");
        assert!(!format!("{error:?}").contains("s3cret"));
        assert_eq!(*now.lock().unwrap(), Duration::ZERO);
    }
}
