//! What is in real images is what their own databases say.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::harness::{Place, read_json, read_tsv};

/// A real image or root filesystem, and the packages its database holds.
pub(crate) struct RealImage {
    pub(crate) name: String,
    pub(crate) source: PathBuf,
    pub(crate) platform: Option<&'static str>,
    packages: PathBuf,
}

/// Every image and root filesystem of the real data that has a list of packages.
pub(crate) fn real_images(data: &Path) -> Vec<RealImage> {
    let mut found = Vec::new();
    for folder in ["images", "rootfs/alpine", "rootfs/dpkg"] {
        let mut entries: Vec<_> =
            fs::read_dir(data.join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            let name = path.strip_prefix(data).unwrap().display().to_string();
            for (list, platform) in [
                ("packages.tsv", None),
                ("packages.amd64.tsv", Some("linux/amd64")),
                ("packages.arm64.tsv", Some("linux/arm64")),
            ] {
                if path.join(list).exists() {
                    let source = source(&path);
                    found.push(RealImage { name: name.clone(), source, platform, packages: path.join(list) });
                }
            }
        }
    }
    assert!(found.len() >= 18, "only {} images with a list of packages", found.len());
    found
}

/// The archive in a folder of the real data, or the folder itself when it is a tree.
fn source(folder: &Path) -> PathBuf {
    ["oci-layout.tar", "docker-save.tar.gz", "rootfs.tar.xz", "rootfs.tar.gz"]
        .iter()
        .map(|name| folder.join(name))
        .find(|path| path.exists())
        .unwrap_or_else(|| folder.to_owned())
}

/// Some trees of the real data have packed files in them (`status.zst`): a copy that has them unpacked.
pub(crate) fn unpacked(source: &Path, place: &Place) -> PathBuf {
    if !source.is_dir() {
        return source.to_owned();
    }
    let copy = place.path("tree");
    let mut folders = vec![source.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let is_packed = path.extension().is_some_and(|extension| extension == "zst");
            let plain = if is_packed { path.with_extension("") } else { path };
            let target = copy.join(plain.strip_prefix(source).unwrap());
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::write(target, testkit::data::read(&plain)).unwrap();
        }
    }
    copy
}

impl RealImage {
    /// The list of packages in its database.
    pub(crate) fn packages(&self) -> PathBuf {
        self.packages.clone()
    }

    /// `--platform` and its value, when the image has several.
    pub(crate) fn platform_words(&self) -> Vec<String> {
        self.platform.map(|platform| vec!["--platform".to_owned(), platform.to_owned()]).unwrap_or_default()
    }
}

#[test]
fn every_real_image_has_exactly_the_packages_of_its_database() {
    let Some(data) = testkit::data::require("every_real_image_has_exactly_the_packages_of_its_database")
    else {
        return;
    };
    for image in real_images(&data) {
        let place = Place::new();
        let source = unpacked(&image.source, &place);
        let mut words = vec!["sbom".to_owned(), source.display().to_string()];
        words.extend(image.platform_words());
        let sbom = place.json(&words);
        let found: BTreeSet<String> = components(&sbom)
            .iter()
            .filter(|component| is_os_package(component))
            .map(|component| format!("{} {}", text(&component["name"]), text(&component["version"])))
            .collect();
        let expected: BTreeSet<String> =
            read_tsv(&image.packages).iter().map(|row| format!("{} {}", row[0], row[1])).collect();
        assert_eq!(found, expected, "{} {:?}", image.name, image.platform);
    }
}

#[test]
fn what_whiteouts_delete_is_not_found_and_the_rest_knows_its_layer() {
    let Some(data) = testkit::data::require("what_whiteouts_delete_is_not_found") else { return };
    let folder = data.join("images/assembled-whiteouts-a");
    let place = Place::new();
    let sbom = place.json(["sbom".as_ref(), folder.join("oci-layout.tar").as_os_str()]);
    let expected = read_json(&folder.join("expected.json"));

    let found: BTreeSet<String> = components(&sbom)
        .iter()
        .filter(|component| !is_os_package(component) && component["type"] != "operating-system")
        .map(|component| {
            let path = text(&component["evidence"]["occurrences"][0]["location"]);
            format!(
                "{} {} {path} {}",
                text(&component["name"]),
                text(&component["version"]),
                layer(component)
            )
        })
        .collect();
    let layers = properties(&sbom["metadata"]["component"], "plimsoll:subject:layer");
    let wanted: BTreeSet<String> = expected["language_packages_squashed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            let layer = layers[usize::try_from(package["layer"].as_u64().unwrap()).unwrap()];
            let path = text(&package["path"]);
            format!("{} {} {path} {layer}", text(&package["name"]), text(&package["version"]))
        })
        .collect();
    assert_eq!(found, wanted);
    let removed = text(&expected["apk_removed"]);
    assert!(components(&sbom).iter().all(|component| text(&component["name"]) != removed));
    for list in ["deleted_by_whiteout", "deleted_by_opaque"] {
        for path in expected[list].as_array().unwrap() {
            assert!(!sbom.to_string().contains(text(path)), "{path} was deleted");
        }
    }
}

fn components(sbom: &Value) -> &[Value] {
    sbom["components"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn is_os_package(component: &Value) -> bool {
    let purl = text(&component["purl"]);
    purl.starts_with("pkg:apk/") || purl.starts_with("pkg:deb/")
}

/// The layer of a component's only location.
fn layer(component: &Value) -> &str {
    let layers = properties(component, "plimsoll:location:layer");
    layers.first().and_then(|layer| layer.strip_prefix("0 ")).unwrap_or_default()
}

fn properties<'a>(holder: &'a Value, name: &str) -> Vec<&'a str> {
    holder["properties"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|property| property["name"] == name)
        .map(|property| text(&property["value"]))
        .collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
