//! Where an executable keeps its data: the parts of ELF, PE and Mach-O that finding build information, and other things
//! that tools leave in programs, needs.

use object::read::elf::FileHeader;
use object::read::macho::{FatArch, MachHeader, MachOFatFile, Section, Segment};
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader};
use object::{Endianness, FileKind, ReadCache, ReadRef, elf, macho, pe};

use super::Content;

/// Bytes of a section that are searched, and of a string that is read. The largest module lists known have some
/// hundred KiB.
pub(super) const PIECE_BYTES_MAX: u64 = 16 << 20;

/// Whether `head`, a file's first four bytes, is the magic of a format that [`programs`] reads.
pub(super) fn is_executable_format(head: &[u8]) -> bool {
    head.starts_with(b"MZ")
        || matches!(
            head,
            [0x7f, b'E', b'L', b'F', ..]
                | [0xfe, 0xed, 0xfa, 0xce | 0xcf, ..]
                | [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..]
                | [0xca, 0xfe, 0xba, 0xbe | 0xbf, ..]
        )
}

/// Architectures in one Mach-O file; real ones have two or three.
const FAT_ARCHES_MAX: usize = 16;
/// Load commands of a Mach-O file; real ones have some dozens.
const LOAD_COMMANDS_MAX: usize = 4096;

/// Sections of one program that are looked at; real ones have some dozens, some with one a function have thousands.
const SECTIONS_MAX: usize = 64 << 10;
/// Bytes of a section's name; none that means anything here has more.
const NAME_BYTES_MAX: usize = 64;

/// Hands the programs in `content` to `visit`: one, or in a Mach-O "fat" file one an architecture.
///
/// # Errors
/// The file is none, although it has the magic of one, or its size cannot be had.
pub(super) fn for_each_program(
    content: Content<'_>,
    mut visit: impl FnMut(&Program<'_>),
) -> object::Result<()> {
    let visit_all = |programs: Vec<Program<'_>>| programs.iter().for_each(&mut visit);
    match content {
        Content::Bytes(bytes) => programs(Source::memory(bytes)).map(visit_all),
        Content::Spooled(spool) => {
            let cache = ReadCache::new(spool);
            let source = Source::spool(&cache).unwrap_or_else(|| Source::memory(&[]));
            programs(source).map(visit_all)
        }
    }
}

/// The bytes of an executable, or of one architecture inside it, read piece by piece.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    bytes: Bytes<'a>,
    start: u64,
    len: u64,
}

#[derive(Clone, Copy)]
enum Bytes<'a> {
    Memory(&'a [u8]),
    Spool(&'a ReadCache<&'a std::fs::File>),
}

impl<'a> Source<'a> {
    pub(super) fn memory(bytes: &'a [u8]) -> Self {
        Self { bytes: Bytes::Memory(bytes), start: 0, len: bytes.len() as u64 }
    }

    /// None when the file's size cannot be had.
    pub(super) fn spool(cache: &'a ReadCache<&'a std::fs::File>) -> Option<Self> {
        Some(Self { bytes: Bytes::Spool(cache), start: 0, len: cache.len().ok()? })
    }

    fn part(self, offset: u64, len: u64) -> Option<Self> {
        let end = offset.checked_add(len).filter(|end| *end <= self.len)?;
        Some(Self { start: self.start + offset, len: end - offset, ..self })
    }

    /// The bytes from `offset`: `len`, or as many as there are.
    pub(super) fn read(self, offset: u64, len: u64) -> Option<&'a [u8]> {
        let len = len.min(self.len.checked_sub(offset)?);
        self.read_bytes_at(offset, len).ok()
    }
}

/// The reader of `object` asks for tables in whole; a piece beyond [`PIECE_BYTES_MAX`] is refused, since a spooled
/// file's pieces are kept in memory until it is done.
impl<'a> ReadRef<'a> for Source<'a> {
    fn len(self) -> Result<u64, ()> {
        Ok(self.len)
    }

    fn read_bytes_at(self, offset: u64, size: u64) -> Result<&'a [u8], ()> {
        if offset.checked_add(size).is_none_or(|end| end > self.len) || size > PIECE_BYTES_MAX {
            return Err(());
        }
        match self.bytes {
            Bytes::Memory(bytes) => bytes.read_bytes_at(self.start + offset, size),
            Bytes::Spool(cache) => cache.read_bytes_at(self.start + offset, size),
        }
    }

    fn read_bytes_at_until(self, range: std::ops::Range<u64>, delimiter: u8) -> Result<&'a [u8], ()> {
        let end = range.end.min(self.len);
        if range.start > end {
            return Err(());
        }
        let range = self.start + range.start..self.start + end;
        match self.bytes {
            Bytes::Memory(bytes) => bytes.read_bytes_at_until(range, delimiter),
            Bytes::Spool(cache) => cache.read_bytes_at_until(range, delimiter),
        }
    }
}

/// A run of bytes in the file that lies at an address in memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Region {
    pub(super) address: u64,
    pub(super) offset: u64,
    pub(super) bytes: u64,
}

/// One program and where its data lies.
pub(super) struct Program<'a> {
    pub(super) source: Source<'a>,
    /// What is loaded into memory.
    mapped: Vec<Region>,
    /// Where build information would be; empty when there is none for sure.
    pub(super) searched: Vec<Region>,
    /// Whether all of it is compressed, so that nothing can be found.
    pub(super) is_packed: bool,
    /// Its sections by name; of Mach-O, the section's own name.
    sections: Vec<(String, Region)>,
}

impl<'a> Program<'a> {
    /// The bytes of the section called `name`; none when there is none, it lies outside the file or it has more than
    /// [`PIECE_BYTES_MAX`].
    pub(super) fn section(&self, name: &str) -> Option<&'a [u8]> {
        let (_, region) = self.sections.iter().find(|(known, _)| known == name)?;
        self.source.read_bytes_at(region.offset, region.bytes).ok()
    }

    /// Where the section called `name` lies; it may be of any size and lie outside the file.
    pub(super) fn region(&self, name: &str) -> Option<Region> {
        self.sections.iter().find(|(known, _)| known == name).map(|(_, region)| *region)
    }

    /// `len` bytes at `address` in memory.
    pub(super) fn at(&self, address: u64, len: u64) -> Option<&'a [u8]> {
        self.mapped.iter().find_map(|region| {
            let skip = address.checked_sub(region.address)?;
            let available = region.bytes.checked_sub(skip)?;
            (len <= available).then_some(())?;
            self.source.read_bytes_at(region.offset.checked_add(skip)?, len).ok()
        })
    }
}

/// The programs in a file: one, or in a Mach-O "fat" file one an architecture. None when the file is of another
/// kind after all, such as a DOS program or a Java class.
pub(super) fn programs(source: Source<'_>) -> object::Result<Vec<Program<'_>>> {
    let program = match FileKind::parse(source) {
        Ok(FileKind::Elf32) => elf_program::<elf::FileHeader32<Endianness>>(source)?,
        Ok(FileKind::Elf64) => elf_program::<elf::FileHeader64<Endianness>>(source)?,
        Ok(FileKind::Pe32) => pe_program::<pe::ImageNtHeaders32>(source)?,
        Ok(FileKind::Pe64) => pe_program::<pe::ImageNtHeaders64>(source)?,
        Ok(FileKind::MachO32) => macho_program::<macho::MachHeader32<Endianness>>(source)?,
        Ok(FileKind::MachO64) => macho_program::<macho::MachHeader64<Endianness>>(source)?,
        Ok(FileKind::MachOFat32) => return fat_programs::<macho::FatArch32>(source),
        Ok(FileKind::MachOFat64) => return fat_programs::<macho::FatArch64>(source),
        _ => return Ok(Vec::new()),
    };
    Ok(vec![program])
}

/// Go's linker always writes the section. Only a file without any section has its writable segments searched.
fn elf_program<H: FileHeader<Endian = Endianness>>(source: Source<'_>) -> object::Result<Program<'_>> {
    use object::read::elf::{ProgramHeader, SectionHeader};

    let header = H::parse(source)?;
    let endian = header.endian()?;
    let loaded = header
        .program_headers(endian, source)?
        .iter()
        .filter(|segment| segment.p_type(endian) == elf::PT_LOAD && segment.p_filesz(endian).into() > 0);
    let region = |segment: &H::ProgramHeader| Region {
        address: segment.p_vaddr(endian).into(),
        offset: segment.p_offset(endian).into(),
        bytes: segment.p_filesz(endian).into(),
    };
    let mapped = loaded.clone().map(region).collect();
    let sections = header.sections(endian, source)?;
    if sections.is_empty() {
        let searched =
            loaded.filter(|segment| segment.p_flags(endian).0 & elf::PF_W.0 != 0).map(region).collect();
        let is_packed =
            source.read(0, 4 << 10).is_some_and(|head| head.windows(4).any(|window| window == b"UPX!"));
        return Ok(Program { source, mapped, searched, is_packed, sections: Vec::new() });
    }
    let named = sections.iter().filter_map(|section| {
        let name = sections.section_name(endian, section).ok().filter(|name| name.len() <= NAME_BYTES_MAX)?;
        let (offset, bytes) = section.file_range(endian)?;
        let region = Region { address: section.sh_addr(endian).into(), offset, bytes };
        Some((String::from_utf8_lossy(name).into_owned(), region))
    });
    let sections: Vec<(String, Region)> = named.take(SECTIONS_MAX).collect();
    let searched =
        sections.iter().filter(|(name, _)| name == ".go.buildinfo").map(|(_, region)| *region).collect();
    Ok(Program { source, mapped, searched, is_packed: false, sections })
}

/// PE has no section of its own for build information: it lies in the initialised, writable data.
fn pe_program<H: ImageNtHeaders>(source: Source<'_>) -> object::Result<Program<'_>> {
    let dos_header = pe::ImageDosHeader::parse(source)?;
    let mut offset = dos_header.nt_headers_offset().into();
    let (headers, _) = H::parse(source, &mut offset)?;
    let base = headers.optional_header().image_base();
    let sections = headers.sections(source, offset)?;
    let (mut mapped, mut searched, mut named) = (Vec::new(), Vec::new(), Vec::new());
    for section in sections.iter() {
        let (offset, bytes) = section.pe_file_range();
        let address = base.wrapping_add(u64::from(section.virtual_address.get(object::LittleEndian)));
        let region = Region { address, offset: offset.into(), bytes: bytes.into() };
        let wanted = pe::IMAGE_SCN_CNT_INITIALIZED_DATA | pe::IMAGE_SCN_MEM_READ | pe::IMAGE_SCN_MEM_WRITE;
        if section.characteristics.get(object::LittleEndian) & wanted == wanted {
            searched.push(region);
        }
        mapped.push(region);
        named.push((String::from_utf8_lossy(section.raw_name()).into_owned(), region));
    }
    Ok(Program { source, mapped, searched, is_packed: false, sections: named })
}

fn macho_program<H: MachHeader<Endian = Endianness>>(source: Source<'_>) -> object::Result<Program<'_>> {
    let header = H::parse(source, 0)?;
    let endian = header.endian()?;
    let mut commands = header.load_commands(endian, source, 0)?;
    let (mut mapped, mut searched, mut named) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..LOAD_COMMANDS_MAX {
        let Some(command) = commands.next()? else {
            break;
        };
        let Some((segment, section_data)) = H::Segment::from_command(command)? else {
            continue;
        };
        let (offset, bytes) = segment.file_range(endian);
        mapped.push(Region { address: segment.vmaddr(endian).into(), offset, bytes });
        for section in segment.section_offsets(endian, segment.sections(endian, section_data)?) {
            let (section, offset) = section?;
            let Some(bytes) = section.file_size(endian) else { continue };
            let region = Region { address: section.addr(endian).into(), offset, bytes };
            if section.name() == b"__go_buildinfo" {
                searched.push(region);
            }
            if named.len() < SECTIONS_MAX {
                named.push((String::from_utf8_lossy(section.name()).into_owned(), region));
            }
        }
    }
    Ok(Program { source, mapped, searched, is_packed: false, sections: named })
}

/// A Java class starts with the same bytes; read as a fat file it has no list of architectures, or an absurd one.
fn fat_programs<A: FatArch>(source: Source<'_>) -> object::Result<Vec<Program<'_>>> {
    let mut found = Vec::new();
    let Ok(file) = MachOFatFile::<A>::parse(source) else {
        return Ok(found);
    };
    if file.arches().len() > FAT_ARCHES_MAX {
        return Ok(found);
    }
    for arch in file.arches() {
        let (offset, bytes) = arch.file_range();
        let Some(part) = source.part(offset, bytes) else {
            continue;
        };
        found.extend(match FileKind::parse(part) {
            Ok(FileKind::MachO32) => Some(macho_program::<macho::MachHeader32<Endianness>>(part)?),
            Ok(FileKind::MachO64) => Some(macho_program::<macho::MachHeader64<Endianness>>(part)?),
            _ => None,
        });
    }
    Ok(found)
}
