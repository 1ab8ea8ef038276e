//! Whether a document is as the schema of its version says.

use std::collections::{HashMap, HashSet};

use regex::Regex;

use super::table::{
    Any, AnyOf, AtLeastOne, Bool, Enum, ExactlyOne, ExactlyOneInJson, Field, Integer, List, NotTogether,
    Number, Object, OneOf, OnlyIfExternal, Required, Text, Type, Value, Version, Words,
};
use super::{document, syntax};
use crate::format::wire::tree::Tree;

/// A step from a value to one in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::format) enum Step {
    Member(String),
    Position(usize),
}

/// Something that is not as the schema says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::format) struct Violation {
    /// What is wrong; where something is missing, what lacks it.
    pub(in crate::format) path: Vec<Step>,
    /// Why, for people.
    pub(in crate::format) reason: String,
}

impl Violation {
    /// `components[3].hashes[0].alg`
    pub(in crate::format) fn place(&self) -> String {
        let mut place = String::new();
        for step in &self.path {
            match step {
                Step::Position(position) => place.push_str(&format!("[{position}]")),
                Step::Member(name) if place.is_empty() => place.push_str(name),
                Step::Member(name) => place.push_str(&format!(".{name}")),
            }
        }
        place
    }
}

/// Everything in `document` that the official JSON schema of `version` refuses. For 1.2 and 1.3 that is the schema
/// that allows unknown members.
pub(in crate::format) fn check(document: &Tree, version: Version) -> Vec<Violation> {
    run(document, version, false, false)
}

/// Like [`check`]; unknown members are violations in every version.
pub(super) fn check_known(document: &Tree, version: Version) -> Vec<Violation> {
    run(document, version, true, false)
}

/// Everything in `document`, the JSON of one in XML, that the official XML schema of `version` refuses, as far as JSON
/// shows it.
pub(in crate::format) fn check_xml(document: &Tree, version: Version) -> Vec<Violation> {
    run(document, version, true, true)
}

fn run(document: &Tree, version: Version, known_only: bool, is_xml: bool) -> Vec<Violation> {
    let mut checker = Checker {
        version,
        is_xml,
        known_only,
        patterns: HashMap::new(),
        path: Vec::new(),
        found: Vec::new(),
    };
    checker.object(document, &document::BOM);
    checker.found
}

/// What the JSON schema of 1.2 says of texts of one line; in XML a line end is only white space.
const ANY_LINE: &str = "^(.*)$";

/// The most characters of a text that a reason shows.
const SHOWN_CHARACTERS_MAX: usize = 60;

struct Checker {
    version: Version,
    /// Whether the document was one in XML.
    is_xml: bool,
    known_only: bool,
    patterns: HashMap<&'static str, Regex>,
    path: Vec<Step>,
    found: Vec<Violation>,
}

impl Checker {
    fn refuse(&mut self, reason: impl Into<String>) {
        self.found.push(Violation { path: self.path.clone(), reason: reason.into() });
    }

    fn value(&mut self, tree: &Tree, value: &'static Value) {
        match (value, tree) {
            (Any, _) | (Bool, Tree::Bool(_)) => {}
            (Bool, _) => self.refuse("is not true or false"),
            (Text { min, max, pattern, format }, Tree::Text(text)) => {
                self.text(text, (*min, *max), *pattern, *format);
            }
            (Text { .. }, _) => self.refuse("is no text"),
            (Integer { min, max }, Tree::Number(number)) => {
                if number.as_f64().is_none_or(|number| number.fract() != 0.0) {
                    self.refuse("is no whole number");
                }
                self.range(number.as_f64(), *min, *max);
            }
            (Number { min, max }, Tree::Number(number)) => self.range(number.as_f64(), *min, *max),
            (Integer { .. } | Number { .. }, _) => self.refuse("is no number"),
            (Enum(words), tree) => {
                if !tree.as_str().is_some_and(|text| knows(words, self.version, text)) {
                    let version = self.version.text();
                    match tree.as_str() {
                        Some(text) => self.refuse(format!(
                            "is `{}`, none of the words that {version} knows here",
                            text.chars().take(SHOWN_CHARACTERS_MAX).collect::<String>()
                        )),
                        None => self.refuse("is no text"),
                    }
                }
            }
            (Object(kind), tree) => self.object(tree, kind),
            (List { of, min, max, unique }, Tree::List(elements)) => {
                if elements.len() < *min || elements.len() > *max {
                    self.refuse("has too few or too many elements");
                }
                self.elements(elements, of, *unique && !self.is_xml);
            }
            (List { .. }, _) => self.refuse("is no list"),
            (OneOf(choices), tree) => self.choice(tree, choices, true),
            (AnyOf(choices), tree) => self.choice(tree, choices, false),
        }
    }

    fn elements(&mut self, elements: &[Tree], of: &'static Value, unique: bool) {
        let mut seen = HashSet::new();
        for (position, element) in elements.iter().enumerate() {
            self.path.push(Step::Position(position));
            if unique && !seen.insert(canonical(element)) {
                self.refuse("is there twice");
            }
            self.value(element, of);
            self.path.pop();
        }
    }

    fn range(&mut self, number: Option<f64>, min: Option<f64>, max: Option<f64>) {
        let Some(number) = number else { return };
        if min.is_some_and(|min| number < min) || max.is_some_and(|max| number > max) {
            self.refuse("is out of range");
        }
    }

    fn text(
        &mut self,
        text: &str,
        (min, max): (usize, usize),
        pattern: Option<&'static str>,
        format: Option<&'static str>,
    ) {
        let length = text.chars().count();
        if length < min || length > max {
            self.refuse("is too short or too long");
        }
        let pattern = pattern.filter(|pattern| !self.is_xml || *pattern != ANY_LINE);
        if let Some(pattern) = pattern {
            let compile = || Regex::new(pattern).expect("a test compiles every pattern of the table");
            if !self.patterns.entry(pattern).or_insert_with(compile).is_match(text) {
                self.refuse(format!("does not match {pattern}"));
            }
        }
        if let Some(format) = format
            && !if self.is_xml { syntax::is_in_xml(format, text) } else { syntax::is(format, text) }
        {
            self.refuse(format!("is no {format}"));
        }
    }

    fn object(&mut self, tree: &Tree, kind: &'static Type) {
        let Tree::Object(members) = tree else { return self.refuse("is no object") };
        let version = self.version;
        let closed = self.known_only && !kind.fields.is_empty() && kind.closed.is_some()
            || kind.closed.is_some_and(|(since, until)| since <= version && version <= until);
        for (name, value) in members {
            self.path.push(Step::Member(name.clone()));
            match fields(kind, version).find(|field| field.name == name) {
                Some(field) => self.value(value, &field.value),
                None if closed => {
                    self.refuse(format!("is no member of `{}` in {}", kind.name, version.text()))
                }
                None => {}
            }
            self.path.pop();
        }
        for field in fields(kind, version) {
            let is_required = match field.required {
                Required::Nowhere => false,
                Required::Everywhere => true,
                Required::Json => !self.is_xml,
                Required::Xml => self.is_xml,
            };
            if is_required && tree.get(field.name).is_none() {
                self.refuse(format!("lacks {}", field.name));
            }
        }
        for (since, until, rule) in kind.rules {
            let all = |names: &[&str]| names.iter().all(|name| tree.get(name).is_some());
            let holds = match rule {
                ExactlyOneInJson(groups) if self.is_xml => {
                    groups.iter().filter(|names| all(names)).count() <= 1
                }
                ExactlyOne(groups) | ExactlyOneInJson(groups) => {
                    groups.iter().filter(|names| all(names)).count() == 1
                }
                AtLeastOne(groups) => groups.iter().any(|names| all(names)),
                NotTogether(names) => !all(names),
                OnlyIfExternal(name) => {
                    tree.get(name).is_none() || matches!(tree.get("isExternal"), Some(Tree::Bool(true)))
                }
            };
            if *since <= version && version <= *until && !holds {
                self.refuse("has members that exclude each other, or none of several");
            }
        }
    }

    /// Where no choice fits, the violations are those of the one that fits best.
    fn choice(&mut self, tree: &Tree, choices: &'static [Value], only_one: bool) {
        let before = self.found.len();
        let mut best: Option<Vec<Violation>> = None;
        let mut fitting = 0;
        for choice in choices {
            self.value(tree, choice);
            let found = self.found.split_off(before);
            fitting += usize::from(found.is_empty());
            // A violation further inside is the better guess of what was meant.
            let rank = |found: &[Violation]| {
                (found.iter().any(|one| one.path.len() == self.path.len()), found.len())
            };
            if best.as_ref().is_none_or(|best| rank(&found) < rank(best)) {
                best = Some(found);
            }
        }
        if fitting == 0 {
            self.found.extend(best.unwrap_or_default());
        } else if only_one && fitting > 1 {
            self.refuse("can be understood in several ways");
        }
    }
}

fn fields(kind: &'static Type, version: Version) -> impl Iterator<Item = &'static Field> {
    kind.fields.iter().filter(move |field| field.since <= version && version <= field.until)
}

pub(super) fn knows(words: Words, version: Version, text: &str) -> bool {
    words.iter().any(|(since, until, words)| *since <= version && version <= *until && words.contains(&text))
}

/// The same text for values that JSON Schema calls equal: members in any order.
fn canonical(tree: &Tree) -> String {
    match tree {
        Tree::List(elements) => {
            elements.iter().map(canonical).fold("[".to_owned(), |all, one| all + &one + ",") + "]"
        }
        Tree::Object(members) => {
            let mut members: Vec<_> =
                members.iter().map(|(name, value)| format!("{name:?}:{},", canonical(value))).collect();
            members.sort();
            format!("{{{}}}", members.concat())
        }
        Tree::Text(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}
