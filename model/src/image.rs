//! What an image says of itself and how its files are guarded: for policies that ask after the image is gone.
//!
//! Nothing here decides which package is affected. Values that may be secrets never enter: of the environment only
//! the names are kept, and of a build's arguments only theirs.

use std::collections::BTreeMap;
use std::fmt;

/// The facts of an image beside its packages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageFacts {
    /// The user that its program runs as, as written: `1000`, `app:app`; none means root.
    pub user: Option<String>,
    /// The names of the environment variables it sets, in its order.
    pub env: Vec<String>,
    /// The ports it says it listens on, sorted: `80/tcp`.
    pub ports: Vec<String>,
    /// The program and its fixed arguments.
    pub entrypoint: Vec<String>,
    /// The arguments that a user may replace, or the program where there is no entry point.
    pub command: Vec<String>,
    /// The directory that the program starts in.
    pub workdir: Option<String>,
    /// The directories it says hold data, sorted.
    pub volumes: Vec<String>,
    /// The signal that asks it to end: `SIGTERM`.
    pub stop_signal: Option<String>,
    /// How it is asked whether it is well; none where the image says nothing of it.
    pub healthcheck: Option<Healthcheck>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The steps that built it, first to last.
    pub history: Vec<HistoryEntry>,
    /// Bytes of the regular files in all layers, those that a later layer hides included.
    pub bytes: Option<u64>,
    /// Files that run with the rights of their owner or group, in the order of a walk through the tree.
    pub set_id: Vec<GuardedPath>,
    /// Files and directories that everybody may write to, in the same order. A sticky directory (`1777`) is among
    /// them: only the owner of a file may remove it from there.
    pub world_writable: Vec<GuardedPath>,
    /// The accounts of `/etc/passwd`, in its order.
    pub accounts: Vec<Account>,
}

/// How an image is asked whether it is well (moby, image/spec: `Healthcheck`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Healthcheck {
    /// A check of the base image was switched off.
    Disabled,
    /// The words of the test as written: `CMD-SHELL` and a command, or `CMD` and a program with arguments. Never empty,
    /// and the first is not `NONE`; [`Healthcheck::from_words`] sees to that.
    Test(Vec<String>),
}

impl Healthcheck {
    /// The check that the words of a configuration say; none for no words, which is what an image inherits.
    pub fn from_words(words: Vec<String>) -> Option<Self> {
        match words.first().map(String::as_str) {
            None => None,
            Some("NONE") => Some(Self::Disabled),
            Some(_) => Some(Self::Test(words)),
        }
    }

    /// The words that say it.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let (none, test) = match self {
            Self::Disabled => (Some("NONE"), &[][..]),
            Self::Test(words) => (None, &words[..]),
        };
        none.into_iter().chain(test.iter().map(String::as_str))
    }
}

/// One step of an image's history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryEntry {
    /// When, RFC 3339 as written.
    pub created: Option<String>,
    /// The line that made it, values that may be secrets replaced by `…`; empty where none is stated.
    pub created_by: String,
    /// What the builder remarks: `buildkit.dockerfile.v0`.
    pub comment: Option<String>,
    /// What it made.
    pub made: Made,
}

/// What a step of the history made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Made {
    /// The layer at this position, from 0.
    Layer(u32),
    /// No layer: it changed the configuration only.
    Nothing,
    /// A layer, and it cannot be told which: the history tells of another number of layers than there are.
    #[default]
    SomeLayer,
}

/// A path and the permission bits of what lies there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardedPath {
    /// The permission bits, set-user-id, set-group-id and sticky included; at most `0o7777`.
    pub mode: u16,
    /// The path inside the image, without a leading `/`.
    pub path: String,
}

impl fmt::Display for GuardedPath {
    /// `4755 usr/bin/su`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:04o} {}", self.mode, self.path)
    }
}

/// An account of the image; its password and remark are not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The name it is known by.
    pub name: String,
    /// Its number; 0 may do everything.
    pub uid: u32,
    /// The number of its group.
    pub gid: u32,
    /// Its directory.
    pub home: String,
    /// The program it starts with; empty means `/bin/sh`.
    pub shell: String,
}

/// The image that another was built on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BaseImage {
    /// The reference a person would use.
    pub name: Option<String>,
    /// The digest of its manifest, or its image id.
    pub digest: Option<String>,
    /// How many of the layers, from the lowest, are its own; none when that is not known.
    pub layers: Option<u32>,
}

/// Where something in an image came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// The base image had it.
    Base,
    /// It was added to the base image.
    Yours,
    /// It cannot be told.
    #[default]
    Unknown,
}

impl Origin {
    /// Every value, in the order of declaration.
    pub const ALL: [Self; 3] = [Self::Base, Self::Yours, Self::Unknown];

    /// The word in every contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Yours => "yours",
            Self::Unknown => "unknown",
        }
    }

    /// What both say if they say the same, else unknown.
    pub fn and(self, other: Self) -> Self {
        if self == other { self } else { Self::Unknown }
    }
}
