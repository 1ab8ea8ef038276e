//! The test suite of the package URL specification, and what holds for package URLs of any kind.

use std::collections::BTreeMap;
use std::fs;

use proptest::prelude::*;
use serde_json::Value;

use super::{BorrowedPurl, Purl};

/// Of what the suite expects, what we answer otherwise: the file, the kind of the test, its input, our answer, and why ours
/// is right here.
const ARGUED: [(&str, &str, &str, &str, &str); 7] = [
    (
        "gem-test.json",
        "parse",
        "pkg:gem/jruby-launcher@1.1.2?Platform=java",
        "gem |  | jruby-launcher | 1.1.2 | {\"platform\": \"java\"} | ",
        CAPITAL_KEY,
    ),
    (
        "rpm-test.json",
        "parse",
        "pkg:Rpm/fedora/curl@7.50.3-1.fc25?Arch=i386&Distro=fedora-25",
        "rpm | fedora | curl | 7.50.3-1.fc25 | {\"arch\": \"i386\", \"distro\": \"fedora-25\"} | ",
        CAPITAL_KEY,
    ),
    (
        "git-test.json",
        "validate",
        "pkg:git/github/Package-url/purl-Spec@244fd47e07d1004f0aed9c",
        "pkg:git/github/Package-url/purl-Spec@244fd47e07d1004f0aed9c",
        "the definition of the type says that namespace and name are case-sensitive",
    ),
    (
        "git-test.json",
        "parse",
        "pkg:git/codeberg.org/forgejo/forgejo@a72d2c07cfca03b55371089de6aa230d8c951fa0",
        "git | codeberg.org/forgejo | forgejo | a72d2c07cfca03b55371089de6aa230d8c951fa0 | {} | ",
        GIT_NAME,
    ),
    (
        "git-test.json",
        "parse",
        "pkg:git/codeberg.org/forgejo/forgejo@a72d2c07cfca03b55371089de6aa230d8c951fa0#options/locale_readme.md",
        "git | codeberg.org/forgejo | forgejo | a72d2c07cfca03b55371089de6aa230d8c951fa0 | {} | options/locale_readme.md",
        GIT_NAME,
    ),
    (
        "git-test.json",
        "build",
        "git | codeberg.org | forgejo/forgejo | a72d2c07cfca03b55371089de6aa230d8c951fa0 | {} | ",
        "pkg:git/codeberg.org/forgejo%2Fforgejo@a72d2c07cfca03b55371089de6aa230d8c951fa0",
        GIT_NAME,
    ),
    (
        "git-test.json",
        "build",
        "git | codeberg.org | forgejo/forgejo | a72d2c07cfca03b55371089de6aa230d8c951fa0 | {} | options/locale_readme.md",
        "pkg:git/codeberg.org/forgejo%2Fforgejo@a72d2c07cfca03b55371089de6aa230d8c951fa0#options/locale_readme.md",
        GIT_NAME,
    ),
];

const CAPITAL_KEY: &str = "the specification's steps of parsing say to put keys in lower case, and a document whose \
                           writer did not is of the same package";
const GIT_NAME: &str = "the specification takes what is behind the last slash for the name, whatever the type; where the \
                        name begins is no part of the text, which is read and written alike, and nothing is looked up by it";

/// What a test of the suite expects of us, as text; none where it must fail.
fn expected(test: &Value) -> Option<String> {
    let output = &test["expected_output"];
    match test["expected_failure"].as_bool() {
        Some(true) => None,
        _ => Some(output.as_str().map_or_else(|| parts(output), str::to_owned)),
    }
}

/// The parts of a package URL as the suite writes them, as one text.
fn parts(parts: &Value) -> String {
    let text = |name: &str| parts[name].as_str().unwrap_or_default().to_owned();
    let qualifiers: BTreeMap<String, String> = qualifiers(parts);
    [
        text("type"),
        text("namespace"),
        text("name"),
        text("version"),
        format!("{qualifiers:?}"),
        text("subpath"),
    ]
    .join(" | ")
}

fn qualifiers(parts: &Value) -> BTreeMap<String, String> {
    let object = parts["qualifiers"].as_object().cloned().unwrap_or_default();
    object.into_iter().map(|(key, value)| (key, value.as_str().unwrap_or_default().to_owned())).collect()
}

/// The same of a package URL that we read.
fn parts_of(purl: &Purl) -> String {
    let or_empty = |part: &Option<String>| part.clone().unwrap_or_default();
    [
        purl.kind.clone(),
        or_empty(&purl.namespace),
        purl.name.clone(),
        or_empty(&purl.version),
        format!("{:?}", purl.qualifiers),
        or_empty(&purl.subpath),
    ]
    .join(" | ")
}

fn answer(test: &Value) -> Option<String> {
    let input = &test["input"];
    match test["test_type"].as_str() {
        Some("parse") => Some(parts_of(&input.as_str()?.parse().ok()?)),
        Some("validate") => Some(input.as_str()?.parse::<Purl>().ok()?.to_string()),
        // Building refuses nothing: what is no package URL is one that does not read back.
        Some("build") => Some(built(input)?.to_string()).filter(|text| text.parse::<Purl>().is_ok()),
        other => panic!("unknown kind of test {other:?}"),
    }
}

fn built(parts: &Value) -> Option<Purl> {
    let text = |name: &str| parts[name].as_str().filter(|text| !text.is_empty());
    let mut purl = Purl::new(text("type")?, text("name")?)
        .with_namespace(text("namespace").unwrap_or_default())
        .with_version(text("version").unwrap_or_default());
    purl.subpath = text("subpath").map(str::to_owned);
    purl.qualifiers = qualifiers(parts);
    Some(purl)
}

#[test]
fn the_suite_of_the_specification_is_right_or_argued() {
    let Some(data) = testkit::data::require("the_suite_of_the_specification_is_right_or_argued") else {
        return;
    };
    let (mut n_right, mut argued, mut wrong) = (0, Vec::new(), Vec::new());
    for folder in ["spec", "types"] {
        for entry in fs::read_dir(data.join("purl").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let file = path.file_name().unwrap().to_str().unwrap().to_owned();
            let suite: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            for test in suite["tests"].as_array().unwrap() {
                let (expected, found) = (expected(test), answer(test));
                if expected == found {
                    n_right += 1;
                    continue;
                }
                let kind = test["test_type"].as_str().unwrap();
                let input = test["input"].as_str().map_or_else(|| parts(&test["input"]), str::to_owned);
                let found = found.unwrap_or_default();
                let row = ARGUED
                    .iter()
                    .position(|row| (row.0, row.1, row.2, row.3) == (&file, kind, &input, &found));
                match row {
                    Some(row) => argued.push(row),
                    None => {
                        wrong.push(format!("{file} {kind} {input}\n  is {found}\n  and not {expected:?}"))
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} right, {} wrong:\n{}", n_right, wrong.len(), wrong.join("\n"));
    assert!(n_right > 400, "{n_right}");
    argued.sort_unstable();
    argued.dedup();
    assert_eq!(argued.len(), ARGUED.len(), "a row of ARGUED answers nothing");
}

/// What may stand in a part of a package URL, hostile characters among it.
fn part() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9.-]{1,12}",
        "[!-~]{1,8}",
        prop::collection::vec(any::<char>(), 1..6).prop_map(String::from_iter),
    ]
}

/// Parts that say nothing, or that hide a slash, are left out by the rules of every type.
fn segment() -> impl Strategy<Value = String> {
    part().prop_filter("no segment", |text| !text.contains('/') && text != "." && text != "..")
}

prop_compose! {
    fn purl()(
        kind in "[a-z][a-z0-9.-]{0,8}x",
        namespace in prop::collection::vec(segment(), 0..3),
        name in part(),
        version in prop::option::of(part()),
        qualifiers in prop::collection::btree_map("[a-z][a-z0-9._-]{0,6}", part(), 0..4),
        subpath in prop::collection::vec(segment(), 0..3),
    ) -> Purl {
        let mut purl = Purl::new(&kind, &name).with_namespace(&namespace.join("/"));
        purl.version = version;
        purl.qualifiers = qualifiers;
        purl.subpath = (!subpath.is_empty()).then(|| subpath.join("/"));
        purl
    }
}

proptest! {
    /// Of a type without rules of its own: those put what they are given in another form.
    #[test]
    fn what_is_written_reads_back(purl in purl()) {
        let text = purl.to_string();
        prop_assert_eq!(&text.parse::<Purl>().unwrap(), &purl, "{}", text);
        prop_assert_eq!(&Purl::from(BorrowedPurl::parse(&text).unwrap()), &purl, "{}", text);
    }

    /// With the rules of the types: what was read once and written is read and written alike ever after.
    #[test]
    fn writing_what_was_read_changes_nothing_more(
        kind in prop::sample::select(vec![
            "alpm", "apk", "bitnami", "cargo", "composer", "conan", "conda", "cpan", "deb", "gem", "generic", "github", "golang",
            "hex", "huggingface", "julia", "maven", "mlflow", "npm", "nuget", "oci", "pub", "pypi", "rpm", "swift", "vcpkg",
        ]),
        purl in purl(),
    ) {
        let text = Purl { kind: kind.to_owned(), ..purl }.to_string();
        if let Ok(read) = text.parse::<Purl>() {
            let written = read.to_string();
            prop_assert_eq!(&written.parse::<Purl>().unwrap(), &read, "{}", text);
            prop_assert_eq!(written.parse::<Purl>().unwrap().to_string(), written);
        }
    }

    /// Whatever the text, both readers answer, and alike.
    #[test]
    fn any_text_is_a_package_url_or_none(text in "(pkg:)?[a-zA-Z/@?#&=%:.0-9_+~ -]{0,40}") {
        let borrowed = BorrowedPurl::parse(&text).ok().map(Purl::from);
        prop_assert_eq!(borrowed, text.parse::<Purl>().ok());
    }
}

#[test]
fn absurd_package_urls_are_read_or_refused() {
    let long = "a".repeat(1 << 20);
    for text in [
        format!("pkg:npm/{long}@{long}"),
        format!("pkg:generic/{}x", "a/".repeat(1 << 19)),
        format!("pkg:generic/x?{}", "a=b&".repeat(1 << 18)),
        format!("pkg:generic/x#{}", "../".repeat(1 << 18)),
        format!("pkg:{}npm/x", "/".repeat(1 << 20)),
        format!("pkg:generic/{}", "%".repeat(1 << 20)),
        format!("pkg:generic/x@{}", "@".repeat(1 << 20)),
    ] {
        let read = text.parse::<Purl>();
        let written = read.as_ref().ok().map(Purl::to_string);
        assert_eq!(written.map(|text| text.parse::<Purl>().unwrap()), read.ok());
    }
    for text in ["pkg:npm/%00", "pkg:npm/\u{202e}evil@1", "pkg:deb/debian/a@1\u{0}2", "pkg:cpan/a%2Fb@\n"] {
        let read: Purl = text.parse().unwrap();
        assert!(read.to_string().bytes().all(|byte| byte.is_ascii_graphic()), "{text}");
        assert_eq!(read.to_string().parse::<Purl>().unwrap(), read, "{text}");
    }
}
