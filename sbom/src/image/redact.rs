//! Values that may be secrets, taken out of what an image tells of its making.
//!
//! `ENV`, `ARG` and the build arguments of `RUN` are kept by name only; of a web address the part before `@` goes.
//! A secret that somebody typed into a command is not found.

use std::borrow::Cow;

/// What stands for a value that was taken out, and for the rest of a text that was cut.
pub(crate) const ELLIPSIS: &str = "…";

/// The shells that builders start commands with, by the last part of their path.
const SHELLS: [&str; 9] = ["sh", "bash", "ash", "dash", "ksh", "zsh", "cmd", "powershell", "pwsh"];

/// Whether `word` names a shell: `/bin/sh`, `cmd`.
pub(crate) fn is_shell(word: &str) -> bool {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    SHELLS.contains(&name.strip_suffix(".exe").unwrap_or(name))
}

/// A line of an image's history without the values in it.
pub(crate) fn history_line(line: &str) -> String {
    let line = user_info(line);
    let body = instruction(&line);
    let before = &line[..line.len() - body.len()];
    let (keyword, rest) = body.split_at(body.find(char::is_whitespace).unwrap_or(body.len()));
    let hidden = match keyword.to_ascii_uppercase().as_str() {
        "ENV" => environment(rest),
        "ARG" => arguments(rest),
        _ => match body.strip_prefix('|').and_then(build_arguments) {
            Some(hidden) => return format!("{before}{hidden}"),
            None => return line.into_owned(),
        },
    };
    format!("{before}{keyword} {hidden}")
}

/// `line` from where its instruction begins: without `/bin/sh -c #(nop)`, which the classic builder and Buildah put
/// before all but `RUN`, and without the `RUN` that BuildKit puts before build arguments.
fn instruction(line: &str) -> &str {
    let mut body = line.split_once("#(nop)").map_or(line, |(_, body)| body).trim_start();
    for word in ["ONBUILD", "RUN"] {
        if let Some(start) = body.get(..word.len())
            && start.eq_ignore_ascii_case(word)
            && body[word.len()..].starts_with(char::is_whitespace)
        {
            body = body[word.len()..].trim_start();
        }
    }
    body
}

/// The names in `A=b C=d e` and in the older `A b`.
fn environment(text: &str) -> String {
    match text.split_whitespace().next() {
        Some(first) if !first.contains('=') => format!("{} {ELLIPSIS}", name_or_ellipsis(first)),
        _ => arguments(text),
    }
}

/// The names in `A B=c`.
fn arguments(text: &str) -> String {
    let mut shown: Vec<String> = Vec::new();
    let mut in_value = false;
    for (index, word) in text.split_whitespace().enumerate() {
        match assigned_name(word, index == 0) {
            Some(name) => shown.push(format!("{name}={ELLIPSIS}")),
            None if !in_value && !word.contains('=') => shown.push(name_or_ellipsis(word).to_owned()),
            None if index == 0 => shown.push(ELLIPSIS.to_owned()),
            None => {}
        }
        in_value |= word.contains('=');
    }
    shown.join(" ")
}

/// `|2 A=… B=… /bin/sh -c …` from what follows the bar; none when that is something else.
///
/// Builders join the arguments with spaces and quote nothing, so a value ends where the next name or the shell begins.
/// Without a shell nobody can tell where the last value ends, and all that follows goes.
fn build_arguments(text: &str) -> Option<String> {
    let (count, rest) = text.split_once(' ')?;
    let n_arguments: usize = count.parse().ok()?;
    let mut shown = format!("|{count}");
    let (mut n_shown, mut offset) = (0, 0);
    for word in rest.split(' ') {
        if n_shown == n_arguments && is_shell(word) {
            return Some(format!("{shown} {}", &rest[offset..]));
        }
        if n_shown < n_arguments
            && let Some(name) = assigned_name(word, n_shown == 0)
        {
            n_shown += 1;
            shown.push_str(&format!(" {name}={ELLIPSIS}"));
        }
        offset += word.len() + 1;
    }
    Some(format!("{shown} {ELLIPSIS}"))
}

/// The name in `NAME=value`. All but the first word may be part of a value with spaces in it, such as base64 text with
/// its padding, which is not taken for a name.
fn assigned_name(word: &str, is_first: bool) -> Option<&str> {
    let (name, value) = word.split_once('=')?;
    let padding = value.starts_with('=')
        || (value.is_empty() && name.contains(|letter: char| letter.is_ascii_lowercase()));
    (is_name(name) && (is_first || !padding)).then_some(name)
}

fn name_or_ellipsis(word: &str) -> &str {
    if is_name(word) { word } else { ELLIPSIS }
}

fn is_name(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

/// `text` with the user information of every web address in it (RFC 3986 §3.2.1) replaced.
pub(crate) fn user_info(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, authority) = rest.split_at(at + "://".len());
        let ends = |letter: char| letter.is_whitespace() || "/?#\"'`\\<>".contains(letter);
        let length = authority.find(ends).unwrap_or(authority.len());
        out.push_str(before);
        rest = match authority[..length].rfind('@') {
            Some(user_end) => {
                out.push_str(ELLIPSIS);
                &authority[user_end..]
            }
            None => authority,
        };
    }
    if out.is_empty() {
        return Cow::Borrowed(text);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// `text`, or as much of it as fits into `bytes_max` together with the sign that it was cut.
pub(crate) fn cut(mut text: String, bytes_max: usize) -> String {
    if text.len() > bytes_max {
        text.truncate(text.floor_char_boundary(bytes_max.saturating_sub(ELLIPSIS.len())));
        text.push_str(ELLIPSIS);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &str) {
        assert_eq!(history_line(line), expected);
        assert_eq!(history_line(expected), expected, "hidden twice");
    }

    #[test]
    fn values_of_a_build_are_hidden() {
        for (line, expected) in [
            // BuildKit.
            ("ENV PASSWORD=x", "ENV PASSWORD=…"),
            ("ENV A=b c D=e", "ENV A=… D=…"),
            ("ENV A=", "ENV A=…"),
            ("ENV A=b c2VjcmV0IQ== D=e", "ENV A=… D=…"),
            ("ENV A=b c2VjcmV0IQo=", "ENV A=…"),
            ("ENV A=two\nlines B=c", "ENV A=… B=…"),
            ("ARG TOKEN=default", "ARG TOKEN=…"),
            ("ARG TOKEN", "ARG TOKEN"),
            ("ARG A B=c d E=f", "ARG A B=… E=…"),
            (
                "RUN |2 TOKEN=abc B=c /bin/sh -c make B=1 # buildkit",
                "RUN |2 TOKEN=… B=… /bin/sh -c make B=1 # buildkit",
            ),
            ("RUN |1 A=x y  z /bin/bash -o pipefail -c a  b", "RUN |1 A=… /bin/bash -o pipefail -c a  b"),
            ("RUN |2 A= B= /bin/sh -c a", "RUN |2 A=… B=… /bin/sh -c a"),
            ("RUN |1 A=x Y=z /bin/sh -c a", "RUN |1 A=… /bin/sh -c a"),
            ("RUN |1 SHELL=/bin/sh /bin/sh -c a", "RUN |1 SHELL=… /bin/sh -c a"),
            ("RUN |1 TOKEN=abc def apt-get update # buildkit", "RUN |1 TOKEN=… …"),
            ("RUN |2 A=b /bin/sh -c a", "RUN |2 A=… …"),
            // The classic builder and Buildah.
            ("/bin/sh -c #(nop)  ENV A=b", "/bin/sh -c #(nop)  ENV A=…"),
            ("/bin/sh -c #(nop) ENV A=b C=d", "/bin/sh -c #(nop) ENV A=… C=…"),
            ("/bin/sh -c #(nop)  ARG TOKEN=x", "/bin/sh -c #(nop)  ARG TOKEN=…"),
            ("cmd /S /C #(nop)  ENV A=b", "cmd /S /C #(nop)  ENV A=…"),
            ("/bin/sh -c #(nop)  ONBUILD ENV A=b", "/bin/sh -c #(nop)  ONBUILD ENV A=…"),
            ("|1 FOO=bar /bin/sh -c apt-get update", "|1 FOO=… /bin/sh -c apt-get update"),
            // Kaniko, and what people write.
            ("ENV A b c", "ENV A …"),
            ("env A=\"b c\" D='e=f'", "env A=… D=…"),
            ("ENV \"A B=c\"", "ENV … …"),
            // Nothing to hide.
            ("RUN /bin/sh -c A=b make # buildkit", "RUN /bin/sh -c A=b make # buildkit"),
            ("RUN /bin/sh -c false || true", "RUN /bin/sh -c false || true"),
            ("|| true", "|| true"),
            ("COPY a b # buildkit", "COPY a b # buildkit"),
            ("ENVIRONMENT A=b", "ENVIRONMENT A=b"),
            ("", ""),
        ] {
            check(line, expected);
        }
    }

    #[test]
    fn user_information_of_addresses_is_hidden() {
        for (text, expected) in [
            ("git clone https://user:pass@host/x.git", "git clone https://…@host/x.git"),
            ("https://token@host https://a:b@c?d@e", "https://…@host https://…@c?d@e"),
            ("ssh://git@host:22/x", "ssh://…@host:22/x"),
            ("https://a:p@ss@host", "https://…@host"),
            ("\"https://a:b@c\"", "\"https://…@c\""),
            ("https://host/a@b", "https://host/a@b"),
            ("://", "://"),
            ("a@b.test", "a@b.test"),
            ("RUN /bin/sh -c curl https://a:b@c # buildkit", "RUN /bin/sh -c curl https://…@c # buildkit"),
        ] {
            assert_eq!(user_info(text), expected);
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(cut("abcdef".to_owned(), 6), "abcdef");
        assert_eq!(cut("abcdefg".to_owned(), 6), "abc…");
        assert_eq!(cut("aééé".to_owned(), 6), "aé…");
        assert_eq!(cut("abc".to_owned(), 2), "…");
    }

    #[test]
    fn no_line_panics() {
        let text = "RUN |2 TOKEN=a b C=https://a:b@c /bin/sh -c #(nop) ENV A=é B=… # buildkit";
        for damaged in testkit::mutate::mutations(text.as_bytes(), 2_000) {
            history_line(&String::from_utf8_lossy(&damaged));
        }
    }
}
