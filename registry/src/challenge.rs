//! `WWW-Authenticate`: what a registry wants to know (RFC 9110, 11.6.1).

/// One way in which a registry can be told who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// A token, to be fetched from a realm.
    Bearer(Bearer),
    /// A user name and a password.
    Basic,
}

/// Where a token is to be had, and for what (distribution, "Token authentication").
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bearer {
    /// The URL that gives out tokens.
    pub(crate) realm: String,
    /// Whom the token is for.
    pub(crate) service: Option<String>,
    /// What the token is to allow; several are separated by spaces.
    pub(crate) scope: Option<String>,
}

/// The challenges of one header, in their order, without those of unknown schemes and Bearers without a realm.
pub(crate) fn parse(header: &str) -> Vec<Challenge> {
    let mut challenges = Vec::new();
    for (scheme, parameters) in split(header) {
        if scheme.eq_ignore_ascii_case("basic") {
            challenges.push(Challenge::Basic);
        } else if scheme.eq_ignore_ascii_case("bearer") {
            let value = |name: &str| {
                let found = parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
                found.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
            };
            if let Some(realm) = value("realm") {
                challenges.push(Challenge::Bearer(Bearer {
                    realm,
                    service: value("service"),
                    scope: value("scope"),
                }));
            }
        }
    }
    challenges
}

type Parameters = Vec<(String, String)>;

/// Schemes with their parameters. A word that no `=` follows starts a scheme; what fits nowhere is skipped.
fn split(header: &str) -> Vec<(String, Parameters)> {
    let mut schemes: Vec<(String, Parameters)> = Vec::new();
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches(|char: char| char == ',' || char.is_ascii_whitespace());
        let end = rest.find(|char: char| !is_token(char)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if word.is_empty() {
            let mut chars = rest.chars();
            if chars.next().is_none() {
                return schemes;
            }
            rest = chars.as_str();
            continue;
        }
        rest = after;
        match after.trim_start().strip_prefix('=') {
            Some(after) => {
                let (value, after) = value(after.trim_start());
                if let Some((_, parameters)) = schemes.last_mut() {
                    parameters.push((word.to_owned(), value));
                }
                rest = after;
            }
            None => schemes.push((word.to_owned(), Vec::new())),
        }
    }
}

/// A token or a quoted string, and what comes after it. A string that does not end goes to the end.
fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        // Some registries leave the quotes away, and have slashes and colons all the same.
        let end = text.find(|char: char| char == ',' || char.is_ascii_whitespace()).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut chars = quoted.chars();
    while let Some(char) = chars.next() {
        match char {
            '"' => break,
            '\\' => value.extend(chars.next()),
            char => value.push(char),
        }
    }
    (value, chars.as_str())
}

fn is_token(char: char) -> bool {
    char.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(char)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(header: &str, expected: &str) {
        let shown: Vec<String> = parse(header)
            .into_iter()
            .map(|challenge| match challenge {
                Challenge::Basic => "basic".to_owned(),
                Challenge::Bearer(Bearer { realm, service, scope }) => {
                    format!(
                        "bearer {realm} {} {}",
                        service.unwrap_or("-".into()),
                        scope.unwrap_or("-".into())
                    )
                }
            })
            .collect();
        assert_eq!(shown.join(" | "), expected, "{header}");
    }

    const REAL: &str = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#;

    #[test]
    fn challenges_read_as_registries_write_them() {
        check(REAL, "bearer https://auth.docker.io/token registry.docker.io repository:a/b:pull,push");
        check(r#"Basic realm="Registry Realm""#, "basic");
        check("basic", "basic");
        check(r#"bEaReR Realm="https://a/t" , SCOPE="x""#, "bearer https://a/t - x");
        check("Bearer realm=https://a/t,service=s", "bearer https://a/t s -");
        check(
            r#"Basic realm="a", Bearer realm="https://a/t",error="insufficient_scope""#,
            "basic | bearer https://a/t - -",
        );
        check(r#"Negotiate, Basic realm="a""#, "basic");
        check(r#"Negotiate YWJj==, Basic realm="a""#, "basic");
        check(r#"Bearer realm="a\"b\\c""#, r#"bearer a"b\c - -"#);
        check(r#"Bearer realm="a, Basic realm=b""#, "bearer a, Basic realm=b - -");
        check(r#"Bearer realm="never ends"#, "bearer never ends - -");
        check(r#"Bearer service="no realm""#, "");
        check(r#"Bearer realm="""#, "");
        check("", "");
        check("==,\"", "");
        check("realm=\"x\"", "");
    }

    #[test]
    fn no_header_makes_the_reader_panic() {
        let prefixes = testkit::mutate::prefixes(REAL.as_bytes()).map(<[u8]>::to_vec);
        for bytes in prefixes.chain(testkit::mutate::mutations(REAL.as_bytes(), 3000)) {
            parse(&String::from_utf8_lossy(&bytes));
        }
    }
}
