//! SPDX 2: what the specification says and no schema can (<https://spdx.github.io/spdx-spec/v2.3/>).

use std::collections::{HashMap, HashSet};

use super::super::wire::cpe;
use super::spdx2_schema;
use super::walk::{Spot, walk};
use super::{Found, Rule, Tree, shown, terms, word};
use crate::format::spdx2::schema::Version;

/// A rule, and what it says of a value: the reason, where the value breaks it.
pub(super) struct Row {
    pub(super) rule: Rule,
    check: fn(&Known<'_>, &Spot<'_, '_>) -> Option<String>,
}

const fn row(
    id: &'static str,
    section: &'static str,
    demands: &'static str,
    check: fn(&Known<'_>, &Spot<'_, '_>) -> Option<String>,
) -> Row {
    Row { rule: Rule { id, section, demands }, check }
}

pub(super) static SCHEMA: Rule = Rule::schema("JSON schema of SPDX 2.2.2 or 2.3.1");

pub(super) static RULES: &[Row] = &[
    row("spdx2-version", "6.1", "`spdxVersion` is a version of SPDX 2.", version),
    row("spdx2-data-license", "6.2", "`dataLicense` is `CC0-1.0`.", data_license),
    row(
        "spdx2-id-form",
        "6.3, 7.2, 8.2, 9.1",
        "The document's `SPDXID` is `SPDXRef-DOCUMENT`; others are `SPDXRef-` with letters, digits, `.` and `-`.",
        id_form,
    ),
    row("spdx2-id-unique", "6.3, 7.2, 8.2, 9.1", "No two elements have the same `SPDXID`.", id_unique),
    row("spdx2-namespace", "6.5", "`documentNamespace` is an absolute URI without `#`.", namespace),
    row(
        "spdx2-external-document",
        "6.6",
        "`externalDocumentId` is `DocumentRef-` with letters, digits, `.`, `-` and `+`; `spdxDocument` is an absolute URI.",
        external_document,
    ),
    row(
        "spdx2-agent",
        "6.8, 7.5, 7.6, 12.1",
        "Creators, annotators and reviewers are `Person: `, `Organization: ` or `Tool: ` and a name; suppliers and originators one of the first two, or `NOASSERTION`.",
        agent,
    ),
    row("spdx2-date", "6.9, 7.25 to 7.27, 12.2, 13.2", "Dates are `YYYY-MM-DDThh:mm:ssZ`.", date),
    row(
        "spdx2-download-location",
        "7.7",
        "`downloadLocation` is a URI (perhaps of Git, `git@host:path` too), `NONE` or `NOASSERTION`.",
        download_location,
    ),
    row(
        "spdx2-verification-code",
        "7.8, 7.9",
        "A package has a verification code, a SHA-1, where `filesAnalyzed` is not false (until 2.2), and neither that nor `licenseInfoFromFiles` where it is.",
        verification_code,
    ),
    row(
        "spdx2-checksum",
        "7.10, 8.4, 6.6",
        "`checksumValue` is hexadecimal, and as long as its `algorithm` gives.",
        checksum,
    ),
    row(
        "spdx2-license-expression",
        "7.13 to 7.15, 8.5, 8.6, 9.5, 9.6, Annex D",
        "Licences are SPDX licence expressions, `NONE` or `NOASSERTION`; the licences of no list that they name are in the document, or in one that it names.",
        license_expression,
    ),
    row(
        "spdx2-external-reference",
        "7.21, Annex F",
        "References of the types `purl`, `cpe23Type` and `cpe22Type` are what they say, and of the category of their type.",
        external_reference,
    ),
    row("spdx2-file-sha1", "8.4", "A file has a checksum by SHA-1.", file_sha1),
    row(
        "spdx2-extracted-license",
        "10.1",
        "`licenseId` is `LicenseRef-` with letters, digits, `.` and `-`, and no two licences have the same.",
        extracted_license,
    ),
    row(
        "spdx2-relationship",
        "11.1",
        "Both ends are elements, of this document or of one that it names; the second may be `NONE` or `NOASSERTION`.",
        relationship,
    ),
    row(
        "spdx2-describes",
        "11.1",
        "The document describes something, unless it has only one package.",
        describes,
    ),
    row(
        "spdx2-reference",
        "6, 7, 9.2, 9.3",
        "What `documentDescribes`, `hasFiles`, `snippetFromFile`, `fileDependencies` and the ranges of snippets name are elements.",
        reference,
    ),
];

/// What a document defines.
struct Known<'t> {
    document: &'t Tree,
    version: &'t str,
    /// Every element by its id, and the first object that has it.
    ids: HashMap<&'t str, &'t Tree>,
    /// Every licence of no list by its id, and the first object that has it.
    licenses: HashMap<&'t str, &'t Tree>,
    documents: HashSet<&'t str>,
}

/// Judges structure and rules; whether there is a schema for the version.
pub(super) fn check(tree: &Tree, found: &mut Found) -> bool {
    let version = match word(tree, "spdxVersion") {
        "SPDX-2.2" => Some(Version::V2_2),
        "SPDX-2.3" => Some(Version::V2_3),
        _ => None,
    };
    if let Some(version) = version {
        spdx2_schema::check(tree, version, &mut |path, reason| found.add(&SCHEMA, path.to_owned(), reason));
    }
    let known = known(tree);
    walk(tree, &mut |spot| {
        for row in RULES {
            if let Some(reason) = (row.check)(&known, spot) {
                found.add(&row.rule, spot.path(), reason);
            }
        }
    });
    version.is_some()
}

fn known(tree: &Tree) -> Known<'_> {
    let mut known = Known {
        document: tree,
        version: word(tree, "spdxVersion"),
        ids: HashMap::new(),
        licenses: HashMap::new(),
        documents: HashSet::new(),
    };
    known.ids.insert(word(tree, "SPDXID"), tree);
    for list in ["packages", "files", "snippets"] {
        for element in elements(tree, list) {
            known.ids.entry(word(element, "SPDXID")).or_insert(element);
        }
    }
    for license in elements(tree, "hasExtractedLicensingInfos") {
        known.licenses.entry(word(license, "licenseId")).or_insert(license);
    }
    known
        .documents
        .extend(elements(tree, "externalDocumentRefs").iter().map(|it| word(it, "externalDocumentId")));
    known
}

fn elements<'t>(tree: &'t Tree, name: &str) -> &'t [Tree] {
    tree.get(name).map_or(&[], Tree::elements)
}

fn version(known: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let is_wrong =
        spot.is_at(&[]) && !matches!(known.version, "SPDX-2.0" | "SPDX-2.1" | "SPDX-2.2" | "SPDX-2.3");
    is_wrong.then(|| format!("has the version {}, which is no version of SPDX 2", shown(known.version)))
}

fn data_license(_: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let is_wrong = spot.is_at(&["dataLicense"]) && spot.text().is_some_and(|text| text != "CC0-1.0");
    is_wrong.then(|| "is not `CC0-1.0`".to_owned())
}

fn id_form(_: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    if spot.name() != "SPDXID" {
        return None;
    }
    let id = spot.text()?;
    if spot.is_at(&["SPDXID"]) && id != "SPDXRef-DOCUMENT" {
        return Some(format!("is {}; a document has `SPDXRef-DOCUMENT`", shown(id)));
    }
    let is_form = id.strip_prefix("SPDXRef-").is_some_and(terms::is_id_string);
    (!is_form).then(|| format!("is {}; an id is `SPDXRef-` with letters, digits, `.` and `-`", shown(id)))
}

fn id_unique(known: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    if spot.name() != "SPDXID" {
        return None;
    }
    let id = spot.text()?;
    let is_first =
        known.ids.get(id).zip(spot.holder).is_some_and(|(first, holder)| std::ptr::eq(*first, holder));
    (!is_first).then(|| format!("is {}, as that of another element", shown(id)))
}

fn namespace(_: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    if !spot.is_at(&["documentNamespace"]) {
        return None;
    }
    let text = spot.text()?;
    if text.contains('#') {
        return Some("has a `#`, which a namespace must not".to_owned());
    }
    (!terms::is_absolute_uri(text)).then(|| format!("is {}, no absolute URI", shown(text)))
}

fn external_document(_: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let text = spot.text()?;
    if spot.is_at(&["externalDocumentRefs", "externalDocumentId"]) {
        let is_form = text.strip_prefix("DocumentRef-").is_some_and(|rest| {
            !rest.is_empty()
                && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+'))
        });
        return (!is_form).then(|| {
            format!("is {}; an id is `DocumentRef-` with letters, digits, `.`, `-` and `+`", shown(text))
        });
    }
    let is_wrong = spot.is_at(&["externalDocumentRefs", "spdxDocument"]) && !terms::is_absolute_uri(text);
    is_wrong.then(|| format!("is {}, no absolute URI", shown(text)))
}

fn agent(_: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let kinds: &[&str] = match spot.name() {
        "creators" | "annotator" | "reviewer" => &["Person: ", "Organization: ", "Tool: "],
        "supplier" | "originator" => &["Person: ", "Organization: "],
        _ => return None,
    };
    let text = spot.text()?;
    let may_be_unknown = matches!(spot.name(), "supplier" | "originator") && text == "NOASSERTION";
    let is_form =
        kinds.iter().any(|kind| text.strip_prefix(kind).is_some_and(|name| !name.trim().is_empty()));
    let forms: Vec<_> = kinds.iter().map(|kind| format!("`{kind}…`")).collect();
    (!is_form && !may_be_unknown).then(|| format!("is {}, none of {}", shown(text), forms.join(", ")))
}

fn date(_: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let is_date = matches!(
        spot.name(),
        "created" | "annotationDate" | "reviewDate" | "releaseDate" | "builtDate" | "validUntilDate"
    );
    let text = spot.text().filter(|_| is_date)?;
    terms::spdx_date(text).err().map(|reason| format!("is {}, which {reason}", shown(text)))
}

fn download_location(_: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let text = spot.text().filter(|_| spot.is_at(&["packages", "downloadLocation"]))?;
    let is_fine = matches!(text, "NONE" | "NOASSERTION") || terms::is_absolute_uri(text) || is_scp(text);
    (!is_fine).then(|| format!("is {}, neither a URI nor `NONE` nor `NOASSERTION`", shown(text)))
}

/// Whether `text` is like `git@host:path`, which Git takes and the specification allows after `git+`.
fn is_scp(text: &str) -> bool {
    let rest = text.strip_prefix("git+").unwrap_or(text);
    rest.split_once(':').is_some_and(|(host, path)| host.contains('@') && !path.is_empty())
        && !text.contains(char::is_whitespace)
}

fn verification_code(known: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    if spot.is_at(&["packages", "packageVerificationCode", "packageVerificationCodeValue"]) {
        let text = spot.text()?;
        return terms::hash("SHA1", text).err().map(|reason| format!("is {}, which {reason}", shown(text)));
    }
    if !spot.is_at(&["packages"]) || !spot.is_object() {
        return None;
    }
    let package = spot.tree;
    let is_analyzed = !matches!(package.get("filesAnalyzed"), Some(Tree::Bool(false)));
    let has_code = package.get("packageVerificationCode").is_some();
    if !is_analyzed && has_code {
        return Some("has a `packageVerificationCode` although `filesAnalyzed` is false".to_owned());
    }
    if !is_analyzed && !elements(package, "licenseInfoFromFiles").is_empty() {
        return Some("has `licenseInfoFromFiles` although `filesAnalyzed` is false".to_owned());
    }
    // Mandatory until 2.2; 2.3 leaves it out of what must be there.
    let is_missing = is_analyzed && !has_code && known.version != "SPDX-2.3";
    is_missing.then(|| "lacks `packageVerificationCode` although `filesAnalyzed` is not false".to_owned())
}

fn checksum(_: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let text = spot.text().filter(|_| spot.name() == "checksumValue")?;
    terms::hash(word(spot.holder?, "algorithm"), text).err()
}

fn license_expression(known: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let is_license = matches!(
        spot.name(),
        "licenseConcluded"
            | "licenseDeclared"
            | "licenseInfoFromFiles"
            | "licenseInfoInFiles"
            | "licenseInfoInSnippets"
    );
    let text = spot.text().filter(|_| is_license)?;
    if matches!(text, "NONE" | "NOASSERTION") {
        return None;
    }
    let references = match terms::expression(text) {
        Ok(references) => references,
        Err(reason) => return Some(format!("is {}, which {reason}", shown(text))),
    };
    references.iter().find_map(|reference| match reference.split_once(':') {
        Some((document, _)) if !known.documents.contains(document) => {
            Some(format!("names {}, which is not in `externalDocumentRefs`", shown(document)))
        }
        None if !known.licenses.contains_key(reference.as_str()) => {
            Some(format!("names {}, which is not in `hasExtractedLicensingInfos`", shown(reference)))
        }
        _ => None,
    })
}

fn external_reference(_: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    if !spot.is_at(&["packages", "externalRefs"]) || !spot.is_object() {
        return None;
    }
    let locator = word(spot.tree, "referenceLocator");
    let kind = word(spot.tree, "referenceType");
    let (checked, category) = match kind {
        "purl" => (terms::purl(locator), "PACKAGE-MANAGER"),
        "cpe23Type" => (cpe::check_string(locator), "SECURITY"),
        "cpe22Type" => (cpe::check_uri(locator), "SECURITY"),
        _ => return None,
    };
    if let Err(reason) = checked {
        return Some(format!("is {}, which {reason}", shown(locator)));
    }
    let stated = word(spot.tree, "referenceCategory");
    (stated.replace('_', "-") != category)
        .then(|| format!("is of the category {}; `{kind}` is of `{category}`", shown(stated)))
}

fn file_sha1(_: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    if !spot.is_at(&["files"]) || !spot.is_object() {
        return None;
    }
    let has = elements(spot.tree, "checksums").iter().any(|checksum| word(checksum, "algorithm") == "SHA1");
    (!has).then(|| "has no checksum by SHA1".to_owned())
}

fn extracted_license(known: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    if !spot.is_at(&["hasExtractedLicensingInfos", "licenseId"]) {
        return None;
    }
    let id = spot.text()?;
    if !id.strip_prefix("LicenseRef-").is_some_and(terms::is_id_string) {
        return Some(format!("is {}; an id is `LicenseRef-` with letters, digits, `.` and `-`", shown(id)));
    }
    let is_first =
        known.licenses.get(id).zip(spot.holder).is_some_and(|(first, holder)| std::ptr::eq(*first, holder));
    (!is_first).then(|| format!("is {}, as that of another licence", shown(id)))
}

/// Why `id` leads to no element.
fn unresolved(known: &Known<'_>, id: &str) -> Option<String> {
    if let Some((document, element)) = id.split_once(':').filter(|_| id.starts_with("DocumentRef-")) {
        if !known.documents.contains(document) {
            return Some(format!("names {}, which is not in `externalDocumentRefs`", shown(document)));
        }
        let is_form = element.strip_prefix("SPDXRef-").is_some_and(terms::is_id_string);
        return (!is_form).then(|| format!("names {}, no id of an element", shown(element)));
    }
    (id.is_empty() || !known.ids.contains_key(id))
        .then(|| format!("names {}, which is no element", shown(id)))
}

fn relationship(known: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let id = spot.text()?;
    if spot.is_at(&["relationships", "spdxElementId"]) {
        return unresolved(known, id);
    }
    if spot.is_at(&["relationships", "relatedSpdxElement"]) && !matches!(id, "NONE" | "NOASSERTION") {
        return unresolved(known, id);
    }
    None
}

fn describes(known: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    if !spot.is_at(&[]) {
        return None;
    }
    let count = |name| elements(known.document, name).len();
    // A document of one package describes that.
    if count("packages") == 1 || count("documentDescribes") > 0 {
        return None;
    }
    let has = elements(known.document, "relationships").iter().any(|relationship| {
        let end = match word(relationship, "relationshipType") {
            "DESCRIBES" => "spdxElementId",
            "DESCRIBED_BY" => "relatedSpdxElement",
            _ => return false,
        };
        word(relationship, end) == word(known.document, "SPDXID")
    });
    (!has).then(|| "describes nothing: no `DESCRIBES` leads from the document".to_owned())
}

fn reference(known: &Known<'_>, spot: &Spot<'_, '_>) -> Option<String> {
    let is_reference =
        matches!(spot.name(), "documentDescribes" | "hasFiles" | "snippetFromFile" | "fileDependencies")
            || (spot.name() == "reference" && spot.ends(&["ranges", "startPointer", "reference"]))
            || spot.ends(&["ranges", "endPointer", "reference"]);
    let id = spot.text().filter(|_| is_reference)?;
    unresolved(known, id)
}
