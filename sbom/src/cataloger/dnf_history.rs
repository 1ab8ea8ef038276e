//! Which repository each RPM package came from, as dnf and yum remember.
//!
//! Their identifiers become the distribution's repositories, and `repository_id` in the purl of each package (`rpm_db.rs`).
//! Where an image has no content manifest they say which of Red Hat's products answer for it (feeds.md A5), and which
//! packages are from elsewhere, so that the distribution's feed does not speak of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;

use model::package::Package;

use super::file::is_legible;
use super::sqlite::{Database, Value};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "dnf-history",
    version: 1,
    finds: Finds::Installed,
    wants: Wants::Paths(&[
        "var/lib/dnf/history.sqlite",
        "usr/lib/sysimage/libdnf5/transaction_history.sqlite",
        "usr/lib/sysimage/libdnf5/nevras.toml",
        "usr/lib/sysimage/dnf/transaction_history.sqlite",
        "usr/lib/sysimage/dnf/nevras.toml",
        "var/lib/yum/yumdb/*/*/from_repo",
    ]),
    read,
    assemble,
};

/// The facts of this cataloger: `<name>-<version>-<release>.<architecture> <repository>`.
const FACT: &str = "from-repository";

/// Names for what was installed from no repository.
const NOWHERE: &[&str] = &["@System", "@commandline", "@stdin", "installed", "local", "<unknown>", ""];

/// What a transaction did to a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    PutThere,
    TakenAway,
}

/// What dnf 4 does to packages, as it numbers it: installed, downgraded to, obsoleting another, upgraded to, installed
/// again; and downgraded from, obsoleted, upgraded from, removed. What says only why a package is there is left out.
const ACTIONS: &[(i64, Effect)] = &[
    (1, Effect::PutThere),
    (2, Effect::PutThere),
    (3, Effect::TakenAway),
    (4, Effect::PutThere),
    (5, Effect::TakenAway),
    (6, Effect::PutThere),
    (7, Effect::TakenAway),
    (8, Effect::TakenAway),
    (9, Effect::PutThere),
];
/// The same in the words of dnf 5.
const ACTION_WORDS: &[(&str, Effect)] = &[
    ("Install", Effect::PutThere),
    ("Upgrade", Effect::PutThere),
    ("Downgrade", Effect::PutThere),
    ("Reinstall", Effect::PutThere),
    ("Remove", Effect::TakenAway),
    ("Replaced", Effect::TakenAway),
];
/// The state of what succeeded, as dnf 4 numbers it, and in the word of dnf 5.
const DONE: i64 = 1;
const DONE_WORD: &str = "Ok";

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let name = file.path.rsplit('/').next().unwrap_or(file.path);
    let origins = match name {
        "from_repo" => return yum_record(file, facts),
        "nevras.toml" => system_state(file, facts),
        "history.sqlite" => Database::open(file).and_then(|database| dnf_4(&database)),
        _ => Database::open(file).and_then(|database| dnf_5(&database)),
    };
    match origins {
        Ok(origins) => push(facts, origins),
        Err(why) => facts.push(Fact::Gap(file.unreadable(&why))),
    }
}

/// Packages by name, version, release and architecture, and the repository each came from.
type Origins = BTreeMap<String, String>;

fn push(facts: &mut Facts, mut origins: Origins) {
    origins.retain(|nevra, repository| {
        !NOWHERE.contains(&repository.as_str())
            && is_legible(repository)
            && is_legible(nevra)
            && !repository.contains(' ')
            && !nevra.contains(' ')
    });
    if origins.is_empty() {
        return;
    }
    let repositories: BTreeSet<String> = origins.values().cloned().collect();
    facts.push(Fact::Repositories(repositories.into_iter().collect()));
    for (nevra, repository) in origins {
        facts.push(Fact::Text { name: FACT.to_owned(), value: format!("{nevra} {repository}") });
    }
}

/// A file per package, `yumdb/b/<hash>-bash-4.2.46-34.el7-x86_64/from_repo`, whose text is the repository.
fn yum_record(file: &File<'_>, facts: &mut Facts) {
    let directory = file.path.rsplit('/').nth(1).unwrap_or_default();
    let Some((rest, architecture)) = directory.split_once('-').and_then(|(_, rest)| rest.rsplit_once('-'))
    else {
        return;
    };
    let mut repository = String::new();
    file.for_each_line(facts, |_, _, line| {
        line.trim().clone_into(&mut repository);
        ControlFlow::Break(())
    });
    push(facts, Origins::from([(format!("{rest}.{architecture}"), repository)]));
}

/// dnf 5: `[nevras]`, then `"bash-0:5.2-1.fc41.x86_64" = { from_repo = "fedora" }`.
fn system_state(file: &File<'_>, facts: &mut Facts) -> Result<Origins, String> {
    let Some(text) = file.text(facts) else { return Ok(Origins::new()) };
    let state: toml::Table = text.parse().map_err(|error: toml::de::Error| error.message().to_owned())?;
    let nevras = state.get("nevras").and_then(toml::Value::as_table);
    let origin = |(nevra, record): (&String, &toml::Value)| {
        let repository = record.get("from_repo")?.as_str()?;
        Some((without_epoch(nevra), repository.to_owned()))
    };
    Ok(nevras.into_iter().flatten().filter_map(origin).collect())
}

/// `bash-0:5.2-1.x86_64` as `bash-5.2-1.x86_64`.
fn without_epoch(nevra: &str) -> String {
    match nevra.split_once(':').and_then(|(start, rest)| Some((start.rsplit_once('-')?, rest))) {
        Some(((name, epoch), rest)) if epoch.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{name}-{rest}")
        }
        _ => nevra.to_owned(),
    }
}

/// Texts by their number.
fn texts(
    database: &Database,
    table: &'static str,
    columns: [&'static str; 2],
) -> Result<HashMap<i64, String>, String> {
    let mut texts = HashMap::new();
    database.for_each_row(table, &columns, |row| {
        if let [Value::Integer(number), Value::Text(text)] = row {
            texts.insert(*number, (*text).to_owned());
        }
    })?;
    Ok(texts)
}

fn dnf_4(database: &Database) -> Result<Origins, String> {
    // Until 2019 a number said no more than whether it was done, which is 1 in both.
    let state = if database.has_column("trans_item", "state")? { "state" } else { "done" };
    let columns = ["trans_id", "item_id", "repo_id", "action", state];
    let nevras = named_in_place(database)?;
    let effect = |action| ACTIONS.iter().find(|(number, _)| *number == action).map(|(_, effect)| *effect);
    origins(database, &nevras, columns, effect, |state| state == DONE)
}

fn dnf_5(database: &Database) -> Result<Origins, String> {
    let actions = texts(database, "trans_item_action", ["id", "name"])?;
    let states = texts(database, "trans_item_state", ["id", "name"])?;
    let nevras = match database.has("pkg_names")? {
        true => named_by_number(database)?,
        false => named_in_place(database)?,
    };
    let columns = ["trans_id", "item_id", "repo_id", "action_id", "state_id"];
    let effect = |action: i64| {
        let action = actions.get(&action)?;
        ACTION_WORDS.iter().find(|(word, _)| word == action).map(|(_, effect)| *effect)
    };
    let is_done = |state: i64| states.get(&state).is_some_and(|state| state == DONE_WORD);
    origins(database, &nevras, columns, effect, is_done)
}

/// Packages by the number of their item, from a table that has their names and architectures.
fn named_in_place(database: &Database) -> Result<HashMap<i64, String>, String> {
    let mut nevras = HashMap::new();
    database.for_each_row("rpm", &["item_id", "name", "version", "release", "arch"], |row| {
        if let [
            Value::Integer(item),
            Value::Text(name),
            Value::Text(version),
            Value::Text(release),
            Value::Text(architecture),
        ] = row
        {
            nevras.insert(*item, format!("{name}-{version}-{release}.{architecture}"));
        }
    })?;
    Ok(nevras)
}

/// The same where names and architectures have tables of their own.
fn named_by_number(database: &Database) -> Result<HashMap<i64, String>, String> {
    let names = texts(database, "pkg_names", ["id", "name"])?;
    let architectures = texts(database, "archs", ["id", "name"])?;
    let mut nevras = HashMap::new();
    database.for_each_row("rpm", &["item_id", "name_id", "version", "release", "arch_id"], |row| {
        if let [
            Value::Integer(item),
            Value::Integer(name),
            Value::Text(version),
            Value::Text(release),
            Value::Integer(architecture),
        ] = row
            && let (Some(name), Some(architecture)) = (names.get(name), architectures.get(architecture))
        {
            nevras.insert(*item, format!("{name}-{version}-{release}.{architecture}"));
        }
    })?;
    Ok(nevras)
}

/// Where the packages in `nevras` came from, by a table of what transactions did: number of the transaction, item,
/// repository, what was done, and how it went.
fn origins(
    database: &Database,
    nevras: &HashMap<i64, String>,
    columns: [&'static str; 5],
    effect: impl Fn(i64) -> Option<Effect>,
    is_done: impl Fn(i64) -> bool,
) -> Result<Origins, String> {
    let repositories = texts(database, "repo", ["id", "repoid"])?;
    let mut transitions = Transitions::default();
    database.for_each_row("trans_item", &columns, |row| {
        if let [
            Value::Integer(transaction),
            Value::Integer(item),
            Value::Integer(repository),
            Value::Integer(action),
            Value::Integer(state),
        ] = row
            && let Some(effect) = effect(*action)
            && is_done(*state)
        {
            transitions.note(*item, *transaction, effect, *repository);
        }
    })?;
    Ok(transitions.origins(nevras, &repositories))
}

/// By item, the last transaction that did something to it, what it did, and the repository it took it from.
#[derive(Default)]
struct Transitions(HashMap<i64, (i64, Effect, i64)>);

impl Transitions {
    fn note(&mut self, item: i64, transaction: i64, effect: Effect, repository: i64) {
        let now = (transaction, effect, repository);
        let last = self.0.entry(item).or_insert(now);
        // To install a package again is to take it away and to put it there, in one transaction.
        if last.0 < transaction || last.0 == transaction && effect == Effect::PutThere {
            *last = now;
        }
    }

    /// The origins of what was not taken away again.
    fn origins(&self, nevras: &HashMap<i64, String>, repositories: &HashMap<i64, String>) -> Origins {
        // An item that was recorded twice under two numbers: the later transaction counts.
        let mut ordered: Vec<_> = self.0.iter().collect();
        ordered.sort_by_key(|(item, (transaction, ..))| (*transaction, **item));
        ordered
            .into_iter()
            .filter(|(_, (_, effect, _))| *effect == Effect::PutThere)
            .filter_map(|(item, (.., repository))| {
                Some((nevras.get(item)?.clone(), repositories.get(repository)?.clone()))
            })
            .collect()
    }
}

/// How this cataloger writes which package is meant: the version without its epoch, which yum leaves out.
pub(super) fn nevra(package: &Package) -> String {
    let version = package.version.as_str();
    let version = version.split_once(':').map_or(version, |(_, version)| version);
    format!("{}-{version}.{}", package.name, package.architecture.as_deref().unwrap_or_default())
}

/// The repository that each package came from, by its [`nevra`]. Where two memories differ dnf 5 is believed before dnf
/// 4, and dnf before yum.
pub(super) fn repositories_of_packages<'a>(tree: &FactTree<'a>) -> BTreeMap<&'a str, &'a str> {
    let mut files: Vec<_> = tree.of(CATALOGER.name).collect();
    let age = |path: &str| (!path.starts_with("usr/lib/sysimage/"), !path.contains("/dnf/"));
    files.sort_by_key(|file| std::cmp::Reverse(age(&file.path)));
    let facts = files.into_iter().flat_map(|file| file.facts.iter());
    let origins = facts.filter_map(|fact| match fact {
        Fact::Text { name, value } if name == FACT => value.split_once(' '),
        _ => None,
    });
    origins.collect()
}

/// The facts are of use to the distribution and to the packages of the database.
fn assemble(_: &FactTree<'_>, _: &mut Found) {}
