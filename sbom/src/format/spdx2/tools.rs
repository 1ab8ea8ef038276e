//! What other tools say in SPDX 2 in ways of their own: where packages are, which layers there are, and what is needed for
//! development only.
//!
//! - Syft, also inside BuildKit: the file that shows a package is related to it by `OTHER` with a comment, and the comment of
//!   the file names its layer.
//! - Trivy: a lock file is an element that `CONTAINS` or `DEPENDS_ON` the packages in it, and a package `CONTAINS` the
//!   file that it is.
//! - Tern: a layer is an element whose comment says which it is.
//! - Claircore: the database of a package is its file name.
//! - Hermeto, Cachi2 and Mobster: annotations are properties as CycloneDX writes them.

use std::collections::HashSet;

use model::inventory::SubjectLayer;
use model::package::{DependencyScope, Location, Package, PackageIndex};
use serde::Deserialize;

use super::super::DocumentError;
use super::super::wire::json::Text;
use super::super::wire::keys::{Key, KeyMap, Keys};
use super::super::wire::members::{Members, Record};
use super::{Element, Relationship};

/// How many layers an image may have; OCI runtimes stop at half of that.
const LAYERS_MAX: usize = 256;

/// Among how many places of a package a file is looked for, so that many of them do not take their square of time.
const LOOKED_THROUGH_MAX: usize = 64;

/// File information (§8), the fields that say where a package is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FileElement<'a> {
    #[serde(rename = "SPDXID", borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    file_name: Text<'a>,
    #[serde(borrow, default)]
    comment: Option<Text<'a>>,
}

struct EachFile;

impl Record for EachFile {
    type Of<'e> = FileElement<'e>;
}

/// What is gathered while elements and relationships are read.
pub(super) struct Tools<'t> {
    tool: &'t str,
    /// Of elements that stand for a lock file, its path.
    lock_files: KeyMap<String>,
    /// The layers that are elements, by their numbers.
    layers: Vec<(u32, String)>,
    /// Packages by the file that shows them.
    shown_by: KeyMap<Vec<PackageIndex>>,
    development: HashSet<PackageIndex>,
    runtime: HashSet<PackageIndex>,
}

impl<'t> Tools<'t> {
    /// Of a document that `tool` wrote; empty for plimsoll itself.
    pub(super) fn new(tool: &'t str) -> Self {
        Self {
            tool,
            lock_files: KeyMap::default(),
            layers: Vec::new(),
            shown_by: KeyMap::default(),
            development: HashSet::new(),
            runtime: HashSet::new(),
        }
    }

    /// Whether `element`, which has `key`, is a lock file or a layer and no package.
    pub(super) fn take_element(&mut self, key: Key, element: &Element<'_>) -> bool {
        if self.tool.is_empty() {
            return false;
        }
        if element.id.as_str().starts_with("SPDXRef-Application-") && element.external_refs.is_empty() {
            let said = [element.source_info.as_ref(), Some(&element.name)].into_iter().flatten();
            if let Some(path) = said.map(Text::as_str).find(|text| is_file(text)) {
                self.lock_files.insert(key, path.trim_start_matches('/').to_owned());
            }
            return true;
        }
        match layer(element).filter(|_| self.tool == "tern" && self.layers.len() < LAYERS_MAX) {
            Some(layer) => {
                self.layers.push(layer);
                true
            }
            None => false,
        }
    }

    /// The layers, from the first.
    pub(super) fn layers(&mut self) -> Vec<SubjectLayer> {
        self.layers.sort();
        std::mem::take(&mut self.layers).into_iter().map(|(_, digest)| SubjectLayer::new(digest)).collect()
    }

    /// Takes what `relation` says of the packages `from` and `to`, where these are packages.
    pub(super) fn take_relation(
        &mut self,
        keys: &Keys,
        relation: &Relationship<'_>,
        (from, to): (Option<PackageIndex>, Option<PackageIndex>),
        packages: &mut [Package],
    ) {
        if self.tool.is_empty() {
            return;
        }
        let comment = relation.comment.as_ref().map_or("", Text::as_str);
        match relation.relationship_type.as_str() {
            "DEV_DEPENDENCY_OF" | "DEV_TOOL_OF" | "TEST_DEPENDENCY_OF" | "TEST_TOOL_OF" => {
                self.development.extend(from);
            }
            "DEPENDENCY_OF"
            | "RUNTIME_DEPENDENCY_OF"
            | "OPTIONAL_DEPENDENCY_OF"
            | "PROVIDED_DEPENDENCY_OF"
            | "CONTAINED_BY" => self.runtime.extend(from),
            "DEPENDS_ON" | "CONTAINS" => self.runtime.extend(to),
            _ => {}
        }
        match (relation.relationship_type.as_str(), from, to) {
            ("CONTAINS" | "DEPENDS_ON", None, Some(package)) if !self.lock_files.is_empty() => {
                if let Some(path) = self.lock_files.get(&keys.of(relation.spdx_element_id.as_str())) {
                    packages[package.as_usize()].locations.push(Location::new(path.as_str()));
                }
            }
            ("OTHER", Some(package), None) if comment.starts_with("evident-by") => {
                self.is_shown_by(package, keys.of(relation.related_spdx_element.as_str()));
            }
            ("CONTAINS", Some(package), None) if self.tool.starts_with("trivy") => {
                self.is_shown_by(package, keys.of(relation.related_spdx_element.as_str()));
            }
            _ => {}
        }
    }

    fn is_shown_by(&mut self, package: PackageIndex, file: Key) {
        self.shown_by.entry(file).or_default().push(package);
    }

    /// Puts what was gathered into `packages`.
    pub(super) fn finish(
        self,
        document: &Members<'_>,
        keys: &Keys,
        packages: &mut [Package],
    ) -> Result<(), DocumentError> {
        for package in self.development.difference(&self.runtime) {
            packages[package.as_usize()].scope = DependencyScope::Development;
        }
        if self.shown_by.is_empty() {
            return Ok(());
        }
        document.each::<EachFile>("files", |_, file| {
            let shown = self.shown_by.get(&keys.of(file.id.as_str()));
            for package in shown.into_iter().flatten() {
                locate(&mut packages[package.as_usize()], &file);
            }
            Ok(())
        })
    }
}

/// Adds where `file` is to what is known of `package`.
fn locate(package: &mut Package, file: &FileElement<'_>) {
    let path = file.file_name.as_str();
    let path = path.strip_prefix("./").unwrap_or(path).trim_start_matches('/');
    let comment = file.comment.as_ref().map_or("", Text::as_str);
    // As in `layerID: sha256:…`.
    let layer = comment.strip_prefix("layerID: ").map(|layer| layer.trim().into());
    let mut known = package.locations.iter_mut().take(LOOKED_THROUGH_MAX);
    match known.find(|location| location.path == path) {
        Some(location) if location.layer.is_none() => location.layer = layer,
        Some(_) => {}
        None => package.locations.push(Location::new(path).in_layer(layer)),
    }
}

/// Whether `text` is the path of a file and not the name of a language, as in `Node.js`.
fn is_file(text: &str) -> bool {
    let name = text.rsplit('/').next().unwrap_or_default();
    text.contains('/') || name != "Node.js" && name.contains('.') && !name.contains(' ')
}

/// The number and digest of the layer that `element` is. Tern: `Layer 3:` and a line of what made it.
fn layer(element: &Element<'_>) -> Option<(u32, String)> {
    let comment = element.comment.as_ref()?.as_str();
    let (number, _) = comment.strip_prefix("Layer ")?.split_once(':')?;
    let checksum = element.checksums.0.iter().find(|checksum| checksum.algorithm.as_str() == "SHA256")?;
    let digest = format!("sha256:{}", checksum.checksum_value.as_str().to_ascii_lowercase());
    number.trim().parse().ok().map(|number| (number, digest))
}

/// What `element` says, in the way of `tool`, of where `package` is and what found it.
pub(super) fn read_element(element: &Element<'_>, tool: &str, package: &mut Package) {
    if let Some(name) = element.package_file_name.as_ref().filter(|_| tool == "Claircore") {
        // The kind of database, then its path: `sqlite:usr/lib/sysimage/rpm`.
        let path = name.as_str().split_once(':').map_or(name.as_str(), |(_, path)| path);
        if !matches!(path, "" | "NOASSERTION") && package.locations.is_empty() {
            package.locations.push(Location::new(path.trim_start_matches('/')));
        }
    }
    for annotation in &element.annotations.0 {
        let property = serde_json::from_str::<Property<'_>>(annotation.comment.as_str());
        if let Ok(property) = property
            && property.name.as_str().ends_with(":found_by")
        {
            property.value.as_str().clone_into(&mut package.cataloger);
        }
    }
}

/// A property as CycloneDX writes it, in the comment of an annotation.
#[derive(Deserialize)]
struct Property<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    value: Text<'a>,
}

#[cfg(test)]
mod tests;
