//! Whether what was downloaded is signed by its publisher.

use std::fs::File;
use std::path::Path;

use jiff::Timestamp;
use signing::openpgp::Certificates;

use crate::advisories::Remarks;
use crate::provider::{PublisherKey, Signed, Source};
use crate::pull::{Had, Pull};

/// What the bytes of `source` at `path` come to, when none of the keys that it must be signed by has signed them.
pub(crate) fn refuse(source: &Source, path: &Path, now: Timestamp) -> Option<Had> {
    let Signed::By { keys, signature } = &source.signed else { return None };
    let error = verify(keys, signature, path, now).err()?;
    Some(Had::Failed(format!("`{}` is refused: {error}", source.url)))
}

fn verify(keys: &[PublisherKey], signature: &str, path: &Path, now: Timestamp) -> Result<(), String> {
    let certificates = keys.iter().map(certificates).collect::<Result<Vec<_>, _>>()?;
    let certificates =
        certificates.into_iter().reduce(Certificates::with).ok_or("no key of its publisher")?;
    let file = File::open(path).map_err(|error| error.to_string())?;
    let now = u64::try_from(now.as_second()).unwrap_or_default();
    certificates.verify(file, signature.as_bytes(), now).map_err(|error| error.to_string())
}

/// The certificates that `key` is.
///
/// # Errors
/// It is none, is called otherwise, or may not sign.
pub(crate) fn certificates(key: &PublisherKey) -> Result<Certificates, String> {
    let certificates = Certificates::read(key.certificate.as_bytes(), key.fingerprint.as_deref());
    certificates.map_err(|error| error.to_string())
}

/// Counts the documents of `pull` whose publisher might have signed them, and for which nothing could be verified.
pub(crate) fn count_unverified(pull: &Pull, remarks: &mut Remarks) {
    let is_unverified = pull.records().filter(|(source, _)| source.source.signed == Signed::Unverified);
    for _ in is_unverified {
        remarks.leave_out("the signature of a document, as its publisher promises none or names no key");
    }
}
