//! .NET libraries that no `*.deps.json` accounts for, by what their version resources say.
//!
//! The version of a file is none of a NuGet package (feeds.md D3). Where the product's version is one of three numbers,
//! which is what the tools of .NET write from the version of the package, the library is taken for that package;
//! otherwise it is software of which no more is known. Libraries of .NET itself carry the version of the framework, also
//! where they come in packages with versions of their own.

use std::collections::{BTreeMap, BTreeSet};

use model::ecosystem::Ecosystem;
use model::package::{Certainty, Package};
use model::purl::Purl;

use super::file::is_legible;
use super::{
    Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants, dotnet_deps, dotnet_runtime, nuget,
    pe_version,
};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "dotnet-pe",
    version: 1,
    finds: Finds::Installed,
    // Not [`Wants::Programs`], which would have every shared library of an image read for nothing.
    wants: Wants::Paths(&["**/*.dll", "**/*.exe", "**/*.DLL", "**/*.EXE"]),
    read,
    assemble,
};

/// The library that every copy of the runtime has once.
const CORE_LIBRARY: &str = "System.Private.CoreLib";
/// Bytes of a name or version; longer ones are none.
const TEXT_BYTES_MAX: usize = 200;

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let name = file.path.rsplit('/').next().unwrap_or(file.path);
    // Translations say what the library says that they belong to; reference assemblies hold no code.
    let is_reference = file.path.split('/').any(|component| component == "ref");
    if is_reference || name.ends_with(".resources.dll") || !pe_version::is_managed(file.content) {
        return;
    }
    let strings = pe_version::version_info(file.content);
    let stated = |wanted: &str| {
        let found = strings.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.as_str());
        found.filter(|text| text.len() <= TEXT_BYTES_MAX && is_legible(text))
    };
    let name = ["OriginalFilename", "InternalName"].iter().find_map(|key| stated(key)).unwrap_or(name);
    let name = name.rsplit_once('.').filter(|(_, end)| is_extension(end)).map_or(name, |(stem, _)| stem);
    let product =
        stated("ProductVersion").map(|version| version.split(['+', ' ']).next().unwrap_or_default());
    let is_of_framework = stated("ProductName").is_some_and(|product| {
        product
            .strip_prefix("Microsoft")
            .is_some_and(|rest| rest.trim_start_matches(['®', ' ']).starts_with(".NET"))
    });
    let mut package = match product.filter(|version| is_package_version(version)) {
        Some(version) if !is_of_framework => nuget::package(name, version),
        Some(version) if name == CORE_LIBRARY => {
            dotnet_runtime::package("Microsoft.NETCore.App", released(version), "")
        }
        _ => {
            let version = stated("FileVersion").and_then(|version| version.split([' ', ',']).next());
            let Some(version) = version.or(product).filter(|version| is_number(version)) else { return };
            let purl = Purl::new("generic", name).with_version(version);
            Package::new(Ecosystem::Generic, name, version, purl.to_string())
        }
    };
    package.certainty = Certainty::Inferred;
    package.supplier = stated("CompanyName").filter(|company| *company != name).map(str::to_owned);
    facts.package(package);
}

/// `3.1.23` of `3.1.23-servicing.22116.1`, which is how a build of that release names itself.
fn released(version: &str) -> &str {
    version.split("-servicing").next().unwrap_or(version)
}

fn is_extension(text: &str) -> bool {
    ["dll", "exe"].iter().any(|known| text.eq_ignore_ascii_case(known))
}

fn is_number(version: &str) -> bool {
    version.starts_with(|first: char| first.is_ascii_digit()) && version != "0.0.0.0"
}

/// `13.0.3` and `1.0.0-beta.2`, not `4.700.22.51706`.
fn is_package_version(version: &str) -> bool {
    let numbers = version.split('-').next().unwrap_or_default();
    let is_numeric = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    numbers.split('.').count() == 3 && numbers.split('.').all(is_numeric)
}

/// A library belongs to the `*.deps.json` that has it where it lies, or to the shared framework in whose directory it lies.
/// One of the same name further down, a plugin's, may be of another version.
fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let mut claimed: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in tree.of(dotnet_deps::CATALOGER.name) {
        let directory = file.path.rsplit_once('/').map_or("", |(directory, _)| directory);
        for fact in file.facts.iter() {
            if let Fact::Text { name, value } = fact
                && name == dotnet_deps::CLAIMED
            {
                claimed.entry(directory).or_default().extend(value.lines());
            }
        }
    }
    let frameworks: BTreeSet<&str> = tree
        .of(dotnet_runtime::CATALOGER.name)
        .filter_map(|file| dotnet_runtime::framework(&file.path).map(|(_, _, directory)| directory))
        .collect();
    for file in tree.of(CATALOGER.name) {
        let mut above = file.path.as_str();
        let is_claimed = std::iter::from_fn(|| {
            above = (!above.is_empty()).then(|| above.rsplit_once('/').map_or("", |(above, _)| above))?;
            Some(above)
        })
        .any(|directory| {
            let is_there = |places: &BTreeSet<&str>| {
                let place = file.path[directory.len()..].trim_start_matches('/');
                places.contains(place.to_lowercase().as_str())
            };
            frameworks.contains(directory) || claimed.get(directory).is_some_and(is_there)
        });
        if !is_claimed {
            found.packages_in(file, |fact| Some(fact.package.clone()));
            dotnet_runtime::note_unknown_platform(file, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_of_a_file_is_none_of_a_package() {
        for (version, expected) in [
            ("13.0.3", true),
            ("1.0.0-beta.2", true),
            ("4.700.22.51706", false),
            ("1.0", false),
            ("1.0.x", false),
            ("", false),
        ] {
            assert_eq!(is_package_version(version), expected, "{version}");
        }
    }
}
