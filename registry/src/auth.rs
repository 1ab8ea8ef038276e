//! Tokens: getting one when a registry asks for it, and keeping it as long as the registry takes it.
//!
//! No clock is asked: a token is used until the registry refuses it, and then fetched anew, once a request.

use std::collections::HashMap;
use std::sync::Mutex;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fetch::error::redact;
use reqwest::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use reqwest::{Method, StatusCode, Url};
use serde::Deserialize;

use crate::challenge::{self, Bearer, Challenge};
use crate::client::Place;
use crate::credentials::{Credential, Found};
use crate::error::{CredentialsError, RegistryError};
use crate::exchange::{Answer, Call, Failure, Shared, Target, lock, status_failure, transport};
use crate::pace::Pace;

/// The longest answer of a token server.
const TOKEN_BYTES_MAX: u64 = 1 << 20;
/// What this program calls itself at token servers (distribution, "Token authentication", `client_id`).
const CLIENT_ID: &str = "plimsoll";

/// What is known of who may do what where.
#[derive(Default)]
pub(crate) struct Tokens {
    /// `Authorization` by host, repository and actions.
    known: Mutex<HashMap<String, HeaderValue>>,
    /// Held while a token is fetched, so that threads that are refused together fetch one.
    renewing: Mutex<()>,
    /// Credentials by host and repository: a helper is asked once.
    credentials: Mutex<HashMap<String, Option<Found>>>,
}

impl Tokens {
    /// The `Authorization` that was accepted at `place` last, for `actions`.
    pub(crate) fn known(&self, place: &Place, actions: &str) -> Option<HeaderValue> {
        lock(&self.known).get(&key(place, actions)).cloned()
    }

    /// Whether a credential was sent to `place`, and where it came from, for errors.
    pub(crate) fn describe(&self, place: &Place, shared: &Shared) -> Result<String, CredentialsError> {
        Ok(describe(shared.credential(place)?.as_ref()))
    }
}

fn describe(found: Option<&Found>) -> String {
    match found {
        Some(found) => format!("the credential {} is not enough", found.origin),
        None => "no credential for it was found".to_owned(),
    }
}

fn key(place: &Place, actions: &str) -> String {
    format!("{} {} {actions}", place.api_host, place.repository)
}

impl Shared {
    /// A new `Authorization` for `call`, which was refused with `headers` when `used` was sent.
    pub(crate) fn renew(
        &self,
        place: &Place,
        call: &Call<'_>,
        base: &Url,
        headers: &HeaderMap,
        used: Option<&HeaderValue>,
    ) -> Result<HeaderValue, Failure> {
        let _one_at_a_time = lock(&self.tokens.renewing);
        if let Some(known) = self.tokens.known(place, call.actions).filter(|known| Some(known) != used) {
            return Ok(known);
        }
        let challenges: Vec<Challenge> = headers
            .get_all(WWW_AUTHENTICATE)
            .iter()
            .filter_map(|header| header.to_str().ok())
            .flat_map(challenge::parse)
            .collect();
        let found = self.credential(place)?;
        let bearer = challenges.iter().find_map(|challenge| match challenge {
            Challenge::Bearer(bearer) => Some(bearer),
            Challenge::Basic => None,
        });
        let refused = || {
            let sent = describe(found.as_ref());
            RegistryError::Unauthorized { what: call.what.clone(), sent }
        };
        let authorization = match (bearer, found.as_ref().map(|found| &found.credential)) {
            (Some(_), Some(Credential::Bearer(token))) => secret_header("Bearer", token.expose()),
            (Some(bearer), _) => {
                let token = self.fetch_token(place, call, base, bearer, found.as_ref())?;
                secret_header("Bearer", &token)
            }
            (None, Some(Credential::Basic { username, secret }))
                if challenges.contains(&Challenge::Basic) =>
            {
                basic(username, secret.expose())
            }
            (None, _) if challenges.contains(&Challenge::Basic) => return Err(refused().into()),
            (None, _) => return Err(RegistryError::Challenge { host: place.host.clone() }.into()),
        };
        let authorization = authorization.ok_or_else(refused)?;
        lock(&self.tokens.known).insert(key(place, call.actions), authorization.clone());
        Ok(authorization)
    }

    /// The credential for `place`. One given for this run is for the host itself, not for its mirrors.
    fn credential(&self, place: &Place) -> Result<Option<Found>, CredentialsError> {
        let key = format!("{} {} {}", place.is_mirror, place.host, place.repository);
        if let Some(found) = lock(&self.tokens.credentials).get(&key) {
            return Ok(found.clone());
        }
        let sources = &self.options.credentials;
        let found = match place.is_mirror {
            true => sources.find_in_files(&place.host, &place.repository)?,
            false => sources.find(&place.host, &place.repository)?,
        };
        lock(&self.tokens.credentials).insert(key, found.clone());
        Ok(found)
    }

    /// A token from the realm of `bearer` (distribution, "Token authentication" and "OAuth2 token authentication").
    fn fetch_token(
        &self,
        place: &Place,
        call: &Call<'_>,
        base: &Url,
        bearer: &Bearer,
        found: Option<&Found>,
    ) -> Result<String, Failure> {
        let realm = redact(&bearer.realm);
        let no_token = |reason| RegistryError::Token { realm: realm.clone(), reason };
        let url = base.join(&bearer.realm).map_err(|_| no_token("its address is no URL"))?;
        match url.scheme() {
            "https" => {}
            "http" if base.scheme() == "http" || place.insecure || found.is_none() => {}
            "http" => {
                return Err(RegistryError::InsecureRealm { host: place.host.clone(), realm }.into());
            }
            _ => return Err(no_token("its address is neither https nor http").into()),
        }
        let scopes = scopes(place, call, bearer);
        let answer = match found.map(|found| &found.credential) {
            Some(Credential::IdentityToken(token)) => {
                self.exchange_identity_token(place, url, bearer, &scopes, token.expose())?
            }
            Some(Credential::Basic { username, secret }) => {
                let authorization = basic(username, secret.expose());
                self.ask_for_token(place, url, bearer, &scopes, authorization)?
            }
            _ => self.ask_for_token(place, url, bearer, &scopes, None)?,
        };
        match answer.response.status() {
            status if status.is_success() => {}
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                let sent = describe(found);
                return Err(RegistryError::Unauthorized { what: call.what.clone(), sent }.into());
            }
            status if status.is_redirection() => return Err(no_token("it redirects").into()),
            _ => return Err(status_failure(answer)),
        }
        #[derive(Deserialize)]
        struct Token {
            #[serde(default)]
            token: Option<String>,
            #[serde(default)]
            access_token: Option<String>,
        }
        let body = answer.bytes(&realm, TOKEN_BYTES_MAX)?;
        // The text of the error may quote a value.
        let token: Token = serde_json::from_slice(&body)
            .map_err(|_| no_token("its answer is not JSON of the known shape"))?;
        let token = token.token.or(token.access_token).filter(|token| !token.is_empty());
        Ok(token.ok_or_else(|| no_token("its answer holds none"))?)
    }

    fn ask_for_token(
        &self,
        place: &Place,
        mut url: Url,
        bearer: &Bearer,
        scopes: &[String],
        authorization: Option<HeaderValue>,
    ) -> Result<Answer, Failure> {
        {
            let mut query = url.query_pairs_mut();
            if let Some(service) = &bearer.service {
                query.append_pair("service", service);
            }
            for scope in scopes {
                query.append_pair("scope", scope);
            }
        }
        let call = Call {
            method: Method::GET,
            target: Target::Url(url.clone()),
            headers: Vec::new(),
            body: None,
            actions: "",
            what: redact(url.as_str()),
        };
        let home = url.clone();
        self.route(Some(&home), place.insecure)?.follow(url, &call, authorization.as_ref())
    }

    /// Redirects are not followed here: the identity token is in the body.
    fn exchange_identity_token(
        &self,
        place: &Place,
        url: Url,
        bearer: &Bearer,
        scopes: &[String],
        identity_token: &str,
    ) -> Result<Answer, Failure> {
        // The query of a scratch URL is the encoding of a form.
        let mut form = url.clone();
        form.set_query(None);
        form.query_pairs_mut()
            .append_pair("grant_type", "refresh_token")
            .append_pair("client_id", CLIENT_ID)
            .append_pair("service", bearer.service.as_deref().unwrap_or_default())
            .append_pair("scope", &scopes.join(" "))
            .append_pair("refresh_token", identity_token);
        let response = self
            .client(place.insecure)?
            .post(url.clone())
            .header(reqwest::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.query().unwrap_or_default().to_owned())
            .send()
            .map_err(|error| transport(error, &url))?;
        Ok(Answer { response, url, pace: Pace::new(self.options.slow_window) })
    }
}

/// What the token must allow: what the registry says, and what the call needs, each once.
fn scopes(place: &Place, call: &Call<'_>, bearer: &Bearer) -> Vec<String> {
    let mut scopes: Vec<String> =
        bearer.scope.iter().flat_map(|scope| scope.split_whitespace()).map(str::to_owned).collect();
    let own = format!("repository:{}:{}", place.repository, call.actions);
    if !scopes.contains(&own) {
        scopes.push(own);
    }
    scopes
}

fn basic(username: &str, secret: &str) -> Option<HeaderValue> {
    secret_header("Basic", &STANDARD.encode(format!("{username}:{secret}")))
}

/// `Authorization`; none when `value` cannot stand in a header. It is not shown by `Debug`.
fn secret_header(scheme: &str, value: &str) -> Option<HeaderValue> {
    let mut header = HeaderValue::from_str(&format!("{scheme} {value}")).ok()?;
    header.set_sensitive(true);
    Some(header)
}
