//! Programs that others wrote, run on this machine for a test: registries, a daemon, and what fills them.
//!
//! Everything listens on the loopback interface or on a Unix socket in the test's own directory, and ends when its
//! value is dropped.

use std::ffi::OsStr;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// The program called `name`, for the test called `test`, which returns early on `None`.
///
/// `variable` may name another place. An absent program is said on stderr, past the capture of the test harness.
///
/// # Panics
///
/// When it is absent and `CI` is set: in CI these tests must run.
pub fn program(name: &str, variable: Option<&str>, test: &str) -> Option<PathBuf> {
    let named = variable.and_then(env::var_os).map(PathBuf::from);
    let on_path = || {
        let path = env::var_os("PATH")?;
        env::split_paths(&path).map(|dir| dir.join(name)).find(|candidate| candidate.is_file())
    };
    let found = named.or_else(on_path);
    if found.is_none() {
        assert!(env::var_os("CI").is_none(), "{test}: in CI `{name}` must be installed");
        let _ = writeln!(std::io::stderr(), "skipped: {test}: `{name}` is not installed");
    }
    found
}

/// Runs a program, which must succeed, and gives its standard output.
///
/// # Panics
///
/// When it does not start or fails.
#[track_caller]
pub fn run<W: AsRef<OsStr>>(program: &Path, words: impl IntoIterator<Item = W>) -> String {
    succeed(Command::new(program).args(words))
}

/// Runs a command, which must succeed, and gives its standard output.
///
/// # Panics
///
/// When it does not start or fails.
#[track_caller]
pub fn succeed(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A process that ends with its value.
#[derive(Debug)]
pub struct Running(Child);

impl Running {
    /// Starts a command that nobody listens to.
    #[track_caller]
    fn start(command: &mut Command) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Self(child.unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    /// How it ended, if it has.
    fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().expect("a child can be waited for")
    }

    /// Waits until `is_up`.
    ///
    /// # Errors
    ///
    /// How it ended, when it ends before.
    #[track_caller]
    fn wait(&mut self, what: &str, is_up: impl Fn() -> bool) -> Result<(), ExitStatus> {
        let begun = Instant::now();
        loop {
            let is_up = is_up();
            // In this order: what answers may be another process.
            if let Some(status) = self.ended() {
                return Err(status);
            }
            if is_up {
                return Ok(());
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{what} did not come up");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback interface has free ports");
    listener.local_addr().expect("a listener has an address").port()
}

/// How many ports are tried before a program is taken for broken.
const PORTS_MAX: usize = 5;
/// How long a program is watched after its port answered: one whose port was taken in the meantime ends.
const SETTLING: Duration = Duration::from_millis(100);

/// Starts what `command` gives for a port of the loopback interface, and waits until the port answers. When it ends
/// before, as when somebody took the port in the meantime, it is started with another.
///
/// # Panics
///
/// When it does not come up.
#[track_caller]
pub fn listen(what: &str, mut command: impl FnMut(u16) -> Command) -> (Running, u16) {
    let mut ends = Vec::new();
    for _ in 0..PORTS_MAX {
        let port = free_port();
        let mut process = Running::start(&mut command(port));
        let came_up = process.wait(what, || TcpStream::connect(("127.0.0.1", port)).is_ok()).and_then(|()| {
            thread::sleep(SETTLING);
            process.ended().map_or(Ok(()), Err)
        });
        match came_up {
            Ok(()) => return (process, port),
            Err(status) => ends.push(status.to_string()),
        }
    }
    panic!("{what} ended each time before it came up ({})", ends.join("; "));
}

/// The name and password that [`Protection::TlsAndBasic`] lets in.
pub const USER: &str = "plimsoll-tester";
/// The password of [`USER`].
pub const PASSWORD: &str = "correct-horse-battery";

/// How a registry is guarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Plain HTTP, open to all.
    None,
    /// TLS with a certificate of its own authority, and basic authentication.
    TlsAndBasic,
}

/// Docker's registry (`docker-registry` of Debian), which lists no referrers itself.
#[derive(Debug)]
pub struct DockerRegistry {
    /// `127.0.0.1:PORT`.
    pub host: String,
    /// The authority's certificate, where it speaks TLS.
    pub ca_file: Option<PathBuf>,
    _process: Running,
}

impl DockerRegistry {
    /// Starts one that keeps everything in `dir`.
    ///
    /// # Panics
    ///
    /// When it does not come up.
    pub fn start(program: &Path, dir: &Path, protection: Protection) -> Self {
        fs::create_dir_all(dir).expect("the test's directory is writable");
        let mut config = format!(
            "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: 127.0.0.1:PORT\n",
            dir.join("data").display()
        );
        let mut ca_file = None;
        if protection == Protection::TlsAndBasic {
            let (certificate, key) = certify(dir);
            config.push_str(&format!(
                "  tls:\n    certificate: {}\n    key: {}\nauth:\n  htpasswd:\n    realm: test\n    path: {}\n",
                certificate.display(),
                key.display(),
                htpasswd(dir).display()
            ));
            ca_file = Some(certificate);
        }
        Self { ca_file, ..Self::with_config(program, dir, &config) }
    }

    /// Starts one with a configuration of its own, which is written into `dir`; `127.0.0.1:PORT` in it stands for where
    /// it listens.
    ///
    /// # Panics
    ///
    /// When it does not come up.
    pub fn with_config(program: &Path, dir: &Path, config: &str) -> Self {
        let file = dir.join("config.yml");
        let (process, port) = listen("docker-registry", |port| {
            let config = config.replace("127.0.0.1:PORT", &format!("127.0.0.1:{port}"));
            fs::write(&file, config).expect("the test's directory is writable");
            let mut command = Command::new(program);
            command.arg("serve").arg(&file);
            command
        });
        Self { host: format!("127.0.0.1:{port}"), ca_file: None, _process: process }
    }
}

/// A self-signed certificate for the loopback address, and its key.
fn certify(dir: &Path) -> (PathBuf, PathBuf) {
    let (certificate, key) = (dir.join("cert.pem"), dir.join("key.pem"));
    let openssl = program("openssl", None, "a registry with TLS").expect("openssl is part of every system");
    let words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"];
    let names = ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"];
    let files = ["-out".as_ref(), certificate.as_os_str(), "-keyout".as_ref(), key.as_os_str()];
    run(&openssl, words.iter().chain(&names).map(OsStr::new).chain(files));
    (certificate, key)
}

/// The file that lets [`USER`] in: `docker-registry` reads bcrypt only.
fn htpasswd(dir: &Path) -> PathBuf {
    let htpasswd = program("htpasswd", None, "a registry with basic authentication");
    let file = dir.join("htpasswd");
    let line = run(&htpasswd.expect("`apache2-utils` is installed"), ["-Bbn", USER, PASSWORD]);
    fs::write(&file, line).expect("the test's directory is writable");
    file
}

/// A registry of go-containerregistry: its own `cmd/registry`, or the one with the referrers API
/// (`registry/testdata/referrers-registry`).
#[derive(Debug)]
pub struct ListingRegistry {
    /// `127.0.0.1:PORT`.
    pub host: String,
    _process: Running,
}

impl ListingRegistry {
    /// Starts one that keeps everything in memory.
    ///
    /// # Panics
    ///
    /// When it does not come up.
    pub fn start(program: &Path) -> Self {
        let (process, port) = listen("the registry", |port| {
            let mut command = Command::new(program);
            command.args(["-port", &port.to_string()]);
            command
        });
        Self { host: format!("127.0.0.1:{port}"), _process: process }
    }
}

/// Podman's service, with storage of its own. Docker's clients can ask it too.
#[derive(Debug)]
pub struct Podman {
    /// Its socket.
    pub socket: PathBuf,
    program: PathBuf,
    dir: PathBuf,
    _process: Running,
}

impl Podman {
    /// Starts one that keeps everything in `dir`.
    ///
    /// # Panics
    ///
    /// When it does not come up.
    pub fn start(program: &Path, dir: &Path) -> Self {
        fs::create_dir_all(dir).expect("the test's directory is writable");
        let socket = dir.join("podman.sock");
        let mut process = Running::start(
            podman(program, dir)
                .args(["system", "service", "--time=0"])
                .arg(format!("unix://{}", socket.display())),
        );
        let came_up = process.wait("podman", || std::os::unix::net::UnixStream::connect(&socket).is_ok());
        came_up.unwrap_or_else(|status| panic!("podman ended before it came up ({status})"));
        Self { socket, program: program.to_owned(), dir: dir.to_owned(), _process: process }
    }

    /// Loads the archive at `path` into it.
    ///
    /// # Panics
    ///
    /// When podman refuses it.
    #[track_caller]
    pub fn load(&self, path: &Path) {
        succeed(podman(&self.program, &self.dir).arg("load").arg("-i").arg(path));
    }
}

fn podman(program: &Path, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env("XDG_RUNTIME_DIR", dir.join("runtime"))
        .arg("--root")
        .arg(dir.join("storage"))
        .arg("--runroot")
        .arg(dir.join("run"))
        // It copies whole trees and needs nothing of the kernel, so that it works everywhere.
        .args(["--storage-driver", "vfs"]);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_ends_is_started_with_another_port() {
        let mut ports = Vec::new();
        let mut taken = Vec::new();
        let (mut process, port) = listen("a program", |port| {
            ports.push(port);
            let script = match ports.len() {
                1 => "exit 1",
                // Another process answers at the port, and this one ends when it sees that.
                2 => {
                    taken.push(TcpListener::bind(("127.0.0.1", port)).unwrap());
                    "sleep 0.05; exit 1"
                }
                _ => {
                    taken.push(TcpListener::bind(("127.0.0.1", port)).unwrap());
                    "exec sleep 60"
                }
            };
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            command
        });
        assert_eq!((ports.len(), ports.last()), (3, Some(&port)));
        assert!(process.ended().is_none());
    }

    #[test]
    #[should_panic(expected = "a program ended each time before it came up (exit status: 3; ")]
    fn a_program_that_always_ends_is_not_waited_for() {
        listen("a program", |_| {
            let mut command = Command::new("sh");
            command.args(["-c", "exit 3"]);
            command
        });
    }
}
