//! The regression cases of feeds.md D11 that are the matcher's, by their number: each was a real defect of a scanner.

use model::advisory::RecordKind;
use model::finding::{NotAffectedReason, Verdict};
use model::severity::Severity;

use super::*;
use crate::cases;
use crate::fixture::{advisories, check, check_by_cpe, facts, inventory};

#[test]
fn d11_01_the_vendors_denial_silences_an_aggregator() {
    check(
        "alpine 3.20.3",
        "apk demo 1.2-r3",
        "alpine:3.20|source|demo alpine CVE-1 never
         alpine:3.20|source|demo osv CVE-1 >=0",
        "CVE-1 | demo | vendor-not-affected by CVE-1 | not-fixed",
    );
}

#[test]
fn d11_01_the_vendors_denial_silences_what_a_cpe_name_finds() {
    let denial = "alpine:3.20|source|demo alpine CVE-1 never";
    let by_name = "cpe|demo:demo nvd CVE-1 >=0 <9.9";
    let check = |rows: &str, expected: &str| {
        check_by_cpe("cpe", "alpine 3.20.3", "apk demo 1.2-r3", rows, expected);
    };
    // When a release of the software fixed it says nothing of Alpine's packages.
    check(by_name, "CVE-1 | demo | affected | unknown");
    check(&format!("{denial}\n{by_name}"), "CVE-1 | demo | vendor-not-affected by CVE-1 | not-fixed");
    check(
        &format!("alpine:3.20|source|demo alpine CVE-1 >=0 <1.2-r3\n{by_name}"),
        "CVE-1 | demo | vendor-fixed by CVE-1 | fixed 1.2-r3",
    );
    // By another id of the same vulnerability.
    check(
        &format!("alpine:3.20|source|demo alpine ALPINE-1,CVE-1 >=0 <1.2-r3\n{by_name}"),
        "CVE-1 ALPINE-1 | demo | vendor-fixed by ALPINE-1 | fixed 1.2-r3",
    );
    // The vendor's own word on a version that is affected comes first too.
    check(
        &format!("alpine:3.20|source|demo alpine CVE-1 >=0 <1.2-r4\n{by_name}"),
        "CVE-1 | demo | affected | fixed 1.2-r4",
    );
}

#[test]
fn d11_02_apk_revisions_are_numbers() {
    let row = "alpine:3.20|source|demo alpine CVE-1 >=0 <1.2-r9";
    check("alpine 3.20.3", "apk demo 1.2-r10", row, "");
    check("alpine 3.20.3", "apk demo 1.2-r8", row, "CVE-1 | demo | affected | fixed 1.2-r9");
}

#[test]
fn d11_03_a_vendors_rating_of_the_package_is_kept() {
    let inventory = inventory("debian 12", "deb demo 1.0-1");
    let row = "debian:12|source|demo debian TEMP-1-ABC >=0 severity=unimportant";
    let findings = find(&cases(&inventory, &facts()), &advisories(&inventory, row));
    let stated = findings[0].row_severity.clone().unwrap();
    assert_eq!((stated.level, stated.provider.as_str()), (Severity::Negligible, "debian"));
    assert_eq!(stated.word, "unimportant");
}

#[test]
fn d11_04_signed_kernels_are_compared_as_linux() {
    let package = "deb linux-image-6.1.0-28-amd64 6.1.115-1 source=linux-signed-amd64@6.1.115+1";
    check("debian 12", package, "debian:12|source|linux debian CVE-1 >=0 <6.1.115-1", "");
    check(
        "debian 12",
        package,
        "debian:12|source|linux debian CVE-1 >=0 <6.1.119-1",
        "CVE-1 | linux-image-6.1.0-28-amd64 | affected | fixed 6.1.119-1",
    );
}

#[test]
fn security_updates_of_signed_kernels_are_compared_as_linux() {
    check(
        "debian 11",
        "deb kernel 4.19.67-2+deb10u1 source=linux-signed-amd64@4.19.67+2+deb10u1",
        "debian:11|source|linux debian CVE-1 >=0 <4.19.67-2+deb10u2",
        "CVE-1 | kernel | affected | fixed 4.19.67-2+deb10u2",
    );
}

#[test]
fn builds_for_the_raspberry_pi_are_debians_with_less_confidence() {
    for distro in ["raspbian 12", "debian 12"] {
        let package = "deb demo 1.2-3+rpt1";
        let row = |rest: &str| format!("debian:12|source|demo debian CVE-1 {rest}");
        check(distro, package, &row(">=0 <1.2-3"), "");
        check(distro, package, &row(">=0 <1.2-4"), "CVE-1 | demo | affected | fixed 1.2-4");
        // That Debian's is not affected says nothing of what was changed.
        let open = "debian:12|source|demo osv CVE-1 >=0";
        check(distro, package, &format!("{}\n{open}", row("never")), "CVE-1 | demo | affected | not-fixed");
        let confidence = |package: &str| cases(&inventory(distro, package), &facts())[0].confidence;
        assert_eq!(confidence(package), 0.8);
    }
    assert_eq!(cases(&inventory("debian 12", "deb demo 1.2-3"), &facts())[0].confidence, 1.0);
}

#[test]
fn d11_05_backports_are_judged_by_the_release_they_were_built_from() {
    check(
        "debian 12",
        "deb linux-image-amd64 6.12.90-2~bpo12+1 source=linux",
        "debian:12|source|linux debian CVE-1 >=0
         debian:unstable|source|linux debian CVE-1 >=0 <6.12.85-1",
        "",
    );
    // What it was built from holds the fix, so it does.
    let row = "debian:unstable|source|demo debian CVE-1 >=0 <1.2-3";
    check("debian 12", "deb demo 1.2-3~bpo12+1", row, "");
    check("debian 12", "deb demo 1.2-2~bpo12+1", row, "CVE-1 | demo | affected | fixed 1.2-3");
    check(
        "debian 12",
        "deb kernel 6.12.9-1~bpo12+1 source=linux-signed-amd64@6.12.9+1~bpo12+1",
        "debian:unstable|source|linux debian CVE-1 >=0 <6.12.9-2",
        "CVE-1 | kernel | affected | fixed 6.12.9-2",
    );
}

#[test]
fn d11_06_a_build_of_extended_maintenance_holds_its_fix() {
    let package = "deb demo 1.0-1ubuntu1~esm1";
    let base = "ubuntu:22.04|source|demo ubuntu CVE-1 >=0";
    let extended = "ubuntu:22.04+esm|source|demo ubuntu CVE-1 >=0 <1.0-1ubuntu1~esm1";
    check(
        "ubuntu 22.04",
        package,
        &format!("{base}\n{extended}"),
        "CVE-1 | demo | vendor-fixed by CVE-1 | fixed 1.0-1ubuntu1~esm1",
    );
    // Installed before it, with maintenance: both say affected, and the fix is at hand.
    check(
        "ubuntu 22.04 UBUNTU_PRO=esm-infra",
        "deb demo 1.0-1",
        &format!("{base}\nubuntu:22.04+esm|source|demo ubuntu CVE-1 >=0 <1.0-1+esm1"),
        "CVE-1 | demo | affected | fixed 1.0-1+esm1",
    );
    // Without it only the release is asked.
    check("ubuntu 22.04", "deb demo 1.0-1", base, "CVE-1 | demo | affected | not-fixed");
}

#[test]
fn d11_08_a_denial_with_a_version_is_no_finding() {
    check(
        "ubuntu 22.04",
        "deb demo 1.2-1",
        "ubuntu:22.04|source|demo ubuntu CVE-1 >=0 <1.2-3
         ubuntu:22.04|source|demo ubuntu CVE-1 never",
        "CVE-1 | demo | vendor-not-affected by CVE-1 | not-fixed",
    );
    check("ubuntu 22.04", "deb demo 1.2-1", "ubuntu:22.04|source|demo ubuntu CVE-1 never", "");
}

#[test]
fn d11_09_an_extended_stream_comes_before_the_main_one() {
    let package = "rpm demo 1.0-3.el9_2 arch=x86_64";
    let rows = "
        redhat:9|binary|demo redhat CVE-1 >=0 <1.0-5.el9_4 arch=x86_64
        redhat:9|binary|demo redhat CVE-1 >=0 <1.0-4.el9_2 arch=x86_64 channel=eus:9.2 product=cpe:/a:redhat:rhel_eus:9.2";
    let stream = "rhel 9.2 cpe=cpe:/o:redhat:rhel_eus:9.2::baseos";
    check(stream, package, rows, "CVE-1 | demo | affected | fixed 1.0-4.el9_2");
    check("rhel 9.2", package, rows, "CVE-1 | demo | affected | fixed 1.0-5.el9_4");
    check(
        stream,
        "rpm demo 1.0-4.el9_2 arch=x86_64",
        rows,
        "CVE-1 | demo | vendor-fixed by CVE-1 | fixed 1.0-4.el9_2",
    );
}

#[test]
fn fixes_of_minor_releases_are_alternatives_by_the_minor_release() {
    let rows = "
        redhat:9|binary|curl redhat CVE-1 >=0 <7.76.1-23.el9_2.4 product=cpe:/o:redhat:enterprise_linux:9
        redhat:9|binary|curl redhat CVE-1 >=0 <7.76.1-26.el9_3.2 product=cpe:/o:redhat:enterprise_linux:9";
    let find = |release: &str, version: &str, expected: &str| {
        check(&format!("rhel {release}"), &format!("rpm curl {version}"), rows, expected);
    };
    let (second, third) = (
        "CVE-1 | curl | affected | fixed 7.76.1-23.el9_2.4",
        "CVE-1 | curl | affected | fixed 7.76.1-26.el9_3.2",
    );
    find("9.2", "7.76.1-23.el9_2.4", "CVE-1 | curl | vendor-fixed by CVE-1 | fixed 7.76.1-23.el9_2.4");
    find("9.2", "7.76.1-23.el9_2.1", second);
    find("9.3", "7.76.1-26.el9", third);
    find("9.3", "7.76.1-26.el9_3.2", "");
    // What came later is of the stream that had the last fix; before the first one any is ahead.
    find("9.4", "7.76.1-26.el9", third);
    find("9.4", "7.76.1-29.el9_4", "");
    find("9.0", "7.76.1-14.el9_0.5", second);
    // Without a minor release the worst counts.
    find("9", "7.76.1-23.el9_2.4", third);
    // Of another version, each says something.
    let rows = format!("{rows}\nredhat:9|binary|curl redhat CVE-1 >=8.0 <8.1.0-2.el9_4");
    check("rhel 9.2", "rpm curl 8.0.0-1.el9", &rows, "CVE-1 | curl | affected | fixed 8.1.0-2.el9_4");
}

#[test]
fn a_fix_in_a_module_that_is_not_named_may_be_for_the_stream_of_its_version() {
    let rows = "almalinux:9|binary|ruby almalinux CVE-1 >=0 <3.0.4-142.module+el8.7.0+1009+abc";
    let find = |package: &str, expected: &str| check("almalinux 9.4", package, rows, expected);
    let label = "module=ruby:3.0:8070020220920:ad008a3a";
    find(
        &format!("rpm ruby 3.0.3-141.module+el8.6.0+999+abc {label}"),
        "CVE-1 | ruby | affected | fixed 3.0.4-142.module+el8.7.0+1009+abc",
    );
    find(&format!("rpm ruby 3.0.4-142.module+el8.7.0+1009+abc {label}"), "");
    find("rpm ruby 2.7.6-138.module+el8.6.0+999+abc module=ruby:2.7:8060020220920:ad008a3a", "");
    // A row that names the module comes before.
    let rows = format!(
        "{rows}\nalmalinux:9|binary|ruby almalinux CVE-1 >=0 <3.0.3-141.module+el8.6.0+1+abc module=ruby:3.0"
    );
    check(
        "almalinux 9.4",
        &format!("rpm ruby 3.0.3-141.module+el8.6.0+999+abc {label}"),
        &rows,
        "CVE-1 | ruby | vendor-fixed by CVE-1 | fixed 3.0.3-141.module+el8.6.0+1+abc",
    );
}

#[test]
fn what_has_no_fix_is_said_of_the_major_version_of_a_layered_product() {
    let row = |rest: &str| format!("redhat:openshift|source|demo redhat CVE-1 >=0 {rest}\n");
    let package = |version: &str| format!("rpm demo {version}");
    let on = |products: &[&str]| {
        let products = products.iter().map(|it| format!(" cpe=cpe:/a:redhat:openshift:{it}::el9"));
        format!("rhel 9.2{}", products.collect::<String>())
    };
    let open = row("product=cpe:/a:redhat:openshift:4");
    let affected = "CVE-1 | demo | affected | not-fixed";
    check(&on(&["4.14"]), &package("1.0-2.rhaos4.14.el9"), &open, affected);
    // Another version, and another product of a name that begins alike.
    check(&on(&["4.14"]), &package("1.0-2.rhaos4.14.el9"), &row("product=cpe:/a:redhat:openshift:4.1"), "");
    check(&on(&["40.1"]), &package("1.0-2.rhaos4.14.el9"), &open, "");
    // A fix for the version that is installed comes first.
    let fixed = row("<1.0-3.rhaos4.14 product=cpe:/a:redhat:openshift:4.14");
    let rows = format!("{open}{fixed}");
    check(
        &on(&["4.14"]),
        &package("1.0-3.rhaos4.14"),
        &rows,
        "CVE-1 | demo | vendor-fixed by CVE-1 | fixed 1.0-3.rhaos4.14",
    );
    // Of two versions nothing tells which a package is from, and the release's minor has no say in it.
    let rows = format!("{}{fixed}", row("<1.0-1.rhaos4.12 product=cpe:/a:redhat:openshift:4.12"));
    check(
        &on(&["4.12", "4.14"]),
        &package("1.0-2.rhaos4.14"),
        &rows,
        "CVE-1 | demo | affected | fixed 1.0-3.rhaos4.14",
    );
}

#[test]
fn a_fix_is_above_what_it_was_told_to_be_above() {
    // The source states no version, and the row no epoch.
    check(
        "rhel 9.4",
        "rpm openssl-libs 1:3.0.7-27.el9 source=openssl",
        "redhat:9|source|openssl redhat CVE-1 >=0 <3.0.7-28.el9",
        "CVE-1 | openssl-libs | affected | fixed 3.0.7-28.el9",
    );
}

#[test]
fn d11_10_a_module_is_not_another() {
    let row = "redhat:8|binary|nodejs redhat CVE-1 >=0 <18.1-1.module+el8 module=nodejs:18";
    check("rhel 8.9", "rpm nodejs 16.1-1.module+el8 module=nodejs:16:8090:abc", row, "");
    check(
        "rhel 8.9",
        "rpm nodejs 18.0-1.module+el8 module=nodejs:18:8090:abc",
        row,
        "CVE-1 | nodejs | affected | fixed 18.1-1.module+el8",
    );
    // The release tells that it is of a module, and nothing tells of which.
    check(
        "rhel 8.9",
        "rpm nodejs 18.0-1.module+el8",
        row,
        "CVE-1 | nodejs | affected | fixed 18.1-1.module+el8",
    );
    // Of none.
    check("rhel 8.9", "rpm nodejs 10.0-1.el8", row, "");
    // A row without module, in a feed that tells them apart, is not for modules.
    let row = "redhat:8|binary|nodejs redhat CVE-1 >=0 <18.1-1.el8";
    check("rhel 8.9", "rpm nodejs 16.1-1.module+el8 module=nodejs:16:8090:abc", row, "");
    let row = "sles:15.6|binary|nodejs sles CVE-1 >=0 <18.1-1";
    let package = "rpm nodejs 16.1-1 module=nodejs:16:8090:abc";
    check("sles 15.6", package, row, "CVE-1 | nodejs | affected | fixed 18.1-1");
}

#[test]
fn an_unknown_stream_may_be_any_and_is_cleared_by_none_alone() {
    let affected = "redhat:8|binary|nodejs redhat CVE-1 >=0 <18.1-1.module+el8 module=nodejs:18";
    let denied = "redhat:8|binary|nodejs redhat CVE-1 never module=nodejs:16";
    let without = "redhat:8|binary|nodejs redhat CVE-1 never";
    let expected = "CVE-1 | nodejs | affected | fixed 18.1-1.module+el8";
    for package in [
        "rpm nodejs 16.1-1.module+el8",
        "rpm nodejs 16.1-1.module_el8.1.0+1",
        "rpm nodejs 16.1-1.module+el8 module=nodejs",
    ] {
        for rows in [affected.to_owned(), format!("{affected}\n{denied}"), format!("{without}\n{affected}")] {
            check("rhel 8.9", package, &rows, expected);
            let inventory = inventory("rhel 8.9", package);
            let findings = find(&cases(&inventory, &facts()), &advisories(&inventory, &rows));
            assert!(findings[0].evidence.iter().all(|it| it.confidence == 0.9), "{rows}");
        }
        // What is of no module may be another build too.
        let row = "redhat:8|binary|nodejs redhat CVE-1 >=0 <18.1-1.el8";
        check("rhel 8.9", package, row, "CVE-1 | nodejs | affected | fixed 18.1-1.el8");
        check("rhel 8.9", package, denied, "");
    }
    // A stream that is known is cleared.
    let package = "rpm nodejs 16.1-1.module+el8 module=nodejs:16:1:a";
    check("rhel 8.9", package, &format!("{affected}\n{denied}"), "");
}

#[test]
fn d11_11_packages_of_third_parties_are_not_the_distributions() {
    let row = "redhat:9|binary|demo redhat CVE-1 >=0 <2.0-1.el9";
    check("rhel 9.4", "rpm demo 1.0-1.el9 supplier=Fedora+Project", row, "");
    let packages = |supplier: &str| {
        format!("rpm own 1.0-1.el9 supplier=Red+Hat,+Inc.\nrpm demo 1.0-1.el9 supplier={supplier}")
    };
    check("rhel 9.4", &packages("Acme"), row, "");
    check("rhel 9.4", &packages("RED+HAT"), row, "CVE-1 | demo | affected | fixed 2.0-1.el9");
    let own = "CVE-1 | demo | affected | fixed 2.0-1.el9";
    check("rhel 9.4", "rpm demo 1.0-1.el9 supplier=Red+Hat,+Inc.", row, own);
    check("rhel 9.4", "rpm demo 1.0-1.el9", row, own);
    check("centos 9", "rpm demo 1.0-1.el9 supplier=CentOS", row, own);
}

#[test]
fn a_distribution_does_not_answer_for_what_a_maker_packed_for_it() {
    let row = "npm|language|tar osv GHSA-1 >=6.0.0 <6.2.1
               nuget|language|system.text.json osv GHSA-2 >=6.0.0 <6.0.10";
    let module = "npm tar 6.1.11 owner=0";
    let found = "GHSA-1 | tar | affected | fixed 6.2.1";
    check("debian 12", &format!("deb nodejs 16.20.2-1nodesource1\n{module}"), row, found);
    check("ubuntu 22.04", &format!("deb nodejs 16.20.2-1nodesource1\n{module}"), row, found);
    let owner = "pkg:deb/nodejs@18.19.0+dfsg-6~deb12u2";
    check(
        "debian 12",
        &format!("deb nodejs 18.19.0+dfsg-6~deb12u2\n{module}"),
        row,
        &format!("GHSA-1 | tar | owned-by-distro-package by {owner} | fixed 6.2.1"),
    );
    let module = "nuget System.Text.Json 6.0.9 owner=0";
    let found = "GHSA-2 | System.Text.Json | affected | fixed 6.0.10";
    check("debian 12", &format!("deb dotnet-sdk-6.0 6.0.428-1\n{module}"), row, found);
    let owner = "pkg:deb/dotnet-sdk-6.0@6.0.136-0ubuntu1~22.04.1";
    check(
        "ubuntu 22.04",
        &format!("deb dotnet-sdk-6.0 6.0.136-0ubuntu1~22.04.1\n{module}"),
        row,
        &format!("GHSA-2 | System.Text.Json | owned-by-distro-package by {owner} | fixed 6.0.10"),
    );
    // Nor is the package itself judged by versions of the distribution's own.
    let row = "debian:12|source|nodejs debian CVE-1 >=0 <18.19.0";
    check("debian 12", "deb nodejs 16.20.2-1nodesource1", row, "");
}

#[test]
fn d11_12_a_part_with_a_version_of_its_own_is_compared_by_its_source() {
    let package = "rpm perl-Errno 0:1.30-480.el9 source=perl@5.32.1-480.el9";
    check("rhel 9.4", package, "redhat:9|source|perl redhat CVE-1 >=0 <5.32.1-480.el9", "");
    // An epoch that only the row has says nothing.
    check("rhel 9.4", package, "redhat:9|source|perl redhat CVE-1 >=0 <4:5.32.1-480.el9", "");
    check(
        "rhel 9.4",
        package,
        "redhat:9|source|perl redhat CVE-1 >=0 <4:5.32.1-481.el9",
        "CVE-1 | perl-Errno | affected | fixed 4:5.32.1-481.el9",
    );
    // Between binaries an epoch that is not there is zero.
    check(
        "rhel 9.4",
        "rpm demo 2.0-1.el9",
        "redhat:9|binary|demo redhat CVE-1 >=0 <1:1.0-1.el9",
        "CVE-1 | demo | affected | fixed 1:1.0-1.el9",
    );
}

#[test]
fn d11_13_builds_of_a_flavour_are_compared_among_themselves() {
    let plain = "oracle:8|binary|openssl oracle CVE-1 >=0 <1:1.1.1k-9.el8";
    let package = "rpm openssl 10:1.1.1k-5.el8_fips";
    check("ol 8.9", package, plain, "");
    check(
        "ol 8.9",
        package,
        &format!("{plain}\noracle:8|binary|openssl oracle CVE-1 >=0 <10:1.1.1k-6.el8_fips flavour=fips"),
        "CVE-1 | openssl | affected | fixed 10:1.1.1k-6.el8_fips",
    );
    check("ol 8.9", "rpm openssl 1:1.1.1k-5.el8", plain, "CVE-1 | openssl | affected | fixed 1:1.1.1k-9.el8");
}

#[test]
fn d11_14_a_line_of_kernels_is_not_another() {
    let row = "amazon:2|binary|kernel amazon CVE-1 >=0 <5.15.70-1.amzn2 line=5.15.0";
    check("amzn 2", "rpm kernel 4.14.300-1.amzn2", row, "");
    check("amzn 2", "rpm kernel 5.15.60-1.amzn2", row, "CVE-1 | kernel | affected | fixed 5.15.70-1.amzn2");
    // A live patch says nothing of the package on the disk.
    let row = "amazon:2|binary|kernel amazon CVE-1 >=0 <9.0-1.amzn2 flavour=livepatch";
    check("amzn 2", "rpm kernel 5.15.60-1.amzn2", row, "");
}

#[test]
fn the_unbreakable_kernel_is_compared_with_its_own_line() {
    let uek = |name: &str, line: &str, fixed: &str| {
        format!("oracle:8|binary|{name} oracle CVE-1 >=0 <{fixed} flavour=uek line={line}")
    };
    let rows = [
        uek("kernel-uek", "5.4.0", "5.4.17-2136.344.4.1.el8uek"),
        uek("kernel-uek", "5.15.0", "5.15.0-309.180.4.el8uek"),
        "oracle:8|binary|bpftool oracle CVE-1 >=0 <5.18.0-553.60.1.el8_10".to_owned(),
        uek("bpftool", "5.15.0", "5.15.0-309.180.4.el8uek"),
    ]
    .join("\n");
    check("ol 8.9", "rpm kernel-uek 5.4.17-2136.344.4.1.el8uek", &rows, "");
    check(
        "ol 8.9",
        "rpm kernel-uek 5.4.17-2136.343.1.el8uek",
        &rows,
        "CVE-1 | kernel-uek | affected | fixed 5.4.17-2136.344.4.1.el8uek",
    );
    check(
        "ol 8.9",
        "rpm kernel-uek 5.15.0-309.179.1.el8uek",
        &rows,
        "CVE-1 | kernel-uek | affected | fixed 5.15.0-309.180.4.el8uek",
    );
    // Of one name, and made of two kernels.
    check("ol 8.9", "rpm bpftool 5.15.0-309.180.4.el8uek", &rows, "");
    check(
        "ol 8.9",
        "rpm bpftool 4.18.0-500.1.el8_10",
        &rows,
        "CVE-1 | bpftool | affected | fixed 5.18.0-553.60.1.el8_10",
    );
}

#[test]
fn d11_16_a_fix_of_long_term_support_is_known() {
    let open = "sles:15.6|binary|demo sles CVE-1 >=0";
    let fixed = "sles:15.6|binary|demo sles CVE-1 >=0 <1.0-9.1 channel=ltss";
    let affected = "CVE-1 | demo | affected | fixed 1.0-9.1";
    check("sles 15.6", "rpm demo 1.0-8.1", fixed, affected);
    check("sles 15.6", "rpm demo 1.0-8.1", &format!("{open}\n{fixed}"), affected);
    let held = "CVE-1 | demo | vendor-fixed by CVE-1 | fixed 1.0-9.1";
    check("sles 15.6", "rpm demo 1.0-9.1", &format!("{open}\n{fixed}"), held);
}

#[test]
fn d11_21_a_last_known_affected_version_ends_the_range() {
    check("", "npm demo 1.2.4", "npm|language|demo osv GHSA-1 >=0 <=1.2.3", "");
    check(
        "",
        "npm demo 1.2.3",
        "npm|language|demo osv GHSA-1 >=0 <=1.2.3",
        "GHSA-1 | demo | affected | not-fixed",
    );
}

#[test]
fn d11_22_every_entry_of_a_record_counts() {
    check(
        "",
        "npm demo 2.5.0",
        "npm|language|demo osv GHSA-1 >=1.0.0 <1.9.0
         npm|language|demo osv GHSA-1 >=2.0.0 <2.9.0
         npm|language|demo osv GHSA-1 >=3.0.0 <3.9.0",
        "GHSA-1 | demo | affected | fixed 2.9.0",
    );
}

#[test]
fn d11_23_what_was_not_linked_in_is_no_finding() {
    let row = "golang|language|golang.org/x/crypto osv GO-1 >=0 <2.0.0 import=golang.org/x/crypto/openpgp";
    let package = "golang golang.org/x/crypto v0.1.0";
    let affected = "GO-1 | golang.org/x/crypto | affected | fixed 2.0.0";
    check("debian 12", &format!("{package} imports=golang.org/x/crypto/ssh"), row, "");
    check("debian 12", &format!("{package} imports=golang.org/x/crypto/openpgp"), row, affected);
    // How sure that is depends on what both tell of packages.
    let of_module = "golang|language|golang.org/x/crypto osv GO-1 >=0 <1.0.0";
    for (imports, row, expected) in [
        ("imports=golang.org/x/crypto/openpgp", row, 1.0),
        ("imports=golang.org/x/crypto/openpgp", of_module, 0.8),
        ("", row, 0.8),
        ("", of_module, 0.8),
    ] {
        let inventory = inventory("debian 12", &format!("{package} {imports}"));
        let findings = find(&cases(&inventory, &facts()), &advisories(&inventory, row));
        assert_eq!(findings[0].evidence[0].confidence, expected, "{imports} {row}");
    }
    check("debian 12", package, row, affected);
    // For another system.
    let row = format!("{row}@windows");
    check("debian 12", package, &row, "");
}

#[test]
fn d11_24_main_modules_without_a_stated_version_are_not_matched() {
    let rows = "golang|language|example.com/app osv GO-1 >=0";
    for version in
        ["v0.0.0-20240102030405-abcdefabcdef", "v1.2.4-0.20240102030405-abcdefabcdef", "(devel)", "-"]
    {
        check("", &format!("golang example.com/app {version} application"), rows, "");
    }
    check(
        "",
        "golang example.com/app v1.2.3 application",
        rows,
        "GO-1 | example.com/app | affected | not-fixed",
    );
    check(
        "",
        "golang example.com/app v0.0.0-20240102030405-abcdefabcdef",
        rows,
        "GO-1 | example.com/app | affected | not-fixed",
    );
}

#[test]
fn d11_25_a_candidate_is_below_its_release() {
    check(
        "",
        "pypi demo 1.0rc1",
        "pypi|language|demo osv PYSEC-1 >=0 <1.0",
        "PYSEC-1 | demo | affected | fixed 1.0",
    );
}

#[test]
fn d11_26_a_local_build_counts_as_its_public_version() {
    let package = "pypi demo 2.1.0+cu118";
    check("", package, "pypi|language|demo osv PYSEC-1 >=0 <2.1.0", "");
    check("", package, "pypi|language|demo osv PYSEC-1 >=0 <=2.1.0", "PYSEC-1 | demo | affected | not-fixed");
    check("", package, "pypi|language|demo osv PYSEC-1 =2.1.0", "PYSEC-1 | demo | affected | not-fixed");
}

#[test]
fn d11_27_the_version_of_an_assembly_is_none_of_a_package() {
    let row = "nuget|language|system.data.sqlclient osv GHSA-1 >=0 <4.8.6";
    // So an assembly that nothing says the package of is listed: see `dotnet-pe`.
    check("", "generic System.Data.SqlClient 4.700.22.51706", row, "");
    // As others list it.
    check("", "nuget System.Data.SqlClient 4.700.22.51706", row, "");
    check(
        "",
        "nuget System.Data.SqlClient 4.8.5",
        row,
        "GHSA-1 | System.Data.SqlClient | affected | fixed 4.8.6",
    );
}

#[test]
fn d11_28_what_the_framework_overrides_does_not_run() {
    let framework = "pkg:nuget/Microsoft.NETCore.App.Runtime.linux-x64@8.0.1";
    let row = "nuget|language|system.text.regularexpressions osv GHSA-1,CVE-1 >=4.3.0 <4.3.1";
    let package = "nuget System.Text.RegularExpressions 4.3.0";
    let affected = "CVE-1 GHSA-1 | System.Text.RegularExpressions | affected | fixed 4.3.1";
    check(
        "",
        &format!("{package} overridden={framework}"),
        row,
        &format!(
            "CVE-1 GHSA-1 | System.Text.RegularExpressions | framework-override by {framework} | fixed 4.3.1"
        ),
    );
    check("", package, row, affected);
    // One program runs on the framework, another brings its own.
    check(
        "",
        &format!("{package}\n{package} overridden={framework}"),
        row,
        &format!(
            "{affected}\nCVE-1 GHSA-1 | System.Text.RegularExpressions | framework-override by {framework} | fixed 4.3.1"
        ),
    );
    // The user's own advisories come first.
    check(
        "",
        &format!("{package} overridden={framework}"),
        &format!("{row}\nnuget|language|system.text.regularexpressions private CVE-1 >=0 <4.3.1"),
        affected,
    );
}

#[test]
fn a_framework_of_the_line_that_is_affected_overrides_nothing() {
    let check = |version: &str, framework: &str, affected: &str, is_overridden: bool| {
        let framework = format!("pkg:nuget/Microsoft.NETCore.App.Runtime.linux-x64@{framework}");
        let package = format!("nuget System.Text.Json {version} overridden={framework}");
        let row = format!("nuget|language|system.text.json osv GHSA-1 {affected}");
        let inventory = inventory("", &package);
        let findings = find(&cases(&inventory, &facts()), &advisories(&inventory, &row));
        let verdicts: Vec<&Verdict> = findings.iter().map(|finding| &finding.verdict).collect();
        let because = NotAffectedReason::FrameworkOverride;
        let expected = if is_overridden { Verdict::NotAffected { because } } else { Verdict::Affected };
        assert_eq!(verdicts, [&expected], "{version} {affected} {framework}");
    };
    // .NET 8.0.8 holds the code of System.Text.Json 8.0.4, which the record does not say.
    check("8.0.4", "8.0.8", ">=8.0.0 <8.0.5", false);
    check("8.0.4", "9.0.0", ">=8.0.0 <8.0.5", true);
    check("8.0.4", "8.0.8", ">=8.0.0 <=8.0.4", false);
    check("6.0.9", "8.0.8", ">=6.0.0 <6.0.10", true);
    // One record may have several lines, in one range or more.
    check("6.0.9", "8.0.8", ">=6.0.0 <6.0.10 or >=8.0.0 <8.0.5", false);
    check("6.0.9", "8.0.8", ">=6.0.0 <6.0.10 >=8.0.0 <8.0.5", false);
    check("6.0.9", "9.0.0-rc.1.24431.7", ">=6.0.0 <6.0.10 or >=8.0.0 <8.0.5", true);
    // An end that is not told may be anywhere.
    check("6.0.9", "8.0.8", ">=6.0.0", false);
    check("6.0.9", "8.0.8", "all", false);
    check("6.0.9", "8.0.8", "=6.0.9", true);
    check("6.0.9", "8.0.8", "=6.0.9 =8.0.4", false);
    check("6.0.9", "", ">=6.0.0 <6.0.10", false);
}

#[test]
fn another_record_of_the_flaw_may_name_the_frameworks_line() {
    let framework = "pkg:nuget/Microsoft.NETCore.App.Runtime.linux-x64@8.0.8";
    let package = format!("nuget System.Text.Json 6.0.9 overridden={framework}");
    let rows = "nuget|language|system.text.json osv GHSA-1 >=6.0.0 <6.0.10
                nuget|language|system.text.json osv GHSA-1 >=8.0.0 <8.0.5";
    check("", &package, rows, "GHSA-1 | System.Text.Json | affected | fixed 6.0.10");
}

#[test]
fn d11_29_what_runs_on_another_system_is_no_finding() {
    let package = "generic demo 1.0 cpe=a:acme:demo:1.0";
    let on = |platform: &str| format!("cpe|acme:demo nvd CVE-1 >=0 <2.0 on={platform}");
    let affected = "CVE-1 | demo | affected | fixed 2.0";
    let check = |distro: &str, platform: &str, expected: &str| {
        check_by_cpe("stated", distro, package, &on(platform), expected);
    };
    check("debian 12", "o:microsoft:windows:-", "");
    check("debian 12", "o:apple:macos,o:google:android,h:acme:router", "");
    check("debian 12", "o:microsoft:windows:-,o:linux:linux_kernel:-", affected);
    check("debian 12", "o:debian:debian_linux:12.0", affected);
    check("debian 12", "o:debian:debian_linux:11.0", "");
    check("debian 12", "o:acme:router_firmware", "");
    // Nothing says which system it is for.
    check("", "o:microsoft:windows:-", affected);
    check_by_cpe("stated", "debian 12", package, "cpe|acme:demo nvd CVE-1 >=0 <2.0 target=windows", "");
}

#[test]
fn d11_30_what_nvd_deferred_is_found_and_what_it_rejected_is_not() {
    // The feed reads `Deferred` as published: see `what_nvd_deferred_is_found_by_cpe_name` of the workspace.
    let row = "cpe|acme:demo nvd CVE-1 >=0 <2.0";
    let package = "generic demo 1.0 cpe=a:acme:demo:1.0";
    check_by_cpe("stated", "debian 12", package, row, "CVE-1 | demo | affected | fixed 2.0");
    check_by_cpe("stated", "debian 12", package, &format!("{row} rejected"), "");
    check_by_cpe("cpe", "alpine 3.20", "apk demo 1.0-r0", "cpe|demo:demo nvd CVE-1 >=0 rejected", "");
}

#[test]
fn d11_33_a_plugin_of_the_same_name_is_not_the_program() {
    let row = "cpe|acme:demo nvd CVE-1 >=0 <2.0 target=wordpress";
    let affected = "CVE-1 | demo | affected | fixed 2.0";
    check_by_cpe("stated", "debian 12", "generic demo 1.0 cpe=a:acme:demo:1.0", row, "");
    check_by_cpe("cpe", "alpine 3.20", "apk demo 1.0-r0", "cpe|demo:demo nvd CVE-1 >=0 target=wordpress", "");
    check_by_cpe("stated", "debian 12", "wordpress demo 1.0 cpe=a:acme:demo:1.0", row, affected);
    // Its own name says so.
    let package = "generic demo 1.0 cpe=a:acme:demo:1.0:*:*:*:*:wordpress";
    check_by_cpe("stated", "debian 12", package, row, affected);
    check_by_cpe("stated", "debian 12", package, "cpe|acme:demo nvd CVE-1 >=0 target=joomla", "");
}

#[test]
fn d11_31_a_notice_is_no_vulnerability() {
    let inventory = inventory("", "cargo demo 1.0.0");
    let mut advisories = advisories(&inventory, "cargo|language|demo osv RUSTSEC-1 >=0");
    advisories.rows.values_mut().flatten().for_each(|row| row.kind = RecordKind::Notice);
    assert_eq!(find(&cases(&inventory, &facts()), &advisories), []);
}

#[test]
fn d11_32_two_cves_glued_by_one_record_are_two_findings() {
    check(
        "",
        "pypi demo 1.0",
        "pypi|language|demo osv PYSEC-1,CVE-1,CVE-2 >=0 <2.0",
        "CVE-1 PYSEC-1 | demo | affected | fixed 2.0
         CVE-2 PYSEC-1 | demo | affected | fixed 2.0",
    );
}

#[test]
fn d11_19_a_library_in_a_package_that_holds_the_fix_is_the_vendors() {
    check(
        "amzn 2",
        "rpm python3-urllib3 1.25.10-6.amzn2 source=python-urllib3@1.25.10-6.amzn2
         pypi urllib3 1.25.10 owner=0",
        "pypi|language|urllib3 osv GHSA-1,CVE-1 >=0 <1.26.5
         amazon:2|binary|python3-urllib3 amazon ALAS-1,CVE-1 >=0 <1.25.10-6.amzn2",
        "CVE-1 GHSA-1 | urllib3 | vendor-fixed by ALAS-1 | fixed 1.26.5",
    );
}

#[test]
fn d11_20_an_advisory_about_wheels_is_not_about_what_the_distribution_built() {
    check(
        "debian 12",
        "deb python3-cryptography 38.0.4-3\npypi cryptography 38.0.4 owner=0",
        "pypi|language|cryptography osv GHSA-1 >=0 <41.0.0",
        "GHSA-1 | cryptography | owned-by-distro-package by pkg:deb/python3-cryptography@38.0.4-3 | fixed 41.0.0",
    );
}

#[test]
fn evidence_has_those_of_the_findings_ids_that_its_record_names() {
    let inventory = inventory("almalinux 9.4", "rpm demo 1.0-3.el9_4");
    let rows = "almalinux:9|binary|demo almalinux ALSA-1,CVE-1,CVE-2 >=0 <1.0-4.el9_4
                almalinux:9|binary|demo almalinux CVE-1,OTHER-1 >=0 <1.0-4.el9_4";
    let findings = find(&cases(&inventory, &facts()), &advisories(&inventory, rows));
    let lines = findings.iter().map(|finding| {
        let evidence = finding.evidence.iter().map(|it| format!("{}: {}", it.record, it.aliases.join(" ")));
        format!("{} {:?} | {}", finding.id, finding.aliases, evidence.collect::<Vec<_>>().join("; "))
    });
    let expected = [
        "CVE-1 [\"ALSA-1\", \"OTHER-1\"] | ALSA-1: CVE-1; CVE-1: OTHER-1",
        "CVE-2 [\"ALSA-1\"] | ALSA-1: CVE-2",
    ];
    assert_eq!(lines.collect::<Vec<_>>(), expected);
}
