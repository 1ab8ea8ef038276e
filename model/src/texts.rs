//! Lists of a few texts, packed.

use std::fmt;

/// A list of texts in one piece of memory: a `Vec<String>` takes a piece for each of them and one for itself.
///
/// It is made for short lists that are read from the front.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Texts {
    /// Each text behind its length in bytes and a colon: `3:MIT3:ISC`.
    packed: String,
}

impl Texts {
    /// No texts.
    pub const NONE: Self = Self { packed: String::new() };

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.packed.is_empty()
    }

    /// How many there are; it counts them.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// The texts, in order.
    pub fn iter(&self) -> Iter<'_> {
        Iter { rest: &self.packed }
    }

    /// The first text.
    pub fn first(&self) -> Option<&str> {
        self.iter().next()
    }

    /// Adds a text at the end.
    pub fn push(&mut self, text: impl AsRef<str>) {
        let text = text.as_ref();
        self.packed.push_str(&text.len().to_string());
        self.packed.push(':');
        self.packed.push_str(text);
    }

    /// Adds the texts of `other`.
    pub fn append(&mut self, other: &Self) {
        self.packed.push_str(&other.packed);
    }

    /// Sorts them, each once.
    pub fn sort(&mut self) {
        let is_sorted = self.iter().zip(self.iter().skip(1)).all(|(left, right)| left < right);
        if !is_sorted {
            let mut texts: Vec<&str> = self.iter().collect();
            texts.sort_unstable();
            texts.dedup();
            *self = texts.into_iter().collect();
        }
    }

    /// All of them in one text, with `separator` between.
    pub fn join(&self, separator: &str) -> String {
        self.iter().collect::<Vec<_>>().join(separator)
    }

    /// Gives back the memory that was set aside for more.
    pub fn shrink_to_fit(&mut self) {
        self.packed.shrink_to_fit();
    }
}

/// The texts of [`Texts`].
#[derive(Clone, Debug)]
pub struct Iter<'t> {
    rest: &'t str,
}

impl<'t> Iterator for Iter<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let (length, rest) = self.rest.split_once(':')?;
        let (text, rest) = rest.split_at_checked(length.parse().ok()?)?;
        self.rest = rest;
        Some(text)
    }
}

impl<'t> IntoIterator for &'t Texts {
    type Item = &'t str;
    type IntoIter = Iter<'t>;

    fn into_iter(self) -> Iter<'t> {
        self.iter()
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self).finish()
    }
}

impl<T: AsRef<str>> Extend<T> for Texts {
    fn extend<I: IntoIterator<Item = T>>(&mut self, texts: I) {
        texts.into_iter().for_each(|text| self.push(text));
    }
}

impl<T: AsRef<str>> FromIterator<T> for Texts {
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Self {
        let mut all = Self::NONE;
        all.extend(texts);
        all
    }
}

impl<T: AsRef<str>> From<Vec<T>> for Texts {
    fn from(texts: Vec<T>) -> Self {
        texts.into_iter().collect()
    }
}

impl<T: AsRef<str>, const N: usize> PartialEq<[T; N]> for Texts {
    fn eq(&self, other: &[T; N]) -> bool {
        self.iter().eq(other.iter().map(AsRef::as_ref))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_there_in_order() {
        let mut texts: Texts = ["3:a", "", "é:", "12"].into_iter().collect();
        assert_eq!(texts, ["3:a", "", "é:", "12"]);
        assert_eq!((texts.len(), texts.first(), texts.is_empty()), (4, Some("3:a"), false));
        texts.append(&vec!["12", "\0"].into());
        texts.sort();
        assert_eq!(texts, ["", "\0", "12", "3:a", "é:"]);
        assert_eq!(texts.join("|"), "|\0|12|3:a|é:");
        assert_eq!(format!("{texts:?}"), r#"["", "\0", "12", "3:a", "é:"]"#);
        assert!(Texts::NONE.is_empty() && Texts::NONE.first().is_none());
    }
}
