//! Python's order, PEP 440: `1!2.0rc1.post2.dev3+local.4` (feeds.md C5).

use std::cmp::Ordering;

use model::ecosystem::Ecosystem;
use pep440_rs::Version;

use super::{Scheme, VersionScheme};

pub(super) static SCHEME: VersionScheme = VersionScheme::of::<Pep440>("pep440", &[Ecosystem::PyPi]);

struct Pep440;

impl Scheme for Pep440 {
    type Version<'a> = Version;

    fn read(text: &str) -> Option<Version> {
        text.trim().parse().ok()
    }

    /// `packaging` before release 22 put what is no version below every version, in an order of its own.
    fn order_of_texts(left: &str, right: &str) -> Option<Ordering> {
        Some(Text::read(left)?.cmp(&Text::read(right)?))
    }

    /// A bound without a local part speaks of the public version, so `2.1.0+cu118` counts as `2.1.0`. Nothing
    /// else of the specifiers' rules applies: `1.0rc1` *is* below `1.0`.
    fn compare_to_bound(installed: &Version, bound: &Version) -> Ordering {
        if bound.local().is_empty() && !installed.local().is_empty() {
            installed.clone().without_local().cmp(bound)
        } else {
            installed.cmp(bound)
        }
    }
}

/// A text in the order that `packaging` had before release 22.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Text {
    Legacy(Vec<String>),
    Version(Version),
}

impl Text {
    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(version) = text.parse() {
            return Some(Self::Version(version));
        }
        let is_text = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_text.then(|| Self::Legacy(legacy_parts(&text.to_ascii_lowercase())))
    }
}

/// What stands at the end of each legacy version, and above its words for what comes before a release.
const FINAL: &str = "*final";

/// The parts of a legacy version, ordered as text: a word has an asterisk before it, by which it is below any number,
/// and a number at least eight digits. A hyphen is a word that comes after [`FINAL`].
fn legacy_parts(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for part in legacy_runs(text) {
        match part {
            "." => continue,
            number if number.starts_with(|first: char| first.is_ascii_digit()) => {
                parts.push(format!("{number:0>8}"));
                continue;
            }
            "pre" | "preview" | "rc" => push_word(&mut parts, "*c".to_owned()),
            "dev" => push_word(&mut parts, "*@".to_owned()),
            "-" => push_word(&mut parts, format!("{FINAL}-")),
            word => push_word(&mut parts, format!("*{word}")),
        }
    }
    push_word(&mut parts, FINAL.to_owned());
    parts
}

/// Runs of digits, of letters and of other characters; each dot and hyphen is a run of its own.
fn legacy_runs(text: &str) -> impl Iterator<Item = &str> {
    let kind = |byte: u8| match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        _ => 2,
    };
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = *rest.as_bytes().first()?;
        let is_alone = |byte: u8| matches!(byte, b'.' | b'-');
        let end = if is_alone(first) {
            1
        } else {
            let is_other = |byte: u8| kind(byte) != kind(first) || is_alone(byte);
            rest.bytes().position(is_other).unwrap_or(rest.len())
        };
        let run;
        (run, rest) = rest.split_at(end);
        Some(run)
    })
}

/// Zeros before a word do not count, nor hyphens before a word for what comes before a release.
fn push_word(parts: &mut Vec<String>, word: String) {
    let is_before_release = word.as_str() < FINAL;
    while is_before_release && parts.last().is_some_and(|part| part == "*final-") {
        parts.pop();
    }
    while parts.last().is_some_and(|part| part == "00000000") {
        parts.pop();
    }
    parts.push(word);
}
