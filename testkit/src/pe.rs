//! The smallest Windows library that has a version resource.

/// Where sections lie in the file and in memory.
const SECTION_AT: u32 = 0x200;
const ADDRESS: u32 = 0x1000;
/// Far less than any real library has.
const LIBRARY_BYTES_MIN: usize = 4 << 10;

/// A 64-bit PE file whose only content is the section `.rsrc` with one version resource that holds `strings`. It does
/// not run. Zeros stand for the code, so that it is not too small to be taken for a program.
pub fn library(strings: &[(&str, &str)]) -> Vec<u8> {
    portable_executable(strings, [0, 0])
}

/// The same, which says that it holds code for .NET.
pub fn assembly(strings: &[(&str, &str)]) -> Vec<u8> {
    portable_executable(strings, [ADDRESS, 72])
}

/// `runtime_header` is where the header of .NET would lie: address and bytes.
fn portable_executable(strings: &[(&str, &str)], runtime_header: [u32; 2]) -> Vec<u8> {
    let resources = resources(&version(strings));
    let bytes = u32::try_from(resources.len()).expect("a few strings");
    let mut out = b"MZ".to_vec();
    out.resize(0x3c, 0);
    word(&mut out, &[0x40]);
    out.extend(b"PE\0\0");
    half(&mut out, &[0x8664, 1]); // x86-64, one section
    word(&mut out, &[0, 0, 0]);
    half(&mut out, &[240, 0x2022]); // a library
    half(&mut out, &[0x20b, 0]);
    word(&mut out, &[0, bytes, 0, 0, 0]);
    long(&mut out, &[0x1_8000_0000]);
    word(&mut out, &[0x1000, 0x200]);
    half(&mut out, &[6, 0, 0, 0, 6, 0]);
    word(&mut out, &[0, 0x3000, SECTION_AT, 0]);
    half(&mut out, &[3, 0]);
    long(&mut out, &[0, 0, 0, 0]);
    word(&mut out, &[0, 16]);
    for directory in 0..16 {
        let entry = match directory {
            2 => [ADDRESS, bytes],
            14 => runtime_header,
            _ => [0, 0],
        };
        word(&mut out, &entry);
    }
    out.extend(b".rsrc\0\0\0");
    word(&mut out, &[bytes, ADDRESS, bytes, SECTION_AT, 0, 0, 0, 0x4000_0040]);
    out.resize(SECTION_AT as usize, 0);
    out.extend(resources);
    out.resize(out.len().max(LIBRARY_BYTES_MIN), 0);
    out
}

/// Three directories of one entry each (type 16, name 1, language 0x409), the leaf and `version`.
fn resources(version: &[u8]) -> Vec<u8> {
    const DIRECTORY_BYTES: u32 = 24;
    const LEAF_BYTES: u32 = 16;
    let mut out = Vec::new();
    for (level, id) in [(1, 16), (2, 1), (3, 0x409)] {
        word(&mut out, &[0, 0, 0]);
        half(&mut out, &[0, 1]);
        word(&mut out, &[id, (level * DIRECTORY_BYTES) | if level < 3 { 1 << 31 } else { 0 }]);
    }
    let len = u32::try_from(version.len()).expect("a few strings");
    word(&mut out, &[ADDRESS + 3 * DIRECTORY_BYTES + LEAF_BYTES, len, 0, 0]);
    out.extend(version);
    out
}

fn version(strings: &[(&str, &str)]) -> Vec<u8> {
    let text = |text: &str| text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let strings = strings.iter().map(|(key, value)| block(key, true, &text(value), &[])).collect::<Vec<_>>();
    let table = block("040904b0", true, &[], &strings);
    block("VS_VERSION_INFO", false, &[0; 52], &[block("StringFileInfo", true, &[], &[table])])
}

/// One block: lengths, kind, key, value and the blocks in it, each aligned to four bytes.
fn block(key: &str, is_text: bool, value: &[u8], below: &[Vec<u8>]) -> Vec<u8> {
    let mut out = vec![0; 6];
    out.extend(key.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
    out.resize(out.len().next_multiple_of(4), 0);
    out.extend(value);
    for child in below {
        out.resize(out.len().next_multiple_of(4), 0);
        out.extend(child);
    }
    let value_len = if is_text { value.len() / 2 } else { value.len() };
    let header = [out.len(), value_len, usize::from(is_text)];
    let header = header.map(|number| u16::try_from(number).expect("a few strings").to_le_bytes());
    out[..6].copy_from_slice(header.as_flattened());
    out
}

fn half(out: &mut Vec<u8>, values: &[u16]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn word(out: &mut Vec<u8>, values: &[u32]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn long(out: &mut Vec<u8>, values: &[u64]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resource_lies_where_the_headers_say() {
        let library = library(&[("ProductName", "Acme Demo")]);
        assert_eq!(&library[0x40..0x44], b"PE\0\0");
        let number = |at: usize| u32::from_le_bytes(library[at..at + 4].try_into().unwrap());
        let directories = 0x40 + 4 + 20 + 112;
        let section = directories + 16 * 8;
        assert_eq!(&library[section..section + 5], b".rsrc");
        assert_eq!(number(directories + 2 * 8), number(section + 12), "directory and section agree");
        assert_eq!(number(section + 20), SECTION_AT);
        assert!(section + 40 <= SECTION_AT as usize);
    }
}
