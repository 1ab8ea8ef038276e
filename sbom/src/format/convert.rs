//! A document in another format or version, and what that has no place for.
//!
//! Within one model (CycloneDX to CycloneDX, SPDX 2 to SPDX 2) the document itself is written again: what the target
//! version knows survives, whether or not plimsoll understands it. Into another model goes the inventory, and what
//! the inventory does not hold is lost; so goes a document of plimsoll's own into a version that lacks a field it needs. Either way every value that is lost is in the list.

use std::collections::HashSet;
use std::io;

use model::limits::Limits;

use super::wire::facts;
use super::wire::json::Source;
use super::wire::losses::Losses;
use super::wire::tree::Tree;
use super::{Choice, Document, DocumentError, Loss, Model, Signature, WriteOptions};

/// Why a document could not be written in another format.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    /// What was read is malformed where no inventory looks.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// It could not be written.
    #[error(transparent)]
    Write(#[from] io::Error),
}

impl Document<'_> {
    /// Writes the document to `out` in another format or version, and lists what that has no place for. The same
    /// document and options give the same bytes.
    ///
    /// # Errors
    /// The document holds what no inventory looks at and is malformed there; `out` refuses.
    pub fn write(
        &self,
        choice: &Choice,
        options: &WriteOptions<'_>,
        out: &mut dyn io::Write,
    ) -> Result<Vec<Loss>, ConvertError> {
        let version = choice.version.unwrap_or_default();
        let target = choice.format.model.map(|model| model(version));
        let same = target.is_some_and(|target| std::ptr::eq(target, self.model));
        if same
            && (self.model.fits_versions || self.version == version)
            && let Some(rewrite) = choice.format.rewrite
        {
            let mut written = Vec::new();
            let mut losses = rewrite(self.tree()?, &self.kind, version, &mut written)?;
            if self.version != version && self.is_own && !self.is_said_by(&written) {
                return self.write_inventory(choice, options, out);
            }
            out.write_all(&written)?;
            // Written from the inventory, a document says that it was not verified.
            losses.extend((self.signature != Signature::None).then(|| Loss {
                path: "signatures".to_owned(),
                count: 1,
                example: "the envelope around the document".to_owned(),
            }));
            losses.sort();
            return Ok(losses);
        }
        self.write_inventory(choice, options, out)
    }

    /// Whether the same inventory is in `written`. What the target version has no field for plimsoll states beside, and
    /// rewriting cannot.
    fn is_said_by(&self, written: &[u8]) -> bool {
        super::read(written, &Limits::default()).is_ok_and(|document| document.inventory == self.inventory)
    }

    fn write_inventory(
        &self,
        choice: &Choice,
        options: &WriteOptions<'_>,
        out: &mut dyn io::Write,
    ) -> Result<Vec<Loss>, ConvertError> {
        let mut written = Vec::new();
        choice.write(&self.inventory, options, &mut written)?;
        out.write_all(&written)?;
        // An export is a view for people, and says so by its name.
        match choice.version {
            Some(_) => self.losses_in(&Said::new(&written)).map_err(ConvertError::Document),
            None => Ok(Vec::new()),
        }
    }

    /// What `written`, a document of another model or one that this was merged into, does not say of this one.
    ///
    /// # Errors
    /// The document holds what no inventory looks at and is malformed there.
    pub fn losses_in(&self, written: &Said) -> Result<Vec<Loss>, DocumentError> {
        let mut losses = lost(self.model, &self.tree()?, written);
        losses.retain(|loss| !self.is_own || !FOLLOWS.contains(&loss.path.as_str()));
        Ok(losses)
    }

    /// The document, with nothing lost.
    fn tree(&self) -> Result<Tree, DocumentError> {
        Source { format: self.model.name, text: &self.json }.parse()
    }
}

/// The values of `tree`, a document of `model`, that a document of another model does not say.
///
/// A value is kept where an inventory's reader looks at it *and* it is said in what was written: a publisher is read only
/// where there is no supplier.
fn lost(model: &Model, tree: &Tree, said: &Said) -> Vec<Loss> {
    let mut losses = Losses::default();
    tree.leaves(&mut |path, value| {
        let path = flat(path);
        let name = path.rsplit('.').next().unwrap_or_default();
        let says_nothing =
            matches!(value, Tree::Null) || value.as_str().is_some_and(|text| MARKERS.contains(&text));
        if says_nothing || STRUCTURE.contains(&name) || STRUCTURE.contains(&path.as_str()) {
            return;
        }
        let text = value.to_string();
        // Facts of plimsoll's own are in what it writes, in whatever form that has for them.
        if model.understood.contains(&path.as_str()) && (facts::is_known(&text) || said.holds(&text)) {
            return;
        }
        losses.add(path, &text);
    });
    losses.into_list()
}

/// `path` with components in components as components: where they lie makes no difference to what is read of them.
fn flat(path: &str) -> String {
    let mut path = path.replace("metadata.component.components[]", "components[]");
    while let Some(at) = path.find("components[].components[]") {
        path.replace_range(at..at + "components[].".len(), "");
    }
    path
}

/// What a document of plimsoll's own says as it follows from other facts, which every format carries: from the cataloger.
const FOLLOWS: &[&str] = &[
    "components[].evidence.identity.field",
    "components[].evidence.identity.methods[].confidence",
    "components[].evidence.identity.methods[].technique",
    "components[].evidence.identity[].field",
    "components[].evidence.identity[].methods[].confidence",
    "components[].evidence.identity[].methods[].technique",
];

/// Values that say nothing, or how the value beside them is to be read.
const MARKERS: &[&str] = &["NOASSERTION", "NONE", "cpe22Type", "cpe23Type"];

/// Members that say how a document is made and nothing about software: every model has its own. An algorithm is lost where its
/// digest is.
const STRUCTURE: &[&str] = &[
    "$schema",
    "@context",
    "@graph[].@id",
    "@graph[].createdBy[]",
    "@graph[].createdUsing[]",
    "@graph[].creationInfo",
    "@graph[].element[]",
    "@graph[].externalIdentifier[].type",
    "@graph[].from",
    "@graph[].profileConformance[]",
    "@graph[].rootElement[]",
    "@graph[].subject",
    "@graph[].suppliedBy",
    "@graph[].to[]",
    "@graph[].type",
    "@graph[].verifiedUsing[].type",
    "annotationDate",
    "annotationType",
    "annotator",
    "SPDXID",
    "alg",
    "algorithm",
    "assemblies[]",
    "bom-ref",
    "bomFormat",
    "dataLicense",
    "dependsOn",
    "dependsOn[]",
    "documentDescribes[]",
    "documentNamespace",
    "filesAnalyzed",
    "licenseId",
    "licenseListVersion",
    "referenceCategory",
    "ref",
    "relatedSpdxElement",
    "relationshipType",
    "serialNumber",
    "spdxElementId",
    "spdxId",
    "spdxVersion",
    "specVersion",
];

/// Every word that a document says.
#[derive(Debug)]
pub struct Said(HashSet<String>);

impl Said {
    /// Every word of `written`.
    pub fn new(written: &[u8]) -> Self {
        let text = String::from_utf8_lossy(written);
        let whole = compounds(&text).filter(|compound| compound.contains(is_joint)).map(joined);
        Self(compounds(&text).flat_map(words).map(str::to_lowercase).chain(whole).collect())
    }

    /// Whether all words of `value` are said. A path or a licence may be said as a part of something longer, and a
    /// compound as one word or as several: `operating-system`, `operatingSystem`.
    fn holds(&self, value: &str) -> bool {
        let is_said = |compound: &str| {
            words(compound).all(|word| self.0.contains(&word.to_lowercase()))
                || self.0.contains(&joined(compound))
                || compound.starts_with("LicenseRef-")
        };
        // What supplies is an organization, unless it is said to be a person; and a tool stands where tools do.
        let value =
            value.strip_prefix("Organization: ").or_else(|| value.strip_prefix("Tool: ")).unwrap_or(value);
        matches!(value, "[]" | "{}") || compounds(value).all(is_said)
    }
}

/// What `text` is made of: words, and several of them joined to one.
fn compounds(text: &str) -> impl Iterator<Item = &str> {
    let is_between = |character: char| !character.is_alphanumeric() && !is_joint(character);
    text.split(is_between).filter(|compound| !compound.is_empty())
}

fn words(compound: &str) -> impl Iterator<Item = &str> {
    compound.split(is_joint).filter(|word| !word.is_empty())
}

fn is_joint(character: char) -> bool {
    matches!(character, '-' | '_')
}

/// A compound as one word.
fn joined(compound: &str) -> String {
    words(compound).map(str::to_lowercase).collect()
}
