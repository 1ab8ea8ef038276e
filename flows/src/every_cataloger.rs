//! What each cataloger finds goes through every SBOM format unchanged, and ends as judged or as counted with a reason.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use model::advisory::AdvisorySet;
use model::facts::FeedFacts;
use model::inventory::Inventory;
use sbom::cataloger::CATALOGERS;
use sbom::image::{OpenOptions, open};
use sbom::inventory::{InventoryOptions, NoProgress, inventory};

use crate::match_law::{documents, rewritten};

/// The inventory of a directory with the files of `case`.
fn inventory_of(case: &Path) -> Inventory {
    let dir = tempfile::tempdir().unwrap();
    for (path, bytes) in testkit::case::image_of(case) {
        let on_disk = dir.path().join(path.trim_end_matches('*'));
        fs::create_dir_all(on_disk.parent().unwrap()).unwrap();
        fs::write(&on_disk, bytes).unwrap();
        #[cfg(unix)]
        if path.ends_with('*') {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&on_disk, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
    let image = open(dir.path(), None, &OpenOptions::default()).unwrap();
    let options = InventoryOptions { name: Some("case".to_owned()), ..InventoryOptions::default() };
    inventory(&image, &options, &NoProgress).unwrap()
}

#[test]
fn what_each_cataloger_finds_survives_an_sbom_and_is_counted() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sbom/testdata/cataloger");
    for cataloger in CATALOGERS {
        let mut n_packages = 0;
        for case in fs::read_dir(cases.join(cataloger.name)).unwrap() {
            let case = case.unwrap().path();
            let found = inventory_of(&case);
            n_packages += found.packages.iter().filter(|package| package.cataloger == cataloger.name).count();
            for name in documents() {
                assert_eq!(rewritten(&found, &name), found, "{} as {name}", case.display());
            }
            let (facts, advisories) = (FeedFacts::default(), AdvisorySet::default());
            let judged = matcher::cases(&found, &facts);
            let coverage = matcher::coverage(&found, &judged, &facts, &advisories, Timestamp::UNIX_EPOCH);
            let n_unmatched: usize = coverage.unmatched.iter().map(|unmatched| unmatched.packages).sum();
            // Without any feed every package has a reason for not being judged.
            assert_eq!((coverage.matched, n_unmatched), (0, found.packages.len()), "{}", case.display());
        }
        assert!(n_packages > 0 || finds_no_packages(cataloger.name), "{}", cataloger.name);
    }
}

/// Those that find a distribution, accounts, or facts about packages of others.
fn finds_no_packages(cataloger: &str) -> bool {
    matches!(cataloger, "distro" | "passwd" | "red-hat-build" | "ubuntu-pro" | "dnf-history" | "nuspec")
}
