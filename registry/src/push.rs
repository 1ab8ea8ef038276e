//! Writing: blobs, manifests, and artifacts attached to a manifest.

use std::collections::BTreeMap;

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, LOCATION};
use serde::Serialize;

use crate::client::Repository;
use crate::descriptor::{Descriptor, Index, OCI_EMPTY, OCI_MANIFEST};
use crate::error::RegistryError;
use crate::exchange::{Call, Failure, Target};
use crate::reference::Pointer;
use crate::referrers::fallback_tag;

/// What a token must allow for writing.
const PUSH: &str = "pull,push";
/// The content of [`OCI_EMPTY`].
const EMPTY: &[u8] = b"{}";

/// A manifest that was pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// A pointer to it.
    pub descriptor: Descriptor,
    /// Whether the host lists it as a referrer of its subject: it answered with `OCI-Subject`.
    pub is_listed: bool,
}

/// A document to attach to a manifest: an SBOM, a report.
#[derive(Clone, Debug)]
pub struct Artifact<'a> {
    /// What kind of artifact it is: what referrers are filtered by.
    pub artifact_type: &'a str,
    /// The media type of `bytes`; usually the same.
    pub media_type: &'a str,
    /// The document.
    pub bytes: &'a [u8],
    /// What else is said of it; it stands in the manifest and in the list of referrers.
    pub annotations: BTreeMap<String, String>,
}

impl Repository {
    /// Pushes `bytes`, unless the host has them, and points at them as `media_type`. Mirrors are left alone.
    ///
    /// # Errors
    /// See [`RegistryError`].
    pub fn push_blob(&self, media_type: &str, bytes: &[u8]) -> Result<Descriptor, RegistryError> {
        let descriptor = Descriptor::of(media_type, bytes);
        let what = self.blob_name(&descriptor.digest);
        let head = self.head_blob(&descriptor, what.clone());
        let start = Call {
            method: Method::POST,
            body: Some(&[]),
            actions: PUSH,
            ..Call::get("blobs/uploads/".to_owned(), what.clone())
        };
        self.shared.retry(self.shared.tries(&self.home), || {
            match self.shared.once(&self.home, &head) {
                Ok(_) => return Ok(()),
                Err(Failure::Final(error)) if error.is_not_found() => {}
                Err(failure) => return Err(failure),
            }
            let started = self.shared.once(&self.home, &start)?;
            let route = self.shared.route(None, self.home.insecure)?;
            let location = fetch::headers::text(started.response.headers(), LOCATION);
            let mut url = route.next(&started.url, location)?;
            url.query_pairs_mut().append_pair("digest", descriptor.digest.as_str());
            let put = Call {
                method: Method::PUT,
                target: Target::Url(url),
                headers: vec![(CONTENT_TYPE, "application/octet-stream".to_owned())],
                body: Some(bytes),
                actions: PUSH,
                what: what.clone(),
            };
            self.shared.once(&self.home, &put).map(|_| ())
        })?;
        Ok(descriptor)
    }

    /// Whether the host has the blob that `descriptor` points at. Mirrors are left alone.
    ///
    /// # Errors
    /// See [`RegistryError`].
    pub fn has_blob(&self, descriptor: &Descriptor) -> Result<bool, RegistryError> {
        let head = self.head_blob(descriptor, self.blob_name(&descriptor.digest));
        let asked = self
            .shared
            .retry(self.shared.tries(&self.home), || self.shared.once(&self.home, &head).map(drop));
        match asked {
            Ok(()) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn head_blob(&self, descriptor: &Descriptor, what: String) -> Call<'static> {
        Call {
            method: Method::HEAD,
            actions: PUSH,
            ..Call::get(format!("blobs/{}", descriptor.digest), what)
        }
    }

    /// Pushes the manifest `bytes` as `pointer`. Mirrors are left alone.
    ///
    /// # Errors
    /// [`RegistryError::DigestMismatch`] when `pointer` is a digest and not the one of `bytes`; see
    /// [`RegistryError`].
    pub fn push_manifest(
        &self,
        media_type: &str,
        bytes: &[u8],
        pointer: &Pointer,
    ) -> Result<Pushed, RegistryError> {
        let mut descriptor = Descriptor::of(media_type, bytes);
        if let Pointer::Digest(expected) = pointer {
            descriptor.digest = expected.of_same_kind(bytes);
            if descriptor.digest != *expected {
                let (what, found) = (self.name_of(pointer), descriptor.digest);
                return Err(RegistryError::DigestMismatch { what, expected: expected.clone(), found });
            }
        }
        let call = Call {
            method: Method::PUT,
            target: Target::Path(format!("manifests/{pointer}")),
            headers: vec![(CONTENT_TYPE, media_type.to_owned())],
            body: Some(bytes),
            actions: PUSH,
            what: self.name_of(pointer),
        };
        let answer =
            self.shared.retry(self.shared.tries(&self.home), || self.shared.once(&self.home, &call))?;
        Ok(Pushed { descriptor, is_listed: answer.header("oci-subject").is_some() })
    }

    /// Attaches `artifact` to the manifest `subject` of this repository, and points at the manifest that does so.
    ///
    /// Where the host does not list referrers itself, the index at the tag that stands in for the list is read,
    /// extended and written again (distribution specification 1.1, "Pushing Manifests with Subject"). Two writers
    /// at the same moment can lose one of their entries there; the specification offers nothing better.
    ///
    /// # Errors
    /// See [`RegistryError`].
    pub fn attach(&self, subject: &Descriptor, artifact: &Artifact<'_>) -> Result<Descriptor, RegistryError> {
        let mut config = self.push_blob(OCI_EMPTY, EMPTY)?;
        // `{}` in base64, so that readers need not ask for it.
        config.others.insert("data".to_owned(), "e30=".into());
        let layer = self.push_blob(artifact.media_type, artifact.bytes)?;
        let manifest = ArtifactManifest {
            schema_version: 2,
            media_type: OCI_MANIFEST,
            artifact_type: artifact.artifact_type,
            config,
            layers: [layer],
            subject: Descriptor::new(&subject.media_type, subject.digest.clone(), subject.size),
            annotations: &artifact.annotations,
        };
        let bytes = serde_json::to_vec(&manifest).map_err(|source| RegistryError::Malformed {
            what: self.reference.name(),
            kind: "manifest",
            source,
        })?;
        let pointer = Pointer::Digest(Descriptor::of(OCI_MANIFEST, &bytes).digest);
        let pushed = self.push_manifest(OCI_MANIFEST, &bytes, &pointer)?;
        let mut descriptor = pushed.descriptor;
        descriptor.artifact_type = Some(artifact.artifact_type.to_owned());
        descriptor.annotations.clone_from(&artifact.annotations);
        if !pushed.is_listed {
            self.list_by_tag(subject, &descriptor)?;
        }
        Ok(descriptor)
    }

    /// Adds `referrer` to the index at the tag that stands in for the list of referrers of `subject`.
    fn list_by_tag(&self, subject: &Descriptor, referrer: &Descriptor) -> Result<(), RegistryError> {
        let mut index = self.fallback_index(&subject.digest, PUSH)?;
        if index.manifests.iter().any(|listed| listed.digest == referrer.digest) {
            return Ok(());
        }
        index.manifests.push(referrer.clone());
        index.media_type = Index::empty().media_type;
        let pointer = Pointer::Tag(fallback_tag(&subject.digest));
        let bytes = serde_json::to_vec(&index).map_err(|source| RegistryError::Malformed {
            what: self.name_of(&pointer),
            kind: "index",
            source,
        })?;
        self.push_manifest(&index.media_type, &bytes, &pointer).map(|_| ())
    }
}

/// The manifest of an artifact (OCI image specification 1.1, "Guidelines for Artifact Usage").
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactManifest<'a> {
    schema_version: u64,
    media_type: &'a str,
    artifact_type: &'a str,
    config: Descriptor,
    layers: [Descriptor; 1],
    subject: Descriptor,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: &'a BTreeMap<String, String>,
}
