//! Facts that most things have none of.

use std::fmt::Debug;
use std::ops::{Deref, DerefMut};

/// What can say nothing at all.
pub trait Nothing: Default + PartialEq + 'static {
    /// The one that says nothing.
    fn nothing() -> &'static Self;
}

/// A `T` that takes up the space of a pointer where it says nothing: a document may list hundreds of thousands of
/// things. It is read and set as if it were the `T` itself.
#[derive(Clone, Debug, Default)]
pub struct Sparse<T>(Option<Box<T>>);

impl<T: Nothing> Sparse<T> {
    /// Where nothing is said.
    pub const NOTHING: Self = Self(None);

    /// What it says; none where that is nothing.
    #[inline]
    pub fn said(&self) -> Option<&T> {
        self.0.as_deref()
    }

    /// What it says; none where that is nothing. Looking at it this way sets no space aside.
    pub fn said_mut(&mut self) -> Option<&mut T> {
        self.0.as_deref_mut()
    }

    /// What it says, taken out.
    pub fn into_said(self) -> T {
        self.0.map(|said| *said).unwrap_or_default()
    }

    /// Gives back the space that was set aside for what says nothing.
    pub fn shrink(&mut self) {
        self.0.take_if(|said| **said == *T::nothing());
    }
}

impl<T: Nothing> From<T> for Sparse<T> {
    fn from(said: T) -> Self {
        Self((said != *T::nothing()).then(|| Box::new(said)))
    }
}

impl<T: Nothing> Deref for Sparse<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_deref().unwrap_or_else(|| T::nothing())
    }
}

impl<T: Nothing> DerefMut for Sparse<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.get_or_insert_default()
    }
}

impl<T: Nothing> PartialEq for Sparse<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Nothing + Eq> Eq for Sparse<T> {}

impl<T: Nothing + Ord> PartialOrd for Sparse<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Nothing + Ord> Ord for Sparse<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (**self).cmp(&**other)
    }
}

impl<T: Nothing + std::hash::Hash> std::hash::Hash for Sparse<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
    struct Said(u8);

    impl Nothing for Said {
        fn nothing() -> &'static Self {
            &Self(0)
        }
    }

    #[test]
    fn what_says_nothing_is_alike_and_takes_no_space() {
        let mut set: Sparse<Said> = Sparse::NOTHING;
        set.0 = Some(Box::new(Said(0)));
        assert_eq!(set, Sparse::NOTHING);
        set.shrink();
        assert!(set.said_mut().is_none());
        assert!(Sparse::from(Said(0)).said_mut().is_none());
        assert!(set < Said(1).into());
    }
}
