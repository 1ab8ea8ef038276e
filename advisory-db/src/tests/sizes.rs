//! How much room a snapshot takes.

use tempfile::tempdir;

use super::*;

#[test]
fn what_namespaces_share_is_counted_once() {
    let directory = tempdir().unwrap();
    let feeds = FeedsDir::open(directory.path());
    let lock = feeds.lock().unwrap();
    let mut writer = feeds.writer(&lock).unwrap();
    for name in ["debian:12", "debian:13"] {
        let title = Some("a text".to_owned());
        let record = Advisory { title, ..advisory("CVE-1", &format!("{name}|source|a"), "3") };
        replace(&mut writer, name, "debian", 0, &[record]).unwrap();
    }
    writer.swap(time(0)).unwrap();
    let snapshot = current(directory.path());
    let sizes = snapshot.sizes();
    let on_disk = |kind: &str| -> u64 {
        let files = std::fs::read_dir(directory.path().join("shards")).unwrap().map(|entry| entry.unwrap());
        let suffix = format!(".{kind}.sqlite");
        let of_kind = files.filter(|file| file.file_name().to_str().unwrap().ends_with(&suffix));
        of_kind.map(|file| file.metadata().unwrap().len()).sum()
    };
    assert!(sizes.rows > 0 && sizes.texts > 0);
    assert_eq!([sizes.rows, sizes.texts, sizes.daily], ["rows", "text", "daily"].map(on_disk));
    let of_namespaces: u64 = snapshot.namespaces().iter().map(|entry| entry.rows_bytes).sum();
    assert_eq!(of_namespaces, sizes.rows);
    let of_providers: u64 =
        snapshot.namespaces().iter().flat_map(|entry| &entry.providers).map(|it| it.rows_bytes).sum();
    assert_eq!(of_providers, sizes.rows);
}
