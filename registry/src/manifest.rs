//! [`Repository::manifest`]: one manifest or index, verified.

use reqwest::header::ACCEPT;
use serde::Deserialize;

use crate::client::Repository;
use crate::descriptor::{DOCKER_INDEX, DOCKER_MANIFEST, Descriptor, OCI_INDEX, OCI_MANIFEST};
use crate::error::RegistryError;
use crate::exchange::{Answer, Call, Failure};
use crate::reference::Pointer;
use model::digest::Digest;

/// The kinds of manifests that are understood.
pub const MEDIA_TYPES: [&str; 4] = [OCI_INDEX, OCI_MANIFEST, DOCKER_INDEX, DOCKER_MANIFEST];

/// A manifest or an index. Its bytes are those that its digest names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// What it is: one of [`MEDIA_TYPES`].
    pub media_type: String,
    /// What it is called.
    pub digest: Digest,
    /// The document.
    pub bytes: Vec<u8>,
}

impl Manifest {
    /// A pointer to it.
    pub fn descriptor(&self) -> Descriptor {
        Descriptor::new(&self.media_type, self.digest.clone(), self.bytes.len() as u64)
    }
}

impl Repository {
    /// The manifest or index that `pointer` means, of at most `bytes_max` bytes, from the first mirror that has it or
    /// the host itself.
    ///
    /// Its digest is computed, and compared with the one asked for; of a tag, with the one announced. Which platform
    /// of an index to go on with is for the caller to say.
    ///
    /// # Errors
    /// See [`RegistryError`].
    pub fn manifest(&self, pointer: &Pointer, bytes_max: u64) -> Result<Manifest, RegistryError> {
        self.at_any_place(|place, tries| {
            let call = self.manifest_call(pointer);
            self.shared.retry(tries, || read(self.shared.once(place, &call)?, pointer, &call.what, bytes_max))
        })
    }

    /// As [`Self::manifest`], from the host itself whatever mirrors there are.
    pub(crate) fn manifest_of_home(
        &self,
        pointer: &Pointer,
        bytes_max: u64,
        actions: &'static str,
    ) -> Result<Manifest, RegistryError> {
        let call = Call { actions, ..self.manifest_call(pointer) };
        self.shared.retry(self.shared.tries(&self.home), || {
            read(self.shared.once(&self.home, &call)?, pointer, &call.what, bytes_max)
        })
    }

    fn manifest_call(&self, pointer: &Pointer) -> Call<'static> {
        let call = Call::get(format!("manifests/{pointer}"), self.name_of(pointer));
        Call { headers: vec![(ACCEPT, MEDIA_TYPES.join(", "))], ..call }
    }
}

fn read(answer: Answer, pointer: &Pointer, what: &str, bytes_max: u64) -> Result<Manifest, Failure> {
    let content_type = answer.header("content-type").unwrap_or_default();
    let announced = answer.header("docker-content-digest").and_then(|digest| digest.parse::<Digest>().ok());
    let url = fetch::error::redact(answer.url.as_str());
    let bytes = answer.bytes(what, bytes_max)?;
    let media_type = media_type(&content_type, &bytes).ok_or_else(|| RegistryError::NotARegistry {
        url,
        content_type: if content_type.is_empty() { "no content type".to_owned() } else { content_type },
    })?;
    if !MEDIA_TYPES.contains(&&*media_type) {
        return Err(RegistryError::ManifestKind { what: what.to_owned(), media_type }.into());
    }
    let expected = match pointer {
        Pointer::Digest(digest) => Some(digest),
        Pointer::Tag(_) => announced.as_ref(),
    };
    let digest = expected.map_or_else(|| Digest::sha256(&bytes), |expected| expected.of_same_kind(&bytes));
    match expected {
        Some(expected) if *expected != digest => Err(RegistryError::DigestMismatch {
            what: what.to_owned(),
            expected: expected.clone(),
            found: digest,
        }
        .into()),
        _ => Ok(Manifest { media_type, digest, bytes }),
    }
}

/// What a document is: its content type, or what it says itself where a file server knows only that it is JSON.
/// `None` when it is no JSON object at all.
fn media_type(content_type: &str, bytes: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Shape {
        schema_version: u64,
        media_type: Option<String>,
        manifests: Option<serde::de::IgnoredAny>,
        layers: Option<serde::de::IgnoredAny>,
    }
    let content_type = content_type.split(';').next().unwrap_or_default().trim();
    if content_type.starts_with("application/vnd.") {
        return Some(content_type.to_owned());
    }
    let shape: Shape = serde_json::from_slice(bytes).ok()?;
    if shape.schema_version == 1 {
        return Some("application/vnd.docker.distribution.manifest.v1+json".to_owned());
    }
    match (shape.media_type, shape.manifests, shape.layers) {
        (Some(media_type), _, _) => Some(media_type),
        (None, Some(_), _) => Some(OCI_INDEX.to_owned()),
        (None, None, Some(_)) => Some(OCI_MANIFEST.to_owned()),
        (None, None, None) => None,
    }
}
