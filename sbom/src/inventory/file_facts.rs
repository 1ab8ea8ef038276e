//! Which files of the squashed image are guarded unusually.

use model::gap::{Gap, GapKind};
use model::image::GuardedPath;
use model::limits::Limits;

use crate::image::listing::{ListedKind, Listing};
use crate::image::mode::Mode;
use crate::image::tree::{NodeKind, Tree};

/// Files with the rights of their owner or group, and files and directories that everybody may write to; in the order
/// of [`Tree::visit`].
#[derive(Debug, Default)]
pub(super) struct FileFacts {
    pub(super) set_id: Vec<GuardedPath>,
    pub(super) world_writable: Vec<GuardedPath>,
    /// That there are more than [`Limits::image_facts_max`] of either.
    pub(super) gaps: Vec<Gap>,
}

/// The facts of the files in `tree`. The mode of a symbolic link means nothing; a directory that no layer states has
/// none.
pub(super) fn file_facts(tree: &Tree, limits: &Limits) -> FileFacts {
    let mut facts = FileFacts::default();
    let n_max = limits.image_facts_max;
    let (mut n_set_id, mut n_world_writable) = (0, 0);
    let note = |list: &mut Vec<GuardedPath>, n_noted: &mut usize, path: &str, mode: Mode| {
        *n_noted += 1;
        if *n_noted <= n_max {
            list.push(GuardedPath { mode: mode.bits(), path: path.to_owned() });
        }
    };
    tree.visit(|path, id| {
        let (mode, is_file) = match &tree.node(id).kind {
            NodeKind::File(file) => (Some(file.mode), true),
            NodeKind::Directory(_) => (tree.directory_mode(id), false),
            NodeKind::Symlink(_) | NodeKind::Other => (None, false),
        };
        let Some(mode) = mode else { return };
        if is_file && mode.is_set_id() {
            note(&mut facts.set_id, &mut n_set_id, path, mode);
        }
        if mode.is_world_writable() {
            note(&mut facts.world_writable, &mut n_world_writable, path, mode);
        }
    });
    for (what, n_noted) in [("set-id", n_set_id), ("world-writable", n_world_writable)] {
        if n_noted > n_max {
            let detail = format!("{} {what} paths more than image_facts_max of {n_max}", n_noted - n_max);
            facts.gaps.push(Gap::new(GapKind::LIMIT_EXCEEDED, "", detail));
        }
    }
    facts
}

/// Bytes of the regular files of one layer.
pub(super) fn bytes(listing: &Listing) -> u64 {
    let mut bytes: u64 = 0;
    let mut entries = listing.iter();
    while let Some(entry) = entries.next() {
        if let ListedKind::File { size, .. } = entry.kind {
            bytes = bytes.saturating_add(size);
        }
    }
    bytes
}
