//! What every scheme must keep, and what reference implementations say.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use self::differences::is_argued;
use super::{SCHEMES, VersionScheme, by_name, for_ecosystem};
use model::ecosystem::Ecosystem;

mod bounds;
mod differences;
mod documented;

#[track_caller]
fn scheme(name: &str) -> &'static VersionScheme {
    by_name(name).unwrap()
}

/// The order both ways round, which must agree, and be that of versions where both texts are versions.
#[track_caller]
fn order(scheme: &VersionScheme, left: &str, right: &str) -> Option<Ordering> {
    let order = (scheme.order_of_texts)(left, right);
    let reverse = (scheme.order_of_texts)(right, left);
    assert_eq!(order, reverse.map(Ordering::reverse), "{}: `{left}` and `{right}`", scheme.name);
    let are_versions = (scheme.is_readable)(left) && (scheme.is_readable)(right);
    let compared = (scheme.compare)(left, right);
    assert_eq!(compared, order.filter(|_| are_versions), "{}: `{left}` and `{right}`", scheme.name);
    order
}

fn own_files(folder: &str, extension: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    #[expect(clippy::disallowed_methods, reason = "a test may look at the crate's own folder")]
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let paths = paths.filter(|path| path.extension().is_some_and(|found| found == extension));
    paths.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_file_is_a_scheme_with_cases_and_every_scheme_is_listed_once() {
    let names: Vec<&str> = SCHEMES.iter().map(|scheme| scheme.name).collect();
    assert!(names.is_sorted_by(|left, right| left < right), "sort SCHEMES by name: {names:?}");
    let names: BTreeSet<String> = names.into_iter().map(str::to_owned).collect();
    let mut files = own_files("src/version", "rs");
    files.retain(|file| file != "mod" && file != "tests");
    assert_eq!(files, names, "each file of src/version is in SCHEMES under its own name");
    assert_eq!(own_files("testdata/versions", "txt"), names, "each scheme has cases in testdata/versions");
}

#[test]
fn an_ecosystem_has_at_most_one_scheme() {
    for &ecosystem in Ecosystem::ALL {
        let schemes = SCHEMES.iter().filter(|scheme| scheme.ecosystems.contains(&ecosystem));
        assert!(schemes.count() <= 1, "{ecosystem}");
    }
    assert_eq!(for_ecosystem(Ecosystem::Deb).unwrap().name, "deb");
    assert!(for_ecosystem(Ecosystem::Unknown).is_none());
}

#[test]
fn long_versions_are_compared_or_refused() {
    let repeated = |text: &str| format!("1{}", text.repeat(30_000 / text.len()));
    let texts =
        ["0", "9", "a", ".1", "-1", "-", ".", "a1", "-a", "_p1", "+a", "~", ".x", "-rc.1", ".0", "\u{202e}"]
            .map(repeated);
    for scheme in SCHEMES {
        for text in &texts {
            order(scheme, text, text);
            order(scheme, text, "1.0");
        }
    }
}

#[test]
fn own_cases_hold() {
    for scheme in SCHEMES {
        let path = format!("{}/testdata/versions/{}.txt", env!("CARGO_MANIFEST_DIR"), scheme.name);
        #[expect(clippy::disallowed_methods, reason = "a test may read its own cases")]
        let cases = std::fs::read_to_string(path).unwrap();
        for line in cases.lines().filter(|line| !line.starts_with('#')) {
            let (left, sign, right) = line
                .split_once(" < ")
                .map(|(left, right)| (left, Ordering::Less, right))
                .or_else(|| line.split_once(" = ").map(|(left, right)| (left, Ordering::Equal, right)))
                .unwrap_or_else(|| panic!("{}: `{line}` is no case", scheme.name));
            assert_eq!(order(scheme, left, right), Some(sign), "{}: {line}", scheme.name);
        }
    }
}

#[test]
fn what_is_no_version_is_not_compared() {
    let cases = [
        ("alpm", "1.0. 1.0- 1.0-1. -1 1: 1.0/2 >=1.0 1.0é . 1.0~"),
        ("apk", "a 1.2.3_post1 0.1-r2.1 1.0bc 1. .1 1-r 1~ 1~xyz 1_alpha. 1.0D 1..2"),
        ("bitnami", "latest 1. 1..2 1.x 1.1.1w 1.0.0- .1 x-1"),
        ("composer", "dev-main master 1.0-foo 1.2.3.4.5 1. .1 x-dev x.1-dev 1.0-rc1x 1.0dev5 8.x- 1.0@foo"),
        ("conan", "system latest 1..2 1. [>1.0] ~1.0 1.0++b cci cci. 1.0+ 1.0-a..b"),
        ("conda", "1..0 1. .1 1.0___ __. 1-0_1 1!2!3 a!1 !1 1! 1+1+1 1+ 1.0~rc1 1.0,1.1 =1.0"),
        ("cran", "1..0 1. .1 1.0a 1-- v1.0 1_0 -1"),
        ("deb", "1.0- :1.0 a:1.0 1:-1 1.0é 1:"),
        ("gem", "1. 1..2 .1 v1.0 a 1.0- 1-.a 1.0+1 junk"),
        ("generic", "* - latest r1 release-1.0 1.* >=1.0 1..2 . 1. v unknown 1.0,2.0"),
        ("github_actions", "main 8e5e7e5ab8b370d6c329ec480221332ada57f0ab 12345678"),
        ("golang", "(devel) devel master v v1.2-rc.1 go gofmt go1.21rc"),
        ("hackage", "1..0 1. .1 1.0a 1.0-1 v1.0 -1"),
        ("julia", "1.x main 1..2 1.0-"),
        ("jvm", "latest openjdk 1. 1..8 8x jdk jdk- u8 _8 8.0é"),
        ("kernel", "linux-6.6 6.6. 6..6 1.2.3.4.5 6.6foo rc7 v6.6 -rc1 6.6\u{202e}"),
        ("maven", "latest ${revision} 1.0é foo"),
        ("nuget", "1.0.0.0.0 1. 1.0- 1.* * 1.0.0-a_b latest"),
        ("opam", "dev ~1 1.0:2 1.0é 1/2"),
        ("pep440", "1..0 french.toast 1.0+ dev-r123 1.0_1_1"),
        ("portage", "a 1.a 1_post1 1.0- 1.0-1 1.0-r 1.0-ra 1.0bc 1. 1..2 1_ 1__p 1_p1a 1.0-r1-r2 1.0A"),
        ("pub", "any x.y.z 1.x"),
        ("rpm", "1: 1:-1 -1 >=1.0 1.0,2.0 1.0/2 1.0\u{a0} *"),
        ("semver", "latest x 1.x 1.2.x 1. 1..2 1.0.0- 1.0.0-a..b 1.0.0-a_b ^1.0 -1 1.2.3- file:../x"),
    ];
    for (name, texts) in cases {
        for text in texts.split(' ').chain(["", " ", "\u{0}", "\u{202e}1.0", "1.\u{665}", "devel go1.24-abc"])
        {
            assert!(!(scheme(name).is_readable)(text), "{name}: `{text}`");
            assert_eq!((scheme(name).compare)(text, "1.0"), None, "{name}: `{text}`");
        }
    }
}

/// Texts whose validity we judge otherwise than the reference, and why.
const VALIDITY_DIFFERENCES: &[(&str, &str, &str)] = &[
    ("npm", "0.0.90071992547409910", "node refuses numbers beyond 2^53; reading them changes no order"),
    ("npm", "0.90071992547409910.0", "node refuses numbers beyond 2^53; reading them changes no order"),
];

/// The rows of a table, without its head.
fn rows(data: &Path, table: &str) -> Vec<Vec<String>> {
    let text = String::from_utf8(testkit::data::read(&data.join(table))).unwrap();
    text.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

fn data(test: &str) -> Option<PathBuf> {
    testkit::data::require(test)
}

#[test]
fn versions_are_ordered_as_the_reference_implementations_order_them() {
    let Some(data) = data("versions_are_ordered_as_the_reference_implementations_order_them") else { return };
    let tables = [
        ("alpm", "alpm"),
        ("apk", "apk"),
        ("conan", "conan"),
        ("cran", "cran"),
        ("deb", "deb"),
        ("gem", "gem"),
        ("gentoo", "portage"),
        ("go", "golang"),
        ("hackage", "hackage"),
        ("maven", "maven"),
        ("maven-resolver", "maven"),
        ("nuget", "nuget"),
        ("openssl", "generic"),
        ("packagist", "composer"),
        ("pep440", "pep440"),
        ("pub", "pub"),
        ("rpm", "rpm"),
        ("rpm-nevra", "rpm"),
        ("rpmvercmp", "rpm"),
        ("cargo", "semver"),
        ("npm", "semver"),
        ("npm-loose", "semver"),
        ("semver", "semver"),
    ];
    let mut wrong = Vec::new();
    for (table, name) in tables {
        let (mut n_rows, mut n_refused) = (0, 0);
        for row in rows(&data, &format!("versions/compare/{table}.tsv")) {
            let [left, right, expected, ..] = row.as_slice() else { panic!("{table}: {row:?}") };
            let expected = expected.parse::<i8>().unwrap().cmp(&0);
            n_rows += 1;
            match order(scheme(name), left, right) {
                Some(order) if (order == expected) != is_argued(table, left, right) => {}
                Some(order) => {
                    wrong.push(format!("{table}: `{left}` is {order:?} `{right}`, not {expected:?}"))
                }
                None => n_refused += 1,
            }
        }
        documented::assert_counted(table, n_rows, n_refused);
    }
    assert!(wrong.is_empty(), "{} rows:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn versions_are_valid_where_the_reference_implementations_say_so() {
    let Some(data) = data("versions_are_valid_where_the_reference_implementations_say_so") else { return };
    let mut wrong = Vec::new();
    for row in rows(&data, "versions/validity.tsv") {
        let [table, text, validity, ..] = row.as_slice() else { panic!("{row:?}") };
        let name = match table.as_str() {
            "go" => "golang",
            "npm" => "semver",
            "maven-range" => continue,
            other => other,
        };
        let is_readable = (scheme(name).is_readable)(text);
        let is_argued = VALIDITY_DIFFERENCES.iter().any(|(other, form, _)| table == other && text == form);
        if is_readable != (validity == "valid") && !is_argued {
            wrong.push(format!("{table}: `{text}` is {validity}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// How packages are judged, or else the order of texts.
fn stands_to_bound(scheme: &VersionScheme, version: &str, bound: &str) -> Option<Ordering> {
    (scheme.compare_to_bound)(version, bound).or_else(|| order(scheme, version, bound))
}

/// A scanner's constraint: alternatives by `||`, each a list of comparisons.
fn satisfies(scheme: &VersionScheme, version: &str, constraint: &str) -> Option<bool> {
    let mut is_any = constraint.trim().is_empty();
    for alternative in constraint.split("||").filter(|alternative| !alternative.trim().is_empty()) {
        let mut is_all = true;
        for term in alternative.split(',') {
            let term = term.trim().trim_matches(['"', '\'']);
            let sign = term.find(|first: char| !"<>=".contains(first)).unwrap_or(term.len());
            let (sign, bound) = term.split_at(sign);
            let order = stands_to_bound(scheme, version, bound.trim())?;
            is_all &= match sign {
                "<" => order.is_lt(),
                "<=" => order.is_le(),
                ">" => order.is_gt(),
                ">=" => order.is_ge(),
                _ => order.is_eq(),
            };
        }
        is_any |= is_all;
    }
    Some(is_any)
}

/// Rows of constraint tables that mean something else than an order: table, constraint, version, and why.
const CONSTRAINT_DIFFERENCES: &[(&str, &str, &str, &str)] = &[
    (
        "semver",
        "= 1.0.0-rc-alpha",
        "1.0.0.rc.alpha",
        "a dot and a hyphen are different texts in a pre-release",
    ),
    ("rpm", "< 1", "1:0", EPOCH_ON_ONE_SIDE),
    ("rpm", "< 12:4.19.0-1.el7", "4.19.0-1.el7_5", EPOCH_ON_ONE_SIDE),
    ("rpm", "< 4.21.0-1.el7", "3:4.19.0-1.el7_5", EPOCH_ON_ONE_SIDE),
    ("rpm", "< 0:8.3.1-5.el8.0.0", "8.3.1-5.el8", TRAILING_ZERO_GROUPS),
    ("rpm", "> 0:8.3.1-5.el8", "8.3.1-5.el8.0.0", TRAILING_ZERO_GROUPS),
];

const EPOCH_ON_ONE_SIDE: &str = "the scanner ignores an epoch that one side has; to rpm no epoch is epoch 0, and \
    an order that ignores it is not transitive";
const TRAILING_ZERO_GROUPS: &str =
    "the scanner holds groups of `.0` at the end for nothing; to rpm each makes a version higher";

#[test]
fn constraints_hold_as_another_scanner_evaluates_them() {
    let Some(data) = data("constraints_hold_as_another_scanner_evaluates_them") else { return };
    let mut wrong = Vec::new();
    for (table, name) in [
        ("apk", "apk"),
        ("bitnami", "bitnami"),
        ("deb", "deb"),
        ("fuzzy", "generic"),
        ("gem", "gem"),
        ("gentoo", "portage"),
        ("jvm", "jvm"),
        ("maven", "maven"),
        ("pep440", "pep440"),
        ("rpm", "rpm"),
        ("semver", "semver"),
    ] {
        for row in rows(&data, &format!("versions/ranges/grype-{table}.tsv")) {
            let [constraint, version, expected, ..] = row.as_slice() else { panic!("{table}: {row:?}") };
            let is_argued = CONSTRAINT_DIFFERENCES.iter().any(|&(other, bound, installed, _)| {
                table == other && constraint.trim() == bound && version == installed
            });
            let answer = satisfies(scheme(name), version, constraint);
            if (answer == Some(expected == "true")) == is_argued {
                wrong.push(format!("{table}: `{version}` in `{constraint}` is {expected}, not {answer:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// apk's operator for dependencies, which no advisory uses: the versions that continue a version are those from its
/// first pre-release up to that of its successor.
#[test]
fn versions_that_continue_a_version_lie_together_in_apks_order() {
    let Some(data) = data("versions_that_continue_a_version_lie_together_in_apks_order") else { return };
    let mut wrong = Vec::new();
    for row in rows(&data, "versions/ranges/apk-op.tsv") {
        let [constraint, version, expected, ..] = row.as_slice() else { panic!("{row:?}") };
        let (operator, start) = constraint.split_once(' ').unwrap();
        let (rest, number) = start.rsplit_once('.').unwrap();
        let successor = format!("{rest}.{}", number.parse::<u64>().unwrap() + 1);
        let below = format!("< {successor}_alpha");
        let range = if operator == "<~" { below } else { format!(">= {start}_alpha, {below}") };
        let answer = satisfies(scheme("apk"), version, &range);
        if answer != Some(expected == "true") {
            wrong.push(format!("`{version}` in `{constraint}` is {expected}, not {answer:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Texts that are often versions, of every scheme at once.
fn versions() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("0"),
        Just("00"),
        Just("1"),
        Just("01"),
        Just("2"),
        Just("10"),
        Just("9"),
        Just("a"),
        Just("b"),
        Just("rc"),
        Just("alpha"),
        Just("beta"),
        Just("pre"),
        Just("post"),
        Just("dev"),
        Just("p"),
        Just("git"),
        Just("ubuntu"),
        Just("deb"),
        Just("r"),
        Just("go"),
        Just("final"),
        Just("SNAPSHOT"),
        Just("sp"),
        Just("x"),
        Just("jre"),
        Just("pl"),
    ];
    let separator = prop_oneof![
        Just("."),
        Just("."),
        Just("-"),
        Just("_"),
        Just("+"),
        Just("~"),
        Just(":"),
        Just("-r"),
        Just("_p"),
        Just("!"),
        Just("^"),
        Just(""),
    ];
    proptest::collection::vec((part, separator), 1..7).prop_map(|parts| {
        let mut text = "1".to_owned();
        for (part, separator) in parts {
            text.push_str(separator);
            text.push_str(part);
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn orders_are_total_and_transitive(texts in proptest::collection::vec(versions(), 9)) {
        for scheme in SCHEMES {
            let ordered = texts.iter().map(String::as_str);
            let ordered: Vec<&str> = ordered.filter(|text| order(scheme, text, text).is_some()).collect();
            for left in &ordered {
                prop_assert_eq!(order(scheme, left, left), Some(Ordering::Equal));
                for middle in &ordered {
                    let first = order(scheme, left, middle);
                    prop_assert!(first.is_some());
                    for right in &ordered {
                        let (second, both) = (order(scheme, middle, right), order(scheme, left, right));
                        if first == second || second == Some(Ordering::Equal) {
                            prop_assert_eq!(both, first, "{}: {} {} {}", scheme.name, left, middle, right);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*", other in "[0-9a-z.~+:_-]*") {
        for scheme in SCHEMES {
            order(scheme, &text, &other);
            order(scheme, &other, &other);
        }
    }
}
