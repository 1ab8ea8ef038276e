//! What a job is left with where its gate has no answer, and where it is violated by what is no finding.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::runner::{Job, Outcome};
use super::{action, example, image_inputs};
use crate::harness::{PLIMSOLL, read_json, root};

/// A job with an SBOM of a Debian image with one package of PyPI, and a feed database that holds PyPI alone.
fn job(packages: &[(&str, &str)]) -> Job {
    let job = Job::new(root());
    let component = |(purl, version): &(&str, &str)| {
        let name = purl.rsplit('/').next();
        json!({"type": "library", "name": name, "version": version, "purl": purl})
    };
    let components: Vec<_> = packages.iter().map(component).collect();
    let sbom = json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": components,
        "metadata": {"component": {"type": "container", "name": "app"}}});
    fs::write(job.workspace("app.json"), sbom.to_string()).unwrap();
    let mut sync = Command::new(PLIMSOLL);
    sync.args(["feeds", "sync", "--mirror", &example("mirror"), "--only", "pypi", "--only", "kev"]);
    sync.arg("--feeds").arg(job.workspace("feeds")).env("HOME", job.workspace("home"));
    assert!(sync.output().unwrap().status.success());
    job
}

const DEBIAN: (&str, &str) = ("pkg:deb/debian/openssl?distro=debian-12", "3.0.1-1");
const PILLOW: (&str, &str) = ("pkg:pypi/pillow", "9.5.0");

fn run(job: &Job, fail_on: &str, fail_build: &str) -> Outcome {
    let inputs = [("sbom", "app.json"), ("binary", PLIMSOLL), ("feeds", "feeds"), ("offline", "true")];
    job.run(&action(), &[&inputs[..], &[("fail-on", fail_on), ("fail-build", fail_build)]].concat(), None)
}

#[test]
fn what_was_judged_in_part_has_its_outputs_and_its_summary() {
    let job = job(&[DEBIAN, PILLOW]);
    for (fail_build, failed) in [("true", Some(("Fail when not acceptable".to_owned(), 1))), ("false", None)]
    {
        let outcome = run(&job, "id == 'x'", fail_build);
        assert_eq!(outcome.failed, failed, "{}", outcome.log);
        let output = |name: &str| &*outcome.outputs[name];
        assert_eq!((output("acceptable"), output("exit-code")), ("false", "2"));
        let report = read_json(Path::new(output("report")));
        assert_eq!(output("snapshot"), report["snapshot"]["id"].as_str().unwrap());
        assert_eq!(output("findings"), report["findings"].as_array().unwrap().len().to_string());
        assert_ne!(output("findings"), "0");
        assert!(Path::new(output("sarif")).is_file());
        assert!(outcome.used.iter().any(|(step, _)| step == "Keep the feeds"), "{:?}", outcome.used);
        assert!(outcome.log.contains("error: no verdict was reached"), "{}", outcome.log);
        for line in
            ["app is not judged\n", "- no verdict was reached: the gate could see 1 of the 2 packages"]
        {
            assert!(outcome.summary.contains(line), "{}", outcome.summary);
        }
    }
}

#[test]
fn where_nothing_was_judged_the_action_fails_whatever_is_wanted() {
    let job = job(&[DEBIAN]);
    let outcome = run(&job, "", "false");
    assert_eq!(outcome.failed, Some(("Judge".to_owned(), 2)), "{}", outcome.log);
    assert_eq!((&*outcome.outputs["acceptable"], &*outcome.outputs["exit-code"]), ("false", "2"));
    assert!(Path::new(&outcome.outputs["report"]).is_file(), "it says why");
    assert!(outcome.summary.contains("none could be judged"), "{}", outcome.summary);
}

#[test]
fn the_summary_says_what_violates_the_gate_and_what_it_could_not_see() {
    let job = job(&[DEBIAN, PILLOW, ("pkg:pypi/jinja2", "3.1.2-<b>|x")]);
    let outcome = run(&job, "gap == 'unreadable-version' || unmatched == 'not-fetched'", "false");
    assert_eq!(outcome.outputs["exit-code"], "1", "{}", outcome.log);
    for line in [
        "- gap unreadable-version at pypi: the versions of 1 package cannot be compared, the first is \\`3.1.2-\\<b\\>\\|x\\` of",
        "- 1 package of debian:12 not matched: not-fetched\n",
        "- the gate did not see 1 of 3 packages: the feed that answers is not held\n",
    ] {
        assert!(outcome.summary.contains(line), "{line}: {}", outcome.summary);
    }
}

#[test]
fn of_many_violations_the_summary_says_how_many_more_there_are() {
    let inputs = image_inputs(&[("fail-on", "id != 'x'"), ("fail-build", "false")]);
    let job = Job::new(root());
    let outcome = job.run(&action(), &inputs, None);
    let report = read_json(Path::new(&outcome.outputs["report"]));
    let n_more = report["judgement"]["violations"].as_array().unwrap().len().checked_sub(10).unwrap();
    assert!(n_more > 1, "{}", outcome.log);
    let listed = outcome.summary.lines().filter(|line| line.starts_with("- ") && line.contains(" in "));
    assert_eq!(listed.count(), 11, "{}", outcome.summary);
    let more = format!("- {n_more} violations more in the report\n");
    assert!(outcome.summary.contains(&more), "{}", outcome.summary);
}
