//! The fields of an opam file: `name: value`, where a value is made of texts, words, lists, and filters in braces.

use std::collections::BTreeMap;

/// The texts in the value of each field, without those in filters; of a section, `url { … }`, all that are in it.
#[derive(Debug, Default)]
pub(in crate::cataloger) struct Description(BTreeMap<String, Vec<String>>);

impl Description {
    pub(in crate::cataloger) fn texts(&self, field: &str) -> impl Iterator<Item = &str> {
        self.0.get(field).into_iter().flatten().map(String::as_str)
    }
}

/// Words in a filter that say that a dependency is for building or testing only.
const FOR_DEVELOPMENT: &[&str] = &["with-test", "with-doc", "with-dev-setup", "with-tools"];

/// The fields of `text`. Dependencies for development are left out of `depends`.
///
/// # Errors
/// A text or comment does not end, or a bracket is out of place; says which.
pub(in crate::cataloger) fn parse(text: &str) -> Result<Description, &'static str> {
    let mut fields = BTreeMap::<String, Vec<String>>::new();
    let mut rest = text;
    let mut field = "";
    // A word that stands at the top level: the name of the next field or section, or a value.
    let mut word = None;
    // Brackets that are open: filters, lists and groups, the section.
    let (mut n_filters, mut n_lists, mut in_section) = (0_usize, 0_usize, false);
    // Whether the filter that is open has left out what it stands behind.
    let mut is_left_out = false;
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else { break };
        let is_top = n_filters == 0 && n_lists == 0;
        let mut length = first.len_utf8();
        match first {
            '#' => length = rest.find('\n').unwrap_or(rest.len()),
            '(' if rest.starts_with("(*") => length = rest.find("*)").ok_or("a comment without an end")? + 2,
            '"' => {
                let (text, whole) = quoted(rest).ok_or("a text without an end")?;
                if n_filters == 0 {
                    fields.entry(field.to_owned()).or_default().push(text);
                }
                length = whole;
            }
            ':' if is_top && !in_section => field = word.take().unwrap_or_default(),
            '{' if is_top && !in_section && word.is_some() => {
                field = word.take().unwrap_or_default();
                in_section = true;
            }
            '{' => {
                is_left_out &= n_filters > 0;
                n_filters += 1;
            }
            '}' if n_filters > 0 => n_filters -= 1,
            '}' if in_section && n_lists == 0 => in_section = false,
            '[' | '(' => n_lists += 1,
            ']' | ')' if n_lists > 0 => n_lists -= 1,
            '}' | ']' | ')' => return Err("a bracket that closes nothing"),
            _ if is_of_word(first) => {
                length = rest.find(|character| !is_of_word(character)).unwrap_or(rest.len());
                let name = &rest[..length];
                if n_filters > 0 && field == "depends" && FOR_DEVELOPMENT.contains(&name) {
                    // Once, whatever else the filter says.
                    if !std::mem::replace(&mut is_left_out, true) {
                        fields.get_mut(field).and_then(Vec::pop);
                    }
                } else if is_top && !in_section {
                    word = Some(name);
                }
            }
            _ => {}
        }
        rest = &rest[length..];
    }
    if n_filters > 0 || n_lists > 0 || in_section {
        return Err("a bracket without an end");
    }
    Ok(Description(fields))
}

fn is_of_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '+')
}

/// The text at the start of `rest`, in quotes or three of them, and its length with the quotes.
fn quoted(rest: &str) -> Option<(String, usize)> {
    let quote = if rest.starts_with("\"\"\"") { "\"\"\"" } else { "\"" };
    let mut text = String::new();
    let mut at = quote.len();
    loop {
        let here = rest.get(at..)?;
        if here.starts_with(quote) {
            return Some((text, at + quote.len()));
        }
        let mut characters = here.chars();
        match characters.next()? {
            '\\' => {
                let escaped = characters.next()?;
                text.push(if escaped == 'n' { '\n' } else { escaped });
                at += 1 + escaped.len_utf8();
            }
            character => {
                text.push(character);
                at += character.len_utf8();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_known_by_their_field() {
        let text = "opam-version: \"2.0\" # c\n(* d: \"no\" *)\nlicense: [\"MIT\" \"ISC\"]\nflags: compiler\n\
            description: \"\"\"a \"b\" \\\"\"\"\"\"\"\n\
            depends: [\n  \"a\" {>= \"1\" & (os = \"x\")}\n  (\"b\" | \"c\")\n  \"t\" {with-test & >= \"2\"}\n  \"o\" {with-doc | with-dev-setup}\n]\n\
            url {\n  src: \"https://example.org\"\n  checksum: [\"md5=1\" \"sha256=2\"]\n}\nx: \"y\"\n";
        let description = parse(text).unwrap();
        let texts = |field| description.texts(field).collect::<Vec<_>>().join(" ");
        assert_eq!(
            (texts("license"), texts("depends"), texts("url"), texts("x")),
            (
                "MIT ISC".to_owned(),
                "a b c".to_owned(),
                "https://example.org md5=1 sha256=2".to_owned(),
                "y".to_owned()
            )
        );
        for damaged in ["a: [", "a: \"x", "a: ]", "(* x", "u {"] {
            assert!(parse(damaged).is_err(), "{damaged}");
        }
    }
}
