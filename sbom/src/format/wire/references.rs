//! References to places where more of a package is to be found, in the words of each standard.

use model::package::{About, Reference};

/// A minor version of CycloneDX 1.
pub(in crate::format) type Minor = u8;

/// A home page.
pub(in crate::format) const WEBSITE: &str = "website";

/// What the package itself can be fetched from.
pub(in crate::format) const DISTRIBUTION: &str = "distribution";

/// A repository of a version control system.
pub(in crate::format) const VCS: &str = "vcs";

/// A security advisory, or several.
pub(in crate::format) const ADVISORIES: &str = "advisories";

/// What no word is for.
pub(in crate::format) const OTHER: &str = "other";

/// A kind of reference: the word of CycloneDX, the minor version of CycloneDX 1 that first has it, and the word of SPDX 3
/// (`Core/Vocabularies/ExternalRefType`) where it has one.
type Kind = (&'static str, Minor, Option<&'static str>);

static KINDS: &[Kind] = &[
    (ADVISORIES, 4, Some("securityAdvisory")),
    ("bom", 4, None),
    ("build-meta", 4, Some("buildMeta")),
    ("build-system", 4, Some("buildSystem")),
    ("chat", 4, Some("chat")),
    (DISTRIBUTION, 4, Some("altDownloadLocation")),
    ("documentation", 4, Some("documentation")),
    ("issue-tracker", 4, Some("issueTracker")),
    ("license", 4, Some("license")),
    ("mailing-list", 4, Some("mailingList")),
    (OTHER, 4, Some("other")),
    ("release-notes", 4, Some("releaseNotes")),
    ("social", 4, Some("socialMedia")),
    ("support", 4, Some("support")),
    (VCS, 4, Some("vcs")),
    (WEBSITE, 4, Some("altWebPage")),
    ("adversary-model", 5, Some("securityAdversaryModel")),
    ("attestation", 5, None),
    ("certification-report", 5, Some("certificationReport")),
    ("codified-infrastructure", 5, None),
    ("component-analysis-report", 5, Some("componentAnalysisReport")),
    ("configuration", 5, None),
    ("distribution-intake", 5, None),
    ("dynamic-analysis-report", 5, Some("dynamicAnalysisReport")),
    ("evidence", 5, None),
    ("exploitability-statement", 5, Some("vulnerabilityExploitabilityAssessment")),
    ("formulation", 5, None),
    ("log", 5, None),
    ("maturity-report", 5, None),
    ("model-card", 5, None),
    ("pentest-report", 5, Some("securityPenTestReport")),
    ("poam", 5, None),
    ("quality-metrics", 5, Some("metrics")),
    ("risk-assessment", 5, Some("riskAssessment")),
    ("runtime-analysis-report", 5, Some("runtimeAnalysisReport")),
    ("security-contact", 5, None),
    ("static-analysis-report", 5, Some("staticAnalysisReport")),
    ("threat-model", 5, Some("securityThreatModel")),
    ("vulnerability-assertion", 5, None),
    ("digital-signature", 6, None),
    ("electronic-signature", 6, None),
    ("rfc-9116", 6, None),
    ("source-distribution", 6, Some("sourceArtifact")),
    ("citation", 7, None),
    ("patent", 7, None),
    ("patent-assertion", 7, None),
    ("patent-family", 7, None),
];

/// Whether CycloneDX 1.`minor` has the word `kind`.
pub(in crate::format) fn is_in_cyclonedx(kind: &str, minor: Minor) -> bool {
    KINDS.iter().any(|(word, since, _)| *word == kind && *since <= minor)
}

/// The word of SPDX 3 for `kind`.
pub(in crate::format) fn in_spdx_3(kind: &str) -> Option<&'static str> {
    KINDS.iter().find(|(word, ..)| *word == kind)?.2
}

/// The kind that SPDX 3 calls `word`; as it is where CycloneDX has none for it.
pub(in crate::format) fn from_spdx_3(word: &str) -> &str {
    let known = KINDS.iter().find(|(.., spdx)| spdx.is_some_and(|spdx| spdx.eq_ignore_ascii_case(word)));
    known.map_or(word, |(kind, ..)| *kind)
}

/// The kind of what a package is fetched from: SPDX has one field for archives and repositories (§7.7 of 2.3).
pub(in crate::format) fn of_download(url: &str) -> &'static str {
    let is_repository =
        ["git+", "git:", "hg+", "svn+", "svn:", "bzr+"].iter().any(|start| url.starts_with(start));
    if is_repository { VCS } else { DISTRIBUTION }
}

/// Whether `url` is an address as every standard wants one: a URI (RFC 3986).
pub(in crate::format) fn is_address(url: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !br#""<>\^`{|}[]"#.contains(&byte);
    let has_good_percents = url
        .split('%')
        .skip(1)
        .all(|rest| rest.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)));
    let has_scheme = url.split_once(':').is_some_and(|(scheme, rest)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
            && !rest.is_empty()
    });
    has_scheme && url.bytes().all(is_plain) && has_good_percents && url.matches('#').count() <= 1
}

/// Whether `url` is an address of the web, whose host has a name with a dot.
pub(in crate::format) fn is_web_address(url: &str) -> bool {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let is_host = |host: &str| {
        let name = host.split(['/', '?', '#']).next().unwrap_or_default();
        let labels = name.split(':').next().unwrap_or_default();
        labels.contains('.')
            && labels.split('.').all(|label| !label.is_empty())
            && labels.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
    };
    host.is_some_and(is_host) && is_address(url)
}

/// The home page and the place to fetch from among `references`, for standards with a field for one of each: the
/// first of each that such a field can hold.
pub(in crate::format) fn fields(about: &About) -> [Option<&Reference>; 2] {
    let first = |kind: &str| {
        about.references.iter().find(|reference| reference.kind == kind && is_web_address(&reference.url))
    };
    [first(WEBSITE), first(DISTRIBUTION)]
}

/// Those of `about` that are in none of its `fields`.
pub(in crate::format) fn others<'a>(
    about: &'a About,
    fields: [Option<&'a Reference>; 2],
) -> impl Iterator<Item = &'a Reference> {
    let is_in_field =
        move |reference: &Reference| fields.iter().flatten().any(|field| std::ptr::eq(*field, reference));
    about.references.iter().filter(move |reference| !is_in_field(reference))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::cyclonedx::schema::{Version, check};

    #[test]
    fn the_words_of_cyclonedx_are_those_of_its_schema() {
        for (kind, since, _) in KINDS {
            for minor in 4..=7 {
                let version = format!("1.{minor}");
                let document = serde_json::json!({"bomFormat": "CycloneDX", "specVersion": version, "version": 1,
                    "externalReferences": [{"type": kind, "url": "https://a.example"}]});
                let document = serde_json::from_value(document).unwrap();
                let found = check(&document, Version::of(&version).unwrap());
                assert_eq!(found.is_empty(), is_in_cyclonedx(kind, minor), "{kind} {version}: {found:?}");
                assert_eq!(found.is_empty(), minor >= *since, "{kind} {version}");
            }
        }
    }

    #[test]
    fn a_word_of_spdx_3_goes_there_and_back() {
        for (kind, _, word) in KINDS {
            if let Some(word) = word {
                assert_eq!(from_spdx_3(word), *kind);
            }
        }
        assert_eq!(from_spdx_3("funding"), "funding");
        assert_eq!(in_spdx_3("funding"), None);
    }

    #[test]
    fn an_address_of_the_web_is_told() {
        for url in ["https://a.example", "http://a.example:80/b?c#d", "https://a-b.example/%20"] {
            assert!(is_web_address(url), "{url}");
        }
        for url in [
            "",
            "https://",
            "https://a",
            "https://a..b",
            "https://a.b/ c",
            "https://a.b/{c}",
            "https://a.b/%2",
            "git+https://a.b",
        ] {
            assert!(!is_web_address(url), "{url}");
        }
        for url in ["git+https://a.b/c", "mailto:a@b", "urn:a:b"] {
            assert!(is_address(url), "{url}");
        }
        for url in ["", ":a", "a:", "1:a", "a b:c", "a", "a:[b"] {
            assert!(!is_address(url), "{url}");
        }
        assert_eq!(of_download("git+https://a.example/b"), VCS);
        assert_eq!(of_download("https://a.example/b.tar.gz"), DISTRIBUTION);
    }
}
