//! The documents are true: links lead somewhere, and no place of one machine is named.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::{Place, root};

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

/// The samples of `plimsoll.toml` that stand in the documents, each with its document.
fn samples() -> Vec<(String, String)> {
    let mut samples = Vec::new();
    let mut documents = vec![root().join("README.md")];
    for folder in ["docs/reference", "docs/how-to", "examples"] {
        documents.extend(fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path()));
    }
    documents.sort();
    for document in documents.iter().filter(|path| path.extension().is_some_and(|it| it == "md")) {
        let text = fs::read_to_string(document).unwrap();
        let blocks = text.split("\n```toml\n").skip(1).filter_map(|rest| rest.split_once("\n```"));
        let name = document.file_name().unwrap().to_string_lossy();
        samples.extend(blocks.map(|(sample, _)| (name.to_string(), sample.to_owned())));
    }
    samples
}

/// What `plimsoll` says against a configuration in any command, where the environment names no feeds and `words` come first.
fn refusals(place: &Place, words: &[&str]) -> String {
    let commands: [&[&str]; 5] = [
        &["match", "purls.txt", "--offline"],
        &["scan", "dir:image", "--offline"],
        &["sbom", "dir:image", "-o", "purls"],
        &["feeds", "sync", "--offline"],
        &["feeds", "status"],
    ];
    let said = commands.map(|command| {
        let output = place.command().env_remove("PLIMSOLL_FEEDS").args(words).args(command).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    });
    said.concat().lines().filter(|line| line.contains("configuration `")).collect()
}

/// A sample that is marked is refused where it merely lies, or the mark would be of no use; any other works there.
#[test]
fn samples_of_configurations_are_taken_as_they_say() {
    const MARK: &str = "# Named with --config FILE, or PLIMSOLL_CONFIG=FILE.\n";
    let samples = samples();
    let n_marked = samples.iter().filter(|(_, sample)| sample.starts_with(MARK)).count();
    assert!(n_marked >= 4 && samples.len() >= n_marked + 4, "{} samples, {n_marked} marked", samples.len());
    for (document, sample) in samples {
        let place = Place::new();
        place.write("purls.txt", "pkg:npm/demo@1.0.0\n");
        place.write("image/etc/os-release", "ID=alpine\nVERSION_ID=3.20.1\n");
        place.write("named.toml", &sample);
        let feeds = place.path("feeds").display().to_string();
        let said = refusals(&place, &["--config", "named.toml", "--feeds", &feeds]);
        assert_eq!(said, "", "{document}, when it is named:\n{sample}");
        place.write("plimsoll.toml", &sample);
        let said = refusals(&place, &[]);
        let is_marked = sample.starts_with(MARK);
        assert_eq!(said.contains("only"), is_marked, "{document}, where it lies: {said}\n{sample}");
        assert!(is_marked || said.is_empty(), "{document}, where it lies: {said}\n{sample}");
    }
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
