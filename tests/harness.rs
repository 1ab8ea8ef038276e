//! A private directory and the binary, with an environment in which nothing leaks in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The binary under test.
pub(crate) const PLIMSOLL: &str = env!("CARGO_BIN_EXE_plimsoll");

/// The time that stands for "now" in tests.
pub(crate) const AS_OF: &str = "2026-01-01T00:00:00Z";

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A directory of its own for a test; it goes with the value.
pub(crate) struct Place {
    dir: TempDir,
}

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::below(&std::env::temp_dir())
    }

    /// A place in `dir`.
    pub(crate) fn below(dir: &Path) -> Self {
        // Some validators pass over hidden folders, which `tempdir` makes.
        Self { dir: tempfile::Builder::new().prefix("plimsoll-").tempdir_in(dir).unwrap() }
    }

    /// The path of `name` below this place.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file and gives its path.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// The binary, standing here, with feeds below here.
    ///
    /// The environment is emptied: `PLIMSOLL_*`, `GITHUB_*`, proxies, colours and locales would all change output.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(PLIMSOLL);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.dir.path())
            .env("PLIMSOLL_FEEDS", self.path("feeds"))
            .current_dir(self.dir.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs the binary with `words`.
    pub(crate) fn run<W: AsRef<std::ffi::OsStr>>(&self, words: impl IntoIterator<Item = W>) -> Ran {
        Ran::of(self.command().args(words).output().unwrap())
    }

    /// Runs the binary, which must succeed, and reads its standard output as JSON.
    #[track_caller]
    pub(crate) fn json<W: AsRef<std::ffi::OsStr>>(&self, words: impl IntoIterator<Item = W>) -> Value {
        let ran = self.run(words);
        ran.expect_code(0);
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stdout))
    }
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Panics with everything that was said when the exit code is another.
    #[track_caller]
    pub(crate) fn expect_code(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Panics unless standard error holds each of `words`.
    #[track_caller]
    pub(crate) fn expect_stderr(&self, words: &[&str]) -> &Self {
        for word in words {
            assert!(self.stderr.contains(word), "`{word}` is not in:\n{}", self.stderr);
        }
        self
    }
}

/// A file as JSON.
#[track_caller]
pub(crate) fn read_json(path: &Path) -> Value {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rows of a tab-separated table under its heading, each as a list of cells.
pub(crate) fn read_tsv(path: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// Runs OpenSSL, which makes keys and signatures that plimsoll did not.
fn openssl(place: &Place, words: &[&str]) {
    let ran = Command::new("openssl").args(words).current_dir(place.path(".")).output();
    let ran = ran.expect("openssl is installed, as with every system that CI runs on");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

/// Makes a key, `<name>.key`, and its public half, `<name>.pub`.
pub(crate) fn make_key(place: &Place, name: &str) {
    let pem = format!("{name}.key");
    openssl(place, &["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", &pem]);
    openssl(place, &["pkey", "-in", &pem, "-pubout", "-out", &format!("{name}.pub")]);
}

/// An envelope (DSSE) around `payload`, of the kind `kind`, that the key called `name` signed.
pub(crate) fn signed(place: &Place, name: &str, kind: &str, payload: &str) -> Value {
    place.write("payload", payload);
    place.write("signed", format!("DSSEv1 {} {kind} {} {payload}", kind.len(), payload.len()));
    openssl(place, &["dgst", "-sha256", "-sign", &format!("{name}.key"), "-out", "signature", "signed"]);
    for file in ["payload", "signature"] {
        openssl(place, &["base64", "-A", "-in", file, "-out", &format!("{file}.64")]);
    }
    let encoded = |file: &str| fs::read_to_string(place.path(file)).unwrap().trim().to_owned();
    serde_json::json!({"payloadType": kind, "payload": encoded("payload.64"),
        "signatures": [{"keyid": "", "sig": encoded("signature.64")}]})
}
