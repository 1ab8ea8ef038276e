//! [`Verified`]: a reader that knows what it should bring.

use std::io::{self, Read};

use model::digest::{Digest, Hasher};

use crate::error::RegistryError;

/// A reader that ends with an error when what went through it is not what its digest names.
#[derive(Debug)]
pub struct Verified<R> {
    reader: R,
    digest: Digest,
    hasher: Option<Hasher>,
}

impl<R: Read> Verified<R> {
    /// The bytes of `reader`, which must be those that `digest` names.
    pub fn new(reader: R, digest: Digest) -> Self {
        Self { hasher: Some(digest.hasher()), reader, digest }
    }
}

impl<R: Read> Read for Verified<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_read = self.reader.read(buffer)?;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&buffer[..n_read]);
        }
        if n_read == 0
            && !buffer.is_empty()
            && let Some(found) = self.hasher.take().map(Hasher::finish)
            && found != self.digest
        {
            return Err(io::Error::other(RegistryError::DigestMismatch {
                what: self.digest.to_string(),
                expected: self.digest.clone(),
                found,
            }));
        }
        Ok(n_read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verified_bytes_are_those_that_the_digest_names() {
        let mut bytes = Vec::new();
        Verified::new(&b"abc"[..], Digest::sha256(b"abc")).read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, b"abc");
        let error = Verified::new(&b"abd"[..], Digest::sha256(b"abc")).read_to_end(&mut bytes).unwrap_err();
        assert!(matches!(RegistryError::of_io(error), Ok(RegistryError::DigestMismatch { .. })));
    }
}
