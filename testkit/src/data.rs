//! The real feeds, images and databases outside the repository, found at one place.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The variable that names the directory of real data. `none` says that there is none here, and that the
/// tests which need it are to be skipped even in CI.
pub const VARIABLE: &str = "PLIMSOLL_TEST_DATA";

/// The directory of real data: [`VARIABLE`], or `shared/data` beside the workspace; `None` when absent.
pub fn dir() -> Option<PathBuf> {
    let dir = match env::var_os(VARIABLE) {
        Some(dir) => PathBuf::from(dir),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
    };
    dir.is_dir().then_some(dir)
}

/// The directory of real data for the test called `test`, which returns early on `None`.
///
/// An absent directory is said on stderr, past the capture of the test harness: a test that did not run
/// must not look like one that passed.
///
/// # Panics
///
/// When the directory is absent, `CI` is `true` and [`VARIABLE`] is not `none`: in CI these tests must run.
pub fn require(test: &str) -> Option<PathBuf> {
    let dir = dir();
    if dir.is_none() {
        let declared = env::var_os(VARIABLE).is_some_and(|value| value == "none");
        let in_ci = env::var_os("CI").is_some_and(|value| value == "true");
        assert!(
            declared || !in_ci,
            "{test} needs the real data: set {VARIABLE} to its directory, or to `none` to skip such tests"
        );
        // A closed stderr is no reason to fail a test that is skipped anyway.
        let _ = writeln!(std::io::stderr(), "skipped: {test}: no real data; {VARIABLE} names its directory");
    }
    dir
}

/// The bytes of the file that was called `path` before it was packed: `path` itself, or `path.zst` unpacked.
///
/// # Panics
///
/// When neither can be read.
pub fn read(path: &Path) -> Vec<u8> {
    if path.exists() {
        return fs::read(path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
    }
    let mut packed = path.as_os_str().to_owned();
    packed.push(".zst");
    let packed = PathBuf::from(packed);
    let bytes = fs::read(&packed)
        .unwrap_or_else(|error| panic!("cannot read {} or its .zst: {error}", path.display()));
    zstd::stream::decode_all(&*bytes)
        .unwrap_or_else(|error| panic!("{} is not zstd: {error}", packed.display()))
}

/// The bytes of every file below `dir`, unpacked, with the name each had before it was packed; in the order of their names.
///
/// # Panics
///
/// When one cannot be read.
pub fn read_all(dir: &Path) -> impl Iterator<Item = (PathBuf, Vec<u8>)> {
    let mut paths = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder);
        for entry in entries.unwrap_or_else(|error| panic!("cannot list {}: {error}", folder.display())) {
            let path =
                entry.unwrap_or_else(|error| panic!("cannot list {}: {error}", folder.display())).path();
            match path.is_dir() {
                true => folders.push(path),
                false => paths.push(path),
            }
        }
    }
    paths.sort();
    paths.into_iter().map(|path| {
        let is_packed = path.extension().is_some_and(|extension| extension == "zst");
        let path = if is_packed { path.with_extension("") } else { path };
        (path.clone(), read(&path))
    })
}
