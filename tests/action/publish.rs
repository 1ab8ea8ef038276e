//! The workflow that publishes feeds: its steps run for real, to a directory instead of a registry.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use testkit::feeds::{Mirror, osv_record};

use super::runner::{Job, Outcome, commands};
use super::yaml::{self, Node};
use super::{HOSTILE, check_out};
use crate::harness::{PLIMSOLL, Place, Ran, root};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// The workflow's one job as an action: its steps, and the inputs that it is called with.
fn workflow() -> Node {
    let document =
        yaml::parse(&fs::read_to_string(root().join(".github/workflows/publish-feeds.yml")).unwrap());
    let job = document.get("jobs").unwrap().get("publish").unwrap();
    let steps = job.get("steps").unwrap().clone();
    Node::Map(vec![
        ("inputs".to_owned(), called_with("inputs", &document)),
        ("outputs".to_owned(), Node::Map(Vec::new())),
        ("runs".to_owned(), Node::Map(vec![("steps".to_owned(), steps)])),
    ])
}

fn called_with(section: &str, document: &Node) -> Node {
    document.get("on").unwrap().get("workflow_call").unwrap().get(section).unwrap().clone()
}

/// A machine on which plimsoll was checked out, where building it gives the binary under test; and a key to sign with.
fn job() -> Option<(Job, PathBuf)> {
    let openssl = testkit::real::program("openssl", None, "the workflow that publishes feeds")?;
    let mut job = Job::new(root());
    check_out(&mut job, "plimsoll", Path::new(PLIMSOLL));
    let key = Command::new(&openssl).args(["genpkey", "-algorithm", "ed25519"]).output().unwrap();
    job.secrets.insert("secrets.sign-key".to_owned(), String::from_utf8(key.stdout).unwrap());
    Some((job, openssl))
}

/// A mirror in which the feed of PyPI says something else in every `state`.
fn mirror(job: &Job, state: usize) -> String {
    let records: Vec<_> = (0..200)
        .map(|number| {
            let events = format!("introduced 0, fixed 1.{}", if number == 7 { state } else { 0 });
            osv_record(&format!("PYSEC-2024-{number}"), &[], "PyPI", &format!("package-{number}"), &events)
        })
        .collect();
    let mirror = Mirror::at(job.workspace("mirror"));
    mirror.osv_records("PyPI", &records).secdb("3.20", "main", "openssl\n  3.3.2-r0 CVE-2024-6119\n");
    mirror.secdb("3.20", "community", "");
    mirror.dir().display().to_string()
}

fn run(job: &Job, mirror: &str, others: &[(&str, &str)]) -> Outcome {
    let mut inputs = vec![
        ("repository", "owner/plimsoll"),
        ("commit", COMMIT),
        ("place", "./published"),
        ("registry", ""),
        ("mirror", mirror),
        ("only", "alpine:3.20 pypi"),
    ];
    inputs.retain(|(name, _)| others.iter().all(|(other, _)| other != name));
    inputs.extend(others);
    job.run(&workflow(), &inputs, None)
}

/// Which actions were used, by the names of their steps.
fn used(outcome: &Outcome) -> Vec<&str> {
    outcome.used.iter().map(|(step, _)| step.as_str()).collect()
}

/// Pulls what was published, with the key that belongs to the one that signed it.
fn pulled(job: &Job, openssl: &Path) -> Ran {
    let place = Place::new();
    let private = place.write("private", &job.secrets["secrets.sign-key"]);
    let public = place.path("public");
    let status = Command::new(openssl)
        .args(["pkey", "-pubout", "-in"])
        .arg(&private)
        .arg("-out")
        .arg(&public)
        .status()
        .unwrap();
    assert!(status.success());
    let words = ["feeds".into(), "pull".into(), "--feeds-key".into(), public, job.workspace("published")];
    place.run(words)
}

#[test]
fn the_workflow_publishes_signed_and_the_next_time_by_edits() {
    let Some((mut job, openssl)) = job() else { return };
    let first = run(&job, &mirror(&job, 0), &[]);
    assert_eq!(first.failed, None, "{}", first.log);
    assert!(first.log.contains("sent whole") && first.log.contains(", 0 edits"), "{}", first.log);
    assert_eq!(used(&first), ["Check out plimsoll", "Restore the feeds", "Keep the feeds"]);
    assert_eq!(first.used[0].1["ref"], COMMIT);
    pulled(&job, &openssl).expect_code(0).expect_stderr(&["signed by", "new snapshot"]);

    let second = run(&job, &mirror(&job, 1), &[]);
    assert_eq!(second.failed, None, "{}", second.log);
    assert!(!second.log.contains("sent whole") && second.log.contains(", 1 edit"), "{}", second.log);
    pulled(&job, &openssl).expect_code(0).expect_stderr(&["signed by", "new snapshot"]);

    // Another key than the one that signed what is there: it is not believed, and replaced.
    job.secrets = self::job().unwrap().0.secrets;
    let third = run(&job, &mirror(&job, 1), &[]);
    assert_eq!(third.failed, None, "{}", third.log);
    assert!(third.log.contains("sent whole"), "{}", third.log);
    pulled(&job, &openssl).expect_code(0).expect_stderr(&["signed by"]);

    for file in job.files() {
        let text = fs::read(&file).unwrap();
        let is_key = String::from_utf8_lossy(&text).contains("PRIVATE KEY-----\nMC");
        assert!(!is_key, "{} holds the key", file.display());
    }
}

#[test]
fn a_feed_that_fails_fails_the_run_after_the_others_were_published() {
    let Some((job, openssl)) = job() else { return };
    let outcome = run(&job, &mirror(&job, 0), &[("only", "pypi npm")]);
    assert_eq!(outcome.failed, Some(("Fail when a provider failed".to_owned(), 1)), "{}", outcome.log);
    assert_eq!(used(&outcome).last(), Some(&"Keep the feeds"));
    pulled(&job, &openssl).expect_code(0);
}

#[test]
fn what_was_not_published_is_not_kept() {
    for (what, input, step) in [
        ("a branch", ("commit", "main"), "Check the inputs"),
        ("a place that cannot be", ("place", "./file/published"), "Push"),
        ("a feed that there is not", ("only", "nothing"), "Push"),
    ] {
        let Some((job, _)) = job() else { return };
        fs::write(job.workspace("file"), "").unwrap();
        let outcome = run(&job, &mirror(&job, 0), &[input]);
        assert_eq!(outcome.failed, Some((step.to_owned(), 2)), "{what}: {}", outcome.log);
        assert!(!used(&outcome).contains(&"Keep the feeds"), "{what}");
    }
}

#[test]
fn hostile_inputs_of_the_workflow_do_no_harm() {
    let everything = HOSTILE.join("\n");
    for (input, _) in workflow().get("inputs").unwrap().entries() {
        let Some((job, _)) = job() else { return };
        let mirror = mirror(&job, 0);
        let outcome = run(&job, &mirror, &[(input, everything.as_str())]);
        assert_eq!(job.files_called("pwned"), Vec::<PathBuf>::new(), "{input}");
        let known = ["inputs.place", "sync.code"];
        for output in outcome.step_outputs.keys().filter(|output| !output.starts_with("prepare.")) {
            assert!(known.contains(&output.as_str()), "{input}: {output}");
        }
        check_commands(&outcome, input);
    }
}

/// No line of the log is taken for a command but those of the workflow's own.
#[track_caller]
fn check_commands(outcome: &Outcome, what: &str) {
    for command in commands(&outcome.log) {
        let is_ours = ["::error title=plimsoll::", "::notice title=plimsoll::"];
        assert!(is_ours.iter().any(|start| command.starts_with(start)), "{what}: {command}");
    }
}

#[test]
fn the_page_names_every_input_and_secret_of_the_workflow() {
    let page = fs::read_to_string(root().join("docs/reference/publish-feeds.md")).unwrap();
    let text = fs::read_to_string(root().join(".github/workflows/publish-feeds.yml")).unwrap();
    let document = yaml::parse(&text);
    for section in ["inputs", "secrets"] {
        for (name, _) in called_with(section, &document).entries() {
            assert!(page.contains(&format!("| `{name}` |")), "{section}: {name}");
        }
    }
}

#[test]
fn the_commands_of_the_page_run() {
    if testkit::real::program("openssl", None, "the_commands_of_the_page_run").is_none() {
        return;
    }
    let page = fs::read_to_string(root().join("docs/reference/publish-feeds.md")).unwrap();
    let place = Place::new();
    let programs = place.path("programs");
    fs::create_dir(&programs).unwrap();
    std::os::unix::fs::symlink(PLIMSOLL, programs.join("plimsoll")).unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([programs].into_iter().chain(std::env::split_paths(&path))).unwrap();
    let image = root().join("examples/image").display().to_string();
    place.run(["sbom", &image, "-o", "cyclonedx-json=app.cdx.json"]).expect_code(0);
    let mut blocks = 0;
    for block in page.split("```sh\n").skip(1).filter_map(|rest| rest.split_once("```")) {
        let ran = place_shell(&place, &path, block.0);
        ran.expect_code(0);
        blocks += 1;
    }
    assert!(blocks >= 3);
}

fn place_shell(place: &Place, path: &std::ffi::OsStr, script: &str) -> Ran {
    let output = Command::new("sh")
        .args(["-euc", script])
        .env_clear()
        .env("PATH", path)
        .env("HOME", place.path(""))
        .env("PLIMSOLL_MIRROR", root().join("examples/mirror"))
        .current_dir(place.path(""))
        .output()
        .unwrap();
    Ran::of(output)
}
