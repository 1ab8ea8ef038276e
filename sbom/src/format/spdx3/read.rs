//! The inventory in an SPDX 3 JSON-LD document, plimsoll's own or another tool's.

use std::collections::{HashMap, HashSet};

use model::distro::Distro;
use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::inventory::{Inventory, Part, Subject};
use model::limits::Limits;
use model::package::{
    About, Dependencies, OwnedFile, Package, PackageIndex, PackageKind, PartIndex, Reference, SourcePackage,
};
use model::texts::Texts;

use super::super::wire::facts::{self, PREFIX};
use super::super::wire::json::Source;
use super::super::wire::tree::Tree;
use super::super::wire::{foreign, identity, references};
use super::super::{DocumentError, PARTS_MAX, Seen, accepted};
use super::NONE;

const FORMAT: &str = "SPDX 3 JSON-LD";

/// A licence text longer than this is a text, not a statement: its name stands for it.
const LICENSE_STATEMENT_BYTES_MAX: usize = 200;

/// Reads `text`.
pub(super) fn read(text: &str, limits: &Limits) -> Result<Seen, DocumentError> {
    let root: Tree = Source { format: FORMAT, text }.parse()?;
    if root.get("@graph").is_some_and(|graph| !matches!(graph, Tree::List(_) | Tree::Object(_))) {
        return Err(DocumentError::Malformed {
            format: FORMAT,
            place: "@graph".to_owned(),
            line: 1,
            column: 1,
            reason: "expected an array of elements".to_owned(),
        });
    }
    let graph = Graph::new(&root);
    if !is_spdx(&root, &graph) {
        let looks_like = "JSON-LD of another vocabulary than SPDX".to_owned();
        return Err(DocumentError::NotAccepted { looks_like, accepted: accepted() });
    }
    let Parts { subject, mut distro, parts, mut packages, mut gaps, own } =
        self::parts(&graph, limits.packages_max)?;
    let version = version(&root, &graph);
    if !matches!(version.as_str(), "3.0" | "3.0.0" | "3.0.1") {
        let detail = format!("version {version} is not known; read as far as it is like those that are");
        gaps.push(Gap::new(GapKind::UNREADABLE_RECORD, "specVersion", detail));
    }
    foreign::break_cycles(&mut packages, &mut gaps);
    if !own {
        distro = distro.or_else(|| foreign::distro(&packages, &mut gaps));
        foreign::missing_facts(distro.as_ref(), &packages, &mut gaps);
    }
    let inventory = Inventory { parts, ..Inventory::new(subject, distro, packages, gaps) };
    Ok(Seen { version, inventory, is_own: own })
}

/// Whether a document is of SPDX: OpenVEX and others are JSON-LD too.
fn is_spdx(root: &Tree, graph: &Graph<'_>) -> bool {
    root.get("@context").is_some_and(|context| context.to_string().contains("spdx"))
        || graph.of_class("SpdxDocument").next().is_some()
}

/// The version that the document states, or that its context names.
fn version(root: &Tree, graph: &Graph<'_>) -> String {
    let stated = graph.of_class("CreationInfo").find_map(|info| text_of(info, "specVersion"));
    let context = root.get("@context").map(Tree::to_string).unwrap_or_default();
    let named = || {
        let (_, rest) = context.split_once("spdx.org/rdf/")?;
        rest.split('/').next()
    };
    stated.or_else(named).unwrap_or("unknown").to_owned()
}

/// The elements of a document, wherever they stand in it.
pub(super) struct Graph<'t> {
    elements: Vec<&'t Tree>,
    by_id: HashMap<&'t str, &'t Tree>,
}

impl<'t> Graph<'t> {
    /// The elements below `root`, itself included.
    pub(super) fn new(root: &'t Tree) -> Self {
        let mut elements = Vec::new();
        collect(root, &mut elements);
        let mut by_id = HashMap::new();
        for &element in &elements {
            for id in ["spdxId", "@id"].into_iter().filter_map(|name| element.get(name)?.as_str()) {
                by_id.entry(id).or_insert(element);
            }
        }
        Self { elements, by_id }
    }

    fn of_class<'g>(&'g self, wanted: &'g str) -> impl Iterator<Item = &'t Tree> + 'g {
        self.elements.iter().copied().filter(move |element| class(element) == wanted)
    }

    /// What `value`, an object or a reference to one, is.
    fn resolve(&self, value: &'t Tree) -> Option<&'t Tree> {
        if !class(value).is_empty() {
            return Some(value);
        }
        self.by_id.get(reference(value)?).copied()
    }

    /// What the values of the member `name` of `element` are.
    fn related<'g>(&'g self, element: &'t Tree, name: &str) -> impl Iterator<Item = &'t Tree> + 'g {
        values(element, name).iter().filter_map(|value| self.resolve(value))
    }
}

/// Collects the objects that have a class. `serde_json` bounds how deep `tree` is.
fn collect<'t>(tree: &'t Tree, elements: &mut Vec<&'t Tree>) {
    if !class(tree).is_empty() {
        elements.push(tree);
    }
    for (_, value) in tree.members().iter().filter(|(name, _)| name != "@context") {
        collect(value, elements);
    }
    for element in tree.elements() {
        collect(element, elements);
    }
}

/// A name without its profile, prefix or path: `software_Package`, `software:Package` and
/// `https://spdx.org/rdf/3.0.1/terms/Software/Package` are all `Package`.
fn local(name: &str) -> &str {
    name.rsplit(['/', '#', ':', '_']).next().unwrap_or(name)
}

/// The local name of the class of an object; empty where it has none.
fn class(element: &Tree) -> &str {
    let stated = element.get("type").or_else(|| element.get("@type"));
    let first = stated.map(|stated| stated.elements().first().unwrap_or(stated));
    first.and_then(Tree::as_str).map_or("", local)
}

/// The value of the member of `element` whose local name is `name`.
fn member<'t>(element: &'t Tree, name: &str) -> Option<&'t Tree> {
    let found = || element.members().iter().find(|(member, _)| local(member) == name);
    element.get(name).or_else(|| found().map(|(_, value)| value))
}

/// The values of a member, of which JSON-LD may write a single one without a list.
fn values<'t>(element: &'t Tree, name: &str) -> &'t [Tree] {
    match member(element, name) {
        None | Some(Tree::Null) => &[],
        Some(Tree::List(values)) => values,
        Some(value) => std::slice::from_ref(value),
    }
}

/// The first text of the member `name`, which JSON-LD may wrap in an object.
fn text_of<'t>(element: &'t Tree, name: &str) -> Option<&'t str> {
    let value = values(element, name).first()?;
    value.as_str().or_else(|| value.get("@value")?.as_str())
}

/// The id that a reference, or an object in its place, names.
fn reference(value: &Tree) -> Option<&str> {
    value.as_str().or_else(|| value.get("spdxId").or_else(|| value.get("@id"))?.as_str())
}

/// The ids that the member `name` refers to.
fn references<'t>(element: &'t Tree, name: &str) -> impl Iterator<Item = &'t str> {
    values(element, name).iter().filter_map(reference)
}

/// An entry of a vocabulary, in lower case and without prefix. Microsoft's tool writes `DEPENDS_ON` for `dependsOn`.
fn entry(element: &Tree, name: &str) -> String {
    let text = text_of(element, name).unwrap_or("");
    let text = text.rsplit(['/', '#', ':']).next().unwrap_or(text);
    text.replace('_', "").to_ascii_lowercase()
}

/// What a document says, before anything is added to it; packages in the document's order.
pub(super) struct Parts {
    pub(super) subject: Subject,
    pub(super) distro: Option<Distro>,
    /// What a merged inventory was made of.
    pub(super) parts: Vec<Part>,
    pub(super) packages: Vec<Package>,
    gaps: Vec<Gap>,
    /// Whether plimsoll wrote it.
    own: bool,
}

/// What relationships and annotations say.
#[derive(Default)]
struct Relations<'t> {
    /// From what was built to what it was built from.
    generated_from: HashMap<&'t str, &'t Tree>,
    declared: HashMap<&'t str, &'t Tree>,
    concluded: HashMap<&'t str, &'t Tree>,
    /// What plimsoll wrote beside the standard's fields, by subject.
    stated: HashMap<&'t str, Vec<(&'t str, &'t str)>>,
    between: Vec<(Relation, &'t str, &'t str)>,
    /// The files that a package contains.
    files: HashMap<&'t str, Vec<&'t Tree>>,
    /// What is said to depend on nothing.
    needing_nothing: Vec<&'t str>,
}

/// How two packages are related.
#[derive(Clone, Copy)]
enum Relation {
    Owns,
    Carries,
    DependsOn,
}

/// What the elements of `graph` say.
///
/// # Errors
/// They are more than `packages_max` packages.
pub(super) fn parts(graph: &Graph<'_>, packages_max: usize) -> Result<Parts, DocumentError> {
    let tool = tool(graph);
    let own = tool.is_some_and(|tool| tool.starts_with("plimsoll-"));
    let tool = if own { "" } else { tool.map_or("", unversioned) };
    let mut relations = relations(graph);
    if !own {
        relations.files.clear();
    }
    let root = root(graph);
    let document = graph.of_class("SpdxDocument").next();
    let mut gaps = Vec::new();
    for document in graph.of_class("SpdxDocument") {
        let said = stated(document, &relations);
        gaps.extend(said.iter().filter(|(fact, _)| *fact == facts::GAP).map(|(_, gap)| Gap::from_text(gap)));
    }
    let name = document.and_then(|document| text_of(document, "name")).unwrap_or("");
    let mut subject = match root {
        Some(root) => self::subject(root, graph, &relations),
        None => Subject::default(),
    };
    if root.is_none() {
        name.clone_into(&mut subject.name);
    }
    let sources: HashSet<&str> = relations
        .generated_from
        .values()
        .filter(|source| is_source(source, graph))
        .filter_map(|source| reference(source))
        .collect();
    let mut parts: Vec<Part> = Vec::new();
    let mut part_ids: HashMap<&str, usize> = HashMap::new();
    let (mut distro, mut distros_left_out) = (None, 0);
    let mut distros_of_parts = Vec::new();
    let mut in_part = Vec::new();
    let mut packages: Vec<Package> = Vec::new();
    let mut ids: HashMap<&str, Option<usize>> = HashMap::new();
    let is_part = |element: &Tree| fact(element, facts::PART_DOCUMENT, &relations).is_some();
    for &element in graph.elements.iter().filter(|element| is_package(element, graph) || is_part(element)) {
        let id = reference(element).unwrap_or("");
        let is_root = root.is_some_and(|root| std::ptr::eq(root, element));
        if is_root && (own || !says_what_it_is(element, graph)) || sources.contains(id) {
            continue;
        }
        if let Some(document) = fact(element, facts::PART_DOCUMENT, &relations) {
            if parts.len() == PARTS_MAX {
                let max = PARTS_MAX as u64;
                return Err(DocumentError::LimitExceeded { limit: "parts of a document", max });
            }
            part_ids.insert(id, parts.len());
            let subject = self::subject(element, graph, &relations);
            parts.push(Part { subject, distro: None, document: document.to_owned() });
            continue;
        }
        let part = fact(element, facts::PART, &relations);
        if purpose(element) == "operatingsystem" {
            if let Some(part) = part {
                distros_of_parts.push((part, self::distro(element, graph, &relations)));
                continue;
            }
            match distro {
                None => distro = Some(self::distro(element, graph, &relations)),
                Some(_) => distros_left_out += 1,
            }
            continue;
        }
        if packages.len() == packages_max {
            return Err(DocumentError::LimitExceeded { limit: "packages_max", max: packages_max as u64 });
        }
        if !id.is_empty() {
            ids.entry(id).and_modify(|index| *index = None).or_insert(Some(packages.len()));
        }
        in_part.extend(part.map(|part| (packages.len(), part)));
        packages.push(package(element, graph, &relations, tool));
    }
    let missing = |part: &str| {
        let detail = format!("its part `{part}` is not in the document");
        Gap::new(GapKind::UNREADABLE_RECORD, "document", detail)
    };
    for (index, part) in in_part {
        match part_ids.get(part) {
            Some(&part) => packages[index].part = u32::try_from(part).ok().map(PartIndex),
            None => gaps.push(missing(part)),
        }
    }
    for (part, distro) in distros_of_parts {
        match part_ids.get(part) {
            Some(&part) => parts[part].distro = Some(distro),
            None => gaps.push(missing(part)),
        }
    }
    relate_packages(&relations, &ids, &mut packages);
    let mut ambiguous: Vec<_> = ids.iter().filter(|(_, index)| index.is_none()).map(|(id, _)| *id).collect();
    ambiguous.sort_unstable();
    gaps.extend(ambiguous.into_iter().map(foreign::ambiguous));
    gaps.extend(foreign::more_distros(distros_left_out));
    Ok(Parts { subject, distro, parts, packages, gaps, own })
}

/// The name of the first tool that the document was created with.
fn tool<'t>(graph: &Graph<'t>) -> Option<&'t str> {
    let document = graph.of_class("SpdxDocument").next();
    let info = document.and_then(|document| graph.related(document, "creationInfo").next());
    let info = info.or_else(|| graph.of_class("CreationInfo").next())?;
    graph.related(info, "createdUsing").find_map(|tool| text_of(tool, "name"))
}

/// The name in a tool's `name-version`.
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

/// The one element that the document is about.
fn root<'t>(graph: &Graph<'t>) -> Option<&'t Tree> {
    let collections = ["SpdxDocument", "Sbom", "Bom"];
    let mut roots: Vec<&Tree> = Vec::new();
    for collection in collections.iter().flat_map(|class| graph.of_class(class)) {
        for root in graph.related(collection, "rootElement") {
            if !collections.contains(&class(root)) && !roots.iter().any(|known| std::ptr::eq(*known, root)) {
                roots.push(root);
            }
            // Only a single one is of use.
            if roots.len() > 1 {
                return None;
            }
        }
    }
    roots.pop()
}

fn relations<'t>(graph: &Graph<'t>) -> Relations<'t> {
    let mut relations = Relations::default();
    for &element in &graph.elements {
        match class(element) {
            "Annotation" => annotate(element, &mut relations),
            "Relationship" | "LifecycleScopedRelationship" => relate(element, graph, &mut relations),
            _ => {}
        }
    }
    relations
}

fn annotate<'t>(annotation: &'t Tree, relations: &mut Relations<'t>) {
    let stated = text_of(annotation, "statement").filter(|statement| statement.starts_with(PREFIX));
    let subject = references(annotation, "subject").next();
    if let (Some(fact), Some(subject)) = (stated.and_then(|stated| stated.split_once('=')), subject) {
        relations.stated.entry(subject).or_default().push(fact);
    }
}

fn relate<'t>(element: &'t Tree, graph: &Graph<'t>, relations: &mut Relations<'t>) {
    let Some(from) = references(element, "from").next() else { return };
    let license = || graph.related(element, "to").next().or_else(|| values(element, "to").first());
    let comment = text_of(element, "comment").unwrap_or("");
    let relation = match entry(element, "relationshipType").as_str() {
        "hasdeclaredlicense" => {
            relations.declared.extend(license().map(|license| (from, license)));
            return;
        }
        "hasconcludedlicense" => {
            relations.concluded.extend(license().map(|license| (from, license)));
            return;
        }
        "generates" => {
            if let Some(source) = graph.by_id.get(from) {
                relations.generated_from.extend(references(element, "to").map(|to| (to, *source)));
            }
            return;
        }
        "contains" if comment.is_empty() => {
            let elements = references(element, "to").filter_map(|to| graph.by_id.get(to));
            let mut files = elements.filter(|element| class(element) == "File").peekable();
            if files.peek().is_some() {
                relations.files.entry(from).or_default().extend(files);
            }
            return;
        }
        "contains" if comment == facts::OWNER => Relation::Owns,
        "contains" if comment == facts::PARENT => Relation::Carries,
        "dependson" if references(element, "to").any(is_none) => {
            relations.needing_nothing.push(from);
            Relation::DependsOn
        }
        "dependson" => Relation::DependsOn,
        _ => return,
    };
    relations.between.extend(references(element, "to").map(|to| (relation, from, to)));
}

fn relate_packages(relations: &Relations<'_>, ids: &HashMap<&str, Option<usize>>, packages: &mut [Package]) {
    let index = |id: &str| ids.get(id).copied().flatten();
    let position = |index| u32::try_from(index).ok().map(PackageIndex);
    for (relation, from, to) in &relations.between {
        let (from, to) = (index(from), index(to));
        if let (Relation::DependsOn, None, Some(needed)) = (relation, from, to) {
            // What is no package and needs some is the subject, or a file of it such as a lock file.
            packages[needed].is_needed_by_subject = true;
        }
        let (Some(from), Some(to)) = (from, to) else { continue };
        match relation {
            Relation::Owns => packages[to].owner = position(from),
            Relation::Carries => packages[to].parent = position(from),
            Relation::DependsOn => position(to).into_iter().for_each(|to| packages[from].depends_on.push(to)),
        }
    }
    for from in relations.needing_nothing.iter().filter_map(|from| index(from)) {
        if !packages[from].depends_on.is_known() {
            packages[from].depends_on = Dependencies::NONE;
        }
    }
}

/// Whether `id` is that of the element that stands for none at all.
fn is_none(id: &str) -> bool {
    id == NONE || id.strip_suffix(NONE).is_some_and(|prefix| prefix.ends_with("Core/"))
}

/// What plimsoll wrote about `element` beside the standard's fields.
fn stated<'r, 't>(element: &Tree, relations: &'r Relations<'t>) -> &'r [(&'t str, &'t str)] {
    reference(element).and_then(|id| relations.stated.get(id)).map_or(&[], Vec::as_slice)
}

/// What plimsoll stated as `name` beside the standard's fields.
fn fact<'t>(element: &Tree, name: &str, relations: &Relations<'t>) -> Option<&'t str> {
    stated(element, relations).iter().find(|(fact, _)| *fact == name).map(|(_, value)| *value)
}

fn purpose(element: &Tree) -> String {
    entry(element, "primaryPurpose")
}

/// Of the elements that stand for software, files are no packages.
fn is_package(element: &Tree, graph: &Graph<'_>) -> bool {
    matches!(class(element), "Package" | "AIPackage" | "DatasetPackage")
        && (purpose(element) != "file" || !purl(element, graph).is_empty())
}

fn is_source(element: &Tree, graph: &Graph<'_>) -> bool {
    let architecture = || identity::package("", "", purl(element, graph)).architecture.clone();
    is_package(element, graph)
        && (purpose(element) == "source"
            || matches!(architecture().as_deref(), Some("src" | "source" | "nosrc")))
}

/// Whether the element that a document is about is itself something to match.
fn says_what_it_is(element: &Tree, graph: &Graph<'_>) -> bool {
    let ecosystem = identity::package("", "", purl(element, graph)).ecosystem;
    !matches!(ecosystem, Ecosystem::Unknown | Ecosystem::Generic | Ecosystem::GithubActions)
}

/// The external identifiers of `element`: type, in lower case, and text.
fn identifiers<'t>(element: &'t Tree, graph: &Graph<'t>) -> impl Iterator<Item = (String, &'t str)> {
    graph.related(element, "externalIdentifier").filter_map(|identifier| {
        Some((entry(identifier, "externalIdentifierType"), text_of(identifier, "identifier")?))
    })
}

/// The package URL; empty where there is none.
fn purl<'t>(element: &'t Tree, graph: &Graph<'t>) -> &'t str {
    let identified = || {
        let mut identifiers = identifiers(element, graph);
        identifiers.find(|(kind, _)| matches!(kind.as_str(), "packageurl" | "purl")).map(|(_, purl)| purl)
    };
    let purl = text_of(element, "packageUrl").filter(|purl| !says_nothing(purl));
    purl.or_else(identified).unwrap_or("")
}

pub(super) fn says_nothing(text: &str) -> bool {
    matches!(text, "" | "NOASSERTION" | "NONE")
}

/// `algorithm:hex` of each hash, sorted.
fn hashes(element: &Tree, graph: &Graph<'_>) -> Texts {
    let hash = |hash: &Tree| {
        let algorithm = text_of(hash, "algorithm")?.rsplit(['/', '#', ':']).next()?;
        Some(format!("{algorithm}:{}", text_of(hash, "hashValue")?))
    };
    let found = graph.related(element, "verifiedUsing").filter(|method| class(method) == "Hash");
    let mut hashes: Texts = found.filter_map(hash).collect();
    hashes.sort();
    hashes
}

fn package<'t>(element: &'t Tree, graph: &Graph<'t>, relations: &Relations<'t>, tool: &str) -> Package {
    let version = text_of(element, "packageVersion").filter(|version| !says_nothing(version)).unwrap_or("");
    let name = text_of(element, "name").unwrap_or("");
    let mut package = identity::package(name, version, purl(element, graph));
    if purpose(element) == "application" {
        package.kind = PackageKind::Application;
    }
    let id = reference(element).unwrap_or("");
    let source = relations.generated_from.get(id).filter(|source| is_source(source, graph));
    if let Some(source) = source {
        let version = text_of(source, "packageVersion").map(Into::into);
        let name = text_of(source, "name").unwrap_or("").to_owned();
        package.source = Some(SourcePackage { name, version });
    }
    package.licenses = [&relations.declared, &relations.concluded]
        .into_iter()
        .filter_map(|stated| stated.get(id))
        .find_map(|license| self::license(license, graph))
        .into_iter()
        .collect();
    package.supplier = match package.ecosystem {
        Ecosystem::Rpm => builder(element, graph),
        _ => supplier(element, graph),
    };
    package.cpes = identifiers(element, graph)
        .filter(|(kind, _)| matches!(kind.as_str(), "cpe23" | "cpe22"))
        .map(|(_, cpe)| cpe.to_owned())
        .collect();
    package.digests = hashes(element, graph);
    let about = about(element, graph);
    if about != About::default() {
        package.about = Some(Box::new(about));
    }
    tool.clone_into(&mut package.cataloger);
    if let Some(files) = relations.files.get(id) {
        let owned = |file: &&Tree| {
            let path = text_of(file, "name")?.to_owned();
            Some(OwnedFile { path, digests: hashes(file, graph).iter().map(str::to_owned).collect() })
        };
        package.files = files.iter().filter_map(owned).collect();
        package.files.sort_unstable();
    }
    facts::apply(&mut package, stated(element, relations));
    package
}

fn supplier(element: &Tree, graph: &Graph<'_>) -> Option<String> {
    let agents = ["suppliedBy", "originatedBy"].into_iter().flat_map(|member| graph.related(element, member));
    let mut names = agents.filter_map(|agent| text_of(agent, "name"));
    names.find(|name| !says_nothing(name)).map(str::to_owned)
}

/// Who built an RPM. Who wrote its software is not who built it: where nobody is stated, only an organisation stands in.
fn builder(element: &Tree, graph: &Graph<'_>) -> Option<String> {
    let is_organization = |agent: &&Tree| class(agent) == "Organization";
    let originators = graph.related(element, "originatedBy").filter(is_organization);
    let mut names =
        graph.related(element, "suppliedBy").chain(originators).filter_map(|it| text_of(it, "name"));
    names.find(|name| !says_nothing(name)).map(str::to_owned)
}

fn about(element: &Tree, graph: &Graph<'_>) -> About {
    let owned = |name: &str| text_of(element, name).filter(|text| !says_nothing(text)).map(str::to_owned);
    let reference = |kind: &str, url: &str| Reference { kind: kind.to_owned(), url: url.to_owned() };
    let mut references = Vec::new();
    references.extend(owned("homePage").map(|url| reference(references::WEBSITE, &url)));
    references.extend(owned("downloadLocation").map(|url| reference(references::of_download(&url), &url)));
    for other in graph.related(element, "externalRef") {
        let kind = text_of(other, "externalRefType").and_then(|kind| kind.rsplit(['/', '#']).next());
        let kind = references::from_spdx_3(kind.unwrap_or(references::OTHER));
        let locators = values(other, "locator").iter().filter_map(Tree::as_str);
        references.extend(locators.map(|url| reference(kind, url)));
    }
    references.sort();
    references.dedup();
    let names: Vec<_> = graph
        .related(element, "originatedBy")
        .filter_map(|agent| text_of(agent, "name"))
        .filter(|name| !says_nothing(name))
        .collect();
    About {
        summary: owned("summary"),
        description: owned("description"),
        copyright: owned("copyrightText"),
        originator: (!names.is_empty()).then(|| names.join(", ")),
        references,
    }
}

/// What a licence, an element or a reference to one outside the document, says.
fn license<'t>(license: &'t Tree, graph: &Graph<'t>) -> Option<String> {
    let Some(expression) = text_of(license, "licenseExpression") else {
        if let Some(statement) = statement(license) {
            return Some(statement.to_owned());
        }
        let listed = reference(license)?.split_once("spdx.org/licenses/")?.1;
        return Some(listed.to_owned()).filter(|listed| !says_nothing(listed));
    };
    if says_nothing(expression) {
        return None;
    }
    let custom = values(license, "customIdToUri")
        .iter()
        .find(|entry| text_of(entry, "key") == Some(expression))
        .and_then(|entry| graph.by_id.get(text_of(entry, "value")?))
        .and_then(|custom| statement(custom));
    Some(custom.unwrap_or(expression).to_owned())
}

/// What a licence of the document itself says; its name where the text is long or missing.
fn statement(license: &Tree) -> Option<&str> {
    if !matches!(class(license), "SimpleLicensingText" | "CustomLicense") {
        return None;
    }
    let text = text_of(license, "licenseText");
    match text_of(license, "name").filter(|name| !says_nothing(name)) {
        Some(name) if text.is_none_or(|text| text.len() > LICENSE_STATEMENT_BYTES_MAX) => Some(name),
        _ => text,
    }
}

fn distro<'t>(element: &'t Tree, graph: &Graph<'t>, relations: &Relations<'t>) -> Distro {
    let mut distro = Distro {
        id: text_of(element, "name").unwrap_or("").to_ascii_lowercase(),
        version: text_of(element, "packageVersion").map(str::to_owned),
        pretty_name: text_of(element, "summary").map(str::to_owned),
        supplier: supplier(element, graph),
        ..Distro::default()
    };
    facts::apply(&mut distro, stated(element, relations));
    distro
}

fn subject<'t>(element: &'t Tree, graph: &Graph<'t>, relations: &Relations<'t>) -> Subject {
    let is_image = purpose(element) == "container";
    let hashes = hashes(element, graph);
    let digest = hashes.iter().find(|hash| is_image && hash.starts_with("sha256:"));
    let version = text_of(element, "packageVersion").filter(|version| !says_nothing(version));
    let mut subject = Subject {
        name: text_of(element, "name").unwrap_or("").to_owned(),
        version: version.map(str::to_owned),
        manifest_digest: digest.map(str::to_owned),
        supplier: supplier(element, graph),
        ..Subject::default()
    };
    facts::apply(&mut subject, stated(element, relations));
    subject
}
