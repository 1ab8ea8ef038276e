//! What we write is held against programs that others wrote: they are installed by `.ci/run`.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{AS_OF, Place, root};
use crate::images::{real_images, unpacked};

/// A validator's program, from a variable that `.ci/run` sets. In CI it must be there.
fn validator(variable: &str, test: &str) -> Option<PathBuf> {
    let found = std::env::var_os(variable).map(PathBuf::from);
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "{test}: in CI `{variable}` must be set");
        // Past the harness's capture: a skipped test must say so.
        let _ = writeln!(std::io::stderr(), "skipped: {test}: `{variable}` is not set");
    }
    found
}

#[track_caller]
fn passes(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&said));
}

/// Writes a document in `format` of the example image and of each real image.
fn documents(place: &Place, format: &str) -> Vec<PathBuf> {
    let mut sources = vec![(root().join("examples/image"), Vec::new())];
    if let Some(data) = testkit::data::dir() {
        for (index, image) in real_images(&data).into_iter().enumerate() {
            let own = Place::new();
            let source = unpacked(&image.source, &own);
            let kept = if source == image.source {
                source
            } else {
                let kept = place.path(&format!("tree-{index}"));
                fs::rename(&source, &kept).unwrap();
                kept
            };
            sources.push((kept, image.platform_words()));
        }
    }
    let mut written = Vec::new();
    for (index, (source, platform)) in sources.iter().enumerate() {
        let file = place.path(&format!("document-{index}.json"));
        let output = format!("{format}={}", file.display());
        let mut words = vec!["sbom".to_owned(), source.display().to_string(), "-o".to_owned(), output];
        words.extend(platform.clone());
        place.run(&words).expect_code(0);
        written.push(file);
    }
    written
}

#[test]
fn cyclonedx_documents_are_valid_for_the_reference_libraries() {
    let test = "cyclonedx_documents_are_valid_for_the_reference_libraries";
    let (Some(python), Some(node)) =
        (validator("PLIMSOLL_PYTHON", test), validator("PLIMSOLL_NODE_MODULES", test))
    else {
        return;
    };
    let place = Place::new();
    let script = place.write(
        "validate.py",
        "import sys\n\
         from cyclonedx.schema import SchemaVersion\n\
         from cyclonedx.validation.json import JsonStrictValidator\n\
         validator = JsonStrictValidator(SchemaVersion.from_version(sys.argv[1]))\n\
         problems = [(path, error) for path in sys.argv[2:] if (error := validator.validate_str(open(path).read()))]\n\
         sys.exit('\\n'.join(f'{path}: {error}' for path, error in problems) or 0)\n",
    );
    let module = place.write(
        "validate.mjs",
        "import { readFileSync } from 'node:fs'\n\
         import { createRequire } from 'node:module'\n\
         const [modules, version, ...paths] = process.argv.slice(2)\n\
         const { Validation } = createRequire(modules + '/')('@cyclonedx/cyclonedx-library')\n\
         const validator = new Validation.JsonStrictValidator(version)\n\
         for (const path of paths) {\n\
         \x20 const error = await validator.validate(readFileSync(path, 'utf8'))\n\
         \x20 if (error !== null) { console.error(path, JSON.stringify(error)); process.exitCode = 1 }\n\
         }\n",
    );
    for version in ["1.4", "1.5", "1.6", "1.7"] {
        let written = Place::new();
        let documents = documents(&written, &format!("cyclonedx-json@{version}"));
        passes(Command::new(&python).arg(&script).arg(version).args(&documents));
        // The library for JavaScript carries its own copies of the schemas.
        passes(Command::new("node").arg(&module).arg(&node).arg(version).args(&documents));
    }
}

#[test]
fn spdx_documents_are_valid_for_the_reference_library() {
    let Some(python) = validator("PLIMSOLL_PYTHON", "spdx_documents_are_valid") else { return };
    let place = Place::new();
    let script = place.write(
        "validate.py",
        "import sys\n\
         from spdx_tools.spdx.parser.parse_anything import parse_file\n\
         from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document\n\
         problems = [f'{path}: {message.validation_message}' for path in sys.argv[1:]\n\
         \x20   for message in validate_full_spdx_document(parse_file(path))]\n\
         sys.exit('\\n'.join(problems[:20]) or 0)\n",
    );
    for format in ["spdx-json@2.2", "spdx-json@2.3"] {
        let written = Place::new();
        passes(Command::new(&python).arg(&script).args(documents(&written, format)));
    }
}

#[test]
fn sarif_is_valid_for_the_vendors_tool() {
    let Some(multitool) = validator("PLIMSOLL_SARIF_MULTITOOL", "sarif_is_valid_for_the_vendors_tool") else {
        return;
    };
    let place = Place::new();
    let sarif = place.path("report.sarif");
    let output = format!("sarif={}", sarif.display());
    place
        .run([
            "scan".as_ref(),
            root().join("examples/image").as_os_str(),
            "--mirror".as_ref(),
            root().join("examples/mirror").as_os_str(),
            "--as-of".as_ref(),
            AS_OF.as_ref(),
            "-o".as_ref(),
            output.as_ref(),
        ])
        .expect_code(0);
    // The second kind of rules is what GitHub's code scanning demands.
    for kind in ["Sarif", "Ghas"] {
        let log = place.path(&format!("{kind}.sarif"));
        let mut validate = Command::new(&multitool);
        validate.args(["validate", "--rule-kind", kind, "--log", "ForceOverwrite", "--output"]);
        passes(validate.arg(&log).arg(&sarif));
        let errors: Vec<String> = crate::harness::read_json(&log)["runs"][0]["results"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|result| result["level"] == "error")
            .map(|result| format!("{} {}", result["ruleId"], result["message"]))
            .collect();
        assert!(errors.is_empty(), "{kind}: {}", errors.join("\n"));
    }
}

#[test]
fn the_action_and_the_workflows_pass_actionlint() {
    let Some(actionlint) = validator("PLIMSOLL_ACTIONLINT", "the_action_and_the_workflows_pass_actionlint")
    else {
        return;
    };
    let mut workflows: Vec<PathBuf> = fs::read_dir(root().join(".github/workflows"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yml"))
        .collect();
    workflows.sort();
    assert!(workflows.len() >= 3);
    passes(Command::new(actionlint).current_dir(root()).args(workflows.iter().map(Path::new)));
}
