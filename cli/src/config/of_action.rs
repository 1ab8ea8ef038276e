//! What the configuration file says to the action: the section of the command that the action stands for, and what it may not say
//! there when it was only found.

use std::path::Path;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};
use toml::{Table, Value};

use super::{Problem, has_option, key_of, source};
use crate::args;
use crate::commands::action;
use crate::environment;
use crate::error::CommandError;

/// Lets the section of the command that the action stands for hold for the action too, but for what its own section says.
pub(super) fn lend_to_action(command: &Command, table: &mut Table, section: &str) {
    let Some(Value::Table(lent)) = table.get(section).cloned() else { return };
    let Some(known) = command.find_subcommand(action::NAME) else { return };
    let own = table.entry(action::NAME).or_insert_with(|| Value::Table(Table::new()));
    let Value::Table(own) = own else { return };
    for (key, value) in lent.into_iter().filter(|(key, _)| has_option(known, key)) {
        own.entry(key).or_insert(value);
    }
}

/// Options (their ids) that the action does not take from a file that was only found, and why. In the action the checkout is what is
/// judged, and a gate that the workflow gives is no gate if the checkout says of what, by which feeds and how leniently it is asked
/// (`docs/decisions/0044`).
pub(super) const STEERING: [(&str, &str); 15] = [
    ("allow_empty", "it accepts that nothing was judged"),
    ("as_of", "it says what is old, and what is still supported"),
    ("base", "it says what is `base` and what is `yours`"),
    ("distro", "it says whose feed is asked"),
    ("fallback", "it says what is looked up by CPE name"),
    ("image", "it says which image is judged"),
    ("max_age", "it says how old the feeds may be"),
    ("name", "it says whose alerts an upload closes"),
    ("offline", "it says how old the feeds may be"),
    ("platform", "it says which image is judged"),
    ("referrers", "it says whether an image is opened or an SBOM is believed"),
    ("risk", "it says what a gate of risks sees"),
    ("scope", "it says which packages are judged"),
    ("snapshot", "it says by which feeds is judged, as by those of a day before a vulnerability was known"),
    ("unfixed_from_rhel", "it says whether what is not fixed is asked for"),
];

/// Those of them that are inputs too.
const INPUTS: [&str; 5] = ["fallback", "name", "offline", "platform", "risk"];

/// Refuses what `found`, a file that merely lies in the checkout, says of [`STEERING`] options, as far as it would count in this run of
/// the action.
pub(super) fn steers(found: &Path, matches: &ArgMatches) -> Result<(), CommandError> {
    let command = args::command();
    let used = command.find_subcommand(action::stands_for()).into_iter().flat_map(Command::get_arguments);
    let mut used = command.get_arguments().chain(used).filter(|arg| !has_input(arg.get_id().as_str()));
    let refused = used.find_map(|arg| {
        let steering = STEERING.iter().find(|(option, _)| arg.get_id() == option);
        steering.filter(|_| is_of_file(matches, arg))
    });
    match refused {
        None => Ok(()),
        Some((option, why)) => Err(refusal(option, why).of(found)),
    }
}

fn refusal(option: &str, why: &str) -> Problem {
    let key = key_of(option);
    let variable = format!("PLIMSOLL_{}", option.to_ascii_uppercase());
    let other = match INPUTS.contains(&option) {
        true => format!("the input `{}` or `{variable}`", option.replace('_', "-")),
        false => format!("`{variable}`"),
    };
    Problem {
        what: format!("the action takes `{key}` only from a file that is named: {why}"),
        hint: Some(format!("say it with {other}, or name the file with `PLIMSOLL_CONFIG` if you trust it")),
    }
}

/// Whether an input says it, which counts over the file.
fn has_input(option: &str) -> bool {
    let value = environment::variable(&format!("INPUT_{}", option.to_ascii_uppercase()));
    // The action always says whether it is offline, and `false` is no word against the file's.
    INPUTS.contains(&option) && value.is_some_and(|value| option != "offline" || value == "true")
}

/// Whether the value of `option` is the file's, and another than the option has by itself.
fn is_of_file(matches: &ArgMatches, option: &Arg) -> bool {
    let id = option.get_id().as_str();
    if source(matches, id) != Some(ValueSource::DefaultValue) {
        return false;
    }
    if matches!(option.get_action(), ArgAction::SetTrue) {
        return matches.get_flag(id);
    }
    let said = matches.try_get_raw(id).ok().flatten().into_iter().flatten();
    !said.eq(option.get_default_values().iter().map(|value| value.as_os_str()))
}
