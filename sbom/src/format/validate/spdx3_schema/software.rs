//! The software profile: packages, files and parts of them.

use super::core::{ARTIFACT, BOM, INTEGRITY_METHOD, POSITIVE_INTEGER_RANGE};
use super::table::*;

/// Every class.
pub(super) static CLASSES: &[&Class] =
    &[&CONTENT_IDENTIFIER, &FILE, &PACKAGE, &SBOM, &SNIPPET, &SOFTWARE_ARTIFACT];

/// Classes of words, whose objects have no members.
pub(super) static VOCABULARIES: &[&str] = &[
    "software_ContentIdentifierType",
    "software_FileKindType",
    "software_SbomType",
    "software_SoftwarePurpose",
];

/// Words of `software_ContentIdentifierType`.
const CONTENT_IDENTIFIER_TYPES: &[&str] = &["gitoid", "swhid"];

/// Words of `software_FileKindType`.
const FILE_KIND_TYPES: &[&str] = &["directory", "file"];

/// Words of `software_SbomType`.
const SBOM_TYPES: &[&str] = &["analyzed", "build", "deployed", "design", "runtime", "source"];

/// Words of `software_SoftwarePurpose`.
const SOFTWARE_PURPOSES: &[&str] = &[
    "application",
    "archive",
    "bom",
    "configuration",
    "container",
    "data",
    "device",
    "deviceDriver",
    "diskImage",
    "documentation",
    "evidence",
    "executable",
    "file",
    "filesystemImage",
    "firmware",
    "framework",
    "install",
    "library",
    "manifest",
    "model",
    "module",
    "operatingSystem",
    "other",
    "patch",
    "platform",
    "requirement",
    "source",
    "specification",
    "test",
];

/// An id that is made of what is identified.
pub(super) static CONTENT_IDENTIFIER: Class = Class {
    name: "software_ContentIdentifier",
    parent: Some(&INTEGRITY_METHOD),
    is_abstract: false,
    members: &[
        must("software_contentIdentifierType", Of::Word(CONTENT_IDENTIFIER_TYPES)),
        must("software_contentIdentifierValue", Of::Text),
    ],
};

/// A file.
pub(super) static FILE: Class = Class {
    name: "software_File",
    parent: Some(&SOFTWARE_ARTIFACT),
    is_abstract: false,
    members: &[may("contentType", Of::MediaType), may("software_fileKind", Of::Word(FILE_KIND_TYPES))],
};

/// A package.
pub(super) static PACKAGE: Class = Class {
    name: "software_Package",
    parent: Some(&SOFTWARE_ARTIFACT),
    is_abstract: false,
    members: &[
        may("software_downloadLocation", Of::Text),
        may("software_homePage", Of::Text),
        may("software_packageUrl", Of::Text),
        may("software_packageVersion", Of::Text),
        may("software_sourceInfo", Of::Text),
    ],
};

/// A bill of materials of software.
pub(super) static SBOM: Class = Class {
    name: "software_Sbom",
    parent: Some(&BOM),
    is_abstract: false,
    members: &[list("software_sbomType", Of::Word(SBOM_TYPES))],
};

/// A part of a file.
pub(super) static SNIPPET: Class = Class {
    name: "software_Snippet",
    parent: Some(&SOFTWARE_ARTIFACT),
    is_abstract: false,
    members: &[
        may("software_byteRange", Of::Object(&POSITIVE_INTEGER_RANGE)),
        may("software_lineRange", Of::Object(&POSITIVE_INTEGER_RANGE)),
        must("software_snippetFromFile", Of::Object(&FILE)),
    ],
};

/// Software, or a part of it.
pub(super) static SOFTWARE_ARTIFACT: Class = Class {
    name: "software_SoftwareArtifact",
    parent: Some(&ARTIFACT),
    is_abstract: true,
    members: &[
        list("software_additionalPurpose", Of::Word(SOFTWARE_PURPOSES)),
        list("software_attributionText", Of::Text),
        list("software_contentIdentifier", Of::Object(&CONTENT_IDENTIFIER)),
        may("software_copyrightText", Of::Text),
        may("software_primaryPurpose", Of::Word(SOFTWARE_PURPOSES)),
    ],
};
