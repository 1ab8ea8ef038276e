//! Which names are asked for modules, for software of several names, and for Java of distributions.

use crate::fixture::check_by_cpe;

#[test]
fn a_module_is_not_the_server_that_has_its_name() {
    let check = |asked: &str, package: &str, row: &str, is_found: bool| {
        let name = package.split_whitespace().nth(1).unwrap();
        let fix = if package.starts_with("apk") { "unknown" } else { "fixed 9" };
        let found = format!("CVE-1 | {name} | affected | {fix}");
        let row = format!("cpe|{row} >=0 <9").replace(" >=", " nvd CVE-1 >=");
        check_by_cpe(asked, "alpine 3.20", package, &row, if is_found { &found } else { "" });
    };
    for module in ["apk py3-redis 5.0.1-r0", "apk ruby3.2-redis 5.0.1-r0", "apk perl-redis 2.0-r0"] {
        check("cpe", module, "redis:redis", false);
        check("cpe", module, "redis_project:redis", true);
    }
    check("cpe", "apk redis 5.0.1-r0", "redis:redis", true);
    check("cpe", "apk py3.12-pip 5.0.1-r0", "pip_project:pip", true);
    check_by_cpe(
        "cpe",
        "alpine 3.20",
        "apk py3-redis 5.0.1-r0",
        "cpe|redis:redis nvd CVE-1 >=0 <9 target=python",
        "CVE-1 | py3-redis | affected | unknown",
    );
    // What is known is known of the software.
    check("cpe", "apk py3-dbus 1.3.2-r0", "freedesktop:dbus", false);
    check("cpe", "apk dbus 1.3.2-r0", "freedesktop:dbus", true);
    check("cpe:npm", "npm less 4.2.0", "gnu:less", false);
    check("cpe:golang", "golang github.com/json-iterator/go v1.1.12", "golang:go", false);
    check("cpe:golang", "golang github.com/json-iterator/go v1.1.12", "go:go", false);
    check("cpe:golang", "golang github.com/json-iterator/go v1.1.12", "json-iterator:go", true);
    check("cpe:golang", "golang github.com/hashicorp/consul/v2 v1.1.12", "hashicorp:consul", true);
    check("cpe:golang", "golang github.com/consul/consul v1.1.12", "consul:consul", true);
    // Conda has both.
    check("cpe", "conda dbus 1.3.2", "freedesktop:dbus", true);
    check("cpe", "conda python-consul 1.1.0", "hashicorp:consul", false);
    check("cpe", "conda python-etcd 0.4.5", "etcd-io:etcd", false);
    check("cpe", "conda python-consul 1.1.0", "python-consul_project:python-consul", true);
    // What a language is written in is not its module.
    check("cpe", "apk ruby-3.2 3.2.1-r0", "ruby-lang:ruby", true);
    check("cpe", "apk python3-tkinter 3.2.1-r0 source=python3", "python:python", true);
}

#[test]
fn a_language_may_be_part_of_a_modules_own_name() {
    let check = |asked: &str, package: &str, row: &str, fix: &str| {
        let name = package.split_whitespace().nth(1).unwrap();
        let found = format!("CVE-1 | {name} | affected | {fix}");
        let expected = if fix.is_empty() { "" } else { found.as_str() };
        check_by_cpe(asked, "alpine 3.20", package, &format!("cpe|{row} nvd CVE-1 >=0 <9"), expected);
    };
    for row in ["python-jose_project:python-jose", "python_jose_project:python_jose"] {
        check("cpe:pypi", "pypi python-jose 3.3.0", row, "fixed 9");
        check("cpe", "apk py3-jose 3.3.0-r0", row, "unknown");
    }
    // Elsewhere it is no other module that is called so without the language.
    check("cpe:pypi", "pypi python-jose 3.3.0", "jose_project:jose", "");
    check("cpe", "apk py3-jose 3.3.0-r0", "jose_project:jose", "unknown");
    check("cpe", "apk perl-dbi 1.6-r0", "python-dbi_project:python-dbi", "");
}

#[test]
fn software_is_looked_up_by_all_its_names() {
    for (package, row) in [
        ("generic node 20.1.0 cpe=a:nodejs:node.js:20.1.0", "nodejs:node cve-list"),
        ("generic python 3.12.1 cpe=a:python:python:3.12.1", "python_software_foundation:cpython cve-list"),
        ("generic nginx 1.27.0 cpe=a:nginx:nginx:1.27.0", "f5:nginx_open_source nvd"),
        ("generic nginx 1.27.0 cpe=a:f5:nginx:1.27.0", "f5:nginx_open_source nvd"),
        ("generic openjdk 17.0.1 cpe=a:eclipse:temurin:17.0.1", "oracle:openjdk nvd"),
        ("generic openjdk 17.0.1 cpe=a:ibm:semeru_runtime:17.0.1", "oracle:openjdk nvd"),
    ] {
        let name = package.split_whitespace().nth(1).unwrap();
        let found = format!("CVE-1 | {name} | affected | fixed 100.1");
        check_by_cpe("stated", "", package, &format!("cpe|{row} CVE-1 >=0 <100.1"), &found);
    }
    let corretto = "generic corretto 8.402.08.1 cpe=a:amazon:corretto:8.402.08.1";
    let row = "cpe|oracle:openjdk nvd CVE-1 >=8 <8.0.";
    check_by_cpe("stated", "", corretto, &format!("{row}402"), "");
    let found = "CVE-1 | corretto | affected | fixed 8.0.412";
    check_by_cpe("stated", "", corretto, &format!("{row}412"), found);
}

#[test]
fn java_of_a_distribution_is_compared_with_that_of_its_makers() {
    for (package, fixed, is_affected) in [
        ("openjdk8 8.372.07-r0", "8.0.402", true),
        ("openjdk8 8.402.06-r0", "8.0.402", false),
        ("openjdk-8 8.412.08-r0", "8.0.412", false),
        ("openjdk7 7.221.2.6.18-r0", "7.0.231", true),
        ("openjdk7 7.221.2.6.18-r0", "7.0.221", false),
        ("openjdk17 17.0.18_p8-r0", "17.0.18", false),
        ("openjdk17 17.0.18_p8-r0", "17.0.19", true),
        ("openjdk21 21.0.2_p13-r1", "21.0.1", false),
    ] {
        let name = package.split_whitespace().next().unwrap();
        let row = format!("cpe|oracle:openjdk nvd CVE-1 >=7 <{fixed}");
        let found = format!("CVE-1 | {name} | affected | unknown");
        let expected = if is_affected { found.as_str() } else { "" };
        check_by_cpe("cpe", "alpine 3.20", &format!("apk {package}"), &row, expected);
        // Who was told its name by a document.
        let stated = format!("apk {package} cpe=a:oracle:openjdk");
        check_by_cpe("cpe", "alpine 3.20", &stated, &row, expected);
    }
}
