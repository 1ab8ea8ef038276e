//! Tells [`rematch`](src/rematch.rs) what its verdicts were made by: a digest of the sources that read an SBOM and judge it.
//!
//! A version that somebody has to raise is forgotten; the sources differ by themselves.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The crates whose code decides which findings an SBOM and the rows of the feeds give.
const JUDGING: [&str; 5] = ["advisory-db", "flows", "matcher", "model", "sbom"];

fn main() -> io::Result<()> {
    let workspace = Path::new("..");
    // Code of others decides too, how a version is parsed for one.
    let mut files = vec![workspace.join("Cargo.lock")];
    for name in JUDGING {
        add_files(&workspace.join(name).join("src"), &mut files)?;
    }
    files.sort();
    let mut hasher = blake3::Hasher::new();
    let mut out = io::stdout().lock();
    for file in files {
        let bytes = fs::read(&file)?;
        hasher.update(format!("{} {}\n", file.display(), bytes.len()).as_bytes()).update(&bytes);
    }
    for name in JUDGING {
        writeln!(out, "cargo::rerun-if-changed=../{name}/src")?;
    }
    writeln!(out, "cargo::rerun-if-changed=../Cargo.lock")?;
    writeln!(out, "cargo::rustc-env=PLIMSOLL_SOURCES={}", hasher.finalize().to_hex())
}

fn add_files(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            add_files(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}
