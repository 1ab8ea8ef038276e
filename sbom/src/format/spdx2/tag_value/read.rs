//! SPDX tag-value to the JSON of the same document.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use model::limits::Limits;

use super::super::super::wire::tree::{Object, Tree};
use super::super::DOCUMENT;
use super::table::{self, Section, Shape, Tag};
use super::{COMMENT, TAGS, has_hyphens};
use crate::format::DocumentError;

const FORMAT: &str = "SPDX tag-value";

/// Where a text of several lines begins and ends (§4.4 of 2.2, §5 of 2.3).
pub(super) const OPEN: &str = "<text>";
pub(super) const CLOSE: &str = "</text>";

/// Characters of a tag.
const TAG_MAX: usize = 100;

/// What is around a value and no part of it.
pub(super) const BLANK: [char; 3] = [' ', '\t', '\r'];

/// What the relationship after a comment was in JSON.
pub(super) const HAS_FILES: &str = "hasFiles";
pub(super) const DESCRIBES: &str = "documentDescribes";

/// The JSON of the document `text`.
pub(super) fn read<'a>(text: &'a str, _: &Limits) -> Result<Cow<'a, str>, DocumentError> {
    let mut reader = Reader::new("");
    reader.take_all(text)?;
    reader.is_complete().map_err(|reason| malformed(text, text.len(), "top level", reason))?;
    let json = serde_json::to_string(&Tree::Object(reader.document()));
    json.map(Cow::Owned).map_err(|error| malformed(text, 0, "top level", error.to_string()))
}

/// The object of `section` that `tags` describe, in a document of `version` (`SPDX-2.3`); none where they do not.
pub(super) fn object(tags: &str, section: Section, version: &str) -> Option<Object> {
    let mut reader = Reader::new(version);
    reader.take_all(tags).ok()?;
    let open = match section {
        Section::Document | Section::Creation => return Some(reader.document()),
        _ => reader.list(section).pop()?,
    };
    Some(reader.finished(open, section))
}

/// The error at `offset` of `text`.
fn malformed(text: &str, offset: usize, place: &str, reason: String) -> DocumentError {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |index| index + 1);
    DocumentError::Malformed {
        format: FORMAT,
        place: place.chars().take(TAG_MAX).collect(),
        line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
        column: before.len() - line_start + 1,
        reason,
    }
}

/// An object that is being read.
#[derive(Default)]
struct Open {
    members: Object,
    /// Tags that have no place in it.
    unknown: Vec<(String, String)>,
    /// The comment that wins over its tags.
    comment: Option<Tree>,
    /// Of an annotation: what it is about.
    target: Option<String>,
    /// Of a file: the package before it.
    package: Option<usize>,
    /// Of a relationship: what it was in JSON.
    was: Option<&'static str>,
}

impl Open {
    fn get(&self, name: &str) -> Option<&Tree> {
        self.members.iter().find(|(member, _)| member == name).map(|(_, value)| value)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Tree::as_str)
    }

    /// Adds a member, which may not be there.
    fn set(&mut self, name: &str, value: Tree) -> Result<(), String> {
        if self.get(name).is_some() {
            return Err("it is stated twice".to_owned());
        }
        self.members.push((name.to_owned(), value));
        Ok(())
    }

    /// The list `name`, which is made when it is not there.
    fn list(&mut self, name: &str) -> Result<&mut Vec<Tree>, String> {
        let at = match self.members.iter().position(|(member, _)| member == name) {
            Some(at) => at,
            None => {
                self.members.push((name.to_owned(), Tree::List(Vec::new())));
                self.members.len() - 1
            }
        };
        match self.members.get_mut(at) {
            Some((_, Tree::List(list))) => Ok(list),
            _ => Err("it is stated twice".to_owned()),
        }
    }

    /// The object, with what has no place in it, and as its comment says.
    fn close(mut self) -> Object {
        if !self.unknown.is_empty() {
            let mut index = HashMap::new();
            let mut tags: Vec<(String, Vec<Tree>)> = Vec::new();
            for (name, value) in self.unknown {
                let at = *index.entry(name.clone()).or_insert_with(|| {
                    tags.push((name, Vec::new()));
                    tags.len() - 1
                });
                tags[at].1.push(Tree::Text(value));
            }
            let tags = tags.into_iter().map(|(name, values)| (name, Tree::List(values))).collect();
            self.members.push((TAGS.to_owned(), Tree::Object(tags)));
        }
        if let Some(Tree::Object(comment)) = self.comment {
            for (name, value) in comment {
                match (name.as_str(), value) {
                    ("set", Tree::Object(set)) => {
                        let names: HashSet<&str> = set.iter().map(|(name, _)| name.as_str()).collect();
                        self.members.retain(|(name, _)| !names.contains(name.as_str()));
                        self.members.extend(set);
                    }
                    ("unset", unset) => {
                        let names: HashSet<&str> = unset.elements().iter().filter_map(Tree::as_str).collect();
                        self.members.retain(|(name, _)| !names.contains(name.as_str()));
                    }
                    _ => {}
                }
            }
        }
        self.members
    }
}

/// A line, or several that are one value.
pub(super) enum Entry<'a> {
    Tag { name: &'a str, value: Cow<'a, str> },
    Comment(&'a str),
}

/// Goes through the lines of a text.
pub(super) struct Lines<'a> {
    text: &'a str,
    at: usize,
    /// Whether lines end in a carriage return too; then it is no part of values.
    has_returns: bool,
}

impl<'a> Lines<'a> {
    /// The lines of `text`.
    pub(super) fn new(text: &'a str) -> Self {
        let first_end = text.find('\n').unwrap_or(0);
        Self { text, at: 0, has_returns: text[..first_end].ends_with('\r') }
    }

    /// The next entry, and where it begins.
    pub(super) fn next(&mut self) -> Result<Option<(usize, Entry<'a>)>, DocumentError> {
        while self.at < self.text.len() {
            let rest = &self.text[self.at..];
            let line = rest.split_once('\n').map_or(rest, |(line, _)| line);
            let core = line.trim_start_matches(BLANK);
            let start = self.at + (line.len() - core.len());
            let core = core.trim_end_matches(BLANK);
            if core.is_empty() {
                self.at += line.len() + 1;
                continue;
            }
            if core.starts_with('#') {
                self.at += line.len() + 1;
                return Ok(Some((start, Entry::Comment(core))));
            }
            let refuse =
                |place: &str, reason: &str| Err(malformed(self.text, start, place, reason.to_owned()));
            let Some((name, value)) = core.split_once(':') else {
                return refuse("line", "it is neither a tag with a value nor a comment");
            };
            let name = name.trim_end_matches(BLANK);
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
            if name.is_empty() || name.len() > TAG_MAX || !name.bytes().all(is_name) {
                return refuse("line", "what is before `:` is no tag");
            }
            let value = value.trim_start_matches(BLANK);
            if !value.starts_with(OPEN) {
                self.at += line.len() + 1;
                return Ok(Some((start, Entry::Tag { name, value: Cow::Borrowed(value) })));
            }
            let begin = (value.as_ptr() as usize - self.text.as_ptr() as usize) + OPEN.len();
            let Some(length) = self.text[begin..].find(CLOSE) else {
                return refuse(name, "its `<text>` is not closed");
            };
            let end = begin + length + CLOSE.len();
            let after = self.text[end..].split_once('\n').map_or(&self.text[end..], |(line, _)| line);
            if !after.trim_matches(BLANK).is_empty() {
                return Err(malformed(self.text, end, name, "there is more after its `</text>`".to_owned()));
            }
            self.at = end + after.len() + 1;
            let value = &self.text[begin..begin + length];
            let value =
                if self.has_returns { value.replace("\r\n", "\n").into() } else { Cow::Borrowed(value) };
            return Ok(Some((start, Entry::Tag { name, value })));
        }
        Ok(None)
    }
}

struct Reader {
    document: Open,
    creation: Open,
    packages: Vec<Open>,
    files: Vec<Open>,
    snippets: Vec<Open>,
    licenses: Vec<Open>,
    relationships: Vec<Open>,
    annotations: Vec<Open>,
    reviews: Vec<Open>,
    /// What the last tag was about.
    here: Section,
    /// What an `SPDXID` is of.
    element: Section,
    /// What the next relationship was in JSON.
    was: Option<&'static str>,
    /// Of the document, where that is not in it.
    version: String,
}

impl Reader {
    fn new(version: &str) -> Self {
        Self {
            document: Open::default(),
            creation: Open::default(),
            packages: Vec::new(),
            files: Vec::new(),
            snippets: Vec::new(),
            licenses: Vec::new(),
            relationships: Vec::new(),
            annotations: Vec::new(),
            reviews: Vec::new(),
            here: Section::Document,
            element: Section::Document,
            was: None,
            version: version.to_owned(),
        }
    }

    fn take_all(&mut self, text: &str) -> Result<(), DocumentError> {
        let mut lines = Lines::new(text);
        while let Some((start, entry)) = lines.next()? {
            match entry {
                Entry::Comment(comment) => {
                    let Some(ours) = comment.strip_prefix(COMMENT) else { continue };
                    self.comment(ours).map_err(|reason| malformed(text, start, "comment", reason))?;
                }
                Entry::Tag { name, value } => {
                    self.tag(name, &value).map_err(|reason| malformed(text, start, name, reason))?;
                    self.was = None;
                }
            }
        }
        Ok(())
    }

    /// Refuses a document that is cut off before anything is described. One that is cut off later cannot be told from a
    /// complete one: nothing says where a document ends.
    fn is_complete(&self) -> Result<(), String> {
        let lacks = |open: &Open, member: &str| match open.get(member) {
            None => true,
            Some(value) => value.as_str().is_some_and(str::is_empty),
        };
        let is_ours = self.document.comment.is_some();
        if lacks(&self.document, "spdxVersion") && !is_ours {
            return Err("`SPDXVersion` has no value".to_owned());
        }
        let lists = [
            &self.packages,
            &self.files,
            &self.snippets,
            &self.relationships,
            &self.annotations,
            &self.licenses,
        ];
        if is_ours || lists.iter().any(|list| !list.is_empty()) {
            return Ok(());
        }
        // Everything that §6 requires.
        let required = [
            (&self.document, "dataLicense", "DataLicense"),
            (&self.document, table::ID, table::ID_TAG),
            (&self.document, "name", "DocumentName"),
            (&self.document, "documentNamespace", "DocumentNamespace"),
            (&self.creation, "creators", "Creator"),
            (&self.creation, "created", "Created"),
        ];
        match required.into_iter().find(|(open, member, _)| lacks(open, member)) {
            None => Ok(()),
            Some((.., tag)) => {
                Err(format!("it ends with nothing described and without `{tag}`; the document seems cut off"))
            }
        }
    }

    /// Takes a comment of plimsoll.
    fn comment(&mut self, comment: &str) -> Result<(), String> {
        match comment {
            HAS_FILES => self.was = Some(HAS_FILES),
            DESCRIBES => self.was = Some(DESCRIBES),
            json => {
                let json: Tree = serde_json::from_str(json).map_err(|error| error.to_string())?;
                // What is said of how a document was made is said of the document.
                let here = if self.here == Section::Creation { Section::Document } else { self.here };
                let Some(open) = self.open(here) else { return Ok(()) };
                if open.comment.is_some() {
                    return Err("it is the second of one object".to_owned());
                }
                open.comment = Some(json);
            }
        }
        Ok(())
    }

    fn tag(&mut self, name: &str, value: &str) -> Result<(), String> {
        if name == table::ID_TAG {
            let element = self.element;
            self.here = element;
            let open = self
                .open(element)
                .filter(|_| matches!(element, Section::Document | Section::Package | Section::File));
            let open = open.ok_or("it stands where no document, package or file is described")?;
            return open.set(table::ID, Tree::Text(value.to_owned()));
        }
        let Some(tag) = table::find(name) else {
            let open = self.open(self.here).ok_or("it stands where nothing is described")?;
            open.unknown.push((name.to_owned(), value.to_owned()));
            return Ok(());
        };
        if table::of(tag.section).next().is_some_and(|first| first.name == tag.name) {
            self.begin(tag.section);
        }
        self.here = tag.section;
        let was = self.was;
        let open = self.open(tag.section).ok_or_else(|| out_of_place(tag))?;
        if tag.shape == Shape::Relationship {
            open.was = was;
        }
        take(open, tag, value)
    }

    /// Begins an object of `section`.
    fn begin(&mut self, section: Section) {
        let package = self.packages.len().checked_sub(1).filter(|_| section == Section::File);
        if matches!(section, Section::Package | Section::File | Section::Snippet | Section::License) {
            self.element = section;
        }
        match section {
            // There is one of each.
            Section::Document | Section::Creation => {}
            Section::Package => self.packages.push(Open::default()),
            Section::File => self.files.push(Open { package, ..Open::default() }),
            Section::Snippet => self.snippets.push(Open::default()),
            Section::License => self.licenses.push(Open::default()),
            Section::Relationship => self.relationships.push(Open::default()),
            Section::Annotation => self.annotations.push(Open::default()),
            Section::Review => self.reviews.push(Open::default()),
        }
    }

    /// The object of `section` that was begun last.
    fn open(&mut self, section: Section) -> Option<&mut Open> {
        match section {
            Section::Document => Some(&mut self.document),
            Section::Creation => Some(&mut self.creation),
            Section::Package => self.packages.last_mut(),
            Section::File => self.files.last_mut(),
            Section::Snippet => self.snippets.last_mut(),
            Section::License => self.licenses.last_mut(),
            Section::Relationship => self.relationships.last_mut(),
            Section::Annotation => self.annotations.last_mut(),
            Section::Review => self.reviews.last_mut(),
        }
    }

    /// Takes the objects of `section`, of which there may be several.
    fn list(&mut self, section: Section) -> Vec<Open> {
        std::mem::take(match section {
            Section::Package => &mut self.packages,
            Section::File => &mut self.files,
            Section::Snippet => &mut self.snippets,
            Section::License => &mut self.licenses,
            Section::Relationship => &mut self.relationships,
            Section::Annotation => &mut self.annotations,
            Section::Review => &mut self.reviews,
            Section::Document | Section::Creation => return Vec::new(),
        })
    }

    /// The version of the document, which decides how some words are spelt.
    fn version(&self) -> &str {
        self.document.text("spdxVersion").unwrap_or(&self.version)
    }

    /// The object of `section` that `open` is.
    fn finished(&self, mut open: Open, section: Section) -> Object {
        match section {
            Section::Package if !has_hyphens(self.version()) => {
                let references = open.members.iter_mut().find(|(name, _)| name == "externalRefs");
                if let Some((_, Tree::List(references))) = references {
                    references.iter_mut().for_each(with_underscore);
                }
            }
            Section::Snippet => refer_to_file(&mut open),
            _ => {}
        }
        open.close()
    }

    /// The document; nothing is left.
    fn document(&mut self) -> Object {
        let id = self.document.text(table::ID).unwrap_or(DOCUMENT).to_owned();
        self.relate_files();
        let mut relationships = Vec::new();
        let mut described = Vec::new();
        let mut has_files: Vec<(String, Tree)> = Vec::new();
        for mut open in self.list(Section::Relationship) {
            let related = || open.get("relatedSpdxElement").cloned().unwrap_or(Tree::Null);
            let from = open.text("spdxElementId").unwrap_or_default();
            match (open.was, open.text("relationshipType")) {
                (Some(DESCRIBES), Some("DESCRIBES")) if from == id => described.push(related()),
                (Some(HAS_FILES), Some("CONTAINS")) => has_files.push((from.to_owned(), related())),
                _ => {
                    open.was = None;
                    relationships.push(Tree::Object(self.finished(open, Section::Relationship)));
                }
            }
        }
        relationships.extend(self.give_files(has_files));
        let mut of_document = Vec::new();
        self.annotate(&id, &mut of_document);
        let mut document = std::mem::take(&mut self.document);
        let creation = std::mem::take(&mut self.creation);
        if !creation.members.is_empty() || !creation.unknown.is_empty() {
            document.members.push(("creationInfo".to_owned(), Tree::Object(creation.close())));
        }
        if let Some(version) = document.text("spdxVersion") {
            version.clone_into(&mut self.version);
        }
        let mut lists = vec![("documentDescribes", described), ("annotations", of_document)];
        for (name, section) in [
            ("hasExtractedLicensingInfos", Section::License),
            ("packages", Section::Package),
            ("files", Section::File),
            ("snippets", Section::Snippet),
        ] {
            let objects = self.list(section).into_iter();
            lists.push((name, objects.map(|open| Tree::Object(self.finished(open, section))).collect()));
        }
        lists.push(("relationships", relationships));
        let reviews = self.list(Section::Review).into_iter();
        lists.push(("revieweds", reviews.map(|open| Tree::Object(open.close())).collect()));
        let lists = lists.into_iter().filter(|(_, list)| !list.is_empty());
        document.members.extend(lists.map(|(name, list)| (name.to_owned(), Tree::List(list))));
        document.close()
    }

    /// Puts files that follow a package into it, unless a relationship says so.
    fn relate_files(&mut self) {
        if self.files.iter().all(|file| file.package.is_none()) {
            return;
        }
        let mut contained = HashSet::new();
        for relationship in &self.relationships {
            let (Some(from), Some(to)) =
                (relationship.text("spdxElementId"), relationship.text("relatedSpdxElement"))
            else {
                continue;
            };
            match relationship.text("relationshipType") {
                Some("CONTAINS") => contained.insert((from, to)),
                Some("CONTAINED_BY") => contained.insert((to, from)),
                _ => false,
            };
        }
        let mut of_packages = vec![Vec::new(); self.packages.len()];
        for file in &self.files {
            let (Some(id), Some(package)) = (file.text(table::ID), file.package) else { continue };
            let package_id = self.packages[package].text(table::ID).unwrap_or_default();
            if !contained.contains(&(package_id, id)) {
                of_packages[package].push(Tree::Text(id.to_owned()));
            }
        }
        for (package, files) in self.packages.iter_mut().zip(of_packages) {
            if !files.is_empty() {
                package.members.push((HAS_FILES.to_owned(), Tree::List(files)));
            }
        }
    }

    /// Puts `files`, each with the id of its package, into the packages; what remains is relationships.
    fn give_files(&mut self, files: Vec<(String, Tree)>) -> Vec<Tree> {
        let mut remains = Vec::new();
        if files.is_empty() {
            return remains;
        }
        let mut index = HashMap::new();
        for (at, package) in self.packages.iter().enumerate() {
            index.entry(package.text(table::ID).unwrap_or_default().to_owned()).or_insert(at);
        }
        for (from, to) in files {
            let package = index.get(&from).and_then(|at| self.packages.get_mut(*at));
            match package.and_then(|package| package.list(HAS_FILES).ok()) {
                Some(list) => list.push(to),
                None => remains.push(Tree::Object(vec![
                    ("spdxElementId".to_owned(), Tree::Text(from)),
                    ("relationshipType".to_owned(), Tree::Text("CONTAINS".to_owned())),
                    ("relatedSpdxElement".to_owned(), to),
                ])),
            }
        }
        remains
    }

    /// Puts each annotation where it belongs: those of the document `id` into `of_document`.
    fn annotate(&mut self, id: &str, of_document: &mut Vec<Tree>) {
        if self.annotations.is_empty() {
            return;
        }
        let mut index = HashMap::new();
        for section in [Section::Package, Section::File, Section::Snippet] {
            let elements = match section {
                Section::Package => &self.packages,
                Section::File => &self.files,
                _ => &self.snippets,
            };
            for (at, element) in elements.iter().enumerate() {
                if let Some(id) = element.text(table::ID) {
                    index.entry(id.to_owned()).or_insert((section, at));
                }
            }
        }
        for mut annotation in self.list(Section::Annotation) {
            let target = annotation.target.take();
            let place = target.as_ref().filter(|target| *target != id).map(|target| index.get(target));
            if let (Some(None), Some(target)) = (place, target) {
                annotation.unknown.push(("SPDXREF".to_owned(), target));
            }
            let annotation = Tree::Object(annotation.close());
            let Some(Some(&(section, at))) = place else {
                of_document.push(annotation);
                continue;
            };
            let elements = match section {
                Section::Package => &mut self.packages,
                Section::File => &mut self.files,
                _ => &mut self.snippets,
            };
            // No tag is called so, and nothing else makes this member.
            if let Some(Ok(list)) = elements.get_mut(at).map(|element| element.list("annotations")) {
                list.push(annotation);
            }
        }
    }
}

fn with_underscore(reference: &mut Tree) {
    if let Some(Tree::Text(category)) = reference.get_mut("referenceCategory")
        && category == "PACKAGE-MANAGER"
    {
        "PACKAGE_MANAGER".clone_into(category);
    }
}

/// The file of a snippet is in each pointer of its ranges.
fn refer_to_file(snippet: &mut Open) {
    let Some(file) = snippet.get("snippetFromFile").cloned() else { return };
    let Some((_, Tree::List(ranges))) = snippet.members.iter_mut().find(|(name, _)| name == "ranges") else {
        return;
    };
    for range in ranges {
        for name in ["startPointer", "endPointer"] {
            if let Some(Tree::Object(pointer)) = range.get_mut(name) {
                pointer.push(("reference".to_owned(), file.clone()));
            }
        }
    }
}

fn out_of_place(tag: &Tag) -> String {
    let first = table::of(tag.section).next().map_or("", |first| first.name);
    format!("it stands where no `{first}` is before it")
}

/// Puts `value` into `open` as `tag` says.
fn take(open: &mut Open, tag: &Tag, value: &str) -> Result<(), String> {
    let text = |value: &str| Tree::Text(value.to_owned());
    match tag.shape {
        Shape::Text => open.set(tag.member, text(value)),
        Shape::Texts => {
            open.list(tag.member)?.push(text(value));
            Ok(())
        }
        Shape::Flag => {
            let flag = match value {
                _ if value.eq_ignore_ascii_case("true") => true,
                _ if value.eq_ignore_ascii_case("false") => false,
                _ => return Err("it is neither `true` nor `false`".to_owned()),
            };
            open.set(tag.member, Tree::Bool(flag))
        }
        Shape::Purpose => open.set(tag.member, Tree::Text(value.replace('-', "_"))),
        Shape::Target if open.target.is_some() => Err("it is stated twice".to_owned()),
        Shape::Target => {
            open.target = Some(value.to_owned());
            Ok(())
        }
        Shape::Checksum => {
            let checksum = checksum(value).ok_or("it is not `algorithm: digest`")?;
            open.list(tag.member)?.push(checksum);
            Ok(())
        }
        Shape::VerificationCode => open.set(tag.member, verification_code(value)),
        Shape::ExternalRef => {
            let reference = external_ref(value).ok_or("it is not `category type locator`")?;
            open.list(tag.member)?.push(reference);
            Ok(())
        }
        Shape::ExternalDocument => {
            let document = external_document(value).ok_or("it is not `id namespace algorithm: digest`")?;
            open.list(tag.member)?.push(document);
            Ok(())
        }
        Shape::Relationship => {
            let [from, kind, to] = three(value).ok_or("it is not `element type element`")?;
            open.set("spdxElementId", text(from))?;
            open.set("relationshipType", text(kind))?;
            open.set("relatedSpdxElement", text(to))
        }
        Shape::Range(member) => {
            let range = range(value, member).ok_or("it is not `number:number`")?;
            open.list(tag.member)?.push(range);
            Ok(())
        }
        Shape::OfLast { member, begins } => {
            let list = open.list(tag.member)?;
            match list.last_mut() {
                Some(Tree::Object(last)) if last.iter().all(|(name, _)| name != member) => {
                    last.push((member.to_owned(), text(value)));
                    Ok(())
                }
                _ if begins => {
                    list.push(Tree::Object(vec![(member.to_owned(), text(value))]));
                    Ok(())
                }
                None => Err("it stands where there is nothing that it could be about".to_owned()),
                Some(_) => Err("it is stated twice".to_owned()),
            }
        }
    }
}

fn texts(members: &[(&str, &str)]) -> Object {
    members.iter().map(|(name, value)| ((*name).to_owned(), Tree::Text((*value).to_owned()))).collect()
}

/// `SHA1: 85ed…` (§7.10).
fn checksum(value: &str) -> Option<Tree> {
    let (algorithm, digest) = value.split_once(':')?;
    let trimmed = |text: &str| text.trim_matches(BLANK).to_owned();
    let (algorithm, digest) = (trimmed(algorithm), trimmed(digest));
    if algorithm.is_empty() {
        return None;
    }
    Some(Tree::Object(texts(&[("algorithm", &algorithm), ("checksumValue", &digest)])))
}

/// `d6a7… (excludes: ./a, ./b)` (§7.9).
fn verification_code(value: &str) -> Tree {
    let parts = value.split_once('(').and_then(|(code, rest)| Some((code, rest.strip_suffix(')')?)));
    let Some((code, excluded)) = parts else {
        return Tree::Object(texts(&[("packageVerificationCodeValue", value)]));
    };
    let excluded = excluded.trim_start_matches(BLANK);
    let excluded = excluded.strip_prefix("excludes:").unwrap_or(excluded);
    let paths = excluded.split(',').map(|path| Tree::Text(path.trim_matches(BLANK).to_owned()));
    let mut code = texts(&[("packageVerificationCodeValue", code.trim_matches(BLANK))]);
    code.push(("packageVerificationCodeExcludedFiles".to_owned(), Tree::List(paths.collect())));
    Tree::Object(code)
}

/// Three words, of which the last may be several.
pub(super) fn three(value: &str) -> Option<[&str; 3]> {
    let (first, rest) = value.split_once(BLANK)?;
    let (second, third) = rest.trim_start_matches(BLANK).split_once(BLANK)?;
    let third = third.trim_matches(BLANK);
    (!third.is_empty()).then_some([first, second, third])
}

/// `SECURITY cpe23Type cpe:2.3:…` (§7.21).
fn external_ref(value: &str) -> Option<Tree> {
    let [category, kind, locator] = three(value)?;
    let members = [("referenceCategory", category), ("referenceType", kind), ("referenceLocator", locator)];
    Some(Tree::Object(texts(&members)))
}

/// `DocumentRef-a https://… SHA1: d6a7…` (§6.6).
fn external_document(value: &str) -> Option<Tree> {
    let [id, namespace, checksum] = three(value)?;
    let mut document = texts(&[("externalDocumentId", id), ("spdxDocument", namespace)]);
    document.push(("checksum".to_owned(), self::checksum(checksum)?));
    Some(Tree::Object(document))
}

/// `310:420` (§9.3), of the member `member` of a pointer.
fn range(value: &str, member: &str) -> Option<Tree> {
    let (start, end) = value.split_once(':')?;
    let pointer = |number: &str| {
        let number: u64 = number.trim_matches(BLANK).parse().ok()?;
        Some(Tree::Object(vec![(member.to_owned(), Tree::Number(number.into()))]))
    };
    Some(Tree::Object(vec![
        ("startPointer".to_owned(), pointer(start)?),
        ("endPointer".to_owned(), pointer(end)?),
    ]))
}
