//! Judges a document by the table.

use std::fmt::Write as _;

use serde_json::Number;

use super::super::{Tree, kind_of, shown, unknown_members};
use super::extension::EXTENSION;
use super::table::{Class, Count, Member, Of};
use super::{BY_NAME, CONTEXT, INDIVIDUALS, VOCABULARIES, core};

/// Calls `take` with the path and the reason of everything that is not as SPDX 3.0.1 says.
pub(in super::super) fn check(tree: &Tree, take: &mut dyn FnMut(&str, String)) {
    Judge { path: String::new(), take }.document(tree);
}

/// What is known while a document is judged.
struct Judge<'a> {
    /// Where the value is that is looked at.
    path: String,
    take: &'a mut dyn FnMut(&str, String),
}

impl Judge<'_> {
    fn document(&mut self, tree: &Tree) {
        match tree.get("@context") {
            None => self.say("lacks `@context`".to_owned()),
            Some(context) => self.member("@context", |judge| {
                if context.as_str() != Some(CONTEXT) {
                    judge.say(format!("is not `{CONTEXT}` and nothing else"));
                }
            }),
        }
        // Without a graph the document is its only object.
        let Some(graph) = tree.get("@graph") else { return self.node(tree) };
        self.known_members(tree, |name| matches!(name, "@context" | "@graph"));
        self.member("@graph", |judge| match graph {
            Tree::List(nodes) => judge.elements(nodes, Self::node),
            _ => judge.say_kind(graph, "a list"),
        });
    }

    /// An object of whatever class.
    fn node(&mut self, tree: &Tree) {
        let Some(name) = self.type_of(tree) else { return };
        match BY_NAME.get(name) {
            Some(class) if class.is_abstract => self.say_abstract(name),
            Some(class) => self.object(tree, class),
            None if VOCABULARIES.iter().any(|profile| profile.contains(&name)) => self.word(tree),
            None => self.say_type(format!("is {}, which is no class of SPDX 3.0.1", shown(name))),
        }
    }

    /// An object of a class, or of one below it, that something has for a member.
    fn part(&mut self, tree: &Tree, wanted: &'static Class) {
        let Some(name) = self.type_of(tree) else { return };
        match BY_NAME.get(name) {
            Some(class) if class.is_abstract => self.say_abstract(name),
            Some(class) if class.is_a(wanted) => self.object(tree, class),
            None if std::ptr::eq(wanted, &EXTENSION) && is_iri(name) => {}
            _ => self.say_type(format!("is {}, not {} or a class below it", shown(name), shown(wanted.name))),
        }
    }

    /// The class that an object says it is of.
    fn type_of<'t>(&mut self, tree: &'t Tree) -> Option<&'t str> {
        if !matches!(tree, Tree::Object(_)) {
            self.say_kind(tree, "an object");
            return None;
        }
        match tree.get("type") {
            None => self.say("lacks `type`".to_owned()),
            Some(Tree::Text(name)) => return Some(name),
            Some(other) => self.member("type", |judge| judge.say_kind(other, "a text")),
        }
        None
    }

    /// An object that stands for a word.
    fn word(&mut self, tree: &Tree) {
        self.id(tree);
        self.known_members(tree, |name| name == "type" || name == "@id");
    }

    /// An object of just this class.
    fn object(&mut self, tree: &Tree, class: &'static Class) {
        let is_element = class.is_a(&core::ELEMENT);
        if !is_element {
            self.id(tree);
        }
        for member in class.all_members() {
            if member.count != Count::Optional
                && member.count != Count::List(0)
                && tree.get(member.name).is_none()
            {
                self.say(format!("lacks `{}`", member.name));
            }
        }
        let find = |name: &str| class.all_members().find(|member| member.name == name);
        self.known_members(tree, |name| {
            // The context is a member of a document that is one object.
            name == "type" || (name == "@id" && !is_element) || find(name).is_some()
        });
        for (name, value) in tree.members() {
            if let Some(member) = find(name) {
                self.member(name, |judge| judge.values(value, member));
            }
        }
    }

    /// The id of what is no element.
    fn id(&mut self, tree: &Tree) {
        if let Some(id) = tree.get("@id") {
            self.member("@id", |judge| judge.reference(id));
        }
    }

    fn values(&mut self, tree: &Tree, member: &'static Member) {
        let Count::List(min) = member.count else { return self.value(tree, member.of) };
        let Tree::List(elements) = tree else { return self.say_kind(tree, "a list") };
        if elements.len() < min {
            self.say(format!("has {} elements, not at least {min}", elements.len()));
        }
        self.elements(elements, |judge, element| judge.value(element, member.of));
    }

    fn value(&mut self, tree: &Tree, of: Of) {
        if let Of::Object(class) = of {
            return match tree {
                Tree::Object(_) => self.part(tree, class),
                Tree::Text(name) if is_individual(name, class) => {}
                Tree::Text(_) => self.reference(tree),
                _ => self.say_kind(tree, "an object or the id of one"),
            };
        }
        match (of, tree) {
            (Of::Flag, _) => self.say_unless(matches!(tree, Tree::Bool(_)), tree, "true or false"),
            (Of::Integer { min }, _) => {
                let is_integer = matches!(tree, Tree::Number(number) if is_integer_from(number, min));
                self.say_unless(is_integer, tree, &format!("a whole number of at least {min}"));
            }
            (Of::Decimal, Tree::Number(_)) => {}
            (_, Tree::Text(text)) => {
                let (fits, wanted) = match of {
                    Of::Iri => (is_iri(text), "an IRI"),
                    Of::Time => (is_time(text), "a time such as `2024-01-31T12:00:00Z`"),
                    Of::Version => (is_version(text), "a version such as `3.0.1`"),
                    Of::MediaType => (is_media_type(text), "a media type"),
                    Of::Decimal => (is_decimal(text), "a decimal number"),
                    Of::Word(words) => (words.contains(&text.as_str()), "one of the known words"),
                    _ => (true, ""),
                };
                self.say_unless(fits, tree, wanted);
            }
            _ => self.say_kind(tree, "a text"),
        }
    }

    /// What names an object.
    fn reference(&mut self, tree: &Tree) {
        match tree {
            Tree::Text(text) => {
                self.say_unless(is_iri(text) || is_blank(text), tree, "an IRI or `_:` with a name")
            }
            _ => self.say_kind(tree, "a text"),
        }
    }

    /// Says which members are not known; the context has been looked at.
    fn known_members(&mut self, tree: &Tree, is_known: impl Fn(&str) -> bool) {
        let is_document = self.path.is_empty();
        for reason in unknown_members(tree, |name| is_known(name) || (is_document && name == "@context")) {
            self.say(reason);
        }
    }

    fn member(&mut self, name: &str, judge: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        if length > 0 {
            self.path.push('.');
        }
        self.path.push_str(name);
        judge(self);
        self.path.truncate(length);
    }

    fn elements(&mut self, elements: &[Tree], judge: impl Fn(&mut Self, &Tree)) {
        let length = self.path.len();
        for (index, element) in elements.iter().enumerate() {
            // Writing to a string does not fail.
            let _ = write!(self.path, "[{index}]");
            judge(self, element);
            self.path.truncate(length);
        }
    }

    fn say(&mut self, reason: String) {
        (self.take)(&self.path, reason);
    }

    fn say_kind(&mut self, tree: &Tree, wanted: &str) {
        self.say(format!("is {}, not {wanted}", kind_of(tree)));
    }

    fn say_unless(&mut self, fits: bool, tree: &Tree, wanted: &str) {
        match tree {
            _ if fits => {}
            Tree::Text(text) => self.say(format!("is {}, not {wanted}", shown(text))),
            Tree::Number(number) => self.say(format!("is {}, not {wanted}", shown(&number.to_string()))),
            _ => self.say_kind(tree, wanted),
        }
    }

    fn say_abstract(&mut self, name: &str) {
        self.say_type(format!("is {}, a class that only classes below it have objects of", shown(name)));
    }

    fn say_type(&mut self, reason: String) {
        self.member("type", |judge| judge.say(reason));
    }
}

fn is_individual(name: &str, wanted: &'static Class) -> bool {
    INDIVIDUALS.iter().any(|(known, class)| *known == name && class.is_a(wanted))
}

/// Whether `text` is an IRI as the schema has it: something, a colon, something, on its first line.
fn is_iri(text: &str) -> bool {
    let line = first_line(text);
    !line.starts_with("_:")
        && line.char_indices().skip(1).any(|(at, sign)| sign == ':' && at + 1 < line.len())
}

/// Whether `text` names an object of this document alone.
fn is_blank(text: &str) -> bool {
    first_line(text).strip_prefix("_:").is_some_and(|name| !name.is_empty())
}

fn first_line(text: &str) -> &str {
    text.split(['\n', '\r', '\u{2028}', '\u{2029}']).next().unwrap_or_default()
}

/// Whether `text` has the form of a time. Whether there is such a day is a rule's question.
fn is_time(text: &str) -> bool {
    // The highest digit there may be; what is no digit stands for itself.
    let form = b"9999-19-39T29:69:69Z";
    text.len() == form.len()
        && text.bytes().zip(form).all(|(byte, most)| match most {
            b'0'..=b'9' => byte.is_ascii_digit() && byte <= *most,
            _ => byte == *most,
        })
}

/// Whether `text` is a version of [SemVer](https://semver.org).
fn is_version(text: &str) -> bool {
    let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
    let (numbers, early) = text.split_once('-').map_or((text, None), |(text, early)| (text, Some(early)));
    let is_number = |part: &str| {
        part.bytes().all(|byte| byte.is_ascii_digit())
            && !part.is_empty()
            && (part == "0" || !part.starts_with('0'))
    };
    let is_word = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let has_letter = |part: &str| part.bytes().any(|byte| !byte.is_ascii_digit());
    numbers.split('.').count() == 3
        && numbers.split('.').all(is_number)
        && early.is_none_or(|early| {
            early.split('.').all(|part| is_number(part) || (is_word(part) && has_letter(part)))
        })
        && build.is_none_or(|build| build.split('.').all(is_word))
}

fn is_media_type(text: &str) -> bool {
    let mut parts = text.split('/');
    let is_part = |part: Option<&str>| part.is_some_and(|part| !part.is_empty());
    is_part(parts.next()) && is_part(parts.next()) && parts.next().is_none()
}

fn is_decimal(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !whole.is_empty() && is_digits(whole) && is_digits(part)
}

fn is_integer_from(number: &Number, min: u8) -> bool {
    number.as_f64().is_some_and(|number| number.fract() == 0.0 && number >= f64::from(min))
}
