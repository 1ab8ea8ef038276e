//! Options of every command that takes feeds from a published snapshot, and where such snapshots lie.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use ::registry::client::Registry;
use ::registry::reference::Reference;
use advisory_db::FeedsDir;
use clap::Args;
use feeds_sync::distribution::archive::Archive;
use feeds_sync::distribution::bring::BringReport;
use feeds_sync::distribution::directory::Directory;
use feeds_sync::distribution::oci::Oci;
use feeds_sync::distribution::place::Place;
use feeds_sync::distribution::web::Web;
use fetch::fetcher::Fetcher;
use signing::{PrivateKey, PublicKey};

use crate::error::CommandError;
use crate::keys::read_key;
use crate::ui::Ui;

/// Where published snapshots are taken from.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Feeds")]
pub(crate) struct PublishedArgs {
    /// Take feeds from a published snapshot instead of the vendors: a reference of a registry, the address of a web server,
    /// a directory or a file; may be repeated, the first that answers serves (`feeds.sources` in the configuration)
    #[arg(long, value_name = "PLACE")]
    pub(crate) feeds_source: Vec<String>,
    /// A public key (PEM) that must have signed the published snapshot; may be repeated, one of them is enough
    /// (`feeds.keys` in the configuration)
    #[arg(long, value_name = "FILE")]
    pub(crate) feeds_key: Vec<PathBuf>,
    /// Keys that are at hand, which cannot be typed
    #[arg(skip)]
    pub(crate) known_keys: Vec<PublicKey>,
}

impl PublishedArgs {
    /// The keys in the files that were named, and those at hand.
    pub(crate) fn keys(&self) -> Result<Vec<PublicKey>, CommandError> {
        let known = self.known_keys.iter().cloned().map(Ok);
        known.chain(self.feeds_key.iter().map(|path| read_key(path))).collect()
    }
}

/// What is needed to reach a place.
pub(crate) struct Reach<'a> {
    pub(crate) fetcher: &'a Fetcher,
    pub(crate) registry: &'a Registry,
    pub(crate) feeds: &'a FeedsDir,
}

/// The kinds of places, told apart by how they are spelt and by what is there.
pub(crate) enum Spelt<'t> {
    Web(&'t str),
    Directory(&'t Path),
    Archive(&'t Path),
    Registry(Box<Reference>),
}

impl<'t> Spelt<'t> {
    pub(crate) fn of(text: &'t str) -> Result<Self, CommandError> {
        if text.starts_with("https://") || text.starts_with("http://") {
            return Ok(Self::Web(text));
        }
        let path = Path::new(text);
        if path.is_file() {
            return Ok(Self::Archive(path));
        }
        // What is to become a directory is told from a reference by its first character, as everywhere.
        if path.is_dir() || path.is_absolute() || text.starts_with(['.', '~']) {
            return Ok(Self::Directory(path));
        }
        let reference = match text.strip_prefix("oci:") {
            Some(reference) => reference,
            // What is no file here must not be looked for at Docker Hub, where others may put it.
            None if !names_host(text) => {
                return Err(CommandError::new(format!("`{text}` is no file and no directory, and names no registry"))
                    .hint("a reference begins with its host: `registry.example/team/feeds:latest`; a new directory with `./`"));
            }
            None => text,
        };
        reference.parse().map(|reference| Self::Registry(Box::new(reference))).map_err(|error| {
            CommandError::new(format!("`{text}` is no place of a published snapshot: {error}"))
                .hint("it is a reference like `registry.example/team/feeds:latest`, an address, a directory or a file")
        })
    }

    /// Whether it can be reached with no network.
    pub(crate) fn is_local(&self) -> bool {
        matches!(self, Self::Directory(_) | Self::Archive(_))
    }

    /// The place itself.
    pub(crate) fn place<'a>(&self, reach: &Reach<'a>) -> Result<Box<dyn Place + 'a>, CommandError> {
        Ok(match self {
            Self::Web(address) => Box::new(Web::new(address, reach.fetcher, reach.feeds)),
            Self::Directory(path) => Box::new(Directory::new(path)),
            Self::Archive(path) => {
                Box::new(Archive::open(path).map_err(|error| {
                    CommandError::new(format!("cannot read `{}`: {error}", path.display()))
                })?)
            }
            Self::Registry(reference) => Box::new(Oci::new(reach.registry.repository(reference))),
        })
    }
}

/// Tells what of a pull nobody may have expected, and is no gap.
pub(crate) fn tell_unexpected(report: &BringReport, ui: &Ui) {
    for refusal in &report.passed_over {
        ui.warn(&format!("passed over: {refusal}"));
    }
    for (namespace, provider) in &report.removed {
        ui.warn(&format!("removed: `{provider}` of {namespace}: it is not published any more"));
    }
}

/// Whether a reference begins with its host.
fn names_host(text: &str) -> bool {
    text.split_once('/').is_some_and(|(host, _)| host == "localhost" || host.contains(['.', ':']))
}

/// The private key in a file.
pub(crate) fn private_key(path: &Path) -> Result<PrivateKey, CommandError> {
    /// A private key takes some hundred bytes.
    const KEY_BYTES_MAX: u64 = 64 << 10;
    let failed = |reason: &dyn std::fmt::Display| {
        CommandError::new(format!("cannot read the key `{}`: {reason}", path.display()))
    };
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(KEY_BYTES_MAX).read_to_string(&mut text));
    read.map_err(|error| failed(&error))?;
    PrivateKey::from_pem(&text).map_err(|error| {
        failed(&error).hint(
            "a private key in PEM (PKCS #8, not encrypted) is needed, as `openssl genpkey -algorithm ed25519` writes it",
        )
    })
}
