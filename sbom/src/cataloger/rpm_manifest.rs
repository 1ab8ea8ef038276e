//! Lists of RPM packages in images from which rpm's database was removed (the distroless images of Azure Linux and
//! CBL-Mariner): what `rpm -qa` printed when they were built.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

use model::ecosystem::Ecosystem;
use model::package::{Certainty, Package};

use super::file::is_legible;
use super::rpm_package::{full_version, source, stated, time};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "rpm-manifest",
    version: 1,
    finds: Finds::Installed,
    wants: Wants::Paths(&[
        "**/var/lib/rpmmanifest/container-manifest-1",
        "**/var/lib/rpmmanifest/container-manifest-2",
    ]),
    read,
    assemble,
};

/// The list with names only, and the one with all that is asked for.
const NAMES: &str = "container-manifest-1";
const WHOLE: &str = "container-manifest-2";

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let parse = if file.path.ends_with(NAMES) { name_version_architecture } else { columns };
    file.for_each_line(facts, |facts, number, line| {
        if !line.trim().is_empty() {
            match parse(line).filter(|package| package.name != "gpg-pubkey") {
                Some(package) => facts.package(package),
                None if line.starts_with("gpg-pubkey") => {}
                None => {
                    let why = format!("line {number} states no package");
                    facts.push(Fact::Gap(file.unreadable_record(&why)));
                }
            }
        }
        ControlFlow::Continue(())
    });
}

/// Name, version and release, when installed, when built, vendor, epoch, size, architecture, epoch again, source;
/// separated by tabs.
fn columns(line: &str) -> Option<Package> {
    let columns: Vec<&str> = line.split('\t').collect();
    let column = |index: usize| stated(columns.get(index).copied().map(Cow::Borrowed));
    let epoch = column(5).and_then(|epoch| epoch.parse().ok());
    let mut package = package(&column(0)?, &full_version(epoch, &column(1)?, ""))?;
    package.installed_at = column(2).and_then(|seconds| time(seconds.parse().ok()?));
    package.supplier = column(4);
    package.architecture = column(7);
    package.source = column(9).as_deref().and_then(source);
    Some(package)
}

/// `openssl-libs.1.1.1k-15.cm2.x86_64`: where the version begins has to be guessed.
fn name_version_architecture(line: &str) -> Option<Package> {
    let (rest, architecture) = line.trim().rsplit_once('.')?;
    let (rest, release) = rest.rsplit_once('-')?;
    let mut dots = rest.match_indices('.').map(|(at, _)| at);
    let dot = dots.find(|at| rest[at + 1..].starts_with(|first: char| first.is_ascii_digit()))?;
    let (name, version) = (&rest[..dot], &rest[dot + 1..]);
    let mut package = package(name, &full_version(None, version, release))?;
    package.architecture = stated(Some(Cow::Borrowed(architecture)));
    package.certainty = Certainty::Inferred;
    Some(package)
}

fn package(name: &str, version: &str) -> Option<Package> {
    let is_whole = [name, version].iter().all(|text| !text.is_empty() && is_legible(text));
    is_whole.then(|| Package::new(Ecosystem::Rpm, name, version, String::new()))
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let paths: BTreeSet<&str> = tree.of(CATALOGER.name).map(|file| file.path.as_str()).collect();
    for file in tree.of(CATALOGER.name) {
        // Both lists are of the same packages; the one with names only serves alone.
        let whole = file.path.strip_suffix(NAMES).map(|directory| format!("{directory}{WHOLE}"));
        if whole.is_some_and(|whole| paths.contains(whole.as_str())) {
            continue;
        }
        for fact in file.packages() {
            found.os_package(tree, file, fact, []);
        }
    }
}
