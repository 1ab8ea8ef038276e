//! The xz container (the .xz file format 1.2.1) around LZMA2 data: layers and feeds come in it.
//!
//! `lzma-rust2` decodes LZMA2; the container is read here because its own reader takes whatever dictionary size
//! a block header asks for (up to 4 GiB) and recurses for each empty stream. Only the LZMA2 filter is read: xz
//! adds the filters for machine code only when told to, and an archive that has one is refused by name.

use std::io::{self, BufRead, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use flate2::Crc;
use lzma_rust2::Lzma2Reader;

use model::digest::Hasher;

const STREAM_MAGIC: [u8; 6] = [0xfd, b'7', b'z', b'X', b'Z', 0];
const FOOTER_MAGIC: [u8; 2] = *b"YZ";
const LZMA2_FILTER: u64 = 0x21;

/// The uncompressed bytes of consecutive xz streams.
pub struct XzReader<R: BufRead> {
    state: State<R>,
    check: CheckKind,
    n_blocks: u64,
    bytes_read: u64,
    dictionary: Dictionary,
}

/// How large a dictionary may be, which is what decoding takes of memory.
#[derive(Clone, Copy, Debug)]
pub struct Dictionary {
    /// The most bytes of one.
    pub bytes_max: u64,
    /// The error of a stream that asks for more.
    pub too_large: fn(u64) -> io::Error,
}

enum State<R: BufRead> {
    /// Between streams; `first` until one stream was read.
    Stream {
        input: R,
        first: bool,
    },
    /// Before a block header or the index.
    Block(R),
    Data {
        reader: Box<Lzma2Reader<Tally<R>>>,
        check: Check,
    },
    End(R),
    /// Only while a state is being replaced, or after an error.
    Broken,
}

impl<R: BufRead> XzReader<R> {
    /// The streams of `input`.
    pub fn new(input: R, dictionary: Dictionary) -> Self {
        Self {
            state: State::Stream { input, first: true },
            check: CheckKind::None,
            n_blocks: 0,
            bytes_read: 0,
            dictionary,
        }
    }

    /// Compressed bytes decoded so far.
    pub fn bytes_in(&self) -> u64 {
        match &self.state {
            State::Data { reader, .. } => self.bytes_read + reader.inner().bytes,
            _ => self.bytes_read,
        }
    }

    /// Moves on to the next state that can hand out data; false at the end.
    fn advance(&mut self) -> io::Result<bool> {
        match std::mem::replace(&mut self.state, State::Broken) {
            State::Stream { mut input, first } => {
                if skip_padding(&mut input, first)? {
                    self.state = State::End(input);
                    return Ok(false);
                }
                self.check = read_stream_header(&mut input)?;
                self.n_blocks = 0;
                self.state = State::Block(input);
                Ok(true)
            }
            State::Block(mut input) => {
                self.state = match read_block_header(&mut input, self.dictionary)? {
                    Some(dictionary_bytes) => {
                        self.n_blocks += 1;
                        let tally = Tally { input, bytes: 0 };
                        State::Data {
                            reader: Box::new(Lzma2Reader::new(tally, dictionary_bytes, None)),
                            check: Check::new(self.check)?,
                        }
                    }
                    None => {
                        skip_index(&mut input, self.n_blocks)?;
                        let mut footer = [0; 12];
                        input.read_exact(&mut footer)?;
                        if footer[10..] != FOOTER_MAGIC || crc32(&footer[4..10]).to_le_bytes() != footer[..4]
                        {
                            return Err(malformed("stream footer"));
                        }
                        State::Stream { input, first: false }
                    }
                };
                Ok(true)
            }
            State::Data { reader, check } => {
                // The data ended: padding to four bytes, then the check (§3.3, §3.4).
                let Tally { mut input, bytes } = reader.into_inner();
                self.bytes_read += bytes;
                let mut padding = [0; 3];
                let n_padding = usize::try_from((4 - bytes % 4) % 4).expect("at most three");
                input.read_exact(&mut padding[..n_padding])?;
                check.verify(&mut input)?;
                self.state = State::Block(input);
                Ok(true)
            }
            State::End(input) => {
                self.state = State::End(input);
                Ok(false)
            }
            State::Broken => Err(malformed("stream")),
        }
    }
}

impl<R: BufRead> Read for XzReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            if let State::Data { reader, check } = &mut self.state {
                // The decoder indexes its dictionary with what the stream says; a stream that makes it panic is
                // a malformed stream.
                let n_bytes = catch_unwind(AssertUnwindSafe(|| reader.read(out)))
                    .unwrap_or_else(|_| Err(malformed("LZMA2 data")))?;
                if n_bytes > 0 {
                    check.update(&out[..n_bytes]);
                    return Ok(n_bytes);
                }
            }
            if !self.advance()? {
                return Ok(0);
            }
        }
    }
}

/// Counts what the decoder takes.
struct Tally<R> {
    input: R,
    bytes: u64,
}

impl<R: BufRead> Read for Tally<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        // The decoder asks for single bytes, which a buffer has at hand.
        let n_bytes = self.input.fill_buf()?.read(out)?;
        self.input.consume(n_bytes);
        self.bytes += n_bytes as u64;
        Ok(n_bytes)
    }
}

/// The integrity check of a block (§2.1.1.2).
#[derive(Clone, Copy)]
enum CheckKind {
    None,
    Crc32,
    Crc64,
    Sha256,
    Unknown(u8),
}

enum Check {
    None,
    Crc32(Crc),
    Crc64(u64),
    Sha256(Hasher),
}

impl Check {
    fn new(kind: CheckKind) -> io::Result<Self> {
        Ok(match kind {
            CheckKind::None => Self::None,
            CheckKind::Crc32 => Self::Crc32(Crc::new()),
            CheckKind::Crc64 => Self::Crc64(!0),
            CheckKind::Sha256 => Self::Sha256(Hasher::sha256()),
            CheckKind::Unknown(id) => {
                return Err(io::Error::new(
                    io::ErrorKind::Unsupported,
                    format!("the xz stream uses the unknown check {id}"),
                ));
            }
        })
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::None => {}
            Self::Crc32(crc) => crc.update(bytes),
            Self::Crc64(crc) => *crc = crc64(*crc, bytes),
            Self::Sha256(hasher) => hasher.update(bytes),
        }
    }

    fn verify(self, input: &mut impl Read) -> io::Result<()> {
        let mut stated = [0; 32];
        let agrees = match self {
            Self::None => true,
            Self::Crc32(crc) => {
                input.read_exact(&mut stated[..4])?;
                stated[..4] == crc.sum().to_le_bytes()
            }
            Self::Crc64(crc) => {
                input.read_exact(&mut stated[..8])?;
                stated[..8] == (!crc).to_le_bytes()
            }
            Self::Sha256(hasher) => {
                input.read_exact(&mut stated)?;
                hasher.finish().hex() == stated.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
            }
        };
        if agrees { Ok(()) } else { Err(malformed("checksum")) }
    }
}

/// CRC-64 with the ECMA-182 polynomial, reflected (§6).
fn crc64(mut crc: u64, bytes: &[u8]) -> u64 {
    const TABLE: [u64; 256] = {
        let mut table = [0; 256];
        let mut index = 0;
        while index < 256 {
            let mut value = index as u64;
            let mut bit = 0;
            while bit < 8 {
                value = if value & 1 == 1 { (value >> 1) ^ 0xc96c_5795_d787_0f42 } else { value >> 1 };
                bit += 1;
            }
            table[index] = value;
            index += 1;
        }
        table
    };
    for byte in bytes {
        crc = TABLE[usize::from(crc.to_le_bytes()[0] ^ byte)] ^ (crc >> 8);
    }
    crc
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the xz {what} is malformed"))
}

/// Skips the zero bytes that may stand between streams (§2.2); true when nothing follows them.
fn skip_padding(input: &mut impl BufRead, first: bool) -> io::Result<bool> {
    loop {
        let available = input.fill_buf()?;
        if available.is_empty() {
            return Ok(!first);
        }
        let n_zeros = if first { 0 } else { available.iter().take_while(|&&byte| byte == 0).count() };
        if n_zeros == 0 {
            return Ok(false);
        }
        input.consume(n_zeros);
    }
}

fn read_stream_header(input: &mut impl Read) -> io::Result<CheckKind> {
    let mut header = [0; 12];
    input.read_exact(&mut header)?;
    let [.., reserved, check, _, _, _, _] = header;
    if header[..6] != STREAM_MAGIC || reserved != 0 || crc32(&header[6..8]).to_le_bytes() != header[8..] {
        return Err(malformed("stream header"));
    }
    Ok(match check {
        0x00 => CheckKind::None,
        0x01 => CheckKind::Crc32,
        0x04 => CheckKind::Crc64,
        0x0a => CheckKind::Sha256,
        id => CheckKind::Unknown(id),
    })
}

/// The dictionary size that a block header (§3.1) asks for, or none where the index begins.
fn read_block_header(input: &mut impl Read, dictionary: Dictionary) -> io::Result<Option<u32>> {
    let mut size = [0];
    input.read_exact(&mut size)?;
    if size == [0] {
        return Ok(None);
    }
    let mut header = vec![0; (usize::from(size[0]) + 1) * 4];
    header[0] = size[0];
    input.read_exact(&mut header[1..])?;
    let (fields, crc) = header.split_at(header.len() - 4);
    if crc32(fields).to_le_bytes() != crc {
        return Err(malformed("block header"));
    }
    let flags = fields[1];
    let mut fields = &fields[2..];
    for stated in [0x40, 0x80] {
        if flags & stated != 0 {
            read_number(&mut fields)?;
        }
    }
    let filter = read_number(&mut fields)?;
    if flags & 0x03 != 0 || filter != LZMA2_FILTER {
        return Err(io::Error::new(
            io::ErrorKind::Unsupported,
            format!("the xz stream uses a filter other than LZMA2 (the first is {filter:#x})"),
        ));
    }
    match (read_number(&mut fields)?, fields.first()) {
        // The size is 2 or 3 shifted left (§5.3.1); 40 means 4 GiB less one.
        (1, Some(&bits @ 0..40)) => {
            let bytes = u64::from(2 | (bits & 1)) << (bits / 2 + 11);
            match u32::try_from(bytes) {
                Ok(bytes) if u64::from(bytes) <= dictionary.bytes_max => Ok(Some(bytes)),
                _ => Err((dictionary.too_large)(dictionary.bytes_max)),
            }
        }
        (1, Some(40)) => Err((dictionary.too_large)(dictionary.bytes_max)),
        _ => Err(malformed("block header")),
    }
}

/// Reads past the index (§4), of which the leading zero byte was already read.
fn skip_index(input: &mut impl BufRead, n_blocks: u64) -> io::Result<()> {
    let mut bytes = 1;
    let n_records = read_counted_number(input, &mut bytes)?;
    if n_records != n_blocks {
        return Err(malformed("index"));
    }
    for _ in 0..n_records * 2 {
        read_counted_number(input, &mut bytes)?;
    }
    let mut rest = [0; 7];
    let n_rest = usize::try_from((4 - bytes % 4) % 4 + 4).expect("at most seven");
    input.read_exact(&mut rest[..n_rest])
}

fn read_counted_number(input: &mut impl Read, bytes: &mut u64) -> io::Result<u64> {
    let mut tally = CountedRead { input, bytes };
    read_number(&mut tally)
}

struct CountedRead<'a, R> {
    input: &'a mut R,
    bytes: &'a mut u64,
}

impl<R: Read> Read for CountedRead<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n_bytes = self.input.read(out)?;
        *self.bytes += n_bytes as u64;
        Ok(n_bytes)
    }
}

/// A variable-length integer (§1.2).
fn read_number(input: &mut impl Read) -> io::Result<u64> {
    let mut number = 0;
    for position in 0..9 {
        let mut byte = [0];
        input.read_exact(&mut byte)?;
        number |= u64::from(byte[0] & 0x7f) << (7 * position);
        if byte[0] & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(malformed("number"))
}

#[cfg(test)]
mod tests {
    use testkit::image::{Compression, compress};

    use super::*;

    const MAX: u64 = 64 << 20;

    fn unpacked(packed: &[u8], bytes_max: u64) -> io::Result<Vec<u8>> {
        let too_large = |bytes_max| io::Error::other(format!("above {bytes_max} bytes"));
        let mut out = Vec::new();
        XzReader::new(packed, Dictionary { bytes_max, too_large }).read_to_end(&mut out)?;
        Ok(out)
    }

    #[test]
    fn streams_that_follow_one_another_are_one_content() {
        let mut packed = compress(b"a feed", Compression::Xz);
        packed.extend([0; 8]);
        packed.extend(compress(b" in two", Compression::Xz));
        assert_eq!(unpacked(&packed, MAX).unwrap(), b"a feed in two");
        for n_bytes in 0..packed.len() {
            // Cut behind the first stream and its padding it is whole, and the outer format has to tell.
            let _ = unpacked(&packed[..n_bytes], MAX);
        }
        assert!(unpacked(&packed[..packed.len() - 1], MAX).is_err());
    }

    #[test]
    fn a_dictionary_above_the_limit_is_refused() {
        let packed = compress(&[7; 100], Compression::Xz);
        let error = unpacked(&packed, 4095).unwrap_err();
        assert!(error.to_string().contains("above 4095 bytes"), "{error}");
        // What a header asks for decides, not what the content needs: 40 means 4 GiB.
        let mut asking = packed;
        let header_bytes = (usize::from(asking[12]) + 1) * 4;
        assert_eq!(asking[13..16], [0, 0x21, 1], "one LZMA2 filter, and no sizes before it");
        asking[16] = 40;
        let crc = crc32(&asking[12..12 + header_bytes - 4]).to_le_bytes();
        asking[12 + header_bytes - 4..12 + header_bytes].copy_from_slice(&crc);
        let error = unpacked(&asking, MAX).unwrap_err();
        assert!(error.to_string().contains("above 67108864 bytes"), "{error}");
    }

    #[test]
    fn damaged_bytes_are_an_error_or_other_content_and_no_panic() {
        let packed = compress(&b"feeds ".repeat(300), Compression::Xz);
        for mutation in testkit::mutate::mutations(&packed, 400) {
            let _ = unpacked(&mutation, MAX);
        }
    }

    #[test]
    fn the_checks_agree_with_their_published_values() {
        assert_eq!(!crc64(!0, b"123456789"), 0x995d_c9bb_df19_39fa);
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }
}
