//! Damaged copies of every fixture of every cataloger, read and assembled: nothing may panic, and nothing may take long.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use model::limits::Limits;
use sbom::cataloger::{
    CATALOGERS, Cataloger, Classifiers, Content, FactFile, FactTree, Facts, File, Origin, assemble,
};

/// A file of a case, and who reads it.
struct Fixture {
    cataloger: &'static Cataloger,
    path: String,
    executable: bool,
    bytes: Vec<u8>,
}

/// What reading the damaged copies of one cataloger's fixtures came to.
#[derive(Default)]
struct Outcome {
    n_fixtures: usize,
    n_copies: usize,
    slowest: Duration,
    panics: Vec<String>,
}

/// Reads `n` damaged copies of each fixture below `cases` and prints a line for each cataloger.
pub(crate) fn catalogers(cases: &Path, n: usize) -> Result<()> {
    std::panic::set_hook(Box::new(|_| {}));
    let fixtures = fixtures(cases)?;
    let outcomes: Vec<Mutex<Outcome>> = CATALOGERS.iter().map(|_| Mutex::default()).collect();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(fixture) = fixtures.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = tortured(fixture, n);
                    let position = CATALOGERS.iter().position(|other| other.name == fixture.cataloger.name);
                    if let Some(total) = position.and_then(|position| outcomes.get(position)) {
                        total.lock().unwrap_or_else(PoisonError::into_inner).add(outcome);
                    }
                }
            });
        }
    });
    let mut total = Outcome::default();
    for (cataloger, outcome) in CATALOGERS.iter().zip(outcomes) {
        let outcome = outcome.into_inner().unwrap_or_else(PoisonError::into_inner);
        println!(
            "{:24} {:4} fixtures {:9} copies, the slowest {:7.1} ms, {} panics",
            cataloger.name,
            outcome.n_fixtures,
            outcome.n_copies,
            outcome.slowest.as_secs_f64() * 1e3,
            outcome.panics.len()
        );
        total.add(outcome);
    }
    println!(
        "{} fixtures, {} copies, the slowest {:.1} ms, {} panics",
        total.n_fixtures,
        total.n_copies,
        total.slowest.as_secs_f64() * 1e3,
        total.panics.len()
    );
    match total.panics.first() {
        Some(first) => bail!("{} copies made a cataloger panic, the first of {first}", total.panics.len()),
        None => Ok(()),
    }
}

impl Outcome {
    fn add(&mut self, other: Self) {
        self.n_fixtures += other.n_fixtures;
        self.n_copies += other.n_copies;
        self.slowest = self.slowest.max(other.slowest);
        self.panics.extend(other.panics);
    }
}

fn fixtures(cases: &Path) -> Result<Vec<Fixture>> {
    let mut fixtures = Vec::new();
    for cataloger in CATALOGERS {
        let folder = cases.join(cataloger.name);
        let entries =
            std::fs::read_dir(&folder).with_context(|| format!("no cases in `{}`", folder.display()))?;
        let mut cases = Vec::new();
        for entry in entries {
            cases.push(entry?.path());
        }
        cases.sort();
        for (path, bytes) in cases.iter().flat_map(|case| testkit::case::image_of(case)) {
            let (path, executable) = match path.strip_suffix('*') {
                Some(path) => (path.to_owned(), true),
                None => (path, false),
            };
            if cataloger.wants.matches(&path, executable, bytes.len() as u64)
                && cataloger.wants.starts(&bytes)
            {
                fixtures.push(Fixture { cataloger, path, executable, bytes });
            }
        }
    }
    Ok(fixtures)
}

fn tortured(fixture: &Fixture, n: usize) -> Outcome {
    let mut outcome = Outcome { n_fixtures: 1, ..Outcome::default() };
    for damaged in testkit::mutate::mutations(&fixture.bytes, n) {
        let start = Instant::now();
        let survives = catch_unwind(AssertUnwindSafe(|| read(fixture, &damaged))).is_ok();
        outcome.slowest = outcome.slowest.max(start.elapsed());
        outcome.n_copies += 1;
        if !survives {
            outcome.panics.push(format!("{} ({})", fixture.path, fixture.cataloger.name));
        }
    }
    outcome
}

fn read(fixture: &Fixture, bytes: &[u8]) {
    let limits = Limits::default();
    let mut facts = Facts::new(&limits);
    let mut file = File {
        path: &fixture.path,
        size: bytes.len() as u64,
        executable: fixture.executable,
        content: Content::Bytes(bytes),
        limits: &limits,
        classifiers: Classifiers::none(),
    };
    (fixture.cataloger.read)(&mut file, &mut facts);
    let file = FactFile {
        path: fixture.path.clone(),
        layer: None,
        cataloger: fixture.cataloger.name,
        digest: None,
        since: None,
        facts: facts.into_vec().into(),
        brought: Default::default(),
    };
    assemble(&FactTree::new(&[file], Origin::Directory, &|path| Some(path.to_owned())), &limits);
}
