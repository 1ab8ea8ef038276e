//! Document shapes that several providers publish.

pub mod osv;
pub mod secdb;

use serde::{Deserialize, Deserializer};

/// Reads `null` as the default: vendors write `null` for an empty list.
pub(crate) fn null_as_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
