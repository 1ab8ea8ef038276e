//! Which package of a language an element of `affected` means (feeds.md A23).

use model::advisory::Import;
use model::ecosystem::Ecosystem;
use model::key::{KeyKind, Namespace, PackageKey, normalise_name};
use model::purl::BorrowedPurl;

/// The registries that `collectionURL` names, by host.
const REGISTRIES: &[(&str, Ecosystem)] = &[
    ("api.nuget.org", Ecosystem::NuGet),
    ("cran.r-project.org", Ecosystem::Cran),
    ("crates.io", Ecosystem::Cargo),
    ("hackage.haskell.org", Ecosystem::Hackage),
    ("hex.pm", Ecosystem::Hex),
    ("npmjs.com", Ecosystem::Npm),
    ("nuget.org", Ecosystem::NuGet),
    ("packagist.org", Ecosystem::Composer),
    ("pkg.go.dev", Ecosystem::Golang),
    ("proxy.golang.org", Ecosystem::Golang),
    ("pub.dev", Ecosystem::Pub),
    ("pypi.org", Ecosystem::PyPi),
    ("pypi.python.org", Ecosystem::PyPi),
    ("registry.npmjs.org", Ecosystem::Npm),
    ("repo.hex.pm", Ecosystem::Hex),
    ("repo.maven.apache.org", Ecosystem::Maven),
    ("repo.packagist.org", Ecosystem::Composer),
    ("repo1.maven.org", Ecosystem::Maven),
    ("rubygems.org", Ecosystem::Gem),
];

/// The package called `name` of `vendor` in the registry at `collection`, and the package of a Go module that is meant; none
/// where that is no registry that is known, or no name of its packages.
pub(super) fn package(
    collection: &str,
    vendor: Option<&str>,
    name: &str,
) -> Option<(PackageKey, Option<Import>)> {
    let place = collection.trim().split_once("://").map_or(collection.trim(), |(_, place)| place);
    let host = place.split(['/', ':', '?', '#']).next().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host);
    let is_of = |(known, _): &&(&str, Ecosystem)| known.eq_ignore_ascii_case(host);
    let (_, ecosystem) = REGISTRIES.iter().find(is_of)?;
    let name = name.trim();
    if name.is_empty() || name.contains(char::is_whitespace) {
        return None;
    }
    match ecosystem {
        Ecosystem::Golang => {
            let import = || Import { path: name.into(), ..Import::default() };
            let module = go_module(vendor.unwrap_or_default().trim(), name);
            Some((key(Ecosystem::Golang, module), (module != name).then(import)))
        }
        Ecosystem::Maven if !name.contains(':') => None,
        ecosystem => Some((key(*ecosystem, name), None)),
    }
}

/// The module of the package at `path`, where it can be told: what has no host is of Go's own distribution, the Go project
/// writes as the vendor of others their module, and those of `golang.org/x` have names of one word.
fn go_module<'p>(vendor: &str, path: &'p str) -> &'p str {
    let first = path.split('/').next().unwrap_or_default();
    if !first.contains('.') {
        // As the Go project's own database calls them.
        let is_of_toolchain =
            matches!(first, "cmd" | "toolchain") || vendor.eq_ignore_ascii_case("Go toolchain");
        return if is_of_toolchain { "toolchain" } else { "stdlib" };
    }
    let rest = path.strip_prefix(vendor).filter(|_| is_module(vendor));
    let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with('/')) else {
        return match path.starts_with("golang.org/x/") {
            true => path.match_indices('/').nth(2).map_or(path, |(end, _)| &path[..end]),
            false => path,
        };
    };
    // From the second major version on that is part of a module's path.
    let next = rest.split('/').nth(1).unwrap_or_default();
    let major = next.strip_prefix('v').and_then(|number| number.parse::<u64>().ok());
    let end = match major {
        Some(2..) => vendor.len() + 1 + next.len(),
        _ => vendor.len(),
    };
    &path[..end]
}

/// Whether `path` may be a module's: neither a host alone nor whoever has modules there.
fn is_module(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    match parts[0] {
        "bitbucket.org" | "github.com" | "gitlab.com" | "golang.org" => parts.len() > 2,
        _ => parts.len() > 1,
    }
}

fn key(ecosystem: Ecosystem, name: &str) -> PackageKey {
    PackageKey::new(Namespace::language(ecosystem), KeyKind::Language, normalise_name(ecosystem, name))
}

/// The key of a package of a language, or why there is none.
pub(super) fn language_key(text: &str) -> Result<PackageKey, &'static str> {
    let Ok(purl) = BorrowedPurl::parse(text) else { return Err("package URL that is none") };
    let ecosystem = Ecosystem::from_purl_type(&purl.kind);
    if ecosystem.is_os() {
        return Err("package of an operating system, without its release");
    }
    if matches!(ecosystem, Ecosystem::Generic | Ecosystem::Unknown) {
        return Err("package URL of a type that is not looked up");
    }
    let name = match (&purl.namespace, ecosystem) {
        (Some(namespace), Ecosystem::Maven) => format!("{namespace}:{}", purl.name),
        (Some(namespace), _) => format!("{namespace}/{}", purl.name),
        (None, _) => purl.name.clone().into_owned(),
    };
    Ok(key(ecosystem, &name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text((key, import): (PackageKey, Option<Import>)) -> String {
        match import {
            Some(import) => format!("{key} {}", import.path),
            None => key.to_string(),
        }
    }

    #[test]
    fn the_vendor_states_the_module_of_a_go_package() {
        let protobuf = "google.golang.org/protobuf";
        for (vendor, name, expected) in [
            ("Go toolchain", "cmd/go", "toolchain cmd/go"),
            ("", "cmd/go", "toolchain cmd/go"),
            ("", "cmd", "toolchain cmd"),
            ("Go toolchain", "go/build", "toolchain go/build"),
            ("", "toolchain", "toolchain"),
            ("Go standard library", "net/http", "stdlib net/http"),
            ("", "cmdline/flags", "stdlib cmdline/flags"),
            (
                protobuf,
                "google.golang.org/protobuf/encoding/protojson",
                "google.golang.org/protobuf google.golang.org/protobuf/encoding/protojson",
            ),
            (protobuf, protobuf, "google.golang.org/protobuf"),
            (protobuf, "google.golang.org/protobuf2/a", "google.golang.org/protobuf2/a"),
            ("golang.org", "golang.org/x/net/http2", "golang.org/x/net golang.org/x/net/http2"),
            ("golang.org/x", "golang.org/x/net", "golang.org/x/net"),
            (
                "golang.org/x/tools/gopls",
                "golang.org/x/tools/gopls/internal/a",
                "golang.org/x/tools/gopls golang.org/x/tools/gopls/internal/a",
            ),
            ("github.com", "github.com/acme/demo", "github.com/acme/demo"),
            ("github.com/acme", "github.com/acme/demo", "github.com/acme/demo"),
            ("acme.example", "acme.example/demo", "acme.example/demo"),
            ("acme.example/demo/", "acme.example/demo/a", "acme.example/demo/a"),
            ("github.com/acme/demo", "github.com/acme/demo/v2", "github.com/acme/demo/v2"),
            (
                "github.com/acme/demo",
                "github.com/acme/demo/v2/a",
                "github.com/acme/demo/v2 github.com/acme/demo/v2/a",
            ),
            (
                "github.com/acme/demo/v2",
                "github.com/acme/demo/v2/v1",
                "github.com/acme/demo/v2 github.com/acme/demo/v2/v1",
            ),
            ("Acme", "acme.example/demo/a", "acme.example/demo/a"),
        ] {
            let package = package("https://pkg.go.dev", Some(vendor), name).unwrap();
            assert_eq!(text(package), format!("golang|language|{expected}"), "{vendor} {name}");
        }
    }

    #[test]
    fn a_package_of_a_registry_that_is_known_is_one_of_its_language() {
        for (collection, name, expected) in [
            ("https://registry.npmjs.org", "@acme/demo", "npm|language|@acme/demo"),
            ("https://www.npmjs.com/package/demo", "demo", "npm|language|demo"),
            ("https://repo.maven.apache.org/maven2/", "org.acme:demo", "maven|language|org.acme:demo"),
            ("https://repo.maven.apache.org/maven2", "demo", "none"),
            ("https://PyPI.org", "Foo_Bar", "pypi|language|foo-bar"),
            ("https://pkg.go.dev", "net/http/internal", "golang|language|stdlib net/http/internal"),
            (
                "https://pkg.go.dev",
                "golang.org/x/net/http2",
                "golang|language|golang.org/x/net golang.org/x/net/http2",
            ),
            ("https://pkg.go.dev", "golang.org/x/net", "golang|language|golang.org/x/net"),
            ("https://pkg.go.dev", "acme.example/demo/v2", "golang|language|acme.example/demo/v2"),
            ("crates.io", "demo", "cargo|language|demo"),
            ("https://crates.io", "Acme Demo", "none"),
            ("https://github.com/acme/xz", "xz", "none"),
            ("https://pypi.org.acme.example", "demo", "none"),
            ("https://pypi.org", " ", "none"),
        ] {
            let package = package(collection, None, name).map_or("none".to_owned(), text);
            assert_eq!(package, expected, "{collection} {name}");
        }
    }
}
