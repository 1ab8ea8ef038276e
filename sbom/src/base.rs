//! Which image another was built on: what it says of itself, and what the layers of the two show.

use std::collections::BTreeMap;

use model::gap::{Gap, GapKind};
use model::image::BaseImage;
use model::inventory::Subject;

use crate::image::redact;

/// Names of the base image in labels and annotations (image-spec, annotations.md).
const NAME: &str = "org.opencontainers.image.base.name";
const DIGEST: &str = "org.opencontainers.image.base.digest";

/// Bytes of either; a reference has at most some four hundred.
const TEXT_BYTES_MAX: usize = 1 << 10;

/// The base image that the first of `sources` (labels, then annotations) names that names any. Which layers are its
/// own is not told.
///
/// Labels are inherited: an image whose build names no base has those of its base, which name the base's base.
pub fn from_labels<'a>(sources: impl IntoIterator<Item = &'a BTreeMap<String, String>>) -> Option<BaseImage> {
    sources.into_iter().find_map(|texts| {
        // An annotation is foreign text that nobody has looked at yet.
        let stated = |key| {
            let text = texts.get(key).filter(|text| !text.is_empty())?;
            Some(redact::cut(redact::user_info(text).into_owned(), TEXT_BYTES_MAX))
        };
        let (name, digest) = (stated(NAME), stated(DIGEST));
        (name.is_some() || digest.is_some()).then_some(BaseImage { name, digest, layers: None })
    })
}

/// Makes `base` the base image of `subject`, if its layers are the lowest of the other's.
///
/// Otherwise nothing is changed, and the gap says how far the two agree.
pub fn from_chain(base: &Subject, subject: &mut Subject) -> Option<Gap> {
    let (below, above) = (&base.layers, &subject.layers);
    let n_shared = below.iter().zip(above).take_while(|(one, other)| one.diff_id == other.diff_id).count();
    let name = shown_name(base);
    if below.is_empty() {
        let detail = format!("`{name}` has no layers, so that what came with it cannot be told");
        return Some(Gap::new(GapKind::MISSING_FACT, "base image", detail));
    }
    if n_shared < below.len() {
        let detail = format!(
            "`{name}` is not below this image: it shares only {n_shared} of its {} layers; what came with the base \
             image cannot be told",
            below.len()
        );
        return Some(Gap::new(GapKind::MISSING_FACT, "base image", detail));
    }
    subject.base = Some(BaseImage {
        name: Some(name).filter(|name| !name.is_empty()),
        digest: base.manifest_digest.clone().or_else(|| base.digest.clone()),
        layers: u32::try_from(below.len()).ok(),
    });
    None
}

/// `registry.test/app:1.2`.
fn shown_name(subject: &Subject) -> String {
    match &subject.version {
        Some(version) => format!("{}:{version}", subject.name),
        None => subject.name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use model::image::Origin;
    use model::inventory::SubjectLayer;

    use super::*;

    fn image(name: &str, layers: &[&str]) -> Subject {
        Subject {
            name: name.to_owned(),
            version: Some("1".to_owned()),
            digest: Some("sha256:cc".to_owned()),
            layers: layers.iter().map(|layer| SubjectLayer::new(*layer)).collect(),
            ..Subject::default()
        }
    }

    #[test]
    fn the_layers_of_the_base_are_its_own_and_those_above_are_yours() {
        let base = image("debian", &["a", "b"]);
        let mut app = image("app", &["a", "b", "c"]);
        assert_eq!(app.origin_of_layer("a"), Origin::Unknown);
        assert_eq!(from_chain(&base, &mut app), None);
        let origins = ["a", "b", "c", "x"].map(|layer| app.origin_of_layer(layer));
        assert_eq!(origins, [Origin::Base, Origin::Base, Origin::Yours, Origin::Unknown]);
        let expected = BaseImage {
            name: Some("debian:1".to_owned()),
            digest: Some("sha256:cc".to_owned()),
            layers: Some(2),
        };
        assert_eq!(app.base, Some(expected));
        let mut same = base.clone();
        assert_eq!(from_chain(&base, &mut same), None);
        assert_eq!(same.origin_of_layer("b"), Origin::Base, "an image is its own base");
    }

    #[test]
    fn an_image_that_is_not_below_is_a_gap_and_changes_nothing() {
        for (layers, words) in [
            (&["a", "x"][..], "`debian:1` is not below this image: it shares only 1 of its 2 layers"),
            (&["a", "b", "c"][..], "it shares only 2 of its 3 layers"),
            (&[][..], "`debian:1` has no layers"),
        ] {
            let mut app = image("app", &["a", "b"]);
            let before = app.clone();
            let gap = from_chain(&image("debian", layers), &mut app).unwrap();
            assert!(gap.detail.contains(words), "{gap}");
            assert_eq!(app, before);
        }
    }

    #[test]
    fn labels_come_before_annotations() {
        let texts = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let nothing = texts(&[("maintainer", "x"), (NAME, "")]);
        let labels = texts(&[(NAME, "debian:12")]);
        let annotations = texts(&[(NAME, "alpine:3"), (DIGEST, "sha256:aa")]);
        let base = |name: &str, digest: Option<&str>| {
            let (name, digest) = (Some(name.to_owned()), digest.map(str::to_owned));
            Some(BaseImage { name, digest, layers: None })
        };
        assert_eq!(from_labels([&nothing]), None);
        assert_eq!(from_labels([&labels, &annotations]), base("debian:12", None));
        assert_eq!(from_labels([&nothing, &annotations]), base("alpine:3", Some("sha256:aa")));
    }
}
