//! Oracle Linux: one OVAL document of all errata (feeds.md A7).
//!
//! What a criterion asks is read from its comment, which has the package's name and version. Oracle says nothing outside
//! of errata: there are no rows of what is not fixed. Builds for FIPS, for Ksplice and of the unbreakable kernel (UEK) have
//! versions of their own, and their rows apply to such builds alone; those of UEK to kernels of their own line besides.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use model::advisory::{
    Advisory, Affected, Aside, Conditions, CvssVector, FixState, PublishedFix, RecordKind, RecordLink,
    Reference, Relation, Status,
};
use model::key::{KeyKind, Namespace, PackageKey};
use model::version::VersionText;

use super::{Feed, MIB, Parse, Provider, Release, Scope, Source};
use crate::advisories::{Advisories, Remarks, push_once};
use crate::document::Document;
use crate::error::ParseError;
use crate::schema::oval::{self, Criterion};
use crate::schema::{below, day, is_debug_rpm, moment};
use crate::xml::{self, Element};

pub(super) static PROVIDER: Provider = Provider {
    name: "oracle",
    attribution: Some("Oracle Linux Errata, https://linux.oracle.com/security/"),
    feeds: || vec![feed()],
    answering: |namespace| {
        let is_release = namespace.release()?.bytes().all(|byte| byte.is_ascii_digit());
        (namespace.distro_id() == Some("oracle") && is_release && namespace.release() != Some("")).then(feed)
    },
    releases: RELEASES,
    follow: None,
    parse: Parse::Advisories(parse),
};

/// End of support as of feeds.md A26.
static RELEASES: &[Release] = &[
    Release::ends("oracle:7", "2024-12-31"),
    Release::ends("oracle:8", "2029-07-31"),
    Release::ends("oracle:9", "2032-06-30"),
    Release::open("oracle:10"),
];

/// In how many ways the criteria of an erratum may be true: packages times architectures.
const ALTERNATIVES_MAX: usize = 100_000;

fn feed() -> Feed {
    Feed {
        name: "oracle".to_owned(),
        sources: vec![Source::records(
            "https://linux.oracle.com/security/oval/com.oracle.elsa-all.xml.bz2",
            1024 * MIB,
        )],
        scope: Scope::Distro("oracle"),
        license: "copyright Oracle; no open licence is stated",
        is_redistributable: false,
        is_alternate: false,
    }
}

fn parse(_feed: &Feed, document: &Document<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    let newest = newest_versions(document)?;
    xml::each(document, oval::ROOT, &["definition"], &mut |element| {
        let (id, version) = id_and_version(element);
        if newest.get(id).is_some_and(|newest| version < *newest) {
            advisories.remarks.leave_out("older version of a definition");
        } else if let Err(why) = definition(element, advisories) {
            advisories.remarks.unreadable(id, why);
        }
        Ok(())
    })
}

/// The highest version of each definition: the document may hold several.
fn newest_versions(document: &Document<'_>) -> Result<HashMap<Box<str>, u64>, ParseError> {
    let mut newest: HashMap<Box<str>, u64> = HashMap::new();
    xml::each_tag(document, oval::ROOT, &["definition"], &mut |element| {
        let (id, version) = id_and_version(element);
        let held = newest.entry(id.into()).or_default();
        *held = version.max(*held);
        Ok(())
    })?;
    Ok(newest)
}

fn id_and_version(element: &Element) -> (&str, u64) {
    let version = element.attribute("version").and_then(|version| version.parse().ok());
    (element.attribute("id").unwrap_or("a definition"), version.unwrap_or_default())
}

fn definition(element: &Element, advisories: &mut Advisories) -> Result<(), String> {
    let class = element.attribute("class").unwrap_or_default();
    if class != "patch" {
        advisories.remarks.unknown_word("class", class);
        return Ok(());
    }
    let metadata = element.child("metadata").ok_or("it has no metadata")?;
    let mut remarks = Remarks::default();
    let header = header(metadata, &mut remarks)?;
    let criteria = element.child("criteria").ok_or("it has no criteria")?;
    let mut rows: BTreeMap<Row<'_>, Architectures> = BTreeMap::new();
    for alternative in oval::alternatives(criteria, ALTERNATIVES_MAX)? {
        let Some((row, architecture)) = row(&alternative, &mut remarks)? else { continue };
        rows.entry(row).or_default().add(architecture);
    }
    advisories.remarks.add(remarks);
    for (row, architectures) in rows {
        let namespace = Namespace::distro("oracle", row.release);
        if advisories.wants(&namespace) {
            let affected = row.affected(&namespace, architectures, &header);
            let advisory = advisories.record(&namespace, &header.id);
            if advisory.kind != RecordKind::Advisory {
                *advisory = header.clone();
            }
            push_once(advisory, affected);
        }
    }
    Ok(())
}

fn header(metadata: &Element, remarks: &mut Remarks) -> Result<Advisory, String> {
    let title = metadata.text_of("title").unwrap_or_default();
    let named = metadata.each("reference").find(|it| it.attribute("source") == Some("elsa"));
    let in_title = || title.split_once(':').map(|(id, _)| id.trim()).filter(|id| id.starts_with("ELSA-"));
    let id = named.and_then(|it| it.attribute("ref_id")).or_else(in_title).ok_or("it names no erratum")?;
    let bulletin = metadata.child("advisory");
    let issued = bulletin.and_then(|it| it.child("issued")?.attribute("date"));
    let published = issued.and_then(moment);
    if let (Some(text), None) = (issued, published) {
        remarks.unknown_word("issued", text);
    }
    let cves = || bulletin.into_iter().flat_map(|it| it.each("cve"));
    let named = metadata.each("reference").filter(|it| it.attribute("source") == Some("CVE"));
    let fixed: BTreeSet<&str> =
        named.filter_map(|it| it.attribute("ref_id")).chain(cves().map(|cve| cve.text.as_str())).collect();
    let link = |cve: &str| RecordLink { relation: Relation::Fixes, other: cve.to_owned() };
    let url = |it: &Element| it.attribute("ref_url").map(Reference::new);
    Ok(Advisory {
        kind: RecordKind::Advisory,
        published,
        modified: published,
        title: (!title.is_empty()).then(|| title.split_whitespace().collect::<Vec<_>>().join(" ")),
        description: metadata.text_of("description").map(str::to_owned),
        severity: bulletin
            .and_then(|it| it.text_of("severity"))
            .map(|word| remarks.severity("severity", word)),
        cvss: cves().flat_map(vectors).collect(),
        references: metadata.each("reference").filter_map(url).collect(),
        aliases: fixed.iter().filter(|cve| !cve.is_empty()).map(|cve| (*cve).to_owned()).collect(),
        links: fixed.into_iter().filter(|cve| !cve.is_empty()).map(link).collect(),
        ..Advisory::new(id)
    })
}

/// The CVSS of one CVE, written `8.1/CVSS:3.1/AV:N/…`, or `1.2/AV:L/…` where it is of version 2.
fn vectors(cve: &Element) -> Vec<CvssVector> {
    let vector = |name: &str| {
        let (score, vector) = cve.attribute(name)?.split_once('/')?;
        Some(CvssVector {
            source: cve.text.clone(),
            vector: vector.trim_end_matches('/').to_owned(),
            score: Some(score.into()),
        })
    };
    ["cvss2", "cvss3", "cvss4"].into_iter().filter_map(vector).collect()
}

/// What one way in which criteria are true says, but for the architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row<'a> {
    release: &'a str,
    name: &'a str,
    /// The fixed version.
    version: &'a str,
    module: Option<&'a str>,
    flavour: Option<&'a str>,
    /// The line of kernels, `5.15`.
    line: Option<&'a str>,
    /// A criterion that is not understood.
    unknown: Option<&'a str>,
}

/// The architectures of a row; all when any way says none.
#[derive(Default)]
struct Architectures {
    named: BTreeSet<Box<str>>,
    is_any: bool,
}

impl Architectures {
    /// The criterion is about the machine. On it packages for all machines are installed too, and on x86_64 those for
    /// 32 bits.
    fn add(&mut self, architecture: Option<&str>) {
        let Some(architecture) = architecture else { return self.is_any = true };
        let others: &[&str] = if architecture == "x86_64" { &["i686", "noarch"] } else { &["noarch"] };
        self.named.extend([architecture].iter().chain(others).map(|it| Box::from(*it)));
    }

    fn into_list(self) -> Vec<Box<str>> {
        if self.is_any { Vec::new() } else { self.named.into_iter().collect() }
    }
}

/// The row that criteria which hold together make, and the architecture; none for one that is left out.
fn row<'a>(
    criteria: &[Criterion<'a>],
    remarks: &mut Remarks,
) -> Result<Option<(Row<'a>, Option<&'a str>)>, String> {
    let (mut release, mut architecture, mut package) = (None, None, None);
    let (mut module, mut flavour, mut unknown) = (None, None, None);
    for Criterion { comment, .. } in criteria {
        match Comment::of(comment) {
            Comment::Release(of) => put(&mut release, of, "releases")?,
            Comment::Architecture(of) => put(&mut architecture, of, "architectures")?,
            Comment::Module(of) => put(&mut module, of, "modules")?,
            Comment::EarlierThan(name, version) => put(&mut package, (name, version), "packages")?,
            Comment::Flavour(of) => put(&mut flavour, of, "builds")?,
            Comment::Signature => {}
            Comment::Unknown => {
                remarks.unknown_word("criterion", comment);
                unknown = Some(unknown.map_or(*comment, |other: &str| other.min(comment)));
            }
        }
    }
    let Some((name, version)) = package else { return Err("criteria without a package".to_owned()) };
    let release = release.ok_or("criteria without a release")?;
    if is_debug_rpm(name) {
        remarks.leave_out("package of debug information");
        return Ok(None);
    }
    let flavour = flavour.or_else(|| flavour_of(version));
    // The packages of the unbreakable kernel have one name in all of its lines: those of 5.15 say nothing of 5.4.
    let line = (flavour == Some("uek") && is_of_kernel(name)).then(|| line_of(version)).flatten();
    Ok(Some((Row { release, name, version, module, flavour, line, unknown }, architecture)))
}

/// Takes what one criterion says. What another that holds together with it says may be the same, in any order.
fn put<T: PartialEq>(slot: &mut Option<T>, value: T, what: &str) -> Result<(), String> {
    match slot {
        Some(before) if *before != value => Err(format!("its criteria are about several {what} at once")),
        _ => {
            *slot = Some(value);
            Ok(())
        }
    }
}

impl Row<'_> {
    fn affected(&self, namespace: &Namespace, architectures: Architectures, header: &Advisory) -> Affected {
        let conditions = Conditions {
            module: self.module.map(Box::from),
            architectures: architectures.into_list(),
            flavour: self.flavour.map(Box::from),
            line: self.line.map(|line| VersionText::from(format!("{line}.0").as_str())),
            ..Conditions::default()
        };
        // Whether a condition holds that is not understood nobody knows.
        let status = if self.unknown.is_some() { Status::Undetermined } else { Status::Affected };
        let key = PackageKey::new(namespace.clone(), KeyKind::Binary, self.name);
        Affected {
            fix_state: FixState::Fixed,
            ranges: vec![below(self.version)].into(),
            conditions: (!conditions.is_empty()).then(|| Arc::new(conditions)),
            aside: Aside {
                fixes: vec![PublishedFix {
                    version: Some(VersionText::from(self.version)),
                    date: header.published.map(day),
                    ..PublishedFix::default()
                }],
                reason: self.unknown.map(str::to_owned),
                ..Aside::default()
            }
            .into(),
            ..Affected::new(key, status)
        }
    }
}

/// What the comment of a criterion asks.
enum Comment<'a> {
    Release(&'a str),
    Architecture(&'a str),
    Module(&'a str),
    EarlierThan(&'a str, &'a str),
    Flavour(&'a str),
    /// Who signed the package: no question of versions.
    Signature,
    Unknown,
}

impl<'a> Comment<'a> {
    fn of(comment: &'a str) -> Self {
        let between = |start: &str, end: &str| {
            let inner = comment.strip_prefix(start)?.strip_suffix(end)?.trim();
            (!inner.is_empty() && !inner.contains(' ')).then_some(inner)
        };
        if let Some(architecture) = between("Oracle Linux arch is ", "") {
            Self::Architecture(architecture)
        } else if let Some(release) = between("Oracle Linux ", " is installed") {
            Self::Release(release)
        } else if let Some(module) = between("Module ", " is enabled") {
            Self::Module(module)
        } else if let Some((name, version)) = comment.split_once(" is earlier than ") {
            Self::EarlierThan(name.trim(), version.trim())
        } else if comment.contains(" is signed with ") {
            Self::Signature
        } else if comment.ends_with(" is ksplice-based") {
            Self::Flavour("ksplice")
        } else {
            Self::Unknown
        }
    }
}

/// The build that a version is of: `10:3.6.16-4.0.1.el8_fips`, `2:1.1.1g-15.ksplice1.el8_3`, `5.15.0-200.131.27.el9uek`.
fn flavour_of(version: &str) -> Option<&'static str> {
    if version.contains(".ksplice") {
        Some("ksplice")
    } else if version.contains("_fips") {
        Some("fips")
    } else if version.rsplit_once('-').is_some_and(|(_, release)| release.contains("uek")) {
        Some("uek")
    } else {
        None
    }
}

/// Whether a package has the kernel's version: the kernel itself, and the tools that are built with it.
fn is_of_kernel(name: &str) -> bool {
    name.starts_with("kernel-uek") || matches!(name, "bpftool" | "perf" | "python-perf" | "python3-perf")
}

/// Major and minor version: `5.15` of `0:5.15.0-200.131.27.el9uek`.
fn line_of(version: &str) -> Option<&str> {
    let version = version.split_once(':').map_or(version, |(_, version)| version);
    let (minor, _) = version.match_indices('.').nth(1)?;
    let line = &version[..minor];
    line.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.').then_some(line)
}
