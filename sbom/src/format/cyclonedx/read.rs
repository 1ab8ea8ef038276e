//! The inventory in a CycloneDX JSON document, plimsoll's own or another tool's.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::File;

use model::distro::Distro;
use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::inventory::{Inventory, Part, Subject, SubjectLayer};
use model::limits::Limits;
use model::package::{
    About, Dependencies, DependencyScope, Location, OwnedFile, Package, PackageIndex, PackageKind, PartIndex,
    Reference, SourcePackage,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::wire::facts::{self, PREFIX};
use super::super::wire::hash::Spelling;
use super::super::wire::json::{List, Source, Text};
use super::super::wire::keys::{Key, KeyMap, Keys};
use super::super::wire::members::{Members, Names, Record};
use super::super::wire::shared::Shared;
use super::super::wire::{foreign, identity};
use super::super::{DocumentError, PARTS_MAX, Seen};
use super::{Component, Dependency, ExternalReference, Hash, LicenseChoice, Nested, Property, tools};

/// The type of a component that is a file.
pub(super) const FILE: &str = "file";

/// The scope of what is there for tests and other purposes that are no runtime's.
pub(super) const EXCLUDED: &str = "excluded";

const VERSIONS: &[&str] = &["1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7"];

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

const FORMAT: &str = "CycloneDX JSON";

/// The members of a document that say something of its inventory.
const MEMBERS: Names =
    Names { required: &["specVersion"], optional: &["metadata", "components", "dependencies"], spared: &[] };

struct EachComponent;

impl Record for EachComponent {
    type Of<'e> = Component<'e>;
}

struct EachDependency;

impl Record for EachDependency {
    type Of<'e> = Dependency<'e>;
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
struct Reading {
    packages_max: usize,
    /// Whether plimsoll wrote the document.
    is_own: bool,
    /// Whether what no verdict depends on is left out.
    is_in_parts: bool,
    /// The tool that wrote the document; empty for plimsoll itself.
    tool: String,
    distro: Option<Distro>,
    /// Operating systems after the first.
    distros_left_out: usize,
    packages: Vec<Package>,
    keys: Keys,
    shared: Shared,
    /// The package behind a reference; none where several carry it.
    references: KeyMap<Option<PackageIndex>>,
    /// Packages and the references of their owners.
    owned: Vec<(usize, String)>,
    /// Packages and the references of those that carry them.
    carried: Vec<(usize, Key)>,
    /// Of components that stand for a lock file, its path.
    lock_files: KeyMap<String>,
    /// What a merged inventory was made of, and its position by its reference.
    parts: Vec<Part>,
    part_references: HashMap<String, usize>,
    /// Packages and the references of their parts.
    in_part: Vec<(usize, String)>,
    /// Distributions and the references of their parts.
    distros_of_parts: Vec<(String, Distro)>,
    gaps: Vec<Gap>,
}

/// Reads `text`.
pub(super) fn read(text: &str, limits: &Limits) -> Result<Seen, DocumentError> {
    read_members(&Members::of_text(FORMAT, text, MEMBERS)?, limits)
}

/// Reads `file`, without all of it in memory.
pub(in crate::format) fn read_file(file: &File, limits: &Limits) -> Result<Seen, DocumentError> {
    read_members(&Members::of_file(FORMAT, file, MEMBERS)?, limits)
}

fn read_members(document: &Members<'_>, limits: &Limits) -> Result<Seen, DocumentError> {
    let version: Text<'_> = document.one("specVersion")?.unwrap_or_default();
    let source = document.around("metadata");
    let metadata: Metadata<'_> = document.one::<Option<_>>("metadata")?.flatten().unwrap_or_default();
    let tools = tools(source, metadata.tools)?;
    let own = tools.iter().any(|tool| tool == "plimsoll");
    let mut reading = Reading {
        packages_max: limits.packages_max,
        is_own: own,
        is_in_parts: document.is_in_parts(),
        tool: if own { String::new() } else { tools.into_iter().next().unwrap_or_default() },
        distro: None,
        distros_left_out: 0,
        packages: Vec::new(),
        keys: Keys::default(),
        shared: Shared::default(),
        references: KeyMap::default(),
        owned: Vec::new(),
        carried: Vec::new(),
        lock_files: KeyMap::default(),
        parts: Vec::new(),
        part_references: HashMap::new(),
        in_part: Vec::new(),
        distros_of_parts: Vec::new(),
        gaps: Vec::new(),
    };
    for property in metadata.properties.0.iter().filter(|property| property.name.as_str() == facts::GAP) {
        reading.gaps.push(Gap::from_text(property.value()));
    }
    if !VERSIONS.contains(&version.as_str()) {
        reading.gaps.push(Gap::new(
            GapKind::UNREADABLE_RECORD,
            "specVersion",
            format!("version {} is not known; read as far as it is like those that are", version.as_str()),
        ));
    }
    let mut subject = Subject::default();
    if let Some(component) = metadata.component {
        subject = self::subject(&component);
        reading.root(source, component)?;
    }
    document.each::<EachComponent>("components", |source, component| {
        reading.component_and_nested(source, component, 1, None)
    })?;
    document.each::<EachDependency>("dependencies", |_, dependency| {
        reading.dependency(&dependency);
        Ok(())
    })?;
    document.finish()?;
    let inventory = reading.finish(subject, own);
    Ok(Seen { version: version.0.into_owned(), inventory, is_own: own })
}

/// The names of the tools that made the document.
fn tools(source: Source<'_>, raw: Option<&RawValue>) -> Result<Vec<String>, DocumentError> {
    let Some(raw) = raw.filter(|raw| raw.get() != "null") else { return Ok(Vec::new()) };
    let list = if raw.get().starts_with('[') {
        source.part::<List<Tool<'_>>>(raw.get())?
    } else {
        source.part::<Tools<'_>>(raw.get())?.components
    };
    Ok(list.0.into_iter().filter_map(|tool| tool.name).map(|name| name.0.into_owned()).collect())
}

impl Reading {
    /// The root component: what the document is about. It is judged too where it says what it is.
    fn root<'e>(&mut self, source: Source<'e>, mut component: Component<'e>) -> Result<(), DocumentError> {
        let nested = component.components.take();
        let purl = component.purl.as_ref().map_or("", Text::as_str);
        let ecosystem = identity::package("", "", purl).ecosystem;
        if !matches!(ecosystem, Ecosystem::Unknown | Ecosystem::Generic | Ecosystem::GithubActions) {
            self.package(&component)?;
        }
        self.components(source, nested, 1, None)
    }

    /// The components in `nested`, a part of `source`, which lie in the package at `within`.
    fn components<'e>(
        &mut self,
        source: Source<'e>,
        nested: Option<Nested<'e>>,
        depth: u64,
        within: Option<usize>,
    ) -> Result<(), DocumentError> {
        let Some(Nested::Read(raw)) = nested else { return Ok(()) };
        if depth > NESTING_MAX {
            return Err(DocumentError::LimitExceeded { limit: "nesting of components", max: NESTING_MAX });
        }
        source.each(Some(raw.get()), |component: Component<'e>| {
            self.component_and_nested(source, component, depth, within)
        })
    }

    fn component_and_nested<'e>(
        &mut self,
        source: Source<'e>,
        mut component: Component<'e>,
        depth: u64,
        within: Option<usize>,
    ) -> Result<(), DocumentError> {
        if let Some(package) = within.and_then(|index| self.packages.get_mut(index))
            && component.kind.as_str() == FILE
            && self.is_own
        {
            let digests = digests(&component.hashes);
            package.files.push(OwnedFile { path: component.name.0.into_owned(), digests });
            return Ok(());
        }
        let nested = component.components.take();
        let n_before = self.packages.len();
        self.component(&component)?;
        let within = (self.packages.len() > n_before).then_some(n_before);
        let owner = within.filter(|_| self.is_own && nested.is_some());
        if let Some(package) = owner.and_then(|index| self.packages.get_mut(index)) {
            package.files.clear();
        }
        self.components(source, nested, depth + 1, within)?;
        // What is beside its files is said of those that lie in it, which are known only now.
        if let Some(package) = owner.and_then(|index| self.packages.get_mut(index)) {
            let beside = own(&component).into_iter().filter(|(name, value)| {
                name.starts_with(facts::FILE) || *name == facts::NONE && value.starts_with(facts::FILE)
            });
            facts::apply(package, &beside.collect::<Vec<_>>());
        }
        Ok(())
    }

    fn component(&mut self, component: &Component<'_>) -> Result<(), DocumentError> {
        let kind = component.kind.as_str();
        if let Some((_, document)) = properties(component).find(|(name, _)| *name == facts::PART_DOCUMENT) {
            return self.part(component, document);
        }
        if kind == "operating-system" {
            if let Some((_, part)) = properties(component).find(|(name, _)| *name == facts::PART) {
                self.distros_of_parts.push((part.to_owned(), distro(component)));
                return Ok(());
            }
            match self.distro {
                None => self.distro = Some(distro(component)),
                Some(_) => self.distros_left_out += 1,
            }
            return Ok(());
        }
        let named = component.purl.is_some() || component.cpe.is_some();
        let evidence_file = properties(component).any(|(name, _)| name == "aquasecurity:trivy:Class");
        if !named && (NO_PACKAGES.contains(&kind) || evidence_file) {
            if let Some(reference) = component.reference.as_ref().filter(|_| evidence_file) {
                let path = component.name.as_str().trim_start_matches('/').to_owned();
                self.lock_files.insert(self.keys.of(reference.as_str()), path);
            }
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

    /// One of those that a merged document was made of.
    fn part(&mut self, component: &Component<'_>, document: &str) -> Result<(), DocumentError> {
        if self.parts.len() == PARTS_MAX {
            return Err(DocumentError::LimitExceeded { limit: "parts of a document", max: PARTS_MAX as u64 });
        }
        if let Some(reference) = &component.reference {
            self.part_references.insert(reference.as_str().to_owned(), self.parts.len());
        }
        let subject = subject(component);
        self.parts.push(Part { subject, distro: None, document: document.to_owned() });
        Ok(())
    }

    fn package(&mut self, component: &Component<'_>) -> Result<(), DocumentError> {
        if self.packages.len() == self.packages_max {
            return Err(DocumentError::LimitExceeded {
                limit: "packages_max",
                max: self.packages_max as u64,
            });
        }
        let index = self.packages.len();
        let mut package = package(component, &self.tool);
        if self.is_in_parts {
            package.leave_out_about();
        }
        self.shared.share_layers(&mut package);
        self.packages.push(package);
        if let Some((_, owner)) = properties(component).find(|(name, _)| *name == facts::OWNER) {
            self.owned.push((index, owner.to_owned()));
        }
        if let Some((_, parent)) = properties(component).find(|(name, _)| *name == facts::PARENT) {
            self.carried.push((index, self.keys.of(parent)));
        }
        if let Some((_, part)) = properties(component).find(|(name, _)| *name == facts::PART) {
            self.in_part.push((index, part.to_owned()));
        }
        if let Some(reference) = &component.reference {
            self.refer(reference.as_str(), index);
        }
        Ok(())
    }

    /// Notes that `reference` is of the package at `index`.
    fn refer(&mut self, reference: &str, index: usize) {
        match self.references.entry(self.keys.of(reference)) {
            Entry::Vacant(entry) => {
                entry.insert(u32::try_from(index).ok().map(PackageIndex));
            }
            Entry::Occupied(mut entry) => {
                if entry.insert(None).is_some() {
                    self.gaps.push(foreign::ambiguous(reference));
                }
            }
        }
    }

    /// Reads which packages depend on which. What is no package and needs some is the subject, or a file of it such as
    /// a lock file.
    fn dependency(&mut self, dependency: &Dependency<'_>) {
        let found =
            |reference: &Text<'_>| self.references.get(&self.keys.of(reference.as_str())).copied().flatten();
        let depends_on = dependency.depends_on.0.iter().filter_map(found);
        let Some(from) = found(&dependency.reference) else {
            let lock_file = self.lock_files.get(&self.keys.of(dependency.reference.as_str()));
            for package in depends_on {
                let package = &mut self.packages[package.as_usize()];
                package.is_needed_by_subject = true;
                if let Some(path) = lock_file {
                    tools::found_in(path, package);
                }
            }
            return;
        };
        let package = &mut self.packages[from.as_usize()];
        if dependency.depends_on.0.is_empty() && !package.depends_on.is_known() {
            package.depends_on = Dependencies::NONE;
        }
        depends_on.for_each(|needed| package.depends_on.push(needed));
    }

    fn finish(mut self, subject: Subject, own: bool) -> Inventory {
        for (index, parent) in &self.carried {
            self.packages[*index].parent = self.references.get(parent).copied().flatten();
        }
        for (index, owner) in &self.owned {
            match self.references.get(&self.keys.of(owner)) {
                Some(found) => self.packages[*index].owner = *found,
                None => self.gaps.push(Gap::new(
                    GapKind::UNREADABLE_RECORD,
                    self.packages[*index].purl.as_str(),
                    format!("its owner `{owner}` is not in the document"),
                )),
            }
        }
        self.relate_parts();
        drop((self.references, self.owned, self.carried));
        self.gaps.extend(foreign::more_distros(self.distros_left_out));
        foreign::break_cycles(&mut self.packages, &mut self.gaps);
        if !own {
            self.distro = self.distro.or_else(|| foreign::distro(&self.packages, &mut self.gaps));
            foreign::missing_facts(self.distro.as_ref(), &self.packages, &mut self.gaps);
        }
        let inventory = Inventory::new(subject, self.distro, self.packages, self.gaps);
        Inventory { parts: self.parts, ..inventory }
    }

    /// Gives packages and distributions to their parts.
    fn relate_parts(&mut self) {
        let missing = |place: &str, part: &str| {
            let detail = format!("its part `{part}` is not in the document");
            Gap::new(GapKind::UNREADABLE_RECORD, place, detail)
        };
        for (index, reference) in &self.in_part {
            let package = &mut self.packages[*index];
            match self.part_references.get(reference) {
                Some(part) => package.part = u32::try_from(*part).ok().map(PartIndex),
                None => self.gaps.push(missing(&package.purl, reference)),
            }
        }
        for (reference, distro) in self.distros_of_parts.drain(..) {
            match self.part_references.get(&reference) {
                Some(part) => self.parts[*part].distro = Some(distro),
                None => self.gaps.push(missing(&distro.id, &reference)),
            }
        }
    }
}

/// The package that `component` describes, without its owner; found by `tool` unless it says by what.
pub(super) fn package(component: &Component<'_>, tool: &str) -> Package {
    fn text<'t>(field: &'t Option<Text<'_>>) -> &'t str {
        field.as_ref().map_or("", Text::as_str)
    }
    let name = match &component.group {
        Some(group) if !group.as_str().is_empty() && component.purl.is_none() => {
            Cow::Owned(format!("{}/{}", group.as_str(), component.name.as_str()))
        }
        _ => Cow::Borrowed(component.name.as_str()),
    };
    let mut package = identity::package(&name, text(&component.version), text(&component.purl));
    if component.kind.as_str() == "application" {
        package.kind = PackageKind::Application;
    }
    if component.scope.as_ref().is_some_and(|scope| scope.as_str() == EXCLUDED) {
        package.scope = DependencyScope::Development;
    }
    // Looked at first, because what is set is given space.
    if !component.hashes.is_empty() {
        package.digests = digests(&component.hashes).into();
    }
    package.licenses.extend(component.licenses.0.iter().filter_map(license));
    if let Some(supplier) = supplier_of(&package, component) {
        package.supplier = Some(supplier);
    }
    package.cpes = component.cpe.iter().map(|cpe| cpe.0.to_string()).collect();
    let occurrences = component.evidence.as_ref().map_or(&[][..], |evidence| &evidence.occurrences.0);
    package.locations.reserve_exact(occurrences.len());
    package.locations.extend(occurrences.iter().map(|occurrence| location(occurrence.location.as_str())));
    package.cataloger = tool.to_owned();
    let about = about(component);
    if about != About::default() {
        package.about = Some(Box::new(about));
    }
    read_syft(component, &mut package);
    tools::read(component, &mut package);
    read_trivy(component, &mut package);
    if let Some(Nested::Files(files)) = &component.components {
        let owned = |file: &super::OwnedFile<'_>| OwnedFile {
            path: file.name.to_owned(),
            digests: digests(&file.hashes),
        };
        package.files = files.iter().map(owned).collect();
    }
    facts::apply(&mut package, &own(component));
    package.shrink();
    package
}

/// `algorithm:hex` of each, sorted.
fn digests(hashes: &List<Hash<'_>>) -> Vec<String> {
    let read = |hash: &Hash<'_>| Spelling::CycloneDx.read(hash.algorithm.as_str(), hash.content.as_str());
    let mut digests: Vec<String> = hashes.0.iter().map(read).collect();
    digests.sort();
    digests
}

/// The supplier of a package. Who wrote the software of an RPM is not who built it, and the vendor of its header is asked
/// about: where none is stated, nobody stands in.
fn supplier_of(package: &Package, component: &Component<'_>) -> Option<String> {
    let is_stated = component.supplier.as_ref().is_some_and(|supplier| supplier.name.is_some())
        || component.publisher.is_some();
    supplier(component).filter(|_| is_stated || package.ecosystem != Ecosystem::Rpm)
}

fn supplier(component: &Component<'_>) -> Option<String> {
    let supplier = component.supplier.as_ref().and_then(|supplier| supplier.name.as_ref());
    let supplier = supplier.or(component.publisher.as_ref()).or(component.author.as_ref());
    supplier.map(|name| name.0.to_string())
}

fn about(component: &Component<'_>) -> About {
    let owned = |text: &Option<Text<'_>>| {
        text.as_ref().map(|text| text.0.to_string()).filter(|text| !text.is_empty())
    };
    let authors = || {
        let names = component.authors.0.iter().filter_map(|author| author.name.as_ref()).map(Text::as_str);
        let names: Vec<_> = names.filter(|name| !name.is_empty()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    let reference = |reference: &ExternalReference<'_>| Reference {
        kind: reference.kind.0.to_string(),
        url: reference.url.0.to_string(),
    };
    let mut references: Vec<_> = component.external_references.0.iter().map(reference).collect();
    references.sort();
    references.dedup();
    About {
        summary: None,
        description: owned(&component.description),
        copyright: owned(&component.copyright),
        originator: owned(&component.author).or_else(authors),
        references,
    }
}

/// What plimsoll itself wrote beside the standard's fields.
fn own<'c>(component: &'c Component<'_>) -> Vec<(&'c str, &'c str)> {
    properties(component).filter(|(name, _)| name.starts_with(PREFIX)).collect()
}

pub(super) fn properties<'c>(component: &'c Component<'_>) -> impl Iterator<Item = (&'c str, &'c str)> {
    component.properties.0.iter().map(|property| (property.name.as_str(), property.value()))
}

fn license(choice: &LicenseChoice<'_>) -> Option<String> {
    let license = choice.license.as_ref().and_then(|license| license.id.as_ref().or(license.name.as_ref()));
    license.or(choice.expression.as_ref()).map(|text| text.0.to_string())
}

pub(super) fn location(path: &str) -> Location {
    Location::new(path.trim_start_matches('/'))
}

/// Syft writes what the standard cannot say as `syft:*`, a location as `syft:location:0:path` and `…:layerID`.
fn read_syft(component: &Component<'_>, package: &mut Package) {
    let mut located: Vec<(&str, Location)> = Vec::new();
    let (mut source, mut source_version, mut source_rpm) = (None, None, None);
    for (name, value) in properties(component) {
        let prefix = tools::LIKE_SYFT.iter().find(|prefix| name.starts_with(**prefix));
        let Some(name) = prefix.map(|prefix| &name[prefix.len()..]) else { continue };
        match name {
            "package:foundBy" => value.clone_into(&mut package.cataloger),
            "cpe23" => package.cpes.push(value),
            "metadata:source" | "metadata:originPackage" if !value.is_empty() => source = Some(value),
            "metadata:sourceVersion" if !value.is_empty() => source_version = Some(value),
            "metadata:sourceRpm" if !matches!(value, "" | "(none)") => source_rpm = Some(value),
            // A Go program's own module is among those that are linked into it (feeds.md D3).
            "metadata:mainModule" if value == component.name.as_str() => {
                package.kind = PackageKind::Application;
            }
            "metadata:architecture" if package.architecture.is_none() && !value.is_empty() => {
                package.architecture = Some(value.to_owned());
            }
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
    if package.source.is_none()
        && let Some(file) = source_rpm
    {
        package.source = Some(identity::source(Ecosystem::Rpm, file));
    }
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
    for location in package.locations.iter_mut().filter(|location| location.layer.is_none()) {
        location.layer.clone_from(&layer);
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
        supplier: supplier(component),
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
        supplier: supplier(component),
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
