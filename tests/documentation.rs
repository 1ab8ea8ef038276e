//! The documents are true: links lead somewhere, and the reference lists what `--help` says.

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

#[test]
fn the_reference_of_the_command_line_is_what_help_says() {
    let place = Place::new();
    let reference = fs::read_to_string(root().join("docs/reference/cli.md")).unwrap();
    for command in [
        vec!["sbom"],
        vec!["feeds", "sync"],
        vec!["feeds", "status"],
        vec!["feeds", "search"],
        vec!["feeds", "diff"],
        vec!["feeds", "gc"],
        vec!["match"],
        vec!["scan"],
        vec!["rematch"],
        vec!["explain"],
        vec!["convert"],
        vec!["merge"],
        vec!["validate"],
        vec!["versions", "compare"],
        vec!["versions", "list"],
        vec!["completions"],
    ] {
        let heading = format!("## plimsoll {}\n", command.join(" "));
        let section = reference.split_once(&heading).map(|(_, rest)| rest.split("\n## ").next().unwrap());
        let section = section.unwrap_or_else(|| panic!("docs/reference/cli.md has no `{}`", heading.trim()));
        let mut words = command.clone();
        words.push("--help");
        let help = place.run(&words).stdout;
        for option in options(&help) {
            let is_global = reference.split_once("## Everywhere").unwrap().1.contains(&format!("`{option}"));
            assert!(
                section.contains(&format!("`{option}")) || is_global,
                "{command:?}: `{option}` is not in the reference"
            );
        }
        for option in section.split("`--").skip(1) {
            let option = format!("--{}", option.split(['`', ' ', '[', '=']).next().unwrap());
            assert!(
                help.contains(&option),
                "{command:?}: `{option}` is in the reference and not in the help"
            );
        }
    }
}

/// Every `--option` of a help text, but help and version.
fn options(help: &str) -> Vec<String> {
    help.lines()
        .filter_map(|line| {
            line.trim_start().split("--").nth(1).filter(|_| line.trim_start().starts_with('-'))
        })
        .map(|rest| format!("--{}", rest.split([' ', '=', '[', '.']).next().unwrap()))
        .filter(|option| !matches!(option.as_str(), "--help" | "--version"))
        .collect()
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
