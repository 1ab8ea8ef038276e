//! SUSE's VEX documents: what they say of packages of SUSE Linux Enterprise Server and openSUSE (feeds.md A10).
//!
//! Platforms and packages stand side by side in the tree, and relationships join them. What is said of other products
//! (SAP, Manager, Desktop, …) is counted and left out. How names, fixes and statements that contradict each other are
//! read is argued in docs/decisions/0040.

use std::collections::{BTreeMap, BTreeSet};

use model::advisory::{
    Advisory, Affected, AffectedRange, Conditions, FixState, RangeEvent, RecordState, Status,
};
use model::key::{KeyKind, Namespace, PackageKey};
use model::version::VersionText;

use crate::advisories::{Advisories, Remarks};
use crate::error::ParseError;
use crate::schema::below;
use crate::schema::csaf::component::{RpmPackage, rpm_package};
use crate::schema::csaf::header::{header, time};
use crate::schema::csaf::rows::{self, Rows};
use crate::schema::csaf::statements::Statements;
use crate::schema::csaf::tree::Products;
use crate::schema::csaf::{Csaf, ProductStatus, Vulnerability};
use crate::schema::rpm_order::Evr;
use crate::schema::suse_builds::{Build, Builds, is_build};
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
    let builds = Builds::of(&products);
    let state = if is_rejected(&csaf) { RecordState::Rejected } else { RecordState::Published };
    let mut read = Vec::new();
    for vulnerability in &csaf.vulnerabilities {
        let cve = vulnerability.cve.as_deref().filter(|cve| !cve.is_empty());
        let id = cve.unwrap_or(&tracking.id);
        let mut remarks = Remarks::default();
        let statements = Statements::new(vulnerability, &products)?;
        let wants = |namespace: &Namespace| advisories.wants(namespace);
        let entries = entries(vulnerability, &products, &wants, &mut remarks);
        let rows = Reading {
            fixes: Fixes::of(&entries),
            open: entries.iter().filter(|entry| entry.is_open()).map(Entry::place).collect(),
            builds: &builds,
            statements: &statements,
            remarks: &mut remarks,
            rows: Rows::default(),
        }
        .rows(&entries);
        let header = Advisory { state, ..header(id, &csaf, vulnerability, SOURCE, &mut remarks) };
        read.push((header, rows, remarks));
    }
    // A document that is refused takes no other's place.
    for (header, rows, remarks) in read {
        advisories.document(&header.id, modified);
        advisories.remarks.add(remarks);
        rows.push(&header, advisories);
    }
    Ok(())
}

/// What MITRE writes in place of the description of a CVE that it has rejected. No field of CSAF says so, and SUSE goes on
/// listing products.
const REJECTIONS: [&str; 4] = [
    "do not use this candidate number",
    "do not use this cve record",
    "has been rejected or withdrawn",
    "** reject **",
];

fn is_rejected(csaf: &Csaf<'_>) -> bool {
    let descriptions =
        csaf.document.notes.iter().filter(|note| note.category.as_deref() == Some("description"));
    let mut texts = descriptions.filter_map(|note| note.text.as_deref()).map(str::to_lowercase);
    texts.any(|text| REJECTIONS.iter().any(|phrase| text.contains(phrase)))
}

/// One product in one list.
struct Entry<'v> {
    id: &'v str,
    status: ProductStatus,
    platform: Platform,
    package: RpmPackage,
    /// Epoch, version and release, where it is a certain build.
    build: Option<String>,
}

impl Entry<'_> {
    /// The build that has the fix, where the entry is in a list of those.
    ///
    /// `first_fixed` is not always the first, nor `recommended` later: the lists count alike.
    fn fix(&self) -> Option<&str> {
        self.build.as_deref().filter(|_| is_fix(self.status))
    }

    /// Whether it says that some versions are affected, or may be.
    fn is_open(&self) -> bool {
        matches!(self.status, ProductStatus::KnownAffected | ProductStatus::UnderInvestigation)
            || self.fix().is_some()
    }

    fn place(&self) -> (&Platform, &str) {
        (&self.platform, &self.package.name)
    }
}

fn is_fix(status: ProductStatus) -> bool {
    matches!(status, ProductStatus::FirstFixed | ProductStatus::Fixed | ProductStatus::Recommended)
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
    // The ids of builds have no form that is promised, so without a purl nothing tells name from version.
    component.purl().ok_or("a package without purl")?;
    let mut package = rpm_package(component)?;
    let build = package.evr().filter(|_| is_fix(status) || is_build(&package));
    if build.is_none() {
        // The id is the name. In the purl its end is taken for a version: `libdemo@4_0-18` of `libdemo-4_0-18`.
        package.name = component.product_id.to_string();
    }
    if package.is_debug() {
        return Err("a package of debugging symbols");
    }
    Ok(Entry { id, status, platform, package, build })
}

/// The entries of one vulnerability on their way to rows.
struct Reading<'r, 'e, 'v, 'a> {
    fixes: Fixes<'e>,
    /// The packages of which any product of a platform says that they are affected, or may be.
    open: BTreeSet<(&'e Platform, &'e str)>,
    builds: &'r Builds,
    statements: &'r Statements<'v, 'a>,
    remarks: &'r mut Remarks,
    rows: Rows,
}

impl<'e> Reading<'_, 'e, '_, '_> {
    fn rows(mut self, entries: &'e [Entry<'_>]) -> Rows {
        for entry in entries {
            if let Err(reason) = self.read(entry) {
                self.remarks.leave_out(reason);
            }
        }
        self.rows
    }

    /// Adds what `entry` says, or tells why it is left out.
    fn read(&mut self, entry: &'e Entry<'_>) -> Result<(), &'static str> {
        match entry.status {
            status if is_fix(status) => {
                let build = entry.fix().ok_or("fixed, and no build is named")?;
                if let Some(range) = self.fixes.range(entry, build) {
                    self.add_fixed(entry, build, range);
                }
            }
            ProductStatus::KnownAffected if self.fixes.are_of(entry) => {}
            ProductStatus::KnownAffected => self.add_affected(entry),
            ProductStatus::KnownNotAffected if entry.build.is_some() => {
                return Err("a single build that is not affected");
            }
            // The server and its modules are one release to an image.
            ProductStatus::KnownNotAffected if self.open.contains(&entry.place()) => {
                return Err("not affected in one product of a release, and affected in another");
            }
            ProductStatus::KnownNotAffected => {
                let justification = self.statements.justification(entry.id).map(str::to_owned);
                self.add_stated(entry, Status::NotAffected, |row| {
                    row.aside.justification = justification.clone()
                });
            }
            ProductStatus::UnderInvestigation => self.add_stated(entry, Status::UnderInvestigation, |_| ()),
            _ => return Err("a status that SUSE does not use"),
        }
        Ok(())
    }

    fn add_affected(&mut self, entry: &'e Entry<'_>) {
        let (fix_state, reason) = fix_state(entry.id, self.statements);
        // Some binaries of a source that was fixed are listed as affected all the same. That nothing will be fixed is
        // meant, also beside the fix of another binary.
        if fix_state != FixState::WontFix {
            let builds = self.fixes.inherited(entry, self.builds);
            for (position, build) in builds.iter().enumerate() {
                self.add_fixed(entry, build, range(position, build));
            }
            if !builds.is_empty() {
                return;
            }
        }
        self.add_stated(entry, Status::Affected, |row| {
            row.fix_state = fix_state;
            row.aside.reason.clone_from(&reason);
        });
    }

    fn add_fixed(&mut self, entry: &Entry<'_>, build: &str, range: AffectedRange) {
        let version = VersionText::from(build);
        let kind = if entry.package.is_source() { KeyKind::Source } else { KeyKind::Binary };
        let mut row = self.row(entry, kind, Status::Affected);
        row.fix_state = FixState::Fixed;
        row.ranges = vec![range].into();
        row.aside.fixes = rows::fixes(self.statements, entry.id, &version, entry.platform.channel);
        self.rows.add(row, conditions(entry));
    }

    /// A statement about all versions. The name may be that of a source package, from which others are built; once one of
    /// them is fixed it says nothing of those any more.
    fn add_stated(&mut self, entry: &Entry<'_>, status: Status, complete: impl Fn(&mut Affected)) {
        let name = &*entry.package.name;
        let is_of_source = self.builds.has_source(name) && !self.fixes.are_of_source(entry);
        let kinds: &[KeyKind] = match entry.package.is_source() {
            true => &[KeyKind::Source],
            false if is_of_source => &[KeyKind::Source, KeyKind::Binary],
            false => &[KeyKind::Binary],
        };
        for kind in kinds {
            let mut row = self.row(entry, *kind, status);
            complete(&mut row);
            self.rows.add(row, conditions(entry));
        }
    }

    fn row(&mut self, entry: &Entry<'_>, kind: KeyKind, status: Status) -> Affected {
        let key = PackageKey::new(entry.platform.namespace.clone(), kind, &*entry.package.name);
        rows::rated(self.statements, entry.id, key, status, SOURCE, self.remarks)
    }
}

fn conditions(entry: &Entry<'_>) -> Conditions {
    Conditions { channel: entry.platform.channel.map(Into::into), ..Conditions::default() }
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
    /// By platform and package, the earliest build of each upstream version that has the fix.
    of_packages: BTreeMap<(&'e Platform, &'e str), Vec<&'e str>>,
    /// By platform and source package, the builds of the source from which those are.
    of_sources: BTreeMap<(&'e Platform, &'e str), BTreeSet<&'e str>>,
    /// The releases in which a source package has a fix, in whatever channel.
    fixed_sources: BTreeSet<(&'e Namespace, &'e str)>,
}

impl<'e> Fixes<'e> {
    fn of(entries: &'e [Entry<'_>]) -> Self {
        let mut of_packages: BTreeMap<_, Vec<&str>> = BTreeMap::new();
        for entry in entries {
            if let Some(build) = entry.fix() {
                of_packages.entry(entry.place()).or_default().push(build);
            }
        }
        of_packages.values_mut().for_each(keep_earliest);
        let mut fixes = Self { of_packages, of_sources: BTreeMap::new(), fixed_sources: BTreeSet::new() };
        for entry in entries {
            let Some(build) = entry.fix() else { continue };
            let Some((source, Some(source_build))) = &entry.package.source else { continue };
            fixes.fixed_sources.insert((&entry.platform.namespace, source));
            if fixes.range(entry, build).is_some() {
                fixes.of_sources.entry((&entry.platform, source)).or_default().insert(source_build);
            }
        }
        fixes
    }

    /// Whether the package of `entry` has a fix on its platform.
    fn are_of(&self, entry: &Entry<'_>) -> bool {
        self.of_packages.contains_key(&entry.place())
    }

    /// Whether what is built from the source package that `entry` names has a fix in its release.
    fn are_of_source(&self, entry: &Entry<'_>) -> bool {
        self.fixed_sources.contains(&(&entry.platform.namespace, &*entry.package.name))
    }

    /// What `build`, a fix of the package of `entry`, leaves affected; none where an earlier build of the same upstream
    /// version has the fix.
    fn range(&self, entry: &Entry<'_>, build: &str) -> Option<AffectedRange> {
        let builds = self.of_packages.get(&entry.place())?;
        let evr = Evr::of(build);
        let position = builds.binary_search_by(|held| Evr::of(held).compare(&evr)).ok()?;
        (builds[position] == build).then(|| range(position, build))
    }

    /// The builds of the package of `entry` that were made with the fix of another binary of their source on its platform:
    /// the earliest of each upstream version. The version of the other binary would not do, which may count otherwise.
    fn inherited<'b>(&self, entry: &Entry<'_>, builds: &'b Builds) -> Vec<&'b str> {
        let is_fixed = |build: &&Build| {
            let source = self.of_sources.get(&(&entry.platform, &*build.source));
            source.is_some_and(|source_builds| source_builds.contains(&*build.source_build))
        };
        let own = builds.of_package(&entry.package.name).iter();
        let mut inherited: Vec<&str> = own.filter(is_fixed).map(|build| &*build.evr).collect();
        keep_earliest(&mut inherited);
        inherited
    }
}

/// Sorts `builds` and keeps the earliest of each upstream version: what has the fix is not affected, and later builds of
/// the same version have it too.
fn keep_earliest(builds: &mut Vec<&str>) {
    builds.sort_by(|left, right| Evr::of(left).compare(&Evr::of(right)).then_with(|| left.cmp(right)));
    builds.dedup_by(|later, earlier| Evr::of(later).is_of_version_of(&Evr::of(earlier)));
}

/// What is below `build`, the fix at `position` among those of several upstream versions: of a later one, only builds of
/// that version. What lies between two versions has the fix of the earlier one.
fn range(position: usize, build: &str) -> AffectedRange {
    match position {
        0 => below(build),
        _ => AffectedRange {
            events: vec![
                RangeEvent::Introduced(VersionText::from(Evr::of(build).upstream().as_str())),
                RangeEvent::Fixed(VersionText::from(build)),
            ]
            .into(),
        },
    }
}
