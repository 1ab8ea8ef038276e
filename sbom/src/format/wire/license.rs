//! Which statements of a licence are SPDX.
//!
//! Decided strictly, on the text as it stands: no alias, no other case, no slash for `OR`. What is not SPDX
//! stays the words of whoever stated it.

/// How a stated licence can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::format) enum Stated {
    /// One identifier of the SPDX licence list.
    Id,
    /// A valid SPDX licence expression that is more than one identifier.
    Expression,
    /// Words.
    Name,
}

/// Words that the parser knows as identifiers, and that no licence list of other tools (3.28 and before) has.
const NOT_LISTED: &[&str] = &[
    "BSD-2-Clause-pos-unchanged",
    "BSD-3-Clause-OpenWebUI",
    "BSD-Source-Code-no-disclaimer",
    "BSD-Source-alt-GPL",
    "BSD-ask-to-endorse",
    "Brian-Gladman-3-Clause-no-conversion",
    "Bugroff",
    "CC-BY-NC-3.0-IGO",
    "FDK-MPEG-H",
    "GFDL-1.1-invariants",
    "GFDL-1.1-no-invariants",
    "GFDL-1.2-invariants",
    "GFDL-1.2-no-invariants",
    "GFDL-1.3-invariants",
    "GFDL-1.3-no-invariants",
    "Hippocratic-3.0-core",
    "Informatica",
    "MVT-1.1",
    "NOASSERTION",
    "NONE",
    "atc-game",
];

/// Deprecated identifiers that end in a plus, which the parser takes for an operator.
const LISTED_WITH_PLUS: &[&str] =
    &["GPL-1.0+", "GPL-2.0+", "GPL-3.0+", "LGPL-2.0+", "LGPL-2.1+", "LGPL-3.0+"];

/// Deprecated identifiers that name an exception, which readers of SPDX documents take for that alone.
const WITH_EXCEPTION: &[&str] = &[
    "GPL-2.0-with-GCC-exception",
    "GPL-2.0-with-autoconf-exception",
    "GPL-2.0-with-bison-exception",
    "GPL-2.0-with-classpath-exception",
    "GPL-2.0-with-font-exception",
    "GPL-3.0-with-GCC-exception",
    "GPL-3.0-with-autoconf-exception",
    "eCos-2.0",
];

/// How `text` can be written in a document of SPDX.
pub(in crate::format) fn stated_in_spdx(text: &str) -> Stated {
    let has_exception = text.split([' ', '(', ')']).any(|word| WITH_EXCEPTION.contains(&word));
    if has_exception { Stated::Name } else { stated(text) }
}

/// How `text` can be written.
pub(in crate::format) fn stated(text: &str) -> Stated {
    if spdx::license_id(text).is_some_and(|id| id.name == text) {
        return if NOT_LISTED.contains(&text) { Stated::Name } else { Stated::Id };
    }
    if LISTED_WITH_PLUS.contains(&text) {
        return Stated::Id;
    }
    if is_expression(text) { Stated::Expression } else { Stated::Name }
}

fn is_expression(text: &str) -> bool {
    // The parser takes any white space, and operators in any case; SPDX 2.3, Annex D, does not.
    let plain = text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    let lower_case_operator = |word: &str| {
        ["AND", "OR", "WITH"].iter().any(|operator| word.eq_ignore_ascii_case(operator) && word != *operator)
    };
    // `Apache-2.0+` is an expression by the grammar, but the validators in use look for it in the list.
    if !plain || text.contains('+') || text.split([' ', '(', ')']).any(lower_case_operator) {
        return false;
    }
    let mode = spdx::ParseMode { allow_deprecated: true, ..spdx::ParseMode::STRICT };
    // A reference (`LicenseRef-…`) has no id: it names a text that this document does not hold.
    spdx::Expression::parse_mode(text, mode).is_ok_and(|expression| {
        expression.requirements().all(|part| {
            let addition_is_listed =
                part.req.addition.as_ref().is_none_or(|addition| addition.id().is_some());
            addition_is_listed && part.req.license.id().is_some_and(|id| !NOT_LISTED.contains(&id.name))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Stated) {
        assert_eq!(stated(text), expected, "{text}");
    }

    #[test]
    fn only_what_spdx_allows_is_spdx() {
        check("MIT", Stated::Id);
        check("GPL-2.0-only", Stated::Id);
        check("GPL-2.0", Stated::Id);
        check("mit", Stated::Name);
        check("MIT AND Apache-2.0", Stated::Expression);
        check("(MIT OR Apache-2.0) AND ISC", Stated::Expression);
        check("GPL-2.0-only WITH Classpath-exception-2.0", Stated::Expression);
        check("GPL-2.0+", Stated::Id);
        check("Apache-2.0+", Stated::Name);
        check("MIT and Apache-2.0", Stated::Name);
        check("MIT/Apache-2.0", Stated::Name);
        check("MIT\nAND ISC", Stated::Name);
        check("LicenseRef-own", Stated::Name);
        check("MIT AND LicenseRef-own", Stated::Name);
        check("NOASSERTION", Stated::Name);
        check("MIT AND NOASSERTION", Stated::Name);
        check("MIT AND", Stated::Name);
        check("", Stated::Name);
    }

    #[test]
    fn deprecated_ids_with_an_exception_are_words_in_spdx() {
        for text in ["GPL-2.0-with-classpath-exception", "MIT OR (eCos-2.0 AND ISC)"] {
            assert_ne!(stated(text), Stated::Name, "{text}");
            assert_eq!(stated_in_spdx(text), Stated::Name, "{text}");
        }
        assert_eq!(stated_in_spdx("GPL-2.0"), Stated::Id);
        assert_eq!(stated_in_spdx("GPL-2.0-only WITH Classpath-exception-2.0"), Stated::Expression);
    }

    #[test]
    fn every_id_is_in_the_schema_of_every_version_of_cyclonedx() {
        use crate::format::cyclonedx::schema::{Version, check};
        for version in ["1.4", "1.5", "1.6", "1.7"] {
            let licences: Vec<_> = spdx::identifiers::LICENSES
                .iter()
                .map(|license| license.name)
                .filter(|name| stated(name) == Stated::Id)
                .map(|name| serde_json::json!({"license": {"id": name}}))
                .collect();
            assert!(licences.len() > 600);
            let document = serde_json::json!({"bomFormat": "CycloneDX", "specVersion": version, "version": 1,
                "components": [{"type": "library", "name": "a", "licenses": licences}]});
            let document = serde_json::from_value(document).unwrap();
            let found = check(&document, Version::of(version).unwrap());
            assert!(
                found.is_empty(),
                "{version}: {:?}",
                found.iter().map(|one| &one.reason).collect::<Vec<_>>()
            );
        }
    }
}
