//! The facts of an image beside its packages, as names and values: a part of the subject's.

use std::borrow::Cow;

use model::image::{Account, GuardedPath, Healthcheck, HistoryEntry, ImageFacts, Made};

use super::facts::{Stated, all, at, first, number, position, state_all, state_one};

/// What stands in `plimsoll:image:history:layer` for a step that made no layer.
const NO_LAYER: &str = "none";

/// Adds all that `image` says, in the order of the subject's facts.
pub(super) fn state<'a>(image: &'a ImageFacts, stated: &mut Vec<Stated<'a>>) {
    state_one(stated, "plimsoll:image:user", image.user.as_deref());
    state_all(stated, "plimsoll:image:env", &image.env);
    state_all(stated, "plimsoll:image:port", &image.ports);
    state_all(stated, "plimsoll:image:entrypoint", &image.entrypoint);
    state_all(stated, "plimsoll:image:command", &image.command);
    state_one(stated, "plimsoll:image:workdir", image.workdir.as_deref());
    state_all(stated, "plimsoll:image:volume", &image.volumes);
    state_one(stated, "plimsoll:image:stop-signal", image.stop_signal.as_deref());
    for word in image.healthcheck.iter().flat_map(Healthcheck::words) {
        state_one(stated, "plimsoll:image:healthcheck", Some(word));
    }
    for (key, value) in &image.labels {
        let label = format!("{}={value}", escaped(key, '='));
        stated.push(("plimsoll:image:label", label.into()));
    }
    state_history(&image.history, stated);
    stated.extend(image.bytes.map(|bytes| ("plimsoll:image:bytes", bytes.to_string().into())));
    for path in &image.set_id {
        stated.push(("plimsoll:image:set-id", path.to_string().into()));
    }
    for path in &image.world_writable {
        stated.push(("plimsoll:image:world-writable", path.to_string().into()));
    }
    for Account { name, uid, gid, home, shell } in &image.accounts {
        let (name, home) = (escaped(name, ':'), escaped(home, ':'));
        stated.push(("plimsoll:image:account", format!("{name}:{uid}:{gid}:{home}:{shell}").into()));
    }
}

fn state_history<'a>(history: &'a [HistoryEntry], stated: &mut Vec<Stated<'a>>) {
    for entry in history {
        state_one(stated, "plimsoll:image:history", Some(&entry.created_by));
    }
    for (index, entry) in history.iter().enumerate() {
        let made = match entry.made {
            Made::Layer(layer) => layer.to_string(),
            Made::Nothing => NO_LAYER.to_owned(),
            Made::SomeLayer => continue,
        };
        stated.push(("plimsoll:image:history:layer", at(index, &made)));
    }
    for (index, entry) in history.iter().enumerate() {
        let created = entry.created.as_deref().map(|created| at(index, created));
        stated.extend(created.map(|created| ("plimsoll:image:history:created", created)));
    }
    for (index, entry) in history.iter().enumerate() {
        let comment = entry.comment.as_deref().map(|comment| at(index, comment));
        stated.extend(comment.map(|comment| ("plimsoll:image:history:comment", comment)));
    }
}

/// Sets one fact to `values`; none means that it is not there.
pub(super) fn set(image: &mut ImageFacts, fact: &str, values: &[&str]) {
    match fact {
        "plimsoll:image:user" => image.user = first(values),
        "plimsoll:image:env" => image.env = all(values),
        "plimsoll:image:port" => image.ports = all(values),
        "plimsoll:image:entrypoint" => image.entrypoint = all(values),
        "plimsoll:image:command" => image.command = all(values),
        "plimsoll:image:workdir" => image.workdir = first(values),
        "plimsoll:image:volume" => image.volumes = all(values),
        "plimsoll:image:stop-signal" => image.stop_signal = first(values),
        "plimsoll:image:healthcheck" => image.healthcheck = Healthcheck::from_words(all(values)),
        "plimsoll:image:label" => image.labels = values.iter().filter_map(|value| label(value)).collect(),
        "plimsoll:image:history" => {
            let entry = |created_by| HistoryEntry { created_by, ..HistoryEntry::default() };
            image.history = all(values).into_iter().map(entry).collect();
        }
        "plimsoll:image:history:layer" => {
            set_each(image, values, |entry, value| {
                entry.made = match value {
                    NO_LAYER => Made::Nothing,
                    layer => layer.parse().map_or(Made::SomeLayer, Made::Layer),
                };
            });
        }
        "plimsoll:image:history:created" => {
            set_each(image, values, |entry, value| entry.created = Some(value.to_owned()));
        }
        "plimsoll:image:history:comment" => {
            set_each(image, values, |entry, value| entry.comment = Some(value.to_owned()));
        }
        "plimsoll:image:bytes" => image.bytes = number(values),
        "plimsoll:image:set-id" => image.set_id = guarded_paths(values),
        "plimsoll:image:world-writable" => image.world_writable = guarded_paths(values),
        "plimsoll:image:account" => {
            image.accounts = values.iter().filter_map(|value| account(value)).collect();
        }
        _ => {}
    }
}

/// Sets something of the steps at the positions that `values` begin with.
fn set_each(image: &mut ImageFacts, values: &[&str], set: impl Fn(&mut HistoryEntry, &str)) {
    for (index, value) in values.iter().filter_map(|value| position(value)) {
        if let Some(entry) = image.history.get_mut(index) {
            set(entry, value);
        }
    }
}

/// `key=value`; an equals sign in the key is escaped.
fn label(text: &str) -> Option<(String, String)> {
    let (key, value) = text.split_once('=')?;
    Some((unescaped(key, '='), value.to_owned()))
}

/// `4755 usr/bin/su`.
fn guarded_paths(values: &[&str]) -> Vec<GuardedPath> {
    let parse = |value: &&str| {
        let (mode, path) = value.split_once(' ')?;
        let mode = u16::from_str_radix(mode, 8).ok().filter(|mode| *mode <= 0o7777)?;
        Some(GuardedPath { mode, path: path.to_owned() })
    };
    values.iter().filter_map(parse).collect()
}

/// `name:uid:gid:home:shell`; a colon in name or home is escaped.
fn account(text: &str) -> Option<Account> {
    let mut fields = text.splitn(5, ':');
    Some(Account {
        name: unescaped(fields.next()?, ':'),
        uid: fields.next()?.parse().ok()?,
        gid: fields.next()?.parse().ok()?,
        home: unescaped(fields.next()?, ':'),
        shell: fields.next()?.to_owned(),
    })
}

/// `text` with `separator`, and the percent sign that escapes it, percent-encoded.
fn escaped(text: &str, separator: char) -> Cow<'_, str> {
    if !text.contains([separator, '%']) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace('%', "%25").replace(separator, &encoded(separator)))
}

fn unescaped(text: &str, separator: char) -> String {
    text.replace(&encoded(separator), &separator.to_string()).replace("%25", "%")
}

/// `%3A` for a colon.
fn encoded(separator: char) -> String {
    format!("%{:02X}", u32::from(separator))
}
