//! The lines of Go's build information as packages.

use std::collections::{BTreeMap, BTreeSet};

use model::gap::{Gap, GapKind};
use model::package::{Mark, PackageKind};

use super::BuildInfo;
use crate::cataloger::file::is_legible;
use crate::cataloger::{Fact, Facts, File, go_mod};

/// A `mod` or `dep` line, its `=>` line applied.
#[derive(Debug, PartialEq, Eq)]
struct Module<'a> {
    path: &'a str,
    version: &'a str,
    /// The path by which its packages are imported, whatever took its place.
    imported_as: &'a str,
    is_main: bool,
    is_replaced: bool,
    /// Whether a directory takes its place, whose content has no version.
    is_directory: bool,
}

/// What the lines say, in their order.
#[derive(Debug, Default)]
struct Build<'a> {
    /// The main package's path.
    path: &'a str,
    modules: Vec<Module<'a>>,
    settings: Vec<(&'a str, &'a str)>,
}

/// Adds the modules of one program, and the standard library that was linked with them.
///
/// `linked` are the packages whose functions are in it, when that could be told.
pub(super) fn facts(info: &BuildInfo, linked: Option<&BTreeSet<String>>, file: &File<'_>, facts: &mut Facts) {
    let build = build(&info.modules);
    let mut imports = linked.map(|linked| build.imports(linked)).unwrap_or_default();
    let architecture = build.setting("GOARCH").map(str::to_owned);
    for module in &build.modules {
        let version = if module.is_main { build.main_version(module) } else { module.version.to_owned() };
        if module.path.is_empty() || !is_legible(module.path) || !is_legible(&version) {
            facts.push(Fact::Gap(file.unreadable_record(&"a Go module has an illegible path or version")));
            continue;
        }
        let mut package = go_mod::package(module.path, &version);
        package.imports = imports.remove(module.imported_as).unwrap_or_default();
        if module.is_replaced {
            package.marks = vec![Mark::Replaced];
        }
        if module.is_main {
            package.kind = PackageKind::Application;
        }
        package.architecture = architecture.clone();
        facts.package(package);
    }
    let replaced: Vec<&str> =
        build.modules.iter().filter(|module| module.is_directory).map(|module| module.path).collect();
    if !replaced.is_empty() {
        let detail =
            format!("Go modules taken from directories have no known version: {}", replaced.join(", "));
        facts.push(Fact::Gap(Gap::new(GapKind::MISSING_FACT, file.path, detail)));
    }
    let version = toolchain_version(&info.go_version);
    if version.is_empty() || !is_legible(version) {
        facts.push(Fact::Gap(file.unreadable_record(&"the Go version is illegible")));
    } else {
        let mut package = go_mod::package("stdlib", version);
        package.imports = imports.remove("").unwrap_or_default();
        package.architecture = architecture;
        facts.package(package);
    }
    // Programs of Go itself have no modules but the standard library's own.
    if build.modules.is_empty() && !build.path.starts_with("cmd/") {
        let detail = "the Go program was built without modules; what it is made of is not known";
        facts.push(Fact::Gap(Gap::new(GapKind::MISSING_FACT, file.path, detail)));
    }
}

/// `go1.22.9 (Red Hat 1.22.9-1.el9)` is `1.22.9`: what vendors and experiments add orders nothing. A development
/// version, `devel go1.24-abc123 Mon …`, has no order at all and is kept up to its date.
fn toolchain_version(stated: &str) -> &str {
    let stated = stated.trim();
    if let Some(rest) = stated.strip_prefix("devel ") {
        let words =
            rest.split_whitespace().next().map_or(0, |word| rest.find(word).unwrap_or(0) + word.len());
        return &stated[.."devel ".len() + words];
    }
    let stated = stated.strip_prefix("go").unwrap_or(stated);
    stated.split_whitespace().next().unwrap_or_default()
}

fn build(text: &str) -> Build<'_> {
    let mut build = Build::default();
    for line in text.lines() {
        let (key, rest) = line.split_once('\t').unwrap_or((line, ""));
        let mut fields = rest.split('\t');
        let mut field = || fields.next().unwrap_or_default();
        match key {
            "path" => build.path = rest,
            "mod" | "dep" => {
                let (path, version) = (field(), stated_version(field()));
                build.modules.push(Module {
                    path,
                    version,
                    imported_as: path,
                    is_main: key == "mod",
                    is_replaced: false,
                    is_directory: false,
                });
            }
            "=>" => {
                if let Some(module) = build.modules.last_mut() {
                    module.replace(field(), stated_version(field()));
                }
            }
            "build" => build.settings.extend(rest.split_once('=')),
            _ => {}
        }
    }
    build
}

/// Go writes `(devel)` when it knows no version.
fn stated_version(text: &str) -> &str {
    if text == "(devel)" { "" } else { text }
}

impl<'a> Module<'a> {
    /// Another module takes this one's place under its own name. A directory has no name to go by, so the module
    /// keeps its own and loses its version: the content may be anything.
    fn replace(&mut self, path: &'a str, version: &'a str) {
        self.is_replaced = true;
        self.is_directory = go_mod::is_directory(path);
        if !self.is_directory {
            self.path = path;
        }
        self.version = version;
    }
}

impl Build<'_> {
    fn setting(&self, wanted: &str) -> Option<&str> {
        self.settings.iter().find(|(key, _)| *key == wanted).map(|(_, value)| *value)
    }

    /// Which of the `linked` packages are of which module, by the path that it is imported as; those of the standard library
    /// under the empty path. A package belongs to the module with the longest path that it is below.
    fn imports<'m>(&'m self, linked: &BTreeSet<String>) -> BTreeMap<&'m str, Vec<String>> {
        let paths: BTreeSet<&str> = self.modules.iter().map(|module| module.imported_as).collect();
        let mut imports: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for package in linked {
            let is_main = package == "main";
            let path = if is_main { self.path } else { package };
            let mut above = Some(path);
            let module = std::iter::from_fn(|| {
                let path = above?;
                above = path.rsplit_once('/').map(|(above, _)| above);
                Some(path)
            });
            let module = module.filter_map(|path| paths.get(path).copied()).next();
            // The first part of a path outside the standard library is the name of a host.
            let is_standard = || !is_main && !path.split('/').next().unwrap_or_default().contains('.');
            if let Some(module) = module.or_else(|| is_standard().then_some("")) {
                imports.entry(module).or_default().push(path.to_owned());
            }
        }
        for packages in imports.values_mut() {
            packages.sort();
            packages.dedup();
        }
        imports
    }

    /// The main module's version. Go knows it only for programs that were installed as a module, or, from 1.24
    /// on, from version control; many projects have the linker write it instead.
    fn main_version(&self, module: &Module<'_>) -> String {
        if !module.version.is_empty() {
            return module.version.to_owned();
        }
        self.setting("-ldflags").and_then(|flags| linked_version(flags, module.path)).unwrap_or_default()
    }
}

/// The version in `-X main.version=1.2.3`, when exactly one such variable of the main package, or of a package of
/// its module, is set to something that reads as a version.
fn linked_version(flags: &str, module: &str) -> Option<String> {
    let mut versions = flags
        .split_whitespace()
        .filter_map(|word| {
            let word = word.trim_matches(['"', '\'', '\\']);
            let (variable, value) = word.strip_prefix("-X=").unwrap_or(word).split_once('=')?;
            let (package, name) = variable.rsplit_once('.')?;
            let is_own = package == "main"
                || package.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            (is_own && name.eq_ignore_ascii_case("version")).then_some(value)
        })
        .map(|value| value.strip_prefix('v').unwrap_or(value))
        .filter(|value| value.starts_with(|first: char| first.is_ascii_digit()) && value.contains('.'));
    let version = versions.next()?;
    versions.all(|other| other == version).then(|| format!("v{version}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_toolchain_version_loses_what_orders_nothing() {
        for (stated, expected) in [
            ("go1.22.4", "1.22.4"),
            ("go1.21rc2", "1.21rc2"),
            ("go1.21.4 X:boringcrypto", "1.21.4"),
            ("go1.22.9 (Red Hat 1.22.9-1.el9)", "1.22.9"),
            ("devel go1.24-abc123 Mon Jan 1 00:00:00 2024 +0000", "devel go1.24-abc123"),
            ("devel +0123abc Mon", "devel +0123abc"),
            ("devel ", "devel"),
            ("", ""),
            ("go", ""),
        ] {
            assert_eq!(toolchain_version(stated), expected, "{stated}");
        }
    }

    #[test]
    fn a_linked_version_counts_only_when_there_is_one_answer() {
        let module = "example.org/demo";
        for (flags, expected) in [
            ("-s -w -X main.version=1.2.3", Some("v1.2.3")),
            ("\"-X 'main.Version=v1.2.3' -s\"", Some("v1.2.3")),
            ("-X=example.org/demo/internal/build.Version=v2.0.0-rc.1", Some("v2.0.0-rc.1")),
            ("-X main.version=1.2.3 -X example.org/demo.Version=v1.2.3", Some("v1.2.3")),
            ("-X main.version=1.2.3 -X main.Version=1.2.4", None),
            ("-X example.org/other.Version=1.2.3", None),
            ("-X example.org/demonstration.Version=1.2.3", None),
            ("-X main.version=unknown", None),
            ("-X main.commit=1.2.3", None),
            ("", None),
        ] {
            assert_eq!(linked_version(flags, module).as_deref(), expected, "{flags}");
        }
    }
}
