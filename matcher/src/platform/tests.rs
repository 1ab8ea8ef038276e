//! What is there and what is not, product by product; and that trees of them mean what logic says.

use model::advisory::{CpeBounds, Platform};
use proptest::prelude::*;

use super::*;
use crate::fixture::{cpe, inventory};

/// Whether the product written `asked` is there: `a:acme:base`, and bounds behind it (`>=1 <2`; `>`, `<=`).
#[track_caller]
fn check(distro: &str, packages: &str, asked: &str, expected: Presence) {
    let inventory = inventory(distro, packages);
    let (neighbourhoods, _) = neighbourhoods(&inventory);
    let installation = Installation::of(&inventory);
    let mut words = asked.split(' ');
    let mut product = CpeBounds { criteria: cpe(words.next().unwrap()).into(), ..CpeBounds::default() };
    for word in words {
        let end = word.find(|letter| !matches!(letter, '<' | '>' | '=')).unwrap();
        let (sign, version) = word.split_at(end);
        let bound = match sign {
            ">=" => &mut product.start_including,
            ">" => &mut product.start_excluding,
            "<=" => &mut product.end_including,
            "<" => &mut product.end_excluding,
            _ => panic!("unknown sign {sign}"),
        };
        *bound = Some(version.into());
    }
    assert_eq!(is_there(&product, &neighbourhoods[0], &installation), expected, "{asked}");
}

#[test]
fn products_are_packages_of_the_inventory() {
    let packages = "
        generic base 1.5 cpe=a:acme:base:1.5
        generic odd 1.0%2 cpe=a:acme:odd
        apk php83 8.3.1_p2-r1 source=php83";
    let check = |asked: &str, expected| check("alpine 3.20", packages, asked, expected);
    for asked in [
        "a:acme:base",
        "a:acme:base:-",
        "a:acme:base:1.5",
        "a:acme:base >=1.5 <1.6",
        "a:acme:base >1.4 <=1.5",
        "a:ACME:Base >=1.0",
        "a:acme:odd",
    ] {
        check(asked, Presence::Present);
    }
    for asked in [
        "a:acme:base:1.4",
        "a:acme:base <1.5",
        "a:acme:base >1.5",
        "a:acme:base >=1.6",
        "a:acme:base <=1.4",
        "a:acme:other",
        "a:other:php83 <8",
    ] {
        check(asked, Presence::Absent);
    }
    // Versions that cannot be compared, and a product that has only the package's name.
    for asked in
        ["a:acme:odd <2", "a:acme:base <%", "a:acme:odd:1.0", "a:other:php83", "a:other:php83 <=8.3.1p2"]
    {
        check(asked, Presence::Unknown);
    }
    // Known by another name; the distribution's name has the line in it.
    let packages = "apk apache2 2.4.58-r1\napk postgresql16 16.1-r0\napk python3 3.12.1-r0";
    for (asked, expected) in [
        ("a:apache:http_server", Presence::Unknown),
        ("a:apache:http_server <2.4.59", Presence::Unknown),
        ("a:apache:http_server <2.4.58", Presence::Absent),
        ("a:postgresql:postgresql >=16", Presence::Unknown),
        ("a:postgresql:postgresql >=17", Presence::Absent),
        ("a:python:python", Presence::Unknown),
        ("a:haxx:curl", Presence::Absent),
    ] {
        self::check("alpine 3.20", packages, asked, expected);
    }
    for asked in ["h:acme:router", "o:acme:router_firmware <2.0", "a:*:base", "a:acme:*"] {
        check(asked, Presence::Untold);
    }
}

#[test]
fn what_a_product_is_made_for_counts() {
    let firefox = "generic firefox 120.0 cpe=a:mozilla:firefox:120.0";
    for (asked, expected) in [
        ("a:mozilla:firefox:*:*:*:*:*:android", Presence::Absent),
        ("a:mozilla:firefox:*:*:*:*:*:windows", Presence::Absent),
        ("a:mozilla:firefox:*:*:*:*:*:linux", Presence::Present),
        ("a:mozilla:firefox:*:*:*:*:*:linux <119", Presence::Absent),
        ("a:mozilla:firefox:*:*:*:*:esr", Presence::Unknown),
        ("a:mozilla:firefox:*:*:*:*:*:thunderbird", Presence::Unknown),
        ("a:mozilla:firefox:*:*:*:*:*:*:arm64", Presence::Unknown),
    ] {
        check("debian 12", firefox, asked, expected);
    }
    check("", firefox, "a:mozilla:firefox:*:*:*:*:*:android", Presence::Unknown);
    check("debian 12", "deb firefox 120.0-1", "a:mozilla:firefox:*:*:*:*:*:android", Presence::Absent);
}

#[test]
fn each_product_of_a_package_has_its_own_version() {
    let graal = "generic graalvm 17.0.6+10 cpe=a:acme:java:17.0.6 cpe=a:oracle:graalvm:22.3.1";
    check("debian 12", graal, "a:oracle:graalvm >=22 <22.3.2", Presence::Present);
    check("debian 12", graal, "a:oracle:graalvm <18", Presence::Absent);
}

#[test]
fn of_very_many_versions_some_are_looked_at() {
    let versions = |range: std::ops::Range<u32>| -> String {
        range.map(|n| format!("generic base {n} cpe=a:acme:base\n")).collect()
    };
    check("debian 12", &versions(100..164), "a:acme:base >=300", Presence::Absent);
    let many = versions(100..200);
    check("debian 12", &many, "a:acme:base", Presence::Present);
    check("debian 12", &many, "a:acme:base <=100", Presence::Present);
    check("debian 12", &many, "a:acme:base >=199", Presence::Unknown);
}

#[test]
fn systems_are_those_of_the_installation() {
    for (distro, asked, expected) in [
        ("debian 12", "o:debian:debian_linux", Presence::Present),
        ("debian 12", "o:debian:debian_linux:12.0", Presence::Present),
        ("debian 12", "o:debian:debian_linux:1", Presence::Absent),
        ("debian 12", "o:debian:debian_linux:11.0", Presence::Absent),
        ("debian 12", "o:debian:debian_linux >=12", Presence::Present),
        ("debian 12", "o:debian:debian_linux <12", Presence::Absent),
        ("debian codename=sid", "o:debian:debian_linux:12.0", Presence::Unknown),
        ("rhel 9.4", "o:redhat:enterprise_linux:9.0", Presence::Present),
        ("rhel 9.4", "o:redhat:enterprise_linux:9.4", Presence::Present),
        ("rhel 9.4", "o:redhat:enterprise_linux:9.2", Presence::Absent),
        ("rhel 7.9", "o:redhat:enterprise_linux_server:7.0", Presence::Present),
        ("rhel 7.9", "o:redhat:enterprise_linux_workstation:7.0", Presence::Present),
        ("rhel 9.4", "o:redhat:enterprise_linux_eus:9.2", Presence::Absent),
        // Which minor release it is, is not known.
        ("rhel 9", "o:redhat:enterprise_linux:9.4", Presence::Unknown),
        ("rhel 9", "o:redhat:enterprise_linux:9.0", Presence::Present),
        ("rhel 9", "o:redhat:enterprise_linux:90", Presence::Absent),
        ("rhel 9", "o:redhat:enterprise_linux:8.4", Presence::Absent),
        ("rhel 9", "o:redhat:enterprise_linux >=9.2", Presence::Unknown),
        ("rhel 9", "o:redhat:enterprise_linux >=8.2", Presence::Present),
        ("sles 15.6", "o:suse:linux_enterprise_server:15:sp3", Presence::Unknown),
        ("acme 1 cpe=cpe:/o:acme:linux_of_acme:1", "o:acme:linux_of_acme:1.0", Presence::Present),
        ("ubuntu 22.04", "o:debian:debian_linux", Presence::Absent),
        ("ubuntu 22.04", "o:microsoft:windows_10", Presence::Absent),
        ("ubuntu 22.04", "o:apple:mac_os_x", Presence::Absent),
        ("ubuntu 22.04", "o:cisco:ios", Presence::Absent),
        ("ubuntu 22.04", "o:linux:linux_kernel:-", Presence::Present),
        ("ubuntu 22.04", "o:linux:linux_kernel", Presence::Present),
        // A container runs on its host's kernel.
        ("ubuntu 22.04", "o:linux:linux_kernel <5.4", Presence::Unknown),
        ("ubuntu 22.04", "o:linux:linux_kernel:5.4", Presence::Unknown),
        ("", "o:microsoft:windows_10", Presence::Unknown),
        ("", "o:linux:linux_kernel:-", Presence::Unknown),
        ("", "o:acme:router_firmware", Presence::Untold),
    ] {
        check(distro, "", asked, expected);
    }
    let kernel = "generic linux 6.1.112-1 cpe=o:linux:linux_kernel:6.1.112";
    check("ubuntu 22.04", kernel, "o:linux:linux_kernel <6.2", Presence::Present);
    check("ubuntu 22.04", kernel, "o:linux:linux_kernel <6.1.112", Presence::Absent);
}

#[test]
fn parts_of_a_merged_inventory_have_neighbours_of_their_own() {
    let mut merged = inventory(
        "debian 12",
        "generic a 1 cpe=a:acme:a\ngeneric b 1 cpe=a:acme:b\ngeneric b 1 cpe=a:acme:b",
    );
    merged.parts = vec![model::inventory::Part::default(); 2];
    for (package, part) in merged.packages.iter_mut().zip([None, Some(0), Some(1)]) {
        package.part = part.map(model::package::PartIndex);
    }
    let (all, positions) = neighbourhoods(&merged);
    assert_eq!(positions, [0, 1, 1], "equal ones are one");
    assert!(all[0].products.contains_key("acme:a") && !all[0].products.contains_key("acme:b"));
    assert!(!all[1].products.contains_key("acme:a") && all[1].distros.is_empty());
    // A part that is not there is damage in the document.
    merged.packages[2].part = Some(model::package::PartIndex(9));
    let (all, _) = neighbourhoods(&merged);
    assert!(all[0].products.contains_key("acme:b"));
}

const PRESENCES: [Presence; 4] = [Presence::Absent, Presence::Untold, Presence::Unknown, Presence::Present];

/// A leaf that names the position of its presence.
fn leaf(position: usize) -> Platform {
    let criteria = position.to_string().into();
    Platform::Product(CpeBounds { criteria, ..CpeBounds::default() })
}

fn position(product: &CpeBounds) -> usize {
    product.criteria.parse().unwrap()
}

fn tree() -> impl Strategy<Value = Platform> {
    (0..5_usize).prop_map(leaf).prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Platform::All),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Platform::Any),
            inner.prop_map(|inner| Platform::Not(Box::new(inner))),
        ]
    })
}

/// What plain logic says, where everything is known.
fn logic(platform: &Platform, truths: &[bool]) -> bool {
    match platform {
        Platform::All(parts) => parts.iter().all(|part| logic(part, truths)),
        Platform::Any(parts) => parts.iter().any(|part| logic(part, truths)),
        Platform::Not(inner) => !logic(inner, truths),
        Platform::Product(product) => truths[position(product)],
    }
}

fn has_negation(platform: &Platform) -> bool {
    match platform {
        Platform::All(parts) | Platform::Any(parts) => parts.iter().any(has_negation),
        Platform::Not(_) => true,
        Platform::Product(_) => false,
    }
}

/// Every way in which what is not known may be.
fn completions(presences: &[Presence]) -> Vec<Vec<bool>> {
    presences.iter().fold(vec![Vec::new()], |all, presence| {
        let ways: &[bool] = match presence {
            Presence::Absent => &[false],
            Presence::Present => &[true],
            Presence::Unknown | Presence::Untold => &[false, true],
        };
        all.iter().flat_map(|truths| ways.iter().map(|way| [&truths[..], &[*way]].concat())).collect()
    })
}

proptest! {
    #[test]
    fn what_holds_does_so_however_the_unknown_is(
        tree in tree(),
        presences in prop::collection::vec(prop::sample::select(&PRESENCES[..]), 5),
    ) {
        let holds = evaluate(&tree, false, &|product| presences[position(product)]);
        let logic: Vec<bool> =
            completions(&presences).iter().map(|truths| logic(&tree, truths)).collect();
        if holds == Holds::Yes {
            prop_assert!(logic.iter().all(|holds| *holds));
        }
        if holds == Holds::Unknown {
            prop_assert!(logic.iter().any(|holds| *holds), "it may hold");
        }
        let is_told = presences.iter().all(|it| matches!(it, Presence::Absent | Presence::Present));
        if is_told {
            prop_assert_eq!(holds, crate::gate::is_when(logic[0]));
        }
        if !has_negation(&tree) && !presences.contains(&Presence::Untold) && holds == Holds::No {
            prop_assert!(logic.iter().all(|holds| !*holds), "nothing silent without reason");
        }
    }

    #[test]
    fn more_that_is_there_never_takes_away_what_asks_for_no_absence(
        tree in tree().prop_filter("no negation", |tree| !has_negation(tree)),
        presences in prop::collection::vec(prop::sample::select(&PRESENCES[..]), 5),
        position in 0..5_usize,
    ) {
        let holds = |presences: &[Presence]| {
            evaluate(&tree, false, &|product| presences[self::position(product)])
        };
        let mut more = presences.clone();
        more[position] = Presence::Present;
        prop_assert!(holds(&more) >= holds(&presences));
    }

    #[test]
    fn each_product_is_looked_at_once_at_most(tree in tree()) {
        fn n_products(platform: &Platform) -> usize {
            match platform {
                Platform::All(parts) | Platform::Any(parts) => parts.iter().map(n_products).sum(),
                Platform::Not(inner) => n_products(inner),
                Platform::Product(_) => 1,
            }
        }
        let n_looks = std::cell::Cell::new(0);
        evaluate(&tree, false, &|_| {
            n_looks.set(n_looks.get() + 1);
            Presence::Unknown
        });
        prop_assert!(n_looks.get() <= n_products(&tree));
    }
}

#[test]
fn hardware_holds_neither_way() {
    let of = |platform: &Platform| evaluate(platform, false, &|product| PRESENCES[position(product)]);
    let not = |platform: Platform| Platform::Not(Box::new(platform));
    let [absent, untold, unknown, present] = [0, 1, 2, 3].map(leaf);
    assert_eq!(of(&untold), Holds::No);
    assert_eq!(of(&not(untold.clone())), Holds::No);
    assert_eq!(of(&unknown), Holds::Unknown);
    assert_eq!(of(&not(unknown)), Holds::No, "a negated node that cannot be evaluated never matches");
    assert_eq!(of(&not(absent.clone())), Holds::Yes);
    assert_eq!(of(&not(not(present.clone()))), Holds::Yes);
    // It does not matter here.
    assert_eq!(of(&Platform::Any(vec![untold.clone(), present])), Holds::Yes);
    assert_eq!(of(&not(Platform::All(vec![untold, absent]))), Holds::Yes);
    assert_eq!(of(&Platform::Any(Vec::new())), Holds::No);
    assert_eq!(of(&Platform::All(Vec::new())), Holds::Yes);
}
