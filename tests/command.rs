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
fn an_option_without_effect_is_refused_and_one_of_the_file_told() {
    let place = Place::new();
    let [image, mirror] = example();
    place.run(["scan", &image, "--mirror", &mirror]).expect_code(0);
    let words = ["scan", &image, "--snapshot", "2999-01-01"];
    place.run(words).expect_code(0);
    let ran = place.run(words.iter().chain(&["--mirror", &*mirror]));
    ran.expect_code(2).expect_stderr(&["`--mirror` has no effect with `--snapshot`"]);
    let with = |variables: &[(&str, &str)], words: &[&str]| {
        let mut command = place.command();
        crate::harness::Ran::of(command.envs(variables.iter().copied()).args(words).output().unwrap())
    };
    let own = [("PLIMSOLL_PRIVATE", "own"), ("PLIMSOLL_SNAPSHOT", "2999-01-01")];
    with(&own[..1], &words).expect_code(0).expect_stderr(&["warning: `--private` has no effect with"]);
    with(&own, &["scan", &image]).expect_code(2).expect_stderr(&["`--private` has no effect with"]);
    let private = ["scan", &*image, "--private", "own"];
    with(&own[1..], &private).expect_code(2).expect_stderr(&["the environment has one"]);
    let key = [("PLIMSOLL_FEEDS_KEY", "feeds.pub")];
    with(&key, &["scan", &image, "--mirror", &mirror]).expect_code(2);
    let ran = place.run(["scan", &image, "--mirror", &mirror, "--feeds-key", "feeds.pub"]);
    ran.expect_code(2).expect_stderr(&["`--feeds-key` has no effect without `--feeds-source`"]);
    place.write("plimsoll.toml", "max-age = '1d'\n[feeds]\nkeys = 'feeds.pub'\n");
    let ran = place.run(words);
    ran.expect_code(0).expect_stderr(&[
        "warning: `--max-age` has no effect with `--snapshot`",
        "warning: `--feeds-key` has no effect without `--feeds-source`",
    ]);
}

#[test]
fn a_time_before_the_feeds_silences_nothing() {
    let place = Place::new();
    let [image, mirror] = example();
    let words = ["scan", &image, "--mirror", &mirror, "-o", "json"];
    let run = |epoch: Option<&str>, more: &[&str]| {
        let mut command = place.command();
        command.envs(epoch.map(|epoch| ("SOURCE_DATE_EPOCH", epoch))).args(words).args(more);
        let ran = crate::harness::Ran::of(command.output().unwrap());
        ran.expect_code(0);
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        let gaps = report["coverage"]["gaps"].as_array().unwrap();
        let is_told = gaps.iter().any(|gap| gap["kind"] == "stale-feed" && gap["where"] == "report");
        (is_told, ran.stderr.contains("warning: the time of this report, "))
    };
    assert_eq!(run(None, &[]), (false, false));
    assert_eq!(run(Some("315532800"), &[]), (true, true));
    assert_eq!(
        run(Some("315532800"), &["--as-of", "1980-01-01"]),
        (true, false),
        "whoever types it means it"
    );
    let gate = ["--as-of", "1980-01-01", "--fail-on", "gap == 'stale-feed'"];
    place.run(words.iter().chain(&gate)).expect_code(1);
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

/// An SBOM of one npm package, of an image called `name`.
fn npm_sbom(place: &Place, file: &str, name: &str, version: &str) -> String {
    let purl = format!("pkg:npm/lodash@{version}");
    let sbom = serde_json::json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"component": {"type": "container", "name": name}},
        "components": [{"type": "library", "bom-ref": "a", "name": "lodash", "version": version, "purl": purl}]});
    place.write(file, sbom.to_string()).display().to_string()
}

#[test]
fn reports_of_subjects_of_one_name_do_not_replace_each_other() {
    let place = Place::new();
    let [_, mirror] = example();
    let one = npm_sbom(&place, "amd64.json", "ghcr.io/acme/app:1", "4.17.20");
    let other = npm_sbom(&place, "arm64.json", "ghcr.io/acme/app:1", "4.17.21");
    let names = |sboms: [&String; 2], folder: &str| {
        let output = format!("json={folder}/");
        let words = ["match", sboms[0], sboms[1], "--mirror", &mirror, "--as-of", AS_OF, "-o", &output];
        place.run(words).expect_code(0);
        let files = std::fs::read_dir(place.path(folder)).unwrap();
        let mut names: Vec<String> =
            files.map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    let forth = names([&one, &other], "forth");
    assert_eq!(forth.len(), 2, "{forth:?}");
    assert_eq!(forth, names([&other, &one], "back"), "whichever comes first");
    assert_eq!(names([&one, &one], "same"), ["ghcr.io-acme-app-1.json"]);
    for name in &forth {
        let (forth, back) = (place.path(&format!("forth/{name}")), place.path(&format!("back/{name}")));
        assert_eq!(crate::harness::read_json(&forth), crate::harness::read_json(&back));
    }
    for targets in [["json=x", "sarif=./x"], ["sarif=d/", "sarif@full=d/"]] {
        let ran = place.run(["match", &one, "--mirror", &mirror, "-o", targets[0], "-o", targets[1]]);
        ran.expect_code(2).expect_stderr(&["two outputs go to"]);
    }
}

#[test]
fn a_closed_standard_output_keeps_no_other_output_and_no_exit_code_from_being_given() {
    let place = Place::new();
    let [image, mirror] = example();
    let other = npm_sbom(&place, "other.json", "other", "4.17.20");
    let app = place.path("app.json").display().to_string();
    let output = format!("cyclonedx-json={app}");
    place.run(["sbom", &image, "--name", "app", "-o", &output]).expect_code(0);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let words = ["match", &app, &other, "--mirror", &mirror, "--allow-empty", "--fail-on", "low"];
    let mut command = place.command();
    command.args(words).args(["-o", "table", "-o", "sarif=x/"]).stdout(writer);
    let ran = crate::harness::Ran::of(command.output().unwrap());
    ran.expect_code(1);
    assert!(place.path("x/app.sarif").exists() && place.path("x/other.sarif").exists());
}

#[test]
fn a_gate_is_not_passed_where_the_distributions_feed_could_not_be_had() {
    let place = Place::new();
    let [_, mirror] = example();
    let purls =
        ["pkg:deb/debian/openssl@3.0.1-1?distro=debian-12", "pkg:deb/debian/zlib@1.2-1?distro=debian-12"];
    let component = |purl: &&str, name: &str, version: &str| serde_json::json!({"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl});
    let sbom = serde_json::json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"component": {"type": "container", "name": "app"}},
        "components": [component(&purls[0], "openssl", "3.0.1-1"), component(&purls[1], "zlib", "1.2-1"),
            component(&"pkg:pypi/pillow@9.5.0", "pillow", "9.5.0")]});
    let sbom = place.write("sboms/app.json", sbom.to_string()).display().to_string();
    place.run(["feeds", "sync", "--mirror", &mirror, "--only", "pypi", "--only", "kev"]).expect_code(0);
    let run = |more: &[&str]| {
        let words = ["match", &sbom, "--offline", "--as-of", AS_OF];
        place.run(words.iter().chain(more))
    };
    run(&[]).expect_code(0);
    let not_had = ["nothing is held of its distribution (debian:12)", "--allow-empty"];
    let ran = run(&["--fail-on", "id == 'x'"]);
    ran.expect_code(2).expect_stderr(&not_had);
    assert!(ran.stdout.contains("Judgement: none, because nothing is held of debian:12"), "{}", ran.stdout);
    let ran = run(&["--fail-on", "id == 'x'", "--allow-empty"]);
    ran.expect_code(0).expect_stderr(&["warning: the gate did not see 2 of the 3 packages of `app`"]);
    assert!(
        ran.stdout.ends_with("  the gate did not see 2 of 3 packages: the feed that answers is not held\n")
    );
    run(&["--fail-on", "kev"]).expect_code(1);
    let ran = run(&["--fail-on", "unmatched == 'not-fetched'"]);
    assert!(ran.expect_code(1).stdout.contains("2 packages of debian:12 not matched: not-fetched"));
    let dir = place.path("sboms").display().to_string();
    let words = ["rematch", &dir, "--offline", "--as-of", AS_OF, "--fail-on"];
    place.run(words.iter().chain(&["id == 'x'"])).expect_code(2).expect_stderr(&not_had);
    let ran = place.run(words.iter().chain(&["gap == 'feed-not-fetched'"]));
    ran.expect_code(1).expect_stderr(&["is violated", "gap feed-not-fetched at "]);
    // A feed that was asked and lacks the release is no feed that could not be had; the gate's blindness is told.
    let words = ["match", &sbom, "--mirror", &mirror, "--as-of", AS_OF, "--max-age", "0s"];
    let ran = place.run(words.iter().chain(&["--fail-on", "id == 'x'"]));
    ran.expect_code(0).expect_stderr(&[
        "warning: the gate did not see 2 of the 3 packages of `app`",
        "`gap == \"feed-not-fetched\"` in `--fail-on`",
    ]);
    let ran = place
        .run(words.iter().chain(&["--fail-on", "gap == 'feed-not-fetched' && gap_place == 'debian:12'"]));
    ran.expect_code(1);
}

#[test]
fn completions_are_printed_for_every_shell() {
    let place = Place::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = place.run(["completions", shell]);
        assert!(ran.expect_code(0).stdout.contains("plimsoll"));
    }
}
