//! What a document loses, gathered by path.

use std::collections::BTreeMap;

use super::super::Loss;
use super::tree::Tree;

/// A value of which more is shown ends in `…`.
const EXAMPLE_CHARACTERS_MAX: usize = 60;

/// Losses by path.
#[derive(Debug, Default)]
pub(in crate::format) struct Losses(BTreeMap<String, Loss>);

impl Losses {
    /// Adds `value`, one that is lost at `path`.
    pub(in crate::format) fn add(&mut self, path: String, value: &str) {
        let new = |path: &String| Loss { path: path.clone(), count: 0, example: shortened(value) };
        self.0.entry(path).or_insert_with_key(new).count += 1;
    }

    /// Adds every value of `lost`, which lies at `path`.
    pub(in crate::format) fn add_all(&mut self, path: &str, lost: &Tree) {
        lost.leaves(&mut |below, value| {
            let joint = if path.is_empty() || below.is_empty() || below.starts_with('[') { "" } else { "." };
            self.add(format!("{path}{joint}{below}"), &value.to_string());
        });
    }

    /// All of them, sorted by path.
    pub(in crate::format) fn into_list(self) -> Vec<Loss> {
        self.0.into_values().collect()
    }
}

fn shortened(text: &str) -> String {
    let shown: String = text.chars().take(EXAMPLE_CHARACTERS_MAX).collect();
    if shown.len() < text.len() { format!("{shown}…") } else { shown }
}
