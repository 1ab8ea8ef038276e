//! What the document of another tool leaves unsaid, and what that costs.
//!
//! plimsoll's own documents say what their inventory lacked when it was made; nothing is added to them.

use std::collections::{BTreeMap, HashSet};

use model::distro::Distro;
use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::package::{Package, PackageIndex};
use model::text::counted;

use super::identity;

/// The distro that most packages name in their purl; the first by name where several are named as often. Where none names
/// one, that of the repositories that the packages are from.
pub(in crate::format) fn distro(packages: &[Package], gaps: &mut Vec<Gap>) -> Option<Distro> {
    most_named(packages, identity::distro, gaps)
        .or_else(|| most_named(packages, identity::distro_of_repository, gaps))
}

fn most_named(packages: &[Package], name: fn(&str) -> Option<Distro>, gaps: &mut Vec<Gap>) -> Option<Distro> {
    let mut named: BTreeMap<String, (usize, Distro)> = BTreeMap::new();
    let mut distros = packages.iter().filter_map(|package| name(&package.purl)).peekable();
    while let Some(distro) = distros.next() {
        // Mostly all name the same.
        let n_same = 1 + std::iter::from_fn(|| distros.next_if_eq(&distro)).count();
        let version = distro.version.as_deref().or(distro.codename.as_deref()).unwrap_or("");
        let name = format!("{} {version}", distro.id);
        named.entry(name).or_insert((0, distro)).0 += n_same;
    }
    if named.len() > 1 {
        let names: Vec<_> = named.keys().map(|name| name.trim_end()).collect();
        gaps.push(missing(format!(
            "one distribution: packages name {}; the most frequent is taken for all",
            names.join(", ")
        )));
    }
    named.into_values().rev().max_by_key(|(packages, _)| *packages).map(|(_, distro)| distro)
}

/// A gap for each fact that matching wants and `packages` lack.
pub(in crate::format) fn missing_facts(distro: Option<&Distro>, packages: &[Package], gaps: &mut Vec<Gap>) {
    let count = |lacks: &dyn Fn(&Package) -> bool| packages.iter().filter(|package| lacks(package)).count();
    let mut say = |packages: usize, fact: &str, cost: &str| {
        if packages > 0 {
            gaps.push(missing(format!("{fact} of {}: {cost}", counted(packages, "package"))));
        }
    };
    say(
        count(&|package| package.purl.is_empty() && package.ecosystem == Ecosystem::Unknown),
        "package URL",
        "they cannot be matched by ecosystem",
    );
    say(
        count(&|package| !package.purl.is_empty() && package.ecosystem == Ecosystem::Unknown),
        "package URL of a known type",
        "they cannot be matched by ecosystem",
    );
    say(count(&|package| package.version.is_empty()), "version", "no range can be decided for them");
    let os_packages = count(&|package| package.ecosystem.is_os());
    if distro.is_none_or(|distro| distro.version.is_none() && distro.codename.is_none()) {
        let rolling = distro.is_some_and(|distro| !distro.id.is_empty());
        let fact = if rolling { "release of the distribution" } else { "distribution" };
        say(os_packages, fact, "which advisories answer for them is not known");
    }
    let by_source =
        |package: &Package| matches!(package.ecosystem, Ecosystem::Apk | Ecosystem::Deb | Ecosystem::Rpm);
    if !packages.iter().any(|package| by_source(package) && package.source.is_some()) {
        say(
            count(&by_source),
            "source package",
            "advisories that name the source are found only where it has the package's own name",
        );
    }
    let language = |package: &Package| !package.ecosystem.is_os() && package.ecosystem != Ecosystem::Unknown;
    if os_packages > 0 && !packages.iter().any(|package| package.owner.is_some()) {
        say(
            count(&language),
            "owner",
            "those that the distribution installed and patched are judged as if they came from upstream",
        );
    }
    say(
        count(&|package| package.locations.is_empty()),
        "location",
        "where in the image they are cannot be said",
    );
}

/// Takes away owners that own themselves, directly or through others, each with a gap.
pub(in crate::format) fn break_cycles(packages: &mut [Package], gaps: &mut Vec<Gap>) {
    let mut settled = vec![false; packages.len()];
    for start in 0..packages.len() {
        // Most have no owner, and are spared the bookkeeping.
        if packages[start].owner.is_none() {
            continue;
        }
        let mut path = Vec::new();
        let mut on_path = HashSet::new();
        let mut current = start;
        while !settled[current] {
            on_path.insert(current);
            path.push(current);
            let Some(PackageIndex(owner)) = packages[current].owner else { break };
            let owner = owner as usize;
            if on_path.contains(&owner) {
                packages[current].owner = None;
                gaps.push(Gap::new(
                    GapKind::UNREADABLE_RECORD,
                    packages[current].purl.clone(),
                    "its owner is owned by it; the owner is left out",
                ));
                break;
            }
            current = owner;
        }
        for index in path {
            settled[index] = true;
        }
    }
}

/// A gap for references that several elements carry.
pub(in crate::format) fn ambiguous(reference: &str) -> Gap {
    Gap::new(
        GapKind::UNREADABLE_RECORD,
        reference,
        "several elements carry this reference; relations to it are left out",
    )
}

/// A gap for operating systems that a document describes after its first.
pub(in crate::format) fn more_distros(left_out: usize) -> Option<Gap> {
    let detail =
        format!("{left_out} more operating systems are described; the first is taken for all packages");
    (left_out > 0).then(|| Gap::new(GapKind::UNREADABLE_RECORD, "document", detail))
}

/// The gap that the document lacks what `detail` names.
fn missing(detail: String) -> Gap {
    Gap::new(GapKind::MISSING_FACT, "document", detail)
}
