//! [`Repository::referrers`]: what is attached to a manifest.

use reqwest::header::{ACCEPT, LINK};
use reqwest::{Method, Url};
use serde::Deserialize;

use crate::client::Repository;
use crate::descriptor::{DOCKER_INDEX, Descriptor, Index, OCI_EMPTY, OCI_INDEX};
use crate::error::RegistryError;
use crate::escape::escape;
use crate::exchange::{Answer, Call, Failure, Target, same_origin};
use crate::json::null_is_default;
use crate::reference::Pointer;
use model::digest::Digest;

/// The largest index of referrers that is read.
const INDEX_BYTES_MAX: u64 = 8 << 20;
/// The most pages that are read.
const PAGES_MAX: usize = 100;
/// The most manifests that are looked into for their artifact type.
const LOOKUPS_MAX: usize = 100;
/// The largest manifest that is looked into (distribution specification, "Pushing Manifests": registries take 4 MiB).
const MANIFEST_BYTES_MAX: u64 = 4 << 20;

impl Repository {
    /// The manifests whose subject is `digest`, of the kind `artifact_type` if one is given; each with its kind, as far
    /// as it states one.
    ///
    /// The host itself is asked, not its mirrors, which often have images only: by the referrers API, and where
    /// there is none, by the tag that stands in for it (distribution specification 1.1, "Listing Referrers" and
    /// "Unavailable Referrers API").
    ///
    /// # Errors
    /// See [`RegistryError`]. A host that knows of none gives an empty list. Where all kinds are asked for, what cannot be
    /// looked into is listed without its kind.
    pub fn referrers(
        &self,
        digest: &Digest,
        artifact_type: Option<&str>,
    ) -> Result<Vec<Descriptor>, RegistryError> {
        let mut referrers = match self.referrers_by_api(digest, artifact_type)? {
            Some(referrers) => referrers,
            None => self.fallback_index(digest, "pull")?.manifests,
        };
        self.learn_artifact_types(digest, &mut referrers, artifact_type)?;
        // A host need not filter.
        if let Some(artifact_type) = artifact_type {
            referrers.retain(|referrer| referrer.artifact_type.as_deref() == Some(artifact_type));
        }
        Ok(referrers)
    }

    /// The attestations of `digest` at the tag under which cosign keeps them (`sha256-….att`), where hosts list no
    /// referrers: the layers of one manifest, each a signed envelope. None where there is no such tag; mirrors are not asked.
    ///
    /// # Errors
    /// See [`RegistryError`].
    pub fn attestations(&self, digest: &Digest) -> Result<Vec<Descriptor>, RegistryError> {
        #[derive(Deserialize)]
        struct Attestations {
            #[serde(default, deserialize_with = "null_is_default")]
            layers: Vec<Descriptor>,
        }
        let pointer = Pointer::Tag(format!("{}.att", fallback_tag(digest)));
        let manifest = match self.manifest_of_home(&pointer, MANIFEST_BYTES_MAX, "pull") {
            Err(error) if error.is_not_found() => return Ok(Vec::new()),
            manifest => manifest?,
        };
        let attestations: Attestations = serde_json::from_slice(&manifest.bytes).map_err(|source| {
            RegistryError::Malformed { what: self.name_of(&pointer), kind: "manifest", source }
        })?;
        Ok(attestations.layers)
    }

    /// Looks into the manifests of those `referrers` whose artifact type is missing, or that of an empty
    /// configuration: some hosts know only the older rule, by which the configuration's type is the artifact's. Where one type
    /// is `asked` for, what cannot be looked into may be of it, which is an error.
    fn learn_artifact_types(
        &self,
        subject: &Digest,
        referrers: &mut [Descriptor],
        asked: Option<&str>,
    ) -> Result<(), RegistryError> {
        let is_unknown = |referrer: &&mut Descriptor| {
            matches!(referrer.artifact_type.as_deref(), None | Some("" | OCI_EMPTY))
        };
        for (index, referrer) in referrers.iter_mut().filter(is_unknown).enumerate() {
            if index == LOOKUPS_MAX && asked.is_none() {
                return Ok(());
            }
            if index == LOOKUPS_MAX {
                let what = format!("referrers of {} without an artifact type", self.blob_name(subject));
                return Err(RegistryError::TooMany { what, n_max: LOOKUPS_MAX });
            }
            let pointer = Pointer::Digest(referrer.digest.clone());
            match self.manifest_of_home(&pointer, MANIFEST_BYTES_MAX, "pull") {
                Ok(manifest) => referrer.artifact_type = artifact_type(&manifest.bytes),
                // What was deleted may stand in a list still.
                Err(error) if error.is_not_found() => {}
                Err(error) if asked.is_none() && error.is_of_contents() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// All pages of the API's answer; `None` when the host has no such API. Part of them would be taken for all there
    /// is: a page that is missing is an error.
    fn referrers_by_api(
        &self,
        digest: &Digest,
        artifact_type: Option<&str>,
    ) -> Result<Option<Vec<Descriptor>>, RegistryError> {
        let mut target = Target::Path(format!("referrers/{digest}{}", query(artifact_type)));
        let mut referrers = Vec::new();
        for n_read in 0..PAGES_MAX {
            let call = Call {
                method: Method::GET,
                target,
                headers: vec![(ACCEPT, OCI_INDEX.to_owned())],
                body: None,
                actions: "pull",
                what: format!("referrers of {}", self.blob_name(digest)),
            };
            let page = self.shared.retry(self.shared.tries(&self.home), || {
                match self.shared.once(&self.home, &call) {
                    Ok(answer) => page(answer, &call.what),
                    Err(Failure::Final(error)) if is_no_api(&error) => Ok(None),
                    Err(failure) => Err(failure),
                }
            })?;
            let Some(Page { index, next }) = page else {
                return match n_read {
                    0 => Ok(None),
                    _ => Err(RegistryError::Incomplete {
                        what: call.what,
                        reason: "a further page is announced and not there",
                    }),
                };
            };
            referrers.extend(index.manifests);
            match next {
                Some(next) => target = Target::Url(next),
                None => return Ok(Some(referrers)),
            }
        }
        let what = format!("pages of referrers of {}", self.blob_name(digest));
        Err(RegistryError::TooMany { what, n_max: PAGES_MAX })
    }

    /// The index at the tag that stands in for the referrers API; an empty one when there is none.
    pub(crate) fn fallback_index(
        &self,
        digest: &Digest,
        actions: &'static str,
    ) -> Result<Index, RegistryError> {
        let pointer = Pointer::Tag(fallback_tag(digest));
        let manifest = match self.manifest_of_home(&pointer, INDEX_BYTES_MAX, actions) {
            Err(error) if error.is_not_found() => return Ok(Index::empty()),
            manifest => manifest?,
        };
        let what = self.name_of(&pointer);
        if !matches!(&*manifest.media_type, OCI_INDEX | DOCKER_INDEX) {
            return Err(RegistryError::ManifestKind { what, media_type: manifest.media_type });
        }
        serde_json::from_slice(&manifest.bytes).map_err(|source| RegistryError::Malformed {
            what,
            kind: "index",
            source,
        })
    }
}

/// The tag that stands in for the referrers API (distribution specification 1.1, "Referrers Tag Schema").
pub(crate) fn fallback_tag(digest: &Digest) -> String {
    let hex = digest.hex();
    format!("{}-{}", digest.algorithm(), &hex[..hex.len().min(64)])
}

/// The artifact type of a manifest: its own, or else that of its configuration (OCI image specification 1.1,
/// "Guidelines for Artifact Usage").
fn artifact_type(manifest: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Manifest {
        artifact_type: Option<String>,
        config: Option<Descriptor>,
    }
    let manifest: Manifest = serde_json::from_slice(manifest).ok()?;
    manifest.artifact_type.or(manifest.config.map(|config| config.media_type))
}

struct Page {
    index: Index,
    next: Option<Url>,
}

/// What `answer` lists, and where it goes on; `None` when it is no index: a host without the API may have a page for
/// people at that place, or answer everything with 200.
fn page(answer: Answer, what: &str) -> Result<Option<Page>, Failure> {
    let is_index = answer.header("content-type").is_some_and(|kind| kind.trim().starts_with(OCI_INDEX));
    if !is_index {
        return Ok(None);
    }
    let next =
        next_page(&answer).map_err(|reason| RegistryError::Incomplete { what: what.to_owned(), reason })?;
    let bytes = answer.bytes(what, INDEX_BYTES_MAX)?;
    match serde_json::from_slice(&bytes) {
        Ok(index) => Ok(Some(Page { index, next })),
        Err(source) => Err(RegistryError::Malformed { what: what.to_owned(), kind: "index", source }.into()),
    }
}

/// Where `answer` says that its next page is, if there is one. The token goes to the host itself only, so it can be
/// nowhere else.
fn next_page(answer: &Answer) -> Result<Option<Url>, &'static str> {
    let links = answer.response.headers().get_all(LINK).into_iter();
    let links: Vec<_> = links.map(|link| String::from_utf8_lossy(link.as_bytes())).collect();
    let Some(target) = links.iter().find_map(|link| next_link(link)) else { return Ok(None) };
    match answer.url.join(target) {
        Ok(next) if same_origin(&next, &answer.url) => Ok(Some(next)),
        Ok(_) => Err("its next page is at another host"),
        Err(_) => Err("its next page is at no URL"),
    }
}

/// Whether `error` is how hosts without the API answer.
fn is_no_api(error: &RegistryError) -> bool {
    match error {
        RegistryError::NotFound { .. } | RegistryError::NotARegistry { .. } => true,
        RegistryError::Status { status, .. } => matches!(status, 400 | 405 | 406 | 410 | 415 | 501),
        _ => false,
    }
}

/// `?artifactType=…`, or nothing.
fn query(artifact_type: Option<&str>) -> String {
    let Some(artifact_type) = artifact_type else { return String::new() };
    format!("?artifactType={}", escape(artifact_type))
}

/// The target of `Link: <…>; rel="next"` (RFC 8288).
fn next_link(header: &str) -> Option<&str> {
    let mut rest = header;
    while let Some((_, after)) = rest.split_once('<') {
        let (target, after) = after.split_once('>')?;
        let end = after.find('<').unwrap_or(after.len());
        let is_next = after[..end].split([';', ',']).any(|parameter| {
            let parameter = parameter.trim().to_ascii_lowercase();
            matches!(&*parameter, "rel=\"next\"" | "rel=next")
        });
        if is_next {
            return Some(target);
        }
        rest = &after[end..];
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_where_the_link_says() {
        for (header, next) in [
            ("</v2/a/referrers/x?n=2>; rel=\"next\"", Some("/v2/a/referrers/x?n=2")),
            ("<?n=2>;rel=next", Some("?n=2")),
            ("</p>; rel=\"prev\", </n>; rel=\"next\"", Some("/n")),
            ("</p>; rel=\"prev\"", None),
            ("<", None),
            ("", None),
        ] {
            assert_eq!(next_link(header), next, "{header}");
        }
        let header = b"</v2/a/referrers/x?n=2>; rel=\"prev\"; title=\"\xc3\xa4\", <?n=3>; rel=\"next\"";
        let prefixes = testkit::mutate::prefixes(header).map(<[u8]>::to_vec);
        for bytes in prefixes.chain(testkit::mutate::mutations(header, 2000)) {
            next_link(&String::from_utf8_lossy(&bytes));
        }
    }

    #[test]
    fn the_tag_that_stands_in_is_no_longer_than_a_tag_may_be() {
        let sha512: Digest = format!("sha512:{}", "a".repeat(128)).parse().unwrap();
        assert_eq!(fallback_tag(&sha512), format!("sha512-{}", "a".repeat(64)));
        assert_eq!(fallback_tag(&Digest::sha256(b"")).len(), 71);
    }
}
