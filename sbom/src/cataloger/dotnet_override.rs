//! Which packages of a .NET program do not run, because a shared framework brings the same assemblies in newer versions.
//!
//! Of two assemblies of one name the host takes the one of the higher assembly version, then of the higher file version,
//! and the framework's where these are equal too; one that states no version counts as the oldest (dotnet/runtime,
//! `deps_resolver.cpp`). Which framework a program runs on is said by the `*.runtimeconfig.json` beside its `*.deps.json`, or in the bundle with it. A
//! later version of the framework may be taken than is asked for, so that all that may be taken have to agree.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use model::package::PackageIndex;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::facts::FactFile;
use super::file::is_legible;
use super::{Fact, FactTree, Facts, File, dotnet_bundle, dotnet_deps, dotnet_runtime};

/// The name of the fact that lists assemblies with their versions, a line each; those of a program say of which package of
/// the file they are.
const ASSEMBLIES: &str = "assemblies";
/// The name of the fact that lists the frameworks that are asked for, a line each.
const FRAMEWORKS: &str = "frameworks";
/// Frameworks that a program asks for, and that these ask for in turn; there are two levels of them.
const FRAMEWORKS_MAX: usize = 16;
/// Installed versions of a framework, of which each program asks for one; where there are more, they override nothing.
const INSTALLED_MAX: usize = 32;

/// A file of a target; what is no such description is read as nothing that is known.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Asset {
    Stated(StatedAsset),
    Unread(IgnoredAny),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StatedAsset {
    assembly_version: Option<String>,
    file_version: Option<String>,
    asset_type: Option<String>,
    local_path: Option<String>,
}

impl Asset {
    /// Where the file lies, where that is said.
    pub(super) fn local_path(&self) -> Option<&str> {
        match self {
            Self::Stated(asset) => asset.local_path.as_deref(),
            Self::Unread(_) => None,
        }
    }
}

/// What the host compares, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Versions {
    assembly: Option<[u32; 4]>,
    file: Option<[u32; 4]>,
}

impl Versions {
    /// None where a version cannot be read.
    fn of(asset: &StatedAsset) -> Option<Self> {
        let number = |text: &Option<String>| match text {
            None => Some(None),
            Some(text) => numbers(text).map(Some),
        };
        Some(Self { assembly: number(&asset.assembly_version)?, file: number(&asset.file_version)? })
    }

    fn text(&self) -> String {
        let number = |version: Option<[u32; 4]>| match version {
            Some([a, b, c, d]) => format!("{a}.{b}.{c}.{d}"),
            None => "-".to_owned(),
        };
        format!("{}\t{}", number(self.assembly), number(self.file))
    }

    fn from_text(text: &str) -> Option<Self> {
        let (assembly, file) = text.split_once('\t')?;
        Some(Self { assembly: numbers(assembly), file: numbers(file) })
    }
}

/// `4.1` as four numbers.
fn numbers<const N: usize>(text: &str) -> Option<[u32; N]> {
    let mut numbers = [0; N];
    let mut parts = text.split('.');
    for (number, part) in numbers.iter_mut().zip(&mut parts) {
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

/// An assembly's name with its versions: `Acme.Json` of `lib/net8.0/Acme.Json.dll`. None of what is no assembly or cannot be
/// compared.
fn assembly(path: &str, asset: &Asset) -> Option<(String, Versions)> {
    let Asset::Stated(asset) = asset else { return None };
    if asset.asset_type.as_deref().is_some_and(|kind| kind != "runtime") {
        return None;
    }
    let name = path.rsplit('/').next().unwrap_or(path).strip_suffix(".dll")?;
    Some((name.to_owned(), Versions::of(asset)?)).filter(|_| is_legible(name))
}

/// Notes the assemblies of a shared framework. Those that cannot be compared override nothing.
pub(super) fn note_framework<'a>(assets: impl Iterator<Item = (&'a str, &'a Asset)>, facts: &mut Facts) {
    let lines: Vec<String> = assets
        .filter_map(|(path, asset)| assembly(path, asset))
        .map(|(name, versions)| format!("{name}\t{}", versions.text()))
        .collect();
    push(ASSEMBLIES, lines, facts);
}

/// The assemblies of packages in the making.
#[derive(Default)]
pub(super) struct Assemblies(Vec<String>);

impl Assemblies {
    /// Adds the files of the package at `position` of the file, unless it has others than assemblies, which nothing overrides.
    pub(super) fn add<'a>(&mut self, position: u32, assets: impl Iterator<Item = (&'a str, &'a Asset)>) {
        let lines: Option<Vec<String>> = assets
            .map(|(path, asset)| {
                let (name, versions) = assembly(path, asset)?;
                Some(format!("{position}\t{name}\t{}", versions.text()))
            })
            .collect();
        self.0.extend(lines.into_iter().flatten());
    }

    pub(super) fn finish(self, facts: &mut Facts) {
        push(ASSEMBLIES, self.0, facts);
    }
}

fn push(name: &str, lines: Vec<String>, facts: &mut Facts) {
    if !lines.is_empty() {
        facts.push(Fact::Text { name: name.to_owned(), value: lines.join("\n") });
    }
}

/// The `*.runtimeconfig.json` (dotnet/sdk, `runtime-configuration-file.md`). A program that brings its framework names it in
/// `includedFrameworks`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Configuration {
    runtime_options: Option<Options>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    framework: Option<Asked>,
    #[serde(default)]
    frameworks: Vec<Asked>,
    roll_forward: Option<String>,
    roll_forward_on_no_candidate_fx: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    name: String,
    version: Option<String>,
    roll_forward: Option<String>,
    roll_forward_on_no_candidate_fx: Option<IgnoredAny>,
}

/// Notes the frameworks that the configuration `text` asks for, each once: name, version, and whether another major version
/// will do.
pub(super) fn read_configuration(text: &str, file: &File<'_>, facts: &mut Facts) {
    let options = match serde_json::from_str::<Configuration>(text) {
        Ok(configuration) => configuration.runtime_options,
        Err(error) => return facts.push(Fact::Gap(file.unreadable(&error))),
    };
    let Some(options) = options else { return };
    let may_be_another_major = |asked: &Asked| {
        let roll_forward = asked.roll_forward.as_ref().or(options.roll_forward.as_ref());
        roll_forward.is_some_and(|policy| policy.to_lowercase().ends_with("major"))
            || asked.roll_forward_on_no_candidate_fx.is_some()
            || options.roll_forward_on_no_candidate_fx.is_some()
    };
    let lines = options.framework.iter().chain(&options.frameworks).filter_map(|asked| {
        let version = asked.version.as_deref().filter(|version| is_legible(version))?;
        let majors = if may_be_another_major(asked) { "any" } else { "same" };
        is_legible(&asked.name).then(|| format!("{}\t{version}\t{majors}", asked.name))
    });
    let mut seen = HashSet::new();
    let lines = lines.filter(|line| seen.insert(line.clone())).take(FRAMEWORKS_MAX);
    push(FRAMEWORKS, lines.collect(), facts);
}

/// The shared frameworks of an image, and what asks for which.
pub(super) struct Frameworks<'a> {
    /// By their names, those of one name as likely as they are to be taken.
    installed: BTreeMap<&'a str, Vec<Installed<'a>>>,
    /// The lines of configurations by their paths.
    asked: HashMap<&'a str, &'a str>,
}

struct Installed<'a> {
    version: [u32; 3],
    purl: &'a str,
    directory: &'a str,
    /// None where nothing readable lists them.
    assemblies: HashMap<&'a str, Versions>,
}

impl<'a> Frameworks<'a> {
    pub(super) fn of(tree: &FactTree<'a>) -> Self {
        let mut by_directory: BTreeMap<(&str, &str), Installed<'a>> = BTreeMap::new();
        for file in tree.of(dotnet_runtime::CATALOGER.name) {
            let Some((name, version, directory)) = dotnet_runtime::framework(&file.path) else { continue };
            let Some(fact) = file.packages().next() else { continue };
            let Some(version) = numbers(version.split('-').next().unwrap_or(version)) else { continue };
            let assemblies: HashMap<&str, Versions> = text(file, ASSEMBLIES)
                .filter_map(|line| line.split_once('\t'))
                .filter_map(|(name, versions)| Some((name, Versions::from_text(versions)?)))
                .collect();
            let installed = Installed { version, purl: &fact.package.purl, directory, assemblies };
            let known = by_directory.entry((name, directory));
            known
                .and_modify(|known| {
                    if known.assemblies.is_empty() {
                        known.assemblies = installed.assemblies.clone();
                        known.purl = installed.purl;
                    }
                })
                .or_insert(installed);
        }
        let mut frameworks: BTreeMap<&str, Vec<Installed<'a>>> = BTreeMap::new();
        for ((name, _), installed) in by_directory {
            frameworks.entry(name).or_default().push(installed);
        }
        for installed in frameworks.values_mut() {
            installed.sort_by_key(|installed| {
                let [major, minor, patch] = installed.version;
                (major, minor, Reverse(patch))
            });
        }
        let stating = tree.of(dotnet_deps::CATALOGER.name).chain(tree.of(dotnet_bundle::CATALOGER.name));
        let configurations = stating.filter_map(|file| {
            let lines = file.facts.iter().find_map(|fact| match fact {
                Fact::Text { name, value } if name == FRAMEWORKS => Some(value.as_str()),
                _ => None,
            })?;
            Some((file.path.as_str(), lines))
        });
        Self { installed: frameworks, asked: configurations.collect() }
    }

    /// The packages of `file`, by their positions in it, in place of which a framework runs, and the package URL of that.
    pub(super) fn overridden(&self, file: &'a FactFile) -> HashMap<PackageIndex, &'a str> {
        let mut assemblies = text(file, ASSEMBLIES).peekable();
        if assemblies.peek().is_none() {
            return HashMap::new();
        }
        // A program that is a single file has its configuration in itself.
        let configuration = match file.path.strip_suffix(".deps.json") {
            Some(program) => format!("{program}.runtimeconfig.json"),
            None => file.path.to_string(),
        };
        let groups = self.asked_by(&configuration);
        let mut overridden: HashMap<PackageIndex, Option<&str>> = HashMap::new();
        for line in assemblies {
            let mut parts = line.splitn(3, '\t');
            let Some(position) = parts.next().and_then(|position| position.parse().ok()) else { continue };
            let (Some(name), Some(versions)) = (parts.next(), parts.next().and_then(Versions::from_text))
            else {
                continue;
            };
            let by = groups.iter().find_map(|group| group.overrides(name, versions));
            let known = overridden.entry(PackageIndex(position)).or_insert(by);
            *known = known.and(by);
        }
        overridden.into_iter().filter_map(|(position, by)| Some((position, by?))).collect()
    }

    /// What the configuration at `path` asks for, and what that asks for in turn where it is certain which one is taken.
    fn asked_by(&self, path: &str) -> Vec<Candidates<'_, 'a>> {
        let mut found: Vec<Candidates<'_, 'a>> = Vec::new();
        let mut open = vec![path.to_owned()];
        let mut seen = HashSet::new();
        while let Some(path) = open.pop() {
            let lines = self.asked.get(path.as_str()).into_iter().flat_map(|lines| lines.lines());
            for line in lines.filter(|line| seen.insert(*line)).take(FRAMEWORKS_MAX) {
                let Some((name, candidates)) = self.candidates(line) else { continue };
                if let [only] = candidates.0.as_slice() {
                    open.push(format!("{}/{name}.runtimeconfig.json", only.directory));
                }
                found.push(candidates);
                if found.len() == FRAMEWORKS_MAX {
                    return found;
                }
            }
        }
        found
    }

    /// The installed frameworks that may be taken for the one that `line` asks for, the likeliest first; none without any.
    fn candidates<'l>(&self, line: &'l str) -> Option<(&'l str, Candidates<'_, 'a>)> {
        let mut parts = line.split('\t');
        let (name, version, majors) = (parts.next()?, parts.next()?, parts.next()?);
        let asked: [u32; 3] = numbers(version.split('-').next().unwrap_or(version))?;
        let may_be_taken = |installed: &&Installed<'_>| {
            installed.version >= asked && (majors == "any" || installed.version[0] == asked[0])
        };
        // Without an end, each program of an image would be held against each framework of it.
        let installed = self.installed.get(name).filter(|installed| installed.len() <= INSTALLED_MAX)?;
        let candidates: Vec<_> = installed.iter().filter(may_be_taken).collect();
        (!candidates.is_empty()).then_some((name, Candidates(candidates)))
    }
}

/// Frameworks of which one is taken; never empty.
struct Candidates<'f, 'a>(Vec<&'f Installed<'a>>);

impl<'a> Candidates<'_, 'a> {
    /// The framework whose assembly `name` runs in place of one of `versions`.
    fn overrides(&self, name: &str, versions: Versions) -> Option<&'a str> {
        let wins = |installed: &&Installed<'_>| {
            let own = installed.assemblies.get(name);
            own.is_some_and(|own| own.assembly.is_some() && *own >= versions)
        };
        let purl = self.0.first()?.purl;
        self.0.iter().all(wins).then_some(purl)
    }
}

/// The lines of the fact called `wanted`.
fn text<'a>(file: &'a FactFile, wanted: &str) -> impl Iterator<Item = &'a str> {
    let texts = file.facts.iter().filter_map(move |fact| match fact {
        Fact::Text { name, value } if name == wanted => Some(value.as_str()),
        _ => None,
    });
    texts.flat_map(str::lines)
}

#[cfg(test)]
mod tests {
    use super::super::testing::found_in;

    const NAME: &str = "Microsoft.NETCore.App";

    /// How many packages are overridden in a program that asks for .NET 1.0.0 as `asked` says, where versions 1.0.0 to
    /// 1.`n_installed`.0 are there.
    fn n_overridden(n_installed: usize, asked: &str) -> usize {
        let assembly = |version: &str| {
            format!(
                r#"{{"lib/Acme.Json.dll": {{"assemblyVersion": "{version}", "fileVersion": "{version}"}}}}"#
            )
        };
        let document = |key: &str, version: &str| {
            let files = assembly(version);
            format!(
                r#"{{"targets": {{"net8.0": {{"{key}": {{"runtime": {files}}}}}}}, "libraries": {{"{key}": {{"type": "package"}}}}}}"#
            )
        };
        let mut files = vec![
            ("app/app.deps.json".to_owned(), document("Acme.Json/1.0.0", "1.0.0.0").into_bytes()),
            ("app/app.runtimeconfig.json".to_owned(), asked.as_bytes().to_vec()),
        ];
        for n in 0..n_installed {
            let path = format!("usr/share/dotnet/shared/{NAME}/1.{n}.0/{NAME}.deps.json");
            let key = format!("{NAME}.Runtime.linux-x64/1.{n}.0");
            files.push((path, document(&key, "2.0.0.0").into_bytes()));
        }
        let found = found_in(&files);
        assert_eq!(found.packages.len(), n_installed + 1);
        found.packages.iter().filter(|package| package.overridden_by.is_some()).count()
    }

    #[test]
    fn programs_are_held_against_few_frameworks() {
        let asked =
            format!(r#"{{"runtimeOptions": {{"framework": {{"name": "{NAME}", "version": "1.0.0"}}}}}}"#);
        assert_eq!(n_overridden(2, &asked), 1);
        assert_eq!(n_overridden(32, &asked), 1);
        assert_eq!(n_overridden(33, &asked), 0);
    }

    #[test]
    fn what_is_asked_for_again_and_again_is_asked_for_once() {
        // Of so many the last would be passed over if each counted.
        let other = r#"{"name": "Acme.App", "version": "1.0.0"},"#.repeat(20);
        let asked = format!(
            r#"{{"runtimeOptions": {{"frameworks": [{other} {{"name": "{NAME}", "version": "1.0.0"}}]}}}}"#
        );
        assert_eq!(n_overridden(1, &asked), 1);
    }
}
