//! What Red Hat's builds leave in an image about itself: content manifests, labels, and the Dockerfile.
//!
//! All of it becomes hints of the distribution, which decide the streams and products that answer for the packages
//! (feeds.md A5):
//!
//! - `content-set=<repository>`: the repositories that the build was allowed to take packages from. Matching translates
//!   them to CPE names by Red Hat's `repository-to-cpe.json`. Those of one layer count for all.
//! - `content-set-from-dnf=true`: the manifest says that dnf's history knows better; then the distribution's repositories
//!   (`dnf_history.rs`) count instead.
//! - `cpe=<name>`: the product that the image is part of, as its label says.
//! - `build=<component>-<version>-<release>.<architecture>`: the build, as Red Hat's build system calls it.
//! - `image=<name>:<version>-<release>`: the image under the name by which Red Hat's advisories for containers call it.

use std::ops::ControlFlow;

use model::distro::Distro;
use serde_json::Value;

use super::file::is_legible;
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "red-hat-build",
    version: 1,
    finds: Finds::Installed,
    wants: Wants::Paths(&[
        "root/buildinfo/content_manifests/*.json",
        "usr/share/buildinfo/content_manifests/*.json",
        "usr/share/buildinfo/*.json",
        "root/buildinfo/labels.json",
        "root/buildinfo/Dockerfile-*",
        "usr/share/buildinfo/Dockerfile-*",
    ]),
    read,
    assemble,
};

/// Labels by which a build and its product are known.
#[derive(Default)]
struct Labels {
    component: Option<String>,
    name: Option<String>,
    version: Option<String>,
    release: Option<String>,
    architecture: Option<String>,
    cpe: Option<String>,
}

impl Labels {
    fn set(&mut self, key: &str, value: &str) {
        let wanted = match key {
            "com.redhat.component" | "BZComponent" => &mut self.component,
            "name" => &mut self.name,
            "version" => &mut self.version,
            "release" => &mut self.release,
            "architecture" => &mut self.architecture,
            "cpe" => &mut self.cpe,
            _ => return,
        };
        // A variable of the build that was never replaced says nothing.
        if !value.is_empty()
            && is_legible(value)
            && !value.contains(char::is_whitespace)
            && !value.contains('$')
        {
            *wanted = Some(value.to_owned());
        }
    }

    fn hints(self) -> Vec<String> {
        let Self { component, name, version, release, architecture, cpe } = self;
        let architecture = architecture.map_or(String::new(), |architecture| format!(".{architecture}"));
        let version = version.zip(release).map(|(version, release)| format!("{version}-{release}"));
        let build = component.zip(version.clone());
        let image = name.zip(version);
        [
            build.map(|(component, version)| format!("build={component}-{version}{architecture}")),
            image.map(|(name, version)| format!("image={name}:{version}")),
            cpe.map(|cpe| format!("cpe={cpe}")),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let name = file.path.rsplit('/').next().unwrap_or(file.path);
    let mut hints = match name.strip_prefix("Dockerfile-") {
        Some(build) => dockerfile(file, build, facts).hints(),
        None => {
            let Some(text) = file.text(facts) else { return };
            let value: Value = match serde_json::from_str(&text) {
                Ok(value) => value,
                Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
            };
            if name == "labels.json" { labels(&value).hints() } else { content_manifest(&value) }
        }
    };
    hints.sort();
    hints.dedup();
    if !hints.is_empty() {
        // Without an `ID` it is no statement of which distribution this is, but adds to the one that is made elsewhere.
        facts.push(Fact::Distro(Distro { hints, ..Distro::default() }));
    }
}

/// `{"content_sets": ["rhel-9-for-x86_64-baseos-rpms"], "from_dnf_hint": true}`; other documents lie beside it.
fn content_manifest(value: &Value) -> Vec<String> {
    let sets = value["content_sets"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let sets = sets.filter(|set| !set.is_empty() && is_legible(set)).map(|set| format!("content-set={set}"));
    let from_dnf = value["from_dnf_hint"].as_bool() == Some(true);
    sets.chain(from_dnf.then(|| "content-set-from-dnf=true".to_owned())).collect()
}

/// An object of labels; in some builds below `Labels`.
fn labels(value: &Value) -> Labels {
    let mut labels = Labels::default();
    let object = value.get("Labels").unwrap_or(value);
    for (key, value) in object.as_object().into_iter().flatten() {
        labels.set(key, value.as_str().unwrap_or_default());
    }
    labels
}

/// `Dockerfile-ubi8-8.5-218` with lines such as `LABEL com.redhat.component="ubi8-container" \`.
fn dockerfile(file: &File<'_>, build: &str, facts: &mut Facts) -> Labels {
    let mut labels = Labels::default();
    let mut in_label = false;
    file.for_each_line(facts, |_, _, line| {
        let line = line.trim();
        let (instruction, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let starts = instruction.eq_ignore_ascii_case("LABEL");
        if starts || in_label {
            for_each_assignment(if starts { rest } else { line }, |key, value| labels.set(key, value));
            in_label = line.ends_with('\\');
        }
        ControlFlow::Continue(())
    });
    // The file's name has the version and release even where the labels leave them to the build.
    if let Some((rest, release)) = build.rsplit_once('-')
        && let Some((_, version)) = rest.rsplit_once('-')
    {
        labels.set("version", version);
        labels.set("release", release);
    }
    labels
}

/// Hands out the `key=value` and `"key"="value"` of one line of a `LABEL` instruction.
fn for_each_assignment(mut text: &str, mut visit: impl FnMut(&str, &str)) {
    let word = |text: &mut &str, ends: &[char]| {
        let whole = text.trim_start();
        let (word, rest) = match whole.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => whole.split_at(whole.find(ends).unwrap_or(whole.len())),
        };
        *text = rest;
        word.to_owned()
    };
    loop {
        let key = word(&mut text, &['=', ' ', '\t']);
        let Some(rest) = text.strip_prefix('=').filter(|_| !key.is_empty()) else {
            // A word that is no assignment: the backslash at the end of the line, say.
            if text.trim().is_empty() || key.is_empty() {
                return;
            }
            continue;
        };
        text = rest;
        let value = word(&mut text, &[' ', '\t']);
        visit(&key, &value);
    }
}

/// The facts are merged into the distribution.
fn assemble(_: &FactTree<'_>, _: &mut Found) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_assignments_with_or_without_quotes() {
        let check = |text: &str, expected: &[(&str, &str)]| {
            let mut seen = Vec::new();
            for_each_assignment(text, |key, value| seen.push((key.to_owned(), value.to_owned())));
            let seen: Vec<(&str, &str)> =
                seen.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
            assert_eq!(seen, expected, "{text}");
        };
        check(r#"a="b c" d=e \"#, &[("a", "b c"), ("d", "e")]);
        check(r#""a.b"="1""#, &[("a.b", "1")]);
        check("a=", &[("a", "")]);
        check("a", &[]);
        check("= x", &[]);
        check("", &[]);
    }
}
