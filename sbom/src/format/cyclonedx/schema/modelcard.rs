//! The table: modelcard. Fields that changed occur once for each range of versions.

use super::component::{ATTACHMENT, EXTERNAL_REFERENCE};
use super::document::PROPERTY;
use super::formulation::INPUT_OUTPUT_MLPARAMETERS;
use super::metadata::{ORGANIZATIONAL_CONTACT, ORGANIZATIONAL_ENTITY};
use super::place::Item;
use super::table::*;

pub(super) const MODEL_PARAMETERS_APPROACH_TYPE: Words = &[(
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

/// How data sets stand in XML.
const DATASETS: &[Item] = &[item("ref", IRI).in_member("ref"), item("dataset", Object(&COMPONENT_DATA))];

pub(super) static MODEL_CARD: Type = Type {
    name: "model_card",
    fields: &[
        optional("bom-ref", V1_5, V1_7, NOT_EMPTY).attribute(),
        optional("modelParameters", V1_5, V1_7, Object(&MODEL_PARAMETERS)),
        optional("quantitativeAnalysis", V1_5, V1_7, Object(&QUANTITATIVE_ANALYSIS)),
        optional("considerations", V1_5, V1_7, Object(&MODEL_CARD_CONSIDERATIONS)),
        optional("properties", V1_5, V1_7, list(&Object(&PROPERTY))).each("property"),
    ],
    closed: Some((V1_5, V1_7)),
    ..PLAIN
};

pub(super) static MODEL_PARAMETERS: Type = Type {
    name: "model_card_model_parameters",
    fields: &[
        optional("approach", V1_5, V1_7, Object(&MODEL_PARAMETERS_APPROACH)),
        optional("task", V1_5, V1_7, TEXT),
        optional("architectureFamily", V1_5, V1_7, TEXT),
        optional("modelArchitecture", V1_5, V1_7, TEXT),
        optional(
            "datasets",
            V1_5,
            V1_7,
            list(&OneOf(&[Object(&COMPONENT_DATA), Object(&MODEL_PARAMETERS_DATASETS_ITEM_2)])),
        )
        .items(DATASETS),
        optional("inputs", V1_5, V1_7, list(&Object(&INPUT_OUTPUT_MLPARAMETERS))).each("input"),
        optional("outputs", V1_5, V1_7, list(&Object(&INPUT_OUTPUT_MLPARAMETERS))).each("output"),
    ],
    closed: Some((V1_5, V1_7)),
    ..PLAIN
};

pub(super) static MODEL_PARAMETERS_APPROACH: Type = Type {
    name: "model_card_model_parameters_approach",
    fields: &[optional("type", V1_5, V1_7, Enum(MODEL_PARAMETERS_APPROACH_TYPE))],
    closed: Some((V1_5, V1_7)),
    ..PLAIN
};

pub(super) static COMPONENT_DATA: Type = Type {
    name: "component_data",
    fields: &[
        optional("bom-ref", V1_5, V1_7, NOT_EMPTY).attribute(),
        required("type", V1_5, V1_7, Enum(COMPONENT_DATA_TYPE)),
        optional("name", V1_5, V1_7, TEXT),
        optional("contents", V1_5, V1_7, Object(&COMPONENT_DATA_CONTENTS)),
        optional("classification", V1_5, V1_7, TEXT),
        optional("sensitiveData", V1_5, V1_7, list(&TEXT)),
        optional("graphics", V1_5, V1_7, Object(&GRAPHICS_COLLECTION)),
        optional("description", V1_5, V1_7, TEXT),
        optional("governance", V1_5, V1_7, Object(&DATA_GOVERNANCE)),
    ],
    closed: Some((V1_5, V1_7)),
    ..PLAIN
};

pub(super) static COMPONENT_DATA_CONTENTS: Type = Type {
    name: "component_data_contents",
    fields: &[
        optional("attachment", V1_5, V1_7, Object(&ATTACHMENT)),
        optional("url", V1_5, V1_7, IRI),
        optional("properties", V1_5, V1_7, list(&Object(&PROPERTY))).each("property"),
    ],
    closed: Some((V1_5, V1_7)),
    ..PLAIN
};

pub(super) static GRAPHICS_COLLECTION: Type = Type {
    name: "graphics_collection",
    fields: &[
        optional("description", V1_5, V1_7, TEXT),
        optional("collection", V1_5, V1_7, list(&Object(&GRAPHIC))).each("graphic"),
    ],
    closed: Some((V1_5, V1_7)),
    ..PLAIN
};

pub(super) static GRAPHIC: Type = Type {
    name: "graphic",
    fields: &[optional("name", V1_5, V1_7, TEXT), optional("image", V1_5, V1_7, Object(&ATTACHMENT))],
    closed: Some((V1_5, V1_7)),
    ..PLAIN
};

pub(super) static DATA_GOVERNANCE: Type = Type {
    name: "data_governance",
    fields: &[
        optional("custodians", V1_5, V1_7, list(&Object(&DATA_GOVERNANCE_RESPONSIBLE_PARTY)))
            .each("custodian"),
        optional("stewards", V1_5, V1_7, list(&Object(&DATA_GOVERNANCE_RESPONSIBLE_PARTY))).each("steward"),
        optional("owners", V1_5, V1_7, list(&Object(&DATA_GOVERNANCE_RESPONSIBLE_PARTY))).each("owner"),
    ],
    closed: Some((V1_5, V1_7)),
    ..PLAIN
};

pub(super) static DATA_GOVERNANCE_RESPONSIBLE_PARTY: Type = Type {
    name: "data_governance_responsible_party",
    fields: &[
        optional("organization", V1_5, V1_7, Object(&ORGANIZATIONAL_ENTITY)),
        optional("contact", V1_5, V1_7, Object(&ORGANIZATIONAL_CONTACT)).named("individual"),
    ],
    closed: Some((V1_5, V1_7)),
    rules: &[(V1_5, V1_7, ExactlyOneInJson(&[&["organization"], &["contact"]]))],
    ..PLAIN
};

pub(super) static MODEL_PARAMETERS_DATASETS_ITEM_2: Type = Type {
    name: "model_card_model_parameters_datasets_item_2",
    fields: &[optional("ref", V1_5, V1_7, REFERENCE)],
    closed: Some((V1_5, V1_7)),
    ..PLAIN
};

pub(super) static QUANTITATIVE_ANALYSIS: Type = Type {
    name: "model_card_quantitative_analysis",
    fields: &[
        optional("performanceMetrics", V1_5, V1_7, list(&Object(&PERFORMANCE_METRIC)))
            .each("performanceMetric"),
        optional("graphics", V1_5, V1_7, Object(&GRAPHICS_COLLECTION)),
    ],
    closed: Some((V1_5, V1_7)),
    ..PLAIN
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
    ..PLAIN
};

pub(super) static PERFORMANCE_METRIC_CONFIDENCE_INTERVAL: Type = Type {
    name: "performance_metric_confidence_interval",
    fields: &[optional("lowerBound", V1_5, V1_7, TEXT), optional("upperBound", V1_5, V1_7, TEXT)],
    closed: Some((V1_5, V1_7)),
    ..PLAIN
};

pub(super) static MODEL_CARD_CONSIDERATIONS: Type = Type {
    name: "model_card_considerations",
    fields: &[
        optional("users", V1_5, V1_7, list(&TEXT)).each("user"),
        optional("useCases", V1_5, V1_7, list(&TEXT)).each("useCase"),
        optional("technicalLimitations", V1_5, V1_7, list(&TEXT)).each("technicalLimitation"),
        optional("performanceTradeoffs", V1_5, V1_7, list(&TEXT)).each("performanceTradeoff"),
        optional("ethicalConsiderations", V1_5, V1_7, list(&Object(&RISK))).each("ethicalConsideration"),
        optional("environmentalConsiderations", V1_6, V1_7, Object(&ENVIRONMENTAL_CONSIDERATIONS)),
        optional("fairnessAssessments", V1_5, V1_7, list(&Object(&FAIRNESS_ASSESSMENT)))
            .each("fairnessAssessment"),
    ],
    closed: Some((V1_5, V1_7)),
    ..PLAIN
};

pub(super) static RISK: Type = Type {
    name: "risk",
    fields: &[optional("name", V1_5, V1_7, TEXT), optional("mitigationStrategy", V1_5, V1_7, TEXT)],
    closed: Some((V1_5, V1_7)),
    ..PLAIN
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
    ..PLAIN
};

pub(super) static ENVIRONMENTAL_CONSIDERATIONS: Type = Type {
    name: "environmental_considerations",
    fields: &[
        optional("energyConsumptions", V1_6, V1_7, list(&Object(&ENERGY_CONSUMPTION)))
            .each("energyConsumption"),
        optional("properties", V1_6, V1_7, list(&Object(&PROPERTY))).each("property"),
    ],
    closed: Some((V1_6, V1_7)),
    ..PLAIN
};

pub(super) static ENERGY_CONSUMPTION: Type = Type {
    name: "energy_consumption",
    fields: &[
        required("activity", V1_6, V1_7, Enum(ENERGY_CONSUMPTION_ACTIVITY)),
        required("energyProviders", V1_6, V1_7, list(&Object(&ENERGY_PROVIDER))),
        required("activityEnergyCost", V1_6, V1_7, Object(&ENERGY_MEASURE)),
        optional("co2CostEquivalent", V1_6, V1_7, Object(&CO2_MEASURE)),
        optional("co2CostOffset", V1_6, V1_7, Object(&CO2_MEASURE)),
        optional("properties", V1_6, V1_7, list(&Object(&PROPERTY))).each("property"),
    ],
    closed: Some((V1_6, V1_7)),
    ..PLAIN
};

pub(super) static ENERGY_PROVIDER: Type = Type {
    name: "energy_provider",
    fields: &[
        optional("bom-ref", V1_6, V1_7, NOT_EMPTY).attribute(),
        optional("description", V1_6, V1_7, TEXT),
        required("organization", V1_6, V1_7, Object(&ORGANIZATIONAL_ENTITY)),
        required("energySource", V1_6, V1_7, Enum(ENERGY_PROVIDER_ENERGY_SOURCE)),
        required("energyProvided", V1_6, V1_7, Object(&ENERGY_MEASURE)),
        optional("externalReferences", V1_6, V1_7, list(&Object(&EXTERNAL_REFERENCE))).each("reference"),
    ],
    closed: Some((V1_6, V1_7)),
    ..PLAIN
};

pub(super) static ENERGY_MEASURE: Type = Type {
    name: "energy_measure",
    fields: &[required("value", V1_6, V1_7, NUMBER), required("unit", V1_6, V1_7, Enum(ENERGY_MEASURE_UNIT))],
    closed: Some((V1_6, V1_7)),
    ..PLAIN
};

pub(super) static CO2_MEASURE: Type = Type {
    name: "co2_measure",
    fields: &[required("value", V1_6, V1_7, NUMBER), required("unit", V1_6, V1_7, Enum(CO2_MEASURE_UNIT))],
    closed: Some((V1_6, V1_7)),
    ..PLAIN
};
