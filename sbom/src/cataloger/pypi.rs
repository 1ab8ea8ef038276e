//! What the readers of Python's files share: packages and requirements (PEP 508).

use model::ecosystem::Ecosystem;
use model::key::normalise_name;
use model::package::Package;
use model::purl::Purl;

/// A package of the Python index.
pub(super) fn package(name: &str, version: &str) -> Package {
    let purl = Purl::new("pypi", &normalise_name(Ecosystem::PyPi, name)).with_version(version);
    Package::new(Ecosystem::PyPi, name, version, purl.to_string())
}

/// Groups of dependencies that are for working on a project rather than for running it. Their names are the project's to
/// choose; these are the usual ones.
pub(super) fn is_development_group(name: &str) -> bool {
    let name = name.to_lowercase();
    matches!(
        name.as_str(),
        "dev"
            | "develop"
            | "development"
            | "test"
            | "tests"
            | "testing"
            | "unittest"
            | "lint"
            | "linting"
            | "linters"
            | "typing"
            | "mypy"
            | "ci"
            | "doc"
            | "docs"
            | "documentation"
            | "style"
            | "format"
            | "benchmark"
            | "benchmarks"
    )
}

/// One requirement, as PEP 508 writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Requirement<'a> {
    /// The name of what is required.
    pub(super) name: &'a str,
    /// `==1.0,!=1.1`; empty when any version will do.
    pub(super) specifier: &'a str,
    /// Where it is taken from, behind `@`.
    pub(super) url: Option<&'a str>,
    /// The condition behind `;`.
    pub(super) marker: &'a str,
}

/// The requirement that `text` is; none when it is not one.
pub(super) fn requirement(text: &str) -> Option<Requirement<'_>> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let ends_well = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if !ends_well(name.chars().next()) || !ends_well(name.chars().next_back()) {
        return None;
    }
    let rest = rest.trim_start();
    let rest = match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']')?.1.trim_start(),
        None => rest,
    };
    if let Some(url) = rest.strip_prefix('@') {
        // A URL may hold `;`; only one with white space before it ends it.
        let (url, marker) = url.split_once(" ;").unwrap_or((url, ""));
        let url = Some(url.trim()).filter(|url| !url.is_empty() && !url.contains(char::is_whitespace))?;
        return Some(Requirement { name, specifier: "", url: Some(url), marker: marker.trim() });
    }
    let (specifier, marker) = rest.split_once(';').unwrap_or((rest, ""));
    let specifier = specifier.trim();
    let specifier =
        specifier.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(specifier);
    let is_clause = |clause: &str| {
        let version = clause.trim_start().trim_start_matches(['=', '<', '>', '!', '~']);
        clause.trim_start().len() > version.len() && is_version(version.trim())
    };
    let is_specifier = specifier.is_empty() || specifier.trim_end_matches(',').split(',').all(is_clause);
    is_specifier.then_some(Requirement {
        name,
        specifier: specifier.trim(),
        url: None,
        marker: marker.trim(),
    })
}

/// Whether `text` has only characters of a version or a pattern of versions.
fn is_version(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || ".-_+!*".contains(c))
}

impl<'a> Requirement<'a> {
    /// The only version that it allows, as far as that is stated: by `==`, by `===`, or by the name of the archive that it
    /// names.
    pub(super) fn pinned(&self) -> Option<&'a str> {
        if let Some(url) = self.url {
            return version_of_archive(url);
        }
        let pins = |clause: &'a str| {
            let clause = clause.trim();
            let version = clause.strip_prefix("===").or_else(|| clause.strip_prefix("=="))?.trim();
            (!version.contains('*') && !version.is_empty()).then_some(version)
        };
        self.specifier.split(',').find_map(pins)
    }

    /// Whether it counts only for who asks for an extra.
    pub(super) fn is_of_extra(&self) -> bool {
        // `extra == 'test'`, `"test" == extra`.
        self.marker
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '"' || c == '\''))
            .any(|word| word == "extra")
    }
}

/// The version in the name of a wheel (`demo-1.0-py3-none-any.whl`) or a source archive (`demo-1.0.tar.gz`).
pub(super) fn version_of_archive(url: &str) -> Option<&str> {
    let path = url.split(['#', '?']).next().unwrap_or(url);
    let name = path.rsplit('/').next().unwrap_or(path);
    let version = match name.strip_suffix(".whl") {
        Some(stem) => stem.split('-').nth(1)?,
        None => {
            let stem =
                [".tar.gz", ".tar.bz2", ".tar.xz", ".zip"].iter().find_map(|end| name.strip_suffix(end))?;
            stem.rsplit_once('-')?.1
        }
    };
    (version.starts_with(|c: char| c.is_ascii_digit()) && is_version(version)).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_say_one_version_or_none() {
        for (text, name, pinned) in [
            ("a==1.0", "a", Some("1.0")),
            ("a [x, y] == 1.0 ; python_version < '3'", "a", Some("1.0")),
            ("a===1.0+local", "a", Some("1.0+local")),
            ("a (==1.0)", "a", Some("1.0")),
            ("a>=1.0,==1.2", "a", Some("1.2")),
            ("a==1.*", "a", None),
            ("a", "a", None),
            ("a-b.c_d ~= 1.0", "a-b.c_d", None),
            ("a @ https://example.org/a-1.0-py3-none-any.whl#sha256=00", "a", Some("1.0")),
            ("a @ https://example.org/b/a-b-1.0.tar.gz ; os_name == 'nt'", "a", Some("1.0")),
            ("a @ git+https://example.org/a@v1.0", "a", None),
        ] {
            let requirement = requirement(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((requirement.name, requirement.pinned()), (name, pinned), "{text}");
        }
        for text in ["", "-a", "a-", "a b", "a==", "a=='1'", "a|b==1", "a[b==1", "{{ a }}", "a @ "] {
            assert_eq!(requirement(text), None, "{text}");
        }
        assert!(requirement("a; extra == 'b'").is_some_and(|requirement| requirement.is_of_extra()));
        assert!(requirement("a; 'b'==extra").is_some_and(|requirement| requirement.is_of_extra()));
        assert!(!requirement("a; os_name == 'extra'").is_some_and(|requirement| requirement.is_of_extra()));
    }
}
