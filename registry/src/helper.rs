//! Credential helpers: programs called `docker-credential-<name>` that keep credentials for docker and podman.

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use serde::Deserialize;

use crate::credentials::Credential;
use crate::error::CredentialsError;
use fetch::secret::Secret;

/// The longest answer of a helper. Tokens have a few kilobytes.
const ANSWER_BYTES_MAX: u64 = 1 << 20;

/// What helpers print when they have no credential for a server, with status 1
/// (docker-credential-helpers, `credentials/error.go`).
const NOT_FOUND: &[u8] = b"credentials not found in native keychain";

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Username")]
    username: String,
    #[serde(rename = "Secret")]
    secret: String,
}

/// What the program at `path` has for `server`; `None` when it has nothing. Nothing that it prints is shown to
/// anybody, on standard error neither.
///
/// # Errors
/// When it does not start, fails, says what cannot be read, or takes longer than `timeout`: then it is ended.
pub(crate) fn get(
    path: &Path,
    server: &str,
    timeout: Duration,
) -> Result<Option<Credential>, CredentialsError> {
    let program = path.file_name().unwrap_or_default().to_string_lossy();
    let program = &*program;
    let start = |source| CredentialsError::HelperStart { program: program.to_owned(), source };
    let mut child = Command::new(path)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(start)?;
    let answer = converse(&mut child, server, timeout);
    if answer.is_err() || !ends(&mut child, timeout) {
        // It may have ended meanwhile; and what it says is not wanted any more.
        let _ = child.kill();
    }
    let status = child.wait().map_err(start)?;
    let answer = answer.map_err(|failure| match failure {
        Failure::TimedOut => {
            CredentialsError::HelperTimedOut { program: program.to_owned(), seconds: timeout.as_secs() }
        }
        Failure::Io(source) => start(source),
        Failure::TooLong => CredentialsError::HelperAnswer { program: program.to_owned() },
    })?;
    if !status.success() {
        if answer.trim_ascii().starts_with(NOT_FOUND) {
            return Ok(None);
        }
        return Err(CredentialsError::HelperFailed {
            program: program.to_owned(),
            status: status.to_string(),
        });
    }
    let answer: Answer = serde_json::from_slice(&answer)
        .map_err(|_| CredentialsError::HelperAnswer { program: program.to_owned() })?;
    Ok(match (&*answer.username, answer.secret) {
        ("", secret) if secret.is_empty() => None,
        ("<token>", secret) => Some(Credential::IdentityToken(Secret::new(secret))),
        (username, secret) => {
            Some(Credential::Basic { username: username.to_owned(), secret: Secret::new(secret) })
        }
    })
}

/// Whether the helper, which has nothing more to say, ends within `timeout`.
fn ends(child: &mut Child, timeout: Duration) -> bool {
    const STEP: Duration = Duration::from_millis(10);
    for _ in 0..=timeout.as_millis() / STEP.as_millis() {
        if !matches!(child.try_wait(), Ok(None)) {
            return true;
        }
        thread::sleep(STEP);
    }
    false
}

enum Failure {
    TimedOut,
    TooLong,
    Io(io::Error),
}

/// Tells the helper the server, and returns what it prints until it closes its standard output.
fn converse(child: &mut Child, server: &str, timeout: Duration) -> Result<Vec<u8>, Failure> {
    if let Some(mut stdin) = child.stdin.take() {
        // A helper that ends without reading has something else to say.
        let _ = writeln!(stdin, "{server}");
    }
    let Some(stdout) = child.stdout.take() else { return Ok(Vec::new()) };
    let (sender, receiver) = mpsc::channel();
    // The thread outlives a helper that is ended only as long as some child of that holds its standard output.
    thread::spawn(move || {
        let mut answer = Vec::new();
        let read = stdout.take(ANSWER_BYTES_MAX + 1).read_to_end(&mut answer);
        let _ = sender.send(read.map(|_| answer));
    });
    let answer = match receiver.recv_timeout(timeout) {
        Ok(read) => read.map_err(Failure::Io)?,
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return Err(Failure::TimedOut),
    };
    if answer.len() as u64 > ANSWER_BYTES_MAX { Err(Failure::TooLong) } else { Ok(answer) }
}
