//! Bounds for everything that grows with foreign input.

/// What readers of image, SBOM and feed bytes may use. Passing one is a gap or an error that names it.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Entries in one layer or archive.
    pub entries_max: u64,
    /// Bytes of one path.
    pub path_bytes_max: usize,
    /// Bytes of all paths and link targets of one image, or of the member names of one archive.
    pub tree_bytes_max: u64,
    /// Bytes of one layer once inflated.
    pub layer_bytes_max: u64,
    /// How many times larger than its compressed form a stream may become, beyond the first 64 MiB.
    pub inflate_ratio_max: u64,
    /// Bytes of one file that a cataloger reads as a whole.
    pub file_bytes_max: u64,
    /// Bytes of a file kept in memory; a larger one is spooled to an unlinked temporary file.
    pub spool_bytes_min: u64,
    /// Bytes of a manifest, index or configuration.
    pub manifest_bytes_max: u64,
    /// Bytes of an SBOM document.
    pub document_bytes_max: u64,
    /// Bytes of one feed document, as downloaded and once unpacked.
    pub feed_bytes_max: u64,
    /// Bytes of one record of a feed.
    pub record_bytes_max: u64,
    /// Packages in one inventory.
    pub packages_max: usize,
    /// Links followed for one path.
    pub links_max: usize,
    /// Labels, environment names, history entries, accounts or listed paths of one image, of each so many.
    pub image_facts_max: usize,
    /// Bytes of one text of an image's configuration or of its accounts; the rest of a longer one is cut off.
    pub image_text_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries_max: 5_000_000,
            path_bytes_max: 16 << 10,
            tree_bytes_max: 1 << 30,
            layer_bytes_max: 64 << 30,
            inflate_ratio_max: 1_000,
            file_bytes_max: 512 << 20,
            spool_bytes_min: 16 << 20,
            manifest_bytes_max: 16 << 20,
            document_bytes_max: 512 << 20,
            feed_bytes_max: 8 << 30,
            record_bytes_max: 64 << 20,
            packages_max: 1_000_000,
            links_max: 40,
            image_facts_max: 10_000,
            image_text_bytes_max: 4 << 10,
        }
    }
}
