//! What an archive holds that says which packages it is made of.

use std::collections::BTreeMap;

use model::package::{Certainty, Package};

use super::super::maven::{self, Pom, is_id, is_version};
use super::super::zip::{Budget, Entry, Trouble, Zip};
use super::identity::{self, Coordinates, FileName};
use super::is_archive;
use super::manifest::Manifest;

/// Bytes of a manifest; those of signed archives have a digest of every class.
const MANIFEST_BYTES_MAX: u64 = 16 << 20;
/// Bytes of what Maven leaves of one project; parsed, it takes some thirty times as many.
const POM_BYTES_MAX: u64 = 1 << 20;
/// How many times as long parsing a `pom.xml` takes as unpacking it.
const POM_COST: u64 = 8;
/// Projects that one archive was made of; the largest have some hundreds.
const PROJECTS_MAX: usize = 10_000;
/// Dependencies of one project that are kept, bytes of one text, and of all texts of an archive.
const DEPENDENCIES_MAX: usize = 1_000;
const TEXT_BYTES_MAX: usize = 1 << 10;
const TEXTS_BYTES_MAX: usize = 8 << 20;

/// What Maven left of one project, in one folder.
#[derive(Debug, Default)]
struct Project {
    /// Of `pom.properties`.
    group: Option<String>,
    artifact: Option<String>,
    version: Option<String>,
    /// Of the `pom.xml` beside it.
    pom_group: Option<String>,
    pom_artifact: Option<String>,
    pom_version: Option<String>,
    licenses: Vec<String>,
    organization: Option<String>,
    requires: Vec<String>,
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    manifest: Option<Manifest>,
    /// By folder.
    projects: BTreeMap<String, Project>,
    odd: Vec<(String, &'static str)>,
    n_text_bytes: usize,
    pub(super) has_classes: bool,
    pub(super) n_archives: u64,
}

/// The packages of an archive.
#[derive(Debug, Default)]
pub(super) struct Packages {
    pub(super) own: Option<Package>,
    /// Names of what the archive's own package needs.
    pub(super) requires: Vec<String>,
    /// Packages that were copied into it, and what each needs.
    pub(super) shaded: Vec<(Package, Vec<String>)>,
    /// The name of the archive's own package, where it states one and no version.
    pub(super) without_version: Option<String>,
}

impl Metadata {
    /// Reads `entry` if it says something.
    pub(super) fn look_at(
        &mut self,
        zip: &Zip<'_>,
        entry: &Entry<'_>,
        budget: &mut Budget<'_>,
    ) -> Result<(), Trouble> {
        let name = &*entry.name;
        if name.ends_with(".class") {
            self.has_classes = true;
            return Ok(());
        }
        if is_archive(entry) {
            self.n_archives += 1;
            return Ok(());
        }
        let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
        match file {
            "pom.properties" => {}
            // Elsewhere it is of a sample or a template.
            "pom.xml" if folder.contains("META-INF/maven/") => {}
            _ if name.eq_ignore_ascii_case("META-INF/MANIFEST.MF") => {}
            _ => return Ok(()),
        }
        if let Some(other) = zip.other_name(entry)? {
            self.odd(other, "an entry's own header calls it otherwise");
        }
        match file {
            "pom.properties" => {
                let text = text(zip, entry, POM_BYTES_MAX, budget)?;
                let project = self.project(folder)?;
                project.properties(&text);
            }
            "pom.xml" => {
                let text = text(zip, entry, POM_BYTES_MAX, budget)?;
                budget.take_bytes(text.len() as u64 * POM_COST)?;
                if let Some(pom) = Pom::parse(&text).map_err(Trouble::Unreadable)? {
                    let project = self.project(folder)?;
                    project.pom(&pom);
                    self.n_text_bytes += project.n_text_bytes();
                }
            }
            _ => {
                let manifest = Manifest::parse(&text(zip, entry, MANIFEST_BYTES_MAX, budget)?);
                if let Some(line) = &manifest.odd_line {
                    self.odd(line.clone(), "a line of its manifest is no header");
                }
                self.manifest = Some(manifest);
            }
        }
        Ok(())
    }

    /// The project in `folder`.
    fn project(&mut self, folder: &str) -> Result<&mut Project, Trouble> {
        if self.projects.len() >= PROJECTS_MAX && !self.projects.contains_key(folder) {
            return Err(Trouble::TooMuch(format!(
                "more than {PROJECTS_MAX} projects; the rest was not read"
            )));
        }
        if self.n_text_bytes > TEXTS_BYTES_MAX || folder.len() > TEXT_BYTES_MAX {
            return Err(Trouble::TooMuch("its metadata is longer than any; not read".to_owned()));
        }
        self.n_text_bytes += folder.len();
        Ok(self.projects.entry(folder.to_owned()).or_default())
    }

    fn odd(&mut self, text: String, what: &'static str) {
        if self.odd.len() < super::GAPS_MAX {
            self.odd.push((text.chars().take(200).collect(), what));
        }
    }

    /// What is not as it should be, and in which way.
    pub(super) fn oddities(&self) -> impl Iterator<Item = (&str, &str)> {
        self.odd.iter().map(|(text, what)| (text.as_str(), *what))
    }

    /// The packages of the archive called `file_name`.
    pub(super) fn packages(&self, file_name: &FileName<'_>) -> Packages {
        let empty = Manifest::default();
        let manifest = self.manifest.as_ref().unwrap_or(&empty);
        let mut projects: BTreeMap<Coordinates, &Project> = BTreeMap::new();
        for (folder, project) in &self.projects {
            if let Some(coordinates) = project.coordinates(folder) {
                projects.entry(coordinates).or_insert(project);
            }
        }
        let of_manifest = identity::of_manifest(manifest, file_name);
        let own =
            own(&projects, file_name, of_manifest.as_ref().map(|(coordinates, _)| coordinates)).cloned();
        let mut packages = Packages::default();
        for (coordinates, project) in &projects {
            let mut package = coordinates.package();
            package.licenses = project.licenses.iter().collect();
            package.supplier.clone_from(&project.organization);
            if own.as_ref() == Some(coordinates) {
                complete(&mut package, manifest);
                packages.own = Some(package);
                packages.requires.clone_from(&project.requires);
            } else {
                packages.shaded.push((package, project.requires.clone()));
            }
        }
        if packages.own.is_none() {
            let known = of_manifest.or_else(|| {
                identity::of_name(file_name).map(|coordinates| (coordinates, Certainty::Guessed))
            });
            packages.own = known.map(|(coordinates, certainty)| {
                let mut package = coordinates.package();
                package.certainty = certainty;
                complete(&mut package, manifest);
                package
            });
        }
        if packages.own.is_none() {
            packages.without_version = manifest.main("bundle-symbolicname").map(str::to_owned);
        }
        packages
    }
}

/// Which of `projects` is the archive itself: the one that its name names; else the only one, unless the manifest speaks of
/// another.
fn own<'p>(
    projects: &'p BTreeMap<Coordinates, &Project>,
    file_name: &FileName<'_>,
    of_manifest: Option<&Coordinates>,
) -> Option<&'p Coordinates> {
    let named = |project: &&Coordinates| {
        let Coordinates { group, artifact, version } = project;
        let whole = format!("{group}.{artifact}");
        let is_artifact = |name: &str| name == artifact || name == whole;
        is_artifact(file_name.artifact)
            || is_artifact(file_name.stem)
            || file_name.stem.strip_prefix(artifact.as_str()).is_some_and(|rest| {
                // `demo-1.0-jdk8.jar`: what follows the artifact is the version and some classifier.
                rest.strip_prefix('-').is_some_and(|rest| rest.starts_with(version.as_str()))
            })
    };
    let is_version = |project: &&Coordinates| file_name.version == Some(project.version.as_str());
    let is_group = |project: &&Coordinates| {
        file_name.stem.starts_with(&project.group)
            || of_manifest.is_some_and(|manifest| manifest.group == project.group)
    };
    let candidates = projects.keys().filter(named);
    let best =
        candidates.max_by_key(|project| (is_version(project), is_group(project), project.artifact.len()));
    best.or_else(|| {
        let only = projects.keys().next().filter(|_| projects.len() == 1)?;
        let is_another = of_manifest
            .is_some_and(|manifest| manifest.artifact != only.artifact && manifest.version != only.version);
        (!is_another).then_some(only)
    })
}

/// Adds what the manifest says of licences and suppliers, where nothing is known yet.
fn complete(package: &mut Package, manifest: &Manifest) {
    if package.licenses.is_empty()
        && let Some(licenses) = manifest.main("bundle-license")
    {
        // Names or addresses, each perhaps with attributes, separated by commas.
        let name = |item: &str| item.split(';').next().unwrap_or(item).trim().trim_matches('"').to_owned();
        package.licenses =
            licenses.split(',').map(name).filter(|name| !name.is_empty() && !name.contains('=')).collect();
        package.licenses.sort();
    }
    if package.supplier.is_none() {
        let vendor =
            manifest.main("implementation-vendor").or_else(|| manifest.section("implementation-vendor"));
        package.supplier = vendor.or_else(|| manifest.main("bundle-vendor")).map(str::to_owned);
    }
}

impl Project {
    /// Reads `pom.properties`: lines of `key=value` (java.util.Properties, as far as Maven writes it).
    fn properties(&mut self, text: &str) {
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', '!'])) {
            let Some((key, value)) = line.split_once(['=', ':']) else { continue };
            let field = match key.trim() {
                "groupId" => &mut self.group,
                "artifactId" => &mut self.artifact,
                "version" => &mut self.version,
                _ => continue,
            };
            *field = Some(value.trim().to_owned()).filter(|value| is_short(value));
        }
    }

    fn pom(&mut self, pom: &Pom) {
        (self.pom_group, self.pom_artifact, self.pom_version) = pom.coordinates();
        for part in [&mut self.pom_group, &mut self.pom_artifact, &mut self.pom_version] {
            part.take_if(|text| !is_short(text));
        }
        self.licenses =
            pom.licenses.iter().filter(|name| is_short(name)).take(DEPENDENCIES_MAX).cloned().collect();
        self.organization = pom.organization.clone().filter(|name| is_short(name));
        let is_needed = |scope: Option<&str>| matches!(scope, None | Some("compile" | "runtime"));
        let needed = pom
            .dependencies
            .iter()
            .filter(|needed| !needed.is_optional && is_needed(needed.scope.as_deref()));
        let name = |dependency: &maven::Dependency| {
            let value = |text: &str| maven::expand(text, |name| pom.property(name));
            Some(maven::full_name(&value(&dependency.group)?, &value(&dependency.artifact)?))
        };
        self.requires =
            needed.filter_map(name).filter(|name| is_short(name)).take(DEPENDENCIES_MAX).collect();
    }

    /// About how many bytes it takes.
    fn n_text_bytes(&self) -> usize {
        let lists = self.licenses.iter().chain(&self.requires).map(|text| size_of::<String>() + text.len());
        size_of::<Self>() + lists.sum::<usize>()
    }

    /// What `pom.properties` says, else the `pom.xml` beside it, else the folder, which Maven calls
    /// `META-INF/maven/GROUP/ARTIFACT`.
    fn coordinates(&self, folder: &str) -> Option<Coordinates> {
        let mut parts = folder.rsplit('/');
        let (artifact, group, maven, meta) = (parts.next(), parts.next(), parts.next(), parts.next());
        let in_maven = maven == Some("maven") && meta == Some("META-INF");
        let of_folder = |part: Option<&str>| part.filter(|_| in_maven).map(str::to_owned);
        let first = |stated: [Option<String>; 3], fits: fn(&str) -> bool| {
            stated.into_iter().flatten().find(|text| fits(text))
        };
        Some(Coordinates {
            group: first([self.group.clone(), self.pom_group.clone(), of_folder(group)], is_id)?,
            artifact: first([self.artifact.clone(), self.pom_artifact.clone(), of_folder(artifact)], is_id)?,
            version: first([self.version.clone(), self.pom_version.clone(), None], is_version)?,
        })
    }
}

fn is_short(text: &str) -> bool {
    !text.is_empty() && text.len() <= TEXT_BYTES_MAX
}

fn text(
    zip: &Zip<'_>,
    entry: &Entry<'_>,
    bytes_max: u64,
    budget: &mut Budget<'_>,
) -> Result<String, Trouble> {
    let bytes = zip.read(entry, bytes_max, budget)?;
    Ok(String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes)).into_owned())
}
