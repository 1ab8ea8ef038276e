//! Judging on all cores: cases and the rows under their keys → findings.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use matcher::{Case, Finder, gather};
use model::advisory::AdvisorySet;
use model::finding::Finding;

/// What a thread takes at a time.
const BLOCK: usize = 512;

/// For less a thread takes longer to start than it saves.
const PER_THREAD_MIN: usize = 4 * BLOCK;

/// What [`matcher::find`] finds.
pub fn find(cases: &[Case], advisories: &AdvisorySet) -> Vec<Finding> {
    let n_threads = thread::available_parallelism().map_or(1, NonZero::get).min(cases.len() / PER_THREAD_MIN);
    let next = AtomicUsize::new(0);
    // Whoever is free takes the next block: some packages have thousands of rows.
    let find = || {
        let mut finder = Finder::new(advisories);
        while let Some(block) = cases.chunks(BLOCK).nth(next.fetch_add(1, Ordering::Relaxed)) {
            finder.add(block);
        }
        finder.finish()
    };
    let parts = thread::scope(|scope| {
        let others: Vec<_> = (1..n_threads).map(|_| scope.spawn(find)).collect();
        let mut parts = vec![find()];
        parts.extend(others.into_iter().map(|other| other.join().expect("judging does not panic")));
        parts
    });
    gather(parts)
}

#[cfg(test)]
mod tests {
    use model::advisory::{Affected, RecordKind, RecordState, Row, Status};
    use model::ecosystem::Ecosystem;
    use model::facts::{CoverageClass, FeedFacts, NamespaceFacts};
    use model::inventory::Inventory;
    use model::key::Namespace;
    use model::package::Package;

    use super::*;

    #[test]
    fn so_many_packages_that_several_threads_have_some_are_found_in_as_alone() {
        let package = |index: usize| {
            let name = format!("demo-{index}");
            Package::new(Ecosystem::Npm, &name, "1.0.0", format!("pkg:npm/{name}@1.0.0"))
        };
        let packages = (0..3 * PER_THREAD_MIN + 7).map(package).collect();
        let inventory = Inventory { packages, ..Inventory::default() };
        let npm = NamespaceFacts {
            coverage: CoverageClass::Complete,
            providers: vec!["osv".to_owned()],
            end_of_life: None,
        };
        let facts = FeedFacts { namespaces: [(Namespace::new("npm"), npm)].into(), ..FeedFacts::default() };
        let cases = matcher::cases(&inventory, &facts);
        let row = |(index, key): (usize, _)| Row {
            provider: "osv".into(),
            // Three packages share each.
            record: format!("GHSA-{}", index * 7_919 % 10_007 / 3).into(),
            aliases: Default::default(),
            kind: RecordKind::Vulnerability,
            state: RecordState::Published,
            affected: Affected::new(key, Status::Affected),
        };
        let keys = matcher::consulted_keys(&cases).into_iter().enumerate();
        let rows = keys.map(|(index, key)| (key.clone(), vec![row((index, key))])).collect();
        let advisories = AdvisorySet { rows };
        let findings = find(&cases, &advisories);
        assert_eq!(findings.len(), cases.len());
        assert!(findings == matcher::find(&cases, &advisories));
    }
}
