//! Package files of rpm (`*.rpm`) that lie in an image: they are there, but nothing in them is installed. What a package
//! manager left in its cache is not told twice.
//!
//! A file is a lead, a header of signatures, the header of the package, and a payload that is not looked at.

use super::file::is_cached;
use super::rpm_header::{COUNTS_BYTES, HEADER_BYTES_MAX, Header, body_bytes};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, PackageFact, Wants, rpm_package};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "rpm-file",
    version: 3,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/*.rpm"]),
    read,
    assemble,
};

const LEAD_MAGIC: [u8; 4] = [0xed, 0xab, 0xee, 0xdb];
const LEAD_BYTES: usize = 96;
/// In the lead: whether it is a source package.
const LEAD_KIND_AT: usize = 6;
const HEADER_MAGIC: [u8; 4] = [0x8e, 0xad, 0xe8, 0x01];
/// Magic, and four reserved bytes.
const HEADER_MAGIC_BYTES: usize = 8;
/// What the header of signatures is padded to.
const ALIGNMENT: u64 = 8;

fn read(file: &mut File<'_>, facts: &mut Facts) {
    if is_cached(file.path) {
        return;
    }
    let mut lead = [0; LEAD_BYTES];
    let head = lead.get_mut(..LEAD_MAGIC.len()).expect("the magic is shorter than the lead");
    // Other formats have used the suffix too.
    if file.read_at(0, head).is_err() || *head != LEAD_MAGIC {
        return;
    }
    let fact = match file.read_at(0, &mut lead) {
        Ok(()) => package(file, lead[LEAD_KIND_AT..].starts_with(&[0, 1])),
        Err(_) => Err("its lead is cut off".to_owned()),
    };
    match fact {
        Ok(Some(fact)) => facts.push(Fact::Package(fact)),
        Ok(None) => {}
        Err(why) => facts.push(Fact::Gap(file.unreadable(&why))),
    }
}

/// The package, without what only counts where it is installed.
fn package(file: &File<'_>, is_source: bool) -> Result<Option<PackageFact>, String> {
    let signatures_at = LEAD_BYTES as u64;
    let (_, n_bytes) = header_at(file, signatures_at, "signatures")?;
    let header_at_byte = (signatures_at + HEADER_MAGIC_BYTES as u64 + n_bytes).next_multiple_of(ALIGNMENT);
    let (start, n_bytes) = header_at(file, header_at_byte, "package")?;
    let cut_off = || "the header of the package is cut off".to_owned();
    if start.saturating_add(n_bytes) > file.size {
        return Err(cut_off());
    }
    let mut bytes = vec![0; n_bytes as usize];
    file.read_at(start, &mut bytes).map_err(|_| cut_off())?;
    let fact = rpm_package::package(&Header::parse(&bytes)?, &mut |_| {})?;
    Ok(fact.map(|fact| {
        let mut package = fact.package;
        if is_source {
            package.architecture = Some("src".to_owned());
        }
        PackageFact::new(package)
    }))
}

/// Where the counts of the header at `offset` lie, and the bytes of the header from there.
fn header_at(file: &File<'_>, offset: u64, what: &str) -> Result<(u64, u64), String> {
    let mut head = [0; HEADER_MAGIC_BYTES + COUNTS_BYTES];
    file.read_at(offset, &mut head).map_err(|_| format!("the header of {what} is cut off"))?;
    let (magic, counts) = head.split_first_chunk::<HEADER_MAGIC_BYTES>().ok_or("a header is cut off")?;
    if !magic.starts_with(&HEADER_MAGIC) {
        return Err(format!("the header of {what} does not lie where it should"));
    }
    let counts = counts.first_chunk::<COUNTS_BYTES>().ok_or("a header is cut off")?;
    let n_bytes = COUNTS_BYTES as u64 + body_bytes(*counts);
    if n_bytes > HEADER_BYTES_MAX {
        return Err(format!("a header of {n_bytes} bytes is larger than {HEADER_BYTES_MAX}"));
    }
    Ok((offset + HEADER_MAGIC_BYTES as u64, n_bytes))
}

/// Which distribution a file is for is not known: it need not be the one it lies in.
fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    for file in tree.of(CATALOGER.name) {
        found.packages_in(file, |fact| {
            let mut package = fact.package.clone();
            package.purl = super::facts::os_purl(&package, None);
            Some(package)
        });
    }
}
