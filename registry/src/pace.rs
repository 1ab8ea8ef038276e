//! [`Pace`]: whether a body comes fast enough to be waited for.
//!
//! The client's time-out is on each wait: a byte before the end of each would go on for ever.

use std::io::Read;
use std::time::{Duration, Instant};

use fetch::error::redact;
use reqwest::Url;

use crate::error::RegistryError;
use crate::exchange::broken;

/// The slowest body that is waited for.
const BYTES_PER_SECOND_MIN: u64 = 1 << 10;
/// How long a body may be slower than that at a time.
pub(crate) const SLOW_WINDOW: Duration = Duration::from_secs(120);

/// How fast bytes came of late. Only the time that was spent on waiting for them counts: whoever reads may be slow.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    window: Duration,
    /// The wait in this window so far.
    waited: Duration,
    /// What came in it.
    n_bytes: u64,
}

impl Pace {
    /// A pace that is judged whenever `window` was waited.
    pub(crate) fn new(window: Duration) -> Self {
        Self { window, waited: Duration::ZERO, n_bytes: 0 }
    }

    /// Begins anew, with another host.
    pub(crate) fn reset(&mut self) {
        *self = Self::new(self.window);
    }

    /// Counts time that was waited for a body to begin.
    pub(crate) fn wait(&mut self, waited: Duration) {
        self.waited += waited;
    }

    /// The next bytes of `body`, which is that of `url`; 0 at its end.
    pub(crate) fn read(
        &mut self,
        body: &mut impl Read,
        url: &Url,
        buffer: &mut [u8],
    ) -> Result<usize, RegistryError> {
        let begun = Instant::now();
        let read = body.read(buffer);
        self.waited += begun.elapsed();
        if matches!(read, Ok(0)) {
            return Ok(0);
        }
        self.n_bytes += read.as_ref().map_or(0, |n_read| *n_read as u64);
        self.judge(url)?;
        read.map_err(|error| broken(error, url))
    }

    fn judge(&mut self, url: &Url) -> Result<(), RegistryError> {
        if self.waited < self.window {
            return Ok(());
        }
        let bytes_min = self.waited.as_millis() * u128::from(BYTES_PER_SECOND_MIN) / 1000;
        if u128::from(self.n_bytes) < bytes_min {
            return Err(RegistryError::TooSlow {
                url: redact(url.as_str()),
                bytes: self.n_bytes,
                seconds: self.waited.as_secs(),
            });
        }
        self.reset();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_window_is_judged_by_itself() {
        let url = Url::parse("https://r.example/x?t0ken").unwrap();
        let second = Duration::from_secs(1);
        let mut pace = Pace::new(2 * second);
        let mut body: &[u8] = &[7; 3000];
        let mut buffer = [0; 2500];
        pace.wait(second);
        assert_eq!(pace.read(&mut body, &url, &mut buffer[..1]).unwrap(), 1, "the window is not over");
        pace.wait(second);
        assert_eq!(pace.read(&mut body, &url, &mut buffer).unwrap(), 2500, "fast enough");
        pace.wait(2 * second);
        let error = pace.read(&mut body, &url, &mut buffer).unwrap_err();
        assert!(matches!(error, RegistryError::TooSlow { bytes: 499, seconds: 2, .. }), "{error:?}");
        assert!(error.to_string().starts_with("`https://r.example/x` "), "{error}");
        assert_eq!(pace.read(&mut body, &url, &mut buffer).unwrap(), 0, "what has ended is not too slow");
        pace.reset();
        assert_eq!(pace.read(&mut &b"x"[..], &url, &mut buffer).unwrap(), 1);
    }
}
