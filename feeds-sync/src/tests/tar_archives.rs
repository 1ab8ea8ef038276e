//! Tar archives as their writers make them, and as somebody makes them who means harm.

use std::fs;

use model::limits::Limits;
use tar::{Builder, EntryType, Header};
use tempfile::TempDir;

use crate::document::Document;
use crate::error::ParseError;

/// The names and contents of the files of `archive`.
fn files(archive: &[u8]) -> Result<Vec<(String, String)>, ParseError> {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("archive.tar");
    fs::write(&path, archive).unwrap();
    let limits = Limits { entries_max: 20, ..Limits::default() };
    let document = Document { url: "https://feeds.example/archive.tar", path: &path, limits: &limits };
    let mut files = Vec::new();
    document.tar_entries(&mut |name, content| {
        files.push((name.to_owned(), String::from_utf8_lossy(content).into_owned()));
        Ok(())
    })?;
    Ok(files)
}

fn member(builder: &mut Builder<Vec<u8>>, kind: EntryType, name: &str, content: &[u8]) {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_path(name).unwrap();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    header.set_cksum();
    builder.append(&header, content).unwrap();
}

/// A record of an extended header.
fn pax(key: &str, value: &str) -> Vec<u8> {
    let rest = format!(" {key}={value}\n");
    let mut length = rest.len() + 1;
    while length != rest.len() + length.to_string().len() {
        length = rest.len() + length.to_string().len();
    }
    format!("{length}{rest}").into_bytes()
}

/// Members of `kind` with `content`, each before a file.
fn described(kind: EntryType, content: &[u8], n_members: usize) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for _ in 0..n_members {
        member(&mut builder, kind, "././@LongLink", content);
    }
    member(&mut builder, EntryType::Regular, "short", b"{}");
    builder.into_inner().unwrap()
}

#[test]
fn a_long_name_is_read_in_every_spelling() {
    let long = format!("{}/a.json", "directory/".repeat(40));
    let file = |name: &str| Ok(vec![(name.to_owned(), "{}".to_owned())]);
    let same = |found: Result<Vec<_>, ParseError>, expected: Result<Vec<_>, ()>| {
        assert_eq!(found.unwrap(), expected.unwrap());
    };
    same(files(&described(EntryType::GNULongName, format!("{long}\0").as_bytes(), 1)), file(&long));
    same(files(&described(EntryType::GNULongName, long.as_bytes(), 1)), file(&long));
    let path = [pax("mtime", "1.5"), pax("path", &long), pax("size", "2")].concat();
    same(files(&described(EntryType::XHeader, &path, 1)), file(&long));
    // What a link would lead to, and what an archive of GitHub says of all its files, name nothing.
    same(files(&described(EntryType::GNULongLink, long.as_bytes(), 1)), file("short"));
    same(files(&described(EntryType::XGlobalHeader, &pax("comment", "0123456789"), 1)), file("short"));
    let halved = format!("{}/{}", "d".repeat(120), "a".repeat(90));
    let mut builder = Builder::new(Vec::new());
    member(&mut builder, EntryType::Regular, &halved, b"{}");
    same(files(&builder.into_inner().unwrap()), file(&halved));
    // A name is of the next member only, whatever that is.
    let mut builder = Builder::new(Vec::new());
    member(&mut builder, EntryType::GNULongName, "././@LongLink", long.as_bytes());
    member(&mut builder, EntryType::Directory, "short/", b"");
    member(&mut builder, EntryType::Regular, "short/a.json", b"{}");
    same(files(&builder.into_inner().unwrap()), file("short/a.json"));
}

#[test]
fn what_describes_a_member_takes_no_more_memory_than_a_name_needs() {
    let zeros = vec![0; 1 << 20];
    let comment = pax("comment", &"x".repeat(1 << 20));
    for (kind, content) in [(EntryType::GNULongName, &zeros), (EntryType::XHeader, &comment)] {
        let refused = files(&described(kind, content, 1)).unwrap_err();
        assert!(
            matches!(refused, ParseError::Limit { limit: "bytes of an extended tar header", .. }),
            "{kind:?} {refused}"
        );
    }
    // These are passed over, and each counts as a member.
    for kind in [EntryType::GNULongLink, EntryType::XGlobalHeader] {
        assert_eq!(files(&described(kind, &zeros, 1)).unwrap().len(), 1, "{kind:?}");
        let refused = files(&described(kind, b"x", 20)).unwrap_err();
        assert!(matches!(refused, ParseError::Limit { limit: "entries_max", .. }), "{kind:?} {refused}");
    }
    let refused = files(&described(EntryType::GNULongName, b"x", 20)).unwrap_err();
    assert!(matches!(refused, ParseError::Limit { limit: "entries_max", .. }), "{refused}");
}

#[test]
fn an_archive_whose_members_cannot_be_told_apart_is_refused() {
    for (what, archive) in [
        ("of two sizes", described(EntryType::XHeader, &pax("size", "3"), 1)),
        ("a size that is none", described(EntryType::XHeader, &pax("size", "many"), 1)),
        ("a sparse file", described(EntryType::GNUSparse, b"", 1)),
    ] {
        let refused = files(&archive).unwrap_err().to_string();
        assert!(refused.contains(what), "{what}: {refused}");
    }
    assert!(files(&described(EntryType::XHeader, b"no record", 1)).is_err());
    let mut builder = Builder::new(Vec::new());
    member(&mut builder, EntryType::Regular, "a", b"{}");
    member(&mut builder, EntryType::GNULongName, "././@LongLink", b"b");
    assert!(files(&builder.into_inner().unwrap()).unwrap_err().to_string().contains("ends before a file"));
}
