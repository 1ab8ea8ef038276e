//! [`Index`]: what a published snapshot consists of.

use std::collections::{BTreeMap, HashMap};
use std::io::Read as _;
use std::path::Path;

use advisory_db::{DbError, Published};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use signing::{PrivateKey, PublicKey, encoded};

/// What `schema` of an index begins with; the number of the schema follows.
const SCHEMA_PREFIX: &str = "plimsoll-snapshot/";

/// The schema that this build writes and reads.
const SCHEMA: u32 = 1;

/// The type of the payload in the envelope: the index as JSON, compressed by zstd.
const PAYLOAD_TYPE: &str = "application/vnd.plimsoll.snapshot.v1+json+zstd";

/// No envelope is larger: a thousand namespaces with a month of edits take a hundredth.
pub const ENVELOPE_BYTES_MAX: u64 = 64 << 20;

/// No index is larger.
const INDEX_BYTES_MAX: u64 = 64 << 20;

/// No blob is larger, and nothing in one has more bytes: sums of such numbers have no end to think of.
const BLOB_BYTES_MAX: u64 = 4 << 30;

/// No way from one shard to another has more steps.
const STEPS_MAX: usize = 256;

/// How many signatures one envelope may have; each is tried with each key.
const SIGNATURES_MAX: usize = 16;

/// No edit is larger: it is held whole until its digest is known.
pub(super) const EDIT_BYTES_MAX: u64 = 64 << 20;

/// No edit is larger unpacked.
pub(super) const EDIT_UNPACKED_MAX: u64 = 512 << 20;

/// How hard blobs and the index are compressed.
pub(super) const LEVEL: i32 = 12;

/// What there is of a snapshot, and where in the place.
#[derive(Clone, Debug)]
pub struct Index {
    /// When it was published; of two indexes of one publisher the later one counts.
    pub published: Timestamp,
    /// The snapshot.
    pub manifest: Published,
    /// Each of its shards as a whole, by [`advisory_db::ShardName::name`], compressed by zstd.
    pub files: BTreeMap<String, Blob>,
    /// What makes newer shards of older ones.
    pub edits: Vec<Edit>,
    /// How providers want to be named where their data is shown, by provider.
    pub notices: BTreeMap<String, String>,
}

/// Bytes that lie in a place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Blob {
    /// Their SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// How many.
    pub bytes: u64,
}

/// What makes one shard of another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// `rows` or `text`.
    pub kind: String,
    /// The logical hash of the older one.
    pub from: String,
    /// The logical hash of the newer one.
    pub to: String,
    /// How many bytes it has unpacked.
    pub unpacked: u64,
    /// The edit, compressed by zstd.
    #[serde(flatten)]
    pub blob: Blob,
}

/// Why an envelope gives no index.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// It is something else, or damaged.
    #[error("it is no published snapshot: {0}")]
    Malformed(String),
    /// A newer plimsoll published it.
    #[error("it has schema {found}, and this plimsoll reads {SCHEMA}")]
    SchemaTooNew {
        /// The schema it states.
        found: u32,
    },
    /// None of the keys that are trusted signed it.
    #[error("no key that is trusted signed it ({n_signatures} signatures)")]
    NotSigned {
        /// How many signatures it has.
        n_signatures: usize,
    },
    /// Its manifest cannot be used.
    #[error(transparent)]
    Manifest(#[from] DbError),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    payload_type: String,
    payload: String,
    signatures: Vec<Signature>,
}

#[derive(Serialize, Deserialize)]
struct Signature {
    #[serde(default)]
    keyid: String,
    sig: String,
}

#[derive(Serialize, Deserialize)]
struct Document<'a> {
    schema: &'a str,
    published: &'a str,
    #[serde(borrow)]
    manifest: &'a RawValue,
    files: BTreeMap<String, Blob>,
    edits: Vec<Edit>,
    #[serde(default)]
    notices: BTreeMap<String, String>,
}

impl Index {
    /// In an envelope (DSSE), signed if there is a key. None when the system has no random numbers to sign with.
    pub fn seal(&self, key: Option<&PrivateKey>) -> Option<Vec<u8>> {
        let manifest = String::from_utf8(self.manifest.to_json()).ok()?;
        let document = Document {
            schema: &format!("{SCHEMA_PREFIX}{SCHEMA}"),
            published: &self.published.to_string(),
            manifest: &RawValue::from_string(manifest).ok()?,
            files: self.files.clone(),
            edits: self.edits.clone(),
            notices: self.notices.clone(),
        };
        let json = serde_json::to_vec(&document).ok()?;
        let payload = zstd::encode_all(&*json, LEVEL).ok()?;
        let signatures = match key {
            Some(key) => {
                let signature = key.sign(&encoded(PAYLOAD_TYPE, &payload))?;
                vec![Signature { keyid: key.id().to_owned(), sig: STANDARD.encode(signature) }]
            }
            None => Vec::new(),
        };
        let envelope =
            Envelope { payload_type: PAYLOAD_TYPE.to_owned(), payload: STANDARD.encode(payload), signatures };
        serde_json::to_vec(&envelope).ok()
    }

    /// The index in an envelope, and which of `keys` signed it; without keys none is asked for. Nothing of it is looked at
    /// before the signature.
    ///
    /// # Errors
    /// See [`IndexError`].
    pub fn open(envelope: &[u8], keys: &[PublicKey]) -> Result<(Self, Option<String>), IndexError> {
        let malformed = |error: &dyn std::fmt::Display| IndexError::Malformed(error.to_string());
        if envelope.len() as u64 > ENVELOPE_BYTES_MAX {
            return Err(IndexError::Malformed(format!("its index has more than {ENVELOPE_BYTES_MAX} bytes")));
        }
        if envelope.trim_ascii_start().first() == Some(&b'<') {
            return Err(IndexError::Malformed("it looks like a web page".to_owned()));
        }
        let envelope: Envelope = serde_json::from_slice(envelope).map_err(|error| malformed(&error))?;
        if envelope.payload_type != PAYLOAD_TYPE {
            return Err(IndexError::Malformed(format!("its payload is `{:.80}`", envelope.payload_type)));
        }
        let payload = STANDARD.decode(&envelope.payload).map_err(|error| malformed(&error))?;
        let message = encoded(PAYLOAD_TYPE, &payload);
        let signer = envelope.signatures.iter().take(SIGNATURES_MAX).find_map(|signature| {
            let bytes = STANDARD.decode(&signature.sig).ok()?;
            keys.iter().find(|key| key.has_signed(&message, &bytes))
        });
        if signer.is_none() && !keys.is_empty() {
            return Err(IndexError::NotSigned { n_signatures: envelope.signatures.len() });
        }
        let mut json = Vec::new();
        let unpacked = zstd::Decoder::new(&*payload).map_err(|error| malformed(&error))?;
        unpacked.take(INDEX_BYTES_MAX + 1).read_to_end(&mut json).map_err(|error| malformed(&error))?;
        if json.len() as u64 > INDEX_BYTES_MAX {
            return Err(IndexError::Malformed(format!("its index has more than {INDEX_BYTES_MAX} bytes")));
        }
        Ok((Self::parse(&json)?, signer.map(|key| key.id().to_owned())))
    }

    /// Whether `envelope` has a signature, whoever's it is.
    pub(super) fn is_signed(envelope: &[u8]) -> bool {
        let read = serde_json::from_slice(envelope);
        read.is_ok_and(|envelope: Envelope| !envelope.signatures.is_empty())
    }

    fn parse(json: &[u8]) -> Result<Self, IndexError> {
        let malformed = |error: &dyn std::fmt::Display| IndexError::Malformed(error.to_string());
        #[derive(Deserialize)]
        struct Header {
            schema: String,
        }
        let header: Header = serde_json::from_slice(json).map_err(|error| malformed(&error))?;
        let number = header.schema.strip_prefix(SCHEMA_PREFIX).and_then(|number| number.parse().ok());
        match number {
            Some(SCHEMA) => {}
            Some(found) if found > SCHEMA => return Err(IndexError::SchemaTooNew { found }),
            _ => return Err(IndexError::Malformed(format!("its schema is `{:.80}`", header.schema))),
        }
        let document: Document<'_> = serde_json::from_slice(json).map_err(|error| malformed(&error))?;
        let blobs = document.files.values().chain(document.edits.iter().map(|edit| &edit.blob));
        for blob in blobs {
            if !is_sha256(&blob.sha256) {
                return Err(IndexError::Malformed(format!("`{:.80}` is no SHA-256", blob.sha256)));
            }
            if blob.bytes > BLOB_BYTES_MAX {
                return Err(IndexError::Malformed(format!(
                    "blob `{}` has {} bytes",
                    blob.sha256, blob.bytes
                )));
            }
        }
        let is_large = |edit: &&Edit| edit.blob.bytes > EDIT_BYTES_MAX || edit.unpacked > EDIT_UNPACKED_MAX;
        if let Some(edit) = document.edits.iter().find(is_large) {
            let problem = format!("edit `{}` has {} bytes", edit.blob.sha256, edit.unpacked);
            return Err(IndexError::Malformed(problem));
        }
        Ok(Self {
            published: document.published.parse().map_err(|error| malformed(&error))?,
            manifest: Published::parse(document.manifest.get().as_bytes(), Path::new("its manifest"))?,
            files: document.files,
            edits: document.edits,
            notices: document.notices,
        })
    }

    /// Every blob, each once.
    pub fn blobs(&self) -> Vec<Blob> {
        let mut blobs: Vec<Blob> =
            self.files.values().chain(self.edits.iter().map(|edit| &edit.blob)).cloned().collect();
        blobs.sort();
        blobs.dedup();
        blobs
    }

    /// Its edits, by what they make.
    pub fn ways(&self) -> Ways<'_> {
        Ways::of(&self.edits)
    }
}

/// Edits by the logical hash of what they make.
#[derive(Clone, Debug, Default)]
pub struct Ways<'i>(HashMap<&'i str, Vec<&'i Edit>>);

impl<'i> Ways<'i> {
    /// Those of `edits`.
    pub fn of(edits: impl IntoIterator<Item = &'i Edit>) -> Self {
        let mut ways = Self::default();
        for edit in edits {
            ways.0.entry(&edit.to).or_default().push(edit);
        }
        ways
    }

    /// The edits that make a shard.
    pub fn to(&self, kind: &str, hash: &str) -> impl Iterator<Item = &'i Edit> {
        self.0.get(hash).into_iter().flatten().copied().filter(move |edit| edit.kind == kind)
    }

    /// The edits that lead from the shard `from` to `to`, in order, if there are any.
    pub fn way(&self, kind: &str, from: &str, to: &str) -> Option<Vec<&'i Edit>> {
        let mut way = Vec::new();
        let mut at = to;
        while at != from {
            // Of several the one that comes from what is held; a way that runs in a circle has too many steps.
            let mut edits = self.to(kind, at);
            let edit = edits.find(|edit| edit.from == from).or_else(|| self.to(kind, at).next())?;
            if way.len() == STEPS_MAX {
                return None;
            }
            way.push(edit);
            at = &edit.from;
        }
        way.reverse();
        Some(way)
    }
}

/// Whether `text` can be the name of a blob.
pub(super) fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
