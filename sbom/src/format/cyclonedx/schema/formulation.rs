//! The table: formulation. Fields that changed occur once for each range of versions.

use super::component::{ATTACHMENT, COMPONENT, EXTERNAL_REFERENCE};
use super::document::{DEPENDENCY, PROPERTY};
use super::place::Item;
use super::service::SERVICE;
use super::table::*;

pub(super) const TASK_TYPE: Words = &[(
    V1_5,
    V1_7,
    &[
        "copy", "clone", "lint", "scan", "merge", "build", "test", "deliver", "deploy", "release", "clean",
        "other",
    ],
)];

pub(super) const TRIGGER_TYPE: Words = &[(V1_5, V1_7, &["manual", "api", "webhook", "scheduled"])];

pub(super) const OUTPUT_TYPE_TYPE: Words =
    &[(V1_5, V1_7, &["artifact", "attestation", "log", "evidence", "metrics", "other"])];

pub(super) const WORKSPACE_ACCESS_MODE: Words =
    &[(V1_5, V1_7, &["read-only", "read-write", "read-write-once", "write-once", "write-only"])];

pub(super) const VOLUME_MODE: Words = &[(V1_5, V1_7, &["filesystem", "block"])];

pub(super) static INPUT_OUTPUT_MLPARAMETERS: Type = Type {
    name: "input_output_mlparameters",
    fields: &[optional("format", V1_5, V1_7, TEXT)],
    closed: Some((V1_5, V1_7)),
    ..PLAIN
};

/// How environment variables stand in XML.
const ENVIRONMENT_VARIABLES: &[Item] = &[item("value", TEXT), item("environmentVar", Object(&PROPERTY))];

pub(super) static FORMULA: Type = Type {
    name: "formula",
    fields: &[
        optional("bom-ref", V1_5, V1_7, NOT_EMPTY).attribute(),
        optional("components", V1_5, V1_7, set(&Object(&COMPONENT))).each("component"),
        optional("services", V1_5, V1_7, set(&Object(&SERVICE))).each("service"),
        optional("workflows", V1_5, V1_7, set(&Object(&WORKFLOW))).each("workflow"),
        optional("properties", V1_5, V1_7, list(&Object(&PROPERTY))).each("property"),
    ],
    closed: Some((V1_5, V1_7)),
    attributes: Attributes::Any,
    ..PLAIN
};

pub(super) static WORKFLOW: Type = Type {
    name: "workflow",
    fields: &[
        required("bom-ref", V1_5, V1_7, NOT_EMPTY).attribute(),
        required("uid", V1_5, V1_7, TEXT),
        optional("name", V1_5, V1_7, TEXT),
        optional("description", V1_5, V1_7, TEXT),
        optional("resourceReferences", V1_5, V1_7, set(&Object(&RESOURCE_REFERENCE_CHOICE)))
            .each("resourceReference"),
        optional("tasks", V1_5, V1_7, set(&Object(&TASK))).each("task"),
        optional("taskDependencies", V1_5, V1_7, set(&Object(&DEPENDENCY))).each("dependency"),
        required("taskTypes", V1_5, V1_7, list(&Enum(TASK_TYPE))).each("taskType"),
        optional("trigger", V1_5, V1_7, Object(&TRIGGER)),
        optional("steps", V1_5, V1_7, set(&Object(&STEP))).each("step"),
        optional("inputs", V1_5, V1_7, set(&Object(&INPUT_TYPE))).each("input"),
        optional("outputs", V1_5, V1_7, set(&Object(&OUTPUT_TYPE))).each("output"),
        optional("timeStart", V1_5, V1_7, DATE_TIME),
        optional("timeEnd", V1_5, V1_7, DATE_TIME),
        optional("workspaces", V1_5, V1_7, set(&Object(&WORKSPACE))).each("workspace"),
        optional("runtimeTopology", V1_5, V1_7, set(&Object(&DEPENDENCY))).each("dependency"),
        optional("properties", V1_5, V1_7, list(&Object(&PROPERTY))).each("property"),
    ],
    closed: Some((V1_5, V1_7)),
    attributes: Attributes::Any,
    ..PLAIN
};

pub(super) static RESOURCE_REFERENCE_CHOICE: Type = Type {
    name: "resource_reference_choice",
    fields: &[
        optional("ref", V1_5, V1_7, REFERENCE).token(),
        optional("externalReference", V1_5, V1_7, Object(&EXTERNAL_REFERENCE)),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[(V1_5, V1_7, ExactlyOne(&[&["ref"], &["externalReference"]]))],
    attributes: Attributes::Any,
    ..PLAIN
};

pub(super) static TASK: Type = Type {
    name: "task",
    fields: &[
        required("bom-ref", V1_5, V1_7, NOT_EMPTY).attribute(),
        required("uid", V1_5, V1_7, TEXT),
        optional("name", V1_5, V1_7, TEXT),
        optional("description", V1_5, V1_7, TEXT),
        optional("resourceReferences", V1_5, V1_7, set(&Object(&RESOURCE_REFERENCE_CHOICE)))
            .each("resourceReference"),
        required("taskTypes", V1_5, V1_7, list(&Enum(TASK_TYPE))).each("taskType"),
        optional("trigger", V1_5, V1_7, Object(&TRIGGER)),
        optional("steps", V1_5, V1_7, set(&Object(&STEP))).each("step"),
        optional("inputs", V1_5, V1_7, set(&Object(&INPUT_TYPE))).each("input"),
        optional("outputs", V1_5, V1_7, set(&Object(&OUTPUT_TYPE))).each("output"),
        optional("timeStart", V1_5, V1_7, DATE_TIME),
        optional("timeEnd", V1_5, V1_7, DATE_TIME),
        optional("workspaces", V1_5, V1_7, set(&Object(&WORKSPACE))).each("workspace"),
        optional("runtimeTopology", V1_5, V1_7, set(&Object(&DEPENDENCY))).each("dependency"),
        optional("properties", V1_5, V1_7, list(&Object(&PROPERTY))).each("property"),
    ],
    closed: Some((V1_5, V1_7)),
    attributes: Attributes::Any,
    ..PLAIN
};

pub(super) static TRIGGER: Type = Type {
    name: "trigger",
    fields: &[
        required("bom-ref", V1_5, V1_7, NOT_EMPTY).attribute(),
        required("uid", V1_5, V1_7, TEXT),
        optional("name", V1_5, V1_7, TEXT),
        optional("description", V1_5, V1_7, TEXT),
        optional("resourceReferences", V1_5, V1_7, set(&Object(&RESOURCE_REFERENCE_CHOICE)))
            .each("resourceReference"),
        required("type", V1_5, V1_7, Enum(TRIGGER_TYPE)),
        optional("event", V1_5, V1_7, Object(&EVENT)),
        optional("conditions", V1_5, V1_7, set(&Object(&CONDITION))).each("condition"),
        optional("timeActivated", V1_5, V1_7, DATE_TIME),
        optional("inputs", V1_5, V1_7, set(&Object(&INPUT_TYPE))).each("input"),
        optional("outputs", V1_5, V1_7, set(&Object(&OUTPUT_TYPE))).each("output"),
        optional("properties", V1_5, V1_7, list(&Object(&PROPERTY))).each("property"),
    ],
    closed: Some((V1_5, V1_7)),
    attributes: Attributes::Any,
    ..PLAIN
};

pub(super) static EVENT: Type = Type {
    name: "event",
    fields: &[
        optional("uid", V1_5, V1_7, TEXT),
        optional("description", V1_5, V1_7, TEXT),
        optional("timeReceived", V1_5, V1_7, DATE_TIME),
        optional("data", V1_5, V1_7, Object(&ATTACHMENT)),
        optional("source", V1_5, V1_7, Object(&RESOURCE_REFERENCE_CHOICE)),
        optional("target", V1_5, V1_7, Object(&RESOURCE_REFERENCE_CHOICE)),
        optional("properties", V1_5, V1_7, list(&Object(&PROPERTY))).each("property"),
    ],
    closed: Some((V1_5, V1_7)),
    attributes: Attributes::Any,
    ..PLAIN
};

pub(super) static CONDITION: Type = Type {
    name: "condition",
    fields: &[
        optional("description", V1_5, V1_7, TEXT),
        optional("expression", V1_5, V1_7, TEXT),
        optional("properties", V1_5, V1_7, list(&Object(&PROPERTY))).each("property"),
    ],
    closed: Some((V1_5, V1_7)),
    ..PLAIN
};

pub(super) static INPUT_TYPE: Type = Type {
    name: "input_type",
    fields: &[
        optional("resource", V1_5, V1_7, Object(&RESOURCE_REFERENCE_CHOICE)),
        optional("parameters", V1_5, V1_7, set(&Object(&PARAMETER))).each("parameter"),
        optional("environmentVars", V1_5, V1_7, set(&OneOf(&[Object(&PROPERTY), TEXT])))
            .items(ENVIRONMENT_VARIABLES),
        optional("data", V1_5, V1_7, Object(&ATTACHMENT)),
        optional("source", V1_5, V1_7, Object(&RESOURCE_REFERENCE_CHOICE)),
        optional("target", V1_5, V1_7, Object(&RESOURCE_REFERENCE_CHOICE)),
        optional("properties", V1_5, V1_7, list(&Object(&PROPERTY))).each("property"),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[(V1_5, V1_7, ExactlyOne(&[&["resource"], &["parameters"], &["environmentVars"], &["data"]]))],
    attributes: Attributes::Any,
    ..PLAIN
};

pub(super) static PARAMETER: Type = Type {
    name: "parameter",
    fields: &[
        optional("name", V1_5, V1_7, TEXT),
        optional("value", V1_5, V1_7, TEXT),
        optional("dataType", V1_5, V1_7, TEXT),
    ],
    closed: Some((V1_5, V1_7)),
    attributes: Attributes::Any,
    ..PLAIN
};

pub(super) static OUTPUT_TYPE: Type = Type {
    name: "output_type",
    fields: &[
        optional("resource", V1_5, V1_7, Object(&RESOURCE_REFERENCE_CHOICE)),
        optional("environmentVars", V1_5, V1_7, set(&OneOf(&[Object(&PROPERTY), TEXT])))
            .items(ENVIRONMENT_VARIABLES),
        optional("data", V1_5, V1_7, Object(&ATTACHMENT)),
        optional("type", V1_5, V1_7, Enum(OUTPUT_TYPE_TYPE)),
        optional("source", V1_5, V1_7, Object(&RESOURCE_REFERENCE_CHOICE)),
        optional("target", V1_5, V1_7, Object(&RESOURCE_REFERENCE_CHOICE)),
        optional("properties", V1_5, V1_7, list(&Object(&PROPERTY))).each("property"),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[(V1_5, V1_7, ExactlyOne(&[&["resource"], &["environmentVars"], &["data"]]))],
    attributes: Attributes::Any,
    ..PLAIN
};

pub(super) static STEP: Type = Type {
    name: "step",
    fields: &[
        optional("name", V1_5, V1_7, TEXT),
        optional("description", V1_5, V1_7, TEXT),
        optional("commands", V1_5, V1_7, list(&Object(&COMMAND))).each("command"),
        optional("properties", V1_5, V1_7, list(&Object(&PROPERTY))).each("property"),
    ],
    closed: Some((V1_5, V1_7)),
    attributes: Attributes::Any,
    ..PLAIN
};

pub(super) static COMMAND: Type = Type {
    name: "command",
    fields: &[
        optional("executed", V1_5, V1_7, TEXT),
        optional("properties", V1_5, V1_7, list(&Object(&PROPERTY))).each("property"),
    ],
    closed: Some((V1_5, V1_7)),
    ..PLAIN
};

pub(super) static WORKSPACE: Type = Type {
    name: "workspace",
    fields: &[
        required("bom-ref", V1_5, V1_7, NOT_EMPTY).attribute(),
        required("uid", V1_5, V1_7, TEXT),
        optional("name", V1_5, V1_7, TEXT),
        optional("aliases", V1_5, V1_7, list(&TEXT)).each("alias"),
        optional("description", V1_5, V1_7, TEXT),
        optional("resourceReferences", V1_5, V1_7, set(&Object(&RESOURCE_REFERENCE_CHOICE)))
            .each("resourceReference"),
        optional("accessMode", V1_5, V1_7, Enum(WORKSPACE_ACCESS_MODE)),
        optional("mountPath", V1_5, V1_7, TEXT),
        optional("managedDataType", V1_5, V1_7, TEXT),
        optional("volumeRequest", V1_5, V1_7, TEXT),
        optional("volume", V1_5, V1_7, Object(&VOLUME)),
        optional("properties", V1_5, V1_7, list(&Object(&PROPERTY))).each("property"),
    ],
    closed: Some((V1_5, V1_7)),
    attributes: Attributes::Any,
    repeats: Repeats::Around("uid"),
    ..PLAIN
};

pub(super) static VOLUME: Type = Type {
    name: "volume",
    fields: &[
        optional("uid", V1_5, V1_7, TEXT),
        optional("name", V1_5, V1_7, TEXT),
        optional("mode", V1_5, V1_7, Enum(VOLUME_MODE)),
        optional("path", V1_5, V1_7, TEXT),
        optional("sizeAllocated", V1_5, V1_7, TEXT),
        optional("persistent", V1_5, V1_7, Bool),
        optional("remote", V1_5, V1_7, Bool),
        optional("properties", V1_5, V1_7, list(&Object(&PROPERTY))).each("property"),
    ],
    closed: Some((V1_5, V1_7)),
    ..PLAIN
};
