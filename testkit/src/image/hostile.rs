//! Archives that no honest program writes, streamed: gigabytes of them take no memory, and little on the disk.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Compression, sha256};

/// A header block of an entry called `name` (its first hundred bytes), of `kind` (`b'0'` is a file) and `size`.
pub fn header(name: &[u8], kind: u8, size: u64) -> [u8; 512] {
    let mut block = [0; 512];
    let length = name.len().min(100);
    block[..length].copy_from_slice(&name[..length]);
    block[100..107].copy_from_slice(b"0000644");
    if size < 1 << 33 {
        block[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
    } else {
        block[124] = 0x80;
        block[128..136].copy_from_slice(&size.to_be_bytes());
    }
    block[156] = kind;
    block[257..263].copy_from_slice(b"ustar\0");
    block[148..156].fill(b' ');
    // Only what was written: in a test of millions of entries all 512 bytes would take most of the time.
    let written = block[..length].iter().chain(&block[100..157]).chain(&block[257..263]);
    let sum: u64 = written.map(|&byte| u64::from(byte)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    block
}

/// Writes an entry with its content, and before it a header with its name if that is longer than a block has room
/// for.
///
/// # Errors
///
/// What `out` says.
pub fn entry(out: &mut dyn Write, name: &str, kind: u8, content: &[u8]) -> io::Result<()> {
    if name.len() > 100 {
        padded(out, b"././@LongLink", b'L', &[name.as_bytes(), b"\0"].concat())?;
    }
    padded(out, name.as_bytes(), kind, content)
}

/// Writes the entry of a symbolic (`b'2'`) or hard (`b'1'`) link.
///
/// # Errors
///
/// What `out` says.
pub fn link(out: &mut dyn Write, name: &str, kind: u8, target: &str) -> io::Result<()> {
    padded(out, b"././@LongLink", b'K', &[target.as_bytes(), b"\0"].concat())?;
    entry(out, name, kind, b"")
}

fn padded(out: &mut dyn Write, name: &[u8], kind: u8, content: &[u8]) -> io::Result<()> {
    out.write_all(&header(name, kind, content.len() as u64))?;
    out.write_all(content)?;
    out.write_all(&[0; 512][..content.len().next_multiple_of(512) - content.len()])
}

/// Writes so many zeros.
///
/// # Errors
///
/// What `out` says.
pub fn zeros(out: &mut dyn Write, mut bytes: u64) -> io::Result<()> {
    let block = vec![0; 1 << 20];
    while bytes > 0 {
        let n_bytes = usize::try_from(bytes).unwrap_or(usize::MAX).min(block.len());
        out.write_all(&block[..n_bytes])?;
        bytes -= n_bytes as u64;
    }
    Ok(())
}

/// Writes what `write` writes to the file at `path`, compressed and flushed.
///
/// # Errors
///
/// What the file system or `write` says.
pub fn packed_file(path: &Path, compression: Compression, write: WriteContent<'_>) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    pack(&mut file, compression, write)?;
    file.flush()
}

/// What writes the content of one layer or file.
pub type WriteContent<'a> = &'a dyn Fn(&mut dyn Write) -> io::Result<()>;

/// Writes an OCI layout of layers, each of which is what one of `layers` writes, to the directory `dir`.
///
/// # Errors
///
/// What the file system or one of `layers` says.
pub fn layout(dir: &Path, compression: Compression, layers: &[WriteContent<'_>]) -> io::Result<()> {
    let blobs = dir.join("blobs/sha256");
    fs::create_dir_all(&blobs)?;
    let (mut descriptors, mut diff_ids) = (Vec::new(), Vec::new());
    for write in layers {
        let part = blobs.join("part");
        let mut blob = Hashing::new(BufWriter::new(File::create(&part)?));
        let diff_id = pack(&mut blob, compression, &|out| {
            write(out)?;
            out.write_all(&[0; 1024])
        })?;
        blob.flush()?;
        let digest = blob.digest();
        fs::rename(part, blobs.join(&digest))?;
        descriptors.push(json!({"mediaType": "", "digest": format!("sha256:{digest}"), "size": blob.bytes}));
        diff_ids.push(format!("sha256:{diff_id}"));
    }
    layout_documents(dir, &descriptors, &diff_ids)
}

/// Writes the documents of an OCI layout with these descriptors of layers and digests of them uncompressed.
pub(crate) fn layout_documents(
    dir: &Path,
    layers: &[serde_json::Value],
    diff_ids: &[String],
) -> io::Result<()> {
    let put = |media_type: &str, value: &serde_json::Value| -> io::Result<serde_json::Value> {
        let text = value.to_string();
        let digest = sha256(text.as_bytes());
        fs::write(dir.join("blobs/sha256").join(&digest), &text)?;
        Ok(json!({"mediaType": media_type, "digest": format!("sha256:{digest}"), "size": text.len()}))
    };
    let configuration = json!({
        "architecture": "amd64",
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    });
    let config = put("application/vnd.oci.image.config.v1+json", &configuration)?;
    let manifest = json!({"schemaVersion": 2, "config": config, "layers": layers});
    let manifest = put("application/vnd.oci.image.manifest.v1+json", &manifest)?;
    let index = json!({"schemaVersion": 2, "manifests": [manifest]});
    fs::write(dir.join("index.json"), index.to_string())?;
    fs::write(dir.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)
}

/// Packs what `write` writes into `out`; the result is its digest before that.
fn pack(out: &mut dyn Write, compression: Compression, write: WriteContent<'_>) -> io::Result<String> {
    match compression {
        Compression::None => {
            let mut plain = Hashing::new(out);
            write(&mut plain)?;
            Ok(plain.digest())
        }
        Compression::Gzip | Compression::Stored => {
            let level = if compression == Compression::Gzip { 1 } else { 0 };
            let encoder = flate2::write::GzEncoder::new(out, flate2::Compression::new(level));
            let mut plain = Hashing::new(encoder);
            write(&mut plain)?;
            let digest = plain.digest();
            plain.inner.finish()?;
            Ok(digest)
        }
        Compression::Zstd => {
            let mut plain = Hashing::new(zstd::stream::write::Encoder::new(out, 1)?);
            write(&mut plain)?;
            let digest = plain.digest();
            plain.inner.finish()?;
            Ok(digest)
        }
        Compression::Xz => {
            let options = lzma_rust2::XzOptions::with_preset(0);
            let mut plain = Hashing::new(lzma_rust2::XzWriter::new(out, options)?);
            write(&mut plain)?;
            let digest = plain.digest();
            plain.inner.finish()?;
            Ok(digest)
        }
    }
}

/// A writer that hashes and counts what passes.
pub(crate) struct Hashing<W> {
    pub(crate) inner: W,
    pub(crate) bytes: u64,
    hasher: Sha256,
}

impl<W> Hashing<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self { inner, hasher: Sha256::new(), bytes: 0 }
    }

    pub(crate) fn digest(&self) -> String {
        self.hasher.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n_bytes = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..n_bytes]);
        self.bytes += n_bytes as u64;
        Ok(n_bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
