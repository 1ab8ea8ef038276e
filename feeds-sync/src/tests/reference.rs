//! The page that lists the feeds is what the providers say.

use std::fs;

use crate::provider::PROVIDERS;
use crate::reference;

#[test]
fn the_reference_lists_every_feed() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/feeds.md");
    let page = reference::page();
    assert!(!page.contains("{feeds}") && !page.contains("{hosts}") && !page.contains("{summary}"));
    if testkit::bless() {
        fs::write(path, &page).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap(), page, "{path} (left) is not what the providers say");
}

#[test]
fn how_a_provider_is_asked_is_written_down() {
    for provider in PROVIDERS {
        let name = provider.name;
        assert!(
            reference::cadence(provider).is_some(),
            "`{name}` leads to downloads: reference.rs says nothing"
        );
    }
}

#[test]
fn a_feed_has_its_place_licence_and_namespaces_in_the_table() {
    let table = reference::table();
    for (feed, line) in [
        ("debian", "| `debian` | `debian:10`, `debian:11`, `debian:12`"),
        ("debian", "| complete | MIT | yes | <https://security-tracker.debian.org/tracker/data/json> |"),
        (
            "alpine",
            "| `alpine:3.20` | `alpine:3.20` | fix-only | CC-BY-SA-4.0 | yes | <https://secdb.alpinelinux.org/v3.20/main.json>",
        ),
        ("kev", "| ranks findings of all |  | CC0-1.0 | yes | <https://www.cisa.gov/"),
        ("nvd", "`https://nvd.nist.gov/feeds/json/cve/2.0/nvdcve-2.0-YEAR.json.gz` `https://"),
        ("wolfi", "| no | <https://packages.wolfi.dev/os/security.json> |"),
    ] {
        let section = table.split_once(&format!("### {feed}\n")).unwrap().1.split("\n### ").next().unwrap();
        assert!(section.contains(line), "{line}\n{section}");
    }
}
