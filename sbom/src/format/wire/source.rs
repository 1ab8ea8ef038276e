//! The source packages of an inventory, as elements of their own: SPDX has a relationship for them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use model::ecosystem::Ecosystem;
use model::package::Package;
use model::version::VersionText;

/// What makes two source packages the same: ecosystem, name and version.
pub(in crate::format) type SourceKey<'a> = (Ecosystem, &'a str, Option<&'a str>);

/// The key of a package's source package, where that can be an element: nothing that it states is empty.
pub(in crate::format) fn key(package: &Package) -> Option<SourceKey<'_>> {
    let source = package.source.as_ref().filter(|source| !source.name.is_empty())?;
    let version = source.version.as_ref().map(VersionText::as_str);
    if version.is_some_and(str::is_empty) {
        return None;
    }
    Some((package.ecosystem, &source.name, version))
}

/// The source packages of `packages`, each with its supplier: the one that all packages state that were built from it
/// and state any. Where they do not agree, none is.
pub(in crate::format) fn suppliers(packages: &[Package]) -> BTreeMap<SourceKey<'_>, Option<&str>> {
    let mut agreed = BTreeMap::new();
    // What packages do not agree on stays apart from what none states.
    let mut stated: BTreeMap<SourceKey<'_>, &str> = BTreeMap::new();
    for package in packages {
        let Some(key) = key(package) else { continue };
        let supplier = agreed.entry(key).or_insert(None);
        let Some(other) = package.supplier.as_deref() else { continue };
        match stated.entry(key) {
            Entry::Vacant(vacant) => *supplier = Some(*vacant.insert(other)),
            Entry::Occupied(first) if *first.get() != other => *supplier = None,
            Entry::Occupied(_) => {}
        }
    }
    agreed
}

#[cfg(test)]
mod tests {
    use model::package::SourcePackage;

    use super::*;

    fn package(source: &str, supplier: Option<&str>) -> Package {
        let mut package = Package::new(Ecosystem::Deb, "a", "1", String::new());
        package.source = Some(SourcePackage { name: source.to_owned(), version: Some("1".into()) });
        package.supplier = supplier.map(str::to_owned);
        package
    }

    #[test]
    fn a_source_has_the_supplier_that_its_packages_agree_on() {
        let packages = [
            package("one", None),
            package("one", Some("A")),
            package("one", Some("A")),
            package("two", Some("A")),
            package("two", Some("B")),
            package("two", Some("A")),
            package("none", None),
            package("", Some("A")),
        ];
        let found: Vec<_> =
            suppliers(&packages).into_iter().map(|((_, name, _), supplier)| (name, supplier)).collect();
        assert_eq!(found, [("none", None), ("one", Some("A")), ("two", None)]);
    }
}
