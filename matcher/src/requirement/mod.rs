//! What a text says of versions, in the notation of an ecosystem: one file a notation, one line in [`SYNTAXES`].
//!
//! Records hold bounds, not such texts. They stand in VEX documents (`vers:`), in manifests and in what users write.

use std::cmp::Ordering;

use crate::version::{self, VersionScheme};

mod composer;
mod gem;
mod maven;
mod npm;
mod nuget;
mod pep440;
pub mod vers;

/// Above this a requirement or a version is not read: the cost is the product of both.
const REQUIREMENT_BYTES_MAX: usize = 64 << 10;
const VERSION_BYTES_MAX: usize = 4 << 10;

/// What a version before a release has to meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prereleases {
    /// The order alone decides, as it must for what is said of vulnerabilities (feeds.md C).
    Ordered,
    /// The rules by which the ecosystem's tool chooses what to install.
    Installed,
}

/// How an ecosystem writes requirements.
#[derive(Debug)]
pub struct Syntax {
    /// The notation's name, which is also its file's.
    pub name: &'static str,
    contains: fn(&str, &str, Prereleases) -> Option<bool>,
}

/// Every notation for the versions of one ecosystem, sorted by name.
pub static SYNTAXES: &[&Syntax] =
    &[&composer::SYNTAX, &gem::SYNTAX, &maven::SYNTAX, &npm::SYNTAX, &nuget::SYNTAX, &pep440::SYNTAX];

impl Syntax {
    /// Whether `version` meets the requirement `text`; none when it cannot be told, because what it hangs on cannot be
    /// read or is too long.
    pub fn contains(&self, text: &str, version: &str, prereleases: Prereleases) -> Option<bool> {
        if text.len() > REQUIREMENT_BYTES_MAX || version.len() > VERSION_BYTES_MAX {
            return None;
        }
        (self.contains)(text, version, prereleases)
    }
}

/// The notation called `name`.
pub fn by_name(name: &str) -> Option<&'static Syntax> {
    SYNTAXES.iter().copied().find(|syntax| syntax.name == name)
}

/// Alternatives, each a list of comparisons that must all hold. No alternative is met by nothing, an empty one by
/// every version.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Requirement {
    pub(crate) alternatives: Vec<Vec<Comparison>>,
}

/// One comparison.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Comparison {
    pub(crate) sign: Sign,
    pub(crate) bound: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    Below,
    AtMost,
    Equal,
    Unequal,
    AtLeast,
    Above,
}

impl Sign {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Below => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
            Self::AtLeast => order.is_ge(),
            Self::Above => order.is_gt(),
        }
    }

    /// The sign at the start of `text` and the trimmed rest; none where no sign is.
    fn split(text: &str) -> Option<(Self, &str)> {
        const SIGNS: [(&str, Sign); 9] = [
            ("===", Sign::Equal),
            ("==", Sign::Equal),
            ("!=", Sign::Unequal),
            ("<>", Sign::Unequal),
            ("<=", Sign::AtMost),
            (">=", Sign::AtLeast),
            ("=", Sign::Equal),
            ("<", Sign::Below),
            (">", Sign::Above),
        ];
        let (word, sign) = SIGNS.iter().find(|(word, _)| text.starts_with(word))?;
        Some((*sign, text[word.len()..].trim_start()))
    }
}

impl Comparison {
    fn new(sign: Sign, bound: impl Into<String>) -> Self {
        Self { sign, bound: bound.into() }
    }
}

impl Requirement {
    /// [`Requirement::holds`] in the scheme called `scheme`.
    pub(crate) fn holds_in(&self, scheme: &str, version: &str) -> Option<bool> {
        self.holds(version::by_name(scheme)?, version)
    }

    /// Whether `version` meets the requirement. What cannot be read decides nothing, unless all else has decided.
    pub(crate) fn holds(&self, scheme: &VersionScheme, version: &str) -> Option<bool> {
        if version.len() > VERSION_BYTES_MAX {
            return None;
        }
        let bounds: Vec<&str> =
            self.alternatives.iter().flatten().map(|comparison| comparison.bound.as_str()).collect();
        let orders = (scheme.order_to_bounds)(version, &bounds)?;
        let mut orders = orders.into_iter();
        let mut answer = Some(false);
        for alternative in &self.alternatives {
            let holds = alternative
                .iter()
                .zip(orders.by_ref())
                .map(|(comparison, order)| order.map(|order| comparison.sign.holds(order)));
            answer = or(answer, holds.fold(Some(true), and));
        }
        answer
    }
}

/// Both, where what is unknown may still be false.
fn and(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// Either, where what is unknown may still be true.
fn or(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

/// `number` and one, of any size.
fn successor(number: &str) -> String {
    let mut digits = number.as_bytes().to_vec();
    for digit in digits.iter_mut().rev() {
        if *digit != b'9' {
            *digit += 1;
            return String::from_utf8_lossy(&digits).into_owned();
        }
        *digit = b'0';
    }
    format!("1{}", String::from_utf8_lossy(&digits))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
