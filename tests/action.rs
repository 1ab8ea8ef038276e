//! The GitHub Action: its steps run for real, with values that nobody should trust.

mod attached;
mod expression;
mod found_file;
mod not_judged;
mod publish;
mod rematch;
mod runner;
mod yaml;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use testkit::image::{Compression, Layer, compress, sha256};
use testkit::server::Server;

use crate::harness::{PLIMSOLL, read_json, root};
use runner::{Job, Outcome, commands};
use yaml::Node;

/// Texts that mean something to a shell, to the runner's log, to its files, or to a parser of options.
const HOSTILE: [&str; 12] = [
    "$(touch pwned)",
    "`touch pwned`",
    "; touch pwned #",
    "\"; touch pwned; echo \"",
    "'; touch pwned; echo '",
    "${IFS}|touch${IFS}pwned",
    "--version",
    "a\nsarif=/etc/passwd\nacceptable<<x\ntrue\nx",
    "a\n::add-mask::a\n::error::a\n##[error]a",
    "a\r::set-output name=acceptable::true",
    "%0A::error::a",
    "${{ github.token }}",
];

#[test]
fn the_action_judges_an_image_and_says_what_it_found() {
    let job = Job::new(root());
    let outcome = job.run(&action(), &image_inputs(&[]), None);
    assert_eq!(outcome.failed, None, "{}", outcome.log);
    let output = |name: &str| &*outcome.outputs[name];
    assert_eq!((output("acceptable"), output("exit-code")), ("true", "0"));

    let report = read_json(Path::new(output("report")));
    let findings = report["findings"].as_array().unwrap();
    let counted: Vec<&Value> = findings.iter().filter(|finding| finding["suppressed"].is_null()).collect();
    let level = |words: &[&str]| {
        let is_one = |finding: &&&Value| words.contains(&finding["severity"]["level"].as_str().unwrap());
        counted.iter().filter(is_one).count().to_string()
    };
    assert!(!counted.is_empty());
    assert_eq!(output("findings"), counted.len().to_string());
    assert_eq!(output("critical"), level(&["critical"]));
    assert_eq!(output("high"), level(&["high"]));
    assert_eq!(output("medium"), level(&["medium"]));
    assert_eq!(output("low"), level(&["low", "negligible", "none"]));
    assert_eq!(output("unknown"), level(&["unknown"]));
    assert_eq!(output("snapshot"), report["snapshot"]["id"].as_str().unwrap());
    assert_eq!(read_json(Path::new(output("sarif")))["version"], "2.1.0");
    assert_eq!(read_json(Path::new(output("sbom")))["bomFormat"], "CycloneDX");
    assert!(outcome.summary.contains("acceptable"), "{}", outcome.summary);
    assert!(fs::read_dir(job.workspace("")).unwrap().next().is_none(), "the checkout stays as it was");
}

#[test]
fn an_sbom_gives_the_findings_of_its_image() {
    let job = Job::new(root());
    let of_image = job.run(&action(), &image_inputs(&[("sbom-file", "kept/app.cdx.json")]), None);
    let mirror = example("mirror");
    let inputs =
        [("sbom", "kept/app.cdx.json"), ("mirror", &*mirror), ("binary", PLIMSOLL), ("fail-on", "critical")];
    let of_sbom = job.run(&action(), &inputs, None);
    let findings = |outcome: &Outcome| read_json(Path::new(&outcome.outputs["report"]))["findings"].clone();
    assert_eq!(findings(&of_image), findings(&of_sbom));
    assert_eq!(of_sbom.outputs["sbom"], "kept/app.cdx.json");
}

#[test]
fn what_is_not_acceptable_fails_last_and_only_if_wanted() {
    for (fail_build, failed) in [("true", Some(("Fail when not acceptable".to_owned(), 1))), ("false", None)]
    {
        let job = Job::new(root());
        let inputs = image_inputs(&[("fail-on", "kev"), ("fail-build", fail_build)]);
        let outcome = job.run(&action(), &inputs, None);
        assert_eq!(outcome.failed, failed, "{}", outcome.log);
        assert_eq!((&*outcome.outputs["acceptable"], &*outcome.outputs["exit-code"]), ("false", "1"));
        assert!(Path::new(&outcome.outputs["sarif"]).is_file(), "the alerts are there to be uploaded");
        assert!(outcome.used.iter().any(|(step, _)| step == "Keep the feeds"), "{:?}", outcome.used);
    }
}

#[test]
fn documents_weights_and_names_are_those_of_the_command_line() {
    let job = Job::new(root());
    let document = json!({"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://vex.example/1", "author": "Acme",
        "version": 1, "timestamp": "2025-06-01T00:00:00Z", "statements": [{"vulnerability": {"name": "CVE-2023-4863"},
        "products": [{"@id": "pkg:pypi/pillow@9.5.0"}], "status": "not_affected",
        "justification": "vulnerable_code_not_present"}]});
    fs::create_dir_all(job.workspace("answers")).unwrap();
    fs::write(job.workspace("answers/one.json"), document.to_string()).unwrap();
    let run = |others: &[(&str, &str)]| job.run(&action(), &image_inputs(others), None);
    let report = |outcome: &Outcome| read_json(Path::new(&outcome.outputs["report"]));
    let plain = run(&[("fail-on", "kev"), ("fail-build", "false")]);
    assert_eq!(plain.outputs["acceptable"], "false", "{}", plain.log);

    let answered = run(&[("fail-on", "kev"), ("vex", "\n answers \n")]);
    assert_eq!(
        (answered.failed.as_ref(), &*answered.outputs["acceptable"]),
        (None, "true"),
        "{}",
        answered.log
    );
    let weighed = run(&[("risk", "critical=0.25\nno-epss = 0.5")]);
    let weights = report(&weighed)["risk_formula"]["weights"].clone();
    assert_eq!((&weights["critical"], &weights["no-epss"]), (&json!(0.25), &json!(0.5)), "{}", weighed.log);
    // The mirror has nothing of NVD, and the report says what is lacking.
    let lacks_names = |outcome: &Outcome| report(outcome)["coverage"].to_string().contains("\"cpe:");
    assert!(lacks_names(&run(&[("fallback", "cpe")])) && !lacks_names(&plain));

    for (input, value, said) in [
        ("risk", "heigh=1", "the input `risk`: there is no weight `heigh`"),
        ("fallback", "nvd", "the input `fallback`: `nvd` is no fallback"),
        ("vex", "absent.json", "absent.json"),
        ("vex", "http://vex.example/1", "the input `vex`: "),
        // The image is a file: nothing is attached to it in a registry.
        ("vex", "referrers", "registry"),
        ("vex-key", "key.pem", "the input `vex-key` goes with `referrers`"),
    ] {
        let outcome = run(&[(input, value)]);
        assert_eq!(outcome.failed, Some(("Judge".to_owned(), 2)), "{input}: {}", outcome.log);
        assert!(outcome.log.contains(said), "{input}: {}", outcome.log);
    }
    let inputs = [("sbom", "sbom.json"), ("vex", "referrers"), ("binary", PLIMSOLL)];
    let outcome = job.run(&action(), &inputs, None);
    assert_eq!(outcome.failed, Some(("Judge".to_owned(), 2)), "{}", outcome.log);
    assert!(outcome.log.contains("and an SBOM was given"), "{}", outcome.log);
}

#[test]
fn the_environment_and_the_configuration_file_count_as_in_a_scan() {
    let mut job = Job::new(root());
    let run = |job: &Job, others: &[(&str, &str)]| {
        let inputs = image_inputs(others);
        let inputs: Vec<_> = inputs.into_iter().chain([("fail-build", "false")]).collect();
        job.run(&action(), &inputs, None)
    };
    let is_acceptable = |outcome: &Outcome| {
        assert_eq!(outcome.failed, None, "{}", outcome.log);
        outcome.outputs["acceptable"] == "true"
    };
    assert!(is_acceptable(&run(&job, &[])));
    for file in ["fail-on = 'kev'", "scan.fail-on = 'kev'", "action.fail-on = 'kev'\nscan.fail-on = 'false'"]
    {
        fs::write(job.workspace("plimsoll.toml"), file).unwrap();
        assert!(!is_acceptable(&run(&job, &[])), "{file}");
    }
    assert!(is_acceptable(&run(&job, &[("fail-on", "false")])), "an input counts over the file");
    // An error of the file is one of the step, and no line of it is a command to the runner.
    fs::write(job.workspace("plimsoll.toml"), "platform = \"a\\n::add-mask::a\"").unwrap();
    let outcome = run(&job, &[]);
    assert_eq!(outcome.failed, Some(("Judge".to_owned(), 2)), "{}", outcome.log);
    assert_eq!(outcome.step_outputs["judge.acceptable"], "false");
    assert!(commands(&outcome.log).is_empty(), "{}", outcome.log);
    fs::remove_file(job.workspace("plimsoll.toml")).unwrap();

    let vendors = run(&job, &[]).step_outputs["prepare.cache-key"].clone();
    job.variables.insert("PLIMSOLL_FAIL_ON".to_owned(), "kev".to_owned());
    let outcome = run(&job, &[]);
    assert!(!is_acceptable(&outcome));
    assert_eq!(outcome.step_outputs["prepare.cache-key"], vendors);
    job.variables.insert("PLIMSOLL_PRIVATE".to_owned(), job.workspace("own").display().to_string());
    fs::create_dir(job.workspace("own")).unwrap();
    assert_ne!(run(&job, &[]).step_outputs["prepare.cache-key"], vendors, "other feeds lie elsewhere");

    job.variables.clear();
    let outcome = run(&job, &[("feeds-source", "./published"), ("feeds-key", "none")]);
    assert_eq!(outcome.failed, Some(("Judge".to_owned(), 2)), "{}", outcome.log);
    assert!(outcome.log.contains("a mirror has no effect with published feeds"), "{}", outcome.log);
    job.variables.insert("PLIMSOLL_FEEDS_KEY".to_owned(), "feeds.pub".to_owned());
    let outcome = run(&job, &[("feeds-source", "./published"), ("feeds-key", "none"), ("mirror", "")]);
    assert!(!outcome.log.contains("has no effect"), "an input counts over a variable: {}", outcome.log);
    let outcome = run(&job, &[]);
    assert_eq!(outcome.failed, Some(("Judge".to_owned(), 2)), "{}", outcome.log);
    assert!(outcome.log.contains("`--feeds-key` has no effect without `--feeds-source`"), "{}", outcome.log);
}

#[test]
fn what_cannot_be_judged_fails_at_once() {
    let mirror = example("mirror");
    for (what, inputs) in [
        ("neither image nor SBOM", vec![]),
        ("both", vec![("image", "a"), ("sbom", "b")]),
        ("an image that is absent", vec![("image", "absent.tar")]),
        ("a condition that is none", vec![("image", "absent.tar"), ("fail-on", "severity >=")]),
    ] {
        let mut inputs = inputs;
        inputs.extend([("binary", PLIMSOLL), ("mirror", &*mirror), ("fail-build", "false")]);
        let outcome = Job::new(root()).run(&action(), &inputs, None);
        assert_eq!(outcome.failed, Some(("Judge".to_owned(), 2)), "{what}: {}", outcome.log);
        assert_eq!(outcome.outputs["exit-code"], "2", "{what}");
        assert_eq!(outcome.outputs["acceptable"], "false", "{what}");
    }
}

#[test]
fn feeds_are_kept_under_a_key_that_ends_in_their_snapshot() {
    let mut job = Job::new(root());
    let first = job.run(&action(), &image_inputs(&[]), None);
    let [(_, restored), (step, saved)] = &*first.used else { panic!("{:?}", first.used) };
    assert_eq!(step, "Keep the feeds");
    assert_eq!(saved["path"], restored["path"]);
    assert_eq!(saved["key"], format!("{}{}", restored["key"], first.outputs["snapshot"]));
    assert!(restored["key"].starts_with(restored["restore-keys"].trim()), "{restored:?}");

    job.cached = saved["key"].clone();
    let second = job.run(&action(), &image_inputs(&[]), None);
    assert_eq!(second.outputs["snapshot"], first.outputs["snapshot"]);
    assert_eq!(second.used.len(), 1, "feeds that did not change are not kept again: {:?}", second.used);

    let other = job.run(&action(), &image_inputs(&[("mirror", "elsewhere")]), Some("Get plimsoll"));
    assert_ne!(other.step_outputs["prepare.cache-key"], first.step_outputs["prepare.cache-key"]);
    assert_ne!(other.step_outputs["prepare.feeds"], first.step_outputs["prepare.feeds"]);
    let none = job.run(&action(), &image_inputs(&[("feeds-cache", "false")]), None);
    assert!(none.used.is_empty(), "{:?}", none.used);
}

#[test]
fn published_feeds_are_taken_in_place_of_the_vendors() {
    use std::process::Command;
    let openssl =
        testkit::real::program("openssl", None, "published_feeds_are_taken_in_place_of_the_vendors");
    let Some(openssl) = openssl else { return };
    let job = Job::new(root());
    let file = |name: &str| job.workspace(name).display().to_string();
    for (private, public) in [("ours.pem", "ours.pub"), ("theirs.pem", "theirs.pub")] {
        let words = ["genpkey", "-algorithm", "ed25519", "-out", &file(private)];
        testkit::real::run(&openssl, words);
        testkit::real::run(&openssl, ["pkey", "-in", &file(private), "-pubout", "-out", &file(public)]);
    }
    let run = |words: &[&str]| {
        let mut command = Command::new(PLIMSOLL);
        command.args(words).args(["--feeds", &file("publisher")]).env("HOME", file("home"));
        assert!(command.output().unwrap().status.success(), "{words:?}");
    };
    run(&["feeds", "sync", "--mirror", &example("mirror")]);
    run(&["feeds", "push", &file("published"), "--sign-key", &file("ours.pem")]);

    let (nowhere, published) = (file("nowhere"), file("published"));
    let sources = format!("{nowhere}\n  {published}\n");
    let pem = fs::read_to_string(file("ours.pub")).unwrap();
    // No mirror, and nothing that answers in the vendors' place.
    let inputs = |key: &str| -> Vec<(&str, String)> {
        let inputs = image_inputs(&[]).into_iter().filter(|(name, _)| *name != "mirror");
        let inputs = inputs.map(|(name, value)| (name, value.to_owned()));
        inputs.chain([("feeds-source", sources.clone()), ("feeds-key", key.to_owned())]).collect()
    };
    let run = |inputs: &[(&str, String)]| {
        let inputs: Vec<(&str, &str)> = inputs.iter().map(|(name, value)| (*name, &**value)).collect();
        job.run(&action(), &inputs, None)
    };
    let of_vendors = Job::new(root()).run(&action(), &image_inputs(&[]), None);
    let by_text = run(&inputs(&pem));
    assert_eq!(by_text.failed, None, "{}", by_text.log);
    assert_eq!(by_text.outputs["findings"], of_vendors.outputs["findings"]);
    assert!(by_text.log.contains("passed over"), "{}", by_text.log);
    let by_file = run(&inputs(&format!("{}\n{}", file("theirs.pub"), file("ours.pub"))));
    assert_eq!(by_file.failed, None, "{}", by_file.log);
    let keys = [&by_text, &by_file, &of_vendors].map(|outcome| &outcome.step_outputs["prepare.cache-key"]);
    assert!(keys[0].contains("-published-") && keys[0] != keys[1] && keys[1] != keys[2], "{keys:?}");

    for (key, said) in [
        (fs::read_to_string(file("theirs.pub")).unwrap(), "no key that is trusted signed it"),
        (file("theirs.pub"), "no key that is trusted signed it"),
        ("-----BEGIN PUBLIC KEY-----\nnone\n-----END PUBLIC KEY-----".to_owned(), "is no public key"),
        (file("absent.pub"), "cannot read the key"),
    ] {
        let outcome = run(&inputs(&key));
        assert_eq!(outcome.failed, Some(("Judge".to_owned(), 2)), "{key}: {}", outcome.log);
        assert!(outcome.log.contains(said), "{key}: {}", outcome.log);
    }
    for empty in ["", " \n "] {
        let outcome = run(&inputs(empty));
        assert_eq!(outcome.failed, Some(("Judge".to_owned(), 2)), "{}", outcome.log);
        assert!(outcome.log.contains("`feeds-key` is empty"), "{}", outcome.log);
    }
    let by_nobody = run(&inputs("none"));
    assert_eq!(by_nobody.failed, None, "{}", by_nobody.log);
    assert_eq!(by_nobody.log.matches("not verified").count(), 1, "{}", by_nobody.log);
    assert!(!by_text.log.contains("not verified"), "{}", by_text.log);
    let outcome = Job::new(root()).run(&action(), &image_inputs(&[("feeds-key", &pem)]), None);
    assert!(outcome.log.contains("goes with `feeds-source`"), "a key without a place: {}", outcome.log);
}

#[test]
fn published_feeds_are_kept_apart_by_what_the_keys_are_and_not_by_where_they_lie() {
    let job = Job::new(root());
    let prepare = |key: &str| {
        let inputs = image_inputs(&[("feeds-source", "./published"), ("feeds-key", key)]);
        let outcome = job.run(&action(), &inputs, Some("Get plimsoll"));
        assert_eq!(outcome.failed, None, "{}", outcome.log);
        let output = |name: &str| outcome.step_outputs[name].clone();
        (output("prepare.feeds"), output("prepare.cache-key"))
    };
    let write = |name: &str, text: &str| fs::write(job.workspace(name), text).unwrap();
    write("key.pub", "one");
    let one = prepare("key.pub");
    assert_eq!(prepare("  key.pub \r\n"), one);
    write("other.pub", "one");
    assert_eq!(prepare("other.pub"), one, "the same key");
    write("key.pub", "two");
    let two = prepare("key.pub");
    assert!(two.0 != one.0 && two.1 != one.1, "{one:?} {two:?}");
    let both = prepare("key.pub\nother.pub");
    write("none", "one");
    let all = [
        one,
        two,
        both,
        prepare("none"),
        prepare(""),
        prepare("absent.pub"),
        prepare("-----BEGIN A"),
        prepare("-----BEGIN B"),
    ];
    assert_eq!(std::collections::BTreeSet::from(all.clone()).len(), all.len(), "{all:?}");
}

#[test]
fn a_hostile_name_is_only_a_name() {
    for hostile in HOSTILE {
        let job = Job::new(root());
        let outcome = job.run(&action(), &image_inputs(&[("name", hostile)]), None);
        assert_eq!(outcome.failed, None, "{hostile:?}: {}", outcome.log);
        check_unharmed(&job, &outcome, hostile);
        assert_eq!(outcome.outputs["acceptable"], "true", "{hostile:?}");
        let report = read_json(Path::new(&outcome.outputs["report"]));
        assert_eq!(report["subject"]["name"].as_str(), Some(hostile));
    }
}

#[test]
fn hostile_inputs_do_no_harm() {
    let everything = HOSTILE.join("\n");
    for (input, _) in action().get("inputs").unwrap().entries() {
        let mut inputs = image_inputs(&[]);
        if input == "sbom" {
            inputs.retain(|(name, _)| *name != "image");
        }
        if input == "version" {
            inputs.retain(|(name, _)| *name != "binary");
        }
        inputs.retain(|(name, _)| *name != input);
        inputs.push((input, &everything));
        let job = Job::new(root());
        let outcome = job.run(&action(), &inputs, None);
        check_unharmed(&job, &outcome, input);
    }
}

/// Nothing was run, no output was forged, and no line of the log was taken for a command of a value's.
#[track_caller]
fn check_unharmed(job: &Job, outcome: &Outcome, what: &str) {
    assert_eq!(job.files_called("pwned"), Vec::<PathBuf>::new(), "{what:?}");
    for command in commands(&outcome.log) {
        assert!(command.starts_with("::error title=plimsoll::"), "{what:?}: {command}");
    }
    let known = action();
    for output in outcome.step_outputs.keys() {
        let name = output.strip_prefix("judge.");
        assert!(
            name.is_none_or(|name| known.get("outputs").unwrap().get(name).is_some()),
            "{what:?}: {output}"
        );
    }
    assert_ne!(outcome.outputs["sarif"], "/etc/passwd", "{what:?}");
}

#[test]
fn a_release_is_used_only_if_the_action_vouches_for_it() {
    let asset = format!("plimsoll-1.2.3-{}-{}.tar.gz", std::env::consts::OS, std::env::consts::ARCH);
    let mut files = Layer::default();
    files.executable("plimsoll", "#!/bin/sh\necho plimsoll 1.2.3\n");
    let archive = compress(&files.tar(), Compression::Gzip);
    let server = Server::new();
    server.serve(&format!("/owner/plimsoll/releases/download/v1.2.3/{asset}"), archive.clone());

    let good = format!("{}  {asset}\n", sha256(&archive));
    let bad = format!("{}  {asset}\n", sha256(b"another"));
    for (checksums, version, error) in [
        (Some(&*good), "1.2.3", None),
        (Some(&*bad), "1.2.3", Some("it is not used")),
        (Some(&*good), "1.2.4", Some("it is not downloaded")),
        (Some(&*good), "../../evil", Some("is no version")),
        (None, "1.2.3", Some("knows no release")),
    ] {
        let mut job = Job::new(root());
        job.action = copy_of_the_scripts(&job);
        job.repository = "owner/plimsoll".to_owned();
        job.server = server.url("");
        if let Some(checksums) = checksums {
            fs::write(job.action.join("action/checksums.txt"), checksums).unwrap();
        }
        let outcome = job.run(&action(), &[("version", version)], Some("Get plimsoll"));
        match error {
            None => {
                assert_eq!(outcome.failed, None, "{}", outcome.log);
                assert_eq!(outcome.step_outputs["prepare.version"], "1.2.3");
            }
            Some(error) => {
                assert_eq!(outcome.failed, Some(("Get plimsoll".to_owned(), 2)), "{}", outcome.log);
                assert!(outcome.log.contains(error), "`{error}` is not in: {}", outcome.log);
                assert_eq!(outcome.step_outputs.get("prepare.binary"), None);
            }
        }
    }
    assert_eq!(server.requests().len(), 2, "what nobody vouches for is not even asked for");
}

#[test]
fn without_a_release_the_action_is_built_from_its_own_source() {
    let mut job = Job::new(root());
    job.action = copy_of_the_scripts(&job);
    let programs = job.workspace("programs");
    write_program(
        &programs.join("cargo"),
        "#!/bin/sh\necho \"in $PWD: cargo $*\" >>\"$HOME/built\"\nfor last; do :; done\n\
         mkdir -p \"$last/release\"\nprintf '#!/bin/sh\\necho plimsoll 9.9.9\\n' >\"$last/release/plimsoll\"\n\
         chmod +x \"$last/release/plimsoll\"\n",
    );
    job.programs = Some(programs);
    let outcome = job.run(&action(), &[], Some("Get plimsoll"));
    assert_eq!(outcome.failed, None, "{}", outcome.log);
    assert_eq!(outcome.step_outputs["prepare.version"], "9.9.9");
    let built = fs::read_to_string(&job.files_called("built")[0]).unwrap();
    let directory = fs::canonicalize(&job.action).unwrap();
    let expected = format!("in {}: cargo build --release --locked --package plimsoll ", directory.display());
    assert!(built.starts_with(&expected), "{built}");
}

#[test]
fn sarif_files_are_grouped_as_uploads_allow() {
    let job = Job::new(root());
    let script = root().join("action/group-sarif");
    for (count, expected) in [(0, "[]\n"), (1, "[0]\n"), (20, "[0]\n"), (45, "[0,1,2]\n")] {
        let (from, to) = (job.workspace(&format!("from-{count}")), job.workspace(&format!("to-{count}")));
        fs::create_dir_all(from.join("team a")).unwrap();
        for index in 0..count {
            fs::write(from.join(format!("team a/{index} $(x).sarif")), "{}").unwrap();
        }
        let output = std::process::Command::new(&script).args([&from, &to]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
        for group in fs::read_dir(&to).into_iter().flatten() {
            assert!(fs::read_dir(group.unwrap().path()).unwrap().count() <= 20);
        }
    }
}

#[test]
fn no_expression_reaches_a_shell_and_every_action_is_pinned() {
    let workflows = root().join(".github/workflows");
    let mut files = vec![root().join("action.yml")];
    files.extend(fs::read_dir(&workflows).unwrap().map(|entry| entry.unwrap().path()));
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let document = yaml::parse(&text);
        let mut steps = 0;
        for mapping in document.mappings() {
            if let Some(script) = mapping.text("run") {
                assert!(!script.contains("${{"), "{}: {script}", file.display());
                steps += 1;
            }
            if let Some(uses) = mapping.text("uses") {
                let hash = uses.split_once('@').map(|(_, hash)| hash);
                let pinned = hash.is_some_and(|hash| {
                    hash.len() == 40 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
                });
                assert!(uses == "./" || pinned, "{}: {uses}", file.display());
                let versioned = text.lines().any(|line| line.contains(&format!("{uses} # v")));
                assert!(uses == "./" || versioned, "{}: {uses} does not say its version", file.display());
                steps += 1;
            }
            if mapping.text("uses").is_some_and(|uses| uses.starts_with("actions/checkout@")) {
                let credentials = mapping.get("with").and_then(|with| with.text("persist-credentials"));
                assert_eq!(credentials, Some("false"), "{}", file.display());
            }
        }
        assert!(steps > 0, "{} has no steps", file.display());
        if file.parent() == Some(&workflows) {
            let permissions = document.get("permissions").unwrap_or_else(|| panic!("{}", file.display()));
            assert_eq!(permissions, &yaml::parse("contents: read"), "{}", file.display());
            assert!(document.get("concurrency").is_some(), "{}", file.display());
        }
    }
}

#[test]
fn the_documentation_names_every_input_and_output() {
    let document = fs::read_to_string(root().join("docs/reference/action.md")).unwrap();
    for section in ["inputs", "outputs"] {
        for (name, _) in action().get(section).unwrap().entries() {
            assert!(document.contains(&format!("`{name}`")), "{section}: {name}");
        }
    }
}

fn action() -> Node {
    yaml::parse(&fs::read_to_string(root().join("action.yml")).unwrap())
}

fn example(name: &str) -> String {
    fs::canonicalize(root().join("examples").join(name)).unwrap().into_os_string().into_string().unwrap()
}

/// The inputs for the example image, its mirror and the binary under test, with `others`.
fn image_inputs<'a>(others: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    static IMAGE: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| example("image"));
    static MIRROR: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| example("mirror"));
    let mut inputs = vec![("image", &**IMAGE), ("mirror", &**MIRROR), ("binary", PLIMSOLL)];
    inputs.retain(|(name, _)| others.iter().all(|(other, _)| other != name));
    inputs.extend(others);
    inputs
}

/// A directory with the action's scripts and nothing else.
fn copy_of_the_scripts(job: &Job) -> PathBuf {
    let copy = job.workspace("the action");
    for name in ["get-binary", "group-sarif"] {
        let text = fs::read_to_string(root().join("action").join(name)).unwrap();
        write_program(&copy.join("action").join(name), &text);
    }
    copy
}

/// Puts the scripts of plimsoll into the directory `checkout` of the workspace, where building it gives `binary`.
fn check_out(job: &mut Job, checkout: &str, binary: &Path) {
    for name in ["get-binary", "group-sarif", "fenced"] {
        let script = fs::read_to_string(root().join("action").join(name)).unwrap();
        write_program(&job.workspace(checkout).join("action").join(name), &script);
    }
    let programs = job.workspace("programs");
    let cargo = format!(
        "#!/bin/sh\nfor last; do :; done\nmkdir -p \"$last/release\"\nln -sf '{}' \"$last/release/plimsoll\"\n",
        binary.display()
    );
    write_program(&programs.join("cargo"), &cargo);
    job.programs = Some(programs);
}

fn write_program(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    // Copied rather than written: it keeps the permission to run.
    fs::copy(root().join("action/get-binary"), path).unwrap();
    fs::write(path, text).unwrap();
}
