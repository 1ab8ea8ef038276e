//! The records of Composer's packages, which `installed.json` and `composer.lock` write alike.

use std::collections::HashMap;

use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::package::{Certainty, Dependencies, DependencyScope, Mark, Package};
use model::purl::Purl;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::file::is_legible;
use super::locked::{CANDIDATES_MAX, Locked, Place};
use super::{Fact, Facts, File};

/// One package.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Record {
    name: String,
    version: String,
    license: Value,
    authors: Value,
    dist: Value,
    extra: Value,
    require: Value,
    provide: Value,
    replace: Value,
}

/// Tells the packages of one file; `scope` says what the one of a name is needed for.
pub(super) fn tell<'a>(
    file: &File<'_>,
    facts: &mut Facts,
    records: impl IntoIterator<Item = (&'a RawValue, DependencyScope)>,
    scope: impl Fn(&str) -> DependencyScope,
) {
    let mut locked = Locked::default();
    let mut places = Vec::new();
    let mut by_name: HashMap<String, Vec<Place>> = HashMap::new();
    for (value, stated) in records {
        let record: Record = match serde_json::from_str(value.get()) {
            Ok(record) => record,
            Err(error) => {
                facts.push(Fact::Gap(file.unreadable_record(&error)));
                continue;
            }
        };
        let Some(mut package) = record.package(file, facts) else { continue };
        package.scope = stated.max(scope(&record.name));
        // What has no vendor is PHP itself or a part of it.
        package.depends_on = Dependencies::none_if(keys(&record.require).all(|name| !name.contains('/')));
        let place = locked.add(package);
        let stands_for = [&record.provide, &record.replace].into_iter().flat_map(keys);
        for name in stands_for.chain([record.name.as_str()]) {
            by_name.entry(name.to_lowercase()).or_default().push(place);
        }
        places.push((place, keys(&record.require).map(str::to_lowercase).collect::<Vec<_>>()));
    }
    for (from, needed) in places {
        for to in
            needed.iter().filter_map(|name| by_name.get(name)).flat_map(|to| to.iter().take(CANDIDATES_MAX))
        {
            locked.need(from, *to);
        }
    }
    locked.finish(facts);
}

fn keys(value: &Value) -> impl Iterator<Item = &str> {
    value.as_object().into_iter().flat_map(|object| object.keys().map(String::as_str))
}

impl Record {
    fn package(&self, file: &File<'_>, facts: &mut Facts) -> Option<Package> {
        let name = self.name.trim();
        if name.is_empty() || !is_legible(name) || !is_legible(&self.version) {
            let why = if name.is_empty() {
                "a package has no name"
            } else {
                "a package has an illegible name or version"
            };
            facts.push(Fact::Gap(file.unreadable_record(&why)));
            return None;
        }
        if self.version.is_empty() {
            let detail = format!("`{name}` states no version; it cannot be judged");
            facts.push(Fact::Gap(Gap::new(GapKind::MISSING_FACT, file.path, detail)));
            return None;
        }
        // A branch can be compared with nothing, unless its project says which release it leads to.
        let alias =
            self.extra["branch-alias"][self.version.as_str()].as_str().filter(|alias| is_legible(alias));
        let version = alias.unwrap_or(&self.version);
        let (vendor, rest) = name.rsplit_once('/').unwrap_or(("", name));
        let purl = Purl::new("composer", &rest.to_lowercase())
            .with_namespace(&vendor.to_lowercase())
            .with_version(version);
        let mut package = Package::new(Ecosystem::Composer, name, version, purl.to_string());
        if alias.is_some() {
            package.certainty = Certainty::Inferred;
        }
        if self.version.starts_with("dev-") || self.version.ends_with("-dev") {
            package.marks.push(Mark::Unreleased);
        }
        package.licenses = self.licenses().into();
        package.supplier = self.authors[0]["name"].as_str().map(str::to_owned);
        let shasum = self.dist["shasum"].as_str().filter(|shasum| shasum.len() == 40);
        package.digests = shasum.map(|shasum| format!("sha1:{shasum}")).into_iter().collect();
        Some(package)
    }

    /// Of several licences the user may choose one (composer.json, `license`).
    fn licenses(&self) -> Vec<String> {
        let names: Vec<&str> = match &self.license {
            Value::String(name) => vec![name.as_str()],
            Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        match names.as_slice() {
            [] => Vec::new(),
            [name] => vec![(*name).to_owned()],
            names => vec![names.join(" OR ")],
        }
    }
}
