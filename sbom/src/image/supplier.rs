//! Who supplies an image, as it says itself.

use std::collections::BTreeMap;

use super::redact;

/// Keys of labels and annotations that name a supplier, in the order of trust.
///
/// `vendor` is “the distributing entity” (image-spec, annotations.md; label-schema.org says the same of its own, and Red
/// Hat's builds write the bare word). Where nobody distributes what others made, who is responsible for it supplies
/// it, as the maintainer of a package does: `authors` (image-spec) and the older `maintainer` (docs.docker.com on
/// `MAINTAINER`).
const KEYS: &[&str] = &[
    "org.opencontainers.image.vendor",
    "org.label-schema.vendor",
    "vendor",
    "org.opencontainers.image.authors",
    "maintainer",
];

/// Bytes of a supplier; those of real images have at most some hundred.
const TEXT_BYTES_MAX: usize = 1 << 10;

/// The supplier that one of `sources` (labels, then annotations) names, else the `author` of the configuration, who is
/// “responsible for maintaining the image” (image-spec, config.md).
///
/// Labels are inherited: an image whose build names nobody has the supplier of its base.
pub(super) fn stated(sources: &[&BTreeMap<String, String>], author: Option<&str>) -> Option<String> {
    let labelled = KEYS.iter().flat_map(|key| sources.iter().filter_map(move |texts| texts.get(*key)));
    let mut named = labelled.map(String::as_str).chain(author).map(str::trim);
    let supplier = named.find(|text| !text.is_empty())?;
    // Foreign text that nobody has looked at yet.
    Some(redact::cut(redact::user_info(supplier).into_owned(), TEXT_BYTES_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(all: &[(&str, &str)]) -> BTreeMap<String, String> {
        all.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn who_distributes_goes_before_who_made_it_and_labels_before_annotations() {
        let labels = texts(&[("maintainer", "M <m@acme.test>"), ("vendor", " "), ("other", "x")]);
        let annotations = texts(&[("org.opencontainers.image.authors", "A")]);
        let vendor = texts(&[("org.opencontainers.image.vendor", " Acme\n")]);
        let of = |sources: &[&BTreeMap<String, String>], author| stated(sources, author);
        assert_eq!(of(&[&labels], Some("N")).as_deref(), Some("M <m@acme.test>"));
        assert_eq!(of(&[&labels, &annotations], None).as_deref(), Some("A"));
        assert_eq!(of(&[&labels, &vendor], None).as_deref(), Some("Acme"));
        assert_eq!(of(&[&vendor, &texts(&[(KEYS[0], "Other")])], None).as_deref(), Some("Acme"));
        assert_eq!(of(&[&texts(&[])], Some("N <n@acme.test>")).as_deref(), Some("N <n@acme.test>"));
        assert_eq!(of(&[&texts(&[("vendor", "")])], Some("")), None);
    }

    #[test]
    fn what_may_be_a_secret_or_is_without_end_is_taken_out() {
        let of = |vendor: &str| stated(&[&texts(&[("vendor", vendor)])], None).unwrap();
        assert_eq!(of("https://a:b@acme.test"), "https://…@acme.test");
        assert!(of(&"a".repeat(5000)).len() <= TEXT_BYTES_MAX + redact::ELLIPSIS.len());
    }
}
