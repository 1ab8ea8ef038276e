//! The dataset profile: data that models are made of.

use super::core::DICTIONARY_ENTRY;
use super::core_words::PRESENCE_TYPES;
use super::software::PACKAGE;
use super::table::*;

/// Every class.
pub(super) static CLASSES: &[&Class] = &[&DATASET_PACKAGE];

/// Classes of words, whose objects have no members.
pub(super) static VOCABULARIES: &[&str] =
    &["dataset_ConfidentialityLevelType", "dataset_DatasetAvailabilityType", "dataset_DatasetType"];

/// Words of `dataset_ConfidentialityLevelType`.
const CONFIDENTIALITY_LEVEL_TYPES: &[&str] = &["amber", "clear", "green", "red"];

/// Words of `dataset_DatasetAvailabilityType`.
const DATASET_AVAILABILITY_TYPES: &[&str] =
    &["clickthrough", "directDownload", "query", "registration", "scrapingScript"];

/// Words of `dataset_DatasetType`.
const DATASET_TYPES: &[&str] = &[
    "audio",
    "categorical",
    "graph",
    "image",
    "noAssertion",
    "numeric",
    "other",
    "sensor",
    "structured",
    "syntactic",
    "text",
    "timeseries",
    "timestamp",
    "video",
];

/// A package of data.
pub(super) static DATASET_PACKAGE: Class = Class {
    name: "dataset_DatasetPackage",
    parent: Some(&PACKAGE),
    is_abstract: false,
    members: &[
        list("dataset_anonymizationMethodUsed", Of::Text),
        may("dataset_confidentialityLevel", Of::Word(CONFIDENTIALITY_LEVEL_TYPES)),
        may("dataset_dataCollectionProcess", Of::Text),
        list("dataset_dataPreprocessing", Of::Text),
        may("dataset_datasetAvailability", Of::Word(DATASET_AVAILABILITY_TYPES)),
        may("dataset_datasetNoise", Of::Text),
        may("dataset_datasetSize", Of::Integer { min: 0 }),
        some("dataset_datasetType", 1, Of::Word(DATASET_TYPES)),
        may("dataset_datasetUpdateMechanism", Of::Text),
        may("dataset_hasSensitivePersonalInformation", Of::Word(PRESENCE_TYPES)),
        may("dataset_intendedUse", Of::Text),
        list("dataset_knownBias", Of::Text),
        list("dataset_sensor", Of::Object(&DICTIONARY_ENTRY)),
    ],
};
