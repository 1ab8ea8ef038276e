//! The calendars of Debian and Ubuntu, as distributions ship them in distro-info-data (feeds.md A3, A4, A26).
//!
//! CSV with a line for each release; columns at the end may be missing in a line, and new ones were added over the years,
//! so they are found by their names.

use std::collections::BTreeMap;

use model::key::Namespace;

use super::{DAILY, Feed, MIB, Parse, Provider, Scope, Source};
use crate::document::Document;
use crate::error::ParseError;
use crate::lifecycles::{Authority, Lifecycle, Lifecycles};

pub(super) static PROVIDER: Provider = Provider {
    name: "distro-info",
    attribution: Some("distro-info-data, https://salsa.debian.org/debian/distro-info-data"),
    feeds: || vec![feed("debian", DEBIAN), feed("ubuntu", UBUNTU)],
    answering: |_| None,
    releases: &[],
    follow: None,
    parse: Parse::Lifecycles(parse),
};

const DEBIAN: &str = "https://debian.pages.debian.net/distro-info-data/debian.csv";
const UBUNTU: &str = "https://salsa.debian.org/debian/distro-info-data/-/raw/main/ubuntu.csv";

fn feed(name: &str, url: &str) -> Feed {
    Feed {
        name: name.to_owned(),
        // Without it the dates that are built in stand.
        sources: vec![Source { is_optional: true, max_age: Some(DAILY), ..Source::records(url, MIB) }],
        scope: Scope::Lifecycles,
        license: "ISC",
        is_redistributable: true,
        is_alternate: false,
    }
}

fn parse(document: &Document<'_>, lifecycles: &mut Lifecycles) -> Result<u64, ParseError> {
    let is_ubuntu = document.url.ends_with("ubuntu.csv");
    let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(document.open()?);
    let columns: BTreeMap<String, usize> =
        rows.headers()?.iter().enumerate().map(|(index, name)| (name.trim().to_owned(), index)).collect();
    if !["version", "series", "eol"].iter().all(|column| columns.contains_key(*column)) {
        return Err(ParseError::NotTheFeed("a table without the columns version, series, eol".to_owned()));
    }
    let mut n_releases = 0;
    for row in rows.records() {
        let row = row?;
        let cell = |column: &str| {
            let text = row.get(*columns.get(column)?)?.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        n_releases += match is_ubuntu {
            true => ubuntu(&cell, lifecycles),
            false => debian(&cell, lifecycles),
        };
    }
    match n_releases {
        0 => Err(ParseError::NotTheFeed("a table without releases that end".to_owned())),
        n_releases => Ok(n_releases),
    }
}

type Cell<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// The tracker covers long-term support, so its end is the end. One without an end is not released: images that name it are
/// judged as unstable (feeds.md B5).
fn debian(cell: &Cell<'_>, lifecycles: &mut Lifecycles) -> u64 {
    // `3.1` had no feed, and sid has no number.
    let version = cell("version").filter(|version| version.bytes().all(|byte| byte.is_ascii_digit()));
    let (Some(version), Some(end)) = (version, cell("eol-lts").or_else(|| cell("eol"))) else { return 0 };
    u64::from(lifecycles.add(Namespace::distro("debian", &version), lifecycle(end, false, cell("series"))))
}

/// Servers were supported for longer than desktops once. Only a release without long support is swept out of the feed.
fn ubuntu(cell: &Cell<'_>, lifecycles: &mut Lifecycles) -> u64 {
    let (Some(version), Some(end)) = (cell("version"), cell("eol")) else { return 0 };
    let (version, is_lts) = match version.strip_suffix(" LTS") {
        Some(version) => (version.to_owned(), true),
        None => (version, false),
    };
    let end = cell("eol-server").filter(|server| *server > end).unwrap_or(end);
    let lifetime = lifecycle(end, !is_lts, cell("series"));
    let mut n_releases = lifecycles.add(Namespace::distro("ubuntu", &version), lifetime).into();
    if let Some(end) = cell("eol-esm") {
        let namespace = Namespace::distro("ubuntu", &format!("{version}+esm"));
        n_releases += u64::from(lifecycles.add(namespace, lifecycle(end, false, None)));
    }
    n_releases
}

fn lifecycle(end_of_life: String, freezes: bool, codename: Option<String>) -> Lifecycle {
    Lifecycle { end_of_life, freezes, codename, authority: Authority::Vendor }
}
