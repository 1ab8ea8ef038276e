//! Gradle's `verification-metadata.xml`: checksums of every artifact that a build may use, and so their names.

use model::gap::{Gap, GapKind};

use super::maven::{self, is_id, is_version};
use super::xml::{self, Element};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "gradle-verification",
    version: 1,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/gradle/verification-metadata.xml"]),
    read,
    assemble,
};

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let Some(text) = file.text(facts) else { return };
    let root = match xml::parse(&text) {
        Ok(root) => root,
        Err(why) => return facts.push(Fact::Gap(file.unreadable(&why))),
    };
    let components = root.child("components").filter(|_| root.name == "verification-metadata");
    for component in components.into_iter().flat_map(|components| components.each("component")) {
        read_component(file, facts, component);
    }
}

fn read_component(file: &File<'_>, facts: &mut Facts, component: &Element) {
    let attribute = |name: &str| component.attribute(name).unwrap_or_default();
    let (group, artifact, version) = (attribute("group"), attribute("name"), attribute("version"));
    if !is_id(group) || !is_id(artifact) {
        let name = maven::full_name(group, artifact);
        let why = format!("the component `{name}` {version} has no group or no name that is one");
        return facts.push(Fact::Gap(file.unreadable_record(&why)));
    }
    if !is_version(version) {
        let why = format!("`{}` states no version; it cannot be judged", maven::full_name(group, artifact));
        return facts.push(Fact::Gap(Gap::new(GapKind::MISSING_FACT, file.path, why)));
    }
    let mut package = maven::package(group, artifact, version);
    let archive = component.each("artifact").find(|archive| {
        let name = archive.attribute("name").unwrap_or_default();
        name == format!("{artifact}-{version}.jar")
    });
    for checksum in archive.map_or(&[][..], |archive| &archive.children) {
        let value = checksum.attribute("value").unwrap_or_default();
        let is_hash = matches!(&*checksum.name, "md5" | "sha1" | "sha256" | "sha512");
        if is_hash && !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            package.digests.push(format!("{}:{}", checksum.name, value.to_ascii_lowercase()));
        }
    }
    package.digests.sort();
    facts.package(package);
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
