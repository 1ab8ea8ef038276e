//! Red Hat's VEX documents: what they say of packages of Red Hat Enterprise Linux (feeds.md A5).

use std::collections::BTreeSet;

use model::advisory::{Affected, Conditions, FixState, Status};
use model::key::{KeyKind, Namespace, PackageKey};
use model::version::VersionText;

use crate::advisories::{Advisories, Remarks};
use crate::error::ParseError;
use crate::schema::csaf::component::{RpmPackage, name_and_stream, rpm_package};
use crate::schema::csaf::header::{header, time};
use crate::schema::csaf::rows::{self, Rows};
use crate::schema::csaf::statements::Statements;
use crate::schema::csaf::tree::{Product, Products};
use crate::schema::csaf::{Csaf, ProductStatus, Remediation, Vulnerability};

/// Who states the scores.
const SOURCE: &str = "redhat";

/// Reads the document `text`.
///
/// # Errors
/// It is no CSAF document, or passes a limit.
pub fn read(text: &[u8], advisories: &mut Advisories) -> Result<(), ParseError> {
    let csaf = Csaf::read(text)?;
    let tracking = &csaf.document.tracking;
    let modified = time(tracking.current_release_date.as_ref());
    match tracking.status.as_deref() {
        Some("draft") => {
            advisories.remarks.leave_out("draft of a document");
            return Ok(());
        }
        Some("deleted") => {
            // Tools that keep copies leave it in place of a document; without a date it takes nothing away.
            if let Some(at) = modified {
                advisories.gone(&tracking.id, at);
            }
            advisories.remarks.leave_out("document that was taken away");
            return Ok(());
        }
        _ => {}
    }
    let products = Products::new(&csaf.product_tree);
    for vulnerability in &csaf.vulnerabilities {
        let cve = vulnerability.cve.as_deref().filter(|cve| !cve.is_empty());
        let id = cve.unwrap_or(&tracking.id);
        advisories.document(id, modified);
        let mut remarks = Remarks::default();
        let rows = Reading {
            statements: Statements::new(vulnerability, &products)?,
            vulnerability,
            products: &products,
            wants: &|stream| match stream.is_layered {
                true => advisories.demands(&stream.namespace),
                false => advisories.wants(&stream.namespace),
            },
            remarks: &mut remarks,
            rows: Rows::default(),
            sources: Vec::new(),
            binaries: BTreeSet::new(),
        }
        .rows();
        let header = header(id, &csaf, vulnerability, SOURCE, &mut remarks);
        advisories.remarks.add(remarks);
        rows.push(&header, advisories);
    }
    Ok(())
}

/// Whether a name is one that a layered product has in CPE names; Red Hat Enterprise Linux and its streams are none.
pub fn is_layered(product: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
    let is_stream = product == "enterprise_linux" || extended(product).is_some();
    product.starts_with(|first: char| first.is_ascii_lowercase())
        && product.bytes().all(is_plain)
        && !is_stream
}

/// The extended stream that a product of a CPE name is: `eus` of `rhel_eus`.
fn extended(product: &str) -> Option<&str> {
    let stream = product.strip_prefix("rhel_").or_else(|| product.strip_prefix("enterprise_linux_"))?;
    matches!(stream, "eus" | "aus" | "tus" | "e4s" | "els" | "eus_long_life").then_some(stream)
}

/// A stream of Red Hat Enterprise Linux: the main one of a release, or an extended one of a minor release. Or a layered
/// product.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stream {
    namespace: Namespace,
    /// `eus:9.2` of an extended stream.
    channel: Option<Box<str>>,
    /// The first five segments of its CPE, where they say more than the release.
    product: Option<Box<str>>,
    is_layered: bool,
}

impl Stream {
    /// The stream or layered product that `cpe` names; none for what is neither. Behind the fifth segment stands the repository
    /// (`::appstream`), which says nothing of what a package is.
    fn of(cpe: &str) -> Option<Self> {
        let mut segments = cpe.split(':');
        let (Some("cpe"), Some("/a" | "/o"), Some("redhat"), Some(product), Some(version)) =
            (segments.next(), segments.next(), segments.next(), segments.next(), segments.next())
        else {
            return None;
        };
        let whole = || cpe.split(':').take(5).collect::<Vec<_>>().join(":").into();
        if is_layered(product) {
            return Some(Self {
                namespace: Namespace::distro("redhat", product),
                channel: None,
                product: Some(whole()),
                is_layered: true,
            });
        }
        let channel = match product {
            "enterprise_linux" => None,
            _ => Some(format!("{}:{version}", extended(product)?)),
        };
        let (major, minor) = version.split_once('.').unwrap_or((version, ""));
        let is_number = !major.is_empty() && major.bytes().all(|byte| byte.is_ascii_digit());
        let says_more = channel.is_some() || !minor.is_empty();
        is_number.then(|| Self {
            namespace: Namespace::distro("redhat", major),
            channel: channel.map(Into::into),
            product: says_more.then(whole),
            is_layered: false,
        })
    }
}

/// One vulnerability on its way to rows.
struct Reading<'r, 'v, 'a> {
    statements: Statements<'v, 'a>,
    vulnerability: &'v Vulnerability<'a>,
    products: &'r Products<'v, 'a>,
    wants: &'r dyn Fn(&Stream) -> bool,
    remarks: &'r mut Remarks,
    rows: Rows,
    /// The fixed source packages, which count where no binary package of that name is listed.
    sources: Vec<(Affected, Conditions)>,
    /// The fixed binary packages.
    binaries: BTreeSet<Place>,
}

/// A package in a stream: its key, the channel and the products.
type Place = (PackageKey, Option<Box<str>>, Vec<Box<str>>);

impl<'v> Reading<'_, 'v, '_> {
    fn rows(mut self) -> Rows {
        for word in self.vulnerability.unknown_statuses() {
            self.remarks.unknown_word("product_status", word);
        }
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

    /// Adds what `status` says of the product `id`, or tells why it is left out.
    fn read(&mut self, status: ProductStatus, id: &str) -> Result<(), &'static str> {
        let parts = self.products.resolve(id).ok_or("a product that its document does not define")?;
        let [component, between @ .., product] = &parts[..] else {
            return Err("a product as a whole, no package of it");
        };
        let cpe = product.cpe().ok_or("a product without CPE")?;
        let stream = Stream::of(cpe).ok_or("of a product that is no distribution, nor layered upon it")?;
        if !(self.wants)(&stream) {
            return match stream.is_layered {
                true => Err("of a layered product that nobody asked for"),
                false => Ok(()),
            };
        }
        let mut package = rpm_package(component)?;
        if package.module.is_none() {
            package.module = between.iter().find_map(|product| module(product));
        }
        if package.module.as_ref().is_some_and(|module| module.ends_with(":flatpak")) {
            return Err("a flatpak");
        }
        if package.is_debug() {
            return Err("a package of debugging symbols");
        }
        if self.is_rated_zero(id) {
            return Err("rated zero, and without impact");
        }
        match status {
            ProductStatus::Fixed => self.add_fixed(id, &package, &stream),
            ProductStatus::KnownAffected => {
                let (fix_state, reason) = self.fix_state(id);
                self.add_stated(id, Status::Affected, &package, &stream, |affected| {
                    affected.fix_state = fix_state;
                    affected.reason.clone_from(&reason);
                })
            }
            ProductStatus::KnownNotAffected => {
                let justification = self.statements.justification(id).map(str::to_owned);
                self.add_stated(id, Status::NotAffected, &package, &stream, |affected| {
                    affected.justification.clone_from(&justification);
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
        affected.ranges = vec![rows::below(&version)];
        affected.fixes = rows::fixes(&self.statements, id, &version, stream.channel.as_deref());
        let conditions = conditions(package, stream);
        if package.is_source() {
            self.sources.push((affected, conditions));
        } else {
            let stream = (affected.key.clone(), conditions.channel.clone(), conditions.products.clone());
            self.binaries.insert(stream);
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
