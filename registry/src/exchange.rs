//! One exchange with a registry: retries, redirects, authentication, and what each status means.
//!
//! Every request of this crate to a registry goes through [`Shared::once`].

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Read};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use fetch::client::{ClientOptions, REDIRECTS_MAX, Verification};
use fetch::error::redact;
use fetch::headers::{retry_after, text};
use reqwest::blocking::{Client, Response};
use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};
use reqwest::{Method, StatusCode, Url};
use serde::Deserialize;

use crate::auth::Tokens;
use crate::client::{Options, Place};
use crate::error::RegistryError;
use crate::pace::Pace;

/// The longest body of an error that is looked into.
const ERROR_BYTES_MAX: u64 = 64 << 10;
/// How much of a body is read at a time.
const READ_BYTES: usize = 16 << 10;
/// The slowest line that an upload is waited for.
const UPLOAD_BYTES_PER_SECOND_MIN: u64 = 32 << 10;

/// What all repositories of a client share.
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) tokens: Tokens,
    verified: OnceLock<Client>,
    unverified: OnceLock<Client>,
    /// The root of each host that may be on plain HTTP, once it is known.
    bases: Mutex<HashMap<String, Url>>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Shared").field("options", &self.options).finish_non_exhaustive()
    }
}

/// A request.
#[derive(Clone)]
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) target: Target,
    pub(crate) headers: Vec<(HeaderName, String)>,
    pub(crate) body: Option<&'a [u8]>,
    /// What a token must allow: `pull`, or `pull,push`.
    pub(crate) actions: &'static str,
    /// What is asked for, for errors.
    pub(crate) what: String,
}

/// What a request is for.
#[derive(Clone)]
pub(crate) enum Target {
    /// A path below the repository: `manifests/latest`.
    Path(String),
    /// A URL that the registry gave.
    Url(Url),
}

impl Call<'_> {
    /// A request that reads the path below a repository.
    pub(crate) fn get(path: String, what: String) -> Self {
        let target = Target::Path(path);
        Self { method: Method::GET, target, headers: Vec::new(), body: None, actions: "pull", what }
    }
}

/// A successful answer, and where it came from.
pub(crate) struct Answer {
    pub(crate) response: Response,
    pub(crate) url: Url,
    /// How fast its body has to come.
    pub(crate) pace: Pace,
}

/// Why one try did not succeed.
pub(crate) enum Failure {
    /// Trying again would not help.
    Final(RegistryError),
    /// Trying again may help, after this pause if the host asks for one.
    Again(RegistryError, Option<Duration>),
}

impl<E: Into<RegistryError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Final(error.into())
    }
}

/// The pauses between tries.
pub(crate) struct Pauses(ExponentialBackoff);

impl Shared {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            options,
            tokens: Tokens::default(),
            verified: OnceLock::new(),
            unverified: OnceLock::new(),
            bases: Mutex::default(),
        }
    }

    /// How often a request to `place` is made. A mirror is left for the next place soon.
    pub(crate) fn tries(&self, place: &Place) -> u32 {
        let tries = self.options.tries.max(1);
        if place.is_mirror { tries.min(2) } else { tries }
    }

    /// The pauses between `tries` tries.
    pub(crate) fn pauses(&self, tries: u32) -> Pauses {
        let times = tries.saturating_sub(1) as usize;
        Pauses(ExponentialBuilder::new().with_jitter().with_max_times(times).build())
    }

    /// What `attempt` gives, tried up to `tries` times.
    pub(crate) fn retry<T>(
        &self,
        tries: u32,
        mut attempt: impl FnMut() -> Result<T, Failure>,
    ) -> Result<T, RegistryError> {
        let mut pauses = self.pauses(tries);
        loop {
            match attempt() {
                Ok(answer) => return Ok(answer),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Again(error, asked)) => self.pause(&mut pauses, error, asked)?,
            }
        }
    }

    /// Makes the next pause, or gives up with `error`.
    pub(crate) fn pause(
        &self,
        pauses: &mut Pauses,
        error: RegistryError,
        asked: Option<Duration>,
    ) -> Result<(), RegistryError> {
        let Some(own) = pauses.0.next() else { return Err(error) };
        match (asked, error) {
            (Some(asked), RegistryError::Status { url, status, .. }) if asked > self.options.pause_max => {
                return Err(RegistryError::Busy { url, status, seconds: asked.as_secs() });
            }
            // `Retry-After: 0` occurs and means nothing more than "later".
            (Some(asked), _) if !asked.is_zero() => (self.options.pause)(asked),
            _ => (self.options.pause)(own),
        }
        Ok(())
    }

    /// One try of `call` at `place`: with the token that is there, and once more with a new one when it is refused.
    pub(crate) fn once(&self, place: &Place, call: &Call<'_>) -> Result<Answer, Failure> {
        let base = self.base(place)?;
        let url = match &call.target {
            Target::Path(path) => base
                .join(&format!("{}/{path}", place.repository))
                .map_err(|_| self.bad_location(&base, "gives a URL that is none"))?,
            Target::Url(url) => url.clone(),
        };
        let route = self.route(Some(&base), place.insecure)?;
        let mut authorization = self.tokens.known(place, call.actions);
        let mut is_renewed = false;
        loop {
            let answer = route.follow(url.clone(), call, authorization.as_ref())?;
            let status = answer.response.status();
            if status.is_success() {
                return not_html(answer, call);
            }
            let is_home = same_origin(&answer.url, &base);
            if status == StatusCode::UNAUTHORIZED && is_home {
                if is_renewed {
                    let sent = self.tokens.describe(place, self)?;
                    return Err(RegistryError::Unauthorized { what: call.what.clone(), sent }.into());
                }
                let renewed =
                    self.renew(place, call, &base, answer.response.headers(), authorization.as_ref())?;
                authorization = Some(renewed);
                is_renewed = true;
                continue;
            }
            return Err(self.failure(answer, place, call, is_home));
        }
    }

    /// One try of `call` at a URL that belongs to no registry: no credential goes there.
    pub(crate) fn once_elsewhere(&self, url: &Url, call: &Call<'_>) -> Result<Answer, Failure> {
        let route = self.route(None, self.options.insecure)?;
        let answer = route.follow(url.clone(), call, None)?;
        match answer.response.status() {
            status if status.is_success() => not_html(answer, call),
            StatusCode::NOT_FOUND | StatusCode::GONE => {
                Err(RegistryError::NotFound { what: call.what.clone() }.into())
            }
            _ => Err(status_failure(answer)),
        }
    }

    fn failure(&self, answer: Answer, place: &Place, call: &Call<'_>, is_home: bool) -> Failure {
        let what = call.what.clone();
        match answer.response.status() {
            StatusCode::NOT_FOUND => RegistryError::NotFound { what }.into(),
            StatusCode::FORBIDDEN if is_home => match self.tokens.describe(place, self) {
                Ok(sent) => RegistryError::Denied { what, code: error_code(answer), sent }.into(),
                Err(error) => error.into(),
            },
            // A signed URL may have expired; the registry gives a new one.
            StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => {
                let status = answer.response.status().as_u16();
                let url = redact(answer.url.as_str());
                Failure::Again(RegistryError::Status { url, status, code: None }, None)
            }
            _ => status_failure(answer),
        }
    }

    /// The root of `place`'s API, `https://host/v2/`; of one that may be on plain HTTP, what is found there.
    fn base(&self, place: &Place) -> Result<Url, Failure> {
        let root = |scheme: &str| {
            let url = format!("{scheme}://{}/v2/", place.api_host);
            Url::parse(&url).map_err(|_| RegistryError::Redirect { url, reason: "is no URL" })
        };
        let secure = root("https")?;
        if !place.may_be_plain() {
            return Ok(secure);
        }
        if let Some(base) = lock(&self.bases).get(&place.api_host) {
            return Ok(base.clone());
        }
        let client = self.client(place.insecure)?;
        let base = match client.get(secure.clone()).send() {
            Ok(_) => secure,
            Err(error) if error.is_connect() => {
                let plain = root("http")?;
                // A server of HTTPS answers plain HTTP with 400: then what went wrong is the TLS.
                match client.get(plain.clone()).send() {
                    Ok(response) if response.status() != StatusCode::BAD_REQUEST => plain,
                    _ => return Err(transport(error, &secure)),
                }
            }
            Err(error) => return Err(transport(error, &secure)),
        };
        lock(&self.bases).insert(place.api_host.clone(), base.clone());
        Ok(base)
    }

    /// The rules for requests whose authorization belongs to `home`.
    pub(crate) fn route<'a>(
        &'a self,
        home: Option<&'a Url>,
        insecure: bool,
    ) -> Result<Route<'a>, RegistryError> {
        let slow_window = self.options.slow_window;
        Ok(Route { client: self.client(insecure)?, home, insecure, slow_window })
    }

    pub(crate) fn client(&self, insecure: bool) -> Result<&Client, RegistryError> {
        let (slot, verification) = match insecure {
            true => (&self.unverified, Verification::Off),
            false => (&self.verified, Verification::Full),
        };
        if let Some(client) = slot.get() {
            return Ok(client);
        }
        let client = fetch::client::build(&ClientOptions {
            verification,
            unix_socket: None,
            ..self.options.http.clone()
        })?;
        Ok(slot.get_or_init(|| client))
    }

    fn bad_location(&self, url: &Url, reason: &'static str) -> RegistryError {
        RegistryError::Redirect { url: redact(url.as_str()), reason }
    }
}

/// By which rules redirects are followed.
pub(crate) struct Route<'a> {
    pub(crate) client: &'a Client,
    /// Where the authorization belongs: it goes to no other origin.
    pub(crate) home: Option<&'a Url>,
    pub(crate) insecure: bool,
    /// [`Options::slow_window`].
    pub(crate) slow_window: Duration,
}

impl Route<'_> {
    /// The first answer that is no redirect.
    pub(crate) fn follow(
        &self,
        mut url: Url,
        call: &Call<'_>,
        authorization: Option<&HeaderValue>,
    ) -> Result<Answer, Failure> {
        for _ in 0..=REDIRECTS_MAX {
            let is_home = self.home.is_some_and(|home| same_origin(home, &url));
            let response = self.send(&url, call, authorization.filter(|_| is_home))?;
            if !is_redirect(response.status(), call) {
                return Ok(Answer { response, url, pace: Pace::new(self.slow_window) });
            }
            url = self.next(&url, text(response.headers(), LOCATION))?;
        }
        let url = redact(url.as_str());
        Err(RegistryError::Redirect { url, reason: "redirects without end" }.into())
    }

    /// Where `location` leads from `url`.
    pub(crate) fn next(&self, url: &Url, location: Option<&str>) -> Result<Url, RegistryError> {
        let refuse = |reason| RegistryError::Redirect { url: redact(url.as_str()), reason };
        let next = location.and_then(|location| url.join(location).ok());
        let next = next.ok_or_else(|| refuse("redirects to no URL"))?;
        match (url.scheme(), next.scheme()) {
            (_, "https") | ("http", "http") => Ok(next),
            ("https", "http") if self.insecure => Ok(next),
            ("https", "http") => Err(refuse("redirects away from https")),
            _ => Err(refuse("redirects to neither https nor http")),
        }
    }

    fn send(
        &self,
        url: &Url,
        call: &Call<'_>,
        authorization: Option<&HeaderValue>,
    ) -> Result<Response, Failure> {
        let mut request =
            self.client.request(call.method.clone(), url.clone()).header(ACCEPT_ENCODING, "identity");
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        if let Some(body) = call.body {
            request = request.body(body.to_vec());
            // The client's limit is on the wait for the answer, the upload included.
            if let Some(limit) = upload_limit(body.len()) {
                request = request.timeout(limit);
            }
        }
        request.send().map_err(|error| transport(error, url))
    }
}

fn upload_limit(bytes: usize) -> Option<Duration> {
    let seconds = bytes as u64 / UPLOAD_BYTES_PER_SECOND_MIN;
    (seconds > 0).then(|| Duration::from_secs(60 + seconds))
}

/// Whether `status` sends the same request elsewhere. For a write, only the two that keep the method do.
fn is_redirect(status: StatusCode, call: &Call<'_>) -> bool {
    match status.as_u16() {
        307 | 308 => true,
        301..=303 => matches!(call.method, Method::GET | Method::HEAD),
        _ => false,
    }
}

/// Whether both have the same scheme, host and port.
pub(crate) fn same_origin(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme()
        && one.host() == other.host()
        && one.port_or_known_default() == other.port_or_known_default()
}

/// The failure of a request that got no answer.
pub(crate) fn transport(error: reqwest::Error, url: &Url) -> Failure {
    let url = redact(url.as_str());
    let is_final = error.is_builder();
    let error = if error.is_timeout() {
        RegistryError::TimedOut { url }
    } else {
        RegistryError::Transport { url, source: error.without_url().into() }
    };
    if is_final { Failure::Final(error) } else { Failure::Again(error, None) }
}

/// The error of a body that broke, without the URL that the client puts into it.
pub(crate) fn broken(error: io::Error, url: &Url) -> RegistryError {
    let url = redact(url.as_str());
    if error.kind() == io::ErrorKind::TimedOut {
        return RegistryError::TimedOut { url };
    }
    match error.downcast::<reqwest::Error>() {
        Ok(error) if error.is_timeout() => RegistryError::TimedOut { url },
        Ok(error) => RegistryError::Transport { url, source: error.without_url().into() },
        Err(error) => RegistryError::Transport { url, source: error.into() },
    }
}

/// The failure that an unsuccessful status is.
pub(crate) fn status_failure(answer: Answer) -> Failure {
    let status = answer.response.status().as_u16();
    let pause = retry_after(answer.response.headers());
    let url = redact(answer.url.as_str());
    let error = RegistryError::Status { url, status, code: error_code(answer) };
    match status {
        408 | 425 | 429 | 500 | 502 | 503 | 504 => Failure::Again(error, pause),
        _ => Failure::Final(error),
    }
}

/// `answer`, unless it is a page for people: a captive portal, or a web site.
fn not_html(answer: Answer, call: &Call<'_>) -> Result<Answer, Failure> {
    let content_type = text(answer.response.headers(), CONTENT_TYPE).unwrap_or_default();
    if call.method == Method::GET && content_type.trim_start().to_lowercase().starts_with("text/html") {
        return Err(RegistryError::NotARegistry {
            url: redact(answer.url.as_str()),
            content_type: "text/html".to_owned(),
        }
        .into());
    }
    Ok(answer)
}

/// The first code of a registry's error (distribution specification, "Error codes"); its message may be anything
/// and is left out.
fn error_code(answer: Answer) -> Option<String> {
    #[derive(Deserialize)]
    struct Errors {
        errors: Vec<Error>,
    }
    #[derive(Deserialize)]
    struct Error {
        code: String,
    }
    let body = answer.read(ERROR_BYTES_MAX).ok()?;
    let errors: Errors = serde_json::from_slice(&body).ok()?;
    let code = errors.errors.into_iter().next()?.code;
    let is_code = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    (code.len() <= 40 && code.bytes().all(is_code)).then_some(code)
}

impl Answer {
    /// The header called `name`, if it is text.
    pub(crate) fn header(&self, name: &'static str) -> Option<String> {
        text(self.response.headers(), HeaderName::from_static(name)).map(str::to_owned)
    }

    /// The whole body, at most `bytes_max` bytes of it.
    pub(crate) fn bytes(self, what: &str, bytes_max: u64) -> Result<Vec<u8>, Failure> {
        let too_large = || RegistryError::TooLarge { what: what.to_owned(), bytes_max };
        if self.response.content_length().is_some_and(|length| length > bytes_max) {
            return Err(too_large().into());
        }
        let bytes = self.read(bytes_max.saturating_add(1)).map_err(|error| match error {
            // Another try would take as long.
            RegistryError::TooSlow { .. } => Failure::Final(error),
            error => Failure::Again(error, None),
        })?;
        if bytes.len() as u64 > bytes_max { Err(too_large().into()) } else { Ok(bytes) }
    }

    /// The first `bytes_max` bytes of the body, or all of it.
    fn read(mut self, bytes_max: u64) -> Result<Vec<u8>, RegistryError> {
        let mut body = self.response.take(bytes_max);
        let mut bytes = Vec::new();
        let mut buffer = [0; READ_BYTES];
        loop {
            match self.pace.read(&mut body, &self.url, &mut buffer)? {
                0 => return Ok(bytes),
                n_read => bytes.extend_from_slice(&buffer[..n_read]),
            }
        }
    }
}

/// What `mutex` guards; a thread that panicked left nothing half done in it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_lead_to_the_web_and_never_away_from_https() {
        let options = ClientOptions::default();
        let client = fetch::client::build(&options).unwrap();
        let from = |url: &str, insecure, location: &str| {
            let route = Route { client: &client, home: None, insecure, slow_window: Duration::MAX };
            let next = route.next(&Url::parse(url).unwrap(), Some(location));
            next.map_or_else(|error| error.to_string(), |url| url.to_string())
        };
        let secure = "https://r.example/v2/a?x=hunter2";
        assert_eq!(from(secure, false, "/b?c"), "https://r.example/b?c");
        assert_eq!(from(secure, false, "//s.example/b"), "https://s.example/b");
        assert_eq!(
            from(secure, false, "http://s.example/b"),
            "`https://r.example/v2/a` redirects away from https"
        );
        assert_eq!(from(secure, true, "http://s.example/b"), "http://s.example/b");
        assert_eq!(from("http://r.example/", false, "https://s.example/b"), "https://s.example/b");
        assert_eq!(from("http://r.example/", false, "http://s.example/b"), "http://s.example/b");
        for location in ["file:///etc/passwd", "ftp://s.example/", "data:,x"] {
            assert!(from(secure, true, location).contains("neither https nor http"), "{location}");
        }
        assert!(from(secure, false, "https://").contains("redirects to no URL"));
        let route = Route { client: &client, home: None, insecure: false, slow_window: Duration::MAX };
        assert!(route.next(&Url::parse(secure).unwrap(), None).is_err());
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let url = |url: &str| Url::parse(url).unwrap();
        for (one, other, is_same) in [
            ("https://r.example/a", "https://r.example:443/b?c", true),
            ("https://R.example/a", "https://r.example/", true),
            ("https://r.example/", "http://r.example/", false),
            ("https://r.example/", "https://r.example:444/", false),
            ("https://r.example/", "https://s.r.example/", false),
            ("http://127.0.0.1:1/", "http://localhost:1/", false),
        ] {
            assert_eq!(same_origin(&url(one), &url(other)), is_same, "{one} {other}");
        }
    }
}
