//! Debs that no distribution built: the makers of software pack it for distributions of others (feeds.md B3). An RPM says who
//! built it; a deb does not, so here are the names and versions by which theirs are known. Who is not listed is taken for the
//! distribution.

use model::ecosystem::Ecosystem;
use model::package::Package;

/// How the names of packages begin that no distribution has.
const NAMES: [&str; 7] = [
    "adoptopenjdk-",
    "bellsoft-java",
    "ibm-semeru-",
    "msopenjdk-",
    "sapmachine-",
    "temurin-",
    "zulu-embedded-",
];
/// What a number follows in such a name: Oracle's `jdk-21`, Azul's `zulu17-jdk` and, until 2020, `zulu-11`.
const NUMBERED: [&str; 3] = ["jdk-", "zulu", "zulu-"];
/// What the versions of whole repositories say: that for PHP (on Ubuntu), NodeSource's, PostgreSQL's.
const VERSIONS: [&str; 3] = ["deb.sury.org", "nodesource", ".pgdg"];
/// How the names of .NET's packages begin, Microsoft's and Ubuntu's alike. Debian has none.
const DOTNET: [&str; 3] = ["aspnetcore-", "dotnet-", "netstandard-targeting-pack-"];

/// Whether the makers of software built the package, and no distribution.
pub(crate) fn is_by_its_maker(package: &Package) -> bool {
    let (name, version) = (package.name.as_str(), package.version.as_str());
    let is_numbered = |known: &str| {
        name.strip_prefix(known).is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
    };
    package.ecosystem == Ecosystem::Deb
        && (NAMES.iter().any(|known| name.starts_with(known))
            || NUMBERED.iter().any(|known| is_numbered(known))
            || name.ends_with("-amazon-corretto-jdk")
            || DOTNET.iter().any(|known| name.starts_with(known)) && !is_of_ubuntu(version)
            || VERSIONS.iter().any(|mark| version.contains(mark))
            || is_of_php_for_debian(version))
}

/// Ubuntu builds .NET itself, and says so in every version: `6.0.120-0ubuntu2`. Microsoft's is `6.0.36-1`.
fn is_of_ubuntu(version: &str) -> bool {
    version.contains("ubuntu")
}

/// Whether the version is of the repository for PHP, as it is for Debian: `8.2.7-1+0~20230609.22+debian12~1.gbp04cc8c`.
fn is_of_php_for_debian(version: &str) -> bool {
    version.split_once("+debian").is_some_and(|(_, rest)| rest.contains("~1.gbp"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::packages;

    #[test]
    fn makers_are_told_from_distributions_by_names_and_versions() {
        for (package, expected) in [
            ("deb nodejs 16.20.2-1nodesource1", true),
            ("deb nodejs 18.19.0+dfsg-6~deb12u2", false),
            ("deb postgresql-16 16.4-1.pgdg120+1", true),
            ("deb postgresql-15 15.8-0+deb12u1", false),
            ("deb php8.1-cli 8.1.27-1+ubuntu22.04.1+deb.sury.org+1", true),
            ("deb php8.3-cli 8.3.21-1+0~20250509.62+debian12~1.gbpd2ac5c", true),
            ("deb php8.2-cli 8.2.26-1~deb12u1", false),
            ("deb dgit 10.7+deb12u1+debian1", false),
            ("deb temurin-17-jdk 17.0.9.0.0+9", true),
            ("deb java-17-amazon-corretto-jdk 1:17.0.9.8-1", true),
            ("deb zulu17-jdk 17.0.9-1", true),
            ("deb zulu-8 8.76.0.17", true),
            ("deb zulu-11 11.70.15", true),
            ("deb zulu-embedded-8 8.52.0.23", true),
            ("deb zulucrypt-cli 6.2.0-1", false),
            ("deb jdk-21 21.0.5-ga", true),
            ("deb jdk-12.0.2 12.0.2-1", true),
            ("deb openjdk-17-jdk 17.0.13+11-2~deb12u1", false),
            ("deb dotnet-runtime-6.0 6.0.36-1", true),
            ("deb dotnet-host 9.0.0-1", true),
            ("deb dotnet-hostfxr-6.0 6.0.36-1", true),
            ("deb aspnetcore-runtime-6.0 6.0.36-1", true),
            ("deb netstandard-targeting-pack-2.1 2.1.0-1", true),
            ("deb dotnet-runtime-8.0 8.0.10-0ubuntu1~24.04.1", false),
            ("deb aspnetcore-runtime-6.0 6.0.120-0ubuntu2", false),
            // Others say who built them, and Amazon Linux has such a package of its own.
            ("rpm java-17-amazon-corretto-jdk 1:17.0.9-1", false),
            ("rpm dotnet-runtime-6.0 6.0.36-1.el9", false),
            ("apk temurin-17-jdk 17.0.9-r0", false),
        ] {
            assert_eq!(is_by_its_maker(&packages(package)[0]), expected, "{package}");
        }
    }
}
