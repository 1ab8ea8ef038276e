//! Echo: one JSON object, source package → CVE → the fixed version, with an empty object for what is unfixed
//! (feeds.md A2). It names no release: there is one set of packages, which every image is built from.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use model::advisory::{Affected, AffectedRange, FixState, RangeEvent, Status};
use model::ecosystem::Ecosystem;
use model::key::{KeyKind, Namespace, PackageKey, normalise_name};
use model::version::VersionText;
use serde::Deserialize;

use super::{Feed, MIB, NOT_TO_BE_PASSED_ON, Parse, Provider, Release, Scope, Source};
use crate::advisories::{Advisories, push_once};
use crate::document::Document;
use crate::error::ParseError;

pub(super) static PROVIDER: Provider = Provider {
    name: "echo",
    attribution: Some("Echo advisories, https://advisory.echohq.com/"),
    feeds: || vec![feed()],
    answering: |namespace| (namespace.as_str() == RELEASE).then(feed),
    releases: &[Release::open(RELEASE)],
    follow: None,
    parse: Parse::Advisories(parse),
};

/// The release that images state.
const RELEASE: &str = "echo:1";

fn feed() -> Feed {
    Feed {
        name: "echo".to_owned(),
        sources: vec![Source::records("https://advisory.echohq.com/data.json", 256 * MIB)],
        scope: Scope::One(Namespace::new(RELEASE)),
        license: NOT_TO_BE_PASSED_ON,
        is_redistributable: false,
        is_alternate: false,
    }
}

#[derive(Deserialize)]
struct Issue {
    fixed_version: Option<String>,
}

fn parse(_feed: &Feed, document: &Document<'_>, advisories: &mut Advisories) -> Result<(), ParseError> {
    let packages: BTreeMap<String, BTreeMap<String, Issue>> = document.json(PhantomData)?;
    let namespace = Namespace::new(RELEASE);
    advisories.namespace(&namespace);
    for (name, issues) in packages {
        let name = normalise_name(Ecosystem::Deb, &name);
        for (id, issue) in issues {
            let key = PackageKey::new(namespace.clone(), KeyKind::Source, name.clone());
            push_once(advisories.record(&namespace, &id), row(key, issue));
        }
    }
    Ok(())
}

/// As in Debian's tracker, whose packages these are, `0` is no version but "never affected".
fn row(key: PackageKey, issue: Issue) -> Affected {
    match issue.fixed_version.as_deref().map(str::trim) {
        None | Some("") => Affected { fix_state: FixState::NotFixed, ..Affected::new(key, Status::Affected) },
        Some("0") => Affected::new(key, Status::NotAffected),
        Some(fixed) => Affected {
            fix_state: FixState::Fixed,
            ranges: vec![AffectedRange {
                events: vec![
                    RangeEvent::Introduced(VersionText::from("0")),
                    RangeEvent::Fixed(VersionText::from(fixed)),
                ]
                .into(),
            }]
            .into(),
            ..Affected::new(key, Status::Affected)
        },
    }
}
