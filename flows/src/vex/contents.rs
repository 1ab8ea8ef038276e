//! The document in bytes, whatever these travelled in.

use matcher::vex::{VexDocument, VexError, read_attested};
use model::limits::Limits;
pub(super) use sbom::format::Contents as Opened;
use sbom::format::{DocumentError, PublicKey};

/// Why bytes are no VEX document that can be read.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableVex {
    /// The document is none.
    #[error(transparent)]
    Vex(#[from] VexError),
    /// What is around it cannot be read: an envelope, a statement, XML.
    #[error(transparent)]
    Around(#[from] DocumentError),
}

/// What `bytes` say without what is around it. Whose signature is on that is for the caller to judge: that none of `keys`
/// made one is no error.
///
/// # Errors
/// It is larger than `limits` allow, or what is around it is malformed.
pub(super) fn open<'a>(
    bytes: &'a [u8],
    keys: &[PublicKey],
    limits: &Limits,
) -> Result<Opened<'a>, UnreadableVex> {
    if bytes.len() as u64 > limits.vex_bytes_max {
        return Err(VexError::TooLarge { bytes_max: limits.vex_bytes_max }.into());
    }
    match sbom::format::contents(bytes, limits, keys) {
        Err(DocumentError::NotSigned { .. }) => Ok(sbom::format::contents(bytes, limits, &[])?),
        opened => Ok(opened?),
    }
}

/// The document that was `opened`. Statements that name no product are about `subjects`.
///
/// # Errors
/// It is none.
pub(super) fn document(
    opened: &Opened<'_>,
    subjects: &[String],
    limits: &Limits,
) -> Result<VexDocument, UnreadableVex> {
    Ok(read_attested(opened.text.as_bytes(), subjects, limits)?)
}

/// The document in `bytes`, nobody's signature on which is asked for.
///
/// # Errors
/// There is none, or it is larger than `limits` allow.
pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<VexDocument, UnreadableVex> {
    let opened = open(bytes, &[], limits)?;
    let subjects = opened.statement.as_ref().map_or(&[][..], |statement| &statement.subjects);
    document(&opened, subjects, limits)
}

#[cfg(test)]
mod tests {
    use super::{VexDocument, read};
    use matcher::vex::VexKind;
    use model::limits::Limits;

    const OPENVEX: &str = r#"{"@context":"https://openvex.dev/ns/v0.2.0","@id":"V","author":"A","version":1,
        "timestamp":"2025-01-01T00:00:00Z","statements":[
        {"vulnerability":{"name":"CVE-1"},"status":"not_affected","impact_statement":"never run"}]}"#;

    const CYCLONEDX_XML: &str = r#"<?xml version="1.0"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.4" serialNumber="urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79" version="2">
  <metadata><timestamp>2025-01-01T00:00:00Z</timestamp><authors><author><name>Acme</name></author></authors></metadata>
  <vulnerabilities>
    <vulnerability>
      <id>CVE-1</id>
      <analysis>
        <state>not_affected</state>
        <justification>code_not_reachable</justification>
        <detail>never run</detail>
      </analysis>
      <affects><target><ref>pkg:npm/left@3.0.0</ref><versions><version>
        <range>vers:npm/&gt;=3|&lt;4</range><status>unaffected</status></version></versions></target></affects>
    </vulnerability>
  </vulnerabilities>
</bom>"#;

    fn document(bytes: &str) -> VexDocument {
        read(bytes.as_bytes(), &Limits::default()).unwrap()
    }

    #[track_caller]
    fn refused(bytes: &str, words: &str) {
        let error = read(bytes.as_bytes(), &Limits::default()).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }

    #[test]
    fn an_attestation_says_what_its_document_leaves_out() {
        let digest = "ab".repeat(32);
        let statement = format!(
            r#"{{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://openvex.dev/ns/v0.2.0",
            "subject":[{{"name":"app","digest":{{"sha256":"{digest}"}}}}],"predicate":{OPENVEX}}}"#
        );
        let found = document(&statement);
        assert_eq!((found.id.as_deref(), found.statements.len()), (Some("V"), 1));
        assert_eq!(found.statements[0].products.len(), 1);
        assert_eq!(found.remarks, Vec::<String>::new());
        assert_eq!(document(OPENVEX).remarks, ["`statements[0].products`: no product is named"]);
        refused(r#"{"predicateType":"https://openvex.dev/ns"}"#, "missing field `predicate`");
        refused(r#"{"payloadType":"a","payload":"?"}"#, "no base64");
    }

    #[test]
    fn cyclonedx_in_xml_says_what_it_says_in_json() {
        let found = document(CYCLONEDX_XML);
        assert_eq!(found.kind, VexKind::CycloneDx);
        assert_eq!(found.id.as_deref(), Some("urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79"));
        assert_eq!((found.author.as_deref(), &found.version[..]), (Some("Acme"), &[2][..]));
        let [statement] = &found.statements[..] else { panic!("{found:?}") };
        assert!(statement.status.suppresses());
        assert_eq!(statement.justification.as_deref(), Some("code_not_reachable"));
        assert_eq!(statement.detail.as_deref(), Some("never run"));
        assert_eq!(statement.said_at, found.updated);
        let product = statement.products[0].wholes[0];
        let component = found.components.iter().find(|component| !component.ranges.is_empty()).unwrap();
        assert_eq!(*component.ranges[0], *"vers:npm/>=3|<4");
        assert!(!component.identities.is_empty(), "{product:?}");
        assert_eq!(found.remarks, Vec::<String>::new());

        refused(&CYCLONEDX_XML.replace("</bom>", ""), "CycloneDX XML");
        refused("<csaf/>", "it is XML, and not CycloneDX");
    }

    /// No prefix and no damage makes a reader panic.
    #[test]
    fn damaged_documents_are_errors() {
        for whole in [OPENVEX, CYCLONEDX_XML] {
            for damaged in testkit::mutate::mutations(whole.as_bytes(), 500) {
                let _ = read(&damaged, &Limits::default());
            }
        }
    }
}
