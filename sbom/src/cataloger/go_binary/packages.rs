//! The packages whose functions were linked into a Go program, from its table of functions (Go's package `debug/gosym`).
//!
//! The table is there also in programs that were stripped of symbols, because stack traces need it. From Go 1.16 on the
//! names lie behind each other, so that a few megabytes are read of a program of a hundred.

use std::collections::{BTreeSet, HashSet};

use object::ReadRef as _;

use crate::cataloger::executable::{PIECE_BYTES_MAX, Program, Region};

/// The table's section in ELF, in ELF that is loaded anywhere, and in Mach-O.
const SECTIONS: [&str; 3] = [".gopclntab", ".data.rel.ro.gopclntab", "__gopclntab"];

/// Packages of one program, and bytes of their paths. The largest programs known have some five thousand.
const PACKAGES_MAX: usize = 32 << 10;
const PATHS_BYTES_MAX: usize = 4 << 20;

/// Bytes that are searched for the table in a PE file, which has no section for it, and how many at a time.
const SEARCHED_BYTES_MAX: u64 = 32 << 20;
const SEARCHED_AT_ONCE: u64 = 4 << 20;

const HEADER_BYTES: u64 = 8 + 8 * 8;

/// The paths of the packages of functions that are in `program`; none when that cannot be told.
pub(super) fn linked(program: &Program<'_>) -> Option<BTreeSet<String>> {
    let region = SECTIONS.iter().find_map(|name| program.region(name));
    let table = region.and_then(|region| Table::at(program, region)).or_else(|| searched(program))?;
    let mut paths = Paths::default();
    match table.layout {
        Layout::Scattered => table.scattered_names(|name| paths.add(name))?,
        Layout::NamesApart { names_at, names_end } => {
            let names = table.read(names_at, names_end.checked_sub(names_at)?)?;
            names.split(|byte| *byte == 0).try_for_each(|name| paths.add(name))?;
        }
    }
    Some(paths.found.into_iter().map(unescaped).collect())
}

/// How names are kept.
#[derive(Clone, Copy, Debug)]
enum Layout {
    /// Go 1.2 to 1.15: each function says where its name lies.
    Scattered,
    /// Behind each other, from one offset to the next.
    NamesApart { names_at: u64, names_end: u64 },
}

/// The table: where it lies, how wide its words are, and how names are kept in it.
struct Table<'a, 'p> {
    program: &'p Program<'a>,
    region: Region,
    word_bytes: u64,
    big_endian: bool,
    n_functions: u64,
    layout: Layout,
}

impl<'a, 'p> Table<'a, 'p> {
    /// The table that starts at the start of `region`, when its header is one.
    fn at(program: &'p Program<'a>, region: Region) -> Option<Self> {
        let header = program.source.read(region.offset, HEADER_BYTES)?;
        let magic: [u8; 4] = header.get(..4)?.try_into().ok()?;
        let big_endian = magic[0] == 0xff;
        let magic = if big_endian { u32::from_be_bytes(magic) } else { u32::from_le_bytes(magic) };
        let (pad, quantum, word_bytes) = (header.get(4..6)?, *header.get(6)?, u64::from(*header.get(7)?));
        if pad != [0, 0] || !matches!(quantum, 1 | 2 | 4) || !matches!(word_bytes, 4 | 8) {
            return None;
        }
        let layout = Layout::Scattered;
        let mut table = Self { program, region, word_bytes, big_endian, n_functions: 0, layout };
        let word = |index: usize| table.number(header.get(8 + index * word_bytes as usize..)?, word_bytes);
        let n_functions = word(0)?;
        // In 1.18 the address of the code came between the counts and the offsets.
        let names_word = match magic {
            0xffff_fffb => None,
            0xffff_fffa => Some(2),
            0xffff_fff0 | 0xffff_fff1 => Some(3),
            _ => return None,
        };
        let layout = match names_word {
            None => Layout::Scattered,
            Some(index) => Layout::NamesApart { names_at: word(index)?, names_end: word(index + 1)? },
        };
        table.n_functions = n_functions;
        table.layout = layout;
        table.is_sound().then_some(table)
    }

    /// Whether the numbers in the header can be meant.
    fn is_sound(&self) -> bool {
        let fits = |offset: u64| offset <= self.region.bytes;
        let is_within = match self.layout {
            Layout::Scattered => true,
            Layout::NamesApart { names_at, names_end } => {
                names_at >= 8 && names_at < names_end && fits(names_at) && fits(names_end)
            }
        };
        is_within && self.n_functions > 0 && self.n_functions.checked_mul(self.word_bytes).is_some_and(fits)
    }

    /// `len` bytes at `offset` in the table.
    fn read(&self, offset: u64, len: u64) -> Option<&'a [u8]> {
        let end =
            offset.checked_add(len).filter(|end| *end <= self.region.bytes && len <= PIECE_BYTES_MAX)?;
        self.program.source.read_bytes_at(self.region.offset.checked_add(end - len)?, len).ok()
    }

    /// The number of `width` bytes that `bytes` start with.
    fn number(&self, bytes: &[u8], width: u64) -> Option<u64> {
        let bytes = bytes.get(..width as usize)?;
        let step = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(if self.big_endian { bytes.iter().fold(0, step) } else { bytes.iter().rev().fold(0, step) })
    }

    /// Hands every name to `visit`. A pair of words for each function (its address and where its record lies) follows the
    /// count; a record is the address again and the offset of the name.
    fn scattered_names(&self, mut visit: impl FnMut(&'a [u8]) -> Option<()>) -> Option<()> {
        let whole = self.read(0, self.region.bytes)?;
        let width = self.word_bytes as usize;
        let pairs = whole.get(8 + width..)?.chunks_exact(2 * width);
        for pair in pairs.take(usize::try_from(self.n_functions).ok()?) {
            let record = usize::try_from(self.number(&pair[width..], self.word_bytes)?).ok()?;
            let name = self.number(whole.get(record.checked_add(width)?..)?, 4)?;
            let name = whole.get(usize::try_from(name).ok()?..)?;
            // A name without end would make this quadratic.
            let name = name.get(..NAME_BYTES_MAX).unwrap_or(name);
            visit(name.get(..memchr::memchr(0, name).unwrap_or(0))?)?;
        }
        Some(())
    }
}

/// Bytes of a function's name in a table of the first layout. Names with many type parameters came only later.
const NAME_BYTES_MAX: usize = 1 << 10;

/// The table in a PE file, where it lies among other constants.
fn searched<'a, 'p>(program: &'p Program<'a>) -> Option<Table<'a, 'p>> {
    let region = program.region(".rdata").or_else(|| program.region(".text"))?;
    for start in (0..region.bytes.min(SEARCHED_BYTES_MAX)).step_by(SEARCHED_AT_ONCE as usize) {
        // The header may lie across the end.
        let len = (SEARCHED_AT_ONCE + HEADER_BYTES).min(region.bytes - start);
        let bytes = program.source.read(region.offset.checked_add(start)?, len)?;
        for at in memchr::memmem::find_iter(bytes, b"\xff\xff\xff\0\0") {
            let Some(at) = at.checked_sub(1).map(|at| start + at as u64) else { continue };
            let (offset, left) = (region.offset + at, region.bytes - at);
            let rest = Region { address: region.address.wrapping_add(at), offset, bytes: left };
            let found =
                Table::at(program, rest).filter(|table| matches!(table.layout, Layout::NamesApart { .. }));
            if found.is_some() {
                return found;
            }
        }
    }
    None
}

/// Paths of packages as they are written in names of functions.
#[derive(Default)]
struct Paths<'n> {
    found: HashSet<&'n str>,
    n_bytes: usize,
    /// That of the name before, which most names share.
    last: &'n str,
}

impl<'n> Paths<'n> {
    /// None when there are more than any program has.
    fn add(&mut self, name: &'n [u8]) -> Option<()> {
        let Some(path) = package_path(name) else { return Some(()) };
        if path != self.last && self.found.insert(path) {
            self.n_bytes += path.len();
        }
        self.last = path;
        (self.found.len() <= PACKAGES_MAX && self.n_bytes <= PATHS_BYTES_MAX).then_some(())
    }
}

/// `example.org/acme/log` of `example.org/acme/log.(*Logger).Print` and `example.org/acme/log.Map[go.shape.string]`. What
/// the compiler makes itself has names such as `type:.eq.[2]string`.
fn package_path(name: &[u8]) -> Option<&str> {
    let end = memchr::memchr2(b'[', b'(', name).unwrap_or(name.len());
    let slash = memchr::memrchr(b'/', &name[..end]).map_or(0, |slash| slash + 1);
    let dot = slash + memchr::memchr(b'.', &name[slash..end])?;
    let path = std::str::from_utf8(&name[..dot]).ok().filter(|path| !path.is_empty())?;
    let is_path =
        |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b':' | b'"' | b'*' | b'<' | b'>' | b',' | b';');
    path.bytes().all(is_path).then_some(path)
}

/// Dots in the last part of a path, among others, are written as `%2e`.
fn unescaped(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let byte =
            after.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(u8::is_ascii_graphic);
        match byte {
            Some(byte) => {
                out.push(char::from(byte));
                rest = &after[2..];
            }
            None => {
                out.push('%');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUNCTIONS: [&str; 3] = ["example.org/acme/log.Print", "main.main", "runtime.main"];

    /// A table of `FUNCTIONS` with the magic of one of the layouts. `n_before` is how many words lie between the count of
    /// functions and the offset of their names; none where each function says where its own lies.
    fn table(magic: u32, width: usize, big_endian: bool, n_before: Option<usize>) -> Vec<u8> {
        let number = |number: u64, width: usize| match big_endian {
            true => number.to_be_bytes()[8 - width..].to_vec(),
            false => number.to_le_bytes()[..width].to_vec(),
        };
        let words = |words: &[u64]| words.iter().flat_map(|word| number(*word, width)).collect::<Vec<u8>>();
        let names: Vec<u8> = FUNCTIONS.iter().flat_map(|name| [name.as_bytes(), b"\0"].concat()).collect();
        let mut out = number(magic.into(), 4);
        out.extend([0, 0, 1, width as u8]);
        out.extend(words(&[FUNCTIONS.len() as u64]));
        match n_before {
            Some(n_before) => {
                out.extend(words(&vec![0; n_before]));
                let at = out.len() + 5 * width;
                let end = at + names.len();
                out.extend(words(&[at as u64, end as u64, end as u64, end as u64, end as u64]));
                out.extend(names);
            }
            None => {
                let records = out.len() + 2 * width * FUNCTIONS.len();
                let record_bytes = width + 4;
                for index in 0..FUNCTIONS.len() {
                    out.extend(words(&[0x1000, (records + index * record_bytes) as u64]));
                }
                let mut name = records + record_bytes * FUNCTIONS.len();
                for function in FUNCTIONS {
                    out.extend(words(&[0x1000]));
                    out.extend(number(name as u64, 4));
                    name += function.len() + 1;
                }
                out.extend(names);
            }
        }
        out.resize(out.len() + 128, 0);
        out
    }

    fn linked_in(bytes: &[u8]) -> Option<BTreeSet<String>> {
        let mut found = None;
        let content = crate::cataloger::Content::Bytes(bytes);
        crate::cataloger::executable::for_each_program(content, |program| found = linked(program)).unwrap();
        found
    }

    #[test]
    fn tables_of_all_versions_are_read() {
        let expected = ["example.org/acme/log", "main", "runtime"].map(str::to_owned).into();
        for (magic, n_before) in
            [(0xffff_fffb, None), (0xffff_fffa, Some(1)), (0xffff_fff0, Some(2)), (0xffff_fff1, Some(2))]
        {
            for (width, big_endian) in [(4, false), (4, true), (8, false), (8, true)] {
                let table = table(magic, width, big_endian, n_before);
                let program = testkit::elf::program(&[(SECTIONS[1], table)]);
                assert_eq!(linked_in(&program).as_ref(), Some(&expected), "{magic:x} {width} {big_endian}");
            }
        }
    }

    #[test]
    fn a_damaged_table_does_no_harm() {
        for (magic, n_before) in [(0xffff_fffb, None), (0xffff_fff1, Some(2))] {
            let table = table(magic, 8, false, n_before);
            for damaged in testkit::mutate::mutations(&table, 500) {
                linked_in(&testkit::elf::program(&[(SECTIONS[0], damaged)]));
            }
            for damaged in testkit::mutate::prefixes(&table) {
                linked_in(&testkit::elf::program(&[(SECTIONS[0], damaged.to_vec())]));
            }
        }
        assert_eq!(linked_in(&testkit::elf::program(&[(".text", vec![0; 64])])), None);
    }

    #[test]
    fn a_name_tells_its_package() {
        for (name, expected) in [
            ("main.main", Some("main")),
            ("runtime.(*mheap).alloc", Some("runtime")),
            ("net/http.(*Client).Do", Some("net/http")),
            ("gopkg.in/yaml%2ev3.Unmarshal", Some("gopkg.in/yaml.v3")),
            ("example.org/acme/log.glob..func1", Some("example.org/acme/log")),
            ("slices.SortFunc[go.shape.[]example.org/acme.T]", Some("slices")),
            ("example.org/a.(*T[example.org/b.U]).M", Some("example.org/a")),
            ("type:.eq.example.org/a.T", None),
            ("_cgo_topofstack", None),
            ("", None),
            (".", None),
            ("a%zz.b", Some("a%zz")),
        ] {
            assert_eq!(package_path(name.as_bytes()).map(unescaped).as_deref(), expected, "{name}");
        }
    }
}
