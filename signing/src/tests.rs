//! Keys as people make them.

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::KeyPair as _;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

fn keys() -> [(String, String); 2] {
    let random = SystemRandom::new();
    let ed25519 = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8(ed25519.as_ref()).unwrap();
    let of_ed25519: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    let p256 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, p256.as_ref()).unwrap();
    let of_p256: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    [(ed25519.as_ref(), of_ed25519.as_ref()), (p256.as_ref(), of_p256.as_ref())]
        .map(|(private, public)| (pem("PRIVATE KEY", private), pem("PUBLIC KEY", public)))
}

#[test]
fn what_a_key_signs_its_public_half_verifies_and_no_other() {
    let keys = keys().map(|(private, public)| {
        (PrivateKey::from_pem(&private).unwrap(), PublicKey::from_pem(&public).unwrap())
    });
    for (index, (private, _)) in keys.iter().enumerate() {
        let message = encoded("type", b"payload");
        let signature = private.sign(&message).unwrap();
        for (other, (_, public)) in keys.iter().enumerate() {
            assert_eq!(public.has_signed(&message, &signature), index == other);
            assert_eq!(public.id() == private.id(), index == other);
        }
        assert!(!keys[index].1.has_signed(&encoded("type", b"payloae"), &signature));
        assert!(!keys[index].1.has_signed(&message, &signature[1..]));
    }
}

#[test]
fn what_is_no_private_key_is_refused_and_never_shown() {
    let [(private, public), _] = keys();
    let encrypted = pem("ENCRYPTED SIGSTORE PRIVATE KEY", b"secret");
    for (text, words) in [
        ("", "it has no line `-----BEGIN PRIVATE KEY-----`"),
        (public.as_str(), "it is a PUBLIC KEY"),
        (encrypted.as_str(), "it is a ENCRYPTED SIGSTORE PRIVATE KEY"),
        (&private.repeat(2), "there is more than one"),
        (&pem("PRIVATE KEY", b"nothing"), "of a kind that is not known"),
    ] {
        let error = PrivateKey::from_pem(text).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    let shown = format!("{:?}", PrivateKey::from_pem(&private).unwrap());
    assert!(shown.starts_with("PrivateKey(of sha256:"), "{shown}");
}
