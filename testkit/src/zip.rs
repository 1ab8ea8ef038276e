//! Zip archives from names and bytes.

use std::io::Write;

use rawzip::{CompressionMethod, ZipArchiveWriter};

/// How an entry is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// As it is.
    Stored,
    /// Compressed.
    Deflated,
    /// In the form of what is compressed, without being smaller: the same bytes whatever library packs it.
    Wrapped,
}

/// The archive of `entries`, in this order.
pub fn archive<'e>(entries: impl IntoIterator<Item = (&'e str, &'e [u8], Packing)>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = ZipArchiveWriter::new(&mut out);
    for (name, bytes, packing) in entries {
        add(&mut writer, name, bytes, packing).expect("memory takes all");
    }
    writer.finish().expect("memory takes all");
    out
}

/// Adds one entry to an archive that is written anywhere, so that large ones need no memory.
///
/// # Errors
/// Writing failed.
pub fn add<W: Write>(
    writer: &mut ZipArchiveWriter<W>,
    name: &str,
    bytes: &[u8],
    packing: Packing,
) -> Result<(), rawzip::Error> {
    let method = match packing {
        Packing::Stored => CompressionMethod::STORE,
        Packing::Deflated | Packing::Wrapped => CompressionMethod::DEFLATE,
    };
    let (mut entry, config) = writer.new_file(name).compression_method(method).start()?;
    let descriptor = match packing {
        Packing::Stored => {
            let mut data = config.wrap(&mut entry);
            data.write_all(bytes)?;
            data.finish()?.1
        }
        Packing::Deflated | Packing::Wrapped => {
            let level = match packing {
                Packing::Wrapped => flate2::Compression::none(),
                _ => flate2::Compression::default(),
            };
            let mut data = config.wrap(flate2::write::DeflateEncoder::new(&mut entry, level));
            data.write_all(bytes)?;
            let (encoder, descriptor) = data.finish()?;
            encoder.finish()?;
            descriptor
        }
    };
    entry.finish(descriptor)?;
    Ok(())
}

/// Writes an archive of `n_archives` others, `lib/part-N.jar`, each with the coordinates that Maven writes and a class of
/// `class_bytes` that no compression makes smaller.
///
/// # Errors
/// Writing failed.
pub fn fat_jar<W: Write>(
    out: W,
    n_archives: u32,
    class_bytes: usize,
    packing: Packing,
) -> Result<(), rawzip::Error> {
    let mut writer = ZipArchiveWriter::new(out);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for n in 0..n_archives {
        let coordinates = format!("groupId=test.example\nartifactId=part-{n}\nversion=1.{n}\n");
        let class: Vec<u8> = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        })
        .take(class_bytes / 8)
        .flatten()
        .collect();
        let path = format!("META-INF/maven/test.example/part-{n}/pom.properties");
        let part = archive([
            (path.as_str(), coordinates.as_bytes(), Packing::Deflated),
            ("test/example/Part.class", class.as_slice(), Packing::Stored),
        ]);
        add(&mut writer, &format!("lib/part-{n}.jar"), &part, packing)?;
    }
    writer.finish()?;
    Ok(())
}

/// Bytes of the fixed parts of a record of the central directory and of the record that ends it, and the first bytes of
/// the former (APPNOTE 4.3.12, 4.3.16).
const RECORD_BYTES: usize = 46;
const END_BYTES: usize = 22;
const RECORD_MAGIC: &[u8] = b"PK\x01\x02";

/// An archive with one entry, `bytes`, that its central directory lists `n_entries` times (at most 65,535), as `0000-1.0.jar`
/// and so on: all of them overlap.
pub fn overlapping(bytes: &[u8], n_entries: u16) -> Vec<u8> {
    let name = |n: u16| format!("{n:05}-1.0.jar");
    let one = archive([(name(0).as_str(), bytes, Packing::Stored)]);
    let directory_at = one.windows(4).rposition(|window| window == RECORD_MAGIC).expect("there is one entry");
    let (entry, rest) = one.split_at(directory_at);
    let (record, end) = rest.split_at(rest.len() - END_BYTES);
    let mut out = entry.to_vec();
    for n in 0..n_entries {
        let mut record = record.to_vec();
        record[RECORD_BYTES..RECORD_BYTES + name(n).len()].copy_from_slice(name(n).as_bytes());
        out.extend(record);
    }
    let directory_bytes = u32::try_from(out.len() - directory_at).expect("it is small");
    let mut end = end.to_vec();
    end[8..10].copy_from_slice(&n_entries.to_le_bytes());
    end[10..12].copy_from_slice(&n_entries.to_le_bytes());
    end[12..16].copy_from_slice(&directory_bytes.to_le_bytes());
    out.extend(end);
    out
}

/// `archive`, whose first entry says in the central directory that it unpacks to `bytes`.
pub fn declaring(archive: &[u8], bytes: u32) -> Vec<u8> {
    let mut out = archive.to_vec();
    let record = out.windows(4).position(|window| window == RECORD_MAGIC).expect("there is an entry");
    out[record + 24..record + 28].copy_from_slice(&bytes.to_le_bytes());
    out
}
