//! The AI profile: models.

use super::core::DICTIONARY_ENTRY;
use super::core_words::PRESENCE_TYPES;
use super::software::PACKAGE;
use super::table::*;

/// Every class.
pub(super) static CLASSES: &[&Class] = &[&AI_PACKAGE, &ENERGY_CONSUMPTION, &ENERGY_CONSUMPTION_DESCRIPTION];

/// Classes of words, whose objects have no members.
pub(super) static VOCABULARIES: &[&str] = &["ai_EnergyUnitType", "ai_SafetyRiskAssessmentType"];

/// Words of `ai_EnergyUnitType`.
const ENERGY_UNIT_TYPES: &[&str] = &["kilowattHour", "megajoule", "other"];

/// Words of `ai_SafetyRiskAssessmentType`.
const SAFETY_RISK_ASSESSMENT_TYPES: &[&str] = &["high", "low", "medium", "serious"];

/// A package of a model.
pub(super) static AI_PACKAGE: Class = Class {
    name: "ai_AIPackage",
    parent: Some(&PACKAGE),
    is_abstract: false,
    members: &[
        may("ai_autonomyType", Of::Word(PRESENCE_TYPES)),
        list("ai_domain", Of::Text),
        may("ai_energyConsumption", Of::Object(&ENERGY_CONSUMPTION)),
        list("ai_hyperparameter", Of::Object(&DICTIONARY_ENTRY)),
        may("ai_informationAboutApplication", Of::Text),
        may("ai_informationAboutTraining", Of::Text),
        may("ai_limitation", Of::Text),
        list("ai_metric", Of::Object(&DICTIONARY_ENTRY)),
        list("ai_metricDecisionThreshold", Of::Object(&DICTIONARY_ENTRY)),
        list("ai_modelDataPreprocessing", Of::Text),
        list("ai_modelExplainability", Of::Text),
        may("ai_safetyRiskAssessment", Of::Word(SAFETY_RISK_ASSESSMENT_TYPES)),
        list("ai_standardCompliance", Of::Text),
        list("ai_typeOfModel", Of::Text),
        may("ai_useSensitivePersonalInformation", Of::Word(PRESENCE_TYPES)),
    ],
};

/// What energy a model takes, by what it does.
pub(super) static ENERGY_CONSUMPTION: Class = Class {
    name: "ai_EnergyConsumption",
    parent: None,
    is_abstract: false,
    members: &[
        list("ai_finetuningEnergyConsumption", Of::Object(&ENERGY_CONSUMPTION_DESCRIPTION)),
        list("ai_inferenceEnergyConsumption", Of::Object(&ENERGY_CONSUMPTION_DESCRIPTION)),
        list("ai_trainingEnergyConsumption", Of::Object(&ENERGY_CONSUMPTION_DESCRIPTION)),
    ],
};

/// An amount of energy.
pub(super) static ENERGY_CONSUMPTION_DESCRIPTION: Class = Class {
    name: "ai_EnergyConsumptionDescription",
    parent: None,
    is_abstract: false,
    members: &[must("ai_energyQuantity", Of::Decimal), must("ai_energyUnit", Of::Word(ENERGY_UNIT_TYPES))],
};
