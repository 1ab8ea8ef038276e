//! The inventory in an SPDX JSON document, plimsoll's own or another tool's.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::File;

use model::distro::Distro;
use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::inventory::{Inventory, Part, Subject, SubjectLayer};
use model::limits::Limits;
use model::package::{
    About, Dependencies, Location, Package, PackageIndex, PackageKind, PartIndex, Reference, SourcePackage,
};
use serde::Deserialize;

use super::super::wire::facts::{self, PREFIX};
use super::super::wire::hash::Spelling;
use super::super::wire::json::{List, Text};
use super::super::wire::keys::{Key, KeyMap, KeySet, Keys};
use super::super::wire::members::{Members, Names, Record};
use super::super::wire::shared::Shared;
use super::super::wire::{foreign, identity, references};
use super::super::{DocumentError, PARTS_MAX, Seen};
use super::tools::{self, Tools};
use super::{
    Annotation, Checksum, DISTRO, Element, ExternalRef, ExtractedLicense, NONE, Relationship, SOURCE,
};

const VERSIONS: &[&str] = &["2.1", "2.2", "2.3"];

/// A licence text longer than this is a text, not a statement: its name stands for it.
const LICENSE_STATEMENT_BYTES_MAX: usize = 200;

const FORMAT: &str = "SPDX JSON";

/// The members of a document that say something of its inventory.
const MEMBERS: Names = Names {
    required: &["spdxVersion"],
    optional: &[
        "name",
        "creationInfo",
        "packages",
        "relationships",
        "documentDescribes",
        "hasExtractedLicensingInfos",
        "annotations",
        "files",
    ],
    spared: &["files"],
};

struct EachPackage;

impl Record for EachPackage {
    type Of<'e> = Element<'e>;
}

struct EachRelationship;

impl Record for EachRelationship {
    type Of<'e> = Relationship<'e>;
}

struct EachText;

impl Record for EachText {
    type Of<'e> = Text<'e>;
}

struct EachLicense;

impl Record for EachLicense {
    type Of<'e> = ExtractedLicense<'e>;
}

struct EachAnnotation;

impl Record for EachAnnotation {
    type Of<'e> = Annotation<'e>;
}

#[derive(Default, Deserialize)]
struct CreationInfo<'a> {
    #[serde(borrow, default)]
    creators: List<Text<'a>>,
}

/// What relationships say before the packages are read.
#[derive(Default)]
struct Relations {
    described: KeySet,
    /// From a package to what it was generated from.
    generated_from: KeyMap<Key>,
    /// What anything was generated from.
    origins: KeySet,
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
    let version: Text<'_> = document.one("spdxVersion")?.unwrap_or_default();
    let name: Option<Text<'_>> = document.one::<Option<_>>("name")?.flatten();
    let creation_info: CreationInfo<'_> = document.one("creationInfo")?.unwrap_or_default();
    let tools: Vec<&str> = creation_info
        .creators
        .0
        .iter()
        .filter_map(|creator| creator.as_str().strip_prefix("Tool: "))
        .collect();
    let own = tools.iter().any(|tool| tool.starts_with("plimsoll-"));
    let tool = if own { "" } else { tools.first().map_or("", |tool| unversioned(tool)) };
    let version = version.as_str();
    let version = version.strip_prefix("SPDX-").unwrap_or(version);
    let mut gaps = Vec::new();
    if !VERSIONS.contains(&version) {
        gaps.push(Gap::new(
            GapKind::UNREADABLE_RECORD,
            "spdxVersion",
            format!("version {version} is not known; read as far as it is like those that are"),
        ));
    }
    let keys = Keys::default();
    let relations = relations(document, &keys)?;
    let sources = sources(document, &keys, &relations, own)?;
    let license_texts = license_texts(document)?;
    let license_text = |id: &str| license_texts.get(id).cloned();

    let mut subject = Subject {
        name: name.as_ref().map_or(String::new(), |name| name.0.to_string()),
        ..Subject::default()
    };
    let mut distros: Vec<(String, Distro)> = Vec::new();
    let mut parts = Parts::default();
    let mut by_tool = Tools::new(tool);
    let mut packages: Vec<Package> = Vec::new();
    let mut shared = Shared::default();
    let mut ids: KeyMap<Option<PackageIndex>> = KeyMap::default();
    document.each::<EachPackage>("packages", |_, element| {
        let id = keys.of(element.id.as_str());
        if relations.described.len() == 1 && relations.described.contains(&id) {
            subject = self::subject(&element);
            if own || !says_what_it_is(&element) {
                return Ok(());
            }
        }
        if let Some(document) = part_document(&element) {
            return parts.take(&element, document);
        }
        if is_distro(&element) || own && element.id.as_str().starts_with(DISTRO) {
            distros.push((element.id.as_str().to_owned(), self::distro(&element)));
            return Ok(());
        }
        if by_tool.take_element(id, &element) || sources.contains_key(&id) || !is_package(&element) {
            return Ok(());
        }
        if packages.len() == limits.packages_max {
            return Err(DocumentError::LimitExceeded {
                limit: "packages_max",
                max: limits.packages_max as u64,
            });
        }
        let from = relations.generated_from.get(&id).and_then(|id| sources.get(id)).cloned().flatten();
        match ids.entry(id) {
            Entry::Vacant(entry) => {
                entry.insert(u32::try_from(packages.len()).ok().map(PackageIndex));
            }
            Entry::Occupied(mut entry) => {
                if entry.insert(None).is_some() {
                    gaps.push(foreign::ambiguous(element.id.as_str()));
                }
            }
        }
        let mut package = package(&element, from, &license_text, tool);
        if document.is_in_parts() {
            package.leave_out_about();
        }
        shared.share_layers(&mut package);
        packages.push(package);
        Ok(())
    })?;
    drop((relations, sources));
    let index = |id: &str| ids.get(&keys.of(id)).copied().flatten();
    if subject.layers.is_empty() {
        subject.layers = by_tool.layers();
    }
    relate_packages(document, own, index, &mut packages, |relation, ends, packages| {
        by_tool.take_relation(&keys, relation, ends, packages);
    })?;
    by_tool.finish(document, &keys, &mut packages)?;
    parts.relate(document, index, &mut packages, &mut distros)?;
    drop(ids);
    gaps.extend(foreign::more_distros(distros.len().saturating_sub(1)));
    let mut distro = distros.into_iter().next().map(|(_, distro)| distro);
    foreign::break_cycles(&mut packages, &mut gaps);
    document.each::<EachAnnotation>("annotations", |_, annotation| {
        let ours = annotation.annotator.as_str().starts_with("Tool: plimsoll-");
        if ours && !annotation.comment.as_str().starts_with(PREFIX) {
            gaps.push(Gap::from_text(annotation.comment.as_str()));
        }
        Ok(())
    })?;
    document.finish()?;
    if !own {
        distro = distro.or_else(|| foreign::distro(&packages, &mut gaps));
        foreign::missing_facts(distro.as_ref(), &packages, &mut gaps);
    }
    let version = version.to_owned();
    let inventory = Inventory::new(subject, distro, packages, gaps);
    let inventory = Inventory { parts: parts.found, ..inventory };
    Ok(Seen { version, inventory, is_own: own })
}

/// The name in a creator's `name-version` (§6.8).
fn unversioned(tool: &str) -> &str {
    match tool.rsplit_once('-') {
        Some((name, version))
            if version.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit()) =>
        {
            name
        }
        _ => tool,
    }
}

fn relations(document: &Members<'_>, keys: &Keys) -> Result<Relations, DocumentError> {
    let mut relations = Relations::default();
    document.each::<EachText>("documentDescribes", |_, id| {
        relations.described.insert(keys.of(id.as_str()));
        Ok(())
    })?;
    document.each::<EachRelationship>("relationships", |_, relation| {
        let from = || keys.of(relation.spdx_element_id.as_str());
        let to = || keys.of(relation.related_spdx_element.as_str());
        match relation.relationship_type.as_str() {
            "DESCRIBES" => {
                relations.described.insert(to());
            }
            "DESCRIBED_BY" => {
                relations.described.insert(from());
            }
            "GENERATED_FROM" => {
                relations.generated_from.insert(from(), to());
                relations.origins.insert(to());
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(relations)
}

/// The elements that others were generated from and that are themselves source packages; none where the element is a
/// repository or an archive of sources, as melange and apko write, which is no package of the distribution.
fn sources(
    document: &Members<'_>,
    keys: &Keys,
    relations: &Relations,
    own: bool,
) -> Result<KeyMap<Option<SourcePackage>>, DocumentError> {
    let mut sources = KeyMap::default();
    if relations.generated_from.is_empty() {
        return Ok(sources);
    }
    document.each::<EachPackage>("packages", |_, element| {
        let id = keys.of(element.id.as_str());
        if !relations.origins.contains(&id) {
            return Ok(());
        }
        let by_purl = identity::package("", "", purl(&element));
        if !own && matches!(by_purl.ecosystem, Ecosystem::Generic | Ecosystem::GithubActions) {
            sources.insert(id, None);
        } else if purpose(&element) == "SOURCE"
            || own && element.id.as_str().starts_with(SOURCE)
            || matches!(by_purl.architecture.as_deref(), Some("src" | "source" | "nosrc"))
        {
            let version = element.version_info.as_ref().map(|version| version.as_str().into());
            sources.insert(id, Some(SourcePackage { name: element.name.0.into_owned(), version }));
        }
        Ok(())
    })?;
    Ok(sources)
}

/// What each licence of the document itself says; its name where the text is long or missing.
fn license_texts(document: &Members<'_>) -> Result<HashMap<String, String>, DocumentError> {
    let mut texts = HashMap::new();
    document.each::<EachLicense>("hasExtractedLicensingInfos", |_, license| {
        let text = license.extracted_text.as_str();
        let name = license.name.as_ref().map(Text::as_str).filter(|name| !says_nothing(name));
        let text = match name {
            Some(name) if says_nothing(text) || text.len() > LICENSE_STATEMENT_BYTES_MAX => name,
            _ => text,
        };
        texts.insert(license.license_id.0.into_owned(), text.to_owned());
        Ok(())
    })?;
    Ok(texts)
}

/// Sets the owners that relationships name (plimsoll by `CONTAINS`, Syft by a comment), and what packages depend on and
/// are contained by. `package` gives the package of an id; `others` is told every relationship.
fn relate_packages(
    document: &Members<'_>,
    own: bool,
    package: impl Fn(&str) -> Option<PackageIndex>,
    packages: &mut [Package],
    mut others: impl FnMut(&Relationship<'_>, (Option<PackageIndex>, Option<PackageIndex>), &mut [Package]),
) -> Result<(), DocumentError> {
    document.each::<EachRelationship>("relationships", |_, relation| {
        let comment = relation.comment.as_ref().map_or("", Text::as_str);
        let ends =
            (package(relation.spdx_element_id.as_str()), package(relation.related_spdx_element.as_str()));
        others(&relation, ends, packages);
        let needs_nothing = relation.relationship_type.as_str() == "DEPENDS_ON"
            && relation.related_spdx_element.as_str() == NONE;
        if let (Some(from), true) = (ends.0, needs_nothing) {
            let package = &mut packages[from.as_usize()];
            if !package.depends_on.is_known() {
                package.depends_on = Dependencies::NONE;
            }
        }
        // What is no package and needs some is the subject, or a file of it such as a lock file.
        let needed_by_none = match (relation.relationship_type.as_str(), ends) {
            ("DEPENDS_ON", (None, Some(needed))) => Some(needed),
            (kind, (Some(needed), None)) if kind.ends_with("DEPENDENCY_OF") => Some(needed),
            _ => None,
        };
        if let Some(needed) = needed_by_none {
            packages[needed.as_usize()].is_needed_by_subject = true;
        }
        let (Some(from_index), Some(to_index)) = ends else { return Ok(()) };
        let (from, to) = (from_index.as_usize(), to_index.as_usize());
        match relation.relationship_type.as_str() {
            "CONTAINS" if own => packages[to].owner = Some(from_index),
            "OTHER"
                if comment.starts_with("ownership-by-file-overlap")
                    && (own || packages[from].ecosystem.is_os()) =>
            {
                packages[to].owner = Some(from_index);
            }
            "CONTAINED_BY" if own => packages[from].parent = Some(to_index),
            "DEPENDS_ON" => packages[from].depends_on.push(to_index),
            "DEPENDENCY_OF"
            | "DEV_DEPENDENCY_OF"
            | "OPTIONAL_DEPENDENCY_OF"
            | "PROVIDED_DEPENDENCY_OF"
            | "RUNTIME_DEPENDENCY_OF"
            | "TEST_DEPENDENCY_OF" => packages[to].depends_on.push(from_index),
            _ => {}
        }
        Ok(())
    })
}

/// Whether `element` is a part, and of which SBOM.
fn part_document<'e>(element: &'e Element<'_>) -> Option<&'e str> {
    let comments = element.annotations.0.iter().map(|annotation| annotation.comment.as_str());
    comments.filter_map(|comment| comment.strip_prefix(facts::PART_DOCUMENT)?.strip_prefix('=')).next()
}

/// What a merged document was made of.
#[derive(Default)]
struct Parts {
    found: Vec<Part>,
    /// Their positions by their ids.
    positions: HashMap<String, usize>,
}

impl Parts {
    /// Takes the part that `element` describes.
    fn take(&mut self, element: &Element<'_>, document: &str) -> Result<(), DocumentError> {
        if self.found.len() == PARTS_MAX {
            return Err(DocumentError::LimitExceeded { limit: "parts of a document", max: PARTS_MAX as u64 });
        }
        self.positions.insert(element.id.as_str().to_owned(), self.found.len());
        self.found.push(Part { subject: subject(element), distro: None, document: document.to_owned() });
        Ok(())
    }

    /// Gives packages and distributions to the parts that contain them; what stays in `distros` is of none.
    fn relate(
        &mut self,
        document: &Members<'_>,
        package: impl Fn(&str) -> Option<PackageIndex>,
        packages: &mut [Package],
        distros: &mut Vec<(String, Distro)>,
    ) -> Result<(), DocumentError> {
        if self.found.is_empty() {
            return Ok(());
        }
        let mut of_parts: HashMap<String, usize> = HashMap::new();
        document.each::<EachRelationship>("relationships", |_, relation| {
            let Some(&part) = self.positions.get(relation.spdx_element_id.as_str()) else { return Ok(()) };
            if relation.relationship_type.as_str() != "CONTAINS" {
                return Ok(());
            }
            match package(relation.related_spdx_element.as_str()) {
                Some(index) => packages[index.as_usize()].part = u32::try_from(part).ok().map(PartIndex),
                // The ids of distributions are the only others that are asked for, and these are few.
                None if distros.iter().any(|(id, _)| id == relation.related_spdx_element.as_str()) => {
                    of_parts.insert(relation.related_spdx_element.as_str().to_owned(), part);
                }
                None => {}
            }
            Ok(())
        })?;
        for (id, distro) in std::mem::take(distros) {
            match of_parts.get(&id) {
                Some(&part) => self.found[part].distro = Some(distro),
                None => distros.push((id, distro)),
            }
        }
        Ok(())
    }
}

/// Whether the element that a document is about is itself something to match.
fn says_what_it_is(element: &Element<'_>) -> bool {
    let ecosystem = identity::package("", "", purl(element)).ecosystem;
    !matches!(ecosystem, Ecosystem::Unknown | Ecosystem::Generic | Ecosystem::GithubActions)
}

fn is_distro(element: &Element<'_>) -> bool {
    // The specification writes a hyphen, the schema an underscore; Trivy says it in the id.
    matches!(purpose(element), "OPERATING-SYSTEM" | "OPERATING_SYSTEM")
        || element.id.as_str().starts_with("SPDXRef-OperatingSystem-")
}

/// Files, and what Trivy writes for a lock file, are elements and no packages.
fn is_package(element: &Element<'_>) -> bool {
    let names_itself = element
        .external_refs
        .0
        .iter()
        .any(|reference| matches!(reference.reference_type.as_str(), "purl" | "cpe23Type" | "cpe22Type"));
    let evidence = purpose(element) == "FILE" || element.id.as_str().starts_with("SPDXRef-Application-");
    names_itself || !evidence
}

fn purpose<'e>(element: &'e Element<'_>) -> &'e str {
    element.primary_package_purpose.as_ref().map_or("", Text::as_str)
}

/// The first package URL; empty where there is none.
fn purl<'e>(element: &'e Element<'_>) -> &'e str {
    let reference =
        element.external_refs.0.iter().find(|reference| reference.reference_type.as_str() == "purl");
    reference.map_or("", |reference| reference.reference_locator.as_str())
}

/// The package that `element` describes, without its owner; found by `tool` unless it says by what.
pub(super) fn package(
    element: &Element<'_>,
    source: Option<SourcePackage>,
    license_text: &dyn Fn(&str) -> Option<String>,
    tool: &str,
) -> Package {
    let version = element.version_info.as_ref().map_or("", Text::as_str);
    let version = if says_nothing(version) { "" } else { version };
    let mut package = identity::package(element.name.as_str(), version, purl(element));
    if purpose(element) == "APPLICATION" {
        package.kind = PackageKind::Application;
    }
    if source.is_some() {
        package.source = source;
    }
    package.licenses = [&element.license_declared, &element.license_concluded]
        .into_iter()
        .flatten()
        .map(Text::as_str)
        .find(|text| !says_nothing(text))
        .map(|text| license_text(text).unwrap_or_else(|| text.to_owned()))
        .into_iter()
        .collect();
    // Looked at first, because what is set is given space.
    if let Some(supplier) = supplier_of(&package, element) {
        package.supplier = Some(supplier);
    }
    let cpes = element
        .external_refs
        .0
        .iter()
        .filter(|reference| matches!(reference.reference_type.as_str(), "cpe23Type" | "cpe22Type"));
    package.cpes = cpes.map(|reference| reference.reference_locator.0.to_string()).collect();
    if !element.checksums.is_empty() {
        let read = |checksum: &Checksum<'_>| {
            Spelling::Spdx.read(checksum.algorithm.as_str(), checksum.checksum_value.as_str())
        };
        package.digests = element.checksums.0.iter().map(read).collect();
        package.digests.sort();
    }
    package.cataloger = tool.to_owned();
    let about = about(element);
    if about != About::default() {
        package.about = Some(Box::new(about));
    }
    read_source_info(element, &mut package);
    tools::read_element(element, tool, &mut package);
    facts::apply(&mut package, &own(element));
    package.shrink();
    package
}

/// The supplier of a package. Who wrote the software of an RPM is not who built it: where nobody is stated, only an
/// organisation stands in, as which other tools state the vendor of its header.
fn supplier_of(package: &Package, element: &Element<'_>) -> Option<String> {
    let is_stated = element.supplier.as_ref().is_some_and(|text| !says_nothing(text.as_str()));
    let is_organization =
        element.originator.as_ref().is_some_and(|text| text.as_str().starts_with("Organization: "));
    supplier(element).filter(|_| is_stated || is_organization || package.ecosystem != Ecosystem::Rpm)
}

fn supplier(element: &Element<'_>) -> Option<String> {
    let stated = [&element.supplier, &element.originator].into_iter().flatten().map(Text::as_str);
    stated.into_iter().find(|text| !says_nothing(text)).map(|text| unprefixed(text).to_owned())
}

fn about(element: &Element<'_>) -> About {
    let owned = |text: &Option<Text<'_>>| {
        let text = text.as_ref().map(Text::as_str).filter(|text| !says_nothing(text));
        text.map(str::to_owned)
    };
    let reference = |kind: &str, url: &str| Reference { kind: kind.to_owned(), url: url.to_owned() };
    let mut references = Vec::new();
    references.extend(owned(&element.homepage).map(|url| reference(references::WEBSITE, &url)));
    let download = owned(&element.download_location);
    references.extend(download.map(|url| reference(references::of_download(&url), &url)));
    for ExternalRef { reference_type, reference_locator, .. } in &element.external_refs.0 {
        let kind = match reference_type.as_str() {
            "purl" | "cpe23Type" | "cpe22Type" => continue,
            "advisory" => references::ADVISORIES,
            kind => kind,
        };
        references.push(reference(kind, reference_locator.as_str()));
    }
    references.sort();
    references.dedup();
    About {
        summary: owned(&element.summary),
        description: owned(&element.description),
        copyright: owned(&element.copyright_text),
        originator: owned(&element.originator).map(|text| unprefixed(&text).to_owned()),
        references,
    }
}

/// The name of an organization or a person (§7.5).
fn unprefixed(text: &str) -> &str {
    text.strip_prefix("Organization: ").or_else(|| text.strip_prefix("Person: ")).unwrap_or(text)
}

pub(super) fn says_nothing(text: &str) -> bool {
    matches!(text, "" | "NOASSERTION" | "NONE")
}

/// What plimsoll itself wrote beside the standard's fields.
fn own<'e>(element: &'e Element<'_>) -> Vec<(&'e str, &'e str)> {
    element
        .annotations
        .0
        .iter()
        .map(|annotation| annotation.comment.as_str())
        .filter(|comment| comment.starts_with(PREFIX))
        .filter_map(|comment| comment.split_once('='))
        .collect()
}

/// Syft says where a package was found, and Trivy what it was built from, in a sentence of `sourceInfo`.
fn read_source_info(element: &Element<'_>, package: &mut Package) {
    let Some(sentence) = element.source_info.as_ref().map(Text::as_str) else { return };
    if let Some((name, version)) =
        sentence.strip_prefix("built package from: ").and_then(|built| built.split_once(' '))
    {
        package.source = Some(SourcePackage { name: name.to_owned(), version: Some(version.into()) });
    }
    if let Some((_, paths)) =
        sentence.split_once(": /").filter(|_| sentence.starts_with("acquired package info"))
    {
        let layer = trivy(element).find(|(name, _)| *name == "LayerDiffID").map(|(_, layer)| layer.into());
        let locate = |path: &str| Location::new(path.trim_start_matches('/')).in_layer(layer.clone());
        package.locations = paths.split(", ").map(locate).collect();
    }
}

/// What Trivy wrote as `Name: value`, in annotations or, before 0.56, attribution texts.
fn trivy<'e>(element: &'e Element<'_>) -> impl Iterator<Item = (&'e str, &'e str)> {
    let annotations = element.annotations.0.iter().map(|annotation| annotation.comment.as_str());
    let texts = element.attribution_texts.0.iter().map(Text::as_str);
    annotations.chain(texts).filter_map(|text| text.split_once(": "))
}

/// The distro that `element`, an operating system, describes.
pub(super) fn distro(element: &Element<'_>) -> Distro {
    let mut distro = Distro {
        id: element.name.as_str().to_ascii_lowercase(),
        version: element.version_info.as_ref().map(|version| version.0.to_string()),
        pretty_name: element.summary.as_ref().map(|summary| summary.0.to_string()),
        supplier: supplier(element),
        ..Distro::default()
    };
    // Clair names the distro in `name` and identifies it by external references of its own.
    for reference in &element.external_refs.0 {
        let value = reference.reference_locator.0.to_string();
        match reference.reference_type.as_str() {
            "did" => distro.id = value,
            "version_id" => distro.version = Some(value),
            "version_code_name" => distro.codename = Some(value),
            "pretty_name" => distro.pretty_name = Some(value),
            _ => {}
        }
    }
    facts::apply(&mut distro, &own(element));
    distro
}

/// The subject that `element`, which the document describes, is.
pub(super) fn subject(element: &Element<'_>) -> Subject {
    let version = element.version_info.as_ref().map(|version| version.0.to_string());
    let is_digest = version.as_ref().is_some_and(|version| version.starts_with("sha256:"));
    let mut subject = Subject {
        name: element.name.0.to_string(),
        manifest_digest: version.clone().filter(|_| is_digest),
        version: version.filter(|version| !is_digest && !says_nothing(version)),
        supplier: supplier(element),
        ..Subject::default()
    };
    for (name, value) in trivy(element) {
        match name {
            "ImageID" => subject.digest = Some(value.to_owned()),
            "RepoDigest" => {
                subject.manifest_digest = value.rsplit_once('@').map(|(_, digest)| digest.to_owned());
            }
            "DiffID" => subject.layers.push(SubjectLayer::new(value)),
            _ => {}
        }
    }
    facts::apply(&mut subject, &own(element));
    subject
}
