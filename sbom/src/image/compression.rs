//! Plain, gzip, zstd and xz streams as one buffered reader, told apart by their first bytes.
//!
//! Gzip framing (RFC 1952) is read here rather than by `flate2`, for three reasons: members may follow each
//! other; what follows the last member and is no member is ignored, as `gzip` does; and the CRC-32 of each member
//! can be left out where the digest of the compressed bytes is verified anyway, which saves a tenth of the time.

use std::fmt;
use std::io::{self, BufRead, Read};

use flate2::{Crc, Decompress, FlushDecompress, Status};
use model::limits::Limits;
use xz::{Dictionary, XzReader};

use super::error::LimitPassed;

/// Bytes of uncompressed output made at a time. At 64 KiB inflating is a fifth slower.
const OUTPUT_BYTES: usize = 256 << 10;

/// Output up to here is never taken for a bomb.
const RATIO_FREE_BYTES: u64 = 64 << 20;

/// How a stream is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    Gzip,
    Zstd,
    Xz,
}

impl Compression {
    /// The compression whose magic number `start` begins with; anything else is plain.
    pub(super) fn of(start: &[u8]) -> Self {
        match start {
            [0x1f, 0x8b, ..] => Self::Gzip,
            // A frame, or one of the sixteen skippable frames that may come first (RFC 8878 §3.1).
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            [0xfd, b'7', b'z', b'X', b'Z', 0x00, ..] => Self::Xz,
            _ => Self::None,
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::None => "plain",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Xz => "xz",
        })
    }
}

/// Whether a checksum that the compressed stream carries is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checksums {
    /// The stream's own checksum is the only one there is.
    Verify,
    /// The digest of the compressed bytes is verified elsewhere; gzip's CRC-32 would say the same again.
    CoveredByDigest,
}

/// The uncompressed bytes of a stream, within limits.
///
/// Fails with [`LimitPassed`] inside the `io::Error` when the stream inflates beyond `layer_bytes_max`, or beyond
/// `inflate_ratio_max` times its compressed size.
pub(crate) struct Inflated<R: BufRead> {
    form: Form<R>,
    bytes_out: u64,
    layer_bytes_max: u64,
    inflate_ratio_max: u64,
    window_bytes_max: u64,
}

enum Form<R: BufRead> {
    Plain(Counted<R>),
    Gzip(GzipReader<Counted<R>>),
    Zstd(Buffered<zstd::stream::read::Decoder<'static, Counted<R>>>),
    Xz(Buffered<XzReader<Counted<R>>>),
}

impl<R: BufRead> Inflated<R> {
    /// The uncompressed bytes of `reader`, whose compression is found from its first bytes.
    pub(crate) fn new(mut reader: R, checksums: Checksums, limits: &Limits) -> io::Result<Self> {
        // Every source hands out far more than a magic number at once, except at the very end of the stream.
        let compression = Compression::of(reader.fill_buf()?);
        let reader = Counted { reader, bytes: 0 };
        let form = match compression {
            Compression::None => Form::Plain(reader),
            Compression::Gzip => Form::Gzip(GzipReader::new(reader, checksums)),
            Compression::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(reader)?;
                decoder.window_log_max(limits.window_bytes_max.max(1).ilog2().clamp(10, 31))?;
                Form::Zstd(Buffered::new(decoder))
            }
            Compression::Xz => {
                let too_large = |bytes_max| LimitPassed::error("window_bytes_max", bytes_max);
                let dictionary = Dictionary { bytes_max: limits.window_bytes_max, too_large };
                Form::Xz(Buffered::new(XzReader::new(reader, dictionary)))
            }
        };
        Ok(Self {
            form,
            bytes_out: 0,
            layer_bytes_max: limits.layer_bytes_max,
            inflate_ratio_max: limits.inflate_ratio_max,
            window_bytes_max: limits.window_bytes_max,
        })
    }

    /// Uncompressed bytes handed out so far.
    pub(super) fn bytes_out(&self) -> u64 {
        self.bytes_out
    }

    fn bytes_in(&self) -> u64 {
        match &self.form {
            Form::Plain(reader) => reader.bytes,
            Form::Gzip(reader) => reader.input.bytes,
            Form::Zstd(reader) => reader.inner.get_ref().bytes,
            Form::Xz(reader) => reader.inner.bytes_in(),
        }
    }

    fn check_limits(&self) -> io::Result<()> {
        if self.bytes_out > self.layer_bytes_max {
            return Err(LimitPassed::error("layer_bytes_max", self.layer_bytes_max));
        }
        let bytes_max =
            self.bytes_in().saturating_mul(self.inflate_ratio_max).saturating_add(RATIO_FREE_BYTES);
        if self.bytes_out > bytes_max {
            return Err(LimitPassed::error("inflate_ratio_max", self.inflate_ratio_max));
        }
        Ok(())
    }
}

impl<R: BufRead> BufRead for Inflated<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.check_limits()?;
        match &mut self.form {
            Form::Plain(reader) => reader.fill_buf(),
            Form::Gzip(reader) => reader.fill_buf(),
            Form::Zstd(reader) => reader.fill_buf().map_err(|error| zstd_error(error, self.window_bytes_max)),
            Form::Xz(reader) => reader.fill_buf(),
        }
    }

    fn consume(&mut self, n_bytes: usize) {
        self.bytes_out += n_bytes as u64;
        match &mut self.form {
            Form::Plain(reader) => reader.consume(n_bytes),
            Form::Gzip(reader) => reader.consume(n_bytes),
            Form::Zstd(reader) => reader.consume(n_bytes),
            Form::Xz(reader) => reader.consume(n_bytes),
        }
    }
}

impl<R: BufRead> Read for Inflated<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        read_buffered(self, out)
    }
}

/// Names the limit when a frame asks for a larger window (`ZSTD_error_frameParameter_windowTooLarge`, of which only the
/// words arrive here).
fn zstd_error(error: io::Error, window_bytes_max: u64) -> io::Error {
    if error.to_string().contains("requires too much memory") {
        LimitPassed::error("window_bytes_max", window_bytes_max)
    } else {
        error
    }
}

/// `Read::read` for a reader that is foremost a `BufRead`.
pub(super) fn read_buffered(reader: &mut impl BufRead, out: &mut [u8]) -> io::Result<usize> {
    let available = reader.fill_buf()?;
    let n_bytes = available.len().min(out.len());
    out[..n_bytes].copy_from_slice(&available[..n_bytes]);
    reader.consume(n_bytes);
    Ok(n_bytes)
}

/// A buffered reader that counts what is taken from it.
struct Counted<R> {
    reader: R,
    bytes: u64,
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    fn consume(&mut self, n_bytes: usize) {
        self.bytes += n_bytes as u64;
        self.reader.consume(n_bytes);
    }
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        read_buffered(self, out)
    }
}

/// `BufReader` with access to what it reads from.
struct Buffered<R> {
    inner: R,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
}

impl<R: Read> Buffered<R> {
    fn new(inner: R) -> Self {
        Self { inner, buffer: vec![0; OUTPUT_BYTES].into(), start: 0, end: 0 }
    }

    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            self.start = 0;
            self.end = self.inner.read(&mut self.buffer)?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, n_bytes: usize) {
        self.start += n_bytes;
    }
}

/// The uncompressed bytes of consecutive gzip members.
struct GzipReader<R> {
    input: R,
    inflate: Decompress,
    crc: Option<Crc>,
    state: GzipState,
    output: Box<[u8]>,
    start: usize,
    end: usize,
    member_bytes: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum GzipState {
    Header,
    Body,
    Trailer,
    End,
}

impl<R: BufRead> GzipReader<R> {
    fn new(input: R, checksums: Checksums) -> Self {
        Self {
            input,
            inflate: Decompress::new(false),
            crc: (checksums == Checksums::Verify).then(Crc::new),
            state: GzipState::Header,
            output: vec![0; OUTPUT_BYTES].into(),
            start: 0,
            end: 0,
            member_bytes: 0,
        }
    }

    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.start == self.end {
            match self.state {
                GzipState::Header => {
                    skip_gzip_header(&mut self.input)?;
                    self.state = GzipState::Body;
                }
                GzipState::Body => self.inflate_some()?,
                GzipState::Trailer => {
                    self.check_trailer()?;
                    self.inflate.reset(false);
                    self.member_bytes = 0;
                    if let Some(crc) = &mut self.crc {
                        crc.reset();
                    }
                    let follows = self.input.fill_buf()?.first() == Some(&0x1f);
                    self.state = if follows { GzipState::Header } else { GzipState::End };
                }
                GzipState::End => break,
            }
        }
        Ok(&self.output[self.start..self.end])
    }

    fn consume(&mut self, n_bytes: usize) {
        self.start += n_bytes;
    }

    /// Fills the output buffer, or as much of it as the member has left.
    fn inflate_some(&mut self) -> io::Result<()> {
        self.start = 0;
        self.end = 0;
        while self.end < self.output.len() {
            let input = self.input.fill_buf()?;
            let at_end = input.is_empty();
            let (before_in, before_out) = (self.inflate.total_in(), self.inflate.total_out());
            let status = self
                .inflate
                .decompress(input, &mut self.output[self.end..], FlushDecompress::None)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, format!("gzip: {error}")))?;
            let n_in = self.inflate.total_in() - before_in;
            let n_out = self.inflate.total_out() - before_out;
            self.input.consume(usize::try_from(n_in).expect("no more than the buffer was read"));
            self.end += usize::try_from(n_out).expect("no more than the buffer was written");
            if status == Status::StreamEnd {
                self.state = GzipState::Trailer;
                break;
            }
            if at_end && n_out == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the gzip stream ends early"));
            }
            if n_in == 0 && n_out == 0 {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the gzip stream makes no progress"));
            }
        }
        self.member_bytes += self.end as u64;
        if let Some(crc) = &mut self.crc {
            crc.update(&self.output[..self.end]);
        }
        Ok(())
    }

    fn check_trailer(&mut self) -> io::Result<()> {
        let mut trailer = [0; 8];
        self.input.read_exact(&mut trailer).map_err(early_end)?;
        let [c0, c1, c2, c3, s0, s1, s2, s3] = trailer;
        let wrong = |what| Err(io::Error::new(io::ErrorKind::InvalidData, what));
        // ISIZE is the size modulo 2^32 (RFC 1952 §2.3.1).
        if u64::from(u32::from_le_bytes([s0, s1, s2, s3])) != self.member_bytes & 0xffff_ffff {
            return wrong("the size in the gzip trailer differs");
        }
        match &self.crc {
            Some(crc) if crc.sum() != u32::from_le_bytes([c0, c1, c2, c3]) => {
                wrong("the checksum in the gzip trailer differs")
            }
            _ => Ok(()),
        }
    }
}

fn early_end(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        io::Error::new(io::ErrorKind::UnexpectedEof, "the gzip stream ends early")
    } else {
        error
    }
}

/// Reads past the header of a member (RFC 1952 §2.3).
fn skip_gzip_header(input: &mut impl BufRead) -> io::Result<()> {
    const HAS_CRC: u8 = 1 << 1;
    const HAS_EXTRA: u8 = 1 << 2;
    const HAS_NAME: u8 = 1 << 3;
    const HAS_COMMENT: u8 = 1 << 4;
    let mut fixed = [0; 10];
    input.read_exact(&mut fixed).map_err(early_end)?;
    let [0x1f, 0x8b, 8, flags, ..] = fixed else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the gzip header is malformed"));
    };
    if flags & HAS_EXTRA != 0 {
        let mut length = [0; 2];
        input.read_exact(&mut length).map_err(early_end)?;
        skip_exactly(input, u64::from(u16::from_le_bytes(length)))?;
    }
    for flag in [HAS_NAME, HAS_COMMENT] {
        if flags & flag != 0 {
            skip_text(input)?;
        }
    }
    if flags & HAS_CRC != 0 {
        skip_exactly(input, 2)?;
    }
    Ok(())
}

fn skip_text(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let available = input.fill_buf()?;
        if available.is_empty() {
            return Err(early_end(io::ErrorKind::UnexpectedEof.into()));
        }
        let end = available.iter().position(|&byte| byte == 0);
        let n_bytes = end.map_or(available.len(), |end| end + 1);
        input.consume(n_bytes);
        if end.is_some() {
            return Ok(());
        }
    }
}

/// A reader that can pass over bytes.
pub(crate) trait Skip: BufRead {
    /// Passes over `n_bytes`, or fails with `UnexpectedEof`.
    fn skip(&mut self, n_bytes: u64) -> io::Result<()>
    where
        Self: Sized,
    {
        skip_exactly(self, n_bytes)
    }
}

impl<R: BufRead> Skip for Inflated<R> {}

impl<R: Skip> Skip for &mut R {
    fn skip(&mut self, n_bytes: u64) -> io::Result<()> {
        (**self).skip(n_bytes)
    }
}

/// Consumes `n_bytes`, or fails with `UnexpectedEof`.
fn skip_exactly(input: &mut impl BufRead, mut n_bytes: u64) -> io::Result<()> {
    while n_bytes > 0 {
        let available = input.fill_buf()?.len();
        if available == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let step = usize::try_from(n_bytes).map_or(available, |n_bytes| n_bytes.min(available));
        input.consume(step);
        n_bytes -= step as u64;
    }
    Ok(())
}
