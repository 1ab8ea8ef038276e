//! What differs between two snapshots is told exactly.

use std::collections::BTreeMap;

use model::advisory::{Epss, Kev, RecordState, Reference};
use tempfile::tempdir;

use super::*;
use crate::delta::{Delta, StateChange};
use crate::{EpssStamp, EpssTable};

fn between(directory: &Path, old: &str, new: &str) -> Delta {
    let feeds = FeedsDir::open(directory);
    let snapshot = |id: &str| feeds.snapshot(id).unwrap().unwrap();
    Delta::between(&snapshot(old), &snapshot(new)).unwrap()
}

fn spelt(delta: &Delta) -> Vec<String> {
    delta.keys.iter().map(ToString::to_string).collect()
}

#[test]
fn rows_that_come_go_move_and_change_are_told_by_key_in_both_directions() {
    let directory = tempdir().unwrap();
    let old = [
        advisory("CVE-1", "debian:12|source|same", "3"),
        advisory("CVE-2", "debian:12|source|changed", "3"),
        advisory("CVE-3", "debian:12|source|gone", "3"),
        advisory("CVE-4", "debian:12|source|moved-from", "3"),
        advisory("CVE-5", "debian:12|source|linked", "3"),
        advisory("CVE-6", "debian:12|source|withdrawn", "3"),
    ];
    let mut new = old.clone();
    new[1] = advisory("CVE-2", "debian:12|source|changed", "4");
    new[2] = advisory("CVE-7", "debian:12|source|came", "3");
    new[3] = advisory("CVE-4", "debian:12|source|moved-to", "3");
    new[4].aliases = vec!["GHSA-5".to_owned()];
    new[5].state = RecordState::Withdrawn;
    let (a, b) = (sync(directory.path(), 0, &old).unwrap().id, sync(directory.path(), 1, &new).unwrap().id);
    let forward = between(directory.path(), &a, &b);
    let names = ["came", "changed", "gone", "linked", "moved-from", "moved-to", "withdrawn"];
    assert_eq!(spelt(&forward), names.map(|name| format!("debian:12|source|{name}")));
    assert_eq!(forward.groups, ["CVE-5".to_owned()].into());
    let change = |from, to| StateChange { id: "CVE-6".to_owned(), from, to };
    assert_eq!(forward.states, [change(RecordState::Published, RecordState::Withdrawn)].into());
    let backward = between(directory.path(), &b, &a);
    assert_eq!(backward.keys, forward.keys);
    assert_eq!(backward.states, [change(RecordState::Withdrawn, RecordState::Published)].into());
    assert_eq!(between(directory.path(), &a, &a), Delta::default());

    // Of each key whether it came, changed or went.
    let feeds = FeedsDir::open(directory.path());
    let snapshot = |id: &str| feeds.snapshot(id).unwrap().unwrap();
    let changes = |delta: &Delta, old: &str, new: &str| -> Vec<String> {
        let changes = delta.key_changes(&snapshot(old), &snapshot(new)).unwrap();
        changes.iter().map(|(key, change)| format!("{} {change:?}", key.name)).collect()
    };
    let words = ["Added", "Changed", "Removed", "Changed", "Removed", "Added", "Changed"];
    let expected: Vec<String> =
        names.iter().zip(words).map(|(name, word)| format!("{name} {word}")).collect();
    assert_eq!(changes(&forward, &a, &b), expected);
    let turned = |word: &str| word.replace("Added", "?").replace("Removed", "Added").replace('?', "Removed");
    let expected: Vec<String> = expected.iter().map(|line| turned(line)).collect();
    assert_eq!(changes(&backward, &b, &a), expected);

    // All keys of a namespace that came or went, came or went.
    let lock = feeds.lock().unwrap();
    let mut writer = feeds.writer(&lock).unwrap();
    replace(&mut writer, "debian:13", "debian", 2, &[advisory("CVE-1", "debian:13|source|same", "3")])
        .unwrap();
    let c = writer.swap(time(2)).unwrap().id;
    drop(lock);
    let forward = between(directory.path(), &b, &c);
    assert_eq!(changes(&forward, &b, &c), ["same Added"]);
    let backward = between(directory.path(), &c, &b);
    assert_eq!(changes(&backward, &c, &b), ["same Removed"]);
}

#[test]
fn a_record_that_stands_in_two_states_is_no_change() {
    let directory = tempdir().unwrap();
    let withdrawn =
        Advisory { state: RecordState::Withdrawn, ..advisory("CVE-1", "debian:12|source|b", "3") };
    let records = [advisory("CVE-1", "debian:12|source|a", "3"), withdrawn];
    let other = advisory("CVE-2", "debian:12|source|c", "3");
    let a = sync(directory.path(), 0, &records).unwrap().id;
    let b = sync(directory.path(), 1, &[&records[..], &[other]].concat()).unwrap().id;
    for delta in [between(directory.path(), &a, &b), between(directory.path(), &b, &a)] {
        assert_eq!((spelt(&delta), delta.states.len()), (vec!["debian:12|source|c".to_owned()], 0));
    }
}

#[test]
fn what_people_read_is_told_apart_from_what_decides() {
    let directory = tempdir().unwrap();
    let mut record = advisory("CVE-1", "debian:12|source|a", "3");
    record.title = Some("one".to_owned());
    let other = advisory("CVE-2", "debian:12|source|b", "3");
    let a = sync(directory.path(), 0, &[record.clone(), other.clone()]).unwrap().id;
    record.references = vec![Reference::new("https://example.org")];
    let b = sync(directory.path(), 1, &[record.clone(), other.clone()]).unwrap().id;
    let delta = between(directory.path(), &a, &b);
    assert_eq!((&delta.keys, &delta.texts), (&BTreeSet::new(), &["CVE-1".to_owned()].into()));

    let feeds = FeedsDir::open(directory.path());
    let lock = feeds.lock().unwrap();
    let mut writer = feeds.writer(&lock).unwrap();
    let stamp = EpssStamp { model_version: "v1".to_owned(), score_date: "2025-01-01".to_owned() };
    let scores = BTreeMap::from([("CVE-2".to_owned(), Epss { score: 0.5, percentile: 0.5 })]);
    let kev = Kev { added: "2025-01-01".to_owned(), due: None, ransomware: false };
    writer
        .set_daily(Some(&EpssTable { stamp, scores }), Some(&BTreeMap::from([("CVE-1".to_owned(), kev)])))
        .unwrap();
    let c = writer.swap(time(2)).unwrap().id;
    drop(lock);
    let delta = between(directory.path(), &b, &c);
    assert_eq!((delta.keys.len(), delta.texts.len(), delta.has_other_epss), (0, 0, true));
    assert_eq!(delta.kev, ["CVE-1".to_owned()].into());
}

#[test]
fn namespaces_that_appear_bring_their_keys() {
    let directory = tempdir().unwrap();
    let a = sync(directory.path(), 0, &[advisory("CVE-1", "debian:12|source|a", "3")]).unwrap().id;
    let feeds = FeedsDir::open(directory.path());
    let lock = feeds.lock().unwrap();
    let mut writer = feeds.writer(&lock).unwrap();
    replace(&mut writer, "debian:13", "debian", 1, &[advisory("CVE-1", "debian:13|source|a", "4")]).unwrap();
    replace(&mut writer, "debian:14", "debian", 1, &[]).unwrap();
    let b = writer.swap(time(1)).unwrap().id;
    drop(lock);
    let delta = between(directory.path(), &a, &b);
    assert_eq!(spelt(&delta), ["debian:13|source|a"]);
    assert_eq!(delta.appeared, [namespace("debian:13"), namespace("debian:14")].into());
    let back = between(directory.path(), &b, &a);
    assert_eq!((back.vanished, back.keys), (delta.appeared, delta.keys));
}
