//! Options that another one leaves without any effect: whoever gave them would think that they were heard.

use clap::ArgMatches;
use clap::parser::ValueSource;

use crate::error::CommandError;

/// An option (its id) and the one that leaves it nothing to do, unless one of others is there too.
struct Rule {
    option: &'static str,
    because_of: &'static str,
    unless: &'static [&'static str],
    why: &'static str,
}

const KEPT: &str = "a snapshot that is kept is taken as it is";

/// What asks places by itself, for which a mirror stands in.
const ASKED_BESIDES: &[&str] = &["csaf", "openvex", "private", "vex"];

const RULES: [Rule; 8] = [
    Rule { option: "csaf", because_of: "snapshot", unless: &[], why: KEPT },
    Rule { option: "feeds_key", because_of: "snapshot", unless: &[], why: KEPT },
    Rule { option: "feeds_source", because_of: "snapshot", unless: &[], why: KEPT },
    Rule { option: "max_age", because_of: "snapshot", unless: &[], why: KEPT },
    Rule { option: "mirror", because_of: "snapshot", unless: &["vex"], why: KEPT },
    Rule { option: "openvex", because_of: "snapshot", unless: &[], why: KEPT },
    Rule { option: "private", because_of: "snapshot", unless: &[], why: KEPT },
    Rule {
        option: "mirror",
        because_of: "feeds_source",
        unless: ASKED_BESIDES,
        why: "published feeds are taken from their own place, not from a mirror",
    },
];

/// Refuses an option without effect. It is a warning where it is the configuration file's, or the environment's and what takes its
/// effect was typed: both are for many runs, and what is nearer counts.
///
/// Returns the warnings.
pub(crate) fn check(matches: &ArgMatches) -> Result<Vec<String>, CommandError> {
    let mut matches = matches;
    while let Some((_, inner)) = matches.subcommand() {
        matches = inner;
    }
    let mut warnings = Vec::new();
    for rule in &RULES {
        let (Some(given), Some(other)) = (source(matches, rule.option), source(matches, rule.because_of))
        else {
            continue;
        };
        if rule.unless.iter().any(|option| source(matches, option).is_some()) {
            continue;
        }
        let (option, because_of) = (spelt(rule.option), spelt(rule.because_of));
        let what = format!("`{option}` has no effect with `{because_of}`: {}", rule.why);
        told(what, given, Some(other), &mut warnings)?;
    }
    if let Some(given) = key_without_source(matches) {
        let what =
            "`--feeds-key` has no effect without `--feeds-source`: the vendors' feeds are not signed by it";
        told(what.to_owned(), given, None, &mut warnings)?;
    }
    Ok(warnings)
}

/// Where a key comes from that nothing is verified with, in a command that may take published feeds and has no other place for them.
fn key_without_source(matches: &ArgMatches) -> Option<ValueSource> {
    let may_take =
        matches.try_contains_id("feeds_source").is_ok() && matches.try_contains_id("places").is_err();
    let given = source(matches, "feeds_key").filter(|_| may_take)?;
    source(matches, "feeds_source").is_none().then_some(given)
}

fn told(
    what: String,
    given: ValueSource,
    other: Option<ValueSource>,
    warnings: &mut Vec<String>,
) -> Result<(), CommandError> {
    // Options of these rules have no default of their own: what looks like one is the file's.
    let is_of_file = given == ValueSource::DefaultValue || other == Some(ValueSource::DefaultValue);
    let is_overruled = given == ValueSource::EnvVariable && other == Some(ValueSource::CommandLine);
    if is_of_file || is_overruled {
        warnings.push(what);
        return Ok(());
    }
    let is_of_environment = given == ValueSource::EnvVariable || other == Some(ValueSource::EnvVariable);
    let which = if is_of_environment { "; the environment has one" } else { "" };
    Err(CommandError::new(what).hint(format!("leave it out, or what leaves it without effect{which}")))
}

/// Where the value of an option comes from; none when this command has no such option, or no value of it.
fn source(matches: &ArgMatches, option: &str) -> Option<ValueSource> {
    matches.try_contains_id(option).ok().filter(|is_given| *is_given)?;
    matches.value_source(option)
}

fn spelt(option: &str) -> String {
    format!("--{}", option.replace('_', "-"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args;

    fn warnings(words: &[&str]) -> Result<Vec<String>, CommandError> {
        let all = ["plimsoll"].iter().chain(words);
        check(&args::command().try_get_matches_from(all).unwrap())
    }

    #[test]
    fn an_option_without_effect_is_refused() {
        for words in [
            &["match", "x", "--snapshot", "s", "--mirror", "m"][..],
            &["match", "x", "--snapshot", "s", "--private", "m"],
            &["scan", "x", "--snapshot", "s", "--csaf", "m"],
            &["scan", "x", "--snapshot", "s", "--openvex", "https://m.example/"],
            &["scan", "x", "--snapshot", "s", "--max-age", "1h"],
            &["match", "x", "--snapshot", "s", "--feeds-source", "./m"],
            &["match", "x", "--feeds-key", "k"],
            &["rematch", "--feeds-key", "k"],
            &["rematch", "--mirror", "m", "--feeds-source", "./m"],
        ] {
            assert!(warnings(words).is_err(), "{words:?}");
        }
        for words in [
            &["match", "x", "--snapshot", "s", "--fallback", "cpe"][..],
            &["match", "x", "--snapshot", "s", "--mirror", "m", "--vex", "https://v.example/vex.json"],
            &["match", "x", "--mirror", "m", "--feeds-source", "./m", "--private", "https://p.example/"],
            &["match", "x", "--feeds-key", "k", "--feeds-source", "./m"],
            &["feeds", "pull", "./m", "--feeds-key", "k"],
            &["feeds", "import", "m", "--feeds-key", "k"],
            &["feeds", "sync", "--mirror", "m", "--max-age", "0s"],
        ] {
            assert_eq!(warnings(words).unwrap(), Vec::<String>::new(), "{words:?}");
        }
    }

    #[test]
    fn rules_are_of_options_that_there_are_and_that_have_no_default() {
        let command = args::command();
        let matched = command.find_subcommand("match").unwrap();
        for rule in &RULES {
            for id in [rule.option, rule.because_of].iter().chain(rule.unless) {
                let option = matched.get_arguments().find(|arg| arg.get_id() == id).unwrap();
                assert!(option.get_default_values().is_empty(), "{id}");
            }
        }
    }
}
