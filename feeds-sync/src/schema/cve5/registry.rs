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

/// The package called `name` in the registry at `collection`, and the package of a Go module that is meant; none where that
/// is no registry that is known, or no name of its packages.
pub(super) fn package(collection: &str, name: &str) -> Option<(PackageKey, Option<Import>)> {
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
            let module = go_module(name);
            Some((key(Ecosystem::Golang, module), (module != name).then(import)))
        }
        Ecosystem::Maven if !name.contains(':') => None,
        ecosystem => Some((key(*ecosystem, name), None)),
    }
}

/// The module of the package at `path`, where it can be told: what has no host is of the standard library, and the Go
/// project's own modules have names of one word.
fn go_module(path: &str) -> &str {
    let first = path.split('/').next().unwrap_or_default();
    if !first.contains('.') {
        return "stdlib";
    }
    match path.starts_with("golang.org/x/") {
        true => path.match_indices('/').nth(2).map_or(path, |(end, _)| &path[..end]),
        false => path,
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
            let text = match package(collection, name) {
                Some((key, Some(import))) => format!("{key} {}", import.path),
                Some((key, None)) => key.to_string(),
                None => "none".to_owned(),
            };
            assert_eq!(text, expected, "{collection} {name}");
        }
    }
}
