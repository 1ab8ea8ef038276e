//! Arch Linux: one JSON array of groups of issues (feeds.md A14).
//!
//! A group says of each of its packages and issues the same. That a version is the first one *seen* affected says nothing
//! of those before it: every version below the fix is affected.

use std::marker::PhantomData;

use model::advisory::{Affected, Aside, FixState, PublishedFix, Reference, Status};
use model::ecosystem::Ecosystem;
use model::key::{KeyKind, Namespace, PackageKey, normalise_name};
use model::version::VersionText;
use serde::Deserialize;
use serde_json::Value;

use super::{Feed, MIB, Parse, Provider, Release, Scope, Source};
use crate::advisories::{Advisories, Remarks, push_once};
use crate::document::Document;
use crate::error::ParseError;
use crate::schema::{below, null_as_default};

pub(super) static PROVIDER: Provider = Provider {
    name: "arch",
    attribution: Some("Arch Linux Security Tracker, https://security.archlinux.org/"),
    feeds: || vec![feed()],
    answering: |namespace| (namespace.as_str() == NAMESPACE).then(feed),
    releases: &[Release::open(NAMESPACE)],
    follow: None,
    parse: Parse::Advisories(parse),
};

const NAMESPACE: &str = "arch:rolling";
const SITE: &str = "https://security.archlinux.org";

fn feed() -> Feed {
    Feed {
        name: "arch".to_owned(),
        sources: vec![Source::records(format!("{SITE}/all.json"), 64 * MIB)],
        scope: Scope::One(Namespace::new(NAMESPACE)),
        license: "not stated by Arch Linux",
        is_redistributable: false,
        is_alternate: false,
    }
}

#[derive(Deserialize)]
struct Group {
    /// `AVG-1234`.
    name: String,
    packages: Vec<String>,
    status: String,
    severity: Option<String>,
    /// What the issues allow: `denial of service`.
    #[serde(rename = "type")]
    kind: Option<String>,
    affected: Option<String>,
    fixed: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    issues: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    advisories: Vec<String>,
}

fn parse(_feed: &Feed, document: &Document<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    let groups: Vec<Value> = document.json(PhantomData)?;
    let namespace = Namespace::new(NAMESPACE);
    advisories.namespace(&namespace);
    for value in groups {
        let name = value["name"].as_str().unwrap_or("a group without name").to_owned();
        match serde_json::from_value::<Group>(value) {
            Ok(group) => group.add(&namespace, advisories),
            Err(error) => advisories.remarks.unreadable(&name, error),
        }
    }
    Ok(())
}

impl Group {
    fn add(mut self, namespace: &Namespace, advisories: &mut Advisories) {
        self.advisories.sort();
        self.advisories.dedup();
        // A group without issues has no other name.
        let ids = if self.issues.is_empty() { std::slice::from_ref(&self.name) } else { &self.issues[..] };
        for id in ids {
            for package in &self.packages {
                let row = self.row(package, namespace, &mut advisories.remarks);
                let advisory = advisories.record(namespace, id);
                // Groups differ in their words; which stands must not depend on their order.
                if self.kind.is_some() && (advisory.title.is_none() || self.kind < advisory.title) {
                    advisory.title.clone_from(&self.kind);
                }
                for name in [&self.name].into_iter().chain(&self.advisories) {
                    let link = Reference::new(format!("{SITE}/{name}"));
                    if !advisory.references.contains(&link) {
                        advisory.references.push(link);
                        advisory.references.sort();
                    }
                }
                push_once(advisory, row);
            }
        }
    }

    fn row(&self, package: &str, namespace: &Namespace, remarks: &mut Remarks) -> Affected {
        let name = normalise_name(Ecosystem::Alpm, package);
        let (status, fix_state) = self.status(remarks);
        let fixed = self.fixed.as_deref().filter(|_| status == Status::Affected);
        let fix = |version: &str| PublishedFix {
            version: Some(VersionText::from(version)),
            advisory: Some(self.advisories.first().unwrap_or(&self.name).as_str().into()),
            ..PublishedFix::default()
        };
        Affected {
            fix_state,
            ranges: fixed.map(below).into_iter().collect(),
            aside: Aside {
                name: (*name != *package).then(|| package.into()),
                fixes: fixed.map(fix).into_iter().collect(),
                severity: self.severity.as_ref().map(|word| remarks.severity("severity", word)),
                reason: Some(self.status.clone()),
                hints: self
                    .affected
                    .iter()
                    .map(|version| format!("first seen in {version}").into())
                    .collect(),
                ..Aside::default()
            }
            .into(),
            ..Affected::new(PackageKey::new(namespace.clone(), KeyKind::Binary, name), status)
        }
    }

    fn status(&self, remarks: &mut Remarks) -> (Status, FixState) {
        match self.status.as_str() {
            "Vulnerable" => (Status::Affected, FixState::NotFixed),
            "Testing" => (Status::Affected, FixState::Pending),
            "Fixed" if self.fixed.is_some() => (Status::Affected, FixState::Fixed),
            "Not affected" => (Status::NotAffected, FixState::Unknown),
            "Unknown" => (Status::UnderInvestigation, FixState::Unknown),
            "Fixed" => {
                remarks.unknown_word("status", "Fixed without a version");
                (Status::Undetermined, FixState::Unknown)
            }
            other => {
                remarks.unknown_word("status", other);
                (Status::Undetermined, FixState::Unknown)
            }
        }
    }
}
