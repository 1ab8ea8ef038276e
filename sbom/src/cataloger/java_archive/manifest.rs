//! `META-INF/MANIFEST.MF` (JAR File Specification, "JAR Manifest").

use std::collections::BTreeMap;

/// Bytes of one value that are kept; lists of exported packages are longer, and no name.
const VALUE_BYTES_MAX: usize = 4 << 10;
/// Attributes of one section and sections that are kept.
const ATTRIBUTES_MAX: usize = 1_000;
const SECTIONS_MAX: usize = 1_000;

/// Attributes by name; names are compared without regard to case, so these are in lower case.
type Attributes = BTreeMap<String, String>;

/// The main section and the others that say something about an implementation.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Manifest {
    main: Attributes,
    sections: Vec<Attributes>,
    /// A line that is none of the specification's: no header, and no continuation of one.
    pub(super) odd_line: Option<String>,
}

impl Manifest {
    /// Reads `text`. A line that begins with a space continues the one above; an empty line ends a section.
    pub(super) fn parse(text: &str) -> Self {
        let mut manifest = Self::default();
        let mut section = Attributes::new();
        let mut is_main = true;
        let mut open: Option<String> = None;
        // As Java does, a carriage return alone ends a line too.
        let lines = text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'));
        for line in lines.map(|line| line.trim_end_matches('\0')) {
            if line.is_empty() {
                // Empty lines before the first header end nothing.
                if !section.is_empty() {
                    manifest.finish(std::mem::take(&mut section), is_main);
                    is_main = false;
                }
                open = None;
            } else if let Some(rest) = line.strip_prefix(' ') {
                match open.as_ref().and_then(|name| section.get_mut(name)) {
                    Some(value) if value.len() + rest.len() <= VALUE_BYTES_MAX => value.push_str(rest),
                    Some(_) => {}
                    None => manifest.odd(line),
                }
            } else if let Some((name, value)) = line.split_once(':').filter(|(name, _)| is_name(name)) {
                let name = name.to_ascii_lowercase();
                let value = value.strip_prefix(' ').unwrap_or(value);
                if section.len() < ATTRIBUTES_MAX && value.len() <= VALUE_BYTES_MAX {
                    section.insert(name.clone(), value.to_owned());
                }
                open = Some(name);
            } else {
                manifest.odd(line);
                open = None;
            }
        }
        manifest.finish(section, is_main);
        manifest
    }

    fn finish(&mut self, section: Attributes, is_main: bool) {
        if is_main {
            self.main = section;
        } else if self.sections.len() < SECTIONS_MAX
            && section.keys().any(|name| name.starts_with("implementation-"))
        {
            self.sections.push(section);
        }
    }

    fn odd(&mut self, line: &str) {
        // White space alone, which some tools leave between sections, says nothing that could be lost.
        if !line.trim().is_empty() {
            self.odd_line.get_or_insert_with(|| line.chars().take(60).collect());
        }
    }

    /// The value of a main attribute, trimmed; none when it is empty. `name` is in lower case.
    pub(super) fn main(&self, name: &str) -> Option<&str> {
        self.main.get(name).and_then(|value| stated(value))
    }

    /// The value of an attribute in the only section beside the main one that describes an implementation: some builds
    /// describe the jar's one Java package instead of the jar.
    pub(super) fn section(&self, name: &str) -> Option<&str> {
        match &self.sections[..] {
            [only] => only.get(name).and_then(|value| stated(value)),
            _ => None,
        }
    }

    /// Every main attribute.
    #[cfg(test)]
    pub(super) fn attributes(&self) -> &Attributes {
        &self.main
    }
}

/// `value` when it is one: not empty, and no variable that a build forgot to replace.
fn stated(value: &str) -> Option<&str> {
    let value = value.trim();
    (!value.is_empty() && !value.starts_with(['%', '@']) && !value.contains("${")).then_some(value)
}

fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !text.is_empty() && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_and_sections_kept_apart() {
        let manifest = Manifest::parse(
            "Manifest-Version: 1.0\r\nimplementation-title: de\r\n mo\r\n\r\nName: org/acme\nImplementation-Version: 2\n",
        );
        assert_eq!(manifest.main("implementation-title"), Some("demo"));
        assert_eq!(manifest.main("implementation-version"), None);
        assert_eq!(manifest.section("implementation-version"), Some("2"));
        assert_eq!(manifest.odd_line, None);
    }

    #[test]
    fn what_is_no_header_is_noticed_and_what_no_build_replaced_is_not_stated() {
        let manifest =
            Manifest::parse("Manifest-Version: 1.0\nTest\nBundle-Version: ${v}\nBundle-Name: %name\n\n");
        assert_eq!(manifest.odd_line.as_deref(), Some("Test"));
        assert_eq!((manifest.main("bundle-version"), manifest.main("bundle-name")), (None, None));
        assert!(Manifest::parse(" continued").odd_line.is_some());
        assert_eq!(Manifest::parse("\n"), Manifest::default());
    }
}
