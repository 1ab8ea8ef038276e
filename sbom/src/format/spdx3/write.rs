//! An inventory as SPDX 3.0.1 JSON-LD, pretty-printed with two spaces.

use std::collections::BTreeMap;
use std::io;

use model::distro::Distro;
use model::inventory::{Inventory, Part, Subject};
use model::package::{About, OwnedFile, Package, PackageKind};
use model::texts::Texts;

use super::super::WriteOptions;
use super::super::validate::terms;
use super::super::wire::facts::{self, Noun};
use super::super::wire::seal::{self, References};
use super::super::wire::source::{self, SourceKey};
use super::super::wire::tree::{Object, Tree};
use super::super::wire::{cpe, identity, license, references};
use super::{CONTEXT, NONE, read};

/// The node of the creation information, which every element shares.
const CREATION: &str = "_:creationInfo";

/// Writes `inventory`.
pub(in crate::format) fn write(
    inventory: &Inventory,
    _version: &str,
    options: &WriteOptions<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut writer = Writer {
        base: format!("https://spdx.org/spdxdocs/plimsoll-{}#SPDXRef-", seal::uuid("spdx3", inventory)),
        source_suppliers: source::suppliers(&inventory.packages),
        ..Writer::default()
    };
    writer.creation(options);
    let subject = writer.subject("Subject", &inventory.subject);
    let distro = inventory.distro.as_ref().map(|distro| writer.distro(distro));
    let parts: Vec<WrittenPart> = inventory.parts.iter().map(|part| writer.part(part)).collect();
    let packages: Vec<String> = inventory.packages.iter().map(|package| writer.package(package)).collect();
    writer.relate_packages(inventory, &packages);
    writer.relate_parts(inventory, &subject, distro.as_deref(), &parts, &packages);
    writer.licenses();
    let document = writer.collections(inventory, &subject);
    let elements = Elements { document, subject, distro, parts, packages };
    writer.annotate(inventory, &elements)?;
    let document = Tree::Object(vec![
        ("@context".to_owned(), text(CONTEXT)),
        ("@graph".to_owned(), Tree::List(writer.graph)),
    ]);
    print(&document, out)
}

/// Writes `document` as JSON.
pub(super) fn print(document: &Tree, out: &mut dyn io::Write) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(64 << 10, out);
    serde_json::to_writer_pretty(&mut out, document)?;
    io::Write::write_all(&mut out, b"\n")?;
    io::Write::flush(&mut out)
}

fn text(text: &str) -> Tree {
    Tree::Text(text.to_owned())
}

fn texts<'a>(all: impl IntoIterator<Item = &'a str>) -> Tree {
    Tree::List(all.into_iter().map(text).collect())
}

fn object<const N: usize>(members: [(&str, Tree); N]) -> Tree {
    Tree::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// A name, which may not be empty.
fn named(name: &str) -> &str {
    if name.is_empty() { "unnamed" } else { name }
}

/// The ids of what was written of an inventory.
struct Elements {
    document: String,
    subject: String,
    distro: Option<String>,
    parts: Vec<WrittenPart>,
    packages: Vec<String>,
}

/// The ids of a part of a merged inventory, and of its distro.
struct WrittenPart {
    id: String,
    distro: Option<String>,
}

/// A document in the making.
#[derive(Default)]
struct Writer<'a> {
    /// What every id begins with.
    base: String,
    references: References,
    graph: Vec<Tree>,
    /// Suppliers by name, their id.
    agents: BTreeMap<String, String>,
    /// Files by path, their id.
    files: BTreeMap<String, String>,
    /// Who supplies each source package, where that is known.
    source_suppliers: BTreeMap<SourceKey<'a>, Option<&'a str>>,
    /// Source packages, their id.
    sources: BTreeMap<SourceKey<'a>, String>,
    /// Licence expressions, their id.
    expressions: BTreeMap<String, String>,
    /// Licences of no list: what stands for them in an expression, and their words.
    words: BTreeMap<String, String>,
}

impl<'a> Writer<'a> {
    /// A new id that follows from `kind` and `identity`.
    fn id(&mut self, kind: &str, identity: &str) -> String {
        self.references.give(format!("{}{kind}-{}", self.base, seal::short(identity)))
    }

    /// An element of which only the class is known.
    fn element(class: &str, id: &str) -> Object {
        vec![
            ("type".to_owned(), text(class)),
            ("spdxId".to_owned(), text(id)),
            ("creationInfo".to_owned(), text(CREATION)),
        ]
    }

    /// Adds `element`; its id.
    fn add(&mut self, element: Object) -> String {
        let element = Tree::Object(element);
        let id = element.get("spdxId").and_then(Tree::as_str).unwrap_or_default().to_owned();
        self.graph.push(element);
        id
    }

    fn add_named(&mut self, class: &str, id: &str, name: &str) -> String {
        let mut element = Self::element(class, id);
        element.push(("name".to_owned(), text(name)));
        self.add(element)
    }

    fn creation(&mut self, options: &WriteOptions<'_>) {
        let name = format!("plimsoll-{}", options.tool_version);
        let (agent, tool) = (format!("{}Agent", self.base), format!("{}Tool", self.base));
        self.graph.push(object([
            ("type", text("CreationInfo")),
            ("@id", text(CREATION)),
            ("specVersion", text("3.0.1")),
            ("created", text(&options.created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())),
            ("createdBy", texts([agent.as_str()])),
            ("createdUsing", texts([tool.as_str()])),
        ]));
        self.add_named("SoftwareAgent", &agent, "plimsoll");
        self.add_named("Tool", &tool, &name);
    }

    /// A package, with an id of `kind`.
    fn package_element(&mut self, kind: &str, name: &str, version: Option<&str>, purpose: &str) -> Object {
        let id = format!("{}{kind}", self.base);
        let id = self.references.give(id);
        let mut element = Self::element("software_Package", &id);
        element.push(("name".to_owned(), text(named(name))));
        element.push(("software_primaryPurpose".to_owned(), text(purpose)));
        let version = version.filter(|version| !version.is_empty());
        element.extend(version.map(|version| ("software_packageVersion".to_owned(), text(version))));
        element
    }

    /// Adds a subject, with an id of `kind`.
    fn subject(&mut self, kind: &str, subject: &Subject) -> String {
        let digest = subject.manifest_digest.as_ref().or(subject.digest.as_ref());
        let is_image = digest.is_some() || !subject.layers.is_empty();
        let purpose = if is_image { "container" } else { "file" };
        let mut element = self.package_element(kind, &subject.name, subject.version.as_deref(), purpose);
        verified_using(&mut element, digest.into_iter().map(String::as_str));
        self.supplied_by(subject.supplier.as_deref(), &mut element);
        self.add(element)
    }

    fn distro(&mut self, distro: &Distro) -> String {
        let version = distro.version.as_deref();
        let mut element = self.package_element("Distro", &distro.id, version, "operatingSystem");
        element.extend(distro.pretty_name.as_deref().map(|name| ("summary".to_owned(), text(name))));
        self.supplied_by(distro.supplier.as_deref(), &mut element);
        self.add(element)
    }

    /// Adds one of those that the inventory was merged from, and its distro.
    fn part(&mut self, part: &Part) -> WrittenPart {
        let id = self.subject("Part", &part.subject);
        WrittenPart { id, distro: part.distro.as_ref().map(|distro| self.distro(distro)) }
    }

    /// The subject contains its parts, each of these its distro and packages, and the subject what is of no part.
    fn relate_parts(
        &mut self,
        inventory: &Inventory,
        subject: &str,
        distro: Option<&str>,
        parts: &[WrittenPart],
        packages: &[String],
    ) {
        let mut contained: Vec<Vec<&str>> =
            parts.iter().map(|part| part.distro.as_deref().into_iter().collect()).collect();
        let mut of_none: Vec<&str> = distro.into_iter().collect();
        of_none.extend(parts.iter().map(|part| part.id.as_str()));
        for (package, id) in inventory.packages.iter().zip(packages) {
            let part = package.part.and_then(|part| contained.get_mut(part.as_usize()));
            part.unwrap_or(&mut of_none).push(id);
        }
        self.relate(subject, "contains", &of_none, None);
        for (part, contained) in parts.iter().zip(&contained) {
            self.relate(&part.id, "contains", contained, None);
        }
    }

    /// Adds `package` and what it refers to; its id.
    fn package(&mut self, package: &'a Package) -> String {
        let purpose = match package.kind {
            PackageKind::Library => "library",
            PackageKind::Application => "application",
        };
        let identity = [package.purl.as_str(), &package.name, package.version.as_str()].join("\n");
        let kind = format!("Package-{}-{}", package.ecosystem, seal::short(&identity));
        let mut element = self.package_element(&kind, &package.name, Some(package.version.as_str()), purpose);
        let mut identifiers = Vec::new();
        if is_purl(&package.purl) {
            element.push(("software_packageUrl".to_owned(), text(&package.purl)));
            identifiers.push(identifier("packageUrl", &package.purl));
        }
        let cpes = package.cpes.iter().filter(|cpe| cpe::is_string(cpe));
        identifiers.extend(cpes.map(|cpe| identifier("cpe23", cpe)));
        if !identifiers.is_empty() {
            element.push(("externalIdentifier".to_owned(), Tree::List(identifiers)));
        }
        verified_using(&mut element, package.digests.iter());
        self.supplied_by(package.supplier.as_deref(), &mut element);
        self.about(package.about(), &mut element);
        let id = self.add(element);
        if let Some(expression) = self.declared(&package.licenses) {
            let expression = self.expression(expression);
            self.relate(&id, "hasDeclaredLicense", &[&expression], None);
        }
        if let Some(source) = self.source(package) {
            self.relate(&source, "generates", &[&id], None);
        }
        self.owned_files(&id, &package.files);
        id
    }

    fn supplied_by(&mut self, supplier: Option<&str>, element: &mut Object) {
        if let Some(supplier) = supplier.filter(|name| !name.trim().is_empty()) {
            element.push(("suppliedBy".to_owned(), text(&self.agent(supplier))));
        }
    }

    /// Adds what is said of a package beside, as far as `element` has fields for it.
    fn about(&mut self, about: &About, element: &mut Object) {
        let fields = references::fields(about);
        let [home_page, download] = fields.map(|field| field.map(|reference| reference.url.as_str()));
        let said = |text: &'_ Option<String>| text.clone().filter(|text| !read::says_nothing(text));
        for (name, value) in [
            ("summary", said(&about.summary)),
            ("description", said(&about.description)),
            ("software_copyrightText", said(&about.copyright)),
            ("software_homePage", home_page.map(str::to_owned)),
            ("software_downloadLocation", download.map(str::to_owned)),
        ] {
            element.extend(value.map(|value| (name.to_owned(), Tree::Text(value))));
        }
        if let Some(originator) = about.originator.as_deref().filter(|name| !name.trim().is_empty()) {
            element.push(("originatedBy".to_owned(), texts([self.agent(originator).as_str()])));
        }
        let others = references::others(about, fields);
        let others: Vec<_> = others
            .filter(|reference| references::is_address(&reference.url))
            .map(|reference| {
                object([
                    ("type", text("ExternalRef")),
                    (
                        "externalRefType",
                        text(references::in_spdx_3(&reference.kind).unwrap_or(references::OTHER)),
                    ),
                    ("locator", texts([reference.url.as_str()])),
                ])
            })
            .collect();
        if !others.is_empty() {
            element.push(("externalRef".to_owned(), Tree::List(others)));
        }
    }

    /// Adds the files that the package `owner` owns. Several packages may own one, whose digests are those that the first
    /// states.
    fn owned_files(&mut self, owner: &str, files: &[OwnedFile]) {
        let mut ids = Vec::with_capacity(files.len());
        for OwnedFile { path, digests } in files {
            let id = match self.files.get(path) {
                Some(known) => known.clone(),
                None => {
                    let id = self.id("File", path);
                    self.files.insert(path.clone(), id.clone());
                    let mut element = Self::element("software_File", &id);
                    element.push(("name".to_owned(), text(path)));
                    verified_using(&mut element, digests.iter().map(String::as_str));
                    self.add(element)
                }
            };
            ids.push(id);
        }
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        self.relate(owner, "contains", &ids, None);
    }

    fn agent(&mut self, name: &str) -> String {
        if let Some(known) = self.agents.get(name) {
            return known.clone();
        }
        let id = self.id("Supplier", name);
        self.agents.insert(name.to_owned(), id.clone());
        self.add_named("Organization", &id, name)
    }

    /// The source package of `package`, where that can be an element.
    fn source(&mut self, package: &'a Package) -> Option<String> {
        let key = source::key(package)?;
        if let Some(known) = self.sources.get(&key) {
            return Some(known.clone());
        }
        let (ecosystem, name, version) = key;
        let identity = [name, version.unwrap_or("")].join("\n");
        let kind = format!("Source-{ecosystem}-{}", seal::short(&identity));
        let mut element = self.package_element(&kind, name, version, "source");
        let supplier = self.source_suppliers.get(&key).copied().flatten();
        self.supplied_by(supplier, &mut element);
        let id = self.add(element);
        self.sources.insert(key, id.clone());
        Some(id)
    }

    /// All of `stated` together as a licence expression; words become a reference to their text.
    fn declared(&mut self, stated: &Texts) -> Option<String> {
        let (mut terms, is_alone) = (Vec::new(), stated.len() == 1);
        for text in stated.iter().filter(|text| !text.trim().is_empty()) {
            terms.push(match license::stated_in_spdx(text) {
                license::Stated::Id => text.to_owned(),
                license::Stated::Expression if is_alone => text.to_owned(),
                license::Stated::Expression => format!("({text})"),
                license::Stated::Name => {
                    let reference = format!("LicenseRef-{}", seal::short(text));
                    self.words.insert(reference.clone(), text.to_owned());
                    reference
                }
            });
        }
        (!terms.is_empty()).then(|| terms.join(" AND "))
    }

    /// The id of the element of a licence expression, which [`Writer::licenses`] adds.
    fn expression(&mut self, expression: String) -> String {
        if let Some(known) = self.expressions.get(&expression) {
            return known.clone();
        }
        let id = self.id("License", &expression);
        self.expressions.insert(expression, id.clone());
        id
    }

    /// Adds all licences.
    fn licenses(&mut self) {
        // The licence of the document itself.
        self.expression("CC0-1.0".to_owned());
        let mut uris = BTreeMap::new();
        for (reference, words) in std::mem::take(&mut self.words) {
            let id = format!("{}{reference}", self.base);
            let mut element = Self::element("simplelicensing_SimpleLicensingText", &id);
            element.push(("simplelicensing_licenseText".to_owned(), text(&words)));
            uris.insert(reference, self.add(element));
        }
        for (expression, id) in self.expressions.clone() {
            let mut element = Self::element("simplelicensing_LicenseExpression", &id);
            element.push(("simplelicensing_licenseExpression".to_owned(), text(&expression)));
            let mut custom: Vec<_> = expression
                .split(|c: char| c.is_whitespace() || matches!(c, '(' | ')'))
                .filter_map(|term| uris.get_key_value(term))
                .collect();
            custom.sort_unstable();
            custom.dedup();
            let entries = custom.into_iter().map(|(reference, uri)| {
                object([("type", text("DictionaryEntry")), ("key", text(reference)), ("value", text(uri))])
            });
            let entries: Vec<_> = entries.collect();
            if !entries.is_empty() {
                element.push(("simplelicensing_customIdToUri".to_owned(), Tree::List(entries)));
            }
            self.add(element);
        }
    }

    /// Adds a relationship, unless it leads nowhere.
    fn relate(&mut self, from: &str, kind: &str, to: &[&str], comment: Option<&str>) {
        if to.is_empty() {
            return;
        }
        let id = self.id("Relationship", &format!("{from}\n{kind}\n{}", to.join("\n")));
        let mut element = Self::element("Relationship", &id);
        element.extend(comment.map(|comment| ("comment".to_owned(), text(comment))));
        element.push(("from".to_owned(), text(from)));
        element.push(("relationshipType".to_owned(), text(kind)));
        element.push(("to".to_owned(), texts(to.iter().copied())));
        self.add(element);
    }

    fn relate_packages(&mut self, inventory: &Inventory, ids: &[String]) {
        for (package, id) in inventory.packages.iter().zip(ids) {
            for (other, fact) in [(package.owner, facts::OWNER), (package.parent, facts::PARENT)] {
                if let Some(other) = other {
                    self.relate(&ids[other.as_usize()], "contains", &[id], Some(fact));
                }
            }
            let others: Vec<_> =
                package.depends_on.iter().map(|other| ids[other.as_usize()].as_str()).collect();
            self.relate(id, "dependsOn", &others, None);
            if package.depends_on.is_known() && others.is_empty() {
                self.relate(id, "dependsOn", &[NONE], None);
            }
        }
    }

    /// Adds the SBOM and the document, of everything so far; the document's id.
    fn collections(&mut self, inventory: &Inventory, subject: &str) -> String {
        let elements = self.graph.iter().filter_map(|element| element.get("spdxId")).cloned().collect();
        let profiles = || ("profileConformance".to_owned(), texts(["core", "software", "simpleLicensing"]));
        let mut sbom = Self::element("software_Sbom", &format!("{}Sbom", self.base));
        sbom.push(profiles());
        sbom.push(("rootElement".to_owned(), texts([subject])));
        sbom.push(("element".to_owned(), Tree::List(elements)));
        sbom.push(("software_sbomType".to_owned(), texts(["analyzed"])));
        let sbom = self.add(sbom);
        let mut document = Self::element("SpdxDocument", &format!("{}DOCUMENT", self.base));
        document.push(("name".to_owned(), text(named(&inventory.subject.name))));
        document.push(profiles());
        document.push(("rootElement".to_owned(), texts([sbom.as_str()])));
        let license = self.expression("CC0-1.0".to_owned());
        document.push(("dataLicense".to_owned(), text(&license)));
        self.add(document)
    }

    /// Adds what the standard's fields, as they are read back, do not say.
    fn annotate(&mut self, inventory: &Inventory, elements: &Elements) -> io::Result<()> {
        for (part, written) in inventory.parts.iter().zip(&elements.parts) {
            self.annotation(&written.id, facts::PART_DOCUMENT, &part.document);
            if let Some(distro) = &written.distro {
                self.annotation(distro, facts::PART, &written.id);
            }
        }
        for (package, id) in inventory.packages.iter().zip(&elements.packages) {
            if let Some(part) = package.part.and_then(|part| elements.parts.get(part.as_usize())) {
                self.annotation(id, facts::PART, &part.id);
            }
        }
        let graph = Tree::List(std::mem::take(&mut self.graph));
        let seen = read::parts(&read::Graph::new(&graph), usize::MAX).map_err(io::Error::other)?;
        if let Tree::List(elements) = graph {
            self.graph = elements;
        }
        self.beside(&elements.subject, &inventory.subject, &seen.subject);
        if let (Some(id), Some(actual), Some(seen)) = (&elements.distro, &inventory.distro, &seen.distro) {
            self.beside(id, actual, seen);
        }
        if seen.packages.len() != elements.packages.len() || seen.parts.len() != elements.parts.len() {
            return Err(io::Error::other("packages do not read back as they were written"));
        }
        for ((written, actual), seen) in elements.parts.iter().zip(&inventory.parts).zip(&seen.parts) {
            self.beside(&written.id, &actual.subject, &seen.subject);
            if let (Some(id), Some(actual), Some(seen)) = (&written.distro, &actual.distro, &seen.distro) {
                self.beside(id, actual, seen);
            }
        }
        for ((id, actual), seen) in elements.packages.iter().zip(&inventory.packages).zip(&seen.packages) {
            self.beside(id, actual, seen);
        }
        for gap in &inventory.gaps {
            self.annotation(&elements.document, facts::GAP, &gap.to_string());
        }
        Ok(())
    }

    fn beside<N: Noun>(&mut self, id: &str, actual: &N, seen: &N) {
        for (fact, value) in facts::difference(actual, seen) {
            self.annotation(id, fact, &value);
        }
    }

    fn annotation(&mut self, about: &str, fact: &str, value: &str) {
        let statement = format!("{fact}={value}");
        let id = self.id("Annotation", &format!("{about}\n{statement}"));
        let mut element = Self::element("Annotation", &id);
        element.push(("annotationType".to_owned(), text("other")));
        element.push(("subject".to_owned(), text(about)));
        element.push(("statement".to_owned(), text(&statement)));
        self.add(element);
    }
}

/// Whether `text` is a package URL without white space.
fn is_purl(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic()) && identity::is_purl(text)
}

fn identifier(kind: &str, value: &str) -> Tree {
    object([
        ("type", text("ExternalIdentifier")),
        ("externalIdentifierType", text(kind)),
        ("identifier", text(value)),
    ])
}

/// Adds those of `digests`, `algorithm:hex`, whose algorithm SPDX knows by the same name.
fn verified_using<'d>(element: &mut Object, digests: impl Iterator<Item = &'d str>) {
    const ALGORITHMS: &[&str] = &["md5", "sha1", "sha224", "sha256", "sha384", "sha512"];
    let hash = |digest: &str| {
        let (algorithm, value) = digest.split_once(':')?;
        let is_hash = ALGORITHMS.contains(&algorithm) && terms::hash(algorithm, value).is_ok();
        is_hash.then(|| {
            object([("type", text("Hash")), ("algorithm", text(algorithm)), ("hashValue", text(value))])
        })
    };
    let hashes: Vec<_> = digests.filter_map(hash).collect();
    if !hashes.is_empty() {
        element.push(("verifiedUsing".to_owned(), Tree::List(hashes)));
    }
}
