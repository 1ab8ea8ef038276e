//! The core profile: what every document is made of.

use super::core_words::{
    ANNOTATION_TYPES, COMPLETENESS, EXTERNAL_IDENTIFIER_TYPES, EXTERNAL_REF_TYPES, HASH_ALGORITHMS,
    LIFECYCLE_SCOPE_TYPES, PROFILE_IDENTIFIER_TYPES, RELATIONSHIP_TYPES, SUPPORT_TYPES,
};
use super::extension::EXTENSION;
use super::simple_licensing::ANY_LICENSE_INFO;
use super::table::*;

/// Every class.
pub(super) static CLASSES: &[&Class] = &[
    &AGENT,
    &ANNOTATION,
    &ARTIFACT,
    &BOM,
    &BUNDLE,
    &CREATION_INFO,
    &DICTIONARY_ENTRY,
    &ELEMENT,
    &ELEMENT_COLLECTION,
    &EXTERNAL_IDENTIFIER,
    &EXTERNAL_MAP,
    &EXTERNAL_REF,
    &HASH,
    &INDIVIDUAL_ELEMENT,
    &INTEGRITY_METHOD,
    &LIFECYCLE_SCOPED_RELATIONSHIP,
    &NAMESPACE_MAP,
    &ORGANIZATION,
    &PACKAGE_VERIFICATION_CODE,
    &PERSON,
    &POSITIVE_INTEGER_RANGE,
    &RELATIONSHIP,
    &SOFTWARE_AGENT,
    &SPDX_DOCUMENT,
    &TOOL,
];

/// Classes of words, whose objects have no members.
pub(super) static VOCABULARIES: &[&str] = &[
    "AnnotationType",
    "ExternalIdentifierType",
    "ExternalRefType",
    "HashAlgorithm",
    "LifecycleScopeType",
    "PresenceType",
    "ProfileIdentifierType",
    "RelationshipCompleteness",
    "RelationshipType",
    "SupportType",
];

/// Who acts.
pub(super) static AGENT: Class =
    Class { name: "Agent", parent: Some(&ELEMENT), is_abstract: false, members: &[] };

/// What somebody says of an element.
pub(super) static ANNOTATION: Class = Class {
    name: "Annotation",
    parent: Some(&ELEMENT),
    is_abstract: false,
    members: &[
        must("annotationType", Of::Word(ANNOTATION_TYPES)),
        may("contentType", Of::MediaType),
        may("statement", Of::Text),
        must("subject", Of::Object(&ELEMENT)),
    ],
};

/// What is made: it has suppliers and times.
pub(super) static ARTIFACT: Class = Class {
    name: "Artifact",
    parent: Some(&ELEMENT),
    is_abstract: true,
    members: &[
        may("builtTime", Of::Time),
        list("originatedBy", Of::Object(&AGENT)),
        may("releaseTime", Of::Time),
        list("standardName", Of::Text),
        may("suppliedBy", Of::Object(&AGENT)),
        list("supportLevel", Of::Word(SUPPORT_TYPES)),
        may("validUntilTime", Of::Time),
    ],
};

/// A bill of materials.
pub(super) static BOM: Class = Class { name: "Bom", parent: Some(&BUNDLE), is_abstract: false, members: &[] };

/// Elements with something in common.
pub(super) static BUNDLE: Class = Class {
    name: "Bundle",
    parent: Some(&ELEMENT_COLLECTION),
    is_abstract: false,
    members: &[may("context", Of::Text)],
};

/// Who made an element, when, and by which version of the specification.
pub(super) static CREATION_INFO: Class = Class {
    name: "CreationInfo",
    parent: None,
    is_abstract: false,
    members: &[
        may("comment", Of::Text),
        must("created", Of::Time),
        some("createdBy", 1, Of::Object(&AGENT)),
        list("createdUsing", Of::Object(&TOOL)),
        must("specVersion", Of::Version),
    ],
};

/// A key and its value.
pub(super) static DICTIONARY_ENTRY: Class = Class {
    name: "DictionaryEntry",
    parent: None,
    is_abstract: false,
    members: &[must("key", Of::Text), may("value", Of::Text)],
};

/// What has an id that other documents can name.
pub(super) static ELEMENT: Class = Class {
    name: "Element",
    parent: None,
    is_abstract: true,
    members: &[
        must("spdxId", Of::Iri),
        may("comment", Of::Text),
        must("creationInfo", Of::Object(&CREATION_INFO)),
        may("description", Of::Text),
        list("extension", Of::Object(&EXTENSION)),
        list("externalIdentifier", Of::Object(&EXTERNAL_IDENTIFIER)),
        list("externalRef", Of::Object(&EXTERNAL_REF)),
        may("name", Of::Text),
        may("summary", Of::Text),
        list("verifiedUsing", Of::Object(&INTEGRITY_METHOD)),
    ],
};

/// Elements that are told together.
pub(super) static ELEMENT_COLLECTION: Class = Class {
    name: "ElementCollection",
    parent: Some(&ELEMENT),
    is_abstract: true,
    members: &[
        list("element", Of::Object(&ELEMENT)),
        list("profileConformance", Of::Word(PROFILE_IDENTIFIER_TYPES)),
        list("rootElement", Of::Object(&ELEMENT)),
    ],
};

/// How somebody else calls an element.
pub(super) static EXTERNAL_IDENTIFIER: Class = Class {
    name: "ExternalIdentifier",
    parent: None,
    is_abstract: false,
    members: &[
        may("comment", Of::Text),
        must("externalIdentifierType", Of::Word(EXTERNAL_IDENTIFIER_TYPES)),
        must("identifier", Of::Text),
        list("identifierLocator", Of::Text),
        may("issuingAuthority", Of::Text),
    ],
};

/// An element that another document defines.
pub(super) static EXTERNAL_MAP: Class = Class {
    name: "ExternalMap",
    parent: None,
    is_abstract: false,
    members: &[
        may("definingArtifact", Of::Object(&ARTIFACT)),
        must("externalSpdxId", Of::Text),
        may("locationHint", Of::Text),
        list("verifiedUsing", Of::Object(&INTEGRITY_METHOD)),
    ],
};

/// Where more about an element is found.
pub(super) static EXTERNAL_REF: Class = Class {
    name: "ExternalRef",
    parent: None,
    is_abstract: false,
    members: &[
        may("comment", Of::Text),
        may("contentType", Of::MediaType),
        may("externalRefType", Of::Word(EXTERNAL_REF_TYPES)),
        list("locator", Of::Text),
    ],
};

/// A digest.
pub(super) static HASH: Class = Class {
    name: "Hash",
    parent: Some(&INTEGRITY_METHOD),
    is_abstract: false,
    members: &[must("algorithm", Of::Word(HASH_ALGORITHMS)), must("hashValue", Of::Text)],
};

/// An element that the specification itself names.
pub(super) static INDIVIDUAL_ELEMENT: Class =
    Class { name: "IndividualElement", parent: Some(&ELEMENT), is_abstract: false, members: &[] };

/// How something is known to be unchanged.
pub(super) static INTEGRITY_METHOD: Class =
    Class { name: "IntegrityMethod", parent: None, is_abstract: true, members: &[may("comment", Of::Text)] };

/// A relationship that holds in a part of the life of software.
pub(super) static LIFECYCLE_SCOPED_RELATIONSHIP: Class = Class {
    name: "LifecycleScopedRelationship",
    parent: Some(&RELATIONSHIP),
    is_abstract: false,
    members: &[may("scope", Of::Word(LIFECYCLE_SCOPE_TYPES))],
};

/// A short form of a namespace.
pub(super) static NAMESPACE_MAP: Class = Class {
    name: "NamespaceMap",
    parent: None,
    is_abstract: false,
    members: &[must("namespace", Of::Text), must("prefix", Of::Text)],
};

/// A company or another group.
pub(super) static ORGANIZATION: Class =
    Class { name: "Organization", parent: Some(&AGENT), is_abstract: false, members: &[] };

/// A digest over the digests of files.
pub(super) static PACKAGE_VERIFICATION_CODE: Class = Class {
    name: "PackageVerificationCode",
    parent: Some(&INTEGRITY_METHOD),
    is_abstract: false,
    members: &[
        must("algorithm", Of::Word(HASH_ALGORITHMS)),
        must("hashValue", Of::Text),
        list("packageVerificationCodeExcludedFile", Of::Text),
    ],
};

/// Somebody.
pub(super) static PERSON: Class =
    Class { name: "Person", parent: Some(&AGENT), is_abstract: false, members: &[] };

/// From one number to another.
pub(super) static POSITIVE_INTEGER_RANGE: Class = Class {
    name: "PositiveIntegerRange",
    parent: None,
    is_abstract: false,
    members: &[
        must("beginIntegerRange", Of::Integer { min: 1 }),
        must("endIntegerRange", Of::Integer { min: 1 }),
    ],
};

/// What one element is to others.
pub(super) static RELATIONSHIP: Class = Class {
    name: "Relationship",
    parent: Some(&ELEMENT),
    is_abstract: false,
    members: &[
        may("completeness", Of::Word(COMPLETENESS)),
        may("endTime", Of::Time),
        must("from", Of::Object(&ELEMENT)),
        must("relationshipType", Of::Word(RELATIONSHIP_TYPES)),
        may("startTime", Of::Time),
        some("to", 1, Of::Object(&ELEMENT)),
    ],
};

/// A program that acts.
pub(super) static SOFTWARE_AGENT: Class =
    Class { name: "SoftwareAgent", parent: Some(&AGENT), is_abstract: false, members: &[] };

/// The document.
pub(super) static SPDX_DOCUMENT: Class = Class {
    name: "SpdxDocument",
    parent: Some(&ELEMENT_COLLECTION),
    is_abstract: false,
    members: &[
        may("dataLicense", Of::Object(&ANY_LICENSE_INFO)),
        list("import", Of::Object(&EXTERNAL_MAP)),
        list("namespaceMap", Of::Object(&NAMESPACE_MAP)),
    ],
};

/// A program that made an element.
pub(super) static TOOL: Class =
    Class { name: "Tool", parent: Some(&ELEMENT), is_abstract: false, members: &[] };
