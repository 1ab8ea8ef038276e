//! Certificates, and what a host on TLS may lead to, against the server that openssl brings along.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use testkit::server::Server;

use super::{BODY, PATH};
use crate::client::ClientCertificate;
use crate::error::FetchError;
use crate::fetcher::{FetchOptions, Fetcher, NoProgress, Proxy, Request};
use crate::hosts::{Credential, Hosts};
use crate::secret::Secret;

/// A server that lets in only who shows its own certificate, and sends the files of its directory as whole answers.
struct Guarded {
    dir: TempDir,
    process: Child,
    host: String,
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Guarded {
    fn start() -> Self {
        let dir = TempDir::new().unwrap();
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"])
            .args(["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"])
            .args(["-out", "cert.pem", "-keyout", "key.pem"])
            .current_dir(dir.path())
            .stderr(Stdio::null())
            .status();
        assert!(made.expect("openssl is part of every system").success());
        let mut process = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-cert", "cert.pem", "-key", "key.pem"])
            .args(["-CAfile", "cert.pem", "-Verify", "1", "-verify_return_error", "-HTTP"])
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        // It says so when it listens, and on which port.
        let host = lines.find_map(|line| Some(line.strip_prefix("ACCEPT ")?.trim().to_owned())).unwrap();
        // What it says later must not fill the pipe.
        std::thread::spawn(move || lines.count());
        Self { dir, process, host }
    }

    fn serve(&self, name: &str, answer: &str) {
        fs::write(self.dir.path().join(name), answer.replace('\n', "\r\n")).unwrap();
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn get(&self, name: &str, options: FetchOptions) -> Result<Vec<u8>, FetchError> {
        let to = self.dir.path().join("downloaded");
        let url = format!("https://{}/{name}", self.host);
        let request = Request { url: &url, to: &to, previous: None, bytes_max: 1000 };
        Fetcher::new(options).get(&request, &NoProgress)?;
        Ok(fs::read(to).unwrap())
    }

    fn options(&self) -> FetchOptions {
        let certificate = ClientCertificate { certificate: self.file("cert.pem"), key: self.file("key.pem") };
        FetchOptions {
            proxy: Proxy::Never,
            tries: 1,
            ca_file: Some(self.file("cert.pem")),
            certificate: Some(certificate),
            ..FetchOptions::default()
        }
    }
}

#[test]
fn a_host_that_wants_a_certificate_is_shown_one_and_a_private_authority_is_believed() {
    let server = Guarded::start();
    server.serve("feed.json", "HTTP/1.0 200 OK\nContent-Length: 20\n\n0123456789abcdefghij");
    assert_eq!(server.get("feed.json", server.options()).unwrap(), BODY);
    for options in [
        FetchOptions { certificate: None, ..server.options() },
        FetchOptions { ca_file: None, ..server.options() },
    ] {
        let error = server.get("feed.json", options).unwrap_err();
        assert!(matches!(error, FetchError::Transport { .. }), "{error:?}");
    }
    let key = server.file("key.pem");
    let swapped = ClientCertificate { certificate: key.clone(), key };
    let error = server.get("feed.json", FetchOptions { certificate: Some(swapped), ..server.options() });
    assert!(matches!(error.unwrap_err(), FetchError::ClientCertificate { .. }));
}

#[test]
fn a_redirect_away_from_https_is_not_followed_and_brings_no_credential() {
    let (server, plain) = (Guarded::start(), Server::new());
    plain.serve(PATH, BODY);
    server.serve("old", &format!("HTTP/1.0 302 Found\nLocation: {}\nContent-Length: 0\n\n", plain.url(PATH)));
    let mut hosts = Hosts::default();
    for host in [&server.host, &plain.host()] {
        hosts.give(host, &Credential::Bearer(Secret::new("s3cret")), "a test").unwrap();
    }
    let error = server.get("old", FetchOptions { hosts, ..server.options() }).unwrap_err();
    assert!(matches!(error, FetchError::Redirect { .. }), "{error:?}");
    assert!(plain.requests().is_empty());
}
