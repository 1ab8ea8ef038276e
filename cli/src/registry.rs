//! Options of every command that may ask a registry or a daemon.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::PathBuf;
use std::time::Duration;

use ::registry::client::{Endpoint, Options, Registry};
use ::registry::credentials::{Credential, CredentialSources};
use ::registry::daemon::{DaemonTls, docker_sockets, podman_sockets};
use clap::Args;
use fetch::client::ClientOptions;
use fetch::secret::Secret;
use flows::open::{DaemonSettings, Network, Opening};
use flows::source::{Place, Source};
use sbom::format::PublicKey;
use sbom::image::OpenOptions;

use crate::args::Global;
use crate::environment;
use crate::error::CommandError;
use crate::hosts::TlsArgs;

/// A host that takes a connection and never answers costs two minutes at most: so long for each try.
const READ_WAIT_MAX: Duration = Duration::from_secs(30);
const CONNECT_WAIT_MAX: Duration = Duration::from_secs(10);
const TRIES: u32 = 4;

/// How registries are asked.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Registries")]
pub(crate) struct RegistryArgs {
    /// The user to log in as, with `--registry-password-stdin`; without it the credentials of docker and podman
    /// are used
    #[arg(long, value_name = "NAME", requires = "registry_password_stdin")]
    registry_username: Option<String>,
    /// Read the password from standard input
    #[arg(long, requires = "registry_username", conflicts_with = "registry_token")]
    registry_password_stdin: bool,
    /// A bearer token; better given as `PLIMSOLL_REGISTRY_TOKEN`, because arguments are seen by other users
    #[arg(long, value_name = "TOKEN", hide_env_values = true, hide_default_value = true, value_parser = secret)]
    registry_token: Option<Secret>,
    /// Ask another place for what lies at a host, as in `docker.io=mirror.example/hub`; may be repeated, and is
    /// tried in order before the host itself
    #[arg(long, value_name = "HOST=PLACE")]
    registry_mirror: Vec<String>,
    /// Accept registries without a valid certificate, and plain HTTP where no HTTPS answers
    #[arg(long)]
    insecure: bool,
}

fn http(tls: &TlsArgs) -> ClientOptions {
    ClientOptions {
        user_agent: concat!("plimsoll/", env!("CARGO_PKG_VERSION")).to_owned(),
        ca_file: tls.ca_file.clone(),
        certificate: tls.certificate(),
        connect_timeout: CONNECT_WAIT_MAX,
        read_timeout: READ_WAIT_MAX,
        ..ClientOptions::default()
    }
}

fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

/// `docker.io=mirror.example/hub`, `docker.io=http://127.0.0.1:5000`.
fn mirror(text: &str) -> Result<(String, Endpoint), String> {
    let (host, place) = text.split_once('=').ok_or("not of the form HOST=PLACE")?;
    let (insecure, place) = match place.split_once("://") {
        Some(("http", rest)) => (true, rest),
        Some(("https", rest)) => (false, rest),
        Some((scheme, _)) => return Err(format!("`{scheme}` is neither http nor https")),
        None => (false, place),
    };
    let (mirror, prefix) = place.trim_end_matches('/').split_once('/').unwrap_or((place, ""));
    if host.is_empty() || mirror.is_empty() || mirror.contains('@') {
        return Err("not of the form HOST=PLACE".to_owned());
    }
    let host = host.to_owned();
    Ok((host, Endpoint { host: mirror.to_owned(), prefix: prefix.to_owned(), insecure }))
}

impl RegistryArgs {
    /// What `sources` are opened with.
    pub(crate) fn opening(
        &self,
        sources: &[Source],
        image: OpenOptions,
        keys: Vec<PublicKey>,
        tls: &TlsArgs,
        global: &Global,
    ) -> Result<Opening, CommandError> {
        let explicit_host = self.only_host(sources)?;
        Ok(Opening {
            image,
            keys,
            registry: self.of_host(tls, explicit_host)?,
            http: http(tls),
            docker: docker(),
            podman: podman(),
            network: if global.offline { Network::Never } else { Network::Allowed },
        })
    }

    /// Registries of what is no image. A credential that was typed is for `host`.
    pub(crate) fn registry(&self, tls: &TlsArgs, host: Option<&str>) -> Result<Registry, CommandError> {
        let is_typed = self.registry_username.is_some() || self.registry_token.is_some();
        // Without any registry there is nobody to send it to.
        self.of_host(tls, is_typed.then(|| host.unwrap_or_default().to_owned()))
    }

    fn of_host(&self, tls: &TlsArgs, explicit_host: Option<String>) -> Result<Registry, CommandError> {
        let mut mirrors = Vec::new();
        for text in &self.registry_mirror {
            // What was typed is not repeated: it may hold a password, which is what is wrong with it.
            let (host, place) = mirror(text).map_err(|reason| {
                CommandError::new(format!("a `--registry-mirror` cannot be used: {reason}"))
                    .hint("it is like `docker.io=mirror.example/hub`; credentials for it are those of `docker login`")
            })?;
            mirrors.push((host, vec![place]));
        }
        let credentials = CredentialSources {
            explicit: self.credential()?,
            explicit_host,
            files: environment::credential_files(),
            ..CredentialSources::default()
        };
        Ok(Registry::new(Options {
            credentials,
            mirrors,
            insecure: self.insecure,
            http: http(tls),
            tries: TRIES,
            ..Options::default()
        }))
    }

    /// The one registry that a typed credential is for: that of the images. It goes to no other, be it that of a base image.
    fn only_host(&self, sources: &[Source]) -> Result<Option<String>, CommandError> {
        if self.registry_username.is_none() && self.registry_token.is_none() {
            return Ok(None);
        }
        if self.registry_password_stdin && sources.iter().any(|source| source.place == Place::Stdin) {
            return Err(CommandError::new("standard input cannot be both the image and the password"));
        }
        let hosts: BTreeSet<&str> = sources
            .iter()
            .filter_map(|source| match &source.place {
                Place::Registry(reference) | Place::Name(reference) => Some(reference.host()),
                _ => None,
            })
            .collect();
        if hosts.len() > 1 {
            let hosts: Vec<&str> = hosts.into_iter().collect();
            let error =
                format!("one credential was given for images of several registries: {}", hosts.join(", "));
            return Err(CommandError::new(error).hint("log in to each with `docker login` or `podman login`"));
        }
        // Without any registry there is nobody to send it to.
        Ok(Some(hosts.first().copied().unwrap_or_default().to_owned()))
    }

    fn credential(&self) -> Result<Option<Credential>, CommandError> {
        if let Some(username) = &self.registry_username {
            let secret = password()?;
            return Ok(Some(Credential::Basic { username: username.clone(), secret }));
        }
        Ok(self.registry_token.clone().map(Credential::Bearer))
    }
}

/// Bytes of a password; tokens that stand in for one have some thousand.
const PASSWORD_BYTES_MAX: u64 = 64 << 10;

/// Standard input up to its end, without the line break that `echo` adds.
fn password() -> Result<Secret, CommandError> {
    let mut text = String::new();
    std::io::stdin().lock().take(PASSWORD_BYTES_MAX).read_to_string(&mut text).map_err(|error| {
        CommandError::new(format!("cannot read the password from standard input: {error}"))
    })?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        return Err(CommandError::new("standard input holds no password")
            .hint("pipe it in: `printf %s \"$PASSWORD\" | plimsoll … --registry-password-stdin`"));
    }
    Ok(Secret::new(secret))
}

/// Where docker listens, by the variables that its own command line reads.
fn docker() -> DaemonSettings {
    let home = environment::home();
    let runtime = environment::variable("XDG_RUNTIME_DIR").map(PathBuf::from);
    let wants_tls = environment::variable("DOCKER_TLS_VERIFY").is_some();
    let dir = environment::docker_dir();
    let certificates = environment::variable("DOCKER_CERT_PATH").map(PathBuf::from).or_else(|| dir.clone());
    DaemonSettings {
        host: environment::variable("DOCKER_HOST"),
        tls: certificates.filter(|_| wants_tls).map(|dir| DaemonTls::of_dir(&dir)),
        contexts: dir.map(|dir| (dir, environment::variable("DOCKER_CONTEXT"))),
        sockets: docker_sockets(home.as_deref(), runtime.as_deref()),
    }
}

/// Where podman listens.
fn podman() -> DaemonSettings {
    let runtime = environment::variable("XDG_RUNTIME_DIR").map(PathBuf::from);
    DaemonSettings {
        host: environment::variable("CONTAINER_HOST"),
        sockets: podman_sockets(runtime.as_deref()),
        ..DaemonSettings::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_is_a_host_and_a_place() {
        let endpoint = |host: &str, prefix: &str, insecure| Endpoint {
            host: host.to_owned(),
            prefix: prefix.to_owned(),
            insecure,
        };
        for (text, host, place) in [
            ("docker.io=mirror.example", "docker.io", endpoint("mirror.example", "", false)),
            ("docker.io=mirror.example/hub/", "docker.io", endpoint("mirror.example", "hub", false)),
            ("a.example=http://127.0.0.1:5000", "a.example", endpoint("127.0.0.1:5000", "", true)),
            ("a.example=https://b.example/c/d", "a.example", endpoint("b.example", "c/d", false)),
        ] {
            assert_eq!(mirror(text), Ok((host.to_owned(), place)), "{text}");
        }
        for text in ["", "docker.io", "docker.io=", "=a", "a=ftp://b", "a=user:secret@b"] {
            assert!(mirror(text).is_err(), "{text}");
        }
    }
}
