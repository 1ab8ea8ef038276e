//! Versions of NuGet packages that all projects of a repository share: `Directory.Packages.props` and kin.

use super::{Cataloger, FactTree, Facts, File, Finds, Found, Wants, msbuild};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "nuget-packages-props",
    version: 1,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/*Packages.props", "**/*packages.props"]),
    read,
    assemble,
};

fn read(file: &mut File<'_>, facts: &mut Facts) {
    msbuild::read(file, &["PackageVersion", "PackageReference", "GlobalPackageReference"], facts);
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
