//! Every fact of a package, distro or subject, as name and value.
//!
//! A writer fills the standard's own fields, reads them back as any reader would, and writes beside them the
//! [`difference`] to what it wanted to say. A reader reads the standard's fields and [`apply`]s what is beside
//! them. So no fact depends on how well a standard's field fits, and none is written twice.

use std::borrow::Cow;

use model::distro::Distro;
use model::ecosystem::Ecosystem;
use model::image::BaseImage;
use model::inventory::{DockerfileLine, Subject, SubjectLayer};
use model::package::{
    About, Certainty, DependencyScope, Location, Mark, OwnedFile, Package, PackageKind, Reference,
    SourcePackage,
};

use super::image_facts;

/// What the names of all facts begin with.
pub(in crate::format) const PREFIX: &str = "plimsoll:";

/// The fact that another fact, its value, is not there although a standard field suggests it.
pub(in crate::format) const NONE: &str = "plimsoll:none";

/// What the names of the facts of owned files begin with.
pub(in crate::format) const FILE: &str = "plimsoll:file";

/// A gap of the inventory.
pub(in crate::format) const GAP: &str = "plimsoll:gap";

/// The reference of the package that owns this one.
pub(in crate::format) const OWNER: &str = "plimsoll:owner";

/// The reference of the package that carries this one inside itself.
pub(in crate::format) const PARENT: &str = "plimsoll:parent";

/// The reference of the part that a package or a distribution is of.
pub(in crate::format) const PART: &str = "plimsoll:part";

/// What tells a part from a package: the digest of the SBOM that it came from.
pub(in crate::format) const PART_DOCUMENT: &str = "plimsoll:part:document";

/// A fact's name, and one of its values. A fact of several values is several of these, one after the other.
pub(in crate::format) type Stated<'a> = (&'static str, Cow<'a, str>);

/// Whether `text`, `plimsoll:<fact>` or that with its value behind a `=`, states a fact that is known.
pub(in crate::format) fn is_known(text: &str) -> bool {
    const OTHERS: &[&str] = &[NONE, GAP, OWNER, PARENT, PART, PART_DOCUMENT];
    let fact = text.split_once('=').map_or(text, |(fact, _)| fact);
    fact.starts_with(PREFIX)
        && [Package::FACTS, Distro::FACTS, Subject::FACTS, OTHERS].iter().any(|facts| facts.contains(&fact))
}

/// Something that is all facts.
pub(in crate::format) trait Noun {
    /// The names of its facts, in the order in which they are stated and set.
    const FACTS: &'static [&'static str];

    /// All its facts, in the order of [`Noun::FACTS`].
    fn state(&self) -> Vec<Stated<'_>>;

    /// Sets one fact to `values`; none means that it is not there.
    fn set(&mut self, fact: &str, values: &[&str]);
}

/// What must be stated beside `seen` for it to become `actual`.
pub(in crate::format) fn difference<'a, N: Noun>(actual: &'a N, seen: &N) -> Vec<Stated<'a>> {
    let (actual, seen) = (actual.state(), seen.state());
    let (mut actual, mut seen) = (actual.as_slice(), seen.as_slice());
    let mut beside = Vec::new();
    for &fact in N::FACTS {
        let (wanted, had) = (take_values(&mut actual, fact), take_values(&mut seen, fact));
        if wanted == had {
            continue;
        }
        if wanted.is_empty() {
            beside.push((NONE, Cow::Borrowed(fact)));
        }
        beside.extend_from_slice(wanted);
    }
    debug_assert!(actual.is_empty() && seen.is_empty(), "facts are stated in their order");
    beside
}

/// Takes the run that is about `fact` from the beginning of `stated`.
fn take_values<'s, 'a>(stated: &mut &'s [Stated<'a>], fact: &str) -> &'s [Stated<'a>] {
    let length = stated.iter().take_while(|(name, _)| *name == fact).count();
    let (values, rest) = stated.split_at(length);
    *stated = rest;
    values
}

/// Sets what `stated`, pairs of name and value in any order of names, says of `noun`.
pub(in crate::format) fn apply<N: Noun>(noun: &mut N, stated: &[(&str, &str)]) {
    if stated.is_empty() {
        return;
    }
    for fact in N::FACTS {
        let values: Vec<&str> =
            stated.iter().filter(|(name, _)| name == fact).map(|(_, value)| *value).collect();
        if !values.is_empty() || stated.contains(&(NONE, fact)) {
            noun.set(fact, &values);
        }
    }
}

/// The first of `values`, owned.
pub(super) fn first(values: &[&str]) -> Option<String> {
    values.first().map(|value| (*value).to_owned())
}

/// The number that the first of `values` is.
pub(super) fn number<T: std::str::FromStr>(values: &[&str]) -> Option<T> {
    values.first()?.parse().ok()
}

/// All of `values`, owned.
pub(super) fn all(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

/// A value of a list that not every element has: the element's position, a space, the value.
pub(super) fn at<'a>(index: usize, value: &str) -> Cow<'a, str> {
    Cow::Owned(format!("{index} {value}"))
}

/// The position and value of a text made by [`at`].
pub(super) fn position(value: &str) -> Option<(usize, &str)> {
    let (index, value) = value.split_once(' ')?;
    Some((index.parse().ok()?, value))
}

pub(super) fn state_one<'a>(stated: &mut Vec<Stated<'a>>, fact: &'static str, value: Option<&'a str>) {
    stated.extend(value.map(|value| (fact, Cow::Borrowed(value))));
}

pub(super) fn state_all<'a, T: AsRef<str> + ?Sized + 'a>(
    stated: &mut Vec<Stated<'a>>,
    fact: &'static str,
    values: impl IntoIterator<Item = &'a T>,
) {
    stated.extend(values.into_iter().map(|value| (fact, Cow::Borrowed(value.as_ref()))));
}

impl Noun for Package {
    const FACTS: &'static [&'static str] = &[
        "plimsoll:kind",
        "plimsoll:ecosystem",
        "plimsoll:name",
        "plimsoll:version",
        "plimsoll:purl",
        "plimsoll:architecture",
        "plimsoll:source",
        "plimsoll:source:version",
        "plimsoll:license",
        "plimsoll:supplier",
        "plimsoll:cpe",
        "plimsoll:location",
        "plimsoll:location:layer",
        "plimsoll:location:digest",
        "plimsoll:scope",
        "plimsoll:needed-by-subject",
        "plimsoll:certainty",
        "plimsoll:mark",
        "plimsoll:module",
        "plimsoll:installed-at",
        "plimsoll:digest",
        "plimsoll:import",
        "plimsoll:cataloger",
        "plimsoll:removed-by",
        "plimsoll:overridden-by",
        "plimsoll:file",
        "plimsoll:file:digest",
        "plimsoll:summary",
        "plimsoll:description",
        "plimsoll:copyright",
        "plimsoll:originator",
        "plimsoll:reference",
    ];

    fn state(&self) -> Vec<Stated<'_>> {
        let kind = match self.kind {
            PackageKind::Library => "library",
            PackageKind::Application => "application",
        };
        let source_version = self.source.as_ref().and_then(|source| source.version.as_ref());
        let mut stated = Vec::with_capacity(16);
        state_one(&mut stated, "plimsoll:kind", Some(kind));
        state_one(&mut stated, "plimsoll:ecosystem", Some(self.ecosystem.name()));
        state_one(&mut stated, "plimsoll:name", Some(&self.name));
        state_one(&mut stated, "plimsoll:version", Some(self.version.as_str()));
        state_one(&mut stated, "plimsoll:purl", Some(&self.purl));
        state_one(&mut stated, "plimsoll:architecture", self.architecture.as_deref());
        state_one(&mut stated, "plimsoll:source", self.source.as_ref().map(|source| source.name.as_str()));
        state_one(&mut stated, "plimsoll:source:version", source_version.map(|version| version.as_str()));
        state_all(&mut stated, "plimsoll:license", &self.licenses);
        state_one(&mut stated, "plimsoll:supplier", self.supplier.as_deref());
        state_all(&mut stated, "plimsoll:cpe", &self.cpes);
        for location in &self.locations {
            state_one(&mut stated, "plimsoll:location", Some(&location.path));
        }
        for (index, location) in self.locations.iter().enumerate() {
            if let Some(layer) = &location.layer {
                stated.push(("plimsoll:location:layer", at(index, layer)));
            }
        }
        for (index, location) in self.locations.iter().enumerate() {
            if let Some(digest) = &location.digest {
                stated.push(("plimsoll:location:digest", at(index, digest)));
            }
        }
        let scope = match self.scope {
            DependencyScope::Runtime => None,
            DependencyScope::Development => Some("development"),
        };
        state_one(&mut stated, "plimsoll:scope", scope);
        let is_needed = self.is_needed_by_subject.then_some("true");
        state_one(&mut stated, "plimsoll:needed-by-subject", is_needed);
        let certainty = Some(self.certainty).filter(|certainty| *certainty != Certainty::Stated);
        state_one(&mut stated, "plimsoll:certainty", certainty.map(Certainty::as_str));
        for mark in &self.marks {
            state_one(&mut stated, "plimsoll:mark", Some(mark.as_str()));
        }
        state_one(&mut stated, "plimsoll:module", self.module.as_deref());
        state_one(&mut stated, "plimsoll:installed-at", self.installed_at.as_deref());
        state_all(&mut stated, "plimsoll:digest", &self.digests);
        state_all(&mut stated, "plimsoll:import", &self.imports);
        state_one(&mut stated, "plimsoll:cataloger", Some(&self.cataloger));
        state_one(&mut stated, "plimsoll:removed-by", self.removed_by.as_deref());
        state_one(&mut stated, "plimsoll:overridden-by", self.overridden_by.as_deref());
        for file in &self.files {
            state_one(&mut stated, "plimsoll:file", Some(&file.path));
        }
        for (index, file) in self.files.iter().enumerate() {
            stated.extend(file.digests.iter().map(|digest| ("plimsoll:file:digest", at(index, digest))));
        }
        if let Some(about) = &self.about {
            state_about(about, &mut stated);
        }
        stated
    }

    fn set(&mut self, fact: &str, values: &[&str]) {
        let text = || first(values).unwrap_or_default();
        match fact {
            "plimsoll:kind" => {
                self.kind = if values.first() == Some(&"application") {
                    PackageKind::Application
                } else {
                    PackageKind::Library
                };
            }
            "plimsoll:ecosystem" => self.ecosystem = Ecosystem::from_name(&text()),
            "plimsoll:name" => self.name = text(),
            "plimsoll:version" => self.version = text().into(),
            "plimsoll:purl" => self.purl = text(),
            "plimsoll:architecture" => self.architecture = first(values),
            "plimsoll:source" => {
                let version = self.source.take().and_then(|source| source.version);
                self.source = first(values).map(|name| SourcePackage { name, version });
            }
            "plimsoll:source:version" => {
                if let Some(source) = &mut self.source {
                    source.version = first(values).map(Into::into);
                }
            }
            "plimsoll:license" => self.licenses = values.iter().collect(),
            "plimsoll:supplier" => self.supplier = first(values),
            "plimsoll:cpe" => self.cpes = values.iter().collect(),
            "plimsoll:location" => {
                let mut known = std::mem::take(&mut self.locations).into_iter();
                let locate = |path: String| match known.next() {
                    Some(location) => Location { path, ..location },
                    None => Location::new(path),
                };
                self.locations = all(values).into_iter().map(locate).collect();
            }
            "plimsoll:location:digest" => {
                for location in &mut self.locations {
                    location.digest = None;
                }
                for (index, digest) in values.iter().filter_map(|value| position(value)) {
                    if let Some(location) = self.locations.get_mut(index) {
                        location.digest = Some(digest.into());
                    }
                }
            }
            "plimsoll:scope" => {
                self.scope = if values.first() == Some(&"development") {
                    DependencyScope::Development
                } else {
                    DependencyScope::Runtime
                };
            }
            "plimsoll:needed-by-subject" => self.is_needed_by_subject = values.first() == Some(&"true"),
            "plimsoll:certainty" => {
                self.certainty =
                    values.first().and_then(|word| Certainty::from_word(word)).unwrap_or_default();
            }
            "plimsoll:mark" => {
                self.marks = values.iter().filter_map(|word| Mark::from_word(word)).collect();
            }
            "plimsoll:module" => self.module = first(values),
            "plimsoll:installed-at" => self.installed_at = first(values),
            "plimsoll:digest" => self.digests = values.iter().collect(),
            "plimsoll:import" => self.imports = all(values),
            "plimsoll:location:layer" => {
                for location in &mut self.locations {
                    location.layer = None;
                }
                for (index, layer) in values.iter().filter_map(|value| position(value)) {
                    if let Some(location) = self.locations.get_mut(index) {
                        location.layer = Some(layer.into());
                    }
                }
            }
            "plimsoll:cataloger" => self.cataloger = text(),
            "plimsoll:removed-by" => self.removed_by = first(values),
            "plimsoll:overridden-by" => self.overridden_by = first(values),
            "plimsoll:file" => {
                let mut known = std::mem::take(&mut self.files).into_iter();
                let name = |path: String| OwnedFile { path, ..known.next().unwrap_or_default() };
                self.files = all(values).into_iter().map(name).collect();
            }
            "plimsoll:file:digest" => {
                for file in &mut self.files {
                    file.digests.clear();
                }
                for (index, digest) in values.iter().filter_map(|value| position(value)) {
                    if let Some(file) = self.files.get_mut(index) {
                        file.digests.push(digest.to_owned());
                    }
                }
            }
            _ => set_about(self.about.get_or_insert_default(), fact, values),
        }
    }
}

fn state_about<'a>(about: &'a About, stated: &mut Vec<Stated<'a>>) {
    state_one(stated, "plimsoll:summary", about.summary.as_deref());
    state_one(stated, "plimsoll:description", about.description.as_deref());
    state_one(stated, "plimsoll:copyright", about.copyright.as_deref());
    state_one(stated, "plimsoll:originator", about.originator.as_deref());
    for Reference { kind, url } in &about.references {
        // A kind may have blanks in it, and says how long it is.
        stated.push(("plimsoll:reference", at(kind.len(), &format!("{kind} {url}"))));
    }
}

fn set_about(about: &mut About, fact: &str, values: &[&str]) {
    match fact {
        "plimsoll:summary" => about.summary = first(values),
        "plimsoll:description" => about.description = first(values),
        "plimsoll:copyright" => about.copyright = first(values),
        "plimsoll:originator" => about.originator = first(values),
        "plimsoll:reference" => {
            about.references = values.iter().filter_map(|value| reference(value)).collect()
        }
        _ => {}
    }
}

/// The reference that `<bytes of the kind> <kind> <address>` is.
fn reference(value: &str) -> Option<Reference> {
    let (length, rest) = position(value)?;
    let (kind, url) = rest.split_at_checked(length)?;
    Some(Reference { kind: kind.to_owned(), url: url.strip_prefix(' ')?.to_owned() })
}

impl Noun for Distro {
    const FACTS: &'static [&'static str] = &[
        "plimsoll:distro:id",
        "plimsoll:distro:version",
        "plimsoll:distro:codename",
        "plimsoll:distro:pretty-name",
        "plimsoll:distro:name",
        "plimsoll:distro:supplier",
        "plimsoll:distro:id-like",
        "plimsoll:distro:variant",
        "plimsoll:distro:hint",
        "plimsoll:distro:repository",
    ];

    fn state(&self) -> Vec<Stated<'_>> {
        let mut stated = Vec::new();
        state_one(&mut stated, "plimsoll:distro:id", Some(&self.id));
        state_one(&mut stated, "plimsoll:distro:version", self.version.as_deref());
        state_one(&mut stated, "plimsoll:distro:codename", self.codename.as_deref());
        state_one(&mut stated, "plimsoll:distro:pretty-name", self.pretty_name.as_deref());
        state_one(&mut stated, "plimsoll:distro:name", self.name.as_deref());
        state_one(&mut stated, "plimsoll:distro:supplier", self.supplier.as_deref());
        state_all(&mut stated, "plimsoll:distro:id-like", &self.id_like);
        state_one(&mut stated, "plimsoll:distro:variant", self.variant.as_deref());
        state_all(&mut stated, "plimsoll:distro:hint", &self.hints);
        state_all(&mut stated, "plimsoll:distro:repository", &self.repositories);
        stated
    }

    fn set(&mut self, fact: &str, values: &[&str]) {
        match fact {
            "plimsoll:distro:id" => self.id = first(values).unwrap_or_default(),
            "plimsoll:distro:version" => self.version = first(values),
            "plimsoll:distro:codename" => self.codename = first(values),
            "plimsoll:distro:pretty-name" => self.pretty_name = first(values),
            "plimsoll:distro:name" => self.name = first(values),
            "plimsoll:distro:supplier" => self.supplier = first(values),
            "plimsoll:distro:id-like" => self.id_like = all(values),
            "plimsoll:distro:variant" => self.variant = first(values),
            "plimsoll:distro:hint" => self.hints = all(values),
            "plimsoll:distro:repository" => self.repositories = all(values),
            _ => {}
        }
    }
}

impl Noun for Subject {
    const FACTS: &'static [&'static str] = &[
        "plimsoll:subject:name",
        "plimsoll:subject:version",
        "plimsoll:subject:digest",
        "plimsoll:subject:manifest-digest",
        "plimsoll:subject:index-digest",
        "plimsoll:subject:platform",
        "plimsoll:subject:supplier",
        "plimsoll:subject:created",
        "plimsoll:subject:layer",
        "plimsoll:subject:layer:dockerfile",
        "plimsoll:subject:base:name",
        "plimsoll:subject:base:digest",
        "plimsoll:subject:base:layers",
        "plimsoll:image:user",
        "plimsoll:image:env",
        "plimsoll:image:port",
        "plimsoll:image:entrypoint",
        "plimsoll:image:command",
        "plimsoll:image:workdir",
        "plimsoll:image:volume",
        "plimsoll:image:stop-signal",
        "plimsoll:image:healthcheck",
        "plimsoll:image:label",
        "plimsoll:image:history",
        "plimsoll:image:history:layer",
        "plimsoll:image:history:created",
        "plimsoll:image:history:comment",
        "plimsoll:image:bytes",
        "plimsoll:image:set-id",
        "plimsoll:image:world-writable",
        "plimsoll:image:account",
    ];

    fn state(&self) -> Vec<Stated<'_>> {
        let mut stated = Vec::new();
        state_one(&mut stated, "plimsoll:subject:name", Some(&self.name));
        state_one(&mut stated, "plimsoll:subject:version", self.version.as_deref());
        state_one(&mut stated, "plimsoll:subject:digest", self.digest.as_deref());
        state_one(&mut stated, "plimsoll:subject:manifest-digest", self.manifest_digest.as_deref());
        state_one(&mut stated, "plimsoll:subject:index-digest", self.index_digest.as_deref());
        state_one(&mut stated, "plimsoll:subject:platform", self.platform.as_deref());
        state_one(&mut stated, "plimsoll:subject:supplier", self.supplier.as_deref());
        state_one(&mut stated, "plimsoll:subject:created", self.created.as_deref());
        for layer in &self.layers {
            state_one(&mut stated, "plimsoll:subject:layer", Some(&layer.diff_id));
        }
        for (index, layer) in self.layers.iter().enumerate() {
            if let Some(place) = &layer.dockerfile {
                stated.push(("plimsoll:subject:layer:dockerfile", at(index, &place.to_string())));
            }
        }
        if let Some(base) = &self.base {
            state_one(&mut stated, "plimsoll:subject:base:name", base.name.as_deref());
            state_one(&mut stated, "plimsoll:subject:base:digest", base.digest.as_deref());
            let n_layers = base.layers.map(|n_layers| n_layers.to_string().into());
            stated.extend(n_layers.map(|n_layers| ("plimsoll:subject:base:layers", n_layers)));
        }
        image_facts::state(&self.image, &mut stated);
        stated
    }

    fn set(&mut self, fact: &str, values: &[&str]) {
        match fact {
            "plimsoll:subject:name" => self.name = first(values).unwrap_or_default(),
            "plimsoll:subject:version" => self.version = first(values),
            "plimsoll:subject:digest" => self.digest = first(values),
            "plimsoll:subject:manifest-digest" => self.manifest_digest = first(values),
            "plimsoll:subject:index-digest" => self.index_digest = first(values),
            "plimsoll:subject:platform" => self.platform = first(values),
            "plimsoll:subject:supplier" => self.supplier = first(values),
            "plimsoll:subject:created" => self.created = first(values),
            "plimsoll:subject:layer" => {
                let mut known = std::mem::take(&mut self.layers).into_iter();
                let layer = |diff_id| match known.next() {
                    Some(layer) => SubjectLayer { diff_id, ..layer },
                    None => SubjectLayer::new(diff_id),
                };
                self.layers = all(values).into_iter().map(layer).collect();
            }
            "plimsoll:subject:layer:dockerfile" => {
                for layer in &mut self.layers {
                    layer.dockerfile = None;
                }
                for (index, place) in values.iter().filter_map(|value| position(value)) {
                    if let Some(layer) = self.layers.get_mut(index) {
                        layer.dockerfile = dockerfile_line(place);
                    }
                }
            }
            "plimsoll:subject:base:name" => self.base.get_or_insert_default().name = first(values),
            "plimsoll:subject:base:digest" => self.base.get_or_insert_default().digest = first(values),
            "plimsoll:subject:base:layers" => self.base.get_or_insert_default().layers = number(values),
            _ => image_facts::set(&mut self.image, fact, values),
        }
        if self.base == Some(BaseImage::default()) {
            self.base = None;
        }
    }
}

/// The line that `<file>:<line>` names.
fn dockerfile_line(place: &str) -> Option<DockerfileLine> {
    let (file, line) = place.rsplit_once(':')?;
    Some(DockerfileLine { file: file.to_owned(), line: line.parse().ok()? })
}
