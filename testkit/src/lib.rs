//! What tests are made of: images, feeds, mirrors and misbehaving servers, written as text in the test.
//!
//! For tests only: everything here panics on what cannot be, with a message for the author of the test.
//! It knows none of plimsoll's crates but the values of `model`, so that any of the others can be tested with it, and so
//! that it cannot share a mistake with what it checks.
//!
//! - [`data`]: the real feeds and images that lie outside the repository;
//! - [`big`]: an image of many gigabytes, for measurements;
//! - [`case`]: the cases of catalogers, in which texts stand for binary files;
//! - [`os`]: binary files of operating systems;
//! - [`image`]: layers as text, and every form in which an image can lie on a disk;
//! - [`go`]: the smallest executable that carries Go build information;
//! - [`rpm`]: RPM headers, and the databases and files that hold them;
//! - [`native_image`]: the smallest executables that carry an SBOM as GraalVM puts it there;
//! - [`elf`]: the smallest program that has given sections;
//! - [`pe`]: the smallest Windows library that has a version resource;
//! - [`feeds`]: mirrors, from the dated real feeds or from text;
//! - [`server`]: an HTTP server on the loopback interface that misbehaves on demand;
//! - [`real`]: registries and daemons that others wrote, run on this machine;
//! - [`mutate`]: prefixes and damaged copies of bytes, the same in every run;
//! - [`zip`]: zip archives;
//! - [`torture`]: syncs killed at random moments;
//! - [`trivy`]: the integration tests of Trivy, as advisories, packages and findings;
//! - [`examples`]: the image and the mirror in `examples/`.

pub mod big;
pub mod case;
pub mod data;
pub mod elf;
pub mod examples;
pub mod feeds;
pub mod go;
pub mod image;
pub mod mutate;
pub mod native_image;
pub mod os;
pub mod pe;
#[cfg(unix)]
pub mod real;
pub mod rpm;
pub mod server;
pub mod torture;
pub mod trivy;
pub mod zip;

/// Whether tests that compare with files in the repository are to write what they found there instead
/// (`PLIMSOLL_BLESS=1`). What is written must be read before it is believed.
pub fn bless() -> bool {
    std::env::var_os("PLIMSOLL_BLESS").is_some()
}
