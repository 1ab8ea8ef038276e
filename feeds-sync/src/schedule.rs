//! How often each provider is asked (feeds.md A30).

use jiff::SignedDuration;

/// Which answers are recent enough that their sources are not asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaxAge {
    /// Those younger than this, whoever answered. Of zero every source is asked but those that are older by nature.
    Of(SignedDuration),
    /// Those younger than the interval of their provider ([`interval`]).
    OfProvider,
}

impl MaxAge {
    /// Every source is asked but those that are older by nature.
    pub const ZERO: Self = Self::Of(SignedDuration::ZERO);

    /// The age that an answer of `provider` may have.
    pub(crate) fn of(self, provider: &str) -> SignedDuration {
        match self {
            Self::Of(age) => age,
            Self::OfProvider => interval(provider),
        }
    }
}

/// The interval of a provider that the table does not name.
const USUAL: SignedDuration = SignedDuration::from_hours(6);

/// The hours between two questions, of providers that want or need others than the usual.
static HOURS: &[(&str, i64)] = &[
    ("alpine", 1),
    ("chainguard", 1),
    ("cve-list", 1),
    ("debian", 2),
    ("distro-info", 24),
    ("endoflife", 24),
    ("epss", 24),
    ("go", 1),
    ("hummingbird", 1),
    ("nvd", 2),
    ("osv", 1),
    ("redhat", 1),
    ("suse", 24),
    ("wolfi", 1),
];

/// How long an answer of `provider` counts as its state, unless somebody asks for a newer one.
pub fn interval(provider: &str) -> SignedDuration {
    let hours = HOURS.iter().find(|(name, _)| *name == provider).map(|(_, hours)| *hours);
    hours.map_or(USUAL, SignedDuration::from_hours)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::PROVIDERS;

    #[test]
    fn every_name_of_the_table_is_a_provider() {
        assert!(HOURS.is_sorted());
        for (name, _) in HOURS {
            assert!(PROVIDERS.iter().any(|provider| provider.name == *name), "{name}");
        }
        assert_eq!(interval("debian"), SignedDuration::from_hours(2));
        assert_eq!(interval("oracle"), USUAL);
    }
}
