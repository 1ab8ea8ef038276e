//! Perl distributions that were unpacked: `META.json` or `META.yml` (CPAN::Meta::Spec) in the root of each.
//!
//! What is unpacked was mostly built and installed there, without leaving any other trace; sure it is not.

use std::collections::{BTreeMap, BTreeSet};

use model::ecosystem::Ecosystem;
use model::package::{Certainty, Package};
use model::purl::Purl;
use serde::Deserialize;
use serde_json::Value;

use super::lock_file::identified;
use super::yaml::{self, Yaml};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, PackageFact, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "cpan-meta",
    version: 2,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/META.json", "**/META.yml"]),
    read,
    assemble,
};

/// What a distribution says of itself.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Meta {
    #[serde(rename = "meta-spec")]
    spec: Option<serde::de::IgnoredAny>,
    name: Option<String>,
    version: Option<Value>,
    license: Value,
    prereqs: BTreeMap<String, Phase>,
    provides: BTreeMap<String, serde::de::IgnoredAny>,
    x_spdx_expression: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Phase {
    requires: BTreeMap<String, serde::de::IgnoredAny>,
}

impl Meta {
    /// # Errors
    /// It is no JSON of that form.
    pub(super) fn from_json(text: &str) -> serde_json::Result<Self> {
        // A list would be taken for the members in their order.
        if !text.trim_start().starts_with('{') {
            return Err(serde::de::Error::custom("it is no object"));
        }
        serde_json::from_str(text)
    }

    /// Licences, as SPDX has them where the name is certain.
    pub(super) fn licenses(&self) -> Vec<String> {
        if let Some(expression) = &self.x_spdx_expression {
            return vec![expression.clone()];
        }
        let names: Vec<&str> = match &self.license {
            Value::String(name) => vec![name],
            Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        names.into_iter().filter(|name| *name != "unknown").map(license).collect()
    }

    /// Modules that are needed for running.
    pub(super) fn requires(&self) -> Vec<String> {
        let runtime = self.prereqs.get("runtime").into_iter().flat_map(|phase| phase.requires.keys());
        runtime.filter(|module| *module != "perl").cloned().collect()
    }

    fn provides(&self) -> Vec<String> {
        self.provides.keys().cloned().collect()
    }

    fn from_yaml(root: &Yaml) -> Self {
        let text = |key: &str| root.text_of(key).map(str::to_owned);
        let names = |key: &str| {
            let entries = root.get(key).into_iter().flat_map(Yaml::entries);
            entries.map(|(name, _)| (name.to_owned(), serde::de::IgnoredAny)).collect::<BTreeMap<_, _>>()
        };
        Self {
            spec: root.get("meta-spec").map(|_| serde::de::IgnoredAny),
            name: text("name"),
            version: text("version").map(Value::String),
            license: text("license").map_or(Value::Null, Value::String),
            prereqs: BTreeMap::from([("runtime".to_owned(), Phase { requires: names("requires") })]),
            provides: names("provides"),
            x_spdx_expression: text("x_spdx_expression"),
        }
    }
}

/// The SPDX identifier of a licence as CPAN::Meta::Spec names it, where that says which version it is of.
fn license(name: &str) -> String {
    match name {
        // Perl's own terms are a choice of two.
        "perl_5" | "perl" => "Artistic-1.0-Perl OR GPL-1.0-or-later",
        "apache_1_1" => "Apache-1.1",
        "apache_2_0" => "Apache-2.0",
        "artistic_1" => "Artistic-1.0",
        "artistic_2" => "Artistic-2.0",
        "bsd" => "BSD-3-Clause",
        "freebsd" => "BSD-2-Clause",
        "mit" => "MIT",
        "mozilla_1_0" => "MPL-1.0",
        "mozilla_1_1" => "MPL-1.1",
        "openssl" => "OpenSSL",
        "qpl_1_0" => "QPL-1.0",
        "zlib" => "Zlib",
        other => other,
    }
    .to_owned()
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let meta = if file.path.ends_with(".json") {
        Meta::from_json(&text).map_err(|error| error.to_string())
    } else {
        yaml::parse(&text).and_then(|root| match root {
            Yaml::Map(_) => Ok(Meta::from_yaml(&root)),
            Yaml::Null => Ok(Meta::default()),
            Yaml::Text(_) | Yaml::List(_) => Err("it is no map".to_owned()),
        })
    };
    let meta = match meta {
        Ok(meta) => meta,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    // Other things are called `META.json` too; those of CPAN name their specification.
    if meta.spec.is_none() || meta.name.is_none() {
        return;
    }
    let version = match &meta.version {
        Some(Value::String(version)) => Some(version.clone()),
        Some(Value::Number(version)) => Some(version.to_string()),
        _ => None,
    };
    let Some((name, version)) = identified(file, facts, meta.name.as_deref(), version.as_deref()) else {
        return;
    };
    let purl = Purl::new("cpan", name).with_version(version);
    let mut package = Package::new(Ecosystem::Cpan, name, version, purl.to_string());
    package.certainty = Certainty::Inferred;
    package.licenses = meta.licenses().into();
    let mut fact = PackageFact::new(package);
    fact.requires = meta.requires();
    fact.provides = meta.provides();
    facts.push(Fact::Package(fact.stating_needs()));
}

/// Many distributions have both files; then the newer form counts.
fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let with_packages = tree.of(CATALOGER.name).filter(|file| file.packages().next().is_some());
    let newer: BTreeSet<&str> = with_packages.filter_map(|file| file.path.strip_suffix(".json")).collect();
    for file in tree.of(CATALOGER.name) {
        if file.path.strip_suffix(".yml").is_none_or(|stem| !newer.contains(stem)) {
            found.packages_in(file, |fact| Some(fact.package.clone()));
        }
    }
}
