//! Paragraphs of fields (deb822(5)): the databases of dpkg and opkg, and what a Debian archive says of itself.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use model::ecosystem::Ecosystem;
use model::package::{Package, SourcePackage};
use model::version::VersionText;

use super::file::unidentified;
use super::{Facts, File, PackageFact};

/// Fields that say something about identity or relations. Names are compared without case.
const FIELDS: &[&str] = &[
    "Architecture",
    "Depends",
    "Installed-Time",
    "License",
    "Maintainer",
    "Package",
    "Pre-Depends",
    "Provides",
    "Source",
    "Status",
    "Version",
];

/// Fields that may go on in the next lines.
const FOLDED: &[&str] = &["Depends", "Pre-Depends", "Provides"];

/// Bytes of a field that are kept. The longest lists of dependencies have some ten thousand.
const FIELD_BYTES_MAX: usize = 256 << 10;

/// One paragraph: those of its fields that are in [`FIELDS`].
#[derive(Debug, Default)]
pub(super) struct Paragraph {
    first_line: u64,
    fields: BTreeMap<&'static str, String>,
}

/// Hands each paragraph of `file` to `visit`.
pub(super) fn for_each_paragraph(
    file: &File<'_>,
    facts: &mut Facts,
    mut visit: impl FnMut(&mut Facts, &Paragraph),
) {
    let mut paragraph = Paragraph::default();
    let mut current = None;
    file.for_each_line(facts, |facts, number, line| {
        if line.trim().is_empty() {
            if paragraph.first_line > 0 {
                visit(facts, &std::mem::take(&mut paragraph));
            }
            current = None;
        } else {
            current = paragraph.line(number, line, current);
        }
        ControlFlow::Continue(())
    });
    if paragraph.first_line > 0 {
        visit(facts, &paragraph);
    }
}

impl Paragraph {
    /// Takes a line in; `current` is the field that it may continue. Gives the field that the next may continue.
    fn line(&mut self, number: u64, line: &str, current: Option<&'static str>) -> Option<&'static str> {
        if self.first_line == 0 {
            self.first_line = number;
        }
        if line.starts_with([' ', '\t']) {
            if let Some(value) = current.and_then(|field| self.fields.get_mut(field))
                && value.len() + line.len() <= FIELD_BYTES_MAX
            {
                value.push(' ');
                value.push_str(line.trim());
            }
            return current;
        }
        let (name, value) = line.split_once(':')?;
        let field = FIELDS.iter().copied().find(|field| field.eq_ignore_ascii_case(name))?;
        self.fields.insert(field, value.trim().to_owned());
        FOLDED.contains(&field).then_some(field)
    }

    /// The value of a field of [`FIELDS`]; empty when it is not stated.
    pub(super) fn get(&self, field: &str) -> &str {
        self.fields.get(field).map_or("", String::as_str)
    }

    fn stated(&self, field: &str) -> Option<String> {
        Some(self.get(field)).filter(|value| !value.is_empty()).map(str::to_owned)
    }

    /// Whether its files are on the disk: the third word of `Status` (dpkg(1), "Package states"). Distroless
    /// records have no such field.
    pub(super) fn is_installed(&self) -> bool {
        let state =
            self.fields.get("Status").map(|status| status.split_whitespace().nth(2).unwrap_or_default());
        !matches!(state, Some("not-installed" | "config-files"))
    }

    /// The package that it describes, with what it requires and provides.
    ///
    /// # Errors
    /// It has no name or no version, or one that cannot be read; says which.
    pub(super) fn package(&self, ecosystem: Ecosystem) -> Result<PackageFact, String> {
        let (name, version) = (self.get("Package"), self.get("Version"));
        if let Some(why) = unidentified(self.first_line, name, version) {
            return Err(why);
        }
        let mut package = Package::new(ecosystem, name, version, String::new());
        package.source = source(self.get("Source"));
        package.architecture = self.stated("Architecture");
        package.supplier = self.stated("Maintainer");
        package.licenses = self.stated("License").into_iter().collect();
        let mut requires = names(self.get("Pre-Depends"));
        requires.extend(names(self.get("Depends")));
        requires.sort();
        requires.dedup();
        let provides = names(self.get("Provides"));
        Ok(PackageFact { requires, provides, ..PackageFact::new(package) }.stating_needs())
    }
}

/// `openssl` or `glibc (2.36-9)`: the version is there only when it differs from the binary package's.
fn source(field: &str) -> Option<SourcePackage> {
    let (name, version) = match field.split_once('(') {
        Some((name, rest)) => (name.trim(), rest.trim_end().strip_suffix(')').map(str::trim)),
        None => (field, None),
    };
    let version = version.filter(|version| !version.is_empty()).map(VersionText::from);
    (!name.is_empty()).then(|| SourcePackage { name: name.to_owned(), version })
}

/// The names in a field of relations: `libc6 (>= 2.36), debconf | debconf-2.0, python3:any`. Of alternatives every one;
/// which of them is there is found out when assembled.
fn names(field: &str) -> Vec<String> {
    let mut names: Vec<String> = field
        .split([',', '|'])
        .map(|relation| {
            let end = relation.find(['(', '[', '<']).unwrap_or(relation.len());
            let name = relation[..end].trim();
            name.split_once(':').map_or(name, |(name, _)| name).to_owned()
        })
        .filter(|name| !name.is_empty())
        .collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relations_are_names_without_versions_and_architectures() {
        assert_eq!(
            names(
                "libc6 (>= 2.36), debconf (>= 0.5) | debconf-2.0, python3:any, gcc [amd64], x <!nocheck>, ,"
            ),
            ["debconf", "debconf-2.0", "gcc", "libc6", "python3", "x"]
        );
        assert_eq!(names(""), [""; 0]);
    }
}
