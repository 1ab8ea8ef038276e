//! What VEX statements that suppressed nothing come to, in a line: the format `json` has each.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use model::report::{VexReason, VexUse};

use crate::text::{count, plain, thousands};

/// Bytes of the id of a vulnerability.
const ID_BYTES_MAX: usize = 80;

/// `3 statements suppress nothing (2 other-version: it is about another version; 1 for other reasons); …`, and where to read more; none where every
/// statement that was heard suppresses something, or nothing was heard.
pub(crate) fn unapplied(used: &VexUse) -> Option<String> {
    let n_statements: usize = used.documents.iter().map(|document| document.n_statements).sum();
    let n_unapplied = used.unapplied.len() + used.n_left_out;
    if n_unapplied == 0 {
        let is_silent = !used.documents.is_empty() && n_statements == 0;
        return is_silent.then(|| format!("{} without a statement", count(used.documents.len(), "document")));
    }
    let mut reasons: BTreeMap<VexReason, usize> = BTreeMap::new();
    for outcome in &used.unapplied {
        *reasons.entry(outcome.reason).or_default() += 1;
    }
    // Of reasons that are as common the one that comes closest to applying.
    let commonest = reasons.iter().max_by_key(|&(reason, n)| (*n, Reverse(*reason)));
    let commonest = commonest.map(|(reason, n)| {
        let sentence = reason.sentence().trim_end_matches('.');
        let (first, rest) = sentence.split_at_checked(1).unwrap_or((sentence, ""));
        let others = match n_unapplied - n {
            0 => String::new(),
            others => format!("; {} for other reasons", thousands(others as u64)),
        };
        let (n, reason) = (thousands(*n as u64), reason.as_str());
        format!(" ({n} {reason}: {}{rest}{others})", first.to_lowercase())
    });
    let verb = if n_unapplied == 1 { "suppresses" } else { "suppress" };
    let more = match used.unapplied.first() {
        Some(closest) if closest.reason != VexReason::NoFinding => {
            let id = plain(&closest.vulnerability, ID_BYTES_MAX);
            format!("`plimsoll explain {id} SBOM --vex \u{2026}` says why")
        }
        _ => "the format `json` lists them".to_owned(),
    };
    Some(format!(
        "{} {verb} nothing{}; {more}",
        count(n_unapplied, "statement"),
        commonest.unwrap_or_default()
    ))
}

#[cfg(test)]
mod tests {
    use model::report::{VexOutcome, VexStamp};

    use super::*;

    fn used(reasons: &[VexReason], n_left_out: usize) -> VexUse {
        let outcome = |(index, reason): (usize, &VexReason)| VexOutcome {
            reason: *reason,
            document: String::new(),
            statement: String::new(),
            vulnerability: format!("CVE-{index}\u{202e}"),
            detail: String::new(),
        };
        let mut unapplied: Vec<_> = reasons.iter().enumerate().map(outcome).collect();
        unapplied.sort();
        VexUse { documents: vec![VexStamp::default()], unapplied, n_left_out }
    }

    #[test]
    fn the_commonest_reason_is_told_and_the_others_are_counted() {
        use VexReason::{Draft, NoFinding, OtherVersion};
        for (reasons, n_left_out, expected) in [
            (
                &[OtherVersion][..],
                0,
                "1 statement suppresses nothing (1 other-version: it is about another version); `plimsoll explain CVE-0\\u{202e} SBOM --vex \u{2026}` says why",
            ),
            (
                &[NoFinding, OtherVersion, NoFinding],
                1_000,
                "1,003 statements suppress nothing (2 no-finding: there is no finding of the vulnerability; 1,001 for other reasons); `plimsoll explain CVE-1\\u{202e} SBOM --vex \u{2026}` says why",
            ),
            (
                &[NoFinding],
                0,
                "1 statement suppresses nothing (1 no-finding: there is no finding of the vulnerability); the format `json` lists them",
            ),
            (
                &[NoFinding, Draft],
                0,
                "2 statements suppress nothing (1 draft: the document is a draft; 1 for other reasons); `plimsoll explain CVE-1\\u{202e} SBOM --vex \u{2026}` says why",
            ),
            (&[], 0, "1 document without a statement"),
        ] {
            assert_eq!(unapplied(&used(reasons, n_left_out)).as_deref(), Some(expected));
        }
        assert_eq!(unapplied(&VexUse::default()), None);
    }
}
