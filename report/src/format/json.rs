//! JSON v1: the report for programs. The schema is `docs/reference/report-v1.schema.json`.
//!
//! The structs here are the contract and nothing else; properties may be added within version 1, and are never
//! renamed, removed or given another meaning.

mod judgement;
pub(crate) mod vex;

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde::Serialize;

use model::advisory::{CvssVector, Epss};
use model::distro::Distro;
use model::finding::{Answered, Cvss, Evidence, Finding, FixElsewhere, StatedSeverity, Verdict};
use model::gap::Gap;
use model::image::Origin;
use model::inventory;
use model::package::Package;
use model::report::{NamespaceStamp, Report, Runtime, Unmatched};
use model::risk::RISK_FORMULA;
use policy::Judgement;

use self::judgement::JudgementLine;
use self::vex::{SuppressedLine, VexLine};
use super::{Format, RenderOptions};
use crate::fingerprint::fingerprint;
use crate::found::{self, Positions};
use crate::text::HarmlessJson;

pub(super) static FORMAT: Format =
    Format { name: "json", media_type: "application/json", extension: "json", render, variants: &[] };

const SCHEMA: &str = "plimsoll-report/1";

fn render(
    report: &Report,
    judgement: &Judgement,
    options: &RenderOptions<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    HarmlessJson::write(&Document::of(report, judgement, options), out)
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    tool: Tool<'a>,
    as_of: String,
    subject: Subject<'a>,
    snapshot: Snapshot<'a>,
    vex: VexLine<'a>,
    coverage: Coverage<'a>,
    packages: Vec<PackageLine<'a>>,
    findings: Vec<FindingLine<'a>>,
    risk_formula: RiskFormula,
    judgement: JudgementLine<'a>,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'static str,
    version: &'a str,
}

#[derive(Serialize)]
struct Subject<'a> {
    name: &'a str,
    version: Option<&'a str>,
    digest: Option<&'a str>,
    manifest_digest: Option<&'a str>,
    sbom_digest: &'a str,
    platform: Option<&'a str>,
    distro: Option<DistroLine<'a>>,
    layers: Vec<LayerLine<'a>>,
}

#[derive(Serialize)]
struct LayerLine<'a> {
    diff_id: &'a str,
    created_by: Option<&'a str>,
    /// `Dockerfile:12`.
    dockerfile: Option<String>,
    base: Option<bool>,
}

#[derive(Serialize)]
struct DistroLine<'a> {
    id: &'a str,
    version: Option<&'a str>,
}

#[derive(Serialize)]
struct Snapshot<'a> {
    id: &'a str,
    created: Option<String>,
    namespaces: Vec<NamespaceLine<'a>>,
}

#[derive(Serialize)]
struct NamespaceLine<'a> {
    name: &'a str,
    data_as_of: Option<String>,
    records: u64,
    end_of_life: Option<&'a str>,
}

#[derive(Serialize)]
struct Coverage<'a> {
    packages: usize,
    matched: usize,
    unmatched: Vec<UnmatchedLine<'a>>,
    runtimes: Vec<RuntimeLine<'a>>,
    gaps: Vec<GapLine<'a>>,
}

#[derive(Serialize)]
struct UnmatchedLine<'a> {
    reason: &'static str,
    namespace: &'a str,
    packages: usize,
}

#[derive(Serialize)]
struct RuntimeLine<'a> {
    name: &'a str,
    version: &'a str,
    end_of_life: Option<&'a str>,
}

#[derive(Serialize)]
struct GapLine<'a> {
    kind: &'a str,
    #[serde(rename = "where")]
    place: &'a str,
    detail: &'a str,
}

#[derive(Serialize)]
struct PackageLine<'a> {
    purl: &'a str,
    name: &'a str,
    version: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    /// The purl of the operating-system package that owns it.
    owner: Option<&'a str>,
}

#[derive(Serialize)]
struct FindingLine<'a> {
    id: &'a str,
    aliases: Vec<&'a str>,
    alias_sources: Vec<AliasSourceLine<'a>>,
    title: Option<&'a str>,
    verdict: &'static str,
    /// Why, when the verdict is not `affected`.
    verdict_reason: Option<&'static str>,
    origin: &'static str,
    package: FoundPackage<'a>,
    fix: FixLine<'a>,
    severity: SeverityLine<'a>,
    cvss: Vec<CvssLine<'a>>,
    unread_cvss: Vec<UnreadCvssLine<'a>>,
    labels: Vec<&'static str>,
    epss: Option<EpssLine>,
    kev: Option<KevLine<'a>>,
    risk: f64,
    evidence: Vec<EvidenceLine<'a>>,
    references: &'a [String],
    suppressed: Option<SuppressedLine<'a>>,
    answered: Vec<AnsweredLine<'a>>,
    fingerprint: String,
}

/// A package of a finding that VEX answers while the finding stands for others.
#[derive(Serialize)]
struct AnsweredLine<'a> {
    purl: &'a str,
    name: &'a str,
    #[serde(flatten)]
    because: SuppressedLine<'a>,
}

/// Which record says that an id stands for the vulnerability.
#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct AliasSourceLine<'a> {
    id: &'a str,
    provider: &'a str,
    record: &'a str,
}

#[derive(Serialize)]
struct FoundPackage<'a> {
    purl: &'a str,
    name: &'a str,
    version: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    locations: Vec<LocationLine<'a>>,
    /// The purls of the other packages of one kernel.
    others: Vec<&'a str>,
    /// The layer that deleted it, where deleted packages were asked for.
    removed_by: Option<&'a str>,
}

#[derive(Serialize)]
struct LocationLine<'a> {
    path: &'a str,
    layer: Option<&'a str>,
    /// Of the layer, from 0; null too where several layers are the same.
    position: Option<usize>,
}

#[derive(Serialize)]
struct FixLine<'a> {
    state: &'static str,
    versions: Vec<&'a str>,
    /// When the nearest fix was published.
    date: Option<&'a str>,
    elsewhere: Vec<FixElsewhereLine<'a>>,
}

#[derive(Serialize)]
struct FixElsewhereLine<'a> {
    channel: &'a str,
    version: Option<&'a str>,
}

#[derive(Serialize)]
struct SeverityLine<'a> {
    level: &'static str,
    source: Option<&'a str>,
    stated: Vec<StatedLine<'a>>,
}

#[derive(Serialize)]
struct StatedLine<'a> {
    provider: &'a str,
    record: &'a str,
    word: &'a str,
    level: &'static str,
}

#[derive(Serialize)]
struct CvssLine<'a> {
    source: &'a str,
    version: &'a str,
    vector: &'a str,
    score: f64,
}

#[derive(Serialize)]
struct UnreadCvssLine<'a> {
    source: &'a str,
    vector: &'a str,
    score: Option<&'a str>,
}

#[derive(Serialize)]
struct RiskFormula {
    name: &'static str,
    weights: BTreeMap<&'static str, f64>,
}

#[derive(Serialize)]
struct EpssLine {
    score: f64,
    percentile: f64,
}

#[derive(Serialize)]
struct KevLine<'a> {
    added: &'a str,
    due: Option<&'a str>,
    ransomware: bool,
}

#[derive(Serialize)]
struct EvidenceLine<'a> {
    record: &'a str,
    provider: &'a str,
    namespace: &'a str,
    range: &'a str,
    compared: &'a str,
    #[serde(rename = "match")]
    match_type: &'static str,
    confidence: f64,
}

impl<'a> Document<'a> {
    fn of(report: &'a Report, judgement: &'a Judgement, options: &RenderOptions<'a>) -> Self {
        let inventory = &report.inventory;
        let positions = found::positions(&inventory.subject);
        Self {
            schema: SCHEMA,
            tool: Tool { name: "plimsoll", version: options.tool_version },
            as_of: report.as_of.to_string(),
            subject: Subject {
                name: &inventory.subject.name,
                version: inventory.subject.version.as_deref(),
                digest: inventory.subject.digest.as_deref(),
                manifest_digest: inventory.subject.manifest_digest.as_deref(),
                sbom_digest: &report.sbom_digest,
                platform: inventory.subject.platform.as_deref(),
                distro: inventory.distro.as_ref().map(DistroLine::of),
                layers: LayerLine::all(&inventory.subject),
            },
            snapshot: Snapshot {
                id: &report.snapshot.id,
                created: report.snapshot.created.map(|time| time.to_string()),
                namespaces: report.snapshot.namespaces.iter().map(NamespaceLine::of).collect(),
            },
            vex: VexLine::of(&report.vex),
            coverage: Coverage {
                packages: report.coverage.packages,
                matched: report.coverage.matched,
                unmatched: report.coverage.unmatched.iter().map(UnmatchedLine::of).collect(),
                runtimes: report.coverage.runtimes.iter().map(RuntimeLine::of).collect(),
                gaps: report.coverage.gaps.iter().map(GapLine::of).collect(),
            },
            packages: inventory.packages.iter().map(|package| PackageLine::of(report, package)).collect(),
            findings: report
                .findings
                .iter()
                .map(|finding| FindingLine::of(report, finding, &positions))
                .collect(),
            risk_formula: RiskFormula { name: RISK_FORMULA, weights: report.risk.named().collect() },
            judgement: JudgementLine::of(report, judgement),
        }
    }
}

impl<'a> LayerLine<'a> {
    fn all(subject: &'a inventory::Subject) -> Vec<Self> {
        let layers = subject.layers.iter().zip(subject.layer_history()).enumerate();
        layers
            .map(|(position, (layer, history))| Self {
                diff_id: &layer.diff_id,
                created_by: history.map(|entry| entry.created_by.as_str()).filter(|line| !line.is_empty()),
                dockerfile: layer.dockerfile.as_ref().map(ToString::to_string),
                base: match subject.origin_of_position(position) {
                    Origin::Base => Some(true),
                    Origin::Yours => Some(false),
                    Origin::Unknown => None,
                },
            })
            .collect()
    }
}

impl<'a> DistroLine<'a> {
    fn of(distro: &'a Distro) -> Self {
        Self { id: &distro.id, version: distro.version.as_deref() }
    }
}

impl<'a> NamespaceLine<'a> {
    fn of(stamp: &'a NamespaceStamp) -> Self {
        Self {
            name: stamp.name.as_str(),
            data_as_of: stamp.data_as_of.map(|time| time.to_string()),
            records: stamp.records,
            end_of_life: stamp.end_of_life.as_deref(),
        }
    }
}

impl<'a> UnmatchedLine<'a> {
    fn of(unmatched: &'a Unmatched) -> Self {
        Self {
            reason: unmatched.reason.as_str(),
            namespace: unmatched.namespace.as_str(),
            packages: unmatched.packages,
        }
    }
}

impl<'a> RuntimeLine<'a> {
    fn of(runtime: &'a Runtime) -> Self {
        Self { name: &runtime.name, version: &runtime.version, end_of_life: runtime.end_of_life.as_deref() }
    }
}

impl<'a> GapLine<'a> {
    fn of(gap: &'a Gap) -> Self {
        Self { kind: gap.kind.as_str(), place: &gap.place, detail: &gap.detail }
    }
}

impl<'a> PackageLine<'a> {
    fn of(report: &'a Report, package: &'a Package) -> Self {
        Self {
            purl: &package.purl,
            name: &package.name,
            version: package.version.as_str(),
            kind: package.ecosystem.name(),
            owner: package.owner.map(|owner| report.inventory.package(owner).purl.as_str()),
        }
    }
}

impl<'a> FindingLine<'a> {
    fn of(report: &'a Report, finding: &'a Finding, positions: &Positions<'_>) -> Self {
        let (verdict, verdict_reason) = match &finding.verdict {
            Verdict::Affected => ("affected", None),
            Verdict::NotAffected { because } => ("not-affected", Some(because.as_str())),
            Verdict::Undetermined { reason } => ("undetermined", Some(reason.as_str())),
        };
        let decoration = &finding.decoration;
        Self {
            id: &finding.id,
            aliases: finding.aliases.iter().map(|id| id.as_str()).collect(),
            alias_sources: AliasSourceLine::all(finding),
            title: decoration.title.as_deref(),
            verdict,
            verdict_reason,
            origin: found::origin(report, finding).as_str(),
            package: FoundPackage::of(report, finding, positions),
            fix: FixLine {
                state: finding.fix.state.as_str(),
                versions: finding.fix.versions.iter().map(|version| version.as_str()).collect(),
                date: finding.fix.date.as_deref(),
                elsewhere: finding.fix.elsewhere.iter().map(FixElsewhereLine::of).collect(),
            },
            severity: SeverityLine {
                level: decoration.severity.level.as_str(),
                source: Some(decoration.severity.source.as_str()).filter(|source| !source.is_empty()),
                stated: decoration.stated.iter().map(StatedLine::of).collect(),
            },
            cvss: decoration.cvss.iter().map(CvssLine::of).collect(),
            unread_cvss: decoration.unread_cvss.iter().map(UnreadCvssLine::of).collect(),
            labels: decoration.labels.iter().map(|label| label.as_str()).collect(),
            epss: decoration.epss.map(|Epss { score, percentile }| EpssLine { score, percentile }),
            kev: decoration.kev.as_ref().map(|kev| KevLine {
                added: &kev.added,
                due: kev.due.as_deref(),
                ransomware: kev.ransomware,
            }),
            risk: decoration.risk,
            evidence: finding.evidence.iter().map(EvidenceLine::of).collect(),
            references: &decoration.references,
            suppressed: finding.suppressed.as_deref().map(SuppressedLine::of),
            answered: decoration.answered.iter().map(|answered| AnsweredLine::of(report, answered)).collect(),
            fingerprint: fingerprint(report, finding),
        }
    }
}

impl<'a> AnsweredLine<'a> {
    fn of(report: &'a Report, answered: &'a Answered) -> Self {
        let package = report.inventory.package(answered.package);
        Self { purl: &package.purl, name: &package.name, because: SuppressedLine::of(&answered.because) }
    }
}

impl<'a> AliasSourceLine<'a> {
    /// Of each alias the records that are called so or name it, sorted.
    fn all(finding: &'a Finding) -> Vec<Self> {
        let of_record = |evidence: &'a Evidence| {
            let ids = std::iter::once(&evidence.record).chain(&evidence.aliases);
            ids.map(|id| Self { id, provider: &evidence.provider, record: &evidence.record })
        };
        let is_alias = |line: &Self| finding.aliases.iter().any(|alias| alias == line.id);
        let lines: BTreeSet<Self> = finding.evidence.iter().flat_map(of_record).filter(is_alias).collect();
        lines.into_iter().collect()
    }
}

impl<'a> FoundPackage<'a> {
    fn of(report: &'a Report, finding: &Finding, positions: &Positions<'_>) -> Self {
        let package = found::package(report, finding);
        Self {
            purl: &package.purl,
            name: &package.name,
            version: package.version.as_str(),
            kind: package.ecosystem.name(),
            locations: found::locations(report, finding)
                .into_iter()
                .map(|location| LocationLine {
                    path: &location.path,
                    layer: location.layer.as_deref(),
                    position: location.layer.as_deref().and_then(|layer| *positions.get(layer)?),
                })
                .collect(),
            others: found::other_purls(report, finding),
            removed_by: package.removed_by.as_deref(),
        }
    }
}

impl<'a> FixElsewhereLine<'a> {
    fn of(fix: &'a FixElsewhere) -> Self {
        Self { channel: &fix.channel, version: fix.version.as_deref() }
    }
}

impl<'a> CvssLine<'a> {
    fn of(cvss: &'a Cvss) -> Self {
        Self {
            source: &cvss.vector.source,
            version: &cvss.version,
            vector: &cvss.vector.vector,
            score: cvss.score,
        }
    }
}

impl<'a> StatedLine<'a> {
    fn of(stated: &'a StatedSeverity) -> Self {
        Self {
            provider: &stated.provider,
            record: &stated.record,
            word: &stated.word,
            level: stated.level.as_str(),
        }
    }
}

impl<'a> UnreadCvssLine<'a> {
    fn of(vector: &'a CvssVector) -> Self {
        Self { source: &vector.source, vector: &vector.vector, score: vector.score.as_deref() }
    }
}

impl<'a> EvidenceLine<'a> {
    fn of(evidence: &'a Evidence) -> Self {
        Self {
            record: &evidence.record,
            provider: &evidence.provider,
            namespace: evidence.namespace.as_str(),
            range: &evidence.range,
            compared: evidence.compared.as_str(),
            match_type: evidence.match_type.as_str(),
            confidence: evidence.confidence,
        }
    }
}

#[cfg(test)]
mod tests;
