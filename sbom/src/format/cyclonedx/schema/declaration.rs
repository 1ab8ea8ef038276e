//! The table: declaration. Fields that changed occur once for each range of versions.

use super::component::{COMPONENT, EXTERNAL_REFERENCE};
use super::document::PROPERTY;
use super::metadata::{ORGANIZATIONAL_CONTACT, ORGANIZATIONAL_ENTITY};
use super::service::SERVICE;
use super::signature::SIGNATURE;
use super::table::*;

pub(super) static ANNOTATIONS: Type = Type {
    name: "annotations",
    fields: &[
        optional("bom-ref", V1_5, V1_7, NOT_EMPTY).attribute(),
        required_in_json("subjects", V1_5, V1_7, set(&REFERENCE)).each("subject").reference(),
        required("annotator", V1_5, V1_7, Object(&ANNOTATIONS_ANNOTATOR)),
        required("timestamp", V1_5, V1_7, DATE_TIME),
        required("text", V1_5, V1_7, TEXT),
        optional("signature", V1_5, V1_7, SIGNATURE).nowhere(),
    ],
    closed: Some((V1_5, V1_7)),
    attributes: Attributes::Any,
    ..PLAIN
};

pub(super) static ANNOTATIONS_ANNOTATOR: Type = Type {
    name: "annotations_annotator",
    fields: &[
        optional("organization", V1_5, V1_7, Object(&ORGANIZATIONAL_ENTITY)),
        optional("individual", V1_5, V1_7, Object(&ORGANIZATIONAL_CONTACT)),
        optional("component", V1_5, V1_7, Object(&COMPONENT)),
        optional("service", V1_5, V1_7, Object(&SERVICE)),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[(
        V1_5,
        V1_7,
        ExactlyOneInJson(&[&["organization"], &["individual"], &["component"], &["service"]]),
    )],
    ..PLAIN
};

pub(super) static STANDARD: Type = Type {
    name: "standard",
    fields: &[
        optional("bom-ref", V1_6, V1_7, NOT_EMPTY).attribute(),
        required_in_xml("name", V1_6, V1_7, TEXT),
        required_in_xml("version", V1_6, V1_7, TEXT),
        required_in_xml("description", V1_6, V1_7, TEXT),
        required_in_xml("owner", V1_6, V1_7, TEXT),
        optional("requirements", V1_6, V1_7, list(&Object(&STANDARD_REQUIREMENTS_ITEM))).each("requirement"),
        optional("levels", V1_6, V1_7, list(&Object(&STANDARD_LEVELS_ITEM))).each("level"),
        optional("externalReferences", V1_6, V1_7, list(&Object(&EXTERNAL_REFERENCE))).each("reference"),
        optional("signature", V1_6, V1_7, SIGNATURE).nowhere(),
    ],
    closed: Some((V1_6, V1_7)),
    attributes: Attributes::Foreign,
    ..PLAIN
};

pub(super) static STANDARD_REQUIREMENTS_ITEM: Type = Type {
    name: "standard_requirements_item",
    fields: &[
        optional("bom-ref", V1_6, V1_7, NOT_EMPTY).attribute(),
        optional("identifier", V1_6, V1_7, TEXT),
        optional("title", V1_6, V1_7, TEXT),
        optional("text", V1_6, V1_7, TEXT),
        optional("descriptions", V1_6, V1_7, list(&TEXT)).each("description"),
        optional("openCre", V1_6, V1_7, list(&matching("^CRE:[0-9]+-[0-9]+$"))),
        optional("parent", V1_6, V1_7, NOT_EMPTY),
        optional("properties", V1_6, V1_7, list(&Object(&PROPERTY))).each("property"),
        optional("externalReferences", V1_6, V1_7, list(&Object(&EXTERNAL_REFERENCE))).each("reference"),
    ],
    closed: Some((V1_6, V1_7)),
    attributes: Attributes::Foreign,
    ..PLAIN
};

pub(super) static STANDARD_LEVELS_ITEM: Type = Type {
    name: "standard_levels_item",
    fields: &[
        optional("bom-ref", V1_6, V1_7, NOT_EMPTY).attribute(),
        optional("identifier", V1_6, V1_7, TEXT),
        optional("title", V1_6, V1_7, TEXT),
        optional("description", V1_6, V1_7, TEXT),
        optional("requirements", V1_6, V1_7, list(&NOT_EMPTY)).each("requirement"),
    ],
    closed: Some((V1_6, V1_7)),
    attributes: Attributes::Foreign,
    ..PLAIN
};

pub(super) static CITATION: Type = Type {
    name: "citation",
    fields: &[
        optional("bom-ref", V1_7, V1_7, NOT_EMPTY).attribute(),
        optional("pointers", V1_7, V1_7, List { of: &TEXT, min: 1, max: usize::MAX, unique: false })
            .each("pointer"),
        optional("expressions", V1_7, V1_7, List { of: &TEXT, min: 1, max: usize::MAX, unique: false })
            .each("expression"),
        required("timestamp", V1_7, V1_7, DATE_TIME),
        optional("attributedTo", V1_7, V1_7, NOT_EMPTY),
        optional("process", V1_7, V1_7, NOT_EMPTY),
        optional("note", V1_7, V1_7, TEXT),
        optional("signature", V1_7, V1_7, SIGNATURE).nowhere(),
    ],
    closed: Some((V1_7, V1_7)),
    rules: &[
        (V1_7, V1_7, ExactlyOne(&[&["pointers"], &["expressions"]])),
        (V1_7, V1_7, AtLeastOne(&[&["attributedTo"], &["process"]])),
    ],
    attributes: Attributes::Foreign,
    ..PLAIN
};
