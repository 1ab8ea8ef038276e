//! R packages that are installed: `DESCRIPTION` in each package's directory of a library.
//!
//! Only installing adds the field `Built`; a `DESCRIPTION` without it is of sources, or of something that is no R package.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use model::ecosystem::Ecosystem;
use model::package::{Package, PackageIndex};
use model::purl::Purl;

use super::facts::PackageFact;
use super::lock_file::identified;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants, provenance};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "r-description",
    version: 2,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/DESCRIPTION"]),
    read,
    assemble,
};

/// Bytes of one field that are kept; some list hundreds of collaborators.
const FIELD_BYTES_MAX: usize = 16 << 10;
/// Fields that are looked at.
const FIELDS: &[&str] = &[
    "Package",
    "Version",
    "Built",
    "License",
    "Maintainer",
    "Depends",
    "Imports",
    "LinkingTo",
    "Repository",
    "biocViews",
    "RemoteType",
    "RemoteHost",
    "RemoteUsername",
    "RemoteRepo",
    "RemoteUrl",
    "RemoteSha",
];

type Fields = BTreeMap<&'static str, String>;

fn read(file: &mut File<'_>, facts: &mut Facts) {
    // Reading may find damage in what turns out to be no R package; then it is nobody's.
    let mut damage = Facts::new(file.limits);
    let fields = fields(file, &mut damage);
    let (Some(name), Some(_)) = (fields.get("Package"), fields.get("Built")) else { return };
    damage.into_vec().into_iter().for_each(|gap| facts.push(gap));
    let version = fields.get("Version").map(String::as_str);
    let Some((name, version)) = identified(file, facts, Some(name), version) else { return };
    let mut fact = PackageFact::new(package(name, version, &fields));
    let needs = ["Depends", "Imports", "LinkingTo"].iter().filter_map(|field| fields.get(field));
    fact.requires = needs.flat_map(|list| names(list)).collect();
    fact.requires.sort_unstable();
    fact.requires.dedup();
    facts.push(Fact::Package(fact.stating_needs()));
}

/// The [`FIELDS`]; a line that starts with white space continues the field above it (R, `read.dcf`).
fn fields(file: &File<'_>, facts: &mut Facts) -> Fields {
    let mut fields = Fields::new();
    let mut open: Option<&'static str> = None;
    file.for_each_line(facts, |_, _, line| {
        if line.starts_with([' ', '\t']) {
            if let Some(value) = open.and_then(|field| fields.get_mut(field))
                && value.len() + line.len() < FIELD_BYTES_MAX
            {
                value.push(' ');
                value.push_str(line.trim());
            }
            return ControlFlow::Continue(());
        }
        let Some((name, value)) = line.split_once(':') else {
            open = None;
            return ControlFlow::Continue(());
        };
        open = FIELDS.iter().copied().find(|field| *field == name);
        if let Some(field) = open
            && value.len() < FIELD_BYTES_MAX
        {
            fields.entry(field).or_insert_with(|| value.trim().to_owned());
        }
        ControlFlow::Continue(())
    });
    fields
}

fn package(name: &str, version: &str, fields: &Fields) -> Package {
    let field = |name: &str| fields.get(name).map(String::as_str).filter(|value| !value.is_empty());
    // Packages of CRAN may state `biocViews` too, so that what they need of Bioconductor is found.
    let is_cran = field("Repository").is_some_and(|repository| repository.contains("CRAN"));
    let ecosystem =
        if field("biocViews").is_some() && !is_cran { Ecosystem::Bioconductor } else { Ecosystem::Cran };
    let mut package = package_of(ecosystem, name, version);
    package.licenses = field("License").map(license).into_iter().collect();
    package.supplier = field("Maintainer").map(|maintainer| {
        let name = maintainer.split('<').next().unwrap_or(maintainer).trim();
        if name.is_empty() { maintainer } else { name }.to_owned()
    });
    if let Some(kind) = field("RemoteType") {
        taken_from(&mut package, kind, &|name| field(name).unwrap_or_default());
    }
    package
}

/// An R package of `ecosystem`.
pub(super) fn package_of(ecosystem: Ecosystem, name: &str, version: &str) -> Package {
    let purl = Purl::new(ecosystem.name(), name).with_version(version);
    Package::new(ecosystem, name, version, purl.to_string())
}

/// Says of `package` where it was taken from, which the fields `Remote…` tell: a repository or a directory.
pub(super) fn taken_from<'f>(package: &mut Package, kind: &str, field: &dyn Fn(&str) -> &'f str) {
    let host = match kind {
        "github" => "github.com",
        "gitlab" => "gitlab.com",
        "bitbucket" => "bitbucket.org",
        "git" | "git2r" | "xgit" => {
            return provenance::taken_from_vcs(package, "git", field("RemoteUrl"), field("RemoteSha"));
        }
        "local" => return provenance::mark(package, model::package::Mark::Unreleased),
        // `standard`, `cran`, `bioc_install`, `url`: released archives.
        _ => return,
    };
    let stated = field("RemoteHost").trim_start_matches("https://");
    let host = match stated.strip_prefix("api.") {
        Some(_) | None if stated.is_empty() || stated.starts_with("api.") => host,
        _ => stated.split('/').next().unwrap_or(host),
    };
    let url = format!("https://{host}/{}/{}", field("RemoteUsername"), field("RemoteRepo"));
    provenance::taken_from_vcs(package, "git", &url, field("RemoteSha"));
}

/// The names of a list such as `R (>= 3.5), methods, demo (>= 1.0)`, without R itself.
pub(super) fn names(list: &str) -> impl Iterator<Item = String> {
    list.split(',')
        .map(|element| element.split('(').next().unwrap_or(element).trim())
        .filter(|name| !name.is_empty() && *name != "R")
        .map(str::to_owned)
}

/// R's names for licences (Writing R Extensions, 1.1.2) as SPDX knows them; others stay as they are.
pub(super) fn license(stated: &str) -> String {
    let one = |name: &str| -> Option<&'static str> {
        let name = name.split_once(" + file LICEN").map_or(name, |(name, _)| name).trim();
        Some(match name {
            "MIT" => "MIT",
            "GPL-2" => "GPL-2.0-only",
            "GPL-3" => "GPL-3.0-only",
            "GPL (>= 2)" | "GPL (>= 2.0)" => "GPL-2.0-or-later",
            "GPL (>= 3)" | "GPL (>= 3.0)" => "GPL-3.0-or-later",
            "LGPL-2" => "LGPL-2.0-only",
            "LGPL-2.1" => "LGPL-2.1-only",
            "LGPL-3" => "LGPL-3.0-only",
            "LGPL (>= 2)" => "LGPL-2.0-or-later",
            "LGPL (>= 2.1)" => "LGPL-2.1-or-later",
            "LGPL (>= 3)" => "LGPL-3.0-or-later",
            "AGPL-3" => "AGPL-3.0-only",
            "AGPL (>= 3)" => "AGPL-3.0-or-later",
            "Apache License 2.0" | "Apache License (== 2.0)" | "Apache License (== 2)" => "Apache-2.0",
            "Artistic-2.0" => "Artistic-2.0",
            "BSD_2_clause" => "BSD-2-Clause",
            "BSD_3_clause" => "BSD-3-Clause",
            "BSL-1.0" => "BSL-1.0",
            "CC0" => "CC0-1.0",
            "CC BY 4.0" => "CC-BY-4.0",
            "MPL-2.0" => "MPL-2.0",
            "EPL-1.0" => "EPL-1.0",
            "Unlicense" => "Unlicense",
            _ => return None,
        })
    };
    let known: Option<Vec<&str>> = stated.split('|').map(one).collect();
    known.map_or_else(|| stated.to_owned(), |known| known.join(" OR "))
}

/// The directory of packages that the `DESCRIPTION` at `path` lies in.
fn library(path: &str) -> &str {
    let mut components = path.rsplitn(3, '/').skip(2);
    components.next().unwrap_or_default()
}

/// A package may need one of CRAN and another of Bioconductor: names are looked up in both, in the same library first.
fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let mut anywhere: BTreeMap<&str, PackageIndex> = BTreeMap::new();
    let mut in_library: BTreeMap<(&str, &str), PackageIndex> = BTreeMap::new();
    let mut needing = Vec::new();
    for file in tree.of(CATALOGER.name) {
        for fact in file.packages() {
            let Some(index) = found.package(file, fact.package.clone()) else { return };
            let library = library(&file.path);
            anywhere.entry(&fact.package.name).or_insert(index);
            in_library.insert((library, &fact.package.name), index);
            needing.push((index, library, &fact.requires));
        }
    }
    for (index, library, requires) in needing {
        let meant = |name: &String| {
            let beside = in_library.get(&(library, name.as_str()));
            beside.or_else(|| anywhere.get(name.as_str())).copied()
        };
        let mut needed: Vec<PackageIndex> =
            requires.iter().filter_map(meant).filter(|other| *other != index).collect();
        needed.sort_unstable();
        needed.dedup();
        found.need(index, needed, !requires.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_that_are_certain_become_expressions() {
        for (stated, expected) in [
            ("MIT + file LICENSE", "MIT"),
            ("GPL-2 | GPL-3", "GPL-2.0-only OR GPL-3.0-only"),
            ("GPL (>= 2)", "GPL-2.0-or-later"),
            ("GPL", "GPL"),
            ("GPL-2 | file LICENSE", "GPL-2 | file LICENSE"),
            ("Part of R 4.3.0", "Part of R 4.3.0"),
        ] {
            assert_eq!(license(stated), expected);
        }
    }
}
