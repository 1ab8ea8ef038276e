//! The properties of SPDX's ontology, and which members of its JSON they are.

/// What a property is in JSON.
#[derive(Debug)]
pub(super) struct Property {
    /// Without prefix where it is SPDX's own.
    pub(super) name: &'static str,
    pub(super) member: &'static str,
    pub(super) of: Of,
    /// Whether the member is a list.
    pub(super) is_list: bool,
}

/// What a value is in JSON.
#[derive(Clone, Copy, Debug)]
pub(super) enum Of {
    /// A text, a flag or a number.
    Value,
    /// A licence expression.
    License,
    /// The id of an element.
    Element,
    /// A word, which is what follows `_` in a resource: `fileType_archive`.
    Word(fn(&str) -> String),
    /// What external references refer to.
    ReferenceType,
    /// A resource as it is.
    Uri,
    Object(&'static [Property]),
    /// Said elsewhere in JSON.
    Nothing,
}

const fn one(name: &'static str, member: &'static str, of: Of) -> Property {
    Property { name, member, of, is_list: false }
}

const fn many(name: &'static str, member: &'static str, of: Of) -> Property {
    Property { name, member, of, is_list: true }
}

/// Properties that are relationships, from the element that they are of.
pub(super) const RELATIONSHIP: &str = "relationship";

pub(super) static DOCUMENT: &[Property] = &[
    one("specVersion", "spdxVersion", Of::Value),
    one("dataLicense", "dataLicense", Of::License),
    one("name", "name", Of::Value),
    one("rdfs:comment", "comment", Of::Value),
    one("creationInfo", "creationInfo", Of::Object(CREATION_INFO)),
    many("externalDocumentRef", "externalDocumentRefs", Of::Object(EXTERNAL_DOCUMENT)),
    many("annotation", "annotations", Of::Object(ANNOTATION)),
    many("reviewed", "revieweds", Of::Object(REVIEW)),
    many("describesPackage", "documentDescribes", Of::Element),
    many("describesFile", "documentDescribes", Of::Element),
    many("hasExtractedLicensingInfo", "", Of::Nothing),
    many("referencesFile", "", Of::Nothing),
    many(RELATIONSHIP, "", Of::Nothing),
];

static CREATION_INFO: &[Property] = &[
    one("created", "created", Of::Value),
    many("creator", "creators", Of::Value),
    one("licenseListVersion", "licenseListVersion", Of::Value),
    one("rdfs:comment", "comment", Of::Value),
];

static EXTERNAL_DOCUMENT: &[Property] = &[
    one("externalDocumentId", "externalDocumentId", Of::Value),
    one("spdxDocument", "spdxDocument", Of::Uri),
    one("checksum", "checksum", Of::Object(CHECKSUM)),
];

static CHECKSUM: &[Property] =
    &[one("algorithm", "algorithm", Of::Word(algorithm)), one("checksumValue", "checksumValue", Of::Value)];

static ANNOTATION: &[Property] = &[
    one("annotationDate", "annotationDate", Of::Value),
    one("annotationType", "annotationType", Of::Word(upper_snake)),
    one("annotator", "annotator", Of::Value),
    one("rdfs:comment", "comment", Of::Value),
];

static REVIEW: &[Property] = &[
    one("reviewDate", "reviewDate", Of::Value),
    one("reviewer", "reviewer", Of::Value),
    one("rdfs:comment", "comment", Of::Value),
];

pub(super) static PACKAGE: &[Property] = &[
    one("name", "name", Of::Value),
    one("versionInfo", "versionInfo", Of::Value),
    one("packageFileName", "packageFileName", Of::Value),
    one("supplier", "supplier", Of::Value),
    one("originator", "originator", Of::Value),
    one("downloadLocation", "downloadLocation", Of::Value),
    one("filesAnalyzed", "filesAnalyzed", Of::Value),
    one("packageVerificationCode", "packageVerificationCode", Of::Object(VERIFICATION_CODE)),
    many("checksum", "checksums", Of::Object(CHECKSUM)),
    one("doap:homepage", "homepage", Of::Value),
    one("sourceInfo", "sourceInfo", Of::Value),
    one("licenseConcluded", "licenseConcluded", Of::License),
    many("licenseInfoFromFiles", "licenseInfoFromFiles", Of::License),
    one("licenseDeclared", "licenseDeclared", Of::License),
    one("licenseComments", "licenseComments", Of::Value),
    one("copyrightText", "copyrightText", Of::Value),
    one("summary", "summary", Of::Value),
    one("description", "description", Of::Value),
    one("rdfs:comment", "comment", Of::Value),
    many("externalRef", "externalRefs", Of::Object(EXTERNAL_REFERENCE)),
    many("attributionText", "attributionTexts", Of::Value),
    one("primaryPackagePurpose", "primaryPackagePurpose", Of::Word(upper_snake)),
    one("releaseDate", "releaseDate", Of::Value),
    one("builtDate", "builtDate", Of::Value),
    one("validUntilDate", "validUntilDate", Of::Value),
    many("annotation", "annotations", Of::Object(ANNOTATION)),
    many("hasFile", "hasFiles", Of::Element),
    many(RELATIONSHIP, "", Of::Nothing),
];

static VERIFICATION_CODE: &[Property] = &[
    one("packageVerificationCodeValue", "packageVerificationCodeValue", Of::Value),
    many("packageVerificationCodeExcludedFile", "packageVerificationCodeExcludedFiles", Of::Value),
];

static EXTERNAL_REFERENCE: &[Property] = &[
    one("referenceCategory", "referenceCategory", Of::Word(category)),
    one("referenceType", "referenceType", Of::ReferenceType),
    one("referenceLocator", "referenceLocator", Of::Value),
    one("rdfs:comment", "comment", Of::Value),
];

pub(super) static FILE: &[Property] = &[
    one("fileName", "fileName", Of::Value),
    many("fileType", "fileTypes", Of::Word(upper_snake)),
    many("checksum", "checksums", Of::Object(CHECKSUM)),
    one("licenseConcluded", "licenseConcluded", Of::License),
    many("licenseInfoInFile", "licenseInfoInFiles", Of::License),
    one("licenseComments", "licenseComments", Of::Value),
    one("copyrightText", "copyrightText", Of::Value),
    one("rdfs:comment", "comment", Of::Value),
    one("noticeText", "noticeText", Of::Value),
    many("fileContributor", "fileContributors", Of::Value),
    many("attributionText", "attributionTexts", Of::Value),
    many("fileDependency", "fileDependencies", Of::Element),
    many("artifactOf", "artifactOfs", Of::Object(PROJECT)),
    many("annotation", "annotations", Of::Object(ANNOTATION)),
    many(RELATIONSHIP, "", Of::Nothing),
];

static PROJECT: &[Property] =
    &[one("doap:name", "name", Of::Value), one("doap:homepage", "homePage", Of::Value)];

pub(super) static SNIPPET: &[Property] = &[
    one("name", "name", Of::Value),
    one("snippetFromFile", "snippetFromFile", Of::Element),
    many("range", "ranges", Of::Object(RANGE)),
    one("licenseConcluded", "licenseConcluded", Of::License),
    many("licenseInfoInSnippet", "licenseInfoInSnippets", Of::License),
    one("licenseComments", "licenseComments", Of::Value),
    one("copyrightText", "copyrightText", Of::Value),
    one("rdfs:comment", "comment", Of::Value),
    many("attributionText", "attributionTexts", Of::Value),
    many("annotation", "annotations", Of::Object(ANNOTATION)),
    many(RELATIONSHIP, "", Of::Nothing),
];

static RANGE: &[Property] = &[
    one("ptr:startPointer", "startPointer", Of::Object(POINTER)),
    one("ptr:endPointer", "endPointer", Of::Object(POINTER)),
];

static POINTER: &[Property] = &[
    one("ptr:reference", "reference", Of::Element),
    one("ptr:offset", "offset", Of::Value),
    one("ptr:lineNumber", "lineNumber", Of::Value),
];

pub(super) static EXTRACTED_LICENSE: &[Property] = &[
    one("licenseId", "licenseId", Of::Value),
    one("extractedText", "extractedText", Of::Value),
    one("name", "name", Of::Value),
    one("licenseName", "name", Of::Value),
    many("rdfs:seeAlso", "seeAlsos", Of::Value),
    one("rdfs:comment", "comment", Of::Value),
    many("crossRef", "crossRefs", Of::Object(CROSS_REFERENCE)),
];

static CROSS_REFERENCE: &[Property] = &[
    one("url", "url", Of::Value),
    one("isLive", "isLive", Of::Value),
    one("isValid", "isValid", Of::Value),
    one("isWayBackLink", "isWayBackLink", Of::Value),
    one("match", "match", Of::Value),
    one("order", "order", Of::Value),
    one("timestamp", "timestamp", Of::Value),
];

/// What a relationship says besides the element that it is from.
pub(super) static OF_RELATIONSHIP: &[Property] = &[
    one("relationshipType", "relationshipType", Of::Word(upper_snake)),
    one("relatedSpdxElement", "relatedSpdxElement", Of::Element),
    one("rdfs:comment", "comment", Of::Value),
];

/// `buildToolOf` as `BUILD_TOOL_OF`.
fn upper_snake(word: &str) -> String {
    let mut out = String::with_capacity(word.len() + 4);
    for character in word.chars() {
        if character.is_ascii_uppercase() && !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
        out.push(if character == '-' { '_' } else { character.to_ascii_uppercase() });
    }
    out
}

/// `blake2b384` as `BLAKE2b-384`, `sha3_256` as `SHA3-256`.
fn algorithm(word: &str) -> String {
    let word = word.to_ascii_lowercase().replace(['_', '-'], "");
    if let Some(bits) = word.strip_prefix("blake2b") {
        return format!("BLAKE2b-{bits}");
    }
    match word.strip_prefix("sha3") {
        Some(bits) if ["256", "384", "512"].contains(&bits) => format!("SHA3-{bits}"),
        _ => word.to_ascii_uppercase(),
    }
}

/// `packageManager` as `PACKAGE-MANAGER`.
fn category(word: &str) -> String {
    upper_snake(word).replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::super::super::schema::{self, Member, members_at};
    use super::*;

    /// Members that are no property: what `rdf:about` says, and what other objects or relationships say.
    const NO_PROPERTIES: &[(&str, &[&str])] = &[
        (
            "",
            &[
                "$schema",
                "SPDXID",
                "documentNamespace",
                "files",
                "hasExtractedLicensingInfos",
                "packages",
                "relationships",
                "snippets",
            ],
        ),
        ("packages", &["SPDXID"]),
        ("files", &["SPDXID"]),
        ("snippets", &["SPDXID"]),
        ("relationships", &["spdxElementId"]),
    ];

    /// Refuses properties of the objects at `path` that `members` has not, or has in another shape, and the other way
    /// round.
    fn agree(properties: &[Property], members: &[Member], path: &str) {
        for property in properties.iter().filter(|property| !property.member.is_empty()) {
            let path = format!("{path}.{}", property.member);
            let member = members.iter().find(|member| member.name == property.member);
            let Some(member) = member else { panic!("{path} is no member") };
            let is_list = matches!(
                member.of,
                schema::Of::Texts | schema::Of::Words(_) | schema::Of::Records(_) | schema::Of::Objects
            );
            assert_eq!(property.is_list, is_list, "{path}");
            match (property.of, member.of) {
                (Of::Object(properties), schema::Of::Record(members) | schema::Of::Records(members)) => {
                    agree(properties, members, &path);
                }
                (Of::Object(_), schema::Of::Objects) => {}
                (Of::Object(_), _) | (_, schema::Of::Record(_) | schema::Of::Records(_)) => panic!("{path}"),
                (Of::Word(_), of) => {
                    assert!(matches!(of, schema::Of::Word(..) | schema::Of::Words(_)), "{path}");
                }
                _ => {}
            }
        }
        let excepted = NO_PROPERTIES.iter().find(|(of, _)| *of == path).map_or(&[][..], |(_, names)| *names);
        for member in members {
            let has_property = properties.iter().any(|property| property.member == member.name);
            assert!(
                has_property != excepted.contains(&member.name),
                "{path}.{}: {has_property}",
                member.name
            );
        }
    }

    #[test]
    fn every_property_is_a_member_of_the_schema_and_every_member_a_property() {
        let lists = [
            ("packages", PACKAGE),
            ("files", FILE),
            ("snippets", SNIPPET),
            ("hasExtractedLicensingInfos", EXTRACTED_LICENSE),
            ("relationships", OF_RELATIONSHIP),
        ];
        agree(DOCUMENT, members_at(&[]), "");
        for (list, properties) in lists {
            agree(properties, members_at(&[list]), list);
        }
    }
}
