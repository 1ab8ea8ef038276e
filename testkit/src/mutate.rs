//! Damaged copies of bytes, the same in every run: what a reader of foreign bytes must survive.

/// Every proper prefix of `bytes`, the empty one first.
pub fn prefixes(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    (0..bytes.len()).map(|end| &bytes[..end])
}

/// About `n` proper prefixes of `bytes`, evenly spaced, always with the empty one and the longest one: for
/// inputs so large that all of them would take too long.
pub fn some_prefixes(bytes: &[u8], n: usize) -> impl Iterator<Item = &[u8]> {
    let step = (bytes.len() / n.max(1)).max(1);
    let last = bytes.len().checked_sub(1);
    (0..bytes.len()).step_by(step).chain(last.filter(|last| last % step != 0)).map(|end| &bytes[..end])
}

/// `n` damaged copies of `bytes`, the same for the same input. One in four carries several wounds.
pub fn mutations(bytes: &[u8], n: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut random = Random::new(0x706c_696d_736f_6c6c);
    (0..n).map(move |index| {
        let mut damaged = bytes.to_vec();
        let wounds = if index % 4 == 3 { 2 + random.below(6) } else { 1 };
        for _ in 0..wounds {
            wound(&mut damaged, &mut random);
        }
        damaged
    })
}

/// A small pseudo-random generator (xorshift64*): not for secrets, only for variety that repeats.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator whose numbers follow from `seed`.
    pub fn new(seed: u64) -> Self {
        // Zero is the one state that xorshift never leaves.
        Self(if seed == 0 { 1 } else { seed })
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number from 0 up to, not including, `bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        if bound == 0 { 0 } else { (self.number() % bound as u64) as usize }
    }
}

/// Numbers at which lengths and offsets break.
const EDGES: [u64; 6] = [0, 1, 0x7f, 0x7fff_ffff, 0xffff_ffff, u64::MAX];

fn wound(bytes: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(bytes.len());
    let length = 1 + random.below(16);
    let end = bytes.len().min(at + length);
    match random.below(7) {
        0 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
        1 if !bytes.is_empty() => bytes[at] = random.number() as u8,
        2 => drop(bytes.drain(at..end)),
        3 => {
            let copy = bytes[at..end].to_vec();
            bytes.splice(at..at, copy);
        }
        4 => {
            let noise: Vec<u8> = (0..length).map(|_| random.number() as u8).collect();
            bytes.splice(at..at, noise);
        }
        5 => bytes.truncate(at),
        _ => {
            let edge = EDGES[random.below(EDGES.len())];
            let edge = if random.below(2) == 0 { edge.to_le_bytes() } else { edge.to_be_bytes() };
            let width = (1 << random.below(4)).min(bytes.len() - at);
            bytes[at..at + width].copy_from_slice(&edge[..width]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_proper_and_start_empty() {
        assert_eq!(prefixes(b"abc").collect::<Vec<_>>(), [&b""[..], b"a", b"ab"]);
        let some: Vec<_> = some_prefixes(b"0123456789", 3).map(<[u8]>::len).collect();
        assert_eq!(some, [0, 3, 6, 9]);
        assert_eq!(some_prefixes(b"", 3).count(), 0);
    }

    #[test]
    fn mutations_repeat_and_differ_from_each_other() {
        let all: Vec<_> = mutations(b"P:musl\nV:1.2.4-r2\n", 200).collect();
        assert_eq!(all, mutations(b"P:musl\nV:1.2.4-r2\n", 200).collect::<Vec<_>>());
        let mut distinct = all.clone();
        distinct.sort();
        distinct.dedup();
        assert!(distinct.len() > 150, "only {} of 200 differ", distinct.len());
        assert_eq!(mutations(b"", 50).count(), 50);
    }
}
