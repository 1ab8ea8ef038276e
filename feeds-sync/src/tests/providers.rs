//! Every provider against the cases in `testdata/provider/<name>/<case>/`.
//!
//! A case holds the vendor's files under the vendor's names, `feed.txt` with the feed's name or namespace where
//! the provider has several, and `expected.txt`. The `.json` files of a case of an archive are packed into one; those of
//! a repository lie in the directories that they have there.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use model::advisory::{
    Affected, AffectedRange, Conditions, CvssVector, Import, Platform, PublishedFix, RangeEvent,
};
use model::version::VersionText;

use super::{feed, provider, read_calendar, read_named, read_table};
use crate::advisories::{Advisories, DailyTables, Remarks};
use crate::document::Document;
use crate::error::ParseError;
use crate::lifecycles::{Lifecycle, Lifecycles};
use crate::provider::{PROVIDERS, Parse, Provider};

#[test]
fn every_provider_reads_its_cases_as_expected() {
    for provider in PROVIDERS {
        for case in directories(&testdata(provider)) {
            let expected = fs::read_to_string(case.join("expected.txt")).unwrap_or_default();
            let actual = reading(provider, &case);
            assert_eq!(actual, expected, "{} reads so:\n{actual}", case.display());
        }
    }
}

#[test]
fn every_file_of_the_family_is_in_the_table_and_has_a_case() {
    let names: Vec<&str> = PROVIDERS.iter().map(|provider| provider.name).collect();
    let mut files: Vec<String> = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/provider"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().replace('_', "-"))
        .filter(|name| name != "mod")
        .collect();
    files.sort();
    assert_eq!(names, files, "PROVIDERS lists each file of src/provider/, sorted by name");
    for provider in PROVIDERS {
        assert!(!directories(&testdata(provider)).is_empty(), "{} has a case in testdata/", provider.name);
    }
}

#[test]
fn feeds_have_names_of_their_own_and_urls_that_a_mirror_can_hold() {
    for provider in PROVIDERS {
        let feeds = (provider.feeds)();
        let mut names: Vec<&str> = feeds.iter().map(|feed| feed.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), feeds.len(), "{}", provider.name);
        for source in feeds.iter().flat_map(|feed| &feed.sources) {
            fetch::origin::relative_path(&source.url).unwrap();
        }
    }
}

fn testdata(provider: &Provider) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/provider").join(provider.name)
}

fn directories(path: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(path)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    paths.sort();
    paths
}

/// What the provider reads in a case, as text.
pub(super) fn reading(provider: &Provider, case: &Path) -> String {
    let mut files: Vec<PathBuf> = fs::read_dir(case).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| !file.ends_with("expected.txt") && !file.ends_with("feed.txt"));
    // The vendor's order: `main` before `community`.
    files.sort_by(|a, b| b.cmp(a));
    let name =
        fs::read_to_string(case.join("feed.txt")).unwrap_or_else(|_| (provider.feeds)()[0].name.clone());
    let url = feed(provider, name.trim()).sources.first().map(|it| it.url.clone()).unwrap_or_default();
    let is_json = files.iter().all(|file| file.extension().is_some_and(|it| it == "json"));
    let unnamed = |documents: Vec<Vec<u8>>| -> Vec<(String, Vec<u8>)> {
        documents.into_iter().map(|document| ("document".to_owned(), document)).collect()
    };
    let documents = match url.rsplit_once('.') {
        Some((_, "zip")) if is_json => unnamed(vec![archive(&files)]),
        Some((_, "xz")) if is_json => unnamed(ubuntu_archives(&files)),
        Some((_, "gz")) if url.contains("/archive/") && provider.follow.is_none() => {
            unnamed(vec![repository(case)])
        }
        _ => files.iter().map(|file| (file_name(file), fs::read(file).unwrap())).collect(),
    };
    let named: Vec<(&str, &[u8])> =
        documents.iter().map(|(name, document)| (name.as_str(), document.as_slice())).collect();
    let limits = model::limits::Limits::default();
    match provider.parse {
        Parse::Advisories(_) => match read_named(provider, name.trim(), &named, &limits) {
            Ok((namespaces, remarks)) => {
                let mut text = String::new();
                for (namespace, records) in namespaces {
                    writeln!(text, "{namespace}").unwrap();
                    for advisory in records.values() {
                        writeln!(text, "  {}", record(advisory)).unwrap();
                        for affected in &advisory.affected {
                            writeln!(text, "    {}", row(affected)).unwrap();
                        }
                    }
                }
                text + &remarks_text(&remarks)
            }
            Err(error) => refused(&error),
        },
        Parse::Lifecycles(_) => match read_calendar(provider, &documents[0].0, &documents[0].1) {
            Ok((lifecycles, n_entries)) => {
                format!("entries {n_entries}\n{}", lifecycles_text(&lifecycles))
            }
            Err(error) => refused(&error),
        },
        Parse::Daily(_) => match read_table(provider, &documents[0].1) {
            Ok((tables, n_entries)) => format!("entries {n_entries}\n{}", tables_text(&tables)),
            Err(error) => refused(&error),
        },
    }
}

fn archive(files: &[PathBuf]) -> Vec<u8> {
    let member = |file: &PathBuf| (file_name(file), fs::read(file).unwrap());
    testkit::feeds::zip(&files.iter().map(member).collect::<Vec<_>>())
}

/// What GitHub gives for a repository with the files of `case`.
fn repository(case: &Path) -> Vec<u8> {
    let mut members = Vec::new();
    let mut open = directories(case);
    while let Some(directory) = open.pop() {
        open.extend(directories(&directory));
        for file in fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path()) {
            if file.is_file() {
                let name = format!("repository-main/{}", file.strip_prefix(case).unwrap().display());
                members.push((name, fs::read(&file).unwrap()));
            }
        }
    }
    members.sort();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut packed, &tar(&members)).unwrap();
    packed.finish().unwrap()
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// Ubuntu's two archives, with the files where Canonical puts them.
fn ubuntu_archives(files: &[PathBuf]) -> Vec<Vec<u8>> {
    let (mut records, mut statements) = (Vec::new(), Vec::new());
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy();
        let content = fs::read(file).unwrap();
        match name.split_once('-').map(|(prefix, _)| prefix) {
            Some("CVE") => statements.push((format!("vex/cve/2025/{name}"), content)),
            Some("USN") => records.push((format!("osv/usn/{name}"), content)),
            Some("LSN") => records.push((format!("osv/lsn/{name}"), content)),
            _ => records.push((format!("osv/cve/2025/{name}"), content)),
        }
    }
    let archives = [records, statements].into_iter().filter(|members| !members.is_empty());
    archives.map(|members| tar(&members)).collect()
}

pub(super) fn tar(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, content.as_slice()).unwrap();
    }
    archive.into_inner().unwrap()
}

fn refused(error: &ParseError) -> String {
    format!("refused: {error}\n")
}

fn record(advisory: &model::advisory::Advisory) -> String {
    let mut text = advisory.id.clone();
    if !advisory.aliases.is_empty() {
        write!(text, " = {}", advisory.aliases.join(" ")).unwrap();
    }
    if advisory.kind != model::advisory::RecordKind::Vulnerability {
        write!(text, " {:?}", advisory.kind).unwrap();
    }
    if advisory.state != model::advisory::RecordState::Published {
        write!(text, " {:?}", advisory.state).unwrap();
    }
    if let Some(severity) = &advisory.severity {
        write!(text, " [{} = {}]", severity.word, severity.level).unwrap();
    }
    for vector in &advisory.cvss {
        write!(text, " {}", cvss(vector)).unwrap();
    }
    if let Some(title) = &advisory.title {
        write!(text, " \"{title}\"").unwrap();
    }
    for reference in &advisory.references {
        write!(
            text,
            " <{}>",
            [&reference.url].into_iter().chain(&reference.tags).cloned().collect::<Vec<_>>().join(" ")
        )
        .unwrap();
    }
    for weakness in &advisory.weaknesses {
        write!(text, " {weakness}").unwrap();
    }
    for link in &advisory.links {
        write!(text, " {:?}:{}", link.relation, link.other).unwrap();
    }
    for credit in &advisory.credits {
        write!(text, " thanks {credit}").unwrap();
    }
    if let Some(license) = &advisory.license {
        write!(text, " under {license}").unwrap();
    }
    if let Some(description) = &advisory.description {
        write!(text, "\n    | {}", description.replace('\n', "\n    | ")).unwrap();
    }
    text
}

fn cvss(cvss: &CvssVector) -> String {
    match &cvss.score {
        Some(score) => format!("{}={score}", cvss.vector),
        None => cvss.vector.clone(),
    }
}

fn range(AffectedRange { events }: &AffectedRange) -> String {
    let event = |event: &RangeEvent| match event {
        RangeEvent::Introduced(version) => format!(">={version}"),
        RangeEvent::IntroducedAfter(version) => format!(">{version}"),
        RangeEvent::Fixed(version) => format!("fixed {version}"),
        RangeEvent::LastAffected(version) => format!("<={version}"),
        RangeEvent::Limit(version) => format!("<{version}"),
    };
    format!("({})", events.iter().map(event).collect::<Vec<_>>().join(", "))
}

/// Each condition on a line of its own.
fn conditions(conditions: &Conditions) -> Vec<String> {
    let list = |words: &[Box<str>]| words.join(" ");
    let word = |word: &Option<Box<str>>| word.as_deref().unwrap_or_default().to_owned();
    let import = |import: &Import| {
        let Import { path, symbols, systems, architectures } = import;
        format!("{path} [{}] [{}] [{}]", list(symbols), list(systems), list(architectures))
    };
    [
        ("module", word(&conditions.module)),
        ("architecture", list(&conditions.architectures)),
        ("flavour", word(&conditions.flavour)),
        ("channel", word(&conditions.channel)),
        ("product", list(&conditions.products)),
        ("platform", conditions.platform.as_ref().map(platform).unwrap_or_default()),
        ("import", conditions.imports.iter().map(import).collect::<Vec<_>>().join(", ")),
        ("function", list(&conditions.functions)),
        ("system", list(&conditions.systems)),
        ("software", word(&conditions.target_software)),
        ("line", conditions.line.as_ref().map(|line| format!(">={line}")).unwrap_or_default()),
        ("mark", word(&conditions.version_mark)),
        ("vendor", word(&conditions.vendor)),
    ]
    .into_iter()
    .filter(|(_, said)| !said.is_empty())
    .map(|(what, said)| format!("{what} {said}"))
    .collect()
}

fn platform(platform: &Platform) -> String {
    let all = |platforms: &[Platform], word: &str| {
        format!("({})", platforms.iter().map(self::platform).collect::<Vec<_>>().join(word))
    };
    match platform {
        Platform::All(platforms) => all(platforms, " and "),
        Platform::Any(platforms) => all(platforms, " or "),
        Platform::Not(platform) => format!("not {}", self::platform(platform)),
        Platform::Product(bounds) => {
            let bound = |sign: &str, version: &Option<VersionText>| {
                version.as_ref().map(|version| format!(" {sign}{version}")).unwrap_or_default()
            };
            format!(
                "{}{}{}{}{}{}",
                if bounds.is_vulnerable { "vulnerable " } else { "" },
                bounds.criteria,
                bound(">=", &bounds.start_including),
                bound(">", &bounds.start_excluding),
                bound("<=", &bounds.end_including),
                bound("<", &bounds.end_excluding)
            )
        }
    }
}

fn fix(fix: &PublishedFix) -> String {
    let version = fix.version.as_ref().map(ToString::to_string);
    let parts = [&version.map(Box::from), &fix.date, &fix.advisory, &fix.channel, &fix.url];
    parts.into_iter().map(|part| part.as_deref().unwrap_or("-")).collect::<Vec<_>>().join(" ")
}

fn row(affected: &Affected) -> String {
    let mut text = format!(
        "{} {} {:?} {}",
        affected.key.kind.as_str(),
        affected.key.name,
        affected.status,
        affected.fix_state.as_str()
    );
    if let Some(name) = &affected.aside.name {
        write!(text, " written {name}").unwrap();
    }
    for stated in &affected.ranges {
        write!(text, " {}", range(stated)).unwrap();
    }
    for stated in &affected.aside.unaffected {
        write!(text, " not {}", range(stated)).unwrap();
    }
    if !affected.versions.is_empty() {
        let versions: Vec<&str> = affected.versions.iter().map(|version| version.as_str()).collect();
        write!(text, " {{{}}}", versions.join(", ")).unwrap();
    }
    if let Some(severity) = &affected.aside.severity {
        write!(text, " [{} = {}]", severity.word, severity.level).unwrap();
    }
    if let Some(reason) = &affected.aside.reason {
        write!(text, " \"{reason}\"").unwrap();
    }
    if let Some(justification) = &affected.aside.justification {
        write!(text, " because {justification}").unwrap();
    }
    for vector in &affected.aside.cvss {
        write!(text, " {}", cvss(vector)).unwrap();
    }
    for condition in affected.conditions.iter().flat_map(|it| conditions(it)) {
        write!(text, "\n      if {condition}").unwrap();
    }
    for published in &affected.aside.fixes {
        write!(text, "\n      fix {}", fix(published)).unwrap();
    }
    for hint in &affected.aside.hints {
        write!(text, "\n      hint {hint}").unwrap();
    }
    text
}

fn remarks_text(remarks: &Remarks) -> String {
    let mut text = String::new();
    for (word, count) in &remarks.unknown_words {
        writeln!(text, "unknown {word} {count}").unwrap();
    }
    for (reason, count) in &remarks.left_out {
        writeln!(text, "left out {reason} {count}").unwrap();
    }
    for record in &remarks.unreadable {
        writeln!(text, "unreadable {record}").unwrap();
    }
    text
}

fn lifecycles_text(lifecycles: &Lifecycles) -> String {
    let mut text = String::new();
    for (namespace, Lifecycle { end_of_life, freezes, codename, authority }) in lifecycles.iter() {
        let freezes = if *freezes { " freezes" } else { "" };
        let codename = codename.as_deref().unwrap_or("-");
        writeln!(text, "{namespace} {codename} {end_of_life}{freezes} {authority:?}").unwrap();
    }
    text + &remarks_text(&lifecycles.remarks)
}

fn tables_text(tables: &DailyTables) -> String {
    let mut text = String::new();
    if let Some(epss) = &tables.epss {
        writeln!(text, "model {} of {}", epss.stamp.model_version, epss.stamp.score_date).unwrap();
        for (id, epss) in &epss.scores {
            writeln!(text, "{id} {} {}", epss.score, epss.percentile).unwrap();
        }
    }
    for (id, kev) in tables.kev.iter().flatten() {
        let due = kev.due.as_deref().unwrap_or("-");
        writeln!(text, "{id} added {} due {due} ransomware {}", kev.added, kev.ransomware).unwrap();
    }
    text + &remarks_text(&tables.remarks)
}

#[test]
fn epss_is_read_packed_and_plain_and_never_cut() {
    let plain = b"#model_version:v2025.03.14,score_date:2025-06-06T00:00:00+0000\ncve,epss,percentile\nCVE-2025-10001,0.5,0.75\n";
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, plain).unwrap();
    let packed = encoder.finish().unwrap();
    for document in [&plain[..], &packed] {
        assert_eq!(read_table(provider("epss"), document).unwrap().1, 1);
    }
    assert!(read_table(provider("epss"), &packed[..packed.len() - 4]).is_err());
}

#[test]
fn reading_in_passes_gives_what_reading_at_once_gives() {
    let document = serde_json::json!({"libdemo": {"CVE-2025-10001": {"releases": {
        "bookworm": {"status": "open"}, "trixie": {"status": "open"}, "sid": {"status": "open"}}}},
        "other": {"CVE-2025-10001": {"releases": {"sid": {"status": "open"}}}}});
    let dir = tempfile::TempDir::new().unwrap();
    let path = dir.path().join("json");
    fs::write(&path, document.to_string()).unwrap();
    let limits = model::limits::Limits::default();
    let debian = provider("debian");
    let Parse::Advisories(parse) = debian.parse else { panic!("a provider of advisories") };
    let read_into = |mut advisories: Advisories| {
        let document = Document { url: "https://feeds.example/json", path: &path, limits: &limits };
        parse(&feed(debian, "debian"), &document, &mut advisories).unwrap();
        advisories
    };
    let whole = read_into(Advisories::default());
    let counts = read_into(Advisories::survey()).counts();
    assert_eq!(counts, whole.counts());
    let whole = whole.into_namespaces();
    for namespace in counts.into_keys() {
        let alone = read_into(Advisories::of([namespace.clone()].into())).into_namespaces();
        assert_eq!(alone, [(namespace.clone(), whole[&namespace].clone())].into());
    }
}
