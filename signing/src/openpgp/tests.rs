//! Keys and signatures that GnuPG made of an invented file for invented publishers.

use std::fs;
use std::path::Path;

use super::*;

const RSA: &str = "10EBE9D2AF7FD737673D7B06A6164FD1E94D0D61";
const ED: &str = "FE7132F12153AF90C1DD20BED8A0A879AC22EDBD";

/// 11 January 2025, a day after the files were signed.
const NOW: u64 = 1_736_553_600;

fn file(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/openpgp").join(name)).unwrap()
}

fn key(name: &str) -> Certificates {
    Certificates::read(&file(&format!("{name}.asc")), None).unwrap()
}

/// Whether `key` made `signature`, in words where it did not.
fn verified(key: &str, signature: &str, now: u64) -> Result<(), String> {
    let signature = file(&format!("{signature}.sig.asc"));
    self::key(key).verify(&*file("file.txt"), &signature, now).map_err(|error| error.to_string())
}

#[test]
fn files_are_verified_by_the_keys_that_signed_them() {
    for (key, signature) in [("rsa", "rsa"), ("rsa", "rsa-sha512"), ("ed", "ed"), ("ed", "ed-later")] {
        let now = NOW + 60 * 24 * 3_600;
        verified(key, signature, now).unwrap_or_else(|error| panic!("{key} {signature}: {error}"));
    }
    // Of several signatures one is enough, and of several keys one.
    let both = [file("rsa.sig.asc"), file("ed.sig.asc")].concat();
    key("ed").verify(&*file("file.txt"), &both, NOW).unwrap();
    key("rsa").with(key("ed")).verify(&*file("file.txt"), &file("ed.sig.asc"), NOW).unwrap();
    let joined = [file("rsa.asc"), file("ed.asc")].concat();
    let joined = Certificates::read(&joined, Some(ED)).unwrap();
    joined.verify(&*file("file.txt"), &file("ed.sig.asc"), NOW).unwrap();
    joined.verify(&*file("file.txt"), &file("rsa.sig.asc"), NOW).unwrap_err();
    // Packets without armor are read too.
    let bare = |name: &str, label| packet::dearmor(&file(name), label).unwrap();
    let certificates = Certificates::read(&bare("ed.asc", "PUBLIC KEY BLOCK"), None).unwrap();
    certificates.verify(&*file("file.txt"), &bare("ed.sig.asc", "SIGNATURE"), NOW).unwrap();
}

#[test]
fn what_a_publisher_did_not_sign_is_refused() {
    for (key, signature, now, why) in [
        ("ed", "rsa", NOW, "its signature is of 10ebe9d2af7fd737673d7b06a6164fd1e94d0d61"),
        ("rsa", "ed", NOW, "its signature is of "),
        // A day before it was made; and after its five days.
        ("rsa", "rsa", NOW - 2 * 24 * 3_600, "of the future"),
        ("rsa", "rsa-5-days", NOW + 5 * 24 * 3_600, "has expired"),
        ("rsa", "rsa-sha1", NOW, "a hash that is not accepted"),
        ("rsa", "rsa-text", NOW, "another kind only"),
        ("rsa", "ec", NOW, "a kind of key that is not known"),
    ] {
        let error = verified(key, signature, now).unwrap_err();
        assert!(error.contains(why), "{key} {signature}: {error}");
    }
    verified("rsa", "rsa-5-days", NOW).unwrap();
    let mut other = file("file.txt");
    other[3] ^= 1;
    let error = key("rsa").verify(&*other, &file("rsa.sig.asc"), NOW).unwrap_err();
    assert!(matches!(error, Unsigned::NotTheirs(_)), "{error}");
    for none in ["", "no signature", "-----BEGIN PGP SIGNATURE-----\n\n!\n-----END PGP SIGNATURE-----"] {
        let error = key("rsa").verify(&*file("file.txt"), none.as_bytes(), NOW).unwrap_err();
        assert!(matches!(error, Unsigned::NoSignature(_)), "{none}: {error}");
    }
}

#[test]
fn a_key_that_expired_was_revoked_or_may_not_sign_signs_nothing() {
    verified("short", "short", NOW).unwrap();
    verified("gone-before", "gone", NOW).unwrap();
    let error = Certificates::read(&file("gone.asc"), None).unwrap_err();
    assert!(error.to_string().contains("no key that may sign"), "{error}");
    let error = Certificates::read(&file("ec.asc"), None).unwrap_err();
    assert!(error.to_string().contains("of a kind that is known"), "{error}");
    // It lived for thirty days: what it signs after that counts for nothing.
    let [Certificate { keys, .. }] = &key("short").0[..] else { panic!("one certificate") };
    let [key] = &keys[..] else { panic!("one key") };
    let day = 24 * 3_600;
    assert!(key.was_valid_at(key.created + 29 * day) && !key.was_valid_at(key.created + 31 * day));
    assert!(!key.was_valid_at(key.created - 1));
    // The primary key may only certify, so it is not among those that sign.
    let [Certificate { keys, .. }] = &self::key("ed").0[..] else { panic!("one certificate") };
    assert_eq!(keys.len(), 1);
}

#[test]
fn a_subkey_that_its_primary_key_does_not_name_is_none() {
    // The last packet binds the subkey; one bit of it is another.
    let mut bytes = packet::dearmor(&file("ed.asc"), "PUBLIC KEY BLOCK").unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    Certificates::read(&bytes, None).unwrap_err();
    // The subkey of one certificate behind the primary key of another.
    let bytes = packet::dearmor(&file("ed.asc"), "PUBLIC KEY BLOCK").unwrap();
    let mut at_subkey = 0;
    for (start, byte) in bytes.iter().enumerate() {
        if *byte == 0xB8 && bytes.get(start + 1) == Some(&0x33) {
            at_subkey = start;
        }
    }
    assert!(at_subkey > 0);
    let stolen =
        [&packet::dearmor(&file("rsa.asc"), "PUBLIC KEY BLOCK").unwrap()[..], &bytes[at_subkey..]].concat();
    let stolen = Certificates::read(&stolen, None).unwrap();
    assert_eq!(stolen.0[0].keys.len(), 1);
    stolen.verify(&*file("file.txt"), &file("ed.sig.asc"), NOW).unwrap_err();
}

#[test]
fn a_certificate_is_known_by_its_fingerprint() {
    let spaced = "10EB E9D2 AF7F D737 673D  7B06 A616 4FD1 E94D 0D61";
    for fingerprint in [RSA, &RSA.to_lowercase(), spaced] {
        Certificates::read(&file("rsa.asc"), Some(fingerprint)).unwrap();
    }
    for fingerprint in [ED, &RSA[24..], ""] {
        let error = Certificates::read(&file("rsa.asc"), Some(fingerprint)).unwrap_err();
        assert!(error.to_string().contains("none has the fingerprint"), "{error}");
    }
}

#[test]
fn damaged_keys_and_signatures_are_refused_and_harm_nobody() {
    for (name, label) in [("ed.asc", "PUBLIC KEY BLOCK"), ("rsa.asc", "PUBLIC KEY BLOCK")] {
        let bytes = packet::dearmor(&file(name), label).unwrap();
        let signature = file(&name.replace(".asc", ".sig.asc"));
        for position in 0..bytes.len() {
            let _ = Certificates::read(&bytes[..position], None);
            let mut other = bytes.clone();
            other[position] ^= 0x55;
            let _ =
                Certificates::read(&other, None).map(|keys| keys.verify(&*file("file.txt"), &signature, NOW));
        }
    }
    let keys = key("rsa").with(key("ed"));
    for name in ["ed.sig.asc", "rsa.sig.asc"] {
        let bytes = packet::dearmor(&file(name), "SIGNATURE").unwrap();
        for position in 0..bytes.len() {
            assert!(keys.verify(&*file("file.txt"), &bytes[..position], NOW).is_err(), "{name} {position}");
        }
        // The start that is hashed: each bit of it counts.
        for position in 3..20 {
            let mut other = bytes.clone();
            other[position] ^= 1;
            assert!(keys.verify(&*file("file.txt"), &other, NOW).is_err(), "{name} {position}");
        }
    }
}
