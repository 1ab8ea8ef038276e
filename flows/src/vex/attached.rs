//! VEX that is attached to an image in its registry: as a referrer (OCI distribution specification 1.1), or at the tag
//! under which cosign keeps attestations.
//!
//! Whoever may push to a repository may attach, so a document counts only where one of the given keys signed an
//! attestation that is about this very image. What an image itself holds is never looked at: its maker wrote it.

use std::collections::{BTreeMap, BTreeSet};

use matcher::vex::{Given, Trust, VexError, VexKind};
use model::digest::Digest;
use model::gap::{Gap, GapKind};
use model::limits::Limits;
use registry::descriptor::Descriptor;
use registry::error::RegistryError;
use sbom::format::{PublicKey, Signature};
use sbom::image::Image;

use super::contents::{self, Opened, UnreadableVex};
use crate::attached::{ArtifactManifest, layer_bytes};
use crate::error::FlowError;
use crate::match_sbom::digest;
use crate::open::Remote;

/// The most artifacts that are looked into, and the most of their layers that are read, whatever these turn out to be.
const ARTIFACTS_MAX: usize = 100;

/// The annotations that say what an attestation is of, so that others need not be downloaded: that of cosign at its
/// tag, that of bundles of Sigstore, and that of in-toto.
const PREDICATE_TYPES: [&str; 3] =
    ["predicateType", "dev.sigstore.bundle.predicateType", "in-toto.io/predicate-type"];

/// What is attached to an image.
#[derive(Debug, Default)]
pub struct Attached {
    /// The documents, each as far as it is trusted.
    pub given: Vec<Given>,
    /// Those that suppress nothing because nobody vouches for them, and those that could not be read.
    pub gaps: Vec<Gap>,
}

/// The documents attached to `image`, which was called `place`. Those that one of `keys` signed as being about it count.
///
/// # Errors
/// The image lies in no registry, or the registry gives no answer. A document that is there and cannot be read is a gap, and so
/// is a list of documents: whoever may attach could else keep the image from being judged.
pub fn attached(
    place: &str,
    image: Option<&Image>,
    remote: Option<&Remote>,
    keys: &[PublicKey],
    limits: &Limits,
) -> Result<Attached, FlowError> {
    let image = image.ok_or_else(|| FlowError::NoImage { place: place.to_owned() })?;
    let no_registry = || FlowError::NoRegistry { source_text: place.to_owned() };
    let remote = remote.ok_or_else(no_registry)?;
    let subject = image.subject();
    let manifest = subject.manifest_digest.clone().ok_or_else(no_registry)?;
    // Some sign the index of all platforms, some the manifest of one, and some name the image by its configuration.
    let names = [Some(manifest.clone()), Some(remote.root.digest.to_string()), subject.digest.clone()];
    let names = names.into_iter().flatten().collect();
    let bytes_left = limits.document_bytes_max;
    let mut reader = Reader { remote, manifest, names, keys, limits, bytes_left, found: Attached::default() };
    let failed = |error| FlowError::Registry { source_text: place.to_owned(), source: error };
    for (n_read, layer) in reader.layers().map_err(failed)?.into_iter().enumerate() {
        if n_read == ARTIFACTS_MAX {
            let detail = format!("more than {ARTIFACTS_MAX} documents are attached; others may be VEX");
            reader.gap(GapKind::LIMIT_EXCEEDED, &reader.manifest.clone(), &detail);
            break;
        }
        reader.take(&layer).map_err(failed)?;
    }
    Ok(reader.found)
}

/// What a media type or a predicate type lets expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// VEX.
    Vex,
    /// CycloneDX, which may be an SBOM that says nothing of vulnerabilities.
    CycloneDx,
    /// An attestation of anything.
    Attestation,
}

impl Kind {
    fn of(words: &str) -> Option<Self> {
        let words = words.to_ascii_lowercase();
        let has = |word: &str| words.contains(word);
        if has("vex") || has("csaf") {
            Some(Self::Vex)
        } else if has("cyclonedx") && !has("protobuf") {
            Some(Self::CycloneDx)
        } else {
            let is_attestation = has("in-toto") || has("dsse") || has("sigstore.bundle");
            is_attestation.then_some(Self::Attestation)
        }
    }

    /// The kind that `annotations` leave of this one; none when they say that it is an attestation of something else.
    fn narrowed(self, annotations: &BTreeMap<String, String>) -> Option<Self> {
        let said = PREDICATE_TYPES.iter().find_map(|key| annotations.get(*key));
        match (self, said) {
            (Self::Attestation, Some(predicate_type)) => Self::of(predicate_type),
            (kind, _) => Some(kind),
        }
    }
}

/// A layer that may hold a document.
struct Layer {
    descriptor: Descriptor,
    kind: Kind,
}

struct Reader<'a> {
    remote: &'a Remote,
    /// The digest of the image's manifest.
    manifest: String,
    /// Every digest that the image goes by.
    names: BTreeSet<String>,
    keys: &'a [PublicKey],
    limits: &'a Limits,
    bytes_left: u64,
    found: Attached,
}

impl Reader<'_> {
    /// What may hold documents, each layer once, in the order of their digests.
    fn layers(&mut self) -> Result<Vec<Layer>, RegistryError> {
        let remote = self.remote;
        let manifest = self.manifest.parse().expect("the digest that the image was found by");
        let mut targets = vec![manifest];
        if targets[0] != self.remote.root.digest {
            targets.push(self.remote.root.digest.clone());
        }
        let (mut artifacts, mut layers) = (BTreeMap::new(), BTreeMap::new());
        for target in &targets {
            let referrers = self.listed(target, "referrers", remote.repository.referrers(target, None))?;
            artifacts.extend(referrers.into_iter().map(|artifact| (artifact.digest.to_string(), artifact)));
            for layer in self.listed(target, "attestations", remote.repository.attestations(target))? {
                add(&mut layers, layer, Some(Kind::Attestation));
            }
        }
        let mut looked_into = 0;
        for (digest, artifact) in artifacts {
            let kind = artifact.artifact_type.as_deref().and_then(Kind::of);
            if kind.is_some_and(|kind| kind.narrowed(&artifact.annotations).is_none()) {
                continue;
            }
            looked_into += 1;
            if looked_into > ARTIFACTS_MAX {
                let detail = format!("more than {ARTIFACTS_MAX} artifacts are attached; others may be VEX");
                self.gap(GapKind::LIMIT_EXCEEDED, &self.manifest.clone(), &detail);
                break;
            }
            let manifest = match ArtifactManifest::of(self.remote, &artifact) {
                Ok(manifest) => manifest,
                Err(error) => {
                    self.unread(&digest, error)?;
                    continue;
                }
            };
            let annotations = manifest.annotations.clone().unwrap_or_default();
            if kind.is_some_and(|kind| kind.narrowed(&annotations).is_none()) {
                continue;
            }
            manifest.into_layers().into_iter().for_each(|layer| add(&mut layers, layer, kind));
        }
        Ok(layers.into_values().collect())
    }

    /// A list of what is attached to `target`; none of it where that cannot be read, which is told.
    fn listed(
        &mut self,
        target: &Digest,
        what: &str,
        list: Result<Vec<Descriptor>, RegistryError>,
    ) -> Result<Vec<Descriptor>, RegistryError> {
        list.or_else(|error| self.unread(&format!("{what} of {target}"), error).map(|()| Vec::new()))
    }

    /// Reads what `layer` holds.
    fn take(&mut self, layer: &Layer) -> Result<(), RegistryError> {
        let place = layer.descriptor.digest.to_string();
        if layer.descriptor.size > self.bytes_left {
            let detail = "so much is attached that it was not looked into whether it is VEX";
            self.gap(GapKind::LIMIT_EXCEEDED, &place, detail);
            return Ok(());
        }
        let called = format!("the attached document {place}");
        let bytes = match layer_bytes(self.remote, &layer.descriptor, called, self.limits.vex_bytes_max) {
            Ok(bytes) => bytes,
            Err(error) => return self.unread(&place, error),
        };
        self.bytes_left = self.bytes_left.saturating_sub(bytes.len() as u64);
        match self.given(layer.kind, &bytes) {
            Ok(None) => {}
            Ok(Some((given, doubt))) => {
                if let Some(doubt) = doubt {
                    let detail = format!(
                        "{doubt}, so what it says suppresses nothing: give the key of who signs it, or the document itself"
                    );
                    self.gap(GapKind::UNVERIFIED_VEX, &place, &detail);
                }
                self.found.given.push(given);
            }
            Err(error) => {
                let mut detail = error.to_string();
                if let Some(cause) = std::error::Error::source(&error) {
                    detail = format!("{detail}: {cause}");
                }
                self.gap(GapKind::UNREADABLE_VEX, &place, &detail);
            }
        }
        Ok(())
    }

    /// The document in `bytes` with why it is not believed; none when it is no VEX and need not be.
    fn given(
        &self,
        kind: Kind,
        bytes: &[u8],
    ) -> Result<Option<(Given, Option<&'static str>)>, UnreadableVex> {
        let opened = contents::open(bytes, self.keys, self.limits)?;
        let predicate_type = opened.statement.as_ref().map(|statement| statement.predicate_type.as_str());
        if kind == Kind::Attestation && predicate_type.is_some_and(|said| Kind::of(said).is_none()) {
            return Ok(None);
        }
        let is_vex = kind == Kind::Vex || predicate_type.and_then(Kind::of) == Some(Kind::Vex);
        let doubt = self.doubt(&opened);
        let subjects = match doubt {
            None => std::slice::from_ref(&self.manifest),
            Some(_) => &[],
        };
        let document = match contents::document(&opened, subjects, self.limits) {
            Err(UnreadableVex::Vex(VexError::UnknownKind | VexError::NotJson(_) | VexError::Xml))
                if !is_vex =>
            {
                return Ok(None);
            }
            document => document?,
        };
        if !is_vex && document.kind == VexKind::CycloneDx && document.statements.is_empty() {
            return Ok(None);
        }
        let trust = if doubt.is_none() { Trust::Attached } else { Trust::Unverified };
        Ok(Some((Given::new(document, digest(bytes), trust), doubt)))
    }

    /// Why a document is not believed to be about this image; none where it is.
    fn doubt(&self, opened: &Opened<'_>) -> Option<&'static str> {
        match (&opened.signature, &opened.statement) {
            (Signature::None, _) => Some("it is not signed"),
            (Signature::Unverified { .. }, _) if self.keys.is_empty() => {
                Some("it is signed, and no key was given to verify that with")
            }
            (Signature::Unverified { .. }, _) => Some("none of the given keys signed it"),
            (Signature::Verified { .. }, None) => Some("it is signed, and does not say of which image it is"),
            // What somebody signed for another image says nothing of this one.
            (Signature::Verified { .. }, Some(statement)) => {
                let is_this = statement.subjects.iter().any(|subject| self.names.contains(subject));
                (!is_this).then_some("it is signed, and is about another image")
            }
        }
    }

    /// Tells what could not be read, unless the registry itself is what failed.
    fn unread(&mut self, place: &str, error: RegistryError) -> Result<(), RegistryError> {
        use RegistryError as E;
        let kind = match &error {
            E::TooLarge { .. } | E::TooMany { .. } => GapKind::LIMIT_EXCEEDED,
            error if error.is_of_contents() => GapKind::UNREADABLE_VEX,
            // It stands in a list still, and was deleted.
            error if error.is_not_found() => GapKind::UNREADABLE_VEX,
            _ => return Err(error),
        };
        self.gap(kind, place, &format!("what is attached cannot be read: {error}"));
        Ok(())
    }

    fn gap(&mut self, kind: GapKind, place: &str, detail: &str) {
        self.found.gaps.push(Gap::new(kind, place, detail));
    }
}

/// Adds a layer of an artifact of the kind `of_artifact`, unless it is known to be something else.
fn add(layers: &mut BTreeMap<String, Layer>, descriptor: Descriptor, of_artifact: Option<Kind>) {
    let kind = Kind::of(&descriptor.media_type).or(of_artifact);
    if let Some(kind) = kind.filter(|kind| kind.narrowed(&descriptor.annotations).is_some()) {
        layers.entry(descriptor.digest.to_string()).or_insert(Layer { descriptor, kind });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_vex_is_told_by_its_type_and_what_it_is_an_attestation_of() {
        let kind = |media_type: &str, annotation: Option<(&str, &str)>| {
            let annotations = annotation.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            Kind::of(media_type)?.narrowed(&annotations.collect())
        };
        let bundle = "application/vnd.dev.sigstore.bundle.v0.3+json";
        let (vex, provenance) = ("https://openvex.dev/ns/v0.2.0", "https://slsa.dev/provenance/v1");
        for (media_type, annotation, expected) in [
            ("application/vnd.openvex+json", None, Some(Kind::Vex)),
            ("application/csaf+json", None, Some(Kind::Vex)),
            ("application/vnd.cyclonedx+json; version=1.6", None, Some(Kind::CycloneDx)),
            ("application/vnd.cyclonedx+xml", None, Some(Kind::CycloneDx)),
            ("application/x.vnd.cyclonedx+protobuf", None, None),
            ("application/spdx+json", None, None),
            ("application/vnd.in-toto+json", None, Some(Kind::Attestation)),
            ("application/vnd.dsse.envelope.v1+json", Some(("predicateType", vex)), Some(Kind::Vex)),
            (bundle, Some(("dev.sigstore.bundle.predicateType", vex)), Some(Kind::Vex)),
            (bundle, Some(("dev.sigstore.bundle.predicateType", provenance)), None),
            ("application/vnd.in-toto+json", Some(("in-toto.io/predicate-type", provenance)), None),
            (bundle, Some(("made.by", "a test")), Some(Kind::Attestation)),
        ] {
            assert_eq!(kind(media_type, annotation), expected, "{media_type} {annotation:?}");
        }
    }
}
