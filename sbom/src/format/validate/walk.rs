//! Every value of a document, with the path to it.

use std::fmt::Write as _;

use super::Tree;

/// The most bytes of a path that is told: a hostile document has names of megabytes.
pub(super) const PATH_BYTES_MAX: usize = 4096;

/// A step from a value to one inside it.
#[derive(Clone, Copy, Debug)]
enum Step<'t> {
    Member(&'t str),
    Index(usize),
}

/// A value of a document, and how it is reached.
pub(super) struct Spot<'p, 't> {
    pub(super) tree: &'t Tree,
    /// The object that the value is a member of, or is in a list of.
    pub(super) holder: Option<&'t Tree>,
    steps: &'p [Step<'t>],
    names: &'p [&'t str],
}

impl<'t> Spot<'_, 't> {
    /// The name of the member that holds the value, itself or in a list; empty for the document.
    pub(super) fn name(&self) -> &'t str {
        self.names.last().copied().unwrap_or_default()
    }

    /// Whether exactly these members lead here, positions in lists left out.
    pub(super) fn is_at(&self, names: &[&str]) -> bool {
        self.names == names
    }

    /// Whether these are the last members that lead here, positions in lists left out.
    pub(super) fn ends(&self, names: &[&str]) -> bool {
        self.names.ends_with(names)
    }

    /// Whether only members called so lead here, or after `start`: lists of what holds its own kind.
    pub(super) fn is_nested(&self, start: &[&str], name: &str) -> bool {
        self.names
            .strip_prefix(start)
            .is_some_and(|rest| !rest.is_empty() && rest.iter().all(|member| *member == name))
    }

    /// How many members lead here.
    pub(super) fn depth(&self) -> usize {
        self.names.len()
    }

    /// The text, where the value is one.
    pub(super) fn text(&self) -> Option<&'t str> {
        self.tree.as_str()
    }

    /// Whether the value is an object.
    pub(super) fn is_object(&self) -> bool {
        matches!(self.tree, Tree::Object(_))
    }

    /// The path, as people read it: `components[3].purl`. One that is too long for them is cut off.
    pub(super) fn path(&self) -> String {
        let mut path = String::new();
        for step in self.steps {
            match step {
                Step::Member(name) if path.len() + name.len() > PATH_BYTES_MAX => {
                    path.push('…');
                    break;
                }
                Step::Member(name) if path.is_empty() => path.push_str(name),
                Step::Member(name) => path.extend([".", name]),
                // Writing to a string does not fail.
                Step::Index(index) => {
                    let _ = write!(path, "[{index}]");
                }
            }
        }
        path
    }
}

/// Calls `take` with every value of `tree`, outer ones first, in the order of the document.
pub(super) fn walk<'t>(tree: &'t Tree, take: &mut dyn FnMut(&Spot<'_, 't>)) {
    below(tree, None, &mut Vec::new(), &mut Vec::new(), take);
}

// Not deeper than `serde_json` reads (128).
fn below<'t>(
    tree: &'t Tree,
    holder: Option<&'t Tree>,
    steps: &mut Vec<Step<'t>>,
    names: &mut Vec<&'t str>,
    take: &mut dyn FnMut(&Spot<'_, 't>),
) {
    take(&Spot { tree, holder, steps, names });
    for (name, value) in tree.members() {
        steps.push(Step::Member(name));
        names.push(name);
        below(value, Some(tree), steps, names, take);
        names.pop();
        steps.pop();
    }
    for (index, element) in tree.elements().iter().enumerate() {
        steps.push(Step::Index(index));
        below(element, holder, steps, names, take);
        steps.pop();
    }
}
