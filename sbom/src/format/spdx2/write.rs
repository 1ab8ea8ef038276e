//! An inventory as SPDX 2.2 or 2.3 JSON, pretty-printed with two spaces.
//!
//! 2.2 has no purposes: what they say is stated beside, as everything that no version has a field for.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;

use model::distro::Distro;
use model::ecosystem::Ecosystem;
use model::inventory::{Inventory, Subject};
use model::package::{Package, PackageKind, Reference, SourcePackage};
use model::texts::Texts;
use serde::Serialize;
use serde::ser::{SerializeSeq, SerializeStruct, Serializer};

use super::super::WriteOptions;
use super::super::wire::facts::{self, Noun};
use super::super::wire::hash::Spelling;
use super::super::wire::json::{List, Text};
use super::super::wire::seal::{self, References};
use super::super::wire::source::{self, SourceKey};
use super::super::wire::{cpe, identity, license, print, references};
use super::{
    Annotation, Checksum, DISTRO, DOCUMENT, Element, ExternalRef, ExtractedLicense, NOASSERTION, NONE,
    Relationship, read,
};

/// A document (§6). Its elements are made when they are written: all of them together would take more than the inventory
/// does.
struct Document<'a> {
    inventory: &'a Inventory,
    version: &'a str,
    ids: &'a Ids<'a>,
    stamp: &'a Stamp,
}

/// The licences of no list that elements name, by their ids.
type Licenses<'a> = BTreeMap<String, ExtractedLicense<'a>>;

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { inventory, version, ids, stamp } = *self;
        let licenses = RefCell::default();
        let mut document = serializer.serialize_struct("Document", 10)?;
        document.serialize_field("spdxVersion", &format!("SPDX-{version}"))?;
        document.serialize_field("dataLicense", "CC0-1.0")?;
        document.serialize_field("SPDXID", DOCUMENT)?;
        document.serialize_field("name", named(&inventory.subject.name))?;
        let namespace = format!("https://spdx.org/spdxdocs/plimsoll-{}", seal::uuid("spdx", inventory));
        document.serialize_field("documentNamespace", &namespace)?;
        let creation_info = CreationInfo { created: &stamp.created, creators: [&stamp.tool] };
        document.serialize_field("creationInfo", &creation_info)?;
        document.serialize_field("packages", &Packages { document: self, licenses: &licenses })?;
        let licenses = licenses.into_inner();
        if !licenses.is_empty() {
            document.serialize_field("hasExtractedLicensingInfos", &Vec::from_iter(licenses.values()))?;
        }
        document.serialize_field("relationships", &Relationships { inventory, ids })?;
        let gaps = inventory.gaps.iter().map(|gap| stamp.annotation(gap.to_string()));
        let annotations: Vec<_> = gaps.collect();
        if !annotations.is_empty() {
            document.serialize_field("annotations", &annotations)?;
        }
        document.end()
    }
}

/// Everything that is an element of its own.
struct Packages<'d, 'a> {
    document: &'d Document<'a>,
    licenses: &'d RefCell<Licenses<'a>>,
}

impl Serialize for Packages<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Document { inventory, ids, stamp, .. } = *self.document;
        let mut list = serializer.serialize_seq(None)?;
        list.serialize_element(&subject(&inventory.subject, &ids.subject, stamp))?;
        if let Some(distro) = &inventory.distro {
            list.serialize_element(&self::distro(distro, &ids.distro, stamp))?;
        }
        for (part, (id, distro_id)) in inventory.parts.iter().zip(&ids.parts) {
            let mut element = subject(&part.subject, id, stamp);
            let document = format!("{}={}", facts::PART_DOCUMENT, part.document);
            element.annotations.0.push(stamp.annotation(document));
            list.serialize_element(&element)?;
            if let Some(distro) = &part.distro {
                list.serialize_element(&self::distro(distro, distro_id, stamp))?;
            }
        }
        for (package, id) in inventory.packages.iter().zip(&ids.packages) {
            let element = self::package(package, id, &mut self.licenses.borrow_mut(), stamp);
            list.serialize_element(&element)?;
        }
        for (key, source) in &ids.sources {
            list.serialize_element(&self::source(*key, source, stamp.has))?;
        }
        list.end()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CreationInfo<'a> {
    created: &'a str,
    creators: [&'a str; 1],
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
struct Ids<'a> {
    subject: String,
    distro: String,
    /// Of each part, and of its distribution.
    parts: Vec<(String, String)>,
    packages: Vec<String>,
    sources: BTreeMap<SourceKey<'a>, Source<'a>>,
}

/// A source package as an element.
struct Source<'a> {
    id: String,
    supplier: Option<&'a str>,
}

impl<'a> Ids<'a> {
    fn new(inventory: &'a Inventory) -> Self {
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
        let source = |(key, supplier): (SourceKey<'a>, Option<&'a str>)| {
            let (ecosystem, name, version) = key;
            let id = give("Source", ecosystem, name, &[name, version.unwrap_or("")].join("\n"));
            (key, Source { id, supplier })
        };
        let sources = source::suppliers(&inventory.packages).into_iter().map(source).collect();
        let part = |number| (format!("SPDXRef-Part-{number}"), format!("{DISTRO}-{number}"));
        let parts = (1..=inventory.parts.len()).map(part).collect();
        let (subject, distro) = ("SPDXRef-Subject".to_owned(), DISTRO.to_owned());
        Self { subject, distro, parts, packages, sources }
    }
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
    print::print(&Document { inventory, version, ids: &ids, stamp: &stamp }, out)
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
    element.supplier = supplier(&subject.supplier);
    element.annotations = stamp.beside(subject, &read::subject(&element));
    element
}

fn distro<'a>(distro: &'a Distro, id: &'a str, stamp: &'a Stamp) -> Element<'a> {
    let mut element = element(id, &distro.id, distro.version.as_deref(), "OPERATING_SYSTEM", stamp.has);
    element.summary = distro.pretty_name.as_deref().map(Into::into);
    element.supplier = supplier(&distro.supplier);
    element.annotations = stamp.beside(distro, &read::distro(&element));
    element
}

fn source<'a>((_, name, version): SourceKey<'a>, source: &'a Source<'a>, has: Has) -> Element<'a> {
    Element { supplier: organization(source.supplier), ..element(&source.id, name, version, "SOURCE", has) }
}

fn package<'a>(
    package: &'a Package,
    id: &'a str,
    licenses: &mut Licenses<'a>,
    stamp: &'a Stamp,
) -> Element<'a> {
    let purpose = match package.kind {
        PackageKind::Library => "LIBRARY",
        PackageKind::Application => "APPLICATION",
    };
    let mut element = element(id, &package.name, Some(package.version.as_str()), purpose, stamp.has);
    element.supplier = supplier(&package.supplier);
    element.license_declared = Some(declared(&package.licenses, licenses));
    let purl = Some(package.purl.as_str()).filter(|purl| is_purl(purl));
    let cpes = package.cpes.iter().filter(|cpe| cpe::is_string(cpe));
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
    element.originator = supplier(&about.originator);
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
    let source = source::key(package)
        .map(|(_, name, version)| SourcePackage { name: name.to_owned(), version: version.map(Into::into) });
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
        // Since 2.3, and on the web (annex F.2.3).
        references::ADVISORIES if has.purposes && references::is_web_address(&reference.url) => {
            self::reference("SECURITY", "advisory", &reference.url)
        }
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

/// The supplier field (§7.5), or that of the originator (§7.6).
fn supplier(name: &Option<String>) -> Option<Text<'_>> {
    organization(name.as_deref())
}

/// Parentheses in a name would be read as an electronic mail address.
fn organization<'a>(name: Option<&str>) -> Option<Text<'a>> {
    let name = name?;
    let plain = !name.is_empty()
        && name.trim() == name
        && !name.contains(|character: char| character.is_control() || matches!(character, '(' | ')'));
    plain.then(|| format!("Organization: {name}").into())
}

/// The declared licence (§7.15): all of `stated` together; words become a reference to their text.
fn declared<'a>(stated: &'a Texts, licenses: &mut Licenses<'a>) -> Text<'a> {
    let (mut terms, is_alone) = (Vec::<Cow<'a, str>>::new(), stated.len() == 1);
    for text in stated.iter().filter(|text| !text.trim().is_empty()) {
        terms.push(match license::stated_in_spdx(text) {
            license::Stated::Id => text.into(),
            license::Stated::Expression if is_alone => text.into(),
            license::Stated::Expression => format!("({text})").into(),
            license::Stated::Name => {
                let id = format!("LicenseRef-{}", seal::short(text));
                licenses.entry(id.clone()).or_insert_with(|| ExtractedLicense {
                    license_id: id.clone().into(),
                    extracted_text: text.into(),
                    name: None,
                });
                id.into()
            }
        });
    }
    match terms.len() {
        0 => NOASSERTION.into(),
        1 => Text(terms.swap_remove(0)),
        _ => terms.join(" AND ").into(),
    }
}

/// The relationships, each made when it is written.
struct Relationships<'a> {
    inventory: &'a Inventory,
    ids: &'a Ids<'a>,
}

impl Serialize for Relationships<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        self.each(|from, kind, to| {
            list.serialize_element(&Relationship {
                spdx_element_id: from.into(),
                relationship_type: kind.into(),
                related_spdx_element: to.into(),
                comment: None,
            })
        })?;
        list.end()
    }
}

impl Relationships<'_> {
    /// Calls `take` with both ends and the type of each.
    fn each<E>(&self, mut take: impl FnMut(&str, &'static str, &str) -> Result<(), E>) -> Result<(), E> {
        let Self { inventory, ids } = self;
        take(DOCUMENT, "DESCRIBES", &ids.subject)?;
        if inventory.distro.is_some() {
            take(&ids.subject, "CONTAINS", &ids.distro)?;
        }
        for (part, (id, distro_id)) in inventory.parts.iter().zip(&ids.parts) {
            take(&ids.subject, "CONTAINS", id)?;
            if part.distro.is_some() {
                take(id, "CONTAINS", distro_id)?;
            }
        }
        for (package, id) in inventory.packages.iter().zip(&ids.packages) {
            let part = package.part.and_then(|part| ids.parts.get(part.as_usize()));
            take(part.map_or(&ids.subject, |(part, _)| part), "CONTAINS", id)?;
        }
        for (package, id) in inventory.packages.iter().zip(&ids.packages) {
            if let Some(owner) = package.owner {
                take(&ids.packages[owner.as_usize()], "CONTAINS", id)?;
            }
            if let Some(parent) = package.parent {
                take(id, "CONTAINED_BY", &ids.packages[parent.as_usize()])?;
            }
            for other in package.depends_on.iter() {
                take(id, "DEPENDS_ON", &ids.packages[other.as_usize()])?;
            }
            if package.depends_on.is_known() && package.depends_on.is_empty() {
                take(id, "DEPENDS_ON", NONE)?;
            }
            if let Some(source) = source::key(package).and_then(|key| ids.sources.get(&key)) {
                take(id, "GENERATED_FROM", &source.id)?;
            }
        }
        Ok(())
    }
}
