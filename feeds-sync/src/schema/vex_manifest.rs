//! The manifest of a repository of VEX, `vex-repository.json` (VEX Repository Specification 0.1).

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::error::ParseError;

/// The one version of the specification that is read; also the folder of its layout.
pub const SPECIFICATION: &str = "0.1";

/// An address without the folder in the archive that it may name behind `//`, and that folder.
pub fn parted(location: &str) -> (&str, Option<&str>) {
    let path_at = location.find("://").map_or(0, |at| at + 3);
    match location[path_at..].split_once("//") {
        Some((path, below)) => (
            &location[..path_at + path.len()],
            Some(below.trim_matches('/')).filter(|below| !below.is_empty()),
        ),
        None => (location, None),
    }
}

/// Where the manifest `bytes` say that the repository lies, in the layout that is known: an address, perhaps with a folder
/// in what is there ([`parted`]).
///
/// # Errors
/// It is no manifest, is of other versions of the specification, or names no place that can be asked.
pub fn location(bytes: &[u8]) -> Result<String, ParseError> {
    let manifest: Manifest = serde_json::from_slice(bytes)?;
    let is_known = |version: &&Version| version.spec_version.trim_start_matches('v') == SPECIFICATION;
    let versions = manifest.versions.0;
    let known = versions.iter().find(is_known);
    let known = known.ok_or_else(|| {
        let others: Vec<&str> = versions.iter().map(|version| &*version.spec_version).collect();
        ParseError::NotTheFeed(format!(
            "it is of no version of the specification that is read ({SPECIFICATION}); it has {}",
            others.join(", ")
        ))
    })?;
    let urls = known.locations.iter().map(|location| &location.url);
    urls.clone()
        .find(|url| url.starts_with("https://"))
        .cloned()
        .ok_or_else(|| ParseError::NotTheFeed("it names no place that begins with `https://`".to_owned()))
}

#[derive(Deserialize)]
struct Manifest {
    versions: Versions,
}

/// A list, or in drafts of the specification a table. Of anything else nothing is kept, however large it is.
struct Versions(Vec<Version>);

impl<'de> Deserialize<'de> for Versions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(VersionsVisitor).map(Self)
    }
}

struct VersionsVisitor;

impl<'de> Visitor<'de> for VersionsVisitor {
    type Value = Vec<Version>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list of versions, or a table of them")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut versions = Vec::new();
        while let Some(version) = list.next_element()? {
            versions.push(version);
        }
        Ok(versions)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<Self::Value, A::Error> {
        let mut versions = Vec::new();
        while let Some((IgnoredAny, version)) = table.next_entry()? {
            versions.push(version);
        }
        Ok(versions)
    }
}

#[derive(Deserialize)]
struct Version {
    spec_version: String,
    #[serde(default)]
    locations: Vec<Location>,
}

#[derive(Deserialize)]
struct Location {
    url: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_may_name_a_folder_in_its_archive() {
        for (location, expected) in [
            ("https://a.example/v.tar.gz", ("https://a.example/v.tar.gz", None)),
            ("https://a.example/v.tar.gz//b-main", ("https://a.example/v.tar.gz", Some("b-main"))),
            ("https://a.example/v.zip//b/c/", ("https://a.example/v.zip", Some("b/c"))),
            ("https://a.example/v.zip//", ("https://a.example/v.zip", None)),
        ] {
            assert_eq!(parted(location), expected, "{location}");
        }
    }

    #[test]
    fn a_manifest_names_the_place_of_the_version_that_is_known() {
        let of = |text: &str| location(text.as_bytes()).map_err(|error| error.to_string());
        let url = || Ok("https://a.example/v.tar.gz".to_owned());
        let locations = r#""locations":[{"url":"oci://a"},{"url":"https://a.example/v.tar.gz"}]"#;
        let list =
            format!(r#"{{"versions":[{{"spec_version":"1.0"}},{{"spec_version":"0.1",{locations}}}]}}"#);
        assert_eq!(of(&list), url());
        assert_eq!(of(&format!(r#"{{"versions":{{"v0":{{"spec_version":"v0.1",{locations}}}}}}}"#)), url());
        let newer = of(r#"{"versions":[{"spec_version":"1.0"},{"spec_version":"2.0"}]}"#).unwrap_err();
        assert!(newer.contains("it has 1.0, 2.0"), "{newer}");
        let plain =
            r#"{"versions":[{"spec_version":"0.1","locations":[{"url":"http://a.example/v.tar.gz"}]}]}"#;
        assert!(of(plain).unwrap_err().contains("no place that begins with `https://`"));
        assert!(of(r#"{"versions":1}"#).is_err());
        // What is wrong is told where it stands, which is as far as anything is kept.
        let refused = of(r#"{"versions":[{"spec_version":{"a":[0]}}]}"#).unwrap_err();
        assert!(refused.contains("expected a string at line 1 column 29"), "{refused}");
    }
}
