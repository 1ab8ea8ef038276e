//! NuGet packages that a .NET project asks for: `*.csproj` and its kin for other languages.

use super::{Cataloger, FactTree, Facts, File, Finds, Found, Wants, msbuild};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "csproj",
    version: 1,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/*.csproj", "**/*.fsproj", "**/*.vbproj"]),
    read,
    assemble,
};

fn read(file: &mut File<'_>, facts: &mut Facts) {
    msbuild::read(file, &["PackageReference", "PackageDownload"], facts);
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
