//! [`Hosts`]: the credential that each host is given, and how often it may be asked.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};

use crate::error::FetchError;
use crate::secret::Secret;

/// Who asks a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A token, sent as `Authorization: Bearer`.
    Bearer(Secret),
    /// A user name and a password, or a token in its place, sent as `Authorization: Basic`.
    Basic {
        /// The user name.
        username: String,
        /// The password.
        secret: Secret,
    },
    /// A token in a header of the host's own.
    Header {
        /// The header's name.
        name: String,
        /// Its value.
        secret: Secret,
    },
}

impl Credential {
    /// The header that it is sent in, which no `Debug` shows; none when it cannot stand in one.
    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        let (name, text) = match self {
            Self::Bearer(token) => (AUTHORIZATION, format!("Bearer {}", token.expose())),
            Self::Basic { username, .. } if username.contains(':') => return None,
            Self::Basic { username, secret } => {
                let pair = format!("{username}:{}", secret.expose());
                (AUTHORIZATION, format!("Basic {}", STANDARD.encode(pair)))
            }
            Self::Header { name, secret } => {
                (HeaderName::from_bytes(name.as_bytes()).ok()?, secret.expose().to_owned())
            }
        };
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        Some((name, value))
    }
}

/// A credential as it is sent, and where it came from.
#[derive(Clone, Debug)]
pub(crate) struct Pass {
    pub(crate) name: HeaderName,
    pub(crate) value: HeaderValue,
    /// For people: `NVD_API_KEY`, a file.
    pub(crate) origin: String,
}

impl Pass {
    /// The pass that `credential` from `origin` is.
    fn new(credential: &Credential, origin: &str) -> Result<Self, FetchError> {
        let bad = || FetchError::BadCredential { origin: origin.to_owned() };
        let (name, value) = credential.header().ok_or_else(bad)?;
        Ok(Self { name, value, origin: origin.to_owned() })
    }

    /// The user name and password that stand in `url`, which then has none.
    pub(crate) fn take_from(url: &mut Url) -> Result<Option<Self>, FetchError> {
        if url.username().is_empty() && url.password().is_none() {
            return Ok(None);
        }
        let origin = "the URL itself";
        let bad = || FetchError::BadCredential { origin: origin.to_owned() };
        let decode = |text: &str| crate::origin::decode(text).ok_or_else(bad);
        let username = decode(url.username())?;
        let secret = Secret::new(decode(url.password().unwrap_or_default())?);
        strip(url);
        Self::new(&Credential::Basic { username, secret }, origin).map(Some)
    }
}

/// Takes user name and password out of `url`.
pub(crate) fn strip(url: &mut Url) {
    // It fails only for URLs that have no host, and so neither.
    let _ = url.set_username("");
    let _ = url.set_password(None);
}

/// What each host is given, and how often it may be asked. Hosts are written `host` or `host:port`.
#[derive(Clone, Debug, Default)]
pub struct Hosts {
    rules: BTreeMap<String, Rule>,
}

#[derive(Clone, Debug, Default)]
struct Rule {
    pass: Option<Pass>,
    /// Whether the pass is for every port of the host.
    is_for_every_port: bool,
    interval: Duration,
}

impl Hosts {
    /// Gives `credential`, which came from `origin` (for people), to `host`, unless that has one. Without a port it is
    /// for the scheme's own port alone.
    ///
    /// # Errors
    /// [`FetchError::BadCredential`] when it cannot stand in a header.
    pub fn give(&mut self, host: &str, credential: &Credential, origin: &str) -> Result<(), FetchError> {
        self.insert(host, credential, origin, false)
    }

    /// As [`Hosts::give`], for every port of the host: netrc files know no ports.
    ///
    /// # Errors
    /// [`FetchError::BadCredential`] when it cannot stand in a header.
    pub fn give_every_port(
        &mut self,
        host: &str,
        credential: &Credential,
        origin: &str,
    ) -> Result<(), FetchError> {
        self.insert(host, credential, origin, true)
    }

    fn insert(
        &mut self,
        host: &str,
        credential: &Credential,
        origin: &str,
        is_for_every_port: bool,
    ) -> Result<(), FetchError> {
        let rule = self.rules.entry(host.to_ascii_lowercase()).or_default();
        if rule.pass.is_none() {
            rule.pass = Some(Pass::new(credential, origin)?);
            rule.is_for_every_port = is_for_every_port;
        }
        Ok(())
    }

    /// Lets at least `interval` go by between two requests to `host`.
    pub fn set_interval(&mut self, host: &str, interval: Duration) {
        self.rules.entry(host.to_ascii_lowercase()).or_default().interval = interval;
    }

    /// Whether `host` has a credential.
    pub fn has_credential(&self, host: &str) -> bool {
        self.rules.get(&host.to_ascii_lowercase()).is_some_and(|rule| rule.pass.is_some())
    }

    /// The hosts that have a credential.
    pub fn with_credential(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().filter(|(_, rule)| rule.pass.is_some()).map(|(host, _)| host.as_str())
    }

    /// What is sent to the host of `url`.
    pub(crate) fn pass(&self, url: &Url) -> Option<&Pass> {
        let with_port = self.rules.get(&place(url)).and_then(|rule| rule.pass.as_ref());
        with_port.or_else(|| {
            let rule = self.rules.get(url.host_str()?)?;
            // `port` is none for the scheme's own.
            rule.pass.as_ref().filter(|_| url.port().is_none() || rule.is_for_every_port)
        })
    }

    /// How long the host of `url` is to be left alone between two requests.
    pub(crate) fn interval(&self, url: &Url) -> Duration {
        let rule = self.rules.get(&place(url)).or_else(|| self.rules.get(url.host_str()?));
        rule.map_or(Duration::ZERO, |rule| rule.interval)
    }
}

/// The host of `url` and its port.
pub(crate) fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port_or_known_default().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> Credential {
        Credential::Bearer(Secret::new(text))
    }

    #[test]
    fn a_credential_is_for_its_host_and_port() {
        let mut hosts = Hosts::default();
        hosts.give("Mirror.example", &token("one"), "a file").unwrap();
        hosts.give("mirror.example", &token("later"), "another").unwrap();
        hosts.give("mirror.example:8443", &token("two"), "a file").unwrap();
        hosts.give_every_port("netrc.example", &token("three"), "netrc").unwrap();
        for (url, value) in [
            ("https://mirror.example/a", Some("Bearer one")),
            ("https://mirror.example:443/a", Some("Bearer one")),
            ("https://MIRROR.example:8443/a", Some("Bearer two")),
            ("https://mirror.example:9/a", None),
            ("https://a.mirror.example/a", None),
            ("https://example/mirror.example", None),
            ("https://netrc.example:9/a", Some("Bearer three")),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!(hosts.pass(&url).map(|pass| pass.value.to_str().unwrap()), value, "{url}");
        }
        assert!(hosts.has_credential("MIRROR.example") && !hosts.has_credential("example"));
        assert!(!format!("{hosts:?}").contains("one"), "{hosts:?}");
    }

    #[test]
    fn what_cannot_stand_in_a_header_is_an_error_that_does_not_show_it() {
        for credential in [
            token("s3cret\nx-evil: 1"),
            Credential::Header { name: "a b".to_owned(), secret: Secret::new("s3cret") },
            Credential::Basic { username: "a:b".to_owned(), secret: Secret::new("s3cret") },
        ] {
            let error = Hosts::default().give("a.example", &credential, "the file `t`").unwrap_err();
            assert!(matches!(error, FetchError::BadCredential { .. }));
            let text = format!("{error} {error:?} {credential:?}");
            assert!(text.contains("the file `t`") && !text.contains("s3cret"), "{text}");
        }
    }

    #[test]
    fn what_stands_in_a_url_is_taken_out_of_it() {
        let mut url = Url::parse("https://ann:p%40ss@mirror.example/a").unwrap();
        let pass = Pass::take_from(&mut url).unwrap().unwrap();
        assert_eq!(pass.value.to_str().unwrap(), format!("Basic {}", STANDARD.encode("ann:p@ss")));
        assert_eq!(url.as_str(), "https://mirror.example/a");
        assert!(Pass::take_from(&mut url).unwrap().is_none());
    }
}
