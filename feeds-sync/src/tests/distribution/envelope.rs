//! The index and its envelope: whose signature counts, what is refused, and that damage is never taken for content.

use super::*;
use crate::distribution::index::IndexError;
use crate::distribution::index::Ways;
use signing::{PublicKey, encoded};

const PAYLOAD_TYPE: &str = "application/vnd.plimsoll.snapshot.v1+json+zstd";

fn published() -> Bench {
    let bench = Bench::new();
    bench.publisher_has(&[("debian", "debian:12", 1)]);
    bench.push();
    bench
}

/// An envelope around any text, signed if there is a key.
fn sealed(json: &[u8], key: Option<&PrivateKey>) -> Vec<u8> {
    let payload = zstd::encode_all(json, 1).unwrap();
    let signature = |key: &PrivateKey| {
        let signature = key.sign(&encoded(PAYLOAD_TYPE, &payload)).unwrap();
        serde_json::json!({"keyid": "whatever", "sig": STANDARD.encode(signature)})
    };
    let envelope = serde_json::json!({
        "payloadType": PAYLOAD_TYPE,
        "payload": STANDARD.encode(&payload),
        "signatures": key.into_iter().map(signature).collect::<Vec<_>>(),
    });
    envelope.to_string().into_bytes()
}

/// What an envelope holds.
fn opened(envelope: &[u8]) -> serde_json::Value {
    let envelope: serde_json::Value = serde_json::from_slice(envelope).unwrap();
    let payload = STANDARD.decode(envelope["payload"].as_str().unwrap()).unwrap();
    serde_json::from_slice(&zstd::decode_all(&*payload).unwrap()).unwrap()
}

fn public(seed: u8) -> PublicKey {
    private_key(seed).public().clone()
}

#[test]
fn only_what_a_trusted_key_signed_is_taken() {
    let mut bench = Bench::new();
    bench.key = Some(private_key(1));
    bench.publisher_has(&[("debian", "debian:12", 1)]);
    bench.push();
    let envelope = fs::read(bench.path("place/snapshot.json")).unwrap();
    let refused = |envelope: &[u8], keys: &[PublicKey]| match Index::open(envelope, keys) {
        Err(IndexError::NotSigned { n_signatures }) => n_signatures,
        other => panic!("{:?}", other.map(|(_, key)| key)),
    };
    assert_eq!(refused(&envelope, &[public(2)]), 1, "another key");
    let (index, signer) = Index::open(&envelope, &[public(2), public(1)]).unwrap();
    assert_eq!(signer.as_deref(), Some(public(1).id()), "one of several is enough");
    assert_eq!(refused(&index.seal(None).unwrap(), &[public(1)]), 0, "no signature");
    assert!(Index::open(&envelope, &[]).unwrap().1.is_none(), "without keys nothing is said to be signed");

    // Another payload under the same signature, and the same payload under another type.
    let mut other: serde_json::Value = serde_json::from_slice(&envelope).unwrap();
    let mut changed = index.clone();
    changed.files.clear();
    let unsigned: serde_json::Value = serde_json::from_slice(&changed.seal(None).unwrap()).unwrap();
    other["payload"] = unsigned["payload"].clone();
    assert_eq!(refused(other.to_string().as_bytes(), &[public(1)]), 1);
    let mut other: serde_json::Value = serde_json::from_slice(&envelope).unwrap();
    other["payloadType"] = "application/json".into();
    assert!(matches!(Index::open(other.to_string().as_bytes(), &[public(1)]), Err(IndexError::Malformed(_))));
    // Beside others that mean nothing here, a signature that counts counts.
    let mut other: serde_json::Value = serde_json::from_slice(&envelope).unwrap();
    let ours = other["signatures"][0].clone();
    other["signatures"] = serde_json::json!([{"sig": "!"}, {"sig": "AAAA", "keyid": ours["keyid"]}, ours]);
    assert!(Index::open(other.to_string().as_bytes(), &[public(1)]).is_ok());

    // What is not signed is not even looked at.
    assert_eq!(refused(&sealed(b"no JSON", None), &[public(1)]), 0);
    assert_eq!(refused(&sealed(b"no JSON", Some(&private_key(2))), &[public(1)]), 1);

    let keys = [public(2)];
    let report = bench.pull_with(&BringOptions { keys: &keys, ..bench.options() });
    assert_eq!(report.place, None);
    assert!(report.gaps[0].detail.contains("no key that is trusted signed it (1 signatures)"), "{report:?}");
    assert!(bench.taker().current().unwrap().is_none());
    let keys = [public(1)];
    let report = bench.pull_with(&BringOptions { keys: &keys, ..bench.options() });
    assert_eq!(report.signed_by.as_deref(), Some(public(1).id()));
    bench.assert_same();
}

#[test]
fn what_is_no_index_is_refused_with_its_reason() {
    let bench = published();
    let place = bench.path("place/snapshot.json");
    let good = opened(&fs::read(&place).unwrap());
    let with = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut json = good.clone();
        change(&mut json);
        sealed(json.to_string().as_bytes(), None)
    };
    let first = good["files"].as_object().unwrap().keys().next().unwrap().as_str();
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (b"<html><body>Please sign in</body></html>".to_vec(), "looks like a web page"),
        (b"".to_vec(), "no published snapshot"),
        (b"{}".to_vec(), "payloadType"),
        (sealed(b"", None), "no published snapshot"),
        (with(&|json| json["schema"] = "plimsoll-snapshot/2".into()), "schema 2, and this plimsoll reads 1"),
        (with(&|json| json["schema"] = "plimsoll-feeds/1".into()), "its schema is `plimsoll-feeds/1`"),
        (with(&|json| json["published"] = "yesterday".into()), "no published snapshot"),
        (with(&|json| json["manifest"]["schema"] = "plimsoll-feeds/999".into()), "feed schema 999"),
        (with(&|json| json["manifest"]["schema"] = "plimsoll-feeds/1".into()), "schema is older"),
        (with(&|json| json["manifest"]["id"] = "0".repeat(32).into()), "its content has"),
        (
            with(&|json| json["manifest"]["namespaces"]["debian:12"]["debian"]["rows"] = u64::MAX.into()),
            "sizes that no snapshot has",
        ),
        (with(&|json| json["files"][first]["sha256"] = "../../etc/passwd".into()), "is no SHA-256"),
        (with(&|json| json["files"][first]["bytes"] = u64::MAX.into()), "bytes"),
        (with(&|json| json["files"].as_object_mut().unwrap().clear()), "is not in the index"),
    ];
    for (bytes, expected) in cases {
        fs::write(&place, bytes).unwrap();
        let report = bench.pull_with(&bench.options());
        let [gap] = report.gaps.as_slice() else { panic!("{expected}: {report:?}") };
        assert!(gap.detail.contains(expected), "{expected}: {}", gap.detail);
        assert_eq!((report.place, report.snapshot), (None, None), "{expected}");
    }
    // One that is too large is not read to its end.
    File::create(&place).unwrap().set_len((64 << 20) + 5000).unwrap();
    let report = bench.pull_with(&bench.options());
    assert!(report.gaps[0].detail.contains("more than 67108864 bytes"), "{report:?}");
    // Nor is one that is small and becomes large.
    fs::write(&place, sealed(&vec![b' '; 65 << 20], None)).unwrap();
    let report = bench.pull_with(&bench.options());
    assert!(report.gaps[0].detail.contains("more than 67108864 bytes"), "{report:?}");
}

#[test]
fn damage_to_an_envelope_is_never_taken_for_what_was_signed() {
    let mut bench = Bench::new();
    bench.key = Some(private_key(1));
    bench.publisher_has(&[("debian", "debian:12", 1)]);
    bench.push();
    bench.later(1);
    bench.publisher_has(&[("debian", "debian:12", 2)]);
    bench.push();
    let good = fs::read(bench.path("place/snapshot.json")).unwrap();
    let keys = [public(1)];
    let json = Index::open(&good, &keys).unwrap().0.seal(None).unwrap();
    let content = |envelope: &[u8]| opened(envelope);
    let expected = content(&good);
    let mut n_same = 0;
    for damaged in testkit::mutate::mutations(&good, 4000) {
        // Accepted under a key is only what was signed: damage beside it (to the name of the key) changes nothing.
        if let Ok((index, _)) = Index::open(&damaged, &keys) {
            assert_eq!(content(&index.seal(None).unwrap()), expected);
            n_same += 1;
        }
        let _ = Index::open(&damaged, &[]);
    }
    assert!(n_same < 1000, "most damage is to what is signed: {n_same}");
    // Without a key the text within is reached as well: nothing panics, whatever it says.
    let text = serde_json::to_vec(&opened(&json)).unwrap();
    for damaged in testkit::mutate::mutations(&text, 4000) {
        if let Ok((index, _)) = Index::open(&sealed(&damaged, None), &[]) {
            let _ =
                (index.blobs().len(), index.manifest.namespaces().len(), index.ways().to("rows", "").count());
        }
        assert!(Index::open(&sealed(&damaged, Some(&private_key(2))), &keys).is_err());
    }
    for prefix in testkit::mutate::some_prefixes(&text, 300) {
        assert!(Index::open(&sealed(prefix, None), &[]).is_err());
    }
}

#[test]
fn a_way_that_runs_in_a_circle_ends() {
    let bench = published();
    let index = bench.index();
    let blob = index.files.values().next().unwrap();
    let edit = |from: &str, to: &str| crate::distribution::index::Edit {
        kind: "rows".to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
        unpacked: 1,
        blob: blob.clone(),
    };
    let edits = [edit("a", "b"), edit("b", "a"), edit("c", "d"), edit("x", "d"), edit("d", "e")];
    let ways = Ways::of(&edits);
    let steps = |from: &str, to: &str| ways.way("rows", from, to).map(|way| way.len());
    assert_eq!(steps("z", "a"), None);
    assert_eq!((steps("a", "b"), steps("a", "a")), (Some(1), Some(0)));
    assert_eq!((steps("c", "e"), steps("x", "e"), steps("y", "e")), (Some(2), Some(2), None));
    assert!(ways.way("text", "a", "b").is_none());
}

#[test]
fn older_and_future_states_are_refused() {
    let mut bench = Bench::new();
    bench.key = Some(private_key(1));
    bench.publisher_has(&[("debian", "debian:12", 1)]);
    bench.push();
    let old = fs::read(bench.path("place/snapshot.json")).unwrap();
    bench.later(24);
    bench.publisher_has(&[("debian", "debian:12", 2)]);
    bench.push();
    let keys = [public(1)];
    let options = |bench: &Bench, allow_older| BringOptions { allow_older, ..bench.options() };
    let signed = |bench: &Bench, allow_older| {
        bench.pull_with(&BringOptions { keys: &keys, ..options(bench, allow_older) })
    };
    assert!(signed(&bench, false).place.is_some());
    let newest = current(&bench.taker()).id().to_owned();
    let new = fs::read(bench.path("place/snapshot.json")).unwrap();

    fs::write(bench.path("place/snapshot.json"), &old).unwrap();
    bench.later(24);
    let report = signed(&bench, false);
    assert_eq!((report.place.as_ref(), report.snapshot.as_ref()), (None, Some(&newest)));
    let [gap] = report.gaps.as_slice() else { panic!("{report:?}") };
    assert_eq!(gap.kind, GapKind::STALE_FEED);
    for word in ["published at 2026-01-01T00:00:00Z, before the state of 2026-01-02T00:00:00Z", "1 days ago"]
    {
        assert!(gap.detail.contains(word), "{gap:?}");
    }
    // Another place of the same key is no way round.
    let elsewhere = Directory::new(&bench.path("elsewhere"));
    fs::create_dir_all(bench.path("elsewhere")).unwrap();
    fs::write(bench.path("elsewhere/snapshot.json"), &old).unwrap();
    let report = bench.pull_from(&[Box::new(elsewhere)], &BringOptions { keys: &keys, ..bench.options() });
    assert_eq!(report.place, None);
    // Who insists gets it, and from there on it goes forward again.
    let report = signed(&bench, true);
    assert!(report.place.is_some() && report.changed, "{report:?}");
    assert!(signed(&bench, false).place.is_some());
    fs::write(bench.path("place/snapshot.json"), &new).unwrap();
    assert_eq!(signed(&bench, false).snapshot, Some(newest));

    // A clock may be ahead by a day, and no more.
    let mut index = Index::open(&new, &keys).unwrap().0;
    let mut of_time = |hours: i64| {
        index.published = bench.now + hours.hours();
        fs::write(bench.path("place/snapshot.json"), index.seal(bench.key.as_ref()).unwrap()).unwrap();
        signed(&bench, false)
    };
    let report = of_time(25);
    assert!(report.gaps[0].detail.contains("which is yet to come"), "{report:?}");
    assert!(of_time(23).place.is_some());
}

#[test]
fn a_key_signs_one_publication_wherever_it_lies() {
    let mut bench = Bench::new();
    bench.key = Some(private_key(1));
    let keys = [public(1), public(2)];
    let pull = |bench: &Bench, name: &str| {
        let places: [Box<dyn Place>; 1] = [Box::new(Directory::new(&bench.path(name)))];
        bench.pull_from(&places, &BringOptions { keys: &keys, ..bench.options() })
    };
    // A second job under the same key, of something smaller, an hour before.
    let second = |bench: &Bench, key: u8, name: &str| {
        let feeds = FeedsDir::open(&bench.path("second"));
        fill(&feeds, bench.now, &[("alpine", "alpine:3.20", 1)]);
        let key = private_key(key);
        let options =
            OfferOptions { key: Some(&key), now: bench.now, edits_max: EDITS_MAX, allow_unsigned: false };
        offer(&feeds, &Directory::new(&bench.path(name)), &options, &NoProgress).unwrap();
    };
    second(&bench, 1, "small");
    second(&bench, 2, "of another key");
    bench.later(1);
    bench.publisher_has(&[("debian", "debian:12", 1), ("alpine", "alpine:3.20", 1)]);
    bench.push();
    assert!(pull(&bench, "place").place.is_some());
    // A place that nobody asked before, and what it has is older: refused, and nothing is lost.
    let report = pull(&bench, "small");
    let [gap] = report.gaps.as_slice() else { panic!("{report:?}") };
    assert!(gap.detail.contains("that was accepted here, signed by the same key"), "{gap:?}");
    assert!(report.place.is_none() && report.removed.is_empty());
    bench.assert_same();
    // Another key has a memory of its own, and takes nothing of this one's away.
    let report = pull(&bench, "of another key");
    assert!(report.place.is_some() && report.removed.is_empty(), "{report:?}");
    bench.assert_same();
    // By two jobs in turn: the newer is followed, from either place.
    for (seed, name) in [(2, "here"), (3, "there"), (4, "here")] {
        bench.later(1);
        bench.publisher_has(&[("debian", "debian:12", seed)]);
        bench.push_to(&Directory::new(&bench.path(name)));
        assert_eq!(pull(&bench, name).published, Some(bench.now), "{name}");
    }
    assert!(pull(&bench, "there").place.is_none(), "it has the state before");
    // The same state at both, published one after the other: either serves, and what was newest stays so.
    let before = bench.now;
    bench.later(1);
    bench.push_to(&Directory::new(&bench.path("there")));
    assert_eq!(pull(&bench, "there").published, Some(bench.now));
    let report = pull(&bench, "here");
    assert_eq!((report.published, report.changed), (Some(before), false), "{report:?}");
    bench.now -= 30.minutes();
    bench.publisher_has(&[("debian", "debian:12", 5)]);
    bench.push_to(&Directory::new(&bench.path("between")));
    assert!(pull(&bench, "between").place.is_none());
    bench.now += 30.minutes();
    // Without keys, places are told apart.
    let mut unsigned = Bench::new();
    unsigned.publisher_has(&[("debian", "debian:12", 1)]);
    unsigned.push();
    let old = unsigned.index();
    unsigned.later(1);
    unsigned.publisher_has(&[("debian", "debian:12", 2)]);
    unsigned.push();
    unsigned.pull();
    unsigned.put_index(&old);
    let report = unsigned.pull_with(&unsigned.options());
    assert!(report.gaps[0].detail.contains("that was accepted here, from the same place"), "{report:?}");
    fs::rename(unsigned.path("place"), unsigned.path("elsewhere")).unwrap();
    let places: [Box<dyn Place>; 1] = [Box::new(Directory::new(&unsigned.path("elsewhere")))];
    assert!(unsigned.pull_from(&places, &unsigned.options()).place.is_some());
}

#[test]
fn what_is_signed_says_nothing_that_was_found_at_the_place() {
    let mut bench = published();
    // Somebody who can write there, and has no key, names another file for the same content.
    let mut index = bench.index();
    let shard = index.manifest.shards().into_iter().next().unwrap();
    let json = String::from_utf8(index.manifest.to_json()).unwrap();
    let json = json.replace(shard.sha256(), &"0".repeat(64));
    index.manifest = advisory_db::Published::parse(json.as_bytes(), "there".as_ref()).unwrap();
    bench.put_index(&index);
    bench.key = Some(private_key(1));
    let report = bench.push();
    assert!(report.not_built_on.as_ref().unwrap().contains("no key that is trusted"), "{report:?}");
    let text = String::from_utf8(bench.index().manifest.to_json()).unwrap();
    assert!(!text.contains(&"0".repeat(64)) && text.contains(shard.sha256()), "{text}");
    let keys = [public(1)];
    assert_eq!(bench.pull_with(&BringOptions { keys: &keys, ..bench.options() }).n_whole, 3);
    bench.assert_same();
    bench.later(1);
    assert_eq!(bench.push().not_built_on, None, "by the same key");
    bench.key = Some(private_key(2));
    bench.later(1);
    assert!(bench.push().not_built_on.is_some());
}

#[test]
fn a_state_from_the_end_of_time_is_replaced() {
    let bench = published();
    for time in ["9999-12-30T22:00:00Z", "2026-01-03T00:00:00Z"] {
        let mut index = bench.index();
        index.published = time.parse().unwrap();
        bench.put_index(&index);
        let report = bench.push();
        assert!(report.not_built_on.unwrap().contains("yet to come"), "{time}");
        assert_eq!(bench.index().published, bench.now, "{time}");
    }
    // Two states of one second have an order.
    bench.push();
    assert!(bench.index().published > bench.now);
}
