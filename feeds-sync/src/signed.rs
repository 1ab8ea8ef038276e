//! Whether what was downloaded is signed by its publisher.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

use jiff::Timestamp;

use crate::advisories::Remarks;
use crate::provider::{PublisherKeys, Signed, Source};
use crate::pull::{Had, Pull};

/// How many keys that cannot be used are named.
const UNUSABLE_NAMED_MAX: usize = 5;

/// What the bytes of `source` at `path` come to, when none of the keys that it must be signed by has signed them.
pub(crate) fn refuse(source: &Source, path: &Path, now: Timestamp) -> Option<Had> {
    let Signed::By { keys, signature } = &source.signed else { return None };
    let error = verify(keys, signature, path, now).err()?;
    Some(Had::Failed(format!("`{}` is refused: {error}", source.url)))
}

fn verify(keys: &PublisherKeys, signature: &str, path: &Path, now: Timestamp) -> Result<(), String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let now = u64::try_from(now.as_second()).unwrap_or_default();
    keys.certificates.verify(file, signature.as_bytes(), now).map_err(|error| error.to_string())
}

/// Counts the documents of `pull` whose publisher might have signed them, and for which nothing could be verified; and the
/// keys that could not be used.
pub(crate) fn count_unverified(pull: &Pull, remarks: &mut Remarks) {
    let mut unusable: BTreeSet<&String> = BTreeSet::new();
    for (source, _) in pull.records() {
        match &source.source.signed {
            Signed::Unasked => {}
            Signed::Unverified => remarks
                .leave_out("the signature of a document, as its publisher promises none or names no key"),
            Signed::Wanting => remarks.leave_out(
                "the signature of a document that is held, as it or the keys of its publisher could not be had",
            ),
            Signed::By { keys, .. } => unusable.extend(&keys.unusable),
        }
    }
    for (position, key) in unusable.into_iter().enumerate() {
        // However many it names, the report stays short.
        let key = if position < UNUSABLE_NAMED_MAX { key.as_str() } else { "one of many" };
        remarks.leave_out(&format!("a key of its publisher, as it cannot be used: {key:.300}"));
    }
}
