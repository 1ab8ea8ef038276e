//! One sorted list of the findings that were made apart.

use std::cmp::Ordering;

use model::finding::Finding;

use crate::case::Case;
use crate::kernel;

/// The findings of some of the cases.
pub struct Part<'a> {
    blocks: Vec<Block<'a>>,
    order: Vec<Place>,
}

/// Findings stay where they were made: one list would be copied over and over while it grows, and they are too large to sort.
pub(super) type Block<'a> = Vec<(&'a Case, Finding)>;

impl<'a> Part<'a> {
    pub(super) fn of(blocks: Vec<Block<'a>>) -> Self {
        let mut order = places(&blocks);
        order.sort_unstable_by(|left, right| compare(&blocks, *left, *right));
        Self { blocks, order }
    }
}

/// Where a finding is.
#[derive(Clone, Copy)]
struct Place {
    /// The first bytes of its id, by which most are in order already.
    start: u128,
    block: u32,
    position: u32,
}

impl Place {
    fn of<'f, 'a>(self, blocks: &'f [Block<'a>]) -> &'f (&'a Case, Finding) {
        &blocks[self.block as usize][self.position as usize]
    }
}

/// One list of the findings in `parts`, which are of one set of advisories.
pub fn gather<'a>(parts: impl IntoIterator<Item = Part<'a>>) -> Vec<Finding> {
    let (mut blocks, mut order): (Vec<Block<'_>>, Vec<Place>) = Default::default();
    for part in parts {
        let n_before = blocks.len() as u32;
        order.extend(part.order.into_iter().map(|place| Place { block: n_before + place.block, ..place }));
        blocks.extend(part.blocks);
    }
    if blocks.iter().flatten().any(|(case, _)| case.kernel.is_some()) {
        blocks = vec![kernel::one_each(blocks.into_iter().flatten().collect())];
        order = places(&blocks);
    }
    // A stable sort finds the parts that are in order, and merges them.
    order.sort_by(|left, right| compare(&blocks, *left, *right));
    let untaken = |block: Block<'_>| block.into_iter().map(|(_, finding)| Some(finding)).collect();
    let mut blocks: Vec<Vec<Option<Finding>>> = blocks.into_iter().map(untaken).collect();
    let in_order = order.into_iter();
    in_order.filter_map(|place| blocks[place.block as usize][place.position as usize].take()).collect()
}

/// The place of each finding, not in order.
fn places(blocks: &[Block<'_>]) -> Vec<Place> {
    let start = |finding: &Finding| {
        let mut start = [0; 16];
        start.iter_mut().zip(finding.id.as_bytes()).for_each(|(place, byte)| *place = *byte);
        u128::from_be_bytes(start)
    };
    let of_block = |(block, findings): (u32, &Block<'_>)| -> Vec<Place> {
        let starts = findings.iter().map(|(_, finding)| start(finding));
        starts.zip(0..).map(|(start, position)| Place { start, block, position }).collect()
    };
    (0..).zip(blocks).flat_map(of_block).collect()
}

fn compare(blocks: &[Block<'_>], left: Place, right: Place) -> Ordering {
    left.start.cmp(&right.start).then_with(|| {
        let ((left_case, left), (right_case, right)) = (left.of(blocks), right.of(blocks));
        (&left.id, &left_case.purl, &left.aliases, left.suppressed.is_some(), &left.packages).cmp(&(
            &right.id,
            &right_case.purl,
            &right.aliases,
            right.suppressed.is_some(),
            &right.packages,
        ))
    })
}
