//! Packages that conda or one of its kin (mamba, micromamba, pixi) installed: one JSON file each in `conda-meta`.

use std::borrow::Cow;

use model::ecosystem::Ecosystem;
use model::package::Package;
use model::purl::Purl;
use serde::Deserialize;

use super::facts::{PackageFact, PathListBuilder};
use super::lock_file::identified;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants, provenance};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "conda-meta",
    version: 2,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/conda-meta/*.json"]),
    read,
    assemble,
};

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    version: Option<Cow<'a, str>>,
    build: Option<Cow<'a, str>>,
    /// `https://conda.example.org/main/linux-64`, or only `main`.
    channel: Option<Cow<'a, str>>,
    subdir: Option<Cow<'a, str>>,
    #[serde(rename = "fn")]
    file_name: Option<Cow<'a, str>>,
    license: Option<Cow<'a, str>>,
    md5: Option<Cow<'a, str>>,
    sha256: Option<Cow<'a, str>>,
    #[serde(default)]
    depends: Vec<Cow<'a, str>>,
    #[serde(default)]
    files: Vec<Cow<'a, str>>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let record: Record<'_> = match serde_json::from_str(&text) {
        Ok(record) => record,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    let stated = identified(file, facts, record.name.as_deref(), record.version.as_deref());
    let Some((name, version)) = stated else { return };
    let mut fact = PackageFact::new(record.package(name, version));
    fact.requires = record.depends.iter().filter_map(|spec| name_of(spec)).map(str::to_owned).collect();
    // Which Python distributions this package brought, is all that anybody asks of its files.
    let mut owned = PathListBuilder::default();
    let prefix = prefix(file.path);
    for path in record.files.iter().filter(|path| super::python::is_metadata(path)) {
        owned.path(&format!("{prefix}{path}"));
    }
    fact.owned = owned.finish();
    facts.push(Fact::Package(fact.stating_needs()));
}

/// `opt/conda/` of `opt/conda/conda-meta/demo-1.0-0.json`: the environment that the paths of a record start from.
fn prefix(path: &str) -> &str {
    path.rfind("conda-meta/").map_or("", |at| &path[..at])
}

/// The name of a match specification: `python >=3.9,<3.10.0a0`, `main::python`.
fn name_of(spec: &str) -> Option<&str> {
    let name = spec.split_whitespace().next()?;
    let name = name.rsplit("::").next().unwrap_or(name);
    name.split(['=', '<', '>', '!', '~', '[']).next().filter(|name| !name.is_empty())
}

impl Record<'_> {
    fn package(&self, name: &str, version: &str) -> Package {
        let subdir = self.subdir.as_deref().unwrap_or_default();
        let mut purl = purl(name, version, self.build.as_deref().unwrap_or_default())
            .with_qualifier("channel", channel(self.channel.as_deref().unwrap_or_default(), subdir))
            .with_qualifier("subdir", subdir);
        let archive = self.file_name.as_deref().unwrap_or_default();
        if let Some(kind) = ["conda", "tar.bz2"].iter().find(|kind| archive.ends_with(&format!(".{kind}"))) {
            purl = purl.with_qualifier("type", kind);
        }
        let mut package = Package::new(Ecosystem::Conda, name, version, purl.to_string());
        package.architecture = architecture(subdir).map(str::to_owned);
        package.licenses.extend(self.license.as_deref().map(str::trim).filter(|license| !license.is_empty()));
        let digests = [("md5", &self.md5), ("sha256", &self.sha256)];
        package.digests =
            digests.iter().filter_map(|(name, hex)| provenance::digest_of(name, hex.as_deref()?)).collect();
        package
    }
}

/// The purl of a conda package (feeds.md B2).
pub(super) fn purl(name: &str, version: &str, build: &str) -> Purl {
    Purl::new("conda", &name.to_lowercase()).with_version(version).with_qualifier("build", build)
}

/// The name of a channel that is given by its address: what precedes the platform there.
fn channel<'a>(channel: &'a str, subdir: &str) -> &'a str {
    let channel = channel.trim_end_matches('/');
    let channel = channel.strip_suffix(subdir).map_or(channel, |channel| channel.trim_end_matches('/'));
    channel.rsplit('/').next().unwrap_or(channel)
}

/// The architecture of conda's name for a platform.
fn architecture(subdir: &str) -> Option<&str> {
    match subdir {
        "" => None,
        "noarch" => Some("noarch"),
        subdir => match subdir.rsplit_once('-')?.1 {
            "64" => Some("x86_64"),
            "32" => Some("x86"),
            other => Some(other),
        },
    }
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_known_by_name_and_by_address() {
        for (stated, subdir, expected) in [
            ("https://conda.example.org/pkgs/main/linux-64", "linux-64", "main"),
            ("https://conda.example.org/forge/noarch/", "noarch", "forge"),
            ("forge", "linux-64", "forge"),
            ("", "", ""),
        ] {
            assert_eq!(channel(stated, subdir), expected);
        }
        assert_eq!(name_of("forge::demo >=1.0,<2 build_1"), Some("demo"));
        assert_eq!(name_of("demo=1.0"), Some("demo"));
        assert_eq!(name_of(" "), None);
    }
}
