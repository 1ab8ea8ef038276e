//! Records of the CVE list, version 5 (feeds.md A23): what the authority that assigned the id says (`cna`), and what others
//! added (`adp`), of which the programme of CISA is one.
//!
//! A product is looked up by its package URL, else by its name in a registry, else by its CPE names, else by vendor and product in the spelling of CPE.
//! What CISA adds of how urgent a vulnerability is (SSVC) and that it is exploited is left out, and counted: the latter is
//! a feed of its own.

mod changes;
mod registry;
mod versions;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::advisory::{
    Advisory, Affected, AffectedRange, Aside, Conditions, CvssVector, FixState, Import, RangeEvent,
    RecordLink, RecordState, Reference, Relation, SeverityWord, Status,
};
use model::cpe::Cpe;
use model::key::{Namespace, PackageKey};
use serde::Deserialize;
use serde::de::IgnoredAny;

use self::versions::{Entry, Said, Standing};
use crate::advisories::{Advisories, Remarks};
use crate::error::ParseError;
use crate::records::{self, HashSet};
use crate::schema::configuration::{self, Node, written};
use crate::schema::cve::{DISPUTED, HOSTED, UNSUPPORTED, add, apply_tags};
use crate::schema::{Text, moment, null_as_default, within_memory};

/// How many entries about versions the products of one record may have, each CPE name counted as a product of its own.
const ENTRIES_MAX: usize = 2_000_000;

/// Reads one record.
///
/// # Errors
/// When `text` is no record of the CVE list of version 5, or passes a limit.
pub fn read(text: &[u8], advisories: &mut Advisories) -> Result<(), ParseError> {
    within_memory(text)?;
    let record: Record<'_> = serde_json::from_slice(text)?;
    if !record.data_version.as_deref().is_some_and(|version| version.starts_with("5.")) {
        return Err(ParseError::NotTheFeed("JSON, but no CVE record of version 5".to_owned()));
    }
    if record.n_entries() > ENTRIES_MAX {
        return Err(ParseError::Limit { limit: "versions of products", max: ENTRIES_MAX as u64 });
    }
    if advisories.is_selective() && !record.is_of_use(advisories) {
        let updated = record.metadata.date_updated.as_deref().and_then(moment);
        advisories.document(&record.metadata.cve_id, updated);
        return Ok(());
    }
    let mut remarks = Remarks::default();
    let header = record.header(&mut remarks);
    let tags: BTreeSet<&str> = record.containers.cna.tags.iter().map(|tag| &**tag).collect();
    let mut rows: Vec<Affected> = Vec::new();
    if !matches!(header.state, RecordState::Rejected | RecordState::Reserved) {
        for container in record.containers() {
            for row in container.rows(&mut remarks) {
                if !records::is_recent(&rows, &row) {
                    rows.push(row);
                }
            }
        }
        records::dedup(&mut rows);
        apply_tags(&tags, &mut rows, &mut remarks);
    }
    let state = record.metadata.state.clone().into_owned();
    advisories.remarks.add(remarks);
    add(header, rows, Some(state), &tags, advisories);
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    #[serde(borrow)]
    data_version: Option<Text<'a>>,
    #[serde(borrow, rename = "cveMetadata")]
    metadata: Metadata<'a>,
    #[serde(borrow, default)]
    containers: Containers<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata<'a> {
    #[serde(borrow)]
    cve_id: Cow<'a, str>,
    #[serde(borrow)]
    state: Cow<'a, str>,
    #[serde(borrow)]
    date_published: Option<Text<'a>>,
    #[serde(borrow)]
    date_updated: Option<Text<'a>>,
}

#[derive(Default, Deserialize)]
struct Containers<'a> {
    #[serde(borrow, default)]
    cna: Container<'a>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    adp: Vec<Container<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Container<'a> {
    #[serde(borrow)]
    provider_metadata: Option<ProviderMetadata<'a>>,
    #[serde(borrow)]
    title: Option<Text<'a>>,
    #[serde(borrow, deserialize_with = "null_as_default")]
    descriptions: Vec<LangText<'a>>,
    #[serde(borrow, deserialize_with = "null_as_default")]
    rejected_reasons: Vec<LangText<'a>>,
    #[serde(borrow, deserialize_with = "null_as_default")]
    replaced_by: Vec<Text<'a>>,
    #[serde(borrow, deserialize_with = "null_as_default")]
    affected: Vec<Element<'a>>,
    #[serde(borrow, deserialize_with = "null_as_default")]
    cpe_applicability: Vec<Node<'a>>,
    #[serde(borrow, deserialize_with = "null_as_default")]
    metrics: Vec<Metric<'a>>,
    #[serde(borrow, deserialize_with = "null_as_default")]
    problem_types: Vec<ProblemType<'a>>,
    #[serde(borrow, deserialize_with = "null_as_default")]
    references: Vec<Link<'a>>,
    #[serde(borrow, deserialize_with = "null_as_default")]
    credits: Vec<Credit<'a>>,
    #[serde(borrow, deserialize_with = "null_as_default")]
    tags: Vec<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProviderMetadata<'a> {
    #[serde(borrow)]
    short_name: Option<Text<'a>>,
    #[serde(borrow)]
    org_id: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct LangText<'a> {
    #[serde(borrow, default)]
    lang: Cow<'a, str>,
    #[serde(borrow, default)]
    value: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Metric<'a> {
    #[serde(borrow, rename = "cvssV4_0")]
    v40: Option<Cvss<'a>>,
    #[serde(borrow, rename = "cvssV3_1")]
    v31: Option<Cvss<'a>>,
    #[serde(borrow, rename = "cvssV3_0")]
    v30: Option<Cvss<'a>>,
    #[serde(borrow, rename = "cvssV2_0")]
    v20: Option<Cvss<'a>>,
    other: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cvss<'a> {
    #[serde(borrow, default)]
    vector_string: Cow<'a, str>,
    base_score: Option<serde_json::Number>,
    #[serde(borrow)]
    base_severity: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct ProblemType<'a> {
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    descriptions: Vec<Problem<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Problem<'a> {
    #[serde(borrow)]
    cwe_id: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Link<'a> {
    #[serde(borrow)]
    url: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    tags: Vec<Text<'a>>,
}

#[derive(Deserialize)]
struct Credit<'a> {
    #[serde(borrow, default)]
    value: Cow<'a, str>,
}

/// A product and which versions of it are affected.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Element<'a> {
    #[serde(borrow)]
    vendor: Option<Text<'a>>,
    #[serde(borrow)]
    product: Option<Text<'a>>,
    #[serde(borrow, rename = "collectionURL")]
    collection_url: Option<Text<'a>>,
    #[serde(borrow)]
    package_name: Option<Text<'a>>,
    #[serde(borrow, rename = "packageURL")]
    package_url: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    cpes: Vec<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    platforms: Vec<Text<'a>>,
    #[serde(borrow)]
    default_status: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    versions: Vec<Entry<'a>>,
}

impl Record<'_> {
    fn containers(&self) -> impl Iterator<Item = &Container<'_>> {
        [&self.containers.cna].into_iter().chain(&self.containers.adp)
    }

    /// How many entries about versions its products have.
    fn n_entries(&self) -> usize {
        let elements = self.containers().flat_map(|container| &container.affected);
        let n_of = |element: &Element<'_>| {
            let n_changes: usize = element.versions.iter().map(Entry::n_parts).sum();
            // Each product keeps the element's systems too.
            element.cpes.len().max(1).saturating_mul(1 + n_changes + element.platforms.len())
        };
        elements.map(n_of).fold(0, usize::saturating_add)
    }

    /// Whether anything that the record says is of use in this reading. To find its rows costs less than all else.
    fn is_of_use(&self, advisories: &Advisories) -> bool {
        let is_wanted = |namespace: &Namespace| advisories.wants(namespace);
        let rows = |container: &Container<'_>| container.rows(&mut Remarks::default());
        Namespace::of_cve(&self.metadata.cve_id).as_ref().is_some_and(is_wanted)
            || self.containers().flat_map(rows).any(|row| is_wanted(&row.key.namespace))
    }

    /// Everything of the record but its products.
    fn header(&self, remarks: &mut Remarks) -> Advisory {
        let time = |text: &Option<Text<'_>>| text.as_deref().and_then(moment);
        let cna = &self.containers.cna;
        let description = english(&cna.descriptions).or_else(|| english(&cna.rejected_reasons));
        let duplicate = |other: &Text<'_>| RecordLink {
            relation: Relation::DuplicateOf,
            other: other.clone().into_owned(),
        };
        let credits = cna.credits.iter().map(|credit| credit.value.trim().to_owned());
        let mut cvss: Vec<CvssVector> = self.containers().flat_map(Container::vectors).collect();
        cvss.sort();
        cvss.dedup();
        if self.containers().flat_map(|it| &it.metrics).any(|metric| metric.other.is_some()) {
            remarks.leave_out("metric that is no CVSS");
        }
        Advisory {
            state: self.state(remarks),
            published: time(&self.metadata.date_published),
            modified: time(&self.metadata.date_updated),
            title: cna.title.as_deref().map(|title| title.trim().to_owned()),
            description: description.map(str::to_owned),
            cvss,
            severity: self.severity(remarks),
            weaknesses: self.weaknesses(),
            references: self.references(),
            links: cna.replaced_by.iter().map(duplicate).collect(),
            credits: credits.filter(|credit| !credit.is_empty()).collect(),
            ..Advisory::new(&*self.metadata.cve_id)
        }
    }

    fn state(&self, remarks: &mut Remarks) -> RecordState {
        let tags = &self.containers.cna.tags;
        for tag in tags.iter().filter(|tag| !tag.starts_with("x_")) {
            if ![DISPUTED, UNSUPPORTED, HOSTED].contains(&&**tag) {
                remarks.unknown_word("tags", tag);
            }
        }
        match &*self.metadata.state {
            "REJECTED" => return RecordState::Rejected,
            "RESERVED" => return RecordState::Reserved,
            "PUBLISHED" => {}
            other => remarks.unknown_word("state", other),
        }
        match tags.iter().any(|tag| &**tag == DISPUTED) {
            true => RecordState::Disputed,
            false => RecordState::Published,
        }
    }

    /// The word of the assigner's rating of the newest version of CVSS, else of another's (feeds.md D6).
    fn severity(&self, remarks: &mut Remarks) -> Option<SeverityWord> {
        let of = |container: &Container<'_>| {
            let ratings = container.metrics.iter().flat_map(Metric::ratings);
            let rated = ratings.filter_map(|(version, cvss)| Some((version, cvss.base_severity.clone()?)));
            rated.max_by_key(|(version, _)| *version).map(|(_, word)| word.into_owned())
        };
        let word = self.containers().find_map(of)?;
        Some(remarks.severity("baseSeverity", &word))
    }

    fn weaknesses(&self) -> Vec<String> {
        let mut weaknesses: Vec<String> = Vec::new();
        let problems = self.containers().flat_map(|it| &it.problem_types).flat_map(|it| &it.descriptions);
        for id in problems.filter_map(|problem| problem.cwe_id.as_deref()) {
            if id.starts_with("CWE-") && !weaknesses.iter().any(|known| known == id) {
                weaknesses.push(id.to_owned());
            }
        }
        weaknesses
    }

    fn references(&self) -> Vec<Reference> {
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        let mut references: Vec<Reference> = Vec::new();
        for link in self.containers().flat_map(|container| &container.references) {
            let place = *places.entry(&link.url).or_insert(references.len());
            if place == references.len() {
                references.push(Reference::new(&*link.url));
            }
            let tags = &mut references[place].tags;
            // `x_transferred` marks what the programme copied from elsewhere.
            for tag in link.tags.iter().filter(|tag| !tag.starts_with("x_")) {
                if !tags.iter().any(|known| **known == **tag) {
                    tags.push(tag.clone().into_owned());
                }
            }
        }
        references
    }
}

/// The text in English, else the first.
fn english<'a>(texts: &'a [LangText<'_>]) -> Option<&'a str> {
    let text = texts.iter().find(|text| text.lang.starts_with("en")).or(texts.first())?;
    Some(text.value.trim()).filter(|text| !text.is_empty())
}

impl Metric<'_> {
    /// The ratings, each with its place among the versions of CVSS.
    fn ratings(&self) -> impl Iterator<Item = (u8, &Cvss<'_>)> {
        let ratings = [(4, &self.v40), (3, &self.v31), (2, &self.v30), (1, &self.v20)];
        ratings.into_iter().filter_map(|(place, rating)| Some((place, rating.as_ref()?)))
    }
}

impl Container<'_> {
    /// Who speaks.
    fn source(&self) -> &str {
        let metadata = self.provider_metadata.as_ref();
        let name = metadata.and_then(|it| it.short_name.as_deref().or(it.org_id.as_deref()));
        name.unwrap_or("CVE")
    }

    fn vectors(&self) -> impl Iterator<Item = CvssVector> {
        self.metrics.iter().flat_map(Metric::ratings).map(|(_, cvss)| CvssVector {
            source: self.source().to_owned(),
            vector: cvss.vector_string.trim().trim_end_matches('/').to_owned(),
            score: cvss.base_score.as_ref().map(|score| score.to_string().into()),
        })
    }

    /// The rows of its products. Where its configurations speak of a product, they stand for the element of it that has no
    /// name of its own; of the kernel it is the other way round: an element tells branch by branch what a configuration
    /// lists by its ends alone (feeds.md A23).
    fn rows(&self, remarks: &mut Remarks) -> Vec<Affected> {
        let mut rows = configuration::rows(&self.cpe_applicability, remarks);
        let configured: HashSet<PackageKey> = rows.iter().map(|row| row.key.clone()).collect();
        let kernel = PackageKey::of_cpe("linux", "linux_kernel");
        let mut of_elements: Vec<Affected> = Vec::new();
        for element in &self.affected {
            for place in element.places(remarks) {
                if !element.is_named() && place.key != kernel && configured.contains(&place.key) {
                    remarks.leave_out("product that configurations stand for");
                    continue;
                }
                of_elements.extend(element.rows(place, remarks));
            }
        }
        if of_elements.iter().any(|row| row.key == kernel && row.status == Status::Affected) {
            rows.retain(|row| row.key != kernel);
        }
        rows.extend(of_elements);
        rows
    }
}

/// The kernel is no application, as what is named by vendor and product alone is taken for.
const KERNEL: &str = "cpe:2.3:o:linux:linux_kernel:*:*:*:*:*:*:*:*";

/// Where the row of a product lies.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Place {
    key: PackageKey,
    name: Option<Box<str>>,
    target_software: Option<Box<str>>,
    /// The package of a Go module that is meant.
    import: Option<Import>,
}

impl Place {
    fn of(key: PackageKey) -> Self {
        Self { key, name: None, target_software: None, import: None }
    }
}

impl Element<'_> {
    /// Whether it has a package URL, a name in a registry or CPE names, and not vendor and product alone.
    fn is_named(&self) -> bool {
        self.package_url.is_some() || !self.cpes.is_empty() || self.in_registry().is_some()
    }

    /// The package of a language that it names by its registry.
    fn in_registry(&self) -> Option<Place> {
        let (collection, name) = (self.collection_url.as_deref()?, self.package_name.as_deref()?);
        let (key, import) = registry::package(collection, self.vendor.as_deref(), name)?;
        Some(Place { import, ..Place::of(key) })
    }

    /// Where its rows lie.
    fn places(&self, remarks: &mut Remarks) -> Vec<Place> {
        if let Some(text) = &self.package_url {
            return match registry::language_key(text) {
                Ok(key) => vec![Place::of(key)],
                Err(reason) => {
                    remarks.leave_out(reason);
                    Vec::new()
                }
            };
        }
        if let Some(place) = self.in_registry() {
            let mut places = vec![place];
            if self.package_name == self.product {
                places.extend(self.places_of_cpes(remarks));
            }
            return places;
        }
        if !self.cpes.is_empty() {
            if self.package_name.as_deref().is_some_and(|name| Some(name) != self.product.as_deref()) {
                // The names are those of what the package is shipped in.
                remarks.leave_out("package of a product");
                return Vec::new();
            }
            return self.places_of_cpes(remarks);
        }
        match (self.vendor.as_deref().and_then(spelt), self.product.as_deref().and_then(spelt)) {
            // As NVD calls the kernel.
            (Some(vendor), Some(product)) if vendor == "linux" && product == "linux" => {
                let key = PackageKey::of_cpe("linux", "linux_kernel");
                vec![Place { name: Some(KERNEL.into()), ..Place::of(key) }]
            }
            (Some(vendor), Some(product)) => vec![Place::of(PackageKey::of_cpe(&vendor, &product))],
            _ => {
                remarks.leave_out("product without a vendor, or without a name");
                Vec::new()
            }
        }
    }

    fn places_of_cpes(&self, remarks: &mut Remarks) -> Vec<Place> {
        let mut places: Vec<Place> = Vec::new();
        let mut known: HashSet<Place> = HashSet::default();
        for text in &self.cpes {
            let Some(cpe) = Cpe::parse(text.trim()) else {
                remarks.unknown_word("cpes", text);
                continue;
            };
            let Some(key) = cpe.key() else {
                remarks.leave_out("CPE of any vendor or product");
                continue;
            };
            let target_software = cpe.target_software.value().map(Box::from);
            let place = Place { name: written(&cpe), target_software, ..Place::of(key) };
            if known.insert(place.clone()) {
                places.push(place);
            }
        }
        places
    }

    /// What is said of the product; nothing where it says that nothing is affected.
    fn rows(&self, place: Place, remarks: &mut Remarks) -> Vec<Affected> {
        let default = Standing::of(self.default_status.as_deref(), "defaultStatus", remarks);
        let said = versions::said(&self.versions, default, remarks);
        if said.n_commits > 0 && said.n_commits == self.versions.len() {
            remarks.leave_out("only commits");
            return Vec::new();
        }
        let conditions = Conditions {
            target_software: place.target_software,
            imports: place.import.into_iter().collect(),
            systems: self.platforms.iter().map(|platform| (&**platform).into()).collect(),
            ..Conditions::default()
        };
        let row = Affected {
            conditions: (!conditions.is_empty()).then(|| Arc::new(conditions)),
            aside: Aside { name: place.name, ..Aside::default() }.into(),
            ..Affected::new(place.key, Status::Affected)
        };
        judged(row, said, default, remarks)
    }
}

/// `row` with what is said of versions. What is said in words that cannot be compared stands in a row of its own beside what
/// can: of which versions it is, nobody can tell.
fn judged(mut row: Affected, said: Said, default: Standing, remarks: &mut Remarks) -> Vec<Affected> {
    let all = || AffectedRange { events: vec![RangeEvent::Introduced("0".into())].into() };
    let has_fixed = |range: &AffectedRange| range.events.iter().any(|it| matches!(it, RangeEvent::Fixed(_)));
    let is_fixed = said.ranges.iter().any(has_fixed) || !said.fixes.is_empty();
    // Of these nothing else that the element says tells more.
    let between_fixes = (!said.undetermined.is_empty()).then(|| {
        let mut row = row.clone();
        (row.status, row.ranges, row.fix_state) =
            (Status::Undetermined, said.undetermined.into(), FixState::Fixed);
        row.aside.fixes.clone_from(&said.fixes);
        row
    });
    row.aside.unaffected = said.unaffected;
    let mut in_words =
        (!said.hints.is_empty()).then(|| Affected { status: Status::Undetermined, ..row.clone() });
    if let Some(in_words) = &mut in_words {
        in_words.aside.hints.clone_from(&said.hints);
    }
    if default == Standing::Affected || said.says_all {
        // What is listed as affected is so anyway.
        row.ranges = vec![all()].into();
        row.aside.hints = said.hints;
        row.aside.reason = (default != Standing::Affected).then(|| "all versions".to_owned());
        in_words = None;
    } else if said.ranges.is_empty() && said.versions.is_empty() {
        if in_words.is_none() {
            remarks.leave_out("product of which nothing is said to be affected");
        }
        return [between_fixes, in_words].into_iter().flatten().collect();
    } else {
        row.ranges = said.ranges.into();
        row.versions = said.versions;
    }
    row.aside.fixes = said.fixes;
    row.fix_state = if is_fixed { FixState::Fixed } else { FixState::Unknown };
    [Some(row), between_fixes, in_words].into_iter().flatten().collect()
}

/// `text` as a CPE would spell it; none where it stands for nothing.
fn spelt(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let is_nothing = matches!(&*text, "" | "n/a" | "na" | "unspecified" | "unknown" | "-" | "*");
    (!is_nothing).then(|| text.split_whitespace().collect::<Vec<_>>().join("_"))
}
