//! Signatures made here, with the library that verifies them and, where it is there, with OpenSSL.

use std::fs;
use std::path::Path;
use std::process::Command;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, KeyPair,
};
use model::gap::GapKind;
use model::limits::Limits;

use super::super::{read, read_signed};
use super::*;

const TYPE: &str = "application/vnd.in-toto+json";

const STATEMENT: &str = r#"{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://cyclonedx.org/bom","subject":[],
    "predicate":{"bomFormat":"CycloneDX","specVersion":"1.6","components":[
      {"type":"library","name":"a","version":"1","purl":"pkg:npm/a@1"}]}}"#;

fn pem(der: &[u8]) -> String {
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der))
}

fn public_key(pair: &impl KeyPair<PublicKey = impl AsDer<PublicKeyX509Der<'static>>>) -> PublicKey {
    PublicKey::from_pem(&pem(pair.public_key().as_der().unwrap().as_ref())).unwrap()
}

/// An envelope of `payload`, and signatures of `TYPE` and [`STATEMENT`].
fn envelope(payload: &str, signatures: &[&[u8]]) -> String {
    let signatures: Vec<_> = signatures
        .iter()
        .map(|signature| format!(r#"{{"keyid":"k","sig":"{}"}}"#, STANDARD.encode(signature)))
        .collect();
    format!(
        r#"{{"payloadType":"{TYPE}","payload":"{}","signatures":[{}]}}"#,
        STANDARD.encode(payload),
        signatures.join(",")
    )
}

fn message() -> Vec<u8> {
    encoded(TYPE, STATEMENT.as_bytes())
}

fn ecdsa(algorithm: &'static EcdsaSigningAlgorithm) -> (PublicKey, Vec<u8>) {
    let pair = EcdsaKeyPair::generate(algorithm).unwrap();
    let signature = pair.sign(&SystemRandom::new(), &message()).unwrap();
    (public_key(&pair), signature.as_ref().to_vec())
}

fn ed25519() -> (PublicKey, Vec<u8>) {
    let pair = Ed25519KeyPair::generate().unwrap();
    (public_key(&pair), pair.sign(&message()).as_ref().to_vec())
}

#[track_caller]
fn accepted(text: &str, key: &PublicKey) {
    let document = read_signed(text.as_bytes(), &Limits::default(), std::slice::from_ref(key)).unwrap();
    assert_eq!(document.signature, Signature::Verified { key_id: key.id().to_owned() });
    assert_eq!(document.inventory.packages.len(), 1);
    assert!(document.inventory.gaps.iter().all(|gap| gap.kind != GapKind::UNVERIFIED_SBOM));
}

#[track_caller]
fn refused(text: &str, key: &PublicKey, words: &str) {
    let error = read_signed(text.as_bytes(), &Limits::default(), std::slice::from_ref(key)).unwrap_err();
    assert!(error.to_string().contains(words), "{error}");
}

#[test]
fn what_a_given_key_signed_is_verified_and_nothing_else() {
    for (key, signature) in
        [ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING), ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING), ed25519()]
    {
        let good = envelope(STATEMENT, &[b"other".as_slice(), &signature]);
        accepted(&good, &key);
        accepted(&format!(r#"{{"mediaType":"x","dsseEnvelope":{good},"verificationMaterial":{{}}}}"#), &key);
        refused(&envelope(&STATEMENT.replace("a@1", "b@1"), &[&signature]), &key, "none of its 1 signatures");
        refused(&good.replace(TYPE, "application/json"), &key, "none of its 2 signatures");
        refused(&envelope(STATEMENT, &[]), &key, "none of its 0 signatures");
        refused(&good, &ed25519().0, "none of its 2 signatures");
        // A signature counts on the outside only.
        refused(&format!(r#"{{"sbom":{good}}}"#), &key, "it is an SBOM export");
        refused(&envelope(&good, &[&signature]), &key, "none of its 1 signatures");
        refused(STATEMENT, &key, "it is an in-toto statement");
        refused(r#"{"bomFormat":"CycloneDX","specVersion":"1.6"}"#, &key, "it is CycloneDX JSON");
        let unverified = read(good.as_bytes(), &Limits::default()).unwrap();
        let key_ids = vec!["k".to_owned(), "k".to_owned()];
        assert_eq!(unverified.signature, Signature::Unverified { key_ids });
        assert!(unverified.inventory.gaps.iter().any(|gap| gap.kind == GapKind::UNVERIFIED_SBOM));
    }
    assert_eq!(read(STATEMENT.as_bytes(), &Limits::default()).unwrap().signature, Signature::None);
}

#[test]
fn one_of_several_keys_is_enough() {
    let (key, signature) = ed25519();
    let keys = [ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING).0, key, ed25519().0];
    let text = envelope(STATEMENT, &[&signature]);
    let document = read_signed(text.as_bytes(), &Limits::default(), &keys).unwrap();
    assert_eq!(document.signature, Signature::Verified { key_id: keys[1].id().to_owned() });
}

#[test]
fn signatures_are_limited() {
    let (key, signature) = ed25519();
    let many = vec![signature.as_slice(); SIGNATURES_MAX + 1];
    refused(&envelope(STATEMENT, &many), &key, "limit signatures of an envelope of 16");
    accepted(&envelope(STATEMENT, &many[1..]), &key);
}

#[test]
fn what_is_no_public_key_is_refused() {
    let check = |text: &str, words: &str| {
        let error = PublicKey::from_pem(text).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    let good = pem(Ed25519KeyPair::generate().unwrap().public_key().as_der().unwrap().as_ref());
    assert!(PublicKey::from_pem(&format!("# mine\n{good}")).unwrap().id().starts_with("sha256:"));
    check("", "no line `-----BEGIN PUBLIC KEY-----`");
    check(&good.replace("PUBLIC KEY", "PRIVATE KEY"), "it is a PRIVATE KEY");
    check(&good.replace("PUBLIC KEY", "CERTIFICATE"), "it is a CERTIFICATE");
    check(&good.replace("-----END", "-----"), "no line `-----END PUBLIC KEY-----`");
    check(&format!("{good}{good}"), "more than one");
    check(&pem(b"hello"), "of a kind that is not known");
    check(&good.replace("M", "?"), "no base64");
}

#[test]
fn damaged_keys_and_envelopes_panic_nobody_and_verify_nothing() {
    let (key, signature) = ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING);
    let text = envelope(STATEMENT, &[&signature]);
    let said = read(STATEMENT.as_bytes(), &Limits::default()).unwrap().inventory.packages;
    let mut n_verified = 0;
    for damaged in testkit::mutate::mutations(text.as_bytes(), 2_000) {
        let _ = read(&damaged, &Limits::default());
        let keys = std::slice::from_ref(&key);
        let Ok(document) = read_signed(&damaged, &Limits::default(), keys) else { continue };
        // Only what nobody signed was damaged: the name of the key.
        assert_eq!(document.inventory.packages, said, "{}", String::from_utf8_lossy(&damaged));
        n_verified += 1;
    }
    assert!(n_verified < 200, "{n_verified} damaged envelopes were verified");

    let good = pem(Ed25519KeyPair::generate().unwrap().public_key().as_der().unwrap().as_ref());
    for damaged in testkit::mutate::mutations(good.as_bytes(), 2_000) {
        let _ = PublicKey::from_pem(&String::from_utf8_lossy(&damaged));
    }
    for prefix in testkit::mutate::prefixes(good.trim_end().as_bytes()) {
        assert!(PublicKey::from_pem(std::str::from_utf8(prefix).unwrap()).is_err());
    }
    let long = format!("-----BEGIN {}-----", "x".repeat(1 << 20));
    assert!(PublicKey::from_pem(&long).unwrap_err().to_string().len() < 200);
    let long = pem(&vec![0x30; 1 << 20]);
    assert!(PublicKey::from_pem(&long).is_err());
}

/// What `openssl` wrote with `arguments`, in `directory`.
fn openssl(directory: &Path, arguments: &str) -> Option<()> {
    let mut command = Command::new("openssl");
    let output = command.args(arguments.split(' ')).current_dir(directory).output().ok()?;
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    Some(())
}

#[test]
fn signatures_of_openssl_are_verified() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    fs::write(directory.join("message"), message()).unwrap();
    let digest = "dgst -sha256 -sign key.pem";
    for (kind, sign) in [
        ("EC -pkeyopt ec_paramgen_curve:P-256", format!("{digest} -out signature message")),
        ("EC -pkeyopt ec_paramgen_curve:P-384", format!("{digest} -out signature message")),
        (
            "EC -pkeyopt ec_paramgen_curve:P-384",
            "dgst -sha384 -sign key.pem -out signature message".to_owned(),
        ),
        ("ed25519", "pkeyutl -sign -inkey key.pem -rawin -in message -out signature".to_owned()),
        ("RSA -pkeyopt rsa_keygen_bits:2048", format!("{digest} -out signature message")),
        (
            "RSA -pkeyopt rsa_keygen_bits:2048",
            format!(
                "{digest} -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest -out signature message"
            ),
        ),
    ] {
        // Without OpenSSL there is nothing to hold ourselves against.
        let Some(()) = openssl(directory, &format!("genpkey -algorithm {kind} -out key.pem")) else { return };
        openssl(directory, "pkey -in key.pem -pubout -out public.pem").unwrap();
        openssl(directory, &sign).unwrap();
        let key = PublicKey::from_pem(&fs::read_to_string(directory.join("public.pem")).unwrap()).unwrap();
        let signature = fs::read(directory.join("signature")).unwrap();
        accepted(&envelope(STATEMENT, &[&signature]), &key);
        let mut damaged = signature;
        let last = damaged.len() - 1;
        damaged[last] ^= 1;
        refused(&envelope(STATEMENT, &[&damaged]), &key, "none of its 1 signatures");
    }
    openssl(directory, "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521 -out key.pem").unwrap();
    openssl(directory, "pkey -in key.pem -pubout -out public.pem").unwrap();
    let other = fs::read_to_string(directory.join("public.pem")).unwrap();
    assert!(PublicKey::from_pem(&other).unwrap_err().to_string().contains("not known"));
}
