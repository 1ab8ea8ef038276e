//! Which files a cataloger wants, and which catalogers want a file.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{CATALOGERS, Cataloger, Classifiers, Finds, binary, executable};

/// Which files a cataloger wants.
#[derive(Clone, Copy, Debug)]
pub enum Wants {
    /// Files whose path matches any of these patterns.
    ///
    /// A pattern is compared component by component with the whole path. In a component, `*` stands for any text
    /// without `/`; a leading `**/` stands for any number of components, also none.
    Paths(&'static [&'static str]),
    /// Files with an execute bit that are large enough to be a program; see also [`Wants::starts`].
    Executables,
    /// The same, and shared libraries, which are known by their names.
    Programs,
    /// Files whose path a classifier names: one of the table, or one of the user's.
    Classified,
}

/// Bytes of the smallest executable that is looked into. A Go program that does nothing has over a million.
const EXECUTABLE_BYTES_MIN: u64 = 4 << 10;

impl Wants {
    /// How many of a file's first bytes [`Wants::starts`] looks at.
    pub const HEAD_BYTES: usize = 4;

    /// Whether the file at `path` (relative to the image's root, no leading `/`) is wanted.
    pub fn matches(&self, path: &str, executable: bool, size: u64) -> bool {
        match self {
            Self::Paths(patterns) => patterns.iter().any(|pattern| path_matches(pattern, path)),
            Self::Executables => executable && size >= EXECUTABLE_BYTES_MIN,
            Self::Classified => {
                binary::text_files::file_patterns().any(|pattern| path_matches(pattern, path))
            }
            Self::Programs => size >= EXECUTABLE_BYTES_MIN && (executable || is_library(path)),
        }
    }

    /// Whether a wanted file that starts with `head` (its first [`Wants::HEAD_BYTES`] bytes, or all of them) is
    /// worth keeping to the end: of programs, whether it has the magic of a known format.
    pub fn starts(&self, head: &[u8]) -> bool {
        match self {
            Self::Paths(_) | Self::Classified => true,
            Self::Executables | Self::Programs => executable::is_executable_format(head),
        }
    }

    /// Whether what is read of a file does not depend on its path; see also [`names_matter`].
    ///
    /// [`names_matter`]: super::names_matter
    pub(crate) fn is_of_content(&self) -> bool {
        matches!(self, Self::Executables | Self::Programs)
    }

    /// The patterns that do not depend on the configuration; none of programs.
    pub(crate) fn patterns(&self) -> Vec<&'static str> {
        match self {
            Self::Paths(patterns) => patterns.to_vec(),
            Self::Classified => binary::text_files::file_patterns().collect(),
            Self::Executables | Self::Programs => Vec::new(),
        }
    }
}

/// `libssl.so.3`, `python312.dll`, `libz.dylib`, `setup.exe`.
fn is_library(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    name.contains(".so.") || matches!(extension, "so" | "dll" | "dylib" | "exe" | "DLL" | "EXE")
}

/// Patterns and who they belong to, by what the last component of a matching path must be or end in.
#[derive(Default)]
struct Index {
    /// Patterns whose last component has no `*`, by that component.
    by_name: HashMap<&'static str, Vec<(usize, &'static str)>>,
    /// The others, by the last byte of what is behind the last `*`; those with nothing behind it under 0.
    by_end: HashMap<u8, Vec<(usize, &'static str)>>,
    programs: Vec<usize>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut index = Index::default();
    for (position, cataloger) in CATALOGERS.iter().enumerate() {
        if cataloger.wants.is_of_content() {
            index.programs.push(position);
        }
        for pattern in cataloger.wants.patterns() {
            let last = pattern.rsplit('/').next().unwrap_or(pattern);
            if last.contains('*') {
                let end = last.bytes().last().filter(|end| *end != b'*').unwrap_or(0);
                index.by_end.entry(end).or_default().push((position, pattern));
            } else {
                index.by_name.entry(last).or_default().push((position, pattern));
            }
        }
    }
    index
});

/// The catalogers (positions in [`CATALOGERS`]) that want the file at `path`, sorted, each once; of those that find what is
/// declared only where `finds` is that.
///
/// Asked for every path of an image: a path that nobody wants costs two look-ups and a few comparisons of bytes, and one
/// more for each pattern of `classifiers`.
pub(crate) fn interested(
    path: &str,
    executable: bool,
    size: u64,
    finds: Finds,
    classifiers: &Classifiers,
) -> Vec<usize> {
    let index = &*INDEX;
    let name = path.rsplit('/').next().unwrap_or(path);
    let by_end = |end: u8| index.by_end.get(&end).into_iter().flatten();
    let last = name.bytes().last().unwrap_or(0);
    let mut interested: Vec<usize> = index
        .by_name
        .get(name)
        .into_iter()
        .flatten()
        .chain(by_end(last))
        .chain(by_end(0))
        .filter(|(_, pattern)| path_matches(pattern, path))
        .map(|(cataloger, _)| *cataloger)
        .collect();
    let programs = index.programs.iter().copied();
    interested
        .extend(programs.filter(|position| CATALOGERS[*position].wants.matches(path, executable, size)));
    if classifiers.want(path) {
        let classified = |cataloger: &&Cataloger| matches!(cataloger.wants, Wants::Classified);
        interested.extend(CATALOGERS.iter().position(classified));
    }
    interested.retain(|position| CATALOGERS[*position].finds != Finds::Declared || finds == Finds::Declared);
    interested.sort_unstable();
    interested.dedup();
    interested
}

/// Compares from the last component to the first. Most pairs already differ in their last byte, which costs a
/// nanosecond to see, and most others in what the pattern has behind its last `*`.
pub(super) fn path_matches(pattern: &str, path: &str) -> bool {
    let last = pattern.as_bytes().last();
    if last != Some(&b'*') && last != path.as_bytes().last() {
        return false;
    }
    let (pattern, any_depth) = match pattern.strip_prefix("**/") {
        Some(rest) => (rest, true),
        None => (pattern, false),
    };
    let tail = pattern.bytes().rposition(|byte| byte == b'*').map_or(0, |star| star + 1);
    if !path.as_bytes().ends_with(&pattern.as_bytes()[tail..]) {
        return false;
    }
    let mut components = path.rsplit('/');
    for expected in pattern.rsplit('/') {
        match components.next() {
            Some(component) if component_matches(expected, component) => {}
            _ => return false,
        }
    }
    any_depth || components.next().is_none()
}

/// Whether one component of a path matches one of a pattern. Each text between two `*` is found at its first place, so
/// that this is linear but for the search itself.
pub(crate) fn component_matches(pattern: &str, component: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == component };
    let Some(mut component) = component.strip_prefix(start) else { return false };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*').filter(|part| !part.is_empty()) {
        match component.find(part) {
            Some(at) => component = &component[at + part.len()..],
            None => return false,
        }
    }
    component.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_components() {
        for (pattern, path, expected) in [
            ("etc/os-release", "etc/os-release", true),
            ("etc/os-release", "usr/etc/os-release", false),
            ("etc/os-release", "os-release", false),
            ("a/*", "a/b", true),
            ("a/*", "a/b/c", false),
            ("a/*.list", "a/libc6:amd64.list", true),
            ("a/*.list", "a/list", false),
            ("**/b", "b", true),
            ("**/b", "x/y/b", true),
            ("**/b", "x/ab", false),
            ("**/a/*/b", "a/x/b", true),
            ("**/a/*/b", "x/a/y/b", true),
            ("**/a/*/b", "a/b", false),
            ("**/*dist-info/METADATA", "lib/dist-info/METADATA", true),
            ("**/*dist-info/METADATA", "lib/a-1.dist-info/METADATA", true),
            ("**/*.egg-info", "lib/a.egg-info/PKG-INFO", false),
            ("ab*ba", "aba", false),
            ("**/*requirements*.txt", "a/dev-requirements-2.txt", true),
            ("**/*requirements*.txt", "a/requirements.txt", true),
            ("**/*requirements*.txt", "a/require.txt", false),
            ("a*b*c*d", "axbxcxd", true),
            ("a*b*c*d", "axcxbxd", false),
            ("a*bb*b", "abb", false),
        ] {
            assert_eq!(path_matches(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn programs_are_known_by_mode_name_and_first_bytes() {
        assert!(Wants::Executables.matches("bin/a", true, 1 << 20));
        assert!(!Wants::Executables.matches("bin/a", true, 100));
        assert!(!Wants::Executables.matches("bin/a", false, 1 << 20));
        assert!(Wants::Executables.starts(b"\x7fELF"));
        assert!(!Wants::Executables.starts(b"#!/b"));
        assert!(!Wants::Executables.starts(b""));
        for (path, expected) in
            [("a.so", true), ("a.so.1.2", true), ("a.dll", true), ("a.sock", false), ("so", false)]
        {
            assert_eq!(Wants::Programs.matches(path, false, 1 << 20), expected, "{path}");
        }
    }

    #[test]
    fn the_index_answers_as_every_pattern_would() {
        let paths =
            ["lib/apk/db/installed", "a/node_modules/b/package.json", "x.egg-info", "a/b.dist-info/METADATA"];
        for path in paths {
            let expected: Vec<usize> = (0..CATALOGERS.len())
                .filter(|position| CATALOGERS[*position].wants.matches(path, true, 1 << 20))
                .collect();
            assert_eq!(
                interested(path, true, 1 << 20, Finds::Declared, Classifiers::none()),
                expected,
                "{path}"
            );
            assert!(expected.len() > 1, "{path}");
        }
    }
}
