//! Binary files of operating systems, made from what matters in them.

use std::io::Write as _;

/// `bytes` with gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("memory takes everything");
    encoder.finish().expect("memory takes everything")
}

/// `bytes` with zstd.
pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(bytes, 3).expect("memory takes everything")
}

/// A Debian archive (deb(5)) with this control file and nothing else in it.
pub fn deb(control: &[u8]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, content) in [("./md5sums", &b""[..]), ("./control", control)] {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        tar.append_data(&mut header, path, content).expect("memory takes everything");
    }
    let control = gzip(&tar.into_inner().expect("memory takes everything"));
    let mut archive = b"!<arch>\n".to_vec();
    for (name, content) in
        [("debian-binary", &b"2.0\n"[..]), ("control.tar.gz", &control), ("data.tar", &[0; 10])]
    {
        writeln!(archive, "{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`", 0, 0, 0, 100644, content.len())
            .expect("memory takes everything");
        archive.extend(content);
        if content.len() % 2 == 1 {
            archive.push(b'\n');
        }
    }
    archive
}

/// The boot header of a kernel for x86-64 that leads to `version`.
pub fn bz_image(version: &str) -> Vec<u8> {
    let mut image = vec![0; 0x280];
    image[0x202..0x206].copy_from_slice(b"HdrS");
    image[0x206..0x208].copy_from_slice(&0x20f_u16.to_le_bytes());
    image[0x20e..0x210].copy_from_slice(&0x80_u16.to_le_bytes());
    image[0x236] = 1;
    image.extend(version.as_bytes());
    image.extend([0; 16]);
    image
}

/// The image of an ARM kernel that unpacks itself, of nothing but `banner`.
pub fn z_image(banner: &[u8]) -> Vec<u8> {
    let mut image = vec![0; 0x40];
    image[0x24..0x28].copy_from_slice(&0x016f_2818_u32.to_le_bytes());
    // What looks like a stream and is none.
    image.extend([0x1f, 0x8b, 8, 0, 0]);
    image.extend(gzip(banner));
    image
}

/// An EFI program that carries a kernel of nothing but `banner`.
pub fn zboot(banner: &[u8]) -> Vec<u8> {
    let payload = zstd(banner);
    let mut image = vec![0; 0x40];
    image[..2].copy_from_slice(b"MZ");
    image[4..8].copy_from_slice(b"zimg");
    image[8..12].copy_from_slice(&0x40_u32.to_le_bytes());
    image[12..16].copy_from_slice(&u32::try_from(payload.len()).expect("a short payload").to_le_bytes());
    image[0x18..0x1c].copy_from_slice(b"zstd");
    image.extend(payload);
    image
}

/// A relocatable ELF file for x86-64 with the lines of `info` in its section `.modinfo`.
pub fn module(info: &str) -> Vec<u8> {
    const NAMES: &[u8] = b"\0.modinfo\0.shstrtab\0";
    const HEADER_BYTES: u64 = 64;
    let info: Vec<u8> = info.lines().flat_map(|line| line.bytes().chain([0])).collect();
    let names_at = HEADER_BYTES + info.len() as u64;
    let sections_at = (names_at + NAMES.len() as u64).next_multiple_of(8);
    let mut out = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    out.extend([1, 0, 62, 0, 1, 0, 0, 0]);
    out.extend([0_u64, 0, sections_at].iter().flat_map(|number| number.to_le_bytes()));
    out.extend([0; 4]);
    out.extend([64_u16, 0, 0, 64, 3, 2].iter().flat_map(|number| number.to_le_bytes()));
    out.extend(&info);
    out.extend(NAMES);
    out.resize(sections_at as usize, 0);
    for (name, kind, at, bytes) in
        [(0_u32, 0_u32, 0, 0), (1, 1, HEADER_BYTES, info.len() as u64), (10, 3, names_at, NAMES.len() as u64)]
    {
        out.extend([name, kind].iter().flat_map(|number| number.to_le_bytes()));
        out.extend([0, 0, at, bytes, 0, 1, 0].iter().flat_map(|number: &u64| number.to_le_bytes()));
        // Link and info are one number of eight bytes above.
    }
    out
}
