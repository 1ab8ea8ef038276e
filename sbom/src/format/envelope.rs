//! What an SBOM travels in: DSSE envelopes (<https://github.com/secure-systems-lab/dsse>), bundles of Sigstore
//! (<https://github.com/sigstore/protobuf-specs>), in-toto statements (<https://in-toto.io/Statement/v1>), and GitHub's export.
//! They are taken off.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use model::gap::{Gap, GapKind};
use model::limits::Limits;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::signature::{self, Signed};
use super::wire::json::{List, Source, Text};
use super::wire::text::{self, Kind};
use super::{DocumentError, PublicKey, Signature};

/// How many may lie in one another.
const DEPTH_MAX: u64 = 4;

/// How many subjects of a statement are kept: an image has one for each platform.
const SUBJECTS_MAX: usize = 1_000;

/// A document without what it travelled in.
pub(super) struct Contents<'a> {
    pub(super) kind: Kind,
    pub(super) text: Cow<'a, str>,
    /// Whether a signature was there, and who verified it.
    pub(super) signature: Signature,
    /// What the outermost statement around it says of it.
    pub(super) statement: Option<Attested>,
}

/// What an in-toto statement says of the document that is its predicate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attested {
    /// What kind of document it is, a URI; empty where it is not said.
    pub predicate_type: String,
    /// What the document is about: the SHA-256 digests of its subjects, `sha256:…`; a bounded number.
    pub subjects: Vec<String>,
}

/// A DSSE envelope.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    #[serde(borrow)]
    payload_type: Text<'a>,
    #[serde(borrow)]
    payload: Text<'a>,
    #[serde(borrow, default)]
    signatures: List<Signed<'a>>,
}

/// A bundle of Sigstore. What else is in it says who the certificate authority believed the signer to be.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bundle<'a> {
    #[serde(borrow)]
    dsse_envelope: &'a RawValue,
}

/// An in-toto statement.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement<'a> {
    #[serde(borrow)]
    predicate: &'a RawValue,
    #[serde(borrow, default)]
    predicate_type: Option<&'a RawValue>,
    #[serde(borrow, default)]
    subject: Option<&'a RawValue>,
}

/// A subject of a statement.
#[derive(Deserialize)]
struct StatedSubject {
    #[serde(default)]
    digest: BTreeMap<String, String>,
}

/// What cosign wraps a predicate in.
#[derive(Deserialize)]
struct Data<'a> {
    #[serde(rename = "Data", borrow)]
    data: &'a RawValue,
}

/// What the interface of GitHub answers.
#[derive(Deserialize)]
struct Export<'a> {
    #[serde(borrow)]
    sbom: &'a RawValue,
}

/// Takes off whatever `text` travels in.
///
/// # Errors
/// It is malformed, or lies deeper than four of them; there are `keys`, and none of them signed the outermost envelope, in
/// which all else is.
pub(super) fn open<'a>(
    text: &'a str,
    limits: &Limits,
    keys: &[PublicKey],
) -> Result<Contents<'a>, DocumentError> {
    let kind = text::kind(text);
    let mut contents =
        Contents { kind, text: Cow::Borrowed(text), signature: Signature::None, statement: None };
    for _ in 0..=DEPTH_MAX {
        let is_outermost = contents.signature == Signature::None;
        if is_outermost && !keys.is_empty() && !matches!(contents.kind, Kind::Bundle | Kind::Envelope) {
            return Err(DocumentError::NotSigned { reason: format!("it is {}", contents.kind) });
        }
        let inner = match contents.kind {
            Kind::Bundle => {
                let source = Source { format: "Sigstore bundle", text: &contents.text };
                value(source, source.parse::<Bundle<'_>>()?.dsse_envelope)?
            }
            Kind::Envelope => {
                // What is in an envelope that was signed is signed with it.
                let keys = if is_outermost { keys } else { &[] };
                let (inner, signature) = payload(&contents.text, limits, keys)?;
                if is_outermost {
                    contents.signature = signature;
                }
                inner
            }
            Kind::Statement => {
                let (inner, attested) = predicate(&contents.text)?;
                contents.statement.get_or_insert(attested);
                inner
            }
            Kind::GithubExport => {
                let source = Source { format: "GitHub export", text: &contents.text };
                value(source, source.parse::<Export<'_>>()?.sbom)?
            }
            _ => return Ok(contents),
        };
        contents.kind = text::kind(&inner);
        contents.text = Cow::Owned(inner);
    }
    Err(DocumentError::LimitExceeded { limit: "envelopes in one another", max: DEPTH_MAX })
}

/// The gap of a document whose signature nobody verified.
pub(super) fn unverified() -> Gap {
    let detail =
        "the document came in a signed envelope and was believed; nobody's signature on it was verified";
    Gap::new(GapKind::UNVERIFIED_SBOM, "document", detail)
}

fn payload(text: &str, limits: &Limits, keys: &[PublicKey]) -> Result<(String, Signature), DocumentError> {
    let source = Source { format: "DSSE envelope", text };
    let envelope: Envelope<'_> = source.parse()?;
    let encoded = envelope.payload.as_str();
    let malformed = |reason: String| DocumentError::Malformed {
        format: source.format,
        place: "payload".to_owned(),
        line: 1,
        column: 1,
        reason,
    };
    if encoded.len() as u64 / 4 * 3 > limits.document_bytes_max {
        return Err(DocumentError::LimitExceeded {
            limit: "document_bytes_max",
            max: limits.document_bytes_max,
        });
    }
    let decoded = STANDARD.decode(encoded).or_else(|_| URL_SAFE.decode(encoded));
    let decoded = decoded.map_err(|error| malformed(format!("no base64: {error}")))?;
    let signature = signature::verify(envelope.payload_type.as_str(), &decoded, &envelope.signatures, keys)?;
    let inner = String::from_utf8(decoded).map_err(|error| malformed(format!("no UTF-8: {error}")))?;
    Ok((inner, signature))
}

fn predicate(text: &str) -> Result<(String, Attested), DocumentError> {
    let source = Source { format: "in-toto statement", text };
    let statement = source.parse::<Statement<'_>>()?;
    let inner = match serde_json::from_str::<Data<'_>>(statement.predicate.get()) {
        Ok(wrapped) => value(source, wrapped.data)?,
        Err(_) => value(source, statement.predicate)?,
    };
    Ok((inner, attested(&statement)))
}

/// What is said of the predicate. What of it cannot be read is taken for not said: nothing is believed for it.
fn attested(statement: &Statement<'_>) -> Attested {
    let predicate_type =
        statement.predicate_type.and_then(|said| serde_json::from_str(said.get()).ok()).unwrap_or_default();
    let subjects: Vec<StatedSubject> =
        statement.subject.and_then(|said| serde_json::from_str(said.get()).ok()).unwrap_or_default();
    let sha256 = |subject: &StatedSubject| {
        let hex = subject.digest.get("sha256")?;
        Some(format!("sha256:{}", hex.to_ascii_lowercase()))
    };
    Attested { predicate_type, subjects: subjects.iter().filter_map(sha256).take(SUBJECTS_MAX).collect() }
}

/// A document as a JSON object, or as a text in a JSON string.
fn value(source: Source<'_>, raw: &RawValue) -> Result<String, DocumentError> {
    if !raw.get().starts_with('"') {
        return Ok(raw.get().to_owned());
    }
    serde_json::from_str(raw.get()).map_err(|error| DocumentError::Malformed {
        format: source.format,
        place: "predicate".to_owned(),
        line: 1,
        column: 1,
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{contents, read};
    use super::*;

    const BOM: &str = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[
        {"type":"library","name":"a","version":"1","purl":"pkg:npm/a@1"}]}"#;

    fn statement(predicate: &str) -> String {
        format!(
            r#"{{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://cyclonedx.org/bom",
            "subject":[],"predicate":{predicate}}}"#
        )
    }

    fn envelope(payload: &str) -> String {
        let payload = STANDARD.encode(payload);
        format!(r#"{{"payloadType":"application/vnd.in-toto+json","payload":"{payload}","signatures":[]}}"#)
    }

    #[test]
    fn what_a_document_travels_in_is_taken_off_and_a_signature_is_not_believed() {
        let quoted = serde_json::to_string(BOM).unwrap();
        let plain = read(BOM.as_bytes(), &Limits::default()).unwrap().inventory;
        for (text, is_signed) in [
            (statement(BOM), false),
            (statement(&quoted), false),
            (statement(&format!(r#"{{"Data":{quoted},"Timestamp":""}}"#)), false),
            (statement(&format!(r#"{{"Data":{BOM}}}"#)), false),
            (format!(r#"{{"sbom":{BOM}}}"#), false),
            (envelope(&statement(BOM)), true),
            (envelope(BOM), true),
        ] {
            let document = read(text.as_bytes(), &Limits::default()).unwrap();
            assert_eq!(document.format, "CycloneDX 1.6 JSON");
            assert_eq!(document.inventory.packages, plain.packages, "{text}");
            let unverified = |gap: &Gap| gap.kind == GapKind::UNVERIFIED_SBOM;
            assert_eq!(document.inventory.gaps.iter().any(unverified), is_signed, "{text}");
        }
    }

    #[test]
    fn what_a_statement_says_of_its_predicate_is_told() {
        let said = |text: &str| contents(text.as_bytes(), &Limits::default(), &[]).unwrap().statement;
        let digest = "AB".repeat(32);
        let of = |subject: &str| {
            format!(
                r#"{{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://openvex.dev/ns",
                "subject":{subject},"predicate":{{"@context":"https://openvex.dev/ns/v0.2.0"}}}}"#
            )
        };
        let subjects = format!(r#"[{{"name":"a","digest":{{"sha256":"{digest}"}}}},{{"name":"b"}}]"#);
        let expected = Attested {
            predicate_type: "https://openvex.dev/ns".to_owned(),
            subjects: vec![format!("sha256:{}", digest.to_lowercase())],
        };
        assert_eq!(said(&of(&subjects)), Some(expected.clone()));
        // In an envelope, and with another statement in it: the outer one is what was signed.
        let nested = statement(&of("[]")).replace("[]", &subjects).replacen("cyclonedx.org/bom", "a", 1);
        let outer = said(&envelope(&nested)).unwrap();
        assert_eq!((outer.predicate_type.as_str(), outer.subjects), ("https://a", expected.subjects));
        // What cannot be read is not said.
        assert_eq!(said(&of(r#"{"sha256":7}"#)).unwrap().subjects, Vec::<String>::new());
        assert_eq!(said(BOM), None);
    }

    #[test]
    fn a_bad_envelope_is_refused() {
        let refused = |text: &str, words: &str| {
            let error = read(text.as_bytes(), &Limits::default()).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        };
        refused(r#"{"payloadType":"a","payload":"?"}"#, "no base64");
        refused(r#"{"payloadType":"a","payload":"/w=="}"#, "no UTF-8");
        refused(r#"{"payloadType":"a"}"#, "missing field `payload`");
        refused(&statement("7"), "looks like");
        refused(r#"{"predicateType":"a"}"#, "missing field `predicate`");
        refused(&envelope("hello"), "plain text");
        let mut deep = BOM.to_owned();
        for _ in 0..8 {
            deep = envelope(&deep);
        }
        refused(&deep, "limit envelopes in one another of 4");
        for damaged in testkit::mutate::mutations(envelope(&statement(BOM)).as_bytes(), 500) {
            let _ = read(&damaged, &Limits::default());
        }
    }
}
