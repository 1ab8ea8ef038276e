//! What the cache saves, and that it changes nothing else.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use model::inventory::Inventory;
use model::limits::Limits;
use tempfile::TempDir;
use testkit::image as kit;
use testkit::image::{Compression, IndexShape};

use super::{CacheOptions, LayerCache};
use crate::cataloger::Classifiers;
use crate::image::{ImageError, OpenOptions, open};
use crate::inventory::{InventoryOptions, Progress, inventory};

/// A base with a database behind a link, so that a second pass is needed, and a layer on top of it.
const BASE: &str = "\
//- layer
//- /etc/os-release
ID=alpine
VERSION_ID=3.20.3
//- /lib -> usr/lib
//- layer
//- /usr/lib/apk/db/installed
P:musl
V:1.2.5-r0
A:x86_64
";

const TOP: &str = "\
//- layer
//- /app/node_modules/a/package.json
{\"name\": \"left-pad\", \"version\": \"1.3.0\"}
";

/// A directory for a cache and for images.
struct Place(TempDir);

#[derive(Debug, Default)]
struct Heard {
    read: Mutex<Vec<usize>>,
    known: Mutex<Vec<usize>>,
    n_files: Mutex<usize>,
}

impl Progress for Heard {
    fn layer_started(&self, index: usize, _: Option<u64>) {
        self.read.lock().unwrap().push(index);
    }
    fn advanced(&self, _: usize, _: u64) {}
    fn layer_finished(&self, _: usize) {}
    fn layer_known(&self, index: usize) {
        self.known.lock().unwrap().push(index);
    }
    fn files_read(&self, count: usize) {
        *self.n_files.lock().unwrap() += count;
    }
}

/// Layers read, layers known, files that catalogers read.
type Counts = (Vec<usize>, Vec<usize>, usize);

impl Place {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn cache(&self) -> Arc<LayerCache> {
        let dir = self.0.path().join("cache");
        let options = CacheOptions { dir, bytes_max: 1 << 30, now: SystemTime::now() };
        Arc::new(LayerCache::new(options, &Limits::default(), Classifiers::none()))
    }

    fn write(&self, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join("image.tar");
        fs::write(&path, bytes).unwrap();
        path
    }

    fn read(&self, path: &Path, cache: Option<&Arc<LayerCache>>) -> Result<(Inventory, Counts), ImageError> {
        self.read_within(path, cache, Limits::default())
    }

    fn read_within(
        &self,
        path: &Path,
        cache: Option<&Arc<LayerCache>>,
        limits: Limits,
    ) -> Result<(Inventory, Counts), ImageError> {
        let image = open(path, None, &OpenOptions::default())?;
        let heard = Heard::default();
        let options = InventoryOptions { cache: cache.cloned(), limits, ..InventoryOptions::default() };
        let inventory = inventory(&image, &options, &heard)?;
        let sorted = |mut indices: Vec<usize>| {
            indices.sort_unstable();
            indices
        };
        let counts = (
            sorted(heard.read.into_inner().unwrap()),
            sorted(heard.known.into_inner().unwrap()),
            heard.n_files.into_inner().unwrap(),
        );
        Ok((inventory, counts))
    }

    /// The entries of the cache.
    fn entries(&self) -> Vec<PathBuf> {
        let mut entries = Vec::new();
        for generation in fs::read_dir(self.0.path().join("cache/layers")).unwrap() {
            entries
                .extend(fs::read_dir(generation.unwrap().path()).unwrap().map(|entry| entry.unwrap().path()));
        }
        entries.sort();
        entries
    }
}

/// The inventory as it would be had every layer been read.
fn as_read(mut inventory: Inventory) -> Inventory {
    for layer in &mut inventory.subject.layers {
        layer.is_from_cache = false;
    }
    inventory
}

#[test]
fn a_layer_is_read_once_in_whatever_form_its_image_lies() {
    let image = kit::Image::parse(&format!("{BASE}{TOP}")).tagged("app:1");
    for bytes in [image.oci_archive(), image.docker_archive()] {
        let place = Place::new();
        let path = place.write(&bytes);
        let (plain, counts) = place.read(&path, None).unwrap();
        assert_eq!((counts.0, counts.1), (vec![0, 1, 2], vec![]));
        assert_eq!(plain.packages.len(), 2);

        let (first, counts) = place.read(&path, Some(&place.cache())).unwrap();
        assert_eq!((counts.0, counts.1), (vec![0, 1, 2], vec![]));
        assert!(counts.2 >= 3, "the system's release, its database and a package: {}", counts.2);
        assert_eq!(first, plain);

        let (second, counts) = place.read(&path, Some(&place.cache())).unwrap();
        assert_eq!(counts, (vec![], vec![0, 1, 2], 0), "no cataloger ran");
        assert!(second.subject.layers.iter().all(|layer| layer.is_from_cache), "and the inventory says so");
        assert_eq!(as_read(second), plain);
    }
}

#[test]
fn a_rebuilt_image_has_only_its_new_layer_read() {
    let place = Place::new();
    let old = place.write(&kit::Image::parse(&format!("{BASE}{TOP}")).oci_archive());
    place.read(&old, Some(&place.cache())).unwrap();
    let top = TOP.replace("left-pad", "right-pad");
    let new = place.write(&kit::Image::parse(&format!("{BASE}{top}")).oci_archive());
    let (inventory, counts) = place.read(&new, Some(&place.cache())).unwrap();
    assert_eq!(counts, (vec![2], vec![0, 1], 1));
    let known: Vec<bool> = inventory.subject.layers.iter().map(|layer| layer.is_from_cache).collect();
    assert_eq!(known, [true, true, false]);
    assert_eq!(as_read(inventory), place.read(&new, None).unwrap().0);
}

/// The same layers, packed in another way, under a configuration that names the same diff-ids.
#[test]
fn a_blob_that_was_never_seen_is_read_although_its_diff_id_is_known() {
    let place = Place::new();
    let image = kit::Image::parse(&format!("{BASE}{TOP}"));
    let gzip = place.write(&image.oci_archive());
    place.read(&gzip, Some(&place.cache())).unwrap();
    let mut packed = image.clone();
    packed.layers.iter_mut().for_each(|layer| layer.compression = Compression::Zstd);
    let zstd = place.write(&packed.oci_archive());
    let (_, counts) = place.read(&zstd, Some(&place.cache())).unwrap();
    assert_eq!((counts.0, counts.1), (vec![0, 1, 2], vec![]));
    let (_, counts) = place.read(&zstd, Some(&place.cache())).unwrap();
    assert_eq!(counts, (vec![], vec![0, 1, 2], 0), "from now on it is known");
}

/// Writes `new` for `old` in the JSON documents of a layout, and the digests that change by it.
fn reseal(files: &mut kit::Files, old: &str, new: &str) {
    let documents: Vec<String> = files
        .iter()
        .filter(|(_, bytes)| bytes.starts_with(b"{") && String::from_utf8_lossy(bytes).contains(old))
        .map(|(name, _)| name.clone())
        .collect();
    for name in documents {
        let text = String::from_utf8(files.remove(&name).unwrap()).unwrap().replace(old, new);
        match name.strip_prefix("blobs/sha256/") {
            Some(before) => {
                let after = kit::sha256(text.as_bytes());
                files.insert(format!("blobs/sha256/{after}"), text.into_bytes());
                reseal(files, before, &after);
            }
            None => drop(files.insert(name, text.into_bytes())),
        }
    }
}

#[test]
fn a_configuration_that_lies_about_a_layer_is_refused_and_keeps_nothing() {
    let place = Place::new();
    let honest = kit::Image::parse(&format!("{BASE}{TOP}"));
    let path = place.write(&honest.oci_archive());
    place.read(&path, Some(&place.cache())).unwrap();
    let n_entries = place.entries().len();

    // The top layer is another one; the configuration says that it is the layer known above.
    let evil = kit::Image::parse(&format!("{BASE}{}", TOP.replace("left-pad", "evil-pad")));
    let diff_id = |image: &kit::Image| format!("sha256:{}", kit::sha256(&image.layers[2].tar()));
    let (claimed, actual) = (diff_id(&honest), diff_id(&evil));
    let mut files = kit::oci_files(&[evil], IndexShape::Flat);
    let (actual_hex, claimed_hex) = (&actual[7..], &claimed[7..]);
    reseal(&mut files, actual_hex, claimed_hex);
    let path = place.write(&kit::archive(&files));
    let error = place.read(&path, Some(&place.cache())).unwrap_err();
    assert!(error.to_string().contains(&claimed) && error.to_string().contains(&actual), "{error}");
    assert_eq!(place.entries().len(), n_entries, "nothing was kept of it");
}

#[test]
fn damage_is_read_around() {
    let place = Place::new();
    let path = place.write(&kit::Image::parse(&format!("{BASE}{TOP}")).oci_archive());
    let (plain, _) = place.read(&path, None).unwrap();
    place.read(&path, Some(&place.cache())).unwrap();
    for entry in place.entries() {
        let whole = fs::read(&entry).unwrap();
        let cut = (0..whole.len()).step_by(7).map(|end| whole[..end].to_vec());
        let flipped = (0..whole.len()).step_by(5).map(|at| {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            bytes
        });
        for damaged in cut.chain(flipped) {
            fs::write(&entry, damaged).unwrap();
            let cache = place.cache();
            let (inventory, _) = place.read(&path, Some(&cache)).unwrap();
            assert_eq!(as_read(inventory), plain);
            assert!(cache.take_trouble().is_none(), "damage is mended without a word");
        }
        fs::write(&entry, whole).unwrap();
    }
}

#[test]
fn what_damage_says_is_not_counted() {
    let place = Place::new();
    // More than is unpacked at once, so that much of it is taken for true before the damage shows.
    let names = (0..6_000_u32).map(|n| format!("//- /{:08x}{:040}\n", n.wrapping_mul(0x9e37_79b1), n));
    let files: String = names.collect();
    let path = place.write(&kit::Image::parse(&format!("{BASE}{TOP}{files}")).oci_archive());
    let within = |cache: Option<&Arc<LayerCache>>, tree_bytes_max| {
        place.read_within(&path, cache, Limits { tree_bytes_max, ..Limits::default() })
    };
    // The least that the image can be read within.
    let (mut too_little, mut enough) = (0, Limits::default().tree_bytes_max);
    while enough - too_little > 1 {
        let middle = u64::midpoint(too_little, enough);
        if within(None, middle).is_ok() { enough = middle } else { too_little = middle }
    }
    let (plain, _) = within(None, enough).unwrap();
    within(Some(&place.cache()), enough).unwrap();
    let (_, (read, ..)) = within(Some(&place.cache()), enough).unwrap();
    assert!(read.is_empty(), "what is known takes no more than what is read");
    for entry in place.entries() {
        let whole = fs::read(&entry).unwrap();
        // The checksum, which shows after everything was read.
        let mut damaged = whole.clone();
        *damaged.last_mut().unwrap() ^= 1;
        fs::write(&entry, damaged).unwrap();
        let (inventory, _) = within(Some(&place.cache()), enough).unwrap();
        assert_eq!(as_read(inventory), plain);
        fs::write(&entry, whole).unwrap();
    }
}

#[test]
fn a_cache_that_cannot_be_written_costs_time_and_nothing_else() {
    let place = Place::new();
    fs::write(place.0.path().join("cache"), "a file where a directory should be").unwrap();
    let path = place.write(&kit::Image::parse(&format!("{BASE}{TOP}")).oci_archive());
    let cache = place.cache();
    let (inventory, _) = place.read(&path, Some(&cache)).unwrap();
    assert_eq!(inventory, place.read(&path, None).unwrap().0);
    let trouble = cache.take_trouble().unwrap();
    assert!(trouble.to_string().starts_with("the layer cache cannot "), "{trouble}");
}

#[test]
fn what_was_not_used_for_the_longest_time_goes_first() {
    let place = Place::new();
    let layer = |name: &str| format!("//- layer\n//- /{name}\n{}\n", name.repeat(50));
    let names: Vec<String> = (0..8).map(|n| format!("file-{n}")).collect();
    let mut sizes = 0;
    for (age, name) in (0..8).rev().zip(&names) {
        let path = place.write(&kit::Image::parse(&layer(name)).docker_archive());
        let before = if age == 7 { Vec::new() } else { place.entries() };
        place.read(&path, Some(&place.cache())).unwrap();
        for entry in place.entries().iter().filter(|entry| !before.contains(entry)) {
            sizes += entry.metadata().unwrap().len();
            let used = SystemTime::now() - Duration::from_secs(age * 10);
            fs::File::options().append(true).open(entry).unwrap().set_modified(used).unwrap();
        }
    }
    assert_eq!(place.entries().len(), 8);
    let root = place.0.path().join("cache/layers");
    super::sweep(&root, sizes, SystemTime::now()).unwrap();
    assert_eq!(place.entries().len(), 8, "they fit");
    super::sweep(&root, sizes / 2, SystemTime::now()).unwrap();
    let left = place.entries();
    assert!((2..=4).contains(&left.len()), "{left:?}");
    let oldest_left = left.iter().map(|entry| entry.metadata().unwrap().modified().unwrap()).min().unwrap();
    assert!(SystemTime::now().duration_since(oldest_left).unwrap() < Duration::from_secs(45));
}

#[test]
fn many_may_use_it_at_once() {
    let place = Place::new();
    let path = place.write(&kit::Image::parse(&format!("{BASE}{TOP}")).oci_archive());
    let (plain, _) = place.read(&path, None).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let (inventory, _) = place.read(&path, Some(&place.cache())).unwrap();
                    assert_eq!(as_read(inventory), plain);
                }
            });
        }
    });
    let unfinished = |entry: &&PathBuf| entry.to_string_lossy().ends_with(super::UNFINISHED);
    assert_eq!(place.entries().iter().filter(unfinished).count(), 0);
}

/// A base in which a file is wanted under a second name, so that a known layer is read again for another image.
#[test]
fn a_second_pass_over_a_known_layer_believes_nothing_unverified() {
    let place = Place::new();
    let base = "//- layer\n//- /store/a\n{\"name\": \"left-pad\", \"version\": \"1.3.0\"}\n";
    let plain = place.write(&kit::Image::parse(base).docker_archive());
    place.read(&plain, Some(&place.cache())).unwrap();

    // The same layer, and a link that shows its file to a cataloger; but the bytes of the layer are others.
    let top = "//- layer\n//- /app/node_modules/a/package.json -> /store/a\n";
    let whole = kit::Image::parse(&format!("{base}{top}"));
    let files = kit::docker_files(std::slice::from_ref(&whole));
    let path = format!("{}/layer.tar", kit::sha256(&whole.layers[0].tar()));
    let mut forged = files.clone();
    let evil = kit::Image::parse(&base.replace("left-pad", "evil-pad"));
    forged.insert(path, evil.layers[0].blob());
    let path = place.write(&kit::archive(&forged));
    let error = place.read(&path, Some(&place.cache())).unwrap_err();
    assert!(matches!(error, ImageError::DigestMismatch { .. }), "{error}");

    let path = place.write(&kit::archive(&files));
    for _ in 0..2 {
        let (inventory, _) = place.read(&path, Some(&place.cache())).unwrap();
        let names: Vec<&str> = inventory.packages.iter().map(|package| package.name.as_str()).collect();
        assert_eq!(names, ["left-pad"], "the genuine image has the genuine package");
    }
}
