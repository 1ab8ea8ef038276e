//! `renv.lock`, in which renv writes down the R packages of a project.

use std::borrow::Cow;
use std::collections::BTreeMap;

use model::ecosystem::Ecosystem;
use model::package::{Certainty, Package};
use serde::Deserialize;

use super::lock_file::{LockFile, Need, identified};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants, r_description};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "renv-lock",
    version: 2,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/renv.lock"]),
    read,
    assemble,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Lock<'a> {
    #[serde(borrow, default)]
    packages: BTreeMap<Cow<'a, str>, Entry<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry<'a> {
    #[serde(borrow)]
    package: Option<Cow<'a, str>>,
    version: Option<Cow<'a, str>>,
    source: Option<Cow<'a, str>>,
    repository: Option<Cow<'a, str>>,
    remote_type: Option<Cow<'a, str>>,
    remote_host: Option<Cow<'a, str>>,
    remote_username: Option<Cow<'a, str>>,
    remote_repo: Option<Cow<'a, str>>,
    remote_url: Option<Cow<'a, str>>,
    remote_sha: Option<Cow<'a, str>>,
    license: Option<Cow<'a, str>>,
    #[serde(default)]
    requirements: Vec<Cow<'a, str>>,
    /// Since renv 1.1 in place of `Requirements`.
    depends: Option<Fields>,
    imports: Option<Fields>,
    linking_to: Option<Fields>,
}

/// `Imports` and kin, which are lists of `demo (>= 1.0)`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Fields {
    One(String),
    Several(Vec<String>),
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let lock: Lock<'_> = match serde_json::from_str(&text) {
        Ok(lock) => lock,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    let mut packages = LockFile::with_needs(file.limits);
    for (key, entry) in &lock.packages {
        let name = entry.package.as_deref().unwrap_or(key);
        let Some((name, version)) = identified(file, facts, Some(name), entry.version.as_deref()) else {
            continue;
        };
        packages.add(entry.package(name, version), entry.needs());
    }
    packages.finish(facts);
}

impl Entry<'_> {
    fn package(&self, name: &str, version: &str) -> Package {
        let source = self.source.as_deref().unwrap_or_default();
        let ecosystem = match source {
            "Bioconductor" => Ecosystem::Bioconductor,
            _ if self.repository.as_deref().is_some_and(|name| name.starts_with("BioC")) => {
                Ecosystem::Bioconductor
            }
            _ => Ecosystem::Cran,
        };
        let mut package = r_description::package_of(ecosystem, name, version);
        package.licenses = self.license.as_deref().map(r_description::license).into_iter().collect();
        let kind = self.remote_type.as_deref().map_or_else(|| source.to_lowercase(), str::to_lowercase);
        r_description::taken_from(&mut package, &kind, &|field| {
            let value = match field {
                "RemoteHost" => &self.remote_host,
                "RemoteUsername" => &self.remote_username,
                "RemoteRepo" => &self.remote_repo,
                "RemoteUrl" => &self.remote_url,
                "RemoteSha" => &self.remote_sha,
                _ => &None,
            };
            value.as_deref().unwrap_or_default()
        });
        // Of a package that came from nowhere known, renv takes what the repositories have under its name.
        if (source.is_empty() || source == "unknown") && self.repository.is_none() {
            package.certainty = Certainty::Inferred;
        }
        package
    }

    fn needs(&self) -> Vec<Need> {
        let lists = [&self.depends, &self.imports, &self.linking_to].into_iter().flatten();
        let texts = lists.flat_map(|fields| match fields {
            Fields::One(text) => std::slice::from_ref(text),
            Fields::Several(texts) => texts.as_slice(),
        });
        let stated = texts.flat_map(|text| r_description::names(text));
        let required = self.requirements.iter().map(|name| name.to_string());
        stated.chain(required).map(|name| Need::any(&name)).collect()
    }
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
