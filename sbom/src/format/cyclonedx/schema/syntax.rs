//! The formats of texts that the schemas name (JSON Schema draft 7, §7.3).

use crate::format::wire::cpe;
use crate::format::wire::time::is_date_time;

/// Whether `text` is of the format called `format`; no text is of one that is not known.
pub(super) fn is(format: &str, text: &str) -> bool {
    match format {
        "date-time" => is_date_time(text),
        "iri-reference" => is_reference(text),
        "uri" | "iri" => is_reference(text) && scheme(text).is_some(),
        "date" => text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok(),
        // In JSON any text is one.
        "cpe" => true,
        // The official validators do not look at addresses unless told to, and what is a mailbox is for mail servers to
        // say. The schema of 1.4 and later calls the type of a text its format.
        "email" | "idn-email" | "string" => true,
        _ => false,
    }
}

/// Whether `text` is of the type that XML has where JSON has `format`: any text is an `xs:anyURI` or an address, and a
/// time may be without zone (XML Schema 1.0 part 2, §3.2.7 and §3.2.17).
pub(super) fn is_in_xml(format: &str, text: &str) -> bool {
    match format {
        "date-time" => is_date_time(text) || is_date_time(&format!("{text}Z")),
        "date" => is("date", text),
        "cpe" => cpe::check(text).is_ok(),
        _ => true,
    }
}

/// The scheme before the first colon (RFC 3986, §3.1).
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.chars().all(|one| one.is_ascii_alphanumeric() || "+-.".contains(one));
    is_scheme.then_some(scheme)
}

/// An IRI or a relative reference (RFC 3987, §2.2).
fn is_reference(text: &str) -> bool {
    let rest = match scheme(text) {
        Some(scheme) => text.get(scheme.len() + 1..).unwrap_or_default(),
        // The first segment of a relative path has no colon.
        None if text.split(['/', '?', '#']).next().is_some_and(|first| first.contains(':')) => return false,
        None => text,
    };
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = match path.strip_prefix("//") {
        Some(after) => after.split_at(after.find('/').unwrap_or(after.len())),
        None => ("", path),
    };
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    is_host(host)
        && has_only(user, ":")
        && has_only(path, ":@/")
        && has_only(query, ":@/?")
        && has_only(fragment, ":@/?")
}

fn is_host(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) if address.parse::<std::net::Ipv6Addr>().is_ok() => ("", port),
        _ => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    has_only(host, "") && port.strip_prefix(':').unwrap_or(port).bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether there are only unreserved characters, sub-delimiters, percent-encoded ones and those of `more`.
fn has_only(text: &str, more: &str) -> bool {
    let mut rest = text.chars();
    while let Some(one) = rest.next() {
        let fits = match one {
            '%' => [rest.next(), rest.next()]
                .iter()
                .all(|digit| digit.is_some_and(|digit| digit.is_ascii_hexdigit())),
            _ if one.is_ascii() => {
                one.is_ascii_alphanumeric() || "-._~!$&'()*+,;=".contains(one) || more.contains(one)
            }
            _ => !one.is_control() && one != '\u{FFFD}',
        };
        if !fits {
            return false;
        }
    }
    true
}
