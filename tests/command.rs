//! The contract of the command line: names, exit codes, streams, configuration.

use crate::harness::{AS_OF, Place, root};

fn example() -> [String; 2] {
    [
        root().join("examples/image").display().to_string(),
        root().join("examples/mirror").display().to_string(),
    ]
}

#[test]
fn exit_codes_are_those_of_the_contract() {
    let place = Place::new();
    let [image, mirror] = example();
    let scan = |more: &[&str]| {
        let mut words = vec!["scan", image.as_str(), "--mirror", mirror.as_str(), "--as-of", AS_OF];
        words.extend(more);
        place.run(&words)
    };
    scan(&[]).expect_code(0);
    scan(&["--fail-on", "low"]).expect_code(1);
    scan(&["--fail-on", "kev && severity == NEGLIGIBLE && !kev"]).expect_code(0);
    scan(&["--fail-on", "severity == \"high\""]).expect_code(2).expect_stderr(&["HIGH"]);
    scan(&["--fail-on", "hihg"]).expect_code(2).expect_stderr(&["hihg"]);
    scan(&["--no-such-option"]).expect_code(2);
    scan(&["-o", "table", "-o", "json"]).expect_code(2).expect_stderr(&["at most one output"]);
    scan(&["-o", "sraif=x"]).expect_code(2).expect_stderr(&["sarif"]);
    place.run(["scan", "docker:nginx"]).expect_code(2).expect_stderr(&["docker save"]);
    place.run(["--help"]).expect_code(0);
    place.run(["--version"]).expect_code(0);
}

#[test]
fn reporting_and_gating_are_separate() {
    let place = Place::new();
    let [image, mirror] = example();
    let report = |gate: &str| {
        let file = place.path("report.json");
        let output = format!("json={}", file.display());
        place.run(["scan", &image, "--mirror", &mirror, "--as-of", AS_OF, "--fail-on", gate, "-o", &output]);
        crate::harness::read_json(&file)["findings"].clone()
    };
    assert_eq!(report("low"), report("critical"));
}

#[test]
fn data_goes_to_standard_output_and_all_else_to_standard_error() {
    let place = Place::new();
    let [image, mirror] = example();
    let ran = place.run(["scan", &image, "--mirror", &mirror, "-o", "json"]);
    ran.expect_code(0).expect_stderr(&["feeds: asking"]);
    serde_json::from_str::<serde_json::Value>(&ran.stdout).unwrap();
    let quiet = place.run(["scan", &image, "--mirror", &mirror, "-o", "json", "--quiet"]);
    assert_eq!(quiet.expect_code(0).stderr, "");
}

#[test]
fn a_flag_beats_the_environment_which_beats_the_file() {
    let place = Place::new();
    let [image, mirror] = example();
    place.write("plimsoll.toml", format!("as-of = {AS_OF:?}\n[scan]\nfail-on = \"low\"\n"));
    place.run(["scan", &image, "--mirror", &mirror]).expect_code(1);
    let words = ["scan", &image, "--mirror", &mirror];
    let output = place.command().env("PLIMSOLL_FAIL_ON", "false").args(words).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let output = place
        .command()
        .env("PLIMSOLL_FAIL_ON", "false")
        .args(words)
        .args(["--fail-on", "low"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    place.write("plimsoll.toml", "fail-no = \"low\"\n");
    place.run(["scan", &image]).expect_code(2).expect_stderr(&["unknown key `fail-no`", "`fail-on`"]);
}

#[test]
fn several_subjects_are_judged_in_one_run() {
    let place = Place::new();
    let [image, mirror] = example();
    let sbom = place.path("app.json");
    let output = format!("cyclonedx-json={}", sbom.display());
    place.run(["sbom", &image, "--name", "app", "-o", &output]).expect_code(0);
    let other = place.path("other.json");
    let output = format!("spdx-json={}", other.display());
    place.run(["sbom", &image, "--name", "other/app:1", "-o", &output]).expect_code(0);
    let sboms = [sbom.display().to_string(), other.display().to_string()];
    let ran = place.run(["match", &sboms[0], &sboms[1], "--mirror", &mirror, "-o", "sarif=one-file.sarif"]);
    ran.expect_code(2).expect_stderr(&["directory"]);
    place.run(["match", &sboms[0], &sboms[1], "--mirror", &mirror, "-o", "sarif=reports/"]).expect_code(0);
    assert!(place.path("reports/app.sarif").exists());
    assert!(place.path("reports/other-app-1.sarif").exists());
}

#[test]
fn completions_are_printed_for_every_shell() {
    let place = Place::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = place.run(["completions", shell]);
        assert!(ran.expect_code(0).stdout.contains("plimsoll"));
    }
}
