//! Container images written as text, in every form in which an image can lie on a disk.
//!
//! # Layers as text
//!
//! ```text
//! //- layer gzip # ADD base          a new layer; its compression (none, gzip, stored, zstd; default gzip)
//!                                    and, after `#`, the command for the history
//! //- /etc/os-release                a file; the lines up to the next marker are its content
//! ID=alpine
//! //- /bin/busybox 0755              a file with a mode
//! //- /var/empty/                    a directory
//! //- /lib -> usr/lib                a symbolic link, its target as written
//! //- /bin/sh => /bin/busybox        a hard link to a path of the same layer
//! //- /etc/motd !                    a whiteout: the path is deleted from the layers below
//! //- /opt/ !!                       an opaque directory: its content in the layers below is hidden
//! ```
//!
//! A marker may stand on the `layer` line itself (`//- layer /lib -> usr/lib`). Paths are written into the
//! tar archive without their first `/`; `//- ../x` and `//- //x` give the names `../x` and `/x`, as an attacker
//! would. Content that is no text goes in through [`Layer::file`].
//!
//! # Forms
//!
//! [`docker_files`] and [`oci_files`] give the files that an archive or a layout holds, by path, so that a test
//! can remove or damage one; [`archive`] and [`write_dir`] make an archive or a directory of them.
//! [`hostile`] streams what would not fit into memory. [`Image::squashed`] is the tree that the layers amount to, for [`rootfs_archive`] and [`rootfs_dir`].

mod disk;
pub mod hostile;
mod text;

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub use disk::{
    Files, IndexShape, archive, docker_files, oci_files, rootfs_archive, rootfs_dir, sha256, write_dir,
};

/// An image: layers, lowest first, and the few facts of its configuration that tests look at.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// The layers, lowest first.
    pub layers: Vec<Layer>,
    /// `os/architecture` or `os/architecture/variant`.
    pub platform: String,
    /// The tag, `name:tag`, written as `RepoTags` and as `org.opencontainers.image.ref.name`.
    pub tag: Option<String>,
    /// The object `config` of the image's configuration: `Env`, `Cmd`, `Labels`, …
    pub config: Value,
}

/// A layer: entries in the order of the archive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layer {
    /// The entries.
    pub entries: Vec<Entry>,
    /// How the archive is compressed.
    pub compression: Compression,
    /// The command that made it, for the history.
    pub created_by: String,
}

/// One entry of a layer's archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name in the archive, as it stands there: `etc/os-release`, `etc/.wh.motd`.
    pub path: String,
    /// The permission bits.
    pub mode: u32,
    /// What it is.
    pub kind: EntryKind,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file with its content.
    File(Vec<u8>),
    /// A directory.
    Directory,
    /// A symbolic link and its target.
    Symlink(String),
    /// A hard link and the name of the entry that it links to.
    HardLink(String),
}

/// How bytes are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip at its usual level.
    #[default]
    Gzip,
    /// gzip without compression: its bytes depend on no version of a compressor, for files that are committed.
    Stored,
    /// zstd.
    Zstd,
    /// xz; no image format names it for a layer.
    Xz,
}

impl Image {
    /// The image written as `text`; the module's description has the syntax.
    ///
    /// # Panics
    ///
    /// When the text has content before the first layer, or a marker that is none of those described.
    #[track_caller]
    pub fn parse(text: &str) -> Self {
        Self::new(text::parse(text))
    }

    /// An image of `layers` for `linux/amd64`, with no tag.
    pub fn new(layers: Vec<Layer>) -> Self {
        Self {
            layers,
            platform: "linux/amd64".to_owned(),
            tag: None,
            config: json!({"Env": ["PATH=/usr/local/bin:/usr/bin:/bin"], "Cmd": ["/bin/sh"]}),
        }
    }

    /// The same image called `name:tag`.
    pub fn tagged(mut self, tag: &str) -> Self {
        self.tag = Some(tag.to_owned());
        self
    }

    /// The same image for another platform, `linux/arm/v7`.
    pub fn for_platform(mut self, platform: &str) -> Self {
        self.platform = platform.to_owned();
        self
    }

    /// The same image with all layers compressed in one way.
    pub fn compressed(mut self, compression: Compression) -> Self {
        for layer in &mut self.layers {
            layer.compression = compression;
        }
        self
    }

    /// This image as a `docker save` archive.
    pub fn docker_archive(&self) -> Vec<u8> {
        archive(&docker_files(std::slice::from_ref(self)))
    }

    /// This image as the archive of an OCI image layout.
    pub fn oci_archive(&self) -> Vec<u8> {
        archive(&oci_files(std::slice::from_ref(self), IndexShape::Flat))
    }

    /// The configuration: platform, `rootfs.diff_ids`, and a history with an empty entry after the layers.
    pub fn configuration(&self) -> Value {
        let mut platform = self.platform.split('/');
        let (os, architecture, variant) = (platform.next(), platform.next(), platform.next());
        let diff_ids: Vec<String> =
            self.layers.iter().map(|layer| format!("sha256:{}", sha256(&layer.tar()))).collect();
        let mut history: Vec<Value> = self
            .layers
            .iter()
            .map(|layer| json!({"created": CREATED, "created_by": layer.created_by}))
            .collect();
        history.push(json!({"created": CREATED, "created_by": "CMD [\"/bin/sh\"]", "empty_layer": true}));
        let mut configuration = json!({
            "architecture": architecture,
            "os": os,
            "created": CREATED,
            "config": self.config,
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
            "history": history,
        });
        if let Some(variant) = variant {
            configuration["variant"] = json!(variant);
        }
        configuration
    }

    /// The tree that the layers amount to, as one layer in the order of the paths.
    ///
    /// A plain model of the image specification, for comparison: it follows no symbolic link, and hard links
    /// become copies of what they link to.
    pub fn squashed(&self) -> Layer {
        let mut tree: BTreeMap<String, Entry> = BTreeMap::new();
        for layer in &self.layers {
            let below =
                |path: &str, dir: &str| path.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'));
            for entry in &layer.entries {
                match entry.deletes() {
                    Some(Deletion::Path(path)) => {
                        tree.retain(|other, _| *other != path && !below(other, &path))
                    }
                    Some(Deletion::Content(dir)) => tree.retain(|other, _| !below(other, &dir)),
                    None => {}
                }
            }
            for entry in layer.entries.iter().filter(|entry| entry.deletes().is_none()) {
                if entry.kind != EntryKind::Directory {
                    tree.retain(|other, _| !below(other, &entry.path));
                }
                let mut entry = entry.clone();
                if let EntryKind::HardLink(target) = &entry.kind {
                    entry.kind = tree
                        .get(target)
                        .unwrap_or_else(|| panic!("hard link {} to {target}, which is absent", entry.path))
                        .kind
                        .clone();
                }
                tree.insert(entry.path.clone(), entry);
            }
        }
        Layer { entries: tree.into_values().collect(), ..Layer::default() }
    }
}

/// The date on everything: images made by tests are the same in every run.
const CREATED: &str = "2024-06-01T00:00:00Z";

impl Layer {
    /// Adds a regular file with the mode 0644.
    pub fn file(&mut self, path: &str, content: impl Into<Vec<u8>>) -> &mut Self {
        self.push(path, 0o644, EntryKind::File(content.into()))
    }

    /// Adds an executable file, with the mode 0755.
    pub fn executable(&mut self, path: &str, content: impl Into<Vec<u8>>) -> &mut Self {
        self.push(path, 0o755, EntryKind::File(content.into()))
    }

    /// Adds an entry; the first `/` of `path` is not written.
    pub fn push(&mut self, path: &str, mode: u32, kind: EntryKind) -> &mut Self {
        self.entries.push(Entry { path: path.strip_prefix('/').unwrap_or(path).to_owned(), mode, kind });
        self
    }

    /// The uncompressed archive.
    pub fn tar(&self) -> Vec<u8> {
        disk::tar(&self.entries)
    }

    /// The archive as the image holds it.
    pub fn blob(&self) -> Vec<u8> {
        compress(&self.tar(), self.compression)
    }
}

enum Deletion {
    Path(String),
    Content(String),
}

impl Entry {
    /// What a whiteout deletes (OCI image specification, "Whiteouts"); `None` for other entries.
    fn deletes(&self) -> Option<Deletion> {
        let (dir, name) = self.path.rsplit_once('/').unwrap_or(("", &self.path));
        if name == ".wh..wh..opq" {
            return Some(Deletion::Content(dir.to_owned()));
        }
        let name = name.strip_prefix(".wh.")?;
        Some(Deletion::Path(if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }))
    }
}

/// `bytes` compressed in the way of `compression`.
pub fn compress(bytes: &[u8], compression: Compression) -> Vec<u8> {
    let gzip = |level| {
        let mut encoder = flate2::GzBuilder::new().write(Vec::new(), level);
        encoder.write_all(bytes).expect("a vector takes all bytes");
        encoder.finish().expect("a vector takes all bytes")
    };
    match compression {
        Compression::None => bytes.to_vec(),
        Compression::Gzip => gzip(flate2::Compression::default()),
        Compression::Stored => gzip(flate2::Compression::none()),
        Compression::Zstd => zstd::stream::encode_all(bytes, 3).expect("a vector takes all bytes"),
        Compression::Xz => {
            let options = lzma_rust2::XzOptions::with_preset(1);
            let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).expect("the preset is valid");
            encoder.write_all(bytes).expect("a vector takes all bytes");
            encoder.finish().expect("a vector takes all bytes")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
//- layer none # ADD base
//- /etc/os-release
ID=alpine
VERSION_ID=3.20.0
//- /lib -> usr/lib
//- /bin/busybox 0755
ELF
//- /bin/sh => /bin/busybox
//- /opt/a/
//- /opt/a/old
//- layer zstd
//- /opt/a/ !!
//- /opt/a/new
new
//- /etc/os-release !
";

    #[test]
    fn layers_read_as_written() {
        let image = Image::parse(TEXT);
        let shown: Vec<String> = image.layers.iter().flat_map(|layer| &layer.entries).map(show).collect();
        assert_eq!(
            shown,
            [
                "etc/os-release 644 File \"ID=alpine\\nVERSION_ID=3.20.0\\n\"",
                "lib 777 Symlink usr/lib",
                "bin/busybox 755 File \"ELF\\n\"",
                "bin/sh 644 HardLink bin/busybox",
                "opt/a 755 Directory",
                "opt/a/old 644 File \"\"",
                "opt/a/.wh..wh..opq 644 File \"\"",
                "opt/a/new 644 File \"new\\n\"",
                "etc/.wh.os-release 644 File \"\"",
            ]
        );
        assert_eq!(image.layers[0].created_by, "ADD base");
        assert_eq!(image.layers[1].compression, Compression::Zstd);
    }

    #[test]
    fn a_marker_may_stand_on_the_layer_line() {
        let image = Image::parse("//- layer /lib -> usr/lib\n//- ../x\n//- //y\n");
        let paths: Vec<_> = image.layers[0].entries.iter().map(|entry| &*entry.path).collect();
        assert_eq!(paths, ["lib", "../x", "/y"]);
    }

    #[test]
    fn squashing_applies_whiteouts_and_copies_hard_links() {
        let shown: Vec<String> = Image::parse(TEXT).squashed().entries.iter().map(show).collect();
        assert_eq!(
            shown,
            [
                "bin/busybox 755 File \"ELF\\n\"",
                "bin/sh 644 File \"ELF\\n\"",
                "lib 777 Symlink usr/lib",
                "opt/a 755 Directory",
                "opt/a/new 644 File \"new\\n\"",
            ]
        );
    }

    fn show(entry: &Entry) -> String {
        let kind = match &entry.kind {
            EntryKind::File(content) => format!("File {:?}", String::from_utf8_lossy(content)),
            EntryKind::Directory => "Directory".to_owned(),
            EntryKind::Symlink(target) => format!("Symlink {target}"),
            EntryKind::HardLink(target) => format!("HardLink {target}"),
        };
        format!("{} {:o} {kind}", entry.path, entry.mode)
    }
}
