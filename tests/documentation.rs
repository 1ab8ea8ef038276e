//! The documents are true: links lead somewhere, and no place of one machine is named.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::root;

#[test]
fn every_relative_link_leads_to_a_file() {
    let mut documents = vec![];
    let mut folders = vec![root(), root().join("docs"), root().join("examples"), root().join("bench")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && folder.ends_with("docs") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                documents.push(path);
            }
        }
    }
    assert!(documents.len() > 15);
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        for link in links(&text) {
            let target = document.parent().unwrap().join(link);
            assert!(target.exists(), "{}: `{link}` leads nowhere", document.display());
        }
    }
}

/// The targets of `[…](target)` that are paths, without their fragments.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target.split('#').next().unwrap_or_default())
        .filter(|target| !target.is_empty() && !target.contains("://") && !target.contains(' '))
}

#[test]
fn nothing_names_a_place_of_one_machine() {
    let mut folders: Vec<PathBuf> = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !matches!(name.as_str(), "target" | ".git") {
                    folders.push(path);
                }
            } else if is_text(&path) {
                let text = fs::read_to_string(&path).unwrap_or_default();
                for place in [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")] {
                    assert!(!text.contains(place), "{} names `{place}`", path.display());
                }
            }
        }
    }
}

fn is_text(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        ["rs", "md", "toml", "yml", "sh", "json", "txt"].iter().any(|known| extension == *known)
    })
}
