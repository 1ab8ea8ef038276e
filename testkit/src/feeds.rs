//! Mirrors of vendor feeds: directories in which every file lies at `<host>/<path>`, as `wget -x` writes them.
//!
//! They are filled from the dated states in the directory of real data ([`crate::data`]), or from text.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::data;
use crate::image::{Compression, Layer, compress, sha256};

/// Where Alpine publishes its security database.
pub const ALPINE_HOST: &str = "secdb.alpinelinux.org";
/// Where Debian's security tracker publishes its JSON.
pub const DEBIAN_PATH: &str = "security-tracker.debian.org/tracker/data/json";
/// Where OSV.dev exports its ecosystems.
pub const OSV_HOST: &str = "osv-vulnerabilities.storage.googleapis.com";
/// Where CISA publishes its catalogue.
pub const KEV_PATH: &str = "www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json";
/// Where EPSS publishes the scores of the day.
pub const EPSS_PATH: &str = "epss.empiricalsecurity.com/epss_scores-current.csv.gz";

/// A directory that is being filled as a mirror. Methods replace what an earlier call wrote.
#[derive(Clone, Debug)]
pub struct Mirror {
    dir: PathBuf,
}

impl Mirror {
    /// The mirror in the directory `dir`, which is made when the first file is written.
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// The directory, for `--mirror`.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Writes `content` at `place`, `<host>/<path>`.
    ///
    /// # Panics
    ///
    /// When the file system refuses.
    pub fn file(&self, place: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.dir.join(place);
        let parent = path.parent().unwrap_or(&self.dir);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&path, content))
            .unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
        self
    }

    /// Alpine's database of `releases` (`3.10`), from the real data in the directory `data`: the newest state,
    /// or the one of `date` (`2019-09-01`).
    ///
    /// # Panics
    ///
    /// When the data hold no such release or state.
    pub fn alpine(&self, data: &Path, releases: &[&str], date: Option<&str>) -> &Self {
        let root = data.join("feeds/alpine-secdb");
        let root = date.map_or(root.clone(), |date| root.join("older").join(date));
        for release in releases {
            for repository in ["main", "community"] {
                let path = root.join(format!("v{release}/{repository}.json"));
                self.file(&format!("{ALPINE_HOST}/v{release}/{repository}.json"), data::read(&path));
            }
        }
        let date = date.unwrap_or("2020-06-30");
        self.file(&format!("{ALPINE_HOST}/last-update"), format!("{date}T00:00:00+00:00\n"))
    }

    /// Debian's tracker as of `date` (`2022-07-01`, `2023-04-02`), from the real data in the directory `data`.
    ///
    /// # Panics
    ///
    /// When the data hold no such state.
    pub fn debian(&self, data: &Path, date: &str) -> &Self {
        self.file(DEBIAN_PATH, data::read(&data.join(format!("feeds/debian/{date}/debian-tracker.json"))))
    }

    /// The OSV export of `ecosystem` as of `date`, from the real data in the directory `data`. A converted
    /// database of the data, `RubyGems-rubysec`, stands for its ecosystem, `RubyGems`.
    ///
    /// Older states are kept as `all.tar.zst`; they become an `all.zip` of the same members.
    ///
    /// # Panics
    ///
    /// When the data hold no such state.
    pub fn osv(&self, data: &Path, ecosystem: &str, date: &str) -> &Self {
        let state = data.join("feeds/osv").join(ecosystem).join(date);
        let zip = osv_zip(&state);
        let ecosystem = ecosystem.split('-').next().unwrap_or(ecosystem);
        self.file(&format!("{OSV_HOST}/{ecosystem}/all.zip"), zip).file(
            &format!("{OSV_HOST}/{ecosystem}/modified_id.csv"),
            data::read(&state.join("modified_id.csv")),
        )
    }

    /// AlmaLinux's errata of `release` (`8`) as of `date` (`2026-01-01`), from the OSV copies of them in the real data in the
    /// directory `data`, in the shape that the vendor serves. The copies have neither epochs nor modules: all epochs are 0.
    ///
    /// # Panics
    ///
    /// When the data hold no such state.
    pub fn alma(&self, data: &Path, release: &str, date: &str) -> &Self {
        let copies = members_of_zip(&osv_zip(&data.join("feeds/osv/AlmaLinux").join(date)));
        let errata: Vec<Value> = copies
            .iter()
            .filter_map(|record| erratum(&serde_json::from_slice(record).ok()?, release))
            .collect();
        self.file(&format!("errata.almalinux.org/{release}/errata.json"), json!(errata).to_string())
    }

    /// Red Hat's VEX documents of the CVEs in `documents`, each `(2023/cve-2023-1.json, bytes)`, as one archive of `day`.
    pub fn red_hat(&self, day: &str, documents: &[(&str, Vec<u8>)]) -> &Self {
        const HOST: &str = "security.access.redhat.com";
        let mut members = Layer::default();
        for (path, bytes) in documents {
            members.file(path, bytes.clone());
        }
        let name = format!("csaf_vex_{day}.tar.zst");
        let archive = compress(&members.tar(), Compression::Zstd);
        let place = format!("{HOST}/data/csaf/v2/vex");
        let repositories =
            json!({"data": {"demo-9-baseos": {"cpes": ["cpe:/o:redhat:enterprise_linux:9::baseos"]}}});
        // Long before the archive: there is nothing to do.
        let old = "\"2000/cve-2000-0001.json\",\"2000-01-01T00:00:00+00:00\"\n";
        self.file(&format!("{place}/changes.csv"), old)
            .file(&format!("{place}/deletions.csv"), old)
            .file(&format!("{place}/{name}.sha256"), format!("{}  {name}\n", sha256(&archive)))
            .file(&format!("{place}/{name}"), archive)
            .file(&format!("{place}/archive_latest.txt"), format!("{name}\n"))
            .file(&format!("{HOST}/data/metrics/repository-to-cpe.json"), repositories.to_string())
    }

    /// Wolfi's database as of `date` (`2025-01-01`), from the real data in the directory `data`.
    ///
    /// # Panics
    ///
    /// When the data hold no such state.
    pub fn wolfi(&self, data: &Path, date: &str) -> &Self {
        let database = data::read(&data.join(format!("feeds/wolfi/{date}/security.json")));
        self.file("packages.wolfi.dev/os/security.json", database)
    }

    /// CISA's catalogue as of `date` (`2025-02-01`, `2025-06-10`), from the real data in the directory `data`.
    ///
    /// # Panics
    ///
    /// When the data hold no such state.
    pub fn kev(&self, data: &Path, date: &str) -> &Self {
        self.file(
            KEV_PATH,
            data::read(&data.join(format!("feeds/kev/{date}/known_exploited_vulnerabilities.json"))),
        )
    }

    /// Alpine's database of one repository of one release (`3.20` or `edge`), written as text:
    ///
    /// ```text
    /// openssl
    ///   3.3.1-r1 CVE-2024-5535
    ///   3.3.2-r0 CVE-2024-6119 CVE-2024-10002+GHSA-xxxx-yyyy-zzzz
    ///   0        CVE-2020-1967
    /// ```
    ///
    /// A source package, and under it the version that fixes some vulnerabilities; `0` is "never affected".
    /// Ids joined by `+` are one element of the vendor's list: other names of the same vulnerability.
    pub fn secdb(&self, release: &str, repository: &str, text: &str) -> &Self {
        let release = if release == "edge" { release.to_owned() } else { format!("v{release}") };
        let document = json!({
            "apkurl": "{{urlprefix}}/{{distroversion}}/{{reponame}}/{{arch}}/{{pkg.name}}-{{pkg.ver}}.apk",
            "archs": ["aarch64", "x86_64"],
            "reponame": repository,
            "urlprefix": "https://mirror.example/alpine",
            "distroversion": release,
            "packages": secdb_packages(text),
        });
        self.file(&format!("{ALPINE_HOST}/{release}/{repository}.json"), pretty(&document))
    }

    /// The line that says when Alpine's database was last made.
    pub fn secdb_last_update(&self, time: &str) -> &Self {
        self.file(&format!("{ALPINE_HOST}/last-update"), format!("{time}\n"))
    }

    /// Debian's tracker: the document as it is published, `{source: {id: {"releases": …}}}`.
    pub fn tracker(&self, document: &Value) -> &Self {
        self.file(DEBIAN_PATH, document.to_string())
    }

    /// An OSV export of `records`, see [`osv_record`], with its `modified_id.csv`.
    pub fn osv_records(&self, ecosystem: &str, records: &[Value]) -> &Self {
        let field = |record: &Value, name: &str| record[name].as_str().unwrap_or_default().to_owned();
        let members: Vec<_> = records
            .iter()
            .map(|record| (format!("{}.json", field(record, "id")), pretty(record).into_bytes()))
            .collect();
        let mut index: Vec<_> =
            records.iter().map(|record| (field(record, "modified"), field(record, "id"))).collect();
        index.sort_by(|a, b| b.cmp(a));
        let index: String = index.iter().map(|(modified, id)| format!("{modified},{id}\n")).collect();
        self.file(&format!("{OSV_HOST}/{ecosystem}/all.zip"), zip(&members))
            .file(&format!("{OSV_HOST}/{ecosystem}/modified_id.csv"), index)
    }

    /// CISA's catalogue of `entries`, see [`kev_entry`], as released on `date` (`2024-06-01`).
    pub fn kev_entries(&self, date: &str, entries: &[Value]) -> &Self {
        let document = json!({
            "title": "CISA Catalog of Known Exploited Vulnerabilities",
            "catalogVersion": date.replace('-', "."),
            "dateReleased": format!("{date}T12:00:00.0000Z"),
            "count": entries.len(),
            "vulnerabilities": entries,
        });
        self.file(KEV_PATH, pretty(&document))
    }

    /// EPSS scores of `date` (`2024-06-01`): id, score and percentile as written.
    pub fn epss(&self, date: &str, rows: &[(&str, &str, &str)]) -> &Self {
        let mut text =
            format!("#model_version:v2023.03.01,score_date:{date}T00:00:00+0000\ncve,epss,percentile\n");
        for (id, score, percentile) in rows {
            text.push_str(&format!("{id},{score},{percentile}\n"));
        }
        self.file(EPSS_PATH, compress(text.as_bytes(), Compression::Stored))
    }
}

/// An OSV record of `id` about one package, which a test may extend.
///
/// `events` are those of one range, `introduced 0, fixed 4.17.21`; no events, no range. The range is `SEMVER` in
/// the ecosystems that publish so, otherwise `ECOSYSTEM`.
///
/// # Panics
///
/// When an event is not a name and a version.
pub fn osv_record(id: &str, aliases: &[&str], ecosystem: &str, package: &str, events: &str) -> Value {
    let kind =
        if ["npm", "Go", concat!("crates", ".io")].contains(&ecosystem) { "SEMVER" } else { "ECOSYSTEM" };
    let events: Vec<Value> = events
        .split(',')
        .map(str::trim)
        .filter(|event| !event.is_empty())
        .map(|event| {
            let (name, version) =
                event.split_once(' ').unwrap_or_else(|| panic!("`{event}` is no event and version"));
            json!({name: version})
        })
        .collect();
    let mut affected = json!({"package": {"ecosystem": ecosystem, "name": package}});
    if !events.is_empty() {
        affected["ranges"] = json!([{"type": kind, "events": events}]);
    }
    json!({
        "schema_version": "1.7.0",
        "id": id,
        "modified": "2024-06-01T00:00:00Z",
        "published": "2024-01-01T00:00:00Z",
        "aliases": aliases,
        "affected": [affected],
    })
}

/// An entry of CISA's catalogue; `added` and `due` are dates, `2023-09-13`.
pub fn kev_entry(id: &str, product: &str, added: &str, due: &str, ransomware: bool) -> Value {
    json!({
        "cveID": id,
        "vendorProject": product,
        "product": product,
        "vulnerabilityName": format!("{product} vulnerability"),
        "dateAdded": added,
        "shortDescription": format!("A vulnerability in {product} that is known to be exploited."),
        "requiredAction": "Update, or stop using the product.",
        "dueDate": due,
        "knownRansomwareCampaignUse": if ransomware { "Known" } else { "Unknown" },
        "notes": "",
        "cwes": [],
    })
}

/// A zip archive of `members`, each a name and its content, stored without compression.
pub fn zip(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = rawzip::ZipArchiveWriter::new(Vec::new());
    for (name, content) in members {
        write_member(&mut archive, name, content)
            .unwrap_or_else(|error| panic!("cannot zip {name}: {error}"));
    }
    archive.finish().expect("a vector takes all bytes")
}

fn write_member(
    archive: &mut rawzip::ZipArchiveWriter<Vec<u8>>,
    name: &str,
    content: &[u8],
) -> Result<(), rawzip::Error> {
    let (mut entry, config) = archive.new_file(name).start()?;
    let mut writer = config.wrap(&mut entry);
    writer.write_all(content)?;
    let (_, descriptor) = writer.finish()?;
    entry.finish(descriptor)?;
    Ok(())
}

/// The erratum of which `record` is the OSV copy; none when it is a bug fix, or has no package of `release`.
fn erratum(record: &Value, release: &str) -> Option<Value> {
    let id = record["id"].as_str().filter(|id| id.starts_with("ALSA-"))?;
    let is_of_release =
        |affected: &&Value| affected["package"]["ecosystem"] == format!("AlmaLinux:{release}");
    let packages = record["affected"].as_array()?.iter().filter(is_of_release).filter_map(|affected| {
        let events = affected["ranges"][0]["events"].as_array()?;
        let fixed = events.iter().find_map(|event| event["fixed"].as_str())?;
        let (version, package_release) = fixed.rsplit_once('-')?;
        let name = &affected["package"]["name"];
        Some(json!({"name": name, "epoch": "0", "version": version, "release": package_release, "arch": "x86_64"}))
    });
    let packages: Vec<Value> = packages.collect();
    let cve = |id: &Value| json!({"id": id, "type": "cve", "href": null});
    let references: Vec<Value> = record["related"].as_array().into_iter().flatten().map(cve).collect();
    (!packages.is_empty()).then(|| {
        json!({
            "updateinfo_id": id, "type": "security", "severity": null,
            "title": record["summary"], "description": null,
            "issued_date": record["published"], "updated_date": record["modified"],
            "references": references, "pkglist": {"packages": packages},
        })
    })
}

/// The export in the directory of a dated state.
fn osv_zip(state: &Path) -> Vec<u8> {
    let zip = state.join("all.zip");
    if zip.exists() { data::read(&zip) } else { zip_of_tar(&data::read(&state.join("all.tar"))) }
}

fn members_of_zip(archive: &[u8]) -> Vec<Vec<u8>> {
    let archive = rawzip::ZipArchive::from_slice(archive).expect("the archive is a zip");
    let mut entries = archive.entries();
    let mut members = Vec::new();
    while let Some(entry) = entries.next_entry().expect("the archive is a whole zip") {
        let packed = archive.get_entry(entry.wayfinder()).expect("the archive is a whole zip");
        let mut content = Vec::new();
        flate2::read::DeflateDecoder::new(packed.data())
            .read_to_end(&mut content)
            .expect("a member is deflated");
        members.push(content);
    }
    members
}

fn zip_of_tar(archive: &[u8]) -> Vec<u8> {
    let mut members = Vec::new();
    let mut archive = tar::Archive::new(archive);
    for entry in archive.entries().expect("the archive is a tar") {
        let mut entry = entry.expect("the archive is a whole tar");
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).trim_start_matches("./").to_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("the archive is a whole tar");
        members.push((name, content));
    }
    zip(&members)
}

#[track_caller]
fn secdb_packages(text: &str) -> Vec<Value> {
    let mut packages: Vec<(String, Map<String, Value>)> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        if !line.starts_with(' ') {
            packages.push((line.trim().to_owned(), Map::new()));
            continue;
        }
        let mut words = line.split_whitespace();
        let version = words.next().unwrap_or_default();
        let ids: Vec<String> = words.map(|word| word.replace('+', " ")).collect();
        let (_, fixes) = packages.last_mut().unwrap_or_else(|| panic!("`{line}` stands before any package"));
        fixes.insert(version.to_owned(), json!(ids));
    }
    packages.into_iter().map(|(name, fixes)| json!({"pkg": {"name": name, "secfixes": fixes}})).collect()
}

fn pretty(document: &Value) -> String {
    format!("{document:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secdb_text_becomes_the_vendors_document() {
        let dir = tempfile::tempdir().unwrap();
        let mirror = Mirror::at(dir.path());
        mirror.secdb("3.20", "main", "openssl\n  3.3.1-r1 CVE-1 CVE-2+GHSA-x\n  0 CVE-3\nzlib\n");
        let bytes = fs::read(dir.path().join("secdb.alpinelinux.org/v3.20/main.json")).unwrap();
        let document: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(document["distroversion"], "v3.20");
        assert_eq!(
            document["packages"],
            json!([
                {"pkg": {"name": "openssl", "secfixes": {"3.3.1-r1": ["CVE-1", "CVE-2 GHSA-x"], "0": ["CVE-3"]}}},
                {"pkg": {"name": "zlib", "secfixes": {}}},
            ])
        );
    }

    #[test]
    fn osv_records_become_a_zip_and_its_index() {
        let dir = tempfile::tempdir().unwrap();
        let mut newer = osv_record("GHSA-b", &["CVE-2"], "npm", "demo", "introduced 1.0.0, fixed 1.2.0");
        newer["modified"] = json!("2024-07-01T00:00:00Z");
        let records = [osv_record("GHSA-a", &[], "npm", "demo", ""), newer];
        Mirror::at(dir.path()).osv_records("npm", &records);
        let index = fs::read_to_string(dir.path().join(OSV_HOST).join("npm/modified_id.csv")).unwrap();
        assert_eq!(index, "2024-07-01T00:00:00Z,GHSA-b\n2024-06-01T00:00:00Z,GHSA-a\n");
        let zip = fs::read(dir.path().join(OSV_HOST).join("npm/all.zip")).unwrap();
        assert_eq!(member_names(&zip), ["GHSA-a.json", "GHSA-b.json"]);
        assert_eq!(
            records[1]["affected"][0]["ranges"],
            json!([{"type": "SEMVER", "events": [{"introduced": "1.0.0"}, {"fixed": "1.2.0"}]}])
        );
        assert_eq!(records[0]["affected"][0].get("ranges"), None);
    }

    #[test]
    fn epss_is_the_vendors_csv() {
        let dir = tempfile::tempdir().unwrap();
        Mirror::at(dir.path()).epss("2024-06-01", &[("CVE-1", "0.5", "0.99")]);
        let packed = fs::read(dir.path().join(EPSS_PATH)).unwrap();
        let text = std::io::read_to_string(flate2::read::GzDecoder::new(&*packed)).unwrap();
        assert_eq!(
            text,
            "#model_version:v2023.03.01,score_date:2024-06-01T00:00:00+0000\ncve,epss,percentile\nCVE-1,0.5,0.99\n"
        );
    }

    #[test]
    fn the_dated_feeds_lie_where_their_vendors_publish_them() {
        let Some(data) = data::require("the_dated_feeds_lie_where_their_vendors_publish_them") else {
            return;
        };
        let dir = tempfile::tempdir().unwrap();
        let mirror = Mirror::at(dir.path());
        mirror
            .alpine(&data, &["3.10"], Some("2019-09-01"))
            .alpine(&data, &["3.3", "3.10"], None)
            .debian(&data, "2022-07-01")
            .osv(&data, "Go", "2025-01-01")
            .osv(&data, "RubyGems-rubysec", "2026-01-01")
            .alma(&data, "8", "2026-01-01")
            .wolfi(&data, "2025-01-01")
            .kev(&data, "2025-06-10");
        let json = |place: &str| -> Value {
            serde_json::from_slice(&fs::read(dir.path().join(place)).unwrap()).unwrap()
        };
        assert_eq!(json("secdb.alpinelinux.org/v3.3/main.json")["distroversion"], "v3.3");
        assert!(json("packages.wolfi.dev/os/security.json")["packages"].as_array().unwrap().len() > 100);
        let errata = json("errata.almalinux.org/8/errata.json");
        let errata = errata.as_array().unwrap();
        let erratum = errata.iter().find(|erratum| erratum["updateinfo_id"] == "ALSA-2022:0001").unwrap();
        assert_eq!(erratum["references"][0]["id"], "CVE-2021-44716");
        let package = &erratum["pkglist"]["packages"][0];
        assert_eq!((&package["name"], &package["version"]), (&json!("grafana"), &json!("7.5.9")));
        assert_eq!(package["release"], "5.el8_5");
        assert!(json(DEBIAN_PATH).as_object().unwrap().contains_key("openssl"));
        let catalogue = json(KEV_PATH);
        assert_eq!(catalogue["count"], catalogue["vulnerabilities"].as_array().unwrap().len());
        let zip =
            |ecosystem: &str| fs::read(dir.path().join(OSV_HOST).join(ecosystem).join("all.zip")).unwrap();
        let go = member_names(&zip("Go"));
        assert_eq!(go.len(), 1743);
        assert!(go.iter().all(|name| name.starts_with("GO-") && name.ends_with(".json")), "{:?}", &go[..3]);
        assert_eq!(member_names(&zip("RubyGems")).len(), 1036);
    }

    fn member_names(zip: &[u8]) -> Vec<String> {
        let archive = rawzip::ZipArchive::from_slice(zip).unwrap();
        let mut names: Vec<String> = archive
            .entries()
            .map(|entry| String::from_utf8(entry.unwrap().file_path().as_ref().to_vec()).unwrap())
            .collect();
        names.sort();
        names
    }
}
