//! Several inventories as one: images that are delivered together, an image and the source tree beside it.
//!
//! Nothing is judged to be the same: a package that two of them have is there twice, each of its own
//! [`Part`], with that part's subject and distribution. So what matches the merged inventory is what matches those
//! that it was made of. Their order makes no difference.

use std::collections::BTreeSet;

use jiff::Timestamp;
use model::gap::Gap;
use model::inventory::{Inventory, Part, Subject};
use model::package::{Package, PackageIndex, PartIndex};

use crate::format::PARTS_MAX;

/// A name made of the names of parts grows no longer.
const NAME_BYTES_MAX: usize = 200;

/// One of the inventories to merge.
#[derive(Clone, Debug)]
pub struct Input {
    /// The name of its SBOM in messages: a file, `standard input`.
    pub place: String,
    /// The digest of its SBOM, `sha256:…`.
    pub document: String,
    /// What is in it.
    pub inventory: Inventory,
}

/// Inventories as one.
#[derive(Debug)]
pub struct Merged {
    /// The merged inventory.
    pub inventory: Inventory,
    /// What was given more than once, for people.
    pub repeated: Vec<Repeated>,
}

/// An SBOM that was given more than once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Repeated {
    /// The same as another; it is there once.
    LeftOut {
        /// The one that was left out.
        place: String,
        /// The one that stays.
        other: String,
    },
    /// One that was merged before holds it too; its packages are there twice.
    Twice {
        /// The digest of the SBOM.
        document: String,
        /// The name of its subject.
        subject: String,
    },
}

/// More than a document may hold.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the merged document would exceed the limit {limit} of {max}")]
pub struct TooMuch {
    /// The limit's name.
    pub limit: &'static str,
    /// Its value.
    pub max: usize,
}

/// Merges `inputs` into an inventory called `name`; by default, by what they are of.
///
/// # Errors
/// There are more than `packages_max` packages.
pub fn merge(mut inputs: Vec<Input>, name: Option<&str>, packages_max: usize) -> Result<Merged, TooMuch> {
    inputs.sort_by(|left, right| key(left).cmp(&key(right)));
    let mut repeated = leave_out_repeated(&mut inputs);
    let labels = labels(&inputs);
    let mut merging = Merging::default();
    let mut gaps = Vec::new();
    for (input, label) in inputs.into_iter().zip(&labels) {
        // The gaps of one that was merged before name their parts already.
        let named = |gap: Gap| Gap::new(gap.kind, [label.as_str(), &gap.place].join(": "), gap.detail);
        let is_merged = !input.inventory.parts.is_empty();
        gaps.extend(input.inventory.gaps.iter().cloned().map(|gap| if is_merged { gap } else { named(gap) }));
        merging.add(input.inventory, input.document);
        let limits = [("packages_max", merging.packages.len(), packages_max)];
        for (limit, count, max) in limits.into_iter().chain([("parts", merging.parts.len(), PARTS_MAX)]) {
            if count > max {
                return Err(TooMuch { limit, max });
            }
        }
    }
    repeated.extend(parts_that_are_there_twice(&merging.parts));
    let name = name.map_or_else(|| joined(&labels), str::to_owned);
    let subject = Subject { name, created: last_created(&merging.parts), ..Subject::default() };
    let inventory = Inventory::new(subject, None, merging.packages, gaps);
    Ok(Merged { inventory: Inventory { parts: merging.parts, ..inventory }, repeated })
}

/// What decides the order of parts: nothing of how they were given.
fn key(input: &Input) -> [Option<&str>; 5] {
    let Subject { name, version, digest, manifest_digest, .. } = &input.inventory.subject;
    [Some(name), version.as_deref(), digest.as_deref(), manifest_digest.as_deref(), Some(&input.document)]
}

/// Leaves out every input that says the same as one before it: the same SBOM, or the same in another format.
fn leave_out_repeated(inputs: &mut Vec<Input>) -> Vec<Repeated> {
    let mut repeated = Vec::new();
    let mut kept: Vec<Input> = Vec::new();
    for input in inputs.drain(..) {
        // What is the same has the same subject, so that it stands close together.
        let near = kept
            .iter()
            .rev()
            .take_while(|other| other.inventory.subject.name == input.inventory.subject.name);
        match near.into_iter().find(|other| other.inventory == input.inventory) {
            Some(other) => {
                repeated.push(Repeated::LeftOut { place: input.place, other: other.place.clone() });
            }
            None => kept.push(input),
        }
    }
    *inputs = kept;
    repeated
}

fn parts_that_are_there_twice(parts: &[Part]) -> Vec<Repeated> {
    let mut seen = BTreeSet::new();
    let again = parts.iter().filter(|part| !seen.insert((&part.document, &part.subject.name)));
    let twice = again
        .map(|part| Repeated::Twice { document: part.document.clone(), subject: part.subject.name.clone() });
    let twice: BTreeSet<Repeated> = twice.collect();
    twice.into_iter().collect()
}

/// A name for each input that no other has: `app:1.2`, and with the digest of its SBOM where that is not enough.
fn labels(inputs: &[Input]) -> Vec<String> {
    let plain = |input: &Input| {
        let subject = &input.inventory.subject;
        match &subject.version {
            Some(version) => format!("{}:{version}", subject.name),
            None => subject.name.clone(),
        }
    };
    let labels: Vec<String> = inputs.iter().map(plain).collect();
    let is_taken = |label: &String| labels.iter().filter(|other| *other == label).count() > 1;
    let label = |(input, label): (&Input, &String)| {
        if is_taken(label) { format!("{label} ({})", input.document) } else { label.clone() }
    };
    inputs.iter().zip(&labels).map(label).collect()
}

/// `a + b + c`; the first ones and how many others there are when that is long.
fn joined(labels: &[String]) -> String {
    let all = labels.join(" + ");
    if all.len() <= NAME_BYTES_MAX {
        return all;
    }
    let mut name = String::new();
    for (index, label) in labels.iter().enumerate() {
        if name.len() + label.len() > NAME_BYTES_MAX {
            let separator = if name.is_empty() { "" } else { " + " };
            return format!("{name}{separator}{} more", labels.len() - index);
        }
        name.push_str(if name.is_empty() { "" } else { " + " });
        name.push_str(label);
    }
    name
}

/// When the last of them was made, as far as they say so.
fn last_created(parts: &[Part]) -> Option<String> {
    let stated = parts.iter().filter_map(|part| part.subject.created.as_ref());
    let dated = stated.filter_map(|text| Some((text.parse::<Timestamp>().ok()?, text)));
    dated.max().map(|(_, text)| text.clone())
}

#[derive(Default)]
struct Merging {
    parts: Vec<Part>,
    packages: Vec<Package>,
}

impl Merging {
    /// Adds all of `inventory`: as a part, or as the parts it was merged from and, where it has anything beside
    /// them, itself.
    fn add(&mut self, inventory: Inventory, document: String) {
        let Inventory { subject, distro, packages, parts, .. } = inventory;
        let n_known_parts = parts.len();
        let has_own = distro.is_some() || packages.iter().any(|package| is_own(package, n_known_parts));
        let first_part = self.parts.len();
        self.parts.extend(parts);
        let own = self.parts.len();
        if has_own || n_known_parts == 0 {
            self.parts.push(Part { subject, distro, document });
        }
        let first_package = self.packages.len();
        let moved = |index: PackageIndex| PackageIndex(position(first_package + index.as_usize()));
        self.packages.extend(packages.into_iter().map(|mut package| {
            package.depends_on.renumber(|dependency| Some(moved(dependency)));
            let part = package.part.filter(|_| !is_own(&package, n_known_parts));
            let part = part.map_or(own, |part| first_part + part.as_usize());
            Package {
                part: Some(PartIndex(position(part))),
                owner: package.owner.map(moved),
                parent: package.parent.map(moved),
                ..package
            }
        }));
    }
}

/// Whether `package` is of the inventory itself and not of one of its `n_parts` parts.
fn is_own(package: &Package, n_parts: usize) -> bool {
    package.part.is_none_or(|part| part.as_usize() >= n_parts)
}

fn position(index: usize) -> u32 {
    u32::try_from(index).expect("packages and parts are limited to far fewer than 2^32")
}

#[cfg(test)]
mod tests {
    use model::distro::Distro;
    use model::ecosystem::Ecosystem;
    use model::gap::GapKind;

    use super::*;

    fn input(name: &str, distro: &str, packages: &[&str]) -> Input {
        let package = |name: &&str| {
            let mut package = Package::new(Ecosystem::Deb, name, "1", format!("pkg:deb/{distro}/{name}@1"));
            package.owner = (name.len() > 1).then_some(PackageIndex(0));
            package
        };
        let subject = Subject { name: name.to_owned(), ..Subject::default() };
        let document = format!("sha256:{name}-{distro}");
        let gaps = vec![Gap::new(GapKind::UNREADABLE_FILE, "etc/x", "ends early")];
        let distro = Some(Distro { id: distro.to_owned(), ..Distro::default() });
        let inventory = Inventory::new(subject, distro, packages.iter().map(package).collect(), gaps);
        Input { place: format!("{name}.json"), document, inventory }
    }

    fn merged(inputs: Vec<Input>) -> Merged {
        merge(inputs, None, 100).unwrap()
    }

    /// `<part's subject> <part's distribution>/<package> <owner>`, one a package.
    fn lines(inventory: &Inventory) -> Vec<String> {
        let line = |package: &Package| {
            let part = inventory.part_of(package).unwrap();
            let owner = package.owner.map_or("-", |owner| inventory.package(owner).purl.as_str());
            let distro = inventory.distro_of(package).unwrap();
            format!("{} {}/{} {owner}", part.subject.name, distro.id, package.name)
        };
        inventory.packages.iter().map(line).collect()
    }

    #[test]
    fn packages_keep_their_part_their_owner_and_their_distribution() {
        let Merged { inventory, repeated } =
            merged(vec![input("two", "ubuntu", &["a", "ab"]), input("one", "debian", &["a", "ac"])]);
        let expected = [
            "one debian/a -",
            "one debian/ac pkg:deb/debian/a@1",
            "two ubuntu/a -",
            "two ubuntu/ab pkg:deb/ubuntu/a@1",
        ];
        assert_eq!(lines(&inventory), expected);
        assert_eq!((inventory.subject.name.as_str(), inventory.distro), ("one + two", None));
        let places: Vec<&str> = inventory.gaps.iter().map(|gap| gap.place.as_str()).collect();
        assert_eq!(places, ["one: etc/x", "two: etc/x"]);
        assert_eq!(repeated, []);
    }

    #[test]
    fn the_order_makes_no_difference() {
        let inputs =
            [input("b", "debian", &["a"]), input("a", "alpine", &["a", "b"]), input("a", "debian", &["a"])];
        let forwards = merged(inputs.to_vec()).inventory;
        assert_eq!(merged(inputs.iter().rev().cloned().collect()).inventory, forwards);
    }

    #[test]
    fn what_is_the_same_is_there_once_and_said() {
        let once = input("a", "debian", &["a"]);
        let mut other_format = once.clone();
        other_format.document = "sha256:z".to_owned();
        other_format.place = "a.spdx.json".to_owned();
        let Merged { inventory, repeated } = merged(vec![other_format, once.clone()]);
        assert_eq!((inventory.parts.len(), inventory.packages.len()), (1, 1));
        let left_out = Repeated::LeftOut { place: "a.spdx.json".to_owned(), other: "a.json".to_owned() };
        assert_eq!(repeated, [left_out]);

        let before = Input { place: "m.json".to_owned(), document: "sha256:m".to_owned(), inventory };
        let Merged { inventory, repeated } = merged(vec![before, once]);
        assert_eq!((inventory.parts.len(), inventory.packages.len()), (2, 2));
        assert!(matches!(&repeated[..], [Repeated::Twice { subject, .. }] if subject == "a"), "{repeated:?}");
    }

    #[test]
    fn what_was_merged_before_stays_as_it_is() {
        let (a, b, c) =
            (input("a", "debian", &["a"]), input("b", "alpine", &["b"]), input("c", "ubuntu", &["c"]));
        let all = merged(vec![a.clone(), b.clone(), c.clone()]).inventory;
        let before = merged(vec![a, b]).inventory;
        let before = Input { place: "m.json".to_owned(), document: "sha256:m".to_owned(), inventory: before };
        let again = merged(vec![before, c]).inventory;
        assert_eq!((&again.packages, &again.parts, &again.gaps), (&all.packages, &all.parts, &all.gaps));
    }

    #[test]
    fn a_limit_and_a_long_name_end() {
        let inputs = vec![input("a", "debian", &["a"]), input("b", "debian", &["a"])];
        assert_eq!(merge(inputs, None, 1).unwrap_err(), TooMuch { limit: "packages_max", max: 1 });
        let long = vec!["x".repeat(90), "y".repeat(90), "z".repeat(90)];
        assert!(joined(&long).ends_with("y + 1 more"));
        assert_eq!(joined(&["x".repeat(300)]), "1 more");
    }

    #[test]
    fn it_is_as_old_as_the_youngest() {
        let mut inputs =
            vec![input("a", "debian", &[]), input("b", "debian", &[]), input("c", "debian", &[])];
        inputs[0].inventory.subject.created = Some("2024-01-01T00:00:00Z".to_owned());
        inputs[1].inventory.subject.created = Some("2024-01-01T00:00:00-01:00".to_owned());
        inputs[2].inventory.subject.created = Some("yesterday".to_owned());
        let created = merged(inputs).inventory.subject.created;
        assert_eq!(created.as_deref(), Some("2024-01-01T00:00:00-01:00"));
    }
}
