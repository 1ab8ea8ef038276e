//! What is remembered of a download.

/// What is remembered of a download, so that the next one can ask "has it changed since?".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// `ETag`, as sent.
    pub etag: Option<String>,
    /// `Last-Modified`, as sent; of a file in a mirror directory its modification time in the same form.
    pub last_modified: Option<String>,
    /// Which origin they came from: [`crate::origin::Origin`] as text. The tags and dates of one mean nothing to another.
    pub origin: String,
    /// SHA-256 of the bytes, in lower-case hexadecimal.
    pub sha256: String,
    /// How many bytes.
    pub bytes: u64,
}

impl Validators {
    /// The value for `If-Range`: a strong entity tag, else the date (RFC 9110, 13.1.5 allows no weak tag).
    pub(crate) fn for_range(&self) -> Option<&str> {
        match &self.etag {
            Some(etag) if !etag.starts_with("W/") => Some(etag),
            _ => self.last_modified.as_deref(),
        }
    }
}
