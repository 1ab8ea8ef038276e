//! A document of SPDX 2 in another version of it: 2.2 or 2.3.
//!
//! 2.3 added members, algorithms and types of relationships; what the official JSON schema of 2.2 has no place for is
//! lost, and listed. 2.2 requires some statements that 2.3 does not: `NOASSERTION` stands for them. Members that no
//! version knows are lost too.

use super::super::Loss;
use super::super::wire::losses::Losses;
use super::super::wire::tree::{Object, Tree};
use super::NOASSERTION;
use super::schema::{DOCUMENT, Member, NEW_ALGORITHMS, NEW_RELATIONSHIPS, Of, Version};

/// Types of external references about security that came with 2.3.
const SECURITY_2_3: &[&str] = &["advisory", "fix", "swid", "url"];

/// A type of relationship that 2.2.2 has and 2.2.1 has not.
const AMENDS: &str = "AMENDS";

/// `document` in `version` (`2.2` or `2.3`), and what that has no place for, sorted by path.
pub(super) fn fit(mut document: Tree, version: &str) -> (Tree, Vec<Loss>) {
    let target = if version == "2.2" { Version::V2_2 } else { Version::V2_3 };
    let mut fit = Fit { version: target, losses: Losses::default() };
    fit.object(&mut document, DOCUMENT, &mut String::new());
    if let Tree::Object(members) = &mut document {
        let version = Tree::Text(format!("SPDX-{version}"));
        match members.iter_mut().find(|(name, _)| name == "spdxVersion") {
            Some((_, stated)) => *stated = version,
            None => members.push(("spdxVersion".to_owned(), version)),
        }
    }
    for (list, prefix) in [("packages", "packages[]"), ("files", "files[]"), ("snippets", "snippets[]")] {
        for element in elements_mut(&mut document, list) {
            fit.element(element, list, prefix);
        }
    }
    if !fit.is_2_3() {
        fit.external_documents(&mut document);
        for relationship in elements_mut(&mut document, "relationships") {
            let kind = relationship.get_mut("relationshipType");
            fit.replace(kind, &[&[AMENDS], NEW_RELATIONSHIPS].concat(), "relationships[].relationshipType");
        }
    }
    (document, fit.losses.into_list())
}

struct Fit {
    version: Version,
    losses: Losses,
}

impl Fit {
    fn is_2_3(&self) -> bool {
        self.version == Version::V2_3
    }

    /// Leaves out of `object`, which lies at `path`, what is not in `members`.
    fn object(&mut self, object: &mut Tree, members: &[Member], path: &mut String) {
        let Tree::Object(object) = object else { return };
        let length = path.len();
        object.retain_mut(|(name, value)| {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(name);
            let known = members.iter().find(|member| {
                // Which schema it was made by is not what it is written by.
                member.name == name && member.known.has(self.version) && name != "$schema"
            });
            match known.map(|member| member.of) {
                None => self.lose(path, value),
                Some(Of::Record(members) | Of::Records(members)) => match value {
                    Tree::List(elements) => {
                        path.push_str("[]");
                        elements.iter_mut().for_each(|element| self.object(element, members, path));
                    }
                    value => self.object(value, members, path),
                },
                Some(_) => {}
            }
            path.truncate(length);
            known.is_some()
        });
    }

    /// What the versions of one kind of element have different.
    fn element(&mut self, element: &mut Tree, list: &str, path: &str) {
        for reference in elements_mut(element, "externalRefs") {
            let path = format!("{path}.externalRefs[].referenceCategory");
            let kind = reference.get("referenceType").and_then(Tree::as_str).unwrap_or_default();
            let is_newer = SECURITY_2_3.contains(&kind);
            let Some(category) = reference.get_mut("referenceCategory") else { continue };
            match (category.as_str(), self.is_2_3()) {
                (Some("PACKAGE_MANAGER"), true) => *category = Tree::Text("PACKAGE-MANAGER".to_owned()),
                (Some("PERSISTENT_ID"), true) => *category = Tree::Text("PERSISTENT-ID".to_owned()),
                (Some("PACKAGE-MANAGER"), false) => *category = Tree::Text("PACKAGE_MANAGER".to_owned()),
                (Some("SECURITY"), false) if is_newer => self.replace(Some(category), &["SECURITY"], &path),
                (Some(_), false) => self.replace(Some(category), &["PERSISTENT-ID", "PERSISTENT_ID"], &path),
                _ => {}
            }
        }
        let Tree::Object(members) = element else { return };
        if self.is_2_3() {
            return;
        }
        let prefix = format!("{path}.checksums[]");
        let checksums = members.iter_mut().find(|(name, _)| name == "checksums");
        if let Some((_, Tree::List(checksums))) = checksums {
            checksums.retain(|checksum| {
                let is_newer = has_newer_algorithm(checksum);
                if is_newer {
                    self.lose(&prefix, checksum);
                }
                !is_newer
            });
        }
        // Where 2.2 has these lists it wants something in them.
        members.retain(|(name, value)| {
            let at_least_one = list == "files" && (name == "checksums" || name == "licenseInfoInFiles");
            !(at_least_one && matches!(value, Tree::List(elements) if elements.is_empty()))
        });
        assert(members, "copyrightText");
        assert(members, "licenseConcluded");
        match list {
            "packages" => assert(members, "licenseDeclared"),
            "files" if !members.iter().any(|(name, _)| name == "licenseInfoInFiles") => {
                let nothing = Tree::List(vec![Tree::Text(NOASSERTION.to_owned())]);
                members.push(("licenseInfoInFiles".to_owned(), nothing));
            }
            _ => {}
        }
    }

    /// A reference to a document is nothing without its checksum.
    fn external_documents(&mut self, document: &mut Tree) {
        let Some(Tree::List(references)) = document.get_mut("externalDocumentRefs") else { return };
        references.retain(|reference| {
            let is_newer = reference.get("checksum").is_some_and(has_newer_algorithm);
            if is_newer {
                self.lose("externalDocumentRefs[]", reference);
            }
            !is_newer
        });
    }

    /// `OTHER` in place of a word that is one of `newer`.
    fn replace(&mut self, word: Option<&mut Tree>, newer: &[&str], path: &str) {
        let Some(word) = word.filter(|word| word.as_str().is_some_and(|word| newer.contains(&word))) else {
            return;
        };
        self.lose(path, word);
        *word = Tree::Text("OTHER".to_owned());
    }

    /// Lists every value of `lost`, which lies at `path`.
    fn lose(&mut self, path: &str, lost: &Tree) {
        self.losses.add_all(path, lost);
    }
}

/// The elements of the list `name`.
fn elements_mut<'t>(tree: &'t mut Tree, name: &str) -> &'t mut [Tree] {
    match tree.get_mut(name) {
        Some(Tree::List(elements)) => elements,
        _ => &mut [],
    }
}

fn has_newer_algorithm(checksum: &Tree) -> bool {
    let algorithm = checksum.get("algorithm").and_then(Tree::as_str);
    algorithm.is_some_and(|algorithm| NEW_ALGORITHMS.contains(&algorithm))
}

/// Says of `name`, where nothing is said, that nothing is said.
fn assert(members: &mut Object, name: &str) {
    if !members.iter().any(|(member, _)| member == name) {
        members.push((name.to_owned(), Tree::Text(NOASSERTION.to_owned())));
    }
}
