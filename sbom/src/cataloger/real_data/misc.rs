//! Dart, Swift, Erlang and Elixir, Haskell, Lua, OCaml and GitHub Actions.

use super::{Argued, Suite};

/// The last component of `input` says the file that it is, or is a copy of.
const fn suite(
    folder: &'static str,
    place: fn(&str) -> Result<String, &'static str>,
    argued: &'static [Argued],
) -> Suite {
    Suite { folder, place, argued }
}

fn pubspec_lock(_: &str) -> Result<String, &'static str> {
    Ok("app/pubspec.lock".to_owned())
}

fn package_resolved(_: &str) -> Result<String, &'static str> {
    Ok("app/Package.resolved".to_owned())
}

fn podfile_lock(_: &str) -> Result<String, &'static str> {
    Ok("app/Podfile.lock".to_owned())
}

fn mix_lock(_: &str) -> Result<String, &'static str> {
    Ok("app/mix.lock".to_owned())
}

pub(super) const SUITES: &[Suite] = &[
    suite(
        "osv-scalibr/language/dart/pubspec",
        pubspec_lock,
        &[Argued {
            case: "testdata/source-sdk.lock",
            ours: "flutter_web_plugins 3.0.0",
            rule: "Dart, pubspec.lock, packages of an SDK",
            evidence: "`source: sdk` with version 0.0.0, which stands for the version of the SDK, and `sdks: flutter: >=3.0.0`",
        }],
    ),
    suite("trivy-parser/dart/pub", pubspec_lock, &[]),
    suite("trivy-analyzer/language/dart/pub", |_| Ok("app".to_owned()), &[]),
    suite(
        "syft-cataloger/dart",
        |input| match input.ends_with(".yaml") {
            true => Ok("app/pubspec.yaml".to_owned()),
            false => pubspec_lock(input),
        },
        &[Argued {
            case: "testdata/invalid-sdk/pubspec.lock",
            ours: "args 1.6.0, flutter 3.24.5",
            rule: "Dart, version constraints, exact versions",
            evidence: "`flutter: \"3.24.5\"` allows that version only",
        }],
    ),
    suite("osv-scalibr/language/swift/packageresolved", package_resolved, &[]),
    suite("trivy-parser/swift/swift", package_resolved, &[]),
    suite("syft-cataloger/swift", package_resolved, &[]),
    suite("osv-scalibr/language/swift/podfilelock", podfile_lock, &[]),
    suite("trivy-analyzer/language/swift/cocoapods", podfile_lock, &[]),
    suite("osv-scalibr/language/elixir/mixlock", mix_lock, &[]),
    suite("osv-scalibr/language/erlang/mixlock", mix_lock, &[]),
    suite("trivy-analyzer/language/elixir/mix", mix_lock, &[]),
    suite("trivy-parser/hex/mix", mix_lock, &[]),
    suite("syft-cataloger/elixir", mix_lock, &[]),
    suite("syft-cataloger/erlang", |_| Ok("app/rebar.lock".to_owned()), &[]),
    suite("osv-scalibr/language/haskell/cabal", |_| Ok("app/cabal.project.freeze".to_owned()), &[]),
    suite("syft-cataloger/haskell", |_| Ok("app/stack.yaml.lock".to_owned()), &[]),
    suite("syft-cataloger/lua", |input| Ok(input.replace("testdata/rockspec", "rocks-5.1")), &[]),
    suite(
        "syft-cataloger/ocaml",
        |input| match input.strip_suffix("/opam") {
            Some(directory) => {
                Ok(directory.replace("testdata", ".opam/4.14.0/.opam-switch/packages") + "/opam")
            }
            None => Ok(input.replace("testdata", "app")),
        },
        &[],
    ),
    suite("osv-scalibr/misc/githubactions", |_| Ok(".github/workflows/a.yml".to_owned()), &[]),
    suite("syft-cataloger/githubactions", |_| Ok(".github/workflows/a.yml".to_owned()), &[]),
];
