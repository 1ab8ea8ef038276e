//! Versions that a document states beside the names of a product: a member of CycloneDX, a branch of CSAF (feeds.md D7, A27).

use model::branch::{self, Said};
use model::cpe::{Attribute, Cpe};
use model::report::VexReason;

use super::document::Component;
use super::product::{Identity, with_epoch};

impl Component {
    /// Makes the names that state no version mean `version`.
    pub(super) fn narrow_open(&mut self, version: &str) {
        for identity in &mut self.identities {
            // One that states another keeps it.
            identity.narrow(version);
        }
    }

    /// Makes every name mean `version` only.
    ///
    /// A digest is of the version that the component has. Unless that is known to be `version`, the digest says nothing of
    /// it; and where there is no other name, it cannot be told. So it is with a CPE name that does not say which version it
    /// means.
    pub(super) fn narrow(&mut self, version: &str) {
        let (mut is_same, mut is_set) = (self.version.as_deref() == Some(version), false);
        let mut is_other = self.version.is_some() && !is_same;
        let (mut silent, mut unable) = (Vec::new(), Vec::new());
        self.identities.retain_mut(|identity| match identity.narrow(version) {
            Narrowed::Same => {
                is_same = true;
                true
            }
            Narrowed::Set => {
                is_set = true;
                true
            }
            Narrowed::Other => {
                is_other = true;
                false
            }
            Narrowed::Unable => {
                unable.push(identity.clone());
                false
            }
            Narrowed::Silent => {
                silent.push(identity.clone());
                false
            }
        });
        if !is_other && (is_same || !is_set) {
            self.identities.append(&mut silent);
        }
        let is_open = self.identities.is_empty() && !unable.is_empty();
        if is_open {
            self.identities = unable;
        }
        if is_open || (!is_same && !is_set && !is_other && !self.identities.is_empty()) {
            // No range holds it in a notation that can be read.
            self.ranges.push(version.into());
        }
        if self.identities.is_empty() {
            self.doubt = Some(VexReason::OtherVersion);
        }
    }

    /// Makes the names that state no version mean what the branch `text` of CSAF says of it. What is neither one version nor
    /// every one cannot be compared.
    pub(super) fn narrow_by_branch(&mut self, text: &str) {
        let mut is_readable = true;
        for identity in &mut self.identities {
            let name = identity.bare_name();
            let rest = match name.map_or(Said::Of(text), |name| branch::said(text, &name)) {
                Said::Every => continue,
                Said::Of(rest) => rest,
            };
            match branch::is_version(rest) {
                true => drop(identity.narrow(identity.without_mark(rest))),
                false => is_readable &= identity.clone().narrow(rest) != Narrowed::Set,
            }
        }
        if !is_readable {
            self.ranges.push(text.into());
        }
    }
}

/// What comes of a name that is to mean one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Narrowed {
    /// It stated that version.
    Same,
    /// It stated none, and states that one now.
    Set,
    /// It states another.
    Other,
    /// It cannot be made to mean that one alone.
    Unable,
    /// It is of one version, and does not say of which: a digest.
    Silent,
}

impl Identity {
    /// Makes it mean `version` only, where it can.
    fn narrow(&mut self, version: &str) -> Narrowed {
        let (stated, version) = match self {
            Self::Package(pattern) => {
                let version = with_epoch(&pattern.purl, version);
                (&mut pattern.version, version)
            }
            Self::Image(image) if image.digest.is_some() && image.tag.is_none() => return Narrowed::Silent,
            Self::Image(image) => (&mut image.tag, version.to_owned()),
            Self::Name(_, stated) => (stated, version.to_owned()),
            Self::Digest(_) => return Narrowed::Silent,
            Self::Cpe(text) => return narrow_cpe(text, version),
        };
        match stated {
            None => {
                *stated = Some(version);
                Narrowed::Set
            }
            Some(stated) if *stated == version => Narrowed::Same,
            Some(_) => Narrowed::Other,
        }
    }

    /// Its name alone, by which branches call it.
    fn bare_name(&self) -> Option<String> {
        match self {
            Self::Package(pattern) => Some(pattern.purl.name.clone()),
            Self::Image(image) => Some(image.name.clone()),
            Self::Cpe(cpe) => Cpe::parse(cpe).and_then(|cpe| cpe.product.value().map(str::to_owned)),
            Self::Digest(_) | Self::Name(..) => None,
        }
    }

    /// A version without the `v` that people write before it; tags of images and versions of Go have it themselves.
    fn without_mark<'v>(&self, version: &'v str) -> &'v str {
        match self {
            Self::Package(pattern) if pattern.purl.kind != "golang" => {
                version.strip_prefix(['v', 'V']).unwrap_or(version)
            }
            Self::Cpe(_) => version.strip_prefix(['v', 'V']).unwrap_or(version),
            _ => version,
        }
    }
}

fn narrow_cpe(text: &mut String, version: &str) -> Narrowed {
    let Some(cpe) = Cpe::parse(text) else { return Narrowed::Unable };
    let version = version.to_lowercase();
    match &cpe.version {
        Attribute::Any => {
            let set = Cpe { version: Attribute::Is(version.into()), ..cpe }.to_string();
            *text = set;
            Narrowed::Set
        }
        // There is no version, as if nobody had counted them.
        Attribute::NotApplicable => Narrowed::Unable,
        Attribute::Is(_) if cpe.full_version().as_deref() == Some(&version) => Narrowed::Same,
        // It is of an update, which may be that version or one after it.
        Attribute::Is(stated) if *stated == version => Narrowed::Unable,
        Attribute::Is(_) => Narrowed::Other,
    }
}
