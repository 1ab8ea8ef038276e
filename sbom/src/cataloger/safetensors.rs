//! Models in safetensors files: what the header says of the model, or else what the file is called. The weights are not read.
//!
//! A model that is cut into `NAME-00001-of-00003.safetensors` is one package, found in the first part. Models state no version, and
//! no advisory asks for one; that is no gap.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read, Seek as _};

use model::ecosystem::Ecosystem;
use model::package::{Certainty, Package};
use model::purl::Purl;
use serde::Deserialize;

use super::file::is_legible;
use super::{Cataloger, Content, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "safetensors",
    version: 1,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/*.safetensors"]),
    read,
    assemble,
};

/// Bytes of a header; the format allows no more.
const HEADER_BYTES_MAX: u64 = 100_000_000;
/// Names that say nothing of the model: its directory does.
const COMMON_NAMES: &[&str] =
    &["model", "pytorch_model", "diffusion_pytorch_model", "adapter_model", "consolidated"];

#[derive(Deserialize)]
struct Header {
    #[serde(default, rename = "__metadata__")]
    metadata: BTreeMap<String, String>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let mut components = file.path.rsplit('/');
    let stem = components.next().and_then(|name| name.strip_suffix(".safetensors")).unwrap_or_default();
    let stem = match part(stem) {
        Some((_, number)) if number != 1 => return,
        Some((name, _)) => name,
        None => stem,
    };
    let header = match file.content {
        Content::Bytes(bytes) => header(bytes),
        Content::Spooled(mut spool) => spool.rewind().and_then(|()| header(BufReader::new(spool))),
    };
    let header = match header {
        Ok(header) => header,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    let stated = |key: &str| header.metadata.get(key).map(String::as_str).filter(|text| !text.is_empty());
    let called = if COMMON_NAMES.contains(&stem) { components.next().unwrap_or(stem) } else { stem };
    let (name, certainty) = match stated("modelspec.title").or(stated("name")) {
        Some(name) => (name, Certainty::Inferred),
        None => (called, Certainty::Guessed),
    };
    if !is_legible(name) {
        return facts.push(Fact::Gap(file.unreadable(&"it has an illegible name")));
    }
    let mut package = Package::new(Ecosystem::Generic, name, "", Purl::new("generic", name).to_string());
    package.certainty = certainty;
    package.licenses.extend(stated("modelspec.license").or(stated("license")).map(str::to_owned));
    package.supplier = stated("modelspec.author").or(stated("author")).map(str::to_owned);
    facts.package(package);
}

/// `demo` and 2 of `demo-00002-of-00003`.
fn part(stem: &str) -> Option<(&str, u32)> {
    let (rest, n_parts) = stem.rsplit_once("-of-")?;
    let (name, number) = rest.rsplit_once('-')?;
    n_parts.parse::<u32>().ok()?;
    Some((name, number.parse().ok()?))
}

/// Of the length of the header in eight bytes, and the header, a JSON object of tensors.
fn header(mut reader: impl Read) -> io::Result<Header> {
    let mut n_bytes = [0; 8];
    reader.read_exact(&mut n_bytes)?;
    let n_bytes = u64::from_le_bytes(n_bytes);
    if n_bytes > HEADER_BYTES_MAX {
        return Err(io::Error::other("its header is longer than the format allows"));
    }
    // The tensors, of which there may be many thousands, are passed over.
    Ok(serde_json::from_reader(BufReader::new(reader.take(n_bytes)))?)
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
