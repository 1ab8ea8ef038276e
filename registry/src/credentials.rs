//! Credentials: from an argument, from the files of docker and podman, and from credential helpers.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde::Deserialize;

use crate::error::CredentialsError;
use crate::helper;
use crate::json::null_is_default;
use crate::reference::DOCKER_HOST;
use fetch::secret::Secret;

/// The key under which docker keeps the credential for docker.io.
const DOCKER_KEY: &str = "https://index.docker.io/v1/";

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A user name and a password, or an access token in its place.
    Basic {
        /// The user name.
        username: String,
        /// The password.
        secret: Secret,
    },
    /// A refresh token, which is exchanged for access tokens.
    IdentityToken(Secret),
    /// An access token, sent as it is.
    Bearer(Secret),
}

impl Credential {
    /// Whether it is a token without text. An empty password is one.
    fn is_empty(&self) -> bool {
        match self {
            Self::Basic { .. } => false,
            Self::IdentityToken(token) | Self::Bearer(token) => token.expose().is_empty(),
        }
    }
}

/// Where credentials may be.
#[derive(Clone, Debug)]
pub struct CredentialSources {
    /// The one to use for the host that is asked, whatever files say. Mirrors never see it. A token that is empty
    /// counts as none.
    pub explicit: Option<Credential>,
    /// The only host that `explicit` is for, with its port if there is one; without it, any. For other hosts the
    /// files count.
    pub explicit_host: Option<String>,
    /// Files like docker's `config.json` and podman's `auth.json`; the first with an entry decides. One that is
    /// not there is passed over.
    pub files: Vec<PathBuf>,
    /// The directory of credential helpers; without one, they are where the system finds programs.
    pub helper_dir: Option<PathBuf>,
    /// The longest wait for a credential helper. It is of wall time.
    pub helper_timeout: Duration,
}

impl Default for CredentialSources {
    fn default() -> Self {
        Self {
            explicit: None,
            explicit_host: None,
            files: Vec::new(),
            helper_dir: None,
            helper_timeout: Duration::from_secs(30),
        }
    }
}

/// The variables and directories of a user that say where files of credentials are.
#[derive(Clone, Copy, Debug, Default)]
pub struct FilePlaces<'a> {
    /// `REGISTRY_AUTH_FILE`: podman's file.
    pub registry_auth_file: Option<&'a Path>,
    /// `XDG_RUNTIME_DIR`.
    pub xdg_runtime_dir: Option<&'a Path>,
    /// `XDG_CONFIG_HOME`.
    pub xdg_config_home: Option<&'a Path>,
    /// `DOCKER_CONFIG`: docker's directory.
    pub docker_config: Option<&'a Path>,
    /// The home directory.
    pub home: Option<&'a Path>,
}

/// The files of podman and docker, in the order in which containers-auth.json(5) reads them.
pub fn default_files(places: &FilePlaces<'_>) -> Vec<PathBuf> {
    let in_home = |path: &str| places.home.map(|home| home.join(path));
    let config_home = places.xdg_config_home.map(Path::to_owned).or_else(|| in_home(".config"));
    let docker = places.docker_config.map(Path::to_owned).or_else(|| in_home(".docker"));
    let files = [
        places.registry_auth_file.map(Path::to_owned),
        places.xdg_runtime_dir.map(|dir| dir.join("containers/auth.json")),
        config_home.map(|dir| dir.join("containers/auth.json")),
        docker.map(|dir| dir.join("config.json")),
    ];
    files.into_iter().flatten().collect()
}

/// A credential, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The credential.
    pub credential: Credential,
    /// Where it came from, for people: a file, or a helper and the file that names it.
    pub origin: String,
}

impl CredentialSources {
    /// The credential for `repository` at `host`, if there is one: the explicit one if it is for this host, else that
    /// of the files.
    ///
    /// # Errors
    /// See [`CredentialsError`].
    pub fn find(&self, host: &str, repository: &str) -> Result<Option<Found>, CredentialsError> {
        match self.explicit_for(host) {
            Some(credential) => {
                let origin = "given for this run".to_owned();
                Ok(Some(Found { credential: credential.clone(), origin }))
            }
            None => self.find_in_files(host, repository),
        }
    }

    /// The explicit credential, if it is one and for `host`.
    fn explicit_for(&self, host: &str) -> Option<&Credential> {
        let is_for = |own: &String| host_keys(host).iter().any(|key| key.eq_ignore_ascii_case(own));
        let explicit = self.explicit.as_ref().filter(|credential| !credential.is_empty());
        explicit.filter(|_| self.explicit_host.as_ref().is_none_or(is_for))
    }

    /// The credential for `repository` at `host` in the files, if there is one.
    ///
    /// In each file the helper for the host is asked first, then the entries from `host/a/b` to `host`, then the
    /// helper for all hosts, as docker and containers-auth.json(5) do.
    ///
    /// # Errors
    /// See [`CredentialsError`].
    pub fn find_in_files(&self, host: &str, repository: &str) -> Result<Option<Found>, CredentialsError> {
        for path in &self.files {
            let Some(file) = AuthFile::read(path)? else { continue };
            if let Some(found) = self.find_in(&file, path, host, repository)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn find_in(
        &self,
        file: &AuthFile,
        path: &Path,
        host: &str,
        repository: &str,
    ) -> Result<Option<Found>, CredentialsError> {
        for key in host_keys(host) {
            // The helper knows the server by the name that it stands under.
            if let Some((server, name)) = file.helpers.iter().find(|(server, _)| host_of(server) == key)
                && let Some(found) = self.ask(name, path, server)?
            {
                return Ok(Some(found));
            }
        }
        if let Some((key, entry)) = file.entry(host, repository)
            && let Some(credential) = entry.credential(path, key)?
        {
            return Ok(Some(Found { credential, origin: format!("from `{}`", path.display()) }));
        }
        match &file.store {
            Some(name) if !name.is_empty() => self.ask(name, path, server_of(host)),
            _ => Ok(None),
        }
    }

    fn ask(&self, name: &str, path: &Path, server: &str) -> Result<Option<Found>, CredentialsError> {
        // The name becomes part of a program's name; a slash would make it a path.
        let is_name = |char: char| char.is_ascii_alphanumeric() || "-_.".contains(char);
        if name.is_empty() || !name.chars().all(is_name) {
            return Err(CredentialsError::HelperName { path: path.to_owned() });
        }
        let program = format!("docker-credential-{name}");
        let path_of_program = self.helper_dir.as_ref().map(|dir| dir.join(&program));
        let path_of_program = path_of_program.unwrap_or_else(|| PathBuf::from(&program));
        let credential = helper::get(&path_of_program, server, self.helper_timeout)?;
        let origin = format!("from `{program}`, named in `{}`", path.display());
        Ok(credential.map(|credential| Found { credential, origin }))
    }
}

/// docker's `config.json` or podman's `auth.json`: the part about credentials.
#[derive(Default, Deserialize)]
struct AuthFile {
    #[serde(default, deserialize_with = "null_is_default", rename = "auths")]
    entries: BTreeMap<String, Entry>,
    #[serde(default, deserialize_with = "null_is_default", rename = "credHelpers")]
    helpers: BTreeMap<String, String>,
    #[serde(default, rename = "credsStore")]
    store: Option<String>,
}

#[derive(Default, Deserialize)]
struct Entry {
    #[serde(default)]
    auth: String,
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    #[serde(default, rename = "identitytoken")]
    identity_token: String,
    #[serde(default, rename = "registrytoken")]
    registry_token: String,
}

impl AuthFile {
    /// The file at `path`; none when nothing is there.
    fn read(path: &Path) -> Result<Option<Self>, CredentialsError> {
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(source) => return Err(CredentialsError::Unreadable { path: path.to_owned(), source }),
        };
        // podman makes the file empty before its first login.
        if text.trim_ascii().is_empty() {
            return Ok(None);
        }
        // The text of the error may quote a value.
        serde_json::from_slice(&text).map(Some).map_err(|error| CredentialsError::Malformed {
            path: path.to_owned(),
            line: error.line(),
            column: error.column(),
        })
    }

    /// The most specific entry for `repository` at `host`.
    fn entry(&self, host: &str, repository: &str) -> Option<(&str, &Entry)> {
        for key in host_keys(host) {
            let mut name = format!("{key}/{repository}");
            loop {
                if let Some((key, entry)) = self.entries.get_key_value(&name) {
                    return Some((key, entry));
                }
                match name.rfind('/') {
                    Some(slash) => name.truncate(slash),
                    None => break,
                }
            }
        }
        // Older forms: a URL, of which the host counts.
        host_keys(host).iter().find_map(|key| {
            self.entries.iter().find(|(entry, _)| host_of(entry) == *key).map(|(key, entry)| (&**key, entry))
        })
    }
}

impl Entry {
    fn credential(&self, path: &Path, key: &str) -> Result<Option<Credential>, CredentialsError> {
        if !self.registry_token.is_empty() {
            return Ok(Some(Credential::Bearer(Secret::new(&self.registry_token))));
        }
        if !self.identity_token.is_empty() {
            return Ok(Some(Credential::IdentityToken(Secret::new(&self.identity_token))));
        }
        if !self.username.is_empty() {
            let (username, secret) = (self.username.clone(), Secret::new(&self.password));
            return Ok(Some(Credential::Basic { username, secret }));
        }
        // docker leaves an empty entry behind when a helper keeps the credential.
        if self.auth.is_empty() {
            return Ok(None);
        }
        let invalid = || CredentialsError::Entry { path: path.to_owned(), key: key.to_owned() };
        let decoded = STANDARD.decode(&self.auth).or_else(|_| STANDARD_NO_PAD.decode(&self.auth));
        let text = String::from_utf8(decoded.map_err(|_| invalid())?).map_err(|_| invalid())?;
        let (username, secret) = text.split_once(':').ok_or_else(invalid)?;
        // docker once padded the password with zero bytes, and trims them still.
        let secret = Secret::new(secret.trim_matches('\0'));
        Ok(Some(match username {
            "<token>" => Credential::IdentityToken(secret),
            username => Credential::Basic { username: username.to_owned(), secret },
        }))
    }
}

/// The hosts under which a credential for `host` may be kept.
fn host_keys(host: &str) -> Vec<&str> {
    match host {
        DOCKER_HOST => vec![DOCKER_HOST, "index.docker.io", "registry-1.docker.io"],
        host => vec![host],
    }
}

/// What a helper is asked for.
fn server_of(host: &str) -> &str {
    if host == DOCKER_HOST { DOCKER_KEY } else { host }
}

/// The host of a key like `https://host:5000/v1/`, or of `host/v2/`.
fn host_of(key: &str) -> &str {
    let rest = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://"));
    let (rest, is_url) = rest.map_or((key, false), |rest| (rest, true));
    match rest.split_once('/') {
        None => rest,
        // Without a scheme, a path is a namespace and counts as one, except the two that old docker wrote.
        Some((host, path)) if is_url || matches!(path.trim_end_matches('/'), "" | "v1" | "v2") => host,
        Some(_) => key,
    }
}
