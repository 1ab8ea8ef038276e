//! Where we answer otherwise than the labels, and why.

use super::labels::{Image, Label};

/// A label that we answer otherwise.
#[derive(Debug)]
pub(super) struct Argued {
    /// The image's name and the first twelve digits of its digest.
    image: &'static str,
    /// The package.
    package: &'static str,
    /// The vulnerability, as the tool named it whose finding was labelled.
    id: &'static str,
    /// The rule, and what the feed's record says.
    pub(super) why: &'static str,
}

impl Argued {
    /// Whether it is about `label` of `image`.
    pub(super) fn is_about(&self, image: &Image, label: &Label) -> bool {
        self.image == image.name && self.package == label.package && self.id == label.ids[0]
    }
}

const fn argued(image: &'static str, package: &'static str, id: &'static str, why: &'static str) -> Argued {
    Argued { image, package, id, why }
}

const ALMALINUX: &str = "docker.io/almalinux@cd49d7250ed7";
const CLOUDBEES: &str = "docker.io/cloudbees/cloudbees-core-oc@9cd85ee84e40";
const GITLAB: &str = "docker.io/gitlab/gitlab-ce@04d4219d5dfb";
const NEXUS: &str = "docker.io/sonatype/nexus3@e8fea6b4279f";
const POSTGRES: &str = "docker.io/postgres@1a67ab960138";
const POSTGRES_13_2: &str = "docker.io/postgres:13.2@1a67ab960138";
const TEST_CENTOS: &str = "docker.io/anchore/test_images@808f6cf3cf44";
const TEST_PYTHON: &str = "docker.io/anchore/test_images@0825acea611c";
const TEST_GO: &str = "docker.io/anchore/test_images@7536ee345532";
const UBI8: &str = "registry.access.redhat.com/ubi8@68fecea0d255";
const VAULT: &str = "docker.io/hashicorp/vault@09354ca0891f";

/// The copy of the bulletins has not all packages.
const ALMA_COPY_LACKS: &str = "feeds.md A8, D11 case 15: the OSV copy of the bulletin (ALSA-2022:0896 of glibc, \
    ALSA-2022:0899 of libxml2) lists some packages of the source and leaves out the libraries; the vendor's errata, which \
    are read in earnest, have them";
const ALMA_NO_BULLETIN: &str = "feeds.md D1, class fix_only: the bulletins that name it (ALSA-2021:4386, ALSA-2024:0143) \
    are of other sources, gcc and ipa; AlmaLinux publishes fixes only, and Red Hat's rows, which say what is not fixed, are \
    not at hand";
const ALMA_OF_MINGW: &str = "feeds.md A8: the bulletin that names it (ALSA-2022:7811) is of mingw-expat; none of expat's \
    own does, among them ALSA-2022:0951 with twelve other CVEs";

/// The copy of the tracker has not all issues.
const TRACKER_COPY_LACKS: &str = "feeds.md A3: the tracker at hand is made of the advisories alone, and none names it for \
    this source in Debian 10, only for another that carries a copy or had the same flaw; what the tracker itself says of this \
    source is not at hand";
const OF_POSTGRESQL: &str = "feeds.md D1: the package is of the PostgreSQL project's repository (`pgdg100`); Debian 10 has \
    postgresql-11 and speaks of that; no feed speaks of the project's own builds";

/// The tracker speaks of a source package; people looked at what is in the binary one.
const NO_CODE_IN_LOCALES: &str = "feeds.md A3, B3: Debian speaks of the source glibc and says that versions below the fix \
    are affected; it does not say which binary packages have the code. People know that this one has data only";
const FLAW_IN_KDC: &str = "feeds.md A3, B3: Debian speaks of the source krb5 and says that versions below the fix are \
    affected; it does not say which binary packages have the code. People know that it is in the server, krb5-kdc";
const FLAW_IN_INIT: &str = "feeds.md A3, B3: Debian speaks of the source systemd and says that versions below the fix are \
    affected; it does not say which binary packages have the code. People know that it is in the first process, not in this \
    library";

/// The label says nothing of files.
const RPM_OWNER_UNKNOWN: &str = "feeds.md D2, D11 case 19: the record has the version, and the label does not say that \
    the files are those of an RPM package, whose vendor would answer for them";
const DEB_OWNER_UNKNOWN: &str = "feeds.md D2: the record lists the version, and the label does not say that the files are \
    those of a package of Debian, which would answer for them";

/// Fixes were brought to older series.
const REXML_OF_SERIES: &str = "feeds.md A20: RubySec says patched in `~> 3.1.9.1`, `~> 3.2.3.1` and `>= 3.2.5`; 3.2.3.1 is \
    the fix of its series, which a range below 3.2.5 does not know";
const CGI_OF_SERIES: &str = "feeds.md A20: RubySec says patched in `~> 0.1.0.1`, `~> 0.1.1`, `~> 0.2.1` and `>= 0.3.1`; \
    0.1.0.1 is the fix of its series, which a range below 0.3.1 does not know";

/// Go knows modules, and packages of them where somebody looked.
const GO_MODULE_ALONE: &str = "feeds.md A21, D3: the record names the module and no packages of it, and the version is in \
    its range; neither record nor label says what of it is linked. People looked at what the program does with it";
const GO_NOT_OF_STDLIB: &str = "feeds.md A21: the Go project has no record of it for the standard library, where it was not \
    fixed; GO-2021-0060 is of a module that was open to it";
const RUNC_REVIEWED_RANGE: &str = "feeds.md D1: a reviewed record of the Go project decides before GitHub's; GO-2022-0274 \
    says introduced in 1.0.1-0.20211012131345-9c444070ec7b, fixed in 1.1.0";

const DJANGO_RANGE: &str = "feeds.md A19: PYSEC-2021-439 says from 2.2, from 3.1 and from 3.2 on; 1.11.29 is in no range \
    and on no list of it";

/// Every difference.
pub(super) static ARGUED: &[Argued] = &[
    argued(ALMALINUX, "binutils", "CVE-2018-20673", ALMA_NO_BULLETIN),
    argued(ALMALINUX, "krb5-libs", "CVE-2020-17049", ALMA_NO_BULLETIN),
    argued(ALMALINUX, "glibc", "CVE-2021-3999", ALMA_COPY_LACKS),
    argued(ALMALINUX, "glibc-common", "CVE-2021-3999", ALMA_COPY_LACKS),
    argued(ALMALINUX, "glibc-minimal-langpack", "CVE-2021-3999", ALMA_COPY_LACKS),
    argued(ALMALINUX, "glibc", "CVE-2022-23218", ALMA_COPY_LACKS),
    argued(ALMALINUX, "glibc-common", "CVE-2022-23218", ALMA_COPY_LACKS),
    argued(ALMALINUX, "glibc-minimal-langpack", "CVE-2022-23218", ALMA_COPY_LACKS),
    argued(ALMALINUX, "glibc", "CVE-2022-23219", ALMA_COPY_LACKS),
    argued(ALMALINUX, "glibc-common", "CVE-2022-23219", ALMA_COPY_LACKS),
    argued(ALMALINUX, "glibc-minimal-langpack", "CVE-2022-23219", ALMA_COPY_LACKS),
    argued(ALMALINUX, "libxml2", "CVE-2022-23308", ALMA_COPY_LACKS),
    argued(ALMALINUX, "expat", "CVE-2022-23990", ALMA_OF_MINGW),
    argued(TEST_PYTHON, "Django", "CVE-2021-44420", DJANGO_RANGE),
    argued(TEST_PYTHON, "Django", "GHSA-v6rh-hp5x-86rv", DJANGO_RANGE),
    argued(TEST_GO, "github.com/opencontainers/runc", "CVE-2016-9962", GO_MODULE_ALONE),
    argued(TEST_GO, "github.com/containerd/containerd", "CVE-2020-15257", GO_MODULE_ALONE),
    argued(TEST_GO, "stdlib", "CVE-2020-29509", GO_NOT_OF_STDLIB),
    argued(TEST_GO, "github.com/opencontainers/runc", "CVE-2021-30465", GO_MODULE_ALONE),
    argued(TEST_GO, "github.com/containerd/containerd", "CVE-2021-32760", GO_MODULE_ALONE),
    argued(TEST_GO, "github.com/containerd/containerd", "CVE-2021-41103", GO_MODULE_ALONE),
    argued(TEST_GO, "github.com/opencontainers/runc", "CVE-2021-43784", RUNC_REVIEWED_RANGE),
    argued(TEST_GO, "github.com/containerd/containerd", "GHSA-36xw-fx78-c5r4", GO_MODULE_ALONE),
    argued(TEST_GO, "github.com/containerd/containerd", "GHSA-5j5w-g665-5m35", GO_MODULE_ALONE),
    argued(TEST_GO, "github.com/containerd/containerd", "GHSA-c2h3-6mxw-7mvq", GO_MODULE_ALONE),
    argued(TEST_GO, "github.com/opencontainers/runc", "GHSA-c3xm-pvg7-gh7r", GO_MODULE_ALONE),
    argued(TEST_GO, "github.com/containerd/containerd", "GHSA-c72p-9xmj-rx3w", GO_MODULE_ALONE),
    argued(TEST_GO, "github.com/opencontainers/runc", "GHSA-g54h-m393-cpwq", GO_MODULE_ALONE),
    argued(TEST_GO, "github.com/opencontainers/runc", "GHSA-gp4j-w3vj-7299", GO_MODULE_ALONE),
    argued(TEST_GO, "github.com/opencontainers/runc", "GHSA-v95c-p5hm-xq8f", RUNC_REVIEWED_RANGE),
    argued(TEST_CENTOS, "urllib3", "CVE-2019-11236", RPM_OWNER_UNKNOWN),
    argued(TEST_CENTOS, "urllib3", "CVE-2020-26137", RPM_OWNER_UNKNOWN),
    argued(TEST_CENTOS, "urllib3", "CVE-2021-33503", RPM_OWNER_UNKNOWN),
    argued(TEST_CENTOS, "urllib3", "GHSA-r64q-w8jr-g9qp", RPM_OWNER_UNKNOWN),
    argued(TEST_CENTOS, "urllib3", "GHSA-wqvq-5m8c-6g24", RPM_OWNER_UNKNOWN),
    argued(CLOUDBEES, "libsqlite3-0", "CVE-2019-19923", TRACKER_COPY_LACKS),
    argued(CLOUDBEES, "libsqlite3-0", "CVE-2019-19925", TRACKER_COPY_LACKS),
    argued(CLOUDBEES, "mercurial", "CVE-2019-3902", DEB_OWNER_UNKNOWN),
    argued(CLOUDBEES, "libnghttp2-14", "CVE-2020-11080", TRACKER_COPY_LACKS),
    argued(CLOUDBEES, "libpython2.7-minimal", "CVE-2021-23336", TRACKER_COPY_LACKS),
    argued(CLOUDBEES, "libpython2.7-stdlib", "CVE-2021-23336", TRACKER_COPY_LACKS),
    argued(CLOUDBEES, "python2.7", "CVE-2021-23336", TRACKER_COPY_LACKS),
    argued(CLOUDBEES, "python2.7-minimal", "CVE-2021-23336", TRACKER_COPY_LACKS),
    argued(VAULT, "github.com/docker/docker", "GHSA-232p-vwff-86mp", GO_MODULE_ALONE),
    argued(VAULT, "github.com/docker/docker", "GHSA-33pg-m6jh-5237", GO_MODULE_ALONE),
    argued(VAULT, "github.com/docker/docker", "GHSA-6wrf-mxfj-pf5p", GO_MODULE_ALONE),
    argued(POSTGRES_13_2, "postgresql-13", "CVE-2021-23214", OF_POSTGRESQL),
    argued(POSTGRES_13_2, "postgresql-13", "CVE-2021-23222", OF_POSTGRESQL),
    argued(POSTGRES_13_2, "postgresql-13", "CVE-2021-32027", OF_POSTGRESQL),
    argued(POSTGRES_13_2, "postgresql-13", "CVE-2021-32028", OF_POSTGRESQL),
    argued(POSTGRES_13_2, "postgresql-13", "CVE-2021-32029", OF_POSTGRESQL),
    argued(POSTGRES_13_2, "postgresql-13", "CVE-2022-1552", OF_POSTGRESQL),
    argued(POSTGRES_13_2, "postgresql-13", "CVE-2022-2625", OF_POSTGRESQL),
    argued(POSTGRES, "libc-l10n", "CVE-2016-10228", NO_CODE_IN_LOCALES),
    argued(POSTGRES, "locales", "CVE-2016-10228", NO_CODE_IN_LOCALES),
    argued(POSTGRES, "libc-l10n", "CVE-2019-19126", NO_CODE_IN_LOCALES),
    argued(POSTGRES, "locales", "CVE-2019-19126", NO_CODE_IN_LOCALES),
    argued(POSTGRES, "libc-l10n", "CVE-2019-25013", NO_CODE_IN_LOCALES),
    argued(POSTGRES, "locales", "CVE-2019-25013", NO_CODE_IN_LOCALES),
    argued(POSTGRES, "libc-l10n", "CVE-2020-10029", NO_CODE_IN_LOCALES),
    argued(POSTGRES, "locales", "CVE-2020-10029", NO_CODE_IN_LOCALES),
    argued(POSTGRES, "libc-l10n", "CVE-2020-1752", NO_CODE_IN_LOCALES),
    argued(POSTGRES, "locales", "CVE-2020-1752", NO_CODE_IN_LOCALES),
    argued(POSTGRES, "libc-l10n", "CVE-2020-27618", NO_CODE_IN_LOCALES),
    argued(POSTGRES, "locales", "CVE-2020-27618", NO_CODE_IN_LOCALES),
    argued(POSTGRES, "libc-l10n", "CVE-2020-6096", NO_CODE_IN_LOCALES),
    argued(POSTGRES, "locales", "CVE-2020-6096", NO_CODE_IN_LOCALES),
    argued(POSTGRES, "libc-l10n", "CVE-2021-27645", NO_CODE_IN_LOCALES),
    argued(POSTGRES, "locales", "CVE-2021-27645", NO_CODE_IN_LOCALES),
    argued(POSTGRES, "libc-l10n", "CVE-2021-3326", NO_CODE_IN_LOCALES),
    argued(POSTGRES, "locales", "CVE-2021-3326", NO_CODE_IN_LOCALES),
    argued(POSTGRES, "libc-l10n", "CVE-2021-33574", NO_CODE_IN_LOCALES),
    argued(POSTGRES, "locales", "CVE-2021-33574", NO_CODE_IN_LOCALES),
    argued(POSTGRES, "libudev1", "CVE-2021-33910", FLAW_IN_INIT),
    argued(POSTGRES, "libc-l10n", "CVE-2021-35942", NO_CODE_IN_LOCALES),
    argued(POSTGRES, "locales", "CVE-2021-35942", NO_CODE_IN_LOCALES),
    argued(POSTGRES, "libgssapi-krb5-2", "CVE-2021-36222", FLAW_IN_KDC),
    argued(POSTGRES, "libk5crypto3", "CVE-2021-36222", FLAW_IN_KDC),
    argued(POSTGRES, "libkrb5support0", "CVE-2021-36222", FLAW_IN_KDC),
    argued(POSTGRES, "libc-l10n", "CVE-2021-3999", NO_CODE_IN_LOCALES),
    argued(POSTGRES, "locales", "CVE-2021-3999", NO_CODE_IN_LOCALES),
    argued(NEXUS, "urllib3", "CVE-2019-11236", RPM_OWNER_UNKNOWN),
    argued(NEXUS, "urllib3", "CVE-2020-26137", RPM_OWNER_UNKNOWN),
    argued(NEXUS, "urllib3", "CVE-2021-33503", RPM_OWNER_UNKNOWN),
    argued(NEXUS, "urllib3", "GHSA-r64q-w8jr-g9qp", RPM_OWNER_UNKNOWN),
    argued(NEXUS, "urllib3", "GHSA-wqvq-5m8c-6g24", RPM_OWNER_UNKNOWN),
    argued(UBI8, "urllib3", "CVE-2019-11236", RPM_OWNER_UNKNOWN),
    argued(UBI8, "urllib3", "CVE-2020-26137", RPM_OWNER_UNKNOWN),
    argued(UBI8, "urllib3", "CVE-2021-33503", RPM_OWNER_UNKNOWN),
    argued(UBI8, "urllib3", "GHSA-r64q-w8jr-g9qp", RPM_OWNER_UNKNOWN),
    argued(UBI8, "urllib3", "GHSA-wqvq-5m8c-6g24", RPM_OWNER_UNKNOWN),
    argued(TEST_PYTHON, "rexml", "CVE-2021-28965", REXML_OF_SERIES),
    argued(TEST_CENTOS, "json", "CVE-2020-10663", RPM_OWNER_UNKNOWN),
    argued(TEST_CENTOS, "json", "GHSA-jphg-qwrw-7w9g", RPM_OWNER_UNKNOWN),
    argued(TEST_CENTOS, "rdoc", "CVE-2021-31799", RPM_OWNER_UNKNOWN),
    argued(TEST_CENTOS, "rdoc", "GHSA-ggxm-pgc9-g7fp", RPM_OWNER_UNKNOWN),
    argued(GITLAB, "rexml", "CVE-2021-28965", REXML_OF_SERIES),
    argued(GITLAB, "rexml", "GHSA-8cr8-4vfw-mr7h", REXML_OF_SERIES),
    argued(GITLAB, "cgi", "GHSA-4vf4-qmvg-mh7h", CGI_OF_SERIES),
];
