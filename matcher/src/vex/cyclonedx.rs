//! CycloneDX 1.4 to 1.7 with vulnerabilities, in JSON: within an SBOM, or by itself with links to one (feeds.md D7).
//!
//! A link to another BOM (`urn:cdx:<serial>/<version>#<ref>`) names a component of that BOM alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::limits::Limits;
use serde::Deserialize;

use super::document::{
    Budget, Component, ComponentIndex, Product, Statement, VexDocument, VexError, VexKind, VexStatus, ids,
    percent_decoded, said_at, time,
};
use super::product::Identity;
use super::weigh::Kept;

/// The words that a justification may be.
pub(super) const JUSTIFICATIONS: [&str; 9] = [
    "code_not_present",
    "code_not_reachable",
    "requires_configuration",
    "requires_dependency",
    "requires_environment",
    "protected_by_compiler",
    "protected_at_runtime",
    "protected_at_perimeter",
    "protected_by_mitigating_control",
];

/// The state that is its own justification.
pub(super) const FALSE_POSITIVE: &str = "false_positive";

/// What is kept of a document.
pub(super) const KEPT: Kept = Kept {
    kind: "CycloneDX",
    members: &[
        "affects",
        "authors",
        "component",
        "components",
        "hashes",
        "metadata",
        "references",
        "versions",
        "vulnerabilities",
    ],
    tables: &[],
};

/// Reads the document `text`.
pub(super) fn read(text: &[u8], limits: &Limits) -> Result<VexDocument, VexError> {
    let malformed = |source| VexError::Malformed { kind: KEPT.kind, source };
    let said: DocumentText = serde_json::from_slice(text).map_err(malformed)?;
    let mut document = VexDocument::new(VexKind::CycloneDx);
    let metadata = said.metadata.unwrap_or_default();
    document.author = metadata.author();
    document.updated = time(metadata.timestamp.as_deref());
    let serial = said.serial_number.as_deref().filter(|serial| !uuid(serial).is_empty());
    let version = said.version.map(|version| version.to_string());
    let mut bom = Bom {
        id: serial.map(|serial| bom_id(serial, version.as_deref())),
        root: None,
        components: BTreeMap::new(),
        as_written: BTreeMap::new(),
    };
    // Where none is stated it is the first, as of a link; without a serial number there is nothing to be newer than.
    document.version = said.version.or(serial.map(|_| 1)).into_iter().collect();
    document.id = said.serial_number;
    let mut budget = Budget::new(limits);
    if let Some(root) = metadata.component {
        bom.add_root(root, &mut document, &mut budget)?;
    }
    for component in said.components.unwrap_or_default() {
        bom.add(component, &mut document, &mut budget)?;
    }
    for (position, vulnerability) in said.vulnerabilities.unwrap_or_default().into_iter().enumerate() {
        add(vulnerability, position, &mut bom, &mut document, &mut budget)?;
    }
    Ok(document)
}

/// The UUID of a serial number or link.
fn uuid(text: &str) -> &str {
    let text = text.strip_prefix("urn:cdx:").or(text.strip_prefix("urn:uuid:")).unwrap_or(text);
    text.split(['/', '#']).next().unwrap_or_default()
}

/// The components of a document by their references.
struct Bom {
    /// How the document itself is known.
    id: Option<String>,
    /// What the document is about: what it says of a component, it says of the one in there (feeds.md D7).
    root: Option<ComponentIndex>,
    components: BTreeMap<String, ComponentIndex>,
    /// The names of components as they are written, where a version beside them says more.
    as_written: BTreeMap<ComponentIndex, Vec<Identity>>,
}

impl Bom {
    fn add_root(
        &mut self,
        said: ComponentText,
        document: &mut VexDocument,
        budget: &mut Budget,
    ) -> Result<(), VexError> {
        budget.take(1)?;
        let reference = said.reference.clone();
        let (name, version) = (said.name.clone(), said.version.clone());
        let mut component = said.component(document);
        if let Some(name) = name {
            match version.filter(|version| !version.is_empty()) {
                Some(version) if version.starts_with("sha256:") => {
                    component.identities.push(Identity::Digest(version));
                    component.identities.push(Identity::Name(name, None));
                }
                version => component.identities.push(Identity::Name(name, version)),
            }
        }
        component.subject_of.clone_from(&self.id);
        let index = self.enter(component, document);
        self.root = Some(index);
        if let Some(reference) = reference {
            self.components.insert(reference, index);
        }
        for component in said.components.unwrap_or_default() {
            self.add(component, document, budget)?;
        }
        Ok(())
    }

    fn add(
        &mut self,
        mut said: ComponentText,
        document: &mut VexDocument,
        budget: &mut Budget,
    ) -> Result<(), VexError> {
        budget.take(1)?;
        let inner = said.components.take();
        if let Some(reference) = said.reference.clone() {
            let component = said.component(document);
            let known = self.components.get(&reference).map(|&known| self.written(known, document));
            if known.as_ref().is_some_and(|known| *known != component) {
                // Which is meant nobody can tell (docs/decisions/0032).
                document.remark(|| {
                    format!("component `{reference}`: several have this `bom-ref`, and it stands for none")
                });
                let nothing = document.add(Component::default());
                self.components.insert(reference, nothing);
            } else if known.is_none() {
                let index = self.enter(component, document);
                self.components.insert(reference, index);
            }
        }
        for component in inner.unwrap_or_default() {
            self.add(component, document, budget)?;
        }
        Ok(())
    }

    /// Adds `written` to the document: its names without a version mean the version that stands beside them.
    fn enter(&mut self, written: Component, document: &mut VexDocument) -> ComponentIndex {
        let mut component = written.clone();
        if let Some(version) = &written.version {
            component.narrow_open(version);
        }
        let says_more = component.identities != written.identities;
        let index = document.add(component);
        if says_more {
            self.as_written.insert(index, written.identities);
        }
        index
    }

    /// The component at `index` as it is written.
    fn written(&self, index: ComponentIndex, document: &VexDocument) -> Component {
        let mut component = document.component(index).clone();
        if let Some(identities) = self.as_written.get(&index) {
            component.identities.clone_from(identities);
        }
        component
    }

    /// What `reference` stands for.
    fn product(&self, reference: &str, place: &str, document: &mut VexDocument) -> Product {
        let (link, fragment) = match reference.split_once('#') {
            Some((link, fragment)) if link.starts_with("urn:cdx:") || link.starts_with("urn:uuid:") => {
                (Some(link), fragment)
            }
            _ => (None, reference),
        };
        // A link without a version is to this one, if it is to this document at all.
        let own_version = self
            .id
            .as_deref()
            .and_then(|id| id.split_once('/'))
            .filter(|(own, _)| link.is_some_and(|link| uuid(link).eq_ignore_ascii_case(own)));
        let version = |link: &'_ str| link.split_once('/').map(|(_, version)| version.to_owned());
        let linked = link.map(|link| {
            let version = version(link).or(own_version.map(|(_, version)| version.to_owned()));
            bom_id(link, version.as_deref())
        });
        let is_own = linked.is_none() || linked == self.id;
        let decoded = percent_decoded(fragment);
        let known = [reference, fragment, &decoded].into_iter().find_map(|text| self.components.get(text));
        if let (true, Some(&index)) = (is_own, known) {
            return self.within(index);
        }
        // What is not in the document may still say by itself what it is.
        let mut component = Component { bom: linked, ..Component::default() };
        if !decoded.starts_with("pkg:") || !component.add_purl(&decoded) {
            document.remark(|| format!("`{place}.ref`: `{reference}` is no component of the document"));
        }
        let index = document.add(component);
        if is_own { self.within(index) } else { Product::all_of(index) }
    }

    /// `product` in one version, or in a range of them, in place of the version that its component has.
    fn narrowed(
        &self,
        product: &Product,
        version: Option<String>,
        range: Option<String>,
        document: &mut VexDocument,
    ) -> Product {
        let narrow = |index: ComponentIndex, document: &mut VexDocument| {
            let mut component = self.written(index, document);
            // The subject of the BOM has the version that stands there.
            if version.is_none() || version.as_deref() != component.version.as_deref() {
                component.subject_of = None;
            }
            component.ranges.extend(range.as_deref().map(Into::into));
            if let Some(version) = &version {
                component.narrow(version);
            }
            document.add(component)
        };
        match &product.parts[..] {
            [] => Product {
                wholes: product.wholes.iter().map(|&index| narrow(index, document)).collect(),
                parts: Vec::new(),
            },
            parts => Product {
                wholes: product.wholes.clone(),
                parts: parts.iter().map(|&index| narrow(index, document)).collect(),
            },
        }
    }

    /// The component at `index` in what the document is about.
    fn within(&self, index: ComponentIndex) -> Product {
        match self.root {
            Some(root) if root != index => Product { wholes: vec![root], parts: vec![index] },
            _ => Product::all_of(index),
        }
    }
}

/// How a BOM is known: its serial number in lower case, and its version, which is 1 where none is stated.
pub fn bom_id(serial: &str, version: Option<&str>) -> String {
    format!("{}/{}", uuid(serial).to_ascii_lowercase(), version.unwrap_or("1"))
}

fn add(
    said: VulnerabilityText,
    position: usize,
    bom: &mut Bom,
    document: &mut VexDocument,
    budget: &mut Budget,
) -> Result<(), VexError> {
    let place = format!("vulnerabilities[{position}]");
    let references = said.references.unwrap_or_default();
    let others = references.iter().filter_map(|reference| reference.id.as_deref());
    let ids = ids(said.id.as_deref().into_iter().chain(others));
    if ids.is_empty() {
        document.remark(|| format!("`{place}.id`: no vulnerability is named"));
        return Ok(());
    }
    let analysis = said.analysis.unwrap_or_default();
    let status = match analysis.state.as_deref() {
        // A vulnerability that nobody looked at is no statement.
        None => None,
        Some("resolved" | "resolved_with_pedigree") => Some(VexStatus::Fixed),
        Some("not_affected" | "false_positive") => Some(VexStatus::NotAffected),
        Some("exploitable") => Some(VexStatus::Affected),
        Some("in_triage") => Some(VexStatus::UnderInvestigation),
        Some(other) => {
            document.remark(|| format!("`{place}.analysis.state`: `{other}` is no state"));
            Some(VexStatus::unknown(other))
        }
    };
    let justification = analysis.justification.filter(|word| !word.is_empty());
    if let Some(word) = justification.as_deref().filter(|word| !document.kind.has_justification(word)) {
        document.remark(|| format!("`{place}.analysis.justification`: `{word}` is no justification"));
    }
    // That it was found by mistake is a reason by itself.
    let justification =
        justification.or_else(|| analysis.state.clone().filter(|state| state == FALSE_POSITIVE));
    // The vulnerability's own times are those of its record, whoever wrote that.
    let own = [&analysis.last_updated, &analysis.first_issued].map(Option::as_deref);
    for text in own.into_iter().flatten().filter(|text| time(Some(text)).is_none()) {
        document.remark(|| format!("`{place}.analysis`: `{text}` is no time"));
    }
    let issued = document.updated;
    let detail: Option<Arc<str>> = analysis.detail.filter(|text| !text.trim().is_empty()).map(Into::into);
    let justification: Option<Arc<str>> = justification.map(Into::into);
    for (nth, affected) in said.affects.unwrap_or_default().into_iter().enumerate() {
        let place: Arc<str> = format!("{place}.affects[{nth}]").into();
        let Some(reference) = affected.reference else {
            document.remark(|| format!("`{place}.ref`: no component is named"));
            continue;
        };
        budget.take(1)?;
        let product = bom.product(&reference, &place, document);
        let versions = affected.versions.filter(|versions| !versions.is_empty());
        let push = |status: VexStatus, product: Product, document: &mut VexDocument| {
            let said_at = said_at(own, issued, status.suppresses());
            document.statements.push(Statement {
                place: Arc::clone(&place),
                ids: Arc::clone(&ids),
                status,
                justification: justification.clone(),
                detail: detail.clone(),
                notes: None,
                said_at,
                products: vec![product],
            });
        };
        let Some(versions) = versions else {
            if let Some(status) = &status {
                push(status.clone(), product, document);
            }
            continue;
        };
        for (nth, version) in versions.into_iter().enumerate() {
            budget.take(1)?;
            let word = version.status.as_deref();
            let of_version = match (word, &status) {
                // What is said to be affected stays so, whatever the analysis says of it.
                (Some("affected") | None, None) => continue,
                (Some("affected"), Some(status)) if status.suppresses() => {
                    document.remark(|| {
                        format!("`{place}.versions[{nth}]`: it is affected, and the analysis says otherwise")
                    });
                    VexStatus::Affected
                }
                (Some("affected") | None, Some(status)) => status.clone(),
                (Some("unaffected"), Some(status)) if status.suppresses() => status.clone(),
                (Some("unaffected"), _) => VexStatus::NotAffected,
                (Some("unknown"), _) => VexStatus::UnderInvestigation,
                (Some(other), _) => {
                    document.remark(|| format!("`{place}.versions[{nth}].status`: `{other}` is no status"));
                    VexStatus::unknown(other)
                }
            };
            budget.take(weight(&product, document))?;
            let product = bom.narrowed(&product, version.version, version.range, document);
            push(of_version, product, document);
        }
    }
    Ok(())
}

/// As how many products more a copy of what `product` names counts: its names may be long.
fn weight(product: &Product, document: &VexDocument) -> usize {
    let indices = if product.parts.is_empty() { &product.wholes } else { &product.parts };
    indices.iter().map(|&index| document.component(index).bytes() / 500).sum()
}

#[derive(Deserialize)]
struct DocumentText {
    #[serde(rename = "serialNumber")]
    serial_number: Option<String>,
    version: Option<u64>,
    metadata: Option<MetadataText>,
    components: Option<Vec<ComponentText>>,
    vulnerabilities: Option<Vec<VulnerabilityText>>,
}

#[derive(Default, Deserialize)]
struct MetadataText {
    timestamp: Option<String>,
    component: Option<ComponentText>,
    authors: Option<Vec<Named>>,
    supplier: Option<Named>,
    manufacture: Option<Named>,
    manufacturer: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: Option<String>,
}

impl MetadataText {
    /// Who made the document: its first author, else the organisation.
    fn author(&self) -> Option<String> {
        let authors = self.authors.iter().flatten();
        let organisations = [&self.manufacturer, &self.manufacture, &self.supplier].into_iter().flatten();
        authors.chain(organisations).find_map(|one| one.name.clone()).filter(|name| !name.is_empty())
    }
}

#[derive(Deserialize)]
struct ComponentText {
    #[serde(rename = "bom-ref")]
    reference: Option<String>,
    name: Option<String>,
    version: Option<String>,
    purl: Option<String>,
    cpe: Option<String>,
    hashes: Option<Vec<HashText>>,
    components: Option<Vec<Self>>,
}

#[derive(Deserialize)]
struct HashText {
    alg: Option<String>,
    content: Option<String>,
}

impl ComponentText {
    fn component(&self, document: &mut VexDocument) -> Component {
        let version = self.version.as_deref().filter(|version| !version.is_empty());
        // Of an image some write its digest there.
        let version = version.filter(|version| !version.starts_with("sha256:"));
        let mut component = Component { version: version.map(Into::into), ..Component::default() };
        for hash in self.hashes.iter().flatten() {
            component.add_digest(
                hash.alg.as_deref().unwrap_or_default(),
                hash.content.as_deref().unwrap_or_default(),
            );
        }
        if let Some(purl) = &self.purl
            && !component.add_purl(purl)
        {
            document.remark(|| format!("component `{}`: `{purl}` is no package URL", self.called()));
        }
        if let Some(cpe) = &self.cpe
            && !component.add_cpe(cpe)
        {
            document.remark(|| format!("component `{}`: `{cpe}` is no CPE name", self.called()));
        }
        component
    }

    fn called(&self) -> &str {
        self.reference.as_deref().or(self.name.as_deref()).unwrap_or_default()
    }
}

#[derive(Deserialize)]
struct VulnerabilityText {
    id: Option<String>,
    references: Option<Vec<ReferenceText>>,
    analysis: Option<AnalysisText>,
    affects: Option<Vec<AffectedText>>,
}

#[derive(Deserialize)]
struct ReferenceText {
    id: Option<String>,
}

#[derive(Default, Deserialize)]
struct AnalysisText {
    state: Option<String>,
    justification: Option<String>,
    detail: Option<String>,
    #[serde(rename = "firstIssued")]
    first_issued: Option<String>,
    #[serde(rename = "lastUpdated")]
    last_updated: Option<String>,
}

#[derive(Deserialize)]
struct AffectedText {
    #[serde(rename = "ref")]
    reference: Option<String>,
    versions: Option<Vec<VersionText>>,
}

#[derive(Deserialize)]
struct VersionText {
    version: Option<String>,
    range: Option<String>,
    status: Option<String>,
}
