//! How each object of CycloneDX stands in XML and in JSON, in the order of the XML schema.
//!
//! Made by comparing `bom-1.7.xsd` with `bom-1.7.schema.json`; what differs between them is by hand. Elements that
//! only earlier versions have are still in 1.7. `xs:normalizedString` is a token: white space around it is layout.

use super::shape::Value::{Bool, Boxed, InAttribute, Number, Shape, Text, Token};
use super::shape::{
    Item, Shape as Object, attribute, choice, each, each_since, inline, item, list, one, plain, shares_since,
    text,
};

pub(super) static BOM: Object = Object(&[
    attribute("version", "version", Number),
    attribute("serialNumber", "serialNumber", Text),
    one("metadata", "metadata", Shape(&METADATA)),
    list("components", "components", &[plain("component", Shape(&COMPONENT))]),
    list("services", "services", &[plain("service", Shape(&SERVICE))]),
    list("externalReferences", "externalReferences", &[plain("reference", Shape(&EXTERNAL_REFERENCE))]),
    list("dependencies", "dependencies", &[plain("dependency", Shape(&DEPENDENCY))]),
    list("compositions", "compositions", &[plain("composition", Shape(&COMPOSITION))]),
    list("properties", "properties", &[plain("property", Shape(&PROPERTY))]),
    list("vulnerabilities", "vulnerabilities", &[plain("vulnerability", Shape(&VULNERABILITY))]),
    list("annotations", "annotations", &[plain("annotation", Shape(&ANNOTATION))]),
    list("formulation", "formulation", &[plain("formula", Shape(&FORMULA))]),
    one("declarations", "declarations", Shape(&DECLARATIONS)),
    one("definitions", "definitions", Shape(&DEFINITIONS)),
    list("citations", "citations", &[plain("citation", Shape(&CITATION))]),
]);

/// The entries of a list of licences.
const LICENSES: &[Item] = &[
    item("license", Some("license"), None, Shape(&LICENSE)),
    item("expression-detailed", None, Some("expressionDetails"), Shape(&LICENSE_EXPRESSION_DETAILED)),
    item("expression-detailed", None, Some("licensing"), Shape(&LICENSE_EXPRESSION_DETAILED)),
    item("expression-detailed", None, Some("properties"), Shape(&LICENSE_EXPRESSION_DETAILED)),
    shares_since("1.7", "expression", Shape(&LICENSE_EXPRESSION)),
];

pub(super) static METADATA: Object = Object(&[
    one("timestamp", "timestamp", Token),
    list("lifecycles", "lifecycles", &[plain("lifecycle", Shape(&METADATA_LIFECYCLES_LIFECYCLE))]),
    list("tools", "tools", &[plain("tool", Shape(&TOOL))]),
    one("tools", "tools", Shape(&TOOLS)),
    list("authors", "authors", &[plain("author", Shape(&ORGANIZATIONAL_CONTACT))]),
    one("component", "component", Shape(&COMPONENT)),
    one("manufacturer", "manufacturer", Shape(&ORGANIZATIONAL_ENTITY)),
    one("manufacture", "manufacture", Shape(&ORGANIZATIONAL_ENTITY)),
    one("supplier", "supplier", Shape(&ORGANIZATIONAL_ENTITY)),
    list("licenses", "licenses", LICENSES),
    list("properties", "properties", &[plain("property", Shape(&PROPERTY))]),
    one("distributionConstraints", "distributionConstraints", Shape(&METADATA_DISTRIBUTION_CONSTRAINTS)),
]);

pub(super) static METADATA_LIFECYCLES_LIFECYCLE: Object = Object(&[
    one("phase", "phase", Token),
    one("name", "name", Token),
    one("description", "description", Text),
]);

pub(super) static ORGANIZATIONAL_CONTACT: Object = Object(&[
    attribute("bom-ref", "bom-ref", Text),
    one("name", "name", Token),
    one("email", "email", Token),
    one("phone", "phone", Token),
]);

pub(super) static COMPONENT: Object = Object(&[
    attribute("type", "type", Token),
    attribute("mime-type", "mime-type", Token),
    attribute("isExternal", "isExternal", Bool),
    attribute("bom-ref", "bom-ref", Text),
    one("supplier", "supplier", Shape(&ORGANIZATIONAL_ENTITY)),
    one("manufacturer", "manufacturer", Shape(&ORGANIZATIONAL_ENTITY)),
    list("authors", "authors", &[plain("author", Shape(&ORGANIZATIONAL_CONTACT))]),
    one("author", "author", Token),
    one("publisher", "publisher", Token),
    one("group", "group", Token),
    one("name", "name", Token),
    one("version", "version", Token),
    one("versionRange", "versionRange", Token),
    one("description", "description", Token),
    one("scope", "scope", Token),
    list("hashes", "hashes", &[plain("hash", Shape(&HASH))]),
    list("licenses", "licenses", LICENSES),
    one("copyright", "copyright", Token),
    list("patentAssertions", "patentAssertions", &[plain("patentAssertion", Shape(&PATENT_ASSERTION))]),
    one("cpe", "cpe", Text),
    one("purl", "purl", Token),
    each("omniborId", "omniborId", Text),
    each("swhid", "swhid", Text),
    one("swid", "swid", Shape(&SWID)),
    one("modified", "modified", Bool),
    one("pedigree", "pedigree", Shape(&PEDIGREE)),
    list("externalReferences", "externalReferences", &[plain("reference", Shape(&EXTERNAL_REFERENCE))]),
    list("properties", "properties", &[plain("property", Shape(&PROPERTY))]),
    list("components", "components", &[plain("component", Shape(&COMPONENT))]),
    one("evidence", "evidence", Shape(&COMPONENT_EVIDENCE)),
    one("releaseNotes", "releaseNotes", Shape(&RELEASE_NOTES)),
    one("modelCard", "modelCard", Shape(&MODEL_CARD)),
    each("data", "data", Shape(&COMPONENT_DATA)),
    one("cryptoProperties", "cryptoProperties", Shape(&CRYPTO_PROPERTIES)),
    list("tags", "tags", &[plain("tag", Token)]),
]);

pub(super) static ORGANIZATIONAL_ENTITY: Object = Object(&[
    attribute("bom-ref", "bom-ref", Text),
    one("name", "name", Token),
    one("address", "address", Shape(&POSTAL_ADDRESS)),
    each("url", "url", Token),
    each("contact", "contact", Shape(&ORGANIZATIONAL_CONTACT)),
]);

pub(super) static POSTAL_ADDRESS: Object = Object(&[
    attribute("bom-ref", "bom-ref", Text),
    one("country", "country", Text),
    one("region", "region", Text),
    one("locality", "locality", Text),
    one("postOfficeBoxNumber", "postOfficeBoxNumber", Text),
    one("postalCode", "postalCode", Text),
    one("streetAddress", "streetAddress", Text),
]);

pub(super) static HASH: Object = Object(&[attribute("alg", "alg", Token), text("content", Token)]);

pub(super) static PATENT_ASSERTION: Object = Object(&[
    attribute("bom-ref", "bom-ref", Text),
    one("assertionType", "assertionType", Token),
    list("patentRefs", "patentRefs", &[plain("bom-ref", Text)]),
    choice(
        "asserter",
        "asserter",
        &[
            item("ref", None, None, Token),
            item("contact", None, Some("email"), Shape(&ORGANIZATIONAL_CONTACT)),
            item("contact", None, Some("phone"), Shape(&ORGANIZATIONAL_CONTACT)),
            item("organization", None, None, Shape(&ORGANIZATIONAL_ENTITY)),
            item("contact", None, None, Shape(&ORGANIZATIONAL_CONTACT)),
        ],
    ),
    one("notes", "notes", Text),
]);

pub(super) static SWID: Object = Object(&[
    attribute("tagId", "tagId", Text),
    attribute("name", "name", Text),
    attribute("version", "version", Text),
    attribute("tagVersion", "tagVersion", Number),
    attribute("patch", "patch", Bool),
    one("text", "text", Shape(&ATTACHED_TEXT)),
    one("url", "url", Token),
]);

pub(super) static ATTACHED_TEXT: Object = Object(&[
    attribute("content-type", "contentType", Token),
    attribute("encoding", "encoding", Token),
    text("content", Text),
]);

pub(super) static PEDIGREE: Object = Object(&[
    list("ancestors", "ancestors", &[plain("component", Shape(&COMPONENT))]),
    list("descendants", "descendants", &[plain("component", Shape(&COMPONENT))]),
    list("variants", "variants", &[plain("component", Shape(&COMPONENT))]),
    list("commits", "commits", &[plain("commit", Shape(&COMMIT))]),
    list("patches", "patches", &[plain("patch", Shape(&PATCH))]),
    one("notes", "notes", Text),
]);

pub(super) static COMMIT: Object = Object(&[
    one("uid", "uid", Token),
    one("url", "url", Token),
    one("author", "author", Shape(&IDENTIFIABLE_ACTION)),
    one("committer", "committer", Shape(&IDENTIFIABLE_ACTION)),
    one("message", "message", Token),
]);

pub(super) static IDENTIFIABLE_ACTION: Object =
    Object(&[one("timestamp", "timestamp", Token), one("name", "name", Token), one("email", "email", Token)]);

pub(super) static PATCH: Object = Object(&[
    attribute("type", "type", Token),
    one("diff", "diff", Shape(&DIFF)),
    list("resolves", "resolves", &[plain("issue", Shape(&ISSUE))]),
]);

pub(super) static DIFF: Object =
    Object(&[one("text", "text", Shape(&ATTACHED_TEXT)), one("url", "url", Token)]);

pub(super) static ISSUE: Object = Object(&[
    attribute("type", "type", Token),
    one("id", "id", Token),
    one("name", "name", Token),
    one("description", "description", Token),
    one("source", "source", Shape(&ISSUE_SOURCE)),
    list("references", "references", &[plain("url", Token)]),
]);

pub(super) static ISSUE_SOURCE: Object = Object(&[one("name", "name", Token), one("url", "url", Token)]);

pub(super) static EXTERNAL_REFERENCE: Object = Object(&[
    attribute("type", "type", Token),
    one("url", "url", Token),
    one("comment", "comment", Text),
    list("hashes", "hashes", &[plain("hash", Shape(&HASH))]),
    list("properties", "properties", &[plain("property", Shape(&PROPERTY))]),
]);

pub(super) static PROPERTY: Object = Object(&[attribute("name", "name", Text), text("value", Token)]);

pub(super) static COMPONENT_EVIDENCE: Object = Object(&[
    each_since("1.6", "identity", "identity", Shape(&COMPONENT_EVIDENCE_IDENTITY)),
    list(
        "occurrences",
        "occurrences",
        &[plain("occurrence", Shape(&COMPONENT_EVIDENCE_OCCURRENCES_OCCURRENCE))],
    ),
    one("callstack", "callstack", Shape(&COMPONENT_EVIDENCE_CALLSTACK)),
    list("licenses", "licenses", LICENSES),
    list("copyright", "copyright", &[plain("text", Boxed("text"))]),
]);

pub(super) static COMPONENT_EVIDENCE_OCCURRENCES_OCCURRENCE: Object = Object(&[
    attribute("bom-ref", "bom-ref", Text),
    one("location", "location", Text),
    one("line", "line", Number),
    one("offset", "offset", Number),
    one("symbol", "symbol", Text),
    one("additionalContext", "additionalContext", Text),
]);

pub(super) static COMPONENT_EVIDENCE_CALLSTACK: Object =
    Object(&[list("frames", "frames", &[plain("frame", Shape(&COMPONENT_EVIDENCE_CALLSTACK_FRAMES_FRAME))])]);

pub(super) static COMPONENT_EVIDENCE_CALLSTACK_FRAMES_FRAME: Object = Object(&[
    one("package", "package", Text),
    one("module", "module", Text),
    one("function", "function", Text),
    list("parameters", "parameters", &[plain("parameter", Text)]),
    one("line", "line", Number),
    one("column", "column", Number),
    one("fullFilename", "fullFilename", Text),
]);

pub(super) static RELEASE_NOTES: Object = Object(&[
    one("type", "type", Token),
    one("title", "title", Text),
    one("featuredImage", "featuredImage", Token),
    one("socialImage", "socialImage", Token),
    one("description", "description", Text),
    one("timestamp", "timestamp", Token),
    list("aliases", "aliases", &[plain("alias", Token)]),
    list("tags", "tags", &[plain("tag", Token)]),
    list("resolves", "resolves", &[plain("issue", Shape(&ISSUE))]),
    list("notes", "notes", &[plain("note", Shape(&RELEASE_NOTES_NOTES_NOTE))]),
    list("properties", "properties", &[plain("property", Shape(&PROPERTY))]),
]);

pub(super) static RELEASE_NOTES_NOTES_NOTE: Object =
    Object(&[one("locale", "locale", Text), one("text", "text", Shape(&ATTACHED_TEXT))]);

pub(super) static MODEL_CARD: Object = Object(&[
    attribute("bom-ref", "bom-ref", Text),
    one("modelParameters", "modelParameters", Shape(&MODEL_CARD_MODEL_PARAMETERS)),
    one("quantitativeAnalysis", "quantitativeAnalysis", Shape(&MODEL_CARD_QUANTITATIVE_ANALYSIS)),
    one("considerations", "considerations", Shape(&MODEL_CARD_CONSIDERATIONS)),
    list("properties", "properties", &[plain("property", Shape(&PROPERTY))]),
]);

pub(super) static MODEL_CARD_MODEL_PARAMETERS: Object = Object(&[
    one("approach", "approach", Shape(&MODEL_CARD_MODEL_PARAMETERS_APPROACH)),
    one("task", "task", Text),
    one("architectureFamily", "architectureFamily", Text),
    one("modelArchitecture", "modelArchitecture", Text),
    list(
        "datasets",
        "datasets",
        &[item("ref", Some("ref"), None, Token), item("dataset", None, None, Shape(&COMPONENT_DATA))],
    ),
    list("inputs", "inputs", &[plain("input", Shape(&MODEL_CARD_MODEL_PARAMETERS_INPUTS_INPUT))]),
    list("outputs", "outputs", &[plain("output", Shape(&MODEL_CARD_MODEL_PARAMETERS_OUTPUTS_OUTPUT))]),
]);

pub(super) static MODEL_CARD_MODEL_PARAMETERS_APPROACH: Object = Object(&[one("type", "type", Token)]);

pub(super) static MODEL_CARD_MODEL_PARAMETERS_INPUTS_INPUT: Object = Object(&[one("format", "format", Text)]);

pub(super) static MODEL_CARD_MODEL_PARAMETERS_OUTPUTS_OUTPUT: Object =
    Object(&[one("format", "format", Text)]);

pub(super) static MODEL_CARD_QUANTITATIVE_ANALYSIS: Object = Object(&[
    list(
        "performanceMetrics",
        "performanceMetrics",
        &[plain(
            "performanceMetric",
            Shape(&MODEL_CARD_QUANTITATIVE_ANALYSIS_PERFORMANCE_METRICS_PERFORMANCE_METRIC),
        )],
    ),
    one("graphics", "graphics", Shape(&MODEL_CARD_QUANTITATIVE_ANALYSIS_GRAPHICS)),
]);

pub(super) static MODEL_CARD_QUANTITATIVE_ANALYSIS_PERFORMANCE_METRICS_PERFORMANCE_METRIC: Object =
    Object(&[
        one("type", "type", Text),
        one("value", "value", Text),
        one("slice", "slice", Text),
        one(
            "confidenceInterval",
            "confidenceInterval",
            Shape(
                &MODEL_CARD_QUANTITATIVE_ANALYSIS_PERFORMANCE_METRICS_PERFORMANCE_METRIC_CONFIDENCE_INTERVAL,
            ),
        ),
    ]);

pub(super) static MODEL_CARD_QUANTITATIVE_ANALYSIS_PERFORMANCE_METRICS_PERFORMANCE_METRIC_CONFIDENCE_INTERVAL: Object = Object(&[one("lowerBound", "lowerBound", Text), one("upperBound", "upperBound", Text)]);

pub(super) static MODEL_CARD_QUANTITATIVE_ANALYSIS_GRAPHICS: Object = Object(&[
    one("description", "description", Text),
    list(
        "collection",
        "collection",
        &[plain("graphic", Shape(&MODEL_CARD_QUANTITATIVE_ANALYSIS_GRAPHICS_COLLECTION_GRAPHIC))],
    ),
]);

pub(super) static MODEL_CARD_QUANTITATIVE_ANALYSIS_GRAPHICS_COLLECTION_GRAPHIC: Object =
    Object(&[one("name", "name", Text), one("image", "image", Shape(&ATTACHED_TEXT))]);

pub(super) static MODEL_CARD_CONSIDERATIONS: Object = Object(&[
    list("users", "users", &[plain("user", Text)]),
    list("useCases", "useCases", &[plain("useCase", Text)]),
    list("technicalLimitations", "technicalLimitations", &[plain("technicalLimitation", Text)]),
    list("performanceTradeoffs", "performanceTradeoffs", &[plain("performanceTradeoff", Text)]),
    list(
        "ethicalConsiderations",
        "ethicalConsiderations",
        &[plain(
            "ethicalConsideration",
            Shape(&MODEL_CARD_CONSIDERATIONS_ETHICAL_CONSIDERATIONS_ETHICAL_CONSIDERATION),
        )],
    ),
    one("environmentalConsiderations", "environmentalConsiderations", Shape(&ENVIRONMENTAL_CONSIDERATIONS)),
    list(
        "fairnessAssessments",
        "fairnessAssessments",
        &[plain(
            "fairnessAssessment",
            Shape(&MODEL_CARD_CONSIDERATIONS_FAIRNESS_ASSESSMENTS_FAIRNESS_ASSESSMENT),
        )],
    ),
]);

pub(super) static MODEL_CARD_CONSIDERATIONS_ETHICAL_CONSIDERATIONS_ETHICAL_CONSIDERATION: Object =
    Object(&[one("name", "name", Text), one("mitigationStrategy", "mitigationStrategy", Text)]);

pub(super) static ENVIRONMENTAL_CONSIDERATIONS: Object = Object(&[
    list(
        "energyConsumptions",
        "energyConsumptions",
        &[plain("energyConsumption", Shape(&ENERGY_CONSUMPTION))],
    ),
    list("properties", "properties", &[plain("property", Shape(&PROPERTY))]),
]);

pub(super) static MODEL_CARD_CONSIDERATIONS_FAIRNESS_ASSESSMENTS_FAIRNESS_ASSESSMENT: Object = Object(&[
    one("groupAtRisk", "groupAtRisk", Text),
    one("benefits", "benefits", Text),
    one("harms", "harms", Text),
    one("mitigationStrategy", "mitigationStrategy", Text),
]);

pub(super) static COMPONENT_DATA: Object = Object(&[
    attribute("bom-ref", "bom-ref", Text),
    one("type", "type", Token),
    one("name", "name", Text),
    one("contents", "contents", Shape(&COMPONENT_DATA_CONTENTS)),
    one("classification", "classification", Text),
    each("sensitiveData", "sensitiveData", Text),
    one("graphics", "graphics", Shape(&GRAPHICS_COLLECTION)),
    one("description", "description", Text),
    one("governance", "governance", Shape(&DATA_GOVERNANCE)),
]);

pub(super) static COMPONENT_DATA_CONTENTS: Object = Object(&[
    one("attachment", "attachment", Shape(&ATTACHED_TEXT)),
    one("url", "url", Token),
    list("properties", "properties", &[plain("property", Shape(&PROPERTY))]),
]);

pub(super) static GRAPHICS_COLLECTION: Object = Object(&[
    one("description", "description", Text),
    list("collection", "collection", &[plain("graphic", Shape(&GRAPHICS_COLLECTION_COLLECTION_GRAPHIC))]),
]);

pub(super) static GRAPHICS_COLLECTION_COLLECTION_GRAPHIC: Object =
    Object(&[one("name", "name", Text), one("image", "image", Shape(&ATTACHED_TEXT))]);

pub(super) static DATA_GOVERNANCE: Object = Object(&[
    list("custodians", "custodians", &[plain("custodian", Shape(&ORGANIZATION_OR_INDIVIDUAL))]),
    list("stewards", "stewards", &[plain("steward", Shape(&ORGANIZATION_OR_INDIVIDUAL))]),
    list("owners", "owners", &[plain("owner", Shape(&ORGANIZATION_OR_INDIVIDUAL))]),
]);

pub(super) static ORGANIZATION_OR_INDIVIDUAL: Object = Object(&[
    one("organization", "organization", Shape(&ORGANIZATIONAL_ENTITY)),
    one("individual", "contact", Shape(&ORGANIZATIONAL_CONTACT)),
]);

pub(super) static CRYPTO_PROPERTIES: Object = Object(&[
    one("assetType", "assetType", Token),
    one("algorithmProperties", "algorithmProperties", Shape(&CRYPTO_PROPERTIES_ALGORITHM_PROPERTIES)),
    one("certificateProperties", "certificateProperties", Shape(&CRYPTO_PROPERTIES_CERTIFICATE_PROPERTIES)),
    one(
        "relatedCryptoMaterialProperties",
        "relatedCryptoMaterialProperties",
        Shape(&CRYPTO_PROPERTIES_RELATED_CRYPTO_MATERIAL_PROPERTIES),
    ),
    one("protocolProperties", "protocolProperties", Shape(&CRYPTO_PROPERTIES_PROTOCOL_PROPERTIES)),
    one("oid", "oid", Text),
]);

pub(super) static CRYPTO_PROPERTIES_ALGORITHM_PROPERTIES: Object = Object(&[
    one("primitive", "primitive", Token),
    one("algorithmFamily", "algorithmFamily", Text),
    one("parameterSetIdentifier", "parameterSetIdentifier", Text),
    one("curve", "curve", Text),
    one("ellipticCurve", "ellipticCurve", Text),
    one("executionEnvironment", "executionEnvironment", Token),
    one("implementationPlatform", "implementationPlatform", Token),
    each("certificationLevel", "certificationLevel", Token),
    one("mode", "mode", Token),
    one("padding", "padding", Token),
    list("cryptoFunctions", "cryptoFunctions", &[plain("cryptoFunction", Token)]),
    one("classicalSecurityLevel", "classicalSecurityLevel", Number),
    one("nistQuantumSecurityLevel", "nistQuantumSecurityLevel", Number),
]);

pub(super) static CRYPTO_PROPERTIES_CERTIFICATE_PROPERTIES: Object = Object(&[one("serialNumber", "serialNumber", Text), one("subjectName", "subjectName", Text), one("issuerName", "issuerName", Text), one("notValidBefore", "notValidBefore", Token), one("notValidAfter", "notValidAfter", Token), one("signatureAlgorithmRef", "signatureAlgorithmRef", Text), one("subjectPublicKeyRef", "subjectPublicKeyRef", Text), one("certificateFormat", "certificateFormat", Text), one("certificateExtension", "certificateExtension", Text), one("certificateFileExtension", "certificateFileExtension", Text), one("fingerprint", "fingerprint", Shape(&HASH)), each("certificateState", "certificateState", Shape(&CRYPTO_PROPERTIES_CERTIFICATE_PROPERTIES_CERTIFICATE_STATE)), one("creationDate", "creationDate", Token), one("activationDate", "activationDate", Token), one("deactivationDate", "deactivationDate", Token), one("revocationDate", "revocationDate", Token), one("destructionDate", "destructionDate", Token), list("certificateExtensions", "certificateExtensions", &[plain("certificateExtension", Shape(&CRYPTO_PROPERTIES_CERTIFICATE_PROPERTIES_CERTIFICATE_EXTENSIONS_CERTIFICATE_EXTENSION))]), list("relatedCryptographicAssets", "relatedCryptographicAssets", &[plain("relatedCryptographicAsset", Shape(&CRYPTO_PROPERTIES_CERTIFICATE_PROPERTIES_RELATED_CRYPTOGRAPHIC_ASSETS_RELATED_CRYPTOGRAPHIC_ASSET))])]);

pub(super) static CRYPTO_PROPERTIES_CERTIFICATE_PROPERTIES_CERTIFICATE_STATE: Object = Object(&[
    one("state", "state", Token),
    one("name", "name", Text),
    one("description", "description", Text),
    one("reason", "reason", Text),
]);

pub(super) static CRYPTO_PROPERTIES_CERTIFICATE_PROPERTIES_CERTIFICATE_EXTENSIONS_CERTIFICATE_EXTENSION:
    Object = Object(&[
    one("commonExtensionName", "commonExtensionName", Token),
    one("commonExtensionValue", "commonExtensionValue", Text),
    one("customExtensionName", "customExtensionName", Text),
    one("customExtensionValue", "customExtensionValue", Text),
]);

pub(super) static CRYPTO_PROPERTIES_CERTIFICATE_PROPERTIES_RELATED_CRYPTOGRAPHIC_ASSETS_RELATED_CRYPTOGRAPHIC_ASSET: Object = Object(&[one("type", "type", Text), one("ref", "ref", Text)]);

pub(super) static CRYPTO_PROPERTIES_RELATED_CRYPTO_MATERIAL_PROPERTIES: Object = Object(&[one("type", "type", Token), one("id", "id", Text), one("state", "state", Token), one("algorithmRef", "algorithmRef", Text), one("creationDate", "creationDate", Token), one("activationDate", "activationDate", Token), one("updateDate", "updateDate", Token), one("expirationDate", "expirationDate", Token), one("value", "value", Text), one("size", "size", Number), one("format", "format", Text), one("securedBy", "securedBy", Shape(&CRYPTO_PROPERTIES_RELATED_CRYPTO_MATERIAL_PROPERTIES_SECURED_BY)), one("fingerprint", "fingerprint", Shape(&HASH)), list("relatedCryptographicAssets", "relatedCryptographicAssets", &[plain("relatedCryptographicAsset", Shape(&CRYPTO_PROPERTIES_RELATED_CRYPTO_MATERIAL_PROPERTIES_RELATED_CRYPTOGRAPHIC_ASSETS_RELATED_CRYPTOGRAPHIC_ASSET))])]);

pub(super) static CRYPTO_PROPERTIES_RELATED_CRYPTO_MATERIAL_PROPERTIES_SECURED_BY: Object =
    Object(&[one("mechanism", "mechanism", Text), one("algorithmRef", "algorithmRef", Text)]);

pub(super) static CRYPTO_PROPERTIES_RELATED_CRYPTO_MATERIAL_PROPERTIES_RELATED_CRYPTOGRAPHIC_ASSETS_RELATED_CRYPTOGRAPHIC_ASSET: Object = Object(&[one("type", "type", Text), one("ref", "ref", Text)]);

pub(super) static CRYPTO_PROPERTIES_PROTOCOL_PROPERTIES: Object = Object(&[
    one("type", "type", Token),
    one("version", "version", Text),
    list(
        "cipherSuites",
        "cipherSuites",
        &[plain("cipherSuite", Shape(&CRYPTO_PROPERTIES_PROTOCOL_PROPERTIES_CIPHER_SUITES_CIPHER_SUITE))],
    ),
    one(
        "ikev2TransformTypes",
        "ikev2TransformTypes",
        Shape(&CRYPTO_PROPERTIES_PROTOCOL_PROPERTIES_IKEV2_TRANSFORMS),
    ),
    each("cryptoRef", "cryptoRefArray", Token),
]);

pub(super) static CRYPTO_PROPERTIES_PROTOCOL_PROPERTIES_CIPHER_SUITES_CIPHER_SUITE: Object = Object(&[
    one("name", "name", Text),
    list("algorithms", "algorithms", &[plain("algorithm", Text)]),
    list("identifiers", "identifiers", &[plain("identifier", Text)]),
    list("tlsGroups", "tlsGroups", &[plain("group", Text)]),
    list("tlsSignatureSchemes", "tlsSignatureSchemes", &[plain("signatureScheme", Text)]),
]);

pub(super) static CRYPTO_PROPERTIES_PROTOCOL_PROPERTIES_IKEV2_TRANSFORMS: Object = Object(&[
    each("encr", "encr", Shape(&CRYPTO_PROPERTIES_PROTOCOL_PROPERTIES_IKEV2_TRANSFORMS_ENCR)),
    each("prf", "prf", Shape(&CRYPTO_PROPERTIES_PROTOCOL_PROPERTIES_IKEV2_TRANSFORMS_PRF)),
    each("integ", "integ", Shape(&CRYPTO_PROPERTIES_PROTOCOL_PROPERTIES_IKEV2_TRANSFORMS_INTEG)),
    each("ke", "ke", Shape(&CRYPTO_PROPERTIES_PROTOCOL_PROPERTIES_IKEV2_TRANSFORMS_KE)),
    one("esn", "esn", Bool),
    each("auth", "auth", Shape(&CRYPTO_PROPERTIES_PROTOCOL_PROPERTIES_IKEV2_TRANSFORMS_AUTH)),
]);

pub(super) static CRYPTO_PROPERTIES_PROTOCOL_PROPERTIES_IKEV2_TRANSFORMS_ENCR: Object = Object(&[
    one("name", "name", Text),
    one("keyLength", "keyLength", Number),
    one("algorithm", "algorithm", Text),
]);

pub(super) static CRYPTO_PROPERTIES_PROTOCOL_PROPERTIES_IKEV2_TRANSFORMS_PRF: Object =
    Object(&[one("name", "name", Text), one("algorithm", "algorithm", Text)]);

pub(super) static CRYPTO_PROPERTIES_PROTOCOL_PROPERTIES_IKEV2_TRANSFORMS_INTEG: Object =
    Object(&[one("name", "name", Text), one("algorithm", "algorithm", Text)]);

pub(super) static CRYPTO_PROPERTIES_PROTOCOL_PROPERTIES_IKEV2_TRANSFORMS_KE: Object =
    Object(&[one("group", "group", Number), one("algorithm", "algorithm", Text)]);

pub(super) static CRYPTO_PROPERTIES_PROTOCOL_PROPERTIES_IKEV2_TRANSFORMS_AUTH: Object =
    Object(&[one("name", "name", Text), one("algorithm", "algorithm", Text)]);

pub(super) static METADATA_DISTRIBUTION_CONSTRAINTS: Object = Object(&[one("tlp", "tlp", Token)]);

pub(super) static SERVICE: Object = Object(&[
    attribute("bom-ref", "bom-ref", Text),
    one("provider", "provider", Shape(&ORGANIZATIONAL_ENTITY)),
    one("group", "group", Token),
    one("name", "name", Token),
    one("version", "version", Token),
    one("description", "description", Token),
    list("endpoints", "endpoints", &[plain("endpoint", Token)]),
    one("authenticated", "authenticated", Bool),
    one("x-trust-boundary", "x-trust-boundary", Bool),
    one("trustZone", "trustZone", Text),
    list(
        "data",
        "data",
        &[
            item("dataflow", None, Some("name"), Shape(&SERVICE_DATAFLOW)),
            item("dataflow", None, Some("description"), Shape(&SERVICE_DATAFLOW)),
            item("dataflow", None, Some("governance"), Shape(&SERVICE_DATAFLOW)),
            item("dataflow", None, Some("source"), Shape(&SERVICE_DATAFLOW)),
            item("dataflow", None, Some("destination"), Shape(&SERVICE_DATAFLOW)),
            item("classification", None, None, Shape(&DATA_CLASSIFICATION)),
        ],
    ),
    list("licenses", "licenses", LICENSES),
    list("patentAssertions", "patentAssertions", &[plain("patentAssertion", Shape(&PATENT_ASSERTION))]),
    list("externalReferences", "externalReferences", &[plain("reference", Shape(&EXTERNAL_REFERENCE))]),
    list("properties", "properties", &[plain("property", Shape(&PROPERTY))]),
    list("services", "services", &[plain("service", Shape(&SERVICE))]),
    one("releaseNotes", "releaseNotes", Shape(&RELEASE_NOTES)),
    list("tags", "tags", &[plain("tag", Token)]),
]);

pub(super) static DEPENDENCY: Object = Object(&[
    attribute("ref", "ref", Text),
    each("dependency", "dependsOn", InAttribute("ref")),
    each("provides", "provides", InAttribute("ref")),
]);

pub(super) static COMPOSITION: Object = Object(&[
    attribute("bom-ref", "bom-ref", Text),
    one("aggregate", "aggregate", Token),
    list("assemblies", "assemblies", &[plain("assembly", InAttribute("ref"))]),
    list("dependencies", "dependencies", &[plain("dependency", InAttribute("ref"))]),
    list("vulnerabilities", "vulnerabilities", &[plain("vulnerability", InAttribute("ref"))]),
]);

pub(super) static VULNERABILITY: Object = Object(&[
    attribute("bom-ref", "bom-ref", Text),
    one("id", "id", Token),
    one("source", "source", Shape(&VULNERABILITY_SOURCE)),
    list("references", "references", &[plain("reference", Shape(&VULNERABILITY_REFERENCES_REFERENCE))]),
    list("ratings", "ratings", &[plain("rating", Shape(&RATING))]),
    list("cwes", "cwes", &[plain("cwe", Number)]),
    one("description", "description", Text),
    one("detail", "detail", Text),
    one("recommendation", "recommendation", Text),
    one("workaround", "workaround", Text),
    one("proofOfConcept", "proofOfConcept", Shape(&VULNERABILITY_PROOF_OF_CONCEPT)),
    list("advisories", "advisories", &[plain("advisory", Shape(&ADVISORY))]),
    one("created", "created", Token),
    one("published", "published", Token),
    one("updated", "updated", Token),
    one("rejected", "rejected", Token),
    one("credits", "credits", Shape(&VULNERABILITY_CREDITS)),
    list("tools", "tools", &[plain("tool", Shape(&TOOL))]),
    one("tools", "tools", Shape(&TOOLS)),
    one("analysis", "analysis", Shape(&VULNERABILITY_ANALYSIS)),
    list("affects", "affects", &[plain("target", Shape(&VULNERABILITY_AFFECTS_TARGET))]),
    list("properties", "properties", &[plain("property", Shape(&PROPERTY))]),
]);

pub(super) static VULNERABILITY_SOURCE: Object =
    Object(&[one("name", "name", Token), one("url", "url", Token)]);

pub(super) static VULNERABILITY_REFERENCES_REFERENCE: Object =
    Object(&[one("id", "id", Token), one("source", "source", Shape(&VULNERABILITY_SOURCE))]);

pub(super) static RATING: Object = Object(&[
    one("source", "source", Shape(&VULNERABILITY_SOURCE)),
    one("score", "score", Number),
    one("severity", "severity", Token),
    one("method", "method", Token),
    one("vector", "vector", Token),
    one("justification", "justification", Text),
]);

pub(super) static VULNERABILITY_PROOF_OF_CONCEPT: Object = Object(&[
    one("reproductionSteps", "reproductionSteps", Text),
    one("environment", "environment", Text),
    list("supportingMaterial", "supportingMaterial", &[plain("attachment", Shape(&ATTACHED_TEXT))]),
]);

pub(super) static ADVISORY: Object = Object(&[one("title", "title", Token), one("url", "url", Token)]);

pub(super) static VULNERABILITY_CREDITS: Object = Object(&[
    list("organizations", "organizations", &[plain("organization", Shape(&ORGANIZATIONAL_ENTITY))]),
    list("individuals", "individuals", &[plain("individual", Shape(&ORGANIZATIONAL_CONTACT))]),
]);

pub(super) static VULNERABILITY_ANALYSIS: Object = Object(&[
    one("state", "state", Token),
    one("justification", "justification", Token),
    list("responses", "response", &[plain("response", Token)]),
    one("detail", "detail", Text),
    one("firstIssued", "firstIssued", Token),
    one("lastUpdated", "lastUpdated", Token),
]);

pub(super) static VULNERABILITY_AFFECTS_TARGET: Object = Object(&[
    one("ref", "ref", Token),
    list("versions", "versions", &[plain("version", Shape(&VULNERABILITY_AFFECTS_TARGET_VERSIONS_VERSION))]),
]);

pub(super) static VULNERABILITY_AFFECTS_TARGET_VERSIONS_VERSION: Object =
    Object(&[one("version", "version", Token), one("range", "range", Token), one("status", "status", Token)]);

pub(super) static ANNOTATION: Object = Object(&[
    attribute("bom-ref", "bom-ref", Text),
    list("subjects", "subjects", &[plain("subject", InAttribute("ref"))]),
    one("annotator", "annotator", Shape(&ANNOTATOR_CHOICE)),
    one("timestamp", "timestamp", Token),
    one("text", "text", Text),
]);

pub(super) static ANNOTATOR_CHOICE: Object = Object(&[
    one("organization", "organization", Shape(&ORGANIZATIONAL_ENTITY)),
    one("individual", "individual", Shape(&ORGANIZATIONAL_CONTACT)),
    one("component", "component", Shape(&COMPONENT)),
    one("service", "service", Shape(&SERVICE)),
]);

pub(super) static FORMULA: Object = Object(&[
    attribute("bom-ref", "bom-ref", Text),
    list("components", "components", &[plain("component", Shape(&COMPONENT))]),
    list("services", "services", &[plain("service", Shape(&SERVICE))]),
    list("workflows", "workflows", &[plain("workflow", Shape(&WORKFLOW))]),
    list("properties", "properties", &[plain("property", Shape(&PROPERTY))]),
]);

pub(super) static WORKFLOW: Object = Object(&[
    attribute("bom-ref", "bom-ref", Text),
    one("uid", "uid", Text),
    one("name", "name", Text),
    one("description", "description", Text),
    list(
        "resourceReferences",
        "resourceReferences",
        &[plain("resourceReference", Shape(&RESOURCE_REFERENCE))],
    ),
    list("tasks", "tasks", &[plain("task", Shape(&TASK))]),
    list("taskDependencies", "taskDependencies", &[plain("dependency", Shape(&DEPENDENCY))]),
    list("taskTypes", "taskTypes", &[plain("taskType", Token)]),
    one("trigger", "trigger", Shape(&TRIGGER)),
    list("steps", "steps", &[plain("step", Shape(&STEP))]),
    list("inputs", "inputs", &[plain("input", Shape(&INPUT))]),
    list("outputs", "outputs", &[plain("output", Shape(&OUTPUT))]),
    one("timeStart", "timeStart", Token),
    one("timeEnd", "timeEnd", Token),
    list("workspaces", "workspaces", &[plain("workspace", Shape(&WORKSPACE))]),
    list("runtimeTopology", "runtimeTopology", &[plain("dependency", Shape(&DEPENDENCY))]),
    list("properties", "properties", &[plain("property", Shape(&PROPERTY))]),
]);

pub(super) static RESOURCE_REFERENCE: Object = Object(&[
    one("ref", "ref", Token),
    one("externalReference", "externalReference", Shape(&EXTERNAL_REFERENCE)),
]);

pub(super) static TASK: Object = Object(&[
    attribute("bom-ref", "bom-ref", Text),
    one("uid", "uid", Text),
    one("name", "name", Text),
    one("description", "description", Text),
    list(
        "resourceReferences",
        "resourceReferences",
        &[plain("resourceReference", Shape(&RESOURCE_REFERENCE))],
    ),
    list("taskTypes", "taskTypes", &[plain("taskType", Token)]),
    one("trigger", "trigger", Shape(&TRIGGER)),
    list("steps", "steps", &[plain("step", Shape(&STEP))]),
    list("inputs", "inputs", &[plain("input", Shape(&INPUT))]),
    list("outputs", "outputs", &[plain("output", Shape(&OUTPUT))]),
    one("timeStart", "timeStart", Token),
    one("timeEnd", "timeEnd", Token),
    list("workspaces", "workspaces", &[plain("workspace", Shape(&WORKSPACE))]),
    list("runtimeTopology", "runtimeTopology", &[plain("dependency", Shape(&DEPENDENCY))]),
    list("properties", "properties", &[plain("property", Shape(&PROPERTY))]),
]);

pub(super) static TRIGGER: Object = Object(&[
    attribute("bom-ref", "bom-ref", Text),
    one("uid", "uid", Text),
    one("name", "name", Text),
    one("description", "description", Text),
    list(
        "resourceReferences",
        "resourceReferences",
        &[plain("resourceReference", Shape(&RESOURCE_REFERENCE))],
    ),
    one("type", "type", Token),
    one("event", "event", Shape(&EVENT)),
    list("conditions", "conditions", &[plain("condition", Shape(&TRIGGER_CONDITIONS_CONDITION))]),
    one("timeActivated", "timeActivated", Token),
    list("inputs", "inputs", &[plain("input", Shape(&INPUT))]),
    list("outputs", "outputs", &[plain("output", Shape(&OUTPUT))]),
    list("properties", "properties", &[plain("property", Shape(&PROPERTY))]),
]);

pub(super) static EVENT: Object = Object(&[
    one("uid", "uid", Text),
    one("description", "description", Text),
    one("timeReceived", "timeReceived", Token),
    one("data", "data", Shape(&ATTACHED_TEXT)),
    one("source", "source", Shape(&RESOURCE_REFERENCE)),
    one("target", "target", Shape(&RESOURCE_REFERENCE)),
    list("properties", "properties", &[plain("property", Shape(&PROPERTY))]),
]);

pub(super) static TRIGGER_CONDITIONS_CONDITION: Object = Object(&[
    one("description", "description", Text),
    one("expression", "expression", Text),
    list("properties", "properties", &[plain("property", Shape(&PROPERTY))]),
]);

pub(super) static INPUT: Object = Object(&[
    one("resource", "resource", Shape(&RESOURCE_REFERENCE)),
    list("parameters", "parameters", &[plain("parameter", Shape(&PARAMETER))]),
    list(
        "environmentVars",
        "environmentVars",
        &[item("value", None, None, Text), item("environmentVar", None, None, Shape(&PROPERTY))],
    ),
    one("data", "data", Shape(&ATTACHED_TEXT)),
    one("source", "source", Shape(&RESOURCE_REFERENCE)),
    one("target", "target", Shape(&RESOURCE_REFERENCE)),
    list("properties", "properties", &[plain("property", Shape(&PROPERTY))]),
]);

pub(super) static PARAMETER: Object =
    Object(&[one("name", "name", Text), one("value", "value", Text), one("dataType", "dataType", Text)]);

pub(super) static OUTPUT: Object = Object(&[
    one("resource", "resource", Shape(&RESOURCE_REFERENCE)),
    list(
        "environmentVars",
        "environmentVars",
        &[item("value", None, None, Text), item("environmentVar", None, None, Shape(&PROPERTY))],
    ),
    one("data", "data", Shape(&ATTACHED_TEXT)),
    one("type", "type", Token),
    one("source", "source", Shape(&RESOURCE_REFERENCE)),
    one("target", "target", Shape(&RESOURCE_REFERENCE)),
    list("properties", "properties", &[plain("property", Shape(&PROPERTY))]),
]);

pub(super) static STEP: Object = Object(&[
    one("name", "name", Text),
    one("description", "description", Text),
    list("commands", "commands", &[plain("command", Shape(&STEP_COMMANDS_COMMAND))]),
    list("properties", "properties", &[plain("property", Shape(&PROPERTY))]),
]);

pub(super) static STEP_COMMANDS_COMMAND: Object = Object(&[
    one("executed", "executed", Text),
    list("properties", "properties", &[plain("property", Shape(&PROPERTY))]),
]);

pub(super) static WORKSPACE: Object = Object(&[
    attribute("bom-ref", "bom-ref", Text),
    one("uid", "uid", Text),
    one("name", "name", Text),
    list("aliases", "aliases", &[plain("alias", Text)]),
    one("description", "description", Text),
    list(
        "resourceReferences",
        "resourceReferences",
        &[plain("resourceReference", Shape(&RESOURCE_REFERENCE))],
    ),
    one("accessMode", "accessMode", Token),
    one("mountPath", "mountPath", Text),
    one("managedDataType", "managedDataType", Text),
    one("volumeRequest", "volumeRequest", Text),
    one("volume", "volume", Shape(&VOLUME)),
    list("properties", "properties", &[plain("property", Shape(&PROPERTY))]),
]);

pub(super) static VOLUME: Object = Object(&[
    one("uid", "uid", Text),
    one("name", "name", Text),
    one("mode", "mode", Token),
    one("path", "path", Text),
    one("sizeAllocated", "sizeAllocated", Text),
    one("persistent", "persistent", Bool),
    one("remote", "remote", Bool),
    list("properties", "properties", &[plain("property", Shape(&PROPERTY))]),
]);

pub(super) static DECLARATIONS: Object = Object(&[
    list("assessors", "assessors", &[plain("assessor", Shape(&DECLARATIONS_ASSESSORS_ASSESSOR))]),
    list(
        "attestations",
        "attestations",
        &[plain("attestation", Shape(&DECLARATIONS_ATTESTATIONS_ATTESTATION))],
    ),
    list("claims", "claims", &[plain("claim", Shape(&DECLARATIONS_CLAIMS_CLAIM))]),
    list("evidence", "evidence", &[plain("evidence", Shape(&DECLARATIONS_EVIDENCE_EVIDENCE))]),
    one("targets", "targets", Shape(&DECLARATIONS_TARGETS)),
    one("affirmation", "affirmation", Shape(&DECLARATIONS_AFFIRMATION)),
]);

pub(super) static DECLARATIONS_ASSESSORS_ASSESSOR: Object = Object(&[
    attribute("bom-ref", "bom-ref", Text),
    one("thirdParty", "thirdParty", Bool),
    one("organization", "organization", Shape(&ORGANIZATIONAL_ENTITY)),
]);

pub(super) static DECLARATIONS_ATTESTATIONS_ATTESTATION: Object = Object(&[
    one("summary", "summary", Text),
    one("assessor", "assessor", Text),
    each("map", "map", Shape(&DECLARATIONS_ATTESTATIONS_ATTESTATION_MAP)),
]);

pub(super) static DECLARATIONS_ATTESTATIONS_ATTESTATION_MAP: Object = Object(&[
    one("requirement", "requirement", Text),
    list("claims", "claims", &[plain("claim", Text)]),
    list("counterClaims", "counterClaims", &[plain("counterClaim", Text)]),
    one("conformance", "conformance", Shape(&DECLARATIONS_ATTESTATIONS_ATTESTATION_MAP_CONFORMANCE)),
    one("confidence", "confidence", Shape(&DECLARATIONS_ATTESTATIONS_ATTESTATION_MAP_CONFIDENCE)),
]);

pub(super) static DECLARATIONS_ATTESTATIONS_ATTESTATION_MAP_CONFORMANCE: Object = Object(&[
    one("score", "score", Number),
    one("rationale", "rationale", Text),
    list("mitigationStrategies", "mitigationStrategies", &[plain("mitigationStrategy", Text)]),
]);

pub(super) static DECLARATIONS_ATTESTATIONS_ATTESTATION_MAP_CONFIDENCE: Object =
    Object(&[one("score", "score", Number), one("rationale", "rationale", Text)]);

pub(super) static DECLARATIONS_CLAIMS_CLAIM: Object = Object(&[
    attribute("bom-ref", "bom-ref", Text),
    one("target", "target", Text),
    one("predicate", "predicate", Text),
    list("mitigationStrategies", "mitigationStrategies", &[plain("mitigationStrategy", Text)]),
    one("reasoning", "reasoning", Text),
    each("evidence", "evidence", Text),
    each("counterEvidence", "counterEvidence", Text),
    list("externalReferences", "externalReferences", &[plain("reference", Shape(&EXTERNAL_REFERENCE))]),
]);

pub(super) static DECLARATIONS_EVIDENCE_EVIDENCE: Object = Object(&[
    attribute("bom-ref", "bom-ref", Text),
    one("propertyName", "propertyName", Text),
    one("description", "description", Text),
    each("data", "data", Shape(&DECLARATIONS_EVIDENCE_EVIDENCE_DATA)),
    one("created", "created", Token),
    one("expires", "expires", Token),
    one("author", "author", Shape(&ORGANIZATIONAL_CONTACT)),
    one("reviewer", "reviewer", Shape(&ORGANIZATIONAL_CONTACT)),
]);

pub(super) static DECLARATIONS_EVIDENCE_EVIDENCE_DATA: Object = Object(&[
    one("name", "name", Text),
    one("contents", "contents", Shape(&DECLARATIONS_EVIDENCE_EVIDENCE_DATA_CONTENTS)),
    one("classification", "classification", Text),
    each("sensitiveData", "sensitiveData", Token),
    one("governance", "governance", Shape(&DATA_GOVERNANCE)),
]);

pub(super) static DECLARATIONS_EVIDENCE_EVIDENCE_DATA_CONTENTS: Object =
    Object(&[one("attachment", "attachment", Shape(&ATTACHED_TEXT)), one("url", "url", Token)]);

pub(super) static DECLARATIONS_TARGETS: Object = Object(&[
    list("organizations", "organizations", &[plain("organization", Shape(&ORGANIZATIONAL_ENTITY))]),
    list("components", "components", &[plain("component", Shape(&COMPONENT))]),
    list("services", "services", &[plain("service", Shape(&SERVICE))]),
]);

pub(super) static DECLARATIONS_AFFIRMATION: Object = Object(&[
    one("statement", "statement", Text),
    list(
        "signatories",
        "signatories",
        &[plain("signatory", Shape(&DECLARATIONS_AFFIRMATION_SIGNATORIES_SIGNATORY))],
    ),
]);

pub(super) static DECLARATIONS_AFFIRMATION_SIGNATORIES_SIGNATORY: Object = Object(&[
    one("name", "name", Text),
    one("role", "role", Text),
    one("organization", "organization", Shape(&ORGANIZATIONAL_ENTITY)),
    one("externalReference", "externalReference", Shape(&EXTERNAL_REFERENCE)),
]);

pub(super) static DEFINITIONS: Object = Object(&[
    list("standards", "standards", &[plain("standard", Shape(&STANDARD))]),
    list(
        "patents",
        "patents",
        &[
            item("patentFamily", None, Some("familyId"), Shape(&PATENT_FAMILY)),
            item("patent", None, None, Shape(&PATENT)),
        ],
    ),
]);

pub(super) static STANDARD: Object = Object(&[
    attribute("bom-ref", "bom-ref", Text),
    one("name", "name", Text),
    one("version", "version", Text),
    one("description", "description", Text),
    one("owner", "owner", Text),
    list("requirements", "requirements", &[plain("requirement", Shape(&STANDARD_REQUIREMENTS_REQUIREMENT))]),
    list("levels", "levels", &[plain("level", Shape(&STANDARD_LEVELS_LEVEL))]),
    list("externalReferences", "externalReferences", &[plain("reference", Shape(&EXTERNAL_REFERENCE))]),
]);

pub(super) static STANDARD_REQUIREMENTS_REQUIREMENT: Object = Object(&[
    attribute("bom-ref", "bom-ref", Text),
    one("identifier", "identifier", Text),
    one("title", "title", Text),
    one("text", "text", Text),
    list("descriptions", "descriptions", &[plain("description", Text)]),
    each("openCre", "openCre", Text),
    one("parent", "parent", Text),
    list("properties", "properties", &[plain("property", Shape(&PROPERTY))]),
    list("externalReferences", "externalReferences", &[plain("reference", Shape(&EXTERNAL_REFERENCE))]),
]);

pub(super) static STANDARD_LEVELS_LEVEL: Object = Object(&[
    attribute("bom-ref", "bom-ref", Text),
    one("identifier", "identifier", Text),
    one("title", "title", Text),
    one("description", "description", Text),
    list("requirements", "requirements", &[plain("requirement", Text)]),
]);

pub(super) static CITATION: Object = Object(&[
    attribute("bom-ref", "bom-ref", Text),
    list("pointers", "pointers", &[plain("pointer", Text)]),
    list("expressions", "expressions", &[plain("expression", Text)]),
    one("timestamp", "timestamp", Token),
    one("attributedTo", "attributedTo", Text),
    one("process", "process", Text),
    one("note", "note", Text),
]);

pub(super) static LICENSE: Object = Object(&[
    attribute("bom-ref", "bom-ref", Text),
    attribute("acknowledgement", "acknowledgement", Token),
    one("id", "id", Token),
    one("name", "name", Token),
    one("text", "text", Shape(&ATTACHED_TEXT)),
    one("url", "url", Token),
    one("licensing", "licensing", Shape(&LICENSING)),
    list("properties", "properties", &[plain("property", Shape(&PROPERTY))]),
]);

pub(super) static LICENSING: Object = Object(&[
    list("altIds", "altIds", &[plain("altId", Token)]),
    one("licensor", "licensor", Shape(&LICENSING_LICENSOR)),
    one("licensee", "licensee", Shape(&LICENSING_LICENSEE)),
    one("purchaser", "purchaser", Shape(&LICENSING_PURCHASER)),
    one("purchaseOrder", "purchaseOrder", Text),
    list("licenseTypes", "licenseTypes", &[plain("licenseType", Token)]),
    one("lastRenewal", "lastRenewal", Token),
    one("expiration", "expiration", Token),
]);

pub(super) static LICENSING_LICENSOR: Object = Object(&[
    one("organization", "organization", Shape(&ORGANIZATIONAL_ENTITY)),
    one("individual", "individual", Shape(&ORGANIZATIONAL_CONTACT)),
]);

pub(super) static LICENSING_LICENSEE: Object = Object(&[
    one("organization", "organization", Shape(&ORGANIZATIONAL_ENTITY)),
    one("individual", "individual", Shape(&ORGANIZATIONAL_CONTACT)),
]);

pub(super) static LICENSING_PURCHASER: Object = Object(&[
    one("organization", "organization", Shape(&ORGANIZATIONAL_ENTITY)),
    one("individual", "individual", Shape(&ORGANIZATIONAL_CONTACT)),
]);

pub(super) static LICENSE_EXPRESSION: Object = Object(&[
    attribute("bom-ref", "bom-ref", Text),
    attribute("acknowledgement", "acknowledgement", Token),
    text("expression", Token),
]);

pub(super) static LICENSE_EXPRESSION_DETAILED: Object = Object(&[
    attribute("bom-ref", "bom-ref", Text),
    attribute("acknowledgement", "acknowledgement", Token),
    attribute("expression", "expression", Token),
    each("details", "expressionDetails", Shape(&LICENSE_EXPRESSION_DETAILED_DETAILS)),
    one("licensing", "licensing", Shape(&LICENSING)),
    list("properties", "properties", &[plain("property", Shape(&PROPERTY))]),
]);

pub(super) static LICENSE_EXPRESSION_DETAILED_DETAILS: Object = Object(&[
    attribute("license-identifier", "licenseIdentifier", Token),
    attribute("bom-ref", "bom-ref", Text),
    one("text", "text", Shape(&ATTACHED_TEXT)),
    one("url", "url", Token),
]);

pub(super) static DATA_CLASSIFICATION: Object =
    Object(&[attribute("flow", "flow", Token), text("classification", Token)]);

pub(super) static TOOL: Object = Object(&[
    one("vendor", "vendor", Token),
    one("name", "name", Token),
    one("version", "version", Token),
    list("hashes", "hashes", &[plain("hash", Shape(&HASH))]),
    list("externalReferences", "externalReferences", &[plain("reference", Shape(&EXTERNAL_REFERENCE))]),
]);

pub(super) static PATENT: Object = Object(&[
    attribute("bom-ref", "bom-ref", Text),
    one("patentNumber", "patentNumber", Text),
    one("applicationNumber", "applicationNumber", Text),
    one("jurisdiction", "jurisdiction", Text),
    one("priorityApplication", "priorityApplication", Shape(&PRIORITY_APPLICATION)),
    one("publicationNumber", "publicationNumber", Text),
    one("title", "title", Text),
    one("abstract", "abstract", Text),
    one("filingDate", "filingDate", Token),
    one("grantDate", "grantDate", Token),
    one("patentExpirationDate", "patentExpirationDate", Token),
    one("patentLegalStatus", "patentLegalStatus", Token),
    each("patentAssignee", "patentAssignee", Shape(&ORGANIZATION_OR_INDIVIDUAL)),
    list("externalReferences", "externalReferences", &[plain("reference", Shape(&EXTERNAL_REFERENCE))]),
]);

pub(super) static PRIORITY_APPLICATION: Object = Object(&[
    one("applicationNumber", "applicationNumber", Text),
    one("jurisdiction", "jurisdiction", Text),
    one("filingDate", "filingDate", Token),
]);

pub(super) static PATENT_FAMILY: Object = Object(&[
    attribute("bom-ref", "bom-ref", Text),
    one("familyId", "familyId", Text),
    one("priorityApplication", "priorityApplication", Shape(&PRIORITY_APPLICATION)),
    list("members", "members", &[plain("ref", Text)]),
    list("externalReferences", "externalReferences", &[plain("reference", Shape(&EXTERNAL_REFERENCE))]),
]);

pub(super) static SERVICE_DATAFLOW: Object = Object(&[
    attribute("name", "name", Text),
    attribute("description", "description", Text),
    inline("classification", Shape(&DATA_CLASSIFICATION)),
    one("governance", "governance", Shape(&DATA_GOVERNANCE)),
    list("source", "source", &[plain("url", Token)]),
    list("destination", "destination", &[plain("url", Token)]),
]);

pub(super) static ENERGY_CONSUMPTION: Object = Object(&[
    one("activity", "activity", Token),
    each("energyProviders", "energyProviders", Shape(&ENERGY_PROVIDER)),
    one("activityEnergyCost", "activityEnergyCost", Shape(&ENERGY_MEASURE)),
    one("co2CostEquivalent", "co2CostEquivalent", Shape(&CO2_MEASURE)),
    one("co2CostOffset", "co2CostOffset", Shape(&CO2_MEASURE)),
    list("properties", "properties", &[plain("property", Shape(&PROPERTY))]),
]);

pub(super) static ENERGY_PROVIDER: Object = Object(&[
    attribute("bom-ref", "bom-ref", Text),
    one("description", "description", Text),
    one("organization", "organization", Shape(&ORGANIZATIONAL_ENTITY)),
    one("energySource", "energySource", Token),
    one("energyProvided", "energyProvided", Shape(&ENERGY_MEASURE)),
    list("externalReferences", "externalReferences", &[plain("reference", Shape(&EXTERNAL_REFERENCE))]),
]);

pub(super) static ENERGY_MEASURE: Object =
    Object(&[one("value", "value", Number), one("unit", "unit", Token)]);

pub(super) static CO2_MEASURE: Object = Object(&[one("value", "value", Number), one("unit", "unit", Token)]);

pub(super) static COMPONENT_EVIDENCE_IDENTITY: Object = Object(&[
    one("field", "field", Token),
    one("confidence", "confidence", Number),
    one("concludedValue", "concludedValue", Text),
    list("methods", "methods", &[plain("method", Shape(&COMPONENT_EVIDENCE_IDENTITY_METHODS_METHOD))]),
    list("tools", "tools", &[plain("tool", InAttribute("ref"))]),
]);

pub(super) static COMPONENT_EVIDENCE_IDENTITY_METHODS_METHOD: Object = Object(&[
    one("technique", "technique", Token),
    one("confidence", "confidence", Number),
    one("value", "value", Text),
]);

pub(super) static TOOLS: Object = Object(&[
    list("components", "components", &[plain("component", Shape(&COMPONENT))]),
    list("services", "services", &[plain("service", Shape(&SERVICE))]),
]);
