//! VEX of a finding in several packages: those of one kernel (feeds.md B4, D7).

use serde_json::{Value, json};

use super::*;

fn kernel() -> Inventory {
    inventory(
        "app",
        "rhel 9.4",
        "rpm kernel 5.14.0-1.el9 purl=pkg:rpm/redhat/kernel@5.14.0-1.el9 source=kernel@5.14.0-1.el9
         rpm kernel-core 5.14.0-1.el9 purl=pkg:rpm/redhat/kernel-core@5.14.0-1.el9 source=kernel@5.14.0-1.el9
         rpm kernel-modules 5.14.0-1.el9 purl=pkg:rpm/redhat/kernel-modules@5.14.0-1.el9 source=kernel@5.14.0-1.el9",
    )
}

/// Whether the finding is suppressed; the packages that are answered, and who says so; the outcomes.
fn heard(statements: Value) -> (bool, Vec<String>, Vec<String>) {
    let mut found = findings("CVE-1 0 1 2");
    let used = apply(&mut found, [&given(&openvex("V", statements))], &kernel(), None);
    let answered = found[0].decoration.answered.iter();
    let answered = answered.map(|one| {
        format!("{} {} {}", kernel().package(one.package).name, one.because.reason, one.because.source)
    });
    let told = used.unapplied.iter().map(|one| format!("{}: {}", one.reason.as_str(), one.detail));
    (found[0].suppressed.is_some(), answered.collect(), told.collect())
}

fn of(name: &str) -> Value {
    not_affected("CVE-1", json!(format!("pkg:rpm/redhat/{name}")))
}

#[test]
fn what_is_said_of_the_source_or_of_all_packages_is_said_of_the_kernel() {
    for statements in [
        json!([of("kernel?arch=src")]),
        json!([of("kernel@5.14.0-1.el9?arch=src")]),
        json!([of("kernel"), of("kernel-core"), of("kernel-modules")]),
    ] {
        assert_eq!(heard(statements.clone()), (true, Vec::new(), Vec::new()), "{statements}");
    }
}

#[test]
fn what_is_said_of_one_package_leaves_the_finding_and_is_told() {
    assert_eq!(
        heard(json!([of("kernel-core")])),
        (
            false,
            vec!["kernel-core vex-not-affected V".to_owned()],
            vec!["only-some-instances: CVE-1: 1 of 3 packages".to_owned()]
        )
    );
    // One of which something stronger says otherwise is not answered.
    let affected = stated("CVE-1", json!("pkg:rpm/redhat/kernel-core"), "affected");
    let (is_suppressed, answered, told) = heard(json!([of("kernel?arch=src"), affected]));
    assert!(!is_suppressed);
    assert_eq!(answered, ["kernel vex-not-affected V", "kernel-modules vex-not-affected V"]);
    assert_eq!(told[0], "contradicted: CVE-1: V (statements[1]) says affected");
}
