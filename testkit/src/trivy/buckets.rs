//! The fixtures of Trivy's database: buckets in buckets, with pairs of keys and values.

use serde_json::Value;

use super::yaml;

/// A pair, and the buckets that it lies in, outermost first.
#[derive(Debug, PartialEq)]
pub(super) struct Pair {
    /// The names of the buckets.
    pub(super) buckets: Vec<String>,
    /// Its key: the id of an advisory, say.
    pub(super) key: String,
    /// What it says; `null` where it says nothing.
    pub(super) value: Value,
}

/// Every pair of a fixture, in its order.
///
/// # Panics
///
/// The fixture is not of this form.
pub(super) fn pairs(fixture: &str) -> Vec<Pair> {
    let mut pairs = Vec::new();
    add(&yaml::parse(fixture), &mut Vec::new(), &mut pairs);
    pairs
}

fn add(nodes: &Value, buckets: &mut Vec<String>, pairs: &mut Vec<Pair>) {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    for node in nodes.as_array().expect("a list of buckets or pairs") {
        if let Some(bucket) = node.get("bucket") {
            buckets.push(text(bucket));
            add(&node["pairs"], buckets, pairs);
            buckets.pop();
        } else {
            pairs.push(Pair {
                buckets: buckets.clone(),
                key: text(&node["key"]),
                value: node["value"].clone(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pairs_know_their_buckets() {
        let fixture = "- bucket: demo 1\n  pairs:\n    - bucket: lib\n      pairs:\n        - key: CVE-1\n          value:\n            FixedVersion: 1.0\n        - key: CVE-2\n";
        let of = |key: &str, value| Pair {
            buckets: vec!["demo 1".to_owned(), "lib".to_owned()],
            key: key.to_owned(),
            value,
        };
        assert_eq!(pairs(fixture), [of("CVE-1", json!({"FixedVersion": "1.0"})), of("CVE-2", Value::Null)]);
    }
}
