//! `plimsoll feeds status --check`: whether each host of feeds, or each mirror, answers and lets us in.

use std::collections::BTreeMap;
use std::error::Error;
use std::io;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use advisory_db::FeedsDir;
use feeds_sync::hosts::KNOWN_HOSTS;
use feeds_sync::kept::{SourceStatus, source_status};
use feeds_sync::provider::PROVIDERS;
use fetch::fetcher::Fetcher;
use fetch::origin::Origin;
use fetch::probe::{Probe, Verdict};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::status::age;
use crate::args::Global;
use crate::error::{CommandError, visible};
use crate::feeds::AccessArgs;
use crate::ui::Ui;

/// What asking a host or a mirror once showed, beside what is held of it.
#[derive(Debug)]
pub(super) struct Checked {
    /// The host with its port if a URL names one, or the mirror.
    name: String,
    probe: Probe,
    held: Held,
}

/// What is held from a host.
#[derive(Clone, Debug, Default)]
struct Held {
    /// When it last said that something held is its state.
    newest: Option<Timestamp>,
    /// When and how the latest failure was, of those that still stand.
    failure: Option<(Timestamp, String)>,
}

impl Checked {
    /// Whether the host answers and lets us in. That it lacks the one file that it was asked for is no fault of it.
    pub(super) fn is_well(&self) -> bool {
        matches!(self.probe.verdict, Verdict::Answered | Verdict::Missing)
    }
}

/// Asks each host that feeds come from or that has a credential, or each mirror, once.
pub(super) fn check(
    access: &AccessArgs,
    feeds_dir: &FeedsDir,
    global: &Global,
    ui: &Ui,
) -> Result<Vec<Checked>, CommandError> {
    let fetcher = access.fetcher(global, ui)?;
    if *fetcher.origin() == Origin::Offline {
        return Err(CommandError::new("`--check` asks hosts, and the run is offline")
            .hint("leave out `--offline`, or `--check`"));
    }
    let sources = source_status(feeds_dir);
    let questions = questions(&fetcher, &sources);
    let queue = Mutex::new(questions.into_iter());
    let next = || queue.lock().expect("no thread panics with the lock").next();
    let checked = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..access.jobs.max(1) {
            scope.spawn(|| {
                while let Some((host, url)) = next() {
                    let probes = fetcher.probe(&url);
                    let named = probes.into_iter().map(|probe| named(&fetcher, &host, probe, &sources));
                    checked.lock().expect("no thread panics with the lock").extend(named);
                }
            });
        }
    });
    let mut checked = checked.into_inner().expect("no thread panics with the lock");
    checked.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(checked)
}

/// Which URL to ask, by host; with mirrors a single one, which each of them is asked for.
fn questions(fetcher: &Fetcher, sources: &[SourceStatus]) -> BTreeMap<String, String> {
    let mut questions = BTreeMap::new();
    let mut add = |host: &str, url: &str| {
        questions.entry(host.to_owned()).or_insert_with(|| url.to_owned());
    };
    // What is held was there once, so it is the best question.
    let held = sources.iter().filter(|source| source.fetched_at.is_some());
    let urls: Vec<String> = held.map(|source| source.url.clone()).collect();
    let listed = PROVIDERS.iter().flat_map(|provider| (provider.feeds)()).flat_map(|feed| feed.sources);
    let urls = urls.into_iter().chain(listed.map(|source| source.url));
    if *fetcher.origin() != Origin::Network {
        return urls.take(1).map(|url| (String::new(), url)).collect();
    }
    let known = KNOWN_HOSTS.iter().filter(|known| fetcher.hosts().has_credential(known.host));
    known.for_each(|known| add(known.host, known.check_url));
    urls.for_each(|url| add(host_of(&url), &url));
    sources.iter().for_each(|source| add(host_of(&source.url), &source.url));
    fetcher.hosts().with_credential().for_each(|host| add(host, &format!("https://{host}/")));
    questions
}

fn named(fetcher: &Fetcher, host: &str, probe: Probe, sources: &[SourceStatus]) -> Checked {
    let is_mirror = *fetcher.origin() != Origin::Network;
    let of_host = sources.iter().filter(|source| is_mirror || host_of(&source.url) == host);
    let held = of_host.fold(Held::default(), |held, source| Held {
        newest: held.newest.max(source.fetched_at),
        failure: held.failure.max(source.failure.clone()),
    });
    let name = if is_mirror { probe.place.clone() } else { host.to_owned() };
    Checked { name, probe, held }
}

/// The host of a URL, with its port if there is one.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default()
}

/// For people.
pub(super) fn table(checked: &[Checked], now: Timestamp, out: &mut dyn io::Write) -> io::Result<()> {
    let heading = ["host", "answer", "time", "credential", "held"].map(str::to_owned);
    let rows: Vec<[String; 5]> = checked.iter().map(|checked| row(checked, now)).collect();
    let mut widths = [0; 4];
    for row in rows.iter().chain([&heading]) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    for [host, answer, time, credential, held] in [&heading].into_iter().chain(&rows) {
        let [host_width, answer_width, time_width, credential_width] = widths;
        let line = format!(
            "{host:<host_width$}  {answer:<answer_width$}  {time:>time_width$}  {credential:<credential_width$}  {held}"
        );
        writeln!(out, "{}", visible(line.trim_end()))?;
    }
    for checked in checked {
        if let Verdict::Unreachable { error } = &checked.probe.verdict {
            writeln!(out, "{}", visible(&chain(error)))?;
        }
        if let Some((when, why)) = &checked.held.failure {
            writeln!(out, "{}: failed {} ago: {}", checked.name, age(*when, now), visible(why))?;
        }
    }
    Ok(())
}

fn row(checked: &Checked, now: Timestamp) -> [String; 5] {
    let Checked { name, probe, held } = checked;
    let answer = match &probe.verdict {
        Verdict::Answered => "answers".to_owned(),
        Verdict::Missing => "answers, without the file".to_owned(),
        Verdict::Refused { status } => format!("refuses ({status})"),
        Verdict::Status { status } => format!("status {status}"),
        Verdict::Unreachable { .. } => "cannot be reached".to_owned(),
    };
    let credential = match (&probe.credential, is_accepted(probe)) {
        (None, _) => "none".to_owned(),
        (Some(origin), Some(true)) => format!("from {origin}, accepted"),
        (Some(origin), Some(false)) => format!("from {origin}, refused"),
        (Some(origin), None) => format!("from {origin}"),
    };
    let held = held.newest.map_or_else(|| "nothing".to_owned(), |newest| format!("{} old", age(newest, now)));
    [name.clone(), answer, format!("{} ms", millis(probe.latency)), credential, held]
}

/// Whether the credential that was sent let us in; none when none was sent, or the answer does not tell.
fn is_accepted(probe: &Probe) -> Option<bool> {
    probe.credential.as_ref()?;
    match probe.verdict {
        Verdict::Answered => Some(true),
        Verdict::Refused { .. } => Some(false),
        Verdict::Missing | Verdict::Status { .. } | Verdict::Unreachable { .. } => None,
    }
}

/// For programs.
pub(super) fn json(checked: &[Checked]) -> Value {
    checked.iter().map(host_json).collect()
}

fn host_json(checked: &Checked) -> Value {
    let Checked { name, probe, held } = checked;
    let (answer, status, error) = match &probe.verdict {
        Verdict::Answered => ("answered", None, None),
        Verdict::Missing => ("missing", None, None),
        Verdict::Refused { status } => ("refused", Some(status), None),
        Verdict::Status { status } => ("status", Some(status), None),
        Verdict::Unreachable { error } => ("unreachable", None, Some(chain(error))),
    };
    let failure = held.failure.as_ref().map(|(at, error)| json!({"at": at.to_string(), "error": error}));
    json!({
        "name": name,
        "asked": probe.place,
        "answer": answer,
        "status": status,
        "error": error,
        "milliseconds": millis(probe.latency),
        "credential": probe.credential.as_ref().map(|origin| {
            json!({"from": origin.trim_matches('`'), "accepted": is_accepted(probe)})
        }),
        "held_at": held.newest.map(|newest| newest.to_string()),
        "failure": failure,
    })
}

fn millis(latency: Duration) -> u64 {
    u64::try_from(latency.as_millis()).unwrap_or(u64::MAX)
}

/// An error and its causes in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
