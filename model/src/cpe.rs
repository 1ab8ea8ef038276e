//! CPE names (NIST IR 7695): what one says, and which namespace holds the rows of a product.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use crate::key::{KeyKind, Namespace, PackageKey};

/// How many namespaces the rows of CPE names are split into: `cpe:00` to `cpe:3f`.
pub const CPE_NAMESPACES: u8 = 64;

impl Namespace {
    /// The namespace that holds the rows of `vendor` and `product`, both unescaped; their case does not matter.
    ///
    /// `cpe:` and two hexadecimal digits, which are the low six bits of the 64-bit FNV-1a hash of the lower-case text
    /// `vendor:product` (UTF-8), once its halves were laid over one another by exclusive or down to a byte:
    /// `h ^= h >> 32; h ^= h >> 16; h ^= h >> 8`. It must never change: shards of published snapshots are found by it.
    pub fn of_cpe(vendor: &str, product: &str) -> Self {
        Self::of_cpe_name(&cpe_name(vendor, product))
    }

    fn of_cpe_name(name: &str) -> Self {
        /// A feed has a key for each of millions of names: they share the text.
        static ALL: LazyLock<Vec<Namespace>> = LazyLock::new(|| {
            (0..CPE_NAMESPACES).map(|shard| Namespace::new(format!("cpe:{shard:02x}"))).collect()
        });
        let mut hash = fnv1a(name.as_bytes());
        hash ^= hash >> 32;
        hash ^= hash >> 16;
        hash ^= hash >> 8;
        ALL[(hash % u64::from(CPE_NAMESPACES)) as usize].clone()
    }

    /// The namespace that holds what is said of the CVE `id` whatever its products: `cve:2025` of `CVE-2025-10001`. None
    /// when `id` is no CVE.
    pub fn of_cve(id: &str) -> Option<Self> {
        let (year, number) = id.strip_prefix("CVE-")?.split_once('-')?;
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        (year.len() == 4 && is_number(year) && is_number(number)).then(|| Self::new(format!("cve:{year}")))
    }

    /// Whether it is one of those of [`Namespace::of_cpe`].
    pub fn is_cpe(&self) -> bool {
        let digits = self.as_str().strip_prefix("cpe:").unwrap_or_default();
        let is_digits = digits.len() == 2 && digits.bytes().all(|digit| b"0123456789abcdef".contains(&digit));
        is_digits && u8::from_str_radix(digits, 16).is_ok_and(|shard| shard < CPE_NAMESPACES)
    }

    /// What all namespaces are called together that the rows of one kind are split into: `cpe:*` of `cpe:17`, and `cve:*` of
    /// `cve:2025`. None where the namespace is a feed's, a distribution's or an ecosystem's of its own.
    pub fn family(&self) -> Option<&'static str> {
        match self {
            _ if self.is_cpe() => Some("cpe:*"),
            _ if self.is_cve() => Some("cve:*"),
            _ => None,
        }
    }

    /// Whether it is one of those of [`Namespace::of_cve`].
    pub fn is_cve(&self) -> bool {
        let year = self.as_str().strip_prefix("cve:").unwrap_or_default();
        year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit())
    }
}

impl PackageKey {
    /// The key of a CPE's `vendor` and `product`, both unescaped.
    pub fn of_cpe(vendor: &str, product: &str) -> Self {
        let name = cpe_name(vendor, product);
        Self::new(Namespace::of_cpe_name(&name), KeyKind::Cpe, name)
    }
}

fn cpe_name(vendor: &str, product: &str) -> String {
    let mut name = String::with_capacity(vendor.len() + 1 + product.len());
    for (index, text) in [vendor, product].into_iter().enumerate() {
        if index > 0 {
            name.push(':');
        }
        if is_lower_ascii(text) { name.push_str(text) } else { name.push_str(&text.to_lowercase()) }
    }
    name
}

/// Whether `text` is of ASCII and in lower case, as NVD writes names; every leaf of every configuration asks.
fn is_lower_ascii(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())
}

/// FNV-1a, 64 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>).
fn fnv1a(bytes: &[u8]) -> u64 {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, mix)
}

/// What one attribute of a CPE name says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Attribute<'a> {
    /// `*`: any value.
    #[default]
    Any,
    /// `-`: there is no such thing.
    NotApplicable,
    /// This value, unescaped, in lower case.
    Is(Cow<'a, str>),
}

impl Attribute<'_> {
    /// The value.
    pub fn value(&self) -> Option<&str> {
        match self {
            Self::Is(value) => Some(value),
            Self::Any | Self::NotApplicable => None,
        }
    }
}

/// A CPE name, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cpe<'a> {
    /// `a` for applications, `o` for operating systems, `h` for hardware.
    pub part: Attribute<'a>,
    /// The vendor.
    pub vendor: Attribute<'a>,
    /// The product.
    pub product: Attribute<'a>,
    /// The version.
    pub version: Attribute<'a>,
    /// The update: `p1`, `update302`.
    pub update: Attribute<'a>,
    /// The edition, as CPE 2.2 had it.
    pub edition: Attribute<'a>,
    /// The language.
    pub language: Attribute<'a>,
    /// The edition of the software: `enterprise`.
    pub software_edition: Attribute<'a>,
    /// The software that it is made for: `node.js`, `wordpress`.
    pub target_software: Attribute<'a>,
    /// The hardware that it is made for: `x64`.
    pub target_hardware: Attribute<'a>,
    /// Anything else.
    pub other: Attribute<'a>,
}

impl<'a> Cpe<'a> {
    /// Takes a name apart: a formatted string of version 2.3, or a URI of version 2.2. None when it is neither.
    pub fn parse(text: &'a str) -> Option<Self> {
        match text.strip_prefix("cpe:2.3:") {
            Some(attributes) => Self::of_formatted(attributes),
            None => Self::of_uri(text.strip_prefix("cpe:/")?),
        }
    }

    fn of_formatted(text: &'a str) -> Option<Self> {
        let mut cpe = Self::default();
        let mut attributes = Attributes(Some(text));
        for place in cpe.places() {
            *place = match attributes.next()? {
                "*" => Attribute::Any,
                "-" => Attribute::NotApplicable,
                "" => return None,
                value => Attribute::Is(lower_case(unescaped(value))),
            };
        }
        attributes.next().is_none().then_some(cpe)
    }

    fn of_uri(text: &'a str) -> Option<Self> {
        let mut cpe = Self::default();
        let mut attributes = text.split(':');
        for place in cpe.places().into_iter().take(7) {
            *place = uri_attribute(attributes.next().unwrap_or_default())?;
        }
        // `~edition~software edition~target software~target hardware~other`.
        let packed = cpe.edition.value().and_then(|edition| edition.strip_prefix('~')).map(str::to_owned);
        if let Some(packed) = packed {
            let mut parts = packed.split('~').map(|part| uri_attribute(part).map(Attribute::into_owned));
            let mut next = || parts.next().unwrap_or(Some(Attribute::Any));
            cpe.edition = next()?;
            cpe.software_edition = next()?;
            cpe.target_software = next()?;
            cpe.target_hardware = next()?;
            cpe.other = next()?;
        }
        attributes.next().is_none().then_some(cpe)
    }

    fn places(&mut self) -> [&mut Attribute<'a>; 11] {
        [
            &mut self.part,
            &mut self.vendor,
            &mut self.product,
            &mut self.version,
            &mut self.update,
            &mut self.edition,
            &mut self.language,
            &mut self.software_edition,
            &mut self.target_software,
            &mut self.target_hardware,
            &mut self.other,
        ]
    }

    /// The name as a formatted string of version 2.3, in lower case, of any version. Of the update it keeps that there is
    /// none, and an update of any version.
    pub fn unversioned(&self) -> String {
        let keeps_update = self.version.value().is_none() || self.update == Attribute::NotApplicable;
        let update = if keeps_update { self.update.clone() } else { Attribute::Any };
        Self { version: Attribute::Any, update, ..self.clone() }.to_string()
    }

    /// Whether it says nothing but an application's vendor and product, and what [`Cpe::version`], the value of
    /// [`Cpe::update`] and that of [`Cpe::target_software`] say.
    pub fn is_plain(&self) -> bool {
        let others =
            [&self.edition, &self.language, &self.software_edition, &self.target_hardware, &self.other];
        self.part.value() == Some("a")
            && others.into_iter().all(|attribute| *attribute == Attribute::Any)
            && self.target_software != Attribute::NotApplicable
            && self.update != Attribute::NotApplicable
            && (self.update == Attribute::Any || self.version.value().is_some())
    }

    /// Version and update as one text (feeds.md C13): `1.0.2` and `k` are `1.0.2k`, and of Java `1.8.0` and `update302` are
    /// `1.8.0_302`; an update that is a number stays apart, `2.0-1`. None where it names no version.
    pub fn full_version(&self) -> Option<Cow<'_, str>> {
        let version = self.version.value()?;
        let Some(update) = self.update.value() else { return Some(version.into()) };
        let is_java = matches!(self.product.value(), Some("jdk" | "jre" | "openjdk"));
        let java = update.strip_prefix("update").filter(|_| is_java);
        Some(Cow::Owned(match java {
            Some(number) => format!("{version}_{}", number.trim_start_matches('_')),
            None if update.starts_with(|first: char| first.is_ascii_digit()) => format!("{version}-{update}"),
            None => format!("{version}{update}"),
        }))
    }

    /// The key that it is looked up by; none where it names no vendor or no product.
    pub fn key(&self) -> Option<PackageKey> {
        Some(PackageKey::of_cpe(self.vendor.value()?, self.product.value()?))
    }
}

/// The name as a formatted string of version 2.3, in lower case.
impl fmt::Display for Cpe<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = "cpe:2.3".to_owned();
        for attribute in [
            &self.part,
            &self.vendor,
            &self.product,
            &self.version,
            &self.update,
            &self.edition,
            &self.language,
            &self.software_edition,
            &self.target_software,
            &self.target_hardware,
            &self.other,
        ] {
            text.push(':');
            match attribute {
                Attribute::Any => text.push('*'),
                Attribute::NotApplicable => text.push('-'),
                Attribute::Is(value) => escape(value, &mut text),
            }
        }
        out.write_str(&text)
    }
}

impl Attribute<'_> {
    fn into_owned(self) -> Attribute<'static> {
        match self {
            Self::Any => Attribute::Any,
            Self::NotApplicable => Attribute::NotApplicable,
            Self::Is(value) => Attribute::Is(Cow::Owned(value.into_owned())),
        }
    }
}

/// The attributes of a formatted string: what lies between colons that no backslash stands before.
struct Attributes<'a>(Option<&'a str>);

impl<'a> Iterator for Attributes<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let text = self.0?;
        let mut is_escaped = false;
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                b':' if !is_escaped => {
                    self.0 = Some(&text[at + 1..]);
                    return Some(&text[..at]);
                }
                b'\\' => is_escaped = !is_escaped,
                _ => is_escaped = false,
            }
        }
        self.0 = None;
        Some(text)
    }
}

/// `text` without the backslashes that make the next character mean itself.
fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => out.extend(characters.next()),
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}

/// Adds `value` to `out`, with a backslash before what means something in a formatted string.
fn escape(value: &str, out: &mut String) {
    for character in value.chars() {
        let is_plain =
            character.is_alphanumeric() || character == '_' || character == '.' || character == '-';
        if !is_plain || value == "-" {
            out.push('\\');
        }
        out.push(character);
    }
}

fn lower_case(text: Cow<'_, str>) -> Cow<'_, str> {
    if is_lower_ascii(&text) || !text.chars().any(char::is_uppercase) {
        return text;
    }
    Cow::Owned(text.to_lowercase())
}

/// One attribute of a URI, percent-decoded; an empty one is any.
fn uri_attribute(text: &str) -> Option<Attribute<'_>> {
    Some(match text {
        "" | "*" => Attribute::Any,
        "-" => Attribute::NotApplicable,
        value if !value.contains('%') => Attribute::Is(lower_case(Cow::Borrowed(value))),
        value => {
            let mut bytes = Vec::with_capacity(value.len());
            let mut rest = value.as_bytes();
            while let Some((&first, after)) = rest.split_first() {
                if first == b'%' {
                    let digits = std::str::from_utf8(after.get(..2)?).ok()?;
                    bytes.push(u8::from_str_radix(digits, 16).ok()?);
                    rest = after.get(2..)?;
                } else {
                    bytes.push(first);
                    rest = after;
                }
            }
            Attribute::Is(lower_case(Cow::Owned(String::from_utf8(bytes).ok()?)))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_has_one_namespace_for_ever() {
        // Worked out by hand-written Python from the specification above.
        for (vendor, product, namespace) in [
            ("openssl", "openssl", "cpe:17"),
            ("Acme", "Demo", "cpe:3d"),
            ("acme", "demo", "cpe:3d"),
            ("ac:me", "demo!", "cpe:11"),
        ] {
            assert_eq!(Namespace::of_cpe(vendor, product).as_str(), namespace);
        }
        assert_eq!(PackageKey::of_cpe("Acme", "Demo").to_string(), "cpe:3d|cpe|acme:demo");
    }

    #[test]
    fn products_are_spread_over_all_namespaces() {
        let mut counts = std::collections::BTreeMap::new();
        for number in 0..6_400 {
            let namespace = Namespace::of_cpe("acme", &format!("demo-{number}"));
            assert!(namespace.is_cpe());
            *counts.entry(namespace).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), usize::from(CPE_NAMESPACES));
        assert!(counts.values().all(|count| (50..200).contains(count)), "{counts:?}");
    }

    #[test]
    fn only_hashes_and_years_are_such_namespaces() {
        for (text, is_cpe, is_cve) in [
            ("cpe:00", true, false),
            ("cpe:3f", true, false),
            ("cpe:40", false, false),
            ("cpe:3F", false, false),
            ("cpe:+1", false, false),
            ("cpe:0", false, false),
            ("cve:2025", false, true),
            ("cve:25", false, false),
            ("debian:12", false, false),
        ] {
            let namespace = Namespace::new(text);
            assert_eq!((namespace.is_cpe(), namespace.is_cve()), (is_cpe, is_cve), "{text}");
        }
        for (id, namespace) in [
            ("CVE-2025-10001", Some("cve:2025")),
            ("CVE-1999-0001", Some("cve:1999")),
            ("CVE-25-1", None),
            ("CVE-2025-", None),
            ("CVE-2025-1x", None),
            ("GHSA-aaaa-bbbb-cccc", None),
        ] {
            assert_eq!(Namespace::of_cve(id).as_ref().map(Namespace::as_str), namespace, "{id}");
        }
    }

    #[test]
    fn the_update_belongs_to_the_version() {
        for (text, expected) in [
            ("cpe:2.3:a:openssl:openssl:1.0.2:k:*:*:*:*:*:*", Some("1.0.2k")),
            ("cpe:2.3:a:acme:demo:5.0:p1:*:*:*:*:*:*", Some("5.0p1")),
            ("cpe:2.3:a:acme:demo:2.0:1:*:*:*:*:*:*", Some("2.0-1")),
            ("cpe:2.3:a:acme:demo:2.0:-:*:*:*:*:*:*", Some("2.0")),
            ("cpe:2.3:a:oracle:jdk:1.8.0:update302:*:*:*:*:*:*", Some("1.8.0_302")),
            ("cpe:2.3:a:oracle:jdk:1.8.0:update_302:*:*:*:*:*:*", Some("1.8.0_302")),
            ("cpe:2.3:a:acme:demo:1.8.0:update302:*:*:*:*:*:*", Some("1.8.0update302")),
            ("cpe:2.3:a:acme:demo:*:k:*:*:*:*:*:*", None),
            ("cpe:2.3:a:acme:demo:-:*:*:*:*:*:*:*", None),
        ] {
            assert_eq!(Cpe::parse(text).unwrap().full_version().as_deref(), expected, "{text}");
        }
    }

    fn shown(text: &str) -> Option<String> {
        let mut cpe = Cpe::parse(text)?;
        let show = |attribute: &mut Attribute<'_>| match attribute {
            Attribute::Any => "*".to_owned(),
            Attribute::NotApplicable => "-".to_owned(),
            Attribute::Is(value) => format!("[{value}]"),
        };
        Some(cpe.places().map(show).concat())
    }

    #[test]
    fn names_of_both_forms_are_taken_apart() {
        for (text, expected) in [
            ("cpe:2.3:a:acme:demo:1.0:p1:*:*:*:node.js:*:*", Some("[a][acme][demo][1.0][p1]***[node.js]**")),
            ("cpe:2.3:o:Acme:De\\:mo\\!:-:*:*:*:*:*:*:*", Some("[o][acme][de:mo!]-*******")),
            ("cpe:2.3:a:acme:a\\\\:1:*:*:*:*:*:*:*", Some("[a][acme][a\\][1]*******")),
            ("cpe:2.3:a:acme:\\-:\\*:*:*:*:*:*:*:*", Some("[a][acme][-][*]*******")),
            ("cpe:2.3:a:acme:demo:1.0:*:*:*:*:*:*", None),
            ("cpe:2.3:a:acme:demo:1.0:*:*:*:*:*:*:*:*", None),
            ("cpe:2.3:a:acme::1.0:*:*:*:*:*:*:*", None),
            ("cpe:/o:acme:linux:7", Some("[o][acme][linux][7]*******")),
            ("cpe:/a:acme:de%3Amo:1::~~pro~x~y~z", Some("[a][acme][de:mo][1]***[pro][x][y][z]")),
            ("cpe:/a:acme:demo:1%zz", None),
            ("acme:demo", None),
        ] {
            assert_eq!(shown(text).as_deref(), expected, "{text}");
        }
        for (text, unversioned, is_plain) in [
            ("cpe:2.3:a:Acme:d\\!:1:p1:*:*:*:*:*:*", "cpe:2.3:a:acme:d\\!:*:*:*:*:*:*:*:*", true),
            ("cpe:2.3:a:acme:\\-:1:-:*:*:*:*:*:*", "cpe:2.3:a:acme:\\-:*:-:*:*:*:*:*:*", false),
            ("cpe:2.3:a:acme:demo:*:p1:*:*:*:*:*:*", "cpe:2.3:a:acme:demo:*:p1:*:*:*:*:*:*", false),
            ("cpe:2.3:a:acme:demo:*:*:*:*:*:node.js:*:*", "cpe:2.3:a:acme:demo:*:*:*:*:*:node.js:*:*", true),
            ("cpe:2.3:o:acme:demo:2:*:*:*:*:*:x64:*", "cpe:2.3:o:acme:demo:*:*:*:*:*:*:x64:*", false),
        ] {
            let cpe = Cpe::parse(text).unwrap();
            assert_eq!((cpe.unversioned().as_str(), cpe.is_plain()), (unversioned, is_plain), "{text}");
        }
        assert_eq!(Cpe::parse("cpe:2.3:a:*:demo:1:*:*:*:*:*:*:*").unwrap().key(), None);
    }
}
