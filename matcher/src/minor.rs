//! Fixes of one version that the minor releases of Red Hat Enterprise Linux have each for themselves (feeds.md A5).
//!
//! Their rows are all of the major release, and which minor release a fix is of shows in its release alone: `26.el9_3.2`. A
//! minor release that began before the first fix has one of its own, which is below that of the next.

use std::collections::BTreeMap;

use model::advisory::{RangeEvent, Row};

use crate::authority::Statement;
use crate::gate::Gate;

/// A fix of a minor release.
#[derive(Clone, Copy)]
struct Fix<'a> {
    /// Epoch and version, without the release.
    version: &'a str,
    minor: u32,
}

/// Which fixes of a vulnerability are the nearest to an installation.
pub(crate) struct Nearest<'a> {
    /// By version, the rank of the nearest minor release that has a fix of it.
    ranks: BTreeMap<&'a str, u32>,
}

impl<'a> Nearest<'a> {
    pub(crate) fn of(statements: impl Iterator<Item = &'a Statement<'a>>, gate: &Gate) -> Self {
        let mut ranks = BTreeMap::new();
        for Fix { version, minor } in statements.filter_map(|statement| fix(statement.row)) {
            let rank = gate.minor_rank(Some(minor));
            let nearest = ranks.entry(version).or_insert(rank);
            *nearest = rank.min(*nearest);
        }
        Self { ranks }
    }

    /// Whether no fix of the same version is nearer than that of `row`.
    pub(crate) fn has(&self, row: &Row, gate: &Gate) -> bool {
        let Some(Fix { version, minor }) = fix(row) else { return true };
        self.ranks.get(version).is_none_or(|nearest| gate.minor_rank(Some(minor)) <= *nearest)
    }
}

/// The fix of `row`, where it is one of a minor release.
fn fix(row: &Row) -> Option<Fix<'_>> {
    if row.affected.key.namespace.distro_id() != Some("redhat") {
        return None;
    }
    let [range] = &row.affected.ranges[..] else { return None };
    let fixed = range.events.iter().find_map(|event| match event {
        RangeEvent::Fixed(version) => Some(version.as_str()),
        _ => None,
    })?;
    let (version, release) = fixed.rsplit_once('-')?;
    Some(Fix { version, minor: minor_of(release)? })
}

/// `3` of `26.el9_3.2`; none of `26.el9`, and of modules (`1.module+el8.9.0+123+abc`).
fn minor_of(release: &str) -> Option<u32> {
    let (_, major) = release.split_once(".el")?;
    let minor = major.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix('_')?;
    let end = minor.find(|c: char| !c.is_ascii_digit()).unwrap_or(minor.len());
    minor[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_tells_its_minor_release() {
        for (release, expected) in [
            ("26.el9_3.2", Some(3)),
            ("4.el8_10", Some(10)),
            ("26.el9", None),
            ("26.el9.1", None),
            ("1.module+el8.9.0+123+abc", None),
            ("3.rhaos4.14.el9", None),
            ("26.el9_", None),
            ("26", None),
        ] {
            assert_eq!(minor_of(release), expected, "{release}");
        }
    }
}
