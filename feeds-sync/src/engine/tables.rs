//! The tables that every sync takes along: those that rank findings, and calendars of the ends of
//! support. And what comes beside the rows of a feed: what repositories stand for.

use std::path::PathBuf;

use advisory_db::Unranked;
use model::gap::{Gap, GapKind};

use super::{Run, check_loss, refusal};
use crate::advisories::{Advisories, DailyTables};
use crate::document::Document;
use crate::error::{ParseError, SyncError};
use crate::lifecycles::Lifecycles;
use crate::provider::{Feed, Parse, Provider, Scope, Source};
use crate::pull::{Applied, Pull, chain};
use crate::schema::repository_cpes;
use crate::selection::tables;

impl Run<'_, '_> {
    /// Reads the calendars, those that are held and were not selected among them. One that cannot be read leaves what is
    /// held of it in its place, and else what is built in.
    pub(super) fn read_lifecycles(&mut self, pulls: &mut [Pull]) {
        for pull in pulls.iter_mut() {
            let Parse::Lifecycles(parse) = pull.selected.provider.parse else { continue };
            if let Some(mut read) = self.take_table(pull, parse) {
                pull.remarks = std::mem::take(&mut read.remarks);
                self.lifecycles.join(read);
            }
        }
        for (provider, source) in self.unselected(pulls) {
            let Parse::Lifecycles(parse) = provider.parse else { continue };
            let Some(path) = self.held_path(&source.url) else { continue };
            let document = Document { url: &source.url, path: &path, limits: self.options.limits };
            let mut read = Lifecycles::default();
            // Failing costs no more than what is built in says too.
            if parse(&document, &mut read).is_ok() {
                self.lifecycles.join(read);
            }
        }
    }

    /// Takes what was read of repositories, unless many are lost at once: then what is held of them stands.
    pub(super) fn take_repositories(&mut self, read: &mut Advisories) -> Result<(), SyncError> {
        let repositories = std::mem::take(&mut read.repositories);
        if repositories.is_empty() {
            return Ok(());
        }
        let (before, now) = (self.writer.repositories()?.len() as u64, repositories.len() as u64);
        match check_loss(repository_cpes::FILE, before, now, self.options.loss_percent_max) {
            Ok(()) => self.repositories = repositories,
            Err(refused) => read.remarks.unreadable(repository_cpes::FILE, refused),
        }
        Ok(())
    }

    /// Whether what repositories stand for is no longer held, though the document that says it is: the shard was damaged.
    pub(super) fn has_lost_repositories(&self, pull: &Pull) -> Result<bool, SyncError> {
        let has_document =
            pull.records().any(|(source, _)| source.source.url.ends_with(repository_cpes::FILE));
        Ok(has_document && self.writer.repositories()?.is_empty())
    }

    /// Joins EPSS and KEV to the rows, when either is new, there are new rows, or a table could not be had or read the last
    /// time.
    pub(super) fn rank(&mut self, pulls: &mut [Pull]) -> Result<(), SyncError> {
        let is_ranking = |pull: &&mut Pull| pull.selected.feed.scope == Scope::Ranking && pull.is_complete();
        let is_due = |pull: &mut Pull| pull.has_new_bytes() || pull.has_recovered(self.kept);
        let is_due = pulls.iter_mut().filter(is_ranking).any(is_due);
        let has_lost_daily = !self.writer.has_daily();
        if !is_due && !self.has_new_rows && !has_lost_daily {
            let ranking = pulls.iter_mut().filter(is_ranking);
            ranking.for_each(|pull| pull.applied = pull.held(self.kept, &|_| None));
            return Ok(());
        }
        let mut tables = DailyTables::default();
        for pull in pulls.iter_mut().filter(is_ranking) {
            let Parse::Daily(parse) = pull.selected.provider.parse else { continue };
            if let Some(mut read) = self.take_table(pull, parse) {
                pull.remarks = std::mem::take(&mut read.remarks);
                tables.join(read);
            }
        }
        // New rows are to be ranked by what is held and was not selected all the same.
        for (provider, source) in self.unselected(pulls) {
            let Parse::Daily(parse) = provider.parse else { continue };
            let Some(path) = self.held_path(&source.url) else { continue };
            let document = Document { url: &source.url, path: &path, limits: self.options.limits };
            let mut read = DailyTables::default();
            match parse(&document, &mut read) {
                Ok(_) => tables.join(read),
                Err(error) => self.lose(provider.name, &source.url, &error),
            }
        }
        if tables.epss.is_some() || tables.kev.is_some() || has_lost_daily {
            let unranked = self.writer.set_daily(tables.epss.as_ref(), tables.kev.as_ref())?;
            unranked.into_iter().for_each(|unranked| self.tell_unranked(unranked));
        }
        Ok(())
    }

    /// Says what is damaged or gone of the snapshot. Rows are read again by the next sync of their feed, from what is kept.
    fn tell_unranked(&mut self, unranked: Unranked) {
        let Unranked { namespace, provider, feed, error, lacks_rows } = unranked;
        let error = chain(&error);
        let detail = match lacks_rows {
            true => format!("{error}; EPSS and KEV are as they were, and the next sync of it writes it anew"),
            false => format!("{error}; EPSS or KEV of this feed are unknown until both are synced"),
        };
        self.gaps.push(Gap::new(GapKind::STALE_FEED, namespace.as_str(), detail));
        if lacks_rows {
            let id = format!("{provider}:{feed}");
            self.unreadable.push((namespace, [id, feed]));
        }
    }

    /// What a table says: what came of it, and where that is refused what is held. None of what was refused is in it.
    fn take_table<T: Default>(
        &self,
        pull: &mut Pull,
        parse: fn(&Document<'_>, &mut T) -> Result<u64, ParseError>,
    ) -> Option<T> {
        for _ in 0..2 {
            if !pull.is_complete() {
                return None;
            }
            self.progress.reading(pull.selected.provider.name, &pull.selected.feed.name);
            let mut read = T::default();
            match self.read_table(pull, &mut |document| parse(document, &mut read)) {
                Ok(records) => {
                    pull.applied = Some(Applied { records, ..Applied::default() });
                    return Some(read);
                }
                Err(error) => pull.refuse(&error),
            }
        }
        None
    }

    /// Says that the table which is held of `url` cannot be read: it is asked for anew by the next sync of `provider`, and
    /// rows that are new have no rank until then.
    fn lose(&mut self, provider: &str, url: &str, error: &ParseError) {
        let what = refusal(url, error);
        self.gaps.push(Gap::new(
            GapKind::STALE_FEED,
            provider,
            format!("{what}; new rows are not ranked by it"),
        ));
        self.lost.insert(url.to_owned());
    }

    /// Reads the documents of a table, and says how many entries they have.
    fn read_table(
        &self,
        pull: &mut Pull,
        parse: &mut dyn FnMut(&Document<'_>) -> Result<u64, ParseError>,
    ) -> Result<u64, String> {
        let mut n_entries = 0;
        for source in &pull.sources {
            let Some(path) = source.document() else { continue };
            let document = Document { url: &source.source.url, path, limits: self.options.limits };
            n_entries += parse(&document).map_err(|error| refusal(&source.source.url, &error))?;
        }
        let before = pull.held(self.kept, &|_| None).map_or(0, |held| held.records);
        check_loss(&pull.selected.feed.name, before, n_entries, self.options.loss_percent_max)?;
        pull.is_read = true;
        Ok(n_entries)
    }

    /// The sources of tables that were not selected.
    fn unselected(&self, pulls: &[Pull]) -> Vec<(&'static Provider, Source)> {
        let is_selected = |feed: &Feed| pulls.iter().any(|pull| pull.selected.feed == *feed);
        let unselected = tables().filter(|(_, feed)| !is_selected(feed));
        unselected
            .flat_map(|(provider, feed)| feed.sources.into_iter().map(move |source| (provider, source)))
            .collect()
    }

    /// Where the bytes that are held of `url` lie.
    fn held_path(&self, url: &str) -> Option<PathBuf> {
        self.kept.bytes(url)?;
        self.kept.path(url)
    }
}
