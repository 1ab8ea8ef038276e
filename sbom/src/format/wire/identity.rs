//! What a package URL says of a package, and of the distro it is from.
//!
//! Everything is taken as written: which namespace answers for a distro is the matcher's question.

use std::borrow::Cow;

use model::distro::Distro;
use model::ecosystem::Ecosystem;
use model::key::normalise_name;
use model::package::{Package, SourcePackage};
use model::purl::BorrowedPurl;

/// The package named and versioned `name` and `version` by a document, with what `purl` adds.
///
/// The purl decides the ecosystem. It decides name and version where the document says something else, for it
/// is what other tools match by; a document's spelling of the same name, and its version with an epoch, stay.
/// An unreadable purl is kept as text.
pub(in crate::format) fn package(name: &str, version: &str, purl: &str) -> Package {
    let Ok(parsed) = BorrowedPurl::parse(purl) else {
        return Package::new(Ecosystem::Unknown, name, version, purl.to_owned());
    };
    let ecosystem = ecosystem(&parsed.kind);
    let full_name = full_name(ecosystem, &parsed);
    let stays = ecosystem == Ecosystem::Unknown
        || name == full_name
        || normalise_name(ecosystem, name) == normalise_name(ecosystem, &full_name);
    let name = if stays { name } else { &full_name };
    let mut package = Package::new(ecosystem, name, &full_version(version, &parsed), purl.to_owned());
    // Looked at first, because what is set is given space.
    let architecture = parsed.qualifier("arch").map(Cow::into_owned);
    if architecture.is_some() {
        package.architecture = architecture;
    }
    if let Some(upstream) = parsed.qualifier("upstream").or_else(|| parsed.qualifier("origin")) {
        package.source = Some(source(ecosystem, &upstream));
    }
    if ecosystem == Ecosystem::Rpm {
        let module = parsed.qualifier("rpmmod").or_else(|| parsed.qualifier("modularitylabel"));
        package.module = module.map(Cow::into_owned);
    }
    package
}

/// Whether a document may say `text` where it says a package URL: it is one, and a URI, in which two hexadecimal digits
/// follow each `%` (RFC 3986, §2.1). Readers of the first are more lenient than schemas that want the second.
pub(in crate::format) fn is_purl(text: &str) -> bool {
    let mut escapes = text.split('%').skip(1);
    let is_escape = |after: &str| {
        after.as_bytes().first_chunk::<2>().is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    escapes.all(is_escape) && BorrowedPurl::parse(text).is_ok()
}

/// The ecosystem of a purl type, older spellings included.
fn ecosystem(kind: &str) -> Ecosystem {
    match kind {
        // Syft wrote `pkg:alpine/…` until 0.60.
        "alpine" => Ecosystem::Apk,
        "githubactions" => Ecosystem::GithubActions,
        kind => Ecosystem::from_purl_type(kind),
    }
}

/// The name as the ecosystem writes it: with its namespace where that is part of the name.
pub(crate) fn full_name<'p>(ecosystem: Ecosystem, purl: &'p BorrowedPurl<'_>) -> Cow<'p, str> {
    let separator = match ecosystem {
        Ecosystem::Maven => ":",
        Ecosystem::Npm
        | Ecosystem::Golang
        | Ecosystem::Composer
        | Ecosystem::Hex
        | Ecosystem::Swift
        | Ecosystem::Terraform
        | Ecosystem::GithubActions => "/",
        // A subspec.
        Ecosystem::CocoaPods => {
            let subspec = purl.subpath.iter().map(|subpath| format!("/{subpath}"));
            return std::iter::once(purl.name.to_string()).chain(subspec).collect::<String>().into();
        }
        _ => return Cow::Borrowed(&purl.name),
    };
    match &purl.namespace {
        Some(namespace) => Cow::Owned([namespace, separator, &purl.name].concat()),
        None => Cow::Borrowed(&purl.name),
    }
}

/// The version with its epoch, from the document's `stated` version and the purl's version and `epoch`.
fn full_version<'v>(stated: &'v str, purl: &'v BorrowedPurl<'_>) -> Cow<'v, str> {
    let in_purl = purl.version.as_deref().unwrap_or("");
    let version = match stated.split_once(':') {
        Some((_, bare)) if bare == in_purl => stated,
        _ if in_purl.is_empty() => stated,
        _ => in_purl,
    };
    match purl.qualifier("epoch") {
        Some(epoch) if epoch != "0" && !version.is_empty() && !version.contains(':') => {
            Cow::Owned(format!("{epoch}:{version}"))
        }
        _ => Cow::Borrowed(version),
    }
}

/// The source package in an `upstream` qualifier: `openssl`, `openssl@3.0.15-1`, `openssl-3.0.7-28.el9.src.rpm`.
pub(in crate::format) fn source(ecosystem: Ecosystem, upstream: &str) -> SourcePackage {
    let bare = |name: &str| SourcePackage { name: name.to_owned(), version: None };
    let versioned =
        |name: &str, version: &str| SourcePackage { name: name.to_owned(), version: Some(version.into()) };
    if ecosystem == Ecosystem::Rpm {
        let file = upstream.strip_suffix(".rpm").unwrap_or(upstream);
        let file = file.strip_suffix(".src").or_else(|| file.strip_suffix(".nosrc")).unwrap_or(file);
        let split = file.rmatch_indices('-').nth(1).map(|(index, _)| file.split_at(index));
        return match split {
            Some((name, version)) if file.len() < upstream.len() => versioned(name, &version[1..]),
            _ => bare(upstream),
        };
    }
    match upstream.split_once('@') {
        Some((name, version)) => versioned(name, version),
        None => bare(upstream),
    }
}

/// The distro in the `distro` qualifier of `purl`: `debian-12`, `rocky-linux-8`, `3.16.0`, `jammy`.
pub(in crate::format) fn distro(purl: &str) -> Option<Distro> {
    if !purl.contains("distro=") {
        return None;
    }
    let purl = BorrowedPurl::parse(purl).ok()?;
    let stated = &*purl.qualifier("distro")?;
    let id = purl.namespace.as_deref().unwrap_or_default().to_ascii_lowercase();
    let begins_version = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
    let distro = match stated.rsplit_once('-') {
        _ if begins_version(stated) => Distro { id, version: Some(stated.to_owned()), ..Distro::default() },
        Some((id, version)) if begins_version(version) || version == "edge" => {
            Distro { id: id.to_ascii_lowercase(), version: Some(version.to_owned()), ..Distro::default() }
        }
        _ if id.is_empty() || stated == id => Distro { id: stated.to_ascii_lowercase(), ..Distro::default() },
        _ => Distro { id, codename: Some(stated.to_owned()), ..Distro::default() },
    };
    (!distro.id.is_empty()).then_some(distro)
}

/// The distro that the repository in `purl` is of, in Red Hat's way of naming one: `rhel-9-for-x86_64-baseos-rpms`.
pub(in crate::format) fn distro_of_repository(purl: &str) -> Option<Distro> {
    if !purl.contains("repository_id=rhel-") {
        return None;
    }
    let purl = BorrowedPurl::parse(purl).ok()?;
    if purl.kind != "rpm" || purl.namespace.as_deref() != Some("redhat") {
        return None;
    }
    let repository = purl.qualifier("repository_id")?;
    let (version, _) = repository.strip_prefix("rhel-")?.split_once("-for-")?;
    let is_version = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
    let distro = Distro { id: "rhel".to_owned(), version: Some(version.to_owned()), ..Distro::default() };
    is_version.then_some(distro)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, version: &str, purl: &str, expected: &str) {
        let package = package(name, version, purl);
        let source = package.source.as_ref().map_or("-".to_owned(), |source| {
            format!("{} {}", source.name, source.version.as_ref().map_or("-", |version| version.as_str()))
        });
        let seen = format!(
            "{} {} {} {} {source}",
            package.ecosystem,
            package.name,
            package.version,
            package.architecture.as_deref().unwrap_or("-"),
        );
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_purl_gives_ecosystem_name_version_architecture_and_source() {
        check(
            "libssl3",
            "3.0.15-1",
            "pkg:deb/debian/libssl3@3.0.15-1?arch=amd64&epoch=1&upstream=openssl%403.0.15",
            "deb libssl3 1:3.0.15-1 amd64 openssl 3.0.15",
        );
        check("a", "1:2", "pkg:deb/debian/a@1%3A2?epoch=1", "deb a 1:2 - -");
        check("a", "1:2", "pkg:rpm/fedora/a@2?epoch=1", "rpm a 1:2 - -");
        check("a", "2", "pkg:rpm/fedora/a@2?epoch=0", "rpm a 2 - -");
        check(
            "openssl-libs",
            "",
            "pkg:rpm/redhat/openssl-libs@3.0.7-28.el9?upstream=openssl-3.0.7-28.el9.src.rpm",
            "rpm openssl-libs 3.0.7-28.el9 - openssl 3.0.7-28.el9",
        );
        check("musl", "1", "pkg:alpine/musl@1?upstream=musl", "apk musl 1 - musl -");
        check("Flask_Thing", "1", "pkg:pypi/flask-thing@1", "pypi Flask_Thing 1 - -");
        check("demo", "1", "pkg:npm/%40acme/demo@1", "npm @acme/demo 1 - -");
        check("core", "1", "pkg:maven/org.x/core@1", "maven org.x:core 1 - -");
        check("net", "v1", "pkg:golang/golang.org/x/net@v1", "golang golang.org/x/net v1 - -");
        check("demo", "v4", "pkg:github/acme/demo@v4#sub", "github-actions acme/demo v4 - -");
        check("demo", "v4", "pkg:githubactions/acme/demo@v4", "github-actions acme/demo v4 - -");
        check("Acme/Core", "1", "pkg:cocoapods/Acme@1#Core", "cocoapods Acme/Core 1 - -");
        check("x.org/a/demo", "", "pkg:swift/x.org/a/demo?vcs_url=x", "swift x.org/a/demo  - -");
        check("dns", "1", "pkg:terraform/example.org/acme/dns@1", "terraform example.org/acme/dns 1 - -");
        check("a", "1", "no purl", "unknown a 1 - -");
        check("a", "1", "", "unknown a 1 - -");
    }

    /// The purl is the one that `cataloger::facts` writes of an RPM with everything.
    #[test]
    fn a_purl_of_an_rpm_reads_back_as_what_it_was_made_of() {
        let purl = "pkg:rpm/redhat/Demo-Libs@1.2-7.module%2Bel8?arch=x86_64&distro=rhel-8.10&epoch=2\
                    &repository_id=appstream&rpmmod=demo:1.2:8030:229f&upstream=demo-1.2-7.module%2Bel8.src.rpm";
        check("Demo-Libs", "", purl, "rpm Demo-Libs 2:1.2-7.module+el8 x86_64 demo 1.2-7.module+el8");
        assert_eq!(package("", "", purl).module.as_deref(), Some("demo:1.2:8030:229f"));
        let distro = distro(purl).unwrap();
        assert_eq!((distro.id.as_str(), distro.version.as_deref()), ("rhel", Some("8.10")));
        check("a", "0:1-2", "pkg:rpm/redhat/a@1-2?epoch=0", "rpm a 0:1-2 - -");
        let older = "pkg:rpm/a@1-2?modularitylabel=b:1:2:3";
        assert_eq!(package("", "", older).module.as_deref(), Some("b:1:2:3"));
        assert_eq!(package("", "", "pkg:deb/a@1-2?rpmmod=b").module, None);
    }

    #[test]
    fn a_distro_qualifier_gives_id_and_version() {
        let check = |purl: &str, expected: &str| {
            let distro = distro(purl).unwrap();
            let version = distro.version.or(distro.codename).unwrap_or_default();
            assert_eq!(format!("{} {version}", distro.id), expected);
        };
        check("pkg:deb/debian/a@1?distro=debian-12", "debian 12");
        check("pkg:rpm/rocky/a@1?distro=rocky-linux-8", "rocky-linux 8");
        check("pkg:apk/alpine/a@1?distro=3.16.0", "alpine 3.16.0");
        check("pkg:deb/ubuntu/a@1?distro=jammy", "ubuntu jammy");
        check("pkg:apk/wolfi/a@1?distro=wolfi", "wolfi ");
        assert_eq!(distro("pkg:apk/wolfi/a@1"), None);
        assert_eq!(distro("distro=x"), None);
        let by_repository = |purl| distro_of_repository(purl).map(|distro| (distro.id, distro.version));
        let rhel = |version: &str| Some(("rhel".to_owned(), Some(version.to_owned())));
        assert_eq!(
            by_repository("pkg:rpm/redhat/a@1?repository_id=rhel-9-for-x86_64-baseos-rpms"),
            rhel("9")
        );
        assert_eq!(by_repository("pkg:rpm/redhat/a@1?repository_id=rhel-x-for-x86_64-baseos-rpms"), None);
        assert_eq!(by_repository("pkg:rpm/redhat/a@1?repository_id=jb-eap-7-for-rhel-8-rpms"), None);
        assert_eq!(by_repository("pkg:rpm/fedora/a@1?repository_id=rhel-9-for-x86_64-baseos-rpms"), None);
    }
}
