//! SBOMs → the same in another format, or several as one; what that loses is said.

use std::collections::BTreeMap;

use model::limits::Limits;
use sbom::format::{Choice, Document, Loss, PublicKey, Said, WriteOptions};
use sbom::merge::{Input, Merged};

use crate::error::FlowError;
use crate::match_sbom::digest;

/// A document in another format.
#[derive(Debug)]
pub struct Written {
    /// The document.
    pub bytes: Vec<u8>,
    /// What of that which was read it does not say, sorted by path.
    pub losses: Vec<Loss>,
}

/// Reads the document `bytes`, which one of `keys` signed where there are any; `place` names it in errors.
///
/// # Errors
/// It is no SBOM that can be read, or none that one of `keys` signed.
pub fn read<'a>(
    place: &str,
    bytes: &'a [u8],
    limits: &Limits,
    keys: &[PublicKey],
) -> Result<Document<'a>, FlowError> {
    sbom::format::read_signed(bytes, limits, keys)
        .map_err(|source| FlowError::Document { place: place.to_owned(), source })
}

/// Writes `document` in another format; `place` names it in errors.
///
/// # Errors
/// It is malformed where no inventory looks.
pub fn convert(
    place: &str,
    document: &Document<'_>,
    choice: &Choice,
    options: &WriteOptions<'_>,
) -> Result<Written, FlowError> {
    let mut bytes = Vec::new();
    let written = document.write(choice, options, &mut bytes);
    let losses =
        written.map_err(|source| FlowError::Convert { place: place.to_owned(), source: Box::new(source) })?;
    Ok(Written { bytes, losses })
}

/// Merges `documents`, each with its place and its bytes, into one called `name`.
///
/// # Errors
/// All of them together are larger than a document may be.
pub fn merge(
    documents: &[(&str, &[u8], Document<'_>)],
    name: Option<&str>,
    limits: &Limits,
) -> Result<Merged, FlowError> {
    let input = |(place, bytes, document): &(&str, &[u8], Document<'_>)| Input {
        place: (*place).to_owned(),
        document: digest(bytes),
        inventory: document.inventory.clone(),
    };
    let inputs = documents.iter().map(input).collect();
    sbom::merge::merge(inputs, name, limits.packages_max).map_err(FlowError::Merge)
}

/// Writes what `documents` were merged into, and lists what of them it does not say.
///
/// # Errors
/// One of them is malformed where no inventory looks.
pub fn write_merged(
    documents: &[(&str, &[u8], Document<'_>)],
    merged: &Merged,
    choice: &Choice,
    options: &WriteOptions<'_>,
) -> Result<Written, FlowError> {
    let mut bytes = Vec::new();
    choice.write(&merged.inventory, options, &mut bytes).map_err(FlowError::Render)?;
    let mut losses: BTreeMap<String, Loss> = BTreeMap::new();
    // An export is a view for people, and says so by its name.
    let documents = if choice.version().is_some() { documents } else { &[] };
    let said = Said::new(&bytes);
    for (place, _, document) in documents {
        let lost = document
            .losses_in(&said)
            .map_err(|source| FlowError::Document { place: (*place).to_owned(), source })?;
        for loss in lost {
            match losses.get_mut(&loss.path) {
                Some(known) => known.count += loss.count,
                None => {
                    losses.insert(loss.path.clone(), loss);
                }
            }
        }
    }
    Ok(Written { bytes, losses: losses.into_values().collect() })
}
