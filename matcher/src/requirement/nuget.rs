//! NuGet: an interval, `[1.0,2.0)`, or the lowest version that will do, `1.0`.

use super::maven::read_interval;
use super::{Comparison, Prereleases, Requirement, Sign, Syntax};

pub(super) static SYNTAX: Syntax = Syntax { name: "nuget", contains };

/// A range of NuGet follows the order; pre-releases are the business of whoever asks.
fn contains(text: &str, version: &str, _: Prereleases) -> Option<bool> {
    let text = text.trim();
    let is_interval = text.starts_with(['[', '(']);
    let alternative = match text {
        "*" => Vec::new(),
        _ if is_interval => read_interval(text)?,
        _ => vec![Comparison::new(Sign::AtLeast, text.strip_suffix(".*").unwrap_or(text))],
    };
    Requirement { alternatives: vec![alternative] }.holds_in("nuget", version)
}
