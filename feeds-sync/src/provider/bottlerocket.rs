//! Bottlerocket: one list of bulletins for all of its variants (feeds.md A15).

use model::advisory::Conditions;
use model::key::Namespace;

use super::{Feed, MIB, Parse, Provider, Release, Scope, Source};
use crate::schema::updateinfo::{self, Reading};

pub(super) static PROVIDER: Provider = Provider {
    name: "bottlerocket",
    attribution: Some("Bottlerocket security advisories, https://advisories.bottlerocket.aws/"),
    feeds: || vec![feed()],
    answering: |namespace| (namespace.as_str() == NAMESPACE).then(feed),
    releases: &[Release::open(NAMESPACE)],
    follow: None,
    parse: Parse::Advisories(|feed, document, advisories| {
        let Scope::One(namespace) = &feed.scope else { return Ok(()) };
        // A bulletin lists each package once an architecture, with the same version.
        let reading = Reading { namespace, leave_out: |_| None, conditions: |_| Conditions::default() };
        updateinfo::read(document, &reading, advisories)
    }),
};

const NAMESPACE: &str = "bottlerocket:rolling";

fn feed() -> Feed {
    Feed {
        name: "bottlerocket".to_owned(),
        sources: vec![Source::records("https://advisories.bottlerocket.aws/updateinfo.xml.gz", 256 * MIB)],
        scope: Scope::One(Namespace::new(NAMESPACE)),
        license: "not stated by Bottlerocket",
        is_redistributable: false,
        is_alternate: false,
    }
}
