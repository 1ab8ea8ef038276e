//! Blobs and manifests of an OCI registry, and images of a container daemon.
//!
//! - [`reference`](mod@reference): an image's name, read as docker reads it
//! - [`client`]: [`client::Registry`] and [`client::Repository`]; how they are set up, and where they ask
//! - [`manifest`]: one manifest, verified; [`blob`]: one blob, streamed and resumed
//! - [`referrers`]: what is attached to a manifest; [`push`]: writing blobs and manifests, and attaching
//! - [`descriptor`]: how documents point at content
//! - [`verified`]: a reader that knows what it should bring
//! - [`credentials`]: from an argument, docker's and podman's files, and credential helpers
//! - `exchange`: one request with retries, redirects and authentication; `auth` and `challenge`: tokens;
//!   `helper`: a credential helper; `json`: what JSON of others needs; `pace`: whether a body is worth the wait;
//!   `escape`: text in a URL
//! - [`daemon`] and [`context`]: exporting an image from docker or podman, and where they listen
//! - [`error`]: the ways it can go wrong; none holds a credential or the query of a URL
//!
//! It follows the [distribution specification](https://github.com/opencontainers/distribution-spec) 1.1 and
//! distribution's [token authentication](https://distribution.github.io/distribution/spec/auth/token/).
//!
//! What it deliberately leaves out: what an image is. It chooses no platform, and it reads no layer.

mod auth;
pub mod blob;
mod challenge;
pub mod client;
pub mod context;
pub mod credentials;
pub mod daemon;
pub mod descriptor;
pub mod error;
mod escape;
mod exchange;
mod helper;
mod json;
pub mod manifest;
mod pace;
pub mod push;
pub mod reference;
pub mod referrers;
pub mod verified;

#[cfg(test)]
mod tests;
