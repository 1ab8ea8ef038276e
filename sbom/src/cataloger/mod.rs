//! The family of catalogers: which files each wants, how one file becomes facts, and how the facts that
//! survive in the squashed image become packages.
//!
//! A cataloger is a `static` of data and two functions. [`Cataloger::read`] sees one file and no sibling, so its
//! result depends on the layer alone; [`Cataloger::assemble`] sees the facts of all surviving files. Walking,
//! opening and squashing are the business of [`crate::image`]; no file here opens anything.

mod apk_db;
mod binary;
mod binary_files;
mod bitnami;
mod bottlerocket;
mod bun_lock;
mod cabal_freeze;
mod cargo_lock;
mod chisel;
mod classifiers;
mod composer;
mod composer_installed;
mod composer_lock;
mod conan;
mod conan_lock;
mod conanfile_txt;
mod conaninfo;
mod conda_environment;
mod conda_meta;
mod cos;
mod cpan_install;
mod cpan_meta;
mod csproj;
mod deb822;
mod deb_archive;
mod deno_lock;
mod distro;
mod dnf_history;
mod dotnet_bundle;
mod dotnet_deps;
mod dotnet_override;
mod dotnet_pe;
mod dotnet_runtime;
mod dpkg_status;
mod elf_note;
mod executable;
mod facts;
mod file;
mod gemfile_lock;
mod gguf;
mod github_actions;
mod gleam;
mod go_binary;
mod go_mod;
mod gradle_lockfile;
mod gradle_verification;
mod gradle_version_catalog;
mod homebrew;
mod java_archive;
mod javascript;
mod julia_manifest;
mod julia_project;
mod jvm;
mod kernel;
mod kernel_module;
mod lock_file;
mod locked;
mod luarocks;
mod maven;
mod maven_install;
mod mix_lock;
mod msbuild;
mod native_image;
mod nimble;
mod nix;
mod npm;
mod nuget;
mod nuget_packages_config;
mod nuget_packages_lock;
mod nuget_packages_props;
mod nuget_project_assets;
mod nuspec;
mod opam;
mod opam_file;
mod opkg;
mod otp_app;
mod ownership;
mod package_lock;
mod package_resolved;
mod pacman;
mod paket_lock;
mod passwd;
mod pdm_lock;
mod pe_version;
mod php_pear;
mod pipfile_lock;
mod pnpm_lock;
mod podfile_lock;
mod poetry_lock;
mod pom_xml;
mod portage;
mod prolog_pack;
mod provenance;
mod pubspec;
mod pubspec_lock;
mod pylock;
mod pypi;
mod pyproject;
mod python;
mod python_archive;
mod r_description;
#[cfg(test)]
mod real_data;
mod rebar_lock;
mod records;
mod red_hat_build;
mod relations;
mod renv_lock;
mod requirements;
mod rpm_db;
mod rpm_file;
mod rpm_header;
mod rpm_manifest;
mod rpm_package;
mod ruby_gemspec;
mod rust_auditable;
mod safetensors;
mod sbt_lock;
mod setup_py;
mod snap;
mod snapcraft;
mod sqlite;
mod stack_lock;
mod terms;
mod terraform_lock;
#[cfg(test)]
mod testing;
mod tool_versions;
mod ubuntu_pro;
mod unknown;
mod uv_lock;
mod vcpkg;
mod vcpkg_status;
mod wants;
mod wordpress_core;
mod wordpress_plugin;
mod xml;
mod yaml;
mod yarn_lock;
mod zip;

use model::ecosystem::Ecosystem;
use model::gap::{Gap, GapKind};
use model::limits::Limits;
use model::package::{Certainty, DependencyScope};

pub use classifiers::{BadClassifier, ClassifierText, Classifiers};
pub use facts::{Fact, FactFile, FactTree, Facts, Found, Origin, PackageFact, PathList, Record};
pub use file::{Content, File};
pub use wants::Wants;
pub(crate) use wants::{component_matches, interested};

/// One way of finding packages: an operating system's database, or the files of a language's packages.
pub struct Cataloger {
    /// Its name in kebab case, which is also its file's name.
    pub name: &'static str,
    /// Goes up when it reads other facts from the same file, so that cached ones are not taken for its own.
    pub version: u32,
    /// Whether it finds what is installed or what a project declares.
    pub finds: Finds,
    /// Which files it wants to read.
    pub wants: Wants,
    /// Reads one file into facts; what cannot be understood becomes a [`Fact::Gap`].
    pub read: fn(&mut File<'_>, &mut Facts),
    /// Turns the facts that survived in the squashed image into packages.
    pub assemble: fn(&FactTree<'_>, &mut Found),
}

/// What the packages that a cataloger finds are evidence of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finds {
    /// Software that is there.
    Installed,
    /// What a lock file says that a build took, of tools that leave no other trace: it counts in images too, without what
    /// was only needed for building and testing.
    Locked,
    /// Software that a project says it needs: lock files and manifests. It counts in a directory of sources, not in an
    /// image or a root filesystem, where what is installed can be seen.
    Declared,
}

/// Every cataloger, sorted by name.
pub static CATALOGERS: &[&Cataloger] = &[
    &apk_db::CATALOGER,
    &binary::CATALOGER,
    &binary_files::CATALOGER,
    &bitnami::CATALOGER,
    &bottlerocket::CATALOGER,
    &bun_lock::CATALOGER,
    &cabal_freeze::CATALOGER,
    &cargo_lock::CATALOGER,
    &chisel::CATALOGER,
    &composer_installed::CATALOGER,
    &composer_lock::CATALOGER,
    &conan_lock::CATALOGER,
    &conanfile_txt::CATALOGER,
    &conaninfo::CATALOGER,
    &conda_environment::CATALOGER,
    &conda_meta::CATALOGER,
    &cos::CATALOGER,
    &cpan_install::CATALOGER,
    &cpan_meta::CATALOGER,
    &csproj::CATALOGER,
    &deb_archive::CATALOGER,
    &deno_lock::CATALOGER,
    &distro::CATALOGER,
    &dnf_history::CATALOGER,
    &dotnet_bundle::CATALOGER,
    &dotnet_deps::CATALOGER,
    &dotnet_pe::CATALOGER,
    &dotnet_runtime::CATALOGER,
    &dpkg_status::CATALOGER,
    &elf_note::CATALOGER,
    &gemfile_lock::CATALOGER,
    &gguf::CATALOGER,
    &github_actions::CATALOGER,
    &gleam::CATALOGER,
    &go_binary::CATALOGER,
    &go_mod::CATALOGER,
    &gradle_lockfile::CATALOGER,
    &gradle_verification::CATALOGER,
    &gradle_version_catalog::CATALOGER,
    &homebrew::CATALOGER,
    &java_archive::CATALOGER,
    &julia_manifest::CATALOGER,
    &julia_project::CATALOGER,
    &jvm::CATALOGER,
    &kernel::CATALOGER,
    &kernel_module::CATALOGER,
    &luarocks::CATALOGER,
    &maven_install::CATALOGER,
    &mix_lock::CATALOGER,
    &native_image::CATALOGER,
    &nimble::CATALOGER,
    &nix::CATALOGER,
    &npm::CATALOGER,
    &nuget_packages_config::CATALOGER,
    &nuget_packages_lock::CATALOGER,
    &nuget_packages_props::CATALOGER,
    &nuget_project_assets::CATALOGER,
    &nuspec::CATALOGER,
    &opam::CATALOGER,
    &opam_file::CATALOGER,
    &opkg::CATALOGER,
    &otp_app::CATALOGER,
    &package_lock::CATALOGER,
    &package_resolved::CATALOGER,
    &pacman::CATALOGER,
    &paket_lock::CATALOGER,
    &passwd::CATALOGER,
    &pdm_lock::CATALOGER,
    &php_pear::CATALOGER,
    &pipfile_lock::CATALOGER,
    &pnpm_lock::CATALOGER,
    &podfile_lock::CATALOGER,
    &poetry_lock::CATALOGER,
    &pom_xml::CATALOGER,
    &portage::CATALOGER,
    &prolog_pack::CATALOGER,
    &pubspec::CATALOGER,
    &pubspec_lock::CATALOGER,
    &pylock::CATALOGER,
    &pyproject::CATALOGER,
    &python::CATALOGER,
    &python_archive::CATALOGER,
    &r_description::CATALOGER,
    &rebar_lock::CATALOGER,
    &red_hat_build::CATALOGER,
    &renv_lock::CATALOGER,
    &requirements::CATALOGER,
    &rpm_db::CATALOGER,
    &rpm_file::CATALOGER,
    &rpm_manifest::CATALOGER,
    &ruby_gemspec::CATALOGER,
    &rust_auditable::CATALOGER,
    &safetensors::CATALOGER,
    &sbt_lock::CATALOGER,
    &setup_py::CATALOGER,
    &snap::CATALOGER,
    &snapcraft::CATALOGER,
    &stack_lock::CATALOGER,
    &terraform_lock::CATALOGER,
    &tool_versions::CATALOGER,
    &ubuntu_pro::CATALOGER,
    &uv_lock::CATALOGER,
    &vcpkg::CATALOGER,
    &vcpkg_status::CATALOGER,
    &wordpress_core::CATALOGER,
    &wordpress_plugin::CATALOGER,
    &yarn_lock::CATALOGER,
];

/// All that the facts say: distribution, packages, who owns them, accounts, and what could not be known.
///
/// The order of the packages is that of the catalogers and files; [`Inventory::new`] sorts them.
///
/// [`Inventory::new`]: model::inventory::Inventory::new
pub fn assemble(tree: &FactTree<'_>, limits: &Limits) -> Found {
    let mut found = Found::new(limits, tree.all().map(|file| file.packages().count()).sum());
    let counts = |file: &&FactFile| {
        // What lock files below a root filesystem leave in doubt is in no doubt of what is installed.
        !tree.is_image() || by_name(file.cataloger).is_none_or(|cataloger| cataloger.finds != Finds::Declared)
    };
    for file in tree.all().filter(counts) {
        found.gaps.extend(file.facts.iter().filter_map(|fact| match fact {
            Fact::Gap(gap) => Some(gap.clone()),
            _ => None,
        }));
    }
    for cataloger in CATALOGERS {
        // The facts of lock files below a root filesystem were read before it was known to be one.
        if cataloger.finds != Finds::Declared || !tree.is_image() {
            (cataloger.assemble)(tree, &mut found);
        }
    }
    relations::resolve(&mut found);
    let unknown = ownership::resolve(tree, &mut found, unknown::programs(tree));
    unknown::report(&unknown, &mut found);
    elf_note::drop_listed(&mut found);
    // Who knows by its own name what vulnerabilities a package has; Nix and Homebrew have no feeds.
    // Of these somebody says by name what vulnerabilities they have; for Nix and Homebrew nobody does.
    let is_answered_for: Vec<bool> = found
        .packages
        .iter()
        .map(|package| package.ecosystem.is_os() || package.ecosystem == Ecosystem::Bitnami)
        .collect();
    found.retain(|package| {
        // What the distribution's package is known by, its files need not be known by too (feeds.md D2).
        let is_owned_binary = package.ecosystem == Ecosystem::Generic
            && package.certainty != Certainty::Stated
            && package.owner.is_some_and(|owner| is_answered_for.get(owner.as_usize()) == Some(&true));
        let is_for_development = tree.is_image()
            && package.scope == DependencyScope::Development
            && by_name(&package.cataloger).is_some_and(|cataloger| cataloger.finds != Finds::Installed);
        !is_owned_binary && !is_for_development
    });
    found.gaps.extend(missing_distro(&found));
    found
}

/// The cataloger called `name`.
pub(crate) fn by_name(name: &str) -> Option<&'static Cataloger> {
    let position = CATALOGERS.binary_search_by(|cataloger| cataloger.name.cmp(name)).ok()?;
    Some(CATALOGERS[position])
}

/// Whether the cataloger at `position` may know a file by the name at the end of `path`, although what it reads of a
/// program does not otherwise depend on names.
pub(crate) fn names_matter(position: usize, path: &str) -> bool {
    CATALOGERS[position].name == binary::CATALOGER.name && binary::is_named(path)
}

/// Without a distribution no operating-system package can be judged. An image that holds only language packages
/// needs none; one in which nothing was found at all had better say that it names none either.
fn missing_distro(found: &Found) -> Option<Gap> {
    let needed = found.packages.is_empty() || found.packages.iter().any(|package| package.ecosystem.is_os());
    (found.distro.is_none() && needed)
        .then(|| Gap::new(GapKind::NO_DISTRO, "etc/os-release", "no file says which distribution this is"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Files in the folder that are no catalogers.
    const SHARED: &[&str] = &[
        "classifiers",
        "composer",
        "conan",
        "deb822",
        "dotnet_override",
        "executable",
        "facts",
        "file",
        "javascript",
        "lock_file",
        "locked",
        "maven",
        "mod",
        "msbuild",
        "nuget",
        "ownership",
        "pe_version",
        "provenance",
        "pypi",
        "records",
        "relations",
        "rpm_header",
        "rpm_package",
        "sqlite",
        "terms",
        "testing",
        "unknown",
        "wants",
        "xml",
        "yaml",
        "zip",
    ];

    #[test]
    fn every_file_is_in_the_slice_under_its_own_name() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cataloger");
        let files: BTreeSet<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .filter(|stem| !SHARED.contains(&stem.as_str()))
            .map(|stem| stem.replace('_', "-"))
            .collect();
        let names: Vec<&str> = CATALOGERS.iter().map(|cataloger| cataloger.name).collect();
        assert_eq!(
            names,
            files.iter().map(String::as_str).collect::<Vec<_>>(),
            "CATALOGERS and the folder differ"
        );
        assert!(names.is_sorted_by(|left, right| left < right), "CATALOGERS is sorted, each name once");
    }

    #[test]
    fn the_reference_lists_every_cataloger() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/catalogers.md");
        let table = |finds: Finds| {
            let rows = CATALOGERS.iter().filter(|cataloger| cataloger.finds == finds);
            rows.map(|cataloger| format!("| `{}` | {} |\n", cataloger.name, reads(cataloger.wants)))
                .collect::<String>()
        };
        let page = include_str!("page.md")
            .replace("{installed}", &table(Finds::Installed))
            .replace("{locked}", &table(Finds::Locked))
            .replace("{declared}", &table(Finds::Declared));
        if testkit::bless() {
            fs::write(path, &page).unwrap();
        }
        assert_eq!(fs::read_to_string(path).unwrap(), page, "{path} (left) is not what the catalogers say");
    }

    /// What a cataloger reads, for people.
    fn reads(wants: Wants) -> String {
        match wants {
            Wants::Paths(patterns) => {
                let patterns: Vec<String> = patterns.iter().map(|pattern| format!("`{pattern}`")).collect();
                patterns.join(", ")
            }
            Wants::Executables => "executable programs".to_owned(),
            Wants::Programs => "executable programs and shared libraries".to_owned(),
            Wants::Classified => "the files of [classifiers.md](classifiers.md#other-files)".to_owned(),
        }
    }

    #[test]
    fn every_cataloger_has_a_case() {
        for cataloger in CATALOGERS {
            let cases = testing::cases(cataloger.name);
            let n_cases = fs::read_dir(&cases).map_or(0, Iterator::count);
            assert!(n_cases > 0, "no case in {}", cases.display());
        }
    }

    #[test]
    fn who_changes_what_a_cataloger_reads_raises_its_version() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/cataloger/versions.txt");
        let line = |cataloger: &&Cataloger| {
            format!("{} {} {}\n", cataloger.name, cataloger.version, testing::facts_digest(cataloger))
        };
        let now: String = CATALOGERS.iter().map(line).collect();
        let now = format!("# name, version, hash of the facts read from all of its cases\n{now}");
        if testkit::bless() {
            fs::write(path, &now).unwrap();
        }
        assert_eq!(
            fs::read_to_string(path).unwrap(),
            now,
            "a cataloger reads other facts from its cases than {path} says (left). Did it learn to read files otherwise? \
             Then raise its version, or layers that are known keep what was read of them before. Then write the right."
        );
    }

    #[test]
    fn every_case_gives_what_it_expects() {
        for cataloger in CATALOGERS {
            testing::check_cases(cataloger.name);
        }
    }

    #[test]
    fn no_cataloger_panics_on_damaged_bytes() {
        for cataloger in CATALOGERS {
            testing::check_damage(cataloger.name);
        }
    }
}
