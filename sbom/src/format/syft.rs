//! Syft's own JSON, in the versions 1.x to 16.x of its schema: read only (<https://github.com/anchore/syft/tree/main/schema/json>).
//!
//! The schema grew, and renamed members on the way: a distribution was `name` and `version` before it was a whole
//! `os-release`; what was scanned was a `target` before it was `metadata`; CPE names and licences were texts before they were
//! objects. Every shape is read in every version, for a document's version does not always say which it has.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::fs::File;
use std::marker::PhantomData;

use model::distro::Distro;
use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::inventory::{Inventory, Subject, SubjectLayer};
use model::limits::Limits;
use model::package::{Location, Package, PackageIndex, PackageKind, SourcePackage};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::wire::json::{List, Text};
use super::wire::keys::{Key, Keys};
use super::wire::members::{Members, Names, Record};
use super::wire::shared::Shared;
use super::wire::text::Kind;
use super::wire::{foreign, identity};
use super::{DocumentError, Model, Seen, Syntax};

pub(super) static SYNTAX: Syntax = Syntax {
    kind: Kind::SyftJson,
    accepts: "Syft JSON",
    suffix: "JSON",
    model: &MODEL,
    to_json: |text, _| Ok(text.into()),
};

/// Syft's JSON, in any version of its schema.
pub(super) static MODEL: Model = Model {
    name: "Syft",
    inventory: read,
    fits_versions: false,
    understood: &[
        "artifacts[].cpes[]",
        "artifacts[].cpes[].cpe",
        "artifacts[].foundBy",
        "artifacts[].licenses[]",
        "artifacts[].licenses[].spdxExpression",
        "artifacts[].licenses[].value",
        "artifacts[].locations[].layerID",
        "artifacts[].locations[].path",
        "artifacts[].metadata.architecture",
        "artifacts[].metadata.basepackage",
        "artifacts[].metadata.digest[].algorithm",
        "artifacts[].metadata.digest[].value",
        "artifacts[].metadata.epoch",
        "artifacts[].metadata.license",
        "artifacts[].metadata.maintainer",
        "artifacts[].metadata.modularityLabel",
        "artifacts[].metadata.originPackage",
        "artifacts[].metadata.pomProperties.groupId",
        "artifacts[].metadata.source",
        "artifacts[].metadata.sourceRpm",
        "artifacts[].metadata.sourceVersion",
        "artifacts[].metadata.vendor",
        "artifacts[].name",
        "artifacts[].purl",
        "artifacts[].type",
        "artifacts[].version",
        "distro.id",
        "distro.idLike",
        "distro.idLike[]",
        "distro.name",
        "distro.prettyName",
        "distro.variantID",
        "distro.version",
        "distro.versionCodename",
        "distro.versionID",
        "files[].location.layerID",
        "files[].location.path",
        "source.metadata.architecture",
        "source.metadata.digests[].value",
        "source.metadata.imageID",
        "source.metadata.layers[].digest",
        "source.metadata.manifestDigest",
        "source.metadata.os",
        "source.metadata.path",
        "source.metadata.userInput",
        "source.name",
        "source.target",
        "source.target.imageID",
        "source.target.layers[].digest",
        "source.target.manifestDigest",
        "source.target.userInput",
        "source.version",
    ],
};

const FORMAT: &str = "Syft JSON";

/// The major versions of the schema that are known.
const VERSIONS: std::ops::RangeInclusive<u32> = 1..=16;

/// The members of a document that say something of its inventory.
const MEMBERS: Names = Names {
    required: &["artifacts"],
    optional: &["artifactRelationships", "files", "source", "distro", "descriptor", "schema"],
    spared: &["files"],
};

struct EachArtifact;

impl Record for EachArtifact {
    type Of<'e> = Artifact<'e>;
}

struct EachRelationship;

impl Record for EachRelationship {
    type Of<'e> = Relationship<'e>;
}

struct EachFile;

impl Record for EachFile {
    type Of<'e> = FoundFile<'e>;
}

/// A package.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Artifact<'a> {
    /// None in the first versions.
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    version: Option<Text<'a>>,
    #[serde(rename = "type", borrow, default)]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    found_by: Option<Text<'a>>,
    #[serde(borrow, default)]
    locations: List<FoundAt<'a>>,
    #[serde(borrow, default)]
    licenses: List<TextOr<'a, License<'a>>>,
    #[serde(borrow, default)]
    cpes: List<TextOr<'a, Cpe<'a>>>,
    #[serde(borrow, default)]
    purl: Option<Text<'a>>,
    #[serde(borrow, default)]
    metadata: Option<Metadata<'a>>,
}

#[derive(Default, Deserialize)]
struct FoundAt<'a> {
    #[serde(borrow, default)]
    path: Option<Text<'a>>,
    #[serde(rename = "layerID", borrow, default)]
    layer: Option<Text<'a>>,
    #[serde(borrow, default)]
    annotations: Option<Annotations<'a>>,
}

#[derive(Deserialize)]
struct Annotations<'a> {
    /// `primary`, or `supporting` where the file only says more of a package that is elsewhere.
    #[serde(borrow, default)]
    evidence: Loose<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct License<'a> {
    #[serde(borrow, default)]
    value: Option<Text<'a>>,
    #[serde(borrow, default)]
    spdx_expression: Option<Text<'a>>,
}

#[derive(Default, Deserialize)]
struct Cpe<'a> {
    #[serde(borrow, default)]
    cpe: Option<Text<'a>>,
}

/// What the kinds of packages say of themselves. Each kind has members of its own, so none may be wrong.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata<'a> {
    /// dpkg.
    #[serde(borrow)]
    source: Loose<'a>,
    #[serde(borrow)]
    source_version: Loose<'a>,
    /// apk.
    #[serde(borrow)]
    origin_package: Loose<'a>,
    /// RPM.
    #[serde(borrow)]
    source_rpm: Loose<'a>,
    #[serde(borrow)]
    epoch: Loose<'a>,
    #[serde(borrow)]
    modularity_label: Loose<'a>,
    #[serde(borrow)]
    vendor: Loose<'a>,
    #[serde(borrow)]
    license: Loose<'a>,
    /// pacman.
    #[serde(borrow)]
    basepackage: Loose<'a>,
    #[serde(borrow)]
    architecture: Loose<'a>,
    #[serde(borrow)]
    maintainer: Loose<'a>,
    /// Java.
    #[serde(borrow)]
    digest: LooseList<Digest<'a>>,
    #[serde(borrow)]
    pom_properties: LooseObject<PomProperties<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PomProperties<'a> {
    #[serde(borrow, default)]
    group_id: Loose<'a>,
}

#[derive(Default, Deserialize)]
struct Digest<'a> {
    #[serde(borrow, default)]
    algorithm: Loose<'a>,
    #[serde(borrow, default)]
    value: Loose<'a>,
}

#[derive(Deserialize)]
struct Relationship<'a> {
    #[serde(borrow)]
    parent: Text<'a>,
    #[serde(borrow)]
    child: Text<'a>,
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
}

#[derive(Deserialize)]
struct FoundFile<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow, default)]
    location: Option<FoundAt<'a>>,
}

/// What was scanned.
#[derive(Default, Deserialize)]
struct Scanned<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    version: Option<Text<'a>>,
    /// Until version 7 of the schema: an object of an image, a path of everything else.
    #[serde(borrow, default)]
    target: Option<&'a RawValue>,
    /// Since version 8.
    #[serde(borrow, default)]
    metadata: Option<&'a RawValue>,
}

/// An image, a directory or a file.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Target<'a> {
    #[serde(borrow)]
    user_input: Loose<'a>,
    #[serde(rename = "imageID", borrow)]
    image_id: Loose<'a>,
    #[serde(borrow)]
    manifest_digest: Loose<'a>,
    /// Names with the digest under which the image was asked for: of several platforms that of their index.
    #[serde(borrow)]
    repo_digests: LooseList<Loose<'a>>,
    #[serde(borrow)]
    layers: LooseList<Layer<'a>>,
    #[serde(borrow)]
    architecture: Loose<'a>,
    #[serde(borrow)]
    os: Loose<'a>,
    #[serde(borrow)]
    path: Loose<'a>,
    #[serde(borrow)]
    digests: LooseList<Digest<'a>>,
}

#[derive(Default, Deserialize)]
struct Layer<'a> {
    #[serde(borrow, default)]
    digest: Loose<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Release<'a> {
    #[serde(borrow)]
    id: Loose<'a>,
    id_like: Words,
    #[serde(borrow)]
    name: Loose<'a>,
    #[serde(borrow)]
    pretty_name: Loose<'a>,
    #[serde(borrow)]
    version: Loose<'a>,
    #[serde(rename = "versionID", borrow)]
    version_id: Loose<'a>,
    #[serde(borrow)]
    version_codename: Loose<'a>,
    #[serde(rename = "variantID", borrow)]
    variant_id: Loose<'a>,
}

#[derive(Default, Deserialize)]
struct Descriptor<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
}

#[derive(Default, Deserialize)]
struct Schema<'a> {
    #[serde(borrow, default)]
    version: Option<Text<'a>>,
}

/// Reads `text`.
fn read(text: &str, limits: &Limits) -> Result<Seen, DocumentError> {
    read_members(&Members::of_text(FORMAT, text, MEMBERS)?, limits)
}

/// Reads `file`, without all of it in memory.
pub(super) fn read_file(file: &File, limits: &Limits) -> Result<Seen, DocumentError> {
    read_members(&Members::of_file(FORMAT, file, MEMBERS)?, limits)
}

fn read_members(document: &Members<'_>, limits: &Limits) -> Result<Seen, DocumentError> {
    let mut gaps = Vec::new();
    let schema: Schema<'_> = document.one::<Option<_>>("schema")?.flatten().unwrap_or_default();
    let version = schema.version.as_ref().map_or("", Text::as_str);
    let major: Option<u32> = version.split('.').next().and_then(|major| major.parse().ok());
    if !major.is_some_and(|major| VERSIONS.contains(&major)) {
        let version = if version.is_empty() { "(none)" } else { version };
        let detail = format!("schema {version} is not known; read as far as it is like those that are");
        gaps.push(Gap::new(GapKind::UNREADABLE_RECORD, "schema.version", detail));
    }
    let descriptor: Descriptor<'_> = document.one::<Option<_>>("descriptor")?.flatten().unwrap_or_default();
    let tool = descriptor.name.as_ref().map(Text::as_str).filter(|name| !name.is_empty()).unwrap_or("syft");
    let subject = subject(document)?;
    let release: Option<Release<'_>> = document.one::<Option<_>>("distro")?.flatten();
    let mut packages: Vec<Package> = Vec::new();
    let mut ids = Ids::default();
    let mut shared = Shared::default();
    let mut position = 0;
    document.each::<EachArtifact>("artifacts", |_, artifact| {
        position += 1;
        let Some(name) = artifact.name.as_ref().map(Text::as_str).filter(|name| !name.is_empty()) else {
            let place = format!("artifacts[{}]", position - 1);
            gaps.push(Gap::new(GapKind::UNREADABLE_RECORD, place, "it has no name; it is left out"));
            return Ok(());
        };
        if packages.len() == limits.packages_max {
            let max = limits.packages_max as u64;
            return Err(DocumentError::LimitExceeded { limit: "packages_max", max });
        }
        if let Some(id) = &artifact.id {
            ids.take(id.as_str(), packages.len(), &mut gaps);
        }
        let mut package = package(name, &artifact, tool);
        shared.share_layers(&mut package);
        packages.push(package);
        Ok(())
    })?;
    relate(document, &ids, &mut packages)?;
    document.finish()?;
    foreign::break_cycles(&mut packages, &mut gaps);
    let distro = release.and_then(|release| distro(&release));
    let distro = distro.or_else(|| foreign::distro(&packages, &mut gaps));
    foreign::missing_facts(distro.as_ref(), &packages, &mut gaps);
    let inventory = Inventory::new(subject, distro, packages, gaps);
    Ok(Seen { version: version.to_owned(), inventory, is_own: false })
}

/// The packages by their ids.
#[derive(Default)]
struct Ids {
    keys: Keys,
    /// None where several packages carry an id.
    packages: HashMap<Key, Option<PackageIndex>>,
}

impl Ids {
    fn take(&mut self, id: &str, index: usize, gaps: &mut Vec<Gap>) {
        match self.packages.entry(self.keys.of(id)) {
            Entry::Vacant(entry) => {
                entry.insert(u32::try_from(index).ok().map(PackageIndex));
            }
            Entry::Occupied(mut entry) => {
                if entry.insert(None).is_some() {
                    gaps.push(foreign::ambiguous(id));
                }
            }
        }
    }

    fn find(&self, id: &str) -> Option<PackageIndex> {
        self.packages.get(&self.keys.of(id)).copied().flatten()
    }
}

/// What relationships say: which package owns, needs or contains another, and where packages are that do not say it.
fn relate(document: &Members<'_>, ids: &Ids, packages: &mut [Package]) -> Result<(), DocumentError> {
    // From the file that shows a package to the package.
    let mut evidence: HashMap<Key, Vec<PackageIndex>> = HashMap::new();
    document.each::<EachRelationship>("artifactRelationships", |_, relation| {
        let Some(parent) = ids.find(relation.parent.as_str()) else { return Ok(()) };
        let child = ids.find(relation.child.as_str());
        match (relation.kind.as_str(), child) {
            ("ownership-by-file-overlap", Some(child))
                if packages[parent.as_usize()].ecosystem.is_os() && parent != child =>
            {
                packages[child.as_usize()].owner = Some(parent);
            }
            ("dependency-of", Some(child)) => packages[child.as_usize()].depends_on.push(parent),
            ("evident-by", None) if packages[parent.as_usize()].locations.is_empty() => {
                evidence.entry(ids.keys.of(relation.child.as_str())).or_default().push(parent);
            }
            _ => {}
        }
        Ok(())
    })?;
    if evidence.is_empty() {
        return Ok(());
    }
    document.each::<EachFile>("files", |_, file| {
        let shown = evidence.get(&ids.keys.of(file.id.as_str()));
        if let Some(location) = file.location.as_ref().and_then(location) {
            for package in shown.into_iter().flatten() {
                packages[package.as_usize()].locations.push(location.clone());
            }
        }
        Ok(())
    })
}

/// The package called `name` that `artifact` describes, without its owner; found by `tool` unless it says by what.
fn package(name: &str, artifact: &Artifact<'_>, tool: &str) -> Package {
    let text = |field: &'_ Option<Text<'_>>| field.as_ref().map_or(String::new(), |text| text.0.to_string());
    let nothing = Metadata::default();
    let metadata = artifact.metadata.as_ref().unwrap_or(&nothing);
    let mut package = identity::package(name, &text(&artifact.version), &text(&artifact.purl));
    let kind = artifact.kind.as_ref().map_or("", Text::as_str);
    if kind == "binary" {
        package.kind = PackageKind::Application;
    }
    if package.purl.is_empty() {
        let group = metadata.pom_properties.0.as_ref().and_then(|pom| pom.group_id.said());
        match (ecosystem(kind), group) {
            (Ecosystem::Maven, Some(group)) => {
                package.ecosystem = Ecosystem::Maven;
                package.name = format!("{group}:{}", package.name);
            }
            // Of an artifact without a group nobody knows whose it is.
            (Ecosystem::Maven, None) => {}
            (ecosystem, _) => package.ecosystem = ecosystem,
        }
    }
    if let Some(epoch) = metadata.epoch.said().filter(|epoch| *epoch != "0") {
        let version = package.version.as_str();
        if package.ecosystem == Ecosystem::Rpm && !version.is_empty() && !version.contains(':') {
            package.version = format!("{epoch}:{version}").into();
        }
    }
    if package.architecture.is_none() {
        package.architecture = metadata.architecture.owned();
    }
    // A package URL that names the source package seldom has its version.
    if package.source.as_ref().is_none_or(|source| source.version.is_none()) {
        package.source = source(metadata, &package).or_else(|| package.source.clone());
    }
    if package.module.is_none() && package.ecosystem == Ecosystem::Rpm {
        package.module = metadata.modularity_label.owned();
    }
    // The vendor of an RPM's header, who built it, comes before whoever maintains it.
    package.supplier = match package.ecosystem {
        Ecosystem::Rpm => metadata.vendor.owned().or_else(|| metadata.maintainer.owned()),
        _ => metadata.maintainer.owned().or_else(|| metadata.vendor.owned()),
    };
    package.licenses = artifact.licenses.0.iter().filter_map(license).collect();
    if package.licenses.is_empty() {
        package.licenses.extend(metadata.license.owned());
    }
    package.cpes = artifact.cpes.0.iter().filter_map(cpe).collect();
    package.cpes.sort();
    package.locations = locations(&artifact.locations.0);
    package.digests = metadata.digest.0.iter().filter_map(digest).collect();
    let found_by = artifact.found_by.as_ref().map_or("", Text::as_str);
    package.cataloger = if found_by.is_empty() { tool } else { found_by }.to_owned();
    package.shrink();
    package
}

/// The ecosystem of a type of Syft's; asked only of packages without package URL.
fn ecosystem(kind: &str) -> Ecosystem {
    let purl_type = match kind {
        "dart-pub" => "pub",
        "dotnet" => "nuget",
        "dpkg" => "deb",
        "erlang-otp" => "otp",
        "github-action" | "github-action-workflow" => "github",
        "go-module" => "golang",
        "java-archive" | "jenkins-plugin" => "maven",
        "php-composer" | "php-pear" => "composer",
        "pod" => "cocoapods",
        "python" => "pypi",
        "R-package" => "cran",
        "rust-crate" => "cargo",
        kind => kind,
    };
    Ecosystem::from_purl_type(purl_type)
}

/// The source package that `metadata` names.
fn source(metadata: &Metadata<'_>, package: &Package) -> Option<SourcePackage> {
    if let Some(file) = metadata.source_rpm.said().filter(|file| *file != "(none)") {
        return Some(identity::source(Ecosystem::Rpm, file));
    }
    let name = match package.ecosystem {
        Ecosystem::Deb => metadata.source.owned(),
        Ecosystem::Apk => metadata.origin_package.owned(),
        _ => metadata.basepackage.owned(),
    };
    let version = metadata.source_version.owned().map(Into::into);
    name.map(|name| SourcePackage { name, version })
}

fn license(license: &TextOr<'_, License<'_>>) -> Option<String> {
    let said = match license {
        TextOr::Text(text) => Some(text.as_str()),
        TextOr::Object(license) => {
            let mut said = [&license.spdx_expression, &license.value].into_iter().flatten().map(Text::as_str);
            said.find(|text| !text.is_empty())
        }
    };
    said.filter(|text| !text.is_empty()).map(str::to_owned)
}

fn cpe(cpe: &TextOr<'_, Cpe<'_>>) -> Option<String> {
    let said = match cpe {
        TextOr::Text(text) => Some(text),
        TextOr::Object(cpe) => cpe.cpe.as_ref(),
    };
    said.map(|text| text.0.to_string()).filter(|text| !text.is_empty())
}

/// Where a package is. Files that only say more of it count where nothing else is said.
fn locations(found: &[FoundAt<'_>]) -> Vec<Location> {
    let supports = |at: &&FoundAt<'_>| {
        at.annotations.as_ref().and_then(|annotations| annotations.evidence.said()) == Some("supporting")
    };
    let primary: Vec<Location> = found.iter().filter(|at| !supports(at)).filter_map(location).collect();
    if primary.is_empty() { found.iter().filter_map(location).collect() } else { primary }
}

fn location(at: &FoundAt<'_>) -> Option<Location> {
    let path = at.path.as_ref()?.as_str().trim_start_matches('/');
    let layer = at.layer.as_ref().map(Text::as_str).filter(|layer| !layer.is_empty());
    Some(Location::new(path).in_layer(layer.map(Into::into)))
}

/// `algorithm:hex`.
fn digest(digest: &Digest<'_>) -> Option<String> {
    let algorithm = digest.algorithm.said()?.to_ascii_lowercase().replace('-', "");
    Some(format!("{algorithm}:{}", digest.value.said()?.to_ascii_lowercase()))
}

fn distro(release: &Release<'_>) -> Option<Distro> {
    // The first versions of the schema have the id in `name`.
    let id = release.id.said().or_else(|| release.name.said())?.to_ascii_lowercase();
    let named = release.id.said().is_some();
    let numbered = |version: &&str| {
        version.starts_with(|first: char| first.is_ascii_digit()) || version.contains("edge")
    };
    let version = release.version.said().and_then(|version| version.split_whitespace().next());
    Some(Distro {
        id,
        version: release.version_id.owned().or_else(|| version.filter(numbered).map(str::to_owned)),
        codename: release.version_codename.owned(),
        pretty_name: release.pretty_name.owned(),
        name: release.name.owned().filter(|_| named),
        id_like: release.id_like.0.clone(),
        variant: release.variant_id.owned(),
        ..Distro::default()
    })
}

fn subject(document: &Members<'_>) -> Result<Subject, DocumentError> {
    let around = document.around("source");
    let scanned: Scanned<'_> = document.one::<Option<_>>("source")?.flatten().unwrap_or_default();
    let target = match scanned.metadata.or(scanned.target) {
        Some(raw) if raw.get().starts_with('{') => around.part(raw.get())?,
        Some(raw) => Target { path: around.part(raw.get())?, ..Target::default() },
        None => Target::default(),
    };
    let said = |field: &Option<Text<'_>>| {
        field.as_ref().map(|text| text.0.to_string()).filter(|text| !text.is_empty())
    };
    let given = || target.user_input.owned().or_else(|| target.path.owned());
    let platform = target.os.said().zip(target.architecture.said());
    Ok(Subject {
        name: said(&scanned.name).or_else(given).unwrap_or_default(),
        version: said(&scanned.version).filter(|version| !version.starts_with("sha256:")),
        digest: target.image_id.owned().or_else(|| target.digests.0.iter().find_map(digest)),
        index_digest: index_digest(&target),
        manifest_digest: target.manifest_digest.owned(),
        platform: platform.map(|(os, architecture)| format!("{os}/{architecture}")),
        layers: target
            .layers
            .0
            .iter()
            .filter_map(|layer| layer.digest.said().map(SubjectLayer::new))
            .collect(),
        ..Subject::default()
    })
}

/// The digest that the image was asked for by, where that is not the one of its manifest.
fn index_digest(target: &Target<'_>) -> Option<String> {
    let manifest = target.manifest_digest.owned();
    let asked = target.repo_digests.0.iter().filter_map(Loose::owned);
    let mut digests = asked.filter_map(|name| Some(name.rsplit_once('@')?.1.to_owned()));
    digests.find(|digest| digest.starts_with("sha256:") && Some(digest) != manifest.as_ref())
}

/// A text where later versions of the schema have an object.
enum TextOr<'a, T> {
    Text(Text<'a>),
    Object(T),
}

impl<'de: 'a, 'a, T: Deserialize<'de>> Deserialize<'de> for TextOr<'a, T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either<'a, T>(PhantomData<(&'a (), T)>);

        impl<'de: 'a, 'a, T: Deserialize<'de>> Visitor<'de> for Either<'a, T> {
            type Value = TextOr<'a, T>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a string or an object")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(TextOr::Text(text.into()))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(TextOr::Text(text.to_owned().into()))
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(members)).map(TextOr::Object)
            }
        }

        from.deserialize_any(Either(PhantomData))
    }
}

/// A text or a number; nothing where it is anything else, as the same name means other things in other kinds of metadata.
#[derive(Default)]
struct Loose<'a>(Option<Text<'a>>);

impl Loose<'_> {
    fn said(&self) -> Option<&str> {
        self.0.as_ref().map(Text::as_str).filter(|text| !text.is_empty())
    }

    fn owned(&self) -> Option<String> {
        self.said().map(str::to_owned)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Loose<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let raw = <&'de RawValue>::deserialize(from)?.get();
        let text = match raw.as_bytes().first() {
            Some(b'"') => serde_json::from_str(raw).ok(),
            Some(b'0'..=b'9' | b'-') => Some(raw.into()),
            _ => None,
        };
        Ok(Self(text))
    }
}

/// A list of objects; empty where it is anything else.
struct LooseList<T>(Vec<T>);

impl<T> Default for LooseList<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for LooseList<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let raw = <&'de RawValue>::deserialize(from)?.get();
        Ok(Self(serde_json::from_str::<List<T>>(raw).map_or_else(|_| Vec::new(), |list| list.0)))
    }
}

/// An object; nothing where it is anything else.
struct LooseObject<T>(Option<T>);

impl<T> Default for LooseObject<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for LooseObject<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let raw = <&'de RawValue>::deserialize(from)?.get();
        Ok(Self(serde_json::from_str(raw).ok()))
    }
}

/// A list of texts, or one text with its words.
#[derive(Default)]
struct Words(Vec<String>);

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let raw = <&'de RawValue>::deserialize(from)?.get();
        let words = match raw.as_bytes().first() {
            Some(b'"') => serde_json::from_str::<String>(raw).map(|text| split(&text)),
            Some(b'[') => serde_json::from_str::<List<String>>(raw).map(|list| list.0),
            _ => Ok(Vec::new()),
        };
        Ok(Self(words.unwrap_or_default()))
    }
}

fn split(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
