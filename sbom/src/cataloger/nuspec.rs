//! Licences and authors of NuGet packages, from the manifests in the folder that packages are restored to:
//! `.nuget/packages/NAME/VERSION/NAME.nuspec`.
//!
//! Such a folder is a store that builds take from; its packages are found where something uses them.

use std::collections::BTreeMap;

use model::ecosystem::Ecosystem;

use super::file::is_legible;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants, xml};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "nuspec",
    version: 1,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/.nuget/packages/*/*/*.nuspec"]),
    read,
    assemble,
};

/// The names of the facts: a licence as an SPDX expression, and who wrote it.
const LICENSE: &str = "license";
const AUTHORS: &str = "authors";
/// Addresses below which NuGet shows the text of an expression.
const EXPRESSIONS: &str = "https://licenses.nuget.org/";
/// Bytes of a licence or of authors that are kept.
const TEXT_BYTES_MAX: usize = 1 << 10;

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let root = match xml::parse(&text) {
        Ok(root) => root,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    let Some(metadata) = root.child("metadata").filter(|_| root.name == "package") else { return };
    let expression = metadata
        .child("license")
        .filter(|license| license.attribute("type") == Some("expression"))
        .map(|license| license.text.as_str())
        .or_else(|| metadata.text_of("licenseUrl")?.strip_prefix(EXPRESSIONS));
    let expression = expression.map(|text| text.replace("%20", " "));
    let authors = metadata.text_of("authors").map(str::to_owned);
    for (name, value) in [(LICENSE, expression), (AUTHORS, authors)] {
        let value =
            value.filter(|value| !value.is_empty() && value.len() <= TEXT_BYTES_MAX && is_legible(value));
        if let Some(value) = value {
            facts.push(Fact::Text { name: name.to_owned(), value });
        }
    }
}

/// Adds to the NuGet packages found so far what their manifests say.
fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let mut manifests: BTreeMap<(String, &str), &[Fact]> = BTreeMap::new();
    for file in tree.of(CATALOGER.name) {
        let mut directories = file.path.rsplit('/').skip(1);
        if let (Some(version), Some(name)) = (directories.next(), directories.next()) {
            manifests.insert((name.to_lowercase(), version), &file.facts);
        }
    }
    if manifests.is_empty() {
        return;
    }
    for package in found.packages.iter_mut().filter(|package| package.ecosystem == Ecosystem::NuGet) {
        let key = (package.name.to_lowercase(), package.version.as_str().to_lowercase());
        for fact in manifests.get(&(key.0, key.1.as_str())).copied().unwrap_or_default() {
            match fact {
                Fact::Text { name, value } if name == LICENSE && package.licenses.is_empty() => {
                    package.licenses = vec![value.clone()].into();
                }
                Fact::Text { name, value } if name == AUTHORS && package.supplier.is_none() => {
                    package.supplier = Some(value.clone());
                }
                _ => {}
            }
        }
    }
}
