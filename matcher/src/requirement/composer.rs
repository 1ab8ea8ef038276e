//! Composer: `^1.2 || ~2.0,<2.5 || 3.* || 4.0 - 4.2` (feeds.md C10, composer/semver).

use super::{Comparison, Prereleases, Requirement, Sign, Syntax, is_number, successor};

pub(super) static SYNTAX: Syntax = Syntax { name: "composer", contains };

/// To install, `<1.2` and `>=1.2` mean `1.2-dev`, below all pre-releases of 1.2.
fn contains(text: &str, version: &str, prereleases: Prereleases) -> Option<bool> {
    let mut answer = Some(false);
    for alternative in text.replace("||", "|").split('|') {
        let holds = read(alternative, prereleases)
            .and_then(|terms| Requirement { alternatives: vec![terms] }.holds_in("composer", version));
        answer = super::or(answer, holds);
    }
    answer
}

/// One alternative; of nothing there is none.
fn read(text: &str, prereleases: Prereleases) -> Option<Vec<Comparison>> {
    let words: Vec<&str> = text
        .split(|any: char| any.is_ascii_whitespace() || any == ',')
        .filter(|word| !word.is_empty())
        .collect();
    if words.is_empty() {
        return None;
    }
    let mut terms = Vec::new();
    if let [low, "-", high] = words[..] {
        hyphen(low, high, prereleases, &mut terms);
        return Some(terms);
    }
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let end = word.find(|any: char| !"<>=!~^".contains(any)).unwrap_or(word.len());
        let (sign, rest) = word.split_at(end);
        let version = if rest.is_empty() { words.next()? } else { rest };
        term(sign, without_flag(version), prereleases, &mut terms)?;
    }
    Some(terms)
}

/// `1.2@beta` without what a user accepts of it.
fn without_flag(version: &str) -> &str {
    version.split_once('@').map_or(version, |(version, _)| version)
}

fn term(sign: &str, version: &str, prereleases: Prereleases, terms: &mut Vec<Comparison>) -> Option<()> {
    // Between two versions and more it means nothing.
    if version == "-" {
        return None;
    }
    let numbers = numbers(version);
    match sign {
        "~" => {
            // `~1.2` may change the minor number, `~1.2.3` the patch.
            let index = numbers.len().checked_sub(1)?.saturating_sub(1);
            branch(version, &numbers, index, terms);
        }
        "^" => {
            let last = numbers.len().checked_sub(1)?;
            let is_zero = |number: &&str| number.bytes().all(|byte| byte == b'0');
            let index = numbers.iter().position(|number| !is_zero(number)).unwrap_or(last);
            branch(version, &numbers, index, terms);
        }
        "" | "=" | "==" if is_wildcard(version) => {
            if let Some(last) = numbers.len().checked_sub(1) {
                branch(&numbers.join("."), &numbers, last, terms);
            }
        }
        _ => {
            let sign = match sign {
                "" | "=" | "==" => Sign::Equal,
                "!=" | "<>" => Sign::Unequal,
                "<" => Sign::Below,
                "<=" => Sign::AtMost,
                ">" => Sign::Above,
                ">=" => Sign::AtLeast,
                _ => return None,
            };
            let is_start =
                matches!(sign, Sign::Below | Sign::AtLeast) && prereleases == Prereleases::Installed;
            let has_stability =
                version.bytes().any(|byte| byte.is_ascii_alphabetic() && !matches!(byte, b'v' | b'V'));
            let dev = if is_start && !has_stability { "-dev" } else { "" };
            terms.push(Comparison::new(sign, format!("{}{dev}", without_build(version))));
        }
    }
    Some(())
}

fn without_build(version: &str) -> &str {
    version.split_once('+').map_or(version, |(version, _)| version)
}

fn is_wildcard(version: &str) -> bool {
    version.trim_start_matches(['v', 'V']).split('.').next_back().is_some_and(is_any)
}

fn is_any(part: &str) -> bool {
    matches!(part, "x" | "X" | "*")
}

/// The numbers at the start of a version, up to a wildcard or a stability.
fn numbers(version: &str) -> Vec<&str> {
    let version = without_build(version.trim_start_matches(['v', 'V']));
    let version = version.split_once('-').map_or(version, |(numbers, _)| numbers);
    version.split('.').take(4).take_while(|part| is_number(part)).collect()
}

/// From `version` to the first with the number at `index` raised, pre-releases of which are outside.
fn branch(version: &str, numbers: &[&str], index: usize, terms: &mut Vec<Comparison>) {
    let low = without_build(version);
    let has_stability = low.contains('-')
        || low.trim_start_matches(['v', 'V']).bytes().any(|byte| byte.is_ascii_alphabetic());
    let dev = if has_stability { "" } else { "-dev" };
    terms.push(Comparison::new(Sign::AtLeast, format!("{low}{dev}")));
    terms.push(Comparison::new(Sign::Below, after(numbers, index)));
}

fn after(numbers: &[&str], index: usize) -> String {
    let mut raised: Vec<String> = numbers.iter().take(index + 1).map(|number| (*number).to_owned()).collect();
    if let Some(last) = raised.last_mut() {
        *last = successor(last);
    }
    format!("{}-dev", raised.join("."))
}

/// Both ends are inside; of a part, the whole branch is.
fn hyphen(low: &str, high: &str, prereleases: Prereleases, terms: &mut Vec<Comparison>) {
    let dev = if prereleases == Prereleases::Installed { "-dev" } else { "" };
    terms.push(Comparison::new(Sign::AtLeast, format!("{}{dev}", without_build(low))));
    let numbers = numbers(high);
    if numbers.len() >= 3 || numbers.is_empty() {
        terms.push(Comparison::new(Sign::AtMost, without_build(high)));
    } else {
        terms.push(Comparison::new(Sign::Below, after(&numbers, numbers.len() - 1)));
    }
}
