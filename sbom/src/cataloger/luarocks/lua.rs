//! What a Lua program that only assigns literals assigns. Texts joined by `..` and names of texts are followed; anything
//! else that would have to be run leaves its value unknown.

use std::collections::BTreeMap;
use std::iter::Peekable;

/// Levels of tables and parentheses.
const DEPTH_MAX: usize = 48;
/// Bytes of a text that is joined from others.
const JOINED_BYTES_MAX: usize = 64 << 10;

/// The texts that a program assigns to variables and to members of tables, by path: `version`, `description.license`,
/// `dependencies.1`. Elements without a key are numbered from 1, as in Lua.
#[derive(Debug, Default)]
pub(super) struct Assigned(BTreeMap<String, String>);

impl Assigned {
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// The texts among the elements of the table at `path` that have no key.
    pub(super) fn elements(&self, path: &str) -> impl Iterator<Item = &str> {
        (1..).map_while(move |number: usize| self.text(&format!("{path}.{number}")))
    }
}

/// What `program` assigns.
///
/// # Errors
/// It is no Lua text, or too deep; says why.
pub(super) fn assigned(program: &str) -> Result<Assigned, &'static str> {
    let mut reader = Reader {
        tokens: Tokens { rest: program.strip_prefix('#').map_or(program, after_line) }.peekable(),
        assigned: Assigned::default(),
    };
    while let Some(token) = reader.take()? {
        if let Token::Name(name) = token
            && reader.is_next(&Token::Sign("="))
        {
            reader.take()?;
            reader.assign(name, 0)?;
        }
    }
    Ok(reader.assigned)
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token<'a> {
    Name(&'a str),
    Text(String),
    Number(&'a str),
    Sign(&'a str),
    Damage(&'static str),
}

struct Reader<'a> {
    tokens: Peekable<Tokens<'a>>,
    assigned: Assigned,
}

impl<'a> Reader<'a> {
    fn take(&mut self) -> Result<Option<Token<'a>>, &'static str> {
        match self.tokens.next() {
            Some(Token::Damage(why)) => Err(why),
            token => Ok(token),
        }
    }

    fn is_next(&mut self, token: &Token<'_>) -> bool {
        self.tokens.peek() == Some(token)
    }

    /// Reads the expression that is assigned to `path`.
    fn assign(&mut self, path: &str, depth: usize) -> Result<(), &'static str> {
        match self.expression(path, depth)? {
            Some(text) => self.assigned.0.insert(path.to_owned(), text),
            None => self.assigned.0.remove(path),
        };
        Ok(())
    }

    /// Reads an expression and gives its text, if it is one; the members of a table are noted below `path`.
    fn expression(&mut self, path: &str, depth: usize) -> Result<Option<String>, &'static str> {
        let mut value = self.operand(path, depth)?;
        loop {
            let operator = match self.tokens.peek() {
                Some(Token::Sign(sign)) if !matches!(*sign, "," | ";" | "}" | ")" | "]" | "=" | "{") => *sign,
                Some(Token::Name(word @ ("and" | "or"))) => *word,
                _ => return Ok(value),
            };
            self.take()?;
            let other = match operator {
                "(" | "[" => {
                    self.skip_to(if operator == "(" { ")" } else { "]" }, depth + 1)?;
                    None
                }
                _ => self.operand("", depth)?,
            };
            value = match (operator, value, other) {
                ("..", Some(left), Some(right)) if left.len() + right.len() <= JOINED_BYTES_MAX => {
                    Some(left + &right)
                }
                _ => None,
            };
        }
    }

    fn operand(&mut self, path: &str, depth: usize) -> Result<Option<String>, &'static str> {
        if depth > DEPTH_MAX {
            return Err("more levels than any specification has");
        }
        match self.take()? {
            Some(Token::Text(text)) => Ok(Some(text)),
            Some(Token::Number(number)) => Ok(Some(number.to_owned())),
            Some(Token::Name("not")) => self.operand("", depth + 1).map(|_| None),
            Some(Token::Name(name)) => Ok(self.assigned.text(name).map(str::to_owned)),
            Some(Token::Sign("{")) => self.table(path, depth + 1).map(|()| None),
            Some(Token::Sign("(")) => {
                let value = self.expression("", depth + 1)?;
                self.skip_to(")", depth + 1)?;
                Ok(value)
            }
            Some(Token::Sign("-" | "#")) => self.operand("", depth + 1).map(|_| None),
            Some(Token::Sign(_)) => Err("an expression that is none"),
            Some(Token::Damage(why)) => Err(why),
            None => Err("it ends inside an expression"),
        }
    }

    /// Reads the members of a table, up to its end.
    fn table(&mut self, path: &str, depth: usize) -> Result<(), &'static str> {
        let below = |key: &str| if path.is_empty() { String::new() } else { format!("{path}.{key}") };
        let mut n_elements = 0_usize;
        loop {
            let key = match self.tokens.peek().cloned() {
                None => return Err("a table without an end"),
                Some(Token::Sign("}")) => {
                    self.take()?;
                    return Ok(());
                }
                Some(Token::Sign("," | ";")) => {
                    self.take()?;
                    continue;
                }
                Some(Token::Sign("[")) => {
                    self.take()?;
                    let key = self.expression("", depth + 1)?;
                    self.skip_to("]", depth + 1)?;
                    self.skip_to("=", depth + 1)?;
                    key.unwrap_or_default()
                }
                Some(Token::Name(name)) => {
                    let mut ahead = self.tokens.clone();
                    ahead.next();
                    if ahead.peek() == Some(&Token::Sign("=")) {
                        self.take()?;
                        self.take()?;
                        name.to_owned()
                    } else {
                        n_elements += 1;
                        n_elements.to_string()
                    }
                }
                Some(_) => {
                    n_elements += 1;
                    n_elements.to_string()
                }
            };
            let path = below(&key);
            if let Some(text) = self.expression(&path, depth + 1)?
                && !path.is_empty()
            {
                self.assigned.0.insert(path, text);
            }
        }
    }

    /// Skips what precedes `end`, which is not inside other brackets, and `end` itself.
    fn skip_to(&mut self, end: &str, depth: usize) -> Result<(), &'static str> {
        let mut open = depth;
        while let Some(token) = self.take()? {
            match token {
                Token::Sign(sign) if sign == end && open == depth => return Ok(()),
                Token::Sign("(" | "{" | "[") => open += 1,
                Token::Sign(")" | "}" | "]") if open == depth => return Err("a bracket that closes nothing"),
                Token::Sign(")" | "}" | "]") => open -= 1,
                _ => {}
            }
        }
        Err("a bracket without an end")
    }
}

#[derive(Clone)]
struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            self.rest = self.rest.trim_start();
            let Some(comment) = self.rest.strip_prefix("--") else { break };
            self.rest = match long_text(comment) {
                Some(Some((_, after))) => after,
                Some(None) => return self.damage("a comment without an end"),
                None => after_line(comment),
            };
        }
        let first = self.rest.chars().next()?;
        if matches!(first, '"' | '\'') {
            return match quoted(self.rest, first) {
                Some((text, after)) => {
                    self.rest = after;
                    Some(Token::Text(text))
                }
                None => self.damage("a text without an end"),
            };
        }
        match long_text(self.rest) {
            Some(Some((text, after))) => {
                self.rest = after;
                return Some(Token::Text(text.to_owned()));
            }
            Some(None) => return self.damage("a text without an end"),
            None => {}
        }
        let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
        let (text, kind): (&str, fn(&'a str) -> Token<'a>) = if first.is_ascii_digit() {
            (prefix(self.rest, |character| is_part(character) || character == '.'), Token::Number)
        } else if is_part(first) {
            (prefix(self.rest, is_part), Token::Name)
        } else {
            let signs = ["...", "..", "==", "~=", "<=", ">=", "::"];
            let length = signs
                .iter()
                .find(|sign| self.rest.starts_with(**sign))
                .map_or(first.len_utf8(), |sign| sign.len());
            (&self.rest[..length], Token::Sign)
        };
        self.rest = &self.rest[text.len()..];
        Some(kind(text))
    }
}

impl<'a> Tokens<'a> {
    fn damage(&mut self, why: &'static str) -> Option<Token<'a>> {
        self.rest = "";
        Some(Token::Damage(why))
    }
}

fn prefix(text: &str, is_part: impl Fn(char) -> bool) -> &str {
    &text[..text.find(|character| !is_part(character)).unwrap_or(text.len())]
}

fn after_line(text: &str) -> &str {
    text.find('\n').map_or("", |end| &text[end..])
}

/// `[[text]]` or `[==[text]==]` at the start of `text`, and what follows; an inner none when it has no end.
fn long_text(text: &str) -> Option<Option<(&str, &str)>> {
    let level = prefix(text.strip_prefix('[')?, |character| character == '=');
    let inside = text[1 + level.len()..].strip_prefix('[')?;
    let end = format!("]{level}]");
    Some(inside.split_once(end.as_str()))
}

/// The text in quotes at the start of `text`, and what follows.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((index, character)) = characters.next() {
        match character {
            '\\' => match characters.next()?.1 {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                other => value.push(other),
            },
            '\n' => return None,
            _ if character == quote => return Some((value, &text[index + 1..])),
            _ => value.push(character),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_joined_texts_are_assigned() {
        let program = "#!/usr/bin/lua\n-- a\n--[[ b\n]] local name, other = f(1)\nlocal base = \"demo\"\n\
            package = base .. '-x'; version = 'x' version = (base and '1.0') .. '-1'\n\
            description = { license = [[MIT]], [\"k\"] = 'v', f('x').y, n = #t == 2 and 1 or nil }\n\
            dependencies = { \"lua >= 5.1\", 'lpeg', --[==[ 'no' ]==] base, }\n\
            if x then version = tostring(1) end\n";
        let assigned = assigned(program).unwrap();
        assert_eq!(assigned.text("package"), Some("demo-x"));
        // What must be run is unknown, also where it might be guessed.
        assert_eq!(assigned.text("version"), None);
        assert_eq!(
            (assigned.text("description.license"), assigned.text("description.k")),
            (Some("MIT"), Some("v"))
        );
        assert_eq!(assigned.elements("dependencies").collect::<Vec<_>>(), ["lua >= 5.1", "lpeg", "demo"]);
    }

    #[test]
    fn a_text_does_not_grow_without_bound() {
        let program = format!("a = 'x'\n{}", "a = a .. a\n".repeat(80));
        assert_eq!(assigned(&program).unwrap().text("a"), None);
        assert!(assigned(&format!("a = {}", "{".repeat(1000))).is_err());
        assert!(assigned("a = 'x").is_err());
    }
}
