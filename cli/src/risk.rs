//! `--risk`: other weights for the ranking of findings.

use clap::Args;
use model::risk::RiskWeights;

/// The option of every command that ranks findings.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct RiskArgs {
    /// Another weight for the formula of risk, as in `no-epss=0.05`; may be repeated
    #[arg(long, value_name = "WEIGHT=NUMBER", value_parser = weight)]
    risk: Vec<(String, f64)>,
}

impl RiskArgs {
    /// What was not typed: each of `texts` is `WEIGHT=NUMBER`.
    pub(crate) fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        Ok(Self { risk: texts.map(weight).collect::<Result<_, _>>()? })
    }

    /// The weights: the defaults but for those that were given, of which the last of a name counts.
    pub(crate) fn weights(&self) -> RiskWeights {
        let mut weights = RiskWeights::default();
        for (name, value) in &self.risk {
            weights.set(name, *value).expect("every weight was set once when the option was read");
        }
        weights
    }
}

fn weight(text: &str) -> Result<(String, f64), String> {
    let (name, number) = text.split_once('=').ok_or("write it as WEIGHT=NUMBER")?;
    let value = number.trim().parse().map_err(|_| format!("`{number}` is no number"))?;
    let name = name.trim();
    RiskWeights::default().set(name, value).map_err(|error| {
        let names: Vec<&str> = RiskWeights::names().collect();
        format!("{error}; the weights are {}", names.join(", "))
    })?;
    Ok((name.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use model::risk::RiskWeight;

    use super::*;

    #[test]
    fn weights_are_read_and_mistakes_named() {
        assert_eq!(weight("high=0.8"), Ok(("high".to_owned(), 0.8)));
        assert_eq!(weight(" kev = 2 "), Ok(("kev".to_owned(), 2.0)));
        for (text, problem) in [
            ("high", "write it as WEIGHT=NUMBER"),
            ("high=much", "`much` is no number"),
            ("high=-1", "`high` must be a number from 0 to 100; the weights are"),
            ("high=NaN", "`high` must be a number from 0 to 100; the weights are"),
            ("heigh=1", "there is no weight `heigh`; the weights are unknown, none, "),
        ] {
            let found = weight(text).unwrap_err();
            assert!(found.starts_with(problem), "{found}");
        }
    }

    #[test]
    fn the_last_of_a_name_counts() {
        let args = RiskArgs { risk: vec![weight("low=1").unwrap(), weight("low=2").unwrap()] };
        assert!((args.weights().get(RiskWeight::Low) - 2.0).abs() < f64::EPSILON);
        assert_eq!(RiskArgs::default().weights(), RiskWeights::default());
    }
}
