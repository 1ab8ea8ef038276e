//! The file `.netrc`: logins by host, as ftp, curl and git read it.
//!
//! It is read here and not by a crate because it is forty lines, and because of what is left out: `default`, a login for
//! every host, would go to every vendor that is asked for a feed. No error quotes a value.

use crate::secret::Secret;

/// The login for one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// The host, as written.
    pub host: String,
    /// The user's name; empty when there is none.
    pub login: String,
    /// The password, or a token in its place.
    pub password: Secret,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is not what a netrc file says")]
pub struct NetrcError {
    /// The line, counted from 1.
    pub line: usize,
}

/// The hosts of `text` that have a password, in its order. `default` and macros are passed over.
///
/// # Errors
/// A word that is none of the format's, or one that lacks its value.
pub fn parse(text: &str) -> Result<Vec<Machine>, NetrcError> {
    let mut machines: Vec<Entry> = Vec::new();
    let mut is_in_macro = false;
    // What the next word is the value of, and the line of its name.
    let mut wanted: Option<(&str, usize)> = None;
    for (line, content) in text.lines().enumerate() {
        let line = line + 1;
        if is_in_macro {
            // A macro ends with an empty line.
            is_in_macro = !content.trim().is_empty();
            continue;
        }
        if wanted.is_none() && content.trim_start().starts_with('#') {
            continue;
        }
        let mut rest = content.trim_start();
        while let Some((word, after)) = word(rest).ok_or(NetrcError { line })? {
            rest = after;
            match wanted.take() {
                Some(("machine", _)) => machines.push(Entry { host: Some(word), ..Entry::default() }),
                Some(("macdef", _)) => is_in_macro = true,
                Some((name, _)) => {
                    let entry = machines.last_mut().ok_or(NetrcError { line })?;
                    match name {
                        "login" => entry.login = word,
                        "password" => entry.password = Some(word),
                        _ => {}
                    }
                }
                None => match word.as_str() {
                    "default" => machines.push(Entry::default()),
                    "machine" => wanted = Some(("machine", line)),
                    "login" => wanted = Some(("login", line)),
                    "password" => wanted = Some(("password", line)),
                    "account" => wanted = Some(("account", line)),
                    "macdef" => wanted = Some(("macdef", line)),
                    _ => return Err(NetrcError { line }),
                },
            }
        }
    }
    if let Some((_, line)) = wanted {
        return Err(NetrcError { line });
    }
    let machine = |entry: Entry| {
        Some(Machine { host: entry.host?, login: entry.login, password: Secret::new(entry.password?) })
    };
    Ok(machines.into_iter().filter_map(machine).collect())
}

#[derive(Default)]
struct Entry {
    /// None for `default`.
    host: Option<String>,
    login: String,
    password: Option<String>,
}

/// The first word of `text` and what follows it; a word with spaces stands in double quotes, as curl reads it. `None`
/// inside when there is no word, outside when its quotes do not end.
#[expect(clippy::option_option, reason = "no word and a word without its end are two things")]
fn word(text: &str) -> Option<Option<(String, &str)>> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        return Some((!word.is_empty()).then(|| (word.to_owned(), rest.trim_start())));
    };
    let mut word = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some(Some((word, quoted[at + 1..].trim_start()))),
            '\\' => word.push(characters.next()?.1),
            character => word.push(character),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(host: &str, login: &str, password: &str) -> Machine {
        Machine { host: host.to_owned(), login: login.to_owned(), password: Secret::new(password) }
    }

    #[test]
    fn machines_have_logins_and_the_default_is_nobodys() {
        let text = "# mine\nmachine a.example login ann password s3cret\n\
                    machine b.example\n\tlogin bob\n\taccount x\n\tpassword #hash\n\
                    macdef init\nmachine evil.example login x password y\n\n\
                    machine c.example login \"ann b\" password \"a \\\"b\\\" c\"\n\
                    machine d.example login nobody\n\
                    default login anonymous password guest\nmachine e.example password token";
        assert_eq!(
            parse(text),
            Ok(vec![
                machine("a.example", "ann", "s3cret"),
                machine("b.example", "bob", "#hash"),
                machine("c.example", "ann b", "a \"b\" c"),
                machine("e.example", "", "token"),
            ])
        );
        assert_eq!(parse(""), Ok(vec![]));
    }

    #[test]
    fn what_is_no_netrc_is_an_error_that_names_the_line_and_no_value() {
        for (text, line) in [
            ("machine a.example login ann password", 1),
            ("machine a.example\nlogin ann\npasword s3cret", 3),
            ("login ann", 1),
            ("machine a.example password \"s3cret", 1),
            ("\n<html>", 2),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error, NetrcError { line }, "{text}");
            assert!(!error.to_string().contains("s3cret"));
        }
    }
}
