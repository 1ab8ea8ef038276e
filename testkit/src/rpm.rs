//! RPM headers from text, and the databases and package files that hold them.
//!
//! A package is a paragraph of `field: value` lines: `name`, `version`, `release`, `epoch`, `arch`, `vendor`, `license`,
//! `source` (a file name), `installed` (seconds), `module`, `is-source`, `padding` (bytes of description, so that a header
//! needs more than a page), any number of `provides` and `requires`, and of `file`, `directory` and `ghost` (paths).
//! `raw: text` stands for a record that is no header.
//!
//! What is written here was once checked with the real tools: `db5.3_verify -o` accepts the Berkeley DB files of either
//! byte order, and rpm 4.18 lists the packages in them and in the package files.

/// Values as rpm types them.
enum Value {
    Text(String),
    Texts(Vec<String>),
    Half(Vec<u16>),
    Word(Vec<u32>),
}

/// The header of each package in `text`, without the magic that files put before it.
///
/// # Panics
/// On a field that it does not know.
pub fn headers(text: &str) -> Vec<Vec<u8>> {
    text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()).map(header).collect()
}

fn header(paragraph: &str) -> Vec<u8> {
    let mut values: Vec<(u32, Value)> = Vec::new();
    let (mut provides, mut requires) = (Vec::new(), Vec::new());
    let (mut modes, mut flags) = (Vec::new(), Vec::new());
    let (mut names, mut directories, mut indexes) = (Vec::new(), Vec::<String>::new(), Vec::new());
    for line in paragraph.lines().filter(|line| !line.starts_with('#')) {
        let (field, value) = line.split_once(": ").unwrap_or_else(|| panic!("`{line}` is no field"));
        let number = || value.parse().unwrap_or_else(|_| panic!("`{line}` is no number"));
        let text = || Value::Text(value.to_owned());
        match field {
            "raw" => return value.as_bytes().to_vec(),
            "name" => values.push((1000, text())),
            "version" => values.push((1001, text())),
            "release" => values.push((1002, text())),
            "epoch" => values.push((1003, Value::Word(vec![number()]))),
            "padding" => values.push((1005, Value::Text("x".repeat(number() as usize)))),
            "installed" => values.push((1008, Value::Word(vec![number()]))),
            "vendor" => values.push((1011, text())),
            "license" => values.push((1014, text())),
            "arch" => values.push((1022, text())),
            "source" => values.push((1044, text())),
            "is-source" => values.push((1106, Value::Word(vec![1]))),
            "module" => values.push((5096, text())),
            "provides" => provides.push(value.to_owned()),
            "requires" => requires.push(value.to_owned()),
            "file" | "directory" | "ghost" => {
                let at = value.rfind('/').expect("a path is absolute") + 1;
                let (directory, name) = value.split_at(at);
                let known = directories.iter().position(|known| known == directory);
                let index = known.unwrap_or_else(|| {
                    directories.push(directory.to_owned());
                    directories.len() - 1
                });
                indexes.push(index as u32);
                names.push(name.to_owned());
                modes.push(if field == "directory" { 0o040_755 } else { 0o100_644 });
                flags.push(if field == "ghost" { 1 << 6 } else { 0 });
            }
            _ => panic!("`{field}` is unknown"),
        }
    }
    if !names.is_empty() {
        values.push((1030, Value::Half(modes)));
        values.push((1037, Value::Word(flags)));
        values.push((1116, Value::Word(indexes)));
        values.push((1117, Value::Texts(names)));
        values.push((1118, Value::Texts(directories)));
    }
    for (tag, texts) in [(1047, provides), (1049, requires)] {
        if !texts.is_empty() {
            values.push((tag, Value::Texts(texts)));
        }
    }
    values.sort_by_key(|(tag, _)| *tag);
    encoded(&values)
}

fn encoded(values: &[(u32, Value)]) -> Vec<u8> {
    let (mut index, mut store) = (Vec::new(), Vec::new());
    for (tag, value) in values {
        let (kind, width, count) = match value {
            Value::Text(_) => (6, 1, 1),
            Value::Texts(texts) => (8, 1, texts.len()),
            Value::Half(numbers) => (3, 2, numbers.len()),
            Value::Word(numbers) => (4, 4, numbers.len()),
        };
        store.resize(store.len().next_multiple_of(width), 0);
        let entry = [*tag, kind, store.len() as u32, count as u32];
        index.extend(entry.iter().flat_map(|word| word.to_be_bytes()));
        match value {
            Value::Text(text) => store.extend([text.as_bytes(), b"\0"].concat()),
            Value::Texts(texts) => {
                texts.iter().for_each(|text| store.extend([text.as_bytes(), b"\0"].concat()))
            }
            Value::Half(numbers) => store.extend(numbers.iter().flat_map(|number| number.to_be_bytes())),
            Value::Word(numbers) => store.extend(numbers.iter().flat_map(|number| number.to_be_bytes())),
        }
    }
    let mut out = Vec::new();
    out.extend((values.len() as u32).to_be_bytes());
    out.extend((store.len() as u32).to_be_bytes());
    out.extend(index);
    out.extend(store);
    out
}

/// A package file: lead, a header of signatures with one entry, the header, and a few bytes of payload.
pub fn file(header: &[u8]) -> Vec<u8> {
    const MAGIC: [u8; 8] = [0x8e, 0xad, 0xe8, 0x01, 0, 0, 0, 0];
    let mut out = vec![0xed, 0xab, 0xee, 0xdb, 3, 0, 0, 0];
    out.resize(96, 0);
    // That a header of signatures follows.
    out[79] = 5;
    out.extend(MAGIC);
    // The size of header and payload (`RPMSIGTAG_SIZE`).
    out.extend(encoded(&[(1000, Value::Word(vec![header.len() as u32 + 8 + 4]))]));
    out.resize(out.len().next_multiple_of(8), 0);
    out.extend(MAGIC);
    out.extend(header);
    out.extend(b"\x1f\x8b\x08\0");
    out
}

/// How a Berkeley DB file writes numbers.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

impl Order {
    fn half(self, number: u16) -> [u8; 2] {
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }

    fn word(self, number: u32) -> [u8; 4] {
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }
}

/// Bytes of a page of [`bdb`]: the fewest that Berkeley DB allows, so that headers need chains of pages.
const BDB_PAGE_BYTES: usize = 512;
/// Bytes of a value that is kept on the hash page; a longer one lies on overflow pages.
const BDB_INLINE_BYTES_MAX: usize = 100;

/// A Berkeley DB hash file (version 9) of `headers`, numbered from 1, and the record 0 that rpm keeps its counter in.
///
/// It has two buckets, the records in the first, on as many pages as they need, and the counter in the second; a page that
/// was freed; and as many overflow pages as it takes.
pub fn bdb(headers: &[Vec<u8>], order: Order) -> Vec<u8> {
    let counter =
        [[&[1], &order.word(0)[..]].concat(), [&[1], &order.word(headers.len() as u32)[..]].concat()];
    let mut second = bdb_page(order, 2, 13);
    bdb_items(order, &mut second, &counter);
    let mut pages = vec![Vec::new(), bdb_page(order, 1, 13), second, bdb_page(order, 3, 0)];
    let (mut current, mut items, mut room) = (1, Vec::new(), BDB_PAGE_BYTES - 26);
    for (number, value) in (1..).zip(headers) {
        let key = [&[1], &order.word(number)[..]].concat();
        let item = if value.len() <= BDB_INLINE_BYTES_MAX {
            [&[1], &value[..]].concat()
        } else {
            let first = bdb_overflow(order, &mut pages, value);
            [&[3, 0, 0, 0], &order.word(first)[..], &order.word(value.len() as u32)].concat()
        };
        let n_bytes = key.len() + item.len() + 4;
        if n_bytes > room {
            bdb_items(order, &mut pages[current], &std::mem::take(&mut items));
            let next = pages.len();
            pages[current][16..20].copy_from_slice(&order.word(next as u32));
            pages.push(bdb_page(order, next as u32, 13));
            pages[next][12..16].copy_from_slice(&order.word(current as u32));
            (current, room) = (next, BDB_PAGE_BYTES - 26);
        }
        room -= n_bytes;
        items.extend([key, item]);
    }
    bdb_items(order, &mut pages[current], &items);
    pages[0] = bdb_meta(order, pages.len() as u32 - 1, headers.len() as u32 + 1);
    pages.concat()
}

/// Adds the overflow pages of `value`, and returns the number of the first.
fn bdb_overflow(order: Order, pages: &mut Vec<Vec<u8>>, value: &[u8]) -> u32 {
    let first = pages.len() as u32;
    let pieces: Vec<&[u8]> = value.chunks(BDB_PAGE_BYTES - 26).collect();
    for (number, piece) in (first..).zip(&pieces) {
        let mut page = bdb_page(order, number, 7);
        let is_last = number + 1 == first + pieces.len() as u32;
        page[12..16].copy_from_slice(&order.word(if number == first { 0 } else { number - 1 }));
        page[16..20].copy_from_slice(&order.word(if is_last { 0 } else { number + 1 }));
        page[20..22].copy_from_slice(&order.half(1));
        page[22..24].copy_from_slice(&order.half(piece.len() as u16));
        page[26..26 + piece.len()].copy_from_slice(piece);
        pages.push(page);
    }
    first
}

fn bdb_meta(order: Order, last: u32, n_records: u32) -> Vec<u8> {
    let mut page = bdb_page(order, 0, 8);
    let words = [(12, 0x0006_1561), (16, 9), (20, BDB_PAGE_BYTES as u32), (28, 3), (32, last)];
    // What Berkeley DB's own hash function makes of a text that it tells functions apart by.
    const HASH_OF_CHARKEY: u32 = 0x5e68_8dd1;
    let hash = [(72, 1), (76, 1), (80, 0), (88, n_records), (92, HASH_OF_CHARKEY), (96, 1), (100, 1)];
    for (at, number) in words.into_iter().chain(hash) {
        page[at..at + 4].copy_from_slice(&order.word(number));
    }
    page[24] = 0;
    page
}

fn bdb_page(order: Order, number: u32, kind: u8) -> Vec<u8> {
    let mut page = vec![0; BDB_PAGE_BYTES];
    page[8..12].copy_from_slice(&order.word(number));
    page[22..24].copy_from_slice(&order.half(BDB_PAGE_BYTES as u16));
    page[25] = kind;
    page
}

/// Items go from the end of the page to its start, their places from its start to its end.
fn bdb_items(order: Order, page: &mut [u8], items: &[Vec<u8>]) {
    let mut end = BDB_PAGE_BYTES;
    for (index, item) in items.iter().enumerate() {
        end -= item.len();
        page[end..end + item.len()].copy_from_slice(item);
        let at = 26 + 2 * index;
        assert!(at + 2 <= end, "the records do not fit on one page");
        page[at..at + 2].copy_from_slice(&order.half(end as u16));
    }
    page[20..22].copy_from_slice(&order.half(items.len() as u16));
    page[22..24].copy_from_slice(&order.half(end as u16));
}

/// An NDB file (version 0) of `headers`, numbered from 1: pages of slots, then a blob each.
pub fn ndb(headers: &[Vec<u8>]) -> Vec<u8> {
    const PAGE_BYTES: usize = 4096;
    const BLOCK_BYTES: usize = 16;
    let word = |number: usize| (number as u32).to_le_bytes();
    // The header takes the place of two slots of 16 bytes.
    let n_pages = ((headers.len() + 2) * 16).div_ceil(PAGE_BYTES);
    let slots_bytes = n_pages * PAGE_BYTES;
    let mut slots = Vec::new();
    slots.extend(b"RpmP");
    for number in [0, headers.len(), n_pages, headers.len() + 1, 0, 0, 0] {
        slots.extend(word(number));
    }
    let mut blobs = Vec::new();
    for (index, header) in (1..).zip(headers) {
        let start = (slots_bytes + blobs.len()) / BLOCK_BYTES;
        blobs.extend(b"BlbS");
        [index, 1, header.len()].iter().for_each(|number| blobs.extend(word(*number)));
        blobs.extend(header);
        // A tail of checksum, length and magic ends on a block.
        blobs.resize((blobs.len() + 12).next_multiple_of(BLOCK_BYTES) - 12, 0);
        blobs.extend(word(adler32(header) as usize));
        blobs.extend(word(header.len()));
        blobs.extend(b"BlbE");
        let n_blocks = (slots_bytes + blobs.len()) / BLOCK_BYTES - start;
        slots.extend(b"Slot");
        [index, start, n_blocks].iter().for_each(|number| slots.extend(word(*number)));
    }
    while slots.len() < slots_bytes {
        slots.extend(b"Slot");
        slots.extend([0; 12]);
    }
    [slots, blobs].concat()
}

fn adler32(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1, 0), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    b << 16 | a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_states_its_own_size() {
        let headers = headers("name: a\nversion: 1\nfile: /usr/bin/a\n\nraw: nothing\n");
        let word = |at: usize| u32::from_be_bytes(headers[0][at..at + 4].try_into().unwrap()) as usize;
        assert_eq!(headers[0].len(), 8 + word(0) * 16 + word(4));
        assert_eq!(headers[1], b"nothing");
    }

    #[test]
    fn databases_are_whole_pages() {
        let headers = headers("name: a\nversion: 1\npadding: 1200\n\nname: b\nversion: 2\n");
        let little = bdb(&headers, Order::Little);
        assert_eq!(little.len() % BDB_PAGE_BYTES, 0);
        assert_eq!(little.len(), bdb(&headers, Order::Big).len());
        assert_eq!(ndb(&headers).len() % 16, 0);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }
}
