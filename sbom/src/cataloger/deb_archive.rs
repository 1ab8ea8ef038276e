//! Debian packages that lie about as files (`.deb`): what the control file inside says.
//!
//! Nothing in them is installed, but they are there. What a package manager left in its cache is not told twice.

use std::io::{self, BufRead, Read};

use model::ecosystem::Ecosystem;

use super::deb822::for_each_paragraph;
use super::file::{is_cached, uncompressed};
use super::{Cataloger, Content, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "deb-archive",
    version: 3,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/*.deb"]),
    read,
    assemble,
};

/// Bytes of an uncompressed `control.tar`; the largest hold some hundred KiB of checksums and scripts.
const CONTROL_BYTES_MAX: u64 = 64 << 20;
/// Members of the outer archive that are looked at; `control.tar` is the second of three, or of a few more.
const MEMBERS_MAX: usize = 16;

const MAGIC: &[u8] = b"!<arch>\n";

fn read(file: &mut File<'_>, facts: &mut Facts) {
    if is_cached(file.path) {
        return;
    }
    let control = match file.reader().and_then(|reader| control(reader, file)) {
        Ok(Some(control)) => control,
        // Something else that happens to be called `.deb`.
        Ok(None) => return,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return facts.push(Fact::Gap(file.unreadable(&"the archive ends early")));
        }
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    let inner = File { content: Content::Bytes(&control), size: control.len() as u64, ..*file };
    for_each_paragraph(&inner, facts, |facts, paragraph| {
        facts.push(match paragraph.package(Ecosystem::Deb) {
            Ok(package) => Fact::Package(package),
            Err(why) => Fact::Gap(file.unreadable_record(&why)),
        });
    });
}

/// The control file in an archive (deb(5)); none when this is no archive of that kind.
fn control(mut reader: impl BufRead, file: &File<'_>) -> io::Result<Option<Vec<u8>>> {
    let mut magic = [0; MAGIC.len()];
    if reader.read_exact(&mut magic).is_err() || magic != MAGIC {
        return Ok(None);
    }
    for _ in 0..MEMBERS_MAX {
        let mut header = [0; 60];
        reader.read_exact(&mut header)?;
        let name = String::from_utf8_lossy(&header[..16]);
        let name = name.trim_end().trim_end_matches('/');
        let n_bytes =
            std::str::from_utf8(&header[48..58]).ok().and_then(|text| text.trim().parse::<u64>().ok());
        let Some(n_bytes) = n_bytes.filter(|_| header.ends_with(b"`\n")) else {
            return Err(io::Error::other("a member of the archive has no valid header"));
        };
        if name.starts_with("control.tar") {
            let tar = uncompressed(reader.take(n_bytes), CONTROL_BYTES_MAX, file.limits)?;
            return match member(&tar, "control") {
                Some(control) => Ok(Some(control.to_vec())),
                None => Err(io::Error::other("there is no control file in it")),
            };
        }
        // A member of odd length is followed by a byte of padding.
        io::copy(&mut reader.by_ref().take(n_bytes.saturating_add(n_bytes % 2)), &mut io::sink())?;
    }
    Err(io::Error::other("there is no control archive in it"))
}

/// The file called `wanted` at the root of a tar archive. Names of control files are short, so that neither of the
/// extended header forms matters here.
fn member<'t>(mut tar: &'t [u8], wanted: &str) -> Option<&'t [u8]> {
    const BLOCK: usize = 512;
    while let Some((header, rest)) = tar.split_at_checked(BLOCK) {
        let text = |range: std::ops::Range<usize>| {
            let field = header.get(range).unwrap_or_default();
            let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
            std::str::from_utf8(&field[..end]).unwrap_or_default().trim()
        };
        let name = text(0..100);
        if name.is_empty() {
            return None;
        }
        let n_bytes = usize::from_str_radix(text(124..136), 8).ok()?;
        let content = rest.get(..n_bytes)?;
        if name.trim_start_matches("./") == wanted {
            return Some(content);
        }
        tar = rest.get(n_bytes.checked_next_multiple_of(BLOCK)?..)?;
    }
    None
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    for file in tree.of(CATALOGER.name) {
        found.packages_in(file, |fact| {
            // Which distribution it is for it does not say, and that need not be the one it lies in.
            let mut package = fact.package.clone();
            package.purl = super::facts::os_purl(&package, None);
            Some(package)
        });
    }
}
