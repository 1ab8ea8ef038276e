//! The smallest executable that carries Go build information.

/// Around the module text, so that it can be found in memory; readers cut them off.
const START: [u8; 16] =
    [0x30, 0x77, 0xaf, 0x0c, 0x92, 0x74, 0x08, 0x02, 0x41, 0xe1, 0xc1, 0x07, 0xe6, 0xd6, 0x18, 0xe6];
const END: [u8; 16] =
    [0xf9, 0x32, 0x43, 0x31, 0x86, 0x18, 0x20, 0x72, 0x00, 0x82, 0x42, 0x10, 0x41, 0x16, 0xd8, 0xf2];

/// Far less than any real program has.
const PROGRAM_BYTES_MIN: usize = 8 << 10;

/// A 64-bit little-endian ELF file for x86-64 whose only content is the section `.go.buildinfo`, also mapped
/// by a writable segment.
///
/// `go_version` is the toolchain's (`go1.22.4`); `modules` are the lines that `go version -m` prints, without
/// their first tab: `path⇥…`, `mod⇥path⇥version⇥sum`, `dep⇥…`, `=>⇥…`, `build⇥key=value`. The layout is that of
/// Go 1.18 and later, with the strings inline (Go's package `debug/buildinfo`). It does not run. Zeros stand for
/// the code, so that it is not too small to be taken for a program.
pub fn binary(go_version: &str, modules: &str) -> Vec<u8> {
    const NAMES: &[u8] = b"\0.go.buildinfo\0.shstrtab\0";
    const HEADER_BYTES: u64 = 64;
    const SEGMENT_BYTES: u64 = 56;
    let info = build_info(go_version, modules);
    let info_at = HEADER_BYTES + SEGMENT_BYTES + 8; // aligned to 16
    let names_at = info_at + info.len() as u64;
    let sections_at = (names_at + NAMES.len() as u64).next_multiple_of(8);
    const BASE: u64 = 0x40_0000;

    let mut out = Vec::new();
    out.extend(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    half(&mut out, &[2, 62]); // executable, x86-64
    word(&mut out, &[1]);
    long(&mut out, &[BASE, HEADER_BYTES, sections_at]);
    word(&mut out, &[0]);
    half(&mut out, &[64, 56, 1, 64, 3, 2]);

    word(&mut out, &[1, 6]); // PT_LOAD, readable and writable
    let info_bytes = info.len() as u64;
    long(&mut out, &[info_at, BASE + info_at, BASE + info_at, info_bytes, info_bytes, 16]);

    out.resize(info_at as usize, 0);
    out.extend(&info);
    out.extend(NAMES);
    out.resize(sections_at as usize, 0);
    section(&mut out, Section::default());
    section(
        &mut out,
        Section { name: 1, kind: 1, flags: 3, address: BASE + info_at, at: info_at, bytes: info_bytes },
    );
    let bytes = NAMES.len() as u64;
    section(&mut out, Section { name: 15, kind: 3, at: names_at, bytes, ..Section::default() });
    out.resize(out.len().max(PROGRAM_BYTES_MIN), 0);
    out
}

/// A program as that of [`binary`] that also has a table of `functions`, by which their packages can be told. The table is
/// that of Go 1.20 and later (Go's package `debug/gosym`), as far as names go.
pub fn binary_of(go_version: &str, modules: &str, functions: &[&str]) -> Vec<u8> {
    const HEADER_BYTES: u64 = 8 + 8 * 8;
    let names: Vec<u8> = functions.iter().flat_map(|name| [name.as_bytes(), b"\0"].concat()).collect();
    let end = HEADER_BYTES + names.len() as u64;
    let mut table = b"\xf1\xff\xff\xff\0\0\x01\x08".to_vec();
    long(&mut table, &[functions.len() as u64, 0, 0, HEADER_BYTES, end, end, end, end]);
    table.extend(names);
    table.resize(table.len() + 8 * functions.len(), 0);
    crate::elf::program(&[(".go.buildinfo", build_info(go_version, modules)), (".gopclntab", table)])
}

/// The content of `.go.buildinfo`.
fn build_info(go_version: &str, modules: &str) -> Vec<u8> {
    let mut text = modules.to_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let framed = if text.is_empty() { Vec::new() } else { [&START, text.as_bytes(), &END].concat() };
    let mut out = b"\xff Go buildinf:\x08\x02".to_vec();
    out.resize(32, 0);
    for string in [go_version.as_bytes(), &framed] {
        let mut length = string.len();
        while length >= 0x80 {
            out.push(length as u8 | 0x80);
            length >>= 7;
        }
        out.push(length as u8);
        out.extend(string);
    }
    out.resize(out.len().next_multiple_of(16), 0);
    out
}

#[derive(Default)]
struct Section {
    name: u32,
    kind: u32,
    flags: u64,
    address: u64,
    at: u64,
    bytes: u64,
}

fn section(out: &mut Vec<u8>, section: Section) {
    word(out, &[section.name, section.kind]);
    long(out, &[section.flags, section.address, section.at, section.bytes]);
    word(out, &[0, 0]);
    long(out, &[if section.kind == 0 { 0 } else { 1 }, 0]);
}

pub(crate) fn half(out: &mut Vec<u8>, values: &[u16]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

pub(crate) fn word(out: &mut Vec<u8>, values: &[u32]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

pub(crate) fn long(out: &mut Vec<u8>, values: &[u64]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_build_information_lies_where_the_headers_say() {
        let binary = binary("go1.22.4", "path\texample.org/demo\n");
        let number = |at: usize| u64::from_le_bytes(binary[at..at + 8].try_into().unwrap()) as usize;
        let sections = number(40);
        let (at, bytes) = (number(sections + 64 + 24), number(sections + 64 + 32));
        assert_eq!(number(64 + 8), at, "section and segment agree");
        let info = &binary[at..at + bytes];
        assert!(info.starts_with(b"\xff Go buildinf:"));
        assert_eq!(&info[32..41], b"\x08go1.22.4");
        let modules = &info[42..42 + usize::from(info[41])];
        assert_eq!(&modules[16..modules.len() - 16], b"path\texample.org/demo\n");
        assert!(binary.len() >= sections + 3 * 64);
    }
}
