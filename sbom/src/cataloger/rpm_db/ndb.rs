//! Records of NDB, the database of SUSE's rpm (`Packages.db`).
//!
//! Pages of slots at the start say at which block each record lies. All numbers are little-endian.

use super::super::File;
use super::super::rpm_header::HEADER_BYTES_MAX;
use super::Push;

const MAGIC: [u8; 4] = *b"RpmP";
const SLOT_MAGIC: [u8; 4] = *b"Slot";
const BLOB_MAGIC: [u8; 4] = *b"BlbS";

const PAGE_BYTES: u64 = 4096;
const HEADER_BYTES: usize = 32;
const SLOT_BYTES: usize = 16;
const BLOCK_BYTES: u64 = 16;
const BLOB_HEADER_BYTES: usize = 16;
/// The only version there has been.
const VERSION: u32 = 0;

/// Whether `head`, a file's first 16 bytes, is of NDB.
pub(super) fn is_ndb(head: &[u8; 16]) -> bool {
    head.starts_with(&MAGIC)
}

/// Hands each record, or why it cannot be read, to `push`.
///
/// # Errors
/// The file as a whole cannot be read, or ends before its last slot.
pub(super) fn for_each_record(file: &File<'_>, push: Push<'_>) -> Result<(), String> {
    let mut page = vec![0; PAGE_BYTES as usize];
    let cut_off = |_| "it ends before its last slot".to_owned();
    file.read_at(0, &mut page).map_err(cut_off)?;
    let (version, n_pages) = (u32_at(&page, 4), u32_at(&page, 12));
    if version != VERSION {
        return Err(format!("version {version} of NDB is unknown"));
    }
    // Bytes of records read so far. Records do not overlap, so together they are no longer than the file.
    let mut n_bytes = 0;
    for number in 0..u64::from(n_pages) {
        if number > 0 {
            file.read_at(number * PAGE_BYTES, &mut page).map_err(cut_off)?;
        }
        // The header takes the place of the first page's first slots.
        let slots = page.get(if number == 0 { HEADER_BYTES } else { 0 }..).unwrap_or_default();
        for slot in slots.chunks_exact(SLOT_BYTES) {
            if !slot.starts_with(&SLOT_MAGIC) {
                return Err(format!("page {number} of its slots is damaged"));
            }
            let (index, block) = (u32_at(slot, 4), u32_at(slot, 8));
            if index == 0 {
                continue;
            }
            let record = record(file, index, block);
            n_bytes += record.as_ref().map_or(0, |record| record.len() as u64);
            if n_bytes > file.size {
                return Err("its records overlap".to_owned());
            }
            push(record.as_deref().map_err(Clone::clone));
        }
    }
    Ok(())
}

fn record(file: &File<'_>, index: u32, block: u32) -> Result<Vec<u8>, String> {
    let offset = u64::from(block) * BLOCK_BYTES;
    let mut head = [0; BLOB_HEADER_BYTES];
    let outside = |_| format!("record {index} lies outside the file");
    file.read_at(offset, &mut head).map_err(outside)?;
    if !head.starts_with(&BLOB_MAGIC) || u32_at(&head, 4) != index {
        return Err(format!("record {index} does not lie where its slot says"));
    }
    let n_bytes = u64::from(u32_at(&head, 12));
    let start = offset + BLOB_HEADER_BYTES as u64;
    if n_bytes > HEADER_BYTES_MAX {
        return Err(format!("a header of {n_bytes} bytes is larger than {HEADER_BYTES_MAX}"));
    }
    if start.saturating_add(n_bytes) > file.size {
        return Err(format!("record {index} lies outside the file"));
    }
    let mut record = vec![0; n_bytes as usize];
    file.read_at(start, &mut record).map_err(outside)?;
    Ok(record)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let value = bytes.get(at..).and_then(|rest| rest.split_first_chunk::<4>());
    value.map_or(0, |(value, _)| u32::from_le_bytes(*value))
}
