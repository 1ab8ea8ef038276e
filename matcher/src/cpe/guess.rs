//! Names that are guessed of a package's own (feeds.md D3), and what software a package is made for.

use std::collections::BTreeSet;

use model::ecosystem::Ecosystem;
use model::key::PackageKey;
use model::package::Package;

use super::known;
use crate::platform;

/// The words of CPE names for the software that packages are made for (feeds.md D3). Those on one line are the same.
const TARGETS: &[(&[Ecosystem], &[&str])] = &[
    (&[Ecosystem::Npm], &["node.js", "nodejs", "npm"]),
    (&[Ecosystem::PyPi, Ecosystem::Conda], &["python", "pypi"]),
    (&[Ecosystem::Gem], &["ruby", "rubygems"]),
    (&[Ecosystem::Maven], &["java", "maven"]),
    (&[Ecosystem::Cargo], &["rust", "cargo"]),
    (&[Ecosystem::Golang], &["go", "golang"]),
    (&[Ecosystem::WordPress], &["wordpress"]),
    (&[Ecosystem::NuGet], &[".net", "asp.net", "nuget"]),
    (&[Ecosystem::Composer, Ecosystem::Pear], &["composer", "php"]),
    (&[Ecosystem::Cpan], &["perl"]),
    (&[Ecosystem::Hex, Ecosystem::Otp], &["elixir", "erlang"]),
    (&[Ecosystem::Pub], &["dart", "flutter"]),
    (&[Ecosystem::Swift], &["swift"]),
    (&[Ecosystem::Cran, Ecosystem::Bioconductor], &["r"]),
    (&[Ecosystem::Hackage], &["haskell"]),
];

fn targets(ecosystem: Ecosystem) -> &'static [&'static str] {
    TARGETS.iter().find(|(of, _)| of.contains(&ecosystem)).map_or(&[], |(_, words)| *words)
}

/// Whether two words for what software is made for are of the same: `linux` and `linux_kernel`, `nodejs` and `node.js`.
pub(crate) fn is_same_target(left: &str, right: &str) -> bool {
    let system = platform::system_of_target(left);
    left == right
        || system.is_some() && system == platform::system_of_target(right)
        || TARGETS.iter().any(|(_, words)| words.contains(&left) && words.contains(&right))
}

/// Names that the package may have: of each the vendor or the product is the package's own name, or both are known. What is
/// known is known of software, not of modules that have its name (`redis` of npm is no server).
pub(super) fn guesses(package: &Package) -> Vec<PackageKey> {
    let name = own_name(package);
    let (language, name) = module_of(package, &name);
    let product = match package.ecosystem {
        ecosystem if ecosystem.is_os() || targets(ecosystem).is_empty() => known::known_name(name),
        _ => name,
    };
    // `org.apache.tomcat:tomcat-util`, `@scope/name`, `example.com/team/name/v2`.
    let product = match package.ecosystem {
        Ecosystem::Golang => without_major(product).last().unwrap_or(product),
        _ => product.rsplit(['/', ':']).next().unwrap_or(product),
    };
    if product.is_empty() {
        return Vec::new();
    }
    // NVD has one name for the toolchain and what is linked from it, and nobody else's product is called so.
    if package.ecosystem == Ecosystem::Golang && matches!(name, "stdlib" | "toolchain") {
        return vec![PackageKey::of_cpe("golang", "go")];
    }
    let vendor = own_vendor(package);
    // Where a name has a vendor in it, the rest is not its name: `github.com/json-iterator/go`.
    let is_rest = vendor.is_some() && package.ecosystem != Ecosystem::Maven;
    let mut products = vec![product.to_owned(), product.replace('-', "_")];
    // `py3-jose` may be `python-jose`: modules have the language in their own names too.
    if language.contains(&"python") {
        products.extend([format!("python-{product}"), format!("python_{}", product.replace('-', "_"))]);
    }
    let mut keys = BTreeSet::new();
    for product in &products {
        if !is_rest {
            keys.insert(PackageKey::of_cpe(product, product));
        }
        keys.insert(PackageKey::of_cpe(&format!("{product}_project"), product));
    }
    keys.extend(vendor.map(|vendor| PackageKey::of_cpe(&vendor, product)));
    if package.ecosystem == Ecosystem::Maven
        && let Some((group, artifact)) = name.split_once(':')
    {
        let known = known::of_maven(group, artifact);
        keys.extend(known.map(|(vendor, product)| PackageKey::of_cpe(vendor, product)));
    }
    if !is_module(package) {
        let known = known::products(product);
        keys.extend(known.map(|(vendor, product)| PackageKey::of_cpe(vendor, product)));
    }
    keys.into_iter().collect()
}

/// The name by which the package is looked up: a distribution's software is called as its source.
fn own_name(package: &Package) -> String {
    let source = package.source.as_ref().filter(|_| package.ecosystem.is_os());
    source.map_or(package.name.as_str(), |source| source.name.as_str()).to_lowercase()
}

/// The vendor that the package's name states, as CPE names may have it: `acme` of `org.acme:demo`, `example.com/acme/demo`,
/// `@acme/demo` and `acme/demo`.
pub(super) fn own_vendor(package: &Package) -> Option<String> {
    let name = package.name.to_lowercase();
    let vendor = match package.ecosystem {
        Ecosystem::Maven => name.split_once(':')?.0.split('.').nth(1),
        Ecosystem::Golang => without_major(&name).rev().nth(1).filter(|_| without_major(&name).count() > 2),
        Ecosystem::Npm => name.strip_prefix('@')?.split_once('/').map(|(scope, _)| scope),
        Ecosystem::Composer => name.split_once('/').map(|(vendor, _)| vendor),
        _ => None,
    };
    vendor.filter(|vendor| !vendor.is_empty()).map(str::to_owned)
}

/// The parts of a Go module's path but those that are major versions.
fn without_major(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    let is_major = |part: &&str| {
        part.strip_prefix('v').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    path.split('/').filter(move |part| !is_major(part))
}

/// Whether the package is a module of a language, and no software of its own. Conda has both; of its modules those are told
/// that have a language in their names.
pub(super) fn is_module(package: &Package) -> bool {
    match package.ecosystem {
        ecosystem if ecosystem.is_os() => !made_for(&own_name(package)).0.is_empty(),
        Ecosystem::Conda => !made_for(&package.name.to_lowercase()).0.is_empty(),
        ecosystem => !targets(ecosystem).is_empty(),
    }
}

/// The words for the software that the package is made for.
pub(super) fn targets_of(package: &Package) -> &'static [&'static str] {
    match package.ecosystem.is_os() {
        true => [made_for(&package.name), made_for(&own_name(package))]
            .into_iter()
            .map(|(targets, _)| targets)
            .find(|targets| !targets.is_empty())
            .unwrap_or_default(),
        false => targets(package.ecosystem),
    }
}

/// The language that `package`, called `name`, is a module of by that name, and the module's own name. Distributions put the
/// language before it; elsewhere it is part of it (`python-jose` of PyPI).
fn module_of<'n>(package: &Package, name: &'n str) -> (&'static [&'static str], &'n str) {
    if package.ecosystem.is_os() { made_for(name) } else { (&[], name) }
}

/// The language that a distribution's package is a module of, in the words of CPE names, and the module's name:
/// `py3-requests`, `ruby3.2-rack`, `perl-dbi`. `ruby-3.2` and `python-3.12` are no modules.
fn made_for(name: &str) -> (&'static [&'static str], &str) {
    const LANGUAGES: &[(&str, Ecosystem)] = &[
        ("perl", Ecosystem::Cpan),
        ("py", Ecosystem::PyPi),
        ("python", Ecosystem::PyPi),
        ("ruby", Ecosystem::Gem),
        ("rubygem", Ecosystem::Gem),
    ];
    let module = name.split_once('-').and_then(|(language, module)| {
        let bare = language.trim_end_matches(|end: char| end.is_ascii_digit() || end == '.');
        let (_, of) = LANGUAGES.iter().find(|(known, _)| *known == bare)?;
        let is_module = module.starts_with(|first: char| !first.is_ascii_digit());
        is_module.then(|| (targets(*of), module))
    });
    module.unwrap_or((&[], name))
}

#[cfg(test)]
mod tests;
