//! What a component of a document is as an rpm package.

use std::borrow::Cow;

use model::purl::BorrowedPurl;

use super::tree::Product;

/// A package of a distribution that uses rpm.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RpmPackage {
    /// Its name.
    pub name: String,
    /// Version and release, `1.4-3.el9`, where it is a certain build.
    pub version: Option<String>,
    /// The epoch, where one is stated.
    pub epoch: Option<String>,
    /// The architecture; `src` of source packages.
    pub architecture: Option<String>,
    /// The module that it is of, as `name:stream`.
    pub module: Option<String>,
    /// The source package that it is built from, by name, and of which build where that is stated (SUSE).
    pub source: Option<(String, Option<String>)>,
}

impl RpmPackage {
    /// The build, `epoch:version-release`; an epoch of zero is not written.
    pub fn evr(&self) -> Option<String> {
        let version = self.version.as_ref()?;
        match self.epoch.as_deref() {
            Some(epoch) if epoch != "0" => Some(format!("{epoch}:{version}")),
            _ => Some(version.clone()),
        }
    }

    /// Whether it is a certain build: what purls of modules write as version without a release (`rhel8`) is none.
    pub fn is_build(&self) -> bool {
        self.version.as_ref().is_some_and(|version| version.contains('-'))
    }

    /// Whether it is a source package.
    pub fn is_source(&self) -> bool {
        matches!(self.architecture.as_deref(), Some("src" | "nosrc"))
    }

    /// Whether it holds nothing but what debuggers need.
    pub fn is_debug(&self) -> bool {
        self.name.ends_with("-debuginfo") || self.name.ends_with("-debugsource")
    }
}

/// The package that `product` is, or why it is none.
///
/// # Errors
/// It is of another kind; the text says which, for the count of what is left out.
pub fn rpm_package(product: &Product<'_>) -> Result<RpmPackage, &'static str> {
    match product.purl() {
        Some(purl) => from_purl(purl),
        // An id that is no purl has no form that is promised; what is written by hand for rpm is its file's name.
        None => from_label(&product.product_id),
    }
}

/// A container image.
pub const IMAGE: &str = "a container image, no package";
/// A package of a language.
pub const OTHER_ECOSYSTEM: &str = "a component that is no rpm package";
/// A module as a whole.
pub const MODULE: &str = "a module as a whole, no package of it";

fn from_purl(text: &str) -> Result<RpmPackage, &'static str> {
    let Ok(purl) = BorrowedPurl::parse(text) else { return Err("a component whose purl cannot be read") };
    match &*purl.kind {
        "rpm" => {}
        "rpmmod" => return Err(MODULE),
        "oci" | "docker" => return Err(IMAGE),
        _ => return Err(OTHER_ECOSYSTEM),
    }
    Ok(RpmPackage {
        version: purl.version.as_deref().filter(|version| !version.is_empty()).map(str::to_owned),
        epoch: purl.qualifier("epoch").map(Cow::into_owned),
        architecture: purl.qualifier("arch").map(Cow::into_owned),
        // `name:stream:version:context`; the last two say which build of the module.
        module: purl.qualifier("rpmmod").map(|module| name_and_stream(&module)),
        source: purl.qualifier("upstream").map(|file| source_of(&file)),
        name: purl.name.into_owned(),
    })
}

/// The first two fields of a module's label.
pub fn name_and_stream(label: &str) -> String {
    label.split(':').take(2).collect::<Vec<_>>().join(":")
}

/// Name and build in the file name of a source package: `libdemo` and `1.4-3` of `libdemo-1.4-3.src.rpm`.
fn source_of(file: &str) -> (String, Option<String>) {
    let file = file.strip_suffix(".rpm").unwrap_or(file);
    let file = file.strip_suffix(".src").or_else(|| file.strip_suffix(".nosrc")).unwrap_or(file);
    let split = || {
        let (rest, release) = file.rsplit_once('-')?;
        let (name, version) = rest.rsplit_once('-')?;
        version.starts_with(|c: char| c.is_ascii_digit()).then(|| (name, format!("{version}-{release}")))
    };
    match split() {
        Some((name, build)) => (name.to_owned(), Some(build)),
        None => (file.trim_end_matches('-').to_owned(), None),
    }
}

/// The package that a label without purl means: `libdemo`, `demo:1.4/libdemo`, `libdemo-1:1.4-3.el7.x86_64`.
fn from_label(label: &str) -> Result<RpmPackage, &'static str> {
    if let Some((module, name)) = label.split_once('/') {
        let is_plain = |name: &str| !name.is_empty() && !name.contains('/');
        return match module.contains(':') && is_plain(name) {
            true => {
                let module = Some(name_and_stream(module));
                Ok(RpmPackage { name: name.to_owned(), module, ..RpmPackage::default() })
            }
            // `io.quarkus/quarkus-vertx-http`, `openshift3/metrics-cassandra`.
            false => Err("an image or a component of a language, by its name"),
        };
    }
    if let Some(package) = from_file_name(label) {
        return Ok(package);
    }
    let is_name = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte > b' ' && byte != b':' && byte != b'@')
    };
    match is_name(label) {
        true => Ok(RpmPackage { name: label.to_owned(), ..RpmPackage::default() }),
        false => Err("a component whose name is none of a package"),
    }
}

/// `name-epoch:version-release.arch`, read from its end.
fn from_file_name(label: &str) -> Option<RpmPackage> {
    let (rest, architecture) = label.rsplit_once('.')?;
    let (rest, release) = rest.rsplit_once('-')?;
    let (name, version) = rest.rsplit_once('-')?;
    let (epoch, version) = version.split_once(':')?;
    let is_number = !epoch.is_empty() && epoch.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && !name.is_empty() && !version.is_empty() && !release.is_empty()).then(|| RpmPackage {
        name: name.to_owned(),
        version: Some(format!("{version}-{release}")),
        epoch: Some(epoch.to_owned()),
        architecture: Some(architecture.to_owned()),
        ..RpmPackage::default()
    })
}
