//! How much memory the largest feeds take when they are read at the size of the real world.
//!
//! The corpora are made here, record by record, and read by a process of their own, whose peak is that of a sync of the
//! feed and nothing else. How many products and versions a record has is spread as in real samples.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use advisory_db::FeedsDir;
use anyhow::{Context as _, Result, bail, ensure};
use feeds_sync::engine::{NoProgress, SyncOptions, sync};
use feeds_sync::schedule::MaxAge;
use feeds_sync::selection::{Named, Selection};
use fetch::fetcher::{FetchOptions, Fetcher};
use fetch::origin::Origin;
use flate2::Compression;
use flate2::write::GzEncoder;
use model::limits::Limits;
use rawzip::ZipArchiveWriter;
use serde_json::{Value, json};
use testkit::mutate::Random;
use testkit::zip::Packing;

/// The time that stands for now; the archive of the CVE list bears its day.
const NOW: &str = "2025-12-30T12:00:00Z";

/// Records of NVD at the end of 2025 (feeds.md A22, measured), of the CVE list, and of Ubuntu.
const NVD_RECORDS: usize = 381_874;
const CVE_LIST_RECORDS: usize = 300_000;
const UBUNTU_RECORDS: usize = 45_000;

/// Records of OSV.dev of npm, nearly all of them of malicious packages.
const NPM_RECORDS: usize = 230_000;

/// Records of NVD whose products are replaced.
const OVERRIDES: usize = 20_000;

/// Makes the corpus of `provider`, reads it in another process, and prints what that took.
pub(crate) fn measure(provider: &str) -> Result<()> {
    let dir = tempfile::tempdir().context("cannot make a directory")?;
    make(provider, &dir.path().join("mirror"))?;
    for what in ["first", "again"] {
        let program = std::env::current_exe().context("the program has no path")?;
        let status = Command::new(program).args(["feed-memory", "read", provider]).arg(dir.path()).status();
        ensure!(status.context("cannot start the reader")?.success(), "the reader failed");
        if what == "first" {
            // A part of the documents is new, so that all of them are read again beside what is held.
            touch(provider, &dir.path().join("mirror"))?;
        }
    }
    Ok(())
}

/// Reads the corpus of `provider` below `dir`, and prints the peak of this process.
pub(crate) fn read(provider: &str, dir: &Path) -> Result<()> {
    let feeds = FeedsDir::open(&dir.join("feeds"));
    let origin = Origin::MirrorDir(dir.join("mirror"));
    let fetcher = Fetcher::new(FetchOptions { origin, ..FetchOptions::default() });
    let only = [if provider == "npm" { "osv:npm".to_owned() } else { provider.to_owned() }];
    let options = SyncOptions {
        selection: Selection::Only(&only),
        named: Named::NONE,
        max_age: MaxAge::ZERO,
        now: NOW.parse().context("a time")?,
        jobs: 2,
        limits: &Limits::default(),
        loss_percent_max: 100,
    };
    let begun = Instant::now();
    let report = sync(&feeds, &fetcher, &options, &NoProgress)?;
    println!(
        "{provider}: {} records read and written in {:.0} s, peak {} MB; {} gaps",
        report.sources.iter().map(|source| source.records).max().unwrap_or(0),
        begun.elapsed().as_secs_f64(),
        crate::sbom_speed::peak_kilobytes()? / 1000,
        report.gaps.len()
    );
    Ok(())
}

/// Makes the corpus of `provider` below `mirror`.
pub(crate) fn make(provider: &str, mirror: &Path) -> Result<()> {
    match provider {
        "nvd" => nvd(mirror),
        "cve-list" => cve_list(mirror, CVE_LIST_RECORDS),
        "ubuntu" => ubuntu(mirror, UBUNTU_RECORDS),
        "npm" => npm(mirror, NPM_RECORDS),
        _ => bail!("there is a corpus of nvd, ubuntu, cve-list and npm"),
    }
}

/// Makes one of the documents another.
fn touch(provider: &str, mirror: &Path) -> Result<()> {
    match provider {
        "nvd" => nvd_file(mirror, "2002", &mut Random::new(77), 0, 1_000),
        "cve-list" => cve_list(mirror, CVE_LIST_RECORDS - 1),
        "npm" => npm(mirror, NPM_RECORDS - 1),
        _ => ubuntu(mirror, UBUNTU_RECORDS - 1),
    }
}

/// A file below the mirror, and the directories above it.
fn create(mirror: &Path, place: &str) -> Result<BufWriter<File>> {
    let path = mirror.join(place);
    fs::create_dir_all(path.parent().context("a place has a directory")?)?;
    Ok(BufWriter::new(File::create(&path).with_context(|| format!("cannot write `{}`", path.display()))?))
}

/// NVD: a file a year, each larger than the one before.
fn nvd(mirror: &Path) -> Result<()> {
    let mut random = Random::new(1);
    let weights: Vec<usize> = (0..24).map(|year| 300 + year * 74).collect();
    let sum: usize = weights.iter().sum();
    let mut n_made = 0;
    for (year, weight) in (2002..).zip(&weights) {
        let n_records = if year == 2025 { NVD_RECORDS - n_made } else { NVD_RECORDS * weight / sum };
        nvd_file(mirror, &year.to_string(), &mut random, 0, n_records)?;
        n_made += n_records;
    }
    nvd_file(mirror, "modified", &mut random, 0, 0)?;
    overrides(mirror, &mut random)
}

/// What replaces the products of some records, which is held while all of them are read.
fn overrides(mirror: &Path, random: &mut Random) -> Result<()> {
    let place = "github.com/anchore/nvd-data-overrides/archive/refs/heads/main.tar.gz";
    let mut archive = tar::Builder::new(GzEncoder::new(create(mirror, place)?, Compression::fast()));
    for number in 0..OVERRIDES {
        let (year, id) = (2024 - number % 2, format!("CVE-{}-{}", 2024 - number % 2, 1_000 + number));
        let content =
            json!({"_annotation": {"cve_id": id}, "cve": {"configurations": configurations(random)}});
        append(&mut archive, &format!("nvd-data-overrides-main/data/{year}/{id}.json"), &content)?;
    }
    archive.into_inner()?.finish()?.flush()?;
    Ok(())
}

fn nvd_file(mirror: &Path, year: &str, random: &mut Random, first: usize, n_records: usize) -> Result<()> {
    let file = create(mirror, &format!("nvd.nist.gov/feeds/json/cve/2.0/nvdcve-2.0-{year}.json.gz"))?;
    let mut out = GzEncoder::new(file, Compression::fast());
    write!(
        out,
        r#"{{"resultsPerPage":{n_records},"startIndex":0,"totalResults":{n_records},"format":"NVD_CVE","version":"2.0","timestamp":"2025-12-30T03:00:00.000","vulnerabilities":["#
    )?;
    for number in 0..n_records {
        if number > 0 {
            out.write_all(b",")?;
        }
        serde_json::to_writer(&mut out, &json!({"cve": nvd_record(year, first + number, random)}))?;
    }
    out.write_all(b"]}")?;
    out.finish()?.flush()?;
    Ok(())
}

fn nvd_record(year: &str, number: usize, random: &mut Random) -> Value {
    let words = 25 + random.below(65);
    let description = text(words, random);
    let references: Vec<Value> = (0..1 + random.below(6))
        .map(|place| {
            let url = format!("https://security.example/{year}/{number}/{place}");
            json!({"url": url, "source": "cve@mitre.org", "tags": ["Patch", "Vendor Advisory"]})
        })
        .collect();
    let metric = |kind: &str, source: &str| {
        json!({"source": source, "type": kind, "cvssData": {"version": "3.1",
        "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:N", "baseScore": 8.1, "baseSeverity": "HIGH"},
        "exploitabilityScore": 2.8, "impactScore": 5.2})
    };
    let mut record = json!({
        "id": format!("CVE-{year}-{:04}", 1_000 + number), "sourceIdentifier": "cve@mitre.org",
        "published": "2025-01-01T12:00:00.000", "lastModified": "2025-06-01T12:00:00.000", "vulnStatus": "Modified",
        "cveTags": [], "descriptions": [{"lang": "en", "value": description},
            {"lang": "es", "value": description.chars().rev().collect::<String>()}],
        "metrics": {"cvssMetricV31": [metric("Primary", "nvd@nist.gov"), metric("Secondary", "cna@vendor.example")]},
        "weaknesses": [{"source": "nvd@nist.gov", "type": "Primary",
            "description": [{"lang": "en", "value": format!("CWE-{}", random.below(900))}]}],
        "references": references,
    });
    if random.below(10) < 7 {
        record["configurations"] = configurations(random);
    }
    record
}

/// Versions of a product, most often one range; sometimes of several products, and sometimes on a platform.
fn configurations(random: &mut Random) -> Value {
    let n_products = [1, 1, 1, 1, 1, 1, 2, 2, 2, 3][random.below(10)];
    let n_matches = match random.below(10_000) {
        0 => 2_500,
        1..=10 => 75,
        11..=110 => 54,
        111..=1_000 => 7 + random.below(4),
        1_001..=3_500 => 2,
        _ => 1,
    };
    let mut matches = Vec::new();
    for _ in 0..n_products {
        let product = product(random);
        for _ in 0..n_matches {
            let end = format!("{}.{}.{}", random.below(20), random.below(30), random.below(40));
            matches.push(
                json!({"vulnerable": true, "criteria": format!("cpe:2.3:a:{product}:*:*:*:*:*:*:*:*"),
                "versionStartIncluding": "1.0.0", "versionEndExcluding": end,
                "matchCriteriaId": format!("00000000-0000-0000-0000-{:012}", random.below(1_000_000))}),
            );
        }
    }
    let mut nodes = vec![json!({"operator": "OR", "negate": false, "cpeMatch": matches})];
    if random.below(20) > 0 {
        return json!([{"nodes": nodes}]);
    }
    let criteria = format!("cpe:2.3:h:{}:-:*:*:*:*:*:*:*", product(random));
    nodes.push(
        json!({"operator": "OR", "negate": false, "cpeMatch": [{"vulnerable": false, "criteria": criteria,
        "matchCriteriaId": "00000000-0000-0000-0000-000000000000"}]}),
    );
    json!([{"operator": "AND", "nodes": nodes}])
}

/// A vendor and one of its products.
fn product(random: &mut Random) -> String {
    let spread = random.below(1_000_000) as f64 / 1e6;
    let number = (spread * spread * 60_000.0) as usize;
    format!("vendor_{}:product_{number}", number / 4)
}

/// OSV.dev of npm: an archive of small records, each of a package of its own.
fn npm(mirror: &Path, n_records: usize) -> Result<()> {
    let mut random = Random::new(4);
    let place = "osv-vulnerabilities.storage.googleapis.com/npm/all.zip";
    let mut archive = ZipArchiveWriter::new(create(mirror, place)?);
    for number in 0..n_records {
        let id = format!("MAL-2025-{number}");
        let (words, n_versions) = (60 + random.below(60), 1 + random.below(4));
        let versions: Vec<String> = (0..n_versions).map(|minor| format!("1.{minor}.0")).collect();
        let name = format!("package-{}-{number}", random.below(10_000));
        let origin = json!({"source": "acme", "sha256": format!("{number:064x}"), "versions": versions,
            "import_time": "2025-01-01T12:00:00.000000Z", "modified_time": "2025-01-01T12:00:00Z"});
        let record = json!({"schema_version": "1.7.4", "id": id, "modified": "2025-06-01T12:00:00Z",
            "published": "2025-01-01T12:00:00Z", "summary": format!("Malicious code in {name} (npm)"),
            "details": text(words, &mut random), "affected": [{"package": {"name": name, "ecosystem": "npm",
                "purl": format!("pkg:npm/{name}")}, "versions": versions, "database_specific": {"source": "https://osv.example/"}}],
            "references": [{"type": "WEB", "url": format!("https://security.example/{id}")}],
            "credits": [{"name": "Acme: malware analysis", "type": "FINDER", "contact": ["https://acme.example/"]}],
            "database_specific": {"malicious-packages-origins": [origin]}});
        let bytes = serde_json::to_vec(&record)?;
        testkit::zip::add(&mut archive, &format!("{id}.json"), &bytes, Packing::Deflated)?;
    }
    archive.finish()?.flush()?;
    Ok(())
}

/// The CVE list: an archive in an archive with a file for each record.
fn cve_list(mirror: &Path, n_records: usize) -> Result<()> {
    let inside = tempfile::NamedTempFile::new()?;
    let mut random = Random::new(2);
    let mut archive = ZipArchiveWriter::new(BufWriter::new(File::create(inside.path())?));
    for number in 0..n_records {
        let (year, number) = (2000 + number % 26, 1_000 + number / 26);
        let record = cve_record(&format!("CVE-{year}-{number}"), &mut random);
        let place = format!("cves/{year}/{}xxx/CVE-{year}-{number}.json", number / 1_000);
        let bytes = serde_json::to_vec_pretty(&record)?;
        testkit::zip::add(&mut archive, &place, &bytes, Packing::Deflated)?;
    }
    archive.finish()?.flush()?;
    let day = "2025-12-30";
    let place = format!(
        "github.com/CVEProject/cvelistV5/releases/download/cve_{day}_0000Z/{day}_all_CVEs_at_midnight.zip.zip"
    );
    let mut outer = ZipArchiveWriter::new(create(mirror, &place)?);
    testkit::zip::add(&mut outer, "cves.zip", &fs::read(inside.path())?, Packing::Stored)?;
    outer.finish()?.flush()?;
    Ok(())
}

fn cve_record(id: &str, random: &mut Random) -> Value {
    let metadata = |state: &str| {
        json!({"cveId": id, "assignerOrgId": "00000000-0000-4000-9000-000000000000",
        "assignerShortName": "vendor", "state": state, "datePublished": "2025-01-01T12:00:00.000Z",
        "dateUpdated": "2025-06-01T12:00:00.000Z"})
    };
    let provider = json!({"orgId": "00000000-0000-4000-9000-000000000000", "shortName": "vendor", "dateUpdated": "2025-06-01T12:00:00Z"});
    if random.below(20) == 0 {
        return json!({"dataType": "CVE_RECORD", "dataVersion": "5.1", "cveMetadata": metadata("REJECTED"),
            "containers": {"cna": {"providerMetadata": provider, "rejectedReasons": [{"lang": "en", "value": "Not used."}]}}});
    }
    let words = 25 + random.below(65);
    let description = text(words, random);
    let affected: Vec<Value> = (0..[1, 1, 1, 1, 2, 2, 3][random.below(7)])
        .map(|_| {
            let product = product(random);
            let (vendor, product) = product.split_once(':').unwrap_or_default();
            let versions: Vec<Value> = (0..[1, 1, 1, 2, 3, 4, 8, 20][random.below(8)])
                .map(|line| {
                    json!({"version": format!("{line}.0"), "lessThan": format!("{line}.{}", random.below(60)),
                    "status": "affected", "versionType": "semver"})
                })
                .collect();
            json!({"vendor": vendor, "product": product, "defaultStatus": "unaffected", "versions": versions,
                "platforms": ["Linux"]})
        })
        .collect();
    let references: Vec<Value> = (0..1 + random.below(6))
        .map(|place| json!({"url": format!("https://security.example/{id}/{place}"), "tags": ["vendor-advisory"]}))
        .collect();
    let cvss = json!({"version": "3.1", "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:N", "baseScore": 8.1,
        "baseSeverity": "HIGH"});
    json!({"dataType": "CVE_RECORD", "dataVersion": "5.1", "cveMetadata": metadata("PUBLISHED"), "containers": {
        "cna": {"providerMetadata": provider, "title": description.chars().take(60).collect::<String>(),
            "descriptions": [{"lang": "en", "value": description}], "affected": affected, "metrics": [{"cvssV3_1": cvss}],
            "problemTypes": [{"descriptions": [{"lang": "en", "type": "CWE", "cweId": "CWE-79", "description": "CWE-79"}]}],
            "references": references},
        "adp": [{"providerMetadata": provider, "title": "CISA ADP Vulnrichment", "metrics": [{"other": {"type": "ssvc",
            "content": {"id": id, "options": [{"Exploitation": "none"}, {"Automatable": "no"}]}}}]}]}})
}

/// The releases of Ubuntu with updates: as OSV names them, and as package URLs do.
const UBUNTU_RELEASES: [(&str, &str); 8] = [
    ("14.04:LTS", "trusty"),
    ("16.04:LTS", "xenial"),
    ("18.04:LTS", "bionic"),
    ("20.04:LTS", "focal"),
    ("22.04:LTS", "jammy"),
    ("24.04:LTS", "noble"),
    ("25.10", "questing"),
    ("26.04:LTS", "resolute"),
];

/// Ubuntu: an archive of records and one of statements about the same CVEs.
fn ubuntu(mirror: &Path, n_records: usize) -> Result<()> {
    let mut random = Random::new(3);
    let host = "security-metadata.canonical.com";
    let archive = |place: &str| -> Result<tar::Builder<zstd::Encoder<'static, BufWriter<File>>>> {
        Ok(tar::Builder::new(zstd::Encoder::new(create(mirror, &format!("{host}/{place}"))?, 1)?))
    };
    let (mut records, mut statements) = (archive("osv/osv-all.tar.xz")?, archive("vex/vex-all.tar.xz")?);
    for number in 0..n_records {
        let words = 60 + random.below(40);
        let description = text(words, &mut random);
        let name = format!("pkg{}", number % 900);
        let record = ubuntu_record(number, &name, &description);
        append(&mut records, &format!("osv/cve/2025/UBUNTU-CVE-2025-{number:05}.json"), &record)?;
        let statement = ubuntu_statement(number, &name, &description);
        append(&mut statements, &format!("vex/cve/2025/CVE-2025-{number:05}.json"), &statement)?;
    }
    for archive in [records, statements] {
        archive.into_inner()?.finish()?.flush()?;
    }
    Ok(())
}

fn append<W: Write>(archive: &mut tar::Builder<W>, place: &str, content: &Value) -> Result<()> {
    let bytes = serde_json::to_vec(content)?;
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    Ok(archive.append_data(&mut header, PathBuf::from(place), bytes.as_slice())?)
}

fn ubuntu_record(number: usize, name: &str, description: &str) -> Value {
    let updates = UBUNTU_RELEASES.iter().map(|(release, code)| {
        let versions: Vec<String> = (0..8).map(|version| format!("1.{version}-1ubuntu{number}")).collect();
        let binary = |place: usize| json!({"binary_name": format!("lib{name}-{place}"),
            "binary_version": format!("1.{number}-0ubuntu1")});
        json!({"package": {"ecosystem": format!("Ubuntu:{release}"), "name": name,
                "purl": format!("pkg:deb/ubuntu/{name}@1.{number}?arch=source&distro={code}")},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": format!("1.{number}-0ubuntu1")}]}],
            "versions": versions, "ecosystem_specific": {"availability": "No subscription required",
                "binaries": (0..6).map(binary).collect::<Vec<_>>()}})
    });
    let pro = UBUNTU_RELEASES[..5].iter().map(|(release, _)| {
        json!({"package": {"ecosystem": format!("Ubuntu:Pro:{release}"), "name": name},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]})
    });
    let link = |place: usize| json!({"type": "REPORT", "url": format!("https://ubuntu.com/security/CVE-2025-{number}/{place}")});
    json!({"schema_version": "1.7.0", "id": format!("UBUNTU-CVE-2025-{number:05}"), "details": description,
        "upstream": [format!("CVE-2025-{number:05}")], "related": [format!("USN-{number}-1")],
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:L/I:L/A:H"},
            {"type": "Ubuntu", "score": "medium"}],
        "published": "2025-06-01T00:00:00Z", "modified": "2025-06-02T00:00:00Z",
        "references": (0..5).map(link).collect::<Vec<_>>(), "affected": updates.chain(pro).collect::<Vec<_>>()})
}

fn ubuntu_statement(number: usize, name: &str, description: &str) -> Value {
    let mut products = Vec::new();
    for (_, code) in UBUNTU_RELEASES {
        for place in 0..25 {
            let arch = if place == 0 { "source" } else { "amd64" };
            products
                .push(json!({"@id": format!("pkg:deb/ubuntu/{name}@1.{place}?arch={arch}&distro={code}")}));
        }
    }
    let status = if number.is_multiple_of(3) { "affected" } else { "not_affected" };
    json!({"@context": "https://openvex.dev/ns/v0.2.0", "author": "Canonical Ltd.", "timestamp": "2026-05-20T15:02:47Z",
        "version": 5, "statements": [{"vulnerability": {"name": format!("CVE-2025-{number:05}"), "description": description},
            "timestamp": "2025-06-01T00:00:00Z", "products": products, "status": status,
            "action_statement": "This package needs fixing."}]})
}

/// So many words; no two texts are alike, and none is compressed to nothing.
fn text(words: usize, random: &mut Random) -> String {
    const WORDS: [&str; 16] = [
        "overflow",
        "in",
        "the",
        "parser",
        "of",
        "crafted",
        "input",
        "allows",
        "remote",
        "attackers",
        "to",
        "read",
        "memory",
        "via",
        "before",
        "a",
    ];
    let mut text = String::with_capacity(words * 7);
    for _ in 0..words {
        match random.below(5) {
            0 => text.push_str(&format!("{:x}", random.below(1 << 24))),
            _ => text.push_str(WORDS[random.below(WORDS.len())]),
        }
        text.push(' ');
    }
    text
}
