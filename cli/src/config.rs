//! `plimsoll.toml`: another default for every option.
//!
//! A key at the top is an option of any command (`fail-on = "high"`); under a command's name it holds for that
//! command alone (`[scan]`, `[feeds.sync]`). The feeds directory is `feeds.dir`, and advisories of one's own are
//! `feeds.private`, publishers of CSAF `feeds.csaf` and places of OpenVEX `feeds.openvex`, for every command. An unknown
//! key is an error that names the nearest known one.
//!
//! Beside options it holds `[[sbom.classifier]]`: programs that plimsoll is to know; and `[feeds.hosts."HOST"]`: where the
//! credential for a host of feeds is.

mod of_action;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Command};
use sbom::cataloger::{ClassifierText, Classifiers};
use toml::{Table, Value};

use self::of_action::{lend_to_action, steers};
use crate::commands::action;
use crate::environment;
use crate::error::CommandError;
use crate::hosts::{HostText, TokenForm, TokenPlace};
use crate::output::Output;

/// The name that is searched upwards from the working directory.
const FILE_NAME: &str = "plimsoll.toml";

/// The command line with what the configuration file says.
pub(crate) struct Configured {
    /// The command with other defaults.
    pub(crate) command: Command,
    /// The classifiers.
    pub(crate) classifiers: Classifiers,
    /// The hosts of feeds.
    pub(crate) hosts: Vec<HostText>,
    /// The file, when nobody named it: it lay in the working directory or above.
    pub(crate) found: Option<PathBuf>,
}

/// `command` with the defaults that the configuration file says, if there is one, and what else is in it.
pub(crate) fn apply(command: Command, words: &[OsString]) -> Result<Configured, CommandError> {
    let named = named_file(words);
    let is_named = named.is_some();
    let Some(path) = named.or_else(found_file) else {
        let (classifiers, hosts) = (Classifiers::default(), Vec::new());
        return Ok(Configured { command, classifiers, hosts, found: None });
    };
    let text = fs::read_to_string(&path).map_err(|error| CommandError::Failed {
        error: format!("cannot read configuration `{}`: {error}", path.display()).into(),
        hints: Vec::new(),
    })?;
    let table: Table = text.parse().map_err(|error: toml::de::Error| {
        CommandError::new(format!("configuration `{}` is not TOML: {}", path.display(), error.message()))
    })?;
    let mut table = table;
    if action::is_asked(words) {
        lend_to_action(&command, &mut table, action::stands_for());
    }
    let configured = configured(command, table).and_then(|configured| trusted(configured, is_named));
    match configured {
        Ok(configured) => Ok(Configured { found: (!is_named).then_some(path), ..configured }),
        Err(problem) => Err(problem.of(&path)),
    }
}

fn configured(command: Command, mut table: Table) -> Result<Configured, Problem> {
    let classifiers = classifiers(&mut table)?;
    let hosts = hosts(&mut table)?;
    let command = with_defaults(command, table)?;
    Ok(Configured { command, classifiers, hosts, found: None })
}

/// Refuses hosts of a file that merely lies in the working directory: it may have come with somebody else's sources, and
/// would name variables and files of ours to send to a host of his.
fn trusted(configured: Configured, is_named: bool) -> Result<Configured, Problem> {
    match is_named || configured.hosts.is_empty() {
        true => Ok(configured),
        false => Err(only_named("`[feeds.hosts]` is taken only from a file that is named".to_owned())),
    }
}

/// What makes a file one that is named.
const NAME_IT: &str = "name it with `--config FILE` or `PLIMSOLL_CONFIG` if you trust it";

/// Options (their ids) that are not taken from a file that was only found, and why: what they do reaches beyond the
/// judgement of this run, or is done in our name. None has a default of its own, so that one from the file is known.
const REFUSED: [(&str, &str); 22] = [
    ("mirror", "it decides what the vendors' feeds say, also in later runs"),
    ("registry_mirror", "it decides what an image's name stands for"),
    ("insecure", "whoever is between us and a registry could be the registry"),
    ("ca_file", "it names whom to believe that they are a host"),
    ("client_cert", "it shows a certificate of ours to others"),
    ("client_key", "it names a private key of ours"),
    ("registry_username", "it names a login of ours"),
    ("registry_password_stdin", "it sends what we type to a registry"),
    ("registry_token", "it would be sent in place of our own credentials"),
    ("vex", "it names whose word suppresses findings, as if we had given it"),
    ("key", "it names whose signature of an SBOM counts"),
    ("vex_key", "it names whose word suppresses findings"),
    ("sign_key", "it names a private key of ours, and signs with it"),
    ("attach", "it writes to a registry, with our credentials"),
    ("allow_unsigned", "it takes the signature from what is published"),
    ("allow_older", "it lets an older state replace the newer one that is held"),
    ("no_private", "it takes out advisories of our own that are held"),
    ("cache_dir", "it is written to, and what is kept there is believed"),
    (FEEDS, "it is written to, and what it holds decides what is found"),
    ("private", "its advisories suppress findings, and stay in the feeds directory for later runs"),
    ("csaf", "what the publisher says stays in the feeds directory for later runs"),
    ("openvex", "what the publisher says stays in the feeds directory for later runs"),
];

/// The feeds directory, an option of every command.
const FEEDS: &str = "feeds";

/// Commands that have no use for the feeds directory.
const WITHOUT_FEEDS: [&str; 6] = ["completions", "convert", "merge", "sbom", "validate", "versions"];

/// How the file spells an option.
fn key_of(option: &str) -> String {
    match option {
        FEEDS => "feeds.dir".to_owned(),
        "private" | "csaf" | "openvex" => format!("feeds.{option}"),
        "unfixed_from_rhel" => format!("{ALMA}.{option}"),
        _ => option.replace('_', "-"),
    }
}

/// The gate.
const FAIL_ON: &str = "fail-on";

/// The option with outputs: what goes to standard output may stand in a file that was only found, files may not.
const OUTPUT: &str = "output";

/// Refuses what `found`, a file that merely lies in the working directory, says of [`REFUSED`] options, of files to
/// write, of where published feeds come from, and to the action of what steers the gate, as far as it would count in this run.
pub(crate) fn believed(found: &Path, matches: &ArgMatches) -> Result<(), CommandError> {
    let is_action = matches.subcommand_name() == Some(action::NAME);
    let has_feeds = !matches.subcommand_name().is_some_and(|name| WITHOUT_FEEDS.contains(&name));
    let mut matches = matches;
    while let Some((_, inner)) = matches.subcommand() {
        matches = inner;
    }
    let is_used = |option: &str| is_of_file(matches, option) && (option != FEEDS || has_feeds);
    if let Some((option, why)) = REFUSED.iter().find(|(option, _)| is_used(option)) {
        let key = key_of(option);
        return Err(only_named(format!("`{key}` is taken only from a file that is named: {why}")).of(found));
    }
    if is_of_file(matches, OUTPUT) && names_file(matches) {
        let what = "`output` with a file is taken only from a file that is named: it would be overwritten";
        return Err(only_named(what.to_owned()).of(found));
    }
    if is_action {
        steers(found, matches)?;
    }
    published(found, matches)
}

/// Refuses published feeds without a key that was given elsewhere. What such a key has signed is the publisher's,
/// wherever it lies.
fn published(found: &Path, matches: &ArgMatches) -> Result<(), CommandError> {
    let has_key = source(matches, "feeds_key").is_some() && !is_of_file(matches, "feeds_key");
    if is_of_file(matches, "feeds_source") && source(matches, "places").is_none() && !has_key {
        let what =
            "`feeds.sources` counts only in a file that is named, or with a key that is given elsewhere";
        let error = only_named(what.to_owned()).of(found);
        return Err(error.hint("or give the publisher's key with `--feeds-key FILE` or `PLIMSOLL_FEEDS_KEY`"));
    }
    Ok(())
}

fn only_named(what: String) -> Problem {
    Problem { what, hint: Some(NAME_IT.to_owned()) }
}

/// Where the value of `option` comes from; none when this command has no such option, or no value of it.
fn source(matches: &ArgMatches, option: &str) -> Option<ValueSource> {
    matches.try_contains_id(option).ok().filter(|is_given| *is_given)?;
    matches.value_source(option)
}

/// Whether the value of `option`, which has no default of its own, is that of the file. A switch that is off says nothing.
fn is_of_file(matches: &ArgMatches, option: &str) -> bool {
    let is_off = matches!(matches.try_get_one::<bool>(option), Ok(Some(false)));
    source(matches, option) == Some(ValueSource::DefaultValue) && !is_off
}

/// Whether one of the outputs goes to a file.
fn names_file(matches: &ArgMatches) -> bool {
    let outputs = matches.try_get_many::<Output>(OUTPUT).ok().flatten();
    outputs.is_some_and(|mut outputs| outputs.any(|output| output.target.is_some()))
}

fn named_file(words: &[OsString]) -> Option<PathBuf> {
    let mut words = words.iter().take_while(|word| *word != "--");
    while let Some(word) = words.next() {
        if word == "--config" {
            return words.next().map(PathBuf::from);
        }
        if let Some(path) = word.to_str().and_then(|word| word.strip_prefix("--config=")) {
            return Some(PathBuf::from(path));
        }
    }
    environment::variable("PLIMSOLL_CONFIG").map(PathBuf::from)
}

fn found_file() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    here.ancestors().map(|folder: &Path| folder.join(FILE_NAME)).find(|path| path.is_file())
}

/// What is wrong with a configuration.
#[derive(Debug, PartialEq, Eq)]
struct Problem {
    what: String,
    hint: Option<String>,
}

impl Problem {
    /// As people read it.
    fn of(self, path: &Path) -> CommandError {
        let error = CommandError::new(format!("configuration `{}`: {}", path.display(), self.what));
        match self.hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

/// What is said of a command alone counts over what is said of all, wherever in the file either stands.
fn with_defaults(mut command: Command, table: Table) -> Result<Command, Problem> {
    let known = known_keys(&command);
    let mut said = Said::default();
    let (mut sections, keys): (Table, Table) = table.into_iter().partition(|(_, value)| value.is_table());
    for (key, value) in keys {
        if !known.contains(&key) {
            return Err(unknown(&key, &known));
        }
        command = everywhere(command, said.once(&key, &key)?, &key, value)?;
    }
    if let Some(Value::Table(section)) = sections.remove(ALMA) {
        command = of_alma(command, section, &mut said)?;
    }
    if let Some(Value::Table(section)) = sections.get_mut(FEEDS) {
        command = of_feeds(command, section, &mut said)?;
    }
    for (path, section) in sections {
        let Value::Table(section) = section else { continue };
        command = in_section(command, &path, section, &known)?;
    }
    Ok(command)
}

/// Which options were set for all commands, and by which key: some can be spelt in two ways, and one would win.
#[derive(Default)]
struct Said(BTreeMap<String, String>);

impl Said {
    /// `option`, unless another key than `key` said it already.
    fn once<'o>(&mut self, option: &'o str, key: &str) -> Result<&'o str, Problem> {
        match self.0.insert(option.to_owned(), key.to_owned()) {
            None => Ok(option),
            Some(first) => Err(Problem {
                what: format!("`{first}` and `{key}` are the same option"),
                hint: Some("leave one of them out".to_owned()),
            }),
        }
    }
}

/// Sets what the section of the feeds says for every command, and takes it out.
fn of_feeds(mut command: Command, section: &mut Table, said: &mut Said) -> Result<Command, Problem> {
    const KEYS: [(&str, &str); 6] = [
        ("csaf", "csaf"),
        ("dir", "feeds"),
        ("keys", "feeds-key"),
        ("openvex", "openvex"),
        ("private", "private"),
        ("sources", "feeds-source"),
    ];
    for (key, option) in KEYS {
        if let Some(value) = section.remove(key) {
            let key = format!("{FEEDS}.{key}");
            command = everywhere(command, said.once(option, &key)?, &key, value)?;
        }
    }
    Ok(command)
}

/// Sets the options of the command called `path` (`scan`, `feeds.sync`).
fn in_section(
    mut command: Command,
    path: &str,
    section: Table,
    known: &BTreeSet<String>,
) -> Result<Command, Problem> {
    let Some(target) = find(&command, path).cloned() else {
        return Err(unknown(path, known));
    };
    for (key, value) in section {
        if let Value::Table(inner) = value {
            command = in_section(command, &format!("{path}.{key}"), inner, known)?;
            continue;
        }
        if !has_option(&target, &key) {
            let mut options: BTreeSet<String> =
                target.get_arguments().filter_map(|arg| arg.get_long()).map(str::to_owned).collect();
            options.extend(match path {
                "sbom" => Some(CLASSIFIER.to_owned()),
                "feeds" => Some(HOSTS.to_owned()),
                _ => None,
            });
            return Err(unknown(&key, &options));
        }
        let spelt = format!("{path}.{key}");
        let values = texts(&spelt, value)?;
        fits(&target, &key, &spelt, &values)?;
        command = at(command, path, &|target| set(target, &key, &values));
    }
    Ok(command)
}

/// The section of what is said of AlmaLinux, and of Rocky Linux with it; no command is called so.
const ALMA: &str = "alma";

/// Sets what the section [`ALMA`] says, for every command.
fn of_alma(mut command: Command, section: Table, said: &mut Said) -> Result<Command, Problem> {
    const OPTION: &str = "unfixed-from-rhel";
    const UNFIXED: &str = "unfixed_from_rhel";
    for (key, value) in section {
        if key != UNFIXED {
            return Err(unknown(&key, &BTreeSet::from([UNFIXED.to_owned()])));
        }
        let key = format!("{ALMA}.{key}");
        command = everywhere(command, said.once(OPTION, &key)?, &key, value)?;
    }
    Ok(command)
}

/// Where classifiers stand in the file.
const CLASSIFIER: &str = "classifier";

/// Takes the classifiers out of `table`.
fn classifiers(table: &mut Table) -> Result<Classifiers, Problem> {
    let section = table.get_mut("sbom").and_then(Value::as_table_mut);
    let Some(value) = section.and_then(|section| section.remove(CLASSIFIER)) else {
        return Ok(Classifiers::default());
    };
    let wrong = || Problem {
        what: "`sbom.classifier` must be a list of tables".to_owned(),
        hint: Some("begin each classifier with the line `[[sbom.classifier]]`".to_owned()),
    };
    let Value::Array(values) = value else { return Err(wrong()) };
    let mut texts = Vec::new();
    for value in values {
        let Value::Table(keys) = value else { return Err(wrong()) };
        texts.push(classifier(keys)?);
    }
    Classifiers::new(texts).map_err(|bad| Problem { what: format!("[[sbom.classifier]]: {bad}"), hint: None })
}

fn classifier(keys: Table) -> Result<ClassifierText, Problem> {
    let mut text = ClassifierText::default();
    for (key, value) in keys {
        let mut values = texts(&key, value)?;
        let mut one = || match values.len() {
            1 => Ok(values.remove(0)),
            _ => Err(Problem { what: format!("`{key}` of a classifier must be one text"), hint: None }),
        };
        match key.as_str() {
            "name" => text.name = one()?,
            "files" => text.files = values,
            "pattern" => text.pattern = one()?,
            "purl" => text.purl = one()?,
            "cpe" => text.cpe = Some(one()?),
            _ => {
                let known = ["name", "files", "pattern", "purl", "cpe"].map(str::to_owned).into();
                return Err(unknown(&key, &known));
            }
        }
    }
    Ok(text)
}

/// Where hosts stand in the section of the feeds.
const HOSTS: &str = "hosts";

/// Takes the hosts out of `table`.
fn hosts(table: &mut Table) -> Result<Vec<HostText>, Problem> {
    let section = table.get_mut("feeds").and_then(Value::as_table_mut);
    let Some(value) = section.and_then(|section| section.remove(HOSTS)) else { return Ok(Vec::new()) };
    let wrong = || Problem {
        what: "`feeds.hosts` must be a table of tables".to_owned(),
        hint: Some("begin each host with a line like `[feeds.hosts.\"mirror.example\"]`".to_owned()),
    };
    let Value::Table(hosts) = value else { return Err(wrong()) };
    hosts
        .into_iter()
        .map(|(host, value)| match value {
            Value::Table(keys) => self::host(host, keys),
            _ => Err(wrong()),
        })
        .collect()
}

fn host(host: String, keys: Table) -> Result<HostText, Problem> {
    let mut places = Vec::new();
    let (mut username, mut header) = (None, None);
    for (key, value) in keys {
        let Value::String(text) = value else {
            return Err(Problem { what: format!("`{key}` of host `{host}` must be a text"), hint: None });
        };
        match key.as_str() {
            "token-env" => places.push(TokenPlace::Variable(text)),
            "token-file" => places.push(TokenPlace::File(text.into())),
            "netrc" => places.push(TokenPlace::Netrc(text.into())),
            "username" => username = Some(text),
            "header" => header = Some(text),
            _ => {
                let known = ["token-env", "token-file", "netrc", "username", "header"];
                return Err(unknown(&key, &known.map(str::to_owned).into()));
            }
        }
    }
    let problem = |what: &str| Problem { what: format!("host `{host}` {what}"), hint: None };
    let [token] = &places[..] else {
        return Err(problem("needs one of `token-env`, `token-file` and `netrc`"));
    };
    let form = match (username, header, token) {
        (None, None, TokenPlace::Netrc(_)) => TokenForm::Login,
        (_, _, TokenPlace::Netrc(_)) => return Err(problem("has its user name in the netrc file")),
        (None, None, _) => TokenForm::Bearer,
        (Some(username), None, _) => TokenForm::Basic(username),
        (None, Some(header), _) => TokenForm::Header(header),
        (Some(_), Some(_), _) => return Err(problem("takes `username` or `header`, not both")),
    };
    let token = token.clone();
    Ok(HostText { host, token, form })
}

fn find<'a>(command: &'a Command, path: &str) -> Option<&'a Command> {
    path.split('.').try_fold(command, |command, name| command.find_subcommand(name))
}

fn at(command: Command, path: &str, change: &dyn Fn(Command) -> Command) -> Command {
    match path.split_once('.') {
        Some((first, rest)) => command.mut_subcommand(first, |inner| at(inner, rest, change)),
        None => command.mut_subcommand(path, change),
    }
}

/// Sets `option` in every command that has it, as `key` of the file says.
fn everywhere(command: Command, option: &str, key: &str, value: Value) -> Result<Command, Problem> {
    let values = texts(key, value)?;
    fits_everywhere(&command, option, key, &values)?;
    Ok(set_everywhere(command, option, &values))
}

fn set_everywhere(command: Command, option: &str, values: &[String]) -> Command {
    let command = if has_option(&command, option) { set(command, option, values) } else { command };
    command.mut_subcommands(|inner| set_everywhere(inner, option, values))
}

fn fits_everywhere(command: &Command, option: &str, key: &str, values: &[String]) -> Result<(), Problem> {
    fits(command, option, key, values)?;
    command.get_subcommands().try_for_each(|inner| fits_everywhere(inner, option, key, values))
}

/// Refuses several values, or none, of an option that takes one: all but the first would be dropped, and a gate with them.
fn fits(command: &Command, option: &str, key: &str, values: &[String]) -> Result<(), Problem> {
    let mut options = command.get_arguments().filter(|arg| arg.get_long() == Some(option));
    let takes_one = options.any(|arg| !matches!(arg.get_action(), ArgAction::Append));
    if !takes_one || values.len() == 1 {
        return Ok(());
    }
    let (name, n_values) = (command.get_name(), values.len());
    Err(Problem {
        what: format!("`{key}` takes one value (`--{option}` of `{name}`), and the list has {n_values}"),
        hint: (option == FAIL_ON).then(|| "join expressions with `||`".to_owned()),
    })
}

fn has_option(command: &Command, key: &str) -> bool {
    command.get_arguments().any(|arg| arg.get_long() == Some(key))
}

fn set(command: Command, key: &str, values: &[String]) -> Command {
    let Some(id) =
        command.get_arguments().find(|arg| arg.get_long() == Some(key)).map(|arg| arg.get_id().clone())
    else {
        return command;
    };
    command.mut_arg(id, |arg| match arg.get_action() {
        ArgAction::Append => arg.default_values(values.to_vec()),
        _ => arg.default_value(values.first().cloned().unwrap_or_default()),
    })
}

fn known_keys(command: &Command) -> BTreeSet<String> {
    let mut keys: BTreeSet<String> = command
        .get_arguments()
        .filter_map(|arg| arg.get_long())
        .filter(|long| !matches!(*long, "help" | "version" | "config"))
        .map(str::to_owned)
        .collect();
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        keys.extend(known_keys(inner));
    }
    keys
}

fn texts(key: &str, value: Value) -> Result<Vec<String>, Problem> {
    let one = |value: Value| match value {
        Value::String(text) => Ok(text),
        Value::Boolean(on) => Ok(on.to_string()),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(number.to_string()),
        Value::Datetime(time) => Ok(time.to_string()),
        Value::Array(_) | Value::Table(_) => {
            Err(Problem { what: format!("`{key}` must be a text, a number, true or false"), hint: None })
        }
    };
    match value {
        Value::Array(values) => values.into_iter().map(one).collect(),
        value => Ok(vec![one(value)?]),
    }
}

fn unknown(key: &str, known: &BTreeSet<String>) -> Problem {
    let nearest = known.iter().min_by_key(|candidate| strsim::damerau_levenshtein(key, candidate));
    Problem {
        what: format!("unknown key `{key}`"),
        hint: nearest.map(|nearest| format!("the nearest known key is `{nearest}`")),
    }
}

#[cfg(test)]
mod tests;
