//! One bounded download: conditional, resuming, retried.
//!
//! - [`fetcher`]: [`fetcher::Fetcher::get`] brings one URL to one file
//! - [`origin`]: the network or mirrors, directories and URLs, and where a URL lies in a mirror
//! - [`validators`]: what is remembered of a download, so that the next one can be conditional
//! - [`hosts`]: the credential that each host is given, and how often it may be asked; [`secret`] is never shown
//! - [`netrc`]: credentials in the file that ftp, curl and git read
//! - [`probe`]: whether a host answers, and lets us in
//! - [`client`]: makes the HTTP client, for this crate and for `registry`
//! - [`headers`]: what headers of an answer say
//! - [`error`]: the ways it can go wrong; each names the URL, never a credential
//!
//! What it deliberately leaves out: what the bytes mean. A caller remembers [`validators::Validators`] only
//! after it has read the bytes successfully; otherwise a bad download would stick.
//!
//! The HTTP client is built at the first request that needs it, because building one loads the system's root
//! certificates (42 ms), and never when a mirror directory answers or the origin is offline.

pub mod client;
pub mod error;
pub mod fetcher;
pub mod headers;
pub mod hosts;
mod http;
mod lookup;
mod mirror_dir;
mod names;
pub mod netrc;
pub mod origin;
mod pace;
pub mod probe;
pub mod secret;
pub mod validators;

#[cfg(test)]
mod tests;
