//! Alpine's lists of rejected reports: source package and the CVEs that do not affect it in any release (feeds.md A1).
//!
//! They are YAML of one shape, a mapping of names to lists of ids, and are read line by line:
//!
//! ```yaml
//! # why
//! libdemo:
//!   - CVE-2025-10001 # disputed upstream
//! ```

use model::advisory::{Affected, Aside, Status};
use model::ecosystem::Ecosystem;
use model::key::{KeyKind, Namespace, PackageKey, normalise_name};

use crate::advisories::Advisories;
use crate::document::Document;
use crate::error::ParseError;

/// Why such a row says that nothing is affected.
const REASON: &str = "security-rejections";

/// Whether `document` is such a list, and no JSON.
///
/// # Errors
/// When it cannot be opened.
pub(crate) fn is_list(document: &Document<'_>) -> Result<bool, ParseError> {
    let mut content = document.open()?;
    Ok(content.fill_buf()?.trim_ascii_start().first().is_some_and(|byte| !b"{[".contains(byte)))
}

/// Reads `document` into `namespace`. What the other documents of the feed say of the same package and id gives way.
///
/// # Errors
/// When no line of it names a package.
pub(crate) fn read(
    document: &Document<'_>,
    namespace: &Namespace,
    advisories: &mut Advisories,
) -> Result<(), ParseError> {
    let text = document.text()?;
    let mut package: Option<Box<str>> = None;
    for line in text.lines() {
        match (Line::of(line), &package) {
            (Line::Nothing, _) => {}
            (Line::Package(name), _) => package = Some(normalise_name(Ecosystem::Apk, name)),
            (Line::Id(id), Some(package)) => {
                let key = PackageKey::new(namespace.clone(), KeyKind::Source, package.clone());
                let advisory = advisories.record(namespace, id);
                advisory.affected.retain(|row| row.key != key);
                let reason = Some(REASON.to_owned());
                advisory.affected.push(Affected {
                    aside: Aside { reason, ..Aside::default() }.into(),
                    ..Affected::new(key, Status::NotAffected)
                });
            }
            (Line::Id(_) | Line::Other, _) => advisories.remarks.unknown_word("rejections", line.trim()),
        }
    }
    match package {
        Some(_) => Ok(()),
        None => Err(ParseError::NotTheFeed("no list of rejected reports".to_owned())),
    }
}

/// What one line says.
#[derive(Debug, PartialEq, Eq)]
enum Line<'a> {
    /// Blank, a comment, or a mark of YAML.
    Nothing,
    Package(&'a str),
    Id(&'a str),
    Other,
}

impl<'a> Line<'a> {
    fn of(line: &'a str) -> Self {
        let line = match line.find(" #") {
            Some(at) => &line[..at],
            None => line,
        };
        let said = line.trim();
        if said.is_empty() || said.starts_with('#') || matches!(said, "---" | "...") {
            return Self::Nothing;
        }
        let is_word =
            |word: &str| !word.is_empty() && !word.contains([' ', '\t', ':', '[', '{', '&', '*', '|', '>']);
        if let Some(id) = said.strip_prefix("- ").map(unquoted) {
            let is_id =
                is_word(id) && id.contains('-') && id.starts_with(|first: char| first.is_ascii_uppercase());
            return if is_id { Self::Id(id) } else { Self::Other };
        }
        let is_nested = line.starts_with([' ', '\t']);
        match said.strip_suffix(':').map(unquoted) {
            Some(name) if is_word(name) && !is_nested => Self::Package(name),
            _ => Self::Other,
        }
    }
}

fn unquoted(text: &str) -> &str {
    let text = text.trim();
    ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_package_an_id_nothing_or_unknown() {
        for (line, expected) in [
            ("libdemo:", Line::Package("libdemo")),
            ("\"gtk+3.0\":  # why", Line::Package("gtk+3.0")),
            ("  - CVE-2025-10001", Line::Id("CVE-2025-10001")),
            ("- 'XSA-1' # why", Line::Id("XSA-1")),
            ("", Line::Nothing),
            ("---", Line::Nothing),
            ("  # why", Line::Nothing),
            ("libdemo: [CVE-2025-1]", Line::Other),
            ("  libdemo:", Line::Other),
            ("- libdemo: 1", Line::Other),
            ("- *alias", Line::Other),
            ("-", Line::Other),
            ("a b:", Line::Other),
        ] {
            assert_eq!(Line::of(line), expected, "{line}");
        }
    }
}
