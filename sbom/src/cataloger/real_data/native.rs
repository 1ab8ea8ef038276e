//! .NET, Go, Rust, C and C++.

use model::ecosystem::Ecosystem;
use model::package::{DependencyScope, Mark, Package};

use super::{Argued, LeftOut, Suite, Unlike};

fn name_of(input: &str) -> &str {
    input.rsplit('/').next().unwrap_or(input)
}

fn is_runtime(package: &Package) -> bool {
    package.scope == DependencyScope::Runtime
}

/// What other tools leave out of what we find, by folder.
pub(super) const LEFT_OUT: &[LeftOut] = &[
    LeftOut {
        folder: "osv-scalibr/language/java/archive",
        keeps: |package| package.name.contains(':'),
        why: "archives that name no group are left out",
    },
    LeftOut {
        folder: "syft-cataloger/githubactions",
        keeps: |package| package.name != "octo-org/this-repo",
        why: "workflows that others are called from are listed by another part of the tool",
    },
    LeftOut {
        folder: "syft-cataloger/snap",
        keeps: |package| package.ecosystem != Ecosystem::Snap,
        why: "of a snap only the Debian packages in it are listed, not the snap itself",
    },
    LeftOut {
        folder: "syft-cataloger/haskell",
        keeps: |package| !package.purl.contains("vcs_url"),
        why: "packages from repositories of sources are left out",
    },
    LeftOut {
        folder: "trivy-parser/nodejs/yarn",
        keeps: |package| !package.marks.iter().any(|mark| matches!(mark, Mark::Unreleased | Mark::Replaced)),
        why: "packages of the protocols `file:` and `patch:` are left out",
    },
    LeftOut {
        folder: "trivy-analyzer/language/rust/cargo",
        keeps: is_runtime,
        why: "crates for development are left out",
    },
    LeftOut {
        folder: "trivy-parser/nuget/config",
        keeps: is_runtime,
        why: "packages for development are left out",
    },
    LeftOut { folder: "trivy-parser/c/conan", keeps: is_runtime, why: "tools of the build are left out" },
    LeftOut {
        folder: "trivy-parser/golang/mod",
        keeps: |package| !package.version.as_str().is_empty(),
        why: "modules that are replaced by directories are left out",
    },
];

/// Cases that cannot be compared.
pub(super) const UNLIKE: &[Unlike] = &[
    Unlike {
        folder: "trivy-parser/dart/pub",
        case: "TestParser_Parse/not use minimum version",
        why: "an option takes the placeholder of packages of an SDK for their version",
    },
    Unlike {
        folder: "syft-cataloger/bitnami",
        case: "TestBitnamiCataloger/parse valid PostgreSQL SBOM",
        why: "the list of the case has only the first of the packages that the test names",
    },
    Unlike {
        folder: "osv-scalibr/os/dpkg",
        case: "TestExtract/statusfield including not installed",
        why: "an option lists what is not installed too",
    },
    Unlike {
        folder: "trivy-parser/java/pom",
        case: "TestPom_Parse/remote repository returns 429 Too Many Requests",
        why: "an option asks a repository, which refuses",
    },
    Unlike {
        folder: "trivy-parser/golang/binary",
        case: "TestParser_ELFSymbolVersion/ELF with version symbol",
        why: "a test of one function, which lists no packages",
    },
    Unlike {
        folder: "trivy-parser/golang/binary",
        case: "TestParser_ELFSymbolVersion/ELF without version symbols",
        why: "a test of one function, which lists no packages",
    },
    Unlike {
        folder: "trivy-parser/golang/mod",
        case: "TestParse/no replace",
        why: "an option leaves replacements out",
    },
];

pub(super) const SUITES: &[Suite] = &[
    Suite {
        folder: "osv-scalibr/language/dotnet/csproj",
        place: |_| Ok("src/Server.csproj".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/language/dotnet/depsjson",
        place: |_| Ok("app/application.deps.json".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/language/dotnet/dotnetpe",
        place: |input| match name_of(input) {
            "HelloWorldApp.dll" => Ok("app/HelloWorldApp.dll".to_owned()),
            "HelloWorldApp.exe" => Err("a native program"),
            _ => Err("no program"),
        },
        argued: &[Argued {
            case: "testdata/HelloWorldApp.dll",
            ours: "helloworldapp 1.0.0",
            rule: "feeds.md D3, .NET",
            evidence: "versions of assemblies, and of those that it refers to, are none of NuGet packages; the product's version is",
        }],
    },
    Suite {
        folder: "osv-scalibr/language/dotnet/nugetcpm",
        place: |_| Ok("Directory.Packages.props".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/language/dotnet/packagesconfig",
        place: |_| Ok("web/packages.config".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/language/dotnet/packageslockjson",
        place: |_| Ok("src/packages.lock.json".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/language/dotnet/paketdependencies",
        place: |_| Err("what a project asks for, mostly without a version; `paket.lock` says what it got"),
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/language/dotnet/paketlock",
        place: |_| Ok("paket.lock".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/language/dotnet/projectassetsjson",
        place: |_| Ok("src/obj/project.assets.json".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "syft-cataloger/dotnet",
        place: |input| match name_of(input) {
            "packages.lock.json" => Ok("src/packages.lock.json".to_owned()),
            _ => Err("built from images that are not here"),
        },
        argued: &[],
    },
    Suite {
        folder: "trivy-analyzer/language/dotnet/deps",
        place: |_| Ok("app/datacollector.deps.json".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "trivy-analyzer/language/dotnet/nuget",
        place: |input| match name_of(input) {
            "repository" => Ok("root".to_owned()),
            _ => Ok("src".to_owned()),
        },
        argued: &[],
    },
    Suite {
        folder: "trivy-analyzer/language/dotnet/packagesprops",
        place: |_| Ok("Directory.Packages.props".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "trivy-parser/dotnet/core_deps",
        place: |_| Ok("app/ExampleApp1.deps.json".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "trivy-parser/nuget/config",
        place: |_| Ok("web/packages.config".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "trivy-parser/nuget/lock",
        place: |_| Ok("src/packages.lock.json".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "trivy-parser/nuget/packagesprops",
        place: |_| Ok("Directory.Packages.props".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/language/golang/gobinary",
        place: |_| Ok("usr/bin/program*".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "syft-cataloger/golang",
        place: |input| match name_of(input) {
            "go.mod" => Ok("go.mod".to_owned()),
            _ => Err("a test of a part"),
        },
        argued: &[],
    },
    Suite {
        folder: "trivy-analyzer/language/golang/binary",
        place: |_| Ok("usr/bin/program".to_owned()),
        argued: &[],
    },
    Suite { folder: "trivy-analyzer/language/golang/mod", place: |_| Ok("go.mod".to_owned()), argued: &[] },
    Suite {
        folder: "trivy-parser/golang/binary",
        place: |input| match name_of(input) {
            "dummy" => Err("no program"),
            _ => Ok("usr/bin/program*".to_owned()),
        },
        argued: &[],
    },
    Suite {
        folder: "trivy-parser/golang/mod",
        place: |_| Ok("go.mod".to_owned()),
        argued: &[Argued {
            case: "TestParse/go 1.16",
            ours: "github.com/aquasecurity/go-dep-parser v0.0.0-20211224170007-df43bca6b6ff, \
                   gopkg.in/yaml.v3 v3.0.0-20210107192922-496545a6307b",
            rule: "Go Modules Reference, go.mod files, require",
            evidence: "an indirect requirement is one too, whatever the version of Go",
        }],
    },
    Suite {
        folder: "trivy-parser/golang/sum",
        place: |_| Ok("go.sum".to_owned()),
        argued: &[Argued {
            case: "testdata/gomod_many.sum",
            ours: "github.com/BurntSushi/toml v0.3.1, github.com/cpuguy83/go-md2man/v2 \
                   v2.0.0-20190314233015-f79a8a8ca69d, github.com/davecgh/go-spew v1.1.0, github.com/pmezard/go-difflib \
                   v1.0.0, github.com/russross/blackfriday/v2 v2.0.1, github.com/shurcooL/sanitized_anchor_name v1.0.0, \
                   github.com/stretchr/objx v0.1.0, github.com/stretchr/testify v1.7.0, github.com/urfave/cli v1.22.5, \
                   golang.org/x/xerrors v0.0.0-20200804184101-5ec99f83aff1, gopkg.in/yaml.v3 \
                   v3.0.0-20200313102051-9f266ea9e77c",
            rule: "Go Modules Reference, go.sum files",
            evidence: "of gopkg.in/check.v1 and gopkg.in/yaml.v2 only the go.mod was downloaded, as line 21 shows",
        }],
    },
    Suite {
        folder: "osv-scalibr/language/rust/cargoauditable",
        place: |_| Ok("usr/bin/program*".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/language/rust/cargolock",
        place: |_| Ok("app/Cargo.lock".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "osv-scalibr/language/rust/cargotoml",
        place: |_| Err("what a crate asks for are ranges of versions; `Cargo.lock` says what it got"),
        argued: &[],
    },
    Suite {
        folder: "syft-cataloger/rust",
        place: |input| match name_of(input) {
            "Cargo.lock" => Ok("app/Cargo.lock".to_owned()),
            _ => Err("built from images that are not here"),
        },
        argued: &[],
    },
    Suite {
        folder: "trivy-analyzer/language/rust/binary",
        place: |_| Ok("usr/bin/program*".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "trivy-analyzer/language/rust/cargo",
        place: |_| Ok("Cargo.lock".to_owned()),
        argued: &[],
    },
    Suite { folder: "trivy-parser/rust/binary", place: |_| Ok("usr/bin/program*".to_owned()), argued: &[] },
    Suite { folder: "trivy-parser/rust/cargo", place: |_| Ok("app/Cargo.lock".to_owned()), argued: &[] },
    Suite {
        folder: "osv-scalibr/language/cpp/conanlock",
        place: |_| Ok("conan.lock".to_owned()),
        argued: &[],
    },
    Suite {
        folder: "syft-cataloger/cpp",
        place: |input| match name_of(input) {
            "conaninfo.txt" => Ok(input.replacen("testdata/conaninfo", "root/.conan/data", 1)),
            name => Ok(name.to_owned()),
        },
        argued: &[],
    },
    Suite { folder: "trivy-analyzer/language/c/conan", place: |_| Ok("project".to_owned()), argued: &[] },
    Suite { folder: "trivy-parser/c/conan", place: |_| Ok("conan.lock".to_owned()), argued: &[] },
];
