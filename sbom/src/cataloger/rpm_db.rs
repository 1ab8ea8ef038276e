//! Packages that rpm recorded as installed (Red Hat, Fedora, SUSE and kin), in each of the three databases that it has
//! had, and the files they own.
//!
//! The form is told by the file's first bytes rather than by its name: a record is a header in all of them.

mod bdb;
mod ndb;

use std::collections::{BTreeMap, HashMap, HashSet};

use model::gap::{Gap, GapKind};
use model::purl::Purl;

use super::rpm_header::Header;
use super::{
    Cataloger, Fact, FactFile, FactTree, Facts, File, Finds, Found, PackageFact, Wants, dnf_history,
    rpm_package, sqlite,
};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "rpm-db",
    version: 3,
    finds: Finds::Installed,
    wants: Wants::Paths(&[
        "**/var/lib/rpm/Packages",
        "**/var/lib/rpm/Packages.db",
        "**/var/lib/rpm/rpmdb.sqlite",
        "**/var/lib/rpm/rpmdb.sqlite-wal",
        "**/usr/share/rpm/Packages",
        "**/usr/share/rpm/Packages.db",
        "**/usr/share/rpm/rpmdb.sqlite",
        "**/usr/share/rpm/rpmdb.sqlite-wal",
        "**/usr/lib/sysimage/rpm/Packages",
        "**/usr/lib/sysimage/rpm/Packages.db",
        "**/usr/lib/sysimage/rpm/rpmdb.sqlite",
        "**/usr/lib/sysimage/rpm/rpmdb.sqlite-wal",
    ]),
    read,
    assemble,
};

/// Takes each record of a database, or why it cannot be read.
type Push<'p> = &'p mut dyn FnMut(Result<&[u8], String>);

/// Records of one database whose damage is told one by one; of more only the number is.
const DAMAGED_MAX: usize = 100;

fn read(file: &mut File<'_>, facts: &mut Facts) {
    if file.path.ends_with("-wal") {
        unwritten_changes(file).into_iter().for_each(|gap| facts.push(gap));
        return;
    }
    let mut n_damaged = 0;
    let mut push = |record: Result<&[u8], String>| {
        let mut damaged = |facts: &mut Facts, why: String| {
            n_damaged += 1;
            if n_damaged <= DAMAGED_MAX {
                facts.push(Fact::Gap(file.unreadable_record(&why)));
            }
        };
        let mut left_out = None;
        let package = |bytes| rpm_package::package(&Header::parse(bytes)?, &mut |why| left_out = Some(why));
        match record.and_then(package) {
            Ok(Some(fact)) => facts.push(Fact::Package(fact)),
            Ok(None) => {}
            Err(why) => damaged(facts, why),
        }
        if let Some(why) = left_out {
            damaged(facts, why);
        }
    };
    let mut head = [0; 16];
    let done = match file.read_at(0, &mut head) {
        Err(_) => Err("it is too short for any database of rpm".to_owned()),
        Ok(()) if head == *sqlite::MAGIC => in_sqlite(file, &mut push),
        Ok(()) if ndb::is_ndb(&head) => ndb::for_each_record(file, &mut push),
        Ok(()) if bdb::is_bdb(&head) => bdb::for_each_record(file, &mut push),
        Ok(()) => Err("it is no database of rpm: neither Berkeley DB, nor NDB, nor SQLite".to_owned()),
    };
    if let Err(why) = done {
        facts.push(Fact::Gap(file.unreadable(&why)));
    }
    if let Some(n_more) = n_damaged.checked_sub(DAMAGED_MAX).filter(|n_more| *n_more > 0) {
        facts.push(Fact::Gap(file.unreadable_record(&format!("{n_more} more records cannot be read"))));
    }
}

/// The table `Packages`: a number and a header a row.
fn in_sqlite(file: &File<'_>, push: Push<'_>) -> Result<(), String> {
    let database = sqlite::Database::open(file)?;
    database.for_each_row("Packages", &["blob"], |row| match row.first() {
        Some(sqlite::Value::Blob(header)) => push(Ok(header)),
        _ => push(Err("a row of `Packages` holds no header".to_owned())),
    })
}

/// SQLite keeps what was written last in a log beside the database until that is closed. An image that was made before
/// then has it; what it says is not in the database, and a cataloger sees one file at a time.
fn unwritten_changes(file: &File<'_>) -> Option<Fact> {
    const HEADER_BYTES: u64 = 32;
    let why = "the database was not closed: changes in its log were not read, so packages may be missing or outdated";
    (file.size > HEADER_BYTES).then(|| Fact::Gap(Gap::new(GapKind::UNREADABLE_RECORD, file.path, why)))
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    let repositories = dnf_history::repositories_of_packages(tree);
    for file in tree.of(CATALOGER.name) {
        let mut providers = providers_of_paths(tree, file);
        for (position, fact) in file.packages().enumerate() {
            let mut fact = fact.clone();
            fact.provides.extend(providers.remove(&position).unwrap_or_default());
            let Some(index) = found.os_package(tree, file, &fact, [fact.owned.clone()]) else { continue };
            let package = &mut found.packages[index.as_usize()];
            let repository = repositories.get(dnf_history::nevra(package).as_str());
            if let Some(purl) = repository.and_then(|id| with_repository(&package.purl, id)) {
                package.purl = purl;
            }
        }
    }
}

/// `purl` with the repository that the package came from, as Red Hat's own documents name it. What came from elsewhere
/// is not what the distribution's feed speaks of (feeds.md A5).
fn with_repository(purl: &str, id: &str) -> Option<String> {
    let purl: Purl = purl.parse().ok()?;
    Some(purl.with_qualifier("repository_id", id).to_string())
}

/// The paths that packages of `file` require (`/bin/sh`) and others of them own, by the position of the owner. A path that
/// nobody owns or provides leads nowhere.
fn providers_of_paths(tree: &FactTree<'_>, file: &FactFile) -> BTreeMap<usize, Vec<String>> {
    let mut required: HashMap<String, Vec<&str>> = HashMap::new();
    let mut names: HashSet<&str> = HashSet::new();
    let mut directories: HashMap<String, Option<String>> = HashMap::new();
    // Of a path the directories are followed and the name is not: `/bin/sh` may be a link, and its owner is wanted.
    let mut resolved = |directory: &str, name: &str| {
        let known = directories.entry(directory.to_owned()).or_insert_with(|| tree.resolve(directory));
        format!("{}/{name}", known.as_deref().unwrap_or(directory))
    };
    let all = file.packages().flat_map(|fact: &PackageFact| &fact.requires);
    for path in all.filter(|required| required.starts_with('/')) {
        let (directory, name) = path.rsplit_once('/').unwrap_or_default();
        names.insert(name);
        let paths = required.entry(resolved(directory.trim_start_matches('/'), name)).or_default();
        if !paths.contains(&path.as_str()) {
            paths.push(path);
        }
    }
    let mut providers: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for (position, fact) in file.packages().enumerate() {
        for (directory, name) in fact.owned.iter().filter(|(_, name)| names.contains(name)) {
            let paths = required.get(&resolved(directory, name)).into_iter().flatten();
            providers.entry(position).or_default().extend(paths.map(|path| (*path).to_owned()));
        }
    }
    providers
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use model::limits::Limits;

    use super::super::Content;
    use super::*;
    use testkit::case::rpmdb_sqlite;

    fn facts(content: Content<'_>, size: u64) -> Vec<Fact> {
        let limits = Limits::default();
        let mut facts = Facts::new(&limits);
        let path = "var/lib/rpm/Packages";
        read(
            &mut File {
                path,
                size,
                executable: false,
                content,
                limits: &limits,
                classifiers: super::super::Classifiers::none(),
            },
            &mut facts,
        );
        facts.into_vec()
    }

    #[track_caller]
    fn check_gap(bytes: &[u8], why: &str) {
        let facts = facts(Content::Bytes(bytes), bytes.len() as u64);
        let said = facts.iter().any(|fact| matches!(fact, Fact::Gap(gap) if gap.detail.contains(why)));
        assert!(said, "{why}: {facts:?}");
    }

    /// Packages whose headers take several pages, and so many that they take several pages of slots.
    fn headers() -> Vec<Vec<u8>> {
        let text: String = (0..300)
            .map(|n| format!("name: p{n}\nversion: 1\nfile: /usr/{n}\npadding: {}\n\n", n * 9))
            .collect();
        testkit::rpm::headers(&text)
    }

    #[test]
    fn a_spooled_database_reads_as_its_bytes_do() {
        let headers = headers();
        for bytes in [
            testkit::rpm::bdb(&headers, testkit::rpm::Order::Little),
            testkit::rpm::bdb(&headers, testkit::rpm::Order::Big),
            testkit::rpm::ndb(&headers),
            rpmdb_sqlite(&headers),
        ] {
            let mut spool = tempfile::tempfile().unwrap();
            spool.write_all(&bytes).unwrap();
            let size = bytes.len() as u64;
            let in_memory = facts(Content::Bytes(&bytes), size);
            assert_eq!(in_memory, facts(Content::Spooled(&spool), size));
            assert_eq!(in_memory.len(), headers.len());
            assert!(in_memory.iter().all(|fact| matches!(fact, Fact::Package(_))));
        }
    }

    #[test]
    fn records_cannot_share_pages() {
        let headers =
            testkit::rpm::headers("name: a\nversion: 1\npadding: 900\n\nname: b\nversion: 1\npadding: 900\n");
        let mut bytes = testkit::rpm::bdb(&headers, testkit::rpm::Order::Little);
        // The second record's place is made that of the first: page 4, where the overflow pages begin.

        let places: Vec<usize> = (512..1024).filter(|at| bytes[*at..].starts_with(&[3, 0, 0, 0])).collect();
        assert_eq!(places.len(), 2);
        let first = places[1] + 4;
        let chain = bytes[first..first + 4].to_vec();
        bytes[places[0] + 4..places[0] + 8].copy_from_slice(&chain);
        check_gap(&bytes, "belongs to more than one value");
        // A chain that leads back to its own start.
        let mut bytes = testkit::rpm::bdb(&headers, testkit::rpm::Order::Little);
        bytes[4 * 512 + 16] = 4;
        check_gap(&bytes, "belongs to more than one value");
    }

    #[test]
    fn what_is_cut_off_is_a_gap() {
        let headers = headers();
        let bdb = testkit::rpm::bdb(&headers, testkit::rpm::Order::Big);
        let half = &bdb[..bdb.len() / 2];
        check_gap(half, "it ends after");
        let read = facts(Content::Bytes(half), half.len() as u64);
        assert!(read.iter().any(|fact| matches!(fact, Fact::Package(_))), "what is there is read");
        let ndb = testkit::rpm::ndb(&headers);
        check_gap(&ndb[..ndb.len() / 2], "lies outside the file");
        check_gap(&ndb[..4000], "before its last slot");
        let sqlite = rpmdb_sqlite(&headers);
        check_gap(&sqlite[..sqlite.len() / 2], "ends after");
    }

    #[test]
    fn pages_with_checksums_are_a_gap() {
        let mut bytes = testkit::rpm::bdb(&headers(), testkit::rpm::Order::Little);
        bytes[26] = 1;
        check_gap(&bytes, "checksums");
    }
}
