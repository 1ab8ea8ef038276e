//! SUSE's VEX documents: what they say of packages of SUSE Linux Enterprise Server and openSUSE (feeds.md A10).
//!
//! Platforms and packages stand side by side in the tree, and relationships join them. What is said of other products
//! (SAP, Manager, Desktop, …) is counted and left out.

use std::collections::{BTreeMap, BTreeSet};

use model::advisory::{Conditions, FixState, Status};
use model::key::{KeyKind, Namespace, PackageKey};
use model::version::VersionText;

use crate::advisories::{Advisories, Remarks};
use crate::error::ParseError;
use crate::schema::csaf::component::{RpmPackage, rpm_package};
use crate::schema::csaf::header::{header, time};
use crate::schema::csaf::rows::{self, Rows};
use crate::schema::csaf::statements::Statements;
use crate::schema::csaf::tree::Products;
use crate::schema::csaf::{Csaf, ProductStatus, Vulnerability};
use crate::schema::suse_platform::Platform;

/// Who states the scores.
const SOURCE: &str = "suse";

/// Reads the document `text`.
///
/// # Errors
/// It is no CSAF document, or passes a limit.
pub fn read(text: &[u8], advisories: &mut Advisories) -> Result<(), ParseError> {
    let csaf = Csaf::read(text)?;
    let tracking = &csaf.document.tracking;
    if tracking.status.as_deref() == Some("draft") {
        advisories.remarks.leave_out("draft of a document");
        return Ok(());
    }
    let modified = time(tracking.current_release_date.as_ref());
    let products = Products::new(&csaf.product_tree);
    for vulnerability in &csaf.vulnerabilities {
        let cve = vulnerability.cve.as_deref().filter(|cve| !cve.is_empty());
        let id = cve.unwrap_or(&tracking.id);
        advisories.document(id, modified);
        let mut remarks = Remarks::default();
        let statements = Statements::new(vulnerability, &products)?;
        let wants = |namespace: &Namespace| advisories.wants(namespace);
        let entries = entries(vulnerability, &products, &wants, &mut remarks);
        let rows = rows(&entries, &statements, &mut remarks);
        let header = header(id, &csaf, vulnerability, SOURCE, &mut remarks);
        advisories.remarks.add(remarks);
        rows.push(&header, advisories);
    }
    Ok(())
}

/// One product in one list.
struct Entry<'v> {
    id: &'v str,
    status: ProductStatus,
    platform: Platform,
    package: RpmPackage,
}

impl Entry<'_> {
    /// How good a source of the version to update to the list is; none when it holds no fixes.
    fn fix_rank(&self) -> Option<u8> {
        match self.status {
            ProductStatus::FirstFixed => Some(0),
            ProductStatus::Fixed => Some(1),
            // It may be later than the first with the fix.
            ProductStatus::Recommended => Some(2),
            _ => None,
        }
    }

    fn place(&self) -> (&Platform, &str) {
        (&self.platform, &self.package.name)
    }
}

fn entries<'v>(
    vulnerability: &'v Vulnerability<'_>,
    products: &Products<'v, '_>,
    wants: &dyn Fn(&Namespace) -> bool,
    remarks: &mut Remarks,
) -> Vec<Entry<'v>> {
    for word in vulnerability.unknown_statuses() {
        remarks.unknown_word("product_status", word);
    }
    let mut entries = Vec::new();
    for (status, ids) in vulnerability.statuses() {
        for id in ids {
            match entry(status, id, products) {
                Ok(entry) if wants(&entry.platform.namespace) => entries.push(entry),
                Ok(_) => {}
                Err(reason) => remarks.leave_out(reason),
            }
        }
    }
    entries
}

fn entry<'v>(
    status: ProductStatus,
    id: &'v str,
    products: &Products<'v, '_>,
) -> Result<Entry<'v>, &'static str> {
    let parts = products.resolve(id).ok_or("a product that its document does not define")?;
    let [component, .., product] = &parts[..] else {
        return Err("a product as a whole, no package of it");
    };
    let platform =
        Platform::of(product).ok_or("of another product than Server, Micro, Leap and Tumbleweed")?;
    // The ids of packages have no form that is promised, so without a purl nothing tells name from version.
    component.purl().ok_or("a package without purl")?;
    let package = rpm_package(component)?;
    if package.is_debug() {
        return Err("a package of debugging symbols");
    }
    Ok(Entry { id, status, platform, package })
}

fn rows(entries: &[Entry<'_>], statements: &Statements<'_, '_>, remarks: &mut Remarks) -> Rows {
    let fixes = Fixes::of(entries);
    let mut rows = Rows::default();
    for entry in entries {
        let key = |kind| PackageKey::new(entry.platform.namespace.clone(), kind, &*entry.package.name);
        let kind = if entry.package.is_source() { KeyKind::Source } else { KeyKind::Binary };
        let mut row = |status| rows::rated(statements, entry.id, key(kind), status, SOURCE, remarks);
        let conditions =
            Conditions { channel: entry.platform.channel.map(Into::into), ..Conditions::default() };
        let affected = match entry.status {
            ProductStatus::FirstFixed | ProductStatus::Fixed | ProductStatus::Recommended => {
                let Some(version) = entry.package.evr() else {
                    remarks.leave_out("fixed, and no build is named");
                    continue;
                };
                if entry.fix_rank() != fixes.ranks.get(&entry.place()).copied() {
                    continue;
                }
                fixed(row(Status::Affected), entry, &VersionText::from(version), statements)
            }
            ProductStatus::KnownAffected if fixes.ranks.contains_key(&entry.place()) => continue,
            ProductStatus::KnownAffected => match fixes.of_source(entry) {
                // Some binaries of a source that was fixed are listed as affected all the same.
                Some(version) => fixed(row(Status::Affected), entry, &VersionText::from(version), statements),
                None => {
                    let mut affected = row(Status::Affected);
                    (affected.fix_state, affected.aside.reason) = fix_state(entry.id, statements);
                    affected
                }
            },
            ProductStatus::KnownNotAffected if entry.package.is_build() => {
                remarks.leave_out("a single build that is not affected");
                continue;
            }
            ProductStatus::KnownNotAffected => {
                let mut affected = row(Status::NotAffected);
                affected.aside.justification = statements.justification(entry.id).map(str::to_owned);
                affected
            }
            ProductStatus::UnderInvestigation => row(Status::UnderInvestigation),
            ProductStatus::FirstAffected | ProductStatus::LastAffected | ProductStatus::Unknown => {
                remarks.leave_out("a status that SUSE does not use");
                continue;
            }
        };
        rows.add(affected, conditions);
    }
    rows
}

fn fixed(
    mut affected: model::advisory::Affected,
    entry: &Entry<'_>,
    version: &VersionText,
    statements: &Statements<'_, '_>,
) -> model::advisory::Affected {
    affected.fix_state = FixState::Fixed;
    affected.ranges = vec![rows::below(version)].into();
    affected.aside.fixes = rows::fixes(statements, entry.id, version, entry.platform.channel);
    affected
}

fn fix_state(id: &str, statements: &Statements<'_, '_>) -> (FixState, Option<String>) {
    let mut remedies = statements.remediations(id);
    match remedies.find(|remedy| matches!(&*remedy.category, "no_fix_planned" | "fix_planned")) {
        Some(remedy) => {
            let details = remedy.details.as_deref().map(str::trim).filter(|details| !details.is_empty());
            let state = match &*remedy.category {
                "fix_planned" => FixState::Pending,
                _ => FixState::WontFix,
            };
            (state, details.map(str::to_owned))
        }
        None => (FixState::NotFixed, None),
    }
}

/// The fixes of one vulnerability.
struct Fixes<'e> {
    /// By platform and package, which list tells it.
    ranks: BTreeMap<(&'e Platform, &'e str), u8>,
    /// By platform and source package, the build that has it; only where it is one.
    sources: BTreeMap<(&'e Platform, &'e str), BTreeSet<&'e str>>,
}

impl<'e> Fixes<'e> {
    fn of(entries: &'e [Entry<'_>]) -> Self {
        let mut fixes = Self { ranks: BTreeMap::new(), sources: BTreeMap::new() };
        for entry in entries {
            let Some(rank) = entry.fix_rank().filter(|_| entry.package.version.is_some()) else { continue };
            let held = fixes.ranks.entry(entry.place()).or_insert(rank);
            *held = rank.min(*held);
        }
        for entry in
            entries.iter().filter(|entry| entry.fix_rank() == fixes.ranks.get(&entry.place()).copied())
        {
            if let (Some(_), Some((source, Some(build)))) = (entry.fix_rank(), &entry.package.source) {
                fixes.sources.entry((&entry.platform, source)).or_default().insert(build);
            }
        }
        fixes
    }

    /// The build of the source package of `entry` that has the fix on its platform.
    fn of_source(&self, entry: &Entry<'_>) -> Option<&'e str> {
        let (source, _) = entry.package.source.as_ref()?;
        let builds = self.sources.get(&(&entry.platform, source.as_str()))?;
        // Of several nothing tells which the binary is of.
        (builds.len() == 1).then(|| builds.first().copied())?
    }
}
