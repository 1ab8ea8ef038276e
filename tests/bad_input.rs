//! Bad input ends with exit code 2 or a named gap, says what, where and what to do, and loses nothing.

use std::fs;
use std::path::PathBuf;

use testkit::feeds::{Mirror, osv_record};
use testkit::image::{Compression, Image, Layer, compress};

use crate::harness::{Place, Ran};

fn image() -> Image {
    Image::parse(
        "//- layer\n\
         //- /etc/os-release\n\
         ID=alpine\n\
         VERSION_ID=3.20.3\n\
         //- /lib/apk/db/installed\n\
         P:busybox\n\
         V:1.36.1-r29\n\
         A:x86_64\n\
         o:busybox\n",
    )
}

/// Every kind of failure says what failed, and what to do.
#[track_caller]
fn refused(place: &Place, bytes: impl AsRef<[u8]>, words: &[&str]) {
    let path = place.write("input.tar", bytes);
    let ran = place.run(["sbom".as_ref(), path.as_os_str()]);
    ran.expect_code(2).expect_stderr(&["error: ", "hint: "]).expect_stderr(words);
    assert_eq!(ran.stdout, "", "nothing is written when nothing is known");
}

/// The commands that a hint gives, each of which is run by a shell.
fn run_hinted(place: &Place, stderr: &str) -> usize {
    let hint = stderr.lines().find(|line| line.contains("hint: choose one: ")).unwrap();
    let commands: Vec<&str> = hint.split('`').filter(|part| part.starts_with("plimsoll ")).collect();
    for command in &commands {
        let command = command.replacen("plimsoll", crate::harness::PLIMSOLL, 1);
        let ran =
            std::process::Command::new("sh").args(["-c", &command]).current_dir(place.path(".")).output();
        let ran = ran.unwrap();
        assert!(ran.status.success(), "{command}: {}", String::from_utf8_lossy(&ran.stderr));
    }
    commands.len()
}

#[test]
fn what_must_be_chosen_is_given_as_commands() {
    let place = Place::new();
    let images = ["app:1", "app:2"].map(|tag| image().tagged(tag));
    place.write("two images.tar", testkit::image::archive(&testkit::image::docker_files(&images)));
    for words in [&["sbom", "two images.tar"][..], &["scan", "two images.tar", "--image", "app:3"]] {
        let ran = place.run(words);
        ran.expect_code(2).expect_stderr(&["app:1, app:2", "`plimsoll sbom 'two images.tar' --image app:1`"]);
        assert_eq!(run_hinted(&place, &ran.stderr), 2);
    }
    let images =
        ["plan9/mips", "plan9/riscv64"].map(|platform| image().tagged("app:1").for_platform(platform));
    let shape = testkit::image::IndexShape::Nested;
    place.write("index.tar", testkit::image::archive(&testkit::image::oci_files(&images, shape)));
    let ran = place.run(["sbom", "index.tar"]);
    ran.expect_code(2)
        .expect_stderr(&["has no variant for ", "`plimsoll sbom index.tar --platform plan9/riscv64`"]);
    assert_eq!(run_hinted(&place, &ran.stderr), 2);
}

#[test]
fn a_broken_archive_is_refused_with_what_and_where() {
    let place = Place::new();
    let docker = image().docker_archive();
    let gzip = compress(&docker, Compression::Gzip);
    refused(&place, "", &["empty"]);
    refused(&place, "just some text that is no image at all\n".repeat(50), &["input.tar"]);
    refused(&place, &docker[..docker.len() / 2], &["input.tar"]);
    refused(&place, &gzip[..gzip.len() / 2], &["input.tar"]);
    let mut corrupt = gzip;
    let middle = corrupt.len() / 2;
    corrupt[middle] ^= 0xff;
    refused(&place, corrupt, &["input.tar"]);
}

#[test]
fn a_layer_with_a_wrong_digest_is_refused() {
    let place = Place::new();
    let mut files = testkit::image::oci_files(&[image()], testkit::image::IndexShape::Flat);
    let layer =
        files.iter().filter(|(name, _)| name.starts_with("blobs/")).max_by_key(|(_, bytes)| bytes.len());
    let name = layer.unwrap().0.clone();
    let bytes = files.get_mut(&name).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    refused(&place, testkit::image::archive(&files), &["sha256:"]);
}

#[test]
fn a_manifest_that_names_a_missing_blob_is_refused() {
    let place = Place::new();
    let mut files = testkit::image::oci_files(&[image()], testkit::image::IndexShape::Flat);
    let layer =
        files.iter().filter(|(name, _)| name.starts_with("blobs/")).max_by_key(|(_, bytes)| bytes.len());
    let name = layer.unwrap().0.clone();
    files.remove(&name);
    refused(&place, testkit::image::archive(&files), &[name.rsplit('/').next().unwrap()]);
}

#[test]
fn a_path_that_climbs_out_is_a_gap() {
    let place = Place::new();
    let mut image = image();
    image.layers[0].file("../../etc/passwd", "root:x:0:0::/:/bin/sh\n");
    let path = place.write("input.tar", image.docker_archive());
    let ran = place.run(["sbom".as_ref(), path.as_os_str()]);
    ran.expect_code(0).expect_stderr(&["gap: path-escapes"]);
    assert!(ran.stdout.contains("plimsoll:gap"), "the gap travels in the SBOM");
    assert!(ran.stdout.contains("busybox"), "the rest is found");
}

#[test]
fn a_stream_that_inflates_without_end_is_refused_in_bounded_memory() {
    let place = Place::new();
    // 8 GiB of zeros in a tar of one file, packed twice over: a few kilobytes.
    let zeros = vec![0_u8; 1 << 20];
    let member = compress(&zeros, Compression::Gzip);
    let bomb: Vec<u8> = member.iter().copied().cycle().take(member.len() * 8192).collect();
    let packed = compress(&bomb, Compression::Gzip);
    let path = place.write("bomb.tar.gz", packed);
    let image = image();
    let mut files = testkit::image::oci_files(&[image], testkit::image::IndexShape::Flat);
    files.insert("blobs/sha256/bomb".to_owned(), bomb);
    let layout = place.write("layout.tar", testkit::image::archive(&files));
    for path in [path, layout] {
        let ran = limited(&place, &["sbom", &path.display().to_string()]);
        assert!(matches!(ran.code, Some(0 | 2)), "{ran:?}");
    }
}

/// Runs within 2 GiB of address space; memory that grows with its input ends in an abort, not in an exit code.
pub(crate) fn limited(place: &Place, words: &[&str]) -> Ran {
    let mut command = std::process::Command::new("bash");
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", place.path(""))
        .current_dir(place.path(""))
        .args(["-c", "ulimit -v 2097152; exec \"$@\"", "bash", crate::harness::PLIMSOLL])
        .args(words);
    let output = command.output().unwrap();
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn an_sbom_that_is_no_sbom_is_refused() {
    let place = Place::new();
    let nested = "[".repeat(100_000);
    for (text, word) in [
        ("", "empty"),
        ("<html><body>404</body></html>", "HTML"),
        ("{\"a\": 1}", "JSON"),
        ("{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.6\", \"components\": [", "line"),
        (nested.as_str(), "input.json"),
        ("not json", "input.json"),
    ] {
        let path = place.write("input.json", text);
        let ran = place.run(["match".as_ref(), path.as_os_str(), "--offline".as_ref()]);
        ran.expect_code(2).expect_stderr(&["error: ", "hint: ", word]);
    }
    place.run(["match", "no-such-file.json"]).expect_code(2).expect_stderr(&["no-such-file.json"]);
}

/// A mirror that once gave a good snapshot, and the id of that.
fn synced() -> (Place, Mirror, String) {
    let place = Place::new();
    let mirror = Mirror::at(place.path("mirror"));
    let records: Vec<_> = (0..50)
        .map(|n| osv_record(&format!("PYSEC-2024-{n}"), &[], "PyPI", &format!("p{n}"), "introduced 0"))
        .collect();
    mirror.osv_records("PyPI", &records);
    sync(&place, &mirror).expect_code(0);
    let id = snapshot(&place);
    (place, mirror, id)
}

fn sync(place: &Place, mirror: &Mirror) -> Ran {
    let mirror = mirror.dir().display().to_string();
    place.run(["feeds", "sync", "--only", "pypi", "--max-age", "0s", "--mirror", &mirror])
}

fn snapshot(place: &Place) -> String {
    let status = place.json(["feeds", "status", "--verify", "--format", "json"]);
    status["snapshot"].as_str().unwrap().to_owned()
}

#[test]
fn a_bad_feed_is_refused_and_the_last_good_snapshot_stays() {
    let (place, mirror, good) = synced();
    let zip_path: PathBuf = mirror.dir().join("osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip");
    let whole = fs::read(&zip_path).unwrap();
    let few: Vec<_> = (0..10)
        .map(|n| osv_record(&format!("PYSEC-2024-{n}"), &[], "PyPI", &format!("p{n}"), "introduced 0"))
        .collect();
    let shrunk = {
        let other = Mirror::at(place.path("shrunk"));
        other.osv_records("PyPI", &few);
        fs::read(other.dir().join("osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip")).unwrap()
    };
    for (name, bytes) in [
        ("an HTML page", b"<!DOCTYPE html><html><body>Sorry</body></html>".to_vec()),
        ("cut in the middle", whole[..whole.len() / 2].to_vec()),
        ("empty", Vec::new()),
        ("four fifths gone", shrunk),
    ] {
        fs::write(&zip_path, bytes).unwrap();
        let ran = sync(&place, &mirror);
        assert_eq!(ran.code, Some(2), "{name}: {}", ran.stderr);
        ran.expect_stderr(&["failed: ", "PyPI/all.zip"]);
        assert_eq!(snapshot(&place), good, "{name}");
    }
    fs::write(&zip_path, whole).unwrap();
    sync(&place, &mirror).expect_code(0);
    assert_eq!(snapshot(&place), good, "and a good feed is taken again");
}

#[test]
fn no_feeds_and_offline_is_not_judged() {
    let place = Place::new();
    let path = place.write("input.tar", image().docker_archive());
    let ran = place.run(["scan".as_ref(), path.as_os_str(), "--offline".as_ref()]);
    ran.expect_code(2).expect_stderr(&["no feed database", "plimsoll feeds sync"]);
}

#[test]
fn an_image_without_packages_is_not_judged_unless_that_is_accepted() {
    let (place, mirror, _) = synced();
    let empty = Image::new(vec![Layer::default()]);
    let path = place.write("empty.tar", empty.docker_archive()).display().to_string();
    let mirror = mirror.dir().display().to_string();
    let ran = place.run(["scan", &path, "--mirror", &mirror]);
    ran.expect_code(2).expect_stderr(&["no package was found", "--allow-empty"]);
    place.run(["scan", &path, "--mirror", &mirror, "--allow-empty"]).expect_code(0);
}
