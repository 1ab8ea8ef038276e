//! The records of a file that names packages one by one, and which of them needs which.

use std::collections::BTreeMap;

use model::gap::{Gap, GapKind};
use model::package::{Dependencies, Package};

use super::facts::PackageFact;
use super::file::{File, is_legible};
use super::{Fact, Facts};

/// The packages of a file that names, for each, the others that it needs.
#[derive(Debug, Default)]
pub(super) struct LockedPackages {
    packages: Vec<(PackageFact, Vec<String>)>,
    positions: BTreeMap<String, u32>,
}

impl LockedPackages {
    /// Adds `package`, which the others call `key`, and which needs those called `needs`. That nothing is needed the
    /// package itself says.
    pub(super) fn add(&mut self, key: &str, package: Package, needs: Vec<String>) {
        let Ok(position) = u32::try_from(self.packages.len()) else { return };
        self.positions.entry(key.to_owned()).or_insert(position);
        self.packages.push((PackageFact::new(package), needs));
    }

    /// Pushes all of them, with what they need as far as it is in the file.
    pub(super) fn finish(self, facts: &mut Facts) {
        for (mut fact, needs) in self.packages {
            if !needs.is_empty() {
                fact.package.depends_on = Dependencies::UNKNOWN;
            }
            fact.depends_on = needs.iter().filter_map(|need| self.positions.get(need).copied()).collect();
            fact.depends_on.sort_unstable();
            fact.depends_on.dedup();
            facts.push(Fact::Package(fact));
        }
    }
}

/// Whether a record that states `name` and `version` identifies a package. What is missing becomes a gap; without a version
/// the package is still known by its name.
pub(super) fn is_identified(file: &File<'_>, facts: &mut Facts, name: &str, version: &str) -> bool {
    if name.is_empty() {
        facts.push(Fact::Gap(file.unreadable_record(&"a record states no name")));
        return false;
    }
    if !is_legible(name) || !is_legible(version) {
        facts.push(Fact::Gap(file.unreadable_record(&"a record has an illegible name or version")));
        return false;
    }
    if version.is_empty() {
        facts.push(Fact::Gap(without_version(file, name)));
    }
    true
}

/// The gap that says that `name` states no version.
pub(super) fn without_version(file: &File<'_>, name: &str) -> Gap {
    let detail = format!("`{name}` states no version; it cannot be judged");
    Gap::new(GapKind::MISSING_FACT, file.path, detail)
}

/// `sha256:…` of a digest in hexadecimal digits of either case; none when it is no such digest.
pub(super) fn sha256(hex: &str) -> Option<String> {
    let is_digest = hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest.then(|| format!("sha256:{}", hex.to_ascii_lowercase()))
}
