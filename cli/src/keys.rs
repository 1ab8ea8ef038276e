//! Whose signature an SBOM must have.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use signing::PublicKey;

use crate::error::CommandError;

/// A public key takes some hundred bytes.
const KEY_BYTES_MAX: u64 = 64 << 10;

/// Options of every command that reads SBOMs.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct KeyArgs {
    /// A public key (PEM: ECDSA on P-256 or P-384, Ed25519, RSA): an SBOM is read only in an envelope (DSSE, a bundle of Sigstore) that this key signed; may
    /// be repeated, one of them is enough
    #[arg(long, value_name = "FILE")]
    key: Vec<PathBuf>,
}

impl KeyArgs {
    /// The keys in the files that were named; none where none was.
    pub(crate) fn read(&self) -> Result<Vec<PublicKey>, CommandError> {
        self.key.iter().map(|path| read_key(path)).collect()
    }
}

/// The public key in a file.
pub(crate) fn read_key(path: &Path) -> Result<PublicKey, CommandError> {
    let failed = |reason: &dyn std::fmt::Display| {
        CommandError::new(format!("cannot read the key `{}`: {reason}", path.display()))
    };
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(KEY_BYTES_MAX).read_to_string(&mut text));
    read.map_err(|error| failed(&error))?;
    PublicKey::from_pem(&text).map_err(|error| {
        failed(&error)
            .hint("a public key in PEM is needed, as `cosign public-key` and `openssl pkey -pubout` write it")
    })
}
