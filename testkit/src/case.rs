//! The cases of catalogers: small images as directories, in which texts stand for the binary files that are not kept.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;
use std::{fs, io};

use crate::zip::Packing;
use crate::{elf, go, native_image, os, pe, rpm, zip};

/// A small image as paths and bytes. A path that ends in `*` has an execute bit.
pub type Files = Vec<(String, Vec<u8>)>;

/// Every file below `root`, by path. What real data keeps packed with zstd (`status.zst`) is taken unpacked.
///
/// # Errors
///
/// A directory cannot be read.
pub fn files_below(root: &Path) -> io::Result<Files> {
    let mut files = Files::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            let packed = path.extension().is_some_and(|extension| extension == "zst");
            let unpacked = if packed { path.with_extension("") } else { path };
            let inside =
                unpacked.strip_prefix(root).expect("it lies below").to_str().expect("a name in UTF-8");
            files.push((inside.to_owned(), crate::data::read(&unpacked)));
        }
    }
    files.sort();
    Ok(files)
}

/// A directory with every file below `root`, as [`files_below`] takes them.
///
/// # Panics
///
/// A file cannot be read or written.
pub fn unpacked(root: &Path) -> tempfile::TempDir {
    let place = tempfile::tempdir().expect("a directory");
    for (path, bytes) in files_below(root).expect("a readable directory") {
        let path = place.path().join(path);
        let parent = path.parent().expect("it lies below");
        fs::create_dir_all(parent).and_then(|()| fs::write(&path, bytes)).expect("a writable directory");
    }
    place
}

/// The image of a case: what lies below its `root`. Some files stand for others:
///
/// - `NAME.buildinfo`: a program with this Go version (first line), these lines of build information, and
///   `func⇥NAME` for functions that are linked in;
/// - `NAME.dep-v0`: a program with this list of crates, JSON;
/// - `NAME.note-package`: one with the text of a note `.note.package`;
/// - `NAME.strings`: one that holds these texts, with `\0` for the zeros around them;
/// - `NAME.dotnet-bundle`: a .NET program of a single file with this `*.deps.json` inside, and behind a line `---` its
///   `*.runtimeconfig.json`;
/// - `NAME.version-info`: `assembly` (for .NET) or `library`, then lines `KEY=VALUE` of a version resource;
/// - `NAME.native-section` and `NAME.native-symbols`: a program that carries the document as GraalVM puts it there;
/// - `NAME.rpmdb-bdb`, `.rpmdb-bdb-be`, `.rpmdb-ndb` and `.rpmdb-sqlite`: a database of rpm with these packages (as text,
///   see [`rpm::headers`]), `NAME.rpm-text`: a package file;
/// - `NAME.sql`: the SQLite database that the script makes;
/// - `NAME.gz-text` and `NAME.zst-text`: the text compressed;
/// - `NAME.deb-text` (a control file): a Debian archive, `NAME.bzimage-text` (a version), `NAME.zboot-text` and
///   `NAME.zimage-text` (a banner): a kernel, `NAME.modinfo` (`key=value` lines): a kernel module;
/// - what lies below `NAME.dir/`: the entries of a zip archive `NAME`; below `NAME.stored/`, they are not compressed. One may
///   lie inside another.
///
/// # Panics
///
/// When the case cannot be read, or a text does not fit what it stands for.
pub fn image_of(case: &Path) -> Files {
    let files = files_below(&case.join("root")).unwrap_or_else(|error| panic!("{}: {error}", case.display()));
    let mut files = zipped(files);
    for (path, bytes) in &mut files {
        let Some((name, kind)) = path.rsplit_once('.') else { continue };
        if let Some((made, mode)) = stood_for(kind, bytes) {
            *path = format!("{name}{mode}");
            *bytes = made;
        }
    }
    files
}

/// What a file with the extension `kind` stands for, and `*` if that has an execute bit.
fn stood_for(kind: &str, bytes: &[u8]) -> Option<(Vec<u8>, &'static str)> {
    let text = || String::from_utf8(bytes.to_vec()).expect("a text");
    let headers = || rpm::headers(&text());
    Some(match kind {
        "buildinfo" => (go_program(&text()), "*"),
        "dep-v0" => (elf::program(&[(".dep-v0", deflated(bytes))]), "*"),
        "note-package" => (elf::program(&[(".note.package", package_note(bytes))]), "*"),
        "strings" => (elf::program(&[(".rodata", text().replace("\\0", "\0").into_bytes())]), "*"),
        "dotnet-bundle" => {
            let text = text();
            let (deps, configuration) = text.split_once("\n---\n").unwrap_or((&text, ""));
            (elf::dotnet_bundle(deps.as_bytes(), configuration.as_bytes()), "*")
        }
        "version-info" => (windows_program(&text()), ""),
        "native-section" => (native_image::with_section(&text()), "*"),
        "native-symbols" => (native_image::with_symbols(&text()), "*"),
        "rpmdb-bdb" => (rpm::bdb(&headers(), rpm::Order::Little), ""),
        "rpmdb-bdb-be" => (rpm::bdb(&headers(), rpm::Order::Big), ""),
        "rpmdb-ndb" => (rpm::ndb(&headers()), ""),
        "rpmdb-sqlite" => (rpmdb_sqlite(&headers()), ""),
        "rpm-text" => (rpm::file(&headers()[0]), ""),
        "sql" => (sqlite(&text()), ""),
        "gz-text" => (os::gzip(bytes), ""),
        "zst-text" => (os::zstd(bytes), ""),
        "deb-text" => (os::deb(bytes), ""),
        "bzimage-text" => (os::bz_image(text().trim_end()), ""),
        "zboot-text" => (os::zboot(bytes), ""),
        "zimage-text" => (os::z_image(bytes), ""),
        "modinfo" => (os::module(&text()), ""),
        _ => return None,
    })
}

fn go_program(text: &str) -> Vec<u8> {
    let (go_version, lines) = text.split_once('\n').expect("a version, then lines");
    let functions: Vec<&str> = lines.lines().filter_map(|line| line.strip_prefix("func\t")).collect();
    if functions.is_empty() {
        return go::binary(go_version, lines);
    }
    let modules: String = lines.split_inclusive('\n').filter(|line| !line.starts_with("func\t")).collect();
    go::binary_of(go_version, &modules, &functions)
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = flate2::read::ZlibEncoder::new(bytes, flate2::Compression::best());
    encoder.read_to_end(&mut out).expect("memory can be read");
    out
}

/// A note of the owner `FDO` with `text`.
fn package_note(text: &[u8]) -> Vec<u8> {
    let len = u32::try_from(text.len()).expect("a short text");
    let mut note: Vec<u8> =
        [4, len, 0xcafe_1a7e].iter().flat_map(|number: &u32| number.to_le_bytes()).collect();
    note.extend(b"FDO\0");
    note.extend(text);
    note.resize(note.len().next_multiple_of(4), 0);
    note
}

fn windows_program(text: &str) -> Vec<u8> {
    let (kind, strings) = text.split_once('\n').expect("a kind, then lines");
    let strings: Vec<(&str, &str)> = strings.lines().filter_map(|line| line.split_once('=')).collect();
    match kind {
        "assembly" => pe::assembly(&strings),
        _ => pe::library(&strings),
    }
}

/// The SQLite database that `script` makes, in the smallest pages.
///
/// # Panics
///
/// When SQLite does not take the script.
pub fn sqlite(script: &str) -> Vec<u8> {
    let made = || -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        let file = tempfile::NamedTempFile::new()?;
        let connection = rusqlite::Connection::open(file.path())?;
        connection.execute_batch("PRAGMA page_size = 512; PRAGMA journal_mode = OFF")?;
        connection.execute_batch(script)?;
        connection.close().map_err(|(_, error)| error)?;
        Ok(fs::read(file.path())?)
    };
    made().unwrap_or_else(|error| panic!("{error}: {script}"))
}

/// A database of rpm in SQLite, with the tables that matter, of `headers`.
pub fn rpmdb_sqlite(headers: &[Vec<u8>]) -> Vec<u8> {
    let mut script =
        "CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL);".to_owned();
    for header in headers {
        let hex: String = header.iter().map(|byte| format!("{byte:02x}")).collect();
        let _ = write!(script, "INSERT INTO Packages(blob) VALUES (x'{hex}');");
    }
    sqlite(&script)
}

/// `files` with those below a folder that stands for an archive put into it.
fn zipped(files: Files) -> Files {
    let packings = [(".dir/", Packing::Wrapped), (".stored/", Packing::Stored)];
    let mut archives: BTreeMap<(String, bool), Files> = BTreeMap::new();
    let mut out = Files::new();
    for (path, bytes) in files {
        let found =
            packings.iter().filter_map(|(mark, packing)| Some((path.find(mark)?, mark.len(), *packing)));
        match found.min_by_key(|(at, ..)| *at) {
            Some((at, mark_bytes, packing)) => {
                let key = (path[..at].to_owned(), packing == Packing::Stored);
                archives.entry(key).or_default().push((path[at + mark_bytes..].to_owned(), bytes));
            }
            None => out.push((path, bytes)),
        }
    }
    for ((path, is_stored), inside) in archives {
        let packing = if is_stored { Packing::Stored } else { Packing::Wrapped };
        let inside = zipped(inside);
        let entries = inside.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice(), packing));
        out.push((path, zip::archive(entries)));
    }
    out
}
