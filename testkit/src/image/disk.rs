//! The forms in which an image lies on a disk.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::*;

/// Files by their path in an archive or a directory.
pub type Files = BTreeMap<String, Vec<u8>>;

/// How `index.json` leads to the manifests of several images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexShape {
    /// It names the manifests.
    Flat,
    /// It names one image index, which names the manifests: what builders and copiers write for
    /// multi-platform images.
    Nested,
}

/// The SHA-256 of `bytes` in lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The files of a `docker save` archive: `manifest.json`, one configuration an image, and
/// `<diff id>/layer.tar` for each layer, compressed as the layer says (`docker save` itself writes it plain).
pub fn docker_files(images: &[Image]) -> Files {
    let mut files = Files::new();
    let mut manifest = Vec::new();
    for image in images {
        let configuration = image.configuration().to_string().into_bytes();
        let config = format!("{}.json", sha256(&configuration));
        let mut layers = Vec::new();
        for layer in &image.layers {
            let path = format!("{}/layer.tar", sha256(&layer.tar()));
            files.insert(path.clone(), layer.blob());
            layers.push(path);
        }
        let tags: Vec<&String> = image.tag.iter().collect();
        manifest.push(json!({"Config": config, "RepoTags": tags, "Layers": layers}));
        files.insert(config, configuration);
    }
    files.insert("manifest.json".to_owned(), Value::from(manifest).to_string().into_bytes());
    files
}

/// The files of an OCI image layout: `oci-layout`, `index.json` and the blobs.
pub fn oci_files(images: &[Image], shape: IndexShape) -> Files {
    let mut files = Files::new();
    files.insert("oci-layout".to_owned(), br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec());
    let mut manifests: Vec<Value> = images.iter().map(|image| oci_manifest(&mut files, image)).collect();
    if shape == IndexShape::Nested {
        let nested = index(&manifests).to_string().into_bytes();
        let mut descriptor = blob(&mut files, "application/vnd.oci.image.index.v1+json", nested);
        if let Some(tag) = images.iter().find_map(|image| image.tag.as_deref()) {
            descriptor["annotations"] = json!({"org.opencontainers.image.ref.name": tag});
        }
        manifests = vec![descriptor];
    }
    files.insert("index.json".to_owned(), index(&manifests).to_string().into_bytes());
    files
}

/// Adds the blobs of `image` to `files` and returns the descriptor of its manifest.
fn oci_manifest(files: &mut Files, image: &Image) -> Value {
    let configuration = image.configuration();
    let config =
        blob(files, "application/vnd.oci.image.config.v1+json", configuration.to_string().into_bytes());
    let layers: Vec<Value> = image
        .layers
        .iter()
        .map(|layer| {
            let media_type = match layer.compression {
                Compression::None => "application/vnd.oci.image.layer.v1.tar",
                Compression::Gzip | Compression::Stored => "application/vnd.oci.image.layer.v1.tar+gzip",
                Compression::Zstd => "application/vnd.oci.image.layer.v1.tar+zstd",
                Compression::Xz => panic!("OCI has no media type for a layer in xz"),
            };
            blob(files, media_type, layer.blob())
        })
        .collect();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": config,
        "layers": layers,
    });
    let mut descriptor =
        blob(files, "application/vnd.oci.image.manifest.v1+json", manifest.to_string().into_bytes());
    descriptor["platform"] =
        json!({"os": configuration["os"], "architecture": configuration["architecture"]});
    if let Some(variant) = configuration.get("variant") {
        descriptor["platform"]["variant"] = variant.clone();
    }
    if let Some(tag) = &image.tag {
        descriptor["annotations"] = json!({"org.opencontainers.image.ref.name": tag});
    }
    descriptor
}

fn index(manifests: &[Value]) -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": manifests,
    })
}

/// Adds a blob and returns its descriptor.
fn blob(files: &mut Files, media_type: &str, bytes: Vec<u8>) -> Value {
    let digest = sha256(&bytes);
    let descriptor =
        json!({"mediaType": media_type, "digest": format!("sha256:{digest}"), "size": bytes.len()});
    files.insert(format!("blobs/sha256/{digest}"), bytes);
    descriptor
}

/// The uncompressed tar archive of `files`.
pub fn archive(files: &Files) -> Vec<u8> {
    let entries: Vec<Entry> = files
        .iter()
        .map(|(path, content)| Entry {
            path: path.clone(),
            mode: 0o644,
            kind: EntryKind::File(content.clone()),
        })
        .collect();
    tar(&entries)
}

/// Writes `files` below the directory `dir`, which is made.
///
/// # Panics
///
/// When a path leaves `dir`, or the file system refuses.
pub fn write_dir(files: &Files, dir: &Path) {
    for (path, content) in files {
        write(&inside(dir, path), content);
    }
}

/// The archive of the tree that the layers of `image` amount to, compressed in the way of `compression`.
pub fn rootfs_archive(image: &Image, compression: Compression) -> Vec<u8> {
    compress(&image.squashed().tar(), compression)
}

/// Writes the tree that the layers of `image` amount to into the directory `dir`, which is made.
///
/// # Panics
///
/// When a path leaves `dir`, or the file system refuses.
pub fn rootfs_dir(image: &Image, dir: &Path) {
    create_dir_all(dir);
    for entry in image.squashed().entries {
        let path = inside(dir, &entry.path);
        match &entry.kind {
            EntryKind::File(content) => write(&path, content),
            EntryKind::Directory => create_dir_all(&path),
            EntryKind::Symlink(target) => {
                create_dir_all(path.parent().unwrap_or(dir));
                symlink(target, &path);
                continue;
            }
            EntryKind::HardLink(_) => unreachable!("squashing copies hard links"),
        }
        set_mode(&path, entry.mode);
    }
}

fn inside(dir: &Path, path: &str) -> std::path::PathBuf {
    let leaves = path.starts_with('/') || path.split('/').any(|part| part == "..");
    assert!(!leaves, "`{path}` leaves the directory; only an archive can hold it");
    dir.join(path)
}

fn create_dir_all(dir: &Path) {
    fs::create_dir_all(dir).unwrap_or_else(|error| panic!("cannot make {}: {error}", dir.display()));
}

fn write(path: &Path, content: &[u8]) {
    if let Some(parent) = path.parent() {
        create_dir_all(parent);
    }
    fs::write(path, content).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
}

#[cfg(unix)]
fn symlink(target: &str, path: &Path) {
    std::os::unix::fs::symlink(target, path)
        .unwrap_or_else(|error| panic!("cannot link {}: {error}", path.display()));
}

#[cfg(not(unix))]
fn symlink(_target: &str, path: &Path) {
    panic!("cannot link {}: no symbolic links on this system", path.display());
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .unwrap_or_else(|error| panic!("cannot set the mode of {}: {error}", path.display()));
}

#[cfg(not(unix))]
fn set_mode(_path: &Path, _mode: u32) {}

/// The tar archive of `entries`, each name written as it stands, however hostile.
pub(super) fn tar(entries: &[Entry]) -> Vec<u8> {
    let mut builder = ::tar::Builder::new(Vec::new());
    for entry in entries {
        let (kind, content, link): (_, &[u8], _) = match &entry.kind {
            EntryKind::File(content) => (::tar::EntryType::Regular, content, None),
            EntryKind::Directory => (::tar::EntryType::Directory, &[], None),
            EntryKind::Symlink(target) => (::tar::EntryType::Symlink, &[], Some(target)),
            EntryKind::HardLink(target) => (::tar::EntryType::Link, &[], Some(target)),
        };
        let name = match kind {
            ::tar::EntryType::Directory => format!("{}/", entry.path),
            _ => entry.path.clone(),
        };
        let mut header = ::tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(entry.mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(1_717_200_000);
        header.set_size(content.len() as u64);
        let mut long: Vec<(&str, &[u8])> = Vec::new();
        let room = header.as_old().name.len();
        if name.len() > room {
            long.push(("path", name.as_bytes()));
        }
        if let Some(link) = link.filter(|link| link.len() > room) {
            long.push(("linkpath", link.as_bytes()));
        }
        // Straight into the header: the safe setters refuse `..` and `/`, which tests need.
        let header_bytes = header.as_old_mut();
        copy_truncated(&mut header_bytes.name, name.as_bytes());
        copy_truncated(&mut header_bytes.linkname, link.map_or(&[], |link| link.as_bytes()));
        header.set_cksum();
        builder.append_pax_extensions(long).expect("a vector takes all bytes");
        builder.append(&header, content).expect("a vector takes all bytes");
    }
    builder.into_inner().expect("a vector takes all bytes")
}

fn copy_truncated(field: &mut [u8], bytes: &[u8]) {
    let length = field.len().min(bytes.len());
    field[..length].copy_from_slice(&bytes[..length]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_hold_hostile_and_long_names_as_written() {
        let long = format!("usr/{}/file", "deep/".repeat(40));
        let mut layer = Layer::default();
        layer.file("../../etc/passwd", "x").file("//abs", "y").file(&long, "z");
        let bytes = layer.tar();
        let mut archive = ::tar::Archive::new(&*bytes);
        let names: Vec<String> = archive
            .entries()
            .unwrap()
            .map(|entry| String::from_utf8(entry.unwrap().path_bytes().into_owned()).unwrap())
            .collect();
        assert_eq!(names, ["../../etc/passwd", "/abs", &*long]);
    }

    #[test]
    fn an_oci_layout_names_blobs_by_their_digest() {
        let images = ["linux/amd64", "linux/arm/v7"]
            .map(|platform| Image::parse("//- layer\n//- /a\nA\n").for_platform(platform).tagged("demo:1"));
        for shape in [IndexShape::Flat, IndexShape::Nested] {
            let files = oci_files(&images, shape);
            for (path, content) in &files {
                if let Some(digest) = path.strip_prefix("blobs/sha256/") {
                    assert_eq!(digest, sha256(content));
                }
            }
            let index: Value = serde_json::from_slice(&files["index.json"]).unwrap();
            let manifests = index["manifests"].as_array().unwrap();
            assert_eq!(manifests.len(), if shape == IndexShape::Flat { 2 } else { 1 });
            assert_eq!(manifests[0]["annotations"]["org.opencontainers.image.ref.name"], "demo:1");
        }
    }

    #[test]
    fn a_docker_archive_lists_its_layers_in_order() {
        let files =
            docker_files(&[Image::parse("//- layer\n//- /a\n//- layer none\n//- /b\n").tagged("d:1")]);
        let manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
        assert_eq!(manifest[0]["RepoTags"], json!(["d:1"]));
        let config: Value = serde_json::from_slice(&files[manifest[0]["Config"].as_str().unwrap()]).unwrap();
        for (layer, diff_id) in std::iter::zip(
            manifest[0]["Layers"].as_array().unwrap(),
            config["rootfs"]["diff_ids"].as_array().unwrap(),
        ) {
            let id = diff_id.as_str().unwrap().strip_prefix("sha256:").unwrap();
            assert_eq!(layer.as_str().unwrap(), format!("{id}/layer.tar"));
        }
        assert_eq!(config["history"].as_array().unwrap().len(), 3);
    }

    #[cfg(unix)]
    #[test]
    fn a_rootfs_directory_holds_links_and_modes() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let image = Image::parse("//- layer\n//- /usr/bin/tool 0755\n#!\n//- /bin -> usr/bin\n");
        rootfs_dir(&image, dir.path());
        let tool = dir.path().join("bin/tool");
        assert_eq!(fs::read(&tool).unwrap(), b"#!\n");
        assert_eq!(fs::metadata(&tool).unwrap().permissions().mode() & 0o777, 0o755);
    }

    #[test]
    fn every_compression_reads_back() {
        let text = "plimsoll ".repeat(1000);
        for compression in [Compression::Gzip, Compression::Stored] {
            let packed = compress(text.as_bytes(), compression);
            let unpacked = std::io::read_to_string(flate2::read::GzDecoder::new(&*packed)).unwrap();
            assert_eq!(unpacked, text);
        }
        let packed = compress(text.as_bytes(), Compression::Zstd);
        assert_eq!(zstd::stream::decode_all(&*packed).unwrap(), text.as_bytes());
        let packed = compress(text.as_bytes(), Compression::Xz);
        let unpacked = std::io::read_to_string(lzma_rust2::XzReader::new(&*packed, false)).unwrap();
        assert_eq!(unpacked, text);
    }
}
