//! NuGet packages that a .NET program was built with: the `*.deps.json` beside it.
//!
//! Only what brings files to run counts: packages that were needed for compiling alone are listed too (feeds.md D3). The
//! files of the shared frameworks themselves are those of `dotnet-runtime`.

use std::collections::{BTreeMap, BTreeSet};

use model::package::{Dependencies, Package, PackageIndex, PackageKind};
use serde::Deserialize;

use super::dotnet_override::{self, Assemblies, Asset, Frameworks};
use super::nuget::{Listed, is_identified, package, sha512};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants, dotnet_runtime};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "dotnet-deps",
    version: 4,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/*.deps.json", "**/*.runtimeconfig.json"]),
    read,
    assemble,
};

/// The name of the fact that lists the files which the packages here account for: their places below the directory of the
/// `*.deps.json`, in lower case, a line each.
pub(super) const CLAIMED: &str = "claimed";

/// The document (dotnet/sdk, `runtime-configuration-file.md`).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Deps {
    runtime_target: Option<RuntimeTarget>,
    targets: Option<BTreeMap<String, BTreeMap<String, Target>>>,
    pub(super) libraries: Option<BTreeMap<String, Library>>,
}

/// Early tools wrote the name alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum RuntimeTarget {
    Named { name: String },
    Name(String),
}

/// Files by the part that they play.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Target {
    #[serde(default)]
    dependencies: BTreeMap<String, String>,
    #[serde(default)]
    runtime: BTreeMap<String, Asset>,
    #[serde(default)]
    native: BTreeMap<String, Asset>,
    #[serde(default)]
    runtime_targets: BTreeMap<String, Asset>,
}

#[derive(Deserialize)]
pub(super) struct Library {
    #[serde(rename = "type", default)]
    kind: String,
    sha512: Option<String>,
}

impl Deps {
    /// `.NETCoreApp,Version=v8.0/linux-x64`.
    pub(super) fn target_name(&self) -> Option<&str> {
        match self.runtime_target.as_ref()? {
            RuntimeTarget::Named { name } | RuntimeTarget::Name(name) => Some(name),
        }
    }

    /// What runs: the target that is named, or the only one.
    fn target(&self) -> Option<&BTreeMap<String, Target>> {
        let targets = self.targets.as_ref()?;
        let named = self.target_name().and_then(|name| targets.get(name));
        named.or_else(|| targets.values().next().filter(|_| targets.len() == 1))
    }

    /// The files that run, with what is said of each.
    pub(super) fn assets(&self) -> impl Iterator<Item = (&str, &Asset)> {
        self.target().into_iter().flat_map(BTreeMap::values).flat_map(Target::assets)
    }
}

impl Target {
    /// `_._` stands for nothing.
    fn assets(&self) -> impl Iterator<Item = (&str, &Asset)> {
        stated(&self.runtime).chain(stated(&self.native)).chain(stated(&self.runtime_targets))
    }

    /// Where its files lie, below the directory of the document. The host looks where the document says (.NET 10); else for what is
    /// for one platform of several, and for what comes with a framework, at the path; for all else beside the document
    /// (dotnet/runtime#118297). Translations are not among them.
    fn places(&self, is_framework: bool) -> impl Iterator<Item = &str> {
        let last = |path: &'_ str| path.rfind('/').map_or(0, |slash| slash + 1);
        let beside = stated(&self.runtime).chain(stated(&self.native)).map(move |(path, asset)| {
            let from = if is_framework { 0 } else { last(path) };
            asset.local_path().unwrap_or(&path[from..])
        });
        let at_path = stated(&self.runtime_targets).map(|(path, asset)| asset.local_path().unwrap_or(path));
        beside.chain(at_path)
    }
}

fn stated(assets: &BTreeMap<String, Asset>) -> impl Iterator<Item = (&str, &Asset)> {
    assets.iter().map(|(path, asset)| (path.as_str(), asset)).filter(|(path, _)| !path.ends_with("_._"))
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    if dotnet_runtime::framework(file.path).is_some() && file.path.ends_with(".deps.json") {
        return;
    }
    let Some(text) = file.text(facts) else { return };
    match file.path.ends_with(".runtimeconfig.json") {
        true => dotnet_override::read_configuration(&text, file, facts),
        false => read_text(&text, file, facts),
    }
}

/// Adds what the document `text`, which is or lies in `file`, says.
pub(super) fn read_text(text: &str, file: &File<'_>, facts: &mut Facts) {
    let deps: Deps = match serde_json::from_str(text) {
        Ok(deps) => deps,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    if deps.libraries.is_none() && deps.targets.is_none() {
        return facts.push(Fact::Gap(file.unreadable(&"it lists neither targets nor libraries")));
    }
    let target = deps.target();
    let needed: BTreeSet<&str> = target
        .into_iter()
        .flat_map(BTreeMap::values)
        .flat_map(|target| target.dependencies.keys())
        .map(String::as_str)
        .collect();
    let mut listed = Listed::default();
    let mut positions = BTreeMap::new();
    let mut claimed = BTreeSet::new();
    let mut assemblies = Assemblies::default();
    let n_before = u32::try_from(facts.n_packages()).unwrap_or(u32::MAX);
    for (key, library) in deps.libraries.iter().flatten() {
        let files = target.and_then(|target| target.get(key));
        if target.is_some() && files.is_none_or(|files| files.assets().next().is_none()) {
            continue;
        }
        let Some(package) = library_package(key, library, &needed, file, facts) else { continue };
        if let Some(package) = package {
            let is_package = library.kind.eq_ignore_ascii_case("package");
            let position = listed.add(package);
            positions.insert(key.as_str(), position);
            if let Some(files) = files.filter(|_| is_package) {
                assemblies.add(n_before.saturating_add(position), files.assets());
            }
        }
        let is_framework = library.kind.eq_ignore_ascii_case("runtimepack");
        let places = files.into_iter().flat_map(|files| files.places(is_framework));
        claimed.extend(places.map(str::to_lowercase));
    }
    if let Some(target) = target {
        relate(target, &positions, &mut listed);
    }
    listed.finish(facts);
    assemblies.finish(facts);
    if !claimed.is_empty() {
        let value = claimed.into_iter().collect::<Vec<_>>().join("\n");
        facts.push(Fact::Text { name: CLAIMED.to_owned(), value });
    }
}

/// The package that a library with files is; an inner none for a project that is only a part of the program, whose files
/// are its own. None for what is known by its files alone, such as a library that was referred to as a file.
fn library_package(
    key: &str,
    library: &Library,
    needed: &BTreeSet<&str>,
    file: &File<'_>,
    facts: &mut Facts,
) -> Option<Option<Package>> {
    let (name, version) = key.split_once('/').unwrap_or((key, ""));
    let is = |kind: &str| library.kind.eq_ignore_ascii_case(kind);
    if is("project") && needed.contains(name) {
        return Some(None);
    }
    if !(is("package") || is("project") || is("runtimepack")) || !is_identified(name, version, file, facts) {
        return None;
    }
    let name = name.strip_prefix("runtimepack.").unwrap_or(name);
    let framework = is("runtimepack").then(|| dotnet_runtime::published(name, version)).flatten();
    let mut found = framework.unwrap_or_else(|| package(name, version));
    found.digests = library.sha512.as_deref().and_then(sha512).into_iter().collect();
    if is("project") {
        found.kind = PackageKind::Application;
    }
    Some(Some(found))
}

/// Adds what the packages need. In place of one that was left out comes what it needs in turn.
fn relate(target: &BTreeMap<String, Target>, positions: &BTreeMap<&str, u32>, listed: &mut Listed) {
    let known = Known {
        target,
        keys: target.keys().filter_map(|key| Some((key.split_once('/')?.0, key.as_str()))).collect(),
        positions,
    };
    let n_stated: usize = target.values().map(|target| target.dependencies.len()).sum();
    let mut budget = 64 * n_stated + 4096;
    for (key, from) in positions {
        let Some(package) = listed.at(*from) else { continue };
        let needs_nothing = target.get(*key).is_some_and(|target| target.dependencies.is_empty());
        package.package.depends_on = Dependencies::none_if(needs_nothing);
        match known.needed_by(key, &mut budget) {
            Some(needed) => package.depends_on.extend(needed),
            None => package.depends_on.clear(),
        }
    }
}

/// The packages of a target, and where those are that were not left out.
struct Known<'a> {
    target: &'a BTreeMap<String, Target>,
    /// The keys of the target by names.
    keys: BTreeMap<&'a str, &'a str>,
    positions: &'a BTreeMap<&'a str, u32>,
}

impl<'a> Known<'a> {
    /// The positions of what `key` needs, some of them several times. None where following those that were left out would cost
    /// more than `budget`: many that need one which needs many would take time and memory by their product.
    fn needed_by(&self, key: &'a str, budget: &mut usize) -> Option<Vec<u32>> {
        let mut needed = Vec::new();
        let mut seen = BTreeSet::new();
        let mut open = vec![key];
        while let Some(by) = open.pop() {
            for name in self.target.get(by).into_iter().flat_map(|target| target.dependencies.keys()) {
                if by != key {
                    *budget = budget.checked_sub(1)?;
                }
                let Some(key) = self.keys.get(name.as_str()) else { continue };
                match self.positions.get(key) {
                    Some(to) => needed.push(*to),
                    None if seen.insert(*key) => open.push(key),
                    None => {}
                }
            }
        }
        Some(needed)
    }
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    assemble_with_frameworks(tree, CATALOGER.name, found);
}

/// Makes packages of the facts of `cataloger`, each with the framework whose code runs in its place.
pub(super) fn assemble_with_frameworks(tree: &FactTree<'_>, cataloger: &str, found: &mut Found) {
    let frameworks = Frameworks::of(tree);
    for file in tree.of(cataloger) {
        let overridden = frameworks.overridden(file);
        let mut position = 0;
        found.packages_in(file, |fact| {
            let by = overridden.get(&PackageIndex(position));
            position += 1;
            let mut package = fact.package.clone();
            if let Some(framework) = by {
                package.overridden_by = Some((*framework).to_owned());
            }
            Some(package)
        });
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::super::testing::found_in;

    /// How many packages are known to need something, and what all of them need together, where `count` packages need one
    /// without files that needs them all.
    fn told(count: usize) -> (usize, usize) {
        let (mut targets, mut libraries, mut all) = (String::new(), String::new(), String::new());
        for n in 0..count {
            let files = format!(r#""runtime": {{"lib/p{n}.dll": {{}}}}"#);
            write!(targets, r#""p{n}/1": {{"dependencies": {{"x": "1"}}, {files}}},"#).unwrap();
            write!(libraries, r#""p{n}/1": {{"type": "package"}},"#).unwrap();
            write!(all, r#""p{n}": "1","#).unwrap();
        }
        let all = all.trim_end_matches(',');
        let text = format!(
            r#"{{"targets": {{"net8.0": {{{targets} "x/1": {{"dependencies": {{{all}}}}}}}}},
                "libraries": {{{libraries} "x/1": {{"type": "package"}}}}}}"#
        );
        let found = found_in(&vec![("app/app.deps.json".to_owned(), text.into_bytes())]);
        assert_eq!(found.packages.len(), count);
        let needed = || found.packages.iter().map(|package| &package.depends_on);
        (needed().filter(|needed| needed.is_known()).count(), needed().map(|needed| needed.len()).sum())
    }

    #[test]
    fn what_all_need_by_way_of_one_that_was_left_out_stays_linear() {
        let (n_told, n_needed) = told(20);
        assert_eq!((n_told, n_needed), (20, 400));
        let (n_told, n_needed) = told(400);
        assert_eq!((n_told, n_needed), (138, 138 * 400));
    }
}
