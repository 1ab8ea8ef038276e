//! Packages that vcpkg installed: its database `vcpkg/status` and the changes since, `vcpkg/updates/*`.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::facts::{FactFile, PackageFact};
use super::file::unidentified;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants, vcpkg};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "vcpkg-status",
    version: 2,
    finds: Finds::Installed,
    wants: Wants::Paths(&[
        "**/installed/vcpkg/status",
        "**/installed/vcpkg/updates/*",
        "**/vcpkg_installed/vcpkg/status",
        "**/vcpkg_installed/vcpkg/updates/*",
    ]),
    read,
    assemble,
};

/// The name of the fact that a package, `NAME:TRIPLET`, was removed.
const REMOVED: &str = "removed";
/// Bytes of one field that are kept.
const FIELD_BYTES_MAX: usize = 4 << 10;

/// The fields of a paragraph that matter.
#[derive(Default)]
struct Paragraph {
    line: u64,
    fields: BTreeMap<String, String>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let mut paragraph = Paragraph::default();
    file.for_each_line(facts, |facts, number, line| {
        if line.trim().is_empty() {
            std::mem::take(&mut paragraph).finish(file, facts);
        } else if let Some((name, value)) = line.split_once(':').filter(|_| !line.starts_with(' ')) {
            if paragraph.fields.is_empty() {
                paragraph.line = number;
            }
            if matches!(
                name,
                "Package" | "Version" | "Port-Version" | "Architecture" | "Depends" | "Status" | "Feature"
            ) && value.len() <= FIELD_BYTES_MAX
            {
                paragraph.fields.insert(name.to_owned(), value.trim().to_owned());
            }
        }
        ControlFlow::Continue(())
    });
    paragraph.finish(file, facts);
}

impl Paragraph {
    fn finish(self, file: &File<'_>, facts: &mut Facts) {
        let field = |name: &str| self.fields.get(name).map_or("", String::as_str);
        // Features of a package have paragraphs of their own, without a version.
        if self.fields.is_empty() || !field("Feature").is_empty() {
            return;
        }
        let (name, triplet) = (field("Package"), field("Architecture"));
        if field("Status") != "install ok installed" {
            let value = format!("{name}:{triplet}");
            return facts.push(Fact::Text { name: REMOVED.to_owned(), value });
        }
        if let Some(why) = unidentified(self.line, name, field("Version")) {
            return facts.push(Fact::Gap(file.unreadable_record(&why)));
        }
        let mut package = vcpkg::package(name, field("Version"), field("Port-Version"), triplet);
        package.architecture = triplet.split('-').next().filter(|text| !text.is_empty()).map(str::to_owned);
        let mut fact = PackageFact::new(package);
        // `zlib`, `boost[core]`, `cmake:x64-linux`.
        let names = field("Depends").split(',').map(|text| {
            let (name, triplet) = text.trim().split_once(':').unwrap_or((text.trim(), triplet));
            let name = name.split(['[', '(', ' ']).next().unwrap_or_default();
            format!("{name}:{}", triplet.split(['[', '(', ' ']).next().unwrap_or_default())
        });
        fact.requires = names.filter(|name| !name.starts_with(':')).collect();
        facts.push(Fact::Package(fact.stating_needs()));
    }
}

/// Later files overrule earlier ones: first the database, then the updates by their numbers.
fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let mut files: Vec<(&str, &str, &FactFile)> = tree
        .of(CATALOGER.name)
        .map(|file| {
            let (directory, rest) = file.path.rsplit_once("vcpkg/").unwrap_or(("", &file.path));
            (directory, rest, file)
        })
        .collect();
    files.sort_by_key(|(directory, rest, _)| (*directory, rest.starts_with("updates/"), *rest));
    let mut installed: BTreeMap<(&str, String), (&FactFile, &PackageFact)> = BTreeMap::new();
    for (directory, _, file) in files {
        for fact in file.facts.iter() {
            match fact {
                Fact::Package(fact) => {
                    let triplet =
                        fact.package.purl.rsplit_once("triplet=").map_or("", |(_, triplet)| triplet);
                    installed.insert((directory, format!("{}:{triplet}", fact.package.name)), (file, fact));
                }
                Fact::Text { name, value } if name == REMOVED => {
                    installed.remove(&(directory, value.clone()));
                }
                _ => {}
            }
        }
    }
    let mut indices = BTreeMap::new();
    for (key, (file, fact)) in &installed {
        indices.extend(found.package(file, fact.package.clone()).map(|index| (key, index)));
    }
    for (key, index) in &indices {
        let ((directory, _), (_, fact)) = (key, &installed[*key]);
        let needed =
            fact.requires.iter().filter_map(|name| indices.get(&(*directory, name.clone())).copied());
        let mut needed: Vec<_> = needed.filter(|needed| needed != index).collect();
        needed.sort_unstable();
        needed.dedup();
        found.need(*index, needed, !fact.requires.is_empty());
    }
}
