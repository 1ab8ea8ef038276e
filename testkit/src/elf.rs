//! The smallest ELF program that has given sections.

/// Far less than any real program has.
const PROGRAM_BYTES_MIN: usize = 8 << 10;
/// Where the file lies in memory.
const BASE: u64 = 0x40_0000;

/// A 64-bit little-endian ELF file for x86-64 whose only content is `sections`, by name, each aligned to 16 bytes. It does
/// not run. Zeros stand for the code, so that it is not too small to be taken for a program.
pub fn program(sections: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut strings = Vec::new();
    let mut name_at = |name: &str| {
        let at = u32::try_from(strings.len()).expect("a few sections");
        strings.extend(name.as_bytes());
        strings.push(0);
        at
    };
    let empty_at = name_at("");
    let named: Vec<u32> = sections.iter().map(|(name, _)| name_at(name)).collect();
    let own_at = name_at(".shstrtab");

    let mut out = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    out.resize(64, 0);
    let mut headers = header(empty_at, 0, 0, 0, 0);
    for ((_, bytes), name) in sections.iter().zip(&named) {
        out.resize(out.len().next_multiple_of(16), 0);
        headers.extend(header(*name, 1, BASE + out.len() as u64, out.len() as u64, bytes.len() as u64));
        out.extend(bytes);
    }
    headers.extend(header(own_at, 3, 0, out.len() as u64, strings.len() as u64));
    out.extend(&strings);
    out.resize(out.len().next_multiple_of(8), 0);
    let headers_at = out.len() as u64;
    out.extend(headers);
    out.resize(out.len().max(PROGRAM_BYTES_MIN), 0);

    let n_sections = u16::try_from(sections.len() + 2).expect("a few sections");
    let mut fields = Vec::new();
    fields.extend([2_u16, 62].iter().flat_map(|value| value.to_le_bytes())); // executable, x86-64
    fields.extend(1_u32.to_le_bytes());
    fields.extend([BASE, 0, headers_at].iter().flat_map(|value| value.to_le_bytes()));
    fields.extend(0_u32.to_le_bytes());
    let sizes = [64, 56, 0, 64, n_sections, n_sections - 1];
    fields.extend(sizes.iter().flat_map(|value| value.to_le_bytes()));
    out[16..64].copy_from_slice(&fields);
    out
}

/// The host of a .NET program that was published as a single file, with a bundle (version 6) of which only the header,
/// `deps`, the document that lists its packages, and `configuration`, which says what it runs on, are there.
pub fn dotnet_bundle(deps: &[u8], configuration: &[u8]) -> Vec<u8> {
    const ID: &[u8] = b"acme-bundle";
    // The SHA-256 of `.net core bundle` and a line feed.
    const MARKER: [u8; 32] = [
        0x8b, 0x12, 0x02, 0xb9, 0x6a, 0x61, 0x20, 0x38, 0x72, 0x7b, 0x93, 0x02, 0x14, 0xd7, 0xa0, 0x32, 0x13,
        0xf5, 0xb9, 0xe6, 0xef, 0xae, 0x33, 0x18, 0xee, 0x3b, 0x2d, 0xce, 0x24, 0xb3, 0x6a, 0xae,
    ];
    let bundle_at = PROGRAM_BYTES_MIN as u64;
    let mut out = program(&[(".data", [&bundle_at.to_le_bytes()[..], &MARKER].concat())]);
    let deps_at = bundle_at + 12 + 1 + ID.len() as u64 + 40;
    out.extend([6_u32, 0, 1].iter().flat_map(|value| value.to_le_bytes()));
    out.push(u8::try_from(ID.len()).expect("a short id"));
    out.extend(ID);
    let configuration_at = if configuration.is_empty() { 0 } else { deps_at + deps.len() as u64 };
    let places = [deps_at, deps.len() as u64, configuration_at, configuration.len() as u64, 0];
    out.extend(places.iter().flat_map(|value| value.to_le_bytes()));
    out.extend(deps);
    out.extend(configuration);
    out
}

fn header(name: u32, kind: u32, address: u64, at: u64, bytes: u64) -> Vec<u8> {
    let mut out = [name, kind].iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    out.extend([2, address, at, bytes].iter().flat_map(|value| value.to_le_bytes()));
    out.extend([0_u8; 8]);
    out.extend([1_u64, 0].iter().flat_map(|value| value.to_le_bytes()));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sections_lie_where_the_headers_say() {
        let program = program(&[(".demo", b"content".to_vec())]);
        let number = |at: usize| u64::from_le_bytes(program[at..at + 8].try_into().unwrap()) as usize;
        let section = number(40) + 64;
        let (at, bytes) = (number(section + 24), number(section + 32));
        assert_eq!(&program[at..at + bytes], b"content");
    }
}
