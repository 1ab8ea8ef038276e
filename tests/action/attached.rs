//! VEX that is attached to an image in its registry, as the action hears it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use testkit::image::IndexShape;

use super::action;
use super::runner::{Job, Outcome};
use crate::harness::{PLIMSOLL, read_json, root};
use crate::vex::findings;
use crate::vex_attached::{IN_TOTO, OPEN, SUPPRESSED, Shelf, document, envelope, place};

#[test]
fn what_is_attached_to_an_image_counts_with_a_key() {
    let (place, shelf) = (place(), Shelf::new(IndexShape::Nested));
    let attached = envelope(&place, "ours", &shelf.manifest, &document());
    shelf.attach(&shelf.manifest, IN_TOTO, json!({}), &attached);
    let mirror = place.path("mirror").display().to_string();
    let image = format!("registry:{}/app:1", shelf.server.host());
    let run = |others: &[(&str, &str)]| {
        let job = Job::new(root());
        for key in ["ours", "theirs"] {
            let name = format!("{key}.pub");
            fs::copy(place.path(&name), job.workspace(&name)).unwrap();
        }
        let fixed = [("image", &*image), ("mirror", &*mirror), ("binary", PLIMSOLL), ("fail-build", "false")];
        let outcome = job.run(&action(), &[&fixed[..], others].concat(), None);
        assert_eq!(outcome.failed, None, "{}", outcome.log);
        let report = read_json(Path::new(&outcome.outputs["report"]));
        (outcome, report)
    };
    let trust = |report: &Value| report["vex"]["documents"][0]["trust"].clone();
    let counted = |outcome: &Outcome| outcome.outputs["findings"].clone();

    let (outcome, report) = run(&[]);
    assert_eq!((findings(&report), counted(&outcome)), (OPEN.map(str::to_owned).to_vec(), "2".to_owned()));
    assert_eq!(trust(&report), Value::Null);
    for key in [None, Some("theirs.pub")] {
        let asked: Vec<(&str, &str)> =
            [Some(("vex", "referrers")), key.map(|key| ("vex-key", key))].into_iter().flatten().collect();
        let (outcome, report) = run(&asked);
        assert_eq!(findings(&report), OPEN, "{key:?}");
        assert_eq!(trust(&report), "unverified", "{key:?}");
        assert!(outcome.log.contains("unverified-vex"), "{}", outcome.log);
    }
    let (outcome, report) = run(&[("vex", "referrers"), ("vex-key", "theirs.pub\nours.pub")]);
    assert_eq!(
        (findings(&report), counted(&outcome)),
        (SUPPRESSED.map(str::to_owned).to_vec(), "1".to_owned())
    );
    assert_eq!(trust(&report), "attached");
}
