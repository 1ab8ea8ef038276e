//! Promise 3: killed at any instant, a sync leaves the old snapshot or the new one.

use std::path::Path;

use crate::harness::PLIMSOLL;

#[test]
fn a_sync_killed_at_any_moment_leaves_a_readable_snapshot() {
    let outcome = testkit::torture::kill_syncs(Path::new(PLIMSOLL), 25, 7).unwrap();
    assert!(outcome.killed > 0, "no blow met a living sync: {outcome}");
}
