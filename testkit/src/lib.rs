//! What tests are made of: images, feeds, mirrors and misbehaving servers, written as text in the test.
//!
//! For tests only: everything here panics on what cannot be, with a message for the author of the test.
//! It knows none of plimsoll's crates, so that any of them can be tested with it, and so that it cannot
//! share a mistake with what it checks.
//!
//! - [`data`]: the real feeds and images that lie outside the repository;
//! - [`big`]: an image of many gigabytes, for measurements;
//! - [`image`]: layers as text, and every form in which an image can lie on a disk;
//! - [`go`]: the smallest executable that carries Go build information;
//! - [`feeds`]: mirrors, from the dated real feeds or from text;
//! - [`server`]: an HTTP server on the loopback interface that misbehaves on demand;
//! - [`real`]: registries and daemons that others wrote, run on this machine;
//! - [`mutate`]: prefixes and damaged copies of bytes, the same in every run;
//! - [`torture`]: syncs killed at random moments;
//! - [`examples`]: the image and the mirror in `examples/`.

pub mod big;
pub mod data;
pub mod examples;
pub mod feeds;
pub mod go;
pub mod image;
pub mod mutate;
#[cfg(unix)]
pub mod real;
pub mod server;
pub mod torture;
