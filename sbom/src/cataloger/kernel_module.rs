//! Modules of the Linux kernel that state a version of their own, in the section `.modinfo`.
//!
//! A distribution has six thousand modules, and most of them are parts of the kernel that no one would look up by name: what
//! is known of them is known of the kernel. Those with a version are drivers that are also published elsewhere.

use std::collections::BTreeMap;
use std::io;

use model::ecosystem::Ecosystem;
use model::package::{Certainty, Package, PackageIndex};
use model::purl::Purl;

use super::executable;
use super::file::{is_legible, uncompressed};
use super::{Cataloger, Content, Fact, FactTree, Facts, File, Finds, Found, Wants, kernel};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "kernel-module",
    version: 1,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/*.ko", "**/*.ko.gz", "**/*.ko.xz", "**/*.ko.zst"]),
    read,
    assemble,
};

/// Bytes of an uncompressed module; the largest, of graphics cards, have some fifty megabytes.
const MODULE_BYTES_MAX: u64 = 256 << 20;

/// The name of the fact that says which kernel a module was built for.
const BUILT_FOR: &str = "built-for";

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let bytes = match file.reader().and_then(|reader| uncompressed(reader, MODULE_BYTES_MAX, file.limits)) {
        Ok(bytes) => bytes,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    if let Err(error) = module(&bytes, file, facts) {
        facts.push(Fact::Gap(file.unreadable(&error)));
    }
}

fn module(bytes: &[u8], file: &File<'_>, facts: &mut Facts) -> io::Result<()> {
    // Something else that has such a name: a translation into Korean, say.
    if !bytes.starts_with(b"\x7fELF") {
        return Ok(());
    }
    let mut info: Option<Vec<u8>> = None;
    executable::for_each_program(Content::Bytes(bytes), |program| {
        info = program.section(".modinfo").map(<[u8]>::to_vec);
    })
    .map_err(|error| io::Error::other(format!("not a valid module: {error}")))?;
    let info = info.ok_or_else(|| io::Error::other("it has no section `.modinfo`"))?;
    let info = String::from_utf8_lossy(&info);
    let all = |wanted: &'static str| {
        info.split('\0')
            .filter_map(move |entry| entry.split_once('=').filter(|(key, _)| *key == wanted))
            .map(|(_, value)| value)
    };
    let first = |wanted: &'static str| all(wanted).map(str::trim).find(|value| !value.is_empty());
    let Some(version) = first("version") else { return Ok(()) };
    let file_name = file.path.rsplit('/').next().unwrap_or(file.path);
    let stem = file_name.split(".ko").next().unwrap_or(file_name);
    let name = first("name").unwrap_or(stem);
    if !is_legible(name) || !is_legible(version) {
        facts.push(Fact::Gap(file.unreadable_record(&"the module has an illegible name or version")));
        return Ok(());
    }
    let purl = Purl::new("generic", name).with_version(version);
    let mut package = Package::new(Ecosystem::Generic, name, version, purl.to_string());
    package.certainty = Certainty::Inferred;
    package.licenses =
        first("license").filter(|text| is_legible(text)).map(str::to_owned).into_iter().collect();
    package.supplier = first("author").filter(|text| is_legible(text)).map(str::to_owned);
    facts.package(package);
    // `6.1.0-18-amd64 SMP preempt mod_unload modversions`
    if let Some(kernel) =
        first("vermagic").and_then(|magic| magic.split(' ').next()).filter(|text| is_legible(text))
    {
        facts.push(Fact::Text { name: BUILT_FOR.to_owned(), value: kernel.to_owned() });
    }
    Ok(())
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let kernels: BTreeMap<String, PackageIndex> = (0..)
        .map(PackageIndex)
        .zip(&found.packages)
        .filter(|(_, package)| package.cataloger == kernel::CATALOGER.name)
        .map(|(index, package)| (package.version.as_str().to_owned(), index))
        .collect();
    for file in tree.of(CATALOGER.name) {
        let built_for = file.facts.iter().find_map(|fact| match fact {
            Fact::Text { name, value } if name == BUILT_FOR => Some(value),
            _ => None,
        });
        let parent = built_for.and_then(|version| kernels.get(version)).copied();
        found.packages_in(file, |fact| Some(fact.package.clone()));
        if let (Some(parent), Some(package)) = (parent, found.packages.last_mut())
            && package.cataloger == CATALOGER.name
        {
            package.parent = Some(parent);
        }
    }
}
