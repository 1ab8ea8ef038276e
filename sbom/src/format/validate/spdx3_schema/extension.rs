//! The extension profile: what others say in their own classes.

use super::table::*;

/// Every class.
pub(super) static CLASSES: &[&Class] = &[&CDX_PROPERTIES_EXTENSION, &CDX_PROPERTY_ENTRY, &EXTENSION];

/// Properties as CycloneDX has them.
pub(super) static CDX_PROPERTIES_EXTENSION: Class = Class {
    name: "extension_CdxPropertiesExtension",
    parent: Some(&EXTENSION),
    is_abstract: false,
    members: &[some("extension_cdxProperty", 1, Of::Object(&CDX_PROPERTY_ENTRY))],
};

/// A property as CycloneDX has it.
pub(super) static CDX_PROPERTY_ENTRY: Class = Class {
    name: "extension_CdxPropertyEntry",
    parent: None,
    is_abstract: false,
    members: &[must("extension_cdxPropName", Of::Text), may("extension_cdxPropValue", Of::Text)],
};

/// Whatever others say of an element, in their own classes.
pub(super) static EXTENSION: Class =
    Class { name: "extension_Extension", parent: None, is_abstract: true, members: &[] };
