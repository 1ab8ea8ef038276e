//! What is read from a file in parts is what is read from it as a text.

use std::io::Write as _;
use std::path::Path;

use model::ecosystem::Ecosystem;
use model::inventory::Subject;
use model::package::{Location, Package, PackageIndex, SourcePackage};
use testkit::mutate::{mutations, some_prefixes};

use super::super::{WriteOptions, by_name};
use super::*;

fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

/// What is seen in parts; none where that is refused and the document would be read as a text.
fn in_parts(bytes: &[u8]) -> Option<Seen> {
    let file = file(bytes);
    let reader = reader(&file).unwrap()?;
    reader(&file, &Limits::default()).ok()
}

/// Checks that what is read in parts is read alike as a text; whether it was.
#[track_caller]
fn check(bytes: &[u8]) -> bool {
    let Some(parts) = in_parts(bytes) else { return false };
    let text = super::super::read(bytes, &Limits::default());
    let text = text.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(bytes)));
    assert_eq!(parts.version, text.version);
    let mut whole = text.inventory;
    whole.packages.iter_mut().for_each(Package::leave_out_about);
    assert_eq!(parts.inventory, whole);
    true
}

/// Both documents of an inventory of `n_packages` packages that refer to each other.
fn documents(n_packages: u32) -> Vec<Vec<u8>> {
    let package = |index: u32| {
        let name = format!("p{}\\ü\"{{", index * 7919 % n_packages);
        let mut package = Package::new(Ecosystem::Deb, &name, "1", format!("pkg:deb/debian/p{index}@1"));
        package.locations = vec![Location::new(format!("var/lib/dpkg/{index}"))];
        package.licenses = vec!["MIT".to_owned(), format!("licence {index}")].into();
        package.source = Some(SourcePackage { name: format!("s{index}"), version: None });
        package.owner = (index > 0).then_some(PackageIndex(0));
        package.parent = (index > 1).then_some(PackageIndex(1));
        package.depends_on = vec![PackageIndex((index + 1) % n_packages)].into();
        package
    };
    let packages = (0..n_packages).map(package).collect();
    let subject = Subject { name: "demo".to_owned(), ..Subject::default() };
    let inventory = Inventory::new(subject, None, packages, Vec::new());
    let options = WriteOptions { tool_version: "0", created: jiff::Timestamp::UNIX_EPOCH };
    let write = |name| {
        let mut bytes = Vec::new();
        by_name(name).unwrap().write(&inventory, &options, &mut bytes).unwrap();
        let read = read_file(&file(&bytes), &Limits::default(), &[]).unwrap();
        assert_eq!(read, inventory);
        bytes
    };
    ["cyclonedx-json", "spdx-json"].map(write).into()
}

#[test]
fn own_documents_are_read_in_parts() {
    // Several windows, so that values lie across their ends.
    for bytes in documents(3_000) {
        assert!(bytes.len() > 1 << 20);
        assert!(check(&bytes));
        let mut bytes = [b"\xEF\xBB\xBF \n".as_slice(), &bytes, b" \n"].concat();
        assert!(check(&bytes));
        bytes.push(b'}');
        assert!(!check(&bytes));
    }
}

#[test]
fn documents_of_others_are_read_in_parts() {
    for good in [
        r#"{"$schema":[],"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"type":"library","name":"a",
            "bom-ref":"1","components":[{"type":"library","name":"b"}]},{"type":"library","name":"c","bom-ref":"1"}],
            "metadata":{"component":{"type":"container","name":"x","components":[{"type":"library","name":"d"}]}},
            "x":[1,[],"]",{}],"y":{"z":[null]},"dependencies":null}"#,
        r#"{"bomFormat":"CycloneDX","specVersion":"1.4","metadata":null,"components":[]}"#,
        r#"{"spdxVersion":"SPDX-2.2","documentDescribes":["SPDXRef-a"],"packages":[{"name":"a","SPDXID":"SPDXRef-a"},
            {"name":"b","SPDXID":"SPDXRef-b"}],"relationships":[],"files":[{"n":-1.5e3}],"name":"n"}"#,
    ] {
        assert!(check(good.as_bytes()), "{good}");
    }
    for bad in [
        r#"{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"type":"library","name":"a"},]}"#,
        r#"{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"type":"library","name":"a"} {}]}"#,
        r#"{"bomFormat":"CycloneDX","specVersion":"1.5","components":[],"components":[]}"#,
        r#"{"bomFormat":"CycloneDX","specVersion":"1.5","components":{}}"#,
        r#"{"bomFormat":"CycloneDX","components":[]}"#,
        r#"{"bomFormat":"CycloneDX","specVersion":"1.5","x":[01]}"#,
        r#"{"bomFormat":"CycloneDX","specVersion":"1.5","x":{"y":1]}"#,
        r#"{"bomFormat":"CycloneDX","specVersion":"1.5",}"#,
        r#"{"bomFormat":"CycloneDX","specVersion":"1.5"} {}"#,
        r#"{"spdxVersion":"SPDX-2.3","documentDescribes":[1]}"#,
    ] {
        assert!(!check(bad.as_bytes()), "{bad}");
        assert!(super::super::read(bad.as_bytes(), &Limits::default()).is_err(), "{bad}");
    }
    assert!(!check(b"{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\",\"x\":\"\xFF\"}"));
}

/// Whatever the bytes, parts see nothing that a text would not.
#[test]
fn damaged_documents_are_refused_alike() {
    for bytes in documents(4) {
        for damaged in some_prefixes(&bytes, 300) {
            check(damaged);
        }
        let n_read = mutations(&bytes, 3_000).filter(|damaged| check(damaged)).count();
        assert!(n_read > 100, "{n_read}");
    }
}

#[test]
fn large_files_that_are_wrong_say_where() {
    let mut text = r#"{"bomFormat":"CycloneDX","specVersion":"1.5","components":["#.to_owned();
    text.push_str(&" ".repeat(TEXT_BYTES_MAX as usize));
    text.push_str("\n{\"type\":\"library\",\"name\":5}]}");
    let error = read_file(&file(text.as_bytes()), &Limits::default(), &[]).unwrap_err().to_string();
    assert!(error.contains("components[0].name (line 2, column 26)"), "{error}");
    let limits = Limits { document_bytes_max: 1_000, ..Limits::default() };
    let error = read_file(&file(text.as_bytes()), &limits, &[]).unwrap_err().to_string();
    assert!(error.contains("document_bytes_max"), "{error}");
}

#[test]
fn real_documents_are_read_in_parts() {
    let Some(data) = testkit::data::require("real SBOM documents in parts") else { return };
    let mut pending = vec![data.join("sboms")];
    let mut n_read = 0;
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            // Compressed otherwise than the data directory does it, it is no document.
            let name = path.to_string_lossy().trim_end_matches(".zst").to_owned();
            if !name.ends_with("json") {
                continue;
            }
            let bytes = testkit::data::read(Path::new(&name));
            let is_read = check(&bytes);
            let kind_is_known = reader(&file(&bytes)).unwrap().is_some();
            if kind_is_known && super::super::read(&bytes, &Limits::default()).is_ok() {
                assert!(is_read, "{}", path.display());
            }
            n_read += usize::from(is_read);
        }
    }
    assert!(n_read > 500, "only {n_read} documents were read");
}
