//! RPMs of which nothing tells the epoch (feeds.md B9). Some tools leave it out of what they list; then no epoch is not
//! epoch 0, and versions are compared without that of the record.

use model::advisory::{AffectedRange, RangeEvent, Row};
use model::ecosystem::Ecosystem;
use model::key::{KeyKind, PackageKey};
use model::package::Package;

use crate::version::{self, VersionScheme, rpm};

/// Tools whose documents have the epoch of each RPM that has one, by what their names contain.
const TELLING: [&str; 7] = ["cdxgen", "hermeto", "osv-scanner", "plimsoll", "scalibr", "syft", "trivy"];

/// Whether an RPM says that epochs are told of all that were listed with it: it states one, or who listed it is known to.
pub(crate) fn is_told(package: &Package) -> bool {
    let lister = package.cataloger.to_ascii_lowercase();
    let is_own = lister.starts_with("rpm-") || lister == "bottlerocket";
    let states_one = !rpm::split(package.version.as_str()).epoch.is_empty()
        || package.purl.contains("?epoch=")
        || package.purl.contains("&epoch=");
    package.ecosystem == Ecosystem::Rpm
        && (is_own || states_one || TELLING.iter().any(|name| lister.contains(name)))
}

/// The first epoch other than 0 in a row about binary packages; archives of source packages have none anyway.
pub(crate) fn asked(row: &Row) -> Option<&str> {
    let affected = &row.affected;
    if affected.key.kind != KeyKind::Binary {
        return None;
    }
    let ranges = affected.ranges.iter().chain(&affected.aside.unaffected);
    let bounds = ranges.flat_map(|range: &AffectedRange| &range.events).map(|event| match event {
        RangeEvent::Introduced(version)
        | RangeEvent::IntroducedAfter(version)
        | RangeEvent::Fixed(version)
        | RangeEvent::LastAffected(version)
        | RangeEvent::Limit(version) => version,
    });
    let epochs = bounds.chain(&affected.versions).map(|version| rpm::split(version.as_str()).epoch);
    let is_zero = |epoch: &str| epoch.bytes().all(|digit| digit == b'0');
    epochs.into_iter().find(|epoch| !is_zero(epoch))
}

/// How a version is compared with what rows under `key` say, where it lacks its epoch.
pub(crate) fn scheme_without(scheme: &'static VersionScheme, key: &PackageKey) -> &'static VersionScheme {
    match (scheme.name, key.kind) {
        ("rpm", KeyKind::Binary) => &rpm::OF_SOURCES,
        _ => version::for_key(scheme, key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases;
    use crate::explain;
    use crate::find;
    use crate::fixture::{advisories, check, facts, inventory, packages};

    #[test]
    fn who_listed_an_rpm_or_what_it_states_tells_whether_epochs_are_told() {
        for (package, expected) in [
            ("rpm demo 1.0-1", true),
            ("rpm demo 1.0-1 tool=rpm-db-cataloger", true),
            ("rpm demo 1.0-1 tool=aquasecurity/trivy", true),
            ("rpm demo 1.0-1 tool=maker-1", false),
            ("rpm demo 1:1.0-1 tool=maker-1", true),
            ("rpm demo 0:1.0-1 tool=maker-1", true),
            ("rpm demo 1.0-1 tool=maker-1 purl=pkg:rpm/acme/demo@1.0-1?arch=noarch&epoch=0", true),
            ("deb demo 1:1.0-1", false),
        ] {
            assert_eq!(is_told(&packages(package)[0]), expected, "{package}");
        }
    }

    #[test]
    fn an_epoch_that_nothing_tells_is_not_zero() {
        let row = "redhat:9|binary|demo redhat CVE-1 >=0 <1:1.0-5.el9";
        let check = |packages: &str, expected: &str| check("rhel 9.4", packages, row, expected);
        check("rpm demo 1.0-5.el9 tool=maker-1", "");
        check("rpm demo 1.0-4.el9 tool=maker-1", "CVE-1 | demo | affected | fixed 1:1.0-5.el9");
        // Any other package tells that epochs are told, and who listed them does.
        let affected = "CVE-1 | demo | affected | fixed 1:1.0-5.el9";
        check("rpm demo 1.0-5.el9 tool=maker-1\nrpm other 2:1.0-1 tool=maker-1", affected);
        check("rpm demo 1.0-5.el9", affected);
    }

    #[test]
    fn what_was_compared_without_an_epoch_is_less_sure_and_says_so() {
        for (bound, confidence, conditions) in [
            ("1:1.0-5.el9", 0.9, vec![("epoch", "1", None)]),
            ("0:1.0-5.el9", 1.0, vec![]),
            ("1.0-5.el9", 1.0, vec![]),
        ] {
            let inventory = inventory("rhel 9.4", "rpm demo 1.0-4.el9 tool=maker-1");
            let row = format!("redhat:9|binary|demo redhat CVE-1 >=0 <{bound}");
            let (cases, advisories) = (cases(&inventory, &facts()), advisories(&inventory, &row));
            assert_eq!(find(&cases, &advisories)[0].evidence[0].confidence, confidence, "{bound}");
            let explained = explain(&cases, &advisories, &facts(), "CVE-1");
            let told = explained[0].rows[0].conditions.iter();
            let told: Vec<_> = told.map(|it| (it.name, it.asked.as_str(), it.holds)).collect();
            assert_eq!(told, conditions, "{bound}");
        }
    }
}
