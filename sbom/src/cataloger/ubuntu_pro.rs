//! What tells that an Ubuntu gets extended security maintenance (feeds.md B7): the client's own status, and the archives and
//! credentials that it sets up. It becomes hints on the distribution, `UBUNTU_PRO=esm-infra`.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use model::distro::Distro;
use serde::Deserialize;

use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "ubuntu-pro",
    version: 1,
    finds: Finds::Installed,
    wants: Wants::Paths(&[
        "etc/apt/auth.conf.d/90ubuntu-advantage",
        "etc/apt/sources.list",
        "etc/apt/sources.list.d/*.list",
        "etc/apt/sources.list.d/*.sources",
        "var/lib/ubuntu-advantage/status.json",
    ]),
    read,
    assemble,
};

/// The services that bring other package versions than the base archives, by their folder on the server.
const SERVICES: &[(&str, &str)] = &[
    ("esm.ubuntu.com/infra/", "esm-infra"),
    ("esm.ubuntu.com/apps/", "esm-apps"),
    ("esm.ubuntu.com/fips/", "fips"),
    ("esm.ubuntu.com/fips-updates/", "fips-updates"),
    ("esm.ubuntu.com/realtime/", "realtime-kernel"),
];

#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    services: Vec<Service>,
}

#[derive(Deserialize)]
struct Service {
    #[serde(default)]
    name: String,
    #[serde(default)]
    status: String,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    let services = if file.path.ends_with(".json") { enabled(file, facts) } else { archives(file, facts) };
    if !services.is_empty() {
        let hints = services.iter().map(|service| format!("UBUNTU_PRO={service}")).collect();
        facts.push(Fact::Distro(Distro { hints, ..Distro::default() }));
    }
}

/// The services that the client says are enabled.
fn enabled(file: &File<'_>, facts: &mut Facts) -> BTreeSet<&'static str> {
    let Some(text) = file.text(facts) else { return BTreeSet::new() };
    let status: Status = match serde_json::from_str(&text) {
        Ok(status) => status,
        Err(error) => {
            facts.push(Fact::Gap(file.unreadable(&error)));
            return BTreeSet::new();
        }
    };
    let is_enabled = |name: &str| {
        status.services.iter().any(|service| service.name == name && service.status == "enabled")
    };
    SERVICES.iter().map(|(_, service)| *service).filter(|service| is_enabled(service)).collect()
}

/// The services whose archives a list of sources or credentials names.
fn archives(file: &File<'_>, facts: &mut Facts) -> BTreeSet<&'static str> {
    let mut services = BTreeSet::new();
    let mut paragraph = BTreeSet::new();
    let mut is_disabled = false;
    file.for_each_line(facts, |_, _, line| {
        let line = line.trim();
        let compact: String = line.to_lowercase().split_whitespace().collect();
        if line.is_empty() {
            if !std::mem::take(&mut is_disabled) {
                services.append(&mut paragraph);
            }
            paragraph.clear();
        } else if matches!(compact.as_str(), "enabled:no" | "enabled:false") {
            is_disabled = true;
        } else if !line.starts_with('#') {
            // The address may end with the folder.
            let line = line.replace([' ', '\t'], "/ ") + "/";
            paragraph.extend(
                SERVICES.iter().filter(|(place, _)| line.contains(place)).map(|(_, service)| *service),
            );
        }
        ControlFlow::Continue(())
    });
    if !is_disabled {
        services.append(&mut paragraph);
    }
    services
}

/// The hints are taken up by the cataloger of the distribution.
fn assemble(_: &FactTree<'_>, _: &mut Found) {}
