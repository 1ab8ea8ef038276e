//! JavaScript packages that are installed.

use super::{Argued, Suite};

fn in_node_modules(input: &str) -> Result<String, &'static str> {
    match input.contains("vscode-") {
        true => Err("an extension of an editor"),
        false => Ok("node_modules/a/package.json".to_owned()),
    }
}

pub(super) const SUITES: &[Suite] = &[
    Suite {
        folder: "osv-scalibr/language/javascript/packagejson",
        place: in_node_modules,
        argued: &[Argued {
            case: "testdata/duplicate-keys.json",
            ours: "duplicate-keys 1.0.0",
            rule: "npm, package.json, dependencies",
            evidence: "what a package depends on is not thereby installed",
        }],
    },
    Suite { folder: "trivy-analyzer/language/nodejs/pkg", place: in_node_modules, argued: &[] },
    Suite { folder: "trivy-parser/nodejs/packagejson", place: in_node_modules, argued: &[] },
];
