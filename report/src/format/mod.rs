//! The output formats: a table, one file a member.

use std::fmt;
use std::io;

use model::report::Report;
use policy::Judgement;

pub(crate) mod json;
mod sarif;
mod table;

/// Every format, by name.
pub static FORMATS: &[&Format] = &[&json::FORMAT, &sarif::FORMAT, &table::FORMAT];

/// Writes a report and its judgement. Only writing can fail.
type Render = fn(&Report, &Judgement, &RenderOptions<'_>, &mut dyn io::Write) -> io::Result<()>;

/// One output format.
pub struct Format {
    /// The name, in kebab case.
    pub name: &'static str,
    /// The media type.
    pub media_type: &'static str,
    /// The extension of its files, without the dot.
    pub extension: &'static str,
    render: Render,
    variants: &'static [Variant],
}

/// The same format written in another way, chosen as `name@variant`.
struct Variant {
    name: &'static str,
    render: Render,
}

/// What rendering needs to know beyond the report.
#[derive(Clone, Copy, Debug)]
pub struct RenderOptions<'a> {
    /// The version of plimsoll that the document names.
    pub tool_version: &'a str,
    /// Whether ANSI colours may be used; only formats for terminals do.
    pub color: bool,
    /// The columns of the terminal; none when lines need not fit.
    pub width: Option<usize>,
    /// The file of the SBOM in its store, with `/` between its parts, where the reports of all that are stored are handed over
    /// together: several may be of one image.
    pub stored: Option<&'a str>,
}

/// A format as asked for, with its variant.
#[derive(Clone, Copy)]
pub struct Choice {
    format: &'static Format,
    render: Render,
}

/// A format that is not in the table.
#[derive(Debug, thiserror::Error)]
#[error("`{name}` is no report format: use one of {}", known())]
pub struct UnknownFormat {
    /// As asked for.
    pub name: String,
}

/// The format called `name`, which may carry a variant: `sarif`, `sarif@full`.
///
/// # Errors
///
/// [`UnknownFormat`], which lists what there is.
pub fn by_name(name: &str) -> Result<Choice, UnknownFormat> {
    let unknown = || UnknownFormat { name: name.to_owned() };
    let (base, variant) = match name.split_once('@') {
        Some((base, variant)) => (base, Some(variant)),
        None => (name, None),
    };
    let format = FORMATS.iter().find(|format| format.name == base).ok_or_else(unknown)?;
    let render = match variant {
        None => format.render,
        Some(wanted) => format.variants.iter().find(|one| one.name == wanted).ok_or_else(unknown)?.render,
    };
    Ok(Choice { format, render })
}

impl Choice {
    /// The format, without its variant.
    pub fn format(&self) -> &'static Format {
        self.format
    }

    /// The extension of its files, without the dot.
    pub fn extension(&self) -> &'static str {
        self.format.extension
    }

    /// Writes `report` and `judgement` to `out`.
    ///
    /// # Errors
    ///
    /// Those of writing to `out`.
    pub fn render(
        &self,
        report: &Report,
        judgement: &Judgement,
        options: &RenderOptions<'_>,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        (self.render)(report, judgement, options, out)
    }
}

impl fmt::Debug for Choice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Choice").field(&self.format.name).finish()
    }
}

/// Every name that [`by_name`] knows.
fn names() -> impl Iterator<Item = String> {
    FORMATS.iter().flat_map(|format| {
        let variants = format.variants.iter().map(|variant| format!("{}@{}", format.name, variant.name));
        std::iter::once(format.name.to_owned()).chain(variants)
    })
}

fn known() -> String {
    names().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::testing::{OPTIONS, cases, difference, rendered, testdata};

    #[test]
    fn every_file_in_the_folder_is_in_the_table_under_its_name() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/format");
        let files: BTreeSet<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().replace('_', "-"))
            .filter(|name| name != "mod")
            .collect();
        let names: Vec<String> = FORMATS.iter().map(|format| format.name.to_owned()).collect();
        assert_eq!(
            names,
            files.into_iter().collect::<Vec<_>>(),
            "a format is a file and a line of FORMATS, sorted"
        );
    }

    #[test]
    fn a_format_is_found_by_its_name_and_variant() {
        for name in names() {
            assert_eq!(by_name(&name).unwrap().format().name, name.split('@').next().unwrap());
        }
        for name in ["", "pdf", "sarif@", "sarif@most", "json@1", "Table"] {
            let error = by_name(name).unwrap_err().to_string();
            let known = "is no report format: use one of json, sarif, sarif@full, table";
            assert_eq!(error, format!("`{name}` {known}"));
        }
    }

    #[test]
    fn every_case_is_written_as_expected_in_every_format() {
        let mut differences = Vec::new();
        for format in FORMATS {
            for case in cases() {
                let found = rendered(format.name, &case.report, &case.judgement(), &OPTIONS);
                let file = format!("expected.{}", format.extension);
                differences.extend(difference(format.name, case.name, &file, &found));
            }
        }
        assert!(
            differences.is_empty(),
            "{}",
            differences.join(
                "
"
            )
        );
        for format in FORMATS {
            let folders = fs::read_dir(testdata(format.name)).unwrap().count();
            assert_eq!(folders, cases().len(), "testdata/{} has a folder that no case uses", format.name);
        }
    }

    #[test]
    fn no_format_lets_harmful_characters_through() {
        for case in cases() {
            for name in names() {
                let text = rendered(&name, &case.report, &case.judgement(), &OPTIONS);
                let harmful = text.chars().find(|&one| crate::text::is_harmful(one) && one != '\n');
                assert_eq!(harmful, None, "{name} of {}", case.name);
            }
        }
    }

    #[test]
    fn the_same_report_gives_the_same_bytes() {
        for case in cases() {
            for name in names() {
                let again = cases().into_iter().find(|other| other.name == case.name).unwrap();
                assert_eq!(
                    rendered(&name, &case.report, &case.judgement(), &OPTIONS),
                    rendered(&name, &again.report, &again.judgement(), &OPTIONS)
                );
            }
        }
    }
}
