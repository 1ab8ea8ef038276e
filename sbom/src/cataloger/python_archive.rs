//! Python distributions in one file: wheels, such as those that Python brings along for installing pip, and eggs, which are
//! imported without being unpacked.

use model::gap::{Gap, GapKind};
use model::package::Mark;

use super::facts::PackageFact;
use super::python::{Headers, described, vendored};
use super::zip::{Budget, Part, Trouble, Zip};
use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants, provenance};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "python-archive",
    version: 3,
    finds: Finds::Installed,
    wants: Wants::Paths(&["**/*.whl", "**/*.egg"]),
    read,
    assemble,
};

/// Bytes of metadata that are unpacked; what a project writes about itself is part of it.
const METADATA_BYTES_MAX: u64 = 8 << 20;

/// Distributions in one archive; real ones carry some dozens.
const PACKAGES_MAX: usize = 10_000;

fn read(file: &mut File<'_>, facts: &mut Facts) {
    if let Err(trouble) = read_archive(file, facts) {
        facts.push(Fact::Gap(trouble.gap(file.path)));
    }
}

fn read_archive(file: &File<'_>, facts: &mut Facts) -> Result<(), Trouble> {
    let mut budget = Budget::new(file.limits);
    let zip = Zip::open(Part::whole(file.content)?, &mut budget)?;
    let (mut own, mut carried) = (Vec::new(), Vec::new());
    let mut damage = Vec::new();
    let mut has_metadata = false;
    let visited = zip.for_each_entry(&mut budget, |budget, entry| {
        let kind = Kind::of(&entry.name);
        if kind == Kind::Other {
            return;
        }
        has_metadata |= kind == Kind::Metadata;
        if own.len() + carried.len() > PACKAGES_MAX {
            let detail =
                format!("more than {PACKAGES_MAX} distributions in one archive; the rest was not read");
            if damage.is_empty() {
                damage.push(Gap::new(GapKind::LIMIT_EXCEEDED, file.path, detail));
            }
            return;
        }
        let place = format!("{}!/{}", file.path, entry.name);
        let bytes = match zip.read(entry, METADATA_BYTES_MAX, budget) {
            Ok(bytes) => bytes,
            Err(trouble) => return damage.push(trouble.gap(&place)),
        };
        let text = String::from_utf8_lossy(&bytes);
        match kind {
            Kind::Metadata => own.extend(metadata(file, facts, &text)),
            Kind::CarriedMetadata => carried.extend(metadata(file, facts, &text)),
            Kind::CarriedList => {
                let listed = text.lines().filter_map(vendored).take(PACKAGES_MAX);
                carried.extend(listed.map(PackageFact::new));
            }
            Kind::Other => {}
        }
    });
    let n_own = own.len();
    own.into_iter().for_each(|fact| facts.push(Fact::Package(fact)));
    for mut fact in carried {
        provenance::mark(&mut fact.package, Mark::Vendored);
        fact.parent = (n_own > 0).then_some(0);
        facts.push(Fact::Package(fact));
    }
    damage.into_iter().for_each(|gap| facts.push(Fact::Gap(gap)));
    visited?;
    if has_metadata {
        return Ok(());
    }
    Err(Trouble::Unreadable("it has no metadata that says which distribution it is".to_owned()))
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The metadata of the distribution itself.
    Metadata,
    /// That of another one which it carries.
    CarriedMetadata,
    /// A list of others that it carries.
    CarriedList,
    Other,
}

impl Kind {
    fn of(name: &str) -> Self {
        let mut components = name.rsplit('/');
        let (last, directory, above) = (components.next(), components.next(), components.next());
        match (last, directory) {
            (Some("METADATA"), Some(directory)) if directory.ends_with(".dist-info") => match above {
                None => Self::Metadata,
                Some(_) => Self::CarriedMetadata,
            },
            (Some("PKG-INFO"), Some("EGG-INFO")) if above.is_none() => Self::Metadata,
            (Some("PKG-INFO"), Some(directory)) if directory.ends_with(".egg-info") && above.is_none() => {
                Self::Metadata
            }
            (Some("vendor.txt" | "vendored.txt"), Some("_vendor")) => Self::CarriedList,
            _ => Self::Other,
        }
    }
}

fn metadata(file: &File<'_>, facts: &mut Facts, text: &str) -> Option<PackageFact> {
    let mut headers = Headers::default();
    text.trim_start_matches('\u{feff}').lines().all(|line| headers.line(line));
    described(file, facts, headers)
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_at_the_top_is_the_distribution_itself() {
        for (name, expected) in [
            ("demo-1.0.dist-info/METADATA", Kind::Metadata),
            ("EGG-INFO/PKG-INFO", Kind::Metadata),
            ("demo.egg-info/PKG-INFO", Kind::Metadata),
            ("demo/_vendor/other-2.0.dist-info/METADATA", Kind::CarriedMetadata),
            ("demo/_vendor/vendor.txt", Kind::CarriedList),
            ("demo/METADATA", Kind::Other),
            ("METADATA", Kind::Other),
            ("demo/EGG-INFO/PKG-INFO", Kind::Other),
        ] {
            assert_eq!(Kind::of(name), expected, "{name}");
        }
    }
}
