//! Packages that Portage recorded as installed (Gentoo and kin): a directory each, `var/db/pkg/<category>/<name>-<version>`,
//! with the files they own in `CONTENTS` and one file a fact beside it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::LazyLock;

use model::ecosystem::Ecosystem;
use model::package::Package;
use regex::Regex;

use super::facts::PathListBuilder;
use super::file::{is_legible, root_of};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, PackageFact, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "portage",
    version: 2,
    finds: Finds::Installed,
    wants: Wants::Paths(&[
        "**/var/db/pkg/*/*/CONTENTS",
        "**/var/db/pkg/*/*/LICENSE",
        "**/var/db/pkg/*/*/RDEPEND",
        "**/var/db/pkg/*/*/repository",
    ]),
    read,
    assemble,
};

/// Bytes of a file of one fact; the longest lists of dependencies have some ten thousand.
const TEXT_BYTES_MAX: usize = 256 << 10;

/// Name and version of a package's directory (PMS, §3.2): numbers, a letter, suffixes, a revision.
static NAME_AND_VERSION: LazyLock<Regex> = LazyLock::new(|| {
    let version = r"\d+(?:\.\d+)*[a-z]?(?:_(?:alpha|beta|pre|rc|p)\d*)*(?:-r\d+)?";
    Regex::new(&format!(r"^([A-Za-z0-9+_][A-Za-z0-9+_-]*?)-({version})$")).expect("it is a valid expression")
});

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let (directory, name) = file.path.rsplit_once('/').unwrap_or(("", file.path));
    if name == "CONTENTS" {
        return contents(directory, file, facts);
    }
    let mut text = String::new();
    file.for_each_line(facts, |_, _, line| {
        if text.len() + line.len() <= TEXT_BYTES_MAX {
            text.push_str(line);
            text.push(' ');
        }
        ControlFlow::Continue(())
    });
    let text = text.trim();
    if !text.is_empty() && is_legible(text) {
        facts.push(Fact::Text { name: name.to_lowercase(), value: text.to_owned() });
    }
}

/// `obj /usr/bin/demo <md5> <time>`, `sym /usr/lib/a -> b <time>`, `dir /usr`.
fn contents(directory: &str, file: &File<'_>, facts: &mut Facts) {
    let mut components = directory.rsplit('/');
    let (folder, category) = (components.next().unwrap_or_default(), components.next().unwrap_or_default());
    // A package that is being installed or removed has a directory whose name begins so.
    if folder.starts_with("-MERGING-") {
        return;
    }
    let Some(parts) = NAME_AND_VERSION.captures(folder).filter(|_| is_legible(category)) else {
        return facts.push(Fact::Gap(file.unreadable_record(&"the directory's name has no version")));
    };
    let mut owned = PathListBuilder::below(root_of(file.path, "db/pkg/"));
    file.for_each_line(facts, |_, _, line| {
        let path = match line.split_once(' ') {
            Some(("obj", rest)) => rest.rsplitn(3, ' ').nth(2),
            Some(("sym", rest)) => rest.split_once(" -> ").map(|(path, _)| path),
            _ => None,
        };
        if let Some(path) = path {
            owned.path(path);
        }
        ControlFlow::Continue(())
    });
    let name = format!("{category}/{}", &parts[1]);
    let package = Package::new(Ecosystem::Portage, &name, &parts[2], String::new());
    facts.push(Fact::Package(PackageFact { owned: owned.finish(), ..PackageFact::new(package) }));
}

/// Parentheses in one another that are looked at; real ones have three. What lies deeper counts with what is around it.
const NESTING_MAX: usize = 16;

/// The licences that `LICENSE` names. What is in `|| ( … )` is a choice; conditions on USE flags have been met or not when
/// the package was built, and are taken as met.
fn licenses(text: &str) -> Vec<String> {
    let mut licenses = Vec::new();
    // The open parentheses: those of a choice hold its alternatives.
    let mut open: Vec<Option<Vec<String>>> = Vec::new();
    let (mut is_choice, mut n_deeper) = (false, 0_usize);
    for word in text.split_whitespace() {
        match word {
            "||" => is_choice = true,
            "(" if open.len() == NESTING_MAX => n_deeper += 1,
            ")" if n_deeper > 0 => n_deeper -= 1,
            "(" => open.push(std::mem::take(&mut is_choice).then(Vec::new)),
            ")" => close(&mut open, &mut licenses),
            condition if condition.ends_with('?') => {}
            // `@EULA` is a group of licences in the settings of the machine.
            name => add(name.trim_start_matches('@').to_owned(), &mut open, &mut licenses),
        }
    }
    while !open.is_empty() {
        close(&mut open, &mut licenses);
    }
    licenses.sort();
    licenses.dedup();
    licenses
}

fn close(open: &mut Vec<Option<Vec<String>>>, licenses: &mut Vec<String>) {
    if let Some(alternatives) = open.pop().flatten().filter(|alternatives| !alternatives.is_empty()) {
        add(alternatives.join(" OR "), open, licenses);
    }
}

fn add(license: String, open: &mut [Option<Vec<String>>], licenses: &mut Vec<String>) {
    match open.iter_mut().rev().find_map(Option::as_mut) {
        Some(alternatives) => alternatives.push(license),
        None => licenses.push(license),
    }
}

/// The packages that `RDEPEND` names: `>=dev-libs/demo-1.2:0/3=[ssl]` and alternatives; `!x` blocks.
fn required(text: &str) -> Vec<String> {
    let mut names: Vec<String> = text
        .split_whitespace()
        .filter(|word| word.contains('/') && !word.starts_with('!') && !word.ends_with('?'))
        .map(|atom| {
            let bare = atom.trim_start_matches(['<', '>', '=', '~']);
            let end = bare.find([':', '[', '*']).unwrap_or(bare.len());
            let (category, name) = bare[..end].split_once('/').unwrap_or(("", &bare[..end]));
            let has_version = bare.len() < atom.len();
            let name = match NAME_AND_VERSION.captures(name).filter(|_| has_version) {
                Some(parts) => parts[1].to_owned(),
                None => name.to_owned(),
            };
            format!("{category}/{name}")
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let mut texts: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for file in tree.of(CATALOGER.name) {
        let directory = file.path.rsplit_once('/').map_or("", |(directory, _)| directory);
        for fact in file.facts.iter() {
            if let Fact::Text { name, value } = fact {
                texts.insert((directory, name), value);
            }
        }
    }
    for file in tree.of(CATALOGER.name) {
        let directory = file.path.rsplit_once('/').map_or("", |(directory, _)| directory);
        let text = |name: &str| texts.get(&(directory, name)).copied().unwrap_or_default();
        for fact in file.packages() {
            let mut fact = fact.clone();
            fact.package.licenses = licenses(text("license")).into();
            fact.package.supplier =
                Some(text("repository")).filter(|name| !name.is_empty()).map(str::to_owned);
            fact.requires = required(text("rdepend"));
            fact = fact.stating_needs();
            let owned = fact.owned.clone();
            found.os_package(tree, file, &fact, [owned]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_are_names_and_choices() {
        assert_eq!(
            licenses("MIT || ( GPL-2 Artistic ) ssl? ( openssl )"),
            ["GPL-2 OR Artistic", "MIT", "openssl"]
        );
        assert_eq!(licenses("|| ( A ( B || ( C D ) )"), ["A OR B OR C OR D"]);
    }

    #[test]
    fn dependencies_are_names_without_versions() {
        assert_eq!(
            required(
                "|| ( >=dev-libs/demo-1.2:0/3=[ssl] dev-libs/demo-compat ) !sys-apps/old ssl? ( =net-x/gtk+-2.0* )"
            ),
            ["dev-libs/demo", "dev-libs/demo-compat", "net-x/gtk+"]
        );
    }
}
