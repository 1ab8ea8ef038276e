//! Armor and packets (RFC 9580, sections 4 to 6). Everything is bounded by the length of what is read.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Key, hex};

/// The bytes of `file`: of all its armored blocks of the kind `label` one after the other, or itself where it is not armored.
pub(super) fn dearmor(file: &[u8], label: &str) -> Result<Vec<u8>, String> {
    if file.first().is_some_and(|first| first & 0x80 != 0) {
        return Ok(file.to_vec());
    }
    let text = std::str::from_utf8(file).map_err(|_| "it is neither text nor packets".to_owned())?;
    let (begin, end) = (format!("-----BEGIN PGP {label}-----"), format!("-----END PGP {label}-----"));
    let (mut bytes, mut rest) = (Vec::new(), text);
    while let Some((_, block)) = rest.split_once(&begin) {
        let (block, after) = block.split_once(&end).ok_or_else(|| format!("it has no line `{end}`"))?;
        rest = after;
        // Headers end with an empty line.
        let mut lines = block.lines().map(str::trim).skip(1).skip_while(|line| line.contains(':'));
        let body: String = lines.by_ref().take_while(|line| !line.starts_with('=')).collect();
        bytes.extend(STANDARD.decode(body).map_err(|error| format!("no base64: {error}"))?);
    }
    match bytes.is_empty() {
        true => Err(format!("it has no line `{begin}`")),
        false => Ok(bytes),
    }
}

/// What is in a packet.
#[derive(Clone, Copy, Debug)]
pub(super) enum Packet<'a> {
    Signature(&'a [u8]),
    Key(&'a [u8]),
    Subkey(&'a [u8]),
    UserId(&'a [u8]),
    UserAttribute(&'a [u8]),
    Other,
}

/// The packets in `bytes`; nothing more after an error.
pub(super) fn packets(bytes: &[u8]) -> impl Iterator<Item = Result<Packet<'_>, &'static str>> {
    let mut left = Reader(bytes);
    std::iter::from_fn(move || {
        if left.0.is_empty() {
            return None;
        }
        let packet = packet(&mut left);
        if packet.is_none() {
            left.0 = &[];
        }
        Some(packet.ok_or("a packet is cut, or has a length that is none"))
    })
}

fn packet<'a>(left: &mut Reader<'a>) -> Option<Packet<'a>> {
    let head = left.byte()?;
    let (tag, length) = match head {
        0xC0.. => (head & 0x3F, left.length()?),
        0x80.. => {
            let length = match head & 3 {
                0 => usize::from(left.byte()?),
                1 => usize::from(left.u16()?),
                2 => left.u32()? as usize,
                // Up to the end; no key or signature is written so.
                _ => return None,
            };
            ((head >> 2) & 0x0F, length)
        }
        _ => return None,
    };
    let body = left.take(length)?;
    Some(match tag {
        2 => Packet::Signature(body),
        6 => Packet::Key(body),
        14 => Packet::Subkey(body),
        13 => Packet::UserId(body),
        17 => Packet::UserAttribute(body),
        _ => Packet::Other,
    })
}

/// What a signature is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignatureKind {
    /// A file.
    File,
    /// A key and one of its names.
    Name,
    /// A key alone.
    Key,
    /// A subkey, by its primary key.
    Subkey,
    /// The same, by the subkey.
    BackOfSubkey,
    KeyRevocation,
    SubkeyRevocation,
    /// Of what a key said of a name.
    NameRevocation,
    Other,
}

impl SignatureKind {
    /// Whether it takes away, and grants nothing.
    fn only_restricts(self) -> bool {
        matches!(self, Self::KeyRevocation | Self::SubkeyRevocation | Self::NameRevocation)
    }
}

/// A signature of version 4.
#[derive(Clone, Debug)]
pub(super) struct Signature<'a> {
    pub(super) kind: SignatureKind,
    pub(super) is_rsa: bool,
    pub(super) hash: &'static digest::Algorithm,
    /// What is hashed behind the thing that is signed.
    pub(super) trailer: Vec<u8>,
    pub(super) hash_start: [u8; 2],
    pub(super) numbers: Vec<&'a [u8]>,
    /// In seconds since 1970.
    pub(super) created: u32,
    /// How long it is valid, in seconds; zero for ever.
    seconds: u32,
    /// How long the key that it is of is valid.
    pub(super) key_seconds: Option<u32>,
    /// Whether the key that it is of may sign files, where it says so.
    pub(super) may_sign: Option<bool>,
    /// Who made it: the fingerprint, else the id.
    pub(super) issuer: Option<String>,
    /// A signature within it.
    pub(super) embedded: Option<&'a [u8]>,
}

impl<'a> Signature<'a> {
    pub(super) fn read(body: &'a [u8]) -> Result<Self, &'static str> {
        let cut = "its signature is cut";
        let mut left = Reader(body);
        if left.byte() != Some(4) {
            return Err("its signature is of a version that is not known");
        }
        let (kind, algorithm, hash) = left.three().ok_or(cut)?;
        let kind = kind_of(kind);
        let is_rsa = match algorithm {
            1 | 3 => true,
            22 | ED25519 => false,
            _ => return Err("its signature is by a kind of key that is not known"),
        };
        let hash = match hash {
            2 if kind.only_restricts() => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            8 => &digest::SHA256,
            9 => &digest::SHA384,
            10 => &digest::SHA512,
            _ => return Err("its signature is of a hash that is not accepted"),
        };
        let n_hashed = usize::from(left.u16().ok_or(cut)?);
        let hashed = left.take(n_hashed).ok_or(cut)?;
        let n_unhashed = usize::from(left.u16().ok_or(cut)?);
        let unhashed = left.take(n_unhashed).ok_or(cut)?;
        let prefix = &body[..6 + n_hashed];
        let length = u32::try_from(prefix.len()).map_err(|_| cut)?;
        let mut signature = Self {
            kind,
            is_rsa,
            hash,
            trailer: [prefix, &[4, 0xFF], &length.to_be_bytes()].concat(),
            hash_start: left.u16().ok_or(cut)?.to_be_bytes(),
            numbers: Vec::new(),
            created: 0,
            seconds: 0,
            key_seconds: None,
            may_sign: None,
            issuer: None,
            embedded: None,
        };
        for _ in 0..if is_rsa { 1 } else { 2 } {
            let number = if algorithm == ED25519 { left.take(32) } else { left.number() };
            signature.numbers.push(number.ok_or(cut)?);
        }
        signature.subpackets(hashed, true)?;
        // What is not hashed anybody may have written: of use are hints, and what is verified by itself.
        signature.subpackets(unhashed, false)?;
        Ok(signature)
    }

    fn subpackets(&mut self, area: &'a [u8], is_hashed: bool) -> Result<(), &'static str> {
        let mut left = Reader(area);
        while !left.0.is_empty() {
            let cut = "its signature is cut";
            let length = left.subpacket_length().ok_or(cut)?;
            let mut body = Reader(left.take(length).ok_or(cut)?);
            let kind = body.byte().ok_or(cut)?;
            match kind & 0x7F {
                2 if is_hashed => self.created = body.u32().ok_or(cut)?,
                3 if is_hashed => self.seconds = body.u32().ok_or(cut)?,
                9 if is_hashed => self.key_seconds = Some(body.u32().ok_or(cut)?),
                27 if is_hashed => self.may_sign = Some(body.byte().is_some_and(|flags| flags & 2 != 0)),
                32 => self.embedded = Some(body.0),
                16 | 33 => self.issuer = issuer(self.issuer.take(), kind, body.0),
                // Preferences, reasons and marks that change nothing here.
                2..=5 | 7 | 9 | 11 | 21..=31 | 34 | 35 | 39 => {}
                _ if is_hashed && kind & 0x80 != 0 => {
                    return Err("its signature says something that must be understood, and is not");
                }
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) fn is_valid_at(&self, now: u64) -> bool {
        u64::from(self.created) <= now && self.expires().is_none_or(|expires| now < expires)
    }

    /// When it no longer counts; none for never.
    pub(super) fn expires(&self) -> Option<u64> {
        (self.seconds > 0).then(|| u64::from(self.created) + u64::from(self.seconds))
    }
}

/// Of what kind the signature `body` is, and who made it, as far as that can be told without understanding it. None of what
/// is not even that.
pub(super) fn outline(body: &[u8]) -> Option<(SignatureKind, Option<String>)> {
    match body {
        [4, kind, _, _, rest @ ..] => Some((kind_of(*kind), stated_issuer(rest))),
        // Version 3: the length of what is hashed, the kind, the time, the id.
        [3, _, kind, _, _, _, _, rest @ ..] => Some((kind_of(*kind), rest.get(..8).map(hex))),
        [_, kind, ..] => Some((kind_of(*kind), None)),
        _ => None,
    }
}

/// The issuer in the two areas of subpackets at the start of `areas`; of what is damaged, as far as it can be read.
fn stated_issuer(areas: &[u8]) -> Option<String> {
    let (mut left, mut found) = (Reader(areas), None);
    for _ in 0..2 {
        let Some(area) = left.u16().and_then(|length| left.take(usize::from(length))) else { break };
        let mut area = Reader(area);
        while let Some(body) = area.subpacket_length().and_then(|length| area.take(length)) {
            if let [kind, body @ ..] = body {
                found = issuer(found, *kind, body);
            }
        }
    }
    found
}

/// The issuer by the subpacket `body` of the kind `kind`, and what is `known` before: the first fingerprint, else the first
/// id.
fn issuer(known: Option<String>, kind: u8, body: &[u8]) -> Option<String> {
    let is_fingerprint = known.as_ref().is_some_and(|known| known.len() == 40);
    match (kind & 0x7F, body) {
        (33, [4, fingerprint @ ..]) if fingerprint.len() == 20 && !is_fingerprint => Some(hex(fingerprint)),
        (16, id) if id.len() == 8 => known.or_else(|| Some(hex(id))),
        _ => known,
    }
}

/// The number of Ed25519 as RFC 9580 has it.
const ED25519: u8 = 27;

fn kind_of(kind: u8) -> SignatureKind {
    match kind {
        0x00 => SignatureKind::File,
        0x10..=0x13 => SignatureKind::Name,
        0x1F => SignatureKind::Key,
        0x18 => SignatureKind::Subkey,
        0x19 => SignatureKind::BackOfSubkey,
        0x20 => SignatureKind::KeyRevocation,
        0x28 => SignatureKind::SubkeyRevocation,
        0x30 => SignatureKind::NameRevocation,
        _ => SignatureKind::Other,
    }
}

/// When the key of version 4 in `body` was made, and the key, if it is of a kind that is known. None of another version.
pub(super) fn key(body: &[u8]) -> Option<(u32, Option<Key>)> {
    let mut left = Reader(body);
    if left.byte()? != 4 || u16::try_from(body.len()).is_err() {
        return None;
    }
    let created = left.u32()?;
    let key = match left.byte()? {
        1 | 3 => rsa_key(&mut left),
        22 => ed25519_key(&mut left),
        ED25519 => left.take(32).map(|point| Key::Ed25519(point.to_vec())),
        _ => None,
    };
    Some((created, key))
}

fn rsa_key(left: &mut Reader<'_>) -> Option<Key> {
    let (modulus, exponent) = (left.number()?, left.number()?);
    let numbers = [der(2, &unsigned(modulus)), der(2, &unsigned(exponent))].concat();
    Some(Key::Rsa { der: der(0x30, &numbers), bytes: modulus.len() })
}

/// A number as DER has it: with a zero before it where it would look negative.
fn unsigned(number: &[u8]) -> Vec<u8> {
    let start: &[u8] = if number.first().is_none_or(|first| first & 0x80 != 0) { &[0] } else { &[] };
    [start, number].concat()
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant = &length[length.iter().take_while(|byte| **byte == 0).count()..];
    let head = match content.len() {
        short @ 0..0x80 => vec![tag, short as u8],
        _ => [&[tag, 0x80 | significant.len() as u8], significant].concat(),
    };
    [&head, content].concat()
}

/// The object identifier of Ed25519 as OpenPGP first had it.
const ED25519_OID: &[u8] = &[0x2B, 0x06, 0x01, 0x04, 0x01, 0xDA, 0x47, 0x0F, 0x01];

fn ed25519_key(left: &mut Reader<'_>) -> Option<Key> {
    let n_oid = usize::from(left.byte()?);
    let is_known = left.take(n_oid)? == ED25519_OID;
    // A mark says that the point is written in the curve's own way.
    let point = left.number()?.strip_prefix(&[0x40])?;
    (is_known && point.len() == 32).then(|| Key::Ed25519(point.to_vec()))
}

/// Takes bytes from the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, left) = self.0.split_at_checked(length)?;
        self.0 = left;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn three(&mut self) -> Option<(u8, u8, u8)> {
        Some((self.byte()?, self.byte()?, self.byte()?))
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    /// The length of a packet; none of one that is written in pieces.
    fn length(&mut self) -> Option<usize> {
        match self.byte()? {
            short @ 0..192 => Some(usize::from(short)),
            first @ 192..224 => Some((usize::from(first) - 192) * 256 + usize::from(self.byte()?) + 192),
            255 => Some(self.u32()? as usize),
            _ => None,
        }
    }

    fn subpacket_length(&mut self) -> Option<usize> {
        match self.byte()? {
            short @ 0..192 => Some(usize::from(short)),
            first @ 192..255 => Some((usize::from(first) - 192) * 256 + usize::from(self.byte()?) + 192),
            255 => Some(self.u32()? as usize),
        }
    }

    /// A number with the count of its bits before it, without leading zeros.
    fn number(&mut self) -> Option<&'a [u8]> {
        let bits = usize::from(self.u16()?);
        let bytes = self.take(bits.div_ceil(8))?;
        let n_zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        bytes.get(n_zeros..)
    }
}
