//! The HTTP client: the one place where it is made.
//!
//! Every crate that speaks HTTP takes its client from here, because rustls panics without a provider, and because
//! certificates, proxies and time-outs must mean the same everywhere.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::blocking::Client;
use reqwest::redirect;

use crate::error::FetchError;
use crate::lookup::Resolver;

/// Redirects followed for one request. The client follows none: whoever asks decides what goes to the next host.
pub const REDIRECTS_MAX: usize = 10;

/// What an HTTP client is made of. Durations are of wall time.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// `User-Agent`.
    pub user_agent: String,
    /// The longest wait for a connection, its TLS handshake included.
    pub connect_timeout: Duration,
    /// The longest wait for the head of an answer, and for each piece of a body. There is no limit on the whole.
    pub read_timeout: Duration,
    /// A PEM file of certificates to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// The certificate that the client shows when it is asked for one.
    pub certificate: Option<ClientCertificate>,
    /// Whether certificates of servers are verified.
    pub verification: Verification,
    /// Whether the system's proxy settings are followed.
    pub proxy: Proxy,
    /// A Unix socket to connect to, whatever host a URL names.
    pub unix_socket: Option<PathBuf>,
}

/// A certificate of the client's own, as two PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate, and those up to its authority.
    pub certificate: PathBuf,
    /// Its private key; it may be the same file.
    pub key: PathBuf,
}

/// Whether certificates of servers are verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// Against the system's authorities and [`ClientOptions::ca_file`].
    Full,
    /// Not at all: whoever answers is believed.
    Off,
}

/// Whether the system's proxy settings (`HTTPS_PROXY`, `NO_PROXY` …) are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proxy {
    /// As the system says.
    System,
    /// Every host is asked directly.
    Never,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            user_agent: "plimsoll".to_owned(),
            connect_timeout: Duration::from_secs(30),
            read_timeout: Duration::from_secs(60),
            ca_file: None,
            certificate: None,
            verification: Verification::Full,
            proxy: Proxy::System,
            unix_socket: None,
        }
    }
}

/// A client for `options`. It loads the system's root certificates (42 ms), so make one and keep it.
///
/// # Errors
/// [`FetchError::CaFile`], [`FetchError::ClientCertificate`] or [`FetchError::Io`] when a file is not what it should
/// be; [`FetchError::Client`] when TLS cannot be set up.
pub fn build(options: &ClientOptions) -> Result<Client, FetchError> {
    // An error only says that a provider is installed already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    // The blocking client applies its time-out to each wait: for the answer to a request, and for each piece of
    // a body. The async client's `read_timeout` panics here, because no runtime polls the body.
    let mut builder = Client::builder()
        .user_agent(&options.user_agent)
        .connect_timeout(options.connect_timeout)
        .timeout(options.read_timeout)
        .dns_resolver(Arc::new(Resolver))
        .redirect(redirect::Policy::none());
    if let Some(path) = &options.ca_file {
        let pem = fs::read(path).map_err(FetchError::io("read", path))?;
        let certificates = reqwest::Certificate::from_pem_bundle(&pem)
            .map_err(|source| FetchError::CaFile { path: path.clone(), source })?;
        builder = builder.tls_certs_merge(certificates);
    }
    if let Some(certificate) = &options.certificate {
        builder = builder.identity(identity(certificate)?);
    }
    if options.verification == Verification::Off {
        builder = builder.tls_danger_accept_invalid_certs(true);
    }
    if options.proxy == Proxy::Never {
        builder = builder.no_proxy();
    }
    #[cfg(unix)]
    if let Some(path) = &options.unix_socket {
        builder = builder.unix_socket(path.clone());
    }
    builder.build().map_err(|source| FetchError::Client { source: source.without_url() })
}

fn identity(certificate: &ClientCertificate) -> Result<reqwest::Identity, FetchError> {
    let ClientCertificate { certificate: path, key } = certificate;
    let mut pem = fs::read(path).map_err(FetchError::io("read", path))?;
    if key != path {
        pem.push(b'\n');
        pem.extend(fs::read(key).map_err(FetchError::io("read", key))?);
    }
    reqwest::Identity::from_pem(&pem).map_err(|source| FetchError::ClientCertificate {
        path: path.clone(),
        key: key.clone(),
        source,
    })
}
