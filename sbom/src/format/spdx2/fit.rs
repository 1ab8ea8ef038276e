//! A document of SPDX 2 in another version of it: 2.2 or 2.3.
//!
//! 2.3 added members, algorithms and types of relationships; what the official JSON schema of 2.2 has no place for is
//! lost, and listed. Statements that a version requires and that may say nothing are `NOASSERTION` where they lack. Members
//! that no version knows are lost too, and so are values that never were valid: words that no version knows, digests and CPE
//! names that are none, parts of seconds.
//!
//! What a document lacks and nobody but its author knows (checksums of files, what it describes, the texts of its own
//! licences) stays lacking.

use super::super::Loss;
use super::super::validate::spdx2_schema;
use super::super::validate::terms;
use super::super::wire::cpe;
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
    fit.dates(&mut document, "");
    fit.refused(&mut document);
    for (list, prefix) in [("packages", "packages[]"), ("files", "files[]"), ("snippets", "snippets[]")] {
        for element in elements_mut(&mut document, list) {
            fit.element(element, list, prefix);
        }
    }
    fit.external_documents(&mut document);
    if !fit.is_2_3() {
        for relationship in elements_mut(&mut document, "relationships") {
            let kind = relationship.get_mut("relationshipType");
            fit.replace(kind, &[&[AMENDS], NEW_RELATIONSHIPS].concat(), "relationships[].relationshipType");
        }
    }
    (document, fit.losses.into_list())
}

/// Members with a date and time.
const DATES: &[&str] =
    &["annotationDate", "builtDate", "created", "releaseDate", "reviewDate", "validUntilDate"];

/// Members with a word, which is `OTHER` where it is not known.
const WITH_OTHER: &[&str] = &["annotationType", "referenceCategory", "relationshipType"];

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
            let is_purl = kind == "purl";
            let Some(category) = reference.get_mut("referenceCategory") else { continue };
            if is_purl && category.as_str() == Some("SECURITY") {
                self.lose(&path, category);
                *category = Tree::Text("PACKAGE-MANAGER".to_owned());
            }
            match (category.as_str(), self.is_2_3()) {
                (Some("PACKAGE_MANAGER"), true) => *category = Tree::Text("PACKAGE-MANAGER".to_owned()),
                (Some("PERSISTENT_ID"), true) => *category = Tree::Text("PERSISTENT-ID".to_owned()),
                (Some("PACKAGE-MANAGER"), false) => *category = Tree::Text("PACKAGE_MANAGER".to_owned()),
                (Some("SECURITY"), false) if is_newer => self.replace(Some(category), &["SECURITY"], &path),
                (Some(_), false) => self.replace(Some(category), &["PERSISTENT-ID", "PERSISTENT_ID"], &path),
                _ => {}
            }
        }
        self.retain(element, "externalRefs", path, is_reference);
        let is_2_3 = self.is_2_3();
        self.retain(element, "checksums", path, |checksum| {
            (is_2_3 || !has_newer_algorithm(checksum)) && is_digest(checksum)
        });
        let Tree::Object(members) = element else { return };
        if list == "packages" {
            assert(members, "downloadLocation");
        }
        if self.is_2_3() {
            return;
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

    /// Leaves in the list `name` of `object`, which lies at `path`, only what `stays`.
    fn retain(&mut self, object: &mut Tree, name: &str, path: &str, stays: impl Fn(&Tree) -> bool) {
        let Some(Tree::List(elements)) = object.get_mut(name) else { return };
        elements.retain(|element| {
            let stays = stays(element);
            if !stays {
                self.lose(&format!("{path}.{name}[]"), element);
            }
            stays
        });
    }

    /// Dates have whole seconds (§6.9).
    fn dates(&mut self, tree: &mut Tree, path: &str) {
        let Tree::Object(members) = tree else { return };
        for (name, value) in members {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            match value {
                Tree::List(elements) => {
                    let path = format!("{path}[]");
                    elements.iter_mut().for_each(|element| self.dates(element, &path));
                }
                Tree::Object(_) => self.dates(value, &path),
                Tree::Text(text) if text.contains('.') && DATES.contains(&name.as_str()) => {
                    let Ok(date) = text.parse::<jiff::Timestamp>() else { continue };
                    let whole = Tree::Text(date.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
                    self.lose(&path, value);
                    *value = whole;
                }
                _ => {}
            }
        }
    }

    /// Values that the schema refuses, whatever the version of the document was, are `OTHER` or taken away.
    fn refused(&mut self, document: &mut Tree) {
        for path in spdx2_schema::misfits(document, self.version) {
            // A checksum is nothing without its algorithm.
            self.refuse(document, path.strip_suffix(".algorithm").unwrap_or(&path), &mut String::new());
        }
        sweep(document);
    }

    /// Takes away what `path` leads to from `tree`, which lies at `own`. In a list it leaves a null, so that the positions
    /// behind it stay as they are until [`sweep`].
    fn refuse(&mut self, tree: &mut Tree, path: &str, own: &mut String) {
        let end = path.find(['.', '[']).unwrap_or(path.len());
        let (name, rest) = path.split_at(end);
        let is_there = rest.is_empty();
        if let Some(position) = name.strip_suffix(']').and_then(|position| position.parse::<usize>().ok()) {
            own.push_str("[]");
            let Tree::List(elements) = tree else { return };
            let Some(value) = elements.get_mut(position) else { return };
            if is_there {
                self.lose(own, &std::mem::replace(value, Tree::Null));
            } else if let Some(rest) = rest.strip_prefix('.') {
                self.refuse(value, rest, own);
            }
            return;
        }
        if !own.is_empty() {
            own.push('.');
        }
        own.push_str(name);
        let Tree::Object(members) = tree else { return };
        let Some(at) = members.iter().position(|(member, _)| member == name) else { return };
        let value = &mut members[at].1;
        if is_there {
            self.lose(own, value);
            match WITH_OTHER.contains(&name) {
                true => *value = Tree::Text("OTHER".to_owned()),
                false => drop(members.remove(at)),
            }
        } else if let Some(rest) = rest.strip_prefix(['.', '[']) {
            self.refuse(value, rest, own);
        }
    }

    /// A reference to a document is nothing without its checksum.
    fn external_documents(&mut self, document: &mut Tree) {
        let Some(Tree::List(references)) = document.get_mut("externalDocumentRefs") else { return };
        let is_2_3 = self.is_2_3();
        references.retain(|reference| {
            let stays =
                reference.get("checksum").is_some_and(|checksum| is_2_3 || !has_newer_algorithm(checksum));
            if !stays {
                self.lose("externalDocumentRefs[]", reference);
            }
            stays
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

/// Takes the nulls out of every list: nothing is null in SPDX.
fn sweep(tree: &mut Tree) {
    match tree {
        Tree::List(elements) => {
            elements.retain(|element| !matches!(element, Tree::Null));
            elements.iter_mut().for_each(sweep);
        }
        Tree::Object(members) => members.iter_mut().for_each(|(_, value)| sweep(value)),
        _ => {}
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

/// Whether a checksum is one of its algorithm.
fn is_digest(checksum: &Tree) -> bool {
    let text = |name: &str| checksum.get(name).and_then(Tree::as_str);
    text("algorithm")
        .zip(text("checksumValue"))
        .is_some_and(|(algorithm, value)| terms::hash(algorithm, value).is_ok())
}

/// Whether an external reference that is a CPE by its type is one.
fn is_reference(reference: &Tree) -> bool {
    let text = |name: &str| reference.get(name).and_then(Tree::as_str).unwrap_or_default();
    match text("referenceType") {
        "cpe22Type" => cpe::check_uri(text("referenceLocator")).is_ok(),
        "cpe23Type" => cpe::is_string(text("referenceLocator")),
        _ => true,
    }
}

/// Says of `name`, where nothing is said, that nothing is said.
fn assert(members: &mut Object, name: &str) {
    if !members.iter().any(|(member, _)| member == name) {
        members.push((name.to_owned(), Tree::Text(NOASSERTION.to_owned())));
    }
}
