//! The simple licensing profile: licences as text.

use super::core::{DICTIONARY_ENTRY, ELEMENT};
use super::table::*;

/// Every class.
pub(super) static CLASSES: &[&Class] = &[&ANY_LICENSE_INFO, &LICENSE_EXPRESSION, &SIMPLE_LICENSING_TEXT];

/// A statement on licences.
pub(super) static ANY_LICENSE_INFO: Class =
    Class { name: "simplelicensing_AnyLicenseInfo", parent: Some(&ELEMENT), is_abstract: true, members: &[] };

/// A licence expression, as text.
pub(super) static LICENSE_EXPRESSION: Class = Class {
    name: "simplelicensing_LicenseExpression",
    parent: Some(&ANY_LICENSE_INFO),
    is_abstract: false,
    members: &[
        list("simplelicensing_customIdToUri", Of::Object(&DICTIONARY_ENTRY)),
        must("simplelicensing_licenseExpression", Of::Text),
        may("simplelicensing_licenseListVersion", Of::Version),
    ],
};

/// The text of a licence of no list.
pub(super) static SIMPLE_LICENSING_TEXT: Class = Class {
    name: "simplelicensing_SimpleLicensingText",
    parent: Some(&ELEMENT),
    is_abstract: false,
    members: &[must("simplelicensing_licenseText", Of::Text)],
};
