//! What the configuration of an image says beside its layers: how it is run, and how it was built (image-spec,
//! config.md; moby, image/spec, for the health check).
//!
//! Each property is read on its own. One of the wrong shape is a gap, and the others are read.

use std::collections::BTreeMap;

use model::gap::{Gap, GapKind};
use model::image::{Healthcheck, HistoryEntry, ImageFacts, Made};
use model::limits::Limits;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::value::RawValue;

use super::manifest::{Config, null_is_default};
use super::redact::{cut, history_line, user_info};

/// A property that is not looked into yet.
pub(super) type Raw = Option<Box<RawValue>>;

/// What the gaps of a configuration call it.
const PLACE: &str = "configuration";

/// The object `config`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct RunConfig {
    user: Raw,
    env: Raw,
    exposed_ports: Raw,
    entrypoint: Raw,
    cmd: Raw,
    working_dir: Raw,
    volumes: Raw,
    stop_signal: Raw,
    healthcheck: Raw,
    labels: Raw,
}

/// A list, or in configurations of old builders one text (moby, `strslice`).
#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    One(String),
    Many(Vec<String>),
}

impl Default for Words {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct WireHealthcheck {
    #[serde(deserialize_with = "null_is_default")]
    test: Words,
}

/// A step of the history. Every property is optional.
#[derive(Deserialize)]
struct Step {
    #[serde(default)]
    created: Option<String>,
    #[serde(default, deserialize_with = "null_is_default")]
    created_by: String,
    #[serde(default)]
    comment: Option<String>,
    #[serde(default, deserialize_with = "null_is_default")]
    empty_layer: bool,
}

/// What `config`, of an image of `n_layers` layers, says, and what of it could not be read.
pub(super) fn facts(config: &Config, n_layers: usize, limits: &Limits) -> (ImageFacts, Vec<Gap>) {
    let mut reading = Reading { limits, gaps: Vec::new() };
    let run: RunConfig = reading.value("config", &config.run);
    let facts = ImageFacts {
        user: reading.text("User", &run.user),
        env: reading.env(&run.env),
        ports: reading.keys("ExposedPorts", &run.exposed_ports),
        entrypoint: reading.words("Entrypoint", &run.entrypoint),
        command: reading.words("Cmd", &run.cmd),
        workdir: reading.text("WorkingDir", &run.working_dir),
        volumes: reading.keys("Volumes", &run.volumes),
        stop_signal: reading.text("StopSignal", &run.stop_signal),
        healthcheck: reading.healthcheck(&run.healthcheck),
        labels: reading.labels(&run.labels),
        history: reading.history(&config.history, n_layers),
        ..ImageFacts::default()
    };
    (facts, reading.gaps)
}

/// Who `config` says made the image, and what of that could not be read.
pub(super) fn author(config: &Config, limits: &Limits) -> (Option<String>, Vec<Gap>) {
    let mut reading = Reading { limits, gaps: Vec::new() };
    let author = reading.value("author", &config.author);
    (author, reading.gaps)
}

struct Reading<'a> {
    limits: &'a Limits,
    gaps: Vec<Gap>,
}

impl Reading<'_> {
    /// The value of the property `name`, or that of an absent one and a gap.
    fn value<T: Default + DeserializeOwned>(&mut self, name: &str, raw: &Raw) -> T {
        let Some(raw) = raw else { return T::default() };
        match serde_json::from_str(raw.get()) {
            Ok(value) => value,
            Err(error) => {
                let detail = format!("its property `{name}` was not read: {error}");
                self.gaps.push(Gap::new(GapKind::UNREADABLE_FILE, PLACE, detail));
                T::default()
            }
        }
    }

    /// The first of `all`, as many as may be; more are a gap.
    fn first<T>(&mut self, name: &str, all: impl IntoIterator<Item = T>) -> Vec<T> {
        let mut all = all.into_iter();
        let n_max = self.limits.image_facts_max;
        let first: Vec<T> = all.by_ref().take(n_max).collect();
        let n_more = all.count();
        if n_more > 0 {
            let detail = format!("its property `{name}` has {n_more} more than image_facts_max of {n_max}");
            self.gaps.push(Gap::new(GapKind::LIMIT_EXCEEDED, PLACE, detail));
        }
        first
    }

    fn cut(&self, text: impl Into<String>) -> String {
        cut(text.into(), self.limits.image_text_bytes_max)
    }

    fn text(&mut self, name: &str, raw: &Raw) -> Option<String> {
        let text: String = self.value(name, raw);
        (!text.is_empty()).then(|| self.cut(text))
    }

    fn words(&mut self, name: &str, raw: &Raw) -> Vec<String> {
        let words = self.value(name, raw);
        self.shown_words(name, words)
    }

    fn shown_words(&mut self, name: &str, words: Words) -> Vec<String> {
        let words = match words {
            Words::One(text) if text.is_empty() => Vec::new(),
            Words::One(text) => vec![text],
            Words::Many(words) => words,
        };
        self.first(name, words).into_iter().map(|word| self.cut(user_info(&word))).collect()
    }

    /// The names, each once, in the order of their first mention.
    fn env(&mut self, raw: &Raw) -> Vec<String> {
        let all: Vec<String> = self.value("Env", raw);
        let mut seen = std::collections::BTreeSet::new();
        let names: Vec<String> = all
            .iter()
            .map(|assignment| self.cut(assignment.split('=').next().unwrap_or_default()))
            .filter(|name| seen.insert(name.clone()))
            .collect();
        self.first("Env", names)
    }

    /// The keys of an object of empty objects, sorted.
    fn keys(&mut self, name: &str, raw: &Raw) -> Vec<String> {
        let all: BTreeMap<String, IgnoredAny> = self.value::<Option<_>>(name, raw).unwrap_or_default();
        self.first(name, all.into_keys()).into_iter().map(|key| self.cut(key)).collect()
    }

    fn healthcheck(&mut self, raw: &Raw) -> Option<Healthcheck> {
        let WireHealthcheck { test } = self.value("Healthcheck", raw);
        Healthcheck::from_words(self.shown_words("Healthcheck", test))
    }

    fn labels(&mut self, raw: &Raw) -> BTreeMap<String, String> {
        let all: BTreeMap<String, Option<String>> = self.value("Labels", raw);
        let labels = self.first("Labels", all);
        labels
            .into_iter()
            .map(|(key, value)| (self.cut(key), self.cut(user_info(&value.unwrap_or_default()))))
            .collect()
    }

    /// The steps. History is optional, and one that tells of another number of layers cannot be joined to them.
    fn history(&mut self, raw: &Raw, n_layers: usize) -> Vec<HistoryEntry> {
        let steps: Vec<Step> = self.value("history", raw);
        let is_joined = steps.iter().filter(|step| !step.empty_layer).count() == n_layers;
        let mut layers = 0..;
        let made = |step: &Step, layers: &mut std::ops::RangeFrom<u32>| match (step.empty_layer, is_joined) {
            (true, _) => Made::Nothing,
            (false, true) => layers.next().map_or(Made::SomeLayer, Made::Layer),
            (false, false) => Made::SomeLayer,
        };
        let stated = |text: Option<String>| text.filter(|text| !text.is_empty());
        self.first("history", steps)
            .into_iter()
            .map(|step| HistoryEntry {
                made: made(&step, &mut layers),
                created: stated(step.created).map(|time| self.cut(time)),
                created_by: self.cut(history_line(&step.created_by)),
                comment: stated(step.comment).map(|comment| self.cut(user_info(&comment))),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(config: Value, n_layers: usize, limits: &Limits) -> (ImageFacts, Vec<String>) {
        let config: Config = serde_json::from_value(config).unwrap();
        let (facts, gaps) = facts(&config, n_layers, limits);
        (facts, gaps.iter().map(ToString::to_string).collect())
    }

    fn whole(run: Value) -> (ImageFacts, Vec<String>) {
        read(json!({"config": run}), 0, &Limits::default())
    }

    #[test]
    fn every_property_is_read() {
        let (facts, gaps) = whole(json!({
            "User": "app:app",
            "Env": ["PATH=/bin", "TOKEN=secret", "PATH=/again", "BARE"],
            "ExposedPorts": {"80/tcp": {}, "443/tcp": {}},
            "Entrypoint": ["/init", "--from=https://a:b@c"],
            "Cmd": ["run"],
            "WorkingDir": "/srv",
            "Volumes": {"/data": {}},
            "StopSignal": "SIGQUIT",
            "Healthcheck": {"Test": ["CMD-SHELL", "curl https://a:b@c"], "Interval": 30},
            "Labels": {"b": "2", "a": "https://a:b@c"},
        }));
        assert_eq!(gaps, [""; 0]);
        let expected = ImageFacts {
            user: Some("app:app".into()),
            env: vec!["PATH".into(), "TOKEN".into(), "BARE".into()],
            ports: vec!["443/tcp".into(), "80/tcp".into()],
            entrypoint: vec!["/init".into(), "--from=https://…@c".into()],
            command: vec!["run".into()],
            workdir: Some("/srv".into()),
            volumes: vec!["/data".into()],
            stop_signal: Some("SIGQUIT".into()),
            healthcheck: Some(Healthcheck::Test(vec!["CMD-SHELL".into(), "curl https://…@c".into()])),
            labels: [("a".into(), "https://…@c".into()), ("b".into(), "2".into())].into(),
            ..ImageFacts::default()
        };
        assert_eq!(facts, expected);
    }

    #[test]
    fn go_writes_null_for_empty_and_old_builders_a_text_for_a_list() {
        let nothing = json!({
            "User": "", "Env": null, "ExposedPorts": null, "Entrypoint": null, "Cmd": [], "WorkingDir": null,
            "Volumes": {}, "StopSignal": null, "Healthcheck": null, "Labels": null,
        });
        for config in [nothing, json!({"Healthcheck": {"Test": null}, "Cmd": ""}), Value::Null, json!({})] {
            assert_eq!(whole(config), (ImageFacts::default(), Vec::new()));
        }
        let (facts, gaps) = whole(json!({"Entrypoint": "/init", "Healthcheck": {"Test": ["NONE"]}}));
        assert_eq!(facts.entrypoint, ["/init"]);
        assert_eq!(facts.healthcheck, Some(Healthcheck::Disabled));
        assert_eq!(gaps, [""; 0]);
    }

    #[test]
    fn a_property_of_the_wrong_shape_is_a_gap_and_the_rest_is_read() {
        let (facts, gaps) = whole(json!({"User": 7, "Env": "A=b", "Labels": ["x"], "WorkingDir": "/srv"}));
        assert_eq!(facts.workdir.as_deref(), Some("/srv"));
        assert_eq!(gaps.len(), 3, "{gaps:?}");
        assert!(gaps[0].starts_with("unreadable-file|configuration|its property `User` was not read: "));
        let (facts, gaps) = read(json!({"config": 7, "history": {}}), 0, &Limits::default());
        assert_eq!((facts, gaps.len()), (ImageFacts::default(), 2));
    }

    #[test]
    fn history_is_joined_to_the_layers_it_tells_of() {
        let history = json!({"history": [
            {"created": "2024-01-01T00:00:00Z", "created_by": "ADD a /", "comment": "buildkit.dockerfile.v0"},
            {"created_by": "ENV TOKEN=secret", "empty_layer": true},
            {"created_by": null},
        ]});
        let made = |n_layers| -> Vec<Made> {
            let (facts, _) = read(history.clone(), n_layers, &Limits::default());
            facts.history.iter().map(|entry| entry.made).collect()
        };
        assert_eq!(made(2), [Made::Layer(0), Made::Nothing, Made::Layer(1)]);
        assert_eq!(made(3), [Made::SomeLayer, Made::Nothing, Made::SomeLayer]);
        let (facts, _) = read(history, 2, &Limits::default());
        assert_eq!(facts.history[0].comment.as_deref(), Some("buildkit.dockerfile.v0"));
        assert_eq!(facts.history[1].created_by, "ENV TOKEN=…");
    }

    #[test]
    fn what_is_too_much_or_too_long_is_cut_and_counted() {
        let limits = Limits { image_facts_max: 2, image_text_bytes_max: 8, ..Limits::default() };
        let run = json!({
            "Env": ["A=", "B=", "C="], "Labels": {"a": "0123456789", "b": "", "c": ""}, "Cmd": ["a", "b", "c"],
            "Volumes": {"a": {}, "b": {}, "c": {}},
        });
        let history = json!([{"created_by": "a"}, {"created_by": "b"}, {"created_by": "c"}, {}]);
        let (facts, gaps) = read(json!({"config": run, "history": history}), 4, &limits);
        assert_eq!(facts.labels["a"], "01234…");
        let counts = [facts.env.len(), facts.labels.len(), facts.command.len(), facts.volumes.len()];
        assert_eq!((counts, facts.history.len()), ([2; 4], 2));
        assert_eq!(facts.history[1].made, Made::Layer(1));
        let last = "limit-exceeded|configuration|its property `history` has 2 more than image_facts_max of 2";
        assert_eq!((gaps.len(), gaps.last().map(String::as_str)), (5, Some(last)));
    }
}
