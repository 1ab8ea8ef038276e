//! The object model of SPDX 2.2 and 2.3 as data: what the official JSON schemas of 2.2.2 and 2.3.1 require, allow and
//! know. Validation and conversion between the versions are driven by it; tests hold its verdict against the schemas on
//! every real document there is.

/// A version with a schema of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::format) enum Version {
    V2_2,
    V2_3,
}

/// The versions that a member is known in, or required in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::format) enum In {
    None,
    V2_2,
    V2_3,
    Both,
}

impl In {
    pub(in crate::format) fn has(self, version: Version) -> bool {
        match self {
            Self::None => false,
            Self::V2_2 => version == Version::V2_2,
            Self::V2_3 => version == Version::V2_3,
            Self::Both => true,
        }
    }
}

/// What a member holds.
#[derive(Clone, Copy)]
pub(in crate::format) enum Of {
    Text,
    Flag,
    Integer,
    /// One of the words known in both versions, or of those known only in 2.3.
    Word(&'static [&'static str], &'static [&'static str]),
    Record(&'static [Member]),
    /// An object of whatever members.
    Object,
    Texts,
    Words(&'static [&'static str]),
    Records(&'static [Member]),
    Objects,
}

/// A member of an object.
pub(in crate::format) struct Member {
    pub(in crate::format) name: &'static str,
    pub(in crate::format) of: Of,
    pub(in crate::format) known: In,
    pub(in crate::format) required: In,
    /// Where a list must not be empty.
    pub(in crate::format) filled: In,
}

const fn may(name: &'static str, of: Of) -> Member {
    Member { name, of, known: In::Both, required: In::None, filled: In::None }
}

const fn must(name: &'static str, of: Of) -> Member {
    Member { name, of, known: In::Both, required: In::Both, filled: In::None }
}

/// Required in 2.2, optional since.
const fn had_to(name: &'static str, of: Of) -> Member {
    Member { name, of, known: In::Both, required: In::V2_2, filled: In::None }
}

/// New in 2.3.
const fn new(name: &'static str, of: Of) -> Member {
    Member { name, of, known: In::V2_3, required: In::None, filled: In::None }
}

/// A list that is required and has elements.
const fn some(name: &'static str, of: Of) -> Member {
    Member { name, of, known: In::Both, required: In::Both, filled: In::Both }
}

const ALGORITHMS: &[&str] = &["MD2", "MD4", "MD5", "MD6", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512"];
/// Algorithms that came with 2.3.
pub(super) const NEW_ALGORITHMS: &[&str] =
    &["ADLER32", "BLAKE2b-256", "BLAKE2b-384", "BLAKE2b-512", "BLAKE3", "SHA3-256", "SHA3-384", "SHA3-512"];
const ANNOTATION_TYPES: &[&str] = &["OTHER", "REVIEW"];
const CATEGORIES: &[&str] =
    &["OTHER", "PACKAGE-MANAGER", "PACKAGE_MANAGER", "PERSISTENT-ID", "PERSISTENT_ID", "SECURITY"];
const FILE_TYPES: &[&str] = &[
    "APPLICATION",
    "ARCHIVE",
    "AUDIO",
    "BINARY",
    "DOCUMENTATION",
    "IMAGE",
    "OTHER",
    "SOURCE",
    "SPDX",
    "TEXT",
    "VIDEO",
];
const PURPOSES: &[&str] = &[
    "APPLICATION",
    "ARCHIVE",
    "CONTAINER",
    "DEVICE",
    "FILE",
    "FIRMWARE",
    "FRAMEWORK",
    "INSTALL",
    "LIBRARY",
    "OPERATING_SYSTEM",
    "OTHER",
    "SOURCE",
];
const RELATIONSHIPS: &[&str] = &[
    "AMENDS",
    "ANCESTOR_OF",
    "BUILD_DEPENDENCY_OF",
    "BUILD_TOOL_OF",
    "CONTAINED_BY",
    "CONTAINS",
    "COPY_OF",
    "DATA_FILE_OF",
    "DEPENDENCY_MANIFEST_OF",
    "DEPENDENCY_OF",
    "DEPENDS_ON",
    "DESCENDANT_OF",
    "DESCRIBED_BY",
    "DESCRIBES",
    "DEV_DEPENDENCY_OF",
    "DEV_TOOL_OF",
    "DISTRIBUTION_ARTIFACT",
    "DOCUMENTATION_OF",
    "DYNAMIC_LINK",
    "EXAMPLE_OF",
    "EXPANDED_FROM_ARCHIVE",
    "FILE_ADDED",
    "FILE_DELETED",
    "FILE_MODIFIED",
    "GENERATED_FROM",
    "GENERATES",
    "HAS_PREREQUISITE",
    "METAFILE_OF",
    "OPTIONAL_COMPONENT_OF",
    "OPTIONAL_DEPENDENCY_OF",
    "OTHER",
    "PACKAGE_OF",
    "PATCH_APPLIED",
    "PATCH_FOR",
    "PREREQUISITE_FOR",
    "PROVIDED_DEPENDENCY_OF",
    "RUNTIME_DEPENDENCY_OF",
    "STATIC_LINK",
    "TEST_CASE_OF",
    "TEST_DEPENDENCY_OF",
    "TEST_OF",
    "TEST_TOOL_OF",
    "VARIANT_OF",
];
/// Types of relationships that came with 2.3.
pub(super) const NEW_RELATIONSHIPS: &[&str] = &["REQUIREMENT_DESCRIPTION_FOR", "SPECIFICATION_FOR"];

/// The document itself (§6).
pub(in crate::format) static DOCUMENT: &[Member] = &[
    new("$schema", Of::Text),
    must("SPDXID", Of::Text),
    may("annotations", Of::Records(ANNOTATION)),
    may("comment", Of::Text),
    must("creationInfo", Of::Record(CREATION)),
    must("dataLicense", Of::Text),
    may("documentDescribes", Of::Texts),
    Member { required: In::V2_3, ..may("documentNamespace", Of::Text) },
    may("externalDocumentRefs", Of::Records(EXTERNAL_DOCUMENT)),
    may("files", Of::Records(FILE)),
    may("hasExtractedLicensingInfos", Of::Records(EXTRACTED)),
    must("name", Of::Text),
    may("packages", Of::Records(PACKAGE)),
    may("relationships", Of::Records(RELATIONSHIP)),
    may("revieweds", Of::Records(REVIEW)),
    may("snippets", Of::Records(SNIPPET)),
    must("spdxVersion", Of::Text),
];

const ANNOTATION: &[Member] = &[
    must("annotationDate", Of::Text),
    must("annotationType", Of::Word(ANNOTATION_TYPES, &[])),
    must("annotator", Of::Text),
    must("comment", Of::Text),
];

const CREATION: &[Member] = &[
    may("comment", Of::Text),
    must("created", Of::Text),
    some("creators", Of::Texts),
    may("licenseListVersion", Of::Text),
];

const CHECKSUM: &[Member] =
    &[must("algorithm", Of::Word(ALGORITHMS, NEW_ALGORITHMS)), must("checksumValue", Of::Text)];

const EXTERNAL_DOCUMENT: &[Member] = &[
    must("checksum", Of::Record(CHECKSUM)),
    must("externalDocumentId", Of::Text),
    must("spdxDocument", Of::Text),
];

const EXTRACTED: &[Member] = &[
    may("comment", Of::Text),
    may("crossRefs", Of::Records(CROSS_REFERENCE)),
    must("extractedText", Of::Text),
    must("licenseId", Of::Text),
    may("name", Of::Text),
    may("seeAlsos", Of::Texts),
];

const CROSS_REFERENCE: &[Member] = &[
    may("isLive", Of::Flag),
    may("isValid", Of::Flag),
    may("isWayBackLink", Of::Flag),
    may("match", Of::Text),
    may("order", Of::Integer),
    may("timestamp", Of::Text),
    must("url", Of::Text),
];

const REVIEW: &[Member] =
    &[may("comment", Of::Text), must("reviewDate", Of::Text), may("reviewer", Of::Text)];

const RELATIONSHIP: &[Member] = &[
    may("comment", Of::Text),
    must("relatedSpdxElement", Of::Text),
    must("relationshipType", Of::Word(RELATIONSHIPS, NEW_RELATIONSHIPS)),
    must("spdxElementId", Of::Text),
];

const PACKAGE: &[Member] = &[
    must("SPDXID", Of::Text),
    may("annotations", Of::Records(ANNOTATION)),
    may("attributionTexts", Of::Texts),
    new("builtDate", Of::Text),
    may("checksums", Of::Records(CHECKSUM)),
    may("comment", Of::Text),
    had_to("copyrightText", Of::Text),
    may("description", Of::Text),
    must("downloadLocation", Of::Text),
    may("externalRefs", Of::Records(EXTERNAL_REFERENCE)),
    may("filesAnalyzed", Of::Flag),
    may("hasFiles", Of::Texts),
    may("homepage", Of::Text),
    may("licenseComments", Of::Text),
    had_to("licenseConcluded", Of::Text),
    had_to("licenseDeclared", Of::Text),
    may("licenseInfoFromFiles", Of::Texts),
    must("name", Of::Text),
    may("originator", Of::Text),
    may("packageFileName", Of::Text),
    may("packageVerificationCode", Of::Record(VERIFICATION_CODE)),
    new("primaryPackagePurpose", Of::Word(PURPOSES, &[])),
    new("releaseDate", Of::Text),
    may("sourceInfo", Of::Text),
    may("summary", Of::Text),
    may("supplier", Of::Text),
    new("validUntilDate", Of::Text),
    may("versionInfo", Of::Text),
];

const EXTERNAL_REFERENCE: &[Member] = &[
    may("comment", Of::Text),
    must("referenceCategory", Of::Word(CATEGORIES, &[])),
    must("referenceLocator", Of::Text),
    must("referenceType", Of::Text),
];

const VERIFICATION_CODE: &[Member] =
    &[may("packageVerificationCodeExcludedFiles", Of::Texts), must("packageVerificationCodeValue", Of::Text)];

const FILE: &[Member] = &[
    must("SPDXID", Of::Text),
    may("annotations", Of::Records(ANNOTATION)),
    may("artifactOfs", Of::Objects),
    may("attributionTexts", Of::Texts),
    some("checksums", Of::Records(CHECKSUM)),
    may("comment", Of::Text),
    had_to("copyrightText", Of::Text),
    may("fileContributors", Of::Texts),
    may("fileDependencies", Of::Texts),
    must("fileName", Of::Text),
    may("fileTypes", Of::Words(FILE_TYPES)),
    may("licenseComments", Of::Text),
    had_to("licenseConcluded", Of::Text),
    Member { filled: In::V2_2, ..had_to("licenseInfoInFiles", Of::Texts) },
    may("noticeText", Of::Text),
];

const SNIPPET: &[Member] = &[
    must("SPDXID", Of::Text),
    may("annotations", Of::Records(ANNOTATION)),
    may("attributionTexts", Of::Texts),
    may("comment", Of::Text),
    had_to("copyrightText", Of::Text),
    may("licenseComments", Of::Text),
    had_to("licenseConcluded", Of::Text),
    may("licenseInfoInSnippets", Of::Texts),
    must("name", Of::Text),
    some("ranges", Of::Records(RANGE)),
    must("snippetFromFile", Of::Text),
];

const RANGE: &[Member] =
    &[must("endPointer", Of::Record(POINTER)), must("startPointer", Of::Record(POINTER))];

const POINTER: &[Member] =
    &[may("lineNumber", Of::Integer), may("offset", Of::Integer), must("reference", Of::Text)];

/// The members of the objects that `path` leads to from the document.
#[cfg(test)]
pub(super) fn members_at(path: &[&str]) -> &'static [Member] {
    path.iter().fold(DOCUMENT, |members, name| match members.iter().find(|member| member.name == *name) {
        Some(Member { of: Of::Record(members) | Of::Records(members), .. }) => members,
        _ => panic!("{name} holds no objects"),
    })
}
