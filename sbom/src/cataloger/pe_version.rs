//! The version resource of a Windows program or library: the strings that its properties show.

use object::LittleEndian;
use object::pe::{
    self, IMAGE_DIRECTORY_ENTRY_COM_DESCRIPTOR, IMAGE_DIRECTORY_ENTRY_RESOURCE, ImageNtHeaders32,
    ImageNtHeaders64,
};
use object::read::pe::{DataDirectories, ImageNtHeaders, SectionTable};
use object::{FileKind, ReadCache, ReadRef};

use super::Content;
use super::executable::Source;

/// The type of resource that holds versions.
const RT_VERSION: u32 = 16;
/// Bytes of a version resource; real ones have about one thousand.
const VERSION_BYTES_MAX: u64 = 128 << 10;
/// Entries of one directory of resources; real ones have some dozens.
const ENTRIES_MAX: u64 = 4096;
/// UTF-16 units of a block's name; known ones have some twenty.
const KEY_UNITS_MAX: usize = 128;
/// Strings of a version resource; real ones have about a dozen a language.
const STRINGS_MAX: usize = 512;

/// The strings of the version resource of the PE file in `content`, in its order: `ProductName`, `FileVersion`,
/// `CompanyName` and others, each trimmed and none empty. Of several languages the first one comes first. Nothing where
/// there is no such resource, or it is damaged: a program needs none.
pub(super) fn version_info(content: Content<'_>) -> Vec<(String, String)> {
    with_source(content, strings_of)
}

/// Whether the file in `content` is a PE file of code for .NET.
pub(super) fn is_managed(content: Content<'_>) -> bool {
    with_source(content, |source| match FileKind::parse(source) {
        Ok(FileKind::Pe32) => has_managed_code::<ImageNtHeaders32>(source) == Some(true),
        Ok(FileKind::Pe64) => has_managed_code::<ImageNtHeaders64>(source) == Some(true),
        _ => false,
    })
}

fn with_source<T: Default>(content: Content<'_>, read: impl Fn(Source<'_>) -> T) -> T {
    match content {
        Content::Bytes(bytes) => read(Source::memory(bytes)),
        Content::Spooled(spool) => {
            let cache = ReadCache::new(spool);
            Source::spool(&cache).map(read).unwrap_or_default()
        }
    }
}

fn has_managed_code<H: ImageNtHeaders>(source: Source<'_>) -> Option<bool> {
    let (_, directories) = headers::<H>(source)?;
    let header = directories.get(IMAGE_DIRECTORY_ENTRY_COM_DESCRIPTOR)?;
    Some(header.virtual_address.get(LittleEndian) != 0)
}

/// The sections of the file, and where its tables lie.
fn headers<'a, H: ImageNtHeaders>(source: Source<'a>) -> Option<(SectionTable<'a>, DataDirectories<'a>)> {
    let mut offset = pe::ImageDosHeader::parse(source).ok()?.nt_headers_offset().into();
    let (headers, directories) = H::parse(source, &mut offset).ok()?;
    Some((headers.sections(source, offset).ok()?, directories))
}

fn strings_of(source: Source<'_>) -> Vec<(String, String)> {
    let resource = match FileKind::parse(source) {
        Ok(FileKind::Pe32) => version_resource::<ImageNtHeaders32>(source),
        Ok(FileKind::Pe64) => version_resource::<ImageNtHeaders64>(source),
        _ => None,
    };
    let mut strings = Vec::new();
    if let Some(root) = resource.and_then(Node::parse).map(|(root, _)| root) {
        for table in
            root.children().filter(|node| node.key == "StringFileInfo").flat_map(|node| node.children())
        {
            let texts = table.children().map(|string| (string.key.trim().to_owned(), string.text()));
            let texts = texts.filter(|(key, text)| !key.is_empty() && !text.is_empty());
            strings.extend(texts.take(STRINGS_MAX.saturating_sub(strings.len())));
        }
    }
    strings
}

/// The bytes of the first version resource. Directories lie in three levels: type, name, language.
fn version_resource<H: ImageNtHeaders>(source: Source<'_>) -> Option<&[u8]> {
    let (sections, directories) = headers::<H>(source)?;
    let directory = directories.get(IMAGE_DIRECTORY_ENTRY_RESOURCE)?;
    let resources = Resources { source, sections, start: directory.virtual_address.get(LittleEndian) };
    let types = resources.entry(0, |id| id == RT_VERSION)?;
    let names = resources.entry(types, |_| true)?;
    let leaf = resources.entry(names, |_| true)?;
    let leaf = resources.at(resources.start.checked_add(leaf)?, 8)?;
    let (address, len) = (number(leaf, 0)?, u64::from(number(leaf, 4)?));
    resources.at(address, len.min(VERSION_BYTES_MAX))
}

struct Resources<'a> {
    source: Source<'a>,
    sections: SectionTable<'a>,
    /// The address of the root directory, from which offsets count.
    start: u32,
}

impl<'a> Resources<'a> {
    /// `len` bytes at `address`, relative to where the program is loaded.
    fn at(&self, address: u32, len: u64) -> Option<&'a [u8]> {
        let (offset, available) = self.sections.pe_file_range_at(address)?;
        (len <= u64::from(available)).then(|| self.source.read_bytes_at(offset.into(), len).ok()).flatten()
    }

    /// Where the first entry that is `wanted` of the directory at `offset` leads to.
    fn entry(&self, offset: u32, wanted: impl Fn(u32) -> bool) -> Option<u32> {
        const HEADER_BYTES: u32 = 16;
        const IS_DIRECTORY: u32 = 1 << 31;
        let address = self.start.checked_add(offset)?;
        let counts = number(self.at(address, HEADER_BYTES.into())?, 12)?;
        let n_entries = u64::from((counts & 0xffff) + (counts >> 16)).min(ENTRIES_MAX);
        let entries = self.at(address.checked_add(HEADER_BYTES)?, n_entries * 8)?;
        let found = entries.chunks_exact(8).find(|entry| number(entry, 0).is_some_and(&wanted))?;
        Some(number(found, 4)? & !IS_DIRECTORY)
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// One block of a version resource; blocks nest four levels deep.
struct Node<'a> {
    key: String,
    value: &'a [u8],
    below: &'a [u8],
}

impl<'a> Node<'a> {
    /// The block that `bytes` start with, and what follows it. Value and blocks are aligned to four bytes; blocks start
    /// aligned, so that counting from the start of this one gives the same.
    fn parse(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let half = |at: usize| Some(usize::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
        let (len, value_len, is_text) = (half(0)?, half(2)?, half(4)? == 1);
        if len < 6 {
            return None;
        }
        let rest = bytes.get(len.next_multiple_of(4)..).unwrap_or_default();
        let block = bytes.get(..len).unwrap_or(bytes);
        let key = units(block.get(6..)?.get(..2 * KEY_UNITS_MAX).unwrap_or(&block[6..]));
        let value_at = (6 + 2 * (key.len() + 1)).next_multiple_of(4);
        // The length of a text counts units of two bytes; some tools write the number of bytes.
        let value_len = if is_text { 2 * value_len } else { value_len };
        let value_end = (value_at + value_len).min(block.len());
        let value = block.get(value_at..value_end).unwrap_or_default();
        let below = block.get(value_end.next_multiple_of(4)..).unwrap_or_default();
        Some((Self { key: String::from_utf16_lossy(&key), value, below }, rest))
    }

    fn children(&self) -> impl Iterator<Item = Node<'a>> + use<'a> {
        let mut rest = self.below;
        std::iter::from_fn(move || {
            let (node, after) = Node::parse(rest)?;
            rest = after;
            Some(node)
        })
    }

    fn text(&self) -> String {
        String::from_utf16_lossy(&units(self.value)).trim().to_owned()
    }
}

/// The UTF-16 units up to the first zero.
fn units(bytes: &[u8]) -> Vec<u16> {
    let (pairs, _) = bytes.as_chunks::<2>();
    pairs.iter().map(|pair| u16::from_le_bytes(*pair)).take_while(|unit| *unit != 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_read_in_their_order() {
        let strings = [("ProductName", "Acme Demo"), ("FileVersion", "1.2.3.4"), ("Comments", "")];
        let program = testkit::pe::library(&strings);
        let expected = strings[..2].iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        assert_eq!(version_info(Content::Bytes(&program)), expected.collect::<Vec<_>>());
    }

    #[test]
    fn damage_gives_less_but_does_no_harm() {
        let program = testkit::pe::library(&[("ProductName", "Acme Demo"), ("FileVersion", "1.2.3.4")]);
        for damaged in testkit::mutate::prefixes(&program) {
            version_info(Content::Bytes(damaged));
        }
        for damaged in testkit::mutate::mutations(&program, 2000) {
            version_info(Content::Bytes(&damaged));
        }
        assert_eq!(version_info(Content::Bytes(b"\x7fELF")), []);
    }
}
