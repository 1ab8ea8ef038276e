//! The format of Yarn 1: blocks of `key value` lines, nested by indentation.

use super::super::javascript::{alias, digests, split_version};
use super::Entry;

/// The entries of `text`.
///
/// # Errors
/// It has lines, and none of them begins an entry.
pub(super) fn entries(text: &str) -> Result<Vec<Entry>, String> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut in_needs = false;
    let mut has_lines = false;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        has_lines = true;
        let indentation = line.len() - line.trim_start_matches(' ').len();
        match (indentation, entries.last_mut()) {
            (0, _) => {
                in_needs = false;
                if let Some(keys) = trimmed.strip_suffix(':') {
                    entries.push(entry(keys));
                }
            }
            (1..=3, Some(entry)) => match trimmed.strip_suffix(':') {
                Some(list) => in_needs = matches!(list, "dependencies" | "optionalDependencies"),
                None => {
                    in_needs = false;
                    let (key, value) = pair(trimmed);
                    state(entry, key, value);
                }
            },
            (_, Some(entry)) if in_needs => {
                let (name, range) = pair(trimmed);
                entry.needs.push(super::normalised(&format!("{name}@{range}")));
            }
            _ => {}
        }
    }
    match entries.is_empty() && has_lines {
        true => Err("it has no entries".to_owned()),
        false => Ok(entries),
    }
}

fn entry(keys: &str) -> Entry {
    let keys: Vec<&str> = keys.split(", ").map(|key| key.trim_matches('"')).collect();
    let parts = keys.iter().map(|key| split_version(key).unwrap_or((key, "")));
    // Of several ranges the one with the most telling source decides: a file that stands in for a registry's package.
    let (name, range) =
        parts.clone().find(|(_, range)| range.contains(':')).or(parts.clone().next()).unwrap_or_default();
    let (name, address) = match alias(range) {
        Some((name, range)) => (name, range),
        None => (name, range),
    };
    Entry {
        descriptors: keys.iter().map(|key| super::normalised(key)).collect(),
        name: name.to_owned(),
        address: address.to_owned(),
        ..Entry::default()
    }
}

fn state(entry: &mut Entry, key: &str, value: &str) {
    match key {
        "version" => value.clone_into(&mut entry.version),
        "integrity" => entry.digests = digests(value),
        // `https://…/a/-/a-1.0.0.tgz#SHA-1`
        "resolved" => {
            if let Some(name) = name_at_registry(value) {
                entry.name = name;
            }
            let fragment = value.rsplit_once('#').map_or("", |(_, fragment)| fragment);
            let is_sha1 = fragment.len() == 40 && fragment.bytes().all(|byte| byte.is_ascii_hexdigit());
            if is_sha1 && value.contains(".tgz#") {
                entry.digests.push(format!("sha1:{fragment}"));
            }
        }
        _ => {}
    }
}

/// The name in the address of a registry's archive. It is another than that of the range where the project has one
/// package stand in for another.
fn name_at_registry(address: &str) -> Option<String> {
    let (before, _) = address.split_once("/-/")?;
    let before = before.replace("%2f", "/").replace("%2F", "/");
    let (above, name) = before.rsplit_once('/')?;
    match above.rsplit_once('/') {
        Some((_, scope)) if scope.starts_with('@') => Some(format!("{scope}/{name}")),
        _ => Some(name.to_owned()),
    }
}

/// `key value`, each perhaps in quotes.
fn pair(line: &str) -> (&str, &str) {
    let (key, value) = match line.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
        Some(parts) => parts,
        None => line.split_once(' ').unwrap_or((line, "")),
    };
    (key, value.trim().trim_matches('"'))
}
