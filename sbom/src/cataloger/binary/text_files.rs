//! The texts, scripts and archives by which software is known that has no program of its own, or none that says its version: a
//! table, and nothing else.

use super::classifiers::Classifier;
use super::evidence::Evidence::Near;

/// Other files: scripts, archives of scripts, and texts that lie beside a program. Sorted by name.
pub(in crate::cataloger) static FILES: &[Classifier] = &[
    Classifier {
        name: "auditbeat",
        files: &["**/auditbeat/README.md", "**/auditbeat-*/README.md"],
        evidence: &[Near("# Welcome to ", r"# Welcome to [A-Za-z]+ (\d+\.\d+\.\d+)")],
        purl: "pkg:generic/auditbeat",
        cpes: &["elastic:auditbeat"],
    },
    Classifier {
        name: "composer",
        files: &["**/composer", "**/composer.phar"],
        evidence: &[Near(
            "BRANCH_ALIAS_VERSION",
            r"const VERSION = '(\d+\.\d+\.\d+[\w.-]*)';\s+(?:public )?const BRANCH_ALIAS_VERSION",
        )],
        purl: "pkg:generic/composer",
        cpes: &["getcomposer:composer"],
    },
    Classifier {
        name: "elastic-agent",
        files: &["**/elastic-agent*/package.version"],
        evidence: &[Near("", r"^(\d+\.\d+\.\d+)")],
        purl: "pkg:generic/elastic-agent",
        cpes: &["elastic:elastic_agent"],
    },
    Classifier {
        name: "elixir",
        files: &["**/elixir", "**/elixir/ebin/elixir.app"],
        evidence: &[
            Near("ELIXIR_VERSION=", r"ELIXIR_VERSION=(\d+\.\d+\.\d+(?:-[\w.]+)?)"),
            Near("{application,elixir,", r#"\{vsn,\s*"(\d+\.\d+\.\d+(?:-[\w.]+)?)"\}"#),
        ],
        purl: "pkg:generic/elixir",
        cpes: &["elixir-lang:elixir"],
    },
    Classifier {
        name: "erlang-release",
        files: &["**/releases/*/OTP_VERSION"],
        evidence: &[Near("", r"^(\d+\.\d+(?:\.\d+)*)")],
        purl: "pkg:generic/erlang",
        cpes: &["erlang:erlang/otp"],
    },
    Classifier {
        name: "filebeat",
        files: &["**/filebeat/README.md", "**/filebeat-*/README.md"],
        evidence: &[Near("# Welcome to ", r"# Welcome to [A-Za-z]+ (\d+\.\d+\.\d+)")],
        purl: "pkg:generic/filebeat",
        cpes: &["elastic:filebeat"],
    },
    Classifier {
        name: "firefox-ini",
        files: &["**/firefox*/application.ini"],
        evidence: &[Near("Name=Firefox", r"Name=Firefox\s.{0,120}?Version=(\d+\.\d+(?:\.\d+)*)")],
        purl: "pkg:generic/firefox",
        cpes: &["mozilla:firefox"],
    },
    Classifier {
        name: "go-release",
        files: &["**/go/VERSION", "**/go-*/VERSION"],
        evidence: &[Near("go1", r"^go(\d+\.\d+(?:\.\d+)?(?:(?:beta|rc)\d+)?)")],
        purl: "pkg:generic/go",
        cpes: &["golang:go"],
    },
    Classifier {
        name: "grafana-release",
        files: &["**/grafana/VERSION"],
        evidence: &[Near("", r"^v?(\d+\.\d+\.\d+)")],
        purl: "pkg:generic/grafana",
        cpes: &["grafana:grafana"],
    },
    Classifier {
        name: "heartbeat",
        files: &["**/heartbeat/README.md", "**/heartbeat-*/README.md"],
        evidence: &[Near("# Welcome to ", r"# Welcome to [A-Za-z]+ (\d+\.\d+\.\d+)")],
        purl: "pkg:generic/heartbeat",
        cpes: &["elastic:heartbeat"],
    },
    Classifier {
        name: "metricbeat",
        files: &["**/metricbeat/README.md", "**/metricbeat-*/README.md"],
        evidence: &[Near("# Welcome to ", r"# Welcome to [A-Za-z]+ (\d+\.\d+\.\d+)")],
        purl: "pkg:generic/metricbeat",
        cpes: &["elastic:metricbeat"],
    },
    Classifier {
        name: "packetbeat",
        files: &["**/packetbeat/README.md", "**/packetbeat-*/README.md"],
        evidence: &[Near("# Welcome to ", r"# Welcome to [A-Za-z]+ (\d+\.\d+\.\d+)")],
        purl: "pkg:generic/packetbeat",
        cpes: &["elastic:packetbeat"],
    },
    Classifier {
        name: "swipl-release",
        files: &["**/swi-prolog/VERSION", "**/swipl/VERSION"],
        evidence: &[Near("", r"^(\d+\.\d+\.\d+)")],
        purl: "pkg:generic/swipl",
        cpes: &["swi-prolog:swi-prolog"],
    },
    Classifier {
        name: "wp-cli",
        files: &["**/wp", "**/wp-cli", "**/wp-cli.phar"],
        evidence: &[
            Near("wp-cli/wp-cli", r"wp-cli/wp-cli[ @](\d+\.\d+\.\d+)"),
            Near("WP_CLI_VERSION", r"WP_CLI_VERSION', '(\d+\.\d+\.\d+)'"),
        ],
        purl: "pkg:generic/wp-cli",
        cpes: &["wp-cli:wp-cli"],
    },
];

/// The patterns of [`FILES`].
pub(in crate::cataloger) fn file_patterns() -> impl Iterator<Item = &'static str> {
    FILES.iter().flat_map(|classifier| classifier.files.iter().copied())
}
