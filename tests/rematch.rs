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
