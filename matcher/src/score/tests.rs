use std::collections::BTreeSet;
use std::path::Path;

use super::*;

/// What the lists of errors refuse and we read, and why.
const ARGUED: [(&str, &str); 7] = [
    ("CVSS:2.0/AV:N/AC:L/Au:N/C:N/I:N/A:C", "the prefix says which version it is, and the metrics agree"),
    ("AV:A/AC:L/Au:N/C:C/I:C/A:C/CDP:H/TD:H/CR:H", BASE_IS_WHOLE),
    ("AV:A/AC:L/Au:N/C:C/I:C/A:C/E:F", BASE_IS_WHOLE),
    ("AV:A/AC:L/Au:N/A:C/I:C/C:C", ORDER),
    ("CVSS:4.0/AV:N/AC:L/AT:N/PR:H/UI:N/VC:L/VI:L/VA:N/SC:N/SI:N/E:A/SA:N", ORDER),
    ("CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:N", "it is one of 3.1, in a list of what is none of 4.0"),
    ("AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", "without its prefix it is of 3.0 or 3.1, which score it alike"),
];

const BASE_IS_WHOLE: &str = "the base score needs the base metrics, which are all there";

const ORDER: &str = "each metric is named, so their order says nothing";

/// What the real feeds have and no calculator could score: it is counted as unread.
const UNREAD: [(&str, &str); 9] = [
    ("AV:L/AC:H/Au:N/C:P/I:P", CUT_OFF),
    ("AV:L/AC:L/Au:N/C:N/I:N", CUT_OFF),
    ("AV:L/AC:L/Au:N/C:N/I:P", CUT_OFF),
    ("AV:L/AC:M/Au:N/C:N/I:N", CUT_OFF),
    ("AV:L/AC:M/Au:N/C:P/I:N", CUT_OFF),
    ("AV:L/AC:M/Au:S/C:N/I:N", CUT_OFF),
    ("AV:N/AC:L/Au:N/C:N/I:N", CUT_OFF),
    ("AV:N/AC:M/Au:N/C:C/I:N", CUT_OFF),
    ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:U/A:U", "an impact is none, low or high, and never `U`"),
];

const CUT_OFF: &str = "the availability impact is not stated";

fn score(text: &str) -> Option<f64> {
    scored(&CvssVector { vector: text.to_owned(), ..CvssVector::default() }).map(|cvss| cvss.score)
}

/// The base, temporal and environmental score, or the one of version 4.
fn scores(text: &str) -> Vec<f64> {
    match read(text).expect(text).1 {
        Parsed::CvssV20(vector) => {
            vec![
                vector.score().value(),
                vector.temporal_score().value(),
                vector.environmental_score().value(),
            ]
        }
        Parsed::CvssV30(vector) | Parsed::CvssV31(vector) => {
            vec![
                vector.score().value(),
                vector.temporal_score().value(),
                vector.environmental_score().value(),
            ]
        }
        Parsed::CvssV40(vector) => vec![vector.score().value()],
        other => panic!("{other:?}"),
    }
}

/// The lines of a list of claircore that say something, each with the words before its remark.
fn lists(data: &Path, name: &str) -> Vec<(Vec<String>, String)> {
    let text = testkit::data::read(&data.join("cvss/claircore").join(name));
    let text = String::from_utf8(text).unwrap();
    let lines = text.lines().map(|line| line.split_once('#').unwrap_or((line, "")));
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    lines
        .map(|(said, remark)| (words(said), remark.trim().to_owned()))
        .filter(|(said, _)| !said.is_empty())
        .collect()
}

#[test]
fn every_score_is_the_reference_calculators() {
    let Some(data) = testkit::data::require("every_score_is_the_reference_calculators") else { return };
    let mut n_vectors = 0;
    for table in [
        "vectors_calculator2",
        "vectors_cvsslib2",
        "vectors_calculator3",
        "vectors_cvsslib3",
        "vectors_simple31",
        "vectors_security4",
        "vectors_supplemental4",
        "vectors_threat4",
    ] {
        let text = testkit::data::read(&data.join("cvss/redhat-cvss").join(table));
        for line in String::from_utf8(text).unwrap().lines() {
            let (vector, expected) = line.split_once(" - ").unwrap();
            let expected = expected.trim_matches(|character| "() ".contains(character)).split(", ");
            let found = scores(vector);
            for (found, expected) in found.iter().zip(expected) {
                // `None`: the vector has no metric of that group.
                if expected != "None" {
                    assert_eq!(*found, expected.parse::<f64>().unwrap(), "{line}: {found:?}");
                }
            }
            n_vectors += 1;
        }
    }
    assert_eq!(n_vectors, 5 + 24 + 2 + 29 + 2_592 + 54 + 576 + 6);
}

#[test]
fn the_scores_of_claircore_are_ours() {
    let Some(data) = testkit::data::require("the_scores_of_claircore_are_ours") else { return };
    let mut n_vectors = 0;
    for list in ["v2_score.list", "v31_score.list", "v4_score.list"] {
        for (words, _) in lists(&data, list) {
            let [vector, expected] = &words[..] else { panic!("{words:?}") };
            // Theirs is the score of the last group that the vector has a metric of.
            let has = |metrics: &[&str]| metrics.iter().any(|metric| vector.contains(&format!("/{metric}:")));
            let group = match list {
                "v4_score.list" => 0,
                _ if has(&["CDP", "TD", "CR", "IR", "AR"]) => 2,
                _ if has(&["E", "RL", "RC"]) => 1,
                _ => 0,
            };
            let found = scores(vector)[group];
            assert_eq!(found, expected.parse::<f64>().unwrap(), "{vector}");
            n_vectors += 1;
        }
    }
    assert_eq!(n_vectors, 12 + 35 + 40);
}

#[test]
fn what_claircore_refuses_is_refused_or_argued() {
    let Some(data) = testkit::data::require("what_claircore_refuses_is_refused_or_argued") else { return };
    let mut read_anyway: Vec<String> = Vec::new();
    let mut n_refused = 0;
    for list in ["v2_error.list", "v3_error.list", "v4_error.list"] {
        for (words, remark) in lists(&data, list) {
            let [vector] = &words[..] else { panic!("{words:?}") };
            match (score(vector), remark.as_str()) {
                (Some(_), "OK") => {}
                (None, "OK") => panic!("{vector} is not read"),
                (Some(_), _) => read_anyway.push(vector.clone()),
                (None, _) => n_refused += 1,
            }
        }
    }
    let mut argued = ARGUED.map(|(vector, _)| vector);
    argued.sort_unstable();
    read_anyway.sort_unstable();
    assert_eq!(read_anyway, argued);
    assert!(n_refused > 30, "{n_refused}");
    for list in ["v2_roundtrip.list", "v3_roundtrip.list", "v4_roundtrip.list"] {
        for (words, _) in lists(&data, list) {
            assert!(score(&words[0]).is_some(), "{}", words[0]);
        }
    }
}

#[test]
fn a_vector_is_read_in_every_spelling_of_the_feeds() {
    for (text, expected) in [
        ("AV:N/AC:L/Au:N/C:P/I:P/A:P", Some(7.5)),
        ("(AV:N/AC:L/Au:N/C:P/I:P/A:P)", Some(7.5)),
        ("av:n/ac:l/au:n/c:p/i:p/a:p", Some(7.5)),
        ("CVSS2#AV:N/AC:L/Au:N/C:P/I:P/A:P", Some(7.5)),
        ("CVSS:2.0/AV:N/AC:L/Au:N/C:P/I:P/A:P/", Some(7.5)),
        (" CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/ ", Some(9.8)),
        ("cvss:3.0/av:n/ac:l/pr:n/ui:n/s:u/c:h/i:h/a:h", Some(9.8)),
        ("AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", Some(9.8)),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:P/RL:O/RC:C/", Some(9.8)),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:L/E:U", Some(6.6)),
        ("AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:L", Some(8.7)),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:L/U:amber", Some(8.7)),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:L/AU:Y/U:Clear", Some(8.7)),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/A:H", None),
        ("CVSS:3.1/AV:N", None),
        ("CVSS:9.9/AV:N", None),
        ("CVSS:4.0/AV:N/AV:N", None),
        ("", None),
        ("()", None),
        ("\u{0}", None),
        ("7.5", None),
        ("Ａ\u{fe0f}V:é/ß", None),
    ] {
        assert_eq!(score(text), expected, "{text}");
    }
    assert_eq!(score(&"AV:N/".repeat(1 << 18)), None);
}

/// The vectors of a feed's bytes: texts in quotes that begin as vectors do. Some of the documents escape slashes.
fn vectors(bytes: &[u8]) -> impl Iterator<Item = String> {
    let begins = [&b"CVSS:2"[..], b"CVSS:3", b"CVSS:4", b"AV:", b"(AV:"];
    let is_vector = move |text: &&[u8]| begins.iter().any(|start| text.starts_with(start));
    let texts = bytes.split(|byte| matches!(byte, b'"' | b'\'' | b'\n')).filter(is_vector);
    texts.map(|text| String::from_utf8_lossy(text).replace("\\/", "/"))
}

#[test]
fn every_vector_of_the_real_feeds_is_read() {
    let Some(data) = testkit::data::require("every_vector_of_the_real_feeds_is_read") else { return };
    let (mut n_read, mut unread) = (0, BTreeSet::new());
    for folder in ["feeds", "cvss/claircore-nvd-enricher"] {
        for (_, bytes) in testkit::data::read_all(&data.join(folder)) {
            for vector in vectors(&bytes) {
                match score(&vector) {
                    Some(_) => n_read += 1,
                    None => _ = unread.insert(vector),
                }
            }
        }
    }
    let argued: BTreeSet<String> = UNREAD.iter().map(|(vector, _)| (*vector).to_owned()).collect();
    assert_eq!(unread, argued);
    assert!(n_read > 3_000, "{n_read}");
}
