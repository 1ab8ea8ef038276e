//! What the XML schema allows beyond the members of objects: sequences that begin again, and attributes of others.

use super::shape::Shape as Object;
use super::table::*;

/// Objects whose sequence of elements may begin again, and the element that each sequence has; none where it may be
/// empty.
pub(super) static REPEATED: &[(&Object, Option<&str>)] = &[
    (&COMPOSITION, Some("aggregate")),
    (&DEPENDENCY, None),
    (&RELEASE_NOTES, Some("type")),
    (&RELEASE_NOTES_NOTES_NOTE, Some("text")),
    (&VULNERABILITY_SOURCE, None),
    (&WORKSPACE, Some("uid")),
];

/// Objects whose element may have any attribute.
pub(super) static WITH_ATTRIBUTES: &[&Object] = &[
    &ANNOTATION,
    &BOM,
    &COMPONENT,
    &COMPONENT_EVIDENCE,
    &EVENT,
    &EXTERNAL_REFERENCE,
    &FORMULA,
    &INPUT,
    &OUTPUT,
    &PARAMETER,
    &RELEASE_NOTES,
    &RESOURCE_REFERENCE,
    &SERVICE,
    &SERVICE_DATAFLOW,
    &STEP,
    &TASK,
    &TRIGGER,
    &WORKFLOW,
    &WORKSPACE,
];

/// Objects whose element may have attributes of other namespaces.
pub(super) static WITH_FOREIGN_ATTRIBUTES: &[&Object] = &[
    &CITATION,
    &DECLARATIONS_ASSESSORS_ASSESSOR,
    &DECLARATIONS_CLAIMS_CLAIM,
    &DECLARATIONS_EVIDENCE_EVIDENCE,
    &DEPENDENCY,
    &METADATA,
    &ORGANIZATIONAL_CONTACT,
    &ORGANIZATIONAL_ENTITY,
    &PATENT,
    &PATENT_ASSERTION,
    &PATENT_FAMILY,
    &STANDARD,
    &STANDARD_LEVELS_LEVEL,
    &STANDARD_REQUIREMENTS_REQUIREMENT,
    &TOOL,
];

/// Elements around a list that may have any attribute.
pub(super) static LISTS_WITH_ATTRIBUTES: &[&str] = &[
    "ancestors",
    "annotations",
    "components",
    "compositions",
    "descendants",
    "energyConsumptions",
    "formulation",
    "properties",
    "resourceReferences",
    "services",
    "standards",
    "tasks",
    "variants",
    "vulnerabilities",
    "workflows",
    "workspaces",
];
