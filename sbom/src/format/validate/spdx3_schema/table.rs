//! What the table of the classes of SPDX 3 is made of.

/// A class of objects: of elements, which other documents can name, or of parts of them.
pub(super) struct Class {
    /// As in `type`.
    pub(super) name: &'static str,
    /// The class whose members it has too.
    pub(super) parent: Option<&'static Self>,
    /// Whether only classes below it have objects.
    pub(super) is_abstract: bool,
    /// The members that its parent has not.
    pub(super) members: &'static [Member],
}

impl Class {
    /// The class, its parent, the parent's parent and so on.
    pub(super) fn line(&'static self) -> impl Iterator<Item = &'static Self> {
        std::iter::successors(Some(self), |class| class.parent)
    }

    /// Whether its objects are objects of `other` too.
    pub(super) fn is_a(&'static self, other: &'static Self) -> bool {
        self.line().any(|class| std::ptr::eq(class, other))
    }

    /// All members that its objects can have, `type` and `@id` aside.
    pub(super) fn all_members(&'static self) -> impl Iterator<Item = &'static Member> {
        self.line().flat_map(|class| class.members)
    }
}

/// A member of an object.
pub(super) struct Member {
    /// As in JSON.
    pub(super) name: &'static str,
    /// What it holds, or each element of its list.
    pub(super) of: Of,
    /// How often.
    pub(super) count: Count,
}

/// How many values a member has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    /// One, if it is there.
    Optional,
    /// One.
    One,
    /// A list with at least so many elements, which may be missing where that is none.
    List(usize),
}

/// What a value is.
#[derive(Clone, Copy)]
pub(super) enum Of {
    /// Any text.
    Text,
    /// What an element is called by: `urn:spdx:a`.
    Iri,
    /// A time in UTC, in whole seconds.
    Time,
    /// A version as SemVer has it.
    Version,
    /// A type and a subtype.
    MediaType,
    Flag,
    /// A number, or a text that is one.
    Decimal,
    /// A whole number.
    Integer {
        min: u8,
    },
    /// One of these words.
    Word(&'static [&'static str]),
    /// An object of the class or of one below it, or the id of one.
    Object(&'static Class),
}

pub(super) const fn may(name: &'static str, of: Of) -> Member {
    Member { name, of, count: Count::Optional }
}

pub(super) const fn must(name: &'static str, of: Of) -> Member {
    Member { name, of, count: Count::One }
}

pub(super) const fn list(name: &'static str, of: Of) -> Member {
    Member { name, of, count: Count::List(0) }
}

/// A list of at least `min` elements.
pub(super) const fn some(name: &'static str, min: usize, of: Of) -> Member {
    Member { name, of, count: Count::List(min) }
}
