//! What a Maven project declares: the `pom.xml` of each module, completed by those of its parents that are there too.
//!
//! Nothing is fetched. What a parent or a list of versions ("bill of materials") outside the tree says stays unknown, and
//! a gap says of which dependencies.

use std::collections::{BTreeMap, BTreeSet};

use model::gap::{Gap, GapKind};
use model::package::{DependencyScope, PackageIndex, PackageKind};

use super::maven::{self, Dependency, Pom, is_id, is_version};
use super::{Cataloger, Fact, FactFile, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "pom-xml",
    version: 1,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/pom.xml", "**/*.pom.xml"]),
    read,
    assemble,
};

/// The name of the fact that holds a project.
const POM: &str = "pom";
/// Bytes of a project; the largest have some hundred thousand.
const POM_BYTES_MAX: u64 = 4 << 20;
/// Ancestors of one project, and lists of versions that it imports, also by way of others.
const LINEAGE_MAX: usize = 32;
const IMPORTS_MAX: usize = 64;
/// Dependencies without a version that a gap names.
const NAMES_MAX: usize = 10;

fn read(file: &mut File<'_>, facts: &mut Facts) {
    if file.size > POM_BYTES_MAX {
        let why = format!("more than the {POM_BYTES_MAX} bytes of any project; not read");
        return facts.push(Fact::Gap(Gap::new(GapKind::LIMIT_EXCEEDED, file.path, why)));
    }
    let Some(text) = file.text(facts) else { return };
    match Pom::parse(&text) {
        Ok(Some(pom)) => match serde_json::to_string(&pom) {
            Ok(value) => facts.push(Fact::Text { name: POM.to_owned(), value }),
            Err(error) => facts.push(Fact::Gap(file.unreadable(&error))),
        },
        Ok(None) => {}
        Err(why) => facts.push(Fact::Gap(file.unreadable(&why))),
    }
}

/// A project of the tree.
struct Project<'t> {
    file: &'t FactFile,
    pom: Pom,
}

/// What makes two dependencies the same: group, artifact, kind and classifier.
type Key = (String, String, String, String);

/// What is known of a dependency beside its key.
#[derive(Clone, Default)]
struct Use {
    version: Option<String>,
    scope: Option<String>,
}

/// All projects of the tree, by where they lie and by what they are.
struct Projects<'t> {
    all: Vec<Project<'t>>,
    by_path: BTreeMap<&'t str, usize>,
    by_coordinates: BTreeMap<(String, String, String), usize>,
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let projects = Projects::of(tree);
    for index in 0..projects.all.len() {
        projects.assemble(index, found);
    }
}

impl<'t> Projects<'t> {
    fn of(tree: &FactTree<'t>) -> Self {
        let mut projects =
            Self { all: Vec::new(), by_path: BTreeMap::new(), by_coordinates: BTreeMap::new() };
        for file in tree.of(CATALOGER.name) {
            for fact in file.facts.iter() {
                let Fact::Text { name, value } = fact else { continue };
                let Some(pom) = serde_json::from_str::<Pom>(value).ok().filter(|_| name == POM) else {
                    continue;
                };
                let index = projects.all.len();
                projects.by_path.insert(&file.path, index);
                if let (Some(group), Some(artifact), Some(version)) = pom.coordinates() {
                    projects.by_coordinates.entry((group, artifact, version)).or_insert(index);
                }
                projects.all.push(Project { file, pom });
            }
        }
        projects
    }

    /// The project that `child` inherits from, where it is in the tree: at its relative path if that is the one meant,
    /// else anywhere.
    fn parent(&self, child: &Project<'_>) -> Option<usize> {
        let parent = child.pom.parent.as_ref()?;
        let relative = parent.relative_path.as_deref().unwrap_or("../pom.xml");
        let folder = child.file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let path = joined(folder, relative).filter(|_| !relative.is_empty());
        let at = |path: &str| self.by_path.get(path).copied();
        let beside = path.and_then(|path| at(&path).or_else(|| at(joined(&path, "pom.xml")?.as_str())));
        let is_meant = |index: &usize| {
            self.all.get(*index).is_some_and(|found| found.pom.artifact.as_ref() == Some(&parent.artifact))
        };
        let key = (parent.group.clone(), parent.artifact.clone(), parent.version.clone());
        beside.filter(is_meant).or_else(|| self.by_coordinates.get(&key).copied())
    }

    /// The project and its ancestors, nearest first.
    fn lineage(&self, index: usize) -> Vec<&Project<'t>> {
        let mut seen = BTreeSet::new();
        let mut lineage = Vec::new();
        let mut next = Some(index);
        while let Some(index) = next.filter(|index| seen.insert(*index) && seen.len() <= LINEAGE_MAX) {
            let Some(project) = self.all.get(index) else { break };
            lineage.push(project);
            next = self.parent(project);
        }
        lineage
    }

    /// What `dependencyManagement` says in `lineage`; the nearest counts.
    fn managed(&self, lineage: &[&Project<'_>], seen: &mut BTreeSet<usize>) -> BTreeMap<Key, Use> {
        let mut managed = BTreeMap::new();
        let mut imported: Vec<usize> = Vec::new();
        for dependency in lineage.iter().flat_map(|project| &project.pom.managed) {
            let Some((key, used)) = resolved(dependency, lineage) else { continue };
            if used.scope.as_deref() == Some("import") {
                let coordinates = (key.0, key.1, used.version.unwrap_or_default());
                imported.extend(self.by_coordinates.get(&coordinates).copied());
            } else {
                managed.entry(key).or_insert(used);
            }
        }
        for index in imported {
            if seen.insert(index) && seen.len() <= IMPORTS_MAX {
                for (key, used) in self.managed(&self.lineage(index), seen) {
                    managed.entry(key).or_insert(used);
                }
            }
        }
        managed
    }

    fn assemble(&self, index: usize, found: &mut Found) {
        let lineage = self.lineage(index);
        let Some(project) = lineage.first() else { return };
        let managed = self.managed(&lineage, &mut BTreeSet::from([index]));
        let mut declared: BTreeMap<Key, Use> = BTreeMap::new();
        // Ancestors first: the nearest counts, and of the same project the last, as in Maven.
        for dependency in lineage.iter().rev().flat_map(|project| &project.pom.dependencies) {
            if let Some((key, used)) = resolved(dependency, &lineage) {
                declared.insert(key, used);
            }
        }
        // Projects that Maven builds to test a plugin (maven-invoker-plugin) are no part of what is delivered.
        let is_test = format!("/{}", project.file.path).contains("/src/it/");
        let mut without_version = Vec::new();
        let root = self.root(&lineage, is_test, found, &mut without_version);
        let mut packages: BTreeMap<(String, String, String), PackageIndex> = BTreeMap::new();
        for (key, used) in declared {
            let rule = managed.get(&key).cloned().unwrap_or_default();
            let scope = used.scope.or(rule.scope).unwrap_or_default();
            let (group, artifact, ..) = key;
            let version = used.version.or(rule.version).and_then(|version| exact(&version));
            let Some(version) = version else {
                without_version.push(maven::full_name(&group, &artifact));
                continue;
            };
            let mut package = maven::package(&group, &artifact, &version);
            let is_development = is_test || scope == "test";
            if is_development {
                package.scope = DependencyScope::Development;
            }
            let key = (group, artifact, version);
            if let Some(known) = packages.get(&key) {
                // Needed at run time once is needed at run time.
                if !is_development && let Some(known) = found.packages.get_mut(known.as_usize()) {
                    known.scope = DependencyScope::Runtime;
                }
            } else if let Some(index) = found.package(project.file, package) {
                packages.insert(key, index);
            }
        }
        if let Some(root) = root {
            found.need(root, packages.into_values().collect(), true);
        }
        self.report(project, &lineage, &without_version, found);
    }

    /// Adds the project itself.
    fn root(
        &self,
        lineage: &[&Project<'_>],
        is_test: bool,
        found: &mut Found,
        without_version: &mut Vec<String>,
    ) -> Option<PackageIndex> {
        let project = lineage.first()?;
        let value = |name: &str| expanded(&format!("${{project.{name}}}"), lineage);
        let artifact = value("artifactId").filter(|artifact| is_id(artifact))?;
        let group = value("groupId").filter(|group| is_id(group))?;
        let Some(version) = value("version").filter(|version| is_version(version)) else {
            without_version.push(maven::full_name(&group, &artifact));
            return None;
        };
        let mut package = maven::package(&group, &artifact, &version);
        package.kind = PackageKind::Application;
        if is_test {
            package.scope = DependencyScope::Development;
        }
        let licenses =
            lineage.iter().map(|project| &project.pom.licenses).find(|licenses| !licenses.is_empty());
        package.licenses = licenses.cloned().unwrap_or_default().into();
        package.supplier = lineage.iter().find_map(|project| project.pom.organization.clone());
        found.package(project.file, package)
    }

    fn report(&self, project: &Project<'_>, lineage: &[&Project<'_>], names: &[String], found: &mut Found) {
        if names.is_empty() {
            return;
        }
        let listed = names.iter().take(NAMES_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = if names.len() > NAMES_MAX { ", …" } else { "" };
        let missing = lineage.last().filter(|last| self.parent(last).is_none());
        let missing = missing.and_then(|last| last.pom.parent.as_ref());
        let parent = missing.map_or(String::new(), |parent| {
            format!("; its parent `{}` is not here", maven::full_name(&parent.group, &parent.artifact))
        });
        let detail = format!("no version can be told of {}: {listed}{more}{parent}", names.len());
        found.gaps.push(Gap::new(GapKind::MISSING_FACT, &*project.file.path, detail));
    }
}

/// `text` with properties replaced: those of the nearest project that has them, and the coordinates of the project itself.
fn expanded(text: &str, lineage: &[&Project<'_>]) -> Option<String> {
    let property = |name: &str| {
        let of_project = || lineage.first().and_then(|project| project.pom.property(name));
        if name.starts_with("project.") || name.starts_with("pom.") {
            return of_project();
        }
        let set = lineage.iter().find_map(|project| project.pom.properties.get(name)).map(String::as_str);
        set.or_else(of_project)
    };
    maven::expand(text, property)
}

/// A dependency with all of its properties replaced; none when its name cannot be told.
fn resolved(dependency: &Dependency, lineage: &[&Project<'_>]) -> Option<(Key, Use)> {
    let value = |text: &str| expanded(text, lineage);
    let group = value(&dependency.group).filter(|group| is_id(group))?;
    let artifact = value(&dependency.artifact).filter(|artifact| is_id(artifact))?;
    let kind = dependency.kind.clone().unwrap_or_else(|| "jar".to_owned());
    let classifier = dependency.classifier.clone().unwrap_or_default();
    let used =
        Use { version: dependency.version.as_deref().and_then(value), scope: dependency.scope.clone() };
    Some(((group, artifact, kind, classifier), used))
}

/// The version that a requirement names: `1.0`, or `[1.0]`. Of a range any version may be taken.
fn exact(requirement: &str) -> Option<String> {
    let one = requirement.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(requirement);
    let is_range = one.contains(['[', ']', '(', ')', ',']);
    (!is_range && is_version(one)).then(|| one.to_owned())
}

/// `relative`, seen from `folder`; none when it leaves the tree.
fn joined(folder: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_version_is_a_version() {
        for (requirement, expected) in
            [("1.0", Some("1.0")), ("[1.0]", Some("1.0")), ("[1.0,2.0)", None), ("(,1]", None), ("@v@", None)]
        {
            assert_eq!(exact(requirement).as_deref(), expected, "{requirement}");
        }
        assert_eq!(joined("a/b", "../../pom.xml").as_deref(), Some("pom.xml"));
        assert_eq!(joined("a", "../../pom.xml"), None);
    }
}
