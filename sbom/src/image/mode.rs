//! Permission bits.

use std::fmt;

/// The permission bits of a file or directory, set-user-id, set-group-id and sticky included; spelt in octal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mode(u16);

impl Mode {
    /// The permission bits of a mode as `stat` or a tar header has it; the bits of the file type are dropped.
    pub(crate) fn new(mode: impl Into<u64>) -> Self {
        Self(u16::try_from(mode.into() & 0o7777).expect("twelve bits fit into sixteen"))
    }

    /// The bits.
    pub(crate) fn bits(self) -> u16 {
        self.0
    }

    /// Whether anybody may execute it.
    pub(crate) fn is_executable(self) -> bool {
        self.0 & 0o111 != 0
    }

    /// Whether it runs with the rights of its owner or group.
    pub(crate) fn is_set_id(self) -> bool {
        self.0 & 0o6000 != 0
    }

    /// Whether everybody may write to it.
    pub(crate) fn is_world_writable(self) -> bool {
        self.0 & 0o002 != 0
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:04o}", self.0)
    }
}
