//! The block before an entry, and how numbers are written in it (POSIX.1-2024 pax, "ustar Interchange Format"; GNU tar
//! manual, "Basic Tar Format").

use std::io;

use super::BLOCK_BYTES;

/// One block, as it stands in the stream.
pub(super) struct Header(pub(super) [u8; BLOCK_BYTES as usize]);

impl Header {
    pub(super) fn kind(&self) -> u8 {
        self.0[156]
    }

    pub(super) fn size(&self) -> io::Result<u64> {
        number(&self.0[124..136])
    }

    /// The permission bits; none if the field is malformed, as it is in some very old archives.
    pub(super) fn mode(&self) -> u64 {
        number(&self.0[100..108]).unwrap_or(0)
    }

    /// `prefix/name` in POSIX archives; GNU ones keep dates where POSIX has the prefix.
    pub(super) fn path(&self) -> Vec<u8> {
        let name = until_nul(&self.0[..100]);
        let prefix = if &self.0[257..263] == b"ustar\0" { until_nul(&self.0[345..500]) } else { b"" };
        if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() }
    }

    /// Compares the checksum, which old programs computed over signed bytes.
    pub(super) fn check(&self) -> io::Result<()> {
        let stated = number(&self.0[148..156])?;
        let with_blanks = || self.0[..148].iter().chain(&[b' '; 8]).chain(&self.0[156..]);
        let unsigned: u64 = with_blanks().map(|&byte| u64::from(byte)).sum();
        let signed = || -> i64 { with_blanks().map(|&byte| i64::from(byte.cast_signed())).sum() };
        if stated == unsigned || i64::try_from(stated) == Ok(signed()) {
            Ok(())
        } else {
            Err(malformed("header"))
        }
    }
}

/// An octal field, or a binary one when its first bit is set (GNU).
pub(super) fn number(field: &[u8]) -> io::Result<u64> {
    if let [first, rest @ ..] = field
        && first & 0x80 != 0
    {
        let mut value = u64::from(first & 0x7f);
        for &byte in rest {
            if value >> 56 != 0 {
                return Err(malformed("number"));
            }
            value = value << 8 | u64::from(byte);
        }
        return Ok(value);
    }
    let text = until_nul(field).trim_ascii();
    let mut value = 0;
    for &digit in text {
        if !matches!(digit, b'0'..=b'7') {
            return Err(malformed("number"));
        }
        value = value << 3 | u64::from(digit - b'0');
    }
    Ok(value)
}

pub(super) fn decimal(text: &[u8]) -> io::Result<u64> {
    std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or_else(|| malformed("number"))
}

pub(super) fn until_nul(field: &[u8]) -> &[u8] {
    field.split(|&byte| byte == 0).next().unwrap_or_default()
}

pub(super) fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the tar stream has a malformed {what}"))
}
