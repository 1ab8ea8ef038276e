//! A directory of documents, read as one archive of them: `file:///path` among the sources of a feed.
//!
//! The archive has the `.json` files in the order of their paths and nothing that depends on when or where it is made, so
//! that its SHA-256 tells whether the directory has changed.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};

use fetch::fetcher::Request;
use fetch::validators::Validators;
use model::limits::Limits;
use sha2::{Digest, Sha256};

use crate::pull::Had;

/// What stands before the path of a directory.
const SCHEME: &str = "file://";

/// How deep directories in it are looked into.
const DEPTH_MAX: usize = 16;

/// The directory that `url` means; none when it means a download.
pub fn path_of(url: &str) -> Option<&Path> {
    url.strip_prefix(SCHEME).map(Path::new)
}

/// The name under which the directory `path`, which is absolute, stands among sources.
pub fn url_of(path: &Path) -> String {
    format!("{SCHEME}{}", path.display())
}

/// Where the archive of `dir` is kept below the downloads: one place for each path.
pub(crate) fn kept_name(dir: &Path) -> PathBuf {
    let digest = hex(&Sha256::digest(dir.as_os_str().as_encoded_bytes()));
    Path::new("directories").join(format!("{}.tar", &digest[..32]))
}

/// The SHA-256 that the archive of `dir` would have.
pub(crate) fn sha256(dir: &Path, limits: &Limits) -> io::Result<String> {
    let mut out = Hashing { out: io::sink(), hash: Sha256::new(), n_bytes: 0 };
    write_archive(dir, limits, &mut out)?;
    Ok(hex(&out.hash.finalize()))
}

/// Writes the archive of `dir` to `request.to`, unless it is the one that is held.
pub(crate) fn pack(dir: &Path, request: &Request<'_>, limits: &Limits) -> Had {
    let had = try_pack(dir, request, limits);
    had.unwrap_or_else(|error| {
        Had::Failed(format!("the directory `{}` cannot be read: {error}", dir.display()))
    })
}

fn try_pack(dir: &Path, request: &Request<'_>, limits: &Limits) -> io::Result<Had> {
    // First without writing: what has not changed leaves no trace.
    let sha256 = sha256(dir, limits)?;
    if let Some(held) = request.previous.filter(|held| held.sha256 == sha256) {
        return Ok(Had::Unchanged(held.clone()));
    }
    if let Some(parent) = request.to.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut out = Hashing { out: File::create(request.to)?, hash: Sha256::new(), n_bytes: 0 };
    write_archive(dir, limits, &mut out)?;
    out.out.sync_all()?;
    let (sha256, bytes) = (hex(&out.hash.finalize()), out.n_bytes);
    Ok(Had::New(Validators { sha256, bytes, ..Validators::default() }))
}

fn write_archive(dir: &Path, limits: &Limits, out: &mut dyn Write) -> io::Result<()> {
    let mut names = Vec::new();
    list(dir, "", 0, limits, &mut names)?;
    if names.is_empty() {
        // An empty mount looks like this, and must not make everything vanish.
        return Err(io::Error::other("it holds no `.json` file"));
    }
    names.sort();
    let mut archive = tar::Builder::new(out);
    let mut n_bytes = 0_u64;
    let mut content = Vec::new();
    for name in names {
        let told = |error: io::Error| io::Error::new(error.kind(), format!("`{name}`: {error}"));
        content.clear();
        let max = limits.record_bytes_max;
        let file = File::open(dir.join(&name)).map_err(told)?;
        let n_read = file.take(max + 1).read_to_end(&mut content).map_err(told)? as u64;
        n_bytes += n_read;
        if n_read > max {
            return Err(told(io::Error::other(format!("passes the limit `record_bytes_max` of {max}"))));
        }
        if n_bytes > limits.feed_bytes_max {
            let max = limits.feed_bytes_max;
            return Err(io::Error::other(format!("it passes the limit `feed_bytes_max` of {max}")));
        }
        let mut header = tar::Header::new_gnu();
        header.set_size(n_read);
        header.set_mode(0o644);
        archive.append_data(&mut header, &name, content.as_slice())?;
    }
    archive.finish()
}

/// Adds the names of the `.json` files in `dir` below `root`, with `/` between their parts. What begins with a dot is
/// passed over; links to files are followed, as Kubernetes makes them, and links to directories are not.
fn list(root: &Path, dir: &str, depth: usize, limits: &Limits, names: &mut Vec<String>) -> io::Result<()> {
    if depth > DEPTH_MAX {
        return Err(io::Error::other(format!("`{dir}` lies more than {DEPTH_MAX} directories deep")));
    }
    for entry in fs::read_dir(root.join(dir))? {
        let entry = entry?;
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
            return Err(io::Error::other(format!("`{}` has no name in UTF-8", entry.path().display())));
        };
        if name.starts_with('.') {
            continue;
        }
        let name = if dir.is_empty() { name } else { format!("{dir}/{name}") };
        let is_json = Path::new(&name).extension() == Some(OsStr::new("json"));
        if entry.file_type()?.is_dir() {
            list(root, &name, depth + 1, limits, names)?;
        } else if is_json && fs::metadata(entry.path())?.is_file() {
            names.push(name);
        }
        if names.len() as u64 > limits.entries_max {
            return Err(io::Error::other(format!(
                "it passes the limit `entries_max` of {}",
                limits.entries_max
            )));
        }
    }
    Ok(())
}

/// Counts and hashes what is written through it.
struct Hashing<W> {
    out: W,
    hash: Sha256,
    n_bytes: u64,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n_written = self.out.write(bytes)?;
        self.hash.update(&bytes[..n_written]);
        self.n_bytes += n_written as u64;
        Ok(n_written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
