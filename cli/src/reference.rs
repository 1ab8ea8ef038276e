//! Holds `docs/reference/cli.md` to what clap knows: a section for every command, and in it a table of every option in the
//! words of its help. The rest of the page is written by hand.

use std::collections::BTreeMap;
use std::fs;

use clap::builder::PossibleValue;
use clap::{Arg, ArgAction, Command};

use crate::args;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/cli.md");

/// The section of the options that every command has.
const GLOBAL: &str = "Everywhere";

/// The lines that every table begins with.
const HEAD: &str = "| option | meaning |\n|---|---|\n";

#[test]
fn the_page_of_the_command_line_is_what_clap_knows() {
    let page = fs::read_to_string(PAGE).unwrap();
    let expected = page_with_tables(&page, &args::command());
    if testkit::bless() {
        fs::write(PAGE, &expected).unwrap();
    }
    let written = fs::read_to_string(PAGE).unwrap();
    let differing = written.lines().zip(expected.lines()).find(|(left, right)| left != right);
    assert_eq!(differing, None, "PLIMSOLL_BLESS=1 writes {PAGE}");
    assert_eq!(written.len(), expected.len(), "PLIMSOLL_BLESS=1 writes {PAGE}");
}

/// `page` with the table of each command's section written anew.
fn page_with_tables(page: &str, root: &Command) -> String {
    let mut tables = tables(page, root);
    let mut lines = page.lines().peekable();
    let (mut written, mut title) = (String::new(), "");
    while let Some(line) = lines.next() {
        title = line.strip_prefix("## ").unwrap_or(title);
        if HEAD.starts_with(line) && !line.is_empty() {
            let table = tables.remove(title);
            written.push_str(
                &table.unwrap_or_else(|| panic!("{PAGE}: no table of options belongs in `{title}`")),
            );
            while lines.next_if(|line| line.starts_with('|')).is_some() {}
        } else {
            written.push_str(line);
            written.push('\n');
        }
    }
    let missing: Vec<&str> = tables.into_keys().collect();
    assert!(missing.is_empty(), "{PAGE}: no table of options (`| option | meaning |`) in {missing:?}");
    written
}

/// The table of every section, by its title. What an earlier section says of an option is not said again.
fn tables<'a>(page: &'a str, root: &Command) -> BTreeMap<&'a str, String> {
    let mut commands = BTreeMap::new();
    collect("plimsoll", root, &mut commands);
    let mut said: BTreeMap<(String, String), &str> = BTreeMap::new();
    let mut tables = BTreeMap::new();
    for title in page.lines().filter_map(|line| line.strip_prefix("## ")) {
        let options = match commands.remove(title) {
            Some(command) => options(command, false),
            None if title == GLOBAL => options(root, true),
            None => continue,
        };
        let mut table = HEAD.to_owned();
        for option in &options {
            let (name, words) = (spelling(option), meaning(option));
            let first = *said.entry((name.clone(), words.clone())).or_insert(title);
            let words = match first == title {
                true => words,
                false => format!("as in `{}`", first.trim_start_matches("plimsoll ")),
            };
            table.push_str(&format!("| {name} | {words} |\n"));
        }
        if !options.is_empty() {
            tables.insert(title, table);
        }
    }
    let missing: Vec<&String> = commands.keys().collect();
    assert!(missing.is_empty(), "{PAGE} has no section of {missing:?}");
    tables
}

/// The commands that can be run, by the words that are typed; hidden ones are nobody's contract.
fn collect<'a>(words: &str, command: &'a Command, commands: &mut BTreeMap<String, &'a Command>) {
    let inner = command.get_subcommands().filter(|inner| !inner.is_hide_set()).collect::<Vec<_>>();
    if inner.is_empty() {
        commands.insert(words.to_owned(), command);
    }
    for command in inner {
        collect(&format!("{words} {}", command.get_name()), command, commands);
    }
}

/// What `command` can be told by name, but help and version; in the order of its help.
fn options(command: &Command, is_global: bool) -> Vec<&Arg> {
    let named = command.get_arguments().filter(|arg| {
        arg.get_long().is_some_and(|long| !matches!(long, "help" | "version")) && !arg.is_hide_set()
    });
    named.filter(|arg| arg.is_global_set() == is_global).collect()
}

/// How an option is typed: `` `--output FORMAT[=FILE]`, `-o` ``.
fn spelling(option: &Arg) -> String {
    let value = match option.get_action().takes_values() {
        true => option.get_value_names().unwrap_or_default().join(" "),
        false => String::new(),
    };
    let long = format!("--{} {value}", option.get_long().unwrap_or_default());
    let short = option.get_short().map(|short| format!(", `-{short}`")).unwrap_or_default();
    cell(&format!("`{}`{short}", long.trim_end()))
}

/// The help of an option, the values that it takes, and its default.
fn meaning(option: &Arg) -> String {
    let help = option.get_long_help().or(option.get_help()).map(ToString::to_string);
    let help = help.unwrap_or_else(|| panic!("`--{}` has no help", option.get_long().unwrap_or_default()));
    let paragraphs = help.split("\n\n").map(|it| it.split_whitespace().collect::<Vec<_>>().join(" "));
    let mut words = paragraphs.collect::<Vec<_>>().join(". ");
    if option.get_action().takes_values() {
        let values: Vec<String> = option.get_possible_values().iter().map(value).collect();
        if !values.is_empty() {
            words.push_str(&format!(": {}", values.join(", ")));
        }
        for default in option.get_default_values().iter().filter(|_| !option.is_hide_default_value_set()) {
            words.push_str(&format!("; default `{}`", default.to_string_lossy()));
        }
    }
    cell(&words)
}

/// A value that an option takes, and what its help adds to its name.
fn value(value: &PossibleValue) -> String {
    let (name, help) = (value.get_name(), value.get_help().map(ToString::to_string).unwrap_or_default());
    match help.to_lowercase() == name || help.is_empty() {
        true => format!("`{name}`"),
        false => format!("`{name}` ({}{})", help[..1].to_lowercase(), &help[1..]),
    }
}

/// Text of a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[test]
fn a_forgotten_command_or_option_is_told() {
    let command = || {
        let option = Arg::new("x").long("x").short('x').value_name("A|B").help("Do | so");
        let quiet =
            Arg::new("quiet").long("quiet").global(true).action(ArgAction::SetTrue).help("Say nothing");
        Command::new("plimsoll")
            .arg(quiet)
            .subcommand(Command::new("one").arg(option.clone()))
            .subcommand(Command::new("two").arg(option))
    };
    let page = "## Everywhere\n\n| option | meaning |\n| `--old` | gone |\n\n## plimsoll one\n\n| option | meaning |\n\n\
                More.\n\n## plimsoll two\n\n| option | meaning |\n";
    let expected = "## Everywhere\n\n| option | meaning |\n|---|---|\n| `--quiet` | Say nothing |\n\n## plimsoll one\n\n\
                    | option | meaning |\n|---|---|\n| `--x A\\|B`, `-x` | Do \\| so |\n\nMore.\n\n## plimsoll two\n\n\
                    | option | meaning |\n|---|---|\n| `--x A\\|B`, `-x` | as in `one` |\n";
    assert_eq!(page_with_tables(page, &command()), expected);
    let is_told = |page: &str| std::panic::catch_unwind(|| page_with_tables(page, &command())).is_err();
    assert!(is_told(&page.replace("## plimsoll two", "## plimsoll three")));
    assert!(is_told(&page.replace("## plimsoll one\n\n| option | meaning |\n", "## plimsoll one\n\n")));
}
