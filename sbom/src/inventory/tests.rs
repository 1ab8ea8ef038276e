//! What is found in images written as text, in every form in which an image can lie on a disk.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Mutex;

use model::image::{GuardedPath, ImageFacts};

use testkit::image::{self as kit, Compression, IndexShape, Layer};

use super::*;
use crate::cataloger::ClassifierText;
use crate::image::{OpenOptions, open};

const JS: &str = r#"{"name":"left-pad","version":"1.3.0"}"#;

fn opened(path: &Path, limits: &Limits) -> Result<Inventory, ImageError> {
    let options = OpenOptions { limits: limits.clone(), ..OpenOptions::default() };
    let image = open(path, None, &options)?;
    inventory(
        &image,
        &InventoryOptions { limits: limits.clone(), ..InventoryOptions::default() },
        &NoProgress,
    )
}

fn of_bytes(bytes: &[u8], limits: &Limits) -> Result<Inventory, ImageError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("image.tar");
    std::fs::write(&path, bytes).unwrap();
    opened(&path, limits)
}

/// Each package as `name version path layer`, then each gap.
fn shown(inventory: &Inventory) -> String {
    let mut text = String::new();
    for package in &inventory.packages {
        for location in &package.locations {
            let layer = location.layer.as_ref().map_or("-".to_owned(), |diff_id| {
                let position = inventory.subject.layers.iter().position(|layer| *layer.diff_id == **diff_id);
                position.unwrap().to_string()
            });
            writeln!(text, "{} {} {} {layer}", package.name, package.version, location.path).unwrap();
        }
    }
    for gap in inventory.gaps.iter().filter(|gap| gap.kind != GapKind::NO_DISTRO) {
        writeln!(text, "{gap}").unwrap();
    }
    text
}

/// The image `text` shows `expected` as a docker archive and as an OCI layout in both forms.
#[track_caller]
fn check(text: &str, expected: &str) {
    let image = kit::Image::parse(text);
    let dir = tempfile::tempdir().unwrap();
    let (docker, oci, layout) =
        (dir.path().join("docker.tar"), dir.path().join("oci.tar"), dir.path().join("layout"));
    std::fs::write(&docker, image.docker_archive()).unwrap();
    std::fs::write(&oci, image.oci_archive()).unwrap();
    kit::write_dir(&kit::oci_files(std::slice::from_ref(&image), IndexShape::Nested), &layout);
    for path in [docker, oci, layout] {
        let inventory = opened(&path, &Limits::default()).unwrap();
        assert_eq!(shown(&inventory), expected, "{}", path.display());
        assert_eq!(inventory.subject.layers.len(), image.layers.len());
    }
}

/// An image whose layers hold `node_modules` packages at the given paths.
fn package(path: &str) -> String {
    format!("//- {path}/package.json\n{JS}\n")
}

#[test]
fn a_whiteout_hides_lower_layers_only_and_wherever_it_stands() {
    let (a, b) = (package("/n/node_modules/a"), package("/n/node_modules/b"));
    check(
        &format!("//- layer\n{a}{b}//- layer\n//- /n/node_modules/a !\n"),
        "left-pad 1.3.0 n/node_modules/b/package.json 0\n",
    );
    for second in [format!("{a}//- /n/node_modules/a !\n"), format!("//- /n/node_modules/a !\n{a}")] {
        check(
            &format!("//- layer\n{a}//- layer\n{second}"),
            "left-pad 1.3.0 n/node_modules/a/package.json 1\n",
        );
    }
    // The name of a file that only begins alike.
    check(
        &format!("//- layer\n{b}//- layer\n//- /n/node_modules/bb !\n"),
        "left-pad 1.3.0 n/node_modules/b/package.json 0\n",
    );
}

#[test]
fn an_opaque_directory_hides_what_lower_layers_have_in_it() {
    let (a, b) = (package("/n/node_modules/a"), package("/n/node_modules/b"));
    for second in [format!("//- /n/ !!\n{b}"), format!("{b}//- /n/ !!\n")] {
        check(
            &format!("//- layer\n{a}//- layer\n{second}"),
            "left-pad 1.3.0 n/node_modules/b/package.json 1\n",
        );
    }
}

#[test]
fn the_last_layer_to_write_a_path_is_the_one_named() {
    let a = package("/n/node_modules/a");
    check(
        &format!("//- layer\n{a}//- layer\n//- /x\n{a}"),
        "left-pad 1.3.0 n/node_modules/a/package.json 1\n",
    );
    // Twice in one layer: the later entry counts.
    let newer = a.replace("1.3.0", "1.4.0");
    check(&format!("//- layer\n{a}{newer}"), "left-pad 1.4.0 n/node_modules/a/package.json 0\n");
}

#[test]
fn files_replace_directories_and_the_reverse() {
    let a = package("/n/node_modules/a");
    check(&format!("//- layer\n{a}//- layer\n//- /n\nfile\n"), "");
    check(
        &format!("//- layer\n//- /n\nfile\n//- layer\n{a}"),
        "left-pad 1.3.0 n/node_modules/a/package.json 1\n",
    );
    // An explicit directory takes the place of a link; what the link led to stays.
    check(
        &format!("//- layer\n{a}//- /m -> n\n//- layer\n//- /m/\n{}", package("/m/node_modules/b")),
        "left-pad 1.3.0 m/node_modules/b/package.json 1\nleft-pad 1.3.0 n/node_modules/a/package.json 0\n",
    );
}

#[test]
fn a_later_layer_writes_through_links_of_lower_ones() {
    let a = package("/lib/node_modules/a");
    check(
        &format!("//- layer\n//- /lib -> usr/lib\n//- /usr/lib/x\n//- layer\n{a}"),
        "left-pad 1.3.0 usr/lib/node_modules/a/package.json 1\n",
    );
    check(
        &format!(
            "//- layer\n//- /lib -> usr/lib\n{}//- layer\n//- /lib/node_modules/a !\n",
            package("/usr/lib/node_modules/a")
        ),
        "",
    );
}

#[test]
fn a_database_behind_links_is_found_once() {
    let status = "Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n";
    for links in [
        "//- /var/lib/dpkg -> /srv/db\n",
        "//- /var/lib -> ../srv/lib\n//- /srv/lib/dpkg -> ../db\n",
        "//- /var/lib/dpkg -> ../../opt/one\n//- /opt/one -> two\n//- /opt/two -> /srv/./db/\n",
    ] {
        let expected = "a 1 srv/db/status 0\n";
        check(&format!("//- layer\n{links}//- /srv/db/status\n{status}"), expected);
        // The link may come later than the file.
        check(&format!("//- layer\n//- /srv/db/status\n{status}//- layer\n{links}"), expected);
    }
    check(
        &format!("//- layer\n//- /srv/status\n{status}//- /var/lib/dpkg/status => /srv/status\n"),
        "a 1 var/lib/dpkg/status 0\n",
    );
    check(
        &format!("//- layer\n//- /srv/status\n{status}//- /var/lib/dpkg/status -> ../../../srv/status\n"),
        "a 1 srv/status 0\n",
    );
}

#[test]
fn a_hard_link_outlives_what_it_was_made_from() {
    let a = package("/n/node_modules/a");
    check(
        &format!(
            "//- layer\n{a}//- /n/node_modules/b/package.json => /n/node_modules/a/package.json\n\
             //- layer\n//- /n/node_modules/a !\n"
        ),
        "left-pad 1.3.0 n/node_modules/b/package.json 0\n",
    );
}

#[test]
fn what_leads_out_of_the_image_is_a_gap_and_not_followed() {
    check(
        &format!(
            "//- layer\n//- ../evil/node_modules/a/package.json\n{JS}\n{}",
            package("/n/node_modules/b")
        ),
        "left-pad 1.3.0 n/node_modules/b/package.json 0\n\
         path-escapes|../evil/node_modules/a/package.json|the path leads out of the image\n",
    );
    check(
        "//- layer\n//- /var/lib/dpkg -> ../../../../etc\n//- /etc/status\nPackage: a\nVersion: 1\n",
        "path-escapes|var/lib/dpkg|a link to `../../../../etc`, which leads out of the image; it is not followed\n",
    );
    check(
        "//- layer\n//- /a => ../../etc/passwd\n//- /b => /nowhere\n//- /.wh...\n",
        "path-escapes|.wh...|a whiteout of the directory it lies in\n\
         path-escapes|a|the hard link leads out of the image\n\
         unreadable-file|b|a hard link to `nowhere`, which is not there\n",
    );
    // A leading slash is the root, as it is to every runtime.
    check(
        &format!("//- layer\n//- //n/node_modules/a/package.json\n{JS}\n"),
        "left-pad 1.3.0 n/node_modules/a/package.json 0\n",
    );
}

#[test]
fn circles_of_links_end() {
    check(
        &format!(
            "//- layer\n//- /var/lib/dpkg -> x\n//- /var/lib/x -> dpkg\n//- /etc -> etc\n//- layer\n\
             //- /etc/motd\nhello\n{}",
            package("/n/node_modules/b")
        ),
        "left-pad 1.3.0 n/node_modules/b/package.json 1\n\
         limit-exceeded|etc/motd|more than links_max links on the way\n",
    );
}

#[test]
fn long_names_and_other_spellings_of_a_path_are_read() {
    let long = "d".repeat(150);
    check(
        &format!(
            "//- layer zstd\n{}//- layer none\n{}",
            package(&format!("/{long}/node_modules/a")),
            package("./n//./node_modules/b")
        ),
        &format!(
            "left-pad 1.3.0 {long}/node_modules/a/package.json 0\n\
             left-pad 1.3.0 n/node_modules/b/package.json 1\n"
        ),
    );
}

#[test]
fn a_root_filesystem_reads_alike_in_place_and_in_every_archive() {
    let text = format!(
        "//- layer\n//- /lib -> usr/lib\n{}//- /usr/lib/apk/db/installed\nP:musl\nV:1.2.4-r2\nA:x86_64\n\n",
        package("/n/node_modules/a")
    );
    let image = kit::Image::parse(&text);
    let expected =
        "musl 1.2.4-r2 usr/lib/apk/db/installed -\nleft-pad 1.3.0 n/node_modules/a/package.json -\n";
    for compression in
        [Compression::None, Compression::Gzip, Compression::Stored, Compression::Zstd, Compression::Xz]
    {
        let inventory = of_bytes(&kit::rootfs_archive(&image, compression), &Limits::default()).unwrap();
        assert_eq!(shown(&inventory), expected, "{compression:?}");
        assert!(inventory.subject.layers.is_empty());
        assert_eq!(inventory.subject.name, "image.tar");
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("rootfs");
    kit::rootfs_dir(&image, &root);
    // A link out of the directory is not followed, whatever it leads to.
    std::fs::create_dir_all(dir.path().join("outside/node_modules/x")).unwrap();
    std::fs::write(dir.path().join("outside/node_modules/x/package.json"), JS).unwrap();
    std::os::unix::fs::symlink("../outside", root.join("out")).unwrap();
    let inventory = opened(&root, &Limits::default()).unwrap();
    let gap = "path-escapes|out|a link to `../outside`, which leads out of the image; it is not followed\n";
    assert_eq!(shown(&inventory), format!("{expected}{gap}"));
    assert_eq!(inventory.subject.name, "rootfs");
}

#[test]
fn outer_archives_may_be_compressed_too() {
    let image = kit::Image::parse(&format!("//- layer\n{}", package("/n/node_modules/a")));
    for bytes in [image.docker_archive(), image.oci_archive()] {
        for compression in [Compression::Gzip, Compression::Zstd, Compression::Xz] {
            let inventory = of_bytes(&kit::compress(&bytes, compression), &Limits::default()).unwrap();
            assert_eq!(shown(&inventory), "left-pad 1.3.0 n/node_modules/a/package.json 0\n");
        }
    }
}

#[test]
fn gzip_members_follow_each_other_and_what_follows_the_last_is_ignored() {
    let mut layer = Layer::default();
    layer.file("n/node_modules/a/package.json", JS);
    let tar = layer.tar();
    let (start, end) = tar.split_at(700);
    let mut bytes = kit::compress(start, Compression::Gzip);
    bytes.extend(kit::compress(end, Compression::Stored));
    bytes.extend([0; 100]);
    let inventory = of_bytes(&bytes, &Limits::default()).unwrap();
    assert_eq!(shown(&inventory), "left-pad 1.3.0 n/node_modules/a/package.json -\n");
}

#[test]
fn a_checksum_inside_a_compressed_archive_is_compared() {
    let image = kit::Image::parse(&format!("//- layer\n{}", package("/n/node_modules/a")));
    // Of gzip the trailer's checksum; of xz the block's, which lies before the index and footer of 12 bytes each.
    for (compression, from_end) in [(Compression::Gzip, 8), (Compression::Xz, 30)] {
        let mut bytes = kit::rootfs_archive(&image, compression);
        let at = bytes.len() - from_end;
        bytes[at] ^= 1;
        let error = of_bytes(&bytes, &Limits::default()).unwrap_err();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains("checksum"), "{error}: {cause}");
    }
}

#[test]
fn a_file_called_manifest_does_not_make_a_root_filesystem_a_docker_archive() {
    let image = kit::Image::parse("//- layer\n//- /manifest.json\n{}\n//- /etc/os-release\nID=debian\n");
    let inventory = of_bytes(&kit::rootfs_archive(&image, Compression::None), &Limits::default()).unwrap();
    assert_eq!(inventory.distro.unwrap().id, "debian");
}

#[test]
fn the_name_asked_for_is_the_subjects_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.tar");
    std::fs::write(&path, kit::Image::parse("//- layer # RUN x\n//- /a\n").tagged("app:2").oci_archive())
        .unwrap();
    let image = open(&path, None, &OpenOptions::default()).unwrap();
    let options = InventoryOptions { name: Some("mine".to_owned()), ..InventoryOptions::default() };
    let subject = inventory(&image, &options, &NoProgress).unwrap().subject;
    assert_eq!((&*subject.name, subject.version.as_deref()), ("mine", Some("2")));
    assert_eq!(subject.platform.as_deref(), Some("linux/amd64"));
    assert_eq!(subject.layer_history()[0].unwrap().created_by, "RUN x");
    assert_eq!(image.subject().name, "app");
}

#[test]
fn progress_tells_of_every_layer_and_byte() {
    #[derive(Default)]
    struct Heard(Mutex<(Vec<usize>, Vec<usize>, u64, u64)>);
    impl Progress for Heard {
        fn layer_started(&self, index: usize, bytes: Option<u64>) {
            let mut heard = self.0.lock().unwrap();
            heard.0.push(index);
            heard.2 += bytes.unwrap();
        }
        fn advanced(&self, _: usize, bytes: u64) {
            self.0.lock().unwrap().3 += bytes;
        }
        fn layer_finished(&self, index: usize) {
            self.0.lock().unwrap().1.push(index);
        }
        fn layer_known(&self, index: usize) {
            panic!("layer {index} is known without a cache");
        }
        fn files_read(&self, _: usize) {}
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.tar");
    let image = kit::Image::parse("//- layer\n//- /a\n//- layer zstd\n//- /b\n//- layer none\n//- /c\n");
    std::fs::write(&path, image.docker_archive()).unwrap();
    let heard = Heard::default();
    let image = open(&path, None, &OpenOptions::default()).unwrap();
    inventory(&image, &InventoryOptions::default(), &heard).unwrap();
    let (mut started, mut finished, announced, read) = heard.0.into_inner().unwrap();
    started.sort_unstable();
    finished.sort_unstable();
    assert_eq!((started, finished), (vec![0, 1, 2], vec![0, 1, 2]));
    assert_eq!(announced, read);
}

#[test]
fn limits_are_named_when_they_are_passed() {
    let one = format!("//- layer\n{}//- /b\n", package("/n/node_modules/a"));
    let bytes = kit::Image::parse(&one).docker_archive();
    let fails = |limits: Limits| match of_bytes(&bytes, &limits).unwrap_err() {
        ImageError::LimitExceeded { limit, .. } => limit,
        other => panic!("{other}"),
    };
    let limits = Limits::default;
    assert_eq!(fails(Limits { entries_max: 1, ..limits() }), "entries_max");
    assert_eq!(fails(Limits { layer_bytes_max: 1_000, ..limits() }), "layer_bytes_max");
    assert_eq!(fails(Limits { tree_bytes_max: 10, ..limits() }), "tree_bytes_max");
    assert_eq!(fails(Limits { manifest_bytes_max: 10, ..limits() }), "manifest_bytes_max");
    let gap = |limits: Limits| shown(&of_bytes(&bytes, &limits).unwrap());
    assert_eq!(
        gap(Limits { file_bytes_max: 10, ..limits() }),
        "limit-exceeded|n/node_modules/a/package.json|38 bytes exceed file_bytes_max of 10\n"
    );
    assert_eq!(
        gap(Limits { path_bytes_max: 10, ..limits() }),
        "limit-exceeded|n/node_modules/a/package.json|a path of 29 bytes exceeds path_bytes_max\n"
    );
    // Beyond this size a file is spooled, and reads the same.
    assert_eq!(
        gap(Limits { spool_bytes_min: 1, ..limits() }),
        "left-pad 1.3.0 n/node_modules/a/package.json 0\n"
    );
}

#[test]
fn a_stream_that_inflates_without_end_is_stopped() {
    let mut layer = Layer { compression: Compression::Zstd, ..Layer::default() };
    layer.file("zeros", vec![0; 80 << 20]);
    let bytes = kit::Image::new(vec![layer]).oci_archive();
    assert!(bytes.len() < 100_000);
    let error = of_bytes(&bytes, &Limits::default()).unwrap_err();
    assert!(matches!(&error, ImageError::LimitExceeded { limit: "inflate_ratio_max", .. }), "{error}");
    assert!(error.to_string().starts_with("layer 1 of 1 (sha256:"), "{error}");
}

#[test]
fn no_prefix_and_no_mutation_of_an_image_makes_a_reader_panic() {
    let text = format!("//- layer\n{}//- /b -> a\n//- layer zstd\n//- /b !\n", package("/n/node_modules/a"));
    let image = kit::Image::parse(&text);
    let limits = Limits { layer_bytes_max: 64 << 20, entries_max: 10_000, ..Limits::default() };
    let whole = [
        image.docker_archive(),
        image.oci_archive(),
        kit::rootfs_archive(&image, Compression::None),
        kit::rootfs_archive(&image, Compression::Gzip),
        kit::rootfs_archive(&image, Compression::Xz),
        kit::rootfs_archive(&image, Compression::Zstd),
    ];
    for bytes in &whole {
        let expected = of_bytes(bytes, &limits).unwrap().packages;
        for prefix in testkit::mutate::some_prefixes(bytes, 150) {
            // The zeros at the end of an archive may go; all else is an error or at least a gap.
            if let Ok(inventory) = of_bytes(prefix, &limits) {
                let gaps = inventory.gaps.iter().any(|gap| gap.kind != GapKind::NO_DISTRO);
                assert!(inventory.packages == expected || gaps, "{} bytes", prefix.len());
            }
        }
        for damaged in testkit::mutate::mutations(bytes, 200) {
            drop(of_bytes(&damaged, &limits));
        }
    }
}

#[test]
fn damage_inside_a_layer_is_never_silent() {
    let image = kit::Image::parse(&format!("//- layer\n{}", package("/n/node_modules/a")));
    for files in [
        kit::docker_files(std::slice::from_ref(&image)),
        kit::oci_files(std::slice::from_ref(&image), IndexShape::Flat),
    ] {
        let layer = image.layers[0].blob();
        let path = files.iter().find(|(_, bytes)| **bytes == layer).unwrap().0.clone();
        for damaged in testkit::mutate::mutations(&layer, 100).filter(|damaged| *damaged != layer) {
            let mut files = files.clone();
            files.insert(path.clone(), damaged);
            // Docker's layers are known by their uncompressed bytes, which damage in a gzip header does not change.
            match of_bytes(&kit::archive(&files), &Limits::default()) {
                Ok(inventory) => assert_eq!(inventory.packages.len(), 1),
                Err(error) => assert!(error.to_string().contains("layer 1 of 1"), "{error}"),
            }
        }
    }
}

#[test]
fn real_images_open_and_small_odd_ones_open_or_say_why() {
    let Some(data) = testkit::data::require("real_images_open_and_small_odd_ones_open_or_say_why") else {
        return;
    };
    let limits = Limits::default();
    for entry in std::fs::read_dir(data.join("images")).unwrap() {
        let dir = entry.unwrap().path();
        for file in ["oci-layout.tar", "docker-save.tar.gz", "rootfs.tar.xz"] {
            let path = dir.join(file);
            if path.exists() {
                let inventory =
                    opened(&path, &limits).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                assert!(
                    inventory.gaps.iter().all(|gap| gap.kind == GapKind::NO_DISTRO),
                    "{:?}",
                    inventory.gaps
                );
            }
        }
    }
    let mut waiting = vec![data.join("images/small")];
    let (mut n_opened, mut n_refused) = (0, 0);
    while let Some(path) = waiting.pop() {
        match opened(&path, &limits) {
            Ok(_) => n_opened += 1,
            Err(error) => {
                assert!(error.to_string().contains(&*path.to_string_lossy()), "{error}");
                n_refused += 1;
            }
        }
        if path.is_dir() {
            waiting.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    assert!(n_opened > 10 && n_refused > 10, "{n_opened} opened, {n_refused} refused");
}

#[test]
fn gaps_beyond_the_bound_are_counted() {
    let mut all = Gaps::default();
    for part in 0..2 {
        let mut gaps = Gaps::default();
        for index in 0..GAPS_OF_A_KIND_MAX + 5 {
            gaps.push(Gap::new(GapKind::PATH_ESCAPES, format!("{part}/{index}"), "x"));
        }
        gaps.push(Gap::new(GapKind::UNREADABLE_FILE, "a", "b"));
        all.merge(gaps);
    }
    let gaps = all.into_vec();
    assert_eq!(gaps.len(), GAPS_OF_A_KIND_MAX + 2);
    assert_eq!(gaps.last().unwrap().detail, "and 1010 more of this kind");
}

/// What the image `text` says of itself, and its gaps.
fn facts_of(text: &str, config: serde_json::Value, limits: &Limits) -> (ImageFacts, Vec<String>) {
    let image = kit::Image { config, ..kit::Image::parse(text) };
    let inventory = of_bytes(&image.oci_archive(), limits).unwrap();
    let gaps = inventory.gaps.iter().filter(|gap| gap.kind != GapKind::NO_DISTRO);
    (inventory.subject.image, gaps.map(ToString::to_string).collect())
}

fn lines(paths: &[GuardedPath]) -> Vec<String> {
    paths.iter().map(ToString::to_string).collect()
}

const GUARDED: &str = "\
//- layer
//- /bin/su 4755
x
//- /bin/link -> su
//- /tmp/ 1777
//- /srv/ 0777
//- /srv/open 0666
//- /srv/gone 2755
//- /opt/ 0777
//- /etc/passwd
root:x:0:0::/root:/bin/sh
//- layer
//- /srv/gone !
//- /opt/ 0755
//- /opt/deep/implied/wall 2755
//- /bin/hard => /opt/deep/implied/wall
";

#[test]
fn files_with_foreign_rights_and_open_ones_are_listed_as_the_squashed_image_has_them() {
    let (facts, gaps) = facts_of(GUARDED, serde_json::json!({"User": "app"}), &Limits::default());
    assert_eq!(lines(&facts.set_id), ["2755 bin/hard", "4755 bin/su", "2755 opt/deep/implied/wall"]);
    assert_eq!(lines(&facts.world_writable), ["0777 srv", "0666 srv/open", "1777 tmp"]);
    assert_eq!(facts.user.as_deref(), Some("app"));
    assert_eq!(facts.accounts[0].name, "root");
    // Two bytes of `su`, and the account; a hard link has none of its own.
    assert_eq!(facts.bytes, Some(2 + "root:x:0:0::/root:/bin/sh\n".len() as u64));
    assert_eq!(gaps, [""; 0]);
}

#[cfg(unix)]
#[test]
fn a_directory_lists_its_guarded_files_too() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    for (name, mode) in [("a", 0o4755), ("b", 0o666), ("c", 0o644)] {
        let path = dir.path().join(name);
        std::fs::write(&path, "x").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let open_directory = dir.path().join("d");
    std::fs::create_dir(&open_directory).unwrap();
    std::fs::set_permissions(&open_directory, std::fs::Permissions::from_mode(0o1777)).unwrap();
    let facts = opened(dir.path(), &Limits::default()).unwrap().subject.image;
    assert_eq!((lines(&facts.set_id), facts.bytes), (vec!["4755 a".to_owned()], Some(3)));
    assert_eq!(lines(&facts.world_writable), ["0666 b", "1777 d"]);
}

#[test]
fn guarded_files_beyond_the_limit_are_counted() {
    let limits = Limits { image_facts_max: 1, ..Limits::default() };
    let (facts, gaps) = facts_of(GUARDED, serde_json::json!({"Env": 7}), &limits);
    assert_eq!((facts.set_id.len(), facts.world_writable.len()), (1, 1));
    let history = "limit-exceeded|configuration|its property `history` has 2 more than image_facts_max of 1";
    assert_eq!(
        gaps[..3],
        [
            "limit-exceeded||2 set-id paths more than image_facts_max of 1",
            "limit-exceeded||2 world-writable paths more than image_facts_max of 1",
            history,
        ]
    );
    assert!(gaps[3].starts_with("unreadable-file|configuration|its property `Env` was not read"));
}

/// A package database of apk with these packages.
fn apk(packages: &[&str]) -> String {
    let records: Vec<String> =
        packages.iter().map(|name| format!("P:{name}\nV:1-r0\nA:x86_64\n\n")).collect();
    format!("//- /lib/apk/db/installed\n{}", records.concat())
}

#[test]
fn a_record_has_the_layer_since_which_it_stands_in_the_database_unchanged() {
    let alpine = "//- /etc/os-release\nID=alpine\nVERSION_ID=3.20\n";
    let newer = apk(&["a", "b"]).replace("P:b\nV:1-r0", "P:b\nV:2-r0");
    check(
        &format!(
            "//- layer\n{alpine}{}//- layer\n{}//- layer\n//- /x\n//- layer\n{newer}",
            apk(&["a"]),
            apk(&["a", "b", "c"])
        ),
        "a 1-r0 lib/apk/db/installed 0\nb 2-r0 lib/apk/db/installed 3\n",
    );
    // A database that was deleted in between begins anew.
    check(
        &format!(
            "//- layer\n{alpine}{}//- layer\n//- /lib/apk/db/installed !\n//- layer\n{}",
            apk(&["a"]),
            apk(&["a"])
        ),
        "a 1-r0 lib/apk/db/installed 2\n",
    );
    // Seen through a link, which needs a second pass.
    check(
        &format!(
            "//- layer\n{alpine}//- /lib -> usr/lib\n{}//- layer\n{}",
            apk(&["a"]).replace("/lib/", "/usr/lib/"),
            apk(&["a", "b"])
        ),
        "a 1-r0 usr/lib/apk/db/installed 0\nb 1-r0 usr/lib/apk/db/installed 1\n",
    );
}

/// Name, and the position of the layer that deleted it.
fn deleted(layers: &str) -> Vec<(String, Option<usize>)> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.tar");
    std::fs::write(&path, kit::Image::parse(layers).docker_archive()).unwrap();
    let image = open(&path, None, &OpenOptions::default()).unwrap();
    let options = InventoryOptions { scope: Scope::AllLayers, ..InventoryOptions::default() };
    let inventory = inventory(&image, &options, &NoProgress).unwrap();
    let layers = &inventory.subject.layers;
    let position = |diff_id: &String| layers.iter().position(|layer| layer.diff_id == *diff_id).unwrap();
    let packages = inventory.packages.iter();
    packages.map(|package| (package.name.clone(), package.removed_by.as_ref().map(position))).collect()
}

#[test]
fn what_later_layers_deleted_is_listed_when_all_layers_count() {
    let (a, b) =
        (package("/n/node_modules/a"), package("/n/node_modules/b").replace("left-pad", "right-pad"));
    let alpine = "//- /etc/os-release\nID=alpine\nVERSION_ID=3.20\n";
    let layers = format!(
        "//- layer\n{alpine}{}{a}{b}//- layer\n//- /n/node_modules/a !\n//- layer\n{}//- layer\n//- /x\n",
        apk(&["gone", "kept"]),
        apk(&["kept"])
    );
    let one = |name: &str, layer| (name.to_owned(), layer);
    let mut found = deleted(&layers);
    found.sort();
    let expected =
        [one("gone", Some(2)), one("kept", None), one("left-pad", Some(1)), one("right-pad", None)];
    assert_eq!(found, expected);
    // Deleted, and there again at last.
    let again = format!("//- layer\n{a}//- layer\n//- /n !\n//- layer\n{a}");
    assert_eq!(deleted(&again), [one("left-pad", None)]);
}

/// Each language package with its owner, and that of `layers` read as one directory tree.
fn owners(layers: &str) -> Vec<(String, Option<String>)> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.tar");
    std::fs::write(&path, kit::Image::parse(layers).docker_archive()).unwrap();
    let image = open(&path, None, &OpenOptions::default()).unwrap();
    let inventory = inventory(&image, &InventoryOptions::default(), &NoProgress).unwrap();
    let language = inventory.packages.iter().filter(|package| !package.ecosystem.is_os());
    let owner =
        |package: &model::package::Package| package.owner.map(|owner| inventory.package(owner).name.clone());
    language.map(|package| (package.name.clone(), owner(package))).collect()
}

/// D2: who installs over a file of an operating-system package takes it over.
#[test]
fn a_file_that_a_later_layer_wrote_anew_is_no_longer_owned() {
    let metadata = |version: &str| {
        format!("//- /usr/lib/python3/demo.dist-info/METADATA\nName: demo\nVersion: {version}\n")
    };
    let debian = "//- /etc/os-release\nID=debian\nVERSION_ID=12\n\
                  //- /var/lib/dpkg/info/python3-demo.list\n/usr/lib/python3/demo.dist-info/METADATA\n\
                  //- /var/lib/dpkg/status\n";
    let status = |version: &str| {
        format!(
            "Package: python3-demo\nStatus: install ok installed\nVersion: {version}\nArchitecture: all\n"
        )
    };
    let base = format!("//- layer\n{debian}{}{}", status("1-1"), metadata("1"));
    let owned = |layers: &str| owners(layers).remove(0).1;
    let by_distribution = Some("python3-demo".to_owned());
    assert_eq!(owned(&base), by_distribution);
    // Overwritten by something else than the package.
    assert_eq!(owned(&format!("{base}//- layer\n{}", metadata("2"))), None);
    // The same bytes again, as `chown -R` writes them.
    assert_eq!(owned(&format!("{base}//- layer\n//- /x\n//- layer\n{}", metadata("1"))), by_distribution);
    // The package itself was upgraded.
    let upgraded = format!("{base}//- layer\n//- /var/lib/dpkg/status\n{}{}", status("2-1"), metadata("2"));
    assert_eq!(owned(&upgraded), by_distribution);
}

#[test]
fn evidence_of_a_language_package_has_a_digest() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("node_modules/a")).unwrap();
    let manifest = br#"{"name": "a", "version": "1.0.0"}"#;
    std::fs::write(dir.path().join("node_modules/a/package.json"), manifest).unwrap();
    let found = opened(dir.path(), &Limits::default()).unwrap();
    let expected = model::digest::Digest::sha256(manifest).to_string();
    assert_eq!(found.packages[0].locations[0].digest.as_deref(), Some(expected.as_str()));
}

#[test]
fn a_program_of_several_names_is_known_by_any_and_counts_once() {
    let program = |text: &str| {
        let mut program = testkit::elf::program(&[(".rodata", text.as_bytes().to_vec())]);
        program.resize(1_000_000, 0);
        program
    };
    let link = |layer: &mut Layer, path: &str, target: &str| {
        layer.push(path, 0o755, kit::EntryKind::HardLink(target.to_owned()));
    };
    let mut layer = Layer::default();
    layer.executable("opt/first", program("\0nginx/1.25.3\0"));
    link(&mut layer, "opt/second", "opt/first");
    link(&mut layer, "usr/sbin/nginx", "opt/first");
    layer.executable("opt/unknown", program("other"));
    link(&mut layer, "opt/unknown-too", "opt/unknown");
    let image = kit::Image::new(vec![layer]);
    let inventory = of_bytes(&image.docker_archive(), &Limits::default()).unwrap();
    assert_eq!(
        shown(&inventory),
        "nginx 1.25.3 usr/sbin/nginx 0\n\
         unknown-content|opt/unknown|a program of 1000000 bytes that no cataloger recognised and no package owns\n"
    );
}

#[test]
fn a_file_that_a_classifier_names_is_searched_through_links_too() {
    let classifier = ClassifierText {
        name: "acme-proxy".to_owned(),
        files: vec!["**/bin/acme-proxy".to_owned()],
        pattern: r"acme-proxy/(\d+\.\d+)".to_owned(),
        purl: "pkg:generic/acme-proxy".to_owned(),
        cpe: None,
    };
    let image = kit::Image::parse(
        "//- layer\n//- /opt/acme/main\nacme-proxy/1.2\n//- /usr/bin/acme-proxy -> ../../opt/acme/main\n\
         //- /srv/acme-proxy\nacme-proxy/9.9\n",
    );
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("image.tar");
    std::fs::write(&path, image.docker_archive()).unwrap();
    let image = open(&path, None, &OpenOptions::default()).unwrap();
    let classifiers = Arc::new(Classifiers::new(vec![classifier]).unwrap());
    let options = InventoryOptions { classifiers, ..InventoryOptions::default() };
    assert_eq!(shown(&inventory(&image, &options, &NoProgress).unwrap()), "acme-proxy 1.2 opt/acme/main 0\n");
}
