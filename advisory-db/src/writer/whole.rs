//! Whether the files that the manifest names are there. It costs a look at each; damage that leaves a file its size is found
//! when it is read.

use std::collections::{BTreeMap, BTreeSet};

use model::key::Namespace;

use super::Writer;
use crate::error::DbError;
use crate::feeds_dir::FeedsDir;
use crate::manifest::{Manifest, Part};
use crate::shard::{Kind, ShardRef};

impl FeedsDir {
    /// The feeds of the current snapshot of which a shard is gone, or of another size: providers and feeds.
    ///
    /// # Errors
    /// The manifest cannot be read.
    pub fn lacking(&self) -> Result<BTreeSet<(String, String)>, DbError> {
        let Some(manifest) = Manifest::read(&self.manifest_path())? else { return Ok(BTreeSet::new()) };
        let mut lacking = BTreeSet::new();
        for (provider, part) in manifest.content.namespaces.into_values().flatten() {
            if !part.shards.iter().all(|(kind, shard)| self.has(kind, shard)) {
                lacking.insert((provider, part.feed));
            }
        }
        Ok(lacking)
    }

    fn has(&self, kind: Kind, shard: &ShardRef) -> bool {
        let path = shard.path(&self.shards_path(), kind);
        path.metadata().is_ok_and(|metadata| metadata.len() == shard.bytes)
    }
}

impl Writer<'_> {
    /// Whether the rows that are held of a provider in a namespace are there, as large as they should be; `false` where
    /// nothing is held.
    pub fn has_rows(&self, namespace: &Namespace, provider: &str) -> bool {
        self.part(namespace.as_str(), provider).is_some_and(|part| self.has(part, Kind::Rows))
    }

    /// Whether the EPSS and KEV of all that is held are there, as large as they should be.
    pub fn has_daily(&self) -> bool {
        self.content.namespaces.values().flat_map(BTreeMap::values).all(|part| self.has(part, Kind::Daily))
    }

    /// The namespaces of a feed whose rows or texts are gone, or of another size.
    pub fn lost(&self, provider: &str, feed: &str) -> Vec<Namespace> {
        let is_lost = |part: &&Part| !self.has(part, Kind::Rows) || !self.has(part, Kind::Text);
        let lost = self.content.namespaces.iter().filter(|(_, parts)| {
            parts.get(provider).filter(|part| part.feed == feed).filter(is_lost).is_some()
        });
        lost.map(|(name, _)| Namespace::new(name.as_str())).collect()
    }

    /// Goes on without what is gone of a provider in a namespace and nobody gives any more: without its texts, or without
    /// all of it where its rows are gone. `true` when it is all.
    pub fn give_up(&mut self, namespace: &Namespace, provider: &str) -> bool {
        if !self.has_rows(namespace, provider) {
            return self.remove(namespace.as_str(), provider);
        }
        let parts = self.content.namespaces.get_mut(namespace.as_str());
        if let Some(part) = parts.and_then(|parts| parts.get_mut(provider)) {
            part.shards.text = None;
        }
        false
    }

    fn has(&self, part: &Part, kind: Kind) -> bool {
        part.shards.iter().all(|(of_kind, shard)| of_kind != kind || self.feeds.has(kind, shard))
    }
}
