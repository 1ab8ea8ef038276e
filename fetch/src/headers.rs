//! What headers of an answer say.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

/// `Retry-After` as a duration. A date is taken relative to the response's own `Date`, so that no clock of
/// this machine is asked.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = text(headers, RETRY_AFTER)?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let seconds = http_date(value)?.duration_since(http_date(text(headers, DATE)?)?).as_secs();
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

/// How long the host wants to be left alone: `Retry-After`, or where GitHub says that nothing is left of an hour's
/// requests, the time until the next hour.
pub fn pause(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &'static str| -> Option<i64> {
        text(headers, HeaderName::from_static(name))?.trim().parse().ok()
    };
    retry_after(headers).or_else(|| {
        let reset = number("x-ratelimit-reset").filter(|_| number("x-ratelimit-remaining") == Some(0))?;
        let seconds = reset.saturating_sub(http_date(text(headers, DATE)?)?.as_second());
        Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
    })
}

/// The header called `name`, if it is text.
pub fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// Where the body starts in the whole, and how large the whole is if it is said:
/// `Content-Range: bytes <start>-<end>/<total>` (RFC 9110, 14.4).
pub fn content_range(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let range = text(headers, reqwest::header::CONTENT_RANGE)?.strip_prefix("bytes ")?;
    let (start, rest) = range.split_once('-')?;
    let total = rest.split_once('/').and_then(|(_, total)| total.trim().parse().ok());
    Some((start.trim().parse().ok()?, total))
}

fn http_date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}
