//! The lines on which the members stand that tags become.

use std::collections::HashMap;

use super::super::DOCUMENT;
use super::COMMENT;
use super::read::{DESCRIBES, Entry, HAS_FILES, Lines, three};
use super::table::{self, Section, Shape, Tag};

/// Calls `take` with the path and the line of every object, and of every member that has a tag of its own.
pub(in crate::format) fn lines(text: &str, take: &mut dyn FnMut(&str, usize)) {
    let mut lines = Lines::new(text);
    let mut places = Places {
        take,
        open: HashMap::new(),
        counts: HashMap::new(),
        element: Section::Document,
        ids: HashMap::new(),
        annotations: Vec::new(),
        was: None,
    };
    let (mut line, mut counted) = (1, 0);
    // What cannot be read was refused before.
    while let Ok(Some((start, entry))) = lines.next() {
        line += text[counted..start].bytes().filter(|byte| *byte == b'\n').count();
        counted = start;
        match entry {
            Entry::Comment(comment) => {
                let ours = comment.strip_prefix(COMMENT);
                places.was = [HAS_FILES, DESCRIBES].into_iter().find(|was| ours == Some(*was)).or(places.was);
            }
            Entry::Tag { name, value } => {
                places.tag(name, &value, line);
                places.was = None;
            }
        }
    }
    places.annotate();
}

/// An object that tags are about.
#[derive(Default)]
struct Place {
    /// Empty for the document.
    path: String,
    /// How many elements its lists have.
    counts: HashMap<&'static str, usize>,
}

/// An annotation, whose place is known when every element is.
struct Annotation {
    line: usize,
    members: Vec<(&'static str, usize)>,
    target: Option<String>,
}

struct Places<'t> {
    take: &'t mut dyn FnMut(&str, usize),
    /// The object of each section that was begun last.
    open: HashMap<Section, Place>,
    /// How many elements the lists of the document have.
    counts: HashMap<&'static str, usize>,
    /// What an `SPDXID` is of.
    element: Section,
    /// From the ids of elements to their paths.
    ids: HashMap<String, String>,
    annotations: Vec<Annotation>,
    /// What the next relationship was in JSON.
    was: Option<&'static str>,
}

impl Places<'_> {
    fn tag(&mut self, name: &str, value: &str, line: usize) {
        if name == table::ID_TAG {
            self.member(self.element, table::ID, false, line);
            self.identify(self.element, value);
            return;
        }
        let Some(tag) = table::find(name) else { return };
        if table::of(tag.section).next().is_some_and(|first| first.name == tag.name) {
            self.begin(tag.section, value, line);
        }
        match (tag.section, tag.shape) {
            (Section::Annotation, _) => self.of_annotation(tag, value, line),
            // Its members are the object itself, or are in what the last tag of a list is.
            (_, Shape::Relationship | Shape::OfLast { .. }) => {}
            (section, shape) => {
                let is_list = matches!(
                    shape,
                    Shape::Texts
                        | Shape::Checksum
                        | Shape::ExternalRef
                        | Shape::ExternalDocument
                        | Shape::Range(_)
                );
                self.member(section, tag.member, is_list, line);
                if tag.member == table::ID {
                    self.identify(section, value);
                }
            }
        }
    }

    /// Begins an object of `section`, of which `value` is the first.
    fn begin(&mut self, section: Section, value: &str, line: usize) {
        if matches!(section, Section::Package | Section::File | Section::Snippet | Section::License) {
            self.element = section;
        }
        let list = match section {
            // There is one of each.
            Section::Document | Section::Creation => return,
            Section::Annotation => {
                self.annotations.push(Annotation { line, members: Vec::new(), target: None });
                return;
            }
            Section::Relationship => match self.list_of_relationship(value) {
                Some(list) => list,
                // It is in the list of a package, and is told with that.
                None => {
                    self.open.remove(&section);
                    return;
                }
            },
            Section::Package => "packages",
            Section::File => "files",
            Section::Snippet => "snippets",
            Section::License => "hasExtractedLicensingInfos",
            Section::Review => "revieweds",
        };
        let path = format!("{list}[{}]", next(&mut self.counts, list));
        (self.take)(&path, line);
        self.open.insert(section, Place { path, ..Place::default() });
    }

    /// The list that a relationship is in.
    fn list_of_relationship(&self, value: &str) -> Option<&'static str> {
        let [from, kind, _] = three(value)?;
        let document = self.ids.iter().find(|(_, path)| path.is_empty()).map_or(DOCUMENT, |(id, _)| id);
        match (self.was, kind) {
            (Some(DESCRIBES), "DESCRIBES") if from == document => Some(DESCRIBES),
            (Some(HAS_FILES), "CONTAINS") => None,
            _ => Some("relationships"),
        }
    }

    fn member(&mut self, section: Section, name: &'static str, is_list: bool, line: usize) {
        if !self.open.contains_key(&section) {
            let path = match section {
                Section::Document => "",
                Section::Creation => "creationInfo",
                _ => return,
            };
            (self.take)(path, line);
            self.open.insert(section, Place { path: path.to_owned(), ..Place::default() });
        }
        let Some(place) = self.open.get_mut(&section) else { return };
        let mut path = place.path.clone();
        push(&mut path, name);
        if is_list {
            path.push_str(&format!("[{}]", next(&mut place.counts, name)));
        }
        (self.take)(&path, line);
    }

    fn identify(&mut self, section: Section, id: &str) {
        if let Some(place) = self.open.get(&section) {
            self.ids.entry(id.to_owned()).or_insert_with(|| place.path.clone());
        }
    }

    fn of_annotation(&mut self, tag: &'static Tag, value: &str, line: usize) {
        let Some(annotation) = self.annotations.last_mut() else { return };
        if tag.shape == Shape::Target {
            annotation.target = Some(value.to_owned());
        } else {
            annotation.members.push((tag.member, line));
        }
    }

    /// Gives annotations the paths that they have in what they are about.
    fn annotate(&mut self) {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for Annotation { line, members, target } in &self.annotations {
            // What is about nothing is in the document.
            let place = target.as_ref().and_then(|target| self.ids.get(target)).map_or("", String::as_str);
            let mut path = place.to_owned();
            push(&mut path, "annotations");
            path.push_str(&format!("[{}]", next(&mut counts, place)));
            (self.take)(&path, *line);
            for (name, line) in members {
                (self.take)(&format!("{path}.{name}"), *line);
            }
        }
    }
}

fn push(path: &mut String, name: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(name);
}

/// The position of the next element of `list`.
fn next<'k>(counts: &mut HashMap<&'k str, usize>, list: &'k str) -> usize {
    let count = counts.entry(list).or_default();
    *count += 1;
    *count - 1
}
