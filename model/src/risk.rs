//! How findings are ranked: the formula of risk and its weights (feeds.md D8).

/// The name of the formula `min(threat × severity × exploited, 1) × 100`; `docs/reference/risk.md` describes it.
pub const RISK_FORMULA: &str = "plimsoll-risk-1";

/// The number that no weight may pass.
const WEIGHT_MAX: f64 = 100.0;

/// The weights of [`RISK_FORMULA`].
#[derive(Clone, Debug, PartialEq)]
pub struct RiskWeights([f64; NAMES.len()]);

/// One number of the formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RiskWeight {
    /// How bad a finding is that nobody rated.
    Unknown,
    /// How bad one is that is rated and without impact.
    None,
    /// How bad a negligible one is.
    Negligible,
    /// How bad a low one is.
    Low,
    /// How bad a medium one is.
    Medium,
    /// How bad a high one is.
    High,
    /// How bad a critical one is.
    Critical,
    /// The share of the mean CVSS score in how bad it is, where there is one; 0 leaves CVSS out.
    Cvss,
    /// The threat of what is in KEV, in place of its EPSS.
    KevThreat,
    /// The threat of what is neither in KEV nor scored by EPSS.
    NoEpss,
    /// By what an entry of KEV is multiplied.
    Kev,
    /// By what an entry of KEV is multiplied that ransomware campaigns use.
    Ransomware,
}

/// Every weight with its name and default, in the order of declaration.
const NAMES: [(RiskWeight, &str, f64); 12] = [
    (RiskWeight::Unknown, "unknown", 0.5),
    (RiskWeight::None, "none", 0.0),
    (RiskWeight::Negligible, "negligible", 0.05),
    (RiskWeight::Low, "low", 0.3),
    (RiskWeight::Medium, "medium", 0.5),
    (RiskWeight::High, "high", 0.75),
    (RiskWeight::Critical, "critical", 0.9),
    (RiskWeight::Cvss, "cvss", 0.5),
    (RiskWeight::KevThreat, "kev-threat", 1.0),
    (RiskWeight::NoEpss, "no-epss", 0.0),
    (RiskWeight::Kev, "kev", 1.05),
    (RiskWeight::Ransomware, "ransomware", 1.1),
];

impl Default for RiskWeights {
    fn default() -> Self {
        Self(NAMES.map(|(_, _, value)| value))
    }
}

impl RiskWeights {
    /// The value of a weight.
    pub fn get(&self, weight: RiskWeight) -> f64 {
        self.0[weight as usize]
    }

    /// Sets the weight called `name`.
    ///
    /// # Errors
    /// There is no such weight, or `value` is no number from 0 to 100.
    pub fn set(&mut self, name: &str, value: f64) -> Result<(), InvalidWeight> {
        let (weight, ..) = NAMES
            .iter()
            .find(|(_, known, _)| *known == name)
            .ok_or_else(|| InvalidWeight::Name(name.to_owned()))?;
        if !(0.0..=WEIGHT_MAX).contains(&value) {
            return Err(InvalidWeight::Value(name.to_owned()));
        }
        // Adding 0 makes -0 to 0.
        self.0[*weight as usize] = value + 0.0;
        Ok(())
    }

    /// Every weight by its name, in the order of the documentation.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, f64)> {
        NAMES.iter().zip(self.0).map(|((_, name, _), value)| (*name, value))
    }

    /// The names of the weights.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(_, name, _)| *name)
    }
}

/// A weight that there is not.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidWeight {
    /// Nothing is called so.
    #[error("there is no weight `{0}`")]
    Name(String),
    /// It is no number from 0 to 100.
    #[error("`{0}` must be a number from 0 to 100")]
    Value(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_found_and_set_by_their_names() {
        let mut weights = RiskWeights::default();
        for (place, (weight, name, value)) in NAMES.into_iter().enumerate() {
            assert_eq!(weight as usize, place, "{name}");
            assert!((weights.get(weight) - value).abs() < f64::EPSILON, "{name}");
            weights.set(name, place as f64).unwrap();
            assert!((weights.get(weight) - place as f64).abs() < f64::EPSILON, "{name}");
        }
        assert_eq!(weights.set("heigh", 1.0), Err(InvalidWeight::Name("heigh".to_owned())));
        for value in [-0.1, 100.1, f64::NAN, f64::INFINITY] {
            assert_eq!(weights.set("high", value), Err(InvalidWeight::Value("high".to_owned())));
        }
        weights.set("high", -0.0).unwrap();
        assert!(weights.get(RiskWeight::High).is_sign_positive());
    }
}
