//! Each of the small and odd images of other projects' tests ends in a known way.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::harness::{Place, read_json};

/// What becomes of an image.
enum Outcome {
    /// Exit code 2, and the words that say why.
    Refused(&'static str),
    /// Exit code 0: how many packages there are, and the kinds of gaps.
    Read(usize, &'static [&'static str]),
}

use Outcome::{Read, Refused};

/// None of them has a distribution, and those that are read have no package.
const BARE: Outcome = Read(0, &["no-distro"]);

/// Each image with its outcome and, where that is not obvious, the reason.
const ROWS: &[(&str, Outcome, &str)] = &[
    (
        "claircore/pkg/tarfs/testdata/bad_name.tar",
        BARE,
        "a name that is no UTF-8 is spelt in escapes and hides nothing else",
    ),
    (
        "claircore/pkg/tarfs/testdata/concat.tar",
        BARE,
        "a layer that was appended to another: what is there twice counts once",
    ),
    (
        "claircore/pkg/tarfs/testdata/known/oddlayer.tar",
        Refused("it has no entries"),
        "one entry, and that is the root: no image, and nothing that could be judged",
    ),
    ("claircore/rhel/testdata/layer-with-cpe.tar", BARE, ""),
    ("claircore/rhel/testdata/rhcos-layer-with-conflicting-files.tar", BARE, ""),
    ("claircore/whiteout/testdata/whiteout.layer", BARE, "a layer alone reads as a root filesystem"),
    ("claircore/whiteout/testdata/whiteout_advanced.layer", BARE, ""),
    ("claircore/whiteout/testdata/whiteout_opaque.layer", BARE, ""),
    (
        "go-containerregistry/layout/testdata/test_gc_image_unknown_mediatype",
        Refused("lacks the manifest sha256:32589985"),
        "whatever its type, what the index names is not there",
    ),
    (
        "go-containerregistry/layout/testdata/test_gc_index",
        BARE,
        "two indexes beside a manifest lead to that manifest again: one image by several names",
    ),
    (
        "go-containerregistry/layout/testdata/test_index_media_type",
        Refused("it is not of an image but of `application/vnd.cncf.helm.config.v1+json`"),
        "",
    ),
    (
        "go-containerregistry/mutate/testdata/source_image_with_empty_layer_history.tar",
        Refused("is damaged: its digest is sha256:05b5ec12"),
        "the configuration was edited and is called by its old digest; docker would not notice",
    ),
    ("go-containerregistry/tarball/testdata/null_manifest.tar", Refused("its manifest.json names none"), ""),
    (
        "go-containerregistry/tarball/testdata/test_bundle.tar",
        Refused("holds several images: test_image_1, test_image_2"),
        "",
    ),
    ("go-containerregistry/tarball/testdata/test_image_1.tar", BARE, ""),
    ("go-containerregistry/tarball/testdata/test_image_2.tar", BARE, ""),
    ("osv-scalibr/layerscanning/image/testdata/empty.tar", Refused("it has no entries"), ""),
    ("osv-scalibr/layerscanning/image/testdata/multiple-files.tar", BARE, ""),
    (
        "osv-scalibr/layerscanning/image/testdata/symlink-cycle.tar",
        BARE,
        "nothing asks for what the circle would hold",
    ),
    ("osv-scalibr/layerscanning/image/testdata/symlink-dangling.tar", BARE, ""),
    ("osv-scalibr/layerscanning/image/testdata/symlink-depth-exceeded.tar", BARE, ""),
    ("osv-scalibr/unpack/testdata/basic.tar", BARE, ""),
    (
        "osv-scalibr/unpack/testdata/escape.tar",
        Read(0, &["no-distro", "unreadable-file"]),
        "its links stay inside as they are written, and it lacks the marker at its end",
    ),
    (
        "stereoscope/docker/testdata/engine-config.json",
        Refused("the document looks like JSON with neither"),
        "a configuration without its archive",
    ),
    (
        "stereoscope/docker/testdata/single-blank-manifest.json",
        Refused("not a tar archive"),
        "a manifest without its archive",
    ),
    ("stereoscope/oci/testdata/valid-oci.tar", BARE, "it has no layers"),
    (
        "stereoscope/oci/testdata/valid_manifest",
        Refused("lacks the manifest sha256:f67dcc5f"),
        "an index without its blobs is a damaged layout, not a directory in which nothing is found",
    ),
    ("trivy/test/testdata/test.oci", BARE, ""),
    ("trivy/test/testdata/test_bad_index_json.oci", Refused("cannot understand `index.json`"), ""),
    ("trivy/test/testdata/test_image_tag.oci", BARE, ""),
    ("trivy/test/testdata/test_index_json_dir.oci", Refused("lacks `index.json`"), ""),
    (
        "trivy/test/testdata/test_index_json_dir.oci/test_bad_index_json.oci",
        Refused("cannot understand `index.json`"),
        "a layout within the folder of another",
    ),
    ("trivy/test/testdata/test_invalid_oci_image.oci", Refused("lacks the manifest sha256:bad74487"), ""),
    ("trivy/test/testdata/test_no_valid_manifests.oci", Refused("its index refers to no image manifest"), ""),
];

#[test]
fn every_small_image_is_read_or_refused_as_the_table_says() {
    let Some(data) = testkit::data::require("every_small_image_is_read_or_refused_as_the_table_says") else {
        return;
    };
    let root = data.join("images/small");
    let place = Place::new();
    for (name, outcome, why) in ROWS {
        let sbom = place.path("sbom.json");
        let out = format!("cyclonedx-json={}", sbom.display());
        let ran = place.run(["sbom".as_ref(), root.join(name).as_os_str(), "-o".as_ref(), out.as_ref()]);
        match outcome {
            Refused(words) => {
                assert_eq!(ran.code, Some(2), "{name} ({why}): {}", ran.stderr);
                assert!(ran.stderr.contains(words), "{name} ({why}): {}", ran.stderr);
                assert!(!sbom.exists(), "{name}: nothing is written when nothing is known");
            }
            Read(n_packages, gaps) => {
                assert_eq!(ran.code, Some(0), "{name} ({why}): {}", ran.stderr);
                let document = read_json(&sbom);
                let found = document["components"].as_array().map_or(0, Vec::len);
                assert_eq!(found, *n_packages, "{name} ({why})");
                assert_eq!(kinds_of_gaps(&document), gaps.iter().copied().collect(), "{name} ({why})");
                fs::remove_file(sbom).unwrap();
            }
        }
    }
    let named: Vec<PathBuf> = ROWS.iter().map(|(name, _, _)| root.join(name)).collect();
    for file in files_below(&root) {
        assert!(named.iter().any(|path| file.starts_with(path)), "{} is in no row", file.display());
    }
}

/// The kinds of the gaps that an SBOM tells of.
fn kinds_of_gaps(document: &Value) -> BTreeSet<&str> {
    let properties = document["metadata"]["properties"].as_array();
    properties
        .into_iter()
        .flatten()
        .filter(|property| property["name"] == "plimsoll:gap")
        .filter_map(|property| property["value"].as_str()?.split([' ', '|', ':']).next())
        .collect()
}

fn files_below(root: &Path) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files
}
