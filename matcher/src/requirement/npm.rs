//! npm: `^1.2.3 || ~2.0 || >=3.0.0 <4.0.0-0 || 5.x || 6.0.0 - 6.2` (feeds.md C4). As node reads it with `loose`.

use super::{Comparison, Prereleases, Requirement, Sign, Syntax, is_number, successor};

pub(super) static SYNTAX: Syntax = Syntax { name: "npm", contains };

fn contains(text: &str, version: &str, prereleases: Prereleases) -> Option<bool> {
    let alternatives = text.split("||").map(|alternative| read(alternative, prereleases));
    // An alternative that cannot be read hides none of the others.
    let mut answer = Some(false);
    for alternative in alternatives {
        let holds = alternative.and_then(|alternative| {
            let is_admitted = prereleases == Prereleases::Ordered || is_admitted(version, &alternative);
            let holds = Requirement { alternatives: vec![alternative] }.holds_in("semver", version);
            holds.map(|holds| holds && is_admitted)
        });
        answer = super::or(answer, holds);
    }
    answer
}

/// To install, a pre-release needs a comparison with a pre-release of the same three numbers.
fn is_admitted(version: &str, alternative: &[Comparison]) -> bool {
    let Some(version) = Partial::read(version).filter(|version| !version.prerelease.is_empty()) else {
        return true;
    };
    alternative
        .iter()
        .filter_map(|comparison| Partial::read(&comparison.bound))
        .any(|bound| !bound.prerelease.is_empty() && bound.numbers == version.numbers)
}

/// One alternative: comparisons with white space between them, or two versions with a hyphen between them.
fn read(text: &str, prereleases: Prereleases) -> Option<Vec<Comparison>> {
    let words = words(text);
    let mut comparisons = Vec::new();
    if let [low, "-", high] = words[..] {
        hyphen(Partial::read(low)?, Partial::read(high)?, prereleases, &mut comparisons);
        return Some(comparisons);
    }
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let (sign, rest) = split_sign(word);
        // A sign may stand apart from its version.
        let version = if rest.is_empty() && !sign.is_empty() { words.next()? } else { rest };
        let partial = Partial::read(version)?;
        // More signs of equality may follow a sign.
        let core = sign.trim_end_matches('=');
        match (core, core.len() < sign.len()) {
            ("^", _) => caret(partial, prereleases, &mut comparisons),
            ("~" | "~>", _) => tilde(partial, prereleases, &mut comparisons),
            ("<", true) => plain("<=", partial, prereleases, &mut comparisons),
            (">", true) => plain(">=", partial, prereleases, &mut comparisons),
            ("" | "<" | ">", _) => plain(core, partial, prereleases, &mut comparisons),
            _ => return None,
        }
    }
    Some(comparisons)
}

/// The words of a requirement; commas, which some records use, separate them too.
fn words(text: &str) -> Vec<&str> {
    text.split(|any: char| any.is_ascii_whitespace() || any == ',').filter(|word| !word.is_empty()).collect()
}

fn split_sign(word: &str) -> (&str, &str) {
    word.split_at(
        word.bytes().position(|byte| !matches!(byte, b'<' | b'>' | b'=' | b'~' | b'^')).unwrap_or(word.len()),
    )
}

/// A version of which parts may be missing or stand for any (`1.x`).
struct Partial<'a> {
    /// Major, minor and patch; those behind the first missing one are missing too.
    numbers: [Option<&'a str>; 3],
    prerelease: &'a str,
}

impl<'a> Partial<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let text = text.trim().trim_start_matches(['=', 'v', 'V']).trim_start();
        let text = text.split_once('+').map_or(text, |(version, _)| version);
        let is_of_numbers = |byte: u8| matches!(byte, b'0'..=b'9' | b'.' | b'x' | b'X' | b'*');
        let end = text.bytes().position(|byte| !is_of_numbers(byte)).unwrap_or(text.len());
        let (numbers, prerelease) = text.split_at(end);
        let is_word =
            numbers.ends_with(['x', 'X', '*']) && prerelease.starts_with(|first: char| first != '-');
        if is_word || text == "-" {
            return None;
        }
        let prerelease = prerelease.strip_prefix('-').unwrap_or(prerelease);
        let mut parts = [None; 3];
        let mut is_any = numbers.is_empty();
        let count = numbers.split('.').count();
        if count > 3 || (is_any && !prerelease.is_empty()) {
            return None;
        }
        for (part, number) in parts.iter_mut().zip(numbers.split('.')) {
            let is_wildcard = matches!(number, "x" | "X" | "*" | "");
            if !is_wildcard && !is_number(number) {
                return None;
            }
            is_any |= is_wildcard;
            *part = (!is_any).then_some(number);
        }
        Some(Self { numbers: parts, prerelease })
    }

    /// The version itself, missing numbers as zero, with `otherwise` where it has no pre-release.
    fn lowest(&self, otherwise: &str) -> String {
        let [major, minor, patch] = self.numbers.map(|number| number.unwrap_or("0"));
        let is_whole = self.numbers[2].is_some();
        match self.prerelease {
            prerelease if is_whole && !prerelease.is_empty() => {
                format!("{major}.{minor}.{patch}-{prerelease}")
            }
            _ => format!("{major}.{minor}.{patch}{otherwise}"),
        }
    }

    /// The first version that has the number at `index` raised; `end` is its pre-release.
    fn after(&self, index: usize, end: &str) -> String {
        let mut numbers = self.numbers.map(|number| number.unwrap_or("0").to_owned());
        numbers[index] = successor(&numbers[index]);
        for number in &mut numbers[index + 1..] {
            *number = "0".to_owned();
        }
        format!("{}{end}", numbers.join("."))
    }

    /// The last number that is there, if any is.
    fn last(&self) -> Option<usize> {
        self.numbers.iter().rposition(Option::is_some)
    }
}

/// What a lower bound without a pre-release begins with.
fn start(prereleases: Prereleases) -> &'static str {
    match prereleases {
        Prereleases::Ordered => "-0",
        Prereleases::Installed => "",
    }
}

/// All versions that share the numbers up to the one at `index`.
fn branch(partial: &Partial<'_>, index: usize, lowest: &str, comparisons: &mut Vec<Comparison>) {
    comparisons.push(Comparison::new(Sign::AtLeast, partial.lowest(lowest)));
    comparisons.push(Comparison::new(Sign::Below, partial.after(index, "-0")));
}

/// `~1.2.3` may change the patch, `~1` the minor.
fn tilde(partial: Partial<'_>, prereleases: Prereleases, comparisons: &mut Vec<Comparison>) {
    match partial.last() {
        None => {}
        Some(2) => branch(&partial, 1, "", comparisons),
        Some(last) => branch(&partial, last, start(prereleases), comparisons),
    }
}

/// `^1.2.3` may change what is right of the first number that is not zero.
fn caret(partial: Partial<'_>, prereleases: Prereleases, comparisons: &mut Vec<Comparison>) {
    let Some(last) = partial.last() else { return };
    let is_zero =
        |number: &Option<&str>| number.is_some_and(|number| number.bytes().all(|byte| byte == b'0'));
    let index =
        partial.numbers.iter().position(|number| !is_zero(number)).map_or(last, |index| index.min(last));
    let lowest = match (last, index) {
        (2, 0) => "",
        _ => start(prereleases),
    };
    branch(&partial, index, lowest, comparisons);
}

/// A comparison, or a version alone, which may stand for a branch.
fn plain(sign: &str, partial: Partial<'_>, prereleases: Prereleases, comparisons: &mut Vec<Comparison>) {
    let start = start(prereleases);
    let mut compare = |sign: Sign, bound: String| comparisons.push(Comparison::new(sign, bound));
    match (sign, partial.last()) {
        ("<" | ">", None) => compare(Sign::Below, "0.0.0-0".to_owned()),
        (_, None) => {}
        ("<", Some(2)) => compare(Sign::Below, partial.lowest("")),
        ("<=", Some(2)) => compare(Sign::AtMost, partial.lowest("")),
        (">", Some(2)) => compare(Sign::Above, partial.lowest("")),
        (">=", Some(2)) => compare(Sign::AtLeast, partial.lowest("")),
        (_, Some(2)) => compare(Sign::Equal, partial.lowest("")),
        ("<", _) => compare(Sign::Below, partial.lowest("-0")),
        ("<=", Some(last)) => compare(Sign::Below, partial.after(last, "-0")),
        (">", Some(last)) => compare(Sign::AtLeast, partial.after(last, start)),
        (">=", _) => compare(Sign::AtLeast, partial.lowest(start)),
        (_, Some(last)) => branch(&partial, last, start, comparisons),
    }
}

/// Both ends are inside; of a part, the whole branch is.
fn hyphen(low: Partial<'_>, high: Partial<'_>, prereleases: Prereleases, comparisons: &mut Vec<Comparison>) {
    if low.last().is_some() {
        comparisons.push(Comparison::new(Sign::AtLeast, low.lowest(start(prereleases))));
    }
    match high.last() {
        None => {}
        Some(2) => comparisons.push(Comparison::new(Sign::AtMost, high.lowest(""))),
        Some(last) => comparisons.push(Comparison::new(Sign::Below, high.after(last, "-0"))),
    }
}
