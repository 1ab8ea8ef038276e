//! Which image another was built on: what it says of itself, and what the layers of the two show.

use std::collections::BTreeMap;

use model::gap::{Gap, GapKind};
use model::image::BaseImage;
use model::inventory::{Inventory, Subject};
use model::package::{Location, Package};

/// Names of the base image in labels and annotations (image-spec, annotations.md).
const NAME: &str = "org.opencontainers.image.base.name";
const DIGEST: &str = "org.opencontainers.image.base.digest";

/// The base image that the first of `sources` (labels, then annotations) names that names any. Which layers are its
/// own is not told.
///
/// Labels are inherited: an image whose build names no base has those of its base, which name the base's base.
pub fn from_labels<'a>(sources: impl IntoIterator<Item = &'a BTreeMap<String, String>>) -> Option<BaseImage> {
    sources.into_iter().find_map(|texts| {
        let stated = |key| texts.get(key).filter(|text| !text.is_empty()).cloned();
        let (name, digest) = (stated(NAME), stated(DIGEST));
        (name.is_some() || digest.is_some()).then_some(BaseImage { name, digest, layers: None })
    })
}

/// Makes `base` the base image of `inventory`, if its layers are the lowest of the other's.
///
/// An operating system keeps its packages in one database, which every installation writes anew, so that the layer of
/// that file is the latest for all of them. A package that `base` has too, with the same version in the same
/// file, is therefore given the layer that `base` says brought it.
///
/// Otherwise nothing is changed, and the gap says how far the two agree.
pub fn from_chain(base: &Inventory, inventory: &mut Inventory) -> Option<Gap> {
    let (below, above) = (&base.subject.layers, &inventory.subject.layers);
    let n_shared = below.iter().zip(above).take_while(|(one, other)| one.diff_id == other.diff_id).count();
    let name = shown_name(&base.subject);
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
    inventory.subject.base = Some(BaseImage {
        name: Some(name).filter(|name| !name.is_empty()),
        digest: base.subject.manifest_digest.clone().or_else(|| base.subject.digest.clone()),
        layers: u32::try_from(below.len()).ok(),
    });
    give_earlier_layers(base, inventory);
    None
}

/// `registry.test/app:1.2`.
fn shown_name(subject: &Subject) -> String {
    match &subject.version {
        Some(version) => format!("{}:{version}", subject.name),
        None => subject.name.clone(),
    }
}

/// What makes two records of a database the same.
type Record<'a> = (model::ecosystem::Ecosystem, &'a str, &'a str, Option<&'a str>, &'a str);

fn record<'a>(package: &'a Package, location: &'a Location) -> Record<'a> {
    let path = location.path.trim_start_matches('/');
    let version = package.version.as_str();
    (package.ecosystem, &package.name, version, package.architecture.as_deref(), path)
}

fn give_earlier_layers(base: &Inventory, inventory: &mut Inventory) {
    let mut brought: BTreeMap<Record<'_>, Option<&str>> = BTreeMap::new();
    for package in base.packages.iter().filter(|package| package.ecosystem.is_os()) {
        for location in &package.locations {
            let layer = location
                .layer
                .as_deref()
                .filter(|layer| base.subject.layers.iter().any(|of_base| of_base.diff_id == *layer));
            brought.insert(record(package, location), layer);
        }
    }
    let subject = &inventory.subject;
    let mut packages = std::mem::take(&mut inventory.packages);
    for package in packages.iter_mut().filter(|package| package.ecosystem.is_os()) {
        let mut locations = std::mem::take(&mut package.locations);
        for location in &mut locations {
            let is_above = location
                .layer
                .as_deref()
                .is_some_and(|layer| subject.origin_of_layer(layer) != model::image::Origin::Base);
            // A document of the base that does not say where the package is leaves it untold here too.
            if is_above && let Some(layer) = brought.get(&record(package, location)) {
                location.layer = layer.map(str::to_owned);
            }
        }
        package.locations = locations;
    }
    // The order of packages depends on their locations.
    let gaps = std::mem::take(&mut inventory.gaps);
    *inventory =
        Inventory::new(std::mem::take(&mut inventory.subject), inventory.distro.take(), packages, gaps);
}

#[cfg(test)]
mod tests {
    use model::ecosystem::Ecosystem;
    use model::inventory::SubjectLayer;

    use super::*;

    fn image(name: &str, layers: &[&str], packages: &[(&str, &str, &str)]) -> Inventory {
        let subject = Subject {
            name: name.to_owned(),
            version: Some("1".to_owned()),
            digest: Some("sha256:cc".to_owned()),
            layers: layers.iter().map(|layer| SubjectLayer::new(*layer)).collect(),
            ..Subject::default()
        };
        let package = |&(name, version, layer): &(&str, &str, &str)| {
            let location = Location { path: "var/lib/dpkg/status".to_owned(), layer: Some(layer.to_owned()) };
            let purl = format!("pkg:deb/debian/{name}@{version}");
            Package { locations: vec![location], ..Package::new(Ecosystem::Deb, name, version, purl) }
        };
        Inventory::new(subject, None, packages.iter().map(package).collect(), Vec::new())
    }

    fn origins(inventory: &Inventory) -> Vec<String> {
        let origin = |package: &Package| inventory.subject.origin_of_package(package).as_str();
        inventory.packages.iter().map(|package| format!("{} {}", package.name, origin(package))).collect()
    }

    #[test]
    fn packages_of_a_database_written_anew_are_the_bases_where_the_base_has_them() {
        let base = image("debian", &["a", "b"], &[("libc6", "1", "a"), ("openssl", "1", "b")]);
        let mut app =
            image("app", &["a", "b", "c"], &[("curl", "1", "c"), ("libc6", "1", "c"), ("openssl", "2", "c")]);
        assert_eq!(origins(&app), ["curl unknown", "libc6 unknown", "openssl unknown"]);
        assert_eq!(from_chain(&base, &mut app), None);
        assert_eq!(origins(&app), ["curl yours", "libc6 base", "openssl yours"]);
        assert_eq!(app.packages[1].locations[0].layer.as_deref(), Some("a"));
        let expected = BaseImage {
            name: Some("debian:1".to_owned()),
            digest: Some("sha256:cc".to_owned()),
            layers: Some(2),
        };
        assert_eq!(app.subject.base, Some(expected));
    }

    #[test]
    fn a_base_that_does_not_say_where_a_package_is_leaves_it_untold() {
        let mut base = image("debian", &["a"], &[("libc6", "1", "a")]);
        base.packages[0].locations[0] = Location { path: "/var/lib/dpkg/status".to_owned(), layer: None };
        let mut app = image("app", &["a", "c"], &[("libc6", "1", "c")]);
        assert_eq!(from_chain(&base, &mut app), None);
        assert_eq!(origins(&app), ["libc6 unknown"]);
    }

    #[test]
    fn an_image_is_its_own_base() {
        let base = image("debian", &["a"], &[("libc6", "1", "a")]);
        let mut same = base.clone();
        assert_eq!(from_chain(&base, &mut same), None);
        assert_eq!(origins(&same), ["libc6 base"]);
    }

    #[test]
    fn an_image_that_is_not_below_is_a_gap_and_changes_nothing() {
        for (layers, words) in [
            (&["a", "x"][..], "`debian:1` is not below this image: it shares only 1 of its 2 layers"),
            (&["a", "b", "c"][..], "it shares only 2 of its 3 layers"),
            (&[][..], "`debian:1` has no layers"),
        ] {
            let mut app = image("app", &["a", "b"], &[("libc6", "1", "a")]);
            let before = app.clone();
            let gap = from_chain(&image("debian", layers, &[]), &mut app).unwrap();
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
