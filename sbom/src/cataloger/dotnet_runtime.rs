//! The shared frameworks of .NET, which programs run on without carrying them: `shared/Microsoft.NETCore.App/8.0.1/` and
//! its siblings.
//!
//! Advisories name the packages that the frameworks are also published as, one a platform (feeds.md D3).

use std::collections::BTreeSet;

use model::gap::{Gap, GapKind};
use model::package::{Mark, Package};

use super::dotnet_deps::Deps;
use super::facts::{FactFile, PackageFact};
use super::file::is_legible;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants, dotnet_override, nuget};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "dotnet-runtime",
    version: 2,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/shared/*/*/*.deps.json", "**/shared/*/*/.version"]),
    read,
    assemble,
};

/// The frameworks, and the product that NVD knows each by.
const FRAMEWORKS: [(&str, &str); 4] = [
    ("Microsoft.AspNetCore.All", "asp.net_core"),
    ("Microsoft.AspNetCore.App", "asp.net_core"),
    ("Microsoft.NETCore.App", ".net"),
    ("Microsoft.WindowsDesktop.App", ".net"),
];

/// A framework, its version and the directory it lies in, of the path of a file directly in that.
pub(super) fn framework(path: &str) -> Option<(&str, &str, &str)> {
    let (directory, _) = path.rsplit_once('/')?;
    let mut components = directory.rsplit('/');
    let (version, name, shared) = (components.next()?, components.next()?, components.next()?);
    let known = FRAMEWORKS.iter().any(|(known, _)| *known == name);
    (known && shared == "shared" && version.starts_with(|first: char| first.is_ascii_digit()))
        .then_some((name, version, directory))
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some((name, version, _)) = framework(file.path) else { return };
    let file_name = file.path.rsplit('/').next().unwrap_or_default();
    if !is_legible(version) {
        return facts.push(Fact::Gap(file.unreadable(&"its directory has an illegible version")));
    }
    if file_name == ".version" {
        return facts.package(package(name, version, ""));
    }
    if file_name.strip_suffix(".deps.json") != Some(name) {
        return;
    }
    let Some(text) = file.text(facts) else { return };
    match serde_json::from_str::<Deps>(&text) {
        Ok(deps) => {
            facts.package(package(name, version, &platform(&deps, name)));
            dotnet_override::note_framework(deps.assets(), facts);
        }
        Err(error) => {
            facts.push(Fact::Gap(file.unreadable(&error)));
            facts.package(package(name, version, ""));
        }
    }
}

/// `linux-musl-x64`, as the target or the framework's own package says; empty when neither does.
fn platform(deps: &Deps, framework: &str) -> String {
    let target = deps.target_name().and_then(|name| name.split_once('/')).map(|(_, platform)| platform);
    let own = || {
        let names = deps.libraries.iter().flat_map(|libraries| libraries.keys());
        names
            .filter_map(|key| key.strip_prefix(framework)?.strip_prefix(".Runtime.")?.split('/').next())
            .next()
    };
    let platform = target.or_else(own).unwrap_or_default();
    let is_platform = platform.chars().all(|letter| letter.is_ascii_alphanumeric() || "-._".contains(letter));
    if is_platform { platform.to_owned() } else { String::new() }
}

/// The framework that `name`, such as `Microsoft.NETCore.App.Runtime.linux-x64`, is the package of.
pub(super) fn published(name: &str, version: &str) -> Option<Package> {
    let (framework, platform) = name.split_once(".Runtime.")?;
    let known = FRAMEWORKS.iter().any(|(known, _)| *known == framework);
    known.then(|| package(framework, version, platform))
}

/// The framework in `version` for `platform`, which may be empty.
pub(super) fn package(framework: &str, version: &str, platform: &str) -> Package {
    let name = match platform {
        "" => framework.to_owned(),
        platform => format!("{framework}.Runtime.{platform}"),
    };
    let mut package = nuget::package(&name, version);
    package.marks = vec![Mark::SharedFramework];
    package.architecture = platform.rsplit_once('-').map(|(_, architecture)| architecture.to_owned());
    // Before version 5 it was called .NET Core.
    let major: Option<u32> = version.split('.').next().and_then(|major| major.parse().ok());
    let product =
        FRAMEWORKS.iter().find(|(known, _)| *known == framework).map_or(".net", |(_, product)| *product);
    let product = if product == ".net" && major < Some(5) { ".net_core" } else { product };
    let (number, update) = version.split_once('-').unwrap_or((version, "*"));
    if version.chars().all(|letter| letter.is_ascii_alphanumeric() || ".-".contains(letter)) {
        let update = update.replace('.', "");
        package.cpes = vec![format!("cpe:2.3:a:microsoft:{product}:{number}:{update}:*:*:*:*:*:*")].into();
    }
    package
}

/// Both files say the same; `.version` counts where the other one is not there.
fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let directories: BTreeSet<&str> = tree
        .of(CATALOGER.name)
        .filter(|file| file.path.ends_with(".deps.json") && file.packages().next().is_some())
        .filter_map(|file| framework(&file.path).map(|(_, _, directory)| directory))
        .collect();
    for file in tree.of(CATALOGER.name) {
        let is_told = framework(&file.path).is_some_and(|(_, _, directory)| directories.contains(directory));
        if !(file.path.ends_with("/.version") && is_told) {
            found.packages_in(file, |fact| Some(fact.package.clone()));
            note_unknown_platform(file, found);
        }
    }
}

/// Says of the frameworks of `file` for which platform they are not known to be: no advisory names them as they are listed.
pub(super) fn note_unknown_platform(file: &FactFile, found: &mut Found) {
    let is_nameless = |fact: &&PackageFact| {
        let package = &fact.package;
        package.marks.contains(&Mark::SharedFramework) && !package.name.contains(".Runtime.")
    };
    if let Some(fact) = file.packages().find(is_nameless) {
        let detail = format!("it is not known for which platform `{}` is", fact.package.name);
        found.gaps.push(Gap::new(GapKind::MISSING_FACT, &*file.path, detail));
    }
}
