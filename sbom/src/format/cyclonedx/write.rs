//! An inventory as CycloneDX 1.4 to 1.7 JSON, pretty-printed with two spaces.
//!
//! What an older version has no field for is stated beside, as everything that no version has a field for.

use std::io;

use model::distro::Distro;
use model::gap::Gap;
use model::inventory::{Inventory, Subject};
use model::package::{About, DependencyScope, Package, PackageIndex, PackageKind};
use model::texts::Texts;
use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};

use super::super::WriteOptions;
use super::super::wire::facts::{self, Noun, Stated};
use super::super::wire::hash::Spelling;
use super::super::wire::json::{List, Text};
use super::super::wire::references::Minor;
use super::super::wire::seal::{self, References};
use super::super::wire::{cpe, identity, license, print, references};
use super::evidence::identity as identity_evidence;
use super::{
    Component, Dependency, Evidence, ExternalReference, Hash, License, LicenseChoice, Nested, Occurrence,
    Organization, OwnedFile, Property, read,
};

/// `maxLength` of `version`.
const VERSION_CHARACTERS_MAX: usize = 1024;

/// The document.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bom<'a> {
    #[serde(rename = "$schema")]
    schema: String,
    bom_format: &'static str,
    spec_version: &'a str,
    serial_number: String,
    version: u32,
    metadata: Metadata<'a>,
    components: Components<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dependencies: Option<Dependencies<'a>>,
    compositions: [Composition; 1],
}

/// How complete the list of the subject's parts is (`compositions`).
#[derive(Serialize)]
struct Composition {
    aggregate: &'static str,
    assemblies: [String; 1],
}

#[derive(Serialize)]
struct Metadata<'a> {
    timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    lifecycles: Option<[Lifecycle; 1]>,
    tools: Tools<'a>,
    component: Component<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property<'a>>,
}

/// When in its life the subject was looked at (since 1.5).
#[derive(Serialize)]
struct Lifecycle {
    phase: &'static str,
}

/// `metadata.tools`.
#[derive(Serialize)]
#[serde(untagged)]
enum Tools<'a> {
    /// Since 1.5.
    Components {
        components: Vec<Component<'a>>,
    },
    Names([Tool<'a>; 1]),
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'static str,
    version: &'a str,
}

/// The components, each made when it is written: all of them together would take more than the inventory does.
struct Components<'a> {
    distro: Option<Component<'a>>,
    /// What a merged inventory was made of, each followed by its distribution.
    parts: Vec<Component<'a>>,
    /// The references of the parts themselves.
    part_names: &'a [String],
    packages: &'a [Package],
    /// The packages' references, and their package URLs where these are valid.
    names: &'a [String],
    purls: &'a [Option<&'a str>],
    has: Has,
}

/// What the version that is written has fields for.
#[derive(Clone, Copy)]
struct Has {
    /// Of 1.4: 4.
    minor: Minor,
    /// Since 1.5: `evidence.occurrences`, `metadata.lifecycles`, tools as components.
    occurrences: bool,
}

impl Serialize for Components<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        if let Some(distro) = &self.distro {
            list.serialize_element(distro)?;
        }
        for part in &self.parts {
            list.serialize_element(part)?;
        }
        for index in 0..self.packages.len() {
            list.serialize_element(&self.component(index))?;
        }
        list.end()
    }
}

/// The dependencies between packages, each made when it is written.
struct Dependencies<'a> {
    packages: &'a [Package],
    names: &'a [String],
}

impl Serialize for Dependencies<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = |index: &PackageIndex| self.names[index.as_usize()].as_str().into();
        let stating = self.packages.iter().zip(self.names).filter(|(package, _)| is_stating(package));
        serializer.collect_seq(stating.map(|(package, reference)| Dependency {
            reference: reference.as_str().into(),
            depends_on: List(package.depends_on.iter().map(name).collect()),
        }))
    }
}

/// Whether there is something to say of what `package` depends on.
fn is_stating(package: &Package) -> bool {
    package.depends_on.is_known()
}

impl Components<'_> {
    fn component(&self, index: usize) -> Component<'_> {
        let package = &self.packages[index];
        let mut component = self::package(package, &self.names[index], self.purls[index], self.has);
        let name = |other: Option<PackageIndex>| other.map(|other| self.names[other.as_usize()].as_str());
        let part = package.part.and_then(|part| self.part_names.get(part.as_usize()));
        for (relation, name) in [
            (facts::OWNER, name(package.owner)),
            (facts::PARENT, name(package.parent)),
            (facts::PART, part.map(String::as_str)),
        ] {
            let property =
                |name: &str| Property { name: relation.into(), value: Some(name.to_owned().into()) };
            component.properties.0.extend(name.map(property));
        }
        component
    }
}

/// Writes `inventory`.
pub(super) fn write(
    inventory: &Inventory,
    version: &str,
    options: &WriteOptions<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let minor = version.strip_prefix("1.").and_then(|minor| minor.parse().ok()).unwrap_or_default();
    let has = Has { minor, occurrences: minor >= 5 };
    let mut references = References::default();
    let subject = subject(&inventory.subject, references.give("subject".to_owned()));
    let distro =
        inventory.distro.as_ref().map(|distro| self::distro(distro, references.give("distro".to_owned())));
    let give = |_| references.give("part".to_owned());
    let part_names: Vec<String> = inventory.parts.iter().map(give).collect();
    let parts = parts(inventory, &part_names, &mut references);
    let mut purls = Vec::with_capacity(inventory.packages.len());
    let mut names = Vec::with_capacity(inventory.packages.len());
    for package in &inventory.packages {
        let purl = Some(package.purl.as_str()).filter(|purl| identity::is_purl(purl));
        names.push(references.give(reference(package, purl)));
        purls.push(purl);
    }
    let components = Components {
        distro,
        parts,
        part_names: &part_names,
        packages: &inventory.packages,
        names: &names,
        purls: &purls,
        has,
    };
    let dependencies = Dependencies { packages: &inventory.packages, names: &names };
    let dependencies = inventory.packages.iter().any(is_stating).then_some(dependencies);
    let properties: Vec<_> = inventory.gaps.iter().map(gap).collect();
    let bom = Bom {
        schema: format!("http://cyclonedx.org/schema/bom-{version}.schema.json"),
        bom_format: "CycloneDX",
        spec_version: version,
        serial_number: format!("urn:uuid:{}", seal::uuid("cyclonedx", inventory)),
        version: 1,
        metadata: Metadata {
            timestamp: options.created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            lifecycles: (has.occurrences && is_image(&inventory.subject))
                .then_some([Lifecycle { phase: "post-build" }]),
            tools: tools(options.tool_version, has),
            component: subject,
            properties,
        },
        components,
        dependencies,
        compositions: [Composition {
            aggregate: if inventory.gaps.is_empty() { "unknown" } else { "incomplete" },
            assemblies: ["subject".to_owned()],
        }],
    };
    print::print(&bom, out)
}

fn tools(version: &str, has: Has) -> Tools<'_> {
    if !has.occurrences {
        return Tools::Names([Tool { name: "plimsoll", version }]);
    }
    let tool = Component {
        kind: "application".into(),
        name: "plimsoll".into(),
        version: Some(version.into()),
        ..Component::default()
    };
    Tools::Components { components: vec![tool] }
}

/// The reference wished for: `purl`, the package's where it is valid.
fn reference(package: &Package, purl: Option<&str>) -> String {
    if let Some(purl) = purl {
        return purl.to_owned();
    }
    let identity = [package.purl.as_str(), &package.name, package.version.as_str()].join("\n");
    format!("package-{}", seal::short(&identity))
}

fn package<'a>(package: &'a Package, reference: &'a str, purl: Option<&'a str>, has: Has) -> Component<'a> {
    let occurrences: Vec<_> = package
        .locations
        .iter()
        .map(|location| Occurrence { location: location.path.as_str().into() })
        .collect();
    let identity = identity_evidence(package, purl.is_some(), has.minor).filter(|_| has.occurrences);
    let evidence = (has.occurrences && (!occurrences.is_empty() || identity.is_some()))
        .then_some(Evidence { occurrences: List(occurrences), identity });
    let mut component = Component {
        kind: match package.kind {
            PackageKind::Library => "library".into(),
            PackageKind::Application => "application".into(),
        },
        reference: Some(reference.into()),
        supplier: supplier(&package.supplier),
        name: package.name.as_str().into(),
        version: version(package.version.as_str()),
        scope: (package.scope == DependencyScope::Development).then(|| read::EXCLUDED.into()),
        hashes: hashes(package.digests.iter()),
        licenses: licenses(&package.licenses),
        cpe: package.cpes.iter().find(|cpe| cpe::is_string(cpe)).map(Into::into),
        purl: purl.map(Into::into),
        description: package.about().description.as_deref().map(Into::into),
        copyright: package.about().copyright.as_deref().map(Into::into),
        external_references: external_references(package.about(), has),
        components: nested(&package.files),
        evidence,
        ..Component::default()
    };
    let originator = package.about().originator.as_deref().map(Text::from);
    if has.minor < 6 {
        component.author = originator;
    } else {
        component.authors =
            List(originator.into_iter().map(|name| Organization { name: Some(name) }).collect());
    }
    component.properties = beside(package, &read::package(&component, ""));
    component
}

fn supplier(name: &Option<String>) -> Option<Organization<'_>> {
    name.as_deref().map(|name| Organization { name: Some(name.into()) })
}

/// The files that a package owns, as what lies in it.
fn nested(files: &[model::package::OwnedFile]) -> Option<Nested<'_>> {
    let written = files.iter().map(|file| OwnedFile {
        kind: read::FILE,
        name: &file.path,
        hashes: hashes(file.digests.iter().map(String::as_str)),
    });
    (!files.is_empty()).then(|| Nested::Files(written.collect()))
}

/// Of a kind that the version has no word for the word is `other`, and the kind is stated beside.
fn external_references(about: &About, has: Has) -> List<ExternalReference<'_>> {
    let known = about.references.iter().filter(|reference| references::is_address(&reference.url));
    let written = known.map(|reference| {
        let has_word = references::is_in_cyclonedx(&reference.kind, has.minor);
        let kind = if has_word { reference.kind.as_str() } else { references::OTHER };
        ExternalReference { kind: kind.into(), url: reference.url.as_str().into() }
    });
    List(written.collect())
}

fn hashes<'d>(digests: impl Iterator<Item = &'d str>) -> List<Hash<'d>> {
    let known = digests.filter_map(|digest| Spelling::CycloneDx.write(digest));
    List(known.map(|(name, hex)| Hash { algorithm: name.into(), content: hex.into() }).collect())
}

fn is_image(subject: &Subject) -> bool {
    subject.manifest_digest.is_some() || subject.digest.is_some() || !subject.layers.is_empty()
}

fn distro(distro: &Distro, reference: String) -> Component<'_> {
    let mut component = Component {
        kind: "operating-system".into(),
        reference: Some(reference.into()),
        supplier: supplier(&distro.supplier),
        name: distro.id.as_str().into(),
        version: distro.version.as_deref().and_then(version),
        description: distro.pretty_name.as_deref().map(Into::into),
        ..Component::default()
    };
    component.properties = beside(distro, &read::distro(&component));
    component
}

fn subject(subject: &Subject, reference: String) -> Component<'_> {
    let digest = subject.manifest_digest.as_deref().or(subject.digest.as_deref());
    let mut component = Component {
        kind: if is_image(subject) { "container".into() } else { "file".into() },
        reference: Some(reference.into()),
        supplier: self::supplier(&subject.supplier),
        name: subject.name.as_str().into(),
        version: subject.version.as_deref().or(digest).and_then(version),
        ..Component::default()
    };
    component.properties = beside(subject, &read::subject(&component));
    component
}

/// What `inventory` was merged from, each part followed by its distribution.
fn parts<'a>(inventory: &'a Inventory, names: &[String], references: &mut References) -> Vec<Component<'a>> {
    let property = |name: &'static str, value: &str| Property {
        name: name.into(),
        value: Some(value.to_owned().into()),
    };
    let mut components = Vec::new();
    for (part, name) in inventory.parts.iter().zip(names) {
        let mut component = subject(&part.subject, name.clone());
        component.properties.0.push(property(facts::PART_DOCUMENT, &part.document));
        components.push(component);
        if let Some(distro) = &part.distro {
            let mut component = self::distro(distro, references.give("distro".to_owned()));
            component.properties.0.push(property(facts::PART, name));
            components.push(component);
        }
    }
    components
}

/// What `seen`, which is read from the standard's fields, lacks of `actual`, as properties.
fn beside<'a, N: Noun>(actual: &'a N, seen: &N) -> List<Property<'a>> {
    let property = |(fact, value): Stated<'a>| Property { name: fact.into(), value: Some(Text(value)) };
    List(facts::difference(actual, seen).into_iter().map(property).collect())
}

fn version(text: &str) -> Option<Text<'_>> {
    let fits = !text.is_empty() && text.chars().count() <= VERSION_CHARACTERS_MAX;
    fits.then(|| text.into())
}

/// An expression stands alone by the schema; beside others it is the name of a licence.
fn licenses(stated: &Texts) -> List<LicenseChoice<'_>> {
    if stated.len() == 1
        && let Some(one) = stated.first()
        && license::stated(one) == license::Stated::Expression
    {
        let expression = Some(one.into());
        return List(vec![LicenseChoice { expression, ..LicenseChoice::default() }]);
    }
    let said = stated.iter().filter(|text| !text.is_empty());
    List(said.map(|text| named_license(text)).collect())
}

fn named_license(text: &str) -> LicenseChoice<'_> {
    let license = match license::stated(text) {
        license::Stated::Id => License { id: Some(text.into()), name: None },
        license::Stated::Expression | license::Stated::Name => License { id: None, name: Some(text.into()) },
    };
    LicenseChoice { license: Some(license), expression: None }
}

fn gap(gap: &Gap) -> Property<'_> {
    Property { name: facts::GAP.into(), value: Some(gap.to_string().into()) }
}
