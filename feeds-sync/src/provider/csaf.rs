//! Publishers of CSAF documents by their domain: `csaf:www.example.com`, or the URL of their metadata or of a list of
//! publishers (feeds.md A27).
//!
//! They are found as the standard says: `/.well-known/csaf/provider-metadata.json`, else `security.txt`, else the host
//! `csaf.data.security.<domain>`. ROLIE feeds are preferred to directories. Where checksums are promised, a document is
//! read only if it has the one that is stated. Where signatures are promised and the metadata names keys, it is read only if
//! one of them signed it; that a publisher's documents are not verified so is counted, and the report says it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use signing::openpgp::Certificates;

use super::{
    Feed, HELD_STANDS, MIB, NOT_TO_BE_PASSED_ON, Parse, Provider, PublisherKeys, Role, Scope, Signed, Source,
};
use crate::advisories::Advisories;
use crate::document::Document;
use crate::error::{ParseError, SyncError};
use crate::lead::{LeadError, Leads};
use crate::schema::csaf::service::{self, Entry, Metadata, NamedKey, Service};
use crate::schema::csaf::{changes, generic};

pub(super) static PROVIDER: Provider = Provider {
    name: "csaf",
    attribution: None,
    feeds: Vec::new,
    answering: |_| None,
    releases: &[],
    follow: Some(follow),
    parse: Parse::Advisories(parse),
};

const PREFIX: &str = "csaf:";

/// What it means that no key of those that are named can be used.
const NOTHING_NEW: &str = "nothing new of this publisher is read, as no key that it names can be used";

/// How many keys of a publisher are looked at.
const KEYS_MAX: usize = 64;

const WELL_KNOWN: &str = "/.well-known/csaf/provider-metadata.json";
const SECURITY_TXT: [&str; 2] = ["/.well-known/security.txt", "/security.txt"];

/// The feed that `name` makes; none for a name of another sort.
pub(super) fn named(name: &str) -> Result<Option<Feed>, SyncError> {
    let Some(place) = name.strip_prefix(PREFIX) else { return Ok(None) };
    let bad = |why| Err(SyncError::BadPlace { place: name.to_owned(), why });
    if place.starts_with("http://") {
        return bad("a publisher of CSAF is asked over TLS only");
    }
    let (name, url) = match place.strip_prefix("https://") {
        Some(rest) if place.ends_with(".json") => (format!("{PREFIX}{rest}"), place.to_owned()),
        Some(_) => return bad("the URL is none of a document of JSON"),
        None => {
            let domain = place.to_ascii_lowercase();
            let is_label = |label: &str| {
                let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
                !label.is_empty() && label.bytes().all(is_plain)
            };
            if !domain.contains('.') || !domain.split('.').all(is_label) {
                return bad("it is neither a domain nor a URL");
            }
            (format!("{PREFIX}{domain}"), format!("https://{domain}{WELL_KNOWN}"))
        }
    };
    Ok(Some(Feed {
        is_alternate: false,
        name,
        sources: vec![Source::index(url, 64 * MIB)],
        scope: Scope::Documents,
        license: NOT_TO_BE_PASSED_ON,
        is_redistributable: false,
    }))
}

/// The domain of a feed that has one.
fn domain(feed: &Feed) -> Option<&str> {
    let place = feed.name.strip_prefix(PREFIX)?;
    (!place.contains('/')).then_some(place)
}

fn follow(feed: &Feed, leads: &Leads<'_>) -> Result<Vec<Source>, LeadError> {
    let mut found = Discovery { leads, at_hand: HashMap::new(), sources: BTreeMap::new() };
    found.at_hand.extend(leads.documents.iter().map(|found| (found.source.url.as_str(), found.document)));
    let Some(start) = feed.sources.first() else { return Ok(Vec::new()) };
    let mut metadata = found.metadata_at(&start.url)?;
    if let Some(domain) = domain(feed).filter(|_| found.is_lacking(&start.url)) {
        metadata = found.elsewhere(domain)?;
        // Found by another way, the first one need not be there.
        found.add(Source { is_optional: !metadata.is_empty(), ..start.clone() });
    }
    for metadata in &metadata {
        found.distributions(metadata)?;
    }
    Ok(found.sources.into_values().collect())
}

/// What the documents at hand lead to, gathered.
struct Discovery<'l, 'a> {
    leads: &'l Leads<'a>,
    at_hand: HashMap<&'l str, Document<'a>>,
    sources: BTreeMap<String, Source>,
}

impl Discovery<'_, '_> {
    fn add(&mut self, source: Source) {
        self.sources.insert(source.url.clone(), source);
    }

    fn read<T>(
        &self,
        url: &str,
        read: impl FnOnce(&Document<'_>) -> Result<T, ParseError>,
    ) -> Result<Option<T>, LeadError> {
        let Some(document) = self.at_hand.get(url) else { return Ok(None) };
        read(document).map(Some).map_err(|error| LeadError { url: url.to_owned(), error })
    }

    /// Whether `url` was asked for in vain.
    fn is_lacking(&self, url: &str) -> bool {
        self.leads.asked.contains(url) && !self.at_hand.contains_key(url)
    }

    /// Whether `url` is neither at hand nor was asked for.
    fn is_awaited(&self, url: &str) -> bool {
        !self.leads.asked.contains(url) && !self.at_hand.contains_key(url)
    }

    /// The metadata at `url`, or of those that the list there names.
    fn metadata_at(&mut self, url: &str) -> Result<Vec<Metadata>, LeadError> {
        let listed = match self.read(url, service::read)? {
            Some(Service::Metadata(metadata)) => return Ok(vec![metadata]),
            Some(Service::Aggregator(urls)) => urls,
            Some(Service::Rolie(_)) => {
                // A feed may be named by itself.
                return Ok(vec![Metadata { feeds: vec![url.to_owned()], ..Metadata::default() }]);
            }
            None => return Ok(Vec::new()),
        };
        let mut metadata = Vec::new();
        for url in listed {
            self.add(Source::index(&*url, 64 * MIB));
            if let Some(Service::Metadata(found)) = self.read(&url, service::read)? {
                metadata.push(found);
            }
        }
        Ok(metadata)
    }

    /// The metadata of a domain that has none where it is looked for first.
    fn elsewhere(&mut self, domain: &str) -> Result<Vec<Metadata>, LeadError> {
        let optional = |url: String| Source { is_optional: true, ..Source::index(url, 64 * MIB) };
        let mut named: BTreeSet<String> = BTreeSet::new();
        let mut are_lacking = true;
        for path in SECURITY_TXT {
            let url = format!("https://{domain}{path}");
            self.add(optional(url.clone()));
            are_lacking &= self.leads.asked.contains(url.as_str());
            named.extend(self.read(&url, service::security_txt)?.unwrap_or_default());
        }
        if named.is_empty() && are_lacking {
            // The root of that host; the empty query gives it a name among files.
            self.add(optional(format!("https://csaf.data.security.{domain}/?")));
            named.insert(format!("https://csaf.data.security.{domain}/?"));
        }
        let mut metadata = Vec::new();
        for url in named {
            if !self.sources.contains_key(&url) {
                self.add(Source::index(&*url, 64 * MIB));
            }
            metadata.extend(self.metadata_at(&url)?);
        }
        Ok(metadata)
    }

    /// The keys that a provider names and that can be used; none while there are none.
    ///
    /// # Errors
    /// All that came cannot be used, and nothing more is to come.
    fn keys(&mut self, named: &[NamedKey]) -> Result<Option<Arc<PublisherKeys>>, LeadError> {
        let (named, others) = named.split_at(named.len().min(KEYS_MAX));
        let (mut usable, mut unusable) = (Vec::new(), Vec::new());
        for key in named {
            match self.certificates(key) {
                Ok(found) => usable.extend(found),
                Err(why) => unusable.push((&key.url, why)),
            }
        }
        let missing_means = usable.is_empty().then_some(NOTHING_NEW);
        for NamedKey { url, .. } in named {
            self.add(Source { missing_means, ..Source::index(&**url, MIB) });
        }
        if let Some(certificates) = usable.into_iter().reduce(Certificates::with) {
            unusable.extend(others.iter().map(|key| (&key.url, format!("named behind {KEYS_MAX} others"))));
            let unusable = unusable.iter().map(|(url, why)| format!("`{url}` is {why}")).collect();
            return Ok(Some(Arc::new(PublisherKeys { certificates, unusable })));
        }
        match unusable.first() {
            Some((url, why)) if !named.iter().any(|key| self.is_awaited(&key.url)) => {
                let error = ParseError::NotTheFeed(format!("{why}; {NOTHING_NEW}"));
                Err(LeadError { url: (*url).clone(), error })
            }
            _ => Ok(None),
        }
    }

    /// The certificates that `key` is; none while it is not at hand. One that could not be had in this sync is not at hand,
    /// whatever is held of it: what came instead may be that it is revoked.
    ///
    /// # Errors
    /// It is none, is called otherwise, or may not sign.
    fn certificates(&self, key: &NamedKey) -> Result<Option<Certificates>, String> {
        let url = key.url.as_str();
        let is_gone = self.leads.failed.contains(url) || self.leads.missing.contains(url);
        let Some(document) = self.at_hand.get(url).filter(|_| !is_gone) else { return Ok(None) };
        let text = document.text().map_err(|error| format!("no OpenPGP certificate: it {error}"))?;
        let certificates = Certificates::read(text.as_bytes(), key.fingerprint.as_deref());
        certificates.map(Some).map_err(|error| error.to_string())
    }

    /// The documents that a provider distributes.
    fn distributions(&mut self, metadata: &Metadata) -> Result<(), LeadError> {
        let keys = self.keys(&metadata.keys)?;
        let is_named = !metadata.keys.is_empty();
        let signature = |url: String| Signature { url, keys: keys.clone() };
        for url in &metadata.feeds {
            self.add(Source::index(&**url, 256 * MIB));
            if let Some(Service::Rolie(entries)) = self.read(url, service::read)? {
                for Entry { url, updated, checksums, signature: linked } in entries {
                    let updated = updated.and_then(|updated| updated.parse().ok());
                    let promised = metadata.has_checksums.then(|| format!("{url}.asc"));
                    let signature = linked.or(promised).filter(|_| is_named).map(signature);
                    self.document(url, updated, checksums, signature)?;
                }
            }
        }
        for base in metadata.directories.iter().filter(|_| metadata.feeds.is_empty()) {
            let (index, list) = (format!("{base}index.txt"), format!("{base}changes.csv"));
            self.add(Source::index(&*index, 64 * MIB));
            self.add(Source { is_optional: true, ..Source::index(&*list, 256 * MIB) });
            let changed = self.read(&list, |document| changes::read(document, None))?.unwrap_or_default();
            let mut paths = self.read(&index, changes::read_index)?.unwrap_or_default();
            if self.is_lacking(&index) {
                paths.extend(changed.keys().cloned());
            }
            for path in paths {
                let url = format!("{base}{path}");
                let checksums = ["sha256", "sha512"].iter().filter(|_| metadata.has_checksums);
                let checksums = checksums.map(|kind| format!("{url}.{kind}")).collect();
                let is_promised = is_named && metadata.has_checksums;
                let signature = is_promised.then(|| signature(format!("{url}.asc")));
                self.document(url, changed.get(&path).copied(), checksums, signature)?;
            }
        }
        Ok(())
    }

    /// A document that changed at `updated`, the first of its checksums that can be had, and its signature. It is downloaded
    /// once those are known, and never without what is promised.
    fn document(
        &mut self,
        url: String,
        updated: Option<Timestamp>,
        checksums: Vec<String>,
        signature: Option<Signature>,
    ) -> Result<(), LeadError> {
        let held = self.leads.held.get(&url);
        let fetched_at = held.and_then(|held| held.fetched_at);
        let is_settled = updated
            .zip(fetched_at)
            .is_some_and(|(updated, at)| at.duration_since(updated) > changes::OVERLAP);
        let max_age = is_settled.then_some(changes::SETTLED);
        let update = |url: &str| Source {
            role: Role::Update,
            max_age,
            ..Source::records(url, changes::DOCUMENT_BYTES_MAX)
        };
        let is_held = held.is_some();
        let mut document = update(&url);
        let is_promised = !checksums.is_empty();
        let mut is_known = !is_promised;
        let last = checksums.len().saturating_sub(1);
        for (position, checksum) in checksums.iter().enumerate() {
            // Of two only one must be there.
            let is_optional = position < last;
            self.add(Source { is_optional, ..update(checksum) });
            if let Some(digits) = self.read(checksum, service::checksum)? {
                is_known = is_settled || self.leads.asked.contains(checksum.as_str());
                match digits.len() {
                    64 => document.sha256 = Some(digits),
                    _ => document.sha512 = Some(digits),
                }
                break;
            }
            if !self.is_lacking(checksum) {
                break;
            }
        }
        document.signed = match signature {
            None => Signed::Unverified,
            Some(Signature { url, keys }) => {
                self.add(Source { max_age, ..Source::index(&*url, MIB) });
                // A page instead of it is a signature that says nothing: the document is refused as not signed.
                let text = self.at_hand.get(url.as_str()).map(|it| it.text().unwrap_or_default());
                match keys.zip(text) {
                    Some((keys, text)) if is_settled || self.leads.asked.contains(url.as_str()) => {
                        Signed::By { keys, signature: text.into() }
                    }
                    _ => {
                        is_known = false;
                        Signed::Wanting
                    }
                }
            }
        };
        match (is_known, is_held) {
            (true, _) => self.add(document),
            // Until the checksum is at hand, or for want of it, what is held of it stands.
            (false, true) => {
                self.add(Source { max_age: Some(HELD_STANDS), sha256: None, sha512: None, ..document })
            }
            (false, false) => {}
        }
        Ok(())
    }
}

/// The signature that is promised of a document.
struct Signature {
    url: String,
    /// The keys that may have made it; none while no key is at hand.
    keys: Option<Arc<PublisherKeys>>,
}

fn parse(feed: &Feed, document: &Document<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    if document.url.ends_with(".sha256") || document.url.ends_with(".sha512") {
        return Ok(());
    }
    let reading = generic::Reading { source: &feed.name, is_private: false };
    generic::read(document.text()?.as_bytes(), reading, advisories)
}
