//! A `plimsoll.toml` of the checkout, which may be a pull request's: it may ask for more, and cannot steer the gate.

use std::fs;

use super::runner::{Job, Outcome};
use super::{action, image_inputs};
use crate::harness::{PLIMSOLL, root};

fn run(job: &Job, others: &[(&str, &str)]) -> Outcome {
    let inputs = image_inputs(others);
    let inputs: Vec<_> = inputs.into_iter().chain([("fail-build", "false")]).collect();
    job.run(&action(), &inputs, None)
}

#[track_caller]
fn check_refused(outcome: &Outcome, words: &[&str]) {
    assert_eq!(outcome.failed, Some(("Judge".to_owned(), 2)), "{words:?}: {}", outcome.log);
    assert_eq!(outcome.step_outputs["judge.acceptable"], "false");
    for word in words {
        assert!(outcome.log.contains(word), "`{word}` is not in: {}", outcome.log);
    }
}

#[test]
fn a_file_of_the_checkout_chooses_no_subject_no_feeds_and_no_leniency() {
    let job = Job::new(root());
    // As the pull request of a fork would, below a gate that the workflow gives.
    let gate = ("fail-on", "kev");
    assert_eq!(run(&job, &[gate]).outputs["exit-code"], "1");
    for (file, key, instead) in [
        ("[scan]\nsnapshot = '2020-01-01'", "`snapshot`", "PLIMSOLL_SNAPSHOT"),
        ("scan.platform = 'linux/s390x'", "`platform`", "the input `platform`"),
        ("action.image = 'another'", "`image`", "PLIMSOLL_IMAGE"),
        ("name = 'another'", "`name`", "the input `name`"),
        ("scan.scope = 'all-layers'", "`scope`", "PLIMSOLL_SCOPE"),
        ("distro = 'alpine:3.2'", "`distro`", "PLIMSOLL_DISTRO"),
        ("fallback = 'off'", "`fallback`", "the input `fallback`"),
        ("allow-empty = true", "`allow-empty`", "PLIMSOLL_ALLOW_EMPTY"),
        ("as-of = '2020-01-01'", "`as-of`", "PLIMSOLL_AS_OF"),
        ("risk = 'kev=0'", "`risk`", "the input `risk`"),
        ("alma.unfixed_from_rhel = false", "`alma.unfixed_from_rhel`", "PLIMSOLL_UNFIXED_FROM_RHEL"),
        ("scan.max-age = '9999d'", "`max-age`", "PLIMSOLL_MAX_AGE"),
        ("offline = true", "`offline`", "the input `offline`"),
        ("scan.base = './image.tar'", "`base`", "PLIMSOLL_BASE"),
        ("scan.referrers = true", "`referrers`", "PLIMSOLL_REFERRERS"),
    ] {
        fs::write(job.workspace("plimsoll.toml"), file).unwrap();
        let taken = format!("the action takes {key} only from a file that is named");
        check_refused(&run(&job, &[gate]), &[&taken, instead, "PLIMSOLL_CONFIG"]);
    }
}

#[test]
fn what_a_file_of_the_checkout_says_without_effect_is_no_error() {
    let mut job = Job::new(root());
    let check = |job: &Job, file: &str, others: &[(&str, &str)]| {
        fs::write(job.workspace("plimsoll.toml"), file).unwrap();
        let outcome = run(job, &[&[("fail-on", "kev")], others].concat());
        assert_eq!(outcome.outputs["exit-code"], "1", "{file}: {}", outcome.log);
    };
    // Gates, and how much is told.
    check(&job, "fail-on = 'false'\nverbose = 1\noutput = 'json'", &[]);
    // What is so without it.
    check(&job, "allow-empty = false\noffline = false\nscope = 'squashed'", &[]);
    // An input, or the environment, counts over it.
    check(&job, "name = 'another'\nrisk = 'kev=0'", &[("name", "harbour"), ("risk", "kev=2")]);
    job.variables.insert("PLIMSOLL_ALLOW_EMPTY".to_owned(), "false".to_owned());
    check(&job, "allow-empty = true", &[]);
    job.variables.clear();
    // The section of a command that the action does not stand for.
    check(&job, "[match]\nallow-empty = true\n[rematch]\nallow-empty = true", &[]);
    // A file that is named.
    let named = job.workspace("plimsoll.toml").display().to_string();
    job.variables.insert("PLIMSOLL_CONFIG".to_owned(), named);
    check(&job, "name = 'harbour'\nallow-empty = true", &[]);
}

#[test]
fn what_is_of_images_says_nothing_of_an_sbom() {
    let job = Job::new(root());
    let of_image = run(&job, &[("sbom-file", "app.cdx.json")]);
    assert_eq!(of_image.failed, None, "{}", of_image.log);
    fs::write(job.workspace("plimsoll.toml"), "platform = 'linux/s390x'\nscope = 'all-layers'").unwrap();
    let mirror = super::example("mirror");
    let inputs = [("sbom", "app.cdx.json"), ("mirror", &*mirror), ("binary", PLIMSOLL)];
    let of_sbom = job.run(&action(), &inputs, None);
    assert_eq!(of_sbom.failed, None, "{}", of_sbom.log);
    fs::write(job.workspace("plimsoll.toml"), "match.allow-empty = true").unwrap();
    check_refused(&job.run(&action(), &inputs, None), &["the action takes `allow-empty`"]);
}

#[test]
fn published_feeds_that_a_file_of_the_checkout_names_are_never_taken_unverified() {
    let mut job = Job::new(root());
    fs::write(job.workspace("plimsoll.toml"), "feeds.sources = ['./published']").unwrap();
    // The workflow's key is why they are taken.
    job.variables.insert("PLIMSOLL_FEEDS_KEY".to_owned(), "feeds.pub".to_owned());
    let verified = run(&job, &[("mirror", "")]);
    check_refused(&verified, &["cannot read the key `feeds.pub`"]);
    let by_nobody = run(&job, &[("mirror", ""), ("feeds-key", "none")]);
    check_refused(&by_nobody, &["`feeds-key: none` goes with the input `feeds-source`"]);
    // Nor those of a variable: whose word it is that nobody verifies must be seen beside the place.
    job.variables.insert("PLIMSOLL_FEEDS_SOURCE".to_owned(), "./published".to_owned());
    let by_nobody = run(&job, &[("mirror", ""), ("feeds-key", "none")]);
    check_refused(&by_nobody, &["`feeds-key: none` goes with the input `feeds-source`"]);
}
