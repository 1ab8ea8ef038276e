//! `setup.py`, a program that says what a Python project needs.
//!
//! It is not run: texts in it that are requirements are taken for such. What it computes stays unknown.

use model::package::Certainty;

use super::file::is_legible;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants, pypi, pyproject};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "setup-py",
    version: 1,
    finds: Finds::Declared,
    wants: Wants::Paths(&["**/setup.py"]),
    read,
    assemble,
};

fn read(file: &mut File<'_>, facts: &mut Facts) {
    if file.path.split('/').any(|component| matches!(component, "site-packages" | "node_modules")) {
        return;
    }
    let Some(text) = file.text(facts) else { return };
    let mut open = Vec::new();
    for literal in text.lines().flat_map(literals).filter(|literal| is_legible(literal)) {
        // Without a comparison nothing tells a requirement from any other text.
        let requirement = pypi::requirement(literal).filter(|requirement| !requirement.specifier.is_empty());
        let Some(requirement) = requirement else { continue };
        let Some(version) = requirement.pinned() else {
            open.push(requirement.name);
            continue;
        };
        let mut package = pypi::package(requirement.name, version);
        package.certainty = Certainty::Inferred;
        facts.package(package);
    }
    if !open.is_empty() {
        facts.push(Fact::Text { name: pyproject::OPEN.to_owned(), value: open.join("\n") });
    }
}

/// The texts in quotes on one line, up to a comment.
fn literals(line: &str) -> Vec<&str> {
    let mut literals = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find(['\'', '"', '#']) {
        let quote = &rest[at..=at];
        if quote == "#" {
            break;
        }
        let inside = &rest[at + 1..];
        let Some(end) = inside.find(quote) else { break };
        literals.push(&inside[..end]);
        rest = &inside[end + 1..];
    }
    literals
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    pyproject::take_unlocked(tree, found, CATALOGER.name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_end_where_they_began() {
        assert_eq!(literals("x = ['a==1', \"b>='2'\"] # 'c==3'"), ["a==1", "b>='2'"]);
        assert_eq!(literals("'open"), [""; 0]);
        assert_eq!(literals("'a' 'é=='"), ["a", "é=="]);
    }
}
