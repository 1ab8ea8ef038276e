//! Which text is a CPE name: a URI (CPE 2.2; NISTIR 7695 §6.1) or a formatted string (CPE 2.3; §6.2). The reason, where it is
//! none.
//!
//! The patterns of the XML schema of CycloneDX (`cpe`) and of SPDX 2 (Annex F.2) say the same.

/// Why `text` is no CPE, be it a URI or a formatted string.
pub(in crate::format) fn check(text: &str) -> Result<(), String> {
    if text.starts_with("cpe:2.3:") { check_string(text) } else { check_uri(text) }
}

/// Whether `text` is a formatted string.
pub(in crate::format) fn is_string(text: &str) -> bool {
    check_string(text).is_ok()
}

/// Why `text` is no formatted string: `cpe:2.3:` and eleven parts, punctuation in them escaped.
pub(in crate::format) fn check_string(text: &str) -> Result<(), String> {
    let Some(rest) = text.strip_prefix("cpe:2.3:") else {
        return Err("does not begin with `cpe:2.3:`".to_owned());
    };
    let parts = split_unescaped(rest);
    if parts.len() != 11 {
        return Err(format!("has {} parts after `cpe:2.3`, not 11", parts.len()));
    }
    if !matches!(parts[0], "a" | "o" | "h" | "*" | "-") {
        return Err("is of no part `a`, `o` or `h`".to_owned());
    }
    for (index, part) in parts.iter().enumerate().skip(1) {
        let number = index + 1;
        if part.is_empty() {
            return Err(format!("has an empty part, number {number}"));
        }
        if index == LANGUAGE && !is_language(part) {
            return Err(format!("has a part that is no language, number {number}"));
        }
        if index != LANGUAGE && !is_value(part) {
            return Err(format!(
                "has a part with a character that stands otherwise than CPE has it, number {number}"
            ));
        }
    }
    Ok(())
}

/// Where the language is.
const LANGUAGE: usize = 6;

/// Why `text` is no URI.
pub(in crate::format) fn check_uri(text: &str) -> Result<(), String> {
    // The pattern of the standard takes `cPE:/`, and no `CPE:/`.
    let is_start = |start: &&str| start.starts_with('c') && start.eq_ignore_ascii_case("cpe:/");
    let rest = text.get(..5).filter(is_start).map(|_| &text[5..]);
    let Some(rest) = rest else { return Err("begins neither with `cpe:2.3:` nor with `cpe:/`".to_owned()) };
    let mut parts = rest.split(':');
    let kind = parts.next().unwrap_or_default();
    if !["", "a", "o", "h"].iter().any(|part| part.eq_ignore_ascii_case(kind)) {
        return Err("is of no part `a`, `o` or `h`".to_owned());
    }
    if parts.clone().count() > 6 {
        return Err("has more than 7 parts after `cpe:/`".to_owned());
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-~%".contains(&byte);
    match parts.position(|part| !part.bytes().all(is_plain)) {
        Some(index) => Err(format!(
            "has a part with a character that stands otherwise than CPE has it, number {}",
            index + 2
        )),
        None => Ok(()),
    }
}

/// `text` cut at each `:` that no backslash precedes.
fn split_unescaped(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut escaped) = (0, false);
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b':' => {
                parts.push(&text[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// `*`, `-`, or letters, digits, `-._` and escaped punctuation, with wildcards at the ends only.
fn is_value(value: &str) -> bool {
    if matches!(value, "*" | "-") {
        return true;
    }
    let mut rest = value.strip_prefix('*').unwrap_or_else(|| value.trim_start_matches('?'));
    let mut empty = true;
    loop {
        rest = match rest.as_bytes() {
            [b'\\', escaped, ..] if escaped.is_ascii_punctuation() && !b"-._".contains(escaped) => &rest[2..],
            [plain, ..] if plain.is_ascii_alphanumeric() || b"-._".contains(plain) => &rest[1..],
            _ => break,
        };
        empty = false;
    }
    !empty && (rest == "*" || rest.bytes().all(|byte| byte == b'?'))
}

/// `*`, `-`, or a language tag: `en`, `en-us`.
fn is_language(value: &str) -> bool {
    let letters = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphabetic());
    match value.split_once('-') {
        _ if matches!(value, "*" | "-") => true,
        None => letters(value) && matches!(value.len(), 2 | 3),
        Some((language, region)) => {
            let number = region.len() == 3 && region.bytes().all(|byte| byte.is_ascii_digit());
            letters(language)
                && matches!(language.len(), 2 | 3)
                && (number || region.len() == 2 && letters(region))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refuse(text: &str, reason: &str) {
        let found = check(text).unwrap_err();
        assert!(found.contains(reason), "{text}: {found}");
    }

    #[test]
    fn a_cpe_is_told_from_other_text() {
        for good in [
            "cpe:2.3:a:gnu:bash:5.1:*:*:*:*:*:*:*",
            r"cpe:2.3:a:foo\\bar:big\$money:2010:*:*:*:special:ipod_touch:80gb:*",
            r"cpe:2.3:a:libstdc\+\+:x:1\:2:-:*:en-us:*:*:*:*",
            "cpe:2.3:o:*:*alpine*:3??:*:*:*:*:*:*:*",
        ] {
            assert!(is_string(good), "{good}");
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for good in ["cpe:/a:acme:demo:1.0", "cPE:/O", "cpe:/a:x:y%7e:~~~"] {
            assert_eq!(check(good), Ok(()), "{good}");
            assert!(!is_string(good), "{good}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_cpe_is_said() {
        for bad in ["", "demo", "cpe:", "cpä:/a", "CPE:/a:acme:demo"] {
            refuse(bad, "begins neither");
        }
        refuse("cpe:2.3:a:gnu:bash", "3 parts");
        refuse("cpe:2.3:a:gnu:bash:5.1:*:*:*:*:*:*:*:*", "12 parts");
        refuse("cpe:2.3:x:gnu:bash:5.1:*:*:*:*:*:*:*", "no part");
        refuse("cpe:2.3:a:gnu::5.1:*:*:*:*:*:*:*", "an empty part, number 3");
        refuse("cpe:2.3:a:gnu:ba sh:5.1:*:*:*:*:*:*:*", "otherwise than CPE has it, number 3");
        refuse("cpe:2.3:a:gnu:c++:5.1:*:*:*:*:*:*:*", "otherwise than CPE has it, number 3");
        refuse(r"cpe:2.3:a:gnu:ba\-sh:5.1:*:*:*:*:*:*:*", "otherwise than CPE has it, number 3");
        refuse("cpe:2.3:a:gnu:bash:5.1:*:*:long:*:*:*:*", "no language, number 7");
        refuse("cpe:/x:acme", "no part");
        refuse("cpe:/a:b:c:d:e:f:g:h", "more than 7 parts");
        refuse("cpe:/a:ac me", "otherwise than CPE has it, number 2");
    }
}
