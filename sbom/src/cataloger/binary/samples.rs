//! What each program of the table says of itself, and that nothing else is taken for it.

use std::collections::BTreeSet;
use std::io::Write as _;

use model::limits::Limits;

use super::super::{Classifiers, Content, Fact, Facts, File};
use super::classifiers::{Classifier, PROGRAMS};
use super::evidence::{Evidence, compile};
use super::text_files::FILES;

/// Classifier, path, the bytes around what it says, version.
const SAMPLES: &[(&str, &str, &str, &str)] = &[
    ("arangodb", "usr/sbin/arangod", "ArangoDB\0\0\x003.11.4 [linux]\0", "3.11.4"),
    ("aws-lc", "opt/lib/libcrypto.so", "\0OpenSSL 1.1.1 (compatible; AWS-LC 1.29.0)\0", "1.29.0"),
    ("bash", "bin/bash", "\0@(#)Bash version 5.2.15(1) release GNU\0", "5.2.15"),
    ("bun", "usr/local/bin/bun", "object\x16\0Bun v1.4.5 (Linux x64)\0", "1.4.5"),
    ("busybox", "bin/busybox", "\0syslogd started: BusyBox v1.35.0\0", "1.35.0"),
    ("cabal", "opt/cabal", "\0/usr/lib/x86_64-linux-ghc-9.0.2/cabal-install-3.4.1.0\0", "3.4.1.0"),
    (
        "chrome",
        "opt/google/chrome/chrome",
        "\0Chromium\0a108\x00156.0.8078.108\x00.08\x00127.0.0.1\0",
        "156.0.8078.108",
    ),
    ("consul", "bin/consul", "\0CONSUL_VERSION: 1.17.1\n", "1.17.1"),
    ("consul", "bin/consul", "github.com/hashicorp/consul/agent\0\x001.17.1\0", "1.17.1"),
    ("curl", "usr/bin/curl", "json\0curl/7.88.1\0", "7.88.1"),
    (
        "dart",
        "usr/lib/dart/bin/dart",
        "\x003.3.0 (stable) (Tue Feb 13 10:25:19 2024 +0000) on \"linux_x64\"",
        "3.3.0",
    ),
    ("dart", "usr/lib/dart/bin/dart", "\x003.4.0-190.1.beta (beta) (Tue Mar 12 2024)", "3.4.0-190.1.beta"),
    (
        "deno",
        "usr/bin/deno",
        "OTel-OTLP-Exporter-Deno/0.80.0grpc denover2.9.6Deno/2.9.6Deno/2.9.6+e518fbd",
        "2.9.6",
    ),
    ("envoy", "usr/local/bin/envoy", "envoy.reloadable_features.x\0\x001.28.0\x001.3.1\0", "1.28.0"),
    (
        "erlang",
        "usr/local/lib/erlang/erts-14.2/bin/beam.smp",
        "/usr/src/otp_src_26.2.5/erts/emulator\0",
        "26.2.5",
    ),
    ("erlang", "usr/lib/erlang/erts-13.1.5/bin/erlexec", "/build/erlang-25.2.3+dfsg/erts\0", "25.2.3"),
    ("expat", "usr/lib/libexpat.so.1", "\0expat_2.5.0\0", "2.5.0"),
    ("ffmpeg", "usr/bin/ffmpeg", "\0%s version 5.1.9-0+deb12u1\0", "5.1.9"),
    (
        "ffmpeg",
        "usr/lib/libavutil.so.57",
        "Update your FFmpeg version to the newest\0FFmpeg version n6.1\0",
        "6.1",
    ),
    ("firefox", "opt/firefox/firefox-bin", "id={0}&version=153.7.0&buildid=20261103\0", "153.7.0"),
    ("firefox", "opt/firefox/libxul.so", "\0rejected\0JavaScript-C153.7.0\0", "153.7.0"),
    ("fluent-bit", "fluent-bit/bin/fluent-bit", "\x002.2.2\0%sFluent Bit v%s\0", "2.2.2"),
    ("gcc", "usr/local/bin/gcc", "\x0012.2.0\0(GCC) \0gcc version %s %s\n", "12.2.0"),
    ("gcc", "usr/local/bin/x86_64-linux-gnu-gcc-13", "\0GCC: (GNU) 13.2.0\0", "13.2.0"),
    ("ghc", "opt/ghc/lib/ghc", "\0libHSghc-9.0.2-ghc9.0.2.so\0", "9.0.2"),
    ("ghc", "opt/ghc/bin/ghc-iserv", "\0ghci-9.0.2:GHCi.Message.Msg\0", "9.0.2"),
    ("glibc", "lib/libc.so.6", "GNU C Library (Debian GLIBC 2.36-9) stable release version 2.36.\n", "2.36"),
    (
        "go",
        "usr/local/go/bin/go",
        "\0 Go buildinf:\x08\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x08go1.26.8",
        "1.26.8",
    ),
    (
        "grafana",
        "usr/share/grafana/bin/grafana",
        "build\t-ldflags=\"-w -X main.version=10.2.3 -X main.commit=a\"",
        "10.2.3",
    ),
    ("grafana", "usr/share/grafana/bin/grafana-server", "github.com/grafana/grafana\0\x0010.2.3\0", "10.2.3"),
    ("gzip", "bin/gzip", "%s: %s: not in gzip format\0\x001.12\0", "1.12"),
    ("haproxy", "usr/local/sbin/haproxy", "\0 version 2.6.12-1+deb12u4, released 2026/10/17\0", "2.6.12"),
    ("heimdal", "usr/lib/libkrb5.so.26", "@(#)$Version: Heimdal 7.8.0 $\0", "7.8.0"),
    ("helm", "usr/bin/helm", "-X helm.sh/helm/v3/internal/version.version=v3.14.0", "3.14.0"),
    ("helm", "usr/bin/helm", "helm.sh/helm/v3\0\0v3.14.0\0", "3.14.0"),
    ("httpd", "usr/local/apache2/bin/httpd", "\0Apache/2.4.58 (Unix)\0", "2.4.58"),
    ("ingress-nginx", "nginx-ingress-controller", "k8s.io/ingress-nginx/version\0v1.9.5\0", "1.9.5"),
    ("istio-agent", "usr/local/bin/pilot-agent", "istio.io/istio/pkg\0\x001.20.1\0", "1.20.1"),
    (
        "istio-discovery",
        "usr/local/bin/pilot-discovery",
        "-X istio.io/istio/pkg/version.buildVersion=1.20.1",
        "1.20.1",
    ),
    ("java", "opt/java/bin/java", "\0openjdk\0java\x000.0\x0017.0.21.1+2-1-deb12u1\0", "17.0.21.1+2"),
    (
        "java",
        "opt/java/lib/server/libjvm.so",
        "VM (25.392-b08) for linux-amd64 JRE (1.8.0_392-b08), built",
        "1.8.0_392",
    ),
    ("jq", "usr/bin/jq", "\x001.6\0DEBUG:\0jq: error (at %s)", "1.6"),
    ("jq", "usr/bin/jq", "\0jq-1.7.1\0", "1.7.1"),
    ("julia", "usr/local/julia/lib/libjulia-internal.so.1.9", "\0__init__\x001.9.4\0verify", "1.9.4"),
    ("krb5", "usr/lib/libkrb5.so.3", "\0KRB5_BRAND: krb5-1.20.1-final 1.20.1 20221111\0", "1.20.1"),
    ("libcurl", "usr/lib/libcurl.so.4", "\0libcurl/7.88.1\0", "7.88.1"),
    ("libpython", "usr/local/lib/libpython3.11.so.1.0", "\x003.11.2\0%.80s (%.80s) %.80s\0", "3.11.2"),
    ("libpython", "usr/local/lib/libpython3.13.so.1.0", "\x003.13.0rc2\0x\x003.0.15\0", "3.13.0rc2"),
    ("libressl", "usr/lib/libcrypto.so.52", "\0LibreSSL 3.8.2\0", "3.8.2"),
    ("lighttpd", "usr/sbin/lighttpd", "\0lighttpd/1.4.69\0", "1.4.69"),
    ("mariadb", "usr/sbin/mariadbd", "\x0010.11.19-MariaDB\0x86_64", "10.11.19"),
    ("memcached", "usr/local/bin/memcached", "\0memcached 1.6.18\n", "1.6.18"),
    (
        "mongodb",
        "usr/bin/mongod",
        "mongodb\0\x007.0.5\x007809d71e84e314b497f282ea8aa06d7ded3eb205\0",
        "7.0.5",
    ),
    ("mongodb", "usr/bin/mongos", "mongodb\x007809d71e84e314b497f282ea8aa06d7ded3eb205\x007.0.5\0", "7.0.5"),
    ("mysql", "usr/sbin/mysqld", "/build/mysql-8.0.35/sql\0", "8.0.35"),
    ("mysql", "usr/sbin/mysqld", "\x008.0.35\0MySQL Community Server - GPL\0", "8.0.35"),
    ("mysql-cluster", "usr/sbin/ndbd", "/build/mysql-cluster-gpl-8.0.35/storage\0", "8.0.35"),
    ("nginx", "usr/sbin/nginx", "\0nginx version: nginx/1.22.1\0", "1.22.1"),
    ("node", "usr/local/bin/node", "\0node.js/v26.10.0\0", "26.10.0"),
    (
        "openldap",
        "usr/bin/ldapsearch",
        "@(#) $OpenLDAP: ldapsearch 2.5.13+dfsg-5 (Feb  8 2023 01:56:12) $\0",
        "2.5.13",
    ),
    ("openresty", "usr/local/openresty/nginx/sbin/nginx", "\0openresty/1.21.4.3\0", "1.21.4.3"),
    ("openssl", "usr/lib/libcrypto.so.3", "@\0OpenSSL 3.0.22 25 Aug 2026\0", "3.0.22"),
    ("openssl", "usr/lib/libcrypto.so.1.1", "\0OpenSSL 1.1.1k-fips  25 Mar 2021\0", "1.1.1k"),
    ("percona-server", "usr/sbin/mysqld", "/build/percona-server-8.0.35-27/sql\0", "8.0.35-27"),
    (
        "percona-xtrabackup",
        "usr/bin/xtrabackup",
        "/build/percona-xtrabackup-8.0.35-30/storage\0",
        "8.0.35-30",
    ),
    ("perl", "usr/local/bin/perl", "SEED\0v5.36.0\0panic", "5.36.0"),
    ("php", "usr/local/bin/php", "\0X-Powered-By: PHP/8.2.36\0", "8.2.36"),
    (
        "php-extension",
        "usr/local/lib/php/extensions/no-debug-non-zts-20220829/xdebug.so",
        "\x003.3.1\0API20220829,NTS\0",
        "3.3.1",
    ),
    (
        "postgresql",
        "usr/lib/postgresql/15/bin/postgres",
        "\0postgres (PostgreSQL) 15.20 (Debian 15.20-0)\n",
        "15.20",
    ),
    ("postgresql", "usr/local/bin/postgres", "\0postgres (PostgreSQL) 17beta1\n", "17beta1"),
    ("proftpd", "usr/sbin/proftpd", "\0ProFTPD Version 1.3.8b\0", "1.3.8b"),
    ("pypy", "usr/lib/libpypy3.9-c.so", "3.9.16 (7.3.11, Dec 30 2024)\n[PyPy 7.3.11 with \0", "7.3.11"),
    ("python", "usr/bin/python3.11", "pymalloc\x003.11.2\0strict\x003.0.15\0", "3.11.2"),
    ("qt", "usr/lib/libQt5Core.so.5.15.8", "\0Qt 5.15.8 (x86_64-little_endian-lp64 shared)\0", "5.15.8"),
    (
        "redis",
        "usr/local/bin/redis-server",
        "2.6.0\x007.0.1\x007.0.15\x007.2.4\0A7.0.151790282056000000000\0",
        "7.0.15",
    ),
    (
        "redis",
        "usr/local/bin/redis-cli",
        "\x006.0.0\x007.2.4\0Private_Dirty:\x007.2.4buildkitsandbox-1704963923000000000\0",
        "7.2.4",
    ),
    ("ruby", "usr/local/lib/libruby.so.3.1", "\0ruby 3.1.2p20 (2022-04-12 revision 4491bb740a)\0", "3.1.2"),
    (
        "rust",
        "usr/lib/libstd-0123.so",
        "\0clang LLVM (rustc version 1.95.0 (59807616e 2026-04-14))\0",
        "1.95.0",
    ),
    ("rust", "usr/lib/librustc_driver-0123.so", "/usr/src/rustc-1.63.0/library/alloc\0", "1.63.0"),
    (
        "rust",
        "usr/lib/librustc_driver-4567.so",
        "rustc branch_cs_prefix1.95.0 (59807616e 2026-04-14)target",
        "1.95.0",
    ),
    ("sqlcipher", "usr/lib/libsqlcipher.so.0", "cipher_version\x004.5.6 community\0", "4.5.6"),
    ("sqlcipher", "usr/lib/libsqlcipher.so.0", "cipher_version\x003.4.1\0", "3.4.1"),
    ("sqlite", "usr/lib/libsqlite3.so.0", "SQLite format 3\0\x003.40.1\0", "3.40.1"),
    ("stack", "usr/local/bin/stack", "\0Version 2.13.1, Git revision 8102bb8\0", "2.13.1"),
    ("stack", "usr/bin/stack", "\0/usr/lib/x86_64-linux-ghc-9.0.2/stack-2.7.5\0", "2.7.5"),
    ("swipl", "usr/lib/swi-prolog/bin/swipl", "/build/swipl-9.1.18/src\0", "9.1.18"),
    ("swipl", "usr/lib/libswipl.so.9.0.4", "SWI-Prolog version %d.%d.%d\0", "9.0.4"),
    ("traefik", "usr/local/bin/traefik", "github.com/traefik/traefik/v2\0\x002.10.7\0", "2.10.7"),
    ("util-linux", "bin/mount", "\0util-linux 2.38.1\0", "2.38.1"),
    (
        "valkey",
        "usr/local/bin/valkey-server",
        "\x007.2.4\x008.0.1\x008.0.1buildkitsandbox-1730000000000000000\0",
        "8.0.1",
    ),
    ("vault", "bin/vault", "github.com/hashicorp/vault\0\x001.15.4\0", "1.15.4"),
    ("vault", "bin/vault", "Vault v1.15.4 (9b61934559ba31150860e618cf18e816cbddc630)", "1.15.4"),
    ("xz", "usr/bin/xz", "\0xz (XZ Utils) 5.4.1\n", "5.4.1"),
    ("xz", "usr/lib/liblzma.so.5.4.1", "XZ_5.2.2\0XZ_5.4\0\x005.4.1\0", "5.4.1"),
    ("zlib", "usr/lib/libz.so.1", "\0 deflate 1.2.13 Copyright 1995-2022\0", "1.2.13"),
    ("zstd", "usr/bin/zstd", "\0v1.5.4\0Zstandard CLI\0Yann Collet\0", "1.5.4"),
    ("zstd", "usr/lib/libzstd.so.1.5.4", "\0ZSTD_versionString\0", "1.5.4"),
];

/// The same of files that are no programs.
const FILE_SAMPLES: &[(&str, &str, &str, &str)] = &[
    ("auditbeat", "usr/share/auditbeat/README.md", "# Welcome to Auditbeat 8.12.0\n", "8.12.0"),
    (
        "composer",
        "usr/bin/composer",
        "const VERSION = '2.7.6';\npublic const BRANCH_ALIAS_VERSION = '';",
        "2.7.6",
    ),
    ("elastic-agent", "usr/share/elastic-agent/data/elastic-agent-abc/package.version", "8.12.0\n", "8.12.0"),
    ("elixir", "usr/local/bin/elixir", "ELIXIR_VERSION=1.16.3\n", "1.16.3"),
    ("elixir", "lib/elixir/ebin/elixir.app", "{application,elixir,\n [{vsn,\"1.14.0\"}]}.", "1.14.0"),
    ("erlang-release", "usr/lib/erlang/releases/25/OTP_VERSION", "25.2.3\n", "25.2.3"),
    ("filebeat", "usr/share/filebeat/README.md", "# Welcome to Filebeat 8.12.0\n", "8.12.0"),
    ("firefox-ini", "opt/firefox/application.ini", "[App]\nName=Firefox\nVersion=125.0.1\n", "125.0.1"),
    ("go-release", "usr/local/go/VERSION", "go1.22.4\ntime 2024\n", "1.22.4"),
    ("grafana-release", "usr/share/grafana/VERSION", "10.2.3\n", "10.2.3"),
    ("heartbeat", "usr/share/heartbeat/README.md", "# Welcome to Heartbeat 8.12.0\n", "8.12.0"),
    ("metricbeat", "opt/metricbeat-8.12.0/README.md", "# Welcome to Metricbeat 8.12.0\n", "8.12.0"),
    ("packetbeat", "usr/share/packetbeat/README.md", "# Welcome to Packetbeat 8.12.0\n", "8.12.0"),
    ("swipl-release", "usr/lib/swi-prolog/VERSION", "9.0.4\n", "9.0.4"),
    ("wp-cli", "usr/local/bin/wp", "wp-cli/wp-cli 2.9.0\n", "2.9.0"),
];

/// The purls found in a file.
fn found(table: &'static [Classifier], path: &str, content: Content<'_>) -> Vec<String> {
    let limits = Limits::default();
    let mut facts = Facts::new(&limits);
    let classifiers = Classifiers::none();
    let file = File { path, size: 1, executable: true, content, limits: &limits, classifiers };
    super::classify(table, &file, &mut facts);
    facts
        .into_vec()
        .into_iter()
        .map(|fact| match fact {
            Fact::Package(fact) => fact.package.purl,
            other => panic!("unexpected {other:?}"),
        })
        .collect()
}

fn classifier(table: &'static [Classifier], name: &str) -> &'static Classifier {
    table.iter().find(|classifier| classifier.name == name).unwrap()
}

#[test]
fn every_classifier_finds_its_program_and_no_other() {
    for (table, samples) in [(PROGRAMS, SAMPLES), (FILES, FILE_SAMPLES)] {
        for (name, path, text, version) in samples {
            let bytes = match name {
                _ if std::ptr::eq(table, FILES) => text.as_bytes().to_vec(),
                _ => testkit::elf::program(&[(".rodata", text.as_bytes().to_vec())]),
            };
            let file_name = path.rsplit('/').next().unwrap();
            let expected = classifier(table, name).package(file_name, version).purl;
            assert_eq!(found(table, path, Content::Bytes(&bytes)), [expected.as_str()], "{name} {path}");
            let mut spool = tempfile::tempfile().unwrap();
            spool.write_all(&bytes).unwrap();
            assert_eq!(found(table, path, Content::Spooled(&spool)), [expected.as_str()], "{name} spooled");
            assert_eq!(
                found(table, "opt/acme/bin/acme", Content::Bytes(&bytes)),
                [""; 0],
                "{name} elsewhere"
            );
            let is_other = |byte: &u8| !byte.is_ascii_digit();
            let without: Vec<u8> =
                bytes.iter().map(|byte| if is_other(byte) { *byte } else { b'x' }).collect();
            let by_name = |evidence: &Evidence| matches!(evidence, Evidence::Name(..));
            if !classifier(table, name).evidence.iter().any(by_name) {
                let found = found(table, path, Content::Bytes(&without));
                assert_eq!(found, [""; 0], "{name} without a version");
            }
            let empty = testkit::elf::program(&[]);
            assert_eq!(found(table, path, Content::Bytes(&empty)), [""; 0], "{name} of another program");
        }
        let with_sample: BTreeSet<&str> = samples.iter().map(|(name, ..)| *name).collect();
        let known: BTreeSet<&str> = table.iter().map(|classifier| classifier.name).collect();
        assert_eq!(with_sample, known, "every classifier has a sample");
    }
}

#[test]
fn the_table_is_sorted_and_its_patterns_compile() {
    for table in [PROGRAMS, FILES] {
        assert!(table.is_sorted_by(|left, right| left.name < right.name));
        for classifier in table {
            let patterns = classifier.evidence.iter().flat_map(|evidence| match *evidence {
                Evidence::Near(_, pattern) | Evidence::Alone { pattern, .. } => vec![pattern],
                Evidence::Built(pattern, build) => vec![pattern, build],
                Evidence::OfRelease(name, _) => vec![name],
                Evidence::Name(_, pattern) => vec![pattern],
            });
            for pattern in patterns {
                assert_eq!(compile(pattern).unwrap().captures_len(), 2, "{} {pattern}", classifier.name);
            }
            assert!(!classifier.evidence.is_empty() && !classifier.files.is_empty(), "{}", classifier.name);
            assert!(classifier.files.iter().all(|pattern| pattern.starts_with("**/")), "{}", classifier.name);
        }
    }
}

#[test]
fn a_version_is_found_wherever_the_pieces_of_a_large_file_are_cut() {
    let text = b"\0nginx version: nginx/1.22.1\0";
    let mut bytes = vec![b'.'; (4 << 20) + 200];
    // Around the end of the first piece, and around where the next one starts again.
    let ends = [4 << 20, (4 << 20) - (2 << 10), (4 << 20) - (4 << 10)];
    for at in ends.into_iter().flat_map(|end| end - text.len() - 1..=end + 1) {
        bytes[at..at + text.len()].copy_from_slice(text);
        let mut spool = tempfile::tempfile().unwrap();
        spool.write_all(&bytes).unwrap();
        assert_eq!(
            found(PROGRAMS, "sbin/nginx", Content::Spooled(&spool)),
            ["pkg:generic/nginx@1.22.1"],
            "{at}"
        );
        bytes[at..at + text.len()].fill(b'.');
    }
}

#[test]
fn different_versions_in_the_same_form_are_none() {
    let bytes = b"jq: error\0\x001.6\0\x001.7\0";
    assert_eq!(found(PROGRAMS, "usr/bin/jq", Content::Bytes(bytes)), [""; 0]);
}

#[test]
fn the_reference_page_is_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/classifiers.md");
    let row = |classifier: &Classifier| {
        let code =
            |texts: &[&str]| texts.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(" ");
        format!(
            "| {} | {} | `{}` | {} |\n",
            classifier.name,
            code(classifier.files),
            classifier.purl,
            code(classifier.cpes)
        )
    };
    let rows = |table: &[Classifier]| table.iter().map(row).collect::<String>();
    const HEAD: &str = "| name | files | purl | CPE (vendor and product) |\n|---|---|---|---|\n";
    let page = format!(
        "{}\n## Programs and shared libraries\n\n{HEAD}{}\n## Other files\n\n{HEAD}{}",
        include_str!("page.md"),
        rows(PROGRAMS),
        rows(FILES)
    );
    if testkit::bless() {
        std::fs::write(path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), page, "PLIMSOLL_BLESS=1 writes it");
}
