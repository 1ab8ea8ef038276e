//! The inventory in a CycloneDX JSON document, plimsoll's own or another tool's.

use std::collections::HashMap;

use model::distro::Distro;
use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::inventory::{Inventory, Subject, SubjectLayer};
use model::limits::Limits;
use model::package::{Location, Package, PackageIndex, PackageKind, SourcePackage};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::wire::facts::{self, PREFIX};
use super::super::wire::json::{List, Source, Text};
use super::super::wire::{foreign, identity};
use super::super::{Document, DocumentError};
use super::{Component, Dependency, LicenseChoice, Property};

const VERSIONS: &[&str] = &["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"];

/// How deep components may lie in components.
const NESTING_MAX: u64 = 32;

/// Types that are no software packages; such a component is one only where it has a purl or a CPE.
const NO_PACKAGES: &[&str] = &["file", "data", "cryptographic-asset", "machine-learning-model", "device"];

const TYPES: &[&str] = &[
    "application",
    "framework",
    "library",
    "container",
    "platform",
    "operating-system",
    "device-driver",
    "firmware",
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bom<'a> {
    #[serde(borrow)]
    spec_version: Text<'a>,
    #[serde(borrow, default)]
    metadata: Option<Metadata<'a>>,
    #[serde(borrow, default)]
    components: Option<&'a RawValue>,
    #[serde(borrow, default)]
    dependencies: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct Metadata<'a> {
    #[serde(borrow, default)]
    tools: Option<&'a RawValue>,
    #[serde(borrow, default)]
    component: Option<Component<'a>>,
    #[serde(borrow, default)]
    properties: List<Property<'a>>,
}

/// `metadata.tools` since 1.5; before, it is the list itself.
#[derive(Deserialize)]
struct Tools<'a> {
    #[serde(borrow, default)]
    components: List<Tool<'a>>,
}

#[derive(Deserialize)]
struct Tool<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
}

/// What is gathered while components are read.
struct Reading<'a> {
    source: Source<'a>,
    packages_max: usize,
    /// The tool that wrote the document; empty for plimsoll itself.
    tool: String,
    distro: Option<Distro>,
    /// Operating systems after the first.
    distros_left_out: usize,
    packages: Vec<Package>,
    /// The package behind a reference; none where several carry it.
    references: HashMap<Text<'a>, Option<usize>>,
    /// Packages and the references of their owners.
    owned: Vec<(usize, String)>,
    /// Packages and the references of those that carry them.
    carried: Vec<(usize, String)>,
    gaps: Vec<Gap>,
}

/// Reads `text`.
pub(super) fn read(text: &str, limits: &Limits) -> Result<Document, DocumentError> {
    let source = Source { format: "CycloneDX JSON", text };
    let bom: Bom<'_> = source.parse()?;
    let metadata = bom.metadata.unwrap_or_default();
    let tools = tools(source, metadata.tools)?;
    let own = tools.iter().any(|tool| tool == "plimsoll");
    let mut reading = Reading {
        source,
        packages_max: limits.packages_max,
        tool: if own { String::new() } else { tools.into_iter().next().unwrap_or_default() },
        distro: None,
        distros_left_out: 0,
        packages: Vec::new(),
        references: HashMap::new(),
        owned: Vec::new(),
        carried: Vec::new(),
        gaps: Vec::new(),
    };
    for property in metadata.properties.0.iter().filter(|property| property.name.as_str() == facts::GAP) {
        reading.gaps.push(Gap::from_text(property.value()));
    }
    if !VERSIONS.contains(&bom.spec_version.as_str()) {
        reading.gaps.push(Gap::new(
            GapKind::UNREADABLE_RECORD,
            "specVersion",
            format!(
                "version {} is not known; read as far as it is like those that are",
                bom.spec_version.as_str()
            ),
        ));
    }
    let mut subject = Subject::default();
    if let Some(component) = metadata.component {
        subject = self::subject(&component);
        reading.root(component)?;
    }
    reading.components(bom.components, 1)?;
    reading.dependencies(bom.dependencies)?;
    let inventory = reading.finish(subject, own);
    Ok(Document { format: format!("CycloneDX {} JSON", bom.spec_version.as_str()), inventory })
}

/// The names of the tools that made the document.
fn tools(source: Source<'_>, raw: Option<&RawValue>) -> Result<Vec<String>, DocumentError> {
    let Some(raw) = raw.filter(|raw| raw.get() != "null") else { return Ok(Vec::new()) };
    let list = if raw.get().starts_with('[') {
        source.part::<List<Tool<'_>>>(raw)?
    } else {
        source.part::<Tools<'_>>(raw)?.components
    };
    Ok(list.0.into_iter().filter_map(|tool| tool.name).map(|name| name.0.into_owned()).collect())
}

impl<'a> Reading<'a> {
    /// The root component: what the document is about. It is judged too where it says what it is.
    fn root(&mut self, component: Component<'a>) -> Result<(), DocumentError> {
        let nested = component.components;
        let purl = component.purl.as_ref().map_or("", Text::as_str);
        let ecosystem = identity::package("", "", purl).ecosystem;
        if !matches!(ecosystem, Ecosystem::Unknown | Ecosystem::Generic | Ecosystem::GithubActions) {
            self.package(component)?;
        }
        self.components(nested, 1)
    }

    fn components(&mut self, raw: Option<&'a RawValue>, depth: u64) -> Result<(), DocumentError> {
        if raw.is_some() && depth > NESTING_MAX {
            return Err(DocumentError::LimitExceeded { limit: "nesting of components", max: NESTING_MAX });
        }
        self.source.each(raw, |component: Component<'a>| {
            let nested = component.components;
            self.component(component)?;
            self.components(nested, depth + 1)
        })
    }

    fn component(&mut self, component: Component<'a>) -> Result<(), DocumentError> {
        let kind = component.kind.as_str();
        if kind == "operating-system" {
            match self.distro {
                None => self.distro = Some(distro(&component)),
                Some(_) => self.distros_left_out += 1,
            }
            return Ok(());
        }
        let named = component.purl.is_some() || component.cpe.is_some();
        let evidence_file = properties(&component).any(|(name, _)| name == "aquasecurity:trivy:Class");
        if !named && (NO_PACKAGES.contains(&kind) || evidence_file) {
            return Ok(());
        }
        if !TYPES.contains(&kind) && !NO_PACKAGES.contains(&kind) {
            self.gaps.push(Gap::new(
                GapKind::UNREADABLE_RECORD,
                component.name.as_str(),
                format!("component type `{kind}` is not known; read as a library"),
            ));
        }
        self.package(component)
    }

    fn package(&mut self, component: Component<'a>) -> Result<(), DocumentError> {
        if self.packages.len() == self.packages_max {
            return Err(DocumentError::LimitExceeded {
                limit: "packages_max",
                max: self.packages_max as u64,
            });
        }
        let index = self.packages.len();
        self.packages.push(package(&component, &self.tool));
        if let Some((_, owner)) = properties(&component).find(|(name, _)| *name == facts::OWNER) {
            self.owned.push((index, owner.to_owned()));
        }
        if let Some((_, parent)) = properties(&component).find(|(name, _)| *name == facts::PARENT) {
            self.carried.push((index, parent.to_owned()));
        }
        if let Some(reference) = component.reference {
            self.references.entry(reference).and_modify(|package| *package = None).or_insert(Some(index));
        }
        Ok(())
    }

    /// Reads which packages depend on which. References to what is no package, such as the subject, say nothing
    /// between packages.
    fn dependencies(&mut self, raw: Option<&'a RawValue>) -> Result<(), DocumentError> {
        let source = self.source;
        source.each(raw, |dependency: Dependency<'a>| {
            let Some(Some(from)) = self.references.get(&dependency.reference) else { return Ok(()) };
            let found = |reference| self.references.get(reference).copied().flatten();
            let depends_on = dependency.depends_on.0.iter().filter_map(found);
            let depends_on: Vec<PackageIndex> =
                depends_on.filter_map(|index| u32::try_from(index).ok().map(PackageIndex)).collect();
            self.packages[*from].depends_on.extend(depends_on);
            Ok(())
        })
    }

    fn finish(mut self, subject: Subject, own: bool) -> Inventory {
        for (index, parent) in &self.carried {
            if let Some(Some(parent)) = self.references.get(&Text::from(parent.as_str())) {
                self.packages[*index].parent = u32::try_from(*parent).ok().map(PackageIndex);
            }
        }
        for (index, owner) in &self.owned {
            match self.references.get(&Text::from(owner.as_str())) {
                Some(Some(owner)) => {
                    self.packages[*index].owner = u32::try_from(*owner).ok().map(PackageIndex);
                }
                Some(None) => {}
                None => self.gaps.push(Gap::new(
                    GapKind::UNREADABLE_RECORD,
                    self.packages[*index].purl.as_str(),
                    format!("its owner `{owner}` is not in the document"),
                )),
            }
        }
        let ambiguous = self.references.iter().filter(|(_, package)| package.is_none());
        self.gaps.extend(ambiguous.map(|(reference, _)| foreign::ambiguous(reference.as_str())));
        self.gaps.extend(foreign::more_distros(self.distros_left_out));
        foreign::break_cycles(&mut self.packages, &mut self.gaps);
        if !own {
            self.distro = self.distro.or_else(|| foreign::distro(&self.packages, &mut self.gaps));
            foreign::missing_facts(self.distro.as_ref(), &self.packages, &mut self.gaps);
        }
        Inventory::new(subject, self.distro, self.packages, self.gaps)
    }
}

/// The package that `component` describes, without its owner; found by `tool` unless it says by what.
pub(super) fn package(component: &Component<'_>, tool: &str) -> Package {
    let text = |field: &Option<Text<'_>>| field.as_ref().map_or(String::new(), |text| text.0.to_string());
    let name = match &component.group {
        Some(group) if !group.as_str().is_empty() && component.purl.is_none() => {
            format!("{}/{}", group.as_str(), component.name.as_str())
        }
        _ => component.name.0.to_string(),
    };
    let mut package = identity::package(&name, &text(&component.version), &text(&component.purl));
    if component.kind.as_str() == "application" {
        package.kind = PackageKind::Application;
    }
    package.licenses = component.licenses.0.iter().filter_map(license).collect();
    package.supplier = component
        .supplier
        .as_ref()
        .and_then(|supplier| supplier.name.as_ref())
        .or(component.publisher.as_ref())
        .or(component.author.as_ref())
        .map(|name| name.0.to_string());
    package.cpes = component.cpe.iter().map(|cpe| cpe.0.to_string()).collect();
    let occurrences = component.evidence.iter().flat_map(|evidence| &evidence.occurrences.0);
    package.locations = occurrences.map(|occurrence| location(occurrence.location.as_str())).collect();
    package.cataloger = tool.to_owned();
    read_syft(component, &mut package);
    read_trivy(component, &mut package);
    facts::apply(&mut package, &own(component));
    package
}

/// What plimsoll itself wrote beside the standard's fields.
fn own<'c>(component: &'c Component<'_>) -> Vec<(&'c str, &'c str)> {
    properties(component).filter(|(name, _)| name.starts_with(PREFIX)).collect()
}

fn properties<'c>(component: &'c Component<'_>) -> impl Iterator<Item = (&'c str, &'c str)> {
    component.properties.0.iter().map(|property| (property.name.as_str(), property.value()))
}

fn license(choice: &LicenseChoice<'_>) -> Option<String> {
    let license = choice.license.as_ref().and_then(|license| license.id.as_ref().or(license.name.as_ref()));
    license.or(choice.expression.as_ref()).map(|text| text.0.to_string())
}

fn location(path: &str) -> Location {
    Location::new(path.trim_start_matches('/'))
}

/// Syft writes what the standard cannot say as `syft:*`, a location as `syft:location:0:path` and `…:layerID`.
fn read_syft(component: &Component<'_>, package: &mut Package) {
    let mut located: Vec<(&str, Location)> = Vec::new();
    let (mut source, mut source_version) = (None, None);
    for (name, value) in properties(component) {
        let Some(name) = name.strip_prefix("syft:") else { continue };
        match name {
            "package:foundBy" => value.clone_into(&mut package.cataloger),
            "cpe23" => package.cpes.push(value.to_owned()),
            "metadata:source" | "metadata:originPackage" if !value.is_empty() => source = Some(value),
            "metadata:sourceVersion" if !value.is_empty() => source_version = Some(value),
            _ => {
                let Some((index, field)) =
                    name.strip_prefix("location:").and_then(|rest| rest.split_once(':'))
                else {
                    continue;
                };
                if located.last().is_none_or(|(last, _)| *last != index) {
                    located.push((index, location("")));
                }
                let Some((_, location)) = located.last_mut() else { continue };
                match field {
                    "path" => value.trim_start_matches('/').clone_into(&mut location.path),
                    "layerID" => location.layer = Some(value.into()),
                    _ => {}
                }
            }
        }
    }
    package.locations.extend(located.into_iter().map(|(_, location)| location));
    if package.source.is_none() {
        package.source = source
            .map(|name| SourcePackage { name: name.to_owned(), version: source_version.map(Into::into) });
    }
}

/// Trivy writes what the standard cannot say as `aquasecurity:trivy:*`.
fn read_trivy(component: &Component<'_>, package: &mut Package) {
    let mut layer = None;
    let (mut name, mut version, mut release, mut epoch) = (None, None, None, None);
    for (property, value) in properties(component) {
        match property.strip_prefix("aquasecurity:trivy:") {
            Some("FilePath") => package.locations.push(location(value)),
            Some("LayerDiffID") => layer = Some(value.into()),
            Some("SrcName") => name = Some(value),
            Some("SrcVersion") => version = Some(value),
            Some("SrcRelease") => release = Some(value),
            Some("SrcEpoch") => epoch = Some(value),
            _ => {}
        }
    }
    for location in &mut package.locations {
        location.layer = location.layer.take().or_else(|| layer.clone());
    }
    if let Some(name) = name {
        let version = version.map(|version| {
            let epoch = epoch.map_or(String::new(), |epoch| format!("{epoch}:"));
            let release = release.map_or(String::new(), |release| format!("-{release}"));
            format!("{epoch}{version}{release}").into()
        });
        package.source = Some(SourcePackage { name: name.to_owned(), version });
    }
}

/// The distro that `component`, an operating system, describes.
pub(super) fn distro(component: &Component<'_>) -> Distro {
    let owned = |text: &Option<Text<'_>>| text.as_ref().map(|text| text.0.to_string());
    let mut distro = Distro {
        id: component.name.as_str().to_ascii_lowercase(),
        version: owned(&component.version).filter(|version| !version.is_empty()),
        pretty_name: owned(&component.description),
        ..Distro::default()
    };
    for (name, value) in properties(component) {
        let Some(name) = name.strip_prefix("syft:distro:") else { continue };
        let value = value.to_owned();
        match name {
            "id" => distro.id = value,
            "versionID" => distro.version = Some(value),
            "versionCodename" => distro.codename = Some(value),
            "prettyName" => distro.pretty_name = Some(value),
            "name" => distro.name = Some(value),
            "variantID" => distro.variant = Some(value),
            name if name.starts_with("idLike:") => distro.id_like.push(value),
            _ => {}
        }
    }
    facts::apply(&mut distro, &own(component));
    distro
}

/// The subject that `component`, the root of the document, describes.
pub(super) fn subject(component: &Component<'_>) -> Subject {
    let version = component.version.as_ref().map(|version| version.0.to_string());
    let is_digest = version.as_ref().is_some_and(|version| version.starts_with("sha256:"));
    let mut subject = Subject {
        name: component.name.0.to_string(),
        manifest_digest: version.clone().filter(|_| is_digest),
        version: version.filter(|version| !is_digest && !version.is_empty()),
        ..Subject::default()
    };
    for (name, value) in properties(component) {
        match name.strip_prefix("aquasecurity:trivy:") {
            Some("ImageID") => subject.digest = Some(value.to_owned()),
            Some("RepoDigest") => {
                subject.manifest_digest = value.rsplit_once('@').map(|(_, digest)| digest.to_owned());
            }
            Some("DiffID") => {
                subject.layers.push(SubjectLayer::new(value));
            }
            _ => {}
        }
    }
    facts::apply(&mut subject, &own(component));
    subject
}
