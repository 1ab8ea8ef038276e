//! What JSON written by others needs.

use serde::{Deserialize, Deserializer};

/// The value, or the default for `null`: Go writes an empty list or map so.
pub(crate) fn null_is_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
