//! Which members of SPDX 2 are no texts, for syntaxes that know texts only.

use serde_json::Number;

use super::super::wire::tree::Tree;

/// Members that are lists, of texts.
const LISTS_OF_TEXTS: &[&str] = &[
    "attributionTexts",
    "creators",
    "documentDescribes",
    "fileContributors",
    "fileDependencies",
    "fileTypes",
    "hasFiles",
    "licenseInfoFromFiles",
    "licenseInfoInFiles",
    "licenseInfoInSnippets",
    "packageVerificationCodeExcludedFiles",
    "seeAlsos",
];

/// Members that are lists, of objects.
const LISTS_OF_OBJECTS: &[&str] = &[
    "annotations",
    "artifactOfs",
    "checksums",
    "crossRefs",
    "externalDocumentRefs",
    "externalRefs",
    "files",
    "hasExtractedLicensingInfos",
    "packages",
    "ranges",
    "relationships",
    "revieweds",
    "snippets",
];

/// Members that are `true` or `false`.
const FLAGS: &[&str] = &["filesAnalyzed", "isLive", "isValid", "isWayBackLink"];

/// Members that are whole numbers.
const NUMBERS: &[&str] = &["lineNumber", "offset", "order"];

/// Members that are texts in which white space says something.
const FREE_TEXTS: &[&str] = &[
    "attributionTexts",
    "comment",
    "copyrightText",
    "description",
    "extractedText",
    "licenseComments",
    "noticeText",
    "sourceInfo",
    "summary",
];

/// Whether the member `name` is a list, in whichever object it is.
pub(super) fn is_list(name: &str) -> bool {
    LISTS_OF_TEXTS.contains(&name) || is_list_of_objects(name)
}

/// Whether the member `name` is a list of objects.
pub(super) fn is_list_of_objects(name: &str) -> bool {
    LISTS_OF_OBJECTS.contains(&name)
}

/// Whether white space around the member `name` says something.
pub(super) fn is_free_text(name: &str) -> bool {
    FREE_TEXTS.contains(&name)
}

/// The value of the member `name` that is written as `text`; a text where it is not as it should be.
pub(super) fn value(name: &str, text: &str) -> Tree {
    let token = text.trim_ascii();
    if FLAGS.contains(&name) {
        match token {
            "true" => return Tree::Bool(true),
            "false" => return Tree::Bool(false),
            _ => {}
        }
    }
    if NUMBERS.contains(&name)
        && let Ok(number) = token.parse::<i64>()
    {
        return Tree::Number(Number::from(number));
    }
    Tree::Text(text.to_owned())
}
