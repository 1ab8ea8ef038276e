//! Perl distributions that `cpanm` or `cpm` installed: `.meta/<distribution>/install.json`, and `MYMETA.json` beside it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use model::ecosystem::Ecosystem;
use model::package::Package;
use model::purl::Purl;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::facts::{Named, PackageFact};
use super::file::directory;
use super::lock_file::identified;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants, cpan_meta};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "cpan-install",
    version: 1,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/.meta/*/install.json", "**/.meta/*/MYMETA.json"]),
    read,
    assemble,
};

/// The [`Fact::Text`] of a licence, from `MYMETA.json`.
const LICENSE: &str = "license";
/// The [`Fact::Text`] of a module that is needed for running, from `MYMETA.json`.
const REQUIRES: &str = "requires";

#[derive(Deserialize)]
struct Install<'a> {
    /// `Demo-Core-1.23`.
    #[serde(borrow)]
    dist: Option<Cow<'a, str>>,
    /// The main module, `Demo::Core`.
    name: Option<Cow<'a, str>>,
    version: Option<Cow<'a, str>>,
    /// `A/AC/ACME/Demo-Core-1.23.tar.gz`.
    pathname: Option<Cow<'a, str>>,
    #[serde(default)]
    provides: BTreeMap<Cow<'a, str>, IgnoredAny>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    if file.path.ends_with("/MYMETA.json") {
        match cpan_meta::Meta::from_json(&text) {
            Ok(meta) => {
                let texts = |name: &'static str, values: Vec<String>| {
                    values.into_iter().map(move |value| Fact::Text { name: name.to_owned(), value })
                };
                let all = texts(LICENSE, meta.licenses()).chain(texts(REQUIRES, meta.requires()));
                all.for_each(|fact| facts.push(fact));
            }
            Err(error) => facts.push(Fact::Gap(file.unreadable(&error))),
        }
        return;
    }
    let install: Install<'_> = match serde_json::from_str(&text) {
        Ok(install) => install,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    let name = install.distribution();
    let Some((name, version)) = identified(file, facts, name.as_deref(), install.version.as_deref()) else {
        return;
    };
    let author = install.pathname.as_deref().and_then(author).unwrap_or_default();
    let purl = Purl::new("cpan", name).with_namespace(author).with_version(version);
    let package = Package::new(Ecosystem::Cpan, name, version, purl.to_string());
    let mut fact = PackageFact::new(package);
    fact.provides = install.provides.keys().map(|module| module.to_string()).collect();
    facts.push(Fact::Package(fact));
}

impl Install<'_> {
    /// The name of the distribution: `Demo-Core`.
    fn distribution(&self) -> Option<String> {
        let version = self.version.as_deref().unwrap_or_default();
        let of_dist = self.dist.as_deref().map(|dist| {
            let exact = [format!("-{version}"), format!("-v{version}")];
            let stem = exact.iter().find_map(|end| dist.strip_suffix(end.as_str())).or_else(|| {
                // `1.20` of an archive is `1.2` to those who take it for a number.
                let (stem, rest) = dist.rsplit_once('-')?;
                rest.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit()).then_some(stem)
            });
            stem.unwrap_or(dist).to_owned()
        });
        let of_dist = of_dist.filter(|name| !name.is_empty());
        of_dist.or_else(|| Some(self.name.as_deref()?.replace("::", "-")))
    }
}

/// The author's id in the path of an archive on CPAN.
fn author(pathname: &str) -> Option<&str> {
    let author = pathname.split('/').nth(2)?;
    let is_id = author.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-');
    (is_id && !author.is_empty()).then_some(author)
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let mut beside: BTreeMap<&str, (Vec<String>, Vec<String>)> = BTreeMap::new();
    for file in tree.of(CATALOGER.name) {
        for fact in file.facts.iter() {
            let Fact::Text { name, value } = fact else { continue };
            let (licenses, requires) = beside.entry(directory(&file.path)).or_default();
            if name == LICENSE { licenses } else { requires }.push(value.clone());
        }
    }
    for file in tree.of(CATALOGER.name) {
        let Some((licenses, requires)) = beside.get(directory(&file.path)).cloned() else {
            found.packages_in(file, |fact| Some(fact.package.clone()));
            continue;
        };
        for fact in file.packages() {
            let package = Package { licenses: licenses.clone().into(), ..fact.package.clone() };
            if let Some(index) = found.package(file, package) {
                let (requires, provides) = (requires.clone(), fact.provides.clone());
                found.named.push(Named { index, requires, provides });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_distribution_is_that_of_its_archive() {
        for (dist, version, expected) in [
            ("Demo-Core-1.23", "1.23", "Demo-Core"),
            ("Demo-Core-v1.2.3", "1.2.3", "Demo-Core"),
            ("Demo-Core-v1.2.3", "v1.2.3", "Demo-Core"),
            ("Demo-Core-1.20", "1.2", "Demo-Core"),
            ("Demo-v5-1.0", "1.0", "Demo-v5"),
            ("Demo", "", "Demo"),
        ] {
            let install = Install {
                dist: Some(dist.into()),
                name: None,
                version: Some(version.into()),
                pathname: None,
                provides: BTreeMap::new(),
            };
            assert_eq!(install.distribution().as_deref(), Some(expected), "{dist}");
        }
        assert_eq!(author("A/AC/ACME/Demo-1.0.tar.gz"), Some("ACME"));
        assert_eq!(author("Demo-1.0.tar.gz"), None);
    }
}
