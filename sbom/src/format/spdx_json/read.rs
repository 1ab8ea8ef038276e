//! The inventory in an SPDX JSON document, plimsoll's own or another tool's.

use std::collections::{HashMap, HashSet};

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
use super::{Annotation, Element, ExtractedLicense, Relationship};

const VERSIONS: &[&str] = &["2.2", "2.3"];

/// A licence text longer than this is a text, not a statement: its name stands for it.
const LICENSE_STATEMENT_BYTES_MAX: usize = 200;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Root<'a> {
    #[serde(borrow)]
    spdx_version: Text<'a>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    creation_info: CreationInfo<'a>,
    #[serde(borrow, default)]
    packages: Option<&'a RawValue>,
    #[serde(borrow, default)]
    relationships: Option<&'a RawValue>,
    #[serde(borrow, default)]
    document_describes: List<Text<'a>>,
    #[serde(borrow, default)]
    has_extracted_licensing_infos: Option<&'a RawValue>,
    #[serde(borrow, default)]
    annotations: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct CreationInfo<'a> {
    #[serde(borrow, default)]
    creators: List<Text<'a>>,
}

/// What relationships say before the packages are read.
#[derive(Default)]
struct Relations<'a> {
    described: HashSet<Text<'a>>,
    /// From a package to what it was generated from.
    generated_from: HashMap<Text<'a>, Text<'a>>,
}

/// Reads `text`.
pub(super) fn read(text: &str, limits: &Limits) -> Result<Document, DocumentError> {
    let source = Source { format: "SPDX JSON", text };
    let root: Root<'_> = source.parse()?;
    let tools: Vec<&str> = root
        .creation_info
        .creators
        .0
        .iter()
        .filter_map(|creator| creator.as_str().strip_prefix("Tool: "))
        .collect();
    let own = tools.iter().any(|tool| tool.starts_with("plimsoll-"));
    let tool = if own { "" } else { tools.first().map_or("", |tool| unversioned(tool)) };
    let version = root.spdx_version.as_str();
    let version = version.strip_prefix("SPDX-").unwrap_or(version);
    let mut gaps = Vec::new();
    if !VERSIONS.contains(&version) {
        gaps.push(Gap::new(
            GapKind::UNREADABLE_RECORD,
            "spdxVersion",
            format!("version {version} is not known; read as far as it is like those that are"),
        ));
    }
    let relations = relations(source, &root)?;
    let sources = sources(source, &root, &relations)?;
    let license_texts = license_texts(source, &root)?;
    let license_text = |id: &str| license_texts.get(id).cloned();

    let mut subject = Subject {
        name: root.name.as_ref().map_or(String::new(), |name| name.0.to_string()),
        ..Subject::default()
    };
    let (mut distro, mut distros_left_out) = (None, 0);
    let mut packages: Vec<Package> = Vec::new();
    let mut ids: HashMap<Text<'_>, Option<usize>> = HashMap::new();
    source.each(root.packages, |element: Element<'_>| {
        if relations.described.len() == 1 && relations.described.contains(&element.id) {
            subject = self::subject(&element);
            if own || !says_what_it_is(&element) {
                return Ok(());
            }
        }
        if is_distro(&element) {
            match distro {
                None => distro = Some(self::distro(&element)),
                Some(_) => distros_left_out += 1,
            }
            return Ok(());
        }
        if sources.contains_key(&element.id) || !is_package(&element) {
            return Ok(());
        }
        if packages.len() == limits.packages_max {
            return Err(DocumentError::LimitExceeded {
                limit: "packages_max",
                max: limits.packages_max as u64,
            });
        }
        let from = relations.generated_from.get(&element.id).and_then(|id| sources.get(id)).cloned();
        ids.entry(element.id.clone()).and_modify(|index| *index = None).or_insert(Some(packages.len()));
        packages.push(package(&element, from, &license_text, tool));
        Ok(())
    })?;
    relate_packages(source, &root, own, &ids, &mut packages)?;
    let ambiguous = ids.iter().filter(|(_, index)| index.is_none());
    gaps.extend(ambiguous.map(|(id, _)| foreign::ambiguous(id.as_str())));
    gaps.extend(foreign::more_distros(distros_left_out));
    foreign::break_cycles(&mut packages, &mut gaps);
    source.each(root.annotations, |annotation: Annotation<'_>| {
        let ours = annotation.annotator.as_str().starts_with("Tool: plimsoll-");
        if ours && !annotation.comment.as_str().starts_with(PREFIX) {
            gaps.push(Gap::from_text(annotation.comment.as_str()));
        }
        Ok(())
    })?;
    if !own {
        distro = distro.or_else(|| foreign::distro(&packages, &mut gaps));
        foreign::missing_facts(distro.as_ref(), &packages, &mut gaps);
    }
    let format = format!("SPDX {version} JSON");
    Ok(Document { format, inventory: Inventory::new(subject, distro, packages, gaps) })
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

fn relations<'a>(source: Source<'a>, root: &Root<'a>) -> Result<Relations<'a>, DocumentError> {
    let mut relations = Relations::default();
    relations.described.extend(root.document_describes.0.iter().cloned());
    source.each(root.relationships, |relation: Relationship<'a>| {
        match relation.relationship_type.as_str() {
            "DESCRIBES" => {
                relations.described.insert(relation.related_spdx_element);
            }
            "DESCRIBED_BY" => {
                relations.described.insert(relation.spdx_element_id);
            }
            "GENERATED_FROM" => {
                relations.generated_from.insert(relation.spdx_element_id, relation.related_spdx_element);
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(relations)
}

/// The elements that others were generated from and that are themselves source packages.
fn sources<'a>(
    source: Source<'a>,
    root: &Root<'a>,
    relations: &Relations<'a>,
) -> Result<HashMap<Text<'a>, SourcePackage>, DocumentError> {
    let mut sources = HashMap::new();
    if relations.generated_from.is_empty() {
        return Ok(sources);
    }
    let wanted: HashSet<&Text<'a>> = relations.generated_from.values().collect();
    source.each(root.packages, |element: Element<'a>| {
        let architecture = || identity::package("", "", purl(&element)).architecture;
        if wanted.contains(&element.id)
            && (purpose(&element) == "SOURCE"
                || matches!(architecture().as_deref(), Some("src" | "source" | "nosrc")))
        {
            let version = element.version_info.as_ref().map(|version| version.as_str().into());
            sources.insert(element.id, SourcePackage { name: element.name.0.into_owned(), version });
        }
        Ok(())
    })?;
    Ok(sources)
}

/// What each licence of the document itself says; its name where the text is long or missing.
fn license_texts(source: Source<'_>, root: &Root<'_>) -> Result<HashMap<String, String>, DocumentError> {
    let mut texts = HashMap::new();
    source.each(root.has_extracted_licensing_infos, |license: ExtractedLicense<'_>| {
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
/// are contained by.
fn relate_packages(
    source: Source<'_>,
    root: &Root<'_>,
    own: bool,
    ids: &HashMap<Text<'_>, Option<usize>>,
    packages: &mut [Package],
) -> Result<(), DocumentError> {
    source.each(root.relationships, |relation: Relationship<'_>| {
        let comment = relation.comment.as_ref().map_or("", Text::as_str);
        let index = |id| ids.get(id).copied().flatten();
        let (Some(from), Some(to)) =
            (index(&relation.spdx_element_id), index(&relation.related_spdx_element))
        else {
            return Ok(());
        };
        let position = |index| u32::try_from(index).ok().map(PackageIndex);
        match relation.relationship_type.as_str() {
            "CONTAINS" if own => packages[to].owner = position(from),
            "OTHER"
                if comment.starts_with("ownership-by-file-overlap")
                    && (own || packages[from].ecosystem.is_os()) =>
            {
                packages[to].owner = position(from);
            }
            "CONTAINED_BY" if own => packages[from].parent = position(to),
            "DEPENDS_ON" => packages[from].depends_on.extend(position(to)),
            "DEPENDENCY_OF" => packages[to].depends_on.extend(position(from)),
            _ => {}
        }
        Ok(())
    })
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
    package.supplier = [&element.supplier, &element.originator]
        .into_iter()
        .flatten()
        .map(Text::as_str)
        .find(|text| !says_nothing(text))
        .map(|text| {
            let name = text.strip_prefix("Organization: ").or_else(|| text.strip_prefix("Person: "));
            name.unwrap_or(text).to_owned()
        });
    let cpes = element
        .external_refs
        .0
        .iter()
        .filter(|reference| matches!(reference.reference_type.as_str(), "cpe23Type" | "cpe22Type"));
    package.cpes = cpes.map(|reference| reference.reference_locator.0.to_string()).collect();
    package.cataloger = tool.to_owned();
    read_source_info(element, &mut package);
    facts::apply(&mut package, &own(element));
    package
}

fn says_nothing(text: &str) -> bool {
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
        let locate =
            |path: &str| Location { layer: layer.clone(), ..Location::new(path.trim_start_matches('/')) };
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
