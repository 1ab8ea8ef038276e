//! Everything written is valid for programs that others wrote: generated inventories, and one that fills every field.
//!
//! The programs are installed by `.ci/run`. What is written of real images is held against them by the end-to-end tests.

use std::cell::RefCell;
use std::path::PathBuf;
use std::process::Command;

use super::*;

/// How many generated inventories are written in each format.
const N_GENERATED: u32 = 40;

/// The script that holds documents of a format against a reference library, and its first words.
fn validator(name: &str) -> (&'static str, Vec<&str>) {
    let (format, version) = name.split_once('@').unwrap();
    match format {
        "cyclonedx-json" => ("validate_cyclonedx.py", vec!["json", version]),
        "cyclonedx-xml" => ("validate_cyclonedx.py", vec!["xml", version]),
        "spdx-json" if version.starts_with('3') => ("validate_spdx3.py", vec![]),
        "spdx-json" | "spdx-tag-value" => ("validate_spdx2.py", vec![]),
        other => panic!("no program validates {other}"),
    }
}

#[test]
fn everything_written_is_valid_for_independent_programs() {
    let test = "everything_written_is_valid_for_independent_programs";
    let Some(python) = testkit::real::program("the Python of .ci/run", Some("PLIMSOLL_PYTHON"), test) else {
        return;
    };
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/validators");
    let inventories = RefCell::new(vec![image(), Inventory::default()]);
    for_inventories(N_GENERATED, |inventory| inventories.borrow_mut().push(inventory.clone()));
    let mut problems = Vec::new();
    for name in documents() {
        let dir = tempfile::tempdir().unwrap();
        // The libraries tell syntaxes by the ends of names.
        let end = if name.starts_with("spdx-tag-value") { "spdx" } else { "json" };
        let paths: Vec<PathBuf> = inventories
            .borrow()
            .iter()
            .enumerate()
            .filter_map(|(index, inventory)| {
                let bytes = write(&name, inventory);
                let path = dir.path().join(format!("{index}.{end}"));
                fs::write(&path, &bytes).unwrap();
                (end == "json" || !has_reserved_names(&bytes)).then_some(path)
            })
            .collect();
        assert!(paths.len() > N_GENERATED as usize / 2, "{name}: only {} documents", paths.len());
        let (script, words) = validator(&name);
        let mut command = Command::new(&python);
        // Tables that the libraries make go there.
        command.current_dir(dir.path()).arg(scripts.join(script)).args(words).args(&paths);
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        if !output.status.success() {
            problems.push(format!("{name}: {}", String::from_utf8_lossy(&said)));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Whether something in tag-value is called what the reference library takes for a word of the format, wherever it stands.
fn has_reserved_names(bytes: &[u8]) -> bool {
    let text = std::str::from_utf8(bytes).unwrap();
    let names = text.lines().filter_map(|line| {
        let (tag, name) = line.split_once(": ")?;
        matches!(tag, "DocumentName" | "PackageName" | "PackageVersion").then_some(name)
    });
    names.into_iter().any(|name| matches!(name, "NOASSERTION" | "NONE"))
}
