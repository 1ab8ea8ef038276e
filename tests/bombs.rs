//! Whatever an image holds, reading it takes no more than 256 MB of memory and 2 GiB of address space, and ends with an
//! error or a gap that says what was too much.
#![cfg(target_os = "linux")]

use std::io::{self, Write};
use std::path::Path;
use std::process::Command;

use testkit::image::Compression::{self, Gzip, None as Plain, Xz, Zstd};
use testkit::image::hostile::{WriteContent, entry, header, layout, link, packed_file, zeros};
use testkit::zip::Packing::{self, Deflated, Stored};

use crate::harness::{PLIMSOLL, Place};

const PEAK_BYTES_MAX: u64 = 256_000_000;

/// Runs the command in its arguments within 2 GiB of address space, and writes its greatest resident set to the file
/// named first. The kernel counts from the fork on, so that no figure is smaller than what Python itself takes (10 MB).
const MEASURE: &str = r"
import resource, subprocess, sys
def limit(): resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
code = subprocess.call(sys.argv[2:], preexec_fn=limit)
with open(sys.argv[1], 'w') as out: out.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(code if code >= 0 else 128 - code)
";

/// `plimsoll sbom` of `path` ends with `code`, says each of `words`, and stays within its memory.
#[track_caller]
fn check(place: &Place, case: &str, path: &Path, code: i32, words: &[&str]) {
    let peak = place.path("peak");
    let output = Command::new("python3")
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", place.path(""))
        .current_dir(place.path(""))
        .args(["-c", MEASURE])
        .arg(&peak)
        .args([PLIMSOLL, "sbom"])
        .arg(path)
        .args(["-o", "cyclonedx-json=/dev/null"])
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{case}: {stderr}");
    for word in words {
        assert!(stderr.contains(word), "{case}: `{word}` is not in:\n{stderr}");
    }
    let peak_bytes = std::fs::read_to_string(peak).unwrap().parse::<u64>().unwrap() * 1024;
    assert!(peak_bytes <= PEAK_BYTES_MAX, "{case}: {peak_bytes} bytes were resident");
    // Shown with `--nocapture`.
    let _ = writeln!(io::stdout(), "{case}: {} MB", peak_bytes / 1_000_000);
}

/// As [`check`], for an OCI layout of these layers.
#[track_caller]
fn check_layers(
    case: &str,
    compression: Compression,
    layers: &[WriteContent<'_>],
    code: i32,
    words: &[&str],
) {
    let place = Place::new();
    let dir = place.path("layout");
    layout(&dir, compression, layers).unwrap();
    check(&place, case, &dir, code, words);
    if code == 0 {
        // The layers are known now: what was kept of them says the same, within the same memory.
        check(&place, &format!("{case}, known"), &dir, code, words);
    }
}

/// As [`check`], for one file.
#[track_caller]
fn check_file(case: &str, compression: Compression, write: WriteContent<'_>, code: i32, words: &[&str]) {
    let place = Place::new();
    let path = place.path("image.tar");
    packed_file(&path, compression, write).unwrap();
    check(&place, case, &path, code, words);
}

fn files(out: &mut dyn Write, names: impl Iterator<Item = String>) -> io::Result<()> {
    for name in names {
        entry(out, &name, b'0', b"")?;
    }
    Ok(())
}

#[test]
fn streams_that_inflate_without_end_are_refused() {
    let endless = |out: &mut dyn Write| {
        out.write_all(&header(b"zeros", b'0', 8 << 30))?;
        // A reader gives up long before; a little more than what it takes for that.
        zeros(out, 400 << 20)
    };
    let ratio = "inflate_ratio_max of 1000";
    check_layers("a layer in zstd", Zstd, &[&endless], 2, &[ratio]);
    check_layers("two of them", Zstd, &[&endless, &endless], 2, &[ratio, "layer 1 of 2"]);
    check_file("an archive in zstd", Zstd, &endless, 2, &[ratio]);
    check_file("an archive in xz", Xz, &|out| endless(out), 2, &[ratio]);
    // gzip reaches 1,032 to one, which is no bomb.
    let zeroed = |out: &mut dyn Write| {
        out.write_all(&header(b"zeros", b'0', 1 << 28))?;
        zeros(out, 1 << 28)
    };
    check_layers("a quarter of a gigabyte in gzip", Gzip, &[&zeroed], 0, &[]);
    let twice = |out: &mut dyn Write| {
        let member = testkit::image::compress(&vec![0; 1 << 20], Gzip);
        (0..8192).try_for_each(|_| out.write_all(&member))
    };
    check_file("eight gigabytes packed twice", Gzip, &twice, 2, &["not a tar archive"]);
}

#[test]
fn archives_of_millions_of_entries_are_refused() {
    let empty = |out: &mut dyn Write| files(out, (0..10_000_000).map(|n| format!("d{}/f{n}", n / 1000)));
    check_layers("ten million files", Zstd, &[&empty], 2, &["entries_max of 2000000"]);
    // The names come backwards, which is the worst for a sorted list.
    let backwards = |out: &mut dyn Write| {
        files(out, (0..700_000).map(|n| format!("{:09}-{}", 999_999_999 - n, "n".repeat(90))))
    };
    check_layers("long names, backwards", Gzip, &[&backwards], 2, &["tree_bytes_max of 167772160"]);
    let members = |out: &mut dyn Write| {
        files(out, (0..100_000).map(|n| format!("blobs/sha256/{n:064x}")))?;
        entry(out, "manifest.json", b'0', b"[]")
    };
    check_file("an image of many parts", Plain, &members, 2, &["archive_index_bytes_max"]);
}

#[test]
fn several_bombs_at_once_share_the_limits() {
    // Both layers are read at the same time: names up to the limit, and files that are kept in memory as they pass.
    let layer = |letter: char| {
        move |out: &mut dyn Write| {
            let metadata = "x".repeat((16 << 20) - 1);
            for n in 0..4 {
                entry(out, &format!("{letter}{n}.dist-info/METADATA"), b'0', metadata.as_bytes())?;
            }
            files(out, (0..450_000).map(|n| format!("{letter}{:09}-{}", 999_999_999 - n, "n".repeat(90))))?;
            for n in 4..8 {
                entry(out, &format!("{letter}{n}.dist-info/METADATA"), b'0', metadata.as_bytes())?;
            }
            Ok(())
        }
    };
    check_layers("two at once", Gzip, &[&layer('a'), &layer('b')], 2, &["tree_bytes_max"]);
}

#[test]
fn names_and_links_that_make_files_be_read_again_are_bounded() {
    let status: String =
        (0..2_000).map(|n| format!("Package: p{n}\nStatus: install ok installed\nVersion: 1\n\n")).collect();
    let linked = |out: &mut dyn Write| {
        entry(out, "a", b'0', status.as_bytes())?;
        (0..400_000).try_for_each(|n| link(out, &format!("var/lib/dpkg/status.d/{n}"), b'1', "a"))
    };
    check_layers("a database of many names", Gzip, &[&linked], 2, &["tree_bytes_max"]);
    let hops = |out: &mut dyn Write| {
        for n in 0..39 {
            link(out, &format!("L{n}"), b'2', &format!("{}L{}", "x/../".repeat(2_000), n + 1))?;
        }
        entry(out, "x/y", b'0', b"")?;
        entry(out, "L39/z", b'0', b"")?;
        (0..20_000).try_for_each(|n| link(out, &format!("d{n}/package.json"), b'2', "/L0/z"))
    };
    check_layers("links behind patterns", Gzip, &[&hops], 0, &["lookups_max"]);
}

#[test]
fn what_no_honest_layer_has_is_a_gap_or_nothing() {
    let odd = |out: &mut dyn Write| {
        for (name, kind) in [("character", b'3'), ("block", b'4'), ("pipe", b'6'), ("unknown", b'Z')] {
            entry(out, &format!("dev/{name}"), kind, b"")?;
        }
        link(out, "self", b'1', "self")?;
        link(out, "early", b'1', "late")?;
        entry(out, "late", b'0', b"x")?;
        link(out, "round", b'2', "about")?;
        link(out, "about", b'2', "round")?;
        entry(out, "round/trip", b'0', b"x")?;
        entry(out, "late/below", b'0', b"x")?;
        (0..100_000).try_for_each(|_| entry(out, "again", b'0', b"x"))?;
        entry(out, "/absolute", b'0', b"x")?;
        entry(out, "a/../../climbs", b'0', b"x")
    };
    let words = ["hard link to `self`", "hard link to `late`", "path-escapes: a/../../climbs", "round/trip"];
    check_layers("odd entries", Gzip, &[&odd], 0, &words);
    let members = |out: &mut dyn Write| {
        let member = testkit::image::compress(b"", Gzip);
        (0..200_000).try_for_each(|_| out.write_all(&member))
    };
    check_file("empty members by the hundred thousand", Plain, &members, 2, &["it has no entries"]);
}

#[test]
fn one_and_a_half_million_entries_are_read() {
    let files_of = |part: u64| {
        move |out: &mut dyn Write| {
            files(
                out,
                (part * 750_000..(part + 1) * 750_000)
                    .map(|n| format!("usr/lib/node_modules/package-{}/lib/module-{n}.js", n / 40)),
            )
        }
    };
    check_layers("as many as may be", Gzip, &[&files_of(0), &files_of(1)], 0, &[]);
}

#[test]
fn paths_and_links_of_any_length_are_bounded() {
    let named = |kind: u8| {
        move |out: &mut dyn Write| {
            out.write_all(&header(b"././@LongLink", kind, 1 << 30))?;
            zeros(out, 1 << 24)
        }
    };
    for kind in [b'L', b'K', b'x', b'g'] {
        check_layers(
            "a name of a gigabyte",
            Zstd,
            &[&named(kind)],
            2,
            &["the size of an extended tar header"],
        );
    }
    let components = |out: &mut dyn Write| entry(out, &"d/".repeat(100_000), b'0', b"");
    check_layers(
        "a hundred thousand components",
        Zstd,
        &[&components],
        0,
        &["limit-exceeded", "path_bytes_max"],
    );
    let climbing =
        |out: &mut dyn Write| files(out, (0..10_000).map(|n| format!("../{n}/{}", "x".repeat(16_000))));
    check_layers("paths that climb", Gzip, &[&climbing], 0, &["path-escapes"]);
    let dangling = |out: &mut dyn Write| {
        (0..50_000).try_for_each(|n| link(out, &format!("f{n}"), b'1', &format!("{n}/{}", "é".repeat(1_000))))
    };
    check_layers("hard links to nowhere", Gzip, &[&dangling], 0, &["unreadable-file"]);
    let hops = |out: &mut dyn Write| {
        entry(out, "x/y", b'0', b"")?;
        link(out, "l", b'2', &"x/../".repeat(3_000))?;
        (0..40_000).try_for_each(|n| entry(out, &format!("l/d{n}/f"), b'0', b""))
    };
    check_layers("links that lead far", Gzip, &[&hops], 2, &["lookups_max"]);
}

#[test]
fn whiteouts_and_packages_by_the_million_are_bounded() {
    let tree = |out: &mut dyn Write| files(out, (0..50_000).map(|n| format!("d{}/f{n}", n / 100)));
    let storm = |out: &mut dyn Write| files(out, (0..50_000).map(|_| ".wh..wh..opq".to_owned()));
    let each = |out: &mut dyn Write| files(out, (0..50_000).map(|n| format!("d{}/.wh.f{n}", n / 100)));
    check_layers("whiteouts", Gzip, &[&tree, &storm, &tree, &each, &storm], 0, &[]);
    let packages = |n: u64| {
        move |out: &mut dyn Write| {
            (0..n).try_for_each(|n| {
                let manifest = format!(r#"{{"name":"p{n}","version":"1.0.{n}","license":"MIT"}}"#);
                entry(out, &format!("n/node_modules/p{n}/package.json"), b'0', manifest.as_bytes())
            })
        }
    };
    check_layers("packages", Gzip, &[&packages(300_000)], 2, &["tree_bytes_max"]);
    check_layers("as many packages as may be", Gzip, &[&packages(80_000)], 0, &[]);
}

#[test]
fn windows_and_documents_larger_than_may_be_are_refused() {
    // A frame header (RFC 8878 §3.1.1.1) that asks for a window of 2 GiB; the xz of a dictionary of 4 GiB.
    let window: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3, 0x01, 0x00, 0x00];
    let place = Place::new();
    let path = place.write("image.tar", window);
    check(&place, "a window of two gigabytes", &path, 2, &["window_bytes_max of 134217728"]);
    for (case, text, words) in [
        ("a list in a list", "[".repeat(3 << 20), &["index.json"][..]),
        (
            "many manifests",
            format!(r#"{{"manifests":[{{"digest":""}}{}]}}"#, r#",{"digest":""}"#.repeat(290_000)),
            &["manifests_max"],
        ),
        ("a large index", " ".repeat(5 << 20), &["manifest_bytes_max"]),
    ] {
        let place = Place::new();
        let dir = place.path("layout");
        layout(&dir, Plain, &[&|_| Ok(())]).unwrap();
        std::fs::write(dir.join("index.json"), text).unwrap();
        check(&place, case, &dir, 2, words);
    }
}

/// An archive of `entries`.
fn jar(entries: &[(&str, &[u8], Packing)]) -> Vec<u8> {
    testkit::zip::archive(entries.iter().copied())
}

/// The layer that holds `bytes` as `app/bomb.jar`.
fn with_jar(bytes: &[u8]) -> impl Fn(&mut dyn Write) -> io::Result<()> + '_ {
    |out| entry(out, "app/bomb.jar", b'0', bytes)
}

#[test]
fn jars_that_unpack_without_end_are_gaps() {
    // Sixteen of sixteen of sixteen …: each part alone stays within the ratio that counts.
    let mut nested = jar(&[("Zeros.class", &vec![0; 9 << 20], Deflated)]);
    for _ in 0..5 {
        let names: Vec<String> = (0..16).map(|n| format!("{n}-1.0.jar")).collect();
        let entries: Vec<(&str, &[u8], Packing)> =
            names.iter().map(|name| (name.as_str(), nested.as_slice(), Deflated)).collect();
        nested = jar(&entries);
    }
    check_layers("jars in jars", Plain, &[&with_jar(&nested)], 0, &["limit-exceeded: app/bomb.jar"]);
    let mut deep = jar(&[("A.class", b"", Stored)]);
    for _ in 0..100 {
        deep = jar(&[("a-1.0.jar", &deep, Stored)]);
    }
    check_layers("a hundred deep", Plain, &[&with_jar(&deep)], 0, &["archive_depth_max of 5"]);
    let large = jar(&[
        ("a-1.0.jar", &vec![0; 300 << 20], Deflated),
        ("META-INF/MANIFEST.MF", &vec![b'\n'; 20 << 20], Deflated),
        ("META-INF/maven/g/a/pom.properties", &vec![b'#'; 20 << 20], Deflated),
    ]);
    let words = ["archive_ratio_max of 200", "app/bomb.jar!/META-INF/maven/g/a/pom.properties"];
    check_layers("entries of one byte repeated", Plain, &[&with_jar(&large)], 0, &words);
}

#[test]
fn jars_that_lie_about_themselves_are_gaps() {
    let small = jar(&[("a-1.0.jar", b"PK small", Deflated)]);
    let declaring = testkit::zip::declaring(&small, 2 << 30);
    check_layers(
        "two gigabytes that are not there",
        Plain,
        &[&with_jar(&declaring)],
        0,
        &["app/bomb.jar!/a-1.0.jar"],
    );
    let class = jar(&[("A.class", &vec![1; 1 << 20], Stored)]);
    let overlapping = testkit::zip::overlapping(&class, u16::MAX);
    let words = ["its own header calls it", "archive_bytes_max of 2147483648", "more gaps inside it"];
    check_layers("entries in the same place", Plain, &[&with_jar(&overlapping)], 0, &words);
}

#[test]
fn jars_of_many_entries_are_read_up_to_a_limit() {
    for (case, n_entries, name_bytes, words) in [
        ("more than sixteen bits count", 70_000, 400, &[][..]),
        ("more entries than may be", 210_000, 100, &["archive_entries_max of 200000"]),
    ] {
        let names: Vec<String> =
            (0..n_entries).map(|n| format!("{n:06}-{}-1.0.txt", "n".repeat(name_bytes))).collect();
        let entries: Vec<(&str, &[u8], Packing)> =
            names.iter().map(|name| (name.as_str(), &b""[..], Stored)).collect();
        check_layers(case, Gzip, &[&with_jar(&jar(&entries))], 0, words);
    }
    // Each of these is an archive by its name.
    let names: Vec<String> = (0..100_000).map(|n| format!("{n:06}-{}-1.0.jar", "n".repeat(400))).collect();
    let entries: Vec<(&str, &[u8], Packing)> =
        names.iter().map(|name| (name.as_str(), &b"PK"[..], Stored)).collect();
    check_layers("archives that are none", Gzip, &[&with_jar(&jar(&entries))], 0, &["more gaps inside it"]);
}

#[test]
fn a_fat_jar_takes_no_memory_of_its_size() {
    for (case, packing) in [("a thousand stored jars", Stored), ("a thousand deflated jars", Deflated)] {
        let place = Place::new();
        let path = place.path("fat.jar");
        testkit::zip::fat_jar(
            io::BufWriter::new(std::fs::File::create(&path).unwrap()),
            1_000,
            300_000,
            packing,
        )
        .unwrap();
        let fat = |out: &mut dyn Write| {
            let mut file = std::fs::File::open(&path)?;
            let bytes = file.metadata()?.len();
            out.write_all(&header(b"app/fat.jar", b'0', bytes))?;
            io::copy(&mut file, out)?;
            zeros(out, bytes.next_multiple_of(512) - bytes)
        };
        check_layers(case, Plain, &[&fat], 0, &[]);
    }
}
