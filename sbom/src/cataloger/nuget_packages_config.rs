//! NuGet packages of a project of the .NET Framework: `packages.config`.

use model::gap::{Gap, GapKind};
use model::package::DependencyScope;

use super::nuget::{is_identified, package};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants, xml};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "nuget-packages-config",
    version: 1,
    finds: Finds::Locked,
    wants: Wants::Paths(&["**/packages.config", "**/packages.*.config"]),
    read,
    assemble,
};

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let root = match xml::parse(&text) {
        Ok(root) => root,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    if root.name != "packages" {
        return;
    }
    for element in root.each("package") {
        let stated = |name: &str| element.attribute(name).map(str::trim).filter(|value| !value.is_empty());
        match (stated("id"), stated("version")) {
            (Some(name), Some(version)) if is_identified(name, version, file, facts) => {
                let mut package = package(name, version);
                if stated("developmentDependency").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
                    package.scope = DependencyScope::Development;
                }
                facts.package(package);
            }
            (Some(name), None) => {
                let detail = format!("`{name}` states no version; it cannot be judged");
                facts.push(Fact::Gap(Gap::new(GapKind::MISSING_FACT, file.path, detail)));
            }
            (None, _) => facts.push(Fact::Gap(file.unreadable_record(&"a package states no id"))),
            _ => {}
        }
    }
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
