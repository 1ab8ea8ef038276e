//! Python, conda, R, Julia and Perl.

use model::ecosystem::Ecosystem;
use model::key::normalise_name;
use model::package::{Certainty, Package};

use super::super::testing::{files_below, found_in};
use super::{Argued, Suite, ours};

/// A folder, and which of our packages are compared in it.
type Compared = (&'static str, fn(&Package) -> bool);

/// Folders in which only some of our packages are compared.
pub(super) const COMPARED: &[Compared] = &[
    // Only what says that it is from CRAN is a package to them.
    ("osv-scalibr/language/r/renvlock", |package| {
        package.ecosystem == Ecosystem::Cran && package.certainty == Certainty::Stated
    }),
    // The project itself is no package to them.
    ("osv-scalibr/language/python/uvlock", |package| package.name != "uv-lockfiles"),
];

type Place = Result<String, &'static str>;

fn in_site_packages(input: &str) -> Place {
    let name = input.rsplit('/').next().unwrap_or(input);
    match () {
        () if name.ends_with(".egg") || name.ends_with(".whl") => Ok(format!("site-packages/{name}")),
        () if name.ends_with(".METADATA") || name.ends_with(".dist-info") => {
            Ok("site-packages/a.dist-info/METADATA".to_owned())
        }
        () => Ok("site-packages/a.egg-info/PKG-INFO".to_owned()),
    }
}

/// Where a file with another name than its tool gives it would lie, or the folder of a case as it is.
fn file_called(name: &str, input: &str) -> Place {
    let last = input.rsplit('/').next().unwrap_or(input);
    Ok(if last.contains('.') || last.contains("empty") { name.to_owned() } else { String::new() })
}

pub(super) const SUITES: &[Suite] = &[
    Suite { folder: "osv-scalibr/language/python/wheelegg", place: in_site_packages, argued: &[] },
    Suite { folder: "trivy-parser/python/packaging", place: in_site_packages, argued: &[] },
    Suite {
        folder: "trivy-analyzer/language/python/packaging",
        place: |input| match input.ends_with(".egg") {
            true => in_site_packages(input),
            false => Ok("site-packages".to_owned()),
        },
        argued: &[],
    },
    Suite {
        folder: "syft-cataloger/python",
        place: |input| {
            let path = input.strip_prefix("testdata/").unwrap_or(input);
            match path {
                path if path.starts_with("site-packages/") => match () {
                    // The case of an invalid name reads one file of a folder that is another case.
                    () if path.ends_with("RECORD") || path.ends_with("INVALID") => Err("not installed"),
                    () => Ok(path.to_owned()),
                },
                "pypi-remote/registry_response.json" => {
                    Ok("an answer of the index, which nobody reads".to_owned())
                }
                "installed-files/installed-files.txt"
                | "pypi-remote/registry_response_bad.json"
                | "pdm-lock" => Err("no packages of ours"),
                path => Ok(path.to_owned()),
            }
        },
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/language/python/pipfilelock",
        place: |input| file_called("Pipfile.lock", input),
        argued: &[],
    },
    Suite {
        folder: "trivy-parser/python/pipenv",
        place: |input| file_called("Pipfile.lock", input),
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/language/python/poetrylock",
        place: |input| file_called("poetry.lock", input),
        argued: &[],
    },
    Suite {
        folder: "trivy-parser/python/poetry",
        place: |input| file_called("poetry.lock", input),
        argued: &[],
    },
    Suite {
        folder: "trivy-analyzer/language/python/poetry",
        place: |input| file_called("poetry.lock", input),
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/language/python/pdmlock",
        place: |input| file_called("pdm.lock", input),
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/language/python/uvlock",
        place: |input| match input.ends_with("source-git.lock") {
            true => Ok("uv.lock".to_owned()),
            false => Err("what they expect is listed in part: packages with a group or a commit"),
        },
        argued: &[],
    },
    Suite {
        folder: "trivy-parser/python/uv",
        place: |input| file_called("uv.lock", input),
        argued: &[
            Argued {
                case: "TestParser_Parse/lockfile without root",
                ours: "asyncio 3.4.3",
                rule: "uv, Concepts, Projects, Locking: scripts",
                evidence: "the lock file of a script has no project in it, and its packages are no less there",
            },
            Argued {
                case: "TestParser_Parse/multiple roots",
                ours: "asyncio 3.4.3, bar 0.1.0, foo 0.1.0",
                rule: "uv, Concepts, Projects, Workspaces",
                evidence: "a workspace has several members and one lock file",
            },
        ],
    },
    Suite {
        folder: "trivy-analyzer/language/python/uv",
        place: |input| file_called("uv.lock", input),
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/language/python/pylock",
        place: |input| file_called("pylock.toml", input),
        argued: &[],
    },
    Suite {
        folder: "trivy-parser/python/pylock",
        place: |input| file_called("pylock.toml", input),
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/language/python/requirements",
        place: |input| file_called("requirements.txt", input),
        argued: &[
            Argued {
                case: "TestExtract/with_version",
                ours: "hy-phen 1.2, nltk 3.2.2, pkg-dot-name 5.0.0, qwerty 0.1, tabulate 0.7.7, under-score 1.3, \
                       yolo 1.0",
                rule: "PEP 440, Version specifiers",
                evidence: "`newspaper3k>=0.2.2` and `pkg<=1.2.3` allow other versions than those; a gap names them",
            },
            Argued {
                case: "TestExtract/per_requirement_options",
                ours: "foo1 1.0, foo11 1.0, foo12 1.0, foo13 1.0, foo14 1.0, foo16-client 1.0, foo17-hash 1.0, \
                       foo18-client 1.0, foo2 1.0, foo3 1.0, foo4 1.0, foo5 1.0, foo6 1.0, foo8 1.0, foo9 1.0",
                rule: "PEP 508, Grammar",
                evidence: "`1.0 unexpected_text_before_options_stays_around` is no version; a gap names the line",
            },
        ],
    },
    Suite {
        folder: "trivy-parser/python/pip",
        place: |input| file_called("requirements.txt", input),
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/language/python/condameta",
        place: |_| Ok("opt/conda/conda-meta/a.json".to_owned()),
        argued: &[],
    },
    Suite { folder: "syft-cataloger/conda", place: |_| Ok(String::new()), argued: &[] },
    Suite {
        folder: "trivy-parser/conda/meta",
        place: |_| Ok("opt/conda/conda-meta/a.json".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "trivy-analyzer/language/conda/meta",
        place: |_| Ok("opt/conda/conda-meta/a.json".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "trivy-parser/conda/environment",
        place: |_| Ok("environment.yaml".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "trivy-analyzer/language/conda/environment",
        place: |_| Ok("environment.yaml".to_owned()),
        argued: &[],
    },
    Suite { folder: "osv-scalibr/language/r/renvlock", place: |_| Ok("renv.lock".to_owned()), argued: &[] },
    Suite {
        folder: "osv-scalibr/language/julia/manifesttoml",
        place: |_| Ok("Manifest.toml".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/language/julia/projecttoml",
        place: |_| Ok("depot/packages/A/b/Project.toml".to_owned()),
        argued: &[],
    },
    Suite { folder: "trivy-parser/julia/manifest", place: |_| Ok("Manifest.toml".to_owned()), argued: &[] },
    Suite { folder: "trivy-analyzer/language/julia/pkg", place: |_| Ok(String::new()), argued: &[] },
    Suite {
        folder: "osv-scalibr/language/perl/cpan",
        place: |input| match input {
            "testdata/META_correct1.yml" => Err("it lies beside a `META.json` there, and is alone here"),
            input if input.ends_with(".yml") => Ok("Demo/META.yml".to_owned()),
            _ => Ok("Demo/META.json".to_owned()),
        },
        argued: &[],
    },
];

/// Repositories that Trivy is run on as a whole, and what it lists of each.
#[test]
fn whole_repositories_hold_what_trivy_lists() {
    let Some(data) = testkit::data::require("whole_repositories_hold_what_trivy_lists") else { return };
    let folder = data.join("match/trivy-integration");
    for (repository, golden) in [
        ("pip", "pip"),
        ("pipenv", "pipenv"),
        ("poetry", "poetry"),
        ("uv", "uv"),
        ("pylock", "pylock"),
        ("conda", "conda-cyclonedx"),
        ("conda-environment", "conda-environment-cyclonedx"),
    ] {
        let found = found_in(&files_below(&folder.join("fixtures/repo").join(repository)).unwrap());
        let mut ours = ours(&found, false);
        let golden = testkit::data::read(&folder.join(format!("goldens/{golden}.json.golden")));
        let golden: serde_json::Value = serde_json::from_slice(&golden).unwrap();
        let results = golden["Results"].as_array().into_iter().flatten();
        let packages = results.flat_map(|result| result["Packages"].as_array().into_iter().flatten());
        let listed = packages.map(|package| (package["Name"].as_str(), package["Version"].as_str()));
        // What has no version is the file itself.
        let components = golden["components"].as_array().into_iter().flatten();
        let components = components.map(|package| (package["name"].as_str(), package["version"].as_str()));
        let mut theirs: Vec<String> = listed
            .chain(components)
            .filter_map(|(name, version)| {
                Some(format!("{} {}", normalise_name(Ecosystem::PyPi, name?), version?))
            })
            .collect();
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs, "{repository}");
        assert!(!ours.is_empty(), "{repository}");
    }
}
