//! Snaps, as `meta/snap.yaml` in each describes itself, and the Debian packages that went into them: the manifest that
//! snapcraft leaves (`snap/manifest.yaml`), and the list in a base snap (`usr/share/snappy/dpkg.yaml`).

use std::collections::{BTreeMap, BTreeSet};

use model::ecosystem::Ecosystem;
use model::package::{Package, PackageKind};
use model::purl::Purl;

use super::dpkg_status;
use super::file::is_legible;
use super::yaml::{self, Yaml};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, PackageFact, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "snap",
    version: 1,
    finds: Finds::Installed,
    wants: Wants::Paths(&[SNAP, MANIFEST, BASE]),
    read,
    assemble,
};

const SNAP: &str = "**/meta/snap.yaml";
const MANIFEST: &str = "**/snap/manifest.yaml";
const BASE: &str = "**/usr/share/snappy/dpkg.yaml";

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let document = match yaml::parse(&text) {
        Ok(document @ Yaml::Map(_)) => document,
        Ok(_) => return facts.push(Fact::Gap(file.unreadable(&"it is no map"))),
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    if file.path.ends_with("snappy/dpkg.yaml") {
        return debs(&document, &["packages"], None, file, facts);
    }
    let is_manifest = file.path.ends_with("manifest.yaml");
    // Other tools have a `manifest.yaml` too.
    if is_manifest && document.get("snapcraft-version").is_none() {
        return;
    }
    match snap(&document) {
        Ok(snap) => facts.package(snap),
        Err(why) => return facts.push(Fact::Gap(file.unreadable(&why))),
    }
    if is_manifest {
        debs(&document, &["primed-stage-packages"], Some(0), file, facts);
    }
}

fn snap(document: &Yaml) -> Result<Package, String> {
    let name = document.text_of("name").ok_or("it states no name")?;
    let version = document.text_of("version").ok_or("it states no version")?;
    if !is_legible(name) || !is_legible(version) {
        return Err("it has an illegible name or version".to_owned());
    }
    let architectures = document.get("architectures").into_iter().flat_map(Yaml::elements);
    let architectures: Vec<&str> = architectures.filter_map(Yaml::text).collect();
    let purl = Purl::new("snap", name).with_version(version);
    let purl = match architectures[..] {
        [architecture] => purl.with_qualifier("arch", architecture),
        _ => purl,
    };
    let mut package = Package::new(Ecosystem::Snap, name, version, purl.to_string());
    package.kind = PackageKind::Application;
    package.architecture = purl.qualifiers.get("arch").cloned();
    package.licenses = document.text_of("license").map(str::to_owned).into_iter().collect();
    Ok(package)
}

/// The Debian packages in lists of `name:architecture=version`; those of Ubuntu, which snaps are built from.
fn debs(document: &Yaml, lists: &[&str], parent: Option<u32>, file: &File<'_>, facts: &mut Facts) {
    let id = document.text_of("snapcraft-os-release-id").unwrap_or("ubuntu");
    let release = document.text_of("snapcraft-os-release-version-id").unwrap_or_default();
    let distro = if release.is_empty() { String::new() } else { format!("{id}-{release}") };
    let of_snap = document.get("architectures").and_then(|list| list.elements().next()).and_then(Yaml::text);
    let stated: BTreeSet<&str> = lists
        .iter()
        .filter_map(|list| document.get(list))
        .flat_map(Yaml::elements)
        .filter_map(Yaml::text)
        .collect();
    for entry in stated {
        let (name, version) = entry.split_once('=').unwrap_or((entry, ""));
        let (name, architecture) = match name.split_once(':') {
            Some((name, architecture)) => (name, Some(architecture)),
            None => (name, of_snap),
        };
        if name.is_empty() || version.is_empty() || !is_legible(entry) {
            let why = format!("`{}` is no name and version of a package", entry.escape_debug());
            facts.push(Fact::Gap(file.unreadable_record(&why)));
            continue;
        }
        let purl = Purl::new("deb", &name.to_lowercase())
            .with_namespace(id)
            .with_version(version)
            .with_qualifier("arch", architecture.unwrap_or_default())
            .with_qualifier("distro", &distro);
        let mut package = Package::new(Ecosystem::Deb, name, version, purl.to_string());
        package.architecture = architecture.map(str::to_owned);
        facts.push(Fact::Package(PackageFact { parent, ..PackageFact::new(package) }));
    }
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let listed = dpkg_status::recorded(tree);
    let root = |path: &str| {
        let inside = [SNAP, MANIFEST, BASE].map(|pattern| &pattern["**/".len()..]);
        inside.iter().find_map(|inside| path.strip_suffix(inside)).unwrap_or_default().to_owned()
    };
    let described: BTreeSet<String> = tree
        .of(CATALOGER.name)
        .filter(|file| file.path.ends_with("meta/snap.yaml") && file.packages().next().is_some())
        .map(|file| root(&file.path))
        .collect();
    let mut manifests = Vec::new();
    for file in tree.of(CATALOGER.name) {
        let root = root(&file.path);
        let is_manifest = file.path.ends_with("snap/manifest.yaml");
        let first = found.packages.len();
        found.packages_in(file, |fact| {
            let package = &fact.package;
            let is_known = match package.ecosystem {
                Ecosystem::Snap => is_manifest && described.contains(&root),
                _ => listed.contains(&(&*root, &*package.name, package.version.as_str())),
            };
            (!is_known).then(|| package.clone())
        });
        manifests.push((root, first..found.packages.len()));
    }
    adopt(found, &manifests);
}

/// Gives the packages of a manifest, whose own entry for the snap was left out, the snap of the same directory as parent.
fn adopt(found: &mut Found, files: &[(String, std::ops::Range<usize>)]) {
    let mut snaps: BTreeMap<&str, usize> = BTreeMap::new();
    for (root, range) in files {
        let is_snap = |index: &usize| {
            found.packages.get(*index).is_some_and(|package| package.ecosystem == Ecosystem::Snap)
        };
        if let Some(snap) = range.clone().find(is_snap) {
            snaps.entry(root).or_insert(snap);
        }
    }
    for (root, range) in files {
        let Some(snap) = snaps.get(&**root).and_then(|index| u32::try_from(*index).ok()) else { continue };
        for package in found.packages.get_mut(range.clone()).unwrap_or_default() {
            if package.ecosystem == Ecosystem::Deb {
                package.parent = Some(model::package::PackageIndex(snap));
            }
        }
    }
}
