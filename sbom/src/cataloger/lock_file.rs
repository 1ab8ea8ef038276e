//! The packages of one lock file in the making: each once, with what they need of each other.

use std::collections::BTreeMap;

use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::key::normalise_name;
use model::limits::Limits;
use model::package::{Dependencies, DependencyScope, Package};

use super::facts::{Fact, Facts, PackageFact};
use super::file::{File, is_legible};

/// The name and version of one entry, when both are stated and legible; else a gap says what is wrong with it.
pub(super) fn identified<'p>(
    file: &File<'_>,
    facts: &mut Facts,
    name: Option<&'p str>,
    version: Option<&'p str>,
) -> Option<(&'p str, &'p str)> {
    let name = name.map(str::trim).filter(|name| !name.is_empty());
    let version = version.map(str::trim).filter(|version| !version.is_empty());
    let gap = match (name, version) {
        (Some(name), Some(version)) if is_legible(name) && is_legible(version) => {
            return Some((name, version));
        }
        (Some(name), None) if is_legible(name) => Gap::new(
            GapKind::MISSING_FACT,
            file.path,
            format!("`{name}` states no version; it cannot be judged"),
        ),
        (None, _) => file.unreadable_record(&"a package states no name"),
        (Some(_), _) => file.unreadable_record(&"a package has an illegible name or version"),
    };
    facts.push(Fact::Gap(gap));
    None
}

/// Names that a gap lists.
pub(super) const NAMED_MAX: usize = 10;

/// The first `names` in backticks, and how many more of `n_names` there are.
pub(super) fn listed<'n>(names: impl IntoIterator<Item = &'n str>, n_names: usize) -> String {
    let names: Vec<String> = names.into_iter().take(NAMED_MAX).map(|name| format!("`{name}`")).collect();
    match n_names.saturating_sub(names.len()) {
        0 => names.join(", "),
        n_more => format!("{} and {n_more} more", names.join(", ")),
    }
}

/// The gap that says that the file at `path` lists packages without a version: the first `names`, of `n_names`.
pub(super) fn not_pinned<'n>(path: &str, names: impl IntoIterator<Item = &'n str>, n_names: usize) -> Gap {
    let detail = format!("not pinned to a version, so it cannot be judged: {}", listed(names, n_names));
    Gap::new(GapKind::MISSING_FACT, path, detail)
}

/// Versions of one name that a package may mean by it; real lock files have two or three, for different platforms.
const VERSIONS_MAX: usize = 16;

/// The packages of one lock file, each once, and what they need of each other.
pub(super) struct LockFile {
    packages_max: usize,
    /// Whether it says of its packages what they need.
    says_needs: bool,
    facts: Vec<PackageFact>,
    /// Names, perhaps with a version, that the package at the same position needs.
    needs: Vec<Vec<Need>>,
    by_key: BTreeMap<(Box<str>, String), usize>,
    by_name: BTreeMap<Box<str>, Vec<u32>>,
}

/// What a package of a lock file needs.
#[derive(Clone, Debug)]
pub(super) struct Need {
    pub(super) name: String,
    /// Which of several versions.
    pub(super) version: Option<String>,
}

impl Need {
    /// Any version of `name`.
    pub(super) fn any(name: &str) -> Self {
        Self { name: name.to_owned(), version: None }
    }
}

impl LockFile {
    /// One that holds no packages yet, and takes few more than [`Limits::packages_max`].
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            packages_max: limits.packages_max,
            says_needs: false,
            facts: Vec::new(),
            needs: Vec::new(),
            by_key: BTreeMap::new(),
            by_name: BTreeMap::new(),
        }
    }

    /// The same, of a kind that says of every package what it needs: nothing, where it names nothing.
    pub(super) fn with_needs(limits: &Limits) -> Self {
        Self { says_needs: true, ..Self::new(limits) }
    }

    /// Adds `package`, which needs `needs`, and gives its position; none beyond the limit. One that is there already, under the same name and
    /// version, learns what it needs and for what it is needed besides.
    pub(super) fn add(&mut self, package: Package, needs: Vec<Need>) -> Option<u32> {
        let name = normalise_name(package.ecosystem, &package.name);
        let key = (name.clone(), package.version.as_str().to_owned());
        if let Some(&position) = self.by_key.get(&key) {
            self.needs[position].extend(needs);
            let known = &mut self.facts[position].package;
            known.digests.append(&package.digests);
            if package.scope == DependencyScope::Runtime {
                known.scope = DependencyScope::Runtime;
            }
            return u32::try_from(position).ok();
        }
        // One more than the limit is kept, so that assembling meets the limit too and says so.
        if self.facts.len() > self.packages_max {
            return None;
        }
        let position = self.facts.len();
        self.by_key.insert(key, position);
        self.by_name.entry(name).or_default().push(u32::try_from(position).unwrap_or(u32::MAX));
        self.facts.push(PackageFact::new(package));
        self.needs.push(needs);
        u32::try_from(position).ok()
    }

    /// The positions that each package needs.
    fn resolved(&self) -> Vec<Vec<u32>> {
        let resolve = |(fact, needs): (&PackageFact, &Vec<Need>)| {
            let mut positions: Vec<u32> =
                needs.iter().flat_map(|need| self.meant(fact.package.ecosystem, need)).collect();
            positions.sort_unstable();
            positions.dedup();
            positions
        };
        self.facts.iter().zip(&self.needs).map(resolve).collect()
    }

    /// The positions of the packages that `need` means.
    fn meant(&self, ecosystem: Ecosystem, need: &Need) -> Vec<u32> {
        let name = normalise_name(ecosystem, &need.name);
        match &need.version {
            Some(version) => {
                let position = self.by_key.get(&(name, version.clone()));
                position.and_then(|position| u32::try_from(*position).ok()).into_iter().collect()
            }
            None => self.by_name.get(&name).into_iter().flatten().copied().take(VERSIONS_MAX).collect(),
        }
    }

    /// Says of every package that is not reached from `roots` by what packages need that it is for development.
    pub(super) fn develop_all_but(&mut self, roots: Vec<u32>) {
        let needed = self.resolved();
        let mut reached = vec![false; self.facts.len()];
        let mut open = roots;
        while let Some(position) = open.pop() {
            if let Some(reached) = reached.get_mut(position as usize)
                && !std::mem::replace(reached, true)
            {
                open.extend(&needed[position as usize]);
            }
        }
        for (fact, reached) in self.facts.iter_mut().zip(reached) {
            if !reached {
                fact.package.scope = DependencyScope::Development;
            }
        }
    }

    /// Hands over the packages with their relations.
    pub(super) fn finish(mut self, facts: &mut Facts) {
        let needed = self.resolved();
        for (position, (mut fact, depends_on)) in
            std::mem::take(&mut self.facts).into_iter().zip(needed).enumerate()
        {
            fact.depends_on = depends_on.into_iter().filter(|other| *other as usize != position).collect();
            let needs_nothing = self.says_needs && self.needs[position].is_empty();
            fact.package.depends_on = Dependencies::none_if(needs_nothing);
            fact.package.digests.sort();
            facts.push(Fact::Package(fact));
        }
    }
}
