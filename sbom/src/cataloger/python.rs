//! Python distributions that are installed: the metadata in `*.dist-info`, `*.egg-info` and unpacked eggs.

use std::ops::ControlFlow;

use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::key::normalise_name;
use model::package::Package;
use model::purl::Purl;

use super::file::is_legible;
use super::{Cataloger, Fact, FactTree, Facts, File, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "python",
    version: 1,
    wants: Wants::Paths(&[
        "**/*dist-info/METADATA",
        "**/*DIST-INFO/METADATA",
        "**/*egg-info/PKG-INFO",
        "**/*EGG-INFO/PKG-INFO",
        "**/*.egg-info",
    ]),
    read,
    assemble,
};

/// Bytes of one header that are kept; a licence written out in full is no name of a licence.
const HEADER_BYTES_MAX: usize = 4 << 10;
/// Classifiers that are kept; real projects have some dozens.
const CLASSIFIERS_MAX: usize = 512;

/// The headers that matter (Core metadata specifications), each as first stated.
#[derive(Default)]
struct Headers {
    name: Option<String>,
    version: Option<String>,
    author: Option<String>,
    author_email: Option<String>,
    license: Option<String>,
    license_expression: Option<String>,
    license_classifiers: Vec<String>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let headers = headers(file, facts);
    let (name, version) = match (&headers.name, &headers.version) {
        (Some(name), Some(version)) => (name.as_str(), version.as_str()),
        (Some(name), None) => {
            let detail = format!("the metadata of `{name}` states no version; it cannot be judged");
            return facts.push(Fact::Gap(Gap::new(GapKind::MISSING_FACT, file.path, detail)));
        }
        (None, _) => {
            return facts.push(Fact::Gap(file.unreadable(&"the metadata states no name")));
        }
    };
    if !is_legible(name) || !is_legible(version) {
        return facts.push(Fact::Gap(file.unreadable(&"the metadata has an illegible name or version")));
    }
    let purl = Purl::new("pypi", &normalise_name(Ecosystem::PyPi, name)).with_version(version);
    let mut package = Package::new(Ecosystem::PyPi, name, version, purl.to_string());
    package.supplier = headers.author.clone().or_else(|| headers.author_email.clone());
    package.licenses = headers.licenses();
    facts.package(package);
}

/// Reads the headers, which end at the first empty line. A line that starts with white space continues the
/// header above it.
fn headers(file: &File<'_>, facts: &mut Facts) -> Headers {
    let mut headers = Headers::default();
    let mut field = String::new();
    let mut value = String::new();
    file.for_each_line(facts, |_, number, line| {
        let line = if number == 1 { line.trim_start_matches('\u{feff}') } else { line };
        if line.trim().is_empty() {
            return ControlFlow::Break(());
        }
        if line.starts_with([' ', '\t']) {
            if value.len() + line.len() < HEADER_BYTES_MAX {
                value.push('\n');
                value.push_str(line.trim());
            }
        } else if let Some((name, first)) = line.split_once(':') {
            headers.state(&field, &value);
            field = name.to_lowercase();
            value = first.trim().chars().take(HEADER_BYTES_MAX).collect();
        }
        ControlFlow::Continue(())
    });
    headers.state(&field, &value);
    headers
}

impl Headers {
    fn state(&mut self, field: &str, value: &str) {
        // `UNKNOWN` is what setuptools wrote for a field that the project left out.
        if value.is_empty() || value == "UNKNOWN" {
            return;
        }
        let wanted = match field {
            "name" => &mut self.name,
            "version" => &mut self.version,
            "author" => &mut self.author,
            "author-email" => &mut self.author_email,
            "license" => &mut self.license,
            "license-expression" => &mut self.license_expression,
            "classifier" => {
                if let Some(license) = value.strip_prefix("License :: ")
                    && license != "OSI Approved"
                    && self.license_classifiers.len() < CLASSIFIERS_MAX
                {
                    let name = license.rsplit(" :: ").next().unwrap_or(license);
                    self.license_classifiers.push(name.to_owned());
                }
                return;
            }
            _ => return,
        };
        wanted.get_or_insert_with(|| value.to_owned());
    }

    /// The expression, else the name in one line, else the classifiers.
    fn licenses(self) -> Vec<String> {
        let one_line = self.license.filter(|license| !license.contains('\n'));
        match self.license_expression.or(one_line) {
            Some(license) => vec![license],
            None => self.license_classifiers,
        }
    }
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
