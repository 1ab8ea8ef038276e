//! The exit codes of the contract.

/// What a run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: judged, acceptable; or the command did what was asked.
    Acceptable,
    /// 1: judged, not acceptable.
    NotAcceptable,
    /// 2: not judged: bad usage, unreadable input, no feeds, nothing found to judge, or with a gate nothing held of the distribution.
    NotJudged,
}

impl Exit {
    /// The number.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Acceptable => 0,
            Self::NotAcceptable => 1,
            Self::NotJudged => 2,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
