//! Bounds for everything that grows with foreign input.

/// What readers of image, SBOM and feed bytes may use. Passing one is a gap or an error that names it.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Entries in one layer or archive.
    pub entries_max: u64,
    /// Bytes of one path.
    pub path_bytes_max: usize,
    /// Bytes of what is kept of one image while it is read, beside the content of files: the listings of its layers,
    /// the tree they amount to, and the facts read from its files.
    pub tree_bytes_max: u64,
    /// Bytes of the index of an archive that layers and manifests are opened in by name.
    pub archive_index_bytes_max: u64,
    /// Components of paths followed while the layers of one image are put together, those that links add included.
    pub lookups_max: u64,
    /// Bytes of one layer once inflated.
    pub layer_bytes_max: u64,
    /// How many times larger than its compressed form a stream may become, beyond the first 64 MiB.
    pub inflate_ratio_max: u64,
    /// Bytes of output that a decompressor of one layer may keep to refer back to; of an archive that is compressed as
    /// a whole, which is unpacked before anything else, four times as many.
    pub window_bytes_max: u64,
    /// Bytes of one file that a cataloger reads as a whole.
    pub file_bytes_max: u64,
    /// Bytes of a file kept in memory; a larger one is spooled to an unlinked temporary file.
    pub spool_bytes_min: u64,
    /// Archives inside one another that are opened, from the one in a file (level 0) on.
    pub archive_depth_max: usize,
    /// Entries in one archive that a cataloger looks into, such as a jar.
    pub archive_entries_max: u64,
    /// Bytes of one archive inside another, once unpacked.
    pub nested_archive_bytes_max: u64,
    /// Bytes unpacked or read through of the archives in one file, altogether.
    pub archive_bytes_max: u64,
    /// How many times larger than its compressed form an entry of such an archive may become, beyond the first 10 MiB.
    pub archive_ratio_max: u64,
    /// Bytes of a manifest, index or configuration.
    pub manifest_bytes_max: u64,
    /// Manifests that one archive or layout refers to.
    pub manifests_max: usize,
    /// Bytes of an SBOM document.
    pub document_bytes_max: u64,
    /// Bytes of one feed document, as downloaded and once unpacked.
    pub feed_bytes_max: u64,
    /// Bytes of one record of a feed.
    pub record_bytes_max: u64,
    /// Packages in one inventory.
    pub packages_max: usize,
    /// Bytes of the paths of the files that packages own, where these are listed.
    pub owned_files_bytes_max: u64,
    /// Files and directories of all states of an image together, where each of its layers makes one that counts.
    pub states_nodes_max: u64,
    /// Links followed for one path.
    pub links_max: usize,
    /// Labels, environment names, history entries, accounts or listed paths of one image, of each so many.
    pub image_facts_max: usize,
    /// Bytes of one text of an image's configuration or of its accounts; the rest of a longer one is cut off.
    pub image_text_bytes_max: usize,
    /// Bytes of one VEX document.
    pub vex_bytes_max: u64,
    /// Products that one VEX document names, each time that it does so counted.
    pub vex_products_max: usize,
    /// Entries of the lists that are read of one VEX document, whatever they hold.
    pub vex_values_max: usize,
    /// VEX documents in one directory.
    pub vex_documents_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries_max: 2_000_000,
            path_bytes_max: 16 << 10,
            // 1.5 million entries with paths of some 90 bytes take 130 MB, all else that a process has 30 to 60 MB.
            tree_bytes_max: 160 << 20,
            archive_index_bytes_max: 16 << 20,
            lookups_max: 20_000_000,
            layer_bytes_max: 64 << 30,
            inflate_ratio_max: 1_000,
            // `zstd -20` and the libraries that build images stay within it; `zstd -22` does not.
            window_bytes_max: 32 << 20,
            file_bytes_max: 512 << 20,
            spool_bytes_min: 16 << 20,
            // Jars in a jar in a web archive in an enterprise archive are three.
            archive_depth_max: 5,
            archive_entries_max: 200_000,
            nested_archive_bytes_max: 256 << 20,
            archive_bytes_max: 2 << 30,
            // Classes become a quarter to a half; deflate could make 1,032 of one.
            archive_ratio_max: 200,
            // What registries accept; parsed, it takes up to 25 times as much.
            manifest_bytes_max: 4 << 20,
            manifests_max: 10_000,
            document_bytes_max: 512 << 20,
            feed_bytes_max: 8 << 30,
            record_bytes_max: 64 << 20,
            packages_max: 1_000_000,
            // A desktop with 300,000 files takes some 30 MB.
            owned_files_bytes_max: 256 << 20,
            states_nodes_max: 200_000_000,
            links_max: 40,
            image_facts_max: 10_000,
            image_text_bytes_max: 4 << 10,
            vex_bytes_max: 64 << 20,
            // A product takes some 300 bytes.
            vex_products_max: 500_000,
            // Empty, each takes up to 170 bytes. Real documents have some 70 bytes of text an entry.
            vex_values_max: 1_000_000,
            vex_documents_max: 20_000,
        }
    }
}
