//! The workflow that re-matches stored SBOMs: its steps run for real, with feeds of a mirror.

use std::fs;

use serde_json::json;
use testkit::feeds::{Mirror, osv_record};

use super::runner::{Job, Outcome, commands};
use super::yaml::{self, Node};
use super::{check_out, write_program};
use crate::harness::{PLIMSOLL, root};

/// The workflow's first job as an action: its steps and variables, and the inputs of who starts it by hand.
fn workflow() -> Node {
    let document = yaml::parse(&fs::read_to_string(root().join(".github/workflows/rematch.yml")).unwrap());
    let started = document.get("on").unwrap().get("workflow_dispatch").unwrap();
    let job = document.get("jobs").unwrap().get("rematch").unwrap();
    Node::Map(vec![
        ("inputs".to_owned(), started.get("inputs").unwrap().clone()),
        ("outputs".to_owned(), Node::Map(Vec::new())),
        ("env".to_owned(), job.get("env").unwrap().clone()),
        ("runs".to_owned(), Node::Map(vec![("steps".to_owned(), job.get("steps").unwrap().clone())])),
    ])
}

/// A machine with one stored SBOM, whose package the feed of a mirror speaks of under `id`.
fn job(id: &str) -> Job {
    let mut job = Job::new(root());
    let mirror = Mirror::at(job.workspace("mirror"));
    let mut record = osv_record(id, &[], "PyPI", "django", "introduced 0, fixed 4.0");
    record["database_specific"] = json!({"severity": "CRITICAL"});
    mirror.osv_records("PyPI", &[record]);
    // The workflow itself asks the vendors.
    let program = job.workspace("asks-the-mirror");
    let mirror = mirror.dir().display().to_string();
    write_program(&program, &format!("#!/bin/sh\nPLIMSOLL_MIRROR='{mirror}' exec '{PLIMSOLL}' \"$@\"\n"));
    check_out(&mut job, ".", &program);
    let component =
        json!({"type": "library", "name": "django", "version": "3.2.5", "purl": "pkg:pypi/django@3.2.5"});
    let sbom = json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [component]});
    fs::create_dir(job.workspace("sboms")).unwrap();
    fs::write(job.workspace("sboms/app.json"), sbom.to_string()).unwrap();
    job
}

/// The run of a day, or what somebody started with `inputs`.
fn run(job: &Job, inputs: &[(&str, &str)]) -> Outcome {
    let scheduled = [("sboms", ""), ("fail-on", "")];
    job.run(&workflow(), if inputs.is_empty() { &scheduled } else { inputs }, None)
}

/// Which actions were used, by the names of their steps.
fn used(outcome: &Outcome) -> Vec<&str> {
    outcome.used.iter().map(|(step, _)| step.as_str()).collect()
}

const FAILS: &str = "Fail when something is not acceptable or was not judged";

#[test]
fn an_sbom_that_cannot_be_judged_keeps_nothing_back_of_the_others() {
    let job = job("PYSEC-2024-1");
    fs::write(job.workspace("sboms/bad.json"), "{}").unwrap();
    let outcome = run(&job, &[]);
    assert_eq!(outcome.failed, Some((FAILS.to_owned(), 1)), "{}", outcome.log);
    assert_eq!(
        (&*outcome.step_outputs["rematch.code"], &*outcome.step_outputs["rematch.groups"]),
        ("2", "[0]")
    );
    // What was found is kept only when it was handed over, so that it is told again otherwise.
    let steps = ["Hand over the reports", "Keep what was found", "Keep the feeds"];
    assert!(used(&outcome).ends_with(&steps), "{:?}", outcome.used);
    assert_eq!(job.files_called("0.sarif").len(), 1);
    assert!(outcome.log.contains("not every stored SBOM could be judged"), "{}", outcome.log);

    // Nothing at all is judged, and the run fails as it should.
    fs::remove_file(job.workspace("sboms/app.json")).unwrap();
    let outcome = run(&job, &[]);
    assert_eq!(outcome.failed, Some((FAILS.to_owned(), 1)), "{}", outcome.log);
}

#[test]
fn what_is_remembered_does_not_come_with_the_checkout() {
    let job = job("PYSEC-2024-1");
    for _ in 0..2 {
        let outcome = run(&job, &[]);
        assert_eq!(outcome.failed, None, "{}", outcome.log);
        assert!(outcome.log.contains("1 change from nothing"), "{}", outcome.log);
        assert!(job.workspace("sboms/.plimsoll-rematch/state.json").is_file());
    }
}

#[test]
fn a_directory_that_was_named_is_there() {
    let mut job = job("PYSEC-2024-1");
    let looks = Some(("Look for stored SBOMs".to_owned(), 2));
    assert_eq!(run(&job, &[("sboms", "no/such")]).failed, looks);
    assert_eq!(run(&job, &[("sboms", "--version")]).failed, looks);
    job.secrets.insert("vars.PLIMSOLL_SBOMS".to_owned(), "sbom".to_owned());
    assert_eq!(run(&job, &[]).failed, looks);
    job.secrets.clear();
    fs::rename(job.workspace("sboms"), job.workspace("stored")).unwrap();
    let nothing = run(&job, &[]);
    assert_eq!((&nothing.failed, used(&nothing)), (&None, vec!["Check out"]), "{}", nothing.log);
    let outcome = run(&job, &[("sboms", "stored")]);
    assert_eq!(outcome.failed, None, "{}", outcome.log);
}

#[test]
fn what_a_feed_says_is_no_command_to_the_runner() {
    let job = job("::add-mask::PYSEC-2024-1");
    let outcome = run(&job, &[("fail-on", "critical")]);
    assert_eq!(outcome.failed, Some((FAILS.to_owned(), 1)), "{}", outcome.log);
    assert!(outcome.log.contains("\n  ::add-mask::"), "{}", outcome.log);
    let expected =
        "::error title=plimsoll::at least one stored SBOM is no longer acceptable: see the reports";
    assert_eq!(commands(&outcome.log), [expected]);
}
