//! GitHub Actions: Semantic Versioning after `v` (feeds.md C4). An action may be pinned by a commit, which has no order
//! though it may begin with digits.

use model::ecosystem::Ecosystem;

use super::semver::{self, Version};
use super::{Scheme, VersionScheme};

pub(super) static SCHEME: VersionScheme =
    VersionScheme::of::<GithubActions>("github_actions", &[Ecosystem::GithubActions]);

struct GithubActions;

impl Scheme for GithubActions {
    type Version<'a> = Version<'a>;

    fn read(text: &str) -> Option<Version<'_>> {
        let is_commit = text.len() >= 7 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        (!is_commit).then(|| semver::read(text))?
    }
}
