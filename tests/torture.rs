//! Promise 3: killed at any instant, a sync, a pull or a `gc` leaves the old snapshot or the new one.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use testkit::torture::{Deed, Outcome, kill};

use crate::harness::{PLIMSOLL, Place};

/// Strikes often enough that some blows fall amid the work.
#[track_caller]
fn survives(deed: Deed, seed: u64) -> Outcome {
    let outcome = kill(Path::new(PLIMSOLL), deed, 25, seed).unwrap();
    assert!(outcome.amid > 0, "no blow fell amid the work: {outcome}");
    assert_eq!(outcome.untouched + outcome.amid + outcome.done + outcome.ended, 25);
    outcome
}

#[test]
fn a_sync_killed_at_any_moment_leaves_a_readable_snapshot() {
    survives(Deed::Sync, 7);
}

#[test]
fn a_pull_killed_at_any_moment_leaves_a_readable_snapshot() {
    survives(Deed::Pull, 8);
}

#[test]
fn a_gc_killed_at_any_moment_leaves_every_snapshot_whole_or_gone() {
    let outcome = survives(Deed::Gc, 9);
    assert_eq!(outcome.new, 0, "a gc makes no snapshot: {outcome}");
}

/// The program, with something done before each `feeds <word>`.
fn careless(place: &Place, word: &str, script: &str) -> PathBuf {
    let script = format!(
        "#!/bin/sh\nfeeds=$2\ncase \" $* \" in *\" feeds {word} \"*)\n[ ! -f \"$feeds/manifest.json\" ] || {{ {script}; }}\nesac\n\
         exec \"{PLIMSOLL}\" \"$@\"\n"
    );
    let program = place.write("careless", script);
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    program
}

#[test]
fn a_careless_program_is_found_out() {
    // Each comes to a good end when it is left alone.
    for (what, word, deed, script) in [
        (
            "the manifest is away for a while",
            "sync",
            Deed::Sync,
            "mv \"$feeds/manifest.json\" \"$feeds/away\"; sleep 0.2; mv \"$feeds/away\" \"$feeds/manifest.json\"",
        ),
        (
            "the manifest is written in its place",
            "pull",
            Deed::Pull,
            "m=\"$feeds/manifest.json\"; cp \"$m\" \"$feeds/kept\"; : >\"$m\"; sleep 0.2; mv \"$feeds/kept\" \"$m\"",
        ),
        (
            "shards of an old snapshot are away for a while",
            "gc",
            Deed::Gc,
            "mkdir \"$feeds/all\"; mv \"$feeds/shards\"/*.text.sqlite \"$feeds/all\"; sleep 0.2
             mv \"$feeds/all\"/* \"$feeds/shards\"; rmdir \"$feeds/all\"",
        ),
    ] {
        let place = Place::new();
        let error = kill(&careless(&place, word, script), deed, 25, 3).unwrap_err();
        assert!(error.contains("after blow"), "{what}: {error}");
    }
}
