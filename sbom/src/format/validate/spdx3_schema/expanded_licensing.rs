//! The expanded licensing profile: licences as objects.

use super::core::ELEMENT;
use super::simple_licensing::ANY_LICENSE_INFO;
use super::table::*;

/// Every class.
pub(super) static CLASSES: &[&Class] = &[
    &CONJUNCTIVE_LICENSE_SET,
    &CUSTOM_LICENSE,
    &CUSTOM_LICENSE_ADDITION,
    &DISJUNCTIVE_LICENSE_SET,
    &EXTENDABLE_LICENSE,
    &INDIVIDUAL_LICENSING_INFO,
    &LICENSE,
    &LICENSE_ADDITION,
    &LISTED_LICENSE,
    &LISTED_LICENSE_EXCEPTION,
    &OR_LATER_OPERATOR,
    &WITH_ADDITION_OPERATOR,
];

/// Licences that hold together.
pub(super) static CONJUNCTIVE_LICENSE_SET: Class = Class {
    name: "expandedlicensing_ConjunctiveLicenseSet",
    parent: Some(&ANY_LICENSE_INFO),
    is_abstract: false,
    members: &[some("expandedlicensing_member", 2, Of::Object(&ANY_LICENSE_INFO))],
};

/// A licence of no list.
pub(super) static CUSTOM_LICENSE: Class = Class {
    name: "expandedlicensing_CustomLicense",
    parent: Some(&LICENSE),
    is_abstract: false,
    members: &[],
};

/// An addition of no list.
pub(super) static CUSTOM_LICENSE_ADDITION: Class = Class {
    name: "expandedlicensing_CustomLicenseAddition",
    parent: Some(&LICENSE_ADDITION),
    is_abstract: false,
    members: &[],
};

/// Licences of which one is chosen.
pub(super) static DISJUNCTIVE_LICENSE_SET: Class = Class {
    name: "expandedlicensing_DisjunctiveLicenseSet",
    parent: Some(&ANY_LICENSE_INFO),
    is_abstract: false,
    members: &[some("expandedlicensing_member", 2, Of::Object(&ANY_LICENSE_INFO))],
};

/// What `or later` and additions may be said of.
pub(super) static EXTENDABLE_LICENSE: Class = Class {
    name: "expandedlicensing_ExtendableLicense",
    parent: Some(&ANY_LICENSE_INFO),
    is_abstract: true,
    members: &[],
};

/// A statement on licences that the specification itself names.
pub(super) static INDIVIDUAL_LICENSING_INFO: Class = Class {
    name: "expandedlicensing_IndividualLicensingInfo",
    parent: Some(&ANY_LICENSE_INFO),
    is_abstract: false,
    members: &[],
};

/// A licence with its text.
pub(super) static LICENSE: Class = Class {
    name: "expandedlicensing_License",
    parent: Some(&EXTENDABLE_LICENSE),
    is_abstract: true,
    members: &[
        may("expandedlicensing_isDeprecatedLicenseId", Of::Flag),
        may("expandedlicensing_isFsfLibre", Of::Flag),
        may("expandedlicensing_isOsiApproved", Of::Flag),
        may("expandedlicensing_licenseXml", Of::Text),
        may("expandedlicensing_obsoletedBy", Of::Text),
        list("expandedlicensing_seeAlso", Of::Text),
        may("expandedlicensing_standardLicenseHeader", Of::Text),
        may("expandedlicensing_standardLicenseTemplate", Of::Text),
        must("simplelicensing_licenseText", Of::Text),
    ],
};

/// What is said beside a licence.
pub(super) static LICENSE_ADDITION: Class = Class {
    name: "expandedlicensing_LicenseAddition",
    parent: Some(&ELEMENT),
    is_abstract: true,
    members: &[
        must("expandedlicensing_additionText", Of::Text),
        may("expandedlicensing_isDeprecatedAdditionId", Of::Flag),
        may("expandedlicensing_licenseXml", Of::Text),
        may("expandedlicensing_obsoletedBy", Of::Text),
        list("expandedlicensing_seeAlso", Of::Text),
        may("expandedlicensing_standardAdditionTemplate", Of::Text),
    ],
};

/// A licence of SPDX's list.
pub(super) static LISTED_LICENSE: Class = Class {
    name: "expandedlicensing_ListedLicense",
    parent: Some(&LICENSE),
    is_abstract: false,
    members: &[
        may("expandedlicensing_deprecatedVersion", Of::Text),
        may("expandedlicensing_listVersionAdded", Of::Text),
    ],
};

/// An exception of SPDX's list.
pub(super) static LISTED_LICENSE_EXCEPTION: Class = Class {
    name: "expandedlicensing_ListedLicenseException",
    parent: Some(&LICENSE_ADDITION),
    is_abstract: false,
    members: &[
        may("expandedlicensing_deprecatedVersion", Of::Text),
        may("expandedlicensing_listVersionAdded", Of::Text),
    ],
};

/// A licence, or a later version of it.
pub(super) static OR_LATER_OPERATOR: Class = Class {
    name: "expandedlicensing_OrLaterOperator",
    parent: Some(&EXTENDABLE_LICENSE),
    is_abstract: false,
    members: &[must("expandedlicensing_subjectLicense", Of::Object(&LICENSE))],
};

/// A licence with an addition.
pub(super) static WITH_ADDITION_OPERATOR: Class = Class {
    name: "expandedlicensing_WithAdditionOperator",
    parent: Some(&ANY_LICENSE_INFO),
    is_abstract: false,
    members: &[
        must("expandedlicensing_subjectAddition", Of::Object(&LICENSE_ADDITION)),
        must("expandedlicensing_subjectExtendableLicense", Of::Object(&EXTENDABLE_LICENSE)),
    ],
};
