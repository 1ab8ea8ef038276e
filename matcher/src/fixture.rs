//! Packages, rows and findings as text, for tests.

use std::collections::BTreeMap;

use model::advisory::{
    AdvisorySet, Affected, AffectedRange, Conditions, CpeBounds, Events, FixState, Import, Platform,
    RangeEvent, RecordKind, RecordState, Row, SeverityWord, Status,
};
use model::distro::Distro;
use model::ecosystem::Ecosystem;
use model::facts::{CoverageClass, FeedFacts, NamespaceFacts};
use model::finding::{Finding, Verdict};
use model::inventory::{Inventory, Subject};
use model::key::{Namespace, PackageKey};
use model::package::{Mark, Package, PackageIndex, PackageKind, SourcePackage};
use model::severity::Severity;
use model::text::ShortText;

use crate::{Besides, Fallback, cases, cases_with, consulted_keys, find};

/// Facts of the namespaces that the tests use.
pub(crate) fn facts() -> FeedFacts {
    let mut namespaces = BTreeMap::new();
    let mut add = |coverage, names: &[&str]| {
        for name in names {
            let providers = vec!["somebody".to_owned()];
            let facts = NamespaceFacts { coverage, providers, end_of_life: None };
            namespaces.insert(Namespace::new(*name), facts);
        }
    };
    add(CoverageClass::FixOnly, &["alpine:3.19", "alpine:3.20", "alpine:edge"]);
    add(CoverageClass::Complete, &["debian:11", "debian:12", "debian:unstable", "ubuntu:22.04"]);
    add(CoverageClass::Complete, &["redhat:8", "redhat:9", "redhat:10", "sles:15.6"]);
    add(CoverageClass::FixOnly, &["almalinux:9", "amazon:2", "oracle:8"]);
    add(CoverageClass::FixOnly, &["cargo", "golang", "homebrew", "maven", "npm", "nuget", "pub", "pypi"]);
    // As those built in: testing has a namespace, and an image of it is one of unstable.
    add(CoverageClass::Complete, &["debian:14"]);
    let codenames = [
        ("bullseye", "debian:11"),
        ("bookworm", "debian:12"),
        ("forky", "debian:unstable"),
        ("sid", "debian:unstable"),
        ("jammy", "ubuntu:22.04"),
    ];
    let codenames = codenames.map(|(codename, namespace)| (codename.to_owned(), Namespace::new(namespace)));
    FeedFacts { namespaces, codenames: codenames.into(), ..FeedFacts::default() }
}

/// A distribution written `debian 12`; words such as `codename=sid` set the other fields.
pub(crate) fn distro(text: &str) -> Option<Distro> {
    let mut words = text.split_whitespace();
    let mut distro = Distro { id: words.next()?.to_owned(), ..Distro::default() };
    for word in words {
        match word.split_once('=') {
            None => distro.version = Some(word.to_owned()),
            Some(("codename", codename)) => distro.codename = Some(codename.to_owned()),
            Some(("pretty", name)) => distro.pretty_name = Some(name.replace('+', " ")),
            Some(("name", name)) => distro.name = Some(name.replace('+', " ")),
            Some(("like", id)) => distro.id_like.push(id.to_owned()),
            Some(("repository", line)) => distro.repositories.push(line.replace('+', " ")),
            Some(_) => distro.hints.push(word.to_owned()),
        }
    }
    Some(distro)
}

/// Packages, one a line: `deb libdemo1 1.0-1+b1`, then `source=demo@1.0-1`, `owner=2` (the line, from 0),
/// `application`, `framework` (a shared one of .NET), `purl=…`, `arch=`, `module=`, `supplier=`, `imports=a,b`, `overridden=` (a purl), `cpe=a:acme:demo`,
/// `tool=` (who listed it). An empty version is written `-`.
pub(crate) fn packages(text: &str) -> Vec<Package> {
    lines(text).map(package).collect()
}

/// `a:acme:demo:1.0` as a whole name.
pub(crate) fn cpe(text: &str) -> String {
    let n_missing = 10 - text.matches(':').count();
    format!("cpe:2.3:{text}{}", ":*".repeat(n_missing))
}

/// `o:microsoft:windows,a:acme:base<2.0`: one of these; with `!` before it, none.
fn platform(text: &str) -> Platform {
    if let Some(rest) = text.strip_prefix('!') {
        return Platform::Not(Box::new(platform(rest)));
    }
    let leaf = |text: &str| {
        let (name, end) = text.split_once('<').map_or((text, None), |(name, end)| (name, Some(end.into())));
        let bounds = CpeBounds { criteria: cpe(name).into(), end_excluding: end, ..CpeBounds::default() };
        Platform::Product(bounds)
    };
    Platform::Any(text.split(',').map(leaf).collect())
}

fn package(line: &str) -> Package {
    let mut words = line.split_whitespace();
    let ecosystem = Ecosystem::from_name(words.next().unwrap());
    let name = words.next().unwrap();
    let version = match words.next().unwrap() {
        "-" => "",
        version => version,
    };
    let purl = format!("pkg:{ecosystem}/{name}@{version}");
    let mut package = Package::new(ecosystem, name, version, purl);
    package.cataloger = format!("{ecosystem}-db");
    for word in words {
        match word.split_once('=') {
            None if word == "application" => package.kind = PackageKind::Application,
            None if word == "framework" => package.marks.push(Mark::SharedFramework),
            None => panic!("unknown word {word}"),
            Some(("source", source)) => {
                let (name, version) = source.split_once('@').unwrap_or((source, ""));
                let version = (!version.is_empty()).then(|| version.into());
                package.source = Some(SourcePackage { name: name.to_owned(), version });
            }
            Some(("owner", owner)) => package.owner = Some(PackageIndex(owner.parse().unwrap())),
            Some(("purl", purl)) => package.purl = purl.to_owned(),
            Some(("arch", architecture)) => package.architecture = Some(architecture.to_owned()),
            Some(("overridden", framework)) => package.overridden_by = Some(framework.to_owned()),
            Some(("module", label)) => package.module = Some(label.to_owned()),
            Some(("supplier", name)) => package.supplier = Some(name.replace('+', " ")),
            Some(("tool", name)) => package.cataloger = name.to_owned(),
            Some(("cpe", name)) => package.cpes.push(cpe(name)),
            Some(("imports", paths)) => package.imports = paths.split(',').map(str::to_owned).collect(),
            Some((word, _)) => panic!("unknown word {word}"),
        }
    }
    package
}

/// A row: `debian:12|source|demo debian CVE-1,GHSA-1 >=0 <1.0`. The first id is the record's. Then ranges, a
/// new one after `or`: `>=` introduced, `<` fixed, `<=` last affected, `limit=`; and words: `never`, `holds-fix`, `all`,
/// `investigating`, `undetermined`, `withdrawn`, `rejected`, `=1.0` (a listed version), `severity=low`,
/// `reason=…`, `wont-fix`; and conditions: `module=`, `arch=x,y`, `flavour=`, `channel=`, `product=`, `line=`, `mark=`, `vendor=`,
/// `system=`, `target=`, `import=path@goos`, and `on=` a platform, all of several. A key may be `cpe|vendor:product`; then
/// `name=` is what its CPE says more.
pub(crate) fn row(line: &str) -> Row {
    let mut words = line.split_whitespace();
    let key = words.next().unwrap();
    let key = match key.strip_prefix("cpe|").map(|name| name.split_once(':').unwrap()) {
        Some((vendor, product)) => PackageKey::of_cpe(vendor, product),
        None => key.parse().unwrap(),
    };
    let provider = words.next().unwrap();
    let mut ids = words.next().unwrap().split(',').map(ShortText::from);
    let mut row = Row {
        provider: provider.into(),
        record: ids.next().unwrap(),
        kind: RecordKind::Vulnerability,
        aliases: ids.collect(),
        state: RecordState::Published,
        affected: Affected { fix_state: FixState::NotFixed, ..Affected::new(key, Status::Affected) },
    };
    row.aliases.sort();
    let mut events = Events::new();
    let mut conditions = Conditions::default();
    for word in words {
        let affected = &mut row.affected;
        if word.split_once('=').is_some_and(|(name, value)| ask(&mut conditions, name, value)) {
            continue;
        }
        match word {
            "all" => {}
            "never" => affected.status = Status::NotAffected,
            "holds-fix" => affected.status = Status::Fixed,
            "investigating" => affected.status = Status::UnderInvestigation,
            "undetermined" => affected.status = Status::Undetermined,
            "withdrawn" => row.state = RecordState::Withdrawn,
            "rejected" => row.state = RecordState::Rejected,
            "wont-fix" => affected.fix_state = FixState::WontFix,
            "or" => affected.ranges.push(AffectedRange { events: std::mem::take(&mut events) }),
            _ => {
                if let Some(name) = word.strip_prefix("name=") {
                    affected.aside.name = Some(cpe(name).into());
                } else if let Some(version) = word.strip_prefix(">=") {
                    events.push(RangeEvent::Introduced(version.into()));
                } else if let Some(version) = word.strip_prefix("<=") {
                    events.push(RangeEvent::LastAffected(version.into()));
                } else if let Some(version) = word.strip_prefix('<') {
                    affected.fix_state = FixState::Fixed;
                    events.push(RangeEvent::Fixed(version.into()));
                } else if let Some(version) = word.strip_prefix("limit=") {
                    events.push(RangeEvent::Limit(version.into()));
                } else if let Some(word) = word.strip_prefix("severity=") {
                    let level = Severity::from_vendor_word(word).unwrap();
                    affected.aside.severity = Some(SeverityWord { word: word.to_owned(), level });
                } else if let Some(word) = word.strip_prefix("reason=") {
                    affected.aside.reason = Some(word.to_owned());
                } else {
                    affected.versions.push(word.strip_prefix('=').expect("a known word").into());
                }
            }
        }
    }
    if !events.is_empty() {
        row.affected.ranges.push(AffectedRange { events });
    }
    row.affected.versions.sort_by(|left, right| left.as_str().cmp(right.as_str()));
    row.affected.conditions = (!conditions.is_empty()).then(|| conditions.into());
    row
}

/// Takes a condition, if it is one.
fn ask(conditions: &mut Conditions, name: &str, value: &str) -> bool {
    let list = || value.split(',').map(Box::from).collect();
    match name {
        "module" => conditions.module = Some(value.into()),
        "arch" => conditions.architectures = list(),
        "flavour" => conditions.flavour = Some(value.into()),
        "channel" => conditions.channel = Some(value.into()),
        "product" => conditions.products = list(),
        "line" => conditions.line = Some(value.into()),
        "mark" => conditions.version_mark = Some(value.into()),
        "vendor" => conditions.vendor = Some(value.into()),
        "system" => conditions.systems = list(),
        "target" => conditions.target_software = Some(value.into()),
        "on" => match conditions.platform.take() {
            None => conditions.platform = Some(platform(value)),
            Some(other) => conditions.platform = Some(Platform::All(vec![other, platform(value)])),
        },
        "import" => {
            let (path, system) = value.split_once('@').unwrap_or((value, ""));
            let systems = if system.is_empty() { Vec::new() } else { vec![system.into()] };
            conditions.imports.push(Import { path: path.into(), systems, ..Import::default() });
        }
        _ => return false,
    }
    true
}

/// An inventory with its packages in the order written, so that a test can name them.
pub(crate) fn inventory(distro_text: &str, packages_text: &str) -> Inventory {
    Inventory {
        subject: Subject::default(),
        distro: distro(distro_text),
        packages: packages(packages_text),
        ..Inventory::default()
    }
}

/// Every key that the inventory consults is held; `rows` are one a line.
pub(crate) fn advisories(inventory: &Inventory, rows: &str) -> AdvisorySet {
    held(&cases(inventory, &facts()), rows)
}

/// Every key that `cases` consult is held; `rows` are one a line.
pub(crate) fn held(cases: &[crate::Case], rows: &str) -> AdvisorySet {
    let keys = consulted_keys(cases);
    let mut set = AdvisorySet { rows: keys.into_iter().map(|key| (key, Vec::new())).collect() };
    for row in lines(rows).map(row) {
        set.rows.entry(row.affected.key.clone()).or_default().push(row);
    }
    set
}

/// Findings as text, one a line: ids, package names, verdict, fix, and who overruled it.
pub(crate) fn text(findings: &[Finding], inventory: &Inventory) -> String {
    let line = |finding: &Finding| {
        let aliases: String = finding.aliases.iter().map(|id| format!(" {id}")).collect();
        let names: Vec<&str> =
            finding.packages.iter().map(|&index| inventory.package(index).name.as_str()).collect();
        let verdict = match &finding.verdict {
            Verdict::Affected => "affected".to_owned(),
            Verdict::NotAffected { because } => {
                let source = &finding.suppressed.as_ref().unwrap().source;
                format!("{} by {source}", because.as_str())
            }
            Verdict::Undetermined { reason } => reason.as_str().to_owned(),
        };
        let versions: String = finding.fix.versions.iter().map(|version| format!(" {version}")).collect();
        let fix = finding.fix.state.as_str();
        format!("{}{aliases} | {} | {verdict} | {fix}{versions}", finding.id, names.join(" "))
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Judges the packages against the rows and compares the findings as text.
#[track_caller]
pub(crate) fn check(distro: &str, packages: &str, rows: &str, expected: &str) {
    let inventory = inventory(distro, packages);
    let advisories = advisories(&inventory, rows);
    let findings = find(&cases(&inventory, &facts()), &advisories);
    assert_eq!(text(&findings, &inventory), lines(expected).collect::<Vec<_>>().join("\n"));
}

/// The same, with the fallback written `fallback`.
#[track_caller]
pub(crate) fn check_by_cpe(fallback: &str, distro: &str, packages: &str, rows: &str, expected: &str) {
    let inventory = inventory(distro, packages);
    let cases = cases_with(&inventory, &facts(), Besides::of(&self::fallback(fallback)));
    let findings = find(&cases, &held(&cases, rows));
    assert_eq!(text(&findings, &inventory), lines(expected).collect::<Vec<_>>().join("\n"));
}

/// As people write it, or `stated`.
pub(crate) fn fallback(text: &str) -> Fallback {
    if text == "stated" { Fallback::Stated } else { text.parse().unwrap() }
}

pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}
