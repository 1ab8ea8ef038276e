//! What reading a feed gives: advisories by namespace, and a count of everything that was not understood.

mod layer;
mod series;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::rc::Rc;

use advisory_db::EpssTable;
use jiff::Timestamp;
use model::advisory::{Advisory, Affected, Kev, Platform, Reference, SeverityWord};
use model::facts::RepositoryCpes;
use model::key::Namespace;
use model::severity::Severity;
use serde::{Deserialize, Serialize};

use self::layer::{Layer, Listing};
use crate::error::ParseError;
use crate::records::{self, HashMap, Records};

/// Collects the advisories of one feed: all of them, those of some namespaces, or only how many there are.
#[derive(Debug)]
pub struct Advisories {
    keep: Keep,
    /// Of the records that are kept only these; all of them when it is none.
    share: Option<Share>,
    /// Namespaces that are filled on demand, and are demanded.
    demanded: BTreeSet<Namespace>,
    /// What the documents of each kind say.
    layers: [Layer; 3],
    /// The kind of the documents that are read now.
    kind: DocumentKind,
    /// The rows that [`Advisories::state`] added, by record and package.
    stated: series::Stated,
    /// What a document keeps for the reading of those after it, by the record's id.
    asides: HashMap<Box<str>, Box<str>>,
    /// When the record that changed last did, of those that say so.
    pub(crate) newest: Option<Timestamp>,
    /// Roughly how many bytes the records that were pushed take, were all of them kept.
    pub(crate) pushed_bytes: u64,
    /// Takes what is said about a record that is not kept.
    scratch: Advisory,
    /// What Red Hat's repositories stand for, where the feed says so.
    pub(crate) repositories: RepositoryCpes,
    /// What was left out or not understood.
    pub remarks: Remarks,
}

/// Why a document is left out beside another one of the same id.
pub(crate) const OLDER: &str = "older state of a document that is there too";

/// The kinds of documents that may speak under the same ids, of which none takes the place of another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DocumentKind {
    /// A record, as of OSV; of feeds that have documents of one kind only these, whatever they are.
    Record,
    /// CSAF, beside records.
    Csaf,
    /// Statements of a time series: see [`Advisories::state`].
    Stated,
}

#[derive(Debug)]
enum Keep {
    All,
    Of(BTreeSet<Namespace>),
    Ids,
}

/// Every so manieth record, told by its id.
#[derive(Clone, Copy, Debug)]
struct Share {
    index: u64,
    count: u64,
}

/// What a reader left out or did not understand. Nothing is left out silently.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remarks {
    /// Words that the provider's vocabulary lacks, as `field=word`, and how often they occurred.
    pub unknown_words: BTreeMap<String, u64>,
    /// What was left out on purpose, by reason, and how often.
    pub left_out: BTreeMap<String, u64>,
    /// Records that could not be understood: which, and why. Only the first few are named.
    pub unreadable: Vec<String>,
    /// How many records could not be understood.
    pub n_unreadable: u64,
}

impl Remarks {
    /// How many unknown words are named.
    const WORDS_MAX: usize = 1_000;

    /// How many unreadable records are named.
    const UNREADABLE_NAMED_MAX: usize = 5;

    /// Counts a word that the vocabulary of `field` lacks.
    pub fn unknown_word(&mut self, field: &str, word: &str) {
        // A hostile document must not make the report grow: a word is short.
        let word: String = word.chars().take(64).collect();
        let mut key = format!("{field}={word}");
        if self.unknown_words.len() >= Self::WORDS_MAX && !self.unknown_words.contains_key(&key) {
            key = "others".to_owned();
        }
        *self.unknown_words.entry(key).or_default() += 1;
    }

    /// Counts something left out on purpose.
    pub fn leave_out(&mut self, reason: &str) {
        match self.left_out.get_mut(reason) {
            Some(count) => *count += 1,
            None => drop(self.left_out.insert(reason.to_owned(), 1)),
        }
    }

    /// Notes a record that could not be understood.
    pub fn unreadable(&mut self, record: &str, why: impl std::fmt::Display) {
        self.n_unreadable += 1;
        if self.unreadable.len() < Self::UNREADABLE_NAMED_MAX {
            self.unreadable.push(format!("{record}: {why}"));
        }
    }

    /// Which records could not be understood, in words; none when all could.
    pub fn unreadable_text(&self) -> Option<String> {
        (self.n_unreadable > 0).then(|| {
            format!("{} of its records could not be read: {}", self.n_unreadable, self.unreadable.join("; "))
        })
    }

    /// What was left out, in words; none when nothing was.
    pub fn left_out_text(&self) -> Option<String> {
        let counts: Vec<String> =
            self.left_out.iter().map(|(reason, count)| format!("{count} times {reason}")).collect();
        (!counts.is_empty()).then(|| format!("not all that it says was understood: {}", counts.join("; ")))
    }

    /// Adds what `other` counted.
    pub fn add(&mut self, other: Self) {
        for (word, count) in other.unknown_words {
            *self.unknown_words.entry(word).or_default() += count;
        }
        for (reason, count) in other.left_out {
            *self.left_out.entry(reason).or_default() += count;
        }
        self.n_unreadable += other.n_unreadable;
        let room = Self::UNREADABLE_NAMED_MAX.saturating_sub(self.unreadable.len());
        self.unreadable.extend(other.unreadable.into_iter().take(room));
    }

    /// The severity that `word` in `field` means; a word that no table has is unknown, and counted.
    pub fn severity(&mut self, field: &str, word: &str) -> SeverityWord {
        let level = Severity::from_vendor_word(word).unwrap_or_else(|| {
            self.unknown_word(field, word);
            Severity::Unknown
        });
        SeverityWord { word: word.to_owned(), level }
    }
}

impl Default for Advisories {
    fn default() -> Self {
        Self::keeping(Keep::All)
    }
}

impl Advisories {
    /// Keeps only what is said of `namespaces`. A feed of many releases is read in several passes, because all
    /// releases at once take several times the document's size.
    pub fn of(namespaces: BTreeSet<Namespace>) -> Self {
        Self::keeping(Keep::Of(namespaces))
    }

    /// Keeps of them only one of `count` shares of the records, whichever `index` below that says: for a namespace of more
    /// records than can be held at once.
    pub fn share(self, index: u64, count: u64) -> Self {
        Self { share: Some(Share { index, count }), ..self }
    }

    /// Keeps nothing but the ids.
    pub fn survey() -> Self {
        Self::keeping(Keep::Ids)
    }

    /// Takes what is said of `namespaces`, which are filled on demand, too.
    pub fn demanding(self, namespaces: BTreeSet<Namespace>) -> Self {
        Self { demanded: namespaces, ..self }
    }

    fn keeping(keep: Keep) -> Self {
        Self {
            keep,
            share: None,
            demanded: BTreeSet::new(),
            layers: Default::default(),
            kind: DocumentKind::Record,
            stated: series::Stated::default(),
            asides: HashMap::default(),
            newest: None,
            pushed_bytes: 0,
            scratch: Advisory::new(""),
            repositories: RepositoryCpes::new(),
            remarks: Remarks::default(),
        }
    }

    /// Keeps `text` about the record `id` for the reading of the documents that come after this one.
    pub(crate) fn set_aside(&mut self, id: &str, text: &str) {
        self.asides.insert(id.into(), text.into());
    }

    /// What an earlier document kept about the record `id`.
    pub(crate) fn aside(&self, id: &str) -> Option<&str> {
        self.asides.get(id).map(|text| &**text)
    }

    /// Makes `namespace` one that the feed speaks for, even if it has no advisory.
    pub fn namespace(&mut self, namespace: &Namespace) {
        self.records(namespace);
    }

    /// Makes room for `n_records` of `namespace`, where they are kept: what grows is hashed again and again.
    pub(crate) fn reserve(&mut self, namespace: &Namespace, n_records: usize) {
        if self.wants(namespace) && !self.is_survey() {
            self.records(namespace).reserve(n_records);
        }
    }

    /// The advisory `id` of `namespace`, made empty at its first mention.
    pub fn record(&mut self, namespace: &Namespace, id: &str) -> &mut Advisory {
        if !self.keeps_record(namespace, id) {
            self.note(namespace, id, None);
            self.scratch = Advisory::new(id);
            return &mut self.scratch;
        }
        self.records(namespace).named(id)
    }

    /// Adds a whole advisory. Of two with the same id the one modified last stands; of the same date, both.
    pub fn push(&mut self, namespace: &Namespace, mut advisory: Advisory) {
        self.newest = self.newest.max(advisory.modified);
        self.pushed_bytes += held_bytes(&advisory);
        if !self.keeps_record(namespace, &advisory.id) {
            return self.note(namespace, &advisory.id, advisory.modified);
        }
        shrink(&mut advisory);
        let records = self.records(namespace);
        match records.get_mut(&advisory.id) {
            None => records.insert(advisory),
            Some(held) if advisory.modified > held.modified => *held = advisory,
            Some(held) if advisory.modified < held.modified => {}
            Some(held) => advisory.affected.into_iter().for_each(|affected| push_once(held, affected)),
        }
    }

    /// Adds a row to the record `header`, as it was said at `at`, of publishers whose statements are a time series: of two
    /// about the same versions and builds of a package the later stands. Of the same time it is the one that suppresses
    /// nothing, so that nothing depends on their order. What was said of some versions stands against what was said of all
    /// of them before, and the other way round.
    ///
    /// # Errors
    /// More is said of one package than can be weighed against each other.
    pub fn state(
        &mut self,
        header: &Advisory,
        affected: Affected,
        at: Option<Timestamp>,
    ) -> Result<(), ParseError> {
        let kind = std::mem::replace(&mut self.kind, DocumentKind::Stated);
        let namespace = &affected.key.namespace;
        let mut outcome = Ok(());
        self.newest = self.newest.max(at);
        self.pushed_bytes += held_bytes(header);
        if self.keeps_record(namespace, &header.id) {
            let record = self.record(namespace, &header.id);
            // Sorted out when the record is finished: each statement of a long series has the same ones.
            for alias in &header.aliases {
                if !records::is_recent(&record.aliases, alias) {
                    record.aliases.push(alias.clone());
                }
            }
            record.modified = header.modified.max(record.modified);
            if header.description > record.description {
                record.description.clone_from(&header.description);
            }
            let place = (header.id.as_str().into(), affected.key.clone());
            outcome = self.stated.entry(place).or_default().add(affected, at);
        } else {
            self.note(namespace, &header.id, None);
        }
        self.kind = kind;
        outcome
    }

    /// The advisory `id` of `namespace`, when it is kept and was mentioned.
    pub fn held(&mut self, namespace: &Namespace, id: &str) -> Option<&mut Advisory> {
        self.layer().namespaces.get_mut(namespace)?.get_mut(id)
    }

    /// Takes the advisory `id` of `namespace` away.
    pub fn remove(&mut self, namespace: &Namespace, id: &str) {
        if let Some(records) = self.layer().namespaces.get_mut(namespace) {
            records.remove(id);
        }
    }

    /// Every advisory that is kept so far.
    pub fn all_held(&mut self) -> impl Iterator<Item = (&Namespace, &mut Advisory)> {
        self.layer()
            .namespaces
            .iter_mut()
            .flat_map(|(namespace, records)| records.iter_mut().map(move |record| (namespace, record)))
    }

    /// Whether anything said of `namespace` is of use; a reader may pass over what is not.
    pub fn wants(&self, namespace: &Namespace) -> bool {
        match &self.keep {
            Keep::All | Keep::Ids => true,
            Keep::Of(namespaces) => namespaces.contains(namespace),
        }
    }

    /// Whether anything said of `namespace`, which is filled on demand, is of use.
    pub fn demands(&self, namespace: &Namespace) -> bool {
        match &self.keep {
            Keep::All | Keep::Ids => self.demanded.contains(namespace),
            Keep::Of(namespaces) => namespaces.contains(namespace),
        }
    }

    /// Whether only some namespaces are of use: what is said of others need not be taken apart.
    pub(crate) fn is_selective(&self) -> bool {
        matches!(self.keep, Keep::Of(_))
    }

    /// Whether only ids are kept.
    pub(crate) fn is_survey(&self) -> bool {
        matches!(self.keep, Keep::Ids)
    }

    fn keeps_record(&self, namespace: &Namespace, id: &str) -> bool {
        let is_of_share = |share: Share| {
            let mut hasher = DefaultHasher::new();
            id.hash(&mut hasher);
            hasher.finish() % share.count.max(1) == share.index
        };
        self.wants(namespace) && !self.is_survey() && self.share.is_none_or(is_of_share)
    }

    /// Says that documents of `kind` are read from now on.
    pub(crate) fn reading(&mut self, kind: DocumentKind) {
        self.kind = kind;
    }

    /// Says that a document about `id` which changed at `modified` was read: what older ones of its kind said of `id` no
    /// longer holds in any namespace, also where this one says nothing. Whether there is another one, of another time.
    pub fn document(&mut self, id: &str, modified: Option<Timestamp>) -> bool {
        self.layer().standing(id).read(modified)
    }

    /// Says that the publisher lists a document about `id` of the time `at`.
    pub fn listed(&mut self, id: &str, at: Timestamp) {
        self.layer().standing(id).listed(at);
    }

    /// Says that the publisher took its document about `id` away at `at`: nothing that it said before holds. A document
    /// that was read or listed with a later time stands.
    pub fn gone(&mut self, id: &str, at: Timestamp) {
        self.layer().standing(id).gone(at);
    }

    /// Says that the publisher lists all its records: `ids`, none of which changed after `as_of`. What it said of others
    /// until then no longer holds.
    pub fn all_listed(&mut self, ids: BTreeSet<String>, as_of: Timestamp) {
        self.layer().listing = Some(Listing { ids, as_of });
    }

    fn layer(&mut self) -> &mut Layer {
        &mut self.layers[self.kind as usize]
    }

    fn note(&mut self, namespace: &Namespace, id: &str, modified: Option<Timestamp>) {
        if self.is_survey() && !self.layer().note(namespace, id, modified) {
            self.remarks.unreadable(id, "it speaks of more releases than a feed may");
        }
    }

    fn records(&mut self, namespace: &Namespace) -> &mut Records {
        self.layer().records(namespace)
    }

    /// How many records each namespace has.
    pub fn counts(&self) -> BTreeMap<Namespace, u64> {
        let [first, others @ ..] = &self.layers;
        if others.iter().all(Layer::is_empty) {
            return first.standing_ids().map(|(it, ids)| (it.clone(), ids.count() as u64)).collect();
        }
        let mut ids: BTreeMap<&Namespace, BTreeSet<&str>> = BTreeMap::new();
        for (namespace, standing) in self.layers.iter().flat_map(Layer::standing_ids) {
            ids.entry(namespace).or_default().extend(standing);
        }
        ids.into_iter().map(|(namespace, ids)| (namespace.clone(), ids.len() as u64)).collect()
    }

    /// The advisories by namespace, in the order in which they came; their `affected` in the order of keys.
    pub fn into_records(self) -> impl Iterator<Item = (Namespace, impl Iterator<Item = Box<Advisory>>)> {
        let Self { layers: [mut records, csaf, mut stated], stated: series, .. } = self;
        series::settle(series, &mut stated.namespaces);
        for other in [csaf, stated].into_iter().filter(|layer| !layer.is_empty()) {
            records.absorb(other);
        }
        let namespaces = std::mem::take(&mut records.namespaces);
        let sources = Rc::new(records);
        namespaces.into_iter().map(move |(namespace, records)| {
            let sources = Rc::clone(&sources);
            let stands = move |record: &Advisory| sources.stands(&record.id, record.modified);
            (namespace, records.into_iter().filter(move |record| stands(record)).map(finished))
        })
    }

    /// The advisories by namespace and id; their `affected` in the order of keys.
    pub fn into_namespaces(self) -> BTreeMap<Namespace, BTreeMap<String, Advisory>> {
        let by_id = |record: Box<Advisory>| (record.id.clone(), *record);
        self.into_records().map(|(namespace, records)| (namespace, records.map(by_id).collect())).collect()
    }
}

/// Brings a record that nothing will be added to into its order.
fn finished(mut advisory: Box<Advisory>) -> Box<Advisory> {
    let Advisory { id, aliases, affected, references, .. } = &mut *advisory;
    records::settle(affected);
    records::dedup(references);
    aliases.retain(|alias| alias != id);
    aliases.sort();
    aliases.dedup();
    advisory
}

/// Gives back the room that lists were made with and did not need: hundreds of thousands of records are held at once, and a
/// list of one element has room for four.
fn shrink(advisory: &mut Advisory) {
    let Advisory { aliases, title, description, cvss, weaknesses, references, links, affected, .. } =
        advisory;
    [title, description].into_iter().flatten().for_each(String::shrink_to_fit);
    [aliases, weaknesses].into_iter().for_each(Vec::shrink_to_fit);
    references.iter_mut().for_each(|reference| reference.tags.shrink_to_fit());
    references.shrink_to_fit();
    cvss.shrink_to_fit();
    links.shrink_to_fit();
    for row in affected.iter_mut() {
        row.ranges.iter_mut().for_each(|range| range.events.shrink_to_fit());
        row.ranges.shrink_to_fit();
        row.versions.shrink_to_fit();
        row.aside.shrink();
        if let Some(aside) = row.aside.said_mut() {
            aside.unaffected.shrink_to_fit();
            aside.fixes.shrink_to_fit();
            aside.cvss.shrink_to_fit();
            aside.hints.shrink_to_fit();
        }
    }
    affected.shrink_to_fit();
}

/// Roughly what a record takes when it is held: its texts, and what its parts take as measured on records of Ubuntu; what
/// records of NVD have besides.
fn held_bytes(advisory: &Advisory) -> u64 {
    let texts =
        [&advisory.title, &advisory.description].into_iter().flatten().map(String::len).sum::<usize>();
    let rows: usize = advisory.affected.iter().map(row_bytes).sum();
    let reference = |reference: &Reference| match reference.tags.len() {
        0 => 190,
        n_tags => 290 + n_tags * 40,
    };
    let references: usize = advisory.references.iter().map(reference).sum();
    let words = advisory.cvss.len() * 180 + advisory.weaknesses.len() * 60;
    (1_000 + texts + references + words + rows) as u64
}

fn row_bytes(row: &Affected) -> usize {
    let platform = row.conditions.as_ref().and_then(|conditions| conditions.platform.as_ref());
    let n_products = platform.map_or(0, products);
    800 + row.ranges.len().saturating_sub(1) * 150 + row.versions.len() * 40 + n_products * 250
}

fn products(platform: &Platform) -> usize {
    match platform {
        Platform::Product(_) => 1,
        Platform::Not(platform) => products(platform),
        Platform::All(platforms) | Platform::Any(platforms) => platforms.iter().map(products).sum(),
    }
}

/// Adds `affected` to `advisory`, of which each row counts once: what is not seen here to be there already is taken out
/// when the record is finished.
pub fn push_once(advisory: &mut Advisory, affected: Affected) {
    if !records::is_recent(&advisory.affected, &affected) {
        if advisory.affected.is_empty() {
            // Most records have one row, and a vector makes room for four: 1.2 kB a record of nothing.
            advisory.affected.reserve_exact(1);
        }
        advisory.affected.push(affected);
    }
}

/// Collects the tables that rank findings.
#[derive(Debug, Default)]
pub struct DailyTables {
    /// EPSS.
    pub epss: Option<EpssTable>,
    /// CISA's catalogue of known exploited vulnerabilities, by CVE.
    pub kev: Option<BTreeMap<String, Kev>>,
    /// What was left out or not understood.
    pub remarks: Remarks,
}

impl DailyTables {
    /// Takes the tables that `other` has in place of those at hand.
    pub(crate) fn join(&mut self, other: Self) {
        self.epss = other.epss.or(self.epss.take());
        self.kev = other.kev.or(self.kev.take());
    }
}
