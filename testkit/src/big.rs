//! A large image for measurements, streamed to the disk: an OCI layout of as many gigabytes and layers as asked for.
//!
//! What is in it is like what large images have: many small files in the trees of package managers, the databases of
//! `dpkg` and `apk`, executables and jars of up to 300 MB, and text that compresses to a third. It is the same in
//! every run, and no more of it than a few megabytes is held in memory.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use crate::image::hostile::{self, Hashing};

/// How large the image is to be.
#[derive(Clone, Copy, Debug)]
pub struct BigImage {
    /// Bytes of all layers together, uncompressed.
    pub bytes: u64,
    /// Layers. Every fourth has four times the bytes of each of the others.
    pub layers: u64,
    /// What the content is made from.
    pub seed: u64,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Written {
    /// Entries of all layers.
    pub entries: u64,
    /// Bytes of all layers, uncompressed.
    pub bytes: u64,
    /// Bytes of all layers as stored.
    pub stored_bytes: u64,
}

impl BigImage {
    /// Writes the layout to `dir`, which must not exist.
    ///
    /// # Errors
    ///
    /// What the file system says.
    pub fn write(self, dir: &Path) -> io::Result<Written> {
        let blobs = dir.join("blobs/sha256");
        fs::create_dir_all(&blobs)?;
        let source = Source::new(self.seed);
        let mut written = Written::default();
        let (mut layers, mut diff_ids) = (Vec::new(), Vec::new());
        let parts = (0..self.layers).map(weight).sum::<u64>().max(1);
        for index in 0..self.layers {
            let mut layer = LayerWriter::create(&blobs, &source, index)?;
            layer.fill(self.bytes * weight(index) / parts)?;
            written.entries += layer.entries;
            written.bytes += layer.bytes;
            let (digest, size, diff_id) = layer.finish(&blobs)?;
            written.stored_bytes += size;
            layers.push(json!({
                "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                "digest": format!("sha256:{digest}"),
                "size": size,
            }));
            diff_ids.push(format!("sha256:{diff_id}"));
        }
        hostile::layout_documents(dir, &layers, &diff_ids)?;
        Ok(written)
    }
}

fn weight(layer: u64) -> u64 {
    if layer % 4 == 3 { 4 } else { 1 }
}

/// Text and noise to cut content from. Longer than the window of gzip, so that a second piece is as new as the first.
struct Source {
    text: Vec<u8>,
    noise: Vec<u8>,
}

const SOURCE_BYTES: usize = 1 << 20;

impl Source {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed | 1);
        let words: Vec<String> = (0..3_000)
            .map(|_| {
                let n_letters = 2 + random.below(9);
                (0..n_letters).map(|_| char::from(b'a' + (random.below(26) as u8))).collect()
            })
            .collect();
        let mut text = Vec::with_capacity(SOURCE_BYTES + 64);
        while text.len() < SOURCE_BYTES {
            // Few words make most of a text.
            let most = 1 + random.below(words.len() as u64);
            text.extend_from_slice(words[random.below(most) as usize].as_bytes());
            text.push(if random.below(9) == 0 { b'\n' } else { b' ' });
        }
        text.truncate(SOURCE_BYTES);
        let noise = (0..SOURCE_BYTES / 8).flat_map(|_| random.next().to_le_bytes()).collect();
        Self { text, noise }
    }
}

/// Numbers that look random (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: u64) -> u64 {
        (self.next() >> 16) % end
    }
}

/// Pieces cut from a source, so many bytes in all.
struct Pieces<'s> {
    source: &'s [u8],
    random: Random,
    left: u64,
    piece: &'s [u8],
}

impl<'s> Pieces<'s> {
    fn new(source: &'s [u8], seed: u64, bytes: u64) -> Self {
        Self { source, random: Random(seed | 1), left: bytes, piece: &[] }
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Ok(0);
        }
        if self.piece.is_empty() {
            let start = self.random.below(SOURCE_BYTES as u64) as usize;
            self.piece = &self.source[start..];
        }
        let n_bytes = out.len().min(self.piece.len()).min(usize::try_from(self.left).unwrap_or(usize::MAX));
        out[..n_bytes].copy_from_slice(&self.piece[..n_bytes]);
        self.piece = &self.piece[n_bytes..];
        self.left -= n_bytes as u64;
        Ok(n_bytes)
    }
}

struct LayerWriter<'s> {
    tar: tar::Builder<Hashing<GzEncoder<Hashing<BufWriter<File>>>>>,
    source: &'s Source,
    random: Random,
    index: u64,
    entries: u64,
    bytes: u64,
}

impl<'s> LayerWriter<'s> {
    fn create(blobs: &Path, source: &'s Source, index: u64) -> io::Result<Self> {
        let file = Hashing::new(BufWriter::new(File::create(blobs.join("layer.part"))?));
        let tar = tar::Builder::new(Hashing::new(GzEncoder::new(file, Compression::fast())));
        let random = Random((index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        Ok(Self { tar, source, random, index, entries: 0, bytes: 0 })
    }

    /// Writes files until the layer has about `bytes` bytes.
    fn fill(&mut self, bytes: u64) -> io::Result<()> {
        if self.index == 0 {
            self.databases()?;
        }
        // Small files come to a third of the bytes; with a large layer a file of up to 300 MB follows another.
        let mut package = 0;
        while self.bytes < bytes / 3 {
            match self.index % 3 {
                0 => self.node_module(package)?,
                1 => self.python_package(package)?,
                _ => self.sources(package)?,
            }
            package += 1;
        }
        let mut large = 0;
        while self.bytes < bytes {
            let size = (50 + self.random.below(250)) << 20;
            let size = size.min(bytes - self.bytes).max(1 << 16);
            match large % 3 {
                0 => self.executable(large, size)?,
                1 => self.jar(large, size)?,
                _ => {
                    let path = format!("srv/data-{}/table-{large}.bin", self.index);
                    let source = self.source;
                    let content = Pieces::new(&source.noise, self.random.next(), size);
                    self.file(&path, 0o644, size, content)?;
                }
            }
            large += 1;
        }
        Ok(())
    }

    fn databases(&mut self) -> io::Result<()> {
        self.text("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n")?;
        let (mut status, mut installed) = (String::new(), String::new());
        for n in 0..2_000 {
            status += &format!(
                "Package: package-{n}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.{n}-2\n\
                 Maintainer: Nobody <nobody@example.test>\nDescription: the package number {n}\n\n"
            );
            installed += &format!("P:apk-{n}\nV:1.{n}-r0\nA:x86_64\nL:MIT\no:apk-{n}\n\n");
            let list: String = (0..40).map(|file| format!("/usr/share/package-{n}/file-{file}\n")).collect();
            self.text(&format!("var/lib/dpkg/info/package-{n}.list"), &list)?;
        }
        self.text("var/lib/dpkg/status", &status)?;
        self.text("lib/apk/db/installed", &installed)
    }

    fn node_module(&mut self, n: u64) -> io::Result<()> {
        let root = format!("srv/app-{}/node_modules/module-{n}", self.index);
        let manifest = format!(
            r#"{{"name":"module-{n}","version":"{}.{}.0","license":"MIT","main":"index.js"}}"#,
            self.index,
            n % 20
        );
        self.text(&format!("{root}/package.json"), &manifest)?;
        self.small_files(&root, &["index", "lib/util/string-helpers", "lib/core", "dist/bundle"], "js")
    }

    fn python_package(&mut self, n: u64) -> io::Result<()> {
        let root = format!("usr/lib/python3.12/site-packages/package_{}_{n}", self.index);
        let metadata = format!(
            "Metadata-Version: 2.1\nName: package-{}-{n}\nVersion: 1.{n}\nLicense: MIT\n",
            self.index
        );
        self.text(&format!("{root}-1.{n}.dist-info/METADATA"), &metadata)?;
        self.small_files(&root, &["__init__", "core/base", "core/models/fields", "tests/test_all"], "py")
    }

    fn sources(&mut self, n: u64) -> io::Result<()> {
        let root = format!("usr/share/doc/set-{}/document-{n}", self.index);
        self.small_files(&root, &["README", "html/chapter/section", "examples/data"], "txt")
    }

    fn small_files(&mut self, root: &str, names: &[&str], extension: &str) -> io::Result<()> {
        let n_files = 3 + self.random.below(14);
        for file in 0..n_files {
            let name = names[(file % names.len() as u64) as usize];
            // Most files of such trees have a few kilobytes and a few have a hundred.
            let most = if self.random.below(12) == 0 { 120_000 } else { 8_000 };
            let size = 200 + self.random.below(most);
            let source = self.source;
            let content = Pieces::new(&source.text, self.random.next(), size);
            self.file(&format!("{root}/{name}-{file}.{extension}"), 0o644, size, content)?;
        }
        Ok(())
    }

    fn executable(&mut self, n: u64, size: u64) -> io::Result<()> {
        // An ELF header without sections, and where Go keeps its build information a mark that leads nowhere.
        let mut head = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0\x01\0\0\0".to_vec();
        head.resize(64, 0);
        head[52] = 64;
        let half = (size - 64) / 2;
        let source = self.source;
        let content = io::Read::chain(
            io::Cursor::new(head),
            Pieces::new(&source.noise, self.random.next(), half).chain(Pieces::new(
                &source.text,
                self.random.next(),
                size - 64 - half,
            )),
        );
        self.file(&format!("usr/bin/tool-{}-{n}", self.index), 0o755, size, content)
    }

    /// A jar of stored members: the coordinates that Maven writes, and classes.
    fn jar(&mut self, n: u64, size: u64) -> io::Result<()> {
        let coordinates = format!("version=1.{n}\ngroupId=test.example\nartifactId=jar-{}-{n}\n", self.index);
        let path = format!("META-INF/maven/test.example/jar-{}-{n}/pom.properties", self.index);
        let seed = self.random.next();
        let n_classes = 40;
        let names: Vec<String> =
            (0..n_classes).map(|class| format!("test/example/Class{class}.class")).collect();
        let overhead = |name: &str| (30 + 46 + 2 * name.len()) as u64;
        let around = names.iter().map(|name| overhead(name)).sum::<u64>()
            + overhead(&path)
            + coordinates.len() as u64
            + 22;
        let class_bytes = size.saturating_sub(around) / n_classes;
        let source = self.source;
        // Each member is made twice, for its checksum comes before it.
        let class = |index: u64| {
            let from = if index.is_multiple_of(3) { &source.text } else { &source.noise };
            Pieces::new(from, seed.wrapping_add(index * 2), class_bytes)
        };
        let mut header = zip_member(&path, coordinates.as_bytes(), coordinates.len() as u64)?;
        let mut directory = header.directory(0);
        let mut offset = header.local.len() as u64 + coordinates.len() as u64;
        let mut content: Box<dyn Read + '_> =
            Box::new(io::Cursor::new(std::mem::take(&mut header.local)).chain(coordinates.as_bytes()));
        for (index, name) in (0..).zip(&names) {
            let member = zip_member(name, class(index), class_bytes)?;
            directory.extend(member.directory(u32::try_from(offset).map_err(io::Error::other)?));
            offset += member.local.len() as u64 + class_bytes;
            content = Box::new(content.chain(io::Cursor::new(member.local)).chain(class(index)));
        }
        let n_members = u16::try_from(n_classes + 1).map_err(io::Error::other)?;
        let mut end = b"PK\x05\x06\0\0\0\0".to_vec();
        end.extend([n_members.to_le_bytes(), n_members.to_le_bytes()].concat());
        end.extend(u32::try_from(directory.len()).map_err(io::Error::other)?.to_le_bytes());
        end.extend(u32::try_from(offset).map_err(io::Error::other)?.to_le_bytes());
        end.extend([0, 0]);
        let size = offset + (directory.len() + end.len()) as u64;
        let content = content.chain(io::Cursor::new(directory)).chain(io::Cursor::new(end));
        let path = format!("srv/app-{}/lib/jar-{n}.jar", self.index);
        self.file(&path, 0o644, size, content)
    }

    fn text(&mut self, path: &str, text: &str) -> io::Result<()> {
        self.file(path, 0o644, text.len() as u64, text.as_bytes())
    }

    fn file(&mut self, path: &str, mode: u32, size: u64, content: impl Read) -> io::Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_size(size);
        header.set_mode(mode);
        header.set_mtime(0);
        self.tar.append_data(&mut header, path, content)?;
        self.entries += 1;
        self.bytes += 512 + size.next_multiple_of(512);
        Ok(())
    }

    /// The digest and size of the blob, and the digest of the uncompressed layer.
    fn finish(self, blobs: &Path) -> io::Result<(String, u64, String)> {
        let uncompressed = self.tar.into_inner()?;
        let diff_id = uncompressed.digest();
        let mut blob = uncompressed.inner.finish()?;
        blob.flush()?;
        let digest = blob.digest();
        fs::rename(blobs.join("layer.part"), blobs.join(&digest))?;
        Ok((digest, blob.bytes, diff_id))
    }
}

struct ZipMember {
    local: Vec<u8>,
    fields: Vec<u8>,
    name: String,
}

/// The headers of a stored member.
fn zip_member(name: &str, mut content: impl Read, size: u64) -> io::Result<ZipMember> {
    let mut crc = flate2::Crc::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match content.read(&mut buffer)? {
            0 => break,
            n_bytes => crc.update(&buffer[..n_bytes]),
        }
    }
    let size = u32::try_from(size).map_err(io::Error::other)?.to_le_bytes();
    let name_bytes = u16::try_from(name.len()).map_err(io::Error::other)?.to_le_bytes();
    let mut fields = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0x58];
    fields.extend([crc.sum().to_le_bytes(), size, size].concat());
    fields.extend(name_bytes);
    fields.extend([0, 0]);
    let local = [b"PK\x03\x04", &fields[..], name.as_bytes()].concat();
    Ok(ZipMember { local, fields, name: name.to_owned() })
}

impl ZipMember {
    /// Its entry in the central directory.
    fn directory(&self, offset: u32) -> Vec<u8> {
        [b"PK\x01\x02\x14\0", &self.fields[..], &[0; 10], &offset.to_le_bytes(), self.name.as_bytes()]
            .concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_big_image_is_the_same_in_every_run_and_as_large_as_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        let image = BigImage { bytes: 20_000_000, layers: 5, seed: 1 };
        let written = image.write(&dir.path().join("a")).unwrap();
        image.write(&dir.path().join("b")).unwrap();
        let index = |name: &str| fs::read(dir.path().join(name).join("index.json")).unwrap();
        assert_eq!(index("a"), index("b"));
        assert!((18_000_000..24_000_000).contains(&written.bytes), "{written:?}");
        assert!(written.stored_bytes < written.bytes);
        assert!(written.entries > 2_000);
    }
}
