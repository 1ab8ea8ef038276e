//! The table: service. Fields that changed occur once for each range of versions.

use super::component::{EXTERNAL_REFERENCE, RELEASE_NOTES};
use super::document::PROPERTY;
use super::licence::{LICENSE, LICENSE_CHOICE, LICENSES, LICENSES_1_5, LICENSES_1_7};
use super::metadata::ORGANIZATIONAL_ENTITY;
use super::modelcard::DATA_GOVERNANCE;
use super::patent::PATENT_ASSERTIONS_ITEM;
use super::place::Item;
use super::signature::SIGNATURE;
use super::table::*;

pub(super) const DATA_FLOW: Words = &[(V1_2, V1_7, &["inbound", "outbound", "bi-directional", "unknown"])];

pub(super) const DATA_FLOW_DIRECTION: Words =
    &[(V1_5, V1_7, &["inbound", "outbound", "bi-directional", "unknown"])];

/// How data stand in XML: as a flow since 1.5, where there is more than a classification.
const DATA: &[Item] = &[
    item("dataflow", Object(&SERVICE_DATA)).when(&[
        "name",
        "description",
        "governance",
        "source",
        "destination",
    ]),
    item("classification", Object(&DATA_CLASSIFICATION)),
];

pub(super) static SERVICE: Type = Type {
    name: "service",
    fields: &[
        optional("bom-ref", V1_2, V1_4, TEXT).attribute(),
        optional("bom-ref", V1_5, V1_7, NOT_EMPTY).attribute(),
        optional("provider", V1_2, V1_7, Object(&ORGANIZATIONAL_ENTITY)),
        optional("group", V1_2, V1_2, ONE_LINE).token(),
        optional("group", V1_3, V1_7, TEXT).token(),
        required("name", V1_2, V1_2, ONE_LINE).token(),
        required("name", V1_3, V1_7, TEXT).token(),
        optional("version", V1_2, V1_2, ONE_LINE).token(),
        optional("version", V1_3, V1_5, TEXT).token(),
        optional("version", V1_6, V1_7, Text { min: 0, max: 1024, pattern: None, format: None }).token(),
        optional("description", V1_2, V1_2, ONE_LINE).token(),
        optional("description", V1_3, V1_7, TEXT).token(),
        optional("endpoints", V1_2, V1_2, list(&Any)).each("endpoint"),
        optional("endpoints", V1_3, V1_7, list(&IRI)).each("endpoint"),
        optional("authenticated", V1_2, V1_7, Bool),
        optional("x-trust-boundary", V1_2, V1_7, Bool),
        optional("trustZone", V1_5, V1_7, TEXT),
        optional("data", V1_2, V1_4, list(&Object(&DATA_CLASSIFICATION))).items(DATA),
        optional("data", V1_5, V1_7, list(&Object(&SERVICE_DATA))).items(DATA),
        optional("licenses", V1_2, V1_2, list(&Object(&SERVICE_LICENSES_ITEM))).items(LICENSES),
        optional("licenses", V1_3, V1_4, list(&Object(&LICENSE_CHOICE))).items(LICENSES),
        optional("licenses", V1_5, V1_6, LICENSES_1_5).items(LICENSES),
        optional("licenses", V1_7, V1_7, LICENSES_1_7).items(LICENSES),
        optional("patentAssertions", V1_7, V1_7, list(&Object(&PATENT_ASSERTIONS_ITEM)))
            .each("patentAssertion"),
        optional("externalReferences", V1_2, V1_7, list(&Object(&EXTERNAL_REFERENCE))).each("reference"),
        optional("properties", V1_3, V1_7, list(&Object(&PROPERTY))).each("property"),
        optional("services", V1_2, V1_7, set(&Object(&SERVICE))).each("service"),
        optional("releaseNotes", V1_4, V1_7, Object(&RELEASE_NOTES)),
        optional("tags", V1_6, V1_7, list(&TEXT)).each("tag").token(),
        optional("signature", V1_4, V1_7, SIGNATURE).nowhere(),
    ],
    closed: Some((V1_4, V1_7)),
    attributes: Attributes::Any,
    ..PLAIN
};

pub(super) static DATA_CLASSIFICATION: Type = Type {
    name: "data_classification",
    fields: &[
        required("flow", V1_2, V1_4, Enum(DATA_FLOW)).attribute(),
        required("classification", V1_2, V1_4, TEXT).content().token(),
    ],
    closed: Some((V1_4, V1_4)),
    ..PLAIN
};

pub(super) static SERVICE_LICENSES_ITEM: Type = Type {
    name: "service_licenses_item",
    fields: &[
        optional("license", V1_2, V1_2, Object(&LICENSE)),
        optional("expression", V1_2, V1_2, ONE_LINE),
    ],
    rules: &[(V1_2, V1_2, ExactlyOne(&[&["license"], &["expression"]]))],
    ..PLAIN
};

pub(super) static SERVICE_DATA: Type = Type {
    name: "service_data",
    fields: &[
        optional("name", V1_5, V1_7, TEXT).attribute(),
        optional("description", V1_5, V1_7, TEXT).attribute(),
        required_in_json("flow", V1_5, V1_7, Enum(DATA_FLOW_DIRECTION)).nowhere(),
        required_in_json("classification", V1_5, V1_7, TEXT).inline(&DATA_CLASSIFICATION),
        optional("governance", V1_5, V1_7, Object(&DATA_GOVERNANCE)),
        optional("source", V1_5, V1_7, list(&AnyOf(&[IRI, BOM_LINK]))).each("url"),
        optional("destination", V1_5, V1_7, list(&AnyOf(&[IRI, BOM_LINK]))).each("url"),
    ],
    closed: Some((V1_5, V1_7)),
    attributes: Attributes::Any,
    ..PLAIN
};
