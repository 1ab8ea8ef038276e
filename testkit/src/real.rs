//! Programs that others wrote, run on this machine for a test: registries, a daemon, and what fills them.
//!
//! Everything listens on the loopback interface or on a Unix socket in the test's own directory, and ends when its
//! value is dropped.

use std::ffi::OsStr;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
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
    let mut command = Command::new(program);
    command.args(words);
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A process that ends with its value.
#[derive(Debug)]
struct Running(Child);

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

/// Waits until `is_up`.
#[track_caller]
fn wait(what: &str, is_up: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_up() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what} did not come up");
        thread::sleep(Duration::from_millis(20));
    }
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
        let host = format!("127.0.0.1:{}", free_port());
        let mut config = format!(
            "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: {host}\n",
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
        let file = dir.join("config.yml");
        fs::write(&file, config).expect("the test's directory is writable");
        let process = Command::new(program)
            .arg("serve")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the registry starts");
        let process = Running(process);
        wait("docker-registry", || TcpStream::connect(&host).is_ok());
        Self { host, ca_file, _process: process }
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

/// A registry of go-containerregistry with the referrers API (`registry/testdata/referrers-registry`).
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
        let port = free_port();
        let process = Command::new(program)
            .args(["-port", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the registry starts");
        let process = Running(process);
        let host = format!("127.0.0.1:{port}");
        wait("the registry", || TcpStream::connect(&host).is_ok());
        Self { host, _process: process }
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
        let process = podman(program, dir)
            .args(["system", "service", "--time=0"])
            .arg(format!("unix://{}", socket.display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("podman starts");
        let process = Running(process);
        wait("podman", || std::os::unix::net::UnixStream::connect(&socket).is_ok());
        Self { socket, program: program.to_owned(), dir: dir.to_owned(), _process: process }
    }

    /// Loads the archive at `path` into it.
    ///
    /// # Panics
    ///
    /// When podman refuses it.
    #[track_caller]
    pub fn load(&self, path: &Path) {
        let output = podman(&self.program, &self.dir).arg("load").arg("-i").arg(path).output();
        let output = output.expect("podman starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
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
