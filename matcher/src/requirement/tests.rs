//! What reference implementations say of ranges.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Prereleases, SYNTAXES, by_name, vers};

#[track_caller]
fn check(syntax: &str, text: &str, version: &str, ordered: Option<bool>, installed: Option<bool>) {
    let syntax = by_name(syntax).unwrap();
    let contains = |prereleases| syntax.contains(text, version, prereleases);
    assert_eq!(contains(Prereleases::Ordered), ordered, "`{version}` in `{text}` by order");
    assert_eq!(contains(Prereleases::Installed), installed, "`{version}` in `{text}` to install");
}

#[test]
fn every_file_is_a_syntax_and_listed_once() {
    let names: Vec<&str> = SYNTAXES.iter().map(|syntax| syntax.name).collect();
    assert!(names.is_sorted_by(|left, right| left < right), "sort SYNTAXES by name: {names:?}");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/requirement");
    #[expect(clippy::disallowed_methods, reason = "a test may look at the crate's own folder")]
    let entries = std::fs::read_dir(folder).unwrap();
    let files = entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned());
    // `vers:` names the scheme in its text, so it is no member.
    let files: BTreeSet<String> =
        files.filter(|file| !["mod", "tests", "vers"].contains(&file.as_str())).collect();
    assert_eq!(files, names.into_iter().map(str::to_owned).collect());
}

/// The rows of feeds.md C4: plain, and with pre-releases.
#[test]
fn npm_ranges_hold_what_node_says() {
    for (version, text, installed, ordered) in [
        ("1.2.3-beta", "^1.2.0", false, true),
        ("1.2.3-beta", "^1.2.3-alpha", true, true),
        ("1.3.0-beta", "^1.2.3-alpha", false, true),
        ("0.2.9", "^0.2.3", true, true),
        ("0.3.0", "^0.2.3", false, false),
        ("0.0.4", "^0.0.3", false, false),
        ("1.9.9", "^1", true, true),
        ("1.2.9", "~1.2.3", true, true),
        ("1.3.0", "~1.2.3", false, false),
        ("1.9.0", "~1", true, true),
        ("1.2.5", "1.2.x", true, true),
        ("1.2.5", "1.2", true, true),
        ("2.3.0", "1.2.3 - 2.3", true, true),
        ("2.4.0", "1.2.3 - 2.3", false, false),
        ("1.0.0-rc.1", ">=0.9.0", false, true),
        ("1.0.0-rc.1", "<1.0.0", false, true),
        ("1.0.0-rc.1", "<1.0.0-rc.2", true, true),
        ("1.0.0-a", "*", false, true),
        ("1.2.3", ">1.2", false, false),
        ("1.3.0", ">1.2", true, true),
        ("1.2.9", "<=1.2", true, true),
        ("1.2.0", "<1.2", false, false),
        ("1.2.3", "=1.2.3+build", true, true),
        ("2.0.0-rc.1", "<2.0.0-0", false, false),
        ("2.0.0-rc.1", "^1.0.0", false, false),
        ("1.5.0", "<1.0.0 || >=1.4.0 <1.6.0", true, true),
        ("1.5.0", ">= 1.4.0, < 1.6.0", true, true),
    ] {
        check("npm", text, version, Some(ordered), Some(installed));
    }
}

#[test]
fn other_notations_hold_what_their_tools_say() {
    check("gem", "~> 1.2, != 1.2.5", "1.9.pre", Some(true), Some(true));
    check("gem", "~> 1.2, != 1.2.5", "1.2.5", Some(false), Some(false));
    check("gem", "~> 1.9", "1.10", Some(true), Some(true));
    check("maven", "(,1.0],[1.2,)", "1.1", Some(false), Some(false));
    check("maven", "(,1.0],[1.2,)", "1.3", Some(true), Some(true));
    check("nuget", "1.0.*", "1.5", Some(true), Some(true));
    check("composer", "<1.2", "1.2.0-beta1", Some(true), Some(false));
    check("composer", "^0.3 || 2.*", "0.3.9", Some(true), Some(true));
    check("composer", "^0.3|2.*", "0.4.0", Some(false), Some(false));
    check("pep440", "<2", "2rc1", Some(true), Some(false));
    check("pep440", ">2,!=3.*", "2.post1", Some(true), Some(false));
    check("pep440", "==2.1", "2.1+cu118", Some(true), Some(true));
    check("pep440", ">=1,!=3.*", "3.1", Some(false), Some(false));
}

#[test]
fn what_cannot_be_read_is_unknown_unless_the_rest_decides() {
    for (syntax, text, version) in [
        ("npm", "nonsense", "1.0.0"),
        ("npm", ">=1.0.0", "nonsense"),
        ("npm", ">=", "1.0.0"),
        ("npm", "1.2.3.4.5", "1.0.0"),
        ("npm", "=>1.0.0", "1.0.0"),
        ("npm", "=<1.0.0", "1.0.0"),
        ("npm", "-", "1.0.0"),
        ("npm", "xyz", "1.0.0"),
        ("npm", "1.0.0 - 2.0.0 <1.9.0", "1.0.0"),
        ("gem", "~> x", "1.0"),
        ("gem", "!1.2.0", "1.0"),
        ("maven", "1.0", "1.0"),
        ("maven", "[1.0", "1.0"),
        ("maven", "[1,2,3]", "1.0"),
        ("maven", "", "1.0"),
        ("nuget", "[1.0,2.0", "1.0"),
        ("composer", "dev-main", "1.0"),
        ("composer", "~x", "1.0"),
        ("composer", "!1.2.0", "1.2.0"),
        ("composer", "~>1.2", "1.2"),
        ("composer", "=>1.2", "1.2"),
        ("composer", "=<1.2", "1.2"),
        ("composer", "1.0.0 - 2.0.0 <1.9", "1.0.0"),
        ("composer", "^1.0 || ", "2.0"),
        ("composer", "^1.0||", "2.0"),
        ("composer", "", "1.0"),
        ("pep440", "1.0", "1.0"),
        ("pep440", ">=1.0", "french toast"),
    ] {
        check(syntax, text, version, None, None);
    }
    check("npm", "nonsense || 1.x", "1.0.0", Some(true), Some(true));
    check("composer", "^1.0 || ", "1.5", Some(true), Some(true));
    check("npm", ">==1.0.0 ==1.5.0", "1.5.0", Some(true), Some(true));
    check("npm", ">=2.0.0 <nonsense.0", "1.0.0", None, None);
}

#[test]
fn hostile_requirements_are_refused_or_read() {
    for syntax in SYNTAXES {
        for text in [
            "||", "|", ",", "[", "(,)", "[,]", "~>", "^", "-", " - ", "*", "\u{0}", "\u{202e}", "é", "[é]",
            "1..", "~é",
        ] {
            for version in ["1.0.0", "", "é"] {
                syntax.contains(text, version, Prereleases::Ordered);
                syntax.contains(text, version, Prereleases::Installed);
            }
        }
        let long = ">=1 ".repeat(1_000_000);
        assert_eq!(syntax.contains(&long, "1.0.0", Prereleases::Ordered), None);
        let digits = format!(">={}", "9".repeat(60_000));
        syntax.contains(&digits, "1.0.0", Prereleases::Installed);
        let nines = format!("~{}", "9".repeat(60_000));
        syntax.contains(&nines, "1.0.0", Prereleases::Installed);
        let many = "1||".repeat(20_000);
        syntax.contains(&many, "1.0.0", Prereleases::Installed);
    }
}

/// Rows that we answer otherwise: syntax, requirement, version, and why.
const DIFFERENCES: &[(&str, &str, &str, &str)] = &[
    ("gem", " >  0.a", "", NO_VERSION),
    ("gem", "< 0.1", "", NO_VERSION),
    ("gem", "= 0", "", NO_VERSION),
    ("gem", "> 0.1", "", NO_VERSION),
    ("gem", "> 0.a ", "  ", NO_VERSION),
    (
        "npm",
        "== 1.0.0 || foo",
        "2.0.0",
        "node drops what it cannot read, and the rest decides; here it stays unknown whether `foo` holds it",
    ),
];

const NO_VERSION: &str = "Ruby reads nothing as 0; a package without a version is not known to be that old";

#[test]
fn every_difference_is_documented() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/version-differences.md");
    #[expect(clippy::disallowed_methods, reason = "a test may read the page it checks")]
    let page = std::fs::read_to_string(path).unwrap();
    for (syntax, text, _, reason) in DIFFERENCES {
        let n_rows = DIFFERENCES.iter().filter(|(other, _, _, why)| other == syntax && why == reason).count();
        let noun = if n_rows == 1 { "row" } else { "rows" };
        let line = format!("- `{syntax}`, {n_rows} {noun}: {reason}");
        assert!(page.lines().any(|found| found == line), "`{text}`: version-differences.md lacks: {line}");
    }
}

/// The rows of a table, without its head.
fn rows(data: &Path, table: &str) -> Vec<Vec<String>> {
    let text = String::from_utf8(testkit::data::read(&data.join(table))).unwrap();
    text.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

#[test]
fn ranges_hold_what_reference_implementations_say() {
    let Some(data) = testkit::data::require("ranges_hold_what_reference_implementations_say") else { return };
    let mut wrong = Vec::new();
    for (table, name) in [
        ("gem", "gem"),
        ("maven", "maven"),
        ("npm", "npm"),
        ("nuget", "nuget"),
        ("packagist", "composer"),
        ("pep440", "pep440"),
    ] {
        for row in rows(&data, &format!("versions/ranges/{table}.tsv")) {
            let [text, version, expected, options, ..] = row.as_slice() else { panic!("{table}: {row:?}") };
            let prereleases = match options.contains("\"includePrerelease\": true") {
                true => Prereleases::Ordered,
                false => Prereleases::Installed,
            };
            let answer = by_name(name).unwrap().contains(text, version, prereleases);
            let is_argued = DIFFERENCES.iter().any(|(syntax, other, installed, _)| {
                *syntax == name && other == text && installed == version
            });
            if (answer == Some(expected == "true")) == is_argued {
                wrong.push(format!("{table}: `{version}` in `{text}` is {expected}, not {answer:?}"));
            }
        }
    }
    for row in rows(&data, "versions/ranges/vers.tsv") {
        let [text, version, expected, ..] = row.as_slice() else { panic!("vers: {row:?}") };
        let answer = vers::contains(text, version);
        if answer != Some(expected == "true") {
            wrong.push(format!("vers: `{version}` in `{text}` is {expected}, not {answer:?}"));
        }
    }
    for row in rows(&data, "versions/validity.tsv") {
        let [table, text, validity, ..] = row.as_slice() else { panic!("{row:?}") };
        let answer = by_name("maven").unwrap().contains(text, "1.0", Prereleases::Ordered);
        if table == "maven-range" && answer.is_some() != (validity == "valid") {
            wrong.push(format!("{table}: `{text}` is {validity}"));
        }
    }
    assert!(wrong.is_empty(), "{} rows:\n{}", wrong.len(), wrong.join("\n"));
}

/// The texts of `field` in a JSON document, which has no escapes in them.
fn fields<'a>(json: &'a str, field: &str) -> Vec<&'a str> {
    let start = format!("\"{field}\": \"");
    json.split(&start).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// Native ranges that the other implementation translates into other versions, and how. It also writes fourth numbers
/// of Composer's versions as build metadata (`6.3.5+1`), which are left out below.
const BAD_TRANSLATIONS: &[(&str, &str)] = &[
    ("<= 1.0", "1.0 is a branch for npm, all of which is inside; it became `<=1.0.0`"),
    ("<=1.0", "1.0 is a branch for npm, all of which is inside; it became `<=1.0.0`"),
    ("<=2.1 >=1.1", "2.1 is a branch for npm, all of which is inside; it became `<=2.1.0`"),
    ("<=3.3", "3.3 is a branch for npm, all of which is inside; it became `<=3.3.0`"),
    ("2.1 || 2.6", "2.1 is a branch for npm, all of which is inside; it became `2.1.0`"),
    (">= 1.x", "it lost what is above the branch"),
    (">= 2.2.x", "it lost what is above the branch"),
    ("1.1.2 1.2.2", "both must hold, which nothing does; it became either"),
    (">=5.0.3 >=4.2.1", "both must hold; it became either"),
    ("^2.0.18 || ^3.0.16 || ^3.1.6 || ^4.0.8 || ^5.0.0-beta.5", "the ranges overlap; it did not merge them"),
    (
        "<1.3||>=1.3.0,<=1.3.12||>=1.4.0,<=1.4.5||>=1.5.0,<=1.5.0||>=1.6.0,<=1.6.2",
        "`vers:` has no range from a version to itself but the version alone",
    ),
    ("<2020-09-14", "the date became a pre-release"),
    ("=2016-10-31", "the date became a pre-release"),
    ("=1.5.6d", "Composer knows no `d`"),
];

/// A native range and what another implementation made of it in `vers:` hold the same versions: the bounds, and what is
/// next to them.
#[test]
fn native_ranges_hold_what_their_translations_hold() {
    let Some(data) = testkit::data::require("native_ranges_hold_what_their_translations_hold") else {
        return;
    };
    let (mut n_equal, mut wrong) = (0, Vec::new());
    for (table, name) in [
        ("gem_range_from_native.json", "gem"),
        ("npm_range_from_native.json", "npm"),
        ("nuget_range_from_native.json", "nuget"),
        ("pypi_range_from_native.json", "pep440"),
        ("gitlab/composer_gitlab_range_from_native.json", "composer"),
        ("gitlab/gem_gitlab_range_from_native.json", "gem"),
        ("gitlab/npm_gitlab_range_from_native.json", "npm"),
    ] {
        let path = data.join("versions/vers-from-native").join(table);
        let json = String::from_utf8(testkit::data::read(&path)).unwrap();
        let (natives, translations) = (fields(&json, "native_range"), fields(&json, "expected_output"));
        assert_eq!(natives.len(), translations.len(), "{table}");
        for (native, translation) in natives.into_iter().zip(translations) {
            if BAD_TRANSLATIONS.iter().any(|(bad, _)| *bad == native) || translation.contains('+') {
                continue;
            }
            let bounds = translation.split_once('/').unwrap().1.split('|').filter(|bound| *bound != "*");
            for bound in bounds.map(|bound| bound.trim_start_matches(['<', '>', '=', '!'])) {
                for version in [bound.to_owned(), format!("{bound}.1")] {
                    let native_answer =
                        by_name(name).unwrap().contains(native, &version, Prereleases::Ordered);
                    let answer = vers::contains(translation, &version);
                    match native_answer == answer {
                        true => n_equal += 1,
                        false => wrong.push(format!(
                            "{table}: `{version}` in `{native}`: {native_answer:?}, in `{translation}`: {answer:?}"
                        )),
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{n_equal} equal, {} not:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn translated_ranges_hold_what_the_other_implementation_says() {
    let Some(data) = testkit::data::require("translated_ranges_hold_what_the_other_implementation_says")
    else {
        return;
    };
    let path = data.join("versions/vers-from-native/pypi_range_containment.json");
    let json = String::from_utf8(testkit::data::read(&path)).unwrap();
    let cases = fields(&json, "vers").into_iter().zip(fields(&json, "version"));
    let answers: Vec<bool> =
        json.split("\"expected_output\": ").skip(1).map(|rest| rest.starts_with("true")).collect();
    assert!(!answers.is_empty());
    for ((range, version), answer) in cases.zip(answers) {
        assert_eq!(vers::contains(range, version), Some(answer), "`{version}` in `{range}`");
    }
}
