//! Programs that GraalVM compiled ahead of time from Java: the list of their parts that `--enable-sbom` puts into them, a
//! CycloneDX document packed with gzip.
//!
//! Symbols called `sbom` and `sbom_length` say where it lies.

use std::io::Read as _;

use flate2::read::GzDecoder;
use model::gap::{Gap, GapKind};
use model::package::Package;
use model::purl::Purl;
use object::read::elf::{FileHeader as _, Sym as _};
use object::{Endianness, elf};
use serde::Deserialize;

use super::executable::{self, PIECE_BYTES_MAX, Program};
use super::file::is_legible;
use super::maven;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "native-image",
    version: 1,
    finds: Finds::Installed,
    wants: Wants::Programs,
    read,
    assemble,
};

/// Bytes of the document once unpacked; real ones have some hundred thousand.
const DOCUMENT_BYTES_MAX: u64 = 16 << 20;

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    components: Vec<Component>,
}

#[derive(Deserialize)]
struct Component {
    #[serde(default)]
    group: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    version: String,
    purl: Option<String>,
    #[serde(default)]
    components: Vec<Self>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    // That it is no valid executable is for others to say.
    let _ = executable::for_each_program(file.content, |program| match document(program) {
        None => {}
        Some(Err(why)) => facts.push(Fact::Gap(file.unreadable(&why))),
        Some(Ok(document)) => document.components.iter().for_each(|component| component.push(file, facts)),
    });
}

/// The document, where there is one.
fn document(program: &Program<'_>) -> Option<Result<Document, String>> {
    let packed = packed(program)?;
    let mut text = Vec::new();
    let unpacked = GzDecoder::new(packed).take(DOCUMENT_BYTES_MAX + 1).read_to_end(&mut text);
    let document = match unpacked {
        Ok(_) if text.len() as u64 > DOCUMENT_BYTES_MAX => {
            Err(format!("the SBOM in it has more than {DOCUMENT_BYTES_MAX} bytes"))
        }
        Ok(_) => {
            serde_json::from_slice(&text).map_err(|error| format!("the SBOM in it is no CycloneDX: {error}"))
        }
        Err(error) => Err(format!("the SBOM in it cannot be unpacked: {error}")),
    };
    Some(document)
}

/// The section `.sbom`, or what the symbols point to.
fn packed<'a>(program: &Program<'a>) -> Option<&'a [u8]> {
    if let Some(section) = program.section(".sbom") {
        return Some(section);
    }
    let (address, length) = symbols(program)?;
    let length = program.at(length, 8).and_then(|bytes| bytes.try_into().ok()).map(u64::from_le_bytes)?;
    program.at(address, length.min(PIECE_BYTES_MAX)).filter(|bytes| bytes.starts_with(&[0x1f, 0x8b]))
}

/// The values of the exported symbols `sbom` and `sbom_length` of an ELF file.
fn symbols(program: &Program<'_>) -> Option<(u64, u64)> {
    let header = elf::FileHeader64::<Endianness>::parse(program.source).ok()?;
    let endian = header.endian().ok()?;
    let sections = header.sections(endian, program.source).ok()?;
    let symbols = sections.symbols(endian, program.source, elf::SHT_DYNSYM).ok()?;
    let value = |name: &[u8]| {
        let mut named = symbols
            .iter()
            .filter(|symbol| symbols.symbol_name(endian, symbol).is_ok_and(|known| known == name));
        named.next().map(|symbol| symbol.st_value(endian))
    };
    Some((value(b"sbom")?, value(b"sbom_length")?))
}

impl Component {
    fn push(&self, file: &File<'_>, facts: &mut Facts) {
        if let Some(package) = self.package() {
            facts.package(package);
        } else if self.version.is_empty() && is_legible(&self.name) {
            let why = format!("`{}` states no version; it cannot be judged", self.name);
            facts.push(Fact::Gap(Gap::new(GapKind::MISSING_FACT, file.path, why)));
        } else {
            facts.push(Fact::Gap(file.unreadable_record(&"a part of its SBOM has no legible name")));
        }
        // The parser of JSON allows no more than 128 levels.
        self.components.iter().for_each(|component| component.push(file, facts));
    }

    fn package(&self) -> Option<Package> {
        let purl: Option<Purl> = self.purl.as_deref().and_then(|purl| purl.parse().ok());
        let purl = purl.filter(|purl| purl.kind == "maven");
        let (group, name, version) = match &purl {
            Some(purl) => {
                (purl.namespace.as_deref().unwrap_or_default(), &*purl.name, purl.version.as_deref())
            }
            None => (&*self.group, &*self.name, None),
        };
        let version = version.unwrap_or(&self.version);
        let is_whole = !name.is_empty() && !version.is_empty();
        let legible = is_whole && is_legible(group) && is_legible(name) && is_legible(version);
        legible.then(|| maven::package(group, name, version))
    }
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}
