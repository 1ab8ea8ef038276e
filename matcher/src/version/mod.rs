//! How ecosystems order versions: one file a scheme, one line in [`SCHEMES`].
//!
//! The type behind a scheme is private to its file, so versions of two schemes can never meet. Feeds never
//! say which scheme to use: it follows from the ecosystem.

use std::cmp::Ordering;

use model::advisory::Affected;
use model::ecosystem::Ecosystem;
use model::key::{KeyKind, PackageKey};

use crate::range::{self, Containment, Judge};

/// Writes what else an order needs, for a version type that has [`Ord::cmp`] written by hand.
macro_rules! ordered_by_cmp {
    ($version:ty) => {
        impl PartialOrd for $version {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl PartialEq for $version {
            fn eq(&self, other: &Self) -> bool {
                self.cmp(other).is_eq()
            }
        }

        impl Eq for $version {}
    };
}

mod alpm;
mod apk;
mod bitnami;
mod composer;
mod conan;
mod conda;
mod cran;
mod deb;
mod gem;
mod generic;
mod github_actions;
mod golang;
mod hackage;
mod julia;
mod jvm;
mod kernel;
mod maven;
mod nuget;
mod opam;
mod pep440;
mod portage;
mod r#pub;
pub(crate) mod rpm;
mod semver;

/// How one or more ecosystems order their versions.
#[derive(Debug)]
pub struct VersionScheme {
    /// The scheme's name, which is also its file's.
    pub name: &'static str,
    /// The ecosystems that use it.
    pub ecosystems: &'static [Ecosystem],
    /// The order of two versions as text; none when either cannot be read. A preorder: versions of different
    /// text may be equal.
    pub compare: fn(&str, &str) -> Option<Ordering>,
    /// Whether the text is a version of this scheme.
    pub is_readable: fn(&str) -> bool,
    /// The order of two texts, which need not be versions where the reference implementation orders what it calls
    /// invalid; none where it has no order for one. It is that of [`compare`](Self::compare) for versions. Nothing is
    /// judged by it: where such a text stands says little of the code that it names.
    pub order_of_texts: fn(&str, &str) -> Option<Ordering>,
    /// How an installed version relates to a bound of a record; none when either cannot be read.
    pub(crate) compare_to_bound: fn(&str, &str) -> Option<Ordering>,
    /// Hands out what tells where an installed version stands.
    pub(crate) contain: for<'a> fn(&'a str, &mut Judge<'a, '_>),
    /// How an installed version relates to bounds, if it can be read.
    pub(crate) order_to_bounds: for<'a> fn(&'a str, &[&'a str]) -> Option<Orders>,
}

impl VersionScheme {
    /// Where an installed version stands towards what one record says is affected.
    pub(crate) fn containment(&self, installed: &str, record: &Affected) -> Containment {
        let mut told = Containment::Outside { fixed: None };
        (self.contain)(installed, &mut |containment| told = containment(record));
        told
    }
}

/// How a version relates to each of some bounds; none where the bound cannot be read.
type Orders = Vec<Option<Ordering>>;

/// Every scheme, sorted by name.
pub static SCHEMES: &[&VersionScheme] = &[
    &alpm::SCHEME,
    &apk::SCHEME,
    &bitnami::SCHEME,
    &composer::SCHEME,
    &conan::SCHEME,
    &conda::SCHEME,
    &cran::SCHEME,
    &deb::SCHEME,
    &gem::SCHEME,
    &generic::SCHEME,
    &github_actions::SCHEME,
    &golang::SCHEME,
    &hackage::SCHEME,
    &julia::SCHEME,
    &jvm::SCHEME,
    &kernel::SCHEME,
    &maven::SCHEME,
    &nuget::SCHEME,
    &opam::SCHEME,
    &pep440::SCHEME,
    &portage::SCHEME,
    &r#pub::SCHEME,
    &rpm::SCHEME,
    &semver::SCHEME,
];

/// The scheme by which `ecosystem` orders versions, if plimsoll has it.
pub fn for_ecosystem(ecosystem: Ecosystem) -> Option<&'static VersionScheme> {
    SCHEMES.iter().copied().find(|scheme| scheme.ecosystems.contains(&ecosystem))
}

/// The scheme of packages of `ecosystem`; of those that have none, the one by which what a CPE names is compared.
pub(crate) fn for_package(ecosystem: Ecosystem) -> &'static VersionScheme {
    for_ecosystem(ecosystem).unwrap_or(&generic::SCHEME)
}

/// How versions are compared with what rows under `key` say.
pub(crate) fn for_key(scheme: &'static VersionScheme, key: &PackageKey) -> &'static VersionScheme {
    match (scheme.name, key.kind) {
        (_, KeyKind::Cpe) => for_cpe(&key.name),
        ("rpm", KeyKind::Source) => &rpm::OF_SOURCES,
        _ => scheme,
    }
}

/// How versions of what a CPE names `vendor:product` are compared (feeds.md C13 to C15).
pub(crate) fn for_cpe(name: &str) -> &'static VersionScheme {
    const JAVA: [&str; 12] = [
        "corretto",
        "graalvm",
        "java_se",
        "jdk",
        "jre",
        "liberica",
        "openjdk",
        "openjdk_jre",
        "sapmachine",
        "semeru_runtime",
        "temurin",
        "zulu",
    ];
    let product = name.rsplit(':').next().unwrap_or_default();
    match product {
        "linux_kernel" => &kernel::SCHEME,
        product if JAVA.contains(&product) => &jvm::SCHEME,
        _ => &generic::SCHEME,
    }
}

/// The scheme of what has none of its own.
pub(crate) const GENERIC: &str = "generic";

/// The scheme called `name`.
pub fn by_name(name: &str) -> Option<&'static VersionScheme> {
    SCHEMES.iter().copied().find(|scheme| scheme.name == name)
}

/// A version order, from which [`VersionScheme::of`] makes the table of functions.
pub(crate) trait Scheme {
    /// A version that was read; it borrows from its text where that saves an allocation.
    type Version<'a>: Ord;

    /// The version that `text` spells, if it spells one.
    fn read(text: &str) -> Option<Self::Version<'_>>;

    /// See [`VersionScheme::order_of_texts`].
    fn order_of_texts(left: &str, right: &str) -> Option<Ordering> {
        Some(Self::read(left)?.cmp(&Self::read(right)?))
    }

    /// How an installed version relates to a bound of a record. It differs from the order only where the
    /// ecosystem says that a bound stands for more than one version.
    fn compare_to_bound<'a>(installed: &Self::Version<'a>, bound: &Self::Version<'a>) -> Ordering {
        installed.cmp(bound)
    }
}

impl VersionScheme {
    const fn of<S: Scheme>(name: &'static str, ecosystems: &'static [Ecosystem]) -> Self {
        Self {
            name,
            ecosystems,
            compare: compare::<S>,
            is_readable: |text| S::read(text).is_some(),
            order_of_texts: S::order_of_texts,
            compare_to_bound: |installed, bound| {
                Some(S::compare_to_bound(&S::read(installed)?, &S::read(bound)?))
            },
            contain: range::contain::<S>,
            order_to_bounds: order_to_bounds::<S>,
        }
    }
}

fn compare<'a, S: Scheme>(left: &'a str, right: &'a str) -> Option<Ordering> {
    Some(S::read(left)?.cmp(&S::read(right)?))
}

/// A version that is nothing but numbers, of which a missing one is lower than any.
pub(crate) struct Numbers<'a>(&'a str);

impl<'a> Numbers<'a> {
    /// The numbers of `text`, each but the last followed by one separator.
    fn read(text: &'a str, is_separator: impl Fn(u8) -> bool) -> Option<Self> {
        let is_legal = text.bytes().all(|byte| byte.is_ascii_digit() || is_separator(byte));
        (is_legal && text.split(is_no_digit).all(|number| !number.is_empty())).then_some(Self(text))
    }
}

fn is_no_digit(letter: char) -> bool {
    !letter.is_ascii_digit()
}

impl Ord for Numbers<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let (left, right) = (self.0.split(is_no_digit), other.0.split(is_no_digit));
        semver::compare_lists(left, right, |left, right| match (left, right) {
            (Some(left), Some(right)) => compare_numbers(left, right),
            (left, right) => left.is_some().cmp(&right.is_some()),
        })
    }
}

ordered_by_cmp!(Numbers<'_>);

fn order_to_bounds<'a, S: Scheme>(installed: &'a str, bounds: &[&'a str]) -> Option<Orders> {
    let installed = S::read(installed)?;
    let order = |bound: &&'a str| Some(S::compare_to_bound(&installed, &S::read(bound)?));
    Some(bounds.iter().map(order).collect())
}

/// The order of two runs of decimal digits as numbers of any size; the empty run is zero.
fn compare_numbers(left: &str, right: &str) -> Ordering {
    let significant = |digits: &str| digits.bytes().position(|byte| byte != b'0').unwrap_or(digits.len());
    let (left, right) = (&left[significant(left)..], &right[significant(right)..]);
    // Numbers are short, and a call of the library's comparison is for long texts.
    left.len().cmp(&right.len()).then_with(|| left.bytes().cmp(right.bytes()))
}

/// The bytes that a version may have: ASCII letters, digits and `others`. With a look-up in
/// place of tests of ranges `rpm` and `deb` compared 1.4 and 1.15 times as many versions a second.
const fn letters_digits_and(others: &[u8]) -> [bool; 256] {
    let mut is_legal = [false; 256];
    let mut byte = 0_usize;
    while byte < 128 {
        is_legal[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut index = 0;
    while index < others.len() {
        is_legal[others[index] as usize] = true;
        index += 1;
    }
    is_legal
}

/// The parts of `text` between `separator`s, which is ASCII.
///
/// Versions are short, and the standard library's search is made for long texts: with this loop in its place
/// `semver` and `deb` compared 2.2 and 1.5 times as many versions a second.
fn split(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let part = match split_once(text, separator) {
            Some((part, after)) => {
                rest = Some(after);
                part
            }
            None => rest.take()?,
        };
        Some(part)
    })
}

/// `text` before and after its first `separator`, which is ASCII.
fn split_once(text: &str, separator: u8) -> Option<(&str, &str)> {
    let end = text.bytes().position(|byte| byte == separator)?;
    Some((&text[..end], &text[end + 1..]))
}

/// Splits `text` after its longest prefix of ASCII digits.
fn split_digits(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests;
