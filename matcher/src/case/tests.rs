//! Which keys packages ask, with which versions, and why some ask none.

use super::*;
use crate::fixture::{facts, inventory, lines};

/// Compares, for each package, the keys with their versions, or why there are none.
#[track_caller]
fn check(distro: &str, packages: &str, expected: &str) {
    let text = |case: &Case| {
        let keys = case.consulted.iter().map(|consulted| {
            format!("{} {} {}", consulted.key, consulted.match_type.as_str(), consulted.version)
        });
        let reason =
            case.unmatched.iter().map(|(reason, namespace)| format!("{} {namespace}", reason.as_str()));
        format!("{}: {}", case.name, keys.chain(reason).collect::<Vec<_>>().join(", "))
    };
    let cases = cases(&inventory(distro, packages), &facts());
    assert_eq!(cases.iter().map(text).collect::<Vec<_>>(), lines(expected).collect::<Vec<_>>());
}

#[test]
fn distribution_packages_ask_under_source_and_binary_name() {
    check(
        "debian 12",
        "deb libssl3 3.0.15-1+b2 source=openssl@3.0.15-1
         deb Foo 1.0-1+b2
         deb linux-image-amd64 6.1.115-1 source=linux-signed-amd64@6.1.115+1",
        "libssl3: debian:12|source|openssl indirect 3.0.15-1, debian:12|binary|libssl3 direct 3.0.15-1+b2
         Foo: debian:12|source|foo direct 1.0-1, debian:12|binary|foo direct 1.0-1+b2
         linux-image-amd64: debian:12|source|linux indirect 6.1.115-1, debian:12|binary|linux-image-amd64 direct 6.1.115-1",
    );
    check(
        "alpine 3.20",
        "apk libssl3 3.3.2-r1 source=openssl",
        "libssl3: alpine:3.20|source|openssl indirect 3.3.2-r1, alpine:3.20|binary|libssl3 direct 3.3.2-r1",
    );
    check(
        "ubuntu 22.04",
        "deb linux-image-generic 5.15.0.91.88 source=linux-meta
         deb linux-image-5.15.0-91-generic 5.15.0-91.101 source=linux-signed",
        "linux-image-generic: ubuntu:22.04|binary|linux-image-generic direct 5.15.0.91.88
         linux-image-5.15.0-91-generic: ubuntu:22.04|source|linux indirect 5.15.0-91.101, ubuntu:22.04|binary|linux-image-5.15.0-91-generic direct 5.15.0-91.101",
    );
}

#[test]
fn language_packages_ask_under_their_normalised_name() {
    check(
        "",
        "pypi Foo.Bar__baz 1.0\nnpm @acme/Demo 1.0.0\ngolang GitHub.com/Acme/m v1.0.0",
        "Foo.Bar__baz: pypi|language|foo-bar-baz direct 1.0
         @acme/Demo: npm|language|@acme/Demo direct 1.0.0
         GitHub.com/Acme/m: golang|language|github.com/Acme/m direct v1.0.0",
    );
}

#[test]
fn what_nobody_can_judge_says_why() {
    check("", "deb demo 1.0", "demo: no-distro deb");
    check("alpine 3.20", "deb demo 1.0", "demo: no-distro deb");
    check("alpine 3.5", "apk demo 1.0", "demo: no-feed alpine:3.5");
    check("nixos 24.05", "deb demo 1.0", "demo: no-feed nixos:24.05");
    check("kali", "deb demo 1.0-1kali1", "demo: third-party debian:unstable");
    check("", "gem demo 1.0", "demo: no-feed gem");
    check("", "homebrew demo 1.0", "demo: no-version-scheme homebrew");
    check("", "npm demo -", "demo: npm|language|demo direct , unknown-version npm");
    check("", "npm demo latest", "demo: npm|language|demo direct latest, unknown-version npm");
    check("", "golang example.com/app (devel) application", "example.com/app: unknown-version golang");
}

#[test]
fn a_release_without_feed_does_not_silence_the_others() {
    check(
        "alpine 3.20 repository=x/v3.5/main repository=x/v3.20/main",
        "apk demo 1.0",
        "demo: alpine:3.20|source|demo direct 1.0, alpine:3.20|binary|demo direct 1.0, no-feed alpine:3.5",
    );
}

#[test]
fn a_purl_names_the_distribution_when_the_document_does_not() {
    check(
        "",
        "deb demo 1.0 purl=pkg:deb/debian/demo@1.0?distro=debian-12
         deb demo 1.0 purl=pkg:deb/debian/demo@1.0?distro=debian-sid
         apk demo 1.0 purl=pkg:apk/alpine/demo@1.0?distro=alpine-3.20.3
         deb demo 1.0 purl=pkg:deb/debian/demo@1.0?distro=bookworm
         deb demo 1.0 purl=pkg:deb/ubuntu/demo@1.0?distro=jammy
         deb demo 1.0 purl=pkg:deb/ubuntu/demo@1.0?distro=esm-infra/jammy
         deb demo 1.0 purl=pkg:deb/ubuntu/demo@1.0?distro=jammy/esm
         apk demo 1.0 purl=pkg:apk/alpine/demo@1.0?distro=alpine-edge
         deb demo 1.0 purl=pkg:deb/debian/demo@1.0?distro=debian",
        "demo: debian:12|source|demo direct 1.0, debian:12|binary|demo direct 1.0
         demo: debian:unstable|source|demo direct 1.0, debian:unstable|binary|demo direct 1.0
         demo: alpine:3.20|source|demo direct 1.0, alpine:3.20|binary|demo direct 1.0
         demo: debian:12|source|demo direct 1.0, debian:12|binary|demo direct 1.0
         demo: ubuntu:22.04|source|demo direct 1.0, ubuntu:22.04|binary|demo direct 1.0
         demo: ubuntu:22.04|source|demo direct 1.0, ubuntu:22.04|binary|demo direct 1.0
         demo: ubuntu:22.04|source|demo direct 1.0, ubuntu:22.04|binary|demo direct 1.0
         demo: alpine:edge|source|demo direct 1.0, alpine:edge|binary|demo direct 1.0
         demo: no-distro deb",
    );
}

#[test]
fn releases_that_nobody_answers_for_are_one() {
    let lines: String = (30..90).map(|minor| format!(" repository=x/v3.{minor}/main")).collect();
    check(
        &format!("alpine 3.20 repository=x/v3.20/main{lines}"),
        "apk demo 1.0",
        "demo: alpine:3.20|source|demo direct 1.0, alpine:3.20|binary|demo direct 1.0, no-feed alpine:3.30",
    );
    let facts = facts();
    let distro = crate::fixture::distro(&format!("alpine repository=x/v3.20/main{lines}")).unwrap();
    let resolved = asked_at_most(namespace::resolve(&distro, &facts).unwrap(), &facts);
    assert_eq!(resolved.namespaces.len(), 2);
}

#[test]
fn layered_products_are_limited() {
    let products: String = (0..80).map(|n| format!(" cpe=cpe:/a:redhat:demo{n:02}:1")).collect();
    let inventory = inventory(&format!("rhel 9.4{products}"), "rpm demo 1.0-1.el9");
    let n_layered = namespaces(&cases(&inventory, &facts())).len() - 1;
    assert_eq!(n_layered, 64);
}

#[test]
fn instances_share_a_case_unless_their_owners_differ() {
    let inventory = inventory(
        "debian 12",
        "npm demo 1.0.0\ndeb node-demo 1.0-1\nnpm demo 1.0.0\nnpm demo 1.0.0 owner=1\nnpm demo 1.0.0 owner=9",
    );
    let cases = cases(&inventory, &facts());
    let packages: Vec<Vec<u32>> =
        cases.iter().map(|case| case.packages.iter().map(|index| index.0).collect()).collect();
    assert_eq!(packages, [vec![0, 2, 4], vec![1], vec![3]]);
    let owner = cases[2].owner.as_ref().unwrap();
    assert_eq!(owner.consulted[0].key.to_string(), "debian:12|source|node-demo");
    assert!(consulted_keys(&cases).contains(&owner.consulted[0].key));
    let names: Vec<String> = namespaces(&cases).iter().map(Namespace::to_string).collect();
    assert_eq!(names, ["debian:12", "npm"]);
}
