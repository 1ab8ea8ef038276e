//! Packages that programs and libraries say they are from: the note `.note.package` that distributions have their
//! linkers write (systemd's "Package Metadata for Executable Files").
//!
//! It counts where no package database does: in an image that was put together from single files of a distribution.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use model::ecosystem::Ecosystem;
use model::package::{Package, PackageIndex, SourcePackage};
use model::purl::Purl;
use serde::Deserialize;

use super::file::is_legible;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants, executable};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "elf-note",
    version: 1,
    finds: Finds::Installed,
    wants: Wants::Programs,
    read,
    assemble,
};

/// Bytes of a note's text. Real ones have some two hundred.
const NOTE_BYTES_MAX: usize = 16 << 10;

/// What the note says; it may say more.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Note {
    /// `rpm`, `deb`, `apk`, `alpm`; others for what is not of a distribution.
    #[serde(rename = "type")]
    kind: String,
    name: String,
    #[serde(default)]
    version: String,
    architecture: Option<String>,
    os: Option<String>,
    os_version: Option<String>,
    os_cpe: Option<String>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    if !matches!(file.head(), Some([0x7f, b'E', b'L', b'F'])) {
        return;
    }
    let read = executable::for_each_program(file.content, |program| {
        let Some(section) = program.section(".note.package") else { return };
        match note(section) {
            Some(Ok(note)) => match package(&note) {
                Some(package) => facts.package(package),
                None => {
                    let why = "its note `.note.package` has no or an illegible name or version";
                    facts.push(Fact::Gap(file.unreadable_record(&why)));
                }
            },
            Some(Err(error)) => {
                let why = format!("its note `.note.package` cannot be read: {error}");
                facts.push(Fact::Gap(file.unreadable_record(&why)));
            }
            None => {
                facts.push(Fact::Gap(file.unreadable_record(&"its section `.note.package` holds no note")));
            }
        }
    });
    if let Err(error) = read {
        facts.push(Fact::Gap(file.unreadable(&format!("not a valid executable: {error}"))));
    }
}

/// The JSON of the first note: after three numbers (bytes of the owner, bytes of the text, type) the owner `FDO` and the
/// text, which zeros may follow. Numbers have the byte order of the program, which the first one tells.
fn note(section: &[u8]) -> Option<serde_json::Result<Note>> {
    const OWNER: &[u8] = b"FDO\0";
    let (owner_bytes, rest) = section.split_first_chunk::<4>()?;
    let (text_bytes, rest) = rest.split_first_chunk::<4>()?;
    let number = if *owner_bytes == 4_u32.to_be_bytes() { u32::from_be_bytes } else { u32::from_le_bytes };
    let text = rest.get(4..)?.strip_prefix(OWNER)?;
    let text = text.get(..number(*text_bytes) as usize).filter(|text| text.len() <= NOTE_BYTES_MAX)?;
    let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
    Some(serde_json::from_slice(&text[..end]))
}

/// The package, its purl complete but for what only the distribution of the image would say.
fn package(note: &Note) -> Option<Package> {
    let Note { kind, name, version, architecture, os, os_version, os_cpe } = note;
    let texts = [kind, name, version].into_iter().chain(architecture).chain(os).chain(os_version);
    if name.is_empty() || version.is_empty() || !texts.clone().all(|text| is_legible(text)) {
        return None;
    }
    let ecosystem = match Ecosystem::from_purl_type(&kind.to_lowercase()) {
        Ecosystem::Unknown => Ecosystem::Generic,
        known => known,
    };
    let mut purl = Purl::new(ecosystem.purl_type()?, name).with_version(version);
    if ecosystem.is_os() {
        purl = purl.with_qualifier("arch", architecture.as_deref().unwrap_or_default());
        let (cpe_os, cpe_version) = os_cpe.as_deref().and_then(of_cpe).unzip();
        let os = os.clone().or(cpe_os).unwrap_or_default().to_lowercase();
        let release = os_version.clone().or(cpe_version).unwrap_or_default();
        let distro = if release.is_empty() || os.is_empty() { os.clone() } else { format!("{os}-{release}") };
        purl = purl.with_namespace(&os).with_qualifier("distro", &distro);
    }
    let mut package =
        Package::new(ecosystem, name, version, Purl::from_str(&purl.to_string()).ok()?.to_string());
    package.architecture = architecture.clone();
    if ecosystem.is_os() {
        // By the specification these are the name and version of the source package.
        package.source = Some(SourcePackage { name: name.clone(), version: None });
    }
    Some(package)
}

/// Product and version of `cpe:/o:fedoraproject:fedora:40` or `cpe:2.3:o:fedoraproject:fedora:40:…`.
fn of_cpe(cpe: &str) -> Option<(String, String)> {
    let parts = cpe.strip_prefix("cpe:/o:").or_else(|| cpe.strip_prefix("cpe:2.3:o:"))?;
    let mut parts = parts.split(':').skip(1);
    Some((parts.next()?.to_owned(), parts.next().filter(|part| is_legible(part))?.to_owned()))
}

/// One package for all files that say they are from it.
fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let mut known: BTreeMap<(String, Option<std::sync::Arc<str>>), PackageIndex> = BTreeMap::new();
    for file in tree.of(CATALOGER.name) {
        for fact in file.packages() {
            let key = (fact.package.purl.clone(), file.layer.clone());
            if let Some(index) = known.get(&key) {
                found.packages[index.as_usize()].locations.push(file.location());
            } else if let Some(index) = found.package(file, fact.package.clone()) {
                known.insert(key, index);
            }
        }
    }
}

/// Drops what a package database lists too, as a binary or a source package of that version, or whose file belongs to a
/// package that it lists.
pub(super) fn drop_listed(found: &mut Found) {
    let is_from_note = |package: &Package| package.cataloger == CATALOGER.name;
    if !found.packages.iter().any(is_from_note) {
        return;
    }
    let mut listed: BTreeSet<(String, String)> = BTreeSet::new();
    for package in found.packages.iter().filter(|package| package.ecosystem.is_os() && !is_from_note(package))
    {
        let version = without_epoch(package.version.as_str());
        listed.insert((package.name.clone(), version.to_owned()));
        if let Some(source) = &package.source {
            let source_version =
                source.version.as_ref().map_or(version, |version| without_epoch(version.as_str()));
            listed.insert((source.name.clone(), source_version.to_owned()));
        }
    }
    found.retain(|package| {
        let key = (package.name.clone(), without_epoch(package.version.as_str()).to_owned());
        !is_from_note(package) || (package.owner.is_none() && !listed.contains(&key))
    });
}

fn without_epoch(version: &str) -> &str {
    match version.split_once(':') {
        Some((epoch, rest)) if epoch.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        _ => version,
    }
}
