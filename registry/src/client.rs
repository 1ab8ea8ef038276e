//! [`Registry`] and [`Repository`]: how registries are asked, and at which places.

use std::fmt;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use fetch::client::ClientOptions;

use crate::credentials::CredentialSources;
use crate::error::RegistryError;
use crate::exchange::Shared;
use crate::pace::SLOW_WINDOW;
use crate::reference::{DOCKER_API_HOST, DOCKER_HOST, Reference};

/// How registries are asked. Durations are of wall time.
#[derive(Clone)]
pub struct Options {
    /// Where credentials may be.
    pub credentials: CredentialSources,
    /// Other places for what lies at a host, asked in order before the host itself.
    pub mirrors: Vec<(String, Vec<Endpoint>)>,
    /// Whether hosts need no valid certificate, and are asked on plain HTTP where nothing answers on HTTPS.
    /// For loopback addresses plain HTTP is tried anyway, as docker does.
    pub insecure: bool,
    /// The HTTP client: user agent, time-outs, certificates, proxy. Its `verification` and
    /// `unix_socket` are not looked at.
    pub http: ClientOptions,
    /// How often a request is made before its failure is final; at least 1. A mirror gets two at most.
    pub tries: u32,
    /// The longest pause that a host's `Retry-After` may ask for.
    pub pause_max: Duration,
    /// How long the bytes of a body may come at less than 1 KiB a second before its host is given up.
    pub slow_window: Duration,
    /// What makes a pause between tries.
    pub pause: Arc<dyn Fn(Duration) + Send + Sync>,
}

/// A place that has the repositories of another host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The host, with its port if there is one.
    pub host: String,
    /// What stands before the name of each repository there: `proxy/hub`; empty if nothing.
    pub prefix: String,
    /// As [`Options::insecure`], for this place.
    pub insecure: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            credentials: CredentialSources::default(),
            mirrors: Vec::new(),
            insecure: false,
            http: ClientOptions::default(),
            tries: 5,
            pause_max: Duration::from_secs(120),
            slow_window: SLOW_WINDOW,
            pause: Arc::new(std::thread::sleep),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Options")
            .field("credentials", &self.credentials)
            .field("mirrors", &self.mirrors)
            .field("insecure", &self.insecure)
            .field("http", &self.http)
            .field("tries", &self.tries)
            .field("pause_max", &self.pause_max)
            .field("slow_window", &self.slow_window)
            .finish_non_exhaustive()
    }
}

/// Asks registries. Clones share connections, tokens and what was found out about hosts; all of it can be used from
/// several threads.
#[derive(Clone, Debug)]
pub struct Registry {
    shared: Arc<Shared>,
}

impl Registry {
    /// A registry client that has touched nothing yet.
    pub fn new(options: Options) -> Self {
        Self { shared: Arc::new(Shared::new(options)) }
    }

    /// The repository that `reference` lies in. Nothing is asked yet.
    pub fn repository(&self, reference: &Reference) -> Repository {
        let options = &self.shared.options;
        let mirrors = options.mirrors.iter().filter(|(host, _)| host == reference.host());
        let mut places: Vec<Place> = mirrors
            .flat_map(|(_, endpoints)| endpoints)
            .map(|endpoint| Place::mirror(endpoint, reference))
            .collect();
        let home = Place::home(reference, options.insecure);
        places.push(home.clone());
        Repository { shared: Arc::clone(&self.shared), reference: reference.clone(), places, home }
    }
}

/// One repository of a registry.
#[derive(Clone, Debug)]
pub struct Repository {
    pub(crate) shared: Arc<Shared>,
    pub(crate) reference: Reference,
    /// Where to ask for what is only read, in order; the host itself last.
    pub(crate) places: Vec<Place>,
    /// The host itself.
    pub(crate) home: Place,
}

impl Repository {
    /// The reference that it was made for.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// What `ask` brings from the first place that has an answer. It is told how often it may try.
    pub(crate) fn at_any_place<T>(
        &self,
        mut ask: impl FnMut(&Place, u32) -> Result<T, RegistryError>,
    ) -> Result<T, RegistryError> {
        let mut mirrors = Vec::new();
        for place in &self.places {
            match ask(place, self.shared.tries(place)) {
                Err(error) if place.is_mirror => mirrors.push(error.to_string()),
                Err(error) => return Err(with_mirrors(error, &self.reference, mirrors)),
                Ok(answer) => return Ok(answer),
            }
        }
        unreachable!("the host itself is the last place, and ends the loop")
    }

    /// Host, repository and `pointer`, for errors.
    pub(crate) fn name_of(&self, pointer: &crate::reference::Pointer) -> String {
        match pointer {
            crate::reference::Pointer::Tag(tag) => format!("{}:{tag}", self.reference.name()),
            crate::reference::Pointer::Digest(digest) => format!("{}@{digest}", self.reference.name()),
        }
    }
}

/// `error` of the host itself, with what its mirrors said before.
pub(crate) fn with_mirrors(
    error: RegistryError,
    reference: &Reference,
    mirrors: Vec<String>,
) -> RegistryError {
    if mirrors.is_empty() {
        return error;
    }
    let host = reference.host().to_owned();
    RegistryError::EveryEndpoint { host, mirrors, source: Box::new(error) }
}

/// A repository at a host that can be asked.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The host in URLs, with its port if there is one.
    pub(crate) api_host: String,
    /// The host that credentials are kept for.
    pub(crate) host: String,
    /// The repository there.
    pub(crate) repository: String,
    pub(crate) insecure: bool,
    pub(crate) is_mirror: bool,
}

impl Place {
    fn home(reference: &Reference, insecure: bool) -> Self {
        Self::at(reference.host(), reference.repository().to_owned(), insecure, false)
    }

    fn mirror(endpoint: &Endpoint, reference: &Reference) -> Self {
        let prefix = endpoint.prefix.trim_matches('/');
        let repository = match prefix {
            "" => reference.repository().to_owned(),
            prefix => format!("{prefix}/{}", reference.repository()),
        };
        Self::at(&endpoint.host, repository, endpoint.insecure, true)
    }

    fn at(host: &str, repository: String, insecure: bool, is_mirror: bool) -> Self {
        let api_host = if host == DOCKER_HOST { DOCKER_API_HOST } else { host };
        Self { api_host: api_host.to_owned(), host: host.to_owned(), repository, insecure, is_mirror }
    }

    /// Whether plain HTTP may be tried where nothing answers on HTTPS.
    pub(crate) fn may_be_plain(&self) -> bool {
        self.insecure || is_loopback(&self.host)
    }
}

fn is_loopback(host: &str) -> bool {
    if host == "[::1]" || host.starts_with("[::1]:") {
        return true;
    }
    let name = host.split(':').next().unwrap_or_default();
    name == "localhost" || name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docker_io_is_asked_where_its_registry_is() {
        let mirrors = vec![Endpoint {
            host: "mirror.example:5000".to_owned(),
            prefix: "hub/".to_owned(),
            insecure: true,
        }];
        let mirrors = vec![("docker.io".to_owned(), mirrors)];
        let registry = Registry::new(Options { mirrors, ..Options::default() });
        for (reference, places) in [
            ("nginx", "mirror.example:5000/hub/library/nginx registry-1.docker.io/library/nginx"),
            ("ghcr.io/a/b", "ghcr.io/a/b"),
        ] {
            let repository = registry.repository(&reference.parse().unwrap());
            let shown: Vec<String> = repository
                .places
                .iter()
                .map(|place| format!("{}/{}", place.api_host, place.repository))
                .collect();
            assert_eq!(shown.join(" "), places);
            assert_eq!(repository.places.last().map(|place| &place.host), Some(&repository.home.host));
        }
    }

    #[test]
    fn plain_http_is_tried_at_loopback_addresses_only() {
        for (host, expected) in [
            ("localhost", true),
            ("localhost:5000", true),
            ("127.0.0.1:5000", true),
            ("127.8.9.1", true),
            ("[::1]:5000", true),
            ("[::11]:5000", false),
            ("localhost.example", false),
            ("128.0.0.1", false),
            ("r.example:80", false),
        ] {
            assert_eq!(is_loopback(host), expected, "{host}");
        }
    }
}
