//! String literals of Ruby, as far as RubyGems writes them.

/// The strings in `code`, up to a comment or a condition at its end.
pub(super) fn strings(code: &str) -> Vec<String> {
    let mut strings = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find(['"', '\'', '%', '#']) {
        let (before, literal) = rest.split_at(at);
        let is_conditional = before.split_whitespace().any(|word| matches!(word, "if" | "unless"));
        let mut characters = literal.chars();
        let (opening, closing, escapes) = match characters.next() {
            Some('"') => ('"', '"', true),
            Some('\'') => ('\'', '\'', false),
            Some('%') => match (characters.next(), characters.next()) {
                // Text in brackets: `%q{…}`, `%q<…>`.
                (Some('q' | 'Q'), Some(opening)) => (opening, closing_of(opening), false),
                _ => {
                    rest = &literal[1..];
                    continue;
                }
            },
            _ => break,
        };
        if is_conditional {
            break;
        }
        let (string, after) = string(characters.as_str(), opening, closing, escapes);
        strings.push(string);
        rest = after;
    }
    strings.retain(|string| !string.is_empty());
    strings
}

fn closing_of(opening: char) -> char {
    match opening {
        '{' => '}',
        '<' => '>',
        '(' => ')',
        '[' => ']',
        other => other,
    }
}

/// The text up to `closing`, and what follows it.
fn string(code: &str, opening: char, closing: char, escapes: bool) -> (String, &str) {
    let mut text = String::new();
    let mut depth = 0;
    let mut characters = code.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('u') if escapes => text.extend(unicode(&mut characters)),
                Some('n') if escapes => text.push('\n'),
                Some('t') if escapes => text.push('\t'),
                Some('e') if escapes => text.push('\u{1b}'),
                Some(other) => text.push(other),
                None => {}
            },
            _ if character == closing && depth == 0 => break,
            _ => {
                if opening != closing && character == opening {
                    depth += 1;
                } else if character == closing {
                    depth -= 1;
                }
                text.push(character);
            }
        }
    }
    (text, characters.as_str())
}

/// `00E9` or `{1F600}` after `\u`.
fn unicode(characters: &mut std::str::Chars<'_>) -> Option<char> {
    let rest = characters.as_str();
    // Looked for no further than a number can be long, or many `\u{` would make this quadratic.
    let braced = rest.strip_prefix('{').and_then(|inside| {
        let end = inside.bytes().take(8).position(|byte| byte == b'}')?;
        inside.get(..end)
    });
    let (digits, n_bytes) = match braced {
        Some(digits) => (digits, digits.len() + 2),
        None => (rest.get(..4)?, 4),
    };
    let character = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
    *characters = rest[n_bytes..].chars();
    Some(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_string_is_read() {
        for (code, expected) in [
            (r#"= "a".freeze"#, vec!["a"]),
            (r#"= ["Andr\u00E9".freeze, 'b\'c'] if x"#, vec!["André", "b'c"]),
            (r"(%q<a>.freeze, [%q{>= 0}])", vec!["a", ">= 0"]),
            (r"= %q{a {b} c}", vec!["a {b} c"]),
            (r#"= "a" # "comment""#, vec!["a"]),
            (r#"= "a" if x == "b""#, vec!["a"]),
            (r#"= Gem::Version.new("1.0")"#, vec!["1.0"]),
            (r#"= "\u{1F48E}\uZZ" % 1"#, vec!["\u{1F48E}ZZ"]),
            (r#"= "open"#, vec!["open"]),
            ("= VERSION", vec![]),
        ] {
            assert_eq!(strings(code), expected, "{code}");
        }
    }
}
