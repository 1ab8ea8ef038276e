//! Inventories that no image would have.

use model::distro::Distro;
use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::image::{Account, BaseImage, GuardedPath, Healthcheck, HistoryEntry, ImageFacts, Made};
use model::inventory::{DockerfileLine, Inventory, Part, Subject, SubjectLayer};
use model::package::{
    About, Certainty, Dependencies, DependencyScope, Details, Location, Mark, OwnedFile, Package,
    PackageIndex, PackageKind, PartIndex, Provenance, Rarities, Reference, SourcePackage,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};

/// Text of every nasty kind: separators of our own, quotes, control characters, look-alikes of other fields.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z][a-z0-9.+-]{0,12}",
        2 => any::<String>(),
        2 => select(vec![
            "", " ", "|", "a|b", "\"", "\\", "\u{0}", "\u{7}\u{1b}[31m", "line\nline\r\ttab", "\u{feff}", "\u{202e}",
            "é", "𝄞", "NOASSERTION", "NONE", "plimsoll:none", "a=b", "=", "0 x", "<script>", "sha256:00", "1:2",
            "../..", "/etc/passwd", "LicenseRef-a", "MIT", "(paren)", "application", "x:y",
        ]).prop_map(str::to_owned),
    ]
}

fn license_text() -> impl Strategy<Value = String> {
    prop_oneof![
        text(),
        select(vec![
            "MIT",
            "mit",
            "GPL-2.0-only",
            "GPL-2.0",
            "MIT AND ISC",
            "MIT OR Apache-2.0",
            "(MIT)",
            "public domain",
            "GPL-2.0-only WITH Classpath-exception-2.0",
            "MIT and ISC",
            "LicenseRef-x",
            "BSD-3-Clause, MIT",
            "NOASSERTION",
            "Apache-2.0+",
            "GPL-2.0+",
            "CC-BY-NC-3.0-IGO",
        ])
        .prop_map(str::to_owned),
    ]
}

fn purl_text() -> impl Strategy<Value = String> {
    prop_oneof![
        text(),
        select(vec![
            "pkg:apk/alpine/musl@1.2.3-r0?arch=x86_64&distro=alpine-3.16.2&upstream=musl",
            "pkg:deb/debian/libssl3@3.0.15?arch=amd64&epoch=1&upstream=openssl%403.0.1",
            "pkg:deb/debian/libssl3@1:3.0.15",
            "pkg:rpm/redhat/openssl-libs@3.0.7?upstream=openssl-3.0.7-28.el9.src.rpm",
            "pkg:npm/%40acme/demo@1.0.0",
            "pkg:golang/golang.org/x/net@v1",
            "pkg:maven/a/b@1",
            "pkg:pypi/a@1",
            "pkg:deb/debian/libssl3 @3",
            "pkg:npm/a@%zz",
            "pkg:",
            "pkg:x/",
            "pkg:generic/a@1?b=%20c",
        ])
        .prop_map(str::to_owned),
    ]
}

fn cpe_text() -> impl Strategy<Value = String> {
    prop_oneof![
        text(),
        select(vec![
            "cpe:2.3:a:gnu:bash:5.1:*:*:*:*:*:*:*",
            "cpe:2.3:a:gnu:bash:5.1\\:1:*:*:*:*:*:*:*",
            "cpe:/a:gnu:bash:5.1",
            "cpe:2.3:a:gnu",
            "cpe:2.3:a:gnu:ba sh:5.1:*:*:*:*:*:*:*",
        ])
        .prop_map(str::to_owned),
    ]
}

fn reference() -> impl Strategy<Value = Reference> {
    let kinds =
        ["website", "distribution", "vcs", "advisories", "other", "patent", "threat-model", "funding"];
    let urls = ["https://a.example", "https://b.example/c", "git+https://a.example/b", "http://a b"];
    let kind = prop_oneof![3 => select(kinds.to_vec()).prop_map(str::to_owned), 1 => text()];
    let url = prop_oneof![3 => select(urls.to_vec()).prop_map(str::to_owned), 1 => text()];
    (kind, url).prop_map(|(kind, url)| Reference { kind, url })
}

fn about() -> impl Strategy<Value = Option<Box<About>>> {
    let optional = || option::of(text());
    let about = (optional(), optional(), optional(), optional(), vec(reference(), 0..5)).prop_map(
        |(summary, description, copyright, originator, references)| About {
            summary,
            description,
            copyright,
            originator,
            references,
        },
    );
    option::of(about.prop_map(Box::new))
}

fn owned_file() -> impl Strategy<Value = OwnedFile> {
    let digest = prop_oneof![text(), Just(format!("sha1:{}", "0a".repeat(20)))];
    (text(), vec(digest, 0..3)).prop_map(|(path, digests)| OwnedFile { path, digests })
}

fn package() -> impl Strategy<Value = Package> {
    let ecosystems: Vec<_> = Ecosystem::ALL.iter().copied().chain([Ecosystem::Unknown]).collect();
    let identity =
        (any::<bool>(), select(ecosystems), text(), version_text(), purl_text(), option::of(text()));
    let source = option::of((text(), option::of(version_text())));
    let location = (text(), option::of(text()), option::of(text()));
    let rest = (
        vec(license_text(), 0..4),
        option::of(text()),
        vec(cpe_text(), 0..3),
        vec(location, 0..4),
        text(),
        option::of(text()),
    );
    let certainties = vec![Certainty::Stated, Certainty::Inferred, Certainty::Guessed];
    let marks = vec![Mark::DefaultGem, Mark::Shaded, Mark::Vendored, Mark::Replaced];
    let judged = (
        any::<(bool, bool)>(),
        select(certainties),
        vec(select(marks), 0..3),
        option::of(text()),
        option::of(text()),
        (vec(text(), 0..3), vec(text(), 0..3), option::of(text())),
        vec(owned_file(), 0..3),
        about(),
    );
    (identity, source, rest, judged).prop_map(
        |(
            (application, ecosystem, name, version, purl, architecture),
            source,
            (licenses, supplier, cpes, found, cataloger, removed_by),
            (
                (development, is_needed_by_subject),
                certainty,
                marks,
                module,
                installed_at,
                listed,
                files,
                about,
            ),
        )| {
            let (digests, imports, overridden_by) = listed;
            let rarities =
                Rarities { marks, module, installed_at, imports, removed_by, overridden_by, files, about };
            let details = Details {
                architecture,
                source: source
                    .map(|(name, version)| SourcePackage { name, version: version.map(Into::into) }),
                supplier,
                digests: digests.into(),
                rarities: rarities.into(),
            };
            Package {
                is_needed_by_subject,
                kind: if application { PackageKind::Application } else { PackageKind::Library },
                ecosystem,
                name,
                version: version.into(),
                purl,
                licenses: licenses.into(),
                cpes: cpes.into(),
                locations: found
                    .into_iter()
                    .map(|(path, layer, digest)| Location {
                        path,
                        provenance: Provenance {
                            layer: layer.map(Into::into),
                            digest: digest.map(Into::into),
                        }
                        .into(),
                    })
                    .collect(),
                owner: None,
                parent: None,
                depends_on: Dependencies::UNKNOWN,
                scope: if development { DependencyScope::Development } else { DependencyScope::Runtime },
                certainty,
                cataloger,
                details: details.into(),
                part: None,
            }
        },
    )
}

fn version_text() -> impl Strategy<Value = String> {
    prop_oneof![9 => text(), 1 => "[0-9a-f]{1020,1030}"]
}

fn subject() -> impl Strategy<Value = Subject> {
    let line = (text(), any::<u32>()).prop_map(|(file, line)| DockerfileLine { file, line });
    let layer = (text(), option::of(line))
        .prop_map(|(diff_id, dockerfile)| SubjectLayer { dockerfile, ..SubjectLayer::new(diff_id) });
    let optional = || option::of(text());
    let base = (optional(), optional(), option::of(any::<u32>()))
        .prop_map(|(name, digest, layers)| BaseImage { name, digest, layers })
        .prop_map(|base| Some(base).filter(|base| *base != BaseImage::default()));
    let described =
        (text(), optional(), optional(), (optional(), optional()), optional(), optional(), optional());
    (described, vec(layer, 0..4), base, image_facts()).prop_map(
        |(
            (name, version, digest, (manifest_digest, index_digest), platform, supplier, created),
            layers,
            base,
            image,
        )| {
            Subject {
                name,
                version,
                digest,
                manifest_digest,
                index_digest,
                platform,
                supplier,
                created,
                layers,
                base,
                image,
            }
        },
    )
}

fn image_facts() -> impl Strategy<Value = ImageFacts> {
    let optional = || option::of(text());
    let texts = || vec(text(), 0..3);
    let run = (optional(), texts(), texts(), texts(), texts(), optional(), texts(), optional(), texts());
    let paths = || {
        let path = (0u16..=0o7777, text()).prop_map(|(mode, path)| GuardedPath { mode, path });
        vec(path, 0..3)
    };
    let account = (text(), any::<u32>(), any::<u32>(), text(), text())
        .prop_map(|(name, uid, gid, home, shell)| Account { name, uid, gid, home, shell });
    let files = (option::of(any::<u64>()), paths(), paths(), vec(account, 0..3));
    let labels = prop::collection::btree_map(text(), text(), 0..3);
    (run, labels, vec(history_entry(), 0..4), files).prop_map(
        |(
            (user, env, ports, entrypoint, command, workdir, volumes, stop_signal, test),
            labels,
            history,
            (bytes, set_id, world_writable, accounts),
        )| ImageFacts {
            user,
            env,
            ports,
            entrypoint,
            command,
            workdir,
            volumes,
            stop_signal,
            healthcheck: Healthcheck::from_words(test),
            labels,
            history,
            bytes,
            set_id,
            world_writable,
            accounts,
        },
    )
}

fn history_entry() -> impl Strategy<Value = HistoryEntry> {
    let made = prop_oneof![Just(Made::Nothing), Just(Made::SomeLayer), any::<u32>().prop_map(Made::Layer)];
    (option::of(text()), text(), option::of(text()), made)
        .prop_map(|(created, created_by, comment, made)| HistoryEntry { created, created_by, comment, made })
}

fn distro() -> impl Strategy<Value = Distro> {
    let optional = || option::of(text());
    let lists = (vec(text(), 0..3), vec(text(), 0..3), vec(text(), 0..3));
    (text(), optional(), optional(), optional(), optional(), optional(), optional(), lists).prop_map(
        |(id, version, codename, pretty_name, name, supplier, variant, (id_like, hints, repositories))| {
            Distro {
                id,
                version,
                codename,
                pretty_name,
                name,
                supplier,
                id_like,
                variant,
                hints,
                repositories,
            }
        },
    )
}

/// Inventories whose owners come earlier in the list than what they own, so that there is no cycle.
fn inventory() -> impl Strategy<Value = Inventory> {
    let gaps = vec(("[a-z-]{1,12}", text(), text()), 0..3);
    let any_other = any::<prop::sample::Index>;
    let related = (
        package(),
        option::of(any_other()),
        option::of(any_other()),
        option::of(vec(any_other(), 0..3)),
        option::of(any_other()),
    );
    let part = (subject(), option::of(distro()), text()).prop_map(|(subject, distro, document)| Part {
        subject,
        distro,
        document,
    });
    let parts = prop_oneof![2 => Just(Vec::new()), 1 => vec(part, 0..4)];
    let packages = vec(related, 0..6);
    (subject(), option::of(distro()), packages, gaps, parts).prop_map(
        |(subject, distro, packages, gaps, parts)| {
            let n_packages = packages.len();
            let n_parts = parts.len();
            let own =
                |(index, related): (usize, (Package, _, _, Option<Vec<_>>, Option<prop::sample::Index>))| {
                    let (mut package, owner, parent, depends_on, part) = related;
                    let part = part.filter(|_| n_parts > 0);
                    package.part = part.map(|part| PartIndex(part.index(n_parts) as u32));
                    let earlier = |other: Option<prop::sample::Index>| {
                        other.filter(|_| index > 0).map(|other| PackageIndex(other.index(index) as u32))
                    };
                    package.owner = earlier(owner);
                    package.parent = earlier(parent);
                    let other = |other: prop::sample::Index| PackageIndex(other.index(n_packages) as u32);
                    if let Some(depends_on) = depends_on {
                        package.depends_on = depends_on.into_iter().map(other).collect();
                    }
                    package
                };
            let packages = packages.into_iter().enumerate().map(own).collect();
            let gap = |(kind, place, detail): (String, String, String)| {
                Gap::new(GapKind::from_word(&kind), place, detail)
            };
            let gaps = gaps.into_iter().map(gap).collect();
            Inventory { parts, ..Inventory::new(subject, distro, packages, gaps) }
        },
    )
}

/// Runs `test` on `cases` inventories, the same ones every time.
pub(in crate::format) fn for_inventories(cases: u32, test: impl Fn(&Inventory)) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    runner
        .run(&inventory(), |inventory| {
            test(&inventory);
            Ok(())
        })
        .unwrap();
}
