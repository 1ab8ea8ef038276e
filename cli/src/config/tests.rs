//! What of a file counts, and which mistakes are told.

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
        with_defaults(args::command(), "offline = true\n[scan]\nfail-on = 'high'".parse().unwrap()).unwrap();
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
    check_bad_classifier("[[sbom.classifier]]\nname = ['a', 'b']", "`name` of a classifier must be", None);
    let bad = "[[sbom.classifier]]\nname = 'a'\nfiles = 'a'\npattern = '('\npurl = 'pkg:generic/a'";
    check_bad_classifier(bad, "[[sbom.classifier]]: `pattern` of classifier `a`: regex parse error", None);
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
const TAKEN: [&str; 41] = [
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
    "all",
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

/// Options of [`TAKEN`] that a file that was only found may say to the action too: how much is told, and how the work is done.
const TAKEN_BY_ACTION: [&str; 9] =
    ["fail_on", "quiet", "verbose", "color", "no_progress", "jobs", "dockerfile", "no_cache", "cache_size"];

#[test]
fn of_every_option_of_the_action_it_is_said_whether_it_steers_the_gate() {
    let command = args::command();
    let own = command.find_subcommand(action::NAME).unwrap().get_arguments();
    let taken = own.chain(command.get_arguments()).map(|arg| arg.get_id().as_str());
    let taken: BTreeSet<&str> = taken.filter(|id| TAKEN.contains(id)).collect();
    let steering = of_action::STEERING.iter().map(|(id, _)| *id);
    let listed: Vec<&str> = TAKEN_BY_ACTION.into_iter().chain(steering).collect();
    assert_eq!(listed.len(), taken.len(), "each is in one of STEERING and TAKEN_BY_ACTION");
    assert_eq!(BTreeSet::from_iter(listed), taken);
}

#[test]
fn commands_without_feeds_are_commands() {
    for name in WITHOUT_FEEDS {
        assert!(args::command().find_subcommand(name).is_some(), "{name}");
    }
}

#[test]
fn a_list_is_for_options_that_take_several_values() {
    let problem = |config: &str| with_defaults(args::command(), config.parse().unwrap()).unwrap_err();
    for config in ["fail-on = ['kev', 'severity >= HIGH']", "fail-on = []", "[scan]\nfail-on = ['a', 'b']"] {
        let problem = problem(config);
        assert!(problem.what.contains("fail-on` takes one value"), "{}", problem.what);
        assert_eq!(problem.hint.as_deref(), Some("join expressions with `||`"));
    }
    assert!(problem("feeds.dir = ['a', 'b']").what.starts_with("`feeds.dir` takes one value"));
    assert!(problem("verbose = [1, 2]").what.starts_with("`verbose` takes one value"));
    let command = with_defaults(args::command(), "risk = []\nvex = ['a', 'b']".parse().unwrap()).unwrap();
    let matches = command.try_get_matches_from(["plimsoll", "match", "x"]).unwrap();
    assert_eq!(matches.subcommand().unwrap().1.get_raw("vex").unwrap().len(), 2);
}

#[test]
fn a_section_counts_over_the_top_whatever_their_names() {
    let config = "max-age = '1d'\nvex = 'all'\nprivate = 'all'\n[feeds.sync]\nmax-age = '0s'\nprivate = 'own'\n\
                  [match]\nvex = 'own'\n[action]\nvex = 'own'";
    let command = with_defaults(args::command(), config.parse().unwrap()).unwrap();
    let raw = |words: &[&str], option: &str| {
        let matches = command.clone().try_get_matches_from(words).unwrap();
        let mut matches = &matches;
        while let Some((_, inner)) = matches.subcommand() {
            matches = inner;
        }
        let values: Vec<String> =
            matches.get_raw(option).unwrap().map(|value| value.to_string_lossy().into_owned()).collect();
        values.join(" ")
    };
    assert_eq!(raw(&["plimsoll", "feeds", "sync"], "max_age"), "0s");
    assert_eq!(raw(&["plimsoll", "feeds", "sync"], "private"), "own");
    assert_eq!(raw(&["plimsoll", "match", "x"], "vex"), "own");
    assert_eq!(raw(&["plimsoll", "action"], "vex"), "own");
    assert_eq!(raw(&["plimsoll", "match", "x"], "max_age"), "1d");
    assert_eq!(raw(&["plimsoll", "scan", "x"], "vex"), "all");
}

#[test]
fn the_section_of_what_the_action_stands_for_is_the_actions_too() {
    let command = args::command();
    let mut table: Table =
        "scan = {fail-on = 'kev', images = 'list', risk = 'kev=2'}\naction.risk = 'kev=3'".parse().unwrap();
    lend_to_action(&command, &mut table, "match");
    assert_eq!(table["action"].as_table().unwrap().len(), 1);
    lend_to_action(&command, &mut table, "scan");
    let expected: Table = "fail-on = 'kev'\nrisk = 'kev=3'".parse().unwrap();
    assert_eq!(table["action"].as_table(), Some(&expected));
    with_defaults(command, table).unwrap();
}

#[test]
fn an_option_is_said_once() {
    let twice = with_defaults(args::command(), "private = 'a'\nfeeds.private = 'b'".parse().unwrap());
    assert_eq!(twice.unwrap_err().what, "`private` and `feeds.private` are the same option");
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
