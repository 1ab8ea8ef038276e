//! Which packages are looked up by which names, and what of a name a row has to agree with.

use model::ecosystem::Ecosystem;
use model::report::UnmatchedReason;

use super::*;
use crate::fixture::{check_by_cpe, facts, fallback, inventory, lines};
use crate::{Case, cases_with};

/// Compares, for each package, the keys of names with their versions, a guess behind a `?`.
#[track_caller]
fn check(asked: &str, distro: &str, packages: &str, expected: &str) {
    let text = |case: &Case| {
        let keys = case.consulted.iter().filter(|consulted| is_by_name(consulted)).map(|consulted| {
            let sign = if consulted.role == Role::Guess { "?" } else { "" };
            let end = if consulted.lacks_update { " without its update" } else { "" };
            format!("{sign}{} {}{end}", consulted.key.name, consulted.version)
        });
        let mut keys: Vec<String> = keys.collect();
        keys.sort();
        let reason =
            case.unmatched.iter().map(|(reason, namespace)| format!("{} {namespace}", reason.as_str()));
        let text =
            format!("{}: {}", case.name, keys.into_iter().chain(reason).collect::<Vec<_>>().join(", "));
        text.trim_end().to_owned()
    };
    let cases = cases_with(&inventory(distro, packages), &facts(), Besides::of(&fallback(asked)));
    assert_eq!(cases.iter().map(text).collect::<Vec<_>>(), lines(expected).collect::<Vec<_>>());
}

#[test]
fn what_nobody_else_speaks_of_is_asked_by_its_stated_names() {
    let packages = "
        generic demo 1.0 cpe=a:acme:demo:1.0 cpe=a:acme:old_demo:1.0
        generic bare 1.0
        wordpress form 1.0 cpe=a:acme:form
        bitnami tool 1.0-3 cpe=a:acme:tool
        apk demo 1.0-r1 cpe=a:acme:demo
        npm demo 1.0.0 cpe=a:acme:demo";
    check(
        "off",
        "alpine 3.20",
        packages,
        "demo: no-feed generic
         bare: no-feed generic
         form: no-feed wordpress
         tool: no-feed bitnami
         demo:
         demo:",
    );
    check(
        "stated",
        "alpine 3.20",
        packages,
        "demo: acme:demo 1.0, acme:old_demo 1.0, no-feed generic
         bare: no-feed generic
         form: acme:form 1.0, no-feed wordpress
         tool: acme:tool 1.0, no-feed bitnami
         demo:
         demo:",
    );
}

#[test]
fn on_request_names_are_guessed_where_feeds_publish_only_fixes_or_nothing() {
    check(
        "cpe",
        "alpine 3.20",
        "apk libdemo 1.0-r1 source=my-demo\nnpm demo 1.0.0",
        "libdemo: ?my-demo:my-demo 1.0, ?my-demo_project:my-demo 1.0, ?my_demo:my_demo 1.0, ?my_demo_project:my_demo 1.0
         demo:",
    );
    check("cpe", "debian 12", "deb demo 1.0-1", "demo:");
    let guesses = "?demo:demo 1.0, ?demo_project:demo 1.0";
    check("cpe:debian", "debian 12", "deb demo 1:1.0+dfsg-1", &format!("demo: {guesses}"));
    check("cpe:wolfi", "alpine 3.20", "apk demo 1.0-r1", "demo:");
    check("cpe:alpine", "alpine 3.20", "apk demo 1.0-r1", &format!("demo: {guesses}"));
    check("cpe", "nixos 24.05", "deb demo 1.0-1", &format!("demo: {guesses}, no-feed nixos:24.05"));
    check("cpe", "", "deb demo 1.0-1", &format!("demo: {guesses}, no-distro deb"));
    check("cpe", "", "gem demo 1.0", &format!("demo: {guesses}, no-feed gem"));
    check("cpe:npm", "", "npm @acme/demo 1.0", "@acme/demo: ?acme:demo 1.0, ?demo_project:demo 1.0");
    // A stated name needs no guess of it.
    check(
        "cpe",
        "alpine 3.20",
        "apk demo 1.0-r1 cpe=a:demo:demo",
        "demo: ?demo_project:demo 1.0, demo:demo 1.0",
    );
    check("cpe", "rhel 9.4", "rpm gpg-pubkey 1-1", "gpg-pubkey: no-code redhat:9");
    check("cpe", "", "golang example.com/app (devel) application", "example.com/app: unknown-version golang");
}

#[test]
fn known_software_is_asked_by_its_own_vendor() {
    for (package, name) in [
        ("apk libcurl 8.0-r1 source=curl", "haxx:curl"),
        ("apk apache2 2.4-r1", "apache:http_server"),
        ("apk py3-demo 2.4-r1", "demo:demo"),
        ("apk krb5 1.21-r1", "mit:kerberos_5"),
        ("apk nodejs-20 20.1-r1", "nodejs:node.js"),
    ] {
        let cases = cases_with(&inventory("alpine 3.20", package), &facts(), Besides::of(&Fallback::All));
        let is_asked = cases[0].consulted.iter().any(|consulted| &*consulted.key.name == name);
        assert!(is_asked, "{name} of {package}");
    }
    for (package, is_asked) in [("apk postgresql16 16.1-r1", true), ("apk postgresql-x 16.1-r1", false)] {
        let cases = cases_with(&inventory("alpine 3.20", package), &facts(), Besides::of(&Fallback::All));
        let is_there =
            cases[0].consulted.iter().any(|consulted| &*consulted.key.name == "postgresql:postgresql");
        assert_eq!(is_there, is_asked, "{package}");
    }
}

#[test]
fn the_standard_library_of_go_is_the_product_of_its_toolchain() {
    check("cpe", "", "golang stdlib 1.22.4", "stdlib:");
    check("cpe:golang", "", "golang stdlib 1.22.4", "stdlib: ?golang:go 1.22.4");
    check("cpe:golang", "", "golang stdlib go1.22.4", "stdlib: ?golang:go 1.22.4");
    check(
        "cpe:golang",
        "",
        "golang example.com/stdlib v1.0.0",
        "example.com/stdlib: ?stdlib:stdlib v1.0.0, ?stdlib_project:stdlib v1.0.0",
    );
    let rows = "cpe|golang:go nvd CVE-1 >=1.22.0 <1.22.5";
    check_by_cpe("cpe:golang", "", "golang stdlib 1.22.4", rows, "CVE-1 | stdlib | affected | fixed 1.22.5");
    // What the Go project says of an id comes first.
    let denied = "golang|language|stdlib osv GO-1,CVE-1 >=1.21.0 <1.22.3";
    check_by_cpe(
        "cpe:golang",
        "",
        "golang stdlib 1.22.4",
        &format!("{rows}\n{denied}"),
        "CVE-1 GO-1 | stdlib | vendor-fixed by GO-1 | fixed 1.22.3",
    );
}

#[test]
fn artifacts_of_tomcat_and_spring_are_parts_of_their_products() {
    for (package, name, is_asked) in [
        ("maven org.apache.tomcat:tomcat-coyote 9.0.1", "apache:tomcat", true),
        ("maven org.apache.tomcat.embed:tomcat-embed-core 9.0.1", "apache:tomcat", true),
        ("maven org.apache.tomcat:tomcat-servlet-api 9.0.1", "apache:tomcat", false),
        ("maven org.apache.tomcat.maven:tomcat7-maven-plugin 2.2", "apache:tomcat", false),
        ("maven org.springframework:spring-beans 5.3.1", "vmware:spring_framework", true),
        ("maven org.springframework.security:spring-security-web 5.3.1", "vmware:spring_security", true),
        ("maven org.springframework.security:spring-security-jwt 1.1.1", "vmware:spring_security", false),
    ] {
        let cases = cases_with(&inventory("", package), &facts(), Besides::of(&fallback("cpe:maven")));
        let is_there = cases[0].consulted.iter().any(|consulted| &*consulted.key.name == name);
        assert_eq!(is_there, is_asked, "{package}");
    }
    assert!(known::MAVEN.is_sorted());
}

#[test]
fn the_version_is_that_of_the_software() {
    for (ecosystem, version, expected) in [
        (Ecosystem::Apk, "1.2.3-r10", "1.2.3"),
        (Ecosystem::Apk, "9.3_p2-r1", "9.3p2"),
        (Ecosystem::Apk, "1.0_rc1-r0", "1.0_rc1"),
        (Ecosystem::Apk, "1.0-rx", "1.0-rx"),
        (Ecosystem::Deb, "1:2.30.2-1+deb11u2", "2.30.2"),
        (Ecosystem::Deb, "1.0+dfsg-3", "1.0"),
        (Ecosystem::Deb, "1.0", "1.0"),
        (Ecosystem::Deb, "2.12.7+dfsg+really2.9.14-0.3", "2.9.14"),
        (Ecosystem::Deb, "2.12.7+really2.9.14+dfsg-0.3", "2.9.14"),
        (Ecosystem::Deb, "2.12.7+really-0.3", "2.12.7+really"),
        (Ecosystem::Rpm, "0:1.1.1k-9.el8", "1.1.1k"),
        (Ecosystem::Bitnami, "6.2.0-3", "6.2.0"),
        (Ecosystem::Bitnami, "6.2.0-rc1", "6.2.0-rc1"),
        (Ecosystem::Generic, "1.0-r1", "1.0-r1"),
        (Ecosystem::Apk, "", ""),
    ] {
        assert_eq!(upstream(ecosystem, version).as_str(), expected, "{version}");
    }
    for (version, expected) in [
        ("1:1.3.dfsg-3.1ubuntu2", "1.3"),
        ("1:1.2.13.dfsg-1", "1.2.13"),
        ("4.17.21+dfsg+~cs8.31.198.20210220-9", "4.17.21"),
        ("2.0+~1.1-1", "2.0"),
        ("1.2+git20240101-1", "1.2"),
        ("3.1+repack-2", "3.1"),
        ("3.1~ds1-2", "3.1"),
        ("10.0+nmu1", "10.0"),
        ("1.0+b1", "1.0+b1"),
    ] {
        assert_eq!(upstream(Ecosystem::Deb, version).as_str(), expected, "{version}");
    }
    // A package without a version that can be read has that of its name.
    check(
        "stated",
        "",
        "generic demo - cpe=a:acme:demo:1.0:p1",
        "demo: acme:demo 1.0 without its update, acme:demo 1.0p1, no-feed generic",
    );
    check("stated", "", "generic demo - cpe=a:acme:demo:-", "demo: acme:demo -, unknown-version cpe:3d");
    check("stated", "", "generic demo 2.0 cpe=a:acme:demo:1.0", "demo: acme:demo 2.0, no-feed generic");
    check("stated", "", "generic demo * cpe=a:acme:demo:*", "demo: acme:demo *, unknown-version cpe:3d");
}

#[test]
fn a_name_may_know_the_version_better() {
    // Half of the version is in the name's update.
    check(
        "stated",
        "",
        "generic java 1.8.0 cpe=a:oracle:jdk:1.8.0:update302",
        "java: oracle:jdk 1.8.0 without its update, oracle:jdk 1.8.0_302, no-feed generic",
    );
    // Two products in one package, one of which has the package's version.
    let graal =
        "generic graalvm 17.0.6+10-jvmci-22.3 cpe=a:oracle:graalvm:17.0.6 cpe=a:oracle:graalvm:22.3.1";
    check(
        "stated",
        "",
        graal,
        "graalvm: oracle:graalvm 17.0.6+10-jvmci-22.3, oracle:graalvm 22.3.1, no-feed generic",
    );
    let found = "CVE-1 | graalvm | affected | not-fixed";
    check_by_cpe("stated", "", graal, "cpe|oracle:graalvm nvd CVE-1 =22.3.1", found);
    check_by_cpe("stated", "", graal, "cpe|oracle:graalvm nvd CVE-1 =17.0.6", found);
    check_by_cpe("stated", "", graal, "cpe|oracle:graalvm nvd CVE-1 =22.3.2", "");
    // Names of which none has it: somebody's table was old.
    let package = "generic demo 2.0 cpe=a:acme:demo:1.0 cpe=a:acme:old_demo:1.1";
    check("stated", "", package, "demo: acme:demo 2.0, acme:old_demo 2.0, no-feed generic");
    // A name has the version as the distribution writes it.
    let package = "bitnami demo 1.0-3 cpe=a:acme:demo:1.0-3 cpe=a:acme:base:2.0";
    check("stated", "", package, "demo: acme:base 2.0, acme:demo 1.0, no-feed bitnami");
    // Absurdly many versions of one product.
    let many: String = (0..100).map(|n| format!(" cpe=a:acme:demo:{n}.0")).collect();
    check("stated", "", &format!("generic demo 1.0{many}"), "demo: acme:demo 1.0, no-feed generic");
}

#[test]
fn a_name_without_an_update_is_of_any_update() {
    let stated = "generic openssh 9.3p2 cpe=a:openbsd:openssh:9.3:p2";
    let found = "CVE-1 | openssh | affected | not-fixed";
    for (row, expected) in [
        ("=9.3", found),
        (">=0 <=9.3", found),
        ("=9.3 name=a:openbsd:openssh:*:-", ""),
        (">=0 <=9.2", ""),
        (">=0 <9.3p2", ""),
        (">=0 <9.3p2 or >=9.4 <=9.5", ""),
        ("=9.3p1", ""),
        ("=9.3p2", found),
    ] {
        let row = format!("cpe|openbsd:openssh nvd CVE-1 {row}");
        check_by_cpe("stated", "debian 12", stated, &row, expected);
        let guessed = "apk openssh 9.3_p2-r1";
        let expected = expected.replace("not-fixed", "unknown");
        check_by_cpe("cpe", "alpine 3.20", guessed, &row, &expected);
    }
    // The update is in the package's version alone: nothing says that it is one.
    let package = "generic openssl 1.0.2k cpe=a:openssl:openssl:1.0.2k";
    check_by_cpe("stated", "", package, "cpe|openssl:openssl nvd CVE-1 =1.0.2", "");
}

#[test]
fn upper_and_lower_case_are_the_same_in_names() {
    let package = "generic gaia R80.40 cpe=a:checkpoint:gaia:r80.40";
    let found = "CVE-1 | gaia | affected | not-fixed";
    check_by_cpe("stated", "", package, "cpe|checkpoint:gaia nvd CVE-1 =r80.40", found);
    check_by_cpe("stated", "", package, "cpe|checkpoint:gaia nvd CVE-1 =r80.30", "");
}

#[test]
fn the_kernel_of_the_cve_list_is_a_system() {
    let package = "generic linux 6.1.50 cpe=o:linux:linux_kernel:6.1.50";
    let found = "CVE-1 | linux | affected | not-fixed";
    let row = "cpe|linux:linux_kernel cve-list CVE-1 >=0";
    check_by_cpe("stated", "debian 12", package, &format!("{row} name=o:linux:linux_kernel"), found);
    // What it has of vendor and product alone may be of a system too.
    check_by_cpe("stated", "debian 12", package, row, found);
    check_by_cpe("stated", "debian 12", package, &row.replace("cve-list", "nvd"), "");
}

#[test]
fn builds_and_modules_are_no_matter_of_cpe_names() {
    let package = "rpm openssl 3.0.7-6_fips";
    let found = "CVE-1 | openssl | affected | unknown";
    check_by_cpe("cpe:rpm", "fedora 40", package, "cpe|openssl:openssl nvd CVE-1 >=0", found);
    check_by_cpe("cpe:rpm", "fedora 40", package, "cpe|openssl:openssl nvd CVE-1 >=0 target=linux", found);
}

#[test]
fn words_for_one_target_are_one() {
    for (own, meant, is_found) in [
        ("node.js", "target=nodejs", true),
        ("linux", "target=linux_kernel", true),
        ("linux", "target=windows", false),
        ("wordpress", "target=drupal", false),
        ("wordpress", "name=a:acme:demo:*:*:*:*:*:-", false),
        ("-", "name=a:acme:demo:*:*:*:*:*:-", true),
    ] {
        let package = format!("generic demo 1.0 cpe=a:acme:demo:1.0:*:*:*:*:{own}");
        let row = format!("cpe|acme:demo nvd CVE-1 >=0 {meant}");
        let found = "CVE-1 | demo | affected | not-fixed";
        check_by_cpe("stated", "debian 12", &package, &row, if is_found { found } else { "" });
    }
}

#[test]
fn each_product_is_ordered_as_its_makers_do() {
    let java = "generic openjdk 1.8.0_302-b08 cpe=a:oracle:openjdk:8:update302";
    let check = |package: &str, row: &str, expected: &str| check_by_cpe("stated", "", package, row, expected);
    check(java, "cpe|oracle:openjdk nvd CVE-1 =1.8.0_302", "CVE-1 | openjdk | affected | not-fixed");
    check(
        java,
        "cpe|oracle:openjdk nvd CVE-1 =8_302 >=11 <=11.0.1",
        "CVE-1 | openjdk | affected | not-fixed",
    );
    check(java, "cpe|oracle:openjdk nvd CVE-1 >=8 <8.0.312", "CVE-1 | openjdk | affected | fixed 8.0.312");
    check(java, "cpe|oracle:openjdk nvd CVE-1 =1.8.0_301", "");
    let openssl = "generic openssl 1.0.2k cpe=a:openssl:openssl:1.0.2k";
    let row = "cpe|openssl:openssl nvd CVE-1 >=1.0.2 <1.0.2zd";
    check(openssl, row, "CVE-1 | openssl | affected | fixed 1.0.2zd");
    check(openssl, "cpe|openssl:openssl nvd CVE-1 >=1.0.2 <1.0.2k", "");
    let kernel = "generic linux 6.1.112-122.amzn2023 cpe=o:linux:linux_kernel:6.1.112";
    let row = "cpe|linux:linux_kernel nvd CVE-1 >=6.1 <6.1.112 name=o:linux:linux_kernel";
    check(kernel, row, "");
    check(kernel, &row.replace("<6.1.112", "<6.1.113"), "CVE-1 | linux | affected | fixed 6.1.113");
    // Of what has no version.
    check(
        "generic demo - cpe=a:acme:demo:-",
        "cpe|acme:demo nvd CVE-1 =-",
        "CVE-1 | demo | affected | not-fixed",
    );
    check("generic demo 1.0 cpe=a:acme:demo:1.0", "cpe|acme:demo nvd CVE-1 =-", "");
}

#[test]
fn what_a_name_says_more_has_to_agree() {
    let affected = "CVE-1 | demo | affected | not-fixed";
    for (own, meant, is_found) in [
        ("a:acme:demo:1.0", "o:acme:demo", false),
        ("o:acme:demo:1.0", "o:acme:demo", true),
        ("a:acme:demo:1.0", "a:acme:demo:*:*:*:*:enterprise", true),
        ("a:acme:demo:1.0:*:*:*:community", "a:acme:demo:*:*:*:*:enterprise", false),
        ("a:acme:demo:1.0:*:*:*:enterprise", "a:acme:demo:*:*:*:*:enterprise", true),
        ("a:acme:demo:1.0:*:*:*:-", "a:acme:demo:*:*:*:*:enterprise", false),
        ("a:acme:demo:1.0:*:*:*:enterprise", "a:acme:demo:*:*:*:*:-", false),
        ("a:acme:demo:1.0", "a:acme:demo:*:*:*:*:-", true),
        ("a:acme:demo:1.0:*:*:fr", "a:acme:demo:*:*:*:en", false),
    ] {
        let package = format!("generic demo 1.0 cpe={own}");
        let row = format!("cpe|acme:demo nvd CVE-1 >=0 name={meant}");
        check_by_cpe("stated", "debian 12", &package, &row, if is_found { affected } else { "" });
    }
    // A row whose name says no more is of an application.
    let package = "generic demo 1.0 cpe=o:acme:demo:1.0";
    check_by_cpe("stated", "debian 12", package, "cpe|acme:demo nvd CVE-1 >=0", "");
    // One of several names is enough.
    let package = "generic demo 1.0 cpe=o:acme:demo cpe=a:acme:demo";
    check_by_cpe("stated", "debian 12", package, "cpe|acme:demo nvd CVE-1 >=0", affected);
    // A guess is of an application for nothing in particular.
    let rows = "cpe|demo:demo nvd CVE-1 >=0 name=o:demo:demo
                cpe|demo:demo nvd CVE-2 >=0 target=python
                cpe|demo:demo nvd CVE-3 >=0 target=linux
                cpe|demo:demo nvd CVE-4 >=0";
    let found = "CVE-3 | demo | affected | unknown\nCVE-4 | demo | affected | unknown";
    check_by_cpe("cpe", "alpine 3.20", "apk demo 1.0-r0", rows, found);
    // One of a module is of a module.
    let found = "CVE-2 | py3-demo | affected | unknown
                 CVE-3 | py3-demo | affected | unknown";
    check_by_cpe("cpe", "alpine 3.20", "apk py3-demo 1.0-r0", rows, found);
}

#[test]
fn an_advisory_database_comes_before_names() {
    let package = "npm demo 1.0.0";
    let by_name = "cpe|demo:demo nvd CVE-1 >=0 <2.0.0";
    let check = |rows: &str, expected: &str| check_by_cpe("cpe:npm", "", package, rows, expected);
    check(by_name, "");
    let by_name = "cpe|demo:demo nvd CVE-1 >=0 <2.0.0 target=node.js";
    check(by_name, "CVE-1 | demo | affected | fixed 2.0.0");
    let own = "npm|language|demo osv GHSA-1,CVE-1 >=0 <1.0.0";
    check(&format!("{own}\n{by_name}"), "CVE-1 GHSA-1 | demo | vendor-fixed by GHSA-1 | fixed 1.0.0");
}

#[test]
fn programs_that_a_distribution_owns_are_its_affair() {
    let packages = "deb demo 1.0-1\ngeneric demo 1.0 cpe=a:acme:demo:1.0 owner=0";
    let row = "cpe|acme:demo nvd CVE-1 >=0 <2.0";
    let owned = "CVE-1 | demo | owned-by-distro-package by pkg:deb/demo@1.0-1 | fixed 2.0";
    check_by_cpe("stated", "debian 12", packages, row, owned);
    let packages = packages.replace("deb", "apk").replace("1.0-1", "1.0-r1");
    let owned = "CVE-1 | demo | owned-by-distro-package by pkg:apk/demo@1.0-r1 | fixed 2.0";
    check_by_cpe("stated", "alpine 3.20", &packages, row, owned);
    // Of a distribution that nobody speaks of.
    check_by_cpe("stated", "alpine 3.5", &packages, row, "CVE-1 | demo | affected | fixed 2.0");
}

#[test]
fn what_is_found_by_name_is_less_sure() {
    for (asked, distro, package, row, confidence) in [
        ("stated", "", "generic demo 1.0 cpe=a:acme:demo", "cpe|acme:demo nvd CVE-1 >=0 <2.0", 0.7),
        ("stated", "", "generic demo 1.0k cpe=a:acme:demo", "cpe|acme:demo nvd CVE-1 >=0 <2.0", 0.6),
        ("stated", "", "generic demo 1.0 cpe=a:acme:demo", "cpe|acme:demo nvd CVE-1 >=0 <2.0k", 0.6),
        ("stated", "", "generic demo 1.0k cpe=a:acme:demo", "cpe|acme:demo nvd CVE-1 =1.0k", 0.7),
        ("stated", "", "generic jdk 8u302 cpe=a:acme:jdk", "cpe|acme:jdk nvd CVE-1 >=0 <9", 0.7),
        ("cpe", "alpine 3.20", "apk demo 1.0-r1", "cpe|demo:demo nvd CVE-1 >=0 <2.0", 0.6),
    ] {
        let inventory = inventory(distro, package);
        let cases = cases_with(&inventory, &facts(), Besides::of(&fallback(asked)));
        let row = crate::fixture::row(row);
        let mut advisories = model::advisory::AdvisorySet::default();
        advisories.rows.insert(row.affected.key.clone(), vec![row]);
        let evidence = &crate::find(&cases, &advisories)[0].evidence;
        assert_eq!(evidence[0].confidence, confidence, "{package}");
        assert_eq!(evidence[0].match_type, MatchType::Cpe);
    }
    for (version, expected) in [
        ("1", false),
        ("v1.2.3", false),
        ("1.2.3-rc.1+b", false),
        ("1.2.3.4", true),
        ("1.0k", true),
        ("2024-05_1", true),
        ("", true),
        ("1..2", true),
    ] {
        assert_eq!(is_fuzzy(version), expected, "{version}");
    }
}

#[test]
fn a_fallback_reads_back_as_written() {
    for text in ["off", "cpe", "cpe:alpine", "cpe:alpine,sle-micro,wolfi"] {
        assert_eq!(text.parse::<Fallback>().unwrap().to_string(), text);
    }
    for text in ["", "CPE", "cpe:", "cpe:,", "cpe:Alpine", "cpe:a b", "nvd", "stated"] {
        let error = text.parse::<Fallback>().unwrap_err().to_string();
        assert!(error.starts_with(&format!("`{text}` is no fallback")), "{error}");
    }
}

#[test]
fn absurd_names_and_versions_are_taken_as_they_are() {
    let long = "9".repeat(1 << 20);
    for text in [long.as_str(), "\u{202e}1.0", "1.0\u{0}", "-", ":", "_p", "-r", "~dfsg", "+"] {
        for ecosystem in [Ecosystem::Apk, Ecosystem::Deb, Ecosystem::Bitnami, Ecosystem::Generic] {
            assert!(upstream(ecosystem, text).as_str().len() <= text.len() + 1);
        }
        is_fuzzy(text);
        let mut package = Package::new(Ecosystem::Golang, text, text, String::new());
        package.cpes.push(format!("cpe:2.3:a:{text}:{text}:{text}:*:*:*:*:*:*:*"));
        package.cpes.push(text);
        for unmatched in [None, Some(UnmatchedReason::NoFeed), Some(UnmatchedReason::UnknownVersion)] {
            let keys = Fallback::All.keys(&package, None, unmatched);
            assert!(keys.len() <= 10, "{} keys", keys.len());
        }
    }
}

#[test]
fn of_very_many_names_vendor_and_product_are_known() {
    let many: Vec<String> = (0..100)
        .map(|n| format!("cpe=a:acme:demo:1.0:*:edition{n}"))
        .chain(["cpe=o:acme:other".to_owned()])
        .collect();
    let package = format!("generic demo 1.0 {}", many.join(" "));
    let found = "CVE-1 | demo | affected | not-fixed";
    check_by_cpe("stated", "", &package, "cpe|acme:demo nvd CVE-1 >=0 name=a:acme:demo:*:*:mine", found);
    check_by_cpe("stated", "", &package, "cpe|acme:other nvd CVE-1 >=0", "");
    let few = format!("generic demo 1.0 {}", many[..NAMES_MAX].join(" "));
    check_by_cpe("stated", "", &few, "cpe|acme:demo nvd CVE-1 >=0 name=a:acme:demo:*:*:mine", "");
}

#[test]
fn a_shared_framework_is_asked_by_its_stated_name_too_and_its_ecosystem_comes_first() {
    let package = "nuget Microsoft.NETCore.App.Runtime.linux-x64 8.0.1 framework cpe=a:microsoft:.net:8.0.1";
    let by_name = "cpe|microsoft:.net nvd CVE-1 >=8.0.0 <8.0.2";
    check_by_cpe(
        "stated",
        "",
        package,
        by_name,
        "CVE-1 | Microsoft.NETCore.App.Runtime.linux-x64 | affected | fixed 8.0.2",
    );
    check_by_cpe("off", "", package, by_name, "");
    check_by_cpe("stated", "", "nuget Acme.Json 8.0.1 cpe=a:microsoft:.net:8.0.1", by_name, "");
    let own = "nuget|language|microsoft.netcore.app.runtime.linux-x64 osv GHSA-1,CVE-1 >=8.0.0 <8.0.3";
    check_by_cpe(
        "stated",
        "",
        package,
        &format!("{by_name}\n{own}"),
        "CVE-1 GHSA-1 | Microsoft.NETCore.App.Runtime.linux-x64 | affected | fixed 8.0.3",
    );
}

#[test]
fn between_the_fixes_of_branches_nobody_can_tell() {
    let rows = "
        cpe|acme:demo cve-list CVE-1 >=10.0 <10.2.6-h1 <10.2.5-h4
        cpe|acme:demo cve-list CVE-1 undetermined >=10.2.6-h1 >=10.2.5-h4 limit=10.2.6-h1 limit=10.2.5-h4";
    for (version, expected) in [
        ("10.2.4", "CVE-1 | demo | affected | fixed 10.2.5-h4 10.2.6-h1"),
        ("10.2.5-h4", "CVE-1 | demo | vendor-undetermined | not-fixed"),
        ("10.2.6", "CVE-1 | demo | vendor-undetermined | not-fixed"),
        ("10.2.6-h1", ""),
        ("10.3", ""),
    ] {
        let package = format!("generic demo {version} cpe=a:acme:demo:{version}");
        check_by_cpe("stated", "", &package, rows, expected);
    }
}
