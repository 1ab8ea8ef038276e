//! The security profile: vulnerabilities, and what is said of them.

use super::core::{AGENT, ARTIFACT, RELATIONSHIP};
use super::software::SOFTWARE_ARTIFACT;
use super::table::*;

/// Every class.
pub(super) static CLASSES: &[&Class] = &[
    &CVSS_V2_VULN_ASSESSMENT_RELATIONSHIP,
    &CVSS_V3_VULN_ASSESSMENT_RELATIONSHIP,
    &CVSS_V4_VULN_ASSESSMENT_RELATIONSHIP,
    &EPSS_VULN_ASSESSMENT_RELATIONSHIP,
    &EXPLOIT_CATALOG_VULN_ASSESSMENT_RELATIONSHIP,
    &SSVC_VULN_ASSESSMENT_RELATIONSHIP,
    &VEX_AFFECTED_VULN_ASSESSMENT_RELATIONSHIP,
    &VEX_FIXED_VULN_ASSESSMENT_RELATIONSHIP,
    &VEX_NOT_AFFECTED_VULN_ASSESSMENT_RELATIONSHIP,
    &VEX_UNDER_INVESTIGATION_VULN_ASSESSMENT_RELATIONSHIP,
    &VEX_VULN_ASSESSMENT_RELATIONSHIP,
    &VULN_ASSESSMENT_RELATIONSHIP,
    &VULNERABILITY,
];

/// Classes of words, whose objects have no members.
pub(super) static VOCABULARIES: &[&str] = &[
    "security_CvssSeverityType",
    "security_ExploitCatalogType",
    "security_SsvcDecisionType",
    "security_VexJustificationType",
];

/// Words of `security_CvssSeverityType`.
const CVSS_SEVERITY_TYPES: &[&str] = &["critical", "high", "low", "medium", "none"];

/// Words of `security_ExploitCatalogType`.
const EXPLOIT_CATALOG_TYPES: &[&str] = &["kev", "other"];

/// Words of `security_SsvcDecisionType`.
const SSVC_DECISION_TYPES: &[&str] = &["act", "attend", "track", "trackStar"];

/// Words of `security_VexJustificationType`.
const VEX_JUSTIFICATION_TYPES: &[&str] = &[
    "componentNotPresent",
    "inlineMitigationsAlreadyExist",
    "vulnerableCodeCannotBeControlledByAdversary",
    "vulnerableCodeNotInExecutePath",
    "vulnerableCodeNotPresent",
];

/// A score of CVSS 2.
pub(super) static CVSS_V2_VULN_ASSESSMENT_RELATIONSHIP: Class = Class {
    name: "security_CvssV2VulnAssessmentRelationship",
    parent: Some(&VULN_ASSESSMENT_RELATIONSHIP),
    is_abstract: false,
    members: &[must("security_score", Of::Decimal), must("security_vectorString", Of::Text)],
};

/// A score of CVSS 3.
pub(super) static CVSS_V3_VULN_ASSESSMENT_RELATIONSHIP: Class = Class {
    name: "security_CvssV3VulnAssessmentRelationship",
    parent: Some(&VULN_ASSESSMENT_RELATIONSHIP),
    is_abstract: false,
    members: &[
        must("security_score", Of::Decimal),
        must("security_severity", Of::Word(CVSS_SEVERITY_TYPES)),
        must("security_vectorString", Of::Text),
    ],
};

/// A score of CVSS 4.
pub(super) static CVSS_V4_VULN_ASSESSMENT_RELATIONSHIP: Class = Class {
    name: "security_CvssV4VulnAssessmentRelationship",
    parent: Some(&VULN_ASSESSMENT_RELATIONSHIP),
    is_abstract: false,
    members: &[
        must("security_score", Of::Decimal),
        must("security_severity", Of::Word(CVSS_SEVERITY_TYPES)),
        must("security_vectorString", Of::Text),
    ],
};

/// How likely it is exploited, by EPSS.
pub(super) static EPSS_VULN_ASSESSMENT_RELATIONSHIP: Class = Class {
    name: "security_EpssVulnAssessmentRelationship",
    parent: Some(&VULN_ASSESSMENT_RELATIONSHIP),
    is_abstract: false,
    members: &[must("security_percentile", Of::Decimal), must("security_probability", Of::Decimal)],
};

/// A catalogue that says it is exploited.
pub(super) static EXPLOIT_CATALOG_VULN_ASSESSMENT_RELATIONSHIP: Class = Class {
    name: "security_ExploitCatalogVulnAssessmentRelationship",
    parent: Some(&VULN_ASSESSMENT_RELATIONSHIP),
    is_abstract: false,
    members: &[
        must("security_catalogType", Of::Word(EXPLOIT_CATALOG_TYPES)),
        must("security_exploited", Of::Flag),
        must("security_locator", Of::Text),
    ],
};

/// A decision by SSVC.
pub(super) static SSVC_VULN_ASSESSMENT_RELATIONSHIP: Class = Class {
    name: "security_SsvcVulnAssessmentRelationship",
    parent: Some(&VULN_ASSESSMENT_RELATIONSHIP),
    is_abstract: false,
    members: &[must("security_decisionType", Of::Word(SSVC_DECISION_TYPES))],
};

/// The element is affected.
pub(super) static VEX_AFFECTED_VULN_ASSESSMENT_RELATIONSHIP: Class = Class {
    name: "security_VexAffectedVulnAssessmentRelationship",
    parent: Some(&VEX_VULN_ASSESSMENT_RELATIONSHIP),
    is_abstract: false,
    members: &[must("security_actionStatement", Of::Text), may("security_actionStatementTime", Of::Time)],
};

/// The element has the fix.
pub(super) static VEX_FIXED_VULN_ASSESSMENT_RELATIONSHIP: Class = Class {
    name: "security_VexFixedVulnAssessmentRelationship",
    parent: Some(&VEX_VULN_ASSESSMENT_RELATIONSHIP),
    is_abstract: false,
    members: &[],
};

/// The element is not affected.
pub(super) static VEX_NOT_AFFECTED_VULN_ASSESSMENT_RELATIONSHIP: Class = Class {
    name: "security_VexNotAffectedVulnAssessmentRelationship",
    parent: Some(&VEX_VULN_ASSESSMENT_RELATIONSHIP),
    is_abstract: false,
    members: &[
        may("security_impactStatement", Of::Text),
        may("security_impactStatementTime", Of::Time),
        may("security_justificationType", Of::Word(VEX_JUSTIFICATION_TYPES)),
    ],
};

/// It is not yet known.
pub(super) static VEX_UNDER_INVESTIGATION_VULN_ASSESSMENT_RELATIONSHIP: Class = Class {
    name: "security_VexUnderInvestigationVulnAssessmentRelationship",
    parent: Some(&VEX_VULN_ASSESSMENT_RELATIONSHIP),
    is_abstract: false,
    members: &[],
};

/// A statement of VEX.
pub(super) static VEX_VULN_ASSESSMENT_RELATIONSHIP: Class = Class {
    name: "security_VexVulnAssessmentRelationship",
    parent: Some(&VULN_ASSESSMENT_RELATIONSHIP),
    is_abstract: true,
    members: &[may("security_statusNotes", Of::Text), may("security_vexVersion", Of::Text)],
};

/// What somebody says of a vulnerability in an element.
pub(super) static VULN_ASSESSMENT_RELATIONSHIP: Class = Class {
    name: "security_VulnAssessmentRelationship",
    parent: Some(&RELATIONSHIP),
    is_abstract: true,
    members: &[
        may("security_assessedElement", Of::Object(&SOFTWARE_ARTIFACT)),
        may("security_modifiedTime", Of::Time),
        may("security_publishedTime", Of::Time),
        may("security_withdrawnTime", Of::Time),
        may("suppliedBy", Of::Object(&AGENT)),
    ],
};

/// A vulnerability.
pub(super) static VULNERABILITY: Class = Class {
    name: "security_Vulnerability",
    parent: Some(&ARTIFACT),
    is_abstract: false,
    members: &[
        may("security_modifiedTime", Of::Time),
        may("security_publishedTime", Of::Time),
        may("security_withdrawnTime", Of::Time),
    ],
};
