//! A runner for composite actions: it runs `run:` steps for real, in bash, with the files and variables of the
//! GitHub runner, evaluates the expressions in `if:`, `env:` and `with:`, and records what `uses:` steps are given.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::expression::{Value, evaluate, fill};
use super::yaml::Node;
use crate::harness::Place;

/// Names and what they stand for.
pub(super) type Values = BTreeMap<String, String>;

/// A job's machine: its directories outlive an action, as they do for the steps of a job.
pub(super) struct Job {
    place: Place,
    /// The action's own directory.
    pub(super) action: PathBuf,
    /// `github.action_repository`.
    pub(super) repository: String,
    /// `GITHUB_SERVER_URL`.
    pub(super) server: String,
    /// A directory that stands before all others in `PATH`.
    pub(super) programs: Option<PathBuf>,
    /// The key of the feed cache that is there to be restored, empty if none.
    pub(super) cached: String,
    /// Variables of the job's environment.
    pub(super) variables: Values,
    /// What the workflow is given: `secrets.sign-key`, `vars.PLACE`.
    pub(super) secrets: Values,
}

/// What became of an action.
#[derive(Debug)]
pub(super) struct Outcome {
    /// The step that failed and its exit code.
    pub(super) failed: Option<(String, i32)>,
    /// The action's outputs.
    pub(super) outputs: Values,
    /// The outputs of its steps, `step.output`.
    pub(super) step_outputs: Values,
    /// What `uses:` steps were given: the step's name, and its `with`.
    pub(super) used: Vec<(String, Values)>,
    /// The job's summary.
    pub(super) summary: String,
    /// Standard output and error of all steps, as they came.
    pub(super) log: String,
}

impl Job {
    /// A machine with nothing on it but the action in the directory `action`.
    pub(super) fn new(action: PathBuf) -> Self {
        let place = Place::new();
        for name in ["workspace", "temp", "home", "files"] {
            fs::create_dir(place.path(name)).unwrap();
        }
        let server = "https://server.invalid".to_owned();
        Self {
            place,
            action,
            repository: String::new(),
            server,
            programs: None,
            cached: String::new(),
            variables: Values::new(),
            secrets: Values::new(),
        }
    }

    /// A path in the workspace, where steps stand.
    pub(super) fn workspace(&self, name: &str) -> PathBuf {
        self.place.path("workspace").join(name)
    }

    /// Every file of the machine that is called `name`.
    pub(super) fn files_called(&self, name: &str) -> Vec<PathBuf> {
        let mut files = self.files();
        files.retain(|path| path.file_name().is_some_and(|file| file == name));
        files
    }

    /// Every file of the machine.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut dirs = vec![self.place.path("")];
        while let Some(dir) = dirs.pop() {
            for entry in fs::read_dir(&dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    dirs.push(path);
                } else {
                    found.push(path);
                }
            }
        }
        found
    }

    /// Runs the action's steps up to and with the one called `last`, or all of them.
    pub(super) fn run(&self, action: &Node, inputs: &[(&str, &str)], last: Option<&str>) -> Outcome {
        let mut context = self.context(action, inputs);
        let mut outcome = Outcome {
            failed: None,
            outputs: Values::new(),
            step_outputs: Values::new(),
            used: Vec::new(),
            summary: String::new(),
            log: String::new(),
        };
        for step in action.get("runs").and_then(|runs| runs.get("steps")).unwrap().elements() {
            let name = step.text("name").unwrap();
            let wanted = step.text("if").is_none_or(|condition| {
                let condition = condition.trim_start_matches("${{").trim_end_matches("}}");
                evaluate(condition, &context).is_true()
            });
            if wanted && outcome.failed.is_none() {
                self.step(step, name, &mut context, &mut outcome);
            }
            if Some(name) == last {
                break;
            }
        }
        for (name, output) in action.get("outputs").unwrap().entries() {
            outcome.outputs.insert(name.clone(), fill(output.text("value").unwrap(), &context));
        }
        outcome.step_outputs = context
            .into_iter()
            .filter_map(|(name, value)| {
                let (step, output) = name.strip_prefix("steps.")?.split_once(".outputs.")?;
                Some((format!("{step}.{output}"), value))
            })
            .collect();
        outcome.summary = fs::read_to_string(self.place.path("files/summary")).unwrap_or_default();
        outcome
    }

    fn context(&self, action: &Node, inputs: &[(&str, &str)]) -> Values {
        let mut context = Values::new();
        for (name, input) in action.get("inputs").unwrap().entries() {
            context.insert(format!("inputs.{name}"), input.text("default").unwrap_or_default().to_owned());
        }
        for (name, value) in inputs {
            let known = context.insert(format!("inputs.{name}"), (*value).to_owned());
            assert!(known.is_some(), "the action has no input `{name}`");
        }
        context.insert("github.action_repository".to_owned(), self.repository.clone());
        context.insert("runner.os".to_owned(), "Linux".to_owned());
        context.extend(self.secrets.clone());
        // Of a job; an action has none.
        for (name, value) in action.get("env").map(Node::entries).unwrap_or_default() {
            let Node::Text(text) = value else { panic!("`{name}` is {value:?}, not text") };
            let value = fill(text, &context);
            context.insert(format!("env.{name}"), value);
        }
        context
    }

    fn step(&self, step: &Node, name: &str, context: &mut Values, outcome: &mut Outcome) {
        let values = |key: &str| -> Values {
            let entries = step.get(key).map(Node::entries).unwrap_or_default();
            entries
                .iter()
                .map(|(name, value)| match value {
                    Node::Text(text) => (name.clone(), fill(text, context)),
                    other => panic!("`{name}` is {other:?}, not text"),
                })
                .collect()
        };
        let outputs = if let Some(script) = step.text("run") {
            assert_eq!(step.text("shell"), Some("bash"), "step `{name}`");
            let of_job = |(name, value): (&String, &String)| {
                Some((name.strip_prefix("env.")?.to_owned(), value.clone()))
            };
            let mut env: Values = context.iter().filter_map(of_job).collect();
            env.extend(values("env"));
            let (code, outputs) = self.script(script, &env, &mut outcome.log);
            if code != 0 {
                outcome.failed = Some((name.to_owned(), code));
            }
            outputs
        } else {
            outcome.used.push((name.to_owned(), values("with")));
            // Of the actions that are used, only the one that restores a cache has outputs that matter.
            Values::from([("cache-matched-key".to_owned(), self.cached.clone())])
        };
        if let Some(id) = step.text("id") {
            for (output, value) in outputs {
                context.insert(format!("steps.{id}.outputs.{output}"), value);
            }
        }
    }

    /// Runs a script as the runner does, and returns its exit code and outputs.
    fn script(&self, script: &str, env: &Values, log: &mut String) -> (i32, Values) {
        let script_file = self.place.write("files/script.sh", script);
        let output_file = self.place.write("files/output", "");
        let log_file = self.place.path("files/log");
        let out = File::create(&log_file).unwrap();
        let mut path = std::env::var_os("PATH").unwrap_or_default();
        if let Some(programs) = &self.programs {
            let dirs =
                std::iter::once(programs.clone()).chain(std::env::split_paths(&path)).collect::<Vec<_>>();
            path = std::env::join_paths(dirs).unwrap();
        }
        let status = Command::new("bash")
            .args(["--noprofile", "--norc", "-e", "-o", "pipefail"])
            .arg(&script_file)
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.place.path("home"))
            .env("CI", "true")
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_ACTION_PATH", &self.action)
            .env("GITHUB_ENV", self.place.write("files/env", ""))
            .env("GITHUB_OUTPUT", &output_file)
            .env("GITHUB_PATH", self.place.write("files/path", ""))
            .env("GITHUB_SERVER_URL", &self.server)
            .env("GITHUB_STEP_SUMMARY", self.place.path("files/summary"))
            .env("GITHUB_WORKSPACE", self.workspace(""))
            .env("RUNNER_OS", "Linux")
            .env("RUNNER_TEMP", self.place.path("temp"))
            .envs(&self.variables)
            .envs(env)
            .current_dir(self.workspace(""))
            .stdin(Stdio::null())
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .status()
            .unwrap();
        log.push_str(&String::from_utf8_lossy(&fs::read(&log_file).unwrap()));
        for file in ["files/env", "files/path"] {
            let written = fs::read_to_string(self.place.path(file)).unwrap();
            assert_eq!(written, "", "a step changed the environment of later steps");
        }
        (status.code().unwrap_or(-1), read_outputs(&fs::read_to_string(&output_file).unwrap()))
    }
}

/// The outputs in a file, `name=value` or `name<<delimiter`, lines, and the delimiter.
fn read_outputs(text: &str) -> Values {
    let mut outputs = Values::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some((name, delimiter)) = line.split_once("<<") {
            let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
            outputs.insert(name.to_owned(), value.join("\n"));
        } else {
            let (name, value) = line.split_once('=').unwrap_or_else(|| panic!("`{line}` is no output"));
            outputs.insert(name.to_owned(), value.to_owned());
        }
    }
    outputs
}

/// The lines of a log that the runner takes for commands: `::…` and `##[…]`, outside `stop-commands`.
pub(super) fn commands(log: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut resume: Option<String> = None;
    for line in log.split(['\n', '\r']) {
        let line = line.trim_start();
        if let Some(word) = &resume {
            if line == word {
                resume = None;
            }
        } else if let Some(word) = line.strip_prefix("::stop-commands::") {
            resume = Some(format!("::{word}::"));
        } else if line.starts_with("::") || line.contains("##[") {
            found.push(line);
        }
    }
    found
}

/// An expression that is true or false, for the tests of the runner itself.
#[test]
fn conditions_are_evaluated_as_the_runner_does() {
    let context = Values::from([
        ("inputs.a".to_owned(), "true".to_owned()),
        ("steps.s.outputs.key".to_owned(), "feeds-2024-abc".to_owned()),
    ]);
    for (expression, expected) in [
        ("inputs.a == 'true'", true),
        ("inputs.a != 'TRUE'", false),
        ("inputs.a == 'true' && inputs.none != ''", false),
        ("inputs.none || inputs.a", true),
        ("!endsWith(steps.s.outputs.key, 'abc')", false),
        ("!(inputs.none == '' && inputs.a == 'it''s')", true),
    ] {
        assert_eq!(evaluate(expression, &context).is_true(), expected, "{expression}");
    }
    assert_eq!(
        evaluate("inputs.none || format('{0}/x', inputs.a)", &context),
        Value::Text("true/x".to_owned())
    );
    assert_eq!(fill("a-${{ inputs.a }}-${{ inputs.none }}", &context), "a-true-");
}

#[test]
fn commands_inside_a_fence_are_none() {
    let log = "::stop-commands::w\n::error::x\n::w::\n  ::notice::y\rtext\r::add-mask::z\na ##[error]b\n";
    assert_eq!(commands(log), ["::notice::y", "::add-mask::z", "a ##[error]b"]);
}
