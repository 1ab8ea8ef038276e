//! JavaScript's lock files, PHP, Ruby and WordPress.

use super::{Argued, Suite};

/// Folders whose tool lists the project itself and its workspaces with what it needs, which for us are no packages in a
/// lock file.
pub(super) const LISTS_PROJECTS: &[&str] = &[
    "trivy-analyzer/language/nodejs/bun",
    "trivy-analyzer/language/nodejs/npm",
    "trivy-analyzer/language/nodejs/yarn",
    "trivy-parser/nodejs/bun",
    "trivy-parser/nodejs/npm",
    "trivy-parser/nodejs/yarn",
];

/// Projects, and directories of them, that tools list without saying that they are.
pub(super) const PROJECTS: &[(&str, &str, &str)] = &[
    ("osv-scalibr/language/javascript/bunlock", "etag", ""),
    ("syft-cataloger/githubactions", "./.github/actions/bootstrap", ""),
    ("osv-scalibr/language/javascript/yarnlock", "@ws/ansi-regex", "0.0.0-use.local"),
    ("syft-cataloger/javascript", "npm", "6.14.6"),
    ("syft-cataloger/javascript", "lock-v3-fixture", "1.0.0"),
    ("syft-cataloger/javascript", "tmp", "1.0.0"),
    ("syft-cataloger/javascript", "c0n-fab_u.laTION", "7.7.7"),
    ("trivy-parser/nodejs/npm", "testapp", "1.0.0"),
    ("trivy-parser/nodejs/npm", "func1", "1.0.0"),
];

/// Folders and beginnings of cases whose tool leaves out what is for development.
pub(super) const WITHOUT_DEVELOPMENT: &[(&str, &str)] = &[
    ("syft-cataloger/javascript", ""),
    ("syft-cataloger/php", ""),
    ("trivy-parser/nodejs/pnpm", "TestParse/v6 with dev deps"),
];

fn locked(input: &str, name: &str) -> Result<String, &'static str> {
    // A folder is taken as it is.
    Ok(if input.rsplit('/').next().is_some_and(|last| last.contains('.')) {
        name.to_owned()
    } else {
        String::new()
    })
}

pub(super) const SUITES: &[Suite] = &[
    Suite {
        folder: "osv-scalibr/language/javascript/packagelockjson",
        place: |input| match input.rsplit_once('/') {
            Some((folder, "package-lock.json")) if folder.ends_with("both") => Err("its neighbour decides"),
            Some((_, "npm-shrinkwrap.json")) => Ok("npm-shrinkwrap.json".to_owned()),
            _ => Ok("package-lock.json".to_owned()),
        },
        argued: &[Argued {
            case: "testdata/optional-package.v2.json",
            ours: "supports-color 5.5.0, wrappy 1.0.2",
            rule: "npm, package-lock.json, packages",
            evidence: "`devOptional` is for development and an optional need of what runs: it is installed without \
                       the packages for development too",
        }],
    },
    Suite {
        folder: "osv-scalibr/language/javascript/pnpmlock",
        place: |_| Ok("pnpm-lock.yaml".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/language/javascript/yarnlock",
        place: |_| Ok("yarn.lock".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/language/javascript/bunlock",
        place: |_| Ok("bun.lock".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/language/javascript/denojson",
        place: |_| Err("a manifest states ranges, not what is locked"),
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/language/php/composerlock",
        place: |_| Ok("composer.lock".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/language/ruby/gemfilelock",
        place: |_| Ok("Gemfile.lock".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/language/ruby/gemspec",
        place: |input| match input.contains("/version_") {
            true => Err("the code of a project, with its version in a file that is not here"),
            false => Ok(format!("gems/specifications/{}", input.rsplit('/').next().unwrap_or(input))),
        },
        argued: &[],
    },
    Suite {
        folder: "syft-cataloger/javascript",
        place: |input| match input.rsplit('/').next() {
            Some("yarn-berry-dev-deps") => Err("an option of the tool"),
            Some("registry_response.json") => Err("what a registry answers"),
            Some("yarn.lock") => Ok("yarn.lock".to_owned()),
            Some("pnpm-lock.yaml") => Ok("pnpm-lock.yaml".to_owned()),
            _ => Ok("package-lock.json".to_owned()),
        },
        argued: &[],
    },
    Suite {
        folder: "syft-cataloger/php",
        place: |input| match input.ends_with(".reg") {
            true => Ok("usr/local/lib/php/.registry/.channel.pecl.php.net/memcached.reg".to_owned()),
            false => Ok("composer.lock".to_owned()),
        },
        argued: &[],
    },
    Suite {
        folder: "syft-cataloger/ruby",
        place: |input| match input.ends_with(".gemspec") {
            true => Ok("gems/specifications/bundler-2.1.4.gemspec".to_owned()),
            false => Ok("Gemfile.lock".to_owned()),
        },
        argued: &[],
    },
    Suite {
        folder: "trivy-analyzer/language/nodejs/bun",
        place: |input| locked(input, "bun.lock"),
        argued: &[],
    },
    Suite {
        folder: "trivy-analyzer/language/nodejs/npm",
        place: |input| locked(input, "package-lock.json"),
        argued: &[],
    },
    Suite {
        folder: "trivy-analyzer/language/nodejs/pnpm",
        place: |input| locked(input, "pnpm-lock.yaml"),
        argued: &[],
    },
    Suite {
        folder: "trivy-analyzer/language/nodejs/yarn",
        place: |input| locked(input, "yarn.lock"),
        argued: &[],
    },
    Suite {
        folder: "trivy-analyzer/language/php/composer",
        place: |_| Ok("vendor/composer/installed.json".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "trivy-analyzer/language/ruby/gemspec",
        place: |_| Ok("gems/specifications/a.gemspec".to_owned()),
        argued: &[],
    },
    Suite { folder: "trivy-parser/nodejs/bun", place: |_| Ok("bun.lock".to_owned()), argued: &[] },
    Suite { folder: "trivy-parser/nodejs/npm", place: |_| Ok("package-lock.json".to_owned()), argued: &[] },
    Suite { folder: "trivy-parser/nodejs/pnpm", place: |_| Ok("pnpm-lock.yaml".to_owned()), argued: &[] },
    Suite { folder: "trivy-parser/nodejs/yarn", place: |_| Ok("yarn.lock".to_owned()), argued: &[] },
    Suite { folder: "trivy-parser/php/composer", place: |_| Ok("composer.lock".to_owned()), argued: &[] },
    Suite { folder: "trivy-parser/ruby/bundler", place: |_| Ok("Gemfile.lock".to_owned()), argued: &[] },
    Suite {
        folder: "trivy-parser/ruby/gemspec",
        place: |_| Ok("gems/specifications/a.gemspec".to_owned()),
        argued: &[],
    },
];
