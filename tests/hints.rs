//! What did not happen is said together with what would make it happen.

use serde_json::Value;
use testkit::feeds::Mirror;
use testkit::image::{self, Image};

use crate::harness::{AS_OF, Place, Ran, root};

/// An SBOM of an Alpine image in which one finding is rated by nobody, and a mirror of Alpine's database alone.
fn place() -> (Place, String, String) {
    let place = Place::new();
    let mirror = Mirror::at(place.path("mirror"));
    mirror.secdb("3.20", "main", "curl\n  8.9.0-r1 CVE-2025-10002\n");
    mirror.secdb("3.20", "community", "");
    let sbom = place.write(
        "sbom.json",
        r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[
            {"type":"operating-system","name":"alpine","version":"3.20.3"},
            {"type":"library","name":"libcurl","version":"8.8.0-r1",
             "purl":"pkg:apk/alpine/libcurl@8.8.0-r1?distro=alpine-3.20.3&upstream=curl",
             "cpe":"cpe:2.3:a:haxx:libcurl:8.8.0:*:*:*:*:*:*:*"}]}"#,
    );
    (place, sbom.display().to_string(), mirror.dir().display().to_string())
}

#[test]
fn a_gate_of_severities_says_for_what_it_cannot_fire() {
    let (place, sbom, mirror) = place();
    let gated = |gate: &str| {
        let words = ["match", &sbom, "--mirror", &mirror, "--as-of", AS_OF, "--fail-on", gate];
        place.run(words.into_iter().chain(["-o", "table", "-o", "json=report.json"]))
    };
    let line = "1 finding has no severity and cannot break this gate";
    let ran = gated("high");
    ran.expect_code(0).expect_stderr(&[line, "plimsoll feeds sync --only nvd"]);
    assert!(ran.stdout.ends_with(&format!("Judgement: acceptable\n  {line}\n")), "{}", ran.stdout);
    let report: Value = serde_json::from_slice(&std::fs::read(place.path("report.json")).unwrap()).unwrap();
    assert_eq!(report["judgement"]["unrated"], 1);
    let ran = gated("unknown");
    ran.expect_code(1);
    assert!(
        !ran.stderr.contains("no severity") && !ran.stdout.contains(line),
        "{}{}",
        ran.stderr,
        ran.stdout
    );
}

#[test]
fn what_is_no_image_is_told_from_one_that_is_damaged() {
    let (place, sbom, _) = place();
    place.write("poetry.lock", "[[package]]\n");
    for (words, hint) in [
        (["sbom", "nosuch.tar"], "hint: check the path"),
        (["sbom", "./poetry.lock"], "give the directory that they lie in"),
        (["scan", "./poetry.lock"], "give the directory that they lie in"),
        (["match", "nosuch.json"], "`plimsoll scan IMAGE` judges an image"),
        (["match", "mirror"], "`plimsoll scan DIR` judges a directory"),
        (["match", "pkg:npm/lodash@4.17.20"], "`echo PURL | plimsoll match -`"),
        (["match", "poetry.lock"], "`plimsoll scan IMAGE` judges an image itself"),
    ] {
        let ran = place.run(words);
        ran.expect_code(2).expect_stderr(&[hint]);
        assert!(!ran.stderr.contains("fetch it again"), "{words:?}: {}", ran.stderr);
    }
    for command in ["sbom", "scan"] {
        let stdin = std::fs::File::open(&sbom).unwrap();
        let output = place.command().args([command, "-", "--offline"]).stdin(stdin).output().unwrap();
        Ran::of(output).expect_code(2).expect_stderr(&["`plimsoll match -` reads an SBOM"]);
    }
    let image =
        Image::parse("//- layer\n//- /etc/os-release\nID=alpine\nVERSION_ID=3.20.3\n").docker_archive();
    place.write("half.tar", &image[..image.len() / 2]);
    place.run(["sbom", "half.tar"]).expect_code(2).expect_stderr(&["fetch it again"]);
}

#[test]
fn without_feeds_nobody_is_told_to_leave_out_what_was_not_given() {
    let (place, sbom, _) = place();
    let fill = "`plimsoll feeds sync` fills it";
    for words in [
        &["feeds", "status"][..],
        &["feeds", "export", "feeds.tar"],
        &["feeds", "gc"],
        &["match", &sbom, "--offline"],
    ] {
        place.run(words).expect_code(2).expect_stderr(&["no feed database", fill]);
    }
    assert!(!place.path("feeds").exists(), "what was not there is not made");
    let ran = place.run(["feeds", "sync", "--offline", "--only", "debain"]);
    ran.expect_code(2).expect_stderr(&["hint: did you mean `debian`?"]);
}

#[cfg(target_os = "linux")]
#[test]
fn where_nothing_can_be_written_two_ways_out_are_named() {
    let ran = Place::new().run(["feeds", "sync", "--only", "kev", "--offline", "--feeds", "/proc/feeds"]);
    ran.expect_code(2).expect_stderr(&["`--offline` judges by what is held", "`--feeds DIR`"]);
}

#[test]
fn of_a_source_that_was_not_asked_the_url_stands_once_in_a_line() {
    let (place, _, _) = place();
    let ran = place.run(["feeds", "sync", "--only", "kev", "--offline"]);
    let failed = ran.stderr.lines().find(|line| line.starts_with("failed: ")).unwrap();
    assert_eq!(failed.matches("known_exploited_vulnerabilities.json").count(), 1, "{failed}");
}

#[test]
fn a_partial_mirror_is_told_in_a_line_for_each_provider() {
    let (place, _, mirror) = place();
    let sync = |words: &[&str]| {
        let words = [&["feeds", "sync", "--mirror", &mirror, "--only", "alpine"], words].concat();
        place.run(words).stderr
    };
    let few = sync(&[]);
    let lines = |start: &str| few.lines().filter(|line| line.starts_with(start)).count();
    assert_eq!((lines("missing: "), lines("gap: ")), (1, 1), "{few}");
    assert!(few.contains("does not exist in any mirror"), "{few}");
    assert!(few.contains("files of alpine (`-v` lists them)"), "{few}");
    let all = sync(&["-v", "--max-age", "0s"]);
    assert!(all.lines().filter(|line| line.starts_with("missing: https://")).count() > 10, "{all}");
}

#[test]
fn without_a_network_one_line_says_so() {
    let (place, sbom, _) = place();
    // That of a proxy stands for all.
    let output =
        place.command().args(["match", &sbom]).env("HTTPS_PROXY", "http://proxy.invalid:3128").output();
    let ran = Ran::of(output.unwrap());
    ran.expect_code(2)
        .expect_stderr(&["the name of the proxy, `proxy.invalid`, cannot be resolved", "`--offline`"]);
    let error = ran.stderr.lines().find(|line| line.starts_with("error: ")).unwrap();
    assert_eq!(error.matches("cannot be resolved").count(), 1, "{error}");
}

#[test]
fn a_distribution_that_is_not_assumed_is_said() {
    let (place, sbom, mirror) = place();
    let with =
        |distro: &str| place.run(["match", &sbom, "--mirror", &mirror, "--as-of", AS_OF, "--distro", distro]);
    let said = "`--distro debian:9` is not heeded: the SBOM names alpine:3.20.3";
    with("debian:9").expect_code(0).expect_stderr(&[said]);
    for same in ["alpine:3.20.3", "alpine:3.20"] {
        assert!(!with(same).stderr.contains("not heeded"), "{same}");
    }
    with("alpine:3.2").expect_stderr(&["is not heeded"]);
}

#[test]
fn what_nvd_would_answer_is_said_of_what_nobody_else_speaks_of() {
    let (place, _, mirror) = place();
    let program = |cpe: &str| {
        let sbom = format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[
            {{"type":"application","name":"tool","version":"1.0","purl":"pkg:generic/tool@1.0"{cpe}}}]}}"#
        );
        let sbom = place.write("tool.json", sbom).display().to_string();
        place.run(["match", &sbom, "--mirror", &mirror, "--as-of", AS_OF])
    };
    let hint = "NVD speaks of their CPE names: `plimsoll feeds sync --only nvd`";
    program(r#","cpe":"cpe:2.3:a:acme:tool:1.0:*:*:*:*:*:*:*""#).expect_code(2).expect_stderr(&[hint]);
    let nameless = program("");
    assert!(!nameless.expect_code(2).stderr.contains("NVD"), "{}", nameless.stderr);
}

#[test]
fn nvd_is_no_advice_where_another_feed_was_not_had() {
    let place = Place::new();
    let cpe = r#""cpe":"cpe:2.3:a:acme:tool:1.0:*:*:*:*:*:*:*","#;
    let tool = |cpe: &str| {
        format!(
            r#"{{"type":"application","name":"tool","version":"1.0",{cpe}"purl":"pkg:generic/tool@1.0"}}"#
        )
    };
    let deb = |cpe: &str| {
        let purl = "pkg:deb/debian/zlib@1.2-1?distro=debian-12";
        format!(r#"{{"type":"library","name":"zlib","version":"1.2-1",{cpe}"purl":"{purl}"}}"#)
    };
    let wheel = r#"{"type":"library","name":"pillow","version":"9.5.0","purl":"pkg:pypi/pillow@9.5.0"}"#;
    let mirror = root().join("examples/mirror").display().to_string();
    place.run(["feeds", "sync", "--mirror", &mirror, "--only", "pypi", "--only", "kev"]).expect_code(0);
    let run = |components: &[&str]| {
        let components = components.join(",");
        let sbom = format!(r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{components}]}}"#);
        let sbom = place.write("mixed.json", sbom).display().to_string();
        place.run(["match", &sbom, "--offline", "--as-of", AS_OF, "--fail-on", "id == 'x'"])
    };
    for (components, said) in [
        // The gate saw something, and the distribution's feed is what is lacking.
        (&[&*tool(cpe), &deb(""), wheel][..], "nothing is held of its distribution (debian:12)"),
        // The package with the name is one whose feed was not had.
        (&[&*tool(""), &deb(cpe)], "of the 2 packages"),
    ] {
        let ran = run(components);
        ran.expect_code(2).expect_stderr(&[said]);
        assert!(!ran.stderr.contains("NVD speaks"), "{}", ran.stderr);
    }
    run(&[&tool(cpe)]).expect_code(2).expect_stderr(&["NVD speaks of their CPE names"]);
}

#[test]
fn alerts_that_are_named_after_a_file_are_warned_of() {
    let (place, _, mirror) = place();
    let image = "//- layer\n//- /etc/os-release\nID=alpine\nVERSION_ID=3.20.3\n//- /lib/apk/db/installed\n\
                 P:libcurl\nV:8.8.0-r1\nA:x86_64\no:curl\n";
    place.write(
        "layout.tar",
        image::archive(&image::oci_files(&[Image::parse(image)], image::IndexShape::Flat)),
    );
    let scan = |words: &[&str]| {
        let words = [&["scan", "layout.tar", "--mirror", &mirror, "--as-of", AS_OF], words].concat();
        let ran = place.run(words);
        ran.expect_code(0);
        ran.stderr.contains("would close its alerts; `--name NAME`")
    };
    assert!(scan(&["-o", "sarif=report.sarif"]));
    assert!(!scan(&["-o", "sarif=report.sarif", "--name", "app"]));
    assert!(!scan(&["-o", "json=report.json"]));
}

/// Runs the binary with its standard output closed by who reads it.
#[cfg(unix)]
#[test]
fn a_reader_who_has_read_enough_is_no_failure() {
    let place = Place::new();
    for words in [&["--help"][..], &["completions", "bash"], &["match", "--help"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = place.command().args(words).stdout(writer).output().unwrap();
        let ran = Ran::of(output);
        ran.expect_code(0);
        assert_eq!(ran.stderr, "", "{words:?}");
    }
}

#[test]
fn what_a_rematch_tells_of_says_more_than_its_severity() {
    let place = Place::new();
    let (image, mirror) = (root().join("examples/image"), root().join("examples/mirror"));
    std::fs::create_dir(place.path("stored")).unwrap();
    let output = "cyclonedx-json=stored/image.json";
    place.run(["sbom", image.to_str().unwrap(), "-o", output, "--no-cache"]).expect_code(0);
    let mirror = mirror.to_str().unwrap();
    let words =
        ["rematch", "stored", "--mirror", mirror, "--as-of", AS_OF, "-o", "table", "-o", "json=stored.json"];
    let ran = place.run(words);
    ran.expect_code(0);
    let changes: Value = serde_json::from_slice(&std::fs::read(place.path("stored.json")).unwrap()).unwrap();
    let (mut n_undetermined, mut n_exploited) = (0, 0);
    for change in changes["changes"].as_array().unwrap() {
        let finding = &change["finding"];
        let (id, name) = (finding["id"].as_str().unwrap(), finding["package"]["name"].as_str().unwrap());
        let is_of_it = |line: &&str| line.contains(&format!(" {id} ")) && line.contains(&format!(" {name} "));
        let lines: Vec<&str> = ran.stdout.lines().filter(is_of_it).collect();
        assert!(!lines.is_empty(), "{id} in {name}: {}", ran.stdout);
        let is_undetermined = finding["verdict"] == "undetermined";
        let is_exploited = finding["kev"].is_object();
        let says = |word: &str| lines.iter().any(|line| line.contains(word));
        assert_eq!(says(", undetermined"), is_undetermined, "{lines:?}");
        assert_eq!(says(", known to be exploited"), is_exploited, "{lines:?}");
        n_undetermined += usize::from(is_undetermined);
        n_exploited += usize::from(is_exploited);
    }
    assert!(n_undetermined > 0 && n_exploited > 0, "{}", ran.stdout);
}
