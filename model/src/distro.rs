//! The distribution an image says it is.

/// What `os-release` and its older kin say, as written. Which namespace answers is the matcher's question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Distro {
    /// `ID`, in lower case: `debian`, `alpine`.
    pub id: String,
    /// `VERSION_ID`, as written; absent on rolling and testing releases.
    pub version: Option<String>,
    /// `VERSION_CODENAME`.
    pub codename: Option<String>,
    /// `PRETTY_NAME`, else `NAME` and `VERSION`.
    pub pretty_name: Option<String>,
    /// `NAME`.
    pub name: Option<String>,
    /// Who supplies it: `VENDOR_NAME`, else `NAME`.
    pub supplier: Option<String>,
    /// `ID_LIKE`, a word each, nearest first.
    pub id_like: Vec<String>,
    /// `VARIANT_ID`.
    pub variant: Option<String>,
    /// Other `os-release` keys that decide a namespace (`UBUNTU_CODENAME`, `DEBIAN_CODENAME`,
    /// `REDHAT_SUPPORT_PRODUCT_VERSION` …), as `KEY=value`, and what Red Hat's builds say of themselves (`content-set=…`,
    /// `content-set-from-dnf=true`, `cpe=…`, `build=…`, `image=…`); sorted.
    pub hints: Vec<String>,
    /// Package repositories in use, as written, sorted: the lines of `/etc/apk/repositories`; the identifiers of those that
    /// dnf and yum took the installed packages from.
    pub repositories: Vec<String>,
}
