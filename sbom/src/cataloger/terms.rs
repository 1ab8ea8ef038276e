//! Terms as Erlang and Elixir write them to files: atoms, texts, lists, tuples and maps, without evaluating anything.
//!
//! Numbers and names are atoms here. Of a damaged text the terms up to the damage are kept, those that it cuts off too.

/// Levels of lists and tuples; real files have some six.
const DEPTH_MAX: usize = 64;

/// A term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Term {
    /// `hex`, `:hex`, `'hex'`, `0`.
    Atom(String),
    /// `"text"`, `<<"text">>`.
    Text(String),
    List(Vec<Self>),
    Tuple(Vec<Self>),
}

impl Term {
    /// The text of a text or of an atom.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Atom(text) | Self::Text(text) => Some(text),
            Self::List(_) | Self::Tuple(_) => None,
        }
    }

    /// The members of a tuple; of anything else none.
    pub(super) fn tuple(&self) -> &[Self] {
        if let Self::Tuple(members) = self { members } else { &[] }
    }

    /// The elements of a list or map; of anything else none.
    pub(super) fn list(&self) -> &[Self] {
        if let Self::List(elements) = self { elements } else { &[] }
    }

    /// What is behind `key` in a list of pairs.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.list().iter().find_map(|pair| match pair.tuple() {
            [name, value] if name.text() == Some(key) => Some(value),
            _ => None,
        })
    }
}

/// Whose terms they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    /// `{<<"name">>, atom}.`, with `%` before comments.
    Erlang,
    /// `%{"name": {:atom, key: "value"}}`, with `#` before comments. Maps are lists of pairs, and so are keywords.
    Elixir,
}

/// The terms of `text`, and what is wrong with it.
pub(super) fn parse(text: &str, syntax: Syntax) -> (Vec<Term>, Option<String>) {
    let mut open = vec![Open::new(Bracket::None)];
    let mut tokens = Tokens { text, at: 0, syntax };
    let problem = loop {
        match tokens.next() {
            Ok(None) if open.len() == 1 => break None,
            Ok(None) => break Some("it ends inside a term".to_owned()),
            Ok(Some(token)) => {
                if let Err(problem) = take(token, &mut open) {
                    break Some(format!("{problem} at byte {}", tokens.at));
                }
            }
            Err(problem) => break Some(format!("{problem} at byte {}", tokens.at)),
        }
    };
    while open.len() > 1 {
        close(&mut open);
    }
    (open.pop().map(|last| last.terms).unwrap_or_default(), problem)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bracket {
    None,
    List,
    Tuple,
}

/// A list or tuple that is not complete.
struct Open {
    bracket: Bracket,
    terms: Vec<Term>,
    /// A key whose value comes next.
    key: Option<Term>,
}

impl Open {
    fn new(bracket: Bracket) -> Self {
        Self { bracket, terms: Vec::new(), key: None }
    }

    fn push(&mut self, term: Term) {
        let term = match self.key.take() {
            Some(key) => Term::Tuple(vec![key, term]),
            None => term,
        };
        self.terms.push(term);
    }
}

enum Token {
    Open(Bracket),
    Close(Bracket),
    Term(Term),
    /// `:` or `=>` after a key.
    Arrow,
    /// `,` and the `.` at the end of a term.
    Separator,
}

fn take(token: Token, open: &mut Vec<Open>) -> Result<(), &'static str> {
    let depth = open.len();
    let Some(last) = open.last_mut() else { return Err("a bracket too many") };
    match token {
        Token::Open(_) if depth > DEPTH_MAX => return Err("more levels than any real file has"),
        Token::Open(bracket) => open.push(Open::new(bracket)),
        Token::Close(bracket) if depth == 1 || bracket != last.bracket => {
            return Err("a bracket that closes nothing");
        }
        Token::Close(_) => close(open),
        Token::Term(term) => last.push(term),
        Token::Arrow => last.key = Some(last.terms.pop().ok_or("a value without a key")?),
        Token::Separator => {}
    }
    Ok(())
}

fn close(open: &mut Vec<Open>) {
    let Some(done) = open.pop() else { return };
    let term = if done.bracket == Bracket::Tuple { Term::Tuple(done.terms) } else { Term::List(done.terms) };
    if let Some(last) = open.last_mut() {
        last.push(term);
    }
}

struct Tokens<'a> {
    text: &'a str,
    at: usize,
    syntax: Syntax,
}

impl Tokens<'_> {
    fn next(&mut self) -> Result<Option<Token>, &'static str> {
        self.skip_blank();
        let rest = &self.text[self.at..];
        let Some(first) = rest.chars().next() else { return Ok(None) };
        let is_elixir = self.syntax == Syntax::Elixir;
        let (length, token) = match first {
            '[' => (1, Token::Open(Bracket::List)),
            '{' => (1, Token::Open(Bracket::Tuple)),
            // Maps are closed by the same brace as tuples and are told apart no further.
            '%' if rest.starts_with("%{") => (2, Token::Open(Bracket::Tuple)),
            '#' if rest.starts_with("#{") => (2, Token::Open(Bracket::Tuple)),
            // A character, `$a`, and a number to a base, `16#ff`.
            '$' if !is_elixir => {
                let character = rest.chars().nth(1).map_or(0, char::len_utf8);
                (1 + character, Token::Term(Term::Atom(rest[1..1 + character].to_owned())))
            }
            '#' if !is_elixir => (1, Token::Separator),
            ']' => (1, Token::Close(Bracket::List)),
            '}' => (1, Token::Close(Bracket::Tuple)),
            ',' | '.' | ';' | '|' => (1, Token::Separator),
            '=' if rest.starts_with("=>") => (2, Token::Arrow),
            '<' if rest.starts_with("<<") => (2, Token::Separator),
            '>' if rest.starts_with(">>") => (2, Token::Separator),
            // The encoding of a binary: `<<"text"/utf8>>`.
            '/' => (1 + word(&rest[1..]).len(), Token::Separator),
            '"' => return self.quoted('"').map(|text| Some(Token::Term(Term::Text(text)))),
            '\'' => return self.quoted('\'').map(|text| Some(Token::Term(Term::Atom(text)))),
            ':' if is_elixir && rest.starts_with(":\"") => {
                self.at += 1;
                return self.quoted('"').map(|text| Some(Token::Term(Term::Atom(text))));
            }
            ':' if is_elixir && !word(&rest[1..]).is_empty() => {
                let name = word(&rest[1..]);
                (1 + name.len(), Token::Term(Term::Atom(name.to_owned())))
            }
            ':' => (1, Token::Arrow),
            _ => match word(rest) {
                "" => return Err("an unexpected character"),
                name => (name.len(), Token::Term(Term::Atom(name.to_owned()))),
            },
        };
        self.at += length;
        Ok(Some(token))
    }

    fn skip_blank(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            self.at += rest.len() - rest.trim_start().len();
            let rest = &self.text[self.at..];
            let is_comment = match self.syntax {
                Syntax::Erlang => rest.starts_with('%'),
                Syntax::Elixir => rest.starts_with('#'),
            };
            if !is_comment {
                return;
            }
            self.at += rest.find('\n').unwrap_or(rest.len());
        }
    }

    /// The text up to the next `quote`; a backslash keeps what follows it.
    fn quoted(&mut self, quote: char) -> Result<String, &'static str> {
        let rest = &self.text[self.at + 1..];
        let mut text = String::new();
        let mut characters = rest.char_indices();
        while let Some((index, character)) = characters.next() {
            match character {
                '\\' => text.extend(characters.next().map(|(_, escaped)| match escaped {
                    'n' => '\n',
                    't' => '\t',
                    other => other,
                })),
                _ if character == quote => {
                    self.at += 1 + index + 1;
                    return Ok(text);
                }
                _ => text.push(character),
            }
        }
        Err("a text without an end")
    }
}

/// The letters, digits and signs that an atom or a number starts with.
fn word(text: &str) -> &str {
    let is_part = |character: char| {
        character.is_alphanumeric() || matches!(character, '_' | '@' | '-' | '+' | '?' | '!')
    };
    let end = text.find(|character| !is_part(character)).unwrap_or(text.len());
    // `1.2` is one number; the `.` that ends a term is followed by no digit.
    let fraction = text[end..].strip_prefix('.').map_or("", |rest| {
        let digits = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
        &rest[..digits]
    });
    let is_number = text.starts_with(|character: char| character.is_ascii_digit());
    if is_number && !fraction.is_empty() { &text[..end + 1 + fraction.len()] } else { &text[..end] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, syntax: Syntax) -> (String, bool) {
        let (terms, problem) = parse(text, syntax);
        let said: Vec<String> = terms.iter().map(show).collect();
        (said.join(" "), problem.is_some())
    }

    fn show(term: &Term) -> String {
        let all = |terms: &[Term]| terms.iter().map(show).collect::<Vec<_>>().join(" ");
        match term {
            Term::Atom(text) => text.clone(),
            Term::Text(text) => format!("{text:?}"),
            Term::List(terms) => format!("[{}]", all(terms)),
            Term::Tuple(terms) => format!("({})", all(terms)),
        }
    }

    #[test]
    fn both_languages_are_read() {
        for (text, syntax, expected) in [
            (
                "% a\n{a, \"b\\\"c\", [1.5, <<\"d\"/utf8>>]}. 'e f'.",
                Syntax::Erlang,
                "(a \"b\\\"c\" [1.5 \"d\"]) e f",
            ),
            (
                "%{\"a\": {:hex, :\"b.c\", [x: :y, z: false]}, # c\n}",
                Syntax::Elixir,
                "((\"a\" (hex b.c [(x y) (z false)])))",
            ),
            ("{[$\", $}|a], 16#ff, #{b => 1.0}}.", Syntax::Erlang, "([\" } a] 16 ff ((b 1.0)))"),
            ("%{\"a\" => {:b, \"~> 1.0\"},}", Syntax::Elixir, "((\"a\" (b \"~> 1.0\")))"),
        ] {
            assert_eq!(said(text, syntax), (expected.to_owned(), false), "{text}");
        }
    }

    #[test]
    fn what_precedes_damage_is_kept() {
        assert_eq!(
            said("%{\"a\": {:b}, \"c\": {:d, $", Syntax::Elixir),
            ("((\"a\" (b)) (\"c\" (d)))".to_owned(), true)
        );
        assert_eq!(said("{a, \"b", Syntax::Erlang), ("(a)".to_owned(), true));
        assert!(parse(&"[".repeat(1000), Syntax::Erlang).1.is_some());
    }
}
