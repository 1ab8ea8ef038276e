//! Records of a Berkeley DB hash file, rpm's database until 2019 (`Packages`).
//!
//! Numbers are in the byte order of the machine that wrote the file; the magic tells which. The pages are taken in the
//! order in which they lie rather than by bucket, since all records are wanted. A value that does not fit on a page lies on
//! a chain of overflow pages.

use super::super::File;
use super::super::rpm_header::HEADER_BYTES_MAX;
use super::Push;

const MAGIC_AT: usize = 12;
const HASH_MAGIC: u32 = 0x0006_1561;

/// Bytes of the header of a page; a checksum or encryption makes it longer, and rpm uses neither.
const PAGE_HEADER_BYTES: usize = 26;
/// Bytes of the metadata that are looked at.
const META_BYTES: usize = 72;

/// Kinds of pages (`db_page.h`).
const PAGE_HASH_UNSORTED: u8 = 2;
const PAGE_OVERFLOW: u8 = 7;
const PAGE_HASH_META: u8 = 8;
const PAGE_HASH: u8 = 13;

/// Kinds of items on a hash page.
const ITEM_INLINE: u8 = 1;
const ITEM_OFF_PAGE: u8 = 3;

/// Whether `head`, a file's first 16 bytes, is of a hash file in either byte order.
pub(super) fn is_bdb(head: &[u8; 16]) -> bool {
    order(head).is_some()
}

/// How the file writes numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

fn order(head: &[u8]) -> Option<Order> {
    [Order::Little, Order::Big].into_iter().find(|order| order.u32(head, MAGIC_AT) == Some(HASH_MAGIC))
}

impl Order {
    fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let (value, _) = bytes.get(at..)?.split_first_chunk::<2>()?;
        Some(match self {
            Self::Little => u16::from_le_bytes(*value),
            Self::Big => u16::from_be_bytes(*value),
        })
    }

    fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let (value, _) = bytes.get(at..)?.split_first_chunk::<4>()?;
        Some(match self {
            Self::Little => u32::from_le_bytes(*value),
            Self::Big => u32::from_be_bytes(*value),
        })
    }
}

/// A hash file: what its first page says.
struct Database<'a> {
    file: &'a File<'a>,
    order: Order,
    page_bytes: usize,
    /// The number of its last page, as it says.
    last: u32,
    /// The pages that are there.
    n_pages: u32,
    /// The overflow pages that some record has used. Each belongs to one record, so that a hostile file cannot make its
    /// records longer than itself.
    used: Vec<bool>,
}

/// Hands each record, or why it cannot be read, to `push`.
///
/// # Errors
/// The file as a whole cannot be read, or ends before its last page.
pub(super) fn for_each_record(file: &File<'_>, push: Push<'_>) -> Result<(), String> {
    let mut database = Database::open(file)?;
    let mut page = vec![0; database.page_bytes];
    for number in 1..database.n_pages {
        database.read_page(number, &mut page)?;
        if matches!(kind(&page), PAGE_HASH | PAGE_HASH_UNSORTED) {
            database.records_on(number, &page, push);
        }
    }
    let Database { last, n_pages, .. } = database;
    if last >= n_pages {
        return Err(format!("its last page is number {last}, and it ends after {n_pages} pages"));
    }
    Ok(())
}

fn kind(page: &[u8]) -> u8 {
    page.get(25).copied().unwrap_or_default()
}

impl<'a> Database<'a> {
    fn open(file: &'a File<'a>) -> Result<Self, String> {
        let mut meta = [0; META_BYTES];
        file.read_at(0, &mut meta).map_err(|_| "its first page is cut off".to_owned())?;
        let order = order(&meta).ok_or("it is no hash file")?;
        let page_bytes = order.u32(&meta, 20).unwrap_or_default() as usize;
        if !(512..=65_536).contains(&page_bytes) || !page_bytes.is_power_of_two() {
            return Err(format!("a page cannot have {page_bytes} bytes"));
        }
        if kind(&meta) != PAGE_HASH_META {
            return Err("its first page is not that of a hash file".to_owned());
        }
        // Encryption, and the flag of checksums, which move everything on a page.
        if meta.get(24..27).is_some_and(|bytes| bytes.first() != Some(&0) || bytes.last() != Some(&0)) {
            return Err("its pages are encrypted or have checksums".to_owned());
        }
        let last = order.u32(&meta, 32).unwrap_or_default();
        let n_whole = u32::try_from(file.size / page_bytes as u64).unwrap_or(u32::MAX);
        let n_pages = last.saturating_add(1).min(n_whole);
        Ok(Self { file, order, page_bytes, last, n_pages, used: vec![false; n_pages as usize] })
    }

    fn read_page(&self, number: u32, page: &mut [u8]) -> Result<(), String> {
        let offset = u64::from(number) * self.page_bytes as u64;
        self.file.read_at(offset, page).map_err(|error| format!("page {number} cannot be read: {error}"))
    }

    /// Keys and values lie on a page in turn, from its end to its start; a table at its start says where.
    fn records_on(&mut self, number: u32, page: &[u8], push: Push<'_>) {
        let order = self.order;
        let n_items = usize::from(order.u16(page, 20).unwrap_or_default());
        let start = |item: usize| order.u16(page, PAGE_HEADER_BYTES + 2 * item).map(usize::from);
        let table_end = PAGE_HEADER_BYTES + 2 * n_items;
        let item = |index: usize| {
            let end = if index == 0 { Some(page.len()) } else { start(index - 1) };
            page.get(start(index)?..end?).filter(|_| start(index).is_some_and(|start| start >= table_end))
        };
        // Items that overlap could make a page stand for a thousand of its size.
        let falls = |index: usize| index == 0 || start(index) <= start(index - 1);
        let n_items = (0..n_items).take_while(|index| falls(*index)).count();
        for key in (0..n_items).step_by(2) {
            let value = item(key + 1).filter(|value| !value.is_empty() && key + 1 < n_items);
            let (Some(key), Some(value)) = (item(key), value) else {
                push(Err(format!("item {key} of page {number} lies outside the page")));
                continue;
            };
            // Record 0 is the number of the record added last.
            if key.get(1..) == Some(&[0; 4]) {
                continue;
            }
            match value.split_first() {
                Some((&ITEM_INLINE, header)) => push(Ok(header)),
                Some((&ITEM_OFF_PAGE, _)) => {
                    let header = self.overflow(value);
                    push(header.as_deref().map_err(Clone::clone));
                }
                _ => push(Err(format!("a value on page {number} is of an unknown kind"))),
            }
        }
    }

    /// The value that `item` says lies on a chain of overflow pages.
    fn overflow(&mut self, item: &[u8]) -> Result<Vec<u8>, String> {
        let cut_off = || "the place of a value is cut off".to_owned();
        let mut next = self.order.u32(item, 4).ok_or_else(cut_off)?;
        let n_bytes = self.order.u32(item, 8).ok_or_else(cut_off)?;
        if u64::from(n_bytes) > HEADER_BYTES_MAX {
            return Err(format!("a header of {n_bytes} bytes is larger than {HEADER_BYTES_MAX}"));
        }
        let n_bytes = n_bytes as usize;
        let mut value = Vec::new();
        let mut page = vec![0; self.page_bytes];
        while value.len() < n_bytes {
            let Some(used) = self.used.get_mut(next as usize).filter(|_| next != 0) else {
                return Err(format!("a value of {n_bytes} bytes ends after {}", value.len()));
            };
            if std::mem::replace(used, true) {
                return Err(format!("page {next} belongs to more than one value"));
            }
            self.read_page(next, &mut page)?;
            if kind(&page) != PAGE_OVERFLOW {
                return Err(format!("page {next} is no overflow page"));
            }
            let n_here = usize::from(self.order.u16(&page, 22).unwrap_or_default());
            let here = page.get(PAGE_HEADER_BYTES..PAGE_HEADER_BYTES + n_here);
            let here = here.ok_or_else(|| format!("page {next} says that it holds more than a page"))?;
            value.extend_from_slice(here);
            next = self.order.u32(&page, 16).unwrap_or_default();
        }
        value.truncate(n_bytes);
        Ok(value)
    }
}
