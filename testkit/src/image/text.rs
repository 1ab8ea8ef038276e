//! The text form of layers.

use super::{Compression, EntryKind, Layer};

const MARKER: &str = "//- ";

#[track_caller]
pub(super) fn parse(text: &str) -> Vec<Layer> {
    let mut layers: Vec<Layer> = Vec::new();
    let mut takes_content = false;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end_matches('\n');
        let Some(marker) = bare.strip_prefix(MARKER) else {
            if takes_content {
                append(&mut layers, line);
            } else {
                assert!(bare.trim().is_empty(), "`{bare}` stands where no file takes content");
            }
            continue;
        };
        let entry = match marker.strip_prefix("layer") {
            Some(rest) if rest.is_empty() || rest.starts_with(' ') => start_layer(&mut layers, rest),
            _ => marker.trim(),
        };
        takes_content = !entry.is_empty() && {
            let count = layers.len();
            let layer = layers.last_mut().unwrap_or_else(|| panic!("`{entry}` stands before any layer"));
            push_entry(layer, entry, count)
        };
    }
    layers
}

/// Adds the layer of a line `layer …` and returns the entry on the same line, empty if none.
#[track_caller]
fn start_layer<'a>(layers: &mut Vec<Layer>, rest: &'a str) -> &'a str {
    let (rest, created_by) = rest.split_once('#').unwrap_or((rest, ""));
    let mut rest = rest.trim();
    let mut layer = Layer { created_by: created_by.trim().to_owned(), ..Layer::default() };
    if layer.created_by.is_empty() {
        layer.created_by = format!("layer {}", layers.len() + 1);
    }
    if !rest.starts_with('/') {
        let (word, entry) = rest.split_once(' ').unwrap_or((rest, ""));
        layer.compression = match word {
            "" | "gzip" => Compression::Gzip,
            "none" => Compression::None,
            "stored" => Compression::Stored,
            "zstd" => Compression::Zstd,
            other => panic!("`{other}` is no compression of a layer"),
        };
        rest = entry.trim();
    }
    layers.push(layer);
    rest
}

/// Adds the entry of a marker; true if the lines after it are its content.
#[track_caller]
fn push_entry(layer: &mut Layer, marker: &str, layer_number: usize) -> bool {
    if let Some((path, target)) = marker.split_once(" -> ") {
        layer.push(path, 0o777, EntryKind::Symlink(target.to_owned()));
        return false;
    }
    if let Some((path, target)) = marker.split_once(" => ") {
        let target = target.strip_prefix('/').unwrap_or(target);
        layer.push(path, 0o644, EntryKind::HardLink(target.to_owned()));
        return false;
    }
    if let Some(path) = marker.strip_suffix("/ !!") {
        layer.file(&format!("{path}/.wh..wh..opq"), "");
        return false;
    }
    if let Some(path) = marker.strip_suffix(" !") {
        let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
        layer.file(&format!("{dir}/.wh.{name}"), "");
        return false;
    }
    // A mode is the last word, and octal: a path with spaces keeps its other words.
    let (path, mode) = match marker.rsplit_once(' ') {
        Some((path, word)) => match u32::from_str_radix(word, 8) {
            Ok(mode) => (path, Some(mode)),
            Err(_) => (marker, None),
        },
        None => (marker, None),
    };
    assert!(!path.is_empty(), "an entry of layer {layer_number} has no path");
    if let Some(path) = path.strip_suffix('/') {
        layer.push(path, mode.unwrap_or(0o755), EntryKind::Directory);
        return false;
    }
    layer.push(path, mode.unwrap_or(0o644), EntryKind::File(Vec::new()));
    true
}

fn append(layers: &mut [Layer], line: &str) {
    if let Some(entry) = layers.last_mut().and_then(|layer| layer.entries.last_mut())
        && let EntryKind::File(content) = &mut entry.kind
    {
        content.extend_from_slice(line.as_bytes());
    }
}
