//! How much documents may ask of one run.
//!
//! A document of a few megabytes can name every finding in each of a hundred thousand statements, which is more than can be
//! held against each other, or kept. A repository of a hundred thousand statements against an image of ten thousand packages
//! takes less than a hundredth of what is allowed.

/// What one run may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance {
    /// How many names of statements may be held against packages.
    pub(super) comparisons_max: usize,
    /// How many things may be claimed of packages in findings.
    pub(super) claims_max: usize,
}

/// What a run may take of statements that suppress, and again of those that do not. A comparison takes about a tenth of a
/// microsecond, a claim some fifty bytes.
pub(super) const ALLOWANCE: Allowance = Allowance { comparisons_max: 50_000_000, claims_max: 1_000_000 };

/// What is left of an [`Allowance`].
pub(super) struct Effort {
    left: Allowance,
    is_over: bool,
}

/// There is no more left.
#[derive(Debug)]
pub(super) struct TooMuch;

impl Effort {
    pub(super) fn new(left: Allowance) -> Self {
        Self { left, is_over: false }
    }

    /// Takes as many comparisons.
    pub(super) fn compare(&mut self, n: usize) -> Result<(), TooMuch> {
        let left = self.left.comparisons_max.checked_sub(n);
        self.left.comparisons_max = self.take(left)?;
        Ok(())
    }

    /// Takes a claim.
    pub(super) fn claim(&mut self) -> Result<(), TooMuch> {
        let left = self.left.claims_max.checked_sub(1);
        self.left.claims_max = self.take(left)?;
        Ok(())
    }

    fn take(&mut self, left: Option<usize>) -> Result<usize, TooMuch> {
        self.is_over |= left.is_none();
        left.filter(|_| !self.is_over).ok_or(TooMuch)
    }

    /// Leaves nothing.
    pub(super) fn end(&mut self) {
        self.is_over = true;
    }

    /// Whether more was asked than there was.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }
}
