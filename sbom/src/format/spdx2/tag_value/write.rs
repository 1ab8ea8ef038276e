//! The JSON of an SPDX 2 document as tag-value.
//!
//! What is written of an object is read again at once; where that is not the object, a comment says the difference. So
//! nothing is lost, whatever the JSON holds.

use std::collections::{HashMap, HashSet};
use std::io;

use super::super::super::wire::tree::{Object, Tree};
use super::super::DOCUMENT;
use super::read::{self, BLANK, CLOSE, DESCRIBES, HAS_FILES, OPEN};
use super::table::{self, Section, Shape, Tag};
use super::{COMMENT, TAGS};

/// The lists of a document whose objects have sections of their own, in the order in which they are written. Files come
/// before packages: one after a package would be in it.
const LISTS: &[(&str, Section)] = &[
    ("files", Section::File),
    ("snippets", Section::Snippet),
    ("packages", Section::Package),
    ("hasExtractedLicensingInfos", Section::License),
    ("relationships", Section::Relationship),
    ("annotations", Section::Annotation),
    ("revieweds", Section::Review),
];

/// What stands for an empty name where there has to be one.
const UNNAMED: &str = "unnamed";

/// Writes `document` to `out`.
pub(super) fn write(document: &Tree, out: &mut dyn io::Write) -> io::Result<()> {
    let version = document.get("spdxVersion").and_then(Tree::as_str).unwrap_or_default();
    let mut writer = Writer { version, ids: ids(document), tags: String::new(), out };
    writer.document(document)
}

/// How many elements of `document` have an id, the document itself included.
fn ids(document: &Tree) -> HashMap<&str, usize> {
    let mut ids = HashMap::new();
    ids.insert(document_id(document), 1);
    for name in ["files", "snippets", "packages"] {
        let elements = document.get(name).map_or(&[][..], Tree::elements);
        for id in elements.iter().filter_map(|element| element.get(table::ID)?.as_str()) {
            *ids.entry(id).or_insert(0) += 1;
        }
    }
    ids
}

fn document_id(document: &Tree) -> &str {
    document.get(table::ID).and_then(Tree::as_str).unwrap_or(DOCUMENT)
}

/// The objects that the list is of, where it is of nothing else and not empty.
fn objects(list: &Tree) -> Option<&[Tree]> {
    let objects = list.elements();
    let only = objects.iter().all(|object| matches!(object, Tree::Object(_)));
    (only && !objects.is_empty()).then_some(objects)
}

/// The texts that a list is of, where all can be elements of a relationship.
fn references(list: &Tree) -> Option<Vec<&str>> {
    let texts: Vec<&str> = list.elements().iter().map(Tree::as_str).collect::<Option<_>>()?;
    (!texts.is_empty() && texts.iter().all(|text| is_word(text))).then_some(texts)
}

/// Whether `text` can be a part of a relationship.
fn is_word(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_whitespace) && !text.starts_with(OPEN)
}

struct Writer<'t, 'o> {
    version: &'t str,
    ids: HashMap<&'t str, usize>,
    /// Of the object that is being written.
    tags: String,
    out: &'o mut dyn io::Write,
}

impl<'t> Writer<'t, '_> {
    fn document(&mut self, document: &'t Tree) -> io::Result<()> {
        let id = document_id(document);
        let apart = |name: &str, value: &'t Tree| match name {
            DESCRIBES => references(value).is_some() && is_word(id),
            _ => LISTS.iter().any(|(list, _)| *list == name) && objects(value).is_some(),
        };
        self.object(document, Section::Document, None, &apart)?;
        let list = |name: &str| document.get(name).and_then(objects).unwrap_or_default();
        let mut annotated = vec![(id, list("annotations"))];
        for (name, section) in LISTS.iter().filter(|(name, _)| *name != "annotations") {
            if *name == "relationships" {
                self.references(document, id)?;
            }
            for object in list(name) {
                let id = object.get(table::ID).and_then(Tree::as_str);
                let id = id.filter(|id| self.ids.get(id) == Some(&1) && *section != Section::License);
                let apart = |name: &str, value: &'t Tree| match name {
                    HAS_FILES => {
                        *section == Section::Package && id.is_some_and(is_word) && references(value).is_some()
                    }
                    "annotations" => {
                        matches!(section, Section::Package | Section::File | Section::Snippet)
                            && id.is_some_and(|id| !id.is_empty())
                            && objects(value).is_some()
                    }
                    _ => false,
                };
                self.object(object, *section, None, &apart)?;
                if let (Some(id), Some(value)) = (id, object.get("annotations"))
                    && apart("annotations", value)
                {
                    annotated.push((id, value.elements()));
                }
            }
        }
        for (id, annotations) in annotated {
            for annotation in annotations {
                let is_nowhere = self.nowhere(annotation).is_some();
                let apart = |name: &str, _: &'t Tree| name == TAGS && is_nowhere;
                self.object(annotation, Section::Annotation, Some(id), &apart)?;
            }
        }
        Ok(())
    }

    /// What `annotation` says that it is about, where that is nothing in the document and all that has no place in it.
    fn nowhere<'a>(&self, annotation: &'a Tree) -> Option<&'a str> {
        let [(name, values)] = annotation.get(TAGS)?.members() else { return None };
        let [Tree::Text(id)] = values.elements() else { return None };
        (name == "SPDXREF" && !self.ids.contains_key(id.as_str())).then_some(id)
    }

    /// Writes what the document describes and what its packages contain, and says that these were no relationships.
    fn references(&mut self, document: &'t Tree, id: &str) -> io::Result<()> {
        let described = document.get(DESCRIBES).filter(|_| is_word(id)).and_then(references);
        for other in described.unwrap_or_default() {
            write!(self.out, "\n{COMMENT}{DESCRIBES}\nRelationship: {id} DESCRIBES {other}\n")?;
        }
        for package in document.get("packages").and_then(objects).unwrap_or_default() {
            let id = package.get(table::ID).and_then(Tree::as_str);
            let id = id.filter(|id| self.ids.get(id) == Some(&1) && is_word(id));
            let files = package.get(HAS_FILES).and_then(references);
            let (Some(id), Some(files)) = (id, files) else { continue };
            for file in files {
                write!(self.out, "\n{COMMENT}{HAS_FILES}\nRelationship: {id} CONTAINS {file}\n")?;
            }
        }
        Ok(())
    }

    /// Writes an object of `section`, which is about `target`, except for the members that `apart` says are written apart.
    fn object(
        &mut self,
        object: &'t Tree,
        section: Section,
        target: Option<&str>,
        apart: &dyn Fn(&str, &'t Tree) -> bool,
    ) -> io::Result<()> {
        self.tags.clear();
        self.section(object, section, target);
        let seen = read::object(&self.tags, section, self.version).unwrap_or_default();
        let stays = |name: &str| seen.iter().find(|(seen, _)| seen == name).map(|(_, value)| value);
        let set: Object = object
            .members()
            .iter()
            .filter(|(name, value)| {
                !apart(name, value) && stays(name).is_none_or(|seen| !is_same(seen, value))
            })
            .cloned()
            .collect();
        let unset = seen.iter().filter(|(name, _)| object.get(name).is_none());
        let unset: Vec<_> = unset.map(|(name, _)| Tree::Text(name.clone())).collect();
        let mut comment = Object::new();
        if !set.is_empty() {
            comment.push(("set".to_owned(), Tree::Object(set)));
        }
        if !unset.is_empty() {
            comment.push(("unset".to_owned(), Tree::List(unset)));
        }
        if section != Section::Document {
            self.out.write_all(b"\n")?;
        }
        self.out.write_all(self.tags.as_bytes())?;
        if !comment.is_empty() {
            writeln!(self.out, "{COMMENT}{}", serde_json::to_string(&Tree::Object(comment))?)?;
        }
        Ok(())
    }

    /// The tags of an object.
    fn section(&mut self, object: &Tree, section: Section, target: Option<&str>) {
        let mut done = HashSet::new();
        for (at, tag) in table::of(section).enumerate() {
            if done.insert(tag.member) {
                self.tag(object, tag, target, at == 0 && section != Section::Creation);
            }
            let is_before_id = match section {
                Section::Package | Section::File => at == 0,
                _ => tag.name == "DataLicense",
            };
            let id = object.get(table::ID).filter(|_| is_before_id).and_then(Tree::as_str);
            id.into_iter().for_each(|id| self.line(table::ID_TAG, id));
        }
        self.unknown(object);
        if section == Section::Document
            && let Some(creation) = object.get("creationInfo")
        {
            self.section(creation, Section::Creation, None);
        }
    }

    /// The tags that have no place in `object`.
    fn unknown(&mut self, object: &Tree) {
        for (name, values) in object.get(TAGS).map_or(&[][..], Tree::members) {
            let is_unknown = table::find(name).is_none();
            for value in values.elements().iter().filter_map(Tree::as_str) {
                if is_unknown && name != table::ID_TAG && is_tag(name) {
                    self.line(name, value);
                }
            }
        }
    }

    /// The lines of `tag` for `object`; `begins` says that there has to be one.
    fn tag(&mut self, object: &Tree, tag: &Tag, target: Option<&str>, begins: bool) {
        let value = object.get(tag.member);
        let text = value.and_then(Tree::as_str);
        match tag.shape {
            Shape::Text => match text {
                Some(text) => self.line(tag.name, text),
                None if begins => self.line(tag.name, ""),
                None => {}
            },
            Shape::Purpose => {
                text.into_iter().for_each(|text| self.line(tag.name, &text.replace('_', "-")));
            }
            Shape::Flag => {
                if let Some(Tree::Bool(flag)) = value {
                    self.line(tag.name, if *flag { "true" } else { "false" });
                }
            }
            Shape::Target => {
                let target = self.nowhere(object).or(target);
                target.into_iter().for_each(|id| self.line(tag.name, id));
            }
            Shape::Relationship => {
                let part = |name: &str| {
                    let text = object.get(name).and_then(Tree::as_str).unwrap_or_default();
                    let words: Vec<&str> = text.split_whitespace().collect();
                    if words.is_empty() { "NOASSERTION".to_owned() } else { words.join("_") }
                };
                let parts = ["spdxElementId", "relationshipType", "relatedSpdxElement"].map(part);
                self.line(tag.name, &parts.join(" "));
            }
            Shape::VerificationCode => {
                value.and_then(verification_code).into_iter().for_each(|code| self.line(tag.name, &code));
            }
            Shape::Texts => {
                for text in value.map_or(&[][..], Tree::elements).iter().filter_map(Tree::as_str) {
                    self.line(tag.name, text);
                }
            }
            Shape::Checksum | Shape::ExternalRef | Shape::ExternalDocument | Shape::Range(_) => {
                for element in value.map_or(&[][..], Tree::elements) {
                    self.element(element, tag);
                }
            }
            Shape::OfLast { .. } => {
                for element in value.map_or(&[][..], Tree::elements) {
                    self.of_last(element, tag);
                }
            }
        }
    }

    /// The lines of `element`, which is one of a list.
    fn element(&mut self, element: &Tree, tag: &Tag) {
        let text = |name: &str| element.get(name).and_then(Tree::as_str);
        let (tag, line) = match tag.shape {
            Shape::Checksum => (tag, checksum(element)),
            Shape::ExternalRef => {
                let category = text("referenceCategory").map(|category| match category {
                    // What the schema of JSON 2.2 calls so, and some tools in 2.3 too, has hyphens here.
                    "PACKAGE_MANAGER" => "PACKAGE-MANAGER",
                    "PERSISTENT_ID" => "PERSISTENT-ID",
                    category => category,
                });
                let words = [category, text("referenceType"), text("referenceLocator")];
                (tag, sentence(&words))
            }
            Shape::ExternalDocument => {
                let checksum = element.get("checksum").and_then(checksum);
                let words = [text("externalDocumentId"), text("spdxDocument"), checksum.as_deref()];
                (tag, sentence(&words))
            }
            _ => {
                let ranges = table::of(tag.section).filter(|other| other.member == tag.member);
                let mut lines = ranges.filter_map(|tag| match tag.shape {
                    Shape::Range(member) => Some((tag, Some(range(element, member)?))),
                    _ => None,
                });
                lines.next().unwrap_or((tag, None))
            }
        };
        if let Some(line) = line {
            self.line(tag.name, &line);
            self.of_last(element, tag);
        }
    }

    /// The lines of the tags that are about `element` of the list of `tag`.
    fn of_last(&mut self, element: &Tree, tag: &Tag) {
        for tag in table::of(tag.section).filter(|other| other.member == tag.member) {
            if let Shape::OfLast { member, .. } = tag.shape
                && let Some(text) = element.get(member).and_then(Tree::as_str)
            {
                self.line(tag.name, text);
            }
        }
    }

    /// A line, or several; none for a name or a version of nothing, where there need not be one.
    fn line(&mut self, tag: &str, value: &str) {
        let is_plain = !value.is_empty()
            && value.trim_matches(BLANK) == value
            && !value.contains(is_control)
            && !value.starts_with(OPEN);
        if is_plain {
            self.tags.extend([tag, ": ", value, "\n"]);
        } else if table::is_one_line(tag) {
            // A comment says what it was.
            let words = value.replace(OPEN, "");
            let words = words.split(|one: char| one.is_whitespace() || is_control(one));
            let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
            let value = match words[..] {
                [] if matches!(tag, "DocumentName" | "PackageName") => UNNAMED,
                [] => return,
                _ => &words.join(" "),
            };
            self.tags.extend([tag, ": ", value, "\n"]);
        } else {
            // And here, what was in place of the space.
            self.tags.extend([tag, ": ", OPEN, &value.replace(CLOSE, "</ text>"), CLOSE, "\n"]);
        }
    }
}

/// Whether a reader may take `character` for the end of a line.
fn is_control(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
}

/// Whether `text` can be a tag.
fn is_tag(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// Whether two values are the same: the order of members says nothing.
fn is_same(one: &Tree, other: &Tree) -> bool {
    match (one, other) {
        (Tree::Object(members), Tree::Object(others)) => {
            members.len() == others.len()
                && members
                    .iter()
                    .all(|(name, value)| other.get(name).is_some_and(|other| is_same(value, other)))
        }
        (Tree::List(elements), Tree::List(others)) => {
            elements.len() == others.len()
                && elements.iter().zip(others).all(|(element, other)| is_same(element, other))
        }
        _ => one == other,
    }
}

/// Words of which only the last may hold white space.
fn sentence(words: &[Option<&str>]) -> Option<String> {
    let words: Vec<&str> = words.iter().copied().collect::<Option<_>>()?;
    let (last, before) = words.split_last()?;
    let is_sentence = before.iter().all(|word| is_word(word)) && !last.is_empty();
    (is_sentence && !last.contains(['\n', '\r']) && last.trim_matches(BLANK) == *last)
        .then(|| words.join(" "))
}

fn checksum(checksum: &Tree) -> Option<String> {
    let algorithm = checksum.get("algorithm")?.as_str().filter(|algorithm| is_word(algorithm))?;
    Some(format!("{algorithm}: {}", checksum.get("checksumValue")?.as_str()?))
}

fn verification_code(code: &Tree) -> Option<String> {
    let value = code.get("packageVerificationCodeValue")?.as_str()?;
    let excluded = code.get("packageVerificationCodeExcludedFiles").map_or(&[][..], Tree::elements);
    let excluded: Vec<&str> = excluded.iter().filter_map(Tree::as_str).collect();
    if excluded.is_empty() {
        return Some(value.to_owned());
    }
    Some(format!("{value} (excludes: {})", excluded.join(", ")))
}

fn range(range: &Tree, member: &str) -> Option<String> {
    let number = |name: &str| match range.get(name)?.get(member)? {
        Tree::Number(number) => number.as_u64(),
        _ => None,
    };
    Some(format!("{}:{}", number("startPointer")?, number("endPointer")?))
}
