//! `plimsoll feeds search`: what is held about an id or a package.

use std::collections::BTreeSet;
use std::io;

use advisory_db::search::{StoredRow, Wanted, daily_json, text_json};
use advisory_db::{DbError, Snapshot};
use clap::Args;
use flows::error::FlowError;
use flows::match_sbom::{Question, facts};
use model::key::{Namespace, PackageKey};
use serde_json::{Value, json};

use crate::args::Global;
use crate::error::{CommandError, visible};
use crate::exit_code::Exit;
use crate::feeds::{FeedArgs, kept_snapshot};
use crate::output::{self, Output};
use crate::ui::Ui;

/// Say what is held about an id, a package or a package URL
///
/// An id is a record's own or another that it goes by. It reads only, and asks no host.
#[derive(Debug, Args)]
pub(super) struct SearchArgs {
    /// `CVE-2024-6119`, `openssl`, `pkg:pypi/django`
    query: String,
    /// Print everything that is stored, as lines of JSON
    #[arg(long)]
    raw: bool,
    /// Search a snapshot that is kept
    #[arg(long, value_name = "ID|DATE")]
    snapshot: Option<String>,
}

/// How many records are asked for their texts at once.
const TEXTS_AT_ONCE: usize = 500;

pub(super) fn run(args: &SearchArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandError> {
    let feeds_dir = FeedArgs::default().open(global)?;
    let snapshot = match &args.snapshot {
        Some(wanted) => kept_snapshot(&feeds_dir, wanted)?,
        None => flows::feeds::held(&feeds_dir)?,
    };
    let query = args.query.trim();
    let keys = if query.starts_with("pkg:") { Some(keys_of(query, &snapshot)?) } else { None };
    let wanted = keys.as_ref().map_or(Wanted::Text(query), Wanted::Keys);
    let mut printer = Printer {
        snapshot: &snapshot,
        raw: args.raw,
        is_empty: true,
        texts: BTreeSet::new(),
        ids: BTreeSet::new(),
    };
    let mut failed = None;
    let stdout = Output { format: String::new(), target: None };
    output::write(&stdout, "", |out| match print(&mut printer, wanted, out) {
        Ok(()) => Ok(()),
        Err(Failure::Output(error)) => Err(error),
        Err(Failure::Database(error)) => {
            failed = Some(error);
            Ok(())
        }
    })?;
    if let Some(error) = failed {
        return Err(FlowError::from(error).into());
    }
    if printer.is_empty {
        ui.say(&format!("nothing about `{query}` is in snapshot {}", snapshot.id()));
        return Ok(Exit::NotAcceptable);
    }
    Ok(Exit::Acceptable)
}

/// The keys under which the package of a package URL is looked up.
fn keys_of(purl: &str, snapshot: &Snapshot) -> Result<BTreeSet<PackageKey>, CommandError> {
    let inventory =
        sbom::format::of_purl(&with_version(purl)).map_err(|source| FlowError::Purl { source })?;
    let keys = Question::of(&inventory, &facts(Some(snapshot))?, Some(snapshot))?.keys;
    if keys.is_empty() {
        return Err(CommandError::new(format!("`{purl}` names no package that a feed speaks of"))
            .hint("a distribution's package names it, as in `pkg:deb/debian/openssl?distro=debian-12`"));
    }
    Ok(keys)
}

/// `purl` with a version, because a package without one is not looked up; which one decides no key.
fn with_version(purl: &str) -> String {
    let (package, rest) = purl.split_at(purl.find(['?', '#']).unwrap_or(purl.len()));
    let name = package.rsplit('/').next().unwrap_or(package);
    if name.contains('@') { purl.to_owned() } else { format!("{package}@0{rest}") }
}

/// Why printing ended early.
enum Failure {
    Database(DbError),
    Output(io::Error),
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Prints the rows of one shard after the other, so that a name that every release has thousands of rows about is no
/// matter of memory.
struct Printer<'a> {
    snapshot: &'a Snapshot,
    raw: bool,
    is_empty: bool,
    /// The records whose texts are to be printed at the end, and the ids that rows go by.
    texts: BTreeSet<(Namespace, String)>,
    ids: BTreeSet<String>,
}

fn print(printer: &mut Printer<'_>, wanted: Wanted<'_>, out: &mut dyn io::Write) -> Result<(), Failure> {
    let mut namespaces = BTreeSet::new();
    for entry in printer.snapshot.namespaces() {
        for provider in &entry.providers {
            let rows = printer.snapshot.search(&entry.name, &provider.name, wanted)?;
            if rows.is_empty() {
                continue;
            }
            namespaces.insert(entry.name.clone());
            if printer.raw {
                printer.raw_rows(&entry.name, &provider.name, rows, out)?;
            } else {
                printer.table_rows(&entry.name, &provider.name, &rows, out)?;
            }
            printer.is_empty = false;
        }
    }
    if printer.raw {
        printer.raw_rest(&namespaces, out)?;
    }
    Ok(())
}

impl Printer<'_> {
    fn raw_rows(
        &mut self,
        namespace: &Namespace,
        provider: &str,
        rows: Vec<StoredRow>,
        out: &mut dyn io::Write,
    ) -> Result<(), Failure> {
        for mut row in rows {
            let record = row.text("record").to_owned();
            self.ids.extend(row.list("aliases").into_iter().map(str::to_owned));
            self.ids.insert(record.clone());
            self.texts.insert((namespace.clone(), record));
            row.columns.insert("namespace".to_owned(), Value::from(namespace.as_str()));
            row.columns.insert("provider".to_owned(), Value::from(provider));
            writeln!(out, "{}", json!({"row": row.columns}))?;
        }
        Ok(())
    }

    fn raw_rest(&self, namespaces: &BTreeSet<Namespace>, out: &mut dyn io::Write) -> Result<(), Failure> {
        // A provider often has the same text in all of its namespaces.
        let mut printed = BTreeSet::new();
        let records: Vec<_> = self.texts.iter().cloned().collect();
        for records in records.chunks(TEXTS_AT_ONCE) {
            for text in self.snapshot.texts(&records.iter().cloned().collect())? {
                let line = json!({"text": text_json(&text)}).to_string();
                if printed.insert(line.clone()) {
                    writeln!(out, "{line}")?;
                }
            }
        }
        for (id, daily) in self.snapshot.daily(namespaces, &self.ids)? {
            writeln!(out, "{}", json!({"daily": daily_json(&id, &daily)}))?;
        }
        Ok(())
    }

    fn table_rows(
        &self,
        namespace: &Namespace,
        provider: &str,
        rows: &[StoredRow],
        out: &mut dyn io::Write,
    ) -> Result<(), Failure> {
        if self.is_empty {
            writeln!(
                out,
                "{:<20} {:<12} {:<32} {:<20} {:<13} {:<24} {:<12} {:<10} title",
                "namespace", "provider", "package", "record", "status", "versions", "fix", "severity"
            )?;
        }
        for rows in rows.chunks(TEXTS_AT_ONCE) {
            let records = rows.iter().map(|row| (namespace.clone(), row.text("record").to_owned()));
            let texts = self.snapshot.texts(&records.collect())?;
            for row in rows {
                let record = row.text("record");
                let text = texts.iter().find(|text| text.record == record && text.provider == provider);
                let title = text.and_then(|text| text.title.as_deref().or(text.description.as_deref()));
                let line = format!(
                    "{:<20} {:<12} {:<32} {:<20} {:<13} {:<24} {:<12} {:<10} {}",
                    namespace.as_str(),
                    provider,
                    format!("{} {}", row.text("kind"), row.text("name")),
                    record,
                    row.text("status"),
                    versions(row),
                    row.text("fix_state"),
                    severity(row),
                    short(title.unwrap_or_default()),
                );
                writeln!(out, "{}", visible(line.trim_end()))?;
            }
        }
        Ok(())
    }
}

/// Which versions a row is about.
fn versions(row: &StoredRow) -> String {
    let (ranges, versions) = (row.list("ranges"), row.list("versions"));
    match (ranges.is_empty(), versions.len()) {
        (true, 0) => "any".to_owned(),
        (true, 1..=3) => versions.join(", "),
        (true, count) => format!("{count} versions"),
        (false, 0) => ranges.join(" or "),
        (false, count) => format!("{} and {count} versions", ranges.join(" or ")),
    }
}

fn severity(row: &StoredRow) -> &str {
    match row.text("severity") {
        "" => "-",
        level => level,
    }
}

/// The first line of a text, or as much of it as a line has room for.
fn short(text: &str) -> String {
    const CHARACTERS_MAX: usize = 80;
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_url_without_a_version_gets_one() {
        for (purl, with) in [
            ("pkg:pypi/django", "pkg:pypi/django@0"),
            ("pkg:pypi/django@4.0", "pkg:pypi/django@4.0"),
            ("pkg:npm/@scope/name", "pkg:npm/@scope/name@0"),
            ("pkg:deb/debian/openssl?distro=debian-12", "pkg:deb/debian/openssl@0?distro=debian-12"),
        ] {
            assert_eq!(with_version(purl), with);
        }
    }

    #[test]
    fn a_title_is_one_line() {
        assert_eq!(short("a\nb"), "a");
        assert_eq!(short(&"é".repeat(81)), format!("{}…", "é".repeat(80)));
        assert_eq!(short(""), "");
    }
}
