//! A list of package URLs, one a line, as the export `purls` writes it; blank lines and those that begin with `#` are
//! passed over.

use model::inventory::{Inventory, Subject};
use model::limits::Limits;
use model::purl::Purl;

use super::wire::json::Source;
use super::wire::text::Kind;
use super::wire::{foreign, identity};
use super::{DocumentError, Model, Seen, Syntax};

pub(super) static SYNTAX: Syntax = Syntax {
    kind: Kind::PurlList,
    accepts: "lists of package URLs",
    suffix: "",
    model: &MODEL,
    to_json: |text, _| {
        let lines = lines(text)?;
        Ok(serde_json::to_string(&lines).unwrap_or_default().into())
    },
};

/// A JSON list of package URLs.
pub(super) static MODEL: Model =
    Model { name: "package URLs", inventory: read, fits_versions: false, understood: &["[]"] };

/// The package URLs in `text`.
fn lines(text: &str) -> Result<Vec<&str>, DocumentError> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    let said = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    said.map(|(number, line)| match line.parse::<Purl>() {
        Ok(_) => Ok(line),
        Err(error) => Err(DocumentError::Malformed {
            format: "package URL list",
            place: format!("line {number}"),
            line: number,
            column: 1,
            reason: error.to_string(),
        }),
    })
    .collect()
}

fn read(json: &str, limits: &Limits) -> Result<Seen, DocumentError> {
    let purls: Vec<String> = Source { format: "package URL list", text: json }.parse()?;
    if purls.len() > limits.packages_max {
        let max = limits.packages_max as u64;
        return Err(DocumentError::LimitExceeded { limit: "packages_max", max });
    }
    let packages: Vec<_> = purls.iter().map(|purl| identity::package("", "", purl)).collect();
    let mut gaps = Vec::new();
    let distro = foreign::distro(&packages, &mut gaps);
    foreign::missing_facts(distro.as_ref(), &packages, &mut gaps);
    let subject = Subject { name: "package URLs".to_owned(), ..Subject::default() };
    let inventory = Inventory::new(subject, distro, packages, gaps);
    Ok(Seen { version: String::new(), inventory, is_own: false })
}

#[cfg(test)]
mod tests {
    use model::limits::Limits;

    use super::super::read;

    #[test]
    fn a_list_of_package_urls_is_an_inventory_that_says_what_it_lacks() {
        let text = "# of an image\n\npkg:deb/debian/libssl3@3.0.15?distro=debian-12&upstream=openssl\r\n pkg:npm/a@1\n";
        let document = read(text.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(document.format, "package URLs");
        let names: Vec<_> = document.inventory.packages.iter().map(|package| package.name.as_str()).collect();
        assert_eq!(names, ["libssl3", "a"]);
        assert_eq!(document.inventory.distro.unwrap().version.as_deref(), Some("12"));
        assert!(!document.inventory.gaps.is_empty());
        let error = read(b"pkg:npm/a@1\nhello\n", &Limits::default()).unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
    }
}
