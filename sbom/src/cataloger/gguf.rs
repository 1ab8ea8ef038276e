//! Language models in GGUF files: what the metadata at the start says of the model. The weights behind it are not read.
//!
//! Models seldom state a version, and no advisory asks for one; that is no gap.

use std::io::{self, BufReader, Read, Seek as _};

use model::ecosystem::Ecosystem;
use model::package::{Certainty, Package};
use model::purl::Purl;

use super::file::is_legible;
use super::{Cataloger, Content, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "gguf",
    version: 1,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/*.gguf"]),
    read,
    assemble,
};

const MAGIC: &[u8; 4] = b"GGUF";
/// Entries that are looked at; those that matter come first, and behind them is the vocabulary.
const ENTRIES_MAX: u64 = 256;
/// Bytes of a key or text.
const TEXT_BYTES_MAX: u64 = 64 << 10;

/// What `general.*` says.
#[derive(Default)]
struct Metadata {
    name: String,
    version: String,
    license: Option<String>,
    supplier: Option<String>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let metadata = match file.content {
        Content::Bytes(bytes) => metadata(bytes),
        Content::Spooled(mut spool) => spool.rewind().and_then(|()| metadata(BufReader::new(spool))),
    };
    let metadata = match metadata {
        Ok(Some(metadata)) => metadata,
        Ok(None) => return,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return facts.push(Fact::Gap(file.unreadable(&"it ends inside its metadata")));
        }
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    let stem = file.path.rsplit('/').next().and_then(|name| name.strip_suffix(".gguf")).unwrap_or_default();
    let (name, certainty) = match metadata.name.as_str() {
        "" => (stem, Certainty::Guessed),
        name => (name, Certainty::Inferred),
    };
    if !is_legible(name) || !is_legible(&metadata.version) {
        return facts.push(Fact::Gap(file.unreadable(&"it has an illegible name or version")));
    }
    let purl = Purl::new("generic", name).with_version(&metadata.version).to_string();
    let mut package = Package::new(Ecosystem::Generic, name, &metadata.version, purl);
    package.certainty = certainty;
    package.licenses.extend(metadata.license);
    package.supplier = metadata.supplier;
    facts.package(package);
}

/// None of a file of another format. Behind the magic: version, number of tensors, number of entries, entries.
fn metadata(mut reader: impl Read) -> io::Result<Option<Metadata>> {
    let mut magic = [0; MAGIC.len()];
    if reader.read_exact(&mut magic).is_err() || magic != *MAGIC {
        return Ok(None);
    }
    // Version 1 had counts of half the size; it was in use for weeks only.
    if number(&mut reader, 4)? < 2 {
        return Err(io::Error::other("it is of version 1 of the format"));
    }
    number(&mut reader, 8)?;
    let n_entries = number(&mut reader, 8)?;
    let mut metadata = Metadata::default();
    for _ in 0..n_entries.min(ENTRIES_MAX) {
        let key = text(&mut reader)?;
        let kind = number(&mut reader, 4)?;
        match (kind, key.as_str()) {
            (8, "general.name") => metadata.name = text(&mut reader)?,
            (8, "general.version") => metadata.version = text(&mut reader)?,
            (8, "general.license") => metadata.license = Some(text(&mut reader)?),
            (8, "general.organization") => metadata.supplier = Some(text(&mut reader)?),
            (8, "general.author") => {
                let author = text(&mut reader)?;
                metadata.supplier.get_or_insert(author);
            }
            // The vocabulary; what is said of the model in general precedes it.
            (_, key) if key.starts_with("tokenizer.") => break,
            _ => skip(&mut reader, kind)?,
        }
    }
    Ok(Some(metadata))
}

fn number(reader: &mut impl Read, n_bytes: usize) -> io::Result<u64> {
    let mut bytes = [0; 8];
    reader.read_exact(&mut bytes[..n_bytes])?;
    Ok(u64::from_le_bytes(bytes))
}

fn text(reader: &mut impl Read) -> io::Result<String> {
    let n_bytes = number(reader, 8)?;
    if n_bytes > TEXT_BYTES_MAX {
        return Err(io::Error::other("a text of its metadata is longer than any real one"));
    }
    let mut bytes = Vec::new();
    reader.take(n_bytes).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < n_bytes {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Skips a value of type `kind`.
fn skip(reader: &mut impl Read, kind: u64) -> io::Result<()> {
    let width = |kind: u64| match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    };
    let skip_bytes =
        |reader: &mut dyn Read, n_bytes: u64| match io::copy(&mut reader.take(n_bytes), &mut io::sink())? {
            n_read if n_read == n_bytes => Ok(()),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        };
    match (kind, width(kind)) {
        (_, Some(n_bytes)) => skip_bytes(reader, n_bytes),
        (8, None) => {
            let n_bytes = number(reader, 8)?;
            skip_bytes(reader, n_bytes)
        }
        (9, None) => {
            let (kind, n_elements) = (number(reader, 4)?, number(reader, 8)?);
            match (kind, width(kind)) {
                (_, Some(n_bytes)) => skip_bytes(reader, n_bytes.saturating_mul(n_elements)),
                (8, None) => (0..n_elements).try_for_each(|_| {
                    let n_bytes = number(reader, 8)?;
                    skip_bytes(reader, n_bytes)
                }),
                _ => Err(io::Error::other("a list of lists in its metadata")),
            }
        }
        _ => Err(io::Error::other("a value of an unknown type in its metadata")),
    }
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;

    use model::limits::Limits;

    use super::*;

    enum Value {
        Text(&'static str),
        Texts(&'static [&'static str]),
        Number(u32),
    }

    fn file(entries: &[(&str, Value)]) -> Vec<u8> {
        let text = |text: &str| [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat();
        let mut out = [&MAGIC[..], &3_u32.to_le_bytes(), &1_u64.to_le_bytes()].concat();
        out.extend((entries.len() as u64).to_le_bytes());
        for (key, value) in entries {
            out.extend(text(key));
            match value {
                Value::Text(value) => out.extend([&8_u32.to_le_bytes(), &text(value)[..]].concat()),
                Value::Number(value) => out.extend([4_u32.to_le_bytes(), value.to_le_bytes()].concat()),
                Value::Texts(values) => {
                    out.extend([9_u32.to_le_bytes(), 8_u32.to_le_bytes()].concat());
                    out.extend((values.len() as u64).to_le_bytes());
                    values.iter().for_each(|value| out.extend(text(value)));
                }
            }
        }
        out.extend([0; 32]);
        out
    }

    fn named() -> Vec<u8> {
        file(&[
            ("general.architecture", Value::Text("llama")),
            ("general.tags", Value::Texts(&["text", "demo"])),
            ("general.quantization_version", Value::Number(2)),
            ("general.name", Value::Text("Acme Chat")),
            ("general.version", Value::Text("v1.5")),
            ("general.license", Value::Text("apache-2.0")),
            ("general.author", Value::Text("Other")),
            ("general.organization", Value::Text("Acme")),
            ("tokenizer.ggml.tokens", Value::Texts(&["a", "b"])),
        ])
    }

    #[test]
    fn the_files_of_the_cases_are_made_here() {
        let cases = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/cataloger/gguf");
        let mut cut = file(&[("general.name", Value::Text("Acme Chat"))]);
        cut.truncate(50);
        for (case, name, bytes) in [
            ("named", "acme-7b-q4.gguf", named()),
            ("unnamed", "acme-tiny.gguf", file(&[("general.architecture", Value::Text("llama"))])),
            ("damaged", "cut.gguf", cut),
        ] {
            let path = std::path::Path::new(cases).join(case).join("root").join("models").join(name);
            if testkit::bless() {
                fs::write(&path, &bytes).unwrap();
            }
            assert_eq!(fs::read(&path).unwrap(), bytes, "{}", path.display());
        }
    }

    #[test]
    fn a_spooled_model_says_what_its_bytes_say() {
        let mut spool = tempfile::tempfile().unwrap();
        spool.write_all(&named()).unwrap();
        let facts_of = |content: Content<'_>| {
            let limits = Limits::default();
            let mut facts = Facts::new(&limits);
            let path = "models/a.gguf";
            read(
                &mut File {
                    path,
                    size: 0,
                    executable: false,
                    content,
                    limits: &limits,
                    classifiers: super::super::Classifiers::none(),
                },
                &mut facts,
            );
            facts.into_vec()
        };
        let facts = facts_of(Content::Spooled(&spool));
        assert_eq!(facts, facts_of(Content::Bytes(&named())));
        assert!(matches!(&facts[..], [Fact::Package(fact)] if fact.package.name == "Acme Chat"), "{facts:?}");
    }
}
