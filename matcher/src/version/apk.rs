//! The order of apk-tools (Alpine, Wolfi and kin): `1.2.3b_rc1~0a1b2c-r4` (feeds.md C1).

use std::cmp::Ordering;

use model::ecosystem::Ecosystem;

use super::{Scheme, VersionScheme, compare_numbers, split_digits};

pub(super) static SCHEME: VersionScheme = VersionScheme::of::<Apk>("apk", &[Ecosystem::Apk]);

struct Apk;

impl Scheme for Apk {
    type Version<'a> = Version<'a>;

    fn read(text: &str) -> Option<Version<'_>> {
        let mut tokens = Tokens::of(text);
        while tokens.advance().ok()? != Token::End {}
        Some(Version(text))
    }

    /// To apk-tools 3 the place where it stops reading is below all that another version has there, its end too:
    /// `1.2_blah < 1.2`. What stands behind it does not count.
    fn order_of_texts(left: &str, right: &str) -> Option<Ordering> {
        let is_text = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        (is_text(left) && is_text(right)).then(|| compare(left, right))
    }
}

/// A text in which every token is valid.
struct Version<'a>(&'a str);

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(self.0, other.0)
    }
}

fn compare(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (Tokens::of(left), Tokens::of(right));
    loop {
        let (left, right) = (left.next(), right.next());
        match left.compare(right) {
            Ordering::Equal if matches!(left, Token::End | Token::Invalid) => return Ordering::Equal,
            Ordering::Equal => {}
            decided => return decided,
        }
    }
}

ordered_by_cmp!(Version<'_>);

/// The parts of a version. A part may only be followed by an equal or later kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    FirstNumber(&'a str),
    /// A number after a dot.
    Number(&'a str),
    Letter(u8),
    /// A number right after a letter, as in `5.7.1p1`: apk-tools 2 allowed it and old security data has it.
    LetterNumber(&'a str),
    Suffix(Suffix),
    SuffixNumber(&'a str),
    Hash(&'a str),
    Revision(&'a str),
    End,
    /// What no token can start with; only in texts that are no version.
    Invalid,
}

/// The named suffixes in their order; those before [`Suffix::Cvs`] come before the plain version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Suffix {
    Alpha,
    Beta,
    Pre,
    Rc,
    Cvs,
    Svn,
    Git,
    Hg,
    P,
}

const SUFFIXES: [(&str, Suffix); 9] = [
    ("alpha", Suffix::Alpha),
    ("beta", Suffix::Beta),
    ("pre", Suffix::Pre),
    ("rc", Suffix::Rc),
    ("cvs", Suffix::Cvs),
    ("svn", Suffix::Svn),
    ("git", Suffix::Git),
    ("hg", Suffix::Hg),
    ("p", Suffix::P),
];

impl Token<'_> {
    fn compare(self, other: Token<'_>) -> Ordering {
        match (self, other) {
            (Token::FirstNumber(left), Token::FirstNumber(right))
            | (Token::LetterNumber(left), Token::LetterNumber(right))
            | (Token::SuffixNumber(left), Token::SuffixNumber(right))
            | (Token::Revision(left), Token::Revision(right)) => compare_numbers(left, right),
            // A leading zero makes it a fraction: `1.010` comes before `1.02`.
            (Token::Number(left), Token::Number(right))
                if left.starts_with('0') || right.starts_with('0') =>
            {
                left.cmp(right)
            }
            (Token::Number(left), Token::Number(right)) => compare_numbers(left, right),
            (Token::Letter(left), Token::Letter(right)) => left.cmp(&right),
            (Token::Suffix(left), Token::Suffix(right)) => left.cmp(&right),
            (Token::Hash(left), Token::Hash(right)) => left.cmp(right),
            (left, right) => match (left.is_pre_suffix(), right.is_pre_suffix()) {
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                // The side that ends sooner is lower.
                _ => right.rank().cmp(&left.rank()),
            },
        }
    }

    fn is_pre_suffix(self) -> bool {
        matches!(self, Token::Suffix(suffix) if suffix < Suffix::Cvs)
    }

    fn rank(self) -> u8 {
        match self {
            Token::FirstNumber(_) => 0,
            Token::Number(_) => 1,
            Token::Letter(_) => 2,
            Token::LetterNumber(_) => 3,
            Token::Suffix(_) => 4,
            Token::SuffixNumber(_) => 5,
            Token::Hash(_) => 6,
            Token::Revision(_) => 7,
            Token::End => 8,
            Token::Invalid => 9,
        }
    }
}

/// A place that no token can start at.
struct Invalid;

struct Tokens<'a> {
    rest: &'a str,
    /// The rank of the last token.
    last: Option<u8>,
}

impl<'a> Tokens<'a> {
    fn of(text: &'a str) -> Self {
        Self { rest: text, last: None }
    }

    fn next(&mut self) -> Token<'a> {
        self.advance().unwrap_or(Token::Invalid)
    }

    fn advance(&mut self) -> Result<Token<'a>, Invalid> {
        let token = self.read()?;
        self.last = Some(token.rank());
        Ok(token)
    }

    fn read(&mut self) -> Result<Token<'a>, Invalid> {
        let Some(rank) = self.last else {
            return self.digits().map(Token::FirstNumber);
        };
        let Some(&first) = self.rest.as_bytes().first() else {
            return Ok(Token::End);
        };
        match first {
            b'.' if rank <= 1 => {
                self.rest = &self.rest[1..];
                self.digits().map(Token::Number)
            }
            b'a'..=b'z' if rank <= 1 => {
                self.rest = &self.rest[1..];
                Ok(Token::Letter(first))
            }
            b'0'..=b'9' if rank == 2 => self.digits().map(Token::LetterNumber),
            b'0'..=b'9' if rank == 4 => self.digits().map(Token::SuffixNumber),
            b'_' if rank <= 5 => {
                let word = &self.rest[1..];
                let end = word.bytes().position(|byte| !byte.is_ascii_lowercase()).unwrap_or(word.len());
                let (word, rest) = word.split_at(end);
                let (_, suffix) = SUFFIXES.iter().find(|(name, _)| *name == word).ok_or(Invalid)?;
                self.rest = rest;
                Ok(Token::Suffix(*suffix))
            }
            b'~' if rank <= 5 => {
                let hash = &self.rest[1..];
                let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
                let end = hash.bytes().position(|byte| !is_hex(byte)).unwrap_or(hash.len());
                let (hash, rest) = hash.split_at(end);
                self.rest = rest;
                if hash.is_empty() { Err(Invalid) } else { Ok(Token::Hash(hash)) }
            }
            b'-' if rank <= 6 => {
                self.rest = self.rest.strip_prefix("-r").ok_or(Invalid)?;
                self.digits().map(Token::Revision)
            }
            _ => Err(Invalid),
        }
    }

    fn digits(&mut self) -> Result<&'a str, Invalid> {
        let (digits, rest) = split_digits(self.rest);
        self.rest = rest;
        if digits.is_empty() { Err(Invalid) } else { Ok(digits) }
    }
}
