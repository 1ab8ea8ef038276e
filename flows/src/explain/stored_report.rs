//! A JSON report that was kept, as far as its packages can be asked about again.
//!
//! It says less of a package than an SBOM: of its source, its architecture and its distribution only what the package URL
//! has. What follows from that is told where an answer is another than the report's.

use std::collections::HashMap;
use std::io;

use model::distro::Distro;
use model::ecosystem::Ecosystem;
use model::explanation::{ReportRead, Reported};
use model::inventory::{Inventory, Subject};
use model::limits::Limits;
use model::package::{Package, PackageIndex};
use model::report::{VexOutcome, VexReason};
use serde::Deserialize;

use super::Told;
use crate::error::FlowError;

const SCHEMA: &str = "plimsoll-report/1";

#[derive(Deserialize)]
struct Probe {
    schema: Option<String>,
}

/// Whether what is read is a JSON report of ours; nothing of it is kept.
pub(super) fn is_one(document: impl io::Read) -> bool {
    let probe: Result<Probe, _> = serde_json::from_reader(document);
    probe.is_ok_and(|probe| probe.schema.as_deref() == Some(SCHEMA))
}

#[derive(Deserialize)]
struct Document {
    subject: SubjectLine,
    snapshot: SnapshotLine,
    packages: Vec<PackageLine>,
    findings: Vec<FindingLine>,
    #[serde(default)]
    vex: VexLine,
}

#[derive(Default, Deserialize)]
struct VexLine {
    #[serde(default)]
    unapplied: Vec<UnappliedLine>,
}

#[derive(Deserialize)]
struct UnappliedLine {
    reason: String,
    document: String,
    statement: String,
    vulnerability: String,
    detail: String,
}

#[derive(Deserialize)]
struct SuppressedLine {
    reason: String,
    source: String,
}

#[derive(Deserialize)]
struct SubjectLine {
    name: String,
    platform: Option<String>,
    distro: Option<DistroLine>,
}

#[derive(Deserialize)]
struct DistroLine {
    id: String,
    version: Option<String>,
}

#[derive(Deserialize)]
struct SnapshotLine {
    id: String,
}

#[derive(Deserialize)]
struct PackageLine {
    purl: String,
    name: String,
    version: String,
    #[serde(rename = "type")]
    kind: String,
    owner: Option<String>,
}

#[derive(Deserialize)]
struct FindingLine {
    id: String,
    aliases: Vec<String>,
    verdict: String,
    package: FoundPackage,
    suppressed: Option<SuppressedLine>,
}

#[derive(Deserialize)]
struct FoundPackage {
    purl: String,
    /// The other packages of one kernel; reports of before had a finding for each.
    #[serde(default)]
    others: Vec<String>,
}

/// The packages of the report in `bytes`, and what it says of them.
pub(super) fn read(place: &str, bytes: &[u8], limits: &Limits) -> Result<Told, FlowError> {
    let failed = |reason: String| FlowError::StoredReport { place: place.to_owned(), reason };
    let document: Document = serde_json::from_slice(bytes).map_err(|error| failed(error.to_string()))?;
    if document.packages.len() > limits.packages_max {
        return Err(failed(format!("it has more than {} packages", limits.packages_max)));
    }
    let mut packages: Vec<Package> = document.packages.iter().map(package).collect();
    let mut positions: HashMap<&str, PackageIndex> = HashMap::new();
    for (index, line) in document.packages.iter().enumerate() {
        let index = PackageIndex(u32::try_from(index).map_err(|error| failed(error.to_string()))?);
        positions.entry(&line.purl).or_insert(index);
    }
    for (index, line) in document.packages.iter().enumerate() {
        let owner = line.owner.as_deref().and_then(|owner| positions.get(owner)).copied();
        packages[index].owner = owner.filter(|owner| owner.as_usize() != index);
    }
    let SubjectLine { name, platform, distro } = document.subject;
    let subject = Subject { name, platform, ..Subject::default() };
    let distro = distro.map(|DistroLine { id, version }| Distro { id, version, ..Distro::default() });
    let findings = document.findings.into_iter().flat_map(reported).collect();
    Ok(Told {
        inventory: Inventory::new(subject, distro, packages, Vec::new()),
        report: Some(ReportRead { snapshot: document.snapshot.id, findings }),
        unapplied: document.vex.unapplied.into_iter().filter_map(unapplied).collect(),
        bom: None,
    })
}

/// A statement that suppressed nothing; none for a reason of a version of plimsoll to come.
fn unapplied(line: UnappliedLine) -> Option<VexOutcome> {
    let reason = VexReason::ALL.iter().copied().find(|reason| reason.as_str() == line.reason)?;
    let UnappliedLine { document, statement, vulnerability, detail, .. } = line;
    Some(VexOutcome { reason, document, statement, vulnerability, detail })
}

fn package(line: &PackageLine) -> Package {
    let ecosystem = Ecosystem::from_name(&line.kind);
    let of_purl = sbom::format::of_purl(&line.purl).ok().and_then(|mut read| read.packages.pop());
    let mut package = of_purl
        .filter(|package| package.ecosystem == ecosystem)
        .unwrap_or_else(|| Package::new(ecosystem, "", "", line.purl.clone()));
    package.name.clone_from(&line.name);
    package.version = line.version.as_str().into();
    package
}

/// What the finding says of each of its packages.
fn reported(line: FindingLine) -> Vec<Reported> {
    let mut ids = vec![line.id];
    ids.extend(line.aliases);
    let by_vex = line.suppressed.filter(|suppressed| suppressed.reason.starts_with("vex-"));
    let words = match by_vex {
        Some(SuppressedLine { reason, source }) => format!("{}, {reason} by {source}", line.verdict),
        None => line.verdict.clone(),
    };
    let purls = std::iter::once(line.package.purl).chain(line.package.others);
    let of = |purl| Reported { purl, ids: ids.clone(), verdict: line.verdict.clone(), words: words.clone() };
    purls.map(of).collect()
}
