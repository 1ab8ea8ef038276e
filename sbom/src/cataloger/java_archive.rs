//! Java archives: jars, web archives and their kin, and the archives inside them.
//!
//! An archive is one package, known by what Maven left in it, by its manifest or by its name (feeds.md D3). What Maven
//! left of other packages was copied into it ("shaded"); archives in it are carried by it. No archive is kept as a whole:
//! one that is not compressed is read where it lies, another from a buffer of bounded size or a temporary file.

mod identity;
mod known;
mod manifest;
mod metadata;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use model::gap::{Gap, GapKind};
use model::package::{Mark, Package, PackageKind};
use sha1::{Digest as _, Sha1};

use self::identity::FileName;
use self::metadata::Metadata;
use super::facts::PackageFact;
use super::zip::{Budget, Entry, Part, Trouble, Zip};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "java-archive",
    version: 3,
    finds: Finds::Installed,
    wants: Wants::Paths(&[
        "**/*.jar",
        "**/*.war",
        "**/*.ear",
        "**/*.par",
        "**/*.sar",
        "**/*.nar",
        "**/*.rar",
        "**/*.jpi",
        "**/*.hpi",
        "**/*.kar",
        "**/*.lpkg",
        "**/*.JAR",
        "**/*.WAR",
        "**/*.EAR",
        "**/*.RAR",
    ]),
    read,
    assemble,
};

/// The endings of [`CATALOGER`]'s patterns, and whether other things than archives are called so too.
const EXTENSIONS: &[(&str, bool)] = &[
    ("jar", false),
    ("war", false),
    ("ear", false),
    ("par", true),
    ("sar", true),
    ("nar", true),
    ("rar", true),
    ("jpi", false),
    ("hpi", false),
    ("kar", true),
    ("lpkg", false),
];

/// The name of the fact that says in which archive inside the file the packages behind it lie.
const INNER: &str = "inner";

/// The name of the fact that says which archive inside the file says nowhere what it is; empty for the file itself.
const UNKNOWN: &str = "unknown";

/// An archive: the one in the file or one inside it.
struct Archive<'a> {
    part: Part<'a>,
    /// `app/demo.war!/WEB-INF/lib/a.jar`.
    place: String,
    /// Archives around it.
    depth: usize,
    /// The package of the archive around it.
    parent: Option<u32>,
}

/// Bytes of facts that one file may leave; a thousand nested jars leave one million.
const FACT_BYTES_MAX: usize = 16 << 20;
/// Gaps of one file that are told one by one; as many again where a limit was passed.
const GAPS_MAX: usize = 100;

/// What is read of one file.
struct Reading<'f, 'l> {
    facts: &'f mut Facts,
    budget: Budget<'l>,
    /// Where in each place the file's own path ends.
    path_bytes: usize,
    n_packages: u32,
    fact_bytes_left: usize,
    n_gaps: usize,
    n_limit_gaps: usize,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    if file.size == 0 {
        return;
    }
    let part = match Part::whole(file.content) {
        Ok(part) => part,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    let budget = Budget::new(file.limits);
    let mut reading = Reading {
        facts,
        budget,
        path_bytes: file.path.len(),
        n_packages: 0,
        fact_bytes_left: FACT_BYTES_MAX,
        n_gaps: 0,
        n_limit_gaps: 0,
    };
    reading.archive(&Archive { part, place: file.path.to_owned(), depth: 0, parent: None });
    let untold = reading.n_gaps.saturating_sub(GAPS_MAX) + reading.n_limit_gaps.saturating_sub(GAPS_MAX);
    let is_full = reading.fact_bytes_left == 0;
    if is_full {
        let why = format!("more than {FACT_BYTES_MAX} bytes of facts; the rest was not read");
        facts.push(Fact::Gap(Gap::new(GapKind::LIMIT_EXCEEDED, file.path, why)));
    }
    if untold > 0 {
        facts.push(Fact::Gap(file.unreadable_record(&format!("{untold} more gaps inside it"))));
    }
}

/// The last part of a path and its ending, in lower case, when it is one of an archive.
fn archive_name(path: &str) -> Option<(&str, &'static str, bool)> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (_, extension) = name.rsplit_once('.')?;
    let known = EXTENSIONS.iter().find(|(known, _)| known.eq_ignore_ascii_case(extension))?;
    Some((name, known.0, known.1))
}

impl Reading<'_, '_> {
    /// Adds `fact`, as far as there is room; says whether there was.
    fn push(&mut self, fact: Fact) -> bool {
        let left = self.fact_bytes_left.checked_sub(fact.n_bytes());
        self.fact_bytes_left = left.unwrap_or_default();
        if left.is_some() {
            self.facts.push(fact);
        }
        left.is_some()
    }

    fn gap(&mut self, kind: GapKind, place: &str, why: impl Into<String>) {
        self.push_gap(Gap::new(kind, place, why));
    }

    fn trouble(&mut self, place: &str, trouble: Trouble) {
        self.push_gap(trouble.gap(place));
    }

    fn push_gap(&mut self, gap: Gap) {
        let n_gaps = match gap.kind == GapKind::LIMIT_EXCEEDED {
            true => &mut self.n_limit_gaps,
            false => &mut self.n_gaps,
        };
        *n_gaps += 1;
        if *n_gaps <= GAPS_MAX {
            self.push(Fact::Gap(gap));
        }
    }

    fn archive(&mut self, archive: &Archive<'_>) {
        let Some((name, extension, is_ambiguous)) = archive_name(&archive.place) else { return };
        let zip = match Zip::open(archive.part, &mut self.budget) {
            Ok(zip) => zip,
            // Other software uses the ending for files of its own.
            Err(_) if is_ambiguous && !archive.part.starts_with(b"PK") => return,
            Err(trouble) => return self.trouble(&archive.place, trouble),
        };
        let mut metadata = Metadata::default();
        let mut troubles = Vec::new();
        let mut n_troubles = 0;
        let listed = zip.for_each_entry(&mut self.budget, |budget, entry| {
            if let Err(trouble) = metadata.look_at(&zip, entry, budget) {
                n_troubles += 1;
                if n_troubles <= GAPS_MAX {
                    troubles.push((format!("{}!/{}", archive.place, entry.name), trouble));
                }
            }
        });
        let n_untold = n_troubles - troubles.len();
        if let Err(trouble) = listed {
            self.trouble(&archive.place, trouble);
        }
        for (place, trouble) in troubles {
            self.trouble(&place, trouble);
        }
        self.n_gaps += n_untold;
        for (line, what) in metadata.oddities() {
            self.gap(GapKind::UNREADABLE_RECORD, &archive.place, format!("{what}: `{line}`"));
        }
        let file_name = FileName::parse(name);
        let own = self.packages(archive, &file_name, extension, &metadata);
        if metadata.n_archives > 0 {
            self.nested(archive, &zip, own.or(archive.parent));
        }
    }

    /// Pushes the archive's own package and those that were copied into it; gives the position of its own.
    fn packages(
        &mut self,
        archive: &Archive<'_>,
        file_name: &FileName<'_>,
        extension: &str,
        metadata: &Metadata,
    ) -> Option<u32> {
        // Sources and documentation are nothing that runs, and tests nothing that is used.
        let is_left_out = match file_name.classifier {
            Some("tests") => true,
            Some(_) => !metadata.has_classes,
            None => false,
        };
        if is_left_out {
            return None;
        }
        let inner = archive.place.get(self.path_bytes..).unwrap_or_default();
        if archive.depth > 0 {
            let inner = Fact::Text { name: INNER.to_owned(), value: inner.to_owned() };
            if !self.push(inner) {
                return None;
            }
        }
        let found = metadata.packages(file_name);
        let mut own = None;
        if let Some(mut package) = found.own {
            if archive.depth == 0 && matches!(extension, "war" | "ear") {
                package.kind = PackageKind::Application;
            }
            match self.sha1(archive) {
                Ok(sha1) => package.digests.push(sha1),
                Err(trouble) => self.trouble(&archive.place, trouble),
            }
            own = self.package(package, archive.parent, found.requires);
        } else if let Some(name) = found.without_version {
            let why = format!("`{name}` states no version; it cannot be judged");
            self.gap(GapKind::MISSING_FACT, &archive.place, why);
        } else if metadata.has_classes && found.shaded.is_empty() {
            self.n_gaps += 1;
            if self.n_gaps <= GAPS_MAX {
                self.push(Fact::Text { name: UNKNOWN.to_owned(), value: inner.to_owned() });
            }
        }
        for (mut package, requires) in found.shaded {
            package.marks.push(Mark::Shaded);
            self.package(package, own.or(archive.parent), requires);
        }
        own
    }

    /// Pushes `package` and gives its position among those of the file.
    fn package(&mut self, package: Package, parent: Option<u32>, requires: Vec<String>) -> Option<u32> {
        let fact = PackageFact { parent, requires, ..PackageFact::new(package) };
        let position = self.n_packages;
        self.push(Fact::Package(fact))
            .then(|| self.n_packages = position.saturating_add(1))
            .map(|()| position)
    }

    fn sha1(&mut self, archive: &Archive<'_>) -> Result<String, Trouble> {
        self.budget.take_bytes(archive.part.len())?;
        let mut hasher = Sha1::new();
        let mut reader = archive.part.reader();
        let mut piece = vec![0; 64 << 10];
        loop {
            let n_read = reader.read(&mut piece)?;
            let Some(read) = piece.get(..n_read).filter(|read| !read.is_empty()) else { break };
            hasher.update(read);
        }
        let hex: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(format!("sha1:{hex}"))
    }

    fn nested(&mut self, archive: &Archive<'_>, zip: &Zip<'_>, parent: Option<u32>) {
        let limit = self.budget.limits.archive_entries_max;
        let mut n_entries = 0;
        // What is wrong with the list was said when it was read first.
        let _ = zip.for_each_listed(|entry| {
            n_entries += 1;
            if is_archive(entry) {
                let place = format!("{}!/{}", archive.place, entry.name);
                if let Err(trouble) = self.nested_one(archive, zip, entry, &place, parent) {
                    self.trouble(&place, trouble);
                }
            }
            if n_entries < limit && self.fact_bytes_left > 0 {
                Ok(())
            } else {
                Err(Trouble::passed("archive_entries_max", limit))
            }
        });
    }

    fn nested_one(
        &mut self,
        archive: &Archive<'_>,
        zip: &Zip<'_>,
        entry: &Entry<'_>,
        place: &str,
        parent: Option<u32>,
    ) -> Result<(), Trouble> {
        let limits = self.budget.limits;
        let depth = archive.depth + 1;
        if depth > limits.archive_depth_max {
            return Err(Trouble::passed("archive_depth_max", limits.archive_depth_max as u64));
        }
        if let Some(other) = zip.other_name(entry)? {
            let why = format!("its own header calls it `{other}`");
            self.gap(GapKind::UNREADABLE_RECORD, place, why);
        }
        // Half of the half, and so on: all that are open at once take no more than one file may.
        let memory_max = limits.spool_bytes_min.checked_shr(depth as u32).unwrap_or_default();
        let unpacked = zip.nested(entry, memory_max, &mut self.budget)?;
        self.archive(&Archive { part: unpacked.part()?, place: place.to_owned(), depth, parent });
        Ok(())
    }
}

fn is_archive(entry: &Entry<'_>) -> bool {
    archive_name(&entry.name).is_some()
}

/// As all packages of a file, but for those in archives inside it: the place of each says which, and names the file up to
/// the first `!/`.
///
/// An archive that says nowhere what it is is a gap, unless it lies in a Java runtime, whose parts it is one of.
fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let runtimes = tree.of(super::jvm::CATALOGER.name).filter(|file| file.packages().next().is_some());
    let homes: BTreeSet<&str> = runtimes.filter_map(|file| file.path.strip_suffix("release")).collect();
    for file in tree.of(CATALOGER.name) {
        let is_home = |end: usize| file.path.get(..=end).is_some_and(|folder| homes.contains(folder));
        let is_of_runtime = file.path.match_indices('/').any(|(at, _)| is_home(at));
        let first = found.packages.len();
        found.packages_in(file, |fact| Some(fact.package.clone()));
        let mut places: BTreeMap<usize, &str> = BTreeMap::new();
        let mut inner = "";
        let mut position = 0;
        for fact in file.facts.iter() {
            match fact {
                Fact::Text { name, value } if name == INNER => inner = value,
                Fact::Text { name, value } if name == UNKNOWN && !is_of_runtime => {
                    let why = "a Java archive that says nowhere which package it is";
                    let place = format!("{}{value}", file.path);
                    found.gaps.push(Gap::new(GapKind::UNKNOWN_CONTENT, place, why));
                }
                Fact::Package(_) => {
                    places.insert(position, inner);
                    position += 1;
                }
                _ => {}
            }
        }
        for (package, inner) in found.packages.iter_mut().skip(first).zip(places.values()) {
            for location in &mut package.locations {
                location.path.push_str(inner);
            }
        }
    }
}

/// The main attributes of a manifest, for comparison with what others read.
#[cfg(test)]
pub(super) fn manifest_attributes(text: &str) -> BTreeMap<String, String> {
    manifest::Manifest::parse(text).attributes().clone()
}
