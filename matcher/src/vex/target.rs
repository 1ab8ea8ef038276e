//! What is judged, held against the names of products (feeds.md D7, B2).

use std::collections::BTreeSet;
use std::sync::Arc;

use model::cpe::{Attribute, Cpe};
use model::distro::Distro;
use model::inventory::Subject;
use model::package::{Package, PackageIndex};
use model::purl::Purl;
use model::report::VexReason;

use super::document::Component;
use super::product::{Identity, ImagePattern, PurlPattern, architecture, key, plain_version, version};
use super::reach::source_key;
use super::release::{Release, is_distro, is_within, rebuilt_by_version};
use crate::requirement::vers;

/// How a name fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// It is this and no other: a digest, a tag, a version says so.
    Exact,
    /// It is among what is named.
    Among,
    /// It cannot be told, and why not.
    Unknown(VexReason),
    /// It is not, and why not.
    Not(VexReason),
}

impl Fit {
    /// Whether it is what is named.
    pub(super) fn is_fit(self) -> bool {
        matches!(self, Self::Exact | Self::Among)
    }

    /// How something fits that fits only if both do.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Not(reason), _) | (_, Self::Not(reason)) => Self::Not(reason),
            (Self::Unknown(reason), _) | (_, Self::Unknown(reason)) => Self::Unknown(reason),
            (Self::Exact, _) | (_, Self::Exact) => Self::Exact,
            (Self::Among, Self::Among) => Self::Among,
        }
    }
}

/// What `fit` comes to for `component`, which may mean ranges of versions: whatever fits must be in each, by whichever name
/// it fits (feeds.md D7, A27). `version` is none where nothing says which it is.
fn in_range(fit: Fit, component: &Component, version: Option<&str>) -> Fit {
    if !fit.is_fit() {
        return fit;
    }
    let of_range = |range: &Arc<str>| match version.and_then(|version| vers::contains(range, version)) {
        Some(true) => fit,
        Some(false) => Fit::Not(VexReason::OtherVersion),
        None => Fit::Unknown(VexReason::UnreadableRange),
    };
    component.ranges.iter().map(of_range).fold(fit, Fit::and)
}

/// How several names fit that are alike but for what they say of versions: those that state one decide, as the others leave
/// open what those say. Names of something else do not count; none where all are.
fn of_versioned(fits: impl Iterator<Item = (bool, Fit)>) -> Option<Fit> {
    let of_it = fits
        .filter(|(_, fit)| !matches!(fit, Fit::Not(VexReason::OtherProduct | VexReason::OtherDigest)))
        .collect::<Vec<_>>();
    let states_version = of_it.iter().any(|(states_version, _)| *states_version);
    best(of_it.into_iter().filter(|(one, _)| *one == states_version).map(|(_, fit)| fit))
}

/// `sha256` of `sha256:…`.
fn algorithm(digest: &str) -> &str {
    digest.split(':').next().unwrap_or_default()
}

/// The best of several.
fn best(fits: impl Iterator<Item = Fit>) -> Option<Fit> {
    fits.min()
}

/// What is known of the image that packages are in.
pub(super) struct ImageTarget<'a> {
    subject: &'a Subject,
    distro: Option<&'a Distro>,
    named: Option<ImagePattern>,
    digests: BTreeSet<String>,
}

impl<'a> ImageTarget<'a> {
    pub(super) fn new(subject: &'a Subject, distro: Option<&'a Distro>) -> Self {
        let named = ImagePattern::of_reference(&subject.name);
        let of_name = named.as_ref().and_then(|named| named.digest.clone());
        let digests =
            [subject.digest.clone(), subject.manifest_digest.clone(), subject.index_digest.clone(), of_name];
        let digests = digests.into_iter().flatten().map(|digest| digest.to_ascii_lowercase()).collect();
        Self { subject, distro, named, digests }
    }

    /// How `component` fits the image as a whole.
    pub(super) fn fit(&self, component: &Component) -> Fit {
        in_range(self.fit_names(component), component, self.version())
    }

    /// How `component`, which has another digest, fits where that may be the digest of the index which names the image for its
    /// platform: the image is known by that of its manifest alone. None where it cannot be that. Under the image's own name it
    /// may well be; a digest without a name is nearly always another image's.
    pub(super) fn fit_as_index(&self, component: &Component) -> Option<Fit> {
        if self.subject.manifest_digest.is_none() || self.subject.index_digest.is_some() {
            return None;
        }
        let is_named =
            |image: &ImagePattern| self.named.as_ref().is_some_and(|named| is_repository(image, named));
        let may_be = |image: &ImagePattern| self.named.is_none() || is_named(image);
        // Beside the URL of a package it is the hash of a file.
        let has_digest = !component.is_package()
            && component.identities.iter().any(|identity| matches!(identity, Identity::Digest(_)));
        let images = || {
            component.identities.iter().filter_map(|identity| match identity {
                Identity::Image(image) => Some(image),
                _ => None,
            })
        };
        if !has_digest && !images().any(|image| image.digest.is_some() && may_be(image)) {
            return None;
        }
        Some(match images().any(|image| (has_digest || image.digest.is_some()) && is_named(image)) {
            true => Fit::Unknown(VexReason::IndexUnknown),
            false => Fit::Not(VexReason::IndexUnknown),
        })
    }

    /// The version, as far as one is stated: the tag, else what the subject says.
    fn version(&self) -> Option<&str> {
        let tag = self.named.as_ref().and_then(|named| named.tag.as_deref());
        tag.or(self.subject.version.as_deref())
    }

    fn fit_names(&self, component: &Component) -> Fit {
        let digests = component.identities.iter().filter_map(|identity| match identity {
            Identity::Digest(digest) => Some(digest),
            Identity::Image(image) => image.digest.as_ref(),
            _ => None,
        });
        let mut is_other = false;
        for digest in digests {
            if self.digests.contains(digest) {
                return Fit::Exact;
            }
            is_other |= self.digests.iter().any(|known| algorithm(known) == algorithm(digest));
        }
        // Another digest under the same tag is another image; one of another algorithm cannot be compared.
        if is_other {
            return Fit::Not(VexReason::OtherDigest);
        }
        let fits = || {
            component.identities.iter().map(|identity| match identity {
                Identity::Image(image) => (image.tag.is_some(), self.fit_image(image)),
                Identity::Name(name, version) => (version.is_some(), self.fit_name(name, version.as_deref())),
                Identity::Digest(_) => (false, Fit::Not(VexReason::OtherDigest)),
                Identity::Package(_) | Identity::Cpe(_) => (false, Fit::Not(VexReason::OtherProduct)),
            })
        };
        of_versioned(fits())
            .or(best(fits().map(|(_, fit)| fit)))
            .unwrap_or(Fit::Not(VexReason::UnknownProduct))
    }

    fn fit_image(&self, image: &ImagePattern) -> Fit {
        if image.digest.is_some() {
            return Fit::Not(VexReason::OtherDigest);
        }
        let is_written = image.written.as_deref().is_some_and(|written| written == self.subject.name);
        let is_named = self.named.as_ref().is_some_and(|named| is_repository(image, named));
        if !is_written && !is_named {
            return Fit::Not(VexReason::OtherProduct);
        }
        if let Some(wanted) = image.architecture.as_deref().and_then(architecture)
            && self.architecture() != Some(wanted)
        {
            return Fit::Not(VexReason::OtherQualifiers);
        }
        match &image.tag {
            None => Fit::Among,
            Some(tag) if self.is_version(tag) => Fit::Exact,
            Some(_) => Fit::Not(VexReason::OtherVersion),
        }
    }

    fn architecture(&self) -> Option<&str> {
        let platform = self.subject.platform.as_deref()?;
        architecture(platform.split_once('/')?.1)
    }

    fn fit_name(&self, name: &str, version: Option<&str>) -> Fit {
        let bare = self.named.as_ref().and_then(|named| named.repositories.first());
        let same = ImagePattern::of_reference(name).and_then(|image| image.repositories.into_iter().next());
        let is_same = name == self.subject.name || (bare.is_some() && bare == same.as_ref());
        match version {
            _ if !is_same => Fit::Not(VexReason::OtherProduct),
            None => Fit::Among,
            Some(version) if self.is_version(version) || self.digests.contains(version) => Fit::Exact,
            Some(_) => Fit::Not(VexReason::OtherVersion),
        }
    }

    fn is_version(&self, version: &str) -> bool {
        let tag = self.named.as_ref().and_then(|named| named.tag.as_deref());
        tag == Some(version) || self.subject.version.as_deref() == Some(version)
    }

    /// How `component` fits the operating system of the image, by its CPE name.
    pub(super) fn fit_system(&self, component: &Component) -> Option<Fit> {
        let distro = self.distro?;
        let hints = || distro.hints.iter().filter_map(|hint| hint.strip_prefix("cpe="));
        let cpes = component.identities.iter().filter_map(|identity| match identity {
            Identity::Cpe(text) => Cpe::parse(text),
            _ => None,
        });
        best(cpes.map(|wanted| {
            let by_hint = hints().filter_map(Cpe::parse).map(|known| {
                let is_known =
                    |version: &str| known.version.value().is_some_and(|one| is_within(version, one));
                fit_cpe(&wanted, &known, &is_known)
            });
            best(by_hint.chain([fit_distro(&wanted, distro)])).unwrap_or(Fit::Not(VexReason::OtherProduct))
        }))
        .filter(|fit| fit.is_fit())
        // A release of a system holds more than one version of what is in it, and is no version of a range.
        .map(|_| in_range(Fit::Among, component, None))
    }
}

/// Whether what `image` names is of the repository of the image that is called `named`.
fn is_repository(image: &ImagePattern, named: &ImagePattern) -> bool {
    match image.repositories.is_empty() {
        true => named.name == image.name,
        false => image.repositories.iter().any(|repository| named.repositories.contains(repository)),
    }
}

/// How a CPE name fits a distribution by its id and version, which tell nothing of what else a name may state.
fn fit_distro(wanted: &Cpe<'_>, distro: &Distro) -> Fit {
    let vendor = match (distro.id.as_str(), wanted.product.value()) {
        ("debian", Some("debian_linux")) => "debian",
        ("ubuntu", Some("ubuntu_linux")) => "canonical",
        ("alpine", Some("alpine_linux")) => "alpinelinux",
        ("rhel", Some("enterprise_linux")) => "redhat",
        ("fedora", Some("fedora")) => "fedoraproject",
        ("amzn", Some("amazon_linux")) => "amazon",
        _ => return Fit::Not(VexReason::OtherProduct),
    };
    if wanted.part.value() != Some("o") || wanted.vendor.value() != Some(vendor) {
        return Fit::Not(VexReason::OtherProduct);
    }
    let others = [
        &wanted.update,
        &wanted.edition,
        &wanted.language,
        &wanted.software_edition,
        &wanted.target_software,
        &wanted.target_hardware,
        &wanted.other,
    ];
    // NVD writes `lts` beside releases that are, of which there is no other edition.
    let is_lts = |other: &Attribute<'_>| vendor == "canonical" && other.value() == Some("lts");
    if others.into_iter().any(|other| *other != Attribute::Any && !is_lts(other)) {
        return Fit::Not(VexReason::OtherQualifiers);
    }
    match (&wanted.version, distro.version.as_deref()) {
        (Attribute::Any, _) => Fit::Among,
        (Attribute::Is(wanted), Some(known)) if is_within(wanted, known) => Fit::Exact,
        _ => Fit::Not(VexReason::OtherVersion),
    }
}

/// How the name `wanted` fits the name `known`, of something whose versions `is_installed` knows, in lower case.
fn fit_cpe(wanted: &Cpe<'_>, known: &Cpe<'_>, is_installed: &dyn Fn(&str) -> bool) -> Fit {
    let is_in = |wanted: &Attribute<'_>, known: &Attribute<'_>| *wanted == Attribute::Any || wanted == known;
    let names = [
        (&wanted.part, &known.part),
        (&wanted.vendor, &known.vendor),
        (&wanted.product, &known.product),
        (&wanted.target_software, &known.target_software),
    ];
    // A name of any product names nothing.
    if wanted.product.value().is_none() || !names.into_iter().all(|(wanted, known)| is_in(wanted, known)) {
        return Fit::Not(VexReason::OtherProduct);
    }
    let others = [
        (&wanted.update, &known.update),
        (&wanted.edition, &known.edition),
        (&wanted.language, &known.language),
        (&wanted.software_edition, &known.software_edition),
        (&wanted.target_hardware, &known.target_hardware),
        (&wanted.other, &known.other),
    ];
    if !others.into_iter().all(|(wanted, known)| is_in(wanted, known)) {
        return Fit::Not(VexReason::OtherQualifiers);
    }
    match &wanted.version {
        Attribute::Any => Fit::Among,
        version if *version == known.version => Fit::Exact,
        Attribute::Is(version) if is_installed(version) => Fit::Exact,
        _ => Fit::Not(VexReason::OtherVersion),
    }
}

/// What is known of a package.
pub(super) struct PackageTarget<'a> {
    pub(super) index: PackageIndex,
    pub(super) package: &'a Package,
    purl: Option<Purl>,
    pub(super) key: String,
    version: String,
}

impl<'a> PackageTarget<'a> {
    pub(super) fn new(index: PackageIndex, package: &'a Package) -> Self {
        let purl: Option<Purl> = package.purl.parse().ok();
        let kind = purl.as_ref().map_or("", |purl| &purl.kind);
        let stated = purl.as_ref().and_then(version);
        Self {
            index,
            package,
            key: purl.as_ref().map(key).unwrap_or_default(),
            version: stated.unwrap_or_else(|| plain_version(kind, package.version.as_str()).to_owned()),
            purl,
        }
    }

    pub(super) fn purl(&self) -> Option<&Purl> {
        self.purl.as_ref()
    }

    /// How `component` fits the package, which is installed on `distro`.
    pub(super) fn fit(&self, component: &Component, distro: Option<&Distro>) -> Fit {
        in_range(self.fit_names(component, distro), component, Some(self.written_version()))
    }

    fn fit_names(&self, component: &Component, distro: Option<&Distro>) -> Fit {
        let digests = component.identities.iter().filter_map(|identity| match identity {
            Identity::Digest(digest) => Some(digest.as_str()),
            _ => None,
        });
        let mut is_comparable = false;
        for digest in digests {
            if self.has_digest(digest) {
                return Fit::Exact;
            }
            is_comparable |= self.package.digests.iter().any(|known| algorithm(known) == algorithm(digest));
        }
        if is_comparable {
            return Fit::Not(VexReason::OtherDigest);
        }
        let purls = || {
            component.identities.iter().filter_map(|identity| match identity {
                Identity::Package(pattern) => Some(&**pattern),
                _ => None,
            })
        };
        let of_purls = purls().map(|pattern| (pattern.version.is_some(), self.fit_purl(pattern, distro)));
        if let Some(fit) = of_versioned(of_purls) {
            return fit;
        }
        // A URL of another package is stronger than a CPE name of this one, if the two can be compared.
        let is_comparable = |pattern: &PurlPattern| {
            self.purl.as_ref().is_some_and(|purl| purl.kind == "generic" || pattern.purl.kind != "generic")
        };
        if purls().any(is_comparable) {
            return Fit::Not(VexReason::OtherProduct);
        }
        let cpes = component.identities.iter().filter_map(|identity| match identity {
            Identity::Cpe(text) => Cpe::parse(text),
            _ => None,
        });
        let of_cpes = cpes.map(|wanted| (wanted.version != Attribute::Any, self.fit_cpe(&wanted)));
        let nothing = match component.identities.is_empty() {
            true => Fit::Not(VexReason::UnknownProduct),
            false => Fit::Not(VexReason::OtherProduct),
        };
        of_versioned(of_cpes).unwrap_or(nothing)
    }

    /// The version as its scheme reads it.
    fn written_version(&self) -> &str {
        match self.package.version.as_str() {
            "" => &self.version,
            written => written,
        }
    }

    /// Whether the package or a file of it has this digest.
    fn has_digest(&self, digest: &str) -> bool {
        let of_files = self.package.locations.iter().filter_map(|location| location.digest.as_deref());
        self.package.digests.iter().chain(of_files).any(|known| known.eq_ignore_ascii_case(digest))
    }

    fn fit_cpe(&self, wanted: &Cpe<'_>) -> Fit {
        let known = self.package.cpes.iter().filter_map(Cpe::parse);
        let is_installed = |version: &str| self.version.eq_ignore_ascii_case(version);
        best(known.map(|known| fit_cpe(wanted, &known, &is_installed)))
            .unwrap_or(Fit::Not(VexReason::OtherProduct))
    }

    fn fit_purl(&self, pattern: &PurlPattern, distro: Option<&Distro>) -> Fit {
        let Some(purl) = &self.purl else { return Fit::Not(VexReason::OtherProduct) };
        let (is_same, version) = match pattern.is_source() {
            true => self.source(purl, pattern),
            false => (*pattern.key == self.key, self.version.clone()),
        };
        if !is_same {
            return Fit::Not(VexReason::OtherProduct);
        }
        if pattern.version.as_ref().is_some_and(|wanted| *wanted != version) {
            return Fit::Not(VexReason::OtherVersion);
        }
        let subpath = pattern.purl.subpath.as_ref();
        let mut qualifiers = pattern.purl.qualifiers.iter();
        let is_qualified = qualifiers
            .all(|(key, value)| self.is_qualified(purl, (key, value), distro, pattern.version.is_some()));
        if !is_qualified || subpath.is_some_and(|wanted| Some(wanted) != purl.subpath.as_ref()) {
            return Fit::Not(VexReason::OtherQualifiers);
        }
        if pattern.version.is_some() { Fit::Exact } else { Fit::Among }
    }

    /// Whether the package was built from the source package of `pattern`, and that one's version.
    fn source(&self, purl: &Purl, pattern: &PurlPattern) -> (bool, String) {
        let source = self.package.source.as_ref();
        let version = source.and_then(|source| source.version.as_ref());
        let version = version.map_or(&*self.version, |version| plain_version(&purl.kind, version.as_str()));
        (*pattern.key == source_key(self.package, purl), version.to_owned())
    }

    /// Whether a qualifier of a pattern, which may name the version that the package has, is the package's too. What its URL
    /// does not say its record may.
    fn is_qualified(
        &self,
        purl: &Purl,
        (qualifier, wanted): (&str, &str),
        distro: Option<&Distro>,
        is_version_named: bool,
    ) -> bool {
        let stated = purl.qualifiers.get(qualifier).map(String::as_str);
        match qualifier {
            // The one is part of the version, the other of how Syft names components.
            "epoch" | "package-id" => true,
            "arch" => {
                // A source package is of no architecture, and has been compared as one.
                if matches!(wanted, "source" | "src" | "nosrc") {
                    return true;
                }
                let known = stated.or(self.package.architecture.as_deref());
                let (Some(wanted), Some(known)) = (architecture(wanted), known) else {
                    return architecture(wanted).is_none();
                };
                architecture(known).is_none_or(|known| known == wanted)
            }
            "distro" => {
                let (wanted, stated) = (Release::of(wanted), stated.map(Release::of));
                // What is said of an archive of extended support is said of the release too, as Ubuntu says it of the same
                // source (feeds.md A4). What is said of an archive with builds of its own is not, nor the other way
                // round; unless the very version is named.
                let is_of = stated.as_ref().and_then(Release::rebuilt).or(rebuilt_by_version(&self.version));
                let is_same_code = is_version_named || is_of == wanted.rebuilt();
                is_same_code && is_distro(&wanted, stated.as_ref(), distro)
            }
            "upstream" => {
                let source = self.package.source.as_ref();
                let is_named = source.is_some_and(|source| {
                    wanted == source.name
                        || source.version.as_ref().is_some_and(|version| {
                            wanted == format!("{}@{version}", source.name)
                                || wanted == format!("{}-{version}.src.rpm", source.name)
                        })
                });
                stated == Some(wanted) || is_named
            }
            // What nothing is said of is a jar.
            "type" if purl.kind == "maven" => stated.unwrap_or("jar") == wanted,
            _ => stated == Some(wanted),
        }
    }
}
