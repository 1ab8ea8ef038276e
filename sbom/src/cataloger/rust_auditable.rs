//! Rust crates linked into programs, as `cargo auditable` writes them down: the section `.dep-v0`, a compressed JSON
//! document.

use std::io::Read as _;

use model::gap::{Gap, GapKind};
use model::package::{Dependencies, DependencyScope, Package, PackageKind};
use serde::Deserialize;

use super::facts::PackageFact;
use super::file::is_legible;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants, cargo_lock, executable};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "rust-auditable",
    version: 2,
    finds: Finds::Installed,
    wants: Wants::Executables,
    read,
    assemble,
};

/// The section, in PE and Mach-O under the same name.
const SECTION: &str = ".dep-v0";
/// Bytes of the unpacked document. The format's own readers stop at as many.
const DOCUMENT_BYTES_MAX: u64 = 8 << 20;

/// rust-secure-code/cargo-auditable, `cargo-auditable.schema.json`.
#[derive(Deserialize)]
struct Document {
    packages: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    version: String,
    /// `crates.io`, `git`, `local`, `registry`, or an address.
    #[serde(default)]
    source: String,
    /// `runtime` or `build`.
    kind: Option<String>,
    #[serde(default)]
    dependencies: Vec<u32>,
    #[serde(default)]
    root: bool,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    // That the file is no valid program is said by `go-binary`, which looks at the same ones.
    let _ = executable::for_each_program(file.content, |program| {
        let Some(section) = program.section(SECTION).filter(|section| !section.is_empty()) else { return };
        match document(section) {
            Ok(document) => read_document(&document, file, facts),
            Err(Damage::TooLarge) => {
                let detail = format!("its list of crates has more than {DOCUMENT_BYTES_MAX} bytes");
                facts.push(Fact::Gap(Gap::new(GapKind::LIMIT_EXCEEDED, file.path, detail)));
            }
            Err(Damage::Unreadable(why)) => {
                facts.push(Fact::Gap(file.unreadable(&format!("its list of crates cannot be read: {why}"))));
            }
        }
    });
}

/// How a list of crates that is there can be wrong.
enum Damage {
    TooLarge,
    Unreadable(String),
}

fn document(section: &[u8]) -> Result<Document, Damage> {
    let mut text = Vec::new();
    let unpacked =
        flate2::read::ZlibDecoder::new(section).take(DOCUMENT_BYTES_MAX + 1).read_to_end(&mut text);
    unpacked.map_err(|error| Damage::Unreadable(error.to_string()))?;
    if text.len() as u64 > DOCUMENT_BYTES_MAX {
        return Err(Damage::TooLarge);
    }
    serde_json::from_slice(&text).map_err(|error| Damage::Unreadable(error.to_string()))
}

fn read_document(document: &Document, file: &File<'_>, facts: &mut Facts) {
    let is_identified =
        |entry: &Entry| !entry.name.is_empty() && is_legible(&entry.name) && is_legible(&entry.version);
    // Several programs in one file put their crates behind each other, and those that cannot be named are left out.
    let n_before = facts.n_packages();
    let mut n_listed = u32::try_from(n_before).unwrap_or(u32::MAX);
    let positions: Vec<Option<u32>> = document
        .packages
        .iter()
        .map(|entry| {
            is_identified(entry).then(|| {
                n_listed = n_listed.saturating_add(1);
                n_listed - 1
            })
        })
        .collect();
    for entry in &document.packages {
        if !is_identified(entry) {
            facts.push(Fact::Gap(file.unreadable_record(&"a crate has an illegible name or version")));
            continue;
        }
        let mut fact = PackageFact::new(package(entry));
        fact.package.depends_on = Dependencies::none_if(entry.dependencies.is_empty());
        let needed =
            entry.dependencies.iter().filter_map(|at| positions.get(*at as usize).copied().flatten());
        fact.depends_on = needed.collect();
        fact.depends_on.sort_unstable();
        fact.depends_on.dedup();
        facts.push(Fact::Package(fact));
    }
}

fn package(entry: &Entry) -> Package {
    let source = match entry.source.as_str() {
        "local" => None,
        "git" => Some("git+"),
        source => Some(source),
    };
    let mut package = cargo_lock::package(&entry.name, &entry.version, source);
    package.kind = if entry.root { PackageKind::Application } else { PackageKind::Library };
    if entry.kind.as_deref() == Some("build") {
        package.scope = DependencyScope::Development;
    }
    package
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
