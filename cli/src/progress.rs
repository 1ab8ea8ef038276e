//! How a sync is told to people: a bar for each provider, however many files it has.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use feeds_sync::engine::Progress;
use feeds_sync::plan::Plan;
use feeds_sync::report::SourceOutcome;
use flows::feeds::SyncObserver;
use indicatif::ProgressBar;

use crate::ui::{Ui, bytes};

/// Tells a sync to whoever watches standard error.
pub(crate) struct Watch<'a> {
    ui: &'a Ui,
    bars: Mutex<BTreeMap<String, ProviderBar>>,
}

struct ProviderBar {
    bar: ProgressBar,
    tally: Tally,
}

/// How far the downloads of one provider are. Some have tens of thousands, so sums are kept and not made.
#[derive(Debug, Default)]
struct Tally {
    asked: usize,
    finished: usize,
    /// Where each download that goes on stands.
    sources: BTreeMap<String, Standing>,
    /// The sum of all, finished ones included.
    total: Standing,
}

#[derive(Clone, Copy, Debug, Default)]
struct Standing {
    /// The bytes that came.
    position: u64,
    /// The bytes that there are, as far as they are known: what came is there.
    size: u64,
}

impl Tally {
    /// The download of `url` is at byte `offset`, whatever it was before.
    fn start(&mut self, url: &str, offset: u64, size: Option<u64>) {
        self.set(url, Standing { position: offset, size: size.unwrap_or(0).max(offset) });
    }

    fn advance(&mut self, url: &str, count: u64) {
        if let Some(Standing { position, size }) = self.sources.get(url).copied() {
            let position = position.saturating_add(count);
            self.set(url, Standing { position, size: size.max(position) });
        }
    }

    fn set(&mut self, url: &str, now: Standing) {
        let before = self.sources.insert(url.to_owned(), now).unwrap_or_default();
        self.total.position = self.total.position.saturating_sub(before.position) + now.position;
        self.total.size = self.total.size.saturating_sub(before.size) + now.size;
    }

    fn finish(&mut self, url: &str) {
        self.sources.remove(url);
        self.finished += 1;
    }

    fn is_done(&self) -> bool {
        self.finished >= self.asked
    }

    fn text(&self) -> String {
        match self.asked {
            0 | 1 => String::new(),
            asked => format!("{} of {asked} files", self.finished),
        }
    }
}

impl<'a> Watch<'a> {
    /// Nothing is told yet.
    pub(crate) fn new(ui: &'a Ui) -> Self {
        Self { ui, bars: Mutex::default() }
    }

    fn bars(&self) -> MutexGuard<'_, BTreeMap<String, ProviderBar>> {
        // A panic elsewhere cannot leave a map of bars in a state that matters.
        self.bars.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the bar of `provider`, and shows what came of it.
    fn with(&self, provider: &str, change: impl FnOnce(&mut Tally)) {
        let mut bars = self.bars();
        let Some(shown) = bars.get_mut(provider) else { return };
        change(&mut shown.tally);
        shown.bar.set_length(shown.tally.total.size);
        shown.bar.set_position(shown.tally.total.position);
        shown.bar.set_message(shown.tally.text());
    }
}

/// An error must not be said between bars that nothing moves any more.
impl Drop for Watch<'_> {
    fn drop(&mut self) {
        for shown in self.bars().values() {
            shown.bar.finish_and_clear();
        }
    }
}

impl Progress for Watch<'_> {
    fn asking(&self, provider: &str, count: usize) {
        let add = || ProviderBar { bar: self.ui.provider_bar(provider), tally: Tally::default() };
        self.bars().entry(provider.to_owned()).or_insert_with(add);
        self.with(provider, |tally| tally.asked += count);
    }

    fn source_started(&self, provider: &str, url: &str, offset: u64, size: Option<u64>) {
        self.with(provider, |tally| tally.start(url, offset, size));
    }

    fn source_advanced(&self, provider: &str, url: &str, count: u64) {
        self.with(provider, |tally| tally.advance(url, count));
    }

    fn source_finished(&self, provider: &str, url: &str, _outcome: &SourceOutcome) {
        self.with(provider, |tally| tally.finish(url));
    }

    /// Feeds are read one after the other: the bars of those providers go whose downloads are done and that are not
    /// being read.
    fn reading(&self, provider: &str, feed: &str) {
        self.ui.say_more(&format!("feeds: reading {provider}:{feed}"));
        self.bars().retain(|name, shown| {
            let stays = name == provider || !shown.tally.is_done();
            if !stays {
                shown.bar.finish_and_clear();
            }
            stays
        });
        if let Some(shown) = self.bars().get(provider) {
            shown.bar.set_message(format!("reading {feed}"));
        }
    }
}

impl SyncObserver for Watch<'_> {
    fn planned(&self, plan: &Plan) {
        if plan.sources.is_empty() {
            return;
        }
        let providers: BTreeSet<&str> = plan.sources.iter().map(|source| source.provider).collect();
        let providers: Vec<&str> = providers.into_iter().collect();
        let unknown = plan.sources.iter().filter(|source| source.bytes.is_none()).count();
        let mut sizes = format!("{} to download", bytes(plan.new_bytes()));
        if plan.bytes_max() > plan.new_bytes() {
            sizes = format!("{sizes}, at most {} if all has changed", bytes(plan.bytes_max()));
        }
        if unknown > 0 {
            sizes = format!("{sizes}, and {unknown} of unknown size");
        }
        let count = plan.sources.len();
        let noun = if count == 1 { "source" } else { "sources" };
        self.ui.say(&format!("feeds: asking {count} {noun} of {}: {sizes}", providers.join(", ")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_as_far_as_all_of_its_downloads() {
        let mut tally = Tally { asked: 3, ..Tally::default() };
        tally.start("a", 0, Some(100));
        tally.advance("a", 40);
        tally.start("b", 0, None);
        tally.advance("b", 7);
        assert_eq!((tally.total.position, tally.total.size), (47, 107));
        // A download that broke off goes on from where the host lets it.
        tally.start("a", 10, Some(100));
        tally.advance("a", 90);
        tally.finish("a");
        assert_eq!((tally.total.position, tally.total.size), (107, 107));
        assert_eq!(tally.text(), "1 of 3 files");
        assert!(!tally.is_done());
        tally.finish("b");
        tally.finish("never started");
        assert!(tally.is_done());
        assert_eq!(Tally { asked: 1, ..Tally::default() }.text(), "");
    }
}
