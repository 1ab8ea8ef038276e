//! The structure of SPDX 2 documents in JSON: what the official schemas of 2.2.2 and 2.3.1 require, allow and know.
//!
//! The table is ours; tests hold its verdict against the official schemas on every real document there is.

use std::fmt::Write as _;

use super::{Tree, kind_of, unknown_members};
use crate::format::spdx2::rdf::BEYOND;

/// A version with a schema of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::format) enum Version {
    V2_2,
    V2_3,
}

/// The versions that a member is known in, or required in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum In {
    None,
    V2_2,
    V2_3,
    Both,
}

impl In {
    fn has(self, version: Version) -> bool {
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
enum Of {
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

struct Member {
    name: &'static str,
    of: Of,
    known: In,
    required: In,
    /// Where a list must not be empty.
    filled: In,
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
const NEW_ALGORITHMS: &[&str] =
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
const NEW_RELATIONSHIPS: &[&str] = &["REQUIREMENT_DESCRIPTION_FOR", "SPECIFICATION_FOR"];

/// The document itself (§6).
static DOCUMENT: &[Member] = &[
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

/// Calls `take` with the path and the reason of everything that is not as the schema of `version` says.
pub(in crate::format) fn check(tree: &Tree, version: Version, take: &mut dyn FnMut(&str, String)) {
    below(tree, Of::Record(DOCUMENT), version, &mut String::new(), take);
}

// Not deeper than the table.
fn below(tree: &Tree, of: Of, version: Version, path: &mut String, take: &mut dyn FnMut(&str, String)) {
    for reason in wrong(tree, of, version) {
        take(path, reason);
    }
    let length = path.len();
    if let Of::Record(members) = of {
        for (name, value) in tree.members() {
            if let Some(member) = members.iter().find(|member| member.name == name) {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
                below(value, member.of, version, path, take);
                path.truncate(length);
            }
        }
    }
    let element = match of {
        Of::Records(members) => Of::Record(members),
        Of::Texts => Of::Text,
        Of::Words(words) => Of::Word(words, &[]),
        Of::Objects => Of::Object,
        _ => return,
    };
    for (index, value) in tree.elements().iter().enumerate() {
        // Writing to a string does not fail.
        let _ = write!(path, "[{index}]");
        below(value, element, version, path, take);
        path.truncate(length);
    }
}

/// What is wrong with `tree` itself, what is inside it aside.
fn wrong(tree: &Tree, of: Of, version: Version) -> Vec<String> {
    let is_kind = |fits: bool, kind: &str| {
        if fits { Vec::new() } else { vec![format!("is {}, not {kind}", kind_of(tree))] }
    };
    match of {
        Of::Text => is_kind(tree.as_str().is_some(), "a text"),
        Of::Flag => is_kind(matches!(tree, Tree::Bool(_)), "true or false"),
        Of::Integer => {
            let fits = matches!(tree, Tree::Number(number)
                if !number.is_f64() || number.as_f64().is_some_and(|number| number.fract() == 0.0));
            is_kind(fits, "an integer")
        }
        Of::Word(words, new) => match tree.as_str() {
            None => is_kind(false, "a text"),
            Some(word) if words.contains(&word) => Vec::new(),
            Some(word) if version == Version::V2_3 && new.contains(&word) => Vec::new(),
            Some(word) => vec![format!("is {}, which is none of the known words", super::shown(word))],
        },
        Of::Texts | Of::Words(_) | Of::Records(_) | Of::Objects => {
            is_kind(matches!(tree, Tree::List(_)), "a list")
        }
        Of::Object => is_kind(matches!(tree, Tree::Object(_)), "an object"),
        Of::Record(members) => {
            if !matches!(tree, Tree::Object(_)) {
                return is_kind(false, "an object");
            }
            wrong_members(tree, members, version)
        }
    }
}

fn wrong_members(tree: &Tree, members: &[Member], version: Version) -> Vec<String> {
    let mut reasons = Vec::new();
    for member in members {
        match tree.get(member.name) {
            None if member.required.has(version) => reasons.push(format!("lacks `{}`", member.name)),
            Some(Tree::List(elements)) if elements.is_empty() && member.filled.has(version) => {
                reasons.push(format!("has nothing in `{}`", member.name));
            }
            _ => {}
        }
    }
    // In RDF anything may be said of anything.
    let is_known = |name: &str| {
        name == BEYOND || members.iter().any(|member| member.name == name && member.known.has(version))
    };
    reasons.extend(unknown_members(tree, is_known));
    reasons
}
