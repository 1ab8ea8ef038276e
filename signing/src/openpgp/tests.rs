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
    assert!(error.to_string().contains("it is revoked"), "{error}");
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

/// The packets of the certificate `name`, each with its head.
fn parts(name: &str) -> Vec<Vec<u8>> {
    let bytes = packet::dearmor(&file(name), "PUBLIC KEY BLOCK").unwrap();
    let (mut parts, mut left) = (Vec::new(), &bytes[..]);
    while !left.is_empty() {
        // Of the old kind: with one byte of length, or two.
        let length = match left[0] & 3 {
            0 => 2 + usize::from(left[1]),
            _ => 3 + usize::from(u16::from_be_bytes([left[1], left[2]])),
        };
        let (part, after) = left.split_at(length);
        parts.push(part.to_vec());
        left = after;
    }
    parts
}

/// Why the certificate that `parts` are signs nothing; empty where it does.
fn lacks(parts: &[&[u8]]) -> String {
    Certificates::read(&parts.concat(), None).map_or_else(|error| error.to_string(), |_| String::new())
}

fn changed(part: &[u8], position: usize, byte: u8) -> Vec<u8> {
    let mut part = part.to_vec();
    part[position] = byte;
    part
}

#[test]
fn a_subkey_ends_with_its_primary_key() {
    let [Certificate { keys, .. }] = &key("lapsing").0[..] else { panic!("one") };
    let [key] = &keys[..] else { panic!("one key") };
    let day = 24 * 3_600;
    assert!(key.was_valid_at(key.created + 29 * day) && !key.was_valid_at(key.created + 31 * day));
}

#[test]
fn a_revocation_counts_wherever_it_stands_and_when_nobody_can_read_it() {
    let [key, revocation, name, own] = &parts("gone.asc")[..] else { panic!("four packets") };
    let revoked = "it is revoked";
    assert!(lacks(&[key, revocation, name, own]).contains(revoked));
    assert!(lacks(&[key, name, own, revocation]).contains(revoked));
    // A subkey is behind it, whose it is not.
    let [.., subkey, binding] = &parts("ed.asc")[..] else { panic!("a subkey") };
    assert!(lacks(&[key, name, own, subkey, binding, revocation]).contains(revoked));
    // Its hash is MD5, or its key of another kind: nobody knows what it says. Another's is none.
    for unread in [changed(revocation, 5, 1), changed(revocation, 4, 17), changed(revocation, 2, 6)] {
        assert!(lacks(&[key, &unread, name, own]).contains(revoked));
    }
    let last = revocation.len() - 1;
    let forged = changed(revocation, last, revocation[last] ^ 1);
    assert_eq!(lacks(&[key, &forged, name, own]), "");
    let [other, other_name, other_own] = &parts("short.asc")[..] else { panic!("three packets") };
    let unread = changed(revocation, 5, 1);
    assert_eq!(lacks(&[other, &unread, other_name, other_own]), "");
    // The same key once more, without it.
    assert!(lacks(&[key, revocation, name, own, key, name, own]).contains(revoked));
    // SHA-1 is enough to revoke.
    assert!(lacks(&slices(&parts("gone-sha1.asc"))).contains(revoked));
}

fn slices(parts: &[Vec<u8>]) -> Vec<&[u8]> {
    parts.iter().map(Vec::as_slice).collect()
}

#[test]
fn a_revoked_subkey_or_name_counts_for_nothing() {
    let [key, name, own, subkey, revocation, binding] = &parts("gone-subkey.asc")[..] else { panic!("six") };
    assert_eq!(lacks(&[key, name, own, subkey, binding]), "");
    assert!(lacks(&[key, name, own, subkey, revocation, binding]).contains("no key that may sign"));
    assert!(lacks(&[key, name, own, subkey, binding, &changed(revocation, 5, 1)]).contains("no key that"));
    let forged = changed(revocation, revocation.len() - 1, revocation[revocation.len() - 1] ^ 1);
    assert_eq!(lacks(&[key, name, own, subkey, &forged, binding]), "");

    assert_eq!(lacks(&slices(&parts("names.asc"))), "");
    let [key, name, revocation, own] = &parts("gone-name.asc")[..] else { panic!("four packets") };
    assert_eq!(lacks(&[key, name, own]), "");
    let none = "no self-signature that can be read";
    assert!(lacks(&[key, name, revocation, own]).contains(none));
    assert!(lacks(&[key, name, &changed(revocation, 5, 1), own]).contains(none));
}

#[test]
fn a_key_that_says_nothing_of_itself_that_can_be_read_does_not_sign() {
    let none = "no self-signature that can be read";
    assert!(lacks(&slices(&parts("weak.asc"))).contains(none));
    let [key, name, own, subkey, binding] = &parts("ed.asc")[..] else { panic!("five packets") };
    assert!(lacks(&[key, name, subkey, binding]).contains(none));
    assert_eq!(lacks(&[key, name, own, subkey, binding]), "");
}

#[test]
fn of_a_keys_own_signatures_a_bounded_count_is_read() {
    let [key, name, own, subkey, binding] = &parts("ed.asc")[..] else { panic!("five packets") };
    let many = own.repeat(STATEMENTS_MAX);
    assert_eq!(lacks(&[key, name, &many, subkey, binding]), "");
    assert!(lacks(&[key, name, &many, own, subkey, binding]).contains("more signatures of its own"));
    // What others say is not looked at.
    let [_, _, others] = &parts("rsa.asc")[..] else { panic!("three packets") };
    assert_eq!(lacks(&[key, name, own, &others.repeat(1_000), subkey, binding]), "");
}

#[test]
fn ed25519_is_read_as_rfc_9580_has_it() {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let head = [&[4], &1_735_689_600_u32.to_be_bytes()[..], &[27]].concat();
    let body = [&head, pair.public_key().as_ref()].concat();
    // Of the kind `kind` of what is hashed before it, a second later, with `more` said.
    let sign = |kind: u8, what: &[u8], more: &[u8]| {
        let said = [&[5, 2], &1_735_689_601_u32.to_be_bytes()[..], more].concat();
        let start = [&[4, kind, 27, 8, 0, said.len() as u8], &said[..]].concat();
        let trailer = [&start[..], &[4, 0xFF, 0, 0, 0, start.len() as u8]].concat();
        let hash = digest::digest(&digest::SHA256, &[what, &trailer].concat());
        let made = pair.sign(hash.as_ref());
        let body = [&start[..], &[0, 0], &hash.as_ref()[..2], made.as_ref()].concat();
        [&[0xC2, body.len() as u8], &body[..]].concat()
    };
    let signature = sign(0, &file("file.txt"), &[]);
    let certificate = |more: &[u8]| {
        let own = sign(0x1F, &hashed_key(&body), more);
        Certificates::read(&[&[0xC6, body.len() as u8], &body[..], &own].concat(), None).unwrap()
    };
    certificate(&[]).verify(&*file("file.txt"), &signature, NOW).unwrap();
    certificate(&[]).verify(&b"another"[..], &signature, NOW).unwrap_err();
    // What the key says of itself ends with its signature: after a second.
    certificate(&[5, 3, 0, 0, 0, 1]).verify(&*file("file.txt"), &signature, NOW).unwrap();
    let [Certificate { keys, .. }] = &certificate(&[5, 3, 0, 0, 0, 1]).0[..] else { panic!("one") };
    assert_eq!(keys[0].expires, Some(1_735_689_602));
}

#[test]
fn an_issuer_is_a_fingerprint_or_an_id_and_nothing_else() {
    let of = |subpackets: &[u8]| {
        let body = [&[4, 0x20, 22, 8, 0, subpackets.len() as u8], subpackets, &[0, 0]].concat();
        packet::outline(&body).unwrap().1
    };
    let id = [&[9, 16][..], &[1; 8]].concat();
    let fingerprint = [&[22, 33, 4][..], &[2; 20]].concat();
    let second = [&[22, 33, 4][..], &[3; 20]].concat();
    assert_eq!(of(&id), Some("01".repeat(8)));
    assert_eq!(of(&[&id[..], &fingerprint, &second, &id].concat()), Some("02".repeat(20)));
    for none in [&[1, 16][..], &[8, 16, 1, 1, 1, 1, 1, 1, 1], &[2, 33, 4], &[22, 33, 6], &[200]] {
        assert_eq!(of(none), None);
    }
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
        let (mut n_read, mut n_verified) = (0, 0);
        for position in 0..bytes.len() {
            let _ = Certificates::read(&bytes[..position], None);
            let mut other = bytes.clone();
            other[position] ^= 0x55;
            let Ok(keys) = Certificates::read(&other, None) else { continue };
            // Whether it still verifies its own file or not, never another's.
            let verified = |file: &[u8]| keys.verify(file, &signature, NOW).is_ok();
            assert!(!verified(b"another file"), "{name} {position}");
            n_read += 1;
            n_verified += u32::from(verified(&file("file.txt")));
        }
        // All that stands in them is signed, but the hints and how armor has them.
        assert!(n_verified <= n_read && n_read < 80, "{name}: {n_verified} {n_read}");
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
