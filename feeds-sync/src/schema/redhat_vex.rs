//! Red Hat's VEX documents: what they say of packages of Red Hat Enterprise Linux, and of Hummingbird (feeds.md A5).
//!
//! Those of the two trees are read alike. The newer ones (`vex-feed`) have a product for each minor release that is
//! supported (`rhel-9.7.z`), no architectures, and of binary packages only some: there the source package counts too.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use model::advisory::{Affected, Conditions, FixState, Status};
use model::key::{KeyKind, PackageKey};
use model::red_hat::{Stream, StreamPlace};
use model::version::VersionText;

use crate::advisories::{Advisories, Remarks};
use crate::error::ParseError;
use crate::records::{HashMap, HashSet};
use crate::schema::csaf::component::{RpmPackage, name_and_stream, rpm_package};
use crate::schema::csaf::header::{header, time};
use crate::schema::csaf::rows::{self, Rows};
use crate::schema::csaf::statements::Statements;
use crate::schema::csaf::tree::{Product, Products};
use crate::schema::csaf::{Csaf, ProductStatus, Remediation, Vulnerability};

/// Who states the scores.
const SOURCE: &str = "redhat";

/// Reads the document `text` for what it says of Red Hat Enterprise Linux and what is layered upon it.
///
/// # Errors
/// It is no CSAF document, or passes a limit.
pub fn read(text: &[u8], advisories: &mut Advisories) -> Result<(), ParseError> {
    read_for(text, advisories, |stream| !stream.is_hummingbird())
}

/// Reads the document `text` for what it says of Hummingbird.
///
/// # Errors
/// As [`read`].
pub fn read_hummingbird(text: &[u8], advisories: &mut Advisories) -> Result<(), ParseError> {
    read_for(text, advisories, Stream::is_hummingbird)
}

fn read_for(
    text: &[u8],
    advisories: &mut Advisories,
    is_meant: fn(&Stream) -> bool,
) -> Result<(), ParseError> {
    let csaf = Csaf::read(text)?;
    let tracking = &csaf.document.tracking;
    let modified = time(tracking.current_release_date.as_ref());
    match tracking.status.as_deref() {
        Some("draft") => {
            advisories.remarks.leave_out("draft of a document");
            return Ok(());
        }
        Some("deleted") => {
            // It is left in place of a document, and listed like one: that of before no longer holds. Without a date it takes
            // nothing away.
            if modified.is_some() {
                advisories.document(&tracking.id, modified);
            }
            advisories.remarks.leave_out("document that was taken away");
            return Ok(());
        }
        _ => {}
    }
    let products = Products::new(&csaf.product_tree);
    let mut read = Vec::new();
    for vulnerability in &csaf.vulnerabilities {
        let cve = vulnerability.cve.as_deref().filter(|cve| !cve.is_empty());
        let id = cve.unwrap_or(&tracking.id);
        let mut remarks = Remarks::default();
        let rows = Reading {
            statements: Statements::new(vulnerability, &products)?,
            vulnerability,
            products: &products,
            is_meant,
            wants: &|stream| match stream.is_layered {
                true => advisories.demands(&stream.namespace),
                false => advisories.wants(&stream.namespace),
            },
            remarks: &mut remarks,
            rows: Rows::default(),
            sources: Vec::new(),
            binaries: HashSet::default(),
            streams: HashMap::default(),
            packages: HashMap::default(),
            minors: BTreeMap::new(),
            hardened: BTreeSet::new(),
        }
        .rows();
        let mut header = header(id, &csaf, vulnerability, SOURCE, &mut remarks);
        if vulnerability.release_date.is_none() && vulnerability.disclosure_date.is_none() {
            header.published = time(vulnerability.discovery_date.as_ref()).or(header.published);
        }
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

/// The minor release that the id of a product of the newer documents names: `9.7` of `rhel-9.7.z` and of
/// `rhel-9.5::appstream`, `8.6` of `rhel-8.6-eus`. Ids of the older documents never begin so.
fn minor_release(product_id: &str) -> Option<(u32, u32)> {
    let rest = product_id.strip_prefix("rhel-")?;
    let start = rest.find(|c: char| c.is_ascii_digit())?;
    let mut numbers = rest[start..].split(|c: char| !c.is_ascii_digit());
    let major = numbers.next()?.parse().ok()?;
    Some((major, numbers.next()?.parse().ok()?))
}

/// One vulnerability on its way to rows.
struct Reading<'r, 'v, 'a> {
    statements: Statements<'v, 'a>,
    vulnerability: &'v Vulnerability<'a>,
    products: &'r Products<'v, 'a>,
    is_meant: fn(&Stream) -> bool,
    wants: &'r dyn Fn(&Stream) -> bool,
    remarks: &'r mut Remarks,
    rows: Rows,
    /// The fixed source packages, which count where no binary package of that name is listed.
    sources: Vec<(Affected, Conditions)>,
    /// The fixed binary packages of which all are listed.
    binaries: HashSet<Place>,
    /// What CPE names stand for; there are tens, for tens of thousands of products.
    streams: HashMap<&'v str, Option<Rc<Stream>>>,
    /// What components are, by their ids: each stands in several streams.
    packages: HashMap<&'v str, Result<Rc<RpmPackage>, &'static str>>,
    /// The latest minor release of each stream that anything is said of a package in, by its module and name.
    minors: BTreeMap<(StreamPlace, Option<String>, String), (u32, u32)>,
    /// The binary packages that are listed of Hummingbird.
    hardened: BTreeSet<String>,
}

/// A package in a stream: its key, the channel and the products.
type Place = (PackageKey, Option<Box<str>>, Vec<Box<str>>);

impl<'v> Reading<'_, 'v, '_> {
    fn rows(mut self) -> Rows {
        for word in self.vulnerability.unknown_statuses() {
            self.remarks.unknown_word("product_status", word);
        }
        self.survey();
        for (status, ids) in self.vulnerability.statuses() {
            for id in ids {
                if let Err(reason) = self.read(status, id) {
                    self.remarks.leave_out(reason);
                }
            }
        }
        for (mut affected, conditions) in std::mem::take(&mut self.sources) {
            let binary = PackageKey { kind: KeyKind::Binary, ..affected.key.clone() };
            let stream = (binary, conditions.channel.clone(), conditions.products.clone());
            if self.binaries.contains(&stream) {
                continue;
            }
            affected.key.kind = KeyKind::Source;
            self.rows.add(affected, conditions);
        }
        self.rows
    }

    /// The stream or layered product that `cpe` names.
    fn stream(&mut self, cpe: &'v str) -> Option<Rc<Stream>> {
        self.streams.entry(cpe).or_insert_with(|| Stream::of(cpe).map(Rc::new)).clone()
    }

    /// The package that `component` is, in the module that its name says, or what stands between it and the distribution.
    fn package(
        &mut self,
        component: &'v Product<'_>,
        between: &[&Product<'_>],
    ) -> Result<Rc<RpmPackage>, &'static str> {
        let id = &*component.product_id;
        let package =
            self.packages.entry(id).or_insert_with(|| rpm_package(component).map(Rc::new)).clone()?;
        if package.module.is_some() {
            return Ok(package);
        }
        match between.iter().find_map(|product| module(product)) {
            Some(module) => Ok(Rc::new(RpmPackage { module: Some(module), ..(*package).clone() })),
            None => Ok(package),
        }
    }

    /// Finds out what the statements of newer documents are to be compared with.
    fn survey(&mut self) {
        // Older ones have neither.
        let is_meant = |product: &Product<'_>| {
            let stream = || product.cpe().and_then(Stream::of);
            minor_release(&product.product_id).is_some() || stream().is_some_and(|it| it.is_hummingbird())
        };
        if !self.products.iter().any(is_meant) {
            return;
        }
        let statements = self.vulnerability.statuses();
        for (status, id) in statements.flat_map(|(status, ids)| ids.iter().map(move |id| (status, id))) {
            let Some(parts) = self.products.resolve(id) else { continue };
            let [component, between @ .., product] = &parts[..] else { continue };
            let Some(stream) = product.cpe().and_then(|cpe| self.stream(cpe)) else { continue };
            let minor = minor_release(&product.product_id);
            if minor.is_none() && !stream.is_hummingbird() {
                continue;
            }
            let Ok(package) = self.package(component, between) else { continue };
            if self.is_rated_zero(id) || status == ProductStatus::KnownNotAffected && package.is_build() {
                // It is left out itself.
                continue;
            }
            if stream.is_hummingbird() && !package.is_source() {
                self.hardened.insert(package.name.clone());
            } else if let Some(minor) = minor {
                let place = (stream.place(), package.module.clone(), package.name.clone());
                let latest = self.minors.entry(place).or_insert(minor);
                *latest = minor.max(*latest);
            }
        }
    }

    /// Adds what `status` says of the product `id`, or tells why it is left out.
    fn read(&mut self, status: ProductStatus, id: &str) -> Result<(), &'static str> {
        let parts = self.products.resolve(id).ok_or("a product that its document does not define")?;
        let [component, between @ .., product] = &parts[..] else {
            return Err("a product as a whole, no package of it");
        };
        let cpe = product.cpe().ok_or("a product without CPE")?;
        let stream = self.stream(cpe).ok_or("of a product that is no distribution, nor layered upon it")?;
        if !(self.is_meant)(&stream) {
            return Ok(());
        }
        if !(self.wants)(&stream) {
            return match stream.is_layered {
                true => Err("of a layered product that nobody asked for"),
                false => Ok(()),
            };
        }
        let package = self.package(component, between)?;
        if package.module.as_ref().is_some_and(|module| module.ends_with(":flatpak")) {
            return Err("a flatpak");
        }
        if package.is_debug() {
            return Err("a package of debugging symbols");
        }
        if self.is_rated_zero(id) {
            return Err("rated zero, and without impact");
        }
        if stream.is_hummingbird() && package.is_source() && self.hardened.contains(&package.name) {
            return Err("a source package of Hummingbird beside the binary one of its name");
        }
        if status != ProductStatus::Fixed
            && !package.is_build()
            && self.is_outdated(product, &package, &stream)
        {
            return Err("a minor release, of a stream that another statement names a later one of");
        }
        match status {
            ProductStatus::Fixed => self.add_fixed(id, &package, &stream),
            ProductStatus::KnownAffected => {
                let (fix_state, reason) = self.fix_state(id);
                self.add_stated(id, Status::Affected, &package, &stream, |affected| {
                    affected.fix_state = fix_state;
                    affected.aside.reason.clone_from(&reason);
                })
            }
            ProductStatus::KnownNotAffected => {
                let justification = self.statements.justification(id).map(str::to_owned);
                self.add_stated(id, Status::NotAffected, &package, &stream, |affected| {
                    affected.aside.justification.clone_from(&justification);
                })
            }
            ProductStatus::UnderInvestigation => {
                self.add_stated(id, Status::UnderInvestigation, &package, &stream, |_| ())
            }
            _ => Err("a status that Red Hat does not use"),
        }
    }

    /// Whether the product is scored with zero and has no impact: such entries only fill the document.
    fn is_rated_zero(&self, id: &str) -> bool {
        let mut scores = self.statements.cvss(id).filter_map(|cvss| cvss.score()?.as_f64()).peekable();
        scores.peek().is_some() && scores.all(|score| score == 0.0) && self.statements.impact(id).is_none()
    }

    /// Whether something is said of the package in a later minor release of the same stream. A stream goes on with its
    /// latest, and nothing tells an image of an earlier one from others.
    fn is_outdated(&self, product: &Product<'_>, package: &RpmPackage, stream: &Stream) -> bool {
        let Some(minor) = minor_release(&product.product_id) else { return false };
        let place = (stream.place(), package.module.clone(), package.name.clone());
        self.minors.get(&place).is_some_and(|latest| minor < *latest)
    }

    /// A build that has the fix: below it, the package is affected.
    fn add_fixed(&mut self, id: &str, package: &RpmPackage, stream: &Stream) -> Result<(), &'static str> {
        let version = match package.is_source() {
            // Nothing tells the epoch of an installed package's source.
            true => package.version.clone(),
            false => package.evr(),
        };
        let version = VersionText::from(version.ok_or("fixed, and no build is named")?);
        let mut affected = self.rated(id, KeyKind::Binary, Status::Affected, package, stream);
        affected.fix_state = FixState::Fixed;
        affected.ranges = vec![rows::below(&version)].into();
        affected.aside.fixes = rows::fixes(&self.statements, id, &version, stream.channel.as_deref());
        let conditions = conditions(package, stream);
        if package.is_source() {
            self.sources.push((affected, conditions));
        } else {
            let place = (affected.key.clone(), conditions.channel.clone(), conditions.products.clone());
            if package.architecture.is_some() {
                self.binaries.insert(place);
            }
            self.rows.add(affected, conditions);
        }
        Ok(())
    }

    /// A statement about a package of no certain build: the name may be that of a source package or of a binary one.
    /// About a certain build it says nothing of others.
    fn add_stated(
        &mut self,
        id: &str,
        status: Status,
        package: &RpmPackage,
        stream: &Stream,
        complete: impl Fn(&mut Affected),
    ) -> Result<(), &'static str> {
        let is_build = package.is_build();
        if is_build && status == Status::NotAffected {
            // It stands for the packages of an erratum that have nothing to do with the vulnerability.
            return Err("a single build that is not affected");
        }
        let kinds: &[KeyKind] = match is_build {
            true if package.is_source() => &[KeyKind::Source],
            true => &[KeyKind::Binary],
            false if stream.is_hummingbird() && package.is_source() => &[KeyKind::Source],
            false if stream.is_hummingbird() => &[KeyKind::Binary],
            false => &[KeyKind::Source, KeyKind::Binary],
        };
        for kind in kinds {
            let mut affected = self.rated(id, *kind, status, package, stream);
            if is_build {
                affected.versions = package.evr().map(VersionText::from).into_iter().collect();
            }
            complete(&mut affected);
            let architectures = match is_build {
                true => package.architecture.iter().map(|it| it.as_str().into()).collect(),
                false => Vec::new(),
            };
            self.rows.add(affected, Conditions { architectures, ..conditions(package, stream) });
        }
        Ok(())
    }

    fn rated(
        &mut self,
        id: &str,
        kind: KeyKind,
        status: Status,
        package: &RpmPackage,
        stream: &Stream,
    ) -> Affected {
        let key = PackageKey::new(stream.namespace.clone(), kind, &*package.name);
        rows::rated(&self.statements, id, key, status, SOURCE, self.remarks)
    }

    /// What is done about an affected product (feeds.md §0.2).
    fn fix_state(&mut self, id: &str) -> (FixState, Option<String>) {
        let mut unknown = None;
        for Remediation { category, details, .. } in self.statements.remediations(id) {
            let details = details.as_deref().unwrap_or_default().trim();
            let reason = || Some(details.to_owned());
            match (&**category, details) {
                ("none_available", "Affected") => return (FixState::NotFixed, None),
                ("none_available", "Deferred" | "Fix deferred") => return (FixState::Deferred, reason()),
                ("no_fix_planned", "Will not fix") => return (FixState::WontFix, reason()),
                ("no_fix_planned", "Out of support scope") => return (FixState::EndOfLife, reason()),
                ("none_available", _) => unknown = Some((FixState::NotFixed, category, details)),
                ("no_fix_planned", _) => unknown = Some((FixState::WontFix, category, details)),
                ("fix_planned", _) => return (FixState::Pending, reason()),
                _ => {}
            }
        }
        let Some((fix_state, category, details)) = unknown else { return (FixState::NotFixed, None) };
        self.remarks.unknown_word(category, details);
        (fix_state, Some(details.to_owned()))
    }
}

fn conditions(package: &RpmPackage, stream: &Stream) -> Conditions {
    let architecture = package.architecture.as_ref().filter(|_| !package.is_source());
    Conditions {
        module: package.module.as_deref().map(Into::into),
        architectures: architecture.map(|it| it.as_str().into()).into_iter().collect(),
        channel: stream.channel.clone(),
        products: stream.product.clone().into_iter().collect(),
        ..Conditions::default()
    }
}

/// The module that `product`, which stands between a package and the distribution, is: by its purl
/// (`pkg:rpmmod/redhat/demo@1.4:8090:abc`), else by its id (`demo:1.4:8090:abc`).
fn module(product: &Product<'_>) -> Option<String> {
    match product.purl() {
        Some(purl) => {
            let purl: model::purl::Purl = purl.parse().ok()?;
            let label = format!("{}:{}", purl.name, purl.version?);
            (purl.kind == "rpmmod").then(|| name_and_stream(&label))
        }
        None => product.product_id.contains(':').then(|| name_and_stream(&product.product_id)),
    }
}
