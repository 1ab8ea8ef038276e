//! Reports for tests, and the expected files beside them.

use std::path::{Path, PathBuf};
use std::{env, fs};

use model::advisory::{CvssVector, Epss, FixState, Kev};
use model::distro::Distro;
use model::ecosystem::Ecosystem;
use model::finding::{
    Cvss, Decoration, Evidence, Finding, Fix, Label, MatchType, NotAffectedReason, Rating, StatedSeverity,
    Suppression, UndeterminedReason, Verdict,
};
use model::gap::{Gap, GapKind};
use model::image::{BaseImage, HistoryEntry, Made};
use model::inventory::{DockerfileLine, Inventory, Subject, SubjectLayer};
use model::key::Namespace;
use model::package::{Location, Package, PackageIndex};
use model::report::{
    Coverage, NamespaceStamp, Report, Runtime, SnapshotStamp, Unmatched, UnmatchedReason, VexOutcome,
    VexReason, VexStamp, VexUse,
};
use model::risk::RiskWeights;
use model::severity::Severity;
use policy::{FailOn, Judgement};

use crate::{RenderOptions, by_name};

pub(crate) const BASE_LAYER: &str = "sha256:00000000000000000000000000000000000000000000000000000000000000b0";
pub(crate) const TOP_LAYER: &str = "sha256:00000000000000000000000000000000000000000000000000000000000000f0";
pub(crate) const OPTIONS: RenderOptions<'_> =
    RenderOptions { tool_version: "0.0.1", color: false, width: None, stored: None };

/// What a case is judged by.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) report: Report,
    pub(crate) fail_on: Option<&'static str>,
}

impl Case {
    pub(crate) fn judgement(&self) -> Judgement {
        judgement(&self.report, self.fail_on)
    }
}

pub(crate) fn judgement(report: &Report, fail_on: Option<&str>) -> Judgement {
    let gate = fail_on.map(|text| FailOn::parse(text).unwrap());
    policy::judge(report, gate.as_ref(), false).unwrap()
}

/// Every case that has an expected file for every format.
pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case {
            name: "gated-gaps",
            report: gated_gaps(),
            fail_on: Some("kev || any_gap || unmatched == \"not-fetched\" || coverage < 0.9"),
        },
        Case { name: "hostile-text", report: hostile(), fail_on: Some("critical") },
        Case { name: "kernel-and-runtimes", report: kernel_and_runtimes(), fail_on: Some("!not_loaded") },
        Case { name: "no-feed", report: no_feed(), fail_on: None },
        Case { name: "nothing-found", report: nothing_found(), fail_on: Some("low") },
        Case {
            name: "two-ecosystems",
            report: two_ecosystems(),
            fail_on: Some("kev || severity >= CRITICAL"),
        },
    ]
}

/// Packages whose feed is not held, beside findings and gaps.
fn gated_gaps() -> Report {
    let mut report = two_ecosystems();
    let coverage = &mut report.coverage;
    let (reason, namespace) = (UnmatchedReason::NotFetched, Namespace::new("npm"));
    coverage.unmatched.push(Unmatched { reason, namespace, packages: 7 });
    coverage.packages += 7;
    report
}

/// What is heard of VEX where one document has a word that nobody knows.
pub(crate) fn vex() -> VexUse {
    let digest = format!("sha256:{}", "ec".repeat(32));
    VexUse {
        documents: vec![VexStamp {
            digest: digest.clone(),
            id: Some("https://acme.example/vex-1".into()),
            author: Some("Acme".into()),
            kind: "openvex",
            trust: "user",
            n_statements: 2,
            n_suppressed: 1,
            remarks: vec!["`statements[1].status`: `resolved` is no status".into()],
        }],
        unapplied: vec![VexOutcome {
            reason: VexReason::UnknownStatus,
            document: digest,
            statement: "statements[1]".into(),
            vulnerability: "CVE-2023-0002".into(),
            detail: "CVE-2023-0002 in pkg:apk/libssl3@3.1.0-r0".into(),
        }],
        n_left_out: 0,
    }
}

/// A distribution and an application on top: grouped, undetermined and suppressed findings, and gaps.
fn two_ecosystems() -> Report {
    let mut report = empty("registry.example:5000/team/app:1.2");
    let subject = &mut report.inventory.subject;
    subject.layers[1].dockerfile = Some(DockerfileLine { file: "Dockerfile".into(), line: 12 });
    subject.base = Some(BaseImage { name: Some("alpine:3.18".into()), digest: None, layers: Some(1) });
    subject.image.history = vec![
        step("ADD rootfs.tar /", Made::Layer(0)),
        step("ENV TOKEN=…", Made::Nothing),
        step("RUN /bin/sh -c npm ci # buildkit", Made::Layer(1)),
    ];
    report.inventory.packages = vec![
        package(Ecosystem::Apk, "libcrypto3", "3.1.0-r0", "lib/apk/db/installed", BASE_LAYER),
        package(Ecosystem::Apk, "libssl3", "3.1.0-r0", "lib/apk/db/installed", BASE_LAYER),
        package(Ecosystem::Npm, "demo", "1.0.0", "srv/node_modules/demo/package.json", TOP_LAYER),
        package(Ecosystem::Npm, "odd", "one-point-oh", "srv/node_modules/odd/package.json", TOP_LAYER),
        package(Ecosystem::PyPi, "listed", "2.0", "usr/lib/python3/listed.dist-info/METADATA", TOP_LAYER),
    ];
    report.inventory.packages[4].owner = Some(PackageIndex(0));
    let copy = Location::new("opt/node_modules/demo/package.json").in_layer(Some(TOP_LAYER.into()));
    report.inventory.packages[2].locations.push(copy);
    report.inventory.packages[2].locations.sort();
    let mut exploited = finding("CVE-2023-0002", 2, Severity::Critical);
    exploited.aliases = ["GHSA-xxxx-yyyy-zzzz".into()].into();
    exploited.evidence[0].aliases.clone_from(&exploited.aliases);
    exploited.decoration.title = Some("Demo runs what it is given".into());
    exploited.decoration.epss = Some(Epss { score: 0.9321, percentile: 0.998 });
    exploited.decoration.kev =
        Some(Kev { added: "2023-03-01".into(), due: Some("2023-03-22".into()), ransomware: true });
    exploited.decoration.cvss = vec![Cvss {
        vector: CvssVector {
            source: "GHSA-xxxx-yyyy-zzzz".into(),
            vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H".into(),
            score: None,
        },
        version: "3.1".into(),
        score: 9.8,
    }];
    exploited.decoration.stated = vec![StatedSeverity {
        provider: "ghsa".into(),
        record: "GHSA-xxxx-yyyy-zzzz".into(),
        word: "CRITICAL".into(),
        level: Severity::Critical,
    }];
    exploited.decoration.unread_cvss =
        vec![CvssVector { source: "somebody".into(), vector: String::new(), score: Some("9.1".into()) }];
    exploited.decoration.labels = Label::ALL.to_vec();
    exploited.decoration.references = vec!["https://example.com/advisories/2".into()];
    exploited.decoration.risk = 100.0;
    let in_openssl = |package| {
        let mut finding = finding("CVE-2023-0001", package, Severity::Medium);
        finding.fix = Fix::new(FixState::Fixed, vec!["3.1.0-r1".into()]);
        finding.decoration.epss = Some(Epss { score: 0.0004, percentile: 0.1 });
        finding.decoration.risk = 0.02;
        finding
    };
    let mut undetermined = finding("GHSA-aaaa-bbbb-cccc", 3, Severity::High);
    undetermined.verdict = Verdict::Undetermined { reason: UndeterminedReason::UnreadableVersion };
    let mut owned = finding("PYSEC-2023-9", 4, Severity::Unknown);
    owned.verdict = Verdict::NotAffected { because: NotAffectedReason::OwnedByDistroPackage };
    let suppression = Suppression {
        reason: "owned-by-distro-package".into(),
        source: "libcrypto3".into(),
        statement: None,
    };
    owned.suppressed = Some(suppression.into());
    report.findings = vec![exploited, in_openssl(0), in_openssl(1), undetermined, owned];
    report.coverage.gaps = vec![Gap::new(
        GapKind::UNREADABLE_FILE,
        "srv/node_modules/broken/package.json",
        "ends in the middle",
    )];
    report.snapshot.namespaces.push(stamp("npm", "2023-06-01T00:00:00Z", 1_234_567));
    counted(report)
}

fn step(created_by: &str, made: Made) -> HistoryEntry {
    HistoryEntry { created_by: created_by.into(), made, ..HistoryEntry::default() }
}

/// Names that try to move the cursor, to turn text round, and to become markup or addresses.
fn hostile() -> Report {
    let mut report = empty("evil\u{1b}]0;title\u{7}/..//\u{202e}gpj.exe:latest");
    let name = "a\u{1b}[2J\u{202e}b\u{9b}31m{0}[x](https://example.com)<img src=x>\n| c @team";
    report.inventory.packages =
        vec![package(Ecosystem::Npm, name, "1.0\u{200b}\r\n", "../../etc/pass wd\u{1b}[0m:1", BASE_LAYER)];
    let mut one = finding("CVE-2023-0003\u{1b}[8m", 0, Severity::High);
    one.decoration.title =
        Some("<script>alert(1)</script> **bold** \u{2066}{1} [l](javascript:x)\n# head".into());
    one.decoration.references = vec![
        "javascript:alert(1)".into(),
        "https://example.com/a b".into(),
        "https://example.com/>\u{202e}".into(),
        "https://example.com/good".into(),
    ];
    one.fix = Fix::new(FixState::Fixed, vec!["2\u{1b}[1m".into()]);
    report.findings = vec![one];
    report.coverage.gaps = vec![Gap::new(GapKind::from_word("od\u{7f}d"), "pl\u{1b}ace", "de\u{85}tail {0}")];
    counted(report)
}

/// A release that no feed knows.
fn no_feed() -> Report {
    let mut report = empty("old.tar");
    report.inventory.distro =
        Some(Distro { id: "alpine".into(), version: Some("2.1".into()), ..Distro::default() });
    report.inventory.packages =
        vec![package(Ecosystem::Apk, "musl", "0.1", "lib/apk/db/installed", BASE_LAYER)];
    report.snapshot = SnapshotStamp::default();
    report.coverage.unmatched = vec![Unmatched {
        reason: UnmatchedReason::NoFeed,
        namespace: Namespace::distro("alpine", "2.1"),
        packages: 1,
    }];
    report.coverage.gaps = vec![Gap::new(GapKind::ENDED_DISTRO, "alpine:2.1", "support ended 2012-11-01")];
    counted(report)
}

/// A kernel in several packages, and runtimes with an end of support that is over, to come, and not known.
fn kernel_and_runtimes() -> Report {
    let mut report = empty("machine:1");
    report.inventory.packages = vec![
        package(Ecosystem::Rpm, "kernel", "5.14.0-1.el9", "var/lib/rpm/rpmdb.sqlite", BASE_LAYER),
        package(Ecosystem::Rpm, "kernel-core", "5.14.0-1.el9", "var/lib/rpm/rpmdb.sqlite", BASE_LAYER),
        package(Ecosystem::Generic, "python", "3.7.17", "usr/local/bin/python3.7", TOP_LAYER),
        package(Ecosystem::Generic, "node", "20.2.0", "usr/local/bin/node", TOP_LAYER),
        package(Ecosystem::Generic, "ruby", "3.99.0", "usr/local/bin/ruby", TOP_LAYER),
    ];
    let mut one = finding("CVE-2023-0001", 0, Severity::High);
    one.packages.push(PackageIndex(1));
    one.decoration.labels = vec![Label::NotLoaded];
    report.findings = vec![one];
    let runtime = |name: &str, version: &str, end: Option<&str>| Runtime {
        name: name.into(),
        version: version.into(),
        end_of_life: end.map(str::to_owned),
    };
    report.coverage.runtimes = vec![
        runtime("nodejs", "20.2.0", Some("2026-04-30")),
        runtime("python", "3.7.17", Some("2023-06-01")),
        runtime("ruby", "3.99.0", None),
    ];
    let detail = "support ended on 2023-06-01; what is found in it since is not fixed";
    report.coverage.gaps = vec![Gap::new(GapKind::ENDED_RUNTIME, "python 3.7.17", detail)];
    counted(report)
}

/// A clean image.
fn nothing_found() -> Report {
    let mut report = empty("app@sha256:00ff");
    report.inventory.packages = vec![
        package(Ecosystem::Apk, "musl", "1.2.4-r2", "lib/apk/db/installed", BASE_LAYER),
        package(Ecosystem::Apk, "zlib", "1.2.13-r1", "lib/apk/db/installed", BASE_LAYER),
    ];
    counted(report)
}

/// `n` findings with texts that do not compress and are as long as is written, or longer.
pub(crate) fn many(n: usize) -> Report {
    let mut random = testkit::mutate::Random::new(7);
    // 62 characters that stay as they are in JSON, in URIs and in Markdown.
    let letters: Vec<char> = ('0'..='9').chain('A'..='Z').chain('a'..='z').collect();
    let mut noise = |length: usize| -> String { (0..length).map(|_| letters[random.below(62)]).collect() };
    let mut report = empty("big:1");
    for index in 0..n {
        let path = format!("{}/{index}", noise(300));
        report.inventory.packages.push(package(Ecosystem::Npm, &noise(150), &noise(100), &path, BASE_LAYER));
        let id = format!("CVE-2023-{index:06}-{}", noise(40));
        let mut one = finding(&id, u32::try_from(index).unwrap(), Severity::ALL[index % 7]);
        one.decoration.title = Some(noise(250));
        one.decoration.references = (0..4).map(|_| format!("https://example.com/{}", noise(140))).collect();
        one.aliases = (0..6).map(|_| noise(60).into()).collect();
        one.fix = Fix::new(FixState::Fixed, vec![noise(100).into()]);
        one.decoration.risk = (n - index) as f64 / n as f64;
        report.findings.push(one);
    }
    counted(report)
}

/// A report of nothing, of an image called `name`.
pub(crate) fn empty(name: &str) -> Report {
    Report {
        as_of: "2023-06-02T00:00:00Z".parse().unwrap(),
        sbom_digest: format!("sha256:{}", "5b".repeat(32)),
        inventory: Inventory {
            subject: Subject {
                name: name.into(),
                digest: Some(format!("sha256:{}", "1d".repeat(32))),
                platform: Some("linux/amd64".into()),
                layers: vec![SubjectLayer::new(BASE_LAYER), SubjectLayer::new(TOP_LAYER)],
                ..Subject::default()
            },
            distro: Some(Distro { id: "alpine".into(), version: Some("3.18.0".into()), ..Distro::default() }),
            ..Inventory::default()
        },
        snapshot: SnapshotStamp {
            id: "0123456789abcdef".into(),
            created: Some("2023-06-01T12:00:00Z".parse().unwrap()),
            namespaces: vec![stamp("alpine:3.18", "2023-05-30T06:00:00Z", 4_321)],
        },
        vex: VexUse::default(),
        coverage: Coverage::default(),
        findings: Vec::new(),
        risk: RiskWeights::default(),
    }
}

fn stamp(name: &str, data_as_of: &str, records: u64) -> NamespaceStamp {
    NamespaceStamp {
        name: Namespace::new(name),
        data_as_of: Some(data_as_of.parse().unwrap()),
        records,
        end_of_life: None,
    }
}

/// With the numbers of its coverage made to agree.
fn counted(mut report: Report) -> Report {
    let unmatched: usize = report.coverage.unmatched.iter().map(|one| one.packages).sum();
    report.coverage.packages = report.inventory.packages.len();
    report.coverage.matched = report.coverage.packages - unmatched;
    report
}

pub(crate) fn package(ecosystem: Ecosystem, name: &str, version: &str, path: &str, layer: &str) -> Package {
    let purl = model::purl::Purl::new(ecosystem.purl_type().unwrap(), name).with_version(version).to_string();
    let location = Location::new(path).in_layer(Some(layer.into()));
    Package { locations: vec![location], ..Package::new(ecosystem, name, version, purl) }
}

/// An affected finding in the package at `index`, without a fix.
pub(crate) fn finding(id: &str, index: u32, level: Severity) -> Finding {
    let source = if level == Severity::Unknown { "" } else { "osv" };
    Finding {
        id: id.into(),
        aliases: Default::default(),
        packages: [PackageIndex(index)].as_slice().into(),
        verdict: Verdict::Affected,
        fix: Fix::new(FixState::NotFixed, Vec::new()),
        evidence: vec![Evidence {
            record: id.into(),
            aliases: Default::default(),
            provider: "osv".into(),
            namespace: Namespace::new("npm"),
            range: ">= 0".into(),
            compared: "1.0.0".into(),
            match_type: MatchType::Direct,
            confidence: 1.0,
        }],
        row_severity: None,
        suppressed: None,
        decoration: Decoration { severity: Rating { level, source: source.into() }, ..Decoration::default() }
            .into(),
    }
}

pub(crate) fn rendered(
    format: &str,
    report: &Report,
    judgement: &Judgement,
    options: &RenderOptions<'_>,
) -> String {
    let mut out = Vec::new();
    by_name(format).unwrap().render(report, judgement, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

pub(crate) fn parsed(format: &str, report: &Report, fail_on: Option<&str>) -> serde_json::Value {
    serde_json::from_str(&rendered(format, report, &judgement(report, fail_on), &OPTIONS)).unwrap()
}

/// The folder of cases of a format.
pub(crate) fn testdata(format: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(format)
}

/// Compares with `testdata/<format>/<case>/<file>`; a sentence when they differ. The text that was found is then
/// written to the folder for temporary files, from where it can be copied once it was read and found right.
pub(crate) fn difference(format: &str, case: &str, file: &str, found: &str) -> Option<String> {
    let expected = testdata(format).join(case).join(file);
    if fs::read_to_string(&expected).is_ok_and(|text| text == found) {
        return None;
    }
    let kept = env::temp_dir().join("plimsoll-report-found").join(format).join(case).join(file);
    fs::create_dir_all(kept.parent().unwrap()).unwrap();
    fs::write(&kept, found).unwrap();
    Some(format!("{} differs from what was found, {}", expected.display(), kept.display()))
}
