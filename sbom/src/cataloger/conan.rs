//! References of Conan, `name/version@user/channel#revision%time:package#revision`, as packages.

use model::ecosystem::Ecosystem;
use model::package::Package;
use model::purl::Purl;

use super::file::is_legible;

/// The package that `text` refers to; none when it names no version, or a range of versions.
pub(super) fn reference(text: &str) -> Option<Package> {
    let text = text.trim();
    let (recipe, revision) = text.split_once('#').unwrap_or((text, ""));
    let recipe = recipe.split(['%', ':']).next()?;
    let revision = revision.split(['%', ':', '#']).next()?;
    let (recipe, place) = recipe.split_once('@').unwrap_or((recipe, ""));
    let (name, version) = recipe.split_once('/')?;
    let (user, channel) = place.split_once('/').unwrap_or((place, ""));
    let is_plain = |text: &str| !text.is_empty() && is_legible(text) && !text.contains(['[', ']', '/', ' ']);
    if !is_plain(name) || !is_plain(version) {
        return None;
    }
    // `_` stands for nobody in directories of the local cache.
    let stated = |text: &'_ str| if text == "_" { String::new() } else { text.to_owned() };
    let purl = Purl::new("conan", name)
        .with_namespace(&stated(user))
        .with_version(version)
        .with_qualifier("channel", &stated(channel))
        .with_qualifier("rrev", revision);
    Some(Package::new(Ecosystem::Conan, name, version, purl.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_of_all_ages_are_read() {
        for (text, expected) in [
            ("zlib/1.3.1", Some("pkg:conan/zlib@1.3.1")),
            ("zlib/1.3.1#abc%170.5", Some("pkg:conan/zlib@1.3.1?rrev=abc")),
            ("demo/1.0@acme/stable#abc:def#123", Some("pkg:conan/acme/demo@1.0?channel=stable&rrev=abc")),
            ("demo/1.0@_/_:def", Some("pkg:conan/demo@1.0")),
            ("demo/1.0#12%%34", Some("pkg:conan/demo@1.0?rrev=12")),
            ("demo/[>1.0 <2]", None),
            ("demo", None),
            ("1.2.3#abc", None),
            ("/1.0", None),
            ("", None),
        ] {
            assert_eq!(reference(text).map(|package| package.purl).as_deref(), expected, "{text}");
        }
    }
}
