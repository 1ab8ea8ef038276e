//! The headers of a distribution's metadata (Core metadata specifications).

use model::package::Package;

use super::super::{provenance, pypi};

/// Bytes of one header that are kept; a licence written out in full is no name of a licence.
const HEADER_BYTES_MAX: usize = 4 << 10;
/// Headers of one name that are kept; real projects have some dozens of classifiers, and hundreds of requirements.
const REPEATED_MAX: usize = 4096;

/// The headers that matter, each as first stated.
#[derive(Default)]
pub(in crate::cataloger) struct Headers {
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    /// Names of what is required, extras apart.
    pub(super) requires: Vec<String>,
    author: Option<String>,
    author_email: Option<String>,
    maintainer: Option<String>,
    maintainer_email: Option<String>,
    license: Option<String>,
    license_expression: Option<String>,
    license_classifiers: Vec<String>,
    /// The header that may be continued.
    field: String,
    value: String,
}

impl Headers {
    /// Reads one line, and says whether headers follow. They end at the first empty line; one that starts with white space
    /// continues the header above it, also one of nothing else: older tools wrote empty lines inside a header so.
    pub(in crate::cataloger) fn line(&mut self, line: &str) -> bool {
        if line.is_empty() {
            return false;
        }
        if line.starts_with([' ', '\t']) {
            if self.value.len() + line.len() < HEADER_BYTES_MAX {
                self.value.push('\n');
                self.value.push_str(line.trim());
            }
        } else if let Some((name, first)) = line.split_once(':') {
            self.state();
            self.field = name.to_lowercase();
            self.value = first.trim().chars().take(HEADER_BYTES_MAX).collect();
        }
        true
    }

    /// Takes the header that was read last.
    pub(super) fn state(&mut self) {
        let field = std::mem::take(&mut self.field);
        let value = std::mem::take(&mut self.value);
        // `UNKNOWN` is what setuptools wrote for a field that the project left out.
        if value.is_empty() || value == "UNKNOWN" {
            return;
        }
        let wanted = match field.as_str() {
            "name" => &mut self.name,
            "version" => &mut self.version,
            "author" => &mut self.author,
            "author-email" => &mut self.author_email,
            "maintainer" => &mut self.maintainer,
            "maintainer-email" => &mut self.maintainer_email,
            "license" => &mut self.license,
            "license-expression" => &mut self.license_expression,
            "classifier" => {
                if let Some(license) = value.strip_prefix("License :: ")
                    && license != "OSI Approved"
                    && self.license_classifiers.len() < REPEATED_MAX
                {
                    let name = license.rsplit(" :: ").next().unwrap_or(license);
                    self.license_classifiers.push(spdx(name).unwrap_or(name).to_owned());
                }
                return;
            }
            "requires-dist" => {
                let requirement = pypi::requirement(&value).filter(|requirement| !requirement.is_of_extra());
                if let Some(requirement) = requirement
                    && self.requires.len() < REPEATED_MAX
                {
                    self.requires.push(requirement.name.to_owned());
                }
                return;
            }
            _ => return,
        };
        wanted.get_or_insert(value);
    }

    /// The package called `name` in `version` that they describe.
    pub(super) fn package(self, name: &str, version: &str) -> Package {
        let mut package = pypi::package(name, version);
        package.supplier = self.author.or(self.author_email).or(self.maintainer).or(self.maintainer_email);
        // The expression, else the name in one line, else the classifiers.
        let one_line = self.license.filter(|license| !license.contains('\n'));
        package.licenses = match self.license_expression.or(one_line) {
            Some(license) => vec![license],
            None => self.license_classifiers,
        }
        .into();
        package
    }
}

/// The SPDX identifier of a licence's classifier, where it names one licence and one version of it.
fn spdx(classifier: &str) -> Option<&'static str> {
    Some(match classifier {
        "MIT License" => "MIT",
        "MIT No Attribution License (MIT-0)" => "MIT-0",
        "ISC License (ISCL)" => "ISC",
        "Blue Oak Model License (BlueOak-1.0.0)" => "BlueOak-1.0.0",
        "Boost Software License 1.0 (BSL-1.0)" => "BSL-1.0",
        "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication" => "CC0-1.0",
        "CeCILL-B Free Software License Agreement (CECILL-B)" => "CECILL-B",
        "CeCILL-C Free Software License Agreement (CECILL-C)" => "CECILL-C",
        "Common Development and Distribution License 1.0 (CDDL-1.0)" => "CDDL-1.0",
        "Eclipse Public License 1.0 (EPL-1.0)" => "EPL-1.0",
        "Eclipse Public License 2.0 (EPL-2.0)" => "EPL-2.0",
        "European Union Public Licence 1.0 (EUPL 1.0)" => "EUPL-1.0",
        "European Union Public Licence 1.1 (EUPL 1.1)" => "EUPL-1.1",
        "European Union Public Licence 1.2 (EUPL 1.2)" => "EUPL-1.2",
        "GNU Affero General Public License v3" => "AGPL-3.0-only",
        "GNU Affero General Public License v3 or later (AGPLv3+)" => "AGPL-3.0-or-later",
        "GNU General Public License v2 (GPLv2)" => "GPL-2.0-only",
        "GNU General Public License v2 or later (GPLv2+)" => "GPL-2.0-or-later",
        "GNU General Public License v3 (GPLv3)" => "GPL-3.0-only",
        "GNU General Public License v3 or later (GPLv3+)" => "GPL-3.0-or-later",
        "GNU Lesser General Public License v2 (LGPLv2)" => "LGPL-2.0-only",
        "GNU Lesser General Public License v2 or later (LGPLv2+)" => "LGPL-2.0-or-later",
        "GNU Lesser General Public License v3 (LGPLv3)" => "LGPL-3.0-only",
        "GNU Lesser General Public License v3 or later (LGPLv3+)" => "LGPL-3.0-or-later",
        "Mozilla Public License 1.0 (MPL)" => "MPL-1.0",
        "Mozilla Public License 1.1 (MPL 1.1)" => "MPL-1.1",
        "Mozilla Public License 2.0 (MPL 2.0)" => "MPL-2.0",
        "Mulan Permissive Software License v2 (MulanPSL-2.0)" => "MulanPSL-2.0",
        "NASA Open Source Agreement v1.3 (NASA-1.3)" => "NASA-1.3",
        "The Unlicense (Unlicense)" => "Unlicense",
        "Universal Permissive License (UPL)" => "UPL-1.0",
        "University of Illinois/NCSA Open Source License" => "NCSA",
        "Zero-Clause BSD (0BSD)" => "0BSD",
        _ => return None,
    })
}

/// What `direct_url.json` (PEP 610) says of where a distribution came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A directory, perhaps one that is still being worked in.
    Directory,
    /// The kind of a repository, its address, and the commit.
    Vcs(String, String, String),
    /// The digest of an archive.
    Archive(String),
}

impl Source {
    /// The words that stand for it in a fact.
    const DIRECTORY: &str = "taken-from-directory";
    const VCS: &str = "taken-from-vcs";
    const ARCHIVE: &str = "taken-from-archive";

    /// It as the name and value of a fact.
    pub(super) fn to_text(&self) -> (&'static str, String) {
        match self {
            Self::Directory => (Self::DIRECTORY, String::new()),
            Self::Vcs(kind, url, commit) => (Self::VCS, format!("{kind}\n{url}\n{commit}")),
            Self::Archive(digest) => (Self::ARCHIVE, digest.clone()),
        }
    }

    /// The one that a fact holds.
    pub(super) fn from_text(name: &str, value: &str) -> Option<Self> {
        match name {
            Self::DIRECTORY => Some(Self::Directory),
            Self::VCS => {
                let mut parts = value.splitn(3, '\n').map(str::to_owned);
                Some(Self::Vcs(parts.next()?, parts.next()?, parts.next()?))
            }
            Self::ARCHIVE => Some(Self::Archive(value.to_owned())),
            _ => None,
        }
    }

    /// Says so of `package`.
    pub(super) fn say_of(&self, package: &mut Package) {
        match self {
            Self::Directory => provenance::mark(package, model::package::Mark::Unreleased),
            Self::Vcs(kind, url, commit) => provenance::taken_from_vcs(package, kind, url, commit),
            Self::Archive(digest) => package.digests.push(digest.clone()),
        }
    }
}
