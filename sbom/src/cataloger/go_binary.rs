//! Go modules linked into executables, as the build information inside says (Go's package `debug/buildinfo`).
//!
//! Only headers, the section that holds the information, the strings it points to and the names of the functions are read,
//! so a large executable costs little more than a small one.

mod modules;
mod packages;

use model::gap::{Gap, GapKind};

use super::executable::{self, PIECE_BYTES_MAX, Program};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "go-binary",
    version: 2,
    finds: Finds::Installed,
    wants: Wants::Executables,
    read,
    assemble,
};

/// The build information of one program.
#[derive(Debug, PartialEq, Eq)]
struct BuildInfo {
    /// `go1.22.4`.
    go_version: String,
    /// Lines of `mod`, `dep`, `=>` and `build`.
    modules: String,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let read = executable::for_each_program(file.content, |program| {
        if program.is_packed {
            let why = "the executable is packed with UPX; what it is made of cannot be seen";
            facts.push(Fact::Gap(file.unreadable(&why)));
        }
        match build_info(program) {
            Ok(Some(info)) => modules::facts(&info, packages::linked(program).as_ref(), file, facts),
            Ok(None) => {}
            Err(Damage::Cut) => {
                facts.push(Fact::Gap(file.unreadable(&"its Go build information cannot be read")));
            }
            Err(Damage::TooLarge) => {
                let detail = format!("its Go build information has more than {PIECE_BYTES_MAX} bytes");
                facts.push(Fact::Gap(Gap::new(GapKind::LIMIT_EXCEEDED, file.path, detail)));
            }
        }
    });
    if let Err(error) = read {
        facts.push(Fact::Gap(file.unreadable(&format!("not a valid executable: {error}"))));
    }
}

/// How build information that is there can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Damage {
    /// A length or pointer leads out of the file.
    Cut,
    /// A string exceeds [`PIECE_BYTES_MAX`].
    TooLarge,
}

/// What the information starts with; it is aligned to its own distance.
const MAGIC: &[u8] = b"\xff Go buildinf:";
const HEADER_BYTES: usize = 32;
const ALIGNMENT: u64 = 16;
/// In the byte after the pointer size: pointers are big-endian; the strings follow the header (Go 1.18).
const BIG_ENDIAN: u8 = 1;
const INLINE: u8 = 2;

fn build_info(program: &Program<'_>) -> Result<Option<BuildInfo>, Damage> {
    for region in &program.searched {
        let Some(bytes) = program.source.read(region.offset, region.bytes.min(PIECE_BYTES_MAX)) else {
            continue;
        };
        let first = region.address.next_multiple_of(ALIGNMENT).saturating_sub(region.address);
        let mut rest = bytes.get(first as usize..).unwrap_or_default();
        while rest.len() >= HEADER_BYTES {
            if rest.starts_with(MAGIC) {
                return decode(rest, program).map(Some);
            }
            rest = rest.get(ALIGNMENT as usize..).unwrap_or_default();
        }
    }
    Ok(None)
}

fn decode(bytes: &[u8], program: &Program<'_>) -> Result<BuildInfo, Damage> {
    let (pointer_bytes, flags) = (bytes[MAGIC.len()], bytes[MAGIC.len() + 1]);
    let (go_version, modules) = if flags & INLINE != 0 {
        let mut rest = &bytes[HEADER_BYTES..];
        (inline_string(&mut rest)?, inline_string(&mut rest)?)
    } else {
        let pointers = Pointers { bytes: pointer_bytes, big_endian: flags & BIG_ENDIAN != 0 };
        let width = pointers.width()?;
        let string =
            |at: usize| pointed_string(program, pointers, bytes.get(at..at + width).ok_or(Damage::Cut)?);
        (string(16)?, string(16 + width)?)
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(BuildInfo { go_version: text(go_version), modules: text(unframed(modules)) })
}

/// The module text without the 16 bytes before and after it, by which it is found in memory. As in Go, text that
/// is not framed so is no module text.
fn unframed(modules: &[u8]) -> &[u8] {
    const FRAME: usize = 16;
    match modules.len().checked_sub(FRAME) {
        Some(end) if end > FRAME && modules[end - 1] == b'\n' => &modules[FRAME..end],
        _ => &[],
    }
}

/// Takes a length in the variable-width form of Go's `encoding/binary`, and as many bytes.
fn inline_string<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Damage> {
    let mut length = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, after) = rest.split_first().ok_or(Damage::Cut)?;
        *rest = after;
        length |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            let length = usize::try_from(length).map_err(|_| Damage::Cut)?;
            let (string, after) = rest.split_at_checked(length).ok_or(Damage::Cut)?;
            *rest = after;
            return Ok(string);
        }
    }
    Err(Damage::Cut)
}

#[derive(Clone, Copy)]
struct Pointers {
    bytes: u8,
    big_endian: bool,
}

impl Pointers {
    fn width(self) -> Result<usize, Damage> {
        if matches!(self.bytes, 4 | 8) { Ok(usize::from(self.bytes)) } else { Err(Damage::Cut) }
    }

    /// The number in `bytes`, which are as many as [`Pointers::width`].
    fn number(self, bytes: &[u8]) -> u64 {
        let step = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        if self.big_endian { bytes.iter().fold(0, step) } else { bytes.iter().rev().fold(0, step) }
    }
}

/// The string whose header (address and length) lies at the address in `pointer`.
fn pointed_string<'a>(program: &Program<'a>, pointers: Pointers, pointer: &[u8]) -> Result<&'a [u8], Damage> {
    let width = pointers.width()?;
    let header = program.at(pointers.number(pointer), 2 * width as u64).ok_or(Damage::Cut)?;
    let (address, length) = header.split_at(width);
    let length = pointers.number(length);
    if length > PIECE_BYTES_MAX {
        return Err(Damage::TooLarge);
    }
    if length == 0 {
        return Ok(&[]);
    }
    program.at(pointers.number(address), length).ok_or(Damage::Cut)
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use model::limits::Limits;

    use super::super::{Classifiers, Content};

    use super::*;

    /// What one executable says, a fact a line.
    fn facts_of(content: Content<'_>) -> Vec<String> {
        let limits = Limits::default();
        let mut facts = Facts::new(&limits);
        let classifiers = Classifiers::none();
        read(
            &mut File { path: "a", size: 0, executable: true, content, limits: &limits, classifiers },
            &mut facts,
        );
        facts
            .into_vec()
            .into_iter()
            .map(|fact| match fact {
                Fact::Package(fact) => fact.package.purl,
                Fact::Gap(gap) => gap.to_string(),
                other => panic!("unexpected {other:?}"),
            })
            .collect()
    }

    const MODULES: &str = "path\texample.org/demo\nmod\texample.org/demo\tv1.0.0\n";
    const FOUND: [&str; 2] = ["pkg:golang/example.org/demo@v1.0.0", "pkg:golang/stdlib@1.16.2"];

    fn framed(modules: &str) -> Vec<u8> {
        [&[0x30; 16], modules.as_bytes(), &[0xf9; 16]].concat()
    }

    /// Build information as Go wrote it before 1.18: two pointers to string headers. `address` is where the
    /// result will lie in memory.
    fn with_pointers(address: u64, width: usize, big_endian: bool) -> Vec<u8> {
        let number = |number: u64| {
            if big_endian {
                number.to_be_bytes()[8 - width..].to_vec()
            } else {
                number.to_le_bytes()[..width].to_vec()
            }
        };
        let (version, modules) = (b"go1.16.2".to_vec(), framed(MODULES));
        let headers = address + 32;
        let strings = headers + 4 * width as u64;
        let mut out = MAGIC.to_vec();
        out.extend([width as u8, u8::from(big_endian)]);
        out.extend(number(headers));
        out.extend(number(headers + 2 * width as u64));
        out.resize(HEADER_BYTES, 0);
        out.extend([number(strings), number(version.len() as u64)].concat());
        out.extend([number(strings + version.len() as u64), number(modules.len() as u64)].concat());
        out.extend(version);
        out.extend(modules);
        out
    }

    /// A 64-bit Mach-O file whose one segment is one section.
    fn macho(section: &[u8]) -> Vec<u8> {
        const HEADERS: u32 = 32 + 72 + 80;
        const AT: u32 = HEADERS.next_multiple_of(16);
        let words = |values: &[u32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
        let longs = |values: &[u64]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
        let name = |text: &str| [text.as_bytes(), &[0; 16]].concat()[..16].to_vec();
        let bytes = section.len() as u64;
        let mut out = words(&[0xfeed_facf, 0x0100_0007, 3, 2, 1, 72 + 80, 0, 0]);
        out.extend(words(&[0x19, 72 + 80]));
        out.extend(name("__DATA"));
        out.extend(longs(&[0x1000, bytes, u64::from(AT), bytes]));
        out.extend(words(&[3, 3, 1, 0]));
        out.extend(name("__go_buildinfo"));
        out.extend(name("__DATA"));
        out.extend(longs(&[0x1000, bytes]));
        out.extend(words(&[AT, 4, 0, 0, 0, 0, 0, 0]));
        out.resize(AT as usize, 0);
        out.extend(section);
        out
    }

    /// A Mach-O file of two architectures, `program` twice.
    fn fat(program: &[u8]) -> Vec<u8> {
        let words = |values: &[u32]| values.iter().flat_map(|value| value.to_be_bytes()).collect::<Vec<u8>>();
        let bytes = program.len() as u32;
        let mut out = words(&[0xcafe_babe, 2]);
        out.extend(words(&[0x0100_0007, 3, 64, bytes, 4, 0x0100_000c, 0, 64 + bytes, bytes, 4]));
        out.resize(64, 0);
        [out.as_slice(), program, program].concat()
    }

    #[test]
    fn pointers_of_either_width_and_order_are_followed() {
        for (width, big_endian) in [(4, false), (4, true), (8, false), (8, true)] {
            let program = macho(&with_pointers(0x1000, width, big_endian));
            assert_eq!(facts_of(Content::Bytes(&program)), FOUND, "{width} {big_endian}");
        }
    }

    #[test]
    fn pointers_out_of_the_file_are_a_gap() {
        let program = macho(&with_pointers(0x2000, 8, false));
        assert_eq!(
            facts_of(Content::Bytes(&program)),
            ["unreadable-file|a|its Go build information cannot be read"]
        );
        let mut huge = with_pointers(0x1000, 8, false);
        huge[HEADER_BYTES + 12] = 1;
        let facts = facts_of(Content::Bytes(&macho(&huge)));
        assert!(facts[0].starts_with("limit-exceeded|a|"), "{facts:?}");
    }

    #[test]
    fn each_architecture_of_a_fat_file_is_read() {
        let program = fat(&macho(&with_pointers(0x1000, 8, false)));
        assert_eq!(facts_of(Content::Bytes(&program)), [FOUND, FOUND].concat());
    }

    #[test]
    fn a_spooled_program_says_what_its_bytes_say() {
        let programs = [testkit::go::binary("go1.16.2", MODULES), macho(&with_pointers(0x1000, 8, false))];
        for program in programs {
            let mut spool = tempfile::tempfile().unwrap();
            spool.write_all(&program).unwrap();
            assert_eq!(facts_of(Content::Spooled(&spool)), FOUND);
            assert_eq!(facts_of(Content::Bytes(&program)), FOUND);
        }
    }

    #[test]
    fn a_program_without_section_headers_is_searched() {
        let mut program = testkit::go::binary("go1.16.2", MODULES);
        // e_shoff, then e_shnum and e_shstrndx.
        program[40..48].fill(0);
        program[60..64].fill(0);
        assert_eq!(facts_of(Content::Bytes(&program)), FOUND);
        // UPX writes its mark after the program headers; the information is then compressed.
        program[120..124].copy_from_slice(b"UPX!");
        let info = program.windows(MAGIC.len()).position(|window| window == MAGIC).unwrap();
        program[info] = 0;
        let facts = facts_of(Content::Bytes(&program));
        assert!(facts.len() == 1 && facts[0].contains("UPX"), "{facts:?}");
    }

    #[test]
    fn what_only_starts_like_an_executable_says_nothing() {
        let class = [&[0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 61], &[7; 4000][..]].concat();
        let dos = [b"MZ", &[0; 4000][..]].concat();
        for bytes in [&class[..], &dos, b"MZ", b"", b"#!/bin/sh"] {
            assert_eq!(facts_of(Content::Bytes(bytes)), [""; 0], "{bytes:?}");
        }
    }

    #[test]
    fn a_broken_header_is_a_gap() {
        let program = testkit::go::binary("go1.16.2", MODULES);
        let facts = facts_of(Content::Bytes(&program[..100]));
        assert!(
            facts.len() == 1 && facts[0].starts_with("unreadable-file|a|not a valid executable"),
            "{facts:?}"
        );
    }

    #[test]
    fn no_damaged_program_panics() {
        let info = with_pointers(0x1000, 8, false);
        for program in [macho(&info), fat(&macho(&info))] {
            for damaged in testkit::mutate::prefixes(&program) {
                facts_of(Content::Bytes(damaged));
            }
            for damaged in testkit::mutate::mutations(&program, 2000) {
                facts_of(Content::Bytes(&damaged));
            }
        }
    }
}
