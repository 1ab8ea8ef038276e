//! What is recognised, what is chosen, and what each kind of damage is called.

use std::path::PathBuf;

use testkit::image::{self as kit, Compression, Files, IndexShape};

use super::*;

const TEXT: &str = "//- layer # ADD base\n//- /etc/os-release\nID=alpine\n//- layer\n//- /a\n";

fn write(dir: &tempfile::TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn open_bytes(bytes: &[u8], kind: Option<SourceKind>, options: &OpenOptions) -> Result<Image, ImageError> {
    let dir = tempfile::tempdir().unwrap();
    open(&write(&dir, "x.tar", bytes), kind, options)
}

fn open_files(files: &Files, options: &OpenOptions) -> Result<Image, ImageError> {
    open_bytes(&kit::archive(files), None, options)
}

/// The message of the error, with the directory of the test left out.
#[track_caller]
fn message(result: Result<Image, ImageError>) -> String {
    let Err(error) = result else { panic!("it was opened") };
    let text = error.to_string();
    let Some(start) = text.find("`/") else { return text };
    let end = start + 1 + text[start + 1..].find('`').unwrap();
    let name = text[start + 1..end].rsplit('/').next().unwrap().to_owned();
    format!("{}`{name}{}", &text[..start], &text[end..])
}

fn platform(text: &str) -> OpenOptions {
    OpenOptions { platform: Some(text.parse().unwrap()), ..OpenOptions::default() }
}

#[test]
fn the_kind_is_found_from_the_content() {
    let image = kit::Image::parse(TEXT).tagged("example.test/app:1.0");
    for (bytes, kind) in [
        (image.docker_archive(), SourceKind::DockerArchive),
        (image.oci_archive(), SourceKind::OciArchive),
        (kit::rootfs_archive(&image, Compression::None), SourceKind::RootfsArchive),
        (kit::rootfs_archive(&image, Compression::Zstd), SourceKind::RootfsArchive),
        (kit::compress(&image.docker_archive(), Compression::Gzip), SourceKind::DockerArchive),
    ] {
        for forced in [None, Some(kind)] {
            let image = open_bytes(&bytes, forced, &OpenOptions::default()).unwrap();
            assert_eq!(image.kind(), kind);
            assert_eq!(SourceKind::from_prefix(kind.name()), Some(kind));
            if kind != SourceKind::RootfsArchive {
                assert_eq!(image.subject().name, "example.test/app");
                assert_eq!(image.subject().version.as_deref(), Some("1.0"));
                assert_eq!(image.layers().len(), 2);
            }
        }
    }
    let dir = tempfile::tempdir().unwrap();
    kit::write_dir(&kit::oci_files(&[image], IndexShape::Flat), &dir.path().join("layout"));
    for (path, kind) in [("layout", SourceKind::OciDir), ("", SourceKind::Dir)] {
        assert_eq!(open(&dir.path().join(path), None, &OpenOptions::default()).unwrap().kind(), kind);
    }
    // Without its blobs it is still a layout, and is damaged.
    std::fs::remove_dir_all(dir.path().join("layout/blobs")).unwrap();
    std::fs::remove_file(dir.path().join("layout/oci-layout")).unwrap();
    assert!(
        message(open(&dir.path().join("layout"), None, &OpenOptions::default()))
            .contains("lacks the manifest")
    );
    // Forced, a layout is a directory like any other.
    let forced = open(&dir.path().join("layout"), Some(SourceKind::Dir), &OpenOptions::default());
    assert_eq!(forced.unwrap().kind(), SourceKind::Dir);
}

#[test]
fn what_is_no_image_is_told_with_every_attempt() {
    let options = OpenOptions::default();
    let none = |bytes: &[u8]| message(open_bytes(bytes, None, &options));
    assert_eq!(none(b""), "`x.tar` is an empty file");
    assert_eq!(
        none(b"hello"),
        "`x.tar` is not an image: tried \
         docker-archive (not a tar archive: the tar stream ends within an entry), \
         oci-archive (not a tar archive: the tar stream ends within an entry), \
         rootfs-archive (not a tar archive: the tar stream ends within an entry)"
    );
    assert!(none(&[b'x'; 2048]).contains("not a tar archive: the tar stream has a malformed number"));
    assert!(
        none(&kit::compress(b"hello", Compression::Gzip)).contains("what the gzip stream holds is not a tar")
    );
    assert!(none(&[0; 10_240]).contains("rootfs-archive (it has no entries)"));
    let mut files = kit::docker_files(&[kit::Image::parse(TEXT)]);
    files.remove("manifest.json");
    assert_eq!(
        message(open_files(&files, &options)),
        "`x.tar` is not an image: tried docker-archive (it has layers but no manifest.json), \
         oci-archive (it has blobs but no index.json), rootfs-archive (it holds pieces of an image)"
    );
    let rootfs = kit::rootfs_archive(&kit::Image::parse(TEXT), Compression::None);
    assert_eq!(
        message(open_bytes(&rootfs, Some(SourceKind::OciArchive), &options)),
        "`x.tar` is not an image: tried oci-archive (it has no index.json)"
    );
    assert_eq!(
        message(open_bytes(&rootfs, Some(SourceKind::Dir), &options)),
        "`x.tar` is not an image: tried dir (it is a file)"
    );
    let missing = open(Path::new("/nowhere/x.tar"), None, &options);
    assert_eq!(message(missing), "cannot read `x.tar`");
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("version"), "Directory Transport Version: 1.1\n").unwrap();
    assert!(message(open(dir.path(), None, &options)).contains("copy it to `oci:` instead"));
    let forced = open(dir.path(), Some(SourceKind::DockerArchive), &options);
    assert!(message(forced).ends_with("tried docker-archive (it is a directory)"));
}

#[test]
fn the_platform_chooses_among_several() {
    let image = |platform: &str| kit::Image::parse(TEXT).for_platform(platform).tagged("app:1");
    for shape in [IndexShape::Flat, IndexShape::Nested] {
        let several = kit::oci_files(
            &[image("linux/amd64"), image("linux/arm64"), image("linux/arm/v6"), image("linux/arm/v7")],
            shape,
        );
        for (asked, expected) in [
            ("linux/amd64", "linux/amd64"),
            ("linux/aarch64", "linux/arm64"),
            ("linux/arm", "linux/arm/v7"),
            ("linux/arm/v6", "linux/arm/v6"),
        ] {
            let image = open_files(&several, &platform(asked)).unwrap();
            assert_eq!(image.subject().platform.as_deref(), Some(expected));
            assert_eq!((&*image.subject().name, image.subject().version.as_deref()), ("app", Some("1")));
            // What lists a layout has no digest; an index that it names has.
            let listed = String::from_utf8(several["index.json"].clone()).unwrap();
            let index = image.subject().index_digest.as_deref();
            assert_eq!(
                index.map(|digest| listed.contains(digest)),
                (shape == IndexShape::Nested).then_some(true)
            );
            assert_ne!(index, image.subject().manifest_digest.as_deref());
        }
        assert_eq!(
            message(open_files(&several, &platform("windows/amd64"))),
            "`x.tar` has no variant for windows/amd64; \
             it has linux/amd64, linux/arm/v6, linux/arm/v7, linux/arm64"
        );
        let host = Platform::host().to_string();
        if host == "linux/amd64" || host == "linux/arm64" {
            let image = open_files(&several, &OpenOptions::default()).unwrap();
            assert_eq!(image.subject().platform, Some(host));
        }
    }
    // The only one there is needs no choice, but is not another one either.
    for files in [
        kit::oci_files(&[image("linux/s390x")], IndexShape::Flat),
        kit::docker_files(&[image("linux/s390x")]),
    ] {
        assert!(open_files(&files, &OpenOptions::default()).is_ok());
        assert_eq!(
            message(open_files(&files, &platform("linux/amd64"))),
            "`x.tar` has no variant for linux/amd64; it has linux/s390x"
        );
    }
}

#[test]
fn attestations_are_never_chosen() {
    for mark in [
        r#","platform":{"os":"unknown","architecture":"unknown"}"#,
        r#","annotations":{"vnd.docker.reference.type":"attestation-manifest"}"#,
    ] {
        let mut files = kit::oci_files(&[kit::Image::parse(TEXT)], IndexShape::Flat);
        let index = String::from_utf8(files["index.json"].clone()).unwrap();
        let digest = "0".repeat(64);
        let attestation = format!(
            r#"{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:{digest}","size":1{mark}}},"#
        );
        let index = index.replacen("\"manifests\":[", &format!("\"manifests\":[{attestation}"), 1);
        assert!(index.contains(&digest));
        files.insert("index.json".to_owned(), index.into_bytes());
        assert_eq!(open_files(&files, &OpenOptions::default()).unwrap().layers().len(), 2);
    }
}

#[test]
fn of_several_images_one_must_be_named() {
    let images =
        [kit::Image::parse(TEXT).tagged("app:1"), kit::Image::parse("//- layer\n//- /b\n").tagged("app:2")];
    for files in [kit::docker_files(&images), kit::oci_files(&images, IndexShape::Flat)] {
        let named = |name: &str| OpenOptions { image: Some(name.to_owned()), ..OpenOptions::default() };
        assert_eq!(
            message(open_files(&files, &OpenOptions::default())),
            "`x.tar` holds several images: app:1, app:2"
        );
        assert_eq!(open_files(&files, &named("app:1")).unwrap().layers().len(), 2);
        let second = open_files(&files, &named("app:2")).unwrap();
        assert_eq!((second.layers().len(), second.subject().version.as_deref()), (1, Some("2")));
        assert_eq!(
            message(open_files(&files, &named("app:3"))),
            "`x.tar` holds no image `app:3`; it holds app:1, app:2"
        );
    }
}

#[test]
fn dockers_newer_form_is_read_by_its_own_manifest_and_named_by_the_layouts() {
    let image = kit::Image::parse(TEXT).tagged("app:1");
    let mut files = kit::oci_files(std::slice::from_ref(&image), IndexShape::Flat);
    let config = kit::sha256(&image.configuration().to_string().into_bytes());
    let layers: Vec<String> =
        image.layers.iter().map(|layer| format!("\"blobs/sha256/{}\"", kit::sha256(&layer.blob()))).collect();
    let manifest = format!(
        r#"[{{"Config":"blobs/sha256/{config}","RepoTags":["app:1"],"Layers":[{}]}}]"#,
        layers.join(",")
    );
    files.insert("manifest.json".to_owned(), manifest.into_bytes());
    let opened = open_files(&files, &OpenOptions::default()).unwrap();
    assert_eq!(opened.kind(), SourceKind::DockerArchive);
    assert_eq!(opened.subject().digest, Some(format!("sha256:{config}")));
    let index = String::from_utf8(files["index.json"].clone()).unwrap();
    assert!(index.contains(opened.subject().manifest_digest.as_deref().unwrap()));
    assert!(opened.layers()[0].digest.is_some());
}

#[test]
fn docker_layers_may_be_links_to_each_other() {
    let image = kit::Image::parse("//- layer none\n//- /a\n//- layer none\n//- /a\n");
    let layer = image.layers[0].tar();
    let config = image.configuration().to_string().into_bytes();
    let mut archive = kit::Layer::default();
    archive.file("one/layer.tar", layer);
    archive.push("two/layer.tar", 0o777, kit::EntryKind::Symlink("../one/layer.tar".to_owned()));
    archive.file("c.json", config);
    archive.file(
        "manifest.json",
        r#"[{"Config":"c.json","RepoTags":null,"Layers":["one/layer.tar","two/layer.tar"]}]"#,
    );
    let opened = open_bytes(&archive.tar(), None, &OpenOptions::default()).unwrap();
    let Content::Layers { layers, blobs } = opened.content() else { panic!() };
    assert_eq!(layers[0].stored_size(&**blobs), layers[1].stored_size(&**blobs));
    assert_eq!(opened.subject().name, "x.tar");
}

/// The files of a docker archive as `name`s of configuration and layers, the layers as `blob` has them.
fn saved(
    image: &kit::Image,
    config: impl Fn(&str) -> String,
    layer: impl Fn(&kit::Layer) -> (String, Vec<u8>),
) -> Files {
    let bytes = image.configuration().to_string().into_bytes();
    let config = config(&kit::sha256(&bytes));
    let layers: Vec<(String, Vec<u8>)> = image.layers.iter().map(layer).collect();
    let names: Vec<String> = layers.iter().map(|(name, _)| format!("{name:?}")).collect();
    let tags: Vec<String> = image.tag.iter().map(|tag| format!("{tag:?}")).collect();
    let manifest = format!(
        r#"[{{"Config":"{config}","RepoTags":[{}],"Layers":[{}]}}]"#,
        tags.join(","),
        names.join(",")
    );
    let mut files: Files = layers.into_iter().collect();
    files.insert(config, bytes);
    files.insert("manifest.json".to_owned(), manifest.into_bytes());
    files
}

/// Reads every layer of the image in `bytes`, whose digests are compared on the way.
#[track_caller]
fn reads(bytes: &[u8], options: &OpenOptions) -> Image {
    let dir = tempfile::tempdir().unwrap();
    let image = open(&write(&dir, "x.tar", bytes), None, options).unwrap();
    let inventory_options = crate::inventory::InventoryOptions::default();
    crate::inventory::inventory(&image, &inventory_options, &crate::inventory::NoProgress).unwrap();
    image
}

#[test]
fn archives_of_every_tool_are_read() {
    let image = kit::Image::parse(TEXT).tagged("docker.io/library/app:1");
    let options = OpenOptions::default();
    let check = |bytes: &[u8], kind: SourceKind| {
        let opened = reads(bytes, &options);
        assert_eq!((opened.kind(), opened.layers().len()), (kind, 2));
        assert_eq!(opened.subject().name, "docker.io/library/app");
    };
    // kaniko (go-containerregistry): the configuration is called by its digest, layers are compressed.
    let kaniko = saved(
        &image,
        |config| format!("sha256:{config}"),
        |layer| (format!("{}.tar.gz", kit::sha256(&layer.blob())), layer.blob()),
    );
    check(&kit::archive(&kaniko), SourceKind::DockerArchive);
    // skopeo, podman and buildah: layers by their diff-id, and for old readers a folder each with a link to it.
    let plain = |layer: &kit::Layer| (format!("{}.tar", kit::sha256(&layer.tar())), layer.tar());
    let mut skopeo = kit::Layer::default();
    for (number, layer) in image.layers.iter().enumerate() {
        let (name, bytes) = plain(layer);
        let folder = kit::sha256(&[u8::try_from(number).unwrap()]);
        skopeo.file(&name, bytes);
        skopeo.push(&format!("{folder}/layer.tar"), 0o777, kit::EntryKind::Symlink(format!("../{name}")));
        skopeo.file(&format!("{folder}/VERSION"), "1.0").file(&format!("{folder}/json"), "{}");
    }
    let files = saved(&image, |config| format!("{config}.json"), plain);
    for (path, bytes) in files.iter().filter(|(path, _)| path.ends_with(".json")) {
        skopeo.file(path, bytes.clone());
    }
    skopeo.file("repositories", r#"{"docker.io/library/app":{"1":"00"}}"#);
    check(&skopeo.tar(), SourceKind::DockerArchive);
    // The folders may hold the layers themselves, and the layers' own names be the links.
    let mut old = kit::Layer::default();
    let mut names = Vec::new();
    for (number, layer) in image.layers.iter().enumerate() {
        let folder = kit::sha256(&[u8::try_from(number).unwrap()]);
        old.file(&format!("{folder}/layer.tar"), layer.tar());
        names.push(format!("{folder}/layer.tar"));
    }
    let mut names = names.into_iter();
    let files = saved(
        &image,
        |config| format!("{config}.json"),
        |layer| (format!("{}/layer.tar", kit::sha256(&layer.tar())), Vec::new()),
    );
    for (path, bytes) in &files {
        match path.split_once('/') {
            Some(_) => {
                // A hard link, as docker wrote for a layer that is there twice.
                let same = files
                    .keys()
                    .filter(|other| other.ends_with("/layer.tar"))
                    .position(|other| other == path);
                let order =
                    image.layers.iter().position(|layer| path.starts_with(&kit::sha256(&layer.tar())));
                let target = names.clone().nth(order.or(same).unwrap()).unwrap();
                old.push(path, 0o644, kit::EntryKind::HardLink(target));
            }
            None => {
                old.file(path, bytes.clone());
            }
        }
    }
    assert!(names.next().is_some());
    check(&old.tar(), SourceKind::DockerArchive);
    // `podman save --format oci-archive` and `buildah push … oci-archive:`.
    check(&image.oci_archive(), SourceKind::OciArchive);
}

#[test]
fn an_index_of_indexes_is_followed_once_each() {
    let image = kit::Image::parse(TEXT).tagged("app:1");
    let mut files = kit::oci_files(std::slice::from_ref(&image), IndexShape::Nested);
    let descriptor = |bytes: &[u8]| {
        format!(
            r#"{{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"sha256:{}","size":{}}}"#,
            kit::sha256(bytes),
            bytes.len()
        )
    };
    // Two more indexes above, the second of which names the first twice.
    let mut index = files["index.json"].clone();
    for n_times in [1, 2] {
        let entry = descriptor(&index);
        files.insert(format!("blobs/sha256/{}", kit::sha256(&index)), index);
        index = format!(r#"{{"manifests":[{}]}}"#, vec![entry; n_times].join(",")).into_bytes();
    }
    files.insert("index.json".to_owned(), index);
    assert_eq!(reads(&kit::archive(&files), &OpenOptions::default()).layers().len(), 2);
    // A circle needs an index whose digest is not its own.
    let digest = "0".repeat(64);
    let circle = format!(
        r#"{{"manifests":[{{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"sha256:{digest}"}}]}}"#
    );
    files.insert("index.json".to_owned(), circle.clone().into_bytes());
    files.insert(format!("blobs/sha256/{digest}"), circle.into_bytes());
    assert!(message(open_files(&files, &OpenOptions::default())).contains("is damaged: its digest is"));
}

#[test]
fn an_image_may_be_asked_for_by_any_of_its_names() {
    let images = [
        kit::Image::parse(TEXT).tagged("docker.io/library/alpine:latest"),
        kit::Image::parse("//- layer\n//- /b\n").tagged("localhost/app:latest"),
        kit::Image::parse("//- layer\n//- /c\n"),
    ];
    let named = |name: &str| OpenOptions { image: Some(name.to_owned()), ..OpenOptions::default() };
    let id = kit::sha256(&images[2].configuration().to_string().into_bytes());
    let docker = kit::docker_files(&images);
    let oci = kit::oci_files(&images, IndexShape::Flat);
    for files in [&docker, &oci] {
        for (asked, name) in [
            ("alpine", "docker.io/library/alpine"),
            ("docker.io/library/alpine", "docker.io/library/alpine"),
            ("app", "localhost/app"),
            ("localhost/app", "localhost/app"),
        ] {
            let opened = open_files(files, &named(asked)).unwrap();
            assert_eq!(opened.subject().name, name, "{asked}");
            assert_eq!(opened.subject().version.as_deref(), Some("latest"));
        }
        assert!(message(open_files(files, &named("alpine:3"))).contains("holds no image `alpine:3`"));
    }
    assert_eq!(open_files(&docker, &named(&id)).unwrap().subject().name, "x.tar");
    // The error that lists the images says what to ask for.
    let listed = message(open_files(&oci, &OpenOptions::default()));
    let digest = listed.split([' ', ',']).find(|word| word.starts_with("sha256:")).unwrap();
    assert_eq!(open_files(&oci, &named(digest)).unwrap().subject().name, "x.tar");
}

#[test]
fn dockers_newer_form_may_hold_several_platforms() {
    let images = ["linux/amd64", "linux/arm64"]
        .map(|platform| kit::Image::parse(TEXT).for_platform(platform).tagged("app:1"));
    let mut files = kit::oci_files(&images, IndexShape::Nested);
    let entries: Vec<String> = images
        .iter()
        .map(|image| {
            let config = kit::sha256(&image.configuration().to_string().into_bytes());
            let layers: Vec<String> = image
                .layers
                .iter()
                .map(|layer| format!("\"blobs/sha256/{}\"", kit::sha256(&layer.blob())))
                .collect();
            format!(
                r#"{{"Config":"blobs/sha256/{config}","RepoTags":["app:1"],"Layers":[{}]}}"#,
                layers.join(",")
            )
        })
        .collect();
    files.insert("manifest.json".to_owned(), format!("[{}]", entries.join(",")).into_bytes());
    for asked in ["linux/amd64", "linux/arm64"] {
        let opened = reads(&kit::archive(&files), &platform(asked));
        assert_eq!(opened.kind(), SourceKind::DockerArchive);
        assert_eq!(opened.subject().platform.as_deref(), Some(asked));
    }
}

#[test]
fn an_archive_of_too_many_members_is_only_refused_where_they_are_opened_by_name() {
    let image = kit::Image::parse(TEXT);
    let limits = model::limits::Limits { archive_index_bytes_max: 100, ..model::limits::Limits::default() };
    let options = OpenOptions { limits, ..OpenOptions::default() };
    for bytes in [image.docker_archive(), image.oci_archive()] {
        assert_eq!(
            message(open_bytes(&bytes, None, &options)),
            "the archive of `x.tar` exceeds the limit archive_index_bytes_max of 100"
        );
    }
    let rootfs = kit::rootfs_archive(&image, Compression::None);
    assert_eq!(open_bytes(&rootfs, None, &options).unwrap().kind(), SourceKind::RootfsArchive);
}

#[test]
fn damage_is_named_by_what_is_damaged() {
    let image = kit::Image::parse(TEXT);
    let files = kit::oci_files(std::slice::from_ref(&image), IndexShape::Nested);
    let options = OpenOptions::default();
    let with = |path: &str, bytes: Option<&[u8]>| {
        let mut files = files.clone();
        match bytes {
            Some(bytes) => files.insert(path.to_owned(), bytes.to_vec()),
            None => files.remove(path),
        };
        message(open_files(&files, &options))
    };
    assert!(with("index.json", Some(b"{")).starts_with("cannot understand `index.json` of `x.tar`"));
    assert_eq!(
        with("index.json", Some(b"{\"manifests\":null}")),
        "`x.tar` holds no image: its index refers to no image manifest"
    );
    assert!(
        with("index.json", Some(br#"{"manifests":[{"digest":"sha256:../../x"}]}"#))
            .starts_with("cannot understand the reference to the manifest of `x.tar`")
    );
    for (path, bytes) in files.iter().filter(|(path, _)| path.starts_with("blobs/")) {
        let text = String::from_utf8_lossy(bytes);
        if !text.starts_with('{') {
            continue;
        }
        let what = if text.contains("rootfs") {
            "the configuration"
        } else if text.contains("\"layers\"") {
            "the manifest"
        } else {
            "the index"
        };
        let digest = path.replace("blobs/sha256/", "sha256:");
        assert_eq!(with(path, None), format!("`x.tar` lacks {what} {digest}, which it refers to"));
        let mut damaged = bytes.clone();
        damaged[3] ^= 1;
        assert!(
            with(path, Some(&damaged))
                .starts_with(&format!("{what} {digest} of `x.tar` is damaged: its digest is"))
        );
    }
    let docker = kit::docker_files(&[image]);
    for bytes in [&b"null"[..], b"[]", br#"[{"Config":"","RepoTags":[],"Layers":[]}]"#] {
        let mut files = docker.clone();
        files.insert("manifest.json".to_owned(), bytes.to_vec());
        assert_eq!(
            message(open_files(&files, &options)),
            "`x.tar` holds no image: its manifest.json names none"
        );
    }
    let mut files = docker;
    let (path, bytes) = files.iter().find(|(path, _)| path.len() == 69).unwrap();
    let (path, bytes) = (path.clone(), [&bytes[..], b" "].concat());
    files.insert(path, bytes);
    assert!(message(open_files(&files, &options)).contains("is damaged: its digest is sha256:"));
}

#[test]
fn a_layer_that_is_not_there_or_not_itself_is_an_error() {
    let image = kit::Image::parse(TEXT);
    let read = |files: &Files| {
        let dir = tempfile::tempdir().unwrap();
        let image = open(&write(&dir, "x.tar", &kit::archive(files)), None, &OpenOptions::default()).unwrap();
        let options = crate::inventory::InventoryOptions::default();
        crate::inventory::inventory(&image, &options, &crate::inventory::NoProgress).unwrap_err()
    };
    let oci = kit::oci_files(std::slice::from_ref(&image), IndexShape::Flat);
    let docker = kit::docker_files(std::slice::from_ref(&image));
    for (files, layer) in [(oci, image.layers[1].blob()), (docker, image.layers[1].blob())] {
        let path = files.iter().find(|(_, bytes)| **bytes == layer).unwrap().0.clone();
        let mut without = files.clone();
        without.remove(&path);
        let error = read(&without);
        assert!(
            matches!(&error, ImageError::Missing { part, .. } if part.starts_with("layer 2 of 2")),
            "{error}"
        );
        // Another valid layer in its place.
        let mut swapped = files.clone();
        swapped.insert(path, kit::Layer { compression: Compression::Gzip, ..kit::Layer::default() }.blob());
        let error = read(&swapped);
        assert!(
            matches!(&error, ImageError::DigestMismatch { part, .. } | ImageError::SizeMismatch { part, .. }
                if part.starts_with("layer 2 of 2")),
            "{error}"
        );
    }
}

#[test]
fn a_manifest_of_something_else_is_refused() {
    let mut files = kit::oci_files(&[kit::Image::parse(TEXT)], IndexShape::Flat);
    let manifest =
        br#"{"config":{"mediaType":"application/vnd.cncf.helm.config.v1+json","digest":"sha256:0"}}"#;
    let digest = kit::sha256(manifest);
    files.insert(format!("blobs/sha256/{digest}"), manifest.to_vec());
    let index = format!(r#"{{"manifests":[{{"digest":"sha256:{digest}","size":{}}}]}}"#, manifest.len());
    files.insert("index.json".to_owned(), index.into_bytes());
    assert!(message(open_files(&files, &OpenOptions::default())).ends_with(
        "makes no sense: it is not of an image but of `application/vnd.cncf.helm.config.v1+json`"
    ));
}
