//! [`Daemon`]: exporting an image from docker or podman.
//!
//! Both answer docker's API (<https://docs.docker.com/reference/api/engine/>); one of its requests is enough, and has
//! been the same in every version of it.

use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use fetch::client::{ClientCertificate, ClientOptions, Proxy, Verification};
use reqwest::blocking::{Client, Response};
use reqwest::{StatusCode, Url};

use crate::error::RegistryError;
use crate::escape::escape;
use crate::exchange::{Answer, Failure, broken, status_failure, transport};
use crate::pace::{Pace, SLOW_WINDOW};

/// Where a daemon listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Daemon {
    /// A socket on this machine.
    Unix(PathBuf),
    /// A host, on plain TCP or TLS.
    Tcp {
        /// Host and port: `127.0.0.1:2375`.
        address: String,
        /// The certificates, if it is TLS.
        tls: Option<DaemonTls>,
    },
}

/// The certificates of a daemon that is asked over TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DaemonTls {
    /// A PEM file with the authority of the daemon's certificate; without one, the system's count.
    pub ca: Option<PathBuf>,
    /// The certificate to show.
    pub certificate: Option<ClientCertificate>,
    /// Whether the daemon's certificate is verified.
    pub verification: Verification,
}

impl DaemonTls {
    /// The files that docker keeps in a directory like `DOCKER_CERT_PATH`: `ca.pem`, `cert.pem`, `key.pem`, those
    /// that are there.
    pub fn of_dir(dir: &Path) -> Self {
        let file = |name| Some(dir.join(name)).filter(|path| path.is_file());
        let certificate = file("cert.pem").zip(file("key.pem"));
        Self {
            ca: file("ca.pem"),
            certificate: certificate.map(|(certificate, key)| ClientCertificate { certificate, key }),
            verification: Verification::Full,
        }
    }
}

impl fmt::Display for Daemon {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(out, "unix://{}", path.display()),
            Self::Tcp { address, .. } => write!(out, "tcp://{address}"),
        }
    }
}

impl Daemon {
    /// The daemon at `docker_host`, written as in `DOCKER_HOST`: `unix:///path`, `tcp://host:port`,
    /// `http://host:port` or `https://host:port`; over TLS with `tls` if it is given.
    ///
    /// # Errors
    /// [`RegistryError::DaemonAddress`] for anything else: a named pipe of Windows, a host to be reached by SSH.
    pub fn parse(docker_host: &str, tls: Option<DaemonTls>) -> Result<Self, RegistryError> {
        let refuse =
            |reason| RegistryError::DaemonAddress { address: fetch::error::redact(docker_host), reason };
        let Some((scheme, rest)) = docker_host.split_once("://") else {
            return Err(refuse("it starts with none of `unix://`, `tcp://`, `http://` and `https://`"));
        };
        let tls = match (scheme, tls) {
            ("unix", _) if rest.starts_with('/') => return Ok(Self::Unix(PathBuf::from(rest))),
            ("unix", _) => return Err(refuse("the path of a socket starts with `/`")),
            ("ssh", _) => {
                return Err(refuse(
                    "SSH is not spoken here; forward the socket (`ssh -L /tmp/docker.sock:/var/run/docker.sock HOST`) \
                     and name it as `unix:///tmp/docker.sock`",
                ));
            }
            ("npipe", _) => return Err(refuse("named pipes are not supported; save the image to a file")),
            ("http", _) => None,
            ("tcp", tls) => tls,
            ("https", tls) => Some(tls.unwrap_or(DaemonTls {
                ca: None,
                certificate: None,
                verification: Verification::Full,
            })),
            _ => return Err(refuse("its scheme is none of `unix`, `tcp`, `http` and `https`")),
        };
        let rest = rest.trim_end_matches('/');
        let port = if tls.is_some() { 2376 } else { 2375 };
        let has_port = rest.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let address =
            if has_port && !rest.ends_with(']') { rest.to_owned() } else { format!("{rest}:{port}") };
        if !crate::reference::is_host(&address) {
            return Err(refuse("it is not a host and a port"));
        }
        Ok(Self::Tcp { address, tls })
    }

    /// The image `name` as a `docker save` archive, of at most `bytes_max` bytes. The daemon may think long before
    /// the first of them: the time-out of `http` is for each wait.
    ///
    /// # Errors
    /// [`RegistryError::NoSuchImage`]; [`RegistryError::Transport`] when no daemon is there; see [`RegistryError`].
    /// Errors of the reader are [`RegistryError`]s in an [`io::Error`].
    pub fn export(
        &self,
        name: &str,
        bytes_max: u64,
        http: &ClientOptions,
    ) -> Result<ExportReader, RegistryError> {
        let Answer { response, url, .. } = self.get(name, http)?;
        Ok(ExportReader { response, url, name: name.to_owned(), bytes_max, rest: bytes_max })
    }

    fn get(&self, name: &str, http: &ClientOptions) -> Result<Answer, RegistryError> {
        let missing = || RegistryError::NoSuchImage { name: name.to_owned(), daemon: self.to_string() };
        // Such names mean another place in a URL, whether escaped or not.
        if matches!(name, "" | "." | "..") {
            return Err(missing());
        }
        let address = format!("{}/images/{}/get", self.root(), escape(name));
        let url = Url::parse(&address).map_err(|_| RegistryError::DaemonAddress {
            address: self.to_string(),
            reason: "it is no part of a URL",
        })?;
        let response =
            final_(self.client(http)?.get(url.clone()).send().map_err(|error| self.transport(error, &url)))?;
        let answer = Answer { response, url, pace: Pace::new(SLOW_WINDOW) };
        match answer.response.status() {
            StatusCode::OK => Ok(answer),
            StatusCode::NOT_FOUND => Err(missing()),
            _ => final_(Err(status_failure(answer))),
        }
    }

    /// As any failure of an exchange, but it names the socket.
    fn transport(&self, error: reqwest::Error, url: &Url) -> Failure {
        match transport(error, url) {
            Failure::Final(error) | Failure::Again(error, _) => Failure::Final(match error {
                RegistryError::Transport { source, .. } => {
                    RegistryError::Transport { url: self.to_string(), source }
                }
                RegistryError::TimedOut { .. } => RegistryError::TimedOut { url: self.to_string() },
                error => error,
            }),
        }
    }

    fn root(&self) -> String {
        match self {
            Self::Unix(_) => "http://localhost".to_owned(),
            Self::Tcp { address, tls: None } => format!("http://{address}"),
            Self::Tcp { address, tls: Some(_) } => format!("https://{address}"),
        }
    }

    fn client(&self, http: &ClientOptions) -> Result<Client, RegistryError> {
        let mut options = ClientOptions { proxy: Proxy::Never, ..http.clone() };
        match self {
            Self::Unix(path) => options.unix_socket = Some(path.clone()),
            Self::Tcp { tls: Some(tls), .. } => {
                options.ca_file.clone_from(&tls.ca);
                options.certificate.clone_from(&tls.certificate);
                options.verification = tls.verification;
            }
            Self::Tcp { tls: None, .. } => {}
        }
        Ok(fetch::client::build(&options)?)
    }
}

/// The result, of which nothing is tried again: the daemon is near.
fn final_<T>(result: Result<T, Failure>) -> Result<T, RegistryError> {
    result.map_err(|failure| match failure {
        Failure::Final(error) | Failure::Again(error, _) => error,
    })
}

/// The bytes of an exported image.
pub struct ExportReader {
    response: Response,
    url: Url,
    name: String,
    bytes_max: u64,
    rest: u64,
}

impl fmt::Debug for ExportReader {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ExportReader")
            .field("name", &self.name)
            .field("rest", &self.rest)
            .finish_non_exhaustive()
    }
}

impl Read for ExportReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_read =
            self.response.read(buffer).map_err(|error| io::Error::other(broken(error, &self.url)))?;
        let too_large = || RegistryError::TooLarge { what: self.name.clone(), bytes_max: self.bytes_max };
        self.rest = self.rest.checked_sub(n_read as u64).ok_or_else(|| io::Error::other(too_large()))?;
        Ok(n_read)
    }
}

/// Where docker listens, in the order in which to look: as root, without, and Docker Desktop.
pub fn docker_sockets(home: Option<&Path>, xdg_runtime_dir: Option<&Path>) -> Vec<PathBuf> {
    let mut sockets = vec![PathBuf::from("/var/run/docker.sock")];
    sockets.extend(xdg_runtime_dir.map(|dir| dir.join("docker.sock")));
    sockets.extend(home.map(|home| home.join(".docker/run/docker.sock")));
    sockets.extend(home.map(|home| home.join(".docker/desktop/docker.sock")));
    sockets
}

/// Where podman listens, in the order in which to look: without root, and as root. `xdg_runtime_dir` is usually
/// `/run/user/<id>`.
pub fn podman_sockets(xdg_runtime_dir: Option<&Path>) -> Vec<PathBuf> {
    let mut sockets: Vec<PathBuf> =
        xdg_runtime_dir.map(|dir| dir.join("podman/podman.sock")).into_iter().collect();
    sockets.push(PathBuf::from("/run/podman/podman.sock"));
    sockets
}
