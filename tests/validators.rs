//! What we write is held against programs that others wrote: they are installed by `.ci/run`.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

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

/// The formats that an SBOM is written in and read again, with their versions: `cyclonedx-json`, `1.6`.
fn formats() -> Vec<(&'static str, &'static str)> {
    let documents = sbom::format::FORMATS.iter();
    documents.flat_map(|format| format.versions.iter().map(|version| (format.name, *version))).collect()
}

/// Documents, below a place, that were written of the example image and of each real image.
struct Documents {
    place: Place,
    n_sources: usize,
}

impl Documents {
    fn new(formats: &[(&str, &str)]) -> Self {
        let place = Place::new();
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
        let documents = Self { place, n_sources: sources.len() };
        for (index, (source, platform)) in sources.iter().enumerate() {
            let mut words = vec!["sbom".to_owned(), source.display().to_string()];
            words.extend(platform.clone());
            for (name, version) in formats {
                let file = documents.path(name, version, index);
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                words.extend(["-o".to_owned(), format!("{name}@{version}={}", file.display())]);
            }
            documents.place.run(&words).expect_code(0);
        }
        documents
    }

    fn path(&self, name: &str, version: &str, index: usize) -> PathBuf {
        self.place.path(&format!("{name}@{version}/{index}.{}", ending(name)))
    }

    /// Those in one version of one format.
    fn of(&self, (name, version): (&str, &str)) -> Vec<PathBuf> {
        (0..self.n_sources).map(|index| self.path(name, version, index)).collect()
    }
}

/// How the names of documents end that the libraries tell syntaxes by.
fn ending(name: &str) -> &'static str {
    match name {
        "cyclonedx-xml" => "xml",
        "spdx-tag-value" => "spdx",
        _ => "json",
    }
}

/// A script of `tests/validators`, run by `python` where it may leave files.
fn script(python: &Path, name: &str, place: &Place) -> Command {
    let mut command = Command::new(python);
    command.current_dir(place.path("")).arg(root().join("tests/validators").join(name));
    command
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
    let formats: Vec<_> = formats().into_iter().filter(|(name, _)| name.starts_with("cyclonedx")).collect();
    assert_eq!(formats.len(), 8, "JSON and XML, 1.4 to 1.7");
    let documents = Documents::new(&formats);
    for format in formats {
        let syntax = format.0.strip_prefix("cyclonedx-").unwrap();
        let of_format = documents.of(format);
        passes(script(&python, "validate_cyclonedx.py", &place).args([syntax, format.1]).args(&of_format));
        if syntax == "json" {
            // The library for JavaScript carries its own copies of the schemas.
            passes(Command::new("node").arg(&module).arg(&node).arg(format.1).args(&of_format));
        }
    }
}

#[test]
fn spdx_documents_are_valid_for_the_reference_libraries() {
    let Some(python) = validator("PLIMSOLL_PYTHON", "spdx_documents_are_valid") else { return };
    let place = Place::new();
    let formats: Vec<_> = formats().into_iter().filter(|(name, _)| name.starts_with("spdx")).collect();
    assert_eq!(formats.len(), 5, "JSON of 2.2, 2.3 and 3.0, tag-value of 2.2 and 2.3");
    let documents = Documents::new(&formats);
    for format in formats {
        let name = if format.1 == "3.0" { "validate_spdx3.py" } else { "validate_spdx2.py" };
        passes(script(&python, name, &place).args(documents.of(format)));
    }
}

/// A document in which nothing lacks.
const CONFORMANT: &str = r#"{"spdxVersion":"SPDX-2.3","dataLicense":"CC0-1.0","SPDXID":"SPDXRef-DOCUMENT","name":"a",
 "documentNamespace":"https://a.test/a","creationInfo":{"created":"2024-01-02T03:04:05Z","creators":["Tool: made-up-1"]},
 "packages":[
  {"name":"a","SPDXID":"SPDXRef-a","versionInfo":"1","downloadLocation":"NOASSERTION","filesAnalyzed":false,
   "supplier":"Organization: A"},
  {"name":"b","SPDXID":"SPDXRef-b","versionInfo":"2","downloadLocation":"NOASSERTION","filesAnalyzed":false,
   "supplier":"Person: B"}],
 "relationships":[
  {"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBES","relatedSpdxElement":"SPDXRef-a"},
  {"spdxElementId":"SPDXRef-a","relationshipType":"CONTAINS","relatedSpdxElement":"SPDXRef-b"}]}"#;

/// How the reference checker's and our verdict on the minimum elements differ, a line each.
fn judged_otherwise(place: &Place, path: &Path, theirs: &Value) -> Vec<String> {
    let ran = place.run(["validate".as_ref(), path.as_os_str(), "-o".as_ref(), "json".as_ref()]);
    let ours: Value = serde_json::from_str(&ran.stdout).unwrap();
    let scores = ours["scores"].as_array().unwrap();
    let ours = scores.iter().find(|score| score["set"] == "ntia").unwrap();
    let mut said = vec![("components".to_owned(), ours["components"].clone(), theirs["components"].clone())];
    let elements = ours["elements"].as_array().unwrap();
    for element in elements {
        let name = element["name"].as_str().unwrap();
        let lacking = element["total"].as_u64().unwrap() - element["present"].as_u64().unwrap();
        said.push((name.to_owned(), lacking.into(), theirs["lacking"][name].clone()));
    }
    let is_met = elements.iter().all(|element| element["total"] == element["present"]);
    said.push(("conformant".to_owned(), is_met.into(), theirs["conformant"].clone()));
    let differ = said.into_iter().filter(|(_, ours, theirs)| ours != theirs);
    differ.map(|(name, ours, theirs)| format!("{}: {name}: {ours}, not {theirs}", path.display())).collect()
}

#[test]
fn the_minimum_elements_are_judged_as_the_reference_checker_does() {
    let Some(python) = validator("PLIMSOLL_PYTHON", "the_minimum_elements_are_judged_alike") else { return };
    let place = Place::new();
    place.write("conformant.json", CONFORMANT);
    let formats: Vec<_> = formats().into_iter().filter(|(name, _)| name.starts_with("spdx")).collect();
    let documents = Documents::new(&formats);
    let mut differ = Vec::new();
    let mut n_conformant = 0;
    for format in formats {
        let (name, version) = format;
        let mut paths = documents.of(format);
        let family = if version == "3.0" { "spdx3" } else { "spdx2" };
        if family == "spdx2" {
            let path = place.path(&format!("conformant-{version}.{}", ending(name)));
            let output = format!("{name}@{version}={}", path.display());
            place.run(["convert", "conformant.json", "-o", &output]).expect_code(0);
            paths.push(path);
        }
        let output = script(&python, "validate_ntia.py", &place).arg(family).args(&paths).output().unwrap();
        assert!(output.status.success(), "{format:?}: {}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8(output.stdout).unwrap();
        let verdicts: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(verdicts.len(), paths.len(), "{said}");
        n_conformant += verdicts.iter().filter(|verdict| verdict["conformant"] == true).count();
        for (path, theirs) in paths.iter().zip(&verdicts) {
            differ.extend(judged_otherwise(&place, path, theirs));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    assert_eq!(n_conformant, 4, "the document in which nothing lacks, in each version of SPDX 2");
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
