//! The build profile: how software is made.

use super::core::{DICTIONARY_ENTRY, ELEMENT, HASH};
use super::table::*;

/// Every class.
pub(super) static CLASSES: &[&Class] = &[&BUILD];

/// How something was built.
pub(super) static BUILD: Class = Class {
    name: "build_Build",
    parent: Some(&ELEMENT),
    is_abstract: false,
    members: &[
        may("build_buildEndTime", Of::Time),
        may("build_buildId", Of::Text),
        may("build_buildStartTime", Of::Time),
        must("build_buildType", Of::Text),
        list("build_configSourceDigest", Of::Object(&HASH)),
        list("build_configSourceEntrypoint", Of::Text),
        list("build_configSourceUri", Of::Text),
        list("build_environment", Of::Object(&DICTIONARY_ENTRY)),
        list("build_parameter", Of::Object(&DICTIONARY_ENTRY)),
    ],
};
