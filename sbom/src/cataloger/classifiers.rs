//! Programs that the user teaches: classifiers from the configuration, compiled once.

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::str::FromStr;
use std::{fmt, io};

use model::ecosystem::Ecosystem;
use model::package::{Certainty, Package};
use model::purl::Purl;
use regex::bytes::Regex;

use super::Content;
use super::binary::evidence::{compile, for_each_piece, version_text};
use super::wants::path_matches;
use crate::format::full_name;

/// One classifier as it is written in the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassifierText {
    /// What it is called, for people.
    pub name: String,
    /// Patterns of the paths of files that are searched: a component may hold `*`, and `**/` at the start stands for any
    /// number of components.
    pub files: Vec<String>,
    /// The regular expression on bytes whose first group is the version.
    pub pattern: String,
    /// The package URL, to which the version is added.
    pub purl: String,
    /// The CPE name, in which `{version}` stands for the version; none if there is none.
    pub cpe: Option<String>,
}

/// The classifiers of the configuration. Each file that one names is searched, whatever it is.
#[derive(Clone, Default)]
pub struct Classifiers(Vec<Classifier>);

#[derive(Clone)]
struct Classifier {
    text: ClassifierText,
    pattern: Regex,
    purl: Purl,
}

/// What is wrong with a classifier.
#[derive(Debug, thiserror::Error)]
#[error("`{key}` of classifier `{name}`: {why}")]
pub struct BadClassifier {
    /// What the classifier is called.
    pub name: String,
    /// The key that is wrong.
    pub key: &'static str,
    why: String,
}

/// Classifiers that are taken; each is tested for every path.
const CLASSIFIERS_MAX: usize = 1_000;
/// Patterns of paths of one classifier.
const FILES_MAX: usize = 100;

impl Classifiers {
    /// Compiles `texts`.
    ///
    /// # Errors
    /// One of them lacks something, or its pattern is no regular expression, has no group or is too large.
    pub fn new(texts: Vec<ClassifierText>) -> Result<Self, BadClassifier> {
        if let Some(beyond) = texts.get(CLASSIFIERS_MAX) {
            let why = format!("there are more than {CLASSIFIERS_MAX} classifiers");
            return Err(BadClassifier { name: beyond.name.clone(), key: "name", why });
        }
        texts.into_iter().map(Classifier::new).collect::<Result<_, _>>().map(Self)
    }

    /// None.
    pub fn none() -> &'static Self {
        static NONE: Classifiers = Classifiers(Vec::new());
        &NONE
    }

    /// Whether any names the file at `path`.
    pub(crate) fn want(&self, path: &str) -> bool {
        self.patterns().any(|pattern| path_matches(pattern, path))
    }

    /// The patterns of paths of all.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|classifier| &classifier.text.files).map(String::as_str)
    }

    /// A text that is another one for classifiers that find other things.
    pub(crate) fn fingerprint(&self) -> String {
        self.0.iter().fold(String::new(), |mut out, classifier| {
            let _ = writeln!(out, "{:?}", classifier.text);
            out
        })
    }

    /// The packages that the file at `path` is evidence of.
    pub(super) fn packages(&self, path: &str, content: Content<'_>) -> io::Result<Vec<Package>> {
        let names = |classifier: &&Classifier| {
            classifier.text.files.iter().any(|pattern| path_matches(pattern, path))
        };
        let interested: Vec<&Classifier> = self.0.iter().filter(names).collect();
        let mut found = vec![None; interested.len()];
        if interested.is_empty() {
            return Ok(Vec::new());
        }
        for_each_piece(content, |piece| {
            for (classifier, found) in interested.iter().zip(&mut found) {
                if found.is_none() {
                    let version = piece.find(&classifier.pattern).and_then(|captures| captures.get(1));
                    *found = version.and_then(|group| version_text(group.as_bytes()));
                }
            }
            if found.iter().all(Option::is_some) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        let package = |(classifier, version): (&Classifier, Option<String>)| {
            version.map(|version| classifier.package(&version))
        };
        Ok(interested.into_iter().zip(found).filter_map(package).collect())
    }
}

impl fmt::Debug for Classifiers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.0.iter().map(|classifier| &classifier.text)).finish()
    }
}

impl Classifier {
    fn new(text: ClassifierText) -> Result<Self, BadClassifier> {
        let bad = |key, why: String| BadClassifier { name: text.name.clone(), key, why };
        if text.name.is_empty() {
            return Err(bad("name", "it must not be empty".to_owned()));
        }
        if text.files.is_empty() || text.files.len() > FILES_MAX {
            return Err(bad("files", format!("there must be from one to {FILES_MAX} patterns")));
        }
        if let Some(pattern) = text.files.iter().find(|pattern| !is_path_pattern(pattern)) {
            let why = format!("`{pattern}` is no pattern of a path; `**/` may stand only at its start");
            return Err(bad("files", why));
        }
        let pattern = compile(&text.pattern).map_err(|error| bad("pattern", error.to_string()))?;
        if pattern.captures_len() < 2 {
            return Err(bad("pattern", "it has no group; the first group is the version".to_owned()));
        }
        let purl = Purl::from_str(&text.purl).map_err(|error| bad("purl", error.to_string()))?;
        if purl.version.is_some() {
            return Err(bad("purl", "the version must be left out; it is added".to_owned()));
        }
        if Ecosystem::from_purl_type(&purl.kind).is_os() {
            let why = "what an operating system installed is known by its database; use `pkg:generic/`";
            return Err(bad("purl", why.to_owned()));
        }
        let is_cpe = |cpe: &String| cpe.starts_with("cpe:2.3:") && cpe.contains("{version}");
        if !text.cpe.as_ref().is_none_or(is_cpe) {
            let why = "it must start with `cpe:2.3:` and hold `{version}`";
            return Err(bad("cpe", why.to_owned()));
        }
        Ok(Self { text, pattern, purl })
    }

    fn package(&self, version: &str) -> Package {
        let purl = self.purl.clone().with_version(version);
        let ecosystem = match Ecosystem::from_purl_type(&purl.kind) {
            Ecosystem::Unknown => Ecosystem::Generic,
            known => known,
        };
        let mut package =
            Package::new(ecosystem, &full_name(ecosystem, &purl.clone().into()), version, purl.to_string());
        package.certainty = Certainty::Inferred;
        package.cpes =
            self.text.cpe.iter().map(|cpe| cpe.replace("{version}", &cpe_escaped(version))).collect();
        package
    }
}

/// `**/a`, `opt/*/b`: as [`path_matches`] takes them.
fn is_path_pattern(pattern: &str) -> bool {
    let rest = pattern.strip_prefix("**/").unwrap_or(pattern);
    !rest.is_empty() && !rest.starts_with('/') && !rest.ends_with('/') && !rest.contains("**")
}

/// `text` as it stands in a CPE 2.3 name: all but letters, digits, `_`, `-` and `.` has a backslash before it.
pub(super) fn cpe_escaped(text: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "_-.".contains(character);
    text.chars().fold(String::new(), |mut out, character| {
        if !plain(character) {
            out.push('\\');
        }
        out.push(character);
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text() -> ClassifierText {
        ClassifierText {
            name: "acme-proxy".to_owned(),
            files: vec!["**/acme-proxy".to_owned()],
            pattern: r"acme-proxy/(\d+\.\d+)".to_owned(),
            purl: "pkg:generic/acme-proxy".to_owned(),
            cpe: Some("cpe:2.3:a:acme:proxy:{version}:*:*:*:*:*:*:*".to_owned()),
        }
    }

    #[track_caller]
    fn check_bad(change: impl FnOnce(&mut ClassifierText), expected: &str) {
        let mut bad = text();
        change(&mut bad);
        let error = Classifiers::new(vec![bad]).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }

    #[test]
    fn what_is_wrong_names_the_key() {
        check_bad(|text| text.name.clear(), "`name` of classifier ``: it must not be empty");
        check_bad(|text| text.files.clear(), "`files` of classifier `acme-proxy`: there must be");
        check_bad(|text| text.files[0] = "a/**/b".to_owned(), "`files` of classifier `acme-proxy`: `a/**/b`");
        check_bad(|text| text.pattern = "(".to_owned(), "`pattern` of classifier `acme-proxy`: regex parse");
        check_bad(
            |text| text.pattern = "a".to_owned(),
            "`pattern` of classifier `acme-proxy`: it has no group",
        );
        let huge = "(a{1000}){1000}";
        check_bad(
            |text| text.pattern = huge.to_owned(),
            "`pattern` of classifier `acme-proxy`: Compiled regex",
        );
        check_bad(|text| text.purl = "acme".to_owned(), "`purl` of classifier `acme-proxy`: `acme` is not");
        check_bad(|text| text.purl.push_str("@1"), "`purl` of classifier `acme-proxy`: the version");
        check_bad(|text| text.purl = "pkg:deb/a".to_owned(), "`purl` of classifier `acme-proxy`: what an");
        check_bad(
            |text| text.cpe = Some("cpe:2.3:a".to_owned()),
            "`cpe` of classifier `acme-proxy`: it must",
        );
    }

    #[test]
    fn a_file_of_that_name_is_searched() {
        let classifiers = Classifiers::new(vec![text()]).unwrap();
        assert!(classifiers.want("opt/acme-proxy") && !classifiers.want("opt/acme-proxy2"));
        let packages = classifiers.packages("opt/acme-proxy", Content::Bytes(b"acme-proxy/1.25 ")).unwrap();
        assert_eq!(packages[0].purl, "pkg:generic/acme-proxy@1.25");
        assert_eq!(packages[0].cpes, ["cpe:2.3:a:acme:proxy:1.25:*:*:*:*:*:*:*"]);
        assert_eq!(packages[0].certainty, Certainty::Inferred);
        let packages = classifiers.packages("opt/other", Content::Bytes(b"acme-proxy/1.25 ")).unwrap();
        assert_eq!(packages, []);
        assert_eq!(cpe_escaped("1.2~rc1+b"), r"1.2\~rc1\+b");
    }
}
