//! An inventory as SPDX 2.2 or 2.3 JSON, pretty-printed with two spaces.
//!
//! 2.2 has no purposes: what they say is stated beside, as everything that no version has a field for.

use std::collections::BTreeMap;
use std::io;

use model::distro::Distro;
use model::ecosystem::Ecosystem;
use model::inventory::{Inventory, Subject};
use model::package::{Package, PackageKind, Reference, SourcePackage};
use serde::Serialize;

use super::super::WriteOptions;
use super::super::wire::facts::{self, Noun};
use super::super::wire::hash::Spelling;
use super::super::wire::json::{List, Text};
use super::super::wire::seal::{self, References};
use super::super::wire::{identity, license, references};
use super::{
    Annotation, Checksum, DISTRO, DOCUMENT, Element, ExternalRef, ExtractedLicense, NOASSERTION, NONE,
    Relationship, read,
};

/// A document (§6).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    spdx_version: String,
    data_license: &'static str,
    #[serde(rename = "SPDXID")]
    id: &'static str,
    name: &'a str,
    document_namespace: String,
    creation_info: CreationInfo,
    packages: Vec<Element<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    has_extracted_licensing_infos: Vec<ExtractedLicense<'a>>,
    relationships: Vec<Relationship<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    annotations: Vec<Annotation<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CreationInfo {
    created: String,
    creators: [String; 1],
}

/// Who annotates, and when: the same for every annotation of a document.
struct Stamp {
    tool: String,
    created: String,
    has: Has,
}

/// What the version that is written has fields for.
#[derive(Clone, Copy)]
struct Has {
    /// `primaryPackagePurpose` and references to advisories, since 2.3; before, the category of package URLs is spelt `PACKAGE_MANAGER`.
    purposes: bool,
}

impl Stamp {
    fn annotation(&self, comment: String) -> Annotation<'_> {
        Annotation {
            annotation_date: self.created.as_str().into(),
            annotation_type: "OTHER".into(),
            annotator: self.tool.as_str().into(),
            comment: comment.into(),
        }
    }

    /// What `seen`, which is read from the standard's fields, lacks of `actual`.
    fn beside<N: Noun>(&self, actual: &N, seen: &N) -> List<Annotation<'_>> {
        let stated = facts::difference(actual, seen);
        List(stated.iter().map(|(fact, value)| self.annotation(format!("{fact}={value}"))).collect())
    }
}

/// The ids of everything that is written.
struct Ids {
    subject: String,
    distro: String,
    /// Of each part, and of its distribution.
    parts: Vec<(String, String)>,
    packages: Vec<String>,
    sources: BTreeMap<SourceKey, String>,
}

/// What makes two source packages the same.
type SourceKey = (Ecosystem, String, Option<String>);

impl Ids {
    fn new(inventory: &Inventory) -> Self {
        let mut references = References::default();
        let mut give = |kind: &str, ecosystem: Ecosystem, name: &str, identity: &str| {
            let name: String = name
                .chars()
                .map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' })
                .take(64)
                .collect();
            references.give(format!("SPDXRef-{kind}-{ecosystem}-{name}-{}", seal::short(identity)))
        };
        let packages = inventory.packages.iter().map(|package| {
            let identity = [package.purl.as_str(), &package.name, package.version.as_str()].join("\n");
            give("Package", package.ecosystem, &package.name, &identity)
        });
        let packages = packages.collect();
        let mut sources = BTreeMap::new();
        for key in inventory.packages.iter().filter_map(source_key) {
            sources.entry(key).or_insert_with_key(|(ecosystem, name, version)| {
                give("Source", *ecosystem, name, &[name, version.as_deref().unwrap_or("")].join("\n"))
            });
        }
        let part = |number| (format!("SPDXRef-Part-{number}"), format!("{DISTRO}-{number}"));
        let parts = (1..=inventory.parts.len()).map(part).collect();
        let (subject, distro) = ("SPDXRef-Subject".to_owned(), DISTRO.to_owned());
        Self { subject, distro, parts, packages, sources }
    }
}

/// The key of a package's source package, where that can be an element: nothing that it states is empty.
fn source_key(package: &Package) -> Option<SourceKey> {
    let source = package.source.as_ref().filter(|source| !source.name.is_empty())?;
    let version = source.version.as_ref().map(|version| version.as_str().to_owned());
    if version.as_ref().is_some_and(String::is_empty) {
        return None;
    }
    Some((package.ecosystem, source.name.clone(), version))
}

/// Writes `inventory`.
pub(super) fn write(
    inventory: &Inventory,
    version: &str,
    options: &WriteOptions<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let stamp = Stamp {
        tool: format!("Tool: plimsoll-{}", options.tool_version),
        created: options.created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        has: Has { purposes: version != "2.2" },
    };
    let ids = Ids::new(inventory);
    let mut licenses = BTreeMap::new();
    let mut packages = vec![subject(&inventory.subject, &ids.subject, &stamp)];
    packages.extend(inventory.distro.as_ref().map(|distro| self::distro(distro, &ids.distro, &stamp)));
    for (part, (id, distro_id)) in inventory.parts.iter().zip(&ids.parts) {
        let mut element = subject(&part.subject, id, &stamp);
        element.annotations.0.push(stamp.annotation(format!("{}={}", facts::PART_DOCUMENT, part.document)));
        packages.push(element);
        packages.extend(part.distro.as_ref().map(|distro| self::distro(distro, distro_id, &stamp)));
    }
    for (package, id) in inventory.packages.iter().zip(&ids.packages) {
        packages.push(self::package(package, id, &mut licenses, &stamp));
    }
    packages.extend(ids.sources.iter().map(|(key, id)| source(key, id, stamp.has)));
    let document = Document {
        spdx_version: format!("SPDX-{version}"),
        data_license: "CC0-1.0",
        id: DOCUMENT,
        name: named(&inventory.subject.name),
        document_namespace: format!("https://spdx.org/spdxdocs/plimsoll-{}", seal::uuid("spdx", inventory)),
        creation_info: CreationInfo { created: stamp.created.clone(), creators: [stamp.tool.clone()] },
        packages,
        has_extracted_licensing_infos: licenses.into_values().collect(),
        relationships: relationships(inventory, &ids),
        annotations: inventory.gaps.iter().map(|gap| stamp.annotation(gap.to_string())).collect(),
    };
    let mut out = io::BufWriter::with_capacity(64 << 10, out);
    serde_json::to_writer_pretty(&mut out, &document)?;
    io::Write::write_all(&mut out, b"\n")?;
    io::Write::flush(&mut out)
}

/// A name, which may not be empty (§7.1).
fn named(name: &str) -> &str {
    if name.is_empty() { "unnamed" } else { name }
}

/// An element called `name`, of which nothing else is known.
fn element<'a>(
    id: &'a str,
    name: &'a str,
    version: Option<&'a str>,
    purpose: &'static str,
    has: Has,
) -> Element<'a> {
    Element {
        name: named(name).into(),
        id: id.into(),
        version_info: version.filter(|version| !version.is_empty()).map(Into::into),
        download_location: Some(NOASSERTION.into()),
        license_concluded: Some(NOASSERTION.into()),
        license_declared: Some(NOASSERTION.into()),
        copyright_text: Some(NOASSERTION.into()),
        primary_package_purpose: has.purposes.then(|| purpose.into()),
        ..Element::default()
    }
}

fn subject<'a>(subject: &'a Subject, id: &'a str, stamp: &'a Stamp) -> Element<'a> {
    let digest = subject.manifest_digest.as_deref().or(subject.digest.as_deref());
    let is_image = digest.is_some() || !subject.layers.is_empty();
    let purpose = if is_image { "CONTAINER" } else { "FILE" };
    let mut element = element(id, &subject.name, subject.version.as_deref().or(digest), purpose, stamp.has);
    element.annotations = stamp.beside(subject, &read::subject(&element));
    element
}

fn distro<'a>(distro: &'a Distro, id: &'a str, stamp: &'a Stamp) -> Element<'a> {
    let mut element = element(id, &distro.id, distro.version.as_deref(), "OPERATING_SYSTEM", stamp.has);
    element.summary = distro.pretty_name.as_deref().map(Into::into);
    element.annotations = stamp.beside(distro, &read::distro(&element));
    element
}

fn source<'a>((_, name, version): &'a SourceKey, id: &'a str, has: Has) -> Element<'a> {
    element(id, name, version.as_deref(), "SOURCE", has)
}

fn package<'a>(
    package: &'a Package,
    id: &'a str,
    licenses: &mut BTreeMap<String, ExtractedLicense<'a>>,
    stamp: &'a Stamp,
) -> Element<'a> {
    let purpose = match package.kind {
        PackageKind::Library => "LIBRARY",
        PackageKind::Application => "APPLICATION",
    };
    let mut element = element(id, &package.name, Some(package.version.as_str()), purpose, stamp.has);
    element.supplier = package.supplier.as_deref().and_then(supplier).map(Into::into);
    element.license_declared = Some(declared(&package.licenses, licenses));
    let purl = Some(package.purl.as_str()).filter(|purl| is_purl(purl));
    let cpes = package.cpes.iter().filter(|cpe| identity::is_cpe(cpe));
    let manager = if stamp.has.purposes { "PACKAGE-MANAGER" } else { "PACKAGE_MANAGER" };
    let about = package.about();
    let fields = references::fields(about);
    let [homepage, download] = fields.map(|field| field.map(|reference| reference.url.as_str().into()));
    element.homepage = homepage;
    element.download_location = download.or(element.download_location);
    let said =
        |text: &'a Option<String>| text.as_deref().filter(|text| !read::says_nothing(text)).map(Into::into);
    element.summary = said(&about.summary);
    element.description = said(&about.description);
    element.copyright_text = said(&about.copyright).or(element.copyright_text);
    element.originator = about.originator.as_deref().and_then(supplier).map(Into::into);
    element.external_refs = List(
        purl.map(|purl| reference(manager, "purl", purl))
            .into_iter()
            .chain(cpes.map(|cpe| reference("SECURITY", "cpe23Type", cpe)))
            .chain(references::others(about, fields).filter_map(|other| other_reference(other, stamp.has)))
            .collect(),
    );
    let checksums = package.digests.iter().filter_map(|digest| Spelling::Spdx.write(digest));
    element.checksums = List(
        checksums
            .map(|(name, hex)| Checksum { algorithm: name.into(), checksum_value: hex.into() })
            .collect(),
    );
    let source = source_key(package)
        .map(|(_, name, version)| SourcePackage { name, version: version.map(Into::into) });
    let license_texts = |id: &str| licenses.get(id).map(|license| license.extracted_text.0.to_string());
    element.annotations = stamp.beside(package, &read::package(&element, source, &license_texts, ""));
    element
}

/// A reference that no field is for, where its kind can be the type of one: letters, digits, `.` and `-` (§7.21).
fn other_reference(reference: &Reference, has: Has) -> Option<ExternalRef<'_>> {
    let is_type = !reference.kind.is_empty()
        && reference.kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    if !is_type || !references::is_address(&reference.url) {
        return None;
    }
    Some(match reference.kind.as_str() {
        // Since 2.3.
        references::ADVISORIES if has.purposes => self::reference("SECURITY", "advisory", &reference.url),
        kind => self::reference("OTHER", kind, &reference.url),
    })
}

fn reference<'a>(category: &'static str, kind: &'a str, locator: &'a str) -> ExternalRef<'a> {
    ExternalRef {
        reference_category: category.into(),
        reference_type: kind.into(),
        reference_locator: locator.into(),
    }
}

/// Whether `text` is a package URL, and a locator: without white space (§7.21).
fn is_purl(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic()) && identity::is_purl(text)
}

/// The supplier field (§7.5). Parentheses in it would be read as an electronic mail address.
fn supplier(name: &str) -> Option<String> {
    let plain = !name.is_empty()
        && name.trim() == name
        && !name.contains(|character: char| character.is_control() || matches!(character, '(' | ')'));
    plain.then(|| format!("Organization: {name}"))
}

/// The declared licence (§7.15): all of `stated` together; words become a reference to their text.
fn declared<'a>(stated: &'a [String], licenses: &mut BTreeMap<String, ExtractedLicense<'a>>) -> Text<'a> {
    let terms: Vec<String> = stated
        .iter()
        .filter(|text| !text.trim().is_empty())
        .map(|text| match license::stated(text) {
            license::Stated::Id => text.clone(),
            license::Stated::Expression if stated.len() == 1 => text.clone(),
            license::Stated::Expression => format!("({text})"),
            license::Stated::Name => {
                let id = format!("LicenseRef-{}", seal::short(text));
                licenses.entry(id.clone()).or_insert_with(|| ExtractedLicense {
                    license_id: id.clone().into(),
                    extracted_text: text.as_str().into(),
                    name: None,
                });
                id
            }
        })
        .collect();
    if terms.is_empty() { NOASSERTION.into() } else { terms.join(" AND ").into() }
}

fn relationships<'a>(inventory: &'a Inventory, ids: &'a Ids) -> Vec<Relationship<'a>> {
    let relation = |from: &'a str, kind: &'static str, to: &'a str| Relationship {
        spdx_element_id: from.into(),
        relationship_type: kind.into(),
        related_spdx_element: to.into(),
        comment: None,
    };
    let mut relations = vec![relation(DOCUMENT, "DESCRIBES", &ids.subject)];
    relations.extend(inventory.distro.as_ref().map(|_| relation(&ids.subject, "CONTAINS", &ids.distro)));
    for (part, (id, distro_id)) in inventory.parts.iter().zip(&ids.parts) {
        relations.push(relation(&ids.subject, "CONTAINS", id));
        relations.extend(part.distro.as_ref().map(|_| relation(id, "CONTAINS", distro_id)));
    }
    relations.extend(inventory.packages.iter().zip(&ids.packages).map(|(package, id)| {
        let part = package.part.and_then(|part| ids.parts.get(part.as_usize()));
        relation(part.map_or(&ids.subject, |(part, _)| part), "CONTAINS", id)
    }));
    for (package, id) in inventory.packages.iter().zip(&ids.packages) {
        let owner = package.owner.map(|owner| &ids.packages[owner.as_usize()]);
        relations.extend(owner.map(|owner| relation(owner, "CONTAINS", id)));
        let parent = package.parent.map(|parent| &ids.packages[parent.as_usize()]);
        relations.extend(parent.map(|parent| relation(id, "CONTAINED_BY", parent)));
        let depends_on = package.depends_on.iter().map(|other| &ids.packages[other.as_usize()]);
        relations.extend(depends_on.map(|other| relation(id, "DEPENDS_ON", other)));
        if package.depends_on.is_known() && package.depends_on.is_empty() {
            relations.push(relation(id, "DEPENDS_ON", NONE));
        }
        let source = source_key(package).and_then(|key| ids.sources.get(&key));
        relations.extend(source.map(|source| relation(id, "GENERATED_FROM", source)));
    }
    relations
}
