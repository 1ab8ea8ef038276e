//! [`Fetcher::probe`]: whether a host answers, and lets us in.

use std::path::Path;
use std::time::Duration;

use reqwest::header::{HeaderValue, RANGE};
use reqwest::{Method, StatusCode};

use crate::error::{FetchError, redact};
use crate::fetcher::{Fetcher, of_origin, url_at};
use crate::http::{Answer, Failure, identity};
use crate::mirror_dir;
use crate::origin::Origin;

/// What asking a place once showed.
#[derive(Debug)]
pub struct Probe {
    /// What was asked for, without credentials: a URL, or a directory.
    pub place: String,
    /// Where the credential that was sent came from; none when none was.
    pub credential: Option<String>,
    /// What came of it.
    pub verdict: Verdict,
    /// How long the head of the answer took, redirects and turns included.
    pub latency: Duration,
}

/// What came of asking a place once.
#[derive(Debug)]
pub enum Verdict {
    /// It has the file.
    Answered,
    /// It answers, and says that it has no such file.
    Missing,
    /// It answers, and does not let us in: 401, 403, 407, or what NVD answers to an unknown key.
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// It answers with a status that is no answer.
    Status {
        /// The HTTP status.
        status: u16,
    },
    /// It cannot be reached.
    Unreachable {
        /// Why.
        error: FetchError,
    },
}

impl Fetcher {
    /// Asks each place that `url` may come from once, for its head only: the mirrors if there are any, else its host.
    pub fn probe(&self, url: &str) -> Vec<Probe> {
        self.origin().parts().iter().map(|origin| self.probe_at(origin, url)).collect()
    }

    fn probe_at(&self, origin: &Origin, url: &str) -> Probe {
        if let Origin::MirrorDir(dir) = origin {
            let (latency, verdict) = self.pacer().timed(|| in_dir(dir, url));
            return Probe { place: dir.display().to_string(), credential: None, verdict, latency };
        }
        let at = url_at(origin, url);
        let place = redact(at.as_deref().unwrap_or(url));
        let (latency, answer) = self.pacer().timed(|| {
            let at = at?;
            self.ask(&at).map_err(|error| of_origin(error, origin, &at))
        });
        let (credential, verdict) = match answer {
            Ok(answer) => (answer.sent.clone(), verdict(&answer)),
            Err(error) => (None, Verdict::Unreachable { error }),
        };
        Probe { place, credential, verdict, latency }
    }

    /// The head of `url`, by `HEAD` or, from hosts that know none, by asking for its first byte.
    fn ask(&self, url: &str) -> Result<Answer, FetchError> {
        let wire = self.wire()?;
        let into_error = |failure: Failure| failure.into_error(url, 1);
        let answer = wire.send(&Method::HEAD, url, &identity()).map_err(into_error)?;
        let knows_no_head =
            [StatusCode::FORBIDDEN, StatusCode::METHOD_NOT_ALLOWED, StatusCode::NOT_IMPLEMENTED];
        if !knows_no_head.contains(&answer.response.status()) {
            return Ok(answer);
        }
        let mut headers = identity();
        headers.insert(RANGE, HeaderValue::from_static("bytes=0-0"));
        wire.send(&Method::GET, url, &headers).map_err(into_error)
    }
}

fn in_dir(dir: &Path, url: &str) -> Verdict {
    if let Err(source) = std::fs::metadata(dir) {
        return Verdict::Unreachable { error: FetchError::io("read", dir)(source) };
    }
    match mirror_dir::size(dir, url) {
        Ok(Some(_)) => Verdict::Answered,
        Ok(None) => Verdict::Missing,
        Err(error) => Verdict::Unreachable { error },
    }
}

fn verdict(answer: &Answer) -> Verdict {
    let status = answer.response.status();
    match status.as_u16() {
        status if answer.is_refusal() => Verdict::Refused { status },
        status @ (401 | 403 | 407) => Verdict::Refused { status },
        404 | 410 => Verdict::Missing,
        200..=299 => Verdict::Answered,
        status => Verdict::Status { status },
    }
}
