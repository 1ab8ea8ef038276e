//! Ids that follow from content: the same inventory has the same serial number, the same package the same id.

use std::collections::HashMap;

use model::inventory::Inventory;
use model::package::{Package, PackageIndex};
use sha2::{Digest, Sha256};

use super::facts::Noun;

/// A UUID (version 8, RFC 9562 §5.8) of bits of the SHA-256 of `format` and every fact of `inventory`.
///
/// Neither the time nor the version of plimsoll goes into it.
pub(in crate::format) fn uuid(format: &str, inventory: &Inventory) -> String {
    let mut seal = Seal { hash: Sha256::new(), waiting: Vec::with_capacity(2 * SEALED_AT_ONCE) };
    seal.field(format);
    seal.noun(&inventory.subject);
    if let Some(distro) = &inventory.distro {
        seal.noun(distro);
    }
    for part in &inventory.parts {
        seal.noun(&part.subject);
        seal.field(&part.document);
        if let Some(distro) = &part.distro {
            seal.noun(distro);
        }
    }
    for package in &inventory.packages {
        seal.noun(package);
        if let Some(part) = package.part {
            seal.field(&part.0.to_string());
        }
        if let Some(owner) = package.owner {
            seal.field(&owner.0.to_string());
        }
        seal.relations(package);
    }
    for gap in &inventory.gaps {
        seal.field(&gap.to_string());
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&seal.hash.chain_update(&seal.waiting).finalize()[..16]);
    bytes[6] = 0x80 | (bytes[6] & 0x0F);
    bytes[8] = 0x80 | (bytes[8] & 0x3F);
    let hex = hex(&bytes);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// A hash of texts, each with its length before it, so that no two lists of texts look alike.
struct Seal {
    hash: Sha256,
    /// What is not hashed yet: the hash is slow with few bytes at a time.
    waiting: Vec<u8>,
}

/// How many bytes are hashed together.
const SEALED_AT_ONCE: usize = 16 << 10;

impl Seal {
    fn noun(&mut self, noun: &impl Noun) {
        let stated = noun.state();
        self.waiting.extend_from_slice(&(stated.len() as u64).to_le_bytes());
        for (fact, value) in stated {
            self.field(fact);
            self.field(&value);
        }
    }

    /// What carries `package`, and what it needs.
    fn relations(&mut self, package: &Package) {
        let number = |index: &PackageIndex| index.0.to_le_bytes();
        self.waiting.extend_from_slice(&package.parent.as_ref().map_or([u8::MAX; 4], number));
        let n_needed = package.depends_on.known().map_or(u64::MAX, |known| known.len() as u64);
        self.waiting.extend_from_slice(&n_needed.to_le_bytes());
        self.waiting.extend(package.depends_on.iter().flat_map(number));
    }

    fn field(&mut self, text: &str) {
        self.waiting.extend_from_slice(&(text.len() as u64).to_le_bytes());
        self.waiting.extend_from_slice(text.as_bytes());
        if self.waiting.len() >= SEALED_AT_ONCE {
            self.hash.update(&self.waiting);
            self.waiting.clear();
        }
    }
}

/// The first 16 hexadecimal digits of the SHA-256 of `text`.
pub(in crate::format) fn short(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes())[..8])
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0F]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// Gives out references, each once.
#[derive(Default)]
pub(in crate::format) struct References {
    given: HashMap<String, usize>,
}

impl References {
    /// `wanted` itself where it is still free, else with the smallest number (from 2) behind it that is.
    pub(in crate::format) fn give(&mut self, wanted: String) -> String {
        let Some(&known) = self.given.get(&wanted) else {
            self.given.insert(wanted.clone(), 1);
            return wanted;
        };
        let mut number = known;
        let mut reference = wanted.clone();
        while self.given.contains_key(&reference) {
            number += 1;
            reference = format!("{wanted}-{number}");
        }
        self.given.insert(wanted, number);
        self.given.entry(reference.clone()).or_insert(1);
        reference
    }
}

#[cfg(test)]
mod tests {
    use model::ecosystem::Ecosystem;
    use model::package::Dependencies;

    use super::*;

    #[test]
    fn references_are_given_once() {
        let mut references = References::default();
        let given: Vec<_> =
            ["a", "a-2", "a", "a", "b"].iter().map(|wanted| references.give((*wanted).to_owned())).collect();
        assert_eq!(given, ["a", "a-2", "a-3", "a-4", "b"]);
    }

    #[test]
    fn a_uuid_follows_from_content() {
        let mut inventory = Inventory::default();
        let empty = uuid("a", &inventory);
        assert_eq!((empty.len(), &empty[14..15]), (36, "8"));
        assert_eq!(empty, uuid("a", &inventory));
        assert_ne!(empty, uuid("b", &inventory));
        inventory.subject.name = "x".to_owned();
        assert_ne!(empty, uuid("a", &inventory));
        inventory.packages = vec![Package::new(Ecosystem::Npm, "a", "1", String::new())];
        let unknown = uuid("a", &inventory);
        inventory.packages[0].depends_on = Dependencies::NONE;
        assert_ne!(unknown, uuid("a", &inventory));
    }
}
