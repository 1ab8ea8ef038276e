//! Files with one key (RFC 7468).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The bytes of the only `label` in `text`; why not, in words.
pub(crate) fn decode(text: &str, label: &str) -> Result<Vec<u8>, String> {
    let (found, rest) = text
        .split_once("-----BEGIN ")
        .and_then(|(_, rest)| rest.split_once("-----"))
        .ok_or_else(|| format!("it has no line `-----BEGIN {label}-----`"))?;
    if found != label {
        return Err(format!("it is a {found:.40}"));
    }
    let (body, after) = rest
        .split_once(&format!("-----END {label}-----"))
        .ok_or_else(|| format!("it has no line `-----END {label}-----`"))?;
    if after.contains("-----BEGIN ") {
        return Err("there is more than one".to_owned());
    }
    let body: String = body.split_ascii_whitespace().collect();
    STANDARD.decode(body).map_err(|error| format!("no base64: {error}"))
}
