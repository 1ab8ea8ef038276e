//! Whether the names in the tables are names that feeds have, and are asked for packages that are called so.

use std::collections::BTreeSet;
use std::path::Path;

use model::cpe::Cpe;
use serde_json::Value;

use super::*;
use crate::cpe::{Besides, Fallback};
use crate::fixture::{facts, inventory};

/// Names that the data at hand does not have. It has a part of NVD (whose names it spells in all ways in which NVD did), of the
/// CVE list and of the CPE dictionary, and Bitnami's database whole. These rows are from public records that were read
/// elsewhere, and some from memory: one that is wrong finds nothing.
const UNSEEN: &[&str] = &[
    "apache:apr-util",
    "apache:maven",
    "apache:portable_runtime",
    "apache_software_foundation:apache_cassandra",
    "apache_software_foundation:apache_http_server",
    "apache_software_foundation:apache_kafka",
    "apache_software_foundation:apache_solr",
    "apache_software_foundation:apache_subversion",
    "apache_software_foundation:apache_tomcat",
    "apache_software_foundation:apache_zookeeper",
    "apple:cups",
    "argoproj:argo-cd",
    "bzip:bzip2",
    "cyrusimap:cyrus-sasl",
    "erlang:otp",
    "etcd-io:etcd",
    "facebook:zstandard",
    "freedesktop:dbus",
    "gmplib:gmp",
    "gnome:evince",
    "gnome:gdk-pixbuf",
    "gnome:librsvg",
    "gnome:libsoup",
    "gnome:pango",
    "gnu:bash",
    "gnu:binutils",
    "gnu:coreutils",
    "gnu:cpio",
    "gnu:emacs",
    "gnu:gcc",
    "gnu:grep",
    "gnu:grub2",
    "gnu:gzip",
    "gnu:less",
    "gnu:libidn2",
    "gnu:libtasn1",
    "gnu:ncurses",
    "gnu:patch",
    "gnu:screen",
    "gnu:sed",
    "gnupg:libgcrypt",
    "gnupg:libksba",
    "greenwoodsoftware:less",
    "hashicorp:terraform",
    "icu-project:international_components_for_unicode",
    "info-zip:unzip",
    "isc:bind_9",
    "isc:dhcp",
    "kernel:util-linux",
    "lua:lua",
    "moby:moby",
    "mozilla:network_security_services",
    "mozilla:nss",
    "nats-io:nats-server",
    "nlnet_labs:nsd",
    "nlnet_labs:unbound",
    "nodejs:node",
    "openbsd:libressl",
    "opencontainers:runc",
    "oracle_corporation:mysql_server",
    "php_group:php",
    "python_software_foundation:cpython",
    "pyyaml:libyaml",
    "samba:rsync",
    "the_gnu_c_library:glibc",
    "thekelleys:dnsmasq",
    "w1.fi:hostapd",
    "w1.fi:wpa_supplicant",
    "webkitgtk:webkitgtk",
    "webmproject:libwebp",
    "x.org:libice",
    "x.org:libx11",
    "x.org:libxcursor",
    "x.org:libxdmcp",
    "x.org:libxext",
    "x.org:libxfixes",
    "x.org:libxfont",
    "x.org:libxfont2",
    "x.org:libxi",
    "x.org:libxrandr",
    "x.org:libxrender",
    "x.org:libxtst",
    "x.org:libxv",
    "x.org:libxvmc",
    "xiph.org:libvorbis",
];

#[test]
fn tables_are_sorted_and_have_each_row_once() {
    assert!(KNOWN.is_sorted_by(|left, right| left < right));
    assert!(OTHERWISE.is_sorted_by(|left, right| left < right));
    assert!(BESIDES.is_sorted_by(|left, right| left < right));
    assert!(UNSEEN.is_sorted_by(|left, right| left < right));
}

/// The `vendor:product` of every CPE name in `text`.
fn names_in(text: &str, names: &mut BTreeSet<String>) {
    const START: &str = "cpe:2.3:";
    for (start, _) in text.match_indices(START) {
        let rest = &text[start..];
        let end = rest.find(['"', '<', '\'', ' ', '\n']).unwrap_or(rest.len());
        // JSON writes each backslash twice.
        let name = rest[..end].replace(r"\\", r"\");
        names.extend(Cpe::parse(&name).and_then(|cpe| Some(cpe.key()?.name.to_string())));
    }
}

/// The `vendor:product` of what a record of the CVE list is about, as its reader spells them.
fn names_of_cve(record: &Value, names: &mut BTreeSet<String>) {
    let containers = &record["containers"];
    let all = std::iter::once(&containers["cna"]).chain(containers["adp"].as_array().into_iter().flatten());
    for affected in all.filter_map(|container| container["affected"].as_array()).flatten() {
        let word = |field: &str| Some(affected[field].as_str()?.to_lowercase().replace(' ', "_"));
        if let (Some(vendor), Some(product)) = (word("vendor"), word("product")) {
            names.insert(format!("{vendor}:{product}"));
        }
    }
}

/// Every name in the feeds below `data` that go by CPE names, and in what is there of the dictionary.
fn names_below(data: &Path) -> BTreeSet<String> {
    const FOLDERS: [&str; 5] = [
        "feeds/nvd",
        "feeds/osv/Bitnami",
        "feeds/vendor/cve5-trustify",
        "feeds/vendor/osv.dev",
        "packages/syft-cataloger/internal/cpegenerate/dictionary/index-generator/testdata",
    ];
    let mut names = BTreeSet::new();
    for folder in FOLDERS.map(|folder| data.join(folder)) {
        for (_, bytes) in testkit::data::read_all(&folder) {
            names_in(&String::from_utf8_lossy(&bytes), &mut names);
            if let Ok(record) = serde_json::from_slice(&bytes) {
                names_of_cve(&record, &mut names);
            }
        }
    }
    names
}

#[test]
fn every_name_is_one_that_feeds_have_or_is_told_as_unseen() {
    let Some(data) = testkit::data::require("every_name_is_one_that_feeds_have_or_is_told_as_unseen") else {
        return;
    };
    let seen = names_below(&data);
    let known = KNOWN.iter().map(|(_, vendor, product)| (*vendor, *product));
    let besides = BESIDES.iter().map(|(_, besides)| *besides);
    let asked: BTreeSet<String> =
        known.chain(besides).map(|(vendor, product)| format!("{vendor}:{product}")).collect();
    let unseen: Vec<&str> = asked.difference(&seen).map(String::as_str).collect();
    assert_eq!(unseen, UNSEEN);
}

/// The names under which a package of Alpine is asked, as `vendor:product`.
fn asked(package: &str) -> BTreeSet<String> {
    let inventory = inventory("alpine 3.20", package);
    let cases = crate::cases_with(&inventory, &facts(), Besides::of(&Fallback::All));
    let by_name = cases[0].consulted.iter().filter(|consulted| crate::cpe::is_by_name(consulted));
    by_name.map(|consulted| consulted.key.name.to_string()).collect()
}

#[test]
fn a_package_of_each_name_is_asked_under_each_of_its_names() {
    for (name, vendor, product) in KNOWN {
        let asked = asked(&format!("apk {name} 1.0-r0"));
        assert!(asked.contains(&format!("{vendor}:{product}")), "{name}: {asked:?}");
    }
}

#[test]
fn packages_are_known_as_distributions_call_them() {
    for (package, name) in [
        ("chromium", "google:chrome"),
        ("docker", "mobyproject:moby"),
        ("firefox-esr", "mozilla:firefox_esr"),
        ("go-1.21", "golang:go"),
        ("go-fips-1.21", "golang:go"),
        ("grafana-10.4", "grafana:grafana"),
        ("icu", "unicode:international_components_for_unicode"),
        ("imagemagick6", "imagemagick:imagemagick"),
        ("libgit2-0.27", "libgit2:libgit2"),
        ("libxpm", "x.org:libxpm"),
        ("mbedtls", "arm:mbed_tls"),
        ("nginx-mainline", "f5:nginx_open_source"),
        ("nginx-stable", "f5:nginx"),
        ("nodejs-current", "nodejs:node.js"),
        ("nss", "mozilla:nss"),
        ("openjdk-8", "oracle:openjdk"),
        ("php83", "php:php"),
        ("postgresql16", "postgresql:postgresql"),
        ("protobuf", "google:protobuf-cpp"),
        ("python-3.12", "python:python"),
        ("redis-7.2", "redis:redis"),
        ("ruby-3.2", "ruby-lang:ruby"),
        ("runc", "opencontainers:runc"),
        ("xorg-server", "x.org:x_server"),
    ] {
        assert!(
            asked(&format!("apk {package} 1.0-r0")).contains(name),
            "{package}: {:?}",
            asked(&format!("apk {package} 1.0-r0"))
        );
    }
    // What ends with a number has no line of itself: it is called so.
    for (package, other) in [("libssh2", "libssh:libssh"), ("lz4", "lz:lz"), ("-1.0", ":")] {
        let asked = asked(&format!("apk {package} 1.0-r0"));
        assert!(!asked.contains(other), "{package}: {asked:?}");
    }
}
