//! Red Hat's part of Trivy's database, which speaks of products by numbers.

use std::collections::{BTreeMap, BTreeSet};

use model::facts::CoverageClass;
use model::key::{KeyKind, Namespace, PackageKey};
use serde_json::Value;

use super::buckets::Pair;
use super::database::{Database, Statement, texts};

/// The products by their numbers, as CPE names.
pub(super) fn cpes(pairs: &[Pair]) -> BTreeMap<String, String> {
    let is_cpe = |pair: &&Pair| pair.buckets == ["Red Hat CPE", "cpe"];
    let cpe = |pair: &Pair| (pair.key.clone(), pair.value.as_str().expect("a CPE name").to_owned());
    pairs.iter().filter(is_cpe).map(cpe).collect()
}

/// Adds what `pair`, a bulletin or a CVE, says of the package `name`.
///
/// A fix is of binary packages, and what is not fixed may be either a source or a binary package (feeds.md A5). As our
/// provider does, a product becomes the release that it is of; the repository behind it says nothing of a package.
pub(super) fn add(name: &str, pair: &Pair, cpes: &BTreeMap<String, String>, database: &mut Database) {
    for entry in pair.value["Entries"].as_array().expect("entries") {
        let mut releases = BTreeSet::new();
        for number in texts(&entry["Affected"]) {
            match cpes.get(&number) {
                Some(cpe) => drop(releases.insert(release(cpe))),
                None => database.leave_out("a product of Red Hat's without a name"),
            }
        }
        let mut statement = Statement::read(entry);
        let is_fixed = statement.is_fixed();
        let cves: Vec<&str> =
            entry["Cves"].as_array().expect("CVEs").iter().map(|cve| id(cve, pair)).collect();
        if cves.iter().any(|cve| *cve != pair.key) {
            statement = statement.in_bulletin(&pair.key);
        }
        let kinds: &[KeyKind] =
            if is_fixed { &[KeyKind::Binary] } else { &[KeyKind::Source, KeyKind::Binary] };
        for (cve, release) in cves.iter().flat_map(|cve| releases.iter().map(move |release| (cve, release))) {
            for kind in kinds {
                let key = PackageKey::new(Namespace::distro("redhat", release), *kind, name);
                if let Some(affected) = statement.affected(key, database) {
                    database.add("redhat", CoverageClass::Complete, cve, affected);
                }
            }
        }
    }
}

/// The CVE, which is the key itself where none is named.
fn id<'a>(cve: &'a Value, pair: &'a Pair) -> &'a str {
    cve.get("ID").map_or(pair.key.as_str(), |id| id.as_str().expect("an id"))
}

/// `7` of `cpe:/o:redhat:enterprise_linux:7::server`.
fn release(cpe: &str) -> &str {
    match cpe.split(':').collect::<Vec<_>>()[..] {
        ["cpe", "/o" | "/a", "redhat", "enterprise_linux", release, ..] => release,
        _ => panic!("`{cpe}` is no main stream of Red Hat Enterprise Linux"),
    }
}
