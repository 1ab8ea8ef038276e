//! A downloaded file, opened within bounds.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use model::limits::Limits;
use serde::de::DeserializeSeed;
use sha2::{Digest, Sha256};
use xz::{Dictionary, XzReader};

use crate::error::ParseError;

/// Compressed bytes below which no ratio is checked (`Limits::inflate_ratio_max`).
const RATIO_FREE_BYTES: u64 = 64 << 20;

/// How many times `feed_bytes_max` the files of a tar archive may have altogether: one is held at a time, and Red Hat's
/// archive of some 300,000 documents is hundreds of megabytes that become twenty times as many.
pub const TAR_TIMES: u64 = 16;

/// How much of a JSON document is held as text while it is read: more than Debian's tracker has. Reading two releases of
/// one that has 71 MB peaks at 238 MB so.
const HELD_BYTES_MAX: u64 = 96 << 20;

/// Takes the name and the content of one file of an archive.
pub type Visit<'a> = dyn FnMut(&str, &[u8]) -> Result<(), ParseError> + 'a;

/// A document of a feed, on disk.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// Where it was downloaded from.
    pub url: &'a str,
    /// Where it lies.
    pub path: &'a Path,
    /// What reading it may use.
    pub limits: &'a Limits,
}

impl Document<'_> {
    /// The content, unpacked when it is gzip, zstd, xz or bzip2, never more than `feed_bytes_max`.
    ///
    /// # Errors
    /// When it cannot be opened, is empty, or is an HTML or XML page (hosts send those with status 200).
    pub fn open(&self) -> Result<Box<dyn BufRead>, ParseError> {
        self.open_within(self.limits.feed_bytes_max)
    }

    fn open_within(&self, bytes_max: u64) -> Result<Box<dyn BufRead>, ParseError> {
        let mut content = self.unpacked(bytes_max)?;
        check_start(content.fill_buf()?)?;
        Ok(content)
    }

    /// The content of an XML document, unpacked likewise.
    ///
    /// # Errors
    /// When it cannot be opened, is empty, is an HTML page or does not begin as XML does.
    pub fn open_xml(&self) -> Result<Box<dyn BufRead>, ParseError> {
        let mut content = self.unpacked(self.limits.feed_bytes_max)?;
        let start = content.fill_buf()?;
        let start = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start).trim_ascii_start();
        let lower: Vec<u8> = start.iter().take(64).map(u8::to_ascii_lowercase).collect();
        if lower.starts_with(b"<!doctype html") || lower.starts_with(b"<html") {
            return Err(ParseError::NotTheFeed("an HTML page".to_owned()));
        }
        if !lower.starts_with(b"<") {
            return Err(ParseError::NotTheFeed("no XML document".to_owned()));
        }
        Ok(content)
    }

    /// The whole content as text, for what is small: pointers, lists.
    ///
    /// # Errors
    /// As [`Document::open`]; and when it is no UTF-8 or larger than `record_bytes_max`.
    pub fn text(&self) -> Result<String, ParseError> {
        let max = self.limits.record_bytes_max;
        let text = self.start(&mut self.open()?, max)?;
        if text.len() as u64 > max {
            return Err(ParseError::Limit { limit: "record_bytes_max", max });
        }
        Ok(String::from_utf8(text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?)
    }

    /// The SHA-256 of the content, unpacked, in lower-case hexadecimal.
    ///
    /// # Errors
    /// As [`Document::open`]; and when it cannot be unpacked to its end.
    pub fn content_sha256(&self) -> Result<String, ParseError> {
        let mut content = self.open()?;
        let mut hash = Sha256::new();
        loop {
            let bytes = content.fill_buf()?;
            let n_bytes = bytes.len();
            if n_bytes == 0 {
                break;
            }
            hash.update(bytes);
            content.consume(n_bytes);
        }
        Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The first bytes of `content`, which is that of this document: one more than `bytes_max` where it has more than that.
    pub(crate) fn start(&self, content: &mut dyn Read, bytes_max: u64) -> io::Result<Vec<u8>> {
        // What grows is copied and takes new memory again and again: that was a quarter of reading a document of Red Hat's.
        let bytes = self.path.metadata()?.len().min(bytes_max);
        let mut start = Vec::with_capacity(bytes as usize + 1);
        content.take(bytes_max.saturating_add(1)).read_to_end(&mut start)?;
        Ok(start)
    }

    fn unpacked(&self, bytes_max: u64) -> Result<Box<dyn BufRead>, ParseError> {
        let file = File::open(self.path)?;
        let bytes = file.metadata()?.len();
        let mut file = BufReader::with_capacity(128 << 10, file);
        let packing = Packing::of(file.fill_buf()?);
        let limit = match packing {
            None => UnpackedLimit { name: "feed_bytes_max", bytes_max },
            Some(_) => self.unpacked_limit(bytes, bytes_max),
        };
        let content: Box<dyn Read> = match packing {
            None => Box::new(file),
            Some(Packing::Gzip) => Box::new(flate2::bufread::MultiGzDecoder::new(file)),
            Some(Packing::Zstd) => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(file)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
                Box::new(decoder)
            }
            Some(Packing::Xz) => Box::new(XzReader::new(file, XZ_DICTIONARY)),
            Some(Packing::Bzip2) => Box::new(bzip2::bufread::MultiBzDecoder::new(file)),
        };
        Ok(Box::new(BufReader::with_capacity(128 << 10, Bounded::new(content, limit))))
    }

    /// Calls `visit` with the name and content of each file of a tar archive, packed or not, one at a time.
    ///
    /// # Errors
    /// When it is no sound archive, or a limit is passed: `entries_max`, `record_bytes_max` for one file,
    /// [`TAR_TIMES`] `feed_bytes_max` and `inflate_ratio_max` for all.
    pub fn tar_entries(&self, visit: &mut Visit<'_>) -> Result<(), ParseError> {
        let bytes_max = self.limits.feed_bytes_max.saturating_mul(TAR_TIMES);
        let mut archive = tar::Archive::new(self.open_within(bytes_max)?);
        let mut content = Vec::new();
        let mut n_entries = 0;
        for entry in archive.entries()? {
            let mut entry = entry?;
            n_entries += 1;
            if n_entries > self.limits.entries_max {
                return Err(ParseError::Limit { limit: "entries_max", max: self.limits.entries_max });
            }
            if !entry.header().entry_type().is_file() {
                continue;
            }
            // A label only: nothing is ever written under it, so it is taken as it is.
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            content.clear();
            let max = self.limits.record_bytes_max;
            if entry.by_ref().take(max + 1).read_to_end(&mut content)? as u64 > max {
                return Err(ParseError::Limit { limit: "record_bytes_max", max });
            }
            visit(&name, &content)?;
        }
        // What follows the archive is read too: that its packing is sound shows at its end.
        io::copy(&mut archive.into_inner(), &mut io::sink())?;
        Ok(())
    }

    /// Reads the whole document as one JSON value by `seed`. A text of up to [`HELD_BYTES_MAX`] is held, so that texts in
    /// it need not be copied; what is larger is read as a stream.
    ///
    /// # Errors
    /// As [`Document::open`]; and when it is no such JSON, ends early or has more behind it.
    pub fn json<T>(&self, seed: impl for<'de> DeserializeSeed<'de, Value = T>) -> Result<T, ParseError> {
        let mut content = self.open()?;
        let text = self.start(&mut content, HELD_BYTES_MAX)?;
        if text.len() as u64 <= HELD_BYTES_MAX {
            return match std::str::from_utf8(&text) {
                // Checked at once, it need not be text by text.
                Ok(text) => whole(serde_json::Deserializer::from_str(text), seed),
                Err(_) => whole(serde_json::Deserializer::from_slice(&text), seed),
            };
        }
        // serde_json takes a reader byte by byte; through a trait object each of them would be a call.
        let content = BufReader::with_capacity(128 << 10, text.as_slice().chain(content));
        whole(serde_json::Deserializer::from_reader(content), seed)
    }

    /// Calls `visit` with the name and content of each file of a zip archive, one at a time.
    ///
    /// # Errors
    /// When it is no sound archive (directory, lengths and checksums are verified), or a limit is passed:
    /// `entries_max`, `record_bytes_max` for one file, `feed_bytes_max` and `inflate_ratio_max` for all.
    pub fn zip_entries(&self, visit: &mut Visit<'_>) -> Result<(), ParseError> {
        let mut file = File::open(self.path)?;
        let mut start = [0; 64];
        let n_read = file.read(&mut start)?;
        check_start(&start[..n_read])?;
        let bytes = file.metadata()?.len();
        let limit = self.unpacked_limit(bytes, self.limits.feed_bytes_max);
        let mut buffer = vec![0; rawzip::RECOMMENDED_BUFFER_SIZE];
        let archive = rawzip::ZipArchive::from_file(file, &mut buffer)?;
        let (mut n_entries, mut n_unpacked) = (0, 0);
        let mut entries = archive.entries(&mut buffer);
        let mut content = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            n_entries += 1;
            if n_entries > self.limits.entries_max {
                return Err(ParseError::Limit { limit: "entries_max", max: self.limits.entries_max });
            }
            if entry.is_dir() {
                continue;
            }
            // A label only: nothing is ever written under it, so it is taken as it is.
            let name = String::from_utf8_lossy(entry.file_path().as_ref()).into_owned();
            let (method, wayfinder) = (entry.compression_method(), entry.wayfinder());
            let entry = archive.get_entry(wayfinder)?;
            content.clear();
            let max = self.limits.record_bytes_max;
            let n_read = match method {
                rawzip::CompressionMethod::STORE => {
                    entry.verifying_reader(entry.reader()).take(max + 1).read_to_end(&mut content)?
                }
                rawzip::CompressionMethod::DEFLATE => {
                    let inflated = flate2::read::DeflateDecoder::new(entry.reader());
                    entry.verifying_reader(inflated).take(max + 1).read_to_end(&mut content)?
                }
                other => {
                    let what = format!("a zip archive packed by a method that is not read: {other:?}");
                    return Err(ParseError::NotTheFeed(what));
                }
            } as u64;
            n_unpacked += n_read;
            if n_read > max {
                return Err(ParseError::Limit { limit: "record_bytes_max", max });
            }
            if n_unpacked > limit.bytes_max {
                return Err(ParseError::Limit { limit: limit.name, max: limit.bytes_max });
            }
            visit(&name, &content)?;
        }
        if n_entries != archive.entries_hint() {
            let what =
                format!("a zip archive of {n_entries} files that announces {}", archive.entries_hint());
            return Err(ParseError::NotTheFeed(what));
        }
        Ok(())
    }

    /// Calls `visit` with the files of the only archive in a zip archive, or of the archive itself where it holds none.
    /// What is inside lies beside the document while it is read.
    ///
    /// # Errors
    /// As [`Document::zip_entries`]; and when the archive inside becomes larger than `feed_bytes_max`.
    pub fn nested_zip_entries(&self, visit: &mut Visit<'_>) -> Result<(), ParseError> {
        let mut inside = self.path.as_os_str().to_owned();
        inside.push(".inside");
        let inside = Path::new(&inside);
        let is_nested = self.unpack_archive(inside);
        let result = match is_nested {
            Ok(true) => Document { url: self.url, path: inside, limits: self.limits }.zip_entries(visit),
            Ok(false) => self.zip_entries(visit),
            Err(error) => Err(error),
        };
        // What cannot be removed costs its room until the next reading.
        let _ = fs::remove_file(inside);
        result
    }

    /// Writes the only file of a zip archive to `to`, if that is itself an archive.
    fn unpack_archive(&self, to: &Path) -> Result<bool, ParseError> {
        let mut file = File::open(self.path)?;
        let mut start = [0; 64];
        let n_read = file.read(&mut start)?;
        check_start(&start[..n_read])?;
        let limit = self.unpacked_limit(file.metadata()?.len(), self.limits.feed_bytes_max);
        let mut buffer = vec![0; rawzip::RECOMMENDED_BUFFER_SIZE];
        let archive = rawzip::ZipArchive::from_file(file, &mut buffer)?;
        let mut entries = archive.entries(&mut buffer);
        let Some(entry) = entries.next_entry()? else { return Ok(false) };
        if !entry.file_path().as_ref().ends_with(b".zip") {
            return Ok(false);
        }
        let (method, wayfinder) = (entry.compression_method(), entry.wayfinder());
        if entries.next_entry()?.is_some() {
            return Err(ParseError::NotTheFeed("a zip archive of an archive and something else".to_owned()));
        }
        let entry = archive.get_entry(wayfinder)?;
        let stored = entry.reader();
        let unpacked: Box<dyn Read> = match method {
            rawzip::CompressionMethod::STORE => Box::new(entry.verifying_reader(stored)),
            rawzip::CompressionMethod::DEFLATE => {
                Box::new(entry.verifying_reader(flate2::read::DeflateDecoder::new(stored)))
            }
            other => {
                let what = format!("a zip archive packed by a method that is not read: {other:?}");
                return Err(ParseError::NotTheFeed(what));
            }
        };
        io::copy(&mut Bounded::new(unpacked, limit), &mut File::create(to)?)?;
        Ok(true)
    }

    /// How large the document may become when unpacked, and which limit says so.
    fn unpacked_limit(&self, packed_bytes: u64, bytes_max: u64) -> UnpackedLimit {
        let by_ratio = packed_bytes.saturating_mul(self.limits.inflate_ratio_max).max(RATIO_FREE_BYTES);
        if by_ratio < bytes_max {
            UnpackedLimit { name: "inflate_ratio_max", bytes_max: by_ratio }
        } else {
            UnpackedLimit { name: "feed_bytes_max", bytes_max }
        }
    }
}

/// How a document may be packed, told from its first bytes.
enum Packing {
    Gzip,
    Zstd,
    Xz,
    Bzip2,
}

impl Packing {
    fn of(start: &[u8]) -> Option<Self> {
        match start {
            [0x1F, 0x8B, ..] => Some(Self::Gzip),
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Some(Self::Zstd),
            [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Some(Self::Bzip2),
            _ => None,
        }
    }
}

/// The largest window of zstd that is accepted, as a power of two: 128 MiB, what `zstd --long` makes.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;

/// The largest dictionary of xz that is accepted: what `xz -9` makes.
const XZ_DICTIONARY: Dictionary = Dictionary {
    bytes_max: 64 << 20,
    too_large: |bytes_max| {
        io::Error::other(format!("passes the limit `xz_dictionary_bytes_max`: {bytes_max} bytes"))
    },
};

/// The most bytes that a document may have when unpacked.
struct UnpackedLimit {
    /// The name of the limit in `Limits` that this follows from.
    name: &'static str,
    bytes_max: u64,
}

/// The value that is all there is to read.
fn whole<'de, R: serde_json::de::Read<'de>, S: DeserializeSeed<'de>>(
    mut deserializer: serde_json::Deserializer<R>,
    seed: S,
) -> Result<S::Value, ParseError> {
    let value = seed.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Refuses what hosts send in place of a feed with status 200.
fn check_start(start: &[u8]) -> Result<(), ParseError> {
    if start.is_empty() {
        return Err(ParseError::NotTheFeed("empty".to_owned()));
    }
    if start.trim_ascii_start().first() == Some(&b'<') {
        return Err(ParseError::NotTheFeed("an HTML or XML page".to_owned()));
    }
    Ok(())
}

/// A reader that fails, rather than ends, behind its limit.
struct Bounded<R> {
    reader: R,
    n_read: u64,
    limit: UnpackedLimit,
}

impl<R> Bounded<R> {
    fn new(reader: R, limit: UnpackedLimit) -> Self {
        Self { reader, n_read: 0, limit }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_read = self.reader.read(buffer)?;
        self.n_read += n_read as u64;
        let UnpackedLimit { name, bytes_max } = self.limit;
        if self.n_read > bytes_max {
            return Err(io::Error::other(format!("passes the limit `{name}`: {bytes_max} bytes unpacked")));
        }
        Ok(n_read)
    }
}
