//! Promise 4: a re-match gives exactly what full runs give, and judges only what changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;
use testkit::feeds::Mirror;

use crate::harness::{AS_OF, Place, read_json};

/// An SBOM as a stranger would write it: an Alpine release with one package, or language packages.
fn sbom(name: &str, purls: &[&str]) -> String {
    let components: Vec<Value> = purls
        .iter()
        .map(|purl| {
            let (head, rest) = purl.split_once('@').unwrap();
            let version = rest.split('?').next().unwrap();
            let name = head.rsplit('/').next().unwrap();
            serde_json::json!({"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl})
        })
        .collect();
    serde_json::json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"component": {"type": "container", "name": name, "version": "1"}},
        "components": components,
    })
    .to_string()
}

fn store(place: &Place) {
    place.write(
        "sboms/alpine.json",
        sbom(
            "alpine-app",
            &["pkg:apk/alpine/libssl1.1@1.1.1c-r0?arch=x86_64&distro=alpine-3.10.2&upstream=openssl"],
        ),
    );
    place.write(
        "sboms/python.json",
        sbom("python-app", &["pkg:pypi/django@3.2.5", "pkg:pypi/pillow@9.0.0", "pkg:pypi/urllib3@1.26.4"]),
    );
    place.write("sboms/team/quiet.json", sbom("quiet-app", &["pkg:pypi/no-such-package-exists@1.0"]));
    place.write("sboms/team/go.json", sbom("go-app", &["pkg:golang/golang.org/x/net@v0.1.0"]));
}

fn mirrors(place: &Place, data: &Path) -> [Mirror; 2] {
    let old = Mirror::at(place.path("mirror-old"));
    old.alpine(data, &["3.10"], Some("2019-09-01")).osv(data, "PyPI", "2023-01-01").osv(
        data,
        "Go",
        "2026-01-01",
    );
    old.kev(data, "2025-02-01");
    let new = Mirror::at(place.path("mirror-new"));
    new.alpine(data, &["3.10"], None).osv(data, "PyPI", "2024-01-01").osv(data, "Go", "2026-01-01");
    new.kev(data, "2025-06-10");
    [old, new]
}

fn rematch(place: &Place, mirror: &Mirror, reports: &str, more: &[&str]) -> Value {
    let changes = place.path("changes.json");
    let mut words = vec![
        "rematch".to_owned(),
        place.path("sboms").display().to_string(),
        "--mirror".to_owned(),
        mirror.dir().display().to_string(),
        "--max-age".to_owned(),
        "0s".to_owned(),
        "--as-of".to_owned(),
        AS_OF.to_owned(),
        "-o".to_owned(),
        format!("json={}", changes.display()),
        "-o".to_owned(),
        format!("json={}/", place.path(reports).display()),
        "-o".to_owned(),
        format!("sarif={}/", place.path(reports).display()),
    ];
    words.extend(more.iter().map(|word| (*word).to_owned()));
    place.run(&words).expect_code(0);
    read_json(&changes)
}

/// What full matches of every SBOM against the snapshot that is there say.
fn full(place: &Place) -> BTreeMap<String, String> {
    ["alpine", "python", "team/quiet", "team/go"]
        .iter()
        .map(|name| {
            let sbom = place.path(&format!("sboms/{name}.json")).display().to_string();
            let ran =
                place.run(["match", &sbom, "--offline", "-o", "json", "--as-of", AS_OF, "--allow-empty"]);
            ran.expect_code(0);
            (format!("{}.json", name.replace('/', "-")), ran.stdout)
        })
        .collect()
}

fn reports(place: &Place, folder: &str) -> BTreeMap<String, String> {
    fs::read_dir(place.path(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

#[test]
fn a_rematch_says_what_two_full_runs_say_and_judges_only_what_changed() {
    let Some(data) = testkit::data::require("a_rematch_says_what_two_full_runs_say") else { return };
    let place = Place::new();
    store(&place);
    let [old, new] = mirrors(&place, &data);

    let first = rematch(&place, &old, "reports-1", &[]);
    assert_eq!(first["sboms"], serde_json::json!({"stored": 4, "judged": 4, "unchanged": 0}));
    assert!(first["from"].is_null());
    let before = full(&place);
    assert_eq!(reports(&place, "reports-1"), before);

    let again = rematch(&place, &old, "reports-2", &[]);
    assert_eq!(again["sboms"], serde_json::json!({"stored": 4, "judged": 0, "unchanged": 4}));
    assert_eq!(again["changes"], serde_json::json!([]));

    let dry = rematch(&place, &new, "reports-3", &["--dry-run"]);
    let second = rematch(&place, &new, "reports-4", &[]);
    assert_eq!(dry, second, "a dry run says the same and remembers nothing");
    assert_eq!(second["sboms"], serde_json::json!({"stored": 4, "judged": 2, "unchanged": 2}));
    let after = full(&place);
    assert_eq!(reports(&place, "reports-4"), after, "of judged and of unjudged SBOMs alike");
    assert_eq!(fs::read_dir(place.path("reports-4")).unwrap().count(), 8, "a JSON and a SARIF file each");

    // The changes are the difference of the two full runs, recomputed here.
    let said = |kind: &str| -> Vec<(String, String)> {
        let mut said: Vec<_> = second["changes"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|change| change["kind"] == kind)
            .map(|change| identity(&change["finding"]))
            .collect();
        said.sort();
        said
    };
    let (old_findings, new_findings) = (active(&before), active(&after));
    let appeared: Vec<_> =
        new_findings.iter().filter(|found| !old_findings.contains(found)).cloned().collect();
    let gone: Vec<_> = old_findings.iter().filter(|found| !new_findings.contains(found)).cloned().collect();
    let merged: Vec<_> = said("changed");
    let not_merged = |found: &Vec<(String, String)>| -> Vec<(String, String)> {
        found.iter().filter(|found| !merged.contains(found)).cloned().collect()
    };
    assert!(!appeared.is_empty());
    assert_eq!(said("appeared"), not_merged(&appeared));
    for change in said("disappeared") {
        assert!(gone.contains(&change), "{change:?} is not gone");
    }
}

fn identity(finding: &Value) -> (String, String) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&finding["package"]["purl"]), text(&finding["id"]))
}

fn active(reports: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let mut found: Vec<_> = reports
        .values()
        .flat_map(|report| {
            let report: Value = serde_json::from_str(report).unwrap();
            report["findings"].as_array().unwrap().clone()
        })
        .filter(|finding| finding["suppressed"].is_null())
        .map(|finding| identity(&finding))
        .collect();
    found.sort();
    found
}

#[test]
fn an_unreadable_sbom_is_an_error_and_does_not_keep_the_others_from_being_judged() {
    let place = Place::new();
    let mirror = Mirror::at(place.path("mirror"));
    mirror.osv_records(
        "PyPI",
        &[testkit::feeds::osv_record(
            "PYSEC-2024-1",
            &["CVE-2024-1"],
            "PyPI",
            "django",
            "introduced 0, fixed 4.0",
        )],
    );
    place.write("sboms/good.json", sbom("good", &["pkg:pypi/django@3.2.5"]));
    place.write("sboms/bad.json", "<html>not an SBOM</html>");
    let ran = place.run([
        "rematch",
        &place.path("sboms").display().to_string(),
        "--mirror",
        &mirror.dir().display().to_string(),
    ]);
    ran.expect_code(2).expect_stderr(&["bad.json"]);
    assert!(ran.stdout.contains("CVE-2024-1"), "{}", ran.stdout);
    assert!(ran.stdout.contains("1 SBOM stored, 1 judged"), "{}", ran.stdout);
}

#[test]
fn a_finding_disappears_with_its_reason() {
    let place = Place::new();
    let record =
        |events: &str| testkit::feeds::osv_record("PYSEC-2024-1", &["CVE-2024-1"], "PyPI", "django", events);
    let filler: Vec<Value> = (2..40)
        .map(|number| {
            testkit::feeds::osv_record(&format!("PYSEC-2024-{number}"), &[], "PyPI", "other", "introduced 0")
        })
        .collect();
    let with = |first: Value| -> Vec<Value> { std::iter::once(first).chain(filler.clone()).collect() };
    place.write("sboms/app.json", sbom("app", &["pkg:pypi/django@3.2.5"]));
    let mirror = Mirror::at(place.path("mirror"));
    mirror.osv_records("PyPI", &with(record("introduced 0, fixed 4.0")));
    let first = rematch(&place, &mirror, "reports", &[]);
    assert_eq!(first["changes"][0]["reason"], "first_run");

    mirror.osv_records("PyPI", &with(record("introduced 0, fixed 3.2.5")));
    let fixed = rematch(&place, &mirror, "reports", &[]);
    assert_eq!(fixed["changes"][0]["kind"], "disappeared");
    assert_eq!(fixed["changes"][0]["cause"], "feed");

    mirror.osv_records("PyPI", &with(record("introduced 0, fixed 4.0")));
    let back = rematch(&place, &mirror, "reports", &[]);
    assert_eq!(back["changes"][0]["kind"], "appeared");

    let mut withdrawn = record("introduced 0, fixed 4.0");
    withdrawn["withdrawn"] = "2025-01-01T00:00:00Z".into();
    mirror.osv_records("PyPI", &with(withdrawn));
    let gone = rematch(&place, &mirror, "reports", &[]);
    assert_eq!(gone["changes"][0]["reason"], "withdrawn");

    place.write("sboms/.plimsoll-rematch/state.json", "{\"version\": 0");
    let words = ["rematch", "sboms", "--offline", "--dry-run"];
    place.run(words).expect_code(0).expect_stderr(&["warning: ", ".plimsoll-rematch"]);

    fs::remove_file(place.path("sboms/app.json")).unwrap();
    place.write("sboms/other.json", sbom("other", &["pkg:pypi/other@1"]));
    let other = rematch(&place, &mirror, "reports", &[]);
    assert_eq!(other["sboms"]["judged"], 1);
}

/// A place with one stored SBOM and a mirror that knows something of its package.
fn one_stored() -> (Place, Mirror) {
    let place = Place::new();
    let record = testkit::feeds::osv_record(
        "PYSEC-2024-1",
        &["CVE-2024-1"],
        "PyPI",
        "django",
        "introduced 0, fixed 4.0",
    );
    let mirror = Mirror::at(place.path("mirror"));
    mirror.osv_records("PyPI", &[record]);
    place.write("sboms/app.json", sbom("app", &["pkg:pypi/django@3.2.5"]));
    (place, mirror)
}

#[test]
fn what_could_not_be_written_is_told_again() {
    let (place, _mirror) = one_stored();
    place.write("sboms/bad.json", "<html>not an SBOM</html>");
    place.write("in-the-way", "");
    let run = |reports: &str| {
        let _ = fs::remove_file(place.path("changes.json"));
        let words = ["rematch", "sboms", "--mirror", "mirror", "-o", "json=changes.json", "-o"];
        let ran = place.run(words.into_iter().chain([reports]));
        ran.expect_code(2).expect_stderr(&["bad.json"]);
        (read_json(&place.path("changes.json"))["changes"].as_array().unwrap().len(), ran)
    };
    let (told, ran) = run("sarif=in-the-way/");
    assert_eq!(told, 1, "the change set is written though a report was not");
    ran.expect_stderr(&["error: cannot write `in-the-way/app.sarif`", "the next run says it again"]);
    let (told, ran) = run("sarif=reports/");
    assert_eq!(told, 1);
    assert!(!ran.stderr.contains("says it again"), "{}", ran.stderr);
    assert_eq!(run("sarif=reports/").0, 0);

    // Who closed the pipe has not seen all.
    place.write("sboms/app.json", sbom("app", &["pkg:pypi/django@3.2.4"]));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = place.command();
    command.args(["rematch", "sboms", "--mirror", "mirror"]).stdout(writer);
    crate::harness::Ran::of(command.output().unwrap())
        .expect_stderr(&["bad.json", "the next run says it again"]);
    assert_eq!(run("sarif=reports/").0, 2);

    // A change set that was not written is not told either.
    place.write("sboms/app.json", sbom("app", &["pkg:pypi/django@3.2.6"]));
    let words = ["rematch", "sboms", "--mirror", "mirror", "-o", "json=in-the-way/changes.json"];
    place.run(words).expect_code(2).expect_stderr(&["in-the-way/changes.json", "the next run says it again"]);
    assert_eq!(run("sarif=reports/").0, 2, "one came and one went");
}

/// They are uploaded together, and of one category only one is taken.
#[test]
fn two_tags_of_one_image_are_two_categories() {
    let (place, _mirror) = one_stored();
    let of_tag = |tag: &str| {
        let sbom = sbom("app", &["pkg:pypi/django@3.2.5"]);
        sbom.replace(r#""name":"app""#, &format!(r#""name":"registry.example/app:{tag}""#))
    };
    for tag in ["1.2", "1.3"] {
        place.write(&format!("sboms/team/{tag}.json"), of_tag(tag));
    }
    place.run(["rematch", "sboms", "--mirror", "mirror", "-o", "sarif=reports/"]).expect_code(0);
    let category = |file: &str| {
        let log = read_json(&place.path(&format!("reports/{file}.sarif")));
        log["runs"][0]["automationDetails"]["id"].as_str().unwrap().to_owned()
    };
    assert_eq!(category("team-1.2"), "plimsoll/registry.example/app/stored:team/1.2.json/");
    assert_eq!(category("team-1.3"), "plimsoll/registry.example/app/stored:team/1.3.json/");
}

#[test]
fn what_plimsoll_wrote_is_no_sbom_and_what_is_not_read_is_named() {
    let (place, mirror) = one_stored();
    let xml = "<?xml version=\"1.0\"?><bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\" version=\"1\"><components>\
               <component type=\"library\"><name>django</name><version>3.2.5</version>\
               <purl>pkg:pypi/django@3.2.5</purl></component></components></bom>";
    place.write("sboms/team/app.cdx.xml", xml);
    place.write("sboms/old.cdx.json.gz", "");
    place.write("sboms/README.md", "");
    let run = || {
        let mut command = place.command();
        command.current_dir(place.path("sboms")).args(["rematch", "--mirror"]).arg(mirror.dir());
        command.args(["-o", "json=changes.json", "-o", "json=reports/"]);
        let ran = crate::harness::Ran::of(command.output().unwrap());
        ran.expect_code(0).expect_stderr(&[
            "warning: passed over: `old.cdx.json.gz` (compressed)",
            "passed over: 1 file whose name is not that of an SBOM",
        ]);
        (read_json(&place.path("sboms/changes.json")), ran)
    };
    let (first, _) = run();
    assert_eq!(first["sboms"], serde_json::json!({"stored": 2, "judged": 2, "unchanged": 0}));
    let (second, ran) = run();
    assert_eq!(second["sboms"], serde_json::json!({"stored": 2, "judged": 0, "unchanged": 2}));
    ran.expect_stderr(&[
        "passed over, as what plimsoll itself wrote: `changes.json`, `reports/app.json`, `reports/team-app.cdx.xml.json`",
    ]);
}

#[test]
#[cfg(unix)]
fn what_never_ends_is_no_sbom() {
    let (place, _mirror) = one_stored();
    std::os::unix::fs::symlink("/dev/zero", place.path("sboms/endless.json")).unwrap();
    place
        .run(["rematch", "sboms", "--mirror", "mirror"])
        .expect_code(0)
        .expect_stderr(&["`endless.json` (no regular file)"]);
}
