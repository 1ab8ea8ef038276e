//! The invariants of ARCHITECTURE.md, each one a test that reads the manifests, the lock file and the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Who may import whom among our own crates. `testkit` may stand only under `[dev-dependencies]`.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("advisory-db", &["model"]),
    (
        "cli",
        &[
            "advisory-db",
            "feeds-sync",
            "fetch",
            "flows",
            "matcher",
            "model",
            "policy",
            "registry",
            "report",
            "sbom",
            "signing",
        ],
    ),
    ("feeds-sync", &["advisory-db", "fetch", "model", "registry", "signing", "xz"]),
    ("fetch", &[]),
    (
        "flows",
        &["advisory-db", "feeds-sync", "fetch", "matcher", "model", "policy", "registry", "report", "sbom"],
    ),
    ("matcher", &["model"]),
    ("model", &[]),
    ("policy", &["model"]),
    ("registry", &["fetch", "model"]),
    ("report", &["model", "policy"]),
    ("sbom", &["model", "signing", "xz"]),
    ("signing", &[]),
    ("xz", &["model"]),
    // Its values alone: what real databases say is handed to tests as advisories and packages.
    ("testkit", &["model"]),
    ("xtask", &["advisory-db", "feeds-sync", "fetch", "flows", "matcher", "model", "sbom", "testkit"]),
];

/// Third-party crates that only some of ours may reach, through whatever path.
const REACHED_ONLY_FROM: &[(&[&str], &[&str])] = &[
    (&["reqwest", "hyper", "rustls", "tokio"], &["fetch", "feeds-sync", "registry", "flows", "cli"]),
    // `sbom` reads the databases of rpm, dnf and Nix.
    (&["rusqlite", "libsqlite3-sys"], &["advisory-db", "feeds-sync", "flows", "cli", "sbom"]),
];

/// Modules of `model` that a crate's sources may not name: what it must not know of.
const MUST_NOT_NAME: &[(&str, &[&str])] = &[
    ("sbom", &["advisory", "facts", "finding", "report"]),
    ("feeds-sync", &["package", "inventory", "finding", "report"]),
    ("advisory-db", &["package", "inventory", "finding", "report"]),
    ("policy", &["advisory::Row", "facts"]),
    ("registry", &["advisory", "facts", "finding", "inventory", "package", "report"]),
];

/// What a library may not do, as text that would give it away, and who may.
const NOT_IN_LIBRARIES: &[(&str, &[&str])] = &[
    ("env::current_dir", &["cli", "xtask", "testkit"]),
    ("env::args", &["cli", "xtask", "testkit"]),
    ("env::var", &["cli", "xtask", "testkit"]),
    ("println!", &["cli", "xtask", "testkit"]),
    ("SystemTime::now", &["cli", "xtask", "testkit"]),
    ("Timestamp::now", &["cli", "xtask", "testkit"]),
    ("Zoned::now", &["cli", "xtask", "testkit"]),
    ("Serialize", &["advisory-db", "cli", "feeds-sync", "fetch", "flows", "registry", "report", "sbom"]),
];

/// What the matcher may not touch beyond that: it is a function of values.
const NOT_IN_MATCHER: &[&str] = &["std::fs", "std::net", "std::process", "std::thread", "rusqlite"];

#[test]
fn every_crate_imports_only_what_the_table_allows() {
    let rooms: BTreeSet<&str> = MAY_IMPORT.iter().map(|(room, _)| *room).collect();
    let members: BTreeSet<String> = members().into_iter().collect();
    assert_eq!(
        members.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        rooms,
        "the table lists every crate"
    );
    for (room, allowed) in MAY_IMPORT {
        for dependency in dependencies(room, "[dependencies]") {
            if rooms.contains(dependency.as_str()) {
                assert!(allowed.contains(&dependency.as_str()), "`{room}` may not import `{dependency}`");
            }
        }
    }
}

#[test]
fn only_some_crates_reach_the_network_or_sqlite() {
    let graph = lock_graph();
    for (heavy, allowed) in REACHED_ONLY_FROM {
        for (room, _) in MAY_IMPORT.iter().filter(|(room, _)| !matches!(*room, "testkit" | "xtask")) {
            if allowed.contains(room) {
                continue;
            }
            let mut reached = BTreeSet::new();
            for dependency in dependencies(room, "[dependencies]") {
                reach(&graph, &package_name(&dependency), &mut reached);
            }
            for name in *heavy {
                assert!(!reached.contains(*name), "`{room}` reaches `{name}`");
            }
        }
    }
}

#[test]
fn no_crate_names_what_it_must_not_know() {
    for (room, modules) in MUST_NOT_NAME {
        for (path, text) in sources(room) {
            for module in *modules {
                assert!(!text.contains(&format!("model::{module}")), "{} names `{module}`", path.display());
            }
        }
    }
}

#[test]
fn libraries_read_no_environment_or_clock_and_print_nothing() {
    for (room, _) in MAY_IMPORT {
        for (path, text) in sources(room) {
            let code = without_tests(&text);
            for (word, allowed) in NOT_IN_LIBRARIES {
                let is_there =
                    code.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(word));
                assert!(!is_there || allowed.contains(room), "{} has `{word}`", path.display());
            }
        }
    }
}

#[test]
fn the_matcher_is_a_function_of_values() {
    for (path, text) in sources("matcher") {
        let code = without_tests(&text);
        for word in NOT_IN_MATCHER {
            assert!(!code.contains(word), "{} has `{word}`", path.display());
        }
    }
}

#[test]
fn a_provider_downloads_nothing_itself() {
    for (path, text) in sources("feeds-sync") {
        if path.components().any(|part| part.as_os_str() == "provider") {
            assert!(!without_tests(&text).contains("fetch::"), "{} names `fetch`", path.display());
        }
    }
}

#[test]
fn every_crate_takes_the_workspace_lints() {
    let workspace = read(&root().join("Cargo.toml"));
    assert!(workspace.contains("unsafe_code = \"forbid\""));
    for room in members() {
        let manifest = read(&root().join(&room).join("Cargo.toml"));
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "`{room}` does not take the workspace's lints"
        );
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn members() -> Vec<String> {
    let manifest = read(&root().join("Cargo.toml"));
    let list = manifest.split_once("members = [").unwrap().1.split_once(']').unwrap().0;
    list.lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.split('"').next().map(str::to_owned))
        .collect()
}

/// The names under `section` of a crate's manifest, up to the next section.
fn dependencies(room: &str, section: &str) -> Vec<String> {
    let manifest = read(&root().join(room).join("Cargo.toml"));
    manifest
        .lines()
        .skip_while(|line| *line != section)
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| {
            line.split(['.', ' ', '=']).next().filter(|name| !name.is_empty() && !name.starts_with('#'))
        })
        .map(str::to_owned)
        .collect()
}

/// Our folders carry a prefix in the lock file.
fn package_name(dependency: &str) -> String {
    let is_ours = MAY_IMPORT.iter().any(|(room, _)| *room == dependency);
    if is_ours { format!("plimsoll-{dependency}") } else { dependency.to_owned() }
}

/// Package name → names it depends on, as the lock file has it. Development dependencies of our own crates
/// stand in it too, so ours are taken from their manifests.
fn lock_graph() -> BTreeMap<String, BTreeSet<String>> {
    let lock = read(&root().join("Cargo.lock"));
    let mut graph = BTreeMap::new();
    for block in lock.split("[[package]]").skip(1) {
        let name = block.split_once("name = \"").unwrap().1.split_once('"').unwrap().0;
        let needs: BTreeSet<String> = match name.strip_prefix("plimsoll-") {
            Some(room) => {
                dependencies(room, "[dependencies]").iter().map(|name| package_name(name)).collect()
            }
            None => block
                .split_once("dependencies = [")
                .map(|(_, rest)| rest.split_once(']').unwrap().0)
                .unwrap_or_default()
                .lines()
                .filter_map(|line| line.trim().strip_prefix('"')?.split([' ', '"']).next().map(str::to_owned))
                .collect(),
        };
        graph.entry(name.to_owned()).or_insert_with(BTreeSet::new).extend(needs);
    }
    graph
}

fn reach(graph: &BTreeMap<String, BTreeSet<String>>, name: &str, reached: &mut BTreeSet<String>) {
    if reached.insert(name.to_owned()) {
        for next in graph.get(name).into_iter().flatten() {
            reach(graph, next, reached);
        }
    }
}

/// Every Rust source of a crate, with its path below the workspace; modules that are compiled only for tests
/// are left out.
fn sources(room: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(room).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = read(&path);
                found.push((path.strip_prefix(root()).unwrap().to_owned(), text));
            }
        }
    }
    assert!(!found.is_empty(), "`{room}` has sources");
    let for_tests: BTreeSet<String> = found
        .iter()
        .flat_map(|(_, text)| text.split("#[cfg(test)]").skip(1))
        .filter_map(|rest| rest.trim_start().lines().next()?.strip_suffix(';'))
        .filter_map(|line| line.rsplit("mod ").next().map(str::to_owned))
        .collect();
    found.retain(|(path, _)| {
        let parts = path.iter().skip(2).map(|part| part.to_string_lossy());
        !parts.into_iter().any(|part| for_tests.contains(part.trim_end_matches(".rs")))
    });
    found
}

/// A source without the tests at its end; a file that is all tests is empty.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or_default()
}
