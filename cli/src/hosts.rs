//! Who asks the hosts of feeds: credentials from the configuration, the environment and netrc, and certificates.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use feeds_sync::hosts::{KNOWN_HOSTS, KeyForm, KnownHost};
use fetch::client::ClientCertificate;
use fetch::hosts::{Credential, Hosts};
use fetch::netrc::{self, Machine};
use fetch::secret::Secret;

use crate::args::Global;
use crate::environment;
use crate::error::CommandError;
use crate::ui::Ui;

/// Certificates of others and of our own.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct TlsArgs {
    /// A file of certificates to trust beside the system's
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    pub(crate) ca_file: Option<PathBuf>,
    /// The certificate to show to hosts that ask for one, in PEM
    #[arg(long, value_name = "FILE", requires = "client_key", help_heading = "Network")]
    pub(crate) client_cert: Option<PathBuf>,
    /// Its private key, in PEM
    #[arg(long, value_name = "FILE", requires = "client_cert", help_heading = "Network")]
    pub(crate) client_key: Option<PathBuf>,
}

impl TlsArgs {
    /// Our own certificate.
    pub(crate) fn certificate(&self) -> Option<ClientCertificate> {
        let (certificate, key) = (self.client_cert.clone()?, self.client_key.clone()?);
        Some(ClientCertificate { certificate, key })
    }
}

/// What the configuration says of one host: `[feeds.hosts."mirror.example"]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostText {
    /// The host, with its port if it is not the scheme's own.
    pub(crate) host: String,
    /// Where its token is. The token itself never stands in a configuration.
    pub(crate) token: TokenPlace,
    /// How it is sent.
    pub(crate) form: TokenForm,
}

/// Where a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenPlace {
    /// In an environment variable.
    Variable(String),
    /// In a file that holds nothing else.
    File(PathBuf),
    /// In a netrc file, under the host.
    Netrc(PathBuf),
}

/// How a token is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenForm {
    /// `Authorization: Bearer`.
    Bearer,
    /// `Authorization: Basic`, as the password of this user.
    Basic(String),
    /// In a header of this name.
    Header(String),
    /// `Authorization: Basic`, with the login that stands beside it.
    Login,
}

/// What each host of feeds is given, and how often it may be asked.
///
/// The configuration goes before the variables of known hosts (`NVD_API_KEY`, `GITHUB_TOKEN`), and these before the
/// user's netrc file.
pub(crate) fn hosts(global: &Global, ui: &Ui) -> Result<Hosts, CommandError> {
    let mut hosts = Hosts::default();
    for text in global.hosts.iter() {
        match configured(text)? {
            Some((credential, origin)) => give(&mut hosts, &text.host, &credential, &origin)?,
            None => ui.warn(&format!(
                "host `{}` is asked without a credential: its variable is not set",
                text.host
            )),
        }
    }
    for known in KNOWN_HOSTS {
        let set = known.variables.iter().find_map(|name| Some((*name, environment::variable(name)?)));
        if let Some((name, token)) = set {
            give(&mut hosts, known.host, &of_known(known, token.trim()), &format!("`{name}`"))?;
        }
    }
    if let Some(path) = environment::netrc() {
        let origin = format!("`{}`", path.display());
        // It is not ours alone: what is wrong with it need not stop anything.
        match machines(&path) {
            Ok(machines) => {
                for machine in &machines {
                    if let Err(error) = hosts.give_every_port(&machine.host, &login(machine), &origin) {
                        ui.warn(&format!("host `{}`: {error}", machine.host));
                    }
                }
            }
            Err(error) => ui.warn(&format!("no credential is taken from {origin}: {error}")),
        }
    }
    for known in KNOWN_HOSTS {
        let has_key = hosts.has_credential(known.host);
        hosts.set_interval(known.host, if has_key { known.interval_with_key } else { known.interval });
    }
    Ok(hosts)
}

fn give(hosts: &mut Hosts, host: &str, credential: &Credential, origin: &str) -> Result<(), CommandError> {
    hosts.give(host, credential, origin).map_err(failed)
}

fn failed(error: fetch::error::FetchError) -> CommandError {
    CommandError::Failed { error: Box::new(error), hints: Vec::new() }
}

fn of_known(known: &KnownHost, token: &str) -> Credential {
    match known.key {
        KeyForm::Bearer => Credential::Bearer(Secret::new(token)),
        KeyForm::Header(name) => Credential::Header { name: name.to_owned(), secret: Secret::new(token) },
    }
}

fn login(machine: &Machine) -> Credential {
    Credential::Basic { username: machine.login.clone(), secret: machine.password.clone() }
}

/// The credential that the configuration leads to, and where it is; none when its variable is not set.
fn configured(text: &HostText) -> Result<Option<(Credential, String)>, CommandError> {
    let (token, origin) = match &text.token {
        TokenPlace::Variable(name) => {
            let Some(token) = environment::variable(name) else { return Ok(None) };
            (token.trim().to_owned(), format!("`{name}`"))
        }
        TokenPlace::File(path) => (token_file(path)?, format!("`{}`", path.display())),
        TokenPlace::Netrc(path) => {
            let cannot = |why: &str| CommandError::new(format!("netrc file `{}` {why}", path.display()));
            let machines = machines(path).map_err(|error| cannot(&format!("cannot be used: {error}")))?;
            // netrc files know no ports.
            let host = text.host.rsplit_once(':').map_or(text.host.as_str(), |(host, _)| host);
            let machine = machines.iter().find(|machine| machine.host.eq_ignore_ascii_case(host));
            let machine = machine.ok_or_else(|| cannot(&format!("has no password for `{host}`")))?;
            return Ok(Some((login(machine), format!("`{}`", path.display()))));
        }
    };
    let secret = Secret::new(token);
    let credential = match &text.form {
        TokenForm::Bearer | TokenForm::Login => Credential::Bearer(secret),
        TokenForm::Basic(username) => Credential::Basic { username: username.clone(), secret },
        TokenForm::Header(name) => Credential::Header { name: name.clone(), secret },
    };
    Ok(Some((credential, origin)))
}

/// Bytes of a file that holds tokens.
const TOKENS_BYTES_MAX: u64 = 64 << 10;

/// The token in `path`, without the line break that editors add.
fn token_file(path: &Path) -> Result<String, CommandError> {
    let cannot = |why: &str| CommandError::new(format!("token file `{}` {why}", path.display()));
    let text = read(path).map_err(|error| cannot(&format!("cannot be read: {error}")))?;
    let token = text.trim();
    if token.is_empty() {
        return Err(cannot("is empty"));
    }
    Ok(token.to_owned())
}

/// The logins in the netrc file at `path`, or why there are none, in words.
fn machines(path: &Path) -> Result<Vec<Machine>, String> {
    let text = read(path).map_err(|error| error.to_string())?;
    netrc::parse(&text).map_err(|error| error.to_string())
}

fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    fs::File::open(path)?.take(TOKENS_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}
