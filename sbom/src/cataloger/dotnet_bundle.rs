//! NuGet packages inside .NET programs that were published as a single file: the `*.deps.json` in the bundle that follows the
//! program, and the `*.runtimeconfig.json` there, which says what shared framework it runs on.

use object::ReadRef as _;

use model::gap::{Gap, GapKind};

use super::executable::Program;
use super::{
    Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants, dotnet_deps, dotnet_override, executable,
};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "dotnet-bundle",
    version: 5,
    finds: Finds::Installed,
    wants: Wants::Executables,
    read,
    assemble,
};

/// What the host of a bundle carries in its data, the offset of the bundle before it: the SHA-256 of `.net core bundle` and a line feed
/// (dotnet/runtime, `bundle_marker.cpp`).
const MARKER: [u8; 32] = [
    0x8b, 0x12, 0x02, 0xb9, 0x6a, 0x61, 0x20, 0x38, 0x72, 0x7b, 0x93, 0x02, 0x14, 0xd7, 0xa0, 0x32, 0x13,
    0xf5, 0xb9, 0xe6, 0xef, 0xae, 0x33, 0x18, 0xee, 0x3b, 0x2d, 0xce, 0x24, 0xb3, 0x6a, 0xae,
];
/// Sections of data in ELF and PE, and in Mach-O.
const SECTIONS: [&str; 2] = [".data", "__data"];
/// Bytes of the bundle's header: versions and count, an id and what follows it, of which 32 matter.
const HEADER_BYTES_MAX: u64 = 12 + 256 + 32;

fn read(file: &mut File<'_>, facts: &mut Facts) {
    // That the file is no valid program is said by `go-binary`, which looks at the same ones.
    let _ = executable::for_each_program(file.content, |program| {
        let Some(bundle) = bundle(program) else { return };
        let Some(documents) = documents(program, bundle) else {
            let gap = file.unreadable(&"the bundle of the .NET program cannot be read");
            return facts.push(Fact::Gap(gap));
        };
        if documents.deps.is_empty() {
            let detail = "the bundle of the .NET program does not say which packages are in it";
            return facts.push(Fact::Gap(Gap::new(GapKind::MISSING_FACT, file.path, detail)));
        }
        dotnet_deps::read_text(&String::from_utf8_lossy(documents.deps), file, facts);
        match documents.configuration {
            Some([]) => {}
            Some(text) => {
                dotnet_override::read_configuration(&String::from_utf8_lossy(text), file, facts);
            }
            None => {
                let why = "the configuration in the bundle of the .NET program cannot be read";
                facts.push(Fact::Gap(file.unreadable_record(&why)));
            }
        }
    });
}

/// Where the bundle starts; none when the program is no host or carries none.
fn bundle(program: &Program<'_>) -> Option<u64> {
    SECTIONS.iter().filter_map(|name| program.section(name)).find_map(|data| {
        let at = memchr::memmem::find(data, &MARKER)?;
        let offset = number(data, at.checked_sub(8)?)?;
        (offset > 0).then_some(offset)
    })
}

/// The documents in a bundle; one is empty where the bundle has none, as that of .NET Core 3 has not.
struct Documents<'a> {
    deps: &'a [u8],
    /// None where it cannot be read.
    configuration: Option<&'a [u8]>,
}

/// Those in the bundle at `offset`.
fn documents<'a>(program: &Program<'a>, offset: u64) -> Option<Documents<'a>> {
    const COUNTS_BYTES: usize = 12;
    let header = program.source.read(offset, HEADER_BYTES_MAX)?;
    let major = u32::from_le_bytes(header.get(..4)?.try_into().ok()?);
    if major < 2 {
        return Some(Documents { deps: &[], configuration: Some(&[]) });
    }
    // The id is a text of fewer than 128 bytes, its length before it.
    let id_bytes = usize::from(*header.get(COUNTS_BYTES)?);
    let at = COUNTS_BYTES + 1 + id_bytes;
    let document = |at: usize| {
        let (offset, len) = (number(header, at)?, number(header, at + 8)?);
        program.source.read_bytes_at(offset, len).ok()
    };
    Some(Documents { deps: document(at)?, configuration: document(at + 16) })
}

fn number(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    dotnet_deps::assemble_with_frameworks(tree, CATALOGER.name, found);
}
