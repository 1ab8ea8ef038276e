//! The line that a path of a document's JSON stands on, in the syntax that the document is written in.
//!
//! The text is scanned once; only places that are asked for are kept.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::Violation;
use super::walk::PATH_BYTES_MAX;
use crate::format::spdx2::{rdf, tag_value, xml, yaml};
use crate::format::wire::text::Kind;

/// Fills in the lines of `violations` of `json`, which is of the document `text`. In another syntax than JSON a value that
/// has no place of its own has the line of what it is in; where a syntax has no lines, there are none.
pub(super) fn fill(violations: &mut [Violation], json: &str, text: &str, kind: &Kind) {
    let lines = match kind {
        Kind::Spdx2Rdf => rdf::lines,
        Kind::Spdx2TagValue => tag_value::lines,
        Kind::Spdx2Xml => xml::lines,
        Kind::Spdx2Yaml => yaml::lines,
        _ => return fill_in_json(violations, json, text),
    };
    let paths = violations.iter().flat_map(|violation| outwards(&violation.path));
    let mut wanted = paths.map(|path| (path.to_owned(), None)).collect();
    lines(text, &mut |path, line| note(path, line, &mut wanted));
    for violation in violations {
        violation.line = outwards(&violation.path).find_map(|path| wanted.get(path).copied().flatten());
    }
}

/// `path`, and the paths to what it is in.
pub(super) fn outwards(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| {
        (!path.is_empty()).then(|| path.rfind(['.', '[']).map_or("", |end| &path[..end]))
    })
}

/// The same of a document in JSON. What is no part of `text` was converted, and has no lines.
fn fill_in_json(violations: &mut [Violation], json: &str, text: &str) {
    let Some(start) = offset_in(json, text) else { return };
    let first = text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count() + 1;
    let wanted = violations.iter().map(|violation| (violation.path.clone(), None)).collect();
    let lines = scan(json, first, wanted);
    for violation in violations {
        violation.line = lines.get(&violation.path).copied().flatten();
    }
}

/// Where `part` begins, if it is a slice of `text`.
fn offset_in(part: &str, text: &str) -> Option<usize> {
    let start = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    (start + part.len() <= text.len()).then_some(start)
}

/// An object or list that is being scanned.
struct Open {
    /// How long the path is without its members.
    path: usize,
    /// Which element is next; none in an object.
    index: Option<usize>,
}

/// The line of every path in `wanted` that is in `json`, a valid JSON text that begins on line `line`.
fn scan(
    json: &str,
    mut line: usize,
    mut wanted: HashMap<String, Option<usize>>,
) -> HashMap<String, Option<usize>> {
    let bytes = json.as_bytes();
    let mut open: Vec<Open> = Vec::new();
    let mut path = String::new();
    let mut is_key = false;
    let mut is_value = true;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let is_space = matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | b':');
        if is_value && !is_space && *byte != b']' && *byte != b'}' {
            if let Some(Open { path: length, index: Some(index) }) = open.last_mut() {
                path.truncate(*length);
                // Writing to a string does not fail.
                let _ = write!(path, "[{index}]");
                *index += 1;
                note(&path, line, &mut wanted);
            } else if open.is_empty() {
                note("", line, &mut wanted);
            }
            is_value = false;
        }
        match byte {
            b'\n' => line += 1,
            b'{' => {
                open.push(Open { path: path.len(), index: None });
                is_key = true;
            }
            b'[' => {
                open.push(Open { path: path.len(), index: Some(0) });
                is_value = true;
            }
            b'}' | b']' => {
                open.pop();
                is_key = false;
                is_value = false;
            }
            b',' => {
                is_value = open.last().is_some_and(|open| open.index.is_some());
                is_key = !is_value;
            }
            b'"' => {
                let end = end_of_string(bytes, at);
                if is_key {
                    let length = open.last().map_or(0, |open| open.path);
                    path.truncate(length);
                    if !path.is_empty() {
                        path.push('.');
                    }
                    let name: Option<String> =
                        serde_json::from_str(json.get(at..end).unwrap_or_default()).ok();
                    path.push_str(&name.unwrap_or_default());
                    note(&path, line, &mut wanted);
                    is_key = false;
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    wanted
}

fn note(path: &str, line: usize, wanted: &mut HashMap<String, Option<usize>>) {
    // No path that is told is longer, and looking each up would take forever.
    if path.len() > 2 * PATH_BYTES_MAX {
        return;
    }
    if let Some(known) = wanted.get_mut(path) {
        known.get_or_insert(line);
    }
}

/// The offset after the quotation mark that ends the string beginning at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, path: &str, expected: Option<usize>) {
        let lines = scan(json, 1, [(path.to_owned(), None)].into());
        assert_eq!(lines[path], expected, "{path}");
    }

    /// Every text of documents in other syntaxes than JSON stands where its line says, or on the next.
    #[test]
    fn values_stand_where_their_lines_say() {
        let Some(data) = testkit::data::require("values_stand_where_their_lines_say") else { return };
        let index = std::fs::read_to_string(data.join("sboms/index.tsv")).unwrap();
        let mut n_found = [0; 4];
        for line in index.lines().skip(1) {
            let [path, format, ..] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let formats = ["SPDX tag-value", "SPDX XML", "SPDX YAML", "SPDX RDF/XML"];
            let Some(at) = formats.iter().position(|known| *known == format) else { continue };
            let bytes = testkit::data::read(&data.join("sboms").join(path.trim_end_matches(".zst")));
            let text = crate::format::wire::text::decode(&bytes).unwrap();
            let kind = &[Kind::Spdx2TagValue, Kind::Spdx2Xml, Kind::Spdx2Yaml, Kind::Spdx2Rdf][at];
            let syntax = crate::format::SYNTAXES.iter().find(|syntax| syntax.kind == *kind).unwrap();
            let Ok(json) = (syntax.to_json)(text, &model::limits::Limits::default()) else { continue };
            let tree: super::super::Tree = serde_json::from_str(&json).unwrap();
            let mut values = Vec::new();
            super::super::walk::walk(&tree, &mut |spot| {
                // These stand elsewhere in tags, or are told with what they are in.
                let is_apart = spot.ends(&["hasFiles"])
                    || spot.ends(&["reference"])
                    || spot.ends(&["externalRefs", "comment"])
                    || spot.path().contains("artifactOfs")
                    || spot.path().contains("plimsoll:");
                if let Some(text) = spot.text().filter(|_| !is_apart) {
                    values.push((spot.path(), text.to_owned()));
                }
            });
            let new = |path: &str| Violation {
                rule: "",
                section: "",
                path: path.to_owned(),
                line: None,
                reason: String::new(),
            };
            let mut violations: Vec<_> = values.iter().map(|(path, _)| new(path)).collect();
            fill(&mut violations, &json, text, kind);
            let lines: Vec<&str> = text.lines().collect();
            let plain = |text: &str| -> String {
                text.chars().filter(|sign| sign.is_ascii_alphanumeric()).collect::<String>().to_lowercase()
            };
            for (violation, (place, value)) in violations.iter().zip(&values) {
                let line = violation.line.unwrap_or_else(|| panic!("{path}: {place} has no line"));
                let n_empty = value.chars().take_while(|sign| sign.is_whitespace()).count();
                let near = plain(&lines[line - 1..lines.len().min(line + 1 + n_empty)].concat());
                let start = value.split_whitespace().next().map_or(String::new(), plain);
                // What a licence, a node or the start of a relationship is stands elsewhere in RDF.
                let is_apart = *kind == Kind::Spdx2Rdf
                    && (["icense", "spdxElementId", "relatedSpdxElement"]
                        .iter()
                        .any(|name| place.contains(name))
                        || near.contains("nodeid")
                        || near.contains("rdfresource"));
                assert!(
                    is_apart || near.contains(&start),
                    "{path}: {place} is {value:?}, line {line} {near}"
                );
                n_found[at] += usize::from(!is_apart);
            }
        }
        assert!(
            n_found[0] > 1_000 && n_found[1] > 100 && n_found[2] > 500 && n_found[3] > 1_000,
            "{n_found:?}"
        );
    }

    #[test]
    fn a_path_has_the_line_of_its_member_or_element() {
        let json = "{\n \"a\": [\n  {\"b\": \"}\\\"]\"},\n  {\"b\":\n   1, \"c\": []}\n ],\n \"d\": {\n  \"e\\u0041\": null}}";
        check(json, "", Some(1));
        check(json, "a", Some(2));
        check(json, "a[0]", Some(3));
        check(json, "a[0].b", Some(3));
        check(json, "a[1]", Some(4));
        check(json, "a[1].b", Some(4));
        check(json, "a[1].c", Some(5));
        check(json, "a[2]", None);
        check(json, "d", Some(7));
        check(json, "d.eA", Some(8));
        check("[[1,2],\n[3]]", "[1][0]", Some(2));
    }
}
