//! How a package was found out to be there (`componentEvidence.identity`, since 1.5).

use model::package::{Certainty, Package};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::super::wire::references::Minor;
use crate::cataloger::{self, Wants};

/// `componentEvidence.identity`.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Identity<'a> {
    /// As it stands in a document.
    Read(&'a RawValue),
    /// 1.5 knows no list.
    One(Identified),
    Several([Identified; 1]),
}

impl<'de: 'a, 'a> Deserialize<'de> for Identity<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Deserialize::deserialize(from).map(Self::Read)
    }
}

/// An element of it.
#[derive(Debug, Serialize)]
pub(super) struct Identified {
    /// Which field of the component was found out.
    field: &'static str,
    methods: [Method; 1],
}

/// How it was found out.
#[derive(Debug, Serialize)]
struct Method {
    technique: &'static str,
    /// From 0 to 1.
    confidence: f32,
}

/// Catalogers that read files of fixed names and formats that are no manifests: their programs carry what they are.
const OF_BINARIES: &[&str] = &["dotnet-pe", "gguf", "kernel", "kernel-module", "safetensors"];

/// How `package`, of which a package URL is written or only a name, was found; none where no cataloger of ours found it.
pub(super) fn identity<'a>(package: &Package, has_purl: bool, minor: Minor) -> Option<Identity<'a>> {
    let cataloger = cataloger::by_name(&package.cataloger)?;
    let looks_into_programs = match cataloger.wants {
        Wants::Executables | Wants::Programs | Wants::Classified => true,
        Wants::Paths(_) => OF_BINARIES.contains(&cataloger.name),
    };
    let technique = match package.certainty {
        Certainty::Guessed => "filename",
        Certainty::Stated | Certainty::Inferred if looks_into_programs => "binary-analysis",
        Certainty::Stated | Certainty::Inferred => "manifest-analysis",
    };
    let confidence = match package.certainty {
        Certainty::Stated => 1.0,
        Certainty::Inferred => 0.75,
        Certainty::Guessed => 0.25,
    };
    let field = if has_purl { "purl" } else { "name" };
    let identified = Identified { field, methods: [Method { technique, confidence }] };
    Some(if minor < 6 { Identity::One(identified) } else { Identity::Several([identified]) })
}
