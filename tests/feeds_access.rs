//! How hosts of feeds are asked: with whose credential, through what, from which mirror; and that no secret is ever seen.

use std::fs;
use std::path::Path;

use testkit::feeds::{Mirror, osv_record};
use testkit::server::{Behaviour, Request, Server};

use crate::harness::{Place, Ran};

const SECRET: &str = "s3cret-t0ken";
/// `ann` and the secret, as `Authorization: Basic` has them.
const BASIC: &str = "Basic YW5uOnMzY3JldC10MGtlbg==";
const OSV: &str = "/osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip";

fn mirror(place: &Place) -> Mirror {
    let mirror = Mirror::at(place.path("mirror"));
    mirror
        .osv_records("PyPI", &[osv_record("PYSEC-2024-1", &[], "PyPI", "django", "introduced 0, fixed 4.0")]);
    mirror
}

/// A mirror that lets in only who sends `authorization`.
fn guarded(mirror: &Mirror, authorization: &'static str) -> Server {
    let server = Server::of_dir(mirror.dir());
    server.handle(move |request| {
        let is_known = request.header("authorization") == Some(authorization);
        (!is_known).then_some(Behaviour::Status { code: 401, retry_after: None })
    });
    server
}

fn sync(place: &Place, mirror: &str, variables: &[(&str, &str)]) -> Ran {
    let words = ["feeds", "sync", "--only", "pypi", "-vv", "--max-age", "0s", "--mirror", mirror];
    let mut command = place.command();
    if place.path("plimsoll.toml").exists() {
        command.env("PLIMSOLL_CONFIG", "plimsoll.toml");
    }
    Ran::of(command.args(words).envs(variables.iter().copied()).output().unwrap())
}

/// Panics when the secret is in what a run said, or in any file that it wrote.
#[track_caller]
fn expect_hidden(place: &Place, ran: &Ran) {
    for text in [SECRET, "YW5uOnMz"] {
        assert!(!format!("{}{}", ran.stdout, ran.stderr).contains(text), "{}\n{}", ran.stdout, ran.stderr);
        assert_eq!(files_with(&place.path("feeds"), text), 0);
    }
}

fn files_with(dir: &Path, text: &str) -> usize {
    let Ok(entries) = fs::read_dir(dir) else { return 0 };
    let mut count = 0;
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            count += files_with(&path, text);
        } else {
            let bytes = fs::read(&path).unwrap();
            count += usize::from(bytes.windows(text.len()).any(|window| window == text.as_bytes()));
        }
    }
    count
}

fn config(place: &Place, server: &Server, keys: &str) {
    place.write("plimsoll.toml", format!("[feeds.hosts.\"{}\"]\n{keys}\n", server.host()));
}

#[test]
fn a_token_is_taken_from_a_variable_a_file_netrc_or_the_url_and_shown_nowhere() {
    let place = Place::new();
    let mirror = mirror(&place);
    let bearer = guarded(&mirror, "Bearer s3cret-t0ken");
    let basic = guarded(&mirror, BASIC);
    place.write("token", format!("{SECRET}\n"));
    let netrc = format!("machine 127.0.0.1\nlogin ann\npassword {SECRET}\n");

    config(&place, &bearer, "token-env = 'MIRROR_TOKEN'");
    let from_variable = sync(&place, &bearer.url(""), &[("MIRROR_TOKEN", SECRET)]);
    config(&place, &bearer, "token-file = 'token'");
    let from_file = sync(&place, &bearer.url(""), &[]);
    config(&place, &basic, "token-file = 'token'\nusername = 'ann'");
    let as_password = sync(&place, &basic.url(""), &[]);
    place.write("other-netrc", &netrc);
    config(&place, &basic, "netrc = 'other-netrc'");
    let from_named_netrc = sync(&place, &basic.url(""), &[]);
    fs::remove_file(place.path("plimsoll.toml")).unwrap();
    let from_variable_netrc = sync(&place, &basic.url(""), &[("NETRC", "other-netrc")]);
    let from_url = sync(&place, &basic.url("").replace("//", &format!("//ann:{SECRET}@")), &[]);
    place.write(".netrc", &netrc);
    let from_netrc = sync(&place, &basic.url(""), &[]);
    for ran in
        [from_variable, from_file, as_password, from_named_netrc, from_variable_netrc, from_url, from_netrc]
    {
        expect_hidden(&place, ran.expect_code(0));
    }
}

#[test]
fn hosts_of_a_configuration_that_was_only_found_are_refused() {
    let place = Place::new();
    let server = guarded(&mirror(&place), "Bearer s3cret-t0ken");
    config(&place, &server, "token-env = 'MIRROR_TOKEN'");
    let words = ["feeds", "sync", "--only", "pypi", "--mirror", &server.url("")];
    let ran = Ran::of(place.command().args(words).env("MIRROR_TOKEN", SECRET).output().unwrap());
    ran.expect_code(2).expect_stderr(&["taken only from a file that is named", "`--config FILE`"]);
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_configuration_that_was_only_found_does_not_say_where_feeds_come_from() {
    let place = Place::new();
    let server = Server::of_dir(mirror(&place).dir());
    place.write("plimsoll.toml", format!("mirror = '{}'\n", server.url("")));
    place.write("below/empty", "");
    for words in [&["feeds", "sync", "--only", "pypi"][..], &["feeds", "status", "--check"]] {
        let ran = Ran::of(place.command().args(words).current_dir(place.path("below")).output().unwrap());
        ran.expect_code(2)
            .expect_stderr(&["`mirror` is taken only from a file that is named", "`--config FILE`"]);
    }
    assert_eq!(server.requests().len(), 0);
    // What has nothing to do with it goes on, and so does who says another, or that he means it.
    std::fs::create_dir(place.path("feeds")).unwrap();
    place.run(["feeds", "gc", "--keep", "1d"]).expect_code(0);
    let words = ["feeds", "sync", "--only", "pypi"];
    place.run(words.iter().chain(&["--mirror", &server.url("")])).expect_code(0);
    place.run(words.iter().chain(&["--config", "plimsoll.toml", "--max-age", "0s"])).expect_code(0);
}

/// What a `plimsoll.toml` says, the command that would use it, and the key that is refused.
const NOT_BELIEVED: [(&str, &[&str], &str); 30] = [
    ("mirror = 'x'", &["scan", "x"], "mirror"),
    ("[feeds.sync]\nmirror = ['x']", &["feeds", "sync"], "mirror"),
    ("registry-mirror = 'docker.io=evil.example'", &["sbom", "nginx"], "registry-mirror"),
    ("insecure = true", &["scan", "nginx"], "insecure"),
    ("ca-file = 'x'", &["feeds", "sync"], "ca-file"),
    ("[feeds.pull]\nca-file = 'x'", &["feeds", "pull", "x"], "ca-file"),
    ("client-cert = 'x'", &["scan", "nginx"], "client-cert"),
    ("client-key = 'x'", &["feeds", "status", "--check"], "client-key"),
    ("registry-username = 'ann'", &["sbom", "nginx"], "registry-username"),
    ("registry-password-stdin = true", &["sbom", "nginx"], "registry-password-stdin"),
    ("registry-token = 's3cret-t0ken'", &["scan", "nginx"], "registry-token"),
    ("vex = ['x']", &["match", "x"], "vex"),
    ("[explain]\nvex = ['x']", &["explain", "CVE-1", "x"], "vex"),
    ("key = 'x'", &["match", "x"], "key"),
    ("[convert]\nkey = 'x'", &["convert", "x"], "key"),
    ("sign-key = 'x'", &["feeds", "push", "./x"], "sign-key"),
    ("[feeds.export]\nsign-key = 'x'", &["feeds", "export", "x"], "sign-key"),
    ("attach = true", &["sbom", "nginx"], "attach"),
    ("allow-unsigned = true", &["feeds", "push", "x"], "allow-unsigned"),
    ("allow-older = true", &["feeds", "import", "x"], "allow-older"),
    ("no-private = true", &["feeds", "sync"], "no-private"),
    ("cache-dir = 'written'", &["sbom", "x"], "cache-dir"),
    ("output = ['table', 'json=written']", &["scan", "x"], "output"),
    ("feeds.dir = 'written'", &["feeds", "sync"], "feeds.dir"),
    ("[feeds]\ndir = 'written'", &["match", "x"], "feeds.dir"),
    ("feeds.private = 'x'", &["scan", "x"], "feeds.private"),
    ("private = ['x']", &["feeds", "sync"], "feeds.private"),
    ("feeds.csaf = 'psirt.acme.example'", &["match", "x"], "feeds.csaf"),
    ("[feeds]\nopenvex = 'https://vex.acme.example/one.json'", &["feeds", "sync"], "feeds.openvex"),
    ("[merge]\noutput = 'cyclonedx-json=written'", &["merge", "x"], "output"),
];

#[test]
fn a_configuration_that_was_only_found_reaches_nothing_beyond_this_run() {
    let place = Place::new();
    for (config, words, key) in NOT_BELIEVED {
        place.write("plimsoll.toml", config);
        let said = format!("`{key}`");
        // Of the environment the feeds directory would win.
        let ran = Ran::of(place.command().args(words).env_remove("PLIMSOLL_FEEDS").output().unwrap());
        ran.expect_code(2).expect_stderr(&[
            &said,
            "is taken only from a file that is named",
            "`--config FILE`",
        ]);
        assert!(!ran.stderr.contains(SECRET), "{}", ran.stderr);
        assert!(!place.path("written").exists(), "{config}");
        let mut command = place.command();
        command.args(words).args(["--config", "plimsoll.toml", "--offline"]).env_remove("PLIMSOLL_FEEDS");
        let named = Ran::of(command.output().unwrap());
        assert!(!named.stderr.contains("is taken only from"), "{config}: {}", named.stderr);
        let _ = fs::remove_dir_all(place.path("written"));
    }
}

#[test]
fn of_a_configuration_that_was_only_found_counts_what_only_judges_and_what_is_not_used() {
    let place = Place::new();
    let dir = mirror(&place).dir().display().to_string();
    let sync = ["feeds", "sync", "--only", "pypi", "--mirror", &dir];
    // Formats alone write no file, a switch that is off does nothing, and a command uses only the options that it has.
    place.write("plimsoll.toml", "output = 'json'\ninsecure = false\nca-file = 'absent'\nkey = 'absent'\n");
    place.run(sync).expect_code(2).expect_stderr(&["`ca-file` is taken only"]);
    place.write("plimsoll.toml", "output = 'json'\ninsecure = false\nkey = 'absent'\nfail-on = 'low'\n");
    place.run(sync).expect_code(0);
    let sbom = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[
        {"type":"library","name":"django","version":"1","purl":"pkg:pypi/django@1"}]}"#;
    place.write("sbom.json", sbom);
    place.write("plimsoll.toml", "output = 'json'\ninsecure = false\nfail-on = 'true'\n");
    let ran = place.run(["match", "sbom.json", "--mirror", &dir]);
    assert!(ran.stdout.starts_with('{'), "{}{}", ran.stdout, ran.stderr);
    // Where nothing is read of feeds, their directory does not matter.
    place.write("plimsoll.toml", "feeds.dir = 'written'\n");
    let converted = ["convert", "sbom.json", "-o", "spdx-json"];
    let ran = Ran::of(place.command().args(converted).env_remove("PLIMSOLL_FEEDS").output().unwrap());
    assert!(ran.expect_code(0).stdout.contains("django") && !place.path("written").exists());
    place.write("plimsoll.toml", "output = 'json=written'\n");
    let ran = place.run(["match", "sbom.json", "--mirror", &dir, "-o", "table"]);
    assert!(ran.stdout.contains("django") && !place.path("written").exists(), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn a_refused_credential_is_named_by_where_it_came_from() {
    let place = Place::new();
    let server = guarded(&mirror(&place), "Bearer another");
    let ran = sync(&place, &server.url(""), &[]);
    ran.expect_code(2).expect_stderr(&["wants a credential (status 401), and there is none for its host"]);

    config(&place, &server, "token-env = 'MIRROR_TOKEN'");
    let ran = sync(&place, &server.url(""), &[]);
    ran.expect_code(2).expect_stderr(&["is asked without a credential: its variable is not set"]);
    let ran = sync(&place, &server.url(""), &[("MIRROR_TOKEN", SECRET)]);
    ran.expect_code(2).expect_stderr(&["refused the credential from `MIRROR_TOKEN` with status 401"]);
    expect_hidden(&place, &ran);
    let ran = sync(&place, &server.url(""), &[("MIRROR_TOKEN", &format!("a\n{SECRET}"))]);
    ran.expect_code(2).expect_stderr(&["`MIRROR_TOKEN` holds characters that cannot be sent"]);
    expect_hidden(&place, &ran);

    place.write("plimsoll.toml", "");
    place.write(".netrc", format!("machine 127.0.0.1 pasword {SECRET}"));
    let ran = sync(&place, &server.url(""), &[]);
    ran.expect_code(2).expect_stderr(&["warning: no credential is taken from", "line 1"]);
    expect_hidden(&place, &ran);
}

#[test]
fn keys_of_known_hosts_go_to_no_other() {
    let place = Place::new();
    let server = Server::of_dir(mirror(&place).dir());
    let variables = [("NVD_API_KEY", SECRET), ("GITHUB_TOKEN", SECRET), ("GH_TOKEN", SECRET)];
    let ran = sync(&place, &server.url(""), &variables);
    expect_hidden(&place, ran.expect_code(0));
    assert!(!server.requests().is_empty());
    assert!(server.requests().iter().all(|request| !format!("{request:?}").contains(SECRET)));
}

#[test]
fn help_shows_no_password_of_a_mirror() {
    let place = Place::new();
    let url = format!("https://ann:{SECRET}@mirror.example");
    place.write("plimsoll.toml", format!("mirror = ['{url}', 'b']\n"));
    let ran = Ran::of(place.command().args(["feeds", "sync", "--help"]).output().unwrap());
    expect_hidden(&place, ran.expect_code(0));
    let ran =
        Ran::of(place.command().env("PLIMSOLL_MIRROR", &url).args(["scan", "--help"]).output().unwrap());
    expect_hidden(&place, ran.expect_code(0));
    assert!(ran.stdout.contains("PLIMSOLL_MIRROR"), "{}", ran.stdout);
}

#[test]
fn a_proxy_is_asked_with_its_own_credential() {
    let place = Place::new();
    let mirror = mirror(&place);
    let dir = mirror.dir().to_owned();
    let proxy = Server::new();
    // A proxy is asked for whole URLs.
    proxy.handle(move |request: &Request| {
        if request.header("proxy-authorization") != Some(BASIC) {
            return Some(Behaviour::Status { code: 407, retry_after: None });
        }
        let path = request.path.strip_prefix("http://mirror.example/")?;
        let body = fs::read(dir.join(path)).ok()?;
        Some(Behaviour::Instead(testkit::server::Resource::new(body)))
    });
    let with = |password: &str| proxy.url("").replace("//", &format!("//ann:{password}@"));
    let url = "http://mirror.example";
    let ran = sync(&place, url, &[("HTTP_PROXY", &with(SECRET))]);
    expect_hidden(&place, ran.expect_code(0));
    for request in proxy.requests() {
        assert_eq!(request.header("authorization"), None, "{request:?}");
    }
    let ran = sync(&place, url, &[("HTTP_PROXY", &with("s3cret-t0ken-2"))]);
    ran.expect_code(2).expect_stderr(&["status 407"]);
    expect_hidden(&place, &ran);
    // A proxy that cannot be reached; a check tries once.
    let words = ["feeds", "status", "--check", "--mirror", url];
    let mut command = place.command();
    command.args(words).env("HTTP_PROXY", format!("http://ann:{SECRET}@127.0.0.1:1"));
    let ran = Ran::of(command.output().unwrap());
    expect_hidden(&place, ran.expect_code(1));
    assert!(ran.stdout.contains("cannot be reached"), "{}", ran.stdout);
}

#[test]
fn of_several_mirrors_the_first_that_has_a_file_serves_it() {
    let place = Place::new();
    let full = mirror(&place);
    let (first, second) = (Server::new(), Server::of_dir(full.dir()));
    place.write("plimsoll.toml", format!("mirror = ['{}', '{}']\n", first.url(""), second.url("")));
    let words = ["feeds", "sync", "--only", "pypi", "--max-age", "0s", "--config", "plimsoll.toml"];
    place.run(words).expect_code(0).expect_stderr(&["new snapshot"]);
    place.run(words).expect_code(0).expect_stderr(&["snapshot unchanged"]);
    let asked = |server: &Server| {
        let requests = server.requests_for(OSV).into_iter().filter(|request| request.method == "GET");
        requests.map(|request| request.headers.contains_key("if-none-match")).collect::<Vec<_>>()
    };
    assert_eq!(asked(&first), [false, false], "no tag of another mirror");
    assert!(asked(&second).contains(&false));
    let n_asked = second.requests().len();
    let words = ["feeds", "sync", "--only", "pypi", "--config", "plimsoll.toml"];
    place.run(words).expect_code(0).expect_stderr(&["snapshot unchanged"]);
    assert_eq!(second.requests().len(), n_asked, "what came from any of them is fresh");

    // A directory is no network; what none has is a gap.
    let dir = full.dir().display().to_string();
    let words = ["feeds", "sync", "--offline", "--mirror", &first.url(""), "--mirror", &dir, "--only"];
    place.run([&words[..], &["pypi"]].concat()).expect_code(0);
    place.run([&words[..], &["npm"]].concat()).expect_code(2).expect_stderr(&["missing: "]);
}

#[test]
fn status_tests_each_mirror_before_the_first_sync_and_after_it() {
    let place = Place::new();
    let mirror = mirror(&place);
    let (open, closed) = (Server::of_dir(mirror.dir()), guarded(&mirror, "Bearer s3cret-t0ken"));
    config(&place, &closed, "token-env = 'MIRROR_TOKEN'");
    let check = |token: &str, words: &[&str]| {
        let mut command = place.command();
        command.env("PLIMSOLL_CONFIG", "plimsoll.toml");
        command.args(["feeds", "status", "--check", "--mirror", &open.url(""), "--mirror", &closed.url("")]);
        let ran = Ran::of(command.args(words).env("MIRROR_TOKEN", token).output().unwrap());
        expect_hidden(&place, &ran);
        ran
    };
    let ran = check("wrong", &[]);
    ran.expect_code(1);
    assert!(ran.stdout.contains("refuses (401)"), "{}", ran.stdout);
    assert!(ran.stdout.contains("from `MIRROR_TOKEN`, refused"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("snapshot"), "there is none: {}", ran.stdout);

    sync(&place, &open.url(""), &[]).expect_code(0);
    let ran = check(SECRET, &[]);
    ran.expect_code(0);
    for words in ["snapshot", "from `MIRROR_TOKEN`, accepted", "pypi", "min old"] {
        assert!(ran.stdout.contains(words), "`{words}`: {}", ran.stdout);
    }
    let json: serde_json::Value = serde_json::from_str(&check(SECRET, &["--format", "json"]).stdout).unwrap();
    let hosts = json["hosts"].as_array().unwrap();
    assert_eq!(hosts.len(), 2);
    let closed_host = hosts.iter().find(|host| !host["credential"].is_null()).unwrap();
    assert_eq!(closed_host["answer"], "answered");
    assert_eq!(closed_host["credential"]["from"], "MIRROR_TOKEN");
    assert_eq!(closed_host["credential"]["accepted"], true);
    assert!(closed_host["held_at"].is_string());

    let ran = check(SECRET, &["--mirror", "http://127.0.0.1:1"]);
    ran.expect_code(1);
    assert!(ran.stdout.contains("cannot be reached"), "{}", ran.stdout);
    fs::remove_file(place.path("plimsoll.toml")).unwrap();
    place.run(["feeds", "status", "--check", "--offline"]).expect_code(2).expect_stderr(&["offline"]);
}

#[test]
fn status_says_what_was_left_out_of_a_feed() {
    let place = Place::new();
    let mirror = Mirror::at(place.path("mirror"));
    let withdrawn = osv_record("PYSEC-2024-1", &[], "PyPI", "django", "introduced 0");
    let record = r#"{"id":"PYSEC-2024-2","modified":"2024-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"PyPI","name":"a"},"ranges":[{"type":"ECOSYSTEM","events":[{"fixed":"2"}]}]}]}"#;
    mirror.osv_records("PyPI", &[withdrawn, serde_json::from_str(record).unwrap()]);
    let path = mirror.dir().display().to_string();
    place
        .run(["feeds", "sync", "--only", "pypi", "--mirror", &path])
        .expect_code(0)
        .expect_stderr(&["without introduced"]);
    let ran = place.run(["feeds", "status"]);
    assert!(ran.expect_code(0).stdout.contains("osv:PyPI: 0 records unreadable"), "{}", ran.stdout);
    let status = place.json(["feeds", "status", "--format", "json"]);
    let words = status["remarks"]["osv:PyPI"]["unknown_words"].as_object().unwrap();
    assert!(words.keys().any(|word| word.contains("without introduced")), "{status}");

    // What was mended is no longer said.
    mirror.osv_records("PyPI", &[osv_record("PYSEC-2024-1", &[], "PyPI", "django", "introduced 0")]);
    let words = ["feeds", "sync", "--only", "pypi", "--max-age", "0s", "--mirror", &path];
    place.run(words).expect_code(0);
    assert_eq!(place.json(["feeds", "status", "--format", "json"])["remarks"], serde_json::json!({}));
}

#[test]
fn without_a_terminal_there_are_lines_and_no_bars() {
    let place = Place::new();
    let server = Server::of_dir(mirror(&place).dir());
    let ran = sync(&place, &server.url(""), &[]);
    ran.expect_code(0).expect_stderr(&["feeds: reading osv:PyPI"]);
    assert!(!ran.stderr.contains(['\u{1b}', '\r']) && !ran.stderr.contains("[="), "{}", ran.stderr);
}
