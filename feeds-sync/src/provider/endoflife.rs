//! endoflife.date: when the support of releases of distributions and runtimes ends (feeds.md A26).

use model::facts::RUNTIMES;
use model::key::Namespace;
use serde::Deserialize;

use super::{DAILY, Feed, MIB, Parse, Provider, Scope, Source};
use crate::document::Document;
use crate::error::ParseError;
use crate::lifecycles::{Authority, Lifecycle, Lifecycles};
use crate::schema::null_as_default;

pub(super) static PROVIDER: Provider = Provider {
    name: "endoflife",
    attribution: Some("endoflife.date, https://endoflife.date/"),
    feeds: || vec![feed()],
    answering: |_| None,
    releases: &[],
    follow: None,
    parse: Parse::Lifecycles(parse),
};

fn feed() -> Feed {
    let source = Source::records("https://endoflife.date/api/v1/products/full", 128 * MIB);
    Feed {
        name: "endoflife".to_owned(),
        // Without it the dates that are built in stand.
        sources: vec![Source { is_optional: true, max_age: Some(DAILY), ..source }],
        scope: Scope::Lifecycles,
        license: "MIT",
        is_redistributable: true,
        is_alternate: false,
    }
}

/// Its products that are distributions whose releases have namespaces, and the id in these.
static PRODUCTS: &[(&str, &str)] = &[
    ("almalinux", "almalinux"),
    ("alpine-linux", "alpine"),
    ("amazon-linux", "amazon"),
    ("azure-linux", "azurelinux"),
    ("debian", "debian"),
    ("fedora", "fedora"),
    ("opensuse", "opensuse-leap"),
    ("oracle-linux", "oracle"),
    ("photon", "photon"),
    ("rhel", "redhat"),
    ("rocky-linux", "rocky"),
    ("sles", "sles"),
    ("ubuntu", "ubuntu"),
];

#[derive(Deserialize)]
struct Catalogue {
    result: Vec<Product>,
}

#[derive(Deserialize)]
struct Product {
    name: String,
    #[serde(default, deserialize_with = "null_as_default")]
    releases: Vec<Release>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Release {
    name: String,
    #[serde(default, deserialize_with = "null_as_default")]
    is_eol: bool,
    /// End of security support.
    eol_from: Option<String>,
    /// End of extended security support, which is paid for; of Debian that of long-term support, which is everybody's.
    eoes_from: Option<String>,
}

fn parse(document: &Document<'_>, lifecycles: &mut Lifecycles) -> Result<u64, ParseError> {
    let catalogue: Catalogue = serde_json::from_reader(document.open()?)?;
    let mut n_releases = 0;
    for product in catalogue.result {
        if let Some(runtime) = RUNTIMES.iter().find(|name| **name == product.name) {
            for release in product.releases {
                add_runtime(runtime, release, lifecycles);
            }
        } else if let Some((_, id)) = PRODUCTS.iter().find(|(name, _)| *name == product.name) {
            for release in product.releases {
                n_releases += add(id, release, lifecycles);
            }
        }
    }
    match n_releases {
        0 => Err(ParseError::NotTheFeed("a catalogue without distributions".to_owned())),
        n_releases => Ok(n_releases),
    }
}

fn add(id: &str, release: Release, lifecycles: &mut Lifecycles) -> u64 {
    let Some(namespace) = namespace(id, &release.name) else { return 0 };
    let free = if id == "debian" {
        release.eoes_from.as_ref().or(release.eol_from.as_ref())
    } else {
        release.eol_from.as_ref()
    };
    let Some(end_of_life) = free.cloned() else {
        if release.is_eol {
            // It has ended, on a day that nobody says: a built-in date stands.
            lifecycles.remarks.leave_out("end of support without a day");
        }
        return 0;
    };
    let lifecycle = |end_of_life| Lifecycle {
        end_of_life,
        freezes: false,
        // Its codenames are for people.
        codename: None,
        authority: Authority::Follower,
    };
    let mut n_releases = u64::from(lifecycles.add(namespace, lifecycle(end_of_life)));
    if let Some(end_of_life) = release.eoes_from.filter(|_| id == "ubuntu") {
        let namespace = Namespace::distro(id, &format!("{}+esm", release.name));
        n_releases += u64::from(lifecycles.add(namespace, lifecycle(end_of_life)));
    }
    n_releases
}

fn add_runtime(runtime: &str, release: Release, lifecycles: &mut Lifecycles) {
    let lifecycle = |end_of_life| Lifecycle {
        end_of_life,
        freezes: false,
        codename: None,
        authority: Authority::Follower,
    };
    match release.eol_from {
        Some(end_of_life) => {
            lifecycles.add(Namespace::runtime(runtime, &release.name), lifecycle(end_of_life));
        }
        None if release.is_eol => lifecycles.remarks.leave_out("end of support without a day"),
        None => {}
    }
    if let Some(end_of_life) = release.eoes_from {
        lifecycles.add(Namespace::paid_runtime(runtime, &release.name), lifecycle(end_of_life));
    }
}

/// The namespace of a release, where it has one.
fn namespace(id: &str, release: &str) -> Option<Namespace> {
    let major: u64 = release.split('.').next()?.parse().ok()?;
    match (id, release) {
        // The first Amazon Linux had its year and month for a version; the last of them was supported to the end.
        ("amazon", "2018.03") => Some(Namespace::distro(id, "1")),
        ("amazon", release) if release.contains('.') => None,
        // It had another name until its second release.
        ("azurelinux", release) if major < 3 => Some(Namespace::distro("mariner", release)),
        // Before them openSUSE was no Leap.
        ("opensuse-leap", _) if major < 15 => None,
        _ => Some(Namespace::distro(id, release)),
    }
}
