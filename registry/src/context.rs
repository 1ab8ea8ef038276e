//! Docker's contexts: which daemon docker's own command line would ask.

use std::fs;
use std::io;
use std::path::Path;

use fetch::client::Verification;
use serde::Deserialize;

use crate::daemon::{Daemon, DaemonTls};
use crate::error::RegistryError;
use model::digest::Digest;

/// The daemon of the context `name`, or without a name of the current one, in docker's directory `docker_dir`
/// (`~/.docker`); `None` when that is the default one, which is no context at all.
///
/// # Errors
/// When a file is there and cannot be read, the context is not there, or its address is of no use.
pub fn daemon_of_context(docker_dir: &Path, name: Option<&str>) -> Result<Option<Daemon>, RegistryError> {
    let name = match name {
        Some(name) => Some(name.to_owned()),
        None => read::<Config>(&docker_dir.join("config.json"))?.and_then(|config| config.current_context),
    };
    let Some(name) = name.filter(|name| !matches!(&**name, "" | "default")) else { return Ok(None) };
    // Directories are called by the hash of the name (docker/cli, `contextdirOf`).
    let digest = Digest::sha256(name.as_bytes());
    let path = docker_dir.join("contexts/meta").join(digest.hex()).join("meta.json");
    let missing = || RegistryError::File { path: path.clone(), source: io::ErrorKind::NotFound.into() };
    let meta: Meta = read(&path)?.ok_or_else(missing)?;
    let tls_dir = docker_dir.join("contexts/tls").join(digest.hex()).join("docker");
    let mut tls =
        (tls_dir.is_dir() || meta.endpoints.docker.skip_tls_verify).then(|| DaemonTls::of_dir(&tls_dir));
    if let Some(tls) = tls.as_mut().filter(|_| meta.endpoints.docker.skip_tls_verify) {
        tls.verification = Verification::Off;
    }
    Daemon::parse(&meta.endpoints.docker.host, tls).map(Some)
}

#[derive(Deserialize)]
struct Config {
    #[serde(rename = "currentContext")]
    current_context: Option<String>,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(rename = "Endpoints")]
    endpoints: Endpoints,
}

#[derive(Deserialize)]
struct Endpoints {
    docker: Endpoint,
}

#[derive(Deserialize)]
struct Endpoint {
    #[serde(rename = "Host")]
    host: String,
    #[serde(default, rename = "SkipTLSVerify")]
    skip_tls_verify: bool,
}

/// The document at `path`; none when nothing is there.
fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<Option<T>, RegistryError> {
    let error = |source| RegistryError::File { path: path.to_owned(), source };
    let text = match fs::read(path) {
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text.map_err(error)?,
    };
    // The text of the parser's error may quote a value, and credentials lie in the same file.
    let malformed = |_| error(io::Error::new(io::ErrorKind::InvalidData, "not JSON of the known shape"));
    serde_json::from_slice(&text).map(Some).map_err(malformed)
}
