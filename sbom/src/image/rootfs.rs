//! A root filesystem, or any other directory, in place or in an archive: no manifest, no layers, no digests.

use std::path::Path;

use model::inventory::Subject;

use super::blob::{BlobAddress, WholeFile};
use super::{Called, Content, Image, ImageError, Layer, SourceKind};

/// The directory at `path`.
pub(super) fn open_directory(path: &Path) -> Result<Image, ImageError> {
    // Asked here, so that a directory that cannot be read at all is an error rather than a gap.
    std::fs::read_dir(path).map_err(|source| ImageError::Read { path: path.into(), source })?;
    Ok(Image {
        name: path.display().to_string(),
        kind: SourceKind::Dir,
        subject: subject(&Called::of(path)),
        gaps: Vec::new(),
        content: Content::Directory(path.into()),
    })
}

/// The archive whose uncompressed bytes `archive` holds.
pub(super) fn open_archive(called: &Called, archive: Box<WholeFile>, size: u64) -> Image {
    let layer = Layer {
        place: "the archive".to_owned(),
        address: BlobAddress::Path(String::new()),
        digest: None,
        size: Some(size),
        diff_id: None,
    };
    Image {
        name: called.source.clone(),
        kind: SourceKind::RootfsArchive,
        subject: subject(called),
        gaps: Vec::new(),
        content: Content::Layers { layers: vec![layer], blobs: archive },
    }
}

fn subject(called: &Called) -> Subject {
    Subject { name: called.subject.clone(), ..Subject::default() }
}
