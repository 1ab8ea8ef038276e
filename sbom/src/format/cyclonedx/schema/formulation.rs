//! The table: formulation. Fields that changed occur once for each range of versions.

use super::component::{ATTACHMENT, COMPONENT, EXTERNAL_REFERENCE};
use super::document::{DEPENDENCY, PROPERTY};
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
    rules: &[],
};

pub(super) static FORMULA: Type = Type {
    name: "formula",
    fields: &[
        optional("bom-ref", V1_5, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        optional(
            "components",
            V1_5,
            V1_7,
            List { of: &Object(&COMPONENT), min: 0, max: usize::MAX, unique: true },
        ),
        optional(
            "services",
            V1_5,
            V1_7,
            List { of: &Object(&SERVICE), min: 0, max: usize::MAX, unique: true },
        ),
        optional(
            "workflows",
            V1_5,
            V1_7,
            List { of: &Object(&WORKFLOW), min: 0, max: usize::MAX, unique: true },
        ),
        optional(
            "properties",
            V1_5,
            V1_7,
            List { of: &Object(&PROPERTY), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};

pub(super) static WORKFLOW: Type = Type {
    name: "workflow",
    fields: &[
        required("bom-ref", V1_5, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        required("uid", V1_5, V1_7, TEXT),
        optional("name", V1_5, V1_7, TEXT),
        optional("description", V1_5, V1_7, TEXT),
        optional(
            "resourceReferences",
            V1_5,
            V1_7,
            List { of: &Object(&RESOURCE_REFERENCE_CHOICE), min: 0, max: usize::MAX, unique: true },
        ),
        optional("tasks", V1_5, V1_7, List { of: &Object(&TASK), min: 0, max: usize::MAX, unique: true }),
        optional(
            "taskDependencies",
            V1_5,
            V1_7,
            List { of: &Object(&DEPENDENCY), min: 0, max: usize::MAX, unique: true },
        ),
        required(
            "taskTypes",
            V1_5,
            V1_7,
            List { of: &Enum(TASK_TYPE), min: 0, max: usize::MAX, unique: false },
        ),
        optional("trigger", V1_5, V1_7, Object(&TRIGGER)),
        optional("steps", V1_5, V1_7, List { of: &Object(&STEP), min: 0, max: usize::MAX, unique: true }),
        optional(
            "inputs",
            V1_5,
            V1_7,
            List { of: &Object(&INPUT_TYPE), min: 0, max: usize::MAX, unique: true },
        ),
        optional(
            "outputs",
            V1_5,
            V1_7,
            List { of: &Object(&OUTPUT_TYPE), min: 0, max: usize::MAX, unique: true },
        ),
        optional(
            "timeStart",
            V1_5,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("date-time") },
        ),
        optional(
            "timeEnd",
            V1_5,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("date-time") },
        ),
        optional(
            "workspaces",
            V1_5,
            V1_7,
            List { of: &Object(&WORKSPACE), min: 0, max: usize::MAX, unique: true },
        ),
        optional(
            "runtimeTopology",
            V1_5,
            V1_7,
            List { of: &Object(&DEPENDENCY), min: 0, max: usize::MAX, unique: true },
        ),
        optional(
            "properties",
            V1_5,
            V1_7,
            List { of: &Object(&PROPERTY), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};

pub(super) static RESOURCE_REFERENCE_CHOICE: Type = Type {
    name: "resource_reference_choice",
    fields: &[
        optional(
            "ref",
            V1_5,
            V1_7,
            AnyOf(&[
                Text { min: 1, max: usize::MAX, pattern: None, format: None },
                Text {
                    min: 0,
                    max: usize::MAX,
                    pattern: Some(
                        "^urn:cdx:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/[1-9][0-9]*#.+$",
                    ),
                    format: Some("iri-reference"),
                },
            ]),
        ),
        optional("externalReference", V1_5, V1_7, Object(&EXTERNAL_REFERENCE)),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[(V1_5, V1_7, ExactlyOne(&[&["ref"], &["externalReference"]]))],
};

pub(super) static TASK: Type = Type {
    name: "task",
    fields: &[
        required("bom-ref", V1_5, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        required("uid", V1_5, V1_7, TEXT),
        optional("name", V1_5, V1_7, TEXT),
        optional("description", V1_5, V1_7, TEXT),
        optional(
            "resourceReferences",
            V1_5,
            V1_7,
            List { of: &Object(&RESOURCE_REFERENCE_CHOICE), min: 0, max: usize::MAX, unique: true },
        ),
        required(
            "taskTypes",
            V1_5,
            V1_7,
            List { of: &Enum(TASK_TYPE), min: 0, max: usize::MAX, unique: false },
        ),
        optional("trigger", V1_5, V1_7, Object(&TRIGGER)),
        optional("steps", V1_5, V1_7, List { of: &Object(&STEP), min: 0, max: usize::MAX, unique: true }),
        optional(
            "inputs",
            V1_5,
            V1_7,
            List { of: &Object(&INPUT_TYPE), min: 0, max: usize::MAX, unique: true },
        ),
        optional(
            "outputs",
            V1_5,
            V1_7,
            List { of: &Object(&OUTPUT_TYPE), min: 0, max: usize::MAX, unique: true },
        ),
        optional(
            "timeStart",
            V1_5,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("date-time") },
        ),
        optional(
            "timeEnd",
            V1_5,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("date-time") },
        ),
        optional(
            "workspaces",
            V1_5,
            V1_7,
            List { of: &Object(&WORKSPACE), min: 0, max: usize::MAX, unique: true },
        ),
        optional(
            "runtimeTopology",
            V1_5,
            V1_7,
            List { of: &Object(&DEPENDENCY), min: 0, max: usize::MAX, unique: true },
        ),
        optional(
            "properties",
            V1_5,
            V1_7,
            List { of: &Object(&PROPERTY), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};

pub(super) static TRIGGER: Type = Type {
    name: "trigger",
    fields: &[
        required("bom-ref", V1_5, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        required("uid", V1_5, V1_7, TEXT),
        optional("name", V1_5, V1_7, TEXT),
        optional("description", V1_5, V1_7, TEXT),
        optional(
            "resourceReferences",
            V1_5,
            V1_7,
            List { of: &Object(&RESOURCE_REFERENCE_CHOICE), min: 0, max: usize::MAX, unique: true },
        ),
        required("type", V1_5, V1_7, Enum(TRIGGER_TYPE)),
        optional("event", V1_5, V1_7, Object(&EVENT)),
        optional(
            "conditions",
            V1_5,
            V1_7,
            List { of: &Object(&CONDITION), min: 0, max: usize::MAX, unique: true },
        ),
        optional(
            "timeActivated",
            V1_5,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("date-time") },
        ),
        optional(
            "inputs",
            V1_5,
            V1_7,
            List { of: &Object(&INPUT_TYPE), min: 0, max: usize::MAX, unique: true },
        ),
        optional(
            "outputs",
            V1_5,
            V1_7,
            List { of: &Object(&OUTPUT_TYPE), min: 0, max: usize::MAX, unique: true },
        ),
        optional(
            "properties",
            V1_5,
            V1_7,
            List { of: &Object(&PROPERTY), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};

pub(super) static EVENT: Type = Type {
    name: "event",
    fields: &[
        optional("uid", V1_5, V1_7, TEXT),
        optional("description", V1_5, V1_7, TEXT),
        optional(
            "timeReceived",
            V1_5,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("date-time") },
        ),
        optional("data", V1_5, V1_7, Object(&ATTACHMENT)),
        optional("source", V1_5, V1_7, Object(&RESOURCE_REFERENCE_CHOICE)),
        optional("target", V1_5, V1_7, Object(&RESOURCE_REFERENCE_CHOICE)),
        optional(
            "properties",
            V1_5,
            V1_7,
            List { of: &Object(&PROPERTY), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};

pub(super) static CONDITION: Type = Type {
    name: "condition",
    fields: &[
        optional("description", V1_5, V1_7, TEXT),
        optional("expression", V1_5, V1_7, TEXT),
        optional(
            "properties",
            V1_5,
            V1_7,
            List { of: &Object(&PROPERTY), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};

pub(super) static INPUT_TYPE: Type = Type {
    name: "input_type",
    fields: &[
        optional("source", V1_5, V1_7, Object(&RESOURCE_REFERENCE_CHOICE)),
        optional("target", V1_5, V1_7, Object(&RESOURCE_REFERENCE_CHOICE)),
        optional("resource", V1_5, V1_7, Object(&RESOURCE_REFERENCE_CHOICE)),
        optional(
            "parameters",
            V1_5,
            V1_7,
            List { of: &Object(&PARAMETER), min: 0, max: usize::MAX, unique: true },
        ),
        optional(
            "environmentVars",
            V1_5,
            V1_7,
            List { of: &OneOf(&[Object(&PROPERTY), TEXT]), min: 0, max: usize::MAX, unique: true },
        ),
        optional("data", V1_5, V1_7, Object(&ATTACHMENT)),
        optional(
            "properties",
            V1_5,
            V1_7,
            List { of: &Object(&PROPERTY), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[(V1_5, V1_7, ExactlyOne(&[&["resource"], &["parameters"], &["environmentVars"], &["data"]]))],
};

pub(super) static PARAMETER: Type = Type {
    name: "parameter",
    fields: &[
        optional("name", V1_5, V1_7, TEXT),
        optional("value", V1_5, V1_7, TEXT),
        optional("dataType", V1_5, V1_7, TEXT),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};

pub(super) static OUTPUT_TYPE: Type = Type {
    name: "output_type",
    fields: &[
        optional("type", V1_5, V1_7, Enum(OUTPUT_TYPE_TYPE)),
        optional("source", V1_5, V1_7, Object(&RESOURCE_REFERENCE_CHOICE)),
        optional("target", V1_5, V1_7, Object(&RESOURCE_REFERENCE_CHOICE)),
        optional("resource", V1_5, V1_7, Object(&RESOURCE_REFERENCE_CHOICE)),
        optional("data", V1_5, V1_7, Object(&ATTACHMENT)),
        optional(
            "environmentVars",
            V1_5,
            V1_7,
            List { of: &OneOf(&[Object(&PROPERTY), TEXT]), min: 0, max: usize::MAX, unique: true },
        ),
        optional(
            "properties",
            V1_5,
            V1_7,
            List { of: &Object(&PROPERTY), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[(V1_5, V1_7, ExactlyOne(&[&["resource"], &["environmentVars"], &["data"]]))],
};

pub(super) static STEP: Type = Type {
    name: "step",
    fields: &[
        optional("name", V1_5, V1_7, TEXT),
        optional("description", V1_5, V1_7, TEXT),
        optional(
            "commands",
            V1_5,
            V1_7,
            List { of: &Object(&COMMAND), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "properties",
            V1_5,
            V1_7,
            List { of: &Object(&PROPERTY), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};

pub(super) static COMMAND: Type = Type {
    name: "command",
    fields: &[
        optional("executed", V1_5, V1_7, TEXT),
        optional(
            "properties",
            V1_5,
            V1_7,
            List { of: &Object(&PROPERTY), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};

pub(super) static WORKSPACE: Type = Type {
    name: "workspace",
    fields: &[
        required("bom-ref", V1_5, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        required("uid", V1_5, V1_7, TEXT),
        optional("name", V1_5, V1_7, TEXT),
        optional("aliases", V1_5, V1_7, List { of: &TEXT, min: 0, max: usize::MAX, unique: false }),
        optional("description", V1_5, V1_7, TEXT),
        optional(
            "resourceReferences",
            V1_5,
            V1_7,
            List { of: &Object(&RESOURCE_REFERENCE_CHOICE), min: 0, max: usize::MAX, unique: true },
        ),
        optional("accessMode", V1_5, V1_7, Enum(WORKSPACE_ACCESS_MODE)),
        optional("mountPath", V1_5, V1_7, TEXT),
        optional("managedDataType", V1_5, V1_7, TEXT),
        optional("volumeRequest", V1_5, V1_7, TEXT),
        optional("volume", V1_5, V1_7, Object(&VOLUME)),
        optional(
            "properties",
            V1_5,
            V1_7,
            List { of: &Object(&PROPERTY), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[],
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
        optional(
            "properties",
            V1_5,
            V1_7,
            List { of: &Object(&PROPERTY), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};
