//! Where credentials are found: files as docker and podman write them, and helpers.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{debug_holds_no_secret, shown};
use crate::credentials::{Credential, CredentialSources, FilePlaces, Found, default_files};
use crate::error::CredentialsError;
use fetch::secret::Secret;

struct Bench {
    dir: TempDir,
    sources: CredentialSources,
}

impl Bench {
    fn new(files: &[&str]) -> Self {
        let dir = TempDir::new().unwrap();
        let mut sources = CredentialSources { helper_dir: Some(dir.path().to_owned()), ..Default::default() };
        for (index, text) in files.iter().enumerate() {
            let path = dir.path().join(format!("{index}.json"));
            fs::write(&path, text).unwrap();
            sources.files.push(path);
        }
        Self { dir, sources }
    }

    /// A helper called `name`. Another process writes it: one of ours that starts another while the file is open for
    /// writing would keep it from being run.
    fn helper(&self, name: &str, script: &str) -> &Self {
        let path = self.dir.path().join(format!("docker-credential-{name}"));
        let mut shell = Command::new("sh")
            .args(["-c", "cat > \"$0\" && chmod 755 \"$0\""])
            .arg(path)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        shell.stdin.take().unwrap().write_all(format!("#!/bin/sh\n{script}\n").as_bytes()).unwrap();
        assert!(shell.wait().unwrap().success());
        self
    }

    fn find(&self, host: &str, repository: &str) -> Result<Option<Found>, CredentialsError> {
        self.sources.find(host, repository)
    }
}

/// `user:password`, `token:…` or `bearer:…` of what is found.
fn show(found: Option<Found>) -> String {
    debug_holds_no_secret(&found);
    match found.map(|found| found.credential) {
        None => "-".to_owned(),
        Some(Credential::Basic { username, secret }) => format!("{username}:{}", secret.expose()),
        Some(Credential::IdentityToken(token)) => format!("token:{}", token.expose()),
        Some(Credential::Bearer(token)) => format!("bearer:{}", token.expose()),
    }
}

#[track_caller]
fn check(file: &str, host: &str, repository: &str, expected: &str) {
    let found = Bench::new(&[file]).find(host, repository).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(show(found), expected, "{file}");
}

#[test]
fn entries_read_as_docker_and_podman_write_them() {
    for (entry, expected) in [
        (r#"{"auth": "YW5uOmh1bnRlcjI="}"#, "ann:hunter2"),
        (r#"{"auth": "YW5uOmh1bnRlcjI"}"#, "ann:hunter2"),
        (r#"{"auth": "YW5uOmh1bjp0ZXIy"}"#, "ann:hun:ter2"),
        (r#"{"username": "ann", "password": "hunter2"}"#, "ann:hunter2"),
        (r#"{"auth": "YW5uOmh1bnRlcjI=", "identitytoken": "t0ken"}"#, "token:t0ken"),
        (r#"{"registrytoken": "t0ken"}"#, "bearer:t0ken"),
        (r#"{"auth": "PHRva2VuPjp0MGtlbg=="}"#, "token:t0ken"),
        (r#"{"email": "ann@example.com"}"#, "-"),
        (r"{}", "-"),
    ] {
        check(&format!(r#"{{"auths": {{"r.example": {entry}}}, "other": 1}}"#), "r.example", "a", expected);
    }
    check("", "r.example", "a", "-");
    check("{}", "r.example", "a", "-");
    check(r#"{"auths": null, "credHelpers": null, "credsStore": null}"#, "r.example", "a", "-");
}

#[test]
fn the_most_specific_entry_counts() {
    let file = r#"{"auths": {
        "r.example": {"username": "host"},
        "r.example/a": {"username": "a"},
        "r.example/a/b/c": {"username": "abc"},
        "https://old.example/v1/": {"username": "old"},
        "v2.example/v2/": {"username": "v2"},
        "http://plain.example:5000": {"username": "plain"},
        "https://index.docker.io/v1/": {"username": "docker"},
        "docker.io/team": {"username": "team"}
    }}"#;
    for (host, repository, expected) in [
        ("r.example", "x", "host:"),
        ("r.example", "a", "a:"),
        ("r.example", "a/b", "a:"),
        ("r.example", "a/b/c", "abc:"),
        ("r.example", "a/b/c/d", "abc:"),
        ("r.example", "ab", "host:"),
        ("r.example:5000", "a", "-"),
        ("other.example", "a", "-"),
        ("old.example", "a", "old:"),
        ("v2.example", "a", "v2:"),
        ("plain.example:5000", "a", "plain:"),
        ("docker.io", "library/nginx", "docker:"),
        ("docker.io", "team/x", "team:"),
    ] {
        check(file, host, repository, expected);
    }
    check(r#"{"auths": {"docker.io": {"username": "d"}}}"#, "docker.io", "library/nginx", "d:");
    check(r#"{"auths": {"index.docker.io": {"username": "d"}}}"#, "docker.io", "library/nginx", "d:");
}

#[test]
fn files_are_where_podman_and_docker_write_them() {
    let path = |path| Some(std::path::Path::new(path));
    let mut places =
        FilePlaces { home: path("/h"), xdg_runtime_dir: path("/run/7"), ..FilePlaces::default() };
    let shown = |places: &FilePlaces<'_>| {
        default_files(places).iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        shown(&places),
        "/run/7/containers/auth.json /h/.config/containers/auth.json /h/.docker/config.json"
    );
    places.registry_auth_file = path("/a.json");
    places.xdg_config_home = path("/c");
    places.docker_config = path("/d");
    assert_eq!(shown(&places), "/a.json /run/7/containers/auth.json /c/containers/auth.json /d/config.json");
    assert_eq!(shown(&FilePlaces::default()), "");
}

#[test]
fn the_first_file_with_an_entry_decides() {
    let mut bench = Bench::new(&[
        r#"{"auths": {"other.example": {"username": "x"}}}"#,
        r#"{"auths": {"r.example": {"username": "second"}}}"#,
        r#"{"auths": {"r.example": {"username": "third"}}}"#,
    ]);
    bench.sources.files.insert(0, PathBuf::from("/no/such/file.json"));
    let found = bench.find("r.example", "a").unwrap().unwrap();
    assert!(found.origin.contains("1.json"), "{}", found.origin);
    assert_eq!(show(Some(found)), "second:");
}

#[test]
fn the_explicit_credential_is_for_its_host_only() {
    let mut bench = Bench::new(&[r#"{"auths": {"r.example": {"username": "file"}}}"#]);
    let ann = Credential::Basic { username: "ann".to_owned(), secret: Secret::new("hunter2") };
    bench.sources.explicit = Some(ann);
    for (own, host, expected) in [
        (None, "r.example", "ann:hunter2"),
        (None, "other.example", "ann:hunter2"),
        (Some("r.example"), "r.example", "ann:hunter2"),
        (Some("R.example"), "r.example", "ann:hunter2"),
        (Some("other.example"), "r.example", "file:"),
        (Some("r.example"), "other.example", "-"),
        (Some("r.example"), "r.example:5000", "-"),
        (Some("r.example:5000"), "r.example:5000", "ann:hunter2"),
        (Some("example"), "r.example", "file:"),
        (Some(""), "r.example", "file:"),
        (Some("docker.io"), "docker.io", "ann:hunter2"),
        (Some("index.docker.io"), "docker.io", "ann:hunter2"),
    ] {
        bench.sources.explicit_host = own.map(str::to_owned);
        assert_eq!(show(bench.find(host, "a").unwrap()), expected, "{own:?} {host}");
    }
}

#[test]
fn an_explicit_token_that_is_empty_is_none() {
    let mut bench = Bench::new(&[r#"{"auths": {"r.example": {"username": "file"}}}"#]);
    let basic = |username: &str| Credential::Basic { username: username.to_owned(), secret: Secret::new("") };
    for (explicit, expected) in [
        (Credential::Bearer(Secret::new("")), "file:"),
        (Credential::IdentityToken(Secret::new("")), "file:"),
        (Credential::Bearer(Secret::new("t0ken")), "bearer:t0ken"),
        (basic("ann"), "ann:"),
    ] {
        bench.sources.explicit = Some(explicit);
        assert_eq!(show(bench.find("r.example", "a").unwrap()), expected);
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_not_quoted() {
    for text in [
        "hunter2",
        r#"{"auths": {"r.example": {"auth": "aHVudGVyM"#,
        r#"{"auths": {"r.example": {"auth": 7}}}"#,
        r#"{"auths": {"r.example": "hunter2"}}"#,
        r#"{"auths": "hunter2"}"#,
    ] {
        let error = Bench::new(&[text]).find("r.example", "a").unwrap_err();
        assert!(matches!(error, CredentialsError::Malformed { .. }), "{text}: {error:?}");
        assert!(shown(&error).contains("0.json"), "{error}");
    }
    for auth in ["!", "aHVudGVyMg==", "/w=="] {
        let text = format!(r#"{{"auths": {{"r.example": {{"auth": "{auth}"}}}}}}"#);
        let error = Bench::new(&[&text]).find("r.example", "a").unwrap_err();
        assert!(matches!(error, CredentialsError::Entry { .. }), "{text}: {}", shown(&error));
    }
    let mut bench = Bench::new(&[]);
    bench.sources.files.push(bench.dir.path().to_owned());
    assert!(matches!(bench.find("r.example", "a").unwrap_err(), CredentialsError::Unreadable { .. }));
}

#[test]
fn damaged_files_of_credentials_make_errors_without_their_content() {
    let text = r#"{"auths": {"r.example": {"auth": "YW5uOmh1bnRlcjI=", "identitytoken": "t0ken"}}, "credsStore": ""}"#;
    let bench = Bench::new(&[text]);
    let prefixes = testkit::mutate::prefixes(text.as_bytes()).map(<[u8]>::to_vec);
    for bytes in prefixes.chain(testkit::mutate::mutations(text.as_bytes(), 500)) {
        fs::write(&bench.sources.files[0], &bytes).unwrap();
        if let Err(error) = bench.find("r.example", "a") {
            shown(&error);
        }
    }
}

#[test]
fn helpers_are_told_the_server_and_give_credentials() {
    let echo = r#"read server; [ "$1" = get ] && printf '{"ServerURL": "%s", "Username": "%s", "Secret": "hunter2"}' "$server" "$server""#;
    let bench = Bench::new(&[r#"{"credsStore": "echo", "auths": {"r.example": {}}}"#]);
    bench.helper("echo", echo);
    assert_eq!(show(bench.find("r.example", "a").unwrap()), "r.example:hunter2");
    assert_eq!(show(bench.find("docker.io", "a").unwrap()), "https://index.docker.io/v1/:hunter2");
    let found = bench.find("r.example", "a").unwrap().unwrap();
    assert!(found.origin.contains("`docker-credential-echo`"), "{}", found.origin);

    let bench = Bench::new(&[r#"{"credHelpers": {"docker.io": "echo"}}"#]);
    bench.helper("echo", echo);
    assert_eq!(show(bench.find("docker.io", "a").unwrap()), "docker.io:hunter2");

    let token = r#"printf '{"Username": "<token>", "Secret": "t0ken"}'"#;
    let bench = Bench::new(&[
        r#"{"credHelpers": {"r.example": "token"}, "credsStore": "none", "auths": {"r.example": {"username": "ann"}}}"#,
    ]);
    bench.helper("token", token).helper("none", "echo 'credentials not found in native keychain'; exit 1");
    assert_eq!(show(bench.find("r.example", "a").unwrap()), "token:t0ken");
    assert_eq!(show(bench.find("other.example", "a").unwrap()), "-");

    let bench = Bench::new(&[r#"{"credsStore": "empty"}"#]);
    bench.helper("empty", r#"printf '{"Username": "", "Secret": ""}'"#);
    assert_eq!(show(bench.find("r.example", "a").unwrap()), "-");
}

#[test]
fn a_helper_that_fails_says_nothing_of_what_it_printed() {
    for (script, is_expected) in [
        (
            "echo hunter2; echo hunter2 >&2; exit 1",
            (|error| matches!(error, CredentialsError::HelperFailed { .. })) as fn(&CredentialsError) -> bool,
        ),
        ("kill -9 $$", |error| matches!(error, CredentialsError::HelperFailed { .. })),
        ("echo hunter2", |error| matches!(error, CredentialsError::HelperAnswer { .. })),
        ("echo '{\"Username\": \"hunter2\"}'", |error| {
            matches!(error, CredentialsError::HelperAnswer { .. })
        }),
        ("yes hunter2", |error| matches!(error, CredentialsError::HelperAnswer { .. })),
    ] {
        let bench = Bench::new(&[r#"{"credsStore": "bad"}"#]);
        bench.helper("bad", script);
        let error = bench.find("r.example", "a").unwrap_err();
        assert!(is_expected(&error), "{script}: {error:?}");
        assert!(shown(&error).contains("`docker-credential-bad`"), "{error}");
    }
}

#[test]
fn a_helper_that_hangs_is_ended() {
    for script in ["exec sleep 60", "exec sleep 60 >&-", "sleep 60"] {
        let mut bench = Bench::new(&[r#"{"credsStore": "slow"}"#]);
        bench.sources.helper_timeout = Duration::from_millis(300);
        bench.helper("slow", script);
        let start = Instant::now();
        let error = bench.find("r.example", "a").unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(20));
        let is_expected =
            matches!(error, CredentialsError::HelperTimedOut { .. } | CredentialsError::HelperFailed { .. });
        assert!(is_expected, "{}", shown(&error));
    }
}

#[test]
fn a_helper_that_is_none_is_said() {
    let bench = Bench::new(&[r#"{"credsStore": "absent"}"#]);
    let error = bench.find("r.example", "a").unwrap_err();
    assert!(matches!(error, CredentialsError::HelperStart { .. }), "{}", shown(&error));
    for name in ["../x", "a b", "a/b"] {
        let bench = Bench::new(&[&format!(r#"{{"credHelpers": {{"r.example": "{name}"}}}}"#)]);
        let error = bench.find("r.example", "a").unwrap_err();
        assert!(matches!(error, CredentialsError::HelperName { .. }), "{}", shown(&error));
    }
}
