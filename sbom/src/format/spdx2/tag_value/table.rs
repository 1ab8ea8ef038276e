//! The tags of SPDX 2.1 to 2.3, and which members of its JSON they are.

/// What a tag is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Section {
    /// The document (§6).
    Document,
    /// How the document was made (§6.8): its member `creationInfo`.
    Creation,
    /// A package (§7).
    Package,
    /// A file (§8).
    File,
    /// A part of a file (§9).
    Snippet,
    /// A licence of no list (§10).
    License,
    /// A relationship (§11).
    Relationship,
    /// An annotation (§12).
    Annotation,
    /// A review (§13).
    Review,
}

/// What the value of a tag is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// One text.
    Text,
    /// One of several texts.
    Texts,
    /// `true` or `false`.
    Flag,
    /// A text that is written with hyphens here and with underscores in JSON.
    Purpose,
    /// `algorithm: digest`, one of several.
    Checksum,
    /// `digest (excludes: path, path)`.
    VerificationCode,
    /// `category type locator`, one of several.
    ExternalRef,
    /// `id namespace algorithm: digest`, one of several.
    ExternalDocument,
    /// `from type to`.
    Relationship,
    /// `start:end`, one of several; of the member of a pointer that this is.
    Range(&'static str),
    /// A text of the last object in the list that the member is; a new one begins when that has it already and `begins`.
    OfLast {
        /// Of the object.
        member: &'static str,
        begins: bool,
    },
    /// What an annotation is about.
    Target,
}

/// A tag.
#[derive(Debug)]
pub(super) struct Tag {
    pub(super) name: &'static str,
    pub(super) section: Section,
    /// Of the section's object.
    pub(super) member: &'static str,
    pub(super) shape: Shape,
}

/// The tag called `name`.
pub(super) fn find(name: &str) -> Option<&'static Tag> {
    TAGS.iter().find(|tag| tag.name == name)
}

/// Whether the value of the tag called `name` is a name or a version: “a single line of text”, which other readers take
/// for nothing else. In other values `<text>` can stand, be it as a last resort.
pub(super) fn is_one_line(name: &str) -> bool {
    ["DocumentName", "PackageName", "PackageVersion", "PackageFileName", "SnippetName", "LicenseName"]
        .contains(&name)
}

/// The tags of `section`, in the order in which they are written; the first begins it.
pub(super) fn of(section: Section) -> impl Iterator<Item = &'static Tag> {
    TAGS.iter().filter(move |tag| tag.section == section)
}

/// Where the id of a document, a package or a file stands.
pub(super) const ID_TAG: &str = "SPDXID";

/// Their member.
pub(super) const ID: &str = "SPDXID";

const fn tag(name: &'static str, section: Section, member: &'static str, shape: Shape) -> Tag {
    Tag { name, section, member, shape }
}

/// All but [`ID_TAG`], which several sections share.
static TAGS: &[Tag] = {
    use Section::{Annotation, Creation, Document, File, License, Package, Relationship, Review, Snippet};
    use Shape::{Checksum, ExternalDocument, ExternalRef, Flag, OfLast, Purpose, Range, Text, Texts};
    &[
        tag("SPDXVersion", Document, "spdxVersion", Text),
        tag("DataLicense", Document, "dataLicense", Text),
        tag("DocumentName", Document, "name", Text),
        tag("DocumentNamespace", Document, "documentNamespace", Text),
        tag("ExternalDocumentRef", Document, "externalDocumentRefs", ExternalDocument),
        tag("DocumentComment", Document, "comment", Text),
        tag("LicenseListVersion", Creation, "licenseListVersion", Text),
        tag("Creator", Creation, "creators", Texts),
        tag("Created", Creation, "created", Text),
        tag("CreatorComment", Creation, "comment", Text),
        tag("FileName", File, "fileName", Text),
        tag("FileType", File, "fileTypes", Texts),
        tag("FileChecksum", File, "checksums", Checksum),
        tag("LicenseConcluded", File, "licenseConcluded", Text),
        tag("LicenseInfoInFile", File, "licenseInfoInFiles", Texts),
        tag("LicenseComments", File, "licenseComments", Text),
        tag("FileCopyrightText", File, "copyrightText", Text),
        tag("ArtifactOfProjectName", File, "artifactOfs", OfLast { member: "name", begins: true }),
        tag("ArtifactOfProjectHomePage", File, "artifactOfs", OfLast { member: "homePage", begins: true }),
        tag("ArtifactOfProjectURI", File, "artifactOfs", OfLast { member: "projectUri", begins: true }),
        tag("FileComment", File, "comment", Text),
        tag("FileNotice", File, "noticeText", Text),
        tag("FileContributor", File, "fileContributors", Texts),
        tag("FileAttributionText", File, "attributionTexts", Texts),
        tag("FileDependency", File, "fileDependencies", Texts),
        tag("SnippetSPDXID", Snippet, "SPDXID", Text),
        tag("SnippetFromFileSPDXID", Snippet, "snippetFromFile", Text),
        tag("SnippetByteRange", Snippet, "ranges", Range("offset")),
        tag("SnippetLineRange", Snippet, "ranges", Range("lineNumber")),
        tag("SnippetLicenseConcluded", Snippet, "licenseConcluded", Text),
        tag("LicenseInfoInSnippet", Snippet, "licenseInfoInSnippets", Texts),
        tag("SnippetLicenseComments", Snippet, "licenseComments", Text),
        tag("SnippetCopyrightText", Snippet, "copyrightText", Text),
        tag("SnippetComment", Snippet, "comment", Text),
        tag("SnippetName", Snippet, "name", Text),
        tag("SnippetAttributionText", Snippet, "attributionTexts", Texts),
        tag("PackageName", Package, "name", Text),
        tag("PackageVersion", Package, "versionInfo", Text),
        tag("PackageFileName", Package, "packageFileName", Text),
        tag("PackageSupplier", Package, "supplier", Text),
        tag("PackageOriginator", Package, "originator", Text),
        tag("PackageDownloadLocation", Package, "downloadLocation", Text),
        tag("PrimaryPackagePurpose", Package, "primaryPackagePurpose", Purpose),
        tag("ReleaseDate", Package, "releaseDate", Text),
        tag("BuiltDate", Package, "builtDate", Text),
        tag("ValidUntilDate", Package, "validUntilDate", Text),
        tag("FilesAnalyzed", Package, "filesAnalyzed", Flag),
        tag("PackageVerificationCode", Package, "packageVerificationCode", Shape::VerificationCode),
        tag("PackageChecksum", Package, "checksums", Checksum),
        tag("PackageHomePage", Package, "homepage", Text),
        tag("PackageSourceInfo", Package, "sourceInfo", Text),
        tag("PackageLicenseConcluded", Package, "licenseConcluded", Text),
        tag("PackageLicenseInfoFromFiles", Package, "licenseInfoFromFiles", Texts),
        tag("PackageLicenseDeclared", Package, "licenseDeclared", Text),
        tag("PackageLicenseComments", Package, "licenseComments", Text),
        tag("PackageCopyrightText", Package, "copyrightText", Text),
        tag("PackageSummary", Package, "summary", Text),
        tag("PackageDescription", Package, "description", Text),
        tag("PackageComment", Package, "comment", Text),
        tag("ExternalRef", Package, "externalRefs", ExternalRef),
        tag("ExternalRefComment", Package, "externalRefs", OfLast { member: "comment", begins: false }),
        tag("PackageAttributionText", Package, "attributionTexts", Texts),
        tag("LicenseID", License, "licenseId", Text),
        tag("ExtractedText", License, "extractedText", Text),
        tag("LicenseName", License, "name", Text),
        tag("LicenseCrossReference", License, "seeAlsos", Texts),
        tag("LicenseComment", License, "comment", Text),
        tag("Relationship", Relationship, "relationshipType", Shape::Relationship),
        tag("RelationshipComment", Relationship, "comment", Text),
        tag("Annotator", Annotation, "annotator", Text),
        tag("AnnotationDate", Annotation, "annotationDate", Text),
        tag("AnnotationType", Annotation, "annotationType", Text),
        tag("SPDXREF", Annotation, "", Shape::Target),
        tag("AnnotationComment", Annotation, "comment", Text),
        tag("Reviewer", Review, "reviewer", Text),
        tag("ReviewDate", Review, "reviewDate", Text),
        tag("ReviewComment", Review, "comment", Text),
    ]
};

#[cfg(test)]
mod tests {
    use super::super::super::schema::{Of, members_at};
    use super::*;

    /// Each section, where its objects are in JSON, and their members that have no tag of that section.
    const SECTIONS: &[(Section, &[&str], &[&str])] = &[
        // Objects have sections of their own; what is described is said by relationships.
        (
            Section::Document,
            &[],
            &[
                "$schema",
                ID,
                "annotations",
                "creationInfo",
                "documentDescribes",
                "files",
                "hasExtractedLicensingInfos",
                "packages",
                "relationships",
                "revieweds",
                "snippets",
            ],
        ),
        (Section::Creation, &["creationInfo"], &[]),
        // Which files it has is said by relationships.
        (Section::Package, &["packages"], &[ID, "annotations", "hasFiles"]),
        (Section::File, &["files"], &[ID, "annotations"]),
        (Section::Snippet, &["snippets"], &["annotations"]),
        // Tag-value has no more of a cross reference than its address, which is in `seeAlsos`.
        (Section::License, &["hasExtractedLicensingInfos"], &["crossRefs"]),
        // Both ends are in the value of the tag.
        (Section::Relationship, &["relationships"], &["relatedSpdxElement", "spdxElementId"]),
        (Section::Annotation, &["annotations"], &[]),
        (Section::Review, &["revieweds"], &[]),
    ];

    fn fits(shape: Shape, of: Of) -> bool {
        match shape {
            Shape::Text => matches!(of, Of::Text | Of::Word(..)),
            Shape::Texts => matches!(of, Of::Texts | Of::Words(_)),
            Shape::Flag => matches!(of, Of::Flag),
            Shape::Purpose | Shape::Relationship => matches!(of, Of::Word(..)),
            Shape::VerificationCode => matches!(of, Of::Record(_)),
            Shape::Checksum | Shape::ExternalRef | Shape::ExternalDocument | Shape::Range(_) => {
                matches!(of, Of::Records(_))
            }
            Shape::OfLast { .. } => matches!(of, Of::Records(_) | Of::Objects),
            Shape::Target => false,
        }
    }

    #[test]
    fn every_tag_is_a_member_of_the_schema_and_every_member_has_a_tag() {
        let mut n_tags = 0;
        for (section, path, others) in SECTIONS {
            let members = members_at(path);
            for tag in of(*section).filter(|tag| tag.shape != Shape::Target) {
                n_tags += 1;
                let member = members.iter().find(|member| member.name == tag.member);
                assert!(member.is_some_and(|member| fits(tag.shape, member.of)), "{tag:?}");
            }
            for member in members {
                let has_tag = of(*section).any(|tag| tag.member == member.name);
                let is_other = others.contains(&member.name);
                assert!(
                    has_tag != is_other,
                    "{section:?} {}: tag {has_tag}, excepted {is_other}",
                    member.name
                );
            }
            assert!(
                others.iter().all(|name| members.iter().any(|member| member.name == *name)),
                "{section:?}"
            );
        }
        assert_eq!(n_tags + 1, TAGS.len(), "all but `SPDXREF`");
    }
}
