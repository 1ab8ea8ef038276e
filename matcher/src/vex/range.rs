//! Whether a version is in a range that a document names (`vers:npm/>=1.0.0|<1.2.3`).

/// What can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RangeAnswer {
    /// It is.
    Inside,
    /// It is not.
    Outside,
    /// The range, or the version, cannot be read.
    Unreadable,
}

/// Whether `version` is in `range`. Lists of versions and `*` are understood; what has a comparison cannot be read yet.
pub(super) fn contains(range: &str, version: &str) -> RangeAnswer {
    let constraints = range.trim().strip_prefix("vers:").and_then(|rest| rest.split_once('/'));
    let Some((_, constraints)) = constraints else { return RangeAnswer::Unreadable };
    if constraints.trim() == "*" {
        return RangeAnswer::Inside;
    }
    let mut answer = RangeAnswer::Outside;
    for constraint in constraints.split('|').map(str::trim).filter(|constraint| !constraint.is_empty()) {
        let listed = constraint.strip_prefix('=').unwrap_or(constraint);
        if listed.starts_with(['<', '>', '!', '*', '=']) {
            return RangeAnswer::Unreadable;
        }
        let listed = percent_decoded(listed);
        if listed == version {
            answer = RangeAnswer::Inside;
        }
    }
    answer
}

/// `text` without percent-encoding.
pub(super) fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).expect("two hexadecimal digits are a byte"));
                rest = &after[2..];
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_understood_and_comparisons_not_yet() {
        use RangeAnswer::{Inside, Outside, Unreadable};
        for (range, version, expected) in [
            ("vers:npm/1.0.0|1.2.0", "1.2.0", Inside),
            ("vers:npm/1.0.0|=1.2.0", "1.2.0", Inside),
            ("vers:npm/1.0.0", "1.0.1", Outside),
            ("vers:pypi/1.0%2Bx.1", "1.0+x.1", Inside),
            ("vers:generic/*", "anything", Inside),
            ("vers:npm/>=1.0.0|<2.0.0", "1.5.0", Unreadable),
            ("vers:npm/!=1.0.0", "1.5.0", Unreadable),
            ("before 2.0", "1.0", Unreadable),
            ("vers:npm", "1.0", Unreadable),
        ] {
            assert_eq!(contains(range, version), expected, "{range} {version}");
        }
    }
}
