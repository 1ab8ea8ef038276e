//! Documents of any publisher: what they say of packages by purl, and of products by CPE (feeds.md A27).
//!
//! A record is what one document says of one vulnerability: its id is that of the CVE where the document is about it alone,
//! else the document's with the CVE behind it, so that two documents about one CVE stand side by side.

use std::collections::{BTreeMap, BTreeSet};

use model::advisory::{
    Advisory, Affected, AffectedRange, Aside, FixState, RangeEvent, RecordLink, Relation, SeverityWord,
    Status,
};
use model::severity::Severity;
use model::version::VersionText;

use super::branch::{SaidOf, versions};
use super::header::{header, time, vector};
use super::rows::{self, Rows};
use super::statements::Statements;
use super::tree::{Product, Products};
use super::{Csaf, ProductStatus, Vulnerability, is_for_everybody};
use crate::advisories::{Advisories, OLDER, Remarks};
use crate::error::ParseError;
use crate::records::HashSet;
use crate::schema::place::{self, Place, Subject};

/// How documents of a publisher are read.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// Who states the scores.
    pub source: &'a str,
    /// Whether documents that are not for everybody (TLP) are read too: they are the user's own.
    pub is_private: bool,
}

/// Reads the document `text`.
///
/// # Errors
/// It is no CSAF document, or passes a limit.
pub fn read(text: &[u8], reading: Reading<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    let csaf = Csaf::read(text)?;
    let tracking = &csaf.document.tracking;
    if let Some(reason) = passed_over(&csaf, reading) {
        advisories.remarks.leave_out(reason);
        return Ok(());
    }
    let modified = time(tracking.current_release_date.as_ref());
    let products = Products::new(&csaf.product_tree);
    let mut read = Vec::new();
    for (position, vulnerability) in csaf.vulnerabilities.iter().enumerate() {
        let (id, aliases) = ids(&csaf, position, vulnerability);
        let mut remarks = Remarks::default();
        let statements = Statements::new(vulnerability, &products)?;
        let said = said(vulnerability, &products, &mut remarks)?;
        let rows = rows(&said, &statements, reading.source, &mut remarks)?;
        let header = header(&id, &csaf, vulnerability, reading.source, &mut remarks);
        let is_bulletin = *id != *tracking.id;
        let links =
            is_bulletin.then(|| RecordLink { relation: Relation::Related, other: tracking.id.to_string() });
        let header = Advisory { aliases, links: links.into_iter().collect(), ..header };
        read.push((header, rows, remarks));
    }
    // A document that is refused takes no other's place.
    for (header, rows, remarks) in read {
        if advisories.document(&header.id, modified) {
            advisories.remarks.leave_out(OLDER);
        }
        advisories.remarks.add(remarks);
        rows.push(&header, advisories);
    }
    Ok(())
}

/// Why a document is not read.
fn passed_over(csaf: &Csaf<'_>, reading: Reading<'_>) -> Option<&'static str> {
    match csaf.document.tracking.status.as_deref() {
        Some("draft") => return Some("draft of a document"),
        Some("deleted") => return Some("document that was taken away"),
        _ => {}
    }
    let is_open = csaf.document.tlp().is_none_or(is_for_everybody);
    (!is_open && !reading.is_private).then_some("document that is not for everybody (TLP)")
}

/// The id of a record, and other ids of the same vulnerability.
fn ids(csaf: &Csaf<'_>, position: usize, vulnerability: &Vulnerability<'_>) -> (String, Vec<String>) {
    let document = &*csaf.document.tracking.id;
    let cve = vulnerability.cve.as_deref().filter(|cve| !cve.is_empty());
    let others = vulnerability.ids.iter().filter_map(|other| other.text.as_deref());
    // Numbers of trackers are no ids that anybody else goes by.
    let mut aliases: Vec<String> = others.filter(|id| id.starts_with("GHSA-")).map(str::to_owned).collect();
    aliases.extend(cve.map(str::to_owned));
    let id = match cve {
        Some(cve) if cve == document => cve.to_owned(),
        Some(cve) => format!("{document}:{cve}"),
        None if csaf.vulnerabilities.len() == 1 => document.to_owned(),
        None => format!("{document}:{}", position + 1),
    };
    aliases.retain(|alias| *alias != id);
    (id, aliases)
}

/// What one list says of one product.
#[derive(Debug)]
struct Said<'v> {
    id: &'v str,
    status: ProductStatus,
    place: Place,
    versions: SaidOf<'v>,
}

fn said<'v>(
    vulnerability: &'v Vulnerability<'_>,
    products: &Products<'v, '_>,
    remarks: &mut Remarks,
) -> Result<Vec<Said<'v>>, ParseError> {
    for word in vulnerability.unknown_statuses() {
        remarks.unknown_word("product_status", word);
    }
    let mut said = Vec::new();
    let mut n_purls = 0;
    for (status, ids) in vulnerability.statuses() {
        let mut known: HashSet<&str> = HashSet::default();
        for id in ids.iter().filter(|id| known.insert(&***id)) {
            let Some(parts) = products.resolve(id) else {
                remarks.leave_out("a product that its document does not define");
                continue;
            };
            n_purls += parts.first().map_or(0, |part| part.purls().count());
            within_limit(said.len() + n_purls)?;
            match places(&parts) {
                Ok(places) => said.extend(places.into_iter().map(|place| {
                    let versions = versions(&place, products.branch_version(parts[0]));
                    Said { id, status, place, versions }
                })),
                Err(reason) => remarks.leave_out(reason),
            }
        }
    }
    Ok(said)
}

/// How many packages the lists of one vulnerability may name in all, and scores about them; real ones name tens of thousands.
const PACKAGES_MAX: usize = 2_000_000;

fn within_limit(n_packages: usize) -> Result<(), ParseError> {
    match n_packages > PACKAGES_MAX {
        true => Err(ParseError::Limit { limit: "packages of products", max: PACKAGES_MAX as u64 }),
        false => Ok(()),
    }
}

/// Where the first of `parts`, which the others contain, is looked up: by its purls, else by its CPE.
fn places(parts: &[&Product<'_>]) -> Result<Vec<Place>, &'static str> {
    let [component, containers @ ..] = parts else {
        return Err("a product that its document does not define");
    };
    let is_part = !containers.is_empty();
    let cpes: Vec<&str> = containers.iter().filter_map(|product| product.cpe()).collect();
    if is_part && cpes.is_empty() {
        return Err("a part of a product, and nothing tells which images are it");
    }
    let mut places: Vec<Place> = Vec::new();
    let mut known: HashSet<Place> = HashSet::default();
    let mut reason = None;
    for purl in component.purls() {
        match place::of_purl(purl, &cpes) {
            Ok(found) => places.extend(found.into_iter().filter(|place| known.insert(place.clone()))),
            Err(why) => reason = Some(why),
        }
    }
    match (places.is_empty(), component.cpe().filter(|_| !is_part)) {
        (false, _) => Ok(places),
        (true, Some(cpe)) => Ok(vec![place::of_cpe(cpe)?]),
        (true, None) => Err(reason.unwrap_or("a product without purl and CPE")),
    }
}

/// The versions that hold the fix of each package, by how well the list tells them.
#[derive(Debug, Default)]
struct Fixes<'s> {
    first: BTreeMap<Subject<'s>, BTreeSet<&'s str>>,
    any: BTreeMap<Subject<'s>, BTreeSet<&'s str>>,
    /// The packages of which a list says which versions are affected.
    bounded: BTreeSet<Subject<'s>>,
    first_affected: BTreeMap<Subject<'s>, BTreeSet<&'s str>>,
    last_affected: BTreeMap<Subject<'s>, BTreeSet<&'s str>>,
}

impl<'s> Fixes<'s> {
    fn of(said: &'s [Said<'_>]) -> Self {
        let mut fixes = Self::default();
        for Said { status, place, versions, .. } in said {
            let subject = place.subject();
            if *status == ProductStatus::KnownAffected {
                fixes.bounded.insert(subject);
            }
            let SaidOf::One(version) = versions else { continue };
            let lists: &mut [&mut BTreeMap<_, BTreeSet<_>>] = match status {
                ProductStatus::FirstFixed => &mut [&mut fixes.first, &mut fixes.any],
                ProductStatus::Fixed | ProductStatus::Recommended => &mut [&mut fixes.any],
                ProductStatus::FirstAffected => &mut [&mut fixes.first_affected],
                ProductStatus::LastAffected => &mut [&mut fixes.last_affected],
                _ => &mut [],
            };
            for list in lists {
                list.entry(subject).or_default().insert(version.as_str());
            }
        }
        fixes
    }

    /// Whether the fix of a package is told where it is listed as affected.
    fn is_told_elsewhere(&self, place: &Place) -> bool {
        let subject = place.subject();
        self.bounded.contains(&subject) && !self.first_affected.contains_key(&subject)
    }

    fn has(&self, place: &Place, version: &VersionText) -> bool {
        self.any.get(&place.subject()).is_some_and(|versions| versions.contains(version.as_str()))
    }
}

impl Fixes<'_> {
    /// What lies between the first and last affected versions of several lines: that a version there is affected nobody can
    /// tell, because nothing says which first belongs to which last. Where there are as many lasts or fixes as firsts they
    /// take turns in the order of versions; else all counts from each first on.
    fn lines(&self, place: &Place) -> Vec<AffectedRange> {
        fn of<'a>(lists: &'a BTreeMap<Subject<'_>, BTreeSet<&str>>, place: &Place) -> Vec<&'a str> {
            lists.get(&place.subject()).into_iter().flatten().copied().collect()
        }
        let (firsts, lasts) = (of(&self.first_affected, place), of(&self.last_affected, place));
        let fixes = of(&self.first, place);
        if firsts.len() < 2 && lasts.len() < 2 && fixes.len() < 2 {
            return Vec::new();
        }
        let start = |first: &str| RangeEvent::Introduced(VersionText::from(first));
        let last = |last: &str| RangeEvent::LastAffected(VersionText::from(last));
        if firsts.is_empty() {
            let up_to =
                |bound: &str| AffectedRange { events: [start("0"), last(bound)].into_iter().collect() };
            return lasts.into_iter().map(up_to).collect();
        }
        if lasts.len() != firsts.len() && fixes.len() != firsts.len() {
            return firsts
                .into_iter()
                .map(|first| AffectedRange { events: [start(first)].into_iter().collect() })
                .collect();
        }
        let starts = firsts.into_iter().map(start);
        let lasts = lasts.into_iter().map(last);
        let fixes = fixes.into_iter().map(|fix| RangeEvent::Limit(VersionText::from(fix)));
        vec![AffectedRange { events: starts.chain(lasts).chain(fixes).collect() }]
    }
}

/// The one element, where there is just one.
fn only<'s>(lists: &BTreeMap<Subject<'_>, BTreeSet<&'s str>>, place: &Place) -> Option<&'s str> {
    lists
        .get(&place.subject())
        .filter(|versions| versions.len() == 1)
        .and_then(|versions| versions.first().copied())
}

fn rows(
    said: &[Said<'_>],
    statements: &Statements<'_, '_>,
    source: &str,
    remarks: &mut Remarks,
) -> Result<Rows, ParseError> {
    let fixes = Fixes::of(said);
    let mut rows = Rows::default();
    let mut n_scores = 0;
    let mut told: HashSet<Subject<'_>> = HashSet::default();
    for said in said {
        // A score that names no product is about each.
        n_scores += statements.cvss(said.id).count();
        within_limit(n_scores)?;
        let status = match said.status {
            ProductStatus::KnownNotAffected => Status::NotAffected,
            ProductStatus::Fixed => Status::Fixed,
            ProductStatus::UnderInvestigation => Status::UnderInvestigation,
            ProductStatus::Unknown => Status::Undetermined,
            ProductStatus::KnownAffected
            | ProductStatus::FirstAffected
            | ProductStatus::LastAffected
            | ProductStatus::FirstFixed => Status::Affected,
            // Beside the fixes it only says which of them to take.
            ProductStatus::Recommended => continue,
        };
        if said.status == ProductStatus::FirstFixed && fixes.is_told_elsewhere(&said.place) {
            continue;
        }
        let mut affected = rated(statements, said, status, source);
        let bounded = match said.status {
            ProductStatus::FirstAffected | ProductStatus::LastAffected | ProductStatus::FirstFixed => {
                line(&mut affected, said, &fixes)
            }
            _ => bound(&mut affected, said, &fixes),
        };
        if let Err(reason) = bounded {
            remarks.leave_out(reason);
            continue;
        }
        complete(&mut affected, said.id, statements);
        let is_line = matches!(said.status, ProductStatus::FirstAffected | ProductStatus::LastAffected);
        let is_new = is_line && told.insert(said.place.subject());
        let lines = if is_new { fixes.lines(&said.place) } else { Vec::new() };
        let between = (!lines.is_empty()).then(|| Affected {
            status: Status::Undetermined,
            ranges: lines.into(),
            versions: Vec::new(),
            fix_state: FixState::Unknown,
            ..affected.clone()
        });
        let conditions = said.place.conditions();
        for affected in [Some(affected), between].into_iter().flatten() {
            rows.add(affected, conditions.clone());
        }
    }
    Ok(rows)
}

/// A row with how bad the vulnerability is. An impact is a sentence as often as a word.
fn rated(statements: &Statements<'_, '_>, said: &Said<'_>, status: Status, source: &str) -> Affected {
    let mut cvss: Vec<_> = statements.cvss(said.id).filter_map(|cvss| vector(cvss, source)).collect();
    cvss.sort();
    cvss.dedup();
    let word = statements.impact(said.id).filter(|_| status != Status::NotAffected);
    let severity = word.and_then(|word| {
        Some(SeverityWord { word: word.to_owned(), level: Severity::from_vendor_word(word)? })
    });
    Affected {
        aside: Aside { severity, cvss, name: said.place.name.clone(), ..Aside::default() }.into(),
        ..Affected::new(said.place.key.clone(), status)
    }
}

/// Bounds a row by the versions that its product is.
fn bound(affected: &mut Affected, said: &Said<'_>, fixes: &Fixes<'_>) -> Result<(), &'static str> {
    let place = &said.place;
    let is_affected = affected.status == Status::Affected;
    match &said.versions {
        SaidOf::Every if affected.status == Status::Fixed => return Err("fixed, and no version is named"),
        SaidOf::Every => {
            if let Some(fix) = only(&fixes.first, place).filter(|_| is_affected) {
                affected.ranges = vec![rows::below(&VersionText::from(fix))].into();
            }
        }
        SaidOf::One(version) => affected.versions = vec![version.clone()],
        SaidOf::Range(versions) => {
            affected.ranges =
                versions.ranges.iter().map(|range| with_fix(range, is_affected, place, fixes)).collect();
            affected.aside.unaffected.clone_from(&versions.excepted);
            affected.versions.clone_from(&versions.listed);
        }
        SaidOf::Words(words) => {
            if matches!(affected.status, Status::NotAffected | Status::Fixed) {
                return Err("a range of versions in words that cannot be compared");
            }
            // Which versions nobody can tell: people may read it.
            affected.status = Status::Undetermined;
            affected.aside.hints = vec![(*words).into()];
        }
    }
    Ok(())
}

/// The range, with its end as a fix where the document says that this version holds one.
fn with_fix(range: &AffectedRange, is_affected: bool, place: &Place, fixes: &Fixes<'_>) -> AffectedRange {
    let event = |event: &RangeEvent| match event {
        RangeEvent::Limit(version) if is_affected && fixes.has(place, version) => {
            RangeEvent::Fixed(version.clone())
        }
        other => other.clone(),
    };
    AffectedRange { events: range.events.iter().map(event).collect() }
}

/// Bounds a row by the first and last affected versions and the first fixed one, which make a range where each is one.
fn line(affected: &mut Affected, said: &Said<'_>, fixes: &Fixes<'_>) -> Result<(), &'static str> {
    let place = &said.place;
    let SaidOf::One(version) = &said.versions else { return Err("a first or last version that is none") };
    let is_one = |lists: &BTreeMap<Subject<'_>, BTreeSet<&str>>| {
        lists.get(&place.subject()).is_none_or(|it| it.len() == 1)
    };
    if !is_one(&fixes.first_affected) || !is_one(&fixes.last_affected) || !is_one(&fixes.first) {
        // Of several lines nothing tells which first belongs to which last.
        if said.status == ProductStatus::FirstFixed {
            return Err("the first fixed version of one of several lines");
        }
        affected.versions = vec![version.clone()];
        return Ok(());
    }
    let first = only(&fixes.first_affected, place);
    let start = RangeEvent::Introduced(VersionText::from(first.unwrap_or("0")));
    let last =
        only(&fixes.last_affected, place).map(|last| RangeEvent::LastAffected(VersionText::from(last)));
    let fixed = only(&fixes.first, place).map(|fix| RangeEvent::Fixed(VersionText::from(fix)));
    affected.ranges =
        vec![AffectedRange { events: [start].into_iter().chain(fixed.or(last)).collect() }].into();
    Ok(())
}

/// Adds why and what is done.
fn complete(affected: &mut Affected, id: &str, statements: &Statements<'_, '_>) {
    match affected.status {
        Status::NotAffected => {
            affected.aside.justification = statements.justification(id).map(str::to_owned);
            affected.aside.reason = statements.impact(id).map(str::to_owned);
        }
        Status::Affected => {
            let fixes =
                affected.ranges.iter().flat_map(|range| &range.events).find_map(|event| match event {
                    RangeEvent::Fixed(version) => Some(version.clone()),
                    _ => None,
                });
            match fixes {
                Some(version) => {
                    affected.fix_state = FixState::Fixed;
                    affected.aside.fixes = rows::fixes(statements, id, &version, None);
                }
                None => (affected.fix_state, affected.aside.reason) = fix_state(id, statements),
            }
        }
        Status::Fixed | Status::UnderInvestigation | Status::Undetermined => {}
    }
}

/// What is done about an affected product whose fixed version is not told.
fn fix_state(id: &str, statements: &Statements<'_, '_>) -> (FixState, Option<String>) {
    let state = |category: &str| match category {
        "fix_planned" => Some((0, FixState::Pending)),
        "no_fix_planned" => Some((1, FixState::WontFix)),
        "none_available" => Some((2, FixState::NotFixed)),
        "vendor_fix" | "optional_patch" => Some((3, FixState::Unknown)),
        "workaround" | "mitigation" => Some((4, FixState::NotFixed)),
        _ => None,
    };
    let remedies = statements.remediations(id).filter_map(|remedy| Some((state(&remedy.category)?, remedy)));
    match remedies.min_by_key(|((rank, _), _)| *rank) {
        Some(((_, state), remedy)) => {
            let details = remedy.details.as_deref().map(str::trim).filter(|details| !details.is_empty());
            (state, details.map(str::to_owned))
        }
        None => (FixState::NotFixed, None),
    }
}
