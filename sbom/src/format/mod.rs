//! SBOM documents: one file a format, from an inventory to bytes and from bytes to an inventory.
//!
//! A format that is [read](read) keeps the law `read(write(inventory)).inventory == inventory` for every
//! inventory whose owners form no cycle. Standard fields carry what they can; what they cannot say, or would
//! say differently, travels beside them in a documented set of `plimsoll:*` facts (`docs/reference/sbom-facts.md`).
//! Exports are written only.
//!
//! Documents of other tools are read for what matching needs of them. What they lack is a
//! [`MISSING_FACT`](model::gap::GapKind::MISSING_FACT) gap that says which fact and what it costs. Fields that
//! matching does not need are not kept.

use std::fmt;
use std::io;

use model::inventory::Inventory;
use model::limits::Limits;

pub(crate) use wire::identity::full_name;
use wire::text::Family;

mod cyclonedx_json;
mod purls;
mod spdx_json;
mod table;
mod wire;

/// Every format, sorted by name.
pub static FORMATS: &[&Format] =
    &[&cyclonedx_json::FORMAT, &purls::FORMAT, &spdx_json::FORMAT, &table::FORMAT];

/// A document format.
pub struct Format {
    /// Its name, as given to `-o`: kebab case, and the name of its file.
    pub name: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// The versions of its specification that can be written, the default first; none for an export.
    pub versions: &'static [&'static str],
    write: fn(&Inventory, &WriteOptions<'_>, &mut dyn io::Write) -> io::Result<()>,
    reader: Option<Reader>,
}

/// How documents of a format are told from others, and read.
struct Reader {
    /// What is accepted, for people: `CycloneDX 1.2 to 1.7 JSON`.
    accepts: &'static str,
    family: Family,
    read: fn(&str, &Limits) -> Result<Document, DocumentError>,
}

/// A format and the version of it that was asked for.
#[derive(Clone, Copy)]
pub struct Choice {
    format: &'static Format,
    version: Option<&'static str>,
}

/// What a document says besides its inventory.
#[derive(Clone, Copy, Debug)]
pub struct WriteOptions<'a> {
    /// The version of plimsoll that writes.
    pub tool_version: &'a str,
    /// When the document is made; written in whole seconds.
    pub created: jiff::Timestamp,
}

/// A document as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// What it is, for people: `CycloneDX 1.6 JSON`.
    pub format: String,
    /// The inventory seen in it.
    pub inventory: Inventory,
}

/// The inventory of the one package that `text`, a package URL, names.
///
/// # Errors
/// The text is no package URL.
pub fn of_purl(text: &str) -> Result<Inventory, model::purl::InvalidPurl> {
    text.parse::<model::purl::Purl>()?;
    let package = wire::identity::package("", "", text);
    let distro = wire::identity::distro(text);
    let subject = model::inventory::Subject { name: text.to_owned(), ..Default::default() };
    Ok(Inventory::new(subject, distro, vec![package], Vec::new()))
}

/// A format or version that cannot be written.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownFormat {
    /// No format has this name.
    #[error("no SBOM format is called `{name}`; known are {known}")]
    Name {
        /// What was asked for.
        name: String,
        /// The names of all formats, comma-separated.
        known: String,
    },
    /// The format is not written in this version.
    #[error("`{name}` is not written in version `{version}`; known are {known}")]
    Version {
        /// The format.
        name: &'static str,
        /// What was asked for.
        version: String,
        /// The versions it has, comma-separated; `none` for an export.
        known: String,
    },
}

/// A document that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// There is nothing in it.
    #[error("the document is empty; accepted are {accepted}")]
    Empty {
        /// What can be read.
        accepted: String,
    },
    /// It is no SBOM, or one in a form that is not read.
    #[error("the document looks like {looks_like}; accepted are {accepted}")]
    NotAccepted {
        /// What its first bytes or members say it is.
        looks_like: String,
        /// What can be read.
        accepted: String,
    },
    /// It is not UTF-8.
    #[error("the document is not UTF-8: {reason}")]
    Encoding {
        /// Where, or what it is instead.
        reason: String,
    },
    /// It claims to be of a format, and is not as that format is.
    #[error("{format} document, {place} (line {line}, column {column}): {reason}")]
    Malformed {
        /// What it claims to be.
        format: &'static str,
        /// The path of members that leads there: `components[3].purl`.
        place: String,
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1.
        column: usize,
        /// What is wrong.
        reason: String,
    },
    /// It passes a limit.
    #[error("the document exceeds the limit {limit} of {max}")]
    LimitExceeded {
        /// The limit's name.
        limit: &'static str,
        /// Its value.
        max: u64,
    },
}

/// The format called `name`, in the version after an `@` or in its default version.
pub fn by_name(name: &str) -> Result<Choice, UnknownFormat> {
    let (base, wanted) = match name.split_once('@') {
        Some((base, version)) => (base, Some(version)),
        None => (name, None),
    };
    let format = FORMATS.iter().copied().find(|format| format.name == base).ok_or_else(|| {
        let known: Vec<_> = FORMATS.iter().map(|format| format.name).collect();
        UnknownFormat::Name { name: base.to_owned(), known: known.join(", ") }
    })?;
    let version = match wanted {
        None => format.versions.first().copied(),
        Some(wanted) => {
            Some(format.versions.iter().copied().find(|known| *known == wanted).ok_or_else(|| {
                let known =
                    if format.versions.is_empty() { "none".to_owned() } else { format.versions.join(", ") };
                UnknownFormat::Version { name: format.name, version: wanted.to_owned(), known }
            })?)
        }
    };
    Ok(Choice { format, version })
}

impl Choice {
    /// The format.
    pub fn format(&self) -> &'static Format {
        self.format
    }

    /// The version of its specification; none for an export.
    pub fn version(&self) -> Option<&'static str> {
        self.version
    }

    /// Writes `inventory` to `out`. The same inventory and options give the same bytes.
    pub fn write(
        &self,
        inventory: &Inventory,
        options: &WriteOptions<'_>,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        (self.format.write)(inventory, options, out)
    }
}

impl fmt::Debug for Choice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.format.name)?;
        self.version.map_or(Ok(()), |version| write!(out, "@{version}"))
    }
}

/// The inventory in `bytes`, whichever format they are in.
///
/// # Errors
/// When the bytes are no document of a format that is read, are not as that format is, or pass
/// `document_bytes_max` or `packages_max`.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Document, DocumentError> {
    if bytes.len() as u64 > limits.document_bytes_max {
        return Err(DocumentError::LimitExceeded {
            limit: "document_bytes_max",
            max: limits.document_bytes_max,
        });
    }
    let text = wire::text::decode(bytes)?;
    if text.trim_ascii().is_empty() {
        return Err(DocumentError::Empty { accepted: accepted() });
    }
    let family = wire::text::family(text);
    match readers().find(|reader| reader.family == family) {
        Some(reader) => (reader.read)(text, limits),
        None => Err(DocumentError::NotAccepted { looks_like: family.to_string(), accepted: accepted() }),
    }
}

fn readers() -> impl Iterator<Item = &'static Reader> {
    FORMATS.iter().filter_map(|format| format.reader.as_ref())
}

fn accepted() -> String {
    readers().map(|reader| reader.accepts).collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests;
