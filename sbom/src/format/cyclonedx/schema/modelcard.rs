//! The table: modelcard. Fields that changed occur once for each range of versions.

use super::component::{ATTACHMENT, EXTERNAL_REFERENCE};
use super::document::PROPERTY;
use super::formulation::INPUT_OUTPUT_MLPARAMETERS;
use super::metadata::{ORGANIZATIONAL_CONTACT, ORGANIZATIONAL_ENTITY};
use super::table::*;

pub(super) const MODEL_CARD_MODEL_PARAMETERS_APPROACH_TYPE: Words = &[(
    V1_5,
    V1_7,
    &["supervised", "unsupervised", "reinforcement-learning", "semi-supervised", "self-supervised"],
)];

pub(super) const COMPONENT_DATA_TYPE: Words =
    &[(V1_5, V1_7, &["source-code", "configuration", "dataset", "definition", "other"])];

pub(super) const ENERGY_CONSUMPTION_ACTIVITY: Words = &[(
    V1_6,
    V1_7,
    &[
        "design",
        "data-collection",
        "data-preparation",
        "training",
        "fine-tuning",
        "validation",
        "deployment",
        "inference",
        "other",
    ],
)];

pub(super) const ENERGY_PROVIDER_ENERGY_SOURCE: Words = &[(
    V1_6,
    V1_7,
    &[
        "coal",
        "oil",
        "natural-gas",
        "nuclear",
        "wind",
        "solar",
        "geothermal",
        "hydropower",
        "biofuel",
        "unknown",
        "other",
    ],
)];

pub(super) const ENERGY_MEASURE_UNIT: Words = &[(V1_6, V1_7, &["kWh"])];

pub(super) const CO2_MEASURE_UNIT: Words = &[(V1_6, V1_7, &["tCO2eq"])];

pub(super) static MODEL_CARD: Type = Type {
    name: "model_card",
    fields: &[
        optional("bom-ref", V1_5, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        optional("modelParameters", V1_5, V1_7, Object(&MODEL_CARD_MODEL_PARAMETERS)),
        optional("quantitativeAnalysis", V1_5, V1_7, Object(&MODEL_CARD_QUANTITATIVE_ANALYSIS)),
        optional("considerations", V1_5, V1_7, Object(&MODEL_CARD_CONSIDERATIONS)),
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

pub(super) static MODEL_CARD_MODEL_PARAMETERS: Type = Type {
    name: "model_card_model_parameters",
    fields: &[
        optional("approach", V1_5, V1_7, Object(&MODEL_CARD_MODEL_PARAMETERS_APPROACH)),
        optional("task", V1_5, V1_7, TEXT),
        optional("architectureFamily", V1_5, V1_7, TEXT),
        optional("modelArchitecture", V1_5, V1_7, TEXT),
        optional(
            "datasets",
            V1_5,
            V1_7,
            List {
                of: &OneOf(&[Object(&COMPONENT_DATA), Object(&MODEL_CARD_MODEL_PARAMETERS_DATASETS_ITEM_2)]),
                min: 0,
                max: usize::MAX,
                unique: false,
            },
        ),
        optional(
            "inputs",
            V1_5,
            V1_7,
            List { of: &Object(&INPUT_OUTPUT_MLPARAMETERS), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "outputs",
            V1_5,
            V1_7,
            List { of: &Object(&INPUT_OUTPUT_MLPARAMETERS), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};

pub(super) static MODEL_CARD_MODEL_PARAMETERS_APPROACH: Type = Type {
    name: "model_card_model_parameters_approach",
    fields: &[optional("type", V1_5, V1_7, Enum(MODEL_CARD_MODEL_PARAMETERS_APPROACH_TYPE))],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};

pub(super) static COMPONENT_DATA: Type = Type {
    name: "component_data",
    fields: &[
        optional("bom-ref", V1_5, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        required("type", V1_5, V1_7, Enum(COMPONENT_DATA_TYPE)),
        optional("name", V1_5, V1_7, TEXT),
        optional("contents", V1_5, V1_7, Object(&COMPONENT_DATA_CONTENTS)),
        optional("classification", V1_5, V1_7, TEXT),
        optional("sensitiveData", V1_5, V1_7, List { of: &TEXT, min: 0, max: usize::MAX, unique: false }),
        optional("graphics", V1_5, V1_7, Object(&GRAPHICS_COLLECTION)),
        optional("description", V1_5, V1_7, TEXT),
        optional("governance", V1_5, V1_7, Object(&DATA_GOVERNANCE)),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};

pub(super) static COMPONENT_DATA_CONTENTS: Type = Type {
    name: "component_data_contents",
    fields: &[
        optional("attachment", V1_5, V1_7, Object(&ATTACHMENT)),
        optional(
            "url",
            V1_5,
            V1_7,
            Text { min: 0, max: usize::MAX, pattern: None, format: Some("iri-reference") },
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

pub(super) static GRAPHICS_COLLECTION: Type = Type {
    name: "graphics_collection",
    fields: &[
        optional("description", V1_5, V1_7, TEXT),
        optional(
            "collection",
            V1_5,
            V1_7,
            List { of: &Object(&GRAPHIC), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};

pub(super) static GRAPHIC: Type = Type {
    name: "graphic",
    fields: &[optional("name", V1_5, V1_7, TEXT), optional("image", V1_5, V1_7, Object(&ATTACHMENT))],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};

pub(super) static DATA_GOVERNANCE: Type = Type {
    name: "data_governance",
    fields: &[
        optional(
            "custodians",
            V1_5,
            V1_7,
            List { of: &Object(&DATA_GOVERNANCE_RESPONSIBLE_PARTY), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "stewards",
            V1_5,
            V1_7,
            List { of: &Object(&DATA_GOVERNANCE_RESPONSIBLE_PARTY), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "owners",
            V1_5,
            V1_7,
            List { of: &Object(&DATA_GOVERNANCE_RESPONSIBLE_PARTY), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};

pub(super) static DATA_GOVERNANCE_RESPONSIBLE_PARTY: Type = Type {
    name: "data_governance_responsible_party",
    fields: &[
        optional("organization", V1_5, V1_7, Object(&ORGANIZATIONAL_ENTITY)),
        optional("contact", V1_5, V1_7, Object(&ORGANIZATIONAL_CONTACT)),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[(V1_5, V1_7, ExactlyOneInJson(&[&["organization"], &["contact"]]))],
};

pub(super) static MODEL_CARD_MODEL_PARAMETERS_DATASETS_ITEM_2: Type = Type {
    name: "model_card_model_parameters_datasets_item_2",
    fields: &[optional(
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
    )],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};

pub(super) static MODEL_CARD_QUANTITATIVE_ANALYSIS: Type = Type {
    name: "model_card_quantitative_analysis",
    fields: &[
        optional(
            "performanceMetrics",
            V1_5,
            V1_7,
            List { of: &Object(&PERFORMANCE_METRIC), min: 0, max: usize::MAX, unique: false },
        ),
        optional("graphics", V1_5, V1_7, Object(&GRAPHICS_COLLECTION)),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};

pub(super) static PERFORMANCE_METRIC: Type = Type {
    name: "performance_metric",
    fields: &[
        optional("type", V1_5, V1_7, TEXT),
        optional("value", V1_5, V1_7, TEXT),
        optional("slice", V1_5, V1_7, TEXT),
        optional("confidenceInterval", V1_5, V1_7, Object(&PERFORMANCE_METRIC_CONFIDENCE_INTERVAL)),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};

pub(super) static PERFORMANCE_METRIC_CONFIDENCE_INTERVAL: Type = Type {
    name: "performance_metric_confidence_interval",
    fields: &[optional("lowerBound", V1_5, V1_7, TEXT), optional("upperBound", V1_5, V1_7, TEXT)],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};

pub(super) static MODEL_CARD_CONSIDERATIONS: Type = Type {
    name: "model_card_considerations",
    fields: &[
        optional("users", V1_5, V1_7, List { of: &TEXT, min: 0, max: usize::MAX, unique: false }),
        optional("useCases", V1_5, V1_7, List { of: &TEXT, min: 0, max: usize::MAX, unique: false }),
        optional(
            "technicalLimitations",
            V1_5,
            V1_7,
            List { of: &TEXT, min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "performanceTradeoffs",
            V1_5,
            V1_7,
            List { of: &TEXT, min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "ethicalConsiderations",
            V1_5,
            V1_7,
            List { of: &Object(&RISK), min: 0, max: usize::MAX, unique: false },
        ),
        optional("environmentalConsiderations", V1_6, V1_7, Object(&ENVIRONMENTAL_CONSIDERATIONS)),
        optional(
            "fairnessAssessments",
            V1_5,
            V1_7,
            List { of: &Object(&FAIRNESS_ASSESSMENT), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};

pub(super) static RISK: Type = Type {
    name: "risk",
    fields: &[optional("name", V1_5, V1_7, TEXT), optional("mitigationStrategy", V1_5, V1_7, TEXT)],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};

pub(super) static FAIRNESS_ASSESSMENT: Type = Type {
    name: "fairness_assessment",
    fields: &[
        optional("groupAtRisk", V1_5, V1_7, TEXT),
        optional("benefits", V1_5, V1_7, TEXT),
        optional("harms", V1_5, V1_7, TEXT),
        optional("mitigationStrategy", V1_5, V1_7, TEXT),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[],
};

pub(super) static ENVIRONMENTAL_CONSIDERATIONS: Type = Type {
    name: "environmental_considerations",
    fields: &[
        optional(
            "energyConsumptions",
            V1_6,
            V1_7,
            List { of: &Object(&ENERGY_CONSUMPTION), min: 0, max: usize::MAX, unique: false },
        ),
        optional(
            "properties",
            V1_6,
            V1_7,
            List { of: &Object(&PROPERTY), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_6, V1_7)),
    rules: &[],
};

pub(super) static ENERGY_CONSUMPTION: Type = Type {
    name: "energy_consumption",
    fields: &[
        required("activity", V1_6, V1_7, Enum(ENERGY_CONSUMPTION_ACTIVITY)),
        required(
            "energyProviders",
            V1_6,
            V1_7,
            List { of: &Object(&ENERGY_PROVIDER), min: 0, max: usize::MAX, unique: false },
        ),
        required("activityEnergyCost", V1_6, V1_7, Object(&ENERGY_MEASURE)),
        optional("co2CostEquivalent", V1_6, V1_7, Object(&CO2_MEASURE)),
        optional("co2CostOffset", V1_6, V1_7, Object(&CO2_MEASURE)),
        optional(
            "properties",
            V1_6,
            V1_7,
            List { of: &Object(&PROPERTY), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_6, V1_7)),
    rules: &[],
};

pub(super) static ENERGY_PROVIDER: Type = Type {
    name: "energy_provider",
    fields: &[
        optional("bom-ref", V1_6, V1_7, Text { min: 1, max: usize::MAX, pattern: None, format: None }),
        optional("description", V1_6, V1_7, TEXT),
        required("organization", V1_6, V1_7, Object(&ORGANIZATIONAL_ENTITY)),
        required("energySource", V1_6, V1_7, Enum(ENERGY_PROVIDER_ENERGY_SOURCE)),
        required("energyProvided", V1_6, V1_7, Object(&ENERGY_MEASURE)),
        optional(
            "externalReferences",
            V1_6,
            V1_7,
            List { of: &Object(&EXTERNAL_REFERENCE), min: 0, max: usize::MAX, unique: false },
        ),
    ],
    closed: Some((V1_6, V1_7)),
    rules: &[],
};

pub(super) static ENERGY_MEASURE: Type = Type {
    name: "energy_measure",
    fields: &[
        required("value", V1_6, V1_7, Number { min: None, max: None }),
        required("unit", V1_6, V1_7, Enum(ENERGY_MEASURE_UNIT)),
    ],
    closed: Some((V1_6, V1_7)),
    rules: &[],
};

pub(super) static CO2_MEASURE: Type = Type {
    name: "co2_measure",
    fields: &[
        required("value", V1_6, V1_7, Number { min: None, max: None }),
        required("unit", V1_6, V1_7, Enum(CO2_MEASURE_UNIT)),
    ],
    closed: Some((V1_6, V1_7)),
    rules: &[],
};
