//! The formats of texts that the schemas name (JSON Schema draft 7, §7.3).

/// Whether `text` is of the format called `format`; no text is of one that is not known.
pub(super) fn is(format: &str, text: &str) -> bool {
    match format {
        "date-time" => is_date_time(text),
        "iri-reference" => is_reference(text),
        "uri" | "iri" => is_reference(text) && scheme(text).is_some(),
        "email" | "idn-email" => is_email(text),
        "date" => text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok(),
        // The schema of 1.4 and later calls the type of a text its format.
        "string" => true,
        _ => false,
    }
}

/// RFC 3339, §5.6.
fn is_date_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shape = |part: &[u8], shape: &[u8]| {
        part.len() == shape.len()
            && part.iter().zip(shape).all(|(byte, like)| match like {
                b'0' => byte.is_ascii_digit(),
                _ => byte.eq_ignore_ascii_case(like),
            })
    };
    let Some((start, mut rest)) = bytes.split_at_checked(19) else { return false };
    if !shape(start, b"0000-00-00T00:00:00") {
        return false;
    }
    if let Some(fraction) = rest.strip_prefix(b".") {
        let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
        rest = fraction.split_at_checked(digits).map_or(&[], |(_, rest)| rest);
        if digits == 0 {
            return false;
        }
    }
    let zone = shape(rest, b"Z") || shape(rest, b"+00:00") || shape(rest, b"-00:00");
    let number = |from: usize, to: usize| text.get(from..to).and_then(|digits| digits.parse::<u32>().ok());
    let zone_in_range = rest.len() == 1
        || (number(text.len() - 5, text.len() - 3) < Some(24)
            && number(text.len() - 2, text.len()) < Some(60));
    let day = text.get(..10).is_some_and(|day| day.parse::<jiff::civil::Date>().is_ok());
    zone && zone_in_range
        && day
        && number(11, 13) < Some(24)
        && number(14, 16) < Some(60)
        && number(17, 19) < Some(61)
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

/// An address with one `@` between a name and a domain, roughly RFC 5321, §4.1.2.
fn is_email(text: &str) -> bool {
    let Some((name, domain)) = text.rsplit_once('@') else { return false };
    let dots = |text: &str| !text.is_empty() && text.split('.').all(|part| !part.is_empty());
    let atom = |one: char| one.is_alphanumeric() || !one.is_ascii() || "!#$%&'*+-/=?^_`{|}~.".contains(one);
    dots(name)
        && name.chars().all(atom)
        && dots(domain)
        && domain.chars().all(|one| one.is_alphanumeric() || "-.".contains(one))
        && domain.split('.').all(|label| !label.starts_with('-') && !label.ends_with('-'))
}
