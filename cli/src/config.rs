//! `plimsoll.toml`: another default for every option.
//!
//! A key at the top is an option of any command (`fail-on = "high"`); under a command's name it holds for that
//! command alone (`[scan]`, `[feeds.sync]`). The feeds directory is `feeds.dir`, and advisories of one's own are
//! `feeds.private`, publishers of CSAF `feeds.csaf` and places of OpenVEX `feeds.openvex`, for every command. An unknown
//! key is an error that names the nearest known one.
//!
//! Beside options it holds `[[sbom.classifier]]`: programs that plimsoll is to know; and `[feeds.hosts."HOST"]`: where the
//! credential for a host of feeds is.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Command};
use sbom::cataloger::{ClassifierText, Classifiers};
use toml::{Table, Value};

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
        _ => option.replace('_', "-"),
    }
}

/// The option with outputs: what goes to standard output may stand in a file that was only found, files may not.
const OUTPUT: &str = "output";

/// Refuses what `found`, a file that merely lies in the working directory, says of [`REFUSED`] options, of files to
/// write and of where published feeds come from, as far as it would count in this run.
pub(crate) fn believed(found: &Path, matches: &ArgMatches) -> Result<(), CommandError> {
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

fn with_defaults(mut command: Command, table: Table) -> Result<Command, Problem> {
    let known = known_keys(&command);
    for (key, value) in table {
        command = match value {
            Value::Table(section) if key == ALMA => of_alma(command, section)?,
            Value::Table(section) => in_section(command, &key, section, &known)?,
            value => {
                if !known.contains(&key) {
                    return Err(unknown(&key, &known));
                }
                everywhere(command, &key, &texts(&key, value)?)
            }
        };
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
    let Some(mut target) = find(&command, path).cloned() else {
        return Err(unknown(path, known));
    };
    for (key, value) in section {
        let everywhere_as = match (path, key.as_str()) {
            ("feeds", "dir") => Some("feeds"),
            ("feeds", "sources") => Some("feeds-source"),
            ("feeds", "keys") => Some("feeds-key"),
            _ => None,
        };
        if let Some(option) = everywhere_as {
            command = everywhere(command, option, &texts(&format!("{path}.{key}"), value)?);
            target = find(&command, path).cloned().unwrap_or(target);
            continue;
        }
        if let ("feeds", "private" | "csaf" | "openvex") = (path, key.as_str()) {
            command = everywhere(command, &key, &texts(&key, value)?);
            target = find(&command, path).cloned().unwrap_or(target);
            continue;
        }
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
        let values = texts(&key, value)?;
        command = at(command, path, &|target| set(target, &key, &values));
    }
    Ok(command)
}

/// The section of what is said of AlmaLinux, and of Rocky Linux with it; no command is called so.
const ALMA: &str = "alma";

/// Sets what the section [`ALMA`] says, for every command.
fn of_alma(mut command: Command, section: Table) -> Result<Command, Problem> {
    const UNFIXED: &str = "unfixed_from_rhel";
    for (key, value) in section {
        if key != UNFIXED {
            return Err(unknown(&key, &BTreeSet::from([UNFIXED.to_owned()])));
        }
        command = everywhere(command, "unfixed-from-rhel", &texts(&key, value)?);
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

fn everywhere(command: Command, key: &str, values: &[String]) -> Command {
    let command = if has_option(&command, key) { set(command, key, values) } else { command };
    command.mut_subcommands(|inner| everywhere(inner, key, values))
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
mod tests {
    use super::*;
    use crate::args;

    #[track_caller]
    fn feeds_dir_of_scan(config: &str) -> String {
        let command = with_defaults(args::command(), config.parse().unwrap()).unwrap();
        let matches = command.try_get_matches_from(["plimsoll", "scan", "x"]).unwrap();
        let (_, scan) = matches.subcommand().unwrap();
        scan.get_one::<PathBuf>("feeds").map(|path| path.display().to_string()).unwrap_or_default()
    }

    #[test]
    fn the_feeds_directory_is_a_key_of_the_feeds_section() {
        assert_eq!(feeds_dir_of_scan("feeds.dir = '/data/feeds'"), "/data/feeds");
        assert_eq!(feeds_dir_of_scan(""), "");
    }

    #[test]
    fn a_key_at_the_top_holds_for_every_command_and_a_section_for_its_own() {
        let command =
            with_defaults(args::command(), "offline = true\n[scan]\nfail-on = 'high'".parse().unwrap())
                .unwrap();
        let matches = command.clone().try_get_matches_from(["plimsoll", "scan", "x"]).unwrap();
        let (_, scan) = matches.subcommand().unwrap();
        assert_eq!(scan.get_one::<String>("fail_on").map(String::as_str), Some("high"));
        assert!(scan.get_flag("offline"));
        let words = ["plimsoll", "scan", "x", "--fail-on", "low", "--snapshot", "s"];
        let matches = command.clone().try_get_matches_from(words).unwrap();
        let (_, scan) = matches.subcommand().unwrap();
        assert_eq!(scan.get_one::<String>("fail_on").map(String::as_str), Some("low"));
        assert_eq!(scan.get_one::<String>("snapshot").map(String::as_str), Some("s"));
        let matches = command.try_get_matches_from(["plimsoll", "match", "x"]).unwrap();
        let (_, matched) = matches.subcommand().unwrap();
        assert_eq!(matched.get_one::<String>("fail_on"), None);
    }

    #[track_caller]
    fn check_bad_classifier(config: &str, what: &str, hint: Option<&str>) {
        let problem = classifiers(&mut config.parse().unwrap()).unwrap_err();
        assert!(problem.what.starts_with(what), "{}", problem.what);
        assert_eq!(problem.hint.as_deref(), hint);
    }

    #[test]
    fn classifiers_are_taken_out_of_the_section_of_the_sbom_command() {
        let config = "[sbom]\nall-layers = true\n[[sbom.classifier]]\nname = 'a'\nfiles = '**/a'\npattern = 'a(1)'\n\
                      purl = 'pkg:generic/a'\n[[sbom.classifier]]\nname = 'b'\nfiles = ['b', 'c/*']\n\
                      pattern = 'b(1)'\npurl = 'pkg:generic/b'\ncpe = 'cpe:2.3:a:b:b:{version}'";
        let mut table: Table = config.parse().unwrap();
        assert!(format!("{:?}", classifiers(&mut table).unwrap()).contains("\"c/*\""));
        assert!(table["sbom"].as_table().unwrap().keys().eq(["all-layers"]));
        assert!(format!("{:?}", classifiers(&mut Table::new()).unwrap()) == "[]");
        check_bad_classifier(
            "[sbom.classifier]\nname = 'a'",
            "`sbom.classifier` must be a list",
            Some("begin each classifier with the line `[[sbom.classifier]]`"),
        );
        check_bad_classifier(
            "[[sbom.classifier]]\npatern = 'a'",
            "unknown key `patern`",
            Some("the nearest known key is `pattern`"),
        );
        check_bad_classifier(
            "[[sbom.classifier]]\nname = ['a', 'b']",
            "`name` of a classifier must be",
            None,
        );
        let bad = "[[sbom.classifier]]\nname = 'a'\nfiles = 'a'\npattern = '('\npurl = 'pkg:generic/a'";
        check_bad_classifier(
            bad,
            "[[sbom.classifier]]: `pattern` of classifier `a`: regex parse error",
            None,
        );
        let problem = with_defaults(args::command(), "[[sbom.classifer]]\nname = 'a'".parse().unwrap());
        let hint = problem.unwrap_err().hint;
        assert_eq!(hint.as_deref(), Some("the nearest known key is `classifier`"));
    }

    #[test]
    fn hosts_are_taken_out_of_the_section_of_the_feeds() {
        let config = "[feeds]\ndir = 'x'\n[feeds.hosts.'a.example']\ntoken-env = 'A'\n[feeds.hosts.'b.example:8443']\n\
                      token-file = 't'\nusername = 'ann'\n[feeds.hosts.c]\ntoken-env = 'C'\nheader = 'apiKey'\n\
                      [feeds.hosts.d]\nnetrc = 'n'";
        let mut table: Table = config.parse().unwrap();
        let host = |host: &str, token, form| HostText { host: host.to_owned(), token, form };
        let variable = |name: &str| TokenPlace::Variable(name.to_owned());
        assert_eq!(
            hosts(&mut table).unwrap(),
            [
                host("a.example", variable("A"), TokenForm::Bearer),
                host("b.example:8443", TokenPlace::File("t".into()), TokenForm::Basic("ann".to_owned())),
                host("c", variable("C"), TokenForm::Header("apiKey".to_owned())),
                host("d", TokenPlace::Netrc("n".into()), TokenForm::Login),
            ]
        );
        assert!(table["feeds"].as_table().unwrap().keys().eq(["dir"]));
        for (config, what) in [
            ("feeds.hosts = 'x'", "`feeds.hosts` must be a table"),
            ("feeds.hosts.a = 'x'", "`feeds.hosts` must be a table"),
            ("feeds.hosts.a.token = 's3cret'", "unknown key `token`"),
            ("feeds.hosts.a.token-env = 1", "`token-env` of host `a` must be a text"),
            ("feeds.hosts.a = {}", "host `a` needs one of"),
            ("feeds.hosts.a = {token-env = 'A', netrc = 'n'}", "host `a` needs one of"),
            ("feeds.hosts.a = {netrc = 'n', username = 'u'}", "host `a` has its user name"),
            ("feeds.hosts.a = {token-env = 'A', username = 'u', header = 'h'}", "host `a` takes"),
        ] {
            let problem = hosts(&mut config.parse().unwrap()).unwrap_err();
            assert!(problem.what.starts_with(what), "{}", problem.what);
            assert!(!problem.what.contains("s3cret"));
        }
        let problem = with_defaults(args::command(), "[feeds.host.a]\ntoken-env = 'A'".parse().unwrap());
        assert!(problem.is_err());
    }

    /// Options (their ids) that a file that was only found may say: they decide how this run judges and what it
    /// tells, or only what is asked for.
    const TAKEN: [&str; 40] = [
        "offline",
        "quiet",
        "verbose",
        "color",
        "no_progress",
        "max_age",
        "fallback",
        "unfixed_from_rhel",
        "jobs",
        "only",
        "for_sbom",
        "format",
        "verify",
        "check",
        "keep",
        "raw",
        "snapshot",
        "fail_on",
        "batch",
        "package",
        "risk",
        "as_of",
        "allow_empty",
        "distro",
        "dry_run",
        "full",
        "referrers",
        "images",
        "files",
        "platform",
        "image",
        "name",
        "dockerfile",
        "base",
        "scope",
        "no_cache",
        "cache_size",
        "strict",
        "schema",
        "minimum",
    ];

    /// Options of which a part is taken: see `believed`.
    const IN_PART: [&str; 3] = [OUTPUT, "feeds_source", "feeds_key"];

    /// The options of `command` and of all below it that a file can say.
    fn options(command: &Command) -> Vec<clap::Arg> {
        let own = command
            .get_arguments()
            .filter(|arg| arg.get_long().is_some_and(|long| !matches!(long, "help" | "version" | "config")));
        own.cloned().chain(command.get_subcommands().flat_map(options)).collect()
    }

    #[test]
    fn of_every_option_it_is_said_whether_a_file_that_was_only_found_may_say_it() {
        let options = options(&args::command());
        let refused: Vec<&str> = REFUSED.iter().map(|(id, _)| *id).collect();
        for arg in &options {
            let id = arg.get_id().as_str();
            let tables = [&refused[..], &TAKEN, &IN_PART];
            let n_tables = tables.iter().filter(|table| table.contains(&id)).count();
            assert_eq!(n_tables, 1, "`{id}` must be in one of REFUSED, TAKEN and IN_PART");
        }
        for id in refused.iter().chain(&TAKEN).chain(&IN_PART) {
            assert!(options.iter().any(|arg| arg.get_id() == id), "there is no option `{id}`");
        }
        for arg in options.iter().filter(|arg| !TAKEN.contains(&arg.get_id().as_str())) {
            let id = arg.get_id().as_str();
            assert_eq!(arg.get_long(), Some(&*id.replace('_', "-")));
            assert!(arg.get_default_values().is_empty(), "`{id}` has a default, which looks like the file's");
        }
    }

    #[test]
    fn commands_without_feeds_are_commands() {
        for name in WITHOUT_FEEDS {
            assert!(args::command().find_subcommand(name).is_some(), "{name}");
        }
    }

    #[test]
    fn what_rebuilds_ask_is_a_key_of_a_section_of_its_own() {
        let command = |config: &str| with_defaults(args::command(), config.parse().unwrap());
        let command = command("alma.unfixed_from_rhel = false").unwrap();
        for words in [["plimsoll", "scan", "x"], ["plimsoll", "rematch", "x"]] {
            let matches = command.clone().try_get_matches_from(words).unwrap();
            let (_, inner) = matches.subcommand().unwrap();
            assert_eq!(inner.get_one::<bool>("unfixed_from_rhel"), Some(&false), "{words:?}");
        }
        let words = ["plimsoll", "match", "x", "--unfixed-from-rhel", "true"];
        let matches = command.try_get_matches_from(words).unwrap();
        assert_eq!(matches.subcommand().unwrap().1.get_one::<bool>("unfixed_from_rhel"), Some(&true));
        let problem = with_defaults(args::command(), "alma.unfixed = false".parse().unwrap()).unwrap_err();
        assert_eq!(problem.hint.as_deref(), Some("the nearest known key is `unfixed_from_rhel`"));
    }

    #[test]
    fn an_unknown_key_names_the_nearest() {
        let problem = with_defaults(args::command(), "fail-onn = 'high'".parse().unwrap()).unwrap_err();
        assert_eq!(problem.what, "unknown key `fail-onn`");
        assert_eq!(problem.hint.as_deref(), Some("the nearest known key is `fail-on`"));
        assert!(with_defaults(args::command(), "[scann]\nx = 1".parse().unwrap()).is_err());
    }
}
