//! What was read of a layer, in the binary form in which it is cached.

use model::distro::Distro;
use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::image::Account;
use model::package::{
    Certainty, Dependencies, DependencyScope, Details, Location, Mark, Package, PackageIndex, PackageKind,
    Provenance, Rarities, SourcePackage,
};

use crate::cataloger::{CATALOGERS, Fact, PackageFact, PathList};
use crate::image::listing::{Listed, ListedKind, Listing, shared_bytes};
use crate::image::mode::Mode;
use crate::inventory::ReadFile;

use super::codec::{Damaged, Reader, Writer};

/// Goes up with every change of what this file writes.
pub(super) const VERSION: u32 = 4;

/// Paths without what they share with the one before them, as listings keep them: a third of the bytes.
pub(super) fn write_listing(out: &mut Writer<'_>, listing: &Listing) {
    out.count(listing.len());
    let mut last_path = String::new();
    let mut entries = listing.iter();
    while let Some(Listed { path, kind }) = entries.next() {
        let n_shared = shared_bytes(&last_path, path);
        out.count(n_shared);
        out.text(&path[n_shared..]);
        last_path.truncate(n_shared);
        last_path.push_str(&path[n_shared..]);
        match kind {
            ListedKind::File { size, mode } => {
                out.byte(0);
                out.number(size);
                out.number(u64::from(mode.bits()));
            }
            ListedKind::HardLink { target } => {
                out.byte(1);
                out.text(target);
            }
            ListedKind::Symlink { target } => {
                out.byte(2);
                out.text(target);
            }
            ListedKind::Directory { mode } => {
                out.byte(3);
                out.number(u64::from(mode.bits()));
            }
            ListedKind::Other => out.byte(4),
        }
    }
}

/// Hands each entry of a listing to `push`.
pub(super) fn read_listing(
    from: &mut Reader<'_>,
    mut push: impl FnMut(Listed<'_>) -> Result<(), Damaged>,
) -> Result<(), Damaged> {
    let mut path = String::new();
    for _ in 0..from.small::<u64>()? {
        let n_shared = from.small()?;
        if !path.is_char_boundary(n_shared) {
            return Err(Damaged);
        }
        path.truncate(n_shared);
        path.push_str(from.text()?);
        let mode = |from: &mut Reader<'_>| from.small::<u16>().map(Mode::new);
        let kind = match from.byte()? {
            0 => ListedKind::File { size: from.number()?, mode: mode(from)? },
            1 => ListedKind::HardLink { target: from.text()? },
            2 => ListedKind::Symlink { target: from.text()? },
            3 => ListedKind::Directory { mode: mode(from)? },
            4 => ListedKind::Other,
            _ => return Err(Damaged),
        };
        push(Listed { path: &path, kind })?;
    }
    Ok(())
}

pub(super) fn write_file(out: &mut Writer<'_>, file: &ReadFile) {
    let ReadFile { entry, cataloger, digest, facts } = file;
    out.number(u64::from(*entry));
    out.count(*cataloger);
    out.option(digest.as_deref(), Writer::text);
    out.list(facts, write_fact);
}

pub(super) fn read_file(from: &mut Reader<'_>) -> Result<ReadFile, Damaged> {
    let entry = from.small()?;
    let cataloger = from.small()?;
    if cataloger >= CATALOGERS.len() {
        return Err(Damaged);
    }
    let digest = from.option(|from| from.text().map(Into::into))?;
    Ok(ReadFile { entry, cataloger, digest, facts: from.list(read_fact)?.into() })
}

/// The bytes that `facts` are kept as.
#[cfg(test)]
pub(crate) fn encoded(facts: &[Fact]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut out = Writer::new(&mut bytes);
    out.list(facts, write_fact);
    out.finish().expect("memory takes everything");
    bytes
}

/// The facts that [`encoded`] gave these bytes.
#[cfg(test)]
pub(crate) fn decoded(mut bytes: &[u8]) -> Result<Vec<Fact>, Damaged> {
    let mut from = Reader::new(&mut bytes);
    let facts = from.list(read_fact)?;
    from.end()?;
    Ok(facts)
}

fn write_fact(out: &mut Writer<'_>, fact: &Fact) {
    match fact {
        Fact::Distro(distro) => {
            out.byte(0);
            write_distro(out, distro);
        }
        Fact::Repositories(repositories) => {
            out.byte(1);
            out.texts(repositories);
        }
        Fact::Package(PackageFact { package, owned, parent, depends_on, requires, provides }) => {
            out.byte(2);
            write_package(out, package);
            out.text(owned.as_text());
            out.option(parent.as_ref(), |out, parent| out.number(u64::from(*parent)));
            out.list(depends_on, |out, index| out.number(u64::from(*index)));
            out.texts(requires);
            out.texts(provides);
        }
        Fact::OwnedFiles(paths) => {
            out.byte(3);
            out.text(paths.as_text());
        }
        Fact::Gap(gap) => {
            out.byte(4);
            write_gap(out, gap);
        }
        Fact::Program(bytes) => {
            out.byte(6);
            out.number(*bytes);
        }
        Fact::Text { name, value } => {
            out.byte(7);
            out.text(name);
            out.text(value);
        }
        Fact::Account(Account { name, uid, gid, home, shell }) => {
            out.byte(5);
            out.text(name);
            out.number(u64::from(*uid));
            out.number(u64::from(*gid));
            out.text(home);
            out.text(shell);
        }
    }
}

fn read_fact(from: &mut Reader<'_>) -> Result<Fact, Damaged> {
    Ok(match from.byte()? {
        0 => Fact::Distro(read_distro(from)?),
        1 => Fact::Repositories(from.strings()?),
        2 => Fact::Package(PackageFact {
            package: read_package(from)?,
            owned: PathList::from_text(from.text()?),
            parent: from.option(Reader::small)?,
            depends_on: from.list(Reader::small)?,
            requires: from.strings()?,
            provides: from.strings()?,
        }),
        3 => Fact::OwnedFiles(PathList::from_text(from.text()?)),
        4 => Fact::Gap(read_gap(from)?),
        5 => Fact::Account(Account {
            name: from.string()?,
            uid: from.small()?,
            gid: from.small()?,
            home: from.string()?,
            shell: from.string()?,
        }),
        6 => Fact::Program(from.number()?),
        7 => Fact::Text { name: from.string()?, value: from.string()? },
        _ => return Err(Damaged),
    })
}

pub(super) fn write_gap(out: &mut Writer<'_>, Gap { kind, place, detail }: &Gap) {
    out.text(kind.as_str());
    out.text(place);
    out.text(detail);
}

pub(super) fn read_gap(from: &mut Reader<'_>) -> Result<Gap, Damaged> {
    Ok(Gap { kind: GapKind::from_word(from.text()?), place: from.string()?, detail: from.string()? })
}

fn write_distro(out: &mut Writer<'_>, distro: &Distro) {
    let Distro { id, version, codename, pretty_name, name, supplier, id_like, variant, hints, repositories } =
        distro;
    out.text(id);
    for text in [version, codename, pretty_name, name, supplier, variant] {
        out.option(text.as_deref(), Writer::text);
    }
    for texts in [id_like, hints, repositories] {
        out.texts(texts);
    }
}

fn read_distro(from: &mut Reader<'_>) -> Result<Distro, Damaged> {
    Ok(Distro {
        id: from.string()?,
        version: from.option(Reader::string)?,
        codename: from.option(Reader::string)?,
        pretty_name: from.option(Reader::string)?,
        name: from.option(Reader::string)?,
        supplier: from.option(Reader::string)?,
        variant: from.option(Reader::string)?,
        id_like: from.strings()?,
        hints: from.strings()?,
        repositories: from.strings()?,
    })
}

fn write_package(out: &mut Writer<'_>, package: &Package) {
    // Named one by one, so that a new field is not forgotten here.
    let Package {
        kind,
        ecosystem,
        name,
        version,
        purl,
        licenses,
        cpes,
        locations,
        owner,
        parent,
        depends_on,
        scope,
        certainty,
        // Only SBOMs say it.
        is_needed_by_subject: _,
        cataloger,
        details,
        // A layer is of one image.
        part: _,
    } = package;
    let Details { architecture, source, supplier, digests, rarities } = &**details;
    let Rarities {
        marks,
        module,
        installed_at,
        imports,
        removed_by,
        // Told when the whole image is known.
        overridden_by: _,
        // Listed when all layers are known.
        files: _,
        // Only SBOMs say it.
        about: _,
    } = &**rarities;
    out.byte(match kind {
        PackageKind::Library => 0,
        PackageKind::Application => 1,
    });
    out.text(ecosystem.name());
    out.text(name);
    out.text(version.as_str());
    out.text(purl);
    out.option(architecture.as_deref(), Writer::text);
    out.option(source.as_ref(), |out, SourcePackage { name, version }| {
        out.text(name);
        out.option(version.as_ref(), |out, version| out.text(version.as_str()));
    });
    out.packed(licenses);
    out.option(supplier.as_deref(), Writer::text);
    out.packed(cpes);
    out.list(locations, |out, Location { path, provenance }| {
        let Provenance { layer, digest } = &**provenance;
        out.text(path);
        out.option(layer.as_deref(), Writer::text);
        out.option(digest.as_deref(), Writer::text);
    });
    let index = |out: &mut Writer<'_>, index: &PackageIndex| out.number(u64::from(index.0));
    out.option(owner.as_ref(), index);
    out.option(parent.as_ref(), index);
    out.option(depends_on.known(), |out, known| out.list(known, index));
    out.byte(match scope {
        DependencyScope::Runtime => 0,
        DependencyScope::Development => 1,
    });
    out.text(certainty.as_str());
    out.list(marks, |out, mark| out.text(mark.as_str()));
    out.option(module.as_deref(), Writer::text);
    out.option(installed_at.as_deref(), Writer::text);
    out.packed(digests);
    out.texts(imports);
    out.text(cataloger);
    out.option(removed_by.as_deref(), Writer::text);
}

fn read_package(from: &mut Reader<'_>) -> Result<Package, Damaged> {
    let kind = match from.byte()? {
        0 => PackageKind::Library,
        1 => PackageKind::Application,
        _ => return Err(Damaged),
    };
    let mut details = Details::default();
    let mut package = Package::new(Ecosystem::from_name(from.text()?), "", "", String::new());
    package.name = from.string()?;
    package.version = from.text()?.into();
    package.purl = from.string()?;
    package.kind = kind;
    details.architecture = from.option(Reader::string)?;
    details.source = from.option(|from| {
        let name = from.string()?;
        let version = from.option(|from| Ok(from.text()?.into()))?;
        Ok(SourcePackage { name, version })
    })?;
    package.licenses = from.strings()?.into();
    details.supplier = from.option(Reader::string)?;
    package.cpes = from.strings()?.into();
    package.locations = from.list(|from| {
        let path = from.string()?;
        let text = |from: &mut Reader<'_>| from.text().map(Into::into);
        let provenance = Provenance { layer: from.option(text)?, digest: from.option(text)? };
        Ok(Location { path, provenance: provenance.into() })
    })?;
    package.owner = from.option(|from| from.small().map(PackageIndex))?;
    package.parent = from.option(|from| from.small().map(PackageIndex))?;
    let known = from.option(|from| from.list(|from| from.small().map(PackageIndex)))?;
    package.depends_on = known.map_or(Dependencies::UNKNOWN, Into::into);
    package.scope = match from.byte()? {
        0 => DependencyScope::Runtime,
        1 => DependencyScope::Development,
        _ => return Err(Damaged),
    };
    package.certainty = Certainty::from_word(from.text()?).ok_or(Damaged)?;
    details.marks = from.list(|from| Mark::from_word(from.text()?).ok_or(Damaged))?;
    details.module = from.option(Reader::string)?;
    details.installed_at = from.option(Reader::string)?;
    details.digests = from.strings()?.into();
    details.imports = from.strings()?;
    package.cataloger = from.string()?;
    details.removed_by = from.option(Reader::string)?;
    package.details = details.into();
    package.shrink();
    Ok(package)
}
