//! Snapshots of feeds that are kept: listed, named by the beginning of an id, and compared.

use std::fs;

use serde_json::Value;
use testkit::feeds::{Mirror, osv_record};

use crate::harness::{AS_OF, Place};

/// Brings a state of PyPI in which the packages `p0` up to that many are affected, and of some the fix is another than before.
fn sync(place: &Place, n_packages: usize, fixed: &str) {
    let mirror = Mirror::at(place.path("mirror"));
    let records: Vec<_> = (0..n_packages)
        .map(|n| {
            let (id, name) = (format!("PYSEC-2024-{n}"), format!("p{n}"));
            let fixed = if n < 2 { fixed } else { "4.0" };
            osv_record(&id, &[], "PyPI", &name, &format!("introduced 0, fixed {fixed}"))
        })
        .collect();
    mirror.osv_records("PyPI", &records);
    let mirror = mirror.dir().display().to_string();
    place.run(["feeds", "sync", "--only", "pypi", "--max-age", "0s", "--mirror", &mirror]).expect_code(0);
}

fn status(place: &Place) -> Value {
    place.json(["feeds", "status", "--format", "json"])
}

/// The ids of the snapshots that are kept, the newest first.
fn ids(place: &Place) -> Vec<String> {
    let status = status(place);
    let kept = status["snapshots"].as_array().unwrap();
    kept.iter().map(|kept| kept["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn snapshots_that_are_kept_are_listed_and_named_by_the_beginning_of_an_id() {
    let place = Place::new();
    sync(&place, 3, "4.0");
    sync(&place, 4, "4.0");
    let status = status(&place);
    let kept = status["snapshots"].as_array().unwrap();
    assert_eq!(kept.iter().map(|kept| &kept["rows"]).collect::<Vec<_>>(), [4, 3]);
    assert_eq!(kept[0]["id"], status["snapshot"]);
    assert_eq!(kept[0]["created"], status["created"]);
    let bytes = |part: &str| status["bytes"][part].as_u64().unwrap();
    assert_eq!(kept[0]["bytes"], ["rows", "texts", "daily", "facts"].map(bytes).iter().sum::<u64>());
    assert_eq!(status["namespaces"][0]["bytes"], bytes("rows"));
    assert_eq!(status["namespaces"][0]["records"], 4);
    let table = place.run(["feeds", "status"]).stdout;
    let [new, old] = &ids(&place)[..] else { panic!("{table}") };
    let line_of = |id: &str| table.lines().find(|line| line.starts_with(&format!("{id}  "))).unwrap();
    assert!(line_of(new).ends_with("  current"), "{table}");
    assert!(line_of(old).ends_with("B"), "{table}");

    // A snapshot is taken by the beginning of its id, in any case, wherever one is named.
    place.write("p.txt", "pkg:pypi/p3@1.0\n");
    let matched = |wanted: &str| {
        let report =
            place.json(["match", "p.txt", "--offline", "--snapshot", wanted, "--as-of", AS_OF, "-o", "json"]);
        report["findings"].as_array().unwrap().len()
    };
    assert_eq!((matched(&old[..6]), matched(&new[..7].to_uppercase())), (0, 1));
    let searched = place.run(["feeds", "search", "p3", "--snapshot", &old[..6]]);
    searched.expect_code(1);
    let diff = place.json(["feeds", "diff", &old[..6], &new[..10], "--format", "json"]);
    assert_eq!((&diff["from"], &diff["to"]), (&Value::from(old.as_str()), &Value::from(new.as_str())));

    let refused = |wanted: &str, words: &[&str]| {
        place.run(["feeds", "diff", wanted]).expect_code(2).expect_stderr(words);
    };
    refused(&old[..5], &["no snapshot `", "`plimsoll feeds status` lists", "at least 6 digits"]);
    refused("0123456789", &["no snapshot `0123456789`", "`plimsoll feeds status` lists"]);
    // A damaged one whose id begins so too is a choice all the same, and does not keep the others from being listed.
    let twin = format!("{}{}", &old[..8], "0".repeat(24));
    assert_ne!(twin, *old);
    fs::write(place.path(&format!("feeds/manifests/{twin}.json")), "{").unwrap();
    refused(&old[..8], &["is the beginning of the ids of 2 snapshots", &twin, old, "give more digits"]);
    place.run(["feeds", "diff", &old[..]]).expect_code(0);
    let table = place.run(["feeds", "status"]);
    assert!(table.expect_code(0).stdout.contains(&format!("{twin}  cannot be opened: ")), "{}", table.stdout);
}

#[test]
fn a_long_difference_is_counted_and_its_beginning_listed() {
    let place = Place::new();
    sync(&place, 2, "4.0");
    sync(&place, 40, "4.1");
    let [new, old] = &ids(&place)[..] else { panic!("two snapshots are kept") };
    let words = ["feeds", "diff", old, new];
    let table = place.run(words);
    let table = &table.expect_code(0).stdout;
    assert!(table.contains("\n40 keys, "), "{table}");
    let counts: Vec<&str> =
        table.lines().find(|line| line.starts_with("pypi ")).unwrap().split_whitespace().collect();
    assert_eq!(counts, ["pypi", "38", "2", "0"]);
    let begins = |table: &str, word: &str| table.lines().filter(|line| line.starts_with(word)).count();
    assert_eq!((begins(table, "added "), begins(table, "changed ")), (21, 2), "{table}");
    assert!(table.contains("added     and 18 more (`--all` or `--format json` lists all)\n"), "{table}");
    let all = place.run([&words[..], &["--all"]].concat()).stdout;
    assert_eq!((begins(&all, "added "), begins(&all, "changed ")), (38, 2), "{all}");
    let json = place.json([&words[..], &["--format", "json"]].concat());
    let length = |list: &str| json[list].as_array().unwrap().len();
    assert_eq!((length("match_keys"), length("keys_added"), length("keys_removed")), (40, 38, 0));
    assert_eq!(
        json["keys_by_namespace"],
        serde_json::json!([{"name": "pypi", "added": 38, "changed": 2, "removed": 0}])
    );
    // The other way round what came has gone.
    let json = place.json(["feeds", "diff", new, old, "--format", "json"]);
    assert_eq!(json["keys_removed"].as_array().unwrap().len(), 38);
}
