//! The smallest executables that carry an SBOM as GraalVM puts it there.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::go::{half, long, word};

/// Where the file is mapped.
const BASE: u64 = 0x40_0000;
const HEADER_BYTES: u64 = 64;
const SEGMENT_BYTES: u64 = 56;
/// Far less than any real program has.
const PROGRAM_BYTES_MIN: usize = 8 << 10;

/// A 64-bit little-endian ELF file for x86-64 that holds `document`, packed with gzip, in a section `.sbom`.
pub fn with_section(document: &str) -> Vec<u8> {
    program(document, true)
}

/// The same in a section `.data`; the exported symbols `sbom` and `sbom_length` say where.
pub fn with_symbols(document: &str) -> Vec<u8> {
    program(document, false)
}

fn program(document: &str, in_section: bool) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(document.as_bytes()).expect("memory takes all");
    let packed = encoder.finish().expect("memory takes all");

    let name: &[u8] = if in_section { b"\0.sbom\0" } else { b"\0.data\0" };
    let names = [name, b".dynstr\0.dynsym\0.shstrtab\0"].concat();
    let strings = b"\0sbom\0sbom_length\0";
    let data_at = HEADER_BYTES + SEGMENT_BYTES;
    let length_at = data_at + packed.len() as u64;
    let data_end = length_at + if in_section { 0 } else { 8 };
    let strings_at = data_end;
    let symbols_at = (strings_at + strings.len() as u64).next_multiple_of(8);
    let n_symbols = if in_section { 1 } else { 3 };
    let names_at = symbols_at + n_symbols * 24;
    let sections_at = (names_at + names.len() as u64).next_multiple_of(8);

    let mut out = Vec::new();
    out.extend(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    half(&mut out, &[2, 62]); // executable, x86-64
    word(&mut out, &[1]);
    long(&mut out, &[BASE, HEADER_BYTES, sections_at]);
    word(&mut out, &[0]);
    half(&mut out, &[64, 56, 1, 64, 5, 4]);

    word(&mut out, &[1, 4]); // PT_LOAD, readable
    long(&mut out, &[0, BASE, BASE, data_end, data_end, 16]);

    out.extend(&packed);
    if !in_section {
        long(&mut out, &[packed.len() as u64]);
    }
    out.extend(strings);
    out.resize(symbols_at as usize, 0);
    out.resize(out.len() + 24, 0);
    if !in_section {
        for (name, at, bytes) in [(1, data_at, packed.len() as u64), (6, length_at, 8)] {
            word(&mut out, &[name]);
            out.extend([0x11, 0]); // a global object
            half(&mut out, &[1]);
            long(&mut out, &[BASE + at, bytes]);
        }
    }
    out.extend(&names);
    out.resize(sections_at as usize, 0);
    out.resize(out.len() + 64, 0);
    // Name, type, flags, address, offset, size, link, info, alignment, size of an entry.
    let mut section =
        |name: u32, kind: u32, address: u64, at: u64, bytes: u64, link: u32, entry_bytes: u64| {
            word(&mut out, &[name, kind]);
            long(&mut out, &[2, address, at, bytes]);
            word(&mut out, &[link, u32::from(entry_bytes > 0)]);
            long(&mut out, &[1, entry_bytes]);
        };
    section(1, 1, BASE + data_at, data_at, data_end - data_at, 0, 0);
    section(7, 3, 0, strings_at, strings.len() as u64, 0, 0);
    section(15, 11, 0, symbols_at, n_symbols * 24, 2, 24);
    section(23, 3, 0, names_at, names.len() as u64, 0, 0);
    out.resize(out.len().max(PROGRAM_BYTES_MIN), 0);
    out
}
