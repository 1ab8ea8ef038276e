//! One layer as a stream of uncompressed bytes, read and hashed on a thread of its own and verified at its end.

use std::io::{self, BufRead, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

use model::limits::Limits;

use super::blob::{Blob, BlobSource};
use super::compression::{Checksums, Inflated, Skip, read_buffered};
use super::{ImageError, Layer};
use model::digest::{Digest, Hasher};

/// Bytes read and hashed at a time, and how many such pieces may wait to be inflated. All of them fit a core's
/// second-level cache: with four pieces of 256 KiB copying from the kernel took twice as long.
const CHUNK_BYTES: usize = 64 << 10;
const CHUNKS_AHEAD: usize = 8;

/// Whether the digests of a layer are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verify {
    /// To the end of the layer, before its content is believed.
    Digests,
    /// They were, when it was read before.
    Nothing,
}

/// The uncompressed bytes of a layer.
pub(crate) struct LayerReader {
    inflated: Inflated<Chunks>,
    /// Hashes what is consumed, unless the digest of the blob says as much.
    hasher: Option<Hasher>,
}

impl BufRead for LayerReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inflated.fill_buf()
    }

    fn consume(&mut self, n_bytes: usize) {
        if let Some(hasher) = &mut self.hasher {
            // The same bytes again, which are still in the buffer.
            if let Ok(bytes) = self.inflated.fill_buf() {
                hasher.update(&bytes[..n_bytes]);
            }
        }
        self.inflated.consume(n_bytes);
    }
}

impl Read for LayerReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        read_buffered(self, out)
    }
}

impl Skip for LayerReader {}

/// Opens `layer` of `image` and hands its uncompressed bytes to `read`; what that leaves is read too, and then both
/// digests of the layer are compared, so that the result of `read` comes from the bytes that the image refers to, or
/// not at all. Beside it stands how many bytes the uncompressed layer has.
///
/// `advanced` is told about compressed bytes as they are read.
pub(crate) fn read_layer<T>(
    image: &str,
    blobs: &dyn BlobSource,
    layer: &Layer,
    verify: Verify,
    limits: &Limits,
    advanced: &(dyn Fn(u64) + Sync),
    read: impl FnOnce(&mut LayerReader) -> io::Result<T>,
) -> Result<(T, u64), ImageError> {
    let fail = |source| ImageError::part(image, &layer.place, source);
    let blob = blobs.open(&layer.address).map_err(fail)?;
    if let (Some(expected), Some(found)) = (layer.size, blob.size)
        && expected != found
    {
        let (image, part) = (image.to_owned(), layer.place.clone());
        return Err(ImageError::SizeMismatch { image, part, expected, found });
    }
    let expected = layer.digest.as_ref().filter(|_| verify == Verify::Digests);
    let blob_hasher = expected.map(|digest| digest.hasher());
    // The two digests of a layer that is not compressed are one.
    let diff_id =
        layer.diff_id.as_ref().filter(|diff_id| verify == Verify::Digests && expected != Some(*diff_id));
    let checksums = match (expected, diff_id) {
        (None, None) => Checksums::Verify,
        _ => Checksums::CoveredByDigest,
    };
    let (outcome, blob_outcome) = thread::scope(|scope| {
        let (full_sender, full) = sync_channel(CHUNKS_AHEAD);
        let (empty, empty_receiver) = channel();
        let bytes_max = layer.size.unwrap_or(limits.layer_bytes_max);
        let pump = Pump { blob, bytes_max, hasher: blob_hasher, full: full_sender, empty: empty_receiver };
        let pump = scope.spawn(move || pump.run(advanced));
        let chunks = Chunks { full, empty, chunk: Vec::new(), start: 0 };
        let outcome = consume(chunks, diff_id, checksums, limits, verify, read);
        (outcome, pump.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    let (outcome, diff_id_found) = match outcome {
        Ok((value, bytes, found)) => (Ok((value, bytes)), found),
        Err(error) => (Err(error), None),
    };
    // A damaged blob makes its reader fail in ways that say less than the digest does.
    let blob_found = blob_outcome.map_err(fail)?;
    for (what, expected, found) in [("", expected, blob_found), (", uncompressed,", diff_id, diff_id_found)] {
        if let (Some(expected), Some(found)) = (expected, found)
            && *expected != found
        {
            let (image, part) = (image.to_owned(), format!("{}{what}", layer.place));
            return Err(ImageError::DigestMismatch { image, part, expected: expected.clone(), found });
        }
    }
    outcome.map_err(fail)
}

fn consume<T>(
    chunks: Chunks,
    diff_id: Option<&Digest>,
    checksums: Checksums,
    limits: &Limits,
    verify: Verify,
    read: impl FnOnce(&mut LayerReader) -> io::Result<T>,
) -> io::Result<(T, u64, Option<Digest>)> {
    let inflated = Inflated::new(chunks, checksums, limits)?;
    let hasher = diff_id.map(|digest| digest.hasher());
    let mut reader = LayerReader { inflated, hasher };
    let value = read(&mut reader)?;
    if verify == Verify::Digests {
        loop {
            let n_bytes = reader.fill_buf()?.len();
            if n_bytes == 0 {
                break;
            }
            reader.consume(n_bytes);
        }
    }
    Ok((value, reader.inflated.bytes_out(), reader.hasher.map(Hasher::finish)))
}

/// Reads a blob to its end, hashing it, and sends it on in pieces.
struct Pump {
    blob: Blob,
    /// The size that is stated, or the largest that may be: a host may send without end.
    bytes_max: u64,
    hasher: Option<Hasher>,
    full: SyncSender<Vec<u8>>,
    empty: Receiver<Vec<u8>>,
}

impl Pump {
    /// The digest of the blob, if one was wanted and the blob could be read to its end.
    fn run(mut self, advanced: &(dyn Fn(u64) + Sync)) -> io::Result<Option<Digest>> {
        let mut listening = true;
        let mut n_bytes_read: u64 = 0;
        loop {
            let mut chunk = self.empty.try_recv().unwrap_or_default();
            chunk.resize(CHUNK_BYTES, 0);
            let n_bytes = read_full(&mut *self.blob.reader, &mut chunk)?;
            if n_bytes == 0 {
                return Ok(self.hasher.map(Hasher::finish));
            }
            chunk.truncate(n_bytes);
            n_bytes_read += n_bytes as u64;
            if n_bytes_read > self.bytes_max {
                let why = format!("it has more than the {} bytes that it may have", self.bytes_max);
                return Err(io::Error::new(io::ErrorKind::InvalidData, why));
            }
            if let Some(hasher) = &mut self.hasher {
                hasher.update(&chunk);
            }
            advanced(n_bytes as u64);
            if listening && self.full.send(chunk).is_err() {
                listening = false;
            }
            // Once nobody reads on, only the digest is still of interest: it tells damage from nonsense.
            if !listening && self.hasher.is_none() {
                return Ok(None);
            }
        }
    }
}

/// The pieces as one buffered reader; emptied ones go back to be filled again.
struct Chunks {
    full: Receiver<Vec<u8>>,
    empty: Sender<Vec<u8>>,
    chunk: Vec<u8>,
    start: usize,
}

impl BufRead for Chunks {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.chunk.len() {
            // A closed channel is the end of the blob; if it was closed by an error, that error is reported.
            let next = self.full.recv().unwrap_or_default();
            let emptied = std::mem::replace(&mut self.chunk, next);
            self.start = 0;
            if emptied.capacity() > 0 {
                // The pump may have ended already.
                let _ = self.empty.send(emptied);
            }
        }
        Ok(&self.chunk[self.start..])
    }

    fn consume(&mut self, n_bytes: usize) {
        self.start += n_bytes;
    }
}

impl Read for Chunks {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        read_buffered(self, out)
    }
}

fn read_full(reader: &mut dyn Read, out: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < out.len() {
        match reader.read(&mut out[filled..]) {
            Ok(0) => break,
            Ok(n_bytes) => filled += n_bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
