//! Paths inside an image: relative to its root, `/` between components, neither `.` nor `..`.

/// A path that leads out of the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Escapes;

/// `raw` as a path inside the image; the root itself is empty.
///
/// A leading `/` means the root, as it does to every container runtime. Bytes that are not UTF-8 are spelt
/// `\xNN`, so that different names stay different.
pub(crate) fn normal(raw: &[u8]) -> Result<String, Escapes> {
    let mut path = String::with_capacity(raw.len());
    for component in raw.split(|&byte| byte == b'/') {
        match component {
            b"" | b"." => {}
            b".." => {
                if path.is_empty() {
                    return Err(Escapes);
                }
                path.truncate(path.rfind('/').unwrap_or(0));
            }
            _ => {
                if !path.is_empty() {
                    path.push('/');
                }
                push_text(&mut path, component);
            }
        }
    }
    Ok(path)
}

/// `raw` as text, each byte that is not UTF-8 spelt `\xNN`.
pub(crate) fn text(raw: &[u8]) -> String {
    let mut text = String::with_capacity(raw.len());
    push_text(&mut text, raw);
    text
}

fn push_text(out: &mut String, raw: &[u8]) {
    for chunk in raw.utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
}

/// The directory of `path`, and its last component.
pub(crate) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// `directory/name`, or `name` in the root.
pub(crate) fn join(directory: &str, name: &str) -> String {
    if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
}

/// How many bytes of `path` are whole components that `before` begins with too.
pub(crate) fn shared_components(before: &str, path: &str) -> usize {
    let n_alike = before.bytes().zip(path.bytes()).take_while(|(left, right)| left == right).count();
    let ends = |path: &str| path.len() == n_alike || path.as_bytes()[n_alike] == b'/';
    if ends(before) && ends(path) {
        return n_alike;
    }
    path.as_bytes()[..n_alike].iter().rposition(|&byte| byte == b'/').unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_components_are_whole() {
        for (before, path, expected) in [
            ("a/b", "a/b", 3),
            ("a/b", "a/b/c", 3),
            ("a/b/c", "a/b", 3),
            ("a/b", "a/bc", 1),
            ("a/é", "a/è", 1),
            ("ab", "ac", 0),
            ("", "a", 0),
            ("a", "", 0),
        ] {
            assert_eq!(shared_components(before, path), expected, "{before} {path}");
        }
    }

    #[test]
    fn one_file_has_one_spelling() {
        for (raw, expected) in [
            ("usr/bin/a", Ok("usr/bin/a")),
            ("./usr/bin/a", Ok("usr/bin/a")),
            ("/usr//bin/./a/", Ok("usr/bin/a")),
            ("./", Ok("")),
            ("a/../b", Ok("b")),
            ("../a", Err(Escapes)),
            ("a/../../b", Err(Escapes)),
            ("a/b/../..", Ok("")),
        ] {
            assert_eq!(normal(raw.as_bytes()).as_deref().map_err(|error| *error), expected, "{raw}");
        }
        assert_eq!(normal(b"bad\xfdname").as_deref(), Ok("bad\\xfdname"));
    }
}
