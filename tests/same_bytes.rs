//! The same image gives the same bytes: wherever it lies, whatever the clock on the wall says, however many threads read it
//! and whatever is known of its layers.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use testkit::feeds::{Mirror, osv_record};
use testkit::image::{Image, Layer, rootfs_dir};

use crate::harness::{AS_OF, PLIMSOLL, Place, Ran};

const N_LAYERS: usize = 9;

/// Layers of very different sizes, so that those read at the same time end in another order than they began; each has packages
/// of its own and some that others have too.
fn image() -> Image {
    let layer = |index: usize| {
        let mut layer = Layer { created_by: format!("RUN step {index}"), ..Layer::default() };
        let installed: String =
            (0..=index).map(|n| format!("P:demo{n}\nV:1.{n}-r0\nA:x86_64\no:demo\nL:MIT\n\n")).collect();
        layer.file("etc/os-release", "ID=alpine\nVERSION_ID=3.20.3\nPRETTY_NAME=\"Alpine Linux v3.20\"\n");
        layer.file("lib/apk/db/installed", installed);
        for n in 0..index * index % 7 * 4 + 2 {
            layer.file(
                &format!("usr/lib/python3/a{n}-{index}.0.dist-info/METADATA"),
                format!("Metadata-Version: 2.1\nName: a{n}\nVersion: {index}.0\nLicense: BSD\n"),
            );
            layer.file(
                &format!("srv/app{index}/node_modules/b{n}/package.json"),
                format!("{{\"name\": \"b{n}\", \"version\": \"1.{index}.0\", \"license\": \"ISC\"}}"),
            );
        }
        layer.file(&format!("var/filler{index}"), vec![b'x'; (index * 5 % N_LAYERS) << 18]);
        layer
    };
    Image::new((0..N_LAYERS).map(layer).collect()).tagged("demo:1")
}

/// Puts the image into `place`, as an archive and as a tree.
fn prepare(place: &Place) {
    let image = image();
    fs::write(place.path("image.tar"), image.docker_archive()).unwrap();
    rootfs_dir(&image, &place.path("tree"));
}

/// A place with feeds for it.
fn feeds() -> Place {
    let place = Place::new();
    let mirror = Mirror::at(place.path("mirror"));
    mirror.secdb("3.20", "main", "demo\n  1.5-r0 CVE-2025-10001\n").secdb("3.20", "community", "");
    let record = osv_record("PYSEC-2025-1", &["CVE-2025-10002"], "PyPI", "a1", "introduced 0, fixed 5.0");
    mirror.osv_records("PyPI", &[record]);
    place.run(["feeds", "sync", "--mirror", "mirror"]).expect_code(0);
    place
}

/// How a run differs from others.
#[derive(Clone, Copy, Debug)]
struct Way<'a> {
    place: &'a Path,
    time_zone: &'a str,
    is_on_one_core: bool,
    feeds: &'a Path,
    /// What is known of layers, `None` for nothing and to keep nothing.
    cache: Option<&'a Path>,
}

/// Runs `words` in the way, with the results in `out`.
fn run(way: Way<'_>, words: &[String], out: &Path) {
    let mut command = if way.is_on_one_core {
        let mut command = Command::new("taskset");
        command.args(["-c", "0", PLIMSOLL]);
        command
    } else {
        Command::new(PLIMSOLL)
    };
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", out)
        .env("PLIMSOLL_FEEDS", way.feeds)
        .env("TZ", way.time_zone)
        .current_dir(way.place)
        .args(words);
    match way.cache {
        Some(cache) => command.arg("--cache-dir").arg(cache),
        None => command.arg("--no-cache"),
    };
    Ran::of(command.output().unwrap()).expect_code(0);
}

/// Every document and report of the image in the way, by its name.
fn written(way: Way<'_>, source: &str) -> BTreeMap<String, Vec<u8>> {
    let own = Place::new();
    let mut names: Vec<String> = Vec::new();
    for format in sbom::format::FORMATS {
        names.extend(format.versions.iter().map(|version| format!("{}@{version}", format.name)));
        if format.versions.is_empty() {
            names.push(format.name.to_owned());
        }
    }
    let outputs = |names: &[String]| -> Vec<String> {
        let output = |name: &String| format!("{name}={}", own.path(name).display());
        names.iter().flat_map(|name| ["-o".to_owned(), output(name)]).collect()
    };
    let mut words = vec!["sbom".to_owned(), source.to_owned()];
    words.extend(outputs(&names));
    run(way, &words, &own.path(""));

    let reports = ["json", "sarif"].map(str::to_owned);
    let mut words: Vec<String> =
        ["scan", source, "--offline", "--as-of", AS_OF].iter().map(|word| (*word).to_owned()).collect();
    words.extend(outputs(&reports));
    run(way, &words, &own.path(""));
    names.extend(reports);
    names.into_iter().map(|name| (name.clone(), fs::read(own.path(&name)).unwrap())).collect()
}

/// Two places on different file systems; none where there is only one.
fn places() -> Option<[Place; 2]> {
    let [one, other] = [Path::new(env!("CARGO_TARGET_TMPDIR")), Path::new("/dev/shm")];
    let device = |path: &Path| fs::metadata(path).map(|data| data.dev()).ok();
    (device(other).is_some() && device(one) != device(other))
        .then(|| [Place::below(one), Place::below(other)])
}

#[test]
fn the_same_image_gives_the_same_bytes_everywhere() {
    let test = "the_same_image_gives_the_same_bytes_everywhere";
    let taskset = testkit::real::program("taskset", None, test);
    let (Some(_), Some(places)) = (taskset, places()) else {
        assert!(std::env::var_os("CI").is_none(), "{test}: in CI `/dev/shm` must be another file system");
        return;
    };
    places.iter().for_each(prepare);
    let feeds = feeds();
    let feeds = &feeds.path("feeds");
    let caches: Vec<PathBuf> = places.iter().map(|place| place.path("cache")).collect();
    for source in ["image.tar", "dir:tree"] {
        let first =
            Way { place: &places[0].path(""), time_zone: "UTC", is_on_one_core: true, feeds, cache: None };
        let expected = written(first, source);
        assert!(expected.values().all(|bytes| !bytes.is_empty()));
        let report = String::from_utf8_lossy(&expected["json"]);
        assert!(report.contains("CVE-2025-10001") && report.contains("PYSEC-2025-1"), "{report}");

        let [here, there] = [places[0].path(""), places[1].path("")];
        // Each cache is cold, then warm, then of the other file system.
        let rounds = [
            [("Asia/Kathmandu", &here, &caches[0]), ("America/St_Johns", &there, &caches[1])],
            [("Pacific/Kiritimati", &here, &caches[0]), ("UTC", &there, &caches[1])],
            [("Etc/GMT+12", &here, &caches[1]), ("Europe/London", &there, &caches[0])],
        ];
        for (round, ways) in rounds.iter().enumerate() {
            // All at once: threads that others keep waiting end in another order.
            std::thread::scope(|scope| {
                for (time_zone, place, cache) in ways {
                    for (is_on_one_core, cache) in [(false, None), (false, Some(*cache)), (round == 1, None)]
                    {
                        let cache = cache.map(PathBuf::as_path);
                        let way = Way { place, time_zone, is_on_one_core, feeds, cache };
                        let expected = &expected;
                        scope.spawn(move || {
                            for (name, bytes) in written(way, source) {
                                assert!(
                                    bytes == expected[&name],
                                    "{source} as {name}: another one in {way:?}"
                                );
                            }
                        });
                    }
                }
            });
        }
    }
}
