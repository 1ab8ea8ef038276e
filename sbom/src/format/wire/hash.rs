//! The digest algorithms that the standards name, and how each spells them.

/// An algorithm.
pub(in crate::format) struct Algorithm {
    /// In the model: `sha256`.
    name: &'static str,
    /// CycloneDX, `hashAlg`.
    cyclonedx: &'static str,
    /// SPDX 2.2 and later (§7.10).
    spdx: &'static str,
    hex_digits: usize,
}

/// Those that CycloneDX 1.4 and SPDX 2.2 both know, and hashes of packages are made with.
const ALGORITHMS: &[Algorithm] = &[
    Algorithm { name: "md5", cyclonedx: "MD5", spdx: "MD5", hex_digits: 32 },
    Algorithm { name: "sha1", cyclonedx: "SHA-1", spdx: "SHA1", hex_digits: 40 },
    Algorithm { name: "sha256", cyclonedx: "SHA-256", spdx: "SHA256", hex_digits: 64 },
    Algorithm { name: "sha384", cyclonedx: "SHA-384", spdx: "SHA384", hex_digits: 96 },
    Algorithm { name: "sha512", cyclonedx: "SHA-512", spdx: "SHA512", hex_digits: 128 },
];

/// Which standard spells an algorithm.
#[derive(Clone, Copy)]
pub(in crate::format) enum Spelling {
    CycloneDx,
    Spdx,
}

impl Spelling {
    fn of(self, algorithm: &Algorithm) -> &'static str {
        match self {
            Self::CycloneDx => algorithm.cyclonedx,
            Self::Spdx => algorithm.spdx,
        }
    }

    /// `algorithm:hex` as the standard writes it; none where it has no word for the algorithm, or the digest is not
    /// one of it.
    pub(in crate::format) fn write(self, digest: &str) -> Option<(&'static str, &str)> {
        let (name, hex) = digest.split_once(':')?;
        let algorithm = ALGORITHMS.iter().find(|algorithm| algorithm.name == name)?;
        let is_hex = hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (is_hex && hex.len() == algorithm.hex_digits).then(|| (self.of(algorithm), hex))
    }

    /// `algorithm:hex` of what the standard writes as `algorithm` and `hex`.
    pub(in crate::format) fn read(self, algorithm: &str, hex: &str) -> String {
        let known = ALGORITHMS.iter().find(|known| self.of(known) == algorithm);
        let mut digest = String::with_capacity(algorithm.len() + 1 + hex.len());
        digest.push_str(known.map_or(algorithm, |known| known.name));
        digest.push(':');
        digest.push_str(hex);
        digest.make_ascii_lowercase();
        digest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_and_what_is_no_digest_is_not_written() {
        for spelling in [Spelling::CycloneDx, Spelling::Spdx] {
            for algorithm in ALGORITHMS {
                let digest = format!("{}:{}", algorithm.name, "0a".repeat(algorithm.hex_digits / 2));
                let (name, hex) = spelling.write(&digest).unwrap();
                assert_eq!(spelling.read(name, hex), digest);
            }
            for text in ["", "sha256", "sha256:00", "crc:00000000", &format!("md5:{}", "G".repeat(32))] {
                assert_eq!(spelling.write(text), None, "{text}");
            }
            assert_eq!(spelling.read("BLAKE3", "AB"), "blake3:ab");
        }
    }
}
